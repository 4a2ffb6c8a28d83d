//! The kernel as a program sees it.

use super::{
    Kernel, OpenKind, ProcId,
    network::{Link, Side},
    process::Birth,
};
use crate::{
    ContainerId, Happening, Signal, SimTime,
    catalogue::Image,
    fs::Node,
    program::{Child, Entry, Env, Errno, Fd, Flavour, LookupError, Open, Pid, ProcessView, Program, Resolution, SocketView, Spawn, Stat, Sys},
};
use std::{net::Ipv4Addr, rc::Rc};

/// The most descriptors of a process.
const MAX_FDS: usize = 1024;

/// A process's access to the kernel while it is stepped.
pub(crate) struct Call<'a> {
    pub(crate) kernel: &'a mut Kernel,
    pub(crate) me: ProcId,
}

impl Call<'_> {
    fn process(&self) -> Option<&super::Process> {
        self.kernel.processes.get(self.me)
    }
    fn process_mut(&mut self) -> Option<&mut super::Process> {
        self.kernel.processes.get_mut(self.me)
    }
    fn container(&self) -> Option<&super::Container> {
        self.kernel.containers.get(&self.process()?.container)
    }
    fn open_of(&self, fd: Fd) -> Result<u32, Errno> {
        self.process().ok_or(Errno::Srch)?.open(fd)
    }
    /// Gives an open description a descriptor.
    fn install(&mut self, open: u32, at_least: Fd) -> Result<Fd, Errno> {
        let Some(p) = self.kernel.processes.get_mut(self.me) else { return Err(Errno::Srch) };
        let from = at_least as usize;
        let free = p.fds.iter().skip(from).position(Option::is_none).map_or_else(|| p.fds.len().max(from), |i| i + from);
        if free >= MAX_FDS {
            self.kernel.release(open);
            return Err(Errno::NoSpc);
        }
        if p.fds.len() <= free {
            p.fds.resize(free + 1, None);
        }
        if let Some(slot) = p.fds.get_mut(free) {
            *slot = Some(open);
        }
        Ok(free as Fd)
    }
    /// The descriptors of a child.
    fn inherit(&mut self, changed: &[(Fd, Fd)], closed: &[Fd]) -> Vec<Option<u32>> {
        let Some(p) = self.process() else { return Vec::new() };
        let mut fds: Vec<Option<u32>> = p.fds.iter().take(10).copied().collect();
        for (to, from) in changed {
            let open = p.open(*from).ok();
            let to = *to as usize;
            if to < MAX_FDS {
                if fds.len() <= to {
                    fds.resize(to + 1, None);
                }
                if let Some(slot) = fds.get_mut(to) {
                    *slot = open;
                }
            }
        }
        for fd in closed {
            if let Some(slot) = fds.get_mut(*fd as usize) {
                *slot = None;
            }
        }
        for open in fds.iter().flatten() {
            self.kernel.retain(*open);
        }
        fds
    }
}

impl Sys for Call<'_> {
    fn args(&self) -> Rc<[Rc<str>]> {
        self.process().map_or_else(|| Rc::from([]), |p| p.argv.clone())
    }
    fn pid(&self) -> Pid {
        self.process().map_or(0, |p| p.pid)
    }
    fn parent(&self) -> Pid {
        self.process().map_or(0, |p| self.kernel.parent_pid(p.parent))
    }
    fn env(&self) -> Rc<Env> {
        self.process().map(|p| p.env.clone()).unwrap_or_default()
    }
    fn cwd(&self) -> Rc<str> {
        self.process().map_or_else(|| "/".into(), |p| p.cwd.clone())
    }
    fn chdir(&mut self, path: &str) -> Result<(), Errno> {
        let stat = self.kernel.stat(self.me, path, true)?;
        if stat.kind != crate::program::Kind::Directory {
            return Err(Errno::NotDir);
        }
        self.kernel.access(self.me, path, 1)?;
        let real = self.kernel.real_path(self.me, path, false)?;
        if let Some(p) = self.process_mut() {
            p.cwd = real;
        }
        Ok(())
    }
    fn user(&self) -> (u32, u32) {
        self.process().map_or((0, 0), |p| (p.cred.uid, p.cred.gid))
    }
    fn groups(&self) -> Vec<u32> {
        self.process().map(|p| p.cred.groups.clone()).unwrap_or_default()
    }
    fn set_user(&mut self, uid: u32, gid: u32) -> Result<(), Errno> {
        let p = self.process_mut().ok_or(Errno::Srch)?;
        if p.cred.uid != 0 && (uid, gid) != (p.cred.uid, p.cred.gid) {
            return Err(Errno::Perm);
        }
        let cred = Rc::make_mut(&mut p.cred);
        (cred.uid, cred.gid) = (uid, gid);
        Ok(())
    }
    fn umask(&self) -> u32 {
        self.process().map_or(0o022, |p| p.umask)
    }
    fn set_umask(&mut self, mask: u32) {
        if let Some(p) = self.process_mut() {
            p.umask = mask & 0o777;
        }
    }
    fn now(&self) -> SimTime {
        self.kernel.now
    }
    fn unix_ms(&self) -> i64 {
        self.kernel.epoch_ms + self.kernel.now.0 as i64
    }
    fn random(&mut self) -> u64 {
        self.kernel.rng.u64(..)
    }
    fn hostname(&self) -> Rc<str> {
        self.process().and_then(|p| self.kernel.sandboxes.get(&p.sandbox)).map_or_else(|| "localhost".into(), |s| s.hostname.clone())
    }
    fn flavour(&self) -> Flavour {
        self.container().map(|c| c.image.flavour).unwrap_or_default()
    }
    fn image(&self) -> Rc<Image> {
        self.container().map(|c| c.image.clone()).unwrap_or_default()
    }
    fn declared_ports(&self) -> Vec<u16> {
        self.container().map(|c| c.config.declared_ports.clone()).unwrap_or_default()
    }
    fn is_init(&self) -> bool {
        self.container().is_some_and(|c| c.config.init)
    }
    fn memory_limit(&self) -> Option<u64> {
        self.container().and_then(|c| c.config.memory_limit)
    }
    fn assume(&mut self, text: &str) {
        if let Some(container) = self.process().map(|p| p.container) {
            self.kernel.assume(container, text);
        }
    }
    fn burn(&mut self, units: u32) {
        if let Some(p) = self.process_mut() {
            p.spent = p.spent.saturating_add(units);
        }
    }
    fn out_of_memory(&mut self) {
        let Some(container) = self.process().map(|p| p.container) else { return };
        if let Some(c) = self.kernel.containers.get_mut(&container) {
            c.oom = true;
            if let Some(init) = c.init {
                self.kernel.kill_now(init, Signal::Kill);
            }
        }
        self.kernel.kill_now(self.me, Signal::Kill);
    }

    fn take_signal(&mut self) -> Option<Signal> {
        self.process_mut()?.signals.pop_front()
    }
    fn kill(&mut self, pid: i64, signal: Option<Signal>) -> Result<(), Errno> {
        self.kernel.kill_from(self.me, pid, signal)
    }
    fn spawn(&mut self, spawn: Spawn) -> Result<Pid, Errno> {
        let p = self.process().ok_or(Errno::Srch)?;
        let (container, cred, ignored, umask) = (p.container, p.cred.clone(), p.ignored, p.umask);
        let env = spawn.env.clone().unwrap_or_else(|| p.env.clone());
        let cwd = spawn.cwd.clone().unwrap_or_else(|| p.cwd.clone());
        let name = spawn.argv.first().cloned().ok_or(Errno::NoEnt)?;
        let path = match spawn.path {
            Some(path) => path,
            None => self.kernel.which(container, &cred, &cwd, &env, &name)?,
        };
        let loaded = self.kernel.load_or_script(container, &cred, &cwd, &path, spawn.argv)?;
        let fds = self.inherit(&spawn.fds, &spawn.closed);
        let ignored = spawn.ignore.iter().fold(ignored, |set, s| set | 1 << *s as u32);
        let birth = Birth { container, parent: Some(self.me), program: loaded.program, argv: loaded.argv, env, cwd, cred, umask, fds, ignored };
        let id = self.kernel.give_birth(birth)?;
        self.burn(300);
        Ok(self.kernel.processes.get(id).map_or(0, |p| p.pid))
    }
    fn fork(&mut self, program: Box<dyn Program>, fds: &[(Fd, Fd)], closed: &[Fd]) -> Result<Pid, Errno> {
        let fds = self.inherit(fds, closed);
        let Some(p) = self.process() else { return Err(Errno::Srch) };
        let birth = Birth {
            container: p.container,
            parent: Some(self.me),
            program,
            argv: p.argv.clone(),
            env: p.env.clone(),
            cwd: p.cwd.clone(),
            cred: p.cred.clone(),
            umask: p.umask,
            fds,
            ignored: p.ignored,
        };
        let id = self.kernel.give_birth(birth)?;
        self.burn(200);
        Ok(self.kernel.processes.get(id).map_or(0, |p| p.pid))
    }
    fn ignore(&mut self, signal: Signal, ignored: bool) {
        if let Some(p) = self.process_mut() {
            let bit = 1 << signal as u32;
            p.ignored = if ignored { p.ignored | bit } else { p.ignored & !bit };
        }
    }
    fn ignores(&self, signal: Signal) -> bool {
        self.process().is_some_and(|p| p.ignores(signal))
    }
    fn child(&mut self, pid: Option<Pid>) -> Child {
        let Some(p) = self.process_mut() else { return Child::None };
        let index = match pid {
            Some(pid) => p.zombies.iter().position(|z| z.0 == pid),
            None => (!p.zombies.is_empty()).then_some(0),
        };
        if let Some(index) = index {
            let (pid, code, signal) = p.zombies.remove(index);
            return Child::Ended { pid, code, signal };
        }
        let children = p.children.clone();
        let runs = match pid {
            None => !children.is_empty(),
            Some(pid) => children.iter().any(|c| self.kernel.processes.get(*c).is_some_and(|c| c.pid == pid)),
        };
        if runs { Child::Running } else { Child::None }
    }
    fn processes(&self) -> Vec<ProcessView> {
        let Some(me) = self.process() else { return Vec::new() };
        let Some(space) = self.kernel.pid_spaces.get(&me.pid_space) else { return Vec::new() };
        let mut list: Vec<ProcessView> = space
            .pids
            .iter()
            .filter_map(|(pid, id)| {
                let p = self.kernel.processes.get(*id)?;
                Some(ProcessView {
                    pid: *pid,
                    parent: self.kernel.parent_pid(p.parent),
                    uid: p.cred.uid,
                    argv: p.argv.clone(),
                    started: p.started,
                    zombie: false,
                })
            })
            .collect();
        for (_, p) in self.kernel.processes.iter().filter(|(_, p)| p.pid_space == me.pid_space) {
            list.extend(p.zombies.iter().map(|z| ProcessView {
                pid: z.0,
                parent: p.pid,
                uid: p.cred.uid,
                argv: Rc::from([]),
                started: p.started,
                zombie: true,
            }));
        }
        list.sort_by_key(|p| p.pid);
        list
    }
    fn which(&self, name: &str) -> Result<Rc<str>, Errno> {
        let p = self.process().ok_or(Errno::Srch)?;
        self.kernel.which(p.container, &p.cred, &p.cwd, &p.env, name)
    }

    fn read(&mut self, fd: Fd, max: usize) -> Result<Vec<u8>, Errno> {
        let open = self.open_of(fd)?;
        self.kernel.read_open(open, max, self.me)
    }
    fn write(&mut self, fd: Fd, data: &[u8]) -> Result<(), Errno> {
        let open = self.open_of(fd)?;
        if data.is_empty() {
            return Ok(());
        }
        self.burn(1 + (data.len() >> 8) as u32);
        let waiting = self.process().is_some_and(|p| !p.pending.is_empty());
        let written = if waiting {
            0
        } else {
            match self.kernel.write_some(open, data, self.me) {
                Err(Errno::Pipe) => {
                    // Network programs ask for no signal when the other end is gone.
                    if !self.ignores(Signal::Pipe) && self.ends(fd).is_err() {
                        self.kernel.kill_now(self.me, Signal::Pipe);
                    }
                    return Err(Errno::Pipe);
                }
                other => other?,
            }
        };
        if written < data.len() {
            self.kernel.retain(open);
            let rest = data.get(written..).unwrap_or_default().to_vec();
            if let Some(p) = self.process_mut() {
                p.pending.push_back((open, rest));
            }
        }
        Ok(())
    }
    fn congested(&self) -> bool {
        self.process().is_some_and(|p| !p.pending.is_empty())
    }
    fn close(&mut self, fd: Fd) -> Result<(), Errno> {
        let open = self.open_of(fd)?;
        if let Some(slot) = self.process_mut().and_then(|p| p.fds.get_mut(fd as usize)) {
            *slot = None;
        }
        self.kernel.release(open);
        Ok(())
    }
    fn dup(&mut self, fd: Fd, at_least: Fd) -> Result<Fd, Errno> {
        let open = self.open_of(fd)?;
        self.kernel.retain(open);
        self.install(open, at_least)
    }
    fn dup2(&mut self, from: Fd, to: Fd) -> Result<(), Errno> {
        let open = self.open_of(from)?;
        if from == to {
            return Ok(());
        }
        if to as usize >= MAX_FDS {
            return Err(Errno::BadF);
        }
        self.kernel.retain(open);
        let old = self.process_mut().and_then(|p| {
            if p.fds.len() <= to as usize {
                p.fds.resize(to as usize + 1, None);
            }
            p.fds.get_mut(to as usize).and_then(|slot| slot.replace(open))
        });
        if let Some(old) = old {
            self.kernel.release(old);
        }
        Ok(())
    }
    fn pipe(&mut self) -> (Fd, Fd) {
        let id = self.kernel.new_pipe(1, 1);
        let r = self.kernel.new_open(OpenKind::PipeRead(id), true, false);
        let w = self.kernel.new_open(OpenKind::PipeWrite(id), false, true);
        (self.install(r, 10).unwrap_or(0), self.install(w, 10).unwrap_or(1))
    }
    fn text(&mut self, text: &[u8]) -> Fd {
        let open = self.kernel.new_open(OpenKind::Text(Rc::new(text.to_vec())), true, false);
        self.install(open, 10).unwrap_or(0)
    }
    fn open(&mut self, path: &str, how: Open) -> Result<Fd, Errno> {
        let open = self.kernel.open(self.me, path, how)?;
        self.install(open, 3)
    }
    fn seek(&mut self, fd: Fd, position: u64) -> Result<(), Errno> {
        let open = self.open_of(fd)?;
        let o = self.kernel.opens.get_mut(open).ok_or(Errno::BadF)?;
        match o.kind {
            OpenKind::File { .. } | OpenKind::Text(_) => {
                o.offset = position;
                Ok(())
            }
            OpenKind::Device(_) => Ok(()),
            _ => Err(Errno::Inval),
        }
    }
    fn position(&self, fd: Fd) -> Option<u64> {
        let o = self.kernel.opens.get(self.open_of(fd).ok()?)?;
        matches!(o.kind, OpenKind::File { .. } | OpenKind::Text(_)).then_some(o.offset)
    }
    fn fstat(&self, fd: Fd) -> Result<Stat, Errno> {
        self.kernel.stat_open(self.open_of(fd)?)
    }
    fn is_terminal(&self, fd: Fd) -> bool {
        let tty = self.container().is_some_and(|c| c.config.tty);
        match self.open_of(fd).ok().and_then(|o| self.kernel.opens.get(o)).map(|o| &o.kind) {
            Some(OpenKind::Device(crate::fs::Device::Tty)) => true,
            Some(OpenKind::Silent | OpenKind::Log(..)) => tty,
            _ => false,
        }
    }

    fn read_file(&mut self, path: &str) -> Result<Rc<Vec<u8>>, Errno> {
        self.kernel.read_file(self.me, path)
    }
    fn write_file(&mut self, path: &str, data: &[u8], append: bool) -> Result<(), Errno> {
        let open = self.kernel.open(self.me, path, if append { Open::APPEND } else { Open::WRITE })?;
        let result = if data.is_empty() { Ok(()) } else { self.kernel.write_some(open, data, self.me).map(|_| ()) };
        self.kernel.release(open);
        result
    }
    fn stat(&self, path: &str) -> Result<Stat, Errno> {
        self.kernel.stat(self.me, path, true)
    }
    fn lstat(&self, path: &str) -> Result<Stat, Errno> {
        self.kernel.stat(self.me, path, false)
    }
    fn read_dir(&self, path: &str) -> Result<Vec<Entry>, Errno> {
        self.kernel.read_dir(self.me, path)
    }
    fn read_link(&self, path: &str) -> Result<Rc<str>, Errno> {
        self.kernel.read_link(self.me, path)
    }
    fn real_path(&self, path: &str, missing_ok: bool) -> Result<Rc<str>, Errno> {
        self.kernel.real_path(self.me, path, missing_ok)
    }
    fn access(&self, path: &str, bits: u32) -> Result<(), Errno> {
        self.kernel.access(self.me, path, bits)
    }
    fn mkdir(&mut self, path: &str, mode: u32) -> Result<(), Errno> {
        self.kernel.mkdir(self.me, path, mode)
    }
    fn unlink(&mut self, path: &str) -> Result<(), Errno> {
        self.kernel.unlink(self.me, path)
    }
    fn rmdir(&mut self, path: &str) -> Result<(), Errno> {
        self.kernel.rmdir(self.me, path)
    }
    fn rename(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        self.kernel.rename(self.me, from, to)
    }
    fn symlink(&mut self, target: &str, path: &str) -> Result<(), Errno> {
        self.kernel.create(self.me, path, Node::Link(target.into()), 0o777)
    }
    fn link(&mut self, from: &str, path: &str) -> Result<(), Errno> {
        self.kernel.link(self.me, from, path)
    }
    fn mkfifo(&mut self, path: &str, mode: u32) -> Result<(), Errno> {
        self.kernel.create(self.me, path, Node::Fifo, mode)
    }
    fn chmod(&mut self, path: &str, mode: u32) -> Result<(), Errno> {
        self.kernel.change(self.me, path, true, true, |i| i.mode = mode & 0o7777)
    }
    fn chown(&mut self, path: &str, uid: Option<u32>, gid: Option<u32>, follow: bool) -> Result<(), Errno> {
        let me = self.user().0;
        if me != 0 && uid.is_some_and(|u| u != me) {
            return Err(Errno::Perm);
        }
        self.kernel.change(self.me, path, follow, true, |i| {
            i.uid = uid.unwrap_or(i.uid);
            i.gid = gid.unwrap_or(i.gid);
        })
    }
    fn set_modified(&mut self, path: &str, unix_ms: i64) -> Result<(), Errno> {
        let now = self.kernel.now;
        let epoch = self.kernel.epoch_ms;
        self.kernel.change(self.me, path, true, false, |i| {
            i.modified = if unix_ms >= epoch { SimTime((unix_ms - epoch) as u64) } else { now };
            i.modified_unix_ms = Some(unix_ms);
        })
    }
    fn truncate(&mut self, path: &str, size: u64) -> Result<(), Errno> {
        self.kernel.truncate_path(self.me, path, size)
    }
    fn mounts(&self) -> Vec<(Rc<str>, &'static str, bool)> {
        self.kernel.mount_list(self.me)
    }

    fn addresses(&self) -> Vec<Ipv4Addr> {
        let own = self.kernel.space_of(self.me).ok().and_then(|s| self.kernel.spaces.get(&s)).map(|s| s.ip);
        std::iter::once(Ipv4Addr::LOCALHOST).chain(own.filter(|ip| !ip.is_loopback())).collect()
    }
    fn listen(&mut self, address: Ipv4Addr, port: u16, dual: bool) -> Result<Fd, Errno> {
        let open = self.kernel.listen(self.me, address, port, dual)?;
        self.install(open, 3)
    }
    fn accept(&mut self, fd: Fd) -> Result<Fd, Errno> {
        let open = self.open_of(fd)?;
        let Some(OpenKind::Listener(id)) = self.kernel.opens.get(open).map(|o| o.kind.clone()) else { return Err(Errno::Inval) };
        let connection = self.kernel.accept(id, self.me)?;
        self.install(connection, 3)
    }
    fn connect(&mut self, address: Ipv4Addr, port: u16) -> Result<Fd, Errno> {
        let space = self.kernel.space_of(self.me)?;
        let container = self.process().map_or(0, |p| p.container);
        let id = self.kernel.connect(space, container, address, port);
        let open = self.kernel.new_open(OpenKind::Connection(id, Side::Client), true, true);
        self.install(open, 3)
    }
    fn connected(&self, fd: Fd) -> Result<bool, Errno> {
        match self.kernel.opens.get(self.open_of(fd)?).map(|o| &o.kind) {
            Some(OpenKind::Connection(id, _)) => match self.kernel.connections.get(*id).ok_or(Errno::NotConn)?.link {
                Link::Open => Ok(true),
                Link::Trying(_) | Link::Opening(_) => Ok(false),
                Link::Failed(errno) => Err(errno),
            },
            _ => Err(Errno::NotConn),
        }
    }
    fn shutdown(&mut self, fd: Fd) -> Result<(), Errno> {
        match self.kernel.opens.get(self.open_of(fd)?).map(|o| o.kind.clone()) {
            Some(OpenKind::Connection(id, side)) => {
                self.kernel.shut(id, side);
                Ok(())
            }
            _ => Err(Errno::NotConn),
        }
    }
    fn ends(&self, fd: Fd) -> Result<((Ipv4Addr, u16), (Ipv4Addr, u16)), Errno> {
        match self.kernel.opens.get(self.open_of(fd)?).map(|o| &o.kind) {
            Some(OpenKind::Connection(id, side)) => {
                let c = self.kernel.connections.get(*id).ok_or(Errno::NotConn)?;
                Ok(if *side == Side::Client { (c.client, c.server) } else { (c.arrived, c.client) })
            }
            _ => Err(Errno::NotConn),
        }
    }
    fn peer_container(&self, fd: Fd) -> Option<ContainerId> {
        let Some(OpenKind::Connection(id, side)) = self.kernel.opens.get(self.open_of(fd).ok()?).map(|o| &o.kind) else { return None };
        let c = self.kernel.connections.get(*id)?;
        let other = if *side == Side::Client { c.server_container } else { c.client_container };
        (other != 0 && other != super::outside::NUMBER).then_some(ContainerId(other))
    }
    fn note_request(&mut self, target: &str, answered_by: Option<ContainerId>, result: &str) {
        let container = self.process().map(|p| p.container);
        self.kernel.report(container, Happening::Requested { target: target.into(), answered_by, result: result.into() });
    }
    fn resolve(&mut self, name: &str) -> Result<Resolution, LookupError> {
        self.kernel.resolve(self.me, name)
    }
    fn services(&mut self, name: &str) -> Vec<(u16, Rc<str>)> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.kernel.network.ports.get(&name).into_iter().flatten().map(|(port, target)| (*port, target.as_str().into())).collect()
    }
    fn query(&mut self, name: &str) -> Result<Resolution, LookupError> {
        let answer = self.kernel.lookup(name);
        self.kernel.note_lookup(self.me, name, answer.as_ref());
        answer.ok_or(LookupError::NotFound)
    }
    fn reachable(&self, address: Ipv4Addr) -> bool {
        self.kernel.reachable(self.me, address)
    }
    fn sockets(&self) -> Vec<SocketView> {
        self.kernel.socket_views(self.me)
    }
}
