//! `kubectl run`

use super::create::send::send;
use crate::flags::Flags;
use crate::json::set;
use crate::merge;
use crate::session::{Failure, Session};
use serde_json::{Map, Value, json};

pub(super) const FLAGS: &str = "allow-missing-template-keys? annotations:[] attach? cascade:=background command? dry-run:=unchanged env:[] expose? field-manager: filename,f:, force? grace-period:l image: image-pull-policy: kustomize,k: labels,l: leave-stdin-open? output,o: override-type: overrides: pod-running-timeout:d port: privileged? quiet,q? recursive,R? restart: rm? save-config? show-managed-fields? stdin,i? template: timeout:d tty,t? wait?";

fn pairs(items: impl IntoIterator<Item = String>) -> Map<String, Value> {
    items.into_iter().filter_map(|p| p.split_once('=').map(|(k, v)| (k.to_owned(), v.into()))).collect()
}

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let Some(name) = flags.args.first() else { return Err(Failure::error("NAME is required for run")) };
    if !flags.given("image") {
        return Err(Failure::error("required flag(s) \"image\" not set"));
    }
    let image = flags.text("image");
    if image.is_empty() || image.chars().any(|c| c.is_whitespace() || c.is_ascii_uppercase() && !image.contains(':')) {
        return Err(Failure::error(format!("invalid image name {image:?}: invalid reference format")));
    }
    let restart = flags.get("restart").unwrap_or("Always");
    if !matches!(restart, "Always" | "OnFailure" | "Never") {
        return Err(Failure::error(format!("invalid restart policy: {restart}, valid values are: Always, OnFailure, Never")));
    }
    let attached = flags.truth("attach") || flags.truth("stdin") || flags.truth("tty");
    if flags.truth("rm") && !attached {
        return Err(Failure::error("--rm should only be used for attached containers"));
    }
    if attached && flags.given("dry-run") && flags.text("dry-run") != "none" {
        return Err(Failure::error("--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)"));
    }
    let mut container = json!({"name": name, "image": image, "resources": {}});
    let words = flags.args.get(1..).unwrap_or_default();
    if !words.is_empty() {
        set(&mut container, &[if flags.truth("command") { "command" } else { "args" }], json!(words));
    }
    let mut env = Vec::new();
    for e in flags.list("env") {
        let (k, v) = e.split_once('=').filter(|(k, _)| !k.is_empty()).ok_or_else(|| Failure::error(format!("invalid env: {e}")))?;
        env.push(json!({"name": k, "value": v}));
    }
    if !env.is_empty() {
        set(&mut container, &["env"], Value::Array(env));
    }
    let port = flags.text("port").parse::<u16>().ok();
    if let Some(port) = port {
        set(&mut container, &["ports"], json!([{"containerPort": port}]));
    }
    if flags.given("image-pull-policy") {
        set(&mut container, &["imagePullPolicy"], flags.text("image-pull-policy").into());
    }
    if flags.truth("privileged") {
        set(&mut container, &["securityContext", "privileged"], true.into());
    }
    for (flag, key) in [("stdin", "stdin"), ("tty", "tty")] {
        if flags.truth(flag) {
            set(&mut container, &[key], true.into());
        }
    }
    let labels = if flags.given("labels") { pairs(flags.text("labels").split(',').map(str::to_owned)) } else { pairs([format!("run={name}")]) };
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart}, "status": {}});
    let annotations = pairs(flags.list("annotations").iter().cloned());
    if !annotations.is_empty() {
        set(&mut pod, &["metadata", "annotations"], Value::Object(annotations));
    }
    if let Some(text) = flags.get("overrides") {
        let patch: Value = serde_json::from_str(text).map_err(|_| Failure::error(format!("Invalid JSON patch: {text}")))?;
        if flags.text("override-type") == "strategic" {
            merge::strategic(&mut pod, &patch, podglass_manifest::decode::type_of("", "v1", "Pod"));
        } else {
            merge::json_merge(&mut pod, &patch);
        }
    }
    let expose = flags.truth("expose");
    if expose && port.is_none() {
        return Err(Failure::error("--port must be set when exposing a service"));
    }
    send(session, flags, "pods", pod, "", "created")?;
    if let Some(port) = port.filter(|_| expose) {
        if matches!(flags.text("output"), "yaml") {
            session.print("---\n");
        }
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": [{"port": port, "protocol": "TCP", "targetPort": port}], "selector": labels}, "status": {"loadBalancer": {}}});
        send(session, flags, "services", service, "", "created")?;
    }
    if attached {
        // A session says nothing of the Pod it made.
        session.out.chunks.retain(|c| c.stream == crate::session::Stream::Stderr);
        session.complain("All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing enter.\n");
        return super::connect::attach_to(session, name, flags.truth("rm"));
    }
    Ok(())
}
