//! Sentences with names that can be clicked. Every word the stage, the timeline, the narration and
//! the chain of causes say in English stands in this crate's `words` modules.

use crate::Target;

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Words.
    Text(String),
    /// The name of a thing: set in bold, selects the thing.
    Name {
        /// As it is read.
        text: String,
        /// The thing.
        target: Target,
    },
}

/// A sentence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sentence(pub Vec<Piece>);

impl Sentence {
    /// A sentence of words alone.
    pub fn text(text: impl Into<String>) -> Sentence {
        Sentence(vec![Piece::Text(text.into())])
    }
    /// Adds words.
    #[must_use]
    pub fn and(mut self, text: impl Into<String>) -> Sentence {
        self.0.push(Piece::Text(text.into()));
        self
    }
    /// Adds a name.
    #[must_use]
    pub fn name(mut self, text: impl Into<String>, target: Target) -> Sentence {
        self.0.push(Piece::Name { text: text.into(), target });
        self
    }
    /// Adds another sentence's pieces.
    #[must_use]
    pub fn then(mut self, other: Sentence) -> Sentence {
        self.0.extend(other.0);
        self
    }
    /// Starts with a capital letter, if it starts with words.
    #[must_use]
    pub fn capital(mut self) -> Sentence {
        if let Some(Piece::Text(t)) = self.0.first_mut() {
            let mut chars = t.chars();
            if let Some(first) = chars.next() {
                *t = first.to_uppercase().chain(chars).collect();
            }
        }
        self
    }
    /// Without markup, for screen readers and tests.
    pub fn plain(&self) -> String {
        self.0
            .iter()
            .map(|p| match p {
                Piece::Text(t) | Piece::Name { text: t, .. } => t.as_str(),
            })
            .collect()
    }
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A duration as people read it: `0.6 s`, `14 s`, `2 m 05 s`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        10_000..60_000 => format!("{} s", ms / 1000),
        60_000..3_600_000 => format!("{} m {:02} s", ms / 60_000, ms % 60_000 / 1000),
        _ => format!("{} h {:02} m", ms / 3_600_000, ms % 3_600_000 / 60_000),
    }
}

/// Seconds still to go, rounded up so that the last second shows as 1.
pub fn countdown(ms: u64) -> String {
    match ms.div_ceil(1000) {
        s @ 0..60 => format!("{s} s"),
        s => format!("{} m {:02} s", s / 60, s % 60),
    }
}

/// A size: `96 B`, `71 MB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes % 1_000_000_000 / 100_000_000),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<&str> = items.into_iter().collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
