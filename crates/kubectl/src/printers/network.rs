//! Rows of Services and what stands around them.

use super::{age, at_most};
use crate::json::{Look, or, pairs, plain};
use crate::moment::Moment;
use crate::selector;
use serde_json::Value;

/// The addresses a load balancer gave.
fn balancer(o: &Value) -> Vec<String> {
    let mut all: Vec<String> =
        o.list("status.loadBalancer.ingress").iter().map(|i| or(i.text("ip"), i.text("hostname")).to_owned()).filter(|s| !s.is_empty()).collect();
    all.sort();
    all.dedup();
    all
}

fn shortened(text: String, wide: bool) -> String {
    if wide || text.chars().count() <= 16 { text } else { text.chars().take(13).collect::<String>() + "..." }
}

fn external(o: &Value, wide: bool) -> String {
    let ips: Vec<&str> = o.list("spec.externalIPs").iter().filter_map(Value::as_str).collect();
    match o.text("spec.type") {
        "ClusterIP" | "NodePort" => or(&ips.join(","), "<none>").to_owned(),
        "LoadBalancer" => {
            let given = shortened(balancer(o).join(","), wide);
            let all: Vec<&str> = std::iter::once(given.as_str()).filter(|g| !g.is_empty()).chain(ips).collect();
            or(&all.join(","), "<pending>").to_owned()
        }
        "ExternalName" => o.text("spec.externalName").to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

pub(super) fn service(o: &Value, now: Moment, wide: bool) -> Vec<String> {
    let ports: Vec<String> = o
        .list("spec.ports")
        .iter()
        .map(|p| {
            let node = if p.int("nodePort") > 0 { format!(":{}", p.int("nodePort")) } else { String::new() };
            format!("{}{node}/{}", p.int("port"), p.text("protocol"))
        })
        .collect();
    let address = o.list("spec.clusterIPs").first().map_or_else(|| o.text("spec.clusterIP").to_owned(), plain);
    vec![
        o.name().to_owned(),
        o.text("spec.type").to_owned(),
        or(&address, "<none>").to_owned(),
        external(o, wide),
        or(&ports.join(","), "<none>").to_owned(),
        age(o, now),
        or(&pairs(o.at("spec.selector")), "<none>").to_owned(),
    ]
}

/// `ip:port,…` of an Endpoints object.
pub(crate) fn endpoint_list(o: &Value) -> String {
    if o.list("subsets").is_empty() {
        return "<none>".to_owned();
    }
    let mut all = Vec::new();
    for subset in o.list("subsets") {
        let addresses = subset.list("addresses");
        if subset.list("ports").is_empty() {
            all.extend(addresses.iter().map(|a| a.text("ip").to_owned()));
        }
        for port in subset.list("ports") {
            all.extend(addresses.iter().map(|a| join_host(a.text("ip"), port.int("port"))));
        }
    }
    at_most(&all, 3)
}

fn join_host(ip: &str, port: i64) -> String {
    if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
}

pub(super) fn endpoints(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    vec![o.name().to_owned(), endpoint_list(o), age(o, now)]
}

pub(super) fn endpoint_slice(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let ports: Vec<String> = o
        .list("ports")
        .iter()
        .map(|p| {
            if p.has("port") {
                p.int("port").to_string()
            } else if p.text("name").is_empty() {
                "*".to_owned()
            } else {
                p.text("name").to_owned()
            }
        })
        .collect();
    let addresses: Vec<String> = o.list("endpoints").iter().flat_map(|e| e.list("addresses")).map(plain).collect();
    vec![
        o.name().to_owned(),
        o.text("addressType").to_owned(),
        if ports.is_empty() { "<unset>".to_owned() } else { at_most(&ports, 3) },
        if addresses.is_empty() { "<unset>".to_owned() } else { at_most(&addresses, 3) },
        age(o, now),
    ]
}

pub(super) fn ingress(o: &Value, now: Moment, wide: bool) -> Vec<String> {
    let hosts: Vec<String> = o.list("spec.rules").iter().map(|r| r.text("host").to_owned()).filter(|h| !h.is_empty()).collect();
    vec![
        o.name().to_owned(),
        or(o.text("spec.ingressClassName"), "<none>").to_owned(),
        if hosts.is_empty() { "*".to_owned() } else { at_most(&hosts, 3) },
        shortened(balancer(o).join(","), wide),
        if o.list("spec.tls").is_empty() { "80" } else { "80, 443" }.to_owned(),
        age(o, now),
    ]
}

pub(super) fn ingress_class(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let parameters = o.at("spec.parameters");
    let shown = if parameters.is_null() {
        "<none>".to_owned()
    } else {
        let group = or(parameters.text("apiGroup"), "");
        format!("{}{}/{}", parameters.text("kind"), if group.is_empty() { String::new() } else { format!(".{group}") }, parameters.text("name"))
    };
    vec![o.name().to_owned(), o.text("spec.controller").to_owned(), shown, age(o, now)]
}

pub(super) fn policy(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    vec![o.name().to_owned(), selector::format(o.at("spec.podSelector")), age(o, now)]
}
