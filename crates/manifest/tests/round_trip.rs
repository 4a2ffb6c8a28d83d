//! Every field of every kind that is modelled survives the way from text to object and back.

use podglass_manifest::schema::{Shape, TypeId, schema};
use podglass_manifest::{Kind, Object, decode, read};
use serde_json::{Map, Value, json};

/// A value of a type with every field set; types within themselves are cut where they come again.
fn full(ty: TypeId, above: &mut Vec<usize>) -> Option<Value> {
    let s = schema();
    Some(match &s.get(ty).shape {
        Shape::Pointer(to) | Shape::Or(to) => full(*to, above)?,
        Shape::Struct(at) => {
            if above.contains(at) {
                return None;
            }
            above.push(*at);
            let mut map = Map::new();
            for f in &s.structure(*at).fields {
                if let Some(v) = full(f.ty, above) {
                    map.insert(f.json.to_owned(), v);
                }
            }
            above.pop();
            Value::Object(map)
        }
        Shape::List(of) => json!([full(*of, above)?]),
        Shape::Map(of) => json!({"a": full(*of, above)?}),
        Shape::String => "x".into(),
        Shape::Bool => true.into(),
        Shape::Int(_) | Shape::Byte => 3.into(),
        Shape::Float => json!(1.5),
        Shape::Bytes => "YWJj".into(),
        Shape::Quantity => "3Gi".into(),
        Shape::IntOrString => "25%".into(),
        Shape::Time => "2026-01-02T03:04:05Z".into(),
        Shape::MicroTime => "2026-01-02T03:04:05.000006Z".into(),
        Shape::Duration => "1s".into(),
        Shape::Raw => json!({"any": 1}),
    })
}

/// Paths at which a value is no more there, or is another one.
fn lost(before: &Value, after: &Value, path: &str, out: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            for (k, v) in a {
                lost(v, b.get(k).unwrap_or(&Value::Null), &format!("{path}.{k}"), out);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for (i, v) in a.iter().enumerate() {
                lost(v, b.get(i).unwrap_or(&Value::Null), &format!("{path}[{i}]"), out);
            }
        }
        _ if before != after => out.push(format!("{path}: {before} became {after}")),
        _ => {}
    }
}

/// The fields without which the type can hold the object.
fn culprit(kind: Kind, value: &Value) -> String {
    let mut found = Vec::new();
    for (outer, inner) in value.as_object().into_iter().flatten() {
        for field in inner.as_object().into_iter().flat_map(Map::keys) {
            let mut less = value.clone();
            less[outer].as_object_mut().unwrap().remove(field);
            if Object::from_json(kind, less).is_ok() {
                found.push(format!("{outer}.{field}"));
            }
        }
    }
    found.join(", ")
}

#[test]
fn every_field_survives() {
    let mut wrong = Vec::new();
    for kind in Kind::ALL {
        let ty = decode::type_of(kind.group(), kind.version(), kind.name()).unwrap_or_else(|| panic!("no schema of {}", kind.name()));
        let mut value = full(ty, &mut Vec::new()).unwrap();
        let root = value.as_object_mut().unwrap();
        root.insert("apiVersion".into(), kind.api_version().into());
        root.insert("kind".into(), kind.name().into());
        let decoded = decode::decode(ty, &value);
        assert!(decoded.mistakes.is_empty(), "{}: {:?}", kind.name(), decoded.mistakes);
        lost(&value, &decoded.value, &format!("{} decoded", kind.name()), &mut wrong);
        let Ok(object) = Object::from_json(*kind, decoded.value.clone()) else {
            wrong.push(format!("{} cannot be held because of {}", kind.name(), culprit(*kind, &decoded.value)));
            continue;
        };
        lost(&decoded.value, &object.to_json().unwrap(), kind.name(), &mut wrong);
        // The same through text, which is JSON and therefore YAML.
        let text = serde_json::to_string_pretty(&value).unwrap();
        let reading = read(&text);
        let read_back = reading.documents.first().and_then(|d| d.object.as_ref()).unwrap_or_else(|| panic!("{} is not read", kind.name()));
        lost(&object.to_json().unwrap(), &read_back.to_json().unwrap(), &format!("{} from text", kind.name()), &mut wrong);
    }
    assert!(wrong.is_empty(), "{} fields are lost:\n{}", wrong.len(), wrong.join("\n"));
}
