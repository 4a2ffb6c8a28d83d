//! `-f`: files, directories and stdin into objects with their resources.

use crate::json::{Look, set};
use crate::resource::{self, Resource};
use crate::session::{Failure, Session};
use podglass_manifest::client::{self, Manifest};
use serde_json::Value;
use std::rc::Rc;

/// One object of a file.
#[derive(Clone, Debug)]
pub struct FileObject {
    /// The file's name as it was given.
    pub source: String,
    /// Its resource.
    pub resource: Rc<Resource>,
    /// The object, with a namespace where its kind needs one.
    pub object: Value,
    /// The object as the client read it.
    pub manifest: Manifest,
}

/// What files hold.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// The objects.
    pub objects: Vec<FileObject>,
    /// What could not be read, in the client's words without `error: `.
    pub errors: Vec<String>,
}

impl Read {
    /// The errors as stderr shows them when nothing else is to be said.
    pub fn complaint(&self) -> String {
        client::Run { reading: self.errors.clone(), applying: Vec::new() }.text()
    }
}

/// The files a `-f` means with their content.
///
/// # Errors
/// A path that does not exist.
pub fn contents(session: &mut Session<'_>, paths: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let mut out = Vec::new();
    for path in paths {
        if path == "-" {
            out.push(("STDIN".to_owned(), session.stdin.clone()));
            continue;
        }
        if let Some(names) = session.files.directory(path) {
            let known: Vec<String> = names.into_iter().filter(|n| [".json", ".yaml", ".yml"].iter().any(|e| n.ends_with(e))).collect();
            if known.is_empty() {
                return Err(Failure::error(format!("error reading [{path}]: recognized file extensions are [.json .yaml .yml]")));
            }
            for name in known {
                let full = format!("{}/{name}", path.trim_end_matches('/'));
                if let Ok(bytes) = session.files.read(&full) {
                    out.push((full, String::from_utf8_lossy(&bytes).into_owned()));
                }
            }
            continue;
        }
        match session.files.read(path) {
            Ok(bytes) => out.push((path.clone(), String::from_utf8_lossy(&bytes).into_owned())),
            Err(_) => return Err(Failure::error(format!("the path {path:?} does not exist"))),
        }
    }
    Ok(out)
}

/// Reads every object of the files.
///
/// # Errors
/// A path that does not exist; an object of another namespace than the one asked for.
pub fn read(session: &mut Session<'_>, paths: &[String]) -> Result<Read, Failure> {
    let mut out = Read::default();
    let custom = session.custom_kinds();
    for (source, text) in contents(session, paths)? {
        for document in client::documents(&source, &text, &custom) {
            match document {
                Ok(manifest) => {
                    let m = &manifest.resource;
                    let resource = resource::of_kind(session.resources(), &m.api_version(), &m.kind).unwrap_or_else(|| {
                        Rc::new(Resource {
                            plural: m.plural.clone(),
                            singular: m.kind.to_lowercase(),
                            short: Vec::new(),
                            group: m.group.clone(),
                            version: m.version.clone(),
                            kind: m.kind.clone(),
                            namespaced: m.namespaced,
                            categories: Vec::new(),
                            verbs: resource::ALL_VERBS,
                            custom: false,
                        })
                    });
                    let mut object = manifest.json.clone();
                    if resource.namespaced {
                        if session.explicit && !manifest.namespace.is_empty() && manifest.namespace != session.namespace {
                            out.errors.push(format!(
                                "the namespace from the provided object {:?} does not match the namespace {:?}. You must pass '--namespace={}' to perform this operation.",
                                manifest.namespace, session.namespace, manifest.namespace
                            ));
                            continue;
                        }
                        if object.namespace().is_empty() {
                            set(&mut object, &["metadata", "namespace"], session.namespace.clone().into());
                        }
                    }
                    out.objects.push(FileObject { source: source.clone(), resource, object, manifest });
                }
                Err(why) => out.errors.push(why),
            }
        }
    }
    Ok(out)
}
