//! A run: the cluster at the playhead, the future recorded ahead of it, and checkpoints to go back to.
//!
//! A run is a function of its script alone. Going back is taking the nearest checkpoint and going
//! forward again; a new deed at the playhead discards what was recorded after it.

use podglass_cluster::cluster::Progress;
use podglass_cluster::runtime::catalogue::Catalogue;
use podglass_cluster::{Cluster, Settings, SimTime};
use podglass_scene::Memory;
use podglass_scene::timeline::History;
use std::rc::Rc;

/// How far is recorded at first, in milliseconds.
pub const HORIZON: u64 = 60_000;
/// How close to the end the playhead comes before more is recorded.
const MARGIN: u64 = 15_000;
/// At most so much is recorded in search of the next thing that happens.
const SEARCH: u64 = 900_000;
/// A run with more records than this is stopped: it would fill the memory.
const FULL: usize = 250_000;
/// So much may be spent on what is due at one instant of the user's own doing.
const AT_ONCE: u64 = 50_000;
/// So many checkpoints are kept.
const CHECKPOINTS: usize = 40;

/// Something that is done at its time, again in every replay.
pub trait Act: std::fmt::Debug {
    /// Does it.
    ///
    /// # Errors
    /// The cluster's words, where it refuses.
    fn perform(&self, cluster: &mut Cluster) -> Result<(), String>;
}

/// An entry of the script.
#[derive(Clone, Debug)]
pub struct Planned {
    /// When.
    pub at: SimTime,
    /// What.
    pub act: Rc<dyn Act>,
    /// The refusal, where it was refused.
    pub refused: Option<String>,
}

/// A cluster with the memory of its journal.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The cluster.
    pub cluster: Cluster,
    /// What its journal told.
    pub memory: Memory,
    /// Index of the script's first entry that was not done yet.
    next: usize,
}

impl Moment {
    fn new(settings: Settings, catalogue: Rc<Catalogue>) -> Moment {
        let mut moment = Moment { cluster: Cluster::with_catalogue(settings, catalogue), memory: Memory::default(), next: 0 };
        moment.memory.observe(moment.cluster.api().journal());
        moment
    }
    /// The clock.
    pub fn at(&self) -> SimTime {
        self.cluster.now()
    }
    fn records(&self) -> usize {
        self.cluster.api().journal().records().len()
    }

    /// Goes forward, doing what the script says. Returns whether it came there, and takes what was
    /// spent off the budget.
    fn advance(&mut self, script: &mut [Planned], to: SimTime, budget: &mut u64) -> bool {
        loop {
            let due = script.get(self.next).map(|p| p.at).filter(|at| *at <= to);
            let target = due.unwrap_or(to).max(self.at());
            let before = self.records();
            let progress = self.cluster.advance_to(target, *budget);
            let spent = (self.records() - before) as u64 + 1;
            *budget = budget.saturating_sub(spent);
            if progress != Progress::Reached {
                *budget = 0;
                self.memory.observe(self.cluster.api().journal());
                return false;
            }
            let Some(planned) = script.get_mut(self.next).filter(|_| due.is_some()) else {
                self.memory.observe(self.cluster.api().journal());
                return true;
            };
            planned.refused = planned.act.perform(&mut self.cluster).err();
            self.next += 1;
        }
    }
}

/// A run.
#[derive(Clone, Debug)]
pub struct Run {
    script: Vec<Planned>,
    now: Moment,
    ahead: Moment,
    history: History,
    checkpoints: Vec<Moment>,
    horizon: SimTime,
    /// Recording goes on to here while nothing happens.
    search: SimTime,
    steps_at_search: Option<SimTime>,
    wanted: Option<SimTime>,
    /// It has grown too large to go on.
    full: bool,
    /// Grows whenever the recorded future was replaced.
    pub generation: u64,
}

impl Run {
    /// A run of a script at time 0.
    pub fn new(settings: Settings, script: Vec<Planned>) -> Run {
        Run::with_catalogue(settings, Catalogue::shared(), script)
    }

    /// A run with images of the user's own.
    pub fn with_catalogue(settings: Settings, catalogue: Rc<Catalogue>, mut script: Vec<Planned>) -> Run {
        script.sort_by_key(|p| p.at);
        let birth = Moment::new(settings, catalogue);
        let mut now = birth.clone();
        let full = !now.advance(&mut script, SimTime::ZERO, &mut AT_ONCE.clone());
        let mut history = History::default();
        history.observe(now.cluster.api().journal());
        Run {
            script,
            ahead: now.clone(),
            now,
            history,
            checkpoints: vec![birth],
            horizon: SimTime(HORIZON),
            search: SimTime::ZERO,
            steps_at_search: None,
            wanted: None,
            full,
            generation: 0,
        }
    }

    /// The cluster at the playhead.
    pub fn now(&self) -> &Moment {
        &self.now
    }
    /// The playhead.
    pub fn at(&self) -> SimTime {
        self.now.at()
    }
    /// The cluster where the recording ends.
    pub fn ahead(&self) -> &Moment {
        &self.ahead
    }
    /// Lanes of the recording.
    pub fn history(&self) -> &History {
        &self.history
    }
    /// Where the recording ends.
    pub fn end(&self) -> SimTime {
        self.ahead.at()
    }
    /// How far it is to go.
    pub fn horizon(&self) -> SimTime {
        self.horizon
    }
    /// The script.
    pub fn script(&self) -> &[Planned] {
        &self.script
    }
    /// Nothing more will ever happen by itself.
    pub fn quiet(&self) -> bool {
        self.ahead.cluster.next_wakeup().is_none() && self.ahead.next >= self.script.len()
    }
    /// Whether the recording has to go on.
    pub fn recording(&self) -> bool {
        self.end() < self.horizon && !self.full
    }
    /// The run was stopped because too much happens in it.
    pub fn is_full(&self) -> bool {
        self.full
    }
    /// The time the playhead is to go to as soon as it is recorded.
    pub fn wanted(&self) -> Option<SimTime> {
        self.wanted
    }

    /// Records further, spending at most the budget.
    pub fn record(&mut self, mut budget: u64) {
        while self.recording() && budget > 0 {
            let before = self.ahead.records();
            let slice = (self.end() + 2_000).min(self.horizon);
            let reached = self.ahead.advance(&mut self.script, slice, &mut budget);
            self.history.observe(self.ahead.cluster.api().journal());
            self.keep_checkpoint();
            self.full |= self.ahead.records() > FULL;
            if !reached && self.ahead.records() == before {
                break;
            }
            self.look_further();
        }
        if let Some(wanted) = self.wanted
            && (wanted <= self.end() || !self.recording())
        {
            self.wanted = None;
            self.go(wanted.min(self.end()));
        }
    }

    /// Moves the horizon on while nothing has happened since the user asked to go on.
    fn look_further(&mut self) {
        if self.end() >= self.horizon && self.horizon < self.search && self.history.step_before(SimTime(u64::MAX)) == self.steps_at_search {
            self.horizon = (self.horizon + HORIZON).min(self.search);
        }
    }

    fn keep_checkpoint(&mut self) {
        let last = self.checkpoints.last().map_or((0, SimTime::ZERO), |c| (c.records(), c.at()));
        let spacing = 150.max(self.ahead.records() / CHECKPOINTS);
        if self.ahead.records() < last.0 + spacing && self.end().since(last.1) < 30_000 {
            return;
        }
        self.checkpoints.push(self.ahead.clone());
        if self.checkpoints.len() > CHECKPOINTS {
            let mut i = 0;
            self.checkpoints.retain(|_| {
                i += 1;
                i == 1 || i % 2 == 0
            });
        }
    }

    /// Moves the playhead. What is not recorded yet is reached when it is.
    pub fn seek(&mut self, to: SimTime) {
        if to > self.end() && self.recording() {
            self.wanted = Some(to.min(self.horizon));
            self.go(self.end());
        } else {
            self.wanted = None;
            self.go(to.min(self.end()));
        }
    }

    /// Moves the playhead, recording further where the time is not recorded yet.
    pub fn seek_far(&mut self, to: SimTime) {
        self.horizon = self.horizon.max(SimTime(to.0.min(self.end().0 + 24 * 3_600_000)));
        self.seek(to);
    }

    fn go(&mut self, to: SimTime) {
        let at = self.at();
        if to == at {
            return;
        }
        let nearest = self.checkpoints.partition_point(|c| c.at() <= to).checked_sub(1).and_then(|i| self.checkpoints.get(i));
        if to < at || nearest.is_some_and(|c| c.at() > at) {
            // A checkpoint at the very instant may have been taken before the instant was over: going
            // forward from it completes the instant.
            let Some(checkpoint) = nearest.or(self.checkpoints.first()) else { return };
            self.now = checkpoint.clone();
        }
        self.now.advance(&mut self.script, to, &mut u64::MAX.clone());
    }

    /// Records more when the playhead comes near the end and things still happen.
    pub fn follow(&mut self) {
        let lively = self.history.step_before(SimTime(u64::MAX)).is_some_and(|s| self.horizon.since(s) < HORIZON / 2);
        if lively && !self.quiet() && self.at() + MARGIN > self.horizon && !self.recording() {
            self.horizon = self.horizon + HORIZON / 2;
        }
    }

    /// Records on until something happens.
    pub fn run_on(&mut self) {
        self.horizon = self.horizon + HORIZON;
        self.search = self.horizon + SEARCH;
        self.steps_at_search = self.history.step_before(SimTime(u64::MAX));
    }

    /// Does something at the playhead. Returns its place in the script.
    pub fn act(&mut self, act: Rc<dyn Act>) -> usize {
        let at = self.at();
        let place = self.now.next.max(self.script.partition_point(|p| p.at <= at));
        self.script.insert(place, Planned { at, act, refused: None });
        // The deed belongs to the end of this instant, and to this run only.
        self.full = !self.now.advance(&mut self.script, at, &mut AT_ONCE.clone());
        self.checkpoints.retain(|c| c.at() < at || c.next <= place && c.at() <= at);
        self.ahead = self.now.clone();
        self.forget_future();
        place
    }

    /// Puts something into the script at its own time, and runs again from before it. Returns its place.
    pub fn plan(&mut self, at: SimTime, act: Rc<dyn Act>) -> usize {
        let place = self.script.partition_point(|p| p.at <= at);
        self.script.insert(place, Planned { at, act, refused: None });
        if at == SimTime::ZERO {
            self.checkpoints.truncate(1);
        } else {
            self.checkpoints.retain(|c| c.at() < at);
        }
        self.again();
        place
    }

    /// Records at least up to a time.
    pub fn reach(&mut self, to: SimTime) {
        self.horizon = self.horizon.max(to);
    }

    /// Takes an entry out of the script and runs again from before it.
    pub fn remove(&mut self, place: usize) {
        if place >= self.script.len() {
            return;
        }
        self.script.remove(place);
        self.checkpoints.retain(|c| c.next <= place);
        self.again();
    }

    /// Runs again from the last checkpoint, and goes back to where the playhead was.
    fn again(&mut self) {
        let (at, horizon) = (self.at(), self.horizon);
        let Some(checkpoint) = self.checkpoints.last() else { return };
        self.ahead = checkpoint.clone();
        self.now = checkpoint.clone();
        self.full = false;
        self.forget_future();
        self.horizon = self.horizon.max(at).max(horizon);
        self.wanted = Some(at);
    }

    fn forget_future(&mut self) {
        self.history = History::default();
        self.history.observe(self.ahead.cluster.api().journal());
        self.horizon = SimTime(HORIZON).max(self.end() + HORIZON);
        self.search = SimTime::ZERO;
        self.generation += 1;
    }
}
