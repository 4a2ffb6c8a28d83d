//! LimitRanges: defaults and bounds for new Pods (follows plugin/pkg/admission/limitranger/admission.go).

use crate::{ApiServer, Refusal};
use k8s_openapi::api::core::v1::{Container, LimitRangeItem, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use podglass_manifest::{Kind, Object, Quantity as Exact, decode_json};
use std::collections::BTreeMap;

/// Amounts by resource, as objects have them.
type List = BTreeMap<String, Quantity>;

const ANNOTATION: &str = "kubernetes.io/limit-ranger";

fn items(api: &ApiServer, namespace: &str) -> Vec<Vec<LimitRangeItem>> {
    api.list_in(Kind::LimitRange, namespace)
        .filter_map(|o| if let Object::LimitRange(l) = &**o { decode_json(l.at(&["spec", "limits"])).ok() } else { None })
        .collect()
}

/// Gives containers the requests and limits they leave open.
pub(super) fn fill(api: &ApiServer, pod: &mut Pod) {
    let namespace = pod.metadata.namespace.clone().unwrap_or_default();
    for range in items(api, &namespace) {
        let (mut requests, mut limits) = (List::new(), List::new());
        for item in range.iter().filter(|i| i.type_ == "Container") {
            requests.extend(item.default_request.clone().unwrap_or_default());
            limits.extend(item.default.clone().unwrap_or_default());
        }
        let mut said = Vec::new();
        if let Some(spec) = &mut pod.spec {
            for c in &mut spec.containers {
                merge(c, "container", &requests, &limits, &mut said);
            }
            for c in spec.init_containers.iter_mut().flatten() {
                merge(c, "init container", &requests, &limits, &mut said);
            }
        }
        if !said.is_empty() {
            pod.metadata.annotations.get_or_insert_default().insert(ANNOTATION.into(), format!("LimitRanger plugin set: {}", said.join("; ")));
        }
    }
}

fn merge(container: &mut Container, what: &str, requests: &List, limits: &List, said: &mut Vec<String>) {
    let name = container.name.clone();
    let resources = container.resources.get_or_insert_default();
    let mut put = |list: &mut Option<List>, defaults: &List, word: &str| {
        let mut set = Vec::new();
        for (k, v) in defaults {
            if !list.as_ref().is_some_and(|l| l.contains_key(k)) {
                list.get_or_insert_default().insert(k.clone(), v.clone());
                set.push(k.as_str());
            }
        }
        if !set.is_empty() {
            said.push(format!("{} {word} for {what} {name}", set.join(", ")));
        }
    };
    put(&mut resources.requests, requests, "request");
    put(&mut resources.limits, limits, "limit");
}

/// Checks a Pod against the bounds.
///
/// # Errors
/// `Forbidden`, with every bound that is crossed.
pub(super) fn check(api: &ApiServer, pod: &Pod) -> Result<(), Refusal> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let mut errors = Vec::new();
    for item in items(api, namespace).into_iter().flatten() {
        let Some(spec) = &pod.spec else { continue };
        match item.type_.as_str() {
            "Container" => {
                for c in spec.containers.iter().chain(spec.init_containers.iter().flatten()) {
                    let r = c.resources.clone().unwrap_or_default();
                    bounds(&item, &r.requests.unwrap_or_default(), &r.limits.unwrap_or_default(), &mut errors);
                }
            }
            "Pod" => {
                let sum = |pick: fn(&Container) -> Option<&List>| {
                    let mut total = List::new();
                    for (k, v) in spec.containers.iter().filter_map(pick).flatten() {
                        let slot = total.entry(k.clone()).or_insert_with(|| Quantity("0".into()));
                        *slot = Quantity(Exact::of(&slot.0).plus(&Exact::of(&v.0)).to_string());
                    }
                    total
                };
                let requests = sum(|c| c.resources.as_ref()?.requests.as_ref());
                let limits = sum(|c| c.resources.as_ref()?.limits.as_ref());
                bounds(&item, &requests, &limits, &mut errors);
            }
            _ => {}
        }
    }
    let message = match errors.len() {
        0 => return Ok(()),
        1 => errors.remove(0),
        _ => format!("[{}]", errors.join(", ")),
    };
    Err(Refusal { reason: "Forbidden", message: format!("pods {:?} is forbidden: {message}", pod.metadata.name.as_deref().unwrap_or_default()) })
}

fn bounds(item: &LimitRangeItem, requests: &List, limits: &List, errors: &mut Vec<String>) {
    let of = |list: &List, k: &str| list.get(k).map(|q| Exact::of(&q.0));
    let kind = &item.type_;
    for (k, bound) in item.min.iter().flatten() {
        let least = Exact::of(&bound.0);
        match (of(requests, k), of(limits, k)) {
            (None, _) => errors.push(format!("minimum {k} usage per {kind} is {least}.  No request is specified")),
            (Some(r), _) if r < least => errors.push(format!("minimum {k} usage per {kind} is {least}, but request is {r}")),
            (_, Some(l)) if l < least => errors.push(format!("minimum {k} usage per {kind} is {least}, but limit is {l}")),
            _ => {}
        }
    }
    for (k, bound) in item.max.iter().flatten() {
        let most = Exact::of(&bound.0);
        match (of(requests, k), of(limits, k)) {
            (_, None) => errors.push(format!("maximum {k} usage per {kind} is {most}.  No limit is specified")),
            (_, Some(l)) if l > most => errors.push(format!("maximum {k} usage per {kind} is {most}, but limit is {l}")),
            (Some(r), _) if r > most => errors.push(format!("maximum {k} usage per {kind} is {most}, but request is {r}")),
            _ => {}
        }
    }
    for (k, bound) in item.max_limit_request_ratio.iter().flatten() {
        let most = Exact::of(&bound.0);
        let values = of(requests, k).filter(|r| r.sign().is_gt()).zip(of(limits, k).filter(|l| l.sign().is_gt()));
        let Some((r, l)) = values else {
            let missing = if of(requests, k).is_none_or(|r| !r.sign().is_gt()) { "request" } else { "limit" };
            errors.push(format!("{k} max limit to request ratio per {kind} is {most}, but no {missing} is specified or {missing} is 0"));
            continue;
        };
        let ratio = l.milli_value() as f64 / r.milli_value() as f64;
        if ratio > most.milli_value() as f64 / 1000.0 {
            errors.push(format!("{k} max limit to request ratio per {kind} is {most}, but provided ratio is {ratio:.6}"));
        }
    }
}
