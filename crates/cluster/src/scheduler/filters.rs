//! The filters of the scheduler, in their order, with the texts that `FailedScheduling` shows
//! (follows pkg/scheduler/framework/plugins).

use super::affinity::{self, Terms};
use super::node_info::{Amounts, NodeInfo, Nodes, request};
use super::spread::{self, Spread};
use crate::ApiServer;
use crate::labels::requirement;
use crate::typed::Typed;
use k8s_openapi::api::core::v1::{NodeSelectorTerm, PersistentVolumeClaim, Pod, Taint, Toleration};

/// Who rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plugin {
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeBinding,
    PodTopologySpread,
    InterPodAffinity,
}

/// A reason against one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) plugin: Plugin,
    pub(super) text: String,
    /// Removing Pods could help.
    pub(super) helpful: bool,
}

fn no(plugin: Plugin, text: &str, helpful: bool) -> Vec<Rejection> {
    vec![Rejection { plugin, text: text.into(), helpful }]
}

/// What is worked out once for a Pod.
pub(super) struct Prepared {
    pub(super) request: Amounts,
    pub(super) affinity: Terms,
    pub(super) spread: Spread,
}

/// Works out what does not depend on the node.
pub(super) fn prepare(api: &ApiServer, nodes: &Nodes, pod: &Pod) -> Prepared {
    Prepared { request: request(pod), affinity: affinity::prepare(api, nodes, pod), spread: spread::prepare(nodes, pod) }
}

/// The reasons of the first filter that rejects the node; none where all pass.
pub(super) fn check(api: &ApiServer, nodes: &Nodes, info: &NodeInfo, pod: &Pod, prepared: &Prepared) -> Vec<Rejection> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let node = &info.node;
    let tolerations = spec.tolerations.as_deref().unwrap_or_default();
    if node.spec.as_ref().and_then(|s| s.unschedulable) == Some(true) {
        let taint = Taint { key: "node.kubernetes.io/unschedulable".into(), effect: "NoSchedule".into(), ..Taint::default() };
        if !tolerates(tolerations, &taint) {
            return no(Plugin::NodeUnschedulable, "node(s) were unschedulable", false);
        }
    }
    if let Some(name) = spec.node_name.as_deref().filter(|n| !n.is_empty())
        && name != info.name()
    {
        return no(Plugin::NodeName, "node(s) didn't match the requested node name", false);
    }
    let taints = node.spec.as_ref().and_then(|s| s.taints.as_deref()).unwrap_or_default();
    // The cordon's own taint is the first filter's.
    if taints
        .iter()
        .any(|t| matches!(t.effect.as_str(), "NoSchedule" | "NoExecute") && t.key != "node.kubernetes.io/unschedulable" && !tolerates(tolerations, t))
    {
        return no(Plugin::TaintToleration, "node(s) had untolerated taint(s)", false);
    }
    if !node_matches(pod, node) {
        return no(Plugin::NodeAffinity, "node(s) didn't match Pod's node affinity/selector", false);
    }
    if info.ports_taken(pod) {
        return no(Plugin::NodePorts, "node(s) didn't have free ports for the requested pod ports", true);
    }
    let fit = fit(api, nodes, info, pod, &prepared.request);
    if !fit.is_empty() {
        return fit;
    }
    if let Some(rejected) = spread::check(info, &prepared.spread) {
        return vec![rejected];
    }
    affinity::check(info, pod, &prepared.affinity).into_iter().collect()
}

/// NodeResourcesFit: every resource that is short gives a reason.
fn fit(api: &ApiServer, nodes: &Nodes, info: &NodeInfo, pod: &Pod, request: &Amounts) -> Vec<Rejection> {
    let mut reasons = Vec::new();
    let priority = pod.spec.as_ref().and_then(|s| s.priority).unwrap_or(0);
    let (name, namespace) = (pod.metadata.name.as_deref().unwrap_or_default(), pod.metadata.namespace.as_deref().unwrap_or_default());
    let mut reserved = Amounts::new();
    let mut reserved_pods = 0;
    for other in nodes.nominated_on(info.name(), name, namespace, priority) {
        if let Some(other) = api.find(other).and_then(|o| Pod::of(o)) {
            reserved_pods += 1;
            for (k, v) in self::request(other) {
                *reserved.entry(k).or_default() += v;
            }
        }
    }
    let pods = info.allocatable.get("pods").copied().unwrap_or(110);
    if info.pods.len() as i128 + reserved_pods + 1 > pods {
        reasons.push(Rejection { plugin: Plugin::NodeResourcesFit, text: "Too many pods".into(), helpful: true });
    }
    let mut order: Vec<(&String, &i128)> = request.iter().collect();
    let rank = |name: &str| ["cpu", "memory", "ephemeral-storage"].iter().position(|n| *n == name).unwrap_or(3);
    order.sort_by_key(|(name, _)| rank(name));
    for (name, wanted) in order {
        let there = info.allocatable.get(name).copied().unwrap_or(0);
        let used = info.used.get(name).copied().unwrap_or(0) + reserved.get(name).copied().unwrap_or(0);
        if *wanted > there - used {
            reasons.push(Rejection { plugin: Plugin::NodeResourcesFit, text: format!("Insufficient {name}"), helpful: *wanted <= there });
        }
    }
    reasons
}

/// Whether some toleration covers a taint.
pub(crate) fn tolerates(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations.iter().any(|t| {
        let key = t.key.as_deref().unwrap_or_default();
        let effect = t.effect.as_deref().unwrap_or_default();
        (effect.is_empty() || effect == taint.effect)
            && (key.is_empty() || key == taint.key)
            && match t.operator.as_deref().unwrap_or("Equal") {
                "Exists" => true,
                "" | "Equal" => !key.is_empty() && t.value.as_deref().unwrap_or_default() == taint.value.as_deref().unwrap_or_default(),
                _ => false,
            }
    })
}

/// Whether a node has the labels that `nodeSelector` and the required node affinity ask for.
pub(crate) fn node_matches(pod: &Pod, node: &k8s_openapi::api::core::v1::Node) -> bool {
    let Some(spec) = &pod.spec else { return true };
    let labels = node.metadata.labels.as_ref();
    if let Some(wanted) = &spec.node_selector
        && !crate::labels::includes(labels, wanted)
    {
        return false;
    }
    let required = spec.affinity.as_ref().and_then(|a| a.node_affinity.as_ref()).and_then(|a| a.required_during_scheduling_ignored_during_execution.as_ref());
    required.is_none_or(|r| r.node_selector_terms.iter().any(|t| term_matches(t, node)))
}

/// Whether one term of a node selector holds. An empty one never does.
pub(super) fn term_matches(term: &NodeSelectorTerm, node: &k8s_openapi::api::core::v1::Node) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    let label = |key: &str| node.metadata.labels.as_ref().and_then(|l| l.get(key)).map(String::as_str);
    (!expressions.is_empty() || !fields.is_empty())
        && expressions.iter().all(|e| requirement(&e.operator, label(&e.key), e.values.as_deref().unwrap_or_default()))
        && fields.iter().all(|f| f.key == "metadata.name" && requirement(&f.operator, node.metadata.name.as_deref(), f.values.as_deref().unwrap_or_default()))
}

/// What is wrong with the claims of a Pod, whatever the node.
pub(super) fn volumes(api: &ApiServer, pod: &Pod) -> Option<String> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let mut unbound = false;
    for volume in pod.spec.iter().flat_map(|s| s.volumes.iter().flatten()) {
        let name = match (&volume.persistent_volume_claim, &volume.ephemeral) {
            (Some(source), _) => source.claim_name.clone(),
            (None, Some(_)) => format!("{}-{}", pod.metadata.name.as_deref().unwrap_or_default(), volume.name),
            (None, None) => continue,
        };
        let Some(claim) = api.typed::<PersistentVolumeClaim>(namespace, &name) else {
            return Some(format!("persistentvolumeclaim {name:?} not found"));
        };
        if claim.metadata.deletion_timestamp.is_some() {
            return Some(format!("persistentvolumeclaim {name:?} is being deleted"));
        }
        let phase = claim.status.as_ref().and_then(|s| s.phase.as_deref());
        if phase == Some("Lost") {
            let volume = claim.spec.as_ref().and_then(|s| s.volume_name.as_deref()).unwrap_or_default();
            return Some(format!("persistentvolumeclaim {name:?} bound to non-existent persistentvolume {volume:?}"));
        }
        unbound |=
            claim.spec.as_ref().and_then(|s| s.volume_name.as_deref()).unwrap_or_default().is_empty() && !crate::controllers::waits_for_consumer(api, claim);
    }
    unbound.then(|| "pod has unbound immediate PersistentVolumeClaims".into())
}
