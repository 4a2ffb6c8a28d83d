//! Which of the fitting nodes is best (follows the score plug-ins of pkg/scheduler/framework/plugins with their default weights).

use super::affinity::concerns;
use super::filters::{term_matches, tolerates};
use super::node_info::{NodeInfo, Nodes, score_request};
use crate::ApiServer;
use crate::controllers::pods::controller_of;
use crate::typed::Typed;
use k8s_openapi::api::core::v1::Pod;

/// The best node; chance decides between equals.
pub(super) fn best(api: &mut ApiServer, nodes: &Nodes, pod: &Pod, fitting: &[String]) -> Option<String> {
    if fitting.len() <= 1 {
        return fitting.first().cloned();
    }
    let infos: Vec<&NodeInfo> = fitting.iter().filter_map(|n| nodes.get(n)).collect();
    let taints: Vec<i64> = infos.iter().map(|i| untolerated(i, pod)).collect();
    let affinity: Vec<i64> = infos.iter().map(|i| preferred(i, pod)).collect();
    let relatives: Vec<i64> = infos.iter().map(|i| relatives(i, pod)).collect();
    let company: Vec<i64> = infos.iter().map(|i| company(api, i, pod)).collect();
    let scores: Vec<i64> = (0..infos.len())
        .map(|i| {
            3 * (100 - share(&taints, i))
                + 2 * share(&affinity, i)
                + 2 * (100 - share(&relatives, i))
                + 2 * spread(&company, i)
                + least_allocated(infos[i], pod)
                + balanced(infos[i], pod)
        })
        .collect();
    let top = *scores.iter().max()?;
    let equal: Vec<&NodeInfo> = infos.into_iter().zip(scores).filter(|(_, s)| *s == top).map(|(i, _)| i).collect();
    let chosen = if equal.len() == 1 { 0 } else { api.rng().u32(..equal.len() as u32) as usize };
    equal.get(chosen).map(|i| i.name().to_owned())
}

/// The share of the greatest value, 0 to 100.
fn share(values: &[i64], index: usize) -> i64 {
    let top = values.iter().copied().max().unwrap_or(0);
    if top == 0 { 0 } else { values[index] * 100 / top }
}

/// The place between the least and the greatest value, 0 to 100.
fn spread(values: &[i64], index: usize) -> i64 {
    let (low, high) = (values.iter().copied().min().unwrap_or(0), values.iter().copied().max().unwrap_or(0));
    if low == high { 0 } else { (values[index] - low) * 100 / (high - low) }
}

fn untolerated(info: &NodeInfo, pod: &Pod) -> i64 {
    let tolerations = pod.spec.as_ref().and_then(|s| s.tolerations.as_deref()).unwrap_or_default();
    info.node.spec.iter().flat_map(|s| s.taints.iter().flatten()).filter(|t| t.effect == "PreferNoSchedule" && !tolerates(tolerations, t)).count() as i64
}

fn preferred(info: &NodeInfo, pod: &Pod) -> i64 {
    let affinity = pod.spec.as_ref().and_then(|s| s.affinity.as_ref()).and_then(|a| a.node_affinity.as_ref());
    let terms = affinity.and_then(|a| a.preferred_during_scheduling_ignored_during_execution.as_deref()).unwrap_or_default();
    terms.iter().filter(|t| term_matches(&t.preference, &info.node)).map(|t| i64::from(t.weight)).sum()
}

/// Pods of the same controller on the node.
fn relatives(info: &NodeInfo, pod: &Pod) -> i64 {
    controller_of(&pod.metadata).and_then(|o| info.owners.get(&o.uid)).copied().unwrap_or(0) as i64
}

/// Preferred affinity and anti-affinity of this Pod towards those on the node.
fn company(api: &ApiServer, info: &NodeInfo, pod: &Pod) -> i64 {
    let affinity = pod.spec.as_ref().and_then(|s| s.affinity.as_ref());
    let together =
        affinity.and_then(|a| a.pod_affinity.as_ref()).and_then(|a| a.preferred_during_scheduling_ignored_during_execution.as_deref()).unwrap_or_default();
    let apart =
        affinity.and_then(|a| a.pod_anti_affinity.as_ref()).and_then(|a| a.preferred_during_scheduling_ignored_during_execution.as_deref()).unwrap_or_default();
    if together.is_empty() && apart.is_empty() {
        return 0;
    }
    let others = || info.pods.values().filter_map(|o| Pod::of(o));
    let sum = |terms: &[k8s_openapi::api::core::v1::WeightedPodAffinityTerm]| -> i64 {
        terms.iter().map(|t| i64::from(t.weight) * others().filter(|o| concerns(api, &t.pod_affinity_term, pod, o)).count() as i64).sum()
    };
    sum(together) - sum(apart)
}

fn fractions(info: &NodeInfo, pod: &Pod) -> (f64, f64) {
    let (cpu, memory) = score_request(pod);
    let part = |used: i128, there: Option<&i128>| there.filter(|t| **t > 0).map_or(1.0, |t| (used as f64 / *t as f64).min(1.0));
    (part(info.used_for_score.0 + cpu, info.allocatable.get("cpu")), part(info.used_for_score.1 + memory, info.allocatable.get("memory")))
}

fn least_allocated(info: &NodeInfo, pod: &Pod) -> i64 {
    let (cpu, memory) = fractions(info, pod);
    i64::midpoint(((1.0 - cpu) * 100.0) as i64, ((1.0 - memory) * 100.0) as i64)
}

fn balanced(info: &NodeInfo, pod: &Pod) -> i64 {
    let (cpu, memory) = fractions(info, pod);
    ((1.0 - (cpu - memory).abs() / 2.0) * 100.0) as i64
}
