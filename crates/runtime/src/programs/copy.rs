//! `cp`, `mv`, `install`.

use super::files::{base, join};
use super::plain::{Io, Options, Run, Stop};
use crate::program::{Errno, Kind};
use std::rc::Rc;

#[derive(Clone, Copy, Default)]
struct How {
    recurse: bool,
    /// `-d`, `-P`: links are copied as links.
    as_links: bool,
    keep: bool,
    follow: bool,
    force: bool,
    no_clobber: bool,
    update: bool,
    links: bool,
    hard: bool,
    verbose: bool,
}

fn same(io: &mut Io<'_>, a: &str, b: &str) -> bool {
    match (io.stat(a), io.stat(b)) {
        (Ok(a), Ok(b)) => (a.device, a.inode) == (b.device, b.inode),
        _ => false,
    }
}

fn copy(io: &mut Io<'_>, from: &str, to: &str, how: How, top: bool) -> Result<bool, Stop> {
    let looked = if how.follow || (top && !how.recurse && !how.as_links) { io.stat(from) } else { io.lstat(from) };
    let stat = match looked {
        Ok(stat) => stat,
        Err(error) => {
            let text = if io.gnu() { format!("cannot stat '{from}': {error}") } else { format!("can't stat '{from}': {error}") };
            io.err(text);
            return Ok(false);
        }
    };
    if stat.kind == Kind::Directory && !how.recurse {
        let text = if io.gnu() { format!("-r not specified; omitting directory '{from}'") } else { format!("omitting directory '{from}'") };
        io.err(text);
        return Ok(false);
    }
    let existing = io.stat(to).ok();
    if existing.is_some() && same(io, from, to) {
        io.err(format!("'{from}' and '{to}' are the same file"));
        return Ok(false);
    }
    if let Some(existing) = &existing {
        if how.no_clobber && stat.kind != Kind::Directory {
            return Ok(true);
        }
        if how.update && existing.modified_unix_ms >= stat.modified_unix_ms && stat.kind != Kind::Directory {
            return Ok(true);
        }
        if existing.kind == Kind::Directory && stat.kind != Kind::Directory {
            let text = if io.gnu() { format!("cannot overwrite directory '{to}' with non-directory") } else { format!("can't create '{to}': Is a directory") };
            io.err(text);
            return Ok(false);
        }
    }
    if how.verbose {
        io.outln(format!("'{from}' -> '{to}'"));
    }
    let cannot = |io: &mut Io<'_>, error: Errno| {
        let kind = if stat.kind == Kind::Directory { "directory" } else { "regular file" };
        let text = if io.gnu() {
            format!("cannot create {kind} '{to}': {error}")
        } else if stat.kind == Kind::Directory {
            format!("can't create directory '{to}': {error}")
        } else {
            format!("can't create '{to}': {error}")
        };
        io.err(text);
        Ok(false)
    };
    let mut good = true;
    match stat.kind {
        Kind::Directory => {
            if existing.as_ref().is_none_or(|e| e.kind != Kind::Directory)
                && let Err(error) = io.act(|sys| sys.mkdir(to, stat.mode | 0o700))
            {
                return cannot(io, error);
            }
            match io.read_dir(from) {
                Ok(names) => {
                    for entry in names {
                        good &= copy(io, &join(from, &entry.name), &join(to, &entry.name), how, false)?;
                    }
                }
                Err(error) => {
                    io.err(format!("can't open '{from}': {error}"));
                    good = false;
                }
            }
            if how.keep || existing.is_none() {
                let _ = io.act(|sys| sys.chmod(to, stat.mode));
            }
        }
        Kind::Link => {
            let target = io.once(|sys| sys.read_link(from)).unwrap_or_else(|_| Rc::from(""));
            if existing.is_some() || io.lstat(to).is_ok() {
                let _ = io.act(|sys| sys.unlink(to));
            }
            if let Err(error) = io.act(|sys| sys.symlink(&target, to)) {
                return cannot(io, error);
            }
        }
        Kind::Fifo => {
            if let Err(error) = io.act(|sys| sys.mkfifo(to, stat.mode)) {
                return cannot(io, error);
            }
        }
        _ => {
            if how.links || how.hard {
                let result = if how.links { io.act(|sys| sys.symlink(from, to)) } else { io.act(|sys| sys.link(from, to)) };
                if let Err(error) = result {
                    return cannot(io, error);
                }
                return Ok(true);
            }
            let data = match io.input(from)? {
                Ok(data) => data,
                Err(error) => {
                    let text = if io.gnu() { format!("cannot open '{from}' for reading: {error}") } else { format!("can't open '{from}': {error}") };
                    io.err(text);
                    return Ok(false);
                }
            };
            if let Err(error) = io.write_file(to, &data, false) {
                if how.force && existing.is_some() && io.act(|sys| sys.unlink(to)).is_ok() {
                    if let Err(error) = io.write_file(to, &data, false) {
                        return cannot(io, error);
                    }
                } else {
                    return cannot(io, error);
                }
            }
            if existing.is_none() || how.keep {
                let umask = if how.keep { 0 } else { io.sys().umask() };
                let mode = stat.mode & 0o7777 & !umask;
                let _ = io.act(|sys| sys.chmod(to, mode));
            }
        }
    }
    if how.keep && stat.kind != Kind::Link {
        let _ = io.act(|sys| sys.chown(to, Some(stat.uid), Some(stat.gid), false));
        let _ = io.act(|sys| sys.set_modified(to, stat.modified_unix_ms));
    }
    Ok(good)
}

/// Sources, the target, and whether names are appended to it.
type Targets = (Vec<Rc<str>>, Rc<str>, bool);

/// The target for each source: the directory decides whether names are appended.
fn targets(io: &mut Io<'_>, options: &Options) -> Result<Targets, Stop> {
    let mut operands = options.operands.clone();
    if let Some(directory) = options.value('t') {
        return Ok((operands, directory, true));
    }
    if operands.len() < 2 {
        if io.gnu() {
            let text = match operands.first() {
                None => "missing file operand".to_owned(),
                Some(one) => format!("missing destination file operand after '{one}'"),
            };
            io.err(text);
        }
        return io.usage(1);
    }
    let last = operands.pop().unwrap_or_else(|| Rc::from("."));
    let directory = !options.has('T') && io.is_dir(&last);
    if operands.len() > 1 && !directory && io.gnu() {
        let text = match io.stat(&last) {
            Ok(_) => format!("target '{last}' is not a directory"),
            Err(_) => format!("target '{last}': No such file or directory"),
        };
        return io.fail(1, text);
    }
    let append = directory || operands.len() > 1;
    Ok((operands, last, append))
}

/// The program `cp`.
pub fn cp(io: &mut Io<'_>) -> Run {
    let long = [
        ("recursive", 'r'),
        ("archive", 'a'),
        ("preserve", 'p'),
        ("force", 'f'),
        ("no-clobber", 'n'),
        ("update", 'u'),
        ("verbose", 'v'),
        ("target-directory", 't'),
        ("no-target-directory", 'T'),
        ("dereference", 'L'),
        ("no-dereference", 'P'),
        ("interactive", 'i'),
    ];
    let options = io.options("arRPLHpfinlsTuvdt:", &long)?;
    let (sources, target, append) = targets(io, &options)?;
    let recurse = options.has('r') || options.has('R') || options.has('a');
    let how = How {
        recurse,
        as_links: options.has('P') || options.has('d'),
        keep: options.has('p') || options.has('a'),
        follow: options.has('L') || (!recurse && !options.has('P') && !options.has('d')),
        force: options.has('f'),
        no_clobber: options.has('n'),
        update: options.has('u'),
        links: options.has('s'),
        hard: options.has('l'),
        verbose: options.has('v'),
    };
    let mut good = true;
    for source in sources {
        let to = if append {
            let name = base(&source);
            if matches!(name, "." | "..") { target.to_string() } else { join(&target, name) }
        } else {
            target.to_string()
        };
        good &= copy(io, &source, &to, how, true)?;
    }
    Ok(i32::from(!good))
}

/// The program `mv`.
pub fn mv(io: &mut Io<'_>) -> Run {
    let options = io.options("finTt:vu", &[("force", 'f'), ("no-clobber", 'n'), ("verbose", 'v'), ("target-directory", 't'), ("interactive", 'i')])?;
    let (sources, target, append) = targets(io, &options)?;
    let mut code = 0;
    for source in sources {
        let to = if append { join(&target, base(&source)) } else { target.to_string() };
        if options.has('n') && io.lstat(&to).is_ok() {
            continue;
        }
        let mut result = io.act(|sys| sys.rename(&source, &to));
        if result == Err(Errno::XDev) {
            let how = How { recurse: true, keep: true, force: true, ..How::default() };
            result = if copy(io, &source, &to, how, true)? {
                io.remove_tree(&source).map_err(|(_, e)| e)
            } else {
                code = 1;
                continue;
            };
        }
        match result {
            Ok(()) if options.has('v') => io.outln(if io.gnu() { format!("renamed '{source}' -> '{to}'") } else { format!("'{source}' -> '{to}'") }),
            Ok(()) => {}
            Err(error) => {
                let text = if !io.gnu() {
                    format!("can't rename '{source}': {error}")
                } else if io.lstat(&source).is_err() {
                    format!("cannot stat '{source}': {error}")
                } else {
                    format!("cannot move '{source}' to '{to}': {error}")
                };
                io.err(text);
                code = 1;
            }
        }
    }
    Ok(code)
}

/// The program `install`.
pub fn install(io: &mut Io<'_>) -> Run {
    let options = io.options("cdDpsm:o:g:t:v", &[("mode", 'm'), ("owner", 'o'), ("group", 'g'), ("directory", 'd'), ("target-directory", 't')])?;
    let mode = options.value('m').and_then(|m| super::files::change_mode(&m, 0, false, 0)).unwrap_or(0o755);
    let mut code = 0;
    if options.has('d') {
        for path in &options.operands {
            code |= super::directories::make(io, path, true, Some(mode));
        }
        return Ok(code);
    }
    let (sources, target, append) = targets(io, &options)?;
    for source in sources {
        let to = if append { join(&target, base(&source)) } else { target.to_string() };
        if copy(io, &source, &to, How { follow: true, force: true, ..How::default() }, true)? {
            let _ = io.act(|sys| sys.chmod(&to, mode));
        } else {
            code = 1;
        }
    }
    Ok(code)
}
