//! Lifecycle handlers: what `exec`, `httpGet` and `sleep` of a hook or probe become
//! (follows pkg/kubelet/lifecycle/handlers.go).

use super::containers::{Containers, Slot};
use k8s_openapi::api::core::v1::{HTTPGetAction, LifecycleHandler};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use podglass_runtime::{Request, TaskOutcome};
use std::net::Ipv4Addr;

/// A handler that can be run.
pub(crate) enum Handler {
    /// A command in the container.
    Exec(Vec<String>),
    /// A request from the node.
    Request(Request),
    /// Seconds of sleep.
    Sleep(u64),
    /// `tcpSocket`, which does nothing.
    Nothing,
}

/// What a hook of a container is to do.
pub(crate) fn handler(hook: &LifecycleHandler, containers: Containers<'_>, slot: Slot, ip: Ipv4Addr) -> Option<Handler> {
    if let Some(exec) = &hook.exec {
        Some(Handler::Exec(exec.command.clone().unwrap_or_default()))
    } else if let Some(get) = &hook.http_get {
        Some(Handler::Request(http(get, containers, slot, ip, &[])))
    } else if let Some(sleep) = &hook.sleep {
        Some(Handler::Sleep(sleep.seconds.max(0) as u64))
    } else {
        hook.tcp_socket.as_ref().map(|_| Handler::Nothing)
    }
}

/// A port by number or name of the container's `ports`.
pub(crate) fn port(port: &IntOrString, containers: Containers<'_>, slot: Slot) -> u16 {
    match port {
        IntOrString::Int(n) => u16::try_from(*n).unwrap_or(0),
        IntOrString::String(name) => {
            let named = containers.get(slot).and_then(|c| c.ports.iter().flatten().find(|p| p.name.as_deref() == Some(name)));
            named.map_or_else(|| name.parse().unwrap_or(0), |p| u16::try_from(p.container_port).unwrap_or(0))
        }
    }
}

/// The request of an `httpGet`.
pub(crate) fn http(get: &HTTPGetAction, containers: Containers<'_>, slot: Slot, ip: Ipv4Addr, headers: &[(&str, &str)]) -> Request {
    let mut all: Vec<(String, String)> = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    for h in get.http_headers.iter().flatten() {
        all.retain(|(k, _)| !k.eq_ignore_ascii_case(&h.name));
        all.push((h.name.clone(), h.value.clone()));
    }
    let path = get.path.clone().unwrap_or_default();
    Request::Http {
        ip: get.host.as_deref().and_then(|h| h.parse().ok()).unwrap_or(ip),
        port: port(&get.port, containers, slot),
        https: get.scheme.as_deref() == Some("HTTPS"),
        method: "GET".into(),
        path: if path.starts_with('/') { path } else { format!("/{path}") },
        headers: all,
        body: String::new(),
    }
}

/// Whether a hook succeeded. Any answer to an `httpGet` is a success, whatever its status (`runHTTPHandler`).
pub(crate) fn succeeded(outcome: &TaskOutcome) -> bool {
    match outcome {
        TaskOutcome::Exited { code, .. } => *code == 0,
        TaskOutcome::Http { .. } | TaskOutcome::Connected => true,
        TaskOutcome::NotStarted(_) | TaskOutcome::Failed(_) => false,
    }
}

/// Why a command could not be run in a container: the runtime's words with the kubelet's before them.
pub(crate) fn not_started(run: &str, words: String) -> String {
    if words.starts_with("rpc error") {
        words
    } else {
        format!("rpc error: code = Unknown desc = failed to exec in container: failed to start exec {run:?}: {words}")
    }
}
