//! Affinity and anti-affinity between Pods (follows pkg/scheduler/framework/plugins/interpodaffinity/filtering.go).

use super::filters::{Plugin, Rejection};
use super::node_info::{NodeInfo, Nodes};
use crate::ApiServer;
use crate::labels::matches;
use crate::typed::Typed;
use k8s_openapi::api::core::v1::{Pod, PodAffinityTerm};
use podglass_manifest::Kind;
use std::collections::BTreeMap;

/// Matching Pods by topology: label key and value.
type Counts = BTreeMap<(String, String), usize>;

/// The terms of a Pod with what they match now.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    affinity: Vec<PodAffinityTerm>,
    anti: Vec<PodAffinityTerm>,
    affinity_counts: Counts,
    anti_counts: Counts,
    /// Places that existing Pods keep this one away from.
    existing_anti: Counts,
}

/// Whether a term concerns a Pod.
pub(super) fn concerns(api: &ApiServer, term: &PodAffinityTerm, owner: &Pod, other: &Pod) -> bool {
    let namespace = other.metadata.namespace.as_deref().unwrap_or_default();
    let named = term.namespaces.as_deref().unwrap_or_default();
    let by_name = if named.is_empty() && term.namespace_selector.is_none() {
        owner.metadata.namespace.as_deref() == Some(namespace)
    } else {
        named.iter().any(|n| n == namespace)
    };
    let by_labels =
        term.namespace_selector.as_ref().is_some_and(|s| matches(s, api.get(Kind::Namespace, "", namespace).and_then(|n| n.metadata().labels.as_ref())));
    (by_name || by_labels) && term.label_selector.as_ref().is_some_and(|s| matches(s, other.metadata.labels.as_ref()))
}

fn required(pod: &Pod) -> (Vec<PodAffinityTerm>, Vec<PodAffinityTerm>) {
    let affinity = pod.spec.as_ref().and_then(|s| s.affinity.as_ref());
    let together = affinity.and_then(|a| a.pod_affinity.as_ref()).and_then(|a| a.required_during_scheduling_ignored_during_execution.clone());
    let apart = affinity.and_then(|a| a.pod_anti_affinity.as_ref()).and_then(|a| a.required_during_scheduling_ignored_during_execution.clone());
    (together.unwrap_or_default(), apart.unwrap_or_default())
}

fn add(counts: &mut Counts, info: &NodeInfo, key: &str) {
    if let Some(value) = info.label(key) {
        *counts.entry((key.to_owned(), value.to_owned())).or_default() += 1;
    }
}

/// Counts what the terms match.
pub(super) fn prepare(api: &ApiServer, nodes: &Nodes, pod: &Pod) -> Terms {
    let (affinity, anti) = required(pod);
    let mut terms = Terms { affinity, anti, ..Terms::default() };
    let alone = terms.affinity.is_empty() && terms.anti.is_empty();
    for info in nodes.all().filter(|i| !alone || i.with_anti_affinity > 0) {
        for other in info.pods.values().filter_map(|o| Pod::of(o)) {
            let has_anti = other.spec.as_ref().and_then(|s| s.affinity.as_ref()).is_some_and(|a| a.pod_anti_affinity.is_some());
            if has_anti {
                for term in required(other).1.iter().filter(|t| concerns(api, t, other, pod)) {
                    add(&mut terms.existing_anti, info, &term.topology_key);
                }
            }
            // Every affinity term has to hold for the same Pod.
            if !terms.affinity.is_empty() && terms.affinity.iter().all(|t| concerns(api, t, pod, other)) {
                for term in &terms.affinity {
                    add(&mut terms.affinity_counts, info, &term.topology_key);
                }
            }
            for term in terms.anti.iter().filter(|t| concerns(api, t, pod, other)) {
                add(&mut terms.anti_counts, info, &term.topology_key);
            }
        }
    }
    // The first Pod of a group may be its own company.
    if terms.affinity_counts.is_empty() && terms.affinity.iter().all(|t| concerns(api, t, pod, pod)) {
        for info in nodes.all() {
            for term in &terms.affinity {
                add(&mut terms.affinity_counts, info, &term.topology_key);
            }
        }
    }
    terms
}

/// The reason against a node.
pub(super) fn check(info: &NodeInfo, _pod: &Pod, terms: &Terms) -> Option<Rejection> {
    let at = |counts: &Counts, key: &str| info.label(key).is_some_and(|v| counts.get(&(key.to_owned(), v.to_owned())).is_some_and(|n| *n > 0));
    let no = |text: &str, helpful| Some(Rejection { plugin: Plugin::InterPodAffinity, text: text.into(), helpful });
    if terms.affinity.iter().any(|t| !at(&terms.affinity_counts, &t.topology_key)) {
        return no("node(s) didn't match pod affinity rules", false);
    }
    if terms.anti.iter().any(|t| at(&terms.anti_counts, &t.topology_key)) {
        return no("node(s) didn't match pod anti-affinity rules", true);
    }
    if terms.existing_anti.keys().any(|(key, value)| info.label(key) == Some(value)) {
        return no("node(s) didn't satisfy existing pods anti-affinity rules", true);
    }
    None
}
