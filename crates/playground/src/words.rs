//! The page's words in another language.
//!
//! The English sentence is its own key: the program speaks English, and a [`Book`] (`static/words/de.txt`,
//! fetched only when it is chosen) holds what it says instead. A line is `English = Deutsch`; `{0}`, `{1}`, …
//! stand for what changes and are carried over as they are, `{0!}` is looked up itself. What no line matches
//! stays English, as do Kubernetes' own words, which are never looked up.

mod view;

use podglass_scene::{Piece, Sentence};
use std::collections::BTreeMap;

/// A variable in a sentence is put between these while it is looked up.
const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';
/// How deep variables may hold sentences of their own.
const DEPTH: usize = 6;

/// A language's sentences.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    whole: BTreeMap<String, String>,
    patterns: Vec<(Vec<Part>, Vec<Part>)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Words(String),
    Variable { number: usize, look_up: bool },
}

impl Book {
    /// Reads a language's file. Empty lines, lines that begin with `#` and lines without ` = ` are passed over.
    pub fn read(text: &str) -> Book {
        let mut book = Book::default();
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            let Some((from, to)) = line.split_once(" = ") else { continue };
            let (from, to) = (from.trim(), to.trim());
            if from.contains('{') {
                book.patterns.push((parts(from), parts(to)));
            } else {
                book.whole.insert(from.to_owned(), to.to_owned());
            }
        }
        // What is made of sentences comes before them, the longer before the shorter that it may hold.
        book.patterns.sort_by_key(|(from, to)| std::cmp::Reverse((to.iter().any(looks_up), from.iter().map(length).sum::<usize>())));
        book
    }

    /// A text in this language; `None` where the book has no line for it.
    pub fn find(&self, text: &str) -> Option<String> {
        self.look_up(text, DEPTH)
    }

    /// A sentence in this language, its names still names; as it was where the book has no line for it.
    pub fn sentence(&self, sentence: &Sentence) -> Sentence {
        let mut text = String::new();
        let mut names = Vec::new();
        for piece in &sentence.0 {
            match piece {
                Piece::Text(t) => text.push_str(t),
                Piece::Name { .. } => {
                    text.push(OPEN);
                    text.push_str(&names.len().to_string());
                    text.push(CLOSE);
                    names.push(piece);
                }
            }
        }
        let Some(found) = self.find(&text) else { return sentence.clone() };
        let mut out = Sentence::default();
        let mut rest = found.as_str();
        while let Some((before, after)) = rest.split_once(OPEN) {
            let (number, after) = after.split_once(CLOSE).unwrap_or((after, ""));
            if !before.is_empty() {
                out = out.and(before);
            }
            out.0.extend(number.parse().ok().and_then(|n: usize| names.get(n)).map(|p| (*p).clone()));
            rest = after;
        }
        if rest.is_empty() { out } else { out.and(rest) }
    }

    fn look_up(&self, text: &str, depth: usize) -> Option<String> {
        let trimmed = text.trim();
        if trimmed.is_empty() || depth == 0 {
            return None;
        }
        if let Some(found) = self.whole.get(trimmed) {
            return Some(around(text, trimmed, found));
        }
        // A clause that begins a sentence has a capital letter.
        if let Some(small) = other_case(trimmed, char::is_uppercase, |c| c.to_lowercase().collect())
            && let Some(found) = self.whole.get(&small)
        {
            return Some(around(text, trimmed, &capital(found)));
        }
        if trimmed.ends_with('…') {
            // A text that was cut is no longer the sentence it was.
            return None;
        }
        let small = other_case(trimmed, char::is_uppercase, |c| c.to_lowercase().collect());
        let stop = trimmed.ends_with('.');
        for (from, to) in self.patterns.iter().filter(|(from, _)| stop == matches!(from.last(), Some(Part::Words(w)) if w.ends_with('.'))) {
            let mut found = Vec::new();
            if fits(from, trimmed, &mut found)
                && let Some(said) = self.fill(to, &found, depth)
            {
                return Some(around(text, trimmed, &said));
            }
            found.clear();
            if let Some(small) = &small
                && fits(from, small, &mut found)
                && let Some(said) = self.fill(to, &found, depth)
            {
                return Some(around(text, trimmed, &capital(&said)));
            }
        }
        // A clause with a full stop behind it.
        let clause = trimmed.strip_suffix('.').filter(|c| !c.ends_with('.'))?;
        Some(around(text, trimmed, &(self.look_up(clause, depth - 1)? + ".")))
    }

    /// What is said in the other language; nothing where no part of it is.
    fn fill(&self, to: &[Part], found: &[&str], depth: usize) -> Option<String> {
        let mut out = String::new();
        let (mut asked, mut known) = (false, false);
        for part in to {
            match part {
                Part::Words(words) => out.push_str(words),
                Part::Variable { number, look_up } => {
                    let (value, look_up) = (found.get(*number).copied().unwrap_or_default(), *look_up);
                    let better = look_up.then(|| self.look_up(value, depth - 1)).flatten();
                    asked |= look_up;
                    known |= better.is_some();
                    out.push_str(better.as_deref().unwrap_or(value));
                }
            }
        }
        (known || !asked).then_some(out)
    }
}

fn length(part: &Part) -> usize {
    match part {
        Part::Words(words) => words.len(),
        Part::Variable { .. } => 0,
    }
}

fn looks_up(part: &Part) -> bool {
    matches!(part, Part::Variable { look_up: true, .. })
}

/// The found words with the space that stood around the text.
fn around(text: &str, trimmed: &str, found: &str) -> String {
    let before = text.len() - text.trim_start().len();
    let after = before + trimmed.len();
    [text.get(..before).unwrap_or_default(), found, text.get(after..).unwrap_or_default()].concat()
}

fn other_case(text: &str, is: fn(char) -> bool, to: fn(char) -> String) -> Option<String> {
    let first = text.chars().next().filter(|c| is(*c))?;
    Some(to(first) + text.get(first.len_utf8()..)?)
}

fn capital(text: &str) -> String {
    other_case(text, char::is_lowercase, |c| c.to_uppercase().collect()).unwrap_or_else(|| text.to_owned())
}

fn parts(text: &str) -> Vec<Part> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        if !before.is_empty() {
            out.push(Part::Words(before.to_owned()));
        }
        out.push(Part::Variable { number: name.trim_end_matches('!').parse().unwrap_or(0), look_up: name.ends_with('!') });
        rest = after;
    }
    if !rest.is_empty() {
        out.push(Part::Words(rest.to_owned()));
    }
    out
}

/// Whether a text fits a pattern; the variables' values stand in the order of their numbers.
fn fits<'a>(pattern: &[Part], text: &'a str, found: &mut Vec<&'a str>) -> bool {
    match pattern {
        [] => text.is_empty(),
        [Part::Words(words), rest @ ..] => text.strip_prefix(words.as_str()).is_some_and(|after| fits(rest, after, found)),
        [Part::Variable { number, .. }, rest @ ..] => {
            let kept = found.len();
            if found.len() <= *number {
                found.resize(number + 1, "");
            }
            let try_at = |at: usize, found: &mut Vec<&'a str>| {
                let (value, after) = text.split_at_checked(at).unwrap_or((text, ""));
                if let Some(place) = found.get_mut(*number) {
                    *place = value;
                }
                !value.is_empty() && fits(rest, after, found)
            };
            let done = match rest {
                [] => try_at(text.len(), found),
                [Part::Words(words), ..] => text.match_indices(words.as_str()).any(|(at, _)| try_at(at, found)),
                [Part::Variable { .. }, ..] => false,
            };
            if !done {
                found.truncate(kept);
            }
            done
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use podglass_cluster::manifest::{Kind, ObjectKey};
    use podglass_scene::Target;

    fn book() -> Book {
        Book::read(
            "# comment\nPlay = Abspielen\n{0} exited {1} = {0} endete mit {1}\nthe kubelet started {0} = das Kubelet hat {0} gestartet\n\
             {0!}, so {1!}. {2} and {3} wait for it. = {0!}, daher: {1!}. {2} und {3} warten darauf.\n{0!}, so {1!}. = {0!}, daher: {1!}.\n",
        )
    }

    #[test]
    fn whole_sentences_and_patterns_are_found_and_the_rest_stays() {
        let book = book();
        assert_eq!(book.find("Play").as_deref(), Some("Abspielen"));
        assert_eq!(book.find(" Play ").as_deref(), Some(" Abspielen "));
        assert_eq!(book.find("init exited 0").as_deref(), Some("init endete mit 0"));
        assert_eq!(book.find("The kubelet started web").as_deref(), Some("Das Kubelet hat web gestartet"));
        assert_eq!(book.find("CrashLoopBackOff"), None);
    }

    #[test]
    fn a_sentence_keeps_its_names_where_the_other_language_puts_them() {
        let target = Target::Object(ObjectKey { kind: Kind::Pod, namespace: "default".into(), name: "p".into() });
        let name = |n: &str| Sentence::default().name(n, target.clone());
        let said =
            name("a").and(" exited 0, so the kubelet started ").then(name("b")).and(". ").then(name("c")).and(" and ").then(name("d")).and(" wait for it.");
        let found = book().sentence(&said);
        assert_eq!(found.plain(), "a endete mit 0, daher: das Kubelet hat b gestartet. c und d warten darauf.");
        assert_eq!(found.0.iter().filter(|p| matches!(p, Piece::Name { .. })).count(), 4);
        assert_eq!(book().sentence(&name("x").and(" is odd")).plain(), "x is odd");
    }
}
