//! Label selectors (follows meta/v1/validation and `LabelSelectorAsSelector`).

use serde_json::Value;

use crate::field::{Errors, Path, Plain};
use crate::go;
use crate::value::ValueExt;

use super::{metadata, names};

/// The rules of a label selector; `null` has none.
pub(super) fn check(s: &Value, path: &Path, e: &mut Errors) {
    if s.is_null() {
        return;
    }
    metadata::labels(s.map("matchLabels"), &path.child("matchLabels"), e);
    let list = path.child("matchExpressions");
    for (i, x) in s.list("matchExpressions").iter().enumerate() {
        let p = list.index(i);
        let values = x.list("values");
        match x.str("operator") {
            "In" | "NotIn" => {
                if values.is_empty() {
                    e.required(&p.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
                }
            }
            "Exists" | "DoesNotExist" => {
                if !values.is_empty() {
                    e.forbidden(&p.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }
            }
            other => e.invalid(&p.child("operator"), other, "not a valid selector operator"),
        }
        e.invalids(&p.child("key"), x.str("key"), names::qualified_name(x.str("key")));
        let vp = p.child("values");
        for (k, v) in values.iter().enumerate() {
            e.invalids(&vp.index(k), v.text(), names::label_value(v.text()));
        }
    }
}

/// A selector as the server shows it: in the order of Go's fields, keys and operators also where they are empty.
pub(super) fn shown(s: &Value) -> Plain {
    if !s.is_object() {
        return Plain(go::json(s));
    }
    let mut out = "{".to_owned();
    if !s.map("matchLabels").is_empty() {
        out.push_str(&["\"matchLabels\":", &go::json(s.at("matchLabels"))].concat());
    }
    let list = s.list("matchExpressions");
    if !list.is_empty() {
        out.push_str(if out.len() > 1 { ",\"matchExpressions\":[" } else { "\"matchExpressions\":[" });
        for (i, x) in list.iter().enumerate() {
            out.push_str(if i > 0 { ",{\"key\":" } else { "{\"key\":" });
            go::json_string(x.str("key"), &mut out);
            out.push_str(",\"operator\":");
            go::json_string(x.str("operator"), &mut out);
            if !x.list("values").is_empty() {
                out.push_str(&[",\"values\":", &go::json(x.at("values"))].concat());
            }
            out.push('}');
        }
        out.push(']');
    }
    out.push('}');
    Plain(out)
}

/// Whether a selector has no requirement at all.
pub(super) fn is_empty(s: &Value) -> bool {
    s.map("matchLabels").is_empty() && s.list("matchExpressions").is_empty()
}

/// Whether labels match; `None` where the selector cannot be used. `null` matches nothing, an empty
/// selector everything.
pub fn matches(s: &Value, labels: &Value) -> Option<bool> {
    if s.is_null() {
        return Some(false);
    }
    let mut scratch = Errors::default();
    check(s, &Path::new(""), &mut scratch);
    if !scratch.is_empty() {
        return None;
    }
    let mut all = s.map("matchLabels").iter().all(|(k, v)| labels.get(k) == Some(v));
    for x in s.list("matchExpressions") {
        let has = labels.get(x.str("key"));
        let listed = has.is_some_and(|v| x.list("values").contains(v));
        all &= match x.str("operator") {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => has.is_some(),
            _ => has.is_none(),
        };
    }
    Some(all)
}
