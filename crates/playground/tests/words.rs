//! The page's second language is whole: whatever the examples let the page say has a line in its book.

use podglass_playground::view::PanelView;
use podglass_playground::words::Book;
use podglass_playground::{App, Event, examples};
use podglass_scene::{Piece, Sentence, Target};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text() -> String {
    std::fs::read_to_string(root().join("static/words/de.txt")).expect("the German words")
}

/// A sentence with its names as variables are looked up: what is said, not whom it names.
fn said(sentence: &Sentence) -> Sentence {
    Sentence(
        sentence
            .0
            .iter()
            .map(|p| match p {
                Piece::Name { target, .. } => Piece::Name { text: "it".into(), target: target.clone() },
                Piece::Text(t) => Piece::Text(t.clone()),
            })
            .collect(),
    )
}

/// Sentences that stay as they are: Kubernetes' own words.
fn own(text: &str) -> bool {
    let words = [
        "Volume ",
        "app: ",
        "Container ",
        "configmap ",
        "Pulling ",
        "Pulled ",
        "Created ",
        "Started ",
        "Killing ",
        "BackOff ",
        "Scheduled",
        "Failed",
        "Error",
        "Back-off",
        "MountVolume",
        "Readiness",
        "Liveness",
        "Startup",
        "Stopping ",
        "0/",
        "contains ",
    ];
    text.split(": ").next().is_some_and(|head| !head.contains(' ') && head.len() > 4)
        || words.iter().any(|w| text.starts_with(w))
        || !text.contains(' ')
        || text.contains('_')
}

#[test]
fn every_sentence_of_every_example_has_its_german() {
    let book = Book::read(&text());
    let mut missing: BTreeSet<String> = BTreeSet::new();
    let check = |text: &str, missing: &mut BTreeSet<String>| {
        if !text.is_empty() && text.chars().any(char::is_alphabetic) && !text.contains('…') && !own(text) && book.find(text).is_none() {
            missing.insert(text.to_owned());
        }
    };
    for example in examples::ALL {
        let mut app = App::new();
        app.update(Event::OpenExample(example.entry.id.to_owned()));
        app.update(Event::Pause);
        app.settle();
        app.update(Event::Resized { stage: 1400.0, timeline: 3000.0 });
        app.update(Event::SeekStart);
        for _ in 0..70 {
            app.update(Event::AskWhy);
            let view = app.view();
            let targets: Vec<Target> =
                view.stage.pods.iter().flat_map(|p| p.containers.iter().map(|c| c.target.clone()).chain(p.volumes.iter().map(|v| v.target.clone()))).collect();
            let sentence = |s: &Sentence, missing: &mut BTreeSet<String>| {
                if book.sentence(&said(s)) == said(s) && !own(&s.plain()) {
                    missing.insert(s.plain());
                }
            };
            sentence(&view.narration, &mut missing);
            for pod in &view.stage.pods {
                for c in &pod.containers {
                    check(&c.line, &mut missing);
                    if !c.detail_mono {
                        check(&c.detail, &mut missing);
                    }
                    c.probes.iter().for_each(|p| check(&p.title, &mut missing));
                }
                pod.captions.iter().for_each(|(_, c)| check(c, &mut missing));
                pod.gate.iter().for_each(|g| check(&g.line, &mut missing));
                pod.volumes.iter().for_each(|v| check(&v.title, &mut missing));
                pod.board.ports.iter().for_each(|p| check(&p.title, &mut missing));
                pod.recent.iter().for_each(|r| check(&r.text, &mut missing));
                check(&pod.title, &mut missing);
                check(&pod.board.remark.plain(), &mut missing);
            }
            view.stage.outside.iter().for_each(|o| check(&o.line, &mut missing));
            view.timeline.lanes.iter().flat_map(|l| &l.segments).for_each(|s| check(&s.title, &mut missing));
            for target in targets {
                app.update(Event::Select(Some(target)));
                if let PanelView::Why(why) = &*app.view().panel {
                    sentence(&why.answer, &mut missing);
                    why.links.iter().for_each(|l| sentence(&l.head, &mut missing));
                }
            }
            app.update(Event::Select(None));
            if !view.transport.can_step_forward {
                break;
            }
            app.update(Event::StepForward);
        }
    }
    assert!(missing.is_empty(), "{} without German:\n{}", missing.len(), missing.into_iter().take(60).collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_text_of_the_page_has_its_german() {
    let book = Book::read(&text());
    let mut missing = Vec::new();
    let mut sources = Vec::new();
    sources_of(&root().join("web/src"), &mut sources);
    for source in sources {
        for wanted in texts(&source) {
            let sample = sample(&wanted);
            if sample.split_whitespace().any(|w| w.chars().filter(|c| c.is_alphabetic()).count() > 1) && book.find(&sample).is_none() {
                missing.push(wanted);
            }
        }
    }
    for e in examples::ALL {
        missing.extend([e.entry.title, e.entry.sentence, e.entry.group].into_iter().filter(|t| book.find(t).is_none()).map(str::to_owned));
    }
    assert!(missing.is_empty(), "{} without German:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn no_text_of_the_page_goes_past_the_book() {
    let mut sources = Vec::new();
    sources_of(&root().join("web/src"), &mut sources);
    let mut raw = Vec::new();
    for source in sources {
        let source = source.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        for start in ["{ \"", "aria-label=\"", "title=\"", "label=\"", "placeholder=\""] {
            for (at, _) in source.match_indices(start) {
                let rest = &source[at + start.len()..];
                let text = rest.split('"').next().unwrap_or_default();
                // Beside a tag it is text; elsewhere it may be a value that is compared.
                let text_of_a_tag = source[..at].trim_end().ends_with('>') && rest[text.len()..].starts_with("\" }");
                let closed = if start.starts_with('{') { text_of_a_tag } else { !text.starts_with("kubectl") };
                let spoken =
                    text.chars().filter(|c| c.is_lowercase()).count() > 2 && text != "Podglass" && (text.contains(' ') || text.starts_with(char::is_uppercase));
                if closed && spoken {
                    raw.push(text.to_owned());
                }
            }
        }
    }
    assert!(raw.is_empty(), "not in the book's reach:\n{}", raw.join("\n"));
}

#[test]
fn the_same_sentence_stands_there_once_and_keeps_its_variables() {
    let mut seen = BTreeSet::new();
    for line in text().lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let (from, to) = line.split_once(" = ").unwrap_or_else(|| panic!("no translation: {line}"));
        assert!(seen.insert(from.trim().to_owned()), "twice: {from}");
        for n in 0..6 {
            let has = |t: &str| t.contains(&format!("{{{n}}}")) || t.contains(&format!("{{{n}!}}"));
            assert_eq!(has(from), has(to), "{line}");
        }
    }
}

/// A text with its variables filled, as the page will ask for it.
fn sample(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push('7');
        rest = after.split_once('}').map_or("", |(_, a)| a);
    }
    out + rest
}

fn sources_of(folder: &Path, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the page's sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources_of(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(std::fs::read_to_string(path).expect("a source"));
        }
    }
}

/// The literals in calls of `tr`, and the words of keys.
fn texts(source: &str) -> Vec<String> {
    let mut out: Vec<String> = source.split("words: \"").skip(1).filter_map(|s| Some(s.split('"').next()?.to_owned())).collect();
    for (at, _) in source.match_indices("tr(").filter(|(at, _)| !source[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_')) {
        let (mut depth, mut literal, mut escaped) = (1, None::<String>, false);
        for c in source[at + 3..].chars() {
            match (&mut literal, c) {
                (Some(text), c) if escaped => {
                    text.push(c);
                    escaped = false;
                }
                (Some(_), '\\') => escaped = true,
                (Some(_), '"') => out.extend(literal.take()),
                (Some(text), c) => text.push(c),
                (None, '"') => literal = Some(String::new()),
                (None, '(') => depth += 1,
                (None, ')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    out
}
