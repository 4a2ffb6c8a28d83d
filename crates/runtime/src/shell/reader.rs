//! Reads scripts the way busybox's ash does: one line at a time, with aliases, and with its words for mistakes.
//!
//! Why not `brush-parser`: it reads a whole script at once, while ash has run the lines before a mistake,
//! looks up aliases while it reads, and says other things. Debian's dash has the same grammar.
#![expect(clippy::unused_self, clippy::match_same_arms, reason = "the grammar reads best in its own order")]

mod brackets;
mod compound;
mod parameter;
mod simple;
mod words;

use super::{
    Dialect,
    ast::{Command, Operation, Parameter, Piece, Word},
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
    /// Takes the `)` that must stand here.
    fn close(&mut self) -> Read<()> {
        if !self.is_operator(")")? {
            let found = self.peek(false)?.clone();
            return self.unexpected(&found, Some("\")\""));
        }
        self.take();
        Ok(())
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
