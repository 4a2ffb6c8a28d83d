//! What a command begins with.

use super::{Flow, Frame, Progress};
use crate::{
    program::{Errno, Fd, Sys},
    shell::{Job, Shell, ast::Command, run::SimpleState},
};
use std::rc::Rc;

impl Shell {
    pub(super) fn begin(&mut self, sys: &mut dyn Sys, node: Rc<Command>, tested: bool, exec: bool) -> Flow {
        let progress = Box::<Progress>::default;
        match &*node {
            Command::Nothing => self.status = 0,
            Command::Simple(_) => self.frames.push(Frame::Simple(Box::new(SimpleState::new(node, tested, exec)))),
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
                        let number = (1..=self.jobs.len() as u32 + 1).find(|n| self.jobs.iter().all(|j| j.number != *n)).unwrap_or(1);
                        self.jobs.push(Job { number, pids: vec![pid], ended: Vec::new() });
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
}
