//! Programs of a few lines: `true`, `false`, `pwd`, `whoami`, `tty`, `nproc`, `arch`, `sync`, `clear`, …

use super::plain::{Io, Run};
use super::users;

/// `true`.
pub fn yes(_io: &mut Io<'_>) -> Run {
    Ok(0)
}
/// `false`.
pub fn no(_io: &mut Io<'_>) -> Run {
    Ok(1)
}
/// `pwd`.
pub fn pwd(io: &mut Io<'_>) -> Run {
    let cwd = io.sys().cwd();
    io.outln(&*cwd);
    Ok(0)
}
/// `whoami`.
pub fn whoami(io: &mut Io<'_>) -> Run {
    let uid = io.sys().user().0;
    match users::user_name(io, uid) {
        Some(name) => {
            io.outln(name);
            Ok(0)
        }
        None if io.gnu() => io.fail(1, format!("cannot find name for user ID {uid}")),
        None => io.fail(1, format!("unknown uid {uid}")),
    }
}
/// `which`.
pub fn which(io: &mut Io<'_>) -> Run {
    let options = io.options("a", &[("all", 'a')])?;
    if options.operands.is_empty() && !io.gnu() {
        return io.usage(1);
    }
    let mut code = i32::from(options.operands.is_empty());
    for name in &options.operands {
        match io.once(|sys| sys.which(name)) {
            Ok(path) => io.outln(&*path),
            Err(_) => code = 1,
        }
    }
    Ok(code)
}
/// `tty`.
pub fn tty(io: &mut Io<'_>) -> Run {
    let terminal = io.sys().is_terminal(0);
    io.outln(if terminal { "/dev/pts/0" } else { "not a tty" });
    Ok(i32::from(!terminal))
}
/// `nproc`.
pub fn nproc(io: &mut Io<'_>) -> Run {
    io.outln("2");
    Ok(0)
}
/// `arch`.
pub fn arch(io: &mut Io<'_>) -> Run {
    io.outln("x86_64");
    Ok(0)
}
/// `clear`.
pub fn clear(io: &mut Io<'_>) -> Run {
    io.out("\u{1b}[H\u{1b}[J");
    Ok(0)
}
/// `uptime`.
pub fn uptime(io: &mut Io<'_>) -> Run {
    let now = io.unix_ms();
    let moment = super::engine::clock::Moment::from_millis(now);
    let up = io.now().0 / 60_000;
    io.outln(format!(" {} up {} min,  0 users,  load average: 0.08, 0.05, 0.01", moment.format("%H:%M:%S"), up));
    Ok(0)
}
/// `uname`.
pub fn uname(io: &mut Io<'_>) -> Run {
    let options = io.options("snrvmpioa", &[("all", 'a'), ("kernel-name", 's'), ("nodename", 'n'), ("machine", 'm'), ("kernel-release", 'r')])?;
    let all = options.has('a');
    let host = io.sys().hostname().to_string();
    let none = options.given.is_empty();
    let parts = [
        ('s', "Linux".to_owned()),
        ('n', host),
        ('r', "6.12.43".to_owned()),
        ('v', "#1 SMP PREEMPT_DYNAMIC".to_owned()),
        ('m', "x86_64".to_owned()),
        ('o', "GNU/Linux".to_owned()),
    ];
    let shown: Vec<String> = parts.into_iter().filter(|(l, _)| all || options.has(*l) || (none && *l == 's')).map(|(_, t)| t).collect();
    io.outln(shown.join(" "));
    Ok(0)
}
/// `logger`: nobody reads the system log.
pub fn logger(_io: &mut Io<'_>) -> Run {
    Ok(0)
}
