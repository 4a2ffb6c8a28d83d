//! The reader of the page: a text to documents and everything there is to say about it, at once.

use std::rc::Rc;

use serde_json::Value;

use crate::client::{self, group_version};
use crate::decode::{Mistake, MistakeKind, decode, type_of};
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::field::{FieldError, Reason};
use crate::locate::Place;
use crate::resource::Resource;
use crate::yaml::{self, Content, Node, SyntaxError};
use crate::{Kind, Object, advice, custom, defaults, fixes, server, validate, warnings};

/// What a text says.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The manifests that could be read as YAML, in the text's order; items of a `List` one by one.
    pub documents: Vec<Document>,
    /// Everything there is to say, in the text's order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Reading {
    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    /// The objects of documents without errors, decoded, without defaults.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.documents.iter().filter(|d| d.is_valid).filter_map(|d| d.object.as_ref())
    }

    /// The document that gave an object.
    pub fn document_of(&self, key: &crate::ObjectKey) -> Option<&Document> {
        self.documents.iter().find(|d| {
            d.object.as_ref().is_some_and(|o| {
                let k = o.key();
                k.kind == key.kind && k.name == key.name && (k.namespace == key.namespace || k.namespace.is_empty())
            })
        })
    }
}

/// One manifest in a text.
#[derive(Clone, Debug)]
pub struct Document {
    /// Position in the reading.
    pub index: usize,
    /// Where it stands.
    pub span: Span,
    /// Its values with their places.
    pub root: Rc<Node>,
    /// What it is an instance of, where that is known.
    pub resource: Option<Resource>,
    /// The object, without defaults; there even when it is invalid, as far as it could be decoded.
    pub object: Option<Object>,
    /// Whether the server would take it.
    pub is_valid: bool,
}

impl Document {
    /// The place of a field: its value, or its key where the value is a map or a list.
    /// `spec.containers[0].image`; `None` where the text does not have the field.
    pub fn span(&self, path: &str) -> Option<Span> {
        Place::find(&self.root, path).exact()
    }

    /// The place of a field, or of the nearest thing around it.
    pub fn nearest(&self, path: &str) -> Span {
        Place::find(&self.root, path).nearest(self.span)
    }

    /// The place of a whole field, key and value.
    pub fn whole(&self, path: &str) -> Option<Span> {
        Place::find(&self.root, path).whole()
    }
}

/// Reads a text.
pub fn read(text: &str) -> Reading {
    let mut r = Reader { text, reading: Reading::default(), custom: Vec::new() };
    let roots = r.roots();
    r.custom = roots.iter().flat_map(|(root, _)| custom_kinds(root)).collect();
    for (root, span) in roots {
        r.root(&root, span);
    }
    let mut reading = r.reading;
    advice::add(&mut reading);
    reading.diagnostics.sort_by_key(|d| (d.span.start, std::cmp::Reverse(d.severity)));
    reading
}

struct Reader<'a> {
    text: &'a str,
    reading: Reading,
    /// Kinds of the CustomResourceDefinitions in the text.
    custom: Vec<Resource>,
}

impl Reader<'_> {
    fn tell(&mut self, code: &'static str, severity: Severity, message: String, span: Span, path: &str) -> &mut Diagnostic {
        let mut span = span;
        // The parser is given a line end that the text may lack.
        span.end = span.end.min(self.text.len());
        while !self.text.is_char_boundary(span.end) {
            span.end -= 1;
        }
        span.start = span.start.min(span.end);
        let list = &mut self.reading.diagnostics;
        list.push(Diagnostic { code, severity, message, span, path: path.to_owned(), related: Vec::new(), help: None, fix: None });
        let last = list.len() - 1;
        &mut list[last]
    }

    /// The documents' values. A document that cannot be read does not stop the next ones.
    fn roots(&mut self) -> Vec<(Rc<Node>, Span)> {
        let mut roots = Vec::new();
        for chunk in yaml::chunks(self.text) {
            if let Some(e) = chunk.error {
                self.syntax(&e);
                continue;
            }
            match yaml::parse(chunk.text, chunk.offset) {
                Ok(parsed) => {
                    for (key, first, second) in parsed.repeated {
                        let d = self.tell(
                            "duplicate-key",
                            Severity::Advice,
                            format!("the key {key:?} stands twice in this map; kubectl keeps the last one without a word"),
                            second,
                            "",
                        );
                        d.related.push((first, "first here".to_owned()));
                    }
                    if let Some(root) = parsed.root.filter(|r| !matches!(r.content, Content::Null)) {
                        roots.push((root, Span { start: chunk.offset, end: chunk.offset + chunk.text.len() }));
                    }
                }
                Err(e) => self.syntax(&e),
            }
        }
        roots
    }

    fn syntax(&mut self, e: &SyntaxError) {
        let text = self.text;
        let message = e.message.strip_prefix("error converting YAML to JSON: ").unwrap_or(&e.message).to_owned();
        let mut span = e.span;
        // A problem at the end of the text is shown at its last character.
        span.start = span.start.min(text.len());
        span.end = span.end.clamp(span.start, text.len());
        if span.is_empty() && span.end < text.len() && text.as_bytes().get(span.end) != Some(&b'\n') {
            span.end += text.get(span.end..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8);
        }
        let fix = fixes::syntax(text, e);
        let d = self.tell("yaml", Severity::Error, message, span, "");
        if let Some((at, words)) = e.context {
            d.related.push((at, words.to_owned()));
        }
        d.fix = fix;
    }

    fn root(&mut self, root: &Rc<Node>, span: Span) {
        let kind = root.get("kind").and_then(|k| k.as_str());
        if kind == Some("List") || (kind.is_some_and(|k| k.ends_with("List")) && root.get("items").is_some()) {
            match root.get("items").map(|i| &i.content) {
                Some(Content::Sequence(items)) => {
                    for item in items {
                        self.document(item, item.span);
                    }
                }
                _ => {
                    self.tell("identity", Severity::Error, "invalid object to validate".to_owned(), root.span, "items");
                }
            }
            return;
        }
        self.document(root, span);
    }

    fn document(&mut self, root: &Rc<Node>, span: Span) {
        let index = self.reading.documents.len();
        let before = self.reading.diagnostics.len();
        let mut document = Document { index, span, root: Rc::clone(root), resource: None, object: None, is_valid: false };
        match root.to_json() {
            Ok(json) => self.check(&mut document, &json),
            Err(m) => {
                self.tell("yaml", Severity::Error, m, root.span, "");
                return;
            }
        }
        document.is_valid = document.object.is_some() && !self.reading.diagnostics.iter().skip(before).any(|d| d.severity == Severity::Error);
        self.reading.documents.push(document);
    }

    fn check(&mut self, document: &mut Document, json: &Value) {
        let root = Rc::clone(&document.root);
        let top = if let Content::Mapping(entries) = &root.content {
            entries.first().map_or(root.span, |e| e.key_span)
        } else {
            self.tell("identity", Severity::Error, "invalid object to validate".to_owned(), root.span, "");
            return;
        };
        let mut known = true;
        for key in ["apiVersion", "kind"] {
            let message = match json.get(key) {
                None | Some(Value::Null) => format!("{key} not set"),
                Some(Value::String(_)) => continue,
                Some(_) => format!("{key} isn't string type"),
            };
            known = false;
            let span = root.entry(key).map_or(top, |e| e.key_span);
            let fix = fixes::identity(self.text, &root, key);
            self.tell("identity", Severity::Error, message, span, key).fix = fix;
        }
        if !known {
            return;
        }
        let api = root.get("apiVersion").and_then(|n| n.as_str()).unwrap_or_default();
        let kind = root.get("kind").and_then(|n| n.as_str()).unwrap_or_default();
        let Some((group, version)) = group_version(api) else {
            let span = document.nearest("apiVersion");
            self.tell("identity", Severity::Error, format!("unexpected GroupVersion string: {api}"), span, "apiVersion");
            return;
        };
        let found =
            Resource::find(group, version, kind).or_else(|| self.custom.iter().find(|r| r.group == group && r.version == version && r.kind == kind).cloned());
        let Some(resource) = found else {
            let (span, help, fix) = fixes::unknown_kind(self.text, &root, group, version, kind, &self.custom);
            let message = format!("no matches for kind {} in version {}", crate::go::quote(kind), crate::go::quote(api));
            let d = self.tell("unknown-kind", Severity::Error, message, span, "kind");
            (d.help, d.fix) = (help, fix);
            return;
        };
        document.resource = Some(resource.clone());
        // The decoder below tells what is wrong in the metadata at the exact place, unless it is no map at all.
        if !json.get("metadata").is_some_and(Value::is_object)
            && let Some(message) = client::metadata_error(json)
        {
            let span = document.nearest("metadata");
            self.tell("wrong-type", Severity::Error, message, span, "metadata");
            return;
        }
        self.body(document, &resource, json);
    }

    fn body(&mut self, document: &mut Document, resource: &Resource, json: &Value) {
        if resource.modelled != Kind::Other && resource.kind != resource.modelled.name() {
            let span = document.nearest("kind");
            let message = format!("no kind {} is registered for version {}", crate::go::quote(&resource.kind), crate::go::quote(&resource.api_version()));
            let fix = fixes::replace(span, self.text, &format!("Write {}", resource.modelled.name()), resource.modelled.name());
            self.tell("unknown-kind", Severity::Error, message, span, "kind").fix = fix;
            return;
        }
        if let Some(schema) = &resource.schema {
            self.custom_body(document, resource, schema, json);
            return;
        }
        let Some(ty) = type_of(&resource.group, &resource.version, &resource.kind) else {
            let span = document.nearest("kind");
            if !self.custom.contains(resource) {
                self.tell("not-simulated", Severity::Advice, format!("{} is not simulated yet: it is stored, nothing happens", resource.kind), span, "kind");
            }
            document.object = server::to_object(resource, json).ok();
            return;
        };
        let decoded = decode(ty, json);
        for m in &decoded.mistakes {
            self.mistake(document, m);
        }
        document.object = server::to_object(resource, &decoded.value).ok();
        let mut value = decoded.value;
        defaults::reset(resource, &mut value);
        defaults::apply_json(resource, &mut value);
        let before = self.reading.diagnostics.len();
        self.name(document, json);
        let errors = validate::create_json(resource, &value);
        for e in &errors {
            // A missing name is the client's to say.
            let of_the_client = e.path == "metadata.name" && (e.reason == Reason::Required || e.value == "\"\"");
            if !of_the_client && !hidden(e, &decoded.mistakes) {
                self.field_error(document, e);
            }
        }
        // The server warns about what it takes.
        if !decoded.mistakes.is_empty() || self.reading.diagnostics.len() > before {
            return;
        }
        for w in warnings::of_json(resource, &value, None) {
            let path = w.split(": ").next().filter(|p| p.starts_with("spec") || p.starts_with("metadata")).unwrap_or_default().to_owned();
            let span = if path.is_empty() { document.nearest("metadata.name") } else { document.nearest(&path) };
            self.tell("warning", Severity::Warning, w, span, &path);
        }
    }

    /// An instance of a CustomResourceDefinition in the same text.
    fn custom_body(&mut self, document: &mut Document, resource: &Resource, schema: &Value, json: &Value) {
        let decoded = custom::decode(schema, json);
        for m in &decoded.mistakes {
            self.mistake(document, m);
        }
        document.object = server::to_object(resource, &decoded.value).ok();
        self.name(document, json);
        for e in &custom::errors(resource, schema, &decoded.value) {
            if (e.path != "metadata.name" || e.reason != Reason::Required) && !hidden(e, &decoded.mistakes) {
                self.field_error(document, e);
            }
        }
    }

    /// What the client says of a name that is missing or cannot stand in a path.
    fn name(&mut self, document: &Document, json: &Value) {
        let of = |key: &str| json.get("metadata").and_then(|m| m.get(key)).and_then(Value::as_str).unwrap_or_default();
        let message = match (of("name"), of("generateName")) {
            ("", "") => "resource name may not be empty".to_owned(),
            ("", base) => format!("from {base}: cannot use generate name with apply"),
            _ => return,
        };
        let path = if of("generateName").is_empty() { "metadata.name" } else { "metadata.generateName" };
        let span = document.nearest(path);
        self.tell("no-name", Severity::Error, message, span, path);
    }

    fn mistake(&mut self, document: &Document, m: &Mistake) {
        let place = Place::find(&document.root, &m.path);
        let (code, span) = match m.kind {
            MistakeKind::Unknown => ("unknown-field", place.key().unwrap_or(document.span)),
            MistakeKind::Type | MistakeKind::Fatal => ("wrong-type", place.nearest(document.span)),
        };
        let (help, fix) = if m.kind == MistakeKind::Unknown {
            fixes::unknown_field(self.text, &document.root, m, span)
        } else {
            (None, fixes::wrong_type(self.text, m, span))
        };
        let d = self.tell(code, Severity::Error, m.message.clone(), span, &m.path);
        (d.help, d.fix) = (help, fix);
    }

    fn field_error(&mut self, document: &Document, e: &FieldError) {
        let span = Place::of_error(&document.root, e).nearest(document.span);
        // The server looks for the namespace before it looks at its form.
        if e.path == "metadata.namespace" {
            self.tell("not-found", Severity::Error, ["namespaces ", &e.value, " not found"].concat(), span, &e.path);
            return;
        }
        let fix = fixes::field(self.text, document, e);
        self.tell(e.reason.code(), Severity::Error, e.to_string(), span, &e.path).fix = fix;
    }
}

/// Whether a validation error only repeats what a decoding mistake has said.
fn hidden(e: &FieldError, mistakes: &[Mistake]) -> bool {
    mistakes.iter().any(|m| match m.kind {
        MistakeKind::Unknown => {
            let (parent, name) = m.path.rsplit_once('.').unwrap_or(("", &m.path));
            e.reason == Reason::Required
                && e.path
                    .rsplit_once('.')
                    .is_some_and(|(p, missing)| p == parent && fixes::nearest(name, &mut m.known.iter().map(String::as_str)) == Some(missing))
        }
        MistakeKind::Type | MistakeKind::Fatal => e.path.starts_with(&m.path) || m.path.starts_with(&e.path),
    })
}

/// The kinds that a CustomResourceDefinition in the text adds.
fn custom_kinds(root: &Node) -> Vec<Resource> {
    if root.get("kind").and_then(|k| k.as_str()) != Some("CustomResourceDefinition") {
        return Vec::new();
    }
    let Some(ty) = type_of("apiextensions.k8s.io", "v1", "CustomResourceDefinition") else { return Vec::new() };
    let Ok(json) = root.to_json() else { return Vec::new() };
    let decoded = decode(ty, &json);
    Object::from_json(Kind::CustomResourceDefinition, decoded.value).map(|o| client::custom_resources(&o)).unwrap_or_default()
}
