//! `ls`.

use super::engine::clock::Moment;
use super::files::{join, mode_text};
use super::plain::{Io, Options, Run};
use super::users;
use crate::program::{Kind, Stat};

struct Row {
    name: String,
    stat: Stat,
    target: Option<String>,
}

/// A size as `-h` shows it.
pub fn human(size: u64) -> String {
    if size < 1024 {
        return size.to_string();
    }
    let mut value = size as f64;
    let mut unit = ' ';
    for letter in ['K', 'M', 'G', 'T'] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = letter;
    }
    format!("{value:.1}{unit}")
}

fn row(io: &mut Io<'_>, name: &str, path: &str, follow: bool) -> Result<Row, crate::program::Errno> {
    let stat = if follow { io.stat(path).or_else(|_| io.lstat(path)) } else { io.lstat(path) }?;
    let target = if stat.kind == Kind::Link { io.once(|sys| sys.read_link(path)).ok().map(|t| t.to_string()) } else { None };
    Ok(Row { name: name.to_owned(), stat, target })
}

fn order(rows: &mut [Row], options: &Options) {
    if options.has('U') || options.has('f') {
        return;
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    if options.has('S') {
        rows.sort_by_key(|r| std::cmp::Reverse(r.stat.size));
    } else if options.has('t') {
        rows.sort_by_key(|r| std::cmp::Reverse(r.stat.modified_unix_ms));
    } else if options.has('X') {
        rows.sort_by(|a, b| a.name.rsplit('.').next().cmp(&b.name.rsplit('.').next()));
    }
    if options.has('r') {
        rows.reverse();
    }
}

fn suffix(row: &Row, options: &Options) -> &'static str {
    let long = options.has('l') || options.has('n') || options.has('g') || options.has('o');
    match row.stat.kind {
        Kind::Directory if options.has('F') || options.has('p') => "/",
        Kind::Link if options.has('F') && !long => "@",
        Kind::Fifo if options.has('F') => "|",
        Kind::Socket if options.has('F') => "=",
        Kind::File if options.has('F') && row.stat.mode & 0o111 != 0 => "*",
        _ => "",
    }
}

fn print(io: &mut Io<'_>, rows: &[Row], options: &Options, total: bool) {
    let long = options.has('l') || options.has('n') || options.has('g') || options.has('o');
    if long && total {
        let blocks: u64 = rows
            .iter()
            .map(|r| {
                if r.stat.kind == Kind::File {
                    r.stat.size.div_ceil(4096) * 4
                } else if r.stat.kind == Kind::Directory {
                    4
                } else {
                    0
                }
            })
            .sum();
        io.outln(format!("total {blocks}"));
    }
    let now = io.unix_ms();
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut short: Vec<String> = Vec::new();
    let in_columns = !long && matches!(options.last_of("Cx1"), Some('C' | 'x'));
    for row in rows {
        let mark = suffix(row, options);
        let name = if options.has('Q') { format!("\"{}\"{mark}", row.name) } else { format!("{}{mark}", row.name) };
        if !long {
            let mut text = String::new();
            if options.has('i') {
                text.push_str(&format!("{:7} ", row.stat.inode));
            }
            if options.has('s') {
                text.push_str(&format!("{:4} ", row.stat.size.div_ceil(4096) * 4));
            }
            text.push_str(&name);
            if in_columns {
                short.push(text);
            } else {
                io.outln(text);
            }
            continue;
        }
        let (owner, group) = if options.has('n') {
            (row.stat.uid.to_string(), row.stat.gid.to_string())
        } else {
            let owner = users::user_name(io, row.stat.uid).unwrap_or_else(|| row.stat.uid.to_string());
            let group = users::group_name(io, row.stat.gid).unwrap_or_else(|| row.stat.gid.to_string());
            (owner, group)
        };
        let size = if options.has('h') { human(row.stat.size) } else { row.stat.size.to_string() };
        let moment = Moment::from_millis(row.stat.modified_unix_ms);
        let recent = (now - row.stat.modified_unix_ms).abs() < 15_768_000_000;
        let time = if options.has('e') {
            moment.format("%a %b %e %H:%M:%S %Y")
        } else if options.has('I') {
            moment.format("%Y-%m-%d %H:%M:%S +0000")
        } else if recent {
            moment.format("%b %e %H:%M")
        } else {
            moment.format("%b %e  %Y")
        };
        let link = row.target.as_ref().map(|t| format!(" -> {t}")).unwrap_or_default();
        lines.push(vec![mode_text(row.stat.kind, row.stat.mode), row.stat.links.to_string(), owner, group, size, time, name + &link]);
    }
    if !short.is_empty() {
        columns(io, &short, options);
    }
    if lines.is_empty() {
        return;
    }
    if io.gnu() {
        let width = |column: usize| lines.iter().map(|l| l.get(column).map_or(0, String::len)).max().unwrap_or(0);
        let (links, owner, group, size) = (width(1), width(2), width(3), width(4));
        let text: String = lines
            .iter()
            .map(|line| match line.as_slice() {
                [mode, l, o, g, s, time, name] => format!("{mode} {l:>links$} {o:<owner$} {g:<group$} {s:>size$} {time} {name}\n"),
                _ => String::new(),
            })
            .collect();
        io.out(text);
    } else {
        let text: String = lines
            .iter()
            .map(|line| match line.as_slice() {
                [mode, l, o, g, s, time, name] => format!("{mode} {l:>4} {o:<8} {g:<8} {s:>9} {time} {name}\n"),
                _ => String::new(),
            })
            .collect();
        io.out(text);
    }
}

/// Names side by side: by columns, with `-x` by rows.
fn columns(io: &mut Io<'_>, names: &[String], options: &Options) {
    let screen = options.value('w').and_then(|w| w.parse::<usize>().ok()).unwrap_or(80).clamp(1, 1000);
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0) + 2;
    let across = (screen / width).max(1).min(names.len());
    let down = names.len().div_ceil(across);
    for row in 0..down {
        let mut line = String::new();
        let mut column = 0;
        loop {
            let at = if options.last_of("Cx1") == Some('x') { row * across + column } else { column * down + row };
            let Some(name) = names.get(at).filter(|_| column < across) else { break };
            if column > 0 {
                let pad = (column * width).saturating_sub(line.chars().count());
                line.extend(std::iter::repeat_n(' ', pad));
            }
            line.push_str(name);
            column += 1;
        }
        io.outln(line);
    }
}

fn directory(io: &mut Io<'_>, path: &str, options: &Options) -> bool {
    let names = match io.read_dir(path) {
        Ok(names) => names,
        Err(error) => {
            let text = if io.gnu() { format!("cannot open directory '{path}': {error}") } else { format!("can't open '{path}': {error}") };
            io.err(text);
            return false;
        }
    };
    let mut rows = Vec::new();
    if options.has('a') {
        for dots in [".", ".."] {
            if let Ok(row) = row(io, dots, &join(path, dots), false) {
                rows.push(row);
            }
        }
    }
    for entry in names {
        if entry.name.starts_with('.') && !options.has('a') && !options.has('A') {
            continue;
        }
        if let Ok(row) = row(io, &entry.name, &join(path, &entry.name), options.has('L')) {
            rows.push(row);
        }
    }
    order(&mut rows, options);
    print(io, &rows, options, true);
    let mut good = true;
    if options.has('R') {
        for row in rows {
            if row.stat.kind == Kind::Directory && row.name != "." && row.name != ".." {
                let below = join(path, &row.name);
                io.out(format!("\n{below}:\n"));
                good &= directory(io, &below, options);
            }
        }
    }
    good
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    let long = [
        ("all", 'a'),
        ("almost-all", 'A'),
        ("directory", 'd'),
        ("recursive", 'R'),
        ("human-readable", 'h'),
        ("reverse", 'r'),
        ("color", 'G'),
        ("full-time", 'I'),
        ("size", 's'),
        ("inode", 'i'),
        ("classify", 'F'),
        ("group-directories-first", 'G'),
    ];
    let options = io.options("1AaCxLHRFplinshrSXvctukeIoGgdUfTQmw:N", &long)?;
    let mut operands = options.operands.clone();
    let several = operands.len() > 1;
    if operands.is_empty() {
        operands.push(".".into());
    }
    let mut code = 0;
    let mut files = Vec::new();
    let mut directories = Vec::new();
    let long = options.has('l') || options.has('n');
    for path in &operands {
        match row(io, path, path, (!options.has('d') && !long) || options.has('L')) {
            Ok(row) if row.stat.kind == Kind::Directory && !options.has('d') => directories.push(row),
            Ok(row) => files.push(row),
            Err(error) => {
                let text = if io.gnu() { format!("cannot access '{path}': {error}") } else { format!("{path}: {error}") };
                io.err(text);
                code = if io.gnu() { 2 } else { 1 };
            }
        }
    }
    order(&mut files, &options);
    order(&mut directories, &options);
    // A link given by name is shown as itself, even where its kind decided that it is no directory.
    for file in &mut files {
        if let Ok(stat) = io.lstat(&file.name.clone())
            && !options.has('L')
        {
            file.stat = stat;
        }
    }
    print(io, &files, &options, false);
    let mut first = files.is_empty();
    for row in directories {
        if several || options.has('R') {
            io.out(format!("{}{}:\n", if first { "" } else { "\n" }, row.name));
        }
        first = false;
        if !directory(io, &row.name, &options) {
            code = 1;
        }
    }
    Ok(code)
}
