//! Simple commands, their assignments and redirections.

use super::{Kind, Pending, Read, Reader, is_name};
use crate::shell::ast::{Assignment, Command, Piece, Redirect, RedirectKind, Simple, Word};
use std::cell::OnceCell;
use std::rc::Rc;

impl Reader {
    pub(super) fn redirect(&mut self) -> Read<Vec<Redirect>> {
        let Some((fd, operator)) = self.take().and_then(|t| t.redirect) else { return Ok(Vec::new()) };
        let target = self.peek(false)?.clone();
        if target.kind != Kind::Word {
            return self.unexpected(&target, None);
        }
        self.take();
        let word: Word = target.word.into();
        let output = operator.starts_with('>') || operator.starts_with('&');
        let fd = fd.unwrap_or(u32::from(output));
        let kind = match operator {
            "<" => RedirectKind::Read(word),
            ">" => RedirectKind::Write(word),
            ">|" => RedirectKind::Clobber(word),
            ">>" => RedirectKind::Append(word),
            "<>" => RedirectKind::ReadWrite(word),
            ">&" => {
                // `>&file` is bash's other form of `&>`.
                let is_fd = target.bare.as_deref().is_none_or(|b| b == "-" || b.bytes().all(|c| c.is_ascii_digit()));
                if is_fd { RedirectKind::Duplicate(word) } else { RedirectKind::Both(word, false) }
            }
            "<&" => RedirectKind::Duplicate(word),
            "&>" => RedirectKind::Both(word, false),
            "&>>" => RedirectKind::Both(word, true),
            "<<<" => RedirectKind::HereString(word),
            _ => {
                let mut end = Vec::new();
                let mut quoted = false;
                for piece in word.iter() {
                    match piece {
                        Piece::Bare(t) => end.extend(t.bytes()),
                        Piece::Quoted(t) => {
                            quoted = true;
                            end.extend(t.bytes());
                        }
                        _ => return self.mistake("illegal eof marker for << redirection"),
                    }
                }
                let body = Rc::new(OnceCell::new());
                self.here.push(Pending { body: body.clone(), end, strip: operator == "<<-", quoted });
                RedirectKind::Here(body)
            }
        };
        Ok(vec![Redirect { fd, kind }])
    }
    pub(super) fn simple(&mut self) -> Read<Rc<Command>> {
        let mut simple = Simple { line: self.peek(true)?.line, ..Simple::default() };
        // In `[[ … ]]` of ash `&&` and `||` are words of the test.
        let mut brackets = false;
        // bash: lists given to `declare` and its kin are assigned after it.
        let mut lists = Vec::new();
        loop {
            let token = self.peek(false)?.clone();
            match &token.kind {
                Kind::Redirect => simple.redirects.extend(self.redirect()?),
                Kind::Word | Kind::Reserved(_) => {
                    if simple.words.is_empty()
                        && let Some(assignment) = self.assignment(&token.word)?
                    {
                        self.take();
                        let mut assignment = assignment;
                        if self.extended && assignment.value.is_empty() && self.byte(0) == Some(b'(') {
                            assignment.list = Some(self.array()?);
                        }
                        simple.assignments.push(assignment);
                        // What follows may be an alias again.
                        continue;
                    }
                    if self.extended
                        && self.byte(0) == Some(b'(')
                        && token.bare.as_ref().is_some_and(|b| b.ends_with('='))
                        && matches!(simple.words.first().map(|w| &**w), Some([Piece::Bare(c)]) if matches!(&**c, "declare" | "typeset" | "local" | "export" | "readonly"))
                        && let Some(mut assignment) = self.assignment(&token.word)?
                    {
                        self.take();
                        assignment.list = Some(self.array()?);
                        simple.words.push(Rc::from([Piece::Quoted(assignment.name.clone())]));
                        lists.push(assignment);
                        continue;
                    }
                    let Some(token) = self.take() else { break };
                    match token.bare.as_deref() {
                        Some("[[") if simple.words.is_empty() => brackets = true,
                        Some("]]") => brackets = false,
                        _ => {}
                    }
                    simple.words.push(token.word.into());
                }
                Kind::Operator(o @ ("&&" | "||")) if brackets => {
                    let word = if *o == "&&" { "-a" } else { "-o" };
                    self.take();
                    simple.words.push(Rc::from([Piece::Quoted(word.into())]));
                }
                Kind::Operator("(") if simple.words.len() == 1 && simple.assignments.is_empty() && simple.redirects.is_empty() => {
                    let name = match simple.words.first().map(|w| &**w) {
                        Some([Piece::Bare(name)]) => name.clone(),
                        _ => return self.mistake("bad function name"),
                    };
                    self.take();
                    self.close()?;
                    if !self.extended && !is_name(&name.replace(['-', '.'], "_")) {
                        return self.mistake("bad function name");
                    }
                    self.skip_newlines(true)?;
                    let body = self.command()?;
                    return Ok(Rc::new(Command::Function { name, body }));
                }
                Kind::Operator("(") => return self.unexpected(&token, None),
                _ => break,
            }
        }
        if lists.is_empty() {
            return Ok(Rc::new(Command::Simple(simple)));
        }
        let after = Simple { assignments: lists, line: simple.line, ..Simple::default() };
        Ok(Rc::new(Command::List(vec![Rc::new(Command::Simple(simple)), Rc::new(Command::Simple(after))])))
    }
    /// bash: `(a b c)` after `name=`.
    pub(super) fn array(&mut self) -> Read<Rc<[Word]>> {
        self.at += 1;
        let mut words = Vec::new();
        loop {
            self.skip_newlines(false)?;
            match self.kind(false)? {
                Kind::Word => {
                    if let Some(t) = self.take() {
                        words.push(t.word.into());
                    }
                }
                Kind::Operator(")") => {
                    self.take();
                    return Ok(words.into());
                }
                _ => {
                    let token = self.peek(false)?.clone();
                    return self.unexpected(&token, Some("\")\""));
                }
            }
        }
    }
    pub(super) fn assignment(&self, word: &[Piece]) -> Read<Option<Assignment>> {
        let Some(Piece::Bare(first)) = word.first() else { return Ok(None) };
        let Some(equals) = first.find('=') else { return Ok(None) };
        let (mut name, mut append) = (&first[..equals], false);
        if self.extended
            && let Some(n) = name.strip_suffix('+')
        {
            (name, append) = (n, true);
        }
        let mut index = None;
        if self.extended
            && name.ends_with(']')
            && let Some((n, i)) = name.split_once('[')
        {
            index = Some(self.sub_word(i.trim_end_matches(']'))?);
            name = n;
        }
        if !is_name(name) {
            return Ok(None);
        }
        let mut value = Vec::new();
        if !first[equals + 1..].is_empty() {
            value.push(Piece::Bare(first[equals + 1..].into()));
        }
        value.extend(word.iter().skip(1).cloned());
        Ok(Some(Assignment { name: name.into(), index, append, value: value.into(), list: None }))
    }
}
