//! Topology spread constraints that must hold (follows pkg/scheduler/framework/plugins/podtopologyspread/filtering.go).

use super::filters::{Plugin, Rejection, node_matches};
use super::node_info::{NodeInfo, Nodes};
use crate::labels::{Labels, matches};
use crate::typed::Typed;
use k8s_openapi::api::core::v1::{Pod, TopologySpreadConstraint};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use std::collections::BTreeMap;

/// One constraint with the Pods it counts in each domain.
#[derive(Clone, Debug)]
struct Constraint {
    key: String,
    max_skew: i32,
    domains: BTreeMap<String, i32>,
    min: i32,
    own: i32,
}

/// The constraints of a Pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread(Vec<Constraint>);

fn selector(constraint: &TopologySpreadConstraint, pod: &Pod) -> LabelSelector {
    let mut selector = constraint.label_selector.clone().unwrap_or_default();
    let labels = pod.metadata.labels.as_ref();
    let extra: Labels = constraint.match_label_keys.iter().flatten().filter_map(|k| labels?.get(k).map(|v| (k.clone(), v.clone()))).collect();
    if !extra.is_empty() {
        selector.match_labels.get_or_insert_default().extend(extra);
    }
    selector
}

/// Counts the domains.
pub(super) fn prepare(nodes: &Nodes, pod: &Pod) -> Spread {
    let hard = pod.spec.iter().flat_map(|s| s.topology_spread_constraints.iter().flatten()).filter(|c| c.when_unsatisfiable == "DoNotSchedule");
    let constraints = hard.map(|c| {
        let selector = selector(c, pod);
        let mut domains: BTreeMap<String, i32> = BTreeMap::new();
        for info in nodes.all() {
            let Some(value) = info.label(&c.topology_key) else { continue };
            if c.node_affinity_policy.as_deref() != Some("Ignore") && !node_matches(pod, &info.node) {
                continue;
            }
            let counted = info
                .pods
                .values()
                .filter_map(|o| Pod::of(o))
                .filter(|p| p.metadata.namespace == pod.metadata.namespace && p.metadata.deletion_timestamp.is_none());
            *domains.entry(value.to_owned()).or_default() += counted.filter(|p| matches(&selector, p.metadata.labels.as_ref())).count() as i32;
        }
        let few = c.min_domains.is_some_and(|m| (domains.len() as i32) < m);
        let min = if few { 0 } else { domains.values().copied().min().unwrap_or(0) };
        let own = i32::from(matches(&selector, pod.metadata.labels.as_ref()));
        Constraint { key: c.topology_key.clone(), max_skew: c.max_skew, domains, min, own }
    });
    Spread(constraints.collect())
}

/// The reason against a node.
pub(super) fn check(info: &NodeInfo, spread: &Spread) -> Option<Rejection> {
    spread.0.iter().find_map(|c| {
        let no = |text: &str, helpful| Some(Rejection { plugin: Plugin::PodTopologySpread, text: text.into(), helpful });
        let Some(value) = info.label(&c.key) else {
            return no("node(s) didn't match pod topology spread constraints (missing required label)", false);
        };
        let here = c.domains.get(value).copied().unwrap_or(0);
        if here + c.own - c.min > c.max_skew { no("node(s) didn't match pod topology spread constraints", true) } else { None }
    })
}
