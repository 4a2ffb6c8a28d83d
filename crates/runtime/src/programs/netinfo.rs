//! `nslookup`, `dig`, `host`, `getent`, `ping`, `netstat`, `ss`, `ip`, `ifconfig`, `arp`, `traceroute`.

use super::engine::text::lossy;
use super::plain::{Io, Run, Stop};
use crate::program::{LookupError, Resolution};
use std::net::Ipv4Addr;

fn resolver(io: &mut Io<'_>) -> (String, Vec<String>) {
    let text = io.read_file("/etc/resolv.conf").map(|d| lossy(&d)).unwrap_or_default();
    let words =
        |key: &str| text.lines().find_map(|l| l.strip_prefix(key)).map(|r| r.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>()).unwrap_or_default();
    (words("nameserver").into_iter().next().unwrap_or_else(|| "127.0.0.1".to_owned()), words("search"))
}

fn query(io: &mut Io<'_>, name: &str) -> Result<Resolution, LookupError> {
    let name = name.trim_end_matches('.').to_owned();
    io.once(|sys| sys.query(&name))
}

/// SRV records of a name, as the search domains make it whole: the name that has them, and `0 WEIGHT PORT TARGET` of each.
fn service_records(io: &mut Io<'_>, name: &str) -> (String, Vec<String>) {
    let (_, search) = resolver(io);
    let plain = name.trim_end_matches('.').to_owned();
    let names = std::iter::once(plain.clone()).chain(search.iter().map(|d| format!("{plain}.{d}")));
    for name in names.collect::<Vec<_>>() {
        let found = io.once(|sys| sys.services(&name));
        if !found.is_empty() {
            let weight = 100 / found.len();
            return (name, found.iter().map(|(port, target)| format!("0 {weight} {port} {target}")).collect());
        }
    }
    (plain, Vec::new())
}

/// The program `nslookup`.
pub fn nslookup(io: &mut Io<'_>) -> Run {
    let mut operands = Vec::new();
    for arg in io.args.clone() {
        if let Some(option) = arg.strip_prefix('-') {
            if !(option.starts_with("type=")
                || option.starts_with("q=")
                || option.starts_with("querytype=")
                || option.starts_with("query=")
                || option.starts_with("timeout")
                || option == "debug")
            {
                let letter = option.trim_start_matches('-').chars().next().unwrap_or('-');
                if option.starts_with('-') {
                    io.err(format!("unrecognized option '-{option}'"));
                } else {
                    io.err(format!("invalid option -- '{letter}'"));
                }
                return io.usage(1);
            }
        } else {
            operands.push(arg);
        }
    }
    let Some(name) = operands.first().cloned() else { return io.usage(1) };
    let (default, search) = resolver(io);
    let server = operands.get(1).map_or(default, ToString::to_string);
    let gnu = io.gnu();
    io.out(if gnu { format!("Server:\t\t{server}\nAddress:\t{server}#53\n\n") } else { format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n") });
    if io.args.iter().any(|a| a.split_once('=').is_some_and(|(k, v)| k.starts_with('-') && v.eq_ignore_ascii_case("srv"))) {
        let (whole, records) = service_records(io, &name);
        for record in &records {
            io.out(format!("{whole}\tservice = {record}{}\n", if gnu { "." } else { "" }));
        }
        io.out(if records.is_empty() { format!("** server can't find {whole}: NXDOMAIN\n\n") } else { "\n".to_owned() });
        return Ok(i32::from(records.is_empty()));
    }
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        let [a, b, c, d] = address.octets();
        io.out(format!("** server can't find {d}.{c}.{b}.{a}.in-addr.arpa: NXDOMAIN\n\n"));
        return Ok(1);
    }
    let plain = name.trim_end_matches('.');
    let mut candidates = Vec::new();
    if gnu {
        if !name.ends_with('.') {
            candidates.extend(search.iter().map(|d| format!("{plain}.{d}")));
        }
        candidates.push(plain.to_owned());
    } else if plain.contains('.') || name.ends_with('.') || search.is_empty() {
        candidates.push(plain.to_owned());
    } else {
        candidates.extend(search.first().map(|d| format!("{plain}.{d}")));
    }
    let mut last = LookupError::NotFound;
    for candidate in &candidates {
        match query(io, candidate) {
            Ok(found) => {
                if gnu {
                    for address in &found.addresses {
                        io.out(format!("Name:\t{}\nAddress: {address}\n", found.canonical));
                    }
                    io.out("\n");
                } else {
                    io.out("\n");
                    if &*found.canonical != candidate.as_str() {
                        io.out(format!("{candidate}\tcanonical name = {}\n", found.canonical));
                    }
                    for address in &found.addresses {
                        io.out(format!("Name:\t{}\nAddress: {address}\n", found.canonical));
                    }
                    io.out("\n");
                }
                return Ok(0);
            }
            Err(error) => last = error,
        }
    }
    if last == LookupError::Timeout {
        io.flush();
        io.sleep(15_000)?;
        io.out(";; connection timed out; no servers could be reached\n\n");
        return Ok(1);
    }
    if gnu {
        io.out(format!("** server can't find {name}: NXDOMAIN\n\n"));
    } else {
        let asked = candidates.first().cloned().unwrap_or_default();
        io.out(format!("** server can't find {asked}: NXDOMAIN\n\n** server can't find {asked}: NXDOMAIN\n\n"));
    }
    Ok(1)
}

/// The program `dig`.
pub fn dig(io: &mut Io<'_>) -> Run {
    let mut short = false;
    let mut use_search = false;
    let mut name = None;
    for arg in io.args.clone() {
        match &*arg {
            "+short" => short = true,
            "+search" => use_search = true,
            word if word.starts_with(['+', '@', '-']) => {}
            "A" | "AAAA" | "SRV" | "ANY" | "CNAME" | "MX" | "NS" | "TXT" => {}
            _ => name = Some(arg),
        }
    }
    let name = name.unwrap_or_else(|| ".".into());
    if io.args.iter().any(|a| &**a == "SRV") {
        let (whole, records) = service_records(io, &name);
        for record in &records {
            io.outln(if short { format!("{record}.") } else { format!("{whole}.\t30\tIN\tSRV\t{record}.") });
        }
        return Ok(0);
    }
    let (server, search) = resolver(io);
    let mut result = query(io, &name);
    if use_search {
        for domain in search {
            if result.is_ok() {
                break;
            }
            result = query(io, &format!("{name}.{domain}"));
        }
    }
    if short {
        if let Ok(found) = result {
            for address in found.addresses {
                io.outln(address.to_string());
            }
        }
        return Ok(0);
    }
    let status = if result.is_ok() { "NOERROR" } else { "NXDOMAIN" };
    let count = result.as_ref().map_or(0, |r| r.addresses.len());
    let full = name.trim_end_matches('.').to_owned();
    io.out(format!("\n; <<>> DiG 9.18.28 <<>> {full}\n;; global options: +cmd\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: {status}, id: 4711\n;; flags: qr aa rd ra; QUERY: 1, ANSWER: {count}, AUTHORITY: {}, ADDITIONAL: 1\n\n;; QUESTION SECTION:\n;{full}.\t\tIN\tA\n", u8::from(count == 0)));
    if let Ok(found) = &result {
        io.out("\n;; ANSWER SECTION:\n");
        for address in &found.addresses {
            io.out(format!("{}.\t30\tIN\tA\t{address}\n", found.canonical));
        }
    }
    let now = super::engine::clock::Moment::from_millis(io.unix_ms());
    io.out(format!(
        "\n;; Query time: 0 msec\n;; SERVER: {server}#53({server}) (UDP)\n;; WHEN: {}\n;; MSG SIZE  rcvd: 106\n\n",
        now.format("%a %b %d %H:%M:%S UTC %Y")
    ));
    Ok(0)
}

/// The programs `host` and `getent`.
pub fn host(io: &mut Io<'_>) -> Run {
    let getent = &*io.name == "getent";
    let mut operands: Vec<_> = io.args.iter().filter(|a| !a.starts_with('-')).cloned().collect();
    if getent {
        if operands.is_empty() {
            return io.usage(1);
        }
        let database = operands.remove(0);
        if matches!(&*database, "passwd" | "group") {
            let text = io.read_file(&format!("/etc/{database}")).map(|d| lossy(&d)).unwrap_or_default();
            let mut code = 0;
            match operands.first() {
                None => io.out(text),
                Some(key) => match text.lines().find(|l| l.split(':').next() == Some(key) || l.split(':').nth(2) == Some(key)) {
                    Some(line) => io.outln(line),
                    None => code = 2,
                },
            }
            return Ok(code);
        }
    }
    let Some(name) = operands.first().cloned() else { return io.usage(1) };
    match io.resolve(&name) {
        Ok(found) => {
            for address in found.addresses {
                io.outln(if getent { format!("{address:<15} {}", found.canonical) } else { format!("{} has address {address}", found.canonical) });
            }
            Ok(0)
        }
        Err(_) if getent => Ok(2),
        Err(_) => {
            io.outln(format!("Host {name} not found: 3(NXDOMAIN)"));
            Ok(1)
        }
    }
}

/// The program `ping`.
pub fn ping(io: &mut Io<'_>) -> Run {
    io.direct = true;
    let options = io.options("c:W:w:i:s:t:I:qn46A", &[("count", 'c')])?;
    let Some(host) = options.operand(0) else {
        if io.gnu() {
            io.err_raw("ping: usage error: Destination address required\n");
            return Ok(1);
        }
        return io.usage(1);
    };
    let address = match io.resolve(&host) {
        Ok(found) => found.addresses.first().copied().unwrap_or(Ipv4Addr::LOCALHOST),
        Err(_) if io.gnu() => {
            io.err(format!("{host}: Name or service not known"));
            return Ok(2);
        }
        Err(_) => return io.fail(1, format!("bad address '{host}'")),
    };
    let number = |l: char| options.value(l).and_then(|v| v.parse::<f64>().ok());
    let count = number('c').map(|c| c as u64);
    let interval = number('i').map_or(1000, |i| (i * 1000.0) as u64);
    let patience = number('W').map_or(10_000, |w| (w * 1000.0) as u64);
    let deadline = number('w').map(|w| (w * 1000.0) as u64);
    let size = options.value('s').and_then(|s| s.parse::<usize>().ok()).unwrap_or(56);
    let gnu = io.gnu();
    io.out(if gnu {
        format!("PING {host} ({address}) {size}({}) bytes of data.\n", size + 28)
    } else {
        format!("PING {host} ({address}): {size} data bytes\n")
    });
    let start = io.now();
    let (mut sent, mut received) = (0u64, 0u64);
    let mut times: Vec<f64> = Vec::new();
    loop {
        sent += 1;
        let answered = io.once(|sys| sys.reachable(address));
        if answered {
            received += 1;
            let noise = io.once(|sys| sys.random());
            let time = if address.is_loopback() { 0.05 } else { 0.1 } + (noise % 100) as f64 / 1000.0;
            times.push(time);
            if !options.has('q') {
                io.out(if gnu {
                    format!("{} bytes from {address}: icmp_seq={sent} ttl=64 time={time:.3} ms\n", size + 8)
                } else {
                    format!("{} bytes from {address}: seq={} ttl=64 time={time:.3} ms\n", size + 8, sent - 1)
                });
            }
        }
        if count.is_some_and(|c| sent >= c) {
            if received < sent {
                io.sleep(patience)?;
            }
            break;
        }
        io.sleep(interval)?;
        if deadline.is_some_and(|d| io.now().since(start) >= d) {
            break;
        }
    }
    let loss = (sent - received) * 100 / sent.max(1);
    let sum: f64 = times.iter().sum();
    let low = times.iter().copied().fold(f64::INFINITY, f64::min);
    let high = times.iter().copied().fold(0.0, f64::max);
    let mean = sum / times.len().max(1) as f64;
    if gnu {
        let took = io.now().since(start);
        io.out(format!("\n--- {host} ping statistics ---\n{sent} packets transmitted, {received} received, {loss}% packet loss, time {took}ms\n"));
        if received > 0 {
            io.out(format!("rtt min/avg/max/mdev = {low:.3}/{mean:.3}/{high:.3}/0.010 ms\n"));
        }
    } else {
        io.out(format!("\n--- {host} ping statistics ---\n{sent} packets transmitted, {received} packets received, {loss}% packet loss\n"));
        if received > 0 {
            io.out(format!("round-trip min/avg/max = {low:.3}/{mean:.3}/{high:.3} ms\n"));
        }
    }
    Ok(i32::from(received == 0))
}

/// The programs `netstat` and `ss`.
pub fn netstat(io: &mut Io<'_>) -> Run {
    let letters: String = io.args.iter().filter_map(|a| a.strip_prefix('-')).collect();
    let has = |l: char| letters.contains(l);
    let list = io.once(|sys| sys.sockets());
    let programs = has('p');
    let owner = |pid: u32, program: &str| if pid == 0 { "-".to_owned() } else { format!("{pid}/{}", super::files::base(program)) };
    if &*io.name == "ss" {
        io.outln(format!("State      Recv-Q Send-Q Local Address:Port  Peer Address:Port{}", if programs { " Process" } else { "" }));
        for socket in list {
            let state = if socket.peer.is_none() { "LISTEN" } else { "ESTAB" };
            if socket.peer.is_some() && has('l') {
                continue;
            }
            let local = if socket.dual { format!("*:{}", socket.local.1) } else { format!("{}:{}", socket.local.0, socket.local.1) };
            let peer = socket.peer.map_or_else(|| if socket.dual { "*:*".to_owned() } else { "0.0.0.0:*".to_owned() }, |(a, p)| format!("{a}:{p}"));
            io.outln(format!(
                "{state:<10} 0      128    {local:>18}  {peer:>17}{}",
                if programs { format!(" users:((\"{}\",pid={},fd=3))", super::files::base(&socket.program), socket.pid) } else { String::new() }
            ));
        }
        return Ok(0);
    }
    let title = if has('l') {
        "(only servers)"
    } else if has('a') {
        "(servers and established)"
    } else {
        "(w/o servers)"
    };
    io.out(format!(
        "Active Internet connections {title}\nProto Recv-Q Send-Q Local Address           Foreign Address         State       {}\n",
        if programs { "PID/Program name    " } else { "" }
    ));
    for socket in list {
        let listening = socket.peer.is_none();
        if (listening && !has('l') && !has('a')) || (!listening && has('l')) {
            continue;
        }
        let local = if socket.dual && listening { format!(":::{}", socket.local.1) } else { format!("{}:{}", socket.local.0, socket.local.1) };
        let peer = match socket.peer {
            Some((a, p)) => format!("{a}:{p}"),
            None if socket.dual => ":::*".to_owned(),
            None => "0.0.0.0:*".to_owned(),
        };
        let state = if listening { "LISTEN" } else { "ESTABLISHED" };
        io.out(format!(
            "tcp   {:>6} {:>6} {local:<23} {peer:<23} {state:<11} {}\n",
            0,
            0,
            if programs { owner(socket.pid, &socket.program) } else { String::new() }
        ));
    }
    Ok(0)
}

fn interfaces(io: &mut Io<'_>) -> Vec<(u32, &'static str, Ipv4Addr)> {
    let mut list = vec![(1, "lo", Ipv4Addr::LOCALHOST)];
    list.extend(io.once(|sys| sys.addresses()).into_iter().filter(|a| !a.is_loopback()).map(|a| (2, "eth0", a)));
    list
}

/// The program `ip`.
pub fn ip(io: &mut Io<'_>) -> Run {
    let words: Vec<_> = io.args.iter().filter(|a| !a.starts_with('-')).cloned().collect();
    let what = words.first().map_or("", |w| &**w).to_owned();
    let only = words.iter().skip(1).find(|w| matches!(&***w, "lo" | "eth0")).cloned();
    if "route".starts_with(&what) && !what.is_empty() {
        for (_, name, address) in interfaces(io) {
            if name == "eth0" {
                let [a, b, c, _] = address.octets();
                io.out(format!("default via {a}.{b}.{c}.1 dev eth0 \n{a}.{b}.{c}.0/24 dev eth0 scope link  src {address} \n"));
            }
        }
        return Ok(0);
    }
    let brief = "link".starts_with(&what) && !what.is_empty();
    let address = "address".starts_with(&what) && !what.is_empty();
    if !brief && !address {
        return io.usage(1);
    }
    for (index, name, address) in interfaces(io) {
        if only.as_ref().is_some_and(|o| &**o != name) {
            continue;
        }
        let loopback = name == "lo";
        io.out(if loopback {
            "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n".to_owned()
        } else {
            format!(
                "{index}: {name}@if7: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue \n    link/ether {} brd ff:ff:ff:ff:ff:ff\n",
                hardware(address)
            )
        });
        if !brief {
            io.out(if loopback {
                "    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n    inet6 ::1/128 scope host \n       valid_lft forever preferred_lft forever\n".to_owned()
            } else {
                let [a, b, c, _] = address.octets();
                format!("    inet {address}/24 brd {a}.{b}.{c}.255 scope global eth0\n       valid_lft forever preferred_lft forever\n")
            });
        }
    }
    Ok(0)
}

fn hardware(address: Ipv4Addr) -> String {
    let [a, b, c, d] = address.octets();
    format!("0a:58:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
}

/// The program `ifconfig`.
pub fn ifconfig(io: &mut Io<'_>) -> Run {
    let only = io.args.iter().find(|a| !a.starts_with('-')).cloned();
    let list = interfaces(io);
    if let Some(only) = &only
        && !list.iter().any(|(_, n, _)| *n == &**only)
    {
        return io.fail(1, format!("{only}: error fetching interface information: Device not found"));
    }
    for (_, name, address) in list.into_iter().rev() {
        if only.as_ref().is_some_and(|o| &**o != name) {
            continue;
        }
        if name == "lo" {
            io.out("lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          inet6 addr: ::1/128 Scope:Host\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n          RX packets:0 errors:0 dropped:0 overruns:0 frame:0\n          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0\n          collisions:0 txqueuelen:1000 \n          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)\n\n");
        } else {
            let [a, b, c, _] = address.octets();
            io.out(format!("eth0      Link encap:Ethernet  HWaddr {}  \n          inet addr:{address}  Bcast:{a}.{b}.{c}.255  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\n", hardware(address).to_uppercase()));
        }
    }
    Ok(0)
}

/// The program `traceroute`.
pub fn traceroute(io: &mut Io<'_>) -> Run {
    let options = io.options("nm:q:w:", &[])?;
    let Some(host) = options.operand(0) else { return io.usage(1) };
    let Ok(found) = io.resolve(&host) else { return io.fail::<i32>(1, format!("bad address '{host}'")).map_err(|s: Stop| s) };
    let address = found.addresses.first().copied().unwrap_or(Ipv4Addr::LOCALHOST);
    io.out(format!("traceroute to {host} ({address}), 30 hops max, 46 byte packets\n 1  {address} ({address})  0.012 ms  0.006 ms  0.004 ms\n"));
    Ok(0)
}
