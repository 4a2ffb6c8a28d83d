//! `${…}` and the text of here-documents.

use super::{Read, Reader, Until, text_of};
use crate::shell::ast::{Operation, Parameter, Piece, Word};
use std::rc::Rc;

impl Reader {
    /// `${…}` after its brace.
    pub(super) fn braces(&mut self, quoted: bool) -> Read<Parameter> {
        self.deeper()?;
        let bad = |r: &Reader| r.mistake("bad substitution");
        let mut indirect = false;
        if self.extended && self.byte(0) == Some(b'!') && self.byte(1).is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') {
            indirect = true;
            self.at += 1;
        }
        let length = self.byte(0) == Some(b'#') && self.byte(1).is_some_and(|b| b != b'}' && (b.is_ascii_alphanumeric() || b"_@*#?-$!".contains(&b)));
        // `${#-word}` and `${#}` are about `$#`.
        let length = length && !(matches!(self.byte(1), Some(b'-' | b'?' | b'#')) && self.byte(2) != Some(b'}'));
        if length {
            self.at += 1;
        }
        let from = self.at;
        match self.byte(0) {
            Some(b) if b.is_ascii_alphabetic() || b == b'_' => {
                while self.byte(0).is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_') {
                    self.at += 1;
                }
            }
            Some(b) if b.is_ascii_digit() => {
                while self.byte(0).is_some_and(|b| b.is_ascii_digit()) {
                    self.at += 1;
                }
            }
            Some(b) if b"@*#?-$!".contains(&b) => self.at += 1,
            None => return self.mistake("missing '}'"),
            _ => return bad(self),
        }
        let name = text_of(self.text.get(from..self.at).unwrap_or_default());
        let mut index = None;
        if self.extended && self.byte(0) == Some(b'[') {
            self.at += 1;
            let from = self.at;
            let mut open = 1;
            while let Some(b) = self.bump() {
                match b {
                    b'[' => open += 1,
                    b']' => {
                        open -= 1;
                        if open == 0 {
                            break;
                        }
                    }
                    _ => {}
                }
            }
            let inner = String::from_utf8_lossy(self.text.get(from..self.at.saturating_sub(1)).unwrap_or_default()).into_owned();
            index = Some(self.sub_word(&inner)?);
        }
        let inner = if quoted { Until::BraceQuoted } else { Until::Brace };
        if length {
            if self.byte(0) != Some(b'}') {
                return bad(self);
            }
            self.at += 1;
            self.depth -= 1;
            return Ok(Parameter { name, index, indirect, operation: Operation::Length });
        }
        let operation = match self.bump() {
            Some(b'}') => {
                self.depth -= 1;
                return Ok(Parameter { name, index, indirect, operation: Operation::Plain });
            }
            Some(b':') => match self.byte(0) {
                Some(b @ (b'-' | b'=' | b'?' | b'+')) => {
                    self.at += 1;
                    self.value_operation(b, true, inner)?
                }
                Some(_) => {
                    let (offset, length) = self.substring()?;
                    Operation::Substring { offset, length }
                }
                None => return self.mistake("missing '}'"),
            },
            Some(b @ (b'-' | b'=' | b'?' | b'+')) => self.value_operation(b, false, inner)?,
            Some(b @ (b'#' | b'%')) => {
                let longest = self.byte(0) == Some(b);
                if longest {
                    self.at += 1;
                }
                // Patterns are read as unquoted, even in quotes.
                let pattern: Word = self.word(Until::Brace)?.into();
                if b == b'#' { Operation::TrimStart { longest, pattern } } else { Operation::TrimEnd { longest, pattern } }
            }
            Some(b'/') => {
                let all = self.byte(0) == Some(b'/');
                if all {
                    self.at += 1;
                }
                let pattern: Word = self.word(Until::Slash)?.into();
                let with: Word = if self.byte(0) == Some(b'/') {
                    self.at += 1;
                    self.word(inner)?.into()
                } else {
                    Rc::from([])
                };
                Operation::Replace { all, pattern, with }
            }
            Some(b @ (b'^' | b',')) if self.extended => {
                let all = self.byte(0) == Some(b);
                if all {
                    self.at += 1;
                }
                Operation::Case { upper: b == b'^', all }
            }
            None => return self.mistake("missing '}'"),
            _ => return bad(self),
        };
        if self.byte(0) != Some(b'}') {
            return bad(self);
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Parameter { name, index, indirect, operation })
    }
    pub(super) fn value_operation(&mut self, b: u8, colon: bool, until: Until) -> Read<Operation> {
        let word: Word = self.word(until)?.into();
        Ok(match b {
            b'-' => Operation::Default { colon, word },
            b'=' => Operation::Assign { colon, word },
            b'+' => Operation::Alternative { colon, word },
            _ => Operation::Error { colon, word: (!word.is_empty()).then_some(word) },
        })
    }
    /// `offset:length` up to the brace.
    pub(super) fn substring(&mut self) -> Read<(Word, Option<Word>)> {
        let from = self.at;
        let (mut braces, mut parens, mut colon, mut questions) = (0, 0, None, 0);
        loop {
            let Some(b) = self.byte(0) else { return self.mistake("missing '}'") };
            match b {
                b'{' => braces += 1,
                b'}' if braces == 0 => break,
                b'}' => braces -= 1,
                b'(' => parens += 1,
                b')' => parens -= 1,
                b'?' => questions += 1,
                b':' if braces == 0 && parens == 0 && colon.is_none() => {
                    if questions > 0 {
                        questions -= 1;
                    } else {
                        colon = Some(self.at);
                    }
                }
                _ => {}
            }
            self.bump();
        }
        let text = |a: usize, b: usize| String::from_utf8_lossy(self.text.get(a..b).unwrap_or_default()).into_owned();
        let (offset, length) = match colon {
            Some(colon) => (text(from, colon), Some(text(colon + 1, self.at))),
            None => (text(from, self.at), None),
        };
        let offset = self.sub_word(&offset)?;
        let length = match length {
            Some(text) => Some(self.sub_word(&text)?),
            None => None,
        };
        Ok((offset, length))
    }
    /// A word in text that was cut out.
    pub(super) fn sub_word(&self, text: &str) -> Read<Word> {
        let mut inner = Reader { text: text.as_bytes().into(), at: 0, token: None, here: Vec::new(), open_aliases: Vec::new(), ..self.clone() };
        Ok(inner.word(Until::Text)?.into())
    }
    pub(super) fn read_here(&mut self) -> Read<()> {
        for pending in std::mem::take(&mut self.here) {
            let mut text = Vec::new();
            while self.byte(0).is_some() {
                if pending.strip {
                    while self.byte(0) == Some(b'\t') {
                        self.at += 1;
                    }
                }
                let from = self.at;
                while self.byte(0).is_some_and(|b| b != b'\n') {
                    self.at += 1;
                }
                let line = self.text.get(from..self.at).unwrap_or_default();
                let found = line == pending.end;
                if !found {
                    text.extend(line);
                    // Text that just ends has no line end either.
                    text.extend(self.byte(0));
                }
                // A line that goes on (an unquoted here-document joins it) is not the end.
                self.bump();
                if found {
                    break;
                }
            }
            let word: Word = if pending.quoted {
                Rc::from([Piece::Quoted(text_of(&text))])
            } else {
                let mut inner = Reader { text: text.into(), at: 0, token: None, here: Vec::new(), open_aliases: Vec::new(), ..self.clone() };
                inner.word(Until::Here)?.into()
            };
            let _ = pending.body.set(word);
        }
        Ok(())
    }
}
