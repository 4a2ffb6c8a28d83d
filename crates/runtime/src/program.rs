//! What a program is to the kernel: a state machine that is stepped and may say what it waits for.
//!
//! A program never blocks. [`Program::step`] runs until the program is done or cannot go on, and
//! returns a [`Step`]. Everything it does to the world goes through [`Sys`]. Output never blocks
//! either: what a pipe cannot take is kept by the kernel, which does not step the program again
//! (nor lets it end) before it is written, so an endless writer returns [`Step::Again`] now and then.

use crate::{ContainerId, Signal, SimTime, catalogue::Image};
use std::{fmt, net::Ipv4Addr, rc::Rc};

/// A file descriptor of a process.
pub type Fd = u32;

/// An address and a port.
pub type Endpoint = (Ipv4Addr, u16);

/// A process number as the container sees it.
pub type Pid = u32;

/// A running program. It must be cloneable, because a clone of the whole runtime is a checkpoint.
pub trait Program: CloneProgram + fmt::Debug {
    /// Runs until the program ends or has to wait. May be called before what it waits for has
    /// happened (a spurious wake-up): it then just waits again.
    fn step(&mut self, sys: &mut dyn Sys) -> Step;

    /// What a signal does to this program now. `Handle` queues it for [`Sys::take_signal`] and wakes the program.
    fn disposition(&self, _signal: Signal) -> Disposition {
        Disposition::Default
    }
}

/// Lets boxed programs be cloned; implemented for every `Program + Clone`.
pub trait CloneProgram {
    /// A copy in a new box.
    fn clone_box(&self) -> Box<dyn Program>;
}

impl<T: Program + Clone + 'static> CloneProgram for T {
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Program> {
    fn clone(&self) -> Self {
        (**self).clone_box()
    }
}

/// What a step ended with.
#[derive(Clone, Debug)]
pub enum Step {
    /// The program ends with this exit code.
    Done(i32),
    /// Nothing to do before one of these happens.
    Wait(Wait),
    /// There is more to do at once; lets the kernel write output and count the work.
    Again,
    /// The process goes on as another program (`exec`).
    Exec(Exec),
}

/// What a program waits for: any of these wakes it. Signals it handles always do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    /// A moment.
    pub until: Option<SimTime>,
    /// Descriptors with something new: data, the end, a connection made, refused or waiting to be accepted.
    pub readable: Vec<Fd>,
    /// A child ends.
    pub child: bool,
}

impl Wait {
    /// Waits for a moment.
    pub fn until(at: SimTime) -> Wait {
        Wait { until: Some(at), ..Wait::default() }
    }
    /// Waits for news on a descriptor.
    pub fn readable(fd: Fd) -> Wait {
        Wait { readable: vec![fd], ..Wait::default() }
    }
    /// Waits for the end of a child.
    pub fn child() -> Wait {
        Wait { child: true, ..Wait::default() }
    }
    /// Waits for a signal only.
    pub fn forever() -> Wait {
        Wait::default()
    }
    /// The same, but not longer than to this moment.
    #[must_use]
    pub fn or_until(mut self, at: SimTime) -> Wait {
        self.until = Some(self.until.map_or(at, |t| t.min(at)));
        self
    }
    /// The same, or news on another descriptor.
    #[must_use]
    pub fn or_readable(mut self, fd: Fd) -> Wait {
        self.readable.push(fd);
        self
    }
}

/// What a signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The kernel's default: ends the process, except where it is PID 1, or the signal is harmless.
    Default,
    /// Nothing.
    Ignore,
    /// Queued for [`Sys::take_signal`].
    Handle,
}

/// Another program for the process.
#[derive(Clone, Debug)]
pub struct Exec {
    /// Name and arguments; the name is looked up in `PATH` where it has no slash.
    pub argv: Vec<Rc<str>>,
    /// Its environment; `None` keeps the process's.
    pub env: Option<Rc<Env>>,
}

/// An environment, in order.
pub type Env = Vec<(Rc<str>, Rc<str>)>;

/// A child to start.
#[derive(Clone, Debug, Default)]
pub struct Spawn {
    /// Name and arguments; the name is looked up in `PATH` where it has no slash.
    pub argv: Vec<Rc<str>>,
    /// The program's path, where it was looked up already.
    pub path: Option<Rc<str>>,
    /// Environment; `None` inherits.
    pub env: Option<Rc<Env>>,
    /// Working directory; `None` inherits.
    pub cwd: Option<Rc<str>>,
    /// Descriptors that differ from the parent's: (child's, parent's). All others below 10 are inherited.
    pub fds: Vec<(Fd, Fd)>,
    /// Child's descriptors that shall be closed.
    pub closed: Vec<Fd>,
    /// Signals the child starts with ignored.
    pub ignore: Vec<Signal>,
}

/// How a child is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// It still runs.
    Running,
    /// It ended (and is now forgotten).
    Ended {
        /// Its number.
        pid: Pid,
        /// Exit code; 128 + signal where a signal ended it.
        code: i32,
        /// The signal that ended it.
        signal: Option<Signal>,
    },
    /// There is no such child.
    None,
}

/// Why a system call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the kernel's, `text` says what they mean")]
pub enum Errno {
    Acces,
    AddrInUse,
    AddrNotAvail,
    Again,
    BadF,
    Busy,
    ConnRefused,
    ConnReset,
    Exist,
    Fbig,
    HostUnreach,
    InProgress,
    Inval,
    Io,
    IsDir,
    Loop,
    NameTooLong,
    NoEnt,
    NoExec,
    NoSpc,
    NoSys,
    NotConn,
    NotDir,
    NotEmpty,
    NxIo,
    Perm,
    Pipe,
    Rofs,
    Srch,
    TimedOut,
    TxtBsy,
    XDev,
}

impl Errno {
    /// The C library's words.
    pub fn text(self) -> &'static str {
        match self {
            Errno::Acces => "Permission denied",
            Errno::AddrInUse => "Address already in use",
            Errno::AddrNotAvail => "Cannot assign requested address",
            Errno::Again => "Resource temporarily unavailable",
            Errno::BadF => "Bad file descriptor",
            Errno::Busy => "Resource busy",
            Errno::ConnRefused => "Connection refused",
            Errno::ConnReset => "Connection reset by peer",
            Errno::Exist => "File exists",
            Errno::Fbig => "File too large",
            Errno::HostUnreach => "No route to host",
            Errno::InProgress => "Operation now in progress",
            Errno::Inval => "Invalid argument",
            Errno::Io => "I/O error",
            Errno::IsDir => "Is a directory",
            Errno::Loop => "Too many levels of symbolic links",
            Errno::NameTooLong => "File name too long",
            Errno::NoEnt => "No such file or directory",
            Errno::NoExec => "Exec format error",
            Errno::NoSpc => "No space left on device",
            Errno::NoSys => "Function not implemented",
            Errno::NotConn => "Socket not connected",
            Errno::NotDir => "Not a directory",
            Errno::NotEmpty => "Directory not empty",
            Errno::NxIo => "No such device or address",
            Errno::Perm => "Operation not permitted",
            Errno::Pipe => "Broken pipe",
            Errno::Rofs => "Read-only file system",
            Errno::Srch => "No such process",
            Errno::TimedOut => "Operation timed out",
            Errno::TxtBsy => "Text file busy",
            Errno::XDev => "Invalid cross-device link",
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// For reading.
    pub read: bool,
    /// For writing.
    pub write: bool,
    /// Writes go to the end.
    pub append: bool,
    /// Emptied first.
    pub truncate: bool,
    /// Created where missing (mode 0666 less the umask).
    pub create: bool,
    /// Fails where it exists.
    pub exclusive: bool,
}

impl Open {
    /// `<`
    pub const READ: Open = Open { read: true, write: false, append: false, truncate: false, create: false, exclusive: false };
    /// `>`
    pub const WRITE: Open = Open { read: false, write: true, append: false, truncate: true, create: true, exclusive: false };
    /// `>>`
    pub const APPEND: Open = Open { read: false, write: true, append: true, truncate: false, create: true, exclusive: false };
}

/// What kind of thing a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Kind {
    Directory,
    File,
    Link,
    Device,
    Fifo,
    Socket,
}

/// What `stat` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, with set-id and sticky bits.
    pub mode: u32,
    /// Size in bytes.
    pub size: u64,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Last change of the content.
    pub modified: SimTime,
    /// Milliseconds between the modification and 1970, where it is older than the cluster (image files, `touch -d`).
    pub modified_unix_ms: i64,
    /// Number within its file system.
    pub inode: u64,
    /// Number of its file system.
    pub device: u64,
    /// Hard links.
    pub links: u32,
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: Rc<str>,
    /// What it is.
    pub kind: Kind,
}

/// A process as `ps` shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessView {
    /// Its number.
    pub pid: Pid,
    /// Its parent's.
    pub parent: Pid,
    /// Its user.
    pub uid: u32,
    /// Name and arguments.
    pub argv: Rc<[Rc<str>]>,
    /// When it started.
    pub started: SimTime,
    /// Whether it ended and nobody asked yet.
    pub zombie: bool,
}

/// A listening or connected socket as `netstat` shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct SocketView {
    /// Its own address.
    pub local: (Ipv4Addr, u16),
    /// The other end; `None` for a listener.
    pub peer: Option<(Ipv4Addr, u16)>,
    /// The owner's number (0 for another container's).
    pub pid: Pid,
    /// The owner's program.
    pub program: Rc<str>,
    /// Whether it listens on IPv6's any address as well (what servers do that open `[::]`).
    pub dual: bool,
}

/// What the resolver says.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolution {
    /// The name that answered, after search domains and aliases.
    pub canonical: Rc<str>,
    /// Its addresses, never empty.
    pub addresses: Vec<Ipv4Addr>,
}

/// Why a name has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupError {
    /// NXDOMAIN, or no such record.
    NotFound,
    /// The name server did not answer.
    Timeout,
}

/// Whose programs these are: decides options and formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// busybox, alpine.
    #[default]
    Busybox,
    /// coreutils and friends: Debian, Ubuntu, Red Hat.
    Gnu,
}

/// The kernel as a program sees it. Paths may be relative to the working directory.
pub trait Sys {
    // --- the process -------------------------------------------------------------------------
    /// Name and arguments.
    fn args(&self) -> Rc<[Rc<str>]>;
    /// Its number.
    fn pid(&self) -> Pid;
    /// Its parent's number.
    fn parent(&self) -> Pid;
    /// The whole environment.
    fn env(&self) -> Rc<Env>;
    /// One variable.
    fn var(&self, name: &str) -> Option<Rc<str>> {
        self.env().iter().rev().find(|(k, _)| &**k == name).map(|(_, v)| v.clone())
    }
    /// The working directory, absolute.
    fn cwd(&self) -> Rc<str>;
    /// Changes the working directory.
    fn chdir(&mut self, path: &str) -> Result<(), Errno>;
    /// User and group.
    fn user(&self) -> (u32, u32);
    /// Additional groups.
    fn groups(&self) -> Vec<u32>;
    /// Changes user and group (a server that drops its rights).
    fn set_user(&mut self, uid: u32, gid: u32) -> Result<(), Errno>;
    /// The mask for new files.
    fn umask(&self) -> u32;
    /// Sets the mask for new files.
    fn set_umask(&mut self, mask: u32);
    /// Virtual time.
    fn now(&self) -> SimTime;
    /// Milliseconds since 1970.
    fn unix_ms(&self) -> i64;
    /// A random number from the seed.
    fn random(&mut self) -> u64;
    /// The hostname.
    fn hostname(&self) -> Rc<str>;
    /// Whose programs the image has.
    fn flavour(&self) -> Flavour;
    /// The image of the container.
    fn image(&self) -> Rc<Image>;
    /// Ports the manifest declares.
    fn declared_ports(&self) -> Vec<u16>;
    /// Whether the container is an init container.
    fn is_init(&self) -> bool;
    /// The memory limit in bytes.
    fn memory_limit(&self) -> Option<u64>;
    /// Says that behaviour is assumed (shown to the user as an assumption).
    fn assume(&mut self, text: &str);
    /// Counts work: about one microsecond of CPU each.
    fn burn(&mut self, units: u32);
    /// The kernel kills the container for memory.
    fn out_of_memory(&mut self);

    // --- signals and children ----------------------------------------------------------------
    /// The next signal this program has said it handles.
    fn take_signal(&mut self) -> Option<Signal>;
    /// Sends a signal; `None` only asks whether the process exists. Negative numbers mean process groups.
    fn kill(&mut self, pid: i64, signal: Option<Signal>) -> Result<(), Errno>;
    /// Starts a child. `NoEnt` where there is no such program, `Acces` where it may not be executed.
    fn spawn(&mut self, spawn: Spawn) -> Result<Pid, Errno>;
    /// Starts a child that runs the given program under this process's name (a fork), with `fds` and `closed` as in [`Spawn`].
    fn fork(&mut self, program: Box<dyn Program>, fds: &[(Fd, Fd)], closed: &[Fd]) -> Result<Pid, Errno>;
    /// Whether a signal is ignored by this process and the children it will have.
    fn ignores(&self, signal: Signal) -> bool;
    /// Makes a signal ignored (or not) by this process and the children it will have.
    fn ignore(&mut self, signal: Signal, ignored: bool);
    /// Asks for a child, or for any.
    fn child(&mut self, pid: Option<Pid>) -> Child;
    /// All processes that can be seen.
    fn processes(&self) -> Vec<ProcessView>;
    /// Finds a program in `PATH` (or by its path): its absolute path.
    fn which(&self, name: &str) -> Result<Rc<str>, Errno>;

    // --- descriptors -------------------------------------------------------------------------
    /// Reads at most `max` bytes: empty at the end, `Again` where there is nothing yet.
    fn read(&mut self, fd: Fd, max: usize) -> Result<Vec<u8>, Errno>;
    /// Writes all of it (see the module's words on output). `Pipe` where nobody reads any more: the process is then about to be killed.
    fn write(&mut self, fd: Fd, data: &[u8]) -> Result<(), Errno>;
    /// Writes to stdout.
    fn out(&mut self, text: &str) {
        let _ = self.write(1, text.as_bytes());
    }
    /// Writes to stderr.
    fn err(&mut self, text: &str) {
        let _ = self.write(2, text.as_bytes());
    }
    /// Whether output waits for a reader: return [`Step::Again`] soon.
    fn congested(&self) -> bool;
    /// Closes.
    fn close(&mut self, fd: Fd) -> Result<(), Errno>;
    /// A second descriptor, at least `at_least`.
    fn dup(&mut self, fd: Fd, at_least: Fd) -> Result<Fd, Errno>;
    /// Makes `to` the same as `from`.
    fn dup2(&mut self, from: Fd, to: Fd) -> Result<(), Errno>;
    /// A pipe: (reading end, writing end).
    fn pipe(&mut self) -> (Fd, Fd);
    /// A descriptor (at least 10) that reads a text.
    fn text(&mut self, text: &[u8]) -> Fd;
    /// Opens a file.
    fn open(&mut self, path: &str, how: Open) -> Result<Fd, Errno>;
    /// Moves the position of an open file.
    fn seek(&mut self, fd: Fd, position: u64) -> Result<(), Errno>;
    /// The position in an open file; `None` for streams.
    fn position(&self, fd: Fd) -> Option<u64>;
    /// What an open file is.
    fn fstat(&self, fd: Fd) -> Result<Stat, Errno>;
    /// Whether it is a terminal.
    fn is_terminal(&self, fd: Fd) -> bool;

    // --- files -------------------------------------------------------------------------------
    /// The whole content.
    fn read_file(&mut self, path: &str) -> Result<Rc<Vec<u8>>, Errno>;
    /// Creates or replaces (`append`: extends) a file.
    fn write_file(&mut self, path: &str, data: &[u8], append: bool) -> Result<(), Errno>;
    /// What a path is, links followed.
    fn stat(&self, path: &str) -> Result<Stat, Errno>;
    /// What a path is.
    fn lstat(&self, path: &str) -> Result<Stat, Errno>;
    /// Names in a directory, sorted, without `.` and `..`.
    fn read_dir(&self, path: &str) -> Result<Vec<Entry>, Errno>;
    /// Where a link points.
    fn read_link(&self, path: &str) -> Result<Rc<str>, Errno>;
    /// The path without links and dots. The last part need not exist where `missing_ok`.
    fn real_path(&self, path: &str, missing_ok: bool) -> Result<Rc<str>, Errno>;
    /// Whether this process may: 4 read, 2 write, 1 execute.
    fn access(&self, path: &str, bits: u32) -> Result<(), Errno>;
    /// Creates a directory.
    fn mkdir(&mut self, path: &str, mode: u32) -> Result<(), Errno>;
    /// Removes a name that is no directory.
    fn unlink(&mut self, path: &str) -> Result<(), Errno>;
    /// Removes an empty directory.
    fn rmdir(&mut self, path: &str) -> Result<(), Errno>;
    /// Renames.
    fn rename(&mut self, from: &str, to: &str) -> Result<(), Errno>;
    /// A symbolic link at `path`.
    fn symlink(&mut self, target: &str, path: &str) -> Result<(), Errno>;
    /// A hard link at `path`.
    fn link(&mut self, from: &str, path: &str) -> Result<(), Errno>;
    /// A named pipe.
    fn mkfifo(&mut self, path: &str, mode: u32) -> Result<(), Errno>;
    /// Sets permission bits (links followed).
    fn chmod(&mut self, path: &str, mode: u32) -> Result<(), Errno>;
    /// Sets owner and group.
    fn chown(&mut self, path: &str, uid: Option<u32>, gid: Option<u32>, follow: bool) -> Result<(), Errno>;
    /// Sets the time of the last change, in milliseconds since 1970.
    fn set_modified(&mut self, path: &str, unix_ms: i64) -> Result<(), Errno>;
    /// Sets the length.
    fn truncate(&mut self, path: &str, size: u64) -> Result<(), Errno>;
    /// The mount points: (path, kind of file system, read-only).
    fn mounts(&self) -> Vec<(Rc<str>, &'static str, bool)>;

    // --- network -----------------------------------------------------------------------------
    /// The addresses of the Pod's interfaces: loopback, then the Pod's own.
    fn addresses(&self) -> Vec<Ipv4Addr>;
    /// Listens; readable when a connection waits. `AddrInUse`, `Acces`, `AddrNotAvail`.
    fn listen(&mut self, address: Ipv4Addr, port: u16, dual: bool) -> Result<Fd, Errno>;
    /// Takes a waiting connection; `Again` where none waits.
    fn accept(&mut self, fd: Fd) -> Result<Fd, Errno>;
    /// Starts to connect; the descriptor has news when it is decided. No program waits longer than its own patience.
    fn connect(&mut self, address: Ipv4Addr, port: u16) -> Result<Fd, Errno>;
    /// `Ok(true)` once connected, `Ok(false)` while nothing is decided.
    fn connected(&self, fd: Fd) -> Result<bool, Errno>;
    /// Ends the writing half.
    fn shutdown(&mut self, fd: Fd) -> Result<(), Errno>;
    /// The addresses of both ends: (own, other).
    fn ends(&self, fd: Fd) -> Result<(Endpoint, Endpoint), Errno>;
    /// Which container has the other end of a connection.
    fn peer_container(&self, fd: Fd) -> Option<ContainerId>;
    /// Notes a request for the stage: `http://web/` was answered with `200`.
    fn note_request(&mut self, target: &str, answered_by: Option<ContainerId>, result: &str);
    /// `getaddrinfo`: literals, `/etc/hosts`, then the name server with the search domains.
    fn resolve(&mut self, name: &str) -> Result<Resolution, LookupError>;
    /// One question to the name server, with this exact name.
    fn query(&mut self, name: &str) -> Result<Resolution, LookupError>;
    /// Asks the name server for SRV records: port and target.
    fn services(&mut self, name: &str) -> Vec<(u16, Rc<str>)>;
    /// Whether an address answers at all (`ping`).
    fn reachable(&self, address: Ipv4Addr) -> bool;
    /// The sockets of the network namespace.
    fn sockets(&self) -> Vec<SocketView>;
}
