//! `test` and `[`, and the words of `[[`.

use super::engine::regex::{Regex, Syntax};
use super::plain::{Io, Run};
use crate::program::{Kind, Sys};
use std::rc::Rc;

struct Parser<'a> {
    args: &'a [Rc<str>],
    at: usize,
    double: bool,
    sys: &'a dyn Sys,
}

fn is_binary(word: &str, double: bool) -> bool {
    matches!(word, "=" | "==" | "!=" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-nt" | "-ot" | "-ef") || (double && word == "=~")
}

fn is_unary(word: &str) -> bool {
    matches!(
        word,
        "-b" | "-c" | "-d" | "-e" | "-f" | "-g" | "-G" | "-h" | "-k" | "-L" | "-n" | "-O" | "-p" | "-r" | "-s" | "-S" | "-t" | "-u" | "-w" | "-x" | "-z"
    )
}

/// Whether a shell pattern (`*`, `?`, `[…]`, backslash) matches the whole text.
pub fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let advanced = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some(_) if t < text.len() => match_one(pattern, p, text.get(t).copied().unwrap_or(0)).map(|next| {
                p = next;
                t += 1;
            }),
            None if t == text.len() => return true,
            _ => None,
        };
        if advanced.is_some() {
            continue;
        }
        match star {
            Some((after, from)) if from < text.len() => {
                star = Some((after, from + 1));
                p = after;
                t = from + 1;
            }
            _ => return false,
        }
    }
}

fn match_one(pattern: &[u8], at: usize, byte: u8) -> Option<usize> {
    match pattern.get(at)? {
        b'?' => Some(at + 1),
        b'\\' => match pattern.get(at + 1) {
            Some(literal) => (*literal == byte).then_some(at + 2),
            None => (byte == b'\\').then_some(at + 1),
        },
        b'[' => {
            let mut i = at + 1;
            let negate = matches!(pattern.get(i), Some(b'!' | b'^'));
            if negate {
                i += 1;
            }
            let mut hit = false;
            let mut first = true;
            loop {
                let Some(&low) = pattern.get(i) else {
                    return (byte == b'[').then_some(at + 1);
                };
                if low == b']' && !first {
                    return (hit != negate).then_some(i + 1);
                }
                first = false;
                if low == b'[' && pattern.get(i + 1) == Some(&b':') {
                    let name = pattern.get(i + 2..).unwrap_or_default();
                    if let Some(length) = name.windows(2).position(|w| w == b":]") {
                        let class = super::engine::regex::named_class(name.get(..length).unwrap_or_default());
                        hit |= class.is_some_and(|test| test(byte));
                        i += length + 4;
                        continue;
                    }
                }
                let (low, next) = if low == b'\\' { (pattern.get(i + 1).copied().unwrap_or(low), i + 2) } else { (low, i + 1) };
                if pattern.get(next) == Some(&b'-') && pattern.get(next + 1).is_some_and(|b| *b != b']') {
                    let high = pattern.get(next + 1).copied().unwrap_or(low);
                    hit |= (low..=high).contains(&byte);
                    i = next + 2;
                } else {
                    hit |= low == byte;
                    i = next;
                }
            }
        }
        literal => (*literal == byte).then_some(at + 1),
    }
}

fn number(text: &str) -> Result<i64, String> {
    let trimmed = text.trim();
    trimmed.parse().map_err(|_| {
        let overflow = !trimmed.is_empty() && trimmed.trim_start_matches(['-', '+']).bytes().all(|b| b.is_ascii_digit()) && trimmed.len() > 18;
        let what = if overflow { "out of range" } else { "bad number" };
        if text.is_empty() { what.to_owned() } else { format!("{text}: {what}") }
    })
}

impl Parser<'_> {
    fn peek(&self, ahead: usize) -> Option<&str> {
        self.args.get(self.at + ahead).map(|a| &**a)
    }

    fn any(&mut self) -> Result<bool, String> {
        let mut result = self.all()?;
        while self.peek(0).is_some_and(|w| w == "-o" || (self.double && w == "||")) {
            self.at += 1;
            result |= self.all()?;
        }
        Ok(result)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut result = self.not()?;
        while self.peek(0).is_some_and(|w| w == "-a" || (self.double && w == "&&")) {
            self.at += 1;
            result &= self.not()?;
        }
        Ok(result)
    }

    fn not(&mut self) -> Result<bool, String> {
        if self.peek(0) == Some("!") && !(self.peek(1).is_some_and(|w| is_binary(w, self.double)) && self.peek(2).is_some()) {
            self.at += 1;
            return Ok(!self.not()?);
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<bool, String> {
        let Some(first) = self.args.get(self.at).cloned() else { return Err("argument expected".to_owned()) };
        let binary = self.peek(1).is_some_and(|w| is_binary(w, self.double));
        if &*first == "(" && !(binary && self.peek(2).is_some()) {
            self.at += 1;
            let result = self.any()?;
            if self.peek(0) != Some(")") {
                return Err("closing paren expected".to_owned());
            }
            self.at += 1;
            return Ok(result);
        }
        if binary && (self.peek(2).is_some() || !is_unary(&first)) {
            let operator = self.args.get(self.at + 1).cloned().unwrap_or_else(|| Rc::from(""));
            let Some(second) = self.args.get(self.at + 2).cloned() else { return Err(format!("{operator}: argument expected")) };
            self.at += 3;
            return self.binary(&first, &operator, &second);
        }
        if is_unary(&first) && self.peek(1).is_some() {
            let operand = self.args.get(self.at + 1).cloned().unwrap_or_else(|| Rc::from(""));
            self.at += 2;
            return self.unary(&first, &operand);
        }
        self.at += 1;
        Ok(!first.is_empty())
    }

    fn binary(&self, first: &str, operator: &str, second: &str) -> Result<bool, String> {
        let compare = |test: fn(i64, i64) -> bool| -> Result<bool, String> { Ok(test(number(first)?, number(second)?)) };
        let same = |a: &str, b: &str| if self.double { glob(b.as_bytes(), a.as_bytes()) } else { a == b };
        match operator {
            "=" | "==" => Ok(same(first, second)),
            "!=" => Ok(!same(first, second)),
            "<" => Ok(first < second),
            ">" => Ok(first > second),
            "=~" => Ok(Regex::new(second.as_bytes(), Syntax { extended: true, ignore_case: false }).is_ok_and(|r| r.is_match(first.as_bytes()))),
            "-eq" => compare(|a, b| a == b),
            "-ne" => compare(|a, b| a != b),
            "-lt" => compare(|a, b| a < b),
            "-le" => compare(|a, b| a <= b),
            "-gt" => compare(|a, b| a > b),
            "-ge" => compare(|a, b| a >= b),
            _ => {
                let (a, b) = (self.sys.stat(first).ok(), self.sys.stat(second).ok());
                Ok(match operator {
                    "-nt" => a.as_ref().is_some_and(|a| b.as_ref().is_none_or(|b| a.modified_unix_ms > b.modified_unix_ms)),
                    "-ot" => b.as_ref().is_some_and(|b| a.as_ref().is_none_or(|a| a.modified_unix_ms < b.modified_unix_ms)),
                    _ => matches!((a, b), (Some(a), Some(b)) if a.inode == b.inode && a.device == b.device),
                })
            }
        }
    }

    fn unary(&self, operator: &str, operand: &str) -> Result<bool, String> {
        let stat = || self.sys.stat(operand).ok();
        let kind = |wanted: Kind| stat().is_some_and(|s| s.kind == wanted);
        Ok(match operator {
            "-n" => !operand.is_empty(),
            "-z" => operand.is_empty(),
            "-t" => self.sys.is_terminal(u32::try_from(number(operand)?).unwrap_or(u32::MAX)),
            "-e" => stat().is_some(),
            "-f" => kind(Kind::File),
            "-d" => kind(Kind::Directory),
            "-c" => kind(Kind::Device),
            "-p" => kind(Kind::Fifo),
            "-S" => kind(Kind::Socket),
            "-L" | "-h" => self.sys.lstat(operand).is_ok_and(|s| s.kind == Kind::Link),
            "-s" => stat().is_some_and(|s| s.size > 0 || s.kind == Kind::Directory),
            "-r" => self.sys.access(operand, 4).is_ok(),
            "-w" => self.sys.access(operand, 2).is_ok(),
            "-x" => self.sys.access(operand, 1).is_ok(),
            "-u" => stat().is_some_and(|s| s.mode & 0o4000 != 0),
            "-g" => stat().is_some_and(|s| s.mode & 0o2000 != 0),
            "-k" => stat().is_some_and(|s| s.mode & 0o1000 != 0),
            "-O" => stat().is_some_and(|s| s.uid == self.sys.user().0),
            "-G" => stat().is_some_and(|s| s.gid == self.sys.user().1),
            _ => false,
        })
    }
}

/// Evaluates the words of `test`, `[` (its `]` removed) or `[[` (`double`: `&&`, `||`, `=~`, and the right side
/// of `=` is a pattern). The error is a message without the shell's name; its exit code is 2.
pub fn evaluate(args: &[Rc<str>], double: bool, sys: &dyn Sys) -> Result<bool, String> {
    match args {
        [] => return Ok(false),
        [single] => return Ok(!single.is_empty()),
        [not, single] if &**not == "!" => return Ok(single.is_empty()),
        _ => {}
    }
    let mut parser = Parser { args, at: 0, double, sys };
    let result = parser.any()?;
    match parser.peek(0) {
        Some(word) => Err(format!("{word}: unknown operand")),
        None => Ok(result),
    }
}

/// The programs `test` and `[`.
pub fn main(io: &mut Io<'_>) -> Run {
    let mut args = io.args.clone();
    if &*io.name == "[" || &*io.name == "[[" {
        let close = if &*io.name == "[" { "]" } else { "]]" };
        if args.last().is_none_or(|a| &**a != close) {
            return io.fail(2, format!("missing {close}"));
        }
        args.pop();
    }
    let double = &*io.name == "[[";
    let result = io.once(|sys| evaluate(&args, double, sys));
    match result {
        Ok(result) => Ok(i32::from(!result)),
        Err(text) => io.fail(2, text),
    }
}
