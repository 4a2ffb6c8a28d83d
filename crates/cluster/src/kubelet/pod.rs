//! Everything a kubelet remembers about one Pod, and what its rooms work with.

use super::backoff::Backoff;
use super::containers::{Containers, RuntimeStatus, Slot};
use super::images::{Arranged, ImageStore};
use super::kill::Kill;
use super::probes::Probes;
use super::sync::Work;
use super::volumes::PodVolume;
use super::{Due, What};
use crate::events::{Emit, Style};
use crate::journal::{KubeletStep, Step};
use crate::queue::Wakeup;
use crate::{ApiServer, Cause, Fact, SimTime};
use k8s_openapi::api::core::v1::{Pod, PodStatus, ResourceRequirements};
use podglass_manifest::{Kind, Object, ObjectKey};
use podglass_runtime::{ContainerId, Runtime, TaskId, VolumeId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// Number of a Pod among all that the kubelets ever saw.
pub(crate) type PodId = u32;

/// Who waits for a task of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    /// A probe worker.
    Probe(usize),
    /// The postStart hook of the container that is being started.
    PostStart,
    /// The preStop hook of a container that is being killed.
    PreStop(Slot),
}

/// What all Pods of the nodes share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared {
    pub(crate) images: BTreeMap<u32, ImageStore>,
    pub(crate) arranged: Arranged,
    /// Probes that fail: Pod, container, probe, from, until.
    pub(crate) failing_probes: Vec<(ObjectKey, String, crate::journal::ProbeKind, SimTime, SimTime)>,
    /// Runs that end: Pod, container, which run, after, code.
    pub(crate) ending_runs: Vec<(ObjectKey, String, Option<u32>, u64, i32)>,
    /// Whose a container of the runtime is, and the record that explains what happens in it next: its start, or
    /// the signal it was sent.
    pub(crate) containers: BTreeMap<ContainerId, (PodId, Slot, Cause)>,
    /// Who waits for a task, and the record that began it.
    pub(crate) tasks: BTreeMap<TaskId, (PodId, Waits, Cause)>,
    /// Stores that outlive Pods.
    pub(crate) kept: BTreeMap<String, VolumeId>,
    /// Pods by the ConfigMaps and Secrets in their volumes.
    pub(crate) mounted: BTreeMap<ObjectKey, BTreeSet<PodId>>,
    /// Next address by node.
    pub(crate) next_ip: BTreeMap<u32, u32>,
}

/// What a room of the kubelet works with.
pub(crate) struct Cx<'a> {
    pub(crate) api: &'a mut ApiServer,
    pub(crate) runtime: &'a mut Runtime,
    pub(crate) shared: &'a mut Shared,
    /// The record that leads to the next one.
    pub(crate) cause: Cause,
}

impl Cx<'_> {
    pub(crate) fn now(&self) -> SimTime {
        self.api.now()
    }
    /// Wakes a Pod later.
    pub(crate) fn wake(&mut self, at: SimTime, pod: PodId, what: What) {
        let cause = self.cause;
        self.api.schedule(at, Wakeup::Kubelet(Due { pod, what }), cause);
    }
    /// Writes an event about a Pod, or one of its containers.
    pub(crate) fn event(&mut self, pod: &PodState, slot: Option<Slot>, warning: bool, reason: &str, message: &str) {
        let path = slot.and_then(|s| pod.field_paths.get(s).cloned());
        let style = Style::Counted { component: "kubelet", host: &pod.node_name };
        self.api.emit(Emit { about: &pod.object, field_path: path.as_deref(), warning, reason, message, style }, self.cause);
        self.cause = self.api.last_record();
    }
    /// Notes a step that no object shows.
    pub(crate) fn step(&mut self, pod: &PodState, slot: Option<Slot>, step: Step) {
        let container = slot.and_then(|s| pod.names.get(s).cloned());
        let fact = Fact::Kubelet(Rc::new(KubeletStep { pod: pod.key.clone(), container, step }));
        self.cause = Some(self.api.record(fact, self.cause));
    }
}

/// A Pod of a node.
#[derive(Clone, Debug)]
pub(crate) struct PodState {
    pub(crate) id: PodId,
    pub(crate) key: ObjectKey,
    pub(crate) uid: Rc<str>,
    /// The newest version the kubelet has seen.
    pub(crate) object: Rc<Object>,
    pub(crate) names: Vec<Rc<str>>,
    pub(crate) field_paths: Vec<Rc<str>>,
    pub(crate) node: u32,
    pub(crate) node_name: Rc<str>,
    pub(crate) node_ip: Ipv4Addr,

    /// What runs now.
    pub(crate) actual: RuntimeStatus,
    /// What the last relist saw.
    pub(crate) listed: RuntimeStatus,
    /// What syncs work with.
    pub(crate) cached: RuntimeStatus,
    /// When `cached` was refreshed apart from relists.
    pub(crate) inspected: SimTime,
    /// When a relist is to look at this Pod.
    pub(crate) relist_at: Option<SimTime>,

    pub(crate) work: Work,
    /// Raised whenever a waiting step is given up.
    pub(crate) turn: u32,
    /// A sync is wanted, because of this.
    pub(crate) wanted: Option<Cause>,
    pub(crate) last_sync_end: Option<SimTime>,
    /// When the work queue brings the Pod back.
    pub(crate) requeue_at: Option<SimTime>,

    /// The Pod is to be ended: nothing is started any more.
    pub(crate) ending: bool,
    /// Grace in seconds for its containers, where the deletion says so.
    pub(crate) grace: Option<i64>,
    /// All containers are dead for good, the status may become final.
    pub(crate) stopped: bool,
    /// The worker has nothing left to do.
    pub(crate) over: bool,
    /// The object is gone.
    pub(crate) removed: bool,

    /// The newest status, as computed.
    pub(crate) status: Option<Rc<PodStatus>>,
    pub(crate) start_time: SimTime,
    /// Why containers could not be started: reason and message.
    pub(crate) reasons: BTreeMap<Slot, (String, String)>,
    pub(crate) backoffs: BTreeMap<Slot, Backoff>,
    /// Image back-off by reference, with the error of the last pull.
    pub(crate) image_backoffs: BTreeMap<String, (Backoff, String)>,
    pub(crate) probes: Probes,
    pub(crate) probes_started: bool,
    pub(crate) volumes: Vec<PodVolume>,
    pub(crate) mounts_begun: Option<SimTime>,
    pub(crate) mounted: bool,
    pub(crate) kills: Vec<Kill>,
    /// Restart counts of containers whose records were removed.
    pub(crate) restart_floor: Vec<u32>,
    /// Containers that a restart of all containers removed.
    pub(crate) reset: BTreeSet<Slot>,
    pub(crate) restarting_all: bool,
    pub(crate) evicted: Option<(String, String)>,
    /// A container between `Pulled` and `Created`.
    pub(crate) creating: Option<Box<super::config::Made>>,
    /// Resources in effect.
    pub(crate) applied: BTreeMap<Slot, ResourceRequirements>,
    pub(crate) resizing: bool,
    /// A resize that has to wait.
    pub(crate) resize_pending: Option<super::resize::Pending>,
    /// The eviction manager is going to look.
    pub(crate) usage_due: bool,
}

/// The Pod in an object, with its containers.
pub(crate) fn pod_of(object: &Object) -> Option<(&Pod, Containers<'_>)> {
    match object {
        Object::Pod(pod) => Some((pod, Containers(pod.spec.as_ref()?))),
        _ => None,
    }
}

impl PodState {
    /// A Pod that was just bound to a node.
    pub(crate) fn new(id: PodId, object: Rc<Object>, node: u32) -> PodState {
        let node_name: Rc<str> = pod_of(&object).and_then(|(p, _)| p.spec.as_ref()?.node_name.as_deref()).unwrap_or_default().into();
        let mut pod = PodState {
            id,
            key: object.key(),
            uid: object.uid().into(),
            names: Vec::new(),
            field_paths: Vec::new(),
            node,
            node_name,
            node_ip: crate::birth::node_ip(node),
            actual: RuntimeStatus::default(),
            listed: RuntimeStatus::default(),
            cached: RuntimeStatus::default(),
            inspected: SimTime::ZERO,
            relist_at: None,
            work: Work::Idle,
            turn: 0,
            wanted: None,
            last_sync_end: None,
            requeue_at: None,
            ending: false,
            grace: None,
            stopped: false,
            over: false,
            removed: false,
            status: None,
            start_time: SimTime::ZERO,
            reasons: BTreeMap::new(),
            backoffs: BTreeMap::new(),
            image_backoffs: BTreeMap::new(),
            probes: Probes::default(),
            probes_started: false,
            volumes: Vec::new(),
            mounts_begun: None,
            mounted: false,
            kills: Vec::new(),
            restart_floor: Vec::new(),
            reset: BTreeSet::new(),
            restarting_all: false,
            evicted: None,
            creating: None,
            applied: BTreeMap::new(),
            resizing: false,
            resize_pending: None,
            usage_due: false,
            object,
        };
        pod.index();
        pod
    }

    /// Names of the containers, for messages.
    fn index(&mut self) {
        let object = self.object.clone();
        if let Some((_, containers)) = pod_of(&object) {
            self.names = (0..containers.len()).map(|s| containers.name(s).into()).collect();
            self.field_paths = (0..containers.len()).map(|s| containers.field_path(s).into()).collect();
        }
    }

    /// `name_namespace(uid)`, as messages have it.
    pub(crate) fn full_name(&self) -> String {
        format!("{}_{}({})", self.key.name, self.key.namespace, self.uid)
    }

    /// When the Pod's active deadline passes.
    pub(crate) fn deadline(&self, cx: &Cx<'_>, pod: &Pod) -> Option<SimTime> {
        let seconds = pod.spec.as_ref()?.active_deadline_seconds?;
        self.status.as_ref()?;
        let epoch = cx.api.settings().epoch as u64 % 1000;
        let start = self.start_time - (self.start_time.0 + epoch) % 1000;
        Some(start + seconds.max(0) as u64 * 1000)
    }

    /// The API has a new version of the Pod, or none any more.
    pub(crate) fn refresh(&mut self, cx: &mut Cx<'_>) {
        let Some(new) = cx.api.get(Kind::Pod, &self.key.namespace, &self.key.name).filter(|o| o.uid() == &*self.uid).cloned() else {
            if self.over {
                self.removed = true;
                return;
            }
            if !self.removed {
                self.removed = true;
                self.grace = Some(self.grace.map_or(1, |g| g.min(1)));
                self.end(cx);
            }
            return;
        };
        let before = std::mem::replace(&mut self.object, new);
        self.index();
        let (old, now) = (before.metadata(), self.object.metadata());
        let changed = old.generation != now.generation || old.labels != now.labels || old.annotations != now.annotations;
        let deletion = now.deletion_timestamp.is_some().then_some(now.deletion_grace_period_seconds).flatten();
        if old.labels != now.labels || old.annotations != now.annotations {
            self.project_downward(cx);
        }
        if let Some(grace) = deletion
            && self.grace.is_none_or(|g| grace < g)
            && !self.stopped
        {
            self.grace = Some(grace);
            self.end(cx);
        } else if changed || gates_differ(&before, &self.object) {
            self.want(cx);
        }
    }
}

/// Whether a readiness gate's condition differs.
fn gates_differ(before: &Object, after: &Object) -> bool {
    let (Some((old, _)), Some((new, containers))) = (pod_of(before), pod_of(after)) else { return false };
    let value =
        |p: &Pod, kind: &str| p.status.as_ref().and_then(|s| s.conditions.as_ref()).and_then(|c| c.iter().find(|c| c.type_ == kind)).map(|c| c.status.clone());
    containers.0.readiness_gates.iter().flatten().any(|g| value(old, &g.condition_type) != value(new, &g.condition_type))
}
