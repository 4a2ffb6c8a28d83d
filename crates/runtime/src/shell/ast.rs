//! What a script is made of. Both readers (ash's own, bash's by `brush-parser`) make these.

use std::{cell::OnceCell, rc::Rc};

/// A word: pieces that are joined when it is expanded.
pub(crate) type Word = Rc<[Piece]>;

/// A part of a word.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// Bare text: may be a pattern.
    Bare(Rc<str>),
    /// Quoted text.
    Quoted(Rc<str>),
    /// `$x`, `${x…}`; `true` within double quotes.
    Parameter(Rc<Parameter>, bool),
    /// `$(…)`, backquotes.
    Command(Rc<Command>, bool),
    /// `$((…))`.
    Arithmetic(Word, bool),
    /// `<(…)`, or `>(…)`.
    Process(Rc<Command>, bool),
}

/// `${…}`.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Rc<str>,
    /// bash: `${name[index]}`.
    pub(crate) index: Option<Word>,
    /// bash: `${!name}`.
    pub(crate) indirect: bool,
    pub(crate) operation: Operation,
}

/// What is done with a parameter's value.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Plain,
    Length,
    /// `-`, with a colon for empty values too.
    Default {
        colon: bool,
        word: Word,
    },
    Assign {
        colon: bool,
        word: Word,
    },
    Error {
        colon: bool,
        word: Option<Word>,
    },
    Alternative {
        colon: bool,
        word: Word,
    },
    /// `#` and `##`.
    TrimStart {
        longest: bool,
        pattern: Word,
    },
    /// `%` and `%%`.
    TrimEnd {
        longest: bool,
        pattern: Word,
    },
    Substring {
        offset: Word,
        length: Option<Word>,
    },
    Replace {
        all: bool,
        pattern: Word,
        with: Word,
    },
    /// bash: `^ ^^ , ,,`.
    Case {
        upper: bool,
        all: bool,
    },
}

/// `name=value` before a command.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) name: Rc<str>,
    /// bash: `name[index]=`.
    pub(crate) index: Option<Word>,
    pub(crate) append: bool,
    pub(crate) value: Word,
    /// bash: `name=(…)`.
    pub(crate) list: Option<Rc<[Word]>>,
}

/// A redirection.
#[derive(Clone, Debug)]
pub(crate) struct Redirect {
    pub(crate) fd: u32,
    pub(crate) kind: RedirectKind,
}

/// What a redirection does.
#[derive(Clone, Debug)]
pub(crate) enum RedirectKind {
    Read(Word),
    Write(Word),
    /// `>|`
    Clobber(Word),
    Append(Word),
    ReadWrite(Word),
    /// `<&` and `>&`.
    Duplicate(Word),
    /// `&>`, with append.
    Both(Word, bool),
    /// A here-document; read after the line it stands in.
    Here(Rc<OnceCell<Word>>),
    /// bash: `<<<`.
    HereString(Word),
}

/// A simple command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Simple {
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) words: Vec<Word>,
    pub(crate) redirects: Vec<Redirect>,
    pub(crate) line: u32,
}

/// One branch of `case`.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(crate) patterns: Vec<Word>,
    pub(crate) body: Option<Rc<Command>>,
    /// bash: `;&` goes on with the next body, `;;&` with the next test.
    pub(crate) end: BranchEnd,
}

/// How a branch of `case` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BranchEnd {
    Leave,
    FallThrough,
    GoOn,
}

/// An expression in `[[ … ]]` of bash.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    And(Rc<Test>, Rc<Test>),
    Or(Rc<Test>, Rc<Test>),
    Not(Rc<Test>),
    Unary(Rc<str>, Word),
    Binary(Rc<str>, Word, Word),
}

/// A command.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    Simple(Simple),
    Pipeline {
        stages: Vec<Rc<Command>>,
    },
    Not(Rc<Command>),
    AndOr {
        and: bool,
        left: Rc<Command>,
        right: Rc<Command>,
    },
    List(Vec<Rc<Command>>),
    Background(Rc<Command>),
    If {
        test: Rc<Command>,
        then: Rc<Command>,
        otherwise: Option<Rc<Command>>,
    },
    Loop {
        until: bool,
        test: Rc<Command>,
        body: Rc<Command>,
    },
    For {
        name: Rc<str>,
        words: Option<Vec<Word>>,
        body: Rc<Command>,
        line: u32,
    },
    /// bash: `for ((…))`.
    ForArithmetic {
        start: Option<Word>,
        test: Option<Word>,
        step: Option<Word>,
        body: Rc<Command>,
    },
    Case {
        word: Word,
        branches: Vec<Branch>,
    },
    Subshell(Rc<Command>),
    Redirected(Rc<Command>, Vec<Redirect>),
    Function {
        name: Rc<str>,
        body: Rc<Command>,
    },
    Test(Rc<Test>),
    /// bash: `((…))`.
    Arithmetic(Word),
    Timed(Option<Rc<Command>>, bool),
    Nothing,
}
