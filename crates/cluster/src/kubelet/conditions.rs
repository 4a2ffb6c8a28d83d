//! The conditions that a kubelet writes (follows pkg/kubelet/status/generate.go).

use super::containers::{Containers, Role, Slot};
use k8s_openapi::api::core::v1::{ContainerStatus, PodCondition};

/// A condition without its times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) kind: &'static str,
    pub(crate) is: bool,
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
}

fn no(kind: &'static str, reason: &str, message: Option<String>) -> Verdict {
    Verdict { kind, is: false, reason: Some(reason.into()), message }
}

fn yes(kind: &'static str, reason: Option<&str>) -> Verdict {
    Verdict { kind, is: true, reason: reason.map(Into::into), message: None }
}

/// Whether a Pod's sandbox can take containers.
pub(crate) fn sandbox(ready: bool, exists: bool) -> Verdict {
    const KIND: &str = "PodReadyToStartContainers";
    if ready { yes(KIND, None) } else { no(KIND, "PodSandboxNotReady", Some(if exists { "pod sandbox is not ready" } else { "no pod sandbox exists" }.into())) }
}

/// `Initialized` (`GeneratePodInitializedCondition`).
pub(crate) fn initialized<'s>(containers: Containers<'_>, status: &dyn Fn(Slot) -> Option<&'s ContainerStatus>, phase: &str, app_seen: bool) -> Verdict {
    const KIND: &str = "Initialized";
    let (mut unknown, mut incomplete) = (Vec::new(), Vec::new());
    for slot in 0..containers.first_app() {
        match status(slot) {
            None => unknown.push(containers.name(slot)),
            Some(s) if containers.role(slot) == Role::Sidecar => {
                if s.started != Some(true) {
                    incomplete.push(containers.name(slot));
                }
            }
            Some(s) if !s.ready => incomplete.push(containers.name(slot)),
            Some(_) => {}
        }
    }
    if phase == "Succeeded" && unknown.is_empty() {
        return yes(KIND, Some("PodCompleted"));
    }
    if app_seen || (unknown.is_empty() && incomplete.is_empty()) {
        return yes(KIND, None);
    }
    let mut words = Vec::new();
    if !unknown.is_empty() {
        words.push(format!("containers with unknown status: [{}]", unknown.join(" ")));
    }
    if !incomplete.is_empty() {
        words.push(format!("containers with incomplete status: [{}]", incomplete.join(" ")));
    }
    no(KIND, "ContainersNotInitialized", Some(words.join(", ")))
}

/// `ContainersReady` (`GenerateContainersReadyCondition`).
pub(crate) fn containers_ready<'s>(containers: Containers<'_>, status: &dyn Fn(Slot) -> Option<&'s ContainerStatus>, phase: &str) -> Verdict {
    const KIND: &str = "ContainersReady";
    let (mut unknown, mut unready) = (Vec::new(), Vec::new());
    for slot in 0..containers.first_ephemeral() {
        if !matches!(containers.role(slot), Role::Sidecar | Role::App) {
            continue;
        }
        match status(slot) {
            None => unknown.push(containers.name(slot)),
            Some(s) if !s.ready => unready.push(containers.name(slot)),
            Some(_) => {}
        }
    }
    match phase {
        "Succeeded" if unknown.is_empty() => return no(KIND, "PodCompleted", None),
        "Failed" if unknown.is_empty() => return no(KIND, "PodFailed", None),
        _ => {}
    }
    let mut words = Vec::new();
    if !unknown.is_empty() {
        words.push(format!("containers with unknown status: [{}]", unknown.join(" ")));
    }
    if !unready.is_empty() {
        words.push(format!("containers with unready status: [{}]", unready.join(" ")));
    }
    if words.is_empty() { yes(KIND, None) } else { no(KIND, "ContainersNotReady", Some(words.join(", "))) }
}

/// `Ready`: the containers and the readiness gates (`GeneratePodReadyCondition`).
pub(crate) fn ready(containers: Containers<'_>, all: &Verdict, foreign: &[PodCondition]) -> Verdict {
    const KIND: &str = "Ready";
    if !all.is {
        return Verdict { kind: KIND, ..all.clone() };
    }
    let mut words = Vec::new();
    for gate in containers.0.readiness_gates.iter().flatten() {
        let name = &gate.condition_type;
        match foreign.iter().find(|c| c.type_ == *name) {
            None => words.push(format!("corresponding condition of pod readiness gate {name:?} does not exist.")),
            Some(c) if c.status != "True" => words.push(format!("the status of pod readiness gate {name:?} is not \"True\", but {}", c.status)),
            Some(_) => {}
        }
    }
    if words.is_empty() { yes(KIND, None) } else { no(KIND, "ReadinessGatesNotReady", Some(words.join(", "))) }
}
