//! CustomResourceDefinitions: names, versions and the structure of their schemas (follows apiextensions-apiserver's
//! validation and `schema/validation.go`). Rules in CEL, conversion webhooks and selectable fields are not looked at.

use serde_json::Value;

use crate::field::{Errors, Path, Plain};
use crate::value::ValueExt;

use super::{fields::one_of, metadata, names};

const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];
const COLUMNS: &str = "must be one of boolean,date,integer,number,string";

/// A CustomResourceDefinition.
pub(super) fn check(o: &Value, e: &mut Errors) {
    let (s, path) = (o.at("spec"), Path::new("spec"));
    let (group, names_of) = (s.str("group"), s.at("names"));
    let want = format!("{}.{group}", names_of.str("plural"));
    let name = o.at("metadata").str("name");
    metadata::create(o.at("metadata"), names::dns_subdomain, false, e);
    if name != want {
        e.invalid(&Path::new("metadata.name"), name, "must be spec.names.plural+\".\"+spec.group");
    }
    let gp = path.child("group");
    let wrong = names::dns_subdomain(group);
    if group.is_empty() {
        e.required(&gp, "");
    } else if !wrong.is_empty() {
        e.invalid(&gp, group, wrong.join(","));
    } else if !group.contains('.') {
        e.invalid(&gp, group, "should be a domain with at least one dot");
    }
    if s.str("scope").is_empty() {
        e.required(&path.child("scope"), "");
    } else {
        one_of(s.str("scope"), &path.child("scope"), &["Cluster", "Namespaced"], e);
    }
    versions(s, &path, e);
    named(names_of, &path.child("names"), e);
    shared(s, &path, e);
    let storage: Vec<&str> = s.list("versions").iter().filter(|v| v.flag("storage")).map(|v| v.str("name")).collect();
    let stored = Path::new("status.storedVersions");
    match storage.split_first() {
        None => e.invalid(&stored, &Value::Null, "must have at least one stored version"),
        Some((first, more)) => {
            for other in more.iter().filter(|o| *o != first) {
                e.invalid(&stored, serde_json::json!([first]), format!("must have the storage version {other}"));
            }
        }
    }
}

/// Whether all versions say the same here: then the internal type has it once, beside them.
fn is_shared(s: &Value, key: &str) -> bool {
    let list = s.list("versions");
    list.iter().all(|v| v.at(key) == list.first().map_or(&Value::Null, |f| f.at(key)))
}

fn versions(s: &Value, path: &Path, e: &mut Errors) {
    let vp = path.child("versions");
    let list = s.list("versions");
    for (i, v) in list.iter().enumerate() {
        if !v.at("schema").has("openAPIV3Schema") {
            e.required(&vp.index(i).child("schema.openAPIV3Schema"), "");
        }
    }
    for (i, v) in list.iter().enumerate() {
        let p = vp.index(i);
        let wrong = names::dns1035_label(v.str("name"));
        if !wrong.is_empty() {
            e.invalid(&p.child("name"), v.str("name"), wrong.join(","));
        }
        if !is_shared(s, "schema") {
            schema(v, &p.child("schema.openAPIV3Schema"), e);
        }
        if !is_shared(s, "additionalPrinterColumns") {
            columns(v, &p.child("additionalPrinterColumns"), e);
        }
    }
    let shown = || if s.get("versions").is_some_and(Value::is_array) { internal_versions(list) } else { "null".to_owned() };
    if list.iter().enumerate().any(|(i, v)| list.iter().take(i).any(|o| o.str("name") == v.str("name"))) {
        e.invalid(&vp, Plain(shown()), "must contain unique version names");
    }
    if list.iter().filter(|v| v.flag("storage")).count() != 1 {
        e.invalid(&vp, Plain(shown()), "must have exactly one version marked as storage version");
    }
    // The first version's name stands a second time in the internal type.
    if let Some(first) = list.first().map(|v| v.str("name")).filter(|n| !n.is_empty()) {
        let wrong = names::dns1035_label(first);
        if !wrong.is_empty() {
            e.invalid(&path.child("version"), first, wrong.join(","));
        }
    }
}

fn shared(s: &Value, path: &Path, e: &mut Errors) {
    let Some(first) = s.list("versions").first() else { return };
    if is_shared(s, "schema") {
        schema(first, &path.child("validation.openAPIV3Schema"), e);
    }
    if is_shared(s, "additionalPrinterColumns") {
        columns(first, &path.child("additionalPrinterColumns"), e);
    }
}

fn named(n: &Value, np: &Path, e: &mut Errors) {
    for key in ["plural", "singular", "kind", "listKind"] {
        if n.str(key).is_empty() {
            e.required(&np.child(key), "");
        }
    }
    for key in ["plural", "singular", "kind", "listKind"] {
        let v = n.str(key);
        let mixed = key.ends_with("ind");
        let wrong = if mixed { names::dns1035_label(&v.to_ascii_lowercase()) } else { names::dns1035_label(v) };
        if !v.is_empty() && !wrong.is_empty() {
            let text = wrong.join(",");
            e.invalid(&np.child(key), v, if mixed { ["may have mixed case, but should otherwise match: ", &text].concat() } else { text });
        }
    }
    let list = |key: &str, e: &mut Errors| {
        let p = np.child(key);
        for (i, v) in n.list(key).iter().enumerate() {
            let wrong = names::dns1035_label(v.text());
            if !wrong.is_empty() {
                e.invalid(&p.index(i), v.text(), wrong.join(","));
            }
        }
    };
    list("shortNames", e);
    if n.str("kind") == n.str("listKind") && !n.str("kind").is_empty() {
        e.invalid(&np.child("listKind"), n.str("listKind"), "kind and listKind may not be the same");
    }
    list("categories", e);
}

fn columns(v: &Value, path: &Path, e: &mut Errors) {
    for (i, c) in v.list("additionalPrinterColumns").iter().enumerate() {
        let p = path.index(i);
        if c.str("name").is_empty() {
            e.required(&p.child("name"), "");
        }
        let ty = c.str("type");
        if ty.is_empty() {
            e.required(&p.child("type"), COLUMNS);
        } else if !matches!(ty, "boolean" | "date" | "integer" | "number" | "string") {
            e.invalid(&p.child("type"), ty, COLUMNS);
        }
        let json_path = c.str("jsonPath");
        if json_path.is_empty() {
            e.required(&p.child("JSONPath"), "");
        } else if !json_path.starts_with('.') {
            e.invalid(&p.child("JSONPath"), json_path, "must be a simple json path starting with .");
        }
    }
}

/// Where a schema stands in another.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    Root,
    Item,
    Field,
}

fn schema(v: &Value, path: &Path, e: &mut Errors) {
    let s = v.at("schema").at("openAPIV3Schema");
    if s.is_null() {
        return;
    }
    if v.at("subresources").has("status") && !s.str("type").is_empty() && s.str("type") != "object" {
        e.invalid(&path.child("type"), s.str("type"), "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled");
    }
    if s.flag("nullable") {
        e.forbidden(&path.child("nullable"), "nullable cannot be true at the root");
    }
    let mut structure = Errors::default();
    structural(s, Level::Root, path, &mut structure);
    // The server sorts these, for it meets them in no fixed order.
    let mut found = structure.finish();
    found.sort_by_key(ToString::to_string);
    e.extend(found);
    kinds(s, path, e);
}

fn structural(s: &Value, level: Level, path: &Path, e: &mut Errors) {
    let ty = s.str("type");
    if ty == "array" && !s.has("items") {
        e.required(&path.child("items"), "must be specified");
    }
    if s.has("items") {
        structural(s.at("items"), Level::Item, &path.child("items"), e);
    }
    let pp = path.child("properties");
    for (k, v) in s.map("properties") {
        structural(v, Level::Field, &pp.key(k), e);
    }
    if s.has("additionalProperties") {
        let ap = path.child("additionalProperties");
        if level == Level::Root {
            e.forbidden(&ap, "must not be used at the root");
        }
        if s.at("additionalProperties").is_object() {
            structural(s.at("additionalProperties"), Level::Field, &ap, e);
        }
    }
    let (either, keeps) = (s.flag("x-kubernetes-int-or-string"), s.flag("x-kubernetes-preserve-unknown-fields"));
    if either && keeps {
        e.invalid(&path.child("x-kubernetes-preserve-unknown-fields"), true, "must be false if x-kubernetes-int-or-string is true");
    }
    if ty.is_empty() && !either && !keeps {
        let words = match level {
            Level::Root => "must not be empty at the root",
            Level::Item => "must not be empty for specified array items",
            Level::Field => "must not be empty for specified object fields",
        };
        e.required(&path.child("type"), words);
    }
    if level == Level::Root && !ty.is_empty() && ty != "object" {
        e.invalid(&path.child("type"), ty, "must be object at the root");
    }
}

/// The names of types, everywhere in a schema.
fn kinds(s: &Value, path: &Path, e: &mut Errors) {
    let ty = s.str("type");
    if !ty.is_empty() && !TYPES.contains(&ty) {
        e.unsupported(&path.child("type"), ty, TYPES);
    }
    if s.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(false)) {
        e.invalid(&path.child("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined");
    }
    for key in ["items", "additionalProperties"] {
        if s.at(key).is_object() {
            kinds(s.at(key), &path.child(key), e);
        }
    }
    let pp = path.child("properties");
    for (k, v) in s.map("properties") {
        kinds(v, &pp.key(k), e);
    }
}

/// Versions as the internal type shows them: what is the same in all stands outside of them.
fn internal_versions(list: &[Value]) -> String {
    let same = |key: &str| list.iter().all(|v| v.at(key) == list.first().map_or(&Value::Null, |f| f.at(key)));
    let shared = [same("schema"), same("subresources"), same("additionalPrinterColumns"), same("selectableFields")];
    let all: Vec<String> = list
        .iter()
        .map(|v| {
            let outer = |i: usize, key: &str| if shared.get(i) == Some(&true) { "null".to_owned() } else { crate::go::json(v.at(key)) };
            let warning = if v.has("deprecationWarning") { crate::go::json(v.at("deprecationWarning")) } else { "null".to_owned() };
            format!(
                "{{\"Name\":{},\"Served\":{},\"Storage\":{},\"Deprecated\":{},\"DeprecationWarning\":{warning},\"Schema\":{},\"Subresources\":{},\"AdditionalPrinterColumns\":{},\"SelectableFields\":{}}}",
                crate::go::quote(v.str("name")),
                v.flag("served"),
                v.flag("storage"),
                v.flag("deprecated"),
                outer(0, "schema"),
                outer(1, "subresources"),
                outer(2, "additionalPrinterColumns"),
                outer(3, "selectableFields"),
            )
        })
        .collect();
    format!("[{}]", all.join(","))
}
