//! `tail`: the ends of files, and following them.

use super::engine::text::lines;
use super::head::{count, old_style};
use super::plain::{Io, Plain, Run, Stop};
use crate::program::{Errno, Fd, Flavour, Kind, Open, Program, Step, Sys, Wait};
use std::rc::Rc;

#[derive(Clone, Debug)]
struct Plan {
    files: Vec<Rc<str>>,
    bytes: bool,
    from_start: bool,
    amount: u64,
    follow: bool,
    retry: bool,
    headers: bool,
}

/// The program: reads its options and prints the ends, then follows.
#[derive(Clone, Debug)]
pub enum Tail {
    /// Before and while the ends are printed.
    Ends(Box<dyn Program>),
    /// Waiting for more.
    Following(Follow),
}

/// The files that are followed.
#[derive(Clone, Debug)]
pub struct Follow {
    files: Vec<Followed>,
    retry: bool,
    headers: bool,
    pause: u64,
    last: Option<usize>,
    gnu: bool,
    idle: bool,
}

#[derive(Clone, Debug)]
struct Followed {
    name: Rc<str>,
    fd: Option<Fd>,
    read: u64,
    inode: (u64, u64),
    stream: bool,
}

fn plan(io: &mut Io<'_>) -> Result<Plan, Stop> {
    let args: Vec<Rc<str>> = io
        .args
        .iter()
        .enumerate()
        .map(|(i, arg)| {
            // `+5` is an old form of `-n +5`.
            let value = i.checked_sub(1).and_then(|before| io.args.get(before)).is_some_and(|a| matches!(&**a, "-n" | "-c" | "-s"));
            if value {
                arg.clone()
            } else if arg.starts_with('+') && arg.len() > 1 && arg.bytes().skip(1).all(|b| b.is_ascii_digit()) {
                Rc::from(format!("-n{arg}"))
            } else {
                arg.clone()
            }
        })
        .collect();
    io.args = old_style(&args);
    let long = [
        ("lines", 'n'),
        ("bytes", 'c'),
        ("quiet", 'q'),
        ("silent", 'q'),
        ("verbose", 'v'),
        ("follow", 'f'),
        ("retry", 'R'),
        ("sleep-interval", 's'),
        ("pid", 'P'),
    ];
    let options = io.options("n:c:fFqvs:RP:", &long)?;
    let bytes = options.last_of("nc") == Some('c');
    let text = options.value(if bytes { 'c' } else { 'n' }).unwrap_or_else(|| Rc::from("10"));
    let from_start = text.starts_with('+');
    let Some(amount) = count(text.trim_start_matches(['+', '-'])) else {
        let text = if io.gnu() { format!("invalid number of {}: '{text}'", if bytes { "bytes" } else { "lines" }) } else { format!("invalid number '{text}'") };
        return io.fail(1, text);
    };
    let mut files = options.operands.clone();
    if files.is_empty() {
        files.push("-".into());
    }
    Ok(Plan {
        headers: options.has('v') || (files.len() > 1 && !options.has('q')),
        files,
        bytes,
        from_start,
        amount,
        follow: options.has('f') || options.has('F'),
        retry: options.has('F') || options.has('R'),
    })
}

fn end_of<'a>(data: &'a [u8], plan: &Plan) -> &'a [u8] {
    let amount = usize::try_from(plan.amount).unwrap_or(usize::MAX);
    let from = match (plan.bytes, plan.from_start) {
        (true, true) => amount.saturating_sub(1),
        (true, false) => data.len().saturating_sub(amount),
        (false, true) => lines(data).iter().take(amount.saturating_sub(1)).map(|l| l.len() + 1).sum::<usize>(),
        (false, false) => {
            let all = lines(data);
            let skip = all.len().saturating_sub(amount);
            all.iter().take(skip).map(|l| l.len() + 1).sum::<usize>()
        }
    };
    data.get(from.min(data.len())..).unwrap_or_default()
}

fn cannot_open(flavour: Flavour, name: &str, error: Errno) -> String {
    if flavour == Flavour::Gnu { format!("cannot open '{name}' for reading: {error}") } else { format!("can't open '{name}': {error}") }
}

/// Prints the ends; with `-f` the exit code 256 says that following goes on.
fn ends(io: &mut Io<'_>) -> Run {
    let plan = plan(io)?;
    let mut code = 0;
    let mut first = true;
    let mut open: Vec<(Rc<str>, Fd)> = Vec::new();
    for name in &plan.files {
        if &**name == "-" {
            open.push((name.clone(), 0));
            continue;
        }
        match io.open(name, Open::READ) {
            Ok(fd) => open.push((name.clone(), fd)),
            Err(error) => {
                let text = cannot_open(io.flavour, name, error);
                io.err(text);
                code = 1;
            }
        }
    }
    let opened = open.len();
    // A file that cannot be opened does not count for the headers.
    let headers = plan.headers && (opened > 1 || plan.files.len() == 1 || io.gnu());
    for (name, fd) in open {
        if headers {
            let shown = if &*name == "-" { "standard input" } else { &name };
            io.out(format!("{}==> {shown} <==\n", if first { "" } else { "\n" }));
        }
        first = false;
        let data = io.rest(fd)?;
        let end = end_of(&data, &plan).to_vec();
        io.out(end);
        if fd != 0 {
            io.close(fd);
        }
    }
    if opened == 0 && !io.gnu() && (!plan.follow || !plan.retry) {
        return io.fail(1, "no files");
    }
    if !plan.follow {
        return Ok(code);
    }
    if opened == 0 && !plan.retry {
        let text = if io.gnu() { "no files remaining" } else { "no files" };
        return io.fail(1, text);
    }
    Ok(256)
}

impl Tail {
    /// The program.
    pub fn boxed() -> Box<dyn Program> {
        Box::new(Tail::Ends(Plain::boxed("tail", ends)))
    }
}

/// Following needs open descriptors from the moment the ends were printed.
fn start_following(sys: &mut dyn Sys) -> Option<Follow> {
    let args: Vec<Rc<str>> = sys.args().iter().skip(1).cloned().collect();
    let mut names: Vec<Rc<str>> = Vec::new();
    let mut retry = false;
    let mut quiet = false;
    let mut loud = false;
    let mut pause = 1000;
    let mut skip = false;
    let mut only_names = false;
    for (i, arg) in args.iter().enumerate() {
        if skip {
            skip = false;
            continue;
        }
        if only_names || !arg.starts_with('-') || arg.len() == 1 {
            if only_names || !(arg.starts_with('+') && arg.len() > 1) {
                names.push(arg.clone());
            }
            continue;
        }
        if &**arg == "--" {
            only_names = true;
            continue;
        }
        if let Some(long) = arg.strip_prefix("--") {
            retry |= long == "retry" || long == "follow=name";
            quiet |= long == "quiet" || long == "silent";
            loud |= long == "verbose";
            skip = matches!(long, "lines" | "bytes" | "sleep-interval" | "pid");
            continue;
        }
        for (at, letter) in arg.char_indices().skip(1) {
            match letter {
                'F' => retry = true,
                'q' => quiet = true,
                'v' => loud = true,
                'n' | 'c' | 's' => {
                    let inline = arg.get(at + 1..).unwrap_or_default();
                    let value = if inline.is_empty() { args.get(i + 1).map_or("", |a| &**a) } else { inline };
                    if letter == 's' {
                        pause = value.parse::<f64>().map_or(1000, |s| (s * 1000.0).clamp(10.0, 3_600_000.0) as u64);
                    }
                    skip = inline.is_empty();
                    break;
                }
                _ => {}
            }
        }
    }
    if names.is_empty() {
        return None;
    }
    let headers = loud || (names.len() > 1 && !quiet);
    let mut files = Vec::new();
    for name in names {
        let fd = if &*name == "-" { Some(0) } else { sys.open(&name, Open::READ).ok() };
        let stat = fd.and_then(|fd| sys.fstat(fd).ok());
        let stream = &*name == "-" || stat.as_ref().is_some_and(|s| s.kind == Kind::Device || s.kind == Kind::Fifo);
        let size = stat.as_ref().map_or(0, |s| s.size);
        if let (Some(fd), false) = (fd, stream) {
            let _ = sys.seek(fd, size);
        }
        files.push(Followed { name, fd, read: size, inode: stat.map_or((0, 0), |s| (s.device, s.inode)), stream });
    }
    files.retain(|f| f.fd.is_some() || retry);
    let idle = files.iter().all(|f| f.stream);
    Some(Follow { last: files.len().checked_sub(1), files, retry, headers, pause, gnu: sys.flavour() == Flavour::Gnu, idle })
}

impl Follow {
    fn poll(&mut self, sys: &mut dyn Sys) -> Step {
        let gnu = self.gnu;
        for (i, file) in self.files.iter_mut().enumerate() {
            if self.retry && !file.stream {
                let now = sys.stat(&file.name).ok().filter(|s| s.kind != Kind::Directory);
                let same = now.as_ref().is_some_and(|s| file.fd.is_some() && (s.device, s.inode) == file.inode);
                if !same {
                    let had = file.fd.take();
                    if let Some(fd) = had {
                        let _ = sys.close(fd);
                    }
                    if let (Some(stat), Ok(fd)) = (now, sys.open(&file.name, Open::READ)) {
                        let text = match (gnu, had.is_some()) {
                            (true, true) => format!("tail: '{}' has been replaced;  following new file\n", file.name),
                            (true, false) => format!("tail: '{}' has appeared;  following new file\n", file.name),
                            (false, had) => format!("tail: {} has {}; following end of new file\n", file.name, if had { "been replaced" } else { "appeared" }),
                        };
                        sys.err(&text);
                        file.fd = Some(fd);
                        file.read = 0;
                        file.inode = (stat.device, stat.inode);
                    } else if had.is_some() {
                        let quoted = if gnu { format!("'{}'", file.name) } else { file.name.to_string() };
                        sys.err(&format!("tail: {quoted} has become inaccessible: No such file or directory\n"));
                    }
                }
            }
            let Some(fd) = file.fd else { continue };
            if !file.stream && sys.fstat(fd).is_ok_and(|s| s.size < file.read) {
                if gnu {
                    sys.err(&format!("tail: {}: file truncated\n", file.name));
                }
                let _ = sys.seek(fd, 0);
                file.read = 0;
            }
            loop {
                let data = match sys.read(fd, 1 << 16) {
                    Ok(data) if !data.is_empty() => data,
                    _ => break,
                };
                file.read += data.len() as u64;
                if self.headers && self.last != Some(i) {
                    sys.out(&format!("\n==> {} <==\n", file.name));
                    self.last = Some(i);
                }
                if sys.write(1, &data).is_err() {
                    return Step::Done(1);
                }
                if sys.congested() {
                    return Step::Again;
                }
            }
        }
        if self.files.is_empty() {
            return Step::Done(1);
        }
        if self.idle {
            let mut wait = Wait::forever();
            for file in &self.files {
                if &*file.name == "-" {
                    wait = wait.or_readable(0);
                }
            }
            return Step::Wait(wait);
        }
        Step::Wait(Wait::until(sys.now() + self.pause))
    }
}

impl Program for Tail {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if let Tail::Ends(program) = self {
            match program.step(sys) {
                Step::Done(256) => match start_following(sys) {
                    Some(follow) => *self = Tail::Following(follow),
                    None => return Step::Done(0),
                },
                other => return other,
            }
        }
        match self {
            Tail::Following(follow) => follow.poll(sys),
            Tail::Ends(_) => Step::Again,
        }
    }
}
