//! What a user does, and what the application asks its shell to do.

use crate::tour::Tour;
use crate::view::Panel;
use crate::words::Book;
use podglass_cluster::SimTime;
use podglass_cluster::manifest::ObjectKey;
use podglass_scene::Target;
use podglass_scene::timeline::Grip;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Something the user or the shell did. Imperatives are intents of the user.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    // — documents —
    /// The text of a tab was edited.
    EditText {
        /// Which tab.
        tab: usize,
        /// The whole new text.
        text: String,
    },
    /// Adds an empty tab and selects it.
    AddTab,
    /// Adds a tab with a Dockerfile and selects it.
    AddDockerfile,
    /// Adds a Dockerfile that says otherwise than the assumption of this index in the panel of changes.
    ReplaceAssumption(usize),
    /// Renames a tab.
    RenameTab {
        /// Which tab.
        tab: usize,
        /// New file name.
        name: String,
    },
    /// Closes a tab.
    CloseTab(usize),
    /// Selects a tab.
    SelectTab(usize),
    /// A file was opened or dropped: it becomes a tab, in place of an untouched example.
    OpenFile {
        /// Its name.
        name: String,
        /// Its text.
        text: String,
    },
    /// The cursor stands on this line (from 1) of the selected tab.
    MoveCursor {
        /// Line, counted from 1.
        line: u32,
    },
    /// The pointer rests on this byte of the selected tab, or left the editor.
    HoverText(Option<usize>),
    /// Applies the documents and runs from 0 (Ctrl+Enter).
    RunFromStart,
    /// Applies what changed in the documents at the playhead's time.
    ApplyNow,

    // — time —
    /// So much wall-clock time went by; at most so many steps of the cluster may be done now.
    Frame {
        /// Wall-clock milliseconds since the last frame.
        elapsed_ms: f64,
        /// Steps of simulation allowed in this frame (2,000 suits 60 frames a second).
        budget: u32,
    },
    /// Plays.
    Play,
    /// Pauses.
    Pause,
    /// Plays or pauses.
    TogglePlay,
    /// To the next instant at which something happened.
    StepForward,
    /// To the previous instant at which something happened.
    StepBack,
    /// To a time.
    Seek(SimTime),
    /// So many virtual milliseconds on or back.
    SeekBy(i64),
    /// To a place on the timeline, in its pixels.
    SeekX(f32),
    /// To the beginning.
    SeekStart,
    /// To the end of what is recorded.
    SeekEnd,
    /// To the next marker of the selected lane, or of any.
    NextMarker,
    /// To the previous marker.
    PreviousMarker,
    /// Playing speed, 0.1 to 100.
    SetSpeed(f64),
    /// Squeezes quiet time.
    SetSqueeze(bool),
    /// Records further, although everything has come to rest.
    RunOn,
    /// Zooms the timeline around a place; above 1 comes closer.
    Zoom {
        /// Factor.
        factor: f32,
        /// Place that stays, in pixels.
        x: f32,
    },
    /// Moves the timeline by pixels.
    Pan(f32),
    /// Shows the whole run.
    Fit,
    /// Shows the part of the run that begins at this share of it, as long as the present one.
    ShowFrom(f64),
    /// Folds an owner's Pods on the timeline, or opens them.
    Fold(ObjectKey),

    // — places and selection —
    /// The panes have these sizes.
    Resized {
        /// Width of the stage.
        stage: f32,
        /// Width of the timeline's lanes.
        timeline: f32,
    },
    /// Selects a thing in every pane, or nothing.
    Select(Option<Target>),
    /// The pointer rests on a thing, or on nothing.
    Hover(Option<Target>),
    /// Asks why (W): selects the panel, and a thing where nothing is selected.
    AskWhy,

    // — what-if —
    /// Changes the run at the playhead.
    Do(Deed),
    /// The end of a bar was dragged.
    DragEnd {
        /// The container.
        target: Target,
        /// What it changes.
        grip: Grip,
        /// Where the bar begins.
        from: SimTime,
        /// Where it ends now, in the timeline's pixels.
        x: f32,
    },
    /// Changes a change: its time and what it does.
    EditChange {
        /// Its place in the list.
        index: usize,
        /// New time.
        at: SimTime,
        /// New deed.
        deed: Deed,
    },
    /// Takes the run underneath away: the ghost, the recording, or the right side.
    DismissUnder,
    /// Puts a copy of the documents beside them, and runs both on one clock; or ends that.
    Compare(bool),
    /// A recording of a real cluster was fetched: opens its scenario and lays the recording underneath.
    OpenRecording(String),
    /// Takes one change of the run back; the index is that of the list of changes.
    RemoveChange(usize),
    /// Takes the last change back.
    Undo,
    /// Does it again.
    Redo,

    // — panels —
    /// Opens a panel.
    OpenPanel(Panel),
    /// The log of this container (`None`: all of the Pod), of the run before it where `previous`.
    ShowLog {
        /// The container.
        container: Option<String>,
        /// The run before the present one.
        previous: bool,
    },
    /// Selects a container of the Pod that the panels are about.
    ChooseContainer(String),
    /// Opens a file of the selected container.
    ShowFile(Option<String>),
    /// A line was entered in the terminal; the answer comes as [`Effect::Print`].
    EnterCommand(String),
    /// A text of static/schema came that a command had asked for with [`Effect::Fetch`]; empty where it could not be had.
    ReferenceCame {
        /// Its name: `openapi`, `openapi-more`, `help`.
        name: String,
        /// The text.
        text: String,
        /// The command that waits for it.
        line: String,
    },

    // — scenarios —
    /// Opens an example by its id.
    OpenExample(String),
    /// Opens an empty page.
    NewScenario,
    /// Makes a link to this instant.
    Share,
    /// The page was opened with this fragment (without `#`).
    OpenLink(String),
    /// A draft of an earlier visit was found.
    OpenDraft(String),
    /// A notice was read.
    DismissNotice,
    /// Takes a tour, from a step (counted from 0) on.
    OpenTour {
        /// The tour.
        tour: Rc<Tour>,
        /// The step.
        step: usize,
    },
    /// Goes to a step of the tour; one past the last ends it.
    GoToStep {
        /// Counted from 0.
        step: usize,
        /// Plays there; otherwise it is there at once (reduced motion).
        glide: bool,
    },
    /// Predicts what happens next: the run goes on and shows it.
    Predict {
        /// The choice, counted from 0.
        choice: usize,
        /// Plays there.
        glide: bool,
    },
    /// Ends the tour.
    CloseTour,
    /// Speaks another language from now on; English where there is no book.
    Speak(Option<Rc<Book>>),
}

/// A change of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Deed {
    /// PID 1 of a running container ends now with this code.
    Exit {
        /// The Pod.
        #[serde(with = "wire::key")]
        pod: ObjectKey,
        /// The container.
        container: String,
        /// Exit code.
        code: i32,
    },
    /// The kernel kills it for memory.
    KillForMemory {
        /// The Pod.
        #[serde(with = "wire::key")]
        pod: ObjectKey,
        /// The container.
        container: String,
    },
    /// It hangs.
    Hang {
        /// The Pod.
        #[serde(with = "wire::key")]
        pod: ObjectKey,
        /// The container.
        container: String,
    },
    /// It ignores SIGTERM.
    IgnoreTerm {
        /// The Pod.
        #[serde(with = "wire::key")]
        pod: ObjectKey,
        /// The container.
        container: String,
    },
    /// The Pod loses its sandbox, as after a restart of its node.
    LoseSandbox {
        /// The Pod.
        #[serde(with = "wire::key")]
        pod: ObjectKey,
    },
    /// Runs of the container end with a code after a time, from now on.
    RunEnds {
        /// The Pod.
        #[serde(with = "wire::key")]
        pod: ObjectKey,
        /// The container.
        container: String,
        /// Which run, counted from 0; all where `None`.
        run: Option<u32>,
        /// After so many milliseconds.
        after: u64,
        /// Exit code.
        code: i32,
    },
    /// Pulls of an image take so long, from now on.
    PullTakes {
        /// Reference.
        image: String,
        /// Milliseconds.
        ms: u64,
    },
    /// The registry does not give the image.
    PullFails {
        /// Reference.
        image: String,
    },
    /// An external host answers or does not.
    ExternalHost {
        /// Name or address.
        host: String,
        /// Whether it answers.
        reachable: bool,
    },
    /// A probe fails for a time, from now on.
    ProbeFails {
        /// The Pod.
        #[serde(with = "wire::key")]
        pod: ObjectKey,
        /// The container.
        container: String,
        /// Which probe.
        #[serde(with = "wire::probe")]
        probe: podglass_cluster::journal::ProbeKind,
        /// For so many milliseconds.
        ms: u64,
    },
    /// Deletes an object (`kubectl delete`).
    Delete {
        /// What.
        #[serde(with = "wire::key")]
        key: ObjectKey,
        /// `--grace-period` in seconds.
        grace_period: Option<i64>,
    },
    /// Applies documents (`kubectl apply`).
    Apply {
        /// Where they come from, for the list of changes.
        name: String,
        /// YAML.
        text: String,
    },
    /// A docker command: of the terminal, or because a Dockerfile of the editor was applied.
    Docker {
        /// The command with its first word.
        line: String,
        /// The files it needs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<crate::scenario::Text>,
    },
    /// What a command of the terminal did.
    Act {
        /// The command.
        line: String,
        /// What it asked of the API server.
        verb: ActVerb,
        /// The object; kind and metadata alone where it is deleted.
        object: serde_json::Value,
        /// `--grace-period` in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grace_period: Option<i64>,
    },
}

/// What a command asks of the API server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActVerb {
    /// Create or change.
    Apply,
    /// Create.
    Create,
    /// Replace.
    Replace,
    /// Replace a part: `status`, `resize`, …
    ReplacePart(String),
    /// Delete; dependants after it.
    Delete,
    /// Delete; dependants before it.
    DeleteForeground,
    /// Delete; dependants stay.
    DeleteOrphan,
}

/// How keys and probes are written in links and drafts.
mod wire {
    pub(super) mod key {
        use podglass_cluster::manifest::{Kind, ObjectKey};
        use serde::{Deserialize, Deserializer, Serializer, de::Error};

        pub(in super::super) fn serialize<S: Serializer>(key: &ObjectKey, s: S) -> Result<S::Ok, S::Error> {
            s.collect_str(&format_args!("{}/{}/{}", key.kind.name(), key.namespace, key.name))
        }
        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<ObjectKey, D::Error> {
            let text = String::deserialize(d)?;
            let mut parts = text.splitn(3, '/');
            let kind = parts.next().and_then(|k| Kind::ALL.iter().copied().find(|x| x.name() == k));
            match (kind, parts.next(), parts.next()) {
                (Some(kind), Some(namespace), Some(name)) => Ok(ObjectKey { kind, namespace: namespace.into(), name: name.into() }),
                _ => Err(D::Error::custom("not the key of an object")),
            }
        }
    }
    pub(super) mod probe {
        use podglass_cluster::journal::ProbeKind;
        use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

        #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
        pub(in super::super) fn serialize<S: Serializer>(probe: &ProbeKind, s: S) -> Result<S::Ok, S::Error> {
            probe.serialize(s)
        }
        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<ProbeKind, D::Error> {
            match String::deserialize(d)?.as_str() {
                "Startup" => Ok(ProbeKind::Startup),
                "Readiness" => Ok(ProbeKind::Readiness),
                "Liveness" => Ok(ProbeKind::Liveness),
                _ => Err(D::Error::custom("not a probe")),
            }
        }
    }
}

/// What the shell is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Keep this draft; it comes back as [`Event::OpenDraft`].
    SaveDraft(String),
    /// The editor's content is no longer what the user typed: show this.
    ReplaceText {
        /// Which tab.
        tab: usize,
        /// Whole text.
        text: String,
    },
    /// Put this into the address after `#`, and offer it to be copied.
    ShareLink(String),
    /// Say this to screen readers.
    Announce(String),
    /// Scroll the editor so that this range of bytes can be seen.
    Reveal {
        /// Which tab.
        tab: usize,
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
    },
    /// Print this in the terminal.
    Print(String),
    /// Get `schema/NAME.txt` of the page's own site; it comes back as [`Event::ReferenceCame`] with the line.
    Fetch {
        /// `openapi`, `openapi-more`, `help`.
        name: &'static str,
        /// The command that waits for it.
        line: String,
    },
    /// Show the timeline in the dock, or the open panel.
    ShowTimeline(bool),
}
