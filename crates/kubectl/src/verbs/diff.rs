//! `kubectl diff`: what `apply` would change, as `diff -u -N` shows two folders of YAML.

use super::apply::{LAST_APPLIED, strictness};
use super::change::warn;
use crate::admission;
use crate::flags::Flags;
use crate::json::{Look, set};
use crate::manifests::{self, FileObject};
use crate::session::{Failure, Session};
use crate::{merge, output, yaml};
use serde_json::Value;
use std::rc::Rc;

pub(super) const FLAGS: &str = "concurrency:i field-manager: filename,f:, force-conflicts? kustomize,k: prune? prune-allowlist:[] recursive,R? selector,l: server-side? show-managed-fields?";

/// Lines around a change.
const CONTEXT: usize = 3;

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let ended = |failure: Failure| Failure { code: failure.code.max(2), ..failure };
    if flags.list("filename").is_empty() {
        return Err(ended(Failure::error("must specify one of -f and -k")));
    }
    let read = manifests::read(session, flags.list("filename"))?;
    let mut pairs: Vec<(String, String, String)> = Vec::new();
    for file in &read.objects {
        let (live, merged) = versions(session, flags, file).map_err(ended)?;
        let group = if file.resource.group.is_empty() { String::new() } else { format!("{}.", file.resource.group) };
        let namespace = if file.resource.namespaced { file.object.namespace() } else { "" };
        let name = format!("{group}{}.{}.{namespace}.{}", file.resource.version, file.resource.kind, file.object.name());
        let at = pairs.iter().position(|p| p.0 > name).unwrap_or(pairs.len());
        pairs.insert(at, (name, live, merged));
    }
    if !read.errors.is_empty() {
        let complaint = podglass_manifest::client::Run { reading: read.errors, applying: Vec::new() }.text();
        return Err(ended(Failure::plain(complaint)));
    }
    let now = session.world.now();
    let stamp = now.rfc3339().replace('T', " ").replace('Z', &format!(".{:09} +0000", now.0.rem_euclid(1_000_000_000)));
    let mut differs = false;
    for (name, live, merged) in pairs {
        let hunks = unified(&live, &merged);
        if !hunks.is_empty() {
            differs = true;
            let (from, to) = (format!("/tmp/LIVE-1/{name}"), format!("/tmp/MERGED-2/{name}"));
            session.print(format!("diff -u -N {from} {to}\n--- {from}\t{stamp}\n+++ {to}\t{stamp}\n{hunks}"));
        }
    }
    if differs { Err(Failure::silent(1)) } else { Ok(()) }
}

/// An object as it is, empty where it is not there, and as it would be.
fn versions(session: &mut Session<'_>, flags: &Flags, file: &FileObject) -> Result<(String, String), Failure> {
    let namespace = if file.resource.namespaced { file.object.namespace().to_owned() } else { String::new() };
    let (live, (merged, warnings)) = match session.world.find(&file.resource, &namespace, file.object.name()) {
        None => (None, admission::create(session.world, &file.resource, &file.object, &namespace, strictness(flags), true)?),
        Some(live) => {
            let original = live.at("metadata.annotations").get(LAST_APPLIED).and_then(Value::as_str).and_then(|a| serde_json::from_str(a).ok());
            let mut modified = file.object.clone();
            if !modified.at("metadata.annotations").is_object() {
                set(&mut modified, &["metadata", "annotations"], serde_json::json!({}));
            }
            let target = merge::apply(&original.unwrap_or(Value::Null), &live, &modified, admission::type_of(&file.resource));
            let mut answer =
                if target == *live { (live.clone(), Vec::new()) } else { admission::update(session.world, &file.resource, &target, strictness(flags), true)? };
            // What is wanted has another number once it is changed.
            if live.at("spec") != answer.0.at("spec") && live.int("metadata.generation") > 0 {
                let mut next = (*answer.0).clone();
                set(&mut next, &["metadata", "generation"], (live.int("metadata.generation") + 1).into());
                answer.0 = Rc::new(next);
            }
            (Some(live), answer)
        }
    };
    warn(session, &warnings);
    let mut pair = (live.map_or(Value::Null, |o| output::visible(&o)), output::visible(&merged));
    if file.resource.plural == "secrets" {
        mask(&mut pair.0, &mut pair.1);
    }
    let text = |o: &Value| if o.is_null() { String::new() } else { yaml::write(o) };
    Ok((text(&pair.0), text(&pair.1)))
}

/// Hides what Secrets hold, and shows where it differs.
fn mask(from: &mut Value, to: &mut Value) {
    let keys = |o: &Value| o.at("data").as_object().map(|m| m.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    for key in keys(from).iter().chain(&keys(to)) {
        let (a, b) = (from.at("data").get(key).cloned(), to.at("data").get(key).cloned());
        let (before, after) = if a.is_some() && b.is_some() && a != b && a != Some("***".into()) { ("*** (before)", "*** (after)") } else { ("***", "***") };
        for (object, old, text) in [(&mut *from, a, before), (&mut *to, b, after)] {
            // Keys of both are met twice: what is masked stays.
            if old.and_then(|v| v.as_str().map(|s| !s.starts_with("***"))) == Some(true) {
                set(object, &["data", key], text.into());
            }
        }
    }
}

/// The hunks of a unified diff; empty where both are the same.
fn unified(from: &str, to: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (from.lines().collect(), to.lines().collect());
    // The longest common subsequence from each pair of places on.
    let width = b.len() + 1;
    let mut best = vec![0_u32; (a.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            best[at(i, j)] = if a[i] == b[j] { best[at(i + 1, j + 1)] + 1 } else { best[at(i + 1, j)].max(best[at(i, j + 1)]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    // Every line with its mark, and the places before it.
    let mut lines: Vec<(char, &str, usize, usize)> = Vec::new();
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push((' ', a[i], i, j));
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || best[at(i + 1, j)] >= best[at(i, j + 1)]) {
            lines.push(('-', a[i], i, j));
            i += 1;
        } else {
            lines.push(('+', b[j], i, j));
            j += 1;
        }
    }
    let mut out = String::new();
    let mut next = 0;
    while let Some(first) = lines.iter().skip(next).position(|l| l.0 != ' ').map(|n| n + next) {
        let mut last = first;
        while let Some(more) = lines.iter().skip(last + 1).take(2 * CONTEXT + 1).position(|l| l.0 != ' ') {
            last += more + 1;
        }
        let (start, end) = (first.saturating_sub(CONTEXT).max(next), (last + CONTEXT + 1).min(lines.len()));
        let hunk = lines.get(start..end).unwrap_or_default();
        let count = |mark: char| hunk.iter().filter(|l| l.0 != mark).count();
        let range = |place: usize, n: usize| match n {
            0 => format!("{place},0"),
            1 => format!("{}", place + 1),
            n => format!("{},{n}", place + 1),
        };
        let (i, j) = hunk.first().map_or((0, 0), |l| (l.2, l.3));
        out.push_str(&format!("@@ -{} +{} @@\n", range(i, count('+')), range(j, count('-'))));
        for (mark, line, ..) in hunk {
            out.push(*mark);
            out.push_str(line);
            out.push('\n');
        }
        next = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn changes_stand_in_hunks_with_three_lines_around() {
        let from = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let to = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13\n";
        assert_eq!(unified(from, to), "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@@ -10,3 +10,4 @@\n 10\n 11\n 12\n+13\n");
        assert_eq!(unified("", "a\n"), "@@ -0,0 +1 @@\n+a\n");
        assert_eq!(unified("a\n", "a\n"), "");
    }
}
