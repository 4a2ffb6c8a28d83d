//! What happens inside containers: images, processes, the shell, programs, files, sockets, DNS.
//!
//! The [`Runtime`] is the container runtime and the kernel of every node in one value. It is given
//! sandboxes, volumes and containers to run; it moves forward on virtual time and reports what
//! happened as [`Occurrence`]s. Everything in it can be cloned: a clone is a checkpoint.
//!
//! It never knows a Kubernetes object: it gets a process to run, mounts, an environment, a network.

pub mod api;
pub mod catalogue;
pub mod docker;
pub mod dockerfile;
pub(crate) mod fs;
pub(crate) mod kernel;
pub mod program;
pub mod programs;
pub mod runtime;
pub mod sh;
pub mod shell;
pub mod time;
pub mod tls;

pub use api::*;
pub use runtime::Runtime;
pub use time::SimTime;
