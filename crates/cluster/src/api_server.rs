//! The one door for change: objects, clock, random numbers, what is due, and the journal.

use crate::journal::{Cause, Fact, Journal, RecordId};
use crate::queue::{Queue, Wakeup};
use crate::{Settings, SimTime};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{OwnerReference, Time};
use podglass_manifest::{Kind, Object, ObjectKey};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A refused change: what the API server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `NotFound`, `AlreadyExists`, `Invalid`, `Conflict`, `Forbidden`.
    pub reason: &'static str,
    /// The server's words without the client's prefix.
    pub message: String,
}

impl Refusal {
    /// `NotFound` for an object that is not there.
    pub(crate) fn not_found(key: &ObjectKey) -> Refusal {
        Refusal { reason: "NotFound", message: format!("{} {:?} not found", resource_name(key.kind), key.name) }
    }
}

/// Objects by namespace, then name.
type Shelf = BTreeMap<String, BTreeMap<Rc<str>, Rc<Object>>>;

/// The API server with everything that depends on nobody but time and chance.
#[derive(Clone, Debug)]
pub struct ApiServer {
    settings: Rc<Settings>,
    now: SimTime,
    rng: fastrand::Rng,
    shelves: BTreeMap<Kind, Shelf>,
    journal: Journal,
    version: u64,
    queue: Queue,
    pub(crate) recorder: crate::events::Recorder,
    /// A Pod's spec before and after its defaults.
    pub(crate) last_defaults: Option<Rc<(k8s_openapi::api::core::v1::PodSpec, k8s_openapi::api::core::v1::PodSpec)>>,
}

impl ApiServer {
    /// An empty cluster at time 0.
    pub fn new(settings: Settings) -> ApiServer {
        let rng = fastrand::Rng::with_seed(settings.seed);
        ApiServer {
            settings: Rc::new(settings),
            now: SimTime::ZERO,
            rng,
            shelves: BTreeMap::new(),
            journal: Journal::default(),
            version: 1000,
            queue: Queue::default(),
            recorder: crate::events::Recorder::default(),
            last_defaults: None,
        }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    /// The clock.
    pub fn now(&self) -> SimTime {
        self.now
    }
    /// Moves the clock. Never backwards.
    pub(crate) fn set_now(&mut self, now: SimTime) {
        self.now = self.now.max(now);
    }
    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }
    /// The seeded random numbers: the only ones there are.
    pub(crate) fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }
    /// The clock as the API shows it: whole seconds.
    pub fn timestamp(&self) -> Time {
        self.timestamp_at(self.now)
    }
    /// A moment as the API shows it: whole seconds.
    pub fn timestamp_at(&self, at: SimTime) -> Time {
        let secs = (self.settings.epoch + at.0 as i64).div_euclid(1000);
        Time(k8s_openapi::jiff::Timestamp::from_second(secs).unwrap_or_default())
    }

    /// Wakes a component at `at` (not before now), because of `cause`. Equal times keep the order of these calls.
    pub(crate) fn schedule(&mut self, at: SimTime, wakeup: Wakeup, cause: Cause) {
        self.queue.push(at.max(self.now), wakeup, cause);
    }
    /// When the next component wants to be woken.
    pub(crate) fn next_due(&self) -> Option<SimTime> {
        self.queue.next()
    }
    /// Takes the next wake-up that is due at or before `until`.
    pub(crate) fn take_due(&mut self, until: SimTime) -> Option<(SimTime, Wakeup, Cause)> {
        self.queue.pop(until)
    }

    /// One object.
    pub fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Rc<Object>> {
        self.shelves.get(&kind)?.get(namespace)?.get(name)
    }
    /// One object by its key.
    pub fn find(&self, key: &ObjectKey) -> Option<&Rc<Object>> {
        self.get(key.kind, &key.namespace, &key.name)
    }
    /// All objects of a kind, by namespace and name.
    pub fn list(&self, kind: Kind) -> impl Iterator<Item = &Rc<Object>> {
        self.shelves.get(&kind).into_iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values)
    }
    /// All objects of a kind in a namespace, by name.
    pub fn list_in<'a>(&'a self, kind: Kind, namespace: &str) -> impl Iterator<Item = &'a Rc<Object>> + use<'a> {
        self.shelves.get(&kind).and_then(|s| s.get(namespace)).into_iter().flat_map(BTreeMap::values)
    }
    /// All objects there are.
    pub fn objects(&self) -> impl Iterator<Item = &Rc<Object>> {
        self.shelves.values().flat_map(BTreeMap::values).flat_map(BTreeMap::values)
    }

    /// Stores a new object: name from `generateName`, uid, resourceVersion, creationTimestamp, generation.
    /// Defaults and validation are the caller's (admission).
    ///
    /// # Errors
    /// `AlreadyExists`.
    pub(crate) fn create(&mut self, mut object: Object, cause: Cause) -> Result<Rc<Object>, Refusal> {
        let kind = object.kind();
        let generated = object.metadata().generate_name.clone();
        if object.name().is_empty()
            && let Some(base) = generated
        {
            let name = format!("{base}{}", self.suffix());
            object.metadata_mut().name = Some(name);
        }
        let key = object.key();
        if self.find(&key).is_some() {
            return Err(Refusal { reason: "AlreadyExists", message: format!("{} {:?} already exists", resource_name(kind), key.object_name()) });
        }
        let (uid, now, version) = (self.new_uid(), self.timestamp(), self.next_version());
        let meta = object.metadata_mut();
        meta.uid.get_or_insert(uid);
        meta.creation_timestamp = Some(now);
        meta.resource_version = Some(version);
        if has_generation(kind) {
            meta.generation = Some(1);
        }
        let object = Rc::new(object);
        self.shelves.entry(kind).or_default().entry(key.namespace).or_default().insert(key.name.into(), object.clone());
        self.record(Fact::Created(object.clone()), cause);
        Ok(object)
    }

    /// Changes an object in place. A change that leaves it equal is none: no record, no new version.
    /// Bump `metadata.generation` inside when the spec changes (see [`bump_generation`]). An object whose
    /// deletion is over after the change (no finalizers, no grace left) is removed at once.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn update(&mut self, key: &ObjectKey, cause: Cause, change: impl FnOnce(&mut Object)) -> Result<Rc<Object>, Refusal> {
        let Some(before) = self.find(key).cloned() else {
            return Err(Refusal::not_found(key));
        };
        let mut after = (*before).clone();
        change(&mut after);
        if after == *before {
            return Ok(before);
        }
        self.put(before, after, cause)
    }

    /// Stores a changed object in the place of `before`, which must be the stored version. The caller knows that they differ.
    ///
    /// # Errors
    /// Never for an object that is there; the type is that of [`ApiServer::update`].
    pub(crate) fn put(&mut self, before: Rc<Object>, mut after: Object, cause: Cause) -> Result<Rc<Object>, Refusal> {
        after.metadata_mut().resource_version = Some(self.next_version());
        let after = Rc::new(after);
        let key = after.key();
        if let Some(slot) = self.shelves.get_mut(&key.kind).and_then(|s| s.get_mut(&key.namespace)).and_then(|s| s.get_mut(key.name.as_str())) {
            *slot = after.clone();
        }
        let id = self.record(Fact::Updated { before, after: after.clone() }, cause);
        if crate::deletion::is_over(&after) {
            self.remove(&after.key(), Some(id))?;
        }
        Ok(after)
    }

    /// Takes an object away for good. Graceful deletion and finalizers are the caller's.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn remove(&mut self, key: &ObjectKey, cause: Cause) -> Result<Rc<Object>, Refusal> {
        let gone = self
            .shelves
            .get_mut(&key.kind)
            .and_then(|s| s.get_mut(&key.namespace))
            .and_then(|s| s.remove(key.name.as_str()))
            .ok_or_else(|| Refusal::not_found(key))?;
        self.record(Fact::Deleted(gone.clone()), cause);
        Ok(gone)
    }

    /// Appends a record at the present moment.
    pub(crate) fn record(&mut self, fact: Fact, cause: Cause) -> RecordId {
        self.journal.append(self.now, cause, fact)
    }

    /// The newest record, as the cause of the next one.
    pub(crate) fn last_record(&self) -> Cause {
        self.journal.records().last().map(|r| r.id)
    }

    /// The number of the newest change, as `resourceVersion` shows it.
    pub fn version(&self) -> u64 {
        self.version
    }

    fn next_version(&mut self) -> String {
        self.version += 1;
        self.version.to_string()
    }

    /// A random suffix of five characters, as `names.SimpleNameGenerator` makes it (apiserver/pkg/storage/names/generate.go).
    pub(crate) fn suffix(&mut self) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..5).map(|_| char::from(ALPHABET[self.rng.u32(..ALPHABET.len() as u32) as usize])).collect()
    }

    /// A random uid (version 4).
    pub(crate) fn new_uid(&mut self) -> String {
        let (a, b) = (self.rng.u64(..), self.rng.u64(..));
        format!("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32, (a >> 16) & 0xffff, a & 0xfff, 0x8000 | (b >> 48 & 0x3fff), b & 0xffff_ffff_ffff)
    }
}

/// Adds one to `metadata.generation`, as the API server does when the spec changes.
pub(crate) fn bump_generation(object: &mut Object) {
    let m = object.metadata_mut();
    m.generation = Some(m.generation.unwrap_or(0) + 1);
}

/// Whether the API server numbers the generations of a kind.
fn has_generation(kind: Kind) -> bool {
    use Kind::{
        CronJob, CustomResourceDefinition, DaemonSet, Deployment, EndpointSlice, HorizontalPodAutoscaler, Ingress, IngressClass, Job, NetworkPolicy, Pod,
        PodDisruptionBudget, PriorityClass, ReplicaSet, ReplicationController, StatefulSet,
    };
    matches!(
        kind,
        Pod | Deployment
            | ReplicaSet
            | StatefulSet
            | DaemonSet
            | Job
            | CronJob
            | ReplicationController
            | EndpointSlice
            | HorizontalPodAutoscaler
            | Ingress
            | IngressClass
            | NetworkPolicy
            | PodDisruptionBudget
            | PriorityClass
            | CustomResourceDefinition
    )
}

/// `pods`, `deployments.apps`: how the API server names a resource in its messages.
pub fn resource_name(kind: Kind) -> String {
    if kind.group().is_empty() { kind.plural().to_owned() } else { format!("{}.{}", kind.plural(), kind.group()) }
}

/// A reference to an owner that is its controller.
pub fn controller_reference(owner: &Object) -> OwnerReference {
    OwnerReference {
        api_version: owner.kind().api_version(),
        kind: owner.kind().name().to_owned(),
        name: owner.name().to_owned(),
        uid: owner.uid().to_owned(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// A reference to an object, as events have it.
pub fn object_reference(object: &Object) -> ObjectReference {
    ObjectReference {
        api_version: Some(object.kind().api_version()),
        kind: Some(object.kind().name().to_owned()),
        name: object.metadata().name.clone(),
        namespace: object.metadata().namespace.clone(),
        uid: object.metadata().uid.clone(),
        resource_version: object.metadata().resource_version.clone(),
        field_path: None,
    }
}
