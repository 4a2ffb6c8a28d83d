//! Processes: their making and their end.

use super::{Kernel, ProcId, walk::Cred};
use crate::{
    Happening, Signal, SimTime, TaskId, TaskOutcome,
    program::{Disposition, Env, Errno, Fd, Pid, Program, Wait},
};
use std::{collections::VecDeque, rc::Rc};

/// The most processes of one container.
const MAX_PROCESSES: usize = 1000;

/// What a process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// In the ready queue.
    Ready,
    /// Being stepped.
    Running,
    /// Waiting for what its `wait` says.
    Waiting,
    /// Waiting for a pipe to take its output.
    Writing,
    /// Used too much CPU at this instant; goes on a little later.
    Throttled,
}

/// A process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) container: u32,
    pub(crate) sandbox: u32,
    pub(crate) pid: Pid,
    pub(crate) pid_space: u32,
    pub(crate) parent: Option<ProcId>,
    pub(crate) program: Option<Box<dyn Program>>,
    pub(crate) argv: Rc<[Rc<str>]>,
    pub(crate) env: Rc<Env>,
    pub(crate) cwd: Rc<str>,
    pub(crate) cred: Rc<Cred>,
    pub(crate) umask: u32,
    pub(crate) fds: Vec<Option<u32>>,
    pub(crate) state: State,
    pub(crate) wait: Wait,
    /// Number of the current wait; older waiters are void.
    pub(crate) wait_number: u64,
    pub(crate) timer: Option<(SimTime, u64)>,
    /// Output that a pipe could not take yet.
    pub(crate) pending: VecDeque<(u32, Vec<u8>)>,
    /// It ends with this as soon as its output is written.
    pub(crate) finishing: Option<i32>,
    /// Killed while it was being stepped.
    pub(crate) killed: Option<Signal>,
    pub(crate) signals: VecDeque<Signal>,
    pub(crate) ignored: u32,
    pub(crate) zombies: Vec<(Pid, i32, Option<Signal>)>,
    pub(crate) children: Vec<ProcId>,
    pub(crate) task: Option<u32>,
    pub(crate) started: SimTime,
    pub(crate) instant: SimTime,
    pub(crate) spent: u32,
    /// How often in a row it was throttled.
    pub(crate) slices: u32,
}

impl Process {
    pub(crate) fn ignores(&self, signal: Signal) -> bool {
        self.ignored & (1 << signal as u32) != 0
    }
    pub(crate) fn open(&self, fd: Fd) -> Result<u32, Errno> {
        self.fds.get(fd as usize).copied().flatten().ok_or(Errno::BadF)
    }
}

/// What a new process starts with.
pub(crate) struct Birth {
    pub(crate) container: u32,
    pub(crate) parent: Option<ProcId>,
    pub(crate) program: Box<dyn Program>,
    pub(crate) argv: Rc<[Rc<str>]>,
    pub(crate) env: Rc<Env>,
    pub(crate) cwd: Rc<str>,
    pub(crate) cred: Rc<Cred>,
    pub(crate) umask: u32,
    /// Open descriptions, already counted for this process.
    pub(crate) fds: Vec<Option<u32>>,
    pub(crate) ignored: u32,
}

impl Kernel {
    /// Makes a process and puts it into the ready queue.
    pub(crate) fn give_birth(&mut self, birth: Birth) -> Result<ProcId, Errno> {
        let Some(c) = self.containers.get(&birth.container) else { return Err(Errno::Srch) };
        if c.processes.len() >= MAX_PROCESSES {
            for open in birth.fds.into_iter().flatten() {
                self.release(open);
            }
            return Err(Errno::Again);
        }
        let (pid_space, sandbox) = (c.pid_space, c.sandbox);
        if self.pid_spaces.get(&pid_space).is_none() {
            self.pid_spaces.insert(pid_space, super::PidSpace::default());
        }
        let Some(space) = self.pid_spaces.get_mut(&pid_space) else { return Err(Errno::Srch) };
        space.next += 1;
        let pid = space.next;
        let now = self.now;
        let id = self.processes.insert(Process {
            container: birth.container,
            sandbox,
            pid,
            pid_space,
            parent: birth.parent,
            program: Some(birth.program),
            argv: birth.argv,
            env: birth.env,
            cwd: birth.cwd,
            cred: birth.cred,
            umask: birth.umask,
            fds: birth.fds,
            state: State::Throttled,
            wait: Wait::default(),
            wait_number: 0,
            timer: None,
            pending: VecDeque::new(),
            finishing: None,
            killed: None,
            signals: VecDeque::new(),
            ignored: birth.ignored,
            zombies: Vec::new(),
            children: Vec::new(),
            task: None,
            started: now,
            instant: now,
            spent: 0,
            slices: 0,
        });
        if let Some(space) = self.pid_spaces.get_mut(&pid_space) {
            space.pids.insert(pid, id);
        }
        if let Some(c) = self.containers.get_mut(&birth.container) {
            c.processes.insert(id);
            if c.instant != now {
                c.instant = now;
                c.spent = 0;
            }
            c.spent += 300;
        }
        if let Some(parent) = birth.parent.and_then(|p| self.processes.get_mut(p)) {
            parent.children.push(id);
        }
        self.make_ready(id);
        Ok(id)
    }

    /// Ends a process at once.
    pub(crate) fn end(&mut self, id: ProcId, code: i32, signal: Option<Signal>) {
        let Some(mut p) = self.processes.remove(id) else { return };
        if let Some((at, number)) = p.timer.take() {
            self.timers.remove(&(at, number, super::Timer::Process(id)));
        }
        for (open, _) in std::mem::take(&mut p.pending) {
            self.release(open);
        }
        for open in std::mem::take(&mut p.fds).into_iter().flatten() {
            self.release(open);
        }
        if let Some(space) = self.pid_spaces.get_mut(&p.pid_space) {
            space.pids.remove(&p.pid);
        }
        let mut is_init = false;
        let mut init = None;
        if let Some(c) = self.containers.get_mut(&p.container) {
            c.processes.remove(&id);
            is_init = c.init == Some(id);
            init = c.init.filter(|i| *i != id);
        }
        // Orphans go to PID 1.
        for child in std::mem::take(&mut p.children) {
            if let Some(orphan) = self.processes.get_mut(child) {
                orphan.parent = init;
                if let Some(i) = init.and_then(|i| self.processes.get_mut(i)) {
                    i.children.push(child);
                }
            }
        }
        if let Some(parent) = p.parent
            && let Some(up) = self.processes.get_mut(parent)
        {
            up.children.retain(|c| *c != id);
            up.zombies.push((p.pid, code, signal));
            if up.wait.child {
                self.make_ready(parent);
            }
        }
        if let Some(task) = p.task {
            self.task_process_ended(task, code);
        }
        if is_init {
            self.container_ended(p.container, code, signal);
        }
    }

    fn task_process_ended(&mut self, task: u32, code: i32) {
        let Some(t) = self.tasks.remove(&task) else { return };
        let text = |only: Option<crate::Stream>| {
            let bytes: Vec<u8> = t.output.iter().filter(|(s, _)| only.is_none_or(|o| o == *s)).flat_map(|(_, b)| b.iter().copied()).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let outcome = TaskOutcome::Exited { code, output: text(None), stdout: text(Some(crate::Stream::Stdout)), stderr: text(Some(crate::Stream::Stderr)) };
        self.report(t.container, Happening::TaskEnded { task: TaskId(task), outcome });
    }

    /// PID 1 is gone: everything else in the container goes too.
    fn container_ended(&mut self, container: u32, code: i32, signal: Option<Signal>) {
        let now = self.now;
        let Some(c) = self.containers.get_mut(&container) else { return };
        c.init = None;
        c.ended = Some((now, code));
        let others: Vec<ProcId> = c.processes.iter().copied().collect();
        for other in others {
            self.end(other, 137, Some(Signal::Kill));
        }
        self.flush_logs(container);
        let Some(c) = self.containers.get(&container) else { return };
        let oom = c.oom;
        let message = c
            .termination_log
            .and_then(|ino| self.sandboxes.get(&c.sandbox)?.files.data(ino).ok())
            .map(|data| {
                let from = data.len().saturating_sub(4096);
                String::from_utf8_lossy(data.get(from..).unwrap_or_default()).into_owned()
            })
            .unwrap_or_default();
        self.report(Some(container), Happening::Exited { code, signal, oom, message });
    }

    /// What a signal does to a process.
    #[expect(clippy::unused_self, reason = "the kernel's say, though today only the process is asked")]
    pub(crate) fn disposition(&self, p: &Process, signal: Signal) -> Disposition {
        if matches!(signal, Signal::Kill | Signal::Stop) {
            return Disposition::Default;
        }
        let own = p.program.as_ref().map_or(Disposition::Default, |program| program.disposition(signal));
        if own == Disposition::Default && p.ignores(signal) { Disposition::Ignore } else { own }
    }
}
