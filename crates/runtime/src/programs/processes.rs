//! `ps`, `kill`, `killall`, `pgrep`, `pkill`, `pidof`, `timeout`, `nohup`, `watch`, `time`, `nice`, `setsid`, `top`.

use super::plain::{Command, Io, Run, Stop};
use super::users;
use crate::Signal;
use crate::program::{Child, Disposition, Errno, Exec, Pid, Program, Spawn, Step, Sys, Wait};
use std::rc::Rc;

/// A signal by name (`TERM`, `SIGTERM`) or number; number 0 is `Ok(None)`.
pub fn signal(text: &str) -> Option<Option<Signal>> {
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    Some(Some(match name {
        "0" => return Some(None),
        "HUP" | "1" => Signal::Hup,
        "INT" | "2" => Signal::Int,
        "QUIT" | "3" => Signal::Quit,
        "KILL" | "9" => Signal::Kill,
        "USR1" | "10" => Signal::Usr1,
        "USR2" | "12" => Signal::Usr2,
        "PIPE" | "13" => Signal::Pipe,
        "TERM" | "15" => Signal::Term,
        "WINCH" | "28" => Signal::Winch,
        _ => return None,
    }))
}

/// The program `ps`.
pub fn ps(io: &mut Io<'_>) -> Run {
    let list = io.once(|sys| sys.processes());
    let now = io.now();
    let epoch = io.unix_ms() - now.0 as i64;
    let mut columns: Option<String> = None;
    let args = io.args.clone();
    let mut full = false;
    let mut bsd = false;
    for (i, arg) in args.iter().enumerate() {
        if &**arg == "-o" || arg.ends_with('o') && arg.starts_with('-') {
            columns = args.get(i + 1).map(ToString::to_string);
        } else if let Some(rest) = arg.strip_prefix("-o") {
            columns = Some(rest.to_owned());
        }
        full |= arg.starts_with('-') && arg.contains('f');
        bsd |= arg.contains('u') && !arg.starts_with('-');
    }
    let command = |argv: &[Rc<str>]| argv.iter().map(|a| &**a).collect::<Vec<_>>().join(" ");
    let name = |argv: &[Rc<str>]| argv.first().map(|a| super::files::base(a).chars().take(15).collect::<String>()).unwrap_or_default();
    let mut out = String::new();
    if let Some(columns) = columns {
        let columns: Vec<(String, Option<String>)> = columns
            .split([',', ' '])
            .filter(|c| !c.is_empty())
            .map(|c| match c.split_once('=') {
                Some((k, title)) => (k.to_owned(), Some(title.to_owned())),
                None => (c.to_owned(), None),
            })
            .collect();
        let width = |c: &str| match c {
            "pid" | "ppid" | "pgid" => 5,
            "user" | "group" | "ruser" => 8,
            "comm" => 16,
            "stat" => 4,
            "vsz" | "rss" => 4,
            "time" | "etime" => 5,
            _ => 27,
        };
        let right = |c: &str| matches!(c, "pid" | "ppid" | "pgid" | "vsz" | "rss");
        let mut rows: Vec<Vec<String>> = vec![
            columns
                .iter()
                .map(|(c, title)| {
                    title.clone().unwrap_or_else(|| if c == "comm" || c == "args" || c == "cmd" { "COMMAND".to_owned() } else { c.to_uppercase() })
                })
                .collect(),
        ];
        for process in &list {
            let mut row = Vec::new();
            for (column, _) in &columns {
                row.push(match column.as_str() {
                    "pid" => process.pid.to_string(),
                    "ppid" => process.parent.to_string(),
                    "user" | "ruser" => users::user_name(io, process.uid).unwrap_or_else(|| process.uid.to_string()),
                    "uid" => process.uid.to_string(),
                    "comm" => name(&process.argv),
                    "args" | "cmd" | "command" => command(&process.argv),
                    "stat" => (if process.zombie { "Z" } else { "S" }).to_owned(),
                    "time" | "etime" => "0:00".to_owned(),
                    _ => "0".to_owned(),
                });
            }
            rows.push(row);
        }
        for (n, row) in rows.iter().enumerate() {
            let mut line = String::new();
            for (i, (text, (column, _))) in row.iter().zip(&columns).enumerate() {
                let w = width(column);
                if i > 0 {
                    line.push(' ');
                }
                if i + 1 == row.len() && !right(column) {
                    line.push_str(text);
                } else if right(column) && n > 0 {
                    line.push_str(&format!("{text:>w$}"));
                } else {
                    line.push_str(&format!("{text:<w$}"));
                }
            }
            out.push_str(&line);
            out.push('\n');
        }
        io.out(out);
        return Ok(0);
    }
    if io.gnu() {
        let clock = |started: crate::SimTime| super::engine::clock::Moment::from_millis(epoch + started.0 as i64).format("%H:%M");
        out.push_str(if full {
            "UID          PID    PPID  C STIME TTY          TIME CMD\n"
        } else if bsd {
            "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n"
        } else {
            "    PID TTY          TIME CMD\n"
        });
        for process in &list {
            let user = users::user_name(io, process.uid).unwrap_or_else(|| process.uid.to_string());
            let line = command(&process.argv);
            if full {
                out.push_str(&format!("{user:<8} {:>7} {:>7}  0 {} ?        00:00:00 {line}\n", process.pid, process.parent, clock(process.started)));
            } else if bsd {
                out.push_str(&format!("{user:<8} {:>7}  0.0  0.0   2484  1512 ?        Ss   {}   0:00 {line}\n", process.pid, clock(process.started)));
            } else {
                out.push_str(&format!("{:>7} ?        00:00:00 {}\n", process.pid, name(&process.argv)));
            }
        }
    } else {
        out.push_str("PID   USER     TIME  COMMAND\n");
        for process in &list {
            let user = users::user_name(io, process.uid).unwrap_or_else(|| process.uid.to_string());
            let mut line = command(&process.argv);
            if process.zombie {
                line = format!("[{}]", name(&process.argv));
            }
            out.push_str(&format!("{:>5} {user:<8}  0:00 {line}\n", process.pid));
        }
    }
    io.out(out);
    Ok(0)
}

/// The program `kill` (shells have their own).
pub fn kill(io: &mut Io<'_>) -> Run {
    let mut args = io.args.clone();
    let mut which = Some(Signal::Term);
    if args.first().is_some_and(|a| &**a == "-l") {
        io.outln("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM");
        return Ok(0);
    }
    if let Some(first) = args.first().cloned().filter(|a| a.starts_with('-') && a.len() > 1) {
        args.remove(0);
        let name: Rc<str> = if &*first == "-s" && !args.is_empty() { args.remove(0) } else { Rc::from(first.trim_start_matches('-')) };
        match signal(&name) {
            Some(found) => which = found,
            None => return io.fail(1, format!("bad signal name '{name}'")),
        }
    }
    if args.is_empty() {
        return io.fail(1, "you need to specify whom to kill");
    }
    let mut code = 0;
    for arg in args {
        let Ok(pid) = arg.parse::<i64>() else { return io.fail(1, format!("invalid number '{arg}'")) };
        if let Err(error) = io.act(|sys| sys.kill(pid, which)) {
            io.err(format!("can't kill pid {pid}: {error}"));
            code = 1;
        }
    }
    Ok(code)
}

fn matching(io: &mut Io<'_>, exact: bool, full: bool, text: &str) -> Vec<Pid> {
    let me = io.sys().pid();
    let list = io.once(|sys| sys.processes());
    list.iter()
        .filter(|p| p.pid != me && !p.zombie)
        .filter(|p| {
            let name = p.argv.first().map(|a| super::files::base(a)).unwrap_or_default();
            if full {
                p.argv.join(" ").contains(text)
            } else if exact {
                name == text
            } else {
                name.contains(text)
            }
        })
        .map(|p| p.pid)
        .collect()
}

/// The programs `killall` and `pkill`.
pub fn killall(io: &mut Io<'_>) -> Run {
    let exact = &*io.name != "pkill";
    let mut which = Some(Signal::Term);
    let mut names = Vec::new();
    let mut quiet = false;
    let mut full = false;
    for arg in io.args.clone() {
        match arg.strip_prefix('-') {
            Some("q") => quiet = true,
            Some("f") => full = true,
            Some("x") => {}
            Some(name) if !name.is_empty() => match signal(name.strip_prefix('s').filter(|n| n.starts_with("SIG")).unwrap_or(name)) {
                Some(found) => which = found,
                None => return io.fail(1, format!("bad signal name '{name}'")),
            },
            _ => names.push(arg),
        }
    }
    let mut code = i32::from(names.is_empty() || !exact);
    for name in names {
        let pids = matching(io, exact, full, &name);
        if pids.is_empty() && exact {
            if !quiet {
                let text = if io.gnu() { format!("{name}: no process found") } else { format!("{name}: no process killed") };
                if io.gnu() {
                    io.err_raw(&format!("{text}\n"));
                } else {
                    io.err(text);
                }
            }
            code = 1;
        }
        for pid in pids {
            if io.act(|sys| sys.kill(i64::from(pid), which)).is_ok() && !exact {
                code = 0;
            }
        }
    }
    Ok(code)
}

/// The program `killall5`: every process but its own session.
pub fn killall5(io: &mut Io<'_>) -> Run {
    let which = io.args.first().and_then(|a| signal(a.trim_start_matches('-'))).unwrap_or(Some(Signal::Term));
    let me = io.sys().pid();
    let parent = io.sys().parent();
    for process in io.once(|sys| sys.processes()) {
        if process.pid != me && process.pid != parent {
            let _ = io.act(|sys| sys.kill(i64::from(process.pid), which));
        }
    }
    Ok(0)
}

/// The programs `pgrep` and `pidof`.
pub fn pgrep(io: &mut Io<'_>) -> Run {
    let exact = &*io.name == "pidof";
    let mut names = Vec::new();
    let (mut full, mut long, mut exactly) = (false, false, exact);
    for arg in io.args.clone() {
        match &*arg {
            "-f" => full = true,
            "-l" | "-a" => long = true,
            "-x" => exactly = true,
            _ => names.push(arg),
        }
    }
    let mut found = Vec::new();
    for name in &names {
        found.extend(matching(io, exactly, full, name));
    }
    if found.is_empty() {
        return Ok(1);
    }
    if exact {
        let text: Vec<String> = found.iter().rev().map(ToString::to_string).collect();
        io.outln(text.join(" "));
    } else {
        let list = io.once(|sys| sys.processes());
        for pid in found {
            let argv = list.iter().find(|p| p.pid == pid).map(|p| p.argv.join(" ")).unwrap_or_default();
            io.outln(if long { format!("{pid} {argv}") } else { pid.to_string() });
        }
    }
    Ok(0)
}

/// The program `timeout`: busybox runs the command in its own place and watches from a child.
#[derive(Clone, Debug, Default)]
pub struct Timeout {
    child: Option<Pid>,
    at: Option<crate::SimTime>,
    kill_after: Option<u64>,
    kill_at: Option<crate::SimTime>,
    signal: Option<Signal>,
    sent: bool,
    gnu: bool,
    foreign: bool,
}

impl Timeout {
    /// Reads the arguments; the rest is the command.
    fn start(&mut self, sys: &mut dyn Sys) -> Option<Step> {
        self.gnu = sys.flavour() == crate::program::Flavour::Gnu;
        self.signal = Some(Signal::Term);
        let args = sys.args();
        let mut at = 1;
        let bad = if self.gnu { 125 } else { 1 };
        let usage = |sys: &mut dyn Sys| {
            if sys.flavour() == crate::program::Flavour::Gnu {
                sys.err("timeout: missing operand\nTry 'timeout --help' for more information.\n");
            } else {
                sys.err(&super::usage::text("timeout"));
            }
            Some(Step::Done(bad))
        };
        while let Some(arg) = args.get(at).filter(|a| a.starts_with('-') && a.len() > 1) {
            let (option, inline) = match arg.strip_prefix("--") {
                Some(long) => match long.split_once('=') {
                    Some((k, v)) => (k.to_owned(), Some(v.to_owned())),
                    None => (long.to_owned(), None),
                },
                None => (arg.chars().nth(1).map(String::from).unwrap_or_default(), arg.get(2..).filter(|r| !r.is_empty()).map(ToOwned::to_owned)),
            };
            at += 1;
            let mut value = || {
                inline.clone().or_else(|| {
                    at += 1;
                    args.get(at - 1).map(ToString::to_string)
                })
            };
            match option.as_str() {
                "s" | "signal" => match value().and_then(|v| signal(&v)) {
                    Some(found) => self.signal = found,
                    None => {
                        sys.err(&format!("timeout: bad signal name '{arg}'\n"));
                        return Some(Step::Done(bad));
                    }
                },
                "k" | "kill-after" => self.kill_after = value().and_then(|v| super::sleep::duration(&v)),
                "t" => {
                    // Old busybox: `timeout -t SECS PROG`.
                    if let Some(time) = value().and_then(|v| super::sleep::duration(&v)) {
                        self.at = Some(sys.now() + time);
                    }
                }
                "foreground" | "preserve-status" | "v" | "verbose" => {}
                "" => break,
                other => {
                    if other.len() == 1 {
                        sys.err(&format!("timeout: invalid option -- '{other}'\n"));
                    } else {
                        sys.err(&format!("timeout: unrecognized option '--{other}'\n"));
                    }
                    return usage(sys);
                }
            }
        }
        if self.at.is_none() {
            let Some(text) = args.get(at) else { return usage(sys) };
            let Some(time) = super::sleep::duration(text) else {
                sys.err(&if self.gnu { format!("timeout: invalid time interval '{text}'\n") } else { format!("timeout: invalid number '{text}'\n") });
                return Some(Step::Done(bad));
            };
            at += 1;
            self.at = Some(if time == u64::MAX || (time == 0 && self.gnu) { crate::SimTime(u64::MAX) } else { sys.now() + time });
        }
        let argv: Vec<Rc<str>> = args.get(at..).unwrap_or_default().to_vec();
        let Some(name) = argv.first().cloned() else { return usage(sys) };
        if !self.gnu {
            if let Err(error) = sys.which(&name) {
                sys.err(&format!("timeout: can't execute '{name}': {error}\n"));
                return Some(Step::Done(if error == Errno::NoEnt { 127 } else { 126 }));
            }
            // The watcher is a child; this very process becomes the command.
            let watcher = Timeout { child: Some(sys.pid()), foreign: true, ..self.clone() };
            let fds: Vec<u32> = (0..3).collect();
            if sys.fork(Box::new(watcher), &[], &fds).is_ok() {
                return Some(Step::Exec(Exec { argv, env: None }));
            }
        }
        match sys.spawn(Spawn { argv, ..Spawn::default() }) {
            Ok(pid) => {
                self.child = Some(pid);
                None
            }
            Err(error) => {
                sys.err(&if self.gnu {
                    format!("timeout: failed to run command '{name}': {error}\n")
                } else {
                    format!("timeout: can't execute '{name}': {error}\n")
                });
                Some(Step::Done(if error == Errno::NoEnt { 127 } else { 126 }))
            }
        }
    }
}

impl Program for Timeout {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if self.child.is_none()
            && let Some(step) = self.start(sys)
        {
            return step;
        }
        let (Some(pid), Some(at)) = (self.child, self.at) else { return Step::Done(1) };
        if self.foreign {
            // busybox's watcher: looks once a second whether the command still runs.
            if sys.kill(i64::from(pid), None).is_err() {
                return Step::Done(0);
            }
        } else if let Child::Ended { code, signal, .. } = sys.child(Some(pid)) {
            if self.sent && signal.is_some() && self.signal == Some(Signal::Term) && self.kill_at.is_none_or(|k| sys.now() < k) {
                return Step::Done(124);
            }
            return Step::Done(if self.sent && signal != Some(Signal::Kill) { 124 } else { code });
        }
        if !self.sent && sys.now() >= at {
            self.sent = true;
            let _ = sys.kill(i64::from(pid), self.signal);
            self.kill_at = self.kill_after.map(|k| sys.now() + k);
            if self.foreign && self.kill_at.is_none() {
                return Step::Done(0);
            }
        }
        if let Some(kill_at) = self.kill_at
            && sys.now() >= kill_at
        {
            let _ = sys.kill(i64::from(pid), Some(Signal::Kill));
            if self.foreign {
                return Step::Done(0);
            }
        }
        let next = if self.sent { self.kill_at } else { self.at };
        let mut wait = if self.foreign { Wait::forever() } else { Wait::child() };
        if let Some(next) = next.filter(|n| *n > sys.now()) {
            wait = wait.or_until(next);
        }
        if self.foreign {
            wait = wait.or_until(sys.now() + 1000);
        }
        Step::Wait(wait)
    }

    fn disposition(&self, _signal: Signal) -> Disposition {
        Disposition::Default
    }
}

fn exec(io: &mut Io<'_>, argv: Vec<Rc<str>>) -> Run {
    let Some(name) = argv.first().cloned() else { return io.usage(1) };
    match io.once(|sys| sys.which(&name)) {
        Ok(_) => Err(Stop::Exec(Exec { argv, env: None })),
        Err(error) => {
            let text = if io.gnu() { format!("failed to run command '{name}': {error}") } else { format!("can't execute '{name}': {error}") };
            io.err(text);
            Ok(if error == Errno::NoEnt { 127 } else { 126 })
        }
    }
}

/// The programs `nohup`, `nice`, `setsid`, `stdbuf`, `sudo`, `tini`, `dumb-init`: the command runs as it is.
pub fn wrapper(io: &mut Io<'_>) -> Run {
    let mut args = io.args.clone();
    while let Some(arg) = args.first().cloned().filter(|a| a.starts_with('-')) {
        args.remove(0);
        if &*arg == "--" {
            break;
        }
        if matches!((&*io.name, &*arg), ("nice", "-n") | ("ionice", "-c" | "-n") | ("sudo", "-u")) && !args.is_empty() {
            args.remove(0);
        }
    }
    exec(io, args)
}

/// The program `su`: `su -c COMMAND [USER]`, `su USER -c COMMAND`.
pub fn su(io: &mut Io<'_>) -> Run {
    let options = io.options("lmpc:s:", &[("command", 'c'), ("login", 'l'), ("shell", 's')])?;
    let user = options.operand(0).filter(|o| &**o != "-").or_else(|| options.operand(1)).unwrap_or_else(|| "root".into());
    if !io.table_has_user(&user) {
        return io.fail(
            1,
            if io.gnu() {
                format!("user {user} does not exist or the user entry does not contain all the required fields")
            } else {
                format!("unknown user {user}")
            },
        );
    }
    let (uid, gid) = users::user_number(io, &user).unwrap_or((0, 0));
    if let Err(error) = io.act(|sys| sys.set_user(uid, gid)) {
        return io.fail(1, if error == Errno::Perm { "must be suid to work properly".to_owned() } else { error.to_string() });
    }
    let mut argv: Vec<Rc<str>> = vec!["sh".into()];
    if let Some(command) = options.value('c') {
        argv.extend(["-c".into(), command]);
    }
    exec(io, argv)
}

/// The program `chroot`: only the real root can be used.
pub fn chroot(io: &mut Io<'_>) -> Run {
    let options = io.options("+", &[])?;
    let Some(root) = options.operand(0) else { return io.usage(1) };
    if !io.is_dir(&root) {
        return io.fail(1, format!("can't change root directory to '{root}': No such file or directory"));
    }
    let mut argv: Vec<Rc<str>> = options.operands.get(1..).unwrap_or_default().to_vec();
    if argv.is_empty() {
        argv = vec!["/bin/sh".into(), "-i".into()];
    }
    if &*root == "/" {
        return exec(io, argv);
    }
    io.assume("chroot into another directory is not simulated");
    exec(io, argv)
}

/// The program `time`.
pub fn time(io: &mut Io<'_>) -> Run {
    let options = io.options("+pvo:", &[])?;
    if options.operands.is_empty() {
        return io.usage(1);
    }
    let start = io.now();
    let name = options.operand(0).unwrap_or_else(|| "".into());
    let code = match io.run(&Command { argv: options.operands.clone(), ..Command::default() })? {
        Ok(done) => done.code,
        Err(error) => {
            io.err(format!("can't execute '{name}': {error}"));
            if error == Errno::NoEnt { 127 } else { 126 }
        }
    };
    let ms = io.now().since(start);
    let text = if options.has('p') {
        format!("real {}.{:02}\nuser 0.00\nsys 0.00\n", ms / 1000, ms % 1000 / 10)
    } else {
        format!("real\t{}m {}.{:02}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n", ms / 60_000, ms / 1000 % 60, ms % 1000 / 10)
    };
    io.err_raw(&text);
    Ok(code)
}

/// The program `watch`: never ends by itself.
pub fn watch(io: &mut Io<'_>) -> Run {
    let options = io.options("+n:td", &[("interval", 'n'), ("no-title", 't')])?;
    if options.operands.is_empty() {
        return io.usage(1);
    }
    let pause = options.value('n').and_then(|n| super::sleep::duration(&n)).unwrap_or(2000).max(100);
    let text = options.operands.join(" ");
    for _ in 0..100_000 {
        if !options.has('t') {
            let moment = super::engine::clock::Moment::from_millis(io.unix_ms());
            io.out(format!("\u{1b}[H\u{1b}[JEvery {}.{}s: {text}\t\t{}\n\n", pause / 1000, pause % 1000 / 100, moment.format("%Y-%m-%d %H:%M:%S")));
        }
        io.run(&Command { argv: vec!["sh".into(), "-c".into(), Rc::from(text.as_str())], ..Command::default() })?.ok();
        io.sleep(pause)?;
    }
    Ok(0)
}
