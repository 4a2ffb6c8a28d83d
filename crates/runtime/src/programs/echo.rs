//! `echo`.

use super::engine::text::unescape;
use super::plain::{Io, Run};
use std::rc::Rc;

/// What `echo` prints for its arguments: options `-n`, `-e`, `-E` in any combination.
pub fn render(args: &[Rc<str>]) -> Vec<u8> {
    let mut newline = true;
    let mut escapes = false;
    let mut rest = args;
    while let Some((first, tail)) = rest.split_first() {
        let letters = first.strip_prefix('-').unwrap_or("");
        if letters.is_empty() || !letters.chars().all(|c| matches!(c, 'n' | 'e' | 'E')) {
            break;
        }
        for letter in letters.chars() {
            match letter {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        rest = tail;
    }
    let mut out = Vec::new();
    for (i, arg) in rest.iter().enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        if escapes {
            let part = unescape(arg.as_bytes(), true);
            out.extend(part.bytes);
            if part.stop {
                return out;
            }
        } else {
            out.extend(arg.as_bytes());
        }
    }
    if newline {
        out.push(b'\n');
    }
    out
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    let text = render(&io.args.clone());
    io.out(text);
    io.flush();
    Ok(i32::from(io.broken()))
}
