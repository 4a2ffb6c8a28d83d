//! `kubectl set`: image, env, resources, selector, serviceaccount, subject

use super::change::{Dry, dig, format, report, send, template_path};
use crate::arguments::{self, Found, Selection, Wants};
use crate::flags::Flags;
use crate::json::{Look, plain, set};
use crate::session::{Failure, Session};
use crate::{gotemplate, quantity};
use serde_json::{Map, Value, json};

pub(super) const FLAGS: &str = "all? allow-missing-template-keys? dry-run:=unchanged field-manager: filename,f:, kustomize,k: local? output,o: record? recursive,R? resource-version: selector,l: show-managed-fields? template:";
pub(super) const ENV_FLAGS: &str = "all? allow-missing-template-keys? containers,c: dry-run:=unchanged env,e:[] field-manager: filename,f:, from: keys:, kustomize,k: list? local? output,o: overwrite? prefix: recursive,R? resolve? selector,l: show-managed-fields? template:";
pub(super) const RESOURCE_FLAGS: &str = "all? allow-missing-template-keys? containers,c: dry-run:=unchanged field-manager: filename,f:, kustomize,k: limits: local? output,o: recursive,R? requests: selector,l: show-managed-fields? template:";
pub(super) const SUBJECT_FLAGS: &str = "all? allow-missing-template-keys? dry-run:=unchanged field-manager: filename,f:, group:[] kustomize,k: local? output,o: recursive,R? selector,l: serviceaccount:[] show-managed-fields? template: user:[]";

/// Finds the objects; `--local` takes them as the files have them.
fn select(session: &mut Session<'_>, flags: &Flags, targets: &[String]) -> Result<Selection, Failure> {
    let local = flags.truth("local");
    if local && flags.list("filename").is_empty() {
        return Err(Failure::error(
            "you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'",
        ));
    }
    arguments::select(session, flags, targets, Wants { local, ..Wants::default() })
}

/// Words that name objects, and words that hold `=` or end in `-`.
fn parts(args: &[String]) -> (&[String], &[String]) {
    let at = args.iter().position(|a| a.contains('=') || a.ends_with('-')).unwrap_or(args.len());
    args.split_at(at)
}

/// Changes each object; says nothing of those that stay as they are.
fn change(
    session: &mut Session<'_>,
    flags: &Flags,
    selection: &Selection,
    done: &str,
    mut edit: impl FnMut(&mut Session<'_>, &mut Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let dry = Dry::read(flags)?;
    let format = format(session, flags)?;
    let local = flags.truth("local");
    for found in &selection.found {
        let mut new = (*found.object).clone();
        edit(session, &mut new)?;
        if new == *found.object && !local && dry == Dry::No {
            continue;
        }
        let object = if local || new == *found.object { std::rc::Rc::new(new) } else { send(session, found, new, dry)? };
        report(session, &format, &Found { object, ..found.clone() }, done, dry)?;
    }
    selection.complain(session)
}

/// The lists of containers of a Pod template.
fn containers(template: &mut Value) -> Vec<&mut Value> {
    let mut out = Vec::new();
    if let Some(Value::Object(spec)) = template.get_mut("spec") {
        for (key, list) in spec {
            if matches!(key.as_str(), "containers" | "initContainers")
                && let Value::Array(list) = list
            {
                out.extend(list);
            }
        }
    }
    out
}

pub(super) fn image(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let (targets, pairs) = parts(&flags.args);
    if targets.is_empty() && flags.list("filename").is_empty() && pairs.is_empty() {
        return Err(Failure::error(arguments::NOTHING_GIVEN));
    }
    if pairs.is_empty() {
        return Err(Failure::error("at least one image update is required"));
    }
    let selection = select(session, flags, targets)?;
    change(session, flags, &selection, "image updated", |_, object| {
        let Some(template) = template_path(object).and_then(|p| dig(object, p)) else { return Ok(()) };
        for pair in pairs {
            let (name, image) = pair.split_once('=').unwrap_or((pair, ""));
            let mut any = false;
            for c in containers(template) {
                if name == "*" || c.text("name") == name {
                    any = true;
                    set(c, &["image"], image.into());
                }
            }
            if !any {
                return Err(Failure::error(format!("unable to find container named {name:?}")));
            }
        }
        Ok(())
    })
}

pub(super) fn env(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let (targets, words) = parts(&flags.args);
    let mut pairs: Vec<String> = words.to_vec();
    pairs.extend(flags.list("env").iter().cloned());
    let selection = select(session, flags, targets)?;
    if flags.truth("list") {
        for found in &selection.found {
            list_env(session, flags, &found.object);
        }
        return selection.complain(session);
    }
    if !selection.missing.is_empty() {
        return selection.complain(session);
    }
    let mut added: Vec<Value> = Vec::new();
    if let Some(from) = flags.get("from") {
        let source = arguments::select(session, &Flags::default(), &[from.to_owned()], Wants::default())?;
        source.complain(session)?;
        for found in &source.found {
            let config = found.object.text("kind") == "ConfigMap";
            let keys = flags.list("keys");
            for (key, _) in found.object.entries("data") {
                if !keys.is_empty() && !keys.contains(key) {
                    continue;
                }
                let name = format!("{}{}", flags.text("prefix"), key).to_uppercase().replace(['.', '-', '/'], "_");
                if name != *key {
                    session.complain(format!("Warning: key {key} transferred to {name}\n"));
                }
                let reference = json!({"name": found.object.name(), "key": key});
                added.push(json!({"name": name, "valueFrom": if config { json!({"configMapKeyRef": reference}) } else { json!({"secretKeyRef": reference}) }}));
            }
        }
    }
    let mut gone: Vec<String> = Vec::new();
    for pair in &pairs {
        if let Some((k, v)) = pair.split_once('=') {
            added.push(json!({"name": k, "value": v}));
        } else if let Some(k) = pair.strip_suffix('-') {
            gone.push(k.to_owned());
        } else {
            return Err(Failure::error(format!("environment variables must be of the form key=value: {pair}")));
        }
    }
    let only = flags.get("containers").unwrap_or("*").to_owned();
    if added.is_empty() && gone.is_empty() {
        return Ok(());
    }
    change(session, flags, &selection, "env updated", |_, object| {
        let Some(template) = template_path(object).and_then(|p| dig(object, p)) else { return Ok(()) };
        for c in containers(template).into_iter().filter(|c| matches_name(&only, c.text("name"))) {
            let mut all: Vec<Value> = c.list("env").to_vec();
            for new in &added {
                match all.iter_mut().find(|e| e.text("name") == new.text("name")) {
                    Some(e) => *e = new.clone(),
                    None => all.push(new.clone()),
                }
            }
            all.retain(|e| !gone.iter().any(|g| g == e.text("name")));
            if all.is_empty() {
                crate::json::remove(c, &["env"]);
            } else {
                set(c, &["env"], Value::Array(all));
            }
        }
        Ok(())
    })
}

/// `*` and names.
fn matches_name(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail),
    }
}

fn list_env(session: &mut Session<'_>, flags: &Flags, object: &Value) {
    let mut copy = object.clone();
    let Some(template) = template_path(object).and_then(|p| dig(&mut copy, p)) else { return };
    let spec = template.at("spec").clone();
    let title = |c: &Value| {
        let kind = object.text("kind");
        let kind = if object.text("apiVersion").contains('/') || kind != "Pod" { kind } else { "Pod" };
        format!("# {kind} {}, container {}\n", object.name(), c.text("name"))
    };
    for c in spec.list("containers").iter().chain(spec.list("initContainers")) {
        let mut text = title(c);
        for e in c.list("env") {
            let name = e.text("name");
            let from = e.at("valueFrom");
            if from.is_null() {
                text.push_str(&format!("{name}={}\n", e.text("value")));
                continue;
            }
            let value = if flags.truth("resolve") { resolve(session, object, c, from) } else { None };
            match value {
                Some(v) => text.push_str(&format!("{name}={v}\n")),
                None if from.has("fieldRef") => text.push_str(&format!("# {name} from field path {}\n", from.text("fieldRef.fieldPath"))),
                None if from.has("resourceFieldRef") => text.push_str(&format!("# {name} from resource field {}\n", from.text("resourceFieldRef.resource"))),
                None if from.has("configMapKeyRef") => {
                    text.push_str(&format!("# {name} from configmap {}, key {}\n", from.text("configMapKeyRef.name"), from.text("configMapKeyRef.key")));
                }
                None => text.push_str(&format!("# {name} from secret {}, key {}\n", from.text("secretKeyRef.name"), from.text("secretKeyRef.key"))),
            }
        }
        session.print(text);
    }
}

fn resolve(session: &mut Session<'_>, object: &Value, c: &Value, from: &Value) -> Option<String> {
    let (plural, reference) = if from.has("configMapKeyRef") {
        ("configmaps", from.at("configMapKeyRef"))
    } else if from.has("secretKeyRef") {
        ("secrets", from.at("secretKeyRef"))
    } else if from.has("resourceFieldRef") {
        let (side, name) = from.text("resourceFieldRef.resource").split_once('.')?;
        let amount = quantity::whole(&plain(c.at("resources").at(side).get(name)?))?;
        return Some(amount.to_string());
    } else {
        return match from.text("fieldRef.fieldPath") {
            "metadata.name" => Some(object.name().to_owned()),
            "metadata.namespace" => Some(object.namespace().to_owned()),
            _ => None,
        };
    };
    let resource = session.builtin(plural);
    let found = session.world.find(&resource, object.namespace(), reference.text("name"))?;
    let value = found.at("data").get(reference.text("key")).map(plain)?;
    Some(if plural == "secrets" { String::from_utf8_lossy(&gotemplate::base64_decode(&value)?).into_owned() } else { value })
}

fn quantities(text: &str) -> Result<Map<String, Value>, Failure> {
    let mut out = Map::new();
    for pair in text.split(',').filter(|p| !p.is_empty()) {
        let Some((k, v)) = pair.split_once('=') else { return Err(Failure::error(format!("invalid argument syntax {pair:?}, expected <resource>=<value>"))) };
        let Some(value) = quantity::canonical(v) else {
            return Err(Failure::error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"));
        };
        out.insert(k.to_owned(), value.into());
    }
    Ok(out)
}

pub(super) fn resources(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if flags.text("limits").is_empty() && flags.text("requests").is_empty() {
        return Err(Failure::error("you must specify an update to requests or limits (in the form of --requests/--limits)"));
    }
    let (limits, requests) = (quantities(flags.text("limits"))?, quantities(flags.text("requests"))?);
    let selection = select(session, flags, &flags.args)?;
    let only = flags.get("containers").unwrap_or("*").to_owned();
    change(session, flags, &selection, "resource requirements updated", |_, object| {
        let Some(template) = template_path(object).and_then(|p| dig(object, p)) else { return Ok(()) };
        for c in containers(template).into_iter().filter(|c| matches_name(&only, c.text("name"))) {
            for (key, new) in [("limits", &limits), ("requests", &requests)] {
                for (k, v) in new {
                    let mut map = c.at("resources").at(key).as_object().cloned().unwrap_or_default();
                    map.insert(k.clone(), v.clone());
                    set(c, &["resources", key], Value::Object(map));
                }
            }
        }
        Ok(())
    })
}

pub(super) fn selector(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let (targets, pairs) = parts(&flags.args);
    let map: Map<String, Value> = pairs.iter().flat_map(|p| p.split(',')).filter_map(|p| p.split_once('=')).map(|(k, v)| (k.to_owned(), v.into())).collect();
    let selection = select(session, flags, targets)?;
    change(session, flags, &selection, "selector updated", |_, object| {
        if object.text("kind") != "Service" {
            return Err(Failure::error("setting a selector is only supported for Services"));
        }
        set(object, &["spec", "selector"], Value::Object(map.clone()));
        Ok(())
    })
}

pub(super) fn service_account(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let Some((account, targets)) = flags.args.split_last() else { return Err(Failure::error("serviceaccount is required")) };
    let selection = select(session, flags, targets)?;
    change(session, flags, &selection, "serviceaccount updated", |_, object| {
        let Some(template) = template_path(object).and_then(|p| dig(object, p)) else { return Ok(()) };
        set(template, &["spec", "serviceAccountName"], account.clone().into());
        if template.has("spec.serviceAccount") {
            set(template, &["spec", "serviceAccount"], account.clone().into());
        }
        Ok(())
    })
}

pub(super) fn subject(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let selection = select(session, flags, &flags.args)?;
    let mut new: Vec<Value> = Vec::new();
    let group = "rbac.authorization.k8s.io";
    new.extend(flags.list("user").iter().map(|u| json!({"apiGroup": group, "kind": "User", "name": u})));
    new.extend(flags.list("group").iter().map(|g| json!({"apiGroup": group, "kind": "Group", "name": g})));
    for account in flags.list("serviceaccount") {
        let Some((namespace, name)) = account.split_once(':') else { return Err(Failure::error("serviceaccount must be <namespace>:<name>")) };
        new.push(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
    }
    if new.is_empty() {
        return Err(Failure::error("you must specify at least one value of user, group or serviceaccount"));
    }
    change(session, flags, &selection, "subjects updated", |_, object| {
        let mut all = object.list("subjects").to_vec();
        for s in &new {
            if !all.contains(s) {
                all.push(s.clone());
            }
        }
        set(object, &["subjects"], Value::Array(all));
        Ok(())
    })
}
