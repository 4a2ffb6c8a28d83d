//! The row of a Pod (`printPod`).

use crate::json::Look;
use crate::moment::{self, Moment};
use serde_json::Value;

/// NAME READY STATUS RESTARTS AGE IP NODE NOMINATED-NODE READINESS-GATES
pub(super) fn cells(pod: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let (ready, status, restarts) = summary(pod, now);
    let none = |text: &str| if text.is_empty() { "<none>".to_owned() } else { text.to_owned() };
    let gates = pod.list("spec.readinessGates");
    let met = gates.iter().filter(|g| condition(pod, g.text("conditionType")) == Some("True")).count();
    vec![
        pod.name().to_owned(),
        ready,
        status,
        restarts,
        super::age(pod, now),
        none(pod.list("status.podIPs").first().map_or_else(|| pod.text("status.podIP"), |p| p.text("ip"))),
        none(pod.text("spec.nodeName")),
        none(pod.text("status.nominatedNodeName")),
        if gates.is_empty() { "<none>".to_owned() } else { format!("{met}/{}", gates.len()) },
    ]
}

/// The status of a condition.
pub(crate) fn condition<'v>(object: &'v Value, kind: &str) -> Option<&'v str> {
    object.list("status.conditions").iter().find(|c| c.text("type") == kind).map(|c| c.text("status"))
}

/// READY, STATUS and RESTARTS.
pub(crate) fn summary(pod: &Value, now: Moment) -> (String, String, String) {
    let init_specs = pod.list("spec.initContainers");
    let sidecar = |name: &str| init_specs.iter().any(|c| c.text("name") == name && c.text("restartPolicy") == "Always");
    let sidecars = init_specs.iter().filter(|c| c.text("restartPolicy") == "Always").count();
    let total = pod.list("spec.containers").len() + sidecars;
    let (mut ready, mut restarts, mut side_restarts) = (0, 0, 0);
    let (mut last, mut side_last): (Option<Moment>, Option<Moment>) = (None, None);
    let reason_of_pod = pod.text("status.reason");
    let mut reason = if reason_of_pod.is_empty() { pod.text("status.phase").to_owned() } else { reason_of_pod.to_owned() };
    if pod.list("status.conditions").iter().any(|c| c.text("type") == "PodScheduled" && c.text("reason") == "SchedulingGated") {
        "SchedulingGated".clone_into(&mut reason);
    }
    let finished = |status: &Value| status.at("lastState.terminated.finishedAt").as_str().and_then(Moment::parse);
    let ended = |terminated: &Value| {
        if !terminated.text("reason").is_empty() {
            terminated.text("reason").to_owned()
        } else if terminated.int("signal") != 0 {
            format!("Signal:{}", terminated.int("signal"))
        } else {
            format!("ExitCode:{}", terminated.int("exitCode"))
        }
    };
    let mut initializing = false;
    for (i, status) in pod.list("status.initContainerStatuses").iter().enumerate() {
        restarts += status.int("restartCount");
        last = last.max(finished(status));
        let side = sidecar(status.text("name"));
        if side {
            side_restarts += status.int("restartCount");
            side_last = side_last.max(finished(status));
        }
        let terminated = status.at("state.terminated");
        let waiting = status.text("state.waiting.reason");
        if terminated.is_object() && terminated.int("exitCode") == 0 {
            continue;
        }
        if side && status.truth("started") {
            ready += usize::from(status.truth("ready"));
            continue;
        }
        if terminated.is_object() {
            reason = format!("Init:{}", ended(terminated));
        } else if !waiting.is_empty() && waiting != "PodInitializing" {
            reason = format!("Init:{waiting}");
        } else {
            reason = format!("Init:{i}/{}", init_specs.len());
        }
        initializing = true;
        break;
    }
    if !initializing || condition(pod, "Initialized") == Some("True") {
        (restarts, last) = (side_restarts, side_last);
        let (mut running, mut error) = (false, None);
        for status in pod.list("status.containerStatuses").iter().rev() {
            restarts += status.int("restartCount");
            last = last.max(finished(status));
            let terminated = status.at("state.terminated");
            if !status.text("state.waiting.reason").is_empty() {
                status.text("state.waiting.reason").clone_into(&mut reason);
            } else if terminated.is_object() {
                reason = ended(terminated);
                if terminated.int("exitCode") != 0 || terminated.int("signal") != 0 {
                    error = Some(reason.clone());
                }
            } else if status.truth("ready") && status.has("state.running") {
                running = true;
                ready += 1;
            }
        }
        if reason == "Completed" {
            if running {
                reason.clear();
                reason.push_str(if condition(pod, "Ready") == Some("True") { "Running" } else { "NotReady" });
            } else if let Some(error) = error {
                reason = error;
            }
        }
    }
    if pod.has("metadata.deletionTimestamp") {
        if reason_of_pod == "NodeLost" {
            "Unknown".clone_into(&mut reason);
        } else if !matches!(pod.text("status.phase"), "Succeeded" | "Failed") {
            "Terminating".clone_into(&mut reason);
        }
    }
    let restarts = match last {
        Some(last) if restarts != 0 => format!("{restarts} ({} ago)", moment::human(now.0 - last.0)),
        _ => restarts.to_string(),
    };
    (format!("{ready}/{total}"), reason, restarts)
}
