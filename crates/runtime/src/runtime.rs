//! The container runtime and the kernel of all nodes in one value.

mod container;
mod image;

pub(crate) use image::{canonical, digest, frozen_tree};

use crate::{
    SimTime,
    api::{
        ContainerConfig, ContainerId, FileView, Happening, ImageFacts, Interference, LogLine, NetworkTable, Occurrence, ProjectedFile, Request, SandboxConfig,
        SandboxId, Signal, Socket, StartError, TaskId, TaskOutcome, VolumeId, VolumeKind,
    },
    catalogue::Catalogue,
    docker::Engine,
    fs::{Author, Ino, Node, ROOT, Tree},
    kernel::{FsId, Kernel, Sandbox, Space, Task, Volume, file_kind},
};
use std::{fmt::Write as _, rc::Rc};

/// Everything that runs. A clone is a checkpoint.
#[derive(Clone, Debug)]
pub struct Runtime {
    kernel: Kernel,
    /// The docker engine beside the cluster.
    pub(crate) engine: Engine,
}

impl Runtime {
    /// An empty runtime. `epoch_ms` is the birth of the cluster in milliseconds since 1970.
    pub fn new(catalogue: Rc<Catalogue>, seed: u64, epoch_ms: i64) -> Runtime {
        Runtime { kernel: Kernel::new(catalogue, seed, epoch_ms), engine: Engine::default() }
    }
    /// Replaces what is known of images (the user's own); containers that run keep theirs.
    pub fn set_catalogue(&mut self, catalogue: Rc<Catalogue>) {
        self.kernel.catalogue = catalogue;
        self.kernel.image_trees.clear();
    }
    /// What is known of images.
    pub fn catalogue(&self) -> &Rc<Catalogue> {
        &self.kernel.catalogue
    }
    /// The clock.
    pub fn now(&self) -> SimTime {
        self.kernel.now
    }
    /// How PID 1 of a container ended: when, and with which code.
    pub fn ended(&self, container: ContainerId) -> Option<(SimTime, i32)> {
        self.kernel.containers.get(&container.0)?.ended
    }
    /// Kills a container at a time, if it still runs then.
    pub(crate) fn kill_at(&mut self, at: SimTime, container: ContainerId) {
        self.kernel.add_timer(at, crate::kernel::Timer::Kill(container.0));
    }
    /// The files a container has changed, taken away from it.
    pub(crate) fn take_layer(&mut self, container: ContainerId) -> Option<Tree> {
        self.kernel.containers.remove(&container.0).map(|c| c.layer)
    }
    /// What the registry says of an image.
    pub fn image(&self, reference: &str) -> ImageFacts {
        image::facts(&self.kernel.catalogue, reference)
    }
    /// Makes a Pod's sandbox.
    pub fn create_sandbox(&mut self, now: SimTime, config: SandboxConfig) -> SandboxId {
        self.clock(now);
        let id = self.kernel.fresh();
        let space = if config.host_network { Space::Node(config.node) } else { Space::Pod(id) };
        self.kernel.join(space, if config.host_network { config.node_ip } else { config.ip });
        self.kernel.join(Space::Node(config.node), config.node_ip);
        let mut files = Tree::new(now, 0o755);
        let author = Author::system(now);
        let mut hosts = String::from(
            "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n",
        );
        let (ip, name, domain) = (config.ip, &config.hostname, &config.domain);
        let _ = if domain.is_empty() { writeln!(hosts, "{ip}\t{name}") } else { writeln!(hosts, "{ip}\t{name}.{domain}\t{name}") };
        if !config.host_aliases.is_empty() {
            hosts.push_str("\n# Entries added by HostAliases.\n");
            for (ip, names) in &config.host_aliases {
                let _ = writeln!(hosts, "{ip}\t{}", names.join("\t"));
            }
        }
        let mut resolv = config.resolv_conf.clone();
        if resolv.is_empty() {
            resolv = format!("search {ns}.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n", ns = config.namespace);
        }
        for (name, text) in [("hosts", hosts), ("resolv.conf", resolv), ("hostname", format!("{}\n", config.hostname))] {
            let _ = files.add(ROOT, name, Node::File(Rc::new(text.into_bytes())), 0o644, author);
        }
        let sandbox = Sandbox { hostname: config.hostname.as_str().into(), space, files, containers: Vec::new(), config: Rc::new(config) };
        self.kernel.sandboxes.insert(id, sandbox);
        SandboxId(id)
    }
    /// Removes a sandbox; containers that still run are killed. Their logs stay until they are removed themselves.
    pub fn remove_sandbox(&mut self, now: SimTime, id: SandboxId) {
        self.clock(now);
        let containers = self.kernel.sandboxes.get(&id.0).map(|s| s.containers.clone()).unwrap_or_default();
        for container in containers {
            self.kill(ContainerId(container));
        }
        if let Some(sandbox) = self.kernel.sandboxes.remove(&id.0) {
            self.kernel.leave(sandbox.space);
            self.kernel.leave(Space::Node(sandbox.config.node));
        }
        self.kernel.pid_spaces.remove(&id.0);
        self.settle();
    }
    /// Stops the network of a sandbox whose containers have ended; its files and logs stay.
    pub fn stop_sandbox(&mut self, now: SimTime, id: SandboxId) {
        self.clock(now);
        let Some(sandbox) = self.kernel.sandboxes.get(&id.0) else { return };
        let (space, containers) = (sandbox.space, sandbox.containers.clone());
        for container in containers {
            self.kill(ContainerId(container));
        }
        if let Space::Pod(_) = space {
            self.kernel.forget_address(space);
        }
        self.settle();
    }
    /// Makes a volume. A persistent one with the same name is the same volume.
    pub fn create_volume(&mut self, now: SimTime, kind: VolumeKind, name: &str) -> VolumeId {
        self.clock(now);
        let _ = name;
        let id = self.kernel.fresh();
        let mode = match kind {
            VolumeKind::EmptyDir | VolumeKind::Memory => 0o777,
            VolumeKind::Projected => 0o1777,
            VolumeKind::Persistent => 0o755,
        };
        self.kernel.volumes.insert(id, Volume { kind, tree: Tree::new(now, mode), generation: 0 });
        VolumeId(id)
    }
    /// Replaces the files of a projected volume, all at once (through `..data`), as the kubelet's atomic writer does.
    #[expect(clippy::needless_pass_by_value, reason = "the caller is done with them")]
    pub fn project(&mut self, now: SimTime, volume: VolumeId, files: Vec<ProjectedFile>) {
        self.clock(now);
        let unix = self.kernel.epoch_ms + now.0 as i64;
        let Some(v) = self.kernel.volumes.get_mut(&volume.0) else { return };
        v.generation += 1;
        image::project(&mut v.tree, now, unix, v.generation, &files);
    }
    /// Forgets a volume.
    pub fn remove_volume(&mut self, now: SimTime, volume: VolumeId) {
        self.clock(now);
        self.kernel.volumes.remove(&volume.0);
    }
    /// Starts a container.
    pub fn start(&mut self, now: SimTime, sandbox: SandboxId, config: ContainerConfig) -> Result<ContainerId, StartError> {
        self.clock(now);
        let started = container::start(&mut self.kernel, sandbox, config, None);
        self.settle();
        started
    }
    /// Sends a signal to PID 1 (`Kill` ends the container at once).
    pub fn signal(&mut self, now: SimTime, container: ContainerId, signal: Signal) {
        self.clock(now);
        if signal == Signal::Kill {
            self.kill(container);
        } else if let Some(init) = self.init(container) {
            self.kernel.send_signal(init, signal);
        }
        self.settle();
    }
    /// Starts a process in a container. Its end is reported as [`Happening::TaskEnded`].
    pub fn exec(&mut self, now: SimTime, container: ContainerId, argv: Vec<String>, stdin: String) -> TaskId {
        self.clock(now);
        let id = self.kernel.fresh();
        self.kernel.tasks.insert(id, Task { container: Some(container.0), ..Task::default() });
        if let Err(message) = container::exec(&mut self.kernel, container, id, argv, stdin) {
            self.kernel.tasks.remove(&id);
            self.kernel.report(Some(container.0), Happening::TaskEnded { task: TaskId(id), outcome: TaskOutcome::NotStarted(message) });
        }
        self.settle();
        TaskId(id)
    }
    /// Sends a request from a node.
    pub fn request(&mut self, now: SimTime, node: u32, request: Request) -> TaskId {
        self.clock(now);
        let id = self.kernel.start_request(node, request);
        self.settle();
        TaskId(id)
    }
    /// Gives up a task: nothing more is heard of it. A process it started is killed.
    pub fn cancel(&mut self, now: SimTime, task: TaskId) {
        self.clock(now);
        self.kernel.cancel_task(task.0);
        self.settle();
    }
    /// Does what the user wants to see.
    #[expect(clippy::needless_pass_by_value, reason = "a deed is done once")]
    pub fn interfere(&mut self, now: SimTime, container: ContainerId, what: Interference) {
        self.clock(now);
        let init = self.init(container);
        match what {
            Interference::Exit(code) => {
                if let Some(init) = init {
                    self.kernel.end(init, code & 255, None);
                }
            }
            Interference::Oom => {
                if let Some(c) = self.kernel.containers.get_mut(&container.0) {
                    c.oom = true;
                }
                self.kill(container);
            }
            Interference::Hang => {
                if let Some(c) = self.kernel.containers.get_mut(&container.0) {
                    c.hung = true;
                }
            }
            Interference::Stay => {
                if let Some(c) = self.kernel.containers.get_mut(&container.0) {
                    c.stays = true;
                }
            }
            Interference::IgnoreTerm => {
                if let Some(c) = self.kernel.containers.get_mut(&container.0) {
                    c.ignores_term = true;
                }
            }
        }
        self.settle();
    }
    /// Replaces what the network knows.
    pub fn set_network(&mut self, now: SimTime, table: NetworkTable) {
        self.clock(now);
        self.kernel.network = Rc::new(table);
    }
    /// Forgets a container: its logs and its layer. One that runs is killed first.
    pub fn remove_container(&mut self, now: SimTime, container: ContainerId) {
        self.clock(now);
        self.kill(container);
        self.kernel.pid_spaces.remove(&container.0);
        if let Some(c) = self.kernel.containers.remove(&container.0)
            && let Some(s) = self.kernel.sandboxes.get_mut(&c.sandbox)
        {
            s.containers.retain(|id| *id != container.0);
            if let Some(dir) = s.files.find("termination") {
                let _ = s.files.unlink(dir, &container.0.to_string(), Author::system(now));
            }
        }
        self.settle();
    }
    /// When something is due next.
    pub fn next_wakeup(&self) -> Option<SimTime> {
        self.kernel.next_wakeup()
    }
    /// Does everything that is due at or before `to`.
    pub fn advance(&mut self, to: SimTime) {
        self.kernel.advance(to);
    }
    /// What happened since the last time this was asked, in order.
    pub fn take_occurrences(&mut self) -> Vec<Occurrence> {
        std::mem::take(&mut self.kernel.occurrences)
    }
    /// What a container printed.
    pub fn logs(&self, container: ContainerId) -> &[LogLine] {
        self.kernel.containers.get(&container.0).map_or(&[], |c| c.logs.as_slice())
    }
    /// Whether PID 1 of a container runs.
    pub fn is_running(&self, container: ContainerId) -> bool {
        self.init(container).is_some()
    }
    /// The listening sockets of a sandbox's network namespace.
    pub fn sockets(&self, sandbox: SandboxId) -> Vec<Socket> {
        self.kernel.sandboxes.get(&sandbox.0).map(|s| self.kernel.listening(s.space)).unwrap_or_default()
    }
    /// The files a container has changed or sees through mounts; the image's own are left out.
    pub fn files(&self, container: ContainerId) -> Vec<FileView> {
        let Some(c) = self.kernel.containers.get(&container.0) else { return Vec::new() };
        let mut list = Vec::new();
        list_tree(&c.layer, ROOT, "", None, true, &mut list);
        for point in c.mount_points.iter().skip(1) {
            let Some(volume) = point.volume() else { continue };
            let Some(tree) = self.kernel.tree(point.fs) else { continue };
            if let Some(inode) = tree.get(point.ino) {
                list.push(view(inode, point.path.to_string(), Some(volume)));
            }
            list_tree(tree, point.ino, &point.path, Some(volume), false, &mut list);
        }
        list.sort_by(|a, b| a.path.cmp(&b.path));
        list
    }
    /// A file as a container sees it.
    pub fn read_file(&self, container: ContainerId, path: &str) -> Option<Vec<u8>> {
        let found = self.kernel.find_in(container.0, &crate::kernel::walk::Cred::default(), "/", path, true).ok()?;
        let (fs, ino) = found.node?;
        self.kernel.tree(fs)?.data(ino).ok().map(|data| data.to_vec())
    }
    /// The files of a volume, by their path in it.
    pub fn volume_files(&self, volume: VolumeId) -> Vec<FileView> {
        let mut list = Vec::new();
        if let Some(tree) = self.kernel.tree(FsId::Volume(volume.0)) {
            list_tree(tree, ROOT, "", Some(volume), false, &mut list);
        }
        list.sort_by(|a, b| a.path.cmp(&b.path));
        list
    }
    /// A file of a volume, by its path in it; links inside the volume are followed.
    pub fn read_volume_file(&self, volume: VolumeId, path: &str) -> Option<Vec<u8>> {
        let tree = self.kernel.tree(FsId::Volume(volume.0))?;
        tree.data(container::resolve_sub_path(tree, path.trim_matches('/'))?).ok().map(|data| data.to_vec())
    }
    /// Puts a file into a volume where none of that name is.
    pub fn put_volume_file(&mut self, now: SimTime, volume: VolumeId, path: &str, content: Vec<u8>) {
        self.clock(now);
        if let Some(v) = self.kernel.volumes.get_mut(&volume.0)
            && v.tree.find(path).is_none()
        {
            let _ = v.tree.put(path, Node::File(Rc::new(content)), 0o644, Author::system(now));
        }
    }
    /// Bytes a volume's files take.
    pub fn volume_usage(&self, volume: VolumeId) -> u64 {
        self.kernel.tree(FsId::Volume(volume.0)).map_or(0, Tree::used)
    }
    /// The environment PID 1 started with.
    pub fn env(&self, container: ContainerId) -> Vec<(String, String)> {
        self.kernel.containers.get(&container.0).map(|c| c.env.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()).unwrap_or_default()
    }
    /// The arguments PID 1 was started with.
    pub fn argv(&self, container: ContainerId) -> Vec<String> {
        self.init(container).and_then(|id| self.kernel.processes.get(id)).map(|p| p.argv.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    /// Starts a container with additional files, and keeps what it prints as it comes (see [`Runtime::raw_output`]).
    pub(crate) fn start_with_files(
        &mut self,
        now: SimTime,
        sandbox: SandboxId,
        config: ContainerConfig,
        files: &[(String, Vec<u8>)],
    ) -> Result<ContainerId, StartError> {
        self.clock(now);
        let started = container::start(&mut self.kernel, sandbox, config, Some(files));
        self.settle();
        started
    }
    /// Replaces `/etc/hosts` of a sandbox.
    pub(crate) fn set_hosts(&mut self, sandbox: SandboxId, text: &str) {
        let author = Author::system(self.kernel.now);
        if let Some(s) = self.kernel.sandboxes.get_mut(&sandbox.0)
            && let Some(ino) = s.files.child(ROOT, "hosts")
        {
            let _ = s.files.set_data(ino, text.as_bytes().to_vec(), author);
        }
    }
    /// Both streams of a container, as they came.
    pub(crate) fn raw_output(&self, container: ContainerId) -> Vec<u8> {
        self.kernel.containers.get(&container.0).and_then(|c| c.raw.clone()).unwrap_or_default()
    }

    fn clock(&mut self, now: SimTime) {
        if now > self.kernel.now {
            self.kernel.advance(now);
        }
    }
    /// Runs what became ready inside this call.
    fn settle(&mut self) {
        self.kernel.run_ready();
    }
    fn init(&self, container: ContainerId) -> Option<u32> {
        self.kernel.containers.get(&container.0)?.init
    }
    fn kill(&mut self, container: ContainerId) {
        if let Some(init) = self.init(container) {
            self.kernel.kill_now(init, Signal::Kill);
        }
        let others: Vec<u32> = self.kernel.containers.get(&container.0).map(|c| c.processes.iter().copied().collect()).unwrap_or_default();
        for other in others {
            self.kernel.kill_now(other, Signal::Kill);
        }
    }
}

fn view(inode: &crate::fs::Inode, path: String, volume: Option<VolumeId>) -> FileView {
    FileView { path, kind: file_kind(&inode.node), size: inode.size(), mode: inode.mode, modified: inode.modified, written_by: inode.by, volume }
}

/// Lists what is below a directory, `own` only what this layer has changed.
fn list_tree(tree: &Tree, dir: Ino, path: &str, volume: Option<VolumeId>, own: bool, list: &mut Vec<FileView>) {
    let Ok(entries) = tree.dir(dir) else { return };
    for (name, ino) in entries {
        if own && !tree.is_own(*ino) {
            continue;
        }
        let Some(inode) = tree.get(*ino) else { continue };
        let here = format!("{path}/{name}");
        if matches!(inode.node, Node::Dir(_)) {
            if !own || inode.by.is_some() || volume.is_some() {
                list.push(view(inode, here.clone(), volume));
            }
            list_tree(tree, *ino, &here, volume, own, list);
        } else if !own || inode.by.is_some() {
            list.push(view(inode, here, volume));
        }
    }
}

impl Kernel {
    /// A sandbox more in a network namespace.
    fn join(&mut self, space: Space, ip: std::net::Ipv4Addr) {
        let net = self.spaces.entry(space).or_insert_with(|| crate::kernel::NetSpace {
            ip,
            users: 0,
            listeners: std::collections::BTreeMap::new(),
            next_port: 32_768,
        });
        net.users += 1;
        net.ip = ip;
        self.by_ip.insert(ip, space);
    }
    fn leave(&mut self, space: Space) {
        let Some(net) = self.spaces.get_mut(&space) else { return };
        net.users = net.users.saturating_sub(1);
        if net.users == 0 && matches!(space, Space::Pod(_)) {
            self.forget_address(space);
            self.spaces.remove(&space);
        }
    }
    fn forget_address(&mut self, space: Space) {
        if let Some(ip) = self.spaces.get(&space).map(|s| s.ip)
            && self.by_ip.get(&ip) == Some(&space)
        {
            self.by_ip.remove(&ip);
        }
    }
}
