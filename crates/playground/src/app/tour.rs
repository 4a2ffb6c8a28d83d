//! A tour as it is being taken: which step, which instants, what was predicted and what came of it.

use super::App;
use crate::event::{Deed, Effect};
use crate::scenario::{Scenario, Text};
use crate::tour::{Tour, When};
use crate::view::{AskView, ChoiceView, Panel, TourView, WhyView};
use crate::{examples, run};
use podglass_cluster::SimTime;
use podglass_cluster::manifest::{Kind, Object, ObjectKey};
use podglass_scene::Target;
use std::rc::Rc;

/// So much wall-clock time, in milliseconds, the way to the next step takes at most.
const GLIDE: f64 = 2_500.0;
/// Steps of simulation spent at most on looking for a step's instant.
const LOOK: u32 = 400;

/// A tour that is being taken.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    tour: Rc<Tour>,
    step: usize,
    /// Instants of the steps until now.
    instants: Vec<SimTime>,
    /// The playhead is on its way there.
    heading: Option<SimTime>,
    chosen: Option<usize>,
    /// What came of the prediction: which choices held, and why.
    outcome: Option<(Vec<bool>, WhyView)>,
    speed: f64,
}

impl App {
    /// Begins a tour at a step.
    pub(super) fn open_tour(&mut self, tour: Rc<Tour>, step: usize, effects: &mut Vec<Effect>) {
        if !self.run_of(&tour) {
            self.tell("The tour's example is not there.", "Choose another tour.");
            return;
        }
        self.tell_texts(effects);
        self.playing = tour.page;
        let speed = self.speed;
        self.tour = Some(Taken { tour, step: 0, instants: Vec::new(), heading: None, chosen: None, outcome: None, speed });
        self.enter(0, false, effects);
        for next in 1..=step {
            self.enter(next, false, effects);
        }
    }

    /// Opens what a tour runs.
    fn run_of(&mut self, tour: &Tour) -> bool {
        let scenario = match (&tour.example, &tour.manifest) {
            _ if tour.page => return true,
            (Some(id), _) => examples::scenario(id),
            (None, Some(text)) => Some(Scenario { documents: vec![Text { name: "tour.yaml".into(), text: text.clone() }], ..Scenario::default() }),
            (None, None) => None,
        };
        let Some(scenario) = scenario else { return false };
        self.open(scenario);
        self.pristine = true;
        true
    }

    /// Ends the tour; the run stays.
    pub(super) fn close_tour(&mut self) {
        if let Some(taken) = self.tour.take() {
            self.speed = taken.speed;
        }
        self.tour_view = None;
    }

    /// Goes to a step: on by playing there where `glide`, back at once.
    pub(super) fn go_to_step(&mut self, step: usize, glide: bool, effects: &mut Vec<Effect>) {
        self.arrive(effects);
        let Some(taken) = &self.tour else { return };
        let (tour, at) = (taken.tour.clone(), taken.step);
        if step >= tour.steps.len() {
            return self.close_tour();
        }
        let changed = tour.steps.iter().take(at + 1).skip(step).any(|s| s.act.is_some() || s.apply.is_some());
        if changed && !tour.page {
            // What the later steps changed must not have happened.
            return self.open_tour(tour, step, effects);
        }
        self.enter(step, glide && step == at + 1, effects);
    }

    fn enter(&mut self, step: usize, glide: bool, effects: &mut Vec<Effect>) {
        self.arrive(effects);
        let Some(mut taken) = self.tour.take() else { return };
        let tour = taken.tour.clone();
        let Some(next) = tour.steps.get(step) else { return };
        taken.instants.truncate(step);
        let from = taken.instants.last().copied().unwrap_or(if tour.page { self.run.at() } else { SimTime::ZERO });
        let at = if tour.page && next.when == When::default() { None } else { Some(self.instant(&next.when, from)) };
        taken.instants.push(at.unwrap_or(from));
        taken.step = step;
        taken.chosen = None;
        taken.outcome = None;
        taken.heading = at;
        let way = at.map_or(0, |at| at.0.saturating_sub(self.run.at().0));
        self.tour = Some(taken);
        if glide && way > 0 {
            self.play_towards(way);
        } else {
            self.arrive(effects);
        }
        self.show_tour();
    }

    fn play_towards(&mut self, way: u64) {
        self.speed = (way as f64 / GLIDE).clamp(1.0, 100.0);
        self.playing = true;
    }

    /// The instant that is meant; the end of the run where it never comes.
    fn instant(&mut self, when: &When, from: SimTime) -> SimTime {
        let Some(condition) = &when.condition else { return when.plus.unwrap_or(from) };
        let plus = when.plus.unwrap_or(SimTime::ZERO);
        let mut found = None;
        for _ in 0..LOOK {
            found = condition.moment(self.run.ahead().cluster.api().journal(), from);
            if found.is_some() || !self.run.recording() {
                break;
            }
            self.run.record(5_000);
        }
        let at = found.unwrap_or(self.run.end()) + plus.0;
        while self.run.recording() && self.run.end() < at {
            self.run.record(5_000);
        }
        at.min(self.run.end().max(from))
    }

    /// Called with every frame: whether the playhead has come to where it was heading.
    pub(super) fn watch_tour(&mut self, effects: &mut Vec<Effect>) {
        if self.tour.as_ref().and_then(|t| t.heading).is_some_and(|h| self.run.at() >= h) {
            self.arrive(effects);
        }
    }

    /// The playhead is where it was heading, or is put there.
    fn arrive(&mut self, effects: &mut Vec<Effect>) {
        let Some(at) = self.tour.as_mut().and_then(|t| t.heading.take()) else { return };
        self.playing = false;
        self.seek(at);
        self.settle_wanted();
        let Some(taken) = &self.tour else { return };
        self.speed = taken.speed;
        let (tour, step, chosen) = (taken.tour.clone(), taken.step, taken.chosen);
        let Some(now) = tour.steps.get(step) else { return };
        if chosen.is_some() {
            self.reveal(effects);
        } else {
            if let Some(deed) = now.act.as_deref().and_then(|a| self.deed(a)) {
                self.act(&deed, effects);
            }
            if let Some(text) = &now.apply {
                self.act(&Deed::Apply { name: "the tour's manifest".into(), text: text.clone() }, effects);
            }
            if let Some(target) = now.select.as_deref() {
                let target = self.target(target);
                self.select(target, effects);
            }
            if let Some(panel) = now.panel.as_deref() {
                self.panel = Panel::ALL.into_iter().find(|p| p.title().eq_ignore_ascii_case(panel)).unwrap_or(self.panel);
                effects.push(Effect::ShowTimeline(panel == "timeline"));
                self.revision += 1;
            }
        }
        self.show_tour();
        if let Some(view) = &self.tour_view {
            effects.push(Effect::Announce(view.text.clone()));
        }
    }

    /// A prediction: the run goes on to where it is known.
    pub(super) fn predict(&mut self, choice: usize, glide: bool, effects: &mut Vec<Effect>) {
        self.arrive(effects);
        let Some(taken) = &self.tour else { return };
        let tour = taken.tour.clone();
        let from = taken.instants.last().copied().unwrap_or_default();
        let Some(ask) = tour.steps.get(taken.step).and_then(|s| s.ask.as_ref()).filter(|a| choice < a.choices.len()) else { return };
        let until = self.instant(&ask.until, from + 1);
        self.seek(from);
        self.settle_wanted();
        if let Some(taken) = &mut self.tour {
            taken.chosen = Some(choice);
            taken.outcome = None;
            taken.heading = Some(until);
        }
        if glide {
            self.play_towards(until.0.saturating_sub(self.run.at().0));
        } else {
            self.arrive(effects);
        }
        self.show_tour();
    }

    /// What came of a prediction, and the engine's own chain of causes.
    fn reveal(&mut self, effects: &mut Vec<Effect>) {
        let Some(taken) = &self.tour else { return };
        let tour = taken.tour.clone();
        let from = taken.instants.last().copied().unwrap_or_default();
        let Some(ask) = tour.steps.get(taken.step).and_then(|s| s.ask.as_ref()) else { return };
        if let Some(target) = ask.why.as_deref() {
            self.selected = self.target(target);
            self.revision += 1;
        }
        let journal = self.run.now().cluster.api().journal();
        let held: Vec<bool> = ask.choices.iter().map(|c| c.holds.holds(journal, from, self.run.at())).collect();
        let mut why = self.why();
        why.links.truncate(4);
        if let Some(book) = &self.book {
            let mut panel = crate::view::PanelView::Why(why);
            book.panel(&mut panel);
            let crate::view::PanelView::Why(said) = panel else { return };
            why = said;
        }
        effects.push(Effect::Announce(why.answer.plain()));
        if let Some(taken) = &mut self.tour {
            taken.outcome = Some((held, why));
        }
    }

    /// A thing by a tour's name for it, as it is now or will be.
    fn target(&self, words: &str) -> Option<Target> {
        let moments = [self.run.now(), self.run.ahead()];
        moments.into_iter().find_map(|moment: &run::Moment| {
            let mine = |o: &&Rc<Object>| !o.namespace().starts_with("kube-");
            let mut pods = moment.cluster.api().list(Kind::Pod).filter(mine);
            match words.split_once(' ') {
                None if words == "pod" => pods.next().map(|o| Target::Object(o.key())),
                None => pods.find_map(|o| {
                    let Object::Pod(pod) = &**o else { return None };
                    let spec = pod.spec.as_ref()?;
                    let found = spec.init_containers.iter().flatten().chain(&spec.containers).any(|c| c.name == words);
                    found.then(|| Target::Container { pod: o.key(), container: words.to_owned() })
                }),
                Some(("volume", name)) => pods.next().map(|o| Target::Volume { pod: o.key(), volume: name.to_owned() }),
                Some(("port", port)) => pods.next().and_then(|o| Some(Target::Port { pod: o.key(), port: port.parse().ok()? })),
                Some((kind, name)) => {
                    let kind = Kind::ALL.iter().copied().find(|k| k.name().eq_ignore_ascii_case(kind))?;
                    let namespace = if kind.namespaced() { "default".to_owned() } else { String::new() };
                    let key = ObjectKey { kind, namespace, name: name.to_owned() };
                    moment.cluster.api().find(&key).map(|o| Target::Object(o.key()))
                }
            }
        })
    }

    /// `exit init-demo 1`, `oom app`, `hang app` as a deed.
    fn deed(&self, words: &str) -> Option<Deed> {
        let mut words = words.split(' ');
        let (verb, name) = (words.next()?, words.next()?);
        let Some(Target::Container { pod, container }) = self.target(name) else { return None };
        Some(match verb {
            "exit" => Deed::Exit { pod, container, code: words.next().and_then(|c| c.parse().ok()).unwrap_or(1) },
            "oom" => Deed::KillForMemory { pod, container },
            "hang" => Deed::Hang { pod, container },
            "delete" => Deed::Delete { key: pod, grace_period: None },
            "fails" => Deed::RunEnds { pod, container, run: None, after: 2_000, code: words.next().and_then(|c| c.parse().ok()).unwrap_or(1) },
            _ => return None,
        })
    }

    /// Makes the tour's view anew.
    fn show_tour(&mut self) {
        self.tour_view = self.tour.as_ref().and_then(|taken| {
            let step = taken.tour.steps.get(taken.step)?;
            let ask = step.ask.as_ref().map(|ask| AskView {
                question: ask.question.clone(),
                choices: ask
                    .choices
                    .iter()
                    .enumerate()
                    .map(|(i, c)| ChoiceView {
                        text: c.text.clone(),
                        held: taken.outcome.as_ref().map(|(held, _)| held.get(i).copied().unwrap_or(false)),
                        chosen: taken.chosen == Some(i),
                    })
                    .collect(),
                why: taken.outcome.as_ref().map(|(_, why)| why.clone()),
            });
            Some(Rc::new(TourView {
                title: taken.tour.title.clone(),
                step: taken.step,
                of: taken.tour.steps.len(),
                text: if step.text.is_empty() { ask.as_ref().map(|a| a.question.clone()).unwrap_or_default() } else { step.text.clone() },
                point: step.point.clone(),
                ask,
                moving: taken.heading.is_some(),
            }))
        });
    }
}
