//! Configuration, namespaces and their limits in words.

use super::Text;
use crate::gotemplate::base64_decode;
use crate::json::{Look, pairs, plain};
use crate::quantity;
use crate::session::Session;
use serde_json::Value;
use std::collections::BTreeSet;

fn top(t: &mut Text, o: &Value) {
    t.head(o);
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
}

pub(super) fn config_map(t: &mut Text, o: &Value) {
    top(t, o);
    t.put("\nData\n====\n");
    for (k, v) in o.entries("data") {
        t.put(format_args!("{k}:\n----\n{}\n\n", plain(v)));
    }
    t.put("\nBinaryData\n====\n");
    for (k, v) in o.entries("binaryData") {
        t.put(format_args!("{k}: {} bytes\n", base64_decode(&plain(v)).map_or(0, |b| b.len())));
    }
    t.put("\n");
}

pub(super) fn secret(t: &mut Text, o: &Value) {
    top(t, o);
    t.put(format_args!("\nType:\t{}\n\nData\n====\n", o.text("type")));
    for (k, v) in o.entries("data") {
        t.put(format_args!("{k}:\t{} bytes\n", base64_decode(&plain(v)).map_or(0, |b| b.len())));
    }
}

pub(super) fn service_account(t: &mut Text, o: &Value) {
    top(t, o);
    let names: Vec<&str> = o.list("imagePullSecrets").iter().map(|s| s.text("name")).collect();
    if names.is_empty() {
        t.line(0, "Image pull secrets:\t<none>");
    }
    for (i, name) in names.iter().enumerate() {
        t.line(0, if i == 0 { format!("Image pull secrets:\t{name}") } else { format!("                   \t{name}") });
    }
}

/// What a quota's scope means.
fn scope(name: &str) -> &'static str {
    match name {
        "Terminating" => {
            "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system."
        }
        "NotTerminating" => {
            "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate."
        }
        "BestEffort" => "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
        "NotBestEffort" => "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
        _ => "",
    }
}

fn usage(o: &Value) -> Vec<(String, String, String)> {
    o.entries("status.hard").into_iter().map(|(k, v)| (k.clone(), o.at("status.used").get(k).map_or_else(|| "0".to_owned(), plain), plain(v))).collect()
}

fn scopes(t: &mut Text, level: usize, bullet: &str, o: &Value) {
    let mut all: Vec<String> = o.list("spec.scopes").iter().map(plain).collect();
    if all.is_empty() {
        return;
    }
    all.sort();
    t.line(level, format_args!("Scopes:\t{}", all.join(", ")));
    for s in all {
        let text = scope(&s);
        if !text.is_empty() {
            t.put(format_args!("{bullet}* {text}\n"));
        }
    }
}

pub(super) fn quota(t: &mut Text, o: &Value) {
    t.head(o);
    scopes(t, 0, " ", o);
    t.line(0, "Resource\tUsed\tHard\n--------\t----\t----");
    for (k, used, hard) in usage(o) {
        t.line(0, format_args!("{k}\t{used}\t{hard}"));
    }
}

fn limits(t: &mut Text, o: &Value, indent: &str) {
    t.put(format_args!("{indent}Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n"));
    t.put(format_args!("{indent}----\t--------\t---\t---\t---------------\t-------------\t-----------------------\n"));
    for item in o.list("spec.limits") {
        let mut names: BTreeSet<&String> = BTreeSet::new();
        for key in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
            names.extend(item.entries(key).into_iter().map(|(k, _)| k));
        }
        for name in names {
            let cell = |key: &str| item.at(key).get(name.as_str()).map_or_else(|| "-".to_owned(), plain);
            t.put(format_args!(
                "{indent}{}\t{name}\t{}\t{}\t{}\t{}\t{}\n",
                item.text("type"),
                cell("min"),
                cell("max"),
                cell("defaultRequest"),
                cell("default"),
                cell("maxLimitRequestRatio")
            ));
        }
    }
}

pub(super) fn limit_range(t: &mut Text, o: &Value) {
    t.head(o);
    limits(t, o, "");
}

pub(super) fn namespace(session: &mut Session<'_>, t: &mut Text, o: &Value) {
    t.line(0, format_args!("Name:\t{}", o.name()));
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, format_args!("Status:\t{}", o.text("status.phase")));
    let conditions = o.list("status.conditions");
    if !conditions.is_empty() {
        t.line(0, "Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage\n  ----\t------\t------------------\t------\t-------");
        for c in conditions {
            t.line(
                1,
                format_args!(
                    "{} \t{} \t{} \t{} \t{} ",
                    c.text("type"),
                    c.text("status"),
                    super::time(c.at("lastTransitionTime")),
                    c.text("reason"),
                    c.text("message")
                ),
            );
        }
    }
    let quotas = session.objects("resourcequotas", o.name());
    t.put("\n");
    if quotas.is_empty() {
        t.put("No resource quota.\n");
    } else {
        t.put("Resource Quotas\n");
        for q in quotas {
            t.line(1, format_args!("Name:\t{}", q.name()));
            scopes(t, 1, "  ", &q);
            t.line(1, "Resource\tUsed\tHard\n  --------\t---\t---");
            for (k, used, hard) in usage(&q) {
                t.line(1, format_args!("{k}\t{used}\t{hard}"));
            }
        }
    }
    t.put("\n");
    let ranges = session.objects("limitranges", o.name());
    if ranges.is_empty() {
        t.put("No LimitRange resource.\n");
    } else {
        t.put("Resource Limits\n");
        for r in ranges {
            limits(t, &r, " ");
        }
    }
}

pub(super) fn priority_class(t: &mut Text, o: &Value) {
    t.line(0, format_args!("Name:\t{}", o.name()));
    t.line(0, format_args!("Value:\t{}", o.int("value")));
    t.line(0, format_args!("GlobalDefault:\t{}", o.truth("globalDefault")));
    t.line(0, format_args!("PreemptionPolicy:\t{}", o.text("preemptionPolicy")));
    t.line(0, format_args!("Description:\t{}", o.text("description")));
    t.line(0, format_args!("Annotations:\t{}", crate::json::or(&pairs(o.at("metadata.annotations")), "<none>")));
}

/// Adds quantities.
pub(super) fn sum<'a>(all: impl IntoIterator<Item = &'a Value>) -> i128 {
    all.into_iter().filter_map(|v| quantity::milli(&plain(v))).sum()
}
