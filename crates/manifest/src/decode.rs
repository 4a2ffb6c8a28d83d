//! JSON to the canonical JSON of an API type, with every mistake on the way.
//!
//! Follows `encoding/json` as the API server uses it (case-sensitive, strict): first type error
//! wins, custom decoders abort, unknown fields are told all together. The reader of the page shows
//! all of them.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::go;
use crate::quantity::Quantity;
use crate::schema::{Field, Shape, TypeId, schema};

/// What kind of mistake it is, in the order of the server's preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MistakeKind {
    /// Decoding stops here: a quantity, a time, an integer-or-string.
    Fatal,
    /// A value of the wrong type; the first one is told.
    Type,
    /// A field that the type does not have.
    Unknown,
}

/// A mistake in a document's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What kind.
    pub kind: MistakeKind,
    /// The field path with indices: `spec.containers[0].imagee`.
    pub path: String,
    /// The server's words: `unknown field "spec.containers[0].imagee"`.
    pub message: String,
    /// For an unknown field: the names that would have been known there.
    pub known: Vec<String>,
}

/// What decoding gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The object: only known fields, nothing null, no zero value that Go would leave out.
    pub value: Value,
    /// All mistakes, in the order in which the server meets them.
    pub mistakes: Vec<Mistake>,
}

impl Decoded {
    /// The server's text of a decode error; `None` where there is no mistake.
    pub fn error(&self) -> Option<String> {
        let first = |kind| self.mistakes.iter().find(|m| m.kind == kind);
        if let Some(m) = first(MistakeKind::Fatal).or_else(|| first(MistakeKind::Type)) {
            return Some(m.message.clone());
        }
        let unknown: Vec<&str> = self.mistakes.iter().take(100).map(|m| m.message.as_str()).collect();
        (!unknown.is_empty()).then(|| format!("strict decoding error: {}", unknown.join(", ")))
    }
}

/// The struct of a kind: `core.Pod` for `("", "v1", "Pod")`.
pub fn type_of(group: &str, version: &str, kind: &str) -> Option<TypeId> {
    let package = match (group, version) {
        ("", "v1") => "core",
        ("autoscaling", "v1") => "autoscaling1",
        ("autoscaling", "v2") => "autoscaling",
        ("rbac.authorization.k8s.io", "v1") => "rbac",
        (_, "v1") => group.split('.').next().unwrap_or_default(),
        _ => return None,
    };
    let id = schema().find(&format!("{package}.{kind}"))?;
    schema().struct_of(id).is_some_and(|s| s.is_root).then_some(id)
}

/// Decodes an object of a known type. Fields named `apiVersion` and `kind` are kept as they are.
pub fn decode(ty: TypeId, json: &Value) -> Decoded {
    let mut d = Decoder { mistakes: Vec::new(), path: String::new(), fields: Vec::new(), holder: "" };
    let value = d.value(ty, json, true).unwrap_or(Value::Object(Map::new()));
    Decoded { value, mistakes: d.mistakes }
}

/// Decodes a value of any type, such as a Pod template on its own.
pub fn decode_at(ty: TypeId, json: &Value, path: &str) -> Decoded {
    let mut d = Decoder { mistakes: Vec::new(), path: path.to_owned(), fields: Vec::new(), holder: "" };
    let value = d.value(ty, json, false).unwrap_or(Value::Object(Map::new()));
    Decoded { value, mistakes: d.mistakes }
}

struct Decoder<'a> {
    mistakes: Vec<Mistake>,
    /// The path with indices.
    path: String,
    /// Go's field stack: JSON names and embedded structs, no indices.
    fields: Vec<&'a str>,
    /// The struct that holds the current field.
    holder: &'static str,
}

/// How Go calls a JSON value.
fn described(v: &Value) -> &'static str {
    match v {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

impl<'a> Decoder<'a> {
    fn wrong(&mut self, kind: MistakeKind, value: &str, go: &str) {
        let place = if self.holder.is_empty() { "value".to_owned() } else { format!("struct field {}.{}", self.holder, self.fields.join(".")) };
        self.tell(kind, format!("json: cannot unmarshal {value} into Go {place} of type {go}"));
    }

    fn tell(&mut self, kind: MistakeKind, message: String) {
        self.mistakes.push(Mistake { kind, path: self.path.clone(), message, known: Vec::new() });
    }

    /// The decoded value; `None` where nothing can be made of it.
    fn value(&mut self, ty: TypeId, json: &'a Value, root: bool) -> Option<Value> {
        let s = schema();
        let t = s.get(ty);
        if json.is_null() && !matches!(t.shape, Shape::Raw) {
            return None;
        }
        match (&t.shape, json) {
            (Shape::Pointer(to), _) => self.value(*to, json, root),
            (Shape::Struct(at), Value::Object(map)) => Some(Value::Object(self.structure(*at, map, root))),
            (Shape::List(of), Value::Array(items)) => {
                let length = self.path.len();
                let mut out = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    let _ = write!(self.path, "[{i}]");
                    let v = self.value(*of, item, false);
                    out.push(v.unwrap_or_else(|| zero(*of)));
                    self.path.truncate(length);
                }
                Some(Value::Array(out))
            }
            (Shape::Map(of), Value::Object(map)) => {
                let length = self.path.len();
                let mut out = Map::new();
                for (k, v) in map {
                    self.path.push('[');
                    self.path.push_str(k);
                    self.path.push(']');
                    if let Some(v) = self.value(*of, v, false) {
                        out.insert(k.clone(), v);
                    }
                    self.path.truncate(length);
                }
                Some(Value::Object(out))
            }
            (Shape::String | Shape::IntOrString | Shape::Duration, Value::String(_))
            | (Shape::Bool | Shape::Or(_), Value::Bool(_))
            | (Shape::Raw, _)
            | (Shape::Float, Value::Number(_)) => Some(json.clone()),
            (Shape::Or(to), _) => self.value(*to, json, false),
            (Shape::Int(bits), Value::Number(n)) => {
                let fits = n.as_i64().filter(|i| match bits {
                    8 => i8::try_from(*i).is_ok(),
                    32 => i32::try_from(*i).is_ok(),
                    _ => true,
                });
                if fits.is_none() {
                    self.wrong(MistakeKind::Type, &format!("number {}", go::number(n)), &t.go);
                }
                fits.map(Value::from)
            }
            (Shape::Byte, Value::Number(n)) if n.as_u64().is_some_and(|b| b < 256) => Some(json.clone()),
            (Shape::Bytes, Value::String(text)) => match go::base64(text) {
                Ok(_) => Some(Value::String(text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect())),
                Err(at) => {
                    self.tell(MistakeKind::Type, format!("illegal base64 data at input byte {at}"));
                    None
                }
            },
            (Shape::Bytes, Value::Array(items)) => {
                let bytes: Vec<u8> = items
                    .iter()
                    .filter_map(|i| {
                        if let Some(b) = i.as_u64().and_then(|b| u8::try_from(b).ok()) {
                            Some(b)
                        } else {
                            self.wrong(MistakeKind::Type, described(i), "uint8");
                            None
                        }
                    })
                    .collect();
                Some(Value::String(go::to_base64(&bytes)))
            }
            (Shape::Quantity, _) => {
                let text = match json {
                    Value::String(s) => s.trim().to_owned(),
                    Value::Number(n) => go::number(n),
                    other => go::json(other),
                };
                match Quantity::parse(&text) {
                    Ok(q) => Some(Value::String(q.to_string())),
                    Err(message) => {
                        self.tell(MistakeKind::Fatal, message.to_owned());
                        None
                    }
                }
            }
            (Shape::IntOrString, Value::Number(n)) => {
                if n.as_i64().is_some_and(|i| i32::try_from(i).is_ok()) {
                    return Some(json.clone());
                }
                self.wrong(MistakeKind::Fatal, &format!("number {}", go::number(n)), "int32");
                None
            }
            (Shape::IntOrString, _) => {
                self.wrong(MistakeKind::Fatal, described(json), "int32");
                None
            }
            (Shape::Time | Shape::MicroTime, Value::String(text)) => match crate::time::canonical(text, t.shape == Shape::MicroTime) {
                Ok(text) => Some(Value::String(text)),
                Err(message) => {
                    self.tell(MistakeKind::Fatal, message);
                    None
                }
            },
            (Shape::Time | Shape::MicroTime | Shape::Duration, _) => {
                self.wrong(MistakeKind::Fatal, described(json), "string");
                None
            }
            _ => {
                self.wrong(MistakeKind::Type, described(json), &t.go);
                None
            }
        }
    }

    fn structure(&mut self, at: usize, map: &'a Map<String, Value>, root: bool) -> Map<String, Value> {
        let s = schema();
        let st = s.structure(at);
        let mut out = Map::new();
        let (length, depth, holder) = (self.path.len(), self.fields.len(), self.holder);
        for (key, json) in map {
            if st.is_root && (key == "apiVersion" || key == "kind") {
                if json.is_string() {
                    out.insert(key.clone(), json.clone());
                    continue;
                }
                if root || json.is_null() {
                    continue;
                }
            }
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(key);
            match st.field(key) {
                Some(field) => {
                    self.holder = st.name;
                    self.fields.extend(field.embedded.iter().flat_map(|e| e.split('.')));
                    self.fields.push(key);
                    if let Some(v) = self.value(field.ty, json, false)
                        && !left_out(field, &v)
                    {
                        out.insert(key.clone(), v);
                    }
                    self.fields.truncate(depth);
                    self.holder = holder;
                }
                None if json.is_null() => {}
                None => {
                    let message = ["unknown field \"", &told(&self.path), "\""].concat();
                    let known = st.fields.iter().map(|f| f.json.to_owned()).collect();
                    self.mistakes.push(Mistake { kind: MistakeKind::Unknown, path: self.path.clone(), message, known });
                }
            }
            self.path.truncate(length);
        }
        out
    }
}

/// A path as the strict decoder tells it: keys of maps after a dot, like fields.
fn told(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        let (inner, more) = after.split_once(']').unwrap_or((after, ""));
        out.push_str(before);
        if inner.bytes().all(|b| b.is_ascii_digit()) {
            out.push_str(&["[", inner, "]"].concat());
        } else {
            out.push_str(&[".", inner].concat());
        }
        rest = more;
    }
    out.push_str(rest);
    out
}

/// Whether Go's encoder leaves a value out.
fn left_out(field: &Field, v: &Value) -> bool {
    if !field.omit_empty && !field.omit_zero {
        return false;
    }
    let shape = &schema().get(field.ty).shape;
    if matches!(shape, Shape::Pointer(_) | Shape::Raw) {
        return false;
    }
    match v {
        Value::Bool(b) => !b,
        Value::Number(n) => n.as_f64() == Some(0.0) && !matches!(shape, Shape::IntOrString | Shape::Quantity),
        Value::String(s) => s.is_empty() && !matches!(shape, Shape::IntOrString),
        Value::Array(a) => a.is_empty(),
        Value::Object(m) => m.is_empty() && (field.omit_zero || matches!(shape, Shape::Map(_))),
        Value::Null => true,
    }
}

/// The zero value of a type, as Go's encoder writes it.
pub fn zero(ty: TypeId) -> Value {
    match schema().get(ty).shape {
        Shape::String => Value::String(String::new()),
        Shape::Bool => Value::Bool(false),
        Shape::Int(_) | Shape::Byte | Shape::Float | Shape::IntOrString => Value::from(0),
        Shape::Quantity => Value::String("0".to_owned()),
        Shape::Struct(_) => Value::Object(Map::new()),
        _ => Value::Null,
    }
}

/// Adds what Go's encoder writes though it is zero, everywhere in an object.
pub fn fill(ty: TypeId, value: &mut Value) {
    fill_with(ty, value, false);
}

/// The JSON of a stored object as the server sends it: without what Go leaves out, with what it
/// writes though it is zero or null.
pub fn encoded(ty: TypeId, json: &Value) -> Value {
    let mut value = decode(ty, json).value;
    fill_with(ty, &mut value, true);
    value
}

fn fill_with(ty: TypeId, value: &mut Value, nulls: bool) {
    let s = schema();
    match (&s.get(ty).shape, value) {
        (Shape::Pointer(to) | Shape::Or(to), v) => fill_with(*to, v, nulls),
        (Shape::List(of), Value::Array(items)) => items.iter_mut().for_each(|i| fill_with(*of, i, nulls)),
        (Shape::Map(of), Value::Object(map)) => map.values_mut().for_each(|v| fill_with(*of, v, nulls)),
        (Shape::Struct(at), Value::Object(map)) => {
            for f in &s.structure(*at).fields {
                if let Some(v) = map.get_mut(f.json) {
                    fill_with(f.ty, v, nulls);
                } else {
                    let shape = &s.get(f.ty).shape;
                    let written = match shape {
                        Shape::Struct(_) => !f.omit_zero,
                        Shape::String | Shape::Bool | Shape::Int(_) | Shape::Byte | Shape::Float | Shape::IntOrString | Shape::Quantity => !f.omit_empty,
                        Shape::List(_) | Shape::Map(_) | Shape::Pointer(_) | Shape::Time | Shape::MicroTime => nulls && !f.omit_empty && !f.omit_zero,
                        _ => false,
                    };
                    let flattened = f.embedded.is_some() && matches!(shape, Shape::Struct(_));
                    if written && !flattened {
                        let mut v = zero(f.ty);
                        fill_with(f.ty, &mut v, nulls);
                        map.insert(f.json.to_owned(), v);
                    }
                }
            }
        }
        _ => {}
    }
}
