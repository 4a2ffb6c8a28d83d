//! The functions awk has.

use super::{Array, Expr, Flow, Local, Machine, Res, Trouble, Value, format};
use crate::programs::{
    engine::text::lossy,
    plain::{Command, Stop},
};
use std::{collections::BTreeMap, rc::Rc};

impl Machine<'_, '_> {
    pub(super) fn call(&mut self, name: &str, args: &[Expr]) -> Res<Value> {
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
                Value::Str(Rc::from(crate::programs::engine::clock::Moment::from_epoch(epoch).format(&format)))
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
    pub(super) fn substitute(&mut self, name: &str, args: &[Expr]) -> Res<Value> {
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
}
