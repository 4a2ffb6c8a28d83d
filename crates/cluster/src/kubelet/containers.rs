//! What runs of a Pod, as the container runtime would list it, and which container is which.

use crate::SimTime;
use crate::kubelet::resources::is_sidecar;
use k8s_openapi::api::core::v1::{Container, EphemeralContainer, PodSpec};
use podglass_runtime::{ContainerId, SandboxId};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// Index of a container in its Pod: init containers first, then the others, then ephemeral ones.
pub(crate) type Slot = usize;

/// What part a container plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// An init container that ends.
    Init,
    /// An init container that keeps running.
    Sidecar,
    /// An ordinary container.
    App,
    /// Added to the running Pod.
    Ephemeral,
}

impl Role {
    /// An init container of either sort.
    pub(crate) fn is_init(self) -> bool {
        matches!(self, Role::Init | Role::Sidecar)
    }
}

/// The containers of a spec by slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Containers<'a>(pub(crate) &'a PodSpec);

impl<'a> Containers<'a> {
    pub(crate) fn inits(self) -> &'a [Container] {
        self.0.init_containers.as_deref().unwrap_or_default()
    }
    pub(crate) fn ephemeral(self) -> &'a [EphemeralContainer] {
        self.0.ephemeral_containers.as_deref().unwrap_or_default()
    }
    pub(crate) fn first_app(self) -> Slot {
        self.inits().len()
    }
    pub(crate) fn first_ephemeral(self) -> Slot {
        self.inits().len() + self.0.containers.len()
    }
    pub(crate) fn len(self) -> usize {
        self.first_ephemeral() + self.ephemeral().len()
    }
    pub(crate) fn apps(self) -> std::ops::Range<Slot> {
        self.first_app()..self.first_ephemeral()
    }
    /// An init or ordinary container.
    pub(crate) fn get(self, slot: Slot) -> Option<&'a Container> {
        self.inits().get(slot).or_else(|| self.0.containers.get(slot.checked_sub(self.first_app())?))
    }
    pub(crate) fn ephemeral_at(self, slot: Slot) -> Option<&'a EphemeralContainer> {
        self.ephemeral().get(slot.checked_sub(self.first_ephemeral())?)
    }
    pub(crate) fn name(self, slot: Slot) -> &'a str {
        self.get(slot).map(|c| c.name.as_str()).or_else(|| self.ephemeral_at(slot).map(|c| c.name.as_str())).unwrap_or_default()
    }
    pub(crate) fn image(self, slot: Slot) -> &'a str {
        self.get(slot).and_then(|c| c.image.as_deref()).or_else(|| self.ephemeral_at(slot).and_then(|c| c.image.as_deref())).unwrap_or_default()
    }
    pub(crate) fn role(self, slot: Slot) -> Role {
        match self.inits().get(slot) {
            Some(c) if is_sidecar(c) => Role::Sidecar,
            Some(_) => Role::Init,
            None if slot < self.first_ephemeral() => Role::App,
            None => Role::Ephemeral,
        }
    }
    pub(crate) fn field_path(self, slot: Slot) -> String {
        let list = match self.role(slot) {
            Role::Init | Role::Sidecar => "initContainers",
            Role::App => "containers",
            Role::Ephemeral => "ephemeralContainers",
        };
        format!("spec.{list}{{{}}}", self.name(slot))
    }
}

/// Where a run of a container stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RunState {
    /// Created, not started. Between those two a container is part of the sync, so no list ever shows it;
    /// the decisions know it because those of a real kubelet do.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the vectors of the decisions make it"))]
    Created,
    /// The runtime lost sight of it. Ours never does; a real one may after a restart of the node.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the vectors of the decisions make it"))]
    Unknown,
    /// Its PID 1 runs.
    Running {
        /// Since when.
        started: SimTime,
    },
    /// It ended.
    Exited {
        /// `None` when it never started.
        started: Option<SimTime>,
        /// When.
        finished: SimTime,
        /// Exit code.
        code: i32,
        /// `Completed`, `Error`, `OOMKilled`, `StartError`.
        reason: &'static str,
        /// The termination message.
        message: Rc<str>,
    },
}

/// One run of a container in the runtime's list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunRecord {
    /// The runtime's id; `None` when it could not be started.
    pub(crate) id: Option<ContainerId>,
    /// `containerd://…` without the scheme.
    pub(crate) name: Rc<str>,
    /// Restart count.
    pub(crate) restart: u32,
    /// The image of the spec it was made from.
    pub(crate) image: Rc<str>,
    /// The image with registry and tag, and its id.
    pub(crate) resolved: Rc<(String, String)>,
    /// User and group it runs as.
    pub(crate) user: (i64, i64),
    /// State.
    pub(crate) state: RunState,
}

impl RunRecord {
    pub(crate) fn running(&self) -> bool {
        matches!(self.state, RunState::Running { .. })
    }
    pub(crate) fn exit_code(&self) -> Option<i32> {
        match self.state {
            RunState::Exited { code, .. } => Some(code),
            _ => None,
        }
    }
}

/// The two newest runs of a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Runs {
    pub(crate) now: Option<Rc<RunRecord>>,
    pub(crate) before: Option<Rc<RunRecord>>,
}

/// A sandbox in the runtime's list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sandbox {
    pub(crate) id: SandboxId,
    pub(crate) ip: Ipv4Addr,
    pub(crate) ready: bool,
    pub(crate) attempt: u32,
}

/// What the runtime lists of a Pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RuntimeStatus {
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) runs: Vec<Runs>,
}

impl RuntimeStatus {
    pub(crate) fn now(&self, slot: Slot) -> Option<&Rc<RunRecord>> {
        self.runs.get(slot)?.now.as_ref()
    }
    pub(crate) fn running(&self, slot: Slot) -> bool {
        self.now(slot).is_some_and(|r| r.running())
    }
    /// Adds a run as the newest.
    pub(crate) fn push(&mut self, slot: Slot, run: RunRecord) {
        if self.runs.len() <= slot {
            self.runs.resize_with(slot + 1, Runs::default);
        }
        if let Some(runs) = self.runs.get_mut(slot) {
            runs.before = runs.now.take();
            runs.now = Some(Rc::new(run));
        }
    }
    /// Changes the newest run's state.
    pub(crate) fn set(&mut self, slot: Slot, state: RunState) {
        if let Some(now) = self.runs.get_mut(slot).and_then(|r| r.now.as_mut()) {
            Rc::make_mut(now).state = state;
        }
    }
}
