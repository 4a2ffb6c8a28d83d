//! `-f`: files, directories and stdin into objects with their resources.

use crate::json::Look;
use crate::resource::{self, Resource};
use crate::session::{Failure, Session};
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
}

/// What files hold.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// The objects.
    pub objects: Vec<FileObject>,
    /// What could not be read, in words for stderr.
    pub errors: Vec<String>,
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
/// A path that does not exist.
pub fn read(session: &mut Session<'_>, paths: &[String]) -> Result<Read, Failure> {
    let mut out = Read::default();
    for (source, text) in contents(session, paths)? {
        for document in documents(&text) {
            match document {
                Ok(object) => add(session, &source, object, &mut out),
                Err(why) => {
                    out.errors.push(format!("error: error parsing {source}: error converting YAML to JSON: {why}\n"));
                    break;
                }
            }
        }
    }
    Ok(out)
}

fn add(session: &mut Session<'_>, source: &str, object: Value, out: &mut Read) {
    if object.text("kind") == "List" && object.text("apiVersion") == "v1" {
        for item in object.list("items") {
            add(session, source, item.clone(), out);
        }
        return;
    }
    let (api_version, kind) = (object.text("apiVersion").to_owned(), object.text("kind").to_owned());
    let Some(resource) = resource::of_kind(session.resources(), &api_version, &kind) else {
        out.errors.push(no_match(&object, source));
        return;
    };
    let mut object = object;
    if resource.namespaced && object.namespace().is_empty() {
        crate::json::set(&mut object, &["metadata", "namespace"], session.namespace.clone().into());
    }
    out.objects.push(FileObject { source: source.to_owned(), resource, object });
}

/// `resource mapping not found for name: …`
pub fn no_match(object: &Value, source: &str) -> String {
    format!(
        "resource mapping not found for name: {:?} namespace: {:?} from {source:?}: no matches for kind {:?} in version {:?}\nensure CRDs are installed first\n",
        object.name(),
        object.namespace(),
        object.text("kind"),
        object.text("apiVersion")
    )
}

/// The documents of a text; an unreadable one ends the list.
pub fn documents(text: &str) -> Vec<Result<Value, String>> {
    use serde::Deserialize;
    let mut out = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        match Value::deserialize(document) {
            Ok(Value::Null) => {}
            Ok(value) => out.push(Ok(value)),
            Err(e) => {
                out.push(Err(format!("yaml: {e}")));
                break;
            }
        }
    }
    out
}
