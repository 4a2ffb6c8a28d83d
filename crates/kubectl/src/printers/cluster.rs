//! Rows of everything else: configuration, storage, nodes, events, access.

use super::age;
use crate::json::{Look, or, plain};
use crate::moment::{self, Moment};
use serde_json::Value;

fn size(o: &Value, key: &str) -> usize {
    o.at(key).as_object().map_or(0, serde_json::Map::len)
}

pub(super) fn config_map(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    vec![o.name().to_owned(), (size(o, "data") + size(o, "binaryData")).to_string(), age(o, now)]
}

pub(super) fn secret(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    vec![o.name().to_owned(), o.text("type").to_owned(), size(o, "data").to_string(), age(o, now)]
}

pub(super) fn namespace(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    vec![o.name().to_owned(), o.text("status.phase").to_owned(), age(o, now)]
}

/// The roles of a node, sorted.
pub(crate) fn roles(o: &Value) -> String {
    let mut all: Vec<String> = o
        .entries("metadata.labels")
        .into_iter()
        .filter_map(|(k, v)| match k.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => Some(role.to_owned()),
            None if k == "kubernetes.io/role" => Some(plain(v)),
            None => None,
        })
        .filter(|r| !r.is_empty())
        .collect();
    all.sort();
    all.dedup();
    or(&all.join(","), "<none>").to_owned()
}

pub(super) fn node(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let mut status = match super::pod::condition(o, "Ready") {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if o.truth("spec.unschedulable") {
        status.push_str(",SchedulingDisabled");
    }
    let address = |kind: &str| o.list("status.addresses").iter().find(|a| a.text("type") == kind).map_or("<none>", |a| a.text("address")).to_owned();
    let info = |key: &str| or(o.text(&format!("status.nodeInfo.{key}")), "<unknown>").to_owned();
    let architecture = o.text("status.nodeInfo.architecture");
    let kernel = if architecture.is_empty() { info("kernelVersion") } else { format!("{} ({architecture})", info("kernelVersion")) };
    vec![
        o.name().to_owned(),
        status,
        roles(o),
        age(o, now),
        o.text("status.nodeInfo.kubeletVersion").to_owned(),
        address("InternalIP"),
        address("ExternalIP"),
        info("osImage"),
        kernel,
        info("containerRuntimeVersion"),
    ]
}

/// When an event was last seen.
fn last_seen(o: &Value) -> &str {
    let first = o.text("firstTimestamp");
    let last = or(o.text("series.lastObservedTime"), or(o.text("lastTimestamp"), first));
    or(last, o.text("eventTime"))
}

pub(super) fn event(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let first = or(o.text("firstTimestamp"), o.text("eventTime"));
    let since = |t: &str| if t.is_empty() { "<unknown>".to_owned() } else { moment::age(now, Some(t)) };
    let count = if o.has("series") { o.int("series.count") } else { o.int("count").max(1) };
    let involved = o.at("involvedObject");
    let name = involved.text("name");
    let object = if name.is_empty() { involved.text("kind").to_lowercase() } else { format!("{}/{name}", involved.text("kind").to_lowercase()) };
    let (component, host) = (or(o.text("source.component"), o.text("reportingComponent")), or(o.text("source.host"), o.text("reportingInstance")));
    let source: Vec<&str> = if o.text("source.component").is_empty() && o.text("source.host").is_empty() {
        vec![component, host]
    } else {
        vec![o.text("source.component"), o.text("source.host")]
    };
    let source = source.into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", ");
    vec![
        since(last_seen(o)),
        o.text("type").to_owned(),
        o.text("reason").to_owned(),
        object,
        involved.text("fieldPath").to_owned(),
        source,
        o.text("message").trim().to_owned(),
        since(first),
        count.to_string(),
        o.name().to_owned(),
    ]
}

/// `RWO,ROX`
pub(crate) fn access_modes(list: &[Value]) -> String {
    let mut out: Vec<&str> = Vec::new();
    for (mode, short) in [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")] {
        if list.iter().any(|m| m.as_str() == Some(mode)) {
            out.push(short);
        }
    }
    out.join(",")
}

pub(super) fn claim(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let status = if o.has("metadata.deletionTimestamp") { "Terminating" } else { o.text("status.phase") };
    let volume = o.text("spec.volumeName");
    let (capacity, modes) =
        if volume.is_empty() { (String::new(), String::new()) } else { (plain(o.at("status.capacity.storage")), access_modes(o.list("status.accessModes"))) };
    vec![
        o.name().to_owned(),
        status.to_owned(),
        volume.to_owned(),
        capacity,
        modes,
        class(o),
        or(o.text("spec.volumeAttributesClassName"), "<unset>").to_owned(),
        age(o, now),
        or(o.text("spec.volumeMode"), "<unset>").to_owned(),
    ]
}

/// The storage class, also from the old annotation.
pub(crate) fn class(o: &Value) -> String {
    let old = o.at("metadata.annotations").get("volume.beta.kubernetes.io/storage-class").map(plain);
    old.unwrap_or_else(|| o.text("spec.storageClassName").to_owned())
}

pub(super) fn volume(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let claim = if o.has("spec.claimRef") { format!("{}/{}", o.text("spec.claimRef.namespace"), o.text("spec.claimRef.name")) } else { String::new() };
    let phase = if o.has("metadata.deletionTimestamp") { "Terminating" } else { o.text("status.phase") };
    vec![
        o.name().to_owned(),
        plain(o.at("spec.capacity.storage")),
        access_modes(o.list("spec.accessModes")),
        o.text("spec.persistentVolumeReclaimPolicy").to_owned(),
        phase.to_owned(),
        claim,
        class(o),
        or(o.text("spec.volumeAttributesClassName"), "<unset>").to_owned(),
        o.text("status.reason").to_owned(),
        age(o, now),
        or(o.text("spec.volumeMode"), "<unset>").to_owned(),
    ]
}

/// Whether a storage class is the default one.
pub(crate) fn is_default_class(o: &Value) -> bool {
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
        .iter()
        .any(|k| o.at("metadata.annotations").get(k).and_then(Value::as_str) == Some("true"))
}

pub(super) fn storage_class(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let name = if is_default_class(o) { format!("{} (default)", o.name()) } else { o.name().to_owned() };
    vec![
        name,
        o.text("provisioner").to_owned(),
        or(o.text("reclaimPolicy"), "Delete").to_owned(),
        or(o.text("volumeBindingMode"), "Immediate").to_owned(),
        o.truth("allowVolumeExpansion").to_string(),
        age(o, now),
    ]
}

pub(super) fn quota(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (key, hard) in o.entries("status.hard") {
        let used = o.at("status.used").get(key).map_or_else(|| "0".to_owned(), plain);
        let cell = format!("{key}: {used}/{}", plain(hard));
        if key.starts_with("limits.") { limits.push(cell) } else { requests.push(cell) }
    }
    vec![o.name().to_owned(), requests.join(", "), limits.join(", "), age(o, now)]
}

pub(super) fn created_at(o: &Value, _now: Moment, _wide: bool) -> Vec<String> {
    vec![o.name().to_owned(), o.text("metadata.creationTimestamp").to_owned()]
}

pub(super) fn binding(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let subjects = |kind: &str| {
        o.list("subjects")
            .iter()
            .filter(|s| s.text("kind") == kind)
            .map(|s| if kind == "ServiceAccount" { format!("{}/{}", s.text("namespace"), s.text("name")) } else { s.text("name").to_owned() })
            .collect::<Vec<_>>()
            .join(", ")
    };
    vec![
        o.name().to_owned(),
        format!("{}/{}", o.text("roleRef.kind"), o.text("roleRef.name")),
        age(o, now),
        subjects("User"),
        subjects("Group"),
        subjects("ServiceAccount"),
    ]
}

pub(super) fn lease(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    vec![o.name().to_owned(), o.text("spec.holderIdentity").to_owned(), age(o, now)]
}

pub(super) fn priority_class(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    vec![
        o.name().to_owned(),
        o.int("value").to_string(),
        o.truth("globalDefault").to_string(),
        age(o, now),
        or(o.text("preemptionPolicy"), "PreemptLowerPriority").to_owned(),
    ]
}

pub(super) fn definition(o: &Value, _now: Moment, _wide: bool) -> Vec<String> {
    let versions: Vec<String> = o
        .list("spec.versions")
        .iter()
        .filter(|v| v.truth("served"))
        .map(|v| if v.truth("storage") { format!("{}(storage)", v.text("name")) } else { v.text("name").to_owned() })
        .collect();
    vec![o.name().to_owned(), o.text("spec.scope").to_owned(), versions.join(","), o.text("metadata.creationTimestamp").to_owned()]
}
