//! Services, endpoints, Ingresses and NetworkPolicies in words.

use super::Text;
use crate::json::{Look, or, pairs, plain};
use crate::moment::Moment;
use crate::selector;
use crate::session::Session;
use serde_json::Value;
use std::rc::Rc;

/// The slices of a Service.
fn slices(session: &mut Session<'_>, namespace: &str, service: &str) -> Vec<Rc<Value>> {
    let mut all = session.objects("endpointslices.discovery.k8s.io", namespace);
    all.retain(|s| s.at("metadata.labels").get("kubernetes.io/service-name").and_then(Value::as_str) == Some(service));
    all
}

/// The ready endpoints of a port by its name, at most three.
fn endpoints_of(slices: &[Rc<Value>], port: &str) -> String {
    if slices.is_empty() {
        return "<none>".to_owned();
    }
    let mut all = Vec::new();
    for slice in slices {
        let ready = slice.list("endpoints").iter().filter(|e| e.at("conditions.ready").as_bool().unwrap_or(true));
        // A headless Service may have endpoints without any port.
        if slice.list("ports").is_empty() {
            all.extend(ready.filter_map(|e| e.list("addresses").first()).map(plain));
            continue;
        }
        let Some(number) = slice.list("ports").iter().find(|p| p.text("name") == port).filter(|p| p.has("port")).map(|p| p.int("port")) else { continue };
        for e in ready {
            all.extend(e.list("addresses").iter().map(|a| format!("{}:{number}", plain(a))));
        }
    }
    let more = if all.len() > 3 { format!(" + {} more...", all.len() - 3) } else { String::new() };
    format!("{}{more}", all.iter().take(3).cloned().collect::<Vec<_>>().join(","))
}

pub(super) fn service(session: &mut Session<'_>, t: &mut Text, o: &Value) {
    t.head(o);
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    let spec = o.at("spec");
    let kind = spec.text("type");
    t.line(0, format_args!("Selector:\t{}", or(&pairs(spec.at("selector")), "<none>")));
    t.line(0, format_args!("Type:\t{kind}"));
    if spec.has("ipFamilyPolicy") {
        t.line(0, format_args!("IP Family Policy:\t{}", spec.text("ipFamilyPolicy")));
    }
    let join = |key: &str| spec.list(key).iter().map(plain).collect::<Vec<_>>().join(",");
    t.line(0, format_args!("IP Families:\t{}", or(&join("ipFamilies"), "<none>")));
    t.line(0, format_args!("IP:\t{}", spec.text("clusterIP")));
    t.line(0, format_args!("IPs:\t{}", or(&join("clusterIPs"), "<none>")));
    if !spec.list("externalIPs").is_empty() {
        t.line(0, format_args!("External IPs:\t{}", join("externalIPs")));
    }
    if !spec.text("loadBalancerIP").is_empty() {
        t.line(0, format_args!("Desired LoadBalancer IP:\t{}", spec.text("loadBalancerIP")));
    }
    if !spec.text("externalName").is_empty() {
        t.line(0, format_args!("External Name:\t{}", spec.text("externalName")));
    }
    let given: Vec<&str> = o.list("status.loadBalancer.ingress").iter().map(|i| or(i.text("ip"), i.text("hostname"))).collect();
    if !given.is_empty() {
        t.line(0, format_args!("LoadBalancer Ingress:\t{}", given.join(", ")));
    }
    let slices = slices(session, o.namespace(), o.name());
    for p in spec.list("ports") {
        let name = or(p.text("name"), "<unset>");
        let protocol = p.text("protocol");
        t.line(0, format_args!("Port:\t{name}\t{}/{protocol}", p.int("port")));
        t.line(0, format_args!("TargetPort:\t{}/{protocol}", plain(p.at("targetPort"))));
        if p.int("nodePort") > 0 {
            t.line(0, format_args!("NodePort:\t{name}\t{}/{protocol}", p.int("nodePort")));
        }
        if p.has("appProtocol") {
            t.line(0, format_args!("AppProtocol:\t{}", p.text("appProtocol")));
        }
        t.line(0, format_args!("Endpoints:\t{}", endpoints_of(&slices, p.text("name"))));
    }
    t.line(0, format_args!("Session Affinity:\t{}", spec.text("sessionAffinity")));
    for (title, key) in [
        ("External Traffic Policy", "externalTrafficPolicy"),
        ("Internal Traffic Policy", "internalTrafficPolicy"),
        ("Traffic Distribution", "trafficDistribution"),
    ] {
        if !spec.text(key).is_empty() {
            t.line(0, format_args!("{title}:\t{}", spec.text(key)));
        }
    }
    if spec.int("healthCheckNodePort") > 0 {
        t.line(0, format_args!("HealthCheck NodePort:\t{}", spec.int("healthCheckNodePort")));
    }
    if !spec.list("loadBalancerSourceRanges").is_empty() {
        t.line(0, format_args!("LoadBalancer Source Ranges:\t{}", join("loadBalancerSourceRanges")));
    }
}

pub(super) fn endpoints(t: &mut Text, o: &Value) {
    t.head(o);
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, "Subsets:");
    for s in o.list("subsets") {
        let join = |key: &str| s.list(key).iter().map(|a| a.text("ip")).collect::<Vec<_>>().join(",");
        t.line(1, format_args!("Addresses:\t{}", or(&join("addresses"), "<none>")));
        t.line(1, format_args!("NotReadyAddresses:\t{}", or(&join("notReadyAddresses"), "<none>")));
        if !s.list("ports").is_empty() {
            t.line(1, "Ports:\n    Name\tPort\tProtocol\n    ----\t----\t--------");
            for p in s.list("ports") {
                t.line(2, format_args!("{}\t{}\t{}", or(p.text("name"), "<unset>"), p.int("port"), p.text("protocol")));
            }
        }
        t.line(0, "");
    }
}

pub(super) fn endpoint_slice(t: &mut Text, o: &Value) {
    t.head(o);
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, format_args!("AddressType:\t{}", o.text("addressType")));
    if o.list("ports").is_empty() {
        t.line(0, "Ports: <unset>");
    } else {
        t.line(0, "Ports:\n  Name\tPort\tProtocol\n  ----\t----\t--------");
        for p in o.list("ports") {
            t.line(
                1,
                format_args!(
                    "{}\t{}\t{}",
                    or(p.text("name"), "<unset>"),
                    if p.has("port") { p.int("port").to_string() } else { "<unset>".to_owned() },
                    p.text("protocol")
                ),
            );
        }
    }
    if o.list("endpoints").is_empty() {
        t.line(0, "Endpoints: <none>");
        return;
    }
    t.line(0, "Endpoints:");
    for e in o.list("endpoints") {
        t.line(1, format_args!("- Addresses:\t{}", e.list("addresses").iter().map(plain).collect::<Vec<_>>().join(", ")));
        t.line(2, "Conditions:");
        t.line(3, format_args!("Ready:\t{}", e.at("conditions.ready").as_bool().map_or_else(|| "<unset>".to_owned(), |b| b.to_string())));
        t.line(2, format_args!("Hostname:\t{}", or(e.text("hostname"), "<unset>")));
        if e.has("targetRef") {
            t.line(2, format_args!("TargetRef:\t{}/{}", e.text("targetRef.kind"), e.text("targetRef.name")));
        }
        t.line(2, format_args!("NodeName:\t{}", or(e.text("nodeName"), "<unset>")));
        t.line(2, format_args!("Zone:\t{}", or(e.text("zone"), "<unset>")));
        if e.has("deprecatedTopology") {
            t.labels_within("    ", "Topology", "\t", e.at("deprecatedTopology"));
        }
    }
}

/// `web:80 (10.244.0.5:80)`
fn backend(session: &mut Session<'_>, namespace: &str, b: &Value) -> String {
    if b.has("resource") {
        let r = b.at("resource");
        return format!("APIGroup: {}, Kind: {}, Name: {}", or(r.text("apiGroup"), "<none>"), r.text("kind"), r.text("name"));
    }
    let name = b.text("service.name");
    let port = if b.has("service.port.number") { b.int("service.port.number").to_string() } else { b.text("service.port.name").to_owned() };
    let services = session.builtin("services");
    let ready = match session.world.find(&services, namespace, name) {
        None => format!("<error: services {name:?} not found>"),
        Some(service) => {
            let named = service
                .list("spec.ports")
                .iter()
                .find(|p| p.text("name") == port && !port.is_empty() || p.int("port").to_string() == port)
                .map(|p| p.text("name").to_owned());
            let slices = slices(session, namespace, name);
            match named {
                Some(n) => endpoints_of(&slices, &n),
                None => String::new(),
            }
        }
    };
    format!("{name}:{port} ({ready})")
}

pub(super) fn ingress(session: &mut Session<'_>, t: &mut Text, o: &Value) {
    let namespace = o.namespace();
    t.line(0, format_args!("Name:\t{}", o.name()));
    t.labels("Labels", o.at("metadata.labels"));
    t.line(0, format_args!("Namespace:\t{namespace}"));
    let address: Vec<&str> = o.list("status.loadBalancer.ingress").iter().map(|i| or(i.text("ip"), i.text("hostname"))).collect();
    t.line(0, format_args!("Address:\t{}", address.join(",")));
    t.line(0, format_args!("Ingress Class:\t{}", or(o.text("spec.ingressClassName"), "<none>")));
    let default = o.at("spec.defaultBackend");
    let shown = if default.is_null() { "<default>".to_owned() } else { backend(session, namespace, default) };
    t.line(0, format_args!("Default backend:\t{shown}"));
    if !o.list("spec.tls").is_empty() {
        t.line(0, "TLS:");
        for tls in o.list("spec.tls") {
            let hosts: Vec<String> = tls.list("hosts").iter().map(plain).collect();
            if tls.text("secretName").is_empty() {
                t.line(1, format_args!("SNI routes {}", hosts.join(",")));
            } else {
                t.line(1, format_args!("{} terminates {}", tls.text("secretName"), hosts.join(",")));
            }
        }
    }
    t.line(0, "Rules:\n  Host\tPath\tBackends\n  ----\t----\t--------");
    let mut count = 0;
    for rule in o.list("spec.rules") {
        let paths = rule.list("http.paths");
        if !rule.has("http") {
            continue;
        }
        count += 1;
        t.line(1, format_args!("{}\t", or(rule.text("host"), "*")));
        for p in paths {
            let b = backend(session, namespace, p.at("backend"));
            t.line(1, format_args!("\t{} \t{b}", p.text("path")));
        }
    }
    if count == 0 {
        let shown = if default.is_null() { "<default>".to_owned() } else { backend(session, namespace, default) };
        t.line(1, format_args!("*\t* \t{shown}"));
    }
    t.annotations(o);
}

pub(super) fn ingress_class(t: &mut Text, o: &Value) {
    t.line(0, format_args!("Name:\t{}", o.name()));
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, format_args!("Controller:\t{}", o.text("spec.controller")));
    if o.has("spec.parameters") {
        let p = o.at("spec.parameters");
        t.line(0, "Parameters:");
        if p.has("apiGroup") {
            t.line(1, format_args!("APIGroup:\t{}", p.text("apiGroup")));
        }
        t.line(1, format_args!("Kind:\t{}", p.text("kind")));
        t.line(1, format_args!("Name:\t{}", p.text("name")));
    }
}

pub(super) fn policy(t: &mut Text, o: &Value) {
    t.head(o);
    t.line(0, format_args!("Created on:\t{}", Moment::parse(o.text("metadata.creationTimestamp")).unwrap_or_default().go_string()));
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, "Spec:");
    let chosen = selector::format(o.at("spec.podSelector"));
    t.line(
        1,
        format_args!("PodSelector:     {}", if chosen == "<none>" { "<none> (Allowing the specific traffic to all pods in this namespace)" } else { &chosen }),
    );
    let types: Vec<String> = o.list("spec.policyTypes").iter().map(plain).collect();
    let has = |kind: &str| types.iter().any(|x| x == kind);
    if has("Ingress") {
        t.line(1, "Allowing ingress traffic:");
        rules(t, o.list("spec.ingress"), "from", "From", "ingress", "source");
    } else {
        t.line(1, "Not affecting ingress traffic");
    }
    if has("Egress") {
        t.line(1, "Allowing egress traffic:");
        rules(t, o.list("spec.egress"), "to", "To", "egress", "destination");
    } else {
        t.line(1, "Not affecting egress traffic");
    }
    t.line(1, format_args!("Policy Types: {}", types.join(", ")));
}

fn rules(t: &mut Text, all: &[Value], key: &str, title: &str, way: &str, by: &str) {
    if all.is_empty() {
        t.line(2, format_args!("<none> (Selected pods are isolated for {way} connectivity)"));
    }
    for (i, rule) in all.iter().enumerate() {
        if rule.list("ports").is_empty() {
            t.line(2, "To Port: <any> (traffic allowed to all ports)");
        }
        for p in rule.list("ports") {
            let protocol = or(p.text("protocol"), "TCP");
            if p.has("endPort") {
                t.line(2, format_args!("To Port Range: {}-{}/{protocol}", plain(p.at("port")), p.int("endPort")));
            } else {
                t.line(2, format_args!("To Port: {}/{protocol}", plain(p.at("port"))));
            }
        }
        if rule.list(key).is_empty() {
            t.line(2, format_args!("{title}: <any> (traffic not restricted by {by})"));
        }
        for peer in rule.list(key) {
            t.line(2, format_args!("{title}:"));
            if peer.has("namespaceSelector") {
                t.line(3, format_args!("NamespaceSelector: {}", selector::format(peer.at("namespaceSelector"))));
            }
            if peer.has("podSelector") {
                t.line(3, format_args!("PodSelector: {}", selector::format(peer.at("podSelector"))));
            }
            if peer.has("ipBlock") {
                t.line(3, "IPBlock:");
                t.line(4, format_args!("CIDR: {}", peer.text("ipBlock.cidr")));
                t.line(4, format_args!("Except: {}", peer.list("ipBlock.except").iter().map(plain).collect::<Vec<_>>().join(", ")));
            }
        }
        if i + 1 < all.len() {
            t.line(2, "----------");
        }
    }
}
