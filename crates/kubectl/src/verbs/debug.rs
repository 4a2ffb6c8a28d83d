//! `kubectl debug`

use crate::admission;
use crate::flags::Flags;
use crate::json::{Look, set};
use crate::session::{Failure, Session};
use crate::world::not_found;
use serde_json::{Value, json};

pub(super) const FLAGS: &str = "arguments-only? attach? container,c: copy-to: custom: env: filename,f:, image: image-pull-policy: keep-annotations? keep-init-containers? keep-labels? keep-liveness? keep-readiness? keep-startup? profile: quiet,q? replace? same-node? set-image: share-processes? stdin,i? target: tty,t?";

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let at = flags.dash.unwrap_or(flags.args.len()).min(flags.args.len());
    let (targets, command) = flags.args.split_at(at);
    let Some(target) = targets.first() else { return Err(flags.usage("NAME is required for debug")) };
    let (image, copy) = (flags.text("image"), flags.text("copy-to").to_owned());
    if image.is_empty() && copy.is_empty() {
        return Err(Failure::error("you must specify --image when not using --copy-to."));
    }
    let (kind, name) = target.split_once('/').unwrap_or(("pods", target));
    let resource = session.resource(kind)?;
    let namespace = if resource.namespaced { session.namespace.clone() } else { String::new() };
    let pod = session.world.find(&resource, &namespace, name).ok_or_else(|| Failure::from(not_found(&resource, name)))?;
    if resource.plural != "pods" {
        return Err(Failure::error(format!("{:?} not supported by debug", resource.group_kind())));
    }
    let mut container_name = flags.text("container").to_owned();
    if container_name.is_empty() {
        container_name = format!("debugger-{}", session.world.suffix());
        session.print(format!("Defaulting debug container name to {container_name}.\n"));
    }
    let mut container = json!({
        "name": container_name, "image": image, "imagePullPolicy": flags.get("image-pull-policy").unwrap_or(pull_policy(image)),
        "resources": {}, "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        "securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}},
    });
    for (flag, key) in [("stdin", "stdin"), ("tty", "tty")] {
        if flags.truth(flag) {
            set(&mut container, &[key], true.into());
        }
    }
    if !command.is_empty() {
        let key = if flags.truth("arguments-only") { "args" } else { "command" };
        set(&mut container, &[key], json!(command));
    }
    if let Some(env) = flags.get("env") {
        let all: Vec<Value> = env.split(',').filter_map(|e| e.split_once('=')).map(|(k, v)| json!({"name": k, "value": v})).collect();
        set(&mut container, &["env"], Value::Array(all));
    }
    if !copy.is_empty() {
        return copy_pod(session, flags, &pod, &copy, container);
    }
    let target = flags.text("target");
    if !target.is_empty() {
        set(&mut container, &["targetContainerName"], target.into());
        session.complain(format!("Targeting container {target:?}. If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n"));
    }
    let taken =
        ["spec.containers", "spec.initContainers", "spec.ephemeralContainers"].iter().flat_map(|k| pod.list(k)).any(|c| c.text("name") == container_name);
    let count = pod.list("spec.ephemeralContainers").len();
    if taken {
        return Err(Failure::plain(format!("The Pod {name:?} is invalid: spec.ephemeralContainers[{count}].name: Duplicate value: {container_name:?}\n")));
    }
    let mut new = (*pod).clone();
    let mut all = pod.list("spec.ephemeralContainers").to_vec();
    all.push(container);
    set(&mut new, &["spec", "ephemeralContainers"], Value::Array(all));
    admission::update_part(session.world, &resource, &new, "ephemeralcontainers", false)?;
    Ok(())
}

/// `Always` for `latest`, otherwise `IfNotPresent`.
fn pull_policy(image: &str) -> &'static str {
    let tag = image.rsplit('/').next().unwrap_or(image).rsplit_once(':').map_or("latest", |(_, t)| t);
    if tag == "latest" && !image.contains('@') { "Always" } else { "IfNotPresent" }
}

fn copy_pod(session: &mut Session<'_>, flags: &Flags, pod: &Value, name: &str, container: Value) -> Result<(), Failure> {
    let resource = session.builtin("pods");
    let mut spec = pod.at("spec").clone();
    for key in ["nodeName", "ephemeralContainers", "serviceAccount"] {
        crate::json::remove(&mut spec, &[key]);
    }
    if flags.truth("same-node") {
        set(&mut spec, &["nodeName"], pod.text("spec.nodeName").into());
    }
    let mut all = spec.list("containers").to_vec();
    for c in &mut all {
        for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
            crate::json::remove(c, &[key]);
        }
        for change in flags.text("set-image").split(',').filter_map(|p| p.split_once('=')) {
            if change.0 == "*" || c.text("name") == change.0 {
                set(c, &["image"], change.1.into());
            }
        }
    }
    if !container.text("image").is_empty() {
        match all.iter_mut().find(|c| c.text("name") == container.text("name")) {
            Some(c) => {
                for key in ["image", "command", "args", "stdin", "tty"] {
                    if container.has(key) {
                        set(c, &[key], container.at(key).clone());
                    }
                }
            }
            None => all.push(container),
        }
    }
    set(&mut spec, &["containers"], Value::Array(all));
    if flags.truth_or("share-processes", true) {
        set(&mut spec, &["shareProcessNamespace"], true.into());
    }
    let copy = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": pod.namespace()}, "spec": spec});
    let namespace = pod.namespace().to_owned();
    admission::create(session.world, &resource, &copy, &namespace, admission::Strictness::Ignore, false)?;
    session.rediscover();
    Ok(())
}
