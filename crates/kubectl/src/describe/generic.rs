//! Any object in words: its fields, sorted, keys in capitals.

use super::Text;
use crate::json::Look;
use serde_json::Value;

pub(super) fn object(t: &mut Text, o: &Value) {
    t.head(o);
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    let mut rest = o.clone();
    if let Some(m) = rest.get_mut("metadata").and_then(Value::as_object_mut) {
        for key in ["name", "namespace", "labels", "annotations", "managedFields"] {
            m.remove(key);
        }
    }
    fields(t, 0, &rest);
}

fn fields(t: &mut Text, level: usize, value: &Value) {
    let Some(map) = value.as_object() else { return };
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort();
    for key in keys {
        let title = spell(key);
        match &map[key] {
            v @ Value::Object(_) => {
                t.line(level, format_args!("{title}:"));
                fields(t, level + 1, v);
            }
            Value::Array(items) => {
                t.line(level, format_args!("{title}:"));
                list(t, level + 1, items);
            }
            Value::Null => t.line(level, format_args!("{title}:\t<nil>")),
            Value::String(s) => t.line(level, format_args!("{title}:\t{s}")),
            other => t.line(level, format_args!("{title}:\t{other}")),
        }
    }
}

fn list(t: &mut Text, level: usize, items: &[Value]) {
    for item in items {
        match item {
            Value::Object(_) => fields(t, level, item),
            Value::Array(inner) => list(t, level + 1, inner),
            Value::String(s) => t.line(level, s),
            other => t.line(level, other),
        }
    }
}

/// `holderIdentity` → `Holder Identity`, `apiVersion` → `API Version` (`smartLabelFor`).
fn spell(field: &str) -> String {
    // Anything but letters and dashes keeps its spelling.
    if !field.chars().all(|c| c.is_alphabetic() || c == '-') {
        return field.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let chars: Vec<char> = field.chars().collect();
    let mut word = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let next_lower = chars.get(i + 1).is_some_and(|n| n.is_lowercase());
        let previous_lower = i > 0 && chars.get(i - 1).is_some_and(|p| p.is_lowercase() || p.is_numeric());
        if !word.is_empty() && c.is_uppercase() && (previous_lower || next_lower) {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let capital = |w: &String| match w.to_lowercase().as_str() {
        "api" => "API".to_owned(),
        "uid" => "UID".to_owned(),
        "url" => "URL".to_owned(),
        _ => {
            let mut c = w.chars();
            c.next().map_or(String::new(), |f| f.to_uppercase().collect::<String>() + c.as_str())
        }
    };
    words.iter().map(capital).collect::<Vec<_>>().join(" ")
}
