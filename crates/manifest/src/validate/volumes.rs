//! Volumes of a Pod (follows `ValidateVolumes`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::defaults::VOLUME_SOURCES;
use crate::field::{Errors, Path};
use crate::quantity::Quantity;
use crate::value::ValueExt;

use super::{devices, fields, metadata, names, storage};

/// Checks the volumes; gives those without a mistake, by name.
pub(super) fn check<'a>(volumes: &'a [Value], pod_name: Option<&str>, path: &Path, e: &mut Errors) -> BTreeMap<&'a str, &'a Value> {
    let mut good: BTreeMap<&str, &Value> = BTreeMap::new();
    let created: BTreeSet<String> = volumes.iter().filter(|v| v.has("ephemeral")).filter_map(|v| Some(format!("{}-{}", pod_name?, v.str("name")))).collect();
    for (i, v) in volumes.iter().enumerate() {
        let p = path.index(i);
        let before = e.len();
        source(v, pod_name, &p, e);
        let name = v.str("name");
        let np = p.child("name");
        if name.is_empty() {
            e.required(&np, "");
        } else {
            e.invalids(&np, name, names::dns_label(name));
        }
        if good.contains_key(name) {
            e.duplicate(&np, name);
        }
        if e.len() == before {
            good.insert(name, v);
        }
        let claim = v.at("persistentVolumeClaim").str("claimName");
        if created.contains(claim) {
            e.invalid(&p.child("persistentVolumeClaim").child("claimName"), claim, "must not reference a PVC that gets created for an ephemeral volume");
        }
    }
    good
}

fn source(v: &Value, pod_name: Option<&str>, path: &Path, e: &mut Errors) {
    let mut first = true;
    for key in VOLUME_SOURCES {
        let s = v.at(key);
        if s.is_null() {
            continue;
        }
        // Two of the server's paths are not the field's name.
        let name = match *key {
            "downwardAPI" => "downwarAPI",
            "gcePersistentDisk" => "persistentDisk",
            "cephfs" => "cephFS",
            k => k,
        };
        if !first {
            let name = if name == "persistentDisk" { "gcePersistentDisk" } else { name };
            e.forbidden(&path.child(name), "may not specify more than 1 volume type");
            continue;
        }
        first = false;
        let p = path.child(match name {
            "downwarAPI" => "downwardAPI",
            "cephFS" => "cephfs",
            name => name,
        });
        one(key, s, &p, e);
        let name = v.str("name");
        if *key == "iscsi" && s.has("initiatorName") && name.len() + 1 + s.str("targetPortal").len() > 64 {
            e.invalid(
                &path.child("name"),
                name,
                "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.",
            );
        }
        // The claim of an ephemeral volume gets this name.
        if let (Some(pod), "ephemeral") = (pod_name, *key) {
            let claim = format!("{pod}-{name}");
            for wrong in names::dns_subdomain(&claim) {
                e.invalid(&path.child("name"), name, format!("PVC name {}: {wrong}", crate::go::quote(&claim)));
            }
        }
    }
    if first {
        e.required(path, "must specify a volume type");
    }
}

fn one(key: &str, s: &Value, p: &Path, e: &mut Errors) {
    match key {
        "emptyDir" if s.has("sizeLimit") && Quantity::of(s.str("sizeLimit")).sign().is_lt() => {
            e.forbidden(&p.child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
        }
        "hostPath" => host_path(s, p, e),
        "gitRepo" => {
            if s.str("repository").is_empty() {
                e.required(&p.child("repository"), "");
            }
            descending(s.str("directory"), &p.child("directory"), e);
        }
        "secret" => {
            required(s, &["secretName"], p, e);
            mode(s, "defaultMode", p, e);
            items(s, p, e);
        }
        "configMap" => {
            required(s, &["name"], p, e);
            mode(s, "defaultMode", p, e);
            items(s, p, e);
        }
        "nfs" => {
            required(s, &["server", "path"], p, e);
            if !s.str("path").starts_with('/') {
                e.invalid(&p.child("path"), s.str("path"), "must be an absolute path");
            }
        }
        "persistentVolumeClaim" => required(s, &["claimName"], p, e),
        "downwardAPI" => {
            mode(s, "defaultMode", p, e);
            for f in s.list("items") {
                downward_file(f, p, e);
            }
        }
        "projected" => projected(s, p, e),
        "csi" => {
            csi_driver(s.str("driver"), &p.child("driver"), e);
            let secret = s.at("nodePublishSecretRef").str("name");
            if s.has("nodePublishSecretRef") && secret.is_empty() {
                e.required(&p.child("nodePublishSecretRef.name"), "");
            } else if s.has("nodePublishSecretRef") {
                e.invalids(&p.child("name"), secret, names::dns_subdomain(secret));
            }
        }
        "ephemeral" => {
            let t = s.at("volumeClaimTemplate");
            let tp = p.child("volumeClaimTemplate");
            if t.is_null() {
                e.required(&tp, "");
                return;
            }
            let (m, mp) = (t.at("metadata"), tp.child("metadata"));
            metadata::annotations(m.map("annotations"), &mp.child("annotations"), e);
            metadata::labels(m.map("labels"), &mp.child("labels"), e);
            for key in ["name", "generateName", "namespace", "uid", "finalizers", "ownerReferences"] {
                if m.has(key) {
                    e.forbidden(&mp.child(key), "cannot be set");
                }
            }
            storage::claim_spec(t.at("spec"), &tp.child("spec"), e);
        }
        "image" => {
            required(s, &["reference"], p, e);
            fields::pull_policy(s.str("pullPolicy"), &p.child("pullPolicy"), e);
        }
        other => devices::check(other, s, p, e),
    }
}

pub(super) fn required(s: &Value, keys: &[&str], p: &Path, e: &mut Errors) {
    for k in keys {
        if s.str(k).is_empty() {
            e.required(&p.child(k), "");
        }
    }
}

pub(super) fn host_path(s: &Value, p: &Path, e: &mut Errors) {
    const TYPES: &[&str] = &["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    if s.str("path").is_empty() {
        e.required(&p.child("path"), "");
        return;
    }
    no_backsteps(s.str("path"), &p.child("path"), e);
    if s.has("type") && !TYPES.contains(&s.str("type")) {
        e.unsupported(&p.child("type"), s.str("type"), TYPES);
    }
}

pub(super) fn csi_driver(driver: &str, p: &Path, e: &mut Errors) {
    if driver.is_empty() {
        e.required(p, "");
    }
    if driver.len() > 63 {
        e.too_long(p, 63);
    }
    if !driver.is_empty() {
        e.invalids(p, driver, names::dns_subdomain(&driver.to_ascii_lowercase()));
    }
}

fn mode(s: &Value, key: &str, p: &Path, e: &mut Errors) {
    if let Some(m) = s.int(key).filter(|m| !(0..=0o777).contains(m)) {
        e.invalid(&p.child(key), m, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

fn items(s: &Value, p: &Path, e: &mut Errors) {
    let ip = p.child("items");
    for (i, k) in s.list("items").iter().enumerate() {
        key_to_path(k, &ip.index(i), e);
    }
}

fn key_to_path(k: &Value, p: &Path, e: &mut Errors) {
    required(k, &["key", "path"], p, e);
    not_reserved(k.str("path"), &p.child("path"), e);
    mode(k, "mode", p, e);
}

/// A relative path without `..`.
pub(super) fn descending(path: &str, p: &Path, e: &mut Errors) {
    if path.starts_with('/') {
        e.invalid(p, path, "must be a relative path");
    }
    no_backsteps(path, p, e);
}

pub(super) fn no_backsteps(path: &str, p: &Path, e: &mut Errors) {
    if path.split('/').any(|part| part == "..") {
        e.invalid(p, path, "must not contain '..'");
    }
}

fn not_reserved(path: &str, p: &Path, e: &mut Errors) {
    descending(path, p, e);
    if path.starts_with("..") && !path.starts_with("../") {
        e.invalid(p, path, "must not start with '..'");
    }
}

fn downward_file(f: &Value, p: &Path, e: &mut Errors) {
    const FIELDS: &[&str] = &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
    required(f, &["path"], p, e);
    not_reserved(f.str("path"), &p.child("path"), e);
    if f.has("fieldRef") {
        fields::field_ref(f.at("fieldRef"), FIELDS, &p.child("fieldRef"), e);
        if f.has("resourceFieldRef") {
            e.invalid(p, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
        }
    } else if f.has("resourceFieldRef") {
        fields::resource_ref(f.at("resourceFieldRef"), true, &p.child("resourceFieldRef"), e);
    } else {
        e.required(p, "one of fieldRef and resourceFieldRef is required");
    }
    mode(f, "mode", p, e);
}

fn projected(s: &Value, p: &Path, e: &mut Errors) {
    mode(s, "defaultMode", p, e);
    let mut paths: BTreeSet<String> = BTreeSet::new();
    let sp = p.child("sources");
    for (i, source) in s.list("sources").iter().enumerate() {
        let sp = sp.index(i);
        let mut kinds = 0;
        for key in ["secret", "configMap"] {
            let v = source.at(key);
            if v.is_null() {
                continue;
            }
            kinds += 1;
            let vp = sp.child(key);
            required(v, &["name"], &vp, e);
            let ip = vp.child("items");
            for (j, k) in v.list("items").iter().enumerate() {
                key_to_path(k, &ip.index(j), e);
                if !k.str("path").is_empty() && !paths.insert(k.str("path").to_owned()) {
                    e.invalid(p, v.str("name"), "conflicting duplicate paths");
                }
            }
        }
        if source.has("downwardAPI") {
            kinds += 1;
            for f in source.at("downwardAPI").list("items") {
                downward_file(f, &sp.child("downwardAPI"), e);
                if !f.str("path").is_empty() && !paths.insert(f.str("path").to_owned()) {
                    e.invalid(p, f.str("path"), "conflicting duplicate paths");
                }
            }
        }
        if source.has("serviceAccountToken") {
            kinds += 1;
            let t = source.at("serviceAccountToken");
            let tp = sp.child("serviceAccountToken");
            let xp = tp.child("expirationSeconds");
            if let Some(x) = t.int("expirationSeconds") {
                if x < 600 {
                    e.invalid(&xp, x, "may not specify a duration less than 10 minutes");
                }
                if x > 1 << 32 {
                    e.invalid(&xp, x, "may not specify a duration larger than 2^32 seconds");
                }
            }
            if t.str("path").is_empty() {
                e.required(&p.child("path"), "");
            } else {
                not_reserved(t.str("path"), &p.child("path"), e);
            }
        }
        if source.has("clusterTrustBundle") {
            kinds += 1;
            let t = source.at("clusterTrustBundle");
            let tp = sp.child("clusterTrustBundle");
            if !t.has("name") && !t.has("signerName") {
                e.required(&tp, "either name or signerName must be specified");
            }
            required(t, &["path"], &tp, e);
            not_reserved(t.str("path"), &tp.child("path"), e);
        }
        if kinds > 1 {
            e.forbidden(&sp, "may not specify more than 1 volume type per source");
        }
    }
}
