//! `create role`, `clusterrole`, `rolebinding`, `clusterrolebinding`

use super::send::{name, send};
use crate::flags::Flags;
use crate::json::set;
use crate::resource;
use crate::session::{Failure, Session, no_such_type};
use serde_json::{Value, json};

fn rules(session: &mut Session<'_>, flags: &Flags) -> Result<Vec<Value>, Failure> {
    const VERBS: &[&str] = &[
        "get",
        "list",
        "watch",
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
        "*",
        "use",
        "bind",
        "escalate",
        "impersonate",
        "proxy",
        "head",
        "options",
        "post",
        "put",
        "approve",
        "sign",
    ];
    let mut verbs: Vec<String> = Vec::new();
    for v in flags.list("verb") {
        if v == "*" {
            verbs = vec![v.clone()];
            break;
        }
        if !verbs.contains(v) {
            verbs.push(v.clone());
        }
    }
    if verbs.is_empty() {
        return Err(Failure::error("at least one verb must be specified"));
    }
    let mut out: Vec<Value> = Vec::new();
    for word in flags.list("resource") {
        let (name, sub) = word.split_once('/').map_or((word.as_str(), ""), |(n, s)| (n, s));
        let (group, plural) = if name == "*" {
            ("*".to_owned(), "*".to_owned())
        } else {
            let r = resource::lookup(session.resources(), name).ok_or_else(|| Failure::plain(format!("{}\n", no_such_type(name))))?;
            (r.group.clone(), r.plural.clone())
        };
        let plural = if sub.is_empty() { plural } else { format!("{plural}/{sub}") };
        if let Some(r) = out.iter_mut().find(|r| r["apiGroups"] == json!([group])) {
            if let Some(list) = r["resources"].as_array_mut() {
                list.push(plural.into());
            }
        } else {
            let mut rule = json!({"apiGroups": [group], "resources": [plural], "verbs": verbs});
            if !flags.list("resource-name").is_empty() {
                set(&mut rule, &["resourceNames"], json!(flags.list("resource-name")));
            }
            out.push(rule);
        }
    }
    if !flags.list("non-resource-url").is_empty() {
        out.push(json!({"nonResourceURLs": flags.list("non-resource-url"), "verbs": verbs}));
    } else if out.is_empty() {
        return Err(Failure::error("at least one resource must be specified"));
    }
    for v in &verbs {
        if !VERBS.contains(&v.as_str()) {
            session.complain(format!("Warning: '{v}' is not a standard resource verb\n"));
        }
    }
    Ok(out)
}

pub(in crate::verbs) fn role(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name(flags)?;
    let object = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules(session, flags)?});
    send(session, flags, "roles", object, "role", "created")
}

pub(in crate::verbs) fn cluster_role(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name(flags)?;
    let object = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules(session, flags)?});
    send(session, flags, "clusterroles", object, "clusterrole", "created")
}

fn binding(session: &mut Session<'_>, flags: &Flags, kind: &str, plural: &str) -> Result<(), Failure> {
    let name = name(flags)?;
    let group = "rbac.authorization.k8s.io";
    let (role_kind, role) = match (flags.get("role"), flags.get("clusterrole")) {
        (Some(r), None) => ("Role", r),
        (None, Some(r)) => ("ClusterRole", r),
        _ => return Err(Failure::error("exactly one of clusterrole or role must be specified")),
    };
    let mut subjects: Vec<Value> = Vec::new();
    subjects.extend(flags.list("user").iter().map(|u| json!({"apiGroup": group, "kind": "User", "name": u})));
    subjects.extend(flags.list("group").iter().map(|g| json!({"apiGroup": group, "kind": "Group", "name": g})));
    for account in flags.list("serviceaccount") {
        let (namespace, n) = account
            .split_once(':')
            .filter(|(a, b)| !a.is_empty() && !b.is_empty())
            .ok_or_else(|| Failure::error("serviceaccount must be <namespace>:<name>"))?;
        subjects.push(json!({"kind": "ServiceAccount", "name": n, "namespace": namespace}));
    }
    let mut object =
        json!({"apiVersion": format!("{group}/v1"), "kind": kind, "metadata": {"name": name}, "roleRef": {"apiGroup": group, "kind": role_kind, "name": role}});
    if !subjects.is_empty() {
        set(&mut object, &["subjects"], Value::Array(subjects));
    }
    send(session, flags, plural, object, &kind.to_lowercase(), "created")
}

pub(in crate::verbs) fn role_binding(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    binding(session, flags, "RoleBinding", "rolebindings")
}

pub(in crate::verbs) fn cluster_role_binding(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    binding(session, flags, "ClusterRoleBinding", "clusterrolebindings")
}
