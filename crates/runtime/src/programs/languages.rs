//! Language runtimes and tools whose scripts are not run: `node`, `npm`, `python`, `java`, `git`,
//! `jq`, `etcdctl`, `stress`, `kubectl`, … What they would do is assumed, except for a few well-known lines.

use super::plain::{Io, Plain, Run};
use crate::kernel::assumed::Assumed;
use crate::program::{Disposition, Program, Step, Sys, Wait};
use crate::{Signal, SimTime};
use std::rc::Rc;

/// The exit code by which a function says that the rest is an assumption.
const ASSUME: i32 = 1000;

/// The exit code by which a function says that the image's own server takes over.
const SERVE: i32 = 1001;

fn assumed(io: &mut Io<'_>, what: &str) -> Run {
    io.assume(&format!("What `{what}` does is not known"));
    Ok(ASSUME)
}

/// An interpreter: what it does not understand becomes an assumption.
#[derive(Clone, Debug)]
pub(crate) enum Interpreter {
    /// Reading its arguments.
    Reading(Box<dyn Program>),
    /// Running a script nobody reads.
    Assumed(Assumed),
    /// Being the server that the image's catalogue entry describes.
    Serving(Box<dyn Program>),
}

impl Interpreter {
    fn boxed(name: &str, main: fn(&mut Io<'_>) -> Run) -> Box<dyn Program> {
        Box::new(Interpreter::Reading(Plain::boxed(name, main)))
    }
    /// `python`.
    pub(crate) fn python() -> Box<dyn Program> {
        Interpreter::boxed("python", python)
    }
    /// `node`.
    pub(crate) fn node() -> Box<dyn Program> {
        Interpreter::boxed("node", node)
    }
    /// `npm`.
    pub(crate) fn npm() -> Box<dyn Program> {
        Interpreter::boxed("npm", npm)
    }
    /// `java`.
    pub(crate) fn java() -> Box<dyn Program> {
        Interpreter::boxed("java", java)
    }
    /// `perl`.
    pub(crate) fn perl() -> Box<dyn Program> {
        Interpreter::boxed("perl", perl)
    }
}

impl Program for Interpreter {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if let Interpreter::Reading(program) = self {
            match program.step(sys) {
                Step::Done(ASSUME) => *self = Interpreter::Assumed(Assumed::default()),
                Step::Done(SERVE) => *self = Interpreter::Serving(Box::new(super::serve::Serve::default())),
                other => return other,
            }
        }
        match self {
            Interpreter::Assumed(program) => program.step(sys),
            Interpreter::Serving(program) => program.step(sys),
            Interpreter::Reading(_) => Step::Again,
        }
    }
    fn disposition(&self, signal: Signal) -> Disposition {
        match self {
            Interpreter::Assumed(program) => program.disposition(signal),
            Interpreter::Reading(program) | Interpreter::Serving(program) => program.disposition(signal),
        }
    }
}

/// The first digits of π.
fn pi(digits: usize) -> String {
    // Rabinowitz and Wagon's spigot, with the nines that may still overflow held back.
    let length = digits * 10 / 3 + 2;
    let mut row = vec![2u64; length];
    let mut out = String::new();
    let (mut held, mut nines) = (None::<u64>, 0usize);
    for _ in 0..digits + 3 {
        let mut carry = 0;
        for i in (0..length).rev() {
            let Some(cell) = row.get_mut(i) else { continue };
            let value = *cell * 10 + carry * (i as u64 + 1);
            let divisor = if i == 0 { 10 } else { 2 * i as u64 + 1 };
            *cell = value % divisor;
            carry = value / divisor;
        }
        match carry {
            9 => nines += 1,
            10 => {
                out.push_str(&held.map_or_else(String::new, |h| (h + 1).to_string()));
                out.push_str(&"0".repeat(nines));
                (held, nines) = (Some(0), 0);
            }
            digit => {
                out.push_str(&held.map_or_else(String::new, |h| h.to_string()));
                out.push_str(&"9".repeat(nines));
                (held, nines) = (Some(digit), 0);
            }
        }
    }
    out.truncate(digits);
    if out.len() > 1 {
        out.insert(1, '.');
    }
    out
}

/// The program `perl`: computes π as the Job example asks; other scripts are assumed.
fn perl(io: &mut Io<'_>) -> Run {
    let words = io.args.join(" ");
    if let Some(digits) = words.split("bpi(").nth(1).and_then(|r| r.split(')').next()).and_then(|d| d.parse::<usize>().ok()) {
        io.sleep(4000)?;
        io.outln(pi(digits.clamp(1, 5000)));
        return Ok(0);
    }
    match io.args.get(1).cloned().filter(|_| io.args.first().is_some_and(|a| &**a == "-e")) {
        Some(script) => script_text(io, &script.replace("print ", "print(").replace(';', ");")),
        None => assumed(io, &format!("perl {words}")),
    }
}

/// The program `python`: `-m http.server`, `-c 'print(…)'`, `--version`; other scripts are assumed.
pub fn python(io: &mut Io<'_>) -> Run {
    let args = io.args.clone();
    let words: Vec<&str> = args.iter().map(|a| &**a).collect();
    match words.as_slice() {
        ["--version" | "-V"] => {
            io.outln("Python 3.12.7");
            Ok(0)
        }
        [] => {
            // Reads a script from stdin; without one it ends at once.
            let _ = io.stdin()?;
            Ok(0)
        }
        ["-c", script] | ["-u", "-c", script] => script_text(io, script),
        ["-m", "http.server" | "SimpleHTTPServer", rest @ ..] => {
            // busybox's server does the same for whoever asks.
            let port = rest.iter().find(|w| w.bytes().all(|b| b.is_ascii_digit())).map_or("8000", |p| p).to_owned();
            let home = rest.iter().position(|w| *w == "-d" || *w == "--directory").and_then(|i| rest.get(i + 1)).map_or(".", |d| d).to_owned();
            io.outln(format!("Serving HTTP on 0.0.0.0 port {port} (http://0.0.0.0:{port}/) ..."));
            let argv = ["/usr/lib/http.server", "-f", "-p", &port, "-h", &home].map(Rc::from).to_vec();
            Err(super::plain::Stop::Exec(crate::program::Exec { argv, env: None }))
        }
        _ => {
            let what = format!("python {}", words.join(" "));
            assumed(io, &what)
        }
    }
}

/// Understands `print("…")` lines and `time.sleep(N)`; the rest is assumed to succeed.
fn script_text(io: &mut Io<'_>, script: &str) -> Run {
    for line in script.split(['\n', ';']) {
        let line = line.trim();
        if line.is_empty() || line.starts_with("import ") || line.starts_with('#') || line.starts_with("from ") {
            continue;
        }
        let argument = |name: &str| line.strip_prefix(name).and_then(|r| r.trim().strip_prefix('(')).and_then(|r| r.strip_suffix(')')).map(str::trim);
        if let Some(text) = argument("print").or_else(|| argument("console.log")) {
            let plain = text.trim_matches(['"', '\'', '`']);
            io.outln(plain);
        } else if let Some(seconds) = argument("time.sleep").or_else(|| argument("sleep")).and_then(|s| s.parse::<f64>().ok()) {
            io.flush();
            io.sleep((seconds * 1000.0) as u64)?;
        } else if let Some(code) = argument("sys.exit").or_else(|| argument("exit")).or_else(|| argument("process.exit")) {
            return Ok(code.parse().unwrap_or(0));
        } else {
            io.assume(&format!("`{line}` is not run"));
        }
    }
    Ok(0)
}

/// The program `node`.
pub fn node(io: &mut Io<'_>) -> Run {
    let args = io.args.clone();
    let words: Vec<&str> = args.iter().map(|a| &**a).collect();
    let behaviour = io.sys().image().behaviour.clone();
    match words.as_slice() {
        ["--version" | "-v"] => {
            io.outln(behaviour.get("node_version").map_or("v22.11.0", |v| v));
            Ok(0)
        }
        ["-e" | "-p" | "--eval", script] => script_text(io, script),
        [script, ..] => {
            if let Some(variable) = behaviour.get(&format!("wait.{script}")) {
                return await_url(io, variable);
            }
            let what = format!("node {}", words.join(" "));
            if behaviour.contains_key("listen") && behaviour.get("script.start").is_some_and(|start| **start == *what) {
                return Ok(SERVE);
            }
            assumed(io, &what)
        }
        [] => {
            let _ = io.stdin()?;
            Ok(0)
        }
    }
}

/// How often a name that can never be one is tried before the program gives up.
const TRIES: usize = 5;

/// Tries to connect to the host of a URL in a variable until it answers, as the course's `await.js` does.
/// A host that can never be one (an unexpanded `$(…)`) ends it after a few tries, so that the kubelet
/// starts it again with the variables of that later moment.
fn await_url(io: &mut Io<'_>, variable: &str) -> Run {
    let url = io.var(variable).map(|v| v.to_string()).unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url.as_str()));
    let authority = rest.split('/').next().unwrap_or("");
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "6379"));
    if scheme != "redis" {
        io.err_raw(&format!("node_redis: WARNING: You passed \"{scheme}\" as protocol instead of the \"redis\" protocol!\n"));
    }
    let hopeless = host.is_empty() || host.contains(['$', '(', ')']);
    let port: u16 = port.parse().unwrap_or(6379);
    for attempt in 0..100_000 {
        if hopeless && attempt == TRIES {
            io.err_raw(&format!("Error: Redis connection to {host}:{port} failed - getaddrinfo ENOTFOUND {host} {host}:{port}\n"));
            return Ok(1);
        }
        if let Ok(found) = io.resolve(host) {
            let address = found.addresses.first().copied().unwrap_or(std::net::Ipv4Addr::LOCALHOST);
            match io.connect(address, port, 5_000)? {
                Ok(fd) => {
                    let by = io.once(|sys| sys.peer_container(fd));
                    io.once(|sys| sys.note_request(&url, by, "connected"));
                    io.close(fd);
                    io.outln("Connection ok");
                    return Ok(0);
                }
                Err(error) => io.once(|sys| sys.note_request(&url, None, error.text())),
            }
        } else {
            io.once(|sys| sys.note_request(&url, None, "no such host"));
        }
        io.sleep(1000)?;
    }
    Ok(1)
}

/// The program `npm`.
pub fn npm(io: &mut Io<'_>) -> Run {
    let args = io.args.clone();
    let words: Vec<&str> = args.iter().map(|a| &**a).collect();
    let behaviour = io.sys().image().behaviour.clone();
    let script = match words.as_slice() {
        ["run" | "run-script", name, ..] => (*name).to_owned(),
        ["start", ..] => "start".to_owned(),
        ["test", ..] => "test".to_owned(),
        ["--version" | "-v"] => {
            io.outln(behaviour.get("npm_version").map_or("10.9.0", |v| v));
            return Ok(0);
        }
        _ => {
            let what = format!("npm {}", words.join(" "));
            return assumed(io, &what);
        }
    };
    let package = io.read_file("package.json").map(|d| super::engine::text::lossy(&d)).unwrap_or_default();
    if package.is_empty() {
        let cwd = io.sys().cwd();
        io.err_raw(&format!("npm error code ENOENT\nnpm error syscall open\nnpm error path {cwd}/package.json\nnpm error errno -2\nnpm error enoent Could not read package.json: Error: ENOENT: no such file or directory, open '{cwd}/package.json'\n"));
        return Ok(254);
    }
    let json: serde_yaml::Value = serde_yaml::from_str(&package).unwrap_or(serde_yaml::Value::Null);
    let text = |path: &[&str]| path.iter().try_fold(&json, |v, k| v.get(*k)).and_then(|v| v.as_str()).map(ToOwned::to_owned);
    let Some(command) = text(&["scripts", &script]) else {
        io.err_raw(&format!("npm error Missing script: \"{script}\"\n"));
        return Ok(1);
    };
    let name = text(&["name"]).unwrap_or_default();
    let version = text(&["version"]).unwrap_or_default();
    let cwd = io.sys().cwd();
    if let Some(npm) = behaviour.get("npm_version") {
        let node = behaviour.get("node_version").cloned().unwrap_or_default();
        io.err_raw(&format!("npm info it worked if it ends with ok\nnpm info using npm@{npm}\nnpm info using node@{node}\nnpm info lifecycle {name}@{version}~pre{script}: {name}@{version}\nnpm info lifecycle {name}@{version}~{script}: {name}@{version}\n"));
        io.out(format!("\n> {name}@{version} {script} {cwd}\n> {command}\n\n"));
    } else {
        io.out(format!("\n> {name}@{version} {script}\n> {command}\n\n"));
    }
    io.flush();
    let done = io.run(&super::plain::Command { argv: vec!["sh".into(), "-c".into(), Rc::from(command.as_str())], ..super::plain::Command::default() })?;
    let code = done.map_or(127, |d| d.code);
    if code == 0 && behaviour.contains_key("npm_version") {
        io.err_raw(&format!("npm info lifecycle {name}@{version}~post{script}: {name}@{version}\nnpm info ok \n"));
    }
    Ok(code)
}

/// The program `java`.
pub fn java(io: &mut Io<'_>) -> Run {
    let words = io.args.join(" ");
    if words.contains("-version") || words.contains("--version") {
        io.err_raw(
            "openjdk version \"21.0.5\" 2024-10-15\nOpenJDK Runtime Environment (build 21.0.5+11)\nOpenJDK 64-Bit Server VM (build 21.0.5+11, mixed mode)\n",
        );
        return Ok(0);
    }
    assumed(io, &format!("java {words}"))
}

/// The program `git`: `clone` makes a directory with a README.
pub fn git(io: &mut Io<'_>) -> Run {
    let args = io.args.clone();
    let words: Vec<&str> = args.iter().map(|a| &**a).filter(|a| !a.starts_with('-')).collect();
    match args.first().map(|a| &**a) {
        Some("--version" | "version") => {
            io.outln("git version 2.47.0");
            Ok(0)
        }
        Some("clone") => {
            let Some(url) = words.get(1) else {
                io.err_raw("fatal: You must specify a repository to clone.\n");
                return Ok(129);
            };
            let name = words.get(2).map_or_else(|| super::files::base(url).trim_end_matches(".git").to_owned(), |n| (*n).to_owned());
            let host = url.split("://").nth(1).unwrap_or(url).split(['/', ':']).next().unwrap_or("").to_owned();
            if io.read_dir(&name).is_ok_and(|n| !n.is_empty()) {
                io.err_raw(&format!("fatal: destination path '{name}' already exists and is not an empty directory.\n"));
                return Ok(128);
            }
            io.err_raw(&format!("Cloning into '{name}'...\n"));
            if io.resolve(&host).is_err() {
                io.err_raw(&format!("fatal: unable to access '{url}/': Could not resolve host: {host}\n"));
                return Ok(128);
            }
            io.sleep(900)?;
            super::directories::make(io, &format!("{name}/.git"), true, None);
            let _ = io.write_file(&format!("{name}/README.md"), format!("# {}\n", super::files::base(&name)).as_bytes(), false);
            io.assume(&format!("the content of {url} is not known: the clone holds a README.md only"));
            Ok(0)
        }
        Some(other) => {
            io.assume(&format!("`git {other}` is assumed to succeed"));
            Ok(0)
        }
        None => {
            io.outln("usage: git [-v | --version] [-h | --help] [-C <path>] <command> [<args>]");
            Ok(1)
        }
    }
}

/// The program `etcdctl`.
pub fn etcdctl(io: &mut Io<'_>) -> Run {
    let words: Vec<Rc<str>> = io.args.iter().filter(|a| !a.starts_with('-')).cloned().collect();
    match words.first().map(|w| &**w) {
        Some("version") => io.out("etcdctl version: 3.5.16\nAPI version: 3.5\n"),
        Some("endpoint") => io.out("127.0.0.1:2379 is healthy: successfully committed proposal: took = 1.2ms\n"),
        Some("snapshot") => {
            let path = words.get(2).cloned().unwrap_or_else(|| "snapshot.db".into());
            let _ = io.write_file(&path, b"etcd snapshot\n", false);
            io.out(format!("Snapshot saved at {path}\n"));
        }
        _ => io.assume("this etcdctl command is assumed to print nothing"),
    }
    Ok(0)
}

/// The program `kubectl` inside a container.
pub fn kubectl(io: &mut Io<'_>) -> Run {
    let words = io.args.join(" ");
    io.assume(&format!("`kubectl {words}` inside a container is assumed to succeed and to print nothing"));
    Ok(0)
}

/// The program `cowsay`.
pub fn cowsay(io: &mut Io<'_>) -> Run {
    let text = io.args.join(" ");
    let line = "-".repeat(text.chars().count() + 2);
    io.out(format!(" {}\n< {text} >\n {line}\n        \\   ^__^\n         \\  (oo)\\_______\n            (__)\\       )\\/\\\n                ||----w |\n                ||     ||\n", "_".repeat(text.chars().count() + 2)));
    Ok(0)
}

/// The program of the `hello-world` image.
pub fn hello(io: &mut Io<'_>) -> Run {
    io.out("\nHello from Docker!\nThis message shows that your installation appears to be working correctly.\n\n");
    Ok(0)
}

/// `podcli check http URL`.
pub fn podcli(io: &mut Io<'_>) -> Run {
    let target = io.args.last().map(std::string::ToString::to_string).unwrap_or_default();
    let url = if target.contains("://") { target } else { format!("http://{target}") };
    let done = io.run(&super::plain::Command {
        argv: vec!["curl".into(), "-sf".into(), "-o".into(), "/dev/null".into(), Rc::from(url)],
        ..super::plain::Command::default()
    })?;
    Ok(i32::from(done.map_or(1, |d| d.code) != 0))
}

/// Waits for a signal: `pause`, and `agnhost pause`.
#[derive(Clone, Debug)]
pub struct Pause;

impl Program for Pause {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if sys.take_signal().is_some() {
            sys.err("Shutting down, got signal: Terminated\n");
            return Step::Done(0);
        }
        Step::Wait(Wait::forever())
    }
    fn disposition(&self, signal: Signal) -> Disposition {
        match signal {
            Signal::Term | Signal::Int => Disposition::Handle,
            _ => Disposition::Default,
        }
    }
}

/// `stress`: takes memory or CPU as it is told; more memory than the limit ends the container.
#[derive(Clone, Debug, Default)]
pub struct Stress {
    until: Option<SimTime>,
}

impl Program for Stress {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        let args = sys.args();
        let value = |names: &[&str]| {
            args.iter().enumerate().find_map(|(i, a)| {
                names
                    .iter()
                    .find_map(|n| if &**a == *n { args.get(i + 1).map(ToString::to_string) } else { a.strip_prefix(&format!("{n}=")).map(ToOwned::to_owned) })
            })
        };
        let until = match self.until {
            Some(until) => until,
            None => {
                let number = |text: Option<String>| text.and_then(|t| t.parse::<u64>().ok()).unwrap_or(0);
                let workers = number(value(&["--vm", "-m"]));
                let bytes = value(&["--vm-bytes"]).and_then(|t| super::head::count(&t.replace("Mi", "M"))).unwrap_or(256 << 20);
                sys.out(&format!(
                    "stress: info: [{}] dispatching hogs: {} cpu, {} io, {workers} vm, 0 hdd\n",
                    sys.pid(),
                    number(value(&["--cpu", "-c"])),
                    number(value(&["--io", "-i"]))
                ));
                if workers > 0 && sys.memory_limit().is_some_and(|limit| bytes.saturating_mul(workers) > limit) {
                    sys.out_of_memory();
                    return Step::Wait(Wait::forever());
                }
                let until = value(&["--timeout", "-t"]).and_then(|t| super::sleep::duration(&t)).map_or(SimTime(u64::MAX), |ms| sys.now() + ms);
                self.until = Some(until);
                until
            }
        };
        if sys.now() >= until {
            sys.out(&format!("stress: info: [{}] successful run completed in {}s\n", sys.pid(), until.0 / 1000));
            return Step::Done(0);
        }
        Step::Wait(if until == SimTime(u64::MAX) { Wait::forever() } else { Wait::until(until) })
    }
}

/// The program `jq`: paths, `keys`, `length`, `.[]`, pipes, `-r`.
pub fn jq(io: &mut Io<'_>) -> Run {
    let options = io.options("rcMCnesSj", &[("raw-output", 'r'), ("compact-output", 'c')])?;
    let Some(filter) = options.operand(0) else { return io.usage(2) };
    let data = match options.operand(1) {
        Some(path) => match io.input(&path)? {
            Ok(data) => data.to_vec(),
            Err(error) => return io.fail(2, format!("error: Could not open file {path}: {error}")),
        },
        None => io.stdin()?,
    };
    let Ok(value) = serde_yaml::from_str::<serde_yaml::Value>(&super::engine::text::lossy(&data)) else {
        return io.fail(2, "error (at <stdin>:0): Cannot parse the text as JSON");
    };
    let mut values = vec![value];
    for stage in filter.split('|').map(str::trim) {
        let mut next = Vec::new();
        for value in &values {
            match apply(value, stage) {
                Ok(found) => next.extend(found),
                Err(text) => return io.fail(5, format!("error (at <stdin>:0): {text}")),
            }
        }
        values = next;
    }
    for value in values {
        let text = match (&value, options.has('r') || options.has('j')) {
            (serde_yaml::Value::String(text), true) => text.clone(),
            _ => {
                let mut out = String::new();
                json(&value, if options.has('c') { None } else { Some(0) }, &mut out);
                out
            }
        };
        if options.has('j') {
            io.out(text);
        } else {
            io.outln(text);
        }
    }
    Ok(0)
}

fn apply(value: &serde_yaml::Value, stage: &str) -> Result<Vec<serde_yaml::Value>, String> {
    use serde_yaml::Value;
    match stage {
        "." | "" => return Ok(vec![value.clone()]),
        "length" => {
            let count = match value {
                Value::Sequence(s) => s.len(),
                Value::Mapping(m) => m.len(),
                Value::String(s) => s.chars().count(),
                _ => 0,
            };
            return Ok(vec![Value::from(count as u64)]);
        }
        "keys" => {
            let Value::Mapping(map) = value else { return Err("value has no keys".to_owned()) };
            let mut keys: Vec<String> = map.keys().filter_map(|k| k.as_str().map(ToOwned::to_owned)).collect();
            keys.sort();
            return Ok(vec![Value::Sequence(keys.into_iter().map(Value::String).collect())]);
        }
        _ => {}
    }
    let Some(mut rest) = stage.strip_prefix('.') else { return Err(format!("the filter `{stage}` is not understood here")) };
    let mut values = vec![value.clone()];
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (index, tail) = inner.split_once(']').ok_or("unterminated [")?;
            let mut next = Vec::new();
            for value in &values {
                match (index.trim().trim_matches('"'), value) {
                    ("", Value::Sequence(list)) => next.extend(list.iter().cloned()),
                    ("", Value::Mapping(map)) => next.extend(map.values().cloned()),
                    (text, Value::Sequence(list)) => {
                        let number: i64 = text.parse().map_err(|_| "bad index".to_owned())?;
                        let at = if number < 0 { list.len() as i64 + number } else { number };
                        next.push(usize::try_from(at).ok().and_then(|i| list.get(i)).cloned().unwrap_or(Value::Null));
                    }
                    (text, other) => next.push(other.get(text).cloned().unwrap_or(Value::Null)),
                }
            }
            values = next;
            rest = tail.trim_start_matches('?');
        } else {
            let trimmed = rest.trim_start_matches('.');
            let (key, tail) = if let Some(quoted) = trimmed.strip_prefix('"') {
                quoted.split_once('"').unwrap_or((quoted, ""))
            } else {
                trimmed.split_at(trimmed.find(['.', '[', '?']).unwrap_or(trimmed.len()))
            };
            if key.is_empty() && tail == rest {
                return Err(format!("the filter `{stage}` is not understood here"));
            }
            if !key.is_empty() {
                for value in &mut values {
                    *value = value.get(key).cloned().unwrap_or(Value::Null);
                }
            }
            rest = tail.trim_start_matches('?');
        }
    }
    Ok(values)
}

fn json(value: &serde_yaml::Value, indent: Option<usize>, out: &mut String) {
    use serde_yaml::Value;
    let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t"));
    let line = |out: &mut String, level: usize| {
        if indent.is_some() {
            out.push('\n');
            out.push_str(&"  ".repeat(level));
        }
    };
    let level = indent.unwrap_or(0);
    match value {
        Value::String(text) => out.push_str(&quote(text)),
        Value::Sequence(list) if !list.is_empty() => {
            out.push('[');
            for (i, item) in list.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(out, level + 1);
                json(item, indent.map(|n| n + 1), out);
            }
            line(out, level);
            out.push(']');
        }
        Value::Mapping(map) if !map.is_empty() => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(out, level + 1);
                out.push_str(&quote(key.as_str().unwrap_or("")));
                out.push_str(if indent.is_some() { ": " } else { ":" });
                json(item, indent.map(|n| n + 1), out);
            }
            line(out, level);
            out.push('}');
        }
        Value::Sequence(_) => out.push_str("[]"),
        Value::Mapping(_) => out.push_str("{}"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => out.push_str(&n.to_string()),
        _ => out.push_str("null"),
    }
}
