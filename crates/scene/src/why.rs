//! Why something waits, or why it ended: one sentence, then the chain of causes.
//!
//! A chain goes from the thing to what it waits for, on to the record that explains it, and down to
//! a line of the manifest, a rule of Kubernetes, an assumption, or what the user did.

use crate::kube_event::KubeEvent;
use crate::memory::{ContainerMemory, End, PodMemory};
use crate::narration::{phrase, probe_word};
use crate::row::{PodRow, is_sidecar};
use crate::words::{Sentence, countdown, duration};
use crate::{Memory, Target};
use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod};
use podglass_cluster::action::Action;
use podglass_cluster::journal::ProbeKind;
use podglass_cluster::manifest::{Kind, Object, ObjectKey};
use podglass_cluster::runtime::Happening;
use podglass_cluster::{Cluster, Fact, RecordId, SimTime};
use std::rc::Rc;

mod objects;
mod rules;

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
    s.init_container_statuses.iter().flatten().chain(s.container_statuses.iter().flatten()).find(|c| c.name == name)
}

impl<'a> Ask<'a> {
    fn pod_object(self, key: &ObjectKey) -> Option<&'a Pod> {
        match self.cluster.api().find(key).map(Rc::as_ref) {
            Some(Object::Pod(pod)) => Some(pod),
            _ => None,
        }
    }

    /// Follows the causes of a record up to what the user did.
    fn down_to_action(self, mut why: Why, record: Option<RecordId>) -> Why {
        let Some(id) = record else { return why.rule(rules::NOTHING) };
        let mut last = Sentence::default();
        for r in self.cluster.api().journal().chain(id).take(24) {
            let words = phrase(r);
            let (kind, keep) = match &r.fact {
                Fact::ActionTaken(_) => (LinkKind::Action, true),
                Fact::Updated { after, .. } => (LinkKind::Record, matches!(**after, Object::Pod(_)) && crate::memory::weight(r) > 0),
                _ => (LinkKind::Record, crate::memory::weight(r) > 0),
            };
            if keep && words != last && why.links.len() < 12 {
                last = words.clone();
                why = why.link(kind, words.capital().and("."), duration(r.at.0)).at(Some((r.id, r.at)));
                if let Fact::ActionTaken(action) = &r.fact
                    && let Action::Apply(o) | Action::Create(o) | Action::Replace(o) = &**action
                {
                    let mut key = o.key();
                    if o.namespaced() && key.namespace.is_empty() {
                        "default".clone_into(&mut key.namespace);
                    }
                    why = why.field(Target::Object(key), "metadata.name");
                }
            }
        }
        if why.links.is_empty() { why.rule(rules::BIRTH) } else { why }
    }

    fn foremost(self) -> Why {
        let mut worst: Option<(u8, ObjectKey)> = None;
        for object in self.cluster.api().list(Kind::Pod) {
            let Object::Pod(pod) = &**object else { continue };
            let row = PodRow::of(pod);
            let rank = match row.role() {
                crate::Role::Failed => 0,
                crate::Role::BackOff => 1,
                crate::Role::NotReady => 2,
                crate::Role::Waiting | crate::Role::Starting | crate::Role::Pulling => 3,
                crate::Role::Terminating => 4,
                crate::Role::Running | crate::Role::Completed => 5,
            };
            if worst.as_ref().is_none_or(|(w, _)| rank < *w) {
                worst = Some((rank, object.key()));
            }
        }
        match worst {
            Some((_, key)) => self.pod(&key),
            None => self.down_to_action(Why::say(crate::narration::narrate(self.cluster, self.memory)), self.memory.headline),
        }
    }

    fn pod(self, key: &ObjectKey) -> Why {
        let Some(pod) = self.pod_object(key) else {
            return Why::say(Sentence::text(format!("Pod {} is not there at this time.", key.name))).rule(rules::GONE);
        };
        let Some(memory) = self.memory.pod(key) else { return self.record_chain(key) };
        if let Some(why) = self.before_containers(key, pod, memory) {
            return why;
        }
        let row = PodRow::of(pod);
        let spec = pod.spec.as_ref();
        let inits = spec.and_then(|s| s.init_containers.as_deref()).unwrap_or_default();
        let apps = spec.map(|s| s.containers.as_slice()).unwrap_or_default();
        let state = |c: &&Container| memory.containers.get(c.name.as_str());
        let blocked = inits.iter().find(|c| !Self::passed(pod, memory, c));
        let culprit = blocked.or_else(|| {
            let unwell = |c: &&Container| !status(pod, &c.name).is_some_and(|s| s.ready) && state(c).and_then(ContainerMemory::end).is_none_or(|e| e.code != 0);
            apps.iter().find(|c| state(c).and_then(ContainerMemory::end).is_some_and(|e| e.code != 0)).or_else(|| apps.iter().find(unwell))
        });
        let status_words = Sentence::default().name(&*key.name, Target::Object(key.clone())).and(format!(" is {}", row.status));
        if let Some(c) = culprit {
            let inner = self.container(key, &c.name);
            Why { answer: status_words.and(": ").then(inner.answer), links: inner.links }
        } else {
            let record = memory.status.as_ref().map(|(_, _, id)| *id);
            let ready =
                if row.ready == row.total && row.total > 0 { format!(", and {} of {} containers are ready", row.ready, row.total) } else { String::new() };
            self.down_to_action(Why::say(status_words.and(format!("{ready}."))), record)
        }
    }

    fn record_chain(self, key: &ObjectKey) -> Why {
        let record = self.cluster.api().journal().records().iter().rev().find(|r| matches!(&r.fact, Fact::Created(o) if o.key() == *key)).map(|r| r.id);
        self.down_to_action(Why::say(Sentence::default().name(&*key.name, Target::Object(key.clone())).and(" is there.")), record)
    }

    /// What keeps a whole Pod: no node, or a volume that is missing.
    fn before_containers(self, key: &ObjectKey, pod: &Pod, memory: &PodMemory) -> Option<Why> {
        if PodRow::of(pod).deleting && memory.sandbox.is_none() && memory.scheduled.is_none() {
            return None;
        }
        let who = || Sentence::default().name(&*key.name, Target::Object(key.clone()));
        let event = self.latest_event(key, &["FailedScheduling"]);
        if memory.scheduled.is_none() {
            let gates: Vec<&str> = pod.spec.iter().flat_map(|s| s.scheduling_gates.iter().flatten()).map(|g| g.name.as_str()).collect();
            if !gates.is_empty() {
                return Some(
                    Why::say(who().and(format!(" is not placed on a node: {} must be removed first.", gates.join(", "))))
                        .rule(rules::GATES)
                        .field(Target::Object(key.clone()), "spec.schedulingGates"),
                );
            }
            let why = Why::say(who().and(" has no node: none fits."));
            return Some(match event {
                Some((text, record)) => why
                    .link(LinkKind::Record, Sentence::text(text), "the scheduler's event")
                    .at(Some(record))
                    .rule(rules::SCHEDULING)
                    .field(Target::Object(key.clone()), "spec"),
                None => Why::say(who().and(" was created a moment ago: the scheduler has not placed it yet.")).rule(rules::SCHEDULING),
            });
        }
        if memory.mounted.is_none() && memory.sandbox.is_none() {
            let event = self.latest_event(key, &["FailedMount", "FailedAttachVolume"]);
            if let Some((text, record)) = event {
                let missing = text.split('"').nth(3).or_else(|| text.split('"').nth(1)).unwrap_or_default().to_owned();
                let what = if text.contains("configmap") {
                    "ConfigMap"
                } else if text.contains("secret") {
                    "Secret"
                } else {
                    "volume"
                };
                return Some(
                    Why::say(who().and(format!(" waits for a volume: {what} {missing} is missing.")))
                        .link(LinkKind::Record, Sentence::text(text.clone()), "the kubelet's event")
                        .at(Some(record))
                        .rule(rules::MOUNT)
                        .field(Target::Object(key.clone()), "spec.volumes")
                        .advice(&format!("Create the {what}, or mark it optional."), "The kubelet tries again by itself; nothing must be restarted."),
                );
            }
        }
        if memory.sandbox.is_none() && memory.containers.is_empty() {
            return Some(Why::say(who().and(" is on its node: the kubelet mounts its volumes and makes the sandbox.")).rule(rules::SANDBOX));
        }
        None
    }

    /// The newest event about a Pod with one of these reasons.
    fn latest_event(self, key: &ObjectKey, reasons: &[&str]) -> Option<(String, (RecordId, SimTime))> {
        let records = self.cluster.api().journal().records().iter().rev().take(20_000);
        records
            .filter_map(|r| Some((KubeEvent::of(r)?, r)))
            .find(|(e, _)| reasons.contains(&e.reason()) && e.about().as_ref() == Some(key))
            .map(|(e, r)| (e.message().to_owned(), (r.id, r.at)))
    }

    fn container_event(self, key: &ObjectKey, container: &str, reasons: &[&str]) -> Option<(String, (RecordId, SimTime))> {
        let records = self.cluster.api().journal().records().iter().rev().take(20_000);
        records
            .filter_map(|r| Some((KubeEvent::of(r)?, r)))
            .find(|(e, _)| reasons.contains(&e.reason()) && e.container() == Some(container) && e.about().as_ref() == Some(key))
            .map(|(e, r)| (e.message().to_owned(), (r.id, r.at)))
    }

    fn passed(pod: &Pod, memory: &PodMemory, c: &Container) -> bool {
        let known = memory.containers.get(c.name.as_str());
        if is_sidecar(c) {
            return status(pod, &c.name).is_some_and(|s| s.started == Some(true)) || (c.startup_probe.is_none() && known.is_some_and(ContainerMemory::running));
        }
        known.and_then(ContainerMemory::end).is_some_and(|e| e.code == 0)
    }

    fn container(self, key: &ObjectKey, name: &str) -> Why {
        let (Some(pod), Some(memory)) = (self.pod_object(key), self.memory.pod(key)) else {
            return Why::say(Sentence::text(format!("Pod {} is not there at this time.", key.name))).rule(rules::GONE);
        };
        let Some(container) = spec(pod, name) else {
            return Why::say(Sentence::text(format!("Pod {} has no container {name}.", key.name))).rule(rules::GONE);
        };
        let who = || named(key, name);
        let target = || container_target(key, name);
        let known = memory.containers.get(name);
        let waiting = status(pod, name).and_then(|s| s.state.as_ref()?.waiting.as_ref());
        let reason = waiting.and_then(|w| w.reason.as_deref()).unwrap_or_default();
        if let Some(known) = known.filter(|k| k.running()) {
            return self.running(key, pod, memory, container, known);
        }
        if let Some(known) = known {
            if let Some(pull) = &known.pull {
                return Why::say(who().and(format!(
                    " waits for its image: {} of {} left.",
                    countdown(pull.until.since(self.now)),
                    countdown(pull.until.since(pull.from))
                )))
                .rule(rules::PULL)
                .field(target(), "image");
            }
            if known.pull_failed || reason.contains("Image") {
                let event = self.container_event(key, name, &["Failed"]);
                let mut why = Why::say(who().and(format!(" cannot start: its image {} could not be pulled.", container.image.as_deref().unwrap_or_default())));
                if let Some((text, record)) = event {
                    why = why.link(LinkKind::Record, Sentence::text(text), "the kubelet's event").at(Some(record));
                }
                return why
                    .rule(rules::IMAGE_BACK_OFF)
                    .field(target(), "image")
                    .advice("Look at the image's name and tag.", "The kubelet goes on trying; a corrected image is pulled at once.");
            }
            if let Some(back_off) = known.back_off.filter(|b| b.until > self.now) {
                let end = known.end().cloned();
                let left = countdown(back_off.until.since(self.now));
                let why = Why::say(
                    who().and(format!(" starts again in {left}: it ended, and the kubelet waits {} before the next try.", countdown(back_off.length))),
                );
                let why = why.rule(rules::BACK_OFF).at(Some((back_off.record, back_off.from)));
                return match end {
                    Some(end) => why.then(self.ended(key, pod, memory, container, known, &end)),
                    None => why,
                };
            }
            if let Some(end) = known.end() {
                return self.ended(key, pod, memory, container, known, end);
            }
        }
        if reason == "CreateContainerConfigError" || reason == "CreateContainerError" || reason == "RunContainerError" || reason.ends_with("Error") {
            let message = waiting.and_then(|w| w.message.clone()).unwrap_or_default();
            return Why::say(who().and(format!(" cannot be created: {message}.")))
                .rule(rules::CONFIG_ERROR)
                .field(target(), if message.contains("configmap") || message.contains("secret") { "env" } else { "command" })
                .advice("Create what is missing, or mark it optional.", "The kubelet tries again by itself.");
        }
        if let Some(why) = self.before_containers(key, pod, memory) {
            let mut out = Why::say(who().and(" has not started. ").then(why.answer.clone()));
            out.links = why.links;
            return out;
        }
        self.not_started(key, pod, memory, container)
    }

    fn not_started(self, key: &ObjectKey, pod: &Pod, memory: &PodMemory, container: &Container) -> Why {
        let who = || named(key, &container.name);
        let spec = pod.spec.as_ref();
        let inits = spec.and_then(|s| s.init_containers.as_deref()).unwrap_or_default();
        let before = inits.iter().position(|c| c.name == container.name).unwrap_or(inits.len());
        let blocker = inits.iter().take(before).find(|c| !Self::passed(pod, memory, c));
        let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or_default();
        if phase == "Failed" {
            let mut why =
                Why::say(who().and(" never starts: the Pod has failed.")).rule(rules::INIT_NEVER).field(Target::Object(key.clone()), "spec.restartPolicy");
            if let Some(b) = blocker {
                why = why.then(self.container(key, &b.name));
            }
            return why;
        }
        if let Some(b) = blocker {
            let how = if is_sidecar(b) { "to have started" } else { "to exit 0" };
            let kind = if is_sidecar(b) { "sidecar" } else { "init container" };
            let why =
                Why::say(who().and(format!(" has not started. It waits for {kind} ")).name(&*b.name, container_target(key, &b.name)).and(format!(" {how}.")));
            let rule = if is_sidecar(b) { rules::SIDECAR } else { rules::INIT_ORDER };
            return why.rule(rule).field(container_target(key, &b.name), "name").then(self.container(key, &b.name));
        }
        let apps = spec.map(|s| s.containers.as_slice()).unwrap_or_default();
        let app = before == inits.len();
        let earlier = apps
            .iter()
            .filter(|_| app)
            .take_while(|c| c.name != container.name)
            .find(|c| !memory.containers.get(c.name.as_str()).is_some_and(|k| k.running() || k.end().is_some()));
        match earlier {
            Some(e) => Why::say(
                who()
                    .and(" has not started: the kubelet starts containers one after another, and ")
                    .name(&*e.name, container_target(key, &e.name))
                    .and(" is before it."),
            )
            .rule(rules::APP_ORDER)
            .then(self.container(key, &e.name)),
            None => Why::say(who().and(" is about to start: nothing is before it.")).rule(if app { rules::APP_ORDER } else { rules::INIT_ORDER }),
        }
    }

    fn running(self, key: &ObjectKey, pod: &Pod, memory: &PodMemory, container: &Container, known: &ContainerMemory) -> Why {
        let name = container.name.as_str();
        let who = || named(key, name);
        let target = || container_target(key, name);
        let started = known.run.as_ref().and_then(|r| r.started).unwrap_or(self.now);
        let record = known.run.as_ref().map(|r| r.record);
        if let Some(stop) = &known.stop {
            let why = Why::say(who().and(format!(
                " is being stopped: {} was sent, and {} of its grace period are left.",
                stop.signal,
                countdown(stop.kill_at.since(self.now))
            )))
            .rule(rules::GRACE)
            .field(Target::Object(key.clone()), "spec.terminationGracePeriodSeconds");
            return self.down_to_action(why, Some(stop.record));
        }
        for kind in [ProbeKind::Startup, ProbeKind::Readiness] {
            let Some(spec) = crate::stage::state::probe_spec(container, kind) else { continue };
            let s = status(pod, name);
            let open = if kind == ProbeKind::Startup { s.is_none_or(|s| s.started != Some(true)) } else { s.is_none_or(|s| !s.ready) };
            if !open {
                continue;
            }
            let (field, rule) = if kind == ProbeKind::Startup { ("startupProbe", rules::STARTUP) } else { ("readinessProbe", rules::READINESS) };
            let delay = spec.initial_delay_seconds.unwrap_or(0);
            return match known.probes.get(&kind).filter(|p| !p.success) {
                Some(p) => Why::say(who().and(format!(" runs, but its {} probe fails: {}.", probe_word(kind), p.output.trim())))
                    .link(LinkKind::Record, Sentence::text(format!("{} failures in a row; {} change the verdict.", p.in_row, p.threshold)), p.output.clone())
                    .at(Some((p.record, p.at)))
                    .rule(rule)
                    .field(target(), field),
                None => Why::say(who().and(format!(
                    " runs; its {} probe has no result yet{}.",
                    probe_word(kind),
                    if delay > 0 { format!(" (it starts {delay} s after the container)") } else { String::new() }
                )))
                .rule(rule)
                .field(target(), field),
            };
        }
        let init = pod.spec.as_ref().is_some_and(|s| s.init_containers.iter().flatten().any(|c| c.name == name && !is_sidecar(c)));
        let mut why = Why::say(who().and(format!(
            " has been running for {}{}.",
            duration(self.now.since(started)),
            if init { ", and the others wait for it to exit 0" } else { "" }
        )));
        if let Some(a) = known.attempt.as_ref().filter(|a| a.failed) {
            let host = a.what.split(['/', ':']).find(|s| !s.is_empty() && !s.starts_with("http")).unwrap_or(&a.what);
            let short = host.split('.').next().unwrap_or(host);
            let tries = if a.in_row > 1 { format!(", {} times in a row", a.in_row) } else { String::new() };
            why = Why::say(who().and(if a.lookup {
                format!(" keeps asking for {}: there is no such name{tries}.", a.what)
            } else {
                format!(" asks {}: {}{tries}.", a.what, a.result)
            }));
            why = why.link(LinkKind::Record, phrase_at(self, a.record), "what it did last").at(Some((a.record, a.at)));
            let namespace = &key.namespace;
            if let Some(service) = unexpanded(&a.what) {
                why = why.rule(rules::SERVICE_VARIABLES).field(target(), "env");
                if self.cluster.api().get(Kind::Service, namespace, &service).is_none() {
                    why = why.link(LinkKind::Rule, Sentence::text(format!("{service} has no Service in namespace {namespace}.")), "");
                    why = why.advice(
                        &format!("Add a Service named {service}."),
                        "Put it into the editor and press “Apply now”: the next run of the container sees its variables.",
                    );
                }
                return why;
            }
            if self.cluster.api().get(Kind::Service, namespace, short).is_none() && a.lookup {
                why = why.link(
                    LinkKind::Rule,
                    Sentence::text(format!("{short} has no Service in namespace {namespace}.")),
                    "The cluster's DNS knows Services by name, and only those of the same namespace by their short name.",
                );
                why = why
                    .advice(&format!("Add a Service named {short}."), "Put it into the editor and press “Apply now”: the container sees it at its next try.");
            }
            return why;
        }
        if known.burning {
            why = why.link(LinkKind::Record, Sentence::text("It uses all the CPU it can get: its program never waits for anything."), "");
        }
        if let Some(text) = &known.assumed {
            why = why.link(LinkKind::Assumption, Sentence::text("What it does is assumed."), text.to_string()).field(target(), "image");
        }
        if let Some(line) = known.run.as_ref().and_then(|r| r.last_line.as_deref()) {
            why = why.link(LinkKind::Record, Sentence::text(format!("It last printed “{line}”.")), "");
        }
        let _ = memory;
        self.down_to_action(why, record)
    }

    fn ended(self, key: &ObjectKey, pod: &Pod, memory: &PodMemory, container: &Container, known: &ContainerMemory, end: &End) -> Why {
        let name = container.name.as_str();
        let who = || named(key, name);
        let target = || container_target(key, name);
        let at = Some((end.record, end.at));
        let journal = self.cluster.api().journal();
        let action = journal
            .chain(end.record)
            .find(|r| matches!(&r.fact, Fact::ActionTaken(a) if matches!(&**a, Action::Interfere { .. } | Action::LoseSandbox { .. } | Action::Arrange(_))));
        if let Some(action) = action {
            let why = Why::say(who().and(format!(" exited {} because you wanted it to.", end.code)));
            return why.link(LinkKind::Action, phrase(action).capital().and("."), duration(action.at.0)).at(Some((action.id, action.at)));
        }
        if end.code == 0 {
            let init = pod.spec.as_ref().is_some_and(|s| s.init_containers.iter().flatten().any(|c| c.name == name));
            let why = Why::say(who().and(" exited 0: it did its work.")).link(LinkKind::Record, phrase_at(self, end.record), duration(end.at.0)).at(at);
            return self.down_to_action(
                if init { why.rule(rules::INIT_ORDER) } else { why.rule(rules::RESTART).field(Target::Object(key.clone()), "spec.restartPolicy") },
                known.run.as_ref().map(|r| r.record),
            );
        }
        if end.oom {
            return Why::say(who().and(" was killed for memory (exit 137): it wanted more than its limit."))
                .rule(rules::OOM)
                .at(at)
                .field(target(), "resources");
        }
        if let Some(clash) = memory.clashes.iter().rev().find(|c| &*c.loser == name && end.at.since(c.at) < 60_000) {
            let owner = clash.owner.as_deref().unwrap_or("another container");
            let mut answer = who().and(format!(" exited {}: it cannot listen on port {}, ", end.code, clash.port));
            answer = match &clash.owner {
                Some(o) => answer.name(&**o, container_target(key, o)),
                None => answer.and(owner),
            };
            return Why::say(answer.and(" has it."))
                .link(LinkKind::Record, phrase_at(self, clash.record), duration(clash.at.0))
                .at(Some((clash.record, clash.at)))
                .rule(rules::ONE_NETWORK)
                .field(target(), "ports")
                .advice("Give it another port, or another Pod.", "");
        }
        let killed = self.container_event(key, name, &["Killing"]).filter(|(_, (_, t))| end.at.since(*t) < 120_000 && end.at >= *t);
        if let Some((text, record)) = killed {
            let why = Why::say(who().and(format!(" exited {}: the kubelet stopped it.", end.code)))
                .link(LinkKind::Record, Sentence::text(text.clone()), "the kubelet's event")
                .at(Some(record));
            let why = if text.contains("liveness") {
                why.rule(rules::LIVENESS).field(target(), "livenessProbe")
            } else if text.contains("startup") {
                why.rule(rules::STARTUP).field(target(), "startupProbe")
            } else {
                why.rule(rules::GRACE)
            };
            return self.down_to_action(why, Some(record.0));
        }
        let mut why = Why::say(who().and(format!(" exited {}.", end.code)));
        if let Some(line) = known.run.as_ref().and_then(|r| r.last_line.as_deref()) {
            why = why.link(LinkKind::Record, Sentence::text(format!("It last printed “{line}”.")), "see its log");
        }
        if let Some(text) = &known.assumed {
            why = why.link(LinkKind::Assumption, Sentence::text("What it does is assumed."), text.to_string());
        }
        let field = if container.args.is_some() && container.command.is_none() {
            "args"
        } else if container.command.is_some() {
            "command"
        } else {
            "image"
        };
        why = why
            .link(LinkKind::Manifest, Sentence::text(format!("Its program ended with code {}.", end.code)), "this is what it runs")
            .at(at)
            .field(target(), field);
        let policy = pod.spec.as_ref().and_then(|s| s.restart_policy.as_deref()).unwrap_or("Always");
        let init = pod.spec.as_ref().is_some_and(|s| s.init_containers.iter().flatten().any(|c| c.name == name));
        let rule = match (policy, init) {
            ("Never", true) => rules::INIT_NEVER,
            (_, true) => rules::INIT_RETRY,
            _ => rules::RESTART,
        };
        why.rule(rule).field(Target::Object(key.clone()), "spec.restartPolicy")
    }

    fn volume(self, key: &ObjectKey, volume: &str) -> Why {
        let Some((pod, memory)) = self.pod_object(key).zip(self.memory.pod(key)) else { return self.record_chain(key) };
        let target = Target::Volume { pod: key.clone(), volume: volume.to_owned() };
        let who = Sentence::default().name(volume, target.clone());
        let id = crate::inside::volume(self.cluster, key, volume);
        let write = memory.traffic.iter().rev().find(|t| t.write && Some(t.volume) == id);
        let source = pod.spec.iter().flat_map(|s| s.volumes.iter().flatten()).find(|v| v.name == volume).map(crate::stage::volume_source);
        if memory.mounted.is_none()
            && let Some(why) = self.before_containers(key, pod, memory)
        {
            return why;
        }
        match (write, source) {
            (Some(t), _) => {
                let why = Why::say(who.and(": ").name(&*t.container, container_target(key, &t.container)).and(format!(
                    " wrote {} at {}.",
                    t.path.trim_start_matches('/'),
                    duration(t.at.0)
                )))
                .rule(rules::SHARED_VOLUME)
                .field(target, "name");
                self.down_to_action(why, Some(t.record))
            }
            (None, Some((kind, true))) => {
                Why::say(who.and(format!(" holds what its {kind} gives it: the kubelet put the files there before any container started.")))
                    .rule(rules::MOUNT)
                    .field(target, "name")
            }
            _ => Why::say(who.and(" is empty: no container has written into it yet.")).rule(rules::SHARED_VOLUME).field(target, "name"),
        }
    }

    fn port(self, key: &ObjectKey, port: u16) -> Why {
        let Some(memory) = self.memory.pod(key) else { return self.record_chain(key) };
        let target = Target::Port { pod: key.clone(), port };
        if let Some(clash) = memory.clashes.iter().rev().find(|c| c.port == port) {
            let owner = clash.owner.clone().unwrap_or_else(|| "another container".into());
            return Why::say(named(key, &clash.loser).and(format!(" cannot listen on {port}: {owner} has it.")))
                .link(LinkKind::Record, phrase_at(self, clash.record), duration(clash.at.0))
                .at(Some((clash.record, clash.at)))
                .rule(rules::ONE_NETWORK)
                .field(target, "containerPort");
        }
        match memory.bound.get(&port) {
            Some(b) => {
                let whom = if b.address.is_loopback() { ", for localhost only: Services and other Pods cannot reach it" } else { "" };
                let why = Why::say(named(key, &b.container).and(format!(" listens on {port} since {}{whom}.", duration(b.since.0))))
                    .link(LinkKind::Record, phrase_at(self, b.record), duration(b.since.0))
                    .at(Some((b.record, b.since)));
                self.down_to_action(why.rule(rules::CONTAINER_PORT), Some(b.record))
            }
            None => Why::say(Sentence::text(format!("Port {port} is declared, but no process listens on it now.")))
                .rule(rules::CONTAINER_PORT)
                .field(target, "containerPort"),
        }
    }

    fn record(self, id: RecordId) -> Why {
        let Some(record) = self.cluster.api().journal().get(id) else {
            return Why::say(Sentence::text("This has not happened yet.")).rule(rules::NOTHING);
        };
        let mut why = self.down_to_action(Why::say(phrase(record).capital().and(".")), record.cause.or(Some(id)));
        if let Fact::Inside(inside) = &record.fact
            && let Happening::Assumed { text } = &inside.what
        {
            why = why.link(LinkKind::Assumption, Sentence::text("This is an assumption."), text.to_string());
        }
        why
    }
}

/// The Service whose variable stands unexpanded in a text: `$(DATA_TIER_SERVICE_HOST)` is `data-tier`.
fn unexpanded(text: &str) -> Option<String> {
    let name = text.split_once("$(")?.1.split(')').next()?;
    let service = name.split("_SERVICE_").next().filter(|s| *s != name)?;
    Some(service.to_lowercase().replace('_', "-"))
}

fn phrase_at(ask: Ask<'_>, id: RecordId) -> Sentence {
    ask.cluster.api().journal().get(id).map(|r| phrase(r).capital().and(".")).unwrap_or_default()
}
