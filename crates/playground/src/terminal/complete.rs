//! What Tab adds to a line: verbs, kinds, names, containers, files.

use crate::documents::Tab;
use podglass_cluster::Cluster;
use podglass_cluster::manifest::{Kind, Object};
use std::rc::Rc;

const PROGRAMS: [&str; 7] = ["kubectl", "docker", "ls", "cat", "echo", "clear", "help"];
const FILTERS: [&str; 6] = ["grep", "head", "tail", "wc", "sort", "uniq"];
const FORMATS: [&str; 5] = ["wide", "yaml", "json", "name", "jsonpath="];

/// The line with as much added as is certain, and all that fits where more than one word does.
pub fn complete(line: &str, cluster: &Cluster, tabs: &[Tab]) -> (String, Vec<String>) {
    let command = line.rsplit('|').next().unwrap_or(line);
    let start = line.rfind([' ', '|']).map_or(0, |i| i + 1);
    let (before, part) = line.split_at(start);
    let words: Vec<&str> = command.trim_start().trim_end_matches(part).split_whitespace().collect();
    let all = if command.len() < line.len() && words.is_empty() { FILTERS.map(str::to_owned).to_vec() } else { candidates(&words, part, cluster, tabs) };
    let mut fits: Vec<String> = all.into_iter().filter(|w| w.starts_with(part)).collect();
    fits.sort_unstable();
    fits.dedup();
    match fits.as_slice() {
        [] => (line.to_owned(), fits),
        [one] => (format!("{before}{one}{}", if one.ends_with(['=', '/']) { "" } else { " " }), Vec::new()),
        [first, rest @ ..] => {
            let common = rest.iter().fold(first.as_str(), |common, word| shared(common, word));
            (format!("{before}{common}"), fits.clone())
        }
    }
}

fn shared<'a>(a: &'a str, b: &str) -> &'a str {
    let end = a.char_indices().zip(b.chars()).take_while(|((_, x), y)| x == y).last().map_or(0, |((i, c), _)| i + c.len_utf8());
    a.get(..end).unwrap_or_default()
}

fn candidates(words: &[&str], part: &str, cluster: &Cluster, tabs: &[Tab]) -> Vec<String> {
    let files = || tabs.iter().map(|t| t.name.clone()).collect();
    let Some((program, args)) = words.split_first() else { return PROGRAMS.map(str::to_owned).to_vec() };
    if !matches!(*program, "kubectl" | "k") {
        return if *program == "cat" { files() } else { Vec::new() };
    }
    match args.last() {
        Some(&"-f" | &"--filename") => return files(),
        Some(&"-o" | &"--output") => return FORMATS.map(str::to_owned).to_vec(),
        Some(&"-n" | &"--namespace") => return names(cluster, Kind::Namespace),
        Some(&"-c" | &"--container") => return containers(cluster, args),
        _ => {}
    }
    let plain: Vec<&str> = args.iter().copied().filter(|a| !a.starts_with('-')).collect();
    // The words of verbs that begin with what stands there: `rollout` → `status`, `undo`, …
    let verbs = podglass_kubectl::verbs().filter_map(|path| {
        let mut path = path.split(' ');
        plain.iter().all(|w| path.next() == Some(w)).then(|| path.next()).flatten().map(str::to_owned)
    });
    let mut out: Vec<String> = verbs.collect();
    let (verb, rest) = match plain.as_slice() {
        [] => return out,
        ["rollout" | "set" | "top", _, rest @ ..] => ("rollout", rest),
        [verb, rest @ ..] => (*verb, rest),
    };
    if part.starts_with('-') {
        return ["--all-namespaces", "--container", "--follow", "--namespace", "--output", "--previous", "--selector", "--watch"].map(str::to_owned).to_vec();
    }
    match (verb, rest) {
        ("logs" | "exec" | "attach" | "debug" | "port-forward", []) => out.extend(names(cluster, Kind::Pod)),
        ("get" | "describe" | "delete" | "scale" | "label" | "annotate" | "patch" | "edit" | "expose" | "rollout" | "wait", []) => match part.split_once('/') {
            Some((kind, _)) => out.extend(of_word(kind).into_iter().flat_map(|k| names(cluster, k)).map(|n| format!("{kind}/{n}"))),
            None => out.extend(Kind::ALL.iter().filter(|k| **k != Kind::Other).map(|k| k.plural().to_owned())),
        },
        (_, [kind, ..]) => out.extend(of_word(kind).into_iter().flat_map(|k| names(cluster, k))),
        _ => {}
    }
    out
}

fn of_word(word: &str) -> Option<Kind> {
    Kind::ALL.iter().copied().find(|k| k.plural() == word || k.name().eq_ignore_ascii_case(word) || k.short_names().contains(&word))
}

fn names(cluster: &Cluster, kind: Kind) -> Vec<String> {
    cluster.api().list(kind).filter(|o| kind == Kind::Namespace || !o.namespace().starts_with("kube-")).map(|o| o.name().to_owned()).collect()
}

fn containers(cluster: &Cluster, args: &[&str]) -> Vec<String> {
    let pods = cluster.api().list(Kind::Pod).filter(|o| args.iter().any(|a| *a == o.name() || a.strip_prefix("pod/") == Some(o.name())));
    pods.filter_map(|o| match Rc::as_ref(o) {
        Object::Pod(pod) => pod.spec.as_ref(),
        _ => None,
    })
    .flat_map(|spec| spec.init_containers.iter().flatten().chain(&spec.containers))
    .map(|c| c.name.clone())
    .collect()
}
