//! From a field path of the API server to a place in the text.
//!
//! The server's paths are not always those of the manifest: indices are missing, names differ,
//! maps stand for one of their keys. What is known of that is undone here.

use crate::Span;
use crate::field::{FieldError, Reason};
use crate::yaml::{Content, Node};

/// Where a path leads, as far as the text goes with it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    node: Option<&'a Node>,
    key: Option<Span>,
    /// The key of the deepest thing that was found, where the path goes on.
    around: Option<Span>,
    complete: bool,
}

impl<'a> Place<'a> {
    /// Follows a path: `spec.containers[0].env[1].value`, `data[a.b]`.
    pub fn find(root: &'a Node, path: &str) -> Place<'a> {
        Place::walk(root, path, "")
    }

    /// The place of a field error: where a map stands for one of its keys, that key.
    pub fn of_error(root: &'a Node, e: &FieldError) -> Place<'a> {
        // Of a schema's alternatives the server tells the place in the words only.
        let path = if e.path == "<nil>" { e.detail.split('"').nth(1).unwrap_or_default() } else { &e.path };
        let mut place = Place::walk(root, path, &e.value);
        if let (true, Reason::Invalid, Some(Content::Mapping(entries))) = (place.complete, e.reason, place.node.map(|n| &n.content)) {
            let quoted = |s: &str| crate::go::quote(s) == e.value;
            if let Some(entry) = entries.iter().find(|x| quoted(&x.key) || x.value.as_str().is_some_and(quoted)) {
                place = Place { node: Some(&entry.value), key: Some(entry.key_span), around: None, complete: true };
                if quoted(&entry.key) {
                    place.node = None;
                }
            }
        }
        place
    }

    fn walk(root: &'a Node, path: &str, value: &str) -> Place<'a> {
        let mut at = Place { node: Some(root), key: None, around: None, complete: true };
        for segment in segments(path) {
            let Some(node) = at.node else { break };
            if let Some((next, key)) = step(node, segment, value) {
                at.key = key.or(Some(next.span)).or(at.key);
                at.node = Some(next);
            } else {
                at.around = at.key;
                at.complete = false;
                break;
            }
        }
        at
    }

    /// The node, where the text has the whole path.
    pub fn node(&self) -> Option<&'a Node> {
        self.node.filter(|_| self.complete)
    }

    /// The key's place, or that of a list's item.
    pub fn key(&self) -> Option<Span> {
        self.key
    }

    /// The place of the field if the text has it.
    pub fn exact(&self) -> Option<Span> {
        if !self.complete {
            return None;
        }
        match self.node.map(|n| (&n.content, n.span)) {
            Some((Content::Mapping(_) | Content::Sequence(_) | Content::Null, _)) | None => self.key,
            Some((_, span)) => Some(span),
        }
    }

    /// The place of the field, or of what is around it.
    pub fn nearest(&self, otherwise: Span) -> Span {
        let span = self.exact().or(self.around).or(self.key).unwrap_or(Span { start: otherwise.start, end: otherwise.start });
        first_line(self.node, span)
    }

    /// Key and value together.
    pub fn whole(&self) -> Option<Span> {
        let node = self.node.filter(|_| self.complete)?;
        Some(Span { start: self.key.map_or(node.span.start, |k| k.start.min(node.span.start)), end: node.span.end })
    }
}

/// A list item that is a map is shown by its first key.
fn first_line(node: Option<&Node>, span: Span) -> Span {
    match node {
        Some(n) if n.span == span => match &n.content {
            Content::Mapping(entries) => entries.first().map_or(span, |e| e.key_span),
            _ => span,
        },
        _ => span,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step<'p> {
    Name(&'p str),
    Bracket(&'p str),
}

fn segments(path: &str) -> Vec<Step<'_>> {
    let mut out = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            out.push(Step::Bracket(inner.get(..end).unwrap_or_default()));
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end > 0 {
                out.push(Step::Name(rest.get(..end).unwrap_or_default()));
            } else if !rest.starts_with('[') {
                break;
            }
            rest = rest.get(end..).unwrap_or_default();
        }
    }
    out
}

fn step<'a>(node: &'a Node, segment: Step, value: &str) -> Option<(&'a Node, Option<Span>)> {
    let entry = |key: &str| node.entry(key).map(|e| (&*e.value, Some(e.key_span)));
    match segment {
        Step::Bracket(key) => {
            if let Some(i) = key.parse::<usize>().ok().and_then(|i| node.item(i)) {
                return Some((i, None));
            }
            // `clusterIPs[0]` for a scalar, `resources[storage]` for a request.
            entry(key).or_else(|| node.get("requests").and_then(|r| r.entry(key)).map(|e| (&*e.value, Some(e.key_span)))).or(match &node.content {
                Content::Sequence(_) | Content::Mapping(_) => None,
                _ if key == "0" => Some((node, Some(node.span))),
                _ => None,
            })
        }
        Step::Name(name) => {
            if let Content::Sequence(items) = &node.content {
                // An index is missing: the item that has the value.
                let with = |i: &'a Node| i.entry(name).map(|e| (&*e.value, Some(e.key_span)));
                let shown = |n: &Node| n.as_str().map(crate::go::quote).is_some_and(|q| q == value);
                let exact = items.iter().filter_map(|i| with(i)).find(|(n, _)| shown(n));
                return exact.or_else(|| items.iter().find_map(|i| with(i)));
            }
            let renamed = match name {
                "clusterIPs" => "clusterIP",
                "downwarAPI" => "downwardAPI",
                "persistentDisk" => "gcePersistentDisk",
                "SessionAffinity" => "sessionAffinity",
                other => other,
            };
            if let Some(found) = entry(name).or_else(|| entry(renamed)) {
                return Some(found);
            }
            if matches!(name, "labels" | "annotations")
                && let Some(e) = node.get("metadata").and_then(|m| m.entry(name))
            {
                return Some((&e.value, Some(e.key_span)));
            }
            match &node.content {
                Content::Mapping(entries) => entries.iter().find(|e| e.key.eq_ignore_ascii_case(name)).map(|e| (&*e.value, Some(e.key_span))),
                _ => None,
            }
        }
    }
}
