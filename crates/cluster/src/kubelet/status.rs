//! The status that a kubelet computes for a Pod, and how it is written to the API
//! (follows `generateAPIPodStatus`, `convertToAPIContainerStatuses` in pkg/kubelet/kubelet_pods.go and
//! `mergePodStatus`, `TerminatePod` in pkg/kubelet/status/status_manager.go).

use super::actions::Verdict as Probe;
use super::conditions::{self, Verdict};
use super::containers::{Containers, Role, RunRecord, RunState, Slot};
use super::phase::{RESTARTING_ALL, phase};
use super::pod::{Cx, PodState, pod_of};
use super::restart::{has_restart_all_rule, restarts_all, should_be_restarted};
use crate::journal::ProbeKind;
use k8s_openapi::api::core::v1::{
    ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, ContainerUser, HostIP, LinuxContainerUser, Pod,
    PodCondition, PodIP, PodStatus, ResourceRequirements, VolumeMountStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::rc::Rc;

const UNKNOWN: &str = "ContainerStatusUnknown";
pub(crate) fn is_terminal(phase: Option<&str>) -> bool {
    matches!(phase, Some("Succeeded" | "Failed"))
}

fn waiting(reason: &str, message: Option<String>) -> ContainerState {
    ContainerState {
        waiting: Some(ContainerStateWaiting { reason: Some(reason.into()).filter(|r: &String| !r.is_empty()), message }),
        ..ContainerState::default()
    }
}

/// A container that nobody can find any more.
pub(super) fn lost(message: &str) -> ContainerState {
    let t = ContainerStateTerminated { exit_code: 137, reason: Some(UNKNOWN.into()), message: Some(message.into()), ..ContainerStateTerminated::default() };
    ContainerState { terminated: Some(t), ..ContainerState::default() }
}

impl PodState {
    /// Computes the status from what the kubelet knows (its cache, not the present).
    pub(crate) fn generate(&mut self, cx: &mut Cx<'_>, terminal: bool) -> PodStatus {
        let object = self.object.clone();
        let Some((pod, containers)) = pod_of(&object) else { return PodStatus::default() };
        let old = self.status.clone().or_else(|| pod.status.clone().map(Rc::new)).unwrap_or_default();
        let mut status = PodStatus {
            host_ip: Some(self.node_ip.to_string()),
            host_ips: Some(vec![HostIP { ip: self.node_ip.to_string() }]),
            start_time: old.start_time.clone(),
            qos_class: pod.status.as_ref().and_then(|s| s.qos_class.clone()),
            nominated_node_name: None,
            observed_generation: pod.metadata.generation,
            resources: Some(self.pod_resources(containers)),
            allocated_resources: self.pod_requests(containers),
            ..PodStatus::default()
        };
        if status.start_time.is_none() {
            status.start_time = Some(cx.api.timestamp());
            self.start_time = cx.api.now();
        }
        let ip = self.cached.sandbox.as_ref().filter(|s| s.ready).map(|s| s.ip.to_string()).or_else(|| old.pod_ip.clone());
        if let Some(ip) = ip {
            status.pod_ips = Some(vec![PodIP { ip: ip.clone() }]);
            status.pod_ip = Some(ip);
        }
        let mut list: Vec<ContainerStatus> =
            (0..containers.len()).map(|slot| self.container_status(cx, pod, containers, slot, find(&old, containers, slot))).collect();
        // One status says that a container was removed; the ones after it know only how its last run ended.
        self.reset.clear();
        self.override_waiting(pod, containers, &mut list);
        // The phase is decided before the probe workers say what has started.
        let app_started = containers.apps().any(|s| self.cached.now(s).is_some());
        let mut is = phase(containers, |slot: Slot| list.get(slot), terminal, app_started);
        self.mark_ready(cx, containers, &mut list);

        if let Some(before) = old.phase.as_deref().filter(|p| is_terminal(Some(p))) {
            is = if before == "Succeeded" { "Succeeded" } else { "Failed" };
        }
        if Some(is) == old.phase.as_deref() {
            status.reason.clone_from(&old.reason);
            status.message.clone_from(&old.message);
        }
        if let Some((reason, message)) = self.must_end(cx, pod) {
            is = "Failed";
            status.reason = Some(reason);
            status.message = Some(message);
        }
        status.phase = Some(is.into());

        let mut verdicts = self.verdicts(containers, &list, is, pod);
        if let Some(p) = &self.resize_pending {
            verdicts.insert(0, Verdict { kind: "PodResizePending", is: true, reason: Some(p.reason.into()), message: Some(p.message.clone()) });
        }
        if self.resizing {
            verdicts.insert(0, Verdict { kind: "PodResizeInProgress", is: true, ..Verdict::default() });
        }
        if has_restart_all_rule(containers) {
            let on = self.restarting_all;
            let ended = match is {
                "Succeeded" => Some("PodCompleted"),
                "Failed" => Some("PodFailed"),
                _ => None,
            };
            verdicts.push(Verdict {
                kind: "AllContainersRestarting",
                is: on,
                reason: if on { Some("RestartAllContainersStarted".into()) } else { ended.map(Into::into) },
                message: on.then(|| "container exited with restart policy rule".into()),
            });
        }
        status.conditions = Some(stamp(verdicts, old.conditions.as_deref().unwrap_or_default(), &cx.api.timestamp(), pod.metadata.generation));

        let ephemeral = list.split_off(containers.first_ephemeral().min(list.len()));
        let mut apps = list.split_off(containers.first_app().min(list.len()));
        apps.sort_by(|a, b| a.name.cmp(&b.name));
        status.init_container_statuses = (!list.is_empty()).then_some(list);
        status.container_statuses = (!apps.is_empty()).then_some(apps);
        status.ephemeral_container_statuses = (!ephemeral.is_empty()).then_some(ephemeral);
        status
    }

    pub(super) fn verdicts(&self, containers: Containers<'_>, list: &[ContainerStatus], phase: &str, pod: &Pod) -> Vec<Verdict> {
        let found = |slot: Slot| list.get(slot);
        let seen = |c: &ContainerStatus| {
            let reset = c.last_state.as_ref().and_then(|l| l.terminated.as_ref()).is_some_and(|t| t.reason.as_deref() == Some(RESTARTING_ALL));
            reset || c.state.as_ref().is_some_and(|s| s.running.is_some() || s.terminated.is_some())
        };
        let app_seen = containers.apps().any(|s| list.get(s).is_some_and(seen));
        let sandbox = self.cached.sandbox.as_ref();
        let all = conditions::containers_ready(containers, &found, phase);
        let foreign = pod.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
        vec![
            conditions::sandbox(sandbox.is_some_and(|s| s.ready), sandbox.is_some()),
            conditions::initialized(containers, &found, phase, app_seen),
            conditions::ready(containers, &all, foreign),
            all,
            Verdict { kind: "PodScheduled", is: true, ..Verdict::default() },
        ]
    }

    /// Status of one container before the overrides.
    fn container_status(&self, cx: &Cx<'_>, pod: &Pod, containers: Containers<'_>, slot: Slot, old: Option<&ContainerStatus>) -> ContainerStatus {
        let any_init = !containers.inits().is_empty();
        let mut status = ContainerStatus {
            name: containers.name(slot).to_owned(),
            image: containers.image(slot).to_owned(),
            state: Some(waiting(if any_init && slot < containers.first_ephemeral() { "PodInitializing" } else { "ContainerCreating" }, None)),
            last_state: Some(ContainerState::default()),
            started: Some(false),
            ..ContainerStatus::default()
        };
        let mounts = containers.get(slot).map(|c| &c.volume_mounts).or_else(|| containers.ephemeral_at(slot).map(|c| &c.volume_mounts));
        status.volume_mounts = mounts.and_then(Option::as_ref).filter(|m| !m.is_empty()).map(|m| {
            let one = |m: &k8s_openapi::api::core::v1::VolumeMount| VolumeMountStatus {
                name: m.name.clone(),
                mount_path: m.mount_path.clone(),
                read_only: m.read_only.filter(|r| *r),
                recursive_read_only: m.read_only.filter(|r| *r).map(|_| "Disabled".into()),
                ..VolumeMountStatus::default()
            };
            m.iter().map(one).collect()
        });
        let runs = self.cached.runs.get(slot);
        let Some(now) = runs.and_then(|r| r.now.as_ref()) else {
            self.without_run(pod, containers, slot, old, &mut status);
            return status;
        };
        status.restart_count = now.restart as i32;
        status.image.clone_from(&now.resolved.0);
        status.image_id.clone_from(&now.resolved.1);
        status.container_id = Some(format!("containerd://{}", now.name));
        status.state = Some(state_of(cx, now));
        if let Some(before) = runs.and_then(|r| r.before.as_ref()) {
            status.last_state = Some(state_of(cx, before));
        } else if let Some(last) =
            old.and_then(|o| o.last_state.as_ref()).filter(|l| l.terminated.as_ref().is_some_and(|t| t.reason.as_deref() == Some(RESTARTING_ALL)))
        {
            status.last_state = Some(last.clone());
        }
        let started = !matches!(now.state, RunState::Created | RunState::Unknown | RunState::Exited { started: None, .. });
        if started {
            let resources = self.actual_resources(containers, slot);
            status.allocated_resources = self.allocated(containers, slot);
            status.resources = Some(resources);
            let groups = pod.spec.as_ref().and_then(|s| s.security_context.as_ref());
            let mut all = vec![now.user.1];
            all.extend(groups.and_then(|g| g.fs_group).filter(|g| *g != now.user.1));
            all.extend(groups.iter().flat_map(|g| g.supplemental_groups.iter().flatten()).copied());
            status.user = Some(ContainerUser { linux: Some(LinuxContainerUser { uid: now.user.0, gid: now.user.1, supplemental_groups: Some(all) }) });
        }
        status
    }

    /// A container that the runtime does not list.
    fn without_run(&self, pod: &Pod, containers: Containers<'_>, slot: Slot, old: Option<&ContainerStatus>, status: &mut ContainerStatus) {
        if self.reset.contains(&slot) {
            let t = ContainerStateTerminated {
                exit_code: 137,
                reason: Some(RESTARTING_ALL.into()),
                message: Some("The container is removed because RestartAllContainers in place".into()),
                ..ContainerStateTerminated::default()
            };
            status.state = Some(waiting(RESTARTING_ALL, t.message.clone()));
            status.last_state = Some(ContainerState { terminated: Some(t), ..ContainerState::default() });
            status.restart_count = self.restart_floor.get(slot).copied().unwrap_or(0) as i32;
            return;
        }
        let Some(old) = old else { return };
        if old.state.as_ref().is_some_and(|s| s.terminated.is_some()) {
            let mounts = status.volume_mounts.take();
            *status = old.clone();
            status.volume_mounts = mounts;
            return;
        }
        status.restart_count = old.restart_count;
        status.last_state.clone_from(&old.last_state);
        let was_running = old.state.as_ref().is_some_and(|s| s.running.is_some());
        let app_created = containers.apps().any(|s| self.cached.now(s).is_some());
        match containers.role(slot) {
            Role::Init if app_created => {
                let t = ContainerStateTerminated {
                    exit_code: 0,
                    reason: Some("Completed".into()),
                    message: Some(
                        "Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally".into(),
                    ),
                    ..ContainerStateTerminated::default()
                };
                status.state = Some(ContainerState { terminated: Some(t), ..ContainerState::default() });
            }
            _ if was_running => {
                status.last_state = Some(lost("The container could not be located when the pod was deleted.  The container used to be Running"));
                if pod.metadata.deletion_timestamp.is_none() {
                    status.restart_count += 1;
                }
            }
            _ => {}
        }
    }

    /// A container that should run and could not be started shows why.
    fn override_waiting(&self, pod: &Pod, containers: Containers<'_>, list: &mut [ContainerStatus]) {
        for (slot, status) in list.iter_mut().enumerate() {
            let Some((reason, message)) = self.reasons.get(&slot) else { continue };
            let code = self.cached.now(slot).and_then(|r| r.exit_code());
            if containers.role(slot).is_init() && code == Some(0) {
                continue;
            }
            let due = if containers.role(slot) == Role::Ephemeral {
                self.cached.now(slot).is_none()
            } else {
                should_be_restarted(pod, containers, &self.cached, slot)
            };
            if !due {
                continue;
            }
            if status.state.as_ref().is_some_and(|s| s.terminated.is_some()) {
                status.last_state = status.state.take();
            }
            status.state = Some(waiting(reason, Some(message.clone()).filter(|m| !m.is_empty())));
        }
    }

    /// `started` and `ready`, as the probe workers see them (`UpdatePodStatus` in pkg/kubelet/prober/prober_manager.go).
    fn mark_ready(&mut self, cx: &mut Cx<'_>, containers: Containers<'_>, list: &mut [ContainerStatus]) {
        for (slot, status) in list.iter_mut().enumerate() {
            let role = containers.role(slot);
            let state = status.state.as_ref();
            let running = state.is_some_and(|s| s.running.is_some());
            let run = self.cached.now(slot).and_then(|r| r.id);
            let started = running && (role == Role::Init || self.probes.started(slot));
            status.started = Some(started);
            status.ready = match role {
                Role::Init => state.and_then(|s| s.terminated.as_ref()).is_some_and(|t| t.exit_code == 0),
                Role::Ephemeral => false,
                Role::App | Role::Sidecar if !started => false,
                Role::App | Role::Sidecar => {
                    let good = run.and_then(|id| self.probes.verdict(slot, ProbeKind::Readiness, id)) == Some(Probe::Success);
                    let probed = self.probes.has(slot, ProbeKind::Readiness);
                    if probed && !good {
                        self.probes.trigger(cx, self.id, slot);
                    }
                    good || !probed
                }
            };
            if role == Role::Ephemeral {
                status.started = None;
            }
        }
    }

    /// Whether something ends the Pod before its time: its deadline or an eviction (`PodSyncHandlers`).
    fn must_end(&mut self, cx: &mut Cx<'_>, pod: &Pod) -> Option<(String, String)> {
        if let Some((reason, message)) = &self.evicted {
            return Some((reason.clone(), message.clone()));
        }
        let deadline = self.deadline(cx, pod)?;
        if cx.api.now() < deadline {
            return None;
        }
        let message = "Pod was active on the node longer than the specified deadline";
        cx.event(self, None, false, "DeadlineExceeded", message);
        Some(("DeadlineExceeded".into(), message.into()))
    }

    /// Whether a container ended in a way that restarts all containers.
    pub(crate) fn wants_restart_of_all(&self, containers: Containers<'_>) -> bool {
        (0..containers.first_ephemeral()).any(|slot| {
            let code = self.cached.now(slot).and_then(|r| r.exit_code());
            code.is_some_and(|code| containers.get(slot).is_some_and(|c| restarts_all(c, code)))
        })
    }

    fn actual_resources(&self, containers: Containers<'_>, slot: Slot) -> ResourceRequirements {
        self.applied
            .get(&slot)
            .cloned()
            .or_else(|| containers.get(slot).and_then(|c| c.resources.clone()))
            .map(|r| ResourceRequirements { claims: None, ..r })
            .unwrap_or_default()
    }
}

/// The status of a container in an earlier status.
pub(super) fn find<'s>(status: &'s PodStatus, containers: Containers<'_>, slot: Slot) -> Option<&'s ContainerStatus> {
    let list = match containers.role(slot) {
        Role::Init | Role::Sidecar => &status.init_container_statuses,
        Role::App => &status.container_statuses,
        Role::Ephemeral => &status.ephemeral_container_statuses,
    };
    let name = containers.name(slot);
    list.iter().flatten().find(|s| s.name == name)
}

fn state_of(cx: &Cx<'_>, run: &RunRecord) -> ContainerState {
    match &run.state {
        RunState::Created | RunState::Unknown => waiting("", None),
        RunState::Running { started } => {
            ContainerState { running: Some(ContainerStateRunning { started_at: Some(cx.api.timestamp_at(*started)) }), ..ContainerState::default() }
        }
        RunState::Exited { started, finished, code, reason, message } => {
            let epoch = Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH);
            let t = ContainerStateTerminated {
                exit_code: *code,
                reason: Some((*reason).to_owned()),
                message: (!message.is_empty()).then(|| message.to_string()),
                started_at: Some(started.map_or(epoch, |s| cx.api.timestamp_at(s))),
                finished_at: Some(cx.api.timestamp_at(*finished)),
                container_id: Some(format!("containerd://{}", run.name)),
                ..ContainerStateTerminated::default()
            };
            ContainerState { terminated: Some(t), ..ContainerState::default() }
        }
    }
}

/// Gives verdicts their times: a condition keeps its time while its status stays.
pub(super) fn stamp(verdicts: Vec<Verdict>, old: &[PodCondition], now: &Time, generation: Option<i64>) -> Vec<PodCondition> {
    let one = |v: Verdict| {
        let is = if v.is { "True" } else { "False" };
        let since = old.iter().find(|c| c.type_ == v.kind && c.status == is).and_then(|c| c.last_transition_time.clone());
        PodCondition {
            type_: v.kind.into(),
            status: is.into(),
            observed_generation: generation,
            reason: v.reason,
            message: v.message,
            last_transition_time: since.or_else(|| Some(now.clone())),
            last_probe_time: None,
        }
    };
    verdicts.into_iter().map(one).collect()
}
