//! What no validator checks and people get wrong. One file a rule; its module comment is its page.
//!
//! A rule is switched off in a manifest by the annotation `podglass/advice-off`, a list of rule
//! names, or `all`.

use std::rc::Rc;

use crate::Kind;
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::read::{Document, Reading};
use crate::yaml::{Content, Node};

mod container_restart_policy;
mod endless_init;
mod init_writes_elsewhere;
mod job_never_completes;
mod lonely_volume;
mod missing_reference;
mod port_clash;
mod probe_port;
mod service_target;

/// A rule.
pub struct Rule {
    /// Its name: `advice/port-clash`.
    pub code: &'static str,
    /// What it is about, in one sentence.
    pub about: &'static str,
    check: fn(&Scene<'_>, &mut Advice<'_>),
}

/// All rules.
pub const RULES: &[Rule] = &[
    Rule { code: "advice/lonely-volume", about: "An emptyDir that only one container mounts is shared with nobody.", check: lonely_volume::check },
    Rule {
        code: "advice/init-writes-elsewhere",
        about: "What an init container writes outside every mount is gone when it ends.",
        check: init_writes_elsewhere::check,
    },
    Rule {
        code: "advice/job-never-completes",
        about: "A Job waits for all its app containers, also for one that never ends.",
        check: job_never_completes::check,
    },
    Rule { code: "advice/endless-init", about: "An init container must end before anything after it starts.", check: endless_init::check },
    Rule { code: "advice/port-clash", about: "Containers of a Pod share one network: a port can be bound once.", check: port_clash::check },
    Rule { code: "advice/service-target", about: "A Service needs Pods with its labels that listen on its target port.", check: service_target::check },
    Rule {
        code: "advice/container-restart-policy",
        about: "A restartPolicy under containers is that container's own.",
        check: container_restart_policy::check,
    },
    Rule { code: "advice/probe-port", about: "A probe asks a port that the container does not open.", check: probe_port::check },
    Rule { code: "advice/missing-reference", about: "A Pod waits for a ConfigMap, Secret or claim that is not there.", check: missing_reference::check },
];

/// Adds advice to a reading.
pub fn add(reading: &mut Reading) {
    let mut names: Vec<(Kind, &str)> =
        reading.documents.iter().filter_map(|d| Some((d.resource.as_ref()?.modelled, d.root.at(&["metadata", "name"])?.as_str()?))).collect();
    names.sort_unstable();
    let scene = Scene { documents: &reading.documents, names };
    let mut found = Vec::new();
    for rule in RULES {
        (rule.check)(&scene, &mut Advice { code: rule.code, found: &mut found });
    }
    reading.diagnostics.append(&mut found);
}

/// What the rules look at.
pub(crate) struct Scene<'a> {
    documents: &'a [Document],
    /// Kind and name of all documents, sorted.
    names: Vec<(Kind, &'a str)>,
}

/// A Pod or a template that makes Pods.
pub(crate) struct PodView<'a> {
    /// The manifest it stands in.
    pub(crate) document: &'a Document,
    /// The spec.
    pub(crate) spec: &'a Node,
    /// The labels.
    pub(crate) labels: Option<&'a Node>,
    /// Whether a Job makes it.
    pub(crate) in_job: bool,
}

impl<'a> Scene<'a> {
    /// All Pods and templates of manifests that the server takes.
    pub(crate) fn pods(&self) -> impl Iterator<Item = PodView<'a>> {
        self.documents.iter().filter(|d| d.is_valid).filter_map(|document| {
            let kind = document.resource.as_ref()?.modelled;
            let root = &*document.root;
            let template = match kind {
                Kind::Pod => root,
                Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::Job | Kind::ReplicationController => {
                    root.at(&["spec", "template"])?
                }
                Kind::CronJob => root.at(&["spec", "jobTemplate", "spec", "template"])?,
                _ => return None,
            };
            Some(PodView {
                document,
                spec: template.get("spec")?,
                labels: template.at(&["metadata", "labels"]),
                in_job: matches!(kind, Kind::Job | Kind::CronJob),
            })
        })
    }

    /// The documents of a kind.
    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = &'a Document> {
        self.documents.iter().filter(move |d| d.resource.as_ref().is_some_and(|r| r.modelled == kind))
    }

    /// Whether a manifest of this kind and name is in the text.
    pub(crate) fn has(&self, kind: Kind, name: &str) -> bool {
        self.names.binary_search(&(kind, name)).is_ok()
    }
}

impl<'a> PodView<'a> {
    /// The app containers.
    pub(crate) fn apps(&self) -> &'a [Rc<Node>] {
        self.spec.items("containers")
    }
    /// The init containers, sidecars among them.
    pub(crate) fn inits(&self) -> &'a [Rc<Node>] {
        self.spec.items("initContainers")
    }
    /// Containers that run at the same time: sidecars and apps.
    pub(crate) fn together(&self) -> impl Iterator<Item = &'a Rc<Node>> {
        self.inits().iter().filter(|c| is_sidecar(c)).chain(self.apps())
    }
    /// The value of a label.
    pub(crate) fn label(&self, key: &str) -> Option<&'a str> {
        self.labels?.get(key)?.as_str()
    }
}

/// Where a rule says what it has to say.
pub(crate) struct Advice<'a> {
    code: &'static str,
    found: &'a mut Vec<Diagnostic>,
}

impl Advice<'_> {
    /// Says something about a place, unless the manifest has switched the rule off.
    pub(crate) fn say(&mut self, document: &Document, span: Span, message: String, help: &str, related: Vec<(Span, String)>) {
        let off = document.root.at(&["metadata", "annotations", "podglass/advice-off"]).and_then(Node::as_str).unwrap_or_default();
        let name = self.code.trim_start_matches("advice/");
        if off.split(',').map(str::trim).any(|o| o == "all" || o == name) {
            return;
        }
        self.found.push(Diagnostic {
            code: self.code,
            severity: Severity::Advice,
            message,
            span,
            path: String::new(),
            related,
            help: Some(help.to_owned()),
            fix: None,
        });
    }
}

/// Whether an init container is a sidecar.
pub(crate) fn is_sidecar(c: &Node) -> bool {
    c.text("restartPolicy") == "Always"
}

/// The place of a container: its name.
pub(crate) fn place(c: &Node) -> Span {
    c.get("name").map_or(c.span, |n| n.span)
}

/// Command and arguments as one text, for rules that look for words.
pub(crate) fn script(c: &Node) -> String {
    ["command", "args"].iter().flat_map(|k| c.items(k)).filter_map(|n| n.as_str()).collect::<Vec<_>>().join(" ")
}

/// The port that a well-known image listens on when it is given no command.
pub(crate) fn known_port(c: &Node) -> Option<i64> {
    if c.get("command").is_some() || c.get("args").is_some() {
        return None;
    }
    let image = c.text("image");
    let image = image.rsplit('/').next().unwrap_or(image);
    Some(match image.split([':', '@']).next().unwrap_or_default() {
        "nginx" | "httpd" | "caddy" | "apache" => 80,
        "redis" => 6379,
        "postgres" => 5432,
        "mysql" | "mariadb" => 3306,
        "mongo" => 27017,
        "memcached" => 11211,
        "rabbitmq" => 5672,
        _ => return None,
    })
}

/// Whether a container's program plainly never ends.
pub(crate) fn never_ends(c: &Node) -> bool {
    let s = script(c);
    let endless = ["while true", "while :", "while [ 1 ]", "sleep infinity", "sleep inf", "tail -f", "tail -F", "for (( ;; ))", "until false"];
    let leaves = ["break", "exit"];
    if endless.iter().any(|w| s.contains(w)) {
        return !leaves.iter().any(|w| s.contains(w));
    }
    known_port(c).is_some()
}

impl Node {
    /// The node at the end of some keys.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |n, k| n.get(k).map(|n| &**n))
    }
    /// The items of a list below a key.
    pub(crate) fn items(&self, key: &str) -> &[Rc<Node>] {
        match self.get(key).map(|n| &n.content) {
            Some(Content::Sequence(items)) => items,
            _ => &[],
        }
    }
    /// The text below a key; empty where there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.get(key).and_then(|n| n.as_str()).unwrap_or_default()
    }
    /// The number below a key.
    pub(crate) fn number(&self, key: &str) -> Option<i64> {
        match self.get(key).map(|n| &n.content) {
            Some(Content::Int(i)) => Some(*i),
            Some(Content::Float(f)) if f.fract() == 0.0 => Some(*f as i64),
            _ => None,
        }
    }
}
