//! The API server's rules for objects.

use serde_json::Value;

use crate::Object;
use crate::field::{Errors, FieldError};
use crate::resource::Resource;

pub mod service;

/// The errors of an object that is to be created. It must have its defaults.
pub fn create(object: &Object) -> Vec<FieldError> {
    with_json(object, create_json)
}

fn with_json(object: &Object, check: impl FnOnce(&Resource, &Value) -> Vec<FieldError>) -> Vec<FieldError> {
    let kind = object.kind();
    match (Resource::find(kind.group(), kind.version(), kind.name()), object.to_json()) {
        (Some(r), Ok(json)) => check(&r, &json),
        _ => Vec::new(),
    }
}

/// The errors of an object that is to replace another. Both must have their defaults.
pub fn update(new: &Object, old: &Object) -> Vec<FieldError> {
    with_json(new, |r, json| update_json(r, json, &old.to_json().unwrap_or_default()))
}

/// [`create`] for canonical JSON.
pub fn create_json(r: &Resource, json: &Value) -> Vec<FieldError> {
    let _ = (r, json);
    Errors::default().0
}

/// [`update`] for canonical JSON.
pub fn update_json(r: &Resource, json: &Value, old: &Value) -> Vec<FieldError> {
    let _ = (r, json, old);
    Errors::default().0
}
