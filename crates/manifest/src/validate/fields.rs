//! Small checks that several kinds share.

use serde_json::Value;

use crate::field::{Errors, Path};
use crate::value::ValueExt;

use super::names;

/// `must be greater than or equal to 0`.
pub(super) fn non_negative(v: &Value, key: &str, path: &Path, e: &mut Errors) {
    if let Some(n) = v.int(key).filter(|n| *n < 0) {
        e.invalid(&path.child(key), n, "must be greater than or equal to 0");
    }
}

/// A value of a fixed list.
pub(super) fn one_of(value: &str, path: &Path, all: &[&str], e: &mut Errors) {
    if !all.contains(&value) {
        e.unsupported(path, value, all);
    }
}

/// When images are pulled.
pub(super) fn pull_policy(p: &str, path: &Path, e: &mut Errors) {
    if p.is_empty() {
        e.required(path, "");
    } else {
        one_of(p, path, &["Always", "IfNotPresent", "Never"], e);
    }
}

/// A port by number or name; absent is 0.
pub(super) fn port(v: &Value, path: &Path, e: &mut Errors) {
    match v {
        Value::String(s) => e.invalids(path, s, names::port_name(s)),
        other => {
            let n = other.as_i64().unwrap_or(0);
            for m in names::port_number(n) {
                e.invalid(path, n, m);
            }
        }
    }
}

/// A percentage or a number that is not negative.
pub(super) fn int_or_percent(v: &Value, path: &Path, e: &mut Errors) {
    match v {
        Value::String(s) => {
            for m in names::percent(s) {
                e.invalid(path, v, m);
            }
        }
        Value::Null => {}
        other => {
            if let Some(n) = other.as_i64().filter(|n| *n < 0) {
                e.invalid(path, n, "must be greater than or equal to 0");
            }
        }
    }
}

/// The number of a percentage or of an integer.
pub(super) fn number_of(v: &Value) -> i64 {
    match v {
        Value::String(s) if names::percent(s).is_empty() => s.trim_end_matches('%').parse().unwrap_or(i64::MAX),
        Value::String(s) => s.parse().unwrap_or(0),
        other => other.as_i64().unwrap_or(0),
    }
}

/// At most all of them.
pub(super) fn not_above_100_percent(v: &Value, path: &Path, e: &mut Errors) {
    if v.as_str().is_some_and(|s| names::percent(s).is_empty()) && number_of(v) > 100 {
        e.invalid(path, v, "must not be greater than 100%");
    }
}

/// A reference to a field of the Pod.
pub(super) fn field_ref(f: &Value, allowed: &[&str], path: &Path, e: &mut Errors) {
    const KNOWN: &[&str] = &[
        "metadata.annotations",
        "metadata.labels",
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.serviceAccountName",
        "spec.schedulerName",
        "status.phase",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ];
    let field = f.str("fieldPath");
    if field.is_empty() {
        e.required(&path.child("fieldPath"), "");
        return;
    }
    let fp = path.child("fieldPath");
    let subscript = field.strip_suffix("']").and_then(|f| f.split_once("['"));
    let problem = if f.str("apiVersion") == "v1" {
        match subscript {
            Some(("metadata.annotations" | "metadata.labels", _)) => None,
            Some(_) => Some(format!("field label does not support subscript: {field}")),
            None if KNOWN.contains(&field) || field == "spec.host" => None,
            None => Some(format!("field label not supported: {field}")),
        }
    } else {
        Some(format!("unsupported pod version: {}", f.str("apiVersion")))
    };
    if let Some(p) = problem {
        e.invalid(&fp, field, format!("error converting fieldPath: {p}"));
        return;
    }
    if let Some((kind, key)) = subscript {
        let key = if kind == "metadata.annotations" { key.to_ascii_lowercase() } else { key.to_owned() };
        e.invalids(path, &key, names::qualified_name(&key));
    } else {
        let field = if field == "spec.host" { "spec.nodeName" } else { field };
        one_of(field, &fp, allowed, e);
    }
}

/// A reference to a resource of a container.
pub(super) fn resource_ref(f: &Value, volume: bool, path: &Path, e: &mut Errors) {
    const ALL: &[&str] = &["limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"];
    let resource = f.str("resource");
    let huge = resource.starts_with("limits.hugepages-") || resource.starts_with("requests.hugepages-");
    if volume && f.str("containerName").is_empty() {
        e.required(&path.child("containerName"), "");
    } else if resource.is_empty() {
        e.required(&path.child("resource"), "");
    } else if !huge {
        one_of(resource, &path.child("resource"), ALL, e);
    }
    let divisor = f.str("divisor");
    if divisor.is_empty() || divisor == "0" {
        return;
    }
    const SIZES: &[&str] = &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
    let dp = path.child("divisor");
    let what = match resource {
        "limits.cpu" | "requests.cpu" => {
            if !matches!(divisor, "1m" | "1") {
                e.invalid(&dp, resource, "only divisor's values 1m and 1 are supported with the cpu resource");
            }
            return;
        }
        "limits.memory" | "requests.memory" => "memory",
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => "local ephemeral storage",
        _ if huge => "hugepages",
        _ => return,
    };
    if !SIZES.contains(&divisor) {
        e.invalid(
            &dp,
            resource,
            format!("only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the {what} resource"),
        );
    }
}

/// A value that may not change.
pub(super) fn immutable(new: &Value, old: &Value, path: &Path, e: &mut Errors) {
    if new != old {
        e.invalid(path, new, "field is immutable");
    }
}
