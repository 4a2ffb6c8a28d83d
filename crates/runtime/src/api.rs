//! What crosses the border of this crate: what it is told to do, and what it reports.

use crate::SimTime;
use serde::Serialize;
use std::{collections::BTreeMap, net::Ipv4Addr, rc::Rc};

/// A Pod's sandbox: one network namespace, one hostname, one IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SandboxId(pub u32);

/// One run of a container: a restart is a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ContainerId(pub u32);

/// A volume's content, wherever it is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct VolumeId(pub u32);

/// An additional process in a container (probe, hook, `kubectl exec`), or a request from the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TaskId(pub u32);

/// What a sandbox is made of.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Shown by `hostname`, stands in `/etc/hosts`.
    pub hostname: String,
    /// The Pod's address; the node's own with `host_network`.
    pub ip: Ipv4Addr,
    /// The namespace: the first DNS search domain is `<namespace>.svc.cluster.local`.
    pub namespace: String,
    /// Index of the node.
    pub node: u32,
    /// The address of the node.
    pub node_ip: Ipv4Addr,
    /// Whether the sandbox uses the node's network namespace.
    pub host_network: bool,
    /// Whether the containers see each other's processes.
    pub share_process_namespace: bool,
    /// Additional `/etc/hosts` lines: address and names.
    pub host_aliases: Vec<(String, Vec<String>)>,
    /// The domain after the host name in `/etc/hosts`; empty for none.
    pub domain: String,
    /// What is in `/etc/resolv.conf`; empty for what a Pod has where nobody says otherwise.
    pub resolv_conf: String,
}

/// What kind of store a volume is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeKind {
    /// On the node's disk; ends with the Pod.
    EmptyDir,
    /// In memory; ends with the Pod.
    Memory,
    /// Files given by the cluster (ConfigMap, Secret, projected, downward API), linked through `..data`.
    Projected,
    /// A directory of the node, or of a persistent volume: outlives the Pod.
    Persistent,
}

/// One file the cluster puts into a [`VolumeKind::Projected`] volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectedFile {
    /// Path relative to the volume's root.
    pub path: String,
    /// Content.
    pub content: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
}

/// A volume seen by a container.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Which volume.
    pub volume: VolumeId,
    /// Where in the container.
    pub path: String,
    /// Path within the volume, empty for its root. `sub_path` of a file mounts the file.
    pub sub_path: String,
    /// Writes fail with EROFS.
    pub read_only: bool,
}

impl SandboxConfig {
    /// A sandbox that is no Pod's, on a machine of its own.
    pub fn alone(hostname: &str, ip: Ipv4Addr) -> SandboxConfig {
        SandboxConfig {
            hostname: hostname.to_owned(),
            ip,
            namespace: "default".to_owned(),
            node: 0,
            node_ip: Ipv4Addr::new(172, 18, 0, 2),
            host_network: false,
            share_process_namespace: false,
            host_aliases: Vec::new(),
            domain: String::new(),
            resolv_conf: String::new(),
        }
    }
}

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct ContainerConfig {
    /// The container's name, for messages.
    pub name: String,
    /// The image reference as the manifest has it.
    pub image: String,
    /// The manifest's `command`, expanded; empty uses the image's ENTRYPOINT.
    pub command: Vec<String>,
    /// The manifest's `args`, expanded; empty uses the image's CMD (unless `command` is set).
    pub args: Vec<String>,
    /// The manifest's environment, in order, expanded; the image's own is added below it.
    pub env: Vec<(String, String)>,
    /// The manifest's `workingDir`; the image's where `None`.
    pub working_dir: Option<String>,
    /// `runAsUser`; the image's where `None`.
    pub user: Option<i64>,
    /// `runAsGroup`.
    pub group: Option<i64>,
    /// `fsGroup` of the Pod.
    pub fs_group: Option<i64>,
    /// Mounts, in order.
    pub mounts: Vec<Mount>,
    /// `readOnlyRootFilesystem`.
    pub read_only_root: bool,
    /// Memory limit in bytes.
    pub memory_limit: Option<u64>,
    /// Path of the termination message file.
    pub termination_message_path: String,
    /// Ports the manifest declares: an assumed server listens on them.
    pub declared_ports: Vec<u16>,
    /// Role of the container: decides what an unknown program is assumed to do.
    pub init: bool,
    /// Whether `stdin` is kept open (a shell then waits instead of ending).
    pub stdin: bool,
    /// Whether a terminal is attached.
    pub tty: bool,
    /// `stopSignal` of the manifest.
    pub stop_signal: Option<String>,
}

/// Why a container could not be started; the text is what the runtime prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError {
    /// `failed to create containerd task: …`, as the kubelet shows it after `Error: `.
    pub message: String,
    /// 127 for a program that does not exist, 126 for one that cannot be executed, 128 in the container's state.
    pub exit_code: i32,
}

/// The signals containers meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[allow(missing_docs)]
pub enum Signal {
    Hup,
    Int,
    Quit,
    Kill,
    Usr1,
    Usr2,
    Pipe,
    Alrm,
    Term,
    Chld,
    Cont,
    Stop,
    Abrt,
    Segv,
    Winch,
}

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[allow(missing_docs)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// A line in a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was printed.
    pub at: SimTime,
    /// Where.
    pub stream: Stream,
    /// The text without its line end.
    pub text: Rc<str>,
    /// Whether the line ended with a line end (the last line of a log may not).
    pub ended: bool,
}

/// What the image registry and the node's image store answer for a reference.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageFacts {
    /// The reference with registry, repository and tag filled in: `docker.io/library/nginx:1.27`.
    pub canonical: String,
    /// `None` where the registry has no such image.
    pub exists: bool,
    /// The catalogue does not know it: what it does is an assumption.
    pub assumed: bool,
    /// Size in bytes.
    pub size: u64,
    /// `sha256:…`, derived from the reference.
    pub digest: String,
    /// The user the image runs as: a number, a name, or empty for root.
    pub user: String,
    /// Signal the image wants to be stopped with.
    pub stop_signal: Option<String>,
}

/// What the cluster tells the network: DNS names and Service addresses. Replaced as a whole on every change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkTable {
    /// Address records by fully qualified name without the last dot (`redis.default.svc.cluster.local`).
    pub names: BTreeMap<String, Vec<Ipv4Addr>>,
    /// CNAME records: fully qualified name to target (ExternalName Services).
    pub aliases: BTreeMap<String, String>,
    /// SRV records of named ports (`_http._tcp.web.default.svc.cluster.local`): port and target.
    pub ports: BTreeMap<String, Vec<(u16, String)>>,
    /// Virtual addresses: (ClusterIP, port) to the ready endpoints (address, port).
    pub services: BTreeMap<(Ipv4Addr, u16), Vec<(Ipv4Addr, u16)>>,
    /// Node ports: port to the ready endpoints.
    pub node_ports: BTreeMap<u16, Vec<(Ipv4Addr, u16)>>,
    /// External hosts by the scenario's list: name to whether it can be reached.
    pub external: BTreeMap<String, bool>,
}

/// A listening socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Socket {
    /// `0.0.0.0` for all addresses.
    pub address: Ipv4Addr,
    /// The port.
    pub port: u16,
    /// Which container's process has it.
    pub owner: ContainerId,
    /// Since when.
    pub since: SimTime,
    /// The program's name.
    pub program: String,
    /// The owner's behaviour is assumed.
    pub assumed: bool,
}

/// One node of a file tree, for panels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileView {
    /// Absolute path within the container, or path within the volume.
    pub path: String,
    /// Directory, file, link.
    pub kind: FileKind,
    /// Size in bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// When it was last written.
    pub modified: SimTime,
    /// Which container wrote it last; `None` for the image, the kubelet or the node.
    pub written_by: Option<ContainerId>,
    /// Which volume it belongs to; `None` for the container's own layer.
    pub volume: Option<VolumeId>,
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link to the given target.
    Link(String),
}

/// How a task (probe, hook, exec, request) ended.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskOutcome {
    /// A process ended.
    Exited {
        /// Exit code.
        code: i32,
        /// What it printed, both streams in order.
        output: String,
        /// Only what it printed on stdout.
        stdout: String,
        /// Only what it printed on stderr.
        stderr: String,
    },
    /// The process could not be started: the runtime's words.
    NotStarted(String),
    /// An HTTP answer.
    Http {
        /// Status code.
        status: u16,
        /// Body.
        body: String,
        /// Header lines, in order.
        headers: Vec<(String, String)>,
    },
    /// A TCP connection was opened.
    Connected,
    /// The connection failed: the client's words (`connection refused`, `i/o timeout`, …), in Go's form
    /// (`dial tcp 10.244.0.5:80: connect: connection refused`).
    Failed(String),
}

/// A request the kubelet (or a port-forward) sends from the node.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// HTTP GET (or another method).
    Http {
        /// Target address.
        ip: Ipv4Addr,
        /// Target port.
        port: u16,
        /// `http` or `https` (certificates are not checked).
        https: bool,
        /// Method.
        method: String,
        /// Path with query.
        path: String,
        /// Header lines.
        headers: Vec<(String, String)>,
        /// Body.
        body: String,
    },
    /// Opens and closes a TCP connection.
    Tcp {
        /// Target address.
        ip: Ipv4Addr,
        /// Target port.
        port: u16,
    },
    /// A gRPC health check.
    Grpc {
        /// Target address.
        ip: Ipv4Addr,
        /// Target port.
        port: u16,
        /// Service name in the request.
        service: String,
    },
}

/// What the user can do to a running container.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Interference {
    /// PID 1 ends now with this code.
    Exit(i32),
    /// The kernel kills it for memory.
    Oom,
    /// It stops doing anything, but keeps running.
    Hang,
    /// SIGTERM is ignored from now on.
    IgnoreTerm,
    /// It stays, doing nothing, when its work is done: its end comes from elsewhere.
    Stay,
}

/// Something that happened inside a container or on a Pod's network.
#[derive(Clone, Debug, PartialEq)]
pub struct Occurrence {
    /// When.
    pub at: SimTime,
    /// In or through which container; `None` for tasks of the node itself.
    pub container: Option<ContainerId>,
    /// What.
    pub what: Happening,
}

/// What an [`Occurrence`] says.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// PID 1 ended.
    Exited {
        /// Exit code (128 + signal for a kill).
        code: i32,
        /// The signal that ended it.
        signal: Option<Signal>,
        /// The kernel killed it for memory.
        oom: bool,
        /// Content of the termination message file, at most 4096 bytes.
        message: String,
    },
    /// A line was printed.
    Printed {
        /// Where.
        stream: Stream,
        /// The text without its line end.
        text: Rc<str>,
    },
    /// A file was created or changed. Reported once a system call, not once a byte.
    FileWritten {
        /// Path in the container.
        path: Rc<str>,
        /// The volume, where the file lies on one.
        volume: Option<VolumeId>,
        /// Path in the volume.
        volume_path: Rc<str>,
        /// New size in bytes.
        size: u64,
    },
    /// A file on a volume was opened for reading.
    FileRead {
        /// Path in the container.
        path: Rc<str>,
        /// The volume.
        volume: VolumeId,
        /// Path in the volume.
        volume_path: Rc<str>,
    },
    /// A socket listens.
    PortBound {
        /// Address.
        address: Ipv4Addr,
        /// Port.
        port: u16,
    },
    /// A listening socket was closed.
    PortReleased {
        /// Port.
        port: u16,
    },
    /// A second bind of one port failed.
    PortInUse {
        /// Port.
        port: u16,
        /// Who has it.
        owner: ContainerId,
    },
    /// A name was looked up.
    NameLookedUp {
        /// The name as it was asked for.
        name: Rc<str>,
        /// What it resolved to; empty for NXDOMAIN.
        addresses: Vec<Ipv4Addr>,
    },
    /// A connection or request was sent from this container.
    Requested {
        /// Target as it was asked for: `http://web/`, `tcp 10.0.0.1:80`.
        target: Rc<str>,
        /// Which container answered.
        answered_by: Option<ContainerId>,
        /// `200`, `connection refused`, …
        result: Rc<str>,
    },
    /// A process uses all the CPU it can get.
    BurningCpu,
    /// Something was assumed because nobody knows what the image or program does.
    Assumed {
        /// In words: what was assumed, and why.
        text: Rc<str>,
    },
    /// A task ended.
    TaskEnded {
        /// Which.
        task: TaskId,
        /// How.
        outcome: TaskOutcome,
    },
}
