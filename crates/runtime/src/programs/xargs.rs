//! `xargs`.

use super::engine::text::lossy;
use super::plain::{Command, Io, Run};
use crate::program::Errno;
use std::rc::Rc;

fn words(io: &mut Io<'_>, data: &[u8], whole_lines: bool) -> Result<Vec<String>, super::plain::Stop> {
    let mut found = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut at = 0;
    while let Some(&byte) = data.get(at) {
        at += 1;
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), b'\n') => break,
            (Some(_), _) => word.get_or_insert_default().push(byte),
            (None, b'\'' | b'"') => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (None, b'\\') => {
                if let Some(next) = data.get(at) {
                    word.get_or_insert_default().push(*next);
                    at += 1;
                }
            }
            (None, b'\n') => found.extend(word.take().map(|w| lossy(&w))),
            (None, b' ' | b'\t') if whole_lines => {
                if let Some(word) = &mut word {
                    word.push(byte);
                }
            }
            (None, _) if byte.is_ascii_whitespace() => found.extend(word.take().map(|w| lossy(&w))),
            (None, _) => word.get_or_insert_default().push(byte),
        }
    }
    if let Some(open) = quote {
        let kind = if open == b'"' { "double" } else { "single" };
        return io.fail(
            1,
            if io.gnu() {
                format!("unmatched {kind} quote; by default quotes are special to xargs unless you use the -0 option")
            } else {
                format!("unmatched {kind} quote")
            },
        );
    }
    found.extend(word.map(|w| lossy(&w)));
    Ok(found)
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    let options = io.options(
        "+0prtxe:E:n:s:I:P:L:d:a:",
        &[
            ("null", '0'),
            ("no-run-if-empty", 'r'),
            ("verbose", 't'),
            ("max-args", 'n'),
            ("replace", 'I'),
            ("max-procs", 'P'),
            ("delimiter", 'd'),
            ("max-lines", 'L'),
        ],
    )?;
    let data = match options.value('a') {
        Some(path) => match io.input(&path)? {
            Ok(data) => data.to_vec(),
            Err(error) => return io.fail(1, format!("{path}: {error}")),
        },
        None => io.stdin()?,
    };
    let replace = options.value('I');
    let mut items = if options.has('0') {
        data.split(|b| *b == 0).filter(|w| !w.is_empty()).map(lossy).collect()
    } else if let Some(delimiter) = options.value('d') {
        let byte = super::engine::text::unescape(delimiter.as_bytes(), false).bytes.first().copied().unwrap_or(b'\n');
        let mut parts: Vec<String> = data.split(|b| *b == byte).map(lossy).collect();
        if parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
        parts
    } else if options.has('L') {
        super::engine::text::lines(&data).into_iter().map(lossy).collect()
    } else {
        words(io, &data, replace.is_some())?
    };
    if let Some(end) = options.value('E').or_else(|| options.value('e'))
        && let Some(at) = items.iter().position(|i| **i == *end)
    {
        items.truncate(at);
    }
    let mut base: Vec<Rc<str>> = options.operands.clone();
    if base.is_empty() {
        base.push("echo".into());
    }
    let most = if replace.is_some() { Some(1) } else { options.value('n').or_else(|| options.value('L')).and_then(|n| n.parse::<usize>().ok()) };
    let groups: Vec<Vec<String>> = match most {
        Some(most) => items.chunks(most.max(1)).map(<[String]>::to_vec).collect(),
        None if items.is_empty() => Vec::new(),
        None => items.chunks(5000).map(<[String]>::to_vec).collect(),
    };
    let groups = if groups.is_empty() && !options.has('r') && replace.is_none() { vec![Vec::new()] } else { groups };
    let mut code = 0;
    for group in groups {
        let mut argv: Vec<Rc<str>> = Vec::new();
        if let (Some(mark), Some(item)) = (&replace, group.first()) {
            argv.extend(base.iter().map(|b| Rc::from(b.replace(&**mark, item))));
        } else {
            argv.extend(base.iter().cloned());
            if options.has('L') {
                argv.extend(group.iter().flat_map(|g| g.split_whitespace()).map(Rc::from));
            } else {
                argv.extend(group.iter().map(|g| Rc::from(g.as_str())));
            }
        }
        if options.has('t') {
            let text: Vec<&str> = argv.iter().map(|a| &**a).collect();
            io.err_raw(&format!("{}\n", text.join(" ")));
        }
        let name = argv.first().cloned().unwrap_or_else(|| "".into());
        match io.run(&Command { argv, stdin: Some(Vec::new()), ..Command::default() })? {
            Ok(done) if done.code == 0 => {}
            Ok(done) if done.killed => return io.fail(125, format!("{name}: terminated by signal {}", done.code - 128)),
            Ok(done) if done.code == 255 => return io.fail(124, format!("{name}: exited with status 255; aborting")),
            Ok(_) => code = 123,
            Err(error) => {
                io.err(format!("{name}: {error}"));
                return Ok(if error == Errno::NoEnt { 127 } else { 126 });
            }
        }
    }
    Ok(code)
}
