//! Probe workers: one a probe a container, each with its own ticker
//! (follows pkg/kubelet/prober/worker.go, prober.go and prober_manager.go).

use super::actions::Verdict;
use super::containers::{Containers, Role, RunState, Slot};
use super::expand::expand;
use super::hooks::{http, not_started, port};
use super::pod::{Cx, PodId, PodState, Waits, pod_of};
use super::status::is_terminal;
use super::sync::Work;
use super::{What, timing};
use crate::Fact;
use crate::journal::{ProbeKind, Probed, Run};
use k8s_openapi::api::core::v1::{Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use podglass_runtime::{ContainerId, Request, TaskId, TaskOutcome};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// A manual trigger runs the probe after so many milliseconds.
const TRIGGER: u64 = 40;
/// An attempt that could not be made is repeated so often.
const ATTEMPTS: u32 = 3;

/// A worker.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    slot: Slot,
    kind: ProbeKind,
    /// The run it probes.
    run: Option<ContainerId>,
    verdict: Option<(ContainerId, Verdict)>,
    last: Option<bool>,
    in_row: u32,
    hold: bool,
    /// Raised when the ticker is reset.
    epoch: u32,
    triggered: bool,
    task: Option<TaskId>,
    /// A tick came while an attempt was under way.
    missed: bool,
    attempts: u32,
    /// Guards the timeout.
    shots: u32,
    gone: bool,
}

/// All workers of a Pod.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probes {
    workers: Vec<Worker>,
}

/// What an attempt says.
enum Said {
    Success(String),
    Failure(String),
    /// Nothing is known.
    Error(String),
}

fn spec_of(container: &Container, kind: ProbeKind) -> Option<&Probe> {
    match kind {
        ProbeKind::Startup => container.startup_probe.as_ref(),
        ProbeKind::Readiness => container.readiness_probe.as_ref(),
        ProbeKind::Liveness => container.liveness_probe.as_ref(),
    }
}

fn word(kind: ProbeKind) -> &'static str {
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
    fn do_probe(&mut self, cx: &mut Cx<'_>, index: usize) {
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

    /// Makes one attempt.
    fn shoot(&mut self, cx: &mut Cx<'_>, index: usize, container: &Container, probe: &Probe, id: ContainerId) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let now = cx.now();
        let Some(w) = self.probes.workers.get(index) else { return };
        let (slot, kind) = (w.slot, w.kind);
        let arranged =
            cx.shared.failing_probes.iter().any(|(p, c, k, from, until)| *p == self.key && *c == container.name && *k == kind && *from <= now && now < *until);
        if arranged {
            self.said(cx, index, Said::Failure("it was arranged to fail".into()));
            return;
        }
        if let Some(error) = unresolved(probe, containers, slot) {
            self.said(cx, index, Said::Error(error));
            return;
        }
        let ip = self.actual.sandbox.as_ref().map_or(self.node_ip, |s| s.ip);
        let task = if let Some(exec) = &probe.exec {
            let literal = |name: &str| container.env.iter().flatten().find(|e| e.name == name).and_then(|e| e.value.clone());
            let argv = exec.command.iter().flatten().map(|a| expand(a, &literal, &mut Vec::new())).collect();
            cx.runtime.exec(now, id, argv, String::new())
        } else if let Some(request) = request(probe, containers, slot, ip) {
            cx.runtime.request(now, self.node, request)
        } else {
            return;
        };
        cx.shared.tasks.insert(task, (self.id, Waits::Probe(index), cx.cause));
        let Some(w) = self.probes.workers.get_mut(index) else { return };
        w.task = Some(task);
        w.attempts += 1;
        w.shots += 1;
        let shot = w.shots;
        let timeout = probe.timeout_seconds.unwrap_or(1).max(1) as u64 * 1000;
        cx.wake(now + timeout, self.id, What::ProbeTimeout(index, shot));
    }

    /// An attempt took too long.
    pub(crate) fn probe_timeout(&mut self, cx: &mut Cx<'_>, index: usize, shot: u32) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let Some(w) = self.probes.workers.get_mut(index).filter(|w| w.shots == shot) else { return };
        let Some(task) = w.task.take() else { return };
        let (slot, kind) = (w.slot, w.kind);
        cx.shared.tasks.remove(&task);
        cx.runtime.cancel(cx.api.now(), task);
        let Some(probe) = containers.get(slot).and_then(|c| spec_of(c, kind)) else { return };
        let seconds = probe.timeout_seconds.unwrap_or(1).max(1);
        let ip = self.actual.sandbox.as_ref().map_or(self.node_ip, |s| s.ip);
        let text = if let Some(exec) = &probe.exec {
            format!("command timed out: {:?} timed out after {seconds}s", exec.command.as_deref().unwrap_or_default().join(" "))
        } else {
            match request(probe, containers, slot, ip) {
                Some(Request::Http { ip, port, https, path, .. }) => {
                    format!("Get \"{}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)", url(ip, port, https, &path))
                }
                Some(Request::Tcp { ip, port }) => format!("dial tcp {ip}:{port}: i/o timeout"),
                Some(Request::Grpc { ip, port, .. }) => {
                    format!("timeout: failed to connect service \"{ip}:{port}\" within {seconds}s: context deadline exceeded")
                }
                None => String::new(),
            }
        };
        self.said(cx, index, Said::Failure(text));
    }

    /// An attempt ended.
    pub(crate) fn probe_done(&mut self, cx: &mut Cx<'_>, index: usize, outcome: TaskOutcome) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let Some(w) = self.probes.workers.get_mut(index) else { return };
        let task = w.task.take();
        if w.gone {
            return;
        }
        let (slot, kind, attempts) = (w.slot, w.kind, w.attempts);
        let Some(container) = containers.get(slot) else { return };
        let Some(probe) = spec_of(container, kind) else { return };
        // A gRPC client tries to connect until its time is up.
        if probe.grpc.is_some() && matches!(&outcome, TaskOutcome::Failed(words) if !words.starts_with("service unhealthy")) {
            if let Some(w) = self.probes.workers.get_mut(index) {
                w.task = task;
            }
            return;
        }
        let ip = self.actual.sandbox.as_ref().map_or(self.node_ip, |s| s.ip);
        let run = self.actual.now(slot).cloned();
        let name = run.as_ref().map(|r| r.name.clone()).unwrap_or_default();
        let said = match outcome {
            TaskOutcome::Exited { code: 0, output, .. } => Said::Success(output),
            TaskOutcome::Exited { mut output, .. } => {
                let cut = (0..=output.len().min(10 * 1024)).rev().find(|i| output.is_char_boundary(*i)).unwrap_or(0);
                output.truncate(cut);
                Said::Failure(output)
            }
            // A container that is dead: its task is gone at once where it is to be started again.
            TaskOutcome::NotStarted(_) if run.as_ref().is_some_and(|r| !r.running()) => Said::Error(if matches!(self.work, Work::Acting(_)) {
                format!("rpc error: code = NotFound desc = failed to exec in container: failed to load task: no running task found: task {name} not found")
            } else {
                "rpc error: code = Unknown desc = failed to exec in container: container is in CONTAINER_EXITED state".into()
            }),
            TaskOutcome::NotStarted(words) => Said::Error(not_started(&name, words)),
            TaskOutcome::Http { status, body, .. } if (200..400).contains(&status) => Said::Success(body),
            TaskOutcome::Http { status, .. } => Said::Failure(format!("HTTP probe failed with statuscode: {status}")),
            TaskOutcome::Connected => Said::Success(String::new()),
            TaskOutcome::Failed(words) => match request(probe, containers, slot, ip) {
                Some(Request::Http { ip, port, https, path, .. }) if !words.starts_with("Get ") => {
                    Said::Failure(format!("Get \"{}\": {words}", url(ip, port, https, &path)))
                }
                _ => Said::Failure(words),
            },
        };
        if matches!(said, Said::Error(_)) && attempts < ATTEMPTS && run.as_ref().is_some_and(|r| r.running()) {
            if let Some(id) = run.and_then(|r| r.id) {
                self.shoot(cx, index, container, probe, id);
            }
            return;
        }
        self.said(cx, index, said);
    }

    /// Counts a result (`worker.go`): enough in a row change the verdict.
    fn said(&mut self, cx: &mut Cx<'_>, index: usize, said: Said) {
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

/// What is wrong with a probe's named port (follows `ResolveContainerPort` in pkg/probe/util.go): a name that none of
/// the container's ports has is read as a number, and that is the error.
fn unresolved(probe: &Probe, containers: Containers<'_>, slot: Slot) -> Option<String> {
    let port = probe.http_get.as_ref().map(|g| &g.port).or_else(|| probe.tcp_socket.as_ref().map(|t| &t.port))?;
    let IntOrString::String(name) = port else { return None };
    let named = containers.get(slot).is_some_and(|c| c.ports.iter().flatten().any(|p| p.name.as_deref() == Some(name)));
    (!named && name.parse::<u16>().is_err()).then(|| format!("strconv.Atoi: parsing {name:?}: invalid syntax"))
}

fn url(ip: Ipv4Addr, port: u16, https: bool, path: &str) -> String {
    format!("{}://{ip}:{port}{path}", if https { "https" } else { "http" })
}

/// The request of a probe that is not a command.
fn request(probe: &Probe, containers: Containers<'_>, slot: Slot, ip: Ipv4Addr) -> Option<Request> {
    if let Some(get) = &probe.http_get {
        return Some(http(get, containers, slot, ip, &[("User-Agent", "kube-probe/1.37"), ("Accept", "*/*")]));
    }
    if let Some(tcp) = &probe.tcp_socket {
        let ip = tcp.host.as_deref().and_then(|h| h.parse().ok()).unwrap_or(ip);
        return Some(Request::Tcp { ip, port: port(&tcp.port, containers, slot) });
    }
    let grpc = probe.grpc.as_ref()?;
    Some(Request::Grpc { ip, port: u16::try_from(grpc.port).unwrap_or(0), service: grpc.service.clone().unwrap_or_default() })
}
