//! What the journal told so far about every Pod, kept while the clock goes on.
//!
//! The API's objects know whole seconds and only what the kubelet published. The journal knows the
//! instant, the pull's progress, the back-off's end, the grace period, every probe and every byte
//! written. [`Memory`] is the fold of the journal up to now; a clone belongs to a checkpoint.

use crate::kube_event::KubeEvent;
use podglass_cluster::journal::{Inside, ProbeKind, Step};
use podglass_cluster::manifest::{Kind, Object, ObjectKey};
use podglass_cluster::runtime::{ContainerId, Happening, VolumeId};
use podglass_cluster::{Fact, Journal, Record, RecordId, SimTime};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// How many file accesses a Pod's memory keeps.
const TRAFFIC: usize = 48;
/// How many lines of "what just happened" it keeps.
const RECENT: usize = 8;

/// The fold of a journal.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    seen: usize,
    pods: BTreeMap<ObjectKey, Rc<PodMemory>>,
    /// The latest record worth a sentence.
    pub headline: Option<RecordId>,
    headline_at: SimTime,
    headline_weight: u8,
    /// Grows with every record that can change the picture.
    pub revision: u64,
}

/// What is known of a Pod.
#[derive(Clone, Debug, Default)]
pub struct PodMemory {
    /// Its uid.
    pub uid: String,
    /// Its address, once the sandbox is up.
    pub ip: Option<Ipv4Addr>,
    /// When the scheduler chose a node.
    pub scheduled: Option<SimTime>,
    /// When the sandbox was up.
    pub sandbox: Option<SimTime>,
    /// When all volumes were mounted.
    pub mounted: Option<SimTime>,
    /// Its containers.
    pub containers: BTreeMap<Rc<str>, ContainerMemory>,
    /// File accesses on volumes, oldest first.
    pub traffic: Vec<Traffic>,
    /// Failed binds, oldest first.
    pub clashes: Vec<Clash>,
    /// Ports somebody listens on.
    pub bound: BTreeMap<u16, Bound>,
    /// What just happened, oldest first.
    pub recent: Vec<RecordId>,
    /// STATUS of its row, and since when.
    pub status: Option<(String, SimTime, RecordId)>,
    /// STATUS before that.
    pub status_before: Option<String>,
    /// The latest event that warns.
    pub warning: Option<RecordId>,
}

/// What is known of a container.
#[derive(Clone, Debug, Default)]
pub struct ContainerMemory {
    /// The present or last run.
    pub run: Option<RunMemory>,
    /// The pull that goes on.
    pub pull: Option<Pull>,
    /// A pull failed, and none succeeded since.
    pub pull_failed: bool,
    /// The back-off that holds it.
    pub back_off: Option<BackOff>,
    /// The stop signal, once sent to the present run.
    pub stop: Option<Stop>,
    /// The hook that runs.
    pub hook: Option<(&'static str, SimTime)>,
    /// Latest result of each probe in the present run.
    pub probes: BTreeMap<ProbeKind, ProbeMemory>,
    /// What is assumed about it.
    pub assumed: Option<Rc<str>>,
    /// The last lookup, request or failed bind: in words, whether it failed, and when.
    pub attempt: Option<Attempt>,
    /// How many files on volumes it wrote.
    pub files_written: u32,
    /// It uses all the CPU it can get.
    pub burning: bool,
}

/// A run of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct RunMemory {
    /// The runtime's id, once something happened inside.
    pub id: Option<ContainerId>,
    /// Restart count.
    pub restart: u32,
    /// When it was created.
    pub created: Option<SimTime>,
    /// When it started.
    pub started: Option<SimTime>,
    /// How it ended.
    pub ended: Option<End>,
    /// How many lines it printed.
    pub lines: u32,
    /// Its last line.
    pub last_line: Option<Rc<str>>,
    /// The record that made it known.
    pub record: RecordId,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// When.
    pub at: SimTime,
    /// Exit code.
    pub code: i32,
    /// Killed for memory.
    pub oom: bool,
    /// Killed by a signal.
    pub signal: bool,
    /// The record.
    pub record: RecordId,
}

/// A pull.
#[derive(Clone, Debug, PartialEq)]
pub struct Pull {
    /// Reference.
    pub image: Rc<str>,
    /// From.
    pub from: SimTime,
    /// When it will end.
    pub until: SimTime,
    /// Bytes.
    pub size: u64,
}

/// A back-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackOff {
    /// From.
    pub from: SimTime,
    /// Until.
    pub until: SimTime,
    /// Milliseconds.
    pub length: u64,
    /// The record.
    pub record: RecordId,
}

/// A stop signal.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// When.
    pub at: SimTime,
    /// `SIGTERM`.
    pub signal: Rc<str>,
    /// When SIGKILL follows.
    pub kill_at: SimTime,
    /// The record.
    pub record: RecordId,
}

/// Latest result of a probe.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeMemory {
    /// When.
    pub at: SimTime,
    /// Result.
    pub success: bool,
    /// How many of the same sort in a row.
    pub in_row: u32,
    /// How many change the verdict.
    pub threshold: u32,
    /// What it said.
    pub output: String,
    /// The record.
    pub record: RecordId,
}

/// A lookup or request.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// When.
    pub at: SimTime,
    /// `lookup redis`, `http://web/`.
    pub what: Rc<str>,
    /// `NXDOMAIN`, `200`.
    pub result: Rc<str>,
    /// Whether it failed.
    pub failed: bool,
    /// How many failed in a row.
    pub in_row: u32,
    /// It was a DNS lookup.
    pub lookup: bool,
    /// The record.
    pub record: RecordId,
}

/// A file access on a volume.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// When.
    pub at: SimTime,
    /// By which container.
    pub container: Rc<str>,
    /// On which volume.
    pub volume: VolumeId,
    /// Path in the volume.
    pub path: Rc<str>,
    /// A write, or a read.
    pub write: bool,
    /// Size after a write.
    pub size: u64,
    /// How much a write added.
    pub grown: u64,
    /// The record.
    pub record: RecordId,
}

/// A failed bind.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    /// When.
    pub at: SimTime,
    /// The port.
    pub port: u16,
    /// Who failed.
    pub loser: Rc<str>,
    /// Who has it.
    pub owner: Option<Rc<str>>,
    /// The record.
    pub record: RecordId,
}

/// A bound port.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// Address.
    pub address: Ipv4Addr,
    /// By which container.
    pub container: Rc<str>,
    /// Since when.
    pub since: SimTime,
    /// The record.
    pub record: RecordId,
}

impl Memory {
    /// Takes in the records it has not seen.
    pub fn observe(&mut self, journal: &Journal) {
        let records = journal.records();
        for record in records.get(self.seen..).unwrap_or_default() {
            self.take(record);
        }
        self.seen = records.len();
    }

    /// What is known of a Pod.
    pub fn pod(&self, key: &ObjectKey) -> Option<&PodMemory> {
        self.pods.get(key).map(Rc::as_ref)
    }
    /// How many records were seen.
    pub fn seen(&self) -> usize {
        self.seen
    }

    fn pod_mut(&mut self, key: &ObjectKey) -> &mut PodMemory {
        self.revision += 1;
        if !self.pods.contains_key(key) {
            self.pods.insert(key.clone(), Rc::default());
        }
        Rc::make_mut(self.pods.entry(key.clone()).or_default())
    }

    fn take(&mut self, record: &Record) {
        let weight = weight(record);
        if weight >= HEADLINE && (record.at > self.headline_at || weight >= self.headline_weight || self.headline.is_none()) {
            self.headline = Some(record.id);
            self.headline_at = record.at;
            self.headline_weight = weight;
        }
        match &record.fact {
            Fact::Created(o) => match &**o {
                Object::Pod(_) => {
                    let key = o.key();
                    self.pods.remove(&key);
                    o.uid().clone_into(&mut self.pod_mut(&key).uid);
                    self.status(o, record);
                }
                Object::Event(_) => self.event(record),
                _ => self.revision += 1,
            },
            Fact::Updated { after, .. } => match &**after {
                Object::Pod(_) => self.status(after, record),
                Object::Event(_) => self.event(record),
                _ => self.revision += 1,
            },
            Fact::Deleted(o) => {
                self.revision += 1;
                self.pods.remove(&o.key());
            }
            Fact::Inside(inside) => self.inside(inside, record),
            Fact::Probed(p) => {
                let c = self.pod_mut(&p.run.pod).container(&p.run.container);
                let memory =
                    ProbeMemory { at: record.at, success: p.success, in_row: p.in_row, threshold: p.threshold, output: p.output.clone(), record: record.id };
                c.probes.insert(p.probe, memory);
            }
            Fact::Kubelet(step) => self.step(&step.pod, step.container.as_ref(), &step.step, record),
            Fact::ActionTaken(_) | Fact::ActionRefused { .. } => {}
        }
    }

    fn status(&mut self, object: &Object, record: &Record) {
        let Object::Pod(pod) = object else { return };
        let row = crate::row::PodRow::of(pod);
        let memory = self.pod_mut(&object.key());
        if !row.node.is_empty() && memory.scheduled.is_none() {
            memory.scheduled = Some(record.at);
        }
        if memory.status.as_ref().is_none_or(|(s, ..)| *s != row.status) {
            memory.status_before = memory.status.take().map(|(s, ..)| s);
            memory.status = Some((row.status, record.at, record.id));
            memory.remember(record);
        }
        let statuses = pod.status.as_ref();
        let all = statuses.into_iter().flat_map(|s| s.init_container_statuses.iter().flatten().chain(s.container_statuses.iter().flatten()));
        for status in all {
            let restart = status.restart_count.max(0) as u32;
            if status.state.as_ref().is_some_and(|s| s.running.is_some()) {
                let run = memory.container(&status.name.as_str().into()).run_mut(restart, record);
                if run.started.is_none() && run.ended.is_none() {
                    run.started = Some(record.at);
                }
            }
        }
    }

    fn event(&mut self, record: &Record) {
        let Some(event) = KubeEvent::of(record) else { return };
        let Some(about) = event.about().filter(|k| k.kind == Kind::Pod && self.pods.contains_key(k)) else { return };
        let pod = self.pod_mut(&about);
        if event.warning() {
            pod.warning = Some(record.id);
        }
        match (event.reason(), event.container()) {
            ("Created", Some(name)) => {
                let c = pod.container(&name.into());
                let restart = c.run.as_ref().map_or(0, |r| if r.ended.is_some() { r.restart + 1 } else { r.restart });
                c.run_mut(restart, record).created = Some(record.at);
            }
            ("Started", Some(name)) => {
                let c = pod.container(&name.into());
                let restart = c.run.as_ref().map_or(0, |r| if r.ended.is_some() { r.restart + 1 } else { r.restart });
                let run = c.run_mut(restart, record);
                run.started.get_or_insert(record.at);
                run.record = record.id;
            }
            ("Scheduled", _) => pod.scheduled = Some(record.at),
            _ => {}
        }
        if weight(record) >= LINE {
            pod.remember(record);
        }
    }

    fn inside(&mut self, inside: &Inside, record: &Record) {
        let name = inside.run.container.clone();
        let pod = self.pod_mut(&inside.run.pod);
        let c = pod.container(&name);
        let run = c.run_mut(inside.run.restart, record);
        run.id = Some(inside.run.id);
        if run.started.is_none() {
            run.started = Some(record.at);
        }
        match &inside.what {
            Happening::Exited { code, signal, oom, .. } => {
                run.ended = Some(End { at: record.at, code: *code, oom: *oom, signal: signal.is_some(), record: record.id });
                c.stop = None;
                c.hook = None;
                c.burning = false;
                c.probes.clear();
                pod.bound.retain(|_, b| b.container != name);
                pod.remember(record);
            }
            Happening::Printed { text, .. } => {
                run.lines += 1;
                run.last_line = Some(text.clone());
            }
            Happening::FileWritten { volume: Some(volume), volume_path, size, .. } => {
                c.files_written += 1;
                let before = pod.traffic.iter().rev().find(|t| t.write && t.volume == *volume && t.path == *volume_path).map_or(0, |t| t.size);
                pod.carry(Traffic {
                    at: record.at,
                    container: name,
                    volume: *volume,
                    path: volume_path.clone(),
                    write: true,
                    size: *size,
                    grown: size.saturating_sub(before),
                    record: record.id,
                });
                pod.remember(record);
            }
            Happening::FileRead { volume, volume_path, .. } => {
                pod.carry(Traffic {
                    at: record.at,
                    container: name,
                    volume: *volume,
                    path: volume_path.clone(),
                    write: false,
                    size: 0,
                    grown: 0,
                    record: record.id,
                });
            }
            Happening::PortBound { address, port } => {
                pod.bound.insert(*port, Bound { address: *address, container: name, since: record.at, record: record.id });
                pod.remember(record);
            }
            Happening::PortReleased { port } => {
                pod.bound.remove(port);
            }
            Happening::PortInUse { port, owner } => {
                let owner = pod.containers.iter().find(|(_, c)| c.run.as_ref().is_some_and(|r| r.id == Some(*owner))).map(|(n, _)| n.clone());
                if pod.clashes.len() >= TRAFFIC {
                    pod.clashes.remove(0);
                }
                pod.clashes.push(Clash { at: record.at, port: *port, loser: name, owner, record: record.id });
                pod.remember(record);
            }
            Happening::NameLookedUp { name, addresses } => {
                let result =
                    if addresses.is_empty() { "NXDOMAIN".into() } else { addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ").into() };
                c.attempt(record, name.clone(), result, addresses.is_empty(), true);
            }
            Happening::Requested { target, result, answered_by } => {
                let failed = answered_by.is_none() && !result.starts_with(['2', '3']);
                c.attempt(record, target.clone(), result.clone(), failed, false);
            }
            Happening::BurningCpu => c.burning = true,
            Happening::Assumed { text } => c.assumed = Some(text.clone()),
            Happening::FileWritten { volume: None, .. } | Happening::TaskEnded { .. } => {}
        }
    }

    fn step(&mut self, key: &ObjectKey, container: Option<&Rc<str>>, step: &Step, record: &Record) {
        let pod = self.pod_mut(key);
        match (step, container) {
            (Step::SandboxCreated { ip }, _) => {
                pod.ip = Some(*ip);
                pod.sandbox = Some(record.at);
            }
            (Step::SandboxRemoved, _) => {
                pod.sandbox = None;
                pod.bound.clear();
            }
            (Step::VolumesMounted, _) => pod.mounted = Some(record.at),
            (Step::PullStarted { image, until, size }, Some(name)) => {
                pod.container(name).pull = Some(Pull { image: image.clone(), from: record.at, until: *until, size: *size });
            }
            (Step::PullEnded { ok, .. }, Some(name)) => {
                let c = pod.container(name);
                c.pull = None;
                c.pull_failed = !ok;
            }
            (Step::BackOffStarted { until, length }, Some(name)) => {
                pod.container(name).back_off = Some(BackOff { from: record.at, until: *until, length: *length, record: record.id });
            }
            (Step::HookStarted { hook }, Some(name)) => pod.container(name).hook = Some((hook, record.at)),
            (Step::HookEnded { .. }, Some(name)) => pod.container(name).hook = None,
            (Step::StopSignalSent { signal, kill_at }, Some(name)) => {
                pod.container(name).stop = Some(Stop { at: record.at, signal: signal.clone(), kill_at: *kill_at, record: record.id });
                pod.remember(record);
            }
            (Step::Killed, Some(_)) => pod.remember(record),
            _ => {}
        }
    }
}

impl PodMemory {
    fn container(&mut self, name: &Rc<str>) -> &mut ContainerMemory {
        self.containers.entry(name.clone()).or_default()
    }
    fn remember(&mut self, record: &Record) {
        if self.recent.len() >= RECENT {
            self.recent.remove(0);
        }
        self.recent.push(record.id);
    }
    fn carry(&mut self, traffic: Traffic) {
        if self.traffic.len() >= TRAFFIC {
            self.traffic.remove(0);
        }
        self.traffic.push(traffic);
    }
}

impl ContainerMemory {
    /// The run with this restart count; a new one begins a new memory.
    fn run_mut(&mut self, restart: u32, record: &Record) -> &mut RunMemory {
        if self.run.as_ref().is_none_or(|r| r.restart < restart) {
            self.run = None;
            self.stop = None;
            self.back_off = None;
            self.probes.clear();
            self.pull = None;
        }
        self.run.get_or_insert(RunMemory { id: None, restart, created: None, started: None, ended: None, lines: 0, last_line: None, record: record.id })
    }
    /// Whether a process runs.
    pub fn running(&self) -> bool {
        self.run.as_ref().is_some_and(|r| r.started.is_some() && r.ended.is_none())
    }
    /// How the last run ended, when none runs now.
    pub fn end(&self) -> Option<&End> {
        self.run.as_ref()?.ended.as_ref()
    }
    fn attempt(&mut self, record: &Record, what: Rc<str>, result: Rc<str>, failed: bool, lookup: bool) {
        let in_row = match &self.attempt {
            Some(a) if a.failed == failed && a.what == what => a.in_row + 1,
            _ => 1,
        };
        self.attempt = Some(Attempt { at: record.at, what, result, failed, in_row, lookup, record: record.id });
    }
}

/// Weight from which a record is worth a line of "what just happened".
const LINE: u8 = 2;
/// Weight from which a record is worth a step and a sentence.
pub const HEADLINE: u8 = 3;

/// How much a record matters to somebody who watches: 0 nothing, 1 a marker, 2 a line,
/// 3 and more a step and a sentence.
pub fn weight(record: &Record) -> u8 {
    match &record.fact {
        Fact::ActionTaken(_) => {
            if record.at == SimTime::ZERO {
                3
            } else {
                7
            }
        }
        Fact::ActionRefused { .. } => 8,
        Fact::Created(o) | Fact::Deleted(o) => match o.kind() {
            Kind::Event => event_weight(record),
            Kind::Pod => 4,
            Kind::Endpoints | Kind::EndpointSlice | Kind::ControllerRevision | Kind::ServiceAccount | Kind::Namespace | Kind::Node => 0,
            _ if record.cause.is_none() => 0,
            Kind::ConfigMap if o.name() == "kube-root-ca.crt" => 0,
            _ => 3,
        },
        Fact::Updated { before, after } => match (&**before, &**after) {
            (Object::Pod(b), Object::Pod(a)) => {
                let (b, a) = (crate::row::PodRow::of(b), crate::row::PodRow::of(a));
                if b.status != a.status || b.ready != a.ready { 3 } else { 0 }
            }
            (Object::Event(_), _) => event_weight(record),
            _ => 0,
        },
        Fact::Inside(inside) => match &inside.what {
            Happening::Exited { .. } | Happening::PortInUse { .. } => 6,
            Happening::Assumed { .. } | Happening::PortBound { .. } | Happening::FileWritten { volume: Some(_), .. } | Happening::BurningCpu => 3,
            Happening::NameLookedUp { .. }
            | Happening::Requested { .. }
            | Happening::Printed { .. }
            | Happening::FileRead { .. }
            | Happening::PortReleased { .. } => 1,
            Happening::FileWritten { volume: None, .. } | Happening::TaskEnded { .. } => 0,
        },
        Fact::Probed(p) => {
            if p.in_row == p.threshold {
                3
            } else {
                1
            }
        }
        Fact::Kubelet(step) => match step.step {
            Step::StopSignalSent { .. } | Step::Killed => 5,
            Step::BackOffStarted { .. }
            | Step::PullStarted { .. }
            | Step::SandboxCreated { .. }
            | Step::HookStarted { .. }
            | Step::HookEnded { ok: false, .. }
            | Step::PullEnded { ok: false, .. } => 3,
            Step::HookEnded { .. } | Step::PullEnded { .. } | Step::SandboxRemoved | Step::VolumesMounted => 1,
        },
    }
}

fn event_weight(record: &Record) -> u8 {
    let Some(event) = KubeEvent::of(record) else { return 0 };
    match event.reason() {
        "Started" => 5,
        "BackOff" | "Unhealthy" => 1,
        "Scheduled" => 3,
        _ if event.warning() => 4,
        // Created, Pulled, Pulling, Killing, what controllers do.
        _ => 2,
    }
}
