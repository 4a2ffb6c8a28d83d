//! `ln`, `link`, `readlink`, `realpath`.

use super::files::{base, join};
use super::plain::{Io, Run};
use crate::program::{Errno, Kind};
use std::rc::Rc;

/// The program `ln`.
pub fn ln(io: &mut Io<'_>) -> Run {
    let options = io.options("sfnbtTvr", &[("symbolic", 's'), ("force", 'f'), ("no-dereference", 'n'), ("verbose", 'v'), ("relative", 'r')])?;
    let mut operands = options.operands.clone();
    if operands.is_empty() {
        if io.gnu() {
            io.err("missing file operand");
        }
        return io.usage(1);
    }
    let target = if operands.len() == 1 { ".".into() } else { operands.pop().unwrap_or_else(|| ".".into()) };
    let directory = if options.has('n') { super::directories::is_real_directory(io, &target) } else { io.is_dir(&target) } && !options.has('T');
    let mut code = 0;
    for source in operands {
        let path = if directory { join(&target, base(&source)) } else { target.to_string() };
        if !options.has('s') && io.lstat(&source).is_err() {
            let text =
                if io.gnu() { format!("failed to access '{source}': No such file or directory") } else { format!("{source}: No such file or directory") };
            io.err(text);
            code = 1;
            continue;
        }
        if options.has('f') && io.lstat(&path).is_ok_and(|s| s.kind != Kind::Directory) {
            let _ = io.act(|sys| sys.unlink(&path));
        }
        if options.has('v') {
            io.outln(format!("'{path}' -> '{source}'"));
        }
        let result = if options.has('s') { io.act(|sys| sys.symlink(&source, &path)) } else { io.act(|sys| sys.link(&source, &path)) };
        if let Err(error) = result {
            let kind = if options.has('s') { "symbolic" } else { "hard" };
            let text = if io.gnu() { format!("failed to create {kind} link '{path}': {error}") } else { format!("{path}: {error}") };
            io.err(text);
            code = 1;
        }
    }
    Ok(code)
}

/// The program `readlink`.
pub fn readlink(io: &mut Io<'_>) -> Run {
    let options =
        io.options("fnvem", &[("canonicalize", 'f'), ("canonicalize-existing", 'e'), ("canonicalize-missing", 'm'), ("no-newline", 'n'), ("verbose", 'v')])?;
    if options.operands.is_empty() {
        if io.gnu() {
            io.err("missing operand");
        }
        return io.usage(1);
    }
    let mut code = 0;
    for path in &options.operands {
        let result = if options.has('f') || options.has('m') {
            whole(io, path, 0)
        } else if options.has('e') {
            io.once(|sys| sys.real_path(path, false))
        } else {
            io.once(|sys| sys.read_link(path))
        };
        match result {
            Ok(text) if options.has('n') => io.out(&*text),
            Ok(text) => io.outln(&*text),
            Err(error) => {
                if options.has('v') {
                    io.err(format!("{path}: {error}"));
                }
                code = 1;
            }
        }
    }
    Ok(code)
}

/// The path without links, where its last part may be missing. busybox (follows `xmalloc_realpath_coreutils`) takes the
/// target of a dangling link from the working directory, not from where the link is, and wants a slash in what is missing.
fn whole(io: &mut Io<'_>, path: &str, depth: u32) -> Result<Rc<str>, Errno> {
    if io.gnu() {
        return io.once(|sys| sys.real_path(path, true));
    }
    let found = io.once(|sys| sys.real_path(path, false));
    if found != Err(Errno::NoEnt) || depth > 16 {
        return found;
    }
    if let Ok(target) = io.once(|sys| sys.read_link(path)) {
        let target = if target.starts_with('/') { target.to_string() } else { join(&io.sys().cwd(), &target) };
        return whole(io, &target, depth + 1);
    }
    let (dir, last) = path.rsplit_once('/').ok_or(Errno::NoEnt)?;
    if last.is_empty() {
        return Err(Errno::NoEnt);
    }
    let dir = if dir.is_empty() { Rc::from("") } else { io.once(|sys| sys.real_path(dir, false))? };
    Ok(format!("{}/{last}", dir.trim_end_matches('/')).into())
}

/// The program `realpath`.
pub fn realpath(io: &mut Io<'_>) -> Run {
    let options = io.options("emqs", &[("canonicalize-existing", 'e'), ("canonicalize-missing", 'm'), ("quiet", 'q')])?;
    if options.operands.is_empty() {
        if io.gnu() {
            io.err("missing operand");
        }
        return io.usage(1);
    }
    let mut code = 0;
    for path in &options.operands {
        match whole(io, path, 0) {
            Ok(text) => io.outln(&*text),
            Err(error) => {
                io.err(format!("{path}: {error}"));
                code = 1;
            }
        }
    }
    Ok(code)
}

/// The program `basename`.
pub fn basename(io: &mut Io<'_>) -> Run {
    let options = io.options("+as:z", &[("multiple", 'a'), ("suffix", 's')])?;
    let mut names = options.operands.clone();
    if names.is_empty() {
        if io.gnu() {
            io.err("missing operand");
        }
        return io.usage(1);
    }
    let mut suffix = options.value('s');
    if !options.has('a') && suffix.is_none() {
        if names.len() > 2 {
            return io.usage(1);
        }
        suffix = names.get(1).cloned();
        names.truncate(1);
    }
    for name in names {
        let mut text = base(&name);
        if let Some(suffix) = &suffix
            && let Some(cut) = text.strip_suffix(&**suffix)
            && !cut.is_empty()
        {
            text = cut;
        }
        io.outln(text);
    }
    Ok(0)
}

/// The program `dirname`.
pub fn dirname(io: &mut Io<'_>) -> Run {
    let args: Vec<_> = io.args.iter().filter(|a| &***a != "--").cloned().collect();
    if args.is_empty() {
        if io.gnu() {
            io.err("missing operand");
        }
        return io.usage(1);
    }
    if args.len() > 1 && !io.gnu() {
        return io.usage(1);
    }
    for path in args {
        let trimmed = path.trim_end_matches('/');
        let text = match trimmed.rfind('/') {
            _ if trimmed.is_empty() && !path.is_empty() => "/",
            None => ".",
            Some(at) => {
                let parent = trimmed.get(..at).unwrap_or("").trim_end_matches('/');
                if parent.is_empty() { "/" } else { parent }
            }
        };
        io.outln(text);
    }
    Ok(0)
}
