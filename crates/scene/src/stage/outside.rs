//! What stands outside the Pods: controllers as owners, Services as routes, ConfigMaps and Secrets as sources.

use super::context::Context;
use super::{Band, Detail, OutsidePart, Stage, Wire, WireKind};
use crate::geometry::{fit, fit_end};
use crate::{Point, Rect, Role, Target};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use podglass_cluster::manifest::{Kind, Object, ObjectKey};
use std::collections::BTreeMap;

const W: f32 = 232.0;
const GAP: f32 = 14.0;

/// The kinds that are shown, in this order.
const KINDS: [Kind; 12] = [
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::CronJob,
    Kind::Job,
    Kind::Service,
    Kind::Ingress,
    Kind::ConfigMap,
    Kind::Secret,
    Kind::PersistentVolumeClaim,
    Kind::HorizontalPodAutoscaler,
];

/// Lays the cards out in rows at the top of the stage.
pub(super) fn lay(cx: Context<'_>, stage: &mut Stage, pods: &[(ObjectKey, &Pod)], shown: &dyn Fn(&str) -> bool) {
    let mut parts: Vec<OutsidePart> = Vec::new();
    for kind in KINDS {
        for object in cx.cluster.api().list(kind).filter(|o| shown(o.namespace())) {
            let born = matches!((kind, object.name()), (Kind::Service, "kubernetes") | (Kind::ConfigMap, "kube-root-ca.crt"));
            if born || parts.len() >= 24 || retired(object) {
                continue;
            }
            parts.push(part(cx, object, pods));
        }
    }
    if parts.is_empty() {
        return;
    }
    let per_row = (((stage.width + GAP) / (W.min(stage.width) + GAP)).floor() as usize).max(1);
    let w = W.min(stage.width).max((stage.width - (per_row - 1) as f32 * GAP) / per_row as f32).min(300.0);
    let mut y = 0.0;
    for row in parts.chunks_mut(per_row) {
        let h = if row.iter().any(|p| p.band.is_some()) { 112.0 } else { 66.0 };
        for (i, part) in row.iter_mut().enumerate() {
            part.rect = Rect::new(i as f32 * (w + GAP), y, w, h);
            part.name = fit_end(&part.name, w - 28.0, 13.0, false);
            part.line = fit(&part.line, w - 28.0, 11.0, false);
            if let Some(band) = &mut part.band {
                band.rect = Rect::new(part.rect.x + 14.0, y + 68.0, w - 28.0, 16.0);
                band.unit = band.rect.w / band.at_most.max(band.available + band.starting + band.stopping).max(1) as f32;
                band.label = fit(&band.label, w - 28.0, 10.5, false);
            }
        }
        y += h + GAP;
    }
    stage.height = y + 18.0;
    stage.outside = parts;
}

/// An old ReplicaSet without Pods is history, not a thing on the stage.
fn retired(object: &Object) -> bool {
    let Object::ReplicaSet(rs) = object else { return false };
    let wanted = rs.spec.replicas.unwrap_or(1);
    wanted == 0 && rs.status.as_ref().is_none_or(|s| s.replicas == 0)
}

fn part(cx: Context<'_>, object: &Object, pods: &[(ObjectKey, &Pod)]) -> OutsidePart {
    let (line, role, band) = match object {
        Object::Deployment(d) => deployment(d, pods),
        Object::ReplicaSet(rs) => replica_set(rs),
        Object::Service(s) => service(s, pods),
        Object::ConfigMap(c) => (keys(c.data.iter().flat_map(|d| d.keys()).chain(c.binary_data.iter().flat_map(|d| d.keys()))), Role::Completed, None),
        Object::Secret(s) => (keys(s.data.iter().flat_map(|d| d.keys())), Role::Completed, None),
        Object::StatefulSet(s) => {
            let wanted = s.spec.replicas.unwrap_or(1);
            let ready = s.status.as_ref().and_then(|s| s.ready_replicas).unwrap_or(0);
            (format!("{ready} of {wanted} ready, one after the other"), ready_role(ready, wanted), None)
        }
        Object::DaemonSet(d) => {
            let (wanted, ready) = d.status.as_ref().map_or((0, 0), |s| (s.desired_number_scheduled, s.number_ready));
            (format!("{ready} of {wanted} ready, one on each node"), ready_role(ready, wanted), None)
        }
        Object::Job(j) => {
            let (wanted, done) = (j.spec.as_ref().and_then(|s| s.completions).unwrap_or(1), j.status.as_ref().and_then(|s| s.succeeded).unwrap_or(0));
            let failed = j.status.as_ref().and_then(|s| s.failed).unwrap_or(0);
            let condition = |kind| j.status.as_ref().is_some_and(|s| s.conditions.iter().flatten().any(|c| c.type_ == kind && c.status == "True"));
            let role = if condition("Failed") {
                Role::Failed
            } else if done >= wanted {
                Role::Completed
            } else {
                Role::Running
            };
            let bad = if failed > 0 { format!(", {failed} failed") } else { String::new() };
            (format!("{done} of {wanted} completions{bad}"), role, None)
        }
        Object::CronJob(c) => (c.spec.schedule.clone(), Role::Running, None),
        Object::PersistentVolumeClaim(p) => {
            let phase = p.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_else(|| "Pending".into());
            let role = if phase == "Bound" { Role::Completed } else { Role::Waiting };
            (phase, role, None)
        }
        _ => (String::new(), Role::Waiting, None),
    };
    let _ = cx;
    let kind = object.kind().name();
    let title = format!("{kind} {}: {line}", object.name());
    OutsidePart { target: Target::Object(object.key()), rect: Rect::default(), kind, name: object.name().to_owned(), line, role, band, title }
}

fn ready_role(ready: i32, wanted: i32) -> Role {
    if ready >= wanted { Role::Running } else { Role::NotReady }
}

fn keys<'a>(keys: impl Iterator<Item = &'a String>) -> String {
    let keys: Vec<&str> = keys.map(String::as_str).collect();
    if keys.is_empty() { "empty".to_owned() } else { keys.join(", ") }
}

/// A share of the replicas, rounded as `intstr.GetScaledValueFromIntOrPercent` does.
fn share(value: Option<&IntOrString>, of: i32, up: bool) -> i32 {
    match value {
        Some(IntOrString::Int(n)) => *n,
        Some(IntOrString::String(s)) => {
            let percent = s.trim_end_matches('%').parse::<i32>().unwrap_or(25);
            if up { (of * percent + 99) / 100 } else { of * percent / 100 }
        }
        None => {
            if up {
                (of * 25 + 99) / 100
            } else {
                of * 25 / 100
            }
        }
    }
}

fn deployment(d: &Deployment, pods: &[(ObjectKey, &Pod)]) -> (String, Role, Option<Band>) {
    let spec = &d.spec;
    let wanted = spec.replicas.unwrap_or(1);
    let status = d.status.clone().unwrap_or_default();
    let available = status.available_replicas.unwrap_or(0).max(0);
    let strategy = spec.strategy.as_ref();
    let rolling = strategy.and_then(|s| s.rolling_update.as_ref());
    let recreate = strategy.and_then(|s| s.type_.as_deref()) == Some("Recreate");
    let surge = if recreate { 0 } else { share(rolling.and_then(|r| r.max_surge.as_ref()), wanted, true) };
    let mut down = if recreate { wanted } else { share(rolling.and_then(|r| r.max_unavailable.as_ref()), wanted, false) };
    if surge == 0 && down == 0 {
        down = 1;
    }
    let (mut starting, mut stopping) = (0, 0);
    let selector = spec.selector.match_labels.as_ref();
    for (_, pod) in pods.iter().filter(|(k, p)| Some(k.namespace.as_str()) == d.metadata.namespace.as_deref() && selects(selector, p)) {
        let row = super::build::row(pod);
        if row.deleting {
            stopping += 1;
        } else if row.ready < row.total && !matches!(row.phase.as_str(), "Failed" | "Succeeded") {
            starting += 1;
        }
    }
    let (at_least, at_most) = ((wanted - down).max(0) as u32, (wanted + surge).max(0) as u32);
    let band = Band {
        rect: Rect::default(),
        at_least,
        at_most,
        available: available as u32,
        starting,
        stopping,
        unit: 1.0,
        label: format!("{at_least} available at least · {at_most} in all at most"),
    };
    let updated = status.updated_replicas.unwrap_or(0);
    let line = format!("{available} of {wanted} available · {updated} up to date");
    (line, ready_role(available, wanted), Some(band))
}

fn replica_set(rs: &ReplicaSet) -> (String, Role, Option<Band>) {
    let wanted = rs.spec.replicas.unwrap_or(1);
    let (have, ready) = rs.status.as_ref().map_or((0, 0), |s| (s.replicas, s.ready_replicas.unwrap_or(0)));
    (format!("wants {wanted}, has {have}, {ready} ready"), ready_role(ready, wanted), None)
}

fn service(s: &Service, pods: &[(ObjectKey, &Pod)]) -> (String, Role, Option<Band>) {
    let spec = s.spec.clone().unwrap_or_default();
    if let Some(name) = spec.external_name.filter(|_| spec.type_.as_deref() == Some("ExternalName")) {
        return (format!("stands for {name}"), Role::Running, None);
    }
    let ports: Vec<String> = spec
        .ports
        .iter()
        .flatten()
        .map(|p| match &p.target_port {
            Some(IntOrString::Int(t)) => format!("{} → {t}", p.port),
            Some(IntOrString::String(t)) => format!("{} → {t}", p.port),
            None => format!("{} → {}", p.port, p.port),
        })
        .collect();
    let chosen: Vec<&Pod> = pods
        .iter()
        .filter(|(k, p)| {
            Some(k.namespace.as_str()) == s.metadata.namespace.as_deref()
                && spec.selector.as_ref().is_some_and(|x| !x.is_empty())
                && selects(spec.selector.as_ref(), p)
        })
        .map(|(_, p)| *p)
        .collect();
    let ready = chosen.iter().filter(|p| is_ready(p)).count();
    let role = if ready > 0 {
        Role::Running
    } else if chosen.is_empty() {
        Role::Failed
    } else {
        Role::NotReady
    };
    let to = match chosen.len() {
        0 => "selects no Pod".to_owned(),
        n => format!("{ready} of {n} ready"),
    };
    (format!("{} · {to}", ports.join(", ")), role, None)
}

fn is_ready(pod: &Pod) -> bool {
    pod.status.as_ref().is_some_and(|s| s.conditions.iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True"))
}

fn selects(selector: Option<&BTreeMap<String, String>>, pod: &Pod) -> bool {
    let labels = pod.metadata.labels.as_ref();
    selector.is_some_and(|s| s.iter().all(|(k, v)| labels.and_then(|l| l.get(k)) == Some(v)))
}

/// Arrows between the cards, and from the cards to Pods in full.
pub(super) fn arrows(cx: Context<'_>, stage: &mut Stage, pods: &[(ObjectKey, &Pod)]) {
    let place = |key: &ObjectKey| stage.outside.iter().find(|p| p.target.object() == Some(key)).map(|p| p.rect);
    let mut wires = Vec::new();
    for part in &stage.outside {
        let Some(object) = part.target.object().and_then(|k| cx.object(k)) else { continue };
        for owner in object.metadata().owner_references.iter().flatten() {
            let Some(kind) = Kind::ALL.iter().find(|k| k.name() == owner.kind) else { continue };
            let key = ObjectKey { kind: *kind, namespace: object.namespace().to_owned(), name: owner.name.clone() };
            if let Some(from) = place(&key) {
                let title = format!("{} {} owns {} {}", owner.kind, owner.name, part.kind, object.name());
                wires.push(Wire { kind: WireKind::Owner, points: beside(from, part.rect), lit: true, title });
            }
        }
    }
    if stage.detail == Detail::Full {
        for frame in &stage.pods {
            let Some((key, pod)) = pods.iter().find(|(k, _)| Some(k) == frame.target.object()) else { continue };
            for (n, part) in stage.outside.iter().enumerate() {
                let Some(object) = part.target.object().and_then(|k| cx.object(k)) else { continue };
                let Some((kind, lit, title)) = relation(object, key, pod) else { continue };
                wires.push(Wire { kind, points: down(part.rect, frame.rect, n), lit, title });
            }
        }
    }
    stage.arrows = wires;
}

/// What an outside object is to a Pod.
fn relation(object: &Object, key: &ObjectKey, pod: &Pod) -> Option<(WireKind, bool, String)> {
    if object.namespace() != key.namespace {
        return None;
    }
    if pod.metadata.owner_references.iter().flatten().any(|o| o.uid == object.uid()) {
        return Some((WireKind::Owner, true, format!("{} {} owns Pod {}", object.kind().name(), object.name(), key.name)));
    }
    match object {
        Object::Service(s) => {
            let selector = s.spec.as_ref().and_then(|s| s.selector.as_ref()).filter(|s| !s.is_empty());
            let ready = is_ready(pod);
            let how = if ready { "routes to" } else { "does not route to (not ready)" };
            selects(selector, pod).then(|| (WireKind::Route, ready, format!("Service {} {how} Pod {}", object.name(), key.name)))
        }
        Object::ConfigMap(_) | Object::Secret(_) | Object::PersistentVolumeClaim(_) => {
            uses(pod, object).then(|| (WireKind::Uses, true, format!("Pod {} uses {} {}", key.name, object.kind().name(), object.name())))
        }
        _ => None,
    }
}

/// Whether a Pod refers to a ConfigMap, Secret or claim.
fn uses(pod: &Pod, object: &Object) -> bool {
    let Some(spec) = pod.spec.as_ref() else { return false };
    let name = object.name();
    let volumes = spec.volumes.iter().flatten().any(|v| match object {
        Object::ConfigMap(_) => v.config_map.as_ref().is_some_and(|c| c.name == name),
        Object::Secret(_) => v.secret.as_ref().is_some_and(|s| s.secret_name.as_deref() == Some(name)),
        Object::PersistentVolumeClaim(_) => v.persistent_volume_claim.as_ref().is_some_and(|c| c.claim_name == name),
        _ => false,
    });
    let mut containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    volumes
        || containers.any(|c| {
            let from = c.env_from.iter().flatten().any(|e| match object {
                Object::ConfigMap(_) => e.config_map_ref.as_ref().is_some_and(|r| r.name == name),
                Object::Secret(_) => e.secret_ref.as_ref().is_some_and(|r| r.name == name),
                _ => false,
            });
            let single = c.env.iter().flatten().filter_map(|e| e.value_from.as_ref()).any(|v| match object {
                Object::ConfigMap(_) => v.config_map_key_ref.as_ref().is_some_and(|r| r.name == name),
                Object::Secret(_) => v.secret_key_ref.as_ref().is_some_and(|r| r.name == name),
                _ => false,
            });
            from || single
        })
}

fn beside(from: Rect, to: Rect) -> Vec<Point> {
    if (from.y - to.y).abs() < 1.0 && to.x > from.x {
        let y = from.y + 22.0;
        return vec![Point { x: from.right(), y }, Point { x: to.x, y }];
    }
    let bend = from.bottom() + GAP / 2.0;
    vec![
        Point { x: from.center().x, y: from.bottom() },
        Point { x: from.center().x, y: bend },
        Point { x: to.center().x, y: bend },
        Point { x: to.center().x, y: if to.y > from.y { to.y } else { to.bottom() } },
    ]
}

fn down(from: Rect, to: Rect, n: usize) -> Vec<Point> {
    let x = from.center().x.clamp(to.x + 24.0, (to.right() - 24.0).max(to.x + 24.0));
    let bend = to.y - 6.0 - (n % 4) as f32 * 5.0;
    if (x - from.center().x).abs() < 1.0 {
        return vec![Point { x, y: from.bottom() }, Point { x, y: to.y }];
    }
    vec![Point { x: from.center().x, y: from.bottom() }, Point { x: from.center().x, y: bend }, Point { x, y: bend }, Point { x, y: to.y }]
}
