//! The application without a screen.
//!
//! [`App`] takes [`Event`]s and answers with [`Effect`]s; [`App::view`] is everything a screen
//! shows, as plain data that is cheap to compare. A [`Scenario`] (documents, deeds with their
//! times, settings, an instant) is all there is to save or share. A [`run::Run`] is the cluster at
//! the playhead with the future recorded ahead of it.
//!
//! It knows no browser, no file, no wall clock: time passes by [`Event::Frame`] alone.

mod acts;
pub mod app;
pub mod assumptions;
pub mod dockerfiles;
pub mod documents;
pub mod event;
pub mod examples;
pub mod fingerprint;
pub mod recording;
pub mod run;
pub mod scenario;
pub mod share;
pub mod terminal;
pub mod tour;
pub mod view;
pub mod words;

pub use app::App;
pub use event::{Deed, Effect, Event};
pub use podglass_cluster as cluster;
pub use podglass_cluster::SimTime;
pub use podglass_cluster::manifest::{Diagnostic, Severity};
pub use podglass_kubectl as kubectl;
pub use podglass_manifest as manifest;
pub use podglass_scene as scene;
pub use scenario::Scenario;
pub use view::View;
