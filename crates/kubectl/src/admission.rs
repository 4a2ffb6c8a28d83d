//! The way of an object into the world: decoding, defaults, validation and warnings by the manifest
//! crate, storing by the world.

use crate::json::Look;
use crate::resource::Resource;
use crate::world::{Status, World};
use podglass_manifest::client::Manifest;
use podglass_manifest::schema::TypeId;
use podglass_manifest::server::{self, Draft, Facts};
use podglass_manifest::{Kind, Object, decode};
use serde_json::Value;
use std::rc::Rc;

/// How much the server minds unknown fields (`--validate`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// They are errors.
    #[default]
    Strict,
    /// They are warnings.
    Warn,
    /// Nobody says anything.
    Ignore,
}

/// A resource as the manifest crate names it; a custom one comes with its schema.
fn known_resource(world: &dyn World, r: &Resource, api_version: &str) -> podglass_manifest::Resource {
    if r.custom {
        let definitions = crate::resource::lookup(&crate::resource::discover([]), "customresourcedefinitions");
        let definition = definitions.and_then(|d| world.find(&d, "", &[&r.plural, ".", &r.group].concat()));
        let version = api_version.rsplit('/').next().unwrap_or_default();
        let found = definition.and_then(|d| podglass_manifest::client::defined(&d).into_iter().find(|k| k.version == version));
        if let Some(found) = found {
            return found;
        }
    }
    manifest_resource(r, api_version)
}

/// A resource as the manifest crate names it.
pub(crate) fn manifest_resource(r: &Resource, api_version: &str) -> podglass_manifest::Resource {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    podglass_manifest::Resource::find(group, version, &r.kind).unwrap_or_else(|| podglass_manifest::Resource {
        group: r.group.clone(),
        version: r.version.clone(),
        kind: r.kind.clone(),
        plural: r.plural.clone(),
        namespaced: r.namespaced,
        modelled: Kind::Other,
        schema: None,
    })
}

/// The schema's type of a resource's objects.
pub(crate) fn type_of(r: &Resource) -> Option<TypeId> {
    decode::type_of(&r.group, &r.version, &r.kind)
}

fn draft(world: &dyn World, r: &Resource, object: &Value, strictness: Strictness, warnings: &mut Vec<String>) -> Result<Draft, Status> {
    let resource = known_resource(world, r, object.text("apiVersion"));
    let mut json = object.clone();
    if strictness != Strictness::Strict
        && let Some(ty) = decode::type_of(&resource.group, &resource.version, &resource.kind)
    {
        let decoded = decode::decode(ty, &json);
        if strictness == Strictness::Warn
            && let Some(text) = decoded.error()
            && let Some(list) = text.strip_prefix("strict decoding error: ")
        {
            warnings.extend(list.split(", ").map(str::to_owned));
        }
        json = decoded.value;
    }
    server::decode_manifest(&Manifest {
        json,
        name: object.name().to_owned(),
        generate_name: object.text("metadata.generateName").to_owned(),
        namespace: object.namespace().to_owned(),
        file: String::new(),
        resource,
    })
}

/// What the manifest crate asks about the world.
struct World0<'a>(&'a dyn World, Vec<Rc<Resource>>);

impl World0<'_> {
    fn has(&self, plural: &str, namespace: &str, name: &str) -> Option<Rc<Value>> {
        let r = self.1.iter().find(|r| r.plural == plural)?;
        self.0.find(r, namespace, name)
    }
    fn any(&self, plural: &str, fits: impl Fn(&Value) -> bool) -> bool {
        self.1.iter().find(|r| r.plural == plural).is_some_and(|r| self.0.list(r).iter().any(|o| fits(o)))
    }
}

impl Facts for World0<'_> {
    fn namespace(&self, name: &str) -> bool {
        self.has("namespaces", "", name).is_some()
    }
    fn service_account(&self, namespace: &str, name: &str) -> bool {
        name == "default" || self.has("serviceaccounts", namespace, name).is_some()
    }
    fn priority_class(&self, name: &str) -> Option<i32> {
        match name {
            "system-cluster-critical" => Some(2_000_000_000),
            "system-node-critical" => Some(2_000_001_000),
            _ => self.has("priorityclasses", "", name).map(|o| o.int("value") as i32),
        }
    }
    fn runtime_class(&self, name: &str) -> bool {
        self.has("runtimeclasses", "", name).is_some()
    }
    fn cluster_ip_taken(&self, ip: &str) -> bool {
        self.any("services", |s| s.text("spec.clusterIP") == ip)
    }
    fn node_port_taken(&self, port: i64) -> bool {
        self.any("services", |s| s.list("spec.ports").iter().any(|p| p.int("nodePort") == port))
    }
}

/// Creates an object the way a client's POST does; returns it as stored and the server's warnings.
///
/// # Errors
/// The server's refusal.
pub(crate) fn create(
    world: &mut dyn World,
    r: &Resource,
    object: &Value,
    namespace: &str,
    strictness: Strictness,
    dry: bool,
) -> Result<(Rc<Value>, Vec<String>), Status> {
    let mut warnings = Vec::new();
    let mut draft = draft(world, r, object, strictness, &mut warnings)?;
    draft.set_namespace(namespace);
    let admitted = server::create(&draft, &World0(world, crate::resource::discover([])))?;
    warnings.extend(admitted.warnings);
    Ok((world.insert(r, admitted.object, dry)?, warnings))
}

/// Replaces an object the way a client's PUT or PATCH does.
///
/// # Errors
/// The server's refusal.
pub(crate) fn update(world: &mut dyn World, r: &Resource, object: &Value, strictness: Strictness, dry: bool) -> Result<(Rc<Value>, Vec<String>), Status> {
    let namespace = if r.namespaced { object.namespace() } else { "" };
    let Some(old) = world.find(r, namespace, object.name()) else { return Err(crate::world::not_found(r, object.name())) };
    let mut warnings = Vec::new();
    let draft = draft(world, r, object, strictness, &mut warnings)?;
    let typed = typed(r, &old)?;
    let admitted = server::update(&draft, &typed)?;
    warnings.extend(admitted.warnings);
    Ok((world.replace(r, admitted.object, None, dry)?, warnings))
}

/// Changes a part of an object that has its own door (`status`, `resize`, `ephemeralcontainers`, `scale`).
///
/// # Errors
/// The server's refusal.
pub(crate) fn update_part(world: &mut dyn World, r: &Resource, object: &Value, part: &str, dry: bool) -> Result<Rc<Value>, Status> {
    let object = typed(r, object)?;
    world.replace(r, object, Some(part), dry)
}

/// JSON as a typed object.
fn typed(r: &Resource, json: &Value) -> Result<Object, Status> {
    let kind = manifest_resource(r, &r.api_version()).modelled;
    Object::from_json(kind, json.clone()).map_err(|e| Status::new("InternalError", e.to_string()))
}
