//! Resources as a status shows them, and their change in a running Pod
//! (follows pkg/kubelet/allocation and `computePodResizeAction` in kuberuntime_manager.go).

use super::What;
use super::containers::{Containers, Slot};
use super::pod::{Cx, PodState, pod_of};
use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

type List = BTreeMap<String, Quantity>;

/// A resize that has to wait, or cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    /// `Infeasible` or `Deferred`.
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    /// The generation it was asked for with.
    pub(crate) generation: Option<i64>,
}

/// A deferred resize is looked at again after this time.
pub(crate) const RETRY_DEFERRED: u64 = 30_000;

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

/// How a container gets new resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resize {
    /// While it runs.
    InPlace(Slot),
    /// By a restart.
    Restart(Slot),
}

impl PodState {
    /// What a container was granted: what the spec says, unless that has to wait.
    pub(crate) fn granted<'a>(&'a self, containers: Containers<'a>, slot: Slot) -> Option<&'a ResourceRequirements> {
        let spec = containers.get(slot).and_then(|c| c.resources.as_ref());
        if self.resize_pending.is_some() { self.applied.get(&slot).or(spec) } else { spec }
    }

    /// The requests a container was granted.
    pub(crate) fn allocated(&self, containers: Containers<'_>, slot: Slot) -> Option<List> {
        self.granted(containers, slot)?.requests.clone().filter(|r| !r.is_empty())
    }

    /// What the Pod's containers were granted together.
    pub(crate) fn pod_requests(&self, containers: Containers<'_>) -> Option<List> {
        sum(containers.apps().filter_map(|s| self.granted(containers, s)?.requests.clone()))
    }

    /// Resources of the Pod: those that its containers have now, else those of the spec.
    pub(crate) fn pod_resources(&self, containers: Containers<'_>) -> ResourceRequirements {
        let of = |s: Slot| self.applied.get(&s).or_else(|| containers.get(s)?.resources.as_ref());
        ResourceRequirements {
            limits: sum(containers.apps().filter_map(|s| of(s)?.limits.clone())),
            requests: sum(containers.apps().filter_map(|s| of(s)?.requests.clone())),
            claims: None,
        }
    }

    /// The running containers whose resources differ from what was granted.
    pub(crate) fn resizes(&self, containers: Containers<'_>) -> Vec<Resize> {
        if self.resize_pending.is_some() {
            return Vec::new();
        }
        self.differing(containers)
    }

    /// The running containers whose resources differ from the spec.
    fn differing(&self, containers: Containers<'_>) -> Vec<Resize> {
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

    /// Looks whether the node has room for a resize (`handlePodResourcesResize` in pkg/kubelet/allocation), and says once a
    /// generation what comes of it.
    pub(crate) fn begin_resize(&mut self, cx: &mut Cx<'_>, containers: Containers<'_>) {
        if self.differing(containers).is_empty() {
            self.resize_pending = None;
            return;
        }
        let object = self.object.clone();
        let Some((pod, _)) = pod_of(&object) else { return };
        if let Some((reason, message)) = crate::scheduler::resize_obstacle(cx.api, pod, &self.node_name) {
            let pending = Pending { reason, message, generation: pod.metadata.generation };
            if self.resize_pending.as_ref() != Some(&pending) {
                let (title, words, error) = (format!("Resize{reason}"), format!("Pod resize {reason}"), pending.message.clone());
                self.resize_pending = Some(pending);
                self.resize_event(cx, true, &title, &words, Some(&error));
            }
            if reason == "Deferred" {
                cx.wake(cx.now() + RETRY_DEFERRED, self.id, What::RetryResize);
            }
            return;
        }
        self.resize_pending = None;
        if !self.resizing {
            self.resizing = true;
            self.resize_event(cx, false, "ResizeStarted", "Pod resize started", None);
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
            self.resize_event(cx, false, "ResizeCompleted", "Pod resize completed", None);
        }
    }

    fn resize_event(&mut self, cx: &mut Cx<'_>, warning: bool, reason: &str, words: &str, error: Option<&str>) {
        let object = self.object.clone();
        let Some((pod, containers)) = pod_of(&object) else { return };
        let list = |range: std::ops::Range<Slot>| -> String {
            let one =
                |s: Slot| containers.get(s).map(|c| serde_json::json!({"name": c.name, "resources": c.resources.clone().unwrap_or_default()}).to_string());
            range.filter_map(one).collect::<Vec<_>>().join(",")
        };
        let inits = if containers.inits().is_empty() { String::new() } else { format!("\"initContainers\":[{}],", list(0..containers.first_app())) };
        let error = error.map(|e| format!(",\"error\":{}", serde_json::json!(e))).unwrap_or_default();
        let generation = pod.metadata.generation.unwrap_or(0);
        let all = format!("{inits}\"containers\":[{}],\"generation\":{generation}{error}", list(containers.apps()));
        cx.event(self, None, warning, reason, &format!("{words}: {{{all}}}"));
    }
}
