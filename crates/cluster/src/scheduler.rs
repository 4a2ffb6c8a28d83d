//! The scheduler: gives a Pod its node, or says why there is none (follows pkg/scheduler/schedule_one.go and
//! pkg/scheduler/backend/queue/scheduling_queue.go).
//!
//! One Pod a cycle, higher priority first. A Pod that fits nowhere is parked until something changes that its
//! rejection was about. One that has made others go is tried again with a back-off.

mod admission;
mod affinity;
mod filters;
mod hints;
mod node_info;
mod preemption;
mod score;
mod spread;

use crate::events::{Emit, Style};
use crate::queue::Wakeup;
use crate::typed::Typed;
use crate::{ApiServer, Cause, Fact, Record, SimTime};
use filters::{Plugin, Rejection};
use hints::{News, worth};
use k8s_openapi::api::core::v1::{Node, Pod, PodCondition};
use node_info::Nodes;
use podglass_manifest::{Object, ObjectKey};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

pub(crate) use admission::{Obstacle, obstacle, resize_obstacle};
pub(crate) use filters::{node_matches, tolerates};

/// What the scheduler asked the queue for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Due {
    /// Take the next Pod.
    Cycle,
    /// A Pod may be tried (again).
    Try(ObjectKey),
    /// A Pod has been parked for five minutes since this attempt.
    Flush(ObjectKey, u32),
}

/// A Pod without a node.
#[derive(Clone, Debug)]
struct Entry {
    order: u64,
    priority: i32,
    attempts: u32,
    parked: bool,
    rejected_by: BTreeSet<Plugin>,
    cause: Cause,
}

/// The scheduler's memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scheduler {
    nodes: Nodes,
    queue: BTreeMap<ObjectKey, Entry>,
    active: BTreeSet<(Reverse<i32>, u64, ObjectKey)>,
    cycling: bool,
    order: u64,
}

/// Milliseconds from a Pod's creation to its cycle (median of the recordings), and from one cycle to the next.
const LATENCY: u64 = 7;
const CYCLE: u64 = 2;
/// Back-off of a Pod for which room is being made: doubles from here to there.
const FIRST_BACK_OFF: u64 = 1000;
const LAST_BACK_OFF: u64 = 10_000;
/// A parked Pod is tried again after this time in any case.
const FLUSH: u64 = 300_000;
const COMPONENT: &str = "default-scheduler";

fn waits(pod: &Pod) -> bool {
    let Some(spec) = &pod.spec else { return false };
    spec.node_name.as_deref().unwrap_or_default().is_empty()
        && spec.scheduler_name.as_deref().unwrap_or(COMPONENT) == COMPONENT
        && pod.metadata.deletion_timestamp.is_none()
        && !crate::controllers::pods::is_terminal(pod)
}

fn gated(pod: &Pod) -> bool {
    pod.spec.as_ref().and_then(|s| s.scheduling_gates.as_ref()).is_some_and(|g| !g.is_empty())
}

impl Scheduler {
    /// Sees a record: keeps account of the nodes, and of the Pods that wait.
    pub(crate) fn observe(&mut self, api: &mut ApiServer, record: &Record) {
        let (before, after, gone) = match &record.fact {
            Fact::Created(o) => (None, o, false),
            Fact::Updated { before, after } => (Some(before), after, false),
            Fact::Deleted(o) => (Some(o), o, true),
            _ => return,
        };
        let cause = Some(record.id);
        match &**after {
            Object::Pod(pod) => self.observe_pod(api, after, pod, before, gone, cause),
            Object::Node(node) => {
                let differs = before.and_then(|b| Node::of(b)).is_none_or(|b| node_differs(b, node));
                if gone {
                    self.nodes.remove(after.name());
                } else if differs {
                    self.nodes.set(node);
                }
                if differs && !gone {
                    self.wake_up(api, cause, News::Node { before: before.and_then(|b| Node::of(b)), after: node });
                }
            }
            Object::PersistentVolume(_) | Object::PersistentVolumeClaim(_) => self.wake_up(api, cause, News::Volume),
            _ => {}
        }
    }

    fn observe_pod(&mut self, api: &mut ApiServer, object: &Rc<Object>, pod: &Pod, before: Option<&Rc<Object>>, gone: bool, cause: Cause) {
        let key = object.key();
        if (gone || !waits(pod))
            && let Some(entry) = self.queue.remove(&key)
        {
            self.active.remove(&(Reverse(entry.priority), entry.order, key.clone()));
            self.nodes.nominate(&key, None, 0);
        }
        let changed = self.nodes.observe(&key, object, pod, gone, before.is_none_or(|b| b.metadata().generation != object.metadata().generation));
        match changed {
            node_info::Change::Left => self.wake_up(api, cause, News::Left(pod)),
            node_info::Change::Less => self.wake_up(api, cause, News::Less),
            node_info::Change::Taken => self.wake_up(api, cause, News::Taken),
            node_info::Change::None => {}
        }
        if gone || !waits(pod) || gated(pod) {
            return;
        }
        if let Some(entry) = self.queue.get(&key) {
            // A change of what the filters read makes a parked Pod worth another try.
            if entry.parked
                && before.is_some_and(|b| b.metadata().generation != object.metadata().generation || b.metadata().labels != object.metadata().labels)
            {
                self.wake_one(api, &key, cause);
            }
            return;
        }
        self.order += 1;
        let priority = pod.spec.as_ref().and_then(|s| s.priority).unwrap_or(0);
        let entry = Entry { order: self.order, priority, attempts: 0, parked: false, rejected_by: BTreeSet::new(), cause };
        self.queue.insert(key.clone(), entry);
        let at = api.now() + if before.is_some() { 3 } else { LATENCY };
        api.schedule(at, Wakeup::Scheduler(Due::Try(key)), cause);
    }

    /// Gives those parked Pods another try that the news may help.
    fn wake_up(&mut self, api: &mut ApiServer, cause: Cause, news: News<'_>) {
        let helped = |key: &ObjectKey, e: &Entry| e.parked && api.find(key).and_then(|o| Pod::of(o)).is_some_and(|p| worth(news, &e.rejected_by, p));
        let keys: Vec<ObjectKey> = self.queue.iter().filter(|(k, e)| helped(k, e)).map(|(k, _)| k.clone()).collect();
        for key in keys {
            self.wake_one(api, &key, cause);
        }
    }

    fn wake_one(&mut self, api: &mut ApiServer, key: &ObjectKey, cause: Cause) {
        let now = api.now();
        let Some(entry) = self.queue.get_mut(key).filter(|e| e.parked) else { return };
        entry.parked = false;
        entry.cause = cause;
        // A back-off is not waited for while nothing else is to be done (SchedulerPopFromBackoffQ).
        api.schedule(now + CYCLE, Wakeup::Scheduler(Due::Try(key.clone())), cause);
    }

    /// Does what is due.
    pub(crate) fn wake(&mut self, api: &mut ApiServer, due: Due, cause: Cause) {
        match due {
            Due::Try(key) => {
                let Some(entry) = self.queue.get_mut(&key) else { return };
                entry.parked = false;
                self.active.insert((Reverse(entry.priority), entry.order, key));
                if !self.cycling {
                    self.cycle(api);
                }
            }
            Due::Flush(key, attempt) => {
                if self.queue.get(&key).is_some_and(|e| e.parked && e.attempts == attempt) {
                    self.wake_one(api, &key, cause);
                }
            }
            Due::Cycle => self.cycle(api),
        }
    }

    /// One cycle: one Pod.
    fn cycle(&mut self, api: &mut ApiServer) {
        self.cycling = false;
        let Some((_, _, key)) = self.active.pop_first() else { return };
        let cause = self.queue.get(&key).and_then(|e| e.cause);
        if let Some(object) = api.find(&key).cloned()
            && let Some(pod) = Pod::of(&object)
            && waits(pod)
            && !gated(pod)
        {
            match self.place(api, pod) {
                Ok(node) => self.bind(api, &key, &node, cause),
                Err(failure) => self.fail(api, &key, &object, pod, failure, cause),
            }
        } else {
            self.queue.remove(&key);
        }
        if !self.active.is_empty() {
            self.cycling = true;
            let at = api.now() + CYCLE;
            api.schedule(at, Wakeup::Scheduler(Due::Cycle), cause);
        }
    }

    /// Finds the best node.
    fn place(&self, api: &mut ApiServer, pod: &Pod) -> Result<String, Failure> {
        let names: Vec<String> = self.nodes.names().map(str::to_owned).collect();
        if names.is_empty() {
            return Err(Failure { before: Some("no nodes available to schedule pods".into()), whole: true, ..Failure::default() });
        }
        if let Some(reason) = filters::volumes(api, pod) {
            return Err(Failure { before: Some(reason), plugins: BTreeSet::from([Plugin::VolumeBinding]), ..Failure::default() });
        }
        let prepared = filters::prepare(api, &self.nodes, pod);
        let mut fitting = Vec::new();
        let mut failure = Failure::default();
        for name in names {
            let Some(info) = self.nodes.get(&name) else { continue };
            let reasons = filters::check(api, &self.nodes, info, pod, &prepared);
            if reasons.is_empty() {
                fitting.push(name);
            } else {
                failure.plugins.extend(reasons.iter().map(|r| r.plugin));
                failure.nodes.insert(name, reasons);
            }
        }
        let Some(best) = score::best(api, &self.nodes, pod, &fitting) else { return Err(failure) };
        Ok(best)
    }

    /// Gives the Pod its node.
    fn bind(&mut self, api: &mut ApiServer, key: &ObjectKey, node: &str, cause: Cause) {
        self.queue.remove(key);
        self.nodes.nominate(key, None, 0);
        let now = api.timestamp();
        let Ok(bound) = api.change(key, cause, |pod: &mut Pod| {
            if let Some(spec) = &mut pod.spec {
                spec.node_name = Some(node.to_owned());
            }
            let status = pod.status.get_or_insert_default();
            status.nominated_node_name = None;
            set_condition(
                status.conditions.get_or_insert_default(),
                PodCondition { type_: "PodScheduled".into(), status: "True".into(), last_transition_time: Some(now), ..PodCondition::default() },
            );
        }) else {
            return;
        };
        let record = api.journal().records().last().map(|r| r.id);
        let message = format!("Successfully assigned {}/{} to {node}", key.namespace, key.name);
        emit(api, &bound, false, "Scheduled", "Binding", &message, record);
    }

    /// Says why there is no node, and looks for room by preemption.
    fn fail(&mut self, api: &mut ApiServer, key: &ObjectKey, object: &Rc<Object>, pod: &Pod, failure: Failure, cause: Cause) {
        let total = self.nodes.names().count();
        let mut message = failure.message(total);
        let mut nominated = None;
        let mut again = false;
        if !failure.whole {
            if failure.before.is_some() {
                message.push_str(" not found");
            } else {
                let outcome = preemption::attempt(api, &self.nodes, key, pod, &failure.nodes);
                message.push(' ');
                message.push_str(&outcome.message);
                again = outcome.waits;
                if let Some((node, victims)) = outcome.chosen {
                    for victim in victims {
                        preemption::evict(api, &victim, pod, &node, cause);
                    }
                    self.nodes.nominate(key, Some(&node), pod.spec.as_ref().and_then(|s| s.priority).unwrap_or(0));
                    nominated = Some(node);
                    again = true;
                }
            }
        }
        emit(api, object, true, "FailedScheduling", "Scheduling", &message, cause);
        let now = api.timestamp();
        let generation = pod.metadata.generation;
        let _ = api.change(key, cause, |pod: &mut Pod| {
            let status = pod.status.get_or_insert_default();
            if nominated.is_some() {
                status.nominated_node_name = nominated;
            }
            set_condition(
                status.conditions.get_or_insert_default(),
                PodCondition {
                    type_: "PodScheduled".into(),
                    status: "False".into(),
                    reason: Some("Unschedulable".into()),
                    message: Some(message),
                    observed_generation: generation,
                    last_transition_time: Some(now),
                    ..PodCondition::default()
                },
            );
        });
        let now = api.now();
        let Some(entry) = self.queue.get_mut(key) else { return };
        entry.attempts += 1;
        entry.parked = true;
        entry.rejected_by = failure.plugins;
        let attempts = entry.attempts;
        api.schedule(now + FLUSH, Wakeup::Scheduler(Due::Flush(key.clone(), attempts)), cause);
        if again {
            // The queue looks at whole seconds of the wall clock.
            let end = (now + (FIRST_BACK_OFF << (attempts - 1).min(5)).min(LAST_BACK_OFF)).0;
            let whole = end.saturating_sub((api.settings().epoch + end as i64).rem_euclid(1000) as u64);
            api.schedule(SimTime(whole).max(now + CYCLE), Wakeup::Scheduler(Due::Try(key.clone())), cause);
        }
    }
}

/// Why there is no node.
#[derive(Clone, Debug, Default)]
struct Failure {
    /// A reason that no node can help.
    before: Option<String>,
    /// The reason is the whole message.
    whole: bool,
    nodes: BTreeMap<String, Vec<Rejection>>,
    plugins: BTreeSet<Plugin>,
}

impl Failure {
    /// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`
    fn message(&self, total: usize) -> String {
        match &self.before {
            Some(text) if self.whole => text.clone(),
            Some(text) => format!("0/{total} nodes are available: {text}."),
            None => format!("0/{total} nodes are available: {}.", histogram(self.nodes.values().flatten().map(|r| r.text.as_str()))),
        }
    }
}

/// `1 a, 2 b`, sorted as strings.
fn histogram<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    let mut parts: Vec<String> = counts.into_iter().map(|(text, n)| format!("{n} {text}")).collect();
    parts.sort();
    parts.join(", ")
}

fn emit(api: &mut ApiServer, about: &Object, warning: bool, reason: &str, action: &str, message: &str, cause: Cause) {
    api.emit(Emit { about, field_path: None, warning, reason, message, style: Style::New { component: COMPONENT, action } }, cause);
}

/// Sets a condition in its place; the transition time stays where the status does.
fn set_condition(all: &mut Vec<PodCondition>, mut condition: PodCondition) {
    match all.iter_mut().find(|c| c.type_ == condition.type_) {
        None => all.push(condition),
        Some(old) => {
            if old.status == condition.status {
                condition.last_transition_time.clone_from(&old.last_transition_time);
            }
            *old = condition;
        }
    }
}

/// Whether a change of a node matters to the filters.
fn node_differs(a: &Node, b: &Node) -> bool {
    a.spec != b.spec || a.metadata.labels != b.metadata.labels || a.status.as_ref().map(|s| &s.allocatable) != b.status.as_ref().map(|s| &s.allocatable)
}

/// What a fresh Pod with scheduling gates says.
pub(crate) fn gate(pod: &mut Pod, now: k8s_openapi::apimachinery::pkg::apis::meta::v1::Time) {
    if gated(pod) {
        pod.status.get_or_insert_default().conditions.get_or_insert_default().push(PodCondition {
            type_: "PodScheduled".into(),
            status: "False".into(),
            reason: Some("SchedulingGated".into()),
            message: Some("Scheduling is blocked due to non-empty scheduling gates".into()),
            last_transition_time: Some(now),
            ..PodCondition::default()
        });
    }
}
