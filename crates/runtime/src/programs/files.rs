//! Words about files that several programs share: modes, names, trees.

use super::plain::{Io, Stop};
use crate::program::{Errno, Kind};

/// `drwxr-xr-x`.
pub fn mode_text(kind: Kind, mode: u32) -> String {
    let mut text = String::with_capacity(10);
    text.push(match kind {
        Kind::Directory => 'd',
        Kind::File => '-',
        Kind::Link => 'l',
        Kind::Device => 'c',
        Kind::Fifo => 'p',
        Kind::Socket => 's',
    });
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift & 7;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (bits & 1 != 0, mode & special != 0) {
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    text
}

/// `regular file`.
pub fn kind_text(kind: Kind, size: u64) -> &'static str {
    match kind {
        Kind::Directory => "directory",
        Kind::File if size == 0 => "regular empty file",
        Kind::File => "regular file",
        Kind::Link => "symbolic link",
        Kind::Device => "character special file",
        Kind::Fifo => "fifo",
        Kind::Socket => "socket",
    }
}

/// The last part of a path, trailing slashes removed.
pub fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() && !path.is_empty() {
        return "/";
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

/// A path below a directory.
pub fn join(directory: &str, name: &str) -> String {
    if directory.ends_with('/') { format!("{directory}{name}") } else { format!("{directory}/{name}") }
}

/// A file's permission bits after a symbolic or octal change; `None` for a mode nobody understands.
pub fn change_mode(text: &str, old: u32, directory: bool, umask: u32) -> Option<u32> {
    if text.bytes().all(|b| (b'0'..=b'7').contains(&b)) && !text.is_empty() && text.len() <= 5 {
        return u32::from_str_radix(text, 8).ok();
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, mut rest) = clause.split_at(at);
        let mut mask = 0;
        for letter in who.chars() {
            mask |= match letter {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        let everyone = who.is_empty();
        if everyone {
            mask = 0o7777 & !umask;
        }
        while let Some(operator) = rest.chars().next() {
            if !matches!(operator, '+' | '-' | '=') {
                return None;
            }
            rest = rest.get(1..)?;
            let end = rest.find(['+', '-', '=']).unwrap_or(rest.len());
            let (letters, next) = rest.split_at(end);
            rest = next;
            let mut bits = 0;
            for letter in letters.chars() {
                bits |= match letter {
                    'r' => 0o444,
                    'w' => 0o222,
                    'x' => 0o111,
                    'X' if directory || mode & 0o111 != 0 => 0o111,
                    'X' => 0,
                    's' => 0o6000,
                    't' => 0o1000,
                    'u' => (mode >> 6 & 7) * 0o111,
                    'g' => (mode >> 3 & 7) * 0o111,
                    'o' => (mode & 7) * 0o111,
                    _ => return None,
                };
            }
            bits &= mask;
            match operator {
                '+' => mode |= bits,
                '-' => mode &= !bits,
                // A `=` takes the set-id bits of its classes away, too.
                _ => mode = (mode & !if everyone { 0o7777 } else { mask & 0o6777 }) | bits,
            }
        }
    }
    Some(mode)
}

impl Io<'_> {
    /// Removes a tree. Errors are printed through `report`.
    pub fn remove_tree(&mut self, path: &str) -> Result<(), (String, Errno)> {
        match self.lstat(path) {
            Err(error) => Err((path.to_owned(), error)),
            Ok(stat) if stat.kind == Kind::Directory => {
                let names = self.read_dir(path).map_err(|e| (path.to_owned(), e))?;
                let mut first = None;
                for entry in names {
                    if let Err(error) = self.remove_tree(&join(path, &entry.name)) {
                        first.get_or_insert(error);
                    }
                }
                if let Some(error) = first {
                    return Err(error);
                }
                self.act(|sys| sys.rmdir(path)).map_err(|e| (path.to_owned(), e))
            }
            Ok(_) => self.act(|sys| sys.unlink(path)).map_err(|e| (path.to_owned(), e)),
        }
    }

    /// All paths below a path, itself first, parents before children. Links are not followed.
    pub fn tree(&mut self, path: &str) -> Result<Vec<(String, crate::program::Stat)>, Stop> {
        let mut found = Vec::new();
        let mut open = vec![path.to_owned()];
        while let Some(next) = open.pop() {
            if let Ok(stat) = self.lstat(&next) {
                if stat.kind == Kind::Directory {
                    let mut names = self.read_dir(&next).unwrap_or_default();
                    names.reverse();
                    for entry in names {
                        open.push(join(&next, &entry.name));
                    }
                }
                found.push((next, stat));
            }
        }
        Ok(found)
    }
}
