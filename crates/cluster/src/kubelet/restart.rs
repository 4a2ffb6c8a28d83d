//! Whether a container that ended is started again (follows `ShouldContainerBeRestarted` in pkg/kubelet/container/helpers.go
//! and `ContainerShouldRestart` in pkg/api/v1/pod/util.go).

use super::containers::{Containers, RunState, RuntimeStatus, Slot};
use k8s_openapi::api::core::v1::{Container, ContainerRestartRule, Pod};

/// The rule of a container that an exit code matches first.
fn rule_for(container: &Container, code: i32) -> Option<&ContainerRestartRule> {
    container.restart_policy_rules.iter().flatten().find(|rule| {
        rule.exit_codes.as_ref().is_some_and(|e| {
            let listed = e.values.iter().flatten().any(|v| *v == code);
            match e.operator.as_str() {
                "In" => listed,
                "NotIn" => !listed,
                _ => false,
            }
        })
    })
}

/// Whether a container with that exit code is due to run again.
pub(crate) fn restarts_after(container: &Container, pod_policy: &str, code: i32) -> bool {
    if let Some(own) = container.restart_policy.as_deref().filter(|p| !p.is_empty()) {
        if let Some(rule) = rule_for(container, code) {
            return matches!(rule.action.as_str(), "Restart" | "RestartAllContainers");
        }
        return policy_restarts(own, code);
    }
    policy_restarts(pod_policy, code)
}

fn policy_restarts(policy: &str, code: i32) -> bool {
    match policy {
        "Never" => false,
        "OnFailure" => code != 0,
        _ => true,
    }
}

/// Whether the exit code asks for a restart of all containers of the Pod.
pub(crate) fn restarts_all(container: &Container, code: i32) -> bool {
    container.restart_policy.is_some() && rule_for(container, code).is_some_and(|r| r.action == "RestartAllContainers")
}

/// Whether a Pod has a rule that restarts all its containers.
pub(crate) fn has_restart_all_rule(containers: Containers<'_>) -> bool {
    (0..containers.first_ephemeral())
        .filter_map(|s| containers.get(s))
        .any(|c| c.restart_policy_rules.iter().flatten().any(|r| r.action == "RestartAllContainers"))
}

/// The Pod's policy.
pub(crate) fn pod_policy(containers: Containers<'_>) -> &str {
    containers.0.restart_policy.as_deref().unwrap_or("Always")
}

/// Whether a container is to be started, given what the runtime lists.
pub(crate) fn should_be_restarted(pod: &Pod, containers: Containers<'_>, runtime: &RuntimeStatus, slot: Slot) -> bool {
    if pod.metadata.deletion_timestamp.is_some() {
        return false;
    }
    let Some(container) = containers.get(slot) else { return false };
    match runtime.now(slot).map(|r| &r.state) {
        None | Some(RunState::Created | RunState::Unknown) => true,
        Some(RunState::Running { .. }) => false,
        Some(RunState::Exited { code, .. }) => restarts_after(container, pod_policy(containers), *code),
    }
}

/// The policy that decides about a probe's kill: the container's own, else the Pod's; rules are not looked at.
pub(crate) fn restart_allowed(containers: Containers<'_>, slot: Slot) -> bool {
    let own = containers.get(slot).and_then(|c| c.restart_policy.as_deref()).filter(|p| !p.is_empty());
    own.unwrap_or_else(|| pod_policy(containers)) != "Never"
}
