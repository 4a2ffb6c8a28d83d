//! `wait`, `kill`, `jobs`.
#![expect(clippy::format_push_string, clippy::format_collect, clippy::assigning_clones, clippy::option_option, reason = "short lists, printed at once")]

use crate::{
    Signal,
    program::{Child, Pid, Sys, Wait},
    shell::{
        Shell,
        machine::{Flow, Frame},
    },
};
use std::rc::Rc;

impl Shell {
    /// A process number, or a job's by `%N`.
    fn target(&self, text: &str) -> Option<Option<i64>> {
        if let Some(job) = text.strip_prefix('%') {
            let found = match job.parse::<u32>() {
                Ok(n) => self.jobs.iter().find(|j| j.number == n),
                Err(_) => self.jobs.last(),
            };
            return Some(found.and_then(|j| j.pids.first()).map(|p| i64::from(*p)));
        }
        text.parse::<i64>().ok().map(Some)
    }

    pub(super) fn wait(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        if args.is_empty() {
            let pids = self.jobs.iter().flat_map(|j| j.pids.iter().copied()).collect();
            return self.wait_for(sys, pids, true, 0);
        }
        if !self.is_bash()
            && let Some(letter) = args.first().and_then(|a| a.strip_prefix('-')).and_then(|a| a.chars().next())
            && letter != 'n'
        {
            return self.illegal(sys, "wait", letter, false);
        }
        if args.first().is_some_and(|a| &**a == "-n") {
            let pids: Vec<Pid> = self.jobs.iter().flat_map(|j| j.pids.iter().copied()).collect();
            self.frames.push(Frame::WaitFor { pids, all: false, status: -1 });
            return Flow::Next;
        }
        let mut pids = Vec::new();
        for a in args {
            match self.target(a) {
                None => return self.refuse(sys, "wait", &format!("Illegal number: {a}"), false),
                Some(None) => {
                    self.complain_as(sys, "wait", &format!("{a}: no such job"));
                    self.status = 2;
                    return Flow::Next;
                }
                Some(Some(pid)) => pids.push(Pid::try_from(pid).unwrap_or(0)),
            }
        }
        self.wait_for(sys, pids, false, 0)
    }
    /// Looks how the jobs are; `true` where a process has not ended yet.
    fn poll(&mut self, sys: &mut dyn Sys, pid: Pid, say: bool) -> Option<(i32, bool)> {
        let known = self.jobs.iter().find_map(|j| j.ended.iter().find(|e| e.0 == pid).map(|e| e.1));
        if let Some(code) = known {
            return Some((code, true));
        }
        match sys.child(Some(pid)) {
            Child::Running => None,
            Child::None => Some((127, false)),
            Child::Ended { code, signal, .. } => {
                if say {
                    self.announce(sys, signal);
                }
                if let Some(job) = self.jobs.iter_mut().find(|j| j.pids.contains(&pid)) {
                    job.ended.push((pid, code, signal));
                }
                Some((code, true))
            }
        }
    }
    pub(crate) fn wait_for(&mut self, sys: &mut dyn Sys, pids: Vec<Pid>, all: bool, status: i32) -> Flow {
        if status < 0 {
            // `wait -n`
            for pid in &pids {
                let ended_before = self.jobs.iter().any(|j| j.ended.iter().any(|e| e.0 == *pid));
                if ended_before {
                    continue;
                }
                if let Some((code, _)) = self.poll(sys, *pid, true) {
                    self.status = code;
                    return Flow::Next;
                }
            }
            let left = pids.iter().any(|p| !self.jobs.iter().any(|j| j.ended.iter().any(|e| e.0 == *p)));
            if !left {
                self.status = 127;
                return Flow::Next;
            }
            self.frames.push(Frame::WaitFor { pids, all, status });
            return Flow::Wait(Wait::child());
        }
        let mut last = 0;
        for pid in &pids {
            if let Some((code, _)) = self.poll(sys, *pid, !all) {
                last = code;
            } else {
                self.frames.push(Frame::WaitFor { pids, all, status });
                return Flow::Wait(Wait::child());
            }
        }
        self.status = if all { 0 } else { last };
        if !all {
            self.jobs.retain(|j| !j.pids.iter().all(|p| pids.contains(p)));
        }
        Flow::Next
    }

    /// `fg`, `bg`: a script has no job control.
    pub(super) fn no_job_control(&mut self, sys: &mut dyn Sys, name: &str, args: &[Rc<str>]) -> Flow {
        if self.is_bash() {
            self.complain_as(sys, name, "no job control");
            self.status = 1;
            return Flow::Next;
        }
        let job = args.first().map_or("%%", |a| a);
        let known = matches!(self.target(job), Some(Some(_)));
        let text = match (known, args.first()) {
            (true, _) => "job (null) not created under job control".to_owned(),
            (false, None) => "No current job".to_owned(),
            (false, Some(job)) => format!("{job}: no such job"),
        };
        self.refuse(sys, name, &text, false)
    }

    pub(super) fn jobs_builtin(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        let (letters, named) = match Self::letters(args, if self.is_bash() { "lpnrs" } else { "lp" }) {
            Ok(found) => found,
            Err(letter) => return self.illegal(sys, "jobs", letter, false),
        };
        let mut only = Vec::new();
        for job in named {
            match self.target(job) {
                Some(Some(pid)) => only.push(pid as Pid),
                _ => return self.refuse(sys, "jobs", &format!("{job}: no such job"), false),
            }
        }
        let last = self.jobs.last().map(|j| j.number);
        let previous = self.jobs.iter().rev().nth(1).map(|j| j.number);
        let mut text = String::new();
        let all: Vec<(u32, Vec<Pid>)> = self.jobs.iter().map(|j| (j.number, j.pids.clone())).collect();
        let mut done = Vec::new();
        // The current job comes first.
        for (number, pids) in all.into_iter().rev() {
            if !only.is_empty() && !pids.iter().any(|p| only.contains(p)) {
                continue;
            }
            let first = pids.first().copied().unwrap_or(0);
            let mut state = "Done".to_owned();
            for pid in pids {
                match self.poll(sys, pid, false) {
                    None => state = "Running".to_owned(),
                    Some((_, false)) if self.is_subshell => state = "Running".to_owned(),
                    Some((code, _)) => {
                        let signal = self.jobs.iter().flat_map(|j| &j.ended).find(|e| e.0 == pid).and_then(|e| e.2);
                        if let Some(signal) = signal {
                            state = signal.description().to_owned();
                        } else if code != 0 {
                            state = format!("Done({code})");
                        }
                    }
                }
            }
            if state != "Running" {
                done.push(number);
            }
            let mark = if Some(number) == last {
                '+'
            } else if Some(number) == previous {
                '-'
            } else {
                ' '
            };
            if letters.contains('p') {
                text.push_str(&format!("{first}\n"));
                continue;
            }
            let pid = if letters.contains('l') { format!("{first} ") } else { String::new() };
            let head = format!("[{number}]{mark}  {pid}{state}");
            text.push_str(&format!("{head:<33}\n"));
        }
        self.jobs.retain(|j| !done.contains(&j.number));
        self.print(sys, "jobs", text.as_bytes());
        Flow::Next
    }

    pub(super) fn kill(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        let mut rest = args;
        let mut signal = Some(Signal::Term);
        let Some(first) = rest.first().cloned() else {
            self.kill_says(sys, "you need to specify whom to kill");
            return Flow::Next;
        };
        if &*first == "-l" || &*first == "-L" {
            return self.kill_list(sys, rest.get(1..).unwrap_or_default());
        }
        if first.len() > 1 && first.starts_with('-') && &*first != "--" {
            let name: Rc<str> = if &*first == "-s" || &*first == "-n" {
                rest = rest.get(1..).unwrap_or_default();
                rest.first().cloned().unwrap_or_else(|| "".into())
            } else {
                first[1..].into()
            };
            rest = rest.get(1..).unwrap_or_default();
            if &*name == "0" {
                signal = None;
            } else if let Some(s) = Signal::parse(&name) {
                signal = Some(s);
            } else {
                self.kill_says(sys, &format!("bad signal name '{name}'"));
                return Flow::Next;
            }
        }
        if rest.first().is_some_and(|a| &**a == "--") {
            rest = &rest[1..];
        }
        if rest.is_empty() {
            self.kill_says(sys, "you need to specify whom to kill");
            return Flow::Next;
        }
        let mut code = 0;
        for target in rest {
            let Some(Some(pid)) = self.target(target) else {
                if self.is_bash() {
                    self.complain_as(sys, "kill", &format!("{target}: arguments must be process or job IDs"));
                } else {
                    self.kill_says(sys, &format!("invalid number '{target}'"));
                }
                code = 1;
                continue;
            };
            if let Err(errno) = sys.kill(pid, signal) {
                if self.is_bash() {
                    self.complain_as(sys, "kill", &format!("({pid}) - {}", errno.text()));
                } else {
                    self.kill_says(sys, &format!("can't kill pid {pid}: {}", errno.text()));
                }
                code = 1;
            }
        }
        self.status = code;
        // A signal to the shell itself is judged when its step is over.
        Flow::Again
    }
    fn kill_says(&mut self, sys: &mut dyn Sys, text: &str) {
        self.complain_plain(sys, "kill", text);
        self.status = 1;
    }
    fn kill_list(&mut self, sys: &mut dyn Sys, args: &[Rc<str>]) -> Flow {
        if args.is_empty() {
            let text: String = Signal::ALL.iter().map(|(_, n, name)| format!("{n:>2}) {name}\n")).collect();
            self.print(sys, "kill", text.as_bytes());
        }
        for a in args {
            let line = match a.parse::<i32>() {
                Ok(n) => Signal::parse(&(n & 127).to_string()).map(|s| s.name().to_owned()),
                Err(_) => Signal::parse(a).map(|s| s.number().to_string()),
            };
            match line {
                Some(line) => self.print(sys, "kill", format!("{line}\n").as_bytes()),
                None => self.kill_says(sys, &format!("unknown signal '{a}'")),
            }
        }
        Flow::Next
    }
}
