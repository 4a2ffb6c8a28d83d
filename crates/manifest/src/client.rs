//! What `kubectl` itself does with a manifest before anything reaches the server: cut the stream,
//! read YAML or JSON, look at `apiVersion`, `kind` and `metadata`, find the resource. Also the
//! assembly of error lines at the end of a run.
//!
//! Follows the visitors of cli-runtime's resource builder.

use std::rc::Rc;

use serde_json::Value;

use crate::decode::{MistakeKind, decode_at};
use crate::go;
use crate::resource::Resource;
use crate::schema::schema;
use crate::server::Status;
use crate::value::ValueExt;
use crate::yaml;
use crate::{Kind, Object};

mod json;
mod lists;

/// A manifest as the client holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The document as JSON, as it would be sent.
    pub json: Value,
    /// The resource it belongs to.
    pub resource: Resource,
    /// `metadata.name`, empty where there is none.
    pub name: String,
    /// `metadata.generateName`, empty where there is none.
    pub generate_name: String,
    /// `metadata.namespace`, empty where there is none.
    pub namespace: String,
    /// The file's name as it was given.
    pub file: String,
}

/// Reads a file the way the client does: manifests and errors, in file order. The text of an error
/// has no `error: ` in front; see [`Run`].
///
/// `custom` are the kinds that CustomResourceDefinitions have added.
pub fn documents(file: &str, text: &str, custom: &[Resource]) -> Vec<Result<Manifest, String>> {
    let mut out = Vec::new();
    for document in values(file, text) {
        let value = match document {
            Ok(v) => v,
            Err(e) => {
                out.push(Err(e));
                break;
            }
        };
        if value.is_null() {
            continue;
        }
        if let Err(e) = identity(&value) {
            out.push(Err(format!(
                "error validating {}: error validating data: {e}; if you choose to ignore these errors, turn validation off with --validate=false",
                go::quote(file)
            )));
            break;
        }
        if lists::is_list(&value) {
            if !lists::expand(file, &value, custom, &mut out) {
                break;
            }
            continue;
        }
        out.push(manifest(file, value, custom));
    }
    out
}

/// The documents of a file as JSON values, `null` for empty ones; ends at the first that cannot be
/// read.
fn values(file: &str, text: &str) -> Vec<Result<Value, String>> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut json_error = None;
    if yaml::chunks::looks_like_json(text) {
        let (values, end, error) = json::values(text);
        let read = values.len();
        out.extend(values.into_iter().map(Ok));
        match error {
            None => return out,
            Some(e) if read > 1 => {
                out.push(Err(format!("error parsing {file}: {}", e.plain)));
                return out;
            }
            Some(e) => json_error = Some(e.shown),
        }
        rest = text.get(end..).unwrap_or_default();
        let blank = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
        let line = rest.find('\n').map_or(rest.len(), |i| i + 1);
        rest = rest.get(blank.min(line)..).unwrap_or_default();
    }
    for chunk in yaml::chunks(rest) {
        let read = match chunk.error {
            Some(e) => Err(e.message),
            None => yaml::parse(chunk.text, 0)
                .map_err(|e| e.message)
                .and_then(|p| p.root.map_or(Ok(Value::Null), |root| root.to_json().map_err(|m| format!("error converting YAML to JSON: {m}")))),
        };
        match read {
            Ok(v) => {
                json_error = None;
                out.push(Ok(v));
            }
            Err(e) => {
                out.push(Err(format!("error parsing {file}: {}", json_error.unwrap_or(e))));
                break;
            }
        }
    }
    out
}

/// The client's look at `apiVersion` and `kind`.
fn identity(value: &Value) -> Result<(), String> {
    let Value::Object(map) = value else { return Err("invalid object to validate".to_owned()) };
    let mut errors = Vec::new();
    for key in ["apiVersion", "kind"] {
        match map.get(key) {
            None | Some(Value::Null) => errors.push(format!("{key} not set")),
            Some(Value::String(_)) => {}
            Some(_) => errors.push(format!("{key} isn't string type")),
        }
    }
    if errors.is_empty() {
        let version = map.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        if group_version(version).is_none() {
            errors.push(format!("unexpected GroupVersion string: {version}"));
        }
    }
    match errors.len() {
        0 => Ok(()),
        1 => Err(errors.remove(0)),
        _ => Err(format!("[{}]", errors.join(", "))),
    }
}

/// `apps/v1` to `("apps", "v1")`; `None` for more than one slash.
pub fn group_version(text: &str) -> Option<(&str, &str)> {
    match text.split_once('/') {
        None => Some(("", text)),
        Some((_, v)) if v.contains('/') => None,
        Some(gv) => Some(gv),
    }
}

/// Makes a manifest of a document whose `apiVersion` and `kind` are strings.
pub(crate) fn manifest(file: &str, value: Value, custom: &[Resource]) -> Result<Manifest, String> {
    let unable = |e: String| format!("unable to decode {}: {e}", go::quote(file));
    let text = |path: &[&str]| path.iter().try_fold(&value, |v, k| v.get(k)).and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = text(&["kind"]);
    if kind.is_empty() {
        return Err(unable(format!("Object 'Kind' is missing in '{}'", go::json(&value))));
    }
    if let Some(e) = metadata_error(&value) {
        return Err(unable(e));
    }
    let api_version = text(&["apiVersion"]);
    let (group, version) = group_version(&api_version).unwrap_or_default();
    let (name, namespace) = (text(&["metadata", "name"]), text(&["metadata", "namespace"]));
    let resource =
        Resource::find(group, version, &kind).or_else(|| custom.iter().find(|r| r.group == group && r.version == version && r.kind == kind).cloned());
    let Some(resource) = resource else {
        let (n, ns, f, k) = (go::quote(&name), go::quote(&namespace), go::quote(file), go::quote(&kind));
        let v = go::quote(api_version.strip_prefix('/').unwrap_or(&api_version));
        return Err(format!(
            "resource mapping not found for name: {n} namespace: {ns} from {f}: no matches for kind {k} in version {v}\nensure CRDs are installed first"
        ));
    };
    Ok(Manifest { generate_name: text(&["metadata", "generateName"]), name, namespace, resource, file: file.to_owned(), json: value })
}

/// The first mistake in an object's own metadata, which the client decodes itself.
pub(crate) fn metadata_error(value: &Value) -> Option<String> {
    let metadata = value.get("metadata").filter(|m| !m.is_null())?;
    if !metadata.is_object() {
        let what = match metadata {
            Value::Array(_) => "array",
            Value::String(_) => "string",
            Value::Bool(_) => "bool",
            _ => "number",
        };
        return Some(format!("json: cannot unmarshal {what} into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta"));
    }
    let ty = schema().find("meta.ObjectMeta")?;
    let mistakes = decode_at(ty, metadata, "metadata").mistakes;
    let first = |kind| mistakes.iter().find(|m| m.kind == kind);
    let message = &first(MistakeKind::Fatal).or_else(|| first(MistakeKind::Type))?.message;
    Some(message.replacen("struct field ObjectMeta.", "struct field ObjectMeta.metadata.", 1))
}

impl Manifest {
    /// What the client says before it asks the server, for `apply`: the texts about a missing name
    /// and `generateName`.
    pub fn apply_refusal(&self, namespace: &str) -> Option<String> {
        if self.name.is_empty() && !self.generate_name.is_empty() {
            return Some(format!("from {}: cannot use generate name with apply", self.generate_name));
        }
        let problem = if self.name.is_empty() {
            "resource name may not be empty".to_owned()
        } else if self.name == "." || self.name == ".." {
            format!("invalid resource name {}: [may not be '{}']", go::quote(&self.name), self.name)
        } else {
            let bad: Vec<String> = ['/', '%'].iter().filter(|c| self.name.contains(**c)).map(|c| format!("may not contain '{c}'")).collect();
            if bad.is_empty() {
                return None;
            }
            format!("invalid resource name {}: [{}]", go::quote(&self.name), bad.join(", "))
        };
        let r = &self.resource;
        let gv = r.api_version();
        let gv = if r.group.is_empty() { format!("/{gv}") } else { gv };
        let namespace = if !r.namespaced {
            ""
        } else if self.namespace.is_empty() {
            namespace
        } else {
            &self.namespace
        };
        Some(format!(
            "error when retrieving current configuration of:\nResource: \"{gv}, Resource={}\", GroupVersionKind: \"{gv}, Kind={}\"\nName: {}, Namespace: {}\nfrom server for: {}: {problem}",
            r.plural,
            r.kind,
            go::quote(&self.name),
            go::quote(namespace),
            go::quote(&self.file)
        ))
    }
}

/// The errors of one client run, and the lines they end in.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Errors of reading, in file order.
    pub reading: Vec<String>,
    /// Errors of applying, in file order.
    pub applying: Vec<Failure>,
}

/// Why one manifest was not applied.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The client's own words.
    Client(String),
    /// The server's answer, and the client's words in front of it: `error when creating "x.yaml": `.
    Server(String, Status),
}

impl Run {
    /// Whether nothing went wrong.
    pub fn is_good(&self) -> bool {
        self.reading.is_empty() && self.applying.is_empty()
    }

    /// What is printed to the error stream at the end, with a line end; empty where nothing went
    /// wrong.
    pub fn text(&self) -> String {
        match (self.reading.as_slice(), self.applying.as_slice()) {
            ([], []) => String::new(),
            ([one], []) | ([], [Failure::Client(one)]) => format!("error: {one}\n"),
            ([], [Failure::Server(context, status)]) => match status.short() {
                Some(s) => format!("{s}\n"),
                None => format!("{}\n", status.line(context)),
            },
            (reading, []) => reading.join("\n") + "\n",
            (reading, applying) => {
                let mut out = match reading {
                    [] => String::new(),
                    [one] => format!("{one}\n"),
                    many => format!("[{}]\n", many.join(", ")),
                };
                for a in applying {
                    match a {
                        Failure::Client(t) => out.push_str(t),
                        Failure::Server(context, status) => out.push_str(&status.line(context)),
                    }
                    out.push('\n');
                }
                out
            }
        }
    }
}

/// What Go says of a text that is no JSON.
pub(crate) fn json_error(text: &str) -> String {
    json::message(text)
}

/// The resource that a CustomResourceDefinition adds, one for each served version.
pub fn custom_resources(definition: &Object) -> Vec<Resource> {
    if definition.kind() != Kind::CustomResourceDefinition {
        return Vec::new();
    }
    definition.to_json().map(|json| defined(&json)).unwrap_or_default()
}

/// [`custom_resources`] for a definition as JSON.
pub fn defined(definition: &Value) -> Vec<Resource> {
    let spec = definition.at("spec");
    let names = spec.at("names");
    let served = spec.list("versions").iter().filter(|v| v.flag("served"));
    served
        .map(|v| Resource {
            group: spec.str("group").to_owned(),
            version: v.str("name").to_owned(),
            kind: names.str("kind").to_owned(),
            plural: names.str("plural").to_owned(),
            namespaced: spec.str("scope") == "Namespaced",
            modelled: Kind::Other,
            schema: v.at("schema").get("openAPIV3Schema").map(|s| Rc::new(s.clone())),
        })
        .collect()
}
