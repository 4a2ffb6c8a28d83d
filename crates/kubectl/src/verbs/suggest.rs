//! What kubectl says to a command it does not know.

use super::{VERBS, help};
use crate::session::{Failure, Session};

/// The commands in the order of kubectl's help.
const ORDER: &[&str] = &[
    "create",
    "expose",
    "run",
    "set",
    "explain",
    "get",
    "edit",
    "delete",
    "rollout",
    "scale",
    "autoscale",
    "certificate",
    "cluster-info",
    "top",
    "cordon",
    "uncordon",
    "drain",
    "taint",
    "describe",
    "logs",
    "attach",
    "exec",
    "port-forward",
    "proxy",
    "cp",
    "auth",
    "debug",
    "events",
    "diff",
    "apply",
    "patch",
    "replace",
    "wait",
    "kustomize",
    "label",
    "annotate",
    "completion",
    "api-resources",
    "api-versions",
    "config",
    "kuberc",
    "plugin",
    "version",
];
/// Words people bring from elsewhere.
const ALIASES: &[(&str, &[&str])] = &[("list", &["get"]), ("rm", &["run", "delete", "cp"])];

/// The failure for an unknown command, with what may have been meant.
pub(super) fn unknown(session: &mut Session<'_>, first: &str, tail: &[String], flags: &[String]) -> Result<(), Failure> {
    let asks = tail.iter().any(|w| matches!(w.as_str(), "-h" | "--help"));
    if asks && ORDER.contains(&first) {
        let whole: Vec<String> = std::iter::once(first.to_owned()).chain(tail.iter().cloned()).collect();
        return help::print(session, &whole);
    }
    Err(failure(session, first, tail, flags))
}

fn failure(session: &mut Session<'_>, first: &str, tail: &[String], flags: &[String]) -> Failure {
    if first.is_empty() {
        return match flags.first() {
            Some(f) if f.starts_with("--") => Failure::plain(format!("error: unknown flag: {f}\nSee 'kubectl --help' for usage.\n")),
            Some(f) => {
                Failure::plain(format!("error: unknown shorthand flag: {:?} in {f}\nSee 'kubectl --help' for usage.\n", f.chars().nth(1).unwrap_or('-')))
            }
            None => Failure::plain("kubectl controls the Kubernetes cluster manager.\n"),
        };
    }
    let second = tail.first().map_or("", String::as_str);
    let group = if matches!((first, second), ("create", "secret" | "service" | "svc")) {
        format!("{first} {}", if second == "svc" { "service" } else { second })
    } else {
        first.to_owned()
    };
    let inside = tail.get(group.split(' ').count() - 1).filter(|w| !w.starts_with('-'));
    let known = VERBS.iter().any(|v| v.path.starts_with(&format!("{group} ")));
    if known {
        return match inside {
            Some(word) => Failure::plain(format!("error: unknown command {word:?}\nSee 'kubectl {group} -h' for help and examples\n")),
            None => help::group(session, &group),
        };
    }
    if matches!(first, "kustomize" | "proxy" | "completion" | "kuberc") {
        return Failure::error(format!("{first} is not simulated"));
    }
    let mut text = format!("error: unknown command {first:?} for \"kubectl\"\n");
    let fixed = ALIASES.iter().find(|a| a.0 == first).map_or(&[][..], |a| a.1);
    let lower = first.to_lowercase();
    let near: Vec<&str> =
        ORDER.iter().copied().filter(|c| fixed.contains(c) || fixed.is_empty() && (distance(&lower, c) <= 2 || c.starts_with(&lower))).collect();
    if !near.is_empty() {
        text.push_str("\nDid you mean this?\n");
        for c in near {
            text.push_str(&format!("\t{c}\n"));
        }
    }
    Failure::plain(text)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, y) in b.iter().enumerate() {
            let next = (diagonal + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    row.last().copied().unwrap_or(0)
}
