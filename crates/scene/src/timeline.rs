//! A journal as lanes over time, projected to pixels.

use crate::{Role, Target};
use podglass_cluster::{RecordId, SimTime};

/// Lanes, ruler and playhead for a given width. `x` counts from the left edge of the lanes' area.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Width of the lanes' area.
    pub width: f32,
    /// First instant that is shown.
    pub from: SimTime,
    /// Last instant that is shown.
    pub to: SimTime,
    /// Where the recorded run ends.
    pub end: SimTime,
    /// Whether nothing more will happen after `end`.
    pub quiet: bool,
    /// Lanes, top to bottom.
    pub lanes: Vec<Lane>,
    /// The ruler.
    pub ticks: Vec<Tick>,
    /// Where quiet time was squeezed.
    pub breaks: Vec<Break>,
    /// Where the recorded run ends, in pixels.
    pub end_x: f32,
}

/// One lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Selects what the lane is about.
    pub target: Target,
    /// `Pod`, a container's name, the Pod's name where there are several.
    pub label: String,
    /// What sort of lane.
    pub kind: LaneKind,
    /// How deep it is folded in: 0 for Pods and owners, 1 for containers.
    pub depth: u8,
    /// Segments, in order, disjoint.
    pub segments: Vec<Segment>,
    /// Markers, in order.
    pub markers: Vec<Marker>,
}

/// What sort of lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneKind {
    /// STATUS of a Pod.
    Pod,
    /// An init container.
    Init,
    /// A native sidecar.
    Sidecar,
    /// An app container.
    App,
    /// Several Pods folded together.
    Folded,
    /// The user's actions.
    Actions,
}

/// A stretch of one state.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// From.
    pub from: SimTime,
    /// Until.
    pub to: SimTime,
    /// Left edge.
    pub x: f32,
    /// Width, at least 1.5.
    pub w: f32,
    /// State.
    pub role: Role,
    /// Words inside, where they fit.
    pub label: String,
    /// It still goes on at the end of the recorded run.
    pub open: bool,
    /// The record that began it.
    pub record: RecordId,
    /// Everything in words.
    pub title: String,
}

/// Form of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Exit 0.
    Check,
    /// Exit with another code.
    Cross,
    /// A line of output.
    Line,
    /// A file written.
    Write,
    /// A port bound, or a request.
    Port,
    /// A second bind failed.
    Clash,
    /// Probe success.
    ProbeOk,
    /// Probe failure.
    ProbeBad,
    /// A warning event.
    Warning,
    /// The user's action.
    Action,
    /// A signal.
    Signal,
}

/// A moment on a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// When.
    pub at: SimTime,
    /// Place.
    pub x: f32,
    /// Form.
    pub shape: Shape,
    /// Role.
    pub role: Role,
    /// The record.
    pub record: RecordId,
    /// Everything in words.
    pub title: String,
}

/// A tick of the ruler.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// When.
    pub at: SimTime,
    /// Place.
    pub x: f32,
    /// `6 s`.
    pub label: String,
}

/// A quiet stretch that was squeezed.
#[derive(Clone, Debug, PartialEq)]
pub struct Break {
    /// From.
    pub from: SimTime,
    /// Until.
    pub to: SimTime,
    /// Left edge.
    pub x: f32,
    /// Width.
    pub w: f32,
    /// `41 s quiet, squeezed`.
    pub label: String,
}

mod history;
mod project;
mod scale;

pub use history::History;
pub use project::{Wishes, project};
pub use scale::Scale;
