//! What may change in a Pod that exists (follows `ValidatePodUpdate`).

use serde_json::Value;

use crate::field::{Errors, Path};
use crate::value::ValueExt;

use super::{diff, metadata, pod};

const FIELDS: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// A changed Pod.
pub(super) fn check(new: &Value, old: &Value, e: &mut Errors) {
    metadata::update(new.at("metadata"), old.at("metadata"), e);
    let mut own = Errors::default();
    pod::whole(new, &mut own);
    e.append(own);
    let (n, o, path) = (new.at("spec"), old.at("spec"), Path::new("spec"));
    for list in ["containers", "initContainers"] {
        let p = path.child(list);
        if n.list(list).len() != o.list(list).len() {
            e.forbidden(&p, "pod updates may not add or remove containers");
            return;
        }
        for (i, c) in n.list(list).iter().enumerate() {
            let (image, ip) = (c.str("image"), p.index(i));
            if image.is_empty() {
                e.required(&ip.child("image"), "");
            }
            if image.trim() != image {
                e.invalid(&ip.child("image"), image, "must not have leading or trailing whitespace");
            }
        }
    }
    let dp = path.child("activeDeadlineSeconds");
    match (n.int("activeDeadlineSeconds"), o.int("activeDeadlineSeconds")) {
        (Some(d), _) if !(0..=2_147_483_647).contains(&d) => {
            e.invalid(&dp, d, "must be between 0 and 2147483647, inclusive");
            return;
        }
        (Some(d), Some(before)) if before < d => {
            e.invalid(&dp, d, "must be less than or equal to previous value");
            return;
        }
        (None, Some(_)) => e.invalid(&dp, &Value::Null, "must not update from a positive integer to nil value"),
        _ => {}
    }
    tolerations(n, o, &path.child("tolerations"), e);
    let gp = path.child("schedulingGates");
    for (i, g) in n.list("schedulingGates").iter().enumerate() {
        if !o.list("schedulingGates").iter().any(|b| b.str("name") == g.str("name")) {
            e.forbidden(&gp.index(i).child("name"), format!("only deletion is allowed, but found new scheduling gate '{}'", g.str("name")));
        }
    }
    if n == o {
        return;
    }
    let allowed = with_allowed_changes_undone(n, o);
    if allowed != *o {
        e.forbidden(&path, format!("{FIELDS}\n{}", diff::specs(o, &allowed, "core.PodSpec")));
    }
}

fn tolerations(n: &Value, o: &Value, p: &Path, e: &mut Errors) {
    let without = |t: &Value| {
        let mut t = t.clone();
        if let Some(m) = t.as_object_mut() {
            m.remove("tolerationSeconds");
        }
        t
    };
    let kept = o.list("tolerations").iter().all(|b| n.list("tolerations").iter().any(|t| without(t) == without(b)));
    if !kept {
        e.forbidden(p, "existing toleration can not be modified except its tolerationSeconds");
    }
}

/// The new spec with everything that may change as it was.
fn with_allowed_changes_undone(n: &Value, o: &Value) -> Value {
    let mut s = n.clone();
    let Some(m) = s.as_object_mut() else { return s };
    for list in ["containers", "initContainers"] {
        if let Some(items) = m.get_mut(list).and_then(Value::as_array_mut) {
            for (c, before) in items.iter_mut().zip(o.list(list)) {
                if let (Some(c), Some(image)) = (c.as_object_mut(), before.get("image")) {
                    c.insert("image".into(), image.clone());
                }
            }
        }
    }
    for key in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        match o.get(key) {
            Some(v) => m.insert(key.into(), v.clone()),
            None => m.remove(key),
        };
    }
    s
}
