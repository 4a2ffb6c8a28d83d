//! Everything a screen shows, as plain data.
//!
//! Parts behind `Rc` are the same allocation as long as nothing in them changed: comparing
//! pointers tells whether to draw.

use podglass_cluster::manifest::{Diagnostic, Severity};
use podglass_cluster::{RecordId, SimTime};
use podglass_scene::{Role, Sentence, Stage, Target, Timeline};
use std::rc::Rc;

/// Everything a screen shows.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Editor tabs.
    pub editor: Rc<EditorView>,
    /// The stage.
    pub stage: Rc<Stage>,
    /// The timeline.
    pub timeline: Rc<Timeline>,
    /// The playhead's place on the timeline.
    pub playhead_x: f32,
    /// Transport.
    pub transport: Transport,
    /// One sentence about what just happened.
    pub narration: Rc<Sentence>,
    /// What is selected.
    pub selected: Option<Target>,
    /// What the pointer rests on.
    pub hovered: Option<Target>,
    /// The open panel.
    pub panel: Rc<PanelView>,
    /// Changes to this run, oldest first.
    pub changes: Rc<[Change]>,
    /// Whether a change can be taken back.
    pub can_undo: bool,
    /// Whether a change can be done again.
    pub can_redo: bool,
    /// The run underneath: a ghost, the other manifest, a recording.
    pub under: Option<Rc<UnderView>>,
    /// The stage of the right side of a comparison.
    pub right: Option<Rc<Stage>>,
    /// The recording of a real cluster that belongs to the open example.
    pub recording: Option<&'static str>,
    /// Examples, for the menu.
    pub examples: Rc<[ExampleEntry]>,
    /// The tour that is being taken.
    pub tour: Option<Rc<TourView>>,
    /// Something that must be told.
    pub notice: Option<Notice>,
    /// Frames are wanted: something moves or is still being computed.
    pub moving: bool,
}

/// The editor's tabs and what is to be said about their text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditorView {
    /// Tabs.
    pub tabs: Vec<TabView>,
    /// The selected one.
    pub selected: usize,
    /// Problems of all tabs, errors first.
    pub problems: Vec<Problem>,
    /// The documents differ from what runs.
    pub changed: bool,
    /// Errors keep the documents from running: the stage shows the last good run, dimmed.
    pub stale: bool,
    /// Ranges of bytes in the selected tab that belong to what is selected or hovered.
    pub highlights: Vec<(usize, usize)>,
}

/// One tab.
#[derive(Clone, Debug, PartialEq)]
pub struct TabView {
    /// File name.
    pub name: String,
    /// Number of errors.
    pub errors: usize,
    /// Grows whenever the text was replaced by something else than typing.
    pub revision: u64,
    /// The text.
    pub text: Rc<str>,
    /// It belongs to the right side of a comparison.
    pub right: bool,
}

/// A diagnostic with its place in characters.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Which tab.
    pub tab: usize,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// The diagnostic; its span counts bytes.
    pub diagnostic: Rc<Diagnostic>,
}

impl Problem {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.diagnostic.severity
    }
}

/// The transport.
#[derive(Clone, Debug, PartialEq)]
pub struct Transport {
    /// The playhead.
    pub at: SimTime,
    /// `6.8 s`.
    pub time: String,
    /// Where the recorded run ends.
    pub end: SimTime,
    /// `60 s`.
    pub end_text: String,
    /// Whether it plays.
    pub playing: bool,
    /// Speed.
    pub speed: f64,
    /// Whether quiet time is squeezed.
    pub squeeze: bool,
    /// Whether there is something to step back to.
    pub can_step_back: bool,
    /// Whether there is something to step forward to.
    pub can_step_forward: bool,
    /// Whether the run is being computed; how far it has come, between 0 and 1.
    pub computing: Option<f32>,
    /// Nothing more will happen by itself.
    pub quiet: bool,
}

/// The panels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// Events.
    #[default]
    Events,
    /// Why.
    Why,
    /// Logs.
    Logs,
    /// Files.
    Files,
    /// Network.
    Network,
    /// The `kubectl get` row and the YAML status.
    Status,
    /// Environment variables.
    Environment,
    /// Terminal.
    Terminal,
    /// Changes to this run.
    Changes,
    /// Stage and timeline as tables.
    Table,
    /// The run underneath and what differs.
    Compare,
}

impl Panel {
    /// All panels, in the order of their tabs.
    pub const ALL: [Panel; 11] = [
        Panel::Events,
        Panel::Why,
        Panel::Logs,
        Panel::Files,
        Panel::Network,
        Panel::Status,
        Panel::Environment,
        Panel::Terminal,
        Panel::Changes,
        Panel::Table,
        Panel::Compare,
    ];

    /// The tab's words.
    pub fn title(self) -> &'static str {
        match self {
            Panel::Events => "Events",
            Panel::Why => "Why",
            Panel::Logs => "Logs",
            Panel::Files => "Files",
            Panel::Network => "Network",
            Panel::Status => "Status",
            Panel::Environment => "Environment",
            Panel::Terminal => "Terminal",
            Panel::Changes => "Changes",
            Panel::Table => "Table",
            Panel::Compare => "Compare",
        }
    }
}

/// What the open panel shows.
#[derive(Clone, Debug, PartialEq)]
pub enum PanelView {
    /// Events, oldest first.
    Events(Vec<EventRow>),
    /// Why.
    Why(WhyView),
    /// Logs.
    Logs(LogView),
    /// Files.
    Files(FilesView),
    /// Network.
    Network(NetworkView),
    /// Status.
    Status(StatusView),
    /// Environment: the container, then name and value.
    Environment(String, Vec<(String, String)>),
    /// Terminal: the page keeps what was printed.
    Terminal,
    /// What the run had to assume; the list of changes stands in [`View::changes`].
    Changes(Vec<crate::assumptions::Assumption>),
    /// Stage and timeline as tables.
    Table(TableView),
    /// What differs stands in [`View::under`].
    Compare,
}

/// Stage and timeline as tables, for those who cannot see them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableView {
    /// What there is now: name, state, remark.
    pub now: Vec<[String; 4]>,
    /// The whole run: lane, state, from, to.
    pub run: Vec<TableRow>,
}

/// A stretch of a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// When it begins.
    pub at: SimTime,
    /// Lane, state, from, to.
    pub cells: [String; 4],
    /// It is the state at the playhead.
    pub now: bool,
}

/// A row as `kubectl events` prints it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    /// When it was last seen.
    pub at: SimTime,
    /// `12s`, `5s (x3 over 40s)`.
    pub age: String,
    /// `Normal`, `Warning`.
    pub kind: String,
    /// Reason.
    pub reason: String,
    /// `pod/kubia-init`.
    pub object: String,
    /// Message.
    pub message: String,
    /// Selects the thing.
    pub target: Target,
    /// The record.
    pub record: RecordId,
    /// It is what happened at this instant.
    pub now: bool,
}

/// An answer to "why?".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhyView {
    /// One sentence.
    pub answer: Sentence,
    /// What leads to it, nearest cause first.
    pub links: Vec<WhyLink>,
}

/// A link of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyLink {
    /// In bold.
    pub head: Sentence,
    /// More words.
    pub body: String,
    /// What sort of cause.
    pub kind: podglass_scene::why::LinkKind,
    /// Where to go: tab and line (from 1).
    pub line: Option<(usize, usize)>,
    /// Selects the thing.
    pub target: Option<Target>,
    /// When it happened.
    pub at: Option<SimTime>,
}

/// A log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogView {
    /// The Pod.
    pub pod: String,
    /// Its containers that have a log.
    pub containers: Vec<String>,
    /// The chosen one; `None` shows all, merged.
    pub chosen: Option<String>,
    /// Whether the run before the present one is shown.
    pub previous: bool,
    /// Whether there is such a run.
    pub has_previous: bool,
    /// Lines.
    pub lines: Vec<LogRow>,
    /// Said where there are no lines.
    pub empty: String,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    /// When.
    pub at: SimTime,
    /// Which container, where logs are merged.
    pub container: Rc<str>,
    /// Printed on stderr.
    pub stderr: bool,
    /// The text.
    pub text: Rc<str>,
}

/// Files of a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FilesView {
    /// The Pod.
    pub pod: String,
    /// Its containers.
    pub containers: Vec<String>,
    /// The chosen one.
    pub container: String,
    /// Files and directories, in order of their paths.
    pub rows: Vec<FileRow>,
    /// The open file: path and content.
    pub open: Option<(String, String)>,
    /// Said where there are no files.
    pub empty: String,
}

/// A file or a directory.
#[derive(Clone, Debug, PartialEq)]
pub struct FileRow {
    /// Absolute path.
    pub path: String,
    /// Last part of the path.
    pub name: String,
    /// Depth in the tree, from 0.
    pub depth: usize,
    /// Directory.
    pub directory: bool,
    /// Target of a link.
    pub link: Option<String>,
    /// `rw-r--r--`.
    pub mode: String,
    /// Size.
    pub size: u64,
    /// `index.html, written by sidecar at 1.2 s`.
    pub written: String,
    /// The volume, where it lies on one.
    pub volume: Option<String>,
    /// It is where a volume is mounted: `shared-data (rw)`.
    pub mount: Option<String>,
}

/// Sockets and names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkView {
    /// The Pod.
    pub pod: String,
    /// Its address.
    pub ip: String,
    /// Listening sockets.
    pub sockets: Vec<SocketRow>,
    /// What was asked and answered lately.
    pub traffic: Vec<TrafficRow>,
}

/// A listening socket.
#[derive(Clone, Debug, PartialEq)]
pub struct SocketRow {
    /// `0.0.0.0:80`.
    pub address: String,
    /// The container.
    pub container: String,
    /// The program.
    pub program: String,
    /// `0.9 s`.
    pub since: String,
    /// Assumed.
    pub assumed: bool,
    /// Selects the port.
    pub target: Target,
}

/// A lookup, a request, a failed bind.
#[derive(Clone, Debug, PartialEq)]
pub struct TrafficRow {
    /// When.
    pub at: SimTime,
    /// From which container.
    pub container: String,
    /// `GET http://web/`, `lookup redis`.
    pub what: String,
    /// `200`, `NXDOMAIN`.
    pub result: String,
    /// It failed.
    pub failed: bool,
    /// The record.
    pub record: RecordId,
}

/// What `kubectl get` and `kubectl get -o yaml` show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatusView {
    /// Column heads.
    pub heads: Vec<String>,
    /// Rows, one a Pod.
    pub rows: Vec<StatusRow>,
    /// Name of the object whose YAML is shown.
    pub name: String,
    /// YAML.
    pub yaml: Rc<str>,
    /// Lines (from 0) of the YAML that changed with the last step.
    pub changed: Vec<usize>,
    /// What the Pod requests, step by step of its start; empty where it requests nothing.
    pub requests: Vec<RequestStep>,
}

/// What the containers that run in one step of a Pod's start request together.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestStep {
    /// The containers: `setup`, `log + app`.
    pub running: String,
    /// CPU and memory.
    pub amounts: [Request; 2],
    /// This is what runs now.
    pub now: bool,
}

/// An amount of a resource in one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// `250m`, `64Mi`.
    pub text: String,
    /// Share of the highest step, 0 to 1.
    pub share: f32,
    /// No step asks for more: this one is what the scheduler reserves.
    pub highest: bool,
}

/// A row of `kubectl get pods`.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusRow {
    /// Selects the Pod.
    pub target: Target,
    /// Role of its STATUS.
    pub role: Role,
    /// Cells.
    pub cells: Vec<String>,
}

/// A change to this run.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// When.
    pub at: SimTime,
    /// `6.8 s`.
    pub time: String,
    /// In words.
    pub text: String,
    /// The cluster refused it: its words.
    pub refused: Option<String>,
    /// The deed itself, where its numbers can be edited.
    pub deed: Option<crate::Deed>,
}

/// An example in the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleEntry {
    /// Its id.
    pub id: &'static str,
    /// `Course pages`, `Lifecycle`, `Volumes`, `Network`, `Failures`, `Controllers`.
    pub group: &'static str,
    /// Title.
    pub title: &'static str,
    /// One sentence.
    pub sentence: &'static str,
    /// The manifest has a mistake on purpose.
    pub mistake: bool,
}

/// A step of a tour.
#[derive(Clone, Debug, PartialEq)]
pub struct TourView {
    /// The tour's title.
    pub title: String,
    /// The step, counted from 0.
    pub step: usize,
    /// How many steps there are.
    pub of: usize,
    /// What is to be said; `**bold**` and `` `code` `` are marked so.
    pub text: String,
    /// The part of the page it is about.
    pub point: Option<String>,
    /// A question.
    pub ask: Option<AskView>,
    /// The playhead is on its way to this step's instant, or to the answer.
    pub moving: bool,
}

/// A question of a tour.
#[derive(Clone, Debug, PartialEq)]
pub struct AskView {
    /// The question.
    pub question: String,
    /// What may happen.
    pub choices: Vec<ChoiceView>,
    /// Why it came as it came, once that is known.
    pub why: Option<WhyView>,
}

/// Something that may happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceView {
    /// In words.
    pub text: String,
    /// Whether it did, once that is known.
    pub held: Option<bool>,
    /// It was predicted.
    pub chosen: bool,
}

/// What the run underneath is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnderKind {
    /// The run before a change.
    Ghost,
    /// The right side of a comparison.
    Right,
    /// A recording of a real cluster.
    Recording,
}

/// The run underneath, and what differs.
#[derive(Clone, Debug, PartialEq)]
pub struct UnderView {
    /// What it is.
    pub kind: UnderKind,
    /// `Underneath: the run before “Made app exit 1”`.
    pub title: String,
    /// Which is ready first and why, or how much agrees.
    pub headline: String,
    /// How many facts agree, and how many there are; 0 of 0 where they are not counted.
    pub agree: (usize, usize),
    /// What differs.
    pub rows: Vec<DifferenceRow>,
    /// It is still being compared.
    pub pending: bool,
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct DifferenceRow {
    /// The first of its moments.
    pub at: SimTime,
    /// `6.8 s`.
    pub time: String,
    /// In words.
    pub words: String,
    /// What it is about.
    pub target: Target,
}

/// Something that must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub text: String,
    /// What to do.
    pub help: String,
}
