//! What the API server does to a Service that is changed, before it validates (follows the storage of
//! registry/core/service).

use serde_json::Value;

use crate::value::ValueExt;

fn needs_cluster_ip(s: &Value) -> bool {
    s.str("type") != "ExternalName"
}

fn needs_node_port(s: &Value) -> bool {
    matches!(s.str("type"), "NodePort" | "LoadBalancer")
}

fn is_external(s: &Value) -> bool {
    needs_node_port(s) || (s.str("type") == "ClusterIP" && !s.list("externalIPs").is_empty())
}

/// Keeps what was allocated, brings the two forms of the cluster address together, drops what the
/// new type does not have.
pub(super) fn prepare(new: &mut Value, old: &Value) {
    let o = old.at("spec");
    let Some(n) = new.get_mut("spec") else { return };
    keep_allocated(n, o);
    one_address(n, o);
    drop_what_the_type_lacks(n, o);
}

fn put(n: &mut Value, key: &str, v: Option<Value>) {
    if let Some(m) = n.as_object_mut() {
        match v {
            Some(v) => m.insert(key.to_owned(), v),
            None => m.remove(key),
        };
    }
}

fn keep_allocated(n: &mut Value, o: &Value) {
    if needs_cluster_ip(n) && needs_cluster_ip(o) {
        if n.str("clusterIP").is_empty() {
            put(n, "clusterIP", o.get("clusterIP").cloned());
        }
        if n.list("clusterIPs").is_empty() {
            put(n, "clusterIPs", o.get("clusterIPs").cloned());
        }
    }
    if needs_node_port(n) && needs_node_port(o) {
        let used: Vec<i64> = n.list("ports").iter().filter_map(|p| p.int("nodePort")).collect();
        let before: Vec<(String, i64)> = o.list("ports").iter().filter_map(|p| Some((p.str("name").to_owned(), p.int("nodePort")?))).collect();
        for p in n.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            if p.int("nodePort").unwrap_or(0) == 0
                && let Some((_, port)) = before.iter().find(|(name, port)| name == p.str("name") && !used.contains(port))
            {
                put(p, "nodePort", Some((*port).into()));
            }
        }
    }
    if n.int("healthCheckNodePort").unwrap_or(0) == 0
        && n.str("type") == "LoadBalancer"
        && n.str("externalTrafficPolicy") == "Local"
        && o.has("healthCheckNodePort")
    {
        put(n, "healthCheckNodePort", o.get("healthCheckNodePort").cloned());
    }
}

fn one_address(n: &mut Value, o: &Value) {
    let (new, old) = (n.str("clusterIP").to_owned(), o.str("clusterIP"));
    let same = n.at("clusterIPs") == o.at("clusterIPs");
    if new == old {
        if n.list("clusterIPs").is_empty() {
            put(n, "clusterIPs", o.get("clusterIPs").cloned());
        }
    } else if same {
        let v = (!new.is_empty()).then(|| serde_json::json!([new]));
        put(n, "clusterIPs", v);
    }
}

fn drop_what_the_type_lacks(n: &mut Value, o: &Value) {
    if needs_cluster_ip(o) && !needs_cluster_ip(n) {
        if n.at("clusterIPs") == o.at("clusterIPs") {
            put(n, "clusterIP", None);
            put(n, "clusterIPs", None);
        }
        for key in ["ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"] {
            if n.at(key) == o.at(key) {
                put(n, key, None);
            }
        }
    }
    if needs_node_port(o) && !needs_node_port(n) {
        let ports = |s: &Value| -> Vec<i64> { s.list("ports").iter().map(|p| p.int("nodePort").unwrap_or(0)).filter(|p| *p != 0).collect() };
        let before = ports(o);
        if ports(n).iter().all(|p| before.contains(p)) {
            for p in n.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                put(p, "nodePort", None);
            }
        }
    }
    if o.str("type") == "LoadBalancer" && n.str("type") != "LoadBalancer" {
        for key in ["allocateLoadBalancerNodePorts", "loadBalancerClass", "healthCheckNodePort"] {
            if n.at(key) == o.at(key) {
                put(n, key, None);
            }
        }
    }
    if is_external(o) && !is_external(n) && n.at("externalTrafficPolicy") == o.at("externalTrafficPolicy") {
        put(n, "externalTrafficPolicy", None);
    }
}
