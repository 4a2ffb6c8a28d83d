//! nginx's configuration: the text, and the servers it describes.

use crate::program::Sys;
use std::net::Ipv4Addr;

/// A directive with its block.
#[derive(Clone, Debug)]
pub(super) struct Directive {
    /// Its name.
    pub(super) name: String,
    /// Its arguments.
    pub(super) args: Vec<String>,
    /// The directives in its braces.
    pub(super) block: Option<Vec<Directive>>,
    /// The file it stands in.
    pub(super) file: String,
    /// The line it ends on.
    pub(super) line: usize,
}

/// Names nginx knows, apart from those of modules that course pages do not use.
const KNOWN: &str = " absolute_redirect accept_mutex access_log add_header add_trailer alias allow aio autoindex auth_basic auth_basic_user_file auth_request break charset client_body_buffer_size client_body_temp_path client_body_timeout client_header_buffer_size client_header_timeout client_max_body_size daemon debug_connection default_type deny directio disable_symlinks env error_log error_page etag events expires fastcgi_param fastcgi_pass fastcgi_index fastcgi_split_path_info fastcgi_read_timeout geo gunzip gzip gzip_comp_level gzip_disable gzip_http_version gzip_min_length gzip_proxied gzip_static gzip_types gzip_vary hash health_check http http2 if if_modified_since ignore_invalid_headers include index internal ip_hash js_import keepalive keepalive_requests keepalive_timeout large_client_header_buffers least_conn limit_conn limit_conn_zone limit_except limit_rate limit_req limit_req_zone lingering_close listen load_module location log_format log_not_found log_subrequest mail map map_hash_bucket_size master_process merge_slashes mirror msie_padding multi_accept open_file_cache open_log_file_cache pcre_jit pid port_in_redirect preread_timeout proxy_bind proxy_buffer_size proxy_buffering proxy_buffers proxy_busy_buffers_size proxy_cache proxy_cache_bypass proxy_cache_key proxy_cache_path proxy_cache_valid proxy_connect_timeout proxy_cookie_path proxy_hide_header proxy_http_version proxy_ignore_headers proxy_intercept_errors proxy_max_temp_file_size proxy_next_upstream proxy_pass proxy_pass_request_headers proxy_pass_request_body proxy_protocol proxy_read_timeout proxy_redirect proxy_request_buffering proxy_send_timeout proxy_set_body proxy_set_header proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_name proxy_ssl_server_name proxy_ssl_trusted_certificate proxy_ssl_verify proxy_temp_path random real_ip_header real_ip_recursive resolver resolver_timeout return rewrite rewrite_log root satisfy scgi_temp_path send_timeout sendfile server server_name server_name_in_redirect server_names_hash_bucket_size server_names_hash_max_size server_tokens set set_real_ip_from split_clients ssi ssl ssl_buffer_size ssl_certificate ssl_certificate_key ssl_ciphers ssl_client_certificate ssl_dhparam ssl_ecdh_curve ssl_password_file ssl_prefer_server_ciphers ssl_preread ssl_protocols ssl_session_cache ssl_session_tickets ssl_session_timeout ssl_stapling ssl_stapling_verify ssl_trusted_certificate ssl_verify_client ssl_verify_depth status_zone stream stub_status sub_filter sub_filter_once tcp_nodelay tcp_nopush thread_pool timer_resolution try_files types types_hash_bucket_size types_hash_max_size underscores_in_headers upstream use user userid uwsgi_pass uwsgi_param uwsgi_temp_path fastcgi_temp_path valid_referers variables_hash_bucket_size variables_hash_max_size worker_connections worker_cpu_affinity worker_priority worker_processes worker_rlimit_nofile worker_shutdown_timeout working_directory xslt_stylesheet zone ";

/// A message with its place.
pub(super) type Problem = String;

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    file: &'a str,
}

enum Token {
    Word(String),
    Semicolon,
    Open,
    Close,
    End,
}

impl Reader<'_> {
    fn token(&mut self) -> Result<Token, Problem> {
        loop {
            let Some(&byte) = self.text.get(self.at) else { return Ok(Token::End) };
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'#' => {
                    while self.text.get(self.at).is_some_and(|b| *b != b'\n') {
                        self.at += 1;
                    }
                }
                b';' => {
                    self.at += 1;
                    return Ok(Token::Semicolon);
                }
                b'{' => {
                    self.at += 1;
                    return Ok(Token::Open);
                }
                b'}' => {
                    self.at += 1;
                    return Ok(Token::Close);
                }
                b'"' | b'\'' => return self.quoted(byte).map(Token::Word),
                _ => return Ok(Token::Word(self.word())),
            }
        }
    }
    fn quoted(&mut self, quote: u8) -> Result<String, Problem> {
        self.at += 1;
        let mut out = Vec::new();
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => {
                    let next = self.text.get(self.at).copied();
                    self.at += 1;
                    match next {
                        Some(b'n') => out.push(b'\n'),
                        Some(b't') => out.push(b'\t'),
                        Some(b'r') => out.push(b'\r'),
                        Some(other @ (b'"' | b'\'' | b'\\')) => out.push(other),
                        Some(other) => out.extend([b'\\', other]),
                        None => {}
                    }
                }
                b'\n' => {
                    self.line += 1;
                    out.push(byte);
                }
                _ if byte == quote => return Ok(super::super::engine::text::lossy(&out)),
                _ => out.push(byte),
            }
        }
        Err(format!("unexpected end of file, expecting \";\" or \"}}\" in {}:{}", self.file, self.line))
    }
    fn word(&mut self) -> String {
        let from = self.at;
        let mut variable = false;
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'$' if self.text.get(self.at + 1) == Some(&b'{') => {
                    variable = true;
                    self.at += 2;
                    continue;
                }
                b'}' if variable => variable = false,
                b'\\' => self.at += 1,
                b';' | b'{' => break,
                _ if byte.is_ascii_whitespace() => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at = self.at.min(self.text.len());
        super::super::engine::text::lossy(self.text.get(from..self.at).unwrap_or_default())
    }
    fn block(&mut self, sys: &mut dyn Sys, top: bool, depth: u32) -> Result<Vec<Directive>, Problem> {
        let mut found = Vec::new();
        let mut words: Vec<String> = Vec::new();
        loop {
            match self.token()? {
                Token::Word(word) => words.push(word),
                Token::Semicolon => {
                    if words.is_empty() {
                        return Err(format!("unexpected \";\" in {}:{}", self.file, self.line));
                    }
                    let name = words.remove(0);
                    if name == "include" {
                        let pattern = words.first().cloned().unwrap_or_default();
                        found.extend(include(sys, &pattern, self.file, self.line, depth)?);
                    } else {
                        found.push(Directive { name, args: std::mem::take(&mut words), block: None, file: self.file.to_owned(), line: self.line });
                    }
                    words.clear();
                }
                Token::Open => {
                    if words.is_empty() {
                        return Err(format!("unexpected \"{{\" in {}:{}", self.file, self.line));
                    }
                    let line = self.line;
                    let name = words.remove(0);
                    check_name(&name, self.file, line)?;
                    let args = std::mem::take(&mut words);
                    if depth > 20 {
                        return Err(format!("too deep in {}:{line}", self.file));
                    }
                    let block = if matches!(name.as_str(), "types" | "map" | "geo" | "split_clients") {
                        self.plain_block()?
                    } else {
                        self.block(sys, false, depth + 1)?
                    };
                    found.push(Directive { name, args, block: Some(block), file: self.file.to_owned(), line });
                }
                Token::Close => {
                    if !words.is_empty() {
                        return Err(format!("unexpected \"}}\" in {}:{}", self.file, self.line));
                    }
                    if top {
                        return Err(format!("unexpected \"}}\" in {}:{}", self.file, self.line));
                    }
                    for directive in &found {
                        check_name(&directive.name, &directive.file, directive.line)?;
                    }
                    return Ok(found);
                }
                Token::End => {
                    if !words.is_empty() {
                        return Err(format!("unexpected end of file, expecting \";\" or \"}}\" in {}:{}", self.file, self.line));
                    }
                    if !top {
                        return Err(format!("unexpected end of file, expecting \"}}\" in {}:{}", self.file, self.line));
                    }
                    for directive in &found {
                        check_name(&directive.name, &directive.file, directive.line)?;
                    }
                    return Ok(found);
                }
            }
        }
    }
    /// A block of free words, such as `types`.
    fn plain_block(&mut self) -> Result<Vec<Directive>, Problem> {
        let mut words = Vec::new();
        let mut found = Vec::new();
        loop {
            match self.token()? {
                Token::Word(word) => words.push(word),
                Token::Semicolon => {
                    if !words.is_empty() {
                        let name = words.remove(0);
                        found.push(Directive { name, args: std::mem::take(&mut words), block: None, file: self.file.to_owned(), line: self.line });
                    }
                }
                Token::Close => return Ok(found),
                Token::Open => return Err(format!("unexpected \"{{\" in {}:{}", self.file, self.line)),
                Token::End => return Err(format!("unexpected end of file, expecting \"}}\" in {}:{}", self.file, self.line)),
            }
        }
    }
}

fn check_name(name: &str, file: &str, line: usize) -> Result<(), Problem> {
    if KNOWN.contains(&format!(" {name} ")) { Ok(()) } else { Err(format!("unknown directive \"{name}\" in {file}:{line}")) }
}

fn include(sys: &mut dyn Sys, pattern: &str, from: &str, line: usize, depth: u32) -> Result<Vec<Directive>, Problem> {
    let pattern = if pattern.starts_with('/') { pattern.to_owned() } else { format!("/etc/nginx/{pattern}") };
    if !pattern.contains(['*', '?', '[']) {
        return match sys.read_file(&pattern) {
            Ok(data) => parse(sys, &data, &pattern, depth + 1),
            Err(error) => Err(format!("open() \"{pattern}\" failed (2: {error}) in {from}:{line}")),
        };
    }
    let (directory, name) = pattern.rsplit_once('/').unwrap_or(("/", &pattern));
    let mut found = Vec::new();
    for entry in sys.read_dir(directory).unwrap_or_default() {
        if super::super::test::glob(name.as_bytes(), entry.name.as_bytes()) && !entry.name.starts_with('.') {
            let path = format!("{directory}/{}", entry.name);
            if let Ok(data) = sys.read_file(&path) {
                found.extend(parse(sys, &data, &path, depth + 1)?);
            }
        }
    }
    Ok(found)
}

/// Reads a configuration text.
pub(super) fn parse(sys: &mut dyn Sys, data: &[u8], file: &str, depth: u32) -> Result<Vec<Directive>, Problem> {
    if depth > 20 {
        return Err(format!("too many included files in {file}"));
    }
    Reader { text: data, at: 0, line: 1, file }.block(sys, true, depth)
}

/// An address a server listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listen {
    /// Address.
    pub(super) address: Ipv4Addr,
    /// Port.
    pub(super) port: u16,
    /// TLS.
    pub(super) ssl: bool,
    /// Answers names no server has.
    pub(super) default: bool,
    /// Given as `[::]:80`.
    pub(super) six: bool,
}

/// A `server` block.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Addresses.
    pub(super) listens: Vec<Listen>,
    /// Names.
    pub(super) names: Vec<String>,
    /// Everything in it, after what it inherits from `http`.
    pub(super) directives: Vec<Directive>,
    /// The path of the certificate.
    pub(super) certificate: Option<String>,
}

/// A configuration ready to serve.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    /// `daemon`.
    pub(super) daemon: bool,
    /// `pid`.
    pub(super) pid_file: String,
    /// `error_log` lines: path and level.
    pub(super) error_logs: Vec<(String, u8)>,
    /// Servers.
    pub(super) sites: Vec<Site>,
    /// `upstream` blocks: name and members.
    pub(super) upstreams: Vec<(String, Vec<(String, u16)>)>,
    /// `log_format` by name.
    pub(super) formats: Vec<(String, String)>,
}

/// The number of a log level: lower is worse.
pub(super) fn level(name: &str) -> u8 {
    match name {
        "emerg" => 1,
        "alert" => 2,
        "crit" => 3,
        "warn" => 5,
        "notice" => 6,
        "info" => 7,
        "debug" => 8,
        _ => 4,
    }
}

fn listen(directive: &Directive) -> Result<Listen, Problem> {
    let text = directive.args.first().cloned().unwrap_or_default();
    let mut listen = Listen { address: Ipv4Addr::UNSPECIFIED, port: 80, ssl: false, default: false, six: text.starts_with('[') };
    let place = |what: &str| format!("{what} in {}:{}", directive.file, directive.line);
    let (host, port) = if listen.six {
        match text.rsplit_once("]:") {
            Some((_, port)) => ("*".to_owned(), port.to_owned()),
            None => ("*".to_owned(), "80".to_owned()),
        }
    } else if let Some((host, port)) = text.rsplit_once(':') {
        (host.to_owned(), port.to_owned())
    } else if text.bytes().all(|b| b.is_ascii_digit()) {
        ("*".to_owned(), text.clone())
    } else {
        (text.clone(), "80".to_owned())
    };
    listen.port = match port.parse::<u32>() {
        Ok(port) if (1..=65535).contains(&port) => port as u16,
        _ => return Err(place(&format!("invalid port in \"{text}\" of the \"listen\" directive"))),
    };
    listen.address = match host.as_str() {
        "*" => Ipv4Addr::UNSPECIFIED,
        "localhost" => Ipv4Addr::LOCALHOST,
        other => match other.parse() {
            Ok(address) => address,
            Err(_) => return Err(place(&format!("host not found in \"{text}\" of the \"listen\" directive"))),
        },
    };
    for arg in directive.args.iter().skip(1) {
        match arg.as_str() {
            "ssl" => listen.ssl = true,
            "default_server" | "default" => listen.default = true,
            "http2" | "quic" | "proxy_protocol" | "deferred" | "bind" | "reuseport" => {}
            other if ["backlog=", "rcvbuf=", "sndbuf=", "so_keepalive=", "ipv6only=", "fastopen="].iter().any(|p| other.starts_with(p)) => {}
            other => return Err(place(&format!("invalid parameter \"{other}\""))),
        }
    }
    Ok(listen)
}

/// Host and port of a `proxy_pass` or upstream member.
pub(super) fn endpoint(text: &str, default: u16) -> (String, u16) {
    match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty() => (host.to_owned(), port.parse().unwrap_or(default)),
        _ => (text.to_owned(), default),
    }
}

/// Splits `http://host:port/path`.
pub(super) fn split_url(text: &str) -> Option<(bool, String, String)> {
    let (secure, rest) = match text.split_once("://") {
        Some(("http", rest)) => (false, rest),
        Some(("https", rest)) => (true, rest),
        _ => return None,
    };
    match rest.find('/') {
        Some(at) => Some((secure, rest.get(..at)?.to_owned(), rest.get(at..)?.to_owned())),
        None => Some((secure, rest.to_owned(), String::new())),
    }
}

/// Makes a configuration from its directives; names of `proxy_pass` are looked up, as nginx does at start.
pub(super) fn load(sys: &mut dyn Sys, directives: &[Directive], path: &str) -> Result<Config, Problem> {
    let mut config = Config { daemon: true, pid_file: "/var/run/nginx.pid".to_owned(), ..Config::default() };
    let mut events = false;
    for directive in directives {
        let first = directive.args.first().cloned().unwrap_or_default();
        match directive.name.as_str() {
            "daemon" => config.daemon = first != "off",
            "pid" => config.pid_file = first,
            "error_log" => config.error_logs.push((first, level(directive.args.get(1).map_or("error", |l| l)))),
            "events" => events = true,
            "http" => http(sys, directive, &mut config)?,
            "server" | "location" | "listen" | "upstream" | "root" | "proxy_pass" | "server_name" => {
                return Err(format!("\"{}\" directive is not allowed here in {}:{}", directive.name, directive.file, directive.line));
            }
            _ => {}
        }
    }
    if !events {
        return Err(format!("no \"events\" section in configuration in {path}").replace(&format!(" in {path}"), ""));
    }
    Ok(config)
}

fn http(sys: &mut dyn Sys, http: &Directive, config: &mut Config) -> Result<(), Problem> {
    let block = http.block.clone().unwrap_or_default();
    let inherited: Vec<Directive> = block.iter().filter(|d| d.block.is_none()).cloned().collect();
    for directive in &block {
        match directive.name.as_str() {
            "log_format" => config.formats.push((
                directive.args.first().cloned().unwrap_or_default(),
                directive.args.iter().skip(1).filter(|a| !a.starts_with("escape=")).cloned().collect(),
            )),
            "error_log" => config.error_logs.push((directive.args.first().cloned().unwrap_or_default(), level(directive.args.get(1).map_or("error", |l| l)))),
            "upstream" => {
                let members: Vec<(String, u16)> =
                    directive.block.iter().flatten().filter(|d| d.name == "server").filter_map(|d| d.args.first()).map(|a| endpoint(a, 80)).collect();
                for member in directive.block.iter().flatten().filter(|d| d.name == "server") {
                    let text = member.args.first().cloned().unwrap_or_default();
                    let (host, _) = endpoint(&text, 80);
                    if sys.resolve(&host).is_err() {
                        return Err(format!("host not found in upstream \"{text}\" in {}:{}", member.file, member.line));
                    }
                }
                config.upstreams.push((directive.args.first().cloned().unwrap_or_default(), members));
            }
            "location" | "listen" | "proxy_pass" => {
                return Err(format!("\"{}\" directive is not allowed here in {}:{}", directive.name, directive.file, directive.line));
            }
            _ => {}
        }
    }
    for directive in block.iter().filter(|d| d.name == "server") {
        let own = directive.block.clone().unwrap_or_default();
        let mut site = Site { listens: Vec::new(), names: Vec::new(), directives: Vec::new(), certificate: None };
        for inner in &own {
            match inner.name.as_str() {
                "listen" => {
                    let new = listen(inner)?;
                    if site.listens.iter().any(|l| (l.address, l.port, l.six) == (new.address, new.port, new.six)) {
                        return Err(format!("a duplicate listen {}:{} in {}:{}", new.address, new.port, inner.file, inner.line));
                    }
                    site.listens.push(new);
                }
                "server_name" => site.names.extend(inner.args.iter().cloned()),
                "ssl_certificate" => {
                    let file = inner.args.first().cloned().unwrap_or_default();
                    let full = if file.starts_with('/') { file.clone() } else { format!("/etc/nginx/{file}") };
                    if sys.read_file(&full).is_err() {
                        return Err(format!(
                            "cannot load certificate \"{full}\": BIO_new_file() failed (SSL: error:80000002:system library::No such file or directory:calling fopen({full}, r) error:10000080:BIO routines::no such file)"
                        ));
                    }
                    site.certificate = Some(full);
                }
                "http" | "server" | "events" | "upstream" => {
                    return Err(format!("\"{}\" directive is not allowed here in {}:{}", inner.name, inner.file, inner.line));
                }
                _ => {}
            }
        }
        if site.listens.is_empty() {
            site.listens.push(Listen { address: Ipv4Addr::UNSPECIFIED, port: 80, ssl: false, default: false, six: false });
        }
        if let Some(listen) = site.listens.iter().find(|l| l.ssl)
            && site.certificate.is_none()
        {
            let _ = listen;
            return Err(format!("no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive in {}:{}", directive.file, directive.line));
        }
        check_proxies(sys, &own, config)?;
        site.directives = inherited.iter().cloned().chain(own).collect();
        config.sites.push(site);
    }
    Ok(())
}

fn check_proxies(sys: &mut dyn Sys, directives: &[Directive], config: &Config) -> Result<(), Problem> {
    for directive in directives {
        if directive.name == "proxy_pass" {
            let text = directive.args.first().cloned().unwrap_or_default();
            if text.contains('$') {
                continue;
            }
            let Some((secure, authority, _)) = split_url(&text) else { return Err(format!("invalid URL prefix in {}:{}", directive.file, directive.line)) };
            if config.upstreams.iter().any(|(name, _)| *name == authority) {
                continue;
            }
            let (host, _) = endpoint(&authority, if secure { 443 } else { 80 });
            if sys.resolve(&host).is_err() {
                return Err(format!("host not found in upstream \"{host}\" in {}:{}", directive.file, directive.line));
            }
        }
        if let Some(block) = &directive.block {
            check_proxies(sys, block, config)?;
        }
    }
    Ok(())
}
