//! `apk`, `apt`, `apt-get`, `yum`, `dnf`, `pip`: nothing is fetched. What they print is assumed; programs of a package
//! that this simulation has are put where the package would put them.

use super::plain::{Io, Run, Stop};
use crate::kernel::load::program_file;
use std::rc::Rc;

/// Packages whose name is not the name of their program: words of the package's name, then its programs.
const PACKAGES: &[(&str, &str)] = &[
    ("apache2 httpd", "httpd"),
    ("bind-tools bind-utils bind9-dnsutils dnsutils bind9-host", "dig nslookup host"),
    ("busybox-extras", "nc telnet"),
    ("coreutils", ""),
    ("default-mysql-client mariadb-client mysql-client mysql", "mysql mysqladmin mysqldump"),
    ("iproute2 iproute", "ip ss"),
    ("iputils iputils-ping inetutils-ping", "ping"),
    ("net-tools", "netstat ifconfig"),
    ("netcat netcat-openbsd netcat-traditional nmap-ncat ncat", "nc"),
    ("nodejs", "node"),
    ("openjdk default-jre", "java"),
    ("postgresql-client postgresql", "psql pg_isready pg_dump"),
    ("procps procps-ng", "ps top free pgrep pkill uptime watch"),
    ("python3 python", "python3=python python=python"),
    ("py3-pip python3-pip", "pip pip3=pip"),
    ("redis redis-tools", "redis-cli redis-server"),
    ("stress-ng", "stress-ng=stress"),
    ("util-linux", ""),
    ("vim vim-tiny nano", "vi"),
    ("xz-utils gzip", "gzip gunzip zcat"),
];

/// Where apt keeps what `update` fetched: without it nothing can be installed.
const LISTS: &str = "/var/lib/apt/lists/deb.debian.org_debian_dists_stable_InRelease";

/// The programs `apk`, `apt`, `apt-get`, `yum`, `dnf`, `pip`.
pub fn main(io: &mut Io<'_>) -> Run {
    let name = io.name.to_string();
    let args: Vec<Rc<str>> = io.args.clone();
    let mut words: Vec<String> = args.iter().filter(|a| !a.starts_with('-')).map(ToString::to_string).collect();
    let verb = if words.is_empty() { String::new() } else { words.remove(0) };
    let yes = args.iter().any(|a| matches!(&**a, "-y" | "--yes" | "-qy" | "-yq" | "-yqq" | "-qqy" | "--assume-yes"));
    // Values of options are no packages.
    for (i, a) in args.iter().enumerate() {
        if matches!(&**a, "-t" | "--virtual" | "-X" | "--repository" | "-r" | "-c" | "-o")
            && let Some(value) = args.get(i + 1)
        {
            words.retain(|w| **w != **value);
        }
    }
    let installs = matches!((name.as_str(), verb.as_str()), ("apk", "add") | (_, "install"));
    let (host, apt) = match name.as_str() {
        "apk" => ("dl-cdn.alpinelinux.org", false),
        "pip" | "pip3" => ("pypi.org", false),
        "yum" | "dnf" => ("mirrors.fedoraproject.org", false),
        _ => ("deb.debian.org", true),
    };
    let root = io.sys().user().0 == 0;
    if !root && host != "pypi.org" && (installs || verb == "update") {
        return match name.as_str() {
            "apk" => {
                io.err_raw("ERROR: Unable to lock database: Permission denied\nERROR: Failed to open apk database: Permission denied\n");
                Ok(99)
            }
            _ if apt => {
                io.err_raw(
                    "E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)\nE: Unable to lock directory /var/lib/apt/lists/\n",
                );
                Ok(100)
            }
            _ => io.fail(1, "This command has to be run with superuser privileges (under the root user on most systems)."),
        };
    }
    if (installs || verb == "update") && io.resolve(host).is_err() {
        return match name.as_str() {
            "apk" => {
                io.err_raw(&format!("WARNING: fetching https://{host}/alpine/v3.20/main: temporary error (try again later)\n"));
                for w in &words {
                    io.err_raw(&format!("ERROR: unable to select packages:\n  {w} (no such package):\n    required by: world[{w}]\n"));
                }
                Ok(if installs { words.len().min(99) as i32 } else { 2 })
            }
            _ if apt => {
                io.err_raw(&format!("W: Failed to fetch http://{host}/debian/dists/stable/InRelease  Temporary failure resolving '{host}'\n"));
                if installs { unlocated(io, &words) } else { Ok(0) }
            }
            _ => io.fail(1, format!("could not resolve {host}")),
        };
    }
    if verb == "update" && apt {
        io.sleep(1500)?;
        io.out("Get:1 http://deb.debian.org/debian stable InRelease\nReading package lists...\n");
        let _ = io.act(|sys| sys.mkdir("/var/lib/apt", 0o755));
        let _ = io.act(|sys| sys.mkdir("/var/lib/apt/lists", 0o755));
        let _ = io.write_file(LISTS, b"Origin: Debian\n", false);
        io.assume(&format!("`{name} update` fetches nothing: what it prints is assumed"));
        return Ok(0);
    }
    if verb == "update" && name == "apk" {
        io.sleep(800)?;
        io.out("fetch https://dl-cdn.alpinelinux.org/alpine/v3.20/main/x86_64/APKINDEX.tar.gz\nfetch https://dl-cdn.alpinelinux.org/alpine/v3.20/community/x86_64/APKINDEX.tar.gz\nOK: 24000 distinct packages available\n");
        io.assume("`apk update` fetches nothing: what it prints is assumed");
        return Ok(0);
    }
    if !installs {
        if !matches!(verb.as_str(), "clean" | "autoremove" | "autoclean" | "remove" | "purge" | "del" | "upgrade" | "dist-upgrade" | "cache") {
            io.assume(&format!("`{name} {verb}` is assumed to print nothing"));
        }
        return Ok(0);
    }
    if apt {
        // A fresh image has no lists: what everybody forgets once.
        if io.stat(LISTS).is_err() {
            io.out("Reading package lists...\nBuilding dependency tree...\nReading state information...\n");
            return unlocated(io, &words);
        }
        let list = words.join(" ");
        io.out(format!("Reading package lists...\nBuilding dependency tree...\nReading state information...\nThe following NEW packages will be installed:\n  {list}\n0 upgraded, {} newly installed, 0 to remove and 0 not upgraded.\n", words.len()));
        if !yes {
            io.out("Do you want to continue? [Y/n] Abort.\n");
            return Ok(1);
        }
    } else if name == "apk" {
        io.out("fetch https://dl-cdn.alpinelinux.org/alpine/v3.20/main/x86_64/APKINDEX.tar.gz\nfetch https://dl-cdn.alpinelinux.org/alpine/v3.20/community/x86_64/APKINDEX.tar.gz\n");
    }
    io.sleep(2000)?;
    let mut missing = Vec::new();
    for (i, package) in words.iter().enumerate() {
        match name.as_str() {
            "apk" => io.out(format!("({}/{}) Installing {package}\n", i + 1, words.len())),
            "pip" | "pip3" => io.out(format!("Collecting {package}\n")),
            "yum" | "dnf" => io.out(format!("  Installing : {package}\n")),
            _ => io.out(format!("Setting up {package} ...\n")),
        }
        if !host.starts_with("pypi") && !unpack(io, package, apt)? {
            missing.push(package.clone());
        }
    }
    match name.as_str() {
        "apk" => io.out("Executing busybox-1.36.1-r29.trigger\nOK: 12 MiB in 22 packages\n"),
        "pip" | "pip3" => io.out(format!("Successfully installed {}\n", words.join(" "))),
        "yum" | "dnf" => io.out("Complete!\n"),
        _ => {}
    }
    let list = words.join(" ");
    io.assume(&match missing.as_slice() {
        [] => format!("`{name}` fetches nothing: {list} is taken from what this simulation has"),
        missing => format!("`{name}` fetches nothing: {} is assumed to be installed, but its programs are not there", missing.join(" ")),
    });
    Ok(0)
}

fn unlocated(io: &mut Io<'_>, words: &[String]) -> Run {
    io.flush();
    for w in words {
        io.err_raw(&format!("E: Unable to locate package {w}\n"));
    }
    Ok(100)
}

/// Puts the programs of a package into the file system. Returns whether there are any, or the package has none of its own.
fn unpack(io: &mut Io<'_>, package: &str, apt: bool) -> Result<bool, Stop> {
    let bare = package.split(['=', '~', '<', '>', '@']).next().unwrap_or(package);
    let entry = PACKAGES.iter().find(|(names, _)| {
        names.split(' ').any(|n| n == bare || bare.strip_prefix(n).is_some_and(|rest| rest.starts_with(|c: char| c == '-' || c.is_ascii_digit())))
    });
    let programs = entry.map_or(bare, |(_, programs)| programs);
    let known = |name: &str| matches!(name, "bash" | "dash") || super::names().any(|n| n == name);
    let mut any =
        programs.is_empty() || matches!(bare, "ca-certificates" | "tzdata" | "gnupg" | "apt-transport-https" | "lsb-release" | "software-properties-common");
    for program in programs.split_whitespace() {
        let (name, behind) = program.split_once('=').unwrap_or((program, program));
        if !known(behind) {
            continue;
        }
        any = true;
        // The shells lie where scripts look for them.
        let dir = if name == "bash" && !apt { "/bin" } else { "/usr/bin" };
        let path = format!("{dir}/{name}");
        // A link to busybox makes way for the package's own program.
        let _ = io.act(|sys| sys.unlink(&path));
        if io.write_file(&path, &program_file(behind), false).is_ok() {
            let _ = io.act(|sys| sys.chmod(&path, 0o755));
        }
    }
    Ok(any)
}
