//! `kubectl apply`

use super::change::{Dry, format, report, warn};
use crate::admission::{self, Strictness};
use crate::arguments::{self, Found, Wants};
use crate::flags::Flags;
use crate::json::{Look, set};
use crate::manifests::{self, FileObject};
use crate::output::{self, Format};
use crate::session::{Failure, Session};
use crate::{merge, yaml};
use podglass_manifest::client::{self, Run};
use podglass_manifest::server::Status;
use serde_json::{Value, json};
use std::rc::Rc;

pub(super) const FLAGS: &str = "all? allow-missing-template-keys? cascade:=background dry-run:=unchanged field-manager: filename,f:, force? force-conflicts? grace-period:l kustomize,k: openapi-patch? output,o: overwrite? prune? prune-allowlist:[] recursive,R? selector,l: server-side? show-managed-fields? subresource: template: timeout:d validate:=strict wait?";

/// The annotation in which `apply` keeps what it was given.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

pub(super) fn strictness(flags: &Flags) -> Strictness {
    match flags.text("validate") {
        "false" | "ignore" => Strictness::Ignore,
        "warn" => Strictness::Warn,
        _ => Strictness::Strict,
    }
}

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if !flags.args.is_empty() {
        return Err(flags.usage(format_args!("Unexpected args: [{}]", flags.args.join(" "))));
    }
    if flags.list("filename").is_empty() {
        return Err(Failure::error("must specify one of -f and -k"));
    }
    let dry = Dry::read(flags)?;
    let format = format(session, flags)?;
    let read = manifests::read(session, flags.list("filename"))?;
    if read.objects.is_empty() && read.errors.is_empty() {
        return Err(Failure::error("no objects passed to apply"));
    }
    let mut run = Run { reading: read.errors, applying: Vec::new() };
    let mut shown: Vec<Value> = Vec::new();
    let many = read.objects.len() > 1;
    for file in &read.objects {
        match one(session, file, strictness(flags), dry) {
            Ok((object, done)) => {
                session.rediscover();
                let found = Found { resource: file.resource.clone(), object, source: None };
                if many && format.prints_objects() && format != Format::Name {
                    shown.push(output::visible(&found.object));
                } else {
                    report(session, &format, &found, done, dry)?;
                }
            }
            Err(failure) => run.applying.push(failure),
        }
    }
    if !shown.is_empty() {
        let list = json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": shown});
        let text = match format {
            // The list is typed, what it holds is not.
            Format::Json => format!(
                "{{\n    \"kind\": \"List\",\n    \"apiVersion\": \"v1\",\n    \"metadata\": {{}},\n    \"items\": {}\n}}\n",
                output::json(list.at("items"), 4).replace('\n', "\n    ")
            ),
            other => other.print(&list)?,
        };
        session.print(text);
    }
    if run.is_good() {
        return Ok(());
    }
    let text = run.text();
    Err(Failure::plain(text.strip_prefix("error: ").filter(|t| t.starts_with("The request is invalid: ")).unwrap_or(&text)))
}

/// Applies one object; says what was done.
fn one(session: &mut Session<'_>, file: &FileObject, strictness: Strictness, dry: Dry) -> Result<(Rc<Value>, &'static str), client::Failure> {
    if let Some(words) = file.manifest.apply_refusal(&session.namespace) {
        return Err(client::Failure::Client(words));
    }
    let modified = with_last_applied(&file.object);
    let namespace = if file.resource.namespaced { file.object.namespace().to_owned() } else { String::new() };
    let Some(current) = session.world.find(&file.resource, &namespace, file.object.name()) else {
        if dry == Dry::Client {
            return Ok((Rc::new(modified), "created"));
        }
        let context = format!("error when creating {:?}: ", file.source);
        let (stored, warnings) = admission::create(session.world, &file.resource, &modified, &namespace, strictness, dry == Dry::Server)
            .map_err(|s| client::Failure::Server(context, s))?;
        warn(session, &warnings);
        return Ok((stored, "created"));
    };
    let annotation = current.at("metadata.annotations").get(LAST_APPLIED).and_then(Value::as_str).map(str::to_owned);
    if annotation.is_none() {
        session.complain(format!(
            "Warning: resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n",
            file.resource.plural,
            file.object.name()
        ));
    }
    let original: Value = annotation.as_deref().and_then(|a| serde_json::from_str(a).ok()).unwrap_or(Value::Null);
    let ty = admission::type_of(&file.resource);
    let mut target = (*current).clone();
    // A version that is converted on its way in is stored in another one.
    if modified.text("apiVersion") == current.text("apiVersion") {
        target = merge::apply(&original, &target, &modified, ty);
    } else {
        target = modified.clone();
        set(&mut target, &["metadata"], merge::apply(original.at("metadata"), current.at("metadata"), modified.at("metadata"), None));
    }
    if target == *current {
        return Ok((current, "unchanged"));
    }
    if dry == Dry::Client {
        return Ok((Rc::new(target), "configured"));
    }
    if let (Strictness::Strict, Some(ty)) = (strictness, ty)
        && let Some(status) = podglass_manifest::server::bad_patch(ty, &target, &difference(&current, &target))
    {
        return Err(patch_failure(file, &current, &target, status));
    }
    let (stored, warnings) =
        admission::update(session.world, &file.resource, &target, strictness, dry == Dry::Server).map_err(|s| patch_failure(file, &current, &target, s))?;
    warn(session, &warnings);
    Ok((stored, "configured"))
}

/// The client's words around a refused patch.
fn patch_failure(file: &FileObject, current: &Value, target: &Value, status: Status) -> client::Failure {
    // A patch that cannot be decoded is refused as a patch, not as an object.
    if status.reason == "BadRequest"
        && let Some((_, detail)) = status.message.split_once(": ")
    {
        let unknown = detail.rsplit_once(" of type ").filter(|_| detail.contains("cannot unmarshal string")).map(|(_, ty)| format!("unrecognized type: {ty}"));
        return client::Failure::Client(format!(
            "The request is invalid: patch: Invalid value: {:?}: {}",
            output::go_plain(&without_lists(&difference(current, target))),
            unknown.unwrap_or_else(|| detail.to_owned())
        ));
    }
    let version = if file.resource.group.is_empty() { format!("/{}", file.resource.version) } else { file.resource.api_version() };
    let context = format!(
        "error when applying patch:\n{}\nto:\nResource: \"{version}, Resource={}\", GroupVersionKind: \"{version}, Kind={}\"\nName: {:?}, Namespace: {:?}\nfor: {:?}: error when patching {:?}: ",
        output::compact(&difference(current, target)),
        file.resource.plural,
        file.resource.kind,
        file.object.name(),
        if file.resource.namespaced { file.object.namespace() } else { "" },
        file.source,
        file.source
    );
    client::Failure::Server(context, status)
}

/// A patch without its lists: the server shows it after their items have been matched by key.
fn without_lists(patch: &Value) -> Value {
    match patch {
        Value::Object(m) => Value::Object(m.iter().filter(|(_, v)| !v.is_array()).map(|(k, v)| (k.clone(), without_lists(v))).collect()),
        other => other.clone(),
    }
}

/// A merge patch from one object to another.
fn difference(from: &Value, to: &Value) -> Value {
    let (Value::Object(a), Value::Object(b)) = (from, to) else { return to.clone() };
    let mut out = serde_json::Map::new();
    for k in a.keys().filter(|k| !b.contains_key(*k)) {
        out.insert(k.clone(), Value::Null);
    }
    for (k, v) in b {
        match a.get(k) {
            Some(old) if old == v => {}
            Some(old) => {
                out.insert(k.clone(), difference(old, v));
            }
            None => {
                out.insert(k.clone(), v.clone());
            }
        }
    }
    Value::Object(out)
}

/// The object with itself in the annotation.
pub(super) fn with_last_applied(object: &Value) -> Value {
    let mut bare = object.clone();
    crate::json::remove(&mut bare, &["metadata", "annotations", LAST_APPLIED]);
    if !bare.at("metadata.annotations").is_object() {
        set(&mut bare, &["metadata", "annotations"], json!({}));
    }
    if let Some(status) = crate::json::remove(&mut bare, &["status"]) {
        set(&mut bare, &["status"], status);
    }
    let text = output::compact(&bare) + "\n";
    let mut out = bare;
    set(&mut out, &["metadata", "annotations", LAST_APPLIED], text.into());
    out
}

/// `kubectl apply view-last-applied`
pub(super) fn view_last_applied(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let selection = arguments::select(session, flags, &flags.args, Wants::default())?;
    for found in &selection.found {
        let Some(text) = found.object.at("metadata.annotations").get(LAST_APPLIED).and_then(Value::as_str) else { continue };
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let shown = match flags.text("output") {
            "json" => output::json(&value, 2) + "\n",
            "" | "yaml" => yaml::write(&value),
            other => return Err(flags.usage(format_args!("Unexpected -o output mode: {other}, the flag 'output' must be one of yaml|json"))),
        };
        session.print(shown);
    }
    selection.complain(session)
}
