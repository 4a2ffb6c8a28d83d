//! Short ways into API objects as JSON.

use serde_json::Value;

/// A shared empty list.
const NONE: &[Value] = &[];

/// Reading an object along a path of keys separated by dots (no key with a dot in it).
pub trait Look {
    /// The value at a path; `Null` where there is none.
    fn at(&self, path: &str) -> &Value;
    /// The text at a path; empty where there is none.
    fn text(&self, path: &str) -> &str;
    /// The whole number at a path; 0 where there is none.
    fn int(&self, path: &str) -> i64;
    /// The truth at a path; false where there is none.
    fn truth(&self, path: &str) -> bool;
    /// The list at a path; empty where there is none.
    fn list(&self, path: &str) -> &[Value];
    /// The entries of the map at a path, sorted by key; none where there is no map.
    fn entries(&self, path: &str) -> Vec<(&String, &Value)>;
    /// Whether there is something other than null.
    fn has(&self, path: &str) -> bool;
    /// `metadata.name`.
    fn name(&self) -> &str {
        self.text("metadata.name")
    }
    /// `metadata.namespace`.
    fn namespace(&self) -> &str {
        self.text("metadata.namespace")
    }
}

impl Look for Value {
    fn at(&self, path: &str) -> &Value {
        let mut here = self;
        for key in path.split('.') {
            match here.get(key) {
                Some(next) => here = next,
                None => return &Value::Null,
            }
        }
        here
    }
    fn text(&self, path: &str) -> &str {
        self.at(path).as_str().unwrap_or_default()
    }
    fn int(&self, path: &str) -> i64 {
        self.at(path).as_i64().unwrap_or_default()
    }
    fn truth(&self, path: &str) -> bool {
        self.at(path).as_bool().unwrap_or_default()
    }
    fn list(&self, path: &str) -> &[Value] {
        self.at(path).as_array().map_or(NONE, Vec::as_slice)
    }
    fn entries(&self, path: &str) -> Vec<(&String, &Value)> {
        let mut all: Vec<_> = self.at(path).as_object().map(|m| m.iter().collect()).unwrap_or_default();
        all.sort_by_key(|(k, _)| *k);
        all
    }
    fn has(&self, path: &str) -> bool {
        !self.at(path).is_null()
    }
}

/// A scalar as Go's `%v` prints it: text raw, numbers and truths plain, nothing for null.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

/// `a=b,c=d`, sorted; empty for nothing.
pub fn pairs(map: &Value) -> String {
    map.as_object()
        .map(|m| {
            let mut all: Vec<String> = m.iter().map(|(k, v)| format!("{k}={}", plain(v))).collect();
            all.sort();
            all.join(",")
        })
        .unwrap_or_default()
}

/// The text, or `otherwise` where it is empty.
pub fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

/// Removes a value along a path.
pub fn remove(value: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, way) = path.split_last()?;
    let mut here = value;
    for key in way {
        here = here.get_mut(key)?;
    }
    here.as_object_mut()?.remove(*last)
}

/// Sets a value along a path, making maps on the way.
pub fn set(value: &mut Value, path: &[&str], new: Value) {
    let Some((last, way)) = path.split_last() else { return };
    let mut here = value;
    for key in way {
        here = child(here, key);
    }
    if !here.is_object() {
        *here = Value::Object(serde_json::Map::new());
    }
    if let Some(m) = here.as_object_mut() {
        m.insert((*last).to_owned(), new);
    }
}

fn child<'a>(value: &'a mut Value, key: &str) -> &'a mut Value {
    if !value.is_object() {
        *value = Value::Object(serde_json::Map::new());
    }
    let entry = &mut value[key];
    if !entry.is_object() {
        *entry = Value::Object(serde_json::Map::new());
    }
    entry
}
