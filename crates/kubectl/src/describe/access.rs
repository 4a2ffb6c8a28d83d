//! Roles and bindings in words.

use super::{Text, bracketed};
use crate::json::{Look, plain};
use serde_json::{Value, json};

pub(super) fn role(t: &mut Text, o: &Value) {
    t.line(0, format_args!("Name:\t{}", o.name()));
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, "PolicyRule:\n  Resources\tNon-Resource URLs\tResource Names\tVerbs\n  ---------\t-----------------\t--------------\t-----");
    for r in apart(o.list("rules")) {
        t.line(1, r);
    }
}

/// Rules taken apart: one resource, one name, or one URL a row; rows of one resource are joined by their verbs
/// (`BreakdownRule` and `CompactRules` of kubectl). The rows have tabs between their cells and kubectl's order.
pub(crate) fn apart(rules: &[Value]) -> Vec<String> {
    let mut rows: Vec<(String, Value)> = Vec::new();
    for rule in rules {
        let names: Vec<String> = rule.list("resourceNames").iter().map(plain).collect();
        for group in rule.list("apiGroups").iter().map(plain) {
            for resource in rule.list("resources").iter().map(plain) {
                let named: Vec<Value> = if names.is_empty() { vec![json!([])] } else { names.iter().map(|n| json!([n])).collect() };
                for n in named {
                    let combined = match (group.as_str(), resource.split_once('/')) {
                        ("", _) => resource.clone(),
                        (g, Some((r, sub))) => format!("{r}.{g}/{sub}"),
                        (g, None) => format!("{resource}.{g}"),
                    };
                    let key = format!("{{APIGroup:{group},Resource:{resource}}}{}", n[0].as_str().map(|x| format!(",ResourceName:{x}")).unwrap_or_default());
                    add(&mut rows, key, json!({"resource": combined, "names": n, "urls": [], "verbs": rule.list("verbs")}));
                }
            }
        }
        for url in rule.list("nonResourceURLs") {
            for verb in rule.list("verbs") {
                let key = format!("~{}", rows.len());
                add(&mut rows, key, json!({"resource": "", "names": [], "urls": [url], "verbs": [verb]}));
            }
        }
    }
    rows.sort_by_key(|r| order(&r.1));
    let cells = |r: &Value| format!("{}\t{}\t{}\t{}", r.text("resource"), bracketed(r.list("urls")), bracketed(r.list("names")), bracketed(r.list("verbs")));
    rows.iter().map(|(_, r)| cells(r)).collect()
}

/// The text of the rule by which kubectl sorts (`PolicyRule.String`).
fn order(row: &Value) -> String {
    let resource = row.text("resource");
    let (name, group) = resource.split_once('.').map_or((resource, ""), |(n, g)| (n, g));
    format!(
        "Verbs:{},APIGroups:[{group}],Resources:[{name}],ResourceNames:{},NonResourceURLs:{}",
        bracketed(row.list("verbs")),
        bracketed(row.list("names")),
        bracketed(row.list("urls"))
    )
}

fn add(rows: &mut Vec<(String, Value)>, key: String, row: Value) {
    match rows.iter_mut().find(|r| r.0 == key) {
        Some((_, old)) => {
            if let (Some(have), Some(more)) = (old["verbs"].as_array_mut(), row["verbs"].as_array()) {
                for v in more {
                    if !have.contains(v) {
                        have.push(v.clone());
                    }
                }
            }
        }
        None => rows.push((key, row)),
    }
}

pub(super) fn binding(t: &mut Text, o: &Value) {
    t.line(0, format_args!("Name:\t{}", o.name()));
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, "Role:");
    t.line(1, format_args!("Kind:\t{}", o.text("roleRef.kind")));
    t.line(1, format_args!("Name:\t{}", o.text("roleRef.name")));
    t.line(0, "Subjects:\n  Kind\tName\tNamespace\n  ----\t----\t---------");
    for s in o.list("subjects") {
        t.line(1, format_args!("{}\t{}\t{}", s.text("kind"), s.text("name"), s.text("namespace")));
    }
}
