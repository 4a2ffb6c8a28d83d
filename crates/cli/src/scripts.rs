//! `podglass scripts`: runs every shell script of manifests and course pages, and says what it met that nobody knows.
//!
//! A script is what a container, an exec probe or a lifecycle hook gives to `sh -c` (or another shell). Each runs alone in a
//! container of its image, with the environment and the ConfigMaps of its file, for a virtual minute. It is counted as met
//! with something unknown when something about it was assumed, or when it called a program that Podglass does not have.

use anyhow::Context as _;
use podglass_playground::cluster::runtime::{
    ContainerConfig, Happening, Mount, ProjectedFile, Runtime, SandboxConfig, SimTime, VolumeKind, catalogue::Catalogue, programs,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What `podglass scripts` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Manifests, Markdown pages with manifests in them, folders of both.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Fails where a smaller share than this, in percent, meets nothing unknown.
    #[arg(long, default_value_t = 0.0)]
    at_least: f64,
    /// Prints only the table of what is unknown, as Markdown.
    #[arg(long)]
    markdown: bool,
}

/// How long a script runs, in milliseconds of virtual time.
const LIMIT: u64 = 60_000;
/// A script that does more than this many things is left where it is.
const STEPS: usize = 200_000;

/// A script with what it needs.
struct Script {
    place: String,
    image: String,
    argv: Vec<String>,
    env: Vec<(String, String)>,
    mounts: Vec<(String, String, BTreeMap<String, String>)>,
    init: bool,
}

/// Runs them all and prints what they met.
pub(crate) fn run(a: &Arguments) -> anyhow::Result<u8> {
    let mut files = Vec::new();
    for path in &a.paths {
        collect(path, &mut files)?;
    }
    let catalogue = crate::record::catalogue();
    let (mut all, mut good) = (0_usize, 0_usize);
    let mut met: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, shown) in files {
        let text = String::from_utf8_lossy(&std::fs::read(&path).with_context(|| path.display().to_string())?).into_owned();
        let mut seen = BTreeSet::new();
        for script in scripts(&text, &shown) {
            if !seen.insert((script.image.clone(), script.argv.clone())) {
                continue;
            }
            all += 1;
            let unknown = unknown(&catalogue, &script);
            good += usize::from(unknown.is_empty());
            for what in unknown {
                met.entry(what).or_default().insert(script.place.clone());
            }
        }
    }
    let share = if all == 0 { 100.0 } else { 100.0 * good as f64 / all as f64 };
    if a.markdown {
        println!("{good} of {all} scripts ({share:.1} %) meet nothing unknown. What the others meet:\n\n| met | in |\n|---|---|");
    } else {
        println!("{good} of {all} scripts ({share:.1} %) meet nothing unknown");
    }
    let mut rows: Vec<_> = met.into_iter().collect();
    rows.sort_by_key(|(what, places)| (usize::MAX - places.len(), what.clone()));
    for (what, places) in rows {
        let first = places.first().map_or("", String::as_str);
        let more = if places.len() > 1 { format!(" and {} more", places.len() - 1) } else { String::new() };
        if a.markdown {
            println!("| {} | {first}{more} |", what.replace('|', "\\|"));
        } else {
            println!("{:>4}  {what}  [{first}{more}]", places.len());
        }
    }
    Ok(u8::from(share < a.at_least))
}

/// Files below a path, with the names to show.
fn collect(path: &Path, into: &mut Vec<(PathBuf, String)>) -> anyhow::Result<()> {
    let mut todo = vec![path.to_owned()];
    let mut found = Vec::new();
    while let Some(at) = todo.pop() {
        if at.is_dir() {
            todo.extend(std::fs::read_dir(&at).with_context(|| at.display().to_string())?.flatten().map(|e| e.path()));
        } else if at == path || at.extension().and_then(|e| e.to_str()).is_some_and(|e| matches!(e, "yaml" | "yml" | "md")) {
            found.push(at);
        }
    }
    found.sort();
    into.extend(found.into_iter().map(|f| {
        let shown = f
            .strip_prefix(path)
            .ok()
            .filter(|s| !s.as_os_str().is_empty())
            .map_or_else(|| f.file_name().unwrap_or_default().to_string_lossy().into_owned(), |s| s.to_string_lossy().into_owned());
        (f, shown)
    }));
    Ok(())
}

/// The YAML of a page: its fenced blocks, or the whole text.
fn blocks(text: &str, name: &str) -> Vec<String> {
    if Path::new(name).extension().is_none_or(|e| e != "md") {
        return vec![text.to_owned()];
    }
    let mut out = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for line in text.lines() {
        let bare = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{200b}');
        match &mut open {
            Some((indent, body)) => {
                if bare.starts_with("```") {
                    out.extend(open.take().map(|o| o.1));
                } else {
                    body.push_str(line.get((*indent).min(line.len() - line.trim_start().len())..).unwrap_or(line));
                    body.push('\n');
                }
            }
            None if bare.starts_with("```") => open = Some((line.len() - line.trim_start().len(), String::new())),
            None => {}
        }
    }
    out.extend(open.map(|o| o.1));
    out
}

fn scripts(text: &str, name: &str) -> Vec<Script> {
    let mut documents = Vec::new();
    for block in blocks(text, name) {
        for document in serde_yaml::Deserializer::from_str(&block) {
            // What is no YAML (a template, an elided listing) ends its block.
            let Ok(value) = Value::deserialize(document) else { break };
            documents.push(value);
        }
    }
    let maps: BTreeMap<String, BTreeMap<String, String>> = documents
        .iter()
        .filter(|d| d["kind"] == "ConfigMap")
        .map(|d| {
            let data = d["data"].as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned()));
            (d["metadata"]["name"].as_str().unwrap_or_default().to_owned(), data.collect())
        })
        .collect();
    let mut out = Vec::new();
    for document in &documents {
        walk(document, name, &maps, &mut out);
    }
    out
}

/// Finds Pod specs, wherever they stand.
fn walk(value: &Value, name: &str, maps: &BTreeMap<String, BTreeMap<String, String>>, out: &mut Vec<Script>) {
    match value {
        Value::Array(list) => list.iter().for_each(|v| walk(v, name, maps, out)),
        Value::Object(map) => {
            for (field, init) in [("initContainers", true), ("containers", false)] {
                for container in map.get(field).and_then(Value::as_array).into_iter().flatten() {
                    containers(container, value, name, init, maps, out);
                }
            }
            map.values().for_each(|v| walk(v, name, maps, out));
        }
        _ => {}
    }
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect()
}

fn containers(c: &Value, spec: &Value, name: &str, init: bool, maps: &BTreeMap<String, BTreeMap<String, String>>, out: &mut Vec<Script>) {
    let mut env: Vec<(String, String)> = Vec::new();
    for e in c["env"].as_array().into_iter().flatten() {
        env.push((e["name"].as_str().unwrap_or_default().to_owned(), e["value"].as_str().unwrap_or("value").to_owned()));
    }
    // What the controller of an indexed Job adds.
    env.push(("JOB_COMPLETION_INDEX".to_owned(), "0".to_owned()));
    let volumes = spec["volumes"].as_array();
    let mounts = c["volumeMounts"].as_array().into_iter().flatten().map(|m| {
        let volume = volumes.into_iter().flatten().find(|v| v["name"] == m["name"]);
        let files = volume.and_then(|v| v["configMap"]["name"].as_str()).and_then(|n| maps.get(n)).cloned().unwrap_or_default();
        let text = |key: &str| m[key].as_str().unwrap_or_default().to_owned();
        (text("mountPath"), text("subPath"), files)
    });
    let mounts: Vec<_> = mounts.collect();
    let expand = |argv: Vec<String>| argv.into_iter().map(|w| env.iter().fold(w, |w, (k, v)| w.replace(&format!("$({k})"), v))).collect::<Vec<_>>();
    let mut main = words(&c["command"]);
    main.extend(words(&c["args"]));
    let mut found = vec![("", main)];
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        found.push((probe, words(&c[probe]["exec"]["command"])));
    }
    for hook in ["postStart", "preStop"] {
        found.push((hook, words(&c["lifecycle"][hook]["exec"]["command"])));
    }
    let image = c["image"].as_str().unwrap_or("busybox").to_owned();
    for (what, argv) in found {
        let shell = argv.first().map_or("", |w| w.rsplit('/').next().unwrap_or(w));
        let is_script = matches!(shell, "sh" | "bash" | "ash" | "dash") && argv.iter().any(|w| w.starts_with('-') && w.contains('c'));
        if !is_script {
            continue;
        }
        let place = format!("{name}: {}{}{what}", c["name"].as_str().unwrap_or_default(), if what.is_empty() { "" } else { " " });
        out.push(Script { place, image: image.clone(), argv: expand(argv), env: env.clone(), mounts: mounts.clone(), init });
    }
}

/// What a script met that nobody knows.
fn unknown(catalogue: &Rc<Catalogue>, script: &Script) -> BTreeSet<String> {
    let now = SimTime::ZERO;
    let mut runtime = Runtime::new(catalogue.clone(), 1, 1_768_478_400_000);
    let sandbox = runtime.create_sandbox(now, SandboxConfig::alone("pod", Ipv4Addr::new(10, 244, 0, 10)));
    let mut mounts = Vec::new();
    for (path, sub_path, files) in &script.mounts {
        let volume = runtime.create_volume(now, if files.is_empty() { VolumeKind::EmptyDir } else { VolumeKind::Projected }, "v");
        if !files.is_empty() {
            let files = files.iter().map(|(k, v)| ProjectedFile { path: k.clone(), content: v.clone().into_bytes(), mode: 0o755 }).collect();
            runtime.project(now, volume, files);
        }
        mounts.push(Mount { volume, path: path.clone(), sub_path: sub_path.clone(), read_only: false });
    }
    let config = ContainerConfig {
        name: "script".into(),
        image: script.image.clone(),
        command: script.argv.clone(),
        env: script.env.clone(),
        mounts,
        init: script.init,
        ..ContainerConfig::default()
    };
    let mut out = BTreeSet::new();
    let container = match runtime.start(now, sandbox, config) {
        Ok(container) => container,
        Err(error) => {
            let reason = error.message.rsplit("process: ").next().unwrap_or(&error.message).to_owned();
            return BTreeSet::from([format!("{}: {reason}", script.image)]);
        }
    };
    for _ in 0..STEPS {
        for occurrence in runtime.take_occurrences() {
            // What is assumed of the world outside says nothing about programs.
            if let Happening::Assumed { text } = occurrence.what
                && !text.contains("outside the cluster")
                && !text.contains("fetches nothing")
            {
                out.insert(text.to_string());
            }
        }
        match runtime.next_wakeup() {
            Some(at) if at.0 <= LIMIT && runtime.is_running(container) => runtime.advance(at),
            _ => break,
        }
    }
    for line in runtime.logs(container) {
        // `/bin/sh: git: not found`, `sh: 1: git: not found`, `bash: line 1: git: command not found`
        let text = line.text.trim_end();
        let Some(head) = text.strip_suffix(": not found").or_else(|| text.strip_suffix(": command not found")) else {
            if text.contains("syntax error") {
                out.insert(format!("shell: {text}"));
            }
            continue;
        };
        let program = head.rsplit(": ").next().unwrap_or(head);
        if !program.contains(['/', ' ']) && !programs::names().any(|n| n == program) {
            out.insert(format!("`{program}` is no program Podglass has"));
        }
    }
    out
}
