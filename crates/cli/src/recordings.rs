//! `podglass recordings`: makes the page's recordings from what was recorded on a real cluster.
//!
//! `podglass recordings tests/golden/traces static/recordings` writes a file for every folder in which a
//! Pod lived, and `index.json`, which names them all.

use anyhow::Context;
use podglass_playground::cluster::manifest::{Kind, Object};
use podglass_playground::cluster::{Settings, SimTime};
use podglass_playground::recording::Recording;
use podglass_playground::scenario::{Scenario, Text};
use podglass_playground::scene::timeline::Teller;
use podglass_playground::{App, Event};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What `podglass recordings` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder of recorded scenarios.
    traces: PathBuf,
    /// Where to write.
    out: PathBuf,
    /// Says for each how much of it the page's engine reproduces, and writes nothing.
    #[arg(long)]
    score: bool,
}

/// How long kubectl takes from its start to its first request.
const START: u64 = 180;
/// Version of the cluster that was recorded.
const VERSION: &str = "1.37.1";

/// Reads and writes.
pub(crate) fn run(a: &Arguments) -> anyhow::Result<u8> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&a.traces).context("the folder of recordings")?.filter_map(|e| Some(e.ok()?.path())).collect();
    folders.sort();
    if !a.score {
        std::fs::create_dir_all(&a.out)?;
    }
    let mut index = Vec::new();
    let mut sum = (0, 0);
    for folder in folders.iter().filter(|f| f.join("watch.jsonl").exists()) {
        let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let recording = read(folder).with_context(|| name.clone())?;
        if recording.teller.cast.is_empty() {
            continue;
        }
        let text = recording.write();
        let mut app = App::new();
        app.update(Event::OpenRecording(text.clone()));
        app.settle();
        let (agree, total) = app.view().under.map(|u| u.agree).unwrap_or_default();
        sum = (sum.0 + agree, sum.1 + total);
        if a.score {
            println!("{agree:>5} of {total:>5}  {name}");
            for row in app.view().under.iter().flat_map(|u| &u.rows) {
                println!("               {} {}", row.time, row.words);
            }
            continue;
        }
        std::fs::write(a.out.join(format!("{name}.json")), text)?;
        index.push(json!([name, recording.about, agree, total]));
    }
    println!("{} of {} recorded facts agree", sum.0, sum.1);
    if !a.score {
        std::fs::write(a.out.join("index.json"), format!("{}\n", Value::Array(index)))?;
    }
    Ok(0)
}

fn json(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

fn read(folder: &Path) -> anyhow::Result<Recording> {
    let steps = json(&folder.join("steps.json"))?;
    let watch = std::fs::read_to_string(folder.join("watch.jsonl"))?;
    let lines: Vec<Value> = watch.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
    let millis = |v: &Value| (v.as_f64().unwrap_or(0.0) * 1000.0).round().max(0.0) as u64;
    // The page applies the first manifests at 0: its clock begins with the first object.
    let shift = lines.first().map_or(0, |l| millis(&l["t"]));
    let mut teller = Teller::default();
    let mut states: BTreeMap<(String, String), Value> = BTreeMap::new();
    for line in &lines {
        let at = SimTime(millis(&line["t"]).saturating_sub(shift));
        let (Some(kind), Some(name)) = (line["kind"].as_str(), line["name"].as_str()) else { continue };
        let Some(kind) = Kind::ALL.iter().copied().find(|k| k.name() == kind && matches!(k, Kind::Pod | Kind::Event)) else { continue };
        let state = states.entry((kind.name().to_owned(), name.to_owned())).or_default();
        if line["object"].is_object() {
            *state = line["object"].clone();
        } else if let (Some(changed), Some(state)) = (line["changed"].as_object(), state.as_object_mut()) {
            merge(state, changed);
        }
        let Ok(object) = Object::from_json(kind, state.clone()) else { continue };
        if line["type"] == "DELETED" {
            teller.gone(at, &object.key());
        } else {
            teller.object(at, &object);
        }
    }
    let about = std::fs::read_to_string(folder.join("about.txt")).unwrap_or_default().trim().to_owned();
    let end = SimTime(millis(&steps["until_s"]).saturating_sub(shift));
    Ok(Recording { about, version: VERSION.to_owned(), end, scenario: scenario(folder, &steps, shift)?, teller })
}

/// Puts the changed parts of an object in their places.
fn merge(state: &mut serde_json::Map<String, Value>, changed: &serde_json::Map<String, Value>) {
    for (key, value) in changed {
        match (key.as_str(), state.get_mut("metadata").and_then(Value::as_object_mut)) {
            ("metadata", Some(metadata)) => metadata.extend(value.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone()))),
            ("metadataRemoved", Some(metadata)) => value.as_array().into_iter().flatten().filter_map(Value::as_str).for_each(|k| drop(metadata.remove(k))),
            _ => drop(state.insert(key.clone(), value.clone())),
        }
    }
}

/// The steps as a scenario: what is applied at once stands at the beginning, the rest are commands.
fn scenario(folder: &Path, steps: &Value, shift: u64) -> anyhow::Result<Scenario> {
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(folder)?.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.extension().is_some_and(|e| e == "yaml")).collect();
    names.sort();
    let mut documents = Vec::new();
    for path in names {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        documents.push(Text { name, text: std::fs::read_to_string(&path)? });
    }
    let words = |s: &Value| s["kubectl"].as_array().into_iter().flatten().filter_map(|w| w.as_str().map(str::to_owned)).collect::<Vec<_>>();
    let all = steps["steps"].as_array().cloned().unwrap_or_default();
    let first = |s: &Value| s["at"].as_f64() == Some(0.0) && matches!(words(s).as_slice(), [a, f, n] if a == "apply" && f == "-f" && !n.is_empty());
    let start = all.iter().take_while(|s| first(s)).count();
    let based: Vec<String> = all.iter().take(start).filter_map(|s| words(s).pop()).collect();
    let base: Vec<Text> = documents.iter().filter(|d| based.contains(&d.name)).cloned().collect();
    if documents.is_empty() {
        documents.push(Text { name: "manifest.yaml".to_owned(), text: String::new() });
    }
    let mut app = App::new();
    let settings = Settings::reference_node(1);
    app.open(Scenario { base: (base != documents).then_some(base), documents, settings, ..Scenario::default() });
    app.settle();
    for step in all.iter().skip(start) {
        let at = (step["at"].as_f64().unwrap_or(0.0) * 1000.0) as u64 + START;
        app.update(Event::Seek(SimTime(at.saturating_sub(shift))));
        app.settle();
        let quoted: Vec<String> = words(step)
            .iter()
            .map(
                |w| if w.chars().all(|c| c.is_ascii_alphanumeric() || "-_=./:,@%".contains(c)) { w.clone() } else { format!("'{}'", w.replace('\'', "'\\''")) },
            )
            .collect();
        app.update(Event::EnterCommand(format!("kubectl {}", quoted.join(" "))));
        app.settle();
    }
    app.update(Event::SeekStart);
    app.settle();
    Ok(app.scenario())
}
