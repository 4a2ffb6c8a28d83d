//! What the API server does to a Pod between decoding and validation.

use serde_json::{Value, json};

use crate::value::ValueExt;

/// The annotation of old clients that names a container's AppArmor profile.
const ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Makes fields of AppArmor annotations (follows `applyAppArmorVersionSkew`).
pub(super) fn armor(o: &mut Value) {
    let found: Vec<(String, Value)> = o
        .at("metadata")
        .map("annotations")
        .iter()
        .filter_map(|(k, v)| {
            let profile = match v.text() {
                "unconfined" => json!({"type": "Unconfined"}),
                "runtime/default" => json!({"type": "RuntimeDefault"}),
                other => json!({"type": "Localhost", "localhostProfile": other.strip_prefix("localhost/").filter(|p| !p.is_empty())?}),
            };
            Some((k.strip_prefix(ARMOR)?.to_owned(), profile))
        })
        .collect();
    if found.is_empty() || o.at("spec").at("os").str("name") == "windows" {
        return;
    }
    let whole = o.at("spec").at("securityContext").at("appArmorProfile").clone();
    let Some(spec) = o.get_mut("spec").and_then(Value::as_object_mut) else { return };
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for c in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let Some((_, profile)) = found.iter().find(|(name, _)| name == c.str("name")) else { continue };
            if c.at("securityContext").has("appArmorProfile") || *profile == whole {
                continue;
            }
            if let Some(s) = c.as_object_mut().map(|c| c.entry("securityContext").or_insert_with(|| json!({}))).and_then(Value::as_object_mut) {
                s.insert("appArmorProfile".to_owned(), profile.clone());
            }
        }
    }
}

/// Tolerations that the admission plug-in DefaultTolerationSeconds adds, on updates as well.
pub(super) fn tolerations(o: &mut Value) {
    let Some(spec) = o.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let list = spec.entry("tolerations").or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerated = |t: &Value| (t.str("key") == key || t.str("key").is_empty()) && matches!(t.str("effect"), "NoExecute" | "");
        if !list.iter().any(tolerated) {
            list.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
        }
    }
}
