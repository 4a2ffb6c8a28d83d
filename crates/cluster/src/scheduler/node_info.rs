//! What is taken on each node, kept up to date Pod by Pod (follows pkg/scheduler/framework/types.go).

use crate::controllers::pods::{controller_of, is_terminal};
use crate::quantity::{milli, whole};
use k8s_openapi::api::core::v1::{Container, Node, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use podglass_manifest::{Object, ObjectKey};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Amounts by resource: CPU in thousandths, everything else in whole units.
pub(super) type Amounts = BTreeMap<String, i128>;

/// A host port: address, protocol, number.
pub(super) type HostPort = (String, String, i32);

/// A node with what its Pods take.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeInfo {
    pub(super) node: Rc<Node>,
    pub(super) allocatable: Amounts,
    pub(super) used: Amounts,
    /// CPU and memory with the defaults for containers that ask for nothing; for scores only.
    pub(super) used_for_score: (i128, i128),
    pub(super) ports: BTreeMap<HostPort, usize>,
    pub(super) pods: BTreeMap<ObjectKey, Rc<Object>>,
    /// How many of them keep others away.
    pub(super) with_anti_affinity: usize,
    /// How many of them each controller has here.
    pub(super) owners: BTreeMap<String, usize>,
}

impl NodeInfo {
    pub(super) fn name(&self) -> &str {
        self.node.metadata.name.as_deref().unwrap_or_default()
    }
    pub(super) fn label(&self, key: &str) -> Option<&str> {
        self.node.metadata.labels.as_ref()?.get(key).map(String::as_str)
    }

    /// Adds (`sign` 1) or takes away (`sign` −1) a Pod.
    pub(super) fn count(&mut self, key: &ObjectKey, object: &Rc<Object>, pod: &Pod, sign: i128) {
        for (name, amount) in request(pod) {
            *self.used.entry(name).or_default() += sign * amount;
        }
        let (cpu, memory) = score_request(pod);
        self.used_for_score.0 += sign * cpu;
        self.used_for_score.1 += sign * memory;
        for port in host_ports(pod) {
            let n = self.ports.entry(port.clone()).or_default();
            *n = if sign > 0 { *n + 1 } else { n.saturating_sub(1) };
            if *n == 0 {
                self.ports.remove(&port);
            }
        }
        if let Some(owner) = controller_of(&pod.metadata) {
            let n = self.owners.entry(owner.uid.clone()).or_default();
            *n = if sign > 0 { *n + 1 } else { n.saturating_sub(1) };
            if *n == 0 {
                self.owners.remove(&owner.uid);
            }
        }
        if pod.spec.as_ref().and_then(|s| s.affinity.as_ref()).is_some_and(|a| a.pod_anti_affinity.is_some()) {
            self.with_anti_affinity = if sign > 0 { self.with_anti_affinity + 1 } else { self.with_anti_affinity.saturating_sub(1) };
        }
        if sign > 0 {
            self.pods.insert(key.clone(), object.clone());
        } else {
            self.pods.remove(key);
        }
    }
}

/// What a Pod's change did to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    /// It has its place now.
    Taken,
    /// It asks for less than before.
    Less,
    /// It is gone, or has finished.
    Left,
}

/// All nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes {
    infos: BTreeMap<String, NodeInfo>,
    placed: BTreeMap<ObjectKey, String>,
    /// Pods for which room is being made: node and priority.
    nominated: BTreeMap<ObjectKey, (String, i32)>,
}

impl Nodes {
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.infos.iter().filter(|(_, n)| n.node.metadata.name.is_some()).map(|(k, _)| k.as_str())
    }
    pub(super) fn get(&self, name: &str) -> Option<&NodeInfo> {
        self.infos.get(name)
    }
    pub(super) fn all(&self) -> impl Iterator<Item = &NodeInfo> {
        self.infos.values().filter(|n| n.node.metadata.name.is_some())
    }
    pub(super) fn set(&mut self, node: &Node) {
        let info = self.infos.entry(node.metadata.name.clone().unwrap_or_default()).or_default();
        info.allocatable = node.status.as_ref().and_then(|s| s.allocatable.as_ref()).map(amounts).unwrap_or_default();
        info.node = Rc::new(node.clone());
    }
    pub(super) fn remove(&mut self, name: &str) {
        self.infos.remove(name);
    }

    /// Keeps account of a Pod.
    pub(super) fn observe(&mut self, key: &ObjectKey, object: &Rc<Object>, pod: &Pod, gone: bool, spec_differs: bool) -> Change {
        let node = pod.spec.as_ref().and_then(|s| s.node_name.as_deref()).unwrap_or_default();
        let holds = !gone && !node.is_empty() && !is_terminal(pod);
        match (self.placed.contains_key(key), holds) {
            (false, false) => Change::None,
            (false, true) => {
                self.placed.insert(key.clone(), node.to_owned());
                self.infos.entry(node.to_owned()).or_default().count(key, object, pod, 1);
                Change::Taken
            }
            (true, true) => {
                let Some(info) = self.infos.get_mut(node) else { return Change::None };
                if !spec_differs {
                    info.pods.insert(key.clone(), object.clone());
                    return Change::None;
                }
                let now = request(pod);
                let mut less = false;
                if let Some(old) = info.pods.get(key).cloned()
                    && let Object::Pod(old_pod) = &*old
                {
                    less = request(old_pod).iter().any(|(name, n)| now.get(name).is_none_or(|m| m < n));
                    info.count(key, &old, old_pod, -1);
                }
                info.count(key, object, pod, 1);
                if less { Change::Less } else { Change::None }
            }
            (true, false) => {
                let Some(name) = self.placed.remove(key) else { return Change::None };
                if let Some(info) = self.infos.get_mut(&name)
                    && let Some(old) = info.pods.get(key).cloned()
                    && let Object::Pod(old_pod) = &*old
                {
                    info.count(key, &old, old_pod, -1);
                }
                Change::Left
            }
        }
    }

    /// Room is being made for a Pod, or no longer.
    pub(super) fn nominate(&mut self, key: &ObjectKey, node: Option<&str>, priority: i32) {
        match node {
            Some(node) => {
                self.nominated.insert(key.clone(), (node.to_owned(), priority));
            }
            None => {
                self.nominated.remove(key);
            }
        }
    }
    /// The node where room is being made for a Pod.
    pub(super) fn nomination(&self, key: &ObjectKey) -> Option<&str> {
        self.nominated.get(key).map(|(n, _)| n.as_str())
    }
    /// The other Pods for which room is being made on a node, at this priority or above.
    pub(super) fn nominated_on<'a>(&'a self, node: &'a str, except: &'a str, namespace: &'a str, priority: i32) -> impl Iterator<Item = &'a ObjectKey> {
        self.nominated.iter().filter(move |(k, (n, p))| n == node && *p >= priority && !(k.name == except && k.namespace == namespace)).map(|(k, _)| k)
    }
}

pub(super) fn amounts(map: &BTreeMap<String, Quantity>) -> Amounts {
    map.iter().map(|(k, q)| (k.clone(), amount(k, q))).collect()
}

fn amount(name: &str, q: &Quantity) -> i128 {
    if name == "cpu" { milli(q) } else { whole(q) }
}

fn requests(container: &Container) -> Amounts {
    container.resources.as_ref().and_then(|r| r.requests.as_ref()).map(amounts).unwrap_or_default()
}

fn add(to: &mut Amounts, what: &Amounts) {
    for (k, v) in what {
        *to.entry(k.clone()).or_default() += v;
    }
}

fn raise(to: &mut Amounts, what: &Amounts) {
    for (k, v) in what {
        let slot = to.entry(k.clone()).or_default();
        *slot = (*slot).max(*v);
    }
}

/// What a Pod asks for: the greater of what runs together in the end and what any init container needs with the
/// sidecars before it; plus overhead. Requests of the Pod as a whole win.
pub(super) fn request(pod: &Pod) -> Amounts {
    let Some(spec) = &pod.spec else { return Amounts::new() };
    let mut total = Amounts::new();
    for c in &spec.containers {
        add(&mut total, &requests(c));
    }
    let (mut sidecars, mut peak) = (Amounts::new(), Amounts::new());
    for c in spec.init_containers.iter().flatten() {
        let own = requests(c);
        if c.restart_policy.as_deref() == Some("Always") {
            add(&mut sidecars, &own);
            raise(&mut peak, &sidecars);
        } else {
            let mut with = sidecars.clone();
            add(&mut with, &own);
            raise(&mut peak, &with);
        }
    }
    add(&mut total, &sidecars);
    raise(&mut total, &peak);
    if let Some(whole) = spec.resources.as_ref().and_then(|r| r.requests.as_ref()) {
        total.extend(amounts(whole));
    }
    if let Some(overhead) = &spec.overhead {
        add(&mut total, &amounts(overhead));
    }
    total.retain(|_, v| *v != 0);
    total
}

/// CPU and memory for scores: containers that ask for nothing count 100m and 200Mi.
pub(super) fn score_request(pod: &Pod) -> (i128, i128) {
    let (mut cpu, mut memory) = (0, 0);
    for c in pod.spec.iter().flat_map(|s| &s.containers) {
        let r = requests(c);
        cpu += r.get("cpu").copied().unwrap_or(100);
        memory += r.get("memory").copied().unwrap_or(200 * 1024 * 1024);
    }
    (cpu, memory)
}

/// The host ports of a Pod.
pub(super) fn host_ports(pod: &Pod) -> Vec<HostPort> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let sidecars = spec.init_containers.iter().flatten().filter(|c| c.restart_policy.as_deref() == Some("Always"));
    let all = spec.containers.iter().chain(sidecars).flat_map(|c| c.ports.iter().flatten());
    all.filter_map(|p| {
        let number = p.host_port.filter(|n| *n > 0)?;
        Some((p.host_ip.clone().filter(|i| !i.is_empty()).unwrap_or_else(|| "0.0.0.0".into()), p.protocol.clone().unwrap_or_else(|| "TCP".into()), number))
    })
    .collect()
}
