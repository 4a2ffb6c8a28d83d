//! How a status reaches the API: merged with what others wrote, corrected when a probe says so, final at the end
//! (follows `mergePodStatus`, `SetContainerReadiness` and `TerminatePod` in pkg/kubelet/status/status_manager.go).

use super::containers::{Containers, Slot};
use super::pod::{Cx, PodState, pod_of};
use super::status::{find, is_terminal, lost, stamp};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodCondition, PodStatus};
use podglass_manifest::Object;
use std::rc::Rc;

/// The conditions a kubelet owns, in the order in which it writes them.
const OWN: [&str; 8] = [
    "PodResizePending",
    "PodResizeInProgress",
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
    "AllContainersRestarting",
];

impl PodState {
    /// Takes a status over, and writes it where it differs from the last one (or anyway with `force`).
    pub(crate) fn publish(&mut self, cx: &mut Cx<'_>, status: PodStatus, force: bool) {
        if !force && self.status.as_deref() == Some(&status) {
            return;
        }
        let status = Rc::new(status);
        self.status = Some(status.clone());
        self.write(cx, &status);
    }

    /// Merges a status into the object (`mergePodStatus`).
    pub(super) fn write(&mut self, cx: &mut Cx<'_>, status: &PodStatus) {
        let Some(current) = cx.api.find(&self.key).filter(|o| o.uid() == &*self.uid).cloned() else { return };
        let Object::Pod(pod) = &*current else { return };
        let known = pod.status.as_ref();
        let known_phase = known.and_then(|k| k.phase.as_deref());
        let known_conditions = known.and_then(|k| k.conditions.as_deref()).unwrap_or_default();
        let mut merged = status.clone();
        let held = is_terminal(status.phase.as_deref()) && !self.stopped;
        if held || is_terminal(known_phase) {
            merged.phase = known_phase.map(str::to_owned);
            merged.reason = known.and_then(|k| k.reason.clone());
            merged.message = known.and_then(|k| k.message.clone());
        }
        let mut list: Vec<PodCondition> = known_conditions.iter().filter(|c| !OWN.contains(&c.type_.as_str())).cloned().collect();
        list.extend(merged.conditions.take().into_iter().flatten());
        for c in &mut list {
            // The time of a condition is that of its last change as the API saw it.
            if let Some(before) = known_conditions.iter().find(|b| b.type_ == c.type_ && b.status == c.status && b.last_transition_time.is_some()) {
                c.last_transition_time.clone_from(&before.last_transition_time);
            }
        }
        merged.conditions = Some(list);
        merged.nominated_node_name = known.and_then(|k| k.nominated_node_name.clone());
        if known == Some(&merged) {
            return;
        }
        let after = Pod { metadata: pod.metadata.clone(), spec: pod.spec.clone(), status: Some(merged) };
        if let Ok(updated) = cx.api.put(current.clone(), Object::Pod(Box::new(after)), cx.cause) {
            cx.cause = cx.api.last_record();
            // Spec and metadata are the kubelet's own copy; the status rides along for readiness gates.
            if updated.metadata().generation == self.object.metadata().generation {
                self.object = updated;
            }
        }
    }

    /// A probe changed `ready` of a container: the status is corrected at once (`SetContainerReadiness`).
    pub(crate) fn set_ready(&mut self, cx: &mut Cx<'_>, slot: Slot, ready: bool) {
        self.correct(cx, slot, |s| s.ready = ready);
    }

    /// A startup probe changed `started` of a container (`SetContainerStartup`).
    pub(crate) fn set_started(&mut self, cx: &mut Cx<'_>, slot: Slot, started: bool, ready: bool) {
        self.correct(cx, slot, |s| {
            s.started = Some(started);
            s.ready = ready;
        });
    }

    pub(super) fn correct(&mut self, cx: &mut Cx<'_>, slot: Slot, change: impl Fn(&mut ContainerStatus)) {
        let object = self.object.clone();
        let Some((pod, containers)) = pod_of(&object) else { return };
        let Some(mut status) = self.status.as_deref().cloned() else { return };
        let name = containers.name(slot);
        let run = self.cached.now(slot).map(|r| format!("containerd://{}", r.name));
        let all = status.init_container_statuses.iter_mut().flatten().chain(status.container_statuses.iter_mut().flatten());
        let Some(own) = all.into_iter().find(|s| s.name == name) else { return };
        if own.container_id != run {
            return;
        }
        change(own);
        let list: Vec<ContainerStatus> = (0..containers.len()).map(|s| find(&status, containers, s).cloned().unwrap_or_default()).collect();
        let verdicts = self.verdicts(containers, &list, status.phase.as_deref().unwrap_or_default(), pod);
        let mut fresh = stamp(verdicts, status.conditions.as_deref().unwrap_or_default(), &cx.api.timestamp(), pod.metadata.generation);
        let rest = |kind: &'static str| status.conditions.iter().flatten().find(move |c| c.type_ == kind).cloned();
        fresh.splice(0..0, rest("PodResizeInProgress").into_iter().chain(rest("PodResizePending")));
        fresh.extend(rest("AllContainersRestarting"));
        status.conditions = Some(fresh);
        self.publish(cx, status, false);
    }

    /// The last status of a Pod: what still waits is lost, and the phase is a final one (`TerminatePod`).
    pub(crate) fn final_status(&mut self, cx: &mut Cx<'_>) -> PodStatus {
        let mut status = self.generate(cx, true);
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return status };
        let gone = "The container could not be located when the pod was terminated";
        let ended = |s: &ContainerStatus| s.state.as_ref().is_some_and(|s| s.terminated.is_some());
        let seen = |s: &ContainerStatus| {
            ended(s) || s.state.as_ref().is_some_and(|s| s.running.is_some()) || s.last_state.as_ref().is_some_and(|s| s.terminated.is_some())
        };
        let inits = status.init_container_statuses.as_deref().unwrap_or_default();
        let last_init_done = inits
            .last()
            .is_none_or(|s| s.ready || s.started == Some(true) || s.state.as_ref().and_then(|s| s.terminated.as_ref()).is_some_and(|t| t.exit_code == 0));
        let initialized = containers.inits().is_empty() || status.container_statuses.iter().flatten().any(seen) || last_init_done;
        if initialized {
            for s in status.container_statuses.iter_mut().flatten().filter(|s| !ended(s)) {
                s.state = Some(lost(gone));
            }
        }
        if let Some(inits) = &mut status.init_container_statuses {
            let known = inits
                .iter()
                .rposition(|s| s.state.as_ref().is_none_or(|s| s.waiting.is_none()) || s.last_state.as_ref().is_some_and(|l| l.terminated.is_some()));
            let count = known.map_or(1, |i| i + 1);
            for s in inits.iter_mut().take(count).filter(|s| !ended(s)) {
                s.state = Some(lost(gone));
            }
        }
        if !is_terminal(status.phase.as_deref()) {
            status.phase = Some("Failed".into());
        }
        status
    }

    /// `started` of a container in the newest status.
    pub(crate) fn shown_started(&self, containers: Containers<'_>, slot: Slot) -> bool {
        self.status.as_deref().and_then(|s| find(s, containers, slot)).and_then(|c| c.started) == Some(true)
    }
}
