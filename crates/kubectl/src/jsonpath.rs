//! JSONPath as k8s.io/client-go/util/jsonpath reads and evaluates it.

use crate::json::plain;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    /// `{…}`: a list of steps evaluated from the present object.
    List(Vec<Step>),
    Range(Vec<Step>, Vec<Node>),
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Root,
    Current,
    Field(String),
    Wildcard,
    Recursive,
    /// `[start:end:step]`, or one index
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        step: Option<i64>,
        one: bool,
    },
    Union(Vec<Vec<Step>>),
    Filter(Vec<Step>, String, Vec<Step>),
    Literal(Value),
}

/// A template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template {
    nodes: Vec<Node>,
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
}

impl Template {
    /// Reads a template with braces.
    ///
    /// # Errors
    /// The words of client-go's parser.
    pub(crate) fn parse(text: &str) -> Result<Template, String> {
        let chars: Vec<char> = text.chars().collect();
        let mut p = Parser { chars: &chars, at: 0 };
        let nodes = p.nodes(false)?;
        Ok(Template { nodes })
    }

    /// Reads the form that `--sort-by` and custom columns take: braces and the first dot may be missing
    /// (`get.RelaxedJSONPathExpression`).
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse_relaxed(text: &str) -> Result<Template, String> {
        let inner = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
        if inner.contains(['{', '}']) && !inner.contains("\\{") {
            return Err(format!("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{{name1.name2}}' or '{{.name1.name2}}': {text}"));
        }
        let inner = inner.strip_prefix('.').unwrap_or(inner);
        Template::parse(&format!("{{.{inner}}}"))
    }

    /// The results of every part, in order. Missing keys give nothing.
    ///
    /// # Errors
    /// An index out of bounds and the like, in client-go's words.
    pub(crate) fn find(&self, data: &Value) -> Result<Vec<Vec<Value>>, String> {
        let mut out = Vec::new();
        eval(&self.nodes, data, data, &mut out)?;
        Ok(out)
    }

    /// The text of the results: values of one part joined by blanks.
    ///
    /// # Errors
    /// As [`Template::find`].
    pub(crate) fn print(&self, data: &Value) -> Result<String, String> {
        Ok(self.find(data)?.iter().map(|part| part.iter().map(show).collect::<Vec<_>>().join(" ")).collect())
    }
}

/// A result as text: maps and lists as JSON, the rest raw.
fn show(value: &Value) -> String {
    match value {
        Value::Object(_) | Value::Array(_) => crate::output::compact(value),
        other => plain(other),
    }
}

fn eval(nodes: &[Node], root: &Value, here: &Value, out: &mut Vec<Vec<Value>>) -> Result<(), String> {
    for node in nodes {
        match node {
            Node::Text(t) => out.push(vec![Value::String(t.clone())]),
            Node::List(steps) => out.push(walk(steps, root, &[here])?.into_iter().cloned().collect()),
            Node::Range(steps, body) => {
                for item in walk(steps, root, &[here])? {
                    eval(body, root, item, out)?;
                }
            }
        }
    }
    Ok(())
}

fn walk<'v>(steps: &'v [Step], root: &'v Value, from: &[&'v Value]) -> Result<Vec<&'v Value>, String> {
    let mut now: Vec<&Value> = from.to_vec();
    let mut steps = steps;
    while let [step, rest @ ..] = steps {
        let mut next: Vec<&Value> = Vec::new();
        match step {
            Step::Root => next.push(root),
            Step::Current => next.extend(&now),
            Step::Literal(v) => next.push(v),
            Step::Field(name) => next.extend(now.iter().filter_map(|v| v.as_object().and_then(|m| m.get(name)))),
            Step::Wildcard => {
                for v in &now {
                    match v {
                        Value::Array(l) => next.extend(l),
                        Value::Object(m) => {
                            let mut all: Vec<_> = m.iter().collect();
                            all.sort_by_key(|(k, _)| *k);
                            next.extend(all.into_iter().map(|(_, v)| v));
                        }
                        _ => {}
                    }
                }
            }
            Step::Recursive => {
                for v in &now {
                    descend(v, &mut next);
                }
                // Every value below is asked for the next step; those that cannot answer are left out.
                if let [first, after @ ..] = rest {
                    let mut found = Vec::new();
                    for v in next {
                        found.extend(walk(std::slice::from_ref(first), root, &[v]).unwrap_or_default());
                    }
                    return walk(after, root, &found);
                }
            }
            Step::Slice { start, end, step, one } => {
                for v in &now {
                    let Value::Array(l) = v else {
                        if v.is_null() {
                            continue;
                        }
                        return Err(format!("{} is not array or slice", go_value(v)));
                    };
                    let n = l.len() as i64;
                    let from = start.map_or(0, |s| if s < 0 { s + n } else { s });
                    let to = if *one { from + 1 } else { end.map_or(n, |e| if e < 0 { e + n } else { e }) };
                    if *one && (from < 0 || from >= n) {
                        return Err(format!(
                            "array index out of bounds: index {}, length {n}",
                            start.unwrap_or(0).max(if start.unwrap_or(0) < 0 { from } else { i64::MIN })
                        ));
                    }
                    let by = usize::try_from(step.unwrap_or(1)).unwrap_or(1).max(1);
                    let (from, to) = (from.clamp(0, n) as usize, to.clamp(0, n) as usize);
                    next.extend(l.get(from..to).unwrap_or_default().iter().step_by(by));
                }
            }
            Step::Union(paths) => {
                for path in paths {
                    next.extend(walk(path, root, &now)?);
                }
            }
            Step::Filter(left, operator, right) => {
                for v in &now {
                    let items: Vec<&Value> = match v {
                        Value::Array(l) => l.iter().collect(),
                        _ => Vec::new(),
                    };
                    for item in items {
                        let l = walk(left, root, &[item]).unwrap_or_default();
                        if operator == "exists" {
                            if !l.is_empty() {
                                next.push(item);
                            }
                            continue;
                        }
                        let r = walk(right, root, &[item]).unwrap_or_default();
                        let ([l], [r]) = (l.as_slice(), r.as_slice()) else { continue };
                        if compare(l, operator, r) {
                            next.push(item);
                        }
                    }
                }
            }
        }
        now = next;
        steps = rest;
    }
    Ok(now)
}

fn compare(l: &Value, operator: &str, r: &Value) -> bool {
    let order = match (l, r) {
        (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => None,
    };
    order.is_some_and(|o| match operator {
        "==" => o.is_eq(),
        "!=" => o.is_ne(),
        "<" => o.is_lt(),
        ">" => o.is_gt(),
        "<=" => o.is_le(),
        _ => o.is_ge(),
    })
}

fn descend<'v>(value: &'v Value, out: &mut Vec<&'v Value>) {
    out.push(value);
    match value {
        Value::Array(l) => {
            for v in l {
                descend(v, out);
            }
        }
        Value::Object(m) => {
            let mut all: Vec<_> = m.iter().collect();
            all.sort_by_key(|(k, _)| *k);
            for (_, v) in all {
                descend(v, out);
            }
        }
        _ => {}
    }
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn nodes(&mut self, inside_range: bool) -> Result<Vec<Node>, String> {
        let mut out = Vec::new();
        loop {
            let mut text = String::new();
            while let Some(c) = self.peek() {
                if c == '{' {
                    break;
                }
                text.push(c);
                self.at += 1;
            }
            if !text.is_empty() {
                out.push(Node::Text(text));
            }
            if self.peek().is_none() {
                return Ok(out);
            }
            self.at += 1;
            let body = self.action()?;
            let trimmed = body.trim();
            if trimmed == "end" {
                if inside_range {
                    return Ok(out);
                }
                return Err("not in range, nothing to end".to_owned());
            }
            if let Some(path) = trimmed.strip_prefix("range").filter(|r| r.starts_with([' ', '.', '[', '@'])) {
                let steps = steps(path.trim())?;
                let inner = self.nodes(true)?;
                out.push(Node::Range(steps, inner));
            } else {
                out.extend(actions(trimmed)?);
            }
        }
    }

    /// The text up to the closing brace, quotes respected.
    fn action(&mut self) -> Result<String, String> {
        let (mut body, mut quote) = (String::new(), None);
        while let Some(c) = self.peek() {
            self.at += 1;
            match quote {
                None if c == '}' => return Ok(body),
                None if c == '"' || c == '\'' => quote = Some(c),
                Some(q) if c == q && !body.ends_with('\\') => quote = None,
                _ => {}
            }
            body.push(c);
        }
        Err(match quote {
            Some(_) => "unterminated quoted string".to_owned(),
            None => "unclosed action".to_owned(),
        })
    }
}

/// One action may hold several texts and paths one after another.
fn actions(body: &str) -> Result<Vec<Node>, String> {
    let mut out = Vec::new();
    let mut rest = body.trim();
    while !rest.is_empty() {
        if let Some(q) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let end = closing(rest, q).ok_or("unterminated quoted string")?;
            out.push(Node::Text(unquote(rest.get(1..end).unwrap_or_default())));
            rest = rest.get(end + 1..).unwrap_or_default().trim_start();
        } else {
            out.push(Node::List(steps(rest)?));
            rest = "";
        }
    }
    Ok(out)
}

fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices()
        .skip(1)
        .find(|(_, c)| {
            let hit = *c == quote && !escaped;
            escaped = *c == '\\' && !escaped;
            hit
        })
        .map(|(i, _)| i)
}

fn unquote(text: &str) -> String {
    let (mut out, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

fn steps(path: &str) -> Result<Vec<Step>, String> {
    let chars: Vec<char> = path.chars().collect();
    let (mut out, mut i) = (Vec::new(), 0);
    while let Some(&c) = chars.get(i) {
        match c {
            '$' => {
                out.push(Step::Root);
                i += 1;
            }
            '@' => {
                out.push(Step::Current);
                i += 1;
            }
            ' ' => i += 1,
            '.' if chars.get(i + 1) == Some(&'.') => {
                out.push(Step::Recursive);
                i += 1;
                if chars.get(i + 1) == Some(&'[') {
                    i += 1;
                }
            }
            '.' => {
                i += 1;
                if chars.get(i) == Some(&'*') {
                    out.push(Step::Wildcard);
                    i += 1;
                    continue;
                }
                let mut name = String::new();
                while let Some(&c) = chars.get(i) {
                    if c == '\\' {
                        if let Some(&n) = chars.get(i + 1) {
                            name.push(n);
                        }
                        i += 2;
                        continue;
                    }
                    if matches!(c, '.' | '[' | ' ' | '\t' | '}' | '{' | '(' | ')' | ',' | '=' | '!' | '<' | '>') {
                        break;
                    }
                    name.push(c);
                    i += 1;
                }
                if !name.is_empty() {
                    out.push(Step::Field(name));
                }
            }
            '[' => {
                let (inner, end) = bracket(&chars, i)?;
                out.push(array(&inner)?);
                i = end;
            }
            '"' | '\'' => {
                let text: String = chars[i..].iter().collect();
                let end = closing(&text, c).ok_or("unterminated quoted string")?;
                out.push(Step::Literal(Value::String(unquote(text.get(1..end).unwrap_or_default()))));
                i += text.get(..=end).unwrap_or_default().chars().count();
            }
            c if c.is_ascii_digit() || c == '-' || c == '+' => {
                let text: String = chars[i..].iter().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e')).collect();
                i += text.chars().count();
                out.push(Step::Literal(
                    text.parse::<i64>()
                        .map(Value::from)
                        .or_else(|_| text.parse::<f64>().map(Value::from))
                        .map_err(|_| format!("cannot parse number {text}"))?,
                ));
            }
            c if c.is_alphabetic() || c == '_' => {
                let word: String = chars[i..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
                i += word.chars().count();
                match word.as_str() {
                    "true" => out.push(Step::Literal(Value::Bool(true))),
                    "false" => out.push(Step::Literal(Value::Bool(false))),
                    _ => return Err(format!("unrecognized identifier {word}")),
                }
            }
            other => return Err(format!("unrecognized character in action: U+{:04X} {:?}", other as u32, other)),
        }
    }
    Ok(out)
}

/// The text between brackets and where it ends.
fn bracket(chars: &[char], open: usize) -> Result<(String, usize), String> {
    let (mut depth, mut quote, mut inner) = (0, None, String::new());
    for (i, &c) in chars.iter().enumerate().skip(open) {
        match quote {
            Some(q) if c == q => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '[' => {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            }
            None if c == ']' => {
                depth -= 1;
                if depth == 0 {
                    return Ok((inner, i + 1));
                }
            }
            _ => {}
        }
        inner.push(c);
    }
    Err("unterminated array".to_owned())
}

fn array(inner: &str) -> Result<Step, String> {
    let text = inner.trim();
    if text == "*" {
        return Ok(Step::Wildcard);
    }
    if let Some(filter) = text.strip_prefix("?(").and_then(|t| t.strip_suffix(')')) {
        return self::filter(filter);
    }
    let parts = split(text);
    let one = |part: &str| -> Result<Step, String> {
        let part = part.trim();
        if let Some(q) = part.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let name = part.strip_prefix(q).and_then(|p| p.strip_suffix(q)).ok_or("unterminated quoted string")?;
            return Ok(Step::Union(vec![field(name)]));
        }
        let number = |s: &str| if s.is_empty() { Ok(None) } else { s.parse::<i64>().map(Some).map_err(|_| format!("invalid array index {inner}")) };
        let bounds: Vec<&str> = part.split(':').collect();
        match bounds.as_slice() {
            [i] => Ok(Step::Slice { start: number(i)?, end: None, step: None, one: true }),
            [a, b] => Ok(Step::Slice { start: number(a)?, end: number(b)?, step: None, one: false }),
            [a, b, c] => Ok(Step::Slice { start: number(a)?, end: number(b)?, step: number(c)?, one: false }),
            _ => Err(format!("invalid array index {inner}")),
        }
    };
    if let [single] = parts.as_slice() {
        return one(single);
    }
    Ok(Step::Union(parts.iter().map(|p| one(p).map(|s| vec![s])).collect::<Result<_, _>>()?))
}

/// `'metadata.name'`: dots part keys unless escaped.
fn field(name: &str) -> Vec<Step> {
    let (mut out, mut part, mut chars) = (Vec::new(), String::new(), name.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => part.extend(chars.next()),
            '.' => {
                if !part.is_empty() {
                    out.push(Step::Field(std::mem::take(&mut part)));
                }
            }
            c => part.push(c),
        }
    }
    if !part.is_empty() {
        out.push(Step::Field(part));
    }
    out
}

fn split(text: &str) -> Vec<String> {
    let (mut out, mut quote) = (vec![String::new()], None);
    for c in text.chars() {
        match quote {
            None if c == ',' => {
                out.push(String::new());
                continue;
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(q) if q == c => quote = None,
            _ => {}
        }
        if let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out
}

fn filter(text: &str) -> Result<Step, String> {
    let (mut quote, mut depth) = (None, 0);
    for (i, c) in text.char_indices() {
        match quote {
            Some(q) if q == c => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if matches!(c, '[' | '(') => depth += 1,
            None if matches!(c, ']' | ')') => depth -= 1,
            None if depth == 0 && matches!(c, '=' | '!' | '<' | '>') => {
                let rest = text.get(i..).unwrap_or_default();
                let operator =
                    ["==", "!=", "<=", ">=", "<", ">"].into_iter().find(|o| rest.starts_with(o)).ok_or_else(|| format!("unrecognized filter operator {c}"))?;
                let right = rest.get(operator.len()..).unwrap_or_default();
                return Ok(Step::Filter(steps(text.get(..i).unwrap_or_default().trim())?, operator.to_owned(), steps(right.trim())?));
            }
            _ => {}
        }
    }
    Ok(Step::Filter(steps(text.trim())?, "exists".to_owned(), Vec::new()))
}

/// A value as Go prints it with `%#v`.
pub(crate) fn go_value(value: &Value) -> String {
    match value {
        Value::Object(m) => {
            let mut all: Vec<_> = m.iter().collect();
            all.sort_by_key(|(k, _)| *k);
            format!("map[string]interface {{}}{{{}}}", all.iter().map(|(k, v)| format!("{}:{}", go_text(k), go_value(v))).collect::<Vec<_>>().join(", "))
        }
        Value::Array(l) => format!("[]interface {{}}{{{}}}", l.iter().map(go_value).collect::<Vec<_>>().join(", ")),
        Value::String(s) => go_text(s),
        Value::Null => "interface {}(nil)".to_owned(),
        other => other.to_string(),
    }
}

/// A text as Go's `%q` prints it.
pub(crate) fn go_text(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_print_what_client_go_prints() {
        let data = json!({"kind": "P", "a": {"x.y": 1, "l": [{"n": "one", "v": 1}, {"n": "two", "v": 2}]}});
        for (template, want) in [
            ("{.kind}", "P"),
            ("{.a.l[*].n}", "one two"),
            ("{range .a.l[*]}{.n}={.v}{\"\\n\"}{end}", "one=1\ntwo=2\n"),
            ("{.a.l[?(@.n==\"two\")].v}", "2"),
            ("{.a.l[-1].n}", "two"),
            ("{.a.x\\.y}", "1"),
            ("{..n}", "one two"),
            ("{['kind','a.l[0]']}", "P"),
            ("x {.nope} y", "x  y"),
        ] {
            assert_eq!(Template::parse(template).unwrap().print(&data).unwrap(), want, "{template}");
        }
        assert_eq!(Template::parse("{.a").unwrap_err(), "unclosed action");
    }
}
