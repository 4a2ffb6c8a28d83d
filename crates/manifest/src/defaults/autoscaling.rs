//! Defaults of HorizontalPodAutoscalers, and the ways between `autoscaling/v1` and `v2`.

use serde_json::{Map, Value, json};

use crate::value::ValueExt;

use super::{put, struct_of};

/// Sets the defaults of an autoscaler in one of its versions.
pub(super) fn autoscaler(o: &mut Map<String, Value>, version: &str) {
    let Some(spec) = struct_of(o, "spec") else { return };
    put(spec, "minReplicas", 1);
    if version == "v1" {
        return;
    }
    if spec.get("metrics").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        spec.insert("metrics".into(), cpu(80));
    }
    if let Some(b) = spec.get_mut("behavior").and_then(Value::as_object_mut) {
        rules(
            b,
            "scaleUp",
            &json!({"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]}),
        );
        rules(b, "scaleDown", &json!({"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}));
    }
}

fn cpu(percent: i64) -> Value {
    json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}}}])
}

fn rules(b: &mut Map<String, Value>, key: &str, defaults: &Value) {
    if let (Some(r), Some(defaults)) = (struct_of(b, key), defaults.as_object()) {
        for (k, v) in defaults {
            put(r, k, v.clone());
        }
    }
}

/// The `v2` form of a `v1` autoscaler.
pub(super) fn to_v2(mut json: Value) -> Value {
    let percent = json.at("spec").int("targetCPUUtilizationPercentage");
    let Some(o) = json.as_object_mut() else { return json };
    o.insert("apiVersion".into(), "autoscaling/v2".into());
    if let Some(spec) = struct_of(o, "spec") {
        spec.remove("targetCPUUtilizationPercentage");
        if !spec.contains_key("metrics") {
            spec.insert("metrics".into(), cpu(percent.unwrap_or(80)));
        }
    }
    json
}

/// Where the first version keeps what it has no fields for.
const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

/// The `v1` form of a `v2` autoscaler (follows `Convert_autoscaling_HorizontalPodAutoscaler_To_v1_…`): the
/// CPU goal is a field, whatever else there is goes into annotations.
pub(super) fn to_v1(mut json: Value) -> Value {
    let is_cpu = |m: &Value| m.str("type") == "Resource" && m.at("resource").str("name") == "cpu" && m.at("resource").at("target").has("averageUtilization");
    let Some(o) = json.as_object_mut() else { return json };
    o.insert("apiVersion".into(), "autoscaling/v1".into());
    let mut notes = Map::new();
    if let Some(spec) = struct_of(o, "spec") {
        if let Some(Value::Array(mut metrics)) = spec.remove("metrics") {
            if let Some(at) = metrics.iter().position(is_cpu) {
                let cpu = metrics.remove(at);
                spec.insert("targetCPUUtilizationPercentage".into(), cpu.at("resource").at("target").at("averageUtilization").clone());
            }
            if !metrics.is_empty() {
                notes.insert(METRICS.into(), crate::go::json(&Value::Array(metrics)).into());
            }
        }
        if let Some(b) = spec.remove("behavior") {
            notes.insert(BEHAVIOR.into(), crate::go::json(&b).into());
        }
    }
    if let Some(status) = o.get_mut("status").and_then(Value::as_object_mut) {
        status.remove("currentMetrics");
        if let Some(c) = status.remove("conditions").filter(|c| c.as_array().is_some_and(|a| !a.is_empty())) {
            notes.insert(CONDITIONS.into(), crate::go::json(&c).into());
        }
        put(status, "currentReplicas", 0);
    }
    if !notes.is_empty()
        && let Some(m) = struct_of(o, "metadata")
        && let Some(a) = struct_of(m, "annotations")
    {
        a.append(&mut notes);
    }
    json
}
