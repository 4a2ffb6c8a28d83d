//! `head`.

use super::plain::{Io, Run};
use crate::program::{Fd, Kind, Open};
use std::rc::Rc;

/// Turns `-5` into `-n 5`, for `head` and `tail`.
pub fn old_style(args: &[Rc<str>]) -> Vec<Rc<str>> {
    let mut out = Vec::new();
    let mut fresh = true;
    for arg in args {
        let digits = arg.strip_prefix('-').unwrap_or("");
        if fresh && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
            out.push(Rc::from("-n"));
            out.push(Rc::from(digits));
        } else {
            out.push(arg.clone());
        }
        fresh = !matches!(&**arg, "-n" | "-c");
    }
    out
}

/// Reads a count with a unit: `10`, `2k`, `1M`.
pub fn count(text: &str) -> Option<u64> {
    let (digits, unit) = match text.trim_end_matches(['B', 'i']).char_indices().last() {
        Some((i, 'k' | 'K')) => (text.get(..i)?, 1024),
        Some((i, 'm' | 'M')) => (text.get(..i)?, 1024 * 1024),
        Some((i, 'g' | 'G')) => (text.get(..i)?, 1024 * 1024 * 1024),
        Some((i, 'b')) => (text.get(..i)?, 512),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

fn copy(io: &mut Io<'_>, fd: Fd, amount: u64, bytes: bool, all_but: bool) -> Result<(), super::plain::Stop> {
    if all_but {
        let all = io.rest(fd)?;
        let keep = if bytes {
            all.len().saturating_sub(amount as usize)
        } else {
            let lines = super::engine::text::lines(&all);
            let kept = lines.len().saturating_sub(amount as usize);
            lines.iter().take(kept).map(|l| l.len() + 1).sum::<usize>().min(all.len())
        };
        io.out(all.get(..keep).unwrap_or_default());
        return Ok(());
    }
    let mut left = amount;
    if bytes {
        while left > 0 {
            let piece = io.chunk(fd)?;
            if piece.is_empty() {
                break;
            }
            let take = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            io.out(piece.get(..take).unwrap_or_default());
            left -= take as u64;
        }
        return Ok(());
    }
    while left > 0 {
        let Some(line) = io.line(fd)? else { break };
        io.out(line);
        left -= 1;
    }
    Ok(())
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    io.args = old_style(&io.args);
    let options = io.options("n:c:qv", &[("lines", 'n'), ("bytes", 'c'), ("quiet", 'q'), ("silent", 'q'), ("verbose", 'v')])?;
    let bytes = options.last_of("nc") == Some('c');
    let text = options.value(if bytes { 'c' } else { 'n' }).unwrap_or_else(|| Rc::from("10"));
    let (all_but, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let Some(amount) = count(digits) else {
        let text = if io.gnu() { format!("invalid number of {}: '{text}'", if bytes { "bytes" } else { "lines" }) } else { format!("invalid number '{text}'") };
        return io.fail(1, text);
    };
    let mut files = options.operands.clone();
    if files.is_empty() {
        files.push("-".into());
    }
    let headers = options.has('v') || (files.len() > 1 && !options.has('q'));
    let mut code = 0;
    let mut first = true;
    for file in files {
        let fd = if &*file == "-" {
            0
        } else {
            match io.open(&file, Open::READ) {
                Ok(fd) => fd,
                Err(error) => {
                    let text = if io.gnu() { format!("cannot open '{file}' for reading: {error}") } else { format!("{file}: {error}") };
                    io.err(text);
                    code = 1;
                    continue;
                }
            }
        };
        if fd != 0 && io.once(|sys| sys.fstat(fd)).is_ok_and(|s| s.kind == Kind::Directory) {
            let text = if io.gnu() { format!("error reading '{file}': Is a directory") } else { format!("{file}: Is a directory") };
            io.err(text);
            io.close(fd);
            code = 1;
            continue;
        }
        if headers {
            let name = if &*file == "-" { "standard input" } else { &file };
            io.out(format!("{}==> {name} <==\n", if first { "" } else { "\n" }));
        }
        first = false;
        copy(io, fd, amount, bytes, all_but)?;
        if fd != 0 {
            io.close(fd);
        }
    }
    Ok(code)
}
