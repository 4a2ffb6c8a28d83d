//! The table of verbs, and how the first words find theirs.

mod apply;
mod change;
mod create;
mod debug;
mod delete;
mod describe;
mod events;
mod exec;
mod get;
mod label;
mod logs;
mod patch;
mod rollout;
mod scale;
mod set;

use crate::flags::Flags;
use crate::session::{Failure, Output, Session};

pub(crate) use logs::status_of as container_status;

/// What a verb does.
type Run = fn(&mut Session<'_>, &Flags) -> Result<(), Failure>;

/// One command.
pub(crate) struct Verb {
    /// Its words: `get`, `create deployment`.
    pub(crate) path: &'static str,
    /// Other names of the last word.
    pub(crate) aliases: &'static [&'static str],
    /// Its flags, see [`Flags::parse`].
    pub(crate) flags: &'static str,
    /// What it does.
    pub(crate) run: Run,
}

/// The API server's `/version`.
pub(crate) const VERSION_BODY: &str = r#"{
  "major": "1",
  "minor": "37",
  "emulationMajor": "1",
  "emulationMinor": "37",
  "minCompatibilityMajor": "1",
  "minCompatibilityMinor": "36",
  "gitVersion": "v1.37.1",
  "gitCommit": "0000000000000000000000000000000000000000",
  "gitTreeState": "clean",
  "buildDate": "2026-10-01T00:00:00Z",
  "goVersion": "go1.26.8",
  "compiler": "gc",
  "platform": "linux/amd64"
}"#;

/// Every command there is.
pub(crate) const VERBS: &[Verb] = &[
    Verb { path: "get", aliases: &[], flags: get::FLAGS, run: get::run },
    Verb { path: "apply", aliases: &[], flags: apply::FLAGS, run: apply::run },
    Verb { path: "apply view-last-applied", aliases: &[], flags: "all? filename,f:, kustomize,k: output,o: recursive,R? selector,l:", run: apply::view_last_applied },
    Verb { path: "create", aliases: &[], flags: create::FLAGS, run: create::run },
    Verb { path: "delete", aliases: &[], flags: delete::FLAGS, run: delete::run },
    Verb { path: "patch", aliases: &[], flags: patch::FLAGS, run: patch::run },
    Verb { path: "label", aliases: &[], flags: label::FLAGS, run: label::label },
    Verb { path: "annotate", aliases: &[], flags: label::FLAGS, run: label::annotate },
    Verb { path: "scale", aliases: &[], flags: scale::FLAGS, run: scale::run },
    Verb { path: "set image", aliases: &[], flags: set::FLAGS, run: set::image },
    Verb { path: "set env", aliases: &[], flags: set::ENV_FLAGS, run: set::env },
    Verb { path: "set resources", aliases: &[], flags: set::RESOURCE_FLAGS, run: set::resources },
    Verb { path: "set selector", aliases: &[], flags: set::FLAGS, run: set::selector },
    Verb { path: "set serviceaccount", aliases: &["sa"], flags: set::FLAGS, run: set::service_account },
    Verb { path: "set subject", aliases: &[], flags: set::SUBJECT_FLAGS, run: set::subject },
    Verb { path: "rollout status", aliases: &[], flags: rollout::STATUS_FLAGS, run: rollout::status },
    Verb { path: "rollout history", aliases: &[], flags: rollout::FLAGS, run: rollout::history },
    Verb { path: "rollout undo", aliases: &[], flags: rollout::FLAGS, run: rollout::undo },
    Verb { path: "rollout restart", aliases: &[], flags: rollout::FLAGS, run: rollout::restart },
    Verb { path: "rollout pause", aliases: &[], flags: rollout::FLAGS, run: rollout::pause },
    Verb { path: "rollout resume", aliases: &[], flags: rollout::FLAGS, run: rollout::resume },
    Verb { path: "exec", aliases: &[], flags: exec::FLAGS, run: exec::run },
    Verb { path: "debug", aliases: &[], flags: debug::FLAGS, run: debug::run },
    Verb { path: "describe", aliases: &[], flags: describe::FLAGS, run: describe::run },
    Verb { path: "logs", aliases: &[], flags: logs::FLAGS, run: logs::run },
    Verb { path: "events", aliases: &[], flags: events::FLAGS, run: events::run },
];

/// Runs what was typed after `kubectl`.
pub fn run(session: &mut Session<'_>, args: &[String], stdin: &str) -> Output {
    session.out = Output::default();
    session.stdin = stdin.to_owned();
    session.namespace = session.context_namespace();
    session.explicit = false;
    session.user = None;
    let result = dispatch(session, args);
    if let Err(failure) = result {
        session.complain(&failure.text);
        session.out.code = failure.code;
    }
    std::mem::take(&mut session.out)
}

fn dispatch(session: &mut Session<'_>, args: &[String]) -> Result<(), Failure> {
    if let Some(flag) = args.first().filter(|a| a.starts_with("--") && a.len() > 2 && !matches!(a.as_str(), "--help" | "--version") && args.len() > 1 && !is_global(a)) {
        return Err(Failure::plain(format!("Error: flags cannot be placed before plugin name: {flag}\n")));
    }
    // Global flags may stand before the verb.
    let mut words: Vec<String> = Vec::new();
    let mut rest = args.iter().peekable();
    while let Some(word) = rest.peek() {
        if !word.starts_with('-') {
            break;
        }
        words.extend(rest.next().cloned());
        if !words.last().is_some_and(|w| w.contains('=')) && matches!(words.last().map(String::as_str), Some("-n" | "--namespace" | "--context" | "--as" | "-s" | "-v")) {
            words.extend(rest.next().cloned());
        }
    }
    let first = rest.next().cloned().unwrap_or_default();
    let tail: Vec<String> = rest.cloned().collect();
    let mut best: Option<(&Verb, usize)> = None;
    for verb in VERBS {
        let path: Vec<&str> = verb.path.split(' ').collect();
        let same = |want: &str, have: &str, last: bool| want == have || last && verb.aliases.contains(&have);
        let hit = path.iter().enumerate().all(|(i, p)| {
            let have = if i == 0 { Some(&first) } else { tail.get(i - 1) };
            have.is_some_and(|h| same(p, h, i + 1 == path.len()))
        });
        if hit && best.is_none_or(|(_, n)| path.len() > n) {
            best = Some((verb, path.len()));
        }
    }
    let Some((verb, length)) = best else {
        return Err(Failure::error(format!("unknown command {first:?} for \"kubectl\"")));
    };
    words.extend(tail.into_iter().skip(length - 1));
    let flags = Flags::parse(verb.path, verb.flags, &words)?;
    if let Some(namespace) = flags.get("namespace") {
        session.namespace = namespace.to_owned();
        session.explicit = true;
    }
    session.user = flags.get("as").map(str::to_owned);
    (verb.run)(session, &flags)
}

fn is_global(word: &str) -> bool {
    let name = word.trim_start_matches('-').split('=').next().unwrap_or_default();
    matches!(name, "namespace" | "context" | "as" | "kubeconfig" | "server" | "v" | "cluster" | "user" | "request-timeout" | "token")
}
