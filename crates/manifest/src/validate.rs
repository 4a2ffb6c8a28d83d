//! The API server's rules for objects, in the order in which the server checks them.
//!
//! [`create_json`] and [`update_json`] work on canonical JSON with defaults; paths and words are the
//! server's. [`create`] and [`update`] do the same for typed objects, which cannot tell an absent
//! selector from an empty one.

#![expect(clippy::many_single_char_names, reason = "a spec `s`, its path `p` and the errors `e` are in every check")]

use serde_json::Value;

use crate::field::{Errors, FieldError};
use crate::resource::Resource;
use crate::value::ValueExt;
use crate::{Kind, Object};

mod config;
mod container;
pub mod cron;
mod definition;
mod devices;
mod diff;
mod fields;
pub mod job;
mod metadata;
pub mod names;
mod network;
mod pod;
mod pod_update;
mod policy;
mod probes;
mod resources;
mod scheduling;
mod security;
pub mod selector;
pub mod service;
mod storage;
mod volumes;
mod workloads;

pub(crate) use metadata::create as object_metadata;

/// The errors of an object that is to be created. It must have its defaults.
pub fn create(object: &Object) -> Vec<FieldError> {
    with_json(object, create_json)
}

fn with_json(object: &Object, check: impl FnOnce(&Resource, &Value) -> Vec<FieldError>) -> Vec<FieldError> {
    let kind = object.kind();
    match (Resource::find(kind.group(), kind.version(), kind.name()), object.to_json()) {
        (Some(r), Ok(json)) => check(&r, &json),
        _ => Vec::new(),
    }
}

/// The errors of an object that is to replace another. Both must have their defaults.
pub fn update(new: &Object, old: &Object) -> Vec<FieldError> {
    with_json(new, |r, json| update_json(r, json, &old.to_json().unwrap_or_default()))
}

/// [`create`] for canonical JSON.
pub fn create_json(r: &Resource, o: &Value) -> Vec<FieldError> {
    use crate::field::Path;
    let mut e = Errors::default();
    let spec = Path::new("spec");
    let s = o.at("spec");
    let meta = o.at("metadata");
    let mut head = |name: fn(&str) -> Vec<String>| metadata::create(meta, name, r.namespaced, &mut e);
    match r.modelled {
        Kind::StatefulSet => head(names::dns_label),
        Kind::Deployment
        | Kind::ReplicaSet
        | Kind::DaemonSet
        | Kind::ReplicationController
        | Kind::PodTemplate
        | Kind::ConfigMap
        | Kind::Secret
        | Kind::ServiceAccount
        | Kind::Endpoints
        | Kind::EndpointSlice
        | Kind::Ingress
        | Kind::IngressClass
        | Kind::NetworkPolicy
        | Kind::HorizontalPodAutoscaler
        | Kind::PodDisruptionBudget
        | Kind::ResourceQuota
        | Kind::LimitRange
        | Kind::ControllerRevision
        | Kind::Node => head(names::dns_subdomain),
        _ => {}
    }
    match r.modelled {
        Kind::Pod => pod::create(o, &mut e),
        Kind::Deployment => workloads::deployment(s, &spec, &mut e),
        Kind::ReplicaSet => workloads::replica_set(s, &spec, &mut e),
        Kind::StatefulSet => workloads::stateful_set(s, &spec, &mut e),
        Kind::DaemonSet => workloads::daemon_set(s, &spec, &mut e),
        Kind::ReplicationController => workloads::replication_controller(s, &spec, &mut e),
        Kind::PodTemplate => pod::template(o.at("template"), &Path::new("template"), &mut e),
        Kind::Job => job::create(o, &mut e),
        Kind::CronJob => job::cron_job(o, None, &mut e),
        Kind::Service => service::create(o, &mut e),
        Kind::ConfigMap => config::config_map(o, &mut e),
        Kind::Secret => config::secret(o, &mut e),
        Kind::Namespace => config::namespace(o, &mut e),
        Kind::ResourceQuota => config::quota(o, &mut e),
        Kind::LimitRange => config::limits(o, &mut e),
        Kind::Node => config::node(o, &mut e),
        Kind::Endpoints => config::endpoints(o, &mut e),
        Kind::EndpointSlice => config::slice(o, &mut e),
        Kind::PersistentVolumeClaim => storage::claim(o, &mut e),
        Kind::PersistentVolume => storage::volume(o, &mut e),
        Kind::StorageClass => storage::class(o, &mut e),
        Kind::Ingress => network::ingress(o, &mut e),
        Kind::NetworkPolicy => network::policy(o, &mut e),
        Kind::HorizontalPodAutoscaler => policy::autoscaler(o, &mut e),
        Kind::PodDisruptionBudget => policy::budget(o, &mut e),
        Kind::Role => policy::role(o, true, &mut e),
        Kind::ClusterRole => policy::role(o, false, &mut e),
        Kind::RoleBinding => policy::binding(o, true, &mut e),
        Kind::ClusterRoleBinding => policy::binding(o, false, &mut e),
        Kind::PriorityClass => policy::priority_class(o, &mut e),
        Kind::CustomResourceDefinition => definition::check(o, &mut e),
        _ => {}
    }
    let mut all = e.finish();
    if let Some(schema) = &r.schema {
        all.append(&mut crate::custom::errors(r, schema, o));
    }
    all
}

/// [`update`] for canonical JSON.
pub fn update_json(r: &Resource, new: &Value, old: &Value) -> Vec<FieldError> {
    use crate::field::Path;
    let mut e = Errors::default();
    match r.modelled {
        Kind::Pod => pod_update::check(new, old, &mut e),
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicationController => {
            workloads::update(r.modelled, new, old, &mut e);
        }
        Kind::Job => job::update(new, old, &mut e),
        Kind::CronJob => job::cron_job(new, Some(old), &mut e),
        Kind::Service => service::update(new, old, &mut e),
        Kind::ConfigMap => {
            config::frozen(new, old, &["data", "binaryData"], &mut e);
            return join(e, create_json(r, new));
        }
        Kind::Secret => {
            config::frozen(new, old, &["data"], &mut e);
            if new.str("type") != old.str("type") {
                e.invalid(&Path::new("type"), new.str("type"), "field is immutable");
            }
            return join(e, create_json(r, new));
        }
        Kind::PersistentVolumeClaim => storage::update_claim(new, old, &mut e),
        Kind::PersistentVolume => storage::update_volume(new, old, &mut e),
        Kind::StorageClass => storage::update_class(new, old, &mut e),
        Kind::RoleBinding | Kind::ClusterRoleBinding => {
            policy::update_binding(new, old, &mut e);
            return join(e, create_json(r, new));
        }
        Kind::PriorityClass => {
            if new.at("value") != old.at("value") {
                e.forbidden(&Path::new("value"), "may not be changed in an update.");
            }
            if new.at("preemptionPolicy") != old.at("preemptionPolicy") {
                e.invalid(&Path::new("preemptionPolicy"), new.at("preemptionPolicy"), "field is immutable");
            }
        }
        _ => return create_json(r, new),
    }
    e.finish()
}

/// Errors of the change, then those of the object; what declarative rules say comes last.
fn join(e: Errors, more: Vec<FieldError>) -> Vec<FieldError> {
    e.finish_with(more)
}
