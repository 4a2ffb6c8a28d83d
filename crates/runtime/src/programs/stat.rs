//! `stat`.

use super::engine::clock::Moment;
use super::files::{kind_text, mode_text};
use super::plain::{Io, Run};
use super::users;
use crate::program::{Kind, Stat};

fn field(io: &mut Io<'_>, letter: char, path: &str, stat: &Stat) -> String {
    let moment = Moment::from_millis(stat.modified_unix_ms);
    match letter {
        'n' => path.to_owned(),
        'N' => {
            if stat.kind == Kind::Link {
                let target = io.once(|sys| sys.read_link(path)).map(|t| t.to_string()).unwrap_or_default();
                format!("'{path}' -> '{target}'")
            } else if io.gnu() {
                format!("'{path}'")
            } else {
                path.to_owned()
            }
        }
        's' => stat.size.to_string(),
        'a' => format!("{:o}", stat.mode & 0o7777),
        'A' => mode_text(stat.kind, stat.mode),
        'F' => kind_text(stat.kind, stat.size).to_owned(),
        'U' => users::user_name(io, stat.uid).unwrap_or_else(|| "UNKNOWN".to_owned()),
        'G' => users::group_name(io, stat.gid).unwrap_or_else(|| "UNKNOWN".to_owned()),
        'u' => stat.uid.to_string(),
        'g' => stat.gid.to_string(),
        'h' => stat.links.to_string(),
        'i' => stat.inode.to_string(),
        'd' => stat.device.to_string(),
        'D' => format!("{:x}", stat.device),
        'b' => (stat.size.div_ceil(4096) * 8).to_string(),
        'B' => "512".to_owned(),
        'o' => "4096".to_owned(),
        'f' => {
            let kind = match stat.kind {
                Kind::Directory => 0o040_000,
                Kind::Link => 0o120_000,
                Kind::Device => 0o020_000,
                Kind::Fifo => 0o010_000,
                Kind::Socket => 0o140_000,
                Kind::File => 0o100_000,
            };
            format!("{:x}", kind | stat.mode)
        }
        't' | 'T' => "0".to_owned(),
        'x' | 'y' | 'z' => moment.format("%Y-%m-%d %H:%M:%S.%N +0000"),
        'X' | 'Y' | 'Z' => moment.epoch.to_string(),
        'w' => "-".to_owned(),
        'W' => "0".to_owned(),
        'm' => "/".to_owned(),
        '%' => "%".to_owned(),
        other if io.gnu() => format!("%{other}"),
        other => other.to_string(),
    }
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    let options = io.options("c:Lftx", &[("format", 'c'), ("printf", 'c'), ("dereference", 'L'), ("terse", 't'), ("file-system", 'f')])?;
    if options.operands.is_empty() {
        if io.gnu() {
            io.err("missing operand");
        }
        return io.usage(1);
    }
    let mut code = 0;
    for path in &options.operands {
        let looked = if options.has('L') { io.stat(path) } else { io.lstat(path) };
        let stat = match looked {
            Ok(stat) => stat,
            Err(error) => {
                let text = if io.gnu() { format!("cannot statx '{path}': {error}") } else { format!("can't stat '{path}': {error}") };
                io.err(text);
                code = 1;
                continue;
            }
        };
        let format = match options.value('c') {
            Some(format) => format.to_string(),
            None if options.has('t') => "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %o".to_owned(),
            None => "  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %o   %F\nDevice: %Dh/%dd\tInode: %i          Links: %h\nAccess: (0%a/%A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z".to_owned(),
        };
        let mut text = String::new();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                text.push(c);
                continue;
            }
            let left = chars.next_if_eq(&'-').is_some();
            let mut width = String::new();
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                width.push(digit);
            }
            if let Some(letter) = chars.next() {
                let value = field(io, letter, path, &stat);
                let width = width.parse::<usize>().unwrap_or(0).min(200);
                text.push_str(&if left { format!("{value:<width$}") } else { format!("{value:>width$}") });
            }
        }
        io.outln(text);
    }
    Ok(code)
}
