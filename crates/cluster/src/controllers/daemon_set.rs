//! DaemonSets: one Pod on every node that fits (follows pkg/controller/daemon/daemon_controller.go and update.go).

use super::history;
use super::pods::{from_template, is_available, is_ready, is_terminal, is_terminating, phase, unless_zero};
use super::{Context, rollout};
use crate::action::Propagation;
use crate::api_server::controller_reference;
use crate::labels;
use crate::scheduler::{node_matches, tolerates};
use crate::typed::Typed;
use crate::{SimTime, labels::Labels};
use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetSpec, DaemonSetStatus};
use k8s_openapi::api::core::v1::{NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, Toleration};
use podglass_manifest::{Kind, Object, ObjectKey};
use std::collections::BTreeMap;
use std::rc::Rc;

const COMPONENT: &str = "daemonset-controller";
const REVISION: &str = "controller-revision-hash";
const GENERATION: &str = "deprecated.daemonset.template.generation";

/// What is remembered between syncs: failed Pods by set and node.
#[derive(Clone, Debug, Default)]
pub(crate) struct DaemonSets {
    failures: BTreeMap<(String, String), (u32, SimTime)>,
}

/// Whether a change of a node matters.
pub(super) fn node_differs(before: &Object, after: &Object) -> bool {
    match (before, after) {
        (Object::Node(a), Object::Node(b)) => a.spec != b.spec || a.metadata.labels != b.metadata.labels,
        _ => true,
    }
}

/// The tolerations every daemon Pod has.
fn own_tolerations(spec: &PodSpec) -> Vec<Toleration> {
    let mut all = vec![
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ];
    if spec.host_network == Some(true) {
        all.push(("network-unavailable", "NoSchedule"));
    }
    all.into_iter()
        .map(|(key, effect)| Toleration {
            key: Some(format!("node.kubernetes.io/{key}")),
            operator: Some("Exists".into()),
            effect: Some(effect.into()),
            ..Toleration::default()
        })
        .collect()
}

/// The node a daemon Pod is on or meant for.
fn node_of(pod: &Pod) -> Option<&str> {
    let spec = pod.spec.as_ref()?;
    if let Some(node) = spec.node_name.as_deref().filter(|n| !n.is_empty()) {
        return Some(node);
    }
    let terms = spec.affinity.as_ref()?.node_affinity.as_ref()?.required_during_scheduling_ignored_during_execution.as_ref()?;
    terms
        .node_selector_terms
        .iter()
        .flat_map(|t| t.match_fields.iter().flatten())
        .find(|f| f.key == "metadata.name")?
        .values
        .as_ref()?
        .first()
        .map(String::as_str)
}

struct Sync<'c, 'a> {
    cx: &'c mut Context<'a>,
    key: ObjectKey,
    object: Rc<Object>,
    spec: DaemonSetSpec,
    hash: String,
    /// Nodes, each with whether a Pod should run there, and whether one may stay.
    nodes: Vec<(String, bool, bool)>,
    /// Pods by node; those that are finished and being deleted do not count any more.
    pods: BTreeMap<String, Vec<Rc<Object>>>,
}

impl DaemonSets {
    /// Looks at a DaemonSet.
    pub(super) fn sync(&mut self, cx: &mut Context<'_>, key: &ObjectKey) {
        let Some(object) = cx.api.find(key).cloned() else { return };
        let Some(set) = DaemonSet::of(&object).cloned() else { return };
        if labels::is_empty(&set.spec.selector) {
            return cx.warning(&object, COMPONENT, "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.");
        }
        let mut revisions = history::list(cx, &object, REVISION);
        let Some(current) = history::current(cx, &object, &set.spec.template, REVISION, &mut revisions) else { return };
        let mut pods: BTreeMap<String, Vec<Rc<Object>>> = BTreeMap::new();
        for o in cx.index.controlled(object.uid(), Kind::Pod) {
            let Some(pod) = Pod::of(o).filter(|p| !(is_terminal(p) && is_terminating(p))) else { continue };
            if let Some(node) = node_of(pod) {
                pods.entry(node.to_owned()).or_default().push(o.clone());
            }
        }
        let nodes = nodes(cx, &set.spec);
        let mut sync = Sync { cx, key: key.clone(), object, spec: set.spec, hash: current.hash, nodes, pods };
        let mut acted = false;
        if sync.object.metadata().deletion_timestamp.is_none() {
            acted = self.manage(&mut sync);
            if !acted {
                acted = sync.roll();
            }
        }
        sync.write_status();
        if !acted {
            let live: Vec<String> =
                sync.pods.values().flatten().filter_map(|o| o.metadata().labels.as_ref()?.get(REVISION).cloned()).chain([sync.hash.clone()]).collect();
            let live: Vec<&str> = live.iter().map(String::as_str).collect();
            let limit = sync.spec.revision_history_limit;
            history::truncate(sync.cx, &revisions, limit, &live);
        }
    }

    /// Puts Pods where they are missing and takes them from where they should not be.
    fn manage(&mut self, sync: &mut Sync<'_, '_>) -> bool {
        let mut acted = false;
        for (node, run, stay) in sync.nodes.clone() {
            let there = sync.pods.get(&node).cloned().unwrap_or_default();
            if run && there.is_empty() {
                sync.create(&node);
                acted = true;
                continue;
            }
            let mut healthy = Vec::new();
            for o in &there {
                let Some(pod) = Pod::of(o).filter(|p| !is_terminating(p)) else { continue };
                if !stay {
                    sync.delete(o);
                    acted = true;
                    continue;
                }
                let message = match phase(pod) {
                    "Failed" => {
                        let now = sync.cx.api.now();
                        let (count, since) = self.failures.entry((sync.object.uid().to_owned(), node.clone())).or_insert((0, now));
                        let wait = if *count == 0 { 0 } else { (1000u64 << (*count - 1).min(10)).min(900_000) };
                        if now < *since + wait {
                            let at = *since + wait;
                            let key = sync.key.clone();
                            sync.cx.again_at(&key, at);
                            continue;
                        }
                        (*count, *since) = (*count + 1, now);
                        Some((
                            true,
                            "FailedDaemonPod",
                            format!("Found failed daemon pod {}/{} on node {node}, will try to kill it", sync.key.namespace, o.name()),
                        ))
                    }
                    "Succeeded" => Some((
                        false,
                        "SucceededDaemonPod",
                        format!("Found succeeded daemon pod {}/{} on node {node}, will try to delete it", sync.key.namespace, o.name()),
                    )),
                    _ => None,
                };
                match message {
                    None => healthy.push(o.clone()),
                    Some((warning, reason, message)) => {
                        let object = sync.object.clone();
                        if warning {
                            sync.cx.warning(&object, COMPONENT, reason, &message);
                        } else {
                            sync.cx.normal(&object, COMPONENT, reason, &message);
                        }
                        sync.delete(o);
                        acted = true;
                    }
                }
            }
            if sync.surge() == 0 && healthy.len() > 1 {
                healthy.sort_by(|a, b| a.metadata().creation_timestamp.cmp(&b.metadata().creation_timestamp));
                for o in &healthy[1..] {
                    sync.delete(o);
                    acted = true;
                }
            }
        }
        // Pods on nodes that are gone.
        let strays: Vec<Rc<Object>> = sync.pods.iter().filter(|(n, _)| !sync.nodes.iter().any(|(m, ..)| m == *n)).flat_map(|(_, p)| p.clone()).collect();
        for o in strays.iter().filter(|o| o.metadata().deletion_timestamp.is_none()) {
            sync.delete(o);
            acted = true;
        }
        acted
    }
}

/// Every node with whether a Pod should run there, and whether one may stay.
fn nodes(cx: &Context<'_>, spec: &DaemonSetSpec) -> Vec<(String, bool, bool)> {
    let template = spec.template.spec.clone().unwrap_or_default();
    let mut tolerations = template.tolerations.clone().unwrap_or_default();
    tolerations.extend(own_tolerations(&template));
    let fixed = template.node_name.clone().filter(|n| !n.is_empty());
    let pod = Pod { spec: Some(template), ..Pod::default() };
    cx.api
        .list(Kind::Node)
        .filter_map(|o| if let Object::Node(n) = &**o { Some((o.name().to_owned(), n)) } else { None })
        .map(|(name, node)| {
            if fixed.as_ref().is_some_and(|f| *f != name) || !node_matches(&pod, node) {
                return (name, false, false);
            }
            let untolerated = |effects: &[&str]| {
                node.spec.iter().flat_map(|s| s.taints.iter().flatten()).any(|t| effects.contains(&t.effect.as_str()) && !tolerates(&tolerations, t))
            };
            (name, !untolerated(&["NoSchedule", "NoExecute"]), !untolerated(&["NoExecute"]))
        })
        .collect()
}

impl Sync<'_, '_> {
    fn desired(&self) -> i32 {
        self.nodes.iter().filter(|(_, run, _)| *run).count() as i32
    }
    fn min_ready(&self) -> i32 {
        self.spec.min_ready_seconds.unwrap_or(0)
    }
    fn surge(&self) -> i32 {
        let rolling = self.spec.update_strategy.as_ref().and_then(|s| s.rolling_update.as_ref());
        rollout::resolve(rolling.and_then(|r| r.max_surge.as_ref()), self.desired(), true).unwrap_or(0)
    }
    fn is_new(&self, pod: &Object) -> bool {
        pod.metadata().labels.as_ref().and_then(|l| l.get(REVISION)) == Some(&self.hash)
    }

    fn create(&mut self, node: &str) {
        let mut pod = from_template(&self.spec.template, &self.object, controller_reference(&self.object), None);
        let generation = self.object.metadata().annotations.as_ref().and_then(|a| a.get(GENERATION)).cloned();
        let labels: &mut Labels = pod.metadata.labels.get_or_insert_default();
        labels.insert(REVISION.into(), self.hash.clone());
        labels.insert("pod-template-generation".into(), generation.unwrap_or_else(|| self.object.metadata().generation.unwrap_or(1).to_string()));
        if let Some(spec) = &mut pod.spec {
            let own = own_tolerations(spec);
            spec.tolerations.get_or_insert_default().extend(own);
            let field = NodeSelectorRequirement { key: "metadata.name".into(), operator: "In".into(), values: Some(vec![node.to_owned()]) };
            let required = spec
                .affinity
                .get_or_insert_default()
                .node_affinity
                .get_or_insert_default()
                .required_during_scheduling_ignored_during_execution
                .get_or_insert_default();
            if required.node_selector_terms.is_empty() {
                required.node_selector_terms.push(NodeSelectorTerm::default());
            }
            for term in &mut required.node_selector_terms {
                term.match_fields = Some(vec![field.clone()]);
            }
        }
        match self.cx.create(pod) {
            Ok(pod) => self.cx.normal(&self.object, COMPONENT, "SuccessfulCreate", &format!("Created pod: {}", pod.name())),
            Err(refusal) => {
                self.cx.warning(&self.object, COMPONENT, "FailedCreate", &format!("Error creating: {}", refusal.message));
                let key = self.key.clone();
                self.cx.again(&key, 1000);
            }
        }
    }

    fn delete(&mut self, pod: &Rc<Object>) {
        if self.cx.api.delete(&pod.key(), None, Propagation::Background, self.cx.cause).is_ok() {
            self.cx.normal(&self.object, COMPONENT, "SuccessfulDelete", &format!("Deleted pod: {}", pod.name()));
        }
    }

    /// RollingUpdate: old Pods go as far as unavailability allows, or after a surge.
    fn roll(&mut self) -> bool {
        let strategy = self.spec.update_strategy.as_ref();
        if strategy.and_then(|s| s.type_.as_deref()) == Some("OnDelete") {
            return false;
        }
        let rolling = strategy.and_then(|s| s.rolling_update.as_ref());
        let limit = rolling.and_then(|r| r.max_unavailable.as_ref());
        let surge = self.surge();
        let most = match rollout::resolve(limit, self.desired(), true).filter(|_| limit.is_some()) {
            Some(n) => n,
            None => i32::from(surge == 0),
        };
        let (mut unavailable, mut surging) = (0, 0);
        let (mut free, mut candidates, mut doomed, mut add) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (node, run, _) in &self.nodes {
            let there = self.pods.get(node).cloned().unwrap_or_default();
            let usable = |o: &&Rc<Object>| Pod::of(o).is_some_and(|p| !is_terminating(p) && is_available(self.cx.api, p, self.min_ready()));
            let new = there.iter().find(|o| self.is_new(o));
            let old = there.iter().find(|o| !self.is_new(o));
            match (new, old) {
                (Some(new), None) => unavailable += i32::from(!usable(&new)),
                (None, None) => unavailable += i32::from(*run),
                (Some(new), Some(old)) => {
                    if surge > 0 {
                        surging += 1;
                        if usable(&new) {
                            doomed.push(old.clone());
                        }
                    } else {
                        unavailable += 1;
                    }
                }
                (None, Some(old)) => {
                    if surge > 0 {
                        if usable(&old) { add.push(node.clone()) } else { doomed.push(old.clone()) }
                    } else if usable(&old) {
                        candidates.push(old.clone());
                    } else {
                        free.push(old.clone());
                        unavailable += 1;
                    }
                }
            }
        }
        let left = (most - unavailable).max(0) as usize;
        let all: Vec<Rc<Object>> = if surge > 0 { doomed } else { free.into_iter().chain(candidates.into_iter().take(left)).collect() };
        let mut acted = false;
        for o in all.iter().filter(|o| o.metadata().deletion_timestamp.is_none()) {
            self.delete(o);
            acted = true;
        }
        for node in add.into_iter().take((surge - surging).max(0) as usize) {
            self.create(&node);
            acted = true;
        }
        acted
    }

    fn write_status(&mut self) {
        let (mut desired, mut current, mut misscheduled, mut ready, mut updated, mut available) = (0, 0, 0, 0, 0, 0);
        let mut next = None;
        for (node, run, _) in &self.nodes {
            let there = self.pods.get(node).map(Vec::as_slice).unwrap_or_default();
            if !run {
                misscheduled += i32::from(!there.is_empty());
                continue;
            }
            desired += 1;
            // Of several, the oldest of the newest revision counts.
            let Some(object) = there.iter().find(|o| self.is_new(o)).or(there.first()) else { continue };
            current += 1;
            updated += i32::from(self.is_new(object));
            let Some(pod) = Pod::of(object).filter(|p| is_ready(p)) else { continue };
            ready += 1;
            if is_available(self.cx.api, pod, self.min_ready()) {
                available += 1;
            } else if let Some(at) = super::pods::available_at(self.cx.api, pod, self.min_ready()) {
                next = Some(next.map_or(at, |n: SimTime| n.min(at)));
            }
        }
        let generation = self.object.metadata().generation;
        let _ = self.cx.api.change(&self.key, self.cx.cause, |s: &mut DaemonSet| {
            let old = s.status.take().unwrap_or_default();
            s.status = Some(DaemonSetStatus {
                observed_generation: generation,
                desired_number_scheduled: desired,
                current_number_scheduled: current,
                number_misscheduled: misscheduled,
                number_ready: ready,
                updated_number_scheduled: unless_zero(updated),
                number_available: unless_zero(available),
                number_unavailable: unless_zero((desired - available).max(0)),
                collision_count: old.collision_count,
                conditions: old.conditions,
            });
        });
        if let Some(at) = next.filter(|at| *at > self.cx.api.now()) {
            let key = self.key.clone();
            self.cx.again_at(&key, at);
        }
    }
}
