//! What kubectl talks to: the API server and the kubelets behind it, as far as a client can see them.

pub mod frozen;

use crate::moment::Moment;
use crate::resource::Resource;
use serde_json::Value;
use std::rc::Rc;

/// A refusal of the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// `NotFound`, `Invalid`, …; empty where kubectl prints the message alone.
    pub reason: &'static str,
    /// The server's words.
    pub message: String,
}

impl Status {
    /// `pods "x" not found`
    pub fn not_found(resource: &Resource, name: &str) -> Status {
        Status { reason: "NotFound", message: format!("{} {name:?} not found", resource.plural_group()) }
    }
    /// `pods "x" already exists`
    pub fn already_exists(resource: &Resource, name: &str) -> Status {
        Status { reason: "AlreadyExists", message: format!("{} {name:?} already exists", resource.plural_group()) }
    }
}

/// A line of a container's log with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was printed.
    pub at: Moment,
    /// The text, with its line end where it has one.
    pub text: String,
}

/// How a log can be had, or why it cannot.
pub type LogAnswer = Result<Vec<LogLine>, Status>;

/// What to delete and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deletion {
    /// Seconds; the object's own where `None`.
    pub grace: Option<i64>,
    /// `background` (the default), `foreground`, `orphan`.
    pub propagation: Propagation,
}

pub use podglass_cluster::action::Propagation;

/// What became of a process that was started in a container.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecState {
    /// It still runs.
    Running,
    /// It ended: what it printed (in order: whether on stdout, text) and its exit code.
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
    fn find(&self, resource: &Resource, namespace: &str, name: &str) -> Option<Rc<Value>> {
        self.list(resource).into_iter().find(|o| crate::json::Look::name(&**o) == name && crate::json::Look::namespace(&**o) == namespace)
    }
    /// Stores a new object; returns it with defaults. With `dry` nothing is stored.
    ///
    /// # Errors
    /// The API server's refusal.
    fn create(&mut self, resource: &Resource, object: Value, dry: bool) -> Result<Rc<Value>, Status>;
    /// Replaces an object (its status stays); returns it as stored.
    ///
    /// # Errors
    /// The API server's refusal.
    fn replace(&mut self, resource: &Resource, object: Value, dry: bool) -> Result<Rc<Value>, Status>;
    /// Deletes an object.
    ///
    /// # Errors
    /// The API server's refusal.
    fn delete(&mut self, resource: &Resource, namespace: &str, name: &str, how: Deletion) -> Result<(), Status>;
    /// The log of one run of a container, as the kubelet answers.
    ///
    /// # Errors
    /// The kubelet's refusal.
    fn logs(&self, pod: &Value, container: &str, previous: bool) -> LogAnswer;
    /// Starts a process in a container; its state is asked for with [`World::exec_state`].
    ///
    /// # Errors
    /// The kubelet's refusal.
    fn exec(&mut self, pod: &Value, container: &str, argv: &[String], stdin: &str) -> Result<u32, Status>;
    /// What became of a process.
    fn exec_state(&mut self, task: u32) -> ExecState;
    /// Warnings the server gave with its last answers; taken once.
    fn take_warnings(&mut self) -> Vec<String> {
        Vec::new()
    }
    /// A random suffix of five characters (`debugger-x7k2p`).
    fn suffix(&mut self) -> String;
    /// Whether time can pass: a frozen state never changes.
    fn moves(&self) -> bool {
        false
    }
    /// Where the API server is, for `cluster-info`.
    fn url(&self) -> String {
        "https://127.0.0.1:6443".to_owned()
    }
}
