//! What PostgreSQL and MySQL servers do with statements: who may, and in which database.

use super::super::engine::clock::Moment;
use super::super::sql::{self, Dialect, Reply};
use crate::program::Sys;

/// Makes the databases a fresh server has, and runs what stands in `/docker-entrypoint-initdb.d`.
pub(super) fn initialise(sys: &mut dyn Sys, dialect: Dialect) {
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
        let ends = |ending: &str| path.rsplit('.').next() == Some(ending);
        if !ends("sql") {
            if ends("sh") {
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
pub(super) fn answer(sys: &mut dyn Sys, dialect: Dialect, request: &str, near: bool) -> Reply {
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
