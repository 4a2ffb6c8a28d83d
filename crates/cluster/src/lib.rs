//! The simulated cluster: a pure, deterministic value that is moved forward by a virtual clock.
//!
//! [`ApiServer`] is the one door for change: it keeps the objects, the clock, the seeded random
//! numbers, the queue of things that are due, and the [`journal`] with the cause of every record.
//! Controllers, the scheduler and the kubelet read the journal and write through the same door.
//!
//! It knows no YAML, no place in a text, no screen, no wall clock.

pub mod action;
mod admission;
pub mod api_server;
mod birth;
pub mod cluster;
mod controllers;
mod deletion;
mod events;
pub mod journal;
pub mod kubelet;
pub mod labels;
pub mod network;
pub mod quantity;
mod queue;
mod scheduler;
pub mod settings;
pub mod typed;

pub use action::{Action, Propagation};
pub use api_server::{ApiServer, Refusal};
pub use cluster::{Cluster, Progress};
pub use journal::{Cause, Fact, Journal, Record, RecordId};
pub use podglass_manifest as manifest;
pub use podglass_runtime as runtime;
pub use podglass_runtime::SimTime;
pub use settings::Settings;
