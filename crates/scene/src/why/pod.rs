//! Why for Pods: what keeps a whole Pod, or which of its containers does.

use super::{Ask, LinkKind, Why, rules, status};
use crate::memory::{ContainerMemory, PodMemory};
use crate::row::PodRow;
use crate::words::Sentence;
use crate::{Role, Target};
use k8s_openapi::api::core::v1::{Container, Pod};
use podglass_cluster::Fact;
use podglass_cluster::manifest::{Kind, Object, ObjectKey};

impl Ask<'_> {
    pub(super) fn foremost(self) -> Why {
        let mut worst: Option<(u8, ObjectKey)> = None;
        for object in self.cluster.api().list(Kind::Pod) {
            let Object::Pod(pod) = &**object else { continue };
            let row = PodRow::of(pod);
            let rank = match row.role() {
                Role::Failed => 0,
                Role::BackOff => 1,
                Role::NotReady => 2,
                Role::Waiting | Role::Starting | Role::Pulling => 3,
                Role::Terminating => 4,
                Role::Running | Role::Completed => 5,
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

    pub(super) fn pod(self, key: &ObjectKey) -> Why {
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
            if let Some(why) = self.readiness_gate(key, pod) {
                return why;
            }
            let ready =
                if row.ready == row.total && row.total > 0 { format!(", and {} of {} containers are ready", row.ready, row.total) } else { String::new() };
            self.down_to_action(Why::say(status_words.and(format!("{ready}."))), record)
        }
    }

    pub(super) fn record_chain(self, key: &ObjectKey) -> Why {
        let record = self.cluster.api().journal().records().iter().rev().find(|r| matches!(&r.fact, Fact::Created(o) if o.key() == *key)).map(|r| r.id);
        self.down_to_action(Why::say(Sentence::default().name(&*key.name, Target::Object(key.clone())).and(" is there.")), record)
    }

    /// What keeps a whole Pod: no node, or a volume that is missing.
    pub(super) fn before_containers(self, key: &ObjectKey, pod: &Pod, memory: &PodMemory) -> Option<Why> {
        if PodRow::of(pod).deleting && memory.sandbox.is_none() && memory.scheduled.is_none() {
            return None;
        }
        let who = || Sentence::default().name(&*key.name, Target::Object(key.clone()));
        let event = self.latest_event(key, None, &["FailedScheduling"]);
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
            let event = self.latest_event(key, None, &["FailedMount", "FailedAttachVolume"]);
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

    /// A Pod whose containers are ready, and which waits for a condition that somebody else sets.
    pub(super) fn readiness_gate(self, key: &ObjectKey, pod: &Pod) -> Option<Why> {
        let conditions = pod.status.as_ref()?.conditions.as_deref()?;
        let holds = |kind: &str| conditions.iter().any(|c| c.type_ == kind && c.status == "True");
        let gate = pod.spec.as_ref()?.readiness_gates.iter().flatten().find(|g| !holds(&g.condition_type))?;
        if !holds("ContainersReady") {
            return None;
        }
        let who = Sentence::default().name(&*key.name, Target::Object(key.clone()));
        Some(
            Why::say(who.and(format!(" is not ready although its containers are: nobody has set its condition {}.", gate.condition_type)))
                .rule(rules::READINESS_GATE)
                .field(Target::Object(key.clone()), "spec.readinessGates"),
        )
    }
}
