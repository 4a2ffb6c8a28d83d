//! One terminal: a world, files, the current context, and what a command prints.

use crate::json::Look;
use crate::resource::{self, Resource};
use crate::world::{Status, World};
use serde_json::Value;
use std::rc::Rc;

/// Where a text was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// stdout
    Stdout,
    /// stderr
    Stderr,
}

/// A piece of what was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where.
    pub stream: Stream,
    /// What.
    pub text: String,
}

/// What a command printed and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Everything printed, in order.
    pub chunks: Vec<Chunk>,
    /// Exit code.
    pub code: i32,
    /// The reference the command could not do without and did not get, see [`Files::reference`].
    pub wanted: Option<&'static str>,
}

impl Output {
    /// Everything printed on one stream.
    pub fn on(&self, stream: Stream) -> String {
        self.chunks.iter().filter(|c| c.stream == stream).map(|c| c.text.as_str()).collect()
    }
    /// Everything printed, both streams in order.
    pub fn all(&self) -> String {
        self.chunks.iter().map(|c| c.text.as_str()).collect()
    }
}

/// A command's end with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What stderr gets, line end included.
    pub text: String,
    /// Exit code.
    pub code: i32,
}

impl Failure {
    /// These very words.
    pub fn plain(text: impl Into<String>) -> Failure {
        Failure { text: text.into(), code: 1 }
    }
    /// `error: WORDS`
    pub fn error(message: impl std::fmt::Display) -> Failure {
        Failure::plain(format!("error: {message}\n"))
    }
    /// Nothing more to say: everything is printed already.
    pub fn silent(code: i32) -> Failure {
        Failure { text: String::new(), code }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Failure {
        Failure::plain(server_words(&status, ""))
    }
}

/// The client's form of a refusal: `Error from server (NotFound): …`, `The Pod "x" is invalid: …`.
/// `doing` stands before the message where the client adds what it was about (`error when creating "f": `).
pub(crate) fn server_words(status: &Status, doing: &str) -> String {
    if let Some(short) = status.short() {
        return format!("{short}\n");
    }
    match status.reason {
        "" => format!("{}\n", status.message),
        "Invalid" => {
            let message = status
                .message
                .split_once(' ')
                .map_or_else(|| status.message.clone(), |(kind, rest)| format!("{} {rest}", kind.split('.').next().unwrap_or(kind)));
            format!("The {message}\n")
        }
        "InvalidRequest" => format!("The request is invalid: {}\n", status.message),
        _ => format!("{}\n", status.line(doing)),
    }
}

/// Files the command line can name.
pub trait Files {
    /// A file's content.
    ///
    /// # Errors
    /// The system's words: `no such file or directory`, `is a directory`.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
    /// The names in a directory, sorted; `None` where it is none.
    fn directory(&self, path: &str) -> Option<Vec<String>>;
    /// A text of static/schema: `openapi`, `openapi-more` or `help`; `None` where it is not at hand.
    fn reference(&self, _name: &str) -> Option<Rc<str>> {
        None
    }
}

/// No files at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str) -> Result<Vec<u8>, String> {
        Err("no such file or directory".to_owned())
    }
    fn directory(&self, _path: &str) -> Option<Vec<String>> {
        None
    }
}

/// An entry of the kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// The cluster's name.
    pub cluster: String,
    /// The user's name.
    pub user: String,
    /// The namespace commands work in.
    pub namespace: String,
}

/// One terminal over a world.
pub struct Session<'a> {
    /// The cluster.
    pub world: &'a mut dyn World,
    /// Files.
    pub files: &'a dyn Files,
    /// The contexts of the kubeconfig.
    pub contexts: Vec<Context>,
    /// Which of them is the current one.
    pub current: String,
    pub(crate) namespace: String,
    /// Whether the namespace was given on the command line.
    pub(crate) explicit: bool,
    pub(crate) stdin: String,
    pub(crate) out: Output,
    pub(crate) user: Option<String>,
    resources: Option<Vec<Rc<Resource>>>,
}

impl<'a> Session<'a> {
    /// A terminal in a namespace.
    pub fn new(world: &'a mut dyn World, files: &'a dyn Files, namespace: &str) -> Session<'a> {
        let context = Context { name: namespace.to_owned(), cluster: "k".to_owned(), user: "u".to_owned(), namespace: namespace.to_owned() };
        Session {
            world,
            files,
            current: context.name.clone(),
            contexts: vec![context],
            namespace: namespace.to_owned(),
            explicit: false,
            stdin: String::new(),
            out: Output::default(),
            user: None,
            resources: None,
        }
    }

    /// The namespace of the current context.
    pub fn context_namespace(&self) -> String {
        self.contexts.iter().find(|c| c.name == self.current).map_or_else(|| "default".to_owned(), |c| c.namespace.clone())
    }

    pub(crate) fn print(&mut self, text: impl AsRef<str>) {
        self.put(Stream::Stdout, text.as_ref());
    }
    pub(crate) fn complain(&mut self, text: impl AsRef<str>) {
        self.put(Stream::Stderr, text.as_ref());
    }
    fn put(&mut self, stream: Stream, text: &str) {
        match self.out.chunks.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.stream == stream => last.text.push_str(text),
            _ => self.out.chunks.push(Chunk { stream, text: text.to_owned() }),
        }
    }

    /// A text of static/schema; [`Output::wanted`] tells where it was not there.
    ///
    /// # Errors
    /// That it is not there.
    pub(crate) fn reference(&mut self, name: &'static str) -> Result<Rc<str>, Failure> {
        self.files.reference(name).filter(|text| !text.is_empty()).ok_or_else(|| {
            self.out.wanted = Some(name);
            Failure::error("the documentation could not be loaded")
        })
    }

    /// The server's resources.
    pub(crate) fn resources(&mut self) -> &[Rc<Resource>] {
        if self.resources.is_none() {
            let builtin = resource::discover([]);
            let definitions = resource::lookup(&builtin, "customresourcedefinitions").map(|r| self.world.list(&r)).unwrap_or_default();
            self.resources = Some(resource::discover(definitions.iter().map(|d| &**d)));
        }
        self.resources.as_deref().unwrap_or_default()
    }
    /// The kinds that CustomResourceDefinitions have added, with their schemas.
    pub(crate) fn custom_kinds(&mut self) -> Vec<podglass_manifest::Resource> {
        let definitions = resource::lookup(self.resources(), "customresourcedefinitions").map(|r| self.world.list(&r)).unwrap_or_default();
        definitions.iter().flat_map(|d| podglass_manifest::client::defined(d)).collect()
    }
    /// Forgets what the server has: something changed.
    pub(crate) fn rediscover(&mut self) {
        self.resources = None;
    }
    /// The resource a word means.
    ///
    /// # Errors
    /// `error: the server doesn't have a resource type "x"`
    pub(crate) fn resource(&mut self, word: &str) -> Result<Rc<Resource>, Failure> {
        resource::lookup(self.resources(), word).ok_or_else(|| Failure::error(no_such_type(word)))
    }
    /// A built-in resource by its plural name (`pods`, `events.events.k8s.io`).
    pub(crate) fn builtin(&mut self, plural: &str) -> Rc<Resource> {
        resource::lookup(self.resources(), plural).unwrap_or_else(|| {
            Rc::new(Resource {
                plural: plural.to_owned(),
                singular: plural.to_owned(),
                short: Vec::new(),
                group: String::new(),
                version: "v1".to_owned(),
                kind: plural.to_owned(),
                namespaced: true,
                categories: Vec::new(),
                verbs: resource::ALL_VERBS,
                custom: false,
            })
        })
    }
    /// Objects of a built-in resource in a namespace (all where it is empty).
    pub(crate) fn objects(&mut self, plural: &str, namespace: &str) -> Vec<Rc<Value>> {
        let resource = self.builtin(plural);
        let mut all = self.world.list(&resource);
        all.retain(|o| namespace.is_empty() || o.namespace() == namespace);
        all
    }
}

/// `the server doesn't have a resource type "x"`
pub(crate) fn no_such_type(word: &str) -> String {
    match word.split_once('.') {
        Some((name, group)) => format!("the server doesn't have a resource type {name:?} in group {group:?}"),
        None => format!("the server doesn't have a resource type {word:?}"),
    }
}
