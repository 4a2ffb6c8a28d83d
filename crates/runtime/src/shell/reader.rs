//! Reads scripts the way busybox's ash does: one line at a time, with aliases, and with its words for mistakes.
//!
//! Why not `brush-parser`: it reads a whole script at once, while ash has run the lines before a mistake,
//! looks up aliases while it reads, and says other things. Debian's dash has the same grammar.
#![expect(clippy::unused_self, clippy::match_same_arms, reason = "the grammar reads best in its own order")]

use super::{
    Dialect,
    ast::{Assignment, Branch, BranchEnd, Command, Operation, Parameter, Piece, Redirect, RedirectKind, Simple, Test, Word},
};
use std::{cell::OnceCell, collections::BTreeMap, rc::Rc};

/// How deep commands, quotes and substitutions may be nested.
const MAX_DEPTH: u32 = 60;

/// A mistake in a script.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mistake {
    /// Without `syntax error: `.
    pub(crate) text: String,
    pub(crate) line: u32,
}

/// What can be read of a script, line by line.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    text: Rc<[u8]>,
    at: usize,
    pub(crate) line: u32,
    /// bash's additions are understood.
    extended: bool,
    /// `<(…)` is understood.
    processes: bool,
    /// The last list ended at the end of the text, not at a line end.
    pub(crate) ended: bool,
    depth: u32,
    token: Option<Token>,
    here: Vec<Pending>,
    aliases: Rc<BTreeMap<Rc<str>, Rc<str>>>,
    /// Aliases being read, with the length of text that follows them.
    open_aliases: Vec<(Rc<str>, usize)>,
}

#[derive(Clone, Debug)]
struct Pending {
    body: Rc<OnceCell<Word>>,
    end: Vec<u8>,
    strip: bool,
    quoted: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    End,
    Newline,
    /// `; & && || | ( ) ;; ;& ;;&`
    Operator(&'static str),
    /// A reserved word.
    Reserved(&'static str),
    Redirect,
    Word,
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    word: Vec<Piece>,
    /// The text, where it is one bare word.
    bare: Option<Rc<str>>,
    redirect: Option<(Option<u32>, &'static str)>,
    line: u32,
    start: usize,
}

const RESERVED: [&str; 18] =
    ["!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "then", "time", "until", "while", "{", "}"];
const OPERATORS: [&str; 10] = [";;&", ";&", "&&", "||", ";;", ";", "&", "|", "(", ")"];
const REDIRECTS: [&str; 11] = ["<<<", "<<-", "&>>", "<<", ">>", "<&", ">&", "<>", ">|", "&>", "<"];

type Read<T> = Result<T, Mistake>;

/// A text in which parameters and substitutions count, as in a here-document.
pub(crate) fn here_text(text: &str, dialect: Dialect) -> Option<Word> {
    Reader::new(text, 0, dialect).word(Until::Here).ok().map(Word::from)
}

/// Whether a word is a name.
pub(crate) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn text_of(bytes: &[u8]) -> Rc<str> {
    String::from_utf8_lossy(bytes).into()
}

impl Reader {
    pub(crate) fn new(text: &str, line: u32, dialect: Dialect) -> Reader {
        Reader {
            text: text.as_bytes().into(),
            at: 0,
            line,
            extended: dialect == Dialect::Bash,
            processes: dialect != Dialect::Dash,
            ended: false,
            depth: 0,
            token: None,
            here: Vec::new(),
            aliases: Rc::default(),
            open_aliases: Vec::new(),
        }
    }
    pub(crate) fn position(&self) -> usize {
        self.at
    }
    /// The text between two positions, for `set -v`.
    pub(crate) fn slice(&self, from: usize, to: usize) -> &[u8] {
        self.text.get(from..to).unwrap_or_default()
    }
    /// The next complete command line; `None` at the end.
    pub(crate) fn next(&mut self, aliases: &Rc<BTreeMap<Rc<str>, Rc<str>>>) -> Read<Option<Rc<Command>>> {
        self.aliases = aliases.clone();
        self.depth = 0;
        loop {
            match self.peek(false)?.kind {
                Kind::End => {
                    self.ended = true;
                    return Ok(None);
                }
                Kind::Newline => {
                    self.take();
                    self.read_here()?;
                }
                _ => return self.list(true).map(Some),
            }
        }
    }

    // --- tokens ------------------------------------------------------------------------------
    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }
    fn bump(&mut self) -> Option<u8> {
        let b = self.byte(0)?;
        self.at += 1;
        if b == b'\n' {
            self.line += 1;
        }
        Some(b)
    }
    fn mistake<T>(&self, text: impl Into<String>) -> Read<T> {
        Err(Mistake { text: text.into(), line: self.line })
    }
    fn deeper(&mut self) -> Read<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { self.mistake("nested too deeply") } else { Ok(()) }
    }
    fn unexpected<T>(&self, token: &Token, expecting: Option<&str>) -> Read<T> {
        let what = match &token.kind {
            Kind::End => "end of file".to_owned(),
            Kind::Newline => "newline".to_owned(),
            Kind::Operator(o) | Kind::Reserved(o) => format!("\"{o}\""),
            Kind::Redirect => "redirection".to_owned(),
            Kind::Word => "word".to_owned(),
        };
        let expecting = expecting.map_or(String::new(), |e| format!(" (expecting {e})"));
        self.mistake(format!("unexpected {what}{expecting}"))
    }
    fn take(&mut self) -> Option<Token> {
        self.token.take()
    }
    /// The next token; reserved words and aliases are looked for where a command may begin.
    fn peek(&mut self, command: bool) -> Read<&Token> {
        if self.token.is_none() {
            let token = self.lex()?;
            self.token = Some(token);
        }
        if command {
            while self.expand_alias() {
                let token = self.lex()?;
                self.token = Some(token);
            }
            self.reserve();
        }
        match &self.token {
            Some(token) => Ok(token),
            None => Err(Mistake { text: "unexpected end of file".to_owned(), line: self.line }),
        }
    }
    /// Puts an alias's text in the place of its name.
    fn expand_alias(&mut self) -> bool {
        let Some(Token { kind: Kind::Word, bare: Some(name), .. }) = &self.token else { return false };
        let Some(value) = self.aliases.get(name).cloned() else { return false };
        if self.open_aliases.iter().any(|(n, _)| n == name) {
            return false;
        }
        let name = name.clone();
        let after = self.text.len() - self.at;
        let mut text = Vec::with_capacity(value.len() + after + 1);
        text.extend(value.bytes());
        text.push(b' ');
        text.extend(self.text.get(self.at..).unwrap_or_default());
        self.text = text.into();
        self.at = 0;
        self.open_aliases.push((name, after));
        self.token = None;
        true
    }
    /// A word that was read without looking may be a reserved one.
    fn reserve(&mut self) {
        if let Some(t) = &mut self.token
            && t.kind == Kind::Word
            && let Some(bare) = &t.bare
            && let Some(word) = RESERVED.iter().find(|r| **r == &**bare)
            && (self.extended || *word != "time")
        {
            t.kind = Kind::Reserved(word);
        }
    }
    fn kind(&mut self, command: bool) -> Read<Kind> {
        self.peek(command).map(|t| t.kind.clone())
    }
    fn is_reserved(&mut self, word: &str) -> Read<bool> {
        Ok(matches!(self.kind(true)?, Kind::Reserved(w) if w == word))
    }
    fn is_operator(&mut self, operator: &str) -> Read<bool> {
        Ok(matches!(self.kind(false)?, Kind::Operator(o) if o == operator))
    }
    fn expect(&mut self, word: &str) -> Read<()> {
        self.skip_newlines(true)?;
        if self.is_reserved(word)? {
            self.take();
            return Ok(());
        }
        let token = self.peek(true)?.clone();
        self.unexpected(&token, Some(&format!("\"{word}\"")))
    }
    fn skip_newlines(&mut self, command: bool) -> Read<()> {
        while self.kind(command)? == Kind::Newline {
            self.take();
            self.read_here()?;
        }
        Ok(())
    }
    fn simple_token(&self, kind: Kind, line: u32, start: usize) -> Token {
        Token { kind, word: Vec::new(), bare: None, redirect: None, line, start }
    }
    fn lex(&mut self) -> Read<Token> {
        loop {
            match self.byte(0) {
                Some(b' ' | b'\t') => {
                    self.at += 1;
                }
                Some(b'\\') if self.byte(1) == Some(b'\n') => {
                    self.at += 2;
                    self.line += 1;
                }
                Some(b'#') => {
                    while self.byte(0).is_some_and(|b| b != b'\n') {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
        let (line, start) = (self.line, self.at);
        let left = self.text.len() - self.at;
        self.open_aliases.retain(|(_, after)| left > *after);
        let Some(b) = self.byte(0) else { return Ok(self.simple_token(Kind::End, line, start)) };
        if b == b'\n' {
            self.bump();
            return Ok(self.simple_token(Kind::Newline, line, start));
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let process = self.processes && (rest.starts_with(b"<(") || rest.starts_with(b">("));
        for redirect in REDIRECTS {
            if !process && rest.starts_with(redirect.as_bytes()) && (self.extended || redirect != "<<<") {
                self.at += redirect.len();
                let mut token = self.simple_token(Kind::Redirect, line, start);
                token.redirect = Some((None, redirect));
                return Ok(token);
            }
        }
        if b == b'>' && !process {
            self.at += 1;
            let mut token = self.simple_token(Kind::Redirect, line, start);
            token.redirect = Some((None, ">"));
            return Ok(token);
        }
        for operator in OPERATORS {
            if rest.starts_with(operator.as_bytes()) && (self.extended || !matches!(operator, ";;&" | ";&")) {
                self.at += operator.len();
                return Ok(self.simple_token(Kind::Operator(operator), line, start));
            }
        }
        // A number right before a redirection.
        if b.is_ascii_digit() && matches!(rest.get(1), Some(b'<' | b'>')) {
            self.at += 1;
            let mut token = self.lex()?;
            if let Some((fd, _)) = &mut token.redirect {
                *fd = Some(u32::from(b - b'0'));
            }
            return Ok(token);
        }
        let word = if process {
            self.at += 2;
            let mut pieces = vec![Piece::Process(self.substitution()?, b == b'<')];
            pieces.extend(self.word(Until::Meta)?);
            pieces
        } else {
            self.word(Until::Meta)?
        };
        let bare = match word.as_slice() {
            [Piece::Bare(text)] => Some(text.clone()),
            _ => None,
        };
        Ok(Token { kind: Kind::Word, word, bare, redirect: None, line, start })
    }

    // --- words -------------------------------------------------------------------------------
    /// Reads pieces until what ends them.
    fn word(&mut self, until: Until) -> Read<Vec<Piece>> {
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

    fn dollar(&mut self, until: Until, quoted: bool, pieces: &mut Pieces) -> Read<()> {
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
    fn ansi_c(&mut self) -> Read<Vec<u8>> {
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
    fn digits(&mut self, radix: u32, most: usize) -> u32 {
        let mut value = 0;
        for _ in 0..most {
            let Some(digit) = self.byte(0).and_then(|b| char::from(b).to_digit(radix)) else { break };
            value = value * radix + digit;
            self.at += 1;
        }
        value
    }

    /// `$(…)` after its parenthesis.
    fn substitution(&mut self) -> Read<Rc<Command>> {
        self.deeper()?;
        let token = self.token.take();
        let here = std::mem::take(&mut self.here);
        let body = self.body(&[")"])?;
        if !self.is_operator(")")? {
            let found = self.peek(false)?.clone();
            return self.unexpected(&found, Some("\")\""));
        }
        self.take();
        self.token = token;
        self.here = here;
        self.depth -= 1;
        Ok(body)
    }
    /// Text in backquotes.
    fn backquotes(&mut self, quoted: bool) -> Read<Rc<Command>> {
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

    /// `${…}` after its brace.
    fn braces(&mut self, quoted: bool) -> Read<Parameter> {
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
    fn value_operation(&mut self, b: u8, colon: bool, until: Until) -> Read<Operation> {
        let word: Word = self.word(until)?.into();
        Ok(match b {
            b'-' => Operation::Default { colon, word },
            b'=' => Operation::Assign { colon, word },
            b'+' => Operation::Alternative { colon, word },
            _ => Operation::Error { colon, word: (!word.is_empty()).then_some(word) },
        })
    }
    /// `offset:length` up to the brace.
    fn substring(&mut self) -> Read<(Word, Option<Word>)> {
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
    fn sub_word(&self, text: &str) -> Read<Word> {
        let mut inner = Reader { text: text.as_bytes().into(), at: 0, token: None, here: Vec::new(), open_aliases: Vec::new(), ..self.clone() };
        Ok(inner.word(Until::Text)?.into())
    }

    fn read_here(&mut self) -> Read<()> {
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

    // --- grammar -----------------------------------------------------------------------------
    /// Commands up to a line end (`line`), or up to a word that ends a body.
    fn list(&mut self, line: bool) -> Read<Rc<Command>> {
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
    fn at_end_of_body(&mut self) -> Read<bool> {
        Ok(match self.kind(true)? {
            Kind::End => true,
            Kind::Operator(o) => matches!(o, ")" | ";;" | ";&" | ";;&"),
            Kind::Reserved(r) => matches!(r, "do" | "done" | "elif" | "else" | "esac" | "fi" | "then" | "}"),
            _ => false,
        })
    }
    /// A body that may be empty only where one of these ends it.
    fn body(&mut self, may_be_empty_before: &[&str]) -> Read<Rc<Command>> {
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
    fn and_or(&mut self) -> Read<Rc<Command>> {
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
    fn pipeline(&mut self) -> Read<Rc<Command>> {
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
    fn command(&mut self) -> Read<Rc<Command>> {
        self.deeper()?;
        let command = self.command_inner()?;
        self.depth -= 1;
        Ok(command)
    }
    fn command_inner(&mut self) -> Read<Rc<Command>> {
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
                    if !self.is_operator(")")? {
                        let found = self.peek(false)?.clone();
                        return self.unexpected(&found, Some("\")\""));
                    }
                    self.take();
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
                if !self.is_operator(")")? {
                    let found = self.peek(false)?.clone();
                    return self.unexpected(&found, Some("\")\""));
                }
                self.take();
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
    fn with_redirects(&mut self, command: Rc<Command>) -> Read<Rc<Command>> {
        let mut redirects = Vec::new();
        while self.kind(false)? == Kind::Redirect {
            redirects.extend(self.redirect()?);
        }
        Ok(if redirects.is_empty() { command } else { Rc::new(Command::Redirected(command, redirects)) })
    }
    fn if_rest(&mut self) -> Read<Command> {
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
    fn for_rest(&mut self, line: u32) -> Read<Command> {
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
    fn for_arithmetic(&mut self) -> Read<Command> {
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
    fn case_rest(&mut self) -> Read<Command> {
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
            if !self.is_operator(")")? {
                let found = self.peek(false)?.clone();
                return self.unexpected(&found, Some("\")\""));
            }
            self.take();
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
    fn redirect(&mut self) -> Read<Vec<Redirect>> {
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
    fn simple(&mut self) -> Read<Rc<Command>> {
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
                    if !self.is_operator(")")? {
                        let found = self.peek(false)?.clone();
                        return self.unexpected(&found, Some("\")\""));
                    }
                    self.take();
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
    fn array(&mut self) -> Read<Rc<[Word]>> {
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
    fn assignment(&self, word: &[Piece]) -> Read<Option<Assignment>> {
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

    // --- [[ … ]] of bash ---------------------------------------------------------------------
    fn test_or(&mut self) -> Read<Rc<Test>> {
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
    fn test_and(&mut self) -> Read<Rc<Test>> {
        let mut left = self.test_not()?;
        self.skip_newlines(false)?;
        while self.is_operator("&&")? {
            self.take();
            let right = self.test_not()?;
            left = Rc::new(Test::And(left, right));
        }
        Ok(left)
    }
    fn test_not(&mut self) -> Read<Rc<Test>> {
        self.skip_newlines(false)?;
        let token = self.peek(false)?.clone();
        if token.kind == Kind::Operator("(") {
            self.take();
            let inner = self.test_or()?;
            if !self.is_operator(")")? {
                let found = self.peek(false)?.clone();
                return self.unexpected(&found, Some("\")\""));
            }
            self.take();
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
    fn regex_word(&mut self) -> Read<Word> {
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

fn plain(name: Rc<str>) -> Parameter {
    Parameter { name, index: None, indirect: false, operation: Operation::Plain }
}

/// What ends a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    Meta,
    Quote,
    Brace,
    BraceQuoted,
    Slash,
    Parens,
    Here,
    Text,
}

/// Pieces being collected.
#[derive(Default)]
struct Pieces {
    list: Vec<Piece>,
    bare: Vec<u8>,
    quoted: Vec<u8>,
    /// Quotes stood here, so that even an empty word is one.
    marked: bool,
}

impl Pieces {
    fn flush(&mut self) {
        if !self.bare.is_empty() {
            self.list.push(Piece::Bare(text_of(&std::mem::take(&mut self.bare))));
        }
        if !self.quoted.is_empty() || self.marked {
            self.list.push(Piece::Quoted(text_of(&std::mem::take(&mut self.quoted))));
            self.marked = false;
        }
    }
    fn bare(&mut self, bytes: &[u8]) {
        if !self.quoted.is_empty() || self.marked {
            self.flush();
        }
        self.bare.extend(bytes);
    }
    fn quoted(&mut self, bytes: &[u8]) {
        if !self.bare.is_empty() {
            self.flush();
        }
        self.quoted.extend(bytes);
    }
    fn mark(&mut self) {
        if !self.bare.is_empty() {
            self.flush();
        }
        self.marked = true;
    }
    fn push(&mut self, piece: Piece) {
        // A piece in quotes needs no empty text beside it.
        if self.quoted.is_empty() && matches!(&piece, Piece::Parameter(_, true)) {
            self.marked = false;
        }
        self.flush();
        self.list.push(piece);
    }
    fn done(mut self) -> Vec<Piece> {
        self.flush();
        self.list
    }
}
