//! Deployments, ReplicaSets, StatefulSets, DaemonSets, ReplicationControllers (follows apps/validation).

use serde_json::{Value, json};

use crate::field::{Errors, Path, Plain};
use crate::internal;
use crate::value::ValueExt;

use super::fields::{self, immutable, int_or_percent, non_negative, not_above_100_percent, number_of};
use super::{metadata, names, pod, selector, storage};

const MISMATCH: &str = "`selector` does not match template `labels`";

/// The template of a controller whose Pods always restart.
fn template(spec: &Value, kind: &str, path: &Path, e: &mut Errors) {
    let t = spec.at("template");
    let tp = path.child("template");
    pod::template(t, &tp, e);
    always(t, kind, &tp, e);
}

fn always(t: &Value, kind: &str, tp: &Path, e: &mut Errors) {
    let s = t.at("spec");
    if s.str("restartPolicy") != "Always" {
        e.unsupported(&tp.child("spec.restartPolicy"), s.str("restartPolicy"), &["Always"]);
    }
    if s.has("activeDeadlineSeconds") {
        e.forbidden(&tp.child("spec.activeDeadlineSeconds"), format!("activeDeadlineSeconds in {kind} is not Supported"));
    }
}

fn mismatch(spec: &Value, path: &Path, e: &mut Errors) {
    let labels = spec.at("template").at("metadata").at("labels");
    let tp = path.child("template.metadata.labels");
    e.invalid(&tp, labels, MISMATCH);
}

/// Selector and template of a ReplicaSet or Deployment.
fn selected(spec: &Value, path: &Path, e: &mut Errors) {
    let s = spec.at("selector");
    let sp = path.child("selector");
    if s.is_null() {
        e.required(&sp, "");
    } else {
        selector::check(s, &sp, e);
        if selector::is_empty(s) {
            e.invalid(&sp, s, "empty selector is invalid for deployment");
        }
    }
    match selector::matches(s, spec.at("template").at("metadata").at("labels")) {
        None => e.invalid(&sp, selector::shown(s), "invalid label selector"),
        Some(good) => {
            if !good {
                mismatch(spec, path, e);
            }
            template(spec, "ReplicaSet", path, e);
        }
    }
}

/// A ReplicaSet's spec.
pub(super) fn replica_set(spec: &Value, path: &Path, e: &mut Errors) {
    non_negative(spec, "replicas", path, e);
    non_negative(spec, "minReadySeconds", path, e);
    selected(spec, path, e);
}

/// A Deployment's spec.
pub(super) fn deployment(spec: &Value, path: &Path, e: &mut Errors) {
    non_negative(spec, "replicas", path, e);
    selected(spec, path, e);
    let (s, sp) = (spec.at("strategy"), path.child("strategy"));
    let rp = sp.child("rollingUpdate");
    match s.str("type") {
        "Recreate" => {
            if s.has("rollingUpdate") {
                e.forbidden(&rp, "may not be specified when strategy `type` is 'Recreate'");
            }
        }
        "RollingUpdate" => {
            let r = s.at("rollingUpdate");
            let (unavailable, surge) = (r.at("maxUnavailable"), r.at("maxSurge"));
            let (up, gp) = (rp.child("maxUnavailable"), rp.child("maxSurge"));
            int_or_percent(unavailable, &up, e);
            int_or_percent(surge, &gp, e);
            if number_of(unavailable) == 0 && number_of(surge) == 0 {
                e.invalid(&up, unavailable, "may not be 0 when `maxSurge` is 0");
            }
            not_above_100_percent(unavailable, &up, e);
        }
        _ => e.unsupported(&sp, Plain(internal::json(s, "apps.DeploymentStrategy")), &["Recreate", "RollingUpdate"]),
    }
    non_negative(spec, "minReadySeconds", path, e);
    non_negative(spec, "revisionHistoryLimit", path, e);
    non_negative(spec, "progressDeadlineSeconds", path, e);
    if let Some(d) = spec.int("progressDeadlineSeconds")
        && d <= spec.int("minReadySeconds").unwrap_or(0)
    {
        e.invalid(&path.child("progressDeadlineSeconds"), d, "must be greater than minReadySeconds");
    }
}

/// A DaemonSet's spec.
pub(super) fn daemon_set(spec: &Value, path: &Path, e: &mut Errors) {
    let s = spec.at("selector");
    let sp = path.child("selector");
    selector::check(s, &sp, e);
    if selector::matches(s, spec.at("template").at("metadata").at("labels")) == Some(false) {
        mismatch(spec, path, e);
    }
    if !s.is_null() && selector::is_empty(s) {
        e.invalid(&sp, s, "empty selector is invalid for daemonset");
    }
    template(spec, "DaemonSet", path, e);
    non_negative(spec, "minReadySeconds", path, e);
    let (u, up) = (spec.at("updateStrategy"), path.child("updateStrategy"));
    match u.str("type") {
        "OnDelete" => {}
        "RollingUpdate" => {
            let r = u.at("rollingUpdate");
            let rp = up.child("rollingUpdate");
            let (unavailable, surge) = (r.at("maxUnavailable"), r.at("maxSurge"));
            let (vp, gp) = (rp.child("maxUnavailable"), rp.child("maxSurge"));
            int_or_percent(unavailable, &vp, e);
            int_or_percent(surge, &gp, e);
            not_above_100_percent(unavailable, &vp, e);
            not_above_100_percent(surge, &gp, e);
            match (number_of(unavailable) != 0, number_of(surge) != 0) {
                (true, true) => e.invalid(&gp, surge, "may not be set when maxUnavailable is non-zero"),
                (false, false) => e.required(&vp, "cannot be 0 when maxSurge is 0"),
                _ => {}
            }
        }
        _ => e.unsupported(&up, Plain(internal::json(u, "apps.DaemonSetUpdateStrategy")), &["RollingUpdate", "OnDelete"]),
    }
    non_negative(spec, "revisionHistoryLimit", path, e);
}

/// A StatefulSet's spec. On an update of one that was invalid before, the template is not checked.
pub(super) fn stateful_set(spec: &Value, path: &Path, e: &mut Errors) {
    let pp = path.child("podManagementPolicy");
    match spec.str("podManagementPolicy") {
        "OrderedReady" | "Parallel" => {}
        other => e.invalid(&pp, other, "must be 'OrderedReady' or 'Parallel'"),
    }
    let (u, up) = (spec.at("updateStrategy"), path.child("updateStrategy"));
    let rp = up.child("rollingUpdate");
    let r = u.at("rollingUpdate");
    match u.str("type") {
        "OnDelete" => {
            if !r.is_null() {
                e.invalid(&rp, Plain(internal::json(r, "apps.RollingUpdateStatefulSetStrategy")), "only allowed for updateStrategy 'RollingUpdate'");
            }
        }
        "RollingUpdate" => {
            non_negative(r, "partition", &rp, e);
            let m = r.at("maxUnavailable");
            if !m.is_null() {
                let mp = rp.child("maxUnavailable");
                int_or_percent(m, &mp, e);
                if number_of(m) == 0 {
                    e.invalid(&mp, m, "cannot be 0");
                }
                not_above_100_percent(m, &mp, e);
            }
        }
        _ => e.invalid(&up, Plain(internal::json(u, "apps.StatefulSetUpdateStrategy")), "must be 'RollingUpdate' or 'OnDelete'"),
    }
    let (c, cp) = (spec.at("persistentVolumeClaimRetentionPolicy"), path.child("persistentVolumeClaimRetentionPolicy"));
    for key in ["whenDeleted", "whenScaled"] {
        fields::one_of(c.str(key), &cp.child(key), &["Retain", "Delete"], e);
    }
    let vp = path.child("volumeClaimTemplates");
    for (i, t) in spec.list("volumeClaimTemplates").iter().enumerate() {
        storage::claim_spec(t.at("spec"), &vp.index(i).child("spec"), e);
    }
    non_negative(spec, "replicas", path, e);
    non_negative(spec, "minReadySeconds", path, e);
    if let Some(n) = spec.at("ordinals").int("start").filter(|n| *n < 0) {
        e.invalid(&path.child("ordinals.start"), n, "must be greater than or equal to 0");
    }
    if !spec.str("serviceName").is_empty() {
        e.invalids(&path.child("serviceName"), spec.str("serviceName"), names::dns_label(spec.str("serviceName")));
    }
    let s = spec.at("selector");
    let sp = path.child("selector");
    if s.is_null() {
        e.required(&sp, "");
    } else {
        selector::check(s, &sp, e);
        if selector::is_empty(s) {
            e.invalid(&sp, s, "empty selector is invalid for statefulset");
        }
    }
    match selector::matches(s, spec.at("template").at("metadata").at("labels")) {
        None => e.invalid(&sp, s, ""),
        Some(good) => {
            if !good {
                mismatch(spec, path, e);
            }
            let t = with_claims(spec);
            pod::template(&t, &path.child("template"), e);
        }
    }
    always(spec.at("template"), "StatefulSet", &path.child("template"), e);
}

/// The template as its Pods will be: each claim template is a volume.
fn with_claims(spec: &Value) -> Value {
    let mut t = spec.at("template").clone();
    let claims = spec.list("volumeClaimTemplates");
    let Some(s) = t.get_mut("spec").and_then(Value::as_object_mut) else { return t };
    s.remove("subdomain");
    s.remove("hostname");
    if claims.is_empty() {
        return t;
    }
    let names: Vec<&str> = claims.iter().map(|c| c.at("metadata").str("name")).collect();
    let mut volumes: Vec<Value> = names.iter().map(|n| json!({"name": n, "persistentVolumeClaim": {"claimName": n}})).collect();
    volumes.dedup();
    if let Some(Value::Array(own)) = s.remove("volumes") {
        volumes.extend(own.into_iter().filter(|v| !names.contains(&v.str("name"))));
    }
    s.insert("volumes".into(), volumes.into());
    t
}

/// A ReplicationController's spec.
pub(super) fn replication_controller(spec: &Value, path: &Path, e: &mut Errors) {
    let s = spec.map("selector");
    if s.is_empty() {
        e.required(&path.child("selector"), "");
    }
    for key in ["replicas", "minReadySeconds"] {
        if let Some(n) = spec.int(key).filter(|n| *n < 0) {
            e.late_invalid(&path.child(key), n, "must be greater than or equal to 0");
        }
    }
    if !spec.has("template") {
        e.required(&path.child("template"), "");
        return;
    }
    let labels = spec.at("template").at("metadata").at("labels");
    if !s.is_empty() && !s.iter().all(|(k, v)| labels.get(k) == Some(v)) {
        mismatch(spec, path, e);
    }
    template(spec, "ReplicationController", path, e);
}

/// A change of a Deployment, ReplicaSet, DaemonSet, StatefulSet or ReplicationController.
pub(super) fn update(kind: crate::Kind, new: &Value, old: &Value, e: &mut Errors) {
    use crate::Kind;
    let path = Path::new("spec");
    let (n, o) = (new.at("spec"), old.at("spec"));
    metadata::update(new.at("metadata"), old.at("metadata"), e);
    match kind {
        Kind::Deployment => deployment(n, &path, e),
        Kind::ReplicaSet => replica_set(n, &path, e),
        Kind::DaemonSet => {
            immutable(n.at("selector"), o.at("selector"), &path.child("selector"), e);
            daemon_set(n, &path, e);
            return;
        }
        Kind::StatefulSet => {
            stateful_set(n, &path, e);
            immutable(n.at("selector"), o.at("selector"), &path.child("selector"), e);
            if n.at("volumeClaimTemplates") != o.at("volumeClaimTemplates") {
                let shown = claim_templates(n.list("volumeClaimTemplates"));
                e.invalid(&path.child("volumeClaimTemplates"), Plain(shown), "field is immutable");
            }
            for key in ["serviceName", "podManagementPolicy"] {
                if n.str(key) != o.str(key) {
                    e.invalid(&path.child(key), n.str(key), "field is immutable");
                }
            }
            return;
        }
        _ => {
            replication_controller(n, &path, e);
            return;
        }
    }
    immutable(n.at("selector"), o.at("selector"), &path.child("selector"), e);
}

fn claim_templates(list: &[Value]) -> String {
    if list.is_empty() {
        return "null".to_owned();
    }
    let all: Vec<String> = list.iter().map(|c| internal::json(c, "core.PersistentVolumeClaim")).collect();
    format!("[{}]", all.join(","))
}
