//! What runs when: the ready queue, the timers, the budget of CPU.

use super::{Call, Kernel, ProcId, State, Timer, Waiter};
use crate::{
    Happening, Signal, SimTime,
    program::{Step, Wait},
};

/// Work (about microseconds) a process may do at one instant; then it goes on later.
const BUDGET: u32 = 20_000;
/// The same for all processes of a container together.
const CONTAINER_BUDGET: u64 = 200_000;
/// How long a process that used its budget pauses: what the work would have taken.
const SLICE_MS: u64 = 20;
/// After so many pauses in a row the process is known to burn CPU for nothing.
const PATIENCE: u32 = 50;

impl Kernel {
    /// Puts a process into the ready queue, whatever it waits for.
    pub(crate) fn make_ready(&mut self, id: ProcId) {
        self.sequence += 1;
        let number = self.sequence;
        let Some(p) = self.processes.get_mut(id) else { return };
        if matches!(p.state, State::Ready | State::Running) {
            return;
        }
        p.state = State::Ready;
        p.wait_number = number;
        if let Some((at, n)) = p.timer.take() {
            self.timers.remove(&(at, n, Timer::Process(id)));
        }
        self.ready.push_back(Waiter::Process(id, number));
    }
    /// Lets a process that was just born wait before its first step.
    pub(crate) fn hold_back(&mut self, id: ProcId, ms: u64) {
        let at = self.now + ms;
        if let Some(p) = self.processes.get_mut(id) {
            p.state = State::Throttled;
        }
        self.set_timer(id, at);
    }
    /// Wakes whoever waited, if the wait is still the same.
    pub(crate) fn wake(&mut self, waiters: Vec<Waiter>) {
        for waiter in waiters {
            match waiter {
                Waiter::Process(id, number) => {
                    if self.processes.get(id).is_some_and(|p| p.wait_number == number && matches!(p.state, State::Waiting | State::Writing)) {
                        self.make_ready(id);
                    }
                }
                Waiter::Task(_) => self.ready.push_back(waiter),
            }
        }
    }
    pub(crate) fn set_timer(&mut self, id: ProcId, at: SimTime) {
        self.sequence += 1;
        let key = (at, self.sequence);
        if let Some(p) = self.processes.get_mut(id) {
            if let Some((at, n)) = p.timer.replace(key) {
                self.timers.remove(&(at, n, Timer::Process(id)));
            }
            self.timers.insert((key.0, key.1, Timer::Process(id)));
        }
    }
    pub(crate) fn add_timer(&mut self, at: SimTime, timer: Timer) {
        self.sequence += 1;
        self.timers.insert((at, self.sequence, timer));
    }
    /// When something is due next.
    pub(crate) fn next_wakeup(&self) -> Option<SimTime> {
        if self.ready.is_empty() { self.timers.first().map(|t| t.0) } else { Some(self.now) }
    }
    /// Does everything due at or before a moment, and sets the clock to it.
    pub(crate) fn advance(&mut self, to: SimTime) {
        self.run_ready();
        while let Some(&(at, number, timer)) = self.timers.first() {
            if at > to {
                break;
            }
            self.timers.remove(&(at, number, timer));
            self.now = self.now.max(at);
            match timer {
                Timer::Process(id) => {
                    if let Some(p) = self.processes.get_mut(id)
                        && p.timer == Some((at, number))
                    {
                        p.timer = None;
                        self.make_ready(id);
                    }
                }
                Timer::Connection(id) => self.connection_timer(id),
                Timer::Kill(container) => {
                    if let Some(init) = self.containers.get(&container).and_then(|c| c.init) {
                        self.kill_now(init, crate::Signal::Kill);
                    }
                }
            }
            self.run_ready();
        }
        self.now = self.now.max(to);
    }
    pub(crate) fn run_ready(&mut self) {
        while let Some(waiter) = self.ready.pop_front() {
            match waiter {
                Waiter::Process(id, number) => {
                    if self.processes.get(id).is_some_and(|p| p.state == State::Ready && p.wait_number == number) {
                        self.step(id);
                    }
                }
                Waiter::Task(id) => self.step_request(id),
            }
        }
    }

    fn step(&mut self, id: ProcId) {
        let now = self.now;
        if !self.flush_pending(id) {
            return;
        }
        let Some(p) = self.processes.get_mut(id) else { return };
        if let Some(code) = p.finishing {
            if !self.stays(id) {
                self.end(id, code, None);
            }
            return;
        }
        if p.instant != now {
            p.instant = now;
            p.spent = 0;
        }
        let (spent, container) = (p.spent, p.container);
        let Some(c) = self.containers.get_mut(&container) else { return };
        if c.hung {
            // It waits for ever; a timer or a signal may look at it again, in vain.
            p.state = State::Waiting;
            return;
        }
        if c.instant != now {
            c.instant = now;
            c.spent = 0;
        }
        if spent > BUDGET || c.spent > CONTAINER_BUDGET {
            self.throttle(id);
            return;
        }
        let Some(mut program) = p.program.take() else { return };
        p.state = State::Running;
        let step = program.step(&mut Call { kernel: self, me: id });
        let Some(p) = self.processes.get_mut(id) else { return };
        p.spent += 10;
        let done = p.spent - spent.min(p.spent);
        p.program = Some(program);
        p.state = State::Throttled;
        if let Some(c) = self.containers.get_mut(&container) {
            c.spent += u64::from(done);
        }
        if let Some(signal) = self.processes.get_mut(id).and_then(|p| p.killed.take()) {
            self.end(id, 128 + signal.number(), Some(signal));
            return;
        }
        self.judge_own_signals(id);
        if self.processes.get(id).is_none_or(|p| p.state != State::Throttled) {
            // Gone, or made ready by a signal it handles: what it said is void, except its end.
            if let (Some(p), Step::Done(code)) = (self.processes.get_mut(id), &step) {
                p.finishing = Some(*code & 255);
            }
            if let Step::Exec(exec) = step {
                self.exec(id, &exec);
            }
            return;
        }
        match step {
            Step::Done(code) => {
                let code = code & 255;
                if let Some(p) = self.processes.get_mut(id) {
                    if p.pending.is_empty() {
                        if !self.stays(id) {
                            self.end(id, code, None);
                        }
                    } else {
                        p.finishing = Some(code);
                        self.make_ready(id);
                    }
                }
            }
            Step::Again => self.make_ready(id),
            Step::Exec(exec) => {
                self.exec(id, &exec);
                self.make_ready(id);
            }
            Step::Wait(wait) => self.suspend(id, wait),
        }
    }

    /// Whether this is a PID 1 that was told to stay: it does nothing any more, and does not end.
    fn stays(&mut self, id: ProcId) -> bool {
        let Some(p) = self.processes.get_mut(id) else { return false };
        let Some(c) = self.containers.get_mut(&p.container).filter(|c| c.stays && c.init == Some(id)) else { return false };
        c.hung = true;
        p.state = State::Waiting;
        true
    }

    fn throttle(&mut self, id: ProcId) {
        let now = self.now;
        let Some(p) = self.processes.get_mut(id) else { return };
        p.state = State::Throttled;
        p.slices = p.slices.saturating_add(1);
        let (slices, container) = (p.slices, p.container);
        let pause = match slices {
            0..=PATIENCE => SLICE_MS,
            _ => 1000,
        };
        if slices == 5 {
            self.report(Some(container), Happening::BurningCpu);
        }
        self.set_timer(id, now + pause);
        if slices > PATIENCE
            && let Some(p) = self.processes.get_mut(id)
        {
            // A spinning process gets a tenth from here on, so that hours of it stay cheap.
            p.instant = now + pause;
            p.spent = BUDGET - BUDGET / 10;
        }
    }

    fn suspend(&mut self, id: ProcId, wait: Wait) {
        self.sequence += 1;
        let number = self.sequence;
        let Some(p) = self.processes.get_mut(id) else { return };
        if !p.pending.is_empty() || !p.signals.is_empty() || (wait.child && !p.zombies.is_empty()) {
            p.wait = wait;
            self.make_ready(id);
            return;
        }
        if p.spent < BUDGET / 2 {
            p.slices = 0;
        }
        p.state = State::Waiting;
        p.wait_number = number;
        let opens: Vec<Option<u32>> = wait.readable.iter().map(|fd| p.open(*fd).ok()).collect();
        let until = wait.until;
        p.wait = wait;
        for open in opens {
            if let Some(open) = open {
                if self.watch(open, Waiter::Process(id, number)) {
                    self.make_ready(id);
                    return;
                }
            } else {
                self.make_ready(id);
                return;
            }
        }
        if let Some(at) = until {
            if at <= self.now {
                self.make_ready(id);
            } else {
                self.set_timer(id, at);
            }
        }
    }

    /// Writes what was kept back; `false` where the process must go on waiting (or is gone).
    fn flush_pending(&mut self, id: ProcId) -> bool {
        loop {
            let Some(p) = self.processes.get_mut(id) else { return false };
            let Some((open, mut data)) = p.pending.pop_front() else { return true };
            match self.write_some(open, &data, id) {
                Ok(n) if n < data.len() => {
                    data.drain(..n);
                    self.sequence += 1;
                    let number = self.sequence;
                    if let Some(p) = self.processes.get_mut(id) {
                        p.pending.push_front((open, data));
                        p.state = State::Writing;
                        p.wait_number = number;
                    }
                    self.watch_room(open, Waiter::Process(id, number));
                    return false;
                }
                Err(crate::program::Errno::Pipe) => {
                    self.release(open);
                    let Some(p) = self.processes.get(id) else { return false };
                    if self.disposition(p, Signal::Pipe) == crate::program::Disposition::Default {
                        self.end(id, 128 + Signal::Pipe.number(), Some(Signal::Pipe));
                        return false;
                    }
                }
                Ok(_) | Err(_) => self.release(open),
            }
        }
    }
}
