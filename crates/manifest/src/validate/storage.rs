//! Claims, volumes and storage classes.

use serde_json::Value;

use crate::field::{Errors, Path, Plain};
use crate::quantity::Quantity;
use crate::value::ValueExt;

use super::fields::one_of;
use super::{devices, fields, metadata, names, scheduling, selector, volumes};

const MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

fn modes(s: &Value, path: &Path, e: &mut Errors) {
    let mp = path.child("accessModes");
    let list = s.list("accessModes");
    for m in list {
        one_of(m.text(), &mp, MODES, e);
    }
    let pod = list.iter().any(|m| m.text() == "ReadWriteOncePod");
    if pod && list.iter().any(|m| m.text() != "ReadWriteOncePod" && MODES.contains(&m.text())) {
        e.forbidden(&mp, "may not use ReadWriteOncePod with other access modes");
    }
}

/// The spec of a claim, wherever it stands.
pub(super) fn claim_spec(s: &Value, path: &Path, e: &mut Errors) {
    if s.list("accessModes").is_empty() {
        e.required(&path.child("accessModes"), "at least 1 access mode is required");
    }
    selector::check(s.at("selector"), &path.child("selector"), e);
    modes(s, path, e);
    let rp = path.child("resources");
    let sp = rp.key("storage");
    match s.at("resources").at("requests").get("storage") {
        None => e.required(&sp, ""),
        Some(v) => {
            if Quantity::of(v.text()).sign().is_le() {
                e.invalid(&sp, v.text(), "must be greater than zero");
            }
        }
    }
    if !s.str("storageClassName").is_empty() {
        e.invalids(&path.child("storageClassName"), s.str("storageClassName"), names::dns_subdomain(s.str("storageClassName")));
    }
    if s.has("volumeMode") {
        one_of(s.str("volumeMode"), &path.child("volumeMode"), &["Block", "Filesystem"], e);
    }
    for key in ["dataSource", "dataSourceRef"] {
        let d = s.at(key);
        if d.is_null() {
            continue;
        }
        let p = path.child(key);
        volumes::required(d, &["name", "kind"], &p, e);
        if d.str("apiGroup").is_empty() && d.str("kind") != "PersistentVolumeClaim" {
            e.invalid(&p, d.str("kind"), "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
        }
    }
}

/// A PersistentVolumeClaim.
pub(super) fn claim(o: &Value, e: &mut Errors) {
    metadata::create(o.at("metadata"), names::dns_subdomain, true, e);
    claim_spec(o.at("spec"), &Path::new("spec"), e);
}

/// Sources of a PersistentVolume, in the server's order.
const SOURCES: &[&str] = &[
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

/// A PersistentVolume.
pub(super) fn volume(o: &Value, e: &mut Errors) {
    metadata::create(o.at("metadata"), names::dns_subdomain, false, e);
    let (s, path) = (o.at("spec"), Path::new("spec"));
    if s.list("accessModes").is_empty() {
        e.required(&path.child("accessModes"), "");
    }
    modes(s, &path, e);
    let cp = path.child("capacity");
    let capacity = s.map("capacity");
    if capacity.is_empty() {
        e.required(&cp, "");
    }
    if !capacity.contains_key("storage") || capacity.len() > 1 {
        e.unsupported(&cp, s.at("capacity"), &["storage"]);
    }
    for (k, v) in capacity {
        let q = Quantity::of(v.text());
        if q.value() < 0 {
            e.invalid(&cp.key(k), q.value(), "must be a valid resource quantity");
        }
        if q.sign().is_le() {
            e.invalid(&cp.key(k), v.text(), "must be greater than zero");
        }
    }
    let policy = s.str("persistentVolumeReclaimPolicy");
    if !policy.is_empty() {
        one_of(policy, &path.child("persistentVolumeReclaimPolicy"), &["Delete", "Recycle", "Retain"], e);
    }
    if s.has("nodeAffinity") {
        let np = path.child("nodeAffinity");
        let required = s.at("nodeAffinity").at("required");
        if required.is_null() {
            e.required(&np.child("required"), "must specify required node constraints");
        } else {
            scheduling::node_selector(required, &np.child("required"), e);
        }
    }
    source(s, &path, e);
    if s.at("hostPath").str("path") == "/" && policy == "Recycle" {
        e.forbidden(&path.child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'");
    }
    if !s.str("storageClassName").is_empty() {
        e.invalids(&path.child("storageClassName"), s.str("storageClassName"), names::dns_subdomain(s.str("storageClassName")));
    }
    if s.has("volumeMode") {
        one_of(s.str("volumeMode"), &path.child("volumeMode"), &["Block", "Filesystem"], e);
    }
}

fn source(s: &Value, path: &Path, e: &mut Errors) {
    let mut found = false;
    for key in SOURCES {
        let v = s.at(key);
        if v.is_null() {
            continue;
        }
        let p = path.child(key);
        if found && *key != "flexVolume" {
            e.forbidden(&p, "may not specify more than 1 volume type");
            continue;
        }
        found = true;
        match *key {
            "hostPath" => volumes::host_path(v, &p, e),
            "nfs" => {
                volumes::required(v, &["server", "path"], &p, e);
                if !v.str("path").starts_with('/') {
                    e.invalid(&p.child("path"), v.str("path"), "must be an absolute path");
                }
            }
            "local" => {
                if v.str("path").is_empty() {
                    e.required(&p.child("path"), "");
                } else {
                    volumes::no_backsteps(v.str("path"), &p.child("path"), e);
                }
                if !s.has("nodeAffinity") {
                    e.required(&path.child("nodeAffinity"), "Local volume requires node affinity");
                }
            }
            "csi" => {
                volumes::csi_driver(v.str("driver"), &p.child("driver"), e);
                volumes::required(v, &["volumeHandle"], &p, e);
            }
            "gcePersistentDisk" => devices::check(key, v, &path.child("persistentDisk"), e),
            other => devices::check(other, v, &p, e),
        }
    }
    if !found {
        e.required(path, "must specify a volume type");
    }
}

/// A StorageClass.
pub(super) fn class(o: &Value, e: &mut Errors) {
    metadata::create(o.at("metadata"), names::dns_subdomain, false, e);
    let p = Path::new("provisioner");
    let provisioner = o.str("provisioner");
    if provisioner.is_empty() {
        e.late_required(&p);
    } else {
        e.invalids(&p, &provisioner.to_ascii_lowercase(), names::qualified_name(&provisioner.to_ascii_lowercase()));
    }
    let pp = Path::new("parameters");
    if o.map("parameters").keys().any(String::is_empty) {
        e.invalid(&pp, "", "field can not be empty.");
    }
    one_of(o.str("reclaimPolicy"), &Path::new("reclaimPolicy"), &["Delete", "Retain"], e);
    one_of(o.str("volumeBindingMode"), &Path::new("volumeBindingMode"), &["Immediate", "WaitForFirstConsumer"], e);
    let tp = Path::new("allowedTopologies");
    let terms = o.list("allowedTopologies");
    for (i, term) in terms.iter().enumerate() {
        let ip = tp.index(i);
        let xp = ip.child("matchLabelExpressions");
        let list = term.list("matchLabelExpressions");
        for (j, x) in list.iter().enumerate() {
            let p = xp.index(j);
            let vp = p.child("values");
            let values = x.list("values");
            if values.is_empty() {
                e.required(&vp, "");
            }
            for (k, v) in values.iter().enumerate() {
                if values.iter().take(k).any(|o| o == v) {
                    e.duplicate(&vp.index(k), v);
                }
            }
            let key = x.str("key");
            e.invalids(&p.child("key"), key, names::qualified_name(key));
            if list.iter().take(j).any(|o| o.str("key") == key) {
                e.duplicate(&p.child("key"), key);
            }
        }
        if terms.iter().take(i).any(|t| t == term) {
            e.duplicate(&xp, "");
        }
    }
}

/// A claim that is changed.
pub(super) fn update_claim(new: &Value, old: &Value, e: &mut Errors) {
    metadata::update(new.at("metadata"), old.at("metadata"), e);
    claim_spec(new.at("spec"), &Path::new("spec"), e);
    let strip = |v: &Value| {
        let mut s = v.at("spec").clone();
        if let Some(m) = s.as_object_mut() {
            m.remove("volumeAttributesClassName");
            if let Some(r) = m.get_mut("resources").and_then(Value::as_object_mut) {
                r.remove("requests");
            }
        }
        s
    };
    let bound = old.at("status").str("phase") == "Bound";
    let same = if bound { strip(new) == strip(old) } else { new.at("spec") == old.at("spec") };
    if !same {
        let diff = super::diff::specs(old.at("spec"), new.at("spec"), "core.PersistentVolumeClaimSpec");
        e.forbidden(
            &Path::new("spec"),
            format!("spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n{diff}"),
        );
    }
}

/// A StorageClass that is changed.
pub(super) fn update_class(new: &Value, old: &Value, e: &mut Errors) {
    metadata::update(new.at("metadata"), old.at("metadata"), e);
    for key in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
        if new.at(key) != old.at(key) {
            // The declarative rule does not know the value.
            e.late_invalid(&Path::new(key), Plain("null".to_owned()), "field is immutable");
        }
    }
}

/// A PersistentVolume that is changed.
pub(super) fn update_volume(new: &Value, old: &Value, e: &mut Errors) {
    volume(new, e);
    let source = |v: &Value| -> Value {
        SOURCES.iter().filter_map(|k| v.at("spec").get(*k).map(|x| ((*k).to_owned(), x.clone()))).collect::<serde_json::Map<_, _>>().into()
    };
    if source(new) != source(old) {
        let diff = super::diff::specs(&source(old), &source(new), "core.PersistentVolumeSource");
        e.forbidden(&Path::new("spec.persistentvolumesource"), format!("spec.persistentvolumesource is immutable after creation\n{diff}"));
    }
    fields::immutable(new.at("spec").at("volumeMode"), old.at("spec").at("volumeMode"), &Path::new("volumeMode"), e);
}
