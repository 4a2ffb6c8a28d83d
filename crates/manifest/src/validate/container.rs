//! Containers (follows `validateContainerCommon`, `validateContainers`, `validateInitContainers`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::field::{Errors, Path};
use crate::value::ValueExt;

use super::fields::{self, non_negative, one_of};
use super::{names, probes, resources, security, volumes};

/// What a container's checks need to know of its Pod.
pub(super) struct Around<'a> {
    /// The Pod's spec.
    pub(super) spec: &'a Value,
    /// Volumes without mistakes.
    pub(super) volumes: BTreeMap<&'a str, &'a Value>,
    /// Names of the Pod's resource claims.
    pub(super) claims: Vec<&'a str>,
}

impl Around<'_> {
    fn grace(&self) -> i64 {
        self.spec.int("terminationGracePeriodSeconds").unwrap_or(30)
    }
    fn host_users(&self) -> bool {
        self.spec.at("hostUsers").as_bool().unwrap_or(true)
    }
}

/// The app containers.
pub(super) fn apps(list: &[Value], a: &Around, path: &Path, e: &mut Errors) {
    if list.is_empty() {
        e.required(path, "");
        return;
    }
    let mut seen = BTreeSet::new();
    for (i, c) in list.iter().enumerate() {
        let p = path.index(i);
        common(c, a, &p, e);
        if !seen.insert(c.str("name")) {
            e.duplicate(&p.child("name"), c.str("name"));
        }
        hooks_and_probes(c, a, &p, e);
        restart_policy(c, &p, e);
    }
    host_ports(list, path, e);
}

/// The init containers.
pub(super) fn inits(list: &[Value], apps: &[Value], a: &Around, path: &Path, e: &mut Errors) {
    let mut seen: BTreeSet<&str> = apps.iter().map(|c| c.str("name")).collect();
    for (i, c) in list.iter().enumerate() {
        let p = path.index(i);
        common(c, a, &p, e);
        restart_policy(c, &p, e);
        let sidecar = c.str("restartPolicy") == "Always";
        if seen.contains(c.str("name")) {
            e.duplicate(&p.child("name"), c.str("name"));
        } else if !c.str("name").is_empty() {
            seen.insert(c.str("name"));
        }
        // The server looks at one container at a time, and always says index 0.
        host_ports(std::slice::from_ref(c), path, e);
        if sidecar {
            hooks_and_probes(c, a, &p, e);
        } else {
            for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
                if c.has(key) {
                    e.forbidden(&p.child(key), "may not be set for init containers without restartPolicy=Always");
                }
            }
            let rp = p.child("resizePolicy");
            for (j, r) in c.list("resizePolicy").iter().enumerate() {
                if r.str("restartPolicy") == "RestartContainer" {
                    e.invalid(&rp.index(j).child("restartPolicy"), "RestartContainer", "must not be set to 'RestartContainer' for non-sidecar initContainers");
                }
            }
        }
    }
}

/// Ephemeral containers.
pub(super) fn ephemeral(list: &[Value], apps: &[Value], inits: &[Value], a: &Around, path: &Path, e: &mut Errors) {
    let others: BTreeSet<&str> = apps.iter().chain(inits).map(|c| c.str("name")).collect();
    let mut seen = others.clone();
    for (i, c) in list.iter().enumerate() {
        let p = path.index(i);
        common(c, a, &p, e);
        image_blanks(c, &p, e);
        if !seen.insert(c.str("name")) {
            e.duplicate(&p.child("name"), c.str("name"));
        }
        let target = c.str("targetContainerName");
        if !target.is_empty() && !others.contains(target) {
            e.not_found(&p.child("targetContainerName"), target, "");
        }
        for key in ["ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"]
        {
            let set = match c.at(key) {
                Value::Object(m) => !m.is_empty() || key != "resources",
                Value::Array(l) => !l.is_empty(),
                Value::Null => false,
                _ => true,
            };
            if set {
                e.forbidden(&p.child(key), "cannot be set for an Ephemeral Container");
            }
        }
        let mp = p.child("volumeMounts");
        for (j, m) in c.list("volumeMounts").iter().enumerate() {
            for key in ["subPath", "subPathExpr"] {
                if !m.str(key).is_empty() {
                    e.forbidden(&mp.index(j).child(key), "cannot be set for an Ephemeral Container");
                }
            }
        }
    }
}

/// What is checked in Pods but not in templates.
pub(super) fn image_blanks(c: &Value, p: &Path, e: &mut Errors) {
    let image = c.str("image");
    if image.trim() != image {
        e.invalid(&p.child("image"), image, "must not have leading or trailing whitespace");
    }
}

fn common(c: &Value, a: &Around, p: &Path, e: &mut Errors) {
    let name = c.str("name");
    if name.is_empty() {
        e.required(&p.child("name"), "");
    } else {
        e.invalids(&p.child("name"), name, names::dns_label(name));
    }
    if c.str("image").is_empty() {
        e.required(&p.child("image"), "");
    }
    let tp = p.child("terminationMessagePolicy");
    match c.str("terminationMessagePolicy") {
        "" => e.required(&tp, ""),
        t => one_of(t, &tp, &["File", "FallbackToLogsOnError"], e),
    }
    ports(c.list("ports"), &p.child("ports"), e);
    env(c.list("env"), &p.child("env"), e);
    env_from(c.list("envFrom"), &p.child("envFrom"), e);
    mounts(c, a, &p.child("volumeMounts"), e);
    devices(c, a, &p.child("volumeDevices"), e);
    fields::pull_policy(c.str("imagePullPolicy"), &p.child("imagePullPolicy"), e);
    resources::of_container(c.at("resources"), &a.claims, &p.child("resources"), e);
    resize(c.list("resizePolicy"), a, &p.child("resizePolicy"), e);
    security::of_container(c.at("securityContext"), a.host_users(), &p.child("securityContext"), e);
}

fn hooks_and_probes(c: &Value, a: &Around, p: &Path, e: &mut Errors) {
    let l = c.at("lifecycle");
    let lp = p.child("lifecycle");
    for key in ["postStart", "preStop"] {
        if l.has(key) {
            probes::handler(l.at(key), &["exec", "httpGet", "tcpSocket", "sleep"], a.grace(), &lp.child(key), e);
        }
    }
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        probes::probe(c.at(key), key, a.grace(), &p.child(key), e);
    }
}

fn ports(list: &[Value], path: &Path, e: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (i, port) in list.iter().enumerate() {
        let p = path.index(i);
        let name = port.str("name");
        if !name.is_empty() {
            let wrong = names::port_name(name);
            if wrong.is_empty() {
                if !seen.insert(name) {
                    e.duplicate(&p.child("name"), name);
                }
            } else {
                e.invalids(&p.child("name"), name, wrong);
            }
        }
        match port.int("containerPort").unwrap_or(0) {
            0 => e.required(&p.child("containerPort"), ""),
            n => fields::port(&n.into(), &p.child("containerPort"), e),
        }
        if let Some(n) = port.int("hostPort").filter(|n| *n != 0) {
            fields::port(&n.into(), &p.child("hostPort"), e);
        }
        one_of(port.str("protocol"), &p.child("protocol"), &["SCTP", "TCP", "UDP"], e);
    }
}

fn host_ports(list: &[Value], path: &Path, e: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (i, c) in list.iter().enumerate() {
        let p = path.index(i);
        let pp = p.child("ports");
        for (j, port) in c.list("ports").iter().enumerate() {
            let Some(n) = port.int("hostPort").filter(|n| *n != 0) else { continue };
            let key = format!("{}/{}/{n}", port.str("protocol"), port.str("hostIP"));
            if seen.contains(&key) {
                e.duplicate(&pp.index(j).child("hostPort"), key);
            } else {
                seen.insert(key);
            }
        }
    }
}

const ENV_FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn env(list: &[Value], path: &Path, e: &mut Errors) {
    for (i, v) in list.iter().enumerate() {
        let p = path.index(i);
        let name = v.str("name");
        if name.is_empty() {
            e.required(&p.child("name"), "");
        } else {
            e.invalids(&p.child("name"), name, names::env_name(name));
        }
        if v.has("valueFrom") {
            value_from(v, &p.child("valueFrom"), e);
        }
    }
}

fn value_from(v: &Value, p: &Path, e: &mut Errors) {
    let from = v.at("valueFrom");
    let mut sources = 0;
    if from.has("fieldRef") {
        sources += 1;
        fields::field_ref(from.at("fieldRef"), ENV_FIELDS, &p.child("fieldRef"), e);
    }
    if from.has("resourceFieldRef") {
        sources += 1;
        fields::resource_ref(from.at("resourceFieldRef"), false, &p.child("resourceFieldRef"), e);
    }
    for key in ["configMapKeyRef", "secretKeyRef"] {
        if !from.has(key) {
            continue;
        }
        sources += 1;
        let (r, rp) = (from.at(key), p.child(key));
        e.invalids(&rp.child("name"), r.str("name"), names::dns_subdomain(r.str("name")));
        if r.str("key").is_empty() {
            e.required(&rp.child("key"), "");
        } else {
            e.invalids(&rp.child("key"), r.str("key"), names::config_key(r.str("key")));
        }
    }
    if from.has("fileKeyRef") {
        sources += 1;
        let (r, rp) = (from.at("fileKeyRef"), p.child("fileKeyRef"));
        if r.str("key").is_empty() {
            e.required(&rp.child("key"), "");
        } else {
            e.invalids(&rp.child("key"), r.str("key"), names::env_name(r.str("key")));
        }
        if r.str("volumeName").is_empty() {
            e.required(&rp.child("volumeName"), "");
        } else {
            e.invalids(&rp.child("volumeName"), r.str("volumeName"), names::dns_label(r.str("volumeName")));
        }
        if r.str("path").is_empty() {
            e.required(&rp.child("path"), "");
        } else {
            volumes::no_backsteps(r.str("path"), &rp.child("path"), e);
        }
    }
    if sources == 0 {
        e.invalid(p, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
    } else if !v.str("value").is_empty() {
        e.invalid(p, "", "may not be specified when `value` is not empty");
    } else if sources > 1 {
        e.invalid(p, "", "may not have more than one field specified at a time");
    }
}

fn env_from(list: &[Value], path: &Path, e: &mut Errors) {
    for (i, v) in list.iter().enumerate() {
        let p = path.index(i);
        if !v.str("prefix").is_empty() {
            e.invalids(&p.child("prefix"), v.str("prefix"), names::env_name(v.str("prefix")));
        }
        let mut sources = 0;
        for key in ["configMapRef", "secretRef"] {
            if !v.has(key) {
                continue;
            }
            sources += 1;
            let name = v.at(key).str("name");
            let rp = p.child(key);
            if name.is_empty() {
                e.required(&rp.child("name"), "");
            } else {
                e.invalids(&rp.child("name"), name, names::dns_subdomain(name));
            }
        }
        if sources == 0 {
            e.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`");
        } else if sources > 1 {
            e.invalid(path, "", "may not have more than one field specified at a time");
        }
    }
}

fn mounts(c: &Value, a: &Around, path: &Path, e: &mut Errors) {
    let devices = c.list("volumeDevices");
    let privileged = c.at("securityContext").flag("privileged");
    let mut seen = BTreeSet::new();
    for (i, m) in c.list("volumeMounts").iter().enumerate() {
        let p = path.index(i);
        let (name, target) = (m.str("name"), m.str("mountPath"));
        if name.is_empty() {
            e.required(&p.child("name"), "");
        }
        if !a.volumes.contains_key(name) {
            e.not_found(&p.child("name"), name, "");
        }
        if target.is_empty() {
            e.required(&p.child("mountPath"), "");
        }
        if !seen.insert(target) {
            e.invalid(&p.child("mountPath"), target, "must be unique");
        }
        if devices.iter().any(|d| d.str("name") == name) {
            e.invalid(&p.child("name"), name, "must not already exist in volumeDevices");
        }
        if devices.iter().any(|d| d.str("devicePath") == target) {
            e.invalid(&p.child("mountPath"), target, "must not already exist as a path in volumeDevices");
        }
        if !m.str("subPath").is_empty() {
            volumes::descending(m.str("subPath"), &path.child("subPath"), e);
        }
        if !m.str("subPathExpr").is_empty() {
            if !m.str("subPath").is_empty() {
                e.invalid(&p.child("subPathExpr"), m.str("subPathExpr"), "subPathExpr and subPath are mutually exclusive");
            }
            volumes::descending(m.str("subPathExpr"), &path.child("subPathExpr"), e);
        }
        if m.has("mountPropagation") {
            let how = m.str("mountPropagation");
            let hp = path.child("mountPropagation");
            one_of(how, &hp, &["Bidirectional", "HostToContainer", "None"], e);
            if how == "Bidirectional" && !privileged {
                e.forbidden(&hp, "Bidirectional mount propagation is available only to privileged containers");
            }
        }
        let rp = path.child("recursiveReadOnly");
        match m.str("recursiveReadOnly") {
            "Disabled" => {}
            "" if !m.has("recursiveReadOnly") => {}
            "Enabled" | "IfPossible" => {
                if !m.flag("readOnly") {
                    e.forbidden(&rp, "may only be specified when readOnly is true");
                }
                if m.has("mountPropagation") && m.str("mountPropagation") != "None" {
                    e.forbidden(&rp, "may only be specified when mountPropagation is None or not specified");
                }
            }
            other => e.unsupported(&rp, other, &["Disabled", "Enabled", "IfPossible"]),
        }
    }
}

fn devices(c: &Value, a: &Around, path: &Path, e: &mut Errors) {
    let mounts = c.list("volumeMounts");
    let (mut seen_names, mut seen_paths) = (BTreeSet::new(), BTreeSet::new());
    for (i, d) in c.list("volumeDevices").iter().enumerate() {
        let p = path.index(i);
        let (name, target) = (d.str("name"), d.str("devicePath"));
        if name.is_empty() {
            e.required(&p.child("name"), "");
        }
        if seen_names.contains(name) {
            e.invalid(&p.child("name"), name, "must be unique");
        }
        match a.volumes.get(name) {
            Some(v) if !v.has("persistentVolumeClaim") && !v.has("ephemeral") => {
                e.invalid(&p.child("name"), name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
            }
            Some(_) => {}
            None => e.not_found(&p.child("name"), name, ""),
        }
        if target.is_empty() {
            e.required(&p.child("devicePath"), "");
        }
        if seen_paths.contains(target) {
            e.invalid(&p.child("devicePath"), target, "must be unique");
        }
        if target.split('/').any(|part| part == "..") {
            e.invalid(&p.child("devicePath"), target, "can not contain backsteps ('..')");
        } else {
            seen_paths.insert(target);
        }
        if mounts.iter().any(|m| m.str("name") == name) {
            e.invalid(&p.child("name"), name, "must not already exist in volumeMounts");
        }
        if mounts.iter().any(|m| m.str("mountPath") == target) {
            e.invalid(&p.child("devicePath"), target, "must not already exist as a path in volumeMounts");
        }
        if !name.is_empty() {
            seen_names.insert(name);
        }
    }
}

fn resize(list: &[Value], a: &Around, path: &Path, e: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (i, r) in list.iter().enumerate() {
        let (name, policy) = (r.str("resourceName"), r.str("restartPolicy"));
        if !seen.insert(name) {
            e.duplicate(&path.index(i), name);
        }
        match name {
            "cpu" | "memory" => {}
            "" => e.required(path, ""),
            _ => e.unsupported(path, name, &["cpu", "memory"]),
        }
        match policy {
            "NotRequired" | "RestartContainer" => {}
            "" => e.required(path, ""),
            _ => e.unsupported(path, policy, &["NotRequired", "RestartContainer"]),
        }
        if a.spec.str("restartPolicy") == "Never" && policy != "NotRequired" {
            e.invalid(path, policy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
        }
    }
}

fn restart_policy(c: &Value, p: &Path, e: &mut Errors) {
    let rules = c.list("restartPolicyRules");
    let pp = p.child("restartPolicy");
    if c.has("restartPolicy") {
        one_of(c.str("restartPolicy"), &pp, &["Always", "Never", "OnFailure"], e);
    } else if rules.is_empty() {
        return;
    } else {
        e.required(&pp, "must specify restartPolicy when restart rules are used");
    }
    let rp = p.child("restartPolicyRules");
    if rules.len() > 20 {
        e.too_many(&rp, rules.len(), 20);
    }
    for (i, r) in rules.iter().enumerate() {
        let p = rp.index(i);
        one_of(r.str("action"), &p.child("action"), &["Restart", "RestartAllContainers"], e);
        let xp = p.child("exitCodes");
        if r.has("exitCodes") {
            let x = r.at("exitCodes");
            one_of(x.str("operator"), &xp.child("operator"), &["In", "NotIn"], e);
            if x.list("values").len() > 255 {
                e.too_many(&xp.child("values"), x.list("values").len(), 255);
            }
        } else {
            e.required(&xp, "must be specified");
        }
    }
}

/// The numbers of a probe.
pub(super) fn seconds(v: &Value, path: &Path, e: &mut Errors) {
    for key in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        non_negative(v, key, path, e);
    }
}
