//! `nc`, as busybox and as the traditional one (`-z`) have it.

use crate::program::{Disposition, Errno, Fd, Flavour, Pid, Program, Spawn, Step, Sys, Wait};
use crate::{Signal, SimTime};
use std::{net::Ipv4Addr, rc::Rc};

/// The program.
#[derive(Clone, Debug, Default)]
pub struct Nc {
    state: State,
    patience: Option<u64>,
    zero: bool,
    verbose: bool,
    again: bool,
    command: Vec<Rc<str>>,
    target: String,
    port: u16,
    deadline: Option<SimTime>,
    quit_after: Option<u64>,
    input_done: bool,
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Start,
    Listening(Fd),
    Connecting(Fd),
    Open(Fd, Option<Fd>),
    Child(Pid, Option<Fd>),
}

impl Nc {
    fn refused(&self, sys: &mut dyn Sys, address: &str, error: Errno) -> Step {
        if sys.flavour() == Flavour::Gnu {
            if self.verbose || !self.zero {
                sys.err(&format!("nc: connect to {} port {} (tcp) failed: {error}\n", self.target, self.port));
            }
        } else {
            sys.err(&format!("nc: can't connect to remote host ({address}): {error}\n"));
        }
        Step::Done(1)
    }

    fn start(&mut self, sys: &mut dyn Sys) -> Option<Step> {
        let args = sys.args();
        let gnu = sys.flavour() == Flavour::Gnu;
        let name = args.first().map_or("nc", |a| super::files::base(a)).to_owned();
        let full = gnu || name == "ncat";
        let mut listen = false;
        let mut port = None;
        let mut operands: Vec<Rc<str>> = Vec::new();
        let mut at = 1;
        while let Some(arg) = args.get(at).cloned() {
            at += 1;
            if arg.starts_with("--") && arg.len() > 2 {
                match arg.trim_start_matches('-') {
                    "send-only" => self.quit_after = Some(0),
                    "recv-only" => self.input_done = true,
                    "keep-open" => self.again = true,
                    "listen" => listen = true,
                    _ => {}
                }
                continue;
            }
            if !arg.starts_with('-') || arg.len() == 1 {
                operands.push(arg);
                continue;
            }
            let mut letters: String = arg.chars().skip(1).collect();
            while let Some(letter) = letters.chars().next() {
                letters.remove(0);
                let mut value = |letters: &mut String| {
                    if letters.is_empty() {
                        at += 1;
                        args.get(at - 1).map(ToString::to_string).unwrap_or_default()
                    } else {
                        std::mem::take(letters)
                    }
                };
                match letter {
                    'l' if listen => self.again = true,
                    'l' => listen = true,
                    'k' => self.again = true,
                    'p' => port = value(&mut letters).parse().ok(),
                    'w' => {
                        let text = value(&mut letters);
                        self.patience = text.parse::<f64>().ok().map(|s| (s * 1000.0) as u64).or_else(|| super::sleep::duration(&text));
                    }
                    'q' => self.quit_after = value(&mut letters).parse::<i64>().ok().and_then(|q| u64::try_from(q).ok()).map(|q| q * 1000),
                    'i' | 's' | 'o' => {
                        value(&mut letters);
                    }
                    'n' | 'u' | '4' | '6' | 'N' | 'd' => {}
                    'v' => self.verbose = true,
                    'z' if full => self.zero = true,
                    'c' if full => {
                        let text = value(&mut letters);
                        self.command = vec!["sh".into(), "-c".into(), Rc::from(text)];
                    }
                    'e' => {
                        self.command = if letters.is_empty() { args.get(at..).unwrap_or_default().to_vec() } else { vec![Rc::from(letters.as_str())] };
                        letters.clear();
                        at = args.len();
                    }
                    other => {
                        sys.err(&format!("{name}: invalid option -- '{other}'\n{}", super::usage::text("nc")));
                        return Some(Step::Done(1));
                    }
                }
            }
        }
        if listen {
            let port = port.or_else(|| operands.last().and_then(|o| o.parse().ok())).unwrap_or(31337);
            return match sys.listen(Ipv4Addr::UNSPECIFIED, port, false) {
                Ok(fd) => {
                    self.state = State::Listening(fd);
                    None
                }
                Err(error) => {
                    sys.err(&format!("nc: bind: {error}\n"));
                    Some(Step::Done(1))
                }
            };
        }
        let (Some(host), Some(port)) = (operands.first(), operands.get(1)) else {
            sys.err(&super::usage::text("nc"));
            return Some(Step::Done(1));
        };
        let Some(port) = port.parse::<u16>().ok().or_else(|| service(port)) else {
            sys.err(&format!("nc: bad port '{port}'\n"));
            return Some(Step::Done(1));
        };
        self.target = host.to_string();
        self.port = port;
        let address = match sys.resolve(host) {
            Ok(found) => found.addresses.first().copied().unwrap_or(Ipv4Addr::LOCALHOST),
            Err(_) if gnu => {
                sys.err(&format!("nc: getaddrinfo for host \"{host}\" port {port}: Name or service not known\n"));
                return Some(Step::Done(1));
            }
            Err(_) => {
                sys.err(&format!("nc: bad address '{host}'\n"));
                return Some(Step::Done(1));
            }
        };
        self.deadline = Some(sys.now() + self.patience.unwrap_or(127_000));
        match sys.connect(address, port) {
            Ok(fd) => {
                self.state = State::Connecting(fd);
                None
            }
            Err(error) => Some(self.refused(sys, &address.to_string(), error)),
        }
    }

    fn opened(&mut self, sys: &mut dyn Sys, fd: Fd, listener: Option<Fd>) -> Option<Step> {
        if self.zero {
            if self.verbose {
                sys.err(&format!("Connection to {} {} port [tcp/*] succeeded!\n", self.target, self.port));
            }
            return Some(Step::Done(0));
        }
        if !self.command.is_empty() {
            let spawned = sys.spawn(Spawn { argv: self.command.clone(), fds: vec![(0, fd), (1, fd)], closed: vec![fd], ..Spawn::default() });
            let _ = sys.close(fd);
            return match spawned {
                Ok(pid) => {
                    self.state = State::Child(pid, listener);
                    None
                }
                Err(error) => {
                    sys.err(&format!("nc: can't execute '{}': {error}\n", self.command.first().map_or("", |c| c)));
                    Some(Step::Done(127))
                }
            };
        }
        self.deadline = self.patience.map(|p| sys.now() + p);
        self.state = State::Open(fd, listener);
        None
    }

    fn pass(&mut self, sys: &mut dyn Sys, fd: Fd, listener: Option<Fd>) -> Step {
        while !self.input_done {
            match sys.read(0, 1 << 16) {
                Ok(data) if data.is_empty() => {
                    self.input_done = true;
                    let _ = sys.shutdown(fd);
                    if let Some(quit) = self.quit_after {
                        self.deadline = Some(sys.now() + quit);
                    }
                }
                Ok(data) => {
                    if sys.write(fd, &data).is_err() {
                        return Step::Done(0);
                    }
                }
                Err(Errno::Again) => break,
                Err(_) => self.input_done = true,
            }
        }
        loop {
            match sys.read(fd, 1 << 16) {
                Ok(data) if data.is_empty() => {
                    let _ = sys.close(fd);
                    if self.again
                        && let Some(listener) = listener
                    {
                        self.state = State::Listening(listener);
                        return Step::Again;
                    }
                    return Step::Done(0);
                }
                Ok(data) => {
                    if sys.write(1, &data).is_err() {
                        return Step::Done(1);
                    }
                }
                Err(Errno::Again) => break,
                Err(_) => return Step::Done(0),
            }
        }
        if let Some(deadline) = self.deadline
            && sys.now() >= deadline
        {
            return Step::Done(0);
        }
        let mut wait = Wait::readable(fd);
        if !self.input_done {
            wait = wait.or_readable(0);
        }
        if let Some(deadline) = self.deadline {
            wait = wait.or_until(deadline);
        }
        Step::Wait(wait)
    }
}

/// The port of a well-known service.
fn service(name: &str) -> Option<u16> {
    Some(match name {
        "http" => 80,
        "https" => 443,
        "ssh" => 22,
        "domain" => 53,
        "redis" => 6379,
        "mysql" => 3306,
        "postgresql" => 5432,
        _ => return None,
    })
}

impl Program for Nc {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if matches!(self.state, State::Start)
            && let Some(step) = self.start(sys)
        {
            return step;
        }
        loop {
            match self.state.clone() {
                State::Start => return Step::Done(1),
                State::Listening(fd) => match sys.accept(fd) {
                    Ok(new) => {
                        let keep = self.again.then_some(fd);
                        if keep.is_none() {
                            let _ = sys.close(fd);
                        }
                        if let Some(step) = self.opened(sys, new, keep) {
                            return step;
                        }
                    }
                    Err(_) => return Step::Wait(Wait::readable(fd)),
                },
                State::Connecting(fd) => match sys.connected(fd) {
                    Ok(true) => {
                        if let Some(step) = self.opened(sys, fd, None) {
                            return step;
                        }
                    }
                    Ok(false) => {
                        let deadline = self.deadline.unwrap_or(SimTime(u64::MAX));
                        if sys.now() >= deadline {
                            let address = sys.ends(fd).map_or_else(|_| self.target.clone(), |e| e.1.0.to_string());
                            if sys.flavour() == Flavour::Busybox && self.patience.is_some() {
                                sys.err("nc: timed out\n");
                                return Step::Done(1);
                            }
                            return self.refused(sys, &address, Errno::TimedOut);
                        }
                        return Step::Wait(Wait::readable(fd).or_until(deadline));
                    }
                    Err(error) => {
                        let address = sys
                            .resolve(&self.target.clone())
                            .ok()
                            .and_then(|r| r.addresses.first().map(ToString::to_string))
                            .unwrap_or_else(|| self.target.clone());
                        return self.refused(sys, &address, error);
                    }
                },
                State::Open(fd, listener) => return self.pass(sys, fd, listener),
                State::Child(pid, listener) => match sys.child(Some(pid)) {
                    crate::program::Child::Running => {
                        let mut wait = Wait::child();
                        if let Some(listener) = listener {
                            // busybox's -ll serves several at once; here one after the other.
                            wait = wait.or_until(SimTime(u64::MAX));
                            let _ = listener;
                        }
                        return Step::Wait(wait);
                    }
                    crate::program::Child::Ended { code, .. } => match listener {
                        Some(fd) => self.state = State::Listening(fd),
                        None => return Step::Done(code),
                    },
                    crate::program::Child::None => return Step::Done(0),
                },
            }
        }
    }

    fn disposition(&self, _signal: Signal) -> Disposition {
        Disposition::Default
    }
}
