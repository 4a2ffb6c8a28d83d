//! Repairs of a text: each changes the cause of one mistake and nothing else.

use crate::Resource;
use crate::decode::Mistake;
use crate::diagnostic::{Fix, Span};
use crate::field::{FieldError, Reason};
use crate::read::Document;
use crate::schema::schema;
use crate::yaml::{Content, Node, SyntaxError};

/// The known name that is nearest to one that is not known, if one is near enough.
pub fn nearest<'a>(name: &str, known: &mut dyn Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_ascii_lowercase();
    let limit = (name.len() / 3).clamp(1, 3);
    known.map(|k| (distance(&lower, &k.to_ascii_lowercase()), k)).filter(|(d, _)| *d <= limit).min_by_key(|(d, _)| *d).map(|(_, k)| k)
}

/// How many letters must be changed, added, removed or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut cost = last[j] + usize::from(x != y);
            cost = cost.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

/// Makes the edits of one repair.
pub fn apply(text: &str, fix: &Fix) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut at = 0;
    for (span, with) in &fix.edits {
        out.push_str(text.get(at..span.start).unwrap_or_default());
        out.push_str(with);
        at = span.end.max(at);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Makes one repair after the other, until none is left or nothing gets better.
pub fn apply_all(text: &str) -> String {
    let mut text = text.to_owned();
    let errors = |text: &str| {
        let r = crate::read(text);
        let n = r.diagnostics.iter().filter(|d| d.severity == crate::Severity::Error).count();
        // Behind a wrong kind or version nothing was looked at before.
        (n, r.diagnostics.into_iter().filter_map(|d| Some((d.fix?, d.code == "unknown-kind"))).collect::<Vec<_>>())
    };
    let (mut count, mut fixes) = errors(&text);
    for _ in 0..200 {
        let better = fixes.iter().find_map(|(f, step)| {
            let new = apply(&text, f);
            let (n, more) = errors(&new);
            // A tab in the way hides what comes after it: the place must at least move.
            (new != text && (n < count || *step || f.title.contains("tabs"))).then_some((new, n, more))
        });
        match better {
            Some((new, n, more)) => (text, count, fixes) = (new, n, more),
            None => break,
        }
    }
    text
}

/// Replaces a place by a word.
pub(crate) fn replace(span: Span, text: &str, title: &str, with: &str) -> Option<Fix> {
    let old = text.get(span.start..span.end)?;
    (old != with && !old.contains('\n')).then(|| Fix { title: title.to_owned(), edits: vec![(span, with.to_owned())] })
}

/// A repair of a syntax error: tabs.
pub(crate) fn syntax(text: &str, e: &SyntaxError) -> Option<Fix> {
    let start = text.get(..e.span.start)?.rfind('\n').map_or(0, |i| i + 1);
    let line = text.get(start..)?.lines().next()?;
    let blank: &str = line.get(..line.len() - line.trim_start().len())?;
    if !blank.contains('\t') {
        return None;
    }
    let span = Span { start, end: start + blank.len() };
    Some(Fix { title: "Indent with blanks instead of tabs".to_owned(), edits: vec![(span, blank.replace('\t', "  "))] })
}

/// A missing `apiVersion` or `kind`.
pub(crate) fn identity(text: &str, root: &Node, key: &str) -> Option<Fix> {
    let _ = text;
    if key != "apiVersion" {
        return None;
    }
    let kind = root.get("kind")?.as_str()?;
    let (group, version, _) = Resource::kinds().find(|(_, _, k)| *k == kind)?;
    let api = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    if let Some(entry) = root.entry(key) {
        let span = entry.value.span;
        return Some(Fix { title: format!("Write apiVersion: {api}"), edits: vec![(span, api)] });
    }
    let at = root.span.start;
    Some(Fix { title: format!("Add apiVersion: {api}"), edits: vec![(Span { start: at, end: at }, format!("apiVersion: {api}\n"))] })
}

/// An unknown kind or version: where to show it, what to say, how to repair it.
pub(crate) fn unknown_kind(text: &str, root: &Node, group: &str, version: &str, kind: &str, custom: &[Resource]) -> (Span, Option<String>, Option<Fix>) {
    let kind_span = root.get("kind").map_or(root.span, |n| n.span);
    let version_span = root.get("apiVersion").map_or(root.span, |n| n.span);
    if let Some((g, v, _)) = Resource::kinds().find(|(_, _, k)| *k == kind) {
        let right = if g.is_empty() { v.to_owned() } else { format!("{g}/{v}") };
        let help = match removed(group, version, kind) {
            Some(release) => format!("{group}/{version} {kind} was removed in Kubernetes {release}; it is {right} now"),
            None => format!("{kind} is in {right}"),
        };
        return (version_span, Some(help), replace(version_span, text, &format!("Write apiVersion: {right}"), &right));
    }
    let known: Vec<&str> = Resource::kinds().map(|(_, _, k)| k).chain(custom.iter().map(|r| r.kind.as_str())).collect();
    let near = nearest(kind, &mut known.iter().copied()).or_else(|| kind.strip_suffix('s').and_then(|k| nearest(k, &mut known.iter().copied())));
    let fix = near.and_then(|n| replace(kind_span, text, &format!("Write {n}"), n));
    let help = match (near, removed(group, version, kind)) {
        (Some(n), _) => Some(format!("did you mean {n}?")),
        (None, Some(release)) => Some(format!("{kind} was removed in Kubernetes {release}")),
        _ => None,
    };
    (kind_span, help, fix)
}

/// The release in which a version of a kind went away.
fn removed(group: &str, version: &str, kind: &str) -> Option<&'static str> {
    Some(match (group, version, kind) {
        ("extensions", "v1beta1", "Ingress")
        | ("networking.k8s.io", "v1beta1", "Ingress" | "IngressClass")
        | ("rbac.authorization.k8s.io", "v1beta1" | "v1alpha1", _)
        | ("apiextensions.k8s.io" | "admissionregistration.k8s.io" | "scheduling.k8s.io" | "storage.k8s.io", "v1beta1", _) => "1.22",
        ("extensions", "v1beta1", _) | ("apps", "v1beta1" | "v1beta2", _) => "1.16",
        ("batch", "v1beta1", "CronJob") | ("discovery.k8s.io" | "policy", "v1beta1", _) | ("autoscaling", "v2beta1", _) => "1.25",
        ("autoscaling", "v2beta2", _) => "1.26",
        _ => return None,
    })
}

/// An unknown field: the nearest known name.
pub(crate) fn unknown_field(text: &str, root: &Node, m: &Mistake, span: Span) -> (Option<String>, Option<Fix>) {
    let name = m.path.rsplit_once('.').map_or(m.path.as_str(), |(_, n)| n);
    if let Some(fix) = into_the_container(text, root, m) {
        return (Some("it belongs to a container".to_owned()), Some(fix));
    }
    if let Some(fix) = other_level(text, root, m) {
        return (Some("it stands at the wrong depth".to_owned()), Some(fix));
    }
    let Some(near) = nearest(name, &mut m.known.iter().map(String::as_str)) else { return (None, None) };
    (Some(format!("did you mean {near}?")), replace(span, text, &format!("Write {near}"), near))
}

/// A wrong type: quotes around a number or a boolean that should be a string.
pub(crate) fn wrong_type(text: &str, m: &Mistake, span: Span) -> Option<Fix> {
    let old = text.get(span.start..span.end)?;
    if old.contains('\n') || old.is_empty() {
        return None;
    }
    if m.message.ends_with("of type string") && (m.message.contains("unmarshal number") || m.message.contains("unmarshal bool")) {
        return replace(span, text, "Put it in quotes", &format!("\"{old}\""));
    }
    let bare = old.trim_matches(['"', '\'']);
    let is_number = bare.parse::<i64>().is_ok();
    if m.message.contains("unmarshal string") && (m.message.ends_with("int32") || m.message.ends_with("int64")) && is_number {
        return replace(span, text, "Take off the quotes", bare);
    }
    if m.message.contains("unmarshal string") && m.message.ends_with("of type bool") && matches!(bare, "true" | "false") {
        return replace(span, text, "Take off the quotes", bare);
    }
    None
}

/// A repair of an invalid field.
pub(crate) fn field(text: &str, document: &Document, e: &FieldError) -> Option<Fix> {
    if e.path == "spec.selector" && e.reason == Reason::Required {
        return selector(text, document);
    }
    let span = document.span(&e.path)?;
    // The nearest of the supported values.
    let list = e.detail.strip_prefix("supported values: ")?;
    let near = nearest(e.value.trim_matches('"'), &mut list.split(", ").map(|v| v.trim_matches('"')))?;
    replace(span, text, &format!("Write {near}"), near)
}

/// A missing selector: the labels of the template.
fn selector(text: &str, document: &Document) -> Option<Fix> {
    let template = document.root.at(&["spec"])?.entry("template")?;
    let Content::Mapping(labels) = &template.value.at(&["metadata", "labels"])?.content else { return None };
    let (line, indent) = line_of(text, template.key_span.start)?;
    let mut new = format!("{indent}selector:\n{indent}  matchLabels:\n");
    for l in labels {
        let value = text.get(l.value.span.start..l.value.span.end).filter(|v| !v.contains('\n'))?;
        let key = text.get(l.key_span.start..l.key_span.end)?;
        new.push_str(&[indent, "    ", key, ": ", value, "\n"].concat());
    }
    (!labels.is_empty()).then(|| Fix { title: "Add a selector of the template's labels".to_owned(), edits: vec![(Span { start: line, end: line }, new)] })
}

/// The start of the line of a place and the blanks before it, where there is nothing else.
fn line_of(text: &str, at: usize) -> Option<(usize, &str)> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |i| i + 1);
    let indent = text.get(start..at)?;
    indent.bytes().all(|b| b == b' ').then_some((start, indent))
}

/// A field at the wrong depth: one that belongs into the field before it (`containers` beside an empty `spec`), or
/// beside the field it stands in (`spec` within `metadata`).
fn other_level(text: &str, root: &Node, m: &Mistake) -> Option<Fix> {
    let (parent, name) = m.path.rsplit_once('.').unwrap_or(("", &m.path));
    let place = crate::locate::Place::find(root, parent);
    let holder = if parent.is_empty() { root } else { place.node()? };
    let Content::Mapping(entries) = &holder.content else { return None };
    let at = entries.iter().position(|e| &*e.key == name)?;
    let own = entries.get(at)?;
    let lines = |edit: &dyn Fn(usize) -> (Span, String)| -> Option<Vec<(Span, String)>> {
        let (mut line, _) = line_of(text, own.key_span.start)?;
        let mut edits = Vec::new();
        while line < own.value.span.end.max(line + 1) && line < text.len() {
            edits.push(edit(line));
            line += text.get(line..)?.find('\n')? + 1;
            if line >= own.value.span.end {
                break;
            }
        }
        Some(edits)
    };
    let spec = ["core.PodSpec", "apps.DeploymentSpec", "core.ServiceSpec"];
    let s = schema();
    let of_a_spec = |n: &str| spec.iter().any(|t| s.find(t).and_then(|t| s.struct_of(t)).is_some_and(|t| t.field(n).is_some()));
    let before = at.checked_sub(1).and_then(|i| entries.get(i));
    if before.is_some_and(|b| &*b.key == "spec" && matches!(b.value.content, Content::Null)) && of_a_spec(name) {
        let edits = lines(&|line| (Span { start: line, end: line }, "  ".to_owned()))?;
        return Some(Fix { title: format!("Indent {name} into spec"), edits });
    }
    // One level up, where the field is known and missing.
    let (_, indent) = line_of(text, own.key_span.start)?;
    if parent == "metadata" && name == "spec" && root.get("spec").is_none() && at + 1 == entries.len() && !indent.is_empty() {
        let less = indent.len();
        let edits = lines(&|line| (Span { start: line, end: line + less }, String::new()))?;
        let blank = |e: &(Span, String)| text.get(e.0.start..e.0.end).is_some_and(|t| t.bytes().all(|b| b == b' '));
        return edits.iter().all(blank).then(|| Fix { title: format!("Move {name} out of {parent}"), edits });
    }
    None
}

/// A field of a container that stands beside the list of containers: its lines move to the right.
fn into_the_container(text: &str, root: &Node, m: &Mistake) -> Option<Fix> {
    let (parent, name) = m.path.rsplit_once('.')?;
    let place = crate::locate::Place::find(root, parent);
    let Content::Mapping(entries) = &place.node()?.content else { return None };
    let at = entries.iter().position(|e| &*e.key == name)?;
    let (own, before) = (entries.get(at)?, entries.get(at.checked_sub(1)?)?);
    if !matches!(&*before.key, "containers" | "initContainers") {
        return None;
    }
    let s = schema();
    s.struct_of(s.find("core.Container")?)?.field(name)?;
    let Content::Sequence(items) = &before.value.content else { return None };
    let Content::Mapping(fields) = &items.last()?.content else { return None };
    if fields.iter().any(|f| &*f.key == name) {
        return None;
    }
    let (start, indent) = line_of(text, own.key_span.start)?;
    let first = fields.first()?.key_span.start;
    let column = first - text.get(..first)?.rfind('\n').map_or(0, |i| i + 1);
    let more = " ".repeat(column.checked_sub(indent.len()).filter(|n| *n > 0)?);
    let mut edits = Vec::new();
    let mut line = start;
    while line < own.value.span.end.max(start + 1) {
        edits.push((Span { start: line, end: line }, more.clone()));
        line += text.get(line..)?.find('\n')? + 1;
    }
    Some(Fix { title: format!("Indent {name} into the container"), edits })
}
