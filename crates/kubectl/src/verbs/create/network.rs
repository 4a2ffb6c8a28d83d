//! `create service`, `ingress`

use super::send::{name, required, send};
use crate::flags::Flags;
use crate::json::set;
use crate::session::{Failure, Session};
use serde_json::{Map, Value, json};

fn service(session: &mut Session<'_>, flags: &Flags, kind: &str) -> Result<(), Failure> {
    let name = name(flags)?;
    let mut ports: Vec<Value> = Vec::new();
    let number = |t: &str| t.parse::<u16>().map_err(|_| Failure::error(format!("strconv.ParseUint: parsing {t:?}: invalid syntax")));
    for spec in flags.list("tcp") {
        let (port, target) = spec.split_once(':').map_or((spec.as_str(), None), |(p, t)| (p, Some(t)));
        let port = number(port)?;
        let target = match target {
            None => Value::from(port),
            Some(t) => t.parse::<u16>().map_or_else(|_| Value::from(t), Value::from),
        };
        let mut one = json!({"name": spec.replace(':', "-"), "port": port, "protocol": "TCP", "targetPort": target});
        if let Some(n) = flags.int("node-port").filter(|n| *n > 0) {
            set(&mut one, &["nodePort"], n.into());
        }
        ports.push(one);
    }
    let headless = flags.text("clusterip") == "None";
    if ports.is_empty() && kind != "ExternalName" && !headless {
        return Err(Failure::error("at least one tcp port specifier must be provided"));
    }
    let mut object = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": {"app": name}}, "spec": {"selector": {"app": name}, "type": kind}, "status": {"loadBalancer": {}}});
    if !ports.is_empty() {
        set(&mut object, &["spec", "ports"], Value::Array(ports));
    }
    if !flags.text("clusterip").is_empty() {
        set(&mut object, &["spec", "clusterIP"], flags.text("clusterip").into());
    }
    if kind == "ExternalName" {
        set(&mut object, &["spec", "externalName"], flags.text("external-name").into());
    }
    send(session, flags, "services", object, &format!("{kind} service"), "created")
}

pub(in crate::verbs) fn cluster_ip(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    service(session, flags, "ClusterIP")
}
pub(in crate::verbs) fn node_port(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    service(session, flags, "NodePort")
}
pub(in crate::verbs) fn load_balancer(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    service(session, flags, "LoadBalancer")
}
pub(in crate::verbs) fn external_name(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    required(flags, &["external-name"])?;
    service(session, flags, "ExternalName")
}

fn backend(text: &str) -> Option<Value> {
    let (name, port) = text.split_once(':')?;
    let port = port.parse::<u16>().map_or_else(|_| json!({"name": port}), |n| json!({"number": n}));
    Some(json!({"service": {"name": name, "port": port}}))
}

pub(in crate::verbs) fn ingress(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name(flags)?;
    if flags.list("rule").is_empty() && flags.text("default-backend").is_empty() {
        return Err(Failure::error(
            "not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)",
        ));
    }
    let mut rules: Vec<Value> = Vec::new();
    let mut tls: Vec<Value> = Vec::new();
    for rule in flags.list("rule") {
        let bad = || Failure::error(format!("rule {rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"));
        let mut parts = rule.split(',');
        let (target, service) = parts.next().and_then(|p| p.split_once('=')).ok_or_else(bad)?;
        let (host, path) = target.split_once('/').ok_or_else(bad)?;
        let backend = backend(service).ok_or_else(bad)?;
        let path = format!("/{path}");
        let (path, kind) = path.strip_suffix('*').map_or((path.as_str(), "Exact"), |p| (p, "Prefix"));
        let entry = json!({"backend": backend, "path": path, "pathType": kind});
        if let Some(r) = rules.iter_mut().find(|r| r["host"].as_str().unwrap_or_default() == host) {
            if let Some(paths) = r["http"]["paths"].as_array_mut() {
                paths.push(entry);
            }
        } else {
            let mut new = json!({"http": {"paths": [entry]}});
            if !host.is_empty() {
                set(&mut new, &["host"], host.into());
            }
            rules.push(new);
        }
        if let Some(t) = parts.next().filter(|t| t.starts_with("tls")) {
            let mut one = Map::new();
            if !host.is_empty() {
                one.insert("hosts".into(), json!([host]));
            }
            if let Some((_, secret)) = t.split_once('=') {
                one.insert("secretName".into(), secret.into());
            }
            tls.push(Value::Object(one));
        }
    }
    let mut object = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name}, "spec": {}, "status": {"loadBalancer": {}}});
    let annotations: Map<String, Value> = flags.list("annotation").iter().filter_map(|a| a.split_once('=')).map(|(k, v)| (k.to_owned(), v.into())).collect();
    if !annotations.is_empty() {
        set(&mut object, &["metadata", "annotations"], Value::Object(annotations));
    }
    if !flags.text("class").is_empty() {
        set(&mut object, &["spec", "ingressClassName"], flags.text("class").into());
    }
    if let Some(b) = backend(flags.text("default-backend")) {
        set(&mut object, &["spec", "defaultBackend"], b);
    }
    for (key, list) in [("rules", rules), ("tls", tls)] {
        if !list.is_empty() {
            set(&mut object, &["spec", key], Value::Array(list));
        }
    }
    send(session, flags, "ingresses", object, "ingress", "created")
}
