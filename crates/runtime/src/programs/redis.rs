//! `redis-server` and `redis-cli`: strings, counters, lists, sets and hashes in memory.

use super::engine::clock::Moment;
use super::plain::{Io, Run};
use crate::program::{Disposition, Errno, Fd, Program, Step, Sys, Wait};
use crate::{Signal, SimTime};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

#[derive(Clone, Debug)]
enum Value {
    Text(String),
    List(Vec<String>),
    Set(BTreeSet<String>),
    Hash(BTreeMap<String, String>),
}

/// The server.
#[derive(Clone, Debug, Default)]
pub struct Redis {
    up: bool,
    port: u16,
    password: Option<String>,
    listener: Option<Fd>,
    clients: Vec<(Fd, Vec<u8>, bool)>,
    data: BTreeMap<String, Value>,
    expires: BTreeMap<String, SimTime>,
    commands: u64,
}

fn stamp(sys: &dyn Sys) -> String {
    let moment = Moment::from_millis(sys.unix_ms());
    format!("{}.{:03}", moment.format("%d %b %Y %H:%M:%S"), moment.nanos / 1_000_000)
}

fn log(sys: &mut dyn Sys, role: char, mark: char, text: &str) {
    let line = format!("{}:{role} {} {mark} {text}\n", sys.pid(), stamp(sys));
    sys.out(&line);
}

/// A value in the protocol's form.
fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

fn array(items: &[String]) -> String {
    let mut out = format!("*{}\r\n", items.len());
    for item in items {
        out.push_str(&bulk(item));
    }
    out
}

/// Splits a command: the protocol's arrays, or words on a line. Returns the words and the bytes used.
fn parse(data: &[u8]) -> Option<(Vec<String>, usize)> {
    let end = data.iter().position(|b| *b == b'\n')?;
    let line = super::engine::text::lossy(data.get(..end)?);
    let line = line.trim_end_matches('\r');
    if let Some(count) = line.strip_prefix('*').and_then(|n| n.parse::<usize>().ok()) {
        let mut at = end + 1;
        let mut words = Vec::new();
        for _ in 0..count.min(10_000) {
            let rest = data.get(at..)?;
            let end = rest.iter().position(|b| *b == b'\n')?;
            let length: usize = super::engine::text::lossy(rest.get(1..end)?).trim().parse().ok()?;
            let text = rest.get(end + 1..end + 1 + length)?;
            words.push(super::engine::text::lossy(text));
            at += end + 1 + length + 2;
            if data.len() < at {
                return None;
            }
        }
        return Some((words, at));
    }
    Some((line.split_whitespace().map(ToOwned::to_owned).collect(), end + 1))
}

const WRONG: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

impl Redis {
    fn start(&mut self, sys: &mut dyn Sys) -> Option<Step> {
        self.up = true;
        self.port = 6379;
        let args = sys.args();
        let mut at = 1;
        let mut config = false;
        if let Some(path) = args.get(1).filter(|a| !a.starts_with('-')).cloned() {
            at = 2;
            config = true;
            match sys.read_file(&path) {
                Ok(data) => {
                    for line in super::engine::text::lossy(&data).lines() {
                        let mut words = line.split_whitespace();
                        match (words.next(), words.next()) {
                            (Some("port"), Some(value)) => self.port = value.parse().unwrap_or(6379),
                            (Some("requirepass"), Some(value)) => self.password = Some(value.to_owned()),
                            _ => {}
                        }
                    }
                }
                Err(error) => {
                    log(sys, 'C', '#', &format!("Fatal error, can't open config file '{path}': {error}"));
                    return Some(Step::Done(1));
                }
            }
        }
        while let Some(arg) = args.get(at) {
            match &**arg {
                "--version" | "-v" => {
                    sys.out("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0\n");
                    return Some(Step::Done(0));
                }
                "--port" => self.port = args.get(at + 1).and_then(|p| p.parse().ok()).unwrap_or(6379),
                "--requirepass" => self.password = args.get(at + 1).map(ToString::to_string),
                _ => {}
            }
            config |= arg.starts_with("--");
            at += 1;
        }
        log(sys, 'C', '#', "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
        let pid = sys.pid();
        log(sys, 'C', '#', &format!("Redis version=7.0.15, bits=64, commit=00000000, modified=0, pid={pid}, just started"));
        if config {
            log(sys, 'C', '#', "Configuration loaded");
        } else {
            log(
                sys,
                'C',
                '#',
                &format!(
                    "Warning: no config file specified, using the default config. In order to specify a config file use {} /path/to/redis.conf",
                    args.first().map_or("redis-server", |a| a)
                ),
            );
        }
        log(sys, 'M', '*', "monotonic clock: POSIX clock_gettime");
        match sys.listen(Ipv4Addr::UNSPECIFIED, self.port, true) {
            Ok(fd) => self.listener = Some(fd),
            Err(error) => {
                log(sys, 'M', '#', &format!("Warning: Could not create server TCP listening socket *:{}: bind: {error}", self.port));
                log(sys, 'M', '#', &format!("Failed listening on port {} (TCP), aborting.", self.port));
                return Some(Step::Done(1));
            }
        }
        log(sys, 'M', '*', &format!("Running mode=standalone, port={}.", self.port));
        log(sys, 'M', '#', "Server initialized");
        log(sys, 'M', '*', "Ready to accept connections");
        None
    }

    fn text(&self, key: &str) -> Option<&String> {
        match self.data.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn list(&mut self, key: &str) -> Option<&mut Vec<String>> {
        match self.data.entry(key.to_owned()).or_insert_with(|| Value::List(Vec::new())) {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    fn run(&mut self, sys: &mut dyn Sys, words: &[String], allowed: &mut bool) -> String {
        self.commands += 1;
        let now = sys.now();
        let dead: Vec<String> = self.expires.iter().filter(|(_, at)| **at <= now).map(|(k, _)| k.clone()).collect();
        for key in dead {
            self.data.remove(&key);
            self.expires.remove(&key);
        }
        let name = words.first().map(|w| w.to_ascii_uppercase()).unwrap_or_default();
        let arg = |n: usize| words.get(n).cloned().unwrap_or_default();
        if name == "AUTH" {
            let given = words.last().cloned().unwrap_or_default();
            return match &self.password {
                None => "-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n"
                    .to_owned(),
                Some(password) if *password == given => {
                    *allowed = true;
                    "+OK\r\n".to_owned()
                }
                Some(_) => "-WRONGPASS invalid username-password pair or user is disabled.\r\n".to_owned(),
            };
        }
        if self.password.is_some() && !*allowed {
            return "-NOAUTH Authentication required.\r\n".to_owned();
        }
        let least = match name.as_str() {
            "GET" | "INCR" | "DECR" | "DEL" | "EXISTS" | "TTL" | "TYPE" | "KEYS" | "LLEN" | "SMEMBERS" | "HGETALL" | "ECHO" | "LPOP" | "RPOP" | "SCARD" => 2,
            "SET" | "LPUSH" | "RPUSH" | "SADD" | "HGET" | "EXPIRE" | "INCRBY" | "DECRBY" | "APPEND" | "SISMEMBER" | "GETSET" | "SETNX" | "PUBLISH" => 3,
            "LRANGE" | "HSET" | "SETEX" => 4,
            _ => 1,
        };
        if words.len() < least {
            return format!("-ERR wrong number of arguments for '{}' command\r\n", name.to_lowercase());
        }
        match name.as_str() {
            "PING" => words.get(1).map_or_else(|| "+PONG\r\n".to_owned(), |w| bulk(w)),
            "ECHO" => bulk(&arg(1)),
            "SELECT" | "FLUSHDB" | "FLUSHALL" | "SAVE" | "BGSAVE" | "CONFIG" | "CLIENT" | "QUIT" => {
                if name.starts_with("FLUSH") {
                    self.data.clear();
                }
                if name == "CONFIG" && arg(1).eq_ignore_ascii_case("get") {
                    return array(&[arg(2), String::new()]);
                }
                "+OK\r\n".to_owned()
            }
            "SET" | "SETNX" | "SETEX" | "GETSET" => {
                let key = arg(1);
                if (name == "SETNX" || words.iter().skip(3).any(|w| w.eq_ignore_ascii_case("nx"))) && self.data.contains_key(&key) {
                    return if name == "SETNX" { ":0\r\n".to_owned() } else { "$-1\r\n".to_owned() };
                }
                let value = if name == "SETEX" { arg(3) } else { arg(2) };
                let old = self.text(&key).cloned();
                self.data.insert(key.clone(), Value::Text(value));
                self.expires.remove(&key);
                let seconds = if name == "SETEX" {
                    arg(2).parse().ok()
                } else {
                    words.iter().position(|w| w.eq_ignore_ascii_case("ex")).and_then(|i| words.get(i + 1)).and_then(|s| s.parse::<u64>().ok())
                };
                if let Some(seconds) = seconds {
                    self.expires.insert(key, now + seconds * 1000);
                }
                match name.as_str() {
                    "SETNX" => ":1\r\n".to_owned(),
                    "GETSET" => old.map_or_else(|| "$-1\r\n".to_owned(), |o| bulk(&o)),
                    _ => "+OK\r\n".to_owned(),
                }
            }
            "GET" => match self.data.get(&arg(1)) {
                None => "$-1\r\n".to_owned(),
                Some(Value::Text(text)) => bulk(text),
                Some(_) => WRONG.to_owned(),
            },
            "APPEND" => {
                let text = format!("{}{}", self.text(&arg(1)).cloned().unwrap_or_default(), arg(2));
                let length = text.len();
                self.data.insert(arg(1), Value::Text(text));
                format!(":{length}\r\n")
            }
            "MGET" => {
                let items: Vec<String> = words.iter().skip(1).map(|k| self.text(k).cloned().unwrap_or_default()).collect();
                array(&items)
            }
            "MSET" => {
                for pair in words.get(1..).unwrap_or_default().chunks(2) {
                    if let [key, value] = pair {
                        self.data.insert(key.clone(), Value::Text(value.clone()));
                    }
                }
                "+OK\r\n".to_owned()
            }
            "INCR" | "DECR" | "INCRBY" | "DECRBY" => {
                let step: i64 = if name.ends_with("BY") { arg(2).parse().unwrap_or(0) } else { 1 };
                let step = if name.starts_with("DECR") { -step } else { step };
                match self.text(&arg(1)).map_or(Ok(0), |t| t.parse::<i64>()) {
                    Ok(old) => {
                        let new = old.wrapping_add(step);
                        self.data.insert(arg(1), Value::Text(new.to_string()));
                        format!(":{new}\r\n")
                    }
                    Err(_) => "-ERR value is not an integer or out of range\r\n".to_owned(),
                }
            }
            "DEL" | "UNLINK" => format!(":{}\r\n", words.iter().skip(1).filter(|k| self.data.remove(*k).is_some()).count()),
            "EXISTS" => format!(":{}\r\n", words.iter().skip(1).filter(|k| self.data.contains_key(*k)).count()),
            "KEYS" => {
                let keys: Vec<String> = self.data.keys().filter(|k| super::test::glob(arg(1).as_bytes(), k.as_bytes())).cloned().collect();
                array(&keys)
            }
            "DBSIZE" => format!(":{}\r\n", self.data.len()),
            "EXPIRE" => {
                let there = self.data.contains_key(&arg(1));
                if there {
                    self.expires.insert(arg(1), now + arg(2).parse::<u64>().unwrap_or(0) * 1000);
                }
                format!(":{}\r\n", u8::from(there))
            }
            "TTL" => match (self.data.contains_key(&arg(1)), self.expires.get(&arg(1))) {
                (false, _) => ":-2\r\n".to_owned(),
                (true, None) => ":-1\r\n".to_owned(),
                (true, Some(at)) => format!(":{}\r\n", at.since(now).div_ceil(1000)),
            },
            "TYPE" => match self.data.get(&arg(1)) {
                None => "+none\r\n".to_owned(),
                Some(Value::Text(_)) => "+string\r\n".to_owned(),
                Some(Value::List(_)) => "+list\r\n".to_owned(),
                Some(Value::Set(_)) => "+set\r\n".to_owned(),
                Some(Value::Hash(_)) => "+hash\r\n".to_owned(),
            },
            "LPUSH" | "RPUSH" => match self.list(&arg(1)) {
                None => WRONG.to_owned(),
                Some(list) => {
                    for item in words.iter().skip(2) {
                        if name == "LPUSH" {
                            list.insert(0, item.clone());
                        } else {
                            list.push(item.clone());
                        }
                    }
                    format!(":{}\r\n", list.len())
                }
            },
            "LPOP" | "RPOP" => {
                let popped = self.list(&arg(1)).and_then(|l| {
                    if name == "RPOP" {
                        l.pop()
                    } else if l.is_empty() {
                        None
                    } else {
                        Some(l.remove(0))
                    }
                });
                if matches!(self.data.get(&arg(1)), Some(Value::List(l)) if l.is_empty()) {
                    self.data.remove(&arg(1));
                }
                popped.map_or_else(|| "$-1\r\n".to_owned(), |p| bulk(&p))
            }
            "LLEN" => match self.data.get(&arg(1)) {
                Some(Value::List(l)) => format!(":{}\r\n", l.len()),
                None => ":0\r\n".to_owned(),
                _ => WRONG.to_owned(),
            },
            "LRANGE" => match self.data.get(&arg(1)) {
                Some(Value::List(l)) => {
                    let place = |text: String| text.parse::<i64>().map_or(0, |n| if n < 0 { (l.len() as i64 + n).max(0) } else { n }) as usize;
                    let (from, to) = (place(arg(2)), place(arg(3)));
                    let items: Vec<String> = l.iter().skip(from).take((to + 1).saturating_sub(from)).cloned().collect();
                    array(&items)
                }
                None => array(&[]),
                _ => WRONG.to_owned(),
            },
            "SADD" => match self.data.entry(arg(1)).or_insert_with(|| Value::Set(BTreeSet::new())) {
                Value::Set(set) => format!(":{}\r\n", words.iter().skip(2).filter(|w| set.insert((*w).clone())).count()),
                _ => WRONG.to_owned(),
            },
            "SMEMBERS" | "SCARD" | "SISMEMBER" => match self.data.get(&arg(1)) {
                Some(Value::Set(set)) => match name.as_str() {
                    "SMEMBERS" => array(&set.iter().cloned().collect::<Vec<_>>()),
                    "SCARD" => format!(":{}\r\n", set.len()),
                    _ => format!(":{}\r\n", u8::from(set.contains(&arg(2)))),
                },
                None if name == "SMEMBERS" => array(&[]),
                None => ":0\r\n".to_owned(),
                _ => WRONG.to_owned(),
            },
            "HSET" | "HMSET" => match self.data.entry(arg(1)).or_insert_with(|| Value::Hash(BTreeMap::new())) {
                Value::Hash(hash) => {
                    let mut new = 0;
                    for pair in words.get(2..).unwrap_or_default().chunks(2) {
                        if let [key, value] = pair {
                            new += u32::from(hash.insert(key.clone(), value.clone()).is_none());
                        }
                    }
                    if name == "HMSET" { "+OK\r\n".to_owned() } else { format!(":{new}\r\n") }
                }
                _ => WRONG.to_owned(),
            },
            "HGET" | "HGETALL" => match self.data.get(&arg(1)) {
                Some(Value::Hash(hash)) if name == "HGET" => hash.get(&arg(2)).map_or_else(|| "$-1\r\n".to_owned(), |v| bulk(v)),
                Some(Value::Hash(hash)) => array(&hash.iter().flat_map(|(k, v)| [k.clone(), v.clone()]).collect::<Vec<_>>()),
                None if name == "HGET" => "$-1\r\n".to_owned(),
                None => array(&[]),
                _ => WRONG.to_owned(),
            },
            "PUBLISH" => ":0\r\n".to_owned(),
            "INFO" => {
                let text = format!(
                    "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nos:Linux 6.12.43 x86_64\r\nprocess_id:{}\r\ntcp_port:{}\r\nuptime_in_seconds:{}\r\n\r\n# Clients\r\nconnected_clients:{}\r\n\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n",
                    sys.pid(),
                    self.port,
                    now.0 / 1000,
                    self.clients.len()
                );
                bulk(&text)
            }
            "ROLE" => array(&["master".to_owned(), "0".to_owned()]),
            "COMMAND" => array(&[]),
            "SHUTDOWN" => String::new(),
            other => format!(
                "-ERR unknown command '{}', with args beginning with: {}\r\n",
                words.first().map_or(other, |w| w),
                words.iter().skip(1).map(|w| format!("'{w}' ")).collect::<String>()
            ),
        }
    }
}

impl Program for Redis {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if !self.up
            && let Some(step) = self.start(sys)
        {
            return step;
        }
        if let Some(signal) = sys.take_signal() {
            let name = if signal == Signal::Int { "SIGINT" } else { "SIGTERM" };
            let mut line = format!("{}:signal-handler ({}) Received {name} scheduling shutdown...\n", sys.pid(), sys.unix_ms() / 1000);
            sys.out(&std::mem::take(&mut line));
            log(sys, 'M', '#', &format!("User requested shutdown{}", "..."));
            log(sys, 'M', '#', "Redis is now ready to exit, bye bye...");
            return Step::Done(0);
        }
        let Some(listener) = self.listener else { return Step::Done(1) };
        while let Ok(fd) = sys.accept(listener) {
            self.clients.push((fd, Vec::new(), false));
        }
        let mut kept = Vec::new();
        let mut stop = false;
        for (fd, mut seen, mut allowed) in std::mem::take(&mut self.clients) {
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
            while let Some((words, used)) = parse(&seen) {
                seen.drain(..used);
                if words.is_empty() {
                    continue;
                }
                stop |= words.first().is_some_and(|w| w.eq_ignore_ascii_case("shutdown"));
                let answer = self.run(sys, &words, &mut allowed);
                let _ = sys.write(fd, answer.as_bytes());
                if words.first().is_some_and(|w| w.eq_ignore_ascii_case("quit") || w.eq_ignore_ascii_case("post") || w.eq_ignore_ascii_case("host:")) {
                    open = false;
                }
            }
            if open {
                kept.push((fd, seen, allowed));
            } else {
                let _ = sys.close(fd);
            }
        }
        self.clients = kept;
        if stop {
            log(sys, 'M', '#', "User requested shutdown...");
            log(sys, 'M', '#', "Redis is now ready to exit, bye bye...");
            return Step::Done(0);
        }
        let mut wait = Wait::readable(listener);
        for (fd, ..) in &self.clients {
            wait = wait.or_readable(*fd);
        }
        Step::Wait(wait)
    }

    fn disposition(&self, signal: Signal) -> Disposition {
        match signal {
            Signal::Term | Signal::Int => Disposition::Handle,
            Signal::Pipe => Disposition::Ignore,
            _ => Disposition::Default,
        }
    }
}

/// A reply in the words `redis-cli` prints when its output is no terminal.
fn plain(data: &[u8], at: &mut usize) -> Option<String> {
    let rest = data.get(*at..)?;
    let end = rest.windows(2).position(|w| w == b"\r\n")?;
    let line = super::engine::text::lossy(rest.get(..end)?);
    *at += end + 2;
    let (kind, body) = (line.chars().next()?, line.get(1..)?);
    Some(match kind {
        '+' | ':' => format!("{body}\n"),
        '-' => format!("{body}\n\n"),
        '$' => {
            let Ok(length) = body.parse::<usize>() else { return Some("\n".to_owned()) };
            let text = data.get(*at..*at + length)?;
            *at += length + 2;
            format!("{}\n", super::engine::text::lossy(text))
        }
        '*' => {
            let count: usize = body.parse().unwrap_or(0);
            let mut out = String::new();
            for _ in 0..count {
                out.push_str(&plain(data, at)?);
            }
            if count == 0 { "\n".to_owned() } else { out }
        }
        _ => return None,
    })
}

fn whole(data: &[u8]) -> bool {
    let mut at = 0;
    plain(data, &mut at).is_some()
}

/// The program `redis-cli`.
pub fn cli(io: &mut Io<'_>) -> Run {
    let mut host = "127.0.0.1".to_owned();
    let mut port = 6379u16;
    let mut password = io.var("REDISCLI_AUTH").map(|p| p.to_string());
    let args = io.args.clone();
    let mut at = 0;
    let mut words = Vec::new();
    while let Some(arg) = args.get(at).cloned() {
        at += 1;
        let mut value = || {
            at += 1;
            args.get(at - 1).map(ToString::to_string).unwrap_or_default()
        };
        match &*arg {
            "-h" => host = value(),
            "-p" => port = value().parse().unwrap_or(6379),
            "-a" | "--pass" => password = Some(value()),
            "--user" | "-n" | "-r" | "-i" | "-t" => {
                value();
            }
            "-u" => {
                let text = value();
                let Some(rest) = text.strip_prefix("redis://").or_else(|| text.strip_prefix("rediss://")) else {
                    io.err_raw("Invalid URI scheme\n");
                    return Ok(1);
                };
                let rest = rest.split('/').next().unwrap_or("");
                let rest = match rest.rsplit_once('@') {
                    Some((user, rest)) => {
                        password = user.split_once(':').map(|(_, p)| p.to_owned());
                        rest
                    }
                    None => rest,
                };
                match rest.rsplit_once(':') {
                    Some((h, p)) => {
                        if !h.is_empty() {
                            h.clone_into(&mut host);
                        }
                        port = p.parse().unwrap_or(6379);
                    }
                    None if rest.is_empty() => {}
                    None => rest.clone_into(&mut host),
                }
            }
            "--version" | "-v" => {
                io.outln("redis-cli 7.0.15");
                return Ok(0);
            }
            "-x" => {
                let data = io.stdin()?;
                words.push(super::engine::text::lossy(&data));
            }
            option if words.is_empty() && option.starts_with('-') => {}
            _ => words.push(arg.to_string()),
        }
    }
    let commands: Vec<Vec<String>> = if words.is_empty() {
        let data = io.stdin()?;
        super::engine::text::lossy(&data)
            .lines()
            .map(|l| l.split_whitespace().map(ToOwned::to_owned).collect())
            .filter(|w: &Vec<String>| !w.is_empty())
            .collect()
    } else {
        vec![words]
    };
    let address = match io.resolve(&host) {
        Ok(found) => found.addresses.first().copied().unwrap_or(Ipv4Addr::LOCALHOST),
        Err(_) => {
            io.err_raw(&format!("Could not connect to Redis at {host}:{port}: Name or service not known\n"));
            return Ok(1);
        }
    };
    let fd = match io.connect(address, port, 127_000)? {
        Ok(fd) => fd,
        Err(error) => {
            io.err_raw(&format!("Could not connect to Redis at {host}:{port}: {error}\n"));
            io.once(|sys| sys.note_request(&format!("redis://{host}:{port}"), None, error.text()));
            return Ok(1);
        }
    };
    let by = io.once(|sys| sys.peer_container(fd));
    io.once(|sys| sys.note_request(&format!("redis://{host}:{port}"), by, "connected"));
    if let Some(password) = password {
        let _ = io.write(fd, array(&["AUTH".to_owned(), password]).as_bytes());
        let reply = io.receive_until(fd, 60_000, whole)?.unwrap_or_default();
        if reply.starts_with(b"-") {
            let mut at = 0;
            let text = plain(&reply, &mut at).unwrap_or_default();
            io.err_raw(&format!("AUTH failed: {}\n", text.trim_end()));
        }
    }
    let mut code = 0;
    for command in commands {
        let _ = io.write(fd, array(&command).as_bytes());
        let reply = io.receive_until(fd, 600_000, whole)?.unwrap_or_default();
        let mut at = 0;
        match plain(&reply, &mut at) {
            Some(text) => io.out(text),
            None => {
                io.err_raw("Error: Server closed the connection\n");
                code = 1;
            }
        }
    }
    Ok(code)
}
