//! Probe workers: one a probe a container, each with its own ticker
//! (follows pkg/kubelet/prober/worker.go, prober.go and prober_manager.go).

use super::actions::Verdict;
use super::containers::{Containers, Role, RunState, Slot};
use super::pod::{Cx, PodId, PodState, pod_of};
use super::status::is_terminal;
use super::{What, timing};
use crate::Fact;
use crate::journal::{ProbeKind, Probed, Run};
use k8s_openapi::api::core::v1::{Container, Probe};
use podglass_runtime::{ContainerId, TaskId};
use std::rc::Rc;

/// A manual trigger runs the probe after so many milliseconds.
const TRIGGER: u64 = 40;

/// A worker.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(super) slot: Slot,
    pub(super) kind: ProbeKind,
    /// The run it probes.
    pub(super) run: Option<ContainerId>,
    pub(super) verdict: Option<(ContainerId, Verdict)>,
    pub(super) last: Option<bool>,
    pub(super) in_row: u32,
    pub(super) hold: bool,
    /// Raised when the ticker is reset.
    pub(super) epoch: u32,
    pub(super) triggered: bool,
    pub(super) task: Option<TaskId>,
    /// A tick came while an attempt was under way.
    pub(super) missed: bool,
    pub(super) attempts: u32,
    /// Guards the timeout.
    pub(super) shots: u32,
    pub(super) gone: bool,
}

/// All workers of a Pod.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probes {
    pub(super) workers: Vec<Worker>,
}

/// What an attempt says.
pub(super) enum Said {
    Success(String),
    Failure(String),
    /// Nothing is known.
    Error(String),
}

pub(super) fn spec_of(container: &Container, kind: ProbeKind) -> Option<&Probe> {
    match kind {
        ProbeKind::Startup => container.startup_probe.as_ref(),
        ProbeKind::Readiness => container.readiness_probe.as_ref(),
        ProbeKind::Liveness => container.liveness_probe.as_ref(),
    }
}

pub(super) fn word(kind: ProbeKind) -> &'static str {
    match kind {
        ProbeKind::Startup => "Startup",
        ProbeKind::Readiness => "Readiness",
        ProbeKind::Liveness => "Liveness",
    }
}

impl Probes {
    fn find(&self, slot: Slot, kind: ProbeKind) -> Option<&Worker> {
        self.workers.iter().find(|w| w.slot == slot && w.kind == kind && !w.gone)
    }
    /// Whether a worker exists.
    pub(crate) fn has(&self, slot: Slot, kind: ProbeKind) -> bool {
        self.find(slot, kind).is_some()
    }
    /// The verdict about a run.
    pub(crate) fn verdict(&self, slot: Slot, kind: ProbeKind, run: ContainerId) -> Option<Verdict> {
        self.workers.iter().find(|w| w.slot == slot && w.kind == kind).and_then(|w| w.verdict).filter(|(id, _)| *id == run).map(|(_, v)| v)
    }
    /// Whether a running container counts as started. The verdict of an earlier run counts until the next tick.
    pub(crate) fn started(&self, slot: Slot) -> bool {
        match self.find(slot, ProbeKind::Startup) {
            Some(w) => matches!(w.verdict, Some((_, Verdict::Success))),
            None => true,
        }
    }
    /// Whether a readiness probe waits for syncs.
    pub(crate) fn unready(&self) -> bool {
        self.workers.iter().any(|w| w.kind == ProbeKind::Readiness && !w.gone && !matches!(w.verdict, Some((_, Verdict::Success))))
    }
    /// Runs the readiness probe of a container at once.
    pub(crate) fn trigger(&mut self, cx: &mut Cx<'_>, pod: PodId, slot: Slot) {
        if let Some((i, w)) = self.workers.iter_mut().enumerate().find(|(_, w)| w.slot == slot && w.kind == ProbeKind::Readiness && !w.gone)
            && !w.triggered
        {
            w.triggered = true;
            cx.wake(cx.now() + TRIGGER, pod, What::Trigger(i));
        }
    }
    /// The Pod is being stopped: liveness and startup probes end.
    pub(crate) fn stop_for_termination(&mut self) {
        for w in self.workers.iter_mut().filter(|w| w.kind != ProbeKind::Readiness) {
            w.gone = true;
        }
    }
    /// All workers end.
    pub(crate) fn stop(&mut self) {
        for w in &mut self.workers {
            w.gone = true;
        }
    }
}

impl PodState {
    /// Makes the workers; their tickers start now.
    pub(crate) fn start_probes(&mut self, cx: &mut Cx<'_>, containers: Containers<'_>) {
        for slot in 0..containers.first_ephemeral() {
            if !matches!(containers.role(slot), Role::Sidecar | Role::App) {
                continue;
            }
            let Some(container) = containers.get(slot) else { continue };
            for kind in [ProbeKind::Startup, ProbeKind::Readiness, ProbeKind::Liveness] {
                let Some(probe) = spec_of(container, kind) else { continue };
                let index = self.probes.workers.len();
                self.probes.workers.push(Worker {
                    slot,
                    kind,
                    run: None,
                    verdict: None,
                    last: None,
                    in_row: 0,
                    hold: false,
                    epoch: 0,
                    triggered: false,
                    task: None,
                    missed: false,
                    attempts: 0,
                    shots: 0,
                    gone: false,
                });
                let period = period(probe);
                cx.wake(cx.now() + period, self.id, What::Tick(index, 0));
            }
        }
    }

    /// The ticker of a worker.
    pub(crate) fn probe_tick(&mut self, cx: &mut Cx<'_>, index: usize, epoch: u32) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let Some(w) = self.probes.workers.get(index).filter(|w| !w.gone && w.epoch == epoch) else { return };
        let Some(probe) = containers.get(w.slot).and_then(|c| spec_of(c, w.kind)) else { return };
        let at = cx.now() + period(probe);
        let cause = cx.cause.take();
        cx.wake(at, self.id, What::Tick(index, epoch));
        cx.cause = cause;
        self.do_probe(cx, index);
    }

    /// A readiness worker is told to run; its ticker starts anew.
    pub(crate) fn probe_trigger(&mut self, cx: &mut Cx<'_>, index: usize) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let Some(w) = self.probes.workers.get_mut(index).filter(|w| !w.gone) else { return };
        w.triggered = false;
        w.epoch += 1;
        let Some(probe) = containers.get(w.slot).and_then(|c| spec_of(c, w.kind)) else { return };
        let (epoch, at) = (w.epoch, cx.now() + period(probe));
        cx.wake(at, self.id, What::Tick(index, epoch));
        self.do_probe(cx, index);
    }

    /// One turn of a worker (`doProbe`).
    pub(super) fn do_probe(&mut self, cx: &mut Cx<'_>, index: usize) {
        let object = self.object.clone();
        let Some((pod, containers)) = pod_of(&object) else { return };
        let over = self.over || is_terminal(self.status.as_ref().and_then(|s| s.phase.as_deref()));
        let now = cx.now();
        let Some(w) = self.probes.workers.get_mut(index) else { return };
        if w.task.is_some() {
            w.missed = true;
            return;
        }
        let (slot, kind) = (w.slot, w.kind);
        let Some(record) = self.cached.now(slot).cloned() else { return };
        let Some(id) = record.id else { return };
        // A turn of the ticker has no cause of its own: the container is probed because it started.
        cx.cause = cx.cause.or_else(|| cx.shared.containers.get(&id).and_then(|place| place.2));
        // A turn works with the status as it was when it began: of a new run `started` may still be that of the one before.
        let started_before = self.shown_started(containers, slot);
        let Some(w) = self.probes.workers.get_mut(index) else { return };
        if over {
            w.gone = true;
            return;
        }
        if w.run != Some(id) {
            w.run = Some(id);
            let initial = match kind {
                ProbeKind::Liveness => Verdict::Success,
                ProbeKind::Readiness => Verdict::Failure,
                ProbeKind::Startup => Verdict::Unknown,
            };
            w.verdict = Some((id, initial));
            w.last = None;
            w.in_row = 0;
            w.hold = false;
            match kind {
                ProbeKind::Liveness => {}
                ProbeKind::Readiness => {
                    self.set_ready(cx, slot, false);
                    self.want(cx);
                }
                ProbeKind::Startup => {
                    self.set_started(cx, slot, false, false);
                    self.want(cx);
                }
            }
        }
        let Some(w) = self.probes.workers.get_mut(index) else { return };
        if w.hold {
            return;
        }
        let RunState::Running { started } = record.state else {
            w.verdict = Some((id, Verdict::Failure));
            return;
        };
        if pod.metadata.deletion_timestamp.is_some() && kind != ProbeKind::Readiness {
            w.verdict = Some((id, Verdict::Success));
            w.gone = true;
            return;
        }
        let Some(container) = containers.get(slot) else { return };
        let Some(probe) = spec_of(container, kind) else { return };
        let epoch = cx.api.settings().epoch as u64 % 1000;
        let whole = started - (started.0 + epoch) % 1000;
        if now.since(whole) / 1000 < probe.initial_delay_seconds.unwrap_or(0).max(0) as u64 {
            return;
        }
        if started_before == (kind == ProbeKind::Startup) {
            return;
        }
        if let Some(w) = self.probes.workers.get_mut(index) {
            w.attempts = 0;
        }
        self.shoot(cx, index, container, probe, id);
    }

    /// Counts a result (`worker.go`): enough in a row change the verdict.
    pub(super) fn said(&mut self, cx: &mut Cx<'_>, index: usize, said: Said) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let Some(w) = self.probes.workers.get_mut(index) else { return };
        let (slot, kind) = (w.slot, w.kind);
        let missed = std::mem::take(&mut w.missed);
        let Some(id) = w.run else { return };
        let Some(probe) = containers.get(slot).and_then(|c| spec_of(c, kind)) else { return };
        let (good, output) = match said {
            Said::Success(o) => (true, o),
            Said::Failure(o) => (false, o),
            Said::Error(e) => {
                let text = format!("{} probe errored and resulted in unknown state: {e}", word(kind));
                cx.event(self, Some(slot), true, "Unhealthy", &text);
                return;
            }
        };
        w.in_row = if w.last == Some(good) { w.in_row + 1 } else { 1 };
        w.last = Some(good);
        let threshold = if good { probe.success_threshold.unwrap_or(1) } else { probe.failure_threshold.unwrap_or(3) }.max(1) as u32;
        let in_row = w.in_row;
        let restart = self.actual.now(slot).map_or(0, |r| r.restart);
        let run = Run { pod: self.key.clone(), uid: self.uid.clone(), container: self.names.get(slot).cloned().unwrap_or_default(), restart, id };
        let fact = Fact::Probed(Rc::new(Probed { run, probe: kind, success: good, output: output.clone(), in_row, threshold }));
        cx.cause = Some(cx.api.record(fact, cx.cause));
        if !good {
            cx.event(self, Some(slot), true, "Unhealthy", &format!("{} probe failed: {output}", word(kind)));
        }
        if in_row >= threshold {
            self.conclude(cx, index, id, if good { Verdict::Success } else { Verdict::Failure });
        }
        if missed {
            self.do_probe(cx, index);
        }
    }

    fn conclude(&mut self, cx: &mut Cx<'_>, index: usize, id: ContainerId, verdict: Verdict) {
        let Some(w) = self.probes.workers.get_mut(index) else { return };
        let (slot, kind) = (w.slot, w.kind);
        let changed = w.verdict != Some((id, verdict));
        w.verdict = Some((id, verdict));
        if kind == ProbeKind::Startup || (kind == ProbeKind::Liveness && verdict == Verdict::Failure) {
            w.hold = true;
            w.in_row = 0;
        }
        if !changed {
            return;
        }
        match kind {
            ProbeKind::Readiness => self.set_ready(cx, slot, verdict == Verdict::Success),
            ProbeKind::Startup => {
                let good = verdict == Verdict::Success;
                let ready = good && !self.probes.has(slot, ProbeKind::Readiness);
                self.set_started(cx, slot, good, ready);
            }
            ProbeKind::Liveness => {}
        }
        self.want(cx);
    }
}

fn period(probe: &Probe) -> u64 {
    probe.period_seconds.unwrap_or(10).max(1) as u64 * timing::TICK
}
