//! Programs written as plain functions.
//!
//! Most programs read, think and write. They are written as a function over [`Io`] that simply calls
//! what it needs. When it would have to wait, the call returns [`Stop::Wait`] and the function ends;
//! once there is news it runs again from its beginning, and every call it made before gets the answer
//! it got then. So the whole state of the program is the list of answers, which can be cloned, and
//! nothing is done twice. Programs that never end (servers, `tail -f`) are state machines instead.

use crate::{
    SimTime,
    program::{Child, Disposition, Entry, Env, Errno, Exec, Fd, Flavour, LookupError, Open, Pid, Program, Resolution, Spawn, Stat, Step, Sys, Wait},
};
use std::{any::Any, collections::BTreeMap, fmt, net::Ipv4Addr, rc::Rc};

/// Why a program's function ended early.
#[derive(Debug)]
pub enum Stop {
    /// It has to wait and will be called again.
    Wait(Wait),
    /// It ends with this code.
    Exit(i32),
    /// The process becomes another program.
    Exec(Exec),
    /// It has done enough for now and will be called again at once.
    Again,
}

/// What a program's function returns: the exit code.
pub type Run = Result<i32, Stop>;

/// A program that is a function.
#[derive(Clone)]
pub struct Plain {
    main: fn(&mut Io<'_>) -> Run,
    name: Rc<str>,
    log: Vec<Rc<dyn Any>>,
    written: usize,
    read: usize,
    broken: bool,
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain").field("name", &self.name).field("answers", &self.log.len()).finish_non_exhaustive()
    }
}

impl Plain {
    /// A program with its function; `name` stands before its messages.
    pub fn boxed(name: &str, main: fn(&mut Io<'_>) -> Run) -> Box<dyn Program> {
        Box::new(Plain { main, name: Rc::from(name), log: Vec::new(), written: 0, read: 0, broken: false })
    }
}

impl Program for Plain {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        let args: Vec<Rc<str>> = sys.args().iter().skip(1).cloned().collect();
        let flavour = sys.flavour();
        let mut io = Io {
            args,
            name: self.name.clone(),
            flavour,
            direct: false,
            sys,
            log: &mut self.log,
            at: 0,
            out: Vec::new(),
            written: &mut self.written,
            read: &mut self.read,
            broken: &mut self.broken,
            readers: BTreeMap::new(),
            fresh: 0,
        };
        // busybox answers `--help` before a program sees it.
        let asks = io.flavour == Flavour::Busybox
            && io.args.len() == 1
            && io.args.first().is_some_and(|a| &**a == "--help")
            && !matches!(&*io.name, "test" | "[" | "[[" | "true" | "false" | "echo")
            && super::in_busybox(&io.name);
        let result = if asks { io.usage(0) } else { (self.main)(&mut io) };
        match result {
            Ok(code) | Err(Stop::Exit(code)) => {
                io.flush();
                Step::Done(code)
            }
            Err(Stop::Wait(wait)) => Step::Wait(wait),
            Err(Stop::Again) => Step::Again,
            Err(Stop::Exec(exec)) => {
                io.flush();
                Step::Exec(exec)
            }
        }
    }

    fn disposition(&self, _signal: crate::Signal) -> Disposition {
        Disposition::Default
    }
}

#[derive(Default)]
struct Reader {
    data: Vec<u8>,
    at: usize,
    ended: bool,
}

/// The world of a plain program.
pub struct Io<'a> {
    /// Arguments without the name.
    pub args: Vec<Rc<str>>,
    /// The name for messages.
    pub name: Rc<str>,
    /// Whose programs these are.
    pub flavour: Flavour,
    /// Output is written at once instead of in blocks.
    pub direct: bool,
    sys: &'a mut dyn Sys,
    log: &'a mut Vec<Rc<dyn Any>>,
    at: usize,
    out: Vec<u8>,
    written: &'a mut usize,
    read: &'a mut usize,
    broken: &'a mut bool,
    readers: BTreeMap<Fd, Reader>,
    fresh: usize,
}

/// Bytes a program reads before it lets others go on.
const SLICE: usize = 1 << 20;
/// Bytes after which an endless input is given up: everything that was read is kept.
const LIMIT: usize = 1 << 26;

/// A block of the C library's output.
const BLOCK: usize = 4096;

/// What a child is given and what is kept of it.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// Name and arguments.
    pub argv: Vec<Rc<str>>,
    /// Environment; `None` inherits.
    pub env: Option<Rc<Env>>,
    /// What it reads; `None` inherits.
    pub stdin: Option<Vec<u8>>,
    /// Whether its output is returned instead of printed.
    pub capture: bool,
}

/// How a child ended.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// Its exit code.
    pub code: i32,
    /// A signal ended it.
    pub killed: bool,
    /// What it printed, if that was asked for.
    pub output: Vec<u8>,
}

impl Io<'_> {
    /// Does something once: when the function runs again the first answer is given.
    pub fn once<T: Clone + 'static>(&mut self, act: impl FnOnce(&mut dyn Sys) -> T) -> T {
        if let Some(answer) = self.log.get(self.at).and_then(|a| a.downcast_ref::<T>()) {
            self.at += 1;
            return answer.clone();
        }
        let answer = act(self.sys);
        self.log.truncate(self.at);
        self.log.push(Rc::new(answer.clone()));
        self.at += 1;
        answer
    }

    /// Asks something that may not be decided yet; only a decided answer is kept.
    pub fn decided<T: Clone + 'static>(&mut self, act: impl FnOnce(&mut dyn Sys) -> Result<T, Wait>) -> Result<T, Stop> {
        if let Some(answer) = self.log.get(self.at).and_then(|a| a.downcast_ref::<T>()) {
            self.at += 1;
            return Ok(answer.clone());
        }
        match act(self.sys) {
            Ok(answer) => {
                self.log.truncate(self.at);
                self.log.push(Rc::new(answer.clone()));
                self.at += 1;
                Ok(answer)
            }
            Err(wait) => {
                // What a stream would have delivered by now is delivered.
                Err(Stop::Wait(wait))
            }
        }
    }

    // --- the process ---

    /// One variable of the environment.
    pub fn var(&self, name: &str) -> Option<Rc<str>> {
        self.sys.var(name)
    }
    /// The environment.
    pub fn env(&self) -> Rc<Env> {
        self.sys.env()
    }
    /// Whether the programs are the GNU ones.
    pub fn gnu(&self) -> bool {
        self.flavour == Flavour::Gnu
    }
    /// Read-only questions to the kernel whose answers do not change.
    pub fn sys(&self) -> &dyn Sys {
        self.sys
    }
    /// Milliseconds since 1970.
    pub fn unix_ms(&mut self) -> i64 {
        self.once(|sys| sys.unix_ms())
    }
    /// Virtual time.
    pub fn now(&mut self) -> SimTime {
        self.once(|sys| sys.now())
    }
    /// Waits so many milliseconds.
    pub fn sleep(&mut self, ms: u64) -> Result<(), Stop> {
        let until = self.once(|sys| sys.now() + ms);
        self.decided(|sys| if sys.now() >= until { Ok(()) } else { Err(Wait::until(until)) })
    }
    /// Says what is assumed.
    pub fn assume(&mut self, text: &str) {
        self.once(|sys| sys.assume(text));
    }

    // --- output ---

    /// Prints bytes on stdout.
    pub fn out(&mut self, bytes: impl AsRef<[u8]>) {
        self.out.extend_from_slice(bytes.as_ref());
        if self.direct {
            self.flush();
        } else {
            while self.out.len() >= *self.written + BLOCK {
                let block = self.out.get(*self.written..*self.written + BLOCK).unwrap_or_default().to_vec();
                *self.written += BLOCK;
                self.emit(&block);
            }
        }
    }
    /// Prints a line on stdout.
    pub fn outln(&mut self, bytes: impl AsRef<[u8]>) {
        let mut line = bytes.as_ref().to_vec();
        line.push(b'\n');
        self.out(line);
    }
    /// Writes out what was printed.
    pub fn flush(&mut self) {
        if self.out.len() > *self.written {
            let rest = self.out.get(*self.written..).unwrap_or_default().to_vec();
            *self.written = self.out.len();
            self.emit(&rest);
        }
    }
    fn emit(&mut self, bytes: &[u8]) {
        if !*self.broken
            && let Err(error) = self.sys.write(1, bytes)
        {
            *self.broken = true;
            if error != Errno::Pipe {
                let text = format!("{}: write error: {}\n", self.name, error.text());
                self.sys.err(&text);
            }
        }
    }
    /// Whether stdout could not be written.
    pub fn broken(&self) -> bool {
        *self.broken
    }
    /// Prints a text on stderr as it is.
    pub fn err_raw(&mut self, text: &str) {
        self.once(|sys| sys.err(text));
    }
    /// Prints a message on stderr, after the program's name.
    pub fn err(&mut self, text: impl AsRef<str>) {
        // busybox writes out what it has printed before it complains.
        if self.flavour == Flavour::Busybox {
            self.flush();
        }
        let line = format!("{}: {}\n", self.name, text.as_ref());
        self.err_raw(&line);
    }
    /// Prints a message and ends.
    pub fn fail<T>(&mut self, code: i32, text: impl AsRef<str>) -> Result<T, Stop> {
        self.err(text);
        Err(Stop::Exit(code))
    }
    /// The usage text on stderr, then the end.
    pub fn usage<T>(&mut self, code: i32) -> Result<T, Stop> {
        let text = if self.gnu() { format!("Try '{} --help' for more information.\n", self.name) } else { super::usage::text(&self.name) };
        self.err_raw(&text);
        Err(Stop::Exit(code))
    }

    // --- descriptors ---

    /// The next piece of a stream; empty at its end.
    pub fn chunk(&mut self, fd: Fd) -> Result<Rc<Vec<u8>>, Stop> {
        let known = self.at < self.log.len();
        if !known && (self.fresh >= SLICE || self.sys.congested()) {
            if *self.read >= LIMIT {
                return self.fail(1, "input without an end is not read further");
            }
            return Err(Stop::Again);
        }
        let piece = self.read_piece(fd)?;
        if !known {
            self.fresh += piece.len();
            *self.read += piece.len();
        }
        Ok(piece)
    }
    fn read_piece(&mut self, fd: Fd) -> Result<Rc<Vec<u8>>, Stop> {
        self.decided(|sys| match sys.read(fd, 1 << 16) {
            Ok(data) => Ok(Rc::new(data)),
            Err(Errno::Again) => Err(Wait::readable(fd)),
            Err(_) => Ok(Rc::new(Vec::new())),
        })
    }
    /// Everything on stdin.
    pub fn stdin(&mut self) -> Result<Vec<u8>, Stop> {
        self.rest(0)
    }
    /// Everything on a descriptor. A program that gathers more than its container's memory (or than
    /// any program may here) is killed for memory.
    pub fn rest(&mut self, fd: Fd) -> Result<Vec<u8>, Stop> {
        const MOST: u64 = 64 << 20;
        let limit = self.sys.memory_limit().unwrap_or(MOST).min(MOST);
        let mut all = Vec::new();
        if let Some(reader) = self.readers.get_mut(&fd) {
            all = reader.data.split_off(reader.at.min(reader.data.len()));
            if reader.ended {
                return Ok(all);
            }
        }
        loop {
            let piece = self.chunk(fd)?;
            if piece.is_empty() {
                return Ok(all);
            }
            all.extend_from_slice(&piece);
            if all.len() as u64 > limit {
                self.sys.out_of_memory();
                return Err(Stop::Exit(137));
            }
        }
    }
    /// The next line of a descriptor with its line end; `None` at the end.
    pub fn line(&mut self, fd: Fd) -> Result<Option<Vec<u8>>, Stop> {
        loop {
            let reader = self.readers.entry(fd).or_default();
            let fresh = reader.data.get(reader.at..).unwrap_or_default();
            if let Some(end) = fresh.iter().position(|b| *b == b'\n') {
                let line = fresh.get(..=end).unwrap_or_default().to_vec();
                reader.at += end + 1;
                return Ok(Some(line));
            }
            if reader.ended {
                let line = fresh.to_vec();
                reader.at = reader.data.len();
                return Ok(if line.is_empty() { None } else { Some(line) });
            }
            let piece = self.chunk(fd)?;
            let reader = self.readers.entry(fd).or_default();
            if piece.is_empty() {
                reader.ended = true;
            } else {
                reader.data.drain(..reader.at);
                reader.at = 0;
                reader.data.extend_from_slice(&piece);
            }
        }
    }
    /// Opens a file.
    pub fn open(&mut self, path: &str, how: Open) -> Result<Fd, Errno> {
        self.once(|sys| sys.open(path, how))
    }
    /// Closes a descriptor.
    pub fn close(&mut self, fd: Fd) {
        self.readers.remove(&fd);
        self.once(|sys| sys.close(fd).is_ok());
    }
    /// Writes to a descriptor other than stdout.
    pub fn write(&mut self, fd: Fd, data: &[u8]) -> Result<(), Errno> {
        self.once(|sys| sys.write(fd, data))
    }

    // --- files ---

    /// The content of a file, or of stdin for `-`.
    pub fn input(&mut self, path: &str) -> Result<Result<Rc<Vec<u8>>, Errno>, Stop> {
        if path == "-" {
            return Ok(Ok(Rc::new(self.stdin()?)));
        }
        if path == "/dev/stdin" {
            return Ok(Ok(Rc::new(self.stdin()?)));
        }
        let kind = match self.once(|sys| sys.stat(path).map(|s| s.kind)) {
            Ok(kind) => kind,
            Err(error) => return Ok(Err(error)),
        };
        if matches!(kind, crate::program::Kind::Fifo | crate::program::Kind::Device) {
            return match self.open(path, Open::READ) {
                Ok(fd) => {
                    let all = self.rest(fd)?;
                    self.close(fd);
                    Ok(Ok(Rc::new(all)))
                }
                Err(error) => Ok(Err(error)),
            };
        }
        Ok(self.read_file(path))
    }
    /// The content of a file.
    pub fn read_file(&mut self, path: &str) -> Result<Rc<Vec<u8>>, Errno> {
        self.once(|sys| sys.read_file(path))
    }
    /// Creates, replaces or extends a file.
    pub fn write_file(&mut self, path: &str, data: &[u8], append: bool) -> Result<(), Errno> {
        self.once(|sys| sys.write_file(path, data, append))
    }
    /// What a path is, links followed.
    pub fn stat(&mut self, path: &str) -> Result<Stat, Errno> {
        self.once(|sys| sys.stat(path))
    }
    /// What a path is.
    pub fn lstat(&mut self, path: &str) -> Result<Stat, Errno> {
        self.once(|sys| sys.lstat(path))
    }
    /// Whether a path is a directory.
    pub fn is_dir(&mut self, path: &str) -> bool {
        self.stat(path).is_ok_and(|s| s.kind == crate::program::Kind::Directory)
    }
    /// Names in a directory.
    pub fn read_dir(&mut self, path: &str) -> Result<Vec<Entry>, Errno> {
        self.once(|sys| sys.read_dir(path))
    }
    /// Does something to the file system, once.
    pub fn act(&mut self, act: impl FnOnce(&mut dyn Sys) -> Result<(), Errno>) -> Result<(), Errno> {
        self.once(act)
    }

    // --- children ---

    /// Runs a child to its end.
    pub fn run(&mut self, command: &Command) -> Result<Result<Finished, Errno>, Stop> {
        self.flush();
        let started: Result<(Pid, Option<Fd>), Errno> = self.once(|sys| {
            let mut spawn = Spawn { argv: command.argv.clone(), env: command.env.clone(), ..Spawn::default() };
            let mut close = Vec::new();
            if let Some(data) = &command.stdin {
                let (read, write) = sys.pipe();
                let _ = sys.write(write, data);
                let _ = sys.close(write);
                spawn.fds.push((0, read));
                spawn.closed.push(read);
                close.push(read);
            }
            let mut result = None;
            if command.capture {
                let (read, write) = sys.pipe();
                spawn.fds.push((1, write));
                spawn.closed.push(read);
                spawn.closed.push(write);
                close.push(write);
                result = Some(read);
            }
            let pid = sys.spawn(spawn);
            for fd in close {
                let _ = sys.close(fd);
            }
            if let (Err(_), Some(read)) = (&pid, result) {
                let _ = sys.close(read);
            }
            pid.map(|pid| (pid, result))
        });
        let (pid, pipe) = match started {
            Ok(started) => started,
            Err(error) => return Ok(Err(error)),
        };
        let mut output = Vec::new();
        if let Some(fd) = pipe {
            output = self.rest(fd)?;
            self.close(fd);
        }
        let (code, killed) = self.decided(|sys| match sys.child(Some(pid)) {
            Child::Running => Err(Wait::child()),
            Child::Ended { code, signal, .. } => Ok((code, signal.is_some())),
            Child::None => Ok((127, false)),
        })?;
        Ok(Ok(Finished { code, killed, output }))
    }

    // --- network ---

    /// Looks a name up.
    pub fn resolve(&mut self, name: &str) -> Result<Resolution, LookupError> {
        self.once(|sys| sys.resolve(name))
    }
    /// Connects, with patience in milliseconds.
    pub fn connect(&mut self, address: Ipv4Addr, port: u16, patience: u64) -> Result<Result<Fd, Errno>, Stop> {
        let fd = match self.once(|sys| sys.connect(address, port)) {
            Ok(fd) => fd,
            Err(error) => return Ok(Err(error)),
        };
        let until = self.once(|sys| sys.now() + patience);
        let result = self.decided(|sys| match sys.connected(fd) {
            Ok(true) => Ok(Ok(fd)),
            Ok(false) if sys.now() >= until => Ok(Err(Errno::TimedOut)),
            Ok(false) => Err(Wait::readable(fd).or_until(until)),
            Err(error) => Ok(Err(error)),
        })?;
        if result.is_err() {
            self.close(fd);
        }
        Ok(result)
    }
    /// Reads everything the other end sends, with patience; `None` where it never ends.
    pub fn receive_all(&mut self, fd: Fd, patience: u64) -> Result<Result<Vec<u8>, Errno>, Stop> {
        let until = self.once(|sys| sys.now() + patience);
        let mut all = Vec::new();
        loop {
            let piece = self.decided(|sys| match sys.read(fd, 1 << 16) {
                Ok(data) => Ok(Ok(Rc::new(data))),
                Err(Errno::Again) if sys.now() >= until => Ok(Err(Errno::TimedOut)),
                Err(Errno::Again) => Err(Wait::readable(fd).or_until(until)),
                Err(error) => Ok(Err(error)),
            })?;
            match piece {
                Ok(piece) if piece.is_empty() => return Ok(Ok(all)),
                Ok(piece) => all.extend_from_slice(&piece),
                Err(error) => return Ok(Err(error)),
            }
        }
    }
    /// Reads until `enough` says so, or the end, with patience.
    pub fn receive_until(&mut self, fd: Fd, patience: u64, enough: fn(&[u8]) -> bool) -> Result<Result<Vec<u8>, Errno>, Stop> {
        let until = self.once(|sys| sys.now() + patience);
        let mut all = Vec::new();
        loop {
            if enough(&all) {
                return Ok(Ok(all));
            }
            let piece = self.decided(|sys| match sys.read(fd, 1 << 16) {
                Ok(data) => Ok(Ok(Rc::new(data))),
                Err(Errno::Again) if sys.now() >= until => Ok(Err(Errno::TimedOut)),
                Err(Errno::Again) => Err(Wait::readable(fd).or_until(until)),
                Err(error) => Ok(Err(error)),
            })?;
            match piece {
                Ok(piece) if piece.is_empty() => return Ok(Ok(all)),
                Ok(piece) => all.extend_from_slice(&piece),
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    // --- options ---

    /// Reads options as `getopt` does: letters, `:` after one that takes a value, `+` first to stop at the
    /// first operand. Long options map to letters. `--help` and mistakes end the program.
    pub fn options(&mut self, letters: &str, long: &[(&str, char)]) -> Result<Options, Stop> {
        let code = match &*self.name {
            "grep" | "egrep" | "fgrep" | "sort" | "diff" | "cmp" => 2,
            "ls" if self.gnu() => 2,
            "timeout" if self.gnu() => 125,
            _ => 1,
        };
        let args = self.args.clone();
        let mut found = Options::default();
        let stop_early = letters.starts_with('+');
        let takes = |letter: char| letters.find(letter).map(|i| letters.get(i + letter.len_utf8()..).is_some_and(|r| r.starts_with(':')));
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            at += 1;
            if &**arg == "--" {
                found.operands.extend(args.get(at..).unwrap_or_default().iter().cloned());
                break;
            }
            if let Some(word) = arg.strip_prefix("--") {
                let (key, value) = match word.split_once('=') {
                    Some((key, value)) => (key, Some(value)),
                    None => (word, None),
                };
                let mut candidates = long.iter().filter(|(name, _)| name.starts_with(key));
                let entry = long.iter().find(|(name, _)| *name == key).or_else(|| candidates.next());
                let Some((_, letter)) = entry else {
                    if key == "help" {
                        let text = super::usage::text(&self.name);
                        if self.gnu() {
                            self.out(text.trim_start_matches(|c| c != '\n').trim_start_matches('\n'));
                        } else {
                            self.err_raw(&text);
                        }
                        return Err(Stop::Exit(0));
                    }
                    let shown = if self.gnu() { key } else { word };
                    self.err(format!("unrecognized option '--{shown}'"));
                    return self.usage(code);
                };
                if takes(*letter) == Some(true) {
                    let value: Rc<str> = if let Some(value) = value {
                        Rc::from(value)
                    } else if let Some(next) = args.get(at) {
                        at += 1;
                        next.clone()
                    } else {
                        self.err(format!("option '--{key}' requires an argument"));
                        return self.usage(code);
                    };
                    found.given.push((*letter, Some(value)));
                } else {
                    found.given.push((*letter, value.map(Rc::from)));
                }
                continue;
            }
            if !arg.starts_with('-') || arg.len() == 1 {
                if stop_early {
                    found.operands.extend(args.get(at - 1..).unwrap_or_default().iter().cloned());
                    break;
                }
                found.operands.push(arg.clone());
                continue;
            }
            let mut rest = arg.get(1..).unwrap_or_default();
            while let Some(letter) = rest.chars().next() {
                rest = rest.get(letter.len_utf8()..).unwrap_or_default();
                match if letter == ':' || letter == '+' { None } else { takes(letter) } {
                    None => {
                        self.err(format!("invalid option -- '{letter}'"));
                        return self.usage(code);
                    }
                    Some(false) => found.given.push((letter, None)),
                    Some(true) => {
                        let value: Rc<str> = if !rest.is_empty() {
                            Rc::from(rest)
                        } else if let Some(next) = args.get(at) {
                            at += 1;
                            next.clone()
                        } else {
                            self.err(format!("option requires an argument -- '{letter}'"));
                            return self.usage(code);
                        };
                        found.given.push((letter, Some(value)));
                        break;
                    }
                }
            }
        }
        Ok(found)
    }
}

/// Options and operands.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Letters with their values, in order.
    pub given: Vec<(char, Option<Rc<str>>)>,
    /// Everything else.
    pub operands: Vec<Rc<str>>,
}

impl Options {
    /// Whether a letter was given.
    pub fn has(&self, letter: char) -> bool {
        self.given.iter().any(|(l, _)| *l == letter)
    }
    /// The last value of a letter.
    pub fn value(&self, letter: char) -> Option<Rc<str>> {
        self.given.iter().rev().find(|(l, _)| *l == letter).and_then(|(_, v)| v.clone())
    }
    /// All values of a letter.
    pub fn values(&self, letter: char) -> Vec<Rc<str>> {
        self.given.iter().filter(|(l, _)| *l == letter).filter_map(|(_, v)| v.clone()).collect()
    }
    /// Which of some letters came last.
    pub fn last_of(&self, letters: &str) -> Option<char> {
        self.given.iter().rev().map(|(l, _)| *l).find(|l| letters.contains(*l))
    }
    /// Operand number `n`.
    pub fn operand(&self, n: usize) -> Option<Rc<str>> {
        self.operands.get(n).cloned()
    }
}
