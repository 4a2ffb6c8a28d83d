//! A story: a manifest, and what is done when. Files tell it; a cluster plays it.
//!
//! ```yaml
//! about: which vector or question it is
//! manifest: |            # applied at 0
//!   apiVersion: v1 …
//! settings: {imagesPresent: true}   # default: the node on which the recordings were made
//! arrange:               # before anything is applied
//! - p/app run 0 ends after 2s with 1     # or `every run`
//! - image nginx:9 is missing
//! steps:
//! - 5s kubectl delete pod p --wait=false
//! - 6s exit p/app 1      # also: oom, hang, ignore-term, lose-sandbox p
//! - 7s apply late.yaml
//! files: {late.yaml: "…"}
//! until: 60
//! ```

use podglass_playground::cluster::action::{Action, Arrangement};
use podglass_playground::cluster::manifest::{self, Kind, ObjectKey};
use podglass_playground::cluster::runtime::Interference;
use podglass_playground::cluster::{Cluster, Settings, SimTime};
use podglass_playground::kubectl::world::live::Live;
use podglass_playground::kubectl::{self, Files, Session};
use serde_yaml::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

const BUDGET: u64 = 50_000_000;

/// The path of a folder or file beside this crate's `Cargo.toml`.
pub fn beside(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Reads a YAML file.
pub fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(beside(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The names of the files of a folder without their `.yaml`, sorted.
pub fn names(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(beside(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut names: Vec<String> = entries.filter_map(|e| e.ok()?.file_name().into_string().ok()?.strip_suffix(".yaml").map(str::to_owned)).collect();
    names.sort();
    names
}

/// Files that a story brings along.
pub struct Brought(pub BTreeMap<String, String>);

impl Files for Brought {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).map(|t| t.clone().into_bytes()).ok_or_else(|| "no such file or directory".to_owned())
    }
    fn directory(&self, _path: &str) -> Option<Vec<String>> {
        None
    }
}

/// What is done.
enum Deed {
    Kubectl(Vec<String>),
    Act(Action),
}

fn pod(name: &str) -> ObjectKey {
    ObjectKey { kind: Kind::Pod, namespace: "default".into(), name: name.into() }
}

/// Looks at a cluster while a story is played.
pub type Look<'a> = &'a mut dyn FnMut(&Cluster);

/// Goes on to a time, looking every `GRID` milliseconds.
fn advance(cluster: &mut Cluster, to: SimTime, look: &mut Option<Look<'_>>) {
    const GRID: u64 = 1_700;
    while let Some(l) = look.as_mut()
        && let next = SimTime((cluster.now().0 / GRID + 1) * GRID)
        && next < to
    {
        cluster.advance_to(next, BUDGET);
        l(cluster);
    }
    cluster.advance_to(to, BUDGET);
}

/// Plays the scenario of a recording (`golden/traces/NAME`), looking at it now and then.
pub fn play_recording(name: &str, look: Look<'_>) -> Cluster {
    const SETTLED: u64 = 10_000;
    let folder = beside("golden/traces").join(name);
    let text = std::fs::read_to_string(folder.join("steps.json")).unwrap_or_else(|e| panic!("{name}: {e}"));
    let steps: serde_json::Value = serde_json::from_str(&text).expect("steps.json");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
        if let (Ok(name), Ok(text)) = (entry.file_name().into_string(), std::fs::read_to_string(entry.path())) {
            files.insert(name, text);
        }
    }
    let brought = Brought(files);
    let mut cluster = Cluster::new(Settings::reference_node(1));
    cluster.advance_to(SimTime(SETTLED), BUDGET);
    let mut all: Vec<(u64, Vec<String>)> = Vec::new();
    for step in steps["steps"].as_array().into_iter().flatten() {
        let words = step["kubectl"].as_array().into_iter().flatten().filter_map(|w| w.as_str().map(str::to_owned)).collect();
        all.push((SETTLED + (step["at"].as_f64().unwrap_or(0.0) * 1000.0) as u64, words));
    }
    all.sort_by_key(|s| s.0);
    let mut look = Some(look);
    for (at, words) in all {
        advance(&mut cluster, SimTime(at), &mut look);
        let mut world = Live::new(&mut cluster);
        let _output = kubectl::run(&mut Session::new(&mut world, &brought, "default"), &words, "");
    }
    let end = SimTime(SETTLED + (steps["until_s"].as_f64().unwrap_or(60.0) * 1000.0) as u64);
    advance(&mut cluster, end, &mut look);
    cluster
}

/// Plays a story's file.
pub fn play(file: &Value) -> Cluster {
    let text = |field: &str| file.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut files = BTreeMap::from([("manifest.yaml".to_owned(), text("manifest"))]);
    for (k, v) in file.get("files").and_then(Value::as_mapping).into_iter().flatten() {
        files.insert(k.as_str().unwrap_or_default().to_owned(), v.as_str().unwrap_or_default().to_owned());
    }
    let settings: Settings = match file.get("settings") {
        Some(s) => serde_yaml::from_value(s.clone()).expect("settings"),
        None => Settings::reference_node(1),
    };
    let mut cluster = Cluster::new(settings);
    for line in file.get("arrange").and_then(Value::as_sequence).into_iter().flatten().filter_map(Value::as_str) {
        cluster.act(Action::Arrange(arrangement(line))).expect("it can be arranged");
    }
    let brought = Brought(files);
    let mut steps = Vec::new();
    if !text("manifest").is_empty() {
        steps.push((0, Deed::Kubectl(["apply", "-f", "manifest.yaml"].map(str::to_owned).to_vec())));
    }
    for line in file.get("steps").and_then(Value::as_sequence).into_iter().flatten().filter_map(Value::as_str) {
        steps.push(step(line));
    }
    for (at, deed) in steps {
        cluster.advance_to(SimTime(at), BUDGET);
        match deed {
            Deed::Kubectl(words) => {
                let mut world = Live::new(&mut cluster);
                let mut session = Session::new(&mut world, &brought, "default");
                let done = kubectl::run(&mut session, &words, "");
                assert!(done.code == 0 || file.get("fails").is_some(), "kubectl {}: {}", words.join(" "), done.all());
            }
            Deed::Act(action) => {
                cluster.act(action).unwrap_or_else(|r| panic!("{}", r.message));
            }
        }
    }
    let until = file.get("until").and_then(Value::as_f64).unwrap_or(60.0);
    cluster.advance_to(SimTime::from_secs_f64(until), BUDGET);
    cluster
}

/// Seconds (`2.5s`) as milliseconds.
fn millis(text: &str) -> u64 {
    let seconds: f64 = text.trim_end_matches('s').parse().unwrap_or_else(|_| panic!("{text} is no time"));
    (seconds * 1000.0) as u64
}

fn step(line: &str) -> (u64, Deed) {
    let (at, rest) = line.split_once(' ').unwrap_or_else(|| panic!("a time and a deed: {line}"));
    let words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
    let at = millis(at);
    let (head, tail) = words.split_first().expect("a deed");
    let target = || {
        let (p, c) = tail.first().and_then(|t| t.split_once('/')).unwrap_or_else(|| panic!("pod/container: {line}"));
        (pod(p), c.to_owned())
    };
    let interfere = |how| {
        let (pod, container) = target();
        Deed::Act(Action::Interfere { pod, container, how })
    };
    let deed = match head.as_str() {
        "kubectl" => Deed::Kubectl(tail.to_vec()),
        "apply" => Deed::Kubectl(["apply".to_owned(), "-f".to_owned()].into_iter().chain(tail.iter().cloned()).collect()),
        "exit" => interfere(Interference::Exit(tail.get(1).and_then(|c| c.parse().ok()).unwrap_or(0))),
        "oom" => interfere(Interference::Oom),
        "hang" => interfere(Interference::Hang),
        "ignore-term" => interfere(Interference::IgnoreTerm),
        "lose-sandbox" => Deed::Act(Action::LoseSandbox { pod: pod(tail.first().expect("a Pod")) }),
        other => panic!("{other} is no deed"),
    };
    (at, deed)
}

/// `p/app run 0 ends after 2s with 1`, `p/app every run ends after 2s with 1`, `image X is missing`, `image X takes 5s`.
fn arrangement(line: &str) -> Arrangement {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["image", image, "is", "missing"] => Arrangement::PullFails { image: (*image).into(), message: None },
        ["image", image, "takes", time] => Arrangement::PullTakes { image: (*image).into(), ms: millis(time) },
        [who, which @ .., "ends", "after", time, "with", code] => {
            let (p, c) = who.split_once('/').expect("pod/container");
            let run = if which == ["every", "run"] { None } else { which.get(1).and_then(|n| n.parse().ok()) };
            Arrangement::RunEnds { pod: pod(p), container: c.into(), run, after: millis(time), code: code.parse().expect("an exit code") }
        }
        _ => panic!("not understood: {line}"),
    }
}

/// The manifests in a text: how many, to know that a fixture is not empty.
pub fn objects_in(text: &str) -> usize {
    manifest::read(text).objects().count()
}
