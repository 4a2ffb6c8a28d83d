//! From words to fields: parameters, substitutions, splitting, file names.
//!
//! An expansion that needs a command's output stops; once the output is there it begins anew, and every
//! side effect it has had is answered from the log instead of being done twice.

use super::{
    Dialect, Shell, arithmetic,
    ast::{Command, Operation, Parameter, Piece, Redirect, RedirectKind, Word},
    pattern,
    variables::{Key, Value},
};
use crate::program::{Kind, Sys};
use std::rc::Rc;

/// The longest text a value may have.
const MAX_TEXT: usize = 8 << 20;

/// Stands in the log where `${x:=…}` has assigned.
const ASSIGNED: &str = "\0assigned";

/// Why an expansion cannot go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It needs the output of a command.
    Command(Rc<Command>),
    /// The shell ends with this message.
    Fail(String),
}

/// What an expansion has done so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    answers: Vec<Rc<str>>,
    at: usize,
}

impl Log {
    /// Begins anew.
    pub(crate) fn rewind(&mut self) {
        self.at = 0;
    }
    pub(crate) fn push(&mut self, answer: Rc<str>) {
        self.answers.push(answer);
    }
    fn next(&mut self) -> Option<Rc<str>> {
        let answer = self.answers.get(self.at).cloned();
        if answer.is_some() {
            self.at += 1;
        }
        answer
    }
    fn note(&mut self, answer: Rc<str>) {
        self.answers.push(answer);
        self.at = self.answers.len();
    }
    /// Whether the next answer is this mark.
    fn take_mark(&mut self, mark: &str) -> bool {
        let hit = self.answers.get(self.at).is_some_and(|a| &**a == mark);
        self.at += usize::from(hit);
        hit
    }
    fn clear(&mut self) {
        self.answers.clear();
        self.at = 0;
    }
}

/// How far the expansion of a list of words is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// The words done.
    next: usize,
    pub(crate) out: Vec<Rc<str>>,
    /// About the word being expanded.
    pub(crate) log: Log,
}

impl Progress {
    /// The word is done: its log is not needed any more.
    pub(crate) fn step(&mut self) {
        self.next += 1;
        self.log.clear();
    }
}

/// A part of what a word became.
#[derive(Clone, Debug)]
enum Part {
    Text {
        text: Rc<str>,
        quoted: bool,
        splits: bool,
    },
    /// Between the values of `$@`.
    Break,
}

/// An expanded field: its text, and the same as a pattern.
#[derive(Clone, Debug, Default)]
struct Field {
    text: String,
    pattern: String,
    is_pattern: bool,
}

struct Names<'a, 's> {
    shell: &'a mut Shell,
    sys: &'s mut dyn Sys,
}

impl arithmetic::Variables for Names<'_, '_> {
    fn get(&mut self, name: &str) -> Result<Option<Rc<str>>, String> {
        match self.shell.parameter(self.sys, name) {
            Value::One(text) => Ok(Some(text)),
            _ if self.shell.options.no_unset => Err(format!("{name}: parameter not set")),
            _ => Ok(None),
        }
    }
    fn set(&mut self, name: &str, value: i64) -> Result<(), String> {
        self.shell.set(name, value.to_string().into())
    }
}

impl Shell {
    /// Evaluates an arithmetic text.
    pub(crate) fn evaluate(&mut self, sys: &mut dyn Sys, text: &str) -> Result<i64, String> {
        let bash = self.is_bash();
        arithmetic::evaluate(text, &mut Names { shell: self, sys })
            .map_err(|message| if bash && message == "divide by zero" { format!("{}: division by 0 (error token is \"0\")", text.trim()) } else { message })
    }
    /// Words to fields, with splitting and file names; goes on where it stopped.
    pub(crate) fn fields(&mut self, sys: &mut dyn Sys, progress: &mut Progress, words: &[Word]) -> Result<(), Stop> {
        while let Some(word) = words.get(progress.next) {
            // The common word needs no machinery.
            match &**word {
                [Piece::Bare(text)] if !(pattern::is_pattern(text) || text.contains('\\') || text.starts_with('~') || self.braces() && text.contains('{')) => {
                    progress.out.push(text.clone());
                }
                [Piece::Quoted(text)] => progress.out.push(text.clone()),
                _ => {
                    progress.log.rewind();
                    let mut out = Vec::new();
                    if self.braces() {
                        for word in super::brace::expand(word) {
                            self.one_word(sys, &mut progress.log, &word, &mut out)?;
                        }
                    } else {
                        self.one_word(sys, &mut progress.log, word, &mut out)?;
                    }
                    progress.out.append(&mut out);
                }
            }
            progress.step();
        }
        Ok(())
    }
    /// A word in a list of bash.
    pub(crate) fn list_word(&mut self, sys: &mut dyn Sys, progress: &mut Progress, word: &Word, out: &mut Vec<Rc<str>>) -> Result<(), Stop> {
        for word in super::brace::expand(word) {
            self.one_word(sys, &mut progress.log, &word, out)?;
        }
        Ok(())
    }
    fn braces(&self) -> bool {
        self.dialect == Dialect::Bash
    }
    fn one_word(&mut self, sys: &mut dyn Sys, log: &mut Log, word: &Word, out: &mut Vec<Rc<str>>) -> Result<(), Stop> {
        let parts = self.parts(sys, log, word, true, false)?;
        for field in self.split(&parts) {
            if field.is_pattern && !self.options.no_glob {
                let names = file_names(sys, &field.pattern);
                if !names.is_empty() {
                    out.extend(names);
                    continue;
                }
            }
            out.push(field.text.into());
        }
        Ok(())
    }
    /// A word as one text: no splitting, no file names.
    pub(crate) fn text(&mut self, sys: &mut dyn Sys, log: &mut Log, word: &Word, assignment: bool) -> Result<Rc<str>, Stop> {
        match &**word {
            [] => return Ok("".into()),
            [Piece::Quoted(text)] => return Ok(text.clone()),
            [Piece::Bare(text)] if !text.contains('~') => return Ok(text.clone()),
            _ => {}
        }
        let parts = self.parts(sys, log, word, false, assignment)?;
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Text { text, .. } => out.push_str(&text),
                Part::Break => out.push(' '),
            }
            if out.len() > MAX_TEXT {
                if sys.memory_limit().is_some() {
                    sys.out_of_memory();
                }
                return Err(Stop::Fail("out of memory".to_owned()));
            }
        }
        Ok(out.into())
    }
    /// A word as a pattern: what was quoted is literal.
    pub(crate) fn pattern(&mut self, sys: &mut dyn Sys, log: &mut Log, word: &Word) -> Result<String, Stop> {
        let parts = self.parts(sys, log, word, false, false)?;
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Text { text, quoted: true, .. } => pattern::escape(&text, &mut out),
                Part::Text { text, .. } => out.push_str(&text),
                Part::Break => out.push(' '),
            }
        }
        Ok(out)
    }
    /// Words of ash's `[[`: split, but not looked for among the files.
    pub(crate) fn bracket_fields(&mut self, sys: &mut dyn Sys, log: &mut Log, words: &[Word]) -> Result<Vec<Rc<str>>, Stop> {
        let mut out = Vec::new();
        for word in words {
            let parts = self.parts(sys, log, word, true, false)?;
            out.extend(self.split(&parts).into_iter().map(|f| f.text.into()));
        }
        Ok(out)
    }

    fn parts(&mut self, sys: &mut dyn Sys, log: &mut Log, word: &[Piece], splits: bool, assignment: bool) -> Result<Vec<Part>, Stop> {
        let mut parts = Vec::with_capacity(word.len());
        self.add_parts(sys, log, word, splits, assignment, &mut parts)?;
        Ok(parts)
    }
    fn add_parts(&mut self, sys: &mut dyn Sys, log: &mut Log, word: &[Piece], splits: bool, assignment: bool, parts: &mut Vec<Part>) -> Result<(), Stop> {
        for (index, piece) in word.iter().enumerate() {
            match piece {
                Piece::Bare(text) => {
                    let mut rest: &str = text;
                    if index == 0
                        && rest.starts_with('~')
                        && let Some((home, after)) = self.tilde(sys, rest, word.len() == 1, assignment)
                    {
                        parts.push(Part::Text { text: home, quoted: true, splits: false });
                        rest = after;
                    }
                    if assignment && rest.contains(":~") {
                        let mut pieces = rest.split(':');
                        let mut joined = pieces.next().unwrap_or("").to_owned();
                        for p in pieces {
                            joined.push(':');
                            match self.tilde(sys, p, true, true) {
                                Some((home, after)) if p.starts_with('~') => {
                                    joined.push_str(&home);
                                    joined.push_str(after);
                                }
                                _ => joined.push_str(p),
                            }
                        }
                        parts.push(Part::Text { text: joined.into(), quoted: false, splits: false });
                    } else if !rest.is_empty() {
                        parts.push(Part::Text { text: if rest.len() == text.len() { text.clone() } else { rest.into() }, quoted: false, splits: false });
                    }
                }
                Piece::Quoted(text) => parts.push(Part::Text { text: text.clone(), quoted: true, splits: false }),
                Piece::Command(command, quoted) => {
                    let Some(text) = log.next() else { return Err(Stop::Command(command.clone())) };
                    parts.push(Part::Text { text, quoted: *quoted, splits: splits && !quoted });
                }
                Piece::Arithmetic(word, quoted) => {
                    let expression = self.text(sys, log, word, false)?;
                    let value: Rc<str> = if let Some(value) = log.next() {
                        value
                    } else {
                        let value: Rc<str> = self.evaluate(sys, &expression).map_err(Stop::Fail)?.to_string().into();
                        log.note(value.clone());
                        value
                    };
                    parts.push(Part::Text { text: value, quoted: *quoted, splits: splits && !quoted });
                }
                Piece::Process(command, reads) => {
                    let path = if let Some(path) = log.next() {
                        path
                    } else {
                        let path = self.process(sys, command, *reads)?;
                        log.note(path.clone());
                        path
                    };
                    parts.push(Part::Text { text: path, quoted: true, splits: false });
                }
                Piece::Parameter(parameter, quoted) => self.add_parameter(sys, log, parameter, *quoted, splits, parts)?,
            }
        }
        Ok(())
    }

    /// A command behind a named pipe: the pipe's path.
    fn process(&mut self, sys: &mut dyn Sys, command: &Rc<Command>, reads: bool) -> Result<Rc<str>, Stop> {
        self.named_pipes += 1;
        let path: Rc<str> = format!("/dev/shm/sh-np-{}-{}", sys.pid(), self.named_pipes).into();
        sys.mkfifo(&path, 0o600).map_err(|e| Stop::Fail(format!("cannot make pipe for process substitution: {}", e.text())))?;
        let word: Word = Rc::from([Piece::Quoted(path.clone())]);
        let redirect = if reads { Redirect { fd: 1, kind: RedirectKind::Write(word) } } else { Redirect { fd: 0, kind: RedirectKind::Read(word) } };
        let child = self.child(Rc::new(Command::Redirected(command.clone(), vec![redirect])));
        sys.fork(Box::new(child), &[], &[]).map_err(|e| Stop::Fail(format!("can't fork: {}", e.text())))?;
        Ok(path)
    }

    fn tilde<'t>(&mut self, sys: &mut dyn Sys, text: &'t str, whole: bool, assignment: bool) -> Option<(Rc<str>, &'t str)> {
        let end = text.find(|c| c == '/' || (assignment && c == ':'));
        if end.is_none() && !whole {
            return None;
        }
        let (user, rest) = text.split_at(end.unwrap_or(text.len()));
        let user = user.strip_prefix('~')?;
        if user.is_empty() {
            return self.variable("HOME").map(|home| (home, rest));
        }
        if self.dialect == Dialect::Bash {
            match user {
                "+" => return self.variable("PWD").map(|d| (d, rest)),
                "-" => return self.variable("OLDPWD").map(|d| (d, rest)),
                _ => {}
            }
        }
        let passwd = sys.read_file("/etc/passwd").ok()?;
        let passwd = String::from_utf8_lossy(&passwd).into_owned();
        let home = passwd.lines().find(|l| l.split(':').next() == Some(user))?.split(':').nth(5)?;
        Some((home.into(), rest))
    }

    fn ifs(&self) -> Rc<str> {
        match self.variables.get("IFS") {
            Some(v) => v.value.clone().unwrap_or_else(|| "".into()),
            None => " \t\n".into(),
        }
    }

    fn lookup(&mut self, sys: &mut dyn Sys, log: &mut Log, p: &Parameter) -> Result<Value, Stop> {
        let Some(index) = &p.index else {
            if p.indirect {
                let Value::One(name) = self.parameter(sys, &p.name) else { return Ok(Value::Unset) };
                return Ok(self.parameter(sys, &name));
            }
            return Ok(self.parameter(sys, &p.name));
        };
        let index = self.text(sys, log, index, false)?;
        let variable = self.variables.get(&p.name).cloned().unwrap_or_default();
        if matches!(&*index, "@" | "*") {
            let list: Vec<Rc<str>> = match (&variable.list, p.indirect) {
                (Some(list), true) => list
                    .keys()
                    .map(|k| match k {
                        Key::Number(n) => n.to_string().into(),
                        Key::Name(n) => n.clone(),
                    })
                    .collect(),
                (Some(list), false) => list.values().cloned().collect(),
                (None, true) => variable.value.iter().map(|_| "0".into()).collect(),
                (None, false) => variable.value.iter().cloned().collect(),
            };
            return Ok(Value::Many(Rc::new(list), &*index == "*"));
        }
        let key = self.key(sys, &p.name, &index).map_err(Stop::Fail)?;
        Ok(match &variable.list {
            Some(list) => {
                let key = match key {
                    Key::Number(n) if n < 0 => list.keys().next_back().map_or(Key::Number(n), |last| match last {
                        Key::Number(l) => Key::Number(l + 1 + n),
                        Key::Name(_) => Key::Number(n),
                    }),
                    key => key,
                };
                list.get(&key).cloned().map_or(Value::Unset, Value::One)
            }
            None if key == Key::Number(0) => variable.value.map_or(Value::Unset, Value::One),
            None => Value::Unset,
        })
    }
    /// The key an index means.
    pub(crate) fn key(&mut self, sys: &mut dyn Sys, name: &str, index: &str) -> Result<Key, String> {
        if self.variables.get(name).is_some_and(|v| v.associative) {
            return Ok(Key::Name(index.into()));
        }
        self.evaluate(sys, index).map(Key::Number)
    }

    fn add_parameter(&mut self, sys: &mut dyn Sys, log: &mut Log, p: &Parameter, quoted: bool, splits: bool, parts: &mut Vec<Part>) -> Result<(), Stop> {
        let value = self.lookup(sys, log, p)?;
        let is_set = match &value {
            Value::Unset => false,
            Value::One(_) => true,
            Value::Many(list, _) => !list.is_empty(),
        };
        let is_empty = match &value {
            Value::Unset => true,
            Value::One(text) => text.is_empty(),
            Value::Many(list, _) => list.iter().all(|t| t.is_empty()) && list.len() < 2,
        };
        match &p.operation {
            Operation::Default { colon, word } => {
                if is_set && !(*colon && is_empty) {
                    self.add_value(value, quoted, splits, parts);
                } else {
                    self.add_word(sys, log, word, quoted, splits, parts)?;
                }
                return Ok(());
            }
            Operation::Alternative { colon, word } => {
                if is_set && !(*colon && is_empty) {
                    self.add_word(sys, log, word, quoted, splits, parts)?;
                }
                return Ok(());
            }
            Operation::Assign { colon, word } => {
                // What was assigned in an earlier round of this expansion is a value by now.
                let again = log.take_mark(ASSIGNED);
                if !again && is_set && !(*colon && is_empty) {
                    self.add_value(value, quoted, splits, parts);
                    return Ok(());
                }
                if !again {
                    log.note(ASSIGNED.into());
                }
                let text = self.text(sys, log, word, false)?;
                self.set(&p.name, text.clone()).map_err(Stop::Fail)?;
                self.add_value(Value::One(text), quoted, splits, parts);
                return Ok(());
            }
            Operation::Error { colon, word } => {
                if is_set && !(*colon && is_empty) {
                    self.add_value(value, quoted, splits, parts);
                    return Ok(());
                }
                let message = match word {
                    Some(word) => self.text(sys, log, word, false)?.to_string(),
                    None if *colon => "parameter not set or null".to_owned(),
                    None => "parameter not set".to_owned(),
                };
                return Err(Stop::Fail(format!("{}: {message}", p.name)));
            }
            _ => {}
        }
        if !is_set && self.options.no_unset && !matches!(&*p.name, "@" | "*") && p.index.is_none() {
            let message = if self.dialect == Dialect::Bash { "unbound variable" } else { "parameter not set" };
            return Err(Stop::Fail(format!("{}: {message}", p.name)));
        }
        let changed = match &p.operation {
            Operation::Length => Value::One(
                match &value {
                    Value::Unset => 0,
                    Value::One(text) => self.length(text),
                    // ash counts the characters of the joined text, bash the values.
                    Value::Many(list, _) if self.dialect == Dialect::Bash => list.len(),
                    Value::Many(list, _) => list.iter().map(|t| self.length(t)).sum::<usize>() + list.len().saturating_sub(1),
                }
                .to_string()
                .into(),
            ),
            Operation::TrimStart { longest, pattern } => {
                let pattern: Vec<char> = self.pattern(sys, log, pattern)?.chars().collect();
                each(value, |text| trim(text, &pattern, true, *longest))
            }
            Operation::TrimEnd { longest, pattern } => {
                let pattern: Vec<char> = self.pattern(sys, log, pattern)?.chars().collect();
                each(value, |text| trim(text, &pattern, false, *longest))
            }
            Operation::Replace { all, pattern, with } => {
                let pattern: Vec<char> = self.pattern(sys, log, pattern)?.chars().collect();
                let with = self.text(sys, log, with, false)?;
                let anchors = self.dialect == Dialect::Bash;
                each(value, |text| replace(text, &pattern, &with, *all, anchors))
            }
            Operation::Case { upper, all } => each(value, |text| {
                let mut chars = text.chars();
                let change = |c: char| if *upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
                let first: String = chars.next().map(change).into_iter().collect();
                if *all { first + &chars.map(change).collect::<String>() } else { first + chars.as_str() }
            }),
            Operation::Substring { offset, length } => {
                let offset = self.text(sys, log, offset, false)?;
                let offset = self.evaluate(sys, &offset).map_err(Stop::Fail)?;
                let length = match length {
                    Some(word) => {
                        let text = self.text(sys, log, word, false)?;
                        Some(self.evaluate(sys, &text).map_err(Stop::Fail)?)
                    }
                    None => None,
                };
                match value {
                    Value::Many(list, star) => {
                        let mut all: Vec<Rc<str>> = Vec::new();
                        if p.index.is_none() {
                            all.push(self.name.clone());
                        }
                        all.extend(list.iter().cloned());
                        let from = if offset < 0 { all.len().saturating_sub(offset.unsigned_abs() as usize) } else { offset as usize };
                        let skip = if offset == 0 && p.index.is_none() { 0 } else { from };
                        let n = length.map_or(usize::MAX, |l| l.max(0) as usize);
                        Value::Many(Rc::new(all.into_iter().skip(skip).take(n).collect()), star)
                    }
                    other => each(other, |text| substring(text, offset, length)),
                }
            }
            _ => value,
        };
        self.add_value(changed, quoted, splits, parts);
        Ok(())
    }
    /// busybox and dash count bytes, without a locale.
    fn length(&self, text: &str) -> usize {
        if self.dialect == Dialect::Bash { text.chars().count() } else { text.len() }
    }
    /// The word of `${x:-word}`.
    fn add_word(&mut self, sys: &mut dyn Sys, log: &mut Log, word: &Word, quoted: bool, splits: bool, parts: &mut Vec<Part>) -> Result<(), Stop> {
        if quoted {
            let text = self.text(sys, log, word, false)?;
            parts.push(Part::Text { text, quoted: true, splits: false });
            return Ok(());
        }
        let from = parts.len();
        self.add_parts(sys, log, word, splits, false, parts)?;
        // Bare text in it is split like a value.
        for part in parts.iter_mut().skip(from) {
            if let Part::Text { quoted: false, splits: s, .. } = part {
                *s = splits;
            }
        }
        Ok(())
    }
    fn add_value(&self, value: Value, quoted: bool, splits: bool, parts: &mut Vec<Part>) {
        match value {
            Value::Unset => {
                if quoted {
                    parts.push(Part::Text { text: "".into(), quoted: true, splits: false });
                }
            }
            Value::One(text) => parts.push(Part::Text { text, quoted, splits: splits && !quoted }),
            Value::Many(list, star) => {
                if star && (quoted || !splits) {
                    let separator: String = match self.variables.get("IFS") {
                        Some(v) => v.value.as_deref().unwrap_or("").chars().take(1).collect(),
                        None => " ".to_owned(),
                    };
                    let text = list.join(&separator);
                    parts.push(Part::Text { text: text.into(), quoted: true, splits: false });
                    return;
                }
                for (index, text) in list.iter().enumerate() {
                    if index > 0 {
                        parts.push(Part::Break);
                    }
                    parts.push(Part::Text { text: text.clone(), quoted, splits: splits && !quoted });
                }
            }
        }
    }

    fn split(&self, parts: &[Part]) -> Vec<Field> {
        let ifs = self.ifs();
        let mut fields = Vec::new();
        let mut field = Field::default();
        let mut active = false;
        let mut absorbs = false;
        for part in parts {
            match part {
                Part::Break => {
                    if active {
                        fields.push(std::mem::take(&mut field));
                    }
                    active = false;
                    absorbs = false;
                }
                Part::Text { text, quoted, splits: false } => {
                    field.text.push_str(text);
                    if *quoted {
                        pattern::escape(text, &mut field.pattern);
                    } else {
                        field.is_pattern |= pattern::is_pattern(text);
                        field.pattern.push_str(text);
                    }
                    active |= *quoted || !text.is_empty();
                    absorbs = false;
                }
                Part::Text { text, .. } => {
                    for c in text.chars() {
                        if !ifs.contains(c) {
                            field.text.push(c);
                            field.is_pattern |= matches!(c, '*' | '?' | '[');
                            field.pattern.push(c);
                            active = true;
                            absorbs = false;
                        } else if matches!(c, ' ' | '\t' | '\n') {
                            if active {
                                fields.push(std::mem::take(&mut field));
                                active = false;
                                absorbs = true;
                            }
                        } else if active {
                            fields.push(std::mem::take(&mut field));
                            active = false;
                        } else if absorbs {
                            absorbs = false;
                        } else {
                            fields.push(Field::default());
                        }
                    }
                }
            }
        }
        if active {
            fields.push(field);
        }
        fields
    }
}

fn each(value: Value, change: impl Fn(&str) -> String) -> Value {
    match value {
        Value::Unset => Value::Unset,
        Value::One(text) => Value::One(change(&text).into()),
        Value::Many(list, star) => Value::Many(Rc::new(list.iter().map(|t| change(t).into()).collect()), star),
    }
}

fn trim(text: &str, pattern: &[char], start: bool, longest: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let n = chars.len();
    let mut lengths: Vec<usize> = (0..=n).collect();
    if longest {
        lengths.reverse();
    }
    for length in lengths {
        let (cut, keep) = if start { chars.split_at(length) } else { (&chars[n - length..], &chars[..n - length]) };
        if pattern::matches_chars(pattern, cut) {
            return keep.iter().collect();
        }
    }
    text.to_owned()
}

/// `anchors`: a first `#` or `%` binds the pattern to the start or end (not in ash).
fn replace(text: &str, pattern: &[char], with: &str, all: bool, anchors: bool) -> String {
    if pattern.is_empty() {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let (anchored_start, anchored_end, pattern) = match pattern.first() {
        Some('#') if !all && anchors => (true, false, &pattern[1..]),
        Some('%') if !all && anchors => (false, true, &pattern[1..]),
        _ => (false, false, pattern),
    };
    let mut out = String::new();
    let mut at = 0;
    let mut done = false;
    while at < chars.len() {
        let hit = (!done && (!anchored_start || at == 0)).then(|| {
            let shortest = if anchored_end { chars.len() } else { at + 1 };
            (shortest..=chars.len()).rev().find(|end| chars.get(at..*end).is_some_and(|part| pattern::matches_chars(pattern, part)))
        });
        if let Some(Some(end)) = hit {
            out.push_str(with);
            at = end;
            done = !all;
        } else {
            out.extend(chars.get(at));
            at += 1;
        }
    }
    out
}

fn substring(text: &str, offset: i64, length: Option<i64>) -> String {
    let n = text.chars().count() as i64;
    let from = if offset < 0 { n + offset } else { offset };
    if from < 0 || from > n {
        return String::new();
    }
    let to = match length {
        None => n,
        Some(l) if l < 0 => n + l,
        Some(l) => (from + l).min(n),
    };
    text.chars().skip(from as usize).take((to - from).max(0) as usize).collect()
}

/// The names of files a pattern matches, sorted.
pub(crate) fn file_names(sys: &dyn Sys, pattern: &str) -> Vec<Rc<str>> {
    let mut bases = vec![String::new()];
    let mut rest = pattern;
    if let Some(after) = rest.strip_prefix('/') {
        bases = vec!["/".to_owned()];
        rest = after.trim_start_matches('/');
    }
    let parts: Vec<&str> = rest.split('/').filter(|p| !p.is_empty()).collect();
    let directories = rest.ends_with('/');
    let last = parts.len().saturating_sub(1);
    for (index, part) in parts.iter().enumerate() {
        let mut next = Vec::new();
        let needs_dir = index < last || directories;
        for base in &bases {
            if !pattern::is_pattern(part) {
                let path = format!("{base}{}", pattern::unescape(part));
                if sys.lstat(&path).is_ok() {
                    next.push(path);
                }
                continue;
            }
            let Ok(entries) = sys.read_dir(if base.is_empty() { "." } else { base }) else { continue };
            let hidden = part.starts_with('.') || part.starts_with("\\.");
            let dots = [".", ".."].map(|d| crate::program::Entry { name: d.into(), kind: Kind::Directory });
            for entry in entries.iter().chain(if hidden { dots.iter() } else { [].iter() }) {
                if (entry.name.starts_with('.') && !hidden) || !pattern::matches(part, &entry.name) {
                    continue;
                }
                let path = format!("{base}{}", entry.name);
                if !needs_dir || entry.kind == Kind::Directory || sys.stat(&path).is_ok_and(|s| s.kind == Kind::Directory) {
                    next.push(path);
                }
            }
        }
        if needs_dir {
            for path in &mut next {
                path.push('/');
            }
        }
        bases = next;
        if bases.len() > 10_000 {
            break;
        }
    }
    bases.sort();
    bases.into_iter().filter(|b| !b.is_empty()).map(Rc::from).collect()
}
