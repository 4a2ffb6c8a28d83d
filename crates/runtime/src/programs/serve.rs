//! The generic HTTP server behind the own programs of many images.
//!
//! What it does stands in the image's `behaviour`: `listen` (ports; `declared 8080`: the manifest's ports, else
//! these), `start` (milliseconds before it listens), `print` and `error_log` (on stdout and stderr once it listens),
//! `body`, `status`, `path./x` (the body of one path), `root` (a document root), `access_log` (a line a request),
//! `server` (header), `in_use` (its words when the port is taken), `touch` (a file it creates when it is up).
//! In texts `${hostname}`, `${ip}`, `${client}`, `${path}`, `${port}`, `${env.NAME}` and times are filled in.

use super::engine::clock::Moment;
use super::http::{Answer, Handler, Incoming, Response, Server, media_type};
use crate::program::{Disposition, Errno, Program, Step, Sys, Wait};
use crate::{Signal, SimTime};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// The server.
#[derive(Clone, Debug, Default)]
pub struct Serve {
    server: Server,
    ready_at: Option<SimTime>,
    up: bool,
    site: Site,
}

#[derive(Clone, Debug, Default)]
struct Site {
    behaviour: BTreeMap<String, String>,
}

fn fill(text: &str, sys: &dyn Sys, extra: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        let now = || Moment::from_millis(sys.unix_ms());
        let value = match name {
            "hostname" => sys.hostname().to_string(),
            "ip" => sys.addresses().into_iter().find(|a| !a.is_loopback()).unwrap_or(Ipv4Addr::LOCALHOST).to_string(),
            "clf_time" => now().format("%d/%b/%Y:%H:%M:%S +0000"),
            "apache_time" => now().format("%a %b %d %H:%M:%S.%N %Y").replace("000 ", " "),
            "go_time" => now().format("%Y/%m/%d %H:%M:%S"),
            "iso_time" => now().format("%Y-%m-%dT%H:%M:%SZ"),
            _ => match name.strip_prefix("env.") {
                Some(variable) => sys.var(variable).map(|v| v.to_string()).unwrap_or_default(),
                None => extra.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned()).unwrap_or_default(),
            },
        };
        out.push_str(&value);
        rest = tail;
    }
    out.push_str(rest);
    out
}

impl Handler for Site {
    fn answer(&mut self, sys: &mut dyn Sys, incoming: &Incoming) -> Answer {
        let path = incoming.request.path();
        let client = incoming.client.to_string();
        let extra = [("client", client.as_str()), ("path", path.as_str())];
        if let Some(root) = self.behaviour.get("root") {
            let mut file = format!("{root}{path}");
            if file.ends_with('/') {
                file.push_str("index.html");
            }
            return Answer::Now(match sys.read_file(&file) {
                Ok(data) => Response::new(200, media_type(&file), data.to_vec()),
                Err(_) => Response::new(
                    404,
                    "text/html; charset=iso-8859-1",
                    "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n",
                ),
            });
        }
        let own = self.behaviour.get(&format!("path.{path}"));
        let body = own.or_else(|| self.behaviour.get("body")).cloned().unwrap_or_else(|| "OK\n".to_owned());
        let status = if own.is_some() { 200 } else { self.behaviour.get("status").and_then(|s| s.parse().ok()).unwrap_or(200) };
        let kind = if body.starts_with('{') {
            "application/json"
        } else if body.starts_with('<') {
            "text/html; charset=utf-8"
        } else {
            "text/plain; charset=utf-8"
        };
        Answer::Now(Response::new(status, kind, fill(&body, sys, &extra)))
    }

    fn done(&mut self, sys: &mut dyn Sys, incoming: &Incoming, response: &mut Response) {
        if let Some(name) = self.behaviour.get("server") {
            response.headers.insert(0, ("Server".to_owned(), name.clone()));
        }
        if let Some(line) = self.behaviour.get("access_log") {
            let client = incoming.client.to_string();
            let status = response.status.to_string();
            let size = response.body.len().to_string();
            let path = incoming.request.path();
            let request = incoming.request.line();
            let text = fill(line, sys, &[("client", &client), ("path", &path), ("request", &request), ("status", &status), ("size", &size)]);
            sys.out(&format!("{text}\n"));
        }
    }

    fn failed(&mut self, _sys: &mut dyn Sys, _incoming: &Incoming, _error: Errno) -> Response {
        Response::new(502, "text/plain", "Bad Gateway\n")
    }
}

impl Serve {
    fn start(&mut self, sys: &mut dyn Sys) -> Option<Step> {
        let listen = self.site.behaviour.get("listen").cloned().unwrap_or_default();
        let mut ports: Vec<u16> = listen.split_whitespace().filter_map(|p| p.parse().ok()).collect();
        if listen.starts_with("declared") {
            let declared = sys.declared_ports();
            if !declared.is_empty() {
                ports = declared;
            }
        }
        for variable in ["PORT", "SERVER_PORT", "HTTP_PORT"] {
            if ports.len() == 1
                && let Some(port) = sys.var(variable).and_then(|v| v.parse().ok())
            {
                ports = vec![port];
            }
        }
        for port in &ports {
            if let Err(error) = self.server.listen(sys, Ipv4Addr::UNSPECIFIED, *port, true, None) {
                let text = match self.site.behaviour.get("in_use") {
                    Some(words) => fill(words, sys, &[("port", &port.to_string())]),
                    None if error == Errno::Acces => format!("listen tcp 0.0.0.0:{port}: bind: permission denied"),
                    None => format!("listen tcp 0.0.0.0:{port}: bind: address already in use"),
                };
                sys.err(&format!("{text}\n"));
                return Some(Step::Done(1));
            }
        }
        let port = ports.first().map(ToString::to_string).unwrap_or_default();
        if let Some(text) = self.site.behaviour.get("print") {
            let text = fill(text, sys, &[("port", &port)]);
            sys.out(&text);
        }
        if let Some(text) = self.site.behaviour.get("error_log") {
            let text = fill(text, sys, &[("port", &port)]);
            sys.err(&text);
        }
        if let Some(path) = self.site.behaviour.get("touch") {
            let _ = sys.write_file(path, b"", false);
        }
        None
    }
}

impl Program for Serve {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if sys.take_signal().is_some() {
            return Step::Done(0);
        }
        let ready_at = match self.ready_at {
            Some(at) => at,
            None => {
                self.site.behaviour.clone_from(&sys.image().behaviour);
                let start = self.site.behaviour.get("start").and_then(|s| s.parse().ok()).unwrap_or(100u64);
                let at = sys.now() + start;
                self.ready_at = Some(at);
                at
            }
        };
        if sys.now() < ready_at {
            return Step::Wait(Wait::until(ready_at));
        }
        if !self.up {
            self.up = true;
            if let Some(step) = self.start(sys) {
                return step;
            }
        }
        self.server.poll(sys, &mut self.site);
        Step::Wait(self.server.wait())
    }

    fn disposition(&self, signal: Signal) -> Disposition {
        match signal {
            Signal::Term | Signal::Int | Signal::Quit | Signal::Winch if self.up => Disposition::Handle,
            Signal::Term | Signal::Int => Disposition::Handle,
            Signal::Pipe => Disposition::Ignore,
            _ => Disposition::Default,
        }
    }
}
