//! ReplicaSets and ReplicationControllers: so many Pods of one template (follows pkg/controller/replicaset/replica_set.go).

use super::Context;
use super::pods::{self, available_at, controller_of, from_template, is_active, is_ready, is_terminal, is_terminating, unless_zero};
use super::ranking::{Ranked, compare, unix};
use crate::action::Propagation;
use crate::api_server::controller_reference;
use crate::labels;
use crate::typed::Typed;
use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetCondition, ReplicaSetStatus};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec, ReplicationController, ReplicationControllerCondition, ReplicationControllerStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use podglass_manifest::{Kind, Object, ObjectKey};
use std::collections::BTreeMap;
use std::rc::Rc;

/// At most so many Pods are made or deleted in one sync.
const BURST: usize = 500;
/// Milliseconds between two batches of one sync.
const BATCH: u64 = 12;

/// What is remembered between syncs.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplicaSets {
    running: BTreeMap<ObjectKey, Run>,
    failures: BTreeMap<ObjectKey, u32>,
}

/// A sync that still creates: batches of 1, 2, 4, 8, … until one fails.
#[derive(Clone, Debug)]
struct Run {
    uid: String,
    left: usize,
    size: usize,
    counts: Counts,
}

/// What the status counts.
#[derive(Clone, Debug, Default, PartialEq)]
struct Counts {
    replicas: i32,
    labelled: i32,
    ready: i32,
    available: i32,
    terminating: i32,
    failure: Option<(&'static str, String)>,
}

/// What a ReplicaSet and a ReplicationController have in common.
struct Set {
    object: Rc<Object>,
    replicas: usize,
    selector: LabelSelector,
    template: Option<PodTemplateSpec>,
    min_ready: i32,
    component: &'static str,
}

impl Set {
    fn of(object: &Rc<Object>) -> Option<Set> {
        match &**object {
            Object::ReplicaSet(rs) => {
                let spec = &rs.spec;
                Some(Set {
                    object: object.clone(),
                    replicas: spec.replicas.unwrap_or(1).max(0) as usize,
                    selector: spec.selector.clone(),
                    template: spec.template.clone(),
                    min_ready: spec.min_ready_seconds.unwrap_or(0),
                    component: "replicaset-controller",
                })
            }
            Object::ReplicationController(rc) => {
                let spec = rc.spec.as_ref()?;
                Some(Set {
                    object: object.clone(),
                    replicas: spec.replicas.unwrap_or(1).max(0) as usize,
                    selector: LabelSelector { match_labels: spec.selector.clone(), match_expressions: None },
                    template: spec.template.clone(),
                    min_ready: spec.min_ready_seconds.unwrap_or(0),
                    component: "replication-controller",
                })
            }
            _ => None,
        }
    }
}

/// Whether a ReplicaSet or ReplicationController selects a Pod.
pub(crate) fn selects(set: &Object, pod: &Object) -> bool {
    let labels = pod.metadata().labels.as_ref();
    match set {
        Object::ReplicaSet(rs) => !labels::is_empty(&rs.spec.selector) && labels::matches(&rs.spec.selector, labels),
        Object::ReplicationController(rc) => rc.spec.as_ref().and_then(|s| s.selector.as_ref()).is_some_and(|s| !s.is_empty() && labels::includes(labels, s)),
        _ => false,
    }
}

/// Whether a change of a Pod matters to whoever counts Pods.
pub(crate) fn pod_differs(before: &Object, after: &Object) -> bool {
    let (Some(a), Some(b)) = (Pod::of(before), Pod::of(after)) else { return true };
    pods::phase(a) != pods::phase(b)
        || is_ready(a) != is_ready(b)
        || pods::ready_since(a) != pods::ready_since(b)
        || a.metadata.deletion_timestamp != b.metadata.deletion_timestamp
        || a.metadata.labels != b.metadata.labels
        || a.metadata.owner_references != b.metadata.owner_references
        || a.spec.as_ref().map(|s| &s.node_name) != b.spec.as_ref().map(|s| &s.node_name)
}

impl ReplicaSets {
    /// Brings the number of Pods to what the spec says, then writes the status.
    pub(crate) fn sync(&mut self, cx: &mut Context<'_>, key: &ObjectKey) {
        let Some(set) = cx.api.find(key).and_then(Set::of) else {
            self.running.remove(key);
            self.failures.remove(key);
            return;
        };
        if let Some(run) = self.running.remove(key).filter(|r| r.uid == set.object.uid()) {
            return self.create(cx, key, &set, run);
        }
        let (owned, terminating) = claim(cx, &set);
        let mut counts = count(cx, &set, &owned, terminating);
        if set.object.metadata().deletion_timestamp.is_none() {
            if owned.len() < set.replicas {
                let run = Run { uid: set.object.uid().to_owned(), left: (set.replicas - owned.len()).min(BURST), size: 1, counts };
                return self.create(cx, key, &set, run);
            }
            if owned.len() > set.replicas {
                counts.failure = delete(cx, &set, &owned);
            }
        }
        self.failures.remove(key);
        write(cx, &set, counts);
        look_again(cx, key, &set, &owned);
    }

    /// Creates one batch. The next one follows a little later; the status is written after the last.
    fn create(&mut self, cx: &mut Context<'_>, key: &ObjectKey, set: &Set, mut run: Run) {
        let Some(template) = &set.template else { return };
        let gone = set.object.metadata().deletion_timestamp.is_some();
        let batch = if gone { 0 } else { run.size.min(run.left) };
        let mut made = 0;
        for _ in 0..batch {
            let pod = from_template(template, &set.object, controller_reference(&set.object), None);
            match cx.create(pod) {
                Ok(pod) => {
                    made += 1;
                    cx.normal(&set.object, set.component, "SuccessfulCreate", &format!("Created pod: {}", pod.name()));
                }
                Err(refusal) => {
                    if !refusal.message.contains("because it is being terminated") {
                        cx.warning(&set.object, set.component, "FailedCreate", &format!("Error creating: {}", refusal.message));
                    }
                    run.counts.failure = Some(("FailedCreate", refusal.message));
                    break;
                }
            }
        }
        run.left -= made;
        if run.counts.failure.is_some() {
            write(cx, set, run.counts);
            let n = self.failures.entry(key.clone()).or_default();
            *n = (*n + 1).min(18);
            return cx.again(key, (5u64 << *n).min(1_000_000));
        }
        if run.left > 0 && made > 0 {
            run.size *= 2;
            self.running.insert(key.clone(), run);
            return cx.again(key, BATCH);
        }
        self.failures.remove(key);
        write(cx, set, run.counts);
        cx.again(key, BATCH);
    }
}

/// The active Pods of a set, after adopting those that match and letting go those that do not; and how many are terminating.
fn claim(cx: &mut Context<'_>, set: &Set) -> (Vec<Rc<Object>>, i32) {
    let uid = set.object.uid().to_owned();
    let (mut mine, mut released, mut terminating) = (Vec::new(), Vec::new(), 0);
    for o in cx.index.controlled(&uid, Kind::Pod) {
        let Some(pod) = Pod::of(o) else { continue };
        if !labels::matches(&set.selector, o.metadata().labels.as_ref()) {
            if is_active(pod) {
                released.push(o.key());
            }
        } else if is_active(pod) {
            mine.push(o.clone());
        } else if is_terminating(pod) && !is_terminal(pod) {
            terminating += 1;
        }
    }
    for key in released {
        let _ = cx.api.update(&key, cx.cause, |o| {
            if let Some(all) = &mut o.metadata_mut().owner_references {
                all.retain(|r| r.uid != uid);
            }
            let m = o.metadata_mut();
            m.owner_references = m.owner_references.take().filter(|r| !r.is_empty());
        });
    }
    if set.object.metadata().deletion_timestamp.is_none() {
        let free: Vec<Rc<Object>> = cx.index.free(Kind::Pod, set.object.namespace()).filter(|o| selects(&set.object, o)).cloned().collect();
        for o in free {
            if Pod::of(&o).is_some_and(is_active)
                && controller_of(o.metadata()).is_none()
                && let Ok(adopted) =
                    cx.api.update(&o.key(), cx.cause, |p| p.metadata_mut().owner_references.get_or_insert_default().push(controller_reference(&set.object)))
            {
                mine.push(adopted);
            }
        }
    }
    (mine, terminating)
}

fn count(cx: &Context<'_>, set: &Set, owned: &[Rc<Object>], terminating: i32) -> Counts {
    let wanted = set.template.as_ref().and_then(|t| t.metadata.as_ref()).and_then(|m| m.labels.as_ref());
    let mut counts = Counts { replicas: owned.len() as i32, terminating, ..Counts::default() };
    for pod in owned.iter().filter_map(|o| Pod::of(o)) {
        if wanted.is_none_or(|w| labels::includes(pod.metadata.labels.as_ref(), w)) {
            counts.labelled += 1;
        }
        if is_ready(pod) {
            counts.ready += 1;
            if pods::is_available(cx.api, pod, set.min_ready) {
                counts.available += 1;
            }
        }
    }
    counts
}

/// Deletes surplus Pods, the least useful first.
fn delete(cx: &mut Context<'_>, set: &Set, owned: &[Rc<Object>]) -> Option<(&'static str, String)> {
    let surplus = (owned.len() - set.replicas).min(BURST);
    let mut order: Vec<&Rc<Object>> = owned.iter().collect();
    if surplus < owned.len() {
        let relatives = on_nodes(cx, set);
        let now = unix(cx.api);
        let rank = |pod: &Pod| pod.spec.as_ref().and_then(|s| s.node_name.as_ref()).and_then(|n| relatives.get(n)).copied().unwrap_or(0);
        let born = |pod: &Pod| cx.index.born(pod.metadata.uid.as_deref().unwrap_or_default());
        order.sort_by(|a, b| match (Pod::of(a), Pod::of(b)) {
            (Some(p), Some(q)) => compare(Ranked { pod: p, rank: rank(p), born: born(p) }, Ranked { pod: q, rank: rank(q), born: born(q) }, now),
            _ => std::cmp::Ordering::Equal,
        });
    }
    let keys: Vec<ObjectKey> = order.iter().take(surplus).map(|o| o.key()).collect();
    for key in keys {
        match cx.api.delete(&key, None, Propagation::Background, cx.cause) {
            Ok(_) => cx.normal(&set.object, set.component, "SuccessfulDelete", &format!("Deleted pod: {}", key.name)),
            Err(refusal) if refusal.reason == "NotFound" => {}
            Err(refusal) => {
                cx.warning(&set.object, set.component, "FailedDelete", &format!("Error deleting: {}", refusal.message));
                return Some(("FailedDelete", refusal.message));
            }
        }
    }
    None
}

/// How many active Pods of the same family (all sets of one Deployment) each node has.
fn on_nodes(cx: &Context<'_>, set: &Set) -> BTreeMap<String, usize> {
    let mut uids = vec![set.object.uid().to_owned()];
    if let Some(owner) = controller_of(set.object.metadata()) {
        uids = cx.index.controlled(&owner.uid, Kind::ReplicaSet).map(|o| o.uid().to_owned()).collect();
    }
    let mut nodes = BTreeMap::new();
    for uid in uids {
        for pod in cx.index.controlled(&uid, Kind::Pod).filter_map(|o| Pod::of(o)).filter(|p| is_active(p)) {
            if let Some(node) = pod.spec.as_ref().and_then(|s| s.node_name.clone()) {
                *nodes.entry(node).or_insert(0) += 1;
            }
        }
    }
    nodes
}

/// Writes the counts into the status.
fn write(cx: &mut Context<'_>, set: &Set, counts: Counts) {
    let generation = set.object.metadata().generation;
    let now = cx.api.timestamp();
    let key = set.object.key();
    let Counts { replicas, labelled, ready, available, terminating, failure } = counts;
    if key.kind == Kind::ReplicaSet {
        let _ = cx.api.change(&key, cx.cause, |rs: &mut ReplicaSet| {
            let status = rs.status.get_or_insert_default();
            let mut conditions = status.conditions.take().unwrap_or_default();
            set_failure(
                &mut conditions,
                failure,
                |c| c.type_.as_deref(),
                |c| c.reason.as_deref(),
                |reason, message| ReplicaSetCondition {
                    type_: Some("ReplicaFailure".into()),
                    status: Some("True".into()),
                    reason: Some(reason.into()),
                    message: Some(message),
                    last_transition_time: Some(now),
                },
            );
            *status = ReplicaSetStatus {
                replicas,
                fully_labeled_replicas: unless_zero(labelled),
                ready_replicas: unless_zero(ready),
                available_replicas: unless_zero(available),
                terminating_replicas: Some(terminating),
                observed_generation: generation,
                conditions: Some(conditions).filter(|c| !c.is_empty()),
            };
        });
    } else {
        let _ = cx.api.change(&key, cx.cause, |rc: &mut ReplicationController| {
            let status = rc.status.get_or_insert_default();
            let mut conditions = status.conditions.take().unwrap_or_default();
            set_failure(
                &mut conditions,
                failure,
                |c| Some(c.type_.as_str()),
                |c| c.reason.as_deref(),
                |reason, message| ReplicationControllerCondition {
                    type_: "ReplicaFailure".into(),
                    status: "True".into(),
                    reason: Some(reason.into()),
                    message: Some(message),
                    last_transition_time: Some(now),
                },
            );
            *status = ReplicationControllerStatus {
                replicas,
                fully_labeled_replicas: unless_zero(labelled),
                ready_replicas: unless_zero(ready),
                available_replicas: unless_zero(available),
                observed_generation: generation,
                conditions: Some(conditions).filter(|c| !c.is_empty()),
            };
        });
    }
}

/// Sets or clears the condition ReplicaFailure; one with the same reason stays as it is.
fn set_failure<C>(
    conditions: &mut Vec<C>,
    failure: Option<(&'static str, String)>,
    kind: impl Fn(&C) -> Option<&str>,
    reason: impl Fn(&C) -> Option<&str>,
    make: impl FnOnce(&'static str, String) -> C,
) {
    match failure {
        None => conditions.retain(|c| kind(c) != Some("ReplicaFailure")),
        Some((why, message)) => {
            if !conditions.iter().any(|c| kind(c) == Some("ReplicaFailure") && reason(c) == Some(why)) {
                conditions.retain(|c| kind(c) != Some("ReplicaFailure"));
                conditions.push(make(why, message));
            }
        }
    }
}

/// Looks again when the next ready Pod becomes available.
fn look_again(cx: &mut Context<'_>, key: &ObjectKey, set: &Set, owned: &[Rc<Object>]) {
    if set.min_ready <= 0 {
        return;
    }
    let now = cx.api.now();
    let next = owned.iter().filter_map(|o| Pod::of(o)).filter_map(|p| available_at(cx.api, p, set.min_ready)).filter(|at| *at > now).min();
    if let Some(at) = next {
        cx.again_at(key, at);
    }
}
