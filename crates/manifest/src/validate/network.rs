//! Ingresses and NetworkPolicies (follows networking/validation).

use serde_json::Value;

use crate::field::{Errors, Path};
use crate::value::ValueExt;

use super::fields::{self, one_of};
use super::{names, selector};

fn host(h: &str, p: &Path, e: &mut Errors) {
    let wrong = if h.contains('*') { names::wildcard_subdomain(h) } else { names::dns_subdomain(h) };
    e.invalids(p, h, wrong);
}

/// An Ingress's spec.
pub(super) fn ingress(o: &Value, e: &mut Errors) {
    let (s, path) = (o.at("spec"), Path::new("spec"));
    if s.list("rules").is_empty() && !s.has("defaultBackend") {
        e.invalid(&path, &Value::Null, "either `defaultBackend` or `rules` must be specified");
    }
    if s.has("defaultBackend") {
        backend(s.at("defaultBackend"), &path.child("defaultBackend"), e);
    }
    let rp = path.child("rules");
    for (i, r) in s.list("rules").iter().enumerate() {
        let p = rp.index(i);
        let h = r.str("host");
        if !h.is_empty() {
            if names::ip(h).is_empty() {
                e.invalid(&p.child("host"), h, "must be a DNS name, not an IP address");
            }
            host(h, &p.child("host"), e);
        }
        if r.has("http") {
            let pp = p.child("http.paths");
            if r.at("http").list("paths").is_empty() {
                e.required(&pp, "");
            }
            for (j, x) in r.at("http").list("paths").iter().enumerate() {
                one_path(x, &pp.index(j), e);
            }
        }
    }
    let tp = path.child("tls");
    for (i, t) in s.list("tls").iter().enumerate() {
        let p = tp.index(i);
        let hp = p.child("hosts");
        for (j, h) in t.list("hosts").iter().enumerate() {
            host(h.text(), &hp.index(j), e);
        }
        if !t.str("secretName").is_empty() {
            e.invalids(&p.child("secretName"), t.str("secretName"), names::dns_subdomain(t.str("secretName")));
        }
    }
    if s.has("ingressClassName") {
        e.invalids(&path.child("ingressClassName"), s.str("ingressClassName"), names::dns_subdomain(s.str("ingressClassName")));
    }
    const CLASS: &str = "kubernetes.io/ingress.class";
    if let Some(v) = o.at("metadata").map("annotations").get(CLASS)
        && s.has("ingressClassName")
        && v.text() != s.str("ingressClassName")
    {
        e.invalid(&Path::new("annotations").child(CLASS), v.text(), "must match `ingressClassName` when both are specified");
    }
}

fn one_path(x: &Value, p: &Path, e: &mut Errors) {
    if !x.has("pathType") {
        e.required(&p.child("pathType"), "pathType must be specified");
        return;
    }
    let (path, pp) = (x.str("path"), p.child("path"));
    match x.str("pathType") {
        "Exact" | "Prefix" => {
            if !path.starts_with('/') {
                e.invalid(&pp, path, "must be an absolute path");
            }
            for bad in ["//", "/./", "/../", "%2f", "%2F"] {
                if path.contains(bad) {
                    e.invalid(&pp, path, format!("must not contain '{bad}'"));
                }
            }
            for bad in ["/..", "/."] {
                if path.ends_with(bad) {
                    e.invalid(&pp, path, format!("cannot end with '{bad}'"));
                }
            }
        }
        "ImplementationSpecific" => {
            if !path.is_empty() && !path.starts_with('/') {
                e.invalid(&pp, path, "must be an absolute path");
            }
        }
        other => e.unsupported(&p.child("pathType"), other, &["Exact", "ImplementationSpecific", "Prefix"]),
    }
    backend(x.at("backend"), &p.child("backend"), e);
}

fn backend(b: &Value, p: &Path, e: &mut Errors) {
    match (b.has("resource"), b.has("service")) {
        (true, true) => e.invalid(p, "", "cannot set both resource and service backends"),
        (true, false) => {
            let (r, rp) = (b.at("resource"), p.child("resource"));
            if r.has("apiGroup") {
                e.invalids(&rp.child("apiGroup"), r.str("apiGroup"), names::dns_subdomain(r.str("apiGroup")));
            }
            for key in ["kind", "name"] {
                if r.str(key).is_empty() {
                    e.required(&rp.child(key), "");
                } else {
                    e.invalids(&rp.child(key), r.str(key), super::policy::path_segment(r.str(key)));
                }
            }
        }
        (false, true) => {
            let (s, sp) = (b.at("service"), p.child("service"));
            if s.str("name").is_empty() {
                e.required(&sp.child("name"), "");
            } else {
                e.invalids(&sp.child("name"), s.str("name"), names::dns_label(s.str("name")));
            }
            let (name, number) = (s.at("port").str("name"), s.at("port").int("number").unwrap_or(0));
            if !name.is_empty() && number != 0 {
                e.invalid(p, "", "cannot set both port name & port number");
            } else if !name.is_empty() {
                e.invalids(&sp.child("port.name"), name, names::port_name(name));
            } else if number != 0 {
                fields::port(&number.into(), &sp.child("port.number"), e);
            } else {
                e.required(p, "port name or number is required");
            }
        }
        (false, false) => e.invalid(p, "", "resource or service backend is required"),
    }
}

/// A NetworkPolicy's spec.
pub(super) fn policy(o: &Value, e: &mut Errors) {
    let (s, path) = (o.at("spec"), Path::new("spec"));
    selector::check(s.at("podSelector"), &path.child("podSelector"), e);
    for (side, peers) in [("ingress", "from"), ("egress", "to")] {
        let sp = path.child(side);
        for (i, r) in s.list(side).iter().enumerate() {
            let p = sp.index(i);
            let pp = p.child("ports");
            for (j, port) in r.list("ports").iter().enumerate() {
                policy_port(port, &pp.index(j), e);
            }
            let fp = p.child(peers);
            for (j, peer) in r.list(peers).iter().enumerate() {
                policy_peer(peer, &fp.index(j), e);
            }
        }
    }
    let types = s.list("policyTypes");
    let tp = path.child("policyTypes");
    if types.len() > 2 {
        e.invalid(&tp, s.at("policyTypes"), "may not specify more than two policyTypes");
        return;
    }
    for (i, t) in types.iter().enumerate() {
        one_of(t.text(), &tp.index(i), &["Ingress", "Egress"], e);
    }
}

fn policy_port(x: &Value, p: &Path, e: &mut Errors) {
    if x.has("protocol") {
        one_of(x.str("protocol"), &p.child("protocol"), &["TCP", "UDP", "SCTP"], e);
    }
    let (port, end) = (x.at("port"), x.int("endPort"));
    let ep = p.child("endPort");
    match (port, end) {
        (Value::Null, Some(n)) => e.invalid(&ep, n, "may not be specified when `port` is not specified"),
        (Value::Null, None) => {}
        (Value::String(_), _) => {
            if let Some(n) = end {
                e.invalid(&ep, n, "may not be specified when `port` is non-numeric");
            }
            fields::port(port, &p.child("port"), e);
        }
        _ => {
            fields::port(port, &p.child("port"), e);
            if let Some(n) = end {
                if n < port.as_i64().unwrap_or(0) {
                    e.invalid(&ep, n, "must be greater than or equal to `port`");
                }
                fields::port(&n.into(), &ep, e);
            }
        }
    }
}

fn policy_peer(x: &Value, p: &Path, e: &mut Errors) {
    let mut peers = 0;
    for key in ["podSelector", "namespaceSelector"] {
        if x.has(key) {
            peers += 1;
            selector::check(x.at(key), &p.child(key), e);
        }
    }
    if x.has("ipBlock") {
        peers += 1;
        let (b, bp) = (x.at("ipBlock"), p.child("ipBlock"));
        let cidr = b.str("cidr");
        if cidr.is_empty() {
            e.late_required(&bp.child("cidr"));
        } else {
            e.invalids(&bp.child("cidr"), cidr, names::cidr(cidr));
            let xp = bp.child("except");
            for (i, x) in b.list("except").iter().enumerate() {
                let wrong = names::cidr(x.text());
                let good = wrong.is_empty();
                e.invalids(&xp.index(i), x.text(), wrong);
                if good && names::cidr(cidr).is_empty() && !names::within(x.text(), cidr) {
                    e.invalid(&xp.index(i), x.text(), "must be a strict subset of `cidr`");
                }
            }
        }
    }
    if peers == 0 {
        e.required(p, "must specify a peer");
    } else if peers > 1 && x.has("ipBlock") {
        e.forbidden(p, "may not specify both ipBlock and another peer");
    }
}
