//! The Pods of a Job, and the labels that tie them to it (follows pkg/registry/batch/job/strategy.go and indexed_job_utils.go).

use crate::api_server::controller_reference;
use crate::controllers::pods::from_template;
use crate::labels::Labels;
use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, ObjectFieldSelector, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use podglass_manifest::Object;

const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// Gives a new Job its selector and labels, unless `manualSelector` says that the user does.
pub(crate) fn label(job: &mut Job, uid: &str) {
    let name = job.metadata.name.clone().unwrap_or_default();
    let Some(spec) = &mut job.spec else { return };
    spec.manual_selector.get_or_insert(false);
    if spec.manual_selector == Some(true) {
        return;
    }
    let own =
        [("batch.kubernetes.io/controller-uid", uid), ("controller-uid", uid), ("batch.kubernetes.io/job-name", name.as_str()), ("job-name", name.as_str())];
    let labels = spec.template.metadata.get_or_insert_default().labels.get_or_insert_default();
    labels.extend(own.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    if job.metadata.labels.as_ref().is_none_or(Labels::is_empty) {
        job.metadata.labels = Some(labels.clone());
    }
    // A Job that shares its template's labels comes with empty ones in their place.
    for (key, value) in job.metadata.labels.iter_mut().flatten().filter(|(_, v)| v.is_empty()) {
        if let Some((_, known)) = own.iter().find(|(k, _)| k == key) {
            (*known).clone_into(value);
        }
    }
    let wanted = Labels::from([("batch.kubernetes.io/controller-uid".to_owned(), uid.to_owned())]);
    spec.selector = Some(LabelSelector { match_labels: Some(wanted), match_expressions: None });
}

/// A Pod of a Job, for an index where the Job has them.
pub(super) fn pod(job: &Object, spec: &JobSpec, index: Option<i32>, finalizer: &str) -> Pod {
    let mut pod = from_template(&spec.template, job, controller_reference(job), None);
    pod.metadata.finalizers.get_or_insert_default().push(finalizer.to_owned());
    let Some(index) = index else { return pod };
    pod.metadata.generate_name = Some(format!("{}-{index}-", job.name()));
    pod.metadata.labels.get_or_insert_default().insert(INDEX.into(), index.to_string());
    pod.metadata.annotations.get_or_insert_default().insert(INDEX.into(), index.to_string());
    if let Some(spec) = &mut pod.spec {
        spec.hostname.get_or_insert_with(|| format!("{}-{index}", job.name()));
        let field = ObjectFieldSelector { api_version: Some("v1".into()), field_path: format!("metadata.labels['{INDEX}']") };
        let variable =
            EnvVar { name: "JOB_COMPLETION_INDEX".into(), value: None, value_from: Some(EnvVarSource { field_ref: Some(field), ..EnvVarSource::default() }) };
        for c in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
            let all = c.env.get_or_insert_default();
            if !all.iter().any(|e| e.name == variable.name) {
                all.push(variable.clone());
            }
        }
    }
    pod
}
