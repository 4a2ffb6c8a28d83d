//! `df`, `du`, `dd`, `free`, `mount`, `split`, `bc`, `dc`.

use super::ls::human;
use super::plain::{Io, Run};
use crate::program::{Kind, Open};

/// The program `df`.
pub fn df(io: &mut Io<'_>) -> Run {
    let options = io.options("PkmhTai", &[("human-readable", 'h')])?;
    let title = if options.has('h') {
        "Filesystem                Size      Used Available Use% Mounted on"
    } else {
        "Filesystem           1K-blocks      Used Available Use% Mounted on"
    };
    let gnu = io.gnu();
    let head = if gnu {
        if options.has('h') { "Filesystem      Size  Used Avail Use% Mounted on" } else { "Filesystem     1K-blocks    Used Available Use% Mounted on" }
    } else {
        title
    };
    io.outln(head);
    let mounts = io.once(|sys| sys.mounts());
    let mut code = 0;
    let mut wanted: Vec<String> = Vec::new();
    for path in &options.operands {
        match io.once(|sys| sys.real_path(path, false)) {
            Ok(real) => {
                let best = mounts.iter().filter(|(m, ..)| &**m == "/" || *real == **m || real.starts_with(&format!("{m}/"))).max_by_key(|(m, ..)| m.len());
                wanted.extend(best.map(|(m, ..)| m.to_string()));
            }
            Err(error) => {
                io.err(if gnu { format!("{path}: {error}") } else { format!("{path}: can't find mount point") });
                code = 1;
            }
        }
    }
    for (path, kind, _) in &mounts {
        if (!options.operands.is_empty() && !wanted.iter().any(|w| **w == **path))
            || (options.operands.is_empty() && matches!(*kind, "proc" | "sysfs" | "devpts" | "mqueue" | "cgroup"))
        {
            continue;
        }
        let (size, used): (u64, u64) = if *kind == "tmpfs" { (65_536, 0) } else { (61_202_244, 9_313_924) };
        let show = |kb: u64| if options.has('h') { human(kb * 1024) } else { kb.to_string() };
        io.out(format!("{kind:<20} {:>9} {:>9} {:>9} {:>3}% {path}\n", show(size), show(used), show(size - used), used * 100 / size));
    }
    Ok(code)
}

/// The program `du`.
pub fn du(io: &mut Io<'_>) -> Run {
    let options = io.options("aHLdclsmhkbx0", &[("summarize", 's'), ("human-readable", 'h'), ("all", 'a'), ("bytes", 'b'), ("total", 'c')])?;
    let mut operands = options.operands.clone();
    if operands.is_empty() {
        operands.push(".".into());
    }
    let mut code = 0;
    for operand in operands {
        if io.lstat(&operand).is_err() {
            let text = if io.gnu() { format!("cannot access '{operand}': No such file or directory") } else { format!("{operand}: No such file or directory") };
            io.err(text);
            code = 1;
            continue;
        }
        let tree = io.tree(&operand)?;
        let size = |stat: &crate::program::Stat| match stat.kind {
            _ if options.has('b') => stat.size,
            Kind::Directory => 4096,
            Kind::File => stat.size.div_ceil(4096) * 4096,
            _ => 0,
        };
        let show = |bytes: u64| {
            if options.has('h') {
                human(bytes)
            } else if options.has('b') {
                bytes.to_string()
            } else if options.has('m') {
                bytes.div_ceil(1 << 20).to_string()
            } else {
                (bytes / 1024).to_string()
            }
        };
        for (path, stat) in tree.iter().rev() {
            let top = *path == *operand;
            if !(top || (!options.has('s') && (stat.kind == Kind::Directory || options.has('a')))) {
                continue;
            }
            let prefix = format!("{}/", path.trim_end_matches('/'));
            let total: u64 = tree.iter().filter(|(p, _)| p == path || p.starts_with(&prefix)).map(|(_, s)| size(s)).sum();
            io.outln(format!("{}\t{path}", show(total)));
        }
    }
    Ok(code)
}

/// The program `dd`.
pub fn dd(io: &mut Io<'_>) -> Run {
    let mut source = None;
    let mut target = None;
    let (mut block, mut count, mut skip, mut seek) = (512u64, None, 0u64, 0u64);
    let mut quiet = false;
    let mut keep = false;
    for arg in io.args.clone() {
        let Some((key, value)) = arg.split_once('=') else { return io.usage(1) };
        let number = super::head::count(&value.replace("MB", "M"));
        if number.is_none() && matches!(key, "bs" | "ibs" | "obs" | "count" | "skip" | "seek") {
            return io.fail(1, if io.gnu() { format!("invalid number: '{value}'") } else { format!("invalid number '{value}'") });
        }
        match key {
            "if" => source = Some(value.to_owned()),
            "of" => target = Some(value.to_owned()),
            "bs" | "ibs" | "obs" => block = number.unwrap_or(512).max(1),
            "count" => count = number,
            "skip" => skip = number.unwrap_or(0),
            "seek" => seek = number.unwrap_or(0),
            "status" => quiet = value == "none" || value == "noxfer",
            "conv" => keep = value.contains("notrunc"),
            "iflag" | "oflag" => {}
            _ if io.gnu() => return io.fail(1, format!("unrecognized operand '{arg}'")),
            _ => return io.usage(1),
        }
    }
    let most = count.map_or(1 << 26, |c| c.saturating_mul(block)).min(1 << 26);
    let fd = match &source {
        Some(path) => match io.open(path, Open::READ) {
            Ok(fd) => fd,
            Err(error) => return io.fail(1, if io.gnu() { format!("failed to open '{path}': {error}") } else { format!("can't open '{path}': {error}") }),
        },
        None => 0,
    };
    let mut data = Vec::new();
    while (data.len() as u64) < most + skip * block {
        let piece = io.chunk(fd)?;
        if piece.is_empty() {
            break;
        }
        data.extend_from_slice(&piece);
    }
    data.drain(..usize::try_from(skip * block).unwrap_or(usize::MAX).min(data.len()));
    data.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    match &target {
        Some(path) => {
            let mut whole = if keep || seek > 0 { io.read_file(path).map(|d| d.to_vec()).unwrap_or_default() } else { Vec::new() };
            let from = usize::try_from(seek * block).unwrap_or(0).min(1 << 27);
            if whole.len() < from + data.len() {
                whole.resize(from + data.len(), 0);
            }
            for (slot, byte) in whole.iter_mut().skip(from).zip(&data) {
                *slot = *byte;
            }
            if let Err(error) = io.write_file(path, &whole, false) {
                return io.fail(1, format!("can't open '{path}': {error}"));
            }
        }
        None => {
            io.out(&data);
            io.flush();
        }
    }
    if !quiet {
        let (full, part) = (data.len() as u64 / block, u8::from(!(data.len() as u64).is_multiple_of(block)));
        let size = human(data.len() as u64).replace(' ', "");
        io.err_raw(&format!(
            "{full}+{part} records in\n{full}+{part} records out\n{} bytes ({size}B) copied, 0.001000 seconds, {}B/s\n",
            data.len(),
            human(data.len() as u64 * 1000)
        ));
    }
    Ok(0)
}

/// The program `free`.
pub fn free(io: &mut Io<'_>) -> Run {
    let options = io.options("bkmght", &[])?;
    let scale = if options.has('m') { 1024 } else { 1 };
    io.out("              total        used        free      shared  buff/cache   available\n");
    let row = [25_165_824u64, 2_097_152, 20_971_520, 1024, 2_096_128, 22_544_384].map(|n| format!("{:>12}", n / scale)).join("");
    io.out(format!("Mem:   {}\nSwap:  {:>12}{:>12}{:>12}\n", row.trim_start_matches(' '), 0, 0, 0));
    Ok(0)
}

/// The program `mount`: lists only.
pub fn mount(io: &mut Io<'_>) -> Run {
    if io.args.iter().filter(|a| !a.starts_with('-')).count() > 0 {
        return io.fail(1, "permission denied (are you root?)");
    }
    for (path, kind, read_only) in io.once(|sys| sys.mounts()) {
        io.outln(format!("{kind} on {path} type {kind} ({},relatime)", if read_only { "ro" } else { "rw" }));
    }
    Ok(0)
}

struct Calculator<'a> {
    text: &'a [u8],
    at: usize,
    scale: usize,
    names: std::collections::BTreeMap<String, f64>,
}

impl Calculator<'_> {
    fn blanks(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
    fn eat(&mut self, what: &str) -> bool {
        self.blanks();
        let hit = self.text.get(self.at..).is_some_and(|r| r.starts_with(what.as_bytes()));
        if hit {
            self.at += what.len();
        }
        hit
    }
    fn cut(&self, value: f64) -> f64 {
        let unit = 10f64.powi(self.scale as i32);
        (value * unit + value.signum() * 1e-9).trunc() / unit
    }
    #[expect(clippy::float_cmp, reason = "bc compares what it prints, exactly")]
    fn compare(&mut self, depth: u32) -> Option<f64> {
        let left = self.sum(depth)?;
        for op in ["==", "!=", "<=", ">=", "<", ">"] {
            if self.eat(op) {
                let right = self.sum(depth)?;
                let result = match op {
                    "==" => left == right,
                    "!=" => left != right,
                    "<=" => left <= right,
                    ">=" => left >= right,
                    "<" => left < right,
                    _ => left > right,
                };
                return Some(f64::from(u8::from(result)));
            }
        }
        Some(left)
    }
    fn sum(&mut self, depth: u32) -> Option<f64> {
        let mut left = self.product(depth)?;
        loop {
            if self.eat("+") {
                left += self.product(depth)?;
            } else if self.eat("-") {
                left -= self.product(depth)?;
            } else {
                return Some(left);
            }
        }
    }
    fn product(&mut self, depth: u32) -> Option<f64> {
        let mut left = self.power(depth)?;
        loop {
            if self.eat("*") {
                left *= self.power(depth)?;
            } else if self.eat("/") {
                let right = self.power(depth)?;
                if right == 0.0 {
                    return None;
                }
                left = self.cut(left / right);
            } else if self.eat("%") {
                let right = self.power(depth)?;
                if right == 0.0 {
                    return None;
                }
                left %= right;
            } else {
                return Some(left);
            }
        }
    }
    fn power(&mut self, depth: u32) -> Option<f64> {
        let left = self.atom(depth)?;
        if self.eat("^") {
            let right = self.power(depth)?;
            return Some(left.powf(right));
        }
        Some(left)
    }
    fn atom(&mut self, depth: u32) -> Option<f64> {
        if depth > 100 {
            return None;
        }
        if self.eat("(") {
            let value = self.compare(depth + 1)?;
            return self.eat(")").then_some(value);
        }
        if self.eat("-") {
            return Some(-self.atom(depth + 1)?);
        }
        self.blanks();
        let from = self.at;
        while self.text.get(self.at).is_some_and(|b| b.is_ascii_digit() || *b == b'.') {
            self.at += 1;
        }
        if self.at > from {
            return std::str::from_utf8(self.text.get(from..self.at)?).ok()?.parse().ok();
        }
        while self.text.get(self.at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
            self.at += 1;
        }
        let name = super::engine::text::lossy(self.text.get(from..self.at)?);
        if name.is_empty() {
            return None;
        }
        if self.eat("(") {
            let value = self.compare(depth + 1)?;
            if !self.eat(")") {
                return None;
            }
            return match name.as_str() {
                "sqrt" => Some(self.cut(value.sqrt())),
                "length" => Some(value.to_string().len() as f64),
                _ => None,
            };
        }
        if name == "scale" {
            return Some(self.scale as f64);
        }
        Some(self.names.get(&name).copied().unwrap_or(0.0))
    }
}

/// The program `bc`.
pub fn bc(io: &mut Io<'_>) -> Run {
    let options = io.options("lqsw", &[("mathlib", 'l'), ("quiet", 'q')])?;
    let mut text = Vec::new();
    for file in &options.operands {
        match io.input(file)? {
            Ok(data) => text.extend_from_slice(&data),
            Err(error) => return io.fail(1, format!("{file}: {error}")),
        }
    }
    text.extend(io.stdin()?);
    let mut scale = if options.has('l') { 20 } else { 0 };
    let mut names = std::collections::BTreeMap::new();
    for statement in text.split(|b| *b == b'\n' || *b == b';') {
        let shown = super::engine::text::lossy(statement);
        let shown = shown.trim();
        if shown.is_empty() || shown.starts_with('#') {
            continue;
        }
        if shown == "quit" || shown == "halt" {
            break;
        }
        let assignment =
            shown.split_once('=').filter(|(name, rest)| !rest.starts_with('=') && name.trim().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        let body = assignment.map_or(shown, |(_, rest)| rest);
        let mut calculator = Calculator { text: body.as_bytes(), at: 0, scale, names: names.clone() };
        let value = calculator.compare(0);
        calculator.blanks();
        let Some(value) = value.filter(|_| calculator.at >= body.len()) else {
            io.err_raw("\nParse error: bad expression\n    <stdin>:1\n\n");
            continue;
        };
        match assignment {
            Some((name, _)) if name.trim() == "scale" => scale = value as usize,
            Some((name, _)) => {
                names.insert(name.trim().to_owned(), value);
            }
            None => {
                let digits = if body.contains(['/', '.']) || body.contains("sqrt") {
                    scale.max(
                        body.split(|c: char| !(c.is_ascii_digit() || c == '.'))
                            .map(|n| n.split_once('.').map_or(0, |(_, d)| d.len()))
                            .max()
                            .unwrap_or(0)
                            .min(if body.contains('/') { 0 } else { 20 }),
                    )
                } else {
                    0
                };
                let mut out = format!("{value:.digits$}");
                if out.starts_with("0.") {
                    out.remove(0);
                } else if out.starts_with("-0.") {
                    out.remove(1);
                }
                io.outln(out);
            }
        }
    }
    Ok(0)
}

/// The program `dc`: numbers, the four operations, `p`.
pub fn dc(io: &mut Io<'_>) -> Run {
    let data = io.stdin()?;
    let mut stack: Vec<f64> = Vec::new();
    for word in super::engine::text::lossy(&data).split_whitespace() {
        let mut two = |act: fn(f64, f64) -> f64| {
            if let (Some(b), Some(a)) = (stack.pop(), stack.pop()) {
                stack.push(act(a, b));
            }
        };
        match word {
            "+" => two(|a, b| a + b),
            "-" => two(|a, b| a - b),
            "*" => two(|a, b| a * b),
            "/" => two(|a, b| (a / b).trunc()),
            "%" => two(|a, b| a % b),
            "p" => {
                if let Some(top) = stack.last() {
                    let text = format!("{top}");
                    io.outln(text);
                }
            }
            number => stack.extend(number.parse::<f64>().ok()),
        }
    }
    Ok(0)
}

/// The program `split`.
pub fn split(io: &mut Io<'_>) -> Run {
    let options = io.options("l:b:a:d", &[("lines", 'l'), ("bytes", 'b')])?;
    let file = options.operand(0).unwrap_or_else(|| "-".into());
    let prefix = options.operand(1).unwrap_or_else(|| "x".into());
    let data = match io.input(&file)? {
        Ok(data) => data,
        Err(error) => return io.fail(1, format!("{file}: {error}")),
    };
    let pieces: Vec<Vec<u8>> = match options.value('b').and_then(|b| super::head::count(&b)) {
        Some(size) => data.chunks(usize::try_from(size).unwrap_or(usize::MAX).max(1)).map(<[u8]>::to_vec).collect(),
        None => {
            let count = options.value('l').and_then(|l| l.parse::<usize>().ok()).unwrap_or(1000).max(1);
            let all: Vec<&[u8]> = data.split_inclusive(|b| *b == b'\n').collect();
            all.chunks(count).map(<[&[u8]]>::concat).collect()
        }
    };
    for (i, piece) in pieces.iter().enumerate() {
        let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
        let name = format!("{prefix}{}{}", letter(i / 26), letter(i));
        if let Err(error) = io.write_file(&name, piece, false) {
            return io.fail(1, format!("{name}: {error}"));
        }
    }
    Ok(0)
}
