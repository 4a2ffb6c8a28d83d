//! The application without a screen.
//!
//! [`App`] takes [`Event`]s and answers with [`Effect`]s; [`App::view`] is everything a screen
//! shows, as plain data that is cheap to compare. A [`Scenario`] (documents, actions with their
//! times, seed, settings) is all there is to save or share.
//!
//! It knows no browser, no file, no wall clock: time passes by [`Event::Frame`] alone.

pub mod event;
pub mod view;

pub use event::{Deed, Effect, Event};
pub use podglass_scene as scene;
pub use podglass_cluster::SimTime;
pub use view::View;

pub use podglass_cluster as cluster;
pub use podglass_kubectl as kubectl;
pub use podglass_manifest as manifest;
