//! `useradd`, `adduser`, `groupadd`, `addgroup`: lines in `/etc/passwd` and `/etc/group`, and a home.

use super::engine::text::lossy;
use super::plain::{Io, Run};
use super::users::{group_number, user_number};

/// The first number of `/etc/passwd` or `/etc/group` that nobody has.
fn free(io: &mut Io<'_>, path: &str, from: u32) -> u32 {
    let text = io.read_file(path).map(|d| lossy(&d)).unwrap_or_default();
    let taken = |n: u32| text.lines().any(|l| l.split(':').nth(2) == Some(&n.to_string()));
    (from..from + 5000).find(|n| !taken(*n)).unwrap_or(from)
}

/// The programs `useradd`, `adduser`, `groupadd`, `addgroup`.
pub fn main(io: &mut Io<'_>) -> Run {
    let name = io.name.clone();
    let (group, low_level) = (name.contains("group"), name.ends_with("add"));
    let busybox = !io.gnu();
    let args = io.args.clone();
    let (mut operands, mut given) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        at += 1;
        // Letters and words that take a value, by what they mean.
        let (option, joined) = arg.split_once('=').map_or((&**arg, None), |(o, v)| (o, Some(v)));
        let meaning = match option {
            "-u" | "--uid" => "uid",
            "-g" if group || !busybox || low_level => "gid",
            "--gid" => "gid",
            "-g" | "--gecos" | "-c" | "--comment" | "-k" | "-p" | "--password" | "-e" => "text",
            "-G" if busybox && !low_level => "gid",
            "--ingroup" => "gid",
            "-G" | "--groups" => "text",
            "-h" | "-d" | "--home" | "--home-dir" => "home",
            "-s" | "--shell" => "shell",
            "-S" | "-r" | "--system" => "system",
            "-m" | "--create-home" => "make",
            "-H" | "-M" | "--no-create-home" => "no home",
            _ if option.starts_with('-') => "",
            _ => {
                operands.push(arg.to_string());
                continue;
            }
        };
        let plain = matches!(meaning, "system" | "make" | "no home" | "");
        let value = match joined {
            Some(v) => v.to_owned(),
            None if plain => String::new(),
            None => {
                at += 1;
                args.get(at - 1).map(ToString::to_string).unwrap_or_default()
            }
        };
        given.push((meaning, value));
    }
    let get = |key: &str| given.iter().rev().find(|(k, _)| *k == key).map(|(_, v)| v.clone());
    let Some(who) = operands.first().cloned() else { return io.usage(2) };
    let system = get("system").is_some();
    let path = if group { "/etc/group" } else { "/etc/passwd" };
    let text = io.read_file(path).map(|d| lossy(&d)).unwrap_or_default();
    if let Some(to) = operands.get(1) {
        // `adduser USER GROUP` and `addgroup USER GROUP`.
        let groups = io.read_file("/etc/group").map(|d| lossy(&d)).unwrap_or_default();
        let changed: String = groups
            .lines()
            .map(|l| if l.split(':').next() == Some(to) { format!("{l}{}{who}\n", if l.ends_with(':') { "" } else { "," }) } else { format!("{l}\n") })
            .collect();
        return match io.write_file("/etc/group", changed.as_bytes(), false) {
            Ok(()) => Ok(0),
            Err(error) => io.fail(1, format!("/etc/group: {error}")),
        };
    }
    if text.lines().any(|l| l.split(':').next() == Some(&who)) {
        let what = if group { "group" } else { "user" };
        return if low_level {
            io.fail(9, format!("{what} '{who}' already exists"))
        } else if busybox {
            io.fail(1, format!("{what} '{who}' in use"))
        } else {
            io.fail(1, format!("The {what} `{who}' already exists."))
        };
    }
    let from = match (system, busybox) {
        (false, _) => 1000,
        (true, true) => 100,
        (true, false) => 900,
    };
    let number = match get(if group { "gid" } else { "uid" }).and_then(|n| n.parse().ok()) {
        Some(number) => number,
        None => free(io, path, from),
    };
    if group {
        return match io.write_file(path, format!("{who}:x:{number}:\n").as_bytes(), true) {
            Ok(()) => Ok(0),
            Err(error) => io.fail(10, format!("{path}: {error}")),
        };
    }
    let gid = match get("gid") {
        Some(wanted) => match group_number(io, &wanted) {
            Some(gid) => gid,
            None => return io.fail(6, format!("group '{wanted}' does not exist")),
        },
        // A group of the user's own, as all of them make by default.
        None => {
            let gid = if user_number(io, &number.to_string()).is_some_and(|(u, _)| u == number) { number } else { free(io, "/etc/group", number) };
            if let Err(error) = io.write_file("/etc/group", format!("{who}:x:{gid}:\n").as_bytes(), true) {
                return io.fail(1, format!("/etc/group: {error}"));
            }
            gid
        }
    };
    let home = get("home").unwrap_or_else(|| format!("/home/{who}"));
    let shell = get("shell").unwrap_or_else(|| {
        if busybox {
            "/bin/ash"
        } else if low_level {
            "/bin/sh"
        } else {
            "/bin/bash"
        }
        .to_owned()
    });
    if let Err(error) = io.write_file(path, format!("{who}:x:{number}:{gid}::{home}:{shell}\n").as_bytes(), true) {
        return io.fail(1, format!("{path}: {error}"));
    }
    let wants_home = if low_level { get("make").is_some() } else { (busybox || !system) && get("no home").is_none() };
    if wants_home {
        let _ = io.act(|sys| sys.mkdir("/home", 0o755));
        let _ = io.act(|sys| sys.mkdir(&home, 0o755).and_then(|()| sys.chown(&home, Some(number), Some(gid), true)));
    }
    Ok(0)
}
