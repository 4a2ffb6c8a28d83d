//! Lists, pipelines and compound commands.

use super::{Kind, Read, Reader, Until, is_name};
use crate::shell::ast::{Branch, BranchEnd, Command, Piece, Redirect, RedirectKind, Word};
use std::rc::Rc;

impl Reader {
    /// Commands up to a line end (`line`), or up to a word that ends a body.
    pub(super) fn list(&mut self, line: bool) -> Read<Rc<Command>> {
        self.deeper()?;
        let mut commands = Vec::new();
        self.ended = false;
        loop {
            let command = self.and_or()?;
            let background = self.is_operator("&")?;
            commands.push(if background { Rc::new(Command::Background(command)) } else { command });
            let separated = background || self.is_operator(";")?;
            if separated {
                self.take();
            }
            match self.kind(false)? {
                Kind::Newline => {
                    if line {
                        self.take();
                        self.read_here()?;
                        break;
                    }
                    self.skip_newlines(true)?;
                    if self.at_end_of_body()? {
                        break;
                    }
                }
                Kind::End => {
                    self.read_here()?;
                    self.ended = true;
                    break;
                }
                _ if separated => {
                    if self.at_end_of_body()? {
                        if line {
                            // `done` without a loop.
                            let token = self.peek(true)?.clone();
                            return self.unexpected(&token, None);
                        }
                        break;
                    }
                }
                _ => {
                    if line {
                        let token = self.peek(true)?.clone();
                        return self.unexpected(&token, None);
                    }
                    break;
                }
            }
        }
        self.depth -= 1;
        Ok(if commands.len() == 1 { commands.remove(0) } else { Rc::new(Command::List(commands)) })
    }
    pub(super) fn at_end_of_body(&mut self) -> Read<bool> {
        Ok(match self.kind(true)? {
            Kind::End => true,
            Kind::Operator(o) => matches!(o, ")" | ";;" | ";&" | ";;&"),
            Kind::Reserved(r) => matches!(r, "do" | "done" | "elif" | "else" | "esac" | "fi" | "then" | "}"),
            _ => false,
        })
    }
    /// A body that may be empty only where one of these ends it.
    pub(super) fn body(&mut self, may_be_empty_before: &[&str]) -> Read<Rc<Command>> {
        self.skip_newlines(true)?;
        let empty = match self.kind(true)? {
            Kind::End => true,
            Kind::Operator(o) | Kind::Reserved(o) => may_be_empty_before.contains(&o),
            _ => false,
        };
        if empty {
            return Ok(Rc::new(Command::Nothing));
        }
        self.list(false)
    }
    pub(super) fn and_or(&mut self) -> Read<Rc<Command>> {
        let mut left = self.pipeline()?;
        loop {
            let and = self.is_operator("&&")?;
            if !and && !self.is_operator("||")? {
                return Ok(left);
            }
            self.take();
            self.skip_newlines(true)?;
            let right = self.pipeline()?;
            left = Rc::new(Command::AndOr { and, left, right });
        }
    }
    pub(super) fn pipeline(&mut self) -> Read<Rc<Command>> {
        if self.is_reserved("!")? {
            self.take();
            let inner = self.pipeline()?;
            return Ok(Rc::new(Command::Not(inner)));
        }
        let first = self.command()?;
        if !self.is_operator("|")? {
            return Ok(first);
        }
        let mut stages = vec![first];
        while self.is_operator("|")? {
            self.take();
            if self.extended && self.byte(0) == Some(b'&') {
                self.at += 1;
                let both = Redirect { fd: 2, kind: RedirectKind::Duplicate(Rc::from([Piece::Bare("1".into())])) };
                if let Some(last) = stages.pop() {
                    stages.push(Rc::new(Command::Redirected(last, vec![both])));
                }
            }
            self.skip_newlines(true)?;
            stages.push(self.command()?);
        }
        Ok(Rc::new(Command::Pipeline { stages }))
    }
    pub(super) fn command(&mut self) -> Read<Rc<Command>> {
        self.deeper()?;
        let command = self.command_inner()?;
        self.depth -= 1;
        Ok(command)
    }
    pub(super) fn command_inner(&mut self) -> Read<Rc<Command>> {
        let token = self.peek(true)?.clone();
        let compound = match &token.kind {
            Kind::Reserved("if") => {
                self.take();
                self.if_rest()?
            }
            Kind::Reserved(word @ ("while" | "until")) => {
                let until = *word == "until";
                self.take();
                let test = self.body(&[])?;
                self.expect("do")?;
                let body = self.body(&[])?;
                self.expect("done")?;
                Command::Loop { until, test, body }
            }
            Kind::Reserved("for") => {
                self.take();
                self.for_rest(token.line)?
            }
            Kind::Reserved("case") => {
                self.take();
                self.case_rest()?
            }
            Kind::Reserved("{") => {
                self.take();
                let body = self.body(&[])?;
                self.expect("}")?;
                return self.with_redirects(body);
            }
            Kind::Reserved("time") => {
                self.take();
                let mut posix = false;
                if let Kind::Word = self.kind(false)?
                    && self.peek(false)?.bare.as_deref() == Some("-p")
                {
                    posix = true;
                    self.take();
                }
                let inner = match self.kind(true)? {
                    Kind::Newline | Kind::End | Kind::Operator(_) => None,
                    _ => Some(self.pipeline()?),
                };
                return Ok(Rc::new(Command::Timed(inner, posix)));
            }
            Kind::Reserved("function") => {
                self.take();
                let name = self.peek(false)?.clone();
                let Some(text) = name.bare else { return self.unexpected(&name, None) };
                self.take();
                if self.is_operator("(")? {
                    self.take();
                    self.close()?;
                }
                self.skip_newlines(true)?;
                let body = self.command()?;
                return Ok(Rc::new(Command::Function { name: text, body }));
            }
            Kind::Operator("(") => {
                self.take();
                if self.extended && self.byte(0) == Some(b'(') && token.start + 1 == self.at {
                    let before = self.clone();
                    self.at += 1;
                    if let Ok(word) = self.word(Until::Parens)
                        && self.byte(0) == Some(b')')
                        && self.byte(1) == Some(b')')
                    {
                        self.at += 2;
                        return self.with_redirects(Rc::new(Command::Arithmetic(word.into())));
                    }
                    // Not `((…))` after all: a subshell within a subshell.
                    *self = before;
                }
                let body = self.body(&[])?;
                self.close()?;
                Command::Subshell(body)
            }
            Kind::Word if self.extended && token.bare.as_deref() == Some("[[") => {
                self.take();
                let test = self.test_or()?;
                let end = self.peek(false)?.clone();
                if end.bare.as_deref() != Some("]]") {
                    return self.unexpected(&end, Some("\"]]\""));
                }
                self.take();
                Command::Test(test)
            }
            Kind::Word | Kind::Redirect => return self.simple(),
            _ => return self.unexpected(&token, None),
        };
        self.with_redirects(Rc::new(compound))
    }
    pub(super) fn with_redirects(&mut self, command: Rc<Command>) -> Read<Rc<Command>> {
        let mut redirects = Vec::new();
        while self.kind(false)? == Kind::Redirect {
            redirects.extend(self.redirect()?);
        }
        Ok(if redirects.is_empty() { command } else { Rc::new(Command::Redirected(command, redirects)) })
    }
    pub(super) fn if_rest(&mut self) -> Read<Command> {
        let test = self.body(&[])?;
        self.expect("then")?;
        let then = self.body(&[])?;
        self.skip_newlines(true)?;
        let otherwise = if self.is_reserved("elif")? {
            self.take();
            self.deeper()?;
            let rest = self.if_rest()?;
            self.depth -= 1;
            return Ok(Command::If { test, then, otherwise: Some(Rc::new(rest)) });
        } else if self.is_reserved("else")? {
            self.take();
            Some(self.body(&[])?)
        } else {
            None
        };
        self.expect("fi")?;
        Ok(Command::If { test, then, otherwise })
    }
    pub(super) fn for_rest(&mut self, line: u32) -> Read<Command> {
        if self.extended && self.is_operator("(")? && self.byte(0) == Some(b'(') {
            self.take();
            self.at += 1;
            return self.for_arithmetic();
        }
        let name = self.peek(false)?.clone();
        let Some(text) = name.bare.filter(|n| is_name(n)) else { return self.mistake("bad for loop variable") };
        self.take();
        self.skip_newlines(true)?;
        let mut words = None;
        if self.is_reserved("in")? {
            self.take();
            let mut list = Vec::new();
            while self.kind(false)? == Kind::Word {
                if let Some(t) = self.take() {
                    list.push(t.word.into());
                }
            }
            words = Some(list);
            match self.kind(false)? {
                Kind::Newline | Kind::Operator(";") => {
                    self.take();
                    self.read_here()?;
                }
                _ => {
                    let token = self.peek(true)?.clone();
                    return self.unexpected(&token, None);
                }
            }
        } else if self.is_operator(";")? {
            self.take();
        }
        self.skip_newlines(true)?;
        if self.extended && self.is_reserved("{")? {
            self.take();
            let body = self.body(&[])?;
            self.expect("}")?;
            return Ok(Command::For { name: text, words, body, line });
        }
        self.expect("do")?;
        let body = self.body(&[])?;
        self.expect("done")?;
        Ok(Command::For { name: text, words, body, line })
    }
    pub(super) fn for_arithmetic(&mut self) -> Read<Command> {
        let from = self.at;
        let word = self.word(Until::Parens)?;
        drop(word);
        let text = String::from_utf8_lossy(self.text.get(from..self.at).unwrap_or_default()).into_owned();
        self.at += 2;
        let mut parts = text.split(';').map(str::trim);
        let mut part = || -> Read<Option<Word>> {
            match parts.next() {
                Some(p) if !p.is_empty() => self.sub_word(p).map(Some),
                _ => Ok(None),
            }
        };
        let (start, test, step) = (part()?, part()?, part()?);
        if self.is_operator(";")? {
            self.take();
        }
        self.expect("do")?;
        let body = self.body(&[])?;
        self.expect("done")?;
        Ok(Command::ForArithmetic { start, test, step, body })
    }
    pub(super) fn case_rest(&mut self) -> Read<Command> {
        let word = self.peek(false)?.clone();
        if word.kind != Kind::Word {
            return self.unexpected(&word, Some("word"));
        }
        self.take();
        self.expect("in")?;
        let mut branches = Vec::new();
        loop {
            self.skip_newlines(true)?;
            if self.is_reserved("esac")? {
                self.take();
                break;
            }
            if self.is_operator("(")? {
                self.take();
            }
            let mut patterns = Vec::new();
            loop {
                let token = self.peek(false)?.clone();
                // Whatever stands here is taken for a pattern; what follows is looked at.
                if token.kind != Kind::End {
                    self.take();
                }
                patterns.push(token.word.into());
                if !self.is_operator("|")? {
                    break;
                }
                self.take();
            }
            self.close()?;
            self.skip_newlines(true)?;
            let body = match self.kind(true)? {
                Kind::Operator(";;" | ";&" | ";;&") | Kind::Reserved("esac") => None,
                _ => Some(self.list(false)?),
            };
            self.skip_newlines(true)?;
            let end = match self.kind(true)? {
                Kind::Operator(";&") => BranchEnd::FallThrough,
                Kind::Operator(";;&") => BranchEnd::GoOn,
                Kind::Operator(";;") | Kind::Reserved("esac") => BranchEnd::Leave,
                _ => {
                    let found = self.peek(true)?.clone();
                    return self.unexpected(&found, Some("\";;\""));
                }
            };
            if !self.is_reserved("esac")? {
                self.take();
            }
            branches.push(Branch { patterns, body, end });
        }
        Ok(Command::Case { word: word.word.into(), branches })
    }
}
