//! A Dockerfile: an image of the user's own, defined in a scenario.
//!
//! [`read`] turns text into instructions and says what is wrong, each with its line and column; it
//! never fails. [`build()`] does what the instructions say: `RUN` is really run by the interpreter,
//! files are really copied. Two comments are our own: `# image: NAME` in the first lines names the
//! image, and `# file: NAME` begins a file of the build context, up to the next such line.
//!
//! Follows the reference of Dockerfiles and, in its words for mistakes, BuildKit's `frontend/dockerfile`.

mod build;
mod copy;
mod reader;
mod words;

pub use build::{Built, Step, build};
pub use reader::read;

use std::collections::BTreeMap;

/// Files a build may copy from, by their path below the context's root.
pub type Context = BTreeMap<String, Vec<u8>>;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gravity {
    /// Worth knowing.
    Advice,
    /// Probably not what was meant.
    Warning,
    /// The image cannot be built.
    Error,
}

/// Something to say about a place in a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// How bad it is.
    pub gravity: Gravity,
    /// What it is; BuildKit's words where it says it too.
    pub message: String,
    /// What to do, in one sentence.
    pub help: Option<&'static str>,
}

/// A here-document of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The word it ends with, and the name of its file.
    pub name: String,
    /// Whether variables in it are replaced.
    pub expand: bool,
    /// Its text.
    pub body: String,
}

/// An instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Its name in capitals.
    pub word: String,
    /// `--name=value` before the arguments.
    pub flags: Vec<(String, String)>,
    /// The arguments as one line.
    pub args: String,
    /// Here-documents.
    pub heredocs: Vec<Heredoc>,
    /// First byte.
    pub start: usize,
    /// One past the last byte of its last line.
    pub end: usize,
}

/// What a Dockerfile says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// The image's name, where the text gives one.
    pub name: Option<String>,
    /// Instructions, in order.
    pub instructions: Vec<Instruction>,
    /// Files of the build context that stand in the text.
    pub files: Context,
    /// What is to be said of the text.
    pub notes: Vec<Note>,
    /// The text, for lines and columns.
    text: String,
}

impl Dockerfile {
    /// Whether it cannot be built as it stands.
    pub fn has_errors(&self) -> bool {
        self.notes.iter().any(|n| n.gravity == Gravity::Error)
    }

    /// A note on a range of bytes.
    fn note(&self, start: usize, end: usize, gravity: Gravity, message: String, help: Option<&'static str>) -> Note {
        let before = self.text.get(..start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        Note { start, end, line, column, gravity, message, help }
    }
}

/// Whether a text is a Dockerfile: by its file name, or because it begins with `FROM`.
pub fn is_dockerfile(name: &str, text: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let named = base.strip_prefix("Dockerfile").is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
        || base.to_ascii_lowercase().ends_with(".dockerfile");
    let first = text.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with('#')).unwrap_or_default();
    named || first.split_once(char::is_whitespace).is_some_and(|(word, rest)| word.eq_ignore_ascii_case("FROM") && !rest.trim_start().starts_with(':'))
}

/// The image a Dockerfile defines: its `# image:` line, or the name of its file (`NAME.Dockerfile`, `Dockerfile.NAME`).
pub fn image_name(name: &str, file: &Dockerfile) -> Option<String> {
    let base = name.rsplit('/').next().unwrap_or(name);
    let from_name = base.strip_prefix("Dockerfile.").or_else(|| base.strip_suffix(".Dockerfile")).or_else(|| base.strip_suffix(".dockerfile"));
    file.name.clone().or_else(|| from_name.map(str::to_owned)).filter(|n| !n.is_empty())
}
