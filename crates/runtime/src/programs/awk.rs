//! `awk`.

mod parse;

use super::engine::regex::{Regex, Syntax};
use super::engine::text::{Piece, general, lossy, split_format};
use super::plain::{Command, Io, Run, Stop};
use crate::program::{Fd, Open};
use parse::{Expr, Pattern, Script, Stmt};
use std::{collections::BTreeMap, rc::Rc};

#[derive(Clone, Debug, Default)]
enum Value {
    #[default]
    None,
    Num(f64),
    Str(Rc<str>),
    /// Text from outside that may look like a number.
    Maybe(Rc<str>),
}

fn leading(text: &str) -> f64 {
    let trimmed = text.trim_start();
    let bytes = trimmed.as_bytes();
    let mut end = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let digits = |from: usize| bytes.get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(end);
    end += whole;
    if bytes.get(end) == Some(&b'.') && (whole > 0 || digits(end + 1) > 0) {
        end += 1 + digits(end + 1);
    } else if whole == 0 {
        return 0.0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let power = digits(end + 1 + sign);
        if power > 0 {
            end += 1 + sign + power;
        }
    }
    trimmed.get(..end).and_then(|t| t.parse().ok()).unwrap_or(0.0)
}

fn looks_numeric(text: &str) -> bool {
    let trimmed = text.trim();
    !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'e' | b'E')) && trimmed.parse::<f64>().is_ok()
}

fn number_text(number: f64, format: &str) -> String {
    if number.fract() == 0.0 && number.abs() < 1e16 {
        return format!("{}", number as i64);
    }
    if format == "%.6g" {
        let body = general(number.abs(), 6, false, false);
        return if number < 0.0 { format!("-{body}") } else { body };
    }
    let mut out = Vec::new();
    for piece in split_format(format.as_bytes(), false) {
        match piece {
            Piece::Literal(bytes) => out.extend(bytes),
            Piece::Convert(spec, ..) => out.extend(if matches!(spec.letter, b'd' | b'i') { spec.integer(number as i64) } else { spec.float(number) }),
            _ => {}
        }
    }
    lossy(&out)
}

impl Value {
    fn num(&self) -> f64 {
        match self {
            Value::None => 0.0,
            Value::Num(n) => *n,
            Value::Str(s) | Value::Maybe(s) => leading(s),
        }
    }
    fn text(&self) -> Rc<str> {
        match self {
            Value::None => Rc::from(""),
            Value::Num(n) => Rc::from(number_text(*n, "%.6g")),
            Value::Str(s) | Value::Maybe(s) => s.clone(),
        }
    }
    fn truth(&self) -> bool {
        match self {
            Value::None => false,
            Value::Num(n) => *n != 0.0,
            Value::Str(s) => !s.is_empty(),
            Value::Maybe(s) => {
                if looks_numeric(s) {
                    leading(s) != 0.0
                } else {
                    !s.is_empty()
                }
            }
        }
    }
    fn numeric(&self) -> bool {
        match self {
            Value::None | Value::Num(_) => true,
            Value::Str(_) => false,
            Value::Maybe(s) => looks_numeric(s),
        }
    }
}

type Array = BTreeMap<Rc<str>, Value>;

enum Flow {
    Go,
    Next,
    Break,
    Continue,
    Return(Value),
    Exit(i32),
}

enum Trouble {
    Stop(Stop),
    Error(String),
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Trouble {
        Trouble::Stop(stop)
    }
}

type Res<T> = Result<T, Trouble>;

/// What a parameter of a function stands for.
#[derive(Clone)]
enum Local {
    Value(Value),
    Array(String),
}

struct Machine<'a, 'b> {
    io: &'a mut Io<'b>,
    script: Script,
    globals: BTreeMap<String, Value>,
    arrays: BTreeMap<String, Array>,
    frames: Vec<BTreeMap<String, Local>>,
    fields: Vec<Rc<str>>,
    record: Rc<str>,
    ranges: Vec<bool>,
    inputs: Vec<Rc<str>>,
    next_input: usize,
    current: Option<Fd>,
    used_stdin: bool,
    readers: BTreeMap<String, Fd>,
    outputs: BTreeMap<String, Fd>,
    pipes: BTreeMap<String, Vec<u8>>,
    results: BTreeMap<String, (Vec<u8>, usize)>,
    regexes: BTreeMap<String, Rc<Regex>>,
    fresh: u32,
    random: u64,
    steps: u64,
    failed: bool,
}

impl Machine<'_, '_> {
    fn error<T>(text: impl Into<String>) -> Res<T> {
        Err(Trouble::Error(text.into()))
    }

    fn regex(&mut self, text: &str) -> Res<Rc<Regex>> {
        if let Some(found) = self.regexes.get(text) {
            return Ok(found.clone());
        }
        match Regex::new(text.as_bytes(), Syntax { extended: true, ignore_case: false }) {
            Ok(regex) => {
                let regex = Rc::new(regex);
                self.regexes.insert(text.to_owned(), regex.clone());
                Ok(regex)
            }
            Err(error) => Machine::error(format!("bad regex '{text}': {error}")),
        }
    }

    fn special(&self, name: &str) -> Rc<str> {
        self.globals.get(name).map_or_else(|| Rc::from(""), Value::text)
    }

    fn split(&mut self, text: &str, separator: &str) -> Res<Vec<Rc<str>>> {
        if separator == " " {
            return Ok(text.split([' ', '\t', '\n']).filter(|f| !f.is_empty()).map(Rc::from).collect());
        }
        if text.is_empty() {
            return Ok(Vec::new());
        }
        if separator.is_empty() {
            return Ok(text.chars().map(|c| Rc::from(c.to_string())).collect());
        }
        if separator.len() == 1 && separator != "\\" {
            return Ok(text.split(separator).map(Rc::from).collect());
        }
        let regex = self.regex(separator)?;
        let bytes = text.as_bytes();
        let mut out = Vec::new();
        let mut at = 0;
        let mut from = 0;
        while let Some((low, high)) = regex.find_at(bytes, from).and_then(|c| c.first().copied().flatten()) {
            if high == low {
                from = high + 1;
                if from > bytes.len() {
                    break;
                }
                continue;
            }
            out.push(Rc::from(lossy(bytes.get(at..low).unwrap_or_default())));
            at = high;
            from = high;
        }
        out.push(Rc::from(lossy(bytes.get(at..).unwrap_or_default())));
        Ok(out)
    }

    fn set_record(&mut self, text: Rc<str>) -> Res<()> {
        let separator = self.special("FS");
        self.fields = self.split(&text, &separator)?;
        self.record = text;
        let count = self.fields.len() as f64;
        self.globals.insert("NF".to_owned(), Value::Num(count));
        Ok(())
    }

    fn rebuild(&mut self) {
        let joiner = self.special("OFS");
        self.record = Rc::from(self.fields.join(&*joiner));
    }

    fn field(&self, index: usize) -> Value {
        if index == 0 { Value::Maybe(self.record.clone()) } else { self.fields.get(index - 1).map_or(Value::None, |f| Value::Maybe(f.clone())) }
    }

    fn set_field(&mut self, index: usize, value: &Value) -> Res<()> {
        if index == 0 {
            return self.set_record(value.text());
        }
        if index > 100_000 {
            return Machine::error("trying to access out of range field");
        }
        while self.fields.len() < index {
            self.fields.push(Rc::from(""));
        }
        if let Some(slot) = self.fields.get_mut(index - 1) {
            *slot = value.text();
        }
        let count = self.fields.len() as f64;
        self.globals.insert("NF".to_owned(), Value::Num(count));
        self.rebuild();
        Ok(())
    }

    /// The name of the array behind a name; parameters may stand for another one.
    fn array_name(&mut self, name: &str) -> String {
        let fresh = self.fresh;
        if let Some(frame) = self.frames.last_mut()
            && let Some(local) = frame.get_mut(name)
        {
            if let Local::Array(real) = local {
                return real.clone();
            }
            let real = format!("{name}#{fresh}");
            self.fresh += 1;
            *local = Local::Array(real.clone());
            return real;
        }
        name.to_owned()
    }

    fn get(&self, name: &str) -> Value {
        match self.frames.last().and_then(|f| f.get(name)) {
            Some(Local::Value(value)) => value.clone(),
            Some(Local::Array(_)) => Value::None,
            None => self.globals.get(name).cloned().unwrap_or_default(),
        }
    }

    fn set(&mut self, name: &str, value: Value) -> Res<()> {
        if let Some(local) = self.frames.last_mut().and_then(|f| f.get_mut(name)) {
            *local = Local::Value(value);
            return Ok(());
        }
        if name == "NF" {
            let count = value.num().clamp(0.0, 100_000.0) as usize;
            self.fields.resize(count, Rc::from(""));
            self.globals.insert("NF".to_owned(), Value::Num(count as f64));
            self.rebuild();
            return Ok(());
        }
        self.globals.insert(name.to_owned(), value);
        Ok(())
    }

    fn key(&mut self, index: &[Expr]) -> Res<Rc<str>> {
        let mut parts = Vec::new();
        for expr in index {
            parts.push(self.eval(expr)?.text());
        }
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let joiner = self.special("SUBSEP");
        Ok(Rc::from(parts.join(&*joiner)))
    }

    fn assign(&mut self, target: &Expr, value: Value) -> Res<Value> {
        match target {
            Expr::Var(name) => self.set(name, value.clone())?,
            Expr::Field(index) => {
                let index = self.eval(index)?.num().max(0.0) as usize;
                self.set_field(index, &value)?;
            }
            Expr::Index(name, index) => {
                let key = self.key(index)?;
                let name = self.array_name(name);
                self.arrays.entry(name).or_default().insert(key, value.clone());
            }
            Expr::Group(inner) => return self.assign(inner, value),
            _ => return Machine::error("assignment to a non-variable"),
        }
        Ok(value)
    }

    fn truth(&mut self, expr: &Expr) -> Res<bool> {
        Ok(self.eval(expr)?.truth())
    }

    fn matches(&mut self, text: &str, pattern: &Expr) -> Res<bool> {
        let source: Rc<str> = match pattern {
            Expr::Regex(text) => Rc::from(text.as_str()),
            other => self.eval(other)?.text(),
        };
        Ok(self.regex(&source)?.is_match(text.as_bytes()))
    }

    fn arithmetic(left: f64, op: char, right: f64) -> Res<f64> {
        Ok(match op {
            '+' => left + right,
            '-' => left - right,
            '*' => left * right,
            '/' | '%' if right == 0.0 => return Machine::error("Division by zero"),
            '/' => left / right,
            '%' => left % right,
            _ => left.powf(right),
        })
    }

    fn eval(&mut self, expr: &Expr) -> Res<Value> {
        Ok(match expr {
            Expr::Number(n) => Value::Num(*n),
            Expr::Text(s) => Value::Str(Rc::from(s.as_str())),
            Expr::Regex(_) => {
                let record = self.record.clone();
                Value::Num(f64::from(u8::from(self.matches(&record, expr)?)))
            }
            Expr::Var(name) => self.get(name),
            Expr::Field(index) => {
                let index = self.eval(index)?.num();
                if index < 0.0 {
                    return Machine::error("trying to access out of range field");
                }
                self.field(index as usize)
            }
            Expr::Index(name, index) => {
                let key = self.key(index)?;
                let name = self.array_name(name);
                self.arrays.entry(name).or_default().entry(key).or_default().clone()
            }
            Expr::Group(inner) => self.eval(inner)?,
            Expr::Assign(target, op, value) => {
                let value = self.eval(value)?;
                let value = match op {
                    Some(op) => Value::Num(Machine::arithmetic(self.eval(target)?.num(), *op, value.num())?),
                    None => value,
                };
                self.assign(target, value)?
            }
            Expr::Cond(cond, yes, no) => {
                if self.truth(cond)? {
                    self.eval(yes)?
                } else {
                    self.eval(no)?
                }
            }
            Expr::Or(a, b) => Value::Num(f64::from(u8::from(self.truth(a)? || self.truth(b)?))),
            Expr::And(a, b) => Value::Num(f64::from(u8::from(self.truth(a)? && self.truth(b)?))),
            Expr::Not(inner) => Value::Num(f64::from(u8::from(!self.truth(inner)?))),
            Expr::Minus(inner) => Value::Num(-self.eval(inner)?.num()),
            Expr::Plus(inner) => Value::Num(self.eval(inner)?.num()),
            Expr::In(index, name) => {
                let key = self.key(index)?;
                let name = self.array_name(name);
                Value::Num(f64::from(u8::from(self.arrays.get(&name).is_some_and(|a| a.contains_key(&key)))))
            }
            Expr::Match(text, pattern, wanted) => {
                let text = self.eval(text)?.text();
                Value::Num(f64::from(u8::from(self.matches(&text, pattern)? == *wanted)))
            }
            Expr::Compare(a, op, b) => {
                let (a, b) = (self.eval(a)?, self.eval(b)?);
                let order =
                    if a.numeric() && b.numeric() { a.num().partial_cmp(&b.num()).unwrap_or(std::cmp::Ordering::Less) } else { a.text().cmp(&b.text()) };
                let result = match *op {
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    "==" => order.is_eq(),
                    "!=" => order.is_ne(),
                    ">=" => order.is_ge(),
                    _ => order.is_gt(),
                };
                Value::Num(f64::from(u8::from(result)))
            }
            Expr::Concat(a, b) => {
                let a = self.eval(a)?.text();
                let b = self.eval(b)?.text();
                Value::Str(Rc::from(format!("{a}{b}")))
            }
            Expr::Binary(a, op, b) => {
                let a = self.eval(a)?.num();
                Value::Num(Machine::arithmetic(a, *op, self.eval(b)?.num())?)
            }
            Expr::Step(target, by, before) => {
                let old = self.eval(target)?.num();
                self.assign(target, Value::Num(old + by))?;
                Value::Num(if *before { old + by } else { old })
            }
            Expr::Call(name, args) => self.call(name, args)?,
            Expr::Getline(target, source, command) => self.getline(target.as_deref(), source.as_deref(), *command)?,
        })
    }

    fn getline(&mut self, target: Option<&Expr>, source: Option<&Expr>, command: bool) -> Res<Value> {
        let line = match source {
            None => match self.next_record()? {
                Some(line) => Some(line),
                None => return Ok(Value::Num(0.0)),
            },
            Some(source) if command => {
                let text = self.eval(source)?.text();
                if !self.results.contains_key(&*text) {
                    self.io.flush();
                    let done = self.io.run(&Command { argv: vec!["sh".into(), "-c".into(), text.clone()], capture: true, ..Command::default() })?;
                    self.results.insert(text.to_string(), (done.unwrap_or_default().output, 0));
                }
                let Some((data, at)) = self.results.get_mut(&*text) else { return Ok(Value::Num(-1.0)) };
                let rest = data.get(*at..).unwrap_or_default();
                if rest.is_empty() {
                    None
                } else {
                    let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                    let line = lossy(rest.get(..end).unwrap_or_default());
                    *at += end + 1;
                    Some(line)
                }
            }
            Some(source) => {
                let path = self.eval(source)?.text();
                let fd = match self.readers.get(&*path) {
                    Some(fd) => *fd,
                    None if &*path == "-" => 0,
                    None => match self.io.open(&path, Open::READ) {
                        Ok(fd) => {
                            self.readers.insert(path.to_string(), fd);
                            fd
                        }
                        Err(_) => return Ok(Value::Num(-1.0)),
                    },
                };
                self.io.line(fd)?.map(|mut line| {
                    if line.last() == Some(&b'\n') {
                        line.pop();
                    }
                    lossy(&line)
                })
            }
        };
        let Some(line) = line else { return Ok(Value::Num(0.0)) };
        let line: Rc<str> = Rc::from(line);
        if source.is_none() || command {
            let number = self.globals.get("NR").map_or(0.0, Value::num);
            self.globals.insert("NR".to_owned(), Value::Num(number + 1.0));
        }
        match target {
            Some(target) => {
                self.assign(target, Value::Maybe(line))?;
            }
            None => self.set_record(line)?,
        }
        Ok(Value::Num(1.0))
    }

    /// The next record of the main input.
    fn next_record(&mut self) -> Res<Option<String>> {
        loop {
            let fd = match self.current {
                Some(fd) => fd,
                None => {
                    let Some(input) = self.inputs.get(self.next_input).cloned() else {
                        if self.used_stdin {
                            return Ok(None);
                        }
                        self.used_stdin = true;
                        self.current = Some(0);
                        continue;
                    };
                    self.next_input += 1;
                    if let Some((name, value)) = assignment(&input) {
                        self.set(&name, value)?;
                        continue;
                    }
                    self.used_stdin = true;
                    self.globals.insert("FILENAME".to_owned(), Value::Str(input.clone()));
                    self.globals.insert("FNR".to_owned(), Value::Num(0.0));
                    if &*input == "-" {
                        self.current = Some(0);
                        continue;
                    }
                    match self.io.open(&input, Open::READ) {
                        Ok(fd) => self.current = Some(fd),
                        Err(error) => {
                            let text = if self.io.gnu() { format!("cannot open {input} ({error})") } else { format!("{input}: {error}") };
                            self.io.err(text);
                            self.failed = true;
                            if self.io.gnu() {
                                continue;
                            }
                            return Err(Trouble::Stop(Stop::Exit(1)));
                        }
                    }
                    continue;
                }
            };
            let separator = self.special("RS");
            let found = if &*separator == "\n" {
                self.io.line(fd)?.map(|mut line| {
                    if line.last() == Some(&b'\n') {
                        line.pop();
                    }
                    line
                })
            } else {
                self.odd_record(fd, &separator)?
            };
            match found {
                Some(line) => return Ok(Some(lossy(&line))),
                None => {
                    if fd != 0 {
                        self.io.close(fd);
                    }
                    self.current = None;
                }
            }
        }
    }

    /// A record with another separator: paragraphs for an empty one.
    fn odd_record(&mut self, fd: Fd, separator: &str) -> Res<Option<Vec<u8>>> {
        let paragraphs = separator.is_empty();
        let key = format!("\u{0}rs{fd}");
        if !self.results.contains_key(&key) {
            let data = self.io.rest(fd)?;
            self.results.insert(key.clone(), (data, 0));
        }
        let pattern = if paragraphs {
            "\n\n+".to_owned()
        } else if separator.len() == 1 {
            format!("[{separator}]")
        } else {
            separator.to_owned()
        };
        let regex = self.regex(&pattern)?;
        let Some((data, at)) = self.results.get_mut(&key) else { return Ok(None) };
        if paragraphs {
            while data.get(*at) == Some(&b'\n') {
                *at += 1;
            }
        }
        let rest = data.get(*at..).unwrap_or_default();
        if rest.is_empty() || rest == b"\n" {
            self.results.remove(&key);
            return Ok(None);
        }
        let (record, used) = match regex.find_at(rest, 0).and_then(|c| c.first().copied().flatten()) {
            Some((low, high)) => (rest.get(..low).unwrap_or_default().to_vec(), high),
            None => {
                let mut whole = rest.to_vec();
                if whole.last() == Some(&b'\n') {
                    whole.pop();
                }
                (whole, rest.len())
            }
        };
        *at += used;
        Ok(Some(record))
    }

    fn call(&mut self, name: &str, args: &[Expr]) -> Res<Value> {
        if let Some(function) = self.script.functions.get(name).cloned() {
            if self.frames.len() > 100 {
                return Machine::error("function calls are nested too deeply");
            }
            let mut frame = BTreeMap::new();
            for (i, param) in function.params.iter().enumerate() {
                let local = match args.get(i) {
                    None => Local::Value(Value::None),
                    Some(Expr::Var(name)) => {
                        let is_array = match self.frames.last().and_then(|f| f.get(name)) {
                            Some(Local::Array(real)) => Some(real.clone()),
                            Some(Local::Value(Value::None)) => Some(self.array_name(name)),
                            Some(Local::Value(_)) => None,
                            None if self.arrays.contains_key(name) || !self.globals.contains_key(name) => Some(name.clone()),
                            None => None,
                        };
                        match is_array {
                            Some(real) => Local::Array(real),
                            None => Local::Value(self.get(name)),
                        }
                    }
                    Some(arg) => Local::Value(self.eval(arg)?),
                };
                frame.insert(param.clone(), local);
            }
            self.frames.push(frame);
            let flow = self.run(&function.body);
            self.frames.pop();
            return match flow? {
                Flow::Return(value) => Ok(value),
                Flow::Exit(code) => Err(Trouble::Stop(Stop::Exit(code))),
                _ => Ok(Value::None),
            };
        }
        let number = |m: &mut Self, n: usize| -> Res<f64> {
            match args.get(n) {
                Some(arg) => Ok(m.eval(arg)?.num()),
                None => Ok(0.0),
            }
        };
        let text = |m: &mut Self, n: usize| -> Res<Rc<str>> {
            match args.get(n) {
                Some(arg) => Ok(m.eval(arg)?.text()),
                None => Ok(Rc::from("")),
            }
        };
        Ok(match name {
            "length" => match args.first() {
                None => Value::Num(self.record.chars().count() as f64),
                Some(Expr::Var(name)) if self.arrays.contains_key(name) || matches!(self.frames.last().and_then(|f| f.get(name)), Some(Local::Array(_))) => {
                    let name = self.array_name(name);
                    Value::Num(self.arrays.get(&name).map_or(0, BTreeMap::len) as f64)
                }
                Some(arg) => {
                    let text = self.eval(arg)?.text();
                    Value::Num(if self.io.gnu() { text.chars().count() } else { text.len() } as f64)
                }
            },
            "substr" => {
                let source = text(self, 0)?;
                let from = number(self, 1)?.round();
                // busybox first puts the start right, then counts.
                let from = if self.io.gnu() { from } else { from.max(1.0) };
                let until = if args.len() > 2 { from + number(self, 2)?.round() } else { f64::INFINITY };
                let part: String = source.chars().enumerate().filter(|(i, _)| (*i as f64 + 1.0) >= from && (*i as f64 + 1.0) < until).map(|(_, c)| c).collect();
                Value::Str(Rc::from(part))
            }
            "index" => {
                let (a, b) = (text(self, 0)?, text(self, 1)?);
                Value::Num(a.find(&*b).map_or(0, |i| a.get(..i).map_or(0, |p| p.chars().count()) + 1) as f64)
            }
            "toupper" => Value::Str(Rc::from(text(self, 0)?.to_uppercase())),
            "tolower" => Value::Str(Rc::from(text(self, 0)?.to_lowercase())),
            "int" => Value::Num(number(self, 0)?.trunc()),
            "sqrt" => Value::Num(number(self, 0)?.sqrt()),
            "exp" => Value::Num(number(self, 0)?.exp()),
            "log" => Value::Num(number(self, 0)?.ln()),
            "sin" => Value::Num(number(self, 0)?.sin()),
            "cos" => Value::Num(number(self, 0)?.cos()),
            "atan2" => Value::Num(number(self, 0)?.atan2(number(self, 1)?)),
            "and" => Value::Num(((number(self, 0)? as u64) & (number(self, 1)? as u64)) as f64),
            "or" => Value::Num(((number(self, 0)? as u64) | (number(self, 1)? as u64)) as f64),
            "rand" => {
                self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                Value::Num((self.random >> 11) as f64 / (1u64 << 53) as f64)
            }
            "srand" => {
                self.random = if args.is_empty() { self.io.unix_ms() as u64 / 1000 } else { number(self, 0)? as u64 };
                Value::Num(0.0)
            }
            "systime" => Value::Num((self.io.unix_ms() / 1000) as f64),
            "strftime" => {
                let format = if args.is_empty() { Rc::from("%c") } else { text(self, 0)? };
                let epoch = if args.len() > 1 { number(self, 1)? as i64 } else { self.io.unix_ms() / 1000 };
                Value::Str(Rc::from(super::engine::clock::Moment::from_epoch(epoch).format(&format)))
            }
            "sprintf" => {
                let mut values = Vec::new();
                for arg in args {
                    values.push(self.eval(arg)?);
                }
                Value::Str(Rc::from(lossy(&format(&values))))
            }
            "split" => {
                let source = text(self, 0)?;
                let separator = match args.get(2) {
                    Some(Expr::Regex(r)) => Rc::from(r.as_str()),
                    Some(other) => self.eval(other)?.text(),
                    None => self.special("FS"),
                };
                let parts = self.split(&source, &separator)?;
                let Some(Expr::Var(name)) = args.get(1) else { return Machine::error("Unexpected token") };
                let name = self.array_name(name);
                let array: Array = parts.iter().enumerate().map(|(i, p)| (Rc::from((i + 1).to_string()), Value::Maybe(p.clone()))).collect();
                let count = array.len();
                self.arrays.insert(name, array);
                Value::Num(count as f64)
            }
            "match" => {
                let source = text(self, 0)?;
                let pattern = match args.get(1) {
                    Some(Expr::Regex(r)) => Rc::from(r.as_str()),
                    Some(other) => self.eval(other)?.text(),
                    None => Rc::from(""),
                };
                let found = self.regex(&pattern)?.find_at(source.as_bytes(), 0).and_then(|c| c.first().copied().flatten());
                let (start, length) = found.map_or((0.0, -1.0), |(a, b)| (a as f64 + 1.0, (b - a) as f64));
                self.globals.insert("RSTART".to_owned(), Value::Num(start));
                self.globals.insert("RLENGTH".to_owned(), Value::Num(length));
                Value::Num(start)
            }
            "sub" | "gsub" | "gensub" => self.substitute(name, args)?,
            "system" => {
                let command = text(self, 0)?;
                self.flush_all();
                let done = self.io.run(&Command { argv: vec!["sh".into(), "-c".into(), command], ..Command::default() })?;
                Value::Num(f64::from(done.map_or(127, |d| d.code)))
            }
            "close" => {
                let key = text(self, 0)?;
                let mut result = -1.0;
                if let Some(fd) = self.readers.remove(&*key).or_else(|| self.outputs.remove(&*key)) {
                    self.io.close(fd);
                    result = 0.0;
                }
                if self.results.remove(&*key).is_some() {
                    result = 0.0;
                }
                if let Some(data) = self.pipes.remove(&*key) {
                    result = f64::from(self.feed(&key, data)?);
                }
                Value::Num(result)
            }
            "fflush" => {
                self.flush_all();
                Value::Num(0.0)
            }
            _ => return Machine::error("Call to undefined function"),
        })
    }

    fn substitute(&mut self, name: &str, args: &[Expr]) -> Res<Value> {
        let pattern = match args.first() {
            Some(Expr::Regex(r)) => Rc::from(r.as_str()),
            Some(other) => self.eval(other)?.text(),
            None => Rc::from(""),
        };
        let replacement = match args.get(1) {
            Some(arg) => self.eval(arg)?.text(),
            None => Rc::from(""),
        };
        let target = if name == "gensub" { args.get(3).cloned() } else { args.get(2).cloned() }.unwrap_or(Expr::Field(Box::new(Expr::Number(0.0))));
        let global = match (name, args.get(2)) {
            ("gsub", _) => true,
            ("gensub", Some(how)) => self.eval(how)?.text().starts_with(['g', 'G']),
            _ => false,
        };
        let source = self.eval(&target)?.text();
        let regex = self.regex(&pattern)?;
        let bytes = source.as_bytes();
        let mut out = Vec::new();
        let mut at = 0;
        let mut count = 0;
        let mut last_end = None;
        while at <= bytes.len() {
            let Some(found) = regex.find_at(bytes, at) else { break };
            let Some((low, high)) = found.first().copied().flatten() else { break };
            if low == high && last_end == Some(low) {
                out.extend(bytes.get(at..(at + 1).min(bytes.len())).unwrap_or_default());
                at += 1;
                last_end = None;
                continue;
            }
            out.extend(bytes.get(at..low).unwrap_or_default());
            count += 1;
            let mut escaped = false;
            for c in replacement.bytes() {
                match c {
                    b'\\' if !escaped => {
                        escaped = true;
                        continue;
                    }
                    b'&' if !escaped => out.extend(bytes.get(low..high).unwrap_or_default()),
                    b'0'..=b'9' if escaped && name == "gensub" => {
                        if let Some((a, b)) = found.get(usize::from(c - b'0')).copied().flatten() {
                            out.extend(bytes.get(a..b).unwrap_or_default());
                        }
                    }
                    _ => {
                        if escaped && c != b'&' && c != b'\\' {
                            out.push(b'\\');
                        }
                        out.push(c);
                    }
                }
                escaped = false;
            }
            if escaped {
                out.push(b'\\');
            }
            last_end = Some(high);
            at = high;
            if low == high {
                out.extend(bytes.get(at..(at + 1).min(bytes.len())).unwrap_or_default());
                at += 1;
            }
            if !global {
                break;
            }
        }
        out.extend(bytes.get(at.min(bytes.len())..).unwrap_or_default());
        let result = Value::Str(Rc::from(lossy(&out)));
        if name == "gensub" {
            return Ok(result);
        }
        if count > 0 {
            self.assign(&target, result)?;
        }
        Ok(Value::Num(f64::from(count)))
    }

    fn feed(&mut self, command: &str, data: Vec<u8>) -> Res<i32> {
        self.io.flush();
        let done = self.io.run(&Command { argv: vec!["sh".into(), "-c".into(), Rc::from(command)], stdin: Some(data), ..Command::default() })?;
        Ok(done.map_or(127, |d| d.code))
    }

    fn flush_all(&mut self) {
        self.io.flush();
    }

    fn print(&mut self, bytes: &[u8], target: Option<&(char, Expr)>) -> Res<()> {
        let Some((kind, target)) = target else {
            self.io.out(bytes);
            if self.io.broken() {
                return Err(Trouble::Stop(Stop::Exit(2)));
            }
            return Ok(());
        };
        let name = self.eval(target)?.text();
        match (kind, &*name) {
            ('|', _) => self.pipes.entry(name.to_string()).or_default().extend_from_slice(bytes),
            (_, "/dev/stdout" | "-") => self.io.out(bytes),
            (_, "/dev/stderr") => self.io.err_raw(&lossy(bytes)),
            (kind, _) => {
                let fd = match self.outputs.get(&*name) {
                    Some(fd) => *fd,
                    None => match self.io.open(&name, if *kind == 'a' { Open::APPEND } else { Open::WRITE }) {
                        Ok(fd) => {
                            self.outputs.insert(name.to_string(), fd);
                            fd
                        }
                        Err(error) => return Machine::error(format!("can't open '{name}': {error}")),
                    },
                };
                let _ = self.io.write(fd, bytes);
            }
        }
        Ok(())
    }

    fn run(&mut self, stmt: &Stmt) -> Res<Flow> {
        self.steps += 1;
        if self.steps > 20_000_000 {
            return Machine::error("program runs too long");
        }
        match stmt {
            Stmt::Block(list) => {
                for stmt in list {
                    match self.run(stmt)? {
                        Flow::Go => {}
                        other => return Ok(other),
                    }
                }
            }
            Stmt::If(cond, yes, no) => {
                if self.truth(cond)? {
                    return self.run(yes);
                } else if let Some(no) = no {
                    return self.run(no);
                }
            }
            Stmt::While(cond, body) => {
                while self.truth(cond)? {
                    match self.run(body)? {
                        Flow::Go | Flow::Continue => {}
                        Flow::Break => break,
                        other => return Ok(other),
                    }
                }
            }
            Stmt::Do(body, cond) => loop {
                match self.run(body)? {
                    Flow::Go | Flow::Continue => {}
                    Flow::Break => break,
                    other => return Ok(other),
                }
                if !self.truth(cond)? {
                    break;
                }
            },
            Stmt::For(first, cond, step, body) => {
                if let Some(first) = first {
                    self.run(first)?;
                }
                loop {
                    if let Some(cond) = cond
                        && !self.truth(cond)?
                    {
                        break;
                    }
                    match self.run(body)? {
                        Flow::Go | Flow::Continue => {}
                        Flow::Break => break,
                        other => return Ok(other),
                    }
                    if let Some(step) = step {
                        self.run(step)?;
                    }
                }
            }
            Stmt::ForIn(var, array, body) => {
                let name = self.array_name(array);
                let mut keys: Vec<Rc<str>> = self.arrays.get(&name).map(|a| a.keys().cloned().collect()).unwrap_or_default();
                // Numbers in their order: what readers expect, though awk promises nothing.
                keys.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
                    (Ok(x), Ok(y)) => x.total_cmp(&y),
                    _ => a.cmp(b),
                });
                for key in keys {
                    self.set(var, Value::Maybe(key))?;
                    match self.run(body)? {
                        Flow::Go | Flow::Continue => {}
                        Flow::Break => break,
                        other => return Ok(other),
                    }
                }
            }
            Stmt::Print(args, target, formatted) => {
                let mut values = Vec::new();
                for arg in args {
                    values.push(self.eval(arg)?);
                }
                let bytes = if *formatted {
                    format(&values)
                } else {
                    let mut out = if values.is_empty() {
                        self.record.to_string()
                    } else {
                        let output_format = self.special("OFMT");
                        let texts: Vec<String> = values
                            .iter()
                            .map(|v| match v {
                                Value::Num(n) => number_text(*n, &output_format),
                                other => other.text().to_string(),
                            })
                            .collect();
                        texts.join(&self.special("OFS"))
                    };
                    out.push_str(&self.special("ORS"));
                    out.into_bytes()
                };
                self.print(&bytes, target.as_ref())?;
            }
            Stmt::Expr(expr) => {
                self.eval(expr)?;
            }
            Stmt::Next => return Ok(Flow::Next),
            Stmt::NextFile => {
                if let Some(fd) = self.current.take().filter(|fd| *fd != 0) {
                    self.io.close(fd);
                }
                return Ok(Flow::Next);
            }
            Stmt::Exit(code) => {
                let code = match code {
                    Some(code) => self.eval(code)?.num() as i32,
                    None => 0,
                };
                return Ok(Flow::Exit(code & 255));
            }
            Stmt::Return(value) => {
                let value = match value {
                    Some(value) => self.eval(value)?,
                    None => Value::None,
                };
                return Ok(Flow::Return(value));
            }
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
            Stmt::Delete(name, index) => {
                let key = match index {
                    Some(index) => Some(self.key(index)?),
                    None => None,
                };
                let name = self.array_name(name);
                match key {
                    Some(key) => {
                        if let Some(array) = self.arrays.get_mut(&name) {
                            array.remove(&key);
                        }
                    }
                    None => {
                        self.arrays.insert(name, Array::new());
                    }
                }
            }
        }
        Ok(Flow::Go)
    }

    fn rules(&mut self, begin: bool) -> Res<Option<i32>> {
        let rules = self.script.rules.clone();
        for (pattern, body) in &rules {
            let wanted = if begin { matches!(pattern, Pattern::Begin) } else { matches!(pattern, Pattern::End) };
            if wanted
                && let Some(body) = body
                && let Flow::Exit(code) = self.run(body)?
            {
                return Ok(Some(code));
            }
        }
        Ok(None)
    }

    fn records(&mut self) -> Res<Option<i32>> {
        let rules = self.script.rules.clone();
        while let Some(line) = self.next_record()? {
            for name in ["NR", "FNR"] {
                let number = self.globals.get(name).map_or(0.0, Value::num);
                self.globals.insert(name.to_owned(), Value::Num(number + 1.0));
            }
            self.set_record(Rc::from(line))?;
            for (i, (pattern, body)) in rules.iter().enumerate() {
                let hit = match pattern {
                    Pattern::Begin | Pattern::End => false,
                    Pattern::Always => true,
                    Pattern::When(expr) => self.truth(expr)?,
                    Pattern::Range(from, to) => {
                        let inside = self.ranges.get(i).copied().unwrap_or(false);
                        let starts = inside || self.truth(from)?;
                        if starts {
                            let ends = self.truth(to)?;
                            if let Some(slot) = self.ranges.get_mut(i) {
                                *slot = !ends;
                            }
                        }
                        starts
                    }
                };
                if !hit {
                    continue;
                }
                let flow = match body {
                    Some(body) => self.run(body)?,
                    None => {
                        let mut line = self.record.to_string();
                        line.push_str(&self.special("ORS"));
                        self.print(line.as_bytes(), None)?;
                        Flow::Go
                    }
                };
                match flow {
                    Flow::Next => break,
                    Flow::Exit(code) => return Ok(Some(code)),
                    _ => {}
                }
            }
        }
        Ok(None)
    }

    fn whole(&mut self) -> Res<i32> {
        let mut code = self.rules(true)?;
        let reads = self.script.rules.iter().any(|(p, _)| !matches!(p, Pattern::Begin));
        if code.is_none() && reads {
            code = self.records()?;
        }
        if let Some(last) = self.rules(false)? {
            code = Some(last);
        }
        self.io.flush();
        for (command, data) in std::mem::take(&mut self.pipes) {
            self.feed(&command, data)?;
        }
        Ok(code.unwrap_or(if self.failed { 2 } else { 0 }))
    }
}

fn assignment(text: &str) -> Option<(String, Value)> {
    let (name, value) = text.split_once('=')?;
    let good = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value = lossy(&super::engine::text::unescape(value.as_bytes(), false).bytes);
    good.then(|| (name.to_owned(), Value::Maybe(Rc::from(value))))
}

/// `printf` and `sprintf`.
fn format(values: &[Value]) -> Vec<u8> {
    let mut list = values.iter();
    let format = list.next().map_or_else(|| Rc::from(""), Value::text);
    let mut out = Vec::new();
    for piece in split_format(format.as_bytes(), false) {
        match piece {
            Piece::Literal(bytes) | Piece::Bad(bytes) => out.extend(bytes),
            Piece::Stop => {}
            Piece::Convert(mut spec, width, precision) => {
                if width {
                    let number = list.next().map_or(0.0, Value::num);
                    spec.left |= number < 0.0;
                    spec.width = number.abs().min(10_000.0) as usize;
                }
                if precision {
                    spec.precision = Some(list.next().map_or(0.0, Value::num).clamp(0.0, 10_000.0) as usize);
                }
                let value = list.next().cloned().unwrap_or_default();
                out.extend(match spec.letter {
                    b's' | b'b' => spec.text(value.text().as_bytes()),
                    b'c' => match &value {
                        Value::Num(n) => spec.text(&[*n as u8]),
                        other => spec.text(other.text().chars().next().map(String::from).unwrap_or_default().as_bytes()),
                    },
                    b'd' | b'i' | b'u' | b'x' | b'X' | b'o' => spec.integer(value.num() as i64),
                    _ => spec.float(value.num()),
                });
            }
        }
    }
    out
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    let options = io.options("+F:v:f:e:W:", &[("field-separator", 'F'), ("assign", 'v'), ("file", 'f')])?;
    let mut operands = options.operands.clone();
    let mut source = Vec::new();
    for path in options.values('f') {
        match io.input(&path)? {
            Ok(data) => source.extend_from_slice(&data),
            Err(error) if io.gnu() => return io.fail(2, format!("{path}: {error}")),
            Err(error) => return io.fail(1, format!("can't open '{path}': {error}")),
        }
        source.push(b'\n');
    }
    if !options.has('f') {
        if operands.is_empty() {
            return io.usage(1);
        }
        source.extend(operands.remove(0).as_bytes());
    }
    let script = match parse::parse(&source) {
        Ok(script) => script,
        Err(text) => return io.fail(1, format!("cmd. line:1: {text}")),
    };
    let mut globals = BTreeMap::new();
    for (name, value) in [("FS", " "), ("OFS", " "), ("ORS", "\n"), ("RS", "\n"), ("SUBSEP", "\u{1c}"), ("OFMT", "%.6g"), ("CONVFMT", "%.6g"), ("FILENAME", "")]
    {
        globals.insert(name.to_owned(), Value::Str(Rc::from(value)));
    }
    for name in ["NR", "NF", "FNR", "RSTART"] {
        globals.insert(name.to_owned(), Value::Num(0.0));
    }
    globals.insert("RLENGTH".to_owned(), Value::Num(-1.0));
    if let Some(separator) = options.value('F') {
        let text = if &*separator == "t" { "\t".to_owned() } else { lossy(&super::engine::text::unescape(separator.as_bytes(), false).bytes) };
        globals.insert("FS".to_owned(), Value::Str(Rc::from(text)));
    }
    for text in options.values('v') {
        match assignment(&text) {
            Some((name, value)) => {
                globals.insert(name, value);
            }
            None => return io.usage(1),
        }
    }
    let mut arrays = BTreeMap::new();
    let environment: Array = io.env().iter().map(|(k, v)| (k.clone(), Value::Maybe(v.clone()))).collect();
    arrays.insert("ENVIRON".to_owned(), environment);
    let mut argv: Array = [(Rc::from("0"), Value::Str(Rc::from("awk")))].into_iter().collect();
    for (i, operand) in operands.iter().enumerate() {
        argv.insert(Rc::from((i + 1).to_string()), Value::Maybe(operand.clone()));
    }
    globals.insert("ARGC".to_owned(), Value::Num(operands.len() as f64 + 1.0));
    arrays.insert("ARGV".to_owned(), argv);
    let ranges = vec![false; script.rules.len()];
    let only_assignments = operands.iter().all(|o| assignment(o).is_some());
    let mut machine = Machine {
        io,
        script,
        globals,
        arrays,
        frames: Vec::new(),
        fields: Vec::new(),
        record: Rc::from(""),
        ranges,
        inputs: operands,
        next_input: 0,
        current: None,
        used_stdin: !only_assignments,
        readers: BTreeMap::new(),
        outputs: BTreeMap::new(),
        pipes: BTreeMap::new(),
        results: BTreeMap::new(),
        regexes: BTreeMap::new(),
        fresh: 0,
        random: 42,
        steps: 0,
        failed: false,
    };
    match machine.whole() {
        Ok(code) => Ok(code),
        Err(Trouble::Stop(stop)) => Err(stop),
        Err(Trouble::Error(text)) => io.fail(if io.gnu() { 2 } else { 1 }, format!("cmd. line:1: {text}")),
    }
}
