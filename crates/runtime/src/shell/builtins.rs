//! Commands that are part of the shell.

mod environment;
mod jobs;
mod names;
pub(crate) mod read;

use super::{
    Dialect, Shell,
    machine::{Flow, Frame, Source},
    reader::Reader,
};
use crate::{
    program::{Errno, Exec, Sys},
    programs,
};
use std::rc::Rc;

/// What kind of builtin a name is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Special,
    Regular,
    /// A special one in ash.
    Local,
    BashOnly,
    /// What dash has not: a special one, a regular one.
    NoDashSpecial,
    NotInDash,
}

use Kind::{BashOnly, Local, NoDashSpecial, NotInDash, Regular, Special};

/// All builtins, sorted.
const BUILTINS: &[(&str, Kind)] = &[
    (".", Special),
    (":", Special),
    ("[", Regular),
    ("[[", NotInDash),
    ("alias", Regular),
    ("bg", Regular),
    ("break", Special),
    ("builtin", BashOnly),
    ("cd", Regular),
    ("chdir", Regular),
    ("command", Regular),
    ("continue", Special),
    ("declare", BashOnly),
    ("dirs", BashOnly),
    ("disown", BashOnly),
    ("echo", Regular),
    ("enable", BashOnly),
    ("eval", Special),
    ("exec", Special),
    ("exit", Special),
    ("export", Special),
    ("false", Regular),
    ("fg", Regular),
    ("getopts", Regular),
    ("hash", Regular),
    ("help", NotInDash),
    ("history", NotInDash),
    ("jobs", Regular),
    ("kill", Regular),
    ("let", NotInDash),
    ("local", Local),
    ("mapfile", BashOnly),
    ("popd", BashOnly),
    ("printf", Regular),
    ("pushd", BashOnly),
    ("pwd", Regular),
    ("read", Regular),
    ("readarray", BashOnly),
    ("readonly", Special),
    ("return", Special),
    ("set", Special),
    ("shift", Special),
    ("shopt", BashOnly),
    ("source", NoDashSpecial),
    ("test", Regular),
    ("times", Special),
    ("trap", Special),
    ("true", Regular),
    ("type", Regular),
    ("typeset", BashOnly),
    ("ulimit", Regular),
    ("umask", Regular),
    ("unalias", Regular),
    ("unset", Special),
    ("wait", Regular),
];

/// Whether a name is a builtin, and whether it is a special one.
pub(crate) fn kind(name: &str, dialect: Dialect) -> Option<bool> {
    let at = BUILTINS.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    match BUILTINS.get(at)?.1 {
        Special => Some(true),
        Regular => Some(false),
        Local => Some(dialect == Dialect::Ash),
        BashOnly => (dialect == Dialect::Bash).then_some(false),
        NoDashSpecial => (dialect != Dialect::Dash).then_some(true),
        NotInDash => (dialect != Dialect::Dash).then_some(false),
    }
}

/// Evaluates `test`; the error is what it says.
pub(crate) fn test(sys: &dyn Sys, args: &[Rc<str>], double: bool) -> Result<bool, String> {
    programs::test::evaluate(args, double, sys)
}

impl Shell {
    /// A message of a builtin.
    pub(crate) fn complain_as(&mut self, sys: &mut dyn Sys, name: &str, text: &str) {
        let before = self.command_name.replace(name.into());
        self.complain(sys, text);
        self.command_name = before;
    }
    /// A mistake that ends a shell where the builtin is a special one.
    fn refuse(&mut self, sys: &mut dyn Sys, name: &str, text: &str, special: bool) -> Flow {
        self.complain_as(sys, name, text);
        self.status = if self.is_bash() { 1 } else { 2 };
        if special && !self.is_bash() { self.exit(sys, 2) } else { Flow::Next }
    }
    /// An option a builtin does not have.
    fn illegal(&mut self, sys: &mut dyn Sys, name: &str, letter: char, special: bool) -> Flow {
        let text = if self.dialect == Dialect::Ash { format!("illegal option -{letter}") } else { format!("Illegal option -{letter}") };
        self.refuse(sys, name, &text, special)
    }
    /// The options before a builtin's operands, as long as `known` has their letters; the letters and the operands.
    fn letters<'a>(args: &'a [Rc<str>], known: &str) -> Result<(String, &'a [Rc<str>]), char> {
        let mut found = String::new();
        let mut rest = args;
        while let Some((option, after)) = rest.split_first().filter(|(a, _)| a.len() > 1 && a.starts_with('-')) {
            rest = after;
            if &**option == "--" {
                break;
            }
            for letter in option.chars().skip(1) {
                if !known.contains(letter) {
                    return Err(letter);
                }
                found.push(letter);
            }
        }
        Ok((found, rest))
    }
    /// A message of a program that is built in: under the shell's own name.
    fn complain_plain(&mut self, sys: &mut dyn Sys, name: &str, text: &str) {
        if self.is_bash() {
            self.complain_as(sys, name, text);
        } else {
            let shell = self.argv.first().map_or("sh", |a| a.rsplit('/').next().unwrap_or(a)).to_owned();
            sys.err(&format!("{shell}: {text}\n"));
        }
    }
    fn number(text: &str) -> Option<i64> {
        text.parse::<i64>().ok().filter(|n| *n >= 0 && !text.starts_with('+'))
    }
    /// Writes to stdout; says so where that fails.
    pub(crate) fn print(&mut self, sys: &mut dyn Sys, name: &str, data: &[u8]) {
        match sys.write(1, data) {
            Ok(()) => {}
            Err(Errno::Pipe) => self.status = 1,
            Err(errno) => {
                let text = format!("write error: {}", errno.text());
                self.complain_plain(sys, name, &text);
                self.status = 1;
            }
        }
    }

    pub(crate) fn builtin(&mut self, sys: &mut dyn Sys, argv: &[Rc<str>], exec: bool, special: bool) -> Flow {
        let (name, args) = match argv.split_first() {
            Some((name, args)) => (name.clone(), args),
            None => return Flow::Next,
        };
        let before = self.status;
        self.status = 0;
        match &*name {
            "false" => self.status = 1,
            "echo" => {
                let data = if self.dialect == Dialect::Dash && args.first().is_none_or(|a| &**a != "-e") {
                    // dash's echo always looks for backslashes.
                    let mut all: Vec<Rc<str>> = Vec::new();
                    let mut rest = args;
                    if rest.first().is_some_and(|a| &**a == "-n") {
                        all.push("-n".into());
                        rest = &rest[1..];
                    }
                    all.push("-e".into());
                    all.extend(rest.iter().cloned());
                    programs::echo::render(&all)
                } else {
                    programs::echo::render(args)
                };
                self.print(sys, "echo", &data);
            }
            "printf" => return self.printf(sys, args),
            "test" | "[" | "[[" => {
                let mut words: &[Rc<str>] = args;
                let closing = match &*name {
                    "[" => "]",
                    "[[" => "]]",
                    _ => "",
                };
                if !closing.is_empty() {
                    match words.split_last() {
                        Some((last, rest)) if &**last == closing => words = rest,
                        _ => {
                            self.complain_plain(sys, &name, &format!("missing {closing}"));
                            self.status = 2;
                            return Flow::Next;
                        }
                    }
                }
                match test(sys, words, &*name == "[[") {
                    Ok(yes) => self.status = i32::from(!yes),
                    Err(message) => {
                        self.complain_plain(sys, &name, &message);
                        self.status = 2;
                    }
                }
            }
            "break" | "continue" => {
                let levels = match args.first() {
                    None => 1,
                    Some(text) => match Self::number(text).filter(|n| *n > 0) {
                        Some(n) => n as usize,
                        None => return self.refuse(sys, &name, &format!("Illegal number: {text}"), special),
                    },
                };
                self.leave_loops(sys, levels, &*name == "continue");
            }
            "exit" | "return" => {
                let code = match args.first() {
                    None => {
                        if &*name == "exit" {
                            self.exiting.unwrap_or(before)
                        } else {
                            before
                        }
                    }
                    Some(text) => match Self::number(text).or_else(|| if self.is_bash() { text.parse().ok() } else { None }) {
                        Some(n) => (n & 255) as i32,
                        None => return self.refuse(sys, &name, &format!("Illegal number: {text}"), special),
                    },
                };
                if &*name == "return" {
                    if self.leave_function(sys) {
                        self.status = code;
                        return Flow::Next;
                    }
                    if self.is_bash() {
                        self.complain_as(sys, "return", "can only `return' from a function or sourced script");
                        self.status = 1;
                        return Flow::Next;
                    }
                }
                return self.exit(sys, code);
            }
            "shift" => {
                let n = match args.first() {
                    None => 1,
                    Some(text) => match Self::number(text) {
                        Some(n) => n as usize,
                        None => return self.refuse(sys, "shift", &format!("Illegal number: {text}"), special),
                    },
                };
                if n > self.positional.len() {
                    self.status = 1;
                    if self.dialect == Dialect::Dash {
                        return self.refuse(sys, "shift", "can't shift that many", special);
                    }
                } else {
                    Rc::make_mut(&mut self.positional).drain(..n);
                }
            }
            "eval" => {
                let text = args.iter().map(|a| &**a).collect::<Vec<_>>().join(" ");
                self.status = 0;
                if !text.trim().is_empty() {
                    self.frames.push(Frame::Called(self.command_name.clone()));
                    self.command_name = Some("eval".into());
                    let reader = Reader::new(&text, 0, self.dialect);
                    let tested = self.is_tested();
                    self.frames.push(Frame::Script { reader: Box::new(reader), source: Source::Eval, tested });
                }
            }
            "." | "source" => return self.dot(sys, &name, args, special),
            "exec" => return self.exec(sys, args),
            "command" | "builtin" => return self.command(sys, args, exec),
            "set" => return self.set_builtin(sys, args),
            "trap" => return self.trap(sys, args),
            "getopts" => return self.getopts(sys, args),
            "let" => {
                if args.is_empty() && !self.is_bash() {
                    return self.refuse(sys, "let", "expression expected", false);
                }
                let mut value = 0;
                for text in args {
                    match self.evaluate(sys, text) {
                        Ok(v) => value = v,
                        Err(message) => return self.fail(sys, &message),
                    }
                }
                self.status = i32::from(value == 0);
            }
            "read" => return self.read(sys, args),
            "wait" => return self.wait(sys, args),
            "kill" => return self.kill(sys, args),
            "jobs" => return self.jobs_builtin(sys, args),
            "bg" | "fg" => return self.no_job_control(sys, &name, args),
            ":" | "true" | "disown" | "enable" | "history" | "help" | "shopt" | "pushd" | "popd" | "dirs" => {}
            "hash" => return self.hash(sys, args),
            "times" => self.print(sys, "times", b"0m0.00s 0m0.00s\n0m0.00s 0m0.00s\n"),
            "ulimit" => self.ulimit(sys, args),
            "export" | "readonly" => return self.export_builtin(sys, &name, args, special),
            "local" | "declare" | "typeset" => return self.local(sys, &name, args, special),
            "unset" => return self.unset_builtin(sys, args, special),
            "alias" => self.alias(sys, args),
            "unalias" => {
                let (letters, names) = match Self::letters(args, "a") {
                    Ok(found) => found,
                    Err(letter) => return self.illegal(sys, "unalias", letter, false),
                };
                if !letters.is_empty() {
                    Rc::make_mut(&mut self.aliases).clear();
                }
                for name in names {
                    if Rc::make_mut(&mut self.aliases).remove(name).is_none() {
                        self.no_alias(sys, "unalias", name);
                    }
                }
            }
            "cd" | "chdir" => return self.cd(sys, args),
            "pwd" => {
                let letters = match Self::letters(args, "LP") {
                    Ok(found) => found.0,
                    Err(letter) => return self.illegal(sys, "pwd", letter, false),
                };
                let text = if letters.ends_with('P') { sys.cwd() } else { self.variable("PWD").filter(|p| p.starts_with('/')).unwrap_or_else(|| sys.cwd()) };
                self.print(sys, "pwd", format!("{text}\n").as_bytes());
            }
            "umask" => return self.umask(sys, args),
            "type" => {
                let flags = args.iter().take_while(|a| a.starts_with('-') && a.len() > 1 && !self.is_bash() && &***a == "-p").count();
                for a in args.get(flags..).unwrap_or_default() {
                    let text = if flags > 0 { self.short_description(sys, a) } else { self.describe(sys, a) };
                    if text.is_none() {
                        self.status = if self.is_bash() { 1 } else { 127 };
                    }
                    let line = text.unwrap_or_else(|| format!("{a}: not found"));
                    if self.is_bash() && line.ends_with(": not found") {
                        self.complain_as(sys, "type", &line);
                    } else {
                        self.print(sys, "type", format!("{line}\n").as_bytes());
                    }
                }
            }
            "mapfile" | "readarray" => return self.read(sys, &[Rc::from("--all"), args.last().cloned().unwrap_or_else(|| "MAPFILE".into())]),
            other => {
                self.complain(sys, &format!("{other}: not found"));
                self.status = 127;
            }
        }
        Flow::Next
    }
    /// Whether the command being run stands where `set -e` does not count.
    fn is_tested(&self) -> bool {
        self.frames.iter().rev().find_map(|f| if let Frame::CheckExit { tested } = f { Some(*tested) } else { None }).unwrap_or(false)
    }

    fn printf(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        if self.is_bash()
            && let [flag, name, rest @ ..] = args
            && &**flag == "-v"
        {
            if let Some(done) = programs::printf::render(rest) {
                let text: Rc<str> = String::from_utf8_lossy(&done.out).into();
                if let Err(message) = self.set(name, text) {
                    return self.fail(sys, &message);
                }
                self.status = done.code;
            }
            return Flow::Next;
        }
        let Some(done) = programs::printf::render(args) else {
            self.complain_plain(sys, "printf", "usage: printf FORMAT [ARGUMENT...]");
            self.status = 2;
            return Flow::Next;
        };
        self.status = done.code;
        // What was printed before a mistake stands before its message.
        let mut from = 0;
        for (at, error) in &done.errors {
            self.print(sys, "printf", done.out.get(from..*at).unwrap_or_default());
            from = *at;
            self.complain_plain(sys, "printf", error);
        }
        self.print(sys, "printf", done.out.get(from..).unwrap_or_default());
        Flow::Next
    }

    fn dot(&mut self, sys: &mut dyn Sys, name: &str, args: &[Rc<str>], special: bool) -> Flow {
        let Some(path) = args.first() else { return self.refuse(sys, name, "filename argument required", special) };
        let mut found = path.to_string();
        if !path.contains('/') {
            let search = self.variable("PATH").unwrap_or_else(|| "".into());
            let hit = search.split(':').map(|d| format!("{d}/{path}")).find(|p| sys.stat(p).is_ok_and(|s| s.kind == crate::program::Kind::File));
            match hit {
                Some(hit) => found = hit,
                None if sys.stat(path).is_err() && !self.is_bash() => {
                    return self.refuse(sys, name, &format!("{path}: not found"), special);
                }
                None => {}
            }
        }
        match sys.read_file(&found) {
            Ok(data) => {
                let text = String::from_utf8_lossy(&data).into_owned();
                let tested = self.is_tested();
                if args.len() > 1 {
                    let old = std::mem::replace(&mut self.positional, Rc::new(args.get(1..).unwrap_or_default().to_vec()));
                    self.frames.push(Frame::Call { positional: old, locals: Vec::new(), name: "source".into() });
                }
                let before = self.command_name.replace(found.as_str().into());
                let reader = Reader::new(&text, 1, self.dialect);
                self.frames.push(Frame::Script { reader: Box::new(reader), source: Source::Dot(before), tested });
                Flow::Next
            }
            Err(errno) => {
                let text = if self.is_bash() { format!("{path}: {}", errno.text()) } else { format!("can't open '{path}': {}", errno.text()) };
                self.refuse(sys, name, &text, special)
            }
        }
    }

    fn exec(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        let mut argv = args.to_vec();
        if argv.first().is_some_and(|a| &**a == "--") {
            argv.remove(0);
        }
        if argv.first().is_some_and(|a| &**a == "-a") && argv.len() > 2 {
            argv.drain(..2);
        }
        if !self.is_bash()
            && let Some(letter) = argv.first().and_then(|a| a.strip_prefix('-')).and_then(|a| a.chars().next())
        {
            return self.illegal(sys, "exec", letter, true);
        }
        let Some(name) = argv.first().cloned() else { return Flow::Next };
        match self.find_program(sys, &name) {
            Ok(_) => {
                let env = self.environment();
                Flow::Exec(Exec { argv, env: Some(env) })
            }
            Err(errno) => {
                let status = {
                    let before = self.command_name.replace("exec".into());
                    let status = self.not_run(sys, &name, errno);
                    self.command_name = before;
                    status
                };
                self.exit(sys, status)
            }
        }
    }

    fn command(&mut self, sys: &mut dyn Sys, args: &[Rc<str>], exec: bool) -> Flow {
        let mut rest = args;
        let mut describe = None;
        while let Some(option) = rest.first().filter(|a| a.len() > 1 && a.starts_with('-')) {
            match &**option {
                "-v" => describe = Some(false),
                "-V" => describe = Some(true),
                "-p" => {}
                "--" => {
                    rest = &rest[1..];
                    break;
                }
                other => return self.illegal(sys, "command", other.chars().nth(1).unwrap_or('-'), false),
            }
            rest = &rest[1..];
        }
        if let Some(long) = describe {
            // ash looks at the first name only.
            let most = if self.dialect == Dialect::Ash { 1 } else { rest.len() };
            for name in rest.iter().take(most) {
                let text = if long { self.describe(sys, name) } else { self.short_description(sys, name) };
                if let Some(text) = text {
                    self.print(sys, "command", format!("{text}\n").as_bytes());
                } else {
                    self.status = if self.is_bash() { 1 } else { 127 };
                    if long {
                        self.print(sys, "command", format!("{name}: not found\n").as_bytes());
                    }
                }
            }
            return Flow::Next;
        }
        let Some(name) = rest.first() else { return Flow::Next };
        let argv = rest.to_vec();
        match kind(name, self.dialect) {
            Some(_) => self.builtin(sys, &argv, exec, false),
            None => self.program(sys, argv, &[], true, exec),
        }
    }
}
