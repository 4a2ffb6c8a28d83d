//! `kubectl cordon`, `uncordon`, `drain`, `taint`

use super::change::{Dry, send};
use crate::arguments::Found;
use crate::flags::Flags;
use crate::json::{Look, set};
use crate::session::{Failure, Session};
use crate::world::{Deletion, not_found};
use serde_json::{Value, json};

pub(super) const FLAGS: &str = "chunk-size:l delete-emptydir-data? disable-eviction? dry-run:=unchanged force? grace-period:i ignore-daemonsets? pod-selector: selector,l: skip-wait-for-delete-timeout:i timeout:d";
pub(super) const TAINT_FLAGS: &str =
    "all? allow-missing-template-keys? dry-run:=unchanged field-manager: output,o: overwrite? selector,l: show-managed-fields? template: validate:=strict";

fn node(session: &mut Session<'_>, name: &str) -> Result<Found, Failure> {
    let resource = session.builtin("nodes");
    let object = session.world.find(&resource, "", name).ok_or_else(|| Failure::from(not_found(&resource, name)))?;
    Ok(Found { resource, object, source: None })
}

fn schedulable(session: &mut Session<'_>, found: &Found, cordon: bool, dry: Dry) -> Result<(), Failure> {
    let done = if cordon { "cordoned" } else { "uncordoned" };
    let already = found.object.truth("spec.unschedulable") == cordon;
    if !already {
        let mut new = (*found.object).clone();
        if cordon {
            set(&mut new, &["spec", "unschedulable"], true.into());
        } else {
            crate::json::remove(&mut new, &["spec", "unschedulable"]);
        }
        send(session, found, new, dry)?;
    }
    session.print(format!("node/{} {}{done}{}\n", found.object.name(), if already { "already " } else { "" }, dry.suffix()));
    Ok(())
}

fn each(session: &mut Session<'_>, flags: &Flags, verb: &str, cordon: bool) -> Result<(), Failure> {
    if flags.args.is_empty() && flags.text("selector").is_empty() {
        return Err(flags.usage(format_args!("USAGE: {verb} NODE [flags]")));
    }
    let dry = Dry::read(flags)?;
    for name in &flags.args {
        let found = node(session, name)?;
        schedulable(session, &found, cordon, dry)?;
    }
    Ok(())
}

pub(super) fn cordon(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    each(session, flags, "cordon", true)
}

pub(super) fn uncordon(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    each(session, flags, "uncordon", false)
}

pub(super) fn drain(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    each(session, flags, "drain", true)?;
    let dry = Dry::read(flags)?;
    let pods = session.builtin("pods");
    for name in &flags.args {
        let mut all = session.objects("pods", "");
        all.retain(|p| {
            p.text("spec.nodeName") == name && !p.list("metadata.ownerReferences").iter().any(|r| r.text("kind") == "DaemonSet" && r.truth("controller"))
        });
        for p in &all {
            session.print(format!("evicting pod {}/{}\n", p.namespace(), p.name()));
        }
        for p in &all {
            if dry == Dry::No {
                session.world.delete(
                    &pods,
                    p.namespace(),
                    p.name(),
                    Deletion { grace: flags.int("grace-period").filter(|g| *g >= 0), ..Deletion::default() },
                )?;
            }
            session.print(format!("pod/{} evicted\n", p.name()));
        }
        session.print(format!("node/{name} drained\n"));
    }
    Ok(())
}

pub(super) fn taint(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let is_taint = |a: &String| a.contains('=') || a.contains(':') || a.ends_with('-');
    let at = flags.args.iter().position(is_taint).unwrap_or(flags.args.len());
    let (targets, taints) = flags.args.split_at(at);
    let names = match targets {
        [] => return Err(Failure::error("one or more resources must be specified as <resource> <name>")),
        [kind, names @ ..] if matches!(kind.as_str(), "node" | "nodes" | "no") => names,
        [kind, ..] => return Err(Failure::error(format!("invalid resource type {kind}, only node types are supported"))),
    };
    if taints.is_empty() {
        return Err(Failure::error("at least one taint update is required"));
    }
    let dry = Dry::read(flags)?;
    let (mut new, mut gone): (Vec<Value>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    for t in taints {
        if let Some(t) = t.strip_suffix('-') {
            let (key, effect) = t.split_once(':').unwrap_or((t, ""));
            gone.push((key.split('=').next().unwrap_or(key).to_owned(), effect.to_owned()));
            continue;
        }
        let (pair, effect) = t.split_once(':').ok_or_else(|| Failure::error(format!("unknown taint spec: {t}")))?;
        if !matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            return Err(flags.usage(format_args!("invalid taint effect: {effect}, unsupported taint effect")));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let mut one = json!({"key": key, "effect": effect});
        if !value.is_empty() {
            set(&mut one, &["value"], value.into());
        }
        new.push(one);
    }
    for name in names {
        let found = node(session, name)?;
        let mut all = found.object.list("spec.taints").to_vec();
        for (key, effect) in &gone {
            let before = all.len();
            all.retain(|t| t.text("key") != key || !effect.is_empty() && t.text("effect") != effect);
            if all.len() == before {
                return Err(Failure::error(format!("taint {:?} not found", if effect.is_empty() { key.clone() } else { format!("{key}:{effect}") })));
            }
        }
        for t in &new {
            let same = |x: &Value| x.text("key") == t.text("key") && x.text("effect") == t.text("effect");
            if all.iter().any(same) && !flags.truth("overwrite") {
                return Err(Failure::error(format!("node {name} already has {} taint(s) with same effect(s) and --overwrite is false", t.text("key"))));
            }
            all.retain(|x| !same(x));
            all.push(t.clone());
        }
        let mut changed = (*found.object).clone();
        set(&mut changed, &["spec", "taints"], Value::Array(all));
        send(session, &found, changed, dry)?;
        session.print(format!("node/{name} {}{}\n", if new.is_empty() { "untainted" } else { "tainted" }, dry.suffix()));
    }
    Ok(())
}
