//! `metadata`: names, labels, annotations, owners (follows api/validation/objectmeta.go).

use serde_json::{Map, Value};

use crate::field::{Errors, Path};
use crate::value::ValueExt;

use super::names;

/// Labels; the path never names the key.
pub(super) fn labels(map: &Map<String, Value>, path: &Path, e: &mut Errors) {
    for (k, v) in map {
        e.invalids(path, k, names::qualified_name(k));
        e.invalids(path, v.text(), names::label_value(v.text()));
    }
}

/// Annotations.
pub(super) fn annotations(map: &Map<String, Value>, path: &Path, e: &mut Errors) {
    let mut size = 0;
    for (k, v) in map {
        e.invalids(path, k, names::qualified_name(&k.to_ascii_lowercase()));
        size += k.len() + v.text().len();
    }
    if size > 256 * 1024 {
        e.too_long(path, 256 * 1024);
    }
}

/// The metadata of an object that is created.
pub(crate) fn create(meta: &Value, name: fn(&str) -> Vec<String>, namespaced: bool, e: &mut Errors) {
    let path = Path::new("metadata");
    if meta.str("name").is_empty() {
        if meta.str("generateName").is_empty() {
            e.required(&path.child("name"), "name or generateName is required");
        }
    } else {
        e.invalids(&path.child("name"), meta.str("name"), name(meta.str("name")));
    }
    if namespaced && !meta.str("namespace").is_empty() {
        e.invalids(&path.child("namespace"), meta.str("namespace"), names::dns_label(meta.str("namespace")));
    }
    common(meta, e);
}

fn common(meta: &Value, e: &mut Errors) {
    let path = Path::new("metadata");
    labels(meta.map("labels"), &path.child("labels"), e);
    annotations(meta.map("annotations"), &path.child("annotations"), e);
    let owners = path.child("ownerReferences");
    let mut controller: Option<String> = None;
    for (i, o) in meta.list("ownerReferences").iter().enumerate() {
        let p = owners.index(i);
        for key in ["apiVersion", "kind", "name", "uid"] {
            if o.str(key).is_empty() {
                e.required(&p.child(key), "must not be empty");
            } else if key == "apiVersion" && crate::client::group_version(o.str(key)).is_none_or(|(_, v)| v.is_empty()) {
                e.invalid(&p.child(key), o.str(key), "must be <group>/<version> or <version>");
            }
        }
        if o.str("apiVersion") == "v1" && o.str("kind") == "Event" {
            e.invalid(&p, o, "/v1, Kind=Event is disallowed from being an owner");
        }
        if o.flag("controller") {
            let now = format!("{}/{}", o.str("kind"), o.str("name"));
            match &controller {
                Some(first) => e.invalid(
                    &owners,
                    meta.at("ownerReferences"),
                    format!("Only one reference can have Controller set to true. Found \"true\" in references for {first} and {now}"),
                ),
                None => controller = Some(now),
            }
        }
    }
    let finalizers = path.child("finalizers");
    for f in meta.list("finalizers") {
        e.invalids(&finalizers, f.text(), names::qualified_name(f.text()));
    }
    for (i, f) in meta.list("finalizers").iter().enumerate() {
        if !f.text().contains('/') && !matches!(f.text(), "kubernetes" | "orphan" | "foregroundDeletion") {
            e.invalid(&finalizers.index(i), f.text(), "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
}

/// The metadata of an object that is changed.
pub(super) fn update(meta: &Value, old: &Value, e: &mut Errors) {
    let path = Path::new("metadata");
    for key in ["name", "namespace", "uid"] {
        let (new, before) = (meta.str(key), old.str(key));
        if new != before && !new.is_empty() {
            e.invalid(&path.child(key), new, "field is immutable");
        }
    }
    common(meta, e);
}
