//! Autoscalers, disruption budgets, roles and bindings, priority classes, definitions.

use serde_json::Value;

use crate::field::{Errors, Path, Plain};
use crate::internal;
use crate::quantity::Quantity;
use crate::value::ValueExt;

use super::fields::{int_or_percent, not_above_100_percent, one_of};
use super::{metadata, names, selector};

const RBAC: &str = "rbac.authorization.k8s.io";

/// A name that can stand in a path: roles and the targets of autoscalers.
pub(super) fn path_segment(s: &str) -> Vec<String> {
    match s {
        "." | ".." => vec![format!("may not be '{s}'")],
        _ => ['/', '%'].iter().filter(|c| s.contains(**c)).map(|c| format!("may not contain '{c}'")).collect(),
    }
}

/// A HorizontalPodAutoscaler, in its storage version.
pub(super) fn autoscaler(o: &Value, e: &mut Errors) {
    let (s, path) = (o.at("spec"), Path::new("spec"));
    let (min, max) = (s.int("minReplicas"), s.int("maxReplicas").unwrap_or(0));
    let mp = path.child("maxReplicas");
    if let Some(m) = min.filter(|m| max < *m) {
        let _ = m;
        e.invalid(&mp, max, "must be greater than or equal to `minReplicas`");
    }
    let (r, rp) = (s.at("scaleTargetRef"), path.child("scaleTargetRef"));
    reference(r, &rp, e);
    let api = r.str("apiVersion");
    if crate::client::group_version(api).is_some_and(|(g, _)| g.is_empty()) && r.str("kind") != "ReplicationController" {
        e.invalid(&rp.child("apiVersion"), api, "apiVersion must specify API group");
    }
    metrics(s, &path.child("metrics"), e);
    let bp = path.child("behavior");
    for key in ["scaleUp", "scaleDown"] {
        let b = s.at("behavior").at(key);
        if b.is_null() {
            continue;
        }
        let p = bp.child(key);
        scaling_rules(b, &p, e);
    }
    if let Some(m) = min.filter(|m| *m < 1) {
        e.late_invalid(&path.child("minReplicas"), m, "must be greater than or equal to 1");
    }
    if max == 0 {
        e.late_required(&mp);
    } else if max < 0 {
        e.late_invalid(&mp, max, "must be greater than or equal to 1");
    }
}

fn scaling_rules(b: &Value, p: &Path, e: &mut Errors) {
    if let Some(n) = b.int("stabilizationWindowSeconds") {
        let sp = p.child("stabilizationWindowSeconds");
        if n < 0 {
            e.invalid(&sp, n, "must be greater than or equal to zero");
        }
        if n > 3600 {
            e.invalid(&sp, n, "must be less than or equal to 3600");
        }
    }
    if b.has("selectPolicy") {
        one_of(b.str("selectPolicy"), &p.child("selectPolicy"), &["Disabled", "Max", "Min"], e);
    }
    let pp = p.child("policies");
    if b.list("policies").is_empty() {
        e.required(&pp, "must specify at least one Policy");
    }
    for (i, x) in b.list("policies").iter().enumerate() {
        let p = pp.index(i);
        one_of(x.str("type"), &p.child("type"), &["Percent", "Pods"], e);
        for key in ["value", "periodSeconds"] {
            let n = x.int(key).unwrap_or(0);
            if n <= 0 {
                e.invalid(&p.child(key), n, "must be greater than zero");
            }
            if key == "periodSeconds" && n > 1800 {
                e.invalid(&p.child(key), n, "must be less than or equal to 1800");
            }
        }
    }
}

fn metrics(s: &Value, path: &Path, e: &mut Errors) {
    const TYPES: &[&str] = &["ContainerResource", "External", "Object", "Pods", "Resource"];
    for (i, m) in s.list("metrics").iter().enumerate() {
        let p = path.index(i);
        let ty = m.str("type");
        if ty.is_empty() {
            e.required(&p.child("type"), "must specify a metric source type");
        }
        let field = match ty {
            "ContainerResource" => "containerResource",
            "External" => "external",
            "Object" => "object",
            "Pods" => "pods",
            "Resource" => "resource",
            _ => {
                e.unsupported(&p.child("type"), ty, TYPES);
                e.unsupported(&p.child("type"), ty, TYPES);
                continue;
            }
        };
        let (source, sp) = (m.at(field), p.child(field));
        if source.is_null() {
            e.required(&sp, "must populate information for the given metric source");
        } else {
            metric_source(source, field, &sp, e);
        }
        for other in ["object", "external", "pods", "resource", "containerResource"] {
            if other != field && m.has(other) {
                e.forbidden(&p.child(other), "must populate the given metric source only");
            }
        }
    }
}

/// What a metric is of, before its target.
fn metric_source(source: &Value, field: &str, sp: &Path, e: &mut Errors) {
    if field == "object" {
        reference(source.at("describedObject"), &sp.child("describedObject"), e);
    }
    let name = source.str("name");
    let np = sp.child("name");
    match field {
        "resource" | "containerResource" if name.is_empty() => e.required(&np, "must specify a resource name"),
        "containerResource" => super::resources::container_name(name, &np, e),
        _ => {}
    }
    if field == "containerResource" {
        let (container, cp) = (source.str("container"), sp.child("container"));
        if container.is_empty() {
            e.required(&cp, "must specify a container");
        } else {
            e.invalids(&cp, container, names::dns_label(container));
        }
    }
    if matches!(field, "external" | "object" | "pods") {
        let (metric, mp) = (source.at("metric").str("name"), sp.child("metric.name"));
        if metric.is_empty() {
            e.required(&mp, "must specify a metric name");
        } else {
            e.invalids(&mp, metric, path_segment(metric));
        }
    }
    metric_target(source.at("target"), field, &sp.child("target"), e);
}

/// A reference to what is scaled or measured.
fn reference(r: &Value, rp: &Path, e: &mut Errors) {
    for key in ["kind", "name"] {
        if r.str(key).is_empty() {
            e.required(&rp.child(key), "");
        } else {
            e.invalids(&rp.child(key), r.str(key), path_segment(r.str(key)));
        }
    }
    let api = r.str("apiVersion");
    if crate::client::group_version(api).is_none() {
        e.invalid(&rp.child("apiVersion"), api, format!("unexpected GroupVersion string: {api}"));
    }
}

fn metric_target(t: &Value, field: &str, p: &Path, e: &mut Errors) {
    let (ty, tp) = (t.str("type"), p.child("type"));
    if ty.is_empty() {
        e.required(&tp, "must specify a metric target type");
    }
    if !matches!(ty, "Utilization" | "Value" | "AverageValue") {
        e.invalid(&tp, ty, "must be either Utilization, Value, or AverageValue");
    }
    for key in ["value", "averageValue"] {
        if t.has(key) && Quantity::of(t.str(key)).sign().is_le() {
            e.invalid(&p.child(key), t.str(key), "must be positive");
        }
    }
    if let Some(n) = t.int("averageUtilization").filter(|n| *n < 1) {
        e.invalid(&p.child("averageUtilization"), n, "must be greater than 0");
    }
    if matches!(field, "resource" | "containerResource") && !t.has("averageUtilization") && !t.has("averageValue") {
        e.required(&p.child("averageUtilization"), "must set either a target raw value or a target utilization");
    }
    let both = |a: &str, b: &str| t.has(a) && t.has(b);
    if matches!(field, "resource" | "containerResource") && both("averageUtilization", "averageValue") {
        e.forbidden(&p.child("averageValue"), "may not set both a target raw value and a target utilization");
    }
    if matches!(field, "external" | "object") && !t.has("value") && !t.has("averageValue") {
        let what = if field == "external" {
            "must set either a target value for metric or a per-pod target"
        } else {
            "must set either a target value or averageValue"
        };
        e.required(&p.child("averageValue"), what);
    }
    if field == "external" && both("value", "averageValue") {
        e.forbidden(&p.child("value"), "may not set both a target value for metric and a per-pod target");
    }
    if field == "pods" && !t.has("averageValue") {
        e.required(&p.child("averageValue"), "must specify a positive target averageValue");
    }
}

/// A PodDisruptionBudget's spec.
pub(super) fn budget(o: &Value, e: &mut Errors) {
    let (s, path) = (o.at("spec"), Path::new("spec"));
    if s.has("minAvailable") && s.has("maxUnavailable") {
        e.invalid(&path, Plain(internal::json(s, "policy.PodDisruptionBudgetSpec")), "minAvailable and maxUnavailable cannot be both set");
    }
    for key in ["minAvailable", "maxUnavailable"] {
        let p = path.child(key);
        int_or_percent(s.at(key), &p, e);
        not_above_100_percent(s.at(key), &p, e);
    }
    selector::check(s.at("selector"), &path.child("selector"), e);
    if s.has("unhealthyPodEvictionPolicy") {
        one_of(s.str("unhealthyPodEvictionPolicy"), &path.child("unhealthyPodEvictionPolicy"), &["AlwaysAllow", "IfHealthyBudget"], e);
    }
}

/// A Role or ClusterRole.
pub(super) fn role(o: &Value, namespaced: bool, e: &mut Errors) {
    metadata::create(o.at("metadata"), path_segment, namespaced, e);
    let path = Path::new("rules");
    for (i, r) in o.list("rules").iter().enumerate() {
        let p = path.index(i);
        if r.list("verbs").is_empty() {
            e.late_required(&p.child("verbs"));
        }
        let urls = r.list("nonResourceURLs");
        if !urls.is_empty() {
            let up = p.child("nonResourceURLs");
            if namespaced {
                e.invalid(&up, r.at("nonResourceURLs"), "namespaced rules cannot apply to non-resource URLs");
            }
            if ["apiGroups", "resources", "resourceNames"].iter().any(|k| !r.list(k).is_empty()) {
                e.invalid(&up, r.at("nonResourceURLs"), "rules cannot apply to both regular resources and non-resource URLs");
            }
            continue;
        }
        if r.list("apiGroups").is_empty() {
            e.required(&p.child("apiGroups"), "resource rules must supply at least one api group");
        }
        if r.list("resources").is_empty() {
            e.required(&p.child("resources"), "resource rules must supply at least one resource");
        }
    }
    if o.has("aggregationRule") {
        let ap = Path::new("aggregationRule.clusterRoleSelectors");
        let list = o.at("aggregationRule").list("clusterRoleSelectors");
        if list.is_empty() {
            e.required(&ap, "at least one clusterRoleSelector required if aggregationRule is non-nil");
        }
        for (i, s) in list.iter().enumerate() {
            selector::check(s, &ap.index(i), e);
            if selector::matches(s, &Value::Null).is_none() {
                e.invalid(&ap.index(i), &Value::Null, "invalid label selector.");
            }
        }
    }
}

/// A RoleBinding or ClusterRoleBinding.
pub(super) fn binding(o: &Value, namespaced: bool, e: &mut Errors) {
    metadata::create(o.at("metadata"), path_segment, namespaced, e);
    let (r, rp) = (o.at("roleRef"), Path::new("roleRef"));
    one_of(r.str("apiGroup"), &rp.child("apiGroup"), &[RBAC], e);
    let kinds: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    one_of(r.str("kind"), &rp.child("kind"), kinds, e);
    if r.str("name").is_empty() {
        e.late_required(&rp.child("name"));
    } else {
        e.invalids(&rp.child("name"), r.str("name"), path_segment(r.str("name")));
    }
    let sp = Path::new("subjects");
    for (i, s) in o.list("subjects").iter().enumerate() {
        let p = sp.index(i);
        let (name, group) = (s.str("name"), s.str("apiGroup"));
        if name.is_empty() {
            e.late_required(&p.child("name"));
        }
        match s.str("kind") {
            "ServiceAccount" => {
                if !name.is_empty() {
                    e.invalids(&p.child("name"), name, names::dns_subdomain(name));
                }
                if !group.is_empty() {
                    e.unsupported(&p.child("apiGroup"), group, &[""]);
                }
                if !namespaced && s.str("namespace").is_empty() {
                    e.required(&p.child("namespace"), "");
                }
            }
            "User" | "Group" => one_of(group, &p.child("apiGroup"), &[RBAC], e),
            other => e.unsupported(&p.child("kind"), other, &["ServiceAccount", "User", "Group"]),
        }
    }
}

/// The role of a binding may not change.
pub(super) fn update_binding(new: &Value, old: &Value, e: &mut Errors) {
    if new.at("roleRef") != old.at("roleRef") {
        e.late_invalid(&Path::new("roleRef"), Plain(internal::json(new.at("roleRef"), "rbac.RoleRef")), "field is immutable");
    }
}

/// A PriorityClass.
pub(super) fn priority_class(o: &Value, e: &mut Errors) {
    metadata::create(o.at("metadata"), names::dns_subdomain, false, e);
    let name = o.at("metadata").str("name");
    let value = o.int("value").unwrap_or(0);
    if name.starts_with("system-") {
        if !matches!((name, value), ("system-cluster-critical", 2_000_000_000) | ("system-node-critical", 2_000_001_000)) {
            e.forbidden(
                &Path::new("metadata.name"),
                format!("priority class names with 'system-' prefix are reserved for system use only. error: {name} is not a known system priority class"),
            );
        }
    } else if value > 1_000_000_000 {
        e.forbidden(&Path::new("value"), "maximum allowed value of a user defined priority is 1000000000");
    }
    if o.has("preemptionPolicy") {
        one_of(o.str("preemptionPolicy"), &Path::new("preemptionPolicy"), &["PreemptLowerPriority", "Never"], e);
    }
}
