//! The name service that a Pod's containers are told of (follows `GetPodDNS` in pkg/kubelet/network/dns/dns.go).

use super::containers::Containers;

/// The cluster's own name server.
const CLUSTER: &str = "10.96.0.10";
/// The node's, an assumption.
const NODE: &str = "192.168.77.1";

/// What stands in `/etc/resolv.conf`; empty where nothing of the spec changes the usual text.
pub(crate) fn resolv_conf(containers: Containers<'_>, namespace: &str) -> String {
    let spec = containers.0;
    let policy = spec.dns_policy.as_deref().unwrap_or("ClusterFirst");
    let of_node = policy == "Default" || (policy == "ClusterFirst" && spec.host_network == Some(true));
    if spec.dns_config.is_none() && policy != "None" && !of_node {
        return String::new();
    }
    let (mut servers, mut searches, mut options) = (Vec::new(), Vec::new(), Vec::new());
    if of_node {
        servers.push(NODE.to_owned());
    } else if policy != "None" {
        servers.push(CLUSTER.to_owned());
        searches.extend([format!("{namespace}.svc.cluster.local"), "svc.cluster.local".into(), "cluster.local".into()]);
        options.push(("ndots".to_owned(), Some("5".to_owned())));
    }
    if let Some(own) = &spec.dns_config {
        let add = |list: &mut Vec<String>, more: &Option<Vec<String>>| {
            for m in more.iter().flatten() {
                if !list.contains(m) {
                    list.push(m.clone());
                }
            }
        };
        add(&mut servers, &own.nameservers);
        add(&mut searches, &own.searches);
        for o in own.options.iter().flatten() {
            let name = o.name.clone().unwrap_or_default();
            options.retain(|(n, _)| *n != name);
            options.push((name, o.value.clone()));
        }
    }
    let mut text = String::new();
    if !searches.is_empty() {
        text.push_str("search ");
        text.push_str(&searches.join(" "));
        text.push('\n');
    }
    for s in servers {
        text.push_str("nameserver ");
        text.push_str(&s);
        text.push('\n');
    }
    if !options.is_empty() {
        let all: Vec<String> = options.into_iter().map(|(n, v)| v.map_or(n.clone(), |v| format!("{n}:{v}"))).collect();
        text.push_str("options ");
        text.push_str(&all.join(" "));
        text.push('\n');
    }
    if text.is_empty() { "\n".into() } else { text }
}
