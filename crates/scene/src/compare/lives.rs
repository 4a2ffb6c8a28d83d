//! The life of one Pod in numbers, from its lanes.

use super::Role;
use crate::timeline::{History, LaneKind};
use podglass_cluster::SimTime;
use podglass_cluster::manifest::ObjectKey;

/// A Pod's life.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) key: ObjectKey,
    pub(super) born: SimTime,
    /// When all of it was ready, or it had completed, for the first time.
    pub(super) ready: Option<SimTime>,
    /// STATUS at the end, and since when.
    pub(super) status: String,
    pub(super) status_at: SimTime,
    pub(super) parts: Vec<Part>,
}

/// A container's part in it.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) kind: LaneKind,
    runs: Vec<Stretch>,
    pulls: Vec<(SimTime, SimTime)>,
    /// When the first thing after it began.
    followed: Option<SimTime>,
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) from: SimTime,
    pub(super) to: SimTime,
    ended: bool,
    pub(super) code: i32,
}

impl Stretch {
    pub(super) fn length(&self) -> u64 {
        self.to.since(self.from)
    }
}

impl Life {
    pub(super) fn of(history: &History, index: usize) -> Option<Life> {
        let pod = history.pods.get(index)?;
        let ready = pod.stretches.iter().find(|s| matches!(s.role, Role::Running | Role::Completed)).map(|s| s.from);
        let last = pod.stretches.last()?;
        let mut parts: Vec<Part> = Vec::new();
        for lane in &pod.lanes {
            let mut runs = Vec::new();
            let mut pulls = Vec::new();
            for s in &lane.stretches {
                match s.role {
                    Role::Running => runs.push(Stretch { from: s.from, to: s.to.unwrap_or(s.from), ended: false, code: 0 }),
                    Role::Completed | Role::Failed => {
                        let code = s.label.strip_prefix("exit ").and_then(|c| c.parse().ok()).unwrap_or(-1);
                        runs.push(Stretch { from: s.from, to: s.to.unwrap_or(s.from), ended: true, code });
                    }
                    Role::Pulling => pulls.extend(s.to.map(|to| (s.from, to))),
                    _ => {}
                }
            }
            parts.push(Part { name: lane.name.clone(), kind: lane.kind, runs, pulls, followed: None });
        }
        let begins: Vec<Option<SimTime>> = parts.iter().map(Part::began).collect();
        for (i, part) in parts.iter_mut().enumerate() {
            part.followed = begins.get(i + 1).copied().flatten();
        }
        Some(Life { key: pod.key.clone(), born: pod.stretches.first()?.from, ready, status: last.label.clone(), status_at: last.from, parts })
    }

    pub(super) fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|p| p.name == name)
    }

    /// How often containers ended badly.
    pub(super) fn restarts(&self) -> usize {
        self.parts.iter().map(Part::failures).sum()
    }

    /// From the start of the last container that started to being ready.
    pub(super) fn after_start(&self) -> u64 {
        let started = self.parts.iter().filter_map(Part::first).filter(|t| self.ready.is_none_or(|r| *t <= r)).max();
        self.ready.zip(started).map_or(0, |(r, s)| r.since(s))
    }

    /// Why it is not ready.
    pub(super) fn stuck(&self) -> String {
        let bad = self.parts.iter().filter(|p| p.failures() > 0).max_by_key(|p| p.failures());
        let running = self.parts.iter().find(|p| p.kind == LaneKind::Init && p.runs.last().is_some_and(|r| !r.ended));
        match (bad, running) {
            (Some(p), _) => {
                let code = p.ends().filter(|r| r.code != 0).last().map_or(1, |r| r.code);
                let times = if p.failures() == 1 { "once".to_owned() } else { format!("{} times", p.failures()) };
                format!("its STATUS is {}, {} exited {code} {times}", self.status, p.name)
            }
            (None, Some(p)) => format!("its STATUS is {}, init container {} still runs", self.status, p.name),
            (None, None) => format!("its STATUS is {}", self.status),
        }
    }
}

impl Part {
    /// When its first run began.
    pub(super) fn first(&self) -> Option<SimTime> {
        self.runs.first().map(|r| r.from)
    }
    /// When anything was done for it.
    fn began(&self) -> Option<SimTime> {
        self.pulls.first().map(|p| p.0).into_iter().chain(self.first()).min()
    }
    /// The runs that ended.
    pub(super) fn ends(&self) -> impl Iterator<Item = &Stretch> {
        self.runs.iter().filter(|r| r.ended)
    }
    /// How many runs ended badly.
    pub(super) fn failures(&self) -> usize {
        self.ends().filter(|r| r.code != 0).count()
    }
    /// From its beginning, pull included, to its last end.
    pub(super) fn span(&self) -> u64 {
        let last = self.ends().last().map(|r| r.to);
        self.began().zip(last).map_or(0, |(a, b)| b.since(a))
    }
    /// How long its last run was.
    pub(super) fn ran(&self) -> u64 {
        self.ends().last().map_or(0, Stretch::length)
    }
    /// How long its pulls took.
    pub(super) fn pulled(&self) -> u64 {
        self.pulls.iter().map(|(a, b)| b.since(*a)).sum()
    }
    /// From its beginning to that of the next one.
    pub(super) fn up(&self) -> u64 {
        self.began().zip(self.followed).map_or(0, |(a, b)| b.since(a))
    }
}
