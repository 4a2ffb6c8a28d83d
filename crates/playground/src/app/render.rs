//! The view, made anew only where something changed.

use super::App;
use crate::documents::{self, line_column};
use crate::run::Moment;
use crate::view::{Change, EditorView, PanelView, Problem, TabView, Transport, UnderKind, View};
use crate::words::Book;
use crate::{acts, examples};
use podglass_cluster::SimTime;
use podglass_scene::stage::{self, Options};
use podglass_scene::timeline::{self, Beneath, Wishes};
use podglass_scene::{Sentence, Stage, Timeline, words};
use std::rc::Rc;

/// What was made last, each with what it was made from.
#[derive(Debug, Default)]
pub(super) struct Cache {
    stage: Option<(StageKey, Rc<Stage>)>,
    right: Option<(StageKey, Rc<Stage>)>,
    timeline: Option<(TimelineKey, Rc<Timeline>)>,
    narration: Option<((u64, usize), Rc<Sentence>)>,
    editor: Option<((u64, u64), Rc<EditorView>)>,
    panel: Option<(PanelKey, Rc<PanelView>)>,
    changes: Option<(ChangesKey, Rc<[Change]>)>,
    examples: Option<Rc<[crate::view::ExampleEntry]>>,
}

impl Cache {
    /// The stage as it was drawn last.
    pub(super) fn stage(&self) -> Option<&Stage> {
        self.stage.as_ref().map(|s| &*s.1)
    }
}

/// Generation of the run, records seen, time (where something moves), options.
type StageKey = (u64, usize, SimTime, Options);
type TimelineKey = (u64, u64, SimTime, bool, Wishes, (u64, u64));
type ChangesKey = (u64, usize, u64);
type PanelKey = (u64, u64, usize, SimTime);

impl App {
    /// Everything a screen shows.
    pub fn view(&mut self) -> View {
        let stage = self.stage();
        let right = self.right_stage();
        let under = self.under_view();
        let timeline = self.timeline();
        let narration = self.narration();
        let editor = self.editor();
        let panel = self.panel();
        let changes = self.changes();
        let examples = self.cache.examples.get_or_insert_with(|| examples::ALL.iter().map(|e| e.entry.clone()).collect()).clone();
        let transport = self.transport();
        let (a, b) = self.window;
        let playhead_x = ((self.scale.place(transport.at) - a) / (b - a).max(1e-9)) as f32 * self.timeline_width;
        View {
            editor,
            stage,
            timeline,
            playhead_x,
            narration,
            selected: self.selected.clone(),
            hovered: self.hovered.clone(),
            panel,
            can_undo: !self.deeds.is_empty() || !self.done.is_empty(),
            can_redo: !self.undone.is_empty(),
            changes,
            under,
            right,
            recording: self.recording(),
            examples,
            tour: self.tour_view.clone(),
            notice: self.notice.as_ref().map(|n| self.book.as_ref().map_or_else(|| n.clone(), |b| b.notice(n))),
            moving: self.playing || self.run.recording() || self.run.wanted().is_some() || self.unread.is_some() || self.other_moves(),
            transport,
        }
    }

    fn stage(&mut self) -> Rc<Stage> {
        let options = self.stage_options();
        let now = self.run.now();
        stage_of(&mut self.cache.stage, self.run.generation, now, options, self.book.as_deref())
    }

    /// The stage of the right side.
    fn right_stage(&mut self) -> Option<Rc<Stage>> {
        let options = self.stage_options();
        let other = self.other.as_ref()?;
        Some(stage_of(&mut self.cache.right, other.run.generation, other.run.now(), options, self.book.as_deref()))
    }

    fn stage_options(&self) -> Options {
        let focus = self.selected.as_ref().and_then(|t| t.object()).cloned();
        Options { width: self.stage_width, focus, travel_ms: (700.0 * self.speed.max(0.3)) as u64, namespace: None }
    }

    fn timeline(&mut self) -> Rc<Timeline> {
        let history = self.run.history();
        let focus = self.selected.as_ref().and_then(|t| t.object()).cloned();
        // A container without a chosen record shows what led to its first run.
        let record = self.record.or_else(|| history.run_at(self.selected.as_ref()?, SimTime(u64::MAX)));
        let wishes = Wishes { width: self.timeline_width, squeeze: self.squeeze, window: self.window, focus, toggled: self.toggled.clone(), record };
        // While it is being recorded the ruler stands still: it shows the whole horizon.
        let end = self.run.horizon();
        let other = self.other.as_ref().filter(|_| self.under.as_ref().is_some_and(|u| u.kind == UnderKind::Right)).map(|o| &o.run);
        let below = (self.under.as_ref().map_or(0, |u| u.revision), other.map_or(0, |o| o.history().revision + o.generation));
        let key = (self.run.generation, history.revision, end, self.run.quiet(), wishes, below);
        if let Some((k, timeline)) = &self.cache.timeline
            && *k == key
        {
            return timeline.clone();
        }
        let journal = self.run.ahead().cluster.api().journal();
        let beneath = self.under.as_ref().map(|u| Beneath {
            history: other.map_or(&u.history, |o| o.history()),
            journal: other.map(|o| o.ahead().cluster.api().journal()),
            differences: u.result.as_ref().map(|r| r.2.as_slice()).unwrap_or_default(),
        });
        let (mut timeline, scale) = timeline::project(history, journal, end, key.3, &key.4, beneath);
        self.scale = scale;
        if let Some(book) = &self.book {
            book.timeline(&mut timeline);
        }
        let fresh = keep(self.cache.timeline.as_ref().map(|c| &c.1), timeline);
        self.cache.timeline = Some((key, fresh.clone()));
        fresh
    }

    fn narration(&mut self) -> Rc<Sentence> {
        let now = self.run.now();
        let key = (self.run.generation, now.memory.seen());
        if let Some((k, sentence)) = &self.cache.narration
            && *k == key
        {
            return sentence.clone();
        }
        let mut fresh = podglass_scene::narration::narrate(&now.cluster, &now.memory);
        if let Some(book) = &self.book {
            fresh = book.sentence(&fresh);
        }
        let fresh = keep(self.cache.narration.as_ref().map(|c| &c.1), fresh);
        self.cache.narration = Some((key, fresh.clone()));
        fresh
    }

    fn editor(&mut self) -> Rc<EditorView> {
        let key = (self.revision, self.run.generation);
        if let Some((k, editor)) = &self.cache.editor
            && *k == key
        {
            return editor.clone();
        }
        let mut problems = Vec::new();
        for (tab, t) in self.tabs.iter().enumerate() {
            let mut lines = podglass_cluster::manifest::Lines::new(&t.text);
            for d in &t.reading.diagnostics {
                let (line, column) = lines.of(d.span.start);
                problems.push(Problem { tab, line, column, diagnostic: Rc::new(d.clone()) });
            }
        }
        problems.extend(self.refusals());
        problems.sort_by_key(|p| (std::cmp::Reverse(p.severity()), p.tab, p.line));
        let shown = [self.hovered.as_ref(), self.selected.as_ref()];
        let places = shown.into_iter().flatten().filter_map(|t| self.place(t));
        let highlights = places.filter(|p| p.0 == self.selected_tab).map(|p| (p.1, p.2)).collect();
        let stale = self.unread.is_none() && self.tabs.iter().any(|t| t.errors() > 0);
        let fresh = EditorView {
            tabs: self
                .tabs
                .iter()
                .map(|t| TabView { name: t.name.clone(), errors: t.errors(), revision: t.revision, text: t.text.clone(), right: t.right })
                .collect(),
            selected: self.selected_tab,
            problems,
            changed: !(stale || self.difference().is_empty() && self.changed_dockerfiles().is_empty() && !self.right_changed()),
            stale,
            highlights,
        };
        let fresh = keep(self.cache.editor.as_ref().map(|c| &c.1), fresh);
        self.cache.editor = Some((key, fresh.clone()));
        fresh
    }

    /// What the cluster refused of the documents, as problems at their place.
    fn refusals(&self) -> Vec<Problem> {
        let mut out = Vec::new();
        for (object, planned) in self.base_objects.iter().zip(self.run.script()) {
            let Some(message) = &planned.refused else { continue };
            let target = podglass_scene::Target::Object(documents::stored_key(object));
            let Some((tab, start, end)) = documents::place(self.left(), &self.run.now().cluster, &target) else { continue };
            let text = self.tabs.get(tab).map(|t| t.text.clone()).unwrap_or_default();
            let (line, column) = line_column(&text, start);
            let diagnostic = crate::Diagnostic {
                code: "refused",
                severity: crate::Severity::Error,
                message: message.clone(),
                span: podglass_cluster::manifest::Span { start, end },
                path: String::new(),
                related: Vec::new(),
                help: None,
                fix: None,
            };
            out.push(Problem { tab, line, column, diagnostic: Rc::new(diagnostic) });
        }
        out
    }

    fn panel(&mut self) -> Rc<PanelView> {
        let now = self.run.now();
        // Ages and countdowns in panels change by the second; while it plays, ten times a second is enough.
        let grain = if self.playing { 100 } else { 1 };
        let key = (self.revision, self.run.generation, now.memory.seen(), SimTime(now.at().0 / grain * grain));
        if let Some((k, panel)) = &self.cache.panel
            && *k == key
        {
            return panel.clone();
        }
        let mut fresh = self.panel_view();
        if let Some(book) = &self.book {
            book.panel(&mut fresh);
        }
        let fresh = keep(self.cache.panel.as_ref().map(|c| &c.1), fresh);
        self.cache.panel = Some((key, fresh.clone()));
        fresh
    }

    fn changes(&mut self) -> Rc<[Change]> {
        let key = (self.run.generation, self.deeds.len(), self.revision);
        if let Some((k, changes)) = &self.cache.changes
            && *k == key
        {
            return changes.clone();
        }
        let first = self.base_objects.len();
        let entry = |(i, deed): (usize, &crate::Deed)| {
            let planned = self.run.script().get(first + i);
            let at = planned.map_or(SimTime::ZERO, |p| p.at);
            let mut change = Change {
                at,
                time: words::duration(at.0),
                text: acts::words(deed),
                refused: planned.and_then(|p| p.refused.clone()),
                deed: acts::editable(deed),
            };
            if let Some(book) = &self.book {
                book.change(&mut change);
            }
            change
        };
        let fresh: Rc<[Change]> = self.deeds.iter().enumerate().map(entry).collect();
        self.cache.changes = Some((key, fresh.clone()));
        fresh
    }

    fn transport(&self) -> Transport {
        let at = self.run.at();
        let end = self.run.end();
        let horizon = self.run.horizon();
        let computing = (self.run.recording() || self.run.wanted().is_some()).then(|| {
            let goal = self.run.wanted().unwrap_or(horizon);
            (end.0 as f32 / goal.0.max(1) as f32).clamp(0.0, 1.0)
        });
        Transport {
            at,
            time: words::duration(at.0),
            end,
            end_text: words::duration(horizon.0),
            playing: self.playing,
            speed: self.speed,
            squeeze: self.squeeze,
            can_step_back: at > SimTime::ZERO,
            can_step_forward: self.run.history().step_after(at).is_some(),
            computing,
            quiet: self.run.quiet(),
        }
    }
}

type Kept = Option<(StageKey, Rc<Stage>)>;

/// The stage of a moment, made anew only where it differs from the last one.
fn stage_of(kept: &mut Kept, generation: u64, now: &Moment, options: Options, book: Option<&Book>) -> Rc<Stage> {
    let key = (generation, now.memory.seen(), now.at(), options);
    if let Some((k, stage)) = kept.as_ref()
        && k.0 == key.0
        && k.1 == key.1
        && k.3 == key.3
        && (k.2 == key.2 || !stage.moving)
    {
        return stage.clone();
    }
    let mut fresh = stage::stage(&now.cluster, &now.memory, &key.3);
    if let Some(book) = book {
        book.stage(&mut fresh);
    }
    let fresh = keep(kept.as_ref().map(|c| &c.1), fresh);
    *kept = Some((key, fresh.clone()));
    fresh
}

/// The old allocation where nothing changed, so that comparing pointers is enough.
fn keep<T: PartialEq>(old: Option<&Rc<T>>, fresh: T) -> Rc<T> {
    match old {
        Some(old) if **old == fresh => old.clone(),
        _ => Rc::new(fresh),
    }
}
