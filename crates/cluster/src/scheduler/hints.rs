//! Which parked Pods an event makes worth another try (follows the queueing hints of the plug-ins under
//! pkg/scheduler/framework/plugins).

use super::filters::{Plugin, node_matches, tolerates};
use super::node_info::{amounts, host_ports, request};
use k8s_openapi::api::core::v1::{Node, Pod};
use std::collections::BTreeSet;

/// What happened.
#[derive(Clone, Copy)]
pub(super) enum News<'a> {
    /// A node came (`before` is empty), or changed.
    Node { before: Option<&'a Node>, after: &'a Node },
    /// A Pod took its place on a node.
    Taken,
    /// A Pod left its node.
    Left(&'a Pod),
    /// A Pod asks for less.
    Less,
    /// A claim or volume changed.
    Volume,
}

/// Whether a Pod that these plug-ins rejected is worth another try.
pub(super) fn worth(news: News<'_>, rejected_by: &BTreeSet<Plugin>, pod: &Pod) -> bool {
    rejected_by.iter().any(|plugin| match news {
        News::Node { before, after } => node(*plugin, before, after, pod),
        News::Taken => matches!(plugin, Plugin::InterPodAffinity | Plugin::PodTopologySpread),
        News::Left(gone) => match plugin {
            Plugin::NodePorts => {
                let freed = host_ports(gone);
                host_ports(pod).iter().any(|(_, protocol, port)| freed.iter().any(|(_, p, n)| p == protocol && n == port))
            }
            _ => matches!(plugin, Plugin::NodeResourcesFit | Plugin::InterPodAffinity | Plugin::PodTopologySpread),
        },
        News::Less => *plugin == Plugin::NodeResourcesFit,
        News::Volume => *plugin == Plugin::VolumeBinding,
    })
}

fn node(plugin: Plugin, before: Option<&Node>, after: &Node, pod: &Pod) -> bool {
    let tolerations = pod.spec.as_ref().and_then(|s| s.tolerations.as_deref()).unwrap_or_default();
    let tolerated = |n: &Node| {
        let taints = n.spec.as_ref().and_then(|s| s.taints.as_deref()).unwrap_or_default();
        taints.iter().all(|t| t.effect == "PreferNoSchedule" || tolerates(tolerations, t))
    };
    let schedulable = |n: &Node| n.spec.as_ref().and_then(|s| s.unschedulable) != Some(true);
    let became = |holds: &dyn Fn(&Node) -> bool| holds(after) && !before.is_some_and(holds);
    match plugin {
        Plugin::NodeUnschedulable => became(&schedulable),
        Plugin::TaintToleration => became(&tolerated),
        Plugin::NodeAffinity => became(&|n| node_matches(pod, n)),
        Plugin::NodeResourcesFit => {
            let there = |n: &Node| n.status.as_ref().and_then(|s| s.allocatable.as_ref()).map(amounts).unwrap_or_default();
            let (now, was) = (there(after), before.map(there));
            let wanted = request(pod);
            let more = |name: &String| was.as_ref().is_none_or(|w| now.get(name) > w.get(name));
            wanted.iter().all(|(name, n)| now.get(name).is_some_and(|a| a >= n)) && (wanted.keys().any(more) || more(&"pods".to_owned()))
        }
        Plugin::NodeName | Plugin::NodePorts => before.is_none(),
        Plugin::VolumeBinding | Plugin::PodTopologySpread | Plugin::InterPodAffinity => {
            before.is_none_or(|b| b.metadata.labels != after.metadata.labels || tolerated(after) != tolerated(b))
        }
    }
}
