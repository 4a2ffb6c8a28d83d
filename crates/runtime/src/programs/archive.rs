//! `tar`, `gzip`, `gunzip`, `zcat`.

use super::encoding::crc32;
use super::engine::text::lossy;
use super::files::join;
use super::plain::{Io, Run, Stop};
use crate::program::{Kind, Stat};
use std::rc::Rc;

/// A gzip member whose data is stored, not squeezed.
pub fn pack(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let mut chunks = data.chunks(65535).peekable();
    if data.is_empty() {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(chunk) = chunks.next() {
        out.push(u8::from(chunks.peek().is_none()));
        let length = chunk.len() as u16;
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend_from_slice(chunk);
    }
    out.extend(crc32(data).to_le_bytes());
    out.extend((data.len() as u32).to_le_bytes());
    out
}

/// The data of a member that [`pack`] made; `None` for anything else.
pub fn unpack(data: &[u8]) -> Option<Vec<u8>> {
    if !data.starts_with(&[0x1f, 0x8b, 8]) {
        return None;
    }
    let mut out = Vec::new();
    let mut at = 10;
    loop {
        let head = data.get(at..at + 5)?;
        if head.first()? & 6 != 0 {
            return None;
        }
        let length = usize::from(u16::from_le_bytes([*head.get(1)?, *head.get(2)?]));
        out.extend_from_slice(data.get(at + 5..at + 5 + length)?);
        at += 5 + length;
        if head.first()? & 1 == 1 {
            return Some(out);
        }
    }
}

/// The programs `gzip`, `gunzip`, `zcat`.
pub fn gzip(io: &mut Io<'_>) -> Run {
    let options = io.options("cdkfvqnt123456789", &[("stdout", 'c'), ("decompress", 'd'), ("keep", 'k'), ("force", 'f')])?;
    let unpacking = options.has('d') || &*io.name != "gzip";
    let to_stdout = options.has('c') || &*io.name == "zcat";
    let mut files = options.operands.clone();
    if files.is_empty() {
        files.push("-".into());
    }
    let mut code = 0;
    for file in files {
        let data = match io.input(&file)? {
            Ok(data) => data,
            Err(error) => {
                io.err(format!("{file}: {error}"));
                code = 1;
                continue;
            }
        };
        let done = if unpacking { unpack(&data) } else { Some(pack(&data)) };
        let Some(done) = done else {
            let text = if io.gnu() { format!("{}: not in gzip format", if &*file == "-" { "stdin" } else { &file }) } else { "invalid magic".to_owned() };
            if io.gnu() {
                io.err_raw(&format!("\ngzip: {text}\n"));
            } else {
                io.err(text);
            }
            code = 1;
            continue;
        };
        if to_stdout || &*file == "-" {
            io.out(done);
            continue;
        }
        let target = if unpacking {
            match file.strip_suffix(".gz").map(ToOwned::to_owned).or_else(|| file.strip_suffix(".tgz").map(|f| format!("{f}.tar"))) {
                Some(target) => target,
                None => {
                    io.err(format!("{file}: unknown suffix - ignored"));
                    code = 1;
                    continue;
                }
            }
        } else {
            format!("{file}.gz")
        };
        if let Err(error) = io.write_file(&target, &done, false) {
            io.err(format!("can't open '{target}': {error}"));
            code = 1;
            continue;
        }
        if !options.has('k') {
            let _ = io.act(|sys| sys.unlink(&file));
        }
    }
    Ok(code)
}

fn header(name: &str, stat: &Stat, size: usize, target: &str) -> Vec<u8> {
    let mut block = vec![0u8; 512];
    let mut put = |at: usize, text: &[u8]| {
        for (slot, byte) in block.iter_mut().skip(at).zip(text) {
            *slot = *byte;
        }
    };
    let (prefix, short) = if name.len() > 99 { name.rsplit_once('/').unwrap_or(("", name)) } else { ("", name) };
    put(0, short.as_bytes());
    put(100, format!("{:07o}", stat.mode & 0o7777).as_bytes());
    put(108, format!("{:07o}", stat.uid).as_bytes());
    put(116, format!("{:07o}", stat.gid).as_bytes());
    put(124, format!("{size:011o}").as_bytes());
    put(136, format!("{:011o}", stat.modified_unix_ms.max(0) / 1000).as_bytes());
    put(148, b"        ");
    put(
        156,
        match stat.kind {
            Kind::Directory => b"5",
            Kind::Link => b"2",
            _ => b"0",
        },
    );
    put(157, target.as_bytes());
    put(257, b"ustar\x0000");
    put(345, prefix.as_bytes());
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    for (slot, byte) in block.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").bytes()) {
        *slot = byte;
    }
    block
}

struct Member {
    name: String,
    kind: u8,
    mode: u32,
    modified: i64,
    target: String,
    data: Vec<u8>,
}

fn members(data: &[u8]) -> Vec<Member> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(block) = data.get(at..at + 512) {
        let text = |from: usize, length: usize| {
            lossy(block.get(from..from + length).unwrap_or_default().split(|b| *b == 0).next().unwrap_or_default()).trim().to_owned()
        };
        let number = |from: usize, length: usize| u64::from_str_radix(&text(from, length), 8).unwrap_or(0);
        let name = text(0, 100);
        if name.is_empty() {
            break;
        }
        let prefix = text(345, 155);
        let size = number(124, 12) as usize;
        let body = data.get(at + 512..at + 512 + size).unwrap_or_default().to_vec();
        found.push(Member {
            name: if prefix.is_empty() { name } else { format!("{prefix}/{name}") },
            kind: block.get(156).copied().unwrap_or(b'0'),
            mode: number(100, 8) as u32,
            modified: number(136, 12) as i64 * 1000,
            target: text(157, 100),
            data: body,
        });
        at += 512 + size.div_ceil(512) * 512;
    }
    found
}

/// The program `tar`.
pub fn tar(io: &mut Io<'_>) -> Run {
    // The first word may come without its dash.
    if let Some(first) = io.args.first().cloned()
        && !first.starts_with('-')
        && first.chars().all(|c| "cxtvzfOkpmhajJC".contains(c))
    {
        let mut letters = String::new();
        let mut values: Vec<Rc<str>> = Vec::new();
        let mut rest = io.args.split_off(1);
        for letter in first.chars() {
            if matches!(letter, 'f' | 'C') && !rest.is_empty() {
                values.push(Rc::from(format!("-{letter}")));
                values.push(rest.remove(0));
            } else {
                letters.push(letter);
            }
        }
        io.args = if letters.is_empty() { Vec::new() } else { vec![Rc::from(format!("-{letters}"))] };
        io.args.extend(values);
        io.args.extend(rest);
    }
    let long = [
        ("create", 'c'),
        ("extract", 'x'),
        ("list", 't'),
        ("verbose", 'v'),
        ("gzip", 'z'),
        ("file", 'f'),
        ("directory", 'C'),
        ("to-stdout", 'O'),
        ("exclude", 'X'),
        ("strip-components", 'S'),
    ];
    let options = io.options("cxtvzf:OkpmhajJC:X:T:S:", &long)?;
    let file = options.value('f').unwrap_or_else(|| "-".into());
    let base = options.value('C');
    if let Some(directory) = &base
        && !io.is_dir(directory)
    {
        return io.fail(1, format!("can't change directory to '{directory}': No such file or directory"));
    }
    let place = |name: &str| match &base {
        Some(directory) if !name.starts_with('/') => join(directory, name),
        _ => name.to_owned(),
    };
    if options.has('c') {
        return create(io, &options, &file, &place);
    }
    if !options.has('x') && !options.has('t') {
        if io.gnu() {
            io.err("You must specify one of -c, -x, -t");
        }
        return io.usage(1);
    }
    let data = match io.input(&file)? {
        Ok(data) => data,
        Err(error) => {
            return io.fail(
                1,
                if io.gnu() {
                    format!("{file}: Cannot open: {error}\ntar: Error is not recoverable: exiting now")
                } else {
                    format!("can't open '{file}': {error}")
                },
            );
        }
    };
    let plain = unpack(&data).unwrap_or_else(|| data.to_vec());
    let strip = options.value('S').and_then(|s| s.parse::<usize>().ok()).unwrap_or(0);
    let mut wanted: Vec<(Rc<str>, bool)> = options.operands.iter().map(|o| (o.clone(), false)).collect();
    for member in members(&plain) {
        let bare = member.name.trim_end_matches('/');
        let mut chosen = wanted.is_empty();
        for (name, seen) in &mut wanted {
            let name = name.trim_end_matches('/');
            if bare == name || bare.strip_prefix(name).is_some_and(|r| r.starts_with('/')) {
                *seen = true;
                chosen = true;
            }
        }
        if !chosen {
            continue;
        }
        if options.has('t') {
            io.outln(&member.name);
            continue;
        }
        let name: String = member.name.trim_start_matches('/').split('/').skip(strip).collect::<Vec<_>>().join("/");
        if name.is_empty() {
            continue;
        }
        if options.has('v') {
            io.outln(&member.name);
        }
        if options.has('O') {
            io.out(&member.data);
            continue;
        }
        let path = place(name.trim_end_matches('/'));
        if let Some((parent, _)) = path.rsplit_once('/').filter(|(p, _)| !p.is_empty()) {
            super::directories::make(io, parent, true, None);
        }
        let result = match member.kind {
            b'5' => match io.act(|sys| sys.mkdir(&path, member.mode)) {
                Err(crate::program::Errno::Exist) => Ok(()),
                other => other,
            },
            b'2' => {
                let _ = io.act(|sys| sys.unlink(&path));
                io.act(|sys| sys.symlink(&member.target, &path))
            }
            _ => io
                .write_file(&path, &member.data, false)
                .and_then(|()| io.act(|sys| sys.chmod(&path, member.mode)))
                .and_then(|()| io.act(|sys| sys.set_modified(&path, member.modified))),
        };
        if let Err(error) = result {
            return io.fail(1, format!("can't open '{path}': {error}"));
        }
    }
    let missing: Vec<Rc<str>> = wanted.into_iter().filter(|(_, seen)| !seen).map(|(n, _)| n).collect();
    if let Some(name) = missing.first() {
        let text = if io.gnu() {
            format!("{name}: Not found in archive\ntar: Exiting with failure status due to previous errors")
        } else {
            format!("{name}: not found in archive")
        };
        io.flush();
        return io.fail(if io.gnu() { 2 } else { 1 }, text);
    }
    Ok(0)
}

fn create(io: &mut Io<'_>, options: &super::plain::Options, file: &str, place: &dyn Fn(&str) -> String) -> Result<i32, Stop> {
    let mut out = Vec::new();
    let mut failed = false;
    if options.operands.is_empty() {
        return io.fail(1, "empty archive");
    }
    for operand in &options.operands {
        let top = place(operand);
        if io.lstat(&top).is_err() {
            io.err(if io.gnu() { format!("{operand}: Cannot stat: No such file or directory") } else { format!("{operand}: No such file or directory") });
            failed = true;
            continue;
        }
        for (path, stat) in io.tree(&top)? {
            let mut name = format!("{operand}{}", path.strip_prefix(top.as_str()).unwrap_or(""));
            if options
                .values('X')
                .iter()
                .any(|x| super::test::glob(x.as_bytes(), name.as_bytes()) || super::test::glob(x.as_bytes(), super::files::base(&name).as_bytes()))
            {
                continue;
            }
            name = name.trim_start_matches('/').to_owned();
            if stat.kind == Kind::Directory && !name.ends_with('/') {
                name.push('/');
            }
            if options.has('v') {
                if file == "-" {
                    io.err_raw(&format!("{name}\n"));
                } else {
                    io.outln(&name);
                }
            }
            let data = if stat.kind == Kind::File { io.read_file(&path).unwrap_or_default() } else { Rc::default() };
            let target = if stat.kind == Kind::Link { io.once(|sys| sys.read_link(&path)).unwrap_or_else(|_| Rc::from("")) } else { Rc::from("") };
            out.extend(header(&name, &stat, data.len(), &target));
            out.extend_from_slice(&data);
            out.resize(out.len().div_ceil(512) * 512, 0);
        }
    }
    out.resize((out.len() + 1024).div_ceil(10240) * 10240, 0);
    let out = if options.has('z') { pack(&out) } else { out };
    if file == "-" {
        io.out(out);
    } else if let Err(error) = io.write_file(file, &out, false) {
        return io.fail(1, format!("can't open '{file}': {error}"));
    }
    if failed {
        io.err(if io.gnu() { "Exiting with failure status due to previous errors" } else { "error exit delayed from previous errors" });
        return Ok(if io.gnu() { 2 } else { 1 });
    }
    Ok(0)
}
