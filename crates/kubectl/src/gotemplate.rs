//! The part of Go's text/template that people type after `-o go-template=`.

use crate::json::plain;
use crate::output::go_plain;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    Print(Pipe, String),
    Range(Pipe, Vec<Node>, Vec<Node>),
    If(Pipe, Vec<Node>, Vec<Node>),
    With(Pipe, Vec<Node>, Vec<Node>),
    Set(String, Pipe),
}

type Pipe = Vec<Vec<Term>>;

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Path(Vec<String>),
    Variable(String, Vec<String>),
    Literal(Value),
    Word(String),
    Group(Pipe, Vec<String>),
}

/// A template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template(Vec<Node>);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// `unclosed action` and the like.
    pub(crate) fn parse(text: &str) -> Result<Template, String> {
        let mut rest = text;
        let (nodes, end) = nodes(&mut rest)?;
        if end.is_empty() { Ok(Template(nodes)) } else { Err(format!("unexpected {{{{{end}}}}}")) }
    }

    /// Fills the template in.
    ///
    /// # Errors
    /// What text/template says.
    pub(crate) fn print(&self, data: &Value) -> Result<String, String> {
        let mut out = String::new();
        let mut scope = vec![("$".to_owned(), data.clone())];
        run(&self.0, data, &mut scope, &mut out)?;
        Ok(out)
    }
}

fn nodes(rest: &mut &str) -> Result<(Vec<Node>, String), String> {
    let mut out = Vec::new();
    loop {
        let Some(open) = rest.find("{{") else {
            if !rest.is_empty() {
                out.push(Node::Text((*rest).to_owned()));
            }
            *rest = "";
            return Ok((out, String::new()));
        };
        let (before, after) = rest.split_at(open);
        let after = after.get(2..).unwrap_or_default();
        let close = after.find("}}").ok_or("unclosed action")?;
        let mut action = after.get(..close).unwrap_or_default();
        *rest = after.get(close + 2..).unwrap_or_default();
        let mut before = before;
        if let Some(a) = action.strip_prefix("- ") {
            before = before.trim_end();
            action = a;
        }
        if let Some(a) = action.strip_suffix(" -") {
            *rest = rest.trim_start();
            action = a;
        }
        if !before.is_empty() {
            out.push(Node::Text(before.to_owned()));
        }
        let action = action.trim();
        let (word, argument) = action.split_once(' ').unwrap_or((action, ""));
        match word {
            "end" => return Ok((out, "end".to_owned())),
            "else" => return Ok((out, action.to_owned())),
            "range" | "if" | "with" => {
                let pipe = pipe(argument)?;
                let (yes, end) = nodes(rest)?;
                let no = if end == "else" { nodes(rest)?.0 } else { Vec::new() };
                out.push(match word {
                    "range" => Node::Range(pipe, yes, no),
                    "if" => Node::If(pipe, yes, no),
                    _ => Node::With(pipe, yes, no),
                });
            }
            _ if action.starts_with('$') && action.contains(":=") => {
                let (name, value) = action.split_once(":=").unwrap_or((action, ""));
                out.push(Node::Set(name.trim().to_owned(), pipe(value)?));
            }
            _ => out.push(Node::Print(pipe(action)?, action.to_owned())),
        }
    }
}

fn pipe(text: &str) -> Result<Pipe, String> {
    let mut chars = text.trim().chars().collect::<Vec<_>>().into_iter().peekable();
    let mut out: Pipe = vec![Vec::new()];
    while let Some(&c) = chars.peek() {
        match c {
            ' ' | '\t' | '\n' => {
                chars.next();
            }
            '|' => {
                chars.next();
                out.push(Vec::new());
            }
            '"' | '`' => {
                chars.next();
                let mut s = String::new();
                loop {
                    match chars.next() {
                        None => return Err("unterminated quoted string".to_owned()),
                        Some(x) if x == c => break,
                        Some('\\') if c == '"' => match chars.next() {
                            Some('n') => s.push('\n'),
                            Some('t') => s.push('\t'),
                            Some(x) => s.push(x),
                            None => return Err("unterminated quoted string".to_owned()),
                        },
                        Some(x) => s.push(x),
                    }
                }
                push(&mut out, Term::Literal(Value::String(s)));
            }
            '(' => {
                chars.next();
                let (mut depth, mut inner) = (1, String::new());
                for x in chars.by_ref() {
                    depth += i32::from(x == '(') - i32::from(x == ')');
                    if depth == 0 {
                        break;
                    }
                    inner.push(x);
                }
                let mut tail = String::new();
                while let Some(x) = chars.next_if(|x| !matches!(x, ' ' | '|' | ')')) {
                    tail.push(x);
                }
                push(&mut out, Term::Group(pipe(&inner)?, keys(&tail)));
            }
            _ => {
                let mut word = String::new();
                while let Some(x) = chars.next_if(|x| !matches!(x, ' ' | '\t' | '\n' | '|' | '(' | ')')) {
                    word.push(x);
                }
                if word.is_empty() {
                    return Err(format!("unexpected {c:?} in command"));
                }
                push(&mut out, term(&word));
            }
        }
    }
    Ok(out)
}

fn push(pipe: &mut Pipe, term: Term) {
    if let Some(last) = pipe.last_mut() {
        last.push(term);
    }
}

fn keys(path: &str) -> Vec<String> {
    path.split('.').filter(|k| !k.is_empty()).map(str::to_owned).collect()
}

fn term(word: &str) -> Term {
    if word.starts_with('.') {
        Term::Path(keys(word))
    } else if let Some(v) = word.strip_prefix('$') {
        let (name, path) = v.split_once('.').unwrap_or((v, ""));
        Term::Variable(format!("${name}"), keys(path))
    } else if let Ok(n) = word.parse::<i64>() {
        Term::Literal(n.into())
    } else if word == "true" || word == "false" {
        Term::Literal((word == "true").into())
    } else {
        Term::Word(word.to_owned())
    }
}

fn run(nodes: &[Node], dot: &Value, scope: &mut Vec<(String, Value)>, out: &mut String) -> Result<(), String> {
    for node in nodes {
        match node {
            Node::Text(t) => out.push_str(t),
            Node::Print(pipe, source) => {
                match eval(pipe, dot, scope).map_err(|e| format!("template: output:1:{}: executing \"output\" at <{source}>: {e}", 2))? {
                    None => out.push_str("<no value>"),
                    Some(v) => out.push_str(&go_plain(&v)),
                }
            }
            Node::Set(name, pipe) => {
                let value = eval(pipe, dot, scope)?.unwrap_or(Value::Null);
                scope.push((name.clone(), value));
            }
            Node::Range(pipe, yes, no) => {
                let items: Vec<Value> = match eval(pipe, dot, scope)? {
                    Some(Value::Array(l)) => l,
                    Some(Value::Object(m)) => {
                        let mut all: Vec<_> = m.into_iter().collect();
                        all.sort_by(|a, b| a.0.cmp(&b.0));
                        all.into_iter().map(|(_, v)| v).collect()
                    }
                    _ => Vec::new(),
                };
                if items.is_empty() {
                    run(no, dot, scope, out)?;
                }
                for item in &items {
                    let depth = scope.len();
                    run(yes, item, scope, out)?;
                    scope.truncate(depth);
                }
            }
            Node::If(pipe, yes, no) => {
                let holds = eval(pipe, dot, scope)?.is_some_and(|v| truth(&v));
                run(if holds { yes } else { no }, dot, scope, out)?;
            }
            Node::With(pipe, yes, no) => match eval(pipe, dot, scope)?.filter(truth) {
                Some(v) => run(yes, &v, scope, out)?,
                None => run(no, dot, scope, out)?,
            },
        }
    }
    Ok(())
}

fn truth(v: &Value) -> bool {
    match v {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty(),
        Value::Array(l) => !l.is_empty(),
        Value::Object(m) => !m.is_empty(),
    }
}

fn dig(value: Option<Value>, path: &[String]) -> Option<Value> {
    path.iter().try_fold(value?, |v, key| v.get(key).cloned())
}

fn eval(pipe: &Pipe, dot: &Value, scope: &[(String, Value)]) -> Result<Option<Value>, String> {
    let mut last: Option<Option<Value>> = None;
    for command in pipe {
        let mut arguments: Vec<Option<Value>> = Vec::new();
        let mut function = None;
        for (i, term) in command.iter().enumerate() {
            match term {
                Term::Word(w) if i == 0 => function = Some(w.as_str()),
                Term::Word(w) => return Err(format!("function {w:?} not defined")),
                Term::Path(p) => arguments.push(dig(Some(dot.clone()), p)),
                Term::Variable(name, p) => arguments.push(dig(scope.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.clone()), p)),
                Term::Literal(v) => arguments.push(Some(v.clone())),
                Term::Group(inner, p) => arguments.push(dig(eval(inner, dot, scope)?, p)),
            }
        }
        if let Some(previous) = last.take() {
            arguments.push(previous);
        }
        last = Some(match function {
            None => arguments.into_iter().next().flatten(),
            Some(name) => call(name, &arguments)?,
        });
    }
    Ok(last.flatten())
}

fn call(name: &str, arguments: &[Option<Value>]) -> Result<Option<Value>, String> {
    let text = |i: usize| arguments.get(i).and_then(Option::as_ref).map(plain).unwrap_or_default();
    let same = |i: usize| arguments.first().and_then(Option::as_ref) == arguments.get(i).and_then(Option::as_ref);
    Ok(Some(match name {
        "len" => match arguments.first().and_then(Option::as_ref) {
            Some(Value::Array(l)) => l.len().into(),
            Some(Value::Object(m)) => m.len().into(),
            Some(Value::String(s)) => s.len().into(),
            _ => return Err("error calling len: len of nil pointer".to_owned()),
        },
        "index" => {
            let mut here = arguments.first().cloned().flatten();
            for key in arguments.iter().skip(1).flatten() {
                here = match (&here, key) {
                    (Some(Value::Array(l)), Value::Number(n)) => {
                        let i = n.as_u64().unwrap_or(u64::MAX) as usize;
                        Some(l.get(i).cloned().ok_or_else(|| format!("error calling index: index out of range: {n}"))?)
                    }
                    (Some(v), Value::String(s)) => v.get(s).cloned(),
                    _ => None,
                };
            }
            return Ok(here);
        }
        "base64decode" => String::from_utf8_lossy(&base64_decode(&text(0)).ok_or("error calling base64decode: illegal base64 data")?).into_owned().into(),
        "eq" => (1..arguments.len()).any(same).into(),
        "ne" => (!same(1)).into(),
        "not" => (!arguments.first().and_then(Option::as_ref).is_some_and(truth)).into(),
        "and" => arguments.iter().all(|a| a.as_ref().is_some_and(truth)).into(),
        "or" => return Ok(arguments.iter().find(|a| a.as_ref().is_some_and(truth)).cloned().flatten()),
        "print" | "println" => arguments.iter().flatten().map(go_plain).collect::<String>().into(),
        "printf" => {
            let mut values = arguments.iter().skip(1);
            let (mut out, format) = (String::new(), text(0));
            let mut chars = format.chars();
            while let Some(c) = chars.next() {
                if c != '%' {
                    out.push(c);
                    continue;
                }
                match chars.find(|c| c.is_alphabetic() || *c == '%') {
                    Some('%') | None => out.push('%'),
                    Some('q') => out.push_str(&crate::jsonpath::go_text(&values.next().cloned().flatten().map(|v| plain(&v)).unwrap_or_default())),
                    Some(_) => out.push_str(&values.next().cloned().flatten().map(|v| go_plain(&v)).unwrap_or_default()),
                }
            }
            out.into()
        }
        other => return Err(format!("function {other:?} not defined")),
    }))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding.
pub(crate) fn base64_encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(if i > chunk.len() { '=' } else { char::from(ALPHABET[(n >> (18 - 6 * i)) as usize & 63]) });
        }
    }
    out
}

/// The bytes of a base64 text.
pub(crate) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut n, mut bits) = (0u32, 0);
    for b in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        if b == b'=' {
            break;
        }
        n = n << 6 | ALPHABET.iter().position(|a| *a == b)? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((n >> bits) as u8);
            n &= (1 << bits) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_fill_in() {
        let data = json!({"items": [{"n": "a"}, {"n": "b"}], "s": "c2hvcA=="});
        for (t, want) in [
            ("{{range .items}}{{.n}} {{end}}", "a b "),
            ("{{.s | base64decode}}", "shop"),
            ("{{len .items}}{{.x}}", "2<no value>"),
            ("{{if .x}}y{{else}}n{{end}}", "n"),
        ] {
            assert_eq!(Template::parse(t).unwrap().print(&data).unwrap(), want);
        }
        assert_eq!(base64_encode(b"shop"), "c2hvcA==");
    }
}
