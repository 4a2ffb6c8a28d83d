//! The simulated cluster at its present moment.

use super::{Deletion, ExecState, LogLine, Status, World, not_found};
use crate::json::Look;
use crate::moment::Moment;
use crate::resource::Resource;
use podglass_cluster::runtime::{TaskId, TaskOutcome};
use podglass_cluster::{Action, Cluster, Refusal, SimTime};
use podglass_manifest::{Kind, Object, ObjectKey};
use serde_json::Value;
use std::rc::Rc;

/// How many wake-ups one wait may cost.
const BUDGET: u64 = 1_000_000;

/// A cluster with what was done to it.
pub struct Live<'a> {
    cluster: &'a mut Cluster,
    /// How many milliseconds a change takes on its way to the API server.
    latency: u64,
    actions: Vec<(SimTime, Action)>,
    suffixes: u64,
}

impl<'a> Live<'a> {
    /// A client of the cluster, whose changes take effect at once.
    pub fn new(cluster: &'a mut Cluster) -> Live<'a> {
        Live { cluster, latency: 0, actions: Vec::new(), suffixes: 0 }
    }
    /// Lets every change take so many milliseconds.
    #[must_use]
    pub fn with_latency(mut self, ms: u64) -> Live<'a> {
        self.latency = ms;
        self
    }
    /// What was done, each with its time: what a scenario has to keep.
    pub fn actions(&self) -> &[(SimTime, Action)] {
        &self.actions
    }

    fn act(&mut self, action: Action) -> Result<Option<Rc<Object>>, Status> {
        if self.latency > 0 {
            let to = self.cluster.now() + self.latency;
            self.cluster.advance_to(to, BUDGET);
        }
        self.actions.push((self.cluster.now(), action.clone()));
        self.cluster.act(action).map_err(|Refusal { reason, message }| Status::new(reason, message))
    }
}

/// The modelled kind of a resource.
fn kind_of(resource: &Resource) -> Kind {
    Kind::ALL.iter().copied().find(|k| k.name() == resource.kind && (k.group() == resource.group || *k == Kind::Event)).unwrap_or(Kind::Other)
}

/// The key of a resource's object.
fn key_of(resource: &Resource, namespace: &str, name: &str) -> ObjectKey {
    match kind_of(resource) {
        Kind::Other => ObjectKey::other(&resource.group, &resource.kind, namespace, name),
        kind => ObjectKey { kind, namespace: namespace.to_owned(), name: name.to_owned() },
    }
}

fn pod_key(pod: &Value) -> ObjectKey {
    ObjectKey { kind: Kind::Pod, namespace: pod.namespace().to_owned(), name: pod.name().to_owned() }
}

fn json(object: &Object) -> Rc<Value> {
    let json = object.to_json().unwrap_or_default();
    let kind = object.kind();
    Rc::new(match podglass_manifest::decode::type_of(kind.group(), kind.version(), kind.name()) {
        Some(ty) => podglass_manifest::decode::encoded(ty, &json),
        None => json,
    })
}

impl World for Live<'_> {
    fn now(&self) -> Moment {
        Moment::from_millis(self.cluster.api().settings().epoch + self.cluster.now().0 as i64)
    }
    fn list(&self, resource: &Resource) -> Vec<Rc<Value>> {
        let kind = kind_of(resource);
        self.cluster.api().list(kind).map(|o| json(o)).filter(|o| kind != Kind::Other || resource.holds(o)).collect()
    }
    fn find(&self, resource: &Resource, namespace: &str, name: &str) -> Option<Rc<Value>> {
        self.cluster.api().find(&key_of(resource, namespace, name)).map(|o| json(o))
    }
    fn insert(&mut self, resource: &Resource, object: Object, dry: bool) -> Result<Rc<Value>, Status> {
        if dry {
            if self.cluster.api().find(&object.key()).is_some() {
                return Err(super::already_exists(resource, object.name()));
            }
            return Ok(json(&object));
        }
        let fallback = json(&object);
        Ok(self.act(Action::Create(object))?.map_or(fallback, |o| json(&o)))
    }
    fn replace(&mut self, resource: &Resource, object: Object, part: Option<&str>, dry: bool) -> Result<Rc<Value>, Status> {
        if self.cluster.api().find(&object.key()).is_none() {
            return Err(not_found(resource, object.name()));
        }
        let fallback = json(&object);
        if dry {
            return Ok(fallback);
        }
        let action = match part {
            Some(part @ ("status" | "resize" | "ephemeralcontainers")) => Action::ReplacePart { object, part: part.into() },
            _ => Action::Replace(object),
        };
        Ok(self.act(action)?.map_or(fallback, |o| json(&o)))
    }
    fn delete(&mut self, resource: &Resource, namespace: &str, name: &str, how: Deletion) -> Result<(), Status> {
        let key = key_of(resource, namespace, name);
        if self.cluster.api().find(&key).is_none() {
            return Err(not_found(resource, name));
        }
        self.act(Action::Delete { key, grace_period: how.grace, propagation: how.propagation }).map(|_| ())
    }
    fn logs(&self, pod: &Value, container: &str, previous: bool) -> Option<Vec<LogLine>> {
        let key = pod_key(pod);
        // While a container waits to be restarted, its last state is its newest run.
        let waits = crate::verbs::container_status(pod, container).is_some_and(|s| s.has("state.waiting"));
        let id = if previous && !waits { self.cluster.previous_container_id(&key, container) } else { self.cluster.container_id(&key, container) }?;
        let epoch = self.cluster.api().settings().epoch;
        let lines = self.cluster.runtime().logs(id);
        Some(
            lines
                .iter()
                .map(|l| LogLine { at: Moment::from_millis(epoch + l.at.0 as i64), text: format!("{}{}", l.text, if l.ended { "\n" } else { "" }) })
                .collect(),
        )
    }
    fn exec(&mut self, pod: &Value, container: &str, argv: &[String], stdin: &str) -> Result<u32, String> {
        self.cluster.exec(&pod_key(pod), container, argv.to_vec(), stdin.to_owned()).map(|t| t.0)
    }
    fn exec_state(&mut self, task: u32) -> ExecState {
        match self.cluster.task_outcome(TaskId(task)) {
            None => ExecState::Running,
            Some(TaskOutcome::Exited { code, stdout, stderr, .. }) => ExecState::Exited { stdout: stdout.clone(), stderr: stderr.clone(), code: *code },
            Some(TaskOutcome::NotStarted(why) | TaskOutcome::Failed(why)) => ExecState::NotStarted(why.clone()),
            Some(_) => ExecState::Exited { stdout: String::new(), stderr: String::new(), code: 0 },
        }
    }
    fn pass(&mut self, until: Moment) -> bool {
        let epoch = self.cluster.api().settings().epoch;
        let limit = SimTime((until.0 / 1_000_000 - epoch).max(0) as u64);
        if self.cluster.now() >= limit {
            return false;
        }
        let next = self.cluster.next_wakeup().filter(|at| *at < limit).unwrap_or(limit);
        let next = SimTime(next.0.max(self.cluster.now().0 + 1));
        self.cluster.advance_to(next, BUDGET);
        true
    }
    fn keeps_runs_apart(&self) -> bool {
        true
    }
    fn suffix(&mut self) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        self.suffixes += 1;
        let mut seed = (self.cluster.now().0 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(self.suffixes.wrapping_mul(0xD1B5_4A32_D192_ED03));
        (0..5)
            .map(|_| {
                seed ^= seed >> 29;
                seed = seed.wrapping_mul(0xBF58_476D_1CE4_E5B9);
                char::from(ALPHABET[(seed >> 33) as usize % ALPHABET.len()])
            })
            .collect()
    }
}
