//! `[[ … ]]` of bash.

use super::{Kind, Read, Reader, Until, text_of};
use crate::shell::ast::{Piece, Test, Word};
use std::rc::Rc;

impl Reader {
    pub(super) fn test_or(&mut self) -> Read<Rc<Test>> {
        self.deeper()?;
        let mut left = self.test_and()?;
        self.skip_newlines(false)?;
        while self.is_operator("||")? {
            self.take();
            let right = self.test_and()?;
            left = Rc::new(Test::Or(left, right));
        }
        self.depth -= 1;
        Ok(left)
    }
    pub(super) fn test_and(&mut self) -> Read<Rc<Test>> {
        let mut left = self.test_not()?;
        self.skip_newlines(false)?;
        while self.is_operator("&&")? {
            self.take();
            let right = self.test_not()?;
            left = Rc::new(Test::And(left, right));
        }
        Ok(left)
    }
    pub(super) fn test_not(&mut self) -> Read<Rc<Test>> {
        self.skip_newlines(false)?;
        let token = self.peek(false)?.clone();
        if token.kind == Kind::Operator("(") {
            self.take();
            let inner = self.test_or()?;
            self.close()?;
            return Ok(inner);
        }
        if token.kind != Kind::Word && !matches!(token.kind, Kind::Reserved(_)) {
            return self.unexpected(&token, None);
        }
        if token.bare.as_deref() == Some("!") {
            self.take();
            self.deeper()?;
            let inner = self.test_not()?;
            self.depth -= 1;
            return Ok(Rc::new(Test::Not(inner)));
        }
        self.take();
        if let Some(op) = token.bare.as_ref().filter(|b| b.len() == 2 && b.starts_with('-')) {
            let operand = self.peek(false)?.clone();
            if operand.kind == Kind::Word && operand.bare.as_deref() != Some("]]") {
                self.take();
                return Ok(Rc::new(Test::Unary(op.clone(), operand.word.into())));
            }
        }
        let operator = self.peek(false)?.clone();
        let name: Option<Rc<str>> = match &operator.kind {
            Kind::Word if operator.bare.as_deref() != Some("]]") => operator.bare.clone(),
            Kind::Redirect => operator.redirect.map(|(_, r)| r.into()),
            _ => None,
        };
        let Some(name) = name else { return Ok(Rc::new(Test::Unary("-n".into(), token.word.into()))) };
        self.take();
        let right = if &*name == "=~" {
            self.regex_word()?
        } else {
            let t = self.peek(false)?.clone();
            self.take();
            t.word.into()
        };
        Ok(Rc::new(Test::Binary(name, token.word.into(), right)))
    }
    /// A regular expression may hold parentheses and bars.
    pub(super) fn regex_word(&mut self) -> Read<Word> {
        while matches!(self.byte(0), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let mut pieces: Vec<Piece> = Vec::new();
        let mut open = 0;
        loop {
            match self.byte(0) {
                None | Some(b'\n') => break,
                Some(b' ' | b'\t') if open == 0 => break,
                Some(b @ (b'(' | b')' | b'|' | b'&' | b';' | b'<' | b'>' | b' ' | b'\t')) => {
                    match b {
                        b'(' => open += 1,
                        b')' => open -= 1,
                        _ => {}
                    }
                    self.at += 1;
                    pieces.push(Piece::Bare(text_of(&[b])));
                }
                Some(_) => pieces.extend(self.word(Until::Meta)?),
            }
        }
        Ok(pieces.into())
    }
}
