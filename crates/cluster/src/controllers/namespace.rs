//! Namespaces: a new one gets its ServiceAccount and root certificate, one that ends is emptied
//! (follows pkg/controller/serviceaccount, pkg/controller/certificates/rootcacertpublisher and
//! pkg/controller/namespace/deletion/namespaced_resources_deleter.go).

use super::Context;
use crate::action::Propagation;
use crate::api_server::resource_name;
use crate::typed::Typed;
use k8s_openapi::api::core::v1::{Namespace, NamespaceCondition};
use podglass_manifest::{Kind, Object, ObjectKey};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The key of a namespace.
pub(super) fn key(name: &str) -> ObjectKey {
    ObjectKey { kind: Kind::Namespace, namespace: String::new(), name: name.to_owned() }
}

/// Looks at a namespace.
pub(super) fn sync(cx: &mut Context<'_>, key: &ObjectKey) {
    let Some(object) = cx.api.find(key).cloned() else { return };
    if object.metadata().deletion_timestamp.is_some() {
        return empty(cx, key);
    }
    let name = &key.name;
    let wanted =
        [(Kind::ServiceAccount, serde_json::json!({"metadata": {"name": "default", "namespace": name}})), (Kind::ConfigMap, crate::birth::root_ca(name))];
    for (kind, json) in wanted {
        let there = cx.api.get(kind, name, if kind == Kind::ConfigMap { "kube-root-ca.crt" } else { "default" }).is_some();
        if !there && let Ok(object) = Object::from_json(kind, json) {
            let _ = cx.create(object);
        }
    }
}

/// Deletes everything in a namespace; the namespace goes when nothing is left.
fn empty(cx: &mut Context<'_>, key: &ObjectKey) {
    let keys: Vec<(ObjectKey, bool)> = Kind::ALL
        .iter()
        .chain(&[Kind::Other])
        .filter(|k| k.namespaced() && **k != Kind::Event)
        .flat_map(|k| cx.api.list_in(*k, &key.name))
        .map(|o| (o.key(), o.metadata().deletion_timestamp.is_some()))
        .collect();
    for (key, going) in keys {
        if !going {
            let _ = cx.api.delete(&key, None, Propagation::Background, cx.cause);
        }
    }
    let (mut remaining, mut finalizers): (BTreeMap<String, usize>, BTreeMap<String, usize>) = (BTreeMap::new(), BTreeMap::new());
    for kind in Kind::ALL.iter().chain(&[Kind::Other]).filter(|k| k.namespaced() && **k != Kind::Event) {
        for o in cx.api.list_in(*kind, &key.name) {
            let mut resource = resource_name(*kind);
            if kind.group().is_empty() {
                resource.push('.');
            }
            *remaining.entry(resource).or_default() += 1;
            for f in o.metadata().finalizers.iter().flatten() {
                *finalizers.entry(f.clone()).or_default() += 1;
            }
        }
    }
    let now = cx.api.timestamp();
    if remaining.is_empty() {
        let events: Vec<ObjectKey> = cx.api.list_in(Kind::Event, &key.name).map(|o| o.key()).collect();
        for event in events {
            let _ = cx.api.remove(&event, cx.cause);
        }
        let _ = cx.api.change(key, cx.cause, |n: &mut Namespace| {
            if let Some(spec) = &mut n.spec {
                spec.finalizers = None;
            }
        });
        return;
    }
    let content = list(&remaining, |text, name, n| write!(text, "{name} has {n} resource instances"));
    let held = list(&finalizers, |text, name, n| write!(text, "{name} in {n} resource instances"));
    let conditions = [
        ("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered".to_owned()),
        ("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed".to_owned()),
        ("NamespaceDeletionContentFailure", "False", "ContentDeleted", "All content successfully deleted, may be waiting on finalization".to_owned()),
        ("NamespaceContentRemaining", "True", "SomeResourcesRemain", format!("Some resources are remaining: {content}")),
        if finalizers.is_empty() {
            ("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished".to_owned())
        } else {
            ("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", format!("Some content in the namespace has finalizers remaining: {held}"))
        },
    ];
    let _ = cx.api.update(key, cx.cause, |o| {
        let Some(status) = Namespace::of_mut(o).map(|n| n.status.get_or_insert_default()) else { return };
        let old = status.conditions.take().unwrap_or_default();
        let make = |(type_, state, reason, message): (&str, &str, &str, String)| {
            let since = old.iter().find(|c| c.type_ == type_ && c.status == state).and_then(|c| c.last_transition_time.clone()).unwrap_or_else(|| now.clone());
            NamespaceCondition {
                type_: type_.into(),
                status: state.into(),
                reason: Some(reason.into()),
                message: Some(message),
                last_transition_time: Some(since),
            }
        };
        status.conditions = Some(conditions.into_iter().map(make).collect());
    });
}

fn list(all: &BTreeMap<String, usize>, put: impl Fn(&mut String, &str, usize) -> std::fmt::Result) -> String {
    let mut text = String::new();
    for (name, n) in all {
        if !text.is_empty() {
            text.push_str(", ");
        }
        let _ = put(&mut text, name, *n);
    }
    text
}
