//! Resources as a status shows them, and their change in a running Pod
//! (follows pkg/kubelet/allocation and `computePodResizeAction` in kuberuntime_manager.go).

use super::containers::{Containers, Slot};
use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

type List = BTreeMap<String, Quantity>;

/// What was granted to a container: its requests.
pub(crate) fn allocated(containers: Containers<'_>, slot: Slot) -> Option<List> {
    containers.get(slot)?.resources.as_ref()?.requests.clone().filter(|r| !r.is_empty())
}

fn format(resource: &str, milli: i128) -> String {
    if resource == "cpu" {
        return if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") };
    }
    let bytes = milli / 1000;
    for (shift, unit) in [(40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")] {
        if bytes != 0 && bytes % (1i128 << shift) == 0 {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

fn sum(lists: impl Iterator<Item = List>) -> Option<List> {
    let mut seen: BTreeMap<String, (usize, Quantity, i128)> = BTreeMap::new();
    for list in lists {
        for (name, q) in list {
            let milli = super::resources::milli(&q).unwrap_or(0);
            let slot = seen.entry(name).or_insert((0, q, 0));
            slot.0 += 1;
            slot.2 += milli;
        }
    }
    let list: List = seen.into_iter().map(|(name, (n, first, milli))| if n == 1 { (name, first) } else { let text = format(&name, milli); (name, Quantity(text)) }).collect();
    (!list.is_empty()).then_some(list)
}

/// What the Pod's containers ask for together.
pub(crate) fn pod_requests(containers: Containers<'_>) -> Option<List> {
    sum(containers.apps().filter_map(|s| containers.get(s)?.resources.as_ref()?.requests.clone()))
}

/// Resources of the Pod: those that its containers have now (`applied`), else those of the spec.
pub(crate) fn pod_resources(containers: Containers<'_>, applied: &BTreeMap<Slot, ResourceRequirements>) -> ResourceRequirements {
    let of = |s: Slot| applied.get(&s).or_else(|| containers.get(s)?.resources.as_ref());
    ResourceRequirements {
        limits: sum(containers.apps().filter_map(|s| of(s)?.limits.clone())),
        requests: sum(containers.apps().filter_map(|s| of(s)?.requests.clone())),
        claims: None,
    }
}
