//! `kubectl expose` and `kubectl autoscale`

use super::create::send::{required, send};
use crate::arguments::{self, Wants};
use crate::flags::Flags;
use crate::json::{Look, set};
use crate::session::{Failure, Session};
use serde_json::{Map, Value, json};

pub(super) const FLAGS: &str = "allow-missing-template-keys? cluster-ip: dry-run:=unchanged external-ip: field-manager: filename,f:, kustomize,k: labels,l: load-balancer-ip: name: output,o: override-type: overrides: port: protocol: recursive,R? save-config? selector: session-affinity: show-managed-fields? target-port: template: type:";
pub(super) const AUTOSCALE_FLAGS: &str = "allow-missing-template-keys? cpu: cpu-percent:i dry-run:=unchanged field-manager: filename,f:, kustomize,k: max:i memory: min:i name: output,o: recursive,R? save-config? show-managed-fields? template:";

fn pairs(text: &str) -> Map<String, Value> {
    text.split(',').filter_map(|p| p.split_once('=')).map(|(k, v)| (k.to_owned(), v.into())).collect()
}

pub(super) fn expose(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let selection = arguments::select(session, flags, &flags.args, Wants { own_selector: true, ..Wants::default() })?;
    selection.complain(session)?;
    for found in &selection.found {
        let o = &found.object;
        let kind = o.text("kind");
        if !matches!(kind, "Service" | "Pod" | "Deployment" | "ReplicaSet" | "ReplicationController") {
            return Err(Failure::error(format!("cannot expose a {}", found.resource.group_kind())));
        }
        let chosen: Map<String, Value> = if flags.given("selector") {
            pairs(flags.text("selector"))
        } else {
            match kind {
                "Pod" => {
                    let labels = o.at("metadata.labels").as_object().cloned().unwrap_or_default();
                    if labels.is_empty() && !flags.given("selector") {
                        return Err(Failure::error(
                            "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
                        ));
                    }
                    labels
                }
                "Service" | "ReplicationController" => o.at("spec.selector").as_object().cloned().unwrap_or_default(),
                _ => {
                    let expressions = o.list("spec.selector.matchExpressions");
                    if !expressions.is_empty() {
                        let shown: Vec<String> = expressions
                            .iter()
                            .map(|e| {
                                format!(
                                    "{{Key:{} Operator:{} Values:[{}]}}",
                                    e.text("key"),
                                    e.text("operator"),
                                    e.list("values").iter().map(crate::json::plain).collect::<Vec<_>>().join(" ")
                                )
                            })
                            .collect();
                        return Err(Failure::error(format!(
                            "couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions - \"[{}]\" to map-based selector format",
                            shown.join(" ")
                        )));
                    }
                    o.at("spec.selector.matchLabels").as_object().cloned().unwrap_or_default()
                }
            }
        };
        let number = |t: &str| t.parse::<u16>().map_or_else(|_| Value::from(t), Value::from);
        let spec = match kind {
            "Pod" | "Service" => o.at("spec"),
            _ => o.at("spec.template.spec"),
        };
        let known: Vec<(i64, String)> = if kind == "Service" {
            spec.list("ports").iter().map(|p| (p.int("port"), p.text("protocol").to_owned())).collect()
        } else {
            spec.list("containers").iter().flat_map(|c| c.list("ports")).map(|p| (p.int("containerPort"), p.text("protocol").to_owned())).collect()
        };
        let wanted: Vec<(Value, String)> = if flags.given("port") {
            flags
                .text("port")
                .split(',')
                .map(|p| (number(p), known.iter().find(|k| k.0.to_string() == p).map_or_else(|| "TCP".to_owned(), |k| k.1.clone())))
                .collect()
        } else {
            known.iter().map(|k| (Value::from(k.0), k.1.clone())).collect()
        };
        if wanted.is_empty() {
            return Err(Failure::error("couldn't find port via --port flag or introspection"));
        }
        let many = wanted.len() > 1;
        let ports: Vec<Value> = wanted
            .iter()
            .enumerate()
            .map(|(i, (port, protocol))| {
                let protocol = flags.get("protocol").unwrap_or(crate::json::or(protocol, "TCP"));
                let target = if flags.given("target-port") { number(flags.text("target-port")) } else { port.clone() };
                let mut p = json!({"port": port, "protocol": protocol, "targetPort": target});
                if many {
                    set(&mut p, &["name"], format!("port-{}", i + 1).into());
                }
                p
            })
            .collect();
        let name = flags.get("name").unwrap_or(o.name());
        let mut service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports, "selector": chosen}, "status": {"loadBalancer": {}}});
        let labels = if flags.given("labels") { pairs(flags.text("labels")) } else { o.at("metadata.labels").as_object().cloned().unwrap_or_default() };
        if !labels.is_empty() {
            set(&mut service, &["metadata", "labels"], Value::Object(labels));
        }
        for (flag, key) in [("type", "type"), ("cluster-ip", "clusterIP"), ("session-affinity", "sessionAffinity"), ("load-balancer-ip", "loadBalancerIP")] {
            if flags.given(flag) {
                set(&mut service, &["spec", key], flags.text(flag).into());
            }
        }
        if flags.given("external-ip") {
            set(&mut service, &["spec", "externalIPs"], json!([flags.text("external-ip")]));
        }
        send(session, flags, "services", service, "", "exposed")?;
    }
    Ok(())
}

pub(super) fn autoscale(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if flags.given("cpu-percent") {
        session.complain("Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).\n");
    }
    required(flags, &["max"])?;
    let (max, min) = (flags.int("max").unwrap_or(0), flags.int("min").unwrap_or(-1));
    if max < 1 {
        return Err(Failure::error(format!("--max=MAXPODS is required and must be at least 1, max: {max}")));
    }
    if max < min {
        return Err(Failure::error(format!("--max=MAXPODS must be larger or equal to --min=MINPODS, max: {max}, min: {min}")));
    }
    let selection = arguments::select(session, flags, &flags.args, Wants::default())?;
    selection.complain(session)?;
    let mut metrics = Vec::new();
    let target = |text: &str| match text.strip_suffix('%').and_then(|p| p.parse::<i64>().ok()) {
        Some(percent) => json!({"type": "Utilization", "averageUtilization": percent}),
        None => json!({"type": "AverageValue", "averageValue": text}),
    };
    if let Some(percent) = flags.int("cpu-percent").filter(|p| *p >= 0) {
        metrics.push(json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}}}));
    }
    for name in ["cpu", "memory"] {
        if flags.given(name) {
            metrics.push(json!({"type": "Resource", "resource": {"name": name, "target": target(flags.text(name))}}));
        }
    }
    for found in &selection.found {
        if !found.resource.scalable() {
            let version = if found.resource.group.is_empty() { format!("/{}", found.resource.version) } else { found.resource.api_version() };
            return Err(Failure::error(format!(
                "cannot autoscale a {}: could not find scale subresource for {version}, Resource={} in discovery information",
                found.resource.kind, found.resource.plural
            )));
        }
        let name = flags.get("name").unwrap_or(found.object.name());
        let mut scaler = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name},
            "spec": {"maxReplicas": max, "scaleTargetRef": {"apiVersion": found.resource.api_version(), "kind": found.resource.kind, "name": found.object.name()}},
            "status": {"currentMetrics": null, "desiredReplicas": 0}});
        if min > 0 {
            set(&mut scaler, &["spec", "minReplicas"], min.into());
        }
        if !metrics.is_empty() {
            set(&mut scaler, &["spec", "metrics"], json!(metrics));
        }
        let scalers = session.builtin("horizontalpodautoscalers");
        let namespace = session.namespace.clone();
        let dry = flags.given("dry-run") && flags.text("dry-run") != "none";
        if !dry && session.world.find(&scalers, &namespace, name).is_some() {
            return Err(Failure::error("failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: empty input"));
        }
        send(session, flags, "horizontalpodautoscalers", scaler, "autoscaling/v2 HPA", "autoscaled")?;
    }
    Ok(())
}
