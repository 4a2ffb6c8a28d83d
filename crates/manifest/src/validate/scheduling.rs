//! Where Pods may run: affinity, tolerations, spread (follows `validateAffinity` and its neighbours).

use serde_json::Value;

use crate::field::{Errors, Path};
use crate::value::ValueExt;

use super::fields::one_of;
use super::{names, selector};

/// Affinity to nodes and Pods.
pub(super) fn affinity(a: &Value, path: &Path, e: &mut Errors) {
    let (required, preferred) = ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution");
    let n = a.at("nodeAffinity");
    let np = path.child("nodeAffinity");
    if n.has(required) {
        node_selector(n.at(required), &np.child(required), e);
    }
    let pp = np.child(preferred);
    for (i, t) in n.list(preferred).iter().enumerate() {
        let p = pp.index(i);
        weight(t, &p, e);
        term(t.at("preference"), true, &p.child("preference"), e);
    }
    for key in ["podAffinity", "podAntiAffinity"] {
        let x = a.at(key);
        let xp = path.child(key);
        let rp = xp.child(required);
        for (i, t) in x.list(required).iter().enumerate() {
            pod_term(t, &rp.index(i), e);
        }
        let pp = xp.child(preferred);
        for (i, t) in x.list(preferred).iter().enumerate() {
            let p = pp.index(i);
            weight(t, &p, e);
            pod_term(t.at("podAffinityTerm"), &p.child("podAffinityTerm"), e);
        }
    }
}

fn weight(t: &Value, p: &Path, e: &mut Errors) {
    let w = t.int("weight").unwrap_or(0);
    if !(1..=100).contains(&w) {
        e.invalid(&p.child("weight"), w, "must be in the range 1-100");
    }
}

/// A node selector, of a Pod or of a PersistentVolume.
pub(super) fn node_selector(s: &Value, path: &Path, e: &mut Errors) {
    let tp = path.child("nodeSelectorTerms");
    if s.list("nodeSelectorTerms").is_empty() {
        e.required(&tp, "must have at least one node selector term");
        return;
    }
    for (i, t) in s.list("nodeSelectorTerms").iter().enumerate() {
        term(t, false, &tp.index(i), e);
    }
}

fn term(t: &Value, any_value: bool, path: &Path, e: &mut Errors) {
    let ep = path.child("matchExpressions");
    for (i, r) in t.list("matchExpressions").iter().enumerate() {
        let p = ep.index(i);
        let values = r.list("values");
        let vp = p.child("values");
        match r.str("operator") {
            "In" | "NotIn" => {
                if values.is_empty() {
                    e.required(&vp, "must be specified when `operator` is 'In' or 'NotIn'");
                }
            }
            "Exists" | "DoesNotExist" => {
                if !values.is_empty() {
                    e.forbidden(&vp, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }
            }
            "Gt" | "Lt" => {
                if values.len() != 1 {
                    e.required(&vp, "must be specified single value when `operator` is 'Lt' or 'Gt'");
                }
            }
            other => e.invalid(&p.child("operator"), other, "not a valid selector operator"),
        }
        e.invalids(&p.child("key"), r.str("key"), names::qualified_name(r.str("key")));
        if !any_value {
            for (k, v) in values.iter().enumerate() {
                e.invalids(&vp.index(k), v.text(), names::label_value(v.text()));
            }
        }
    }
    let fp = path.child("matchFields");
    for (i, r) in t.list("matchFields").iter().enumerate() {
        let p = fp.index(i);
        let values = r.list("values");
        match r.str("operator") {
            "In" | "NotIn" => {
                if values.len() != 1 {
                    e.required(&p.child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
                }
            }
            other => e.invalid(&p.child("operator"), other, "not a valid selector operator"),
        }
        if r.str("key") == "metadata.name" {
            let vp = p.child("values");
            for (k, v) in values.iter().enumerate() {
                e.invalids(&vp.index(k), v.text(), names::dns_subdomain(v.text()));
            }
        } else {
            e.invalid(&p.child("key"), r.str("key"), "not a valid field selector key");
        }
    }
}

fn pod_term(t: &Value, p: &Path, e: &mut Errors) {
    selector::check(t.at("labelSelector"), &p.child("labelSelector"), e);
    selector::check(t.at("namespaceSelector"), &p.child("namespaceSelector"), e);
    for n in t.list("namespaces") {
        e.invalids(&p.child("namespace"), n.text(), names::dns_label(n.text()));
    }
    label_keys(t, p, e);
    let key = t.str("topologyKey");
    if key.is_empty() {
        e.required(&p.child("topologyKey"), "can not be empty");
    }
    e.invalids(&p.child("topologyKey"), key, names::qualified_name(key));
}

fn label_keys(t: &Value, p: &Path, e: &mut Errors) {
    for which in ["matchLabelKeys", "mismatchLabelKeys"] {
        let keys = t.list(which);
        let kp = p.child(which);
        if keys.is_empty() {
            continue;
        }
        if !t.has("labelSelector") {
            e.forbidden(&kp, "must not be specified when labelSelector is not set");
            continue;
        }
        for (i, k) in keys.iter().enumerate() {
            e.invalids(&kp.index(i), k.text(), names::qualified_name(k.text()));
        }
    }
    let (keys, s) = (t.list("matchLabelKeys"), t.at("labelSelector"));
    let mut seen: Vec<&str> = s.map("matchLabels").keys().map(String::as_str).collect();
    for x in s.list("matchExpressions") {
        let key = x.str("key");
        if let Some(i) = keys.iter().rposition(|k| k.text() == key).filter(|_| seen.contains(&key)) {
            e.invalid(&p.index(i), key, "exists in both matchLabelKeys and labelSelector");
        }
        seen.push(key);
    }
    let mp = p.child("matchLabelKeys");
    for (i, k) in keys.iter().enumerate() {
        if t.list("mismatchLabelKeys").contains(k) {
            e.invalid(&mp.index(i), k.text(), "exists in both matchLabelKeys and mismatchLabelKeys");
        }
    }
}

/// Tolerations of taints.
pub(super) fn tolerations(list: &[Value], path: &Path, e: &mut Errors) {
    for (i, t) in list.iter().enumerate() {
        let p = path.index(i);
        let (key, operator, effect, value) = (t.str("key"), t.str("operator"), t.str("effect"), t.str("value"));
        let op = p.child("operator");
        if !key.is_empty() {
            e.invalids(&p.child("key"), key, names::qualified_name(key));
        } else if operator != "Exists" {
            e.invalid(&op, operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
        }
        if t.has("tolerationSeconds") && effect != "NoExecute" {
            e.invalid(&p.child("effect"), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        match operator {
            "Equal" | "" => {
                let wrong = names::label_value(value);
                if !wrong.is_empty() {
                    e.invalid(&op, value, wrong.join(";"));
                }
            }
            "Exists" => {
                if !value.is_empty() {
                    e.invalid(&op, value, "value must be empty when `operator` is 'Exists'");
                }
            }
            "Lt" | "Gt" => e.unsupported(&op, operator, &["Equal", "Exists", "Lt", "Gt"]),
            other => e.unsupported(&op, other, &["Equal", "Exists"]),
        }
        if !effect.is_empty() {
            one_of_in_order(effect, &p.child("effect"), e);
        }
    }
}

fn one_of_in_order(effect: &str, p: &Path, e: &mut Errors) {
    one_of(effect, p, &["NoSchedule", "PreferNoSchedule", "NoExecute"], e);
}

/// Topology spread constraints.
pub(super) fn spread(list: &[Value], path: &Path, e: &mut Errors) {
    for (i, c) in list.iter().enumerate() {
        let p = path.index(i);
        let skew = c.int("maxSkew").unwrap_or(0);
        if skew <= 0 {
            e.invalid(&p.child("maxSkew"), skew, "must be greater than zero");
        }
        if c.str("topologyKey").is_empty() {
            e.required(&p.child("topologyKey"), "can not be empty");
        }
        let when = c.str("whenUnsatisfiable");
        one_of(when, &p.child("whenUnsatisfiable"), &["DoNotSchedule", "ScheduleAnyway"], e);
        let same = |o: &&Value| o.str("topologyKey") == c.str("topologyKey") && o.str("whenUnsatisfiable") == when;
        if list.iter().skip(i + 1).any(|o| same(&o)) {
            e.duplicate(&p.child("{topologyKey, whenUnsatisfiable}"), format!("{{{}, {when}}}", c.str("topologyKey")));
        }
        if let Some(min) = c.int("minDomains") {
            let mp = p.child("minDomains");
            if min <= 0 {
                e.invalid(&mp, min, "must be greater than zero");
            }
            if when != "DoNotSchedule" {
                e.invalid(&mp, min, format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {when}"));
            }
        }
        for key in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            if c.has(key) {
                one_of(c.str(key), &p.child(key), &["Honor", "Ignore"], e);
            }
        }
        label_keys(c, &p, e);
        selector::check(c.at("labelSelector"), &p.child("labelSelector"), e);
    }
}
