//! What stands on the stage at one instant, with places.
//!
//! All places are in pixels from the stage's top left. Text is already shortened to its place; the
//! `title` of a part says everything in full. Nothing here overlaps: rectangles of equal rank are
//! disjoint at every width.

use crate::{Icon, Point, Rect, Role, Sentence, Target};
use podglass_cluster::journal::ProbeKind;
use podglass_cluster::{RecordId, SimTime};

/// What is drawn, and how large it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    /// Width that was asked for.
    pub width: f32,
    /// Height that is needed.
    pub height: f32,
    /// How much detail there is room for.
    pub detail: Detail,
    /// Pods in full.
    pub pods: Vec<PodPart>,
    /// Pods as tiles, or as points of a grid.
    pub tiles: Vec<Tile>,
    /// What stands outside the Pods.
    pub outside: Vec<OutsidePart>,
    /// Arrows between what stands outside and the Pods.
    pub arrows: Vec<Wire>,
    /// The roles that are on the stage now.
    pub legend: Vec<Role>,
    /// Said where there is nothing to draw.
    pub empty: Option<String>,
    /// Whether something moves with time alone (countdowns, progress, travelling dots): the stage
    /// must then be drawn again when time goes on, even though no record was added.
    pub moving: bool,
}

/// How much detail there is room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Every container is a card.
    #[default]
    Full,
    /// Every Pod is a tile.
    Tiles,
    /// Every Pod is a point of a grid.
    Grid,
}

/// A Pod in full: one frame, what is inside shares its IP, ports and volumes.
#[derive(Clone, Debug, PartialEq)]
pub struct PodPart {
    /// Selects the Pod.
    pub target: Target,
    /// The frame.
    pub rect: Rect,
    /// The Pod's name, shortened.
    pub name: String,
    /// `Pod · 10.244.0.5 · node-1`.
    pub subtitle: String,
    /// Where the subtitle's baseline starts.
    pub subtitle_at: Point,
    /// STATUS as `kubectl get` shows it.
    pub status: String,
    /// Role of the status.
    pub role: Role,
    /// The pill with the status.
    pub status_rect: Rect,
    /// READY: `0/2`.
    pub ready: String,
    /// RESTARTS.
    pub restarts: String,
    /// Height of the header; a line is drawn under it.
    pub header: f32,
    /// Whether READY and RESTARTS stand in the header (wide), or under the name (narrow).
    pub wide: bool,
    /// Small captions over the sections; the point is the baseline's start.
    pub captions: Vec<(Point, String)>,
    /// Rails of native sidecars, drawn first.
    pub rails: Vec<Rail>,
    /// Containers.
    pub containers: Vec<ContainerPart>,
    /// Arrows of the chain.
    pub chain: Vec<Wire>,
    /// The gate at the chain's end.
    pub gate: Option<Gate>,
    /// Volumes.
    pub volumes: Vec<VolumePart>,
    /// Which container mounts which volume.
    pub mounts: Vec<Wire>,
    /// Writes and reads on their way.
    pub travels: Vec<Travel>,
    /// The network namespace.
    pub board: Board,
    /// What just happened, newest last.
    pub recent: Vec<Recent>,
    /// Everything in words.
    pub title: String,
}

/// Role of a container in its Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An init container: which step of the chain, counted from 1.
    Init(u32),
    /// A native sidecar: which step of the chain, counted from 1.
    Sidecar(u32),
    /// An app container: its place in spec order, counted from 1.
    App(u32),
    /// An ephemeral container.
    Ephemeral,
}

/// A container's card. Inside a card, from its left top: icon centre (22, 24), name (40, 21), image
/// (40, 38), first line (14, 64), second line (14, 81), probes after it.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerPart {
    /// Selects the container.
    pub target: Target,
    /// The card.
    pub rect: Rect,
    /// Role in the Pod.
    pub place: Place,
    /// State.
    pub role: Role,
    /// Icon.
    pub icon: Icon,
    /// Name, shortened.
    pub name: String,
    /// Image, shortened.
    pub image: String,
    /// State in words: `Running for 0.6 s`.
    pub line: String,
    /// What matters most about it now: `back-off 20 s · CrashLoopBackOff`.
    pub detail: String,
    /// The detail is a program's output or command: set in the monospaced font.
    pub detail_mono: bool,
    /// Bar at the card's lower edge, between 0 and 1.
    pub progress: Option<f32>,
    /// Restarts, shown as a badge when above 0.
    pub restarts: i32,
    /// The image's or program's behaviour is assumed.
    pub assumed: bool,
    /// Probes.
    pub probes: Vec<ProbePart>,
    /// Everything in words.
    pub title: String,
}

/// A probe at a container's edge.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbePart {
    /// Which.
    pub probe: ProbeKind,
    /// Left end of the dots; they are 9 px apart.
    pub at: Point,
    /// Dots in order, at most six.
    pub dots: Vec<Dot>,
    /// `ready`, `startup`, `live`.
    pub label: &'static str,
    /// When the last result came: a pulse is drawn for a short while after it.
    pub last: Option<SimTime>,
    /// Everything in words.
    pub title: String,
}

/// One dot of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dot {
    /// Not there yet.
    Pending,
    /// Success.
    Success,
    /// Failure.
    Failure,
}

/// The gate after the init chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// The gate's bar.
    pub rect: Rect,
    /// Whether it is open.
    pub open: bool,
    /// First line right of it: `closed until`.
    pub line: String,
    /// Second line, in bold: `network-check exits 0`.
    pub strong: String,
    /// Where the lines start.
    pub text_at: Point,
}

/// The rail of a native sidecar: lit under everything that comes after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rail {
    /// Selects the sidecar.
    pub target: Target,
    /// State of the sidecar.
    pub role: Role,
    /// Bands that make up the rail.
    pub bands: Vec<Rect>,
}

/// What a wire means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireKind {
    /// The next step of the init chain.
    Chain,
    /// A container mounts a volume.
    Mount,
    /// A process listens on a port.
    Bound,
    /// A port that is only declared.
    Declared,
    /// A second bind of one port.
    Clash,
    /// An object owns another.
    Owner,
    /// A Service routes to a Pod.
    Route,
    /// A Pod uses an object (ConfigMap, Secret, claim).
    Uses,
}

impl WireKind {
    /// Its name in style sheets.
    pub fn name(self) -> &'static str {
        match self {
            WireKind::Chain => "chain",
            WireKind::Mount => "mount",
            WireKind::Bound => "bound",
            WireKind::Declared => "declared",
            WireKind::Clash => "clash",
            WireKind::Owner => "owner",
            WireKind::Route => "route",
            WireKind::Uses => "uses",
        }
    }
}

/// A line between two things.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    /// What it means.
    pub kind: WireKind,
    /// Its corners; the last one carries the arrow head where the kind has one.
    pub points: Vec<Point>,
    /// Whether it is in use now.
    pub lit: bool,
    /// Everything in words.
    pub title: String,
}

/// A volume as a cylinder: lid 28 px high, then a line per file, then who mounts it.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumePart {
    /// Selects the volume.
    pub target: Target,
    /// The cylinder.
    pub rect: Rect,
    /// `kube-api-access · projected, ro`.
    pub label: String,
    /// Files, shortened to what fits.
    pub files: Vec<FileLine>,
    /// `mounted in all four containers`.
    pub mounted: String,
    /// Whether a container waits for it.
    pub missing: bool,
    /// Everything in words.
    pub title: String,
}

/// A file in a volume.
#[derive(Clone, Debug, PartialEq)]
pub struct FileLine {
    /// Path in the volume, shortened.
    pub name: String,
    /// `+96 B`, `from prepare`, empty.
    pub note: String,
    /// It was written a moment ago.
    pub fresh: bool,
    /// Baseline's start.
    pub at: Point,
}

/// A write or a read on its way between container and volume.
#[derive(Clone, Debug, PartialEq)]
pub struct Travel {
    /// A write goes from container to volume, a read back.
    pub write: bool,
    /// The path, from where it starts.
    pub points: Vec<Point>,
    /// How far it has come, between 0 and 1.
    pub progress: f32,
    /// `index.html`.
    pub file: String,
    /// The record.
    pub record: RecordId,
}

/// The Pod's network namespace: a board of ports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// The board.
    pub rect: Rect,
    /// `eth0 10.244.0.5`, `lo   127.0.0.1`.
    pub interfaces: Vec<(Point, String)>,
    /// Ports.
    pub ports: Vec<PortPart>,
    /// Lines from containers to ports.
    pub wires: Vec<Wire>,
    /// A remark: `Nobody listens yet. …`, the clash in words.
    pub remark: Sentence,
    /// Where the remark starts.
    pub remark_at: Point,
}

/// How a port stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortState {
    /// Declared in the manifest, nobody listens.
    Declared,
    /// A process listens.
    Bound,
    /// A process listens, and another one failed to.
    Clash,
}

/// A port on the board. From its left top: number (centre, 21), label (centre, 37).
#[derive(Clone, Debug, PartialEq)]
pub struct PortPart {
    /// Selects the port.
    pub target: Target,
    /// The chip.
    pub rect: Rect,
    /// The number.
    pub port: u16,
    /// State.
    pub state: PortState,
    /// `http · declared`, `first · all addresses`.
    pub label: String,
    /// Whether a second bind failed a moment ago: it flashes.
    pub flash: bool,
    /// Everything in words.
    pub title: String,
}

/// A line of "what just happened".
#[derive(Clone, Debug, PartialEq)]
pub struct Recent {
    /// When.
    pub at: SimTime,
    /// `5.5 s`.
    pub time: String,
    /// In words, shortened.
    pub text: String,
    /// It is about the Pod's STATUS.
    pub strong: bool,
    /// Baseline's start.
    pub point: Point,
    /// The record.
    pub record: RecordId,
}

/// A Pod as a tile or a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// Selects the Pod.
    pub target: Target,
    /// Its place.
    pub rect: Rect,
    /// The end of the Pod's name; empty in a grid.
    pub name: String,
    /// STATUS; empty in a grid.
    pub status: String,
    /// READY; empty in a grid.
    pub ready: String,
    /// Role.
    pub role: Role,
    /// Icon.
    pub icon: Icon,
    /// Everything in words.
    pub title: String,
}

/// Something outside the Pods: a Service, a Deployment, a ConfigMap. From its left top: kind
/// (14, 18), name (14, 36), line (14, 54), band below it.
#[derive(Clone, Debug, PartialEq)]
pub struct OutsidePart {
    /// Selects it.
    pub target: Target,
    /// The card.
    pub rect: Rect,
    /// `Service`.
    pub kind: &'static str,
    /// Its name, shortened.
    pub name: String,
    /// `80 → 8080 · 2 of 3 ready`.
    pub line: String,
    /// How well it does.
    pub role: Role,
    /// For a rollout: what is allowed and what is there.
    pub band: Option<Band>,
    /// Everything in words.
    pub title: String,
}

/// What a rollout may do, and what is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// The bar.
    pub rect: Rect,
    /// At least so many must be available.
    pub at_least: u32,
    /// At most so many may exist.
    pub at_most: u32,
    /// Available Pods.
    pub available: u32,
    /// Pods on their way up.
    pub starting: u32,
    /// Pods on their way down.
    pub stopping: u32,
    /// Pods that one pixel's worth of bar stands for: width = count × unit.
    pub unit: f32,
    /// `6 available at least · 10 in all at most`.
    pub label: String,
}

mod build;
mod context;
mod outside;
mod pod;
pub mod state;
mod tiles;

pub use build::stage;
pub use context::Options;
pub use pod::source as volume_source;
