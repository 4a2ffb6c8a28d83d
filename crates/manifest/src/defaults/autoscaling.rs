//! Defaults of HorizontalPodAutoscalers, and the way from `autoscaling/v1` to `v2`.

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
