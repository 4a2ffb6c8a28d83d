//! Checks of the API server that need to know the cluster: namespaces, ServiceAccounts, priorities,
//! addresses and ports.

use serde_json::Value;

use crate::field::FieldError;
use crate::go::quote;
use crate::resource::Resource;
use crate::server::{Facts, Status};
use crate::value::ValueExt;
use crate::{Kind, validate};

/// Admission before validation.
pub(crate) fn check(r: &Resource, json: &Value, facts: &dyn Facts) -> Result<(), Status> {
    let metadata = json.at("metadata");
    let namespace = metadata.str("namespace");
    if r.namespaced && !facts.namespace(namespace) {
        return Err(Status::new("NotFound", format!("namespaces {} not found", quote(namespace))));
    }
    if r.modelled == Kind::Pod {
        return pod(json, namespace, metadata.str("name"), facts);
    }
    Ok(())
}

fn pod(json: &Value, namespace: &str, name: &str, facts: &dyn Facts) -> Result<(), Status> {
    let spec = json.at("spec");
    let forbidden = |what: String| Err(Status::new("Forbidden", format!("pods {} is forbidden: {what}", quote(name))));
    let account = match spec.str("serviceAccountName") {
        "" => "default",
        a => a,
    };
    if !facts.service_account(namespace, account) {
        return forbidden(format!("error looking up service account {namespace}/{account}: serviceaccount {} not found", quote(account)));
    }
    let class = spec.str("priorityClassName");
    let value = if class.is_empty() { Some(0) } else { facts.priority_class(class) };
    let Some(value) = value else { return forbidden(format!("no PriorityClass with name {class} was found")) };
    if let Some(given) = spec.int("priority").filter(|p| *p != i64::from(value)) {
        return forbidden(format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name"
        ));
    }
    let runtime = spec.str("runtimeClassName");
    if !runtime.is_empty() && !facts.runtime_class(runtime) {
        return forbidden(format!("pod rejected: RuntimeClass {} not found", quote(runtime)));
    }
    if runtime.is_empty() && spec.has("overhead") {
        return forbidden("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead".to_owned());
    }
    Ok(())
}

/// Allocation after validation: cluster addresses and node ports of Services.
pub(crate) fn allocate(r: &Resource, json: &Value, facts: &dyn Facts) -> Vec<FieldError> {
    if r.modelled == Kind::Service { validate::service::allocate(json, facts) } else { Vec::new() }
}
