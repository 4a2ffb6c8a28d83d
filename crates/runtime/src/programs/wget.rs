//! `wget` and `curl`.

use super::http::{Response, complete, header, parse_response};
use super::plain::{Io, Options, Run, Stop};
use crate::program::Errno;
use crate::tls;
use std::{net::Ipv4Addr, rc::Rc};

/// A URL taken apart.
#[derive(Clone, Debug)]
struct Url {
    secure: bool,
    host: String,
    port: u16,
    path: String,
    user: Option<String>,
    explicit_port: bool,
}

fn parse(text: &str) -> Option<Url> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "http" => false,
        "https" => true,
        _ => return None,
    };
    let (authority, path) = match rest.find(['/', '?']) {
        Some(at) => (rest.get(..at)?, rest.get(at..)?),
        None => (rest, "/"),
    };
    let (user, authority) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, authority),
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (authority, None),
    };
    let path = path.split('#').next().unwrap_or("/");
    let path = if path.starts_with('?') { format!("/{path}") } else { path.to_owned() };
    Some(Url { secure, host: host.to_owned(), port: port.unwrap_or(if secure { 443 } else { 80 }), path, user, explicit_port: port.is_some() })
}

enum Failure {
    Lookup,
    Connect(Ipv4Addr, Errno, u64),
    Certificate(String),
    NoTls,
    Empty,
    Timeout(u64),
    Garbage(Vec<u8>),
}

struct Ask<'a> {
    url: &'a Url,
    method: &'a str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    connect_patience: u64,
    patience: u64,
    insecure: bool,
}

struct Got {
    response: Response,
    address: Ipv4Addr,
    sent: Vec<u8>,
    subject: Option<String>,
}

fn fetch(io: &mut Io<'_>, ask: &Ask<'_>, connecting: impl FnOnce(&mut Io<'_>, Ipv4Addr)) -> Result<Result<Got, Failure>, Stop> {
    let target = format!(
        "{}://{}{}{}",
        if ask.url.secure { "https" } else { "http" },
        ask.url.host,
        if ask.url.explicit_port { format!(":{}", ask.url.port) } else { String::new() },
        ask.url.path
    );
    let started = io.now();
    let address = match io.resolve(&ask.url.host) {
        Ok(found) => found.addresses.first().copied().unwrap_or(Ipv4Addr::LOCALHOST),
        Err(_) => {
            io.once(|sys| sys.note_request(&target, None, "no such host"));
            return Ok(Err(Failure::Lookup));
        }
    };
    connecting(io, address);
    let fd = match io.connect(address, ask.url.port, ask.connect_patience)? {
        Ok(fd) => fd,
        Err(error) => {
            io.once(|sys| sys.note_request(&target, None, error.text()));
            let waited = io.now().since(started);
            return Ok(Err(Failure::Connect(address, error, waited)));
        }
    };
    let answered_by = io.once(|sys| sys.peer_container(fd));
    let mut subject = None;
    let mut sent = format!("{} {} HTTP/1.1\r\n", ask.method, ask.url.path).into_bytes();
    for (name, value) in &ask.headers {
        sent.extend(format!("{name}: {value}\r\n").as_bytes());
    }
    sent.extend(b"\r\n");
    sent.extend(&ask.body);
    if ask.url.secure {
        let _ = io.write(fd, &tls::hello(&ask.url.host));
        let reply = match io.receive_until(fd, ask.patience, |d| d.contains(&b'\n'))? {
            Ok(reply) => reply,
            Err(_) => {
                io.close(fd);
                return Ok(Err(Failure::Timeout(ask.patience)));
            }
        };
        if reply.first() != Some(&tls::MARK) {
            io.close(fd);
            io.once(|sys| sys.note_request(&target, answered_by, "no TLS"));
            return Ok(Err(Failure::NoTls));
        }
        let text = super::engine::text::lossy(&reply);
        let mut words = text.trim_start_matches('\u{16}').trim().splitn(3, ' ').skip(1);
        let trusted = words.next() == Some("trusted");
        let name = words.next().unwrap_or("").to_owned();
        if !trusted && !ask.insecure {
            io.close(fd);
            io.once(|sys| sys.note_request(&target, answered_by, "certificate not trusted"));
            return Ok(Err(Failure::Certificate(name)));
        }
        subject = Some(name);
    }
    let _ = io.write(fd, &sent);
    let answer = if ask.method == "HEAD" {
        io.receive_until(fd, ask.patience, |d| d.windows(4).any(|w| w == b"\r\n\r\n"))?
    } else {
        io.receive_until(fd, ask.patience, complete)?
    };
    io.close(fd);
    let data = match answer {
        Ok(data) => data,
        Err(Errno::TimedOut) => {
            io.once(|sys| sys.note_request(&target, answered_by, "timed out"));
            return Ok(Err(Failure::Timeout(ask.patience)));
        }
        Err(_) => Vec::new(),
    };
    let Some(response) = parse_response(&data) else {
        return Ok(Err(if data.is_empty() { Failure::Empty } else { Failure::Garbage(data) }));
    };
    let status = response.status.to_string();
    io.once(|sys| sys.note_request(&target, answered_by, &status));
    Ok(Ok(Got { response, address, sent, subject }))
}

fn host_header(url: &Url) -> String {
    if url.explicit_port { format!("{}:{}", url.host, url.port) } else { url.host.clone() }
}

fn follow(url: &Url, response: &Response) -> Option<Url> {
    let location = header(&response.headers, "Location").filter(|_| matches!(response.status, 301 | 302 | 303 | 307 | 308))?;
    if location.starts_with('/') { Some(Url { path: location.to_owned(), ..url.clone() }) } else { parse(location) }
}

/// The program `wget`.
pub fn wget(io: &mut Io<'_>) -> Run {
    let long = [
        ("quiet", 'q'),
        ("output-document", 'O'),
        ("timeout", 'T'),
        ("server-response", 'S'),
        ("spider", 'Z'),
        ("header", 'H'),
        ("post-data", 'D'),
        ("post-file", 'F'),
        ("user-agent", 'U'),
        ("no-check-certificate", 'K'),
        ("tries", 't'),
        ("continue", 'c'),
        ("directory-prefix", 'P'),
        ("proxy", 'Y'),
        ("no-verbose", 'n'),
        ("retry-connrefused", 'R'),
        ("waitretry", 'W'),
        ("method", 'M'),
        ("no-cache", 'X'),
        ("output-file", 'o'),
    ];
    // `-nv` and friends of the GNU program.
    io.args.iter_mut().for_each(|a| {
        if &**a == "-nv" {
            *a = "--no-verbose".into();
        }
    });
    let options = io.options("qO:T:SZH:D:F:U:Kt:cP:Y:nRW:M:Xo:", &long)?;
    let quiet = options.has('q');
    let Some(text) = options.operand(0) else {
        if io.gnu() {
            io.err_raw("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n");
            return Ok(1);
        }
        return io.usage(1);
    };
    let Some(mut url) = parse(&text) else { return io.fail(1, format!("not an http or ftp url: {text}")) };
    let patience = options.value('T').and_then(|t| t.parse::<u64>().ok()).map_or(900_000, |t| t * 1000);
    let agent = options.value('U').unwrap_or_else(|| if io.gnu() { "Wget/1.21.3".into() } else { "Wget".into() });
    let mut tries = 0;
    let got = loop {
        tries += 1;
        let post = options.value('D').map(|d| d.as_bytes().to_vec()).or(match options.value('F') {
            Some(path) => io.read_file(&path).ok().map(|d| d.to_vec()),
            None => None,
        });
        let mut headers = vec![("Host".to_owned(), host_header(&url))];
        let own: Vec<(String, String)> =
            options.values('H').iter().filter_map(|h| h.split_once(':')).map(|(k, v)| (k.trim().to_owned(), v.trim().to_owned())).collect();
        if !own.iter().any(|(k, _)| k.eq_ignore_ascii_case("User-Agent")) {
            headers.push(("User-Agent".to_owned(), agent.to_string()));
        }
        headers.push(("Connection".to_owned(), "close".to_owned()));
        if let Some(user) = &url.user {
            headers.push(("Authorization".to_owned(), format!("Basic {}", super::encoding::encode(user.as_bytes()))));
        }
        headers.extend(own);
        if let Some(body) = &post {
            headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
            headers.push(("Content-Length".to_owned(), body.len().to_string()));
        }
        let spider = options.has('Z');
        let method = if post.is_some() {
            "POST"
        } else if spider && io.gnu() {
            "HEAD"
        } else {
            "GET"
        };
        let ask = Ask {
            url: &url,
            method,
            headers,
            body: post.unwrap_or_default(),
            connect_patience: patience.min(127_000),
            patience,
            insecure: options.has('K') || !io.gnu(),
        };
        let shown = host_header(&url);
        let port = url.port;
        let result = fetch(io, &ask, |io, address| {
            if !quiet && !io.gnu() {
                io.err_raw(&format!("Connecting to {shown} ({address}:{port})\n"));
            }
        })?;
        match result {
            Ok(got) => {
                if options.has('S') {
                    let mut text = format!("  {}\n", got.response.line);
                    for (name, value) in &got.response.headers {
                        text.push_str(&format!("  {name}: {value}\n"));
                    }
                    text.push_str("  \n");
                    io.err_raw(&text);
                }
                if let Some(next) = follow(&url, &got.response).filter(|_| tries < 20) {
                    url = next;
                    continue;
                }
                break got;
            }
            Err(failure) => return wget_failed(io, &url, quiet, failure),
        }
    };
    let status = got.response.status;
    if !(200..300).contains(&status) {
        if io.gnu() {
            if !quiet {
                io.err_raw(&format!(
                    "{} ERROR {status}: {}.\n",
                    super::engine::clock::Moment::from_millis(io.sys().unix_ms()).format("%Y-%m-%d %H:%M:%S"),
                    super::http::reason(status)
                ));
            }
            return Ok(8);
        }
        return io.fail(1, format!("server returned error: {}", got.response.line));
    }
    if options.has('Z') {
        if !quiet {
            io.err_raw("remote file exists\n");
        }
        return Ok(0);
    }
    save(io, &options, &url, &got, quiet)
}

fn save(io: &mut Io<'_>, options: &Options, url: &Url, got: &Got, quiet: bool) -> Run {
    let name = match options.value('O') {
        Some(name) => name,
        None => {
            let last = url.path.split('?').next().unwrap_or("").rsplit('/').next().unwrap_or("");
            let name = if last.is_empty() { "index.html" } else { last };
            match options.value('P') {
                Some(directory) => Rc::from(super::files::join(&directory, name)),
                None => Rc::from(name),
            }
        }
    };
    let _ = got.address;
    if &*name == "-" {
        if !quiet {
            io.err_raw("writing to stdout\n");
        }
        io.out(&got.response.body);
        io.flush();
        if !quiet {
            io.err_raw(&format!(
                "-                    100% |********************************| {:>5}  0:00:00 ETA\nwritten to stdout\n",
                got.response.body.len()
            ));
        }
        return Ok(0);
    }
    if options.value('O').is_none() && io.stat(&name).is_ok() && !io.gnu() {
        return io.fail(1, format!("can't open '{name}': File exists"));
    }
    if !quiet {
        io.err_raw(&format!("saving to '{name}'\n"));
    }
    if let Err(error) = io.write_file(&name, &got.response.body, false) {
        return io.fail(1, format!("can't open '{name}': {error}"));
    }
    if !quiet {
        let shown: String = super::files::base(&name).chars().take(20).collect();
        io.err_raw(&format!("{shown:<20} 100% |********************************| {:>5}  0:00:00 ETA\n'{name}' saved\n", got.response.body.len()));
    }
    Ok(0)
}

fn wget_failed(io: &mut Io<'_>, url: &Url, quiet: bool, failure: Failure) -> Run {
    let gnu = io.gnu();
    let (code, text) = match failure {
        Failure::Lookup if gnu => (4, format!("unable to resolve host address '{}'", url.host)),
        Failure::Lookup => (1, format!("bad address '{}'", host_header(url))),
        Failure::Connect(_, Errno::TimedOut, _) if !gnu => (1, "download timed out".to_owned()),
        Failure::Connect(_, error, _) if gnu => {
            if !quiet {
                io.err_raw(&format!("Connecting to {}:{}... failed: {error}.\n", url.host, url.port));
            }
            return Ok(4);
        }
        Failure::Connect(address, error, _) => (1, format!("can't connect to remote host ({address}): {error}")),
        Failure::Certificate(name) => (
            5,
            format!(
                "cannot verify {}'s certificate, issued by '{name}':\n  Self-signed certificate encountered.\nTo connect to {} insecurely, use `--no-check-certificate'.",
                url.host, url.host
            ),
        ),
        Failure::NoTls => (1, "TLS error from peer (alert code 80): internal error".to_owned()),
        Failure::Timeout(_) => (if gnu { 4 } else { 1 }, "download timed out".to_owned()),
        Failure::Empty => (1, "error getting response".to_owned()),
        Failure::Garbage(data) => {
            let text = super::engine::text::lossy(&data);
            (1, format!("bad header line: {}", text.lines().next().unwrap_or("")))
        }
    };
    if !(gnu && quiet) {
        io.err(text);
    }
    Ok(code)
}

/// The program `curl`.
pub fn curl(io: &mut Io<'_>) -> Run {
    let long = [
        ("silent", 's'),
        ("show-error", 'S'),
        ("output", 'o'),
        ("remote-name", 'O'),
        ("head", 'I'),
        ("include", 'i'),
        ("verbose", 'v'),
        ("insecure", 'k'),
        ("location", 'L'),
        ("request", 'X'),
        ("data", 'd'),
        ("data-raw", 'd'),
        ("data-binary", 'd'),
        ("json", 'J'),
        ("header", 'H'),
        ("fail", 'f'),
        ("write-out", 'w'),
        ("max-time", 'm'),
        ("connect-timeout", 'c'),
        ("user", 'u'),
        ("user-agent", 'A'),
        ("retry", 'r'),
        ("retry-delay", 'y'),
        ("retry-connrefused", 'R'),
        ("cacert", 'C'),
        ("cert", 'E'),
        ("key", 'K'),
        ("resolve", 'T'),
        ("http1.1", '0'),
        ("compressed", 'z'),
        ("no-progress-meter", 'N'),
        ("url", 'U'),
        ("get", 'G'),
        ("version", 'V'),
        ("upload-file", 'F'),
        ("retry-all-errors", 'R'),
        ("ipv4", '4'),
    ];
    let options = io.options("sSo:OIivkLX:d:J:H:fw:m:c:u:A:r:y:RC:E:K:T:0zNU:GVF:4g#", &long)?;
    if options.has('V') {
        io.outln("curl 8.5.0 (x86_64-pc-linux-gnu) libcurl/8.5.0\nProtocols: http https");
        return Ok(0);
    }
    let mut urls = options.operands.clone();
    urls.extend(options.values('U'));
    if urls.is_empty() {
        io.err_raw("curl: try 'curl --help' or 'curl --manual' for more information\n");
        return Ok(2);
    }
    let loud = !options.has('s') || options.has('S');
    let seconds = |l: char| options.value(l).and_then(|m| m.parse::<f64>().ok()).map(|m| (m * 1000.0) as u64);
    let mut code = 0;
    let attempts = options.value('r').and_then(|r| r.parse::<u32>().ok()).unwrap_or(0);
    for text in urls {
        let Some(mut url) = parse(&text) else {
            io.err_raw(&format!("curl: (1) Protocol \"{}\" not supported\n", text.split(':').next().unwrap_or("")));
            return Ok(1);
        };
        let mut hops = 0;
        let mut tried = 0;
        code = loop {
            let data: Vec<String> = options.values('d').iter().chain(&options.values('J')).map(ToString::to_string).collect();
            let mut body = data.join("&").into_bytes();
            if let Some(path) = data.first().and_then(|d| d.strip_prefix('@')) {
                let path = path.to_owned();
                body = match io.input(&path)? {
                    Ok(found) => found.to_vec(),
                    Err(_) => Vec::new(),
                };
            }
            let method = options.value('X').unwrap_or_else(|| {
                if options.has('I') {
                    "HEAD".into()
                } else if data.is_empty() || options.has('G') {
                    "GET".into()
                } else {
                    "POST".into()
                }
            });
            let mut headers = vec![("Host".to_owned(), host_header(&url))];
            if let Some(user) = options.value('u').map(|u| u.to_string()).or_else(|| url.user.clone()) {
                headers.push(("Authorization".to_owned(), format!("Basic {}", super::encoding::encode(user.as_bytes()))));
            }
            let own: Vec<(String, String)> =
                options.values('H').iter().filter_map(|h| h.split_once(':')).map(|(k, v)| (k.trim().to_owned(), v.trim().to_owned())).collect();
            if !own.iter().any(|(k, _)| k.eq_ignore_ascii_case("User-Agent")) {
                headers.push(("User-Agent".to_owned(), options.value('A').map_or_else(|| "curl/8.5.0".to_owned(), |a| a.to_string())));
            }
            headers.push(("Accept".to_owned(), "*/*".to_owned()));
            for (name, value) in own {
                headers.retain(|(k, _)| !k.eq_ignore_ascii_case(&name));
                headers.push((name, value));
            }
            if !body.is_empty() {
                let kind = if options.has('J') { "application/json" } else { "application/x-www-form-urlencoded" };
                if header(&headers, "Content-Type").is_none() {
                    headers.push(("Content-Type".to_owned(), kind.to_owned()));
                }
                headers.push(("Content-Length".to_owned(), body.len().to_string()));
            }
            let patience = seconds('m').unwrap_or(600_000);
            let ask = Ask {
                url: &url,
                method: &method,
                headers,
                body,
                connect_patience: seconds('c').unwrap_or(patience).min(134_000),
                patience,
                insecure: options.has('k') || options.has('C'),
            };
            let verbose = options.has('v');
            let (shown, port) = (url.host.clone(), url.port);
            let result = fetch(io, &ask, |io, address| {
                if verbose {
                    io.err_raw(&format!("*   Trying {address}:{port}...\n"));
                    let _ = &shown;
                }
            })?;
            match result {
                Ok(got) => {
                    if let Some(next) = follow(&url, &got.response).filter(|_| options.has('L')) {
                        hops += 1;
                        if hops <= 50 {
                            url = next;
                            continue;
                        }
                    }
                    break curl_show(io, &options, &url, &got)?;
                }
                Err(failure) => {
                    if tried < attempts && (options.has('R') || matches!(failure, Failure::Timeout(_))) {
                        tried += 1;
                        let pause = seconds('y').unwrap_or(1000 << tried.min(8));
                        io.sleep(pause)?;
                        continue;
                    }
                    let (code, text) = curl_failure(&url, &failure);
                    if options.has('w') {
                        let format = options.value('w').unwrap_or_else(|| "".into());
                        let shown = write_out(&format, 0, &url, 0);
                        io.out(shown);
                        io.flush();
                    }
                    if loud {
                        io.err_raw(&format!("curl: ({code}) {text}\n"));
                    }
                    break code;
                }
            }
        };
    }
    Ok(code)
}

fn curl_failure(url: &Url, failure: &Failure) -> (i32, String) {
    match failure {
        Failure::Lookup => (6, format!("Could not resolve host: {}", url.host)),
        Failure::Connect(_, Errno::TimedOut, waited) => (28, format!("Failed to connect to {} port {} after {waited} ms: Timeout was reached", url.host, url.port)),
        Failure::Connect(_, Errno::HostUnreach, waited) => (7, format!("Failed to connect to {} port {} after {waited} ms: No route to host", url.host, url.port)),
        Failure::Connect(_, _, waited) => (7, format!("Failed to connect to {} port {} after {waited} ms: Couldn't connect to server", url.host, url.port)),
        Failure::Certificate(_) => (
            60,
            "SSL certificate problem: self-signed certificate\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the web page mentioned above.".to_owned(),
        ),
        Failure::NoTls => (35, "OpenSSL/3.0.13: error:0A00010B:SSL routines::wrong version number".to_owned()),
        Failure::Timeout(after) => (28, format!("Operation timed out after {after} milliseconds with 0 bytes received")),
        Failure::Empty => (52, "Empty reply from server".to_owned()),
        Failure::Garbage(_) => (1, "Received HTTP/0.9 when not allowed".to_owned()),
    }
}

fn write_out(format: &str, status: u16, url: &Url, size: usize) -> Vec<u8> {
    let text = super::engine::text::unescape(format.as_bytes(), false).bytes;
    super::engine::text::lossy(&text)
        .replace("%{http_code}", &format!("{status:03}"))
        .replace("%{response_code}", &format!("{status:03}"))
        .replace("%{size_download}", &size.to_string())
        .replace("%{time_total}", "0.001234")
        .replace("%{url_effective}", &format!("{}://{}{}", if url.secure { "https" } else { "http" }, host_header(url), url.path))
        .into_bytes()
}

fn curl_show(io: &mut Io<'_>, options: &Options, url: &Url, got: &Got) -> Run {
    let response = &got.response;
    if options.has('v') {
        let mut text = format!("* Connected to {} ({}) port {}\n", url.host, got.address, url.port);
        if let Some(subject) = &got.subject {
            text.push_str(&format!("* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384\n* Server certificate:\n*  subject: {subject}\n"));
        }
        for line in super::engine::text::lossy(&got.sent).split("\r\n\r\n").next().unwrap_or("").lines() {
            text.push_str(&format!("> {line}\n"));
        }
        text.push_str(&format!("> \n< {}\n", response.line));
        for (name, value) in &response.headers {
            text.push_str(&format!("< {name}: {value}\n"));
        }
        text.push_str("< \n");
        io.err_raw(&text);
    }
    if options.has('f') && response.status >= 400 {
        if !options.has('s') || options.has('S') {
            io.err_raw(&format!("curl: (22) The requested URL returned error: {}\n", response.status));
        }
        if let Some(format) = options.value('w') {
            let shown = write_out(&format, response.status, url, 0);
            io.out(shown);
        }
        return Ok(22);
    }
    let mut text = Vec::new();
    if options.has('i') || options.has('I') {
        text.extend(format!("{}\r\n", response.line).as_bytes());
        for (name, value) in &response.headers {
            text.extend(format!("{name}: {value}\r\n").as_bytes());
        }
        text.extend(b"\r\n");
    }
    if !options.has('I') {
        text.extend(&response.body);
    }
    let name = options
        .value('o')
        .or_else(|| if options.has('O') { Some(Rc::from(url.path.split('?').next().unwrap_or("").rsplit('/').next().unwrap_or("curl"))) } else { None });
    match name.filter(|n| &**n != "-") {
        Some(name) => {
            if let Err(error) = io.write_file(&name, &text, false) {
                io.err_raw(&format!("curl: (23) Failure writing output to destination: {error}\n"));
                return Ok(23);
            }
        }
        None => io.out(text),
    }
    if let Some(format) = options.value('w') {
        let shown = write_out(&format, response.status, url, response.body.len());
        io.out(shown);
    }
    Ok(0)
}
