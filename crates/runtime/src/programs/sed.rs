//! `sed`.

mod lines;
mod machine;
mod script;

use super::engine::regex::Regex;
use super::engine::text::lossy;
use super::plain::{Io, Run};
use crate::program::Fd;
use machine::expand;
use std::{collections::BTreeMap, rc::Rc};

#[derive(Clone, Debug)]
enum Address {
    Line(u64),
    Last,
    Pattern(Option<Rc<Regex>>),
    Step(u64, u64),
}

#[derive(Clone, Debug)]
enum End {
    Address(Address),
    Plus(u64),
    Multiple(u64),
}

#[derive(Clone, Debug)]
struct Substitute {
    regex: Option<Rc<Regex>>,
    replacement: Vec<Part>,
    global: bool,
    number: usize,
    print: bool,
    write: Option<String>,
    execute: bool,
}

#[derive(Clone, Debug)]
enum Part {
    Text(Vec<u8>),
    Group(usize),
    Case(u8),
}

#[derive(Clone, Debug)]
enum Action {
    Block(usize),
    Close,
    Append(Vec<u8>),
    Insert(Vec<u8>),
    Change(Vec<u8>),
    Branch(Option<usize>),
    BranchIf(Option<usize>),
    BranchUnless(Option<usize>),
    Simple(u8),
    Quit(u8, i32),
    Read(String),
    Write(String),
    Substitute(Box<Substitute>),
    Translate(Vec<(u8, u8)>),
}

#[derive(Clone, Debug)]
struct Command {
    from: Option<Address>,
    to: Option<End>,
    negate: bool,
    action: Action,
    label: Option<String>,
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    extended: bool,
    gnu: bool,
    commands: Vec<Command>,
    labels: BTreeMap<String, usize>,
    blocks: Vec<usize>,
}

type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn substitute(&mut self) -> Read<Action> {
        let Some(delimiter) = self.peek().filter(|b| *b != b'\n' && *b != b'\\') else { return Err("bad format in substitution expression".to_owned()) };
        self.at += 1;
        let pattern = self.delimited(delimiter, true)?;
        let from = self.at;
        let mut replacement = Vec::new();
        let mut closed = false;
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'\\' {
                if let Some(next) = self.peek() {
                    self.at += 1;
                    if next == delimiter && next != b'&' {
                        replacement.push(next);
                    } else {
                        replacement.extend([b'\\', next]);
                    }
                }
                continue;
            }
            if byte == delimiter {
                closed = true;
                break;
            }
            replacement.push(byte);
        }
        let _ = from;
        if !closed {
            return Err(format!("unmatched '{}'", char::from(delimiter)));
        }
        let mut done = Substitute { regex: None, replacement: Vec::new(), global: false, number: 0, print: false, write: None, execute: false };
        let mut ignore_case = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'g' => {
                    done.global = true;
                    if !self.gnu {
                        done.number = 0;
                    }
                }
                b'p' => done.print = true,
                b'i' | b'I' => ignore_case = true,
                b'm' | b'M' => {}
                b'e' => done.execute = true,
                b'0'..=b'9' => {
                    done.number = self.number().unwrap_or(1) as usize;
                    // busybox: the last of number and `g` counts.
                    done.global &= self.gnu;
                    continue;
                }
                b'w' => {
                    self.at += 1;
                    self.blanks();
                    done.write = Some(lossy(&self.rest_of_line()));
                    break;
                }
                b' ' | b'\t' | b'\r' => {}
                b';' | b'\n' | b'}' | b'#' => break,
                _ => return Err("bad option in substitution expression".to_owned()),
            }
            self.at += 1;
        }
        done.regex = self.regex(&pattern, ignore_case)?;
        let groups = done.regex.as_ref().map_or(9, |r| r.groups());
        done.replacement = self.replacement(&replacement, groups)?;
        Ok(Action::Substitute(Box::new(done)))
    }
}

/// Where the lines come from: files in order, one line ahead of the script so that `$` is known.
struct Lines {
    files: Vec<Rc<str>>,
    next_file: usize,
    fd: Option<Fd>,
    ahead: Option<Vec<u8>>,
    started: bool,
    failed: bool,
    ended_without_newline: bool,
    in_place: bool,
}

struct Machine {
    gnu: bool,
    commands: Vec<Command>,
    quiet: bool,
    ranges: BTreeMap<usize, Option<u64>>,
    last_regex: Option<Rc<Regex>>,
    writes: BTreeMap<String, Vec<u8>>,
    hold: Vec<u8>,
    number: u64,
    out: Vec<u8>,
}

impl Machine {
    fn substitute(&mut self, how: &Substitute, space: &[u8]) -> Option<Vec<u8>> {
        let regex = how.regex.clone().or_else(|| self.last_regex.clone())?;
        self.last_regex = Some(regex.clone());
        let mut out = Vec::new();
        let mut at = 0;
        let mut count = 0;
        let mut changed = false;
        let mut last_end = None;
        while at <= space.len() {
            // busybox looks at the rest of the line alone: what stands before it is no context.
            let found = if at == 0 || self.gnu { regex.find_at(space, at) } else { regex.find_rest(space, at) };
            let Some(found) = found else { break };
            let Some((low, high)) = found.first().copied().flatten() else { break };
            if low == high && last_end == Some(low) {
                // An empty match right behind the last one does not count.
                out.extend(space.get(at..(at + 1).min(space.len())).unwrap_or_default());
                at += 1;
                last_end = None;
                continue;
            }
            out.extend_from_slice(space.get(at..low).unwrap_or_default());
            count += 1;
            if count >= how.number.max(1) && (!changed || how.global) {
                expand(&how.replacement, space, &found, &mut out);
                changed = true;
            } else {
                out.extend_from_slice(space.get(low..high).unwrap_or_default());
            }
            last_end = Some(high);
            at = high;
            if low == high {
                out.extend(space.get(at..(at + 1).min(space.len())).unwrap_or_default());
                at += 1;
            }
            if changed && !how.global {
                break;
            }
        }
        out.extend_from_slice(space.get(at.min(space.len())..).unwrap_or_default());
        changed.then_some(out)
    }
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    // `-i` takes its suffix without a blank, so it is taken out before the options are read.
    let mut suffix: Option<String> = None;
    let args = io.args.clone();
    let mut kept = Vec::new();
    let mut skip = false;
    for arg in args {
        if skip {
            skip = false;
        } else if let Some(rest) = arg.strip_prefix("--in-place") {
            suffix = Some(rest.trim_start_matches('=').to_owned());
            continue;
        } else if arg.starts_with('-') && !arg.starts_with("--") && arg.len() > 1 {
            if let Some(at) = arg.find('i').filter(|at| arg.get(1..*at).is_some_and(|p| p.chars().all(|c| "nrEsuz".contains(c)))) {
                suffix = Some(arg.get(at + 1..).unwrap_or_default().to_owned());
                if at > 1 {
                    kept.push(Rc::from(arg.get(..at).unwrap_or_default()));
                }
                continue;
            }
            skip = arg.ends_with('e') || arg.ends_with('f');
        }
        kept.push(arg);
    }
    io.args = kept;
    let options = io.options(
        "nrEsuze:f:",
        &[
            ("quiet", 'n'),
            ("silent", 'n'),
            ("regexp-extended", 'E'),
            ("expression", 'e'),
            ("file", 'f'),
            ("separate", 's'),
            ("unbuffered", 'u'),
            ("null-data", 'z'),
        ],
    )?;
    let mut operands = options.operands.clone();
    let mut script: Vec<u8> = Vec::new();
    for (letter, value) in &options.given {
        let Some(value) = value else { continue };
        let text = match letter {
            'e' => value.as_bytes().to_vec(),
            'f' => match io.input(value)? {
                Ok(data) => data.to_vec(),
                Err(error) => return io.fail(1, format!("{value}: {error}")),
            },
            _ => continue,
        };
        script.extend(text);
        script.push(b'\n');
    }
    if !options.has('e') && !options.has('f') {
        if operands.is_empty() {
            if io.gnu() {
                io.err_raw("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n");
                return Ok(1);
            }
            return io.usage(1);
        }
        script.extend(operands.remove(0).as_bytes());
    }
    let mut quiet = options.has('n');
    if script.starts_with(b"#n\n") {
        quiet = true;
    }
    if options.has('u') {
        io.direct = true;
    }
    let mut reader = Reader {
        text: &script,
        at: 0,
        extended: options.has('r') || options.has('E'),
        gnu: io.gnu(),
        commands: Vec::new(),
        labels: BTreeMap::new(),
        blocks: Vec::new(),
    };
    let commands = match reader.script().and_then(|()| reader.finish()) {
        Ok(commands) => commands,
        Err(text) => {
            let text = if io.gnu() { format!("-e expression #1, char {}: {text}", script.len()) } else { text };
            return io.fail(1, text);
        }
    };
    if operands.is_empty() {
        operands.push("-".into());
    }
    let mut machine = Machine {
        gnu: io.gnu(),
        commands,
        quiet,
        ranges: BTreeMap::new(),
        last_regex: None,
        writes: BTreeMap::new(),
        hold: Vec::new(),
        number: 0,
        out: Vec::new(),
    };
    for command in &machine.commands {
        let path = match &command.action {
            Action::Write(path) => Some(path),
            Action::Substitute(how) => how.write.as_ref(),
            _ => None,
        };
        if let Some(path) = path {
            machine.writes.entry(path.clone()).or_default();
        }
    }
    let in_place = suffix.is_some();
    let groups: Vec<Vec<Rc<str>>> = if in_place { operands.into_iter().map(|o| vec![o]).collect() } else { vec![operands] };
    let mut code = 0;
    for files in groups {
        let path = files.first().cloned().unwrap_or_else(|| "-".into());
        let mut lines = Lines { files, next_file: 0, fd: None, ahead: None, started: false, failed: false, ended_without_newline: false, in_place };
        if in_place {
            machine.number = 0;
        }
        let quit = machine.run(io, &mut lines, in_place)?;
        if lines.failed {
            code = if io.gnu() { 2 } else { 1 };
        } else if let Some(suffix) = &suffix {
            // The rest of the file stays after a `q`.
            if quit.is_some() {
                while let Some(line) = lines.next(io)? {
                    machine.out.extend(line);
                    machine.out.push(b'\n');
                }
            }
            let data = std::mem::take(&mut machine.out);
            let mode = io.stat(&path).map(|s| s.mode);
            if !suffix.is_empty() {
                let backup = if suffix.contains('*') { suffix.replace('*', super::files::base(&path)) } else { format!("{path}{suffix}") };
                let _ = io.act(|sys| sys.rename(&path, &backup));
            }
            if let Err(error) = io.write_file(&path, &data, false) {
                return io.fail(1, format!("{path}: {error}"));
            }
            if let Ok(mode) = mode {
                let _ = io.act(|sys| sys.chmod(&path, mode));
            }
        }
        if let Some(quit) = quit {
            code = quit;
            if !in_place {
                break;
            }
        }
    }
    for (path, data) in std::mem::take(&mut machine.writes) {
        if let Err(error) = io.write_file(&path, &data, false) {
            return io.fail(1, format!("can't open '{path}': {error}"));
        }
    }
    Ok(code)
}
