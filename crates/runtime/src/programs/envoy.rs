//! Envoy as the course images use it: TLS in front of a local server, with an admin port.

use super::engine::clock::Moment;
use super::http::{Answer, Handler, Incoming, Response, Server};
use crate::program::{Disposition, Errno, Program, Step, Sys, Wait};
use crate::{Signal, SimTime};
use std::net::Ipv4Addr;

/// The proxy.
#[derive(Clone, Debug, Default)]
pub struct Envoy {
    until: Option<SimTime>,
    up: bool,
    server: Server,
    route: Route,
}

#[derive(Clone, Debug, Default)]
struct Route {
    admin: Option<u16>,
    target: Option<(String, u16)>,
    quit: bool,
}

fn log(sys: &mut dyn Sys, text: &str) {
    let moment = Moment::from_millis(sys.unix_ms());
    let line = format!("[{}.{:03}][{}][info][main] {text}\n", moment.format("%Y-%m-%d %H:%M:%S"), moment.nanos / 1_000_000, sys.pid());
    sys.err(&line);
}

/// Every `address … port_value …` pair below a value.
fn sockets(value: &serde_yaml::Value, found: &mut Vec<(String, u16)>) {
    match value {
        serde_yaml::Value::Mapping(map) => {
            if let (Some(address), Some(port)) = (value.get("address").and_then(|a| a.as_str()), value.get("port_value").and_then(serde_yaml::Value::as_u64)) {
                found.push((address.to_owned(), port as u16));
            }
            for inner in map.values() {
                sockets(inner, found);
            }
        }
        serde_yaml::Value::Sequence(list) => list.iter().for_each(|v| sockets(v, found)),
        _ => {}
    }
}

fn text_below(value: &serde_yaml::Value, wanted: &str) -> bool {
    match value {
        serde_yaml::Value::Mapping(map) => map.iter().any(|(k, v)| k.as_str().is_some_and(|k| k.contains(wanted)) || text_below(v, wanted)),
        serde_yaml::Value::Sequence(list) => list.iter().any(|v| text_below(v, wanted)),
        serde_yaml::Value::String(text) => text.contains(wanted),
        _ => false,
    }
}

impl Handler for Route {
    fn answer(&mut self, sys: &mut dyn Sys, incoming: &Incoming) -> Answer {
        if Some(incoming.port) == self.admin {
            let path = incoming.request.path();
            return Answer::Now(match path.as_str() {
                "/quitquitquit" if incoming.request.method == "POST" => {
                    self.quit = true;
                    Response::new(200, "text/plain; charset=UTF-8", "OK\n")
                }
                "/ready" => Response::new(200, "text/plain; charset=UTF-8", "LIVE\n"),
                "/stats" | "/stats/prometheus" => Response::new(200, "text/plain; charset=UTF-8", "server.live: 1\nserver.state: 0\n"),
                "/" => Response::new(200, "text/html; charset=UTF-8", "<head><title>Envoy Admin</title></head>\n"),
                _ => Response::new(404, "text/plain; charset=UTF-8", "invalid path. admin commands are:\n  /ready\n  /stats\n  /quitquitquit\n"),
            });
        }
        let Some((host, port)) = self.target.clone() else { return Answer::Now(Response::new(404, "text/plain", "")) };
        let Some(to) = sys.resolve(&host).ok().and_then(|r| r.addresses.first().copied()) else {
            return Answer::Now(Response::new(503, "text/plain", "no healthy upstream"));
        };
        let mut bytes = format!("{} {} HTTP/1.1\r\n", incoming.request.method, incoming.request.target).into_bytes();
        for (name, value) in &incoming.request.headers {
            bytes.extend(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend(format!("x-forwarded-proto: {}\r\n\r\n", if incoming.secure { "https" } else { "http" }).as_bytes());
        bytes.extend(&incoming.request.body);
        Answer::Proxy { to, port, bytes, secure: false }
    }
    fn done(&mut self, _sys: &mut dyn Sys, _incoming: &Incoming, response: &mut Response) {
        response.headers.retain(|(k, _)| !k.eq_ignore_ascii_case("server"));
        response.headers.push(("server".to_owned(), "envoy".to_owned()));
    }
    fn failed(&mut self, _sys: &mut dyn Sys, _incoming: &Incoming, error: Errno) -> Response {
        Response::new(
            503,
            "text/plain",
            format!(
                "upstream connect error or disconnect/reset before headers. reset reason: connection failure, transport failure reason: delayed connect error: {}",
                if error == Errno::TimedOut { 110 } else { 111 }
            ),
        )
    }
}

impl Envoy {
    fn start(&mut self, sys: &mut dyn Sys) -> Option<Step> {
        let args = sys.args();
        let path = args
            .iter()
            .position(|a| &**a == "-c" || &**a == "--config-path")
            .and_then(|i| args.get(i + 1))
            .map_or_else(|| "/etc/envoy/envoy.yaml".to_owned(), ToString::to_string);
        let data = match sys.read_file(&path) {
            Ok(data) => data,
            Err(_) => {
                sys.err(&format!("error initializing configuration '{path}': unable to read file: {path}\n"));
                return Some(Step::Done(1));
            }
        };
        let Ok(config) = serde_yaml::from_str::<serde_yaml::Value>(&super::engine::text::lossy(&data)) else {
            sys.err(&format!("error initializing configuration '{path}': Unable to parse JSON/YAML\n"));
            return Some(Step::Done(1));
        };
        let mut found = Vec::new();
        if let Some(admin) = config.get("admin") {
            sockets(admin, &mut found);
        }
        self.route.admin = found.first().map(|(_, p)| *p);
        let statics = config.get("static_resources");
        let mut targets = Vec::new();
        if let Some(clusters) = statics.and_then(|s| s.get("clusters")) {
            sockets(clusters, &mut targets);
        }
        self.route.target = targets.first().cloned();
        let mut wanted: Vec<(u16, bool)> = self.route.admin.iter().map(|p| (*p, false)).collect();
        for listener in statics.and_then(|s| s.get("listeners")).and_then(|l| l.as_sequence()).into_iter().flatten() {
            let mut own = Vec::new();
            if let Some(address) = listener.get("address") {
                sockets(address, &mut own);
            }
            let secure = text_below(listener, "tls");
            wanted.extend(own.first().map(|(_, p)| (*p, secure)));
        }
        for (port, secure) in wanted {
            if let Err(error) = self.server.listen(sys, Ipv4Addr::UNSPECIFIED, port, false, secure.then(|| "CN=example.com".to_owned())) {
                sys.err(&format!("error adding listener '0.0.0.0:{port}': cannot bind '0.0.0.0:{port}': {error}\n"));
                return Some(Step::Done(1));
            }
        }
        log(sys, "all clusters initialized. initializing init manager");
        log(sys, "starting main dispatch loop");
        None
    }
}

impl Program for Envoy {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if sys.take_signal().is_some() {
            log(sys, "caught SIGTERM");
            log(sys, "exiting");
            return Step::Done(0);
        }
        let until = match self.until {
            Some(until) => until,
            None => {
                log(sys, "initializing epoch 0");
                let until = sys.now() + 150;
                self.until = Some(until);
                until
            }
        };
        if sys.now() < until {
            return Step::Wait(Wait::until(until));
        }
        if !self.up {
            self.up = true;
            if let Some(step) = self.start(sys) {
                return step;
            }
        }
        self.server.poll(sys, &mut self.route);
        if self.route.quit {
            log(sys, "exiting");
            return Step::Done(0);
        }
        Step::Wait(self.server.wait())
    }
    fn disposition(&self, signal: Signal) -> Disposition {
        match signal {
            Signal::Term | Signal::Int => Disposition::Handle,
            Signal::Pipe => Disposition::Ignore,
            _ => Disposition::Default,
        }
    }
}
