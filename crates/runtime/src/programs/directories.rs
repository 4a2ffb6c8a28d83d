//! `mkdir`, `rmdir`, `mktemp`, `mkfifo`.

use super::plain::{Io, Run};
use crate::program::{Errno, Kind};

/// Makes a directory; 0 where it worked.
pub fn make(io: &mut Io<'_>, path: &str, parents: bool, mode: Option<u32>) -> i32 {
    let umask = io.sys().umask();
    let plain = 0o777 & !umask;
    if parents {
        let mut at = 0;
        let ends: Vec<usize> = path.match_indices('/').map(|(i, _)| i).filter(|i| *i > 0).collect();
        for end in ends {
            let Some(part) = path.get(..end) else { continue };
            at = end;
            if part.ends_with('/') || matches!(io.act(|sys| sys.mkdir(part, plain | 0o300)), Ok(()) | Err(Errno::Exist)) {
                continue;
            }
            if !io.is_dir(part) {
                break;
            }
        }
        let _ = at;
        let trimmed = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        return match io.act(|sys| sys.mkdir(trimmed, mode.unwrap_or(plain))) {
            Ok(()) => {
                if let Some(mode) = mode {
                    let _ = io.act(|sys| sys.chmod(trimmed, mode));
                }
                0
            }
            Err(Errno::Exist) if io.is_dir(path) => 0,
            Err(error) => {
                cannot(io, path, error);
                1
            }
        };
    }
    match io.act(|sys| sys.mkdir(path, mode.unwrap_or(plain))) {
        Ok(()) => {
            if let Some(mode) = mode {
                let _ = io.act(|sys| sys.chmod(path, mode));
            }
            0
        }
        Err(error) => {
            cannot(io, path, error);
            1
        }
    }
}

fn cannot(io: &mut Io<'_>, path: &str, error: Errno) {
    let text = if io.gnu() { format!("cannot create directory '{path}': {error}") } else { format!("can't create directory '{path}': {error}") };
    io.err(text);
}

/// The program `mkdir`.
pub fn mkdir(io: &mut Io<'_>) -> Run {
    let options = io.options("pm:v", &[("parents", 'p'), ("mode", 'm'), ("verbose", 'v')])?;
    if options.operands.is_empty() {
        if io.gnu() {
            io.err("missing operand");
        }
        return io.usage(1);
    }
    let mode = match options.value('m') {
        Some(text) => match super::files::change_mode(&text, 0o777, true, 0) {
            Some(mode) => Some(mode),
            None => return io.fail(1, format!("invalid mode '{text}'")),
        },
        None => None,
    };
    let mut code = 0;
    for path in &options.operands {
        let result = make(io, path, options.has('p'), mode);
        if result == 0 && options.has('v') {
            io.outln(if io.gnu() { format!("mkdir: created directory '{path}'") } else { format!("created directory: '{path}'") });
        }
        code |= result;
    }
    Ok(code)
}

/// The program `rmdir`.
pub fn rmdir(io: &mut Io<'_>) -> Run {
    let options = io.options("pv", &[("parents", 'p'), ("ignore-fail-on-non-empty", 'i')])?;
    if options.operands.is_empty() {
        if io.gnu() {
            io.err("missing operand");
        }
        return io.usage(1);
    }
    let mut code = 0;
    for path in &options.operands {
        let mut path = path.trim_end_matches('/').to_owned();
        loop {
            if let Err(error) = io.act(|sys| sys.rmdir(&path)) {
                if !(options.has('i') && error == Errno::NotEmpty) {
                    let text = if io.gnu() { format!("failed to remove '{path}': {error}") } else { format!("'{path}': {error}") };
                    io.err(text);
                    code = 1;
                }
                break;
            }
            match path.rsplit_once('/') {
                Some((parent, _)) if options.has('p') && !parent.is_empty() => path = parent.to_owned(),
                _ => break,
            }
        }
    }
    Ok(code)
}

/// The program `mktemp`.
pub fn mktemp(io: &mut Io<'_>) -> Run {
    let options = io.options("dqtup:", &[("directory", 'd'), ("quiet", 'q'), ("tmpdir", 'p'), ("dry-run", 'u')])?;
    let template = options.operand(0);
    if options.operands.len() > 1 && !io.gnu() {
        return io.usage(1);
    }
    let directory = options.value('p').or_else(|| io.var("TMPDIR")).unwrap_or_else(|| "/tmp".into());
    let template = match template {
        None => format!("{directory}/tmp.XXXXXX"),
        Some(name) if options.has('p') || options.has('t') => format!("{directory}/{name}"),
        Some(name) => name.to_string(),
    };
    let wanted = template.len() - template.trim_end_matches('X').len();
    if wanted < if io.gnu() { 3 } else { 6 } {
        return io.fail(1, if io.gnu() { format!("too few X's in template '{template}'") } else { "(null): Invalid argument".to_owned() });
    }
    let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut number = io.once(|sys| sys.random());
    let mut name = template.trim_end_matches('X').to_owned();
    for _ in 0..wanted {
        name.push(char::from(letters.get((number % 62) as usize).copied().unwrap_or(b'a')));
        number = (number / 62) ^ number.rotate_left(17);
    }
    let result = if options.has('u') {
        Ok(())
    } else if options.has('d') {
        io.act(|sys| sys.mkdir(&name, 0o700)).and_then(|()| io.act(|sys| sys.chmod(&name, 0o700)))
    } else {
        io.write_file(&name, b"", false).and_then(|()| io.act(|sys| sys.chmod(&name, 0o600)))
    };
    match result {
        Ok(()) => {
            io.outln(&name);
            Ok(0)
        }
        Err(error) => io.fail(1, if io.gnu() { format!("{name}: {error}") } else { format!("(null): {error}") }),
    }
}

/// The program `mkfifo`.
pub fn mkfifo(io: &mut Io<'_>) -> Run {
    let options = io.options("m:", &[("mode", 'm')])?;
    let mut code = 0;
    for path in &options.operands {
        let mode = 0o666 & !io.sys().umask();
        if let Err(error) = io.act(|sys| sys.mkfifo(path, mode)) {
            io.err(format!("{path}: {error}"));
            code = 1;
        }
    }
    Ok(code)
}

/// Whether something is a directory without following links.
pub fn is_real_directory(io: &mut Io<'_>, path: &str) -> bool {
    io.lstat(path).is_ok_and(|s| s.kind == Kind::Directory)
}
