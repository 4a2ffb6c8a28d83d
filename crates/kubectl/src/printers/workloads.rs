//! Rows of the objects that make Pods.

use super::age;
use crate::json::{Look, or, pairs, plain};
use crate::moment::{self, Moment};
use crate::selector;
use serde_json::Value;

/// Names and images of a template's containers.
fn containers(template: &Value) -> (String, String) {
    let join = |key: &str| template.list("spec.containers").iter().map(|c| c.text(key)).collect::<Vec<_>>().join(",");
    (join("name"), join("image"))
}

pub(super) fn deployment(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let (names, images) = containers(o.at("spec.template"));
    vec![
        o.name().to_owned(),
        format!("{}/{}", o.int("status.readyReplicas"), o.int("spec.replicas")),
        o.int("status.updatedReplicas").to_string(),
        o.int("status.availableReplicas").to_string(),
        age(o, now),
        names,
        images,
        selector::format(o.at("spec.selector")),
    ]
}

pub(super) fn replica_set(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let (names, images) = containers(o.at("spec.template"));
    let chosen = if o.text("kind") == "ReplicationController" {
        or(&pairs(o.at("spec.selector")), "<none>").to_owned()
    } else {
        selector::format(o.at("spec.selector"))
    };
    vec![
        o.name().to_owned(),
        o.int("spec.replicas").to_string(),
        o.int("status.replicas").to_string(),
        o.int("status.readyReplicas").to_string(),
        age(o, now),
        names,
        images,
        chosen,
    ]
}

pub(super) fn stateful_set(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let (names, images) = containers(o.at("spec.template"));
    vec![o.name().to_owned(), format!("{}/{}", o.int("status.readyReplicas"), o.int("spec.replicas")), age(o, now), names, images]
}

pub(super) fn daemon_set(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let (names, images) = containers(o.at("spec.template"));
    let number = |key: &str| o.int(&format!("status.{key}")).to_string();
    vec![
        o.name().to_owned(),
        number("desiredNumberScheduled"),
        number("currentNumberScheduled"),
        number("numberReady"),
        number("updatedNumberScheduled"),
        number("numberAvailable"),
        or(&pairs(o.at("spec.template.spec.nodeSelector")), "<none>").to_owned(),
        age(o, now),
        names,
        images,
        selector::format(o.at("spec.selector")),
    ]
}

pub(super) fn job(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let (names, images) = containers(o.at("spec.template"));
    let done = o.int("status.succeeded");
    let completions = match o.at("spec.completions").as_i64() {
        Some(n) => format!("{done}/{n}"),
        None if o.int("spec.parallelism") > 1 => format!("{done}/1 of {}", o.int("spec.parallelism")),
        None => format!("{done}/1"),
    };
    let time = |key: &str| o.at(key).as_str().and_then(Moment::parse);
    let duration = match (time("status.startTime"), time("status.completionTime")) {
        (None, _) => String::new(),
        (Some(start), None) => moment::human(now.0 - start.0),
        (Some(start), Some(end)) => moment::human(end.0 - start.0),
    };
    let is = |kind: &str| super::pod::condition(o, kind) == Some("True");
    let status = if is("Complete") {
        "Complete"
    } else if is("Failed") {
        "Failed"
    } else if o.has("metadata.deletionTimestamp") {
        "Terminating"
    } else if is("Suspended") {
        "Suspended"
    } else if is("FailureTarget") {
        "FailureTarget"
    } else if is("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    };
    vec![o.name().to_owned(), status.to_owned(), completions, duration, age(o, now), names, images, selector::format(o.at("spec.selector"))]
}

pub(super) fn cron_job(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let (names, images) = containers(o.at("spec.jobTemplate.spec.template"));
    let suspend = match o.at("spec.suspend").as_bool() {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    let last = if o.has("status.lastScheduleTime") { moment::age(now, o.at("status.lastScheduleTime").as_str()) } else { "<none>".to_owned() };
    let chosen = if o.has("spec.jobTemplate.spec.selector") { selector::format(o.at("spec.jobTemplate.spec.selector")) } else { "<none>".to_owned() };
    vec![
        o.name().to_owned(),
        o.text("spec.schedule").to_owned(),
        or(o.text("spec.timeZone"), "<none>").to_owned(),
        suspend.to_owned(),
        o.list("status.active").len().to_string(),
        last,
        age(o, now),
        names,
        images,
        chosen,
    ]
}

pub(super) fn controller_revision(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let owner = o.list("metadata.ownerReferences").iter().find(|r| r.truth("controller")).map_or_else(
        || "<none>".to_owned(),
        |r| {
            let kind = r.text("kind").to_lowercase();
            let group = r.text("apiVersion").rsplit_once('/').map_or(String::new(), |(g, _)| format!(".{g}"));
            format!("{kind}{group}/{}", r.text("name"))
        },
    );
    vec![o.name().to_owned(), owner, o.int("revision").to_string(), age(o, now)]
}

pub(super) fn pod_template(o: &Value, _now: Moment, _wide: bool) -> Vec<String> {
    let (names, images) = containers(o.at("template"));
    vec![o.name().to_owned(), names, images, or(&pairs(o.at("template.metadata.labels")), "<none>").to_owned()]
}

/// `cpu: <unknown>/70%`
pub(crate) fn metric(spec: &Value, status: Option<&Value>) -> String {
    let kind = spec.text("type");
    let (part, name) = match kind {
        "Resource" => (spec.at("resource"), spec.text("resource.name").to_owned()),
        "ContainerResource" => (spec.at("containerResource"), spec.text("containerResource.name").to_owned()),
        "Pods" => (spec.at("pods"), String::new()),
        "Object" => (spec.at("object"), String::new()),
        _ => (spec.at("external"), String::new()),
    };
    let key = match kind {
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        "Pods" => "pods",
        "Object" => "object",
        _ => "external",
    };
    let current = status.map_or(&Value::Null, |s| s.at(key).at("current"));
    let target = part.at("target");
    let prefix = if name.is_empty() { String::new() } else { format!("{name}: ") };
    let suffix =
        if matches!(target.text("type"), "AverageValue") && kind != "Resource" && kind != "ContainerResource" && kind != "Pods" { " (avg)" } else { "" };
    if target.has("averageUtilization") {
        let now = if current.has("averageUtilization") { format!("{}%", current.int("averageUtilization")) } else { "<unknown>".to_owned() };
        return format!("{prefix}{now}/{}%", target.int("averageUtilization"));
    }
    let (have, want) = if target.has("averageValue") { ("averageValue", target.at("averageValue")) } else { ("value", target.at("value")) };
    let now = if current.has(have) { plain(current.at(have)) } else { "<unknown>".to_owned() };
    format!("{prefix}{now}/{}{suffix}", plain(want))
}

pub(super) fn autoscaler(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let metrics: Vec<String> = o.list("spec.metrics").iter().enumerate().map(|(i, m)| metric(m, o.list("status.currentMetrics").get(i))).collect();
    let targets = match metrics.len() {
        0 => "<none>".to_owned(),
        n if n > 2 => format!("{} + {} more...", metrics.iter().take(2).cloned().collect::<Vec<_>>().join(", "), n - 2),
        _ => metrics.join(", "),
    };
    let minimum = if o.has("spec.minReplicas") { o.int("spec.minReplicas").to_string() } else { "<unset>".to_owned() };
    vec![
        o.name().to_owned(),
        format!("{}/{}", o.text("spec.scaleTargetRef.kind"), o.text("spec.scaleTargetRef.name")),
        targets,
        minimum,
        o.int("spec.maxReplicas").to_string(),
        o.int("status.currentReplicas").to_string(),
        age(o, now),
    ]
}

pub(super) fn disruption_budget(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    let value = |key: &str| if o.has(key) { plain(o.at(key)) } else { "N/A".to_owned() };
    vec![o.name().to_owned(), value("spec.minAvailable"), value("spec.maxUnavailable"), o.int("status.disruptionsAllowed").to_string(), age(o, now)]
}

pub(super) fn scale(o: &Value, now: Moment, _wide: bool) -> Vec<String> {
    vec![o.name().to_owned(), o.int("spec.replicas").to_string(), o.int("status.replicas").to_string(), age(o, now)]
}
