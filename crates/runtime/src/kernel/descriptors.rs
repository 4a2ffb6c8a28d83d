//! Open files, pipes, and what reading and writing them does.

use super::{FsId, Kernel, ProcId, Waiter};
use crate::{
    Happening, LogLine, Stream,
    fs::{Author, Device, Ino, Node},
    program::Errno,
};
use std::{collections::VecDeque, rc::Rc};

/// What a pipe holds before its writers wait.
const PIPE_SIZE: usize = 64 << 10;
/// Logs longer than this are rotated: only the newest file is read by `kubectl logs`.
const LOG_SIZE: usize = 10 << 20;

/// An open file description, shared by the descriptors made from it.
#[derive(Clone, Debug)]
pub(crate) struct OpenFile {
    pub(crate) kind: OpenKind,
    pub(crate) refs: u32,
    pub(crate) offset: u64,
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) append: bool,
}

/// What is open.
#[derive(Clone, Debug)]
pub(crate) enum OpenKind {
    File {
        fs: FsId,
        ino: Ino,
        path: Rc<str>,
        mount: u16,
        container: u32,
    },
    /// Content made at the opening (`/proc`), or handed in (stdin of an exec).
    Text(Rc<Vec<u8>>),
    Device(Device),
    PipeRead(u32),
    PipeWrite(u32),
    /// The container's log.
    Log(u32, Stream),
    /// What a probe or exec prints.
    Capture(u32, Stream),
    Listener(u32),
    Connection(u32, super::network::Side),
    /// An input that never comes to an end.
    Silent,
}

/// A pipe, or one direction of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pipe {
    pub(crate) buffer: VecDeque<u8>,
    pub(crate) readers: u32,
    pub(crate) writers: u32,
    /// A named pipe nobody has opened for writing yet is not at its end.
    pub(crate) fifo: Option<(FsId, Ino)>,
    pub(crate) was_written: bool,
    pub(crate) waiters: Vec<Waiter>,
}

impl Pipe {
    pub(crate) fn at_end(&self) -> bool {
        self.buffer.is_empty() && self.writers == 0 && (self.fifo.is_none() || self.was_written)
    }
}

impl Kernel {
    pub(crate) fn new_open(&mut self, kind: OpenKind, read: bool, write: bool) -> u32 {
        self.opens.insert(OpenFile { kind, refs: 1, offset: 0, read, write, append: false })
    }
    pub(crate) fn retain(&mut self, open: u32) {
        if let Some(o) = self.opens.get_mut(open) {
            o.refs += 1;
        }
    }
    /// One user less; the last one closes it.
    pub(crate) fn release(&mut self, open: u32) {
        let Some(o) = self.opens.get_mut(open) else { return };
        o.refs -= 1;
        if o.refs > 0 {
            return;
        }
        let Some(o) = self.opens.remove(open) else { return };
        match o.kind {
            OpenKind::File { fs, ino, .. } => {
                if let Some(tree) = self.tree_mut(fs) {
                    tree.closed(ino);
                }
            }
            OpenKind::PipeRead(id) => self.pipe_closed(id, 1, 0),
            OpenKind::PipeWrite(id) => self.pipe_closed(id, 0, 1),
            OpenKind::Listener(id) => self.listener_closed(id),
            OpenKind::Connection(id, side) => self.connection_closed(id, side),
            OpenKind::Text(_) | OpenKind::Device(_) | OpenKind::Log(..) | OpenKind::Capture(..) | OpenKind::Silent => {}
        }
    }
    pub(crate) fn new_pipe(&mut self, readers: u32, writers: u32) -> u32 {
        self.pipes.insert(Pipe { readers, writers, ..Pipe::default() })
    }
    pub(crate) fn pipe_closed(&mut self, id: u32, readers: u32, writers: u32) {
        let Some(pipe) = self.pipes.get_mut(id) else { return };
        pipe.readers = pipe.readers.saturating_sub(readers);
        pipe.writers = pipe.writers.saturating_sub(writers);
        let waiters = std::mem::take(&mut pipe.waiters);
        // What was written into a named pipe waits for its reader.
        let kept = pipe.fifo.is_some() && !pipe.buffer.is_empty();
        if pipe.readers == 0 && pipe.writers == 0 && !kept {
            if let Some(key) = pipe.fifo {
                self.fifos.remove(&key);
            }
            self.pipes.remove(id);
        }
        self.wake(waiters);
    }
    pub(crate) fn read_pipe(&mut self, id: u32, max: usize) -> Result<Vec<u8>, Errno> {
        let Some(pipe) = self.pipes.get_mut(id) else { return Ok(Vec::new()) };
        if pipe.buffer.is_empty() {
            return if pipe.at_end() { Ok(Vec::new()) } else { Err(Errno::Again) };
        }
        let n = pipe.buffer.len().min(max);
        let data: Vec<u8> = pipe.buffer.drain(..n).collect();
        let waiters = std::mem::take(&mut pipe.waiters);
        self.wake(waiters);
        Ok(data)
    }
    pub(crate) fn write_pipe(&mut self, id: u32, data: &[u8]) -> Result<usize, Errno> {
        let Some(pipe) = self.pipes.get_mut(id) else { return Err(Errno::Pipe) };
        if pipe.readers == 0 && pipe.fifo.is_none() {
            return Err(Errno::Pipe);
        }
        let n = PIPE_SIZE.saturating_sub(pipe.buffer.len()).min(data.len());
        pipe.buffer.extend(data.get(..n).unwrap_or_default());
        let waiters = std::mem::take(&mut pipe.waiters);
        self.wake(waiters);
        Ok(n)
    }
    /// Asks to be woken on news; `true` where there are some already.
    pub(crate) fn watch(&mut self, open: u32, waiter: Waiter) -> bool {
        let Some(o) = self.opens.get(open) else { return true };
        match o.kind {
            OpenKind::PipeRead(id) => self.watch_pipe(id, waiter),
            OpenKind::Listener(id) => self.watch_listener(id, waiter),
            OpenKind::Connection(id, side) => self.watch_connection(id, side, waiter),
            OpenKind::Silent | OpenKind::Device(Device::Tty) => false,
            _ => true,
        }
    }
    pub(crate) fn watch_pipe(&mut self, id: u32, waiter: Waiter) -> bool {
        let Some(pipe) = self.pipes.get_mut(id) else { return true };
        if !pipe.buffer.is_empty() || pipe.at_end() {
            return true;
        }
        pipe.waiters.push(waiter);
        false
    }
    /// Asks to be woken when a pipe can take more.
    pub(crate) fn watch_room(&mut self, open: u32, waiter: Waiter) {
        let pipe = match self.opens.get(open).map(|o| &o.kind) {
            Some(OpenKind::PipeWrite(id)) => Some(*id),
            Some(OpenKind::Connection(id, side)) => self.outgoing(*id, *side),
            _ => None,
        };
        if let Some(pipe) = pipe.and_then(|id| self.pipes.get_mut(id)) {
            pipe.waiters.push(waiter);
        }
    }

    pub(crate) fn read_open(&mut self, open: u32, max: usize, reader: ProcId) -> Result<Vec<u8>, Errno> {
        let o = self.opens.get(open).ok_or(Errno::BadF)?;
        if !o.read {
            return Err(Errno::BadF);
        }
        match &o.kind {
            OpenKind::File { fs, ino, .. } => {
                let (fs, ino, offset) = (*fs, *ino, o.offset);
                let data = self.tree(fs).ok_or(Errno::BadF)?.data(ino)?;
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(data.len());
                let part = data.get(from..data.len().min(from.saturating_add(max))).unwrap_or_default().to_vec();
                if let Some(o) = self.opens.get_mut(open) {
                    o.offset += part.len() as u64;
                }
                Ok(part)
            }
            OpenKind::Text(data) => {
                let from = usize::try_from(o.offset).unwrap_or(usize::MAX).min(data.len());
                let part = data.get(from..data.len().min(from.saturating_add(max))).unwrap_or_default().to_vec();
                if let Some(o) = self.opens.get_mut(open) {
                    o.offset += part.len() as u64;
                }
                Ok(part)
            }
            OpenKind::Device(device) => Ok(match device {
                Device::Null => Vec::new(),
                Device::Zero | Device::Full => vec![0; max.min(1 << 20)],
                Device::Random => (0..max.min(1 << 16)).map(|_| self.rng.u8(..)).collect(),
                Device::Tty => return Err(Errno::Again),
            }),
            OpenKind::PipeRead(id) => {
                let id = *id;
                self.read_pipe(id, max)
            }
            OpenKind::Connection(id, side) => {
                let (id, side) = (*id, *side);
                self.read_connection(id, side, max)
            }
            OpenKind::Silent => Err(Errno::Again),
            OpenKind::PipeWrite(_) | OpenKind::Log(..) | OpenKind::Capture(..) => Err(Errno::BadF),
            OpenKind::Listener(_) => {
                let _ = reader;
                Err(Errno::NotConn)
            }
        }
    }

    /// Writes what fits now.
    pub(crate) fn write_some(&mut self, open: u32, data: &[u8], writer: ProcId) -> Result<usize, Errno> {
        let o = self.opens.get(open).ok_or(Errno::BadF)?;
        if !o.write {
            return Err(Errno::BadF);
        }
        match &o.kind {
            OpenKind::File { fs, ino, path, mount, container } => {
                let (fs, ino, path, mount, container) = (*fs, *ino, path.clone(), *mount, *container);
                let position = if o.append { None } else { Some(o.offset) };
                let author = self.author(writer);
                let end = self.tree_mut(fs).ok_or(Errno::BadF)?.write(ino, position, data, author)?;
                if let Some(o) = self.opens.get_mut(open) {
                    o.offset = end;
                }
                self.file_written(container, fs, ino, mount, path);
                Ok(data.len())
            }
            OpenKind::Device(Device::Full) => Err(Errno::NoSpc),
            OpenKind::Device(_) => Ok(data.len()),
            OpenKind::PipeWrite(id) => {
                let id = *id;
                self.write_pipe(id, data)
            }
            OpenKind::Log(container, stream) => {
                let (container, stream) = (*container, *stream);
                self.log(container, stream, data);
                Ok(data.len())
            }
            OpenKind::Capture(task, stream) => {
                let (task, stream) = (*task, *stream);
                if let Some(t) = self.tasks.get_mut(&task) {
                    t.output.push((stream, data.to_vec()));
                }
                Ok(data.len())
            }
            OpenKind::Connection(id, side) => {
                let (id, side) = (*id, *side);
                match self.outgoing(id, side) {
                    Some(pipe) => self.write_pipe(pipe, data),
                    None => Err(Errno::Pipe),
                }
            }
            OpenKind::Text(_) | OpenKind::PipeRead(_) | OpenKind::Listener(_) | OpenKind::Silent => Err(Errno::BadF),
        }
    }

    pub(crate) fn author(&self, process: ProcId) -> Author {
        match self.processes.get(process) {
            Some(p) => Author { at: self.now, by: Some(crate::ContainerId(p.container)), uid: p.cred.uid, gid: p.cred.gid },
            None => Author::system(self.now),
        }
    }

    pub(crate) fn file_written(&mut self, container: u32, fs: FsId, ino: Ino, mount: u16, path: Rc<str>) {
        let size = self.tree(fs).and_then(|t| t.get(ino)).map_or(0, crate::fs::Inode::size);
        let volume = match fs {
            FsId::Volume(id) => Some(crate::VolumeId(id)),
            _ => None,
        };
        let volume_path = if volume.is_some() { self.volume_path(container, mount, &path) } else { path.clone() };
        self.report(Some(container), Happening::FileWritten { path, volume, volume_path, size });
    }

    /// Adds to a container's log; lines are complete with their line end.
    fn log(&mut self, container: u32, stream: Stream, data: &[u8]) {
        let Some(c) = self.containers.get_mut(&container) else { return };
        if let Some(raw) = &mut c.raw {
            raw.extend_from_slice(data);
        }
        let index = usize::from(stream == Stream::Stderr);
        let Some(partial) = c.partial.get_mut(index) else { return };
        partial.extend_from_slice(data);
        if !data.contains(&b'\n') && partial.len() < 16 << 10 {
            return;
        }
        let mut rest = std::mem::take(partial);
        let mut from = 0;
        while let Some(i) = rest.get(from..).and_then(|r| r.iter().position(|b| *b == b'\n')) {
            let line = rest.get(from..from + i).unwrap_or_default();
            self.log_line(container, stream, line, true);
            from += i + 1;
        }
        rest.drain(..from);
        if let Some(partial) = self.containers.get_mut(&container).and_then(|c| c.partial.get_mut(index)) {
            *partial = rest;
        }
    }
    fn log_line(&mut self, container: u32, stream: Stream, line: &[u8], ended: bool) {
        let text: Rc<str> = String::from_utf8_lossy(line).into();
        let at = self.now;
        if let Some(c) = self.containers.get_mut(&container) {
            c.log_bytes += text.len() + 1;
            let logs = Rc::make_mut(&mut c.logs);
            logs.push(LogLine { at, stream, text: text.clone(), ended });
            if c.log_bytes > LOG_SIZE {
                let keep = logs.len() / 10;
                logs.drain(..logs.len() - keep);
                c.log_bytes = logs.iter().map(|l| l.text.len() + 1).sum();
            }
        }
        self.report(Some(container), Happening::Printed { stream, text });
    }
    /// The last line of an ended container may lack its line end.
    pub(crate) fn flush_logs(&mut self, container: u32) {
        for (index, stream) in [Stream::Stdout, Stream::Stderr].into_iter().enumerate() {
            let rest = self.containers.get_mut(&container).and_then(|c| c.partial.get_mut(index)).map(std::mem::take).unwrap_or_default();
            if !rest.is_empty() {
                self.log_line(container, stream, &rest, false);
            }
        }
    }
    /// Opens an inode for a process.
    pub(crate) fn open_inode(&mut self, container: u32, found: &super::walk::Found, fs: FsId, ino: Ino, how: crate::program::Open) -> Result<u32, Errno> {
        let node = self.tree(fs).and_then(|t| t.get(ino)).map(|i| i.node.clone()).ok_or(Errno::NoEnt)?;
        let kind = match node {
            Node::Device(device) => OpenKind::Device(device),
            Node::Fifo => {
                let id = if let Some(id) = self.fifos.get(&(fs, ino)) {
                    *id
                } else {
                    let id = self.pipes.insert(Pipe { fifo: Some((fs, ino)), ..Pipe::default() });
                    self.fifos.insert((fs, ino), id);
                    id
                };
                if let Some(pipe) = self.pipes.get_mut(id) {
                    if how.write {
                        pipe.writers += 1;
                        pipe.was_written = true;
                    } else {
                        pipe.readers += 1;
                    }
                }
                if how.write { OpenKind::PipeWrite(id) } else { OpenKind::PipeRead(id) }
            }
            _ => {
                if let Some(tree) = self.tree_mut(fs) {
                    tree.opened(ino);
                }
                OpenKind::File { fs, ino, path: found.path.as_str().into(), mount: found.mount, container }
            }
        };
        let open = self.opens.insert(OpenFile { kind, refs: 1, offset: 0, read: how.read, write: how.write, append: how.append });
        Ok(open)
    }
}
