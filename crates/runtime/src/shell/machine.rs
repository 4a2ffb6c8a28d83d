//! The frames of the shell's machine, and what one turn does.
#![expect(
    clippy::too_many_arguments,
    clippy::needless_pass_by_value,
    clippy::assigning_clones,
    clippy::match_same_arms,
    clippy::unused_self,
    reason = "a frame is taken from the stack and given on by value"
)]

use super::{
    Shell,
    ast::{BranchEnd, Command, Test, Word},
    expand::{Progress, Stop},
    pattern,
    reader::Reader,
    variables::Variable,
};
use crate::{
    Signal,
    program::{Child, Errno, Exec, Fd, Pid, Step, Sys, Wait},
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

    fn begin(&mut self, sys: &mut dyn Sys, node: Rc<Command>, tested: bool, exec: bool) -> Flow {
        let progress = Box::<Progress>::default;
        match &*node {
            Command::Nothing => self.status = 0,
            Command::Simple(_) => self.frames.push(Frame::Simple(Box::new(super::run::SimpleState::new(node, tested, exec)))),
            Command::List(_) => self.frames.push(Frame::List { node, next: 0, tested, exec }),
            Command::AndOr { left, .. } => {
                let left = left.clone();
                self.frames.push(Frame::AndOr { node, tested, exec });
                self.frames.push(Frame::Run { node: left, tested: true, exec: false });
            }
            Command::Not(inner) => {
                let inner = inner.clone();
                self.frames.push(Frame::Negate);
                self.frames.push(Frame::Run { node: inner, tested: true, exec: false });
            }
            Command::If { test, .. } => {
                let test = test.clone();
                self.frames.push(Frame::If { node, tested, exec });
                self.frames.push(Frame::Run { node: test, tested: true, exec: false });
            }
            Command::Loop { test, .. } => {
                let test = test.clone();
                self.frames.push(Frame::Loop { node, in_test: true, tested, last: 0 });
                self.frames.push(Frame::Run { node: test, tested: true, exec: false });
            }
            Command::For { line, .. } => {
                self.line = *line;
                self.frames.push(Frame::For { node, progress: progress(), next: None, tested, last: 0 });
            }
            Command::ForArithmetic { .. } => self.frames.push(Frame::ForArithmetic { node, progress: progress(), place: 0, tested, last: 0 }),
            Command::Case { .. } => self.frames.push(Frame::Case { node, progress: progress(), value: None, branch: 0, pattern: 0, tested, exec }),
            Command::Arithmetic(_) => self.frames.push(Frame::Arithmetic { node, progress: progress(), tested }),
            Command::Test(test) => {
                self.frames.push(Frame::CheckExit { tested });
                self.push_test(test.clone());
            }
            Command::Function { name, body } => {
                Rc::make_mut(&mut self.functions).insert(name.clone(), body.clone());
                self.status = 0;
            }
            Command::Redirected(_, _) => self.frames.push(Frame::Redirected { node, state: Box::default(), tested, exec }),
            Command::Timed(inner, posix) => {
                self.frames.push(Frame::Timed { posix: *posix, from: sys.now() });
                if let Some(inner) = inner {
                    self.frames.push(Frame::Run { node: inner.clone(), tested, exec: false });
                }
            }
            Command::Subshell(inner) => {
                if exec && !self.may_trap() {
                    self.is_subshell = true;
                    self.frames.push(Frame::Run { node: inner.clone(), tested, exec: true });
                    return Flow::Next;
                }
                let child = self.child(inner.clone());
                match sys.fork(Box::new(child), &[], &[]) {
                    Ok(pid) => self.frames.push(Frame::Children { pids: vec![pid], ended: Vec::new(), tested }),
                    Err(errno) => return self.no_fork(sys, errno),
                }
            }
            Command::Background(inner) => {
                let mut child = self.child(inner.clone());
                child.background = true;
                let null = sys.open("/dev/null", crate::program::Open::READ).ok();
                let fds: Vec<(Fd, Fd)> = null.iter().map(|n| (0, *n)).collect();
                let closed: Vec<Fd> = null.into_iter().collect();
                let pid = sys.fork(Box::new(child), &fds, &closed);
                for fd in closed {
                    let _ = sys.close(fd);
                }
                match pid {
                    Ok(pid) => {
                        // The place of a job that was waited for is taken again.
                        self.jobs.retain(|j| j.pids.iter().any(|p| !j.ended.iter().any(|e| e.0 == *p)));
                        let number = (1..).find(|n| self.jobs.iter().all(|j| j.number != *n)).unwrap_or(1);
                        self.jobs.push(super::Job { number, pids: vec![pid], ended: Vec::new() });
                        self.last_background = Some(pid);
                        self.status = 0;
                    }
                    Err(errno) => return self.no_fork(sys, errno),
                }
            }
            Command::Pipeline { stages } => {
                let mut pids = Vec::with_capacity(stages.len());
                let mut input: Option<Fd> = None;
                for (index, stage) in stages.iter().enumerate() {
                    let output = (index + 1 < stages.len()).then(|| sys.pipe());
                    let mut fds = Vec::with_capacity(2);
                    fds.extend(input.map(|fd| (0, fd)));
                    fds.extend(output.map(|(_, write)| (1, write)));
                    let child = self.child(stage.clone());
                    let pid = sys.fork(Box::new(child), &fds, &[]);
                    if let Some(fd) = input {
                        let _ = sys.close(fd);
                    }
                    if let Some((_, write)) = output {
                        let _ = sys.close(write);
                    }
                    input = output.map(|(read, _)| read);
                    match pid {
                        Ok(pid) => pids.push(pid),
                        Err(errno) => return self.no_fork(sys, errno),
                    }
                }
                self.frames.push(Frame::Children { pids, ended: Vec::new(), tested });
            }
        }
        Flow::Next
    }
    pub(crate) fn no_fork(&mut self, sys: &mut dyn Sys, errno: Errno) -> Flow {
        self.fail(sys, &format!("can't fork: {}", errno.text()))
    }

    fn case(
        &mut self,
        sys: &mut dyn Sys,
        node: Rc<Command>,
        mut progress: Box<Progress>,
        value: Option<Rc<str>>,
        place: (usize, usize),
        tested: bool,
        exec: bool,
    ) -> Flow {
        let Command::Case { word, branches } = &*node else { return Flow::Next };
        let (mut branch, mut index) = place;
        progress.log.rewind();
        let value = match value {
            Some(value) => value,
            None => match self.text(sys, &mut progress.log, word, false) {
                Ok(text) => {
                    progress.step();
                    progress.log.rewind();
                    self.status = 0;
                    text
                }
                Err(stop) => {
                    self.frames.push(Frame::Case { node: node.clone(), progress, value: None, branch, pattern: index, tested, exec });
                    return self.stopped(sys, stop);
                }
            },
        };
        while let Some(b) = branches.get(branch) {
            let hit = match b.patterns.get(index) {
                // Reached by falling through.
                _ if index == usize::MAX => true,
                None => {
                    branch += 1;
                    index = 0;
                    continue;
                }
                Some(word) => match self.pattern(sys, &mut progress.log, word) {
                    Ok(pattern) => pattern::matches(&pattern, &value),
                    Err(stop) => {
                        self.frames.push(Frame::Case { node: node.clone(), progress, value: Some(value), branch, pattern: index, tested, exec });
                        return self.stopped(sys, stop);
                    }
                },
            };
            progress.step();
            progress.log.rewind();
            if !hit {
                index += 1;
                continue;
            }
            let body = b.body.clone();
            match b.end {
                BranchEnd::Leave => {}
                BranchEnd::FallThrough => {
                    self.frames.push(Frame::Case { node: node.clone(), progress, value: Some(value), branch: branch + 1, pattern: usize::MAX, tested, exec });
                }
                BranchEnd::GoOn => {
                    self.frames.push(Frame::Case { node: node.clone(), progress, value: Some(value), branch: branch + 1, pattern: 0, tested, exec });
                }
            }
            if let Some(body) = body {
                self.frames.push(Frame::Run { node: body, tested, exec: exec && b.end == BranchEnd::Leave });
            }
            return Flow::Next;
        }
        Flow::Next
    }

    fn push_test(&mut self, node: Rc<Test>) {
        match &*node {
            Test::And(left, _) | Test::Or(left, _) | Test::Not(left) => {
                let left = left.clone();
                self.frames.push(Frame::TestRest { node });
                self.push_test(left);
            }
            Test::Unary(..) | Test::Binary(..) => self.frames.push(Frame::Test { node, progress: Box::default(), tested: true, place: 0, first: None }),
        }
    }
    fn test_frame(&mut self, sys: &mut dyn Sys, node: Rc<Test>, mut progress: Box<Progress>, tested: bool, place: u8, first: Option<Rc<str>>) -> Flow {
        progress.log.rewind();
        let word: Option<(&Word, bool)> = match (&*node, place) {
            (Test::Unary(_, w) | Test::Binary(_, w, _), 0) => Some((w, false)),
            (Test::Binary(op, _, w), 1) => Some((w, matches!(&**op, "=" | "==" | "!="))),
            _ => None,
        };
        if let Some((word, is_pattern)) = word {
            let expanded = if is_pattern { self.pattern(sys, &mut progress.log, word).map(Rc::from) } else { self.text(sys, &mut progress.log, word, false) };
            match expanded {
                Err(stop) => {
                    self.frames.push(Frame::Test { node: node.clone(), progress, tested, place, first });
                    return self.stopped(sys, stop);
                }
                Ok(text) => {
                    progress.step();
                    if place == 0 && matches!(&*node, Test::Binary(..)) {
                        self.frames.push(Frame::Test { node: node.clone(), progress, tested, place: 1, first: Some(text) });
                        return Flow::Next;
                    }
                    let result = match &*node {
                        Test::Unary(op, _) if &**op == "-v" => Ok(self.variable(&text).is_some()),
                        Test::Unary(op, _) => super::builtins::test(sys, &[op.clone(), text], false),
                        Test::Binary(op, _, _) => {
                            let left = first.unwrap_or_else(|| "".into());
                            match &**op {
                                "=" | "==" => Ok(pattern::matches(&text, &left)),
                                "!=" => Ok(!pattern::matches(&text, &left)),
                                "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                                    let (a, b) = (self.evaluate(sys, &left), self.evaluate(sys, &text));
                                    match (a, b) {
                                        (Ok(a), Ok(b)) => Ok(match &**op {
                                            "-eq" => a == b,
                                            "-ne" => a != b,
                                            "-lt" => a < b,
                                            "-le" => a <= b,
                                            "-gt" => a > b,
                                            _ => a >= b,
                                        }),
                                        (Err(e), _) | (_, Err(e)) => Err(e),
                                    }
                                }
                                _ => super::builtins::test(sys, &[left, op.clone(), text], true),
                            }
                        }
                        _ => Ok(false),
                    };
                    match result {
                        Ok(yes) => self.status = i32::from(!yes),
                        Err(message) => {
                            self.complain(sys, &message);
                            self.status = 2;
                        }
                    }
                }
            }
        }
        Flow::Next
    }

    fn children(&mut self, sys: &mut dyn Sys, mut pids: Vec<Pid>, mut ended: Vec<(Pid, i32, Option<Signal>)>, tested: bool) -> Flow {
        let mut waiting = false;
        for pid in &pids {
            if ended.iter().any(|e| e.0 == *pid) {
                continue;
            }
            match sys.child(Some(*pid)) {
                Child::Running => waiting = true,
                Child::None => ended.push((*pid, 127, None)),
                Child::Ended { code, signal, .. } => {
                    self.announce(sys, signal);
                    ended.push((*pid, code, signal));
                }
            }
        }
        if waiting {
            self.frames.push(Frame::Children { pids, ended, tested });
            return Flow::Wait(Wait::child());
        }
        let code = |pid: &Pid| ended.iter().find(|e| e.0 == *pid).map_or(0, |e| e.1);
        let last = pids.pop().map_or(0, |p| code(&p));
        self.status = if self.options.pipe_fail && last == 0 { pids.iter().rev().map(code).find(|c| *c != 0).unwrap_or(0) } else { last };
        self.check_exit(sys, tested)
    }
    /// What the shell says of a child that a signal ended.
    pub(crate) fn announce(&self, sys: &mut dyn Sys, signal: Option<Signal>) {
        if let Some(signal) = signal
            && !matches!(signal, Signal::Int | Signal::Pipe)
        {
            sys.err(&format!("{}\n", signal.description()));
        }
    }

    /// Begins `$(…)`, or ends the shell with a message.
    pub(crate) fn stopped(&mut self, sys: &mut dyn Sys, stop: Stop) -> Flow {
        match stop {
            Stop::Fail(message) => self.fail(sys, &message),
            Stop::Command(command) => {
                // bash: `$(<file)` is the file.
                let (read, write) = sys.pipe();
                let mut child = self.child(command);
                // `set -e` does not reach into `$(…)`, except in dash.
                child.options.exit_on_error &= self.dialect == super::Dialect::Dash;
                let pid = sys.fork(Box::new(child), &[(1, write)], &[]);
                let _ = sys.close(write);
                match pid {
                    Ok(pid) => {
                        self.frames.push(Frame::Substitution { fd: Some(read), pid, output: Vec::new() });
                        Flow::Next
                    }
                    Err(errno) => {
                        let _ = sys.close(read);
                        self.no_fork(sys, errno)
                    }
                }
            }
        }
    }
    fn substitution(&mut self, sys: &mut dyn Sys, fd: Option<Fd>, pid: Pid, mut output: Vec<u8>) -> Flow {
        if let Some(fd) = fd {
            loop {
                match sys.read(fd, 1 << 16) {
                    Ok(data) if data.is_empty() => break,
                    Ok(data) => {
                        output.extend(data);
                        if output.len() > 16 << 20 {
                            sys.out_of_memory();
                            return Flow::Again;
                        }
                    }
                    Err(Errno::Again) => {
                        self.frames.push(Frame::Substitution { fd: Some(fd), pid, output });
                        return Flow::Wait(Wait::readable(fd));
                    }
                    Err(_) => break,
                }
            }
            let _ = sys.close(fd);
        }
        match sys.child(Some(pid)) {
            Child::Running => {
                self.frames.push(Frame::Substitution { fd: None, pid, output });
                return Flow::Wait(Wait::child());
            }
            Child::Ended { code, signal, .. } => {
                self.announce(sys, signal);
                self.substitution_status = Some(code);
                // In ash `$?` stays what it was until the command is done.
                if self.is_bash() {
                    self.status = code;
                }
            }
            Child::None => {}
        }
        while output.last() == Some(&b'\n') {
            output.pop();
        }
        output.retain(|b| *b != 0);
        let text: Rc<str> = String::from_utf8_lossy(&output).into();
        match self.frames.last_mut() {
            Some(
                Frame::For { progress, .. }
                | Frame::ForArithmetic { progress, .. }
                | Frame::Case { progress, .. }
                | Frame::Arithmetic { progress, .. }
                | Frame::Test { progress, .. },
            ) => progress.log.push(text),
            Some(Frame::Simple(state)) => state.progress.log.push(text),
            Some(Frame::Redirected { state, .. }) => state.progress.log.push(text),
            _ => {}
        }
        Flow::Next
    }

    // --- leaving -----------------------------------------------------------------------------
    /// `set -e`.
    pub(crate) fn check_exit(&mut self, sys: &mut dyn Sys, tested: bool) -> Flow {
        if self.status == 0 || tested {
            return Flow::Next;
        }
        let inside = self.frames.iter().any(|f| matches!(f, Frame::Call { .. } | Frame::Trap { .. }));
        let trap = self.traps.get(&super::ON_ERROR).filter(|t| !t.is_empty() && !inside && self.exiting.is_none()).cloned();
        if let Some(text) = trap {
            if self.options.exit_on_error {
                self.frames.push(Frame::Leave(self.status));
            }
            self.frames.push(Frame::Trap { status: self.status });
            self.frames.push(Frame::Script { reader: Box::new(Reader::new(&text, 0, self.dialect)), source: Source::Trap, tested: true });
            return Flow::Next;
        }
        if self.options.exit_on_error { self.exit(sys, self.status) } else { Flow::Next }
    }
    /// A mistake that ends a shell which nobody types into.
    pub(crate) fn fail(&mut self, sys: &mut dyn Sys, message: &str) -> Flow {
        self.complain(sys, message);
        self.exit(sys, if self.is_bash() { 1 } else { 2 })
    }
    /// Puts right what a frame has changed.
    pub(crate) fn clean(&mut self, sys: &mut dyn Sys, frame: Frame) {
        match frame {
            Frame::Restore(saved) => super::redirect::restore(sys, saved),
            Frame::Call { positional, locals, .. } => {
                self.positional = positional;
                self.put_back(locals);
            }
            Frame::Temporary(saved) => self.put_back(saved),
            Frame::Substitution { fd: Some(fd), .. } => {
                let _ = sys.close(fd);
            }
            Frame::Trap { status } => self.status = status,
            Frame::Called(name) => self.command_name = name,
            Frame::Script { source: Source::Dot(name), .. } => self.command_name = name,
            _ => {}
        }
    }
    pub(crate) fn put_back(&mut self, saved: Vec<(Rc<str>, Option<Variable>)>) {
        self.env_cache = None;
        for (name, old) in saved.into_iter().rev() {
            let variables = Rc::make_mut(&mut self.variables);
            if let Some(old) = old {
                if variables.insert(name.clone(), old).is_none() {
                    self.order.push(name);
                }
            } else {
                variables.remove(&name);
                self.order.retain(|n| *n != name);
            }
        }
    }
    /// Ends the shell: the EXIT trap runs first.
    pub(crate) fn exit(&mut self, sys: &mut dyn Sys, status: i32) -> Flow {
        while let Some(frame) = self.frames.pop() {
            if !matches!(frame, Frame::Trap { .. }) {
                self.clean(sys, frame);
            }
        }
        self.status = status;
        self.exiting = Some(status);
        self.pending.clear();
        if let Some(text) = self.traps.get(&0).cloned() {
            Rc::make_mut(&mut self.traps).remove(&0);
            self.frames.push(Frame::Script { reader: Box::new(Reader::new(&text, 0, self.dialect)), source: Source::Trap, tested: false });
            return Flow::Next;
        }
        Flow::Done(status)
    }
    /// `break` and `continue`.
    pub(crate) fn leave_loops(&mut self, sys: &mut dyn Sys, levels: usize, again: bool) {
        let is_loop = |f: &Frame| matches!(f, Frame::Loop { .. } | Frame::For { .. } | Frame::ForArithmetic { .. });
        let nest = self.frames.iter().rev().take_while(|f| !matches!(f, Frame::Call { .. })).filter(|f| is_loop(f)).count();
        let mut left = levels.min(nest);
        self.status = 0;
        while left > 0 {
            let Some(frame) = self.frames.pop() else { return };
            if is_loop(&frame) {
                left -= 1;
                if left == 0 && again {
                    // The body counts as done.
                    let frame = match frame {
                        Frame::Loop { node, tested, last, .. } => Frame::Loop { node, in_test: false, tested, last },
                        other => other,
                    };
                    self.frames.push(frame);
                }
                continue;
            }
            self.clean(sys, frame);
        }
    }
    /// `return`; `false` where there is nothing to return from.
    pub(crate) fn leave_function(&mut self, sys: &mut dyn Sys) -> bool {
        let is_target = |f: &Frame| matches!(f, Frame::Call { .. } | Frame::Script { source: Source::Dot(_), .. });
        if !self.frames.iter().any(is_target) {
            return false;
        }
        while let Some(frame) = self.frames.pop() {
            let found = is_target(&frame);
            self.clean(sys, frame);
            if found {
                break;
            }
        }
        true
    }
    pub(crate) fn function_name(&self) -> Rc<str> {
        self.frames.iter().rev().find_map(|f| if let Frame::Call { name, .. } = f { Some(name.clone()) } else { None }).unwrap_or_else(|| "".into())
    }
}
