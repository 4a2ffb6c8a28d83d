//! Defaults of Pods and Pod templates.

use serde_json::{Map, Value, json};

use crate::quantity::Quantity;
use crate::value::ValueExt;

use super::{items, put, resource_list, set, struct_of};

/// Sources of a volume, in the order in which more than one are refused.
pub(crate) const VOLUME_SOURCES: &[&str] = &[
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
];

/// What Pods and Pod templates have in common.
pub(super) fn spec(spec: &mut Map<String, Value>) {
    let account = ["serviceAccountName", "serviceAccount"].iter().find_map(|k| spec.get(*k).filter(|v| !v.text().is_empty()).cloned());
    if let Some(account) = account {
        spec.insert("serviceAccountName".into(), account.clone());
        spec.insert("serviceAccount".into(), account);
    }
    put(spec, "dnsPolicy", "ClusterFirst");
    put(spec, "restartPolicy", "Always");
    put(spec, "securityContext", json!({}));
    put(spec, "terminationGracePeriodSeconds", 30);
    put(spec, "schedulerName", "default-scheduler");
    items(spec, "volumes").for_each(volume);
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        items(spec, list).for_each(container);
    }
    resource_list(spec.get_mut("overhead"));
    if let Some(r) = spec.get_mut("resources").and_then(Value::as_object_mut) {
        resource_list(r.get_mut("limits"));
        resource_list(r.get_mut("requests"));
    }
}

/// What only Pods get, not templates.
pub(super) fn only_pods(spec: &mut Map<String, Value>) {
    if spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64).is_some_and(|s| s < 0) {
        spec.insert("terminationGracePeriodSeconds".into(), 1.into());
    }
    for list in ["containers", "initContainers"] {
        for c in items(spec, list) {
            requests_from_limits(c);
        }
    }
    pod_level_requests(spec);
    put(spec, "enableServiceLinks", true);
    if spec.get("hostNetwork") == Some(&Value::Bool(true)) {
        for list in ["containers", "initContainers"] {
            for c in items(spec, list).filter_map(Value::as_object_mut) {
                for p in items(c, "ports") {
                    if let Some(port) = p.int("containerPort").filter(|port| *port != 0) {
                        set(p, "hostPort", port);
                    }
                }
            }
        }
    }
}

/// A limit without a request is a request too.
fn requests_from_limits(c: &mut Value) {
    let Some(limits) = c.at("resources").get("limits").and_then(Value::as_object).cloned() else { return };
    if limits.is_empty() {
        return;
    }
    if let Some(requests) = c.get_mut("resources").and_then(Value::as_object_mut).and_then(|r| struct_of(r, "requests")) {
        for (k, v) in limits {
            requests.entry(k).or_insert(v);
        }
    }
}

/// Requests and huge page limits of the Pod as a whole, where it has limits.
fn pod_level_requests(spec: &mut Map<String, Value>) {
    if spec.get("resources").and_then(|r| r.get("limits")).and_then(Value::as_object).is_none_or(Map::is_empty) {
        return;
    }
    let sum = aggregate(spec, "requests");
    let limits = spec.get("resources").map(|r| r.map("limits").clone()).unwrap_or_default();
    let supported = |k: &str| k == "cpu" || k == "memory" || k.starts_with("hugepages-");
    if let Some(requests) = spec.get_mut("resources").and_then(Value::as_object_mut).and_then(|r| struct_of(r, "requests")) {
        for (k, v) in sum {
            if matches!(k.as_str(), "cpu" | "memory") {
                requests.entry(k).or_insert_with(|| v.to_string().into());
            }
        }
        for (k, v) in limits.into_iter().filter(|(k, _)| supported(k)) {
            requests.entry(k).or_insert(v);
        }
        if requests.is_empty()
            && let Some(r) = spec.get_mut("resources").and_then(Value::as_object_mut)
        {
            r.remove("requests");
        }
    }
}

/// The effective sum over all containers: sidecars count with the apps, init containers with what
/// runs beside them (follows `AggregateContainerRequests`).
pub(crate) fn aggregate(spec: &Map<String, Value>, which: &str) -> std::collections::BTreeMap<String, Quantity> {
    use std::collections::BTreeMap;
    let list = |key: &str| spec.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let add = |sum: &mut BTreeMap<String, Quantity>, c: &Value| {
        for (k, v) in c.at("resources").map(which) {
            let q = Quantity::of(v.text());
            let total = sum.get(k).map_or_else(|| q.clone(), |s| s.plus(&q));
            sum.insert(k.clone(), total);
        }
    };
    let mut total = BTreeMap::new();
    for c in list("containers") {
        add(&mut total, c);
    }
    let mut beside = BTreeMap::new();
    let mut highest: BTreeMap<String, Quantity> = BTreeMap::new();
    for c in list("initContainers") {
        let now = if c.str("restartPolicy") == "Always" {
            add(&mut total, c);
            add(&mut beside, c);
            beside.clone()
        } else {
            let mut alone = beside.clone();
            add(&mut alone, c);
            alone
        };
        for (k, q) in now {
            if highest.get(&k).is_none_or(|h| q > *h) {
                highest.insert(k, q);
            }
        }
    }
    for (k, q) in highest {
        if total.get(&k).is_none_or(|t| q > *t) {
            total.insert(k, q);
        }
    }
    total
}

fn volume(v: &mut Value) {
    let Some(o) = v.as_object_mut() else { return };
    if !VOLUME_SOURCES.iter().any(|s| o.get(*s).is_some_and(|x| !x.is_null())) {
        o.insert("emptyDir".into(), json!({}));
    }
    for key in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(s) = o.get_mut(key) {
            set(s, "defaultMode", 420);
        }
    }
    if let Some(h) = o.get_mut("hostPath") {
        set(h, "type", "");
    }
    if let Some(d) = o.get_mut("downwardAPI").and_then(Value::as_object_mut) {
        items(d, "items").for_each(reference);
    }
    if let Some(p) = o.get_mut("projected").and_then(Value::as_object_mut) {
        for s in items(p, "sources") {
            if let Some(t) = s.get_mut("serviceAccountToken") {
                set(t, "expirationSeconds", 3600);
            }
            if let Some(d) = s.get_mut("downwardAPI").and_then(Value::as_object_mut) {
                items(d, "items").for_each(reference);
            }
        }
    }
    for (source, key, value) in [
        ("iscsi", "iscsiInterface", json!("default")),
        ("rbd", "pool", json!("rbd")),
        ("rbd", "user", json!("admin")),
        ("rbd", "keyring", json!("/etc/ceph/keyring")),
        ("azureDisk", "cachingMode", json!("ReadWrite")),
        ("azureDisk", "fsType", json!("ext4")),
        ("azureDisk", "readOnly", json!(false)),
        ("azureDisk", "kind", json!("Shared")),
        ("scaleIO", "fsType", json!("xfs")),
        ("scaleIO", "storageMode", json!("ThinProvisioned")),
    ] {
        if let Some(s) = o.get_mut(source) {
            set(s, key, value);
        }
    }
    if let Some(i) = o.get_mut("image") {
        let policy = pull_policy(i.str("reference"));
        set(i, "pullPolicy", policy);
    }
    if let Some(spec) = o.get_mut("ephemeral").and_then(|e| e.get_mut("volumeClaimTemplate")).and_then(Value::as_object_mut).and_then(|t| struct_of(t, "spec"))
    {
        claim_spec(spec);
    }
}

/// The spec of a claim, wherever it stands.
pub(super) fn claim_spec(spec: &mut Map<String, Value>) {
    put(spec, "volumeMode", "Filesystem");
    if let Some(r) = spec.get_mut("resources").and_then(Value::as_object_mut) {
        resource_list(r.get_mut("limits"));
        resource_list(r.get_mut("requests"));
    }
}

fn reference(holder: &mut Value) {
    if let Some(f) = holder.get_mut("fieldRef") {
        set(f, "apiVersion", "v1");
    }
    if let Some(f) = holder.get_mut("resourceFieldRef") {
        set(f, "divisor", "0");
    }
}

fn container(c: &mut Value) {
    let policy = pull_policy(c.str("image"));
    let Some(o) = c.as_object_mut() else { return };
    put(o, "imagePullPolicy", policy);
    put(o, "terminationMessagePath", "/dev/termination-log");
    put(o, "terminationMessagePolicy", "File");
    items(o, "ports").for_each(|p| set(p, "protocol", "TCP"));
    for e in items(o, "env") {
        if let Some(from) = e.get_mut("valueFrom") {
            reference(from);
            if let Some(f) = from.get_mut("fileKeyRef") {
                set(f, "optional", false);
            }
        }
    }
    if let Some(r) = o.get_mut("resources").and_then(Value::as_object_mut) {
        resource_list(r.get_mut("limits"));
        resource_list(r.get_mut("requests"));
    }
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(p) = o.get_mut(key).and_then(Value::as_object_mut) else { continue };
        for (key, value) in [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)] {
            put(p, key, value);
        }
        handler(p);
    }
    if let Some(l) = o.get_mut("lifecycle").and_then(Value::as_object_mut) {
        // The gate of stop signals is off: the field is dropped.
        l.remove("stopSignal");
        for key in ["postStart", "preStop"] {
            if let Some(h) = l.get_mut(key).and_then(Value::as_object_mut) {
                handler(h);
            }
        }
    }
}

fn handler(h: &mut Map<String, Value>) {
    if let Some(g) = h.get_mut("httpGet") {
        set(g, "path", "/");
        set(g, "scheme", "HTTP");
    }
    if let Some(g) = h.get_mut("grpc") {
        set(g, "service", "");
    }
}

/// When an image is pulled by default: `Always` for the tag `latest` and for no tag at all.
///
/// Follows `ParseImageName`: what is no image reference gets `IfNotPresent`.
pub fn pull_policy(image: &str) -> &'static str {
    const OFTEN: &str = "Always";
    const SELDOM: &str = "IfNotPresent";
    let (rest, digest) = image.split_once('@').map_or((image, None), |(r, d)| (r, Some(d)));
    let slash = rest.rfind('/').map_or(0, |i| i + 1);
    let (name, tag) = match rest.get(slash..).and_then(|last| last.find(':')) {
        Some(i) => (rest.get(..slash + i).unwrap_or_default(), rest.get(slash + i + 1..)),
        None => (rest, None),
    };
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let good_tag = |t: &str| t.len() <= 128 && t.starts_with(word) && t.chars().all(|c| word(c) || c == '.' || c == '-');
    if tag.is_some_and(|t| !good_tag(t)) || !is_reference(name) || digest.is_some_and(|d| !d.contains(':')) {
        return SELDOM;
    }
    match (tag, digest) {
        (Some("latest"), _) | (None, None) => OFTEN,
        _ => SELDOM,
    }
}

/// Whether a name without tag and digest is one that a registry can have.
fn is_reference(name: &str) -> bool {
    let mut parts = name.split('/').peekable();
    let first = parts.peek().copied().unwrap_or_default();
    let is_host = name.contains('/') && (first.contains(['.', ':']) || first == "localhost" || first.chars().any(|c| c.is_ascii_uppercase()));
    if is_host {
        parts.next();
    }
    let mut any = false;
    for part in parts {
        any = true;
        let good = part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && part.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'));
        if !good {
            return false;
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::pull_policy;

    #[test]
    fn the_tag_decides_when_an_image_is_pulled() {
        for image in ["nginx", "nginx:latest", "a.b/c", "localhost:5000/x", "nginx:latest@sha256:abc"] {
            assert_eq!(pull_policy(image), "Always", "{image}");
        }
        for image in ["nginx:1.29", "nginx@sha256:abc", "NGINX", "nginx:", " x", ""] {
            assert_eq!(pull_policy(image), "IfNotPresent", "{image}");
        }
    }
}
