//! Looking at bytes: `od`, `hexdump`, `xxd`, `strings`, `dos2unix`, `cmp`.

use super::columns::{inputs, plain_message};
use super::plain::{Io, Run};

fn character(byte: u8) -> String {
    match byte {
        0 => "\\0".to_owned(),
        7 => "\\a".to_owned(),
        8 => "\\b".to_owned(),
        9 => "\\t".to_owned(),
        10 => "\\n".to_owned(),
        11 => "\\v".to_owned(),
        12 => "\\f".to_owned(),
        13 => "\\r".to_owned(),
        32..=126 => char::from(byte).to_string(),
        other => format!("{other:03o}"),
    }
}

fn pairs(chunk: &[u8]) -> impl Iterator<Item = u16> + '_ {
    chunk.chunks(2).map(|p| u16::from(p.first().copied().unwrap_or(0)) | u16::from(p.get(1).copied().unwrap_or(0)) << 8)
}

/// The program `od`.
pub fn od(io: &mut Io<'_>) -> Run {
    let options = io.options("A:t:N:j:w:cbdoxv", &[])?;
    let (mut data, good) = inputs(io, &options.operands, plain_message)?;
    let number = |l: char| options.value(l).and_then(|v| v.parse::<usize>().ok());
    let skip = number('j').unwrap_or(0).min(data.len());
    data.drain(..skip);
    if let Some(most) = number('N') {
        data.truncate(most);
    }
    let format = options.value('t').map_or_else(
        || {
            if options.has('c') {
                "c".to_owned()
            } else if options.has('x') {
                "x2".to_owned()
            } else if options.has('b') {
                "o1".to_owned()
            } else if options.has('d') {
                "u2".to_owned()
            } else {
                "o2".to_owned()
            }
        },
        |t| t.to_string(),
    );
    let base = options.value('A').map_or('o', |a| a.chars().next().unwrap_or('o'));
    let address = |at: usize| match base {
        'n' => String::new(),
        'x' => format!("{at:06x}"),
        'd' => format!("{at:07}"),
        _ => format!("{at:07o}"),
    };
    let width = number('w').unwrap_or(16).max(1);
    let gnu = io.gnu();
    let mut previous: Option<&[u8]> = None;
    let mut starred = false;
    for (i, chunk) in data.chunks(width).enumerate() {
        if previous == Some(chunk) && chunk.len() == width && !options.has('v') {
            if !starred {
                io.outln("*");
                starred = true;
            }
            continue;
        }
        starred = false;
        previous = Some(chunk);
        let mut line = address(skip + i * width);
        let mut show = |text: String| line.push_str(&text);
        match format.as_str() {
            "c" => chunk.iter().for_each(|b| show(format!(" {:>3}", character(*b)))),
            "x1" | "xC" => chunk.iter().for_each(|b| show(format!(" {b:02x}"))),
            "o1" => chunk.iter().for_each(|b| show(format!(" {b:03o}"))),
            "d1" if !gnu => chunk.iter().for_each(|b| show(format!(" {:>4}", *b as i8))),
            "d2" if !gnu => pairs(chunk).for_each(|p| show(format!(" {:>6}", p as i16))),
            "u1" | "d1" => chunk.iter().for_each(|b| show(format!(" {b:>3}"))),
            "a" => chunk.iter().for_each(|b| show(format!(" {:>3}", character(*b)))),
            "x2" | "x" => pairs(chunk).for_each(|p| show(format!(" {p:04x}"))),
            "u2" | "d2" => pairs(chunk).for_each(|p| show(format!(" {p:>5}"))),
            _ => pairs(chunk).for_each(|p| show(format!(" {p:06o}"))),
        }
        io.outln(line);
    }
    if base != 'n' {
        io.outln(address(skip + data.len()));
    }
    Ok(i32::from(!good))
}

fn printable(chunk: &[u8]) -> String {
    chunk.iter().map(|b| if (32..127).contains(b) { char::from(*b) } else { '.' }).collect()
}

/// The program `hexdump`.
pub fn hexdump(io: &mut Io<'_>) -> Run {
    let options = io.options("Cbcdoxvn:s:", &[])?;
    let (mut data, good) = inputs(io, &options.operands, plain_message)?;
    if let Some(most) = options.value('n').and_then(|n| n.parse().ok()) {
        data.truncate(most);
    }
    let canonical = options.has('C');
    let mut previous: Option<&[u8]> = None;
    let mut starred = false;
    for (i, chunk) in data.chunks(16).enumerate() {
        if previous == Some(chunk) && chunk.len() == 16 && !options.has('v') {
            if !starred {
                io.outln("*");
                starred = true;
            }
            continue;
        }
        starred = false;
        previous = Some(chunk);
        let mut line = String::new();
        if canonical {
            line.push_str(&format!("{:08x} ", i * 16));
            for n in 0..16 {
                if n == 8 {
                    line.push(' ');
                }
                line.push_str(&chunk.get(n).map_or_else(|| "   ".to_owned(), |b| format!(" {b:02x}")));
            }
            line.push_str(&format!("  |{}|", printable(chunk)));
        } else {
            line.push_str(&format!("{:07x}", i * 16));
            let list: Vec<u16> = pairs(chunk).collect();
            for n in 0..8 {
                line.push_str(&list.get(n).map_or_else(|| "     ".to_owned(), |p| format!(" {p:04x}")));
            }
        }
        io.outln(line);
    }
    if !data.is_empty() {
        io.outln(if canonical { format!("{:08x}", data.len()) } else { format!("{:07x}", data.len()) });
    }
    Ok(i32::from(!good))
}

/// The program `xxd`.
pub fn xxd(io: &mut Io<'_>) -> Run {
    let options = io.options("pric:g:l:s:u", &[])?;
    let (mut data, good) = inputs(io, &options.operands, plain_message)?;
    if options.has('r') {
        let text = super::engine::text::lossy(&data);
        let mut out = Vec::new();
        for line in text.lines() {
            let digits: String = if options.has('p') {
                line.chars().filter(char::is_ascii_hexdigit).collect()
            } else {
                line.split_once(": ").map_or("", |(_, r)| r).split("  ").next().unwrap_or("").chars().filter(char::is_ascii_hexdigit).collect()
            };
            for pair in digits.as_bytes().chunks(2) {
                out.extend(std::str::from_utf8(pair).ok().and_then(|p| u8::from_str_radix(p, 16).ok()));
            }
        }
        io.out(out);
        return Ok(0);
    }
    if let Some(most) = options.value('l').and_then(|n| n.parse().ok()) {
        data.truncate(most);
    }
    if options.has('p') {
        let width = options.value('c').and_then(|n| n.parse::<usize>().ok()).unwrap_or(30).max(1);
        for chunk in data.chunks(width) {
            let text: String = chunk.iter().map(|b| format!("{b:02x}")).collect();
            io.outln(text);
        }
        return Ok(0);
    }
    let width = options.value('c').and_then(|n| n.parse::<usize>().ok()).unwrap_or(16).max(1);
    for (i, chunk) in data.chunks(width).enumerate() {
        let mut line = format!("{:08x}:", i * width);
        for n in 0..width {
            if n % 2 == 0 {
                line.push(' ');
            }
            line.push_str(&chunk.get(n).map_or_else(|| "  ".to_owned(), |b| format!("{b:02x}")));
        }
        io.outln(format!("{line}  {}", printable(chunk)));
    }
    Ok(i32::from(!good))
}

/// The program `strings`.
pub fn strings(io: &mut Io<'_>) -> Run {
    let options = io.options("an:fot:", &[])?;
    let least = options.value('n').and_then(|n| n.parse::<usize>().ok()).unwrap_or(4);
    let (data, good) = inputs(io, &options.operands, plain_message)?;
    for run in data.split(|b| !((32..127).contains(b) || *b == b'\t')) {
        if run.len() >= least {
            io.outln(run);
        }
    }
    Ok(i32::from(!good))
}

/// The programs `dos2unix` and `unix2dos`.
pub fn line_ends(io: &mut Io<'_>) -> Run {
    let options = io.options("ud", &[])?;
    let to_dos = (&*io.name == "unix2dos") != options.has('u') && !(&*io.name == "dos2unix" && options.has('u'));
    let convert = |data: &[u8]| {
        let mut out = Vec::new();
        for byte in data.iter().filter(|b| **b != b'\r') {
            if *byte == b'\n' && to_dos {
                out.push(b'\r');
            }
            out.push(*byte);
        }
        out
    };
    if options.operands.is_empty() {
        let data = io.stdin()?;
        io.out(convert(&data));
        return Ok(0);
    }
    for file in &options.operands {
        match io.read_file(file) {
            Ok(data) => {
                let new = convert(&data);
                let _ = io.write_file(file, &new, false);
            }
            Err(error) => return io.fail(1, format!("{file}: {error}")),
        }
    }
    Ok(0)
}

/// The program `cmp`.
pub fn cmp(io: &mut Io<'_>) -> Run {
    let options = io.options("sln:", &[("silent", 's'), ("quiet", 's')])?;
    let (Some(first), second) = (options.operand(0), options.operand(1).unwrap_or_else(|| "-".into())) else { return io.usage(2) };
    let mut sides = Vec::new();
    for file in [&first, &second] {
        match io.input(file)? {
            Ok(data) => sides.push(data),
            Err(error) => {
                if !options.has('s') {
                    io.err(format!("{file}: {error}"));
                }
                return Ok(2);
            }
        }
    }
    let [a, b] = sides.as_slice() else { return Ok(2) };
    if options.has('l') {
        for (at, (x, y)) in a.iter().zip(b.iter()).enumerate().filter(|(_, (x, y))| x != y) {
            io.outln(format!("{} {x:3o} {y:3o}", at + 1));
        }
        if a.len() != b.len() {
            let shorter = if a.len() < b.len() { &first } else { &second };
            io.err(format!("EOF on {shorter}"));
        }
        return Ok(i32::from(a != b));
    }
    match a.iter().zip(b.iter()).position(|(x, y)| x != y) {
        Some(at) => {
            if !options.has('s') {
                let line = a.get(..at).unwrap_or_default().iter().filter(|c| **c == b'\n').count() + 1;
                io.outln(if io.gnu() {
                    format!("{first} {second} differ: byte {}, line {line}", at + 1)
                } else {
                    format!("{first} {second} differ: char {}, line {line}", at + 1)
                });
            }
            Ok(1)
        }
        None if a.len() == b.len() => Ok(0),
        None => {
            if !options.has('s') {
                let shorter = if a.len() < b.len() { &first } else { &second };
                io.err(format!("EOF on {shorter}"));
            }
            Ok(1)
        }
    }
}
