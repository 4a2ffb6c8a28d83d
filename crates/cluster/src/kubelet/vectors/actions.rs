//! `TestComputePodActions…`: what a sync does.

use super::{pod, runtime, startup_probe};
use crate::journal::ProbeKind::{self, Liveness, Startup};
use crate::kubelet::actions::{Situation, Verdict, compute};
use crate::kubelet::containers::{Containers, Slot};

type Known<'a> = &'a [(Slot, ProbeKind, Verdict)];

/// Prints actions: `pod` kill of the Pod, `box` new sandbox, `-x` kill, `+x` start.
#[track_caller]
fn check(inits: char, policy: &str, ready: bool, states: &str, probes: Known<'_>, expected: &str) {
    let mut pod = pod(inits, policy);
    for (slot, kind, _) in probes {
        if *kind == Startup {
            startup_probe(&mut pod, *slot);
        }
    }
    let spec = pod.spec.clone().expect("a spec");
    let containers = Containers(&spec);
    let runtime = runtime(Some(ready), states);
    let verdict = |slot, kind| probes.iter().find(|(s, k, _)| *s == slot && *k == kind).map(|(_, _, v)| *v);
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
    assert_eq!(words.join(" "), expected, "{inits} {policy} {states}");
}

#[test]
fn regular_init_containers_run_one_after_the_other() {
    check('i', "Always", true, "X0 X0 X0 - - -", &[], "+a0 +a1 +a2");
    check('i', "Always", true, "- - - - - -", &[], "+i0");
    check('i', "Always", true, "X0 X0 R - - -", &[], "");
    check('i', "Always", true, "- - R - - -", &[], "");
    check('i', "Always", true, "X0 X0 C - - -", &[], "+i2");
}

#[test]
fn a_failed_init_container_is_retried_by_policy() {
    check('i', "Always", true, "X0 X0 X137 - - -", &[], "+i2");
    check('i', "OnFailure", true, "X0 X0 X137 - - -", &[], "+i2");
    check('i', "Never", true, "X0 X0 X137 - - -", &[], "pod");
}

#[test]
fn a_lost_sandbox_starts_the_pod_anew_unless_it_never_restarts() {
    check('i', "Always", false, "X0 X0 X0 R R R", &[], "pod box +i0");
    check('i', "Never", false, "X0 X0 X0 R R R", &[], "pod");
    check('i', "Never", false, "- - - - - -", &[], "pod box +i0");
    check('i', "OnFailure", false, "X0 X0 X137 - - -", &[], "pod box +i0");
}

#[test]
fn sidecars_start_in_order_and_gate_by_their_startup_probe() {
    check('s', "Always", true, "R R R - - -", &[], "+a0 +a1 +a2");
    check('s', "Always", true, "- - - - - -", &[], "+s0");
    check('s', "Always", true, "R - - - - -", &[], "+s1");
    check('s', "Always", true, "R R - - - -", &[(1, Liveness, Verdict::Unknown)], "+s2");
    check('s', "Always", true, "R R - - - -", &[(1, Startup, Verdict::Unknown)], "");
    check('s', "Always", true, "R R - - - -", &[(1, Startup, Verdict::Success)], "+s2");
    check('s', "Always", true, "R R R - - -", &[(2, Startup, Verdict::Failure)], "-s2 +s2");
    check('s', "Always", true, "R R R - - -", &[(2, Liveness, Verdict::Failure)], "-s2 +s2 +a0 +a1 +a2");
}

#[test]
fn sidecars_restart_whatever_the_policy() {
    check('s', "Always", true, "X0 R X0 - - -", &[], "+s0 +s2");
    check('s', "Always", true, "X0 R R - - -", &[], "+s0 +a0 +a1 +a2");
    check('s', "Never", true, "R R X137 - - -", &[], "+s2");
    check('s', "Never", true, "R R X137 R R R", &[], "+s2");
}

#[test]
fn sidecars_end_with_the_last_app_container() {
    check('s', "Never", true, "R R R X0 X0 X0", &[], "pod");
    check('s', "Never", false, "R R X137 - - -", &[], "pod");
    check('s', "Always", false, "R R X137 - - -", &[], "pod box +s0");
}

#[test]
fn a_failed_liveness_probe_restarts_the_container_in_one_sync() {
    check('s', "Always", true, "R R R R R R", &[(4, Liveness, Verdict::Failure)], "-a1 +a1");
    check('s', "Never", true, "R R R R R R", &[(4, Liveness, Verdict::Failure)], "-a1");
}
