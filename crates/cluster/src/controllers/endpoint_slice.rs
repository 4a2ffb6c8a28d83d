//! EndpointSlices, and the older Endpoints: the addresses behind a Service
//! (follows staging/src/k8s.io/endpointslice/reconciler.go and pkg/controller/endpoint/endpoints_controller.go).

use super::pods::{is_ready, is_terminal, is_terminating};
use super::{Context, pods};
use crate::api_server::{bump_generation, controller_reference};
use crate::labels::{self, Labels};
use crate::network::SERVICE_NAME;
use crate::typed::Typed;
use k8s_openapi::api::core::v1::{EndpointAddress, EndpointPort as OldPort, EndpointSubset, Endpoints, ObjectReference, Pod, Service, ServicePort};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use podglass_manifest::{Kind, Object, ObjectKey};
use std::collections::BTreeMap;
use std::rc::Rc;

const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";
const HEADLESS: &str = "service.kubernetes.io/headless";
const TRIGGER: &str = "endpoints.kubernetes.io/last-change-trigger-time";
/// Endpoints in one slice.
const MOST: usize = 100;

/// Whether a Service selects a Pod.
pub(super) fn selects(service: &Object, pod: &Object) -> bool {
    Service::of(service)
        .and_then(|s| s.spec.as_ref())
        .and_then(|s| s.selector.as_ref())
        .is_some_and(|s| !s.is_empty() && labels::includes(pod.metadata().labels.as_ref(), s))
}

/// Whether a change of a Pod matters to the slices.
pub(super) fn pod_differs(before: &Object, after: &Object) -> bool {
    let (Some(a), Some(b)) = (Pod::of(before), Pod::of(after)) else { return true };
    let ip = |p: &Pod| p.status.as_ref().and_then(|s| s.pod_ip.clone());
    is_ready(a) != is_ready(b)
        || pods::phase(a) != pods::phase(b)
        || is_terminating(a) != is_terminating(b)
        || ip(a) != ip(b)
        || a.metadata.labels != b.metadata.labels
}

fn ip(pod: &Pod) -> Option<&String> {
    pod.status.as_ref().and_then(|s| s.pod_ip.as_ref()).filter(|i| !i.is_empty())
}

/// The number behind a Service's port in one Pod.
fn target(port: &ServicePort, pod: &Pod) -> Option<i32> {
    match &port.target_port {
        None => Some(port.port),
        Some(IntOrString::Int(n)) => Some(*n),
        Some(IntOrString::String(name)) => {
            let spec = pod.spec.as_ref()?;
            let sidecars = spec.init_containers.iter().flatten().filter(|c| c.restart_policy.as_deref() == Some("Always"));
            let protocol = port.protocol.as_deref().unwrap_or("TCP");
            spec.containers
                .iter()
                .chain(sidecars)
                .flat_map(|c| c.ports.iter().flatten())
                .find(|p| p.name.as_deref() == Some(name) && p.protocol.as_deref().unwrap_or("TCP") == protocol)
                .map(|p| p.container_port)
        }
    }
}

/// Ports of slices, comparable.
type Ports = Vec<(String, String, i32, Option<String>)>;

fn ports_of(slice: &EndpointSlice) -> Ports {
    slice
        .ports
        .iter()
        .flatten()
        .map(|p| (p.name.clone().unwrap_or_default(), p.protocol.clone().unwrap_or_default(), p.port.unwrap_or(0), p.app_protocol.clone()))
        .collect()
}

fn endpoint(service: &Object, publish: bool, pod: &Object) -> Option<Endpoint> {
    let p = Pod::of(pod)?;
    let spec = p.spec.as_ref()?;
    let (serving, terminating) = (is_ready(p), is_terminating(p));
    Some(Endpoint {
        addresses: vec![ip(p)?.clone()],
        conditions: Some(EndpointConditions { ready: Some(publish || (serving && !terminating)), serving: Some(serving), terminating: Some(terminating) }),
        hostname: spec.hostname.clone().filter(|h| !h.is_empty() && spec.subdomain.as_deref() == Some(service.name())),
        node_name: spec.node_name.clone(),
        target_ref: Some(reference(pod)),
        ..Endpoint::default()
    })
}

fn reference(pod: &Object) -> ObjectReference {
    ObjectReference {
        kind: Some("Pod".into()),
        namespace: pod.metadata().namespace.clone(),
        name: pod.metadata().name.clone(),
        uid: pod.metadata().uid.clone(),
        ..ObjectReference::default()
    }
}

fn uid(endpoint: &Endpoint) -> Option<&str> {
    endpoint.target_ref.as_ref()?.uid.as_deref()
}

/// Writes the slices of a Service.
pub(super) fn sync(cx: &mut Context<'_>, key: &ObjectKey) {
    let Some(object) = cx.api.find(key).cloned() else { return };
    let Some(spec) = Service::of(&object).and_then(|s| s.spec.clone()) else { return };
    let Some(selector) = spec.selector.as_ref().filter(|s| !s.is_empty()) else { return };
    if spec.type_.as_deref() == Some("ExternalName") {
        return;
    }
    let publish = spec.publish_not_ready_addresses == Some(true);
    let mut groups: BTreeMap<Ports, Vec<Endpoint>> = BTreeMap::new();
    for pod in cx.index.reachable_with(cx.api, &key.namespace, selector) {
        let Some(p) = Pod::of(pod).filter(|p| !is_terminal(p)) else { continue };
        let Some(endpoint) = endpoint(&object, publish, pod) else { continue };
        let named = |port: &ServicePort| {
            target(port, p)
                .map(|n| (port.name.clone().unwrap_or_default(), port.protocol.clone().unwrap_or_else(|| "TCP".into()), n, port.app_protocol.clone()))
        };
        groups.entry(spec.ports.iter().flatten().filter_map(named).collect()).or_default().push(endpoint);
    }
    let slices: Vec<Rc<Object>> = cx.index.controlled(object.uid(), Kind::EndpointSlice).cloned().collect();
    let labels = labels_for(&object, spec.cluster_ip.as_deref() == Some("None"));
    reconcile(cx, &object, &slices, groups, &labels);
}

/// The labels of a Service's slices: its own, and those of the controller.
fn labels_for(service: &Object, headless: bool) -> Labels {
    let mut labels = service.metadata().labels.clone().unwrap_or_default();
    labels.insert(SERVICE_NAME.into(), service.name().into());
    labels.insert(MANAGED_BY.into(), MANAGER.into());
    if headless {
        labels.insert(HEADLESS.into(), String::new());
    }
    labels
}

fn reconcile(cx: &mut Context<'_>, service: &Rc<Object>, slices: &[Rc<Object>], mut groups: BTreeMap<Ports, Vec<Endpoint>>, labels: &Labels) {
    let mut keep: Vec<(ObjectKey, Ports, Vec<Endpoint>)> = Vec::new();
    let mut spare: Vec<ObjectKey> = Vec::new();
    let mut ordered: Vec<&EndpointSlice> = slices.iter().filter_map(|o| EndpointSlice::of(o)).collect();
    ordered.sort_by(|a, b| (&a.metadata.creation_timestamp, &a.metadata.name).cmp(&(&b.metadata.creation_timestamp, &b.metadata.name)));
    for slice in ordered {
        let key = ObjectKey { kind: Kind::EndpointSlice, namespace: service.namespace().into(), name: slice.metadata.name.clone().unwrap_or_default() };
        let ports = ports_of(slice);
        let Some(wanted) = groups.get_mut(&ports) else {
            spare.push(key);
            continue;
        };
        let mut kept = Vec::new();
        for old in slice.endpoints.iter().flatten() {
            if let Some(at) = wanted.iter().position(|e| uid(e) == uid(old)) {
                kept.push(wanted.remove(at));
            }
        }
        keep.push((key, ports, kept));
    }
    // New endpoints are appended to slices with room, then to slices that lost their ports, then to new ones.
    let mut fresh: Vec<(Ports, Vec<Endpoint>)> = Vec::new();
    for (ports, mut left) in groups {
        for (_, _, kept) in keep.iter_mut().filter(|(_, p, _)| *p == ports) {
            let room = MOST.saturating_sub(kept.len()).min(left.len());
            kept.extend(left.drain(..room));
        }
        while !left.is_empty() {
            let some: Vec<Endpoint> = left.drain(..left.len().min(MOST)).collect();
            if spare.is_empty() { fresh.push((ports.clone(), some)) } else { keep.push((spare.remove(0), ports.clone(), some)) }
        }
    }
    let used = keep.iter().any(|(_, _, e)| !e.is_empty()) || !fresh.is_empty();
    if used {
        let (full, empty): (Vec<_>, Vec<_>) = keep.into_iter().partition(|(_, _, e)| !e.is_empty());
        keep = full;
        spare.extend(empty.into_iter().map(|(k, _, _)| k));
    } else {
        // One slice stays, without endpoints and ports.
        let mut all: Vec<ObjectKey> = keep.drain(..).map(|(k, _, _)| k).chain(spare.drain(..)).collect();
        if all.is_empty() {
            fresh.push((Ports::new(), Vec::new()));
        } else {
            keep.push((all.remove(0), Ports::new(), Vec::new()));
            spare = all;
        }
    }
    let stamp = k8s_openapi::jiff::fmt::strtime::format("%Y-%m-%dT%H:%M:%SZ", cx.api.timestamp().0).unwrap_or_default();
    for (ports, endpoints) in fresh {
        let slice = EndpointSlice {
            address_type: "IPv4".into(),
            endpoints: Some(endpoints).filter(|e| !e.is_empty()),
            ports: to_ports(ports),
            metadata: ObjectMeta {
                generate_name: Some(format!("{}-", service.name())),
                namespace: Some(service.namespace().into()),
                labels: Some(labels.clone()),
                annotations: Some(Labels::from([(TRIGGER.to_owned(), stamp.clone())])),
                owner_references: Some(vec![controller_reference(service)]),
                ..ObjectMeta::default()
            },
        };
        let _ = cx.create(slice);
    }
    for (key, ports, endpoints) in keep {
        let (endpoints, ports) = (Some(endpoints).filter(|e| !e.is_empty()), to_ports(ports));
        let _ = cx.api.update(&key, cx.cause, |o| {
            let mut differs = o.metadata().labels.as_ref() != Some(labels);
            if differs {
                o.metadata_mut().labels = Some(labels.clone());
            }
            let Some(slice) = EndpointSlice::of_mut(o) else { return };
            if slice.endpoints != endpoints || slice.ports != ports {
                slice.endpoints = endpoints;
                slice.ports = ports;
                bump_generation(o);
                differs = true;
            }
            if differs {
                o.metadata_mut().annotations.get_or_insert_default().insert(TRIGGER.into(), stamp.clone());
            }
        });
    }
    for key in spare {
        let _ = cx.api.remove(&key, cx.cause);
    }
}

fn to_ports(ports: Ports) -> Option<Vec<EndpointPort>> {
    let all: Vec<_> = ports
        .into_iter()
        .map(|(name, protocol, port, app_protocol)| EndpointPort { name: Some(name), protocol: Some(protocol), port: Some(port), app_protocol })
        .collect();
    Some(all).filter(|p| !p.is_empty())
}

/// Ports of Endpoints, comparable.
type OldPorts = Vec<(Option<String>, String, i32)>;

/// Writes the Endpoints of a Service.
pub(super) fn sync_endpoints(cx: &mut Context<'_>, key: &ObjectKey) {
    let old = ObjectKey { kind: Kind::Endpoints, ..key.clone() };
    let Some(object) = cx.api.find(key).cloned() else {
        let _ = cx.api.remove(&old, cx.cause);
        return;
    };
    let Some(spec) = Service::of(&object).and_then(|s| s.spec.clone()) else { return };
    let Some(selector) = spec.selector.as_ref().filter(|s| !s.is_empty()) else { return };
    let publish = spec.publish_not_ready_addresses == Some(true);
    let mut groups: BTreeMap<OldPorts, (Vec<EndpointAddress>, Vec<EndpointAddress>)> = BTreeMap::new();
    for pod in cx.index.reachable_with(cx.api, &key.namespace, selector) {
        let Some(p) = Pod::of(pod).filter(|p| !is_terminal(p) && (publish || !is_terminating(p))) else { continue };
        let Some(ip) = ip(p).cloned() else { continue };
        let mut address =
            EndpointAddress { ip, node_name: p.spec.as_ref().and_then(|s| s.node_name.clone()), target_ref: Some(reference(pod)), hostname: None };
        address.hostname = p.spec.as_ref().and_then(|s| s.hostname.clone().filter(|h| !h.is_empty() && s.subdomain.as_deref() == Some(object.name())));
        let named = |port: &ServicePort| target(port, p).map(|n| (port.name.clone(), port.protocol.clone().unwrap_or_else(|| "TCP".into()), n));
        let group = groups.entry(spec.ports.iter().flatten().filter_map(named).collect()).or_default();
        if publish || is_ready(p) { group.0.push(address) } else { group.1.push(address) }
    }
    let subsets: Vec<EndpointSubset> = groups
        .into_iter()
        .filter(|(ports, _)| !ports.is_empty())
        .map(|(ports, (mut ready, mut not_ready))| {
            ready.sort_by_key(|a| a.ip.parse::<std::net::Ipv4Addr>().ok());
            not_ready.sort_by_key(|a| a.ip.parse::<std::net::Ipv4Addr>().ok());
            EndpointSubset {
                addresses: Some(ready).filter(|a| !a.is_empty()),
                not_ready_addresses: Some(not_ready).filter(|a| !a.is_empty()),
                ports: Some(ports.into_iter().map(|(name, protocol, port)| OldPort { name, protocol: Some(protocol), port, app_protocol: None }).collect()),
            }
        })
        .collect();
    let subsets = Some(subsets).filter(|s| !s.is_empty());
    if cx.api.find(&old).is_some() {
        let _ = cx.api.change(&old, cx.cause, |e: &mut Endpoints| e.subsets = subsets);
        return;
    }
    let metadata =
        ObjectMeta { name: Some(old.name.clone()), namespace: Some(old.namespace.clone()), labels: object.metadata().labels.clone(), ..ObjectMeta::default() };
    let _ = cx.create(Endpoints { metadata, subsets });
}
