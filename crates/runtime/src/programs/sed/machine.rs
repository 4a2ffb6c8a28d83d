//! Runs a script over the lines.

use super::{Action, Address, End, Lines, Machine, Part};
use crate::programs::{
    engine::{regex::Captures, text::lossy},
    plain::{Io, Stop},
};

impl Machine {
    pub(super) fn hits(&mut self, address: &Address, space: &[u8], last: bool) -> bool {
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
    pub(super) fn selected(&mut self, index: usize, space: &[u8], last: bool) -> bool {
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
    pub(super) fn print(&mut self, io: &mut Io<'_>, bytes: &[u8], newline: bool, to_file: bool) {
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
    pub(super) fn run(&mut self, io: &mut Io<'_>, lines: &mut Lines, to_file: bool) -> Result<Option<i32>, Stop> {
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
    pub(super) fn save(&mut self, io: &mut Io<'_>, path: &str, line: &[u8]) {
        match path {
            "/dev/stdout" => io.out(line),
            "/dev/stderr" => io.err_raw(&lossy(line)),
            _ => self.writes.entry(path.to_owned()).or_default().extend_from_slice(line),
        }
    }
}

pub(super) fn expand(parts: &[Part], space: &[u8], found: &Captures, out: &mut Vec<u8>) {
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
