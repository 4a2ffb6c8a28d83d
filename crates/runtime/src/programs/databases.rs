//! PostgreSQL, MySQL and MongoDB: servers that start, listen and answer that they are there, and their clients.
//!
//! PostgreSQL and MySQL keep the data of the statements [`sql`](super::sql) understands, in files of their container;
//! anything else, and all of MongoDB's scripts, is answered as if it had worked, and said to be assumed.

mod clients;
mod store;

pub use clients::{mongosh, mysql, psql};
use store::{answer, initialise};

use super::engine::clock::Moment;
use super::http::{Answer, Handler, Incoming, Response, Server, header};
use super::sql::{self, Dialect};
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
