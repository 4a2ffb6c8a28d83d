//! A recording of a real cluster, as the page fetches it: `static/recordings/NAME.json`.
//!
//! `podglass recordings` makes these files from `tests/golden/traces`. `scenario` is what was done;
//! `cast` are the Pods, `told` the published facts: time in milliseconds, Pod, container (or -1), a
//! letter for the sort of fact, its words, and the message of an event.

use crate::scenario::Scenario;
use podglass_cluster::SimTime;
use podglass_cluster::manifest::{Kind, ObjectKey};
use podglass_scene::timeline::{Cast, LaneKind, Teller, Told, What};
use serde_json::{Value, json};

/// A recording.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// What it shows, in one sentence.
    pub about: String,
    /// Version of the real cluster.
    pub version: String,
    /// How long was recorded.
    pub end: SimTime,
    /// What was done.
    pub scenario: Scenario,
    /// What the real API server told.
    pub teller: Teller,
}

const KINDS: [(LaneKind, &str); 3] = [(LaneKind::Init, "init"), (LaneKind::Sidecar, "sidecar"), (LaneKind::App, "app")];

impl Recording {
    /// Reads a file.
    pub fn read(text: &str) -> Option<Recording> {
        let v: Value = serde_json::from_str(text).ok()?;
        let word = |name: &str| v.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut teller = Teller::default();
        for c in v.get("cast")?.as_array()? {
            let lanes = c.get(2)?.as_array()?;
            let kind = |name: &Value| KINDS.iter().find(|k| Some(k.1) == name.as_str()).map_or(LaneKind::App, |k| k.0);
            teller.cast.push(Cast {
                key: key(c.get(0)?.as_str()?)?,
                owner: c.get(1).and_then(Value::as_str).and_then(key),
                lanes: lanes.iter().filter_map(|l| Some((l.get(0)?.as_str()?.to_owned(), kind(l.get(1)?)))).collect(),
            });
        }
        for t in v.get("told")?.as_array()? {
            let words = |i: usize| t.get(i).and_then(Value::as_str).unwrap_or_default().to_owned();
            let what = match t.get(3)?.as_str()? {
                "s" => What::Status(words(4)),
                "w" => What::Waiting(words(4)),
                "r" => What::Running,
                "x" => What::Ended(words(4)),
                "e" => What::Event(words(4), words(5)),
                "!" => What::Warning(words(4), words(5)),
                _ => What::Gone,
            };
            teller.told.push(Told { at: SimTime(t.get(0)?.as_u64()?), pod: t.get(1)?.as_u64()? as usize, lane: t.get(2)?.as_u64().map(|l| l as usize), what });
        }
        let scenario = serde_json::from_value(v.get("scenario")?.clone()).ok()?;
        Some(Recording { about: word("about"), version: word("version"), end: SimTime(v.get("end")?.as_u64()?), scenario, teller })
    }

    /// Writes a file.
    pub fn write(&self) -> String {
        let cast: Vec<Value> = self
            .teller
            .cast
            .iter()
            .map(|c| {
                let kind = |k: LaneKind| KINDS.iter().find(|x| x.0 == k).map_or("app", |x| x.1);
                let lanes: Vec<Value> = c.lanes.iter().map(|l| json!([l.0, kind(l.1)])).collect();
                json!([name(&c.key), c.owner.as_ref().map(name), lanes])
            })
            .collect();
        let told: Vec<Value> = self
            .teller
            .told
            .iter()
            .map(|t| {
                let lane = t.lane.map_or(-1, |l| l as i64);
                match &t.what {
                    What::Status(s) => json!([t.at.0, t.pod, lane, "s", s]),
                    What::Waiting(s) => json!([t.at.0, t.pod, lane, "w", s]),
                    What::Running => json!([t.at.0, t.pod, lane, "r"]),
                    What::Ended(s) => json!([t.at.0, t.pod, lane, "x", s]),
                    What::Event(s, m) => json!([t.at.0, t.pod, lane, "e", s, m]),
                    What::Warning(s, m) => json!([t.at.0, t.pod, lane, "!", s, m]),
                    What::Gone => json!([t.at.0, t.pod, lane, "g"]),
                }
            })
            .collect();
        let v = json!({"about": self.about, "version": self.version, "end": self.end.0, "scenario": self.scenario, "cast": cast, "told": told});
        format!("{v}\n")
    }
}

/// The list of recordings: name, what it shows, how many facts agree, how many there are.
pub fn index(text: &str) -> std::rc::Rc<[(String, String, u64, u64)]> {
    let v: Value = serde_json::from_str(text).unwrap_or_default();
    let entry = |e: &Value| Some((e.get(0)?.as_str()?.to_owned(), e.get(1)?.as_str()?.to_owned(), e.get(2)?.as_u64()?, e.get(3)?.as_u64()?));
    v.as_array().into_iter().flatten().filter_map(entry).collect()
}

fn name(key: &ObjectKey) -> String {
    format!("{}/{}/{}", key.kind.name(), key.namespace, key.name)
}

fn key(text: &str) -> Option<ObjectKey> {
    let mut parts = text.splitn(3, '/');
    let kind = parts.next().and_then(|k| Kind::ALL.iter().copied().find(|x| x.name() == k))?;
    Some(ObjectKey { kind, namespace: parts.next()?.into(), name: parts.next()?.into() })
}
