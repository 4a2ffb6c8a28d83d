//! The application's state and what events do to it.

use crate::documents::{self, Tab};
use crate::event::{Deed, Effect, Event};
use crate::run::{Planned, Run};
use crate::scenario::{Scenario, Text, Timed};
use crate::view::{Notice, Panel, TourView, UnderKind};
use crate::{acts, dockerfiles, examples, share, terminal};
use podglass_cluster::manifest::{Object, ObjectKey};
use podglass_cluster::{RecordId, Settings, SimTime};
use podglass_scene::Target;
use podglass_scene::timeline::Scale;
use std::rc::Rc;

mod changes;
mod compare;
mod panels;
mod render;
mod requests;
mod table;
mod tour;
mod why;

/// Documents larger than this are read when typing pauses, not at every key.
const LARGE: usize = 200_000;
/// Typing pauses after so many milliseconds.
const PAUSE: f64 = 400.0;

/// The application.
#[derive(Debug)]
pub struct App {
    tabs: Vec<Tab>,
    selected_tab: usize,
    /// Text that waits to be read: tab and milliseconds since the last key.
    unread: Option<(usize, f64)>,
    settings: Settings,
    /// What was applied at 0.
    base: Vec<Text>,
    base_objects: Vec<Rc<Object>>,
    /// What runs now, as it was last applied.
    applied: Vec<Rc<Object>>,
    deeds: Vec<Deed>,
    /// What can be undone, the last one last.
    done: Vec<changes::Step>,
    undone: Vec<changes::Step>,
    run: Run,
    /// The right side of a comparison.
    other: Option<compare::Other>,
    /// The run underneath.
    under: Option<compare::Under>,
    playing: bool,
    speed: f64,
    squeeze: bool,
    window: (f64, f64),
    stage_width: f32,
    timeline_width: f32,
    selected: Option<Target>,
    /// The record that was selected, where it was one.
    record: Option<RecordId>,
    /// Owners folded or opened by hand.
    toggled: Vec<ObjectKey>,
    hovered: Option<Target>,
    panel: Panel,
    log: (Option<String>, bool),
    file: Option<String>,
    notice: Option<Notice>,
    pristine: bool,
    scale: Scale,
    fraction: f64,
    cache: render::Cache,
    /// Texts of static/schema that commands asked for.
    references: Vec<(String, Rc<str>)>,
    /// The tour that is being taken.
    tour: Option<tour::Taken>,
    tour_view: Option<Rc<TourView>>,
    /// What is said instead of English.
    book: Option<Rc<crate::words::Book>>,
    /// Grows with every change of tabs, selection or panel.
    revision: u64,
}

impl Default for App {
    fn default() -> App {
        App::new()
    }
}

impl App {
    /// The application with its first example, at time 0, not playing.
    pub fn new() -> App {
        let mut app = App {
            tabs: Vec::new(),
            selected_tab: 0,
            unread: None,
            settings: Settings::default(),
            base: Vec::new(),
            base_objects: Vec::new(),
            applied: Vec::new(),
            deeds: Vec::new(),
            done: Vec::new(),
            undone: Vec::new(),
            other: None,
            under: None,
            record: None,
            toggled: Vec::new(),
            run: Run::new(Settings::default(), Vec::new()),
            playing: false,
            speed: 1.0,
            squeeze: true,
            window: (0.0, 1.0),
            stage_width: 1000.0,
            timeline_width: 850.0,
            selected: None,
            hovered: None,
            panel: Panel::default(),
            log: (None, false),
            file: None,
            notice: None,
            pristine: true,
            scale: Scale::even(SimTime(crate::run::HORIZON)),
            fraction: 0.0,
            cache: render::Cache::default(),
            references: Vec::new(),
            tour: None,
            tour_view: None,
            book: None,
            revision: 0,
        };
        app.open(Scenario { ..examples::scenario(examples::FIRST).unwrap_or_default() });
        app
    }

    /// The scenario as it stands: what a link or a draft holds.
    pub fn scenario(&self) -> Scenario {
        let documents = documents::texts(self.left());
        let base = (self.base != documents).then(|| self.base.clone());
        let right = self.other.is_some().then(|| documents::texts(self.right()));
        Scenario { documents, base, right, deeds: self.timed(), settings: self.settings.clone(), at: self.run.wanted().unwrap_or(self.run.at()) }
    }

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Records and seeks until nothing is left to compute: for tests and for programs without a screen.
    pub fn settle(&mut self) {
        while self.run.recording() || self.run.wanted().is_some() {
            self.run.record(100_000);
        }
        self.settle_other();
    }

    /// Opens a scenario and runs it to its instant.
    pub fn open(&mut self, scenario: Scenario) {
        let revision = self.revision + 1;
        self.tabs = scenario.documents.iter().map(|d| Tab { revision, ..Tab::new(&d.name, &d.text) }).collect();
        if self.tabs.is_empty() {
            self.tabs.push(Tab { revision, ..Tab::new("manifest.yaml", "") });
        }
        self.selected_tab = 0;
        self.under = None;
        self.other = None;
        self.record = None;
        self.toggled.clear();
        self.unread = None;
        self.settings = scenario.settings.clone();
        self.selected = None;
        self.hovered = None;
        self.notice = None;
        self.log = (None, false);
        self.file = None;
        self.done.clear();
        self.undone.clear();
        self.window = (0.0, 1.0);
        let right = scenario.right.clone();
        self.start(scenario.base().to_vec(), scenario.deeds);
        if let Some(right) = right {
            self.compare_with(right);
        }
        if scenario.at > SimTime::ZERO {
            self.run.seek_far(scenario.at);
        }
    }

    /// Runs texts from 0 with deeds.
    fn start(&mut self, base: Vec<Text>, deeds: Vec<Timed>) {
        let readings: Vec<Tab> = base.iter().map(|t| Tab::new(&t.name, &t.text)).collect();
        self.base_objects = documents::objects(&readings);
        self.base = base;
        let mut script: Vec<Planned> =
            self.base_objects.iter().map(|o| Planned { at: SimTime::ZERO, act: Rc::new(acts::ApplyObject(o.clone())), refused: None }).collect();
        self.deeds.clear();
        for t in deeds {
            script.push(Planned { at: t.at, act: Rc::new(acts::DoDeed(t.deed.clone())), refused: None });
            self.deeds.push(t.deed);
        }
        self.remember_applied();
        let generation = self.run.generation;
        self.run = Run::with_catalogue(self.settings.clone(), dockerfiles::catalogue(&self.base), script);
        self.run.generation = generation + 1;
        self.revision += 1;
    }

    /// The deeds with their times.
    fn timed(&self) -> Vec<Timed> {
        let first = self.base_objects.len();
        self.deeds.iter().enumerate().filter_map(|(i, deed)| Some(Timed { at: self.run.script().get(first + i)?.at, deed: deed.clone() })).collect()
    }

    /// Whether the documents can run.
    fn has_errors(&self) -> bool {
        self.unread.is_some() || self.tabs.iter().any(|t| t.errors() > 0)
    }

    /// Takes an event.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Frame { elapsed_ms, budget } => {
                self.frame(elapsed_ms.clamp(0.0, 1000.0), u64::from(budget), &mut effects);
                self.follow_other();
                return effects;
            }
            Event::EditText { .. }
            | Event::AddTab
            | Event::AddDockerfile
            | Event::ReplaceAssumption(_)
            | Event::RenameTab { .. }
            | Event::CloseTab(_)
            | Event::SelectTab(_)
            | Event::OpenFile { .. }
            | Event::MoveCursor { .. }
            | Event::HoverText(_) => self.edit(event, &mut effects),
            Event::RunFromStart => self.run_from_start(&mut effects),
            Event::ApplyNow => self.apply_now(&mut effects),
            Event::Play | Event::Pause | Event::TogglePlay => {
                let play = match event {
                    Event::Play => true,
                    Event::Pause => false,
                    _ => !self.playing,
                };
                if play && !self.playing && self.at_the_end() {
                    self.run.run_on();
                }
                self.playing = play;
            }
            Event::StepForward => {
                let step = self.run.history().step_after(self.run.at());
                self.step(step, &mut effects);
            }
            Event::StepBack => {
                let step = self.run.history().step_before(self.run.at()).or(Some(SimTime::ZERO));
                self.step(step, &mut effects);
            }
            Event::NextMarker => {
                let at = self.run.at();
                let step = self.run.history().markers(self.selected.as_ref()).into_iter().find(|t| *t > at);
                self.step(step, &mut effects);
            }
            Event::PreviousMarker => {
                let at = self.run.at();
                let step = self.run.history().markers(self.selected.as_ref()).into_iter().rev().find(|t| *t < at);
                self.step(step, &mut effects);
            }
            Event::Seek(to) => self.seek(to),
            Event::SeekBy(ms) => {
                let at = self.run.wanted().unwrap_or(self.run.at());
                self.seek(SimTime(at.0.saturating_add_signed(ms)));
            }
            Event::SeekX(x) => self.seek(self.time_at(x)),
            Event::SeekStart => self.seek(SimTime::ZERO),
            Event::SeekEnd => self.seek(self.run.horizon()),
            Event::SetSpeed(speed) => self.speed = if speed.is_finite() { speed.clamp(0.1, 100.0) } else { 1.0 },
            Event::SetSqueeze(on) => self.squeeze = on,
            Event::RunOn => self.run.run_on(),
            Event::Zoom { factor, x } => self.zoom(factor, x),
            Event::Pan(dx) => self.pan(dx),
            Event::Fit => self.window = (0.0, 1.0),
            Event::Resized { stage, timeline } => {
                self.stage_width = stage.clamp(240.0, 4000.0);
                self.timeline_width = timeline.clamp(120.0, 6000.0);
            }
            Event::Select(target) => self.select(target, &mut effects),
            Event::Hover(target) => {
                self.revision += u64::from(self.hovered != target);
                self.hovered = target;
            }
            Event::AskWhy => {
                self.panel = Panel::Why;
                self.revision += 1;
            }
            Event::Do(deed) => {
                self.keep_ghost(&acts::words(&deed));
                self.act(&deed, &mut effects);
            }
            Event::RemoveChange(index) => self.remove_change(index, &mut effects),
            Event::Undo => self.undo(&mut effects),
            Event::Redo => self.redo(&mut effects),
            Event::DragEnd { target, grip, from, x } => self.drag_end(&target, &grip, from, x, &mut effects),
            Event::EditChange { index, at, deed } => self.edit_change(index, Timed { at, deed }, &mut effects),
            Event::DismissUnder => self.dismiss_under(&mut effects),
            Event::Compare(on) => self.compare(on, &mut effects),
            Event::OpenRecording(text) => self.open_recording(&text, &mut effects),
            Event::ShowFrom(from) => {
                let length = self.window.1 - self.window.0;
                let from = if from.is_finite() { from.clamp(0.0, 1.0 - length) } else { 0.0 };
                self.window = (from, from + length);
            }
            Event::Fold(owner) => match self.toggled.iter().position(|k| *k == owner) {
                Some(i) => drop(self.toggled.remove(i)),
                None => self.toggled.push(owner),
            },
            Event::OpenPanel(panel) => {
                self.panel = panel;
                self.revision += 1;
            }
            Event::ShowLog { container, previous } => {
                self.panel = Panel::Logs;
                self.log = (container, previous);
                self.revision += 1;
            }
            Event::ChooseContainer(container) => self.choose_container(container, &mut effects),
            Event::ShowFile(path) => {
                self.panel = Panel::Files;
                self.file = path;
                self.revision += 1;
            }
            Event::EnterCommand(line) => self.command(&line, &mut effects),
            Event::ReferenceCame { name, text, line } => {
                self.references.push((name, text.into()));
                self.command(&line, &mut effects);
                // What could not be had is asked for again by the next command.
                self.references.retain(|(_, text)| !text.is_empty());
            }
            Event::OpenExample(id) => match examples::scenario(&id) {
                Some(scenario) => {
                    self.close_tour();
                    self.open(scenario);
                    self.pristine = true;
                    self.playing = true;
                    self.tell_texts(&mut effects);
                }
                None => self.tell("There is no such example.", "Choose another one from the menu."),
            },
            Event::NewScenario => {
                self.close_tour();
                self.open(Scenario::of_text("manifest.yaml", ""));
                self.playing = false;
                self.pristine = false;
                self.tell_texts(&mut effects);
            }
            Event::Share => effects.push(Effect::ShareLink(share::encode(&self.scenario()))),
            Event::OpenLink(fragment) => match share::decode(&fragment) {
                Ok(scenario) => {
                    self.open(scenario);
                    self.pristine = false;
                    self.playing = false;
                    self.tell_texts(&mut effects);
                }
                Err(error) => {
                    let (text, help) = error.words();
                    self.tell(&text, &help);
                }
            },
            Event::OpenDraft(draft) => {
                // A draft that cannot be read is no reason to complain: the example is shown instead.
                if let Ok(scenario) = serde_json::from_str::<Scenario>(&draft) {
                    self.open(scenario);
                    self.pristine = false;
                    self.tell_texts(&mut effects);
                }
            }
            Event::DismissNotice => self.notice = None,
            Event::OpenTour { tour, step } => self.open_tour(tour, step, &mut effects),
            Event::GoToStep { step, glide } => self.go_to_step(step, glide, &mut effects),
            Event::Predict { choice, glide } => self.predict(choice, glide, &mut effects),
            Event::CloseTour => self.close_tour(),
            Event::Speak(book) => {
                self.book = book;
                self.cache = render::Cache::default();
            }
        }
        if let Some(book) = &self.book {
            for effect in &mut effects {
                if let Effect::Announce(text) = effect {
                    *text = book.say(text);
                }
            }
        }
        self.follow_other();
        effects
    }

    fn tell(&mut self, text: &str, help: &str) {
        self.notice = Some(Notice { text: text.to_owned(), help: help.to_owned() });
    }

    fn tell_texts(&self, effects: &mut Vec<Effect>) {
        effects.extend(self.tabs.iter().enumerate().map(|(tab, t)| Effect::ReplaceText { tab, text: t.text.to_string() }));
    }

    fn save(&self, effects: &mut Vec<Effect>) {
        if let Ok(draft) = serde_json::to_string(&self.scenario()) {
            effects.push(Effect::SaveDraft(draft));
        }
    }

    // — documents —

    fn edit(&mut self, event: Event, effects: &mut Vec<Effect>) {
        self.revision += 1;
        match event {
            Event::EditText { tab, text } => {
                let Some(t) = self.tabs.get_mut(tab) else { return };
                if *t.text == *text {
                    return;
                }
                t.text = text.into();
                self.pristine = false;
                if (LARGE..=documents::MOST).contains(&t.text.len()) {
                    self.unread = Some((tab, 0.0));
                } else {
                    self.read(tab);
                    self.run_if_replaced(effects);
                }
                self.save(effects);
            }
            Event::AddTab => {
                let name = (1..=1000)
                    .map(|n| if n == 1 { "manifest.yaml".to_owned() } else { format!("manifest-{n}.yaml") })
                    .find(|n| self.tabs.iter().all(|t| t.name != *n));
                let place = self.left().len();
                let revision = self.revision;
                self.tabs.insert(place, Tab { revision, ..Tab::new(&name.unwrap_or_default(), "") });
                self.tabs.iter_mut().for_each(|t| t.revision = revision);
                self.selected_tab = place;
                self.save(effects);
            }
            Event::AddDockerfile => self.add_dockerfile(dockerfiles::BEGINNING, effects),
            Event::ReplaceAssumption(index) => {
                let instead = crate::assumptions::list(&self.run.ahead().cluster, &self.tabs).into_iter().nth(index).and_then(|a| a.instead);
                if let Some(text) = instead {
                    self.add_dockerfile(&text, effects);
                }
            }
            Event::RenameTab { tab, name } => {
                if let Some(t) = self.tabs.get_mut(tab).filter(|_| !name.trim().is_empty()) {
                    name.trim().clone_into(&mut t.name);
                    t.reading = documents::reading(&t.name, &t.text);
                    self.save(effects);
                }
            }
            Event::CloseTab(tab) if self.can_close(tab) => {
                self.tabs.remove(tab);
                if self.right().is_empty() {
                    self.other = None;
                }
                self.selected_tab = self.selected_tab.min(self.tabs.len() - 1);
                self.unread = None;
                for t in &mut self.tabs {
                    t.revision = self.revision;
                }
                self.save(effects);
            }
            Event::SelectTab(tab) => self.selected_tab = tab.min(self.tabs.len().saturating_sub(1)),
            Event::OpenFile { name, text } => {
                let tab = Tab { revision: self.revision, ..Tab::new(&name, &text) };
                let replace = self.other.is_none() && self.pristine && tab.reading.documents.iter().any(|d| d.object.is_some())
                    || self.tabs.iter().all(|t| t.text.trim().is_empty());
                if replace {
                    self.tabs = vec![tab];
                    self.selected_tab = 0;
                } else if let Some(i) = self.tabs.iter().position(|t| t.name == name) {
                    self.tabs.splice(i..=i, [tab]);
                    self.selected_tab = i;
                } else {
                    let place = self.left().len();
                    self.tabs.insert(place, tab);
                    self.selected_tab = place;
                }
                self.pristine = false;
                self.unread = None;
                self.tell_texts(effects);
                self.run_if_replaced(effects);
                self.save(effects);
            }
            Event::MoveCursor { line } => {
                let Some(t) = self.tabs.get(self.selected_tab) else { return };
                let start: usize = t.text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
                let indent = t.text.get(start..).map_or(0, |l| l.len() - l.trim_start_matches([' ', '-']).len());
                let found = self.thing_at(start + indent);
                if let Some(found) = found.filter(|f| !matches!(f, Target::Object(_))) {
                    self.selected = Some(found);
                }
            }
            Event::HoverText(byte) => {
                self.hovered = byte.and_then(|b| self.thing_at(b)).filter(|t| !matches!(t, Target::Object(_)));
            }
            _ => {}
        }
    }

    fn read(&mut self, tab: usize) {
        if let Some(t) = self.tabs.get_mut(tab) {
            t.reading = documents::reading(&t.name, &t.text);
        }
        self.unread = None;
        self.revision += 1;
    }

    /// A pasted manifest runs at once: nothing of what ran is in it.
    fn run_if_replaced(&mut self, effects: &mut Vec<Effect>) {
        let objects = documents::objects(self.left());
        if self.has_errors() || objects.is_empty() {
            return;
        }
        if !objects.iter().any(|o| self.in_force(o).is_some()) {
            self.run_from_start(effects);
        }
    }

    fn run_from_start(&mut self, effects: &mut Vec<Effect>) {
        if let Some((tab, _)) = self.unread {
            self.read(tab);
        }
        if self.has_errors() {
            self.tell("The documents have errors, so the last good run stays.", "Repair what the list of problems shows, then run again.");
            return;
        }
        self.notice = None;
        self.selected = None;
        self.record = None;
        self.done.clear();
        self.undone.clear();
        self.window = (0.0, 1.0);
        let texts = documents::texts(self.left());
        let known = documents::objects(self.left()).iter().any(|o| self.in_force(o).is_some());
        match &self.under {
            _ if known && texts != self.base => self.keep_ghost("the edit of the manifest"),
            Some(u) if u.kind == UnderKind::Recording && texts == self.base => {}
            _ => self.under = None,
        }
        self.start(texts, Vec::new());
        if self.other.is_some() {
            self.compare_with(documents::texts(self.right()));
        }
        self.playing = true;
        self.save(effects);
    }

    /// What runs, from the first documents and every apply since.
    fn remember_applied(&mut self) {
        self.applied.clear();
        self.base_objects.iter().for_each(|o| remember(&mut self.applied, o));
        for deed in &self.deeds {
            if let Deed::Apply { text, .. } = deed {
                podglass_cluster::manifest::read(text).objects().for_each(|o| remember(&mut self.applied, &Rc::new(o.clone())));
            }
        }
    }

    /// The object of this key that was applied last.
    fn in_force(&self, object: &Object) -> Option<&Rc<Object>> {
        let key = documents::stored_key(object);
        let at = self.applied.binary_search_by(|o| documents::stored_key(o).cmp(&key)).ok()?;
        self.applied.get(at)
    }

    /// What differs between the documents and what runs.
    fn difference(&self) -> Vec<(String, String, Rc<Object>)> {
        let mut out = Vec::new();
        for tab in self.left() {
            for document in tab.reading.documents.iter().filter(|d| d.is_valid) {
                let Some(object) = &document.object else { continue };
                let key = documents::stored_key(object);
                if !self.in_force(object).is_some_and(|o| **o == *object) {
                    let text = tab.text.get(document.span.start..document.span.end).unwrap_or_default();
                    out.push((key.to_string(), text.to_owned(), Rc::new(object.clone())));
                }
            }
        }
        out
    }

    fn add_dockerfile(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let name = dockerfiles::free_name(&self.tabs);
        self.tabs.push(Tab { revision: self.revision, ..Tab::new(&name, text) });
        self.selected_tab = self.tabs.len() - 1;
        effects.push(Effect::ReplaceText { tab: self.selected_tab, text: text.to_owned() });
        self.save(effects);
    }

    /// Dockerfiles that differ from those the run has: the command that builds each, and its text.
    fn changed_dockerfiles(&self) -> Vec<(String, Text)> {
        let tabs = self.left().iter().filter(|t| dockerfiles::is_dockerfile(&t.name, &t.text) && t.errors() == 0);
        tabs.filter_map(|t| {
            let built = self.deeds.iter().rev().find_map(|d| match d {
                Deed::Docker { files, .. } => files.iter().find(|f| f.name == t.name),
                _ => None,
            });
            let known = built.or_else(|| self.base.iter().find(|b| b.name == t.name));
            let line = dockerfiles::build_line(&t.name, &t.text).filter(|_| known.is_none_or(|k| *k.text != *t.text))?;
            Some((line, Text { name: t.name.clone(), text: t.text.to_string() }))
        })
        .collect()
    }

    fn apply_now(&mut self, effects: &mut Vec<Effect>) {
        if let Some((tab, _)) = self.unread {
            self.read(tab);
        }
        if self.has_errors() {
            self.tell("The documents have errors, so nothing was applied.", "Repair what the list of problems shows, then apply again.");
            return;
        }
        let difference = self.difference();
        let images = self.changed_dockerfiles();
        if difference.is_empty() && images.is_empty() {
            self.tell("Nothing to apply: everything in the documents runs already.", "Change a document first.");
            return;
        }
        self.notice = None;
        self.keep_ghost("the edit of the manifest");
        for (line, file) in images {
            self.act(&Deed::Docker { line, files: vec![file] }, effects);
        }
        for (name, text, object) in difference {
            // Items of a List share one text: the object itself says what is meant.
            let text = if text.trim().is_empty() { object.to_json().ok().and_then(|j| serde_json::to_string(&j).ok()).unwrap_or_default() } else { text };
            remember(&mut self.applied, &object);
            self.act(&Deed::Apply { name, text }, effects);
        }
    }

    // — the terminal —

    /// What Tab makes of a line in the terminal, and the words that fit where there are several.
    pub fn complete(&self, line: &str) -> (String, Vec<String>) {
        terminal::complete(line, &self.run.now().cluster, self.left())
    }

    fn command(&mut self, line: &str, effects: &mut Vec<Effect>) {
        self.settle_wanted();
        let answer = terminal::run(self.run.now().cluster.clone(), line, self.left(), &self.references);
        if let Some(name) = answer.wanted
            && !self.references.iter().any(|(n, _)| n == name)
        {
            effects.push(Effect::Fetch { name, line: line.to_owned() });
            return;
        }
        effects.push(Effect::Print(answer.text));
        for (at, deed) in answer.deeds {
            self.run.seek_far(at);
            self.act(&deed, effects);
        }
        if answer.ended > self.run.at() {
            self.run.seek_far(answer.ended);
        }
    }

    fn settle_wanted(&mut self) {
        while self.run.wanted().is_some() {
            self.run.record(100_000);
        }
    }

    // — time —

    fn at_the_end(&self) -> bool {
        !self.run.recording() && self.run.at() >= self.run.end()
    }

    fn seek(&mut self, to: SimTime) {
        self.fraction = 0.0;
        self.run.seek(to);
    }

    fn step(&mut self, to: Option<SimTime>, effects: &mut Vec<Effect>) {
        self.playing = false;
        let Some(to) = to else { return };
        self.seek(to);
        let now = self.run.now();
        effects.push(Effect::Announce(podglass_scene::narration::narrate(&now.cluster, &now.memory).plain()));
    }

    fn frame(&mut self, elapsed: f64, budget: u64, effects: &mut Vec<Effect>) {
        if let Some((tab, waited)) = self.unread {
            if waited + elapsed >= PAUSE {
                self.read(tab);
                self.run_if_replaced(effects);
            } else {
                self.unread = Some((tab, waited + elapsed));
            }
        }
        let was_full = self.run.is_full();
        self.run.record(budget);
        self.record_other(budget);
        if self.run.is_full() && !was_full {
            self.tell(
                "This run was stopped: so much happens in it that it would fill the memory.",
                "Ask for fewer replicas, or look for a loop in the manifest. What was recorded until now can be looked at.",
            );
        }
        self.watch_tour(effects);
        if !self.playing || self.run.wanted().is_some() || self.other_lags() {
            return;
        }
        let at = self.run.at();
        let target = self.playing_to(at, elapsed);
        if target > at {
            // Replaying what is recorded costs what recording cost: it has the same budget.
            self.run.seek(target.min(self.run.end()));
        }
        self.run.follow();
        if self.at_the_end() {
            self.playing = false;
        }
    }

    /// Where the playhead is after so much wall-clock time. Squeezed stretches pass as fast as they look.
    fn playing_to(&mut self, at: SimTime, elapsed: f64) -> SimTime {
        let mut left = elapsed * self.speed + self.fraction;
        let mut t = at.0 as f64;
        if self.squeeze {
            for (from, to) in &self.scale.breaks {
                let (from, to) = (from.0 as f64, to.0 as f64);
                if to <= t {
                    continue;
                }
                if t + left <= from {
                    break;
                }
                if t < from {
                    left -= from - t;
                    t = from;
                }
                // A break takes a second and a half of wall-clock time, whatever its length.
                let pace = ((to - from) / 1500.0).max(1.0);
                let through = left * pace;
                if t + through < to {
                    t += through;
                    left = 0.0;
                    break;
                }
                left -= (to - t) / pace;
                t = to;
            }
        }
        t += left;
        self.fraction = (t - t.floor()).clamp(0.0, 1.0);
        SimTime(t.floor() as u64)
    }

    pub(super) fn time_at(&self, x: f32) -> SimTime {
        let (a, b) = self.window;
        let place = a + f64::from(x / self.timeline_width.max(1.0)) * (b - a);
        self.scale.time(place.clamp(0.0, 1.0))
    }

    fn zoom(&mut self, factor: f32, x: f32) {
        let (a, b) = self.window;
        let share = f64::from(x / self.timeline_width.max(1.0)).clamp(0.0, 1.0);
        let factor = f64::from(factor);
        if !factor.is_finite() || factor <= 0.0 {
            return;
        }
        let middle = a + (b - a) * share;
        let length = ((b - a) / factor).clamp(0.0005, 1.0);
        let from = (middle - length * share).clamp(0.0, 1.0 - length);
        self.window = (from, from + length);
    }

    fn pan(&mut self, dx: f32) {
        let (a, b) = self.window;
        let shift = f64::from(dx / self.timeline_width.max(1.0)) * (b - a);
        let from = (a + shift).clamp(0.0, 1.0 - (b - a));
        self.window = (from, from + (b - a));
    }

    // — selection —

    fn select(&mut self, target: Option<Target>, effects: &mut Vec<Effect>) {
        self.revision += 1;
        self.record = None;
        if let Some(Target::Record(id)) = target {
            self.record = Some(id);
            let ahead = &self.run.ahead().cluster;
            let record = ahead.api().journal().get(id).map(|r| (r.at, panels::about(r)));
            if let Some((at, about)) = record {
                self.playing = false;
                self.seek(at);
                self.selected = about.or(Some(Target::Record(id)));
            }
        } else {
            self.selected = target;
        }
        let place = self.selected.as_ref().and_then(|t| self.place(t));
        if let Some((tab, start, end)) = place {
            self.selected_tab = tab;
            effects.push(Effect::Reveal { tab, start, end });
        }
    }
}

/// Puts an object among those that run, which are sorted by their keys.
fn remember(applied: &mut Vec<Rc<Object>>, object: &Rc<Object>) {
    let key = documents::stored_key(object);
    match applied.binary_search_by(|o| documents::stored_key(o).cmp(&key)) {
        Ok(at) => applied.iter_mut().skip(at).take(1).for_each(|old| *old = object.clone()),
        Err(at) => applied.insert(at, object.clone()),
    }
}
