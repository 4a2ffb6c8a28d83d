//! A Node in words.

use super::{Text, config, time};
use crate::json::{Look, plain};
use crate::printers;
use crate::quantity;
use crate::session::Session;
use serde_json::Value;

pub(super) fn node(session: &mut Session<'_>, t: &mut Text, o: &Value) {
    let now = session.world.now();
    t.line(0, format_args!("Name:\t{}", o.name()));
    t.line(0, format_args!("Roles:\t{}", printers::roles(o)));
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, format_args!("CreationTimestamp:\t{}", time(o.at("metadata.creationTimestamp"))));
    let taints: Vec<String> = o
        .list("spec.taints")
        .iter()
        .map(|x| {
            if x.text("value").is_empty() {
                format!("{}:{}", x.text("key"), x.text("effect"))
            } else {
                format!("{}={}:{}", x.text("key"), x.text("value"), x.text("effect"))
            }
        })
        .collect();
    if taints.is_empty() {
        t.line(0, "Taints:\t<none>");
    }
    for (i, taint) in taints.iter().enumerate() {
        t.line(0, format_args!("{}\t{taint}", if i == 0 { "Taints:" } else { "" }));
    }
    t.line(0, format_args!("Unschedulable:\t{}", o.truth("spec.unschedulable")));
    let lease = session.objects("leases.coordination.k8s.io", "kube-node-lease").into_iter().find(|l| l.name() == o.name());
    t.line(0, "Lease:");
    let lease = lease.as_deref().unwrap_or(&Value::Null);
    t.line(1, format_args!("HolderIdentity:\t{}", crate::json::or(lease.text("spec.holderIdentity"), "<unset>")));
    for (title, key) in [("AcquireTime", "spec.acquireTime"), ("RenewTime", "spec.renewTime")] {
        t.line(1, format_args!("{title}:\t{}", if lease.has(key) { time(lease.at(key)) } else { "<unset>".to_owned() }));
    }
    if !o.list("status.conditions").is_empty() {
        t.line(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n  ----\t------\t-----------------\t------------------\t------\t-------");
        for c in o.list("status.conditions") {
            t.line(
                1,
                format_args!(
                    "{} \t{} \t{} \t{} \t{} \t{}",
                    c.text("type"),
                    c.text("status"),
                    time(c.at("lastHeartbeatTime")),
                    time(c.at("lastTransitionTime")),
                    c.text("reason"),
                    c.text("message")
                ),
            );
        }
    }
    t.line(0, "Addresses:");
    for a in o.list("status.addresses") {
        t.line(1, format_args!("{}:\t{}", a.text("type"), a.text("address")));
    }
    for (title, key) in [("Capacity", "status.capacity"), ("Allocatable", "status.allocatable")] {
        if o.has(key) {
            t.line(0, format_args!("{title}:"));
            for (k, v) in o.entries(key) {
                t.line(1, format_args!("{k}:\t{}", plain(v)));
            }
        }
    }
    let info = o.at("status.nodeInfo");
    t.line(0, "System Info:");
    for (title, key) in [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ] {
        t.line(1, format_args!("{title}:\t{}", info.text(key)));
    }
    if !o.text("spec.podCIDR").is_empty() {
        t.line(0, format_args!("PodCIDR:\t{}", o.text("spec.podCIDR")));
        t.line(0, format_args!("PodCIDRs:\t{}", o.list("spec.podCIDRs").iter().map(plain).collect::<Vec<_>>().join(",")));
    }
    if !o.text("spec.providerID").is_empty() {
        t.line(0, format_args!("ProviderID:\t{}", o.text("spec.providerID")));
    }
    let mut pods = session.objects("pods", "");
    pods.retain(|p| p.text("spec.nodeName") == o.name() && !matches!(p.text("status.phase"), "Succeeded" | "Failed"));
    t.line(0, format_args!("Non-terminated Pods:\t({} in total)", pods.len()));
    t.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    t.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    let allocatable = |name: &str| config::sum([o.at("status.allocatable").get(name).unwrap_or(&Value::Null)]).max(1);
    let share = |value: i128, name: &str| format!("{} ({}%)", amount(value, name), value * 100 / allocatable(name));
    for p in &pods {
        let of = |side: &str, name: &str| share(need(p, side, name), name);
        t.line(
            1,
            format_args!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{}",
                p.namespace(),
                p.name(),
                of("requests", "cpu"),
                of("limits", "cpu"),
                of("requests", "memory"),
                of("limits", "memory"),
                crate::moment::age(now, p.at("metadata.creationTimestamp").as_str())
            ),
        );
    }
    t.line(
        0,
        "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n  Resource\tRequests\tLimits\n  --------\t--------\t------",
    );
    for name in ["cpu", "memory", "ephemeral-storage", "hugepages-1Gi", "hugepages-2Mi"] {
        if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && o.at("status.allocatable").get(name).is_none() {
            continue;
        }
        let total = |side: &str| share(pods.iter().map(|p| need(p, side, name)).sum(), name);
        t.line(1, format_args!("{name}\t{}\t{}", total("requests"), total("limits")));
    }
}

fn amount(milli: i128, name: &str) -> String {
    if name == "cpu" {
        quantity::decimal(milli)
    } else if milli % (1000 * 1024) == 0 {
        quantity::binary(milli / 1000)
    } else {
        quantity::decimal(milli)
    }
}

/// What a Pod asks for: the sum of its containers, or the largest init container.
fn need(pod: &Value, side: &str, name: &str) -> i128 {
    let of = |c: &Value| config::sum([c.at("resources").at(side).get(name).unwrap_or(&Value::Null)]);
    let (mut side_sum, mut peak) = (0, 0);
    for c in pod.list("spec.initContainers") {
        if c.text("restartPolicy") == "Always" {
            side_sum += of(c);
            peak = peak.max(side_sum);
        } else {
            peak = peak.max(side_sum + of(c));
        }
    }
    (side_sum + pod.list("spec.containers").iter().map(of).sum::<i128>()).max(peak)
}
