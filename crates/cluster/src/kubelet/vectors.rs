//! Test vectors of the kubelet's decisions, by the names of the upstream tests they come from.

mod actions;
mod phase;

use super::containers::{RunRecord, RunState, Runs, RuntimeStatus, Sandbox, Slot};
use crate::SimTime;
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

fn startup_probe(pod: &mut Pod, slot: usize) {
    if let Some(c) = pod.spec.as_mut().and_then(|s| s.init_containers.as_mut()).and_then(|i| i.get_mut(slot)) {
        c.startup_probe = Some(Probe::default());
    }
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

/// `R` running, `X<code>` exited, `C` created, `-` unknown to the runtime.
fn runtime(ready: Option<bool>, states: &str) -> RuntimeStatus {
    let runs = states.split_whitespace().enumerate().map(|(slot, s)| {
        let state = match s {
            "R" => Some(RunState::Running { started: SimTime::ZERO }),
            "C" => Some(RunState::Created),
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
    let sandbox = ready.map(|ready| Sandbox { id: SandboxId(0), ip: Ipv4Addr::LOCALHOST, ready, attempt: 0 });
    RuntimeStatus { sandbox, runs: runs.collect() }
}
