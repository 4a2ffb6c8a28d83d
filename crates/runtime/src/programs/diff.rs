//! `diff`.

use super::engine::text::lines;
use super::files::{base, join};
use super::plain::{Io, Run, Stop};
use std::rc::Rc;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Same,
    Gone,
    New,
}

/// The longest common subsequence as a list of marks; beyond a limit everything in the middle differs.
fn compare(a: &[&[u8]], b: &[&[u8]], same: impl Fn(&[u8], &[u8]) -> bool) -> Vec<Mark> {
    let head = a.iter().zip(b).take_while(|(x, y)| same(x, y)).count();
    let tail = a.iter().rev().zip(b.iter().rev()).take(a.len().min(b.len()) - head).take_while(|(x, y)| same(x, y)).count();
    let (ma, mb) = (a.get(head..a.len() - tail).unwrap_or_default(), b.get(head..b.len() - tail).unwrap_or_default());
    let mut marks = vec![Mark::Same; head];
    if ma.len().saturating_mul(mb.len()) > 4_000_000 {
        marks.extend(std::iter::repeat_n(Mark::Gone, ma.len()));
        marks.extend(std::iter::repeat_n(Mark::New, mb.len()));
    } else {
        let width = mb.len() + 1;
        let mut table = vec![0u32; (ma.len() + 1) * width];
        let at = |table: &[u32], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or(0);
        for i in (0..ma.len()).rev() {
            for j in (0..mb.len()).rev() {
                let equal = matches!((ma.get(i), mb.get(j)), (Some(x), Some(y)) if same(x, y));
                let value = if equal { at(&table, i + 1, j + 1) + 1 } else { at(&table, i + 1, j).max(at(&table, i, j + 1)) };
                if let Some(cell) = table.get_mut(i * width + j) {
                    *cell = value;
                }
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < ma.len() || j < mb.len() {
            let equal = matches!((ma.get(i), mb.get(j)), (Some(x), Some(y)) if same(x, y));
            if equal {
                marks.push(Mark::Same);
                i += 1;
                j += 1;
            } else if i < ma.len() && (j >= mb.len() || at(&table, i + 1, j) >= at(&table, i, j + 1)) {
                marks.push(Mark::Gone);
                i += 1;
            } else {
                marks.push(Mark::New);
                j += 1;
            }
        }
    }
    marks.extend(std::iter::repeat_n(Mark::Same, tail));
    marks
}

fn range(start: usize, count: usize) -> String {
    let first = if count == 0 { start } else { start + 1 };
    if count == 1 { first.to_string() } else { format!("{first},{count}") }
}

fn unified(a: &[&[u8]], b: &[&[u8]], marks: &[Mark], context: usize, endings: (bool, bool)) -> Vec<u8> {
    let mut out = Vec::new();
    let changes: Vec<usize> = marks.iter().enumerate().filter(|(_, m)| **m != Mark::Same).map(|(i, _)| i).collect();
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for at in changes {
        let (low, high) = (at.saturating_sub(context), (at + context + 1).min(marks.len()));
        match groups.last_mut() {
            Some(last) if low <= last.1 => last.1 = high,
            _ => groups.push((low, high)),
        }
    }
    for (low, high) in groups {
        let before = marks.get(..low).unwrap_or_default();
        let (mut i, mut j) = (before.iter().filter(|m| **m != Mark::New).count(), before.iter().filter(|m| **m != Mark::Gone).count());
        let inside = marks.get(low..high).unwrap_or_default();
        let (count_a, count_b) = (inside.iter().filter(|m| **m != Mark::New).count(), inside.iter().filter(|m| **m != Mark::Gone).count());
        out.extend(format!("@@ -{} +{} @@\n", range(i, count_a), range(j, count_b)).as_bytes());
        for mark in inside {
            let (sign, line, last) = match mark {
                Mark::Same => (b' ', a.get(i), i + 1 == a.len() && !endings.0),
                Mark::Gone => (b'-', a.get(i), i + 1 == a.len() && !endings.0),
                Mark::New => (b'+', b.get(j), j + 1 == b.len() && !endings.1),
            };
            out.push(sign);
            out.extend_from_slice(line.copied().unwrap_or_default());
            out.push(b'\n');
            if last {
                out.extend(b"\\ No newline at end of file\n");
            }
            i += usize::from(*mark != Mark::New);
            j += usize::from(*mark != Mark::Gone);
        }
    }
    out
}

fn normal(a: &[&[u8]], b: &[&[u8]], marks: &[Mark]) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut i, mut j, mut at) = (0, 0, 0);
    let span = |from: usize, count: usize| if count <= 1 { (from + usize::from(count == 1)).to_string() } else { format!("{},{}", from + 1, from + count) };
    while let Some(mark) = marks.get(at) {
        if *mark == Mark::Same {
            i += 1;
            j += 1;
            at += 1;
            continue;
        }
        let run = marks.get(at..).unwrap_or_default().iter().take_while(|m| **m != Mark::Same).copied().collect::<Vec<_>>();
        let gone = run.iter().filter(|m| **m == Mark::Gone).count();
        let new = run.len() - gone;
        let letter = match (gone, new) {
            (0, _) => 'a',
            (_, 0) => 'd',
            _ => 'c',
        };
        out.extend(format!("{}{letter}{}\n", span(i, gone), span(j, new)).as_bytes());
        for line in a.iter().skip(i).take(gone) {
            out.extend(b"< ");
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        if letter == 'c' {
            out.extend(b"---\n");
        }
        for line in b.iter().skip(j).take(new) {
            out.extend(b"> ");
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        i += gone;
        j += new;
        at += run.len();
    }
    out
}

struct How {
    brief: bool,
    unified: Option<usize>,
    recurse: bool,
    new_files: bool,
    spaces: bool,
    fold: bool,
    report_same: bool,
}

fn pair(io: &mut Io<'_>, first: &str, second: &str, how: &How, command: Option<&str>) -> Result<i32, Stop> {
    if first != "-" && second != "-" && io.is_dir(first) && io.is_dir(second) {
        let mut names: Vec<Rc<str>> = Vec::new();
        for side in [first, second] {
            names.extend(io.read_dir(side).unwrap_or_default().into_iter().map(|e| e.name));
        }
        names.sort();
        names.dedup();
        let mut code = 0;
        for name in names {
            let (a, b) = (join(first, &name), join(second, &name));
            match (io.lstat(&a).is_ok(), io.lstat(&b).is_ok()) {
                (true, true) if io.is_dir(&a) && !how.recurse => io.outln(format!("Common subdirectories: {a} and {b}")),
                (true, true) => code = code.max(pair(io, &a, &b, how, Some("-r"))?),
                (in_a, _) if !how.new_files => {
                    io.outln(format!("Only in {}: {name}", if in_a { first } else { second }));
                    code = 1;
                }
                _ => code = code.max(pair(io, &a, &b, how, Some("-r"))?),
            }
        }
        return Ok(code);
    }
    let mut sides = Vec::new();
    for file in [first, second] {
        let path = if file != "-" && io.is_dir(file) { join(file, base(if file == first { second } else { first })) } else { file.to_owned() };
        match io.input(&path)? {
            Ok(data) => sides.push(data),
            Err(_) if how.new_files => sides.push(Rc::new(Vec::new())),
            Err(error) => {
                let text = if io.gnu() { format!("{path}: {error}") } else { format!("can't stat '{path}': {error}") };
                return io.fail(2, text);
            }
        }
    }
    let [a, b] = sides.as_slice() else { return Ok(2) };
    if a == b {
        if how.report_same {
            io.outln(format!("Files {first} and {second} are identical"));
        }
        return Ok(0);
    }
    let key = |line: &[u8]| -> Vec<u8> {
        let mut text = line.to_vec();
        if how.spaces {
            text = super::engine::text::lossy(line).split_whitespace().collect::<Vec<_>>().join(" ").into_bytes();
        }
        if how.fold { text.to_ascii_lowercase() } else { text }
    };
    let (la, lb) = (lines(a), lines(b));
    let plain = !how.spaces && !how.fold;
    // A last line without its end differs from one with it.
    let open = |list: &[&[u8]], data: &[u8], line: &[u8]| !data.ends_with(b"\n") && list.last().is_some_and(|l| std::ptr::eq(*l, line));
    let marks = compare(&la, &lb, |x, y| if plain { x == y && open(&la, a, x) == open(&lb, b, y) } else { key(x) == key(y) });
    if marks.iter().all(|m| *m == Mark::Same) && a.ends_with(b"\n") == b.ends_with(b"\n") {
        return Ok(0);
    }
    if how.brief {
        io.outln(format!("Files {first} and {second} differ"));
        return Ok(1);
    }
    if let Some(command) = command.filter(|_| io.gnu()) {
        io.outln(format!("diff {command} {first} {second}"));
    }
    if let Some(context) = how.unified {
        let stamp = |io: &mut Io<'_>, file: &str| {
            let time = io.stat(file).map(|s| super::engine::clock::Moment::from_millis(s.modified_unix_ms));
            match time {
                Ok(time) if io.gnu() => format!("{file}\t{}", time.format("%Y-%m-%d %H:%M:%S.%N +0000")),
                _ => file.to_owned(),
            }
        };
        let (head_a, head_b) = (stamp(io, first), stamp(io, second));
        io.out(format!("--- {head_a}\n+++ {head_b}\n"));
        let body = unified(&la, &lb, &marks, context, (a.ends_with(b"\n") || a.is_empty(), b.ends_with(b"\n") || b.is_empty()));
        io.out(body);
    } else {
        let body = normal(&la, &lb, &marks);
        io.out(body);
    }
    Ok(1)
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    let options = io.options(
        "abBdiNqrsTtwuU:cy",
        &[
            ("brief", 'q'),
            ("unified", 'u'),
            ("recursive", 'r'),
            ("new-file", 'N'),
            ("ignore-all-space", 'w'),
            ("ignore-case", 'i'),
            ("color", 'a'),
            ("report-identical-files", 's'),
        ],
    )?;
    let (Some(first), Some(second)) = (options.operand(0), options.operand(1)) else {
        if io.gnu() {
            io.err("missing operand");
        }
        return io.usage(2);
    };
    let how = How {
        brief: options.has('q'),
        unified: if options.has('u') || options.has('U') || !io.gnu() { Some(options.value('U').and_then(|u| u.parse().ok()).unwrap_or(3)) } else { None },
        recurse: options.has('r'),
        new_files: options.has('N'),
        spaces: options.has('w') || options.has('b'),
        fold: options.has('i'),
        report_same: options.has('s'),
    };
    pair(io, &first, &second, &how, None)
}
