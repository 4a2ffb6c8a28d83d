//! `kubectl auth`

use crate::access;
use crate::describe::apart;
use crate::flags::Flags;
use crate::json::Look;
use crate::resource::{self, Resource};
use crate::session::{Failure, Session};
use crate::{output, tabs};
use serde_json::json;
use std::rc::Rc;

pub(super) const CAN_FLAGS: &str = "all-namespaces,A? list? no-headers? quiet,q? subresource:";
pub(super) const WHO_FLAGS: &str = "allow-missing-template-keys? output,o: show-managed-fields? template:";

pub(super) fn can_i(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if flags.truth("list") {
        return list(session, flags);
    }
    let [verb, what, ..] = flags.args.as_slice() else {
        return Err(Failure::plain(
            "error: you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.\n",
        ));
    };
    let yes = if what.starts_with('/') {
        session.user.clone().is_none_or(|u| access::rules(session, &u, "").iter().any(|r| access::holds(r, "verbs", verb) && access::reaches(r, what)))
    } else {
        let (word, name) = what.split_once('/').map_or((what.as_str(), None), |(w, n)| (w, Some(n)));
        let found = resource::lookup(session.resources(), word);
        if let Some(r) = &found {
            if !r.namespaced {
                session.complain(format!(
                    "Warning: resource '{}' is not namespace scoped{}\n\n",
                    r.plural,
                    if r.group.is_empty() { String::new() } else { format!(" in group '{}'", r.group) }
                ));
            }
        } else if word != "*" {
            session.complain(format!("Warning: the server doesn't have a resource type '{word}'\n\n"));
        }
        match session.user.clone() {
            None => true,
            Some(user) => {
                let namespace = if flags.truth("all-namespaces") { String::new() } else { session.namespace.clone() };
                // What stands after a slash is a subresource for Pods, and a name for everything else.
                let mut r: Rc<Resource> = found.unwrap_or_else(|| session.builtin(word));
                let mut name = name;
                if let Some(sub) = name.filter(|n| r.plural == "pods" && matches!(*n, "log" | "exec" | "status" | "attach" | "portforward")) {
                    r = Rc::new(Resource { plural: format!("pods/{sub}"), ..(*r).clone() });
                    name = None;
                }
                access::allowed(session, &user, verb, &r, name, &namespace)
            }
        }
    };
    if !flags.truth("quiet") {
        session.print(if yes { "yes\n" } else { "no\n" });
    }
    if yes { Ok(()) } else { Err(Failure::silent(1)) }
}

/// `--list`: every rule that holds for the user in the namespace.
fn list(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if !flags.args.is_empty() {
        return Err(Failure::error("list option must be specified with no arguments"));
    }
    let namespace = session.namespace.clone();
    let (user, all) = match session.user.clone() {
        Some(user) => (user, Vec::new()),
        None => (String::new(), vec![json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}), json!({"verbs": ["*"], "nonResourceURLs": ["*"]})]),
    };
    let mut rules = access::rules(session, &user, &namespace);
    rules.extend(all);
    let mut lines = apart(&rules);
    if !flags.truth("no-headers") {
        lines.insert(0, "Resources\tNon-Resource URLs\tResource Names\tVerbs".to_owned());
    }
    let rows: Vec<Vec<String>> = lines.iter().map(|l| l.split('\t').map(str::to_owned).collect()).collect();
    session.print(tabs::rows(&rows, &mut Vec::new()));
    Ok(())
}

pub(super) fn whoami(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let (name, uid, mut groups) = match &session.user {
        None => ("kubernetes-admin".to_owned(), "admin", vec!["system:masters".to_owned()]),
        Some(u) => (u.clone(), "", flags.list("as-group").to_vec()),
    };
    groups.push("system:authenticated".to_owned());
    if flags.text("output") == "json" {
        let mut info = json!({"username": name, "groups": groups});
        if !uid.is_empty() {
            crate::json::set(&mut info, &["uid"], uid.into());
        }
        let now = session.world.now().rfc3339();
        let review = json!({"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {"creationTimestamp": now}, "status": {"userInfo": info}});
        debug_assert!(review.has("status"));
        session.print(output::ordered_json(&review, 4, &["kind", "apiVersion", "metadata", "status", "username", "uid", "groups"]) + "\n");
        return Ok(());
    }
    let mut rows = vec![vec!["ATTRIBUTE".to_owned(), "VALUE".to_owned()], vec!["Username".to_owned(), name]];
    if !uid.is_empty() {
        rows.push(vec!["UID".to_owned(), uid.to_owned()]);
    }
    rows.push(vec!["Groups".to_owned(), format!("[{}]", groups.join(" "))]);
    session.print(tabs::rows(&rows, &mut Vec::new()));
    Ok(())
}
