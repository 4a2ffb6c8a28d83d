//! Events of the YAML parser to a tree of nodes: anchors, merge keys, duplicate keys, limits.

use std::collections::BTreeMap;
use std::rc::Rc;

use libyaml_safer::{ErrorKind, Event, EventData, Mark, Parser};

use crate::Span;

use super::node::{Content, Entry, Node, float_key};
use super::{SyntaxError, scalar};

/// Deeper nesting than this is refused; the client's own limit is 10,000.
const MAX_DEPTH: usize = 150;
/// More decoding steps than this through aliases are refused.
const MAX_COST: u64 = 2_000_000;

/// A document that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// Its value; `None` for a document of blanks and comments.
    pub root: Option<Rc<Node>>,
    /// Keys that a later one of the same name overrules: name, the place of both.
    pub repeated: Vec<(Box<str>, Span, Span)>,
}

/// Parses one document that stands at `offset` in its stream. Spans are those of the stream.
///
/// # Errors
/// In the client's words (see `fail` of go-yaml v2 for the rule of line numbers).
pub fn parse(text: &str, offset: usize) -> Result<Parsed, SyntaxError> {
    // The client's line reader gives every document a line end.
    let closed;
    let text = if text.ends_with('\n') {
        text
    } else {
        closed = format!("{text}\n");
        &closed
    };
    let mut bytes = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_encoding(libyaml_safer::Encoding::Utf8);
    parser.set_input(&mut bytes);
    let mut composer = Composer { parser, offset, len: text.len(), anchors: BTreeMap::new(), failure: None, repeated: Vec::new(), cost: 0, aliased: 0 };
    let root = composer.document()?;
    match composer.failure {
        Some(error) => Err(error),
        None => Ok(Parsed { root, repeated: composer.repeated }),
    }
}

struct Composer<'a> {
    parser: Parser<&'a mut &'a [u8]>,
    offset: usize,
    len: usize,
    /// `None` while the anchor's value is still open.
    anchors: BTreeMap<String, Option<Rc<Node>>>,
    /// The first problem that go-yaml meets only when it decodes the parsed tree.
    failure: Option<SyntaxError>,
    repeated: Vec<(Box<str>, Span, Span)>,
    /// Decoding steps so far, and how many of them come from aliases.
    cost: u64,
    aliased: u64,
}

impl Composer<'_> {
    fn next(&mut self) -> Result<Event, SyntaxError> {
        self.parser.parse().map_err(|e| {
            let problem = e.problem();
            let at = e.problem_mark().unwrap_or_default();
            let context = e.context_mark().filter(|_| e.context().is_some_and(|c| !c.is_empty()));
            let mut line = at.line;
            if line != 0 {
                if e.kind() == ErrorKind::Scanner {
                    line += 1;
                }
            } else if let Some(c) = context {
                line = c.line;
            }
            let place = if line == 0 || e.kind() == ErrorKind::Reader { String::new() } else { format!("line {line}: ") };
            SyntaxError {
                message: format!("error converting YAML to JSON: yaml: {place}{problem}"),
                span: self.span(at, at),
                context: context.map(|c| (self.span(c, c), e.context().unwrap_or_default())),
            }
        })
    }

    fn span(&self, start: Mark, end: Mark) -> Span {
        let start = (start.index as usize).min(self.len);
        let end = (end.index as usize).min(self.len).max(start);
        Span { start: start + self.offset, end: end + self.offset }
    }

    /// Notes what the decoder will refuse, unless it refuses something before.
    fn refuse(&mut self, span: Span, message: &str) {
        if self.failure.is_none() {
            self.failure = Some(SyntaxError { message: format!("error converting YAML to JSON: {message}"), span, context: None });
        }
    }

    fn document(&mut self) -> Result<Option<Rc<Node>>, SyntaxError> {
        loop {
            let event = self.next()?;
            match event.data {
                EventData::StreamStart { .. } => {}
                EventData::DocumentStart { .. } => break,
                _ => return Ok(None),
            }
        }
        let first = self.next()?;
        let root = self.node(first, 0)?;
        // What follows the first document of a chunk is ignored, but its end must be one.
        self.next()?;
        Ok(Some(root))
    }

    fn node(&mut self, event: Event, depth: usize) -> Result<Rc<Node>, SyntaxError> {
        let span = self.span(event.start_mark, event.end_mark);
        if depth > MAX_DEPTH {
            return Err(SyntaxError { message: format!("nested more than {MAX_DEPTH} levels deep"), span, context: None });
        }
        self.cost += 1;
        match event.data {
            EventData::Alias { anchor } => match self.anchors.get(&anchor).cloned() {
                None => Err(SyntaxError { message: format!("error converting YAML to JSON: yaml: unknown anchor '{anchor}' referenced"), span, context: None }),
                Some(None) => {
                    self.refuse(span, &format!("yaml: anchor '{anchor}' value contains itself"));
                    Ok(Rc::new(Node { span, content: Content::Null, cost: 1 }))
                }
                Some(Some(node)) => {
                    self.cost += u64::from(node.cost);
                    self.aliased += u64::from(node.cost);
                    self.check_aliases(span);
                    Ok(node)
                }
            },
            EventData::Scalar { anchor, tag, value, plain_implicit, .. } => {
                let content = self.scalar(span, tag.as_deref(), value, plain_implicit);
                let node = Rc::new(Node { span, content, cost: 1 });
                if let Some(a) = anchor {
                    self.anchors.insert(a, Some(Rc::clone(&node)));
                }
                Ok(node)
            }
            EventData::SequenceStart { anchor, .. } => {
                self.open(anchor.as_deref());
                let mut items = Vec::new();
                let mut cost = 1u32;
                let mut whole = span;
                loop {
                    let event = self.next()?;
                    if matches!(event.data, EventData::SequenceEnd) {
                        self.extend(&mut whole, &event, items.last().map(|n: &Rc<Node>| n.span));
                        break;
                    }
                    let item = self.node(event, depth + 1)?;
                    cost = cost.saturating_add(item.cost);
                    items.push(item);
                }
                Ok(self.close(anchor, Node { span: whole, content: Content::Sequence(items), cost }))
            }
            EventData::MappingStart { anchor, .. } => {
                self.open(anchor.as_deref());
                let (entries, whole, cost) = self.mapping(span, depth)?;
                Ok(self.close(anchor, Node { span: whole, content: Content::Mapping(entries), cost }))
            }
            // The parser gives no other event where a node is expected.
            _ => Ok(Rc::new(Node { span, content: Content::Null, cost: 1 })),
        }
    }

    fn open(&mut self, anchor: Option<&str>) {
        if let Some(a) = anchor {
            self.anchors.insert(a.to_owned(), None);
        }
    }

    fn close(&mut self, anchor: Option<String>, node: Node) -> Rc<Node> {
        let node = Rc::new(node);
        if let Some(a) = anchor {
            self.anchors.insert(a, Some(Rc::clone(&node)));
        }
        node
    }

    /// The end of a collection: its closing bracket, or the end of its last part.
    fn extend(&self, whole: &mut Span, end: &Event, last: Option<Span>) {
        let close = self.span(end.start_mark, end.end_mark);
        whole.end = if close.end > close.start { close.end } else { last.map_or(whole.end, |l| l.end) }.max(whole.start);
    }

    fn mapping(&mut self, span: Span, depth: usize) -> Result<(Vec<Entry>, Span, u32), SyntaxError> {
        let mut map = Pairs::default();
        let mut cost = 1u32;
        let mut whole = span;
        let mut last = None;
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::MappingEnd) {
                self.extend(&mut whole, &event, last);
                return Ok((map.entries, whole, cost));
            }
            let merge = matches!(&event.data, EventData::Scalar { value, plain_implicit: true, tag: None, .. } if value == "<<");
            let key = self.node(event, depth + 1)?;
            let key_span = key.span;
            let name = if merge { None } else { self.key(&key) };
            let event = self.next()?;
            let alias = matches!(event.data, EventData::Alias { .. });
            let value_mark = self.span(event.start_mark, event.end_mark);
            let value = self.node(event, depth + 1)?;
            cost = cost.saturating_add(key.cost).saturating_add(value.cost);
            last = Some(if alias { value_mark } else { value.span });
            if merge {
                self.merge(&mut map, &value, value_mark);
            } else if let Some(name) = name {
                if let Some(before) = map.put(Entry { key: name.clone(), key_span, value }, true) {
                    self.repeated.push((name, before, key_span));
                }
            } else if matches!(key.content, Content::Null) {
                let shown = go_syntax(&value);
                self.refuse(key_span, &format!("unsupported map key of type: %!s(<nil>), key: <nil>, value: {shown}"));
            }
        }
    }

    /// Applies `<<` at the point where it stands.
    fn merge(&mut self, map: &mut Pairs, value: &Rc<Node>, span: Span) {
        const WANT: &str = "yaml: map merge requires map or sequence of maps as the value";
        let put = |map: &mut Pairs, node: &Node| match &node.content {
            Content::Mapping(entries) => {
                for e in entries {
                    map.put(e.clone(), false);
                }
                true
            }
            _ => false,
        };
        let good = match &value.content {
            Content::Sequence(items) => items.iter().rev().all(|i| put(map, i)),
            _ => put(map, value),
        };
        if !good {
            self.refuse(span, WANT);
        }
    }

    /// A key as JSON has it; `None` where it is null or refused.
    fn key(&mut self, key: &Node) -> Option<Box<str>> {
        Some(match &key.content {
            Content::String(s) => s.clone(),
            Content::Int(i) => i.to_string().into(),
            Content::Unsigned(u) => u.to_string().into(),
            Content::Bool(b) => b.to_string().into(),
            Content::Float(f) => float_key(*f).into(),
            Content::Null => return None,
            Content::Sequence(_) | Content::Mapping(_) => {
                let shown = go_syntax(key);
                self.refuse(key.span, &format!("yaml: invalid map key: {shown}"));
                return Some("".into());
            }
        })
    }

    fn scalar(&mut self, span: Span, tag: Option<&str>, value: String, plain: bool) -> Content {
        let Some(tag) = tag else {
            return if plain { scalar::resolve(&value) } else { Content::String(value.into()) };
        };
        let short = tag.strip_prefix("tag:yaml.org,2002:");
        let resolved = scalar::resolve(&value);
        let found = match &resolved {
            Content::Null => "null",
            Content::Bool(_) => "bool",
            Content::Int(_) | Content::Unsigned(_) => "int",
            Content::Float(_) => "float",
            _ => "str",
        };
        match (short, resolved) {
            (Some("binary"), _) => {
                if let Ok(data) = crate::go::base64(&value) {
                    Content::String(String::from_utf8_lossy(&data).into())
                } else {
                    self.refuse(span, "yaml: !!binary value contains invalid base64 data");
                    Content::Null
                }
            }
            (Some("float"), Content::Int(i)) => Content::Float(i as f64),
            (Some(want @ ("int" | "float" | "bool" | "null")), content) => {
                if found != want {
                    self.refuse(span, &format!("yaml: cannot decode !!{found} `{value}` as a !!{want}"));
                }
                content
            }
            _ => Content::String(value.into()),
        }
    }

    /// The budget of go-yaml v2 for aliases, and ours.
    fn check_aliases(&mut self, span: Span) {
        let allowed = match self.cost {
            0..=400_000 => 0.99,
            4_000_000.. => 0.10,
            n => 0.99 - 0.89 * ((n - 400_000) as f64 / 3_600_000.0),
        };
        let ratio = self.aliased as f64 / self.cost.max(1) as f64;
        if (self.aliased > 100 && self.cost > 1000 && ratio > allowed) || self.aliased > MAX_COST {
            self.refuse(span, "yaml: document contains excessive aliasing");
        }
    }
}

/// The entries of a map while it is read.
#[derive(Default)]
struct Pairs {
    entries: Vec<Entry>,
    /// Position by key, once there are more than a few.
    index: BTreeMap<Box<str>, usize>,
}

impl Pairs {
    /// Puts an entry; gives the place of one that it replaces, when that matters.
    fn put(&mut self, entry: Entry, tell: bool) -> Option<Span> {
        let at = if self.entries.len() < 12 {
            self.entries.iter().position(|e| e.key == entry.key)
        } else {
            if self.index.is_empty() {
                self.index = self.entries.iter().enumerate().map(|(i, e)| (e.key.clone(), i)).collect();
            }
            self.index.get(&entry.key).copied()
        };
        if let Some(old) = at.and_then(|i| self.entries.get_mut(i)) {
            let before = old.key_span;
            *old = entry;
            tell.then_some(before)
        } else {
            if !self.index.is_empty() {
                self.index.insert(entry.key.clone(), self.entries.len());
            }
            self.entries.push(entry);
            None
        }
    }
}

/// A value as Go's `%#v` shows it.
fn go_syntax(node: &Node) -> String {
    match &node.content {
        Content::Null => "interface {}(nil)".to_owned(),
        Content::Bool(b) => b.to_string(),
        Content::Int(i) => i.to_string(),
        Content::Unsigned(u) => format!("{u:#x}"),
        Content::Float(f) => f.to_string(),
        Content::String(s) => crate::go::quote(s),
        Content::Sequence(items) => format!("[]interface {{}}{{{}}}", items.iter().map(|i| go_syntax(i)).collect::<Vec<_>>().join(", ")),
        Content::Mapping(entries) => {
            let mut all: Vec<_> = entries.iter().map(|e| format!("{}:{}", crate::go::quote(&e.key), go_syntax(&e.value))).collect();
            all.sort();
            format!("map[interface {{}}]interface {{}}{{{}}}", all.join(", "))
        }
    }
}
