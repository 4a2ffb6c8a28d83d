//! Where the lines come from.

use super::Lines;
use crate::{
    program::Open,
    programs::plain::{Io, Stop},
};

impl Lines {
    pub(super) fn raw(&mut self, io: &mut Io<'_>) -> Result<Option<Vec<u8>>, Stop> {
        loop {
            if let Some(fd) = self.fd {
                if let Some(line) = io.line(fd)? {
                    return Ok(Some(line));
                }
                if fd != 0 {
                    io.close(fd);
                }
                self.fd = None;
            }
            let Some(file) = self.files.get(self.next_file).cloned() else { return Ok(None) };
            if self.in_place && self.next_file > 0 {
                return Ok(None);
            }
            self.next_file += 1;
            if &*file == "-" {
                self.fd = Some(0);
                continue;
            }
            match io.open(&file, Open::READ) {
                Ok(fd) if io.once(|sys| sys.fstat(fd)).is_ok_and(|s| s.kind == crate::program::Kind::Directory) => {
                    let text = if io.gnu() { format!("couldn't read {file}: Is a directory") } else { "read error: Is a directory".to_owned() };
                    io.err(text);
                    io.close(fd);
                    self.failed = true;
                }
                Ok(fd) => self.fd = Some(fd),
                Err(error) => {
                    let text = if io.gnu() { format!("can't read {file}: {error}") } else { format!("{file}: {error}") };
                    io.err(text);
                    self.failed = true;
                }
            }
        }
    }
    pub(super) fn next(&mut self, io: &mut Io<'_>) -> Result<Option<Vec<u8>>, Stop> {
        if !self.started {
            self.started = true;
            self.ahead = self.raw(io)?;
        }
        let Some(mut line) = self.ahead.take() else { return Ok(None) };
        self.ended_without_newline = line.last() != Some(&b'\n');
        if !self.ended_without_newline {
            line.pop();
        }
        self.ahead = self.raw(io)?;
        Ok(Some(line))
    }
    pub(super) fn last(&self) -> bool {
        self.ahead.is_none()
    }
}
