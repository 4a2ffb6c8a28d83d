//! What the API server does with an object that a client sends: decode it strictly, set defaults,
//! ask the admission plug-ins, validate, warn. Refusals are [`Status`]es with the server's words.

use serde_json::Value;

use crate::client::Manifest;
use crate::decode::{decode, fill, type_of};
use crate::field::FieldError;
use crate::resource::Resource;
use crate::schema::TypeId;
use crate::{Kind, Object, custom, defaults, validate, warnings};

mod patch;
mod pod;
mod service;

pub use patch::bad_patch;

/// A refusal of the API server.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// `Invalid`, `BadRequest`, `NotFound`, `Forbidden`, `Conflict`, `AlreadyExists`.
    pub reason: &'static str,
    /// The server's words, without the client's frame.
    pub message: String,
    /// For `Invalid`: kind and name, for the client's short form.
    pub of: Option<(String, String)>,
    /// For `Invalid`: the field errors.
    pub causes: Vec<FieldError>,
}

impl Status {
    /// A refusal without causes.
    pub fn new(reason: &'static str, message: impl Into<String>) -> Status {
        Status { reason, message: message.into(), of: None, causes: Vec::new() }
    }

    /// An object that is invalid.
    pub fn invalid(resource: &Resource, name: &str, causes: Vec<FieldError>) -> Status {
        let texts = unique(&causes);
        let list = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{} {} is invalid: {list}", resource.qualified(), crate::go::quote(name));
        Status { reason: "Invalid", message, of: Some((resource.kind.clone(), name.to_owned())), causes }
    }

    /// The client's line: `Error from server (BadRequest): error when creating "x.yaml": …`.
    pub fn line(&self, context: &str) -> String {
        format!("Error from server ({}): {context}{}", self.reason, self.message)
    }

    /// The client's form of a single invalid object: `The Pod "x" is invalid: …`.
    pub fn short(&self) -> Option<String> {
        let (kind, name) = self.of.as_ref()?;
        let texts = unique(&self.causes);
        let head = if kind.is_empty() { "The request is invalid: ".to_owned() } else { format!("The {kind} {} is invalid: ", crate::go::quote(name)) };
        Some(match texts.as_slice() {
            [one] => format!("{head}{one}"),
            many => format!("{head}\n{}", many.iter().map(|t| format!("* {t}")).collect::<Vec<_>>().join("\n")),
        })
    }
}

/// The texts of errors, each once.
fn unique(causes: &[FieldError]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(causes.len());
    for c in causes {
        let text = c.to_string();
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

/// What the server must know of the cluster to answer.
pub trait Facts {
    /// Whether a namespace exists.
    fn namespace(&self, name: &str) -> bool;
    /// Whether a ServiceAccount exists.
    fn service_account(&self, namespace: &str, name: &str) -> bool;
    /// The value of a PriorityClass.
    fn priority_class(&self, name: &str) -> Option<i32>;
    /// Whether a RuntimeClass exists.
    fn runtime_class(&self, name: &str) -> bool {
        let _ = name;
        false
    }
    /// Whether a Service has this cluster address.
    fn cluster_ip_taken(&self, ip: &str) -> bool {
        let _ = ip;
        false
    }
    /// Whether a Service has this node port.
    fn node_port_taken(&self, port: i64) -> bool {
        let _ = port;
        false
    }
}

/// An empty cluster: only the built-in namespaces and ServiceAccounts.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmptyCluster;

impl Facts for EmptyCluster {
    fn namespace(&self, name: &str) -> bool {
        matches!(name, "default" | "kube-system" | "kube-public" | "kube-node-lease")
    }
    fn service_account(&self, _: &str, name: &str) -> bool {
        name == "default"
    }
    fn priority_class(&self, name: &str) -> Option<i32> {
        match name {
            "system-cluster-critical" => Some(2_000_000_000),
            "system-node-critical" => Some(2_000_001_000),
            _ => None,
        }
    }
}

/// An object that the server decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The resource it was sent to.
    pub resource: Resource,
    /// Canonical JSON without defaults; `apiVersion` and `kind` are those sent.
    pub json: Value,
    /// Its type, where it is modelled.
    ty: Option<TypeId>,
}

/// An object that may be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Admitted {
    /// The object, with defaults.
    pub object: Object,
    /// The server's warnings, without `Warning: `.
    pub warnings: Vec<String>,
}

/// Decodes what a client sends.
///
/// # Errors
/// `BadRequest` with the decoder's words.
pub fn decode_manifest(manifest: &Manifest) -> Result<Draft, Status> {
    let r = &manifest.resource;
    if r.modelled != Kind::Other && r.kind != r.modelled.name() {
        let (kind, gv) = (&r.kind, r.api_version());
        let message = format!(
            "{kind} in version \"{}\" cannot be handled as a {}: no kind \"{kind}\" is registered for version \"{gv}\" in scheme \"pkg/runtime/scheme.go:111\"",
            r.version,
            r.modelled.name()
        );
        return Err(Status::new("BadRequest", message));
    }
    if let Some(schema) = &r.schema {
        let decoded = custom::decode(schema, &manifest.json);
        if let Some(e) = decoded.error() {
            return Err(Status::new("BadRequest", format!("{} in version \"{}\" cannot be handled as a {}: {e}", r.kind, r.version, r.kind)));
        }
        return Ok(Draft { resource: r.clone(), json: decoded.value, ty: None });
    }
    let Some(ty) = type_of(&r.group, &r.version, &r.kind) else {
        return Ok(Draft { resource: r.clone(), json: manifest.json.clone(), ty: None });
    };
    let decoded = decode(ty, &manifest.json);
    if let Some(e) = decoded.error() {
        let message = format!("{} in version \"{}\" cannot be handled as a {}: {e}", r.kind, r.version, r.kind);
        return Err(Status::new("BadRequest", message));
    }
    Ok(Draft { resource: r.clone(), json: decoded.value, ty: Some(ty) })
}

/// Answers a create request. The namespace must be filled in ([`Draft::set_namespace`]).
///
/// # Errors
/// `NotFound`, `Forbidden` or `Invalid`, in the server's order.
pub fn create(draft: &Draft, facts: &dyn Facts) -> Result<Admitted, Status> {
    let r = &draft.resource;
    let mut json = draft.json.clone();
    defaults::reset(r, &mut json);
    defaults::apply_json(r, &mut json);
    crate::admission::check(r, &json, facts)?;
    let name = text(&json, "name");
    let mut errors = validate::create_json(r, &json);
    if errors.is_empty() {
        errors = crate::admission::allocate(r, &json, facts);
    }
    if !errors.is_empty() {
        return Err(Status::invalid(r, &name, errors));
    }
    let warnings = warnings::of_json(r, &json, None);
    match r.modelled {
        Kind::Pod => pod::armor(&mut json),
        Kind::Job => share_labels(&draft.json, &mut json),
        _ => {}
    }
    finish(draft, json, warnings)
}

/// A Job without labels shares the map of its template, so it gets the generated labels too. Their
/// values are not known yet: they are left empty for the one who gives the uid.
fn share_labels(sent: &Value, json: &mut Value) {
    let has = |v: &Value| v.get("labels").and_then(Value::as_object).is_some_and(|l| !l.is_empty());
    let own = sent.get("metadata").is_some_and(has);
    let template = sent.get("spec").and_then(|s| s.get("template")).and_then(|t| t.get("metadata")).is_some_and(has);
    let manual = json.get("spec").and_then(|s| s.get("manualSelector")) == Some(&Value::Bool(true));
    if own || !template || manual {
        return;
    }
    if let Some(labels) = json.get_mut("metadata").and_then(|m| m.get_mut("labels")).and_then(Value::as_object_mut) {
        for key in ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"] {
            labels.entry(key).or_insert_with(|| "".into());
        }
    }
}

/// Answers an update: `draft` is the whole new object, `old` the stored one.
///
/// # Errors
/// `Invalid` with the server's words.
pub fn update(draft: &Draft, old: &Object) -> Result<Admitted, Status> {
    let r = &draft.resource;
    let mut json = draft.json.clone();
    defaults::apply_json(r, &mut json);
    let old_json = canonical(r, old);
    let name = text(&json, "name");
    let mut errors = Vec::new();
    match r.modelled {
        Kind::Pod => pod::tolerations(&mut json),
        Kind::Service => {
            service::prepare(&mut json, &old_json);
            errors = validate::service::check_families(&json);
        }
        _ => {}
    }
    if errors.is_empty() {
        errors = validate::update_json(r, &json, &old_json);
    }
    if !errors.is_empty() {
        return Err(Status::invalid(r, &name, errors));
    }
    let warnings = warnings::of_json(r, &json, Some(&old_json));
    finish(draft, json, warnings)
}

/// A stored object in the form in which drafts are: nothing that Go would leave out.
fn canonical(r: &Resource, old: &Object) -> Value {
    let json = old.to_json().unwrap_or_default();
    match type_of(&r.group, &r.version, &r.kind) {
        Some(ty) => decode(ty, &json).value,
        None => json,
    }
}

fn text(json: &Value, key: &str) -> String {
    json.get("metadata").and_then(|m| m.get(key)).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn finish(draft: &Draft, mut json: Value, warnings: Vec<String>) -> Result<Admitted, Status> {
    if let Some(ty) = draft.ty {
        fill(ty, &mut json);
    }
    let object = to_object(&draft.resource, &json)?;
    Ok(Admitted { object, warnings })
}

/// Makes the typed object of canonical JSON.
pub(crate) fn to_object(r: &Resource, json: &Value) -> Result<Object, Status> {
    let stored = defaults::storage_version(r, json);
    Object::of_json(r.modelled, stored.as_ref().unwrap_or(json)).map_err(|e| Status::new("InternalError", e.to_string()))
}

/// A stored object as the server answers who asks for it in a version: `None` where that is the version
/// it is stored in.
pub fn served(resource: &Resource, stored: &Value) -> Option<Value> {
    defaults::served_version(resource, stored)
}

impl Draft {
    /// Fills in the client's namespace where the object has none; drops it for cluster-wide kinds.
    pub fn set_namespace(&mut self, namespace: &str) {
        let Some(metadata) = self.json.as_object_mut().map(|o| o.entry("metadata").or_insert_with(|| Value::Object(serde_json::Map::new()))) else { return };
        let Some(metadata) = metadata.as_object_mut() else { return };
        if self.resource.namespaced {
            metadata.entry("namespace").or_insert_with(|| namespace.into());
        } else {
            metadata.remove("namespace");
        }
    }

    /// The object as it was decoded, without defaults.
    ///
    /// # Errors
    /// When the typed form cannot hold it, which decoding has ruled out.
    pub fn object(&self) -> Result<Object, Status> {
        to_object(&self.resource, &self.json)
    }
}
