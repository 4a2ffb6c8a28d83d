//! The API server's warnings (follows the `WarningsOnCreate` of each kind).

use serde_json::Value;

use crate::Kind;
use crate::resource::Resource;
use crate::validate::names;
use crate::value::ValueExt;

mod pod;

/// The warnings about an object, in the server's order, without `Warning: `. On an update, some
/// are not repeated.
pub fn of_json(r: &Resource, o: &Value, old: Option<&Value>) -> Vec<String> {
    let mut w = Vec::new();
    let s = o.at("spec");
    match r.modelled {
        Kind::Pod => {
            label(o, "the Pod's hostname", old, &mut w);
            pod::warn(o.at("metadata"), s, "", &mut w);
        }
        Kind::Deployment | Kind::ReplicaSet | Kind::ReplicationController => {
            label(o, "Pod names and hostnames", old, &mut w);
            template(s, "spec.template", &mut w);
        }
        Kind::DaemonSet => template(s, "spec.template", &mut w),
        Kind::StatefulSet => {
            template(s, "spec.template", &mut w);
            if s.int("revisionHistoryLimit").is_some_and(|n| n < 0) {
                w.push("spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended".to_owned());
            }
        }
        Kind::Job => {
            label(o, "Pod names and hostnames", old, &mut w);
            job(s, "spec", &mut w);
        }
        Kind::CronJob => {
            label(o, "Pod names and hostnames", old, &mut w);
            job(s.at("jobTemplate").at("spec"), "spec.jobTemplate.spec", &mut w);
        }
        Kind::PodTemplate => template(o, "template", &mut w),
        Kind::Service => service(o, s, &mut w),
        Kind::Ingress if o.at("metadata").map("annotations").contains_key("kubernetes.io/ingress.class") && !s.has("ingressClassName") => {
            w.push("annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead".to_owned());
        }
        Kind::Endpoints => w.push("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".to_owned()),
        Kind::PersistentVolume => volume(s, &mut w),
        Kind::Secret => secret(o, &mut w),
        _ => {}
    }
    w
}

fn label(o: &Value, what: &str, old: Option<&Value>, w: &mut Vec<String>) {
    let wrong = names::dns_label(o.at("metadata").str("name"));
    if old.is_none() && !wrong.is_empty() {
        w.push(format!("metadata.name: this is used in {what}, which can result in surprising behavior; a DNS label is recommended: [{}]", wrong.join(" ")));
    }
}

fn template(spec: &Value, path: &str, w: &mut Vec<String>) {
    let t = spec.at("template");
    pod::warn(t.at("metadata"), t.at("spec"), path, w);
}

fn job(s: &Value, path: &str, w: &mut Vec<String>) {
    if s.str("completionMode") == "Indexed" {
        let (completions, parallelism) = (s.int("completions").unwrap_or(0), s.int("parallelism").unwrap_or(0));
        if completions > 100_000 && parallelism > 10_000 {
            w.push("In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail".to_owned());
        }
    }
    template(s, &format!("{path}.template"), w);
}

fn service(o: &Value, s: &Value, w: &mut Vec<String>) {
    const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
    if o.at("metadata").map("annotations").contains_key(HINTS) {
        w.push(format!("annotation {HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead"));
    }
    let ty = s.str("type");
    let headless = ty == "ClusterIP" && s.str("clusterIP") == "None";
    let external = !s.list("externalIPs").is_empty();
    if headless {
        if !s.str("loadBalancerIP").is_empty() {
            w.push("spec.loadBalancerIP is ignored for headless services".to_owned());
        }
        if external {
            w.push("spec.externalIPs is ignored for headless services".to_owned());
        }
        if s.str("sessionAffinity") != "None" {
            w.push("spec.SessionAffinity is ignored for headless services".to_owned());
        }
    }
    if external && !headless && ty != "ExternalName" {
        w.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters".to_owned());
    }
    if ty == "ExternalName" && external {
        w.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
    }
    if ty != "ExternalName" && !s.str("externalName").is_empty() {
        w.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".to_owned());
    }
    if s.str("trafficDistribution") == "PreferClose" {
        w.push("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"".to_owned());
    }
}

fn volume(s: &Value, w: &mut Vec<String>) {
    if s.str("persistentVolumeReclaimPolicy") == "Recycle" {
        w.push(
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."
                .to_owned(),
        );
    }
    for (key, name, since) in pod::DEPRECATED_VOLUMES {
        if *key != "gitRepo" && s.has(key) {
            w.push(format!("spec.{name}: {since}"));
        }
    }
}

fn secret(o: &Value, w: &mut Vec<String>) {
    if o.str("type") != "kubernetes.io/tls" {
        return;
    }
    let data = o.at("data");
    let text = |key: &str| String::from_utf8_lossy(&crate::go::base64(data.str(key)).unwrap_or_default()).into_owned();
    if !text("tls.crt").contains("-----BEGIN ") {
        w.push("tls: failed to find any PEM data in certificate input".to_owned());
    } else if !text("tls.key").contains("-----BEGIN ") {
        w.push("tls: failed to find any PEM data in key input".to_owned());
    }
}
