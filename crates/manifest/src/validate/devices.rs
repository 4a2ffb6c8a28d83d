//! Volumes on disks and file systems of others, in Pods and in PersistentVolumes (follows the
//! `validate…VolumeSource` functions of core/validation).

use serde_json::Value;

use crate::field::{Errors, Path};
use crate::value::ValueExt;

use super::volumes::required;

const PAIR: &str = "must be a host:port pair or multiple pairs separated by commas";
const LUN: &str = "must be between 0 and 255, inclusive";
const PARTITION: &str = "must be between 1 and 255, inclusive";

/// Checks a source by its field's name; those that are checked elsewhere pass.
pub(super) fn check(key: &str, s: &Value, p: &Path, e: &mut Errors) {
    match key {
        "gcePersistentDisk" => {
            required(s, &["pdName"], p, e);
            small(s, "partition", PARTITION, p, e);
        }
        "awsElasticBlockStore" => {
            required(s, &["volumeID"], p, e);
            small(s, "partition", PARTITION, p, e);
        }
        "cinder" => {
            required(s, &["volumeID"], p, e);
            secret(s, p, e);
        }
        "portworxVolume" => required(s, &["volumeID"], p, e),
        "glusterfs" => required(s, &["endpoints", "path"], p, e),
        "rbd" => {
            monitors(s, p, e);
            required(s, &["image"], p, e);
        }
        "cephfs" => monitors(s, p, e),
        "vsphereVolume" => required(s, &["volumePath"], p, e),
        "azureFile" => required(s, &["secretName", "shareName"], p, e),
        "azureDisk" => azure_disk(s, p, e),
        "flexVolume" => {
            required(s, &["driver"], p, e);
            let reserved = |k: &&String| {
                let lower = k.to_ascii_lowercase();
                lower.split('/').next().is_some_and(|d| d == "kubernetes.io" || d == "k8s.io" || d.ends_with(".kubernetes.io") || d.ends_with(".k8s.io"))
            };
            let op = p.child("options");
            for k in s.map("options").keys().filter(reserved) {
                e.invalid(&op.key(k), k.as_str(), "kubernetes.io and k8s.io namespaces are reserved");
            }
        }
        "photonPersistentDisk" => required(s, &["pdID"], p, e),
        "quobyte" => quobyte(s, p, e),
        "flocker" => {
            let (name, uuid) = (s.str("datasetName"), s.str("datasetUUID"));
            if name.is_empty() && uuid.is_empty() {
                e.required(p, "one of datasetName and datasetUUID is required");
            }
            if !name.is_empty() && !uuid.is_empty() {
                e.invalid(p, "resource", "datasetName and datasetUUID can not be specified simultaneously");
            }
            if name.contains('/') {
                e.invalid(&p.child("datasetName"), name, "must not contain '/'");
            }
        }
        "scaleIO" => required(s, &["gateway", "system", "volumeName"], p, e),
        "iscsi" => iscsi(s, p, e),
        "fc" => fibre_channel(s, p, e),
        "storageos" => {
            let sp = p.child("secretRef.name");
            for key in ["volumeName", "volumeNamespace"] {
                let v = s.str(key);
                if v.is_empty() && key == "volumeName" {
                    e.required(&p.child(key), "");
                } else if !v.is_empty() {
                    e.invalids(&p.child(key), v, super::names::dns_label(v));
                }
            }
            if s.has("secretRef") && s.at("secretRef").str("name").is_empty() {
                e.required(&sp, "");
            }
        }
        _ => {}
    }
}

fn small(s: &Value, key: &str, text: &str, p: &Path, e: &mut Errors) {
    if let Some(n) = s.int(key).filter(|n| !(0..=255).contains(n)) {
        e.invalid(&p.child(key), n, text);
    }
}

fn secret(s: &Value, p: &Path, e: &mut Errors) {
    if s.has("secretRef") && s.at("secretRef").str("name").is_empty() {
        e.required(&p.child("secretRef.name"), "");
    }
}

fn monitors(s: &Value, p: &Path, e: &mut Errors) {
    if s.list("monitors").is_empty() {
        e.required(&p.child("monitors"), "");
    }
}

fn azure_disk(s: &Value, p: &Path, e: &mut Errors) {
    const BLOB: &[&str] = &["Dedicated", "Managed", "Shared"];
    const CACHING: &[&str] = &["None", "ReadOnly", "ReadWrite"];
    required(s, &["diskName", "diskURI"], p, e);
    for (key, known) in [("cachingMode", CACHING), ("kind", BLOB)] {
        if s.has(key) && !known.contains(&s.str(key)) {
            e.unsupported(&p.child(key), s.str(key), known);
        }
    }
    let (uri, managed) = (s.str("diskURI"), s.str("kind") == "Managed");
    let up = p.child("diskURI");
    if managed && !uri.starts_with('/') {
        e.unsupported(&up, uri, &["/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"]);
    }
    if s.has("kind") && !managed && !uri.starts_with("https://") {
        e.unsupported(&up, uri, &["https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"]);
    }
}

fn quobyte(s: &Value, p: &Path, e: &mut Errors) {
    let (registry, rp) = (s.str("registry"), p.child("registry"));
    if registry.is_empty() {
        e.required(&rp, PAIR);
    } else if s.str("tenant").len() >= 65 {
        e.required(&p.child("tenant"), "must be a UUID and may not exceed a length of 64 characters");
    } else {
        for _ in registry.split(',').filter(|r| r.matches(':').count() != 1) {
            e.invalid(&rp, registry, PAIR);
        }
    }
    required(s, &["volume"], p, e);
}

/// Whether a name of iSCSI has its form.
fn is_initiator(name: &str) -> bool {
    let alnum = |t: &str, n: usize| t.len() == n && t.bytes().all(|b| b.is_ascii_alphanumeric());
    let after = |t: &str| t.chars().next().map(|c| t.get(c.len_utf8()..).unwrap_or_default().to_owned()).unwrap_or_default();
    if let Some(rest) = name.strip_prefix("eui") {
        return alnum(&after(rest), 16);
    }
    if let Some(rest) = name.strip_prefix("naa") {
        return alnum(&after(rest), 32);
    }
    let Some((head, tail)) = name.split_once(':') else { return false };
    let Some((date, host)) = head.strip_prefix("iqn.").and_then(|r| r.split_once('.')) else { return false };
    let b = date.as_bytes();
    let dated = b.len() == 7 && b.iter().enumerate().all(|(i, c)| if i == 4 { *c == b'-' } else { c.is_ascii_digit() });
    dated
        && !host.is_empty()
        && host.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.'))
        && !tail.is_empty()
        && !tail.contains(|c: char| matches!(c, ',' | ';' | '*' | '&' | '$' | '|') || c.is_whitespace())
}

fn initiator(name: &str, p: &Path, e: &mut Errors) {
    if !["iqn", "eui", "naa"].iter().any(|k| name.starts_with(k)) {
        e.invalid(p, name, "must be valid format starting with iqn, eui, or naa");
    } else if !is_initiator(name) {
        e.invalid(p, name, "must be valid format");
    }
}

fn iscsi(s: &Value, p: &Path, e: &mut Errors) {
    required(s, &["targetPortal", "iqn"], p, e);
    if !s.str("iqn").is_empty() {
        initiator(s.str("iqn"), &p.child("iqn"), e);
    }
    small(s, "lun", LUN, p, e);
    if (s.flag("chapAuthDiscovery") || s.flag("chapAuthSession")) && !s.has("secretRef") {
        e.required(&p.child("secretRef"), "");
    }
    if s.has("initiatorName") {
        initiator(s.str("initiatorName"), &p.child("initiatorname"), e);
    }
}

fn fibre_channel(s: &Value, p: &Path, e: &mut Errors) {
    let (targets, ids) = (s.list("targetWWNs"), s.list("wwids"));
    let tp = p.child("targetWWNs");
    if targets.is_empty() && ids.is_empty() {
        e.required(&tp, "must specify either targetWWNs or wwids, but not both");
    }
    if !targets.is_empty() && !ids.is_empty() {
        e.invalid(&tp, s.at("targetWWNs"), "targetWWNs and wwids can not be specified simultaneously");
    }
    if !targets.is_empty() {
        if s.has("lun") {
            small(s, "lun", LUN, p, e);
        } else {
            e.required(&p.child("lun"), "lun is required if targetWWNs is specified");
        }
    }
}
