//! A container's state in shape and words.

use super::{Dot, Place};
use crate::memory::{ContainerMemory, PodMemory, ProbeMemory};
use crate::words::{countdown, duration, size};
use crate::{Icon, Role};
use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod};
use podglass_cluster::SimTime;
use podglass_cluster::journal::ProbeKind;

/// A container's state.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Role.
    pub role: Role,
    /// Icon; the role's own where `None`.
    pub icon: Option<Icon>,
    /// State in words.
    pub line: String,
    /// What matters most about it now.
    pub detail: String,
    /// The detail is a program's output.
    pub mono: bool,
    /// Progress bar.
    pub progress: Option<f32>,
    /// Something in it moves with time alone.
    pub moving: bool,
}

/// What a container's state is made from.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The Pod.
    pub pod: &'a Pod,
    /// What the journal told about it.
    pub memory: &'a PodMemory,
    /// The container's spec.
    pub container: &'a Container,
    /// Its status as it is published.
    pub status: Option<&'a ContainerStatus>,
    /// Its role in the Pod.
    pub place: Place,
    /// Now.
    pub at: SimTime,
}

impl Subject<'_> {
    fn known(&self) -> Option<&ContainerMemory> {
        self.memory.containers.get(self.container.name.as_str())
    }
    fn waiting_reason(&self) -> &str {
        self.status.and_then(|s| s.state.as_ref()?.waiting.as_ref()?.reason.as_deref()).unwrap_or_default()
    }
    fn waiting_message(&self) -> &str {
        self.status.and_then(|s| s.state.as_ref()?.waiting.as_ref()?.message.as_deref()).unwrap_or_default()
    }

    /// The state.
    pub fn state(&self) -> State {
        let Some(known) = self.known() else { return self.waiting() };
        if known.running() {
            return self.running(known);
        }
        if let Some(pull) = &known.pull {
            let total = pull.until.since(pull.from).max(1);
            let done = (self.at.since(pull.from) as f32 / total as f32).clamp(0.0, 1.0);
            let left = pull.until.since(self.at);
            return State {
                role: Role::Pulling,
                icon: Some(Icon::Filling(done)),
                line: format!("Pulling image, {} %", (done * 100.0) as u32),
                detail: format!("about {} left · {}", duration(left), size(pull.size)),
                progress: Some(done),
                moving: true,
                ..State::default()
            };
        }
        let reason = self.waiting_reason();
        if let Some(back_off) = known.back_off.filter(|b| b.until > self.at) {
            let (what, shown) = if known.pull_failed { ("Next pull", "ImagePullBackOff") } else { ("Next start", "CrashLoopBackOff") };
            let shown = if reason.is_empty() { shown } else { reason };
            return State {
                role: Role::BackOff,
                line: format!("{what} in {}", countdown(back_off.until.since(self.at))),
                detail: format!("back-off {} · {shown}", countdown(back_off.length)),
                moving: true,
                ..State::default()
            };
        }
        if let Some(end) = known.end() {
            let ran = known.run.as_ref().map(|r| (r.started.map_or(0, |s| end.at.since(s)), r.lines, r.last_line.as_deref())).unwrap_or_default();
            if end.code == 0 {
                let lines = match ran.1 {
                    0 => "nothing in its log".to_owned(),
                    1 => "1 line in its log".to_owned(),
                    n => format!("{n} lines in its log"),
                };
                return State {
                    role: Role::Completed,
                    line: "Completed, exit 0".into(),
                    detail: format!("ran {} · {lines}", duration(ran.0)),
                    ..State::default()
                };
            }
            let reason = if end.oom { "OOMKilled" } else { "Error" };
            let limit = self.container.resources.as_ref().and_then(|r| r.limits.as_ref()?.get("memory")).map(|q| q.0.as_str());
            let (detail, mono) = match (end.oom, limit, ran.2) {
                (true, Some(limit), _) => (format!("limit {limit} reached at {}", duration(end.at.0)), false),
                (_, _, Some(line)) => (line.to_owned(), true),
                _ => (format!("ran {}", duration(ran.0)), false),
            };
            return State {
                role: Role::Failed,
                icon: end.oom.then_some(Icon::Exclamation),
                line: format!("{reason}, exit {}", end.code),
                detail,
                mono,
                ..State::default()
            };
        }
        if known.pull_failed || is_failure(reason) {
            let line = if reason.is_empty() { "ErrImagePull" } else { reason };
            return State { role: Role::Failed, line: line.to_owned(), detail: short_message(self.waiting_message()), ..State::default() };
        }
        if known.run.as_ref().is_some_and(|r| r.created.is_some()) {
            return State { role: Role::Starting, line: "Created".into(), detail: "the kubelet starts it".into(), ..State::default() };
        }
        self.waiting()
    }

    fn waiting(&self) -> State {
        let reason = self.waiting_reason();
        if is_failure(reason) {
            return State { role: Role::Failed, line: reason.to_owned(), detail: short_message(self.waiting_message()), ..State::default() };
        }
        let scheduled = self.memory.scheduled.is_some();
        let phase = self.pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or_default();
        let line = match reason {
            _ if matches!(phase, "Failed" | "Succeeded") => "Never started".to_owned(),
            "" if !scheduled => "Waiting for a node".to_owned(),
            "" => "Waiting".to_owned(),
            reason => format!("Waiting: {reason}"),
        };
        let role = if scheduled && self.memory.sandbox.is_none() && phase == "Pending" { Role::Starting } else { Role::Waiting };
        let detail = match (scheduled, self.memory.mounted.is_some(), self.memory.sandbox.is_some()) {
            (true, false, _) => "the kubelet mounts the volumes",
            (true, true, false) => "the kubelet makes the sandbox",
            _ => "",
        };
        State {
            role: if role == Role::Starting && matches!(self.place, Place::Init(1) | Place::Sidecar(1)) { Role::Starting } else { Role::Waiting },
            line,
            detail: detail.to_owned(),
            ..State::default()
        }
    }

    fn running(&self, known: &ContainerMemory) -> State {
        let started = known.run.as_ref().and_then(|r| r.started).unwrap_or(self.at);
        let for_ = duration(self.at.since(started));
        if let Some(stop) = &known.stop {
            let (left, total) = (stop.kill_at.since(self.at), stop.kill_at.since(stop.at).max(1));
            return State {
                role: Role::Terminating,
                icon: Some(Icon::Fading(left as f32 / total as f32)),
                line: "Terminating".into(),
                detail: format!("{} sent · {} of grace left", stop.signal, countdown(left)),
                moving: true,
                ..State::default()
            };
        }
        if let Some((hook, since)) = known.hook {
            let role = if hook == "PreStop" { Role::Terminating } else { Role::Running };
            return State {
                role,
                line: format!("{hook} hook runs"),
                detail: format!("for {}", duration(self.at.since(since))),
                moving: true,
                ..State::default()
            };
        }
        let has = |kind| probe_spec(self.container, kind).is_some();
        let started_ok = self.status.and_then(|s| s.started).unwrap_or(false);
        if has(ProbeKind::Startup) && !started_ok {
            let probe = known.probes.get(&ProbeKind::Startup);
            let detail = match probe {
                Some(p) if !p.success => format!("startup probe: {} of {} failed", p.in_row, p.threshold),
                Some(_) => "startup probe succeeded".to_owned(),
                None => "startup probe is due".to_owned(),
            };
            return State { role: Role::NotReady, icon: Some(Icon::Clock), line: format!("Started {for_} ago"), detail, moving: true, ..State::default() };
        }
        let ready = self.status.is_some_and(|s| s.ready);
        if has(ProbeKind::Readiness) && !ready {
            let probe = known.probes.get(&ProbeKind::Readiness);
            let why = probe.filter(|p| !p.success).map(|p| short_probe(&p.output));
            return State {
                role: Role::NotReady,
                line: why.as_ref().map_or_else(|| "Running, not ready yet".to_owned(), |w| format!("Not ready: {w}")),
                detail: if why.is_some() { "readiness failed".into() } else { format!("for {for_}") },
                moving: true,
                ..State::default()
            };
        }
        let (detail, mono) = self.running_detail(known);
        let icon = matches!(self.place, Place::Init(_)).then_some(Icon::Spinner);
        let assumed = if known.assumed.is_some() { "Running (assumed)".to_owned() } else { format!("Running for {for_}") };
        State { role: Role::Running, icon, line: assumed, detail, mono, moving: true, ..State::default() }
    }

    fn running_detail(&self, known: &ContainerMemory) -> (String, bool) {
        if known.burning {
            return ("uses all the CPU it can get".into(), false);
        }
        if let Some(a) = known.attempt.as_ref().filter(|a| a.failed && self.at.since(a.at) < 30_000) {
            let what = if a.lookup { format!("lookup {}: {}", a.what, a.result) } else { format!("{}: {}", a.what, a.result) };
            let tries = if a.in_row > 1 { format!("try {} · ", a.in_row) } else { String::new() };
            return (format!("{tries}{what}"), false);
        }
        let ports: Vec<String> = self.memory.bound.iter().filter(|(_, b)| *b.container == *self.container.name).map(|(p, _)| p.to_string()).collect();
        if !ports.is_empty() {
            return (format!("listens on {}", crate::words::list(ports.iter().map(String::as_str))), false);
        }
        if let Some(line) = known.run.as_ref().and_then(|r| r.last_line.as_deref()) {
            return (line.to_owned(), true);
        }
        match self.place {
            Place::Sidecar(_) => ("sidecar: stops after the app".into(), false),
            _ if known.assumed.is_some() => ("nobody knows this image".into(), false),
            _ => (String::new(), false),
        }
    }
}

/// Whether a waiting reason is a failure, not a wait.
fn is_failure(reason: &str) -> bool {
    reason.starts_with("Err")
        || reason.ends_with("Error")
        || matches!(reason, "InvalidImageName" | "RunContainerError" | "CreateContainerError" | "CreateContainerConfigError" | "ImageInspectError")
}

/// A long message of the kubelet in few words.
fn short_message(message: &str) -> String {
    if message.contains("not found") && message.contains("pull") {
        return "not found in the registry".into();
    }
    message.rsplit_once(": ").map_or(message, |(_, m)| m).to_owned()
}

/// A probe's output in few words: `404`, `connection refused`.
pub fn short_probe(output: &str) -> String {
    let output = output.trim();
    output.rsplit(": ").next().unwrap_or(output).lines().next().unwrap_or_default().to_owned()
}

/// The probe of a kind in a container's spec.
pub fn probe_spec(container: &Container, kind: ProbeKind) -> Option<&k8s_openapi::api::core::v1::Probe> {
    match kind {
        ProbeKind::Startup => container.startup_probe.as_ref(),
        ProbeKind::Readiness => container.readiness_probe.as_ref(),
        ProbeKind::Liveness => container.liveness_probe.as_ref(),
    }
}

/// Dots of a probe: as many as its threshold, six at most.
pub fn dots(known: Option<&ProbeMemory>) -> Vec<Dot> {
    let Some(p) = known else { return vec![Dot::Pending; 3] };
    let total = p.threshold.clamp(1, 6);
    let filled = p.in_row.min(total);
    let dot = if p.success { Dot::Success } else { Dot::Failure };
    (0..total).map(|i| if i < filled { dot } else { Dot::Pending }).collect()
}
