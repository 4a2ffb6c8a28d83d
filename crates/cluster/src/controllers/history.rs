//! ControllerRevisions: the history of StatefulSets and DaemonSets (follows pkg/controller/history/controller_history.go).

use super::{Context, hash};
use crate::api_server::controller_reference;
use crate::labels::Labels;
use crate::typed::Typed;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use podglass_manifest::{Kind, Object, ObjectKey};
use serde_json::{Value, json};
use std::rc::Rc;

/// One revision of a set.
#[derive(Clone, Debug)]
pub(super) struct Revision {
    pub(super) key: ObjectKey,
    pub(super) hash: String,
    pub(super) number: i64,
    data: Value,
}

impl Revision {
    /// Its name, which is the label of a StatefulSet's Pods.
    pub(super) fn name(&self) -> &str {
        &self.key.name
    }
    /// The template it keeps.
    pub(super) fn template(&self) -> Option<PodTemplateSpec> {
        let mut template = self.data.get("spec")?.get("template")?.clone();
        template.as_object_mut()?.remove("$patch");
        podglass_manifest::decode_json(&template).ok()
    }
}

/// The revisions of a set, oldest first.
pub(super) fn list(cx: &Context<'_>, owner: &Object, hash_label: &str) -> Vec<Revision> {
    let mut all: Vec<Revision> = cx
        .index
        .controlled(owner.uid(), Kind::ControllerRevision)
        .filter_map(|o| {
            let r = ControllerRevision::of(o)?;
            let hash = o.metadata().labels.as_ref().and_then(|l| l.get(hash_label)).cloned().unwrap_or_default();
            Some(Revision { key: o.key(), hash, number: r.revision.unwrap_or(0), data: r.data.0.clone() })
        })
        .collect();
    all.sort_by(|a, b| (a.number, &a.key).cmp(&(b.number, &b.key)));
    all
}

/// The revision that keeps this template: an existing one, made the newest, or a new one.
pub(super) fn current(cx: &mut Context<'_>, owner: &Rc<Object>, template: &PodTemplateSpec, hash_label: &str, all: &mut Vec<Revision>) -> Option<Revision> {
    let mut stored = serde_json::to_value(template).ok()?;
    stored.as_object_mut()?.insert("$patch".into(), "replace".into());
    let data = json!({"spec": {"template": stored}});
    let newest = all.last().map_or(0, |r| r.number);
    if let Some(at) = all.iter().rposition(|r| r.data == data) {
        let mut found = all.remove(at);
        if found.number < newest {
            found.number = newest + 1;
            let number = found.number;
            let _ = cx.api.change(&found.key, cx.cause, |r: &mut ControllerRevision| r.revision = Some(number));
        }
        all.push(found.clone());
        return Some(found);
    }
    let hash = hash::template(template, None);
    let mut labels: Labels = template.metadata.as_ref().and_then(|m| m.labels.clone()).unwrap_or_default();
    labels.insert(hash_label.into(), hash.clone());
    let name = format!("{}-{hash}", owner.name());
    let revision = ControllerRevision {
        metadata: ObjectMeta {
            name: Some(name),
            namespace: Some(owner.namespace().into()),
            labels: Some(labels),
            annotations: owner.metadata().annotations.clone(),
            owner_references: Some(vec![controller_reference(owner)]),
            ..ObjectMeta::default()
        },
        data: RawExtension(data.clone()),
        revision: Some(newest + 1),
    };
    let created = cx.create(revision).ok()?;
    let made = Revision { key: created.key(), hash, number: newest + 1, data };
    all.push(made.clone());
    Some(made)
}

/// Deletes the oldest revisions beyond the limit that nobody uses.
pub(super) fn truncate(cx: &mut Context<'_>, all: &[Revision], limit: Option<i32>, live: &[&str]) {
    let unused: Vec<&Revision> = all.iter().filter(|r| !live.contains(&r.name()) && !live.contains(&r.hash.as_str())).collect();
    let excess = unused.len().saturating_sub(limit.unwrap_or(10).max(0) as usize);
    for r in unused.into_iter().take(excess) {
        let _ = cx.api.remove(&r.key, cx.cause);
    }
}
