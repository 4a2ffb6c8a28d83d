//! Text to spanned nodes, the way `kubectl` reads YAML.
//!
//! A stream is cut into documents line by line ([`chunks`]), each document is parsed by a libyaml
//! lineage parser, and its scalars get the types that go-yaml v2 gives them ([`scalar`]). What is
//! left is a tree of [`Node`]s that still knows its place in the text. Start at [`parse`].

pub mod chunks;
mod compose;
pub mod node;
pub mod scalar;

pub use chunks::{Chunk, chunks};
pub use compose::{Parsed, parse};
pub use node::{Content, Entry, Node};

use crate::Span;

/// Why a document could not be read. The message is what `kubectl` prints after the file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// `error converting YAML to JSON: yaml: line 3: did not find expected key`.
    pub message: String,
    /// Where the parser met the problem.
    pub span: Span,
    /// Where what it was reading had begun, with the parser's words for it.
    pub context: Option<(Span, &'static str)>,
}
