//! Security contexts (follows `ValidateSecurityContext` and `validatePodSpecSecurityContext`).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::field::{Errors, Path, Plain};
use crate::internal;
use crate::value::ValueExt;

use super::fields::one_of;
use super::volumes;

fn id(v: &Value, key: &str, p: &Path, e: &mut Errors) {
    if let Some(n) = v.int(key) {
        one_id(n, &p.child(key), e);
    }
}

fn one_id(n: i64, p: &Path, e: &mut Errors) {
    if !(0..=2_147_483_647).contains(&n) {
        e.invalid(p, n, "must be between 0 and 2147483647, inclusive");
    }
}

/// A container's security context.
pub(super) fn of_container(s: &Value, host_users: bool, p: &Path, e: &mut Errors) {
    if s.is_null() {
        return;
    }
    id(s, "runAsUser", p, e);
    id(s, "runAsGroup", p, e);
    if s.has("procMount") {
        let m = s.str("procMount");
        one_of(m, &p.child("procMount"), &["Default", "Unmasked"], e);
        if host_users && m == "Unmasked" {
            e.invalid(&p.child("procMount"), m, "`hostUsers` must be false to use `Unmasked`");
        }
    }
    seccomp(s.at("seccompProfile"), &p.child("seccompProfile"), e);
    if s.at("allowPrivilegeEscalation") == &Value::Bool(false) {
        let whole = || Plain(internal::json(s, "core.SecurityContext"));
        if s.flag("privileged") {
            e.invalid(p, whole(), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        for cap in s.at("capabilities").list("add") {
            if cap.text() == "CAP_SYS_ADMIN" {
                e.invalid(p, whole(), "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
            }
        }
    }
    app_armor(s.at("appArmorProfile"), &p.child("appArmorProfile"), e);
}

/// A Pod's security context.
pub(super) fn of_pod(s: &Value, spec: &Value, p: &Path, e: &mut Errors) {
    if s.is_null() {
        return;
    }
    id(s, "fsGroup", p, e);
    id(s, "runAsUser", p, e);
    id(s, "runAsGroup", p, e);
    let gp = p.child("supplementalGroups");
    for (i, g) in s.list("supplementalGroups").iter().enumerate() {
        one_id(g.as_i64().unwrap_or(0), &gp.index(i), e);
    }
    sysctls(s.list("sysctls"), spec, &p.child("sysctls"), e);
    if s.has("fsGroupChangePolicy") {
        one_of(s.str("fsGroupChangePolicy"), &p.child("fsGroupChangePolicy"), &["Always", "OnRootMismatch"], e);
    }
    seccomp(s.at("seccompProfile"), &p.child("seccompProfile"), e);
    app_armor(s.at("appArmorProfile"), &p.child("appArmorProfile"), e);
    if s.has("supplementalGroupsPolicy") {
        one_of(s.str("supplementalGroupsPolicy"), &p.child("supplementalGroupsPolicy"), &["Merge", "Strict"], e);
    }
    if s.has("seLinuxChangePolicy") {
        one_of(s.str("seLinuxChangePolicy"), &p.child("seLinuxChangePolicy"), &["MountOption", "Recursive"], e);
    }
}

fn seccomp(s: &Value, p: &Path, e: &mut Errors) {
    if s.is_null() {
        return;
    }
    let ty = s.str("type");
    match ty {
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        "" => e.required(&p.child("type"), "type is required when seccompProfile is set"),
        _ => e.unsupported(&p.child("type"), ty, &["Localhost", "RuntimeDefault", "Unconfined"]),
    }
    let lp = p.child("localhostProfile");
    if ty == "Localhost" {
        if s.has("localhostProfile") {
            volumes::descending(s.str("localhostProfile"), &lp, e);
        } else {
            e.required(&lp, "must be set when seccomp type is Localhost");
        }
    } else if s.has("localhostProfile") {
        e.invalid(&lp, Plain(internal::json(s, "core.SeccompProfile")), "can only be set when seccomp type is Localhost");
    }
}

fn app_armor(s: &Value, p: &Path, e: &mut Errors) {
    if s.is_null() {
        return;
    }
    let (lp, profile) = (p.child("localhostProfile"), s.str("localhostProfile"));
    match s.str("type") {
        "Localhost" => {
            if !s.has("localhostProfile") {
                e.required(&lp, "must be set when AppArmor type is Localhost");
            } else if profile.trim() != profile {
                e.invalid(&lp, profile, "must not be padded with whitespace");
            } else if profile.is_empty() {
                e.required(&lp, "must be set when AppArmor type is Localhost");
            }
            if profile.len() > 4095 {
                e.too_long(&lp, 4095);
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if s.has("localhostProfile") {
                e.invalid(&lp, profile, "can only be set when AppArmor type is Localhost");
            }
        }
        "" => e.required(&p.child("type"), "type is required when appArmorProfile is set"),
        other => e.unsupported(&p.child("type"), other, &["Localhost", "RuntimeDefault", "Unconfined"]),
    }
}

fn sysctls(list: &[Value], spec: &Value, p: &Path, e: &mut Errors) {
    const FORM: &str = "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let segment = |s: &str| s.starts_with(lower) && s.ends_with(lower) && s.chars().all(|c| lower(c) || c == '-' || c == '_');
    let mut seen = BTreeSet::new();
    for (i, s) in list.iter().enumerate() {
        let name = s.str("name");
        let ip = p.index(i);
        let np = ip.child("name");
        if name.is_empty() {
            e.required(&np, "");
        } else if name.len() > 253 || !name.split(['.', '/']).all(segment) {
            e.invalid(&np, name, FORM);
        } else if seen.contains(name) {
            e.duplicate(&np, name);
        }
        seen.insert(name);
        let dotted = name.replace('/', ".");
        if spec.flag("hostNetwork") && dotted.starts_with("net.") {
            e.invalid(&np, name, "may not be specified when 'hostNetwork' is true");
        } else if spec.flag("hostIPC")
            && (dotted.starts_with("kernel.sem") || dotted.starts_with("kernel.shm") || dotted.starts_with("kernel.msg") || dotted.starts_with("fs.mqueue."))
        {
            e.invalid(&np, name, "may not be specified when 'hostIPC' is true");
        }
    }
}
