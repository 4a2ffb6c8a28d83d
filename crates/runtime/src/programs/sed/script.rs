//! Reads a script.

use super::{Action, Address, Command, End, Part, Read, Reader};
use crate::programs::engine::{
    regex::{Regex, Syntax},
    text::lossy,
};
use std::rc::Rc;

impl Reader<'_> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
    pub(super) fn blanks(&mut self) {
        while self.peek().is_some_and(|b| b == b' ' || b == b'\t') {
            self.at += 1;
        }
    }
    pub(super) fn number(&mut self) -> Option<u64> {
        let from = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        std::str::from_utf8(self.text.get(from..self.at)?).ok()?.parse().ok()
    }
    /// Text up to an unescaped delimiter; a newline escape becomes a newline.
    pub(super) fn delimited(&mut self, delimiter: u8, regex: bool) -> Read<Vec<u8>> {
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
    pub(super) fn regex(&self, text: &[u8], ignore_case: bool) -> Read<Option<Rc<Regex>>> {
        if text.is_empty() {
            return Ok(None);
        }
        Regex::new(text, Syntax { extended: self.extended, ignore_case }).map(|r| Some(Rc::new(r))).map_err(|e| format!("bad regex '{}': {e}", lossy(text)))
    }
    pub(super) fn address(&mut self) -> Read<Option<Address>> {
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
    pub(super) fn rest_of_line(&mut self) -> Vec<u8> {
        let from = self.at;
        while self.peek().is_some_and(|b| b != b'\n') {
            self.at += 1;
        }
        self.text.get(from..self.at).unwrap_or_default().to_vec()
    }
    /// A label: busybox takes `;` and `}` as its end only after a blank.
    pub(super) fn label(&mut self) -> String {
        self.blanks();
        let from = self.at;
        while self.peek().is_some_and(|b| !matches!(b, b'\n' | b';' | b' ' | b'\t')) {
            self.at += 1;
        }
        lossy(self.text.get(from..self.at).unwrap_or_default())
    }
    /// The text of `a`, `i`, `c`.
    pub(super) fn text(&mut self) -> Read<Vec<u8>> {
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
    pub(super) fn replacement(&self, text: &[u8], groups: usize) -> Read<Vec<Part>> {
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
    pub(super) fn script(&mut self) -> Read<()> {
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
                    let plain = |text: Vec<u8>| crate::programs::engine::text::unescape(&text, false).bytes;
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
    pub(super) fn finish(mut self) -> Read<Vec<Command>> {
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
