//! Resources as a status shows them, and their change in a running Pod
//! (follows pkg/kubelet/allocation and `computePodResizeAction` in kuberuntime_manager.go).

use super::containers::{Containers, Slot};
use super::pod::{Cx, PodState, pod_of};
use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

type List = BTreeMap<String, Quantity>;

/// What was granted to a container: its requests.
pub(crate) fn allocated(containers: Containers<'_>, slot: Slot) -> Option<List> {
    containers.get(slot)?.resources.as_ref()?.requests.clone().filter(|r| !r.is_empty())
}

fn format(resource: &str, milli: i128) -> String {
    if resource == "cpu" {
        return if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") };
    }
    let bytes = milli / 1000;
    for (shift, unit) in [(40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")] {
        if bytes != 0 && bytes % (1i128 << shift) == 0 {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

fn sum(lists: impl Iterator<Item = List>) -> Option<List> {
    let mut seen: BTreeMap<String, (usize, Quantity, i128)> = BTreeMap::new();
    for list in lists {
        for (name, q) in list {
            let milli = super::resources::milli(&q).unwrap_or(0);
            let slot = seen.entry(name).or_insert((0, q, 0));
            slot.0 += 1;
            slot.2 += milli;
        }
    }
    let list: List = seen
        .into_iter()
        .map(|(name, (n, first, milli))| {
            if n == 1 {
                (name, first)
            } else {
                let text = format(&name, milli);
                (name, Quantity(text))
            }
        })
        .collect();
    (!list.is_empty()).then_some(list)
}

/// What the Pod's containers ask for together.
pub(crate) fn pod_requests(containers: Containers<'_>) -> Option<List> {
    sum(containers.apps().filter_map(|s| containers.get(s)?.resources.as_ref()?.requests.clone()))
}

/// Resources of the Pod: those that its containers have now (`applied`), else those of the spec.
pub(crate) fn pod_resources(containers: Containers<'_>, applied: &BTreeMap<Slot, ResourceRequirements>) -> ResourceRequirements {
    let of = |s: Slot| applied.get(&s).or_else(|| containers.get(s)?.resources.as_ref());
    ResourceRequirements {
        limits: sum(containers.apps().filter_map(|s| of(s)?.limits.clone())),
        requests: sum(containers.apps().filter_map(|s| of(s)?.requests.clone())),
        claims: None,
    }
}

/// How a container gets new resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resize {
    /// While it runs.
    InPlace(Slot),
    /// By a restart.
    Restart(Slot),
}

impl PodState {
    /// The running containers whose resources differ from the spec.
    pub(crate) fn resizes(&self, containers: Containers<'_>) -> Vec<Resize> {
        let differs = |slot: &Slot| {
            let (Some(has), Some(container)) = (self.applied.get(slot), containers.get(*slot)) else { return None };
            let wants = container.resources.clone().unwrap_or_default();
            if !self.actual.running(*slot) || (has.limits == wants.limits && has.requests == wants.requests) {
                return None;
            }
            let value = |r: &ResourceRequirements, name: &str| {
                (r.limits.as_ref().and_then(|l| l.get(name)).cloned(), r.requests.as_ref().and_then(|l| l.get(name)).cloned())
            };
            let restart = container
                .resize_policy
                .iter()
                .flatten()
                .any(|p| p.restart_policy == "RestartContainer" && value(has, &p.resource_name) != value(&wants, &p.resource_name));
            Some(if restart { Resize::Restart(*slot) } else { Resize::InPlace(*slot) })
        };
        (0..containers.first_ephemeral()).filter_map(|s| differs(&s)).collect()
    }

    /// Says that a resize began, once a generation.
    pub(crate) fn begin_resize(&mut self, cx: &mut Cx<'_>, containers: Containers<'_>) {
        let wanted = !self.resizes(containers).is_empty();
        if wanted && !self.resizing {
            self.resizing = true;
            self.resize_event(cx, "ResizeStarted", "Pod resize started");
        }
    }

    /// The container has what the spec says.
    pub(crate) fn resized(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        if let Some(container) = containers.get(slot) {
            self.applied.insert(slot, container.resources.clone().unwrap_or_default());
        }
        if self.resizing && self.resizes(containers).is_empty() {
            self.resizing = false;
            self.resize_event(cx, "ResizeCompleted", "Pod resize completed");
        }
    }

    fn resize_event(&mut self, cx: &mut Cx<'_>, reason: &str, words: &str) {
        let object = self.object.clone();
        let Some((pod, containers)) = pod_of(&object) else { return };
        let list = |range: std::ops::Range<Slot>| -> Vec<serde_json::Value> {
            let one = |s: Slot| containers.get(s).map(|c| serde_json::json!({"name": c.name, "resources": c.resources.clone().unwrap_or_default()}));
            range.filter_map(one).collect()
        };
        let mut all = serde_json::json!({"containers": list(containers.apps()), "generation": pod.metadata.generation});
        if let (false, Some(map)) = (containers.inits().is_empty(), all.as_object_mut()) {
            map.insert("initContainers".into(), list(0..containers.first_app()).into());
        }
        cx.event(self, None, false, reason, &format!("{words}: {all}"));
    }
}
