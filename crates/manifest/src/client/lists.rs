//! `kind: List`: its items are manifests of their own, after the client's old schema check.

use serde_json::Value;

use crate::decode::type_of;
use crate::go;
use crate::resource::Resource;
use crate::schema::{Shape, TypeId, schema};

use super::{Manifest, group_version, manifest};

/// Whether a document is a list of manifests.
pub(super) fn is_list(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str).is_some_and(|k| k == "List" || (k.ends_with("List") && value.get("items").is_some()))
}

/// Adds the items of a list. Gives `false` where the stream ends here.
pub(super) fn expand(file: &str, list: &Value, custom: &[Resource], out: &mut Vec<Result<Manifest, String>>) -> bool {
    let refuse = |e: &str| {
        Err(format!(
            "error validating {}: error validating data: {e}; if you choose to ignore these errors, turn validation off with --validate=false",
            go::quote(file)
        ))
    };
    let Some(items) = list.get("items").and_then(Value::as_array).filter(|i| i.iter().all(Value::is_object)) else {
        out.push(refuse("invalid object to validate"));
        return false;
    };
    let list_kind = list.get("kind").and_then(Value::as_str).unwrap_or_default();
    let mut errors = Vec::new();
    for (i, item) in items.iter().enumerate() {
        check_item(item, list_kind, i, list, &mut errors);
    }
    match errors.as_slice() {
        [] => {}
        [one] => {
            out.push(refuse(one));
            return false;
        }
        many => {
            out.push(refuse(&format!("[{}]", many.join(", "))));
            return false;
        }
    }
    for item in items {
        let mut item = item.clone();
        if list_kind != "List"
            && let (Value::Object(m), Some(k)) = (&mut item, list_kind.strip_suffix("List"))
        {
            m.entry("kind").or_insert_with(|| k.into());
            m.entry("apiVersion").or_insert_with(|| list.get("apiVersion").cloned().unwrap_or_default());
        }
        let api = item.get("apiVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = item.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (group, version) = group_version(&api).unwrap_or_default();
        let known = Resource::find(group, version, &kind).is_some() || custom.iter().any(|r| r.group == group && r.version == version && r.kind == kind);
        if known {
            out.push(manifest(file, item, custom));
        } else {
            out.push(Err(format!("unable to recognize no matches for kind {} in version {}", go::quote(&kind), go::quote(&api))));
        }
    }
    true
}

fn check_item(item: &Value, list_kind: &str, index: usize, list: &Value, errors: &mut Vec<String>) {
    let typed = list_kind.strip_suffix("List").filter(|k| !k.is_empty());
    let of = |v: &Value, k: &str| v.get(k).and_then(Value::as_str).map(str::to_owned);
    let kind = of(item, "kind").or_else(|| typed.map(str::to_owned)).unwrap_or_default();
    let api = of(item, "apiVersion").or_else(|| of(list, "apiVersion")).unwrap_or_default();
    if typed.is_none() {
        let missing: Vec<&str> = ["apiVersion", "kind"].into_iter().filter(|k| item.get(*k).is_none_or(Value::is_null)).collect();
        if !missing.is_empty() {
            errors.extend(missing.iter().map(|m| format!("{m} not set")));
            return;
        }
    }
    let Some((group, version)) = group_version(&api) else { return };
    let Some(ty) = type_of(group, version, &kind) else { return };
    let path = if typed.is_some() { format!("{list_kind}.items[{index}]") } else { kind };
    check(ty, item, &path, "", errors);
}

/// The client's OpenAPI check: unknown fields, missing fields, types.
fn check(ty: TypeId, value: &Value, path: &str, model: &str, errors: &mut Vec<String>) {
    let s = schema();
    let got = match value {
        Value::Null => return,
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "map",
    };
    let mut wrong =
        |expected: &str| errors.push(format!("ValidationError({path}): invalid type for {model}: got {}, expected {}", go::quote(got), go::quote(expected)));
    match &s.get(ty).shape {
        Shape::Pointer(to) => check(*to, value, path, model, errors),
        Shape::Struct(at) => {
            let st = s.structure(*at);
            let name = st.open_api_name();
            let Value::Object(map) = value else { return wrong("map") };
            for (key, v) in map {
                if st.is_root && (key == "apiVersion" || key == "kind") {
                    continue;
                }
                match st.field(key) {
                    Some(f) => check(f.ty, v, &format!("{path}.{key}"), &format!("{name}.{key}"), errors),
                    None => errors.push(format!("ValidationError({path}): unknown field {} in {name}", go::quote(key))),
                }
            }
            for f in st.fields.iter().filter(|f| f.required && !map.contains_key(f.json)) {
                errors.push(format!("ValidationError({path}): missing required field {} in {name}", go::quote(f.json)));
            }
        }
        Shape::List(of) => match value {
            Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| check(*of, v, &format!("{path}[{i}]"), model, errors)),
            _ => wrong("array"),
        },
        Shape::Map(of) => match value {
            Value::Object(map) => map.iter().for_each(|(k, v)| check(*of, v, &format!("{path}.{k}"), model, errors)),
            _ => wrong("map"),
        },
        Shape::Int(_) if !matches!(got, "integer" | "number") => wrong("integer"),
        Shape::Bool if got != "boolean" => wrong("boolean"),
        Shape::String if matches!(got, "map" | "array") => wrong("string"),
        _ => {}
    }
}
