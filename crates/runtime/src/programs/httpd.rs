//! busybox's `httpd`: files below a directory, and CGI programs in `cgi-bin`.

use super::engine::clock::Moment;
use super::http::{Request, parse_request};
use crate::program::{Child, Disposition, Env, Errno, Fd, Kind, Pid, Program, Spawn, Step, Sys, Wait};
use std::{net::Ipv4Addr, rc::Rc};

/// The server.
#[derive(Clone, Debug)]
pub struct Httpd {
    started: bool,
    foreground: bool,
    verbose: u32,
    home: String,
    address: Ipv4Addr,
    port: u16,
    listener: Option<Fd>,
    clients: Vec<(Fd, Vec<u8>)>,
    running: Vec<Cgi>,
}

#[derive(Clone, Debug)]
struct Cgi {
    client: Fd,
    pid: Pid,
    pipe: Fd,
    output: Vec<u8>,
}

impl Default for Httpd {
    fn default() -> Self {
        Httpd {
            started: false,
            foreground: false,
            verbose: 0,
            home: ".".to_owned(),
            address: Ipv4Addr::UNSPECIFIED,
            port: 80,
            listener: None,
            clients: Vec::new(),
            running: Vec::new(),
        }
    }
}

fn page(status: u16, words: &str, more: &str) -> Vec<u8> {
    let body = if status == 200 {
        String::new()
    } else {
        format!("<HTML><HEAD><TITLE>{status} {words}</TITLE></HEAD>\n<BODY><H1>{status} {words}</H1>\n{more}\n</BODY></HTML>\n")
    };
    format!("HTTP/1.1 {status} {words}\r\nConnection: close\r\nContent-type: text/html\r\n\r\n{body}").into_bytes()
}

impl Httpd {
    fn start(&mut self, sys: &mut dyn Sys) -> Option<Step> {
        self.started = true;
        let args = sys.args();
        let mut at = 1;
        while let Some(arg) = args.get(at).cloned() {
            at += 1;
            let mut letters = arg.strip_prefix('-').unwrap_or("").to_owned();
            while let Some(letter) = letters.chars().next() {
                letters.remove(0);
                match letter {
                    'f' => self.foreground = true,
                    'v' => self.verbose += 1,
                    'i' => {}
                    'p' | 'h' | 'c' | 'u' | 'r' | 'm' | 'd' | 'e' => {
                        let value = if letters.is_empty() {
                            at += 1;
                            args.get(at - 1).map(ToString::to_string).unwrap_or_default()
                        } else {
                            std::mem::take(&mut letters)
                        };
                        match letter {
                            'p' => {
                                let (address, port) = value.rsplit_once(':').unwrap_or(("", &value));
                                self.address = address.parse().unwrap_or(Ipv4Addr::UNSPECIFIED);
                                self.port = port.parse().unwrap_or(80);
                            }
                            'h' => self.home = value,
                            _ => {}
                        }
                        letters.clear();
                    }
                    other => {
                        sys.err(&format!("httpd: invalid option -- '{other}'\n{}", super::usage::text("httpd")));
                        return Some(Step::Done(1));
                    }
                }
            }
        }
        if let Err(error) = sys.chdir(&self.home) {
            sys.err(&format!("httpd: can't change directory to '{}': {error}\n", self.home));
            return Some(Step::Done(1));
        }
        match sys.listen(self.address, self.port, true) {
            Ok(fd) => self.listener = Some(fd),
            Err(error) => {
                sys.err(&format!("httpd: bind: {error}\n"));
                return Some(Step::Done(1));
            }
        }
        if !self.foreground {
            let mut server = self.clone();
            server.foreground = true;
            let _ = sys.fork(Box::new(server), &[], &[0, 1, 2]);
            return Some(Step::Done(0));
        }
        None
    }

    fn respond(&mut self, sys: &mut dyn Sys, client: Fd, request: &Request) -> Option<Cgi> {
        let path = request.path();
        if !matches!(request.method.as_str(), "GET" | "HEAD" | "POST") {
            let _ = sys.write(client, &page(501, "Not Implemented", "The requested method is not recognized"));
            return None;
        }
        let mut file = format!(".{path}");
        if path.split('/').any(|p| p == "..") {
            let _ = sys.write(client, &page(404, "Not Found", "The requested URL was not found"));
            return None;
        }
        if path.starts_with("/cgi-bin/") && sys.stat(&file).is_ok() {
            return self.cgi(sys, client, request, &file);
        }
        if request.method == "POST" {
            let _ = sys.write(client, &page(501, "Not Implemented", "The requested method is not recognized"));
            return None;
        }
        if sys.stat(&file).is_ok_and(|s| s.kind == Kind::Directory) {
            if !file.ends_with('/') {
                let _ =
                    sys.write(client, format!("HTTP/1.1 302 Found\r\nConnection: close\r\nContent-type: text/html\r\nLocation: {path}/\r\n\r\n").as_bytes());
                return None;
            }
            file.push_str("index.html");
            if sys.stat(&file).is_err() && sys.stat("./cgi-bin/index.cgi").is_ok() {
                return self.cgi(sys, client, request, "./cgi-bin/index.cgi");
            }
        }
        match (sys.stat(&file), sys.read_file(&file)) {
            (Ok(stat), Ok(data)) => {
                let modified = Moment::from_millis(stat.modified_unix_ms);
                let now = Moment::from_millis(sys.unix_ms());
                let kind = match super::http::media_type(&file) {
                    "application/octet-stream" if !file.contains('.') => "application/octet-stream",
                    other => other,
                };
                let mut out = format!(
                    "HTTP/1.1 200 OK\r\nDate: {}\r\nConnection: close\r\nContent-type: {kind}\r\nAccept-Ranges: bytes\r\nLast-Modified: {}\r\nETag: \"{:x}-{:x}\"\r\nContent-Length: {}\r\n\r\n",
                    now.format("%a, %d %b %Y %H:%M:%S GMT"),
                    modified.format("%a, %d %b %Y %H:%M:%S GMT"),
                    modified.epoch,
                    data.len(),
                    data.len()
                )
                .into_bytes();
                if request.method != "HEAD" {
                    out.extend_from_slice(&data);
                }
                let _ = sys.write(client, &out);
            }
            (_, Err(Errno::Acces)) => {
                let _ = sys.write(client, &page(403, "Forbidden", ""));
            }
            _ => {
                let _ = sys.write(client, &page(404, "Not Found", "The requested URL was not found"));
            }
        }
        None
    }

    fn cgi(&mut self, sys: &mut dyn Sys, client: Fd, request: &Request, file: &str) -> Option<Cgi> {
        let (_, (peer, port)) = sys.ends(client).unwrap_or(((Ipv4Addr::LOCALHOST, 0), (Ipv4Addr::LOCALHOST, 0)));
        let mut env: Env = sys.env().to_vec();
        let mut set = |name: &str, value: String| env.push((Rc::from(name), Rc::from(value)));
        set("REQUEST_METHOD", request.method.clone());
        set("QUERY_STRING", request.query().to_owned());
        set("REQUEST_URI", request.target.clone());
        set("SCRIPT_NAME", request.path());
        set("SERVER_PROTOCOL", request.version.clone());
        set("GATEWAY_INTERFACE", "CGI/1.1".to_owned());
        set("REMOTE_ADDR", peer.to_string());
        set("REMOTE_PORT", port.to_string());
        set("CONTENT_LENGTH", request.body.len().to_string());
        for (name, value) in &request.headers {
            set(&format!("HTTP_{}", name.to_uppercase().replace('-', "_")), value.clone());
        }
        let name: Rc<str> = Rc::from(file);
        let (read, write) = sys.pipe();
        let (input, feed) = sys.pipe();
        let _ = sys.write(feed, &request.body);
        let _ = sys.close(feed);
        let spawned = sys.spawn(Spawn {
            argv: vec![name],
            env: Some(Rc::new(env)),
            fds: vec![(0, input), (1, write)],
            closed: vec![read, write, input, client],
            ..Spawn::default()
        });
        let _ = sys.close(write);
        let _ = sys.close(input);
        if let Ok(pid) = spawned {
            Some(Cgi { client, pid, pipe: read, output: Vec::new() })
        } else {
            let _ = sys.close(read);
            let _ = sys.write(client, &page(500, "Internal Server Error", ""));
            None
        }
    }
}

impl Program for Httpd {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if !self.started
            && let Some(step) = self.start(sys)
        {
            return step;
        }
        let Some(listener) = self.listener else { return Step::Done(1) };
        while let Ok(fd) = sys.accept(listener) {
            self.clients.push((fd, Vec::new()));
        }
        let mut kept = Vec::new();
        for (fd, mut seen) in std::mem::take(&mut self.clients) {
            let mut open = true;
            loop {
                match sys.read(fd, 1 << 16) {
                    Ok(data) if data.is_empty() => {
                        open = false;
                        break;
                    }
                    Ok(data) => seen.extend(data),
                    Err(Errno::Again) => break,
                    Err(_) => {
                        open = false;
                        break;
                    }
                }
            }
            if let Some(request) = parse_request(&seen) {
                match self.respond(sys, fd, &request) {
                    Some(cgi) => self.running.push(cgi),
                    None => {
                        let _ = sys.close(fd);
                    }
                }
            } else if open {
                kept.push((fd, seen));
            } else {
                let _ = sys.close(fd);
            }
        }
        self.clients = kept;
        let mut running = Vec::new();
        for mut cgi in std::mem::take(&mut self.running) {
            let mut ended = false;
            loop {
                match sys.read(cgi.pipe, 1 << 16) {
                    Ok(data) if data.is_empty() => {
                        ended = true;
                        break;
                    }
                    Ok(data) => cgi.output.extend(data),
                    Err(Errno::Again) => break,
                    Err(_) => {
                        ended = true;
                        break;
                    }
                }
            }
            if ended {
                let _ = matches!(sys.child(Some(cgi.pid)), Child::None);
                let mut out = if cgi.output.starts_with(b"HTTP/") { Vec::new() } else { b"HTTP/1.1 200 OK\r\n".to_vec() };
                out.extend(&cgi.output);
                let _ = sys.write(cgi.client, &out);
                let _ = sys.close(cgi.client);
                let _ = sys.close(cgi.pipe);
            } else {
                running.push(cgi);
            }
        }
        self.running = running;
        let mut wait = Wait::readable(listener);
        for (fd, _) in &self.clients {
            wait = wait.or_readable(*fd);
        }
        for cgi in &self.running {
            wait = wait.or_readable(cgi.pipe);
        }
        Step::Wait(wait)
    }

    fn disposition(&self, signal: crate::Signal) -> Disposition {
        // A client that goes away ends only the child that served it.
        if signal == crate::Signal::Pipe { Disposition::Ignore } else { Disposition::Default }
    }
}
