//! `sleep` and `usleep`.

use super::plain::{Io, Run, Stop};
use crate::program::Wait;

/// Reads a time such as `1.5`, `3s`, `30m`, `1h`, `2d`, `infinity`: milliseconds.
pub fn duration(text: &str) -> Option<u64> {
    if matches!(text.to_ascii_lowercase().as_str(), "infinity" | "inf") {
        return Some(u64::MAX);
    }
    let (digits, unit) = match text.char_indices().last() {
        Some((i, 's')) => (text.get(..i)?, 1.0),
        Some((i, 'm')) => (text.get(..i)?, 60.0),
        Some((i, 'h')) => (text.get(..i)?, 3600.0),
        Some((i, 'd')) => (text.get(..i)?, 86400.0),
        _ => (text, 1.0),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let seconds: f64 = digits.parse().ok()?;
    Some((seconds * unit * 1000.0).round().min(1e18) as u64)
}

/// The program `sleep`.
pub fn main(io: &mut Io<'_>) -> Run {
    let args = io.args.clone();
    if args.first().is_some_and(|a| &**a == "--help") {
        io.options("", &[])?;
    }
    if args.is_empty() {
        if io.gnu() {
            io.err("missing operand");
        }
        return io.usage(1);
    }
    let mut total: u64 = 0;
    for arg in &args {
        match duration(arg) {
            Some(ms) => total = total.saturating_add(ms),
            None if io.gnu() => {
                if arg.starts_with('-') && arg.len() > 1 {
                    let letter = arg.chars().nth(1).unwrap_or('-');
                    io.err(format!("invalid option -- '{letter}'"));
                } else {
                    io.err(format!("invalid time interval '{arg}'"));
                }
                return io.usage(1);
            }
            None => return io.fail(1, format!("invalid number '{arg}'")),
        }
    }
    if total == u64::MAX {
        return Err(Stop::Wait(Wait::forever()));
    }
    io.sleep(total)?;
    Ok(0)
}

/// The program `usleep`: microseconds.
pub fn usleep(io: &mut Io<'_>) -> Run {
    let micros: u64 = io.args.first().and_then(|a| a.parse().ok()).unwrap_or(0);
    io.sleep(micros.div_ceil(1000))?;
    Ok(0)
}
