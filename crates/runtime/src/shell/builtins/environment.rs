//! Variables, options, the working directory, the mask.
#![expect(clippy::format_collect, clippy::format_push_string, reason = "short lists, printed at once")]

use crate::{
    program::Sys,
    shell::{
        Dialect, Shell,
        machine::{Flow, Frame},
        reader::is_name,
        run::single_quote,
    },
};
use std::{collections::BTreeMap, rc::Rc};

impl Shell {
    pub(super) fn export_builtin(&mut self, sys: &mut dyn Sys, name: &str, args: &[Rc<str>], special: bool) -> Flow {
        let mut rest = args;
        let mut off = false;
        let mut print = args.is_empty();
        while let Some(option) = rest.first().filter(|a| a.starts_with('-') && a.len() > 1) {
            match &**option {
                "-n" => off = true,
                "-p" => print = true,
                "--" => {}
                "-f" | "-a" | "-A" if self.is_bash() => {}
                other => return self.illegal(sys, name, other.chars().nth(1).unwrap_or('-'), special),
            }
            rest = &rest[1..];
        }
        if print && rest.is_empty() {
            let lines: String = self
                .variables
                .iter()
                .filter(|(_, v)| if name == "export" { v.exported } else { v.read_only })
                .map(|(k, v)| {
                    let head = match (self.is_bash(), name) {
                        (true, "export") => "declare -x",
                        (true, _) => "declare -r",
                        (false, other) => other,
                    };
                    match &v.value {
                        Some(value) if self.is_bash() => format!("{head} {k}=\"{value}\"\n"),
                        Some(value) => format!("{head} {k}={}\n", single_quote(value)),
                        None => format!("{head} {k}\n"),
                    }
                })
                .collect();
            self.print(sys, name, lines.as_bytes());
            return Flow::Next;
        }
        for a in rest {
            let (variable, value) = match a.split_once('=') {
                Some((n, v)) => (n, Some(v)),
                None => (&**a, None),
            };
            let (variable, append) = match variable.strip_suffix('+') {
                Some(n) if self.is_bash() => (n, true),
                _ => (variable, false),
            };
            if !is_name(variable) {
                let text = if self.is_bash() { format!("`{a}': not a valid identifier") } else { format!("{variable}: bad variable name") };
                return self.refuse(sys, name, &text, special);
            }
            if let Some(value) = value {
                let value: Rc<str> = if append { format!("{}{value}", self.variable(variable).unwrap_or_else(|| "".into())).into() } else { value.into() };
                if let Err(message) = self.set(variable, value) {
                    return self.refuse(sys, name, &message, special);
                }
            }
            if name == "export" {
                self.export(variable, !off);
            } else {
                let variables = Rc::make_mut(&mut self.variables);
                if !variables.contains_key(variable) {
                    self.order.push(variable.into());
                }
                variables.entry(variable.into()).or_default().read_only = true;
            }
        }
        Flow::Next
    }

    pub(super) fn local(&mut self, sys: &mut dyn Sys, name: &str, args: &[Rc<str>], special: bool) -> Flow {
        let in_function = self.frames.iter().any(|f| matches!(f, Frame::Call { .. }));
        if !in_function && name == "local" {
            return self.refuse(sys, name, if self.is_bash() { "can only be used in a function" } else { "not in a function" }, special);
        }
        let mut flags = String::new();
        let mut global = false;
        for a in args {
            if let Some(letters) = a.strip_prefix('-').filter(|l| !l.is_empty()) {
                flags.push_str(letters);
                global |= letters.contains('g');
                continue;
            }
            let (variable, value) = match a.split_once('=') {
                Some((n, v)) => (n, Some(v)),
                None => (&**a, None),
            };
            if !is_name(variable) {
                return self.refuse(sys, name, &format!("{variable}: bad variable name"), special);
            }
            let old = self.variables.get(variable).cloned();
            if in_function
                && !global
                && let Some(Frame::Call { locals, .. }) = self.frames.iter_mut().rev().find(|f| matches!(f, Frame::Call { .. }))
                && !locals.iter().any(|(n, _)| &**n == variable)
            {
                locals.push((variable.into(), old));
                if self.is_bash() {
                    let _ = self.unset(variable);
                }
            }
            if flags.contains('A') || flags.contains('a') {
                let v = Rc::make_mut(&mut self.variables).entry(variable.into()).or_default();
                v.associative = flags.contains('A');
                v.list.get_or_insert_with(|| Rc::new(BTreeMap::new()));
                if !self.order.iter().any(|n| &**n == variable) {
                    self.order.push(variable.into());
                }
            }
            if let Some(value) = value {
                let value: Rc<str> = if flags.contains('i') {
                    match self.evaluate(sys, value) {
                        Ok(n) => n.to_string().into(),
                        Err(message) => return self.fail(sys, &message),
                    }
                } else {
                    value.into()
                };
                if let Err(message) = self.set(variable, value) {
                    return self.refuse(sys, name, &message, false);
                }
            }
            if flags.contains('x') {
                self.export(variable, true);
            }
            if flags.contains('r') {
                Rc::make_mut(&mut self.variables).entry(variable.into()).or_default().read_only = true;
            }
        }
        Flow::Next
    }

    pub(super) fn unset_builtin(&mut self, sys: &mut dyn Sys, args: &[Rc<str>], special: bool) -> Flow {
        let mut functions = false;
        for a in args {
            match &**a {
                "-f" => functions = true,
                "-v" => functions = false,
                "--" => {}
                other if other.len() > 1 && other.starts_with('-') => return self.illegal(sys, "unset", other.chars().nth(1).unwrap_or('-'), special),
                name if functions => {
                    Rc::make_mut(&mut self.functions).remove(name);
                }
                name => {
                    if self.is_bash()
                        && let Some((list, index)) = name.split_once('[')
                    {
                        if let Ok(key) = self.key(sys, list, index.trim_end_matches(']'))
                            && let Some(v) = Rc::make_mut(&mut self.variables).get_mut(list)
                            && let Some(values) = &mut v.list
                        {
                            Rc::make_mut(values).remove(&key);
                        }
                        continue;
                    }
                    if !is_name(name) {
                        return self.refuse(sys, "unset", &format!("{name}: bad variable name"), special);
                    }
                    if let Err(message) = self.unset(name) {
                        return self.refuse(sys, "unset", &message, special);
                    }
                }
            }
        }
        Flow::Next
    }

    pub(super) fn set_builtin(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        if args.is_empty() {
            let lines: String = self.variables.iter().filter_map(|(k, v)| Some(format!("{k}={}\n", single_quote(v.value.as_ref()?)))).collect();
            self.print(sys, "set", lines.as_bytes());
            return Flow::Next;
        }
        let mut rest = args;
        let mut positional = false;
        while let Some(a) = rest.first() {
            let on = match a.as_bytes().first() {
                Some(b'-') => true,
                Some(b'+') => false,
                _ => break,
            };
            if &**a == "--" {
                positional = true;
                rest = &rest[1..];
                break;
            }
            if a.len() == 1 {
                if on {
                    self.options.verbose = false;
                    self.options.trace = false;
                }
                rest = &rest[1..];
                break;
            }
            let letters = a.clone();
            rest = &rest[1..];
            for letter in letters.chars().skip(1) {
                if letter == 'o' {
                    if let Some(name) = rest.first() {
                        if !self.set_named_option(name, on) {
                            // A name is no reason to end, a letter is.
                            self.complain_as(sys, "set", &format!("illegal option {}o {name}", if on { '-' } else { '+' }));
                            self.status = if self.dialect == Dialect::Dash { 2 } else { 1 };
                            return if self.dialect == Dialect::Dash { self.exit(sys, 2) } else { Flow::Next };
                        }
                        rest = &rest[1..];
                    } else {
                        let lines: String = if on {
                            let head = if self.dialect == Dialect::Dash { "Current option settings\n" } else { "" };
                            let list: String = self.option_list().iter().map(|(n, _, on)| format!("{n:<16}{}\n", if *on { "on" } else { "off" })).collect();
                            format!("{head}{list}")
                        } else {
                            self.option_list().iter().map(|(n, _, on)| format!("set {}o {n}\n", if *on { '-' } else { '+' })).collect()
                        };
                        self.print(sys, "set", lines.as_bytes());
                    }
                } else if !self.set_option(letter, on) {
                    return self.refuse(sys, "set", &format!("illegal option {}{letter}", if on { '-' } else { '+' }), true);
                }
            }
        }
        if positional || !rest.is_empty() {
            self.positional = Rc::new(rest.to_vec());
        }
        Flow::Next
    }

    pub(super) fn trap(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        let mut args = args;
        if args.first().is_some_and(|a| &**a == "--") {
            args = &args[1..];
        }
        if self.dialect == Dialect::Ash
            && let Some(letter) = args.first().and_then(|a| a.strip_prefix('-')).and_then(|a| a.chars().next())
        {
            return self.illegal(sys, "trap", letter, true);
        }
        if args.is_empty() || args.first().is_some_and(|a| &**a == "-p") {
            let lines: String = self
                .traps
                .iter()
                .map(|(n, text)| {
                    let name = if *n == 0 {
                        "EXIT"
                    } else if *n == crate::shell::ON_ERROR {
                        "ERR"
                    } else {
                        crate::Signal::parse(&n.to_string()).map_or("", crate::Signal::name)
                    };
                    let prefix = if self.is_bash() && *n != 0 && *n != crate::shell::ON_ERROR { "SIG" } else { "" };
                    format!("trap -- {} {prefix}{name}\n", single_quote(text))
                })
                .collect();
            self.print(sys, "trap", lines.as_bytes());
            return Flow::Next;
        }
        if args.first().is_some_and(|a| &**a == "-l") {
            return Flow::Next;
        }
        // A first argument that is a number resets, as does `-`.
        let reset = args.len() == 1 || args.first().is_some_and(|a| &**a == "-" || (a.bytes().all(|b| b.is_ascii_digit()) && !a.is_empty()));
        let action = if reset { None } else { args.first().cloned() };
        let names = if args.len() == 1 || (reset && args.first().is_some_and(|a| &**a != "-")) { args } else { args.get(1..).unwrap_or_default() };
        for name in names {
            if self.is_bash() && matches!(&**name, "DEBUG" | "RETURN") {
                continue;
            }
            if &**name == "ERR" && self.dialect != Dialect::Dash {
                self.set_trap(crate::shell::ON_ERROR, action.clone());
            } else if let Some(number) = Self::condition(name) {
                self.set_trap(number, action.clone());
                if let Some(signal) = crate::Signal::parse(&number.to_string()).filter(|_| number != 0) {
                    sys.ignore(signal, action.as_ref().is_some_and(|a| a.is_empty()));
                }
            } else {
                self.complain_as(sys, "trap", &format!("{name}: invalid signal specification"));
                self.status = 1;
            }
        }
        Flow::Next
    }

    pub(super) fn cd(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        let (letters, rest) = match Self::letters(args, if self.is_bash() { "LPe@" } else { "LP" }) {
            Ok(found) => found,
            Err(letter) => return self.illegal(sys, "cd", letter, false),
        };
        let physical = letters.ends_with('P');
        let mut print = false;
        let target: Rc<str> = match rest.first() {
            None => {
                if let Some(home) = self.variable("HOME") {
                    home
                } else {
                    self.complain_as(sys, "cd", "HOME not set");
                    self.status = 1;
                    return Flow::Next;
                }
            }
            Some(a) if &**a == "-" => {
                print = true;
                if let Some(old) = self.variable("OLDPWD") {
                    old
                } else {
                    self.complain_as(sys, "cd", "OLDPWD not set");
                    self.status = 1;
                    return Flow::Next;
                }
            }
            Some(a) => {
                // CDPATH is searched for what is not written as a path.
                let plain = !a.starts_with('/') && !matches!(a.split('/').next(), Some("." | ".."));
                let search = self.variable("CDPATH").filter(|_| plain);
                let hit = search.iter().flat_map(|s| s.split(':')).filter(|d| !d.is_empty()).map(|d| format!("{}/{a}", d.trim_end_matches('/')));
                let hit = hit.into_iter().find(|p| sys.stat(p).is_ok_and(|s| s.kind == crate::program::Kind::Directory));
                print = hit.is_some();
                hit.map_or_else(|| a.clone(), Rc::from)
            }
        };
        let here = self.variable("PWD").unwrap_or_else(|| sys.cwd());
        let mut logical: Vec<&str> = Vec::new();
        if !target.starts_with('/') {
            logical.extend(here.split('/').filter(|p| !p.is_empty()));
        }
        for part in target.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    logical.pop();
                }
                other => logical.push(other),
            }
        }
        let path = format!("/{}", logical.join("/"));
        let result = if target.is_empty() { Ok(()) } else { sys.chdir(&path) };
        match result {
            Ok(()) => {
                let new: Rc<str> = if physical { sys.cwd() } else { path.into() };
                let _ = self.set("OLDPWD", here);
                self.export("OLDPWD", true);
                let _ = self.set("PWD", new.clone());
                self.export("PWD", true);
                if print {
                    self.print(sys, "cd", format!("{new}\n").as_bytes());
                }
            }
            Err(errno) => {
                let text = match self.dialect {
                    Dialect::Bash => format!("{target}: {}", errno.text()),
                    Dialect::Dash => format!("can't cd to {target}"),
                    Dialect::Ash => format!("can't cd to {target}: {}", errno.text()),
                };
                self.complain_as(sys, "cd", &text);
                self.status = if self.is_bash() { 1 } else { 2 };
            }
        }
        Flow::Next
    }

    pub(super) fn umask(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        let mask = sys.umask();
        if let Some(letter) = args.first().filter(|a| &***a != "-S").and_then(|a| a.strip_prefix('-')).and_then(|a| a.chars().next()) {
            return self.illegal(sys, "umask", letter, false);
        }
        match args.first().map(|a| &**a) {
            None => self.print(sys, "umask", format!("{mask:04o}\n").as_bytes()),
            Some("-S") => {
                let show = |shift: u32| {
                    let bits = !(mask >> shift) & 7;
                    [(4, 'r'), (2, 'w'), (1, 'x')].iter().filter(|(b, _)| bits & b != 0).map(|(_, c)| *c).collect::<String>()
                };
                let text = format!("u={},g={},o={}\n", show(6), show(3), show(0));
                self.print(sys, "umask", text.as_bytes());
            }
            Some(text) => match u32::from_str_radix(text, 8) {
                Ok(new) if new <= 0o777 => sys.set_umask(new),
                _ => {
                    let mut allowed = !mask & 0o777;
                    for clause in text.split(',') {
                        let Some(at) = clause.find(['=', '+', '-']) else {
                            let word = if self.dialect == Dialect::Ash { "illegal" } else { "Illegal" };
                            return self.refuse(sys, "umask", &format!("{word} mode: {text}"), false);
                        };
                        let who = &clause[..at];
                        let bits = clause[at + 1..].chars().fold(0, |b, c| {
                            b | match c {
                                'r' => 4,
                                'w' => 2,
                                'x' => 1,
                                _ => 0,
                            }
                        });
                        for (letter, shift) in [('u', 6), ('g', 3), ('o', 0)] {
                            if who.is_empty() || who.contains(letter) || who.contains('a') {
                                match clause.as_bytes().get(at) {
                                    Some(b'=') => allowed = allowed & !(7 << shift) | bits << shift,
                                    Some(b'+') => allowed |= bits << shift,
                                    _ => allowed &= !(bits << shift),
                                }
                            }
                        }
                    }
                    sys.set_umask(!allowed & 0o777);
                }
            },
        }
        Flow::Next
    }

    pub(super) fn ulimit(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) {
        const LIMITS: [(char, &str, &str); 11] = [
            ('c', "core file size (blocks)", "0"),
            ('d', "data seg size (kb)", "unlimited"),
            ('e', "scheduling priority", "0"),
            ('f', "file size (blocks)", "unlimited"),
            ('l', "locked memory (kb)", "8192"),
            ('m', "max memory size (kb)", "unlimited"),
            ('n', "open files", "1048576"),
            ('s', "stack size (kb)", "8192"),
            ('t', "cpu time (seconds)", "unlimited"),
            ('u', "processes", "unlimited"),
            ('v', "virtual memory (kb)", "unlimited"),
        ];
        let mut letter = 'f';
        let mut text = String::new();
        let mut asked = false;
        for a in args {
            match a.strip_prefix('-') {
                Some(letters) => {
                    for l in letters.chars() {
                        match l {
                            'a' => {
                                for (l, name, value) in LIMITS {
                                    text.push_str(&format!("{name:<32}(-{l}) {value}\n"));
                                }
                                asked = true;
                            }
                            'S' | 'H' => {}
                            l if LIMITS.iter().any(|k| k.0 == l) => {
                                letter = l;
                                asked = false;
                            }
                            l => {
                                sys.err(&format!("ulimit: invalid option -- '{l}'\n"));
                                self.status = 1;
                                return;
                            }
                        }
                    }
                }
                None if &**a == "unlimited" || a.bytes().all(|b| b.is_ascii_digit()) => {
                    self.limits.retain(|k| k.0 != letter);
                    self.limits.push((letter, a.clone()));
                    asked = true;
                }
                None => {
                    self.complain_plain(sys, "ulimit", &format!("invalid number '{a}'"));
                    self.status = 1;
                    return;
                }
            }
        }
        if !asked {
            let value = self.limits.iter().find(|k| k.0 == letter).map(|k| k.1.to_string());
            let value = value.or_else(|| LIMITS.iter().find(|k| k.0 == letter).map(|k| k.2.to_owned()));
            text.push_str(&value.unwrap_or_default());
            text.push('\n');
        }
        self.print(sys, "ulimit", text.as_bytes());
    }
}
