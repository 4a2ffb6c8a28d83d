//! What controllers ask of Pods, and how they make them from templates
//! (follows pkg/api/v1/pod/util.go and pkg/controller/controller_utils.go).

use crate::{ApiServer, SimTime};
use k8s_openapi::api::core::v1::{Pod, PodCondition, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use podglass_manifest::Object;

/// `status.phase`, empty where unset.
pub(crate) fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or_default()
}

/// Whether the phase is final.
pub(crate) fn is_terminal(pod: &Pod) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

/// Whether the Pod is being deleted.
pub(crate) fn is_terminating(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

/// Neither finished nor being deleted.
pub(crate) fn is_active(pod: &Pod) -> bool {
    !is_terminal(pod) && !is_terminating(pod)
}

/// A condition of the Pod.
pub(crate) fn condition<'a>(pod: &'a Pod, kind: &str) -> Option<&'a PodCondition> {
    pod.status.as_ref()?.conditions.as_ref()?.iter().find(|c| c.type_ == kind)
}

/// Whether the condition Ready is True.
pub(crate) fn is_ready(pod: &Pod) -> bool {
    condition(pod, "Ready").is_some_and(|c| c.status == "True")
}

/// Since when the Pod has been Ready.
pub(crate) fn ready_since(pod: &Pod) -> Option<&Time> {
    condition(pod, "Ready").filter(|c| c.status == "True").and_then(|c| c.last_transition_time.as_ref())
}

/// When a ready Pod counts as available: at once, or after `minReadySeconds`; `None` while it is not ready.
pub(crate) fn available_at(api: &ApiServer, pod: &Pod, min_ready: i32) -> Option<SimTime> {
    if min_ready <= 0 {
        return is_ready(pod).then_some(SimTime::ZERO);
    }
    ready_since(pod).map(|t| moment(api, t) + min_ready as u64 * 1000)
}

/// Whether the Pod counts as available now.
pub(crate) fn is_available(api: &ApiServer, pod: &Pod, min_ready: i32) -> bool {
    available_at(api, pod, min_ready).is_some_and(|at| at <= api.now())
}

/// A time of the API as a moment of the cluster; the birth for anything before.
pub(crate) fn moment(api: &ApiServer, time: &Time) -> SimTime {
    SimTime((time.0.as_millisecond() - api.settings().epoch).max(0) as u64)
}

/// The owner that is the controller.
pub(crate) fn controller_of(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references.as_ref()?.iter().find(|r| r.controller == Some(true))
}

/// A Pod from a template. The name is `name`, or is generated from the owner's where `None`.
pub(crate) fn from_template(template: &PodTemplateSpec, owner: &Object, reference: OwnerReference, name: Option<String>) -> Pod {
    let meta = template.metadata.as_ref();
    let generate_name = name.is_none().then(|| format!("{}-", owner.name()));
    Pod {
        metadata: ObjectMeta {
            name,
            generate_name,
            namespace: Some(owner.namespace().to_owned()),
            labels: meta.and_then(|m| m.labels.clone()),
            annotations: meta.and_then(|m| m.annotations.clone()),
            finalizers: meta.and_then(|m| m.finalizers.clone()),
            owner_references: Some(vec![reference]),
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        status: None,
    }
}

/// `None` for zero: how counters that are left out of the JSON at 0 are stored.
pub(crate) fn unless_zero(n: i32) -> Option<i32> {
    Some(n).filter(|n| *n != 0)
}
