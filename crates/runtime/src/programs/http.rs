//! HTTP on the simulated wire: messages, a server's connections, proxying.

use crate::program::{Errno, Fd, Sys, Wait};
use crate::{SimTime, tls};
use std::net::Ipv4Addr;

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`.
    pub method: String,
    /// Path with query.
    pub target: String,
    /// `HTTP/1.1`.
    pub version: String,
    /// Header lines.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// The value of a header, whatever its case.
pub fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
}

impl Request {
    /// The path without its query, percent signs resolved.
    pub fn path(&self) -> String {
        percent(self.target.split(['?', '#']).next().unwrap_or("/"))
    }
    /// The query.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, q)| q)
    }
    /// `GET / HTTP/1.1`.
    pub fn line(&self) -> String {
        format!("{} {} {}", self.method, self.target, self.version)
    }
}

/// Resolves `%20`.
pub fn percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let number = if byte == b'%' { text.get(at + 1..at + 3).and_then(|h| u8::from_str_radix(h, 16).ok()) } else { None };
        match number {
            Some(number) => {
                out.push(number);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    super::engine::text::lossy(&out)
}

fn split_head(data: &[u8]) -> Option<(String, &[u8])> {
    let (at, width) = data.windows(4).position(|w| w == b"\r\n\r\n").map(|i| (i, 4)).or_else(|| data.windows(2).position(|w| w == b"\n\n").map(|i| (i, 2)))?;
    Some((super::engine::text::lossy(data.get(..at)?), data.get(at + width..)?))
}

fn fields(lines: std::str::Lines<'_>) -> Vec<(String, String)> {
    lines.filter_map(|l| l.split_once(':')).map(|(k, v)| (k.trim().to_owned(), v.trim().to_owned())).collect()
}

/// Reads a request; `None` while it is incomplete.
pub fn parse_request(data: &[u8]) -> Option<Request> {
    let (head, rest) = split_head(data)?;
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or("").split_whitespace();
    let mut request = Request {
        method: first.next().unwrap_or("").to_owned(),
        target: first.next().unwrap_or("/").to_owned(),
        version: first.next().unwrap_or("HTTP/1.0").to_owned(),
        headers: fields(lines),
        body: Vec::new(),
    };
    let length = header(&request.headers, "Content-Length").and_then(|l| l.parse::<usize>().ok()).unwrap_or(0);
    if rest.len() < length {
        return None;
    }
    request.body = rest.get(..length).unwrap_or_default().to_vec();
    Some(request)
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header lines.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// `HTTP/1.1 200 OK` as it was received.
    pub line: String,
}

impl Response {
    /// A response with a body.
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Response {
        Response { status, headers: vec![("Content-Type".to_owned(), kind.to_owned())], body: body.into(), line: String::new() }
    }
    /// What goes over the wire.
    pub fn bytes(&self, head_only: bool) -> Vec<u8> {
        let mut out = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status)).into_bytes();
        for (name, value) in &self.headers {
            if !name.eq_ignore_ascii_case("Content-Length") && !name.eq_ignore_ascii_case("Connection") && !name.eq_ignore_ascii_case("Transfer-Encoding") {
                out.extend(format!("{name}: {value}\r\n").as_bytes());
            }
        }
        if !matches!(self.status, 204 | 304) {
            out.extend(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        out.extend(b"Connection: close\r\n\r\n");
        if !head_only && !matches!(self.status, 204 | 304) {
            out.extend(&self.body);
        }
        out
    }
}

/// Whether a response is complete before the connection ends.
pub fn complete(data: &[u8]) -> bool {
    let Some((head, rest)) = split_head(data) else { return false };
    let mut lines = head.lines();
    let first = lines.next().unwrap_or("");
    let headers = fields(lines);
    if first.split_whitespace().nth(1).is_some_and(|s| s == "204" || s == "304") {
        return true;
    }
    header(&headers, "Content-Length").and_then(|l| l.parse::<usize>().ok()).is_some_and(|l| rest.len() >= l)
}

/// Reads a response; `None` for what is no HTTP.
pub fn parse_response(data: &[u8]) -> Option<Response> {
    let (head, rest) = split_head(data)?;
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    if !line.starts_with("HTTP/") {
        return None;
    }
    let status = line.split_whitespace().nth(1)?.parse().ok()?;
    let headers = fields(lines);
    let length = header(&headers, "Content-Length").and_then(|l| l.parse::<usize>().ok()).unwrap_or(rest.len()).min(rest.len());
    Some(Response { status, headers, body: rest.get(..length)?.to_vec(), line })
}

/// The words of a status code.
pub fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        418 => "I'm a teapot",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}

/// The media type of a path.
pub fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "js" => "application/javascript",
        "json" => "application/json",
        "txt" => "text/plain",
        "xml" => "text/xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}

/// A request with where it came from.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The request.
    pub request: Request,
    /// The client's address.
    pub client: Ipv4Addr,
    /// The client's port.
    pub client_port: u16,
    /// The server's address.
    pub local: Ipv4Addr,
    /// The server's port.
    pub port: u16,
    /// Over TLS.
    pub secure: bool,
    /// Number of the connection, from 1.
    pub number: u64,
}

/// What a server does with a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Answers it.
    Now(Response),
    /// Asks another server first.
    Proxy {
        /// Its address.
        to: Ipv4Addr,
        /// Its port.
        port: u16,
        /// What is sent to it.
        bytes: Vec<u8>,
        /// It speaks TLS.
        secure: bool,
    },
}

/// What a server is asked.
pub trait Handler {
    /// A request came.
    fn answer(&mut self, sys: &mut dyn Sys, incoming: &Incoming) -> Answer;
    /// A response goes out; it may still be changed.
    fn done(&mut self, sys: &mut dyn Sys, incoming: &Incoming, response: &mut Response);
    /// The other server failed.
    fn failed(&mut self, sys: &mut dyn Sys, incoming: &Incoming, error: Errno) -> Response;
}

#[derive(Clone, Debug)]
struct Listener {
    fd: Fd,
    tls: Option<String>,
}

#[derive(Clone, Debug)]
struct Upstream {
    fd: Fd,
    bytes: Vec<u8>,
    sent: bool,
    answer: Vec<u8>,
    until: SimTime,
    incoming: Box<Incoming>,
}

#[derive(Clone, Debug)]
struct Connection {
    fd: Fd,
    tls: Option<String>,
    secure: bool,
    seen: Vec<u8>,
    number: u64,
    upstream: Option<Upstream>,
}

/// A server's listening sockets and connections.
#[derive(Clone, Debug, Default)]
pub struct Server {
    listeners: Vec<Listener>,
    connections: Vec<Connection>,
    count: u64,
}

enum Fate {
    Keep,
    Close,
}

impl Server {
    /// Listens on a port; with `tls` it answers TLS with a certificate of that subject.
    pub fn listen(&mut self, sys: &mut dyn Sys, address: Ipv4Addr, port: u16, dual: bool, tls: Option<String>) -> Result<(), Errno> {
        let fd = sys.listen(address, port, dual)?;
        self.listeners.push(Listener { fd, tls });
        Ok(())
    }
    /// Stops listening.
    pub fn close(&mut self, sys: &mut dyn Sys) {
        for listener in self.listeners.drain(..) {
            let _ = sys.close(listener.fd);
        }
    }
    /// Whether requests are under way.
    pub fn busy(&self) -> bool {
        self.connections.iter().any(|c| c.upstream.is_some())
    }
    /// What wakes the server.
    pub fn wait(&self) -> Wait {
        let mut wait = Wait::forever();
        for listener in &self.listeners {
            wait = wait.or_readable(listener.fd);
        }
        for connection in &self.connections {
            match &connection.upstream {
                Some(upstream) => wait = wait.or_readable(upstream.fd).or_until(upstream.until),
                None => wait = wait.or_readable(connection.fd),
            }
        }
        wait
    }
    /// Serves what there is.
    pub fn poll(&mut self, sys: &mut dyn Sys, handler: &mut dyn Handler) {
        for i in 0..self.listeners.len() {
            let Some(listener) = self.listeners.get(i).cloned() else { break };
            while let Ok(fd) = sys.accept(listener.fd) {
                self.count += 1;
                self.connections.push(Connection { fd, tls: listener.tls.clone(), secure: false, seen: Vec::new(), number: self.count, upstream: None });
            }
        }
        let mut kept = Vec::new();
        for mut connection in std::mem::take(&mut self.connections) {
            match serve(sys, &mut connection, handler) {
                Fate::Keep => kept.push(connection),
                Fate::Close => {
                    if let Some(upstream) = connection.upstream {
                        let _ = sys.close(upstream.fd);
                    }
                    let _ = sys.close(connection.fd);
                }
            }
        }
        self.connections = kept;
    }
}

fn reply(sys: &mut dyn Sys, connection: &Connection, handler: &mut dyn Handler, incoming: &Incoming, mut response: Response) -> Fate {
    handler.done(sys, incoming, &mut response);
    let _ = sys.write(connection.fd, &response.bytes(incoming.request.method == "HEAD"));
    Fate::Close
}

fn serve(sys: &mut dyn Sys, connection: &mut Connection, handler: &mut dyn Handler) -> Fate {
    loop {
        if connection.upstream.is_some() {
            return proxy(sys, connection, handler);
        }
        match sys.read(connection.fd, 1 << 16) {
            Ok(data) if data.is_empty() => return Fate::Close,
            Ok(data) => connection.seen.extend(data),
            Err(Errno::Again) => return Fate::Keep,
            Err(_) => return Fate::Close,
        }
        if connection.tls.is_some() != connection.secure || connection.seen.first() == Some(&tls::MARK) {
            match (&connection.tls, connection.seen.first() == Some(&tls::MARK)) {
                (Some(subject), true) => {
                    let Some(end) = connection.seen.iter().position(|b| *b == b'\n') else { continue };
                    connection.seen.drain(..=end);
                    connection.secure = true;
                    let _ = sys.write(connection.fd, &tls::certificate(subject, false));
                }
                (Some(_), false) if connection.seen.len() > 3 && !connection.secure => {
                    let page = Response::new(
                        400,
                        "text/html",
                        "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>The plain HTTP request was sent to HTTPS port</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
                    );
                    let _ = sys.write(connection.fd, &page.bytes(false));
                    return Fate::Close;
                }
                (None, true) => {
                    let _ = sys.write(connection.fd, b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
                    return Fate::Close;
                }
                _ => {}
            }
        }
        let Some(request) = parse_request(&connection.seen) else { continue };
        let ends = sys.ends(connection.fd).unwrap_or(((Ipv4Addr::LOCALHOST, 0), (Ipv4Addr::LOCALHOST, 0)));
        let incoming = Incoming {
            request,
            client: ends.1.0,
            client_port: ends.1.1,
            local: ends.0.0,
            port: ends.0.1,
            secure: connection.secure,
            number: connection.number,
        };
        match handler.answer(sys, &incoming) {
            Answer::Now(response) => return reply(sys, connection, handler, &incoming, response),
            Answer::Proxy { to, port, bytes, secure } => {
                let mut out = if secure { tls::hello(&to.to_string()) } else { Vec::new() };
                out.extend(bytes);
                match sys.connect(to, port) {
                    Ok(fd) => {
                        connection.upstream =
                            Some(Upstream { fd, bytes: out, sent: false, answer: Vec::new(), until: sys.now() + 60_000, incoming: Box::new(incoming) });
                    }
                    Err(error) => {
                        let response = handler.failed(sys, &incoming, error);
                        return reply(sys, connection, handler, &incoming, response);
                    }
                }
            }
        }
    }
}

fn proxy(sys: &mut dyn Sys, connection: &mut Connection, handler: &mut dyn Handler) -> Fate {
    let Some(upstream) = &mut connection.upstream else { return Fate::Keep };
    let mut failure = None;
    if !upstream.sent {
        match sys.connected(upstream.fd) {
            Ok(true) => {
                upstream.sent = true;
                let _ = sys.write(upstream.fd, &upstream.bytes);
            }
            Ok(false) if sys.now() < upstream.until => return Fate::Keep,
            Ok(false) => failure = Some(Errno::TimedOut),
            Err(error) => failure = Some(error),
        }
    }
    let mut ended = false;
    while failure.is_none() && !ended {
        match sys.read(upstream.fd, 1 << 16) {
            Ok(data) if data.is_empty() => ended = true,
            Ok(data) => {
                upstream.answer.extend(data);
                if upstream.answer.first() == Some(&tls::MARK)
                    && let Some(end) = upstream.answer.iter().position(|b| *b == b'\n')
                {
                    upstream.answer.drain(..=end);
                }
                ended = complete(&upstream.answer);
            }
            Err(Errno::Again) if sys.now() >= upstream.until => failure = Some(Errno::TimedOut),
            Err(Errno::Again) => return Fate::Keep,
            Err(error) => failure = Some(error),
        }
    }
    let upstream = connection.upstream.take();
    let Some(upstream) = upstream else { return Fate::Close };
    let _ = sys.close(upstream.fd);
    let response = match (failure, parse_response(&upstream.answer)) {
        (Some(error), _) => handler.failed(sys, &upstream.incoming, error),
        (None, Some(response)) => response,
        (None, None) => handler.failed(sys, &upstream.incoming, Errno::ConnReset),
    };
    reply(sys, connection, handler, &upstream.incoming, response)
}
