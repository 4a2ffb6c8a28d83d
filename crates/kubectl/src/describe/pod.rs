//! A Pod in words.

use super::{Text, container, time};
use crate::json::{Look, plain};
use crate::moment::{self, Moment};
use crate::printers;
use crate::selector;
use serde_json::Value;

pub(super) fn pod(t: &mut Text, o: &Value, now: Moment) {
    t.head(o);
    if o.has("spec.priority") {
        t.line(0, format_args!("Priority:\t{}", o.int("spec.priority")));
    }
    for (title, key) in
        [("Priority Class Name", "spec.priorityClassName"), ("Runtime Class Name", "spec.runtimeClassName"), ("Service Account", "spec.serviceAccountName")]
    {
        if !o.text(key).is_empty() {
            t.line(0, format_args!("{title}:\t{}", o.text(key)));
        }
    }
    if o.text("spec.nodeName").is_empty() {
        t.line(0, "Node:\t<none>");
    } else {
        t.line(0, format_args!("Node:\t{}/{}", o.text("spec.nodeName"), o.text("status.hostIP")));
    }
    if o.has("status.startTime") {
        t.line(0, format_args!("Start Time:\t{}", time(o.at("status.startTime"))));
    }
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    let phase = o.text("status.phase");
    if o.has("metadata.deletionTimestamp") && !matches!(phase, "Failed" | "Succeeded") {
        t.line(0, format_args!("Status:\tTerminating (lasts {})", moment::age(now, o.at("metadata.deletionTimestamp").as_str())));
        t.line(0, format_args!("Termination Grace Period:\t{}s", o.int("metadata.deletionGracePeriodSeconds")));
    } else {
        t.line(0, format_args!("Status:\t{phase}"));
    }
    for (title, key) in [("Reason", "status.reason"), ("Message", "status.message")] {
        if !o.text(key).is_empty() {
            t.line(0, format_args!("{title}:\t{}", o.text(key)));
        }
    }
    if o.has("spec.securityContext.seccompProfile") {
        t.line(0, format_args!("SeccompProfile:\t{}", o.text("spec.securityContext.seccompProfile.type")));
        if o.text("spec.securityContext.seccompProfile.type") == "Localhost" {
            t.line(0, format_args!("LocalhostProfile:\t{}", o.text("spec.securityContext.seccompProfile.localhostProfile")));
        }
    }
    t.line(0, format_args!("IP:\t{}", o.text("status.podIP")));
    let ips = o.list("status.podIPs");
    if ips.is_empty() {
        t.line(0, "IPs:\t<none>");
    } else {
        t.line(0, "IPs:");
        for ip in ips {
            t.line(1, format_args!("IP:\t{}", ip.text("ip")));
        }
    }
    t.controller(o);
    if !o.text("status.nominatedNodeName").is_empty() {
        t.line(0, format_args!("NominatedNodeName:\t{}", o.text("status.nominatedNodeName")));
    }
    if o.has("spec.resources") && o.at("spec.resources").as_object().is_some_and(|m| !m.is_empty()) {
        t.line(0, "Resources:");
        container::resources(t, 1, o.at("spec.resources"));
    }
    if !o.list("spec.initContainers").is_empty() {
        container::containers(t, "Init Containers", o.list("spec.initContainers"), Some(o.list("status.initContainerStatuses")), Some(o), "");
    }
    container::containers(t, "Containers", o.list("spec.containers"), Some(o.list("status.containerStatuses")), Some(o), "");
    if !o.list("spec.ephemeralContainers").is_empty() {
        container::containers(t, "Ephemeral Containers", o.list("spec.ephemeralContainers"), Some(o.list("status.ephemeralContainerStatuses")), Some(o), "");
    }
    if !o.list("spec.readinessGates").is_empty() {
        t.line(0, "Readiness Gates:\n  Type\tStatus");
        for gate in o.list("spec.readinessGates") {
            let kind = gate.text("conditionType");
            t.line(1, format_args!("{kind} \t{} ", printers::pod::condition(o, kind).unwrap_or("<none>")));
        }
    }
    let conditions = o.list("status.conditions");
    if !conditions.is_empty() {
        t.line(0, "Conditions:\n  Type\tStatus");
        for c in conditions {
            t.line(1, format_args!("{} \t{} ", c.text("type"), c.text("status")));
        }
    }
    container::volumes(t, o.list("spec.volumes"), "");
    t.line(0, format_args!("QoS Class:\t{}", o.text("status.qosClass")));
    t.labels("Node-Selectors", o.at("spec.nodeSelector"));
    tolerations(t, "Tolerations", o.list("spec.tolerations"));
    spread(t, "", o.list("spec.topologySpreadConstraints"));
}

/// `Tolerations:` with one a line, sorted by key.
pub(super) fn tolerations(t: &mut Text, title: &str, all: &[Value]) {
    t.put(format_args!("{title}:\t"));
    if all.is_empty() {
        t.put("<none>\n");
    }
    let mut all: Vec<&Value> = all.iter().collect();
    all.sort_by_key(|x| x.text("key").to_owned());
    for (i, x) in all.iter().enumerate() {
        let mut line = x.text("key").to_owned();
        if !x.text("value").is_empty() {
            line.push_str(&format!("={}", x.text("value")));
        }
        if !x.text("effect").is_empty() {
            line.push_str(&format!(":{}", x.text("effect")));
        }
        if x.text("operator") == "Exists" && x.text("value").is_empty() {
            line.push_str(if line.is_empty() { "op=Exists" } else { " op=Exists" });
        } else if matches!(x.text("operator"), "Lt" | "Gt") {
            line.push_str(&format!(" op={}", x.text("operator")));
        }
        if x.has("tolerationSeconds") {
            line.push_str(&format!(" for {}s", x.int("tolerationSeconds")));
        }
        t.put(format_args!("{}{line}\n", if i > 0 { "\t" } else { "" }));
    }
}

/// `Topology Spread Constraints:`
pub(super) fn spread(t: &mut Text, indent: &str, all: &[Value]) {
    if all.is_empty() {
        return;
    }
    let mut all: Vec<&Value> = all.iter().collect();
    all.sort_by_key(|c| c.text("topologyKey").to_owned());
    t.put(format_args!("{indent}Topology Spread Constraints:\t"));
    for (i, c) in all.iter().enumerate() {
        let skew = format!("{}:{} when max skew {} is exceeded", c.text("topologyKey"), c.text("whenUnsatisfiable"), plain(c.at("maxSkew")));
        let chosen = if c.has("labelSelector") { format!(" for selector {}", selector::format(c.at("labelSelector"))) } else { String::new() };
        t.put(format_args!("{}{skew}{chosen}\n", if i > 0 { format!("{indent}\t") } else { String::new() }));
    }
}

/// A Pod template in words.
pub(super) fn template(t: &mut Text, o: &Value) {
    t.line(0, "Pod Template:");
    t.labels("  Labels", o.at("metadata.labels"));
    if o.at("metadata.annotations").as_object().is_some_and(|m| !m.is_empty()) {
        t.annotations_titled("  Annotations", o.at("metadata.annotations"));
    }
    let spec = o.at("spec");
    if !spec.text("serviceAccountName").is_empty() {
        t.line(1, format_args!("Service Account:\t{}", spec.text("serviceAccountName")));
    }
    if !spec.list("initContainers").is_empty() {
        container::containers(t, "Init Containers", spec.list("initContainers"), None, None, "  ");
    }
    container::containers(t, "Containers", spec.list("containers"), None, None, "  ");
    container::volumes(t, spec.list("volumes"), "  ");
    spread(t, "  ", spec.list("topologySpreadConstraints"));
    if !spec.text("priorityClassName").is_empty() {
        t.line(1, format_args!("Priority Class Name:\t{}", spec.text("priorityClassName")));
    }
    t.labels("  Node-Selectors", spec.at("nodeSelector"));
    tolerations(t, "  Tolerations", spec.list("tolerations"));
}
