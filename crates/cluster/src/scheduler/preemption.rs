//! Room by preemption: Pods of lower priority go (follows pkg/scheduler/framework/preemption and
//! plugins/defaultpreemption).

use super::filters::{Rejection, check, prepare};
use super::node_info::{NodeInfo, Nodes};
use super::{emit, histogram, set_condition};
use crate::action::Propagation;
use crate::typed::Typed;
use crate::{ApiServer, Cause};
use k8s_openapi::api::core::v1::{Pod, PodCondition};
use podglass_manifest::ObjectKey;
use std::collections::BTreeMap;

/// What came of it.
pub(super) struct Outcome {
    /// For the event, without the first half.
    pub(super) message: String,
    /// The node and the Pods that have to go.
    pub(super) chosen: Option<(String, Vec<ObjectKey>)>,
    /// Room is being made already.
    pub(super) waits: bool,
}

fn priority(pod: &Pod) -> i32 {
    pod.spec.as_ref().and_then(|s| s.priority).unwrap_or(0)
}

/// Looks for a node on which fewer Pods would help.
pub(super) fn attempt(api: &ApiServer, nodes: &Nodes, key: &ObjectKey, pod: &Pod, failed: &BTreeMap<String, Vec<Rejection>>) -> Outcome {
    let said = |text: &str, waits| Outcome { message: format!("preemption: {text}"), chosen: None, waits };
    if pod.spec.as_ref().and_then(|s| s.preemption_policy.as_deref()) == Some("Never") {
        return said("not eligible due to preemptionPolicy=Never.", false);
    }
    let lower_terminating =
        |info: &NodeInfo| info.pods.values().filter_map(|o| Pod::of(o)).any(|p| p.metadata.deletion_timestamp.is_some() && priority(p) < priority(pod));
    if nodes.nomination(key).and_then(|n| nodes.get(n)).is_some_and(lower_terminating) {
        return said("not eligible due to a terminating pod on the nominated node.", true);
    }
    let mut texts: Vec<&str> = Vec::new();
    let mut candidates: Vec<(String, Vec<ObjectKey>, Vec<i32>)> = Vec::new();
    for (name, reasons) in failed {
        let Some(info) = nodes.get(name) else { continue };
        if reasons.iter().any(|r| !r.helpful) {
            texts.push("Preemption is not helpful for scheduling");
            continue;
        }
        match victims(api, nodes, info, pod) {
            Some(found) if !found.is_empty() => {
                let priorities = found.iter().map(|(_, p)| *p).collect();
                candidates.push((name.clone(), found.into_iter().map(|(k, _)| k).collect(), priorities));
            }
            _ => texts.push("No preemption victims found for incoming pod"),
        }
    }
    // The least harm: the lowest highest priority, then the lowest sum, then the fewest Pods.
    candidates.sort_by_key(|(_, keys, p)| (p.iter().max().copied(), p.iter().map(|p| i64::from(*p)).sum::<i64>(), keys.len()));
    if let Some((node, keys, _)) = candidates.into_iter().next() {
        let message = format!("preemption: found a potential placement for pod on node {node}, preempting {} victims", keys.len());
        return Outcome { message, chosen: Some((node, keys)), waits: false };
    }
    said(&format!("0/{} nodes are available: {}.", failed.len(), histogram(texts.into_iter())), false)
}

/// The fewest Pods of lower priority without which the Pod would fit; `None` where even all of them are too few.
fn victims(api: &ApiServer, nodes: &Nodes, info: &NodeInfo, pod: &Pod) -> Option<Vec<(ObjectKey, i32)>> {
    let mut lower: Vec<_> = info
        .pods
        .iter()
        .filter_map(|(k, o)| Pod::of(o).map(|p| (k.clone(), o.clone(), priority(p), p.status.as_ref().and_then(|s| s.start_time.clone()))))
        .filter(|(_, _, p, _)| *p < priority(pod))
        .collect();
    if lower.is_empty() {
        return None;
    }
    let prepared = prepare(api, nodes, pod);
    let mut trial = info.clone();
    for (key, object, _, _) in &lower {
        if let Some(p) = Pod::of(object) {
            trial.count(key, object, p, -1);
        }
    }
    if !check(api, nodes, &trial, pod, &prepared).is_empty() {
        return None;
    }
    // Those of higher priority, and the older ones, are spared first.
    lower.sort_by(|a, b| b.2.cmp(&a.2).then(a.3.cmp(&b.3)));
    let mut gone = Vec::new();
    for (key, object, p, _) in lower {
        let Some(inner) = Pod::of(&object) else { continue };
        trial.count(&key, &object, inner, 1);
        if !check(api, nodes, &trial, pod, &prepared).is_empty() {
            trial.count(&key, &object, inner, -1);
            gone.push((key, p));
        }
    }
    Some(gone)
}

/// Makes a Pod go for the sake of another.
pub(super) fn evict(api: &mut ApiServer, victim: &ObjectKey, preemptor: &Pod, node: &str, cause: Cause) {
    let now = api.timestamp();
    let Ok(object) = api.change(victim, cause, |pod: &mut Pod| {
        let generation = pod.metadata.generation;
        set_condition(
            pod.status.get_or_insert_default().conditions.get_or_insert_default(),
            PodCondition {
                type_: "DisruptionTarget".into(),
                status: "True".into(),
                reason: Some("PreemptionByScheduler".into()),
                message: Some("default-scheduler: preempting to accommodate a higher priority pod".into()),
                observed_generation: generation,
                last_transition_time: Some(now),
                ..PodCondition::default()
            },
        );
    }) else {
        return;
    };
    let _ = api.delete(victim, None, Propagation::Background, cause);
    let message = format!("Preempted by pod {} on node {node}", preemptor.metadata.uid.as_deref().unwrap_or_default());
    emit(api, &object, false, "Preempted", "Preempting", &message, cause);
}
