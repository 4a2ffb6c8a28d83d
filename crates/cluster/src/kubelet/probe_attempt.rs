//! One attempt of a probe: what is asked, how long it may take, what the answer says
//! (follows pkg/kubelet/prober/prober.go and pkg/probe).

use super::What;
use super::containers::{Containers, Slot};
use super::expand::expand;
use super::hooks::{http, not_started, port};
use super::pod::{Cx, PodState, Waits, pod_of};
use super::probes::{Said, spec_of};
use super::sync::Work;
use k8s_openapi::api::core::v1::{Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use podglass_runtime::{ContainerId, Request, TaskOutcome};
use std::net::Ipv4Addr;

/// An attempt that could not be made is repeated so often.
const ATTEMPTS: u32 = 3;

impl PodState {
    /// Makes one attempt.
    pub(super) fn shoot(&mut self, cx: &mut Cx<'_>, index: usize, container: &Container, probe: &Probe, id: ContainerId) {
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
