//! A cluster that stands still: objects read from a file, one moment, logs beside them.

use super::{Deletion, ExecState, LogLine, Status, World, already_exists, not_found};
use crate::json::{Look, set};
use crate::moment::Moment;
use crate::resource::Resource;
use podglass_manifest::Object;
use serde_json::Value;
use std::rc::Rc;

/// A state that changes only by commands.
#[derive(Clone, Debug, Default)]
pub struct Frozen {
    now: Moment,
    objects: Vec<Rc<Value>>,
    logs: Value,
}

impl Frozen {
    /// A state made of the items of a List, with `logs` as `"pod/container" → {current, previous}`.
    pub fn new(list: Value, logs: Value, now: Moment) -> Frozen {
        let items = match list {
            Value::Object(mut m) => match m.remove("items") {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let mut frozen = Frozen { now, objects: items.into_iter().map(Rc::new).collect(), logs };
        frozen.sort();
        frozen
    }

    fn sort(&mut self) {
        self.objects.sort_by(|a, b| (a.namespace(), a.name()).cmp(&(b.namespace(), b.name())));
    }

    fn place(&self, resource: &Resource, namespace: &str, name: &str) -> Option<usize> {
        self.objects.iter().position(|o| resource.holds(o) && o.name() == name && o.namespace() == namespace)
    }
}

impl World for Frozen {
    fn now(&self) -> Moment {
        self.now
    }
    fn list(&self, resource: &Resource) -> Vec<Rc<Value>> {
        self.objects.iter().filter(|o| resource.holds(o) || resource.kind == "Event" && o.text("kind") == "Event").cloned().collect()
    }
    fn find(&self, resource: &Resource, namespace: &str, name: &str) -> Option<Rc<Value>> {
        let found = self.place(resource, namespace, name).and_then(|i| self.objects.get(i)).cloned();
        // A recording of one namespace has no Namespace objects.
        let known = resource.plural == "namespaces"
            && (matches!(name, "default" | "kube-system" | "kube-public" | "kube-node-lease") || self.objects.iter().any(|o| o.namespace() == name));
        found.or_else(|| {
            known.then(|| Rc::new(serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "status": {"phase": "Active"}})))
        })
    }
    fn insert(&mut self, resource: &Resource, object: Object, dry: bool) -> Result<Rc<Value>, Status> {
        let mut object = object.to_json().map_err(|e| Status::new("InternalError", e.to_string()))?;
        if self.place(resource, object.namespace(), object.name()).is_some() {
            return Err(already_exists(resource, object.name()));
        }
        set(&mut object, &["metadata", "creationTimestamp"], self.now.rfc3339().into());
        let object = Rc::new(object);
        if !dry {
            self.objects.push(object.clone());
            self.sort();
        }
        Ok(object)
    }
    fn replace(&mut self, resource: &Resource, object: Object, _part: Option<&str>, dry: bool) -> Result<Rc<Value>, Status> {
        let object = object.to_json().map_err(|e| Status::new("InternalError", e.to_string()))?;
        let Some(place) = self.place(resource, object.namespace(), object.name()) else { return Err(not_found(resource, object.name())) };
        let object = Rc::new(object);
        if !dry {
            self.objects[place] = object.clone();
        }
        Ok(object)
    }
    fn delete(&mut self, resource: &Resource, namespace: &str, name: &str, _how: Deletion) -> Result<(), Status> {
        let Some(place) = self.place(resource, namespace, name) else { return Err(not_found(resource, name)) };
        self.objects.remove(place);
        Ok(())
    }
    fn logs(&self, pod: &Value, container: &str, previous: bool) -> Option<Vec<LogLine>> {
        match &self.logs.get(format!("{}/{container}", pod.name()))?[if previous { "previous" } else { "current" }] {
            Value::String(text) => Some(text.split_inclusive('\n').map(line).filter(|l| l.at <= self.now).collect()),
            _ => None,
        }
    }
    fn exec(&mut self, _pod: &Value, _container: &str, _argv: &[String], _stdin: &str) -> Result<u32, String> {
        Err("a frozen state runs no processes".to_owned())
    }
    fn exec_state(&mut self, _task: u32) -> ExecState {
        ExecState::NotStarted(String::new())
    }
    fn suffix(&mut self) -> String {
        "xxxxx".to_owned()
    }
}

/// A line that begins with its time.
fn line(text: &str) -> LogLine {
    match text.split_once(' ').and_then(|(at, rest)| Some((Moment::parse(at)?, rest))) {
        Some((at, rest)) => LogLine { at, text: rest.to_owned() },
        None => LogLine { at: Moment::default(), text: text.to_owned() },
    }
}
