//! A value with its place in the text.

use std::rc::Rc;

use serde_json::{Map, Number, Value};

use crate::Span;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands; for an alias, where the anchor's value stands.
    pub span: Span,
    /// What it is.
    pub content: Content,
    /// How many decoding steps it costs, aliases expanded.
    pub cost: u32,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above the signed range.
    Unsigned(u64),
    /// A floating point number.
    Float(f64),
    /// A string.
    String(Box<str>),
    /// A list.
    Sequence(Vec<Rc<Node>>),
    /// A map: merge keys are applied, of a repeated key the last value is kept.
    Mapping(Vec<Entry>),
}

/// A key of a map and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key as JSON has it: numbers and booleans are strings.
    pub key: Box<str>,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Rc<Node>,
}

impl Node {
    /// The value of a key; `None` for anything but a map.
    pub fn get(&self, key: &str) -> Option<&Rc<Node>> {
        self.entry(key).map(|e| &e.value)
    }

    /// A key and its value.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Mapping(entries) => entries.iter().find(|e| &*e.key == key),
            _ => None,
        }
    }

    /// An item of a list.
    pub fn item(&self, index: usize) -> Option<&Rc<Node>> {
        match &self.content {
            Content::Sequence(items) => items.get(index),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.content {
            Content::String(s) => Some(s),
            _ => None,
        }
    }

    /// The JSON that the client makes of it.
    ///
    /// # Errors
    /// JSON has no infinities and no NaN: the message of Go's encoder.
    pub fn to_json(&self) -> Result<Value, String> {
        Ok(match &self.content {
            Content::Null => Value::Null,
            Content::Bool(b) => Value::Bool(*b),
            Content::Int(i) => Value::from(*i),
            Content::Unsigned(u) => Value::from(*u),
            Content::Float(f) => Value::Number(float(*f)?),
            Content::String(s) => Value::String(String::from(&**s)),
            Content::Sequence(items) => Value::Array(items.iter().map(|i| i.to_json()).collect::<Result<_, _>>()?),
            Content::Mapping(entries) => {
                let mut map = Map::new();
                let mut failed: Option<(&str, String)> = None;
                for e in entries {
                    match e.value.to_json() {
                        Ok(v) => {
                            map.insert(String::from(&*e.key), v);
                        }
                        // The encoder goes through the keys in their order.
                        Err(m) if failed.as_ref().is_none_or(|(k, _)| &*e.key < *k) => failed = Some((&e.key, m)),
                        Err(_) => {}
                    }
                }
                match failed {
                    Some((_, message)) => return Err(message),
                    None => Value::Object(map),
                }
            }
        })
    }
}

/// A float as JSON carries it: whole numbers lose their fraction.
fn float(f: f64) -> Result<Number, String> {
    if f.fract() == 0.0 && f.abs() < 9.2e18 {
        return Ok(Number::from(f as i64));
    }
    Number::from_f64(f).ok_or_else(|| {
        let shown = if f.is_nan() {
            "NaN"
        } else if f > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        format!("json: unsupported value: {shown}")
    })
}

/// A float in the form of Go's `strconv.FormatFloat(f, 'g', -1, 32)`, as map keys have it.
pub(crate) fn float_key(f: f64) -> String {
    if f.is_nan() {
        return ".nan".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let shown = (f as f32).to_string();
    let exponent = if f == 0.0 { 0 } else { f.abs().log10().floor() as i32 };
    if (-4..21).contains(&exponent) {
        return shown;
    }
    let e = format!("{:e}", f as f32);
    match e.split_once('e') {
        Some((m, x)) => {
            let (sign, digits) = x.strip_prefix('-').map_or(("+", x), |d| ("-", d));
            format!("{m}e{sign}{digits:0>2}")
        }
        None => shown,
    }
}
