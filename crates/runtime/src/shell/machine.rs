//! The frames of the shell's machine, and what one turn does.
#![expect(
    clippy::too_many_arguments,
    clippy::needless_pass_by_value,
    clippy::assigning_clones,
    clippy::match_same_arms,
    clippy::unused_self,
    reason = "a frame is taken from the stack and given on by value"
)]

mod begin;
mod children;
mod conditions;
mod leave;

use super::{
    Shell,
    ast::{Command, Test},
    expand::{Progress, Stop},
    reader::Reader,
    variables::Variable,
};
use crate::{
    Signal,
    program::{Exec, Fd, Pid, Step, Sys, Wait},
};
use std::rc::Rc;

/// Turns in one step; then the kernel looks at the budget.
const TURNS: u32 = 400;
/// The most frames: functions that call themselves end with a message.
const MAX_FRAMES: usize = 4000;

/// What a script frame reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The shell's own script.
    Main,
    Eval,
    /// `.`: what the shell was called in messages before.
    Dot(Option<Rc<str>>),
    Trap,
}

/// A piece of the call stack.
#[derive(Clone, Debug)]
pub(crate) enum Frame {
    Script {
        reader: Box<Reader>,
        source: Source,
        tested: bool,
    },
    Run {
        node: Rc<Command>,
        tested: bool,
        exec: bool,
    },
    List {
        node: Rc<Command>,
        next: usize,
        tested: bool,
        exec: bool,
    },
    /// The left side is done.
    AndOr {
        node: Rc<Command>,
        tested: bool,
        exec: bool,
    },
    Negate,
    /// The test is done.
    If {
        node: Rc<Command>,
        tested: bool,
        exec: bool,
    },
    Loop {
        node: Rc<Command>,
        in_test: bool,
        tested: bool,
        last: i32,
    },
    For {
        node: Rc<Command>,
        progress: Box<Progress>,
        next: Option<usize>,
        tested: bool,
        last: i32,
    },
    ForArithmetic {
        node: Rc<Command>,
        progress: Box<Progress>,
        place: u8,
        tested: bool,
        last: i32,
    },
    Case {
        node: Rc<Command>,
        progress: Box<Progress>,
        value: Option<Rc<str>>,
        branch: usize,
        pattern: usize,
        tested: bool,
        exec: bool,
    },
    Arithmetic {
        node: Rc<Command>,
        progress: Box<Progress>,
        tested: bool,
    },
    Test {
        node: Rc<Test>,
        progress: Box<Progress>,
        tested: bool,
        place: u8,
        first: Option<Rc<str>>,
    },
    /// An operator of `[[` whose left side is done.
    TestRest {
        node: Rc<Test>,
    },
    Simple(Box<super::run::SimpleState>),
    Redirected {
        node: Rc<Command>,
        state: Box<super::redirect::Redirecting>,
        tested: bool,
        exec: bool,
    },
    /// Descriptors to put back: (which, where the old one is).
    Restore(Vec<(Fd, Option<Fd>)>),
    Call {
        positional: Rc<Vec<Rc<str>>>,
        locals: Vec<(Rc<str>, Option<Variable>)>,
        name: Rc<str>,
    },
    Temporary(Vec<(Rc<str>, Option<Variable>)>),
    /// Children the shell waits for; the status is the last one's.
    Children {
        pids: Vec<Pid>,
        ended: Vec<(Pid, i32, Option<Signal>)>,
        tested: bool,
    },
    Substitution {
        fd: Option<Fd>,
        pid: Pid,
        output: Vec<u8>,
    },
    Read(Box<super::builtins::read::Reading>),
    /// `wait`: for one job's process or for all.
    WaitFor {
        pids: Vec<Pid>,
        all: bool,
        status: i32,
    },
    Trap {
        status: i32,
    },
    /// The shell ends with this status: `set -e`, after the ERR trap.
    Leave(i32),
    CheckExit {
        tested: bool,
    },
    Timed {
        posix: bool,
        from: crate::SimTime,
    },
    /// The name in messages, to be put back.
    Called(Option<Rc<str>>),
}

/// What a turn ended with.
pub(crate) enum Flow {
    Next,
    Wait(Wait),
    Again,
    Done(i32),
    Exec(Exec),
}

impl Shell {
    pub(crate) fn step_machine(&mut self, sys: &mut dyn Sys) -> Step {
        if !self.started {
            self.started = true;
            if let Some(code) = self.start(sys) {
                return Step::Done(code);
            }
        }
        while let Some(signal) = sys.take_signal() {
            if self.traps.get(&signal.number()).is_some_and(|t| !t.is_empty()) {
                self.pending.push_back(signal);
                // `wait` is over at once; any other command is waited for.
                if matches!(self.frames.last(), Some(Frame::WaitFor { .. })) {
                    self.frames.pop();
                    self.status = 128 + signal.number();
                }
            } else if signal == Signal::Int {
                self.interrupted = true;
            }
        }
        let mut turns = 0;
        let step = loop {
            turns += 1;
            if turns > TURNS || sys.congested() {
                break Step::Again;
            }
            if self.interrupted && !matches!(self.frames.last(), Some(Frame::Children { .. })) {
                self.interrupted = false;
                if let Flow::Done(code) = self.exit(sys, 130) {
                    break Step::Done(code);
                }
            }
            if !self.pending.is_empty() && self.at_boundary() {
                self.run_trap();
            }
            match self.turn(sys) {
                Flow::Next => {}
                Flow::Wait(wait) => break Step::Wait(wait),
                Flow::Again => break Step::Again,
                Flow::Done(code) => break Step::Done(code),
                Flow::Exec(exec) => break Step::Exec(exec),
            }
        };
        sys.burn(turns);
        step
    }
    fn at_boundary(&self) -> bool {
        !matches!(
            self.frames.last(),
            Some(Frame::Children { .. } | Frame::Substitution { .. } | Frame::Read(_) | Frame::Restore(_) | Frame::CheckExit { .. } | Frame::Simple(_))
        )
    }

    pub(crate) fn turn(&mut self, sys: &mut dyn Sys) -> Flow {
        if self.frames.len() > MAX_FRAMES {
            self.complain(sys, "too many nested calls");
            return self.exit(sys, 2);
        }
        let Some(frame) = self.frames.pop() else {
            if self.exiting.is_none() {
                return self.exit(sys, self.status);
            }
            return Flow::Done(self.exiting.unwrap_or(self.status));
        };
        match frame {
            Frame::Script { mut reader, source, tested } => {
                let from = reader.position();
                // Only what is read from a file is shown by `set -v`.
                let shows = self.options.verbose && (matches!(source, Source::Dot(_)) || source == Source::Main && !self.options.from_string);
                match reader.next(&self.aliases) {
                    Err(mistake) => {
                        if shows {
                            let _ = sys.write(2, reader.slice(from, reader.position()));
                        }
                        self.line = mistake.line;
                        self.complain_syntax(sys, &mistake.text, &reader, from);
                        self.exit(sys, 2)
                    }
                    Ok(None) => {
                        if let Source::Dot(name) = source {
                            self.command_name = name;
                        }
                        Flow::Next
                    }
                    Ok(Some(node)) => {
                        if shows {
                            let _ = sys.write(2, reader.slice(from, reader.position()));
                        }
                        let last = reader.ended;
                        let exec = last && source == Source::Main && !self.may_trap();
                        self.frames.push(Frame::Script { reader, source, tested });
                        if !self.options.no_exec {
                            self.frames.push(Frame::Run { node, tested, exec });
                        }
                        Flow::Next
                    }
                }
            }
            Frame::Run { node, tested, exec } => self.begin(sys, node, tested, exec),
            Frame::List { node, next, tested, exec } => {
                if let Command::List(items) = &*node
                    && let Some(item) = items.get(next)
                {
                    let item = item.clone();
                    let last = next + 1 == items.len();
                    if !last {
                        self.frames.push(Frame::List { node, next: next + 1, tested, exec });
                    }
                    self.frames.push(Frame::Run { node: item, tested, exec: exec && last });
                }
                Flow::Next
            }
            Frame::AndOr { node, tested, exec } => {
                if let Command::AndOr { and, right, .. } = &*node
                    && *and == (self.status == 0)
                {
                    self.frames.push(Frame::Run { node: right.clone(), tested, exec });
                }
                Flow::Next
            }
            Frame::Negate => {
                self.status = i32::from(self.status == 0);
                Flow::Next
            }
            Frame::If { node, tested, exec } => {
                if let Command::If { then, otherwise, .. } = &*node {
                    if self.status == 0 {
                        self.frames.push(Frame::Run { node: then.clone(), tested, exec });
                    } else if let Some(otherwise) = otherwise {
                        self.frames.push(Frame::Run { node: otherwise.clone(), tested, exec });
                    } else {
                        self.status = 0;
                    }
                }
                Flow::Next
            }
            Frame::Loop { node, in_test, tested, last } => {
                let Command::Loop { until, test, body } = &*node else { return Flow::Next };
                if in_test {
                    if (self.status == 0) == *until {
                        self.status = last;
                        return Flow::Next;
                    }
                    let body = body.clone();
                    self.frames.push(Frame::Loop { node, in_test: false, tested, last });
                    self.frames.push(Frame::Run { node: body, tested, exec: false });
                } else {
                    let test = test.clone();
                    let last = self.status;
                    self.frames.push(Frame::Loop { node, in_test: true, tested, last });
                    self.frames.push(Frame::Run { node: test, tested: true, exec: false });
                }
                Flow::Next
            }
            Frame::For { node, mut progress, next, tested, last } => {
                let Command::For { name, words, body, .. } = &*node else { return Flow::Next };
                let index = if let Some(index) = next {
                    index
                } else {
                    let result = if let Some(words) = words {
                        self.fields(sys, &mut progress, words)
                    } else {
                        progress.out = (*self.positional).clone();
                        Ok(())
                    };
                    if let Err(stop) = result {
                        self.frames.push(Frame::For { node: node.clone(), progress, next, tested, last });
                        return self.stopped(sys, stop);
                    }
                    self.status = 0;
                    0
                };
                let Some(value) = progress.out.get(index).cloned() else { return Flow::Next };
                if let Err(message) = self.set(name, value) {
                    return self.fail(sys, &message);
                }
                let body = body.clone();
                self.frames.push(Frame::For { node: node.clone(), progress, next: Some(index + 1), tested, last });
                self.frames.push(Frame::Run { node: body, tested, exec: false });
                Flow::Next
            }
            Frame::ForArithmetic { node, mut progress, place, tested, last } => {
                let Command::ForArithmetic { start, test, step, body } = &*node else { return Flow::Next };
                let word = match place {
                    0 => start,
                    1 => test,
                    _ => step,
                };
                let value = match word {
                    None => 1,
                    Some(word) => {
                        progress.log.rewind();
                        let text = match self.text(sys, &mut progress.log, word, false) {
                            Ok(text) => text,
                            Err(stop) => {
                                self.frames.push(Frame::ForArithmetic { node: node.clone(), progress, place, tested, last });
                                return self.stopped(sys, stop);
                            }
                        };
                        progress.step();
                        match self.evaluate(sys, &text) {
                            Ok(value) => value,
                            Err(message) => return self.fail(sys, &message),
                        }
                    }
                };
                match place {
                    1 if value == 0 => self.status = last,
                    1 => {
                        let body = body.clone();
                        self.frames.push(Frame::ForArithmetic { node: node.clone(), progress, place: 2, tested, last });
                        self.frames.push(Frame::Run { node: body, tested, exec: false });
                    }
                    _ => {
                        let last = if place == 2 { self.status } else { 0 };
                        self.frames.push(Frame::ForArithmetic { node: node.clone(), progress, place: 1, tested, last });
                    }
                }
                Flow::Next
            }
            Frame::Case { node, progress, value, branch, pattern, tested, exec } => self.case(sys, node, progress, value, (branch, pattern), tested, exec),
            Frame::Arithmetic { node, mut progress, tested } => {
                let Command::Arithmetic(word) = &*node else { return Flow::Next };
                progress.log.rewind();
                match self.text(sys, &mut progress.log, word, false) {
                    Ok(text) => match self.evaluate(sys, &text) {
                        Ok(value) => {
                            self.status = i32::from(value == 0);
                            self.check_exit(sys, tested)
                        }
                        Err(message) => {
                            self.complain(sys, &message);
                            self.status = 1;
                            self.check_exit(sys, tested)
                        }
                    },
                    Err(stop) => {
                        self.frames.push(Frame::Arithmetic { node: node.clone(), progress, tested });
                        self.stopped(sys, stop)
                    }
                }
            }
            Frame::Test { node, progress, tested, place, first } => self.test_frame(sys, node, progress, tested, place, first),
            Frame::TestRest { node } => {
                match &*node {
                    Test::And(_, right) if self.status == 0 => self.push_test(right.clone()),
                    Test::Or(_, right) if self.status != 0 => self.push_test(right.clone()),
                    Test::Not(_) => self.status = i32::from(self.status == 0),
                    _ => {}
                }
                Flow::Next
            }
            Frame::Simple(state) => self.simple(sys, state),
            Frame::Redirected { node, state, tested, exec } => self.redirected(sys, node, state, tested, exec),
            Frame::Children { pids, ended, tested } => self.children(sys, pids, ended, tested),
            Frame::Substitution { fd, pid, output } => self.substitution(sys, fd, pid, output),
            Frame::Read(reading) => self.reading(sys, reading),
            Frame::WaitFor { pids, all, status } => self.wait_for(sys, pids, all, status),
            Frame::CheckExit { tested } => self.check_exit(sys, tested),
            Frame::Leave(status) => self.exit(sys, status),
            Frame::Timed { posix, from } => {
                let ms = sys.now().since(from);
                let text = if posix {
                    format!("real {}.{:02}\nuser 0.00\nsys 0.00\n", ms / 1000, ms % 1000 / 10)
                } else {
                    format!("\nreal\t{}m{}.{:03}s\nuser\t0m0.000s\nsys\t0m0.000s\n", ms / 60_000, ms / 1000 % 60, ms % 1000)
                };
                sys.err(&text);
                Flow::Next
            }
            other => {
                self.clean(sys, other);
                Flow::Next
            }
        }
    }

    /// A mistake in the script, in the shell's own words.
    fn complain_syntax(&mut self, sys: &mut dyn Sys, text: &str, reader: &Reader, from: usize) {
        let (what, expecting) = match text.strip_prefix("unexpected ") {
            Some(rest) => match rest.split_once(" (expecting ") {
                Some((what, expecting)) => (Some(what), Some(expecting.trim_end_matches(')'))),
                None => (Some(rest), None),
            },
            None => (None, None),
        };
        match (self.dialect, what) {
            (super::Dialect::Ash, _) => self.complain(sys, &format!("syntax error: {text}")),
            (super::Dialect::Dash, Some(what)) => {
                let expecting = expecting.map_or(String::new(), |e| format!(" (expecting {e})"));
                self.complain(sys, &format!("Syntax error: {what} unexpected{expecting}"));
            }
            (super::Dialect::Dash, None) => {
                let mut chars = text.chars();
                let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
                self.complain(sys, &format!("Syntax error: {first}{}", chars.as_str()));
            }
            (super::Dialect::Bash, _) => {
                let place = if self.options.from_string && self.command_name.is_none() { "-c: " } else { "" };
                let head = format!("{}: {place}line {}: ", self.name, self.line);
                match what {
                    Some("end of file") => sys.err(&format!("{head}syntax error: unexpected end of file\n")),
                    Some(what) => {
                        let token = what.trim_matches('"');
                        let line = String::from_utf8_lossy(reader.slice(from, reader.position())).lines().last().unwrap_or("").to_owned();
                        sys.err(&format!("{head}syntax error near unexpected token `{token}'\n{head}`{line}'\n"));
                    }
                    None if text.starts_with("bad substitution") => sys.err(&format!("{head}bad substitution\n")),
                    None => sys.err(&format!("{head}unexpected EOF while looking for matching `\"'\n")),
                }
            }
        }
    }
}
