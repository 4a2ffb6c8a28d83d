//! One shape for everything a reader has to say about a text: YAML, decoding, validation, warnings
//! and advice. Rendering (carets, squiggles) is somebody else's work.

use serde::Serialize;

/// A half-open range of bytes in the text that was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// Whether it covers nothing.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Turns the start into a line and a column, both counted from 1, the column in characters.
    pub fn line_column(self, text: &str) -> (usize, usize) {
        let before = text.get(..self.start.min(text.len())).unwrap_or(text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        (line, column)
    }
}

/// Turns many places of one text into lines and columns: places in ascending order cost one walk through
/// the text together.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'a> Lines<'a> {
    /// Begins at the start of a text.
    pub fn new(text: &'a str) -> Lines<'a> {
        Lines { text, at: 0, line: 1, column: 1 }
    }

    /// Line and column of a byte, both counted from 1, the column in characters.
    pub fn of(&mut self, byte: usize) -> (usize, usize) {
        let byte = byte.min(self.text.len());
        if byte < self.at {
            *self = Lines::new(self.text);
        }
        for b in self.text.as_bytes().get(self.at..byte).unwrap_or_default() {
            if *b == b'\n' {
                (self.line, self.column) = (self.line + 1, 1);
            } else if (*b & 0xc0) != 0x80 {
                // Bytes that go on with a character are not counted.
                self.column += 1;
            }
        }
        self.at = byte;
        (self.line, self.column)
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing wrong: something worth knowing that no validator checks.
    Advice,
    /// The API server accepts it and warns.
    Warning,
    /// The client or the API server refuses it.
    Error,
}

/// Something to say about a place in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable identifier of the rule, e.g. `yaml`, `unknown-field`, `required`, `advice/port-clash`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The words of the client or the API server; for advice, our own.
    pub message: String,
    /// Where it is.
    pub span: Span,
    /// The API field path the message is about (`spec.containers[0].name`), empty where there is none.
    pub path: String,
    /// Other places that matter, each with a label.
    pub related: Vec<(Span, String)>,
    /// What to do, in one sentence.
    pub help: Option<String>,
    /// A change of the text that repairs the cause.
    pub fix: Option<Fix>,
}

/// A change of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it does, as a button would say it.
    pub title: String,
    /// Replacements, in ascending order, not overlapping.
    pub edits: Vec<(Span, String)>,
}
