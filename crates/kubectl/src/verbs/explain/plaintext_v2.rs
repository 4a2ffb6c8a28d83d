//! `explain --output=plaintext-openapiv2`: the older page (kubectl's `pkg/explain`).

use super::{element, follow};
use crate::openapi::{Documents, Field};
use crate::session::Failure;

/// The whole page.
pub(super) fn page(documents: &Documents, shape: &str, path: &[&str], kind: &str, place: &str, recursive: bool, depth: i64) -> Result<String, Failure> {
    let root = Field { shape: shape.to_owned(), ..Field::default() };
    // A path that goes on behind a primitive ends there.
    let mut field = root.clone();
    for end in 1..=path.len() {
        if !element(&field.shape).starts_with('#') {
            break;
        }
        let Some(next) = follow(documents, &root, path.get(..end).unwrap_or_default()) else {
            return Err(Failure::error(format!("field {:?} does not exist", path.get(end - 1).unwrap_or(&""))));
        };
        field = next;
    }
    let definition = element(&field.shape).strip_prefix('#').and_then(|name| documents.definition(name)).unwrap_or_default();
    let object = !definition.fields.is_empty();
    let mut text = format!("KIND:     {kind}\nVERSION:  {place}\n\n");
    if let Some(name) = path.last() {
        text.push_str(&format!("{} {name} <{}>\n\n", if object { "RESOURCE:" } else { "FIELD:   " }, type_name(documents, &field.shape)));
    }
    text.push_str("DESCRIPTION:\n");
    let mut said = false;
    for doc in [&field.doc, &definition.doc] {
        if doc.is_empty() {
            continue;
        }
        if said {
            text.push('\n');
        }
        said = true;
        lines(&mut text, doc, 5);
    }
    if !said {
        text.push_str("     <empty>\n");
    }
    if object {
        text.push_str("\nFIELDS:\n");
        fields(documents, &field.shape, recursive, if recursive { depth } else { 1 }, 1, &mut Vec::new(), &mut text);
    }
    Ok(text)
}

fn fields(documents: &Documents, shape: &str, recursive: bool, depth: i64, level: usize, above: &mut Vec<String>, text: &mut String) {
    let Some(name) = element(shape).strip_prefix('#') else { return };
    if above.iter().any(|a| a == name) {
        return;
    }
    above.push(name.to_owned());
    for field in documents.definition(name).unwrap_or_default().fields {
        let required = if field.required && !recursive { " -required-" } else { "" };
        text.push_str(&format!("{}{}\t<{}>{required}\n", " ".repeat(3 * level), field.name, type_name(documents, &field.shape)));
        if !recursive {
            lines(text, &field.doc, 5);
            text.push('\n');
        } else if depth == 0 || (level as i64) < depth {
            fields(documents, &field.shape, recursive, depth, level + 1, above, text);
        }
    }
    above.pop();
}

fn type_name(documents: &Documents, shape: &str) -> String {
    for (mark, words) in [("[]", "[]"), ("{}", "map[string]")] {
        if let Some(inner) = shape.strip_prefix(mark) {
            return format!("{words}{}", type_name(documents, inner));
        }
    }
    match shape.strip_prefix('#') {
        None if shape == "object" => String::new(),
        None => shape.to_owned(),
        Some(name) if name.ends_with(".Quantity") || name.ends_with(".IntOrString") => "string".to_owned(),
        Some(name) => {
            let definition = documents.definition(name).unwrap_or_default();
            match definition.primitive.as_str() {
                _ if !definition.fields.is_empty() => "Object".to_owned(),
                "object" => String::new(),
                primitive => primitive.to_owned(),
            }
        }
    }
}

/// Whether a line is one of its own (`shouldStartNewLine` in kubectl's formatter).
fn stands_alone(last: &str, line: &str) -> bool {
    let start = line.trim();
    let digits = start.trim_start_matches(|c: char| c.is_ascii_digit());
    let after = if digits.len() < start.len() { Some(digits.strip_prefix('.').unwrap_or(digits)) } else { start.strip_prefix(['-', '*']) };
    last.ends_with(':') || start.is_empty() || after.is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

/// Writes a text wrapped at 80 columns, its paragraphs, lists and code kept.
fn lines(text: &mut String, doc: &str, indent: usize) {
    let wrap = 80 - indent;
    let mut out: Vec<String> = Vec::new();
    let (mut line, mut last) = (String::new(), String::new());
    let flush = |line: &mut String, last: &mut String, out: &mut Vec<String>| {
        if !line.is_empty() {
            last.clear();
            out.push(std::mem::take(line));
        }
    };
    for source in doc.split('\n') {
        if source.starts_with("    ") || !out.is_empty() && source.trim().is_empty() {
            flush(&mut line, &mut last, &mut out);
            out.push(if source.starts_with("    ") { source.to_owned() } else { String::new() });
            continue;
        }
        if stands_alone(&last, source) {
            flush(&mut line, &mut last, &mut out);
        }
        for word in source.split_whitespace() {
            word.clone_into(&mut last);
            if !line.is_empty() && line.len() + 1 + word.len() > wrap {
                flush(&mut line, &mut last, &mut out);
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    flush(&mut line, &mut last, &mut out);
    for line in out {
        if !line.is_empty() {
            text.push_str(&" ".repeat(indent));
            text.push_str(&line);
        }
        text.push('\n');
    }
}
