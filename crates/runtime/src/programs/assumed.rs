//! What is assumed of a program nobody knows.
//!
//! In an init container it runs three seconds and ends well. Elsewhere it serves on the ports the
//! manifest (or the image) declares, answers every request with 200, and ends at SIGTERM.

use crate::program::{Disposition, Errno, Fd, Program, Step, Sys, Wait};
use crate::{Signal, SimTime};
use std::net::Ipv4Addr;

/// How long an unknown init container is assumed to work, in milliseconds.
pub const INIT_MS: u64 = 3000;

/// A program nobody knows.
#[derive(Clone, Debug, Default)]
pub struct Assumed {
    /// Why it is assumed: `image my-app:latest is unknown`; empty for `program NAME is unknown`.
    pub reason: String,
    until: Option<SimTime>,
    listeners: Vec<Fd>,
    open: Vec<(Fd, Vec<u8>)>,
}

impl Assumed {
    /// With a reason for the user.
    pub fn new(reason: impl Into<String>) -> Assumed {
        Assumed { reason: reason.into(), ..Assumed::default() }
    }
}

impl Program for Assumed {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if sys.take_signal().is_some() {
            return Step::Done(0);
        }
        let until = match self.until {
            Some(until) => until,
            None => {
                let name = sys.args().first().map(|a| a.to_string()).unwrap_or_default();
                let reason = if self.reason.is_empty() { format!("program {name} is unknown") } else { self.reason.clone() };
                let mut ports = sys.declared_ports();
                if ports.is_empty() {
                    ports.clone_from(&sys.image().ports);
                }
                let text = if sys.is_init() {
                    format!("{reason}: it is assumed to work for 3 seconds and to succeed")
                } else if ports.is_empty() {
                    format!("{reason}: it is assumed to run until it is stopped")
                } else {
                    format!("{reason}: it is assumed to serve on its declared ports and to answer 200")
                };
                sys.assume(&text);
                if !sys.is_init() {
                    for port in ports {
                        match sys.listen(Ipv4Addr::UNSPECIFIED, port, true) {
                            Ok(fd) => self.listeners.push(fd),
                            Err(error) => {
                                let word = if error == Errno::AddrInUse { "address already in use" } else { error.text() };
                                sys.err(&format!("listen tcp :{port}: bind: {word}\n"));
                                return Step::Done(1);
                            }
                        }
                    }
                }
                let until = if sys.is_init() { sys.now() + INIT_MS } else { SimTime(u64::MAX) };
                self.until = Some(until);
                until
            }
        };
        if sys.now() >= until {
            return Step::Done(0);
        }
        for fd in self.listeners.clone() {
            while let Ok(new) = sys.accept(fd) {
                self.open.push((new, Vec::new()));
            }
        }
        self.open.retain_mut(|(fd, seen)| {
            loop {
                match sys.read(*fd, 1 << 16) {
                    Ok(data) if data.is_empty() => {
                        let _ = sys.close(*fd);
                        return false;
                    }
                    Ok(data) => seen.extend(data),
                    Err(Errno::Again) => break,
                    Err(_) => {
                        let _ = sys.close(*fd);
                        return false;
                    }
                }
            }
            if seen.windows(4).any(|w| w == b"\r\n\r\n") {
                let _ = sys.write(*fd, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n");
                let _ = sys.close(*fd);
                return false;
            }
            true
        });
        let mut wait = if until == SimTime(u64::MAX) { Wait::forever() } else { Wait::until(until) };
        for fd in self.listeners.iter().chain(self.open.iter().map(|(fd, _)| fd)) {
            wait = wait.or_readable(*fd);
        }
        Step::Wait(wait)
    }

    fn disposition(&self, signal: Signal) -> Disposition {
        match signal {
            Signal::Term | Signal::Int | Signal::Quit => Disposition::Handle,
            _ => Disposition::Default,
        }
    }
}
