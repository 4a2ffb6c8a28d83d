//! What the words after a verb point at: types, names, files (`resource.Builder` of cli-runtime).

use crate::flags::Flags;
use crate::json::Look;
use crate::resource::Resource;
use crate::selector::{Fields, Labels};
use crate::session::{Failure, Session};
use crate::world;
use crate::{manifests, session};
use serde_json::Value;
use std::rc::Rc;

/// An object that was pointed at.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Its resource.
    pub resource: Rc<Resource>,
    /// The object: as the server has it, or as the file has it.
    pub object: Rc<Value>,
    /// The file it came from.
    pub source: Option<String>,
}

/// All that was pointed at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// The objects, in order.
    pub found: Vec<Found>,
    /// What could not be found, in words for stderr.
    pub missing: Vec<String>,
    /// The types asked for.
    pub types: Vec<Rc<Resource>>,
    /// Exactly one object was named.
    pub single: bool,
    /// Objects were named, not listed.
    pub by_name: bool,
}

impl Selection {
    /// Prints what is missing and ends the command where something is.
    pub(crate) fn complain(&self, session: &mut Session<'_>) -> Result<(), Failure> {
        for line in &self.missing {
            session.complain(line);
        }
        if self.missing.is_empty() { Ok(()) } else { Err(Failure::silent(1)) }
    }
}

/// How a verb wants its words read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wants {
    /// A type alone means all objects of it (get, describe).
    pub all_by_default: bool,
    /// Missing objects are no error.
    pub ignore_missing: bool,
    /// Objects in files are not looked up on the server.
    pub local: bool,
    /// `--selector` is none of the objects that are pointed at.
    pub own_selector: bool,
}

/// The words of the builder when nothing was given.
pub(crate) const NOTHING_GIVEN: &str = "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

/// A name with its type.
#[derive(Clone, Debug)]
pub(crate) enum Words {
    /// Types only.
    Types(Vec<Rc<Resource>>),
    /// Types and names.
    Names(Vec<(Rc<Resource>, String)>),
}

/// Reads types and names.
pub(crate) fn words(session: &mut Session<'_>, args: &[String]) -> Result<Words, Failure> {
    let slashes = args.iter().filter(|a| a.contains('/')).count();
    if slashes > 0 && slashes < args.len() {
        return Err(Failure::error(
            "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
        ));
    }
    if slashes > 0 {
        let mut all = Vec::new();
        for arg in args {
            let parts: Vec<&str> = arg.split('/').collect();
            let [kind, name] = parts.as_slice() else { return Err(Failure::error("arguments in resource/name form may not have more than one slash")) };
            if kind.is_empty() || name.is_empty() || kind.contains(',') {
                return Err(Failure::error("arguments in resource/name form must have a single resource and name"));
            }
            all.push((session.resource(kind)?, (*name).to_owned()));
        }
        return Ok(Words::Names(all));
    }
    let Some((first, names)) = args.split_first() else { return Ok(Words::Types(Vec::new())) };
    let (types, category) = types(session, first)?;
    if names.is_empty() {
        return Ok(Words::Types(types));
    }
    if names.iter().any(String::is_empty) {
        return Err(Failure::error("resource name may not be empty"));
    }
    if category && types.len() > 1 {
        return Err(Failure::error("you must specify only one resource"));
    }
    Ok(Words::Names(types.iter().flat_map(|t| names.iter().map(move |n| (t.clone(), n.clone()))).collect()))
}

/// `po,svc` or a category; whether it was one.
fn types(session: &mut Session<'_>, word: &str) -> Result<(Vec<Rc<Resource>>, bool), Failure> {
    let mut out: Vec<Rc<Resource>> = Vec::new();
    let mut category = false;
    for part in word.split(',').filter(|p| !p.is_empty()) {
        let of_category: Vec<Rc<Resource>> = session.resources().iter().filter(|r| r.categories.iter().any(|c| c == part)).cloned().collect();
        if of_category.is_empty() {
            if part.eq_ignore_ascii_case("ev") {
                session.complain("Warning: short name \"ev\" could also match lower priority resource events.events.k8s.io\n");
            }
            out.push(session.resource(part)?);
        } else {
            category = true;
            out.extend(of_category);
        }
    }
    Ok((out, category))
}

/// Finds what the words and flags point at.
///
/// # Errors
/// What makes the words senseless; objects that are missing are in [`Selection::missing`].
pub(crate) fn select(session: &mut Session<'_>, flags: &Flags, args: &[String], wants: Wants) -> Result<Selection, Failure> {
    let files = flags.list("filename");
    let (labels, fields) = (if wants.own_selector { String::new() } else { flags.text("selector").to_owned() }, flags.text("field-selector").to_owned());
    let everywhere = flags.truth("all-namespaces");
    let all = flags.truth("all");
    let mut out = Selection::default();
    if !files.is_empty() {
        if !args.is_empty() {
            return Err(Failure::error("when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"));
        }
        let read = manifests::read(session, files)?;
        out.single = read.objects.len() == 1 && read.errors.is_empty();
        out.by_name = true;
        if !read.errors.is_empty() {
            let complaint = read.complaint();
            out.missing.push(match complaint.strip_prefix("error: ") {
                Some(rest) if rest.starts_with("resource mapping not found") && !wants.local => rest.to_owned(),
                _ => complaint,
            });
        }
        for file in read.objects {
            if wants.local {
                out.found.push(Found { resource: file.resource, object: Rc::new(file.object), source: Some(file.source) });
                continue;
            }
            let namespace = if file.resource.namespaced { file.object.namespace().to_owned() } else { String::new() };
            match session.world.find(&file.resource, &namespace, file.object.name()) {
                Some(object) => {
                    // A file that names another version is answered in that version.
                    let object = podglass_manifest::server::served(&file.manifest.resource, &object).map_or(object, Rc::new);
                    out.found.push(Found { resource: file.resource, object, source: Some(file.source) });
                }
                None if wants.ignore_missing => {}
                None => {
                    let status = world::not_found(&file.resource, file.object.name());
                    out.missing.push(session::server_words(&status, ""));
                }
            }
        }
        out.single |= wants.ignore_missing && out.found.len() == 1;
        return Ok(out);
    }
    if args.is_empty() {
        return Err(Failure::error(NOTHING_GIVEN));
    }
    match words(session, args)? {
        Words::Types(types) => {
            if !wants.all_by_default && labels.is_empty() && fields.is_empty() && !all {
                return Err(Failure::error("resource(s) were provided, but no name was specified"));
            }
            if all && !labels.is_empty() {
                return Err(Failure::error("setting 'all' parameter but found a non empty selector. "));
            }
            for resource in &types {
                out.found.extend(list(session, resource, &labels, &fields, everywhere)?);
            }
            out.types = types;
        }
        Words::Names(names) => {
            if !labels.is_empty() || !fields.is_empty() || all {
                return Err(Failure::error("name cannot be provided when a selector is specified"));
            }
            if everywhere {
                return Err(Failure::error("a resource cannot be retrieved by name across all namespaces"));
            }
            out.by_name = true;
            out.single = names.len() == 1;
            for (resource, name) in names {
                forbidden(session, &resource, "get", Some(&name))?;
                deprecated(session, &resource);
                let namespace = if resource.namespaced { session.namespace.clone() } else { String::new() };
                match session.world.find(&resource, &namespace, &name) {
                    Some(object) => out.found.push(Found { resource: resource.clone(), object, source: None }),
                    None if wants.ignore_missing => {}
                    None => out.missing.push(session::server_words(&world::not_found(&resource, &name), "")),
                }
                if !out.types.contains(&resource) {
                    out.types.push(resource);
                }
            }
        }
    }
    Ok(out)
}

/// All objects of a resource that fit the selectors.
///
/// # Errors
/// The API server's words about a selector.
pub(crate) fn list(session: &mut Session<'_>, resource: &Rc<Resource>, labels: &str, fields: &str, everywhere: bool) -> Result<Vec<Found>, Failure> {
    forbidden(session, resource, "list", None)?;
    deprecated(session, resource);
    let place = if resource.group.is_empty() { format!("/{}", resource.version) } else { resource.api_version() };
    let bad = |why: String| {
        Failure::plain(format!(
            "Error from server (BadRequest): Unable to find \"{place}, Resource={}\" that match label selector {labels:?}, field selector {fields:?}: {why}\n",
            resource.plural
        ))
    };
    let label_selector = Labels::parse(labels).map_err(bad)?;
    let field_selector = Fields::parse(fields, resource).map_err(bad)?;
    let namespace = session.namespace.clone();
    let found = session.world.list(resource);
    Ok(found
        .into_iter()
        .filter(|o| everywhere || !resource.namespaced || o.namespace() == namespace)
        .filter(|o| label_selector.fits(o.at("metadata.labels")) && field_selector.fits(o))
        .map(|object| Found { resource: resource.clone(), object, source: None })
        .collect())
}

fn deprecated(session: &mut Session<'_>, resource: &Resource) {
    if resource.plural == "endpoints" {
        session.complain("Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n");
    } else if resource.plural == "componentstatuses" {
        session.complain("Warning: v1 ComponentStatus is deprecated in v1.19+\n");
    }
}

/// Refuses what the user named with `--as` may not do.
///
/// # Errors
/// `Error from server (Forbidden): …`
fn forbidden(session: &mut Session<'_>, resource: &Resource, verb: &str, name: Option<&str>) -> Result<(), Failure> {
    let Some(user) = session.user.clone() else { return Ok(()) };
    let namespace = if resource.namespaced { session.namespace.clone() } else { String::new() };
    if crate::access::allowed(session, &user, verb, resource, name, &namespace) {
        return Ok(());
    }
    let place = if namespace.is_empty() { "at the cluster scope".to_owned() } else { format!("in the namespace {namespace:?}") };
    let what = resource.plural_group();
    let subject = name.map_or(format!("{what} is"), |n| format!("{what} {n:?} is"));
    Err(Failure::plain(format!(
        "Error from server (Forbidden): {subject} forbidden: User {user:?} cannot {verb} resource {:?} in API group {:?} {place}\n",
        resource.plural, resource.group
    )))
}
