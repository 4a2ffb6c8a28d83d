//! HorizontalPodAutoscalers and PodDisruptionBudgets in words.

use super::{Text, time};
use crate::json::{Look, or, plain};
use crate::selector;
use serde_json::Value;

pub(super) fn autoscaler(t: &mut Text, o: &Value) {
    t.head(o);
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, format_args!("CreationTimestamp:\t{}", time(o.at("metadata.creationTimestamp"))));
    t.line(0, format_args!("Reference:\t{}/{}", o.text("spec.scaleTargetRef.kind"), o.text("spec.scaleTargetRef.name")));
    t.line(0, "Metrics:\t( current / target )");
    for (i, m) in o.list("spec.metrics").iter().enumerate() {
        metric(t, m, o.list("status.currentMetrics").get(i).unwrap_or(&Value::Null));
    }
    t.line(0, format_args!("Min replicas:\t{}", if o.has("spec.minReplicas") { o.int("spec.minReplicas").to_string() } else { "<unset>".to_owned() }));
    t.line(0, format_args!("Max replicas:\t{}", o.int("spec.maxReplicas")));
    if o.has("spec.behavior") {
        t.line(0, "Behavior:");
        for (title, key) in [("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")] {
            let rules = o.at("spec.behavior").at(key);
            if rules.is_null() {
                continue;
            }
            t.line(1, format_args!("{title}:"));
            if rules.has("stabilizationWindowSeconds") {
                t.line(2, format_args!("Stabilization Window: {} seconds", rules.int("stabilizationWindowSeconds")));
            }
            if !rules.list("policies").is_empty() {
                t.line(2, format_args!("Select Policy: {}", or(rules.text("selectPolicy"), "Max")));
                t.line(2, "Policies:");
                for p in rules.list("policies") {
                    t.line(3, format_args!("- Type: {}\tValue: {}\tPeriod: {} seconds", p.text("type"), p.int("value"), p.int("periodSeconds")));
                }
            }
        }
    }
    t.line(
        0,
        format_args!("{} pods:\t{} current / {} desired", o.text("spec.scaleTargetRef.kind"), o.int("status.currentReplicas"), o.int("status.desiredReplicas")),
    );
    if !o.list("status.conditions").is_empty() {
        t.line(0, "Conditions:\n  Type\tStatus\tReason\tMessage\n  ----\t------\t------\t-------");
        for c in o.list("status.conditions") {
            t.line(1, format_args!("{}\t{}\t{}\t{}", c.text("type"), c.text("status"), c.text("reason"), c.text("message")));
        }
    }
}

fn metric(t: &mut Text, m: &Value, status: &Value) {
    let have = |part: &str, key: &str| {
        let c = status.at(part).at("current");
        if c.has(key) { plain(c.at(key)) } else { "<unknown>".to_owned() }
    };
    match m.text("type") {
        "Resource" | "ContainerResource" => {
            let part = if m.text("type") == "Resource" { "resource" } else { "containerResource" };
            let r = m.at(part);
            let container = if part == "resource" { String::new() } else { format!(" of container {:?}", r.text("container")) };
            let name = format!("resource {}{container} on pods", r.text("name"));
            if r.has("target.averageValue") {
                t.line(1, format_args!("{name}:\t{} / {}", have(part, "averageValue"), plain(r.at("target.averageValue"))));
            } else {
                let now = if status.at(part).has("current.averageUtilization") {
                    format!("{}% ({})", status.at(part).int("current.averageUtilization"), have(part, "averageValue"))
                } else {
                    "<unknown>".to_owned()
                };
                t.line(1, format_args!("{name}  (as a percentage of request):\t{now} / {}%", r.int("target.averageUtilization")));
            }
        }
        "Pods" => {
            t.line(
                1,
                format_args!("{:?} on pods:\t{} / {}", m.text("pods.metric.name"), have("pods", "averageValue"), plain(m.at("pods.target.averageValue"))),
            );
        }
        "Object" => {
            let o = m.at("object");
            let on = format!("{}/{}", o.text("describedObject.kind"), o.text("describedObject.name"));
            if o.text("target.type") == "AverageValue" {
                t.line(
                    1,
                    format_args!(
                        "{:?} on {on} (target average value):\t{} / {}",
                        o.text("metric.name"),
                        have("object", "averageValue"),
                        plain(o.at("target.averageValue"))
                    ),
                );
            } else {
                t.line(1, format_args!("{:?} on {on} (target value):\t{} / {}", o.text("metric.name"), have("object", "value"), plain(o.at("target.value"))));
            }
        }
        _ => {
            let e = m.at("external");
            if e.has("target.averageValue") {
                t.line(
                    1,
                    format_args!(
                        "{:?} (target average value):\t{} / {}",
                        e.text("metric.name"),
                        have("external", "averageValue"),
                        plain(e.at("target.averageValue"))
                    ),
                );
            } else {
                t.line(1, format_args!("{:?} (target value):\t{} / {}", e.text("metric.name"), have("external", "value"), plain(e.at("target.value"))));
            }
        }
    }
}

pub(super) fn budget(t: &mut Text, o: &Value) {
    t.head(o);
    if o.has("spec.minAvailable") {
        t.line(0, format_args!("Min available:\t{}", plain(o.at("spec.minAvailable"))));
    } else if o.has("spec.maxUnavailable") {
        t.line(0, format_args!("Max unavailable:\t{}", plain(o.at("spec.maxUnavailable"))));
    }
    t.line(0, format_args!("Selector:\t{}", if o.has("spec.selector") { selector::format(o.at("spec.selector")) } else { "<unset>".to_owned() }));
    t.line(0, "Status:");
    for (title, key) in [("Allowed disruptions", "disruptionsAllowed"), ("Current", "currentHealthy"), ("Desired", "desiredHealthy"), ("Total", "expectedPods")]
    {
        t.line(2, format_args!("{title}:\t{}", o.int(&format!("status.{key}"))));
    }
}
