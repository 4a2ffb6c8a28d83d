//! `/proc`, as much of it as scripts look at.

use super::{Kernel, OpenKind, ProcId};
use crate::{
    SimTime,
    program::{Entry, Errno, Kind, Stat},
};
use std::{fmt::Write as _, rc::Rc};

const FILES: [&str; 9] = ["cmdline", "cpuinfo", "filesystems", "loadavg", "meminfo", "mounts", "stat", "uptime", "version"];
const PID_FILES: [&str; 7] = ["cgroup", "cmdline", "comm", "environ", "limits", "stat", "status"];
const PID_LINKS: [&str; 3] = ["cwd", "exe", "root"];

impl Kernel {
    /// The process a first path part names.
    fn proc_target(&self, process: ProcId, part: &str) -> Option<ProcId> {
        if part == "self" || part == "thread-self" {
            return Some(process);
        }
        let me = self.processes.get(process)?;
        self.pid_spaces.get(&me.pid_space)?.pids.get(&part.parse().ok()?).copied()
    }
    /// The open description behind `PID/fd/N`. `Ok(None)` where the path is none of that kind.
    pub(crate) fn proc_descriptor(&self, process: ProcId, path: &str) -> Result<Option<u32>, Errno> {
        let mut parts = path.split('/');
        let (Some(who), Some("fd"), Some(number), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else { return Ok(None) };
        let target = self.proc_target(process, who).ok_or(Errno::NoEnt)?;
        let fd = number.parse().map_err(|_| Errno::NoEnt)?;
        self.processes.get(target).and_then(|p| p.open(fd).ok()).map(Some).ok_or(Errno::NoEnt)
    }
    pub(crate) fn proc_text(&self, process: ProcId, path: &str) -> Option<Vec<u8>> {
        if let Some((who, file)) = path.split_once('/') {
            if who == "net" || who == "sys" {
                return self.proc_other(process, path);
            }
            let target = self.processes.get(self.proc_target(process, who)?)?;
            return Some(match file {
                "cmdline" => target.argv.iter().flat_map(|a| a.bytes().chain(std::iter::once(0))).collect(),
                "comm" => format!("{}\n", comm(&target.argv)).into_bytes(),
                "environ" => target.env.iter().flat_map(|(k, v)| format!("{k}={v}\0").into_bytes()).collect(),
                "cgroup" => b"0::/\n".to_vec(),
                "limits" => b"Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1048576              1048576              files     \n".to_vec(),
                "stat" => format!("{} ({}) S {} 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 0 0 0\n", target.pid, comm(&target.argv), self.parent_pid(target.parent)).into_bytes(),
                "status" => format!(
                    "Name:\t{}\nUmask:\t{:04o}\nState:\tS (sleeping)\nTgid:\t{}\nPid:\t{}\nPPid:\t{}\nUid:\t{u}\t{u}\t{u}\t{u}\nGid:\t{g}\t{g}\t{g}\t{g}\nVmRSS:\t    1024 kB\nThreads:\t1\n",
                    comm(&target.argv),
                    target.umask,
                    target.pid,
                    target.pid,
                    self.parent_pid(target.parent),
                    u = target.cred.uid,
                    g = target.cred.gid
                )
                .into_bytes(),
                "mounts" | "mountinfo" => self.proc_mounts(process),
                _ => return None,
            });
        }
        let up = self.now.since(SimTime::ZERO) as f64 / 1000.0;
        Some(match path {
            "cmdline" => b"BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet\n".to_vec(),
            "cpuinfo" => (0..2).flat_map(|n| format!("processor\t: {n}\nmodel name\t: virtual\ncpu MHz\t\t: 2400.000\n\n").into_bytes()).collect(),
            "filesystems" => b"nodev\tproc\nnodev\ttmpfs\nnodev\toverlay\n\text4\n".to_vec(),
            "loadavg" => b"0.08 0.03 0.01 1/123 45\n".to_vec(),
            "meminfo" => b"MemTotal:       25165824 kB\nMemFree:        20971520 kB\nMemAvailable:   23068672 kB\nBuffers:          131072 kB\nCached:          2097152 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n".to_vec(),
            "mounts" => self.proc_mounts(process),
            "stat" => format!("cpu  100 0 100 10000 0 0 0 0 0 0\nbtime {}\nprocesses 100\n", self.epoch_ms / 1000).into_bytes(),
            "uptime" => format!("{up:.2} {up:.2}\n").into_bytes(),
            "version" => b"Linux version 6.1.0 (builder@podglass) #1 SMP\n".to_vec(),
            _ => return self.proc_other(process, path),
        })
    }
    fn proc_other(&self, process: ProcId, path: &str) -> Option<Vec<u8>> {
        Some(match path {
            "sys/kernel/hostname" => {
                let name = self.processes.get(process).and_then(|p| self.sandboxes.get(&p.sandbox)).map_or("", |s| &s.hostname);
                format!("{name}\n").into_bytes()
            }
            "sys/kernel/ostype" => b"Linux\n".to_vec(),
            "sys/kernel/osrelease" => b"6.1.0\n".to_vec(),
            "sys/net/core/somaxconn" => b"4096\n".to_vec(),
            "sys/net/ipv4/ip_forward" => b"1\n".to_vec(),
            "sys/kernel/random/uuid" => b"6b1c5c9e-3f0a-4b53-8a52-2d3c0c5a7e10\n".to_vec(),
            "net/dev" => b"Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n  eth0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n".to_vec(),
            _ => return None,
        })
    }
    fn proc_mounts(&self, process: ProcId) -> Vec<u8> {
        let mut text = String::new();
        for (path, kind, read_only) in self.mount_list(process) {
            let _ = writeln!(text, "{} {path} {kind} {},relatime 0 0", if kind == "overlay" { "overlay" } else { kind }, if read_only { "ro" } else { "rw" });
        }
        text.into_bytes()
    }
    /// All mounts a process sees.
    pub(crate) fn mount_list(&self, process: ProcId) -> Vec<(Rc<str>, &'static str, bool)> {
        let Some(c) = self.processes.get(process).and_then(|p| self.containers.get(&p.container)) else { return Vec::new() };
        let mut list: Vec<(Rc<str>, &'static str, bool)> = vec![
            ("/".into(), "overlay", c.config.read_only_root),
            ("/proc".into(), "proc", false),
            ("/dev".into(), "tmpfs", false),
            ("/sys".into(), "sysfs", true),
        ];
        for point in c.mount_points.iter().skip(1) {
            let memory = match point.fs {
                super::FsId::Volume(id) => self.volumes.get(&id).is_some_and(|v| matches!(v.kind, crate::VolumeKind::Memory | crate::VolumeKind::Projected)),
                _ => false,
            };
            list.push((point.path.clone(), if memory { "tmpfs" } else { "ext4" }, point.read_only));
        }
        list
    }
    pub(crate) fn parent_pid(&self, parent: Option<ProcId>) -> u32 {
        parent.and_then(|p| self.processes.get(p)).map_or(0, |p| p.pid)
    }
    pub(crate) fn proc_link(&self, process: ProcId, path: &str) -> Option<Rc<str>> {
        if path == "self" {
            return Some(self.processes.get(process)?.pid.to_string().into());
        }
        if path == "mounts" {
            return Some("self/mounts".into());
        }
        if let Ok(Some(open)) = self.proc_descriptor(process, path) {
            return Some(match &self.opens.get(open)?.kind {
                OpenKind::File { path, .. } => path.clone(),
                OpenKind::Device(_) | OpenKind::Silent => "/dev/null".into(),
                OpenKind::Listener(n) | OpenKind::Connection(n, _) => format!("socket:[{}]", 1000 + n).into(),
                OpenKind::PipeRead(n) | OpenKind::PipeWrite(n) => format!("pipe:[{}]", 2000 + n).into(),
                OpenKind::Log(_, stream) => format!("pipe:[{}]", 100 + u32::from(*stream == crate::Stream::Stderr)).into(),
                OpenKind::Text(_) | OpenKind::Capture(..) => "pipe:[99]".into(),
            });
        }
        let (who, link) = path.split_once('/')?;
        let target = self.processes.get(self.proc_target(process, who)?)?;
        match link {
            "cwd" => Some(target.cwd.clone()),
            "root" => Some("/".into()),
            "exe" => Some(target.argv.first()?.clone()),
            _ => None,
        }
    }
    pub(crate) fn stat_proc(&self, process: ProcId, path: &str, follow: bool) -> Result<Stat, Errno> {
        if follow && let Ok(Some(open)) = self.proc_descriptor(process, path) {
            return self.stat_open(open);
        }
        let kind = if !follow && self.proc_link(process, path).is_some() {
            Kind::Link
        } else if self.proc_dir(process, path).is_some() {
            Kind::Directory
        } else if self.proc_text(process, path).is_some() {
            Kind::File
        } else {
            return Err(Errno::NoEnt);
        };
        let mode = match kind {
            Kind::Directory => 0o555,
            Kind::Link => 0o777,
            _ => 0o444,
        };
        Ok(self.plain_stat(kind, mode))
    }
    pub(crate) fn plain_stat(&self, kind: Kind, mode: u32) -> Stat {
        Stat { kind, mode, size: 0, uid: 0, gid: 0, modified: self.now, modified_unix_ms: self.epoch_ms + self.now.0 as i64, inode: 1, device: 3, links: 1 }
    }
    pub(crate) fn stat_open(&self, open: u32) -> Result<Stat, Errno> {
        match &self.opens.get(open).ok_or(Errno::BadF)?.kind {
            OpenKind::File { fs, ino, .. } => self.stat_inode(*fs, *ino),
            OpenKind::Device(_) => Ok(self.plain_stat(Kind::Device, 0o666)),
            OpenKind::Listener(_) | OpenKind::Connection(..) => Ok(self.plain_stat(Kind::Socket, 0o777)),
            _ => Ok(self.plain_stat(Kind::Fifo, 0o600)),
        }
    }
    pub(crate) fn proc_dir(&self, process: ProcId, path: &str) -> Option<Vec<Entry>> {
        let entry = |name: &str, kind| Entry { name: name.into(), kind };
        let me = self.processes.get(process)?;
        let mut list = Vec::new();
        match path.split('/').collect::<Vec<_>>().as_slice() {
            [""] => {
                list.extend(self.pid_spaces.get(&me.pid_space)?.pids.keys().map(|p| entry(&p.to_string(), Kind::Directory)));
                list.extend(FILES.map(|f| entry(f, Kind::File)));
                list.push(entry("net", Kind::Directory));
                list.push(entry("self", Kind::Link));
                list.push(entry("sys", Kind::Directory));
            }
            ["net"] => list.push(entry("dev", Kind::File)),
            ["sys"] => list.extend(["kernel", "net"].map(|n| entry(n, Kind::Directory))),
            ["sys", "kernel"] => list.extend(["hostname", "osrelease", "ostype"].map(|n| entry(n, Kind::File))),
            [who] => {
                self.proc_target(process, who)?;
                list.push(entry("fd", Kind::Directory));
                list.extend(PID_FILES.map(|f| entry(f, Kind::File)));
                list.extend(PID_LINKS.map(|f| entry(f, Kind::Link)));
            }
            [who, "fd"] => {
                let target = self.processes.get(self.proc_target(process, who)?)?;
                list.extend(target.fds.iter().enumerate().filter(|(_, o)| o.is_some()).map(|(n, _)| entry(&n.to_string(), Kind::Link)));
            }
            _ => return None,
        }
        list.sort_by(|a, b| a.name.cmp(&b.name));
        Some(list)
    }
}

/// The name the kernel keeps: at most fifteen bytes of the program's file name.
fn comm(argv: &[Rc<str>]) -> &str {
    let name = argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a));
    name.get(..15).unwrap_or(name)
}
