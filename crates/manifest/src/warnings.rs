//! The API server's warnings.

use serde_json::Value;

use crate::resource::Resource;

/// The warnings about an object, in the server's order, without `Warning: `.
pub fn of_json(r: &Resource, json: &Value, old: Option<&Value>) -> Vec<String> {
    let _ = (r, json, old);
    Vec::new()
}
