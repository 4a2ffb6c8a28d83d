//! `podglass replay`: plays transcripts and compares what they print.

mod what_if;

use anyhow::Context;
use podglass_playground::cluster::{Cluster, Settings, SimTime};
use podglass_playground::kubectl::moment::{Moment, parse_duration};
use podglass_playground::kubectl::world::live::Live;
use podglass_playground::kubectl::{Files, Session};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What `podglass replay` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Transcripts.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Rewrites what is expected.
    #[arg(long)]
    update: bool,
    /// `text` or `json`.
    #[arg(long, default_value = "text")]
    format: String,
}

/// A part of a transcript.
enum Part {
    /// Prose and settings: kept as they are.
    Words(String),
    /// A command, a what-if (`!`) or a question (`?`) with its time and what it is expected to print.
    Command { head: String, at: u64, line: String, expected: Vec<String> },
}

/// A transcript's own files, and those it names.
#[derive(Default)]
struct TranscriptFiles {
    own: BTreeMap<String, String>,
}

impl Files for TranscriptFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.own.get(path.trim_start_matches("./")).map(|t| t.as_bytes().to_vec()).ok_or_else(|| "no such file or directory".to_owned())
    }
    fn directory(&self, path: &str) -> Option<Vec<String>> {
        matches!(path, "." | "./").then(|| self.own.keys().cloned().collect())
    }
}

/// Plays every transcript; exit code 1 where one differs.
pub(crate) fn run(a: &Arguments) -> anyhow::Result<u8> {
    let mut bad = false;
    for file in &a.files {
        bad |= !play(a, file)?;
    }
    Ok(u8::from(bad && !a.update))
}

fn play(a: &Arguments, path: &Path) -> anyhow::Result<bool> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut settings = Settings::default();
    let mut files = TranscriptFiles::default();
    let parts = parse(&text, path, &mut settings, &mut files)?;
    let mut cluster = Cluster::with_catalogue(settings, crate::record::catalogue());
    let (mut good, mut out) = (true, String::new());
    for part in parts {
        match part {
            Part::Words(w) => out.push_str(&w),
            Part::Command { head, at, line, expected } => {
                cluster.advance_to(SimTime(at), 50_000_000);
                let words = split(&line);
                let (printed, code) = match words.split_first() {
                    Some((mark, _)) if mark == "!" || mark == "?" => {
                        (what_if::play(&mut cluster, &line, &files).with_context(|| format!("{}: {head}", path.display()))?, 0)
                    }
                    Some((program, rest)) if program == "kubectl" || program == "k" => {
                        let mut world = Live::new(&mut cluster);
                        let mut session = Session::new(&mut world, &files, "default");
                        let answer = podglass_playground::kubectl::run(&mut session, rest, "");
                        (answer.all(), answer.code)
                    }
                    Some((program, rest)) if program == "docker" => {
                        cluster.docker_run(rest, &files.own.iter().map(|(k, v)| (k.clone(), v.clone().into_bytes())).collect())
                    }
                    _ => anyhow::bail!("{}: {line}: only kubectl, docker, `!` and `?` are played", path.display()),
                };
                let mut actual: Vec<String> = printed.lines().map(str::to_owned).collect();
                if code != 0 {
                    actual.push(format!("? {code}"));
                }
                let same = fits(&expected, &actual);
                if a.format == "json" {
                    println!(
                        "{}",
                        json!({"file": path.display().to_string(), "at": at as f64 / 1000.0, "command": line, "ok": same, "output": printed, "code": code})
                    );
                } else if !same && !a.update {
                    println!("--- {}: {head}", path.display());
                    expected.iter().filter(|l| !actual.contains(l)).for_each(|l| println!("-{l}"));
                    actual.iter().filter(|l| !expected.contains(l)).for_each(|l| println!("+{l}"));
                }
                good &= same;
                out.push_str(&format!("{head}\n"));
                for l in if same { &expected } else { &actual } {
                    out.push_str(&format!("{l}\n"));
                }
            }
        }
    }
    if a.update && out != text {
        std::fs::write(path, out)?;
    }
    Ok(good)
}

/// Reads a transcript.
fn parse(text: &str, path: &Path, settings: &mut Settings, files: &mut TranscriptFiles) -> anyhow::Result<Vec<Part>> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let lines: Vec<&str> = text.lines().collect();
    let (mut parts, mut i, mut clock) = (Vec::new(), 0, 0u64);
    while let Some(line) = lines.get(i) {
        i += 1;
        if let Some(setting) = line.strip_prefix("% ") {
            let words: Vec<&str> = setting.splitn(3, ' ').collect();
            let mut kept = format!("{line}\n");
            match words.as_slice() {
                ["seed", n] => settings.seed = n.parse().context("seed")?,
                ["epoch", t] => settings.epoch = Moment::parse(t).context("epoch")?.0 / 1_000_000,
                ["file", name, from] => {
                    let content = if let Some(end) = from.strip_prefix("<<") {
                        let mut content = String::new();
                        while let Some(l) = lines.get(i) {
                            i += 1;
                            kept.push_str(&format!("{l}\n"));
                            if *l == end {
                                break;
                            }
                            content.push_str(&format!("{l}\n"));
                        }
                        content
                    } else {
                        std::fs::read_to_string(folder.join(from)).with_context(|| (*from).to_owned())?
                    };
                    files.own.insert((*name).to_owned(), content);
                }
                _ => anyhow::bail!("{}: unknown setting: {line}", path.display()),
            }
            parts.push(Part::Words(kept));
            continue;
        }
        let Some((time, rest)) = line.strip_prefix('@').filter(|_| is_head(line)).and_then(|l| l.split_once(' ')) else {
            parts.push(Part::Words(format!("{line}\n")));
            continue;
        };
        let span = |t: &str| parse_duration(t).map(|n| (n / 1_000_000) as u64).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()));
        clock = match time.strip_prefix('+') {
            Some(t) => clock + span(t)?,
            None => span(time)?.max(clock),
        };
        // What is expected: up to the next blank line that is followed by a new part.
        let mut expected = Vec::new();
        while let Some(l) = lines.get(i) {
            let starts = |l: Option<&&str>| l.is_none_or(|l| is_head(l) || l.starts_with(['%', '#']));
            if is_head(l) || l.is_empty() && starts(lines.get(i + 1)) {
                break;
            }
            expected.push((*l).to_owned());
            i += 1;
        }
        let line_of = rest.strip_prefix("$ ").unwrap_or(rest).to_owned();
        parts.push(Part::Command { head: (*line).to_owned(), at: clock, line: line_of, expected });
    }
    Ok(parts)
}

/// Whether a line begins with a time; the hunk of a diff (`@@ -1 +1 @@`) does not.
fn is_head(line: &str) -> bool {
    line.strip_prefix('@').is_some_and(|l| l.starts_with(|c: char| c == '+' || c.is_ascii_digit()))
}

/// Whether lines fit a pattern: a line `[...]` is any number of lines, `[..]` any text within one.
fn fits(pattern: &[String], lines: &[String]) -> bool {
    match (pattern.split_first(), lines.split_first()) {
        (None, None) => true,
        (Some((p, rest)), _) if p == "[...]" => (0..=lines.len()).any(|n| fits(rest, lines.get(n..).unwrap_or_default())),
        (Some((p, rest)), Some((l, more))) => line_fits(p, l) && fits(rest, more),
        _ => false,
    }
}

fn line_fits(pattern: &str, line: &str) -> bool {
    let Some((head, tail)) = pattern.split_once("[..]") else { return pattern == line };
    let Some(rest) = line.strip_prefix(head) else { return false };
    (0..=rest.len()).filter(|n| rest.is_char_boundary(*n)).any(|n| line_fits(tail, rest.get(n..).unwrap_or_default()))
}

/// Splits a command line as a shell does: quotes and backslashes.
pub(crate) fn split(line: &str) -> Vec<String> {
    let (mut out, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, ' ' | '\t') => {
                if any {
                    out.push(std::mem::take(&mut word));
                }
                any = false;
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                any = true;
            }
            (Some(q), c) if c == q => quote = None,
            (None | Some('"'), '\\') => {
                let next = chars.next();
                if quote.is_some() && !matches!(next, Some('"' | '\\' | '$' | '`')) {
                    word.push('\\');
                }
                word.extend(next);
                any = true;
            }
            (_, c) => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        out.push(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_text_and_for_lines() {
        let l = |s: &[&str]| s.iter().map(|x| (*x).to_owned()).collect::<Vec<_>>();
        assert!(fits(&l(&["a [..] c", "[...]", "z"]), &l(&["a b c", "x", "y", "z"])));
        assert!(!fits(&l(&["a"]), &l(&["a", "b"])));
    }

    #[test]
    fn quoted_words_stay_together() {
        assert_eq!(split("a 'b c' \"d\\\"e\" f"), ["a", "b c", "d\"e", "f"]);
    }
}
