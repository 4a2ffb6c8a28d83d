//! The clients: `psql`, `pg_isready`, `pg_dump`, `mysql`, `mysqladmin`, `mysqldump`, `mongosh`.

use super::super::plain::{Io, Run, Stop};
use super::super::sql::{self, Reply};
use crate::program::{Errno, Fd};
use std::net::Ipv4Addr;

/// A client's session.
struct Session {
    fd: Fd,
    user: String,
    password: String,
    database: String,
}

impl Session {
    fn ask(&self, io: &mut Io<'_>, statement: &str) -> Result<Reply, Stop> {
        let request = format!("{}\u{1f}{}\u{1f}{}\u{1f}{statement}", self.user, self.password, self.database).replace('\n', "\u{1}");
        let _ = io.write(self.fd, format!("Q{request}\n").as_bytes());
        let enough = |b: &[u8]| b.iter().position(|c| *c == 2).is_some_and(|at| b.get(at..).is_some_and(|r| r.contains(&b'\n')));
        let answer = io.receive_until(self.fd, 30_000, enough)?.unwrap_or_default();
        let text = super::super::engine::text::lossy(&answer);
        Ok(match text.split_once('\u{2}') {
            Some((_, line)) => sql::decode(line),
            None => Reply::Error("FATAL", "server closed the connection unexpectedly".into()),
        })
    }
}

enum Reach {
    Open(Fd, Ipv4Addr),
    NoName,
    Refused(Ipv4Addr, Errno),
}

fn reach(io: &mut Io<'_>, host: &str, port: u16, patience: u64) -> Result<Reach, Stop> {
    let Ok(found) = io.resolve(host) else { return Ok(Reach::NoName) };
    let address = found.addresses.first().copied().unwrap_or(Ipv4Addr::LOCALHOST);
    Ok(match io.connect(address, port, patience)? {
        Ok(fd) => {
            let by = io.once(|sys| sys.peer_container(fd));
            io.once(|sys| sys.note_request(&format!("tcp {host}:{port}"), by, "connected"));
            let _ = io.write(fd, b"hello\n");
            Reach::Open(fd, address)
        }
        Err(error) => {
            io.once(|sys| sys.note_request(&format!("tcp {host}:{port}"), None, error.text()));
            Reach::Refused(address, error)
        }
    })
}

/// The programs `psql`, `pg_isready`, `pg_dump`.
pub fn psql(io: &mut Io<'_>) -> Run {
    let options = io.options(
        "h:p:U:d:c:f:wWqtAt:vXxE1lV",
        &[
            ("host", 'h'),
            ("port", 'p'),
            ("username", 'U'),
            ("dbname", 'd'),
            ("command", 'c'),
            ("file", 'f'),
            ("no-password", 'w'),
            ("quiet", 'q'),
            ("timeout", 't'),
            ("version", 'V'),
        ],
    )?;
    if options.has('V') {
        let name = io.name.clone();
        io.outln(format!("{name} (PostgreSQL) 17.2"));
        return Ok(0);
    }
    let given = options.value('h').or_else(|| io.var("PGHOST"));
    let mut host = given.as_ref().map_or_else(|| "localhost".to_owned(), std::string::ToString::to_string);
    let mut port: u16 = options.value('p').or_else(|| io.var("PGPORT")).and_then(|p| p.parse().ok()).unwrap_or(5432);
    let mut from_url = (None, None, None);
    if let Some(url) = options.operand(0).or_else(|| options.value('d')).filter(|o| o.contains("://")) {
        let rest = url.split("://").nth(1).unwrap_or("").split('/').next().unwrap_or("");
        let (login, authority) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (h, p) = authority.split_once(':').unwrap_or((authority, "5432"));
        h.clone_into(&mut host);
        port = p.parse().unwrap_or(5432);
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let database = url.split("://").nth(1).and_then(|r| r.split_once('/')).map_or("", |(_, d)| d.split('?').next().unwrap_or(d));
        let some = |t: &str| Some(t.to_owned()).filter(|t| !t.is_empty());
        from_url = (some(user), some(password), some(database));
    }
    let socket = given.is_none() && host == "localhost";
    let place = if socket { "/var/run/postgresql".to_owned() } else { host.clone() };
    let result = reach(io, &host, port, 3_000)?;
    if &*io.name == "pg_isready" {
        let (word, code) = match result {
            Reach::Open(..) => ("accepting connections", 0),
            _ => ("no response", 2),
        };
        if !options.has('q') {
            io.outln(format!("{place}:{port} - {word}"));
        }
        return Ok(code);
    }
    let (fd, address) = match result {
        Reach::Open(fd, address) => (fd, address),
        Reach::NoName => return io.fail(2, format!("error: could not translate host name \"{host}\" to address: Name or service not known")),
        Reach::Refused(..) if socket => return io.fail(2, format!("error: connection to server on socket \"/var/run/postgresql/.s.PGSQL.{port}\" failed: No such file or directory\n\tIs the server running locally and accepting connections on that socket?")),
        Reach::Refused(address, error) => return io.fail(2, format!("error: connection to server at \"{host}\" ({address}), port {port} failed: {error}\n\tIs the server running on that host and accepting TCP/IP connections?")),
    };
    let own = io.sys().user().0;
    let user = match options.value('U').map(|u| u.to_string()).or(from_url.0).or_else(|| io.var("PGUSER").map(|u| u.to_string())) {
        Some(user) => user,
        None => super::super::users::user_name(io, own).unwrap_or_else(|| "root".into()),
    };
    let named = options.value('d').filter(|d| !d.contains("://")).or_else(|| options.operand(0).filter(|d| !d.contains("://"))).map(|d| d.to_string());
    let database = named.or(from_url.2).or_else(|| io.var("PGDATABASE").map(|d| d.to_string())).unwrap_or_else(|| user.clone());
    let password = from_url.1.or_else(|| io.var("PGPASSWORD").map(|p| p.to_string())).unwrap_or_default();
    let session = Session { fd, user, password, database };
    if &*io.name == "pg_dump" {
        io.outln("--\n-- PostgreSQL database dump\n--\n");
        io.assume("pg_dump prints no tables here");
        return Ok(0);
    }
    let mut texts: Vec<(String, bool)> = options.values('c').iter().map(|c| (c.to_string(), true)).collect();
    if options.has('l') {
        texts.push(("\\l".into(), true));
    }
    if let Some(path) = options.value('f') {
        match io.input(&path)? {
            Ok(data) => texts.push((super::super::engine::text::lossy(&data), false)),
            Err(error) => return io.fail(1, format!("error: {path}: {error}")),
        }
    }
    if texts.is_empty() {
        texts.push((super::super::engine::text::lossy(&io.stdin()?), false));
    }
    let strict = options.values('v').iter().any(|v| &**v == "ON_ERROR_STOP=1" || &**v == "ON_ERROR_STOP=on");
    let (bare, unaligned) = (options.has('t'), options.has('A'));
    for (text, one) in texts {
        for statement in sql::statements(&text) {
            if statement == "\\q" {
                return Ok(0);
            }
            match session.ask(io, &statement)? {
                Reply::Tag(tag) | Reply::Assumed(tag) => {
                    if !options.has('q') && !tag.is_empty() {
                        io.outln(tag);
                    }
                }
                Reply::Rows(names, rows) => {
                    let table = sql::psql_table(&names, &rows, bare, unaligned);
                    let titles = [("\\dt", "List of relations"), ("\\l", "List of databases")];
                    if let Some((_, title)) = titles.iter().find(|(s, _)| statement == *s && !bare && !unaligned) {
                        let width = table.lines().next().map_or(0, |l| l.chars().count());
                        io.outln(format!("{}{title}", " ".repeat(width.saturating_sub(title.len()) / 2)));
                    }
                    io.out(table);
                }
                Reply::Error("FATAL", why) => {
                    let place =
                        if socket { format!("on socket \"/var/run/postgresql/.s.PGSQL.{port}\"") } else { format!("at \"{host}\" ({address}), port {port}") };
                    return io.fail(2, format!("error: connection to server {place} failed: {why}"));
                }
                Reply::Error(_, why) => {
                    io.flush();
                    io.err_raw(&format!("ERROR:  {why}\n"));
                    if one || strict {
                        return Ok(if one { 1 } else { 3 });
                    }
                }
                Reply::Use(_) => {}
            }
        }
    }
    Ok(0)
}

/// The programs `mysql`, `mysqladmin`, `mysqldump`.
pub fn mysql(io: &mut Io<'_>) -> Run {
    let mut host = io.var("MYSQL_HOST").map_or_else(|| "localhost".to_owned(), |h| h.to_string());
    let mut port = 3306u16;
    let mut query = None;
    let (mut user, mut password) = ("root".to_owned(), io.var("MYSQL_PWD").map(|p| p.to_string()).unwrap_or_default());
    let mut words: Vec<std::rc::Rc<str>> = Vec::new();
    let mut quiet = false;
    let mut bare = false;
    let args = io.args.clone();
    let mut at = 0;
    while let Some(arg) = args.get(at).cloned() {
        at += 1;
        let mut value = |short: &str| {
            let rest = arg.strip_prefix(short).unwrap_or("").to_owned();
            if rest.is_empty() {
                at += 1;
                args.get(at - 1).map(ToString::to_string).unwrap_or_default()
            } else {
                rest
            }
        };
        if let Some(long) = arg.strip_prefix("--") {
            match long.split_once('=') {
                Some(("host", v)) => v.clone_into(&mut host),
                Some(("port", v)) => port = v.parse().unwrap_or(3306),
                Some(("execute", v)) => query = Some(v.to_owned()),
                Some(("user", v)) => v.clone_into(&mut user),
                Some(("password", v)) => v.clone_into(&mut password),
                Some(("database", v)) => words.push(v.into()),
                None if long == "silent" => quiet = true,
                None if long == "skip-column-names" => bare = true,
                None if matches!(long, "host" | "port" | "user") => {
                    let v = args.get(at).map(ToString::to_string).unwrap_or_default();
                    at += 1;
                    match long {
                        "host" => host = v,
                        "user" => user = v,
                        _ => port = v.parse().unwrap_or(3306),
                    }
                }
                _ => {}
            }
        } else if arg.starts_with("-h") {
            host = value("-h");
        } else if arg.starts_with("-P") {
            port = value("-P").parse().unwrap_or(3306);
        } else if arg.starts_with("-u") {
            user = value("-u");
        } else if arg.starts_with("-p") {
            password = arg.get(2..).unwrap_or_default().to_owned();
        } else if arg.starts_with("-D") {
            words.push(value("-D").into());
        } else if arg.starts_with("-e") {
            query = Some(value("-e"));
        } else if arg.starts_with('-') {
            quiet |= arg.contains('s') && !arg.starts_with("-p");
            bare |= arg.contains('N') && !arg.starts_with("-p");
        } else {
            words.push(arg);
        }
    }
    let name = io.name.clone();
    let fd = match reach(io, &host, port, 10_000)? {
        Reach::Open(fd, _) => fd,
        other => {
            let socket = host == "localhost";
            let text = match &other {
                _ if socket => "Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)".to_owned(),
                Reach::NoName => format!("Unknown MySQL server host '{host}' (-2)"),
                Reach::Refused(_, error) => format!("Can't connect to MySQL server on '{host}:{port}' ({})", if *error == Errno::TimedOut { 110 } else { 111 }),
                Reach::Open(..) => String::new(),
            };
            let number = if socket {
                2002
            } else if matches!(other, Reach::NoName) {
                2005
            } else {
                2003
            };
            if &*name == "mysqladmin" {
                io.err_raw(&format!("mysqladmin: connect to server at '{host}' failed\nerror: '{text}'\n"));
            } else {
                io.err_raw(&format!("ERROR {number} (HY000): {text}\n"));
            }
            return Ok(1);
        }
    };
    if &*name == "mysqladmin" {
        match words.first().map(|w| &**w) {
            Some("ping") => io.outln("mysqld is alive"),
            Some("status") => {
                io.outln("Uptime: 60  Threads: 2  Questions: 5  Slow queries: 0  Opens: 119  Flush tables: 3  Open tables: 38  Queries per second avg: 0.083");
            }
            _ => {}
        }
        let _ = quiet;
        return Ok(0);
    }
    let text = match query {
        Some(query) => query,
        None => super::super::engine::text::lossy(&io.stdin()?),
    };
    let mut session = Session { fd, user, password, database: words.first().map(ToString::to_string).unwrap_or_default() };
    for statement in sql::statements(&text) {
        match session.ask(io, &statement)? {
            Reply::Tag(_) | Reply::Assumed(_) => {}
            Reply::Use(database) => session.database = database,
            Reply::Rows(names, rows) => {
                if !bare {
                    io.outln(names.join("\t"));
                }
                for row in rows {
                    io.outln(row.iter().map(|c| c.clone().unwrap_or_else(|| "NULL".into())).collect::<Vec<_>>().join("\t"));
                }
            }
            Reply::Error(code, why) => {
                io.flush();
                io.err_raw(&if code == "FATAL" { format!("{why}\n") } else { format!("ERROR {code} at line 1: {why}\n") });
                return Ok(1);
            }
        }
    }
    Ok(0)
}

/// The programs `mongo`, `mongosh`, `mongoimport`.
pub fn mongosh(io: &mut Io<'_>) -> Run {
    let mut host = "127.0.0.1".to_owned();
    let mut port = 27017u16;
    let mut script = None;
    let args = io.args.clone();
    let mut at = 0;
    while let Some(arg) = args.get(at).cloned() {
        at += 1;
        let next = args.get(at).cloned();
        match &*arg {
            "--eval" => {
                script = next;
                at += 1;
            }
            "--host" | "-h" => {
                host = next.map(|n| n.to_string()).unwrap_or_default();
                at += 1;
            }
            "--port" => {
                port = next.and_then(|n| n.parse().ok()).unwrap_or(27017);
                at += 1;
            }
            "-u" | "-p" | "--username" | "--password" | "--authenticationDatabase" => at += 1,
            url if url.starts_with("mongodb://") => {
                let rest = url.trim_start_matches("mongodb://").split(['/', '?']).next().unwrap_or("");
                let authority = rest.rsplit('@').next().unwrap_or(rest).split(',').next().unwrap_or("");
                let (h, p) = authority.split_once(':').unwrap_or((authority, "27017"));
                h.clone_into(&mut host);
                port = p.parse().unwrap_or(27017);
            }
            _ => {}
        }
    }
    if let Some((h, p)) = host.clone().split_once(':') {
        h.clone_into(&mut host);
        port = p.parse().unwrap_or(port);
    }
    match reach(io, &host, port, 30_000)? {
        Reach::Open(fd, _) => io.close(fd),
        Reach::NoName => {
            io.err_raw(&format!("MongoNetworkError: getaddrinfo ENOTFOUND {host}\n"));
            return Ok(1);
        }
        Reach::Refused(address, _) => {
            io.err_raw(&format!("MongoNetworkError: connect ECONNREFUSED {address}:{port}\n"));
            return Ok(1);
        }
    }
    let text = match script {
        Some(text) => text.to_string(),
        None => super::super::engine::text::lossy(&io.stdin()?),
    };
    if text.contains("ping") {
        io.outln("{ ok: 1 }");
    } else if text.contains("hello") || text.contains("isMaster") || text.contains("status") {
        io.outln("{ isWritablePrimary: true, ok: 1 }");
    } else if !text.trim().is_empty() {
        io.assume("the script is not understood: it is assumed to succeed, and MongoDB keeps no data here");
    }
    Ok(0)
}
