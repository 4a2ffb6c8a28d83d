//! `TestPodPhase…`: the phase of a Pod.

use super::{Case, cases};
use crate::kubelet::containers::{Containers, Slot};
use crate::kubelet::phase::phase;
use k8s_openapi::api::core::v1::{
    Container, ContainerRestartRule, ContainerRestartRuleOnExitCodes, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
    ContainerStatus, PodSpec,
};

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

fn on_42() -> ContainerRestartRule {
    let exit_codes = ContainerRestartRuleOnExitCodes { operator: "In".into(), values: Some(vec![42]) };
    ContainerRestartRule { action: "Restart".into(), exit_codes: Some(exit_codes) }
}

fn check(case: &Case) {
    for policy in case.text("policy").split_whitespace() {
        for list in case.list("statuses") {
            let mut spec = PodSpec { restart_policy: Some(policy.trim_end_matches('+').into()), ..PodSpec::default() };
            let mut states = Vec::new();
            for (n, word) in list.split_whitespace().enumerate() {
                let (kind, state) = word.split_at(1);
                states.push(status(state));
                let mut c = Container { name: format!("c{n}"), ..Container::default() };
                c.restart_policy = match kind {
                    "s" => Some("Always".into()),
                    "n" => Some("Never".into()),
                    _ => None,
                };
                if kind == "a" && case.has("restartOn42") {
                    c.restart_policy = Some("Never".into());
                    c.restart_policy_rules = Some(vec![on_42()]);
                }
                if kind == "a" { spec.containers.push(c) } else { spec.init_containers.get_or_insert_default().push(c) }
            }
            let containers = Containers(&spec);
            let initialized = containers.apps().any(|s| states.get(s).is_some_and(Option::is_some));
            let found = |slot: Slot| states.get(slot).and_then(Option::as_ref);
            assert_eq!(phase(containers, found, policy.ends_with('+'), initialized), case.text("expect"), "{policy}: {list}");
        }
    }
}

cases! { "phase.yaml", check:
    v31_no_status
    v32_the_second_app_has_no_status
    v33_the_second_app_waits
    v34_the_second_app_exited
    v35_all_apps_succeeded
    v35b_all_apps_failed
    v36_exited_apps_that_will_run_again
    v37_an_ended_pod_succeeded
    v37b_an_ended_pod_failed
    v38_a_failed_app_will_run_again
    v38b_all_succeeded_on_failure
    v39_an_init_container_runs_or_waits
    v39b_an_init_container_failed
    v39c_the_init_container_is_done
    v40_a_failed_init_container_will_run_again
    v41_a_sidecar_alone
    v42_the_second_app_is_not_there_yet
    v43_the_sidecar_is_not_started
    v44_the_sidecar_ended
    v45_the_apps_are_done_the_sidecar_runs
    v46_the_sidecar_exit_code_does_not_count
    v47_a_running_init_container_always_wins
    v48_the_app_exited_and_will_run_again
    v49_the_second_app_cannot_be_created
    v50_a_crash_loop
    v51_a_rule_restarts_on_exit_42
    v51b_the_rule_does_not_match
    v52_an_init_container_with_its_own_never
}
