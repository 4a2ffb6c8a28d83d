//! The run underneath: a ghost of the run before a change, another manifest, a recording of a real cluster.

use super::{App, acts};
use crate::documents::{self, Tab};
use crate::event::Effect;
use crate::recording::Recording;
use crate::run::{Planned, Run};
use crate::scenario::Text;
use crate::view::{DifferenceRow, UnderKind, UnderView};
use podglass_cluster::{Cluster, SimTime};
use podglass_scene::Target;
use podglass_scene::compare::{BEFORE, Comparison, Difference, SIDES, compare, compare_with_recording};
use podglass_scene::timeline::{History, Teller, tell};
use podglass_scene::words::duration;
use std::rc::Rc;

/// A run with more records has no ghost: it would cost as much memory again.
const LARGEST: u64 = 80_000;

/// The right side of a comparison.
#[derive(Debug)]
pub(super) struct Other {
    pub(super) run: Run,
    pub(super) base: Vec<Text>,
}

/// The run underneath.
#[derive(Debug)]
pub(super) struct Under {
    pub(super) kind: UnderKind,
    /// What it is called.
    title: String,
    /// Lanes; those of the right side grow while it is recorded.
    pub(super) history: History,
    /// A recording's facts.
    teller: Teller,
    /// How far it is known.
    pub(super) end: SimTime,
    /// What came of comparing, and for which runs.
    pub(super) result: Option<(CompareKey, Rc<UnderView>, Vec<Difference>)>,
    /// Grows with every result.
    pub(super) revision: u64,
}

/// Generation and revision of both runs, and how far they are known.
type CompareKey = (u64, u64, u64, u64, SimTime);

impl App {
    /// Tabs of the run itself, which stand before those of the right side.
    pub(super) fn left(&self) -> &[Tab] {
        self.tabs.get(..self.tabs.iter().take_while(|t| !t.right).count()).unwrap_or_default()
    }
    /// Tabs of the right side.
    pub(super) fn right(&self) -> &[Tab] {
        self.tabs.get(self.left().len()..).unwrap_or_default()
    }
    /// The tabs of the side whose tab is selected, their cluster, and how many tabs stand before them.
    fn side(&self) -> (&[Tab], &Cluster, usize) {
        match &self.other {
            Some(other) if self.tabs.get(self.selected_tab).is_some_and(|t| t.right) => (self.right(), &other.run.now().cluster, self.left().len()),
            _ => (self.left(), &self.run.now().cluster, 0),
        }
    }
    /// Where a thing stands in the texts of the side that is edited.
    pub(super) fn place(&self, target: &Target) -> Option<documents::Place> {
        let (tabs, cluster, before) = self.side();
        documents::place(tabs, cluster, target).map(|p| (p.0 + before, p.1, p.2))
    }
    /// The thing at a byte of the selected tab.
    pub(super) fn thing_at(&self, byte: usize) -> Option<Target> {
        let (tabs, cluster, before) = self.side();
        documents::thing_at(tabs, cluster, self.selected_tab.checked_sub(before)?, byte)
    }
    /// One tab of each side stays, but for the right side's last: closing it ends the comparison.
    pub(super) fn can_close(&self, tab: usize) -> bool {
        self.tabs.get(tab).is_some_and(|t| t.right || self.left().len() > 1)
    }

    /// Keeps the run as it is as a ghost, before a change.
    pub(super) fn keep_ghost(&mut self, what: &str) {
        let kept = self.other.is_none() && self.under.as_ref().is_none_or(|u| u.kind == UnderKind::Ghost);
        let history = self.run.history();
        if kept && !history.is_empty() && history.revision < LARGEST {
            let (history, end) = (history.clone(), self.run.horizon());
            self.lay(UnderKind::Ghost, format!("The run before: {what}"), history, Teller::default(), end);
        }
    }

    fn lay(&mut self, kind: UnderKind, title: String, history: History, teller: Teller, end: SimTime) {
        let revision = self.under.as_ref().map_or(0, |u| u.revision) + 1;
        self.under = Some(Under { kind, title, history, teller, end, result: None, revision });
        self.run.reach(end);
        self.revision += 1;
    }

    /// Takes the run underneath away.
    pub(super) fn dismiss_under(&mut self, effects: &mut Vec<Effect>) {
        if self.other.is_some() {
            self.compare(false, effects);
        }
        self.under = None;
        self.revision += 1;
    }

    /// Puts a copy of the documents beside them, or takes the right side away.
    pub(super) fn compare(&mut self, on: bool, effects: &mut Vec<Effect>) {
        self.revision += 1;
        if on && self.other.is_none() {
            let copies: Vec<Text> = documents::texts(self.left());
            self.compare_with(copies);
            self.selected_tab = self.left().len();
        } else if !on {
            self.tabs.retain(|t| !t.right);
            self.selected_tab = self.selected_tab.min(self.tabs.len().saturating_sub(1));
            self.other = None;
            self.under = None;
        }
        let revision = self.revision;
        self.tabs.iter_mut().for_each(|t| t.revision = revision);
        self.tell_texts(effects);
        self.save(effects);
    }

    /// Runs texts as the right side.
    pub(super) fn compare_with(&mut self, texts: Vec<Text>) {
        let keep = self.right().iter().map(|t| (t.name.clone(), t.text.to_string())).eq(texts.iter().map(|t| (t.name.clone(), t.text.clone())));
        if !keep || self.right().is_empty() {
            let revision = self.revision + 1;
            self.tabs.retain(|t| !t.right);
            self.tabs.extend(texts.iter().map(|t| Tab { revision, right: true, ..Tab::new(&t.name, &t.text) }));
        }
        let objects = documents::objects(self.right());
        let script = objects.into_iter().map(|o| Planned { at: SimTime::ZERO, act: Rc::new(acts::ApplyObject(o)), refused: None }).collect();
        let generation = self.other.as_ref().map_or(0, |o| o.run.generation) + 1;
        let mut run = Run::new(self.settings.clone(), script);
        run.generation = generation;
        self.other = Some(Other { run, base: texts });
        self.lay(UnderKind::Right, "Underneath: the right side".to_owned(), History::default(), Teller::default(), SimTime::ZERO);
        self.follow_other();
    }

    /// Whether the right side's texts differ from what runs.
    pub(super) fn right_changed(&self) -> bool {
        self.other.as_ref().is_some_and(|o| o.base != documents::texts(self.right()))
    }

    /// The right side goes where the playhead is, and is recorded as far.
    pub(super) fn follow_other(&mut self) {
        let Some(other) = &mut self.other else { return };
        let (at, horizon) = (self.run.at(), self.run.horizon());
        other.run.reach(horizon);
        if self.run.wanted().is_none() && other.run.wanted() != Some(at) && other.run.at() != at {
            other.run.seek_far(at);
        }
        self.run.reach(other.run.horizon());
    }

    /// Records the right side further.
    pub(super) fn record_other(&mut self, budget: u64) {
        if let Some(other) = &mut self.other {
            other.run.record(budget);
        }
    }

    /// Whether the right side has to catch up.
    pub(super) fn other_lags(&self) -> bool {
        self.other.as_ref().is_some_and(|o| o.run.wanted().is_some())
    }

    /// Whether the right side is still being computed.
    pub(super) fn other_moves(&self) -> bool {
        self.other.as_ref().is_some_and(|o| o.run.recording() || o.run.wanted().is_some())
    }

    /// The recording that belongs to the open example.
    pub(super) fn recording(&self) -> Option<&'static str> {
        let first = self.base.first()?;
        crate::examples::recording(crate::examples::ALL.iter().find(|e| *e.text == *first.text)?.entry.id)
    }

    pub(super) fn settle_other(&mut self) {
        self.follow_other();
        while let Some(other) = self.other.as_mut().filter(|o| o.run.recording() || o.run.wanted().is_some()) {
            other.run.record(100_000);
        }
    }

    /// Opens a recorded scenario, with the recording underneath.
    pub(super) fn open_recording(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let Some(recording) = Recording::read(text) else {
            self.tell("The recording could not be read.", "Reload the page: it may come from another version.");
            return;
        };
        self.open(recording.scenario);
        self.pristine = true;
        self.playing = true;
        let title = format!("Recorded on a real Kubernetes {}: {}", recording.version, recording.about);
        let history = tell(&recording.teller);
        self.lay(UnderKind::Recording, title, history, recording.teller, recording.end);
        self.tell_texts(effects);
    }

    /// The run underneath and what differs; compared anew where one of the two has changed.
    pub(super) fn under_view(&mut self) -> Option<Rc<UnderView>> {
        let under = self.under.as_mut()?;
        let other = self.other.as_ref().filter(|_| under.kind == UnderKind::Right);
        let run = &self.run;
        let (generation, revision) = other.map_or((0, under.history.revision), |o| (o.run.generation, o.run.history().revision));
        let until = match under.kind {
            UnderKind::Right => run.horizon(),
            UnderKind::Ghost | UnderKind::Recording => under.end.min(run.horizon()),
        };
        let key = (run.generation, run.history().revision, generation, revision, until);
        let pending = run.recording() || other.is_some_and(|o| o.run.recording());
        if let Some((k, view, _)) = &under.result
            && (*k == key || pending && !view.pending)
        {
            return Some(view.clone());
        }
        let comparison = match (under.kind, other) {
            _ if pending => Comparison::default(),
            (UnderKind::Recording, _) => {
                let mut mine = Teller::default();
                mine.observe(run.ahead().cluster.api().journal());
                compare_with_recording(&mine, &under.teller, until)
            }
            (UnderKind::Right, Some(other)) => compare(run.history(), other.run.history(), until, SIDES),
            _ => compare(run.history(), &under.history, until, BEFORE),
        };
        let row = |d: &Difference| DifferenceRow { at: d.first(), time: duration(d.first().0), words: d.words.clone(), target: d.target.clone() };
        let view = Rc::new(UnderView {
            kind: under.kind,
            title: under.title.clone(),
            headline: comparison.headline,
            agree: (comparison.agree, comparison.total),
            rows: comparison.differences.iter().take(200).map(row).collect(),
            pending,
        });
        under.revision += 1;
        under.result = Some((key, view.clone(), comparison.differences));
        Some(view)
    }
}
