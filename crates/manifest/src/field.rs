//! Field paths and field errors, in the words of apimachinery's util/validation/field.

use std::fmt;

use serde_json::Value;

use crate::go;

/// A path to a field, built on the stack while a check walks down.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    segment: Segment<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Segment<'a> {
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// A path that begins here.
    pub const fn new(name: &'a str) -> Path<'a> {
        Path { parent: None, segment: Segment::Name(name) }
    }
    /// `parent.name`; the name may itself have dots.
    #[must_use]
    pub fn child(&'a self, name: &'a str) -> Path<'a> {
        Path { parent: Some(self), segment: Segment::Name(name) }
    }
    /// `parent[3]`.
    #[must_use]
    pub fn index(&'a self, index: usize) -> Path<'a> {
        Path { parent: Some(self), segment: Segment::Index(index) }
    }
    /// `parent[key]`.
    #[must_use]
    pub fn key(&'a self, key: &'a str) -> Path<'a> {
        Path { parent: Some(self), segment: Segment::Key(key) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(p) = self.parent {
            p.fmt(f)?;
        }
        match self.segment {
            Segment::Name(n) => {
                if self.parent.is_some() {
                    f.write_str(".")?;
                }
                f.write_str(n)
            }
            Segment::Index(i) => write!(f, "[{i}]"),
            Segment::Key(k) => write!(f, "[{k}]"),
        }
    }
}

/// Why a value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A value is missing.
    Required,
    /// A value has a wrong form.
    Invalid,
    /// A value is none of a fixed list.
    NotSupported,
    /// A value stands twice.
    Duplicate,
    /// A value is not allowed here.
    Forbidden,
    /// What a value refers to is not there.
    NotFound,
    /// A value is too long.
    TooLong,
    /// A list has too many items.
    TooMany,
    /// Something else went wrong.
    Internal,
}

impl Reason {
    /// A stable identifier.
    pub fn code(self) -> &'static str {
        match self {
            Reason::Required => "required",
            Reason::Invalid => "invalid",
            Reason::NotSupported => "not-supported",
            Reason::Duplicate => "duplicate",
            Reason::Forbidden => "forbidden",
            Reason::NotFound => "not-found",
            Reason::TooLong => "too-long",
            Reason::TooMany => "too-many",
            Reason::Internal => "internal",
        }
    }
}

/// One refused field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The server's path, which is not always the path in the manifest.
    pub path: String,
    /// Why.
    pub reason: Reason,
    /// The value as the server shows it; empty where it shows none.
    pub value: String,
    /// More words; may be empty.
    pub detail: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.reason {
            Reason::Required => "Required value",
            Reason::Invalid => "Invalid value",
            Reason::NotSupported => "Unsupported value",
            Reason::Duplicate => "Duplicate value",
            Reason::Forbidden => "Forbidden",
            Reason::NotFound => "Not found",
            Reason::TooLong => "Too long",
            Reason::TooMany => "Too many",
            Reason::Internal => "Internal error",
        };
        write!(f, "{}: {what}", self.path)?;
        if !self.value.is_empty() {
            write!(f, ": {}", self.value)?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// How a value is shown in an error.
pub trait Shown {
    /// The server's way to write it.
    fn shown(&self) -> String;
}

impl Shown for str {
    fn shown(&self) -> String {
        go::quote(self)
    }
}
impl Shown for &str {
    fn shown(&self) -> String {
        go::quote(self)
    }
}
impl Shown for String {
    fn shown(&self) -> String {
        go::quote(self)
    }
}
impl Shown for i64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}
impl Shown for bool {
    fn shown(&self) -> String {
        self.to_string()
    }
}
impl Shown for Value {
    fn shown(&self) -> String {
        match self {
            Value::String(s) => go::quote(s),
            other => go::json(other),
        }
    }
}
impl Shown for &Value {
    fn shown(&self) -> String {
        (*self).shown()
    }
}

/// A value that is shown as it is.
pub struct Plain(pub String);
impl Shown for Plain {
    fn shown(&self) -> String {
        self.0.clone()
    }
}

/// The errors of one object, in the order of the server's checks.
#[derive(Clone, Debug, Default)]
pub struct Errors {
    list: Vec<FieldError>,
    /// What the server's declarative rules say, after all hand-written ones.
    late: Vec<FieldError>,
}

#[expect(clippy::needless_pass_by_value, reason = "what is shown is a reference or a number most of the time")]
impl Errors {
    fn push(&mut self, path: &Path, reason: Reason, value: String, detail: String) {
        self.list.push(FieldError { path: path.to_string(), reason, value, detail });
    }
    /// `Required value`, with a detail that may be empty.
    pub fn required(&mut self, path: &Path, detail: &str) {
        self.push(path, Reason::Required, String::new(), detail.to_owned());
    }
    /// `Invalid value: v: detail`.
    pub fn invalid(&mut self, path: &Path, value: impl Shown, detail: impl Into<String>) {
        self.push(path, Reason::Invalid, value.shown(), detail.into());
    }
    /// `Invalid value: v: detail` for each detail.
    pub fn invalids(&mut self, path: &Path, value: &str, details: Vec<String>) {
        for d in details {
            self.invalid(path, value, d);
        }
    }
    /// `Unsupported value: v: supported values: "A", "B"`.
    pub fn unsupported(&mut self, path: &Path, value: impl Shown, supported: &[&str]) {
        let list: Vec<String> = supported.iter().map(|s| go::quote(s)).collect();
        self.push(path, Reason::NotSupported, value.shown(), format!("supported values: {}", list.join(", ")));
    }
    /// `Duplicate value: v`.
    pub fn duplicate(&mut self, path: &Path, value: impl Shown) {
        self.push(path, Reason::Duplicate, value.shown(), String::new());
    }
    /// `Duplicate value: v: detail`.
    pub fn duplicate_with(&mut self, path: &Path, value: impl Shown, detail: &str) {
        self.push(path, Reason::Duplicate, value.shown(), detail.to_owned());
    }
    /// `Forbidden: detail`.
    pub fn forbidden(&mut self, path: &Path, detail: impl Into<String>) {
        self.push(path, Reason::Forbidden, String::new(), detail.into());
    }
    /// `Not found: v`.
    pub fn not_found(&mut self, path: &Path, value: impl Shown, detail: &str) {
        self.push(path, Reason::NotFound, value.shown(), detail.to_owned());
    }
    /// `Too long: may not be more than N bytes`.
    pub fn too_long(&mut self, path: &Path, bytes: usize) {
        let unit = if bytes == 1 { "byte" } else { "bytes" };
        self.push(path, Reason::TooLong, String::new(), format!("may not be more than {bytes} {unit}"));
    }
    /// `Too many: N: must have at most M items`.
    pub fn too_many(&mut self, path: &Path, count: usize, max: usize) {
        let unit = if max == 1 { "item" } else { "items" };
        self.push(path, Reason::TooMany, count.to_string(), format!("must have at most {max} {unit}"));
    }
    /// `Required value`, said by the declarative rules: after everything else.
    pub fn late_required(&mut self, path: &Path) {
        self.late.push(FieldError { path: path.to_string(), reason: Reason::Required, value: String::new(), detail: String::new() });
    }
    /// `Invalid value: v: detail`, said by the declarative rules.
    pub fn late_invalid(&mut self, path: &Path, value: impl Shown, detail: &str) {
        self.late.push(FieldError { path: path.to_string(), reason: Reason::Invalid, value: value.shown(), detail: detail.to_owned() });
    }
    /// Adds errors that are made already.
    pub fn extend(&mut self, mut more: Vec<FieldError>) {
        self.list.append(&mut more);
    }
    /// All errors in the server's order.
    pub fn finish(mut self) -> Vec<FieldError> {
        self.list.append(&mut self.late);
        self.list
    }
    /// Adds all errors of another list.
    pub fn append(&mut self, mut other: Errors) {
        self.list.append(&mut other.list);
        self.late.append(&mut other.late);
    }
    /// All errors in the server's order, with more before those of the declarative rules.
    pub fn finish_with(mut self, mut more: Vec<FieldError>) -> Vec<FieldError> {
        self.list.append(&mut more);
        self.finish()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.late.is_empty()
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len() + self.late.len()
    }
}
