//! PostgreSQL, MySQL and MongoDB: servers that start, listen and answer that they are there, and their clients.
//!
//! PostgreSQL and MySQL keep the data of the statements [`sql`](super::sql) understands, in files of their container;
//! anything else, and all of MongoDB's scripts, is answered as if it had worked, and said to be assumed.

use super::engine::clock::Moment;
use super::http::{Answer, Handler, Incoming, Response, Server, header};
use super::plain::{Io, Run, Stop};
use super::sql::{self, Dialect, Reply};
use crate::program::{Disposition, Errno, Fd, Program, Step, Sys, Wait};
use crate::{Signal, SimTime};
use std::net::Ipv4Addr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Postgres,
    Mysql,
    Mongo,
    Elastic,
}

/// A database server.
#[derive(Clone, Debug)]
pub struct Database {
    kind: Kind,
    stage: u8,
    until: SimTime,
    listener: Option<Fd>,
    clients: Vec<(Fd, Vec<u8>)>,
    elastic: Elastic,
    web: Server,
}

#[derive(Clone, Debug, Default)]
struct Elastic {
    cluster: String,
    node: String,
}

impl Database {
    fn boxed(kind: Kind) -> Box<dyn Program> {
        Box::new(Database { kind, stage: 0, until: SimTime::ZERO, listener: None, clients: Vec::new(), elastic: Elastic::default(), web: Server::default() })
    }
    /// `postgres`.
    pub fn postgres() -> Box<dyn Program> {
        Database::boxed(Kind::Postgres)
    }
    /// `mysqld`.
    pub fn mysql() -> Box<dyn Program> {
        Database::boxed(Kind::Mysql)
    }
    /// `mongod`.
    pub fn mongo() -> Box<dyn Program> {
        Database::boxed(Kind::Mongo)
    }
    /// Elasticsearch.
    pub fn elastic() -> Box<dyn Program> {
        Database::boxed(Kind::Elastic)
    }

    fn begin(&mut self, sys: &mut dyn Sys) -> Result<u64, i32> {
        let env = sys.env();
        let set = |name: &str| env.iter().any(|(k, v)| &**k == name && !v.is_empty());
        Ok(match self.kind {
            Kind::Postgres if sys.stat(&format!("{}/PG_VERSION", sql::directory(sys, Dialect::Postgres).trim_end_matches("/base"))).is_ok() => {
                sys.out("\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n");
                600
            }
            Kind::Mysql if sys.stat("/var/lib/mysql/ibdata1").is_ok() => {
                let time = Moment::from_millis(sys.unix_ms()).format("%Y-%m-%d %H:%M:%S+00:00");
                sys.out(&format!("{time} [Note] [Entrypoint]: Entrypoint script for MySQL Server 8.4.3 started.\n"));
                1500
            }
            Kind::Postgres => {
                if !(set("POSTGRES_PASSWORD")
                    || set("POSTGRES_PASSWORD_FILE")
                    || set("POSTGRESQL_PASSWORD")
                    || set("ALLOW_EMPTY_PASSWORD")
                    || sys.var("POSTGRES_HOST_AUTH_METHOD").as_deref() == Some("trust"))
                {
                    sys.err("Error: Database is uninitialized and superuser password is not specified.\n       You must specify POSTGRES_PASSWORD to a non-empty value for the\n       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on \"docker run\".\n\n       You may also use \"POSTGRES_HOST_AUTH_METHOD=trust\" to allow all\n       connections without a password. This is *not* recommended.\n\n       See PostgreSQL documentation about \"trust\":\n       https://www.postgresql.org/docs/current/auth-trust.html\n");
                    return Err(1);
                }
                sys.out("The files belonging to this database system will be owned by user \"postgres\".\nThis user must also own the server process.\n\nfixing permissions on existing directory /var/lib/postgresql/data ... ok\ncreating subdirectories ... ok\nperforming post-bootstrap initialization ... ok\nsyncing data to disk ... ok\n\nSuccess. You can now start the database server using:\n\n    pg_ctl -D /var/lib/postgresql/data -l logfile start\n\nPostgreSQL init process complete; ready for start up.\n\n");
                initialise(sys, Dialect::Postgres);
                2500
            }
            Kind::Mysql => {
                let time = Moment::from_millis(sys.unix_ms()).format("%Y-%m-%d %H:%M:%S+00:00");
                sys.out(&format!("{time} [Note] [Entrypoint]: Entrypoint script for MySQL Server 8.4.3 started.\n"));
                if ![
                    "MYSQL_ROOT_PASSWORD",
                    "MYSQL_ALLOW_EMPTY_PASSWORD",
                    "MYSQL_RANDOM_ROOT_PASSWORD",
                    "MARIADB_ROOT_PASSWORD",
                    "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
                    "MYSQL_ROOT_PASSWORD_FILE",
                    "ALLOW_EMPTY_PASSWORD",
                ]
                .iter()
                .any(|n| set(n))
                {
                    sys.err(&format!("{time} [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n    You need to specify one of the following as an environment variable:\n    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD\n"));
                    return Err(1);
                }
                sys.out(&format!("{time} [Note] [Entrypoint]: Initializing database files\n"));
                initialise(sys, Dialect::Mysql);
                8000
            }
            Kind::Mongo => 1200,
            Kind::Elastic => {
                self.elastic = Elastic {
                    cluster: sys.var("cluster.name").map_or_else(|| "docker-cluster".to_owned(), |v| v.to_string()),
                    node: sys.var("node.name").unwrap_or_else(|| sys.hostname()).to_string(),
                };
                12_000
            }
        })
    }

    fn listen(&mut self, sys: &mut dyn Sys) -> Option<Step> {
        let args = sys.args();
        let option = |names: &[&str]| {
            args.iter().enumerate().find_map(|(i, a)| {
                names
                    .iter()
                    .find_map(|n| if &**a == *n { args.get(i + 1).map(ToString::to_string) } else { a.strip_prefix(&format!("{n}=")).map(ToOwned::to_owned) })
            })
        };
        let number = |text: Option<String>, default: u16| text.and_then(|t| t.parse().ok()).unwrap_or(default);
        let (address, port) = match self.kind {
            Kind::Postgres => (Ipv4Addr::UNSPECIFIED, number(option(&["-p"]).or_else(|| sys.var("PGPORT").map(|p| p.to_string())), 5432)),
            Kind::Mysql => (Ipv4Addr::UNSPECIFIED, number(option(&["--port", "-P"]), 3306)),
            Kind::Mongo => (
                if args.iter().any(|a| &**a == "--bind_ip") && option(&["--bind_ip"]).is_some_and(|b| b == "127.0.0.1" || b == "localhost") {
                    Ipv4Addr::LOCALHOST
                } else {
                    Ipv4Addr::UNSPECIFIED
                },
                number(option(&["--port"]), 27017),
            ),
            Kind::Elastic => {
                let host = sys.var("network.host").or_else(|| sys.var("http.host"));
                let address = match host.as_deref() {
                    Some("127.0.0.1" | "localhost" | "_local_") => Ipv4Addr::LOCALHOST,
                    _ => Ipv4Addr::UNSPECIFIED,
                };
                (address, number(sys.var("http.port").map(|p| p.to_string()), 9200))
            }
        };
        let result = if self.kind == Kind::Elastic {
            self.web.listen(sys, address, port, true, None)
        } else {
            sys.listen(address, port, true).map(|fd| self.listener = Some(fd))
        };
        let now = Moment::from_millis(sys.unix_ms());
        if let Err(error) = result {
            sys.err(&match self.kind {
                Kind::Postgres => format!(
                    "{} UTC [1] LOG:  could not bind IPv4 address \"0.0.0.0\": {error}\n{0} UTC [1] FATAL:  could not create any TCP/IP sockets\n",
                    now.format("%Y-%m-%d %H:%M:%S.000")
                ),
                Kind::Mysql => {
                    format!("{} 0 [ERROR] [MY-010262] [Server] Can't start server: Bind on TCP/IP port: {error}\n", now.format("%Y-%m-%dT%H:%M:%S.000000Z"))
                }
                _ => format!("Failed to set up listener: SocketException: {error}\n"),
            });
            return Some(Step::Done(if self.kind == Kind::Mongo { 48 } else { 1 }));
        }
        match self.kind {
            Kind::Postgres => {
                let stamp = now.format("%Y-%m-%d %H:%M:%S.000 UTC [1]");
                sys.err(&format!("{stamp} LOG:  starting PostgreSQL 17.2 (Debian 17.2-1.pgdg120+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit\n{stamp} LOG:  listening on IPv4 address \"0.0.0.0\", port {port}\n{stamp} LOG:  listening on IPv6 address \"::\", port {port}\n{stamp} LOG:  listening on Unix socket \"/var/run/postgresql/.s.PGSQL.{port}\"\n{stamp} LOG:  database system is ready to accept connections\n"));
            }
            Kind::Mysql => {
                let stamp = now.format("%Y-%m-%dT%H:%M:%S.000000Z");
                sys.err(&format!("{stamp} 0 [System] [MY-015015] [Server] MySQL Server - start.\n{stamp} 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld 8.4.3) starting as process 1\n{stamp} 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '8.4.3'  socket: '/var/run/mysqld/mysqld.sock'  port: {port}  MySQL Community Server - GPL.\n"));
            }
            Kind::Mongo => {
                let stamp = now.format("%Y-%m-%dT%H:%M:%S.000+00:00");
                sys.out(&format!("{{\"t\":{{\"$date\":\"{stamp}\"}},\"s\":\"I\",  \"c\":\"CONTROL\",  \"id\":4615611, \"ctx\":\"initandlisten\",\"msg\":\"MongoDB starting\",\"attr\":{{\"pid\":1,\"port\":{port},\"dbPath\":\"/data/db\",\"host\":\"{}\"}}}}\n{{\"t\":{{\"$date\":\"{stamp}\"}},\"s\":\"I\",  \"c\":\"NETWORK\",  \"id\":23016,   \"ctx\":\"listener\",\"msg\":\"Waiting for connections\",\"attr\":{{\"port\":{port},\"ssl\":\"off\"}}}}\n", sys.hostname()));
            }
            Kind::Elastic => {
                let stamp = now.format("%Y-%m-%dT%H:%M:%S,000Z");
                let node = self.elastic.node.clone();
                let cluster = self.elastic.cluster.clone();
                let line = |component: &str, message: &str| {
                    format!(
                        "{{\"type\": \"server\", \"timestamp\": \"{stamp}\", \"level\": \"INFO\", \"component\": \"{component}\", \"cluster.name\": \"{cluster}\", \"node.name\": \"{node}\", \"message\": \"{message}\" }}\n"
                    )
                };
                let text = line("o.e.h.AbstractHttpServerTransport", &format!("publish_address {{{address}:{port}}}, bound_addresses {{{address}:{port}}}"))
                    + &line("o.e.n.Node", "started");
                sys.out(&text);
                if let Some(logs) = sys.var("path.logs") {
                    let _ = sys.write_file(&format!("{logs}/{cluster}_server.json"), text.as_bytes(), true);
                }
            }
        }
        None
    }
}

impl Handler for Elastic {
    fn answer(&mut self, _sys: &mut dyn Sys, incoming: &Incoming) -> Answer {
        let path = incoming.request.path();
        Answer::Now(if path == "/" {
            Response::new(
                200,
                "application/json; charset=UTF-8",
                format!(
                    "{{\n  \"name\" : \"{}\",\n  \"cluster_name\" : \"{}\",\n  \"cluster_uuid\" : \"Z7q2yYXhT0S4k0fGg0f4Tw\",\n  \"version\" : {{\n    \"number\" : \"7.9.3\",\n    \"build_flavor\" : \"default\",\n    \"build_type\" : \"docker\",\n    \"build_hash\" : \"c4138e51121ef06a6404866cddc601906fe5c868\",\n    \"build_date\" : \"2020-10-16T10:36:16.141335Z\",\n    \"build_snapshot\" : false,\n    \"lucene_version\" : \"8.6.2\",\n    \"minimum_wire_compatibility_version\" : \"6.8.0\",\n    \"minimum_index_compatibility_version\" : \"6.0.0-beta1\"\n  }},\n  \"tagline\" : \"You Know, for Search\"\n}}\n",
                    self.node, self.cluster
                ),
            )
        } else if path.starts_with("/_cluster/health") {
            Response::new(
                200,
                "application/json; charset=UTF-8",
                format!("{{\"cluster_name\":\"{}\",\"status\":\"green\",\"timed_out\":false,\"number_of_nodes\":1,\"number_of_data_nodes\":1}}", self.cluster),
            )
        } else if matches!(incoming.request.method.as_str(), "PUT" | "POST") {
            Response::new(201, "application/json; charset=UTF-8", "{\"result\":\"created\"}")
        } else {
            let index = path.trim_start_matches('/').split('/').next().unwrap_or("").to_owned();
            Response::new(
                404,
                "application/json; charset=UTF-8",
                format!("{{\"error\":{{\"type\":\"index_not_found_exception\",\"reason\":\"no such index [{index}]\"}},\"status\":404}}"),
            )
        })
    }
    fn done(&mut self, _sys: &mut dyn Sys, incoming: &Incoming, _response: &mut Response) {
        let _ = header(&incoming.request.headers, "Host");
    }
    fn failed(&mut self, _sys: &mut dyn Sys, _incoming: &Incoming, _error: Errno) -> Response {
        Response::new(500, "text/plain", "")
    }
}

impl Program for Database {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        if sys.take_signal().is_some() {
            if self.kind == Kind::Postgres && self.stage == 2 {
                let stamp = Moment::from_millis(sys.unix_ms()).format("%Y-%m-%d %H:%M:%S.000 UTC [1]");
                sys.err(&format!("{stamp} LOG:  received fast shutdown request\n{stamp} LOG:  database system is shut down\n"));
            }
            return Step::Done(if self.kind == Kind::Elastic { 143 } else { 0 });
        }
        if self.stage == 0 {
            // `docker-entrypoint.sh bash` runs something else.
            let args = sys.args();
            if let Some(first) = args.get(1).filter(|a| !a.starts_with('-'))
                && args.first().is_some_and(|a| a.ends_with("entrypoint.sh"))
                && !matches!(&**first, "postgres" | "mysqld" | "mariadbd" | "mongod" | "eswrapper" | "elasticsearch")
            {
                return Step::Exec(crate::program::Exec { argv: args.get(1..).unwrap_or_default().to_vec(), env: None });
            }
            match self.begin(sys) {
                Ok(ms) => self.until = sys.now() + ms,
                Err(code) => return Step::Done(code),
            }
            self.stage = 1;
        }
        if sys.now() < self.until {
            return Step::Wait(Wait::until(self.until));
        }
        if self.stage == 1 {
            self.stage = 2;
            if let Some(step) = self.listen(sys) {
                return step;
            }
        }
        if self.kind == Kind::Elastic {
            self.web.poll(sys, &mut self.elastic);
            return Step::Wait(self.web.wait());
        }
        let Some(listener) = self.listener else { return Step::Done(1) };
        while let Ok(fd) = sys.accept(listener) {
            if self.kind == Kind::Mysql {
                let _ = sys.write(fd, b"J\0\0\0\x0a8.4.3\0\n");
            }
            self.clients.push((fd, Vec::new()));
        }
        let kind = self.kind;
        self.clients.retain_mut(|(fd, seen)| {
            loop {
                match sys.read(*fd, 1 << 16) {
                    Ok(data) if data.is_empty() => break,
                    Ok(data) => {
                        seen.extend(data);
                        while let Some(end) = seen.iter().position(|b| *b == b'\n') {
                            let line: Vec<u8> = seen.drain(..=end).collect();
                            if line.starts_with(b"GET ") && kind == Kind::Mongo {
                                let _ = sys.write(*fd, b"HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 85\r\n\r\nIt looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n");
                                let _ = sys.close(*fd);
                                return false;
                            }
                            let dialect = if kind == Kind::Mysql { Dialect::Mysql } else { Dialect::Postgres };
                            match line.strip_prefix(b"Q").filter(|_| kind != Kind::Mongo) {
                                Some(request) => {
                                    let near = sys.ends(*fd).is_ok_and(|(own, other)| other.0.is_loopback() || own.0 == other.0);
                                    let reply = answer(sys, dialect, &String::from_utf8_lossy(request), near);
                                    let _ = sys.write(*fd, format!("\u{2}{}", sql::encode(&reply)).as_bytes());
                                }
                                None => drop(sys.write(*fd, b"OK\n")),
                            }
                        }
                    }
                    Err(Errno::Again) => return true,
                    Err(_) => break,
                }
            }
            let _ = sys.close(*fd);
            false
        });
        let mut wait = Wait::readable(listener);
        for (fd, _) in &self.clients {
            wait = wait.or_readable(*fd);
        }
        Step::Wait(wait)
    }

    fn disposition(&self, signal: Signal) -> Disposition {
        match signal {
            Signal::Term | Signal::Int | Signal::Quit => Disposition::Handle,
            Signal::Pipe => Disposition::Ignore,
            _ => Disposition::Default,
        }
    }
}

/// Makes the databases a fresh server has, and runs what stands in `/docker-entrypoint-initdb.d`.
fn initialise(sys: &mut dyn Sys, dialect: Dialect) {
    let root = sql::directory(sys, dialect);
    let env = |sys: &dyn Sys, names: &[&str]| names.iter().find_map(|n| sys.var(n)).map(|v| v.to_string()).filter(|v| !v.is_empty());
    sql::make_dirs(sys, &root);
    let own = match dialect {
        Dialect::Postgres => {
            let _ = sys.write_file(&format!("{}/PG_VERSION", root.trim_end_matches("/base")), b"17\n", false);
            sql::make_dirs(sys, &format!("{root}/postgres"));
            env(sys, &["POSTGRES_DB", "POSTGRESQL_DATABASE", "POSTGRES_USER", "POSTGRESQL_USERNAME"])
        }
        Dialect::Mysql => {
            let _ = sys.write_file("/var/lib/mysql/ibdata1", b"", false);
            env(sys, &["MYSQL_DATABASE", "MARIADB_DATABASE"])
        }
    };
    if let Some(own) = &own {
        sql::make_dirs(sys, &format!("{root}/{own}"));
    }
    let mut database = own.unwrap_or_else(|| if dialect == Dialect::Postgres { "postgres".into() } else { String::new() });
    for entry in sys.read_dir("/docker-entrypoint-initdb.d").unwrap_or_default() {
        let path = format!("/docker-entrypoint-initdb.d/{}", entry.name);
        if !path.ends_with(".sql") {
            if path.ends_with(".sh") {
                sys.assume(&format!("{path} is not run: it is assumed to change nothing"));
            }
            continue;
        }
        sys.out(&format!("/usr/local/bin/docker-entrypoint.sh: running {path}\n"));
        let text = sys.read_file(&path).map(|d| String::from_utf8_lossy(&d).into_owned()).unwrap_or_default();
        for statement in sql::statements(&text) {
            match run_statement(sys, dialect, &database, &statement) {
                Reply::Use(other) => database = other,
                Reply::Tag(tag) if !tag.is_empty() => sys.out(&format!("{tag}\n")),
                Reply::Error(_, error) => sys.err(&format!("ERROR:  {error}\n")),
                _ => {}
            }
        }
    }
}

fn run_statement(sys: &mut dyn Sys, dialect: Dialect, database: &str, statement: &str) -> Reply {
    let now = Moment::from_millis(sys.unix_ms()).format("%Y-%m-%d %H:%M:%S");
    let reply = sql::execute(sys, dialect, database, statement, &now);
    if let Reply::Assumed(_) = reply {
        sys.assume(&format!("`{statement}` is not understood: it is assumed to succeed and to change nothing"));
    }
    reply
}

/// The server's answer to a request: user, password, database, statement.
fn answer(sys: &mut dyn Sys, dialect: Dialect, request: &str, near: bool) -> Reply {
    let request = request.trim_end_matches('\n').replace('\u{1}', "\n");
    let mut parts = request.splitn(4, '\u{1f}');
    let (user, password, database, statement) =
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let secret = |sys: &mut dyn Sys, names: &[&str]| {
        let plain = names.iter().find_map(|n| sys.var(n)).map(|v| v.to_string());
        plain.or_else(|| {
            let path = names.iter().find_map(|n| sys.var(&format!("{n}_FILE")))?;
            sys.read_file(&path).ok().map(|d| String::from_utf8_lossy(&d).trim_end().to_owned())
        })
    };
    let root = sql::directory(sys, dialect);
    let exists = |sys: &dyn Sys, path: &str| sys.stat(&format!("{root}/{path}")).is_ok();
    match dialect {
        Dialect::Postgres => {
            let main = ["POSTGRES_USER", "POSTGRESQL_USERNAME"].iter().find_map(|n| sys.var(n)).map_or_else(|| "postgres".to_owned(), |u| u.to_string());
            let wanted = secret(sys, &["POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD"]).unwrap_or_default();
            let trusted = near || sys.var("POSTGRES_HOST_AUTH_METHOD").as_deref() == Some("trust");
            if !trusted && password.is_empty() {
                return Reply::Error("FATAL", "fe_sendauth: no password supplied".into());
            }
            if !trusted && user == main && password != wanted {
                return Reply::Error("FATAL", format!("FATAL:  password authentication failed for user \"{user}\""));
            }
            if user != main && !exists(sys, &format!(".role-{user}")) {
                return Reply::Error("FATAL", format!("FATAL:  role \"{user}\" does not exist"));
            }
            if !exists(sys, database) {
                return Reply::Error("FATAL", format!("FATAL:  database \"{database}\" does not exist"));
            }
        }
        Dialect::Mysql => {
            let names: &[&str] = if user == "root" { &["MYSQL_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD"] } else { &["MYSQL_PASSWORD", "MARIADB_PASSWORD"] };
            let known =
                user == "root" || ["MYSQL_USER", "MARIADB_USER"].iter().any(|n| sys.var(n).as_deref() == Some(user)) || exists(sys, &format!(".role-{user}"));
            let wanted = secret(sys, names).unwrap_or_default();
            if !known || !exists(sys, &format!(".role-{user}")) && wanted != password {
                let from = if near { "localhost" } else { "%" };
                let using = if password.is_empty() { "NO" } else { "YES" };
                return Reply::Error("FATAL", format!("ERROR 1045 (28000): Access denied for user '{user}'@'{from}' (using password: {using})"));
            }
            if !database.is_empty() && !exists(sys, database) {
                return Reply::Error("FATAL", format!("ERROR 1049 (42000): Unknown database '{database}'"));
            }
        }
    }
    run_statement(sys, dialect, database, statement)
}

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
        let text = super::engine::text::lossy(&answer);
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
        None => super::users::user_name(io, own).unwrap_or_else(|| "root".into()),
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
            Ok(data) => texts.push((super::engine::text::lossy(&data), false)),
            Err(error) => return io.fail(1, format!("error: {path}: {error}")),
        }
    }
    if texts.is_empty() {
        texts.push((super::engine::text::lossy(&io.stdin()?), false));
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
        None => super::engine::text::lossy(&io.stdin()?),
    };
    let mut session = Session { fd, user, password, database: words.first().map(|w| w.to_string()).unwrap_or_default() };
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
        None => super::engine::text::lossy(&io.stdin()?),
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
