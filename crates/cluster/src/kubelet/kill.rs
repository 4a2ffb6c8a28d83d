//! How containers are stopped: preStop, order of sidecars, signal, grace, SIGKILL
//! (follows `killContainer` in pkg/kubelet/kuberuntime/kuberuntime_container.go and kuberuntime_termination_order.go).

use super::What;
use super::actions::KillReason;
use super::containers::{Containers, Role, Slot};
use super::hooks::{Handler, handler};
use super::pod::{Cx, PodState, Waits, pod_of};
use crate::SimTime;
use crate::journal::Step;
use podglass_runtime::{ContainerId, Signal, TaskId, TaskOutcome, programs::processes::signal as signal_named};

/// The least time a process gets after its stop signal, in seconds.
const FLOOR: u64 = 2;

/// Where a kill stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum KillStage {
    /// The preStop hook runs.
    PreStop { began: SimTime, task: Option<TaskId> },
    /// A sidecar waits for those that stop before it.
    Order { began: SimTime },
    /// The stop signal was sent.
    Signalled,
}

/// A container that is being killed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kill {
    pub(crate) slot: Slot,
    pub(crate) run: ContainerId,
    /// Whole seconds of grace left at the beginning of the stage.
    pub(crate) grace: u64,
    pub(crate) stage: KillStage,
    /// Whether sidecars wait for their turn.
    pub(crate) ordered: bool,
    /// Guards wake-ups.
    pub(crate) turn: u32,
}

impl PodState {
    /// Begins to kill a running container. `grace` in seconds overrides everything; 0 leaves the preStop hook out.
    pub(crate) fn kill(&mut self, cx: &mut Cx<'_>, slot: Slot, reason: KillReason, message: &str, grace: Option<u64>, ordered: bool) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let Some(run) = self.actual.now(slot).filter(|r| r.running()).and_then(|r| r.id) else { return };
        let spec_grace = containers.0.termination_grace_period_seconds.unwrap_or(30).max(0) as u64;
        let probe_grace = |p: Option<&k8s_openapi::api::core::v1::Probe>| p.and_then(|p| p.termination_grace_period_seconds).map(|g| g.max(0) as u64);
        let container = containers.get(slot);
        let grace = grace.or(self.grace.map(|g| g.max(0) as u64)).unwrap_or_else(|| match reason {
            KillReason::Liveness => probe_grace(container.and_then(|c| c.liveness_probe.as_ref())).unwrap_or(spec_grace),
            KillReason::Startup => probe_grace(container.and_then(|c| c.startup_probe.as_ref())).unwrap_or(spec_grace),
            KillReason::Other => spec_grace,
        });
        cx.event(self, Some(slot), false, "Killing", message);
        self.turn += 1;
        let now = cx.now();
        let mut kill = Kill { slot, run, grace, stage: KillStage::Order { began: now }, ordered, turn: self.turn };
        let hook = container.and_then(|c| c.lifecycle.as_ref()).and_then(|l| l.pre_stop.as_ref());
        let hook = hook.filter(|_| grace > 0).and_then(|h| handler(h, containers, slot, self.actual.sandbox.as_ref().map_or(self.node_ip, |s| s.ip)));
        if let Some(hook) = hook {
            cx.step(self, Some(slot), Step::HookStarted { hook: "PreStop" });
            let task = match hook {
                Handler::Exec(argv) => Some(cx.runtime.exec(now, run, argv, String::new())),
                Handler::Request(request) => Some(cx.runtime.request(now, self.node, request)),
                Handler::Sleep(secs) => {
                    if secs < grace {
                        cx.wake(now + secs * 1000, self.id, What::PreStopEnds(kill.turn));
                    }
                    None
                }
                Handler::Nothing => {
                    cx.wake(now, self.id, What::PreStopEnds(kill.turn));
                    None
                }
            };
            if let Some(task) = task {
                cx.shared.tasks.insert(task, (self.id, Waits::PreStop(slot), cx.cause));
            }
            kill.stage = KillStage::PreStop { began: now, task };
            cx.wake(now + grace * 1000, self.id, What::KillTurn(kill.turn));
            self.kills.push(kill);
        } else {
            self.kills.push(kill);
            self.order(cx, slot);
        }
    }

    /// Begins to kill all running containers at once; whether there were any.
    pub(crate) fn kill_all(&mut self, cx: &mut Cx<'_>) -> bool {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return false };
        let ordered = (0..containers.first_app()).any(|s| containers.role(s) == Role::Sidecar);
        let running: Vec<Slot> = (0..containers.len()).filter(|s| self.actual.running(*s)).collect();
        let cause = cx.cause;
        for slot in &running {
            cx.cause = cause;
            let message = format!("Stopping container {}", containers.name(*slot));
            self.kill(cx, *slot, KillReason::Other, &message, None, ordered);
        }
        !self.kills.is_empty()
    }

    /// Forgets kills that are under way; the containers live on.
    pub(crate) fn give_up_kills(&mut self, cx: &mut Cx<'_>) {
        for kill in std::mem::take(&mut self.kills) {
            if let KillStage::PreStop { task: Some(task), .. } = kill.stage {
                cx.shared.tasks.remove(&task);
                cx.runtime.cancel(cx.api.now(), task);
            }
        }
    }

    /// The preStop hook of a container ended by itself.
    pub(crate) fn pre_stop_done(&mut self, cx: &mut Cx<'_>, slot: Slot, outcome: &TaskOutcome) {
        let ok = super::hooks::succeeded(outcome);
        self.after_pre_stop(cx, slot, ok);
    }

    fn after_pre_stop(&mut self, cx: &mut Cx<'_>, slot: Slot, ok: bool) {
        let now = cx.now();
        let Some(kill) = self.kills.iter_mut().find(|k| k.slot == slot) else { return };
        let KillStage::PreStop { began, .. } = kill.stage else { return };
        kill.grace = kill.grace.saturating_sub(now.since(began) / 1000);
        kill.stage = KillStage::Order { began: now };
        cx.step(self, Some(slot), Step::HookEnded { hook: "PreStop", ok });
        if !ok {
            cx.event(self, Some(slot), true, "FailedPreStopHook", "PreStopHook failed");
        }
        self.order(cx, slot);
    }

    /// A `sleep` hook is over.
    pub(crate) fn pre_stop_slept(&mut self, cx: &mut Cx<'_>, turn: u32) {
        if let Some(slot) = self.kills.iter().find(|k| k.turn == turn).map(|k| k.slot) {
            self.after_pre_stop(cx, slot, true);
        }
    }

    /// The time of a stage of a kill is used up.
    pub(crate) fn kill_turn(&mut self, cx: &mut Cx<'_>, turn: u32) {
        let now = cx.now();
        let Some(kill) = self.kills.iter_mut().find(|k| k.turn == turn) else { return };
        let (slot, run) = (kill.slot, kill.run);
        match kill.stage.clone() {
            KillStage::PreStop { task, .. } => {
                if let Some(task) = task {
                    cx.shared.tasks.remove(&task);
                    cx.runtime.cancel(now, task);
                }
                kill.grace = 0;
                kill.stage = KillStage::Order { began: now };
                cx.step(self, Some(slot), Step::HookEnded { hook: "PreStop", ok: false });
                cx.event(self, Some(slot), true, "FailedPreStopHook", "PreStopHook failed");
                self.order(cx, slot);
            }
            KillStage::Order { began } => {
                kill.grace = kill.grace.saturating_sub(now.since(began) / 1000);
                self.signal(cx, slot);
            }
            KillStage::Signalled => {
                cx.step(self, Some(slot), Step::Killed);
                cx.runtime.signal(now, run, Signal::Kill);
            }
        }
    }

    /// Whether those that stop before a sidecar are dead.
    fn turn_came(&self, containers: Containers<'_>, slot: Slot) -> bool {
        if containers.role(slot) != Role::Sidecar {
            return true;
        }
        let next = (slot + 1..containers.first_app()).find(|s| containers.role(*s) == Role::Sidecar);
        containers.apps().all(|s| !self.actual.running(s)) && next.is_none_or(|s| !self.actual.running(s))
    }

    /// Sends the signal, or waits for the container's turn.
    fn order(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let ready = self.turn_came(containers, slot);
        let Some(kill) = self.kills.iter_mut().find(|k| k.slot == slot) else { return };
        if !kill.ordered || ready || kill.grace == 0 {
            self.signal(cx, slot);
            return;
        }
        self.turn += 1;
        kill.turn = self.turn;
        kill.stage = KillStage::Order { began: cx.api.now() };
        let at = cx.api.now() + kill.grace * 1000;
        let turn = kill.turn;
        cx.wake(at, self.id, What::KillTurn(turn));
    }

    fn signal(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let own = containers.get(slot).and_then(|c| c.lifecycle.as_ref()).and_then(|l| l.stop_signal.clone());
        let name = own.or_else(|| cx.runtime.image(containers.image(slot)).stop_signal).unwrap_or_else(|| "SIGTERM".into());
        let now = cx.now();
        self.turn += 1;
        let turn = self.turn;
        let Some(kill) = self.kills.iter_mut().find(|k| k.slot == slot) else { return };
        kill.turn = turn;
        kill.stage = KillStage::Signalled;
        let kill_at = now + kill.grace.max(FLOOR) * 1000;
        let run = kill.run;
        cx.step(self, Some(slot), Step::StopSignalSent { signal: name.as_str().into(), kill_at });
        if let Some(place) = cx.shared.containers.get_mut(&run) {
            place.2 = cx.cause;
        }
        cx.wake(kill_at, self.id, What::KillTurn(turn));
        cx.runtime.signal(now, run, signal_named(&name).flatten().unwrap_or(Signal::Term));
    }

    /// A container ended: kills may be done, sidecars may have their turn.
    pub(crate) fn kill_progress(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        if self.kills.is_empty() {
            return;
        }
        if let Some(at) = self.kills.iter().position(|k| k.slot == slot) {
            let kill = self.kills.remove(at);
            if let KillStage::PreStop { task: Some(task), .. } = kill.stage {
                cx.shared.tasks.remove(&task);
                cx.runtime.cancel(cx.api.now(), task);
            }
        }
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let now = cx.now();
        let waiting: Vec<Slot> = self.kills.iter().filter(|k| matches!(k.stage, KillStage::Order { .. })).map(|k| k.slot).collect();
        for slot in waiting {
            if self.turn_came(containers, slot) {
                if let Some(kill) = self.kills.iter_mut().find(|k| k.slot == slot)
                    && let KillStage::Order { began } = kill.stage
                {
                    kill.grace = kill.grace.saturating_sub(now.since(began) / 1000);
                }
                self.signal(cx, slot);
            }
        }
        if self.kills.is_empty() {
            self.killed(cx);
        }
    }
}
