//! What the API server says of a patch whose result cannot be decoded. It has other words than for
//! a new object (follows the patch handler and the converter from unstructured values).

use serde_json::Value;

use crate::decode::{Mistake, MistakeKind, decode};
use crate::field::{FieldError, Reason};
use crate::go;
use crate::schema::{Shape, TypeId, schema};

use super::Status;

/// The refusal of a patch: `target` is what it would make of the object. `None` where that can be
/// decoded.
pub fn bad_patch(ty: TypeId, target: &Value, patch: &Value) -> Option<Status> {
    let decoded = decode(ty, target);
    let detail = detail(&decoded.mistakes, decoded.error()?);
    let mut left = patch.clone();
    without_merged_lists(ty, &mut left);
    let cause = FieldError { path: "patch".to_owned(), reason: Reason::Invalid, value: go::quote(&shown(&left)), detail };
    Some(Status { reason: "Invalid", message: format!(" \"\" is invalid: {cause}"), of: Some((String::new(), String::new())), causes: vec![cause] })
}

fn detail(mistakes: &[Mistake], otherwise: String) -> String {
    let first = |kind| mistakes.iter().find(|m| m.kind == kind);
    let Some(m) = first(MistakeKind::Fatal).or_else(|| first(MistakeKind::Type)) else { return otherwise };
    converted(&m.message).unwrap_or_else(|| m.message.clone())
}

/// The converter's words for a type error of the JSON decoder.
fn converted(message: &str) -> Option<String> {
    let rest = message.strip_prefix("json: cannot unmarshal ")?;
    let (value, rest) = rest.split_once(" into Go ")?;
    let (place, want) = rest.rsplit_once(" of type ")?;
    let kind = match value.split(' ').next().unwrap_or_default() {
        "string" => "string",
        "bool" => "bool",
        "number" if value.contains('.') => "float64",
        "number" => "int64",
        "array" => "slice",
        _ => "map",
    };
    // What decodes itself keeps the decoder's words, without the field.
    let by_itself = want == "int32"
        && matches!(kind, "bool" | "map" | "slice")
        && ["targetPort", "port", "maxSurge", "maxUnavailable", "minAvailable"].iter().any(|f| place.ends_with(f));
    if by_itself {
        return Some(format!("json: cannot unmarshal {value} into Go value of type {want}"));
    }
    Some(match want {
        "string" if matches!(kind, "int64" | "float64") => format!("cannot convert {kind} to string"),
        "string" | "bool" | "int32" | "int64" => format!("unrecognized type: {want}"),
        _ if want.starts_with("[]") => format!("cannot restore slice from {kind}"),
        _ if want.starts_with("map[") => format!("cannot restore map from {kind}"),
        _ => format!("cannot restore struct from: {kind}"),
    })
}

/// Lists that merge by a key are taken out of the patch before it is quoted.
fn without_merged_lists(ty: TypeId, patch: &mut Value) {
    let s = schema();
    let (Some(st), Value::Object(map)) = (s.struct_of(ty), patch) else { return };
    map.retain(|k, v| !(v.is_array() && st.field(k).is_some_and(|f| f.merge_key.is_some())));
    for (k, v) in map.iter_mut() {
        if let Some(f) = st.field(k).filter(|f| matches!(s.get(s.deref(f.ty)).shape, Shape::Struct(_))) {
            without_merged_lists(f.ty, v);
        }
    }
}

/// A value as Go's `%v` shows it.
fn shown(v: &Value) -> String {
    match v {
        Value::Null => "<nil>".to_owned(),
        Value::String(s) => s.clone(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => go::number(n),
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => format!("map[{}]", map.iter().map(|(k, v)| format!("{k}:{}", shown(v))).collect::<Vec<_>>().join(" ")),
    }
}
