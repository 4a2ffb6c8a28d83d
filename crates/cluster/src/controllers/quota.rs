//! ResourceQuotas: what a namespace may hold (follows staging/src/k8s.io/apiserver admission resourcequota and
//! pkg/quota/v1/evaluator). Objects are counted, and the requests and limits of Pods that have not finished.

use super::Context;
use super::pods::{is_terminal, phase};
use crate::api_server::resource_name;
use crate::typed::Typed;
use crate::{ApiServer, Refusal};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, ResourceQuota, ResourceQuotaStatus, Service};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use podglass_manifest::{Kind, Object, ObjectKey, Quantity as Exact};
use std::collections::BTreeMap;

type List = BTreeMap<String, Exact>;

fn add(list: &mut List, key: impl Into<String>, value: &Exact) {
    let slot = list.entry(key.into()).or_insert(Exact::ZERO);
    *slot = slot.plus(value);
}

/// What an object takes.
fn usage(object: &Object) -> List {
    let one = Exact::integer(1);
    let mut list = List::new();
    let kind = object.kind();
    add(&mut list, format!("count/{}", resource_name(kind)), &one);
    if matches!(kind, Kind::ConfigMap | Kind::Secret | Kind::Service | Kind::PersistentVolumeClaim | Kind::ReplicationController | Kind::ResourceQuota) {
        add(&mut list, kind.plural(), &one);
    }
    match object {
        Object::Pod(pod) if !is_terminal(pod) => {
            add(&mut list, "pods", &one);
            for c in pod.spec.iter().flat_map(|s| &s.containers) {
                let r = c.resources.clone().unwrap_or_default();
                for (k, v) in r.requests.unwrap_or_default() {
                    let v = Exact::of(&v.0);
                    if matches!(k.as_str(), "cpu" | "memory" | "ephemeral-storage") {
                        add(&mut list, k.clone(), &v);
                    }
                    add(&mut list, format!("requests.{k}"), &v);
                }
                for (k, v) in r.limits.unwrap_or_default() {
                    add(&mut list, format!("limits.{k}"), &Exact::of(&v.0));
                }
            }
        }
        Object::Service(_) => {
            let spec = Service::of(object).and_then(|s| s.spec.as_ref());
            let kind = spec.and_then(|s| s.type_.as_deref()).unwrap_or_default();
            if matches!(kind, "NodePort" | "LoadBalancer") {
                let ports = spec.and_then(|s| s.ports.as_ref()).map_or(0, Vec::len) as i64;
                add(&mut list, "services.nodeports", &Exact::integer(ports));
            }
            if kind == "LoadBalancer" {
                add(&mut list, "services.loadbalancers", &one);
            }
        }
        Object::PersistentVolumeClaim(_) => {
            let spec = PersistentVolumeClaim::of(object).and_then(|c| c.spec.as_ref());
            if let Some(q) = spec.and_then(|s| s.resources.as_ref()).and_then(|r| r.requests.as_ref()).and_then(|r| r.get("storage")) {
                add(&mut list, "requests.storage", &Exact::of(&q.0));
            }
        }
        _ => {}
    }
    list
}

/// Whether a quota's scopes cover an object.
fn covers(quota: &ResourceQuota, object: &Object) -> bool {
    let Some(spec) = &quota.spec else { return false };
    let Object::Pod(pod) = object else { return spec.scopes.as_ref().is_none_or(Vec::is_empty) && spec.scope_selector.is_none() };
    let best_effort = crate::kubelet::resources::qos_class(pod) == "BestEffort";
    let deadline = pod.spec.as_ref().and_then(|s| s.active_deadline_seconds).is_some();
    let class = pod.spec.as_ref().and_then(|s| s.priority_class_name.as_deref());
    let plain = spec.scopes.iter().flatten().all(|s| match s.as_str() {
        "BestEffort" => best_effort,
        "NotBestEffort" => !best_effort,
        "Terminating" => deadline,
        "NotTerminating" => !deadline,
        "PriorityClass" => class.is_some(),
        _ => false,
    });
    plain
        && spec
            .scope_selector
            .iter()
            .flat_map(|s| s.match_expressions.iter().flatten())
            .all(|e| e.scope_name == "PriorityClass" && crate::labels::requirement(&e.operator, class, e.values.as_deref().unwrap_or_default()))
}

/// What is used of a quota.
fn used(api: &ApiServer, quota: &ResourceQuota, namespace: &str) -> List {
    let mut total = List::new();
    for kind in Kind::ALL.iter().filter(|k| k.namespaced() && **k != Kind::Event) {
        for object in api.list_in(*kind, namespace).filter(|o| covers(quota, o)) {
            for (k, v) in usage(object) {
                add(&mut total, k, &v);
            }
        }
    }
    total
}

fn text(list: &[(String, Exact)]) -> String {
    list.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
}

/// Refuses a new object that a quota has no room for.
///
/// # Errors
/// `Forbidden`.
pub(super) fn check(api: &ApiServer, object: &Object) -> Result<(), Refusal> {
    let namespace = object.namespace();
    let quotas: Vec<&ResourceQuota> = api.list_in(Kind::ResourceQuota, namespace).filter_map(|o| ResourceQuota::of(o)).filter(|q| covers(q, object)).collect();
    if quotas.is_empty() {
        return Ok(());
    }
    let wanted = usage(object);
    let forbidden =
        |message: String| Refusal { reason: "Forbidden", message: format!("{} {:?} is forbidden: {message}", resource_name(object.kind()), object.name()) };
    for quota in quotas {
        let name = quota.metadata.name.as_deref().unwrap_or_default();
        let hard = quota.spec.as_ref().and_then(|s| s.hard.clone()).unwrap_or_default();
        if let Object::Pod(pod) = object {
            let missing = unspecified(pod, &hard);
            if !missing.is_empty() {
                return Err(forbidden(format!("failed quota: {name}: must specify {}", missing.join("; "))));
            }
        }
        let concerned: Vec<&String> = hard.keys().filter(|k| wanted.contains_key(*k)).collect();
        if concerned.is_empty() {
            continue;
        }
        let now = used(api, quota, namespace);
        let (mut asked, mut have, mut limited) = (Vec::new(), Vec::new(), Vec::new());
        for k in concerned {
            let limit = Exact::of(&hard[k].0);
            let (want, has) = (wanted[k].clone(), now.get(k).cloned().unwrap_or(Exact::ZERO));
            if want.sign().is_gt() && has.plus(&want) > limit {
                asked.push((k.clone(), want));
                have.push((k.clone(), has));
                limited.push((k.clone(), limit));
            }
        }
        if !asked.is_empty() {
            return Err(forbidden(format!("exceeded quota: {name}, requested: {}, used: {}, limited: {}", text(&asked), text(&have), text(&limited))));
        }
    }
    Ok(())
}

/// `limits.cpu for: app` for every computed resource of a quota that some container leaves open.
fn unspecified(pod: &Pod, hard: &BTreeMap<String, Quantity>) -> Vec<String> {
    let mut missing = Vec::new();
    for key in hard.keys() {
        let (limits, resource) = match key.as_str() {
            "cpu" | "memory" => (false, key.as_str()),
            "requests.cpu" | "requests.memory" => (false, key.trim_start_matches("requests.")),
            "limits.cpu" | "limits.memory" => (true, key.trim_start_matches("limits.")),
            _ => continue,
        };
        let open: Vec<&str> = pod
            .spec
            .iter()
            .flat_map(|s| s.containers.iter().chain(s.init_containers.iter().flatten()))
            .filter(|c| {
                let list = c.resources.as_ref().and_then(|r| if limits { r.limits.as_ref() } else { r.requests.as_ref() });
                !list.is_some_and(|l| l.contains_key(resource))
            })
            .map(|c| c.name.as_str())
            .collect();
        if !open.is_empty() {
            missing.push(format!("{key} for: {}", open.join(",")));
        }
    }
    missing
}

/// Whether a change matters to quotas.
pub(super) fn differs(before: Option<&Object>, after: &Object, gone: bool) -> bool {
    match (before, after) {
        _ if gone => true,
        (Some(Object::Pod(a)), Object::Pod(b)) => phase(a) != phase(b),
        (Some(Object::ResourceQuota(a)), Object::ResourceQuota(b)) => a.spec != b.spec,
        (before, _) => before.is_none(),
    }
}

/// Writes what is used.
pub(super) fn sync(cx: &mut Context<'_>, key: &ObjectKey) {
    let Some(quota) = cx.api.typed::<ResourceQuota>(&key.namespace, &key.name).cloned() else { return };
    let hard = quota.spec.as_ref().and_then(|s| s.hard.clone()).unwrap_or_default();
    let now = used(cx.api, &quota, &key.namespace);
    let used: BTreeMap<String, Quantity> = hard.keys().map(|k| (k.clone(), Quantity(now.get(k).map_or_else(|| "0".to_owned(), ToString::to_string)))).collect();
    let _ = cx.api.change(key, cx.cause, |q: &mut ResourceQuota| q.status = Some(ResourceQuotaStatus { hard: Some(hard), used: Some(used) }));
}
