//! `kubectl patch`

use super::change::{Dry, format, send};
use crate::admission;
use crate::arguments::{self, Found, Wants};
use crate::flags::Flags;
use crate::json::Look;
use crate::merge;
use crate::output::{self, Format};
use crate::resource::Resource;
use crate::session::{Failure, Session};
use podglass_manifest::{decode, yaml as text};
use serde_json::Value;
use std::rc::Rc;

pub(super) const FLAGS: &str = "allow-missing-template-keys? dry-run:=unchanged field-manager: filename,f:, kustomize,k: local? output,o: patch,p: patch-file: recursive,R? show-managed-fields? subresource: template: type:";

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let kind = flags.get("type").unwrap_or("strategic").to_lowercase();
    if !flags.given("patch") && !flags.given("patch-file") {
        return Err(Failure::error("must specify --patch or --patch-file containing the contents of the patch"));
    }
    if !matches!(kind.as_str(), "strategic" | "merge" | "json") {
        return Err(Failure::error(format!("--type must be one of [json merge strategic], not {:?}", flags.text("type"))));
    }
    let dry = Dry::read(flags)?;
    let format = format(session, flags)?;
    let given = match flags.get("patch-file") {
        Some(path) => {
            String::from_utf8_lossy(&session.files.read(path).map_err(|e| Failure::error(format!("unable to read patch file: open {path}: {e}")))?).into_owned()
        }
        None => flags.text("patch").to_owned(),
    };
    let patch = parse(&given)?;
    let selection = arguments::select(session, flags, &flags.args, Wants::default())?;
    for found in &selection.found {
        patch_one(session, flags, found, &patch, &kind, dry, &format)?;
    }
    selection.complain(session)
}

/// The patch as JSON: JSON, or YAML that is turned into it.
fn parse(given: &str) -> Result<Value, Failure> {
    let trimmed = given.trim_start();
    if trimmed.starts_with('{') || trimmed.starts_with('[') {
        return serde_json::from_str(given).map_err(|_| Failure::plain("Error from server (BadRequest): invalid JSON patch\n"));
    }
    let parsed = text::parse(given, 0).map_err(|e| e.message).and_then(|p| p.root.map_or(Ok(Value::Null), |r| r.to_json()));
    parsed.map_err(|e| Failure::error(format!("unable to parse {given:?}: {}", e.strip_prefix("error converting YAML to JSON: ").unwrap_or(&e))))
}

fn patch_one(session: &mut Session<'_>, flags: &Flags, found: &Found, patch: &Value, kind: &str, dry: Dry, format: &Format) -> Result<(), Failure> {
    let part = flags.get("subresource");
    let (mut resource, before) = (found.resource.clone(), found.object.clone());
    if kind == "strategic" && resource.custom {
        return Err(Failure::error(format!(
            "application/strategic-merge-patch+json is not supported by {}, Kind={}: the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
            resource.api_version(),
            resource.kind
        )));
    }
    let mut target = (*before).clone();
    match kind {
        "strategic" => merge::strategic(&mut target, patch, admission::type_of(&resource)),
        "merge" => merge::json_merge(&mut target, patch),
        _ => {
            let operations = patch.as_array().cloned().unwrap_or_default();
            merge::json_patch(&mut target, &operations)
                .map_err(|()| Failure::plain("The request is invalid: the server rejected our request due to an error in our request\n"))?;
        }
    }
    if let Some(ty) = admission::type_of(&resource)
        && let Some(why) = decode::decode(ty, &target).error()
        && let Some(what) = why.rsplit_once(" of type ").map(|(_, t)| t)
        && why.contains("cannot unmarshal")
    {
        let detail = if matches!(what, "int32" | "int64" | "bool") && why.contains("string") { format!("unrecognized type: {what}") } else { why.clone() };
        return Err(Failure::plain(format!("The request is invalid: patch: Invalid value: {:?}: {detail}\n", output::go_plain(patch))));
    }
    let stored = match part {
        Some("scale") => {
            let mut new = (*before).clone();
            crate::json::set(&mut new, &["spec", "replicas"], target.at("spec.replicas").clone());
            resource = Rc::new(Resource { plural: "scales".to_owned(), kind: "Scale".to_owned(), group: "autoscaling".to_owned(), ..(*resource).clone() });
            send(session, found, new, dry)?
        }
        Some(part) => {
            if dry == Dry::Client {
                Rc::new(target)
            } else {
                admission::update_part(session.world, &found.resource, &target, part, dry == Dry::Server)?
            }
        }
        None if target == *before && dry != Dry::Client => before.clone(),
        None => send(session, found, target, dry)?,
    };
    if format.prints_objects() && *format != Format::Name {
        session.print(format.print(&output::visible(&stored))?);
        return Ok(());
    }
    let changed = without_version(&stored) != without_version(&before);
    let id = output::id(&resource, stored.name());
    session.print(if *format == Format::Name { format!("{id}\n") } else { format!("{id} patched{}\n", if changed { "" } else { " (no change)" }) });
    Ok(())
}

fn without_version(object: &Value) -> Value {
    let mut copy = object.clone();
    for key in ["resourceVersion", "generation", "managedFields"] {
        crate::json::remove(&mut copy, &["metadata", key]);
    }
    copy
}
