//! The controllers of the controller manager, each a level-triggered `sync` over what is there now.
//!
//! `observe` sees every journal record, keeps the [`index`] and enqueues a [`Task`] for every object that has to be
//! looked at, after the delay that a real cluster shows; `wake` runs one of them. A task that waits is not
//! enqueued again. PodDisruptionBudgets, HorizontalPodAutoscalers and Ingresses are stored, but nobody acts on them.

mod admit;
mod cron;
mod cron_job;
mod daemon_set;
mod deployment;
mod endpoint_slice;
mod garbage;
mod hash;
mod history;
mod index;
mod job;
mod limits;
mod namespace;
pub(crate) mod pods;
mod quota;
mod ranking;
mod replica_set;
mod rollout;
mod stateful_set;
mod volumes;

use crate::events::{Emit, Style};
use crate::network::Network;
use crate::queue::Wakeup;
use crate::{ApiServer, Cause, Fact, Record, Refusal, SimTime};
use index::Index;
use podglass_manifest::{Kind, Object, ObjectKey};
use podglass_runtime::NetworkTable;
use std::collections::BTreeMap;
use std::rc::Rc;

pub(crate) use admit::admit;
pub(crate) use volumes::waits_for_consumer;

/// Who has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Worker {
    /// Rolls out Deployments.
    Deployment,
    /// Keeps the number of Pods of ReplicaSets and ReplicationControllers.
    ReplicaSet,
    /// Keeps named Pods.
    StatefulSet,
    /// Keeps a Pod on every node.
    DaemonSet,
    /// Runs Pods to completion.
    Job,
    /// Deletes finished Jobs after their time to live.
    TimeToLive,
    /// Makes Jobs by the clock.
    CronJob,
    /// Writes EndpointSlices.
    EndpointSlice,
    /// Writes Endpoints.
    Endpoints,
    /// Deletes what has lost its owner.
    Garbage,
    /// Fills new namespaces and empties those that end.
    Namespace,
    /// Binds claims to volumes.
    Volumes,
    /// Counts what quotas limit.
    Quota,
}

/// An object that somebody has to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Task {
    pub(crate) worker: Worker,
    pub(crate) key: ObjectKey,
}

/// What the controllers asked the queue for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Due {
    /// Look at an object.
    Sync(Task),
    /// Tell the network what changed.
    Network,
}

/// Tasks that wait, each with its time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting(BTreeMap<Task, SimTime>);

impl Waiting {
    /// Enqueues a task. One that waits already is only ever moved forward.
    pub(crate) fn add(&mut self, api: &mut ApiServer, worker: Worker, key: ObjectKey, at: SimTime, cause: Cause) {
        let at = at.max(api.now());
        let task = Task { worker, key };
        if self.0.get(&task).is_some_and(|t| *t <= at) {
            return;
        }
        self.0.insert(task.clone(), at);
        api.schedule(at, Wakeup::Controllers(Due::Sync(task)), cause);
    }

    /// Takes a task whose time has come; `false` where it was done earlier.
    fn take(&mut self, task: &Task, now: SimTime) -> bool {
        let due = self.0.get(task).is_some_and(|t| *t <= now);
        if due {
            self.0.remove(task);
        }
        due
    }
}

/// What a sync works with.
pub(crate) struct Context<'a> {
    pub(crate) api: &'a mut ApiServer,
    pub(crate) index: &'a Index,
    pub(crate) waiting: &'a mut Waiting,
    pub(crate) cause: Cause,
    /// Who syncs.
    pub(crate) worker: Worker,
    /// Pods made in this sync, which the index does not know yet.
    pub(crate) made: usize,
}

impl Context<'_> {
    /// Looks at the object again so many milliseconds from now.
    pub(crate) fn again(&mut self, key: &ObjectKey, after: u64) {
        let at = self.api.now() + after;
        self.again_at(key, at);
    }

    /// Looks at the object again at a time.
    pub(crate) fn again_at(&mut self, key: &ObjectKey, at: SimTime) {
        self.waiting.add(self.api, self.worker, key.clone(), at, self.cause);
    }

    /// Writes a Normal event.
    pub(crate) fn normal(&mut self, about: &Object, component: &str, reason: &str, message: &str) {
        self.event(about, component, false, reason, message);
    }

    /// Writes a Warning event.
    pub(crate) fn warning(&mut self, about: &Object, component: &str, reason: &str, message: &str) {
        self.event(about, component, true, reason, message);
    }

    fn event(&mut self, about: &Object, component: &str, warning: bool, reason: &str, message: &str) {
        let cause = self.api.journal().records().last().map(|r| r.id).or(self.cause);
        self.api.emit(Emit { about, field_path: None, warning, reason, message, style: Style::Counted { component, host: "" } }, cause);
    }

    /// Creates an object as a client does: through admission.
    ///
    /// # Errors
    /// With the API server's words.
    pub(crate) fn create(&mut self, object: impl Into<Object>) -> Result<Rc<Object>, Refusal> {
        let object = object.into();
        if object.kind() == Kind::Pod {
            self.made += 1;
        }
        if object.kind() == Kind::Pod && self.index.pod_count() + self.made > MOST_PODS {
            return Err(Refusal {
                reason: "Forbidden",
                message: format!(
                    "pods {:?} is forbidden: the simulated cluster holds at most {MOST_PODS} Pods",
                    object.metadata().generate_name.as_deref().unwrap_or(object.name())
                ),
            });
        }
        self.api.submit(object, self.cause)
    }
}

/// More Pods than this are refused, so that `replicas: 1000000000` ends with a message and not with the page.
const MOST_PODS: usize = 12_000;

/// Milliseconds from a change to the sync it leads to: medians of the recordings.
const DEPLOYMENT: u64 = 6;
const REPLICA_SET: u64 = 9;
const STATEFUL_SET: u64 = 8;
const DAEMON_SET: u64 = 5;
const JOB: u64 = 7;
/// Changes of a Job's Pods are looked at together, this long after the first.
const JOB_BATCH: u64 = 1000;
const SLICES: u64 = 8;
const GARBAGE: u64 = 7;

/// All controllers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Controllers {
    index: Index,
    waiting: Waiting,
    network: Network,
    replica_sets: replica_set::ReplicaSets,
    daemon_sets: daemon_set::DaemonSets,
    jobs: job::Jobs,
}

impl Controllers {
    /// Sees a record and enqueues what has to be done because of it.
    pub(crate) fn observe(&mut self, api: &mut ApiServer, record: &Record) {
        self.index.observe(record);
        if self.network.observe(record) {
            api.schedule(record.at + crate::network::LATENCY, Wakeup::Controllers(Due::Network), Some(record.id));
        }
        let (before, after) = match &record.fact {
            Fact::Created(o) => (None, o),
            Fact::Updated { before, after } => (Some(before), after),
            Fact::Deleted(o) => (Some(o), o),
            _ => return,
        };
        let gone = matches!(record.fact, Fact::Deleted(_));
        let (at, cause) = (record.at, Some(record.id));
        let key = after.key();
        let mut add = |worker, key: ObjectKey, delay: u64| self.waiting.add(api, worker, key, at + delay, cause);
        match key.kind {
            Kind::Event => return,
            Kind::Deployment => add(Worker::Deployment, key.clone(), DEPLOYMENT),
            Kind::ReplicaSet | Kind::ReplicationController => {
                if before.is_none_or(|b| b.metadata().generation != after.metadata().generation) {
                    add(Worker::ReplicaSet, key.clone(), REPLICA_SET);
                }
                for owner in owners(before, after, Kind::Deployment) {
                    add(Worker::Deployment, owner, DEPLOYMENT);
                }
            }
            Kind::StatefulSet => add(Worker::StatefulSet, key.clone(), STATEFUL_SET),
            Kind::DaemonSet => add(Worker::DaemonSet, key.clone(), DAEMON_SET),
            Kind::Job => {
                let own = before.is_none_or(|b| {
                    b.metadata().generation != after.metadata().generation || b.metadata().deletion_timestamp != after.metadata().deletion_timestamp
                });
                add(Worker::Job, key.clone(), if own { JOB } else { JOB_BATCH });
                add(Worker::TimeToLive, key.clone(), 20);
                for owner in owners(before, after, Kind::CronJob) {
                    add(Worker::CronJob, owner, 4);
                }
            }
            Kind::CronJob => add(Worker::CronJob, key.clone(), 4),
            Kind::Namespace => add(Worker::Namespace, key.clone(), 5),
            Kind::Service => {
                add(Worker::EndpointSlice, key.clone(), SLICES);
                add(Worker::Endpoints, key.clone(), SLICES + 2);
            }
            Kind::PersistentVolume | Kind::PersistentVolumeClaim => {
                for claim in volumes::claims_to_look_at(api, after) {
                    self.waiting.add(api, Worker::Volumes, claim, at + 12, cause);
                }
            }
            Kind::Node => {
                let sets: Vec<ObjectKey> = api.list(Kind::DaemonSet).map(|o| o.key()).collect();
                if before.is_none_or(|b| daemon_set::node_differs(b, after)) || gone {
                    for set in sets {
                        self.waiting.add(api, Worker::DaemonSet, set, at + DAEMON_SET, cause);
                    }
                }
            }
            Kind::Pod => self.observe_pod(api, record, before, after, gone),
            _ => {}
        }
        if api.list_in(Kind::ResourceQuota, after.namespace()).next().is_some() && quota::differs(before.map(|b| &**b), after, gone) {
            let quotas: Vec<ObjectKey> = api.list_in(Kind::ResourceQuota, after.namespace()).map(|o| o.key()).collect();
            for quota in quotas {
                self.waiting.add(api, Worker::Quota, quota, at + 30, cause);
            }
        }
        self.observe_ownership(api, record, before, after, gone);
    }

    /// A Pod changed: its controller, its Services and whoever would adopt it look.
    fn observe_pod(&mut self, api: &mut ApiServer, record: &Record, before: Option<&Rc<Object>>, after: &Rc<Object>, gone: bool) {
        let (at, cause) = (record.at, Some(record.id));
        let differs = gone || before.is_none_or(|b| replica_set::pod_differs(b, after));
        for reference in [before, Some(after)].into_iter().flatten().filter_map(|o| pods::controller_of(o.metadata())) {
            let Some(owner) = self.index.by_uid(&reference.uid).cloned() else { continue };
            let (worker, delay) = match owner.kind {
                Kind::ReplicaSet | Kind::ReplicationController => (Worker::ReplicaSet, 6),
                Kind::StatefulSet => (Worker::StatefulSet, STATEFUL_SET),
                Kind::DaemonSet => (Worker::DaemonSet, DAEMON_SET),
                Kind::Job => (Worker::Job, JOB_BATCH),
                _ => continue,
            };
            if differs || matches!(worker, Worker::Job) {
                self.waiting.add(api, worker, owner, at + delay, cause);
            }
        }
        if differs && !gone && pods::controller_of(after.metadata()).is_none() {
            for kind in [Kind::ReplicaSet, Kind::ReplicationController] {
                let fits: Vec<ObjectKey> = api.list_in(kind, after.namespace()).filter(|o| replica_set::selects(o, after)).map(|o| o.key()).collect();
                for key in fits {
                    self.waiting.add(api, Worker::ReplicaSet, key, at + 9, cause);
                }
            }
        }
        if gone || before.is_none_or(|b| endpoint_slice::pod_differs(b, after)) {
            let services: Vec<ObjectKey> = api
                .list_in(Kind::Service, after.namespace())
                .filter(|s| endpoint_slice::selects(s, after) || before.is_some_and(|b| endpoint_slice::selects(s, b)))
                .map(|o| o.key())
                .collect();
            for key in services {
                self.waiting.add(api, Worker::EndpointSlice, key.clone(), at + SLICES, cause);
                self.waiting.add(api, Worker::Endpoints, key, at + SLICES + 2, cause);
            }
        }
    }

    /// Owners went or wait: their dependants are looked at. What lies in a namespace that ends wakes the namespace.
    fn observe_ownership(&mut self, api: &mut ApiServer, record: &Record, before: Option<&Rc<Object>>, after: &Rc<Object>, gone: bool) {
        let (at, cause) = (record.at, Some(record.id));
        if gone {
            let dependants: Vec<ObjectKey> = self.index.dependants(after.uid()).map(|o| o.key()).collect();
            for key in dependants {
                self.waiting.add(api, Worker::Garbage, key, at + GARBAGE, cause);
            }
            for reference in after.metadata().owner_references.iter().flatten() {
                if let Some(owner) = self.index.by_uid(&reference.uid).cloned()
                    && api.find(&owner).is_some_and(|o| o.metadata().deletion_timestamp.is_some())
                {
                    self.waiting.add(api, Worker::Garbage, owner, at + GARBAGE, cause);
                }
            }
            if api.get(Kind::Namespace, "", after.namespace()).is_some_and(|n| n.metadata().deletion_timestamp.is_some()) {
                self.waiting.add(api, Worker::Namespace, namespace::key(after.namespace()), at + 300, cause);
            }
        } else {
            let waits = |o: &Rc<Object>| o.metadata().deletion_timestamp.is_some() && o.metadata().finalizers.is_some();
            let was = before.is_some_and(waits);
            if waits(after) && !was {
                self.waiting.add(api, Worker::Garbage, after.key(), at + GARBAGE, cause);
            }
            if before.is_none() && after.metadata().owner_references.iter().flatten().any(|r| self.index.by_uid(&r.uid).is_none()) {
                self.waiting.add(api, Worker::Garbage, after.key(), at + 1000, cause);
            }
        }
    }

    /// Does what is due.
    pub(crate) fn wake(&mut self, api: &mut ApiServer, due: Due, cause: Cause) {
        let task = match due {
            Due::Network => return self.network.changed(),
            Due::Sync(task) => task,
        };
        if !self.waiting.take(&task, api.now()) {
            return;
        }
        let Task { worker, key } = task;
        let mut cx = Context { api, index: &self.index, waiting: &mut self.waiting, cause, worker, made: 0 };
        match worker {
            Worker::Deployment => deployment::sync(&mut cx, &key),
            Worker::ReplicaSet => self.replica_sets.sync(&mut cx, &key),
            Worker::EndpointSlice => endpoint_slice::sync(&mut cx, &key),
            Worker::Endpoints => endpoint_slice::sync_endpoints(&mut cx, &key),
            Worker::Garbage => garbage::sync(&mut cx, &key),
            Worker::Namespace => namespace::sync(&mut cx, &key),
            Worker::Volumes => volumes::sync(&mut cx, &key),
            Worker::Quota => quota::sync(&mut cx, &key),
            Worker::StatefulSet => stateful_set::sync(&mut cx, &key),
            Worker::DaemonSet => self.daemon_sets.sync(&mut cx, &key),
            Worker::Job => self.jobs.sync(&mut cx, &key),
            Worker::TimeToLive => job::expire(&mut cx, &key),
            Worker::CronJob => cron_job::sync(&mut cx, &key),
        }
    }

    /// The network as Services and their endpoints make it, where it changed since the last call.
    pub(crate) fn take_network(&mut self, api: &ApiServer) -> Option<NetworkTable> {
        self.network.take(api)
    }
}

/// The controllers of a kind that an object has or had.
fn owners(before: Option<&Rc<Object>>, after: &Rc<Object>, kind: Kind) -> Vec<ObjectKey> {
    let mut all = Vec::new();
    for o in before.into_iter().chain([after]) {
        if let Some(r) = pods::controller_of(o.metadata())
            && r.kind == kind.name()
        {
            let key = ObjectKey { kind, namespace: o.namespace().to_owned(), name: r.name.clone() };
            if !all.contains(&key) {
                all.push(key);
            }
        }
    }
    all
}
