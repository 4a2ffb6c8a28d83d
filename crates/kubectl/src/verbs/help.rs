//! `-h`, `help`, and groups of commands without one of them: the pages of static/schema/help.txt, each under its `== command`.

use super::VERBS;
use crate::session::{Failure, Session};

/// The page of a command; the root's where it has no words.
fn page(text: &str, command: &str) -> Option<String> {
    let mark = format!("\n== {command}\n");
    let rest = text.get(text.find(&mark)? + mark.len()..)?;
    let end = rest.find("\n== ").map_or(rest.len(), |at| at + 1);
    rest.get(..end).map(str::to_owned)
}

/// The words of a command as the pages have them: other names of a command become its own.
fn canonical(words: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in words.iter().filter(|w| !w.starts_with('-')) {
        let above = out.join(" ");
        let named = VERBS.iter().find(|v| v.aliases.contains(&word.as_str()) && v.path.rsplit_once(' ').map_or("", |(a, _)| a) == above);
        out.push(match named.and_then(|v| v.path.rsplit(' ').next()) {
            Some(name) => name.to_owned(),
            None if word == "svc" && above == "create" => "service".to_owned(),
            None => word.clone(),
        });
    }
    out
}

/// The page of the command these words begin with; `None` where there is none.
fn of(session: &mut Session<'_>, words: &[String]) -> Result<Option<String>, Failure> {
    let text = session.reference("help")?;
    let words = canonical(words);
    Ok((1..=words.len()).rev().find_map(|n| page(&text, &words.get(..n)?.join(" "))))
}

/// Prints the page of a command.
pub(super) fn print(session: &mut Session<'_>, words: &[String]) -> Result<(), Failure> {
    let text = session.reference("help")?;
    let found = if words.is_empty() { page(&text, "") } else { of(session, words)? };
    session.print(found.unwrap_or_default());
    Ok(())
}

/// `help COMMAND`.
pub(super) fn command(session: &mut Session<'_>, words: &[String]) -> Result<(), Failure> {
    let words: Vec<String> = words.iter().filter(|w| !w.starts_with('-')).cloned().collect();
    if words.is_empty() || of(session, &words)?.is_some() {
        return print(session, &words);
    }
    let text = session.reference("help")?;
    let root = page(&text, "").unwrap_or_default();
    let usage = root.find("\n\nBasic Commands").and_then(|at| root.get(at..)).unwrap_or_default();
    session.complain(format!("Unknown help topic [{}]\n{usage}", words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(" ")));
    Ok(())
}

/// A group without a command (`kubectl set`): its page, as an error.
pub(super) fn group(session: &mut Session<'_>, group: &str) -> Failure {
    match session.reference("help") {
        Ok(text) => Failure::plain(page(&text, group).unwrap_or_default()),
        Err(failure) => failure,
    }
}
