//! `TestPodPhase…`: the phase of a Pod.

use crate::kubelet::containers::{Containers, Slot};
use crate::kubelet::phase::phase;
use k8s_openapi::api::core::v1::{Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, PodSpec};

/// `R` running, `r` running and not started, `X<code>`, `W` waiting, `L<code>` waiting after an exit, `-` no status.
fn status(text: &str) -> Option<ContainerStatus> {
    let terminated = |code: &str| Some(ContainerStateTerminated { exit_code: code.parse().expect("an exit code"), ..ContainerStateTerminated::default() });
    let mut s = ContainerStatus { started: Some(text == "R"), ..ContainerStatus::default() };
    let (kind, code) = text.split_at(1);
    s.state = Some(match kind {
        "R" | "r" => ContainerState { running: Some(ContainerStateRunning::default()), ..ContainerState::default() },
        "X" => ContainerState { terminated: terminated(code), ..ContainerState::default() },
        "W" | "L" => ContainerState { waiting: Some(ContainerStateWaiting::default()), ..ContainerState::default() },
        _ => return None,
    });
    if kind == "L" {
        s.last_state = Some(ContainerState { terminated: terminated(code), ..ContainerState::default() });
    }
    Some(s)
}

/// Containers by kind: `i` init, `s` sidecar, `a` app; a `+` after the policy: nothing runs any more for good.
#[track_caller]
fn check(policy: &str, list: &str, expected: &str) {
    let terminal = policy.ends_with('+');
    let mut spec = PodSpec { restart_policy: Some(policy.trim_end_matches('+').into()), ..PodSpec::default() };
    let mut states = Vec::new();
    for (n, word) in list.split_whitespace().enumerate() {
        let (kind, state) = word.split_at(1);
        states.push(status(state));
        let own = match kind {
            "s" => Some("Always"),
            "n" => Some("Never"),
            _ => None,
        };
        let c = Container { name: format!("c{n}"), restart_policy: own.map(str::to_owned), ..Container::default() };
        if kind == "a" { spec.containers.push(c) } else { spec.init_containers.get_or_insert_default().push(c) }
    }
    let containers = Containers(&spec);
    let initialized = containers.apps().any(|s| states.get(s).is_some_and(Option::is_some));
    let found = |slot: Slot| states.get(slot).and_then(Option::as_ref);
    assert_eq!(phase(containers, found, terminal, initialized), expected, "{policy}: {list}");
}

#[test]
fn app_containers_decide_the_phase() {
    check("Always", "a- a-", "Pending");
    check("Never", "aR a-", "Pending");
    check("Never", "aR aW", "Pending");
    check("Never", "aR aX0", "Running");
    check("Never", "aX0 aX0", "Succeeded");
    check("Never", "aX1 aX1", "Failed");
    check("Always", "aX0 aX0", "Running");
    check("Always+", "aX0 aX0", "Succeeded");
    check("Always+", "aX1 aX0", "Failed");
    check("OnFailure", "aX0 aX1", "Running");
    check("OnFailure", "aX0 aX0", "Succeeded");
    check("Always", "aL1", "Running");
}

#[test]
fn init_containers_hold_the_pod_pending() {
    check("Never", "iR a- a-", "Pending");
    check("Never", "iX1 a- a-", "Failed");
    check("Never", "iL0 a- a-", "Pending");
    check("Never", "iL1 a- a-", "Failed");
    check("Never", "iW a- a-", "Pending");
    check("Never", "iX0 aR aR", "Running");
    check("Always", "iX1 a-", "Pending");
    check("Always", "iL1 a-", "Pending");
    check("Always", "nX1 a-", "Failed");
}

#[test]
fn sidecars_do_not_decide_the_end() {
    for state in ["R", "X0", "L1", "W"] {
        check("Always", &format!("s{state} a-"), "Pending");
    }
    check("Always", "sR aR a-", "Pending");
    check("Always", "sr aR aR", "Running");
    check("Always", "sX1 aR aR", "Running");
    check("Always", "sL1 aR aR", "Running");
    check("Never", "sR aX0 aX0", "Running");
    check("Never", "sX0 aX0 aX0", "Succeeded");
    check("Never", "sX1 aX0 aX0", "Succeeded");
    check("Always", "iR sR aR", "Pending");
    check("Always", "iX0 sR aX1", "Running");
}
