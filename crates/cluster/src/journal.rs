//! Everything that ever happened, in order, each with its cause.

use crate::{Action, SimTime};
use podglass_manifest::{Object, ObjectKey};
use podglass_runtime::{ContainerId, Happening};
use std::{net::Ipv4Addr, rc::Rc};

/// Place of a record in the journal, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct RecordId(pub u32);

/// Why something happened: the record that led to it; `None` only for actions of the user and the
/// cluster's own birth.
pub type Cause = Option<RecordId>;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its place.
    pub id: RecordId,
    /// When.
    pub at: SimTime,
    /// Why.
    pub cause: Cause,
    /// What.
    pub fact: Fact,
}

/// What a record says. Facts are in the past tense.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// The user did something.
    ActionTaken(Rc<Action>),
    /// The user's action was refused.
    ActionRefused {
        /// The API server's words.
        message: Rc<str>,
    },
    /// An object came to be (watch: ADDED).
    Created(Rc<Object>),
    /// An object changed (watch: MODIFIED).
    Updated {
        /// Before.
        before: Rc<Object>,
        /// After.
        after: Rc<Object>,
    },
    /// An object is gone (watch: DELETED).
    Deleted(Rc<Object>),
    /// Something happened inside a container or through its network.
    Inside(Rc<Inside>),
    /// A probe ran.
    Probed(Rc<Probed>),
    /// The kubelet did something with a Pod that no object shows: sandbox, volumes, signals, waits.
    Kubelet(Rc<KubeletStep>),
}

/// Which run of which container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// The Pod.
    pub pod: ObjectKey,
    /// The Pod's uid.
    pub uid: Rc<str>,
    /// The container's name.
    pub container: Rc<str>,
    /// Its restart count: 0 for the first run.
    pub restart: u32,
    /// The runtime's id.
    pub id: ContainerId,
}

/// Something that happened inside a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Inside {
    /// Where.
    pub run: Run,
    /// What.
    pub what: Happening,
}

/// The three probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum ProbeKind {
    /// startupProbe
    Startup,
    /// readinessProbe
    Readiness,
    /// livenessProbe
    Liveness,
}

/// One probe result.
#[derive(Clone, Debug, PartialEq)]
pub struct Probed {
    /// Of which container.
    pub run: Run,
    /// Which probe.
    pub probe: ProbeKind,
    /// Whether this attempt succeeded.
    pub success: bool,
    /// What it said (`HTTP probe failed with statuscode: 404`).
    pub output: String,
    /// How many results of the same sort in a row.
    pub in_row: u32,
    /// How many of them change the probe's verdict.
    pub threshold: u32,
}

/// A step of the kubelet with one Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct KubeletStep {
    /// The Pod.
    pub pod: ObjectKey,
    /// The container it is about.
    pub container: Option<Rc<str>>,
    /// What it did.
    pub step: Step,
}

/// The steps of a kubelet that the API does not show.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The sandbox is up.
    SandboxCreated {
        /// The Pod's address.
        ip: Ipv4Addr,
    },
    /// The sandbox is gone.
    SandboxRemoved,
    /// All volumes are mounted.
    VolumesMounted,
    /// A pull began.
    PullStarted {
        /// Reference.
        image: Rc<str>,
        /// When it will end, if nothing happens.
        until: SimTime,
        /// Size in bytes.
        size: u64,
    },
    /// A pull ended.
    PullEnded {
        /// Reference.
        image: Rc<str>,
        /// Whether the image is there now.
        ok: bool,
    },
    /// The container waits for a back-off to expire.
    BackOffStarted {
        /// Until when.
        until: SimTime,
        /// Length of the back-off in milliseconds.
        length: u64,
    },
    /// A hook began (`PreStop`, `PostStart`).
    HookStarted {
        /// Which.
        hook: &'static str,
    },
    /// A hook ended.
    HookEnded {
        /// Which.
        hook: &'static str,
        /// Whether it succeeded.
        ok: bool,
    },
    /// The stop signal was sent; the grace period runs.
    StopSignalSent {
        /// `SIGTERM` or another.
        signal: Rc<str>,
        /// When SIGKILL follows.
        kill_at: SimTime,
    },
    /// SIGKILL was sent.
    Killed,
}

/// All records.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    records: Vec<Record>,
}

impl Journal {
    /// The records, oldest first.
    pub fn records(&self) -> &[Record] {
        &self.records
    }
    /// One record.
    pub fn get(&self, id: RecordId) -> Option<&Record> {
        self.records.get(id.0 as usize)
    }
    /// Index of the first record later than `at`.
    pub fn end_of(&self, at: SimTime) -> usize {
        self.records.partition_point(|r| r.at <= at)
    }
    /// The records from this one back to the first cause.
    pub fn chain(&self, id: RecordId) -> impl Iterator<Item = &Record> {
        std::iter::successors(self.get(id), |r| r.cause.and_then(|c| self.get(c)))
    }
    pub(crate) fn append(&mut self, at: SimTime, cause: Cause, fact: Fact) -> RecordId {
        let id = RecordId(self.records.len() as u32);
        self.records.push(Record { id, at, cause, fact });
        id
    }
}
