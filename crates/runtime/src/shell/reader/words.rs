//! Words: quotes, `$`, substitutions.

use super::{Kind, Pieces, Read, Reader, Until, plain, text_of};
use crate::shell::ast::{Command, Piece};
use std::rc::Rc;

impl Reader {
    /// Reads pieces until what ends them.
    pub(super) fn word(&mut self, until: Until) -> Read<Vec<Piece>> {
        self.deeper()?;
        let mut pieces = Pieces::default();
        let quoted = matches!(until, Until::Quote | Until::Here | Until::BraceQuoted);
        let mut parens = 0_u32;
        loop {
            let Some(b) = self.byte(0) else {
                match until {
                    Until::Meta | Until::Here | Until::Text => break,
                    Until::Quote => return self.mistake("unterminated quoted string"),
                    Until::Brace | Until::BraceQuoted | Until::Slash => return self.mistake("missing '}'"),
                    Until::Parens => return self.mistake("missing '))'"),
                }
            };
            match (until, b) {
                (Until::Meta, b'\n' | b' ' | b'\t' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')') => break,
                (Until::Quote, b'"') | (Until::Brace | Until::BraceQuoted | Until::Slash, b'}') | (Until::Slash, b'/') => break,
                (Until::Parens, b'(') => {
                    parens += 1;
                    pieces.bare(b"(");
                    self.at += 1;
                }
                (Until::Parens, b')') => {
                    if parens == 0 {
                        if self.byte(1) == Some(b')') {
                            break;
                        }
                        return self.mistake("unexpected \")\"");
                    }
                    parens -= 1;
                    pieces.bare(b")");
                    self.at += 1;
                }
                (_, b'\\') => {
                    self.at += 1;
                    let Some(next) = self.bump() else {
                        pieces.quoted(b"\\");
                        break;
                    };
                    if next == b'\n' {
                        continue;
                    }
                    let special = match until {
                        Until::Here => matches!(next, b'$' | b'`' | b'\\'),
                        Until::Quote => matches!(next, b'$' | b'`' | b'\\' | b'"'),
                        Until::BraceQuoted => matches!(next, b'$' | b'`' | b'\\' | b'"' | b'}'),
                        Until::Parens => matches!(next, b'$' | b'`' | b'\\'),
                        _ => true,
                    };
                    if special {
                        // A character of several bytes stays whole.
                        pieces.quoted(&[next]);
                    } else {
                        pieces.quoted(&[b'\\', next]);
                    }
                    while let Some(more) = self.byte(0).filter(|b| b & 0xC0 == 0x80) {
                        self.at += 1;
                        pieces.quoted(&[more]);
                    }
                }
                (Until::Meta | Until::Brace | Until::Slash | Until::Text, b'\'') => {
                    self.at += 1;
                    let from = self.at;
                    while self.byte(0).is_some_and(|b| b != b'\'') {
                        self.bump();
                    }
                    if self.byte(0).is_none() {
                        return self.mistake("unterminated quoted string");
                    }
                    let text = self.text.get(from..self.at).unwrap_or_default().to_vec();
                    self.at += 1;
                    pieces.quoted(&text);
                    pieces.mark();
                }
                (Until::Parens, b'"') => {
                    self.at += 1;
                }
                (Until::Meta | Until::Brace | Until::Slash | Until::Text | Until::BraceQuoted, b'"') => {
                    self.at += 1;
                    let inner = self.word(Until::Quote)?;
                    self.at += 1;
                    pieces.mark();
                    for piece in inner {
                        pieces.push(piece);
                    }
                }
                (_, b'`') => {
                    let command = self.backquotes(quoted)?;
                    pieces.push(Piece::Command(command, quoted || until == Until::Parens));
                }
                (_, b'$') => self.dollar(until, quoted, &mut pieces)?,
                _ => {
                    self.bump();
                    if quoted { pieces.quoted(&[b]) } else { pieces.bare(&[b]) }
                }
            }
        }
        self.depth -= 1;
        Ok(pieces.done())
    }
    pub(super) fn dollar(&mut self, until: Until, quoted: bool, pieces: &mut Pieces) -> Read<()> {
        let inside = quoted || until == Until::Parens;
        self.at += 1;
        match self.byte(0) {
            Some(b'(') if self.byte(1) == Some(b'(') => {
                self.at += 2;
                let inner = self.word(Until::Parens)?;
                self.at += 2;
                pieces.push(Piece::Arithmetic(inner.into(), inside));
            }
            Some(b'(') => {
                self.at += 1;
                let command = self.substitution()?;
                pieces.push(Piece::Command(command, inside));
            }
            Some(b'{') => {
                self.at += 1;
                let parameter = self.braces(inside)?;
                pieces.push(Piece::Parameter(Rc::new(parameter), inside));
            }
            Some(b'\'') if matches!(until, Until::Meta | Until::Brace | Until::Slash | Until::Text) => {
                self.at += 1;
                let text = self.ansi_c()?;
                pieces.quoted(&text);
                pieces.mark();
            }
            Some(b) if b.is_ascii_alphabetic() || b == b'_' => {
                let from = self.at;
                while self.byte(0).is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_') {
                    self.at += 1;
                }
                let name = text_of(self.text.get(from..self.at).unwrap_or_default());
                pieces.push(Piece::Parameter(Rc::new(plain(name)), inside));
            }
            Some(b) if b.is_ascii_digit() || b"@*#?-$!".contains(&b) => {
                self.at += 1;
                pieces.push(Piece::Parameter(Rc::new(plain(text_of(&[b]))), inside));
            }
            _ => {
                if quoted {
                    pieces.quoted(b"$");
                } else {
                    pieces.bare(b"$");
                }
            }
        }
        Ok(())
    }
    /// What follows `$'`.
    pub(super) fn ansi_c(&mut self) -> Read<Vec<u8>> {
        let mut out = Vec::new();
        loop {
            let Some(b) = self.bump() else { return self.mistake("unterminated quoted string") };
            match b {
                b'\'' => return Ok(out),
                b'\\' => {
                    let Some(next) = self.bump() else { return self.mistake("unterminated quoted string") };
                    match next {
                        b'n' => out.push(b'\n'),
                        b't' => out.push(b'\t'),
                        b'r' => out.push(b'\r'),
                        b'a' => out.push(7),
                        b'b' => out.push(8),
                        b'f' => out.push(12),
                        b'v' => out.push(11),
                        b'e' | b'E' => out.push(27),
                        b'x' => {
                            let value = self.digits(16, 2);
                            out.push(value as u8);
                        }
                        b'0'..=b'7' => {
                            self.at -= 1;
                            let value = self.digits(8, 3);
                            out.push(value as u8);
                        }
                        b'u' => {
                            let value = self.digits(16, 4);
                            out.extend(char::from_u32(value).unwrap_or('?').to_string().bytes());
                        }
                        b'\\' | b'\'' | b'"' | b'?' => out.push(next),
                        other => out.extend([b'\\', other]),
                    }
                }
                other => out.push(other),
            }
        }
    }
    pub(super) fn digits(&mut self, radix: u32, most: usize) -> u32 {
        let mut value = 0;
        for _ in 0..most {
            let Some(digit) = self.byte(0).and_then(|b| char::from(b).to_digit(radix)) else { break };
            value = value * radix + digit;
            self.at += 1;
        }
        value
    }
    /// `$(…)` after its parenthesis.
    pub(super) fn substitution(&mut self) -> Read<Rc<Command>> {
        self.deeper()?;
        let token = self.token.take();
        let here = std::mem::take(&mut self.here);
        let body = self.body(&[")"])?;
        self.close()?;
        self.token = token;
        self.here = here;
        self.depth -= 1;
        Ok(body)
    }
    /// Text in backquotes.
    pub(super) fn backquotes(&mut self, quoted: bool) -> Read<Rc<Command>> {
        self.deeper()?;
        self.at += 1;
        let line = self.line;
        let mut text = Vec::new();
        loop {
            match self.bump() {
                None => return self.mistake("EOF in backquote substitution"),
                Some(b'`') => break,
                Some(b'\\') => match self.bump() {
                    None => return self.mistake("EOF in backquote substitution"),
                    Some(b) if matches!(b, b'`' | b'$' | b'\\') || (quoted && b == b'"') => text.push(b),
                    Some(b'\n') => {}
                    Some(b) => text.extend([b'\\', b]),
                },
                Some(b) => text.push(b),
            }
        }
        let mut inner = Reader { text: text.into(), at: 0, line, token: None, here: Vec::new(), open_aliases: Vec::new(), ..self.clone() };
        let body = inner.body(&[])?;
        let found = inner.peek(false)?.clone();
        if found.kind != Kind::End {
            return inner.unexpected(&found, None);
        }
        self.depth -= 1;
        Ok(body)
    }
}
