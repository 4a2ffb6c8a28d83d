//! `TestComputePodActions…`: what a sync does.

use super::{Case, cases};
use crate::SimTime;
use crate::journal::ProbeKind;
use crate::kubelet::actions::{Situation, Verdict, compute};
use crate::kubelet::containers::{Containers, RunRecord, RunState, Runs, RuntimeStatus, Sandbox, Slot};
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec, Probe};
use podglass_runtime::{ContainerId, SandboxId};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// A Pod with three init containers of one sort (`s` or `i`) and three others.
fn pod(inits: char, policy: &str) -> Pod {
    let one =
        |name: String, sidecar: bool| Container { name, image: Some("x".into()), restart_policy: sidecar.then(|| "Always".into()), ..Container::default() };
    let spec = PodSpec {
        restart_policy: Some(policy.into()),
        init_containers: Some((0..3).map(|n| one(format!("{inits}{n}"), inits == 's')).collect()),
        containers: (0..3).map(|n| one(format!("a{n}"), false)).collect(),
        ..PodSpec::default()
    };
    Pod { spec: Some(spec), ..Pod::default() }
}

fn run(slot: Slot, state: RunState) -> RunRecord {
    RunRecord {
        id: Some(ContainerId(slot as u32)),
        name: "id".into(),
        restart: 0,
        image: "x".into(),
        resolved: Rc::new(("x".into(), "x".into())),
        user: (0, 0),
        state,
    }
}

fn runtime(ready: bool, states: &str) -> RuntimeStatus {
    let runs = states.split_whitespace().enumerate().map(|(slot, s)| {
        let state = match s {
            "R" => Some(RunState::Running { started: SimTime::ZERO }),
            "C" => Some(RunState::Created),
            "U" => Some(RunState::Unknown),
            "-" => None,
            x => Some(RunState::Exited {
                started: Some(SimTime::ZERO),
                finished: SimTime::ZERO,
                code: x.trim_start_matches('X').parse().expect("an exit code"),
                reason: "Error",
                message: "".into(),
            }),
        };
        Runs { now: state.map(|s| Rc::new(run(slot, s))), before: None }
    });
    let sandbox = Some(Sandbox { id: SandboxId(0), ip: Ipv4Addr::LOCALHOST, ready, attempt: 0 });
    RuntimeStatus { sandbox, runs: runs.collect() }
}

fn slot_of(name: &str) -> Slot {
    let n: Slot = name.get(1..).and_then(|n| n.parse().ok()).expect("a letter and a number");
    if name.starts_with('a') { n + 3 } else { n }
}

fn check(case: &Case) {
    let inits = case.text("inits").chars().next().unwrap_or('i');
    let policies = Some(case.text("policy")).filter(|p| !p.is_empty()).unwrap_or_else(|| "Always".into());
    let probes = case.text("probes");
    let words: Vec<&str> = probes.split_whitespace().collect();
    let known: Vec<(Slot, ProbeKind, Verdict)> = words
        .chunks(3)
        .map(|w| {
            let kind = if w[1] == "startup" { ProbeKind::Startup } else { ProbeKind::Liveness };
            let verdict = match w[2] {
                "success" => Verdict::Success,
                "failure" => Verdict::Failure,
                _ => Verdict::Unknown,
            };
            (slot_of(w[0]), kind, verdict)
        })
        .collect();
    for policy in policies.split_whitespace() {
        let mut pod = pod(inits, policy);
        let list = pod.spec.as_mut().and_then(|s| s.init_containers.as_mut()).expect("init containers");
        for (slot, kind, _) in &known {
            if *kind == ProbeKind::Startup {
                list[*slot].startup_probe = Some(Probe::default());
            }
        }
        if case.has("changed") {
            list[slot_of(&case.text("changed"))].image = Some("another".into());
        }
        let spec = pod.spec.clone().expect("a spec");
        let containers = Containers(&spec);
        let runtime = runtime(case.text("sandbox") != "lost", &case.text("states"));
        let verdict = |slot, kind| known.iter().find(|(s, k, _)| *s == slot && *k == kind).map(|(_, _, v)| *v);
        let a = compute(Situation { pod: &pod, containers, runtime: &runtime, verdict: &verdict });
        let mut words = Vec::new();
        if a.kill_pod {
            words.push("pod".to_owned());
        }
        if a.create_sandbox {
            words.push("box".to_owned());
        }
        words.extend(a.kill.iter().map(|k| format!("-{}", containers.name(k.slot))));
        words.extend(a.inits.iter().chain(&a.apps).map(|s| format!("+{}", containers.name(*s))));
        assert_eq!(words.join(" "), case.text("expect"), "{policy}");
    }
}

cases! { "actions.yaml", check:
    v01_all_init_containers_succeeded
    v02_nothing_has_a_status
    v03_the_last_init_container_runs
    v04_the_sandbox_is_lost
    v05_the_last_init_container_failed_always
    v06_the_last_init_container_failed_on_failure
    v07_the_last_init_container_failed_never
    v08_an_unknown_init_container_is_killed_and_started
    v09_an_unknown_init_container_with_never
    v10_a_lost_sandbox_with_never_ends_the_pod
    v11_a_lost_sandbox_with_never_and_no_records
    v12_a_lost_sandbox_on_failure_begins_anew
    v13_missing_records_are_not_run_again
    v14_a_created_init_container_is_started
    v15_all_sidecars_run
    v16_no_sidecar_has_a_status
    v17_the_first_sidecar_runs
    v18_liveness_does_not_gate
    v19_a_startup_probe_without_result_gates
    v20_a_successful_startup_probe_opens
    v21_a_failed_liveness_probe_restarts_and_the_apps_start
    v22_a_failed_startup_probe_restarts_and_no_app_starts
    v23_a_changed_image_restarts_the_sidecar
    v24_two_sidecars_exited
    v25_the_first_sidecar_exited
    v26_a_failed_sidecar_ignores_never
    v27_an_unknown_sidecar_ignores_never
    v28_a_failed_sidecar_beside_running_apps
    v29_all_apps_succeeded
    v30_a_lost_sandbox_with_sidecars_and_never
    v30b_a_lost_sandbox_with_sidecars
}
