//! Short ways to look into JSON, for checks: what is absent is empty.

use std::sync::OnceLock;

use serde_json::{Map, Value};

static NULL: Value = Value::Null;

fn empty() -> &'static Map<String, Value> {
    static EMPTY: OnceLock<Map<String, Value>> = OnceLock::new();
    EMPTY.get_or_init(Map::new)
}

/// Looking into JSON.
pub trait ValueExt {
    /// The value of a key; `Null` where there is none.
    fn at(&self, key: &str) -> &Value;
    /// Whether a key has a value other than `null`.
    fn has(&self, key: &str) -> bool;
    /// A string; empty where there is none.
    fn str(&self, key: &str) -> &str;
    /// An integer.
    fn int(&self, key: &str) -> Option<i64>;
    /// A boolean; `false` where there is none.
    fn flag(&self, key: &str) -> bool;
    /// The items of a list; none where there is no list.
    fn list(&self, key: &str) -> &[Value];
    /// The entries of a map; none where there is no map.
    fn map(&self, key: &str) -> &Map<String, Value>;
    /// The value itself as text; empty where it is no string.
    fn text(&self) -> &str;
}

impl ValueExt for Value {
    fn at(&self, key: &str) -> &Value {
        self.get(key).unwrap_or(&NULL)
    }
    fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|v| !v.is_null())
    }
    fn str(&self, key: &str) -> &str {
        self.get(key).and_then(Value::as_str).unwrap_or_default()
    }
    fn int(&self, key: &str) -> Option<i64> {
        self.get(key).and_then(Value::as_i64)
    }
    fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(false)
    }
    fn list(&self, key: &str) -> &[Value] {
        self.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
    fn map(&self, key: &str) -> &Map<String, Value> {
        self.get(key).and_then(Value::as_object).unwrap_or_else(|| empty())
    }
    fn text(&self) -> &str {
        self.as_str().unwrap_or_default()
    }
}
