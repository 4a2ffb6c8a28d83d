//! The scheduler's filters once more, for the kubelet: a Pod that names its node itself was never looked at, and a resize
//! has to fit (follows `AdmissionCheck` and `Filter` as pkg/kubelet/lifecycle/predicate.go calls them).

use super::filters::{node_matches, tolerates};
use super::node_info::{Amounts, NodeInfo, amounts, host_ports, request};
use crate::ApiServer;
use crate::controllers::pods::is_terminal;
use crate::typed::Typed;
use k8s_openapi::api::core::v1::{Node, Pod};
use podglass_manifest::Kind;
use std::rc::Rc;

/// What stands in the way of a Pod on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// A resource is short; CPU in thousandths, everything else in whole units.
    Resource { name: String, requested: i128, used: i128, capacity: i128 },
    /// A filter says no.
    Predicate { name: &'static str, reason: &'static str },
}

/// A node with the other Pods that are on it.
fn around(api: &ApiServer, pod: &Pod, node: &str) -> Option<NodeInfo> {
    let found = api.typed::<Node>("", node)?;
    let mut info = NodeInfo {
        node: Rc::new(found.clone()),
        allocatable: found.status.as_ref().and_then(|s| s.allocatable.as_ref()).map(amounts).unwrap_or_default(),
        ..NodeInfo::default()
    };
    for object in api.list(Kind::Pod) {
        if let Some(other) = Pod::of(object)
            && other.metadata.uid != pod.metadata.uid
            && !is_terminal(other)
            && other.spec.as_ref().is_some_and(|s| s.node_name.as_deref() == Some(node))
        {
            info.count(&object.key(), object, other, 1);
        }
    }
    Some(info)
}

fn shortage(info: &NodeInfo, request: &Amounts) -> Option<Obstacle> {
    let mut order: Vec<(&String, &i128)> = request.iter().collect();
    order.sort_by_key(|(name, _)| ["cpu", "memory", "ephemeral-storage"].iter().position(|n| n == name).unwrap_or(3));
    order.into_iter().find_map(|(name, requested)| {
        // A resource that the node does not know is not looked at.
        let capacity = *info.allocatable.get(name)?;
        let used = info.used.get(name).copied().unwrap_or(0);
        (*requested > capacity - used).then(|| Obstacle::Resource { name: name.clone(), requested: *requested, used, capacity })
    })
}

/// What stands in the way of a Pod that is bound to a node; nothing does where the scheduler bound it.
pub(crate) fn obstacle(api: &ApiServer, pod: &Pod, node: &str) -> Option<Obstacle> {
    if pod.status.as_ref().and_then(|s| s.conditions.as_ref()).is_some_and(|c| c.iter().any(|c| c.type_ == "PodScheduled" && c.status == "True")) {
        return None;
    }
    let info = around(api, pod, node)?;
    let (there, room) = (info.pods.len() as i128, info.allocatable.get("pods").copied().unwrap_or(110));
    if there + 1 > room {
        return Some(Obstacle::Resource { name: "pods".into(), requested: 1, used: there, capacity: room });
    }
    if let Some(short) = shortage(&info, &request(pod)) {
        return Some(short);
    }
    let predicate = |name, reason| Some(Obstacle::Predicate { name, reason });
    if !node_matches(pod, &info.node) {
        return predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
    }
    if info.ports_taken(pod) {
        return predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports");
    }
    let tolerations = pod.spec.as_ref().and_then(|s| s.tolerations.as_deref()).unwrap_or_default();
    let taints = info.node.spec.as_ref().and_then(|s| s.taints.as_deref()).unwrap_or_default();
    if taints.iter().any(|t| t.effect == "NoExecute" && !tolerates(tolerations, t)) {
        return predicate("TaintToleration", "node(s) had untolerated taint(s)");
    }
    None
}

/// Why a Pod cannot have the resources that its spec now asks for: `Infeasible` or `Deferred`, and the words.
pub(crate) fn resize_obstacle(api: &ApiServer, pod: &Pod, node: &str) -> Option<(&'static str, String)> {
    let info = around(api, pod, node)?;
    let wanted = request(pod);
    for name in ["memory", "cpu"] {
        let (requested, capacity) = (wanted.get(name).copied().unwrap_or(0), info.allocatable.get(name).copied().unwrap_or(0));
        if requested > capacity {
            return Some(("Infeasible", format!("Node didn't have enough capacity: {name}, requested: {requested}, capacity: {capacity}")));
        }
    }
    match shortage(&info, &wanted)? {
        Obstacle::Resource { name, requested, used, capacity } => {
            Some(("Deferred", format!("Node didn't have enough resource: {name}, requested: {requested}, used: {used}, capacity: {capacity}")))
        }
        Obstacle::Predicate { .. } => None,
    }
}

impl NodeInfo {
    /// Whether one of a Pod's host ports is taken.
    pub(super) fn ports_taken(&self, pod: &Pod) -> bool {
        let clash = |(ip, protocol, port): &(String, String, i32)| {
            self.ports.keys().any(|(i, p, n)| n == port && p == protocol && (i == ip || i == "0.0.0.0" || ip == "0.0.0.0"))
        };
        host_ports(pod).iter().any(clash)
    }
}
