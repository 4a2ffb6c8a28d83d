//! The terminal: `kubectl` on the cluster at the playhead, and the few other words a course types.
//!
//! A command runs on a copy of the cluster. What it asked of the API server becomes part of the run,
//! each request at its own time; how long the command took is where the playhead goes.

mod complete;
mod pipe;

pub use complete::complete;

use crate::documents::{Tab, texts};
use crate::event::{ActVerb, Deed};
use podglass_cluster::action::{Action, Propagation};
use podglass_cluster::manifest::{Kind, Object, ObjectKey};
use podglass_cluster::{Cluster, SimTime};
use podglass_kubectl::world::live::Live;
use podglass_kubectl::{Files, Session};
use serde_json::{Value, json};
use std::rc::Rc;

/// What a command did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// What it printed, both streams in order.
    pub text: String,
    /// What it asked of the API server, each with its time.
    pub deeds: Vec<(SimTime, Deed)>,
    /// When it ended.
    pub ended: SimTime,
    /// The text of static/schema it could not do without and did not get.
    pub wanted: Option<&'static str>,
}

/// The editor's tabs as files.
struct TabFiles<'a>(&'a [Tab], &'a [(String, Rc<str>)]);

impl Files for TabFiles<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let name = path.trim_start_matches("./");
        self.0.iter().find(|t| t.name == name).map(|t| t.text.as_bytes().to_vec()).ok_or_else(|| "no such file or directory".to_owned())
    }
    fn directory(&self, path: &str) -> Option<Vec<String>> {
        matches!(path, "." | "./" | "").then(|| self.0.iter().map(|t| t.name.clone()).collect())
    }
    fn reference(&self, name: &str) -> Option<Rc<str>> {
        self.1.iter().find(|(n, _)| n == name).map(|(_, text)| text.clone())
    }
}

/// Runs a line on a copy of the cluster; what it prints goes through the filters behind `|`.
/// `references`: texts of static/schema by their names, as far as they have come.
pub fn run(cluster: Cluster, line: &str, tabs: &[Tab], references: &[(String, Rc<str>)]) -> Answer {
    let mut commands = commands(line).into_iter();
    let mut answer = one(cluster, &commands.next().unwrap_or_default(), &TabFiles(tabs, references));
    for command in commands {
        answer.text = match words(&command).and_then(|w| pipe::filter(&w, &answer.text)) {
            Ok(text) | Err(text) => text,
        };
    }
    answer
}

/// The commands of a line, which `|` outside of quotes separates.
fn commands(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '|') => {
                out.push(String::new());
                continue;
            }
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
        if let Some(last) = out.last_mut() {
            last.push(c);
            if c == '\\' && quote != Some('\'') {
                last.extend(chars.next());
            }
        }
    }
    out
}

fn one(mut cluster: Cluster, line: &str, files: &TabFiles<'_>) -> Answer {
    let tabs = files.0;
    let started = cluster.now();
    let words = match words(line) {
        Ok(words) => words,
        Err(message) => return Answer { text: message, ended: started, ..Answer::default() },
    };
    let plain = |text: String| Answer { text, ended: started, ..Answer::default() };
    let (program, args) = words.split_first().map_or(("", [].as_slice()), |(p, a)| (p.as_str(), a));
    match program {
        "" => plain(String::new()),
        "kubectl" | "k" => {
            let mut world = Live::new(&mut cluster);
            let output = podglass_kubectl::run(&mut Session::new(&mut world, files, "default"), args, "");
            let deeds = world.actions().iter().filter_map(|(at, action)| Some((*at, deed(line, action)?))).collect();
            Answer { text: output.all(), deeds, ended: cluster.now(), wanted: output.wanted }
        }
        "docker" => {
            let (answered, _) = cluster.docker_run(args, &crate::dockerfiles::context(&texts(tabs)));
            // Only what changes something becomes part of the run, with the files it needs.
            let files = || texts(tabs).into_iter().filter(|t| crate::dockerfiles::is_dockerfile(&t.name, &t.text)).collect();
            let deed = match args.first().map(String::as_str) {
                Some("run" | "exec" | "stop" | "kill" | "rm" | "pull" | "rmi") => Some(Deed::Docker { line: line.to_owned(), files: Vec::new() }),
                Some("build" | "image" | "container" | "buildx") => Some(Deed::Docker { line: line.to_owned(), files: files() }),
                _ => None,
            };
            Answer { text: answered, deeds: deed.into_iter().map(|d| (started, d)).collect(), ended: cluster.now(), wanted: None }
        }
        "host" => match args {
            [host, word] if matches!(word.as_str(), "reachable" | "unreachable") => {
                let deed = Deed::ExternalHost { host: host.clone(), reachable: word == "reachable" };
                Answer { deeds: vec![(started, deed)], ended: started, ..Answer::default() }
            }
            _ => plain("host NAME reachable|unreachable: says whether a host outside the cluster answers\n".to_owned()),
        },
        "ls" => plain(tabs.iter().flat_map(|t| [t.name.as_str(), "\n"]).collect()),
        "cat" => plain(
            args.iter()
                .map(|name| match files.read(name) {
                    Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    Err(why) => format!("cat: {name}: {}{}\n", why.get(..1).unwrap_or_default().to_uppercase(), why.get(1..).unwrap_or_default()),
                })
                .collect(),
        ),
        "echo" => plain(format!("{}\n", args.join(" "))),
        "help" => plain("kubectl acts on the cluster at the playhead's time, docker on an engine beside it; host NAME reachable|unreachable sets a host outside; ls and cat show the editor's tabs.\nTab completes, the arrow keys recall, Ctrl+C drops a line; grep, head, tail, wc, sort and uniq work behind a pipe.\n".to_owned()),
        other => plain(format!("{other}: command not found\n")),
    }
}

fn deed(line: &str, action: &Action) -> Option<Deed> {
    let whole = |verb, object: &Object| Some(Deed::Act { line: line.to_owned(), verb, object: object.to_json().ok()?, grace_period: None });
    match action {
        Action::Apply(o) => whole(ActVerb::Apply, o),
        Action::Create(o) => whole(ActVerb::Create, o),
        Action::Replace(o) => whole(ActVerb::Replace, o),
        Action::ReplacePart { object, part } => whole(ActVerb::ReplacePart(part.clone()), object),
        Action::Delete { key, grace_period, propagation } => {
            let verb = match propagation {
                Propagation::Background => ActVerb::Delete,
                Propagation::Foreground => ActVerb::DeleteForeground,
                Propagation::Orphan => ActVerb::DeleteOrphan,
            };
            let object = json!({"apiVersion": key.kind.api_version(), "kind": key.kind.name(), "metadata": {"namespace": key.namespace, "name": key.name}});
            Some(Deed::Act { line: line.to_owned(), verb, object, grace_period: *grace_period })
        }
        Action::Interfere { .. } | Action::LoseSandbox { .. } | Action::Arrange(_) => None,
    }
}

/// The action of a recorded command; `None` where the object cannot be read.
pub(crate) fn action(verb: &ActVerb, object: &Value, grace_period: Option<i64>) -> Option<Action> {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let kind = Kind::ALL.iter().copied().find(|k| k.name() == text("/kind") && k.api_version() == text("/apiVersion")).unwrap_or(Kind::Other);
    let key = || ObjectKey { kind, namespace: text("/metadata/namespace").to_owned(), name: text("/metadata/name").to_owned() };
    let delete = |propagation| Some(Action::Delete { key: key(), grace_period, propagation });
    let whole = || Object::from_json(kind, object.clone()).ok();
    match verb {
        ActVerb::Apply => whole().map(Action::Apply),
        ActVerb::Create => whole().map(Action::Create),
        ActVerb::Replace => whole().map(Action::Replace),
        ActVerb::ReplacePart(part) => whole().map(|object| Action::ReplacePart { object, part: part.clone() }),
        ActVerb::Delete => delete(Propagation::Background),
        ActVerb::DeleteForeground => delete(Propagation::Foreground),
        ActVerb::DeleteOrphan => delete(Propagation::Orphan),
    }
}

/// Splits a line into words as a shell does, with quotes and backslashes.
pub(crate) fn words(line: &str) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.trim().trim_start_matches("$ ").chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some('"') | None, '\\') => {
                let (word, next) = (word.get_or_insert_default(), chars.next());
                if quote.is_some() && !matches!(next, Some('"' | '\\' | '$' | '`')) {
                    word.push('\\');
                }
                word.extend(next);
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | '>' | '<' | ';' | '&') => return Err("This terminal knows pipes, but no redirections and no second command.\n".to_owned()),
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => out.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("A quote is not closed.\n".to_owned());
    }
    out.extend(word);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_line_is_split_as_a_shell_splits_it() {
        assert_eq!(
            words("kubectl exec a -- sh -c 'echo \"hi  there\"' # note"),
            Ok(["kubectl", "exec", "a", "--", "sh", "-c", "echo \"hi  there\""].map(str::to_owned).to_vec())
        );
        assert_eq!(words("k get pods -o\\ x \"\""), Ok(["k", "get", "pods", "-o x", ""].map(str::to_owned).to_vec()));
        assert!(words("kubectl get pods > x").is_err());
        assert_eq!(super::commands("a 'b|c' | grep \\| | wc").len(), 3);
        assert!(words("echo 'x").is_err());
    }
}
