//! Where lines come from: `getline`, files, `RS`.

use super::{Expr, Machine, Res, Trouble, Value, assignment};
use crate::{
    program::{Fd, Open},
    programs::{
        engine::text::lossy,
        plain::{Command, Stop},
    },
};
use std::rc::Rc;

impl Machine<'_, '_> {
    pub(super) fn getline(&mut self, target: Option<&Expr>, source: Option<&Expr>, command: bool) -> Res<Value> {
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
    pub(super) fn next_record(&mut self) -> Res<Option<String>> {
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
    pub(super) fn odd_record(&mut self, fd: Fd, separator: &str) -> Res<Option<Vec<u8>>> {
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
}
