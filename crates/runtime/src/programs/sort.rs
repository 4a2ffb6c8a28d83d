//! `sort` and `shuf`.

use super::columns::inputs;
use super::engine::text::{lines, lossy};
use super::plain::{Io, Run};
use std::cmp::Ordering;

#[derive(Clone, Default)]
struct Key {
    from: (usize, usize),
    to: Option<(usize, usize)>,
    flags: String,
}

fn parse_key(text: &str) -> Option<Key> {
    let part = |text: &str| -> Option<((usize, usize), String)> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let field = text.get(..digits)?.parse().ok()?;
        let mut rest = text.get(digits..)?;
        let mut character = 0;
        if let Some(after) = rest.strip_prefix('.') {
            let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            character = after.get(..digits)?.parse().ok()?;
            rest = after.get(digits..)?;
        }
        Some(((field, character), rest.to_owned()))
    };
    let (first, second) = match text.split_once(',') {
        Some((a, b)) => (a, Some(b)),
        None => (text, None),
    };
    let (from, mut flags) = part(first)?;
    let mut key = Key { from, ..Key::default() };
    if let Some(second) = second {
        let (to, more) = part(second)?;
        key.to = Some(to);
        flags.push_str(&more);
    }
    key.flags = flags;
    Some(key)
}

fn fields(line: &[u8], separator: Option<u8>) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    match separator {
        Some(byte) => {
            let mut start = 0;
            for (i, b) in line.iter().enumerate() {
                if *b == byte {
                    found.push((start, i));
                    start = i + 1;
                }
            }
            found.push((start, line.len()));
        }
        None => {
            let mut at = 0;
            while at < line.len() {
                let start = at;
                while line.get(at).is_some_and(|b| *b == b' ' || *b == b'\t') {
                    at += 1;
                }
                while line.get(at).is_some_and(|b| *b != b' ' && *b != b'\t') {
                    at += 1;
                }
                found.push((start, at));
            }
        }
    }
    found
}

fn slice<'a>(line: &'a [u8], key: &Key, separator: Option<u8>) -> &'a [u8] {
    let fields = fields(line, separator);
    let blanks = |at: usize| line.get(at..).unwrap_or_default().iter().take_while(|b| **b == b' ' || **b == b'\t').count();
    let start = match fields.get(key.from.0.saturating_sub(1)) {
        Some((start, _)) => {
            let skip = if key.flags.contains('b') { blanks(*start) } else { 0 };
            start + skip + key.from.1.saturating_sub(1)
        }
        None => line.len(),
    };
    let end = match key.to {
        None => line.len(),
        Some((field, character)) => match fields.get(field.saturating_sub(1)) {
            None => line.len(),
            Some((_, end)) if character == 0 => *end,
            Some((start, _)) => start + character,
        },
    };
    line.get(start.min(line.len())..end.clamp(start.min(line.len()), line.len())).unwrap_or_default()
}

fn leading_number(text: &[u8]) -> f64 {
    let text = lossy(text);
    let trimmed = text.trim_start();
    let end = trimmed.char_indices().find(|(i, c)| !(c.is_ascii_digit() || *c == '.' || (*i == 0 && *c == '-'))).map_or(trimmed.len(), |(i, _)| i);
    trimmed.get(..end).and_then(|t| t.parse().ok()).unwrap_or(0.0)
}

fn general_number(text: &[u8]) -> f64 {
    let text = lossy(text);
    let trimmed = text.trim();
    (1..=trimmed.len()).rev().find_map(|n| trimmed.get(..n).and_then(|t| t.parse().ok())).unwrap_or(f64::NEG_INFINITY)
}

fn human_number(text: &[u8]) -> f64 {
    let number = leading_number(text);
    let unit = text.iter().find(|b| b.is_ascii_alphabetic()).and_then(|b| "KMGTPE".find(char::from(b.to_ascii_uppercase())));
    number * 1024f64.powi(unit.map_or(0, |u| u as i32 + 1))
}

/// Compares version numbers: runs of digits by value.
fn versions(a: &[u8], b: &[u8]) -> Ordering {
    let (mut i, mut j) = (0, 0);
    loop {
        match (a.get(i), b.get(j)) {
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let run = |t: &[u8], at: usize| t.get(at..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
                let (n, m) = (run(a, i), run(b, j));
                let value = |t: &[u8], at: usize, n: usize| lossy(t.get(at..at + n).unwrap_or_default()).parse::<u128>().unwrap_or(u128::MAX);
                match value(a, i, n).cmp(&value(b, j, m)) {
                    Ordering::Equal => {
                        i += n;
                        j += m;
                    }
                    other => return other,
                }
            }
            (Some(x), Some(y)) if x == y => {
                i += 1;
                j += 1;
            }
            (Some(x), Some(y)) => return x.cmp(y),
        }
    }
}

fn month(text: &[u8]) -> usize {
    let text = lossy(text).trim_start().to_ascii_uppercase();
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"].iter().position(|m| text.starts_with(m)).map_or(0, |i| i + 1)
}

fn compare(a: &[u8], b: &[u8], flags: &str) -> Ordering {
    let has = |l: char| flags.contains(l);
    let trim = |t: &[u8]| -> Vec<u8> {
        let skip = if has('b') { t.iter().take_while(|b| **b == b' ' || **b == b'\t').count() } else { 0 };
        let mut text = t.get(skip..).unwrap_or_default().to_vec();
        if has('d') {
            text.retain(|b| b.is_ascii_alphanumeric() || b.is_ascii_whitespace());
        }
        if has('f') { text.to_ascii_uppercase() } else { text }
    };
    let order = if has('n') {
        leading_number(a).total_cmp(&leading_number(b))
    } else if has('g') {
        general_number(a).total_cmp(&general_number(b))
    } else if has('h') {
        human_number(a).total_cmp(&human_number(b))
    } else if has('V') {
        versions(a, b)
    } else if has('M') {
        month(a).cmp(&month(b))
    } else {
        trim(a).cmp(&trim(b))
    };
    if has('r') { order.reverse() } else { order }
}

/// The program `sort`.
pub fn sort(io: &mut Io<'_>) -> Run {
    let long = [
        ("numeric-sort", 'n'),
        ("reverse", 'r'),
        ("unique", 'u'),
        ("key", 'k'),
        ("field-separator", 't'),
        ("output", 'o'),
        ("human-numeric-sort", 'h'),
        ("version-sort", 'V'),
        ("check", 'c'),
        ("stable", 's'),
        ("ignore-case", 'f'),
        ("zero-terminated", 'z'),
        ("random-sort", 'R'),
        ("general-numeric-sort", 'g'),
        ("month-sort", 'M'),
    ];
    let options = io.options("nrughVMbdfizscCmRS:T:k:o:t:", &long)?;
    let globals: String = options.given.iter().map(|(l, _)| *l).filter(|l| "nrghVMbdf".contains(*l)).collect();
    let mut keys = Vec::new();
    for text in options.values('k') {
        match parse_key(&text) {
            Some(mut key) => {
                if key.flags.is_empty() {
                    key.flags.clone_from(&globals);
                }
                keys.push(key);
            }
            None => {
                return io.fail(
                    2,
                    if io.gnu() {
                        format!("invalid number at field start: invalid count at start of '{text}'")
                    } else {
                        format!("bad field specification: {text}")
                    },
                );
            }
        }
    }
    let separator = options.value('t').and_then(|t| t.bytes().next());
    let (data, good) =
        inputs(io, &options.operands, |io, file, error| if io.gnu() { format!("cannot read: {file}: {error}") } else { format!("{file}: {error}") })?;
    if !good {
        return Ok(2);
    }
    let zero = options.has('z');
    let mut rows: Vec<&[u8]> = if zero { data.split(|b| *b == 0).filter(|r| !r.is_empty()).collect() } else { lines(&data) };
    let by_keys = |a: &[u8], b: &[u8]| {
        if keys.is_empty() {
            return compare(a, b, &globals);
        }
        keys.iter().map(|k| compare(slice(a, k, separator), slice(b, k, separator), &k.flags)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    };
    if options.has('c') || options.has('C') {
        let bad = rows.windows(2).position(|w| matches!(w, [a, b] if by_keys(a, b).is_gt()));
        return match bad.and_then(|i| rows.get(i + 1)) {
            Some(_) if options.has('c') && !io.gnu() => {
                io.err_raw(&format!("Check line {}\n", bad.unwrap_or(0) + 1));
                Ok(1)
            }
            Some(line) if options.has('c') => io.fail(1, format!("-:{}: disorder: {}", bad.unwrap_or(0) + 2, lossy(line))),
            Some(_) => Ok(1),
            None => Ok(0),
        };
    }
    if options.has('R') {
        let mut seed = io.once(|sys| sys.random());
        shuffle(&mut rows, &mut seed);
    } else {
        rows.sort_by(|a, b| {
            by_keys(a, b).then_with(|| {
                if options.has('s') || options.has('u') {
                    Ordering::Equal
                } else if globals.contains('r') {
                    b.cmp(a)
                } else {
                    a.cmp(b)
                }
            })
        });
    }
    if options.has('u') {
        rows.dedup_by(|a, b| by_keys(a, b).is_eq());
    }
    let mut out = Vec::with_capacity(data.len() + 1);
    for row in rows {
        out.extend_from_slice(row);
        out.push(if zero { 0 } else { b'\n' });
    }
    if let Some(path) = options.value('o') {
        if let Err(error) = io.write_file(&path, &out, false) {
            return io.fail(2, format!("{path}: {error}"));
        }
    } else {
        io.out(out);
    }
    Ok(0)
}

fn shuffle<T>(rows: &mut [T], seed: &mut u64) {
    for i in (1..rows.len()).rev() {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        rows.swap(i, ((*seed >> 33) % (i as u64 + 1)) as usize);
    }
}

/// The program `shuf`.
pub fn shuf(io: &mut Io<'_>) -> Run {
    let options = io.options("ei:n:o:zr", &[("echo", 'e'), ("input-range", 'i'), ("head-count", 'n'), ("output", 'o'), ("repeat", 'r')])?;
    let mut rows: Vec<Vec<u8>> = if let Some(range) = options.value('i') {
        let parsed = range.split_once('-').and_then(|(a, b)| Some((a.parse::<i64>().ok()?, b.parse::<i64>().ok()?)));
        match parsed {
            Some((low, high)) if high >= low && high - low < 1_000_000 => (low..=high).map(|n| n.to_string().into_bytes()).collect(),
            _ => return io.fail(1, format!("{range}: invalid range")),
        }
    } else if options.has('e') {
        options.operands.iter().map(|o| o.as_bytes().to_vec()).collect()
    } else {
        let (data, good) = inputs(io, &options.operands, super::columns::plain_message)?;
        if !good {
            return Ok(1);
        }
        lines(&data).into_iter().map(<[u8]>::to_vec).collect()
    };
    let mut seed = io.once(|sys| sys.random());
    shuffle(&mut rows, &mut seed);
    let most = options.value('n').and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    for row in rows.iter().take(most) {
        io.outln(row);
    }
    Ok(0)
}
