//! From text to instructions: continued lines, comments, here-documents, files of the context.

use super::{Dockerfile, Gravity, Heredoc, Instruction, words};

/// Every instruction there is.
const KNOWN: &[&str] = &[
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// Reads a Dockerfile. What cannot be understood becomes a note, and the rest is read on.
pub fn read(text: &str) -> Dockerfile {
    let mut file = Dockerfile { text: text.to_owned(), ..Dockerfile::default() };
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        lines.push((at, line.trim_end_matches(['\n', '\r'])));
        at += line.len();
    }
    let mut escape = '\\';
    let mut next = 0;
    while let Some((start, line)) = lines.get(next).copied() {
        next += 1;
        let bare = line.trim();
        if let Some(comment) = bare.strip_prefix('#') {
            let value = |key: &str| comment.trim().strip_prefix(key).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
            if let Some(name) = value("file:") {
                next = inline_file(&mut file, &lines, next, &name);
            } else if file.instructions.is_empty() {
                if let Some(name) = value("image:") {
                    file.name = Some(name);
                } else if comment.trim().eq_ignore_ascii_case("escape=`") {
                    escape = '`';
                }
            }
            continue;
        }
        if bare.is_empty() {
            continue;
        }
        next = instruction(&mut file, &lines, next, start, line, escape);
    }
    check(&mut file);
    file
}

/// A file of the context: every line up to the next `# file:`.
fn inline_file(file: &mut Dockerfile, lines: &[(usize, &str)], mut next: usize, name: &str) -> usize {
    let mut body = String::new();
    while let Some((_, line)) = lines.get(next) {
        if line.strip_prefix('#').is_some_and(|c| c.trim_start().starts_with("file:")) {
            break;
        }
        body.push_str(line);
        body.push('\n');
        next += 1;
    }
    // Blank lines before the next file only set it off.
    let trimmed = body.trim_end_matches('\n').len();
    body.truncate(trimmed);
    if !body.is_empty() {
        body.push('\n');
    }
    file.files.insert(name.trim_start_matches("./").to_owned(), body.into_bytes());
    next
}

/// An instruction with its continued lines and here-documents; returns the line after it.
fn instruction(file: &mut Dockerfile, lines: &[(usize, &str)], mut next: usize, start: usize, first: &str, escape: char) -> usize {
    let indent = first.len() - first.trim_start().len();
    let (start, mut end) = (start + indent, start + first.trim_end().len());
    let mut whole = String::new();
    let mut part = first.trim();
    loop {
        let Some(head) = part.trim_end().strip_suffix(escape) else {
            whole.push_str(part.trim_end());
            break;
        };
        whole.push_str(head);
        // Comments and blank lines between continued lines do not count.
        while lines.get(next).is_some_and(|(_, l)| l.trim().is_empty() || l.trim_start().starts_with('#')) {
            next += 1;
        }
        let Some((at, line)) = lines.get(next) else { break };
        (part, end) = (line, at + line.trim_end().len());
        next += 1;
    }
    let (word, rest) = whole.split_once(char::is_whitespace).unwrap_or((&whole, ""));
    let upper = word.to_ascii_uppercase();
    if !KNOWN.contains(&upper.as_str()) {
        let line = file.note(start, start, Gravity::Error, String::new(), None).line;
        let near = KNOWN.iter().find(|k| distance(k, &upper) <= 2).map(|k| format!(" (did you mean {k}?)")).unwrap_or_default();
        let note = file.note(
            start,
            start + word.len(),
            Gravity::Error,
            format!("dockerfile parse error on line {line}: unknown instruction: {word}{near}"),
            Some("An instruction is one word such as FROM, RUN or CMD; a long one goes on in the next line after a backslash."),
        );
        file.notes.push(note);
        return next;
    }
    let mut args = rest.trim();
    let mut flags = Vec::new();
    if matches!(upper.as_str(), "FROM" | "RUN" | "COPY" | "ADD" | "HEALTHCHECK") {
        while let Some(flag) = args.strip_prefix("--") {
            let (flag, after) = flag.split_once(char::is_whitespace).unwrap_or((flag, ""));
            let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
            flags.push((name.to_owned(), value.to_owned()));
            args = after.trim_start();
        }
    }
    let mut heredocs = Vec::new();
    if matches!(upper.as_str(), "RUN" | "COPY" | "ADD") {
        for word in args.split_whitespace().filter_map(|w| w.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")) {
            let (strip, word) = word.strip_prefix('-').map_or((false, word), |w| (true, w));
            let name = word.trim_matches(['"', '\'']);
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')) {
                continue;
            }
            let mut body = String::new();
            let mut closed = false;
            while let Some((at, line)) = lines.get(next) {
                next += 1;
                end = at + line.len();
                let line = if strip { line.trim_start_matches('\t') } else { line };
                if line == name {
                    closed = true;
                    break;
                }
                body.push_str(line);
                body.push('\n');
            }
            if !closed {
                let note = file.note(start, end, Gravity::Error, format!("unterminated heredoc: no line is {name} alone"), None);
                file.notes.push(note);
            }
            heredocs.push(Heredoc { name: name.to_owned(), expand: name == word, body });
        }
    }
    let args = args.to_owned();
    file.instructions.push(Instruction { word: upper, flags, args, heredocs, start, end });
    next
}

/// What can be said without building.
fn check(file: &mut Dockerfile) {
    let mut notes = Vec::new();
    let mut stages = 0;
    let mut seen: Vec<&str> = Vec::new();
    for i in &file.instructions {
        let mut say = |gravity, message: String, help| notes.push(file.note(i.start, i.end, gravity, message, help));
        let count = i.args.split_whitespace().count();
        let word = i.word.as_str();
        if stages == 0 && !matches!(word, "FROM" | "ARG") {
            say(
                Gravity::Error,
                format!("no build stage in current context: {word} stands before the first FROM"),
                Some("Begin with FROM and the name of an image, for example FROM ubuntu."),
            );
            stages = 1;
        }
        match word {
            "FROM" => {
                stages += 1;
                seen.clear();
                if count != 1 && (count != 3 || !i.args.split_whitespace().nth(1).is_some_and(|w| w.eq_ignore_ascii_case("as"))) {
                    say(Gravity::Error, "FROM requires either one or three arguments".into(), Some("FROM IMAGE, or FROM IMAGE AS NAME."));
                }
            }
            "COPY" | "ADD" if count < 2 => say(
                Gravity::Error,
                format!("{word} requires at least two arguments, but only {count} were provided. Destination could not be determined"),
                None,
            ),
            "WORKDIR" | "USER" | "STOPSIGNAL" if count != 1 => say(Gravity::Error, format!("{word} requires exactly one argument"), None),
            "CMD" => {}
            _ if count == 0 => say(Gravity::Error, format!("{word} requires at least one argument"), None),
            "HEALTHCHECK" => say(
                Gravity::Advice,
                "HEALTHCHECK is left out: Kubernetes does not look at it".into(),
                Some("Write a livenessProbe or readinessProbe into the Pod."),
            ),
            "ONBUILD" => say(Gravity::Advice, "ONBUILD is left out: it would count for images built from this one".into(), None),
            "MAINTAINER" => {
                say(Gravity::Advice, "MAINTAINER is deprecated and does nothing".into(), Some("Use LABEL org.opencontainers.image.authors instead."));
            }
            "VOLUME" => say(Gravity::Advice, "VOLUME only makes the directory here: in Kubernetes the Pod says what is mounted".into(), None),
            "SHELL" if words::exec_form(&i.args).is_none() => say(Gravity::Error, "SHELL requires the arguments to be in JSON form".into(), None),
            _ => {}
        }
        if matches!(word, "CMD" | "ENTRYPOINT" | "RUN") && i.args.starts_with('[') && words::exec_form(&i.args).is_none() {
            say(
                Gravity::Warning,
                format!("the arguments of {word} are not a JSON array, so a shell gets them as they stand"),
                Some("Write every word in double quotes, commas between them, and nothing after the closing bracket: comments stand on lines of their own."),
            );
        }
        if matches!(word, "CMD" | "ENTRYPOINT") {
            if seen.contains(&word) {
                say(
                    Gravity::Warning,
                    format!("Multiple {word} instructions should not be used in the same stage because only the last one will be used"),
                    None,
                );
            }
            seen.push(if word == "CMD" { "CMD" } else { "ENTRYPOINT" });
        }
    }
    if file.instructions.is_empty() && file.notes.is_empty() {
        notes.push(file.note(
            0,
            0,
            Gravity::Error,
            "file with no instructions".into(),
            Some("Begin with FROM and the name of an image, for example FROM ubuntu."),
        ));
    }
    file.notes.append(&mut notes);
    file.notes.sort_by_key(|n| n.start);
}

/// How many letters must change to make one word the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut before = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, y) in b.bytes().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(0);
            let left = row.get(j).copied().unwrap_or(0);
            let best = (before + usize::from(x != y)).min(above + 1).min(left + 1);
            before = above;
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = best;
            }
        }
    }
    row.last().copied().unwrap_or(0)
}
