//! Instances of a CustomResourceDefinition that is known: pruning, defaults and validation by its schema
//! (follows `pkg/apiserver/schema` and `pkg/apiserver/validation` of apiextensions-apiserver, and the
//! validators of kube-openapi, whose words these are).
//!
//! Not evaluated: rules in CEL (`x-kubernetes-validations`) and the rarer formats.

use serde_json::{Map, Value};

use crate::decode::{Decoded, Mistake, MistakeKind, decode_at};
use crate::field::{Errors, FieldError, Path};
use crate::resource::Resource;
use crate::schema::schema as types;
use crate::validate::{names, object_metadata};
use crate::value::ValueExt;

mod body;
mod pattern;

/// What every object has, whatever its schema says.
const META: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Decodes an instance: metadata by its type, the rest pruned by the schema and with its defaults.
pub(crate) fn decode(schema: &Value, json: &Value) -> Decoded {
    let mut value = json.clone();
    let mut mistakes = Vec::new();
    if let (Some(ty), Some(meta)) = (types().find("meta.ObjectMeta"), json.get("metadata").filter(|m| !m.is_null())) {
        let decoded = decode_at(ty, meta, "metadata");
        mistakes = decoded.mistakes;
        if let Some(o) = value.as_object_mut() {
            o.insert("metadata".to_owned(), decoded.value);
        }
    }
    let mut path = String::new();
    prune(&mut value, Some(schema), true, &mut path, &mut mistakes);
    drop_nulls(&mut value, schema);
    fill(&mut value, schema);
    Decoded { value, mistakes }
}

/// The errors of a decoded instance.
pub(crate) fn errors(resource: &Resource, schema: &Value, json: &Value) -> Vec<FieldError> {
    let mut e = Errors::default();
    object_metadata(json.at("metadata"), names::dns_subdomain, resource.namespaced, &mut e);
    let mut all = e.finish();
    body::check(schema, json, &mut all);
    lists(schema, json, &mut Vec::new(), &mut all);
    all
}

/// Whether a schema keeps what it does not name.
fn preserves(schema: &Value) -> bool {
    schema.flag("x-kubernetes-preserve-unknown-fields")
}

/// The schema of a map's value; `None` where the map has no such key.
pub(super) fn of_key<'s>(schema: &'s Value, key: &str) -> Option<&'s Value> {
    schema.map("properties").get(key).or_else(|| schema.get("additionalProperties").filter(|a| a.is_object()))
}

/// Takes out what the schema does not know and notes it.
fn prune(value: &mut Value, schema: Option<&Value>, root: bool, path: &mut String, mistakes: &mut Vec<Mistake>) {
    let keep = schema.is_some_and(preserves);
    let embedded = root || schema.is_some_and(|s| s.flag("x-kubernetes-embedded-resource"));
    let length = path.len();
    match value {
        Value::Object(map) => {
            let mut unknown = Vec::new();
            for (key, v) in map.iter_mut() {
                if embedded && META.contains(&key.as_str()) {
                    continue;
                }
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                let any = schema.is_some_and(|s| s.get("additionalProperties") == Some(&Value::Bool(true)));
                match schema.and_then(|s| of_key(s, key)) {
                    Some(s) => prune(v, Some(s), false, path, mistakes),
                    None if keep || any => {}
                    None => {
                        let known = schema.map(|s| s.map("properties").keys().cloned().collect()).unwrap_or_default();
                        mistakes.push(Mistake { kind: MistakeKind::Unknown, path: path.clone(), message: ["unknown field \"", path, "\""].concat(), known });
                        unknown.push(key.clone());
                    }
                }
                path.truncate(length);
            }
            for key in unknown {
                map.remove(&key);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                path.push_str(&["[", &i.to_string(), "]"].concat());
                match schema.map(|s| s.get("items")) {
                    Some(None) if keep => {}
                    s => prune(item, s.flatten(), false, path, mistakes),
                }
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// Takes out nulls that the schema does not allow and has no default for.
fn drop_nulls(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(map) => {
            map.retain(|k, v| !v.is_null() || of_key(schema, k).is_none_or(|s| s.flag("nullable") || s.has("default")));
            for (k, v) in map.iter_mut() {
                if let Some(s) = of_key(schema, k) {
                    drop_nulls(v, s);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                drop_nulls(item, schema.at("items"));
            }
        }
        _ => {}
    }
}

/// Fills in the schema's defaults.
fn fill(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(map) => {
            for (k, s) in schema.map("properties") {
                if let Some(d) = s.get("default").filter(|d| !d.is_null())
                    && map.get(k).is_none_or(|v| v.is_null() && !s.flag("nullable"))
                {
                    map.insert(k.clone(), d.clone());
                }
            }
            for (k, v) in map.iter_mut() {
                if let Some(s) = of_key(schema, k) {
                    fill(v, s);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                fill(item, schema.at("items"));
            }
        }
        _ => {}
    }
}

/// Lists that are sets or maps have no two equal items (follows `listtype`).
fn lists(schema: &Value, value: &Value, path: &mut Vec<String>, out: &mut Vec<FieldError>) {
    match value {
        Value::Object(map) => {
            for (k, v) in map {
                let named = schema.map("properties").contains_key(k);
                if let Some(s) = of_key(schema, k) {
                    path.push(if !named {
                        ["[", k, "]"].concat()
                    } else if path.is_empty() {
                        k.clone()
                    } else {
                        [".", k].concat()
                    });
                    lists(s, v, path, out);
                    path.pop();
                }
            }
        }
        Value::Array(items) => {
            let keys: Vec<&str> = schema.list("x-kubernetes-list-map-keys").iter().map(ValueExt::text).collect();
            let is_map = schema.str("x-kubernetes-list-type") == "map";
            let whole = is_map || schema.str("x-kubernetes-list-type") == "set";
            let mut seen: Vec<Value> = Vec::new();
            for (i, item) in items.iter().enumerate() {
                path.push(["[", &i.to_string(), "]"].concat());
                if whole {
                    let defaulted = |k: &str| item.get(k).or_else(|| schema.at("items").map("properties").get(k)?.get("default")).cloned();
                    let id = if is_map {
                        Value::Object(keys.iter().filter_map(|k| Some(((*k).to_owned(), defaulted(k)?))).collect::<Map<_, _>>())
                    } else {
                        item.clone()
                    };
                    if seen.contains(&id) {
                        let mut e = Errors::default();
                        e.duplicate(&Path::new(&path.concat()), &id);
                        out.append(&mut e.finish());
                    }
                    seen.push(id);
                }
                lists(schema.at("items"), item, path, out);
                path.pop();
            }
        }
        _ => {}
    }
}
