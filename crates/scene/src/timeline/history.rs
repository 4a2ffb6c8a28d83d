//! Lanes in time: the fold of a journal that the timeline is projected from.

use super::{Grip, LaneKind, Shape};
use crate::kube_event::KubeEvent;
use crate::memory::{HEADLINE, weight};
use crate::narration::phrase;
use crate::row::{PodRow, is_sidecar};
use crate::{Role, Target};
use podglass_cluster::journal::{Run, Step};
use podglass_cluster::manifest::{Kind, Object, ObjectKey};
use podglass_cluster::runtime::Happening;
use podglass_cluster::{Fact, Journal, Record, RecordId, SimTime};
use std::collections::BTreeMap;
use std::rc::Rc;

/// At most so many lines of output of one container become markers.
const LINES: usize = 400;

/// The fold of a journal into lanes.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub(super) seen: usize,
    pub(crate) pods: Vec<PodHistory>,
    pub(super) index: BTreeMap<ObjectKey, usize>,
    pub(super) actions: Vec<Point>,
    /// Every instant at which something worth a step happened, ascending, without repetition.
    pub(super) steps: Vec<SimTime>,
    /// Every instant with any record, ascending: quiet time lies between them.
    pub(super) instants: Vec<SimTime>,
    /// Grows with every change.
    pub revision: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct PodHistory {
    pub(crate) key: ObjectKey,
    pub(super) owner: Option<ObjectKey>,
    pub(crate) stretches: Vec<Stretch>,
    pub(super) points: Vec<Point>,
    pub(crate) lanes: Vec<ContainerHistory>,
    pub(super) ended: Option<SimTime>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ContainerHistory {
    pub(crate) name: String,
    pub(crate) kind: LaneKind,
    pub(crate) stretches: Vec<Stretch>,
    pub(super) points: Vec<Point>,
    pub(super) lines: usize,
    /// How many runs have ended.
    pub(super) exits: u32,
}

/// A state from an instant on, until the next one.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub(crate) from: SimTime,
    /// `None` while it goes on.
    pub(crate) to: Option<SimTime>,
    pub(crate) role: Role,
    pub(crate) label: String,
    pub(super) record: RecordId,
    /// What a drag of its end changes.
    pub(super) grip: Option<Grip>,
}

/// A marker in time.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(super) at: SimTime,
    pub(super) shape: Shape,
    pub(crate) role: Role,
    pub(super) record: RecordId,
    /// What it says, where no journal has its record.
    pub(super) text: Option<Rc<str>>,
}

pub(super) fn begin(stretches: &mut Vec<Stretch>, (at, id): (SimTime, RecordId), role: Role, label: String) {
    if let Some(last) = stretches.last_mut() {
        if last.to.is_none() && last.role == role && last.label == label {
            return;
        }
        last.to.get_or_insert(at);
        if last.from == last.to.unwrap_or(last.from) {
            stretches.pop();
        }
    }
    stretches.push(Stretch { from: at, to: None, role, label, record: id, grip: None });
}

pub(super) fn end(stretches: &mut [Stretch], at: SimTime) {
    if let Some(last) = stretches.last_mut() {
        last.to.get_or_insert(at);
    }
}

impl History {
    /// Takes in the records it has not seen.
    pub fn observe(&mut self, journal: &Journal) {
        for record in journal.records().get(self.seen..).unwrap_or_default() {
            self.take(record);
            self.revision += 1;
        }
        self.seen = journal.records().len();
    }

    /// How many records were seen.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// The next instant worth a step after `at`.
    pub fn step_after(&self, at: SimTime) -> Option<SimTime> {
        self.steps.get(self.steps.partition_point(|s| *s <= at)).copied()
    }
    /// The last instant worth a step before `at`.
    pub fn step_before(&self, at: SimTime) -> Option<SimTime> {
        self.steps.get(self.steps.partition_point(|s| *s < at).checked_sub(1)?).copied()
    }
    /// Instants of the markers of a container or Pod, or of everything.
    pub fn markers(&self, target: Option<&Target>) -> Vec<SimTime> {
        let mut all: Vec<SimTime> = match target {
            Some(Target::Container { pod, container }) => self
                .pods
                .iter()
                .filter(|p| p.key == *pod)
                .flat_map(|p| &p.lanes)
                .filter(|l| l.name == *container)
                .flat_map(|l| &l.points)
                .map(|p| p.at)
                .collect(),
            Some(t) if t.object().is_some() => self
                .pods
                .iter()
                .filter(|p| Some(&p.key) == t.object())
                .flat_map(|p| p.points.iter().chain(p.lanes.iter().flat_map(|l| &l.points)))
                .map(|p| p.at)
                .collect(),
            _ => self.steps.clone(),
        };
        all.sort_unstable();
        all.dedup();
        all
    }

    fn pod_mut(&mut self, key: &ObjectKey) -> Option<&mut PodHistory> {
        self.pods.get_mut(*self.index.get(key)?)
    }

    fn run_mut(&mut self, run: &Run) -> Option<&mut ContainerHistory> {
        self.pod_mut(&run.pod)?.lane(&run.container)
    }

    fn take(&mut self, record: &Record) {
        let at = record.at;
        let when = (at, record.id);
        let weight = weight(record);
        if weight > 0 && self.instants.last() != Some(&at) {
            self.instants.push(at);
        }
        if weight >= HEADLINE && self.steps.last() != Some(&at) {
            self.steps.push(at);
        }
        let point = |shape, role| Point { at, shape, role, record: record.id, text: None };
        match &record.fact {
            Fact::ActionTaken(_) => self.actions.push(point(Shape::Action, Role::Starting)),
            Fact::ActionRefused { .. } => self.actions.push(point(Shape::Cross, Role::Failed)),
            Fact::Created(o) if matches!(**o, Object::Pod(_)) => {
                let mut pod = PodHistory::new(o);
                let row = row_of(o);
                begin(&mut pod.stretches, when, row.0, row.1);
                self.index.insert(o.key(), self.pods.len());
                self.pods.push(pod);
            }
            Fact::Updated { after, .. } if matches!(**after, Object::Pod(_)) => {
                let row = row_of(after);
                if let Some(pod) = self.pod_mut(&after.key()) {
                    begin(&mut pod.stretches, when, row.0, row.1);
                    pod.published(after, record);
                }
            }
            Fact::Deleted(o) if matches!(**o, Object::Pod(_)) => {
                if let Some(pod) = self.pod_mut(&o.key()) {
                    pod.ended = Some(at);
                    end(&mut pod.stretches, at);
                    pod.lanes.iter_mut().for_each(|l| end(&mut l.stretches, at));
                }
                self.index.remove(&o.key());
            }
            Fact::Created(o) | Fact::Updated { after: o, .. } => {
                let Some(event) = KubeEvent::of_object(o) else { return };
                let Some(pod) = event.about().and_then(|k| self.pod_mut(&k)) else { return };
                let lane = event.container().and_then(|c| pod.lane(c));
                match (event.reason(), lane) {
                    ("Created", Some(lane)) => begin(&mut lane.stretches, when, Role::Starting, "created".into()),
                    ("Started", Some(lane)) => lane.run(when),
                    ("Unhealthy" | "BackOff", _) => {}
                    (_, Some(lane)) if event.warning() => lane.points.push(point(Shape::Warning, Role::Failed)),
                    (_, None) if event.warning() => pod.points.push(point(Shape::Warning, Role::Failed)),
                    _ => {}
                }
            }
            Fact::Inside(inside) => {
                let Some(lane) = self.run_mut(&inside.run) else { return };
                lane.inside(&inside.what, record);
            }
            Fact::Probed(p) => {
                let shape = if p.success { Shape::ProbeOk } else { Shape::ProbeBad };
                if let Some(lane) = self.run_mut(&p.run) {
                    lane.points.push(point(shape, if p.success { Role::Running } else { Role::Failed }));
                }
            }
            Fact::Kubelet(step) => {
                let Some(pod) = self.pod_mut(&step.pod) else { return };
                let Some(lane) = step.container.as_ref().and_then(|c| pod.lane(c)) else { return };
                match &step.step {
                    Step::PullStarted { image, .. } => {
                        begin(&mut lane.stretches, when, Role::Pulling, "pulling".into());
                        if let Some(last) = lane.stretches.last_mut() {
                            last.grip = Some(Grip::Pull { image: image.to_string() });
                        }
                    }
                    Step::PullEnded { ok, .. } => {
                        end(&mut lane.stretches, at);
                        if !ok {
                            lane.points.push(point(Shape::Cross, Role::Failed));
                        }
                    }
                    Step::BackOffStarted { length, until } => {
                        begin(&mut lane.stretches, when, Role::BackOff, format!("back-off {}", crate::words::countdown(*length)));
                        if let Some(last) = lane.stretches.last_mut() {
                            last.to = Some(*until);
                        }
                    }
                    Step::StopSignalSent { .. } => {
                        begin(&mut lane.stretches, when, Role::Terminating, "terminating".into());
                        lane.points.push(point(Shape::Signal, Role::Terminating));
                    }
                    Step::Killed => lane.points.push(point(Shape::Signal, Role::Failed)),
                    Step::SandboxCreated { .. } | Step::SandboxRemoved | Step::VolumesMounted | Step::HookStarted { .. } | Step::HookEnded { .. } => {}
                }
            }
            Fact::Deleted(_) => {}
        }
    }
}

fn row_of(object: &Object) -> (Role, String) {
    let Object::Pod(pod) = object else { return Default::default() };
    let row = PodRow::of(pod);
    let label = if row.status == "Running" { format!("Running {}", row.ready_text()) } else { row.status.clone() };
    (row.role(), label)
}

impl PodHistory {
    pub(super) fn new(object: &Object) -> PodHistory {
        let mut lanes = Vec::new();
        if let Object::Pod(pod) = object
            && let Some(spec) = &pod.spec
        {
            let inits = spec.init_containers.iter().flatten().map(|c| (c, if is_sidecar(c) { LaneKind::Sidecar } else { LaneKind::Init }));
            for (c, kind) in inits.chain(spec.containers.iter().map(|c| (c, LaneKind::App))) {
                lanes.push(ContainerHistory { name: c.name.clone(), kind, ..ContainerHistory::default() });
            }
        }
        let owner = object.metadata().owner_references.iter().flatten().find(|o| o.controller == Some(true)).and_then(|o| {
            let kind = Kind::ALL.iter().copied().find(|k| k.name() == o.kind)?;
            Some(ObjectKey { kind, namespace: object.namespace().to_owned(), name: o.name.clone() })
        });
        PodHistory { key: object.key(), owner, stretches: Vec::new(), points: Vec::new(), lanes, ended: None }
    }

    fn lane(&mut self, name: &str) -> Option<&mut ContainerHistory> {
        self.lanes.iter_mut().find(|l| l.name == name)
    }

    /// A container that is published as running began to run, whatever else was said of it:
    /// events can be lost in a flood.
    fn published(&mut self, object: &Object, record: &Record) {
        let Object::Pod(pod) = object else { return };
        let Some(status) = &pod.status else { return };
        for s in status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten()) {
            let Some(lane) = self.lane(&s.name) else { continue };
            let running = s.state.as_ref().is_some_and(|s| s.running.is_some());
            let last = lane.stretches.last();
            let not_running = last.is_none_or(|l| !matches!(l.role, Role::Running | Role::NotReady | Role::Terminating) || l.to.is_some());
            let exited_since = lane.points.last().is_some_and(|p| matches!(p.shape, Shape::Check | Shape::Cross) && p.at.0 + 1500 > record.at.0);
            if running && not_running && !exited_since {
                lane.run((record.at, record.id));
            }
        }
    }
}

impl ContainerHistory {
    /// A run began.
    fn run(&mut self, when: (SimTime, RecordId)) {
        begin(&mut self.stretches, when, Role::Running, String::new());
        if let Some(last) = self.stretches.last_mut().filter(|l| l.grip.is_none()) {
            last.grip = Some(Grip::Run { run: self.exits, code: 0 });
        }
    }

    fn inside(&mut self, what: &Happening, record: &Record) {
        let at = record.at;
        let point = |shape, role| Point { at, shape, role, record: record.id, text: None };
        match what {
            Happening::Exited { code, .. } => {
                if let Some(last) = self.stretches.last_mut() {
                    last.to = Some(at);
                    if last.role == Role::Running {
                        last.role = if *code == 0 { Role::Completed } else { Role::Failed };
                        last.label = format!("exit {code}");
                    }
                    if let Some(Grip::Run { code: at_end, .. }) = &mut last.grip {
                        *at_end = *code;
                    }
                }
                self.exits += 1;
                let (shape, role) = if *code == 0 { (Shape::Check, Role::Completed) } else { (Shape::Cross, Role::Failed) };
                self.points.push(point(shape, role));
            }
            Happening::Printed { .. } => {
                self.lines += 1;
                if self.lines <= LINES {
                    self.points.push(point(Shape::Line, Role::Running));
                }
            }
            Happening::FileWritten { volume: Some(_), .. } => self.points.push(point(Shape::Write, Role::Completed)),
            Happening::PortBound { .. } => self.points.push(point(Shape::Port, Role::Running)),
            Happening::PortInUse { .. } => self.points.push(point(Shape::Clash, Role::Failed)),
            Happening::Requested { answered_by, result, .. } => {
                let failed = answered_by.is_none() && !result.starts_with(['2', '3']);
                self.points.push(point(Shape::Port, if failed { Role::Failed } else { Role::Running }));
            }
            Happening::NameLookedUp { addresses, .. } if addresses.is_empty() => self.points.push(point(Shape::Port, Role::Failed)),
            Happening::BurningCpu => self.points.push(point(Shape::Warning, Role::BackOff)),
            Happening::NameLookedUp { .. }
            | Happening::FileWritten { volume: None, .. }
            | Happening::FileRead { .. }
            | Happening::PortReleased { .. }
            | Happening::Assumed { .. }
            | Happening::TaskEnded { .. } => {}
        }
    }
}

impl History {
    /// The stretches of a lane.
    pub(super) fn stretches(&self, target: &Target) -> Option<&[Stretch]> {
        let pod = |key: &ObjectKey| self.pods.iter().rev().find(|p| p.key == *key);
        match target {
            Target::Container { pod: key, container } => Some(&pod(key)?.lanes.iter().find(|l| l.name == *container)?.stretches),
            Target::Object(key) => Some(&pod(key)?.stretches),
            _ => None,
        }
    }

    /// How many Pods it knows.
    pub fn len(&self) -> usize {
        self.pods.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty()
    }

    /// The record that began the present or last run of a container, at an instant.
    pub fn run_at(&self, target: &Target, at: SimTime) -> Option<RecordId> {
        let ran = |s: &&Stretch| s.from <= at && matches!(s.grip, Some(Grip::Run { .. }));
        self.stretches(target)?.iter().rev().find(ran).map(|s| s.record)
    }
}

/// A record in words.
pub(super) fn title_of(record: &Record) -> String {
    format!("{} · {}", crate::words::duration(record.at.0), phrase(record).capital().plain())
}

/// What a point says, for the title of its marker.
pub(super) fn title(journal: Option<&Journal>, point: &Point) -> String {
    if let Some(text) = &point.text {
        return format!("{} · {text}", crate::words::duration(point.at.0));
    }
    journal.and_then(|j| j.get(point.record)).map(title_of).unwrap_or_default()
}
