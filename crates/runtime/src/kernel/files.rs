//! System calls on paths.

use super::{FsId, Kernel, OpenKind, ProcId, walk::Found};
use crate::{
    Happening, VolumeId,
    fs::{Ino, Inode, Node},
    program::{Entry, Errno, Kind, Open, Stat},
};
use std::{collections::BTreeMap, rc::Rc};

impl Kernel {
    fn container_of(&self, process: ProcId) -> Result<u32, Errno> {
        self.processes.get(process).map(|p| p.container).ok_or(Errno::Srch)
    }
    fn inode(&self, (fs, ino): (FsId, Ino)) -> Result<&Inode, Errno> {
        self.tree(fs).and_then(|t| t.get(ino)).ok_or(Errno::NoEnt)
    }
    fn may(&self, process: ProcId, node: (FsId, Ino), bits: u32) -> Result<(), Errno> {
        let p = self.processes.get(process).ok_or(Errno::Srch)?;
        if p.cred.uid == 0 && bits & 1 == 0 {
            return Ok(());
        }
        let inode = self.inode(node)?;
        if p.cred.may(inode.mode, inode.uid, inode.gid, bits) { Ok(()) } else { Err(Errno::Acces) }
    }
    /// The directory a name shall be changed in, checked for rights.
    fn for_change(&self, process: ProcId, found: &Found) -> Result<(FsId, Ino), Errno> {
        if found.proc.is_some() {
            return Err(Errno::Acces);
        }
        self.writable(self.container_of(process)?, found)?;
        self.may(process, found.dir, 3)?;
        Ok(found.dir)
    }
    fn umask(&self, process: ProcId) -> u32 {
        self.processes.get(process).map_or(0o022, |p| p.umask)
    }

    pub(crate) fn open(&mut self, process: ProcId, path: &str, how: Open) -> Result<u32, Errno> {
        let found = self.find(process, path, true)?;
        let container = self.container_of(process)?;
        if let Some(proc) = &found.proc {
            return self.open_proc(process, proc, how);
        }
        let Some((fs, ino)) = found.node else {
            if !how.create {
                return Err(Errno::NoEnt);
            }
            if found.slash {
                return Err(Errno::IsDir);
            }
            let dir = self.for_change(process, &found)?;
            let (author, mode) = (self.author(process), 0o666 & !self.umask(process));
            let ino = self.tree_mut(dir.0).ok_or(Errno::NoEnt)?.add(dir.1, &found.name, Node::File(Rc::default()), mode, author)?;
            self.file_written(container, dir.0, ino, found.mount, found.path.as_str().into());
            return self.open_inode(container, &found, dir.0, ino, how);
        };
        if how.create && how.exclusive {
            return Err(Errno::Exist);
        }
        let kind = self.inode((fs, ino))?.kind();
        if kind == Kind::Directory && (how.write || how.truncate) {
            return Err(Errno::IsDir);
        }
        if found.slash && kind != Kind::Directory {
            return Err(Errno::NotDir);
        }
        let bits = if how.read { 4 } else { 0 } | if how.write { 2 } else { 0 };
        if how.write && kind == Kind::File {
            self.writable(container, &found)?;
        }
        self.may(process, (fs, ino), bits)?;
        if how.truncate && kind == Kind::File {
            let author = self.author(process);
            self.tree_mut(fs).ok_or(Errno::NoEnt)?.truncate(ino, 0, author)?;
            self.file_written(container, fs, ino, found.mount, found.path.as_str().into());
        }
        if how.read
            && kind == Kind::File
            && let FsId::Volume(volume) = fs
        {
            let volume_path = self.volume_path(container, found.mount, &found.path);
            self.report(Some(container), Happening::FileRead { path: found.path.as_str().into(), volume: VolumeId(volume), volume_path });
        }
        self.open_inode(container, &found, fs, ino, how)
    }

    fn open_proc(&mut self, process: ProcId, proc: &str, how: Open) -> Result<u32, Errno> {
        if let Some(open) = self.proc_descriptor(process, proc)? {
            // A new opening of what is open there. Files start anew, streams are shared.
            let kind = self.opens.get(open).map(|o| o.kind.clone());
            if let Some(OpenKind::File { fs, ino, path, mount, container }) = kind {
                if how.truncate {
                    let author = self.author(process);
                    self.tree_mut(fs).ok_or(Errno::NoEnt)?.truncate(ino, 0, author)?;
                }
                let found = Found { node: Some((fs, ino)), dir: (fs, ino), name: "".into(), path: path.to_string(), mount, proc: None, slash: false };
                return self.open_inode(container, &found, fs, ino, how);
            }
            self.retain(open);
            return Ok(open);
        }
        if how.write {
            return Err(if self.proc_text(process, proc).is_some() { Errno::Acces } else { Errno::NoEnt });
        }
        match self.proc_text(process, proc) {
            Some(text) => Ok(self.new_open(OpenKind::Text(Rc::new(text)), true, false)),
            None if self.proc_dir(process, proc).is_some() => Err(Errno::IsDir),
            None => Err(Errno::NoEnt),
        }
    }

    pub(crate) fn stat(&self, process: ProcId, path: &str, follow: bool) -> Result<Stat, Errno> {
        let found = self.find(process, path, follow)?;
        if let Some(proc) = &found.proc {
            return self.stat_proc(process, proc, follow);
        }
        let (fs, ino) = found.node.ok_or(Errno::NoEnt)?;
        let stat = self.stat_inode(fs, ino)?;
        if found.slash && stat.kind != Kind::Directory {
            return Err(Errno::NotDir);
        }
        Ok(stat)
    }
    pub(crate) fn stat_inode(&self, fs: FsId, ino: Ino) -> Result<Stat, Errno> {
        let inode = self.inode((fs, ino))?;
        let device = match fs {
            FsId::Layer(id) => u64::from(id) << 2,
            FsId::Volume(id) => u64::from(id) << 2 | 1,
            FsId::Sandbox(id) => u64::from(id) << 2 | 2,
        };
        Ok(Stat {
            kind: inode.kind(),
            mode: inode.mode,
            size: inode.size(),
            uid: inode.uid,
            gid: inode.gid,
            modified: inode.modified,
            modified_unix_ms: inode.modified_unix_ms.unwrap_or(self.epoch_ms + inode.modified.0 as i64),
            inode: u64::from(ino),
            device,
            links: inode.links,
        })
    }
    pub(crate) fn read_dir(&self, process: ProcId, path: &str) -> Result<Vec<Entry>, Errno> {
        let found = self.find(process, path, true)?;
        if let Some(proc) = &found.proc {
            return self.proc_dir(process, proc).ok_or(Errno::NotDir);
        }
        let node = found.node.ok_or(Errno::NoEnt)?;
        let entries = self.tree(node.0).ok_or(Errno::NoEnt)?.dir(node.1)?;
        self.may(process, node, 4)?;
        Ok(entries.iter().map(|(name, ino)| Entry { name: name.clone(), kind: self.inode((node.0, *ino)).map_or(Kind::File, Inode::kind) }).collect())
    }
    pub(crate) fn read_link(&self, process: ProcId, path: &str) -> Result<Rc<str>, Errno> {
        let found = self.find(process, path, false)?;
        if let Some(proc) = &found.proc {
            return self.proc_link(process, proc).ok_or(Errno::Inval);
        }
        match &self.inode(found.node.ok_or(Errno::NoEnt)?)?.node {
            Node::Link(target) => Ok(target.clone()),
            _ => Err(Errno::Inval),
        }
    }
    pub(crate) fn real_path(&self, process: ProcId, path: &str, missing_ok: bool) -> Result<Rc<str>, Errno> {
        let found = self.find(process, path, true)?;
        if found.node.is_none() && !missing_ok {
            return Err(Errno::NoEnt);
        }
        Ok(found.path.into())
    }
    pub(crate) fn access(&self, process: ProcId, path: &str, bits: u32) -> Result<(), Errno> {
        let found = self.find(process, path, true)?;
        if found.proc.is_some() {
            return if bits & 2 == 0 { Ok(()) } else { Err(Errno::Acces) };
        }
        let node = found.node.ok_or(Errno::NoEnt)?;
        if bits & 2 != 0 {
            self.writable(self.container_of(process)?, &found)?;
        }
        if bits == 0 { Ok(()) } else { self.may(process, node, bits) }
    }
    /// Adds a new name.
    pub(crate) fn create(&mut self, process: ProcId, path: &str, node: Node, mode: u32) -> Result<(), Errno> {
        let found = self.find(process, path.trim_end_matches('/'), false)?;
        if found.node.is_some() {
            return Err(Errno::Exist);
        }
        let dir = self.for_change(process, &found)?;
        let is_link = matches!(node, Node::Link(_));
        let (author, mode) = (self.author(process), if is_link { 0o777 } else { mode & !self.umask(process) });
        let is_dir = matches!(node, Node::Dir(_));
        let ino = self.tree_mut(dir.0).ok_or(Errno::NoEnt)?.add(dir.1, &found.name, node, mode, author)?;
        if !is_dir {
            let container = self.container_of(process)?;
            self.file_written(container, dir.0, ino, found.mount, found.path.into());
        }
        Ok(())
    }
    pub(crate) fn mkdir(&mut self, process: ProcId, path: &str, mode: u32) -> Result<(), Errno> {
        if path.trim_matches('/').is_empty() && !path.is_empty() {
            return Err(Errno::Exist);
        }
        self.create(process, path, Node::Dir(BTreeMap::new()), mode)
    }
    pub(crate) fn unlink(&mut self, process: ProcId, path: &str) -> Result<(), Errno> {
        let found = self.find(process, path, false)?;
        let node = found.node.ok_or(Errno::NoEnt)?;
        if self.inode(node)?.kind() == Kind::Directory {
            return Err(Errno::IsDir);
        }
        let dir = self.for_change(process, &found)?;
        self.check_sticky(process, dir, node)?;
        let author = self.author(process);
        if node.0 != dir.0 {
            return Err(Errno::Busy);
        }
        self.tree_mut(dir.0).ok_or(Errno::NoEnt)?.unlink(dir.1, &found.name, author)
    }
    fn check_sticky(&self, process: ProcId, dir: (FsId, Ino), node: (FsId, Ino)) -> Result<(), Errno> {
        let p = self.processes.get(process).ok_or(Errno::Srch)?;
        let (d, n) = (self.inode(dir)?, self.inode(node)?);
        if p.cred.uid != 0 && d.mode & 0o1000 != 0 && n.uid != p.cred.uid && d.uid != p.cred.uid { Err(Errno::Perm) } else { Ok(()) }
    }
    pub(crate) fn rmdir(&mut self, process: ProcId, path: &str) -> Result<(), Errno> {
        let found = self.find(process, path, false)?;
        let node = found.node.ok_or(Errno::NoEnt)?;
        if found.proc.is_some() || found.name.is_empty() {
            return Err(Errno::Busy);
        }
        if !self.tree(node.0).ok_or(Errno::NoEnt)?.dir(node.1)?.is_empty() {
            return Err(Errno::NotEmpty);
        }
        let dir = self.for_change(process, &found)?;
        if node.0 != dir.0 {
            return Err(Errno::Busy);
        }
        let author = self.author(process);
        self.tree_mut(dir.0).ok_or(Errno::NoEnt)?.unlink(dir.1, &found.name, author)
    }
    pub(crate) fn rename(&mut self, process: ProcId, from: &str, to: &str) -> Result<(), Errno> {
        let source = self.find(process, from.trim_end_matches('/'), false)?;
        let target = self.find(process, to.trim_end_matches('/'), false)?;
        let node = source.node.ok_or(Errno::NoEnt)?;
        let (a, b) = (self.for_change(process, &source)?, self.for_change(process, &target)?);
        if node.0 != a.0 || target.node.is_some_and(|n| n.0 != b.0) {
            return Err(Errno::Busy);
        }
        if a.0 != b.0 {
            return Err(Errno::XDev);
        }
        if target.path.starts_with(&source.path) && target.path.as_bytes().get(source.path.len()) == Some(&b'/') {
            return Err(Errno::Inval);
        }
        let author = self.author(process);
        self.tree_mut(a.0).ok_or(Errno::NoEnt)?.rename((a.1, &source.name), (b.1, &target.name), author)?;
        let container = self.container_of(process)?;
        self.file_written(container, node.0, node.1, target.mount, target.path.into());
        Ok(())
    }
    pub(crate) fn link(&mut self, process: ProcId, from: &str, path: &str) -> Result<(), Errno> {
        let source = self.find(process, from, false)?;
        let target = self.find(process, path, false)?;
        let node = source.node.ok_or(Errno::NoEnt)?;
        if target.node.is_some() {
            return Err(Errno::Exist);
        }
        if self.inode(node)?.kind() == Kind::Directory {
            return Err(Errno::Perm);
        }
        let dir = self.for_change(process, &target)?;
        if dir.0 != node.0 {
            return Err(Errno::XDev);
        }
        let author = self.author(process);
        self.tree_mut(dir.0).ok_or(Errno::NoEnt)?.link(node.1, dir.1, &target.name, author)
    }
    /// Changes what is not content; only the owner (or root) may.
    pub(crate) fn change(&mut self, process: ProcId, path: &str, follow: bool, owner_only: bool, change: impl FnOnce(&mut Inode)) -> Result<(), Errno> {
        let found = self.find(process, path, follow)?;
        if found.proc.is_some() {
            return Err(Errno::Perm);
        }
        let node = found.node.ok_or(Errno::NoEnt)?;
        self.writable(self.container_of(process)?, &found)?;
        let p = self.processes.get(process).ok_or(Errno::Srch)?;
        if p.cred.uid != 0 && (owner_only || self.may(process, node, 2).is_err()) && self.inode(node)?.uid != p.cred.uid {
            return Err(Errno::Perm);
        }
        self.tree_mut(node.0).ok_or(Errno::NoEnt)?.change(node.1, change)
    }
    pub(crate) fn truncate_path(&mut self, process: ProcId, path: &str, size: u64) -> Result<(), Errno> {
        let found = self.find(process, path, true)?;
        let node = found.node.ok_or(Errno::NoEnt)?;
        self.writable(self.container_of(process)?, &found)?;
        self.may(process, node, 2)?;
        let author = self.author(process);
        self.tree_mut(node.0).ok_or(Errno::NoEnt)?.truncate(node.1, size, author)
    }
    /// The whole content of a file.
    pub(crate) fn read_file(&mut self, process: ProcId, path: &str) -> Result<Rc<Vec<u8>>, Errno> {
        let open = self.open(process, path, Open::READ)?;
        let result = match self.opens.get(open).map(|o| o.kind.clone()) {
            Some(OpenKind::File { fs, ino, .. }) => self.tree(fs).ok_or(Errno::NoEnt).and_then(|t| t.data(ino).cloned()),
            Some(OpenKind::Text(text)) => Ok(text),
            Some(OpenKind::Device(crate::fs::Device::Null)) => Ok(Rc::default()),
            _ => self.read_open(open, 1 << 20, process).map(Rc::new),
        };
        self.release(open);
        result
    }
}
