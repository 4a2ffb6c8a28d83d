//! `awk`.

mod parse;

mod functions;
mod records;
mod run;
mod value;

use super::engine::regex::{Regex, Syntax};
use super::engine::text::{Piece, lossy, split_format};
use super::plain::{Io, Run, Stop};
use crate::program::Fd;
use parse::{Expr, Pattern, Script, Stmt};
use std::{collections::BTreeMap, rc::Rc};
use value::{leading, looks_numeric};

#[derive(Clone, Debug, Default)]
enum Value {
    #[default]
    None,
    Num(f64),
    Str(Rc<str>),
    /// Text from outside that may look like a number.
    Maybe(Rc<str>),
}

impl Value {
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
