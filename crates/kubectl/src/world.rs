//! What kubectl talks to: the API server and the kubelets behind it, as far as a client can see them.

pub mod frozen;
pub mod live;

use crate::moment::Moment;
use crate::resource::Resource;
use podglass_manifest::Object;
use serde_json::Value;
use std::rc::Rc;

pub use podglass_cluster::Propagation;
pub use podglass_manifest::server::Status;

/// `pods "x" not found`
pub fn not_found(resource: &Resource, name: &str) -> Status {
    Status::new("NotFound", format!("{} {name:?} not found", resource.plural_group()))
}

/// `pods "x" already exists`
pub fn already_exists(resource: &Resource, name: &str) -> Status {
    Status::new("AlreadyExists", format!("{} {name:?} already exists", resource.plural_group()))
}

/// A line of a container's log with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was printed.
    pub at: Moment,
    /// The text, with its line end where it has one.
    pub text: String,
}

/// What to delete and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deletion {
    /// Seconds; the object's own where `None`.
    pub grace: Option<i64>,
    /// What becomes of the dependants.
    pub propagation: Propagation,
}

/// What became of a process that was started in a container.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecState {
    /// It still runs.
    Running,
    /// It ended.
    Exited {
        /// stdout
        stdout: String,
        /// stderr
        stderr: String,
        /// Exit code.
        code: i32,
    },
    /// It could not be started: the runtime's words.
    NotStarted(String),
}

/// A cluster as a client sees it.
pub trait World {
    /// The clock.
    fn now(&self) -> Moment;
    /// All objects of a resource in all namespaces, by namespace and name.
    fn list(&self, resource: &Resource) -> Vec<Rc<Value>>;
    /// One object.
    fn find(&self, resource: &Resource, namespace: &str, name: &str) -> Option<Rc<Value>>;
    /// Stores a new object that has its defaults; returns it as stored. With `dry` nothing is stored.
    ///
    /// # Errors
    /// The API server's refusal.
    fn insert(&mut self, resource: &Resource, object: Object, dry: bool) -> Result<Rc<Value>, Status>;
    /// Replaces an object (its status stays, unless `part` is `status`); returns it as stored.
    ///
    /// # Errors
    /// The API server's refusal.
    fn replace(&mut self, resource: &Resource, object: Object, part: Option<&str>, dry: bool) -> Result<Rc<Value>, Status>;
    /// Deletes an object.
    ///
    /// # Errors
    /// The API server's refusal.
    fn delete(&mut self, resource: &Resource, namespace: &str, name: &str, how: Deletion) -> Result<(), Status>;
    /// The log of the present (or the previous) run of a container; `None` where nothing is known of it.
    fn logs(&self, pod: &Value, container: &str, previous: bool) -> Option<Vec<LogLine>>;
    /// Starts a process in a running container; its state is asked for with [`World::exec_state`].
    ///
    /// # Errors
    /// Why it cannot.
    fn exec(&mut self, pod: &Value, container: &str, argv: &[String], stdin: &str) -> Result<u32, String>;
    /// What became of a process.
    fn exec_state(&mut self, task: u32) -> ExecState;
    /// Lets time pass until something happens, at most until the given moment; false where time
    /// stands still or the moment has come.
    fn pass(&mut self, until: Moment) -> bool {
        let _ = until;
        false
    }
    /// Whether the log of a run that is over stands under "previous" (a recording keeps it as the present one).
    fn keeps_runs_apart(&self) -> bool {
        false
    }
    /// A random suffix of five characters (`debugger-x7k2p`).
    fn suffix(&mut self) -> String;
    /// Where the API server is, for `cluster-info`.
    fn url(&self) -> String {
        "https://127.0.0.1:6443".to_owned()
    }
}
