//! Cuts a stream into documents, before any YAML is parsed (follows `YAMLReader` and
//! `YAMLOrJSONDecoder` in apimachinery's util/yaml).

use crate::Span;

use super::SyntaxError;

/// One document of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The document's text; the separator that ends it is left out.
    pub text: &'a str,
    /// Byte offset of the text in the stream.
    pub offset: usize,
    /// Set where the stream ends with this chunk because of what follows it.
    pub error: Option<SyntaxError>,
}

/// Cuts a stream at lines that begin with `---`. A byte order mark at the start is skipped.
///
/// Only blanks and a comment may follow the dashes; anything else ends the stream with an error.
pub fn chunks(text: &str) -> Vec<Chunk<'_>> {
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut found = Vec::new();
    let mut start = bom;
    let mut at = bom;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let line_end = rest.find('\n').map_or(text.len(), |i| at + i + 1);
        let line = text.get(at..line_end).unwrap_or_default();
        if let Some(after) = line.strip_prefix("---") {
            let after = after.trim();
            if !after.is_empty() && !after.starts_with('#') {
                let span = Span { start: at, end: at + line.trim_end().len() };
                let error = SyntaxError { message: format!("invalid Yaml document separator: {after}"), span, context: None };
                // What was gathered for this document is lost.
                found.push(Chunk { text: "", offset: at, error: Some(error) });
                return found;
            }
            if at > start {
                found.push(Chunk { text: text.get(start..at).unwrap_or_default(), offset: start, error: None });
                start = line_end;
            }
        }
        at = line_end;
    }
    if start < text.len() {
        found.push(Chunk { text: text.get(start..).unwrap_or_default(), offset: start, error: None });
    }
    found
}

/// Whether the client takes a stream for JSON: its first character that is no blank is `{`.
pub fn looks_like_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').bytes().take(4096).find(|b| !b.is_ascii_whitespace()) == Some(b'{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        assert_eq!(chunks(text).iter().map(|c| c.text).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn a_leading_separator_stays_with_its_document() {
        check("---\na: 1\n", &["---\na: 1\n"]);
        check("# c\n---\na: 1\n", &["# c\n", "a: 1\n"]);
    }

    #[test]
    fn the_separator_that_ends_a_document_is_dropped() {
        check("a: 1\n---\nb: 2\n--- # x\nc", &["a: 1\n", "b: 2\n", "c"]);
    }

    #[test]
    fn text_after_the_dashes_ends_the_stream() {
        let found = chunks("a: 1\n---\nb\n----\n");
        assert_eq!(found.last().and_then(|c| c.error.as_ref()).map(|e| e.message.as_str()), Some("invalid Yaml document separator: -"));
        assert_eq!(found.len(), 2);
    }
}
