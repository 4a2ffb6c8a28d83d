//! Services as the network sees them: cluster addresses and node ports, DNS names, and the [`NetworkTable`] that
//! stands for kube-proxy and CoreDNS together.

use crate::action::{Action, Arrangement};
use crate::typed::Typed;
use crate::{ApiServer, Fact, Record, Refusal};
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};
use podglass_manifest::Kind;
use podglass_runtime::NetworkTable;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// Milliseconds from a change of a Service or its endpoints to the rules of the node.
pub(crate) const LATENCY: u64 = 20;
/// The label that says which Service an EndpointSlice belongs to.
pub(crate) const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Addresses of Services start here; the first 256 are for those that are asked for by number.
const FIRST: u32 = u32::from_be_bytes([10, 96, 0, 0]);
const STATIC_BAND: u32 = 256;
const SIZE: u32 = 65_536;
/// Node ports, and where the ones that are chosen by the server begin.
const NODE_PORTS: std::ops::RangeInclusive<i32> = 30_000..=32_767;
const DYNAMIC_NODE_PORT: i32 = 30_086;

/// Whether the network has to be told of something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    waiting: bool,
    changed: bool,
    /// Hosts outside the cluster of which the user said whether they can be reached.
    external: BTreeMap<String, bool>,
}

impl Network {
    /// Sees a record; whether a change has to be told after [`LATENCY`].
    pub(crate) fn observe(&mut self, record: &Record) -> bool {
        let concerns = match &record.fact {
            Fact::ActionTaken(action) => self.arrange(action),
            Fact::Created(o) | Fact::Deleted(o) | Fact::Updated { after: o, .. } => matches!(o.kind(), Kind::Service | Kind::EndpointSlice),
            _ => false,
        };
        let ask = concerns && !self.waiting;
        self.waiting |= concerns;
        ask
    }

    /// Remembers what the user arranged; whether it concerns the network.
    fn arrange(&mut self, action: &Action) -> bool {
        let Action::Arrange(Arrangement::ExternalHost { host, reachable }) = action else { return false };
        self.external.insert(host.trim_end_matches('.').to_ascii_lowercase(), *reachable);
        true
    }

    /// The latency is over.
    pub(crate) fn changed(&mut self) {
        self.waiting = false;
        self.changed = true;
    }

    /// The table, where it changed since the last call.
    pub(crate) fn take(&mut self, api: &ApiServer) -> Option<NetworkTable> {
        std::mem::take(&mut self.changed).then(|| NetworkTable { external: self.external.clone(), ..table(api) })
    }
}

/// The whole network, from Services and EndpointSlices.
pub(crate) fn table(api: &ApiServer) -> NetworkTable {
    let mut table = NetworkTable::default();
    let mut slices: BTreeMap<(&str, &str), Vec<&EndpointSlice>> = BTreeMap::new();
    for slice in api.list(Kind::EndpointSlice).filter_map(|o| EndpointSlice::of(o)) {
        if let Some(service) = slice.metadata.labels.as_ref().and_then(|l| l.get(SERVICE_NAME)) {
            slices.entry((slice.metadata.namespace.as_deref().unwrap_or_default(), service)).or_default().push(slice);
        }
    }
    for object in api.list(Kind::Service) {
        let Some(spec) = Service::of(object).and_then(|s| s.spec.as_ref()) else { continue };
        let name = format!("{}.{}.svc.cluster.local", object.name(), object.namespace());
        let behind = slices.get(&(object.namespace(), object.name())).map(Vec::as_slice).unwrap_or_default();
        if spec.type_.as_deref() == Some("ExternalName") {
            table.aliases.insert(name, spec.external_name.clone().unwrap_or_default().trim_end_matches('.').to_owned());
            continue;
        }
        let Some(address) = cluster_ip(spec) else {
            headless(&mut table, &name, behind);
            named_ports(&mut table, &name, spec, behind);
            continue;
        };
        named_ports(&mut table, &name, spec, &[]);
        table.names.insert(name, vec![address]);
        for port in spec.ports.iter().flatten().filter(|p| p.protocol.as_deref().unwrap_or("TCP") == "TCP") {
            let targets = targets(behind, port);
            if let Some(node_port) = port.node_port.filter(|p| *p > 0) {
                table.node_ports.insert(node_port as u16, targets.clone());
            }
            table.services.insert((address, port.port as u16), targets);
        }
    }
    table
}

/// SRV records of a Service's named ports: the Service itself, or each ready endpoint of a headless one.
fn named_ports(table: &mut NetworkTable, name: &str, spec: &ServiceSpec, slices: &[&EndpointSlice]) {
    for port in spec.ports.iter().flatten() {
        let Some(port_name) = &port.name else { continue };
        let key = format!("_{port_name}._{}.{name}", port.protocol.as_deref().unwrap_or("TCP").to_lowercase());
        let records = table.ports.entry(key).or_default();
        if cluster_ip(spec).is_some() {
            records.push((port.port as u16, name.to_owned()));
        }
        for slice in slices {
            let Some(number) = slice.ports.iter().flatten().find(|p| p.name.as_ref() == Some(port_name)).and_then(|p| p.port) else { continue };
            for endpoint in slice.endpoints.iter().flatten().filter(|e| e.conditions.as_ref().and_then(|c| c.ready).unwrap_or(true)) {
                records.extend(addresses(endpoint).map(|a| (number as u16, format!("{}.{name}", host_name(endpoint, a)))));
            }
        }
    }
}

/// The name of an endpoint below its headless Service.
fn host_name(endpoint: &Endpoint, address: Ipv4Addr) -> String {
    endpoint.hostname.clone().unwrap_or_else(|| address.to_string().replace('.', "-"))
}

/// The address of a Service that has one.
fn cluster_ip(spec: &ServiceSpec) -> Option<Ipv4Addr> {
    spec.cluster_ip.as_deref()?.parse().ok()
}

fn addresses(endpoint: &Endpoint) -> impl Iterator<Item = Ipv4Addr> {
    endpoint.addresses.iter().filter_map(|a| a.parse().ok())
}

/// A headless Service: the addresses of its ready endpoints, and a name for each.
fn headless(table: &mut NetworkTable, name: &str, slices: &[&EndpointSlice]) {
    for endpoint in slices.iter().flat_map(|s| s.endpoints.iter().flatten()) {
        if !endpoint.conditions.as_ref().and_then(|c| c.ready).unwrap_or(true) {
            continue;
        }
        for address in addresses(endpoint) {
            let all = table.names.entry(name.to_owned()).or_default();
            if !all.contains(&address) {
                all.push(address);
            }
            let host = host_name(endpoint, address);
            table.names.entry(format!("{host}.{name}")).or_default().push(address);
        }
    }
}

/// Where a port of a Service leads: its ready endpoints, or else those that still serve while they terminate.
fn targets(slices: &[&EndpointSlice], port: &ServicePort) -> Vec<(Ipv4Addr, u16)> {
    let wanted = port.name.as_deref().unwrap_or_default();
    let collect = |usable: &dyn Fn(&Endpoint) -> bool| {
        let mut found = Vec::new();
        for slice in slices {
            let Some(number) = slice.ports.iter().flatten().find(|p| p.name.as_deref().unwrap_or_default() == wanted).and_then(|p| p.port) else { continue };
            found.extend(slice.endpoints.iter().flatten().filter(|e| usable(e)).flat_map(addresses).map(|a| (a, number as u16)));
        }
        found
    };
    let is = |e: &Endpoint, f: fn(&k8s_openapi::api::discovery::v1::EndpointConditions) -> Option<bool>, unset: bool| {
        e.conditions.as_ref().and_then(f).unwrap_or(unset)
    };
    let ready = collect(&|e| is(e, |c| c.ready, true));
    if ready.is_empty() { collect(&|e| is(e, |c| c.serving, true) && is(e, |c| c.terminating, false)) } else { ready }
}

/// Gives a Service its cluster address and node ports (follows pkg/registry/core/service/storage/alloc.go).
///
/// # Errors
/// With the API server's words, where an address or port that is asked for is not to be had.
pub(crate) fn allocate(api: &mut ApiServer, service: &mut Service, before: Option<&Service>) -> Result<(), Refusal> {
    let name = service.metadata.name.clone().unwrap_or_default();
    let (mut addresses, mut ports) = (BTreeSet::new(), BTreeSet::new());
    for other in api.list(Kind::Service).filter_map(|o| Service::of(o)) {
        if other.metadata.name == service.metadata.name && other.metadata.namespace == service.metadata.namespace {
            continue;
        }
        let Some(spec) = &other.spec else { continue };
        addresses.extend(cluster_ip(spec));
        ports.extend(spec.ports.iter().flatten().filter_map(|p| p.node_port));
    }
    let old = before.and_then(|b| b.spec.as_ref());
    service.status.get_or_insert_default().load_balancer.get_or_insert_default();
    let Some(spec) = &mut service.spec else { return Ok(()) };
    let kind = spec.type_.get_or_insert_with(|| "ClusterIP".into()).clone();
    let invalid = |what: String| Refusal { reason: "Invalid", message: format!("Service {name:?} is invalid: {what}") };
    if kind == "ExternalName" {
        return Ok(());
    }
    spec.ip_families.get_or_insert_with(|| vec!["IPv4".into()]);
    spec.ip_family_policy.get_or_insert_with(|| "SingleStack".into());
    spec.internal_traffic_policy.get_or_insert_with(|| "Cluster".into());
    spec.session_affinity.get_or_insert_with(|| "None".into());
    if spec.cluster_ip.as_deref().unwrap_or_default().is_empty() {
        spec.cluster_ip =
            spec.cluster_ips.as_ref().and_then(|all| all.first()).filter(|a| !a.is_empty()).cloned().or_else(|| old.and_then(|o| o.cluster_ip.clone()));
    }
    if let Some(text) = spec.cluster_ip.clone().filter(|a| !a.is_empty()) {
        if let Ok(address) = text.parse::<Ipv4Addr>()
            && old.and_then(|o| o.cluster_ip.as_ref()) != Some(&text)
        {
            let index = u32::from(address).wrapping_sub(FIRST);
            if index == 0 || index >= SIZE - 1 {
                return Err(invalid(format!(
                    "spec.clusterIPs: Invalid value: [\"{text}\"]: failed to allocate IP {text}: the provided IP ({text}) is not in the valid range. The range of valid IPs is 10.96.0.0/16"
                )));
            }
            if addresses.contains(&address) {
                return Err(invalid(format!("spec.clusterIPs: Invalid value: [\"{text}\"]: failed to allocate IP {text}: provided IP is already allocated")));
            }
        }
    } else {
        let mut address = Ipv4Addr::from(FIRST + api.rng().u32(STATIC_BAND..SIZE - 1));
        while addresses.contains(&address) {
            address = Ipv4Addr::from(FIRST + api.rng().u32(STATIC_BAND..SIZE - 1));
        }
        spec.cluster_ip = Some(address.to_string());
    }
    spec.cluster_ips = spec.cluster_ip.clone().map(|a| vec![a]);
    let wants = matches!(kind.as_str(), "NodePort" | "LoadBalancer") && spec.allocate_load_balancer_node_ports != Some(false);
    for (index, port) in spec.ports.iter_mut().flatten().enumerate() {
        let asked = port.node_port.filter(|p| *p > 0);
        if !matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
            continue;
        }
        if let Some(number) = asked {
            let had = old.and_then(|o| o.ports.as_ref()).is_some_and(|p| p.iter().any(|p| p.node_port == Some(number)));
            if !NODE_PORTS.contains(&number) {
                return Err(invalid(format!(
                    "spec.ports[{index}].nodePort: Invalid value: {number}: provided port is not in the valid range. The range of valid ports is 30000-32767"
                )));
            }
            if !had && ports.contains(&number) {
                return Err(invalid(format!("spec.ports[{index}].nodePort: Invalid value: {number}: provided port is already allocated")));
            }
            ports.insert(number);
        } else if wants {
            let kept = old
                .and_then(|o| o.ports.as_ref())
                .and_then(|p| p.iter().find(|p| p.port == port.port && p.protocol == port.protocol))
                .and_then(|p| p.node_port)
                .filter(|p| !ports.contains(p));
            let free = |api: &mut ApiServer| (0..4096).map(|_| api.rng().i32(DYNAMIC_NODE_PORT..=*NODE_PORTS.end())).find(|p| !ports.contains(p));
            let Some(number) = kept.or_else(|| free(api)) else {
                return Err(invalid(format!("spec.ports[{index}].nodePort: Internal error: failed to allocate a nodePort: range is full")));
            };
            ports.insert(number);
            port.node_port = Some(number);
        }
    }
    Ok(())
}
