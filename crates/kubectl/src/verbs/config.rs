//! `kubectl config`

use crate::flags::Flags;
use crate::json::set;
use crate::output::{self, Format};
use crate::session::{Context, Failure, Session};
use crate::tabs;
use serde_json::{Value, json};

pub(super) const VIEW_FLAGS: &str = "allow-missing-template-keys? flatten? merge? minify? output,o: raw? show-managed-fields? template:";
pub(super) const LIST_FLAGS: &str = "no-headers? output,o:";
pub(super) const SET_FLAGS: &str = "current?";

pub(super) fn view(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let minify = flags.truth("minify");
    let contexts: Vec<Value> = session
        .contexts
        .iter()
        .filter(|c| !minify || c.name == session.current)
        .map(|c| {
            let mut one = json!({"cluster": c.cluster, "user": c.user});
            if !c.namespace.is_empty() {
                set(&mut one, &["namespace"], c.namespace.clone().into());
            }
            json!({"name": c.name, "context": one})
        })
        .collect();
    let url = session.world.url();
    let all = json!({"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "k", "cluster": {"insecure-skip-tls-verify": true, "server": url}}], "contexts": contexts, "current-context": session.current, "users": [{"name": "u", "user": {"token": "REDACTED"}}]});
    let format = Format::read(session, flags.get("output"), flags.get("template"), false)?;
    let text = match format {
        Format::Json => {
            output::ordered_json(
                &all,
                4,
                &[
                    "kind",
                    "apiVersion",
                    "clusters",
                    "users",
                    "contexts",
                    "name",
                    "cluster",
                    "user",
                    "server",
                    "insecure-skip-tls-verify",
                    "context",
                    "namespace",
                    "current-context",
                ],
            ) + "\n"
        }
        Format::Default => Format::Yaml.print(&all)?,
        other => other.print(&all)?,
    };
    session.print(text);
    Ok(())
}

pub(super) fn current_context(session: &mut Session<'_>, _flags: &Flags) -> Result<(), Failure> {
    let text = format!("{}\n", session.current);
    session.print(text);
    Ok(())
}

pub(super) fn get_contexts(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let mut contexts = session.contexts.clone();
    contexts.sort_by(|a, b| a.name.cmp(&b.name));
    contexts.retain(|c| flags.args.is_empty() || flags.args.contains(&c.name));
    if flags.text("output") == "name" {
        session.print(contexts.iter().map(|c| format!("{}\n", c.name)).collect::<String>());
        return Ok(());
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !flags.truth("no-headers") {
        rows.push(["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"].map(str::to_owned).to_vec());
    }
    for c in &contexts {
        let mark = if c.name == session.current { "*" } else { "" };
        rows.push(vec![mark.to_owned(), c.name.clone(), c.cluster.clone(), c.user.clone(), c.namespace.clone()]);
    }
    session.print(tabs::rows(&rows, &mut Vec::new()));
    match flags.args.iter().find(|a| !session.contexts.iter().any(|c| c.name == **a)) {
        Some(name) => Err(Failure::error(format!("context {name} not found"))),
        None => Ok(()),
    }
}

pub(super) fn get_clusters(session: &mut Session<'_>, _flags: &Flags) -> Result<(), Failure> {
    session.print("NAME\nk\n");
    Ok(())
}

pub(super) fn get_users(session: &mut Session<'_>, _flags: &Flags) -> Result<(), Failure> {
    session.print("NAME\nu\n");
    Ok(())
}

pub(super) fn use_context(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = flags.args.first().cloned().unwrap_or_default();
    if !session.contexts.iter().any(|c| c.name == name) {
        return Err(Failure::error(format!("no context exists with the name: {name:?}")));
    }
    session.print(format!("Switched to context {name:?}.\n"));
    session.current = name;
    Ok(())
}

pub(super) fn set_context(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = if flags.truth("current") { session.current.clone() } else { flags.args.first().cloned().ok_or_else(|| flags.usage("Unexpected args: []"))? };
    let known = session.contexts.iter().any(|c| c.name == name);
    if !known {
        session.contexts.push(Context { name: name.clone(), cluster: String::new(), user: String::new(), namespace: String::new() });
    }
    if let Some(c) = session.contexts.iter_mut().find(|c| c.name == name) {
        for (flag, slot) in [("cluster", &mut c.cluster), ("user", &mut c.user), ("namespace", &mut c.namespace)] {
            if let Some(v) = flags.get(flag) {
                v.clone_into(slot);
            }
        }
    }
    session.print(format!("Context {name:?} {}.\n", if known { "modified" } else { "created" }));
    Ok(())
}

pub(super) fn rename_context(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let [old, new] = flags.args.as_slice() else { return Err(flags.usage(format_args!("Unexpected args: [{}]", flags.args.join(" ")))) };
    let Some(c) = session.contexts.iter_mut().find(|c| c.name == *old) else {
        return Err(Failure::error(format!("cannot rename the context {old:?}, it's not in the kubeconfig")));
    };
    c.name.clone_from(new);
    if session.current == *old {
        session.current.clone_from(new);
    }
    session.print(format!("Context {old:?} renamed to {new:?}.\n"));
    Ok(())
}

pub(super) fn unset(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let path = flags.args.first().cloned().unwrap_or_default();
    if let Some(name) = path.strip_prefix("contexts.") {
        session.contexts.retain(|c| c.name != name);
    }
    session.print(format!("Property {path:?} unset.\n"));
    Ok(())
}
