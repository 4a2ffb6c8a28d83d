//! What-if: deeds are done, planned, edited, taken back and done again.

use super::App;
use crate::acts;
use crate::event::{Deed, Effect};
use crate::scenario::Timed;
use podglass_cluster::SimTime;
use podglass_scene::Target;
use podglass_scene::timeline::Grip;
use std::rc::Rc;

/// So much of a changed run is computed at once: small runs change without a flicker.
const AT_ONCE: u64 = 6_000;

/// A change of the list of deeds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    /// What it took out.
    was: Option<Timed>,
    /// What it put in.
    is: Option<Timed>,
}

impl Step {
    fn back(self) -> Step {
        Step { was: self.is, is: self.was }
    }
}

impl App {
    /// Does something at the playhead.
    pub(super) fn act(&mut self, deed: &Deed, effects: &mut Vec<Effect>) {
        self.settle_wanted();
        let place = self.run.act(Rc::new(acts::DoDeed(deed.clone())));
        let index = place.saturating_sub(self.base_objects.len()).min(self.deeds.len());
        self.deeds.insert(index, deed.clone());
        self.done.push(Step { was: None, is: Some(Timed { at: self.run.at(), deed: deed.clone() }) });
        self.undone.clear();
        self.revision += 1;
        let refused = self.run.script().get(place).and_then(|p| p.refused.clone());
        let words = acts::words(deed);
        match refused {
            Some(message) => self.tell(&format!("{words}: the cluster refused."), &message),
            None => effects.push(Effect::Announce(format!("{words} at {}.", podglass_scene::words::duration(self.run.at().0)))),
        }
        self.save(effects);
    }

    /// Puts a deed at its own time.
    fn insert(&mut self, timed: &Timed) {
        let place = self.run.plan(timed.at, Rc::new(acts::DoDeed(timed.deed.clone())));
        let index = place.saturating_sub(self.base_objects.len()).min(self.deeds.len());
        self.deeds.insert(index, timed.deed.clone());
    }

    /// Takes a deed out.
    fn take_out(&mut self, timed: &Timed) {
        if let Some(index) = self.timed().iter().rposition(|t| t == timed) {
            self.deeds.remove(index);
            self.run.remove(self.base_objects.len() + index);
        }
    }

    /// Changes the list of deeds, with a ghost of the run as it was.
    fn change(&mut self, step: &Step, effects: &mut Vec<Effect>) {
        self.settle_wanted();
        let words = match (&step.was, &step.is) {
            (Some(was), None) => format!("Taken back: {}", acts::words(&was.deed)),
            (_, Some(is)) => acts::words(&is.deed),
            (None, None) => return,
        };
        let drag = matches!(step, Step { was: Some(_), is: Some(_) }) && self.done.last().is_some_and(|d| d.is == step.was);
        if !drag || self.under.is_none() {
            self.keep_ghost(&words);
        }
        let applies = step.was.iter().chain(&step.is).any(|t| matches!(t.deed, Deed::Apply { .. }));
        if let Some(was) = &step.was {
            self.take_out(was);
        }
        if let Some(is) = &step.is {
            self.insert(is);
        }
        if applies {
            self.remember_applied();
        }
        self.run.record(AT_ONCE);
        self.revision += 1;
        effects.push(Effect::Announce(format!("{words}.")));
        self.save(effects);
    }

    pub(super) fn undo(&mut self, effects: &mut Vec<Effect>) {
        if let Some(step) = self.done.pop() {
            self.change(&step.clone().back(), effects);
            self.undone.push(step);
        } else if let Some(last) = self.timed().pop() {
            // Deeds of a link or a draft: the latest goes first.
            let step = Step { was: Some(last), is: None };
            self.change(&step, effects);
            self.undone.push(step);
        }
    }

    pub(super) fn redo(&mut self, effects: &mut Vec<Effect>) {
        if let Some(step) = self.undone.pop() {
            self.change(&step, effects);
            self.done.push(step);
        }
    }

    fn change_now(&mut self, step: Step, effects: &mut Vec<Effect>) {
        self.change(&step, effects);
        self.done.push(step);
        self.undone.clear();
    }

    pub(super) fn remove_change(&mut self, index: usize, effects: &mut Vec<Effect>) {
        if let Some(was) = self.timed().into_iter().nth(index) {
            self.change_now(Step { was: Some(was), is: None }, effects);
        }
    }

    pub(super) fn edit_change(&mut self, index: usize, is: Timed, effects: &mut Vec<Effect>) {
        if let Some(was) = self.timed().into_iter().nth(index).filter(|was| *was != is) {
            self.change_now(Step { was: Some(was), is: Some(is) }, effects);
        }
    }

    /// The end of a bar was dragged: the run or the pull takes as long, from the beginning of the run on.
    pub(super) fn drag_end(&mut self, target: &Target, grip: &Grip, from: SimTime, x: f32, effects: &mut Vec<Effect>) {
        let to = self.time_at(x).max(from + 100);
        // Whole tenths of a second: a pixel is not more exact.
        let length = (to.since(from) + 50) / 100 * 100;
        let deed = match (grip, target) {
            (Grip::Run { run, code }, Target::Container { pod, container }) => {
                Deed::RunEnds { pod: pod.clone(), container: container.clone(), run: Some(*run), after: length, code: *code }
            }
            (Grip::Pull { image }, _) => Deed::PullTakes { image: image.clone(), ms: length },
            (Grip::Run { .. }, _) => return,
        };
        let is = Timed { at: SimTime::ZERO, deed };
        let was = self.timed().into_iter().find(|t| t.at == SimTime::ZERO && same_end(&t.deed, &is.deed));
        let is = match (&was, is) {
            // The exit code of an earlier change stays.
            (Some(Timed { deed: Deed::RunEnds { code, .. }, .. }), Timed { at, deed: Deed::RunEnds { pod, container, run, after, .. } }) => {
                Timed { at, deed: Deed::RunEnds { pod, container, run, after, code: *code } }
            }
            (_, is) => is,
        };
        if was.as_ref() != Some(&is) {
            self.change_now(Step { was, is: Some(is) }, effects);
        }
    }
}

/// Whether two deeds set the end of the same bar.
fn same_end(a: &Deed, b: &Deed) -> bool {
    match (a, b) {
        (Deed::RunEnds { pod, container, run, .. }, Deed::RunEnds { pod: its_pod, container: its, run: nth, .. }) => {
            pod == its_pod && container == its && run == nth
        }
        (Deed::PullTakes { image, .. }, Deed::PullTakes { image: other, .. }) => image == other,
        _ => false,
    }
}
