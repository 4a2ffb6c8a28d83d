//! When two Pod templates are the same (`EqualIgnoreHash`).

use serde_json::Value;

/// Whether two templates are equal apart from the label `pod-template-hash`.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    let bare = |t: &Value| {
        let mut t = t.clone();
        crate::json::remove(&mut t, &["metadata", "labels", "pod-template-hash"]);
        crate::json::remove(&mut t, &["metadata", "creationTimestamp"]);
        prune(&mut t);
        t
    };
    bare(a) == bare(b)
}

/// Takes away nulls and empty maps, which the API server drops or keeps at will.
fn prune(value: &mut Value) {
    if let Value::Object(m) = value {
        m.values_mut().for_each(prune);
        m.retain(|_, v| !v.is_null() && v.as_object().is_none_or(|o| !o.is_empty()));
    } else if let Value::Array(l) = value {
        l.iter_mut().for_each(prune);
    }
}
