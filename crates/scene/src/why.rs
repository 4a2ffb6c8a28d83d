//! Why something waits, or why it ended: one sentence, then the chain of causes.
//!
//! A chain goes from the thing to what it waits for, on to the record that explains it, and down to
//! a line of the manifest, a rule of Kubernetes, an assumption, or what the user did.

use crate::narration::phrase;
use crate::words::Sentence;
use crate::{Memory, Target};
use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod};
use podglass_cluster::manifest::{Kind, Object, ObjectKey};
use podglass_cluster::{Cluster, RecordId, SimTime};
use std::rc::Rc;

mod chain;
mod container;
mod ended;
mod objects;
mod places;
mod pod;
mod rules;
mod running;

/// What sort of cause a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Something that happened.
    Record,
    /// A line of the manifest.
    Manifest,
    /// A rule of Kubernetes.
    Rule,
    /// An assumption of Podglass.
    Assumption,
    /// The user's own action.
    Action,
    /// Something to try.
    Advice,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Why {
    /// One sentence.
    pub answer: Sentence,
    /// The chain, nearest cause first.
    pub links: Vec<Link>,
}

/// A link of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// What sort.
    pub kind: LinkKind,
    /// In bold.
    pub head: Sentence,
    /// More words.
    pub body: String,
    /// Field of the manifest it is about: of which thing, and its path below it.
    pub field: Option<(Target, &'static str)>,
    /// The record.
    pub record: Option<(RecordId, SimTime)>,
}

impl Why {
    fn say(answer: Sentence) -> Why {
        Why { answer, links: Vec::new() }
    }
    fn link(mut self, kind: LinkKind, head: Sentence, body: impl Into<String>) -> Why {
        self.links.push(Link { kind, head, body: body.into(), field: None, record: None });
        self
    }
    fn at(mut self, record: Option<(RecordId, SimTime)>) -> Why {
        if let Some(last) = self.links.last_mut() {
            last.record = record;
        }
        self
    }
    fn field(mut self, target: Target, path: &'static str) -> Why {
        if let Some(last) = self.links.last_mut() {
            last.field = Some((target, path));
        }
        self
    }
    fn rule(self, rule: (&str, &str)) -> Why {
        self.link(LinkKind::Rule, Sentence::text(rule.0), rule.1)
    }
    fn advice(self, head: &str, body: impl Into<String>) -> Why {
        self.link(LinkKind::Advice, Sentence::text(head), body)
    }
    fn then(mut self, other: Why) -> Why {
        if !other.answer.is_empty() {
            self.links.push(Link { kind: LinkKind::Record, head: other.answer, body: String::new(), field: None, record: None });
        }
        self.links.extend(other.links);
        self
    }
}

/// Answers for a thing, or for what matters most where nothing is chosen.
pub fn why(cluster: &Cluster, memory: &Memory, target: Option<&Target>) -> Why {
    let ask = Ask { cluster, memory, now: cluster.now() };
    let mut answer = match target {
        Some(Target::Container { pod, container }) => ask.container(pod, container),
        Some(Target::Object(key)) if key.kind == Kind::Pod => ask.pod(key),
        Some(Target::Object(key)) => ask.object(key),
        Some(Target::Volume { pod, volume }) => ask.volume(pod, volume),
        Some(Target::Port { pod, port }) => ask.port(pod, *port),
        Some(Target::Record(id)) => ask.record(*id),
        None => ask.foremost(),
    };
    if answer.links.is_empty() {
        answer = ask.down_to_action(answer, memory.headline);
    }
    answer
}

/// Whoever asks.
#[derive(Clone, Copy)]
struct Ask<'a> {
    cluster: &'a Cluster,
    memory: &'a Memory,
    now: SimTime,
}

fn named(pod: &ObjectKey, container: &str) -> Sentence {
    Sentence::default().name(container, container_target(pod, container))
}

fn container_target(pod: &ObjectKey, container: &str) -> Target {
    Target::Container { pod: pod.clone(), container: container.to_owned() }
}

fn spec<'a>(pod: &'a Pod, name: &str) -> Option<&'a Container> {
    let spec = pod.spec.as_ref()?;
    spec.init_containers.iter().flatten().chain(&spec.containers).find(|c| c.name == name)
}

fn status<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    let s = pod.status.as_ref()?;
    [&s.init_container_statuses, &s.container_statuses, &s.ephemeral_container_statuses].into_iter().flatten().flatten().find(|c| c.name == name)
}

impl<'a> Ask<'a> {
    fn pod_object(self, key: &ObjectKey) -> Option<&'a Pod> {
        match self.cluster.api().find(key).map(Rc::as_ref) {
            Some(Object::Pod(pod)) => Some(pod),
            _ => None,
        }
    }
}

/// The Service whose variable stands unexpanded in a text: `$(DATA_TIER_SERVICE_HOST)` is `data-tier`.
fn unexpanded(text: &str) -> Option<String> {
    let name = text.split_once("$(")?.1.split(')').next()?;
    let service = name.split("_SERVICE_").next().filter(|s| *s != name)?;
    Some(service.to_lowercase().replace('_', "-"))
}

/// The field that says what a container runs.
fn what_it_runs(container: &Container) -> &'static str {
    match (&container.command, &container.args) {
        (Some(_), _) => "command",
        (None, Some(_)) => "args",
        (None, None) => "image",
    }
}

fn phrase_at(ask: Ask<'_>, id: RecordId) -> Sentence {
    ask.cluster.api().journal().get(id).map(|r| phrase(r).capital().and(".")).unwrap_or_default()
}
