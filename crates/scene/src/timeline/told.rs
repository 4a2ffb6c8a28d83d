//! What the API server told the world about Pods: the facts that a recording of a real cluster and a
//! simulated run have in common, and the lanes that can be drawn from them alone.

use super::history::{ContainerHistory, PodHistory, Point, begin, end};
use super::{History, LaneKind, Shape};
use crate::Role;
use crate::kube_event::KubeEvent;
use crate::row::PodRow;
use podglass_cluster::manifest::{Object, ObjectKey};
use podglass_cluster::{Fact, Journal, RecordId, SimTime};
use std::collections::BTreeMap;

/// A Pod that was told about.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast {
    /// The Pod.
    pub key: ObjectKey,
    /// Its controller.
    pub owner: Option<ObjectKey>,
    /// Its containers, in the order of their lanes.
    pub lanes: Vec<(String, LaneKind)>,
}

/// What was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// When.
    pub at: SimTime,
    /// Place of the Pod among the cast.
    pub pod: usize,
    /// Place of the container among its lanes.
    pub lane: Option<usize>,
    /// What.
    pub what: What,
}

/// One published fact.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// STATUS and READY as `kubectl get pods` prints them: `Init:1/2 0/2`.
    Status(String),
    /// The container's state is waiting, for this reason.
    Waiting(String),
    /// The container's state is running.
    Running,
    /// The container's state is terminated: `0 Completed`.
    Ended(String),
    /// An event: its reason and its message.
    Event(String, String),
    /// An event that warns.
    Warning(String, String),
    /// The Pod is gone.
    Gone,
}

/// Cast and facts, in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Teller {
    /// The Pods.
    pub cast: Vec<Cast>,
    /// The facts.
    pub told: Vec<Told>,
    index: BTreeMap<ObjectKey, usize>,
    last: Vec<(String, Vec<String>)>,
    seen: usize,
}

impl Teller {
    /// Takes in the records it has not seen.
    pub fn observe(&mut self, journal: &Journal) {
        for record in journal.records().get(self.seen..).unwrap_or_default() {
            match &record.fact {
                Fact::Created(o) | Fact::Updated { after: o, .. } => self.object(record.at, o),
                Fact::Deleted(o) => self.gone(record.at, &o.key()),
                _ => {}
            }
        }
        self.seen = journal.records().len();
    }

    /// An object came to be, or changed.
    pub fn object(&mut self, at: SimTime, object: &Object) {
        match object {
            Object::Pod(_) => self.pod(at, object),
            Object::Event(_) => {
                let Some(event) = KubeEvent::of_object(object) else { return };
                let Some(pod) = event.about().and_then(|k| self.index.get(&k).copied()) else { return };
                let lane = event.container().and_then(|c| self.cast.get(pod)?.lanes.iter().position(|l| l.0 == c));
                let words = (event.reason().to_owned(), event.message().to_owned());
                let what = if event.warning() { What::Warning(words.0, words.1) } else { What::Event(words.0, words.1) };
                self.told.push(Told { at, pod, lane, what });
            }
            _ => {}
        }
    }

    /// A Pod is gone.
    pub fn gone(&mut self, at: SimTime, key: &ObjectKey) {
        if let Some(pod) = self.index.remove(key) {
            self.told.push(Told { at, pod, lane: None, what: What::Gone });
        }
    }

    fn pod(&mut self, at: SimTime, object: &Object) {
        let Object::Pod(body) = object else { return };
        let key = object.key();
        let pod = if let Some(i) = self.index.get(&key) {
            *i
        } else {
            let history = PodHistory::new(object);
            let lanes: Vec<(String, LaneKind)> = history.lanes.into_iter().map(|l| (l.name, l.kind)).collect();
            self.last.push((String::new(), vec![String::new(); lanes.len()]));
            self.cast.push(Cast { key: key.clone(), owner: history.owner, lanes });
            self.index.insert(key, self.cast.len() - 1);
            self.cast.len() - 1
        };
        let row = PodRow::of(body);
        let mut news = vec![(None, What::Status(format!("{} {}", row.status, row.ready_text())))];
        if let Some(status) = &body.status {
            for s in status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten()) {
                let lane = self.cast.get(pod).and_then(|c| c.lanes.iter().position(|l| l.0 == s.name));
                let Some(state) = &s.state else { continue };
                let what = if let Some(t) = &state.terminated {
                    What::Ended(format!("{} {}", t.exit_code, t.reason.as_deref().unwrap_or_default()))
                } else if state.running.is_some() {
                    What::Running
                } else {
                    What::Waiting(state.waiting.as_ref().and_then(|w| w.reason.clone()).unwrap_or_default())
                };
                // The restart count tells two runs apart that ended alike.
                news.push((lane, what));
                if let (Some(lane), Some((_, lanes))) = (lane, self.last.get_mut(pod))
                    && let Some(last) = lanes.get_mut(lane)
                {
                    let word = format!("{} {}", s.restart_count, news.last().map_or("", |(_, w)| w.word()));
                    if *last == word {
                        news.pop();
                    } else {
                        *last = word;
                    }
                }
            }
        }
        for (lane, what) in news {
            if let (None, What::Status(text), Some((last, _))) = (lane, &what, self.last.get_mut(pod)) {
                if last == text {
                    continue;
                }
                last.clone_from(text);
            }
            self.told.push(Told { at, pod, lane, what });
        }
    }
}

impl What {
    /// The words that make it one and the same fact in two tellings.
    pub fn word(&self) -> &str {
        match self {
            What::Status(s) | What::Waiting(s) | What::Ended(s) | What::Event(s, _) | What::Warning(s, _) => s,
            What::Running => "running",
            What::Gone => "gone",
        }
    }
    /// What sort of fact.
    pub fn sort(&self) -> &'static str {
        match self {
            What::Status(_) => "STATUS",
            What::Waiting(_) => "waiting",
            What::Running | What::Gone => "",
            What::Ended(_) => "ended with",
            What::Event(..) | What::Warning(..) => "event",
        }
    }
}

/// Lanes from what was told.
pub fn tell(teller: &Teller) -> History {
    let mut history = History { revision: 1, ..History::default() };
    for cast in &teller.cast {
        history.index.insert(cast.key.clone(), history.pods.len());
        let lanes = cast.lanes.iter().map(|(name, kind)| ContainerHistory { name: name.clone(), kind: *kind, ..ContainerHistory::default() }).collect();
        history.pods.push(PodHistory { key: cast.key.clone(), owner: cast.owner.clone(), stretches: Vec::new(), points: Vec::new(), lanes, ended: None });
    }
    for told in &teller.told {
        if history.instants.last() != Some(&told.at) {
            history.instants.push(told.at);
        }
        let when = (told.at, RecordId(0));
        let Some(pod) = history.pods.get_mut(told.pod) else { continue };
        let point = |shape, role, text: String| Point { at: told.at, shape, role, record: RecordId(0), text: Some(text.into()) };
        let Some(lane) = told.lane.and_then(|l| pod.lanes.get_mut(l)) else {
            match &told.what {
                What::Status(text) => {
                    let (role, label) = role_of(text);
                    begin(&mut pod.stretches, when, role, label);
                }
                What::Gone => {
                    pod.ended = Some(told.at);
                    end(&mut pod.stretches, told.at);
                    pod.lanes.iter_mut().for_each(|l| end(&mut l.stretches, told.at));
                }
                What::Event(reason, message) => pod.points.push(point(Shape::Event, Role::Starting, format!("{reason}: {message}"))),
                What::Warning(reason, message) => pod.points.push(point(Shape::Warning, Role::Failed, format!("{reason}: {message}"))),
                _ => {}
            }
            continue;
        };
        let running = lane.stretches.last().is_some_and(|l| l.role == Role::Running && l.to.is_none());
        match &told.what {
            What::Running if !running => begin(&mut lane.stretches, when, Role::Running, String::new()),
            What::Ended(text) => {
                let code = text.split(' ').next().unwrap_or_default().to_owned();
                let role = if code == "0" { Role::Completed } else { Role::Failed };
                if let Some(last) = lane.stretches.last_mut().filter(|l| l.role == Role::Running) {
                    last.to = Some(told.at);
                    last.role = role;
                    last.label = format!("exit {code}");
                }
                lane.points.push(point(if code == "0" { Shape::Check } else { Shape::Cross }, role, text.clone()));
            }
            What::Waiting(reason) if reason.ends_with("BackOff") => begin(&mut lane.stretches, when, Role::BackOff, "back-off".to_owned()),
            What::Event(reason, message) => {
                match reason.as_str() {
                    "Created" => begin(&mut lane.stretches, when, Role::Starting, "created".to_owned()),
                    "Started" => begin(&mut lane.stretches, when, Role::Running, String::new()),
                    "Pulling" => begin(&mut lane.stretches, when, Role::Pulling, "pulling".to_owned()),
                    "Pulled" => end(&mut lane.stretches, told.at),
                    _ => {}
                }
                lane.points.push(point(Shape::Event, Role::Starting, format!("{reason}: {message}")));
            }
            What::Warning(reason, message) => lane.points.push(point(Shape::Warning, Role::Failed, format!("{reason}: {message}"))),
            _ => {}
        }
    }
    history
}

/// Role and label of a told STATUS.
fn role_of(text: &str) -> (Role, String) {
    let (status, ready) = text.rsplit_once(' ').unwrap_or((text, ""));
    let (have, total) = ready.split_once('/').unwrap_or_default();
    let count = |s: &str| s.parse().unwrap_or(0);
    let row = PodRow { status: status.to_owned(), ready: count(have), total: count(total), ..PodRow::default() };
    (row.role(), if status == "Running" { text.to_owned() } else { row.status.clone() })
}
