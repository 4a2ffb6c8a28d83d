//! `create deployment`, `job`, `cronjob`

use super::send::{command, name, required, send};
use crate::flags::Flags;
use crate::json::{Look, set};
use crate::session::{Failure, Session};
use crate::world::not_found;
use serde_json::{Value, json};

/// `registry/name:tag` → `name`
fn base(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last).to_owned()
}

pub(in crate::verbs) fn deployment(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    required(flags, &["image"])?;
    let name = name(flags)?;
    let images = flags.list("image");
    let command = command(flags);
    if images.len() > 1 && !command.is_empty() {
        return Err(Failure::error("cannot specify multiple --image options and command"));
    }
    let mut containers: Vec<Value> = images.iter().map(|i| json!({"name": base(i), "image": i, "resources": {}})).collect();
    if let Some(c) = containers.first_mut() {
        if !command.is_empty() {
            set(c, &["command"], json!(command));
        }
        if let Some(port) = flags.int("port").filter(|p| *p >= 0) {
            set(c, &["ports"], json!([{"containerPort": port}]));
        }
    }
    let labels = json!({"app": name});
    let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels}, "spec": {
        "replicas": flags.int("replicas").unwrap_or(1), "selector": {"matchLabels": labels}, "strategy": {},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}}}, "status": {}});
    send(session, flags, "deployments", object, "deployment", "created")
}

pub(in crate::verbs) fn job(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name(flags)?;
    if !flags.given("image") && !flags.given("from") {
        return Err(Failure::error("either --image or --from must be specified"));
    }
    let object = if let Some(from) = flags.get("from") {
        let (kind, from) = from.split_once('/').unwrap_or(("cronjob", from));
        let resource = session.resource(kind)?;
        let namespace = session.namespace.clone();
        let cron = session.world.find(&resource, &namespace, from).ok_or_else(|| Failure::from(not_found(&resource, from)))?;
        let mut annotations = cron.at("spec.jobTemplate.metadata.annotations").as_object().cloned().unwrap_or_default();
        annotations.insert("cronjob.kubernetes.io/instantiate".to_owned(), "manual".into());
        let mut object = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "annotations": annotations,
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": cron.name(), "uid": cron.text("metadata.uid"), "controller": true}]},
            "spec": cron.at("spec.jobTemplate.spec"), "status": {}});
        if cron.has("spec.jobTemplate.metadata.labels") {
            set(&mut object, &["metadata", "labels"], cron.at("spec.jobTemplate.metadata.labels").clone());
        }
        object
    } else {
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": template(name, flags, "Never")}, "status": {}})
    };
    send(session, flags, "jobs", object, "job", "created")
}

fn template(name: &str, flags: &Flags, restart: &str) -> Value {
    let mut container = json!({"name": name, "image": flags.text("image"), "resources": {}});
    if !command(flags).is_empty() {
        set(&mut container, &["command"], json!(command(flags)));
    }
    json!({"metadata": {}, "spec": {"containers": [container], "restartPolicy": restart}})
}

pub(in crate::verbs) fn cron_job(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    required(flags, &["image", "schedule"])?;
    let name = name(flags)?;
    let restart = flags.get("restart").unwrap_or("OnFailure");
    let object = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": {
        "schedule": flags.text("schedule"), "jobTemplate": {"metadata": {"name": name}, "spec": {"template": template(name, flags, restart)}}}, "status": {}});
    send(session, flags, "cronjobs", object, "cronjob", "created")
}
