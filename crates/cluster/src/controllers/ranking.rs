//! Which Pods go first when a controller has too many (follows `ActivePodsWithRanks` in pkg/controller/controller_utils.go).

use super::pods::{condition, is_ready, phase};
use crate::ApiServer;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::cmp::Ordering;

/// A Pod with the number of its relatives on the same node, and which of all Pods it was to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranked<'a> {
    pub(crate) pod: &'a Pod,
    pub(crate) rank: usize,
    pub(crate) born: u64,
}

/// Orders Pods so that the first is deleted first. Between equals a real controller leaves it to chance (random uids, the
/// order of a hash table); we take the one that came first, as most recordings do. `now` is Unix time in milliseconds.
pub(crate) fn compare(a: Ranked<'_>, b: Ranked<'_>, now: i64) -> Ordering {
    let assigned = |p: &Pod| p.spec.as_ref().is_some_and(|s| s.node_name.as_ref().is_some_and(|n| !n.is_empty()));
    let stage = |p: &Pod| match phase(p) {
        "Running" => 2,
        "Unknown" => 1,
        _ => 0,
    };
    let (p, q) = (a.pod, b.pod);
    assigned(p)
        .cmp(&assigned(q))
        .then(stage(p).cmp(&stage(q)))
        .then(is_ready(p).cmp(&is_ready(q)))
        .then(cost(p).cmp(&cost(q)))
        .then(b.rank.cmp(&a.rank))
        .then_with(|| if is_ready(p) && is_ready(q) { younger_first(since(p), since(q), now) } else { Ordering::Equal })
        .then_with(|| restarts(q, false).cmp(&restarts(p, false)).then(restarts(q, true).cmp(&restarts(p, true))))
        .then_with(|| younger_first(p.metadata.creation_timestamp.as_ref(), q.metadata.creation_timestamp.as_ref(), now))
        .then(a.born.cmp(&b.born))
}

fn since(pod: &Pod) -> Option<&Time> {
    condition(pod, "Ready").and_then(|c| c.last_transition_time.as_ref())
}

/// `controller.kubernetes.io/pod-deletion-cost`.
fn cost(pod: &Pod) -> i32 {
    pod.metadata.annotations.as_ref().and_then(|a| a.get("controller.kubernetes.io/pod-deletion-cost")).and_then(|c| c.parse().ok()).unwrap_or(0)
}

/// The highest restart count of the app containers, or of the sidecars.
fn restarts(pod: &Pod, sidecars: bool) -> i32 {
    let Some(status) = &pod.status else { return 0 };
    if !sidecars {
        return status.container_statuses.iter().flatten().map(|c| c.restart_count).max().unwrap_or(0);
    }
    let init = pod.spec.iter().flat_map(|s| s.init_containers.iter().flatten());
    let names: Vec<&str> = init.filter(|c| c.restart_policy.as_deref() == Some("Always")).map(|c| c.name.as_str()).collect();
    status.init_container_statuses.iter().flatten().filter(|c| names.contains(&c.name.as_str())).map(|c| c.restart_count).max().unwrap_or(0)
}

/// Younger before older, by the power of two of the age.
fn younger_first(a: Option<&Time>, b: Option<&Time>, now: i64) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else { return b.is_none().cmp(&a.is_none()).reverse() };
    if a == b {
        return Ordering::Equal;
    }
    let bucket = |t: &Time| {
        let age = i128::from((now - t.0.as_millisecond()).max(0)) * 1_000_000;
        if age == 0 { -1 } else { i64::from(age.ilog2()) }
    };
    bucket(a).cmp(&bucket(b))
}

/// Unix time in milliseconds.
pub(crate) fn unix(api: &ApiServer) -> i64 {
    api.settings().epoch + api.now().0 as i64
}

#[cfg(test)]
mod tests {
    use super::{Ranked, compare};
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::{Value, json};
    use std::cmp::Ordering;

    const NOW: i64 = 1_767_603_600_000;

    fn at(seconds_ago: i64) -> String {
        k8s_openapi::jiff::Timestamp::from_second(NOW / 1000 - seconds_ago).map(|t| t.to_string()).unwrap_or_default()
    }

    fn pod(node: &str, phase: &str, ready_ago: Option<i64>, created_ago: i64, extra: &Value) -> Pod {
        let mut v = json!({"metadata": {"name": "p", "uid": extra["uid"].as_str().unwrap_or("u"), "creationTimestamp": at(created_ago), "annotations": extra["annotations"]},
            "spec": {"nodeName": node, "containers": []}, "status": {"phase": phase, "conditions": []}});
        if let Some(ago) = ready_ago {
            v["status"]["conditions"] = json!([{"type": "Ready", "status": "True", "lastTransitionTime": at(ago)}]);
        }
        if let Some(n) = extra["restarts"].as_i64() {
            v["status"]["containerStatuses"] = json!([{"name": "c", "restartCount": n, "ready": true, "image": "", "imageID": ""}]);
        }
        serde_json::from_value(v).expect("a Pod")
    }

    #[track_caller]
    fn first(a: &Pod, rank_a: usize, b: &Pod, rank_b: usize) {
        let (a, b) = (Ranked { pod: a, rank: rank_a, born: 1 }, Ranked { pod: b, rank: rank_b, born: 0 });
        assert_eq!(compare(a, b, NOW), Ordering::Less);
        assert_eq!(compare(b, a, NOW), Ordering::Greater);
    }

    #[test]
    fn the_least_useful_pod_goes_first() {
        let none = json!({});
        let month = 30 * 86_400;
        first(&pod("", "Pending", None, 0, &none), 0, &pod("n", "Pending", None, 0, &none), 0);
        first(&pod("n", "Pending", None, 0, &none), 0, &pod("n", "Unknown", None, 0, &none), 0);
        first(&pod("n", "Unknown", None, 0, &none), 0, &pod("n", "Running", None, 0, &none), 0);
        first(&pod("n", "Running", None, 0, &none), 0, &pod("n", "Running", Some(0), 0, &none), 0);
        first(&pod("n", "Running", Some(0), 0, &none), 0, &pod("n", "Running", Some(month), 0, &none), 0);
        first(&pod("n", "Running", Some(0), 0, &none), 2, &pod("n", "Running", Some(month), 0, &none), 1);
        first(&pod("n", "Running", Some(0), 0, &json!({"restarts": 9001})), 0, &pod("n", "Running", Some(0), 0, &none), 0);
        first(&pod("n", "Running", Some(0), 0, &none), 0, &pod("n", "Running", Some(0), month, &none), 0);
        let cost = |c: &str| json!({"annotations": {"controller.kubernetes.io/pod-deletion-cost": c}});
        first(&pod("n", "Running", Some(month), 0, &cost("10")), 1, &pod("n", "Running", Some(0), 0, &cost("100")), 2);
        first(&pod("n", "Running", Some(2 * 3600), 0, &none), 0, &pod("n", "Running", Some(5 * 3600), 0, &none), 0);
    }
}
