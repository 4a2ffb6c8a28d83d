//! The staircase of a Pod's resource requests.

use crate::view::{Request, RequestStep};
use podglass_cluster::kubelet::staircase::{Stair, running, stairs};
use podglass_cluster::manifest::Object;

/// The steps of a Pod's start with what they request; none for other objects, or where nothing is requested.
pub(super) fn steps(object: &Object) -> Vec<RequestStep> {
    let Object::Pod(pod) = object else { return Vec::new() };
    let Some(spec) = &pod.spec else { return Vec::new() };
    let stairs = stairs(spec);
    let of = |stair: &Stair, resource: &str| stair.sum.get(resource).copied().unwrap_or(0);
    let highest = |resource: &str| stairs.iter().map(|s| of(s, resource)).max().unwrap_or(0);
    let (cpu, memory) = (highest("cpu"), highest("memory"));
    if cpu == 0 && memory == 0 {
        return Vec::new();
    }
    let (running, _) = running(pod);
    let request = |amount: i128, highest: i128, text: String| Request {
        text,
        share: if highest == 0 { 0.0 } else { amount as f32 / highest as f32 },
        highest: highest != 0 && amount == highest,
    };
    stairs
        .iter()
        .map(|stair| RequestStep {
            running: stair.running.join(" + "),
            amounts: [request(of(stair, "cpu"), cpu, cores(of(stair, "cpu"))), request(of(stair, "memory"), memory, bytes(of(stair, "memory")))],
            now: stair.running == running,
        })
        .collect()
}

/// Thousandths of a core: `250m`, `2`.
fn cores(milli: i128) -> String {
    if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") }
}

/// Thousandths of a byte, in the largest binary unit that leaves nothing over: `64Mi`.
fn bytes(milli: i128) -> String {
    let mut bytes = milli / 1000;
    let mut unit = "";
    for next in ["Ki", "Mi", "Gi", "Ti"] {
        if bytes == 0 || bytes % 1024 != 0 {
            break;
        }
        bytes /= 1024;
        unit = next;
    }
    format!("{bytes}{unit}")
}
