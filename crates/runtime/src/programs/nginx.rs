//! `nginx`: serves files, returns, redirects and proxies as its configuration says.

mod config;

use super::engine::clock::Moment;
use super::engine::regex::{Regex, Syntax};
use super::http::{Answer, Handler, Incoming, Response, Server, header, media_type, reason};
use crate::program::{Disposition, Errno, Kind, Program, Step, Sys, Wait};
use crate::{Signal, SimTime};
use config::{Config, Directive, Site};
use std::net::Ipv4Addr;

const VERSION: &str = "1.22.1";

/// The program.
#[derive(Clone, Debug, Default)]
pub struct Nginx {
    stage: Stage,
    web: Web,
    server: Server,
    path: String,
    extra: String,
}

#[derive(Clone, Debug, Default)]
enum Stage {
    #[default]
    Start,
    Binding(u32, SimTime),
    Serving,
}

#[derive(Clone, Debug, Default)]
struct Web {
    config: Config,
    turn: usize,
    pid: u32,
}

fn time(sys: &dyn Sys) -> String {
    Moment::from_millis(sys.unix_ms()).format("%Y/%m/%d %H:%M:%S")
}

fn append(sys: &mut dyn Sys, path: &str, text: &str) {
    match path {
        "stderr" | "/dev/stderr" => sys.err(text),
        "/dev/null" | "off" => {}
        path => {
            // A link to a standard stream is the stream.
            match sys.read_link(path).as_deref() {
                Ok("/dev/stdout" | "/proc/self/fd/1") => sys.out(text),
                Ok("/dev/stderr" | "/proc/self/fd/2") => sys.err(text),
                _ => {
                    let _ = sys.write_file(path, text.as_bytes(), true);
                }
            }
        }
    }
}

impl Web {
    fn log(&self, sys: &mut dyn Sys, name: &str, who: u32, text: &str) {
        let line = format!("{} [{name}] {who}#{who}: {text}\n", time(sys));
        let number = config::level(name);
        let mut logs = self.config.error_logs.clone();
        if logs.is_empty() {
            logs.push(("/var/log/nginx/error.log".to_owned(), 4));
        }
        for (path, level) in logs {
            if number <= level {
                append(sys, &path, &line);
            }
        }
    }

    /// The files it logs to.
    fn logs(&self) -> Vec<String> {
        let mut all: Vec<String> = self.config.error_logs.iter().map(|(path, _)| path.clone()).collect();
        for site in &self.config.sites {
            all.extend(Web::scope(site, "/").0.iter().filter(|d| d.name == "access_log").filter_map(|d| d.args.first().cloned()));
        }
        all.sort();
        all.dedup();
        all
    }

    fn worker(&self) -> u32 {
        self.pid + 6
    }

    fn variables(&self, sys: &dyn Sys, incoming: &Incoming, text: &str, response: Option<&Response>) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(rest.get(..at).unwrap_or_default());
            let after = rest.get(at + 1..).unwrap_or_default();
            let (name, tail) = if let Some(inner) = after.strip_prefix('{') {
                inner.split_once('}').unwrap_or((inner, ""))
            } else {
                let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
                after.split_at(end)
            };
            out.push_str(&self.variable(sys, incoming, name, response));
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    fn variable(&self, sys: &dyn Sys, incoming: &Incoming, name: &str, response: Option<&Response>) -> String {
        let request = &incoming.request;
        let dash = |text: Option<&str>| text.unwrap_or(if response.is_some() { "-" } else { "" }).to_owned();
        match name {
            "remote_addr" => incoming.client.to_string(),
            "remote_port" => incoming.client_port.to_string(),
            "remote_user" => dash(None),
            "time_local" => Moment::from_millis(sys.unix_ms()).format("%d/%b/%Y:%H:%M:%S +0000"),
            "time_iso8601" => Moment::from_millis(sys.unix_ms()).format("%Y-%m-%dT%H:%M:%S+00:00"),
            "msec" => format!("{}.{:03}", sys.unix_ms() / 1000, sys.unix_ms() % 1000),
            "request" => request.line(),
            "request_method" => request.method.clone(),
            "request_uri" => request.target.clone(),
            "uri" | "document_uri" => request.path(),
            "args" | "query_string" => request.query().to_owned(),
            "is_args" => (if request.query().is_empty() { "" } else { "?" }).to_owned(),
            "status" => response.map_or(0, |r| r.status).to_string(),
            "body_bytes_sent" => response.map_or(0, |r| if matches!(r.status, 204 | 304) || request.method == "HEAD" { 0 } else { r.body.len() }).to_string(),
            "bytes_sent" => response.map_or(0, |r| r.bytes(false).len()).to_string(),
            "request_time" | "upstream_response_time" => "0.000".to_owned(),
            "request_length" => (request.body.len() + 80).to_string(),
            "scheme" => (if incoming.secure { "https" } else { "http" }).to_owned(),
            "https" => (if incoming.secure { "on" } else { "" }).to_owned(),
            "host" => header(&request.headers, "Host").map(|h| h.split(':').next().unwrap_or(h).to_owned()).unwrap_or_default(),
            "http_host" => header(&request.headers, "Host").unwrap_or("").to_owned(),
            "server_addr" => incoming.local.to_string(),
            "server_port" => incoming.port.to_string(),
            "server_name" => self.site(incoming).and_then(|s| s.names.first().cloned()).unwrap_or_default(),
            "server_protocol" => request.version.clone(),
            "hostname" => sys.hostname().to_string(),
            "nginx_version" => VERSION.to_owned(),
            "pid" => self.worker().to_string(),
            "connection" => incoming.number.to_string(),
            "proxy_host" | "upstream_addr" => dash(None),
            "proxy_add_x_forwarded_for" => match header(&request.headers, "X-Forwarded-For") {
                Some(before) => format!("{before}, {}", incoming.client),
                None => incoming.client.to_string(),
            },
            _ => {
                if let Some(argument) = name.strip_prefix("arg_") {
                    return request
                        .query()
                        .split('&')
                        .find_map(|p| p.split_once('=').filter(|(k, _)| *k == argument))
                        .map(|(_, v)| v.to_owned())
                        .unwrap_or_default();
                }
                match name.strip_prefix("http_") {
                    Some(wanted) => dash(header(&request.headers, &wanted.replace('_', "-"))),
                    None => {
                        let site = self.site(incoming);
                        let set = site
                            .iter()
                            .flat_map(|s| &s.directives)
                            .rfind(|d| d.name == "set" && d.args.first().is_some_and(|a| a.trim_start_matches('$') == name));
                        set.and_then(|d| d.args.get(1)).map(|v| self.variables(sys, incoming, v, response)).unwrap_or_default()
                    }
                }
            }
        }
    }

    fn site(&self, incoming: &Incoming) -> Option<&Site> {
        let host = header(&incoming.request.headers, "Host").map_or("", |h| h.split(':').next().unwrap_or(h));
        let here: Vec<&Site> = self
            .config
            .sites
            .iter()
            .filter(|s| s.listens.iter().any(|l| l.port == incoming.port && (l.address.is_unspecified() || l.address == incoming.local)))
            .collect();
        let matches = |name: &str| {
            name == host
                || name.strip_prefix('*').is_some_and(|suffix| host.ends_with(suffix))
                || name.strip_suffix('*').is_some_and(|prefix| host.starts_with(prefix))
                || name
                    .strip_prefix('~')
                    .is_some_and(|p| Regex::new(p.as_bytes(), Syntax { extended: true, ignore_case: true }).is_ok_and(|r| r.is_match(host.as_bytes())))
        };
        let named = here.iter().find(|s| s.names.iter().any(|n| n == host)).or_else(|| here.iter().find(|s| s.names.iter().any(|n| matches(n))));
        let default = here.iter().find(|s| s.listens.iter().any(|l| l.default && l.port == incoming.port));
        named.or(default).or(here.first()).copied()
    }

    fn page(&self, status: u16) -> Response {
        if matches!(status, 204 | 304) {
            return Response { status, ..Response::default() };
        }
        let words = match status {
            302 => "Found",
            408 => "Request Time-out",
            504 => "Gateway Time-out",
            503 => "Service Temporarily Unavailable",
            405 => "Not Allowed",
            401 => "Authorization Required",
            other => reason(other),
        };
        Response::new(
            status,
            "text/html",
            format!(
                "<html>\r\n<head><title>{status} {words}</title></head>\r\n<body>\r\n<center><h1>{status} {words}</h1></center>\r\n<hr><center>nginx/{VERSION}</center>\r\n</body>\r\n</html>\r\n"
            ),
        )
    }

    fn error(&self, sys: &mut dyn Sys, incoming: &Incoming, what: &str, more: &str) {
        let name = self.site(incoming).and_then(|s| s.names.first().cloned()).unwrap_or_default();
        let host = header(&incoming.request.headers, "Host").unwrap_or("").to_owned();
        self.log(
            sys,
            "error",
            self.worker(),
            &format!(
                "*{} {what}, client: {}, server: {name}, request: \"{}\"{more}, host: \"{host}\"",
                incoming.number,
                incoming.client,
                incoming.request.line()
            ),
        );
    }

    /// The directives that hold for a path: the server's, then those of the location.
    fn scope(site: &Site, path: &str) -> (Vec<Directive>, Option<Directive>) {
        let mut list: Vec<Directive> = site.directives.iter().filter(|d| d.name != "location").cloned().collect();
        let mut locations: Vec<Directive> = site.directives.iter().filter(|d| d.name == "location").cloned().collect();
        let mut chosen = None;
        for _ in 0..5 {
            let Some(location) = pick(&locations, path) else { break };
            let block = location.block.clone().unwrap_or_default();
            for inner in block.iter().filter(|d| d.name != "location") {
                // A directive of the location replaces the inherited one.
                if !matches!(inner.name.as_str(), "add_header" | "set" | "rewrite" | "if" | "allow" | "deny" | "proxy_set_header") {
                    list.retain(|d| d.name != inner.name || d.block.is_some());
                }
                if inner.name == "return" {
                    list.retain(|d| d.name != "return");
                }
                list.push(inner.clone());
            }
            locations = block.into_iter().filter(|d| d.name == "location").collect();
            chosen = Some(location);
        }
        (list, chosen)
    }

    fn serve(&mut self, sys: &mut dyn Sys, incoming: &Incoming, path: &str, depth: u32) -> Answer {
        let Some(site) = self.site(incoming).cloned() else { return Answer::Now(self.page(404)) };
        if depth > 10 {
            self.error(sys, incoming, &format!("rewrite or internal redirection cycle while internally redirecting to \"{path}\""), "");
            return Answer::Now(self.page(500));
        }
        let (list, location) = Web::scope(&site, path);
        let find = |name: &str| list.iter().rfind(|d| d.name == name);
        for directive in list.iter().filter(|d| d.name == "rewrite") {
            let (Some(pattern), Some(replacement)) = (directive.args.first(), directive.args.get(1)) else { continue };
            let Ok(regex) = Regex::new(pattern.as_bytes(), Syntax { extended: true, ignore_case: false }) else { continue };
            let Some(found) = regex.find_at(path.as_bytes(), 0) else { continue };
            let mut new = self.variables(sys, incoming, &group_names(replacement, &found, path), None);
            let flag = directive.args.get(2).map_or("", |f| f.as_str());
            if matches!(flag, "redirect" | "permanent") || new.starts_with("http") {
                return Answer::Now(self.redirect(incoming, if flag == "permanent" { 301 } else { 302 }, &new));
            }
            if let Some((path, _)) = new.split_once('?') {
                new = path.to_owned();
            }
            if flag != "break" && new != path {
                return self.serve(sys, incoming, &new, depth + 1);
            }
        }
        if list.iter().any(|d| d.name == "deny" && d.args.first().is_some_and(|a| a == "all"))
            && !list.iter().any(|d| d.name == "allow" && d.args.first().is_some_and(|a| *a == incoming.client.to_string() || a == "all"))
        {
            self.error(sys, incoming, "access forbidden by rule", "");
            return Answer::Now(self.page(403));
        }
        if let Some(back) = find("return") {
            let first = back.args.first().cloned().unwrap_or_default();
            let text = back.args.get(1).map(|t| self.variables(sys, incoming, t, None));
            return Answer::Now(match first.parse::<u16>() {
                Ok(code @ (301 | 302 | 303 | 307 | 308)) => self.redirect(incoming, code, &text.unwrap_or_default()),
                Ok(code) => match text {
                    Some(text) => {
                        let kind = find("default_type").and_then(|d| d.args.first().cloned()).unwrap_or_else(|| "text/plain".to_owned());
                        Response::new(code, &kind, text)
                    }
                    None => self.page(code),
                },
                Err(_) => {
                    let target = self.variables(sys, incoming, &first, None);
                    self.redirect(incoming, 302, &target)
                }
            });
        }
        if find("stub_status").is_some() {
            return Answer::Now(Response::new(
                200,
                "text/plain",
                format!("Active connections: 1 \nserver accepts handled requests\n {n} {n} {n} \nReading: 0 Writing: 1 Waiting: 0 \n", n = incoming.number),
            ));
        }
        if let Some(pass) = find("proxy_pass") {
            return self.proxy(sys, incoming, path, pass, location.as_ref(), &list);
        }
        self.file(sys, incoming, path, &list, location.as_ref(), depth)
    }

    fn redirect(&self, incoming: &Incoming, status: u16, target: &str) -> Response {
        let mut response = self.page(status);
        let location = if target.starts_with('/') {
            let host = header(&incoming.request.headers, "Host").unwrap_or("localhost");
            format!("{}://{host}{target}", if incoming.secure { "https" } else { "http" })
        } else {
            target.to_owned()
        };
        response.headers.push(("Location".to_owned(), location));
        response
    }

    fn file(&mut self, sys: &mut dyn Sys, incoming: &Incoming, path: &str, list: &[Directive], location: Option<&Directive>, depth: u32) -> Answer {
        let find = |name: &str| list.iter().rfind(|d| d.name == name);
        if !matches!(incoming.request.method.as_str(), "GET" | "HEAD") {
            return Answer::Now(self.page(405));
        }
        let root = find("root").and_then(|d| d.args.first()).map_or_else(|| "/usr/share/nginx/html".to_owned(), |r| self.variables(sys, incoming, r, None));
        let root = if root.starts_with('/') { root } else { format!("/etc/nginx/{root}") };
        let place = |path: &str| match (find("alias").and_then(|d| d.args.first()), location.and_then(|l| l.args.last())) {
            (Some(alias), Some(prefix)) => format!("{alias}{}", path.strip_prefix(prefix.as_str()).unwrap_or(path)),
            _ => format!("{}{path}", root.trim_end_matches('/')),
        };
        if let Some(tries) = find("try_files").filter(|_| depth == 0 || location.is_some_and(|l| l.block.iter().flatten().any(|d| d.name == "try_files"))) {
            let count = tries.args.len();
            for (i, option) in tries.args.iter().enumerate() {
                let text = self.variables(sys, incoming, &option.replace("$uri", path), None);
                if i + 1 == count {
                    if let Some(code) = text.strip_prefix('=').and_then(|c| c.parse().ok()) {
                        return Answer::Now(self.page(code));
                    }
                    let target = text.split('?').next().unwrap_or(&text).to_owned();
                    if target == path {
                        break;
                    }
                    return self.serve(sys, incoming, &target, depth + 1);
                }
                let kind = sys.stat(&place(text.trim_end_matches('/'))).map(|s| s.kind).ok();
                let wanted = if text.ends_with('/') { Kind::Directory } else { Kind::File };
                if kind == Some(wanted) {
                    if text == path {
                        break;
                    }
                    return self.serve(sys, incoming, &text, depth + 1);
                }
            }
        }
        let full = place(path);
        match sys.stat(&full) {
            Ok(stat) if stat.kind == Kind::Directory => {
                if !path.ends_with('/') {
                    return Answer::Now(self.redirect(incoming, 301, &format!("{path}/")));
                }
                let index = find("index").map_or_else(|| vec!["index.html".to_owned()], |d| d.args.clone());
                for name in &index {
                    let candidate = format!("{full}{name}");
                    if sys.stat(&candidate).is_ok_and(|s| s.kind == Kind::File) {
                        return self.serve_file(sys, incoming, &candidate, list);
                    }
                }
                if find("autoindex").and_then(|d| d.args.first()).is_some_and(|a| a == "on") {
                    let mut body = format!(
                        "<html>\r\n<head><title>Index of {path}</title></head>\r\n<body>\r\n<h1>Index of {path}</h1><hr><pre><a href=\"../\">../</a>\r\n"
                    );
                    for entry in sys.read_dir(&full).unwrap_or_default() {
                        let slash = if entry.kind == Kind::Directory { "/" } else { "" };
                        body.push_str(&format!("<a href=\"{0}{slash}\">{0}{slash}</a>\r\n", entry.name));
                    }
                    body.push_str("</pre><hr></body>\r\n</html>\r\n");
                    return Answer::Now(Response::new(200, "text/html", body));
                }
                self.error(sys, incoming, &format!("directory index of \"{full}\" is forbidden"), "");
                Answer::Now(self.page(403))
            }
            Ok(_) => self.serve_file(sys, incoming, &full, list),
            Err(error) => {
                if path.ends_with('/') {
                    self.error(sys, incoming, &format!("\"{full}index.html\" is not found (2: {error})"), "");
                } else {
                    self.error(sys, incoming, &format!("open() \"{full}\" failed (2: {error})"), "");
                }
                Answer::Now(self.page(404))
            }
        }
    }

    fn serve_file(&self, sys: &mut dyn Sys, incoming: &Incoming, path: &str, list: &[Directive]) -> Answer {
        match sys.read_file(path) {
            Ok(data) => {
                let fallback = list.iter().rfind(|d| d.name == "default_type").and_then(|d| d.args.first().cloned()).unwrap_or_else(|| "text/plain".to_owned());
                let kind = match media_type(path) {
                    "application/octet-stream" => fallback.as_str(),
                    known => known,
                };
                let mut response = Response::new(200, kind, data.to_vec());
                if let Ok(stat) = sys.stat(path) {
                    let modified = Moment::from_millis(stat.modified_unix_ms);
                    response.headers.push(("Last-Modified".to_owned(), modified.format("%a, %d %b %Y %H:%M:%S GMT")));
                    response.headers.push(("ETag".to_owned(), format!("\"{:x}-{:x}\"", modified.epoch, data.len())));
                }
                response.headers.push(("Accept-Ranges".to_owned(), "bytes".to_owned()));
                Answer::Now(response)
            }
            Err(error) => {
                self.error(sys, incoming, &format!("open() \"{path}\" failed (13: {error})"), "");
                Answer::Now(self.page(403))
            }
        }
    }

    fn proxy(&mut self, sys: &mut dyn Sys, incoming: &Incoming, path: &str, pass: &Directive, location: Option<&Directive>, list: &[Directive]) -> Answer {
        let text = self.variables(sys, incoming, pass.args.first().map_or("", |a| a), None);
        let Some((secure, authority, tail)) = config::split_url(&text) else { return Answer::Now(self.page(500)) };
        let members = self.config.upstreams.iter().find(|(name, _)| *name == authority).map(|(_, m)| m.clone());
        let (host, port) = match members.filter(|m| !m.is_empty()) {
            Some(members) => {
                self.turn += 1;
                members.get((self.turn - 1) % members.len()).cloned().unwrap_or_default()
            }
            None => config::endpoint(&authority, if secure { 443 } else { 80 }),
        };
        let Some(address) = sys.resolve(&host).ok().and_then(|r| r.addresses.first().copied()) else {
            self.error(sys, incoming, &format!("{host} could not be resolved (3: Host not found)"), "");
            return Answer::Now(self.page(502));
        };
        let query = incoming.request.query();
        let mut target = if tail.is_empty() {
            incoming.request.target.clone()
        } else {
            let prefix = location.and_then(|l| l.args.last()).cloned().unwrap_or_default();
            let rest = path.strip_prefix(prefix.as_str()).unwrap_or(path);
            format!("{tail}{rest}{}{query}", if query.is_empty() { "" } else { "?" })
        };
        if target.is_empty() {
            target.push('/');
        }
        let mut headers: Vec<(String, String)> = vec![("Host".to_owned(), authority.clone()), ("Connection".to_owned(), "close".to_owned())];
        for directive in list.iter().filter(|d| d.name == "proxy_set_header") {
            let (Some(name), Some(value)) = (directive.args.first(), directive.args.get(1)) else { continue };
            let value = self.variables(sys, incoming, value, None);
            headers.retain(|(k, _)| !k.eq_ignore_ascii_case(name));
            if !value.is_empty() {
                headers.push((name.clone(), value));
            }
        }
        for (name, value) in &incoming.request.headers {
            if !name.eq_ignore_ascii_case("Connection") && header(&headers, name).is_none() {
                headers.push((name.clone(), value.clone()));
            }
        }
        headers.retain(|(k, v)| !(k.eq_ignore_ascii_case("Connection") && v == "upgrade"));
        let mut bytes = format!("{} {target} HTTP/1.0\r\n", incoming.request.method).into_bytes();
        for (name, value) in headers {
            bytes.extend(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&incoming.request.body);
        Answer::Proxy { to: address, port, bytes, secure }
    }
}

fn group_names(text: &str, found: &super::engine::regex::Captures, path: &str) -> String {
    let mut out = text.to_owned();
    for n in 1..10usize {
        let part = found.get(n).copied().flatten().and_then(|(a, b)| path.get(a..b)).unwrap_or("");
        out = out.replace(&format!("${n}"), part);
    }
    out
}

fn pick(locations: &[Directive], path: &str) -> Option<Directive> {
    let kind = |d: &Directive| match d.args.as_slice() {
        [modifier, path] => (modifier.clone(), path.clone()),
        [path] => (String::new(), path.clone()),
        _ => (String::new(), "/".to_owned()),
    };
    let mut best: Option<(usize, Directive, bool)> = None;
    for location in locations {
        let (modifier, prefix) = kind(location);
        match modifier.as_str() {
            "=" if prefix == path => return Some(location.clone()),
            "" | "^~" if path.starts_with(&prefix) && !prefix.starts_with('@') && best.as_ref().is_none_or(|(length, ..)| prefix.len() > *length) => {
                best = Some((prefix.len(), location.clone(), modifier == "^~"));
            }
            _ => {}
        }
    }
    if best.as_ref().is_some_and(|(_, _, stop)| *stop) {
        return best.map(|(_, d, _)| d);
    }
    for location in locations {
        let (modifier, pattern) = kind(location);
        if (modifier == "~" || modifier == "~*")
            && Regex::new(pattern.as_bytes(), Syntax { extended: true, ignore_case: modifier == "~*" }).is_ok_and(|r| r.is_match(path.as_bytes()))
        {
            return Some(location.clone());
        }
    }
    best.map(|(_, d, _)| d)
}

impl Handler for Web {
    fn answer(&mut self, sys: &mut dyn Sys, incoming: &Incoming) -> Answer {
        let path = incoming.request.path();
        let answer = self.serve(sys, incoming, &path, 0);
        // `error_page 404 /404.html;`
        if let Answer::Now(response) = &answer
            && response.status >= 400
            && let Some(site) = self.site(incoming).cloned()
        {
            let status = response.status;
            let (list, _) = Web::scope(&site, &path);
            let custom = list.iter().rfind(|d| d.name == "error_page" && d.args.iter().any(|a| *a == status.to_string()));
            if let Some(target) = custom.and_then(|d| d.args.last().cloned()).filter(|t| t.starts_with('/') && *t != path)
                && let Answer::Now(mut page) = self.serve(sys, incoming, &target, 1)
                && page.status == 200
            {
                page.status = custom.and_then(|d| d.args.iter().find_map(|a| a.strip_prefix('=').and_then(|c| c.parse().ok()))).unwrap_or(status);
                return Answer::Now(page);
            }
        }
        answer
    }

    fn done(&mut self, sys: &mut dyn Sys, incoming: &Incoming, response: &mut Response) {
        let site = self.site(incoming).cloned();
        let list = site.as_ref().map(|s| Web::scope(s, &incoming.request.path()).0).unwrap_or_default();
        let tokens = list.iter().rfind(|d| d.name == "server_tokens").is_none_or(|d| d.args.first().is_none_or(|a| a != "off"));
        response.headers.retain(|(k, _)| !k.eq_ignore_ascii_case("Server") && !k.eq_ignore_ascii_case("Date"));
        response.headers.insert(0, ("Server".to_owned(), if tokens { format!("nginx/{VERSION}") } else { "nginx".to_owned() }));
        response.headers.insert(1, ("Date".to_owned(), Moment::from_millis(sys.unix_ms()).format("%a, %d %b %Y %H:%M:%S GMT")));
        for directive in list.iter().filter(|d| d.name == "add_header") {
            if let (Some(name), Some(value)) = (directive.args.first(), directive.args.get(1)) {
                let value = self.variables(sys, incoming, value, None);
                response.headers.push((name.clone(), value));
            }
        }
        let logs: Vec<Directive> = match list.iter().rposition(|d| d.name == "access_log") {
            Some(last) => list.get(last).cloned().into_iter().collect(),
            None => Vec::new(),
        };
        let (path, format) = match logs.first() {
            Some(log) => (log.args.first().cloned().unwrap_or_default(), log.args.get(1).cloned().unwrap_or_else(|| "combined".to_owned())),
            None => ("/var/log/nginx/access.log".to_owned(), "combined".to_owned()),
        };
        if path == "off" {
            return;
        }
        const COMBINED: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"";
        let text = self.config.formats.iter().find(|(name, _)| *name == format).map_or(COMBINED, |(_, text)| text).to_owned();
        let line = self.variables(sys, incoming, &text, Some(response)) + "\n";
        append(sys, &path, &line);
    }

    fn failed(&mut self, sys: &mut dyn Sys, incoming: &Incoming, error: Errno) -> Response {
        let (number, status) = match error {
            Errno::TimedOut => (110, 504),
            Errno::HostUnreach => (113, 502),
            Errno::ConnReset => (104, 502),
            _ => (111, 502),
        };
        let what = if error == Errno::TimedOut {
            "upstream timed out (110: Connection timed out) while connecting to upstream".to_owned()
        } else {
            format!("connect() failed ({number}: {error}) while connecting to upstream")
        };
        let site = self.site(incoming).cloned();
        let (list, _) = site.as_ref().map(|s| Web::scope(s, &incoming.request.path())).unwrap_or_default();
        let upstream = list.iter().rfind(|d| d.name == "proxy_pass").and_then(|d| d.args.first().cloned()).unwrap_or_default();
        self.error(sys, incoming, &what, &format!(", upstream: \"{}{}\"", upstream.trim_end_matches('/'), incoming.request.target));
        self.page(status)
    }
}

impl Nginx {
    fn configure(&mut self, sys: &mut dyn Sys) -> Result<Config, String> {
        let data = sys.read_file(&self.path).map_err(|e| format!("open() \"{}\" failed (2: {e})", self.path))?;
        let mut directives = config::parse(sys, self.extra.as_bytes(), "command line", 0)?;
        directives.extend(config::parse(sys, &data, &self.path, 0)?);
        config::load(sys, &directives, &self.path)
    }

    fn start(&mut self, sys: &mut dyn Sys) -> Option<Step> {
        self.path = "/etc/nginx/nginx.conf".to_owned();
        self.web.pid = sys.pid();
        let args = sys.args();
        let mut at = 1;
        let (mut test, mut quiet, mut dump, mut signal) = (false, false, false, None);
        while let Some(arg) = args.get(at).cloned() {
            at += 1;
            let Some(letters) = arg.strip_prefix('-') else {
                sys.err(&format!("nginx: invalid option: \"{arg}\"\n"));
                return Some(Step::Done(1));
            };
            for (i, letter) in letters.char_indices() {
                match letter {
                    't' => test = true,
                    'T' => {
                        test = true;
                        dump = true;
                    }
                    'q' => quiet = true,
                    'v' | 'V' => {
                        sys.err(&format!("nginx version: nginx/{VERSION}\n"));
                        return Some(Step::Done(0));
                    }
                    'c' | 'g' | 's' | 'p' | 'e' => {
                        let inline = letters.get(i + 1..).unwrap_or_default();
                        let value = if inline.is_empty() {
                            at += 1;
                            args.get(at - 1).map(ToString::to_string)
                        } else {
                            Some(inline.to_owned())
                        };
                        let Some(value) = value else {
                            sys.err(&format!("nginx: option \"-{letter}\" requires parameter\n"));
                            return Some(Step::Done(1));
                        };
                        match letter {
                            'c' => self.path = if value.starts_with('/') { value } else { format!("/etc/nginx/{value}") },
                            'g' => self.extra = value,
                            's' => signal = Some(value),
                            _ => {}
                        }
                        break;
                    }
                    'h' | '?' => {
                        sys.err(&format!("nginx version: nginx/{VERSION}\nUsage: nginx [-?hvVtTq] [-s signal] [-p prefix]\n             [-e filename] [-c filename] [-g directives]\n"));
                        return Some(Step::Done(0));
                    }
                    other => {
                        sys.err(&format!("nginx: invalid option: \"{other}\"\n"));
                        return Some(Step::Done(1));
                    }
                }
            }
        }
        if let Some(word) = &signal
            && !matches!(word.as_str(), "stop" | "quit" | "reload" | "reopen")
        {
            sys.err(&format!("nginx: invalid option: \"-s {word}\"\n"));
            return Some(Step::Done(1));
        }
        let pid = self.web.pid;
        match self.configure(sys) {
            Ok(config) => self.web.config = config,
            Err(problem) => {
                let line = format!("{} [emerg] {pid}#{pid}: {problem}\n", time(sys));
                append(sys, "/var/log/nginx/error.log", &line);
                if test {
                    sys.err(&format!("nginx: configuration file {} test failed\n", self.path));
                }
                return Some(Step::Done(1));
            }
        }
        if test {
            if !quiet {
                sys.err(&format!("nginx: the configuration file {0} syntax is ok\nnginx: configuration file {0} test is successful\n", self.path));
            }
            if dump && let Ok(data) = sys.read_file(&self.path) {
                sys.out(&format!("# configuration file {}:\n{}", self.path, super::engine::text::lossy(&data)));
            }
            return Some(Step::Done(0));
        }
        if let Some(word) = signal {
            self.web.log(sys, "notice", pid, "signal process started");
            let file = self.web.config.pid_file.clone();
            let target = match sys.read_file(&file) {
                Ok(data) => super::engine::text::lossy(&data).trim().parse::<i64>().ok(),
                Err(error) => {
                    self.web.log(sys, "error", pid, &format!("open() \"{file}\" failed (2: {error})"));
                    sys.err("");
                    return Some(Step::Done(1));
                }
            };
            let which = match word.as_str() {
                "stop" => Signal::Term,
                "quit" => Signal::Quit,
                "reload" => Signal::Hup,
                _ => Signal::Usr1,
            };
            let Some(target) = target else {
                self.web.log(sys, "error", pid, &format!("invalid PID number \"\" in \"{file}\""));
                return Some(Step::Done(1));
            };
            return Some(match sys.kill(target, Some(which)) {
                Ok(()) => Step::Done(0),
                Err(error) => {
                    self.web.log(sys, "alert", pid, &format!("kill({target}, {}) failed (3: {error})", if which == Signal::Quit { 3 } else { 15 }));
                    Step::Done(1)
                }
            });
        }
        for path in self.web.logs() {
            // Log files are there from the start, empty.
            append(sys, &path, "");
        }
        self.stage = Stage::Binding(0, sys.now());
        None
    }

    fn bind(&mut self, sys: &mut dyn Sys) -> Result<(), (Ipv4Addr, u16, Errno)> {
        let mut wanted: Vec<(Ipv4Addr, u16, Option<String>)> = Vec::new();
        for site in &self.web.config.sites {
            for listen in &site.listens {
                if listen.six && site.listens.iter().any(|l| l.port == listen.port && !l.six) {
                    continue;
                }
                let tls = listen.ssl.then(|| format!("CN={}", site.names.first().map_or("nginx", |n| n)));
                match wanted.iter_mut().find(|(a, p, _)| (*a, *p) == (listen.address, listen.port)) {
                    Some(entry) => entry.2 = entry.2.take().or(tls),
                    None => wanted.push((listen.address, listen.port, tls)),
                }
            }
        }
        for (address, port, tls) in wanted {
            if let Err(error) = self.server.listen(sys, address, port, false, tls) {
                self.server.close(sys);
                return Err((address, port, error));
            }
        }
        Ok(())
    }

    fn up(&mut self, sys: &mut dyn Sys) {
        self.web.pid = sys.pid();
        let pid = self.web.pid;
        self.web.log(sys, "notice", pid, "using the \"epoll\" event method");
        self.web.log(sys, "notice", pid, &format!("nginx/{VERSION}"));
        self.web.log(sys, "notice", pid, "OS: Linux 6.12.43");
        self.web.log(sys, "notice", pid, "getrlimit(RLIMIT_NOFILE): 20000:20000");
        let file = self.web.config.pid_file.clone();
        let _ = sys.write_file(&file, format!("{pid}\n").as_bytes(), false);
        self.web.log(sys, "notice", pid, "start worker processes");
        let worker = self.web.worker();
        self.web.log(sys, "notice", pid, &format!("start worker process {worker}"));
        self.stage = Stage::Serving;
    }
}

impl Program for Nginx {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if matches!(self.stage, Stage::Start)
            && let Some(step) = self.start(sys)
        {
            return step;
        }
        if let Stage::Binding(tries, at) = self.stage {
            if sys.now() < at {
                return Step::Wait(Wait::until(at));
            }
            let pid = self.web.pid;
            if tries == 99 {
                self.web.log(sys, "emerg", pid, "still could not bind()");
                sys.err("nginx: [emerg] still could not bind()\n");
                return Step::Done(1);
            }
            if let Err((address, port, error)) = self.bind(sys) {
                let number = if error == Errno::Acces { 13 } else { 98 };
                let text = format!("bind() to {address}:{port} failed ({number}: {error})");
                self.web.log(sys, "emerg", pid, &text);
                sys.err(&format!("nginx: [emerg] {text}\n"));
                if error != Errno::AddrInUse {
                    return Step::Done(1);
                }
                self.web.log(sys, "notice", pid, "try again to bind() after 500ms");
                if tries >= 4 {
                    // The last pause comes before the end as well.
                    self.stage = Stage::Binding(99, sys.now() + 500);
                    return Step::Wait(Wait::until(sys.now() + 500));
                }
                self.stage = Stage::Binding(tries + 1, sys.now() + 500);
                return Step::Wait(Wait::until(sys.now() + 500));
            }
            if self.web.config.daemon {
                let mut child = self.clone();
                child.web.config.daemon = false;
                child.stage = Stage::Binding(100, sys.now());
                child.server = Server::default();
                self.server.close(sys);
                let _ = sys.fork(Box::new(child), &[], &[]);
                return Step::Done(0);
            }
            self.up(sys);
        }
        while let Some(signal) = sys.take_signal() {
            let pid = self.web.pid;
            let worker = self.web.worker();
            let (number, name, words) = match signal {
                Signal::Quit => (3, "SIGQUIT", "shutting down"),
                Signal::Int => (2, "SIGINT", "exiting"),
                Signal::Hup => (1, "SIGHUP", "reconfiguring"),
                Signal::Usr1 => (10, "SIGUSR1", "reopening logs"),
                Signal::Winch => (28, "SIGWINCH", "gracefully shutting down"),
                _ => (15, "SIGTERM", "exiting"),
            };
            self.web.log(sys, "notice", pid, &format!("signal {number} ({name}) received, {words}"));
            match signal {
                Signal::Hup => match self.configure(sys) {
                    Ok(config) => {
                        self.web.log(sys, "notice", pid, "reconfiguring");
                        self.server.close(sys);
                        self.web.config = config;
                        if let Err((address, port, error)) = self.bind(sys) {
                            self.web.log(sys, "emerg", pid, &format!("bind() to {address}:{port} failed (98: {error})"));
                        }
                        self.web.log(sys, "notice", pid, "start worker processes");
                        self.web.log(sys, "notice", pid, &format!("start worker process {}", worker + 1));
                    }
                    Err(problem) => self.web.log(sys, "emerg", pid, &problem),
                },
                Signal::Usr1 | Signal::Winch => {}
                _ => {
                    if signal == Signal::Quit {
                        self.web.log(sys, "notice", worker, "gracefully shutting down");
                    }
                    self.web.log(sys, "notice", worker, "exiting");
                    self.web.log(sys, "notice", worker, "exit");
                    self.web.log(sys, "notice", pid, &format!("signal 17 (SIGCHLD) received from {worker}"));
                    self.web.log(sys, "notice", pid, &format!("worker process {worker} exited with code 0"));
                    self.web.log(sys, "notice", pid, "exit");
                    let file = self.web.config.pid_file.clone();
                    let _ = sys.unlink(&file);
                    self.server.close(sys);
                    return Step::Done(0);
                }
            }
        }
        self.server.poll(sys, &mut self.web);
        Step::Wait(self.server.wait())
    }

    fn disposition(&self, signal: Signal) -> Disposition {
        match signal {
            Signal::Term | Signal::Int | Signal::Quit | Signal::Hup | Signal::Usr1 | Signal::Winch if matches!(self.stage, Stage::Serving) => {
                Disposition::Handle
            }
            Signal::Pipe => Disposition::Ignore,
            _ => Disposition::Default,
        }
    }
}
