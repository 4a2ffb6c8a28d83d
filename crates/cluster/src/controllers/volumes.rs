//! PersistentVolumeClaims and the volumes they bind to (follows pkg/controller/volume/persistentvolume/pv_controller.go).
//! Nothing is provisioned: a claim binds to a PersistentVolume that is there and fits, or waits.

use super::Context;
use super::garbage::strip;
use crate::quantity::whole;
use crate::typed::Typed;
use crate::{ApiServer, api_server::object_reference};
use k8s_openapi::api::core::v1::{ObjectReference, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use podglass_manifest::{Kind, Object, ObjectKey};

const COMPONENT: &str = "persistentvolume-controller";

/// The claims that a change of a claim or volume concerns.
pub(super) fn claims_to_look_at(api: &ApiServer, object: &Object) -> Vec<ObjectKey> {
    match object {
        Object::PersistentVolumeClaim(_) => vec![object.key()],
        _ => api.list(Kind::PersistentVolumeClaim).filter(|o| PersistentVolumeClaim::of(o).is_some_and(|c| !is_bound(c))).map(|o| o.key()).collect(),
    }
}

fn is_bound(claim: &PersistentVolumeClaim) -> bool {
    claim.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Bound")
}

fn class(claim: &PersistentVolumeClaim) -> &str {
    claim.spec.as_ref().and_then(|s| s.storage_class_name.as_deref()).unwrap_or_default()
}

/// Whether a claim's StorageClass binds only when a Pod is scheduled.
pub(crate) fn waits_for_consumer(api: &ApiServer, claim: &PersistentVolumeClaim) -> bool {
    matches!(api.get(Kind::StorageClass, "", class(claim)).map(|o| &**o), Some(Object::StorageClass(c)) if c.at(&["volumeBindingMode"]).as_str() == Some("WaitForFirstConsumer"))
}

fn fits(volume: &PersistentVolume, claim: &PersistentVolumeClaim, key: &ObjectKey, uid: &str) -> bool {
    let (Some(v), Some(c)) = (&volume.spec, &claim.spec) else { return false };
    let reserved = v
        .claim_ref
        .as_ref()
        .is_none_or(|r| r.name.as_deref() == Some(&key.name) && r.namespace.as_deref() == Some(&key.namespace) && r.uid.as_deref().is_none_or(|u| u == uid));
    let asked = c.volume_name.as_deref().filter(|n| !n.is_empty()).is_none_or(|n| volume.metadata.name.as_deref() == Some(n));
    let modes = c.access_modes.iter().flatten().all(|m| v.access_modes.iter().flatten().any(|x| x == m));
    let wanted = c.resources.as_ref().and_then(|r| r.requests.as_ref()).and_then(|r| r.get("storage")).map_or(0, whole);
    let there = v.capacity.as_ref().and_then(|r| r.get("storage")).map_or(0, whole);
    let mode = |m: &Option<String>| m.clone().unwrap_or_else(|| "Filesystem".into());
    let labels = c.selector.as_ref().is_none_or(|s| crate::labels::matches(s, volume.metadata.labels.as_ref()));
    reserved
        && asked
        && modes
        && labels
        && wanted <= there
        && mode(&v.volume_mode) == mode(&c.volume_mode)
        && v.storage_class_name.as_deref().unwrap_or_default() == class(claim)
        && volume.metadata.deletion_timestamp.is_none()
}

/// A volume comes into another phase.
fn enter(volume: &mut PersistentVolume, phase: &str, now: &Time) {
    let status = volume.status.get_or_insert_default();
    (status.phase, status.last_phase_transition_time) = (Some(phase.into()), Some(now.clone()));
}

/// Looks at a claim.
pub(super) fn sync(cx: &mut Context<'_>, key: &ObjectKey) {
    let Some(object) = cx.api.find(key).cloned() else { return };
    let Some(claim) = PersistentVolumeClaim::of(&object) else { return };
    let volumes: Vec<ObjectKey> = cx.api.list(Kind::PersistentVolume).map(|o| o.key()).collect();
    let now = cx.api.timestamp();
    for volume in volumes {
        let _ = cx.api.change(&volume, cx.cause, |v: &mut PersistentVolume| {
            if v.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Pending") {
                enter(v, "Available", &now);
            }
        });
    }
    if is_bound(claim) || claim.metadata.deletion_timestamp.is_some() {
        return;
    }
    let mut found: Vec<(i128, ObjectKey)> = cx
        .api
        .list(Kind::PersistentVolume)
        .filter_map(|o| PersistentVolume::of(o).map(|v| (o, v)))
        .filter(|(_, v)| fits(v, claim, key, object.uid()))
        .map(|(o, v)| (v.spec.as_ref().and_then(|s| s.capacity.as_ref()).and_then(|c| c.get("storage")).map_or(0, whole), o.key()))
        .collect();
    found.sort();
    let Some((_, chosen)) = found.into_iter().next() else {
        let (reason, message) = if waits_for_consumer(cx.api, claim) {
            ("WaitForFirstConsumer", "waiting for first consumer to be created before binding".to_owned())
        } else if class(claim).is_empty() {
            ("FailedBinding", "no persistent volumes available for this claim and no storage class is set".to_owned())
        } else if cx.api.get(Kind::StorageClass, "", class(claim)).is_none() {
            let message = format!("storageclass.storage.k8s.io {:?} not found", class(claim));
            return cx.warning(&object, COMPONENT, "ProvisioningFailed", &message);
        } else {
            return;
        };
        return cx.normal(&object, COMPONENT, reason, &message);
    };
    let reference = ObjectReference { field_path: None, ..object_reference(&object) };
    let mut capacity = None;
    let _ = cx.api.change(&chosen, cx.cause, |v: &mut PersistentVolume| {
        if let Some(spec) = &mut v.spec {
            spec.claim_ref = Some(reference);
            capacity.clone_from(&spec.capacity);
        }
        enter(v, "Bound", &now);
    });
    let _ = cx.api.change(key, cx.cause, |c: &mut PersistentVolumeClaim| {
        c.metadata.annotations.get_or_insert_default().insert("pv.kubernetes.io/bind-completed".into(), "yes".into());
        let modes = c.spec.as_mut().and_then(|s| {
            s.volume_name = Some(chosen.name.clone());
            s.access_modes.clone()
        });
        let status = c.status.get_or_insert_default();
        status.phase = Some("Bound".into());
        status.access_modes = modes;
        status.capacity = capacity;
    });
}

/// Lets a claim or volume go that is being deleted and not in use any more.
pub(super) fn release(cx: &mut Context<'_>, object: &Object) {
    let key = object.key();
    match object {
        Object::PersistentVolumeClaim(_) => {
            let uses = |o: &Object| {
                Pod::of(o)
                    .and_then(|p| p.spec.as_ref())
                    .is_some_and(|s| s.volumes.iter().flatten().any(|v| v.persistent_volume_claim.as_ref().is_some_and(|c| c.claim_name == key.name)))
            };
            let used = cx.api.list_in(Kind::Pod, &key.namespace).any(|o| uses(o) && Pod::of(o).is_some_and(|p| !super::pods::is_terminal(p)));
            if used {
                return cx.again(&key, 1000);
            }
            strip(cx, &key, "kubernetes.io/pvc-protection");
            let volume = PersistentVolumeClaim::of(object).and_then(|c| c.spec.as_ref()).and_then(|s| s.volume_name.clone());
            if let Some(name) = volume {
                let volume = ObjectKey { kind: Kind::PersistentVolume, namespace: String::new(), name };
                let mut delete = false;
                let now = cx.api.timestamp();
                let _ = cx.api.change(&volume, cx.cause, |v: &mut PersistentVolume| {
                    delete = v.spec.as_ref().and_then(|s| s.persistent_volume_reclaim_policy.as_deref()) == Some("Delete");
                    enter(v, "Released", &now);
                });
                if delete {
                    let _ = cx.api.remove(&volume, cx.cause);
                }
            }
        }
        Object::PersistentVolume(v) if v.status.as_ref().and_then(|s| s.phase.as_deref()) != Some("Bound") => strip(cx, &key, "kubernetes.io/pv-protection"),
        _ => {}
    }
}
