//! Children the shell waits for, and what `$(…)` prints.

use super::{Flow, Frame, Stop};
use crate::{
    Signal,
    program::{Child, Errno, Fd, Pid, Sys, Wait},
    shell::{Dialect, Shell},
};
use std::rc::Rc;

impl Shell {
    pub(super) fn children(&mut self, sys: &mut dyn Sys, mut pids: Vec<Pid>, mut ended: Vec<(Pid, i32, Option<Signal>)>, tested: bool) -> Flow {
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
                child.options.exit_on_error &= self.dialect == Dialect::Dash;
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
    pub(super) fn substitution(&mut self, sys: &mut dyn Sys, fd: Option<Fd>, pid: Pid, mut output: Vec<u8>) -> Flow {
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
}
