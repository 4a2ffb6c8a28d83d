//! The programs in images, one file (or family) each.
//!
//! Most are functions over [`plain::Io`]; what never ends or streams is a state machine. Servers are
//! in their own files (`nginx`, `redis`, …).

#![expect(
    clippy::format_push_string,
    clippy::single_match_else,
    clippy::many_single_char_names,
    clippy::match_same_arms,
    clippy::unnecessary_wraps,
    clippy::naive_bytecount,
    clippy::format_collect,
    reason = "programs print line by line and match letter by letter: the table a reader knows from the manual page is worth more than the shorter form"
)]

pub mod engine;
pub mod plain;
pub mod usage;

pub mod accounts;
pub mod agnhost;
pub mod archive;
pub mod attributes;
pub mod awk;
pub mod cat;
pub mod columns;
pub mod copy;
pub mod databases;
pub mod date;
pub mod diff;
pub mod directories;
pub mod disk;
pub mod dump;
pub mod echo;
pub mod encoding;
pub mod environment;
pub mod envoy;
pub mod expr;
pub mod files;
pub mod find;
pub mod grep;
pub mod head;
pub mod http;
pub mod httpd;
pub mod languages;
pub mod links;
pub mod ls;
pub mod nc;
pub mod netinfo;
pub mod nginx;
pub mod packages;
pub mod printf;
pub mod processes;
pub mod redis;
pub mod remove;
pub mod sed;
pub mod sequence;
pub mod serve;
pub mod sleep;
pub mod small;
pub mod sort;
pub(crate) mod sql;
pub mod stat;
pub mod tail;
pub mod tee;
pub mod test;
pub mod users;
pub mod wget;
pub mod xargs;

use crate::program::Program;
use plain::{Io, Plain, Run};
use std::rc::Rc;

enum Kind {
    Function(fn(&mut Io<'_>) -> Run),
    Machine(fn() -> Box<dyn Program>),
}

use Kind::{Function, Machine};

/// Every program by its name, sorted.
const TABLE: &[(&str, Kind)] = &[
    ("[", Function(test::main)),
    ("[[", Function(test::main)),
    ("addgroup", Function(accounts::main)),
    ("adduser", Function(accounts::main)),
    ("agnhost", Machine(|| Box::new(agnhost::Agnhost::default()))),
    ("apk", Function(packages::main)),
    ("apt", Function(packages::main)),
    ("arch", Function(small::arch)),
    ("awk", Function(awk::main)),
    ("base64", Function(encoding::base64)),
    ("basename", Function(links::basename)),
    ("bc", Function(disk::bc)),
    ("cat", Function(cat::main)),
    ("chgrp", Function(attributes::chown)),
    ("chmod", Function(attributes::chmod)),
    ("chown", Function(attributes::chown)),
    ("chroot", Function(processes::chroot)),
    ("cksum", Function(encoding::cksum)),
    ("clear", Function(small::clear)),
    ("cmp", Function(dump::cmp)),
    ("comm", Function(columns::comm)),
    ("cowsay", Function(languages::cowsay)),
    ("cp", Function(copy::cp)),
    ("curl", Function(wget::curl)),
    ("cut", Function(columns::cut)),
    ("date", Function(date::main)),
    ("dc", Function(disk::dc)),
    ("dd", Function(disk::dd)),
    ("df", Function(disk::df)),
    ("diff", Function(diff::main)),
    ("dig", Function(netinfo::dig)),
    ("dirname", Function(links::dirname)),
    ("dos2unix", Function(dump::line_ends)),
    ("du", Function(disk::du)),
    ("dumb-init", Function(processes::wrapper)),
    ("echo", Function(echo::main)),
    ("egrep", Function(grep::main)),
    ("elasticsearch", Machine(databases::Database::elastic)),
    ("env", Function(environment::env)),
    ("envoy", Machine(|| Box::new(envoy::Envoy::default()))),
    ("etcdctl", Function(languages::etcdctl)),
    ("expand", Function(columns::expand)),
    ("expr", Function(expr::main)),
    ("factor", Function(sequence::factor)),
    ("false", Function(small::no)),
    ("fgrep", Function(grep::main)),
    ("find", Function(find::main)),
    ("fold", Function(columns::fold)),
    ("free", Function(disk::free)),
    ("getent", Function(netinfo::host)),
    ("git", Function(languages::git)),
    ("grep", Function(grep::main)),
    ("groupadd", Function(accounts::main)),
    ("groups", Function(users::groups)),
    ("gunzip", Function(archive::gzip)),
    ("gzip", Function(archive::gzip)),
    ("hd", Function(dump::hexdump)),
    ("head", Function(head::main)),
    ("hello", Function(languages::hello)),
    ("hexdump", Function(dump::hexdump)),
    ("host", Function(netinfo::host)),
    ("hostname", Function(environment::hostname)),
    ("httpd", Machine(|| Box::new(httpd::Httpd::default()))),
    ("id", Function(users::id)),
    ("ifconfig", Function(netinfo::ifconfig)),
    ("install", Function(copy::install)),
    ("ionice", Function(processes::wrapper)),
    ("ip", Function(netinfo::ip)),
    ("java", Machine(languages::Interpreter::java)),
    ("jq", Function(languages::jq)),
    ("kill", Function(processes::kill)),
    ("killall", Function(processes::killall)),
    ("killall5", Function(processes::killall5)),
    ("kubectl", Function(languages::kubectl)),
    ("less", Function(cat::main)),
    ("ln", Function(links::ln)),
    ("logger", Function(small::logger)),
    ("ls", Function(ls::main)),
    ("md5sum", Function(encoding::sums)),
    ("mkdir", Function(directories::mkdir)),
    ("mkfifo", Function(directories::mkfifo)),
    ("mktemp", Function(directories::mktemp)),
    ("mongod", Machine(databases::Database::mongo)),
    ("mongoimport", Function(databases::mongosh)),
    ("mongosh", Function(databases::mongosh)),
    ("more", Function(cat::main)),
    ("mount", Function(disk::mount)),
    ("mv", Function(copy::mv)),
    ("mysql", Function(databases::mysql)),
    ("mysqladmin", Function(databases::mysql)),
    ("mysqld", Machine(databases::Database::mysql)),
    ("mysqldump", Function(databases::mysql)),
    ("nc", Machine(|| Box::new(nc::Nc::default()))),
    ("ncat", Machine(|| Box::new(nc::Nc::default()))),
    ("netstat", Function(netinfo::netstat)),
    ("nginx", Machine(|| Box::new(nginx::Nginx::default()))),
    ("nice", Function(processes::wrapper)),
    ("nl", Function(columns::nl)),
    ("node", Machine(languages::Interpreter::node)),
    ("nohup", Function(processes::wrapper)),
    ("npm", Machine(languages::Interpreter::npm)),
    ("nproc", Function(small::nproc)),
    ("nslookup", Function(netinfo::nslookup)),
    ("od", Function(dump::od)),
    ("paste", Function(columns::paste)),
    ("pause", Machine(|| Box::new(languages::Pause))),
    ("perl", Machine(languages::Interpreter::perl)),
    ("pg_dump", Function(databases::psql)),
    ("pg_isready", Function(databases::psql)),
    ("pgrep", Function(processes::pgrep)),
    ("pidof", Function(processes::pgrep)),
    ("ping", Function(netinfo::ping)),
    ("pip", Function(packages::main)),
    ("pkill", Function(processes::killall)),
    ("podcli", Function(languages::podcli)),
    ("postgres", Machine(databases::Database::postgres)),
    ("printenv", Function(environment::printenv)),
    ("printf", Function(printf::main)),
    ("ps", Function(processes::ps)),
    ("psql", Function(databases::psql)),
    ("pwd", Function(small::pwd)),
    ("python", Machine(languages::Interpreter::python)),
    ("readlink", Function(links::readlink)),
    ("realpath", Function(links::realpath)),
    ("redis-cli", Function(redis::cli)),
    ("redis-server", Machine(|| Box::new(redis::Redis::default()))),
    ("rev", Function(columns::rev)),
    ("rm", Function(remove::rm)),
    ("rmdir", Function(directories::rmdir)),
    ("sed", Function(sed::main)),
    ("seq", Function(sequence::seq)),
    ("serve", Machine(|| Box::new(serve::Serve::default()))),
    ("setsid", Function(processes::wrapper)),
    ("sha1sum", Function(encoding::sums)),
    ("sha256sum", Function(encoding::sums)),
    ("sha512sum", Function(encoding::sums)),
    ("shuf", Function(sort::shuf)),
    ("sleep", Function(sleep::main)),
    ("sort", Function(sort::sort)),
    ("split", Function(disk::split)),
    ("ss", Function(netinfo::netstat)),
    ("stat", Function(stat::main)),
    ("stdbuf", Function(processes::wrapper)),
    ("stress", Machine(|| Box::new(languages::Stress::default()))),
    ("strings", Function(dump::strings)),
    ("stty", Function(small::yes)),
    ("su", Function(processes::su)),
    ("sudo", Function(processes::wrapper)),
    ("sync", Function(small::yes)),
    ("tac", Function(columns::tac)),
    ("tail", Machine(tail::Tail::boxed)),
    ("tar", Function(archive::tar)),
    ("tee", Function(tee::main)),
    ("test", Function(test::main)),
    ("time", Function(processes::time)),
    ("timeout", Machine(|| Box::new(processes::Timeout::default()))),
    ("tini", Function(processes::wrapper)),
    ("top", Function(processes::ps)),
    ("touch", Function(attributes::touch)),
    ("tr", Function(columns::tr)),
    ("traceroute", Function(netinfo::traceroute)),
    ("true", Function(small::yes)),
    ("truncate", Function(attributes::truncate)),
    ("tty", Function(small::tty)),
    ("uname", Function(small::uname)),
    ("uniq", Function(columns::uniq)),
    ("unix2dos", Function(dump::line_ends)),
    ("unlink", Function(remove::unlink)),
    ("uptime", Function(small::uptime)),
    ("useradd", Function(accounts::main)),
    ("usleep", Function(sleep::usleep)),
    ("vi", Function(small::yes)),
    ("watch", Function(processes::watch)),
    ("wc", Function(columns::wc)),
    ("wget", Function(wget::wget)),
    ("which", Function(small::which)),
    ("whoami", Function(small::whoami)),
    ("xargs", Function(xargs::main)),
    ("xxd", Function(dump::xxd)),
    ("yes", Machine(|| Box::new(sequence::Yes))),
    ("yum", Function(packages::main)),
    ("zcat", Function(archive::gzip)),
];

/// The names of all programs.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}

/// Whether busybox has a program of this name.
pub fn in_busybox(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "agnhost",
        "apk",
        "apt",
        "cowsay",
        "curl",
        "dig",
        "dumb-init",
        "elasticsearch",
        "envoy",
        "etcdctl",
        "getent",
        "git",
        "groupadd",
        "hello",
        "host",
        "java",
        "jq",
        "kubectl",
        "mongod",
        "mongoimport",
        "mongosh",
        "mysql",
        "mysqladmin",
        "mysqld",
        "mysqldump",
        "ncat",
        "nginx",
        "node",
        "npm",
        "pause",
        "perl",
        "pg_dump",
        "pg_isready",
        "pip",
        "podcli",
        "postgres",
        "psql",
        "python",
        "redis-cli",
        "redis-server",
        "serve",
        "ss",
        "stdbuf",
        "stress",
        "sudo",
        "tini",
        "useradd",
        "yum",
    ];
    !OTHERS.contains(&name)
}

/// The program behind an executable file. `name` is what the catalogue's `ImageContent::Program` says
/// (`busybox` for the multi-call binary, which looks at `argv[0]`); shells are known to the kernel.
/// `None` for a program nobody knows: the kernel then assumes.
pub fn load(name: &str, argv: &[Rc<str>]) -> Option<Box<dyn Program>> {
    let called = argv.first().map_or(name, |a| files::base(a));
    let name = match name {
        "busybox" if called == "busybox" => argv.get(1).map_or("busybox", |a| &**a),
        "busybox" => called,
        other => other,
    };
    let at = TABLE.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    TABLE.get(at).map(|(known, kind)| match kind {
        Function(main) => Plain::boxed(known, *main),
        Machine(make) => make(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        let list: Vec<&str> = names().collect();
        let mut sorted = list.clone();
        sorted.sort_unstable();
        assert_eq!(list, sorted);
    }
}
