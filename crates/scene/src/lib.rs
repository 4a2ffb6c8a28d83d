//! The cluster at one instant, and a journal over time, as shapes and words.
//!
//! [`stage`] turns a cluster into Pods, containers, volumes, ports and routes with places for a
//! given width; [`timeline`] turns a journal into lanes; [`narration`] says what just happened in
//! one sentence; [`why`] answers "why" with a chain of causes. Layout is data: the page and the
//! exports draw the same values.
//!
//! It knows roles, never colours; it knows no DOM, no YAML text, no wall clock.

pub mod compare;
pub mod geometry;
pub mod inside;
pub mod kube_event;
pub mod memory;
pub mod narration;
pub mod role;
pub mod row;
pub mod stage;
pub mod svg;
pub mod target;
pub mod timeline;
pub mod why;
pub mod words;

pub use geometry::{Point, Rect};
pub use kube_event::KubeEvent;
pub use memory::Memory;
pub use role::{Icon, Role};
pub use row::PodRow;
pub use stage::Stage;
pub use target::Target;
pub use timeline::Timeline;
pub use words::{Piece, Sentence};
