//! `cat`.

use super::plain::{Io, Run};
use crate::program::{Fd, Kind, Open};

#[derive(Default)]
struct Style {
    number: bool,
    number_nonempty: bool,
    visible: bool,
    tabs: bool,
    ends: bool,
    squeeze: bool,
}

struct Printer {
    style: Style,
    line: u64,
    fresh: bool,
    blank: bool,
}

impl Printer {
    fn show(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            if self.fresh {
                if self.style.squeeze && byte == b'\n' {
                    if self.blank {
                        continue;
                    }
                    self.blank = true;
                } else {
                    self.blank = false;
                }
                if self.style.number_nonempty && byte == b'\n' {
                    // An empty line has no number.
                } else if self.style.number || self.style.number_nonempty {
                    self.line += 1;
                    out.extend(format!("{:6}\t", self.line).as_bytes());
                }
                self.fresh = false;
            }
            match byte {
                b'\n' => {
                    if self.style.ends {
                        out.push(b'$');
                    }
                    out.push(b'\n');
                    self.fresh = true;
                }
                b'\t' if self.style.tabs => out.extend(b"^I"),
                b'\t' => out.push(byte),
                _ if self.style.visible => {
                    let mut low = byte;
                    if byte >= 128 {
                        out.extend(b"M-");
                        low = byte - 128;
                    }
                    match low {
                        0..=31 => out.extend([b'^', low + 64]),
                        127 => out.extend(b"^?"),
                        _ => out.push(low),
                    }
                }
                _ => out.push(byte),
            }
        }
        out
    }
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    io.direct = true;
    let options = io.options(
        "nbvteAETsu",
        &[("number", 'n'), ("number-nonblank", 'b'), ("show-all", 'A'), ("show-ends", 'E'), ("show-tabs", 'T'), ("squeeze-blank", 's')],
    )?;
    let style = Style {
        number: options.has('n') && !options.has('b'),
        number_nonempty: options.has('b'),
        visible: "vteA".chars().any(|c| options.has(c)),
        tabs: "tAT".chars().any(|c| options.has(c)),
        ends: "eAE".chars().any(|c| options.has(c)),
        squeeze: options.has('s'),
    };
    let plain = options.given.is_empty();
    let mut printer = Printer { style, line: 0, fresh: true, blank: false };
    let mut files = options.operands;
    if files.is_empty() {
        files.push("-".into());
    }
    let mut code = 0;
    for file in files {
        let fd: Fd = if &*file == "-" {
            0
        } else {
            match io.open(&file, Open::READ) {
                Ok(fd) => fd,
                Err(error) => {
                    let text = if io.gnu() { format!("{file}: {error}") } else { format!("can't open '{file}': {error}") };
                    io.err(text);
                    code = 1;
                    continue;
                }
            }
        };
        if fd != 0 && io.once(|sys| sys.fstat(fd)).is_ok_and(|s| s.kind == Kind::Directory) {
            let text = if io.gnu() { format!("{file}: Is a directory") } else { "read error: Is a directory".to_owned() };
            io.err(text);
            io.close(fd);
            code = 1;
            continue;
        }
        loop {
            let piece = io.chunk(fd)?;
            if piece.is_empty() {
                break;
            }
            if plain {
                io.out(&*piece);
            } else {
                let shown = printer.show(&piece);
                io.out(shown);
            }
            if io.broken() {
                return Ok(1);
            }
        }
        if fd != 0 {
            io.close(fd);
        }
    }
    Ok(code)
}
