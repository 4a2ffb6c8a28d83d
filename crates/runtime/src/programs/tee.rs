//! `tee`: passes data on as it comes.

use super::plain::{Io, Run};
use crate::program::Open;

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    io.direct = true;
    let options = io.options("aip", &[("append", 'a'), ("ignore-interrupts", 'i')])?;
    let mut code = 0;
    let mut targets = Vec::new();
    for path in &options.operands {
        if &**path == "-" && !io.gnu() {
            targets.push(1);
            continue;
        }
        match io.open(path, if options.has('a') { Open::APPEND } else { Open::WRITE }) {
            Ok(fd) => targets.push(fd),
            Err(error) => {
                io.err(format!("{path}: {error}"));
                code = 1;
            }
        }
    }
    loop {
        let piece = io.chunk(0)?;
        if piece.is_empty() {
            return Ok(code);
        }
        io.out(&*piece);
        for fd in &targets {
            let _ = io.write(*fd, &piece);
        }
        if io.broken() && targets.is_empty() {
            return Ok(1);
        }
    }
}
