//! `touch`, `chmod`, `chown`, `chgrp`, `truncate`.

use super::engine::clock::Moment;
use super::files::change_mode;
use super::plain::{Io, Run, Stop};
use super::users;
use crate::program::Errno;

/// The program `touch`.
pub fn touch(io: &mut Io<'_>) -> Run {
    let options = io.options("cham:d:t:r:f", &[("no-create", 'c'), ("date", 'd'), ("reference", 'r'), ("no-dereference", 'h')])?;
    if options.operands.is_empty() {
        if io.gnu() {
            io.err("missing file operand");
        }
        return io.usage(1);
    }
    let now = Moment::from_millis(io.unix_ms());
    let mut time = None;
    if let Some(text) = options.value('t') {
        match Moment::parse_stamp(&text, now) {
            Some(moment) => time = Some(moment.epoch * 1000),
            None => return io.fail(1, if io.gnu() { format!("invalid date format '{text}'") } else { format!("invalid date '{text}'") }),
        }
    }
    if let Some(text) = options.value('d') {
        match Moment::parse(&text, now, io.gnu()) {
            Some(moment) => time = Some(moment.epoch * 1000),
            None => return io.fail(1, if io.gnu() { format!("invalid date format '{text}'") } else { format!("invalid date '{text}'") }),
        }
    }
    if let Some(path) = options.value('r') {
        match io.stat(&path) {
            Ok(stat) => time = Some(stat.modified_unix_ms),
            Err(error) => return io.fail(1, format!("{path}: {error}")),
        }
    }
    let mut code = 0;
    for path in &options.operands {
        let result = match io.stat(path) {
            Ok(_) => {
                let at = time.unwrap_or(now.epoch * 1000 + i64::from(now.nanos / 1_000_000));
                io.act(|sys| sys.set_modified(path, at))
            }
            Err(Errno::NoEnt) if options.has('c') => Ok(()),
            Err(Errno::NoEnt) => {
                let made = io.write_file(path, b"", true);
                match (made, time) {
                    (Ok(()), Some(at)) => io.act(|sys| sys.set_modified(path, at)),
                    (made, _) => made,
                }
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            let text = if io.gnu() { format!("cannot touch '{path}': {error}") } else { format!("{path}: {error}") };
            io.err(text);
            code = 1;
        }
    }
    Ok(code)
}

fn each(io: &mut Io<'_>, paths: &[std::rc::Rc<str>], recurse: bool, mut act: impl FnMut(&mut Io<'_>, &str) -> bool) -> Result<bool, Stop> {
    let mut good = true;
    for path in paths {
        if recurse {
            for (found, _) in io.tree(path)? {
                good &= act(io, &found);
            }
            if io.lstat(path).is_err() {
                good &= act(io, path);
            }
        } else {
            good &= act(io, path);
        }
    }
    Ok(good)
}

/// The program `chmod`.
pub fn chmod(io: &mut Io<'_>) -> Run {
    // A mode such as `-x` looks like an option.
    let mut mode_like = None;
    let args = io.args.clone();
    for (i, arg) in args.iter().enumerate() {
        if arg.starts_with('-') && arg.len() > 1 && arg.chars().skip(1).all(|c| "rwxXst".contains(c)) {
            mode_like = Some(i);
            break;
        }
    }
    let taken = mode_like.map(|i| io.args.remove(i));
    let options = io.options("Rcvf", &[("recursive", 'R'), ("verbose", 'v'), ("quiet", 'f'), ("silent", 'f')])?;
    let mut operands = options.operands.clone();
    let mode = match taken {
        Some(mode) => mode,
        None if operands.is_empty() => {
            if io.gnu() {
                io.err("missing operand");
            }
            return io.usage(1);
        }
        None => operands.remove(0),
    };
    if operands.is_empty() {
        if io.gnu() {
            io.err(format!("missing operand after '{mode}'"));
        }
        return io.usage(1);
    }
    let umask = io.sys().umask();
    if change_mode(&mode, 0, false, umask).is_none() {
        return io.fail(1, if io.gnu() { format!("invalid mode: '{mode}'") } else { format!("invalid mode '{mode}'") });
    }
    let quiet = options.has('f');
    let good = each(io, &operands, options.has('R'), |io, path| {
        let result = io.stat(path).and_then(|stat| {
            let new = change_mode(&mode, stat.mode, stat.kind == crate::program::Kind::Directory, umask).unwrap_or(stat.mode);
            let done = io.act(|sys| sys.chmod(path, new));
            if done.is_ok() && !io.gnu() && (options.has('v') || options.has('c') && new != stat.mode) {
                let letters = super::files::mode_text(stat.kind, new);
                io.outln(format!("mode of '{path}' changed to {new:04o} ({})", letters.get(1..).unwrap_or_default()));
            }
            done
        });
        if let Err(error) = result {
            if !quiet {
                let text = match (io.gnu(), error) {
                    (true, Errno::NoEnt) => format!("cannot access '{path}': {error}"),
                    (true, _) => format!("changing permissions of '{path}': {error}"),
                    (false, _) => format!("{path}: {error}"),
                };
                io.err(text);
            }
            return false;
        }
        true
    })?;
    Ok(i32::from(!good))
}

/// The programs `chown` and `chgrp`.
pub fn chown(io: &mut Io<'_>) -> Run {
    let options = io.options("RhLHPcvf", &[("recursive", 'R'), ("no-dereference", 'h'), ("verbose", 'v')])?;
    let mut operands = options.operands.clone();
    if operands.len() < 2 {
        if io.gnu() {
            io.err(match operands.first() {
                Some(one) => format!("missing operand after '{one}'"),
                None => "missing operand".to_owned(),
            });
        }
        return io.usage(1);
    }
    let spec = operands.remove(0);
    let mut user = None;
    let mut group = None;
    if &*io.name == "chgrp" {
        match users::group_number(io, &spec) {
            Some(gid) => group = Some(gid),
            None => return io.fail(1, format!("unknown group {spec}")),
        }
    } else {
        let (name, group_text) = match spec.split_once(':').or_else(|| if io.table_has_user(&spec) { None } else { spec.split_once('.') }) {
            Some((user, group)) => (user, Some(group)),
            None => (&*spec, None),
        };
        if !name.is_empty() {
            match users::user_number(io, name) {
                Some((uid, gid)) => {
                    user = Some(uid);
                    if group_text == Some("") {
                        group = Some(gid);
                    }
                }
                None if io.gnu() => return io.fail(1, format!("invalid user: '{spec}'")),
                None => return io.fail(1, format!("unknown user {name}")),
            }
        }
        if let Some(text) = group_text.filter(|g| !g.is_empty()) {
            match users::group_number(io, text) {
                Some(gid) => group = Some(gid),
                None if io.gnu() => return io.fail(1, format!("invalid group: '{spec}'")),
                None => return io.fail(1, format!("unknown user/group {spec}")),
            }
        }
    }
    let follow = !options.has('h');
    let good = each(io, &operands, options.has('R'), |io, path| {
        if let Err(error) = io.act(|sys| sys.chown(path, user, group, follow)) {
            let text = match (io.gnu(), error) {
                (true, Errno::NoEnt) => format!("cannot access '{path}': {error}"),
                (true, _) => format!("changing ownership of '{path}': {error}"),
                (false, _) => format!("{path}: {error}"),
            };
            io.err(text);
            return false;
        }
        true
    })?;
    Ok(i32::from(!good))
}

/// The program `truncate`.
pub fn truncate(io: &mut Io<'_>) -> Run {
    let options = io.options("cs:", &[("size", 's'), ("no-create", 'c')])?;
    let Some(size) = options.value('s').and_then(|s| super::head::count(&s)) else { return io.usage(1) };
    let mut code = 0;
    for path in &options.operands {
        if io.stat(path).is_err() && !options.has('c') {
            let _ = io.write_file(path, b"", true);
        }
        if let Err(error) = io.act(|sys| sys.truncate(path, size)) {
            io.err(format!("{path}: {error}"));
            code = 1;
        }
    }
    Ok(code)
}
