//! awk's language: words and the tree they make.

use super::super::engine::text::{lossy, unescape};

/// An expression.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    Number(f64),
    Text(String),
    Regex(String),
    Var(String),
    Field(Box<Expr>),
    Index(String, Vec<Expr>),
    Assign(Box<Expr>, Option<char>, Box<Expr>),
    Cond(Box<Expr>, Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    In(Vec<Expr>, String),
    Match(Box<Expr>, Box<Expr>, bool),
    Compare(Box<Expr>, &'static str, Box<Expr>),
    Concat(Box<Expr>, Box<Expr>),
    Binary(Box<Expr>, char, Box<Expr>),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Plus(Box<Expr>),
    Step(Box<Expr>, f64, bool),
    Call(String, Vec<Expr>),
    Getline(Option<Box<Expr>>, Option<Box<Expr>>, bool),
    Group(Box<Expr>),
}

/// A statement.
#[derive(Clone, Debug)]
pub(super) enum Stmt {
    Block(Vec<Stmt>),
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    While(Expr, Box<Stmt>),
    Do(Box<Stmt>, Expr),
    For(Option<Box<Stmt>>, Option<Expr>, Option<Box<Stmt>>, Box<Stmt>),
    ForIn(String, String, Box<Stmt>),
    Print(Vec<Expr>, Option<(char, Expr)>, bool),
    Expr(Expr),
    Next,
    NextFile,
    Exit(Option<Expr>),
    Return(Option<Expr>),
    Break,
    Continue,
    Delete(String, Option<Vec<Expr>>),
}

/// When a rule runs.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    Begin,
    End,
    Always,
    When(Expr),
    Range(Expr, Expr),
}

/// A function.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) params: Vec<String>,
    pub(super) body: Stmt,
}

/// A program.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    pub(super) rules: Vec<(Pattern, Option<Stmt>)>,
    pub(super) functions: std::collections::BTreeMap<String, Function>,
}

#[derive(Clone, Debug, PartialEq)]
enum Tok {
    Num(f64),
    Str(String),
    Ere(String),
    Name(String),
    Func(String),
    Op(&'static str),
    Newline,
    End,
}

const OPS: &[&str] = &[
    "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "**", "==", "<=", ">=", "!=", "!~", ">>", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-",
    "*", "/", "%", "^", "!", ">", "<", "|", "?", ":", "~", "$", "=",
];

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    last_operand: bool,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Tok, String> {
        loop {
            match self.text.get(self.at) {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\\') if self.text.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                Some(b'#') => {
                    while self.text.get(self.at).is_some_and(|b| *b != b'\n') {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
        let Some(&byte) = self.text.get(self.at) else { return Ok(Tok::End) };
        let rest = self.text.get(self.at..).unwrap_or_default();
        let tok = if byte == b'\n' {
            self.at += 1;
            Tok::Newline
        } else if byte == b'"' {
            let mut end = self.at + 1;
            while self.text.get(end).is_some_and(|b| *b != b'"') {
                end += if self.text.get(end) == Some(&b'\\') { 2 } else { 1 };
            }
            if end >= self.text.len() {
                return Err("Unexpected end of string".to_owned());
            }
            let raw = self.text.get(self.at + 1..end).unwrap_or_default();
            self.at = end + 1;
            let mut fixed = Vec::new();
            let mut i = 0;
            while let Some(&b) = raw.get(i) {
                if b == b'\\' && matches!(raw.get(i + 1), Some(b'"' | b'/')) {
                    fixed.extend(raw.get(i + 1));
                    i += 2;
                } else if b == b'\\' && raw.get(i + 1).is_some() {
                    fixed.push(b);
                    fixed.extend(raw.get(i + 1));
                    i += 2;
                } else {
                    fixed.push(b);
                    i += 1;
                }
            }
            Tok::Str(lossy(&unescape(&fixed, false).bytes))
        } else if byte == b'/' && !self.last_operand {
            let mut end = self.at + 1;
            let mut bracket = false;
            while let Some(&b) = self.text.get(end) {
                match b {
                    b'\\' => end += 1,
                    b'[' => bracket = true,
                    b']' => bracket = false,
                    b'/' if !bracket => break,
                    b'\n' => return Err("Unexpected token".to_owned()),
                    _ => {}
                }
                end += 1;
            }
            let raw = lossy(self.text.get(self.at + 1..end.min(self.text.len())).unwrap_or_default()).replace("\\/", "/");
            self.at = end + 1;
            Tok::Ere(raw)
        } else if let Some((number, length)) = radix_number(rest) {
            self.at += length;
            Tok::Num(number)
        } else if byte.is_ascii_digit() || (byte == b'.' && rest.get(1).is_some_and(u8::is_ascii_digit)) {
            let mut end = self.at;
            let mut seen_e = false;
            while let Some(&b) = self.text.get(end) {
                let sign = matches!(b, b'+' | b'-') && end > self.at && matches!(self.text.get(end - 1), Some(b'e' | b'E'));
                if (b == b'e' || b == b'E')
                    && !seen_e
                    && self
                        .text
                        .get(end + 1)
                        .is_some_and(|n| n.is_ascii_digit() || ((*n == b'+' || *n == b'-') && self.text.get(end + 2).is_some_and(u8::is_ascii_digit)))
                {
                    seen_e = true;
                } else if !(b.is_ascii_digit() || b == b'.' || (sign && seen_e)) {
                    break;
                }
                end += 1;
            }
            let text = lossy(self.text.get(self.at..end).unwrap_or_default());
            self.at = end;
            Tok::Num(text.parse().map_err(|_| "Unexpected token".to_owned())?)
        } else if byte.is_ascii_alphabetic() || byte == b'_' {
            let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            let name = lossy(rest.get(..length).unwrap_or_default());
            self.at += length;
            if self.text.get(self.at) == Some(&b'(') { Tok::Func(name) } else { Tok::Name(name) }
        } else {
            let Some(op) = OPS.iter().find(|o| rest.starts_with(o.as_bytes())) else { return Err("Unexpected token".to_owned()) };
            self.at += op.len();
            Tok::Op(if *op == "**" { "^" } else { op })
        };
        const WORDS: &[&str] = &["print", "printf", "return", "else", "in", "do", "getline", "exit", "if", "while", "for"];
        self.last_operand = match &tok {
            Tok::Num(_) | Tok::Str(_) => true,
            Tok::Name(name) => !WORDS.contains(&name.as_str()),
            Tok::Op(op) => matches!(*op, ")" | "]" | "$" | "++" | "--"),
            _ => false,
        };
        Ok(tok)
    }
}

struct Parser {
    toks: Vec<Tok>,
    at: usize,
    no_in: bool,
    no_gt: bool,
    depth: u32,
}

type Res<T> = Result<T, String>;

impl Parser {
    fn peek(&self) -> &Tok {
        self.toks.get(self.at).unwrap_or(&Tok::End)
    }
    fn op(&self, op: &str) -> bool {
        matches!(self.peek(), Tok::Op(o) if *o == op)
    }
    fn word(&self, word: &str) -> bool {
        matches!(self.peek(), Tok::Name(n) | Tok::Func(n) if n == word)
    }
    fn eat(&mut self, op: &str) -> bool {
        let hit = self.op(op);
        if hit {
            self.at += 1;
        }
        hit
    }
    fn need(&mut self, op: &str) -> Res<()> {
        if self.eat(op) { Ok(()) } else { Err("Unexpected token".to_owned()) }
    }
    fn newlines(&mut self) {
        while matches!(self.peek(), Tok::Newline) {
            self.at += 1;
        }
    }
    fn ends(&mut self) {
        while matches!(self.peek(), Tok::Newline) || self.op(";") {
            self.at += 1;
        }
    }

    fn script(&mut self) -> Res<Script> {
        let mut script = Script::default();
        loop {
            self.ends();
            if matches!(self.peek(), Tok::End) {
                return Ok(script);
            }
            if self.word("function") || self.word("func") {
                self.at += 1;
                let name = match self.peek().clone() {
                    Tok::Name(n) | Tok::Func(n) => n,
                    _ => return Err("Unexpected token".to_owned()),
                };
                self.at += 1;
                self.need("(")?;
                let mut params = Vec::new();
                while !self.eat(")") {
                    if let Tok::Name(n) = self.peek().clone() {
                        params.push(n);
                        self.at += 1;
                    } else {
                        return Err("Unexpected token".to_owned());
                    }
                    self.eat(",");
                    self.newlines();
                }
                self.newlines();
                let body = self.block()?;
                script.functions.insert(name, Function { params, body });
                continue;
            }
            let pattern = if self.word("BEGIN") {
                self.at += 1;
                Pattern::Begin
            } else if self.word("END") {
                self.at += 1;
                Pattern::End
            } else if self.op("{") {
                Pattern::Always
            } else {
                let first = self.expr()?;
                if self.eat(",") {
                    self.newlines();
                    Pattern::Range(first, self.expr()?)
                } else {
                    Pattern::When(first)
                }
            };
            if matches!(pattern, Pattern::Begin | Pattern::End) {
                self.newlines();
            }
            let body = if self.op("{") { Some(self.block()?) } else { None };
            script.rules.push((pattern, body));
        }
    }

    fn block(&mut self) -> Res<Stmt> {
        self.need("{")?;
        let mut list = Vec::new();
        loop {
            self.ends();
            if self.eat("}") {
                return Ok(Stmt::Block(list));
            }
            if matches!(self.peek(), Tok::End) {
                return Err("Unexpected token".to_owned());
            }
            list.push(self.stmt()?);
        }
    }

    fn body(&mut self) -> Res<Box<Stmt>> {
        self.newlines();
        if self.eat(";") {
            return Ok(Box::new(Stmt::Block(Vec::new())));
        }
        Ok(Box::new(self.stmt()?))
    }

    fn stmt(&mut self) -> Res<Stmt> {
        self.depth += 1;
        if self.depth > 200 {
            return Err("Program is nested too deeply".to_owned());
        }
        let result = self.stmt_inner();
        self.depth -= 1;
        result
    }

    fn stmt_inner(&mut self) -> Res<Stmt> {
        if self.op("{") {
            return self.block();
        }
        let word = match self.peek() {
            Tok::Name(n) | Tok::Func(n) => n.clone(),
            _ => String::new(),
        };
        match word.as_str() {
            "if" => {
                self.at += 1;
                self.need("(")?;
                let cond = self.expr()?;
                self.need(")")?;
                let then = self.body()?;
                let mark = self.at;
                self.ends();
                if self.word("else") {
                    self.at += 1;
                    let other = self.body()?;
                    return Ok(Stmt::If(cond, then, Some(other)));
                }
                self.at = mark;
                Ok(Stmt::If(cond, then, None))
            }
            "while" => {
                self.at += 1;
                self.need("(")?;
                let cond = self.expr()?;
                self.need(")")?;
                Ok(Stmt::While(cond, self.body()?))
            }
            "do" => {
                self.at += 1;
                let body = self.body()?;
                self.ends();
                if !self.word("while") {
                    return Err("Unexpected token".to_owned());
                }
                self.at += 1;
                self.need("(")?;
                let cond = self.expr()?;
                self.need(")")?;
                Ok(Stmt::Do(body, cond))
            }
            "for" => {
                self.at += 1;
                self.need("(")?;
                if let (Some(Tok::Name(var)), Some(Tok::Name(word)), Some(Tok::Name(array)), Some(Tok::Op(")"))) =
                    (self.toks.get(self.at).cloned(), self.toks.get(self.at + 1).cloned(), self.toks.get(self.at + 2).cloned(), self.toks.get(self.at + 3))
                    && word == "in"
                {
                    self.at += 4;
                    return Ok(Stmt::ForIn(var, array, self.body()?));
                }
                let first = if self.op(";") { None } else { Some(Box::new(self.simple()?)) };
                self.need(";")?;
                self.newlines();
                let cond = if self.op(";") { None } else { Some(self.expr()?) };
                self.need(";")?;
                self.newlines();
                let step = if self.op(")") { None } else { Some(Box::new(self.simple()?)) };
                self.need(")")?;
                Ok(Stmt::For(first, cond, step, self.body()?))
            }
            _ => {
                let simple = self.simple()?;
                if !(self.op(";") || self.op("}") || matches!(self.peek(), Tok::Newline | Tok::End)) {
                    return Err("Unexpected token".to_owned());
                }
                if self.op(";") {
                    self.at += 1;
                }
                Ok(simple)
            }
        }
    }

    fn simple(&mut self) -> Res<Stmt> {
        let word = match self.peek() {
            Tok::Name(n) | Tok::Func(n) => n.clone(),
            _ => String::new(),
        };
        let done = |p: &Parser| p.op(";") || p.op("}") || matches!(p.peek(), Tok::Newline | Tok::End);
        match word.as_str() {
            "print" | "printf" => {
                self.at += 1;
                let before = std::mem::replace(&mut self.no_gt, true);
                let mut args = Vec::new();
                if !done(self) && !self.op(">") && !self.op(">>") && !self.op("|") {
                    // `print (a, b) > "x"`: the parentheses hold the list.
                    let mark = self.at;
                    let mut grouped = false;
                    if self.eat("(") {
                        self.no_gt = false;
                        let mut list = Vec::new();
                        let good = loop {
                            match self.expr() {
                                Ok(e) => list.push(e),
                                Err(_) => break false,
                            }
                            if self.eat(",") {
                                self.newlines();
                                continue;
                            }
                            break self.eat(")");
                        };
                        self.no_gt = true;
                        if good && (done(self) || self.op(">") || self.op(">>") || self.op("|")) {
                            args = list;
                            grouped = true;
                        } else {
                            self.at = mark;
                        }
                    }
                    if !grouped {
                        loop {
                            args.push(self.expr()?);
                            if !self.eat(",") {
                                break;
                            }
                            self.newlines();
                        }
                    }
                }
                let mut target = None;
                for (op, letter) in [(">>", 'a'), (">", 'w'), ("|", '|')] {
                    if self.eat(op) {
                        target = Some((letter, self.concat()?));
                        break;
                    }
                }
                self.no_gt = before;
                Ok(Stmt::Print(args, target, word == "printf"))
            }
            "next" => {
                self.at += 1;
                Ok(Stmt::Next)
            }
            "nextfile" => {
                self.at += 1;
                Ok(Stmt::NextFile)
            }
            "break" => {
                self.at += 1;
                Ok(Stmt::Break)
            }
            "continue" => {
                self.at += 1;
                Ok(Stmt::Continue)
            }
            "exit" | "return" => {
                self.at += 1;
                let value = if done(self) { None } else { Some(self.expr()?) };
                Ok(if word == "exit" { Stmt::Exit(value) } else { Stmt::Return(value) })
            }
            "delete" => {
                self.at += 1;
                let Tok::Name(name) = self.peek().clone() else { return Err("Unexpected token".to_owned()) };
                self.at += 1;
                let index = if self.eat("[") {
                    let list = self.list("]")?;
                    Some(list)
                } else {
                    None
                };
                Ok(Stmt::Delete(name, index))
            }
            _ => Ok(Stmt::Expr(self.expr()?)),
        }
    }

    fn list(&mut self, close: &str) -> Res<Vec<Expr>> {
        let (no_in, no_gt) = (std::mem::take(&mut self.no_in), std::mem::take(&mut self.no_gt));
        let mut list = Vec::new();
        self.newlines();
        if !self.eat(close) {
            loop {
                list.push(self.expr()?);
                self.newlines();
                if self.eat(",") {
                    self.newlines();
                    continue;
                }
                self.need(close)?;
                break;
            }
        }
        (self.no_in, self.no_gt) = (no_in, no_gt);
        Ok(list)
    }

    fn expr(&mut self) -> Res<Expr> {
        self.depth += 1;
        if self.depth > 200 {
            return Err("Program is nested too deeply".to_owned());
        }
        let result = self.ternary();
        self.depth -= 1;
        result
    }

    fn ternary(&mut self) -> Res<Expr> {
        let cond = self.or()?;
        if self.eat("?") {
            self.newlines();
            let yes = self.expr()?;
            self.newlines();
            self.need(":")?;
            self.newlines();
            let no = self.expr()?;
            return Ok(Expr::Cond(Box::new(cond), Box::new(yes), Box::new(no)));
        }
        if matches!(cond, Expr::Var(_) | Expr::Field(_) | Expr::Index(..)) {
            for (op, letter) in [("=", None), ("+=", Some('+')), ("-=", Some('-')), ("*=", Some('*')), ("/=", Some('/')), ("%=", Some('%')), ("^=", Some('^'))]
            {
                if self.eat(op) {
                    self.newlines();
                    let value = self.expr()?;
                    return Ok(Expr::Assign(Box::new(cond), letter, Box::new(value)));
                }
            }
        }
        Ok(cond)
    }

    fn or(&mut self) -> Res<Expr> {
        let mut left = self.and()?;
        while self.eat("||") {
            self.newlines();
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }
    fn and(&mut self) -> Res<Expr> {
        let mut left = self.membership()?;
        while self.eat("&&") {
            self.newlines();
            left = Expr::And(Box::new(left), Box::new(self.membership()?));
        }
        Ok(left)
    }
    fn membership(&mut self) -> Res<Expr> {
        let mut left = self.matching()?;
        while !self.no_in && self.word("in") {
            self.at += 1;
            let Tok::Name(name) = self.peek().clone() else { return Err("Unexpected token".to_owned()) };
            self.at += 1;
            left = Expr::In(vec![left], name);
        }
        Ok(left)
    }
    fn matching(&mut self) -> Res<Expr> {
        let mut left = self.comparison()?;
        loop {
            let wanted = if self.eat("~") {
                true
            } else if self.eat("!~") {
                false
            } else {
                return Ok(left);
            };
            left = Expr::Match(Box::new(left), Box::new(self.comparison()?), wanted);
        }
    }
    fn comparison(&mut self) -> Res<Expr> {
        let left = self.concat()?;
        for op in ["<=", "<", "==", "!=", ">=", ">"] {
            if op == ">" && self.no_gt {
                continue;
            }
            if self.eat(op) {
                return Ok(Expr::Compare(Box::new(left), op, Box::new(self.concat()?)));
            }
        }
        Ok(left)
    }
    fn starts_operand(&self) -> bool {
        match self.peek() {
            Tok::Num(_) | Tok::Str(_) | Tok::Ere(_) | Tok::Func(_) => true,
            Tok::Name(n) => n != "in" && n != "getline" && n != "else",
            Tok::Op(op) => matches!(*op, "$" | "!" | "(" | "-" | "+" | "++" | "--"),
            _ => false,
        }
    }
    fn concat(&mut self) -> Res<Expr> {
        let mut left = self.sum()?;
        loop {
            if self.op("|") && matches!(self.toks.get(self.at + 1), Some(Tok::Name(n)) if n == "getline") {
                self.at += 2;
                let target = self.lvalue()?;
                left = Expr::Getline(target, Some(Box::new(left)), true);
            } else if self.starts_operand() && !self.op("+") && !self.op("-") && !self.op("!") {
                left = Expr::Concat(Box::new(left), Box::new(self.sum()?));
            } else {
                return Ok(left);
            }
        }
    }
    fn sum(&mut self) -> Res<Expr> {
        let mut left = self.product()?;
        loop {
            let op = if self.eat("+") {
                '+'
            } else if self.eat("-") {
                '-'
            } else {
                return Ok(left);
            };
            left = Expr::Binary(Box::new(left), op, Box::new(self.product()?));
        }
    }
    fn product(&mut self) -> Res<Expr> {
        let mut left = self.unary()?;
        loop {
            let op = if self.eat("*") {
                '*'
            } else if self.eat("/") {
                '/'
            } else if self.eat("%") {
                '%'
            } else {
                return Ok(left);
            };
            left = Expr::Binary(Box::new(left), op, Box::new(self.unary()?));
        }
    }
    fn unary(&mut self) -> Res<Expr> {
        if self.eat("!") {
            return Ok(Expr::Not(Box::new(self.unary()?)));
        }
        if self.eat("-") {
            return Ok(Expr::Minus(Box::new(self.unary()?)));
        }
        if self.eat("+") {
            return Ok(Expr::Plus(Box::new(self.unary()?)));
        }
        self.power()
    }
    fn power(&mut self) -> Res<Expr> {
        let left = self.postfix()?;
        if self.eat("^") {
            let right = if self.eat("-") { Expr::Minus(Box::new(self.power()?)) } else { self.power()? };
            return Ok(Expr::Binary(Box::new(left), '^', Box::new(right)));
        }
        Ok(left)
    }
    fn postfix(&mut self) -> Res<Expr> {
        let base = self.primary()?;
        if matches!(base, Expr::Var(_) | Expr::Field(_) | Expr::Index(..)) {
            if self.eat("++") {
                return Ok(Expr::Step(Box::new(base), 1.0, false));
            }
            if self.eat("--") {
                return Ok(Expr::Step(Box::new(base), -1.0, false));
            }
        }
        Ok(base)
    }
    fn lvalue(&mut self) -> Res<Option<Box<Expr>>> {
        let starts = self.op("$") || matches!(self.peek(), Tok::Name(n) if n != "in");
        if starts { Ok(Some(Box::new(self.primary()?))) } else { Ok(None) }
    }
    fn primary(&mut self) -> Res<Expr> {
        self.depth += 1;
        if self.depth > 200 {
            return Err("Program is nested too deeply".to_owned());
        }
        let result = self.primary_inner();
        self.depth -= 1;
        result
    }
    fn primary_inner(&mut self) -> Res<Expr> {
        let tok = self.peek().clone();
        self.at += 1;
        match tok {
            Tok::Num(n) => Ok(Expr::Number(n)),
            Tok::Str(s) => Ok(Expr::Text(s)),
            Tok::Ere(r) => Ok(Expr::Regex(r)),
            Tok::Op("$") => {
                let inner = if self.eat("++") {
                    Expr::Step(Box::new(self.primary()?), 1.0, true)
                } else if self.eat("-") {
                    Expr::Minus(Box::new(self.primary()?))
                } else {
                    self.primary()?
                };
                Ok(Expr::Field(Box::new(inner)))
            }
            Tok::Op("++") => Ok(Expr::Step(Box::new(self.primary()?), 1.0, true)),
            Tok::Op("--") => Ok(Expr::Step(Box::new(self.primary()?), -1.0, true)),
            Tok::Op("!") => Ok(Expr::Not(Box::new(self.unary()?))),
            Tok::Op("-") => Ok(Expr::Minus(Box::new(self.unary()?))),
            Tok::Op("(") => {
                let mut list = self.list(")")?;
                if list.len() > 1 {
                    if !self.word("in") {
                        return Err("Unexpected token".to_owned());
                    }
                    self.at += 1;
                    let Tok::Name(name) = self.peek().clone() else { return Err("Unexpected token".to_owned()) };
                    self.at += 1;
                    return Ok(Expr::In(list, name));
                }
                list.pop().map(|e| Expr::Group(Box::new(e))).ok_or_else(|| "Unexpected token".to_owned())
            }
            Tok::Func(name) => {
                self.need("(")?;
                Ok(Expr::Call(name, self.list(")")?))
            }
            Tok::Name(name) if name == "getline" => {
                let target = self.lvalue()?;
                let source = if self.eat("<") { Some(Box::new(self.primary()?)) } else { None };
                Ok(Expr::Getline(target, source, false))
            }
            Tok::Name(name) => {
                if self.eat("[") {
                    return Ok(Expr::Index(name, self.list("]")?));
                }
                if name == "length" {
                    return Ok(Expr::Call(name, Vec::new()));
                }
                Ok(Expr::Var(name))
            }
            _ => Err("Unexpected token".to_owned()),
        }
    }
}

/// Reads a program.
pub(super) fn parse(text: &[u8]) -> Result<Script, String> {
    let mut lexer = Lexer { text, at: 0, last_operand: false };
    let mut toks = Vec::new();
    loop {
        let tok = lexer.next()?;
        let end = tok == Tok::End;
        toks.push(tok);
        if end {
            break;
        }
    }
    Parser { toks, at: 0, no_in: false, no_gt: false, depth: 0 }.script()
}

/// `0x1f` and `017`, as busybox reads them in a program; and their length.
fn radix_number(rest: &[u8]) -> Option<(f64, usize)> {
    let [b'0', second, ..] = rest else { return None };
    let (skip, radix) = match second {
        b'x' | b'X' => (2, 16),
        b'0'..=b'7' => (1, 8),
        _ => return None,
    };
    let digits = rest.get(skip..)?.iter().take_while(|b| char::from(**b).is_digit(radix)).count();
    let end = skip + digits;
    // `00.5` and `08` are decimal.
    if digits == 0 || rest.get(end).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E')) {
        return None;
    }
    let text = std::str::from_utf8(rest.get(skip..end)?).ok()?;
    Some((u64::from_str_radix(text, radix).ok()? as f64, end))
}
