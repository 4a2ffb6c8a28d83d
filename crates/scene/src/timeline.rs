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
    /// Height of all lanes together.
    pub height: f32,
    /// The whole run in small, while only a part of it is shown.
    pub overview: Vec<Strip>,
    /// The part of the overview that is shown, in pixels: left edge and width.
    pub shown: (f32, f32),
    /// Corners of the map from pixels to milliseconds.
    pub corners: Vec<(f32, f32)>,
    /// What led to the selected record, and what it led to.
    pub arrows: Vec<Arrow>,
    /// Where the run underneath differs.
    pub marks: Vec<Mark>,
}

impl Timeline {
    /// The moment at a place.
    pub fn time(&self, x: f32) -> SimTime {
        let i = self.corners.partition_point(|c| c.0 <= x).clamp(1, self.corners.len().saturating_sub(1).max(1));
        let (Some(a), Some(b)) = (self.corners.get(i - 1), self.corners.get(i)) else { return SimTime::ZERO };
        let share = (x - a.0) / (b.0 - a.0).max(f32::EPSILON);
        SimTime((a.1 + (b.1 - a.1) * share).max(0.0).round() as u64)
    }

    /// The place of a moment.
    pub fn place(&self, at: SimTime) -> f32 {
        let ms = at.0 as f32;
        let i = self.corners.partition_point(|c| c.1 <= ms).clamp(1, self.corners.len().saturating_sub(1).max(1));
        let (Some(a), Some(b)) = (self.corners.get(i - 1), self.corners.get(i)) else { return 0.0 };
        a.0 + (b.0 - a.0) * (ms - a.1) / (b.1 - a.1).max(f32::EPSILON)
    }
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
    /// Upper edge, from the top of the lanes.
    pub y: f32,
    /// Height.
    pub h: f32,
    /// It can be folded: whether it is open.
    pub open: Option<bool>,
    /// The same lane of the run underneath.
    pub under: Option<UnderLane>,
    /// It is in the run underneath only.
    pub only_under: bool,
}

/// A lane of the run underneath: the run before a change, the other manifest, a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnderLane {
    /// Segments, in order, disjoint.
    pub segments: Vec<Segment>,
    /// Markers, in order.
    pub markers: Vec<Marker>,
}

/// A lane's height.
pub const LANE: f32 = 28.0;
/// So much higher is a lane with one underneath.
pub const UNDER: f32 = 16.0;

/// What a drag of a bar's end changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grip {
    /// How long a run lasts.
    Run {
        /// Which run, counted from 0.
        run: u32,
        /// Its exit code; 0 while it runs.
        code: i32,
    },
    /// How long a pull takes.
    Pull {
        /// Reference.
        image: String,
    },
}

/// A segment of the overview.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// Left edge.
    pub x: f32,
    /// Upper edge, 0 to [`OVERVIEW`].
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
    /// State.
    pub role: Role,
}

/// Height of the overview.
pub const OVERVIEW: f32 = 20.0;

/// From a cause to what it led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// The corners of its line.
    pub points: Vec<crate::Point>,
    /// The later record.
    pub record: RecordId,
    /// It leads away from the selected record, not to it.
    pub onward: bool,
    /// Both in words.
    pub title: String,
}

/// A difference between a lane and the one underneath.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Its place on the upper lane.
    pub x: f32,
    /// Its place on the lane underneath.
    pub under_x: f32,
    /// Upper edge of the lane.
    pub y: f32,
    /// `+14 s`.
    pub label: String,
    /// In words.
    pub title: String,
}

/// What sort of lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LaneKind {
    /// STATUS of a Pod.
    Pod,
    /// An init container.
    Init,
    /// A native sidecar.
    Sidecar,
    /// An app container.
    #[default]
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
    /// What a drag of its end changes.
    pub grip: Option<Grip>,
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
    /// An event of a recording.
    Event,
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

mod arrows;
mod history;
mod lanes;
mod project;
mod scale;
mod told;

pub use arrows::about;
pub use history::History;
pub use lanes::{pairs, pairs_of};
pub use project::{Beneath, Wishes, project};
pub use scale::Scale;
pub use told::{Cast, Teller, Told, What, tell};
