//! The shell: an explicit machine over a tree of commands.
//!
//! Nothing here blocks and nothing recurses while a script runs: what a shell would keep on its call
//! stack are [`frames`](machine::Frame), so that a shell can stop anywhere (for a child, a pipe, the
//! output of `$(…)`) and be cloned as it stands.

mod arithmetic;
mod assign;
mod ast;
mod brace;
mod builtins;
mod expand;
mod getopts;
mod machine;
pub(crate) mod pattern;
mod reader;
mod redirect;
mod run;
mod signals;
mod start;
mod variables;
#[cfg(test)]
mod witness;

use crate::{
    Signal, SimTime,
    program::{Disposition, Env, Pid, Program, Step, Sys},
};
use ast::Command;
use machine::Frame;
use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};
use variables::Variable;

/// Which shell it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// busybox's.
    Ash,
    /// Debian's `sh`.
    Dash,
    /// GNU's.
    Bash,
}

/// What `set` switches.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub(crate) all_export: bool,
    pub(crate) exit_on_error: bool,
    pub(crate) no_glob: bool,
    pub(crate) no_exec: bool,
    pub(crate) no_unset: bool,
    pub(crate) no_clobber: bool,
    pub(crate) verbose: bool,
    pub(crate) trace: bool,
    pub(crate) pipe_fail: bool,
    pub(crate) from_stdin: bool,
    pub(crate) from_string: bool,
    pub(crate) interactive: bool,
}

/// Where the `ERR` trap stands among those of signals.
pub(crate) const ON_ERROR: i32 = 1000;

/// A command in the background.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) number: u32,
    pub(crate) pids: Vec<Pid>,
    /// Exit code and signal of those that ended.
    pub(crate) ended: Vec<(Pid, i32, Option<Signal>)>,
}

/// The PATH a program was found in, and where.
type FoundProgram = (Rc<str>, Rc<str>);

/// A shell process.
#[derive(Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "`$$` is the shell's own number")]
pub struct Shell {
    dialect: Dialect,
    argv: Rc<[Rc<str>]>,
    started: bool,
    /// `$0`.
    name: Rc<str>,
    /// What stands after `$0` in messages, with the line.
    command_name: Option<Rc<str>>,
    line: u32,
    variables: Rc<BTreeMap<Rc<str>, Variable>>,
    /// The names of the variables in the order they were made.
    order: Vec<Rc<str>>,
    env_cache: Option<Rc<Env>>,
    functions: Rc<BTreeMap<Rc<str>, Rc<Command>>>,
    aliases: Rc<BTreeMap<Rc<str>, Rc<str>>>,
    /// Programs found before: by name, with the PATH they were found in.
    found: Rc<BTreeMap<Rc<str>, FoundProgram>>,
    positional: Rc<Vec<Rc<str>>>,
    options: Options,
    status: i32,
    /// Exit code of the last substitution within a command.
    substitution_status: Option<i32>,
    shell_pid: Pid,
    last_background: Option<Pid>,
    jobs: Vec<Job>,
    frames: Vec<Frame>,
    /// By signal number, 0 for EXIT; an empty text ignores.
    traps: Rc<BTreeMap<i32, Rc<str>>>,
    pending: VecDeque<Signal>,
    /// The shell is on its way out with this status.
    exiting: Option<i32>,
    is_subshell: bool,
    /// PID 1 of ash got an INT it has no trap for.
    interrupted: bool,
    background: bool,
    getopts_at: usize,
    /// What `ulimit` has set.
    limits: Vec<(char, Rc<str>)>,
    /// Named pipes made for `<(…)`.
    named_pipes: u32,
    started_at: SimTime,
}

impl Shell {
    /// A shell with these arguments (`sh -c …`).
    pub fn new(dialect: Dialect, argv: &[Rc<str>]) -> Shell {
        Shell {
            dialect,
            argv: argv.into(),
            started: false,
            name: argv.first().map_or_else(|| "sh".into(), |a| a.trim_start_matches('-').into()),
            command_name: None,
            line: 0,
            variables: Rc::default(),
            order: Vec::new(),
            env_cache: None,
            functions: Rc::default(),
            aliases: Rc::default(),
            found: Rc::default(),
            positional: Rc::default(),
            options: Options::default(),
            status: 0,
            substitution_status: None,
            shell_pid: 0,
            last_background: None,
            jobs: Vec::new(),
            frames: Vec::new(),
            traps: Rc::default(),
            pending: VecDeque::new(),
            exiting: None,
            is_subshell: false,
            interrupted: false,
            background: false,
            getopts_at: 0,
            limits: Vec::new(),
            named_pipes: 0,
            started_at: SimTime::ZERO,
        }
    }

    /// A copy for a child that runs one command.
    fn child(&self, node: Rc<Command>) -> Shell {
        let ignored: BTreeMap<i32, Rc<str>> = self.traps.iter().filter(|(_, t)| t.is_empty()).map(|(n, t)| (*n, t.clone())).collect();
        Shell {
            dialect: self.dialect,
            argv: self.argv.clone(),
            started: true,
            name: self.name.clone(),
            command_name: self.command_name.clone(),
            line: self.line,
            variables: self.variables.clone(),
            order: self.order.clone(),
            env_cache: self.env_cache.clone(),
            functions: self.functions.clone(),
            aliases: self.aliases.clone(),
            found: self.found.clone(),
            positional: self.positional.clone(),
            options: self.options,
            status: self.status,
            substitution_status: None,
            shell_pid: self.shell_pid,
            last_background: self.last_background,
            // Only to be listed: they are not this process's children.
            jobs: self.jobs.clone(),
            frames: vec![Frame::Run { node, tested: false, exec: true }],
            traps: if ignored.is_empty() { Rc::default() } else { Rc::new(ignored) },
            pending: VecDeque::new(),
            exiting: None,
            is_subshell: true,
            interrupted: false,
            background: false,
            getopts_at: self.getopts_at,
            limits: self.limits.clone(),
            named_pipes: 0,
            started_at: self.started_at,
        }
    }

    /// What stands before a message of the shell.
    fn prefix(&self, line: u32) -> String {
        match self.dialect {
            Dialect::Bash => match &self.command_name {
                Some(name) if *name != self.name => format!("{}: line {line}: {name}: ", self.name),
                _ => format!("{}: line {line}: ", self.name),
            },
            Dialect::Dash => match &self.command_name {
                Some(name) if *name != self.name => format!("{}: {line}: {name}: ", self.name),
                _ => format!("{}: {line}: ", self.name),
            },
            Dialect::Ash => match &self.command_name {
                Some(name) if *name != self.name => format!("{}: {name}: line {line}: ", self.name),
                Some(_) => format!("{}: line {line}: ", self.name),
                None => format!("{}: ", self.name),
            },
        }
    }
    /// Prints a message of the shell.
    fn complain(&self, sys: &mut dyn Sys, text: &str) {
        sys.err(&format!("{}{text}\n", self.prefix(self.line)));
    }
    fn is_bash(&self) -> bool {
        self.dialect == Dialect::Bash
    }
}

impl Program for Shell {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        self.step_machine(sys)
    }
    fn disposition(&self, signal: Signal) -> Disposition {
        match self.traps.get(&signal.number()) {
            Some(text) if text.is_empty() => Disposition::Ignore,
            Some(_) => Disposition::Handle,
            None if self.background && matches!(signal, Signal::Int | Signal::Quit) => Disposition::Ignore,
            // ash catches INT to end itself by it; as PID 1 it then simply exits.
            None if signal == Signal::Int && self.dialect == Dialect::Ash && self.shell_pid == 1 && !self.is_subshell => Disposition::Handle,
            None => Disposition::Default,
        }
    }
}
