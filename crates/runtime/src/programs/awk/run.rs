//! Statements and rules.

use super::{Array, Expr, Flow, Machine, Pattern, Res, Stmt, Trouble, Value, format, value::number_text};
use crate::{
    program::Open,
    programs::{
        engine::text::lossy,
        plain::{Command, Stop},
    },
};
use std::rc::Rc;

impl Machine<'_, '_> {
    pub(super) fn feed(&mut self, command: &str, data: Vec<u8>) -> Res<i32> {
        self.io.flush();
        let done = self.io.run(&Command { argv: vec!["sh".into(), "-c".into(), Rc::from(command)], stdin: Some(data), ..Command::default() })?;
        Ok(done.map_or(127, |d| d.code))
    }
    pub(super) fn flush_all(&mut self) {
        self.io.flush();
    }
    pub(super) fn print(&mut self, bytes: &[u8], target: Option<&(char, Expr)>) -> Res<()> {
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
    pub(super) fn run(&mut self, stmt: &Stmt) -> Res<Flow> {
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
    pub(super) fn rules(&mut self, begin: bool) -> Res<Option<i32>> {
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
    pub(super) fn records(&mut self) -> Res<Option<i32>> {
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
    pub(super) fn whole(&mut self) -> Res<i32> {
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
