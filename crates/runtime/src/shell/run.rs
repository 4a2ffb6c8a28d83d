//! Simple commands: expansion, redirection, assignment, and then a function, a builtin or a program.

use super::{
    Shell,
    ast::{Command, Simple},
    builtins,
    expand::{Progress, Stop},
    machine::{Flow, Frame},
    redirect::{Redirecting, Trouble, restore},
    variables::Variable,
};
use crate::program::{Env, Errno, Exec, Spawn, Sys};
use std::rc::Rc;

/// How far a simple command is.
#[derive(Clone, Debug)]
pub(crate) struct SimpleState {
    node: Rc<Command>,
    tested: bool,
    exec: bool,
    stage: u8,
    pub(crate) progress: Progress,
    redirecting: Redirecting,
    assigned: Vec<(Rc<str>, Rc<str>)>,
    next: usize,
    /// Where variables were before.
    before: Vec<(Rc<str>, Option<Variable>)>,
}

impl SimpleState {
    pub(crate) fn new(node: Rc<Command>, tested: bool, exec: bool) -> SimpleState {
        SimpleState {
            node,
            tested,
            exec,
            stage: 0,
            progress: Progress::default(),
            redirecting: Redirecting::default(),
            assigned: Vec::new(),
            next: 0,
            before: Vec::new(),
        }
    }
}

/// What kind of command a name is.
enum What {
    Nothing,
    Function(Rc<Command>),
    Builtin { special: bool },
    Program,
}

impl Shell {
    pub(crate) fn simple(&mut self, sys: &mut dyn Sys, mut s: Box<SimpleState>) -> Flow {
        let node = s.node.clone();
        let Command::Simple(simple) = &*node else { return Flow::Next };
        self.line = simple.line;
        if s.stage == 0 {
            if s.next == 0 && s.progress.out.is_empty() {
                self.substitution_status = None;
            }
            if let Err(stop) = self.words(sys, &mut s, simple) {
                self.frames.push(Frame::Simple(s));
                return self.stopped(sys, stop);
            }
            s.stage = 1;
        }
        let what = self.what(&s.progress.out);
        if s.stage == 1 {
            // The log of redirections is the frame's while they are made.
            s.redirecting.progress.log = std::mem::take(&mut s.progress.log);
            let result = self.redirect(sys, &simple.redirects, &mut s.redirecting);
            s.progress.log = std::mem::take(&mut s.redirecting.progress.log);
            match result {
                Ok(()) => s.stage = 2,
                Err(Trouble::Stop(stop)) => {
                    self.frames.push(Frame::Simple(s));
                    return self.stopped(sys, stop);
                }
                Err(Trouble::Fatal) => return self.exit(sys, 2),
                Err(Trouble::Failed) => {
                    restore(sys, std::mem::take(&mut s.redirecting.saved));
                    self.status = 1;
                    if matches!(what, What::Builtin { special: true }) && !self.is_bash() {
                        return self.exit(sys, 1);
                    }
                    return self.check_exit(sys, s.tested);
                }
            }
        }
        // Assignments: for good before nothing or a special builtin, for the command alone otherwise.
        let lasting = matches!(what, What::Nothing) || matches!(what, What::Builtin { special: true }) && !self.is_bash();
        while let Some(a) = simple.assignments.get(s.next) {
            match self.assignment_value(sys, &mut s.progress, a) {
                Err(stop) => {
                    self.frames.push(Frame::Simple(s));
                    return self.stopped(sys, stop);
                }
                Ok(value) => {
                    s.progress.step();
                    s.next += 1;
                    let Some(value) = value else { continue };
                    if !lasting && !matches!(what, What::Program) {
                        s.before.push((a.name.clone(), self.variables.get(&a.name).cloned()));
                    }
                    s.assigned.push((a.name.clone(), value.clone()));
                    if !matches!(what, What::Program)
                        && let Err(message) = self.set(&a.name, value)
                    {
                        restore(sys, std::mem::take(&mut s.redirecting.saved));
                        return self.fail(sys, &message);
                    }
                    if !lasting && !matches!(what, What::Program) {
                        self.export(&a.name, true);
                    }
                }
            }
        }
        let argv = std::mem::take(&mut s.progress.out);
        if self.options.trace {
            self.trace(sys, &s.assigned, &argv, &s.redirecting.saved);
        }
        let saved = std::mem::take(&mut s.redirecting.saved);
        match what {
            What::Nothing => {
                restore(sys, saved);
                self.status = self.substitution_status.take().unwrap_or(0);
                self.check_exit(sys, s.tested)
            }
            What::Function(body) => {
                self.frames.push(Frame::CheckExit { tested: s.tested });
                self.frames.push(Frame::Restore(saved));
                self.frames.push(Frame::Temporary(std::mem::take(&mut s.before)));
                let name = argv.first().cloned().unwrap_or_else(|| "".into());
                let positional = std::mem::replace(&mut self.positional, Rc::new(argv.into_iter().skip(1).collect()));
                self.frames.push(Frame::Call { positional, locals: Vec::new(), name });
                self.frames.push(Frame::Run { node: body, tested: s.tested, exec: false });
                Flow::Next
            }
            What::Builtin { special } => {
                self.frames.push(Frame::CheckExit { tested: s.tested });
                let name = argv.first().cloned().unwrap_or_else(|| "".into());
                if &*name == "exec" && argv.len() == 1 {
                    // The redirections stay.
                    for (_, old) in saved {
                        if let Some(old) = old {
                            let _ = sys.close(old);
                        }
                    }
                    self.status = 0;
                    return Flow::Next;
                }
                if !saved.is_empty() {
                    self.frames.push(Frame::Restore(saved));
                }
                if !s.before.is_empty() {
                    self.frames.push(Frame::Temporary(std::mem::take(&mut s.before)));
                }
                self.builtin(sys, &argv, s.exec, special)
            }
            What::Program => {
                if !saved.is_empty() {
                    self.frames.push(Frame::Restore(saved));
                }
                self.program(sys, argv, &s.assigned, s.tested, s.exec)
            }
        }
    }

    fn words(&mut self, sys: &mut dyn Sys, s: &mut SimpleState, simple: &Simple) -> Result<(), Stop> {
        // ash's `[[` splits its words, but does not look for files.
        if !self.is_bash() && matches!(simple.words.first().map(|w| &**w), Some([super::ast::Piece::Bare(t)]) if &**t == "[[") {
            s.progress.log.rewind();
            let fields = self.bracket_fields(sys, &mut s.progress.log, &simple.words)?;
            s.progress.step();
            s.progress.out = fields;
            return Ok(());
        }
        // `export a=~/x` and its kin take assignments.
        self.fields(sys, &mut s.progress, &simple.words)
    }

    fn what(&self, argv: &[Rc<str>]) -> What {
        let Some(name) = argv.first() else { return What::Nothing };
        if let Some(body) = self.functions.get(name) {
            return What::Function(body.clone());
        }
        match builtins::kind(name, self.dialect) {
            Some(special) => What::Builtin { special },
            None => What::Program,
        }
    }

    /// The trace goes to where stderr was before the command's own redirections.
    fn trace(&mut self, sys: &mut dyn Sys, assigned: &[(Rc<str>, Rc<str>)], argv: &[Rc<str>], saved: &[(u32, Option<u32>)]) {
        if assigned.is_empty() && argv.is_empty() {
            return;
        }
        let ps4 = self.variable("PS4").unwrap_or_else(|| "+ ".into());
        let mut line = self.prompt(sys, &ps4);
        let mut first = true;
        for (name, value) in assigned {
            if !first {
                line.push(' ');
            }
            first = false;
            line.push_str(name);
            line.push('=');
            line.push_str(&quote(value));
        }
        for word in argv {
            if !first {
                line.push(' ');
            }
            first = false;
            line.push_str(&quote(word));
        }
        line.push('\n');
        let to = saved.iter().find(|(fd, _)| *fd == 2).and_then(|(_, old)| *old).unwrap_or(2);
        let _ = sys.write(to, line.as_bytes());
    }

    /// A prompt with its parameters in place.
    fn prompt(&mut self, sys: &mut dyn Sys, text: &str) -> String {
        let Some(word) = text.contains('$').then(|| super::reader::here_text(text, self.dialect)).flatten() else { return text.to_owned() };
        let traces = std::mem::take(&mut self.options.trace);
        let done = self.text(sys, &mut super::expand::Log::default(), &word, false);
        self.options.trace = traces;
        done.map_or_else(|_| text.to_owned(), |t| t.to_string())
    }

    /// Runs a program, in a child unless nothing comes after it.
    pub(crate) fn program(&mut self, sys: &mut dyn Sys, argv: Vec<Rc<str>>, assigned: &[(Rc<str>, Rc<str>)], tested: bool, exec: bool) -> Flow {
        let mut env = self.environment();
        if !assigned.is_empty() {
            let list: &mut Env = Rc::make_mut(&mut env);
            for (name, value) in assigned {
                match list.iter_mut().find(|(k, _)| k == name) {
                    Some(slot) => slot.1 = value.clone(),
                    None => list.push((name.clone(), value.clone())),
                }
            }
        }
        let name = argv.first().cloned().unwrap_or_else(|| "".into());
        let path = match &*name {
            "" => Err(Errno::NoEnt),
            _ => self.find_program(sys, &name),
        };
        let path = match path {
            Ok(path) => path,
            Err(errno) => {
                if errno == Errno::NoEnt && sys.image().assumed && !name.is_empty() {
                    sys.assume(&format!("What `{name}` does is not known: it is assumed to print nothing and to succeed"));
                    self.status = 0;
                    return Flow::Next;
                }
                self.status = self.not_run(sys, &name, errno);
                return self.check_exit(sys, tested);
            }
        };
        if exec && !self.may_trap() {
            return Flow::Exec(Exec { argv, env: Some(env) });
        }
        match sys.spawn(Spawn { argv, path: Some(path), env: Some(env), ..Spawn::default() }) {
            Ok(pid) => {
                self.frames.push(Frame::Children { pids: vec![pid], ended: Vec::new(), tested });
                Flow::Next
            }
            Err(Errno::Again) => self.no_fork(sys, Errno::Again),
            Err(errno) => {
                self.found = Rc::default();
                self.status = self.not_run(sys, &name, errno);
                self.check_exit(sys, tested)
            }
        }
    }
    /// Looks a program up in the shell's own PATH.
    pub(crate) fn find_program(&mut self, sys: &mut dyn Sys, name: &str) -> Result<Rc<str>, Errno> {
        if name.contains('/') {
            return match sys.stat(name) {
                Err(errno) => Err(errno),
                Ok(_) => sys.which(name),
            };
        }
        let path = self.variable("PATH").unwrap_or_else(|| "/sbin:/usr/sbin:/bin:/usr/bin".into());
        if let Some((of, known)) = self.found.get(name)
            && *of == path
        {
            return Ok(known.clone());
        }
        let mut error = Errno::NoEnt;
        for dir in path.split(':') {
            let candidate = if dir.is_empty() { format!("./{name}") } else { format!("{}/{name}", dir.trim_end_matches('/')) };
            match sys.which(&candidate) {
                Ok(_) => {
                    let found: Rc<str> = candidate.into();
                    Rc::make_mut(&mut self.found).insert(name.into(), (path.clone(), found.clone()));
                    return Ok(found);
                }
                Err(Errno::Acces) => error = Errno::Acces,
                Err(_) => {}
            }
        }
        Err(error)
    }
    /// Says why a program was not run: the status.
    pub(crate) fn not_run(&mut self, sys: &mut dyn Sys, name: &str, errno: Errno) -> i32 {
        if name.is_empty() && !self.is_bash() {
            self.complain(sys, ": Permission denied");
            return 127;
        }
        match errno {
            Errno::NoEnt | Errno::NotDir => {
                let words = match self.dialect {
                    super::Dialect::Bash if name.contains('/') => "No such file or directory",
                    super::Dialect::Bash => "command not found",
                    _ => "not found",
                };
                self.complain(sys, &format!("{name}: {words}"));
                127
            }
            other => {
                self.complain(sys, &format!("{name}: {}", other.text()));
                126
            }
        }
    }
}

/// Quotes a word of a trace where it needs it.
pub(crate) fn quote(word: &str) -> String {
    let plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"+,-./:@]^_".contains(&b));
    if plain { word.to_owned() } else { single_quote(word) }
}

/// A word in single quotes.
pub(crate) fn single_quote(word: &str) -> String {
    if word.is_empty() {
        return "''".to_owned();
    }
    let mut out = String::with_capacity(word.len() + 2);
    for (index, part) in word.split('\'').enumerate() {
        if index > 0 {
            out.push_str("\"'\"");
        }
        if !part.is_empty() || index == 0 && !word.contains('\'') {
            out.push('\'');
            out.push_str(part);
            out.push('\'');
        }
    }
    out
}
