//! From a name to a program: `PATH`, `#!`, rights.

use super::{FsId, Kernel, ProcId, walk::Cred};
use crate::{
    fs::Ino,
    program::{Env, Errno, Exec, Kind, Program},
    programs, shell,
};
use std::rc::Rc;

/// What executable files of images begin with; the name of the program follows up to the line end.
pub(crate) const PROGRAM_MARK: &[u8] = b"\x7fELFprogram:";

const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program ready to run, with its arguments.
pub(crate) struct Loaded {
    pub(crate) program: Box<dyn Program>,
    pub(crate) argv: Rc<[Rc<str>]>,
}

/// The content of an executable file that holds a program.
pub(crate) fn program_file(name: &str) -> Vec<u8> {
    let mut data = PROGRAM_MARK.to_vec();
    data.extend(name.bytes());
    data.push(b'\n');
    data
}

impl Kernel {
    /// The absolute path of a program; looks through `PATH` where the name has no slash.
    pub(crate) fn which(&self, container: u32, cred: &Cred, cwd: &str, env: &Env, name: &str) -> Result<Rc<str>, Errno> {
        if name.contains('/') {
            return self.executable(container, cwd, cred, name).map(|_| name.into());
        }
        if name.is_empty() {
            return Err(Errno::NoEnt);
        }
        let path = env.iter().rev().find(|(k, _)| &**k == "PATH").map_or(DEFAULT_PATH, |(_, v)| v);
        let mut error = Errno::NoEnt;
        for dir in path.split(':') {
            let candidate = if dir.is_empty() { format!("./{name}") } else { format!("{}/{name}", dir.trim_end_matches('/')) };
            match self.executable(container, cwd, cred, &candidate) {
                Ok(_) => return Ok(candidate.into()),
                Err(Errno::Acces) => error = Errno::Acces,
                Err(_) => {}
            }
        }
        Err(error)
    }
    fn executable(&self, container: u32, cwd: &str, cred: &Cred, path: &str) -> Result<(FsId, Ino), Errno> {
        let found = self.find_in(container, cred, cwd, path, true)?;
        if found.proc.is_some() {
            return Err(Errno::Acces);
        }
        let (fs, ino) = found.node.ok_or(Errno::NoEnt)?;
        let inode = self.tree(fs).and_then(|t| t.get(ino)).ok_or(Errno::NoEnt)?;
        if inode.kind() != Kind::File || !cred.may(inode.mode, inode.uid, inode.gid, 1) {
            return Err(Errno::Acces);
        }
        Ok((fs, ino))
    }
    /// Makes a program from a path and arguments (`argv[0]` as given).
    pub(crate) fn load(&mut self, container: u32, cred: &Cred, cwd: &str, path: &str, argv: Vec<Rc<str>>, depth: u32) -> Result<Loaded, Errno> {
        let (fs, ino) = self.executable(container, cwd, cred, path)?;
        let data = self.tree(fs).ok_or(Errno::NoEnt)?.data(ino)?.clone();
        if let Some(rest) = data.strip_prefix(PROGRAM_MARK) {
            let name = String::from_utf8_lossy(rest.split(|b| *b == b'\n').next().unwrap_or_default()).into_owned();
            return Ok(self.load_named(container, &name, argv));
        }
        if let Some(rest) = data.strip_prefix(b"#!") {
            if depth > 4 {
                return Err(Errno::Loop);
            }
            let line = String::from_utf8_lossy(rest.split(|b| *b == b'\n').next().unwrap_or_default()).trim().to_owned();
            let (interpreter, argument) = match line.split_once(char::is_whitespace) {
                Some((i, a)) => (i.to_owned(), Some(a.trim().to_owned())),
                None => (line, None),
            };
            if interpreter.is_empty() {
                return Err(Errno::NoExec);
            }
            let mut args: Vec<Rc<str>> = vec![interpreter.as_str().into()];
            args.extend(argument.map(Rc::from));
            args.push(path.into());
            args.extend(argv.into_iter().skip(1));
            return self.load(container, cred, cwd, &interpreter, args, depth + 1);
        }
        Err(Errno::NoExec)
    }
    /// A program by the name its file has.
    pub(crate) fn load_named(&mut self, container: u32, name: &str, argv: Vec<Rc<str>>) -> Loaded {
        let called = argv.first().map_or(name, |a| a.rsplit('/').next().unwrap_or(a)).trim_start_matches('-').to_owned();
        let argv: Rc<[Rc<str>]> = argv.into();
        // The multi-call binary is what it is called.
        let dialect = match (name, called.as_str()) {
            ("busybox", "sh" | "ash") | ("sh" | "ash", _) => Some(shell::Dialect::Ash),
            ("busybox", "busybox") if argv.get(1).is_some_and(|a| matches!(&**a, "sh" | "ash")) => {
                let rest: Rc<[Rc<str>]> = argv.iter().skip(1).cloned().collect();
                return Loaded { program: Box::new(shell::Shell::new(shell::Dialect::Ash, &rest)), argv: rest };
            }
            ("dash", _) => Some(shell::Dialect::Dash),
            ("bash", _) => Some(shell::Dialect::Bash),
            _ => None,
        };
        if let Some(dialect) = dialect {
            return Loaded { program: Box::new(shell::Shell::new(dialect, &argv)), argv };
        }
        if let Some(program) = programs::load(name, &argv) {
            return Loaded { program, argv };
        }
        let unknown = if name == "busybox" { called } else { name.to_owned() };
        // An image's own program says itself what is assumed of it.
        if name != "assumed" {
            self.assume(container, &format!("What `{unknown}` does is not known: it is assumed to print nothing"));
        }
        Loaded { program: Box::new(super::assumed::Assumed::default()), argv }
    }
    /// Replaces a process's program; where that fails the process ends with 126 or 127, as after a failed `exec`.
    pub(crate) fn exec(&mut self, id: ProcId, exec: &Exec) {
        let Some(p) = self.processes.get(id) else { return };
        let (container, cred, cwd) = (p.container, p.cred.clone(), p.cwd.clone());
        let env = exec.env.clone().unwrap_or_else(|| p.env.clone());
        let name = exec.argv.first().cloned().unwrap_or_else(|| "".into());
        let loaded = self.which(container, &cred, &cwd, &env, &name).and_then(|path| self.load_or_script(container, &cred, &cwd, &path, exec.argv.clone()));
        match loaded {
            Ok(loaded) => {
                if let Some(p) = self.processes.get_mut(id) {
                    p.program = Some(loaded.program);
                    p.argv = loaded.argv;
                    p.env = env;
                    p.signals.clear();
                    // Descriptors above 9 belong to the shell that is going away.
                    let own: Vec<u32> = p.fds.drain(p.fds.len().min(10)..).flatten().collect();
                    for open in own {
                        self.release(open);
                    }
                }
            }
            Err(errno) => self.end(id, if errno == Errno::NoEnt { 127 } else { 126 }, None),
        }
    }
    /// Like `load`; a text without `#!` is run by the shell, as shells do.
    pub(crate) fn load_or_script(&mut self, container: u32, cred: &Cred, cwd: &str, path: &str, argv: Vec<Rc<str>>) -> Result<Loaded, Errno> {
        match self.load(container, cred, cwd, path, argv.clone(), 0) {
            Err(Errno::NoExec) => {
                let mut args: Vec<Rc<str>> = vec!["sh".into(), path.into()];
                args.extend(argv.into_iter().skip(1));
                let args: Rc<[Rc<str>]> = args.into();
                Ok(Loaded { program: Box::new(shell::Shell::new(shell::Dialect::Ash, &args)), argv: args })
            }
            other => other,
        }
    }
}
