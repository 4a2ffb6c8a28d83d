//! What a sync has to do: the pure decision over spec, runtime list and probe results
//! (follows `computePodActions` and `computeInitContainerActions` in pkg/kubelet/kuberuntime/kuberuntime_manager.go).

use super::containers::{Containers, Role, RunState, RuntimeStatus, Slot};
use super::restart::{pod_policy, restart_allowed, should_be_restarted};
use crate::journal::ProbeKind;
use k8s_openapi::api::core::v1::Pod;

/// The verdict of a probe about the present run of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Enough successes.
    Success,
    /// Enough failures.
    Failure,
    /// No verdict yet.
    Unknown,
}

/// Why a container is killed within a sync; decides the grace period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KillReason {
    /// Liveness probe.
    Liveness,
    /// Startup probe.
    Startup,
    /// Anything else.
    Other,
}

/// A container to be killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KillOrder {
    pub(crate) slot: Slot,
    pub(crate) reason: KillReason,
    pub(crate) message: String,
}

/// What is to be done, in the order in which a sync does it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Actions {
    /// Kill all containers and the sandbox.
    pub(crate) kill_pod: bool,
    /// Make a sandbox.
    pub(crate) create_sandbox: bool,
    /// Number of the new sandbox.
    pub(crate) attempt: u32,
    /// Containers to be killed.
    pub(crate) kill: Vec<KillOrder>,
    /// Ephemeral containers to be started.
    pub(crate) ephemeral: Vec<Slot>,
    /// Init containers to be started.
    pub(crate) inits: Vec<Slot>,
    /// Other containers to be started.
    pub(crate) apps: Vec<Slot>,
}

/// What the decision looks at.
#[derive(Clone, Copy)]
pub(crate) struct Situation<'a> {
    pub(crate) pod: &'a Pod,
    pub(crate) containers: Containers<'a>,
    pub(crate) runtime: &'a RuntimeStatus,
    /// The verdict of a probe about a container; `None` where there is none.
    pub(crate) verdict: &'a dyn Fn(Slot, ProbeKind) -> Option<Verdict>,
}

/// Decides what a sync does.
pub(crate) fn compute(s: Situation<'_>) -> Actions {
    let (containers, runtime) = (s.containers, s.runtime);
    let sandbox = runtime.sandbox.as_ref();
    let changed = sandbox.is_none_or(|b| !b.ready);
    let attempt = sandbox.map_or(0, |b| b.attempt + 1);
    let mut actions = Actions { kill_pod: changed, create_sandbox: changed, attempt: if changed { attempt } else { 0 }, ..Actions::default() };
    let any_record = runtime.runs.iter().any(|r| r.now.is_some());

    if changed {
        if pod_policy(containers) == "Never" && attempt != 0 && any_record {
            actions.create_sandbox = false;
            return actions;
        }
        let succeeded = |slot: Slot| runtime.now(slot).and_then(|r| r.exit_code()) == Some(0);
        let policy = |slot: Slot| {
            containers.get(slot).and_then(|c| c.restart_policy.as_deref()).filter(|p| !p.is_empty()).unwrap_or_else(|| pod_policy(containers)).to_owned()
        };
        let apps: Vec<Slot> = containers.apps().filter(|slot| !(policy(*slot) == "OnFailure" && succeeded(*slot))).collect();
        if apps.is_empty() && containers.apps().any(|slot| runtime.now(slot).is_some()) {
            actions.create_sandbox = false;
            return actions;
        }
        if containers.inits().is_empty() {
            actions.apps = apps;
        } else {
            actions.inits = vec![0];
        }
        return actions;
    }

    actions.ephemeral = (containers.first_ephemeral()..containers.len()).filter(|slot| runtime.now(*slot).is_none()).collect();
    if !compute_inits(s, &mut actions) || actions.kill_pod {
        return actions;
    }

    let mut kept = 0;
    for slot in containers.apps() {
        let name = containers.name(slot);
        if !runtime.running(slot) {
            if should_be_restarted(s.pod, containers, runtime, slot) {
                actions.apps.push(slot);
            }
            continue;
        }
        let mut restart = restart_allowed(containers, slot);
        let (reason, mut message) = if runtime.now(slot).is_some_and(|r| &*r.image != containers.image(slot)) {
            restart = true;
            (KillReason::Other, format!("Container {name} definition changed"))
        } else if (s.verdict)(slot, ProbeKind::Liveness) == Some(Verdict::Failure) {
            (KillReason::Liveness, format!("Container {name} failed liveness probe"))
        } else if (s.verdict)(slot, ProbeKind::Startup) == Some(Verdict::Failure) {
            (KillReason::Startup, format!("Container {name} failed startup probe"))
        } else {
            kept += 1;
            continue;
        };
        if restart {
            message.push_str(", will be restarted");
            actions.apps.push(slot);
        }
        actions.kill.push(KillOrder { slot, reason, message });
    }
    if kept == 0 && actions.apps.is_empty() {
        actions.kill_pod = true;
        actions.inits.clear();
        actions.kill.clear();
    }
    actions
}

/// Whether initialization is over; adds what init containers need.
fn compute_inits(s: Situation<'_>, actions: &mut Actions) -> bool {
    let (containers, runtime) = (s.containers, s.runtime);
    let inits = containers.inits().len();
    if inits == 0 {
        return true;
    }
    let mut initialized = containers.apps().any(|slot| matches!(runtime.now(slot).map(|r| &r.state), Some(RunState::Created | RunState::Running { .. })));
    let mut found = initialized;
    for slot in (0..inits).rev() {
        let sidecar = containers.role(slot) == Role::Sidecar;
        let Some(run) = runtime.now(slot) else {
            if found && sidecar {
                actions.inits.push(slot);
            }
            continue;
        };
        if found && !sidecar {
            continue;
        }
        let last = slot + 1 == inits;
        match &run.state {
            RunState::Created => actions.inits.push(slot),
            RunState::Running { .. } if !sidecar => {}
            RunState::Running { .. } => {
                let name = containers.name(slot);
                let mut waits = false;
                if containers.get(slot).is_some_and(|c| c.startup_probe.is_some()) {
                    match (s.verdict)(slot, ProbeKind::Startup) {
                        Some(Verdict::Success) => {}
                        Some(Verdict::Failure) => {
                            actions.kill.push(KillOrder { slot, reason: KillReason::Startup, message: format!("Init container {name} failed startup probe") });
                            actions.inits.push(slot);
                            waits = true;
                        }
                        Some(Verdict::Unknown) | None => waits = true,
                    }
                }
                if !waits {
                    if last {
                        initialized = true;
                    } else if !found {
                        actions.inits.push(slot + 1);
                    }
                    if &*run.image != containers.image(slot) {
                        actions.kill.push(KillOrder { slot, reason: KillReason::Other, message: format!("Init container {name} definition changed") });
                        actions.inits.push(slot);
                    } else if (s.verdict)(slot, ProbeKind::Liveness) == Some(Verdict::Failure) {
                        actions.kill.push(KillOrder { slot, reason: KillReason::Liveness, message: format!("Init container {name} failed liveness probe") });
                        actions.inits.push(slot);
                    }
                }
            }
            RunState::Unknown if sidecar || should_be_restarted(s.pod, containers, runtime, slot) && restart_allowed(containers, slot) => {
                let message = format!("Init container {} is in \"unknown\" state, try killing it before restart", containers.name(slot));
                actions.kill.push(KillOrder { slot, reason: KillReason::Other, message });
                actions.inits.push(slot);
            }
            RunState::Unknown => {
                actions.kill_pod = true;
                actions.inits.clear();
                return false;
            }
            RunState::Exited { .. } if sidecar => actions.inits.push(slot),
            RunState::Exited { code: 0, .. } => {
                if last {
                    initialized = true;
                } else {
                    actions.inits.push(slot + 1);
                }
            }
            RunState::Exited { .. } => {
                if should_be_restarted(s.pod, containers, runtime, slot) {
                    actions.inits.push(slot);
                } else {
                    actions.kill_pod = true;
                    actions.inits.clear();
                    return false;
                }
            }
        }
        found = true;
    }
    if !found {
        actions.inits.push(0);
    }
    actions.inits.reverse();
    initialized
}
