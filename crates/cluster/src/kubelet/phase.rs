//! The phase of a Pod (follows `getPhase` in pkg/kubelet/kubelet_pods.go).

use super::containers::{Containers, Role, Slot};
use super::restart::{pod_policy, restarts_after};
use k8s_openapi::api::core::v1::ContainerStatus;

/// The reason that a container shows after a restart of all containers of its Pod removed it.
pub(crate) const RESTARTING_ALL: &str = "RestartingAllContainers";

/// Decides the phase. `status` gives the status of a slot; `terminal`: nothing of the Pod runs any more, for good;
/// `initialized`: some ordinary container has started.
pub(crate) fn phase<'s>(containers: Containers<'_>, status: impl Fn(Slot) -> Option<&'s ContainerStatus>, terminal: bool, initialized: bool) -> &'static str {
    let policy = pod_policy(containers);
    let restartable =
        |slot: Slot, code: i32, reason: Option<&str>| reason == Some(RESTARTING_ALL) || containers.get(slot).is_some_and(|c| restarts_after(c, policy, code));
    let (mut unknown, mut running, mut waiting, mut stopped, mut stuck, mut succeeded) = (0, 0, 0, 0, 0, 0);
    let (mut pending_init, mut pending_sidecar, mut failed_for_good) = (0, 0, 0);
    for slot in 0..containers.first_ephemeral() {
        let found = status(slot);
        let state = found.and_then(|s| s.state.as_ref());
        let terminated = state.and_then(|s| s.terminated.as_ref());
        let is_running = state.is_some_and(|s| s.running.is_some());
        let is_waiting = state.is_some_and(|s| s.waiting.is_some());
        let last = found.and_then(|s| s.last_state.as_ref()).and_then(|s| s.terminated.as_ref());
        match containers.role(slot) {
            Role::Init => {
                let ended = if let Some(t) = terminated {
                    Some(t)
                } else if is_waiting && last.is_some() {
                    last
                } else {
                    pending_init += 1;
                    continue;
                };
                if let Some(t) = ended.filter(|t| t.exit_code != 0)
                    && !restartable(slot, t.exit_code, t.reason.as_deref())
                {
                    failed_for_good += 1;
                }
            }
            Role::Sidecar => {
                if is_running {
                    if found.is_some_and(|s| s.started != Some(true)) {
                        pending_sidecar += 1;
                    }
                    running += 1;
                } else if is_waiting && last.is_none() {
                    pending_sidecar += 1;
                    waiting += 1;
                } else if !is_waiting && terminated.is_none() {
                    unknown += 1;
                }
            }
            Role::App => {
                if is_running {
                    running += 1;
                } else if let Some(t) = terminated {
                    stopped += 1;
                    succeeded += i32::from(t.exit_code == 0);
                    stuck += i32::from(!restartable(slot, t.exit_code, t.reason.as_deref()));
                } else if is_waiting {
                    match last {
                        Some(t) => {
                            stopped += 1;
                            stuck += i32::from(!restartable(slot, t.exit_code, t.reason.as_deref()));
                        }
                        None => waiting += 1,
                    }
                } else {
                    unknown += 1;
                }
            }
            Role::Ephemeral => {}
        }
    }
    if failed_for_good > 0 {
        "Failed"
    } else if pending_init > 0 || (pending_sidecar > 0 && !initialized) || waiting > 0 {
        "Pending"
    } else if running > 0 && unknown == 0 {
        "Running"
    } else if running == 0 && stopped > 0 && unknown == 0 {
        if terminal {
            if stopped == succeeded { "Succeeded" } else { "Failed" }
        } else if stopped != stuck {
            "Running"
        } else if stopped == succeeded {
            "Succeeded"
        } else {
            "Failed"
        }
    } else {
        "Pending"
    }
}
