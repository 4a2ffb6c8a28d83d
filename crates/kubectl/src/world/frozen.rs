//! A cluster that stands still: objects read from a file, one moment, logs beside them.

use super::{Deletion, ExecState, LogAnswer, LogLine, Status, World};
use crate::json::Look;
use crate::moment::Moment;
use crate::resource::Resource;
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
        let mut objects: Vec<Rc<Value>> = items.into_iter().map(Rc::new).collect();
        objects.sort_by(|a, b| (a.namespace(), a.name()).cmp(&(b.namespace(), b.name())));
        Frozen { now, objects, logs }
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
        let core_events = resource.kind == "Event";
        self.objects.iter().filter(|o| resource.holds(o) || core_events && o.text("kind") == "Event").cloned().collect()
    }
    fn find(&self, resource: &Resource, namespace: &str, name: &str) -> Option<Rc<Value>> {
        self.place(resource, namespace, name).and_then(|i| self.objects.get(i)).cloned()
    }
    fn create(&mut self, resource: &Resource, object: Value, dry: bool) -> Result<Rc<Value>, Status> {
        if self.place(resource, object.namespace(), object.name()).is_some() {
            return Err(Status::already_exists(resource, object.name()));
        }
        let object = Rc::new(object);
        if !dry {
            self.objects.push(object.clone());
            self.objects.sort_by(|a, b| (a.namespace(), a.name()).cmp(&(b.namespace(), b.name())));
        }
        Ok(object)
    }
    fn replace(&mut self, resource: &Resource, object: Value, dry: bool) -> Result<Rc<Value>, Status> {
        let Some(place) = self.place(resource, object.namespace(), object.name()) else { return Err(Status::not_found(resource, object.name())) };
        let object = Rc::new(object);
        if !dry {
            self.objects[place] = object.clone();
        }
        Ok(object)
    }
    fn delete(&mut self, resource: &Resource, namespace: &str, name: &str, _how: Deletion) -> Result<(), Status> {
        let Some(place) = self.place(resource, namespace, name) else { return Err(Status::not_found(resource, name)) };
        self.objects.remove(place);
        Ok(())
    }
    fn logs(&self, pod: &Value, container: &str, previous: bool) -> LogAnswer {
        let entry = self.logs.get(format!("{}/{container}", pod.name())).unwrap_or(&Value::Null);
        let which = &entry[if previous { "previous" } else { "current" }];
        match which {
            Value::String(text) => Ok(text.split_inclusive('\n').map(line).collect()),
            _ => Ok(Vec::new()),
        }
    }
    fn exec(&mut self, _pod: &Value, _container: &str, _argv: &[String], _stdin: &str) -> Result<u32, Status> {
        Err(Status { reason: "", message: "error: a frozen state runs no processes".to_owned() })
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
