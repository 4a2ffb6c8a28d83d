//! The kernel of all nodes: tables of processes, descriptors, pipes, sockets and file systems, and the
//! queues of what is due. It knows containers only as groups of processes with a view of the files.

pub(crate) mod assumed;
mod descriptors;
mod files;
pub(crate) mod load;
mod network;
mod outside;
pub(crate) mod process;
mod procfs;
mod request;
mod scheduler;
mod signals;
mod slab;
mod syscalls;
mod table;
pub(crate) mod walk;

use crate::{
    ContainerConfig, ContainerId, FileKind, Happening, LogLine, NetworkTable, Occurrence, SandboxConfig, SimTime, Stream, VolumeId, VolumeKind,
    catalogue::{Catalogue, Image},
    fs::{Ino, Tree},
    program::{Env, Pid},
};
pub(crate) use descriptors::{OpenFile, OpenKind, Pipe};
pub(crate) use network::{Connection, Listener, NetSpace, Space};
pub(crate) use process::{Process, State};
pub(crate) use request::RequestState;
pub(crate) use slab::Slab;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::Ipv4Addr,
    rc::Rc,
};
pub(crate) use syscalls::Call;
pub(crate) use table::Table;

/// Number of a process in the kernel's table, unlike its [`Pid`] unique over all containers.
pub(crate) type ProcId = u32;

/// Which tree of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FsId {
    /// A container's own layer.
    Layer(u32),
    /// A volume.
    Volume(u32),
    /// Files the kubelet makes for a Pod.
    Sandbox(u32),
}

/// A Pod's sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Sandbox {
    pub(crate) config: Rc<SandboxConfig>,
    pub(crate) hostname: Rc<str>,
    pub(crate) space: Space,
    pub(crate) files: Tree,
    pub(crate) containers: Vec<u32>,
}

/// A volume.
#[derive(Clone, Debug)]
pub(crate) struct Volume {
    pub(crate) kind: VolumeKind,
    pub(crate) tree: Tree,
    /// How often it was projected, for the names of its data directories.
    pub(crate) generation: u32,
}

/// Where a tree is seen in a container.
#[derive(Clone, Debug)]
pub(crate) struct MountPoint {
    pub(crate) fs: FsId,
    pub(crate) ino: Ino,
    pub(crate) read_only: bool,
    /// Where in the container.
    pub(crate) path: Rc<str>,
    /// Which directory of the tree.
    pub(crate) inner: Rc<str>,
}

/// Numbers of processes that see each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct PidSpace {
    pub(crate) pids: BTreeMap<Pid, ProcId>,
    pub(crate) next: Pid,
}

/// A container that runs or ran.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    pub(crate) config: Rc<ContainerConfig>,
    pub(crate) sandbox: u32,
    pub(crate) image: Rc<Image>,
    pub(crate) layer: Tree,
    pub(crate) mounts: BTreeMap<(FsId, Ino), u16>,
    pub(crate) mount_points: Rc<Vec<MountPoint>>,
    pub(crate) pid_space: u32,
    pub(crate) processes: BTreeSet<ProcId>,
    pub(crate) init: Option<ProcId>,
    pub(crate) env: Rc<Env>,
    pub(crate) logs: Rc<Vec<LogLine>>,
    pub(crate) log_bytes: usize,
    pub(crate) partial: [Vec<u8>; 2],
    /// Both streams as they came, for `podglass sh`.
    pub(crate) raw: Option<Vec<u8>>,
    pub(crate) termination_log: Option<Ino>,
    pub(crate) hung: bool,
    pub(crate) ignores_term: bool,
    /// PID 1 stays when its work is done.
    pub(crate) stays: bool,
    pub(crate) oom: bool,
    /// When PID 1 ended, and its exit code.
    pub(crate) ended: Option<(SimTime, i32)>,
    /// Work done at this instant by all its processes, against fork bombs.
    pub(crate) instant: SimTime,
    pub(crate) spent: u64,
    /// Assumptions already told.
    pub(crate) assumed: BTreeSet<Rc<str>>,
}

impl Container {
    /// A container nothing runs in yet.
    pub(crate) fn new(
        config: Rc<ContainerConfig>,
        sandbox: u32,
        image: Rc<Image>,
        layer: Tree,
        points: Vec<MountPoint>,
        pid_space: u32,
        now: SimTime,
    ) -> Container {
        Container {
            config,
            sandbox,
            image,
            layer,
            mounts: BTreeMap::new(),
            mount_points: Rc::new(points),
            pid_space,
            processes: BTreeSet::new(),
            init: None,
            env: Rc::default(),
            logs: Rc::default(),
            log_bytes: 0,
            partial: [Vec::new(), Vec::new()],
            raw: None,
            termination_log: None,
            hung: false,
            ignores_term: false,
            stays: false,
            oom: false,
            ended: None,
            instant: now,
            spent: 0,
            assumed: BTreeSet::new(),
        }
    }
}

/// A process that was asked for from outside: probe, hook, exec.
#[derive(Clone, Debug, Default)]
pub(crate) struct Task {
    pub(crate) container: Option<u32>,
    pub(crate) process: Option<ProcId>,
    pub(crate) output: Vec<(Stream, Vec<u8>)>,
    pub(crate) request: Option<Box<RequestState>>,
}

/// Something in the timer queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    Process(ProcId),
    Connection(u32),
    /// The end of the time a container has to stop.
    Kill(u32),
}

/// Something that can be made ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiter {
    /// A process, by its number and the number of its wait.
    Process(ProcId, u64),
    Task(u32),
}

/// The kernel.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    pub(crate) now: SimTime,
    pub(crate) epoch_ms: i64,
    pub(crate) rng: fastrand::Rng,
    pub(crate) catalogue: Rc<Catalogue>,
    pub(crate) image_trees: BTreeMap<String, Rc<Tree>>,
    pub(crate) sandboxes: Table<Sandbox>,
    pub(crate) containers: Table<Container>,
    pub(crate) volumes: Table<Volume>,
    pub(crate) tasks: BTreeMap<u32, Task>,
    pub(crate) pid_spaces: Table<PidSpace>,
    pub(crate) next_id: u32,
    pub(crate) processes: Slab<Process>,
    pub(crate) opens: Slab<OpenFile>,
    pub(crate) pipes: Slab<Pipe>,
    pub(crate) fifos: BTreeMap<(FsId, Ino), u32>,
    pub(crate) listeners: Slab<Listener>,
    pub(crate) connections: Slab<Connection>,
    pub(crate) spaces: BTreeMap<Space, network::NetSpace>,
    pub(crate) by_ip: BTreeMap<Ipv4Addr, Space>,
    pub(crate) network: Rc<NetworkTable>,
    pub(crate) ready: VecDeque<Waiter>,
    pub(crate) timers: BTreeSet<(SimTime, u64, Timer)>,
    pub(crate) sequence: u64,
    pub(crate) occurrences: Vec<Occurrence>,
}

impl Kernel {
    pub(crate) fn new(catalogue: Rc<Catalogue>, seed: u64, epoch_ms: i64) -> Kernel {
        Kernel {
            now: SimTime::ZERO,
            epoch_ms,
            rng: fastrand::Rng::with_seed(seed),
            catalogue,
            image_trees: BTreeMap::new(),
            sandboxes: Table::default(),
            containers: Table::default(),
            volumes: Table::default(),
            tasks: BTreeMap::new(),
            pid_spaces: Table::default(),
            next_id: 1,
            processes: Slab::default(),
            opens: Slab::default(),
            pipes: Slab::default(),
            fifos: BTreeMap::new(),
            listeners: Slab::default(),
            connections: Slab::default(),
            spaces: BTreeMap::new(),
            by_ip: BTreeMap::new(),
            network: Rc::default(),
            ready: VecDeque::new(),
            timers: BTreeSet::new(),
            sequence: 0,
            occurrences: Vec::new(),
        }
    }
    /// A fresh number for a sandbox, container, volume or task.
    pub(crate) fn fresh(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }
    pub(crate) fn report(&mut self, container: Option<u32>, what: Happening) {
        if container == Some(outside::NUMBER) {
            return;
        }
        self.occurrences.push(Occurrence { at: self.now, container: container.filter(|c| *c != 0).map(ContainerId), what });
    }
    pub(crate) fn tree(&self, fs: FsId) -> Option<&Tree> {
        match fs {
            FsId::Layer(id) => self.containers.get(&id).map(|c| &c.layer),
            FsId::Volume(id) => self.volumes.get(&id).map(|v| &v.tree),
            FsId::Sandbox(id) => self.sandboxes.get(&id).map(|s| &s.files),
        }
    }
    pub(crate) fn tree_mut(&mut self, fs: FsId) -> Option<&mut Tree> {
        match fs {
            FsId::Layer(id) => self.containers.get_mut(&id).map(|c| &mut c.layer),
            FsId::Volume(id) => self.volumes.get_mut(&id).map(|v| &mut v.tree),
            FsId::Sandbox(id) => self.sandboxes.get_mut(&id).map(|s| &mut s.files),
        }
    }
    /// Tells the user of an assumption, once a container.
    pub(crate) fn assume(&mut self, container: u32, text: &str) {
        let text: Rc<str> = text.into();
        if let Some(c) = self.containers.get_mut(&container)
            && c.assumed.insert(text.clone())
        {
            self.report(Some(container), Happening::Assumed { text });
        }
    }
}

impl MountPoint {
    pub(crate) fn volume(&self) -> Option<VolumeId> {
        match self.fs {
            FsId::Volume(id) => Some(VolumeId(id)),
            _ => None,
        }
    }
}

/// How a node of a tree is shown.
pub(crate) fn file_kind(node: &crate::fs::Node) -> FileKind {
    match node {
        crate::fs::Node::Dir(_) => FileKind::Directory,
        crate::fs::Node::Link(target) => FileKind::Link(target.to_string()),
        _ => FileKind::File,
    }
}
