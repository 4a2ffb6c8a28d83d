//! Signals.

use super::{Kernel, ProcId, State};
use crate::{
    Signal,
    program::{Disposition, Errno},
};

/// Whether a signal does nothing by default.
fn harmless(signal: Signal) -> bool {
    matches!(signal, Signal::Chld | Signal::Cont | Signal::Winch)
}

impl Kernel {
    /// Sends a signal to a process.
    pub(crate) fn send_signal(&mut self, id: ProcId, signal: Signal) {
        let Some(p) = self.processes.get(id) else { return };
        let container = self.containers.get(&p.container);
        let is_init = container.is_some_and(|c| c.init == Some(id)) && p.pid == 1;
        if signal == Signal::Term && container.is_some_and(|c| c.ignores_term && c.init == Some(id)) {
            return;
        }
        if p.state == State::Running && signal != Signal::Kill {
            // It does this to itself: judged when its step is over.
            if let Some(p) = self.processes.get_mut(id) {
                p.signals.push_back(signal);
            }
            return;
        }
        match self.disposition(p, signal) {
            Disposition::Ignore => {}
            Disposition::Handle => {
                if let Some(p) = self.processes.get_mut(id) {
                    p.signals.push_back(signal);
                }
                self.make_ready(id);
            }
            Disposition::Default if harmless(signal) => {}
            Disposition::Default if signal == Signal::Stop => {}
            Disposition::Default if is_init => {}
            Disposition::Default => self.kill_now(id, signal),
        }
    }

    /// Judges the signals a process has sent to itself.
    pub(crate) fn judge_own_signals(&mut self, id: ProcId) {
        let Some(p) = self.processes.get_mut(id) else { return };
        if p.signals.is_empty() {
            return;
        }
        for signal in std::mem::take(&mut p.signals) {
            self.send_signal(id, signal);
        }
    }

    /// Ends a process by a signal, also while it is being stepped.
    pub(crate) fn kill_now(&mut self, id: ProcId, signal: Signal) {
        let Some(p) = self.processes.get_mut(id) else { return };
        if p.state == State::Running {
            p.killed = Some(signal);
            return;
        }
        self.end(id, 128 + signal.number(), Some(signal));
    }

    /// `kill` from one process to others.
    pub(crate) fn kill_from(&mut self, from: ProcId, pid: i64, signal: Option<Signal>) -> Result<(), Errno> {
        let me = self.processes.get(from).ok_or(Errno::Srch)?;
        let space = self.pid_spaces.get(&me.pid_space).ok_or(Errno::Srch)?;
        let targets: Vec<ProcId> = match pid {
            // There are no process groups but the container's own: 0 and negative numbers mean the family.
            -1 => space.pids.iter().filter(|(n, id)| **n != 1 && **id != from).map(|(_, id)| *id).collect(),
            0 => space.pids.values().copied().filter(|id| self.processes.get(*id).is_some_and(|p| p.container == me.container)).collect(),
            n if n < 0 => space.pids.get(&(n.unsigned_abs() as u32)).copied().into_iter().collect(),
            n => u32::try_from(n).ok().and_then(|n| space.pids.get(&n).copied()).into_iter().collect(),
        };
        if targets.is_empty() {
            // A child that ended and was not asked for yet still takes signals.
            let zombie = self.processes.iter().any(|(_, p)| p.pid_space == me.pid_space && p.zombies.iter().any(|z| i64::from(z.0) == pid));
            return if zombie || pid == -1 { Ok(()) } else { Err(Errno::Srch) };
        }
        let uid = me.cred.uid;
        if uid != 0 && targets.iter().all(|t| self.processes.get(*t).is_some_and(|p| p.cred.uid != uid)) {
            return Err(Errno::Perm);
        }
        if let Some(signal) = signal {
            for target in targets {
                let protected = self.processes.get(target).is_some_and(|p| p.pid == 1);
                if !(protected && signal == Signal::Kill) {
                    self.send_signal(target, signal);
                }
            }
        }
        Ok(())
    }
}

impl Signal {
    /// All signals with their Linux numbers.
    pub const ALL: [(Signal, i32, &'static str); 14] = [
        (Signal::Hup, 1, "HUP"),
        (Signal::Int, 2, "INT"),
        (Signal::Quit, 3, "QUIT"),
        (Signal::Abrt, 6, "ABRT"),
        (Signal::Kill, 9, "KILL"),
        (Signal::Usr1, 10, "USR1"),
        (Signal::Segv, 11, "SEGV"),
        (Signal::Usr2, 12, "USR2"),
        (Signal::Pipe, 13, "PIPE"),
        (Signal::Alrm, 14, "ALRM"),
        (Signal::Term, 15, "TERM"),
        (Signal::Chld, 17, "CHLD"),
        (Signal::Cont, 18, "CONT"),
        (Signal::Stop, 19, "STOP"),
    ];
    /// Its number on Linux.
    pub fn number(self) -> i32 {
        if self == Signal::Winch {
            return 28;
        }
        Signal::ALL.iter().find(|(s, ..)| *s == self).map_or(0, |(_, n, _)| *n)
    }
    /// Its name without `SIG`.
    pub fn name(self) -> &'static str {
        if self == Signal::Winch {
            return "WINCH";
        }
        Signal::ALL.iter().find(|(s, ..)| *s == self).map_or("", |(.., name)| name)
    }
    /// From a number, or a name with or without `SIG` in any case.
    pub fn parse(text: &str) -> Option<Signal> {
        if let Ok(number) = text.parse::<i32>() {
            return if number == 28 { Some(Signal::Winch) } else { Signal::ALL.iter().find(|(_, n, _)| *n == number).map(|(s, ..)| *s) };
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        if name == "WINCH" {
            return Some(Signal::Winch);
        }
        Signal::ALL.iter().find(|(.., n)| *n == name).map(|(s, ..)| *s)
    }
    /// What a shell prints when a child was ended by it.
    pub fn description(self) -> &'static str {
        match self {
            Signal::Hup => "Hangup",
            Signal::Int => "Interrupt",
            Signal::Quit => "Quit",
            Signal::Kill => "Killed",
            Signal::Usr1 => "User defined signal 1",
            Signal::Usr2 => "User defined signal 2",
            Signal::Pipe => "Broken pipe",
            Signal::Alrm => "Alarm clock",
            Signal::Term => "Terminated",
            Signal::Chld => "Child exited",
            Signal::Cont => "Continued",
            Signal::Stop => "Stopped (signal)",
            Signal::Abrt => "Aborted",
            Signal::Segv => "Segmentation fault",
            Signal::Winch => "Window changed",
        }
    }
}
