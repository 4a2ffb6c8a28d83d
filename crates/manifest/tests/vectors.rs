//! Manifests with one thing to say about each, one file a vector: what the client prints, word for word,
//! and what the page shows at which line and column.
//!
//! A file has three parts: `## client`, `## page` and `## manifest`; the manifest is the rest of the file as
//! it is, so that tabs and missing line ends stay. `UPDATE=1` writes the page's part anew, never the client's.

mod client;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use podglass_manifest::{Lines, Severity, read};

/// What the page shows: line, column, how much of the line, and the words.
fn page(text: &str) -> String {
    let mut out = String::new();
    let mut lines = Lines::new(text);
    for d in read(text).diagnostics.iter().filter(|d| d.severity != Severity::Advice) {
        let (line, column) = lines.of(d.span.start);
        let marked = text.get(d.span.start..d.span.end).unwrap_or_default();
        let severity = if d.severity == Severity::Error { "error" } else { "warning" };
        let _ = writeln!(out, "{line}:{column} {marked:?} {severity} {}: {}", d.code, d.message.replace('\n', "\\n"));
    }
    out
}

fn vectors(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all
}

#[test]
fn every_vector_is_answered_word_for_word_and_at_its_place() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for path in vectors("vectors") {
        let file = std::fs::read_to_string(&path).unwrap();
        let (head, manifest) = file.split_once("## manifest\n").expect("a vector has a manifest");
        let (says, shows) = head.split_once("## page\n").expect("a vector has a page");
        let says = says.strip_prefix("## client\n").expect("a vector begins with the client's words");
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (got, shown) = (client::apply("x.yaml", manifest).0, page(manifest));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, format!("## client\n{says}## page\n{shown}## manifest\n{manifest}")).unwrap();
        } else if shown != shows {
            wrong.push(format!("{name}: the page shows\n{shown}instead of\n{shows}"));
        }
        if got != says {
            wrong.push(format!("{name}: the client says\n{got}instead of\n{says}"));
        }
        seen += 1;
    }
    assert!(seen >= 140, "only {seen} vectors");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
