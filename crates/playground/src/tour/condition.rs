//! What a tour can ask of a run: read from a line, held against the journal.

use podglass_cluster::journal::Journal;
use podglass_cluster::manifest::{Kind, Object};
use podglass_cluster::runtime::Happening;
use podglass_cluster::{Fact, Record, SimTime};
use podglass_scene::KubeEvent;
use podglass_scene::row::PodRow;

/// Something that happens, or holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `status [POD] STATUS`: STATUS as `kubectl get pods` shows it.
    Status {
        /// Start of the Pod's name; any Pod where it is empty.
        pod: String,
        /// STATUS.
        is: String,
    },
    /// `ready [POD] 1/2`: READY.
    Ready {
        /// Start of the Pod's name.
        pod: String,
        /// READY.
        is: String,
    },
    /// `event REASON [CONTAINER]`, `started CONTAINER`, `pulled CONTAINER`: an event.
    Event {
        /// Reason.
        reason: String,
        /// The container it is about; empty: whatever it is about.
        container: String,
    },
    /// `exited CONTAINER [CODE]`: its process ended.
    Exited {
        /// The container.
        container: String,
        /// With this code; any where `None`.
        code: Option<i32>,
    },
    /// `wrote CONTAINER PATH`: it wrote a file whose path ends so.
    Wrote {
        /// The container.
        container: String,
        /// End of the path.
        path: String,
    },
    /// `printed CONTAINER TEXT`: it printed a line that contains this.
    Printed {
        /// The container.
        container: String,
        /// Part of the line.
        text: String,
    },
    /// `bound CONTAINER PORT`: a process of it listens.
    Bound {
        /// The container.
        container: String,
        /// The port.
        port: u16,
    },
    /// `restarted CONTAINER N`: it was started for the (N + 1)th time.
    Restarted {
        /// The container.
        container: String,
        /// How often it was started again.
        times: usize,
    },
    /// `pods N`: so many Pods are there.
    Pods(usize),
    /// `refused`: the API server refused something.
    Refused,
    /// `not …`.
    Not(Box<Condition>),
}

impl Condition {
    /// Reads a line.
    ///
    /// # Errors
    /// In words, when it says nothing that is known.
    pub fn read(line: &str) -> Result<Condition, String> {
        let line = line.trim();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        let named = || if second.is_empty() { (String::new(), first.to_owned()) } else { (first.to_owned(), second.to_owned()) };
        let event = |reason: &str| Condition::Event { reason: reason.to_owned(), container: first.to_owned() };
        let container = first.to_owned();
        Ok(match verb {
            "status" => {
                let (pod, is) = named();
                Condition::Status { pod, is }
            }
            "ready" => {
                let (pod, is) = named();
                Condition::Ready { pod, is }
            }
            "event" => Condition::Event { reason: container, container: second.to_owned() },
            "started" => event("Started"),
            "pulled" => event("Pulled"),
            "exited" => Condition::Exited { container, code: second.parse().ok() },
            "wrote" => Condition::Wrote { container, path: second.to_owned() },
            "printed" => Condition::Printed { container, text: second.to_owned() },
            "bound" => Condition::Bound { container, port: second.parse().map_err(|_| format!("{second} is no port"))? },
            "restarted" => Condition::Restarted { container, times: second.parse().unwrap_or(1) },
            "pods" => Condition::Pods(first.parse().map_err(|_| format!("{first} is no number"))?),
            "refused" => Condition::Refused,
            "not" => Condition::Not(Box::new(Condition::read(rest)?)),
            _ => return Err(format!("“{line}” says nothing that can happen")),
        })
    }

    /// The first instant from `from` on at which it comes true, or `from` where it holds then.
    pub fn moment(&self, journal: &Journal, from: SimTime) -> Option<SimTime> {
        let state = matches!(self, Condition::Status { .. } | Condition::Ready { .. } | Condition::Pods(_));
        if state && self.holds(journal, from, from) {
            return Some(from);
        }
        let mut count = 0;
        journal.records().iter().find(|r| self.count(r, &mut count) && r.at >= from).map(|r| r.at)
    }

    /// Whether it holds at `to` (a state), or happened after `from` and until then (something that happens).
    pub fn holds(&self, journal: &Journal, from: SimTime, to: SimTime) -> bool {
        let until = journal.records().iter().take_while(|r| r.at <= to);
        match self {
            Condition::Status { pod, is } => until.filter_map(|r| row(r, pod)).last().is_some_and(|row| row.status == *is),
            Condition::Ready { pod, is } => until.filter_map(|r| row(r, pod)).last().is_some_and(|row| row.ready_text() == *is),
            Condition::Pods(n) => pods(until) == *n,
            Condition::Not(other) => !other.holds(journal, from, to),
            _ => {
                let mut count = 0;
                until.filter(|r| self.count(r, &mut count)).any(|r| r.at > from)
            }
        }
    }

    /// Whether this record makes it true; counts what has to be counted.
    fn count(&self, record: &Record, count: &mut usize) -> bool {
        let inside = |container: &str| match &record.fact {
            Fact::Inside(i) if *i.run.container == *container => Some(&i.what),
            _ => None,
        };
        match self {
            Condition::Status { pod, is } => row(record, pod).is_some_and(|row| row.status == *is),
            Condition::Ready { pod, is } => row(record, pod).is_some_and(|row| row.ready_text() == *is),
            Condition::Event { reason, container } => {
                KubeEvent::of(record).is_some_and(|e| e.reason() == reason && (container.is_empty() || e.container() == Some(container)))
            }
            Condition::Restarted { container, times } => {
                let started = KubeEvent::of(record).is_some_and(|e| e.reason() == "Started" && e.container() == Some(container));
                *count += usize::from(started);
                started && *count > *times
            }
            Condition::Exited { container, code } => matches!(inside(container), Some(Happening::Exited { code: c, .. }) if code.is_none_or(|x| x == *c)),
            Condition::Wrote { container, path } => matches!(inside(container), Some(Happening::FileWritten { path: p, .. }) if p.ends_with(path.as_str())),
            Condition::Printed { container, text } => matches!(inside(container), Some(Happening::Printed { text: t, .. }) if t.contains(text.as_str())),
            Condition::Bound { container, port } => matches!(inside(container), Some(Happening::PortBound { port: p, .. }) if p == port),
            Condition::Pods(n) => {
                *count = count.saturating_add_signed(born(record));
                born(record) != 0 && count == n
            }
            Condition::Refused => matches!(record.fact, Fact::ActionRefused { .. }),
            // The moment at which something is not is no moment.
            Condition::Not(_) => false,
        }
    }
}

/// The row of a Pod that a record made or changed.
fn row(record: &Record, start: &str) -> Option<PodRow> {
    let (Fact::Created(o) | Fact::Updated { after: o, .. }) = &record.fact else { return None };
    match &**o {
        Object::Pod(pod) if o.name().starts_with(start) && !o.namespace().starts_with("kube-") => Some(PodRow::of(pod)),
        _ => None,
    }
}

/// Whether a record made a Pod (1) or took one away (-1).
fn born(record: &Record) -> isize {
    let counts = |o: &Object| o.kind() == Kind::Pod && !o.namespace().starts_with("kube-");
    match &record.fact {
        Fact::Created(o) if counts(o) => 1,
        Fact::Deleted(o) if counts(o) => -1,
        _ => 0,
    }
}

fn pods<'a>(records: impl Iterator<Item = &'a Record>) -> usize {
    records.fold(0, |n, r| n.saturating_add_signed(born(r)))
}
