//! Services (follows `validateService`, and the allocators of addresses and ports).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::field::{Errors, FieldError, Path, Plain};
use crate::internal;
use crate::server::Facts;
use crate::value::ValueExt;

use super::fields::{self, one_of};
use super::{metadata, names};

fn is_headless(s: &Value) -> bool {
    s.list("clusterIPs") == [json!("None")]
}

fn is_external(s: &Value) -> bool {
    match s.str("type") {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => !s.list("externalIPs").is_empty(),
        _ => false,
    }
}

/// A Service that is created.
pub(super) fn create(o: &Value, e: &mut Errors) {
    metadata::create(o.at("metadata"), names::dns_label, true, e);
    check(o, None, e);
}

/// A Service that is changed.
pub(super) fn update(new: &Value, old: &Value, e: &mut Errors) {
    metadata::update(new.at("metadata"), old.at("metadata"), e);
    let (n, o) = (new.at("spec"), old.at("spec"));
    let path = Path::new("spec");
    let external = n.str("type") == "ExternalName" || o.str("type") == "ExternalName";
    if !external {
        let (a, b) = (n.list("clusterIPs"), o.list("clusterIPs"));
        let ip = path.child("clusterIPs");
        if !b.is_empty() && a.first() != b.first() && a.len() >= b.len() {
            e.invalid(&ip.index(0), n.at("clusterIPs"), "may not change once set");
        } else if a.is_empty() && !b.is_empty() {
            e.invalid(&ip.index(0), n.at("clusterIPs"), "primary clusterIP can not be unset");
        }
        if is_headless(n) == is_headless(o) && !is_headless(n) {
            let (a, b) = (n.list("ipFamilies"), o.list("ipFamilies"));
            if !a.is_empty() && !b.is_empty() && a.first() != b.first() {
                e.invalid(&path.child("ipFamilies").index(0), n.at("ipFamilies"), "may not change once set");
            }
        }
    }
    if n.str("type") == "LoadBalancer" && o.str("type") == "LoadBalancer" && n.at("loadBalancerClass") != o.at("loadBalancerClass") {
        e.invalid(&path.child("loadBalancerClass"), n.at("loadBalancerClass"), "may not change once set");
    }
    check(new, Some(old), e);
}

fn check(o: &Value, old: Option<&Value>, e: &mut Errors) {
    let (s, path) = (o.at("spec"), Path::new("spec"));
    let ty = s.str("type");
    let pp = path.child("ports");
    let ports = s.list("ports");
    if ports.is_empty() && !is_headless(s) && ty != "ExternalName" {
        e.required(&pp, "");
    }
    let ip = path.child("clusterIPs");
    match ty {
        "LoadBalancer" | "NodePort" if is_headless(s) => e.invalid(&ip.index(0), "None", format!("may not be set to 'None' for {ty} services")),
        "ExternalName" => {
            if !s.list("clusterIPs").is_empty() {
                e.forbidden(&ip, "may not be set for ExternalName services");
            }
            for key in ["ipFamilies", "ipFamilyPolicy"] {
                if s.has(key) {
                    e.forbidden(&path.child(key), "may not be set for ExternalName services");
                }
            }
            let name = s.str("externalName").strip_suffix('.').unwrap_or(s.str("externalName"));
            if name.is_empty() {
                e.required(&path.child("externalName"), "");
            } else {
                e.invalids(&path.child("externalName"), name, names::dns_subdomain(name));
            }
        }
        _ => {}
    }
    let mut seen = BTreeSet::new();
    for (i, p) in ports.iter().enumerate() {
        port(p, ports.len() > 1, &mut seen, &pp.index(i), e);
    }
    metadata::labels(s.map("selector"), &path.child("selector"), e);
    one_of(s.str("sessionAffinity"), &path.child("sessionAffinity"), &["ClientIP", "None"], e);
    if s.str("sessionAffinity") == "ClientIP" {
        let seconds = s.at("sessionAffinityConfig").at("clientIP").int("timeoutSeconds").unwrap_or(0);
        if seconds <= 0 || seconds > 86400 {
            e.invalid(&path.child("sessionAffinityConfig.clientIP.timeoutSeconds"), seconds, "must be greater than 0 and less than 86400");
        }
    } else if s.str("sessionAffinity") == "None" && s.has("sessionAffinityConfig") {
        e.forbidden(&path.child("sessionAffinityConfig"), "must not be set when session affinity is None");
    }
    addresses(s, old.map(|o| o.at("spec")), &path, e);
    let xp = path.child("externalIPs");
    for (i, a) in s.list("externalIPs").iter().enumerate() {
        let wrong = names::ip(a.text());
        let wrong = if wrong.is_empty() { names::endpoint_ip(a.text()) } else { wrong };
        e.invalids(&xp.index(i), a.text(), wrong);
    }
    one_of(ty, &path.child("type"), &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], e);
    if ty == "ClusterIP" {
        for (i, _) in ports.iter().enumerate().filter(|(_, p)| p.int("nodePort").unwrap_or(0) != 0) {
            e.forbidden(&pp.index(i).child("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }
    }
    let mut node_ports = BTreeSet::new();
    for (i, p) in ports.iter().enumerate() {
        if let Some(n) = p.int("nodePort").filter(|n| *n != 0)
            && !node_ports.insert((p.str("protocol"), n))
        {
            e.duplicate(&pp.index(i).child("nodePort"), n);
        }
    }
    let mut numbers = BTreeSet::new();
    for (i, p) in ports.iter().enumerate() {
        let n = p.int("port").unwrap_or(0);
        if !numbers.insert((p.str("protocol"), n)) {
            let key = json!({"protocol": p.str("protocol"), "port": n});
            e.duplicate(&pp.index(i), Plain(internal::json(&key, "core.ServicePort")));
        }
    }
    load_balancer(o, s, &path, e);
    traffic(s, &path, e);
}

fn port(p: &Value, named: bool, seen: &mut BTreeSet<String>, path: &Path, e: &mut Errors) {
    let name = p.str("name");
    let np = path.child("name");
    if name.is_empty() {
        if named {
            e.required(&np, "");
        }
    } else {
        e.invalids(&np, name, names::dns_label(name));
        if !seen.insert(name.to_owned()) {
            e.duplicate(&np, name);
        }
    }
    let n = p.int("port").unwrap_or(0);
    fields::port(&n.into(), &path.child("port"), e);
    one_of(p.str("protocol"), &path.child("protocol"), &["SCTP", "TCP", "UDP"], e);
    fields::port(p.at("targetPort"), &path.child("targetPort"), e);
    if p.has("appProtocol") {
        e.invalids(&path.child("appProtocol"), p.str("appProtocol"), names::qualified_name(p.str("appProtocol")));
    }
}

fn addresses(s: &Value, old: Option<&Value>, path: &Path, e: &mut Errors) {
    if s.str("type") == "ExternalName" {
        return;
    }
    let ips = s.list("clusterIPs");
    let ip = path.child("clusterIPs");
    let single = s.str("clusterIP");
    if single.is_empty() {
        if !ips.is_empty() {
            e.invalid(&ip, s.at("clusterIPs"), "must be empty when `clusterIP` is not specified");
        }
    } else if ips.is_empty() {
        e.required(&ip, "");
    } else if ips.first().map(ValueExt::text) != Some(single) {
        e.invalid(&ip, s.at("clusterIPs"), "first value must match `clusterIP`");
    }
    let fp = path.child("ipFamilies");
    let mut seen = BTreeSet::new();
    for (i, f) in s.list("ipFamilies").iter().enumerate() {
        one_of(f.text(), &fp.index(i), &["IPv4", "IPv6"], e);
        if !seen.insert(f.text()) {
            e.duplicate(&fp.index(i), f.text());
        }
    }
    if s.has("ipFamilyPolicy") {
        one_of(s.str("ipFamilyPolicy"), &path.child("ipFamilyPolicy"), &["PreferDualStack", "RequireDualStack", "SingleStack"], e);
    }
    let mut bad = false;
    for (i, a) in ips.iter().enumerate() {
        if i == 0 && a.text() == "None" {
            if ips.len() > 1 {
                bad = true;
                e.invalid(&ip, s.at("clusterIPs"), "'None' must be the first and only value");
            }
            continue;
        }
        if old.is_some_and(|o| o.list("clusterIPs").contains(a)) {
            continue;
        }
        let wrong = names::ip(a.text());
        bad |= !wrong.is_empty();
        e.invalids(&ip.index(i), a.text(), wrong);
    }
    if ips.len() > 2 {
        e.invalid(&ip, s.at("clusterIPs"), "may only hold up to 2 values");
    }
    if bad || is_headless(s) {
        return;
    }
    if ips.len() > 1 && ips.iter().filter(|a| names::is_ipv6(a.text())).count() != 1 {
        e.invalid(&ip, s.at("clusterIPs"), "may specify no more than one IP for each IP family");
    }
    for (i, (a, f)) in ips.iter().zip(s.list("ipFamilies")).enumerate() {
        let six = names::is_ipv6(a.text());
        if (f.text() == "IPv4" && six) || (f.text() == "IPv6" && !six) {
            e.invalid(&ip.index(i), a.text(), format!("expected an {} value as indicated by `ipFamilies[{i}]`", f.text()));
        }
    }
}

fn load_balancer(o: &Value, s: &Value, path: &Path, e: &mut Errors) {
    const ONLY: &str = "may only be used when `type` is 'LoadBalancer'";
    const ANNOTATION: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
    let is = s.str("type") == "LoadBalancer";
    let ranges = s.list("loadBalancerSourceRanges");
    if !ranges.is_empty() {
        let rp = path.child("LoadBalancerSourceRanges");
        if !is {
            e.forbidden(&rp, ONLY);
        }
        for (i, r) in ranges.iter().enumerate() {
            e.invalids(&rp.index(i), r.text().trim(), names::cidr(r.text().trim()));
        }
    } else if let Some(v) = o.at("metadata").map("annotations").get(ANNOTATION) {
        let ap = Path::new("metadata.annotations");
        if !is {
            e.forbidden(&ap.key(ANNOTATION), ONLY);
        }
        for r in v.text().trim().split(',').map(str::trim).filter(|r| !r.is_empty()) {
            e.invalids(&ap.key(ANNOTATION), r, names::cidr(r));
        }
    }
    if s.has("allocateLoadBalancerNodePorts") && !is {
        e.forbidden(&path.child("allocateLoadBalancerNodePorts"), ONLY);
    }
    if s.has("loadBalancerClass") {
        let cp = path.child("loadBalancerClass");
        if is {
            e.invalids(&cp, s.str("loadBalancerClass"), names::qualified_name(s.str("loadBalancerClass")));
        } else {
            e.forbidden(&cp, ONLY);
        }
    }
}

fn traffic(s: &Value, path: &Path, e: &mut Errors) {
    let external = s.str("externalTrafficPolicy");
    let xp = path.child("externalTrafficPolicy");
    if is_external(s) {
        one_of(external, &xp, &["Cluster", "Local"], e);
    } else if !external.is_empty() {
        e.invalid(&xp, external, "may only be set for externally-accessible services");
    }
    let needs = s.str("type") == "LoadBalancer" && external == "Local";
    if let Some(n) = s.int("healthCheckNodePort").filter(|n| *n != 0) {
        if needs {
            fields::port(&n.into(), &path.child("healthCheckNodePort"), e);
        } else {
            e.invalid(&path.child("healthCheckNodePort"), n, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        }
    }
    if s.has("internalTrafficPolicy") {
        one_of(s.str("internalTrafficPolicy"), &path.child("internalTrafficPolicy"), &["Cluster", "Local"], e);
    }
    if s.has("trafficDistribution") {
        one_of(s.str("trafficDistribution"), &path.child("trafficDistribution"), &["PreferClose", "PreferSameZone", "PreferSameNode"], e);
    }
}

/// What the allocators of addresses and ports say, each alone and after validation.
pub(crate) fn allocate(json: &Value, facts: &dyn Facts) -> Vec<FieldError> {
    let (s, path) = (json.at("spec"), Path::new("spec"));
    let mut e = Errors::default();
    if s.str("type") == "ExternalName" {
        return Vec::new();
    }
    families(s, &path, &mut e);
    if !e.is_empty() {
        return e.finish();
    }
    let ip = path.child("clusterIPs");
    if let Some(a) = s.list("clusterIPs").first().map(ValueExt::text).filter(|a| *a != "None" && !a.is_empty()) {
        if !names::within(&format!("{a}/32"), "10.96.0.0/16") {
            e.invalid(&ip, s.at("clusterIPs"), format!("failed to allocate IP {a}: the provided network does not match the current range"));
        } else if facts.cluster_ip_taken(a) || matches!(a, "10.96.0.1" | "10.96.0.10") {
            e.invalid(&ip, s.at("clusterIPs"), format!("failed to allocate IP {a}: provided IP is already allocated"));
        }
        if !e.is_empty() {
            return e.finish();
        }
    }
    if !matches!(s.str("type"), "NodePort" | "LoadBalancer") {
        return Vec::new();
    }
    let pp = path.child("ports");
    let mut taken: BTreeSet<i64> = BTreeSet::new();
    for (i, p) in s.list("ports").iter().enumerate() {
        let Some(n) = p.int("nodePort").filter(|n| *n != 0) else { continue };
        let np = pp.index(i);
        let np = np.child("nodePort");
        if !(30000..=32767).contains(&n) {
            e.invalid(&np, n, "provided port is not in the valid range. The range of valid ports is 30000-32767");
            return e.finish();
        }
        if facts.node_port_taken(n) || !taken.insert(n) {
            e.invalid(&np, n, "provided port is already allocated");
            return e.finish();
        }
    }
    Vec::new()
}

/// What the allocator says of the address families of a changed Service.
pub(crate) fn check_families(json: &Value) -> Vec<FieldError> {
    let mut e = Errors::default();
    let s = json.at("spec");
    if s.str("type") != "ExternalName" {
        families(s, &Path::new("spec"), &mut e);
    }
    e.finish()
}

/// The cluster has IPv4 only.
fn families(s: &Value, path: &Path, e: &mut Errors) {
    let headless_without_selector = is_headless(s) && s.map("selector").is_empty();
    if headless_without_selector {
        return;
    }
    if s.str("ipFamilyPolicy") == "RequireDualStack" {
        e.invalid(&path.child("ipFamilyPolicy"), "RequireDualStack", "this cluster is not configured for dual-stack services");
    }
    let fp = path.child("ipFamilies");
    for (i, f) in s.list("ipFamilies").iter().enumerate() {
        if f.text() == "IPv6" {
            e.invalid(&fp.index(i), "IPv6", "not configured on this cluster");
        }
    }
}
