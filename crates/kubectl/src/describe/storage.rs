//! Volumes, claims and storage classes in words.

use super::{Text, container, time};
use crate::json::{Look, or, pairs, plain};
use crate::printers;
use crate::session::Session;
use serde_json::Value;

pub(super) fn claim(session: &mut Session<'_>, t: &mut Text, o: &Value) {
    t.head(o);
    t.line(0, format_args!("StorageClass:\t{}", printers::class(o)));
    if o.has("metadata.deletionTimestamp") {
        let now = session.world.now();
        t.line(0, format_args!("Status:\tTerminating (lasts {})", crate::moment::age(now, o.at("metadata.deletionTimestamp").as_str())));
    } else {
        t.line(0, format_args!("Status:\t{}", o.text("status.phase")));
    }
    t.line(0, format_args!("Volume:\t{}", o.text("spec.volumeName")));
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, format_args!("Finalizers:\t{}", super::bracketed(o.list("metadata.finalizers"))));
    let bound = !o.text("spec.volumeName").is_empty();
    t.line(0, format_args!("Capacity:\t{}", if bound { plain(o.at("status.capacity.storage")) } else { String::new() }));
    t.line(0, format_args!("Access Modes:\t{}", if bound { printers::modes(o.list("status.accessModes")) } else { String::new() }));
    if o.has("spec.volumeMode") {
        t.line(0, format_args!("VolumeMode:\t{}", o.text("spec.volumeMode")));
    }
    if o.has("spec.dataSource") {
        t.line(0, "DataSource:");
        t.line(1, format_args!("Kind:\t{}", o.text("spec.dataSource.kind")));
        t.line(1, format_args!("Name:\t{}", o.text("spec.dataSource.name")));
    }
    let pods = session.objects("pods", o.namespace());
    let users: Vec<&str> = pods
        .iter()
        .filter(|p| {
            p.list("spec.volumes")
                .iter()
                .any(|v| v.text("persistentVolumeClaim.claimName") == o.name() || v.has("ephemeral") && format!("{}-{}", p.name(), v.text("name")) == o.name())
        })
        .map(|p| p.name())
        .collect();
    if users.is_empty() {
        t.line(0, "Used By:\t<none>");
    }
    for (i, user) in users.iter().enumerate() {
        t.line(0, format_args!("{}\t{user}", if i == 0 { "Used By:" } else { "" }));
    }
    let conditions = o.list("status.conditions");
    if !conditions.is_empty() {
        t.line(0, "Conditions:\n  Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage\n  ----\t------\t-----------------\t------------------\t------\t-------");
        for c in conditions {
            t.line(
                1,
                format_args!(
                    "{} \t{} \t{} \t{} \t{} \t{}",
                    c.text("type"),
                    c.text("status"),
                    time(c.at("lastProbeTime")),
                    time(c.at("lastTransitionTime")),
                    c.text("reason"),
                    c.text("message")
                ),
            );
        }
    }
}

pub(super) fn volume(t: &mut Text, o: &Value) {
    t.line(0, format_args!("Name:\t{}", o.name()));
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, format_args!("Finalizers:\t{}", super::bracketed(o.list("metadata.finalizers"))));
    t.line(0, format_args!("StorageClass:\t{}", printers::class(o)));
    t.line(0, format_args!("Status:\t{}", o.text("status.phase")));
    let claim = if o.has("spec.claimRef") { format!("{}/{}", o.text("spec.claimRef.namespace"), o.text("spec.claimRef.name")) } else { String::new() };
    t.line(0, format_args!("Claim:\t{claim}"));
    t.line(0, format_args!("Reclaim Policy:\t{}", o.text("spec.persistentVolumeReclaimPolicy")));
    t.line(0, format_args!("Access Modes:\t{}", printers::modes(o.list("spec.accessModes"))));
    if o.has("spec.volumeMode") {
        t.line(0, format_args!("VolumeMode:\t{}", o.text("spec.volumeMode")));
    }
    t.line(0, format_args!("Capacity:\t{}", plain(o.at("spec.capacity.storage"))));
    affinity(t, o);
    t.line(0, format_args!("Message:\t{}", o.text("status.message")));
    t.line(0, "Source:");
    container::source(t, o.at("spec"));
}

fn affinity(t: &mut Text, o: &Value) {
    t.put("Node Affinity:\t");
    if !o.has("spec.nodeAffinity.required") {
        t.put("<none>\n");
        return;
    }
    t.put("\n  Required Terms:\t");
    let terms = o.list("spec.nodeAffinity.required.nodeSelectorTerms");
    if terms.is_empty() {
        t.put("<none>\n");
        return;
    }
    t.put("\n");
    for (i, term) in terms.iter().enumerate() {
        t.put(format_args!("    Term {i}:\t"));
        let all = term.list("matchExpressions");
        if all.is_empty() {
            t.put("<none>\n");
        }
        for (j, e) in all.iter().enumerate() {
            let values: Vec<String> = e.list("values").iter().map(plain).collect();
            let operator = e.text("operator");
            let shown = match operator {
                "Exists" => format!("{} exists", e.text("key")),
                "DoesNotExist" => format!("{} does not exist", e.text("key")),
                _ => format!("{} {} [{}]", e.text("key"), operator.to_lowercase().replace("notin", "not in"), values.join(", ")),
            };
            t.put(format_args!("{}{shown}\n", if j > 0 { "            \t" } else { "" }));
        }
    }
}

pub(super) fn class(t: &mut Text, o: &Value) {
    t.line(0, format_args!("Name:\t{}", o.name()));
    t.line(0, format_args!("IsDefaultClass:\t{}", if printers::is_default_class(o) { "Yes" } else { "No" }));
    t.line(0, format_args!("Annotations:\t{}", or(&pairs(o.at("metadata.annotations")), "<none>")));
    t.line(0, format_args!("Provisioner:\t{}", o.text("provisioner")));
    t.line(0, format_args!("Parameters:\t{}", or(&pairs(o.at("parameters")), "<none>")));
    t.line(0, format_args!("AllowVolumeExpansion:\t{}", o.at("allowVolumeExpansion").as_bool().map_or("<unset>", super::yes)));
    if o.list("mountOptions").is_empty() {
        t.line(0, "MountOptions:\t<none>");
    } else {
        t.line(0, "MountOptions:");
        for option in o.list("mountOptions") {
            t.line(1, plain(option));
        }
    }
    if o.has("reclaimPolicy") {
        t.line(0, format_args!("ReclaimPolicy:\t{}", o.text("reclaimPolicy")));
    }
    if o.has("volumeBindingMode") {
        t.line(0, format_args!("VolumeBindingMode:\t{}", o.text("volumeBindingMode")));
    }
}
