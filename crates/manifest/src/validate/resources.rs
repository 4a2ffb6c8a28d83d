//! Resource requirements: names, quantities, requests against limits.

use serde_json::Value;

use crate::field::{Errors, Path, Plain};
use crate::go::quote;
use crate::quantity::Quantity;
use crate::value::ValueExt;

use super::names;

pub(super) fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// A resource without a group of its own.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn overcommit(name: &str) -> bool {
    is_native(name) && !is_huge_page(name)
}

const CONTAINER: &[&str] = &["cpu", "memory", "ephemeral-storage"];
pub(super) const QUOTA: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];
const STANDARD: &[&str] = &["storage"];

fn is_standard(name: &str) -> bool {
    CONTAINER.contains(&name) || QUOTA.contains(&name) || STANDARD.contains(&name) || is_huge_page(name) || name.starts_with("requests.hugepages-")
}

/// The rules of any resource's name. Gives whether it is good.
pub(super) fn resource_name(name: &str, path: &Path, e: &mut Errors) -> bool {
    let wrong = names::qualified_name(name);
    if !wrong.is_empty() {
        e.invalids(path, name, wrong);
        return false;
    }
    if !name.contains('/') && !is_standard(name) {
        e.invalid(path, name, "must be a standard resource type or fully qualified");
        return false;
    }
    true
}

/// The name of a resource in a quota.
pub(super) fn quota_name(name: &str, path: &Path, e: &mut Errors) {
    resource_name(name, path, e);
    if !name.contains('/') && !QUOTA.contains(&name) && !is_huge_page(name) && !name.starts_with("requests.hugepages-") {
        e.invalid(path, name, "must be a standard resource for quota");
    }
}

/// The name of a resource of a container.
pub(super) fn container_name(name: &str, path: &Path, e: &mut Errors) {
    resource_name(name, path, e);
    if !name.contains('/') {
        if !CONTAINER.contains(&name) && !is_huge_page(name) {
            e.invalid(path, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && (name.starts_with("requests.") || !names::qualified_name(&format!("requests.{name}")).is_empty()) {
        e.invalid(path, name, "doesn't follow extended resource name standard");
    }
}

fn pod_name(name: &str, path: &Path, e: &mut Errors) {
    if resource_name(name, path, e) && !matches!(name, "cpu" | "memory") && !is_huge_page(name) {
        e.unsupported(path, name, &["cpu", "hugepages-", "memory"]);
    }
}

/// The rules of an amount.
pub(super) fn amount(name: &str, q: &Quantity, path: &Path, e: &mut Errors) {
    if q.sign().is_lt() {
        e.invalid(path, q.to_string(), "must be greater than or equal to 0");
    }
    let integral = matches!(
        name,
        "pods"
            | "resourcequotas"
            | "services"
            | "replicationcontrollers"
            | "secrets"
            | "configmaps"
            | "persistentvolumeclaims"
            | "services.nodeports"
            | "services.loadbalancers"
    ) || !is_native(name);
    if integral && q.milli_value() % 1000 != 0 {
        e.invalid(path, Plain(quote(&q.to_string())), "must be an integer");
    }
}

fn huge_page_size(name: &str, q: &Quantity, path: &Path, e: &mut Errors) {
    let size = Quantity::of(name.strip_prefix("hugepages-").unwrap_or_default()).value();
    if size > 0 && q.value() % size != 0 || q.value() <= 0 {
        e.invalid(path, q.to_string(), format!("{q} is not positive integer multiple of {name}"));
    }
}

/// The resources of a container.
pub(super) fn of_container(r: &Value, claims: &[&str], path: &Path, e: &mut Errors) {
    requirements(r, container_name, claims, path, e);
}

/// The resources of a Pod as a whole.
pub(super) fn of_pod(r: &Value, claims: &[&str], path: &Path, e: &mut Errors) {
    requirements(r, pod_name, claims, path, e);
}

fn requirements(r: &Value, check: fn(&str, &Path, &mut Errors), claims: &[&str], path: &Path, e: &mut Errors) {
    let (limits, requests) = (path.child("limits"), path.child("requests"));
    let (mut compute, mut huge) = (false, false);
    for (name, v) in r.map("limits") {
        let p = limits.key(name);
        let q = Quantity::of(v.text());
        check(name, &p, e);
        amount(name, &q, &p, e);
        if is_huge_page(name) {
            huge = true;
            huge_page_size(name, &q, &p, e);
        }
        compute |= matches!(name.as_str(), "cpu" | "memory");
    }
    for (name, v) in r.map("requests") {
        let p = requests.key(name);
        let q = Quantity::of(v.text());
        check(name, &p, e);
        amount(name, &q, &p, e);
        match r.at("limits").get(name) {
            Some(l) => {
                let l = Quantity::of(l.text());
                if q != l && !overcommit(name) {
                    e.invalid(&requests, q.to_string(), format!("must be equal to {name} limit of {l}"));
                } else if q > l {
                    e.invalid(&requests, q.to_string(), format!("must be less than or equal to {name} limit of {l}"));
                }
            }
            None if !overcommit(name) => e.required(&limits, "Limit must be set for non overcommitable resources"),
            None => {}
        }
        if is_huge_page(name) {
            huge = true;
            huge_page_size(name, &q, &p, e);
        }
        compute |= matches!(name.as_str(), "cpu" | "memory");
    }
    if huge && !compute {
        e.forbidden(path, "HugePages require cpu or memory");
    }
    claim_names(r.list("claims"), claims, &path.child("claims"), e);
}

fn claim_names(used: &[Value], known: &[&str], path: &Path, e: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for (i, c) in used.iter().enumerate() {
        let p = path.index(i);
        let name = c.str("name");
        if name.is_empty() {
            e.required(&p, "");
            continue;
        }
        let key = if c.str("request").is_empty() { name.to_owned() } else { format!("{name}/{}", c.str("request")) };
        if seen.iter().any(|s| s == name || *s == key || (c.str("request").is_empty() && s.split('/').next() == Some(name))) {
            e.duplicate(&p, name);
        } else {
            seen.push(key);
        }
        if !known.contains(&name) {
            let mut sorted = known.to_vec();
            sorted.sort_unstable();
            let detail = if known.is_empty() {
                "must be one of the names in pod.spec.resourceClaims which is empty".to_owned()
            } else {
                format!("must be one of the names in pod.spec.resourceClaims: {}", sorted.join(", "))
            };
            e.not_found(&p, name, &detail);
        }
    }
}
