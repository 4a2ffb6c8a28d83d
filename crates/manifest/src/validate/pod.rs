//! Pods and Pod templates (follows `ValidatePodCreate`, `ValidatePodSpec`, `ValidatePodTemplateSpec`).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::defaults::aggregate;
use crate::field::{Errors, Path};
use crate::quantity::Quantity;
use crate::value::ValueExt;

use super::container::{self, Around};
use super::fields::one_of;
use super::{metadata, names, resources, scheduling, security, volumes};

/// A Pod that is created.
pub(super) fn create(o: &Value, e: &mut Errors) {
    whole(o, e);
    let s = o.at("spec");
    let path = Path::new("spec");
    if !s.list("ephemeralContainers").is_empty() {
        e.forbidden(&path.child("ephemeralContainers"), "cannot be set on create");
    }
    if !s.str("nodeName").is_empty() && !s.list("schedulingGates").is_empty() {
        e.forbidden(&path.child("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }
}

/// What is checked of a Pod on create and on update.
pub(super) fn whole(o: &Value, e: &mut Errors) {
    metadata::create(o.at("metadata"), names::dns_subdomain, true, e);
    let meta = Path::new("metadata");
    annotations(o.at("metadata"), o.at("spec"), &meta.child("annotations"), e);
    let s = o.at("spec");
    let path = Path::new("spec");
    spec(s, Some(o.at("metadata").str("name")), true, &path, e);
    for (list, c) in ["containers", "initContainers"].iter().flat_map(|l| s.list(l).iter().enumerate().map(move |c| (l, c))) {
        container::image_blanks(c.1, &path.child(list).index(c.0), e);
    }
}

/// A Pod template.
pub(super) fn template(t: &Value, path: &Path, e: &mut Errors) {
    let m = t.at("metadata");
    // The server forgets to say `metadata`.
    metadata::labels(m.map("labels"), &path.child("labels"), e);
    metadata::annotations(m.map("annotations"), &path.child("annotations"), e);
    annotations(m, t.at("spec"), &path.child("annotations"), e);
    let sp = path.child("spec");
    spec(t.at("spec"), None, false, &sp, e);
    if !t.at("spec").list("ephemeralContainers").is_empty() {
        e.forbidden(&sp.child("ephemeralContainers"), "ephemeral containers not allowed in pod template");
    }
}

fn annotations(m: &Value, spec: &Value, path: &Path, e: &mut Errors) {
    const COST: &str = "controller.kubernetes.io/pod-deletion-cost";
    const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";
    const ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
    let all = m.map("annotations");
    if let Some(v) = all.get(COST) {
        let text = v.text();
        let good = text.parse::<i32>().is_ok() && !text.starts_with('+') && (text == "0" || !text.trim_start_matches('-').starts_with('0'));
        if !good {
            e.invalid(&path.key(COST), text, "must be a 32bit integer");
        }
    }
    let seccomp = |v: &str, p: &Path, e: &mut Errors| match v {
        "runtime/default" | "docker/default" | "unconfined" => {}
        _ => match v.strip_prefix("localhost/") {
            Some(file) => volumes::descending(file, p, e),
            None => e.invalid(p, v, "must be a valid seccomp profile"),
        },
    };
    if let Some(v) = all.get(SECCOMP) {
        seccomp(v.text(), &path.child(SECCOMP), e);
    }
    for (k, v) in all.iter().filter(|(k, _)| k.starts_with("container.seccomp.security.alpha.kubernetes.io/")) {
        seccomp(v.text(), &path.child(k), e);
    }
    for (k, v) in all {
        let Some(name) = k.strip_prefix(ARMOR) else { continue };
        let has = ["containers", "initContainers", "ephemeralContainers"].iter().any(|l| spec.list(l).iter().any(|c| c.str("name") == name));
        if !has {
            e.invalid(&path.key(k), name, "container not found");
        }
        let v = v.text();
        if !(v.is_empty() || v == "runtime/default" || v == "unconfined" || v.starts_with("localhost/")) {
            e.invalid(&path.key(k), v, format!("invalid AppArmor profile name: {}", crate::go::quote(v)));
        }
    }
}

/// A Pod's spec; `is_pod` is false for templates.
pub(super) fn spec(s: &Value, pod_name: Option<&str>, is_pod: bool, path: &Path, e: &mut Errors) {
    let good = volumes::check(s.list("volumes"), pod_name.filter(|n| !n.is_empty()), &path.child("volumes"), e);
    let claims: Vec<&str> = s.list("resourceClaims").iter().map(|c| c.str("name")).filter(|n| !n.is_empty()).collect();
    resource_claims(s.list("resourceClaims"), &path.child("resourceClaims"), e);
    let a = Around { spec: s, volumes: good, claims };
    let (apps, inits) = (s.list("containers"), s.list("initContainers"));
    container::apps(apps, &a, &path.child("containers"), e);
    container::inits(inits, apps, &a, &path.child("initContainers"), e);
    container::ephemeral(s.list("ephemeralContainers"), apps, inits, &a, &path.child("ephemeralContainers"), e);
    pod_resources(s, &a.claims, path, e);
    if s.flag("hostNetwork") {
        let cp = path.child("containers");
        for (i, c) in apps.iter().enumerate() {
            let p = cp.index(i);
            let pp = p.child("ports");
            for (j, port) in c.list("ports").iter().enumerate() {
                let (host, own) = (port.int("hostPort").unwrap_or(0), port.int("containerPort").unwrap_or(0));
                if (is_pod || host != 0) && host != own {
                    e.invalid(&pp.index(j).child("hostPort"), host, "must match `containerPort` when `hostNetwork` is true");
                }
            }
        }
    }
    one_of(s.str("restartPolicy"), &path.child("restartPolicy"), &["Always", "OnFailure", "Never"], e);
    one_of(s.str("dnsPolicy"), &path.child("dnsPolicy"), &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], e);
    metadata::labels(s.map("nodeSelector"), &path.child("nodeSelector"), e);
    security::of_pod(s.at("securityContext"), s, &path.child("securityContext"), e);
    if s.flag("shareProcessNamespace") && s.flag("hostPID") {
        e.invalid(&path.child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled");
    }
    scheduling::affinity(s.at("affinity"), &path.child("affinity"), e);
    dns(s, &path.child("dnsConfig"), e);
    let gp = path.child("readinessGates");
    for (i, g) in s.list("readinessGates").iter().enumerate() {
        e.invalids(&gp.index(i).child("conditionType"), g.str("conditionType"), names::qualified_name(g.str("conditionType")));
    }
    let gp = path.child("schedulingGates");
    let mut seen = BTreeSet::new();
    for (i, g) in s.list("schedulingGates").iter().enumerate() {
        e.invalids(&gp.index(i), g.str("name"), names::qualified_name(g.str("name")));
        if !seen.insert(g.str("name")) {
            e.duplicate(&gp.index(i), g.str("name"));
        }
    }
    scheduling::spread(s.list("topologySpreadConstraints"), &path.child("topologySpreadConstraints"), e);
    host_users(s, path, e);
    hostname_override(s, path, e);
    names_of(s, path, e);
    if let Some(d) = s.int("activeDeadlineSeconds").filter(|d| !(1..=2_147_483_647).contains(d)) {
        e.invalid(&path.child("activeDeadlineSeconds"), d, "must be between 1 and 2147483647, inclusive");
    }
    for key in ["hostname", "subdomain"] {
        if !s.str(key).is_empty() {
            e.invalids(&path.child(key), s.str(key), names::dns_label(s.str(key)));
        }
    }
    scheduling::tolerations(s.list("tolerations"), &path.child("tolerations"), e);
    let hp = path.child("hostAliases");
    for (i, h) in s.list("hostAliases").iter().enumerate() {
        let p = hp.index(i);
        e.invalids(&p.child("ip"), h.str("ip"), names::ip(h.str("ip")));
        let np = p.child("hostnames");
        for (j, n) in h.list("hostnames").iter().enumerate() {
            e.invalids(&np.index(j), n.text(), names::dns_subdomain(n.text()));
        }
    }
    if !s.str("priorityClassName").is_empty() {
        e.invalids(&path.child("priorityClassName"), s.str("priorityClassName"), names::dns_subdomain(s.str("priorityClassName")));
    }
    if s.has("runtimeClassName") {
        e.invalids(&path.child("runtimeClassName"), s.str("runtimeClassName"), names::dns_subdomain(s.str("runtimeClassName")));
    }
    if s.has("preemptionPolicy") && s.str("preemptionPolicy").is_empty() {
        e.required(&path.child("preemptionPolicy"), "");
    } else if s.has("preemptionPolicy") {
        one_of(s.str("preemptionPolicy"), &path.child("preemptionPolicy"), &["PreemptLowerPriority", "Never"], e);
    }
    if s.has("overhead") {
        let limits = serde_json::json!({"limits": s.at("overhead")});
        resources::of_container(&limits, &[], &path.child("overhead"), e);
    }
    if s.has("os") {
        let name = s.at("os").str("name");
        let op = path.child("os");
        if name.is_empty() {
            e.required(&op.child("name"), "");
        } else {
            one_of(name, &op, &["linux", "windows"], e);
        }
    }
    file_volumes(s, path, e);
}

fn names_of(s: &Value, path: &Path, e: &mut Errors) {
    for key in ["serviceAccountName", "nodeName"] {
        if !s.str(key).is_empty() {
            e.invalids(&path.child(key), s.str(key), names::dns_subdomain(s.str(key)));
        }
    }
}

fn resource_claims(list: &[Value], path: &Path, e: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (i, c) in list.iter().enumerate() {
        let p = path.index(i);
        let name = c.str("name");
        if name.is_empty() {
            e.required(&p.child("name"), "");
        } else if seen.contains(name) {
            e.duplicate(&p.child("name"), name);
        } else {
            e.invalids(&p.child("name"), name, names::dns_label(name));
            seen.insert(name);
        }
        let whole = || crate::field::Plain(crate::internal::json(c, "core.PodResourceClaim"));
        match (c.has("resourceClaimName"), c.has("resourceClaimTemplateName")) {
            (true, true) => e.invalid(&p, whole(), "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"),
            (false, false) => e.invalid(&p, whole(), "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"),
            _ => {}
        }
        for key in ["resourceClaimName", "resourceClaimTemplateName"] {
            if c.has(key) {
                e.invalids(&p.child(key), c.str(key), names::dns_subdomain(c.str(key)));
            }
        }
    }
}

/// Resources of the Pod as a whole, and what they mean for its containers.
fn pod_resources(s: &Value, claims: &[&str], path: &Path, e: &mut Errors) {
    let r = s.at("resources");
    if r.is_null() {
        return;
    }
    let p = path.child("resources");
    if r.has("claims") {
        e.forbidden(&p.child("claims"), "claims may not be set for Resources at pod-level");
    }
    resources::of_pod(r, claims, &p, e);
    let Some(map) = s.as_object() else { return };
    let rp = p.child("requests");
    for (k, sum) in aggregate(map, "requests") {
        if let Some(own) = r.at("requests").get(&k)
            && sum > Quantity::of(own.text())
        {
            e.invalid(&rp.key(&k), own.text(), format!("must be greater than or equal to aggregate container requests of {sum}"));
        }
    }
    let lp = p.child("limits");
    for (k, sum) in aggregate(map, "limits") {
        if let Some(own) = r.at("limits").get(&k).filter(|_| resources::is_huge_page(&k))
            && sum > Quantity::of(own.text())
        {
            e.invalid(&lp.key(&k), own.text(), format!("must be greater than or equal to aggregate container limits of {sum}"));
        }
    }
    let cp = p.child("containers");
    for (i, c) in s.list("containers").iter().enumerate() {
        for (k, v) in c.at("resources").map("limits") {
            if let Some(own) = r.at("limits").get(k)
                && Quantity::of(v.text()) > Quantity::of(own.text())
            {
                e.invalid(&cp.index(i).key(k).child("limits"), v.text(), format!("must be less than or equal to pod limits of {}", own.text()));
            }
        }
    }
}

fn dns(s: &Value, path: &Path, e: &mut Errors) {
    let d = s.at("dnsConfig");
    let np = path.child("nameservers");
    if s.str("dnsPolicy") == "None" {
        if d.is_null() {
            e.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if d.list("nameservers").is_empty() {
            e.required(&np, "must provide at least one DNS nameserver when `dnsPolicy` is None");
            return;
        }
    }
    if d.is_null() {
        return;
    }
    if d.list("nameservers").len() > 3 {
        e.invalid(&np, d.at("nameservers"), "must not have more than 3 nameservers");
    }
    for (i, n) in d.list("nameservers").iter().enumerate() {
        e.invalids(&np.index(i), n.text(), names::ip(n.text()));
    }
    let searches = d.list("searches");
    let sp = path.child("searches");
    if searches.len() > 32 {
        e.invalid(&sp, d.at("searches"), "must not have more than 32 search paths");
    }
    let length: usize = searches.iter().map(|x| x.text().len() + 1).sum::<usize>().saturating_sub(1);
    if length > 2048 {
        e.invalid(&sp, d.at("searches"), "must not have more than 2048 characters (including spaces) in the search list");
    }
    for (i, x) in searches.iter().enumerate() {
        if x.text() != "." {
            let name = x.text().strip_suffix('.').unwrap_or(x.text());
            e.invalids(&sp.index(i), name, names::dns_search(name));
        }
    }
    let op = path.child("options");
    for (i, o) in d.list("options").iter().enumerate() {
        if o.str("name").is_empty() {
            e.required(&op.index(i), "must not be empty");
        }
    }
}

fn host_users(s: &Value, path: &Path, e: &mut Errors) {
    if s.at("hostUsers") != &Value::Bool(false) {
        return;
    }
    for (key, name) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if s.flag(key) {
            e.forbidden(&path.child(name), "when `hostUsers` is false");
        }
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let lp = path.child(list);
        for (i, c) in s.list(list).iter().enumerate() {
            if !c.list("volumeDevices").is_empty() {
                e.forbidden(&lp.index(i).child("volumeDevices"), "when `hostUsers` is false");
            }
        }
    }
}

fn hostname_override(s: &Value, path: &Path, e: &mut Errors) {
    if !s.has("hostnameOverride") {
        return;
    }
    let (p, name) = (path.child("hostnameOverride"), s.str("hostnameOverride"));
    if s.flag("setHostnameAsFQDN") {
        e.forbidden(&p, "may not be specified when setHostnameAsFQDN is true");
    }
    if s.flag("hostNetwork") {
        e.forbidden(&p, "may not be specified when hostNetwork is true");
    }
    if name.len() > 64 {
        e.too_long(&p, 64);
    }
    e.invalids(&p, name, names::dns_subdomain(name));
}

/// Volumes that environment files are read from.
fn file_volumes(s: &Value, path: &Path, e: &mut Errors) {
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let lp = path.child(list);
        for (i, c) in s.list(list).iter().enumerate() {
            let p = lp.index(i);
            let ep = p.child("env");
            for (j, v) in c.list("env").iter().enumerate() {
                let r = v.at("valueFrom").at("fileKeyRef");
                if r.is_null() {
                    continue;
                }
                let vp = ep.index(j);
                let vp = vp.child("valueFrom.fileKeyRef.volumeName");
                match s.list("volumes").iter().rev().find(|x| x.str("name") == r.str("volumeName")) {
                    None => e.not_found(&vp, r.str("volumeName"), ""),
                    Some(x) if !x.has("emptyDir") => e.invalid(&vp, r.str("volumeName"), "referenced volume must be of type emptyDir"),
                    Some(_) => {}
                }
            }
        }
    }
}
