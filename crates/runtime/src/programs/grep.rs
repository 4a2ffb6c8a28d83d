//! `grep`, `egrep`, `fgrep`.

use super::engine::regex::{Regex, Syntax};
use super::engine::text::lines;
use super::files::join;
use super::plain::{Io, Run, Stop};
use crate::program::{Fd, Kind, Open};
use std::rc::Rc;

struct Query {
    fixed: Option<Vec<Vec<u8>>>,
    regexes: Vec<Regex>,
    ignore_case: bool,
    whole_line: bool,
    word: bool,
}

fn word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

impl Query {
    /// The first match at or after `from`.
    fn find(&self, line: &[u8], from: usize) -> Option<(usize, usize)> {
        let mut best: Option<(usize, usize)> = None;
        let mut offer = |found: (usize, usize)| {
            if best.is_none_or(|b| found.0 < b.0 || (found.0 == b.0 && found.1 > b.1)) {
                best = Some(found);
            }
        };
        if let Some(texts) = &self.fixed {
            let folded = if self.ignore_case { line.to_ascii_lowercase() } else { line.to_vec() };
            for text in texts {
                let mut at = from;
                while at <= folded.len() {
                    let found = if text.is_empty() { Some(0) } else { folded.get(at..).unwrap_or_default().windows(text.len()).position(|w| w == &text[..]) };
                    let Some(found) = found.map(|f| (at + f, at + f + text.len())) else { break };
                    if self.accepts(line, found) {
                        offer(found);
                        break;
                    }
                    at = found.0 + 1;
                }
            }
        } else {
            for regex in &self.regexes {
                let mut at = from;
                while let Some(found) = regex.find_at(line, at).and_then(|c| c.first().copied().flatten()) {
                    if self.accepts(line, found) {
                        offer(found);
                        break;
                    }
                    at = found.0 + 1;
                    if at > line.len() {
                        break;
                    }
                }
            }
        }
        best
    }

    fn accepts(&self, line: &[u8], (low, high): (usize, usize)) -> bool {
        if self.whole_line {
            return low == 0 && high == line.len();
        }
        !self.word || (!word(low.checked_sub(1).and_then(|i| line.get(i))) && !word(line.get(high)) && high > low)
    }
}

struct Output {
    names: bool,
    numbers: bool,
    invert: bool,
    only: bool,
    count: bool,
    list: Option<bool>,
    quiet: bool,
    most: Option<u64>,
    before: usize,
    after: usize,
}

/// Searches one stream; how many lines matched.
fn search(io: &mut Io<'_>, query: &Query, output: &Output, name: &str, fd: Fd) -> Result<u64, Stop> {
    let mut hits = 0;
    let mut number = 0u64;
    let mut kept: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut trailing = 0;
    let mut printed = 0u64;
    let prefix = |number: u64, mark: char| {
        let mut text = String::new();
        if output.names {
            text.push_str(name);
            text.push(mark);
        }
        if output.numbers {
            text.push_str(&format!("{number}{mark}"));
        }
        text
    };
    let silent = output.quiet || output.count || output.list.is_some();
    let context = output.before > 0 || output.after > 0;
    while let Some(mut line) = io.line(fd)? {
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        number += 1;
        let found = query.find(&line, 0);
        if found.is_some() == output.invert {
            if !silent && trailing > 0 {
                trailing -= 1;
                printed = number;
                io.out(prefix(number, '-'));
                io.outln(&line);
            } else if output.before > 0 {
                kept.push((number, line));
                if kept.len() > output.before {
                    kept.remove(0);
                }
            }
            continue;
        }
        hits += 1;
        if output.quiet || output.list.is_some() {
            break;
        }
        if !output.count {
            if context {
                let first = kept.first().map_or(number, |(n, _)| *n);
                if printed > 0 && first > printed + 1 {
                    io.outln("--");
                }
                for (n, text) in kept.drain(..) {
                    io.out(prefix(n, '-'));
                    io.outln(text);
                }
            }
            if output.only {
                let mut at = found;
                while let Some((low, high)) = at {
                    if high > low {
                        io.out(prefix(number, ':'));
                        io.outln(line.get(low..high).unwrap_or_default());
                    }
                    at = query.find(&line, high.max(low + 1)).filter(|_| high.max(low + 1) <= line.len());
                }
            } else {
                io.out(prefix(number, ':'));
                io.outln(&line);
            }
            printed = number;
            trailing = output.after;
            if io.broken() {
                break;
            }
        }
        if output.most.is_some_and(|m| hits >= m) {
            // What stands behind the last one still belongs to it.
            for n in 1..=if silent { 0 } else { output.after } {
                let Some(mut line) = io.line(fd)? else { break };
                if line.last() == Some(&b'\n') {
                    line.pop();
                }
                io.out(prefix(number + n as u64, '-'));
                io.outln(&line);
            }
            break;
        }
    }
    if output.count && !output.quiet && output.list.is_none() {
        if output.names {
            io.out(format!("{name}:"));
        }
        io.outln(hits.to_string());
    }
    if let Some(wanted) = output.list
        && (hits > 0) == wanted
    {
        io.outln(name);
    }
    Ok(hits)
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    let long = [
        ("ignore-case", 'i'),
        ("invert-match", 'v'),
        ("count", 'c'),
        ("line-number", 'n'),
        ("files-with-matches", 'l'),
        ("files-without-match", 'L'),
        ("quiet", 'q'),
        ("silent", 'q'),
        ("no-messages", 's'),
        ("recursive", 'r'),
        ("only-matching", 'o'),
        ("word-regexp", 'w'),
        ("line-regexp", 'x'),
        ("extended-regexp", 'E'),
        ("fixed-strings", 'F'),
        ("basic-regexp", 'G'),
        ("perl-regexp", 'P'),
        ("regexp", 'e'),
        ("file", 'f'),
        ("max-count", 'm'),
        ("after-context", 'A'),
        ("before-context", 'B'),
        ("context", 'C'),
        ("with-filename", 'H'),
        ("no-filename", 'h'),
        ("color", 'K'),
        ("colour", 'K'),
        ("line-buffered", 'U'),
        ("include", 'N'),
        ("exclude", 'X'),
        ("text", 'a'),
    ];
    let options = io.options("ivcnlLqsrRowxEFGPHhazIUKe:f:m:A:B:C:N:X:", &long)?;
    let mut operands = options.operands.clone();
    let mut patterns: Vec<Vec<u8>> = Vec::new();
    for pattern in options.values('e') {
        patterns.extend(pattern.as_bytes().split(|b| *b == b'\n').map(<[u8]>::to_vec));
    }
    for path in options.values('f') {
        match io.input(&path)? {
            Ok(data) => patterns.extend(lines(&data).into_iter().map(<[u8]>::to_vec)),
            Err(error) => return io.fail(2, format!("{path}: {error}")),
        }
    }
    if !options.has('e') && !options.has('f') {
        if operands.is_empty() {
            if io.gnu() {
                io.err_raw("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n");
                return Ok(2);
            }
            return io.usage(2);
        }
        let pattern = operands.remove(0);
        patterns.extend(pattern.as_bytes().split(|b| *b == b'\n').map(<[u8]>::to_vec));
    }
    let ignore_case = options.has('i');
    let fixed = options.has('F') || &*io.name == "fgrep";
    let extended = options.has('E') || options.has('P') || &*io.name == "egrep";
    let mut query = Query { fixed: None, regexes: Vec::new(), ignore_case, whole_line: options.has('x'), word: options.has('w') };
    if fixed {
        query.fixed = Some(patterns.iter().map(|p| if ignore_case { p.to_ascii_lowercase() } else { p.clone() }).collect());
    } else {
        for pattern in &patterns {
            let text = if options.has('P') { perl(pattern) } else { pattern.clone() };
            match Regex::new(&text, Syntax { extended, ignore_case }) {
                Ok(regex) => query.regexes.push(regex),
                Err(error) => {
                    let shown = super::engine::text::lossy(pattern);
                    return io.fail(2, if io.gnu() { error.to_owned() } else { format!("bad regex '{shown}'") });
                }
            }
        }
    }
    let recurse = options.has('r') || options.has('R');
    for letter in ['A', 'B', 'C', 'm'] {
        if let Some(bad) = options.value(letter).filter(|v| v.parse::<u64>().is_err()) {
            return io.fail(2, if io.gnu() { format!("{bad}: invalid context length argument") } else { format!("invalid number '{bad}'") });
        }
    }
    let number = |l: char| options.value(l).and_then(|v| v.parse::<usize>().ok());
    let many = operands.len() > 1 || recurse;
    let output = Output {
        names: !options.has('h') && (many || options.has('H')),
        numbers: options.has('n'),
        invert: options.has('v'),
        only: options.has('o'),
        count: options.has('c'),
        list: if options.has('l') {
            Some(true)
        } else if options.has('L') {
            Some(false)
        } else {
            None
        },
        quiet: options.has('q'),
        most: options.value('m').and_then(|m| m.parse().ok()),
        before: number('B').or_else(|| number('C')).unwrap_or(0),
        after: number('A').or_else(|| number('C')).unwrap_or(0),
    };
    if options.has('U') {
        io.direct = true;
    }
    if operands.is_empty() {
        operands.push(if recurse { ".".into() } else { "-".into() });
    }
    let mut files: Vec<Rc<str>> = Vec::new();
    for path in &operands {
        if recurse && io.is_dir(path) {
            below(io, path, &mut files);
        } else {
            files.push(path.clone());
        }
    }
    if let Some(include) = options.value('N') {
        files.retain(|f| super::test::glob(include.as_bytes(), super::files::base(f).as_bytes()));
    }
    if let Some(exclude) = options.value('X') {
        files.retain(|f| !super::test::glob(exclude.as_bytes(), super::files::base(f).as_bytes()));
    }
    let mut any = false;
    let mut failed = false;
    for file in files {
        let (fd, name) = if &*file == "-" {
            (0, "(standard input)".to_owned())
        } else {
            match io.open(&file, Open::READ) {
                Ok(fd) => {
                    if io.once(|sys| sys.fstat(fd)).is_ok_and(|s| s.kind == Kind::Directory) {
                        if !options.has('s') && io.gnu() {
                            io.err(format!("{file}: Is a directory"));
                        }
                        io.close(fd);
                        continue;
                    }
                    (fd, file.to_string())
                }
                Err(error) => {
                    if !options.has('s') {
                        io.err(format!("{file}: {error}"));
                    }
                    failed = true;
                    continue;
                }
            }
        };
        any |= search(io, &query, &output, &name, fd)? > 0;
        if fd != 0 {
            io.close(fd);
        }
        if any && output.quiet {
            return Ok(0);
        }
    }
    Ok(if failed { 2 } else { i32::from(!any) })
}

fn below(io: &mut Io<'_>, path: &str, files: &mut Vec<Rc<str>>) {
    for entry in io.read_dir(path).unwrap_or_default() {
        let path = join(path, &entry.name);
        match entry.kind {
            Kind::Directory => below(io, &path, files),
            Kind::File => files.push(Rc::from(path)),
            _ => {}
        }
    }
}

/// The few Perl escapes that scripts use, in the words of an ERE.
fn perl(pattern: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&byte) = pattern.get(at) {
        if byte == b'\\' {
            let class: &[u8] = match pattern.get(at + 1) {
                Some(b'd') => b"[0-9]",
                Some(b'D') => b"[^0-9]",
                _ => b"",
            };
            if class.is_empty() {
                out.push(byte);
                out.extend(pattern.get(at + 1));
            } else {
                out.extend(class);
            }
            at += 2;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    out
}
