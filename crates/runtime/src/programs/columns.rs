//! Filters over columns and characters: `cut`, `tr`, `wc`, `uniq`, `rev`, `tac`, `nl`, `paste`, `fold`, `expand`, `comm`.

use super::engine::text::{escape_at, lines, lossy};
use super::plain::{Io, Run, Stop};
use std::rc::Rc;

/// All inputs joined; messages for those that cannot be read.
pub fn inputs(io: &mut Io<'_>, files: &[Rc<str>], message: fn(&Io<'_>, &str, crate::program::Errno) -> String) -> Result<(Vec<u8>, bool), Stop> {
    if files.is_empty() {
        return Ok((io.stdin()?, true));
    }
    let mut all = Vec::new();
    let mut good = true;
    for file in files {
        match io.input(file)? {
            Ok(data) => all.extend_from_slice(&data),
            Err(error) => {
                let text = message(io, file, error);
                io.err(text);
                good = false;
            }
        }
    }
    Ok((all, good))
}

/// `FILE: reason`, as most programs say it.
pub fn plain_message(_io: &Io<'_>, file: &str, error: crate::program::Errno) -> String {
    format!("{file}: {error}")
}

fn ranges(text: &str, gnu: bool) -> Option<Vec<(usize, usize)>> {
    let mut found = Vec::new();
    for part in text.split([',', ' ']) {
        let (low, high) = match part.split_once('-') {
            None => {
                let n = part.parse().ok()?;
                (n, n)
            }
            Some(("", "")) => return None,
            Some((low, "")) => (low.parse().ok()?, usize::MAX),
            Some(("", high)) => (1, high.parse().ok()?),
            Some((low, high)) => (low.parse().ok()?, high.parse().ok()?),
        };
        if low == 0 && gnu {
            return None;
        }
        if high < low {
            return None;
        }
        found.push((low, high));
    }
    Some(found)
}

/// The program `cut`.
pub fn cut(io: &mut Io<'_>) -> Run {
    let long =
        [("bytes", 'b'), ("characters", 'c'), ("fields", 'f'), ("delimiter", 'd'), ("only-delimited", 's'), ("output-delimiter", 'O'), ("complement", 'C')];
    let options = io.options("b:c:f:d:snO:C", &long)?;
    let Some((mode, list)) = options.given.iter().rev().find(|(l, _)| "bcf".contains(*l)).and_then(|(l, v)| v.clone().map(|v| (*l, v))) else {
        if io.gnu() {
            io.err("you must specify a list of bytes, characters, or fields");
            return io.usage(1);
        }
        return io.fail(1, "expected a list of bytes, characters, or fields");
    };
    let Some(ranges) = ranges(&list, io.gnu()) else {
        if io.gnu() {
            io.err(format!("invalid field value '{list}'"));
            return io.usage(1);
        }
        let backwards =
            list.split(',').find_map(|p| p.split_once('-').and_then(|(a, b)| Some((a.parse::<u64>().ok()?, b.parse::<u64>().ok()?)))).filter(|(a, b)| b < a);
        return match backwards {
            Some((low, high)) => io.fail(1, format!("{high}<{}", low.saturating_sub(1))),
            None => io.fail(1, format!("invalid range {list}")),
        };
    };
    let delimiter = options.value('d').and_then(|d| d.bytes().next()).unwrap_or(b'\t');
    let joiner = options.value('O').map_or_else(|| vec![delimiter], |o| o.as_bytes().to_vec());
    let wanted = |n: usize| ranges.iter().any(|(a, b)| (*a..=*b).contains(&n)) != options.has('C');
    let (data, good) = inputs(io, &options.operands, plain_message)?;
    for line in lines(&data) {
        if mode == 'f' {
            if !line.contains(&delimiter) {
                if !options.has('s') {
                    io.outln(line);
                }
                continue;
            }
            let kept: Vec<&[u8]> = line.split(|b| *b == delimiter).enumerate().filter(|(i, _)| wanted(i + 1)).map(|(_, f)| f).collect();
            io.outln(kept.join(&joiner[..]));
        } else {
            let kept: Vec<u8> = line.iter().enumerate().filter(|(i, _)| wanted(i + 1)).map(|(_, b)| *b).collect();
            io.outln(kept);
        }
    }
    Ok(i32::from(!good))
}

fn tr_set(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'[' && bytes.get(at + 1) == Some(&b':') {
            let rest = bytes.get(at + 2..).unwrap_or_default();
            if let Some(length) = rest.windows(2).position(|w| w == b":]")
                && let Some(test) = super::engine::regex::named_class(rest.get(..length).unwrap_or_default())
            {
                out.extend((0..=255u8).filter(|b| test(*b)));
                at += length + 4;
                continue;
            }
        }
        let (low, next) = if byte == b'\\' {
            let (bytes, next, _) = escape_at(bytes, at, false);
            (bytes.last().copied().unwrap_or(b'\\'), next)
        } else {
            (byte, at + 1)
        };
        if bytes.get(next) == Some(&b'-')
            && let Some(&high) = bytes.get(next + 1)
            && !(high == b']' && bytes.first() == Some(&b'['))
        {
            out.extend(low..=high);
            at = next + 2;
        } else {
            out.push(low);
            at = next;
        }
    }
    out
}

/// The program `tr`.
pub fn tr(io: &mut Io<'_>) -> Run {
    io.direct = true;
    let options = io.options("+cCdst", &[("complement", 'c'), ("delete", 'd'), ("squeeze-repeats", 's'), ("truncate-set1", 't')])?;
    let Some(first) = options.operand(0) else {
        if io.gnu() {
            io.err("missing operand");
        }
        return io.usage(1);
    };
    let second = options.operand(1);
    let delete = options.has('d');
    let squeeze = options.has('s');
    if second.is_none() && !delete && !squeeze && io.gnu() {
        io.err(format!("missing operand after '{first}'"));
        return io.usage(1);
    }
    let upper_lower = &*first == "[:upper:]" || &*first == "[:lower:]";
    let mut from = tr_set(&first);
    if options.has('c') || options.has('C') {
        let old = from;
        from = (0..=255u8).filter(|b| !old.contains(b)).collect();
    }
    let to = second.as_deref().map(tr_set).unwrap_or_default();
    let mut map: Vec<Option<u8>> = (0..=255u8).map(Some).collect();
    let mut squeezed = vec![false; 256];
    if delete {
        for byte in &from {
            if let Some(slot) = map.get_mut(usize::from(*byte)) {
                *slot = None;
            }
        }
    } else if let Some(last) = to.last() {
        for (i, byte) in from.iter().enumerate() {
            if let Some(slot) = map.get_mut(usize::from(*byte)) {
                *slot = Some(to.get(i).copied().unwrap_or(*last));
            }
        }
        let _ = upper_lower;
    }
    if squeeze {
        for byte in if second.is_some() { &to } else { &from } {
            if let Some(slot) = squeezed.get_mut(usize::from(*byte)) {
                *slot = true;
            }
        }
    }
    let mut last = None;
    loop {
        let piece = io.chunk(0)?;
        if piece.is_empty() {
            return Ok(0);
        }
        let mut out = Vec::with_capacity(piece.len());
        for byte in piece.iter() {
            if let Some(Some(new)) = map.get(usize::from(*byte)).copied() {
                if squeezed.get(usize::from(new)) == Some(&true) && last == Some(new) {
                    continue;
                }
                last = Some(new);
                out.push(new);
            }
        }
        io.out(out);
        if io.broken() {
            return Ok(1);
        }
    }
}

/// The program `wc`.
pub fn wc(io: &mut Io<'_>) -> Run {
    let options = io.options("cmlwL", &[("bytes", 'c'), ("chars", 'm'), ("lines", 'l'), ("words", 'w'), ("max-line-length", 'L')])?;
    let all = options.given.is_empty();
    let wanted: Vec<char> = "lwmcL".chars().filter(|l| options.has(*l) || (all && "lwc".contains(*l))).collect();
    let files = if options.operands.is_empty() { vec![Rc::from("-")] } else { options.operands.clone() };
    let named = !options.operands.is_empty();
    let mut rows: Vec<(Vec<usize>, Rc<str>)> = Vec::new();
    let mut code = 0;
    let mut total = vec![0; wanted.len()];
    let mut regular = 0;
    for file in &files {
        let data = match io.input(file)? {
            Ok(data) => data,
            Err(error) => {
                io.err(format!("{file}: {error}"));
                code = 1;
                continue;
            }
        };
        regular += data.len();
        let counts: Vec<usize> = wanted
            .iter()
            .map(|letter| match letter {
                'l' => data.iter().filter(|b| **b == b'\n').count(),
                'w' => data.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).count(),
                'm' => data.iter().filter(|b| (**b & 0xc0) != 0x80).count(),
                'c' => data.len(),
                _ => lines(&data).iter().map(|l| l.len()).max().unwrap_or(0),
            })
            .collect();
        for ((sum, count), letter) in total.iter_mut().zip(&counts).zip(&wanted) {
            if *letter == 'L' {
                *sum = (*sum).max(*count);
            } else {
                *sum += count;
            }
        }
        if !io.gnu() {
            wc_row(io, &counts, file, files.len() > 1, named, 0);
            continue;
        }
        rows.push((counts, file.clone()));
    }
    let several = files.len() > 1;
    let digits = regular.to_string().len();
    let gnu_width = if wanted.len() == 1 && !several {
        1
    } else if named && !files.iter().any(|f| &**f == "-") {
        digits
    } else {
        7
    };
    if several {
        rows.push((total, "total".into()));
    }
    for (counts, name) in rows {
        wc_row(io, &counts, &name, several, named, gnu_width);
    }
    Ok(code)
}

fn wc_row(io: &mut Io<'_>, counts: &[usize], name: &str, several: bool, named: bool, gnu_width: usize) {
    let mut line = String::new();
    for (i, count) in counts.iter().enumerate() {
        if i > 0 {
            line.push(' ');
        }
        if io.gnu() {
            line.push_str(&format!("{count:>gnu_width$}"));
        } else if several || counts.len() > 1 {
            line.push_str(&format!("{count:>9}"));
        } else {
            line.push_str(&count.to_string());
        }
    }
    if named {
        line.push(' ');
        line.push_str(name);
    }
    io.outln(line);
}

/// The program `uniq`.
pub fn uniq(io: &mut Io<'_>) -> Run {
    let long = [("count", 'c'), ("repeated", 'd'), ("unique", 'u'), ("ignore-case", 'i'), ("skip-fields", 'f'), ("skip-chars", 's'), ("check-chars", 'w')];
    let options = io.options("cduizf:s:w:", &long)?;
    let number = |l: char| options.value(l).and_then(|v| v.parse::<usize>().ok());
    let (fields, chars, check) = (number('f').unwrap_or(0), number('s').unwrap_or(0), number('w'));
    let source = options.operands.iter().take(1).cloned().collect::<Vec<_>>();
    let (data, good) = inputs(io, &source, |io, file, error| if io.gnu() { format!("{file}: {error}") } else { format!("can't open '{file}': {error}") })?;
    if !good {
        return Ok(1);
    }
    let key = |line: &[u8]| -> Vec<u8> {
        let mut rest = line;
        for _ in 0..fields {
            let skip = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
            rest = rest.get(skip..).unwrap_or_default();
            let skip = rest.iter().take_while(|b| !b.is_ascii_whitespace()).count();
            rest = rest.get(skip..).unwrap_or_default();
        }
        rest = rest.get(chars.min(rest.len())..).unwrap_or_default();
        if let Some(check) = check {
            rest = rest.get(..check.min(rest.len())).unwrap_or_default();
        }
        if options.has('i') { rest.to_ascii_lowercase() } else { rest.to_vec() }
    };
    let mut out = Vec::new();
    let all = lines(&data);
    let mut at = 0;
    while let Some(line) = all.get(at) {
        let mine = key(line);
        let count = all.iter().skip(at).take_while(|l| key(l) == mine).count();
        let shown = match (options.has('d'), options.has('u')) {
            (true, true) => false,
            (true, false) => count > 1,
            (false, true) => count == 1,
            _ => true,
        };
        if shown {
            if options.has('c') {
                out.extend(format!("{count:7} ").as_bytes());
            }
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        at += count;
    }
    if let Some(target) = options.operand(1) {
        if let Err(error) = io.write_file(&target, &out, false) {
            return io.fail(1, format!("{target}: {error}"));
        }
    } else {
        io.out(out);
    }
    Ok(0)
}

/// The program `rev`.
pub fn rev(io: &mut Io<'_>) -> Run {
    let options = io.options("", &[])?;
    let (data, good) = inputs(io, &options.operands, plain_message)?;
    for line in lines(&data) {
        let text: String = lossy(line).chars().rev().collect();
        io.outln(text);
    }
    Ok(i32::from(!good))
}

/// The program `tac`.
pub fn tac(io: &mut Io<'_>) -> Run {
    let options = io.options("", &[])?;
    let (data, good) = inputs(io, &options.operands, plain_message)?;
    // A last line without its end gets none.
    for line in data.split_inclusive(|b| *b == b'\n').rev() {
        io.out(line);
    }
    Ok(i32::from(!good))
}

/// The program `nl`.
pub fn nl(io: &mut Io<'_>) -> Run {
    let options = io.options("pb:i:n:s:v:w:", &[])?;
    let all = options.value('b').is_some_and(|b| &*b == "a");
    let width = options.value('w').and_then(|w| w.parse().ok()).unwrap_or(6usize).min(100);
    let joiner = options.value('s').unwrap_or_else(|| "\t".into());
    let step: i64 = options.value('i').and_then(|w| w.parse().ok()).unwrap_or(1);
    let mut number: i64 = options.value('v').and_then(|w| w.parse().ok()).unwrap_or(1);
    let (data, good) = inputs(io, &options.operands, plain_message)?;
    for line in lines(&data) {
        if line.is_empty() && !all {
            io.outln(" ".repeat(width + joiner.len()));
            continue;
        }
        let head = match options.value('n').as_deref() {
            Some("ln") => format!("{number:<width$}{joiner}"),
            Some("rz") => format!("{number:0>width$}{joiner}"),
            _ => format!("{number:>width$}{joiner}"),
        };
        io.out(head);
        io.outln(line);
        number += step;
    }
    Ok(i32::from(!good))
}

/// The program `paste`.
pub fn paste(io: &mut Io<'_>) -> Run {
    let options = io.options("d:s", &[("delimiters", 'd'), ("serial", 's')])?;
    let joiners = super::engine::text::unescape(options.value('d').unwrap_or_else(|| "\t".into()).as_bytes(), false).bytes;
    let files = if options.operands.is_empty() { vec![Rc::from("-")] } else { options.operands.clone() };
    let stdin_count = files.iter().filter(|f| &***f == "-").count();
    let stdin: Vec<Vec<u8>> = if stdin_count > 0 { lines(&io.stdin()?).into_iter().map(<[u8]>::to_vec).collect() } else { Vec::new() };
    let mut columns: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut nth = 0;
    for file in &files {
        if &**file == "-" {
            columns.push(stdin.iter().skip(nth).step_by(stdin_count.max(1)).cloned().collect());
            nth += 1;
        } else {
            match io.input(file)? {
                Ok(data) => columns.push(lines(&data).into_iter().map(<[u8]>::to_vec).collect()),
                Err(error) => return io.fail(1, format!("{file}: {error}")),
            }
        }
    }
    let glue = |parts: Vec<&[u8]>| {
        let mut line = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            if i > 0 && !joiners.is_empty() {
                line.extend(joiners.get((i - 1) % joiners.len()));
            }
            line.extend_from_slice(part);
        }
        line
    };
    if options.has('s') {
        for column in &columns {
            let line = glue(column.iter().map(Vec::as_slice).collect());
            io.outln(line);
        }
    } else {
        let most = columns.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..most {
            let line = glue(columns.iter().map(|c| c.get(row).map(Vec::as_slice).unwrap_or_default()).collect());
            io.outln(line);
        }
    }
    Ok(0)
}

/// The program `fold`.
pub fn fold(io: &mut Io<'_>) -> Run {
    let options = io.options("bsw:", &[("width", 'w'), ("spaces", 's'), ("bytes", 'b')])?;
    let width = options.value('w').and_then(|w| w.parse::<usize>().ok()).unwrap_or(80).max(1);
    let (data, good) = inputs(io, &options.operands, plain_message)?;
    for line in lines(&data) {
        let mut rest = line;
        while rest.len() > width {
            let cut = if options.has('s') { rest.get(..width).and_then(|part| part.iter().rposition(|b| *b == b' ')).map_or(width, |i| i + 1) } else { width };
            io.outln(rest.get(..cut).unwrap_or_default());
            rest = rest.get(cut..).unwrap_or_default();
        }
        io.outln(rest);
    }
    Ok(i32::from(!good))
}

/// The program `expand`.
pub fn expand(io: &mut Io<'_>) -> Run {
    let options = io.options("it:", &[("tabs", 't'), ("initial", 'i')])?;
    let width = options.value('t').and_then(|w| w.parse::<usize>().ok()).unwrap_or(8).max(1);
    let (data, good) = inputs(io, &options.operands, plain_message)?;
    for line in lines(&data) {
        let mut out = Vec::new();
        for byte in line {
            if *byte == b'\t' {
                let fill = width - out.len() % width;
                out.extend(std::iter::repeat_n(b' ', fill));
            } else {
                out.push(*byte);
            }
        }
        io.outln(out);
    }
    Ok(i32::from(!good))
}

/// The program `comm`.
pub fn comm(io: &mut Io<'_>) -> Run {
    let options = io.options("123", &[])?;
    let (Some(first), Some(second)) = (options.operand(0), options.operand(1)) else { return io.usage(1) };
    let mut sides = Vec::new();
    for file in [first, second] {
        match io.input(&file)? {
            Ok(data) => sides.push(data),
            Err(error) => return io.fail(1, format!("{file}: {error}")),
        }
    }
    let [a, b] = sides.as_slice() else { return Ok(1) };
    let (a, b) = (lines(a), lines(b));
    let (mut i, mut j) = (0, 0);
    let tab = |hidden: &[char]| hidden.iter().filter(|c| !options.has(**c)).map(|_| "\t").collect::<String>();
    loop {
        let (left, right) = (a.get(i), b.get(j));
        let (column, text) = match (left, right) {
            (None, None) => return Ok(0),
            (Some(l), None) => ('1', *l),
            (None, Some(r)) => ('2', *r),
            (Some(l), Some(r)) if l < r => ('1', *l),
            (Some(l), Some(r)) if l > r => ('2', *r),
            (Some(l), Some(_)) => ('3', *l),
        };
        i += usize::from(column != '2');
        j += usize::from(column != '1');
        if !options.has(column) {
            let lead = match column {
                '1' => String::new(),
                '2' => tab(&['1']),
                _ => tab(&['1', '2']),
            };
            io.out(lead);
            io.outln(text);
        }
    }
}
