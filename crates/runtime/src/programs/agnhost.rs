//! `agnhost`, the test image of the Kubernetes examples: `liveness`, `netexec`, `serve-hostname`, `pause`.

use super::engine::clock::Moment;
use super::http::{Answer, Handler, Incoming, Response, Server};
use crate::program::{Disposition, Errno, Program, Step, Sys};
use crate::{Signal, SimTime};
use std::net::Ipv4Addr;

/// The program.
#[derive(Clone, Debug, Default)]
pub struct Agnhost {
    started: Option<SimTime>,
    server: Server,
    role: Role,
}

#[derive(Clone, Debug, Default)]
struct Role {
    name: String,
    since: SimTime,
    last: u64,
}

impl Handler for Role {
    fn answer(&mut self, sys: &mut dyn Sys, incoming: &Incoming) -> Answer {
        let path = incoming.request.path();
        Answer::Now(match (self.name.as_str(), path.as_str()) {
            ("liveness", "/healthz") => {
                // The example's server answers well for its first ten seconds only.
                let up = sys.now().since(self.since);
                if up > 10_000 {
                    Response::new(500, "text/plain; charset=utf-8", format!("error: {}", up as f64 / 1000.0))
                } else {
                    Response::new(200, "text/plain; charset=utf-8", "ok")
                }
            }
            ("liveness", "/started") => Response::new(200, "text/plain; charset=utf-8", format!("{}", sys.now().since(self.since) as f64 / 1000.0)),
            ("netexec", "/healthz") => Response::new(200, "text/plain; charset=utf-8", ""),
            ("netexec", "/clientip") => Response::new(200, "text/plain; charset=utf-8", format!("{}:{}", incoming.client, incoming.client_port)),
            ("netexec", "/") => {
                Response::new(200, "text/plain; charset=utf-8", format!("NOW: {}", Moment::from_millis(sys.unix_ms()).format("%Y-%m-%d %H:%M:%S UTC")))
            }
            (_, "/") | ("netexec", "/hostname" | "/hostName") => Response::new(200, "text/plain; charset=utf-8", sys.hostname().to_string()),
            _ => Response::new(404, "text/plain; charset=utf-8", "404 page not found\n"),
        })
    }
    fn done(&mut self, _sys: &mut dyn Sys, _incoming: &Incoming, _response: &mut Response) {
        self.last += 1;
    }
    fn failed(&mut self, _sys: &mut dyn Sys, _incoming: &Incoming, _error: Errno) -> Response {
        Response::new(500, "text/plain", "")
    }
}

impl Program for Agnhost {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if sys.take_signal().is_some() {
            return Step::Done(if self.role.name == "liveness" { 2 } else { 0 });
        }
        if self.started.is_none() {
            self.started = Some(sys.now());
            self.role.since = sys.now();
            let args = sys.args();
            // The older image `liveness` has no subcommands.
            let own = args.first().is_some_and(|a| a.ends_with("server"));
            self.role.name =
                args.get(1).filter(|a| !a.starts_with('-')).map_or_else(|| if own { "liveness" } else { "pause" }.to_owned(), std::string::ToString::to_string);
            let port = match self.role.name.as_str() {
                "liveness" | "netexec" => Some(8080),
                "serve-hostname" => Some(9376),
                "pause" => {
                    sys.out("Paused\n");
                    None
                }
                other => {
                    sys.assume(&format!("`agnhost {other}` is assumed to run until it is stopped"));
                    None
                }
            };
            let given = args.iter().find_map(|a| a.strip_prefix("--http-port=").or_else(|| a.strip_prefix("--port="))).and_then(|p| p.parse().ok());
            if let Some(port) = given.or(port)
                && self.server.listen(sys, Ipv4Addr::UNSPECIFIED, port, true, None).is_err()
            {
                sys.err(&format!("listen tcp :{port}: bind: address already in use\n"));
                return Step::Done(1);
            }
        }
        self.server.poll(sys, &mut self.role);
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
