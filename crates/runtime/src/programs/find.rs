//! `find`.

use super::files::{base, join};
use super::plain::{Command, Io, Run, Stop};
use crate::program::{Errno, Kind, Stat};
use std::{cmp::Ordering, rc::Rc};

#[derive(Clone, Debug)]
enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    Name(Vec<u8>, bool),
    Path(Vec<u8>),
    Type(Vec<Kind>),
    Empty,
    Size(Ordering, u64, u64),
    Newer(i64),
    Age(Ordering, i64, i64),
    Perm(u32, char),
    User(u32),
    Group(u32),
    Inode(u64),
    Links(Ordering, u64),
    Print(u8),
    Delete,
    Exec(Vec<Rc<str>>, Option<usize>),
    Prune,
    Quit,
    True,
}

struct Parser<'a> {
    args: &'a [Rc<str>],
    at: usize,
    batches: usize,
    acts: bool,
}

fn sign(text: &str) -> Option<(Ordering, &str)> {
    Some(match text.chars().next()? {
        '+' => (Ordering::Greater, text.get(1..)?),
        '-' => (Ordering::Less, text.get(1..)?),
        _ => (Ordering::Equal, text),
    })
}

impl Parser<'_> {
    fn value(&mut self, io: &mut Io<'_>, name: &str) -> Result<Rc<str>, Stop> {
        let value = self.args.get(self.at).cloned();
        self.at += 1;
        match value {
            Some(value) => Ok(value),
            None if io.gnu() => io.fail(1, format!("missing argument to `{name}'")),
            None => io.fail(1, format!("{name} requires an argument")),
        }
    }
    fn any(&mut self, io: &mut Io<'_>) -> Result<Test, Stop> {
        let mut parts = vec![self.all(io)?];
        while self.args.get(self.at).is_some_and(|a| matches!(&**a, "-o" | "-or")) {
            self.at += 1;
            parts.push(self.all(io)?);
        }
        Ok(Test::Or(parts))
    }
    fn all(&mut self, io: &mut Io<'_>) -> Result<Test, Stop> {
        let mut parts = Vec::new();
        while let Some(word) = self.args.get(self.at) {
            match &**word {
                "-o" | "-or" | ")" => break,
                "-a" | "-and" => self.at += 1,
                _ => parts.push(self.one(io)?),
            }
        }
        Ok(Test::And(parts))
    }
    fn one(&mut self, io: &mut Io<'_>) -> Result<Test, Stop> {
        let word = self.args.get(self.at).cloned().unwrap_or_else(|| "".into());
        self.at += 1;
        Ok(match &*word {
            "!" | "-not" => Test::Not(Box::new(self.one(io)?)),
            "(" => {
                let inner = self.any(io)?;
                self.at += 1;
                inner
            }
            "-name" => Test::Name(self.value(io, "-name")?.as_bytes().to_vec(), false),
            "-iname" => Test::Name(self.value(io, "-iname")?.to_ascii_lowercase().into_bytes(), true),
            "-path" | "-wholename" => Test::Path(self.value(io, "-path")?.as_bytes().to_vec()),
            "-type" => {
                let text = self.value(io, "-type")?;
                let mut kinds = Vec::new();
                for letter in text.split(',') {
                    kinds.push(match letter {
                        "f" => Kind::File,
                        "d" => Kind::Directory,
                        "l" => Kind::Link,
                        "p" => Kind::Fifo,
                        "s" => Kind::Socket,
                        "c" | "b" => Kind::Device,
                        _ if io.gnu() => return io.fail(1, format!("Unknown argument to -type: {text}")),
                        _ => return io.fail(1, format!("invalid argument '{text}' to '-type'")),
                    });
                }
                Test::Type(kinds)
            }
            "-empty" => Test::Empty,
            "-size" => {
                let text = self.value(io, "-size")?;
                let (order, rest) = sign(&text).unwrap_or((Ordering::Equal, &text));
                let (digits, unit) = match rest.char_indices().last() {
                    Some((i, 'c')) => (rest.get(..i), 1),
                    Some((i, 'k')) => (rest.get(..i), 1024),
                    Some((i, 'M')) => (rest.get(..i), 1 << 20),
                    Some((i, 'G')) => (rest.get(..i), 1 << 30),
                    Some((i, 'b')) => (rest.get(..i), 512),
                    _ => (Some(rest), 512),
                };
                match digits.and_then(|d| d.parse().ok()) {
                    Some(size) => Test::Size(order, size, unit),
                    None => return io.fail(1, format!("invalid number '{text}'")),
                }
            }
            "-newer" => {
                let path = self.value(io, "-newer")?;
                match io.stat(&path) {
                    Ok(stat) => Test::Newer(stat.modified_unix_ms),
                    Err(error) => return io.fail(1, format!("{path}: {error}")),
                }
            }
            "-mtime" | "-mmin" | "-atime" | "-ctime" | "-amin" | "-cmin" => {
                let text = self.value(io, &word)?;
                let (order, rest) = sign(&text).unwrap_or((Ordering::Equal, &text));
                let unit = if word.ends_with("min") { 60_000 } else { 86_400_000 };
                match rest.parse() {
                    Ok(number) => Test::Age(order, number, unit),
                    Err(_) => return io.fail(1, format!("invalid number '{text}'")),
                }
            }
            "-perm" => {
                let text = self.value(io, "-perm")?;
                let kind = text.chars().next().filter(|c| matches!(c, '-' | '/' | '+')).unwrap_or('=');
                let rest = text.trim_start_matches(['-', '/', '+']);
                match super::files::change_mode(rest, 0, false, 0) {
                    Some(mode) => Test::Perm(mode, kind),
                    None => return io.fail(1, format!("invalid mode '{text}'")),
                }
            }
            "-user" => {
                let text = self.value(io, "-user")?;
                match super::users::user_number(io, &text) {
                    Some((uid, _)) => Test::User(uid),
                    None => return io.fail(1, format!("unknown user {text}")),
                }
            }
            "-group" => {
                let text = self.value(io, "-group")?;
                match super::users::group_number(io, &text) {
                    Some(gid) => Test::Group(gid),
                    None => return io.fail(1, format!("unknown group {text}")),
                }
            }
            "-links" => {
                let text = self.value(io, "-links")?;
                let (order, rest) = sign(&text).unwrap_or((Ordering::Equal, &text));
                Test::Links(order, rest.parse().unwrap_or(0))
            }
            "-print" => {
                self.acts = true;
                Test::Print(b'\n')
            }
            "-print0" => {
                self.acts = true;
                Test::Print(0)
            }
            "-delete" => {
                self.acts = true;
                Test::Delete
            }
            "-prune" => Test::Prune,
            "-quit" => Test::Quit,
            "-true" | "-depth" | "-xdev" | "-mount" | "-follow" | "-noleaf" => Test::True,
            "-inum" => {
                let text = self.value(io, "-inum")?;
                match text.parse() {
                    Ok(inode) => Test::Inode(inode),
                    Err(_) => return io.fail(1, format!("invalid number '{text}'")),
                }
            }
            "-maxdepth" | "-mindepth" => {
                let text = self.value(io, &word)?;
                if text.parse::<usize>().is_err() {
                    return io.fail(
                        1,
                        if io.gnu() {
                            format!("Expected a positive decimal integer argument to {word}, but got ‘{text}’")
                        } else {
                            format!("invalid number '{text}'")
                        },
                    );
                }
                Test::True
            }
            "-exec" | "-execdir" | "-ok" => {
                self.acts = true;
                let mut argv = Vec::new();
                loop {
                    let Some(word) = self.args.get(self.at).cloned() else {
                        return io.fail(1, if io.gnu() { "missing argument to `-exec'".to_owned() } else { "-exec requires an argument".to_owned() });
                    };
                    self.at += 1;
                    if &*word == ";" {
                        break Test::Exec(argv, None);
                    }
                    if &*word == "+" && argv.last().is_some_and(|l: &Rc<str>| &**l == "{}") {
                        argv.pop();
                        self.batches += 1;
                        break Test::Exec(argv, Some(self.batches - 1));
                    }
                    argv.push(word);
                }
            }
            other if io.gnu() => return io.fail(1, format!("unknown predicate `{other}'")),
            other => {
                io.err(format!("unrecognized: {other}"));
                return io.usage(1);
            }
        })
    }
}

/// A command and the paths it will get.
type Batch = (Vec<Rc<str>>, Vec<Rc<str>>);

struct Walk {
    batches: Vec<Batch>,
    prune: bool,
    quit: bool,
    now: i64,
    failed: bool,
}

fn run(io: &mut Io<'_>, argv: Vec<Rc<str>>, failed: &mut bool) -> Result<bool, Stop> {
    let name = argv.first().cloned().unwrap_or_else(|| "".into());
    match io.run(&Command { argv, ..Command::default() })? {
        Ok(done) => Ok(done.code == 0),
        Err(error) => {
            let text = if io.gnu() { format!("'{name}': {error}") } else { format!("{name}: {error}") };
            io.err(text);
            *failed |= error != Errno::NoEnt;
            Ok(false)
        }
    }
}

fn evaluate(io: &mut Io<'_>, test: &Test, path: &str, stat: &Stat, walk: &mut Walk) -> Result<bool, Stop> {
    Ok(match test {
        Test::And(parts) => {
            for part in parts {
                if !evaluate(io, part, path, stat, walk)? {
                    return Ok(false);
                }
            }
            true
        }
        Test::Or(parts) => {
            for part in parts {
                if evaluate(io, part, path, stat, walk)? {
                    return Ok(true);
                }
            }
            false
        }
        Test::Not(inner) => !evaluate(io, inner, path, stat, walk)?,
        Test::Name(pattern, fold) => {
            let name = base(path);
            if *fold { super::test::glob(pattern, name.to_ascii_lowercase().as_bytes()) } else { super::test::glob(pattern, name.as_bytes()) }
        }
        Test::Path(pattern) => super::test::glob(pattern, path.as_bytes()),
        Test::Type(kinds) => kinds.contains(&stat.kind),
        Test::Empty => match stat.kind {
            Kind::File => stat.size == 0,
            Kind::Directory => io.read_dir(path).is_ok_and(|n| n.is_empty()),
            _ => false,
        },
        Test::Size(order, size, unit) => stat.size.div_ceil(*unit).cmp(size) == *order,
        Test::Newer(than) => stat.modified_unix_ms > *than,
        Test::Age(order, number, unit) => ((walk.now - stat.modified_unix_ms) / unit).cmp(number) == *order,
        Test::Perm(mode, '-') => stat.mode & mode == *mode,
        Test::Perm(mode, '/' | '+') => stat.mode & mode != 0 || *mode == 0,
        Test::Perm(mode, _) => stat.mode & 0o7777 == *mode,
        Test::User(uid) => stat.uid == *uid,
        Test::Group(gid) => stat.gid == *gid,
        Test::Inode(inode) => stat.inode == *inode,
        Test::Links(order, number) => u64::from(stat.links).cmp(number) == *order,
        Test::Print(end) => {
            io.out(path);
            io.out([*end]);
            true
        }
        Test::Delete => {
            let result = if stat.kind == Kind::Directory { io.act(|sys| sys.rmdir(path)) } else { io.act(|sys| sys.unlink(path)) };
            match result {
                Ok(()) => true,
                Err(error) => {
                    let text = if io.gnu() { format!("cannot delete '{path}': {error}") } else { format!("{path}: {error}") };
                    io.err(text);
                    walk.failed = true;
                    false
                }
            }
        }
        Test::Exec(argv, None) => {
            let argv = argv.iter().map(|a| if a.contains("{}") { Rc::from(a.replace("{}", path)) } else { a.clone() }).collect();
            run(io, argv, &mut walk.failed)?
        }
        Test::Exec(argv, Some(index)) => {
            while walk.batches.len() <= *index {
                walk.batches.push((argv.clone(), Vec::new()));
            }
            if let Some((command, paths)) = walk.batches.get_mut(*index) {
                command.clone_from(argv);
                paths.push(Rc::from(path));
            }
            true
        }
        Test::Prune => {
            walk.prune = true;
            true
        }
        Test::Quit => {
            walk.quit = true;
            true
        }
        Test::True => true,
    })
}

struct Limits {
    least: usize,
    most: usize,
    deep_first: bool,
    follow: bool,
}

fn visit(io: &mut Io<'_>, test: &Test, path: &str, depth: usize, limits: &Limits, walk: &mut Walk) -> Result<(), Stop> {
    if walk.quit {
        return Ok(());
    }
    let looked = if limits.follow { io.stat(path).or_else(|_| io.lstat(path)) } else { io.lstat(path) };
    let stat = match looked {
        Ok(stat) => stat,
        Err(error) => {
            let text = if io.gnu() { format!("'{path}': {error}") } else { format!("{path}: {error}") };
            io.err(text);
            walk.failed = true;
            return Ok(());
        }
    };
    walk.prune = false;
    if !limits.deep_first && depth >= limits.least {
        evaluate(io, test, path, &stat, walk)?;
    }
    if stat.kind == Kind::Directory && depth < limits.most && !walk.prune && !walk.quit {
        match io.read_dir(path) {
            Ok(names) => {
                for entry in names {
                    visit(io, test, &join(path, &entry.name), depth + 1, limits, walk)?;
                }
            }
            Err(error) => {
                let text = if io.gnu() { format!("'{path}': {error}") } else { format!("{path}: {error}") };
                io.err(text);
                walk.failed = true;
            }
        }
    }
    if limits.deep_first && depth >= limits.least {
        evaluate(io, test, path, &stat, walk)?;
    }
    Ok(())
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    let args = io.args.clone();
    let mut at = 0;
    let mut follow = false;
    while let Some(arg) = args.get(at).filter(|a| matches!(&***a, "-L" | "-H" | "-P")) {
        follow = &**arg == "-L";
        at += 1;
    }
    let paths_end = args.iter().skip(at).position(|a| (a.starts_with('-') && a.len() > 1) || &**a == "!" || &**a == "(").map_or(args.len(), |i| at + i);
    let mut paths: Vec<Rc<str>> = args.get(at..paths_end).unwrap_or_default().to_vec();
    if paths.is_empty() {
        paths.push(".".into());
    }
    let number = |name: &str| args.iter().position(|a| &**a == name).and_then(|i| args.get(i + 1)).and_then(|v| v.parse::<usize>().ok());
    let limits = Limits {
        least: number("-mindepth").unwrap_or(0),
        most: number("-maxdepth").unwrap_or(usize::MAX),
        deep_first: args.iter().any(|a| matches!(&**a, "-depth" | "-delete")),
        follow: follow || args.iter().any(|a| &**a == "-follow"),
    };
    let rest = args.get(paths_end..).unwrap_or_default();
    let mut parser = Parser { args: rest, at: 0, batches: 0, acts: false };
    let mut test = parser.any(io)?;
    if parser.at < rest.len() {
        let word = rest.get(parser.at).cloned().unwrap_or_else(|| "".into());
        if !io.gnu() {
            io.err(format!("unrecognized: {word}"));
            return io.usage(1);
        }
        return io.fail(1, format!("unrecognized: {word}"));
    }
    if !parser.acts {
        test = Test::And(vec![test, Test::Print(b'\n')]);
    }
    let now = io.unix_ms();
    let mut walk = Walk { batches: Vec::new(), prune: false, quit: false, now, failed: false };
    for path in paths {
        visit(io, &test, &path, 0, &limits, &mut walk)?;
    }
    for (argv, paths) in std::mem::take(&mut walk.batches) {
        let mut full = argv;
        full.extend(paths);
        if !run(io, full, &mut walk.failed)? {
            walk.failed = true;
        }
    }
    Ok(i32::from(walk.failed))
}
