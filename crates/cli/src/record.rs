//! `podglass record`: plays a scenario and writes what happens as recordings of a real cluster do.
//!
//! `watch.jsonl` has a line for every watch event, `terminal.json` what terminals showed,
//! `objects.json` the objects at the end.

use crate::files::FilesIn;
use anyhow::Context;
use podglass_playground::cluster::runtime::catalogue::Catalogue;
use podglass_playground::cluster::{Cluster, Fact, Settings, SimTime};
use podglass_playground::kubectl::json::Look;
use podglass_playground::kubectl::moment::Moment;
use podglass_playground::kubectl::world::World;
use podglass_playground::kubectl::world::live::Live;
use podglass_playground::kubectl::{Session, watch};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What `podglass record` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A folder with `steps.json` and the files it names.
    scenario: PathBuf,
    /// Where to write.
    #[arg(long)]
    out: PathBuf,
    /// Seed of every random choice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// How long the cluster has been there before the first step, in milliseconds.
const SETTLED: u64 = 10_000;
/// A recording says its start in whole seconds; it began somewhere within that second, so we begin in the middle.
const MIDDLE: i64 = 500;
/// How long kubectl takes from its start to its first request.
const START: u64 = 180;
/// How long a change takes.
const LATENCY: u64 = 12;
const BUDGET: u64 = 50_000_000;
/// The kinds a recording watches.
const WATCHED: &[&str] = &[
    "Pod",
    "Event",
    "Service",
    "PersistentVolumeClaim",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "EndpointSlice",
    "ControllerRevision",
];

/// The cluster recordings were made on.
pub(crate) fn settings(seed: u64) -> Settings {
    // The phases of the kubelet's two grids and the length of its draws are not recorded; these come nearest to all recordings together.
    Settings { relist_phase: 380, tick_phase: 960, requeue_percent: 127, ..Settings::reference_node(seed) }
}

/// The images Podglass knows.
pub(crate) fn catalogue() -> Rc<Catalogue> {
    Rc::new(Catalogue::builtin())
}

/// When the folder's own recording began, in Unix milliseconds: schedules go by the clock on the wall.
fn recorded_start(scenario: &Path) -> Option<i64> {
    let recorded: Value = serde_json::from_slice(&std::fs::read(scenario.join("terminal.json")).ok()?).ok()?;
    Moment::parse(recorded["start"].as_str()?).map(|m| m.0 / 1_000_000)
}

/// Plays and writes.
pub(crate) fn run(a: &Arguments) -> anyhow::Result<u8> {
    let steps: Value = serde_json::from_slice(&std::fs::read(a.scenario.join("steps.json")).context("steps.json")?)?;
    let until = steps["until_s"].as_f64().context("until_s")?;
    let mut settings = settings(a.seed);
    if let Some(start) = recorded_start(&a.scenario) {
        settings.epoch = start - SETTLED as i64;
    }
    settings.epoch += MIDDLE;
    let mut cluster = Cluster::with_catalogue(settings, catalogue());
    cluster.advance_to(SimTime(SETTLED), BUDGET);
    let first_record = cluster.api().journal().records().len();
    let files = FilesIn(a.scenario.clone());
    let epoch = cluster.api().settings().epoch;
    let at = |ms: u64| Moment::from_millis(epoch + (SETTLED + ms) as i64);
    let since = |t: SimTime| (t.0.saturating_sub(SETTLED)) as f64 / 1000.0;

    let mut all: Vec<&Value> = steps["steps"].as_array().map(|l| l.iter().collect()).unwrap_or_default();
    all.sort_by(|x, y| x["at"].as_f64().partial_cmp(&y["at"].as_f64()).unwrap_or(std::cmp::Ordering::Equal));
    let mut commands = Vec::new();
    for step in all {
        let due = (step["at"].as_f64().unwrap_or(0.0) * 1000.0) as u64;
        cluster.advance_to(SimTime(SETTLED + due), BUDGET);
        let ran = since(cluster.now());
        let started = cluster.now() + START;
        cluster.advance_to(started, BUDGET);
        let words: Vec<String> = step["kubectl"].as_array().map(|l| l.iter().filter_map(|w| w.as_str().map(str::to_owned)).collect()).unwrap_or_default();
        let output = {
            let mut world = Live::new(&mut cluster).with_latency(LATENCY);
            let mut session = Session::new(&mut world, &files, "default");
            podglass_playground::kubectl::run(&mut session, &words, "")
        };
        commands.push(json!({"at": step["at"], "ran": ran, "ended": since(cluster.now()), "kubectl": words, "rc": output.code, "output": output.all()}));
    }
    let end = SETTLED + (until * 1000.0) as u64;
    cluster.advance_to(SimTime(end), BUDGET);

    std::fs::create_dir_all(&a.out)?;
    let (watched, rows) = watches(&cluster, first_record, &since);
    write(&a.out.join("watch.jsonl"), &watched)?;
    let observed = at(cluster.now().0 - SETTLED);
    let items = items(&mut cluster);
    let texts = texts(&mut cluster, &files);
    let stamps: Map<String, Value> = texts.keys().filter(|k| !k.starts_with("logs")).map(|k| (k.clone(), observed.rfc3339_nano().into())).collect();
    let terminal = json!({
        "observedAt": observed.rfc3339(), "t": since(cluster.now()), "start": at(0).rfc3339(),
        "commands": commands, "getPodsWatch": rows, "texts": texts, "textsAt": stamps,
    });
    write(&a.out.join("terminal.json"), &serde_json::to_string_pretty(&terminal)?)?;
    write(&a.out.join("objects.json"), &json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string())?;
    Ok(0)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

/// Every watch event as a line, and the rows of `kubectl get pods -w`.
fn watches(cluster: &Cluster, from: usize, since: &dyn Fn(SimTime) -> f64) -> (String, Vec<Value>) {
    let mut out = String::new();
    let mut rows = Vec::new();
    let mut table = watch::PodTable::default();
    let epoch = cluster.api().settings().epoch;
    let visible = |v: Value| {
        let mut v = v;
        if let Some(m) = v.get_mut("metadata").and_then(Value::as_object_mut) {
            m.remove("managedFields");
        }
        v
    };
    for record in cluster.api().journal().records().iter().skip(from) {
        let (kind, before, after) = match &record.fact {
            Fact::Created(o) => ("ADDED", None, o),
            Fact::Updated { before, after } => ("MODIFIED", Some(before), after),
            Fact::Deleted(o) => ("DELETED", None, o),
            _ => continue,
        };
        let name = after.kind().name();
        if after.namespace() != "default" || !WATCHED.contains(&name) || after.name() == "kubernetes" || after.name().starts_with("kubernetes-") {
            continue;
        }
        let now = visible(after.to_json().unwrap_or_default());
        let mut line = json!({"t": since(record.at), "type": kind, "kind": name, "name": after.name()});
        if let Some(before) = before.filter(|_| name != "Event") {
            let old = visible(before.to_json().unwrap_or_default());
            let changed = changes(&old, &now);
            if changed.is_empty() {
                continue;
            }
            line["changed"] = Value::Object(changed);
        } else if kind != "DELETED" || name == "Pod" {
            line["object"] = now.clone();
        }
        out.push_str(&line.to_string());
        out.push('\n');
        if name == "Pod" {
            let moment = Moment::from_millis(epoch + record.at.0 as i64);
            for text in table.rows(&now, moment) {
                rows.push(json!([since(record.at), text]));
            }
        }
    }
    (out, rows)
}

/// The parts that differ.
fn changes(old: &Value, new: &Value) -> Map<String, Value> {
    let mut out = Map::new();
    for key in ["spec", "status", "data", "endpoints", "ports"] {
        if old.at(key) != new.at(key) {
            out.insert(key.to_owned(), new.at(key).clone());
        }
    }
    let meta = |v: &Value| v.at("metadata").as_object().cloned().unwrap_or_default();
    let (before, after) = (meta(old), meta(new));
    let differ: Map<String, Value> =
        after.iter().filter(|(k, v)| *k != "resourceVersion" && before.get(*k) != Some(*v)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let gone: Vec<Value> = before.keys().filter(|k| !after.contains_key(*k)).map(|k| k.clone().into()).collect();
    if !differ.is_empty() {
        out.insert("metadata".to_owned(), Value::Object(differ));
    }
    if !gone.is_empty() {
        out.insert("metadataRemoved".to_owned(), Value::Array(gone));
    }
    out
}

/// What kubectl lists at the end.
fn items(cluster: &mut Cluster) -> Vec<Value> {
    let mut world = Live::new(cluster);
    let mut session = Session::new(&mut world, &podglass_playground::kubectl::NoFiles, "default");
    let words = ["get", "pods,deploy,rs,sts,ds,job,cronjob,svc,endpointslices,cm,secret,pvc,events,controllerrevisions", "-o", "json"].map(str::to_owned);
    let list: Value = serde_json::from_str(&podglass_playground::kubectl::run(&mut session, &words, "").all()).unwrap_or_default();
    list.list("items").iter().filter(|o| o.name() != "kubernetes").cloned().collect()
}

/// What kubectl prints at the end.
fn texts(cluster: &mut Cluster, files: &FilesIn) -> Map<String, Value> {
    let mut world = Live::new(cluster);
    let pods_resource = podglass_playground::kubectl::resource::lookup(&podglass_playground::kubectl::resource::discover([]), "pods");
    let pods: Vec<Value> =
        pods_resource.map(|r| world.list(&r)).unwrap_or_default().iter().filter(|p| p.namespace() == "default").map(|p| (**p).clone()).collect();
    let mut session = Session::new(&mut world, files, "default");
    let mut out = Map::new();
    let mut ask = |key: String, words: &[&str]| {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        let done = podglass_playground::kubectl::run(&mut session, &words, "");
        let code = if done.code == 0 { String::new() } else { format!("? {}\n", done.code) };
        out.insert(key, (done.all() + &code).into());
    };
    for line in ["get pods -o wide", "get all", "describe pods", "get events", "events"] {
        ask(line.to_owned(), &line.split(' ').collect::<Vec<_>>());
    }
    for p in pods.iter().take(8) {
        for key in ["initContainers", "containers", "ephemeralContainers"] {
            for c in p.list(&format!("spec.{key}")) {
                let name = c.text("name");
                let statuses = format!("status.{}Statuses", key.trim_end_matches('s'));
                let last = p.list(&statuses).iter().any(|s| s.text("name") == name && s.at("lastState").as_object().is_some_and(|l| !l.is_empty()));
                ask(format!("logs {} {name}", p.name()), &["logs", p.name(), "-c", name, "--tail=60"]);
                if last {
                    ask(format!("logs -p {} {name}", p.name()), &["logs", p.name(), "-c", name, "-p", "--tail=60"]);
                }
            }
        }
    }
    out
}
