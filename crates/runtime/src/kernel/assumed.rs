//! A program nobody knows.

use crate::program::{Fd, Program, Step, Sys, Wait};
use std::net::Ipv4Addr;

/// How long an assumed init container works.
const INIT_MS: u64 = 3_000;

/// As PID 1 of an init container it works three seconds and succeeds; as PID 1 of another container it listens on
/// the declared ports and answers every request; elsewhere it ends at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assumed {
    started: bool,
    until: Option<crate::SimTime>,
    listeners: Vec<Fd>,
    clients: Vec<(Fd, Vec<u8>)>,
    /// It stands for every host outside the cluster.
    outside: bool,
}

impl Assumed {
    /// What answers for hosts outside the cluster; its listeners are there already.
    pub(crate) fn outside() -> Assumed {
        Assumed { started: true, listeners: vec![0, 1], outside: true, ..Assumed::default() }
    }
}

impl Program for Assumed {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if sys.pid() != 1 && sys.parent() != 0 {
            return Step::Done(0);
        }
        if !self.started {
            self.started = true;
            if sys.is_init() {
                sys.assume("What this init container does is not known: it is assumed to work for 3 s and to succeed");
                self.until = Some(sys.now() + INIT_MS);
            } else {
                let mut ports = sys.declared_ports();
                if ports.is_empty() {
                    ports.clone_from(&sys.image().ports);
                }
                let named: Vec<String> = ports.iter().map(ToString::to_string).collect();
                sys.assume(&if named.is_empty() {
                    "What this container does is not known: it is assumed to run until it is stopped".to_owned()
                } else {
                    format!("What this container does is not known: it is assumed to answer on port {}", named.join(", "))
                });
                for port in ports {
                    match sys.listen(Ipv4Addr::UNSPECIFIED, port, true) {
                        Ok(fd) => self.listeners.push(fd),
                        Err(errno) => {
                            sys.err(&format!("listen tcp :{port}: bind: {}\n", errno.text().to_lowercase()));
                            return Step::Done(1);
                        }
                    }
                }
            }
        }
        if let Some(until) = self.until {
            return if sys.now() >= until { Step::Done(0) } else { Step::Wait(Wait::until(until)) };
        }
        if sys.take_signal().is_some() {
            return Step::Done(0);
        }
        for listener in &self.listeners {
            while let Ok(client) = sys.accept(*listener) {
                self.clients.push((client, Vec::new()));
            }
        }
        let outside = self.outside;
        self.clients.retain_mut(|(fd, seen)| {
            loop {
                match sys.read(*fd, 4096) {
                    Ok(data) if data.is_empty() => {
                        let _ = sys.close(*fd);
                        return false;
                    }
                    Ok(data) => {
                        seen.extend(data);
                        if seen.starts_with(b"PRI ") {
                            let _ = sys.write(*fd, b"SERVING\n");
                        } else if seen.first() == Some(&crate::tls::MARK) && !seen.ends_with(b"\n\n") && seen.split(|b| *b == b'\n').count() == 2 {
                            let _ = sys.write(*fd, &crate::tls::certificate("CN=assumed", outside));
                            continue;
                        } else if seen.windows(4).any(|w| w == b"\r\n\r\n") {
                            let text = String::from_utf8_lossy(seen);
                            let host =
                                text.lines().find_map(|l| l.split_once(": ").filter(|(k, _)| k.eq_ignore_ascii_case("host"))).map_or("", |(_, v)| v.trim());
                            let body = if outside {
                                format!("<!doctype html>\n<title>{host}</title>\n<p>{host} is outside the cluster: this answer is assumed.</p>\n")
                            } else {
                                "OK\n".to_owned()
                            };
                            let kind = if outside { "text/html; charset=UTF-8" } else { "text/plain" };
                            let _ = sys.write(
                                *fd,
                                format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
                                    .as_bytes(),
                            );
                        } else {
                            continue;
                        }
                        let _ = sys.close(*fd);
                        return false;
                    }
                    Err(crate::program::Errno::Again) => return true,
                    Err(_) => {
                        let _ = sys.close(*fd);
                        return false;
                    }
                }
            }
        });
        let mut wait = Wait::forever();
        wait.readable.extend(self.listeners.iter().copied().chain(self.clients.iter().map(|c| c.0)));
        Step::Wait(wait)
    }

    fn disposition(&self, signal: crate::Signal) -> crate::program::Disposition {
        match signal {
            crate::Signal::Term | crate::Signal::Int | crate::Signal::Quit => crate::program::Disposition::Handle,
            crate::Signal::Pipe => crate::program::Disposition::Ignore,
            _ => crate::program::Disposition::Default,
        }
    }
}
