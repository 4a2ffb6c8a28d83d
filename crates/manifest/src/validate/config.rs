//! ConfigMaps, Secrets, Namespaces, quotas, limits, Endpoints, EndpointSlices.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::field::{Errors, Path, Plain};
use crate::go;
use crate::quantity::Quantity;
use crate::value::ValueExt;

use super::fields::{self, one_of};
use super::{metadata, names, resources};

const MAX: usize = 1 << 20;
const FROZEN: &str = "field is immutable when `immutable` is set";

fn size_of_base64(v: &Value) -> usize {
    v.text().len() / 4 * 3 - v.text().bytes().rev().take_while(|b| *b == b'=').count().min(v.text().len() / 4 * 3)
}

/// A ConfigMap's data.
pub(super) fn config_map(o: &Value, e: &mut Errors) {
    let (data, binary) = (o.map("data"), o.map("binaryData"));
    let (dp, bp) = (Path::new("data"), Path::new("binaryData"));
    let mut size = 0;
    for (k, v) in data {
        e.invalids(&dp.key(k), k, names::config_key(k));
        if binary.contains_key(k) {
            e.invalid(&dp.key(k), k.as_str(), "duplicate of key present in binaryData");
        }
        size += v.text().len();
    }
    for (k, v) in binary {
        e.invalids(&bp.key(k), k, names::config_key(k));
        size += size_of_base64(v);
    }
    if size > MAX {
        e.too_long(&Path::new("[]"), MAX);
    }
}

/// A Secret's data.
pub(super) fn secret(o: &Value, e: &mut Errors) {
    let (data, dp) = (o.map("data"), Path::new("data"));
    let mut size = 0;
    for (k, v) in data {
        e.invalids(&dp.key(k), k, names::config_key(k));
        size += size_of_base64(v);
    }
    if size > MAX {
        e.too_long(&dp, MAX);
    }
    let json = |key: &str, e: &mut Errors| match data.get(key) {
        None => e.required(&dp.key(key), ""),
        Some(v) => {
            let bytes = go::base64(v.text()).unwrap_or_default();
            if let Err(m) = go_json(&bytes) {
                e.invalid(&dp.key(key), "<secret contents redacted>", m);
            }
        }
    };
    match o.str("type") {
        "kubernetes.io/service-account-token" => {
            const KEY: &str = "kubernetes.io/service-account.name";
            if o.at("metadata").at("annotations").str(KEY).is_empty() {
                e.required(&Path::new("metadata.annotations").key(KEY), "");
            }
        }
        "kubernetes.io/dockercfg" => json(".dockercfg", e),
        "kubernetes.io/dockerconfigjson" => json(".dockerconfigjson", e),
        "kubernetes.io/basic-auth" if !data.contains_key("username") && !data.contains_key("password") => {
            e.required(&dp.key("username"), "");
            e.required(&dp.key("password"), "");
        }
        "kubernetes.io/ssh-auth" if data.get("ssh-privatekey").is_none_or(|v| v.text().is_empty()) => {
            e.required(&dp.key("ssh-privatekey"), "");
        }
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"] {
                if !data.contains_key(key) {
                    e.required(&dp.key(key), "");
                }
            }
        }
        _ => {}
    }
}

/// Whether bytes are a JSON object, with Go's words.
fn go_json(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(_) | Value::Null) => Ok(()),
        Ok(other) => {
            let what = match other {
                Value::Array(_) => "array",
                Value::String(_) => "string",
                Value::Bool(_) => "bool",
                _ => "number",
            };
            Err(format!("json: cannot unmarshal {what} into Go value of type map[string]interface {{}}"))
        }
        Err(_) => Err(crate::client::json_error(&text)),
    }
}

/// A changed ConfigMap or Secret that may be frozen.
pub(super) fn frozen(new: &Value, old: &Value, keys: &[&str], e: &mut Errors) {
    if !old.flag("immutable") {
        return;
    }
    if !new.flag("immutable") {
        e.forbidden(&Path::new("immutable"), FROZEN);
    }
    for key in keys {
        if new.map(key) != old.map(key) {
            e.forbidden(&Path::new(key), FROZEN);
        }
    }
}

/// A ResourceQuota's spec.
pub(super) fn quota(o: &Value, e: &mut Errors) {
    let (s, path) = (o.at("spec"), Path::new("spec"));
    let hp = path.child("hard");
    for (k, v) in s.map("hard") {
        let p = hp.key(k);
        resources::quota_name(k, &p, e);
        resources::amount(k, &Quantity::of(v.text()), &p, e);
    }
    let known = ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass"];
    let sp = path.child("scopes");
    let scopes: BTreeSet<&str> = s.list("scopes").iter().map(ValueExt::text).collect();
    for scope in s.list("scopes") {
        if !known.contains(&scope.text()) {
            e.invalid(&sp, s.at("scopes"), "unsupported scope");
        }
        for _ in s.map("hard").keys().filter(|k| !scoped(scope.text(), k)) {
            e.invalid(&sp, s.at("scopes"), "unsupported scope applied to resource");
        }
    }
    for (a, b) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if scopes.contains(a) && scopes.contains(b) {
            e.invalid(&sp, s.at("scopes"), "conflicting scopes");
        }
    }
    let mp = path.child("scopeSelector.matchExpressions");
    for r in s.at("scopeSelector").list("matchExpressions") {
        let scope = r.str("scopeName");
        if !known.contains(&scope) {
            e.invalid(&mp.child("scopeName"), scope, "unsupported scope");
        }
        for _ in s.map("hard").keys().filter(|k| !scoped(scope, k)) {
            e.invalid(&mp, Plain(crate::internal::json(s.at("scopeSelector"), "core.ScopeSelector")), "unsupported scope applied to resource");
        }
        let (operator, values) = (r.str("operator"), r.list("values"));
        if matches!(scope, "BestEffort" | "NotBestEffort" | "Terminating" | "NotTerminating" | "CrossNamespacePodAffinity") && operator != "Exists" {
            e.invalid(&mp.child("operator"), operator, "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
        }
        match operator {
            "In" | "NotIn" => {
                if values.is_empty() {
                    e.required(&mp.child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
                }
            }
            "Exists" | "DoesNotExist" => {
                if !values.is_empty() {
                    e.invalid(&mp.child("values"), r.at("values"), "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
                }
            }
            other => e.invalid(&mp.child("operator"), other, "not a valid selector operator"),
        }
    }
}

/// Whether a scope can be counted for a resource of a quota; for names the server does not know it can.
fn scoped(scope: &str, resource: &str) -> bool {
    const COMPUTE: &[&str] = &["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
    let fits = match scope {
        "Terminating" | "NotTerminating" | "NotBestEffort" | "PriorityClass" | "CrossNamespacePodAffinity" => resource == "pods" || COMPUTE.contains(&resource),
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => matches!(resource, "persistentvolumeclaims" | "requests.storage"),
        _ => true,
    };
    fits || !resources::QUOTA.contains(&resource)
}

/// A LimitRange's spec.
pub(super) fn limits(o: &Value, e: &mut Errors) {
    let path = Path::new("spec.limits");
    let mut seen = BTreeSet::new();
    for (i, l) in o.at("spec").list("limits").iter().enumerate() {
        let p = path.index(i);
        let ty = l.str("type");
        let tp = p.child("type");
        let wrong = names::qualified_name(ty);
        if !wrong.is_empty() {
            e.invalids(&tp, ty, wrong);
        } else if !ty.contains('/') && !matches!(ty, "Pod" | "Container" | "PersistentVolumeClaim") {
            e.invalid(&tp, ty, "must be a standard limit type or fully qualified");
        }
        if !seen.insert(ty) {
            e.duplicate(&tp, ty);
        }
        one_limit(l, ty, &p, e);
    }
}

fn one_limit(l: &Value, ty: &str, p: &Path, e: &mut Errors) {
    let mut all: BTreeMap<&str, BTreeMap<&str, Quantity>> = BTreeMap::new();
    let mut keys: BTreeSet<&str> = BTreeSet::new();
    for which in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        let wp = p.child(which);
        if ty == "Pod" && which.starts_with("default") {
            if !l.map(which).is_empty() {
                e.forbidden(&wp, "may not be specified when `type` is 'Pod'");
            }
            continue;
        }
        for (k, v) in l.map(which) {
            let kp = wp.key(k);
            if matches!(ty, "Pod" | "Container") {
                resources::container_name(k, &kp, e);
            } else {
                resources::resource_name(k, &kp, e);
            }
            keys.insert(k);
            all.entry(which).or_default().insert(k, Quantity::of(v.text()));
        }
        if which == "defaultRequest" && ty == "PersistentVolumeClaim" && !l.map("min").contains_key("storage") && !l.map("max").contains_key("storage") {
            e.required(&p.child("limits"), "either minimum or maximum storage value is required, but neither was provided");
        }
    }
    let q = |which: &str, k: &str| all.get(which).and_then(|m| m.get(k));
    let shown = |q: &Quantity| Plain(go::quote(&q.to_string()));
    for k in keys {
        let (min, max, default, request, ratio) = (q("min", k), q("max", k), q("default", k), q("defaultRequest", k), q("maxLimitRequestRatio", k));
        let (np, dp, rp, xp) = (p.child("min"), p.child("default"), p.child("defaultRequest"), p.child("maxLimitRequestRatio"));
        if let (Some(a), Some(b)) = (min, max)
            && a > b
        {
            e.invalid(&np.key(k), shown(a), format!("min value {a} is greater than max value {b}"));
        }
        if let Some(r) = request {
            if let Some(m) = min.filter(|m| *m > r) {
                e.invalid(&rp.key(k), shown(r), format!("min value {m} is greater than default request value {r}"));
            }
            if let Some(m) = max.filter(|m| r > *m) {
                e.invalid(&rp.key(k), shown(r), format!("default request value {r} is greater than max value {m}"));
            }
            if let Some(d) = default.filter(|d| r > *d) {
                e.invalid(&rp.key(k), shown(r), format!("default request value {r} is greater than default limit value {d}"));
            }
        }
        if let Some(d) = default {
            if let Some(m) = min.filter(|m| *m > d) {
                e.invalid(&dp.key(k), shown(m), format!("min value {m} is greater than default value {d}"));
            }
            if let Some(m) = max.filter(|m| d > *m) {
                e.invalid(&dp.key(k), shown(m), format!("default value {d} is greater than max value {m}"));
            }
        }
        if let Some(r) = ratio.filter(|r| **r < Quantity::integer(1)) {
            e.invalid(&xp.key(k), shown(r), format!("ratio {r} is less than 1"));
        }
        if let (Some(r), Some(min), Some(max)) = (ratio, min, max) {
            let small = [r, min, max].iter().all(|q| q.value() < i64::MAX / 1000);
            let number = |q: &Quantity| if small { q.milli_value() as f64 / 1000.0 } else { q.value() as f64 };
            let limit = number(max) / number(min);
            if number(r) > limit {
                e.invalid(&xp.key(k), shown(r), format!("ratio {r} is greater than max/min = {limit:.6}"));
            }
        }
        if !k.starts_with("requests.")
            && (k.contains('/') || k.starts_with("hugepages-"))
            && let (Some(d), Some(r)) = (default, request)
            && d != r
        {
            e.invalid(&rp.key(k), shown(r), format!("default value {d} must equal to defaultRequest value {r} in {k}"));
        }
    }
}

/// Endpoints.
pub(super) fn endpoints(o: &Value, e: &mut Errors) {
    let path = Path::new("subsets");
    for (i, s) in o.list("subsets").iter().enumerate() {
        let p = path.index(i);
        if s.list("addresses").is_empty() && s.list("notReadyAddresses").is_empty() {
            e.required(&p, "must specify `addresses` or `notReadyAddresses`");
        }
        for key in ["addresses", "notReadyAddresses"] {
            let ap = p.child(key);
            for (j, a) in s.list(key).iter().enumerate() {
                let p = ap.index(j);
                let ip = p.child("ip");
                e.invalids(&ip, a.str("ip"), names::ip(a.str("ip")));
                if !a.str("hostname").is_empty() {
                    e.invalids(&p.child("hostname"), a.str("hostname"), names::dns_label(a.str("hostname")));
                }
                if a.has("nodeName") {
                    e.invalids(&p.child("nodeName"), a.str("nodeName"), names::dns_subdomain(a.str("nodeName")));
                }
                e.invalids(&ip, a.str("ip"), names::endpoint_ip(a.str("ip")));
            }
        }
        let pp = p.child("ports");
        let ports = s.list("ports");
        for (j, port) in ports.iter().enumerate() {
            let p = pp.index(j);
            if port.str("name").is_empty() {
                if ports.len() > 1 {
                    e.required(&p.child("name"), "");
                }
            } else {
                e.invalids(&p.child("name"), port.str("name"), names::dns_label(port.str("name")));
            }
            fields::port(&port.int("port").unwrap_or(0).into(), &p.child("port"), e);
            one_of(port.str("protocol"), &p.child("protocol"), &["SCTP", "TCP", "UDP"], e);
            app_protocol(port, &p, e);
        }
    }
}

fn app_protocol(port: &Value, p: &Path, e: &mut Errors) {
    if port.has("appProtocol") {
        e.invalids(&p.child("appProtocol"), port.str("appProtocol"), names::qualified_name(port.str("appProtocol")));
    }
}

fn hints(x: &Value, p: &Path, e: &mut Errors) {
    for (key, check) in [("forZones", names::label_value as fn(&str) -> Vec<String>), ("forNodes", names::dns_subdomain)] {
        let hp = p.child(key);
        let list = x.at("hints").list(key);
        if list.len() > 8 {
            e.too_many(&hp, list.len(), 8);
            return;
        }
        for (i, h) in list.iter().enumerate() {
            let (ip, name) = (hp.index(i), h.str("name"));
            if list.iter().take(i).any(|o| o.str("name") == name) {
                e.duplicate(&ip.child("name"), name);
            }
            e.invalids(&ip.child("name"), name, check(name));
        }
    }
}

/// An EndpointSlice.
pub(super) fn slice(o: &Value, e: &mut Errors) {
    let ty = o.str("addressType");
    let tp = Path::new("addressType");
    let pp = Path::new("ports");
    let mut seen = BTreeSet::new();
    for (i, port) in o.list("ports").iter().enumerate() {
        let p = pp.index(i);
        let name = port.str("name");
        if !name.is_empty() {
            e.invalids(&p.child("name"), name, names::dns_label(name));
        }
        if !seen.insert(name) {
            e.duplicate(&p.child("name"), name);
        }
        one_of(port.str("protocol"), &p.child("protocol"), &["SCTP", "TCP", "UDP"], e);
        app_protocol(port, &p, e);
    }
    let path = Path::new("endpoints");
    for (i, x) in o.list("endpoints").iter().enumerate() {
        let p = path.index(i);
        let ap = p.child("addresses");
        if x.list("addresses").is_empty() {
            e.late_required(&ap);
        }
        for (j, a) in x.list("addresses").iter().enumerate() {
            let (a, ip) = (a.text(), ap.index(j));
            match ty {
                "IPv4" | "IPv6" => {
                    let wrong = names::ip(a);
                    if !wrong.is_empty() {
                        e.invalids(&ip, a, wrong);
                        continue;
                    }
                    if names::is_ipv6(a) != (ty == "IPv6") {
                        e.invalid(&ap, a, format!("must be an {ty} address"));
                    }
                    e.invalids(&ip, a, names::endpoint_ip(a));
                }
                "FQDN" => e.invalids(&ip, a, names::dns_subdomain(a)),
                _ => {}
            }
        }
        if x.has("nodeName") {
            e.invalids(&p.child("nodeName"), x.str("nodeName"), names::dns_subdomain(x.str("nodeName")));
        }
        if x.has("hostname") {
            e.invalids(&p.child("hostname"), x.str("hostname"), names::dns_label(x.str("hostname")));
        }
        hints(x, &p.child("hints"), e);
    }
    if ty.is_empty() {
        e.late_required(&tp);
    } else {
        one_of(ty, &tp, &["FQDN", "IPv4", "IPv6"], e);
    }
}

/// A Node's taints and addresses.
pub(super) fn node(o: &Value, e: &mut Errors) {
    let s = o.at("spec");
    let tp = Path::new("metadata.taints");
    let taints = s.list("taints");
    for (i, t) in taints.iter().enumerate() {
        let p = tp.index(i);
        let (key, value, effect) = (t.str("key"), t.str("value"), t.str("effect"));
        e.invalids(&p.child("key"), key, names::qualified_name(key));
        let wrong = names::label_value(value);
        if !wrong.is_empty() {
            e.invalid(&p.child("value"), value, wrong.join(";"));
        }
        if effect.is_empty() {
            e.required(&p.child("effect"), "");
        } else {
            one_of(effect, &p.child("effect"), &["NoSchedule", "PreferNoSchedule", "NoExecute"], e);
        }
        if taints.iter().take(i).any(|o| o.str("key") == key && o.str("effect") == effect) {
            e.duplicate_with(&p, Plain(crate::internal::json(t, "core.Taint")), "taints must be unique by key and effect pair");
        }
    }
    let cp = Path::new("spec.podCIDRs");
    let all = s.list("podCIDRs");
    for (i, c) in all.iter().enumerate() {
        e.invalids(&cp.index(i), c.text(), names::cidr(c.text()));
    }
    let v6 = |c: &Value| c.text().contains(':');
    if all.len() > 2 || (all.len() == 2 && all.first().map(v6) == all.get(1).map(v6)) {
        e.invalid(&cp, s.at("podCIDRs"), "may specify no more than one CIDR for each IP family");
    }
}

/// A Namespace's finalizers.
pub(super) fn namespace(o: &Value, e: &mut Errors) {
    metadata::create(o.at("metadata"), names::dns_label, false, e);
    let p = Path::new("spec.finalizers");
    for f in o.at("spec").list("finalizers") {
        e.invalids(&p, f.text(), names::qualified_name(f.text()));
        if !f.text().contains('/') && !matches!(f.text(), "kubernetes" | "orphan" | "foregroundDeletion") {
            e.invalid(&p, f.text(), "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
}
