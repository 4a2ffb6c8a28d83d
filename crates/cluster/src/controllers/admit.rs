//! What the API server itself fills in or refuses for kinds of the controllers when an object is written
//! (follows the strategies in pkg/registry).

use crate::network::allocate;
use crate::typed::Typed;
use crate::{ApiServer, Refusal};
use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetStatus, DeploymentStatus, ReplicaSetStatus, StatefulSetStatus};
use k8s_openapi::api::batch::v1::{CronJobStatus, JobStatus};
use k8s_openapi::api::core::v1::{ReplicationControllerStatus, Service};
use podglass_manifest::{Object, OtherObject};
use serde_json::{Value, json};

const GENERATION: &str = "deprecated.daemonset.template.generation";

/// Cluster addresses and node ports of Services, selector and labels of Jobs, finalizers, first statuses; what
/// LimitRanges fill in, and what they and quotas refuse.
/// Called after defaults, before validation.
///
/// # Errors
/// With the API server's words.
pub(crate) fn admit(api: &mut ApiServer, object: &mut Object, before: Option<&Object>) -> Result<(), Refusal> {
    if let Object::Service(service) = object {
        allocate(api, service, before.and_then(Service::of))?;
    }
    if let Object::DaemonSet(set) = object {
        let old = before.and_then(DaemonSet::of);
        let number = old.and_then(|o| o.metadata.annotations.as_ref()?.get(GENERATION)?.parse::<i64>().ok()).unwrap_or(0);
        let number = number + i64::from(old.is_none_or(|o| o.spec.template != set.spec.template));
        set.metadata.annotations.get_or_insert_default().insert(GENERATION.into(), number.to_string());
    }
    if before.is_some() {
        return Ok(());
    }
    if let Object::Pod(pod) = object {
        super::limits::fill(api, pod);
        super::limits::check(api, pod)?;
    }
    super::quota::check(api, object)?;
    match object {
        Object::Deployment(d) => d.status = Some(DeploymentStatus::default()),
        Object::ReplicaSet(s) => s.status = Some(ReplicaSetStatus::default()),
        Object::ReplicationController(c) => c.status = Some(ReplicationControllerStatus::default()),
        Object::StatefulSet(s) => s.status = Some(StatefulSetStatus { available_replicas: Some(0), ..StatefulSetStatus::default() }),
        Object::DaemonSet(s) => s.status = Some(DaemonSetStatus::default()),
        Object::CronJob(c) => c.status = Some(CronJobStatus::default()),
        Object::Job(job) => {
            let uid = api.new_uid();
            super::job::label(job, &uid);
            job.metadata.uid = Some(uid);
            job.status = Some(JobStatus::default());
        }
        Object::Namespace(namespace) => {
            let name = namespace.metadata.name.clone().unwrap_or_default();
            namespace.metadata.labels.get_or_insert_default().insert("kubernetes.io/metadata.name".into(), name);
            namespace.spec.get_or_insert_default().finalizers = Some(vec!["kubernetes".into()]);
            namespace.status.get_or_insert_default().phase = Some("Active".into());
        }
        Object::PersistentVolumeClaim(claim) => {
            claim.status.get_or_insert_default().phase = Some("Pending".into());
            claim.metadata.finalizers.get_or_insert_default().push("kubernetes.io/pvc-protection".into());
        }
        Object::PersistentVolume(volume) => {
            let now = api.timestamp();
            let status = volume.status.get_or_insert_default();
            (status.phase, status.last_phase_transition_time) = (Some("Pending".into()), Some(now));
            volume.metadata.finalizers.get_or_insert_default().push("kubernetes.io/pv-protection".into());
        }
        Object::CustomResourceDefinition(definition) => accept_names(api, definition),
        _ => {}
    }
    Ok(())
}

/// The names of a new kind are accepted and the kind is served (follows the naming and establishing
/// controllers of apiextensions-apiserver, which need some milliseconds for it).
fn accept_names(api: &ApiServer, definition: &mut OtherObject) {
    let now = json!(api.timestamp());
    let condition =
        |kind: &str, reason: &str, message: &str| json!({"lastTransitionTime": now, "message": message, "reason": reason, "status": "True", "type": kind});
    let conditions = json!([
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ]);
    let kind = definition.text(&["spec", "names", "kind"]).unwrap_or_default();
    let versions = definition.at(&["spec", "versions"]).as_array().map_or(&[][..], Vec::as_slice);
    let stored: Vec<Value> = versions.iter().filter(|v| v.get("storage") == Some(&Value::Bool(true))).filter_map(|v| v.get("name").cloned()).collect();
    let Some(names) = definition.rest.get_mut("spec").and_then(|s| s.get_mut("names")).and_then(Value::as_object_mut) else { return };
    names.entry("singular").or_insert_with(|| kind.to_lowercase().into());
    names.entry("listKind").or_insert_with(|| format!("{kind}List").into());
    let status = json!({"acceptedNames": names, "conditions": conditions, "storedVersions": stored});
    definition.rest.insert("status".into(), status);
}
