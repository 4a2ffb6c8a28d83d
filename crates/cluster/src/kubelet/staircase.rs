//! What a Pod asks for over its life, as a staircase: init containers one after the other, each on top of the sidecars
//! before it, at last everything that runs together (the steps that `AggregateContainerRequests` in
//! component-helpers/resource/helpers.go takes the highest of).

use super::resources::{Amounts, is_sidecar, requests};
use crate::journal::{Fact, Journal};
use crate::{RecordId, SimTime};
use k8s_openapi::api::core::v1::{Pod, PodSpec};
use podglass_manifest::{Object, ObjectKey};

/// One step of the staircase that a spec foresees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stair {
    /// The containers that run in it, in the order of the spec.
    pub running: Vec<String>,
    /// What they ask for together, in thousandths of each resource's unit.
    pub sum: Amounts,
}

fn add(into: &mut Amounts, other: &Amounts) {
    for (k, v) in other {
        *into.entry(k.clone()).or_default() += v;
    }
}

/// The steps of a Pod's life in their order. The highest of each resource is what the scheduler reserves
/// ([`super::resources::effective_requests`]), unless the Pod asks for itself as a whole.
pub fn stairs(spec: &PodSpec) -> Vec<Stair> {
    let overhead = spec.overhead.iter().flatten().filter_map(|(k, q)| Some((k.clone(), super::resources::milli(q)?))).collect();
    let mut kept = Stair { running: Vec::new(), sum: overhead };
    let mut all = Vec::new();
    for c in spec.init_containers.iter().flatten() {
        let mut step = kept.clone();
        step.running.push(c.name.clone());
        add(&mut step.sum, &requests(c));
        if is_sidecar(c) {
            kept = step.clone();
        }
        all.push(step);
    }
    for c in &spec.containers {
        kept.running.push(c.name.clone());
        add(&mut kept.sum, &requests(c));
    }
    all.push(kept);
    all
}

/// A moment at which other containers run than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When the API showed it.
    pub at: SimTime,
    /// The record that shows it.
    pub record: RecordId,
    /// The containers that run from then on.
    pub running: Vec<String>,
    /// What they ask for together, in thousandths of each resource's unit.
    pub sum: Amounts,
}

/// What the running containers of a Pod asked for over time, as its status told it.
pub fn over_time(journal: &Journal, pod: &ObjectKey) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for record in journal.records() {
        let (object, gone) = match &record.fact {
            Fact::Created(o) | Fact::Updated { after: o, .. } => (o, false),
            Fact::Deleted(o) => (o, true),
            _ => continue,
        };
        let Object::Pod(found) = &**object else { continue };
        if object.name() != pod.name || object.namespace() != pod.namespace {
            continue;
        }
        let (running, sum) = if gone { (Vec::new(), Amounts::new()) } else { running(found) };
        if turns.last().map_or(!running.is_empty(), |t| t.running != running || t.sum != sum) {
            turns.push(Turn { at: record.at, record: record.id, running, sum });
        }
    }
    turns
}

/// The containers that run by a Pod's status, and what they ask for, in thousandths of each resource's unit.
pub fn running(pod: &Pod) -> (Vec<String>, Amounts) {
    let (mut running, mut sum) = (Vec::new(), Amounts::new());
    let (Some(spec), Some(status)) = (&pod.spec, &pod.status) else { return (running, sum) };
    let statuses = || status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten());
    for c in spec.init_containers.iter().flatten().chain(&spec.containers) {
        if statuses().any(|s| s.name == c.name && s.state.as_ref().is_some_and(|s| s.running.is_some())) {
            running.push(c.name.clone());
            add(&mut sum, &requests(c));
        }
    }
    (running, sum)
}
