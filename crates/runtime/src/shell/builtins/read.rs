//! `read`.

use crate::{
    SimTime,
    program::{Errno, Fd, Sys, Wait},
    shell::{
        Shell,
        machine::{Flow, Frame},
        reader::is_name,
        variables::Key,
    },
};
use std::rc::Rc;

/// How far a `read` is.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    fd: Fd,
    /// The whole input is the shell's script.
    script: bool,
    /// bash: `mapfile`.
    all: bool,
    raw: bool,
    end: u8,
    most: Option<usize>,
    until: Option<SimTime>,
    names: Vec<Rc<str>>,
    list: bool,
    /// Bytes, and whether a backslash stood before.
    bytes: Vec<(u8, bool)>,
    escaped: bool,
}

impl Reading {
    /// Reads a script from stdin.
    pub(crate) fn script() -> Reading {
        Reading {
            fd: 0,
            script: true,
            all: false,
            raw: true,
            end: 0,
            most: None,
            until: None,
            names: Vec::new(),
            list: false,
            bytes: Vec::new(),
            escaped: false,
        }
    }
}

impl Shell {
    pub(super) fn read(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        let mut r = Reading { script: false, raw: false, end: b'\n', ..Reading::script() };
        let mut rest = args.iter().cloned();
        let mut names = Vec::new();
        while let Some(a) = rest.next() {
            if &*a == "--all" {
                r.all = true;
                r.raw = true;
                continue;
            }
            let Some(letters) = a.strip_prefix('-').filter(|l| !l.is_empty()) else {
                names.push(a);
                names.extend(rest.by_ref());
                break;
            };
            if letters == "-" {
                names.extend(rest.by_ref());
                break;
            }
            let mut chars = letters.chars();
            while let Some(letter) = chars.next() {
                if matches!(letter, 'r' | 's' | 'e') {
                    r.raw |= letter == 'r';
                    continue;
                }
                let value: Rc<str> = if chars.as_str().is_empty() {
                    match rest.next() {
                        Some(value) => value,
                        None if "pnNtdua".contains(letter) && !self.is_bash() => {
                            return self.refuse(sys, "read", &format!("no arg for -{letter} option"), false);
                        }
                        None => "".into(),
                    }
                } else {
                    let value = chars.as_str().into();
                    chars = "".chars();
                    value
                };
                match letter {
                    'p' => {
                        if sys.is_terminal(0) {
                            sys.err(&value);
                        }
                    }
                    'n' | 'N' => match value.parse() {
                        Ok(most) => r.most = Some(most),
                        Err(_) => return self.refuse(sys, "read", "invalid count", false),
                    },
                    't' => match value.parse::<f64>() {
                        Ok(seconds) if seconds >= 0.0 => r.until = Some(sys.now() + (seconds * 1000.0) as u64),
                        _ => return self.refuse(sys, "read", "invalid timeout", false),
                    },
                    'd' => r.end = value.bytes().next().unwrap_or(0),
                    'u' => r.fd = value.parse().unwrap_or(0),
                    'a' if self.is_bash() => {
                        r.list = true;
                        names.push(value);
                    }
                    other => return self.illegal(sys, "read", other, false),
                }
            }
        }
        if let Some(bad) = names.iter().find(|n| !is_name(n)) {
            if self.dialect != crate::shell::Dialect::Ash {
                return self.refuse(sys, "read", &format!("{bad}: bad variable name"), false);
            }
            let text = format!("read: '{bad}': bad variable name");
            self.complain_plain(sys, "read", &text);
            self.status = 1;
            return Flow::Next;
        }
        r.names = names;
        self.frames.push(Frame::Read(Box::new(r)));
        Flow::Next
    }

    pub(crate) fn reading(&mut self, sys: &mut dyn Sys, mut r: Box<Reading>) -> Flow {
        let whole = r.script || r.all;
        let code = loop {
            match sys.read(r.fd, if whole { 1 << 16 } else { 1 }) {
                Ok(data) if data.is_empty() => break 1,
                Ok(data) if whole => r.bytes.extend(data.into_iter().map(|b| (b, false))),
                Ok(data) => {
                    let Some(&b) = data.first() else { break 1 };
                    if r.escaped {
                        r.escaped = false;
                        if b != b'\n' {
                            r.bytes.push((b, true));
                        }
                    } else if b == b'\\' && !r.raw {
                        r.escaped = true;
                        continue;
                    } else if b == r.end {
                        break 0;
                    } else if b != 0 {
                        r.bytes.push((b, false));
                    }
                    if r.most.is_some_and(|n| r.bytes.len() >= n) {
                        break 0;
                    }
                    if r.bytes.len() > 1 << 20 {
                        break 1;
                    }
                }
                Err(Errno::Again) => {
                    if r.until.is_some_and(|t| sys.now() >= t) {
                        break if self.is_bash() { 142 } else { 1 };
                    }
                    let mut wait = Wait::readable(r.fd);
                    wait.until = r.until;
                    self.frames.push(Frame::Read(r));
                    return Flow::Wait(wait);
                }
                Err(errno) => {
                    if !r.script && (self.is_bash() || errno != Errno::BadF) {
                        self.complain_as(sys, "read", &format!("error: {}", errno.text()));
                    }
                    break 1;
                }
            }
        };
        let plain = |bytes: &[(u8, bool)]| -> Rc<str> { String::from_utf8_lossy(&bytes.iter().map(|b| b.0).collect::<Vec<_>>()).into() };
        if r.script {
            let text = plain(&r.bytes);
            self.begin_script(&text);
            return Flow::Next;
        }
        self.status = code;
        if r.all {
            let text = plain(&r.bytes);
            let values: Vec<Rc<str>> = text.lines().map(Rc::from).collect();
            let name = r.names.first().cloned().unwrap_or_else(|| "MAPFILE".into());
            self.status = 0;
            self.set_list(&name, values);
            return Flow::Next;
        }
        if r.names.is_empty() {
            return self.read_set(sys, "REPLY", plain(&r.bytes));
        }
        let ifs: Rc<str> = match self.variables.get("IFS") {
            Some(v) => v.value.clone().unwrap_or_else(|| "".into()),
            None => " \t\n".into(),
        };
        let is_ifs = |b: &(u8, bool)| !b.1 && ifs.as_bytes().contains(&b.0);
        let is_space = |b: &(u8, bool)| is_ifs(b) && matches!(b.0, b' ' | b'\t' | b'\n');
        let bytes = &r.bytes;
        let mut at = 0;
        let skip = |mut at: usize| {
            while bytes.get(at).is_some_and(is_space) {
                at += 1;
            }
            at
        };
        at = skip(at);
        let mut values = Vec::new();
        let count = if r.list { usize::MAX } else { r.names.len() };
        while values.len() + 1 < count && at < bytes.len() {
            let from = at;
            while bytes.get(at).is_some_and(|b| !is_ifs(b)) {
                at += 1;
            }
            values.push(plain(bytes.get(from..at).unwrap_or_default()));
            at = skip(at);
            if bytes.get(at).is_some_and(is_ifs) && bytes.get(at).is_some_and(|b| !is_space(b)) {
                at = skip(at + 1);
            }
        }
        if r.list {
            let name = r.names.first().cloned().unwrap_or_else(|| "REPLY".into());
            self.set_list(&name, values);
            return Flow::Next;
        }
        let mut rest = bytes.get(at..).unwrap_or_default();
        while rest.last().is_some_and(is_space) {
            rest = &rest[..rest.len() - 1];
        }
        // One delimiter behind a last field that has none inside belongs to that field.
        if let Some(cut) = rest.iter().position(|b| is_ifs(b) && !is_space(b))
            && rest.get(cut + 1..).unwrap_or_default().iter().all(is_space)
        {
            rest = &rest[..cut];
            while rest.last().is_some_and(is_space) {
                rest = &rest[..rest.len() - 1];
            }
        }
        if values.len() < r.names.len() {
            values.push(plain(rest));
        }
        let names = r.names.clone();
        for (index, name) in names.iter().enumerate() {
            let value = values.get(index).cloned().unwrap_or_else(|| "".into());
            let code = self.status;
            let flow = self.read_set(sys, name, value);
            if !matches!(flow, Flow::Next) || self.status != code {
                return flow;
            }
        }
        Flow::Next
    }
    fn read_set(&mut self, sys: &mut dyn Sys, name: &str, value: Rc<str>) -> Flow {
        match self.set(name, value) {
            Ok(()) => Flow::Next,
            Err(message) => self.refuse(sys, "read", &message, false),
        }
    }
    /// Sets a list of bash.
    pub(crate) fn set_list(&mut self, name: &str, values: Vec<Rc<str>>) {
        let list = values.into_iter().enumerate().map(|(i, v)| (Key::Number(i as i64), v)).collect();
        let variables = Rc::make_mut(&mut self.variables);
        if !variables.contains_key(name) {
            self.order.push(name.into());
        }
        let v = variables.entry(name.into()).or_default();
        v.list = Some(Rc::new(list));
        v.value = None;
    }
}
