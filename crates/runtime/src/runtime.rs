//! The container runtime and the kernel of all nodes in one value.

use crate::{SimTime, api::*, catalogue::Catalogue};
use std::rc::Rc;

/// Everything that runs. A clone is a checkpoint.
#[derive(Clone, Debug)]
pub struct Runtime {
    now: SimTime,
    occurrences: Vec<Occurrence>,
    catalogue: Rc<Catalogue>,
}

impl Runtime {
    /// An empty runtime. `epoch_ms` is the birth of the cluster in milliseconds since 1970.
    pub fn new(catalogue: Rc<Catalogue>, _seed: u64, _epoch_ms: i64) -> Runtime {
        Runtime {
            now: SimTime::ZERO,
            occurrences: Vec::new(),
            catalogue,
        }
    }
    /// What the registry says of an image.
    pub fn image(&self, reference: &str) -> ImageFacts {
        let found = self.catalogue.find(reference);
        ImageFacts {
            canonical: reference.to_owned(),
            exists: true,
            assumed: found.is_none(),
            size: 0,
            digest: String::new(),
            user: String::new(),
            stop_signal: None,
        }
    }
    /// Makes a Pod's sandbox.
    pub fn create_sandbox(&mut self, _now: SimTime, _config: SandboxConfig) -> SandboxId {
        SandboxId(0)
    }
    /// Removes a sandbox; its containers are killed.
    pub fn remove_sandbox(&mut self, _now: SimTime, _id: SandboxId) {}
    /// Makes a volume.
    pub fn create_volume(&mut self, _now: SimTime, _kind: VolumeKind, _name: &str) -> VolumeId {
        VolumeId(0)
    }
    /// Replaces the files of a projected volume, all at once (through `..data`).
    pub fn project(&mut self, _now: SimTime, _volume: VolumeId, _files: Vec<ProjectedFile>) {}
    /// Forgets a volume.
    pub fn remove_volume(&mut self, _now: SimTime, _volume: VolumeId) {}
    /// Starts a container.
    pub fn start(
        &mut self,
        _now: SimTime,
        _sandbox: SandboxId,
        _config: ContainerConfig,
    ) -> Result<ContainerId, StartError> {
        Err(StartError {
            message: "not yet".to_owned(),
            exit_code: 128,
        })
    }
    /// Sends a signal to PID 1 (`Kill` ends the container at once).
    pub fn signal(&mut self, _now: SimTime, _container: ContainerId, _signal: Signal) {}
    /// Starts a process in a container.
    pub fn exec(
        &mut self,
        _now: SimTime,
        _container: ContainerId,
        _argv: Vec<String>,
        _stdin: String,
    ) -> TaskId {
        TaskId(0)
    }
    /// Sends a request from a node.
    pub fn request(&mut self, _now: SimTime, _node: u32, _request: Request) -> TaskId {
        TaskId(0)
    }
    /// Gives up a task: nothing more is heard of it.
    pub fn cancel(&mut self, _now: SimTime, _task: TaskId) {}
    /// Does what the user wants to see.
    pub fn interfere(&mut self, _now: SimTime, _container: ContainerId, _what: Interference) {}
    /// Replaces what the network knows.
    pub fn set_network(&mut self, _now: SimTime, _table: NetworkTable) {}
    /// Forgets an ended container: its logs and its layer.
    pub fn remove_container(&mut self, _now: SimTime, _container: ContainerId) {}
    /// When something is due next.
    pub fn next_wakeup(&self) -> Option<SimTime> {
        None
    }
    /// Does everything that is due at or before `to`.
    pub fn advance(&mut self, to: SimTime) {
        self.now = to;
    }
    /// What happened since the last time this was asked, in order.
    pub fn take_occurrences(&mut self) -> Vec<Occurrence> {
        std::mem::take(&mut self.occurrences)
    }
    /// What a container printed.
    pub fn logs(&self, _container: ContainerId) -> &[LogLine] {
        &[]
    }
    /// The listening sockets of a sandbox.
    pub fn sockets(&self, _sandbox: SandboxId) -> Vec<Socket> {
        Vec::new()
    }
    /// The files a container has or sees that are not just the image's.
    pub fn files(&self, _container: ContainerId) -> Vec<FileView> {
        Vec::new()
    }
    /// A file as a container sees it.
    pub fn read_file(&self, _container: ContainerId, _path: &str) -> Option<Vec<u8>> {
        None
    }
    /// The files of a volume.
    pub fn volume_files(&self, _volume: VolumeId) -> Vec<FileView> {
        Vec::new()
    }
    /// The environment PID 1 started with.
    pub fn env(&self, _container: ContainerId) -> Vec<(String, String)> {
        Vec::new()
    }
}
