//! From a path to an inode: links, dots, mounts, rights.

use super::{FsId, Kernel, ProcId};
use crate::{
    fs::{Ino, Node, ROOT},
    program::Errno,
};
use std::rc::Rc;

/// The most links a path may lead through.
const MAX_LINKS: u32 = 40;

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cred {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
}

impl Cred {
    /// Whether the bits (4 read, 2 write, 1 execute) are granted.
    pub(crate) fn may(&self, mode: u32, uid: u32, gid: u32, bits: u32) -> bool {
        if self.uid == 0 {
            return bits & 1 == 0 || mode & 0o111 != 0;
        }
        let shift = if self.uid == uid {
            6
        } else if self.gid == gid || self.groups.contains(&gid) {
            3
        } else {
            0
        };
        (mode >> shift) & bits == bits
    }
}

/// What a path leads to.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The tree and inode; `None` where the last name does not exist.
    pub(crate) node: Option<(FsId, Ino)>,
    /// The directory that holds (or would hold) it.
    pub(crate) dir: (FsId, Ino),
    /// Its name there; empty for a root.
    pub(crate) name: Rc<str>,
    /// The absolute path without links and dots.
    pub(crate) path: String,
    /// Which mount of the container.
    pub(crate) mount: u16,
    /// The rest of the path, where it leads into `/proc`.
    pub(crate) proc: Option<String>,
    /// The path ended with a slash.
    pub(crate) slash: bool,
}

#[derive(Debug)]
struct Level {
    fs: FsId,
    ino: Ino,
    mount: u16,
    /// Length of the path before this level.
    before: usize,
}

struct Walker<'a> {
    kernel: &'a Kernel,
    container: &'a super::Container,
    cred: &'a Cred,
    levels: Vec<Level>,
    path: String,
    missing: Option<Rc<str>>,
    proc: Option<String>,
    links: u32,
    /// The last name was crossed as a mount, so its parent entry is another tree's.
    root: (FsId, Ino),
}

impl Walker<'_> {
    fn top(&self) -> (FsId, Ino, u16) {
        self.levels.last().map_or((self.root.0, self.root.1, 0), |l| (l.fs, l.ino, l.mount))
    }
    fn reset(&mut self) {
        self.levels.clear();
        self.path.clear();
    }
    fn walk(&mut self, text: &str, follow_last: bool) -> Result<(), Errno> {
        if text.len() > 4096 {
            return Err(Errno::NameTooLong);
        }
        if text.starts_with('/') {
            self.reset();
        }
        let mut rest = text.split('/').filter(|n| !n.is_empty() && *n != ".").peekable();
        while let Some(name) = rest.next() {
            if self.missing.is_some() {
                return Err(Errno::NoEnt);
            }
            if let Some(proc) = &mut self.proc {
                if name == ".." {
                    match proc.rfind('/') {
                        Some(i) => proc.truncate(i),
                        None if proc.is_empty() => {
                            self.proc = None;
                            self.reset();
                        }
                        None => proc.clear(),
                    }
                } else {
                    if !proc.is_empty() {
                        proc.push('/');
                    }
                    proc.push_str(name);
                }
                continue;
            }
            if name == ".." {
                if let Some(level) = self.levels.pop() {
                    self.path.truncate(level.before);
                }
                continue;
            }
            let (fs, ino, mount) = self.top();
            let tree = if fs == self.root.0 { &self.container.layer } else { self.kernel.tree(fs).ok_or(Errno::NoEnt)? };
            let here = tree.get(ino).ok_or(Errno::NoEnt)?;
            let Node::Dir(entries) = &here.node else { return Err(Errno::NotDir) };
            if self.cred.uid != 0 && !self.cred.may(here.mode, here.uid, here.gid, 1) {
                return Err(Errno::Acces);
            }
            let last = rest.peek().is_none();
            let Some(&child) = entries.get(name) else {
                if !last {
                    return Err(Errno::NoEnt);
                }
                if name.len() > 255 {
                    return Err(Errno::NameTooLong);
                }
                self.missing = Some(name.into());
                break;
            };
            // A link is looked at where nothing is mounted over it.
            let (mut fs, mut child, mut mount) = (fs, child, mount);
            let mut tree = Some(tree);
            if !self.container.mounts.is_empty() {
                while let Some(&index) = self.container.mounts.get(&(fs, child)) {
                    let Some(point) = self.container.mount_points.get(usize::from(index)) else { break };
                    (fs, child, mount) = (point.fs, point.ino, index);
                    tree = self.kernel.tree(fs);
                }
            }
            if let Some(Node::Link(target)) = tree.and_then(|t| t.get(child)).map(|i| &i.node)
                && (!last || follow_last || text.ends_with('/'))
            {
                self.links += 1;
                if self.links > MAX_LINKS {
                    return Err(Errno::Loop);
                }
                let target = target.clone();
                self.walk(&target, true)?;
                continue;
            }
            let before = self.path.len();
            self.path.push('/');
            self.path.push_str(name);
            self.levels.push(Level { fs, ino: child, mount, before });
            if before == 0 && name == "proc" {
                self.proc = Some(String::new());
            }
        }
        Ok(())
    }
}

impl Kernel {
    /// Resolves a path for a process.
    pub(crate) fn find(&self, process: ProcId, path: &str, follow: bool) -> Result<Found, Errno> {
        let p = self.processes.get(process).ok_or(Errno::Srch)?;
        self.find_in(p.container, &p.cred, &p.cwd, path, follow)
    }
    /// Resolves a path in a container.
    pub(crate) fn find_in(&self, container: u32, cred: &Cred, cwd: &str, path: &str, follow: bool) -> Result<Found, Errno> {
        if path.is_empty() {
            return Err(Errno::NoEnt);
        }
        let root = (FsId::Layer(container), ROOT);
        let container = self.containers.get(&container).ok_or(Errno::NoEnt)?;
        let mut w =
            Walker { kernel: self, container, cred, levels: Vec::with_capacity(8), path: String::with_capacity(48), missing: None, proc: None, links: 0, root };
        if !path.starts_with('/') && cwd != "/" {
            w.walk(cwd, true)?;
        }
        w.walk(path, follow)?;
        let slash = path.len() > 1 && path.ends_with('/');
        let (fs, ino, mount) = w.top();
        let mut path = w.path;
        if let Some(proc) = w.proc {
            if !proc.is_empty() {
                path.push('/');
                path.push_str(&proc);
            }
            return Ok(Found { node: Some((fs, ino)), dir: (fs, ino), name: "".into(), path, mount, proc: Some(proc), slash });
        }
        if let Some(name) = w.missing {
            path.push('/');
            path.push_str(&name);
            return Ok(Found { node: None, dir: (fs, ino), name, path, mount, proc: None, slash });
        }
        let (dir, name) = match w.levels.last() {
            None => ((fs, ino), "".into()),
            Some(level) => {
                let dir = w.levels.iter().rev().nth(1).map_or(root, |l| (l.fs, l.ino));
                (dir, Rc::from(path.get(level.before + 1..).unwrap_or("")))
            }
        };
        if path.is_empty() {
            path.push('/');
        }
        Ok(Found { node: Some((fs, ino)), dir, name, path, mount, proc: None, slash })
    }
    /// Whether the tree behind a mount may be written.
    pub(crate) fn writable(&self, container: u32, found: &Found) -> Result<(), Errno> {
        let c = self.containers.get(&container).ok_or(Errno::Srch)?;
        let read_only = c.mount_points.get(usize::from(found.mount)).is_some_and(|m| m.read_only);
        // `/dev` is a file system of its own.
        if read_only && !(found.mount == 0 && found.path.starts_with("/dev/")) { Err(Errno::Rofs) } else { Ok(()) }
    }
    /// The path within the volume behind a mount.
    pub(crate) fn volume_path(&self, container: u32, mount: u16, path: &str) -> Rc<str> {
        let Some(point) = self.containers.get(&container).and_then(|c| c.mount_points.get(usize::from(mount))) else {
            return "".into();
        };
        let rest = path.strip_prefix(&*point.path).unwrap_or(path).trim_start_matches('/');
        match (point.inner.is_empty(), rest.is_empty()) {
            (true, _) => rest.into(),
            (false, true) => point.inner.clone(),
            (false, false) => format!("{}/{rest}", point.inner).into(),
        }
    }
}
