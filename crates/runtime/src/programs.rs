//! The programs in images, one file (or family) each.
//!
//! Most are functions over [`plain::Io`]; what never ends or streams is a state machine. Servers are
//! in their own files (`nginx`, `redis`, …).

pub mod engine;
pub mod plain;
pub mod usage;

pub mod attributes;
pub mod cat;
pub mod columns;
pub mod copy;
pub mod date;
pub mod directories;
pub mod echo;
pub mod environment;
pub mod expr;
pub mod files;
pub mod find;
pub mod grep;
pub mod head;
pub mod links;
pub mod ls;
pub mod printf;
pub mod processes;
pub mod remove;
pub mod sed;
pub mod sequence;
pub mod sleep;
pub mod small;
pub mod sort;
pub mod stat;
pub mod tail;
pub mod tee;
pub mod test;
pub mod users;
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
    ("arch", Function(small::arch)),
    ("basename", Function(links::basename)),
    ("cat", Function(cat::main)),
    ("chgrp", Function(attributes::chown)),
    ("chmod", Function(attributes::chmod)),
    ("chown", Function(attributes::chown)),
    ("chroot", Function(processes::chroot)),
    ("clear", Function(small::clear)),
    ("comm", Function(columns::comm)),
    ("cp", Function(copy::cp)),
    ("cut", Function(columns::cut)),
    ("date", Function(date::main)),
    ("dirname", Function(links::dirname)),
    ("dumb-init", Function(processes::wrapper)),
    ("echo", Function(echo::main)),
    ("egrep", Function(grep::main)),
    ("env", Function(environment::env)),
    ("expand", Function(columns::expand)),
    ("expr", Function(expr::main)),
    ("factor", Function(sequence::factor)),
    ("false", Function(small::no)),
    ("fgrep", Function(grep::main)),
    ("find", Function(find::main)),
    ("fold", Function(columns::fold)),
    ("grep", Function(grep::main)),
    ("groups", Function(users::groups)),
    ("head", Function(head::main)),
    ("hostname", Function(environment::hostname)),
    ("id", Function(users::id)),
    ("install", Function(copy::install)),
    ("ionice", Function(processes::wrapper)),
    ("kill", Function(processes::kill)),
    ("killall", Function(processes::killall)),
    ("killall5", Function(processes::killall5)),
    ("ln", Function(links::ln)),
    ("logger", Function(small::logger)),
    ("ls", Function(ls::main)),
    ("mkdir", Function(directories::mkdir)),
    ("mkfifo", Function(directories::mkfifo)),
    ("mktemp", Function(directories::mktemp)),
    ("mv", Function(copy::mv)),
    ("nice", Function(processes::wrapper)),
    ("nl", Function(columns::nl)),
    ("nohup", Function(processes::wrapper)),
    ("nproc", Function(small::nproc)),
    ("paste", Function(columns::paste)),
    ("pgrep", Function(processes::pgrep)),
    ("pidof", Function(processes::pgrep)),
    ("pkill", Function(processes::killall)),
    ("printenv", Function(environment::printenv)),
    ("printf", Function(printf::main)),
    ("ps", Function(processes::ps)),
    ("pwd", Function(small::pwd)),
    ("readlink", Function(links::readlink)),
    ("realpath", Function(links::realpath)),
    ("rev", Function(columns::rev)),
    ("rm", Function(remove::rm)),
    ("rmdir", Function(directories::rmdir)),
    ("sed", Function(sed::main)),
    ("seq", Function(sequence::seq)),
    ("setsid", Function(processes::wrapper)),
    ("shuf", Function(sort::shuf)),
    ("sleep", Function(sleep::main)),
    ("sort", Function(sort::sort)),
    ("stat", Function(stat::main)),
    ("stdbuf", Function(processes::wrapper)),
    ("su", Function(processes::su)),
    ("sudo", Function(processes::wrapper)),
    ("sync", Function(small::yes)),
    ("tac", Function(columns::tac)),
    ("tail", Machine(tail::Tail::boxed)),
    ("tee", Function(tee::main)),
    ("test", Function(test::main)),
    ("time", Function(processes::time)),
    ("timeout", Machine(|| Box::new(processes::Timeout::default()))),
    ("tini", Function(processes::wrapper)),
    ("touch", Function(attributes::touch)),
    ("tr", Function(columns::tr)),
    ("true", Function(small::yes)),
    ("truncate", Function(attributes::truncate)),
    ("tty", Function(small::tty)),
    ("uname", Function(small::uname)),
    ("uniq", Function(columns::uniq)),
    ("unlink", Function(remove::unlink)),
    ("uptime", Function(small::uptime)),
    ("usleep", Function(sleep::usleep)),
    ("watch", Function(processes::watch)),
    ("wc", Function(columns::wc)),
    ("whoami", Function(small::whoami)),
    ("xargs", Function(xargs::main)),
    ("yes", Machine(|| Box::new(sequence::Yes))),
];

/// The names of all programs.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}

/// Whether busybox has a program of this name.
pub fn in_busybox(name: &str) -> bool {
    const OTHERS: &[&str] = &["dumb-init", "stdbuf", "sudo", "tini"];
    !OTHERS.contains(&name)
}

/// The program behind an executable file. `name` is what the catalogue's `ImageContent::Program` says
/// (`busybox` for the multi-call binary, which looks at `argv[0]`); shells are known to the kernel.
/// `None` for a program nobody knows: the kernel then assumes.
pub fn load(name: &str, argv: &[Rc<str>]) -> Option<Box<dyn Program>> {
    let called = argv.first().map_or(name, |a| files::base(a));
    let (name, called) = if name == "busybox" {
        if called == "busybox" { (argv.get(1).map_or("busybox", |a| &**a), called) } else { (called, called) }
    } else {
        (name, called)
    };
    let _ = called;
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
