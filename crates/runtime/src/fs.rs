//! A file system: inodes over an optional layer below. Copying one is cheap, because inodes are shared
//! until they are changed; an image's layer is below the layers of all its containers.

use crate::{
    ContainerId, SimTime,
    program::{Errno, Kind},
};
use std::{collections::BTreeMap, rc::Rc};

/// Number of an inode within its tree.
pub(crate) type Ino = u32;

/// The root directory of every tree.
pub(crate) const ROOT: Ino = 1;

/// What one tree may hold; more is ENOSPC.
const CAPACITY: u64 = 192 << 20;

/// What an inode is.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Dir(BTreeMap<Rc<str>, Ino>),
    File(Rc<Vec<u8>>),
    Link(Rc<str>),
    Device(Device),
    Fifo,
}

/// The devices of `/dev`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    Null,
    Zero,
    Full,
    Random,
    Tty,
}

/// A file, directory, link or device.
#[derive(Clone, Debug)]
pub(crate) struct Inode {
    pub(crate) node: Node,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) modified: SimTime,
    /// Set by `touch -d` and for files of images.
    pub(crate) modified_unix_ms: Option<i64>,
    pub(crate) by: Option<ContainerId>,
    pub(crate) links: u32,
}

impl Inode {
    pub(crate) fn kind(&self) -> Kind {
        match self.node {
            Node::Dir(_) => Kind::Directory,
            Node::File(_) => Kind::File,
            Node::Link(_) => Kind::Link,
            Node::Device(_) => Kind::Device,
            Node::Fifo => Kind::Fifo,
        }
    }
    pub(crate) fn size(&self) -> u64 {
        match &self.node {
            Node::Dir(_) => 4096,
            Node::File(data) => data.len() as u64,
            Node::Link(target) => target.len() as u64,
            Node::Device(_) | Node::Fifo => 0,
        }
    }
}

/// Who makes or changes something, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Author {
    pub(crate) at: SimTime,
    pub(crate) by: Option<ContainerId>,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Author {
    /// The image, the kubelet, the node.
    pub(crate) fn system(at: SimTime) -> Author {
        Author { at, by: None, uid: 0, gid: 0 }
    }
}

/// A tree of inodes.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    base: Option<Rc<Tree>>,
    nodes: BTreeMap<Ino, Rc<Inode>>,
    /// The inodes of a frozen tree, by their number.
    frozen: Vec<Option<Rc<Inode>>>,
    next: Ino,
    /// Bytes in files of this layer.
    bytes: u64,
    /// How often files without a name are still open.
    opens: BTreeMap<Ino, u32>,
}

impl Tree {
    /// An empty tree.
    pub(crate) fn new(at: SimTime, mode: u32) -> Tree {
        let root = Inode { node: Node::Dir(BTreeMap::new()), mode, uid: 0, gid: 0, modified: at, modified_unix_ms: None, by: None, links: 2 };
        Tree { base: None, nodes: BTreeMap::from([(ROOT, Rc::new(root))]), frozen: Vec::new(), next: ROOT + 1, bytes: 0, opens: BTreeMap::new() }
    }
    /// A writable layer over another tree.
    pub(crate) fn over(base: Rc<Tree>) -> Tree {
        let next = base.next;
        Tree { base: Some(base), nodes: BTreeMap::new(), frozen: Vec::new(), next, bytes: 0, opens: BTreeMap::new() }
    }
    /// Makes looking up quick in a tree that will only be a base.
    pub(crate) fn freeze(&mut self) {
        self.frozen = vec![None; self.next as usize];
        for (ino, node) in std::mem::take(&mut self.nodes) {
            if let Some(slot) = self.frozen.get_mut(ino as usize) {
                *slot = Some(node);
            }
        }
    }
    /// Makes a layer part of an image: nobody wrote it, and it is as old as the cluster.
    pub(crate) fn become_image(&mut self) {
        for node in self.nodes.values_mut() {
            if node.by.is_some() || node.modified != SimTime::ZERO {
                let node = Rc::make_mut(node);
                (node.by, node.modified) = (None, SimTime::ZERO);
            }
        }
        self.freeze();
    }
    pub(crate) fn get(&self, ino: Ino) -> Option<&Inode> {
        if let Some(Some(node)) = self.frozen.get(ino as usize) {
            return Some(node);
        }
        match self.nodes.get(&ino) {
            Some(node) => Some(node),
            None => self.base.as_ref()?.get(ino),
        }
    }
    fn get_mut(&mut self, ino: Ino) -> Result<&mut Inode, Errno> {
        if !self.nodes.contains_key(&ino) {
            let below = self.base.as_ref().and_then(|base| base.shared(ino)).ok_or(Errno::NoEnt)?;
            self.nodes.insert(ino, below);
        }
        self.nodes.get_mut(&ino).map(Rc::make_mut).ok_or(Errno::NoEnt)
    }
    fn shared(&self, ino: Ino) -> Option<Rc<Inode>> {
        if let Some(Some(node)) = self.frozen.get(ino as usize) {
            return Some(node.clone());
        }
        match self.nodes.get(&ino) {
            Some(node) => Some(node.clone()),
            None => self.base.as_ref()?.shared(ino),
        }
    }
    pub(crate) fn dir(&self, ino: Ino) -> Result<&BTreeMap<Rc<str>, Ino>, Errno> {
        match self.get(ino).map(|i| &i.node) {
            Some(Node::Dir(entries)) => Ok(entries),
            Some(_) => Err(Errno::NotDir),
            None => Err(Errno::NoEnt),
        }
    }
    pub(crate) fn child(&self, dir: Ino, name: &str) -> Option<Ino> {
        self.dir(dir).ok()?.get(name).copied()
    }
    fn dir_mut(&mut self, ino: Ino, author: Author) -> Result<&mut BTreeMap<Rc<str>, Ino>, Errno> {
        let inode = self.get_mut(ino)?;
        inode.modified = author.at;
        inode.modified_unix_ms = None;
        match &mut inode.node {
            Node::Dir(entries) => Ok(entries),
            _ => Err(Errno::NotDir),
        }
    }
    /// Whether an inode belongs to this layer and not to the one below.
    pub(crate) fn is_own(&self, ino: Ino) -> bool {
        self.nodes.contains_key(&ino)
    }
    /// Adds a new inode under a name that must be free.
    pub(crate) fn add(&mut self, dir: Ino, name: &str, node: Node, mode: u32, author: Author) -> Result<Ino, Errno> {
        if name.len() > 255 {
            return Err(Errno::NameTooLong);
        }
        if self.dir(dir)?.contains_key(name) {
            return Err(Errno::Exist);
        }
        let ino = self.next;
        self.next += 1;
        let is_dir = matches!(node, Node::Dir(_));
        if let Node::File(data) = &node {
            self.bytes += data.len() as u64;
        }
        let inode = Inode {
            node,
            mode,
            uid: author.uid,
            gid: author.gid,
            modified: author.at,
            modified_unix_ms: None,
            by: author.by,
            links: if is_dir { 2 } else { 1 },
        };
        self.dir_mut(dir, author)?.insert(name.into(), ino);
        if is_dir && let Ok(parent) = self.get_mut(dir) {
            parent.links += 1;
        }
        self.nodes.insert(ino, Rc::new(inode));
        Ok(ino)
    }
    /// A second name for an inode.
    pub(crate) fn link(&mut self, ino: Ino, dir: Ino, name: &str, author: Author) -> Result<(), Errno> {
        if self.dir(dir)?.contains_key(name) {
            return Err(Errno::Exist);
        }
        self.dir_mut(dir, author)?.insert(name.into(), ino);
        self.get_mut(ino)?.links += 1;
        Ok(())
    }
    /// Takes a name away; the inode goes with its last name and last opener.
    pub(crate) fn unlink(&mut self, dir: Ino, name: &str, author: Author) -> Result<(), Errno> {
        let ino = self.child(dir, name).ok_or(Errno::NoEnt)?;
        let is_dir = self.get(ino).is_some_and(|i| i.kind() == Kind::Directory);
        self.dir_mut(dir, author)?.remove(name);
        if is_dir {
            if let Ok(parent) = self.get_mut(dir) {
                parent.links = parent.links.saturating_sub(1);
            }
            self.forget(ino);
            return Ok(());
        }
        let inode = self.get_mut(ino)?;
        inode.links = inode.links.saturating_sub(1);
        if inode.links == 0 && !self.opens.contains_key(&ino) {
            self.forget(ino);
        }
        Ok(())
    }
    fn forget(&mut self, ino: Ino) {
        if let Some(old) = self.nodes.remove(&ino)
            && let Node::File(data) = &old.node
        {
            self.bytes = self.bytes.saturating_sub(data.len() as u64);
        }
    }
    /// Moves a name. An existing target of the same kind is replaced.
    pub(crate) fn rename(&mut self, from: (Ino, &str), to: (Ino, &str), author: Author) -> Result<(), Errno> {
        let ino = self.child(from.0, from.1).ok_or(Errno::NoEnt)?;
        if let Some(old) = self.child(to.0, to.1) {
            if old == ino {
                return Ok(());
            }
            let dirs = (self.is_dir(ino), self.is_dir(old));
            match dirs {
                (true, false) => return Err(Errno::NotDir),
                (false, true) => return Err(Errno::IsDir),
                (true, true) if !self.dir(old)?.is_empty() => return Err(Errno::NotEmpty),
                _ => self.unlink(to.0, to.1, author)?,
            }
        }
        self.dir_mut(from.0, author)?.remove(from.1);
        self.dir_mut(to.0, author)?.insert(to.1.into(), ino);
        Ok(())
    }
    pub(crate) fn is_dir(&self, ino: Ino) -> bool {
        matches!(self.get(ino).map(|i| &i.node), Some(Node::Dir(_)))
    }
    pub(crate) fn data(&self, ino: Ino) -> Result<&Rc<Vec<u8>>, Errno> {
        match self.get(ino).map(|i| &i.node) {
            Some(Node::File(data)) => Ok(data),
            Some(Node::Dir(_)) => Err(Errno::IsDir),
            Some(_) => Err(Errno::Inval),
            None => Err(Errno::NoEnt),
        }
    }
    /// Writes at a position; `None` appends. Returns the position after.
    pub(crate) fn write(&mut self, ino: Ino, position: Option<u64>, bytes: &[u8], author: Author) -> Result<u64, Errno> {
        if self.bytes.saturating_add(bytes.len() as u64) > CAPACITY {
            return Err(Errno::NoSpc);
        }
        let inode = self.get_mut(ino)?;
        inode.modified = author.at;
        inode.modified_unix_ms = None;
        inode.by = author.by;
        let Node::File(data) = &mut inode.node else { return Err(Errno::Inval) };
        let data = Rc::make_mut(data);
        let before = data.len();
        let end = match position {
            None => {
                data.extend_from_slice(bytes);
                data.len()
            }
            Some(at) => {
                let at = usize::try_from(at.min(CAPACITY)).unwrap_or(usize::MAX);
                if data.len() < at {
                    data.resize(at, 0);
                }
                let over = (data.len() - at).min(bytes.len());
                if let Some(part) = data.get_mut(at..at + over) {
                    part.copy_from_slice(&bytes[..over]);
                }
                data.extend_from_slice(&bytes[over..]);
                at + bytes.len()
            }
        };
        let grown = data.len().saturating_sub(before) as u64;
        self.bytes += grown;
        Ok(end as u64)
    }
    /// Replaces a file's content.
    pub(crate) fn set_data(&mut self, ino: Ino, bytes: Vec<u8>, author: Author) -> Result<(), Errno> {
        let inode = self.get_mut(ino)?;
        inode.modified = author.at;
        inode.modified_unix_ms = None;
        inode.by = author.by;
        let Node::File(data) = &mut inode.node else { return Err(Errno::Inval) };
        let (before, after) = (data.len() as u64, bytes.len() as u64);
        *data = Rc::new(bytes);
        self.bytes = self.bytes.saturating_sub(before) + after;
        Ok(())
    }
    pub(crate) fn truncate(&mut self, ino: Ino, size: u64, author: Author) -> Result<(), Errno> {
        if size > CAPACITY {
            return Err(Errno::Fbig);
        }
        let inode = self.get_mut(ino)?;
        inode.modified = author.at;
        inode.by = author.by;
        let Node::File(data) = &mut inode.node else { return Err(Errno::Inval) };
        let before = data.len() as u64;
        if size == 0 {
            *data = Rc::default();
        } else {
            Rc::make_mut(data).resize(size as usize, 0);
        }
        self.bytes = (self.bytes + size).saturating_sub(before);
        Ok(())
    }
    /// Changes what is not content.
    pub(crate) fn change(&mut self, ino: Ino, change: impl FnOnce(&mut Inode)) -> Result<(), Errno> {
        self.get_mut(ino).map(change)
    }
    pub(crate) fn opened(&mut self, ino: Ino) {
        *self.opens.entry(ino).or_default() += 1;
    }
    pub(crate) fn closed(&mut self, ino: Ino) {
        if let Some(n) = self.opens.get_mut(&ino) {
            *n -= 1;
            if *n == 0 {
                self.opens.remove(&ino);
                if self.nodes.get(&ino).is_some_and(|i| i.links == 0) {
                    self.forget(ino);
                }
            }
        }
    }
    /// Makes the directories of a path (absolute or relative to the root): the last one's inode.
    pub(crate) fn make_dirs(&mut self, path: &str, mode: u32, author: Author) -> Result<Ino, Errno> {
        let mut at = ROOT;
        for name in path.split('/').filter(|n| !n.is_empty() && *n != ".") {
            at = match self.child(at, name) {
                Some(next) => next,
                None => self.add(at, name, Node::Dir(BTreeMap::new()), mode, author)?,
            };
        }
        Ok(at)
    }
    /// Puts a node at a path, with its directories; an old one goes away, except directories.
    pub(crate) fn put(&mut self, path: &str, node: Node, mode: u32, author: Author) -> Result<Ino, Errno> {
        let (dir, name) = path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path));
        if name.is_empty() {
            return Ok(ROOT);
        }
        let dir = self.make_dirs(dir, 0o755, author)?;
        if let Some(old) = self.child(dir, name) {
            if self.is_dir(old) {
                if matches!(node, Node::Dir(_)) {
                    self.change(old, |i| i.mode = mode)?;
                }
                return Ok(old);
            }
            self.unlink(dir, name, author)?;
        }
        self.add(dir, name, node, mode, author)
    }
    /// The inode of a path within this tree, links not followed.
    pub(crate) fn find(&self, path: &str) -> Option<Ino> {
        path.split('/').filter(|n| !n.is_empty() && *n != ".").try_fold(ROOT, |at, name| self.child(at, name))
    }
    /// Bytes in files of this layer.
    pub(crate) fn used(&self) -> u64 {
        self.bytes
    }
}
