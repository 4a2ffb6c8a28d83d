//! Requests that come from a node: probes of the kubelet, port-forwards.

use super::{Kernel, Space, Task, Waiter};
use crate::{Happening, Request, TaskId, TaskOutcome, tls};
use std::net::Ipv4Addr;

/// A request under way.
#[derive(Clone, Debug)]
pub(crate) struct RequestState {
    request: Request,
    node: u32,
    connection: Option<u32>,
    sent: bool,
    answer: Vec<u8>,
}

impl RequestState {
    fn target(&self) -> (Ipv4Addr, u16) {
        match &self.request {
            Request::Http { ip, port, .. } | Request::Tcp { ip, port } | Request::Grpc { ip, port, .. } => (*ip, *port),
        }
    }
}

impl Kernel {
    pub(crate) fn start_request(&mut self, node: u32, request: Request) -> u32 {
        let id = self.fresh();
        let state = RequestState { request, node, connection: None, sent: false, answer: Vec::new() };
        self.tasks.insert(id, Task { request: Some(Box::new(state)), ..Task::default() });
        self.ready.push_back(Waiter::Task(id));
        id
    }
    /// Gives up a task without a word.
    pub(crate) fn cancel_task(&mut self, id: u32) {
        let Some(task) = self.tasks.remove(&id) else { return };
        if let Some(process) = task.process {
            self.end_family(process);
        }
        if let Some(connection) = task.request.and_then(|r| r.connection) {
            self.connection_closed(connection, super::network::Side::Client);
        }
    }
    /// Ends a process and everything it has started.
    pub(crate) fn end_family(&mut self, process: super::ProcId) {
        let children = self.processes.get(process).map(|p| p.children.clone()).unwrap_or_default();
        for child in children {
            self.end_family(child);
        }
        self.kill_now(process, crate::Signal::Kill);
    }

    pub(crate) fn step_request(&mut self, id: u32) {
        let Some(mut state) = self.tasks.get_mut(&id).and_then(|t| t.request.take()) else { return };
        let (ip, port) = state.target();
        let connection = if let Some(c) = state.connection {
            c
        } else {
            let c = self.connect(Space::Node(state.node), 0, ip, port);
            state.connection = Some(c);
            c
        };
        let outcome = self.go_on(id, &mut state, connection);
        match outcome {
            None => {
                if let Some(t) = self.tasks.get_mut(&id) {
                    t.request = Some(state);
                }
            }
            Some(outcome) => {
                let answered = self.connections.get(connection).map(|c| c.server_container).filter(|c| *c != 0);
                self.connection_closed(connection, super::network::Side::Client);
                self.tasks.remove(&id);
                let result = match &outcome {
                    TaskOutcome::Http { status, .. } => status.to_string(),
                    TaskOutcome::Connected => "connected".to_owned(),
                    TaskOutcome::Failed(text) => text.rsplit(": ").next().unwrap_or("").to_owned(),
                    _ => String::new(),
                };
                let target = match &state.request {
                    Request::Http { https, path, .. } => format!("{}://{ip}:{port}{path}", if *https { "https" } else { "http" }),
                    Request::Tcp { .. } => format!("tcp {ip}:{port}"),
                    Request::Grpc { .. } => format!("grpc {ip}:{port}"),
                };
                self.report(None, Happening::Requested { target: target.into(), answered_by: answered.map(crate::ContainerId), result: result.into() });
                self.report(None, Happening::TaskEnded { task: TaskId(id), outcome });
            }
        }
    }

    fn go_on(&mut self, id: u32, state: &mut RequestState, connection: u32) -> Option<TaskOutcome> {
        use super::network::{Link, Side};
        let (ip, port) = state.target();
        let link = self.connections.get(connection).map(|c| c.link);
        match link {
            None => return Some(TaskOutcome::Failed(format!("dial tcp {ip}:{port}: connect: connection refused"))),
            Some(Link::Trying(_) | Link::Opening(_)) => {
                self.watch_connection(connection, Side::Client, Waiter::Task(id));
                return None;
            }
            Some(Link::Failed(errno)) => {
                let words = match errno {
                    crate::program::Errno::ConnRefused => "connect: connection refused",
                    crate::program::Errno::HostUnreach => "connect: no route to host",
                    _ => "i/o timeout",
                };
                return Some(TaskOutcome::Failed(format!("dial tcp {ip}:{port}: {words}")));
            }
            Some(Link::Open) => {}
        }
        let (bytes, is_http) = match &state.request {
            Request::Tcp { .. } => return Some(TaskOutcome::Connected),
            Request::Http { https, method, path, headers, body, .. } => {
                let mut text = if *https { tls::hello(&ip.to_string()) } else { Vec::new() };
                let path = if path.starts_with('/') { path.clone() } else { format!("/{path}") };
                let has = |name: &str| headers.iter().any(|(k, _)| k.eq_ignore_ascii_case(name));
                text.extend(format!("{method} {path} HTTP/1.1\r\n").into_bytes());
                if !has("Host") {
                    text.extend(format!("Host: {ip}:{port}\r\n").into_bytes());
                }
                for (k, v) in headers {
                    text.extend(format!("{k}: {v}\r\n").into_bytes());
                }
                if !body.is_empty() {
                    text.extend(format!("Content-Length: {}\r\n", body.len()).into_bytes());
                }
                text.extend(b"Connection: close\r\n\r\n");
                text.extend(body.as_bytes());
                (text, true)
            }
            // A gRPC health check is told as one HTTP/2-like line; servers that know it answer `SERVING`.
            Request::Grpc { service, .. } => (format!("PRI * HTTP/2.0\r\nGRPC-Health: {service}\r\n\r\n").into_bytes(), false),
        };
        if !state.sent {
            state.sent = true;
            if let Some(pipe) = self.outgoing(connection, Side::Client) {
                let _ = self.write_pipe(pipe, &bytes);
            }
        }
        loop {
            match self.read_connection(connection, Side::Client, 1 << 16) {
                Ok(data) if data.is_empty() => {
                    return Some(
                        if is_http { http_outcome(&state.answer, true, &state.request) } else { grpc_outcome(&state.answer) }
                            .unwrap_or_else(|| eof(&state.request)),
                    );
                }
                Ok(data) => {
                    state.answer.extend(data);
                    if is_http && let Some(outcome) = http_outcome(&state.answer, false, &state.request) {
                        return Some(outcome);
                    }
                    if !is_http && let Some(outcome) = grpc_outcome(&state.answer) {
                        return Some(outcome);
                    }
                }
                Err(crate::program::Errno::Again) => {
                    self.watch_connection(connection, Side::Client, Waiter::Task(id));
                    return None;
                }
                Err(_) => return Some(eof(&state.request)),
            }
        }
    }
}

fn url(request: &Request) -> String {
    match request {
        Request::Http { ip, port, https, path, .. } => format!("{}://{ip}:{port}{path}", if *https { "https" } else { "http" }),
        Request::Tcp { ip, port } | Request::Grpc { ip, port, .. } => format!("{ip}:{port}"),
    }
}

fn eof(request: &Request) -> TaskOutcome {
    TaskOutcome::Failed(match request {
        Request::Http { .. } => format!("Get \"{}\": EOF", url(request)),
        _ => "EOF".to_owned(),
    })
}

fn grpc_outcome(answer: &[u8]) -> Option<TaskOutcome> {
    let text = String::from_utf8_lossy(answer);
    text.contains('\n').then(|| {
        if text.contains("NOT_SERVING") {
            TaskOutcome::Failed("service unhealthy (responded with \"NOT_SERVING\")".to_owned())
        } else if text.contains("SERVING") {
            TaskOutcome::Connected
        } else {
            TaskOutcome::Failed("error: rpc error: code = Unavailable desc = connection error".to_owned())
        }
    })
}

/// Reads an answer; `None` while it is not complete.
fn http_outcome(answer: &[u8], ended: bool, request: &Request) -> Option<TaskOutcome> {
    let https = matches!(request, Request::Http { https: true, .. });
    let mut text = answer;
    if https {
        if text.first().is_some_and(|b| *b != tls::MARK) {
            return Some(TaskOutcome::Failed(format!("Get \"{}\": http: server gave HTTP response to HTTPS client", url(request))));
        }
        let line = text.iter().position(|b| *b == b'\n')?;
        text = text.get(line + 1..).unwrap_or_default();
    }
    let split = text.windows(4).position(|w| w == b"\r\n\r\n").map(|i| (i, 4)).or_else(|| text.windows(2).position(|w| w == b"\n\n").map(|i| (i, 2)));
    let Some((head_end, gap)) = split else {
        if ended && !text.is_empty() {
            return Some(TaskOutcome::Failed(format!("Get \"{}\": malformed HTTP response", url(request))));
        }
        return None;
    };
    let head = String::from_utf8_lossy(text.get(..head_end).unwrap_or_default()).into_owned();
    let body = text.get(head_end + gap..).unwrap_or_default();
    let mut lines = head.lines();
    let status = lines.next().and_then(|l| l.split_whitespace().nth(1)).and_then(|s| s.parse().ok()).unwrap_or(0);
    let headers: Vec<(String, String)> = lines.filter_map(|l| l.split_once(':')).map(|(k, v)| (k.trim().to_owned(), v.trim().to_owned())).collect();
    let length = headers.iter().find(|(k, _)| k.eq_ignore_ascii_case("content-length")).and_then(|(_, v)| v.parse::<usize>().ok());
    let complete = ended || length.is_some_and(|n| body.len() >= n) || status == 204 || status == 304;
    complete.then(|| TaskOutcome::Http { status, body: String::from_utf8_lossy(body).into_owned(), headers })
}
