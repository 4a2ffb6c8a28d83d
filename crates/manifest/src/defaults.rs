//! What the API server fills in (follows the `SetDefaults_*` functions of each API group).

use serde_json::{Map, Value, json};

use crate::decode::{fill, type_of};
use crate::quantity::Quantity;
use crate::resource::Resource;
use crate::value::ValueExt;
use crate::{Kind, Object};

mod autoscaling;
mod pod;

pub use pod::pull_policy;
pub(crate) use pod::{VOLUME_SOURCES, aggregate};

/// Sets the defaults of an object, as the server stores it. An object that already has them is not
/// changed.
pub fn apply(object: &mut Object) {
    let kind = object.kind();
    if kind == Kind::Other {
        return;
    }
    let Some(resource) = Resource::find(kind.group(), kind.version(), kind.name()) else { return };
    let Ok(mut json) = object.to_json() else { return };
    apply_json(&resource, &mut json);
    if let Some(ty) = type_of(kind.group(), kind.version(), kind.name()) {
        fill(ty, &mut json);
    }
    if let Ok(o) = Object::from_json(kind, json) {
        *object = o;
    }
}

/// Removes what a client may send but the server sets itself on create: the status.
pub fn reset(r: &Resource, json: &mut Value) {
    let keeps = matches!(r.modelled, Kind::Node | Kind::Event | Kind::Other);
    if let (Some(o), false) = (json.as_object_mut(), keeps) {
        o.remove("status");
    }
    if let Some(m) = json.get_mut("metadata").and_then(Value::as_object_mut) {
        for key in ["uid", "selfLink", "generation", "creationTimestamp", "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"]
        {
            m.remove(key);
        }
    }
}

/// The storage version of an object, where that is another one: an `autoscaling/v1` autoscaler becomes a `v2` one.
pub(crate) fn storage_version(r: &Resource, json: &Value) -> Option<Value> {
    let other = r.modelled == Kind::HorizontalPodAutoscaler && r.version == "v1";
    other.then(|| autoscaling::to_v2(json.clone()))
}

/// A stored object in another version that the server serves; `None` where that is the stored one.
pub(crate) fn served_version(r: &Resource, json: &Value) -> Option<Value> {
    let other = r.modelled == Kind::HorizontalPodAutoscaler && r.version == "v1";
    other.then(|| autoscaling::to_v1(json.clone()))
}

/// Sets the defaults of canonical JSON.
pub fn apply_json(r: &Resource, json: &mut Value) {
    let Some(o) = json.as_object_mut() else { return };
    o.entry("metadata").or_insert_with(|| json!({}));
    match r.modelled {
        Kind::Pod => {
            if let Some(spec) = struct_of(o, "spec") {
                pod::spec(spec);
                pod::only_pods(spec);
            }
        }
        Kind::PodTemplate => template(o, "template"),
        Kind::ReplicationController => {
            let labels = o.get("spec").map(|s| s.at("template").at("metadata").at("labels").clone()).filter(Value::is_object);
            if let Some(labels) = labels {
                if let Some(m) = o.get_mut("metadata").and_then(Value::as_object_mut)
                    && m.get("labels").and_then(Value::as_object).is_none_or(Map::is_empty)
                {
                    m.insert("labels".into(), labels.clone());
                }
                if let Some(spec) = struct_of(o, "spec") {
                    put(spec, "selector", labels);
                }
            }
            if let Some(spec) = struct_of(o, "spec") {
                put(spec, "replicas", 1);
                template(spec, "template");
            }
        }
        Kind::ReplicaSet => {
            if let Some(spec) = struct_of(o, "spec") {
                put(spec, "replicas", 1);
                template(spec, "template");
            }
        }
        Kind::Deployment => {
            if let Some(spec) = struct_of(o, "spec") {
                put(spec, "replicas", 1);
                put(spec, "revisionHistoryLimit", 10);
                put(spec, "progressDeadlineSeconds", 600);
                if let Some(s) = struct_of(spec, "strategy") {
                    put(s, "type", "RollingUpdate");
                    if s.get("type") == Some(&json!("RollingUpdate"))
                        && let Some(r) = struct_of(s, "rollingUpdate")
                    {
                        put(r, "maxUnavailable", "25%");
                        put(r, "maxSurge", "25%");
                    }
                }
                template(spec, "template");
            }
        }
        Kind::DaemonSet => {
            if let Some(spec) = struct_of(o, "spec") {
                put(spec, "revisionHistoryLimit", 10);
                if let Some(s) = struct_of(spec, "updateStrategy") {
                    put(s, "type", "RollingUpdate");
                    if s.get("type") == Some(&json!("RollingUpdate"))
                        && let Some(r) = struct_of(s, "rollingUpdate")
                    {
                        put(r, "maxUnavailable", 1);
                        put(r, "maxSurge", 0);
                    }
                }
                template(spec, "template");
            }
        }
        Kind::StatefulSet => stateful_set(o),
        Kind::Job => {
            let labels = o.get("spec").map(|s| s.at("template").at("metadata").at("labels").clone()).filter(Value::is_object);
            if let (Some(labels), Some(m)) = (labels, o.get_mut("metadata").and_then(Value::as_object_mut))
                && m.get("labels").and_then(Value::as_object).is_none_or(Map::is_empty)
            {
                m.insert("labels".into(), labels);
            }
            if let Some(spec) = struct_of(o, "spec") {
                // The gate WorkloadWithJob is off.
                spec.remove("scheduling");
                job(spec);
                template(spec, "template");
                failure_policy(spec);
            }
        }
        Kind::CronJob => {
            if let Some(spec) = struct_of(o, "spec") {
                put(spec, "concurrencyPolicy", "Allow");
                put(spec, "suspend", false);
                put(spec, "successfulJobsHistoryLimit", 3);
                put(spec, "failedJobsHistoryLimit", 1);
                if let Some(job) = struct_of(spec, "jobTemplate").and_then(|t| struct_of(t, "spec")) {
                    template(job, "template");
                    failure_policy(job);
                }
            }
        }
        Kind::Service => service(o),
        Kind::Endpoints => {
            for subset in items(o, "subsets") {
                if let Some(s) = subset.as_object_mut() {
                    items(s, "ports").for_each(|p| set(p, "protocol", "TCP"));
                }
            }
        }
        Kind::EndpointSlice => items(o, "ports").for_each(|p| {
            set(p, "name", "");
            set(p, "protocol", "TCP");
        }),
        Kind::Secret => {
            put(o, "type", "Opaque");
            if let Some(Value::Object(text)) = o.remove("stringData")
                && let Some(data) = struct_of(o, "data")
            {
                for (k, v) in text {
                    data.insert(k, crate::go::to_base64(v.text().as_bytes()).into());
                }
            }
        }
        Kind::Namespace => namespace(o),
        Kind::PersistentVolume => {
            if let Some(spec) = struct_of(o, "spec") {
                put(spec, "persistentVolumeReclaimPolicy", "Retain");
                put(spec, "volumeMode", "Filesystem");
                resource_list(spec.get_mut("capacity"));
                if let Some(h) = spec.get_mut("hostPath") {
                    set(h, "type", "");
                }
            }
            put_in(o, "status", "phase", "Pending");
        }
        Kind::PersistentVolumeClaim => claim(o),
        Kind::StorageClass => {
            put(o, "reclaimPolicy", "Delete");
            put(o, "volumeBindingMode", "Immediate");
        }
        Kind::IngressClass => {
            if let Some(p) = o.get_mut("spec").and_then(|s| s.get_mut("parameters")) {
                set(p, "scope", "Cluster");
            }
        }
        Kind::NetworkPolicy => network_policy(o),
        Kind::HorizontalPodAutoscaler => autoscaling::autoscaler(o, &r.version),
        Kind::LimitRange => {
            if let Some(spec) = struct_of(o, "spec") {
                items(spec, "limits").for_each(limit);
            }
        }
        Kind::ResourceQuota => {
            if let Some(spec) = struct_of(o, "spec") {
                resource_list(spec.get_mut("hard"));
            }
        }
        Kind::PriorityClass => put(o, "preemptionPolicy", "PreemptLowerPriority"),
        Kind::RoleBinding | Kind::ClusterRoleBinding => {
            if let Some(r) = struct_of(o, "roleRef") {
                if r.get("apiGroup").is_some_and(|g| g.text().is_empty()) {
                    r.remove("apiGroup");
                }
                put(r, "apiGroup", "rbac.authorization.k8s.io");
            }
            for s in items(o, "subjects") {
                if matches!(s.str("kind"), "User" | "Group") {
                    set(s, "apiGroup", "rbac.authorization.k8s.io");
                }
            }
        }
        Kind::CustomResourceDefinition => definition(o),
        _ => {}
    }
}

/// Puts a value where there is none.
pub(super) fn put(o: &mut Map<String, Value>, key: &str, v: impl Into<Value>) {
    if o.get(key).is_none_or(Value::is_null) {
        o.insert(key.to_owned(), v.into());
    }
}

/// [`put`] for a value that should be a map.
pub(super) fn set(o: &mut Value, key: &str, v: impl Into<Value>) {
    if let Some(o) = o.as_object_mut() {
        put(o, key, v);
    }
}

/// [`put`] into a struct within a map.
fn put_in(o: &mut Map<String, Value>, outer: &str, key: &str, v: impl Into<Value>) {
    if let Some(inner) = struct_of(o, outer) {
        put(inner, key, v);
    }
}

/// A struct within a map; made where there is none.
pub(super) fn struct_of<'a>(o: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    let v = o.entry(key).or_insert_with(|| json!({}));
    if v.is_null() {
        *v = json!({});
    }
    v.as_object_mut()
}

/// The items of a list.
pub(super) fn items<'a>(o: &'a mut Map<String, Value>, key: &str) -> std::slice::IterMut<'a, Value> {
    match o.get_mut(key) {
        Some(Value::Array(a)) => a.iter_mut(),
        _ => [].iter_mut(),
    }
}

/// A Pod template within a map.
fn template(o: &mut Map<String, Value>, key: &str) {
    if let Some(spec) = struct_of(o, key).and_then(|t| struct_of(t, "spec")) {
        pod::spec(spec);
    }
}

/// Rounds the quantities of a resource list up to thousandths.
pub(super) fn resource_list(list: Option<&mut Value>) {
    for v in list.and_then(Value::as_object_mut).into_iter().flatten().map(|(_, v)| v) {
        let mut q = Quantity::of(v.text());
        q.round_up_milli();
        *v = Value::String(q.to_string());
    }
}

fn stateful_set(o: &mut Map<String, Value>) {
    let Some(spec) = struct_of(o, "spec") else { return };
    put(spec, "podManagementPolicy", "OrderedReady");
    if let Some(s) = struct_of(spec, "updateStrategy") {
        if s.get("type").is_none() {
            put(s, "type", "RollingUpdate");
            put(s, "rollingUpdate", json!({}));
        }
        if s.get("type") == Some(&json!("RollingUpdate"))
            && let Some(r) = s.get_mut("rollingUpdate")
        {
            set(r, "partition", 0);
            set(r, "maxUnavailable", 1);
        }
    }
    if let Some(p) = struct_of(spec, "persistentVolumeClaimRetentionPolicy") {
        put(p, "whenDeleted", "Retain");
        put(p, "whenScaled", "Retain");
    }
    put(spec, "replicas", 1);
    put(spec, "revisionHistoryLimit", 10);
    template(spec, "template");
    for c in items(spec, "volumeClaimTemplates") {
        set(c, "apiVersion", "v1");
        set(c, "kind", "PersistentVolumeClaim");
        if let Some(c) = c.as_object_mut() {
            c.remove("status");
            claim(c);
        }
    }
}

fn claim(o: &mut Map<String, Value>) {
    if let Some(spec) = struct_of(o, "spec") {
        pod::claim_spec(spec);
    }
    put_in(o, "status", "phase", "Pending");
}

fn job(spec: &mut Map<String, Value>) {
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        put(spec, "completions", 1);
    }
    put(spec, "parallelism", 1);
    let limit = if spec.contains_key("backoffLimitPerIndex") { i64::from(i32::MAX) } else { 6 };
    put(spec, "backoffLimit", limit);
    put(spec, "completionMode", "NonIndexed");
    put(spec, "suspend", false);
    let replacement = if spec.contains_key("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    put(spec, "podReplacementPolicy", replacement);
    put(spec, "manualSelector", false);
}

fn failure_policy(spec: &mut Map<String, Value>) {
    let Some(policy) = spec.get_mut("podFailurePolicy").and_then(Value::as_object_mut) else { return };
    for rule in items(policy, "rules") {
        if let Some(rule) = rule.as_object_mut() {
            items(rule, "onPodConditions").for_each(|c| {
                if c.str("status").is_empty()
                    && let Some(c) = c.as_object_mut()
                {
                    c.insert("status".to_owned(), "True".into());
                }
            });
        }
    }
}

fn service(o: &mut Map<String, Value>) {
    let Some(spec) = struct_of(o, "spec") else { return };
    put(spec, "sessionAffinity", "None");
    match spec.get("sessionAffinity").map(Value::text) {
        Some("None") => {
            spec.remove("sessionAffinityConfig");
        }
        Some("ClientIP") if spec.get("sessionAffinityConfig").is_none_or(|c| c.at("clientIP").int("timeoutSeconds").is_none()) => {
            spec.insert("sessionAffinityConfig".into(), json!({"clientIP": {"timeoutSeconds": 10800}}));
        }
        _ => {}
    }
    put(spec, "type", "ClusterIP");
    for p in items(spec, "ports") {
        set(p, "protocol", "TCP");
        let target = p.at("targetPort");
        if target.is_null() || target == &json!(0) || target == &json!("") {
            let port = p.int("port").unwrap_or(0);
            if let Some(p) = p.as_object_mut() {
                p.insert("targetPort".into(), port.into());
            }
        }
    }
    let ty = spec.get("type").map(|t| t.text().to_owned()).unwrap_or_default();
    let external = matches!(ty.as_str(), "LoadBalancer" | "NodePort")
        || (ty == "ClusterIP" && spec.get("externalIPs").and_then(Value::as_array).is_some_and(|a| !a.is_empty()));
    if external {
        put(spec, "externalTrafficPolicy", "Cluster");
    }
    if matches!(ty.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") {
        put(spec, "internalTrafficPolicy", "Cluster");
    }
    if ty == "LoadBalancer" {
        put(spec, "allocateLoadBalancerNodePorts", true);
    }
    addresses(spec, &ty);
}

/// Address families, which the server's IP allocator fills in (follows `AllocatorIPs` defaults).
fn addresses(spec: &mut Map<String, Value>, ty: &str) {
    if ty == "ExternalName" {
        return;
    }
    // The singular and the plural field say the same.
    let first = spec.get("clusterIPs").and_then(|c| c.get(0)).cloned();
    let single = spec.get("clusterIP").filter(|c| !c.text().is_empty()).cloned();
    match (single, first) {
        (Some(s), None) => {
            spec.insert("clusterIPs".into(), json!([s]));
        }
        (None, Some(f)) => {
            spec.insert("clusterIP".into(), f);
        }
        _ => {}
    }
    let headless = spec.get("clusterIP").is_some_and(|c| c.text() == "None");
    let selector = spec.get("selector").and_then(Value::as_object).is_some_and(|s| !s.is_empty());
    if headless && !selector && spec.get("ipFamilies").is_none() && spec.get("ipFamilyPolicy").is_none() {
        put(spec, "ipFamilies", json!(["IPv4", "IPv6"]));
        put(spec, "ipFamilyPolicy", "RequireDualStack");
    }
    put(spec, "ipFamilies", json!(["IPv4"]));
    put(spec, "ipFamilyPolicy", "SingleStack");
}

fn namespace(o: &mut Map<String, Value>) {
    let name = o.get("metadata").map(|m| m.str("name").to_owned()).unwrap_or_default();
    if !name.is_empty()
        && let Some(labels) = struct_of(o, "metadata").and_then(|m| struct_of(m, "labels"))
    {
        labels.insert("kubernetes.io/metadata.name".into(), name.into());
    }
    if let Some(spec) = struct_of(o, "spec")
        && spec.get("finalizers").and_then(Value::as_array).is_none_or(|f| !f.contains(&json!("kubernetes")))
    {
        let list = spec.entry("finalizers").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push("kubernetes".into());
        }
    }
    put_in(o, "status", "phase", "Active");
}

fn network_policy(o: &mut Map<String, Value>) {
    let Some(spec) = struct_of(o, "spec") else { return };
    let types = if spec.get("egress").and_then(Value::as_array).is_some_and(|e| !e.is_empty()) { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    put(spec, "policyTypes", types);
    for side in ["ingress", "egress"] {
        for rule in items(spec, side) {
            if let Some(rule) = rule.as_object_mut() {
                items(rule, "ports").for_each(|p| set(p, "protocol", "TCP"));
            }
        }
    }
}

fn limit(item: &mut Value) {
    let Some(o) = item.as_object_mut() else { return };
    for key in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        resource_list(o.get_mut(key));
    }
    if o.get("type") != Some(&json!("Container")) {
        return;
    }
    for (to, from) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
        let Some(values) = o.get(from).and_then(Value::as_object).cloned() else { continue };
        if let Some(target) = struct_of(o, to) {
            for (k, v) in values {
                target.entry(k).or_insert(v);
            }
        }
    }
    for key in ["default", "defaultRequest"] {
        if o.get(key).and_then(Value::as_object).is_some_and(Map::is_empty) {
            o.remove(key);
        }
    }
}

fn definition(o: &mut Map<String, Value>) {
    let Some(spec) = struct_of(o, "spec") else { return };
    if let Some(names) = struct_of(spec, "names") {
        let kind = names.get("kind").map(|k| k.text().to_owned()).unwrap_or_default();
        if names.get("singular").is_none_or(|s| s.text().is_empty()) {
            names.insert("singular".into(), kind.to_ascii_lowercase().into());
        }
        if names.get("listKind").is_none_or(|s| s.text().is_empty()) && !kind.is_empty() {
            names.insert("listKind".into(), format!("{kind}List").into());
        }
    }
    if let Some(c) = struct_of(spec, "conversion") {
        put(c, "strategy", "None");
    }
}
