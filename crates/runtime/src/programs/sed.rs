//! `sed`.

use super::engine::regex::{Captures, Regex, Syntax};
use super::engine::text::lossy;
use super::plain::{Io, Run, Stop};
use crate::program::{Fd, Open};
use std::{collections::BTreeMap, rc::Rc};

#[derive(Clone, Debug)]
enum Address {
    Line(u64),
    Last,
    Pattern(Option<Rc<Regex>>),
    Step(u64, u64),
}

#[derive(Clone, Debug)]
enum End {
    Address(Address),
    Plus(u64),
    Multiple(u64),
}

#[derive(Clone, Debug)]
struct Substitute {
    regex: Option<Rc<Regex>>,
    replacement: Vec<Part>,
    global: bool,
    number: usize,
    print: bool,
    write: Option<String>,
    execute: bool,
}

#[derive(Clone, Debug)]
enum Part {
    Text(Vec<u8>),
    Group(usize),
    Case(u8),
}

#[derive(Clone, Debug)]
enum Action {
    Block(usize),
    Close,
    Append(Vec<u8>),
    Insert(Vec<u8>),
    Change(Vec<u8>),
    Branch(Option<usize>),
    BranchIf(Option<usize>),
    BranchUnless(Option<usize>),
    Simple(u8),
    Quit(u8, i32),
    Read(String),
    Write(String),
    Substitute(Box<Substitute>),
    Translate(Vec<(u8, u8)>),
}

#[derive(Clone, Debug)]
struct Command {
    from: Option<Address>,
    to: Option<End>,
    negate: bool,
    action: Action,
    label: Option<String>,
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    extended: bool,
    gnu: bool,
    commands: Vec<Command>,
    labels: BTreeMap<String, usize>,
    blocks: Vec<usize>,
}

type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
    fn blanks(&mut self) {
        while self.peek().is_some_and(|b| b == b' ' || b == b'\t') {
            self.at += 1;
        }
    }
    fn number(&mut self) -> Option<u64> {
        let from = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        std::str::from_utf8(self.text.get(from..self.at)?).ok()?.parse().ok()
    }
    /// Text up to an unescaped delimiter; a newline escape becomes a newline.
    fn delimited(&mut self, delimiter: u8, regex: bool) -> Read<Vec<u8>> {
        let mut out = Vec::new();
        let mut bracket = false;
        loop {
            let Some(byte) = self.peek() else { return Err(format!("unmatched '{}'", char::from(delimiter))) };
            self.at += 1;
            if byte == b'\\' {
                let Some(next) = self.peek() else { return Err(format!("unmatched '{}'", char::from(delimiter))) };
                self.at += 1;
                if next == delimiter && !bracket {
                    out.push(next);
                } else if next == b'n' && regex {
                    out.push(b'\n');
                } else if next == b't' && regex {
                    out.push(b'\t');
                } else {
                    out.extend([b'\\', next]);
                }
                continue;
            }
            if byte == b'\n' && regex {
                return Err(format!("unmatched '{}'", char::from(delimiter)));
            }
            if regex && byte == b'[' && !bracket {
                bracket = true;
                out.push(byte);
                // A `]` right at the start belongs to the set.
                if self.peek() == Some(b'^') {
                    out.push(b'^');
                    self.at += 1;
                }
                if self.peek() == Some(b']') {
                    out.push(b']');
                    self.at += 1;
                }
                continue;
            }
            if bracket && byte == b'[' && matches!(self.peek(), Some(b':' | b'.' | b'=')) {
                let rest = self.text.get(self.at..).unwrap_or_default();
                if let Some(end) = rest.iter().position(|b| *b == b']') {
                    out.push(byte);
                    out.extend_from_slice(rest.get(..=end).unwrap_or_default());
                    self.at += end + 1;
                    continue;
                }
            }
            if bracket && byte == b']' {
                bracket = false;
            }
            if byte == delimiter && !bracket {
                return Ok(out);
            }
            if byte == delimiter && bracket {
                // POSIX: the delimiter counts even in brackets for most implementations when no `]` follows.
                let rest = self.text.get(self.at..).unwrap_or_default();
                if !rest.iter().take_while(|b| **b != b'\n').any(|b| *b == b']') {
                    return Ok(out);
                }
            }
            out.push(byte);
        }
    }
    fn regex(&self, text: &[u8], ignore_case: bool) -> Read<Option<Rc<Regex>>> {
        if text.is_empty() {
            return Ok(None);
        }
        Regex::new(text, Syntax { extended: self.extended, ignore_case }).map(|r| Some(Rc::new(r))).map_err(|e| format!("bad regex '{}': {e}", lossy(text)))
    }
    fn address(&mut self) -> Read<Option<Address>> {
        Ok(match self.peek() {
            Some(b'0'..=b'9') => {
                let number = self.number().unwrap_or(0);
                if self.peek() == Some(b'~') {
                    self.at += 1;
                    let step = self.number().unwrap_or(0);
                    Some(Address::Step(number, step))
                } else {
                    Some(Address::Line(number))
                }
            }
            Some(b'$') => {
                self.at += 1;
                Some(Address::Last)
            }
            Some(first @ (b'/' | b'\\')) => {
                self.at += 1;
                let delimiter = if first == b'\\' {
                    let byte = self.peek().unwrap_or(b'/');
                    self.at += 1;
                    byte
                } else {
                    b'/'
                };
                let text = self.delimited(delimiter, true)?;
                let ignore_case = self.peek() == Some(b'I');
                if ignore_case {
                    self.at += 1;
                }
                Some(Address::Pattern(self.regex(&text, ignore_case)?))
            }
            _ => None,
        })
    }
    fn rest_of_line(&mut self) -> Vec<u8> {
        let from = self.at;
        while self.peek().is_some_and(|b| b != b'\n') {
            self.at += 1;
        }
        self.text.get(from..self.at).unwrap_or_default().to_vec()
    }
    /// A label: busybox takes `;` and `}` as its end only after a blank.
    fn label(&mut self) -> String {
        self.blanks();
        let from = self.at;
        while self.peek().is_some_and(|b| !matches!(b, b'\n' | b';' | b' ' | b'\t')) {
            self.at += 1;
        }
        lossy(self.text.get(from..self.at).unwrap_or_default())
    }
    /// The text of `a`, `i`, `c`.
    fn text(&mut self) -> Read<Vec<u8>> {
        self.blanks();
        let mut begun = false;
        if self.peek() == Some(b'\\') {
            begun = true;
            self.at += 1;
            let from = self.at;
            self.blanks();
            if self.peek() == Some(b'\n') {
                self.at += 1;
            } else if !self.gnu {
                // busybox keeps the blanks of a text on the same line.
                self.at = from;
            }
        }
        let mut out = Vec::new();
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                break;
            }
            if byte == b'\\' {
                if let Some(next) = self.peek() {
                    self.at += 1;
                    match next {
                        b't' => out.push(b'\t'),
                        _ => out.push(next),
                    }
                }
                continue;
            }
            out.push(byte);
        }
        if out.is_empty() && (self.gnu || !begun) {
            return Err("expected \\ after `a', `c' or `i'".to_owned());
        }
        out.push(b'\n');
        Ok(out)
    }
    fn replacement(&self, text: &[u8], groups: usize) -> Read<Vec<Part>> {
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            at += 1;
            let special = match byte {
                b'&' => Some(Part::Group(0)),
                b'\\' => {
                    let next = text.get(at).copied();
                    at += 1;
                    match next {
                        Some(digit @ b'0'..=b'9') => {
                            let number = usize::from(digit - b'0');
                            if number > groups {
                                return Err(format!("invalid reference \\{number} on 's' command's RHS"));
                            }
                            Some(Part::Group(number))
                        }
                        Some(b'n') => {
                            literal.push(b'\n');
                            None
                        }
                        Some(b't') => {
                            literal.push(b'\t');
                            None
                        }
                        Some(b'r') => {
                            literal.push(b'\r');
                            None
                        }
                        Some(case @ (b'U' | b'L' | b'E' | b'u' | b'l')) if self.gnu => Some(Part::Case(case)),
                        Some(other) => {
                            literal.push(other);
                            None
                        }
                        None => None,
                    }
                }
                _ => {
                    literal.push(byte);
                    None
                }
            };
            if let Some(part) = special {
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                parts.push(part);
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(parts)
    }
    fn substitute(&mut self) -> Read<Action> {
        let Some(delimiter) = self.peek().filter(|b| *b != b'\n' && *b != b'\\') else { return Err("bad format in substitution expression".to_owned()) };
        self.at += 1;
        let pattern = self.delimited(delimiter, true)?;
        let from = self.at;
        let mut replacement = Vec::new();
        let mut closed = false;
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'\\' {
                if let Some(next) = self.peek() {
                    self.at += 1;
                    if next == delimiter && next != b'&' {
                        replacement.push(next);
                    } else {
                        replacement.extend([b'\\', next]);
                    }
                }
                continue;
            }
            if byte == delimiter {
                closed = true;
                break;
            }
            replacement.push(byte);
        }
        let _ = from;
        if !closed {
            return Err(format!("unmatched '{}'", char::from(delimiter)));
        }
        let mut done = Substitute { regex: None, replacement: Vec::new(), global: false, number: 0, print: false, write: None, execute: false };
        let mut ignore_case = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'g' => {
                    done.global = true;
                    if !self.gnu {
                        done.number = 0;
                    }
                }
                b'p' => done.print = true,
                b'i' | b'I' => ignore_case = true,
                b'm' | b'M' => {}
                b'e' => done.execute = true,
                b'0'..=b'9' => {
                    done.number = self.number().unwrap_or(1) as usize;
                    // busybox: the last of number and `g` counts.
                    done.global &= self.gnu;
                    continue;
                }
                b'w' => {
                    self.at += 1;
                    self.blanks();
                    done.write = Some(lossy(&self.rest_of_line()));
                    break;
                }
                b' ' | b'\t' | b'\r' => {}
                b';' | b'\n' | b'}' | b'#' => break,
                _ => return Err("bad option in substitution expression".to_owned()),
            }
            self.at += 1;
        }
        done.regex = self.regex(&pattern, ignore_case)?;
        let groups = done.regex.as_ref().map_or(9, |r| r.groups());
        done.replacement = self.replacement(&replacement, groups)?;
        Ok(Action::Substitute(Box::new(done)))
    }
    fn script(&mut self) -> Read<()> {
        loop {
            while self.peek().is_some_and(|b| b.is_ascii_whitespace() || b == b';') {
                self.at += 1;
            }
            let Some(byte) = self.peek() else { return Ok(()) };
            if byte == b'#' {
                self.rest_of_line();
                continue;
            }
            let from = self.address()?;
            let mut to = None;
            if from.is_some() {
                self.blanks();
                if self.peek() == Some(b',') {
                    self.at += 1;
                    self.blanks();
                    to = Some(match self.peek() {
                        Some(b'+') => {
                            self.at += 1;
                            End::Plus(self.number().unwrap_or(0))
                        }
                        Some(b'~') => {
                            self.at += 1;
                            End::Multiple(self.number().unwrap_or(0))
                        }
                        _ => End::Address(self.address()?.ok_or_else(|| "unexpected ','".to_owned())?),
                    });
                }
            }
            self.blanks();
            let mut negate = false;
            while self.peek() == Some(b'!') {
                negate = true;
                self.at += 1;
                self.blanks();
            }
            let Some(letter) = self.peek() else { return Err("missing command".to_owned()) };
            self.at += 1;
            let mut label = None;
            let action = match letter {
                b'{' => {
                    self.blocks.push(self.commands.len());
                    Action::Block(0)
                }
                b'}' => {
                    let Some(open) = self.blocks.pop() else { return Err("unexpected '}'".to_owned()) };
                    let here = self.commands.len();
                    if let Some(command) = self.commands.get_mut(open) {
                        command.action = Action::Block(here);
                    }
                    Action::Close
                }
                b':' => {
                    if from.is_some() {
                        return Err("unexpected ':'".to_owned());
                    }
                    let name = self.label();
                    self.labels.insert(name, self.commands.len());
                    Action::Close
                }
                b'b' | b't' | b'T' => {
                    let name = self.label();
                    label = Some(name);
                    match letter {
                        b'b' => Action::Branch(None),
                        b't' => Action::BranchIf(None),
                        _ => Action::BranchUnless(None),
                    }
                }
                b'a' => Action::Append(self.text()?),
                b'i' => Action::Insert(self.text()?),
                b'c' => Action::Change(self.text()?),
                b's' => self.substitute()?,
                b'y' => {
                    let Some(delimiter) = self.peek() else { return Err("bad format in y command".to_owned()) };
                    self.at += 1;
                    let plain = |text: Vec<u8>| super::engine::text::unescape(&text, false).bytes;
                    let first = plain(self.delimited(delimiter, false)?);
                    let second = plain(self.delimited(delimiter, false)?);
                    if first.len() != second.len() {
                        return Err("strings for 'y' command are different lengths".to_owned());
                    }
                    Action::Translate(first.into_iter().zip(second).collect())
                }
                b'q' | b'Q' => {
                    self.blanks();
                    Action::Quit(letter, self.number().unwrap_or(0) as i32)
                }
                b'r' => {
                    self.blanks();
                    Action::Read(lossy(&self.rest_of_line()))
                }
                b'w' => {
                    self.blanks();
                    Action::Write(lossy(&self.rest_of_line()))
                }
                b'=' | b'd' | b'D' | b'g' | b'G' | b'h' | b'H' | b'l' | b'n' | b'N' | b'p' | b'P' | b'x' | b'z' | b'F' => Action::Simple(letter),
                other => return Err(format!("unsupported command {}", char::from(other))),
            };
            self.commands.push(Command { from, to, negate, action, label });
            self.blanks();
        }
    }
    fn finish(mut self) -> Read<Vec<Command>> {
        for command in &mut self.commands {
            let Some(label) = &command.label else { continue };
            if label.is_empty() {
                continue;
            }
            let Some(to) = self.labels.get(label) else { return Err(format!("can't find label for jump to '{label}'")) };
            command.action = match command.action {
                Action::BranchIf(_) => Action::BranchIf(Some(*to)),
                Action::BranchUnless(_) => Action::BranchUnless(Some(*to)),
                _ => Action::Branch(Some(*to)),
            };
        }
        if !self.blocks.is_empty() {
            if !self.gnu {
                // busybox lets an open block end with the script.
                let end = self.commands.len();
                for open in std::mem::take(&mut self.blocks) {
                    if let Some(command) = self.commands.get_mut(open) {
                        command.action = Action::Block(end);
                    }
                }
                return Ok(self.commands);
            }
            return Err("unmatched '{'".to_owned());
        }
        Ok(self.commands)
    }
}

/// Where the lines come from: files in order, one line ahead of the script so that `$` is known.
struct Lines {
    files: Vec<Rc<str>>,
    next_file: usize,
    fd: Option<Fd>,
    ahead: Option<Vec<u8>>,
    started: bool,
    failed: bool,
    ended_without_newline: bool,
    in_place: bool,
}

impl Lines {
    fn raw(&mut self, io: &mut Io<'_>) -> Result<Option<Vec<u8>>, Stop> {
        loop {
            if let Some(fd) = self.fd {
                if let Some(line) = io.line(fd)? {
                    return Ok(Some(line));
                }
                if fd != 0 {
                    io.close(fd);
                }
                self.fd = None;
            }
            let Some(file) = self.files.get(self.next_file).cloned() else { return Ok(None) };
            if self.in_place && self.next_file > 0 {
                return Ok(None);
            }
            self.next_file += 1;
            if &*file == "-" {
                self.fd = Some(0);
                continue;
            }
            match io.open(&file, Open::READ) {
                Ok(fd) if io.once(|sys| sys.fstat(fd)).is_ok_and(|s| s.kind == crate::program::Kind::Directory) => {
                    let text = if io.gnu() { format!("couldn't read {file}: Is a directory") } else { "read error: Is a directory".to_owned() };
                    io.err(text);
                    io.close(fd);
                    self.failed = true;
                }
                Ok(fd) => self.fd = Some(fd),
                Err(error) => {
                    let text = if io.gnu() { format!("can't read {file}: {error}") } else { format!("{file}: {error}") };
                    io.err(text);
                    self.failed = true;
                }
            }
        }
    }
    fn next(&mut self, io: &mut Io<'_>) -> Result<Option<Vec<u8>>, Stop> {
        if !self.started {
            self.started = true;
            self.ahead = self.raw(io)?;
        }
        let Some(mut line) = self.ahead.take() else { return Ok(None) };
        self.ended_without_newline = line.last() != Some(&b'\n');
        if !self.ended_without_newline {
            line.pop();
        }
        self.ahead = self.raw(io)?;
        Ok(Some(line))
    }
    fn last(&self) -> bool {
        self.ahead.is_none()
    }
}

struct Machine {
    gnu: bool,
    commands: Vec<Command>,
    quiet: bool,
    ranges: BTreeMap<usize, Option<u64>>,
    last_regex: Option<Rc<Regex>>,
    writes: BTreeMap<String, Vec<u8>>,
    hold: Vec<u8>,
    number: u64,
    out: Vec<u8>,
}

impl Machine {
    fn hits(&mut self, address: &Address, space: &[u8], last: bool) -> bool {
        match address {
            Address::Line(n) => *n == self.number,
            Address::Last => last,
            Address::Step(first, step) => {
                if *step == 0 {
                    self.number == *first
                } else {
                    self.number >= *first && (self.number - first).is_multiple_of(*step)
                }
            }
            Address::Pattern(regex) => {
                let regex = regex.clone().or_else(|| self.last_regex.clone());
                self.last_regex.clone_from(&regex);
                regex.is_some_and(|r| r.is_match(space))
            }
        }
    }

    fn selected(&mut self, index: usize, space: &[u8], last: bool) -> bool {
        let Some(command) = self.commands.get(index).cloned() else { return false };
        let Some(from) = &command.from else { return !command.negate };
        let result = match &command.to {
            None => self.hits(from, space, last),
            Some(end) => {
                if let Some(open) = self.ranges.get(&index).copied() {
                    let ends = match (open, end) {
                        (Some(until), _) => self.number >= until,
                        (None, End::Address(Address::Line(n))) => self.number >= *n,
                        (None, End::Address(address)) => self.hits(&address.clone(), space, last),
                        _ => true,
                    };
                    let beyond = match (open, end) {
                        (None, End::Address(Address::Line(n))) => self.number > *n,
                        (Some(until), _) => self.number > until,
                        _ => false,
                    };
                    if ends {
                        self.ranges.remove(&index);
                    }
                    !beyond || self.hits(from, space, last)
                } else if matches!(from, Address::Line(0)) && self.number == 1 {
                    let closes = matches!(end, End::Address(address) if self.hits(&address.clone(), space, last));
                    if !closes {
                        self.ranges.insert(index, None);
                    }
                    true
                } else if self.hits(from, space, last) {
                    match end {
                        End::Address(Address::Line(n)) if *n <= self.number => {}
                        End::Plus(0) => {}
                        End::Plus(n) => {
                            self.ranges.insert(index, Some(self.number + n));
                        }
                        End::Multiple(n) if *n == 0 || self.number.is_multiple_of(*n) => {}
                        End::Multiple(n) => {
                            self.ranges.insert(index, Some(self.number.div_ceil(*n) * n));
                        }
                        End::Address(_) => {
                            self.ranges.insert(index, None);
                        }
                    }
                    true
                } else {
                    false
                }
            }
        };
        result != command.negate
    }

    fn substitute(&mut self, how: &Substitute, space: &[u8]) -> Option<Vec<u8>> {
        let regex = how.regex.clone().or_else(|| self.last_regex.clone())?;
        self.last_regex = Some(regex.clone());
        let mut out = Vec::new();
        let mut at = 0;
        let mut count = 0;
        let mut changed = false;
        let mut last_end = None;
        while at <= space.len() {
            // busybox looks at the rest of the line alone: what stands before it is no context.
            let found = if at == 0 || self.gnu { regex.find_at(space, at) } else { regex.find_rest(space, at) };
            let Some(found) = found else { break };
            let Some((low, high)) = found.first().copied().flatten() else { break };
            if low == high && last_end == Some(low) {
                // An empty match right behind the last one does not count.
                out.extend(space.get(at..(at + 1).min(space.len())).unwrap_or_default());
                at += 1;
                last_end = None;
                continue;
            }
            out.extend_from_slice(space.get(at..low).unwrap_or_default());
            count += 1;
            if count >= how.number.max(1) && (!changed || how.global) {
                expand(&how.replacement, space, &found, &mut out);
                changed = true;
            } else {
                out.extend_from_slice(space.get(low..high).unwrap_or_default());
            }
            last_end = Some(high);
            at = high;
            if low == high {
                out.extend(space.get(at..(at + 1).min(space.len())).unwrap_or_default());
                at += 1;
            }
            if changed && !how.global {
                break;
            }
        }
        out.extend_from_slice(space.get(at.min(space.len())..).unwrap_or_default());
        changed.then_some(out)
    }

    fn print(&mut self, io: &mut Io<'_>, bytes: &[u8], newline: bool, to_file: bool) {
        let mut text = bytes.to_vec();
        if newline {
            text.push(b'\n');
        }
        if to_file {
            self.out.extend(text);
        } else {
            io.out(text);
        }
    }

    fn run(&mut self, io: &mut Io<'_>, lines: &mut Lines, to_file: bool) -> Result<Option<i32>, Stop> {
        let mut pending: Option<Vec<u8>> = None;
        loop {
            let mut space = match pending.take() {
                Some(space) => space,
                None => match lines.next(io)? {
                    Some(line) => {
                        self.number += 1;
                        line
                    }
                    None => return Ok(None),
                },
            };
            let mut appended: Vec<Vec<u8>> = Vec::new();
            let mut pc = 0;
            let mut replaced = false;
            let mut deleted = false;
            let mut quit = None;
            let mut steps = 0u32;
            while let Some(command) = self.commands.get(pc).cloned() {
                steps += 1;
                if steps > 100_000 {
                    return io.fail(1, "script does not end");
                }
                let here = pc;
                pc += 1;
                if !self.selected(here, &space, lines.last()) {
                    if let Action::Block(end) = command.action {
                        pc = end + 1;
                    }
                    continue;
                }
                match &command.action {
                    Action::Block(_) | Action::Close => {}
                    Action::Append(text) => appended.push(text.clone()),
                    Action::Insert(text) => {
                        let text = text.clone();
                        self.print(io, &text, false, to_file);
                    }
                    Action::Change(text) => {
                        let in_range = command.to.is_some() && self.ranges.contains_key(&here) && !command.negate;
                        if !in_range {
                            let text = text.clone();
                            self.print(io, &text, false, to_file);
                        }
                        deleted = true;
                        break;
                    }
                    Action::Branch(to) => match to {
                        Some(to) => pc = *to,
                        None => break,
                    },
                    Action::BranchIf(to) => {
                        if std::mem::take(&mut replaced) {
                            match to {
                                Some(to) => pc = *to,
                                None => break,
                            }
                        }
                    }
                    Action::BranchUnless(to) => {
                        if !std::mem::take(&mut replaced) {
                            match to {
                                Some(to) => pc = *to,
                                None => break,
                            }
                        }
                    }
                    Action::Quit(letter, code) => {
                        quit = Some(*code);
                        deleted = *letter == b'Q';
                        break;
                    }
                    Action::Read(path) => {
                        if let Ok(data) = io.input(path)? {
                            appended.push(data.to_vec());
                        }
                    }
                    Action::Write(path) => {
                        let mut line = space.clone();
                        line.push(b'\n');
                        self.save(io, path, &line);
                    }
                    Action::Substitute(how) => {
                        if let Some(new) = self.substitute(how, &space) {
                            space = new;
                            replaced = true;
                            if how.print {
                                let text = space.clone();
                                self.print(io, &text, true, to_file);
                            }
                            if let Some(path) = &how.write {
                                let mut line = space.clone();
                                line.push(b'\n');
                                self.save(io, path, &line);
                            }
                        }
                    }
                    Action::Translate(pairs) => {
                        for byte in &mut space {
                            if let Some((_, new)) = pairs.iter().find(|(old, _)| old == byte) {
                                *byte = *new;
                            }
                        }
                    }
                    Action::Simple(letter) => match letter {
                        b'=' => {
                            let text = self.number.to_string();
                            self.print(io, text.as_bytes(), true, to_file);
                        }
                        b'd' => {
                            deleted = true;
                            break;
                        }
                        b'D' => {
                            if let Some(end) = space.iter().position(|b| *b == b'\n') {
                                pending = Some(space.get(end + 1..).unwrap_or_default().to_vec());
                            }
                            deleted = true;
                            break;
                        }
                        b'g' => space.clone_from(&self.hold),
                        b'G' => {
                            space.push(b'\n');
                            space.extend_from_slice(&self.hold);
                        }
                        b'h' => self.hold.clone_from(&space),
                        b'H' => {
                            self.hold.push(b'\n');
                            self.hold.extend_from_slice(&space);
                        }
                        b'x' => std::mem::swap(&mut space, &mut self.hold),
                        b'z' => space.clear(),
                        b'F' => self.print(io, b"-", true, to_file),
                        b'l' => {
                            let mut text = Vec::new();
                            for byte in &space {
                                match byte {
                                    b'\\' => text.extend(b"\\\\"),
                                    b'\n' => text.extend(b"\\n"),
                                    b'\t' => text.extend(b"\\t"),
                                    32..=126 => text.push(*byte),
                                    other => text.extend(format!("\\{other:03o}").as_bytes()),
                                }
                            }
                            text.push(b'$');
                            self.print(io, &text, true, to_file);
                        }
                        b'n' => {
                            if !self.quiet {
                                let text = space.clone();
                                let newline = !(lines.last() && lines.ended_without_newline);
                                self.print(io, &text, newline, to_file);
                            }
                            for text in std::mem::take(&mut appended) {
                                self.print(io, &text, false, to_file);
                            }
                            match lines.next(io)? {
                                Some(line) => {
                                    self.number += 1;
                                    space = line;
                                }
                                None => {
                                    deleted = true;
                                    quit = Some(0);
                                    break;
                                }
                            }
                        }
                        b'N' => match lines.next(io)? {
                            Some(line) => {
                                self.number += 1;
                                space.push(b'\n');
                                space.extend(line);
                            }
                            None => {
                                quit = Some(0);
                                break;
                            }
                        },
                        b'p' => {
                            let text = space.clone();
                            self.print(io, &text, true, to_file);
                        }
                        b'P' => {
                            let end = space.iter().position(|b| *b == b'\n').unwrap_or(space.len());
                            let text = space.get(..end).unwrap_or_default().to_vec();
                            self.print(io, &text, true, to_file);
                        }
                        _ => {}
                    },
                }
            }
            if !deleted && !self.quiet {
                let newline = !(lines.last() && lines.ended_without_newline && appended.is_empty());
                self.print(io, &space, newline, to_file);
            }
            for text in appended {
                self.print(io, &text, false, to_file);
            }
            if quit.is_some() {
                return Ok(quit);
            }
            if io.broken() {
                return Ok(Some(1));
            }
        }
    }

    fn save(&mut self, io: &mut Io<'_>, path: &str, line: &[u8]) {
        match path {
            "/dev/stdout" => io.out(line),
            "/dev/stderr" => io.err_raw(&lossy(line)),
            _ => self.writes.entry(path.to_owned()).or_default().extend_from_slice(line),
        }
    }
}

fn expand(parts: &[Part], space: &[u8], found: &Captures, out: &mut Vec<u8>) {
    let mut case = b'E';
    let mut once = 0;
    for part in parts {
        let text = match part {
            Part::Text(text) => text.clone(),
            Part::Group(n) => found.get(*n).copied().flatten().map(|(a, b)| space.get(a..b).unwrap_or_default().to_vec()).unwrap_or_default(),
            Part::Case(letter) => {
                if matches!(letter, b'u' | b'l') {
                    once = *letter;
                } else {
                    case = *letter;
                }
                continue;
            }
        };
        let mut text = match case {
            b'U' => text.to_ascii_uppercase(),
            b'L' => text.to_ascii_lowercase(),
            _ => text,
        };
        if once != 0
            && let Some(first) = text.first_mut()
        {
            *first = if once == b'u' { first.to_ascii_uppercase() } else { first.to_ascii_lowercase() };
            once = 0;
        }
        out.extend(text);
    }
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    // `-i` takes its suffix without a blank, so it is taken out before the options are read.
    let mut suffix: Option<String> = None;
    let args = io.args.clone();
    let mut kept = Vec::new();
    let mut skip = false;
    for arg in args {
        if skip {
            skip = false;
        } else if let Some(rest) = arg.strip_prefix("--in-place") {
            suffix = Some(rest.trim_start_matches('=').to_owned());
            continue;
        } else if arg.starts_with('-') && !arg.starts_with("--") && arg.len() > 1 {
            if let Some(at) = arg.find('i').filter(|at| arg.get(1..*at).is_some_and(|p| p.chars().all(|c| "nrEsuz".contains(c)))) {
                suffix = Some(arg.get(at + 1..).unwrap_or_default().to_owned());
                if at > 1 {
                    kept.push(Rc::from(arg.get(..at).unwrap_or_default()));
                }
                continue;
            }
            skip = arg.ends_with('e') || arg.ends_with('f');
        }
        kept.push(arg);
    }
    io.args = kept;
    let options = io.options(
        "nrEsuze:f:",
        &[
            ("quiet", 'n'),
            ("silent", 'n'),
            ("regexp-extended", 'E'),
            ("expression", 'e'),
            ("file", 'f'),
            ("separate", 's'),
            ("unbuffered", 'u'),
            ("null-data", 'z'),
        ],
    )?;
    let mut operands = options.operands.clone();
    let mut script: Vec<u8> = Vec::new();
    for (letter, value) in &options.given {
        let Some(value) = value else { continue };
        let text = match letter {
            'e' => value.as_bytes().to_vec(),
            'f' => match io.input(value)? {
                Ok(data) => data.to_vec(),
                Err(error) => return io.fail(1, format!("{value}: {error}")),
            },
            _ => continue,
        };
        script.extend(text);
        script.push(b'\n');
    }
    if !options.has('e') && !options.has('f') {
        if operands.is_empty() {
            if io.gnu() {
                io.err_raw("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n");
                return Ok(1);
            }
            return io.usage(1);
        }
        script.extend(operands.remove(0).as_bytes());
    }
    let mut quiet = options.has('n');
    if script.starts_with(b"#n\n") {
        quiet = true;
    }
    if options.has('u') {
        io.direct = true;
    }
    let mut reader = Reader {
        text: &script,
        at: 0,
        extended: options.has('r') || options.has('E'),
        gnu: io.gnu(),
        commands: Vec::new(),
        labels: BTreeMap::new(),
        blocks: Vec::new(),
    };
    let commands = match reader.script().and_then(|()| reader.finish()) {
        Ok(commands) => commands,
        Err(text) => {
            let text = if io.gnu() { format!("-e expression #1, char {}: {text}", script.len()) } else { text };
            return io.fail(1, text);
        }
    };
    if operands.is_empty() {
        operands.push("-".into());
    }
    let mut machine = Machine {
        gnu: io.gnu(),
        commands,
        quiet,
        ranges: BTreeMap::new(),
        last_regex: None,
        writes: BTreeMap::new(),
        hold: Vec::new(),
        number: 0,
        out: Vec::new(),
    };
    for command in &machine.commands {
        let path = match &command.action {
            Action::Write(path) => Some(path),
            Action::Substitute(how) => how.write.as_ref(),
            _ => None,
        };
        if let Some(path) = path {
            machine.writes.entry(path.clone()).or_default();
        }
    }
    let in_place = suffix.is_some();
    let groups: Vec<Vec<Rc<str>>> = if in_place { operands.into_iter().map(|o| vec![o]).collect() } else { vec![operands] };
    let mut code = 0;
    for files in groups {
        let path = files.first().cloned().unwrap_or_else(|| "-".into());
        let mut lines = Lines { files, next_file: 0, fd: None, ahead: None, started: false, failed: false, ended_without_newline: false, in_place };
        if in_place {
            machine.number = 0;
        }
        let quit = machine.run(io, &mut lines, in_place)?;
        if lines.failed {
            code = if io.gnu() { 2 } else { 1 };
        } else if let Some(suffix) = &suffix {
            // The rest of the file stays after a `q`.
            if quit.is_some() {
                while let Some(line) = lines.next(io)? {
                    machine.out.extend(line);
                    machine.out.push(b'\n');
                }
            }
            let data = std::mem::take(&mut machine.out);
            let mode = io.stat(&path).map(|s| s.mode);
            if !suffix.is_empty() {
                let backup = if suffix.contains('*') { suffix.replace('*', super::files::base(&path)) } else { format!("{path}{suffix}") };
                let _ = io.act(|sys| sys.rename(&path, &backup));
            }
            if let Err(error) = io.write_file(&path, &data, false) {
                return io.fail(1, format!("{path}: {error}"));
            }
            if let Ok(mode) = mode {
                let _ = io.act(|sys| sys.chmod(&path, mode));
            }
        }
        if let Some(quit) = quit {
            code = quit;
            if !in_place {
                break;
            }
        }
    }
    for (path, data) in std::mem::take(&mut machine.writes) {
        if let Err(error) = io.write_file(&path, &data, false) {
            return io.fail(1, format!("can't open '{path}': {error}"));
        }
    }
    Ok(code)
}
