//! `rm`, `unlink`.

use super::files::{base, join};
use super::plain::{Io, Run, Stop};
use crate::program::{Errno, Kind};

fn remove(io: &mut Io<'_>, path: &str, recurse: bool, force: bool, ask: bool) -> Result<bool, Stop> {
    let stat = match io.lstat(path) {
        Ok(stat) => stat,
        Err(Errno::NoEnt | Errno::NotDir) if force => return Ok(true),
        Err(error) => {
            let text = if io.gnu() { format!("cannot remove '{path}': {error}") } else { format!("can't remove '{path}': {error}") };
            io.err(text);
            return Ok(false);
        }
    };
    if stat.kind == Kind::Directory && !recurse {
        let text = if io.gnu() { format!("cannot remove '{path}': Is a directory") } else { format!("'{path}' is a directory") };
        io.err(text);
        return Ok(false);
    }
    if ask {
        let name = io.name.clone();
        let question = if stat.kind == Kind::Directory { format!("{name}: descend into directory '{path}'? ") } else { format!("{name}: remove '{path}'? ") };
        io.err_raw(&question);
        let answer = io.line(0)?.unwrap_or_default();
        if !matches!(answer.first(), Some(b'y' | b'Y')) {
            return Ok(true);
        }
    }
    let result = if stat.kind == Kind::Directory {
        let mut good = true;
        for entry in io.read_dir(path).unwrap_or_default() {
            good &= remove(io, &join(path, &entry.name), true, force, ask)?;
        }
        if !good {
            return Ok(false);
        }
        io.act(|sys| sys.rmdir(path))
    } else {
        io.act(|sys| sys.unlink(path))
    };
    match result {
        Ok(()) => Ok(true),
        Err(error) => {
            let text = if io.gnu() { format!("cannot remove '{path}': {error}") } else { format!("can't remove '{path}': {error}") };
            io.err(text);
            Ok(false)
        }
    }
}

/// The program `rm`.
pub fn rm(io: &mut Io<'_>) -> Run {
    let options = io.options("rRfiIdv", &[("recursive", 'r'), ("force", 'f'), ("interactive", 'i'), ("verbose", 'v'), ("dir", 'd')])?;
    let force = options.has('f');
    if options.operands.is_empty() {
        if force {
            return Ok(0);
        }
        if io.gnu() {
            io.err("missing operand");
        }
        return io.usage(1);
    }
    let recurse = options.has('r') || options.has('R');
    let mut code = 0;
    for path in &options.operands {
        if matches!(base(path), "." | "..") {
            let text = if io.gnu() { format!("refusing to remove '.' or '..' directory: skipping '{path}'") } else { "can't remove '.' or '..'".to_owned() };
            io.err(text);
            code = 1;
            continue;
        }
        let there = options.has('v') && io.lstat(path).is_ok();
        if !remove(io, path, recurse, force, options.has('i') && options.last_of("if") == Some('i'))? {
            code = 1;
        } else if there && io.lstat(path).is_err() {
            io.outln(format!("removed '{path}'"));
        }
    }
    Ok(code)
}

/// The program `unlink`.
pub fn unlink(io: &mut Io<'_>) -> Run {
    let Some(path) = io.args.first().cloned() else { return io.usage(1) };
    match io.act(|sys| sys.unlink(&path)) {
        Ok(()) => Ok(0),
        Err(error) => io.fail(1, format!("can't remove file '{path}': {error}")),
    }
}
