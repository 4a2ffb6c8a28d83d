//! Sockets, virtual addresses and names.

use super::{Kernel, OpenKind, ProcId, Timer, Waiter};
use crate::{
    ContainerId, Happening, SimTime, Socket,
    program::{Errno, LookupError, Resolution, SocketView},
};
use std::{
    collections::{BTreeMap, VecDeque},
    net::Ipv4Addr,
    rc::Rc,
};

/// How long the kernel tries to find a neighbour that is not there.
const NO_NEIGHBOUR_MS: u64 = 3_070;
/// How long the kernel tries to connect to somebody who never answers.
const CONNECT_MS: u64 = 131_000;
/// How long a connection to another Pod, or to the node, takes to open.
const NEAR_MS: u64 = 1;
/// How long a connection to a host outside the cluster takes to open.
const FAR_MS: u64 = 20;
/// How many connections may wait to be accepted.
const BACKLOG: usize = 511;

/// A network namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Space {
    Pod(u32),
    Node(u32),
}

/// What a network namespace holds.
#[derive(Clone, Debug)]
pub(crate) struct NetSpace {
    pub(crate) ip: Ipv4Addr,
    /// Sandboxes that use it.
    pub(crate) users: u32,
    pub(crate) listeners: BTreeMap<u16, Vec<u32>>,
    pub(crate) next_port: u16,
}

/// A listening socket.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub(crate) space: Space,
    pub(crate) address: Ipv4Addr,
    pub(crate) port: u16,
    pub(crate) dual: bool,
    pub(crate) pid: u32,
    pub(crate) container: u32,
    pub(crate) program: Rc<str>,
    pub(crate) since: SimTime,
    pub(crate) queue: VecDeque<u32>,
    pub(crate) waiters: Vec<Waiter>,
}

/// Which end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nobody has answered yet; this error comes at the timer.
    Trying(Errno),
    /// On the way to this listener; it comes there at the timer.
    Opening(u32),
    Open,
    Failed(Errno),
}

/// A TCP connection: two pipes.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) link: Link,
    /// From the client to the server.
    pub(crate) up: u32,
    pub(crate) down: u32,
    pub(crate) client: (Ipv4Addr, u16),
    /// What the client asked for: a Service's address, perhaps.
    pub(crate) server: (Ipv4Addr, u16),
    /// Where it came to.
    pub(crate) arrived: (Ipv4Addr, u16),
    pub(crate) client_container: u32,
    pub(crate) server_container: u32,
    pub(crate) ends: u8,
    pub(crate) client_open: bool,
    pub(crate) server_open: bool,
    pub(crate) client_shut: bool,
    pub(crate) server_shut: bool,
    pub(crate) waiters: Vec<Waiter>,
}

/// Where a connection attempt leads.
enum Route {
    Listener(u32),
    Refused,
    Never(Errno, u64),
}

impl Kernel {
    pub(crate) fn space_of(&self, process: ProcId) -> Result<Space, Errno> {
        let p = self.processes.get(process).ok_or(Errno::Srch)?;
        self.sandboxes.get(&p.sandbox).map(|s| s.space).ok_or(Errno::AddrNotAvail)
    }
    pub(crate) fn listen(&mut self, process: ProcId, address: Ipv4Addr, port: u16, dual: bool) -> Result<u32, Errno> {
        let space = self.space_of(process)?;
        let p = self.processes.get(process).ok_or(Errno::Srch)?;
        let (container, pid) = (p.container, p.pid);
        let program: Rc<str> = p.argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a)).into();
        let net = self.spaces.get_mut(&space).ok_or(Errno::AddrNotAvail)?;
        if !address.is_unspecified() && !address.is_loopback() && address != net.ip {
            return Err(Errno::AddrNotAvail);
        }
        let port = if port == 0 {
            net.next_port = if net.next_port >= 60_998 { 32_768 } else { net.next_port + 1 };
            net.next_port
        } else {
            port
        };
        let clash = net.listeners.get(&port).and_then(|ids| {
            ids.iter()
                .filter_map(|id| self.listeners.get(*id))
                .find(|l| l.address.is_unspecified() || address.is_unspecified() || l.address == address)
                .map(|l| l.container)
        });
        if let Some(owner) = clash {
            self.report(Some(container), Happening::PortInUse { port, owner: ContainerId(owner) });
            return Err(Errno::AddrInUse);
        }
        let now = self.now;
        let id =
            self.listeners.insert(Listener { space, address, port, dual, pid, container, program, since: now, queue: VecDeque::new(), waiters: Vec::new() });
        if let Some(net) = self.spaces.get_mut(&space) {
            net.listeners.entry(port).or_default().push(id);
        }
        self.report(Some(container), Happening::PortBound { address, port });
        Ok(self.new_open(OpenKind::Listener(id), false, false))
    }
    pub(crate) fn listener_closed(&mut self, id: u32) {
        let Some(listener) = self.listeners.remove(id) else { return };
        if let Some(net) = self.spaces.get_mut(&listener.space)
            && let Some(ids) = net.listeners.get_mut(&listener.port)
        {
            ids.retain(|l| *l != id);
            if ids.is_empty() {
                net.listeners.remove(&listener.port);
            }
        }
        for connection in listener.queue {
            self.connection_closed(connection, Side::Server);
        }
        self.report(Some(listener.container), Happening::PortReleased { port: listener.port });
    }
    pub(crate) fn watch_listener(&mut self, id: u32, waiter: Waiter) -> bool {
        let Some(l) = self.listeners.get_mut(id) else { return true };
        if l.queue.is_empty() {
            l.waiters.push(waiter);
            return false;
        }
        true
    }
    pub(crate) fn accept(&mut self, listener: u32, process: ProcId) -> Result<u32, Errno> {
        let l = self.listeners.get_mut(listener).ok_or(Errno::Inval)?;
        let id = l.queue.pop_front().ok_or(Errno::Again)?;
        let container = self.processes.get(process).map_or(0, |p| p.container);
        if let Some(c) = self.connections.get_mut(id) {
            c.server_container = container;
        }
        Ok(self.new_open(OpenKind::Connection(id, Side::Server), true, true))
    }

    fn route(&mut self, from: Space, address: Ipv4Addr, port: u16, depth: u32) -> Route {
        let network = self.network.clone();
        if let Some(endpoints) = network.services.get(&(address, port)) {
            if endpoints.is_empty() || depth > 2 {
                return Route::Refused;
            }
            let pick = self.rng.u32(..endpoints.len() as u32) as usize;
            return match endpoints.get(pick) {
                Some((ip, port)) => self.route(from, *ip, *port, depth + 1),
                None => Route::Refused,
            };
        }
        let own = self.spaces.get(&from).map(|s| s.ip);
        let space = if address.is_loopback() || address.is_unspecified() || own == Some(address) { Some(from) } else { self.by_ip.get(&address).copied() };
        let Some(space) = space else {
            if network.services.keys().any(|(ip, _)| *ip == address) {
                return Route::Never(Errno::TimedOut, CONNECT_MS);
            }
            if matches!(port, 80 | 443) && self.answers_outside(address) {
                return self.outside(port).map_or(Route::Refused, Route::Listener);
            }
            // Pod addresses are neighbours on the bridge; anything else is somewhere behind the router.
            let near = own.is_some_and(|ip| ip.octets()[..2] == address.octets()[..2]);
            return if near { Route::Never(Errno::HostUnreach, NO_NEIGHBOUR_MS) } else { Route::Never(Errno::TimedOut, CONNECT_MS) };
        };
        let found = self.spaces.get(&space).and_then(|s| s.listeners.get(&port)).and_then(|ids| {
            ids.iter().copied().find(|id| {
                self.listeners
                    .get(*id)
                    .is_some_and(|l| l.address.is_unspecified() || l.address == address || (l.address.is_loopback() && address.is_loopback()))
            })
        });
        if let Some(id) = found {
            Route::Listener(id)
        } else {
            if let (Space::Node(_), Some(endpoints)) = (space, network.node_ports.get(&port)) {
                let pick = self.rng.u32(..endpoints.len().max(1) as u32) as usize;
                if let Some((ip, port)) = endpoints.get(pick)
                    && depth <= 2
                {
                    return self.route(from, *ip, *port, depth + 1);
                }
            }
            Route::Refused
        }
    }

    /// Starts a connection; it has news when it is open or has failed.
    pub(crate) fn connect(&mut self, from: Space, container: u32, address: Ipv4Addr, port: u16) -> u32 {
        let route = self.route(from, address, port, 0);
        let local = match self.spaces.get_mut(&from) {
            Some(net) => {
                net.next_port = if net.next_port >= 60_998 { 32_768 } else { net.next_port + 1 };
                (if address.is_loopback() { address } else { net.ip }, net.next_port)
            }
            None => (Ipv4Addr::LOCALHOST, 0),
        };
        let (up, down) = (self.new_pipe(1, 1), self.new_pipe(1, 1));
        let mut c = Connection {
            link: Link::Open,
            up,
            down,
            client: local,
            server: (address, port),
            arrived: (address, port),
            client_container: container,
            server_container: 0,
            ends: 1,
            client_open: true,
            server_open: false,
            client_shut: false,
            server_shut: false,
            waiters: Vec::new(),
        };
        let mut timer = None;
        match route {
            Route::Listener(listener) => {
                let space = self.listeners.get(listener).map(|l| l.space);
                c.link = Link::Opening(listener);
                timer = match space {
                    Some(space) if space == from => None,
                    Some(super::outside::SPACE) => {
                        self.assume_outside(container, address, port);
                        Some(FAR_MS)
                    }
                    _ => Some(NEAR_MS),
                };
            }
            Route::Refused => c.link = Link::Failed(Errno::ConnRefused),
            Route::Never(errno, after) => {
                c.link = Link::Trying(errno);
                timer = Some(after);
            }
        }
        let id = self.connections.insert(c);
        match timer {
            Some(after) => self.add_timer(self.now + after, Timer::Connection(id)),
            None => self.connection_timer(id),
        }
        id
    }
    /// What was on its way has come: the connection opens, or fails.
    pub(crate) fn connection_timer(&mut self, id: u32) {
        let Some(c) = self.connections.get_mut(id) else { return };
        match c.link {
            Link::Trying(errno) => c.link = Link::Failed(errno),
            Link::Opening(listener) => match self.listeners.get_mut(listener) {
                Some(l) if l.queue.len() >= BACKLOG => {
                    c.link = Link::Trying(Errno::TimedOut);
                    self.add_timer(self.now + CONNECT_MS, Timer::Connection(id));
                    return;
                }
                Some(l) => {
                    (c.link, c.ends, c.server_open, c.server_container) = (Link::Open, 2, true, l.container);
                    let own = self.spaces.get(&l.space).map(|s| s.ip).filter(|_| !c.server.0.is_loopback() && l.space != super::outside::SPACE);
                    c.arrived = (own.unwrap_or(c.server.0), l.port);
                    l.queue.push_back(id);
                    let accepting = std::mem::take(&mut l.waiters);
                    let waiters = std::mem::take(&mut c.waiters);
                    self.wake(accepting);
                    self.wake(waiters);
                    return;
                }
                None => c.link = Link::Failed(Errno::ConnRefused),
            },
            Link::Open | Link::Failed(_) => {}
        }
        let waiters = std::mem::take(&mut c.waiters);
        self.wake(waiters);
    }
    /// The pipe this end writes to.
    pub(crate) fn outgoing(&self, id: u32, side: Side) -> Option<u32> {
        let c = self.connections.get(id)?;
        if c.link != Link::Open {
            return None;
        }
        match side {
            Side::Client => (!c.client_shut).then_some(c.up),
            Side::Server => (!c.server_shut).then_some(c.down),
        }
    }
    pub(crate) fn read_connection(&mut self, id: u32, side: Side, max: usize) -> Result<Vec<u8>, Errno> {
        let c = self.connections.get(id).ok_or(Errno::BadF)?;
        match c.link {
            Link::Trying(_) | Link::Opening(_) => Err(Errno::Again),
            Link::Failed(errno) => Err(errno),
            Link::Open => {
                let pipe = if side == Side::Client { c.down } else { c.up };
                self.read_pipe(pipe, max)
            }
        }
    }
    pub(crate) fn watch_connection(&mut self, id: u32, side: Side, waiter: Waiter) -> bool {
        let Some(c) = self.connections.get_mut(id) else { return true };
        match c.link {
            Link::Trying(_) | Link::Opening(_) => {
                c.waiters.push(waiter);
                false
            }
            Link::Failed(_) => true,
            Link::Open => {
                let pipe = if side == Side::Client { c.down } else { c.up };
                self.watch_pipe(pipe, waiter)
            }
        }
    }
    /// No more data from this end.
    pub(crate) fn shut(&mut self, id: u32, side: Side) {
        let Some(c) = self.connections.get_mut(id) else { return };
        let (shut, pipe) = match side {
            Side::Client => (&mut c.client_shut, c.up),
            Side::Server => (&mut c.server_shut, c.down),
        };
        if !std::mem::replace(shut, true) {
            self.pipe_closed(pipe, 0, 1);
        }
    }
    pub(crate) fn connection_closed(&mut self, id: u32, side: Side) {
        self.shut(id, side);
        let Some(c) = self.connections.get_mut(id) else { return };
        let (open, incoming) = match side {
            Side::Client => (&mut c.client_open, c.down),
            Side::Server => (&mut c.server_open, c.up),
        };
        *open = false;
        let alone = !c.client_open && !c.server_open;
        let never = c.ends == 1;
        self.pipe_closed(incoming, 1, 0);
        if never {
            // The other end was never there.
            if let Some((up, down)) = self.connections.get(id).map(|c| (c.up, c.down)) {
                self.pipe_closed(up, 1, 0);
                self.pipe_closed(down, 0, 1);
            }
        }
        if alone {
            self.connections.remove(id);
        }
    }
    /// The listening sockets of a namespace.
    pub(crate) fn listening(&self, space: Space) -> Vec<Socket> {
        let Some(net) = self.spaces.get(&space) else { return Vec::new() };
        net.listeners
            .values()
            .flatten()
            .filter_map(|id| self.listeners.get(*id))
            .map(|l| Socket {
                address: l.address,
                port: l.port,
                owner: ContainerId(l.container),
                since: l.since,
                program: l.program.to_string(),
                assumed: self.containers.get(&l.container).is_some_and(|c| !c.assumed.is_empty()),
            })
            .collect()
    }
    pub(crate) fn socket_views(&self, process: ProcId) -> Vec<SocketView> {
        let (Ok(space), Some(me)) = (self.space_of(process), self.processes.get(process)) else { return Vec::new() };
        let Some(net) = self.spaces.get(&space) else { return Vec::new() };
        net.listeners
            .values()
            .flatten()
            .filter_map(|id| self.listeners.get(*id))
            .map(|l| SocketView {
                local: (l.address, l.port),
                peer: None,
                pid: if l.container == me.container { l.pid } else { 0 },
                program: l.program.clone(),
                dual: l.dual,
            })
            .collect()
    }

    /// `getaddrinfo`.
    pub(crate) fn resolve(&mut self, process: ProcId, name: &str) -> Result<Resolution, LookupError> {
        if let Ok(ip) = name.parse::<Ipv4Addr>() {
            return Ok(Resolution { canonical: name.into(), addresses: vec![ip] });
        }
        if let Some(ip) = self.hosts_file(process, name) {
            return Ok(Resolution { canonical: name.into(), addresses: vec![ip] });
        }
        let absolute = name.ends_with('.');
        let base = name.trim_end_matches('.');
        let mut candidates = Vec::new();
        if !absolute {
            let domains = self.search_domains(process);
            candidates.extend(domains.iter().map(|d| format!("{base}.{d}")));
        }
        let dots = base.matches('.').count();
        if absolute || dots >= 5 {
            candidates.insert(0, base.to_owned());
        } else {
            candidates.push(base.to_owned());
        }
        let answer = candidates.iter().find_map(|c| self.lookup(c)).ok_or(LookupError::NotFound);
        self.note_lookup(process, name, answer.as_ref().ok());
        answer
    }
    pub(crate) fn note_lookup(&mut self, process: ProcId, name: &str, answer: Option<&Resolution>) {
        let container = self.processes.get(process).map(|p| p.container);
        self.report(container, Happening::NameLookedUp { name: name.into(), addresses: answer.map(|a| a.addresses.clone()).unwrap_or_default() });
    }
    /// The search domains of a process's Pod.
    pub(crate) fn search_domains(&self, process: ProcId) -> Vec<String> {
        let text = self
            .processes
            .get(process)
            .and_then(|p| self.find_in(p.container, &super::walk::Cred::default(), "/", "/etc/resolv.conf", true).ok())
            .and_then(|f| f.node)
            .and_then(|(fs, ino)| self.tree(fs)?.data(ino).ok().cloned());
        let Some(text) = text else { return Vec::new() };
        String::from_utf8_lossy(&text)
            .lines()
            .rev()
            .find_map(|l| l.strip_prefix("search ").map(|d| d.split_whitespace().map(str::to_owned).collect()))
            .unwrap_or_default()
    }
    fn hosts_file(&self, process: ProcId, name: &str) -> Option<Ipv4Addr> {
        let p = self.processes.get(process)?;
        let (fs, ino) = self.find_in(p.container, &super::walk::Cred::default(), "/", "/etc/hosts", true).ok()?.node?;
        let text = self.tree(fs)?.data(ino).ok()?.clone();
        let text = String::from_utf8_lossy(&text).into_owned();
        let hit = text.lines().find_map(|line| {
            let mut words = line.split('#').next().unwrap_or("").split_whitespace();
            let ip = words.next()?.parse::<Ipv4Addr>().ok()?;
            words.any(|w| w.eq_ignore_ascii_case(name)).then_some(ip)
        });
        hit.or_else(|| (name == "localhost").then_some(Ipv4Addr::LOCALHOST))
    }
    /// One question to the name server.
    pub(crate) fn lookup(&self, name: &str) -> Option<Resolution> {
        let mut name = name.trim_end_matches('.').to_ascii_lowercase();
        for _ in 0..8 {
            if let Some(ips) = self.network.names.get(&name)
                && !ips.is_empty()
            {
                return Some(Resolution { canonical: name.into(), addresses: ips.clone() });
            }
            if let Some(target) = self.network.aliases.get(&name) {
                name = target.trim_end_matches('.').to_ascii_lowercase();
                continue;
            }
            break;
        }
        if let Some(address) = pod_name(&name) {
            return Some(Resolution { canonical: name.as_str().into(), addresses: vec![address] });
        }
        // Public names resolve, and so do those the scenario speaks of, whether their hosts can be reached or not.
        let public = [".com", ".org", ".net", ".io", ".dev", ".edu", ".gov"].iter().any(|end| name.ends_with(end)) && !name.contains("cluster.local");
        (public || self.network.external.contains_key(&name)).then(|| Resolution { canonical: name.as_str().into(), addresses: vec![external_address(&name)] })
    }
    /// Whether an address answers a ping.
    pub(crate) fn reachable(&self, process: ProcId, address: Ipv4Addr) -> bool {
        let own = self.space_of(process).ok().and_then(|s| self.spaces.get(&s)).map(|s| s.ip);
        address.is_loopback() || own == Some(address) || self.by_ip.contains_key(&address) || self.answers_outside(address)
    }
    /// Whether a host outside the cluster can be reached: by the scenario's list of names and addresses, or because it is public.
    fn answers_outside(&self, address: Ipv4Addr) -> bool {
        let known = self
            .network
            .external
            .iter()
            .find(|(host, _)| host.parse() == Ok(address) || host.parse::<Ipv4Addr>().is_err() && external_address(host) == address);
        known.map_or_else(|| is_public(address), |(_, reachable)| *reachable)
    }
}

/// A stable address in the ranges for documentation.
pub(crate) fn external_address(name: &str) -> Ipv4Addr {
    let sum = name.bytes().fold(0_u32, |a, b| a.wrapping_mul(31).wrapping_add(u32::from(b)));
    Ipv4Addr::new(203, 0, 113, 1 + (sum % 253) as u8)
}

/// `10-244-0-5.default.pod.cluster.local` is that address, as `pods insecure` of CoreDNS has it.
fn pod_name(name: &str) -> Option<Ipv4Addr> {
    let (address, namespace) = name.strip_suffix(".pod.cluster.local")?.split_once('.')?;
    if namespace.is_empty() || namespace.contains('.') { None } else { address.replace('-', ".").parse().ok() }
}

/// Whether an address belongs to the public internet, which answers unless the scenario says otherwise.
fn is_public(address: Ipv4Addr) -> bool {
    !(address.is_private()
        || address.is_link_local()
        || address.is_loopback()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || matches!(address.octets(), [192, 0, 2, _] | [198, 51, 100, _]))
}
