//! Warnings about Pods and templates (follows api/pod/warnings.go).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::go::quote;
use crate::quantity::Quantity;
use crate::value::ValueExt;

/// Volume types that went away: field, name in the warning, since when.
pub(super) const DEPRECATED_VOLUMES: &[(&str, &str, &str)] = &[
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

fn old_label(key: &str) -> Option<&'static str> {
    Some(match key {
        "beta.kubernetes.io/arch" => "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        "beta.kubernetes.io/os" => "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "failure-domain.beta.kubernetes.io/region" => "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
        "failure-domain.beta.kubernetes.io/zone" => "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
        "beta.kubernetes.io/instance-type" => "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
        _ => return None,
    })
}

/// Adds the warnings of a Pod (`path` is empty) or of a template at `path`.
pub(super) fn warn(meta: &Value, s: &Value, path: &str, w: &mut Vec<String>) {
    let at = |p: &str| if path.is_empty() { p.to_owned() } else { format!("{path}.{p}") };
    let spec = at("spec");
    for k in s.map("nodeSelector").keys() {
        if let Some(m) = old_label(k) {
            w.push(format!("{spec}.nodeSelector[{k}]: {m}"));
        }
    }
    node_terms(s, &spec, w);
    for (i, t) in s.list("topologySpreadConstraints").iter().enumerate() {
        let p = format!("{spec}.topologySpreadConstraints[{i}]");
        if let Some(m) = old_label(t.str("topologyKey")) {
            w.push(format!("{p}.topologyKey: {} is {m}", t.str("topologyKey")));
        }
        if !t.has("labelSelector") {
            w.push(format!("{p}.labelSelector: a null labelSelector results in matching no pod"));
        }
    }
    let annotations = meta.map("annotations");
    let annotation = |key: &str, text: &str, w: &mut Vec<String>| {
        if annotations.contains_key(key) {
            w.push(format!("{}[{key}]: {text}", at("metadata.annotations")));
        }
    };
    annotation("scheduler.alpha.kubernetes.io/critical-pod", "non-functional in v1.16+; use the \"priorityClassName\" field instead", w);
    annotation("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead", w);
    annotation("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead", w);
    for (i, v) in s.list("volumes").iter().enumerate() {
        for (key, name, since) in DEPRECATED_VOLUMES {
            if v.has(key) {
                w.push(format!("{spec}.volumes[{i}].{name}: {since}"));
            }
        }
    }
    overlaps(s.list("volumes"), w);
    for (list, key) in [("hostAliases", "ip"), ("imagePullSecrets", "name")] {
        if !s.list(list).is_empty() {
            repeated(s.list(list), key, &format!("{spec}.{list}"), w);
        }
    }
    for (i, x) in s.list("imagePullSecrets").iter().enumerate() {
        if x.str("name").is_empty() {
            w.push(format!("{spec}.imagePullSecrets[{i}].name: invalid empty name \"\""));
        }
    }
    if s.has("overhead") {
        fractions(s.at("overhead"), &format!("{spec}.overhead"), w);
    }
    let seccomp = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
    if !s.at("securityContext").has("seccompProfile") {
        annotation("seccomp.security.alpha.kubernetes.io/pod", seccomp, w);
    }
    let armor = |c: &Value, w: &mut Vec<String>| {
        if !annotations.is_empty() && !c.at("securityContext").has("appArmorProfile") && !s.at("securityContext").has("appArmorProfile") {
            let key = format!("container.apparmor.security.beta.kubernetes.io/{}", c.str("name"));
            annotation(&key, "deprecated since v1.30; use the \"appArmorProfile\" field instead", w);
        }
    };
    for (c, p) in containers(s, &spec) {
        if !annotations.is_empty() && !c.at("securityContext").has("seccompProfile") {
            annotation(&format!("container.seccomp.security.alpha.kubernetes.io/{}", c.str("name")), seccomp, w);
        }
        if !path.is_empty() {
            armor(c, w);
        }
        for key in ["memory", "ephemeral-storage"] {
            for which in ["limits", "requests"] {
                let amounts = c.at("resources").at(which);
                if amounts.has(key) {
                    fraction(amounts, key, &format!("{p}.resources.{which}"), w);
                }
            }
        }
        if c.list("env").len() > 1 {
            environment(c.list("env"), &format!("{p}.env"), w);
        }
    }
    ports(s, &spec, w);
    null_selectors(s, &spec, w);
    if path.is_empty() {
        // Pods tell this one when the annotation is turned into a field, after everything else.
        for (c, _) in containers(s, &spec) {
            armor(c, w);
        }
    }
}

/// All containers with their paths: init containers, apps, ephemeral ones.
fn containers<'a>(s: &'a Value, spec: &str) -> Vec<(&'a Value, String)> {
    ["initContainers", "containers", "ephemeralContainers"]
        .iter()
        .flat_map(|l| s.list(l).iter().enumerate().map(move |(i, c)| (c, format!("{spec}.{l}[{i}]"))))
        .collect()
}

fn node_terms(s: &Value, spec: &str, w: &mut Vec<String>) {
    let n = s.at("affinity").at("nodeAffinity");
    let base = format!("{spec}.affinity.nodeAffinity");
    let mut term = |t: &Value, p: String| {
        for (i, x) in t.list("matchExpressions").iter().enumerate() {
            if let Some(m) = old_label(x.str("key")) {
                w.push(format!("{p}.matchExpressions[{i}].key: {} is {m}", x.str("key")));
            }
        }
    };
    for (i, t) in n.at("requiredDuringSchedulingIgnoredDuringExecution").list("nodeSelectorTerms").iter().enumerate() {
        term(t, format!("{base}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[{i}]"));
    }
    for (i, t) in n.list("preferredDuringSchedulingIgnoredDuringExecution").iter().enumerate() {
        term(t.at("preference"), format!("{base}.preferredDuringSchedulingIgnoredDuringExecution[{i}].preference"));
    }
}

fn repeated(list: &[Value], key: &str, path: &str, w: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (i, x) in list.iter().enumerate() {
        if !seen.insert(x.str(key)) {
            w.push(format!("{path}[{i}].{key}: duplicate {key} {}", quote(x.str(key))));
        }
    }
}

fn fractions(list: &Value, path: &str, w: &mut Vec<String>) {
    for key in ["memory", "ephemeral-storage"] {
        fraction(list, key, path, w);
    }
}

fn fraction(list: &Value, key: &str, path: &str, w: &mut Vec<String>) {
    if let Some(v) = list.get(key) {
        let q = Quantity::of(v.text());
        if q.milli_value() % 1000 != 0 {
            w.push(format!("{path}[{key}]: fractional byte value {} is invalid, must be an integer", quote(&q.to_string())));
        }
    }
}

fn environment(list: &[Value], path: &str, w: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (i, v) in list.iter().enumerate() {
        let name = v.str("name");
        if seen.insert(name) {
            continue;
        }
        let own = format!("$({name})");
        if v.has("valueFrom") || v.str("value") == own || !v.str("value").contains(&own) {
            w.push(format!("{path}[{i}]: hides previous definition of {}, which may be dropped when using apply", quote(name)));
        }
    }
}

fn ports(s: &Value, spec: &str, w: &mut Vec<String>) {
    let all = containers(s, spec);
    let mut seen: BTreeMap<(i64, &str), Vec<(String, &Value)>> = BTreeMap::new();
    for (c, p) in &all {
        for (i, port) in c.list("ports").iter().enumerate() {
            let here = format!("{p}.ports[{i}]");
            let (ip, host) = (port.str("hostIP"), port.int("hostPort").unwrap_or(0));
            let number = port.int("containerPort").unwrap_or(0);
            if !ip.is_empty() && host == 0 {
                w.push(format!(
                    "{here}: hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{number} Protocol:{} HostIP:{ip}}}",
                    port.str("name"),
                    port.str("protocol")
                ));
            }
            let others = seen.entry((number, port.str("protocol"))).or_default();
            for (there, other) in others.iter() {
                let (other_ip, other_host) = (other.str("hostIP"), other.int("hostPort").unwrap_or(0));
                if ip == other_ip && host == other_host {
                    w.push(format!("{here}: duplicate port definition with {there}"));
                } else if host == 0 || other_host == 0 {
                    w.push(format!("{here}: overlapping port definition with {there}"));
                } else if host == other_host && ip.is_empty() != other_ip.is_empty() {
                    w.push(format!("{here}: dangerously ambiguous port definition with {there}"));
                }
            }
            others.push((here, port));
        }
    }
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    for (c, p) in &all {
        for (i, port) in c.list("ports").iter().enumerate().filter(|(_, x)| !x.str("name").is_empty()) {
            let here = format!("{p}.ports[{i}]");
            match names.get(port.str("name")) {
                Some(first) => w.push(format!(
                    "{here}: duplicate port name {} with {first}, services and probes that select ports by name will use {first}",
                    quote(port.str("name"))
                )),
                None => {
                    names.insert(port.str("name"), here);
                }
            }
        }
    }
}

fn null_selectors(s: &Value, spec: &str, w: &mut Vec<String>) {
    for which in ["podAffinity", "podAntiAffinity"] {
        let a = s.at("affinity").at(which);
        let base = format!("{spec}.affinity.{which}");
        for (i, t) in a.list("requiredDuringSchedulingIgnoredDuringExecution").iter().enumerate() {
            if !t.has("labelSelector") {
                w.push(format!("{base}.requiredDuringSchedulingIgnoredDuringExecution[{i}].labelSelector: a null labelSelector results in matching no pod"));
            }
        }
        for (i, t) in a.list("preferredDuringSchedulingIgnoredDuringExecution").iter().enumerate() {
            if !t.at("podAffinityTerm").has("labelSelector") {
                w.push(format!(
                    "{base}.preferredDuringSchedulingIgnoredDuringExecution[{i}].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod"
                ));
            }
        }
    }
}

/// A path in a volume and the source that puts it there.
type Entry = (String, String);

fn shown(e: &Entry) -> String {
    if e.1.is_empty() { quote(&e.0) } else { format!("{} ({})", quote(&e.0), e.1) }
}

fn collisions(entries: Vec<Entry>, all: &mut Vec<Entry>, title: &str, w: &mut Vec<String>) {
    for (path, source) in entries {
        let e = (path.trim_end_matches('/').to_owned(), source);
        if !e.0.is_empty() {
            for o in all.iter().filter(|o| !o.0.is_empty()) {
                if o.0 == e.0 || o.0.starts_with(&format!("{}/", e.0)) || e.0.starts_with(&format!("{}/", o.0)) {
                    w.push(format!("{title}: overlapping paths: {} with {}", shown(&e), shown(o)));
                }
            }
        }
        all.push(e);
    }
}

fn overlaps(volumes: &[Value], w: &mut Vec<String>) {
    let paths = |v: &Value, source: &str| -> Vec<Entry> { v.list("items").iter().map(|i| (i.str("path").to_owned(), source.to_owned())).collect() };
    for v in volumes {
        let name = quote(v.str("name"));
        for (key, title) in [
            ("configMap", format!("ConfigMap {}", quote(v.at("configMap").str("name")))),
            ("secret", format!("Secret {}", quote(v.at("secret").str("secretName")))),
            ("downwardAPI", "DownwardAPI".to_owned()),
        ] {
            collisions(paths(v.at(key), ""), &mut Vec::new(), &format!("volume {name} ({title})"), w);
        }
        let mut all = Vec::new();
        for s in v.at("projected").list("sources") {
            let entries = if s.as_object().is_some_and(serde_json::Map::is_empty) {
                w.push(format!("volume {name} (Projected) has no sources provided"));
                continue;
            } else if s.has("configMap") {
                paths(s.at("configMap"), &format!("ConfigMap {}", quote(s.at("configMap").str("name"))))
            } else if s.has("secret") {
                paths(s.at("secret"), &format!("Secret {}", quote(s.at("secret").str("name"))))
            } else if s.has("downwardAPI") {
                paths(s.at("downwardAPI"), "DownwardAPI")
            } else if s.has("serviceAccountToken") {
                vec![(s.at("serviceAccountToken").str("path").to_owned(), "ServiceAccountToken".to_owned())]
            } else if s.has("clusterTrustBundle") {
                let b = s.at("clusterTrustBundle");
                let which = if b.has("name") { b.str("name") } else { b.str("signerName") };
                vec![(b.str("path").to_owned(), format!("ClusterTrustBundle {}", quote(which)))]
            } else {
                Vec::new()
            };
            collisions(entries, &mut all, &format!("volume {name} (Projected)"), w);
        }
    }
}
