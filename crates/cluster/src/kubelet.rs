//! The kubelets: what happens to a Pod once it has a node.
//!
//! One [`pod::PodState`] a Pod; start with [`sync`], the worker. The rooms beside it are the mechanisms: what a sync does
//! ([`actions`]), starting ([`start`]) and stopping ([`kill`]) containers, probes, volumes, environment, the status.

mod actions;
mod admission;
mod backoff;
mod conditions;
mod config;
mod containers;
mod dns;
mod ending;
mod environment;
mod expand;
mod hooks;
mod images;
mod kill;
mod mount;
mod perform;
mod phase;
mod pod;
mod post_start;
mod probe_attempt;
mod probes;
mod publish;
mod pull;
mod records;
mod resize;
pub mod resources;
mod restart;
pub mod staircase;
mod start;
mod status;
mod sync;
mod timing;
mod volumes;

#[cfg(test)]
mod vectors;

use crate::action::{Action, Arrangement};
use crate::journal::{Inside, Run};
use crate::queue::Wakeup;
use crate::{ApiServer, Cause, Fact, Record};
use containers::{RunState, Slot};
use pod::{Cx, PodId, PodState, Shared, Waits, pod_of};
use podglass_manifest::{Kind, Object, ObjectKey};
use podglass_runtime::{ContainerId, Happening, Occurrence, Runtime, SandboxId, TaskOutcome, VolumeId};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a kubelet remembers about a wake-up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Due {
    pub(crate) pod: PodId,
    pub(crate) what: What,
}

/// What a Pod is woken for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A Pod was bound.
    Bound(ObjectKey),
    /// Its object changed or is gone.
    Changed,
    /// The work queue brings it back.
    Requeued,
    /// The relist looks at it.
    Relist,
    /// It is looked at after a sync.
    Inspect,
    /// A step of its sync goes on.
    Step(u32),
    /// Its active deadline passes.
    Deadline,
    /// A volume is tried.
    MountTry,
    /// The wait for volumes looks.
    MountPoll,
    /// Projected volumes are brought up to date.
    Project,
    /// A stage of a kill has used up its time.
    KillTurn(u32),
    /// A preStop sleep is over.
    PreStopEnds(u32),
    /// The ticker of a probe worker.
    Tick(usize, u32),
    /// A readiness worker is told to run.
    Trigger(usize),
    /// An attempt of a probe takes too long.
    ProbeTimeout(usize, u32),
    /// A resize that had to wait is looked at again.
    RetryResize,
    /// The eviction manager looks at its volumes.
    Usage,
    /// A run ends because the user arranged it.
    RunEnds(ContainerId, i32),
}

/// The kubelets of all nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kubelets {
    /// Shared between checkpoints until they change.
    pods: BTreeMap<PodId, Rc<PodState>>,
    by_key: BTreeMap<ObjectKey, PodId>,
    shared: Shared,
    next: PodId,
}

impl Kubelets {
    /// Sees a record and enqueues what has to be done because of it.
    pub(crate) fn observe(&mut self, api: &mut ApiServer, record: &Record) {
        let mut wake = |pod: PodId, what: What| api.schedule(record.at + timing::WATCH, Wakeup::Kubelet(Due { pod, what }), Some(record.id));
        match &record.fact {
            Fact::Created(o) | Fact::Updated { after: o, .. } if matches!(**o, Object::Pod(_)) => {
                let key = o.key();
                if let Some(id) = self.by_key.get(&key).filter(|id| self.pods.get(id).is_some_and(|p| &*p.uid == o.uid())) {
                    let known = match &record.fact {
                        Fact::Updated { before, after } => !differs(before, after),
                        _ => false,
                    };
                    if !known {
                        wake(*id, What::Changed);
                    }
                } else if let Object::Pod(p) = &**o
                    && p.spec.as_ref().is_some_and(|s| s.node_name.as_deref().is_some_and(|n| !n.is_empty()))
                {
                    wake(0, What::Bound(key));
                }
            }
            Fact::Deleted(o) if matches!(**o, Object::Pod(_)) => {
                if let Some(id) = self.by_key.get(&o.key()) {
                    wake(*id, What::Changed);
                }
            }
            Fact::Updated { after: o, .. } | Fact::Created(o) if matches!(o.kind(), Kind::ConfigMap | Kind::Secret) => {
                for id in self.shared.mounted.get(&o.key()).into_iter().flatten() {
                    wake(*id, What::Project);
                }
            }
            Fact::ActionTaken(action) => self.arrange(action),
            _ => {}
        }
    }

    /// Remembers what the user arranged.
    fn arrange(&mut self, action: &Action) {
        let Action::Arrange(arrangement) = action else { return };
        match arrangement {
            Arrangement::PullTakes { image, ms } => {
                self.shared.arranged.takes.insert(image.clone(), *ms);
            }
            Arrangement::PullFails { image, message } => {
                self.shared.arranged.fails.insert(image.clone(), message.clone());
            }
            Arrangement::RunEnds { pod, container, run, after, code } => self.shared.ending_runs.push((pod.clone(), container.clone(), *run, *after, *code)),
            Arrangement::ProbeFails { pod, container, probe, from, until } => {
                self.shared.failing_probes.push((pod.clone(), container.clone(), *probe, *from, *until));
            }
            // The network's, not the kubelet's.
            Arrangement::ExternalHost { .. } => {}
        }
    }

    /// Does what is due.
    pub(crate) fn wake(&mut self, api: &mut ApiServer, runtime: &mut Runtime, due: Due, cause: Cause) {
        let mut cx = Cx { api, runtime, shared: &mut self.shared, cause };
        if let What::Bound(key) = due.what {
            let Some(object) = cx.api.find(&key).cloned() else { return };
            if self.by_key.get(&key).is_some_and(|id| self.pods.get(id).is_some_and(|p| &*p.uid == object.uid())) {
                return;
            }
            let name = pod_of(&object).and_then(|(p, _)| p.spec.as_ref()?.node_name.clone()).unwrap_or_default();
            // A Pod on a node that does not exist stays as it is: nobody runs it.
            let Some(node) = cx.api.get(Kind::Node, "", &name).and(name.strip_prefix("node-")).and_then(|n| n.parse::<u32>().ok()) else { return };
            self.next += 1;
            let going = object.metadata().deletion_timestamp.is_some();
            let mut pod = PodState::new(self.next, object, node.saturating_sub(1));
            pod.admit(&mut cx);
            if going {
                // It was marked before the kubelet saw it: the mark is the next thing it sees.
                let at = cx.now() + 2 * timing::WATCH;
                cx.wake(at, self.next, What::Changed);
            }
            self.by_key.insert(key, self.next);
            self.pods.insert(self.next, Rc::new(pod));
            return;
        }
        let Some(pod) = self.pods.get_mut(&due.pod).map(Rc::make_mut) else { return };
        let cx = &mut cx;
        match due.what {
            What::Bound(_) => {}
            What::Changed => pod.refresh(cx),
            What::Requeued => pod.requeued(cx),
            What::Relist => pod.relist(cx),
            What::Inspect => pod.inspect(cx),
            What::Step(turn) => pod.step(cx, turn),
            What::Deadline => pod.deadline_passed(cx),
            What::MountTry => pod.mount_try(cx),
            What::MountPoll => pod.mount_poll(cx),
            What::Project => {
                if cx
                    .cause
                    .and_then(|c| cx.api.journal().get(c))
                    .is_some_and(|r| r.at + timing::WATCH == cx.api.now() && !matches!(&r.fact, Fact::Updated { after, .. } if after.kind() == Kind::Pod))
                {
                    pod.source_changed(cx);
                } else {
                    pod.project(cx);
                }
            }
            What::RetryResize => pod.want(cx),
            What::Usage => pod.check_usage(cx),
            What::KillTurn(turn) => pod.kill_turn(cx, turn),
            What::PreStopEnds(turn) => pod.pre_stop_slept(cx, turn),
            What::Tick(index, epoch) => pod.probe_tick(cx, index, epoch),
            What::Trigger(index) => pod.probe_trigger(cx, index),
            What::ProbeTimeout(index, shot) => pod.probe_timeout(cx, index, shot),
            What::RunEnds(id, code) => cx.runtime.interfere(cx.api.now(), id, podglass_runtime::Interference::Exit(code)),
        }
        let gone = pod.over && (pod.removed || cx.api.find(&pod.key).is_none_or(|o| o.uid() != &*pod.uid));
        if gone {
            self.bury(api, runtime, due.pod);
        }
    }

    /// The sandbox of a Pod dies with all that runs in it; whether there was one.
    pub(crate) fn lose_sandbox(&mut self, api: &mut ApiServer, runtime: &mut Runtime, key: &ObjectKey, cause: Cause) -> bool {
        let Some(pod) = self.by_key.get(key).and_then(|id| self.pods.get_mut(id)).map(Rc::make_mut) else { return false };
        pod.drop_sandbox(&mut Cx { api, runtime, shared: &mut self.shared, cause })
    }

    /// Forgets a Pod that is gone, with all it had.
    fn bury(&mut self, api: &mut ApiServer, runtime: &mut Runtime, id: PodId) {
        let Some(pod) = self.pods.remove(&id) else { return };
        api.recorder.forget(&pod.uid);
        if self.by_key.get(&pod.key) == Some(&id) {
            self.by_key.remove(&pod.key);
        }
        if let Some(sandbox) = &pod.actual.sandbox {
            runtime.remove_sandbox(api.now(), sandbox.id);
        }
        for container in pod.actual.runs.iter().flat_map(|r| [&r.now, &r.before]).flatten().filter_map(|r| r.id) {
            self.shared.containers.remove(&container);
            runtime.remove_container(api.now(), container);
        }
    }

    /// Hears what happened in the runtime; what nobody of the kubelets waits for is given back.
    pub(crate) fn occurred(
        &mut self,
        api: &mut ApiServer,
        runtime: &mut Runtime,
        occurrence: Occurrence,
        cause: Cause,
    ) -> Option<(podglass_runtime::TaskId, TaskOutcome)> {
        let place = occurrence.container.and_then(|c| self.shared.containers.get(&c).copied());
        if let Happening::TaskEnded { task, outcome } = occurrence.what {
            let Some((id, waits, origin)) = self.shared.tasks.remove(&task) else { return Some((task, outcome)) };
            let pod = self.pods.get_mut(&id).map(Rc::make_mut)?;
            let mut cx = Cx { api, runtime, shared: &mut self.shared, cause: cause.or(origin) };
            match waits {
                Waits::Probe(index) => pod.probe_done(&mut cx, index, outcome),
                Waits::PostStart => pod.post_start_done(&mut cx, &outcome),
                Waits::PreStop(slot) => pod.pre_stop_done(&mut cx, slot, &outcome),
            }
            return None;
        }
        let (Some(container), Some((id, slot, origin))) = (occurrence.container, place) else { return None };
        let cause = cause.or(origin);
        let pod = self.pods.get_mut(&id).map(Rc::make_mut)?;
        let record = pod.actual.now(slot).cloned().filter(|r| r.id == Some(container));
        let run = Run {
            pod: pod.key.clone(),
            uid: pod.uid.clone(),
            container: pod.names.get(slot).cloned().unwrap_or_default(),
            restart: record.as_ref().map_or(0, |r| r.restart),
            id: container,
        };
        let exit = match &occurrence.what {
            Happening::Exited { code, oom, message, .. } => Some((*code, *oom, message.clone())),
            _ => None,
        };
        let written = match &occurrence.what {
            Happening::FileWritten { volume, .. } => *volume,
            _ => None,
        };
        let cause = Some(api.record(Fact::Inside(Rc::new(Inside { run, what: occurrence.what })), cause));
        if let Some(volume) = written {
            pod.written(&mut Cx { api, runtime, shared: &mut self.shared, cause }, volume);
        }
        if let (Some((code, oom, message)), Some(record)) = (exit, record) {
            let mut cx = Cx { api, runtime, shared: &mut self.shared, cause };
            let RunState::Running { started } = record.state else { return None };
            let reason = if oom {
                "OOMKilled"
            } else if code == 0 {
                "Completed"
            } else {
                "Error"
            };
            let message = if message.is_empty() && code != 0 { pod.last_log(&cx, slot, container) } else { message };
            pod.actual.set(slot, RunState::Exited { started: Some(started), finished: cx.api.now(), code, reason, message: message.into() });
            pod.exited(&mut cx, slot);
        }
        None
    }

    fn pod(&self, key: &ObjectKey) -> Option<&PodState> {
        self.pods.get(self.by_key.get(key)?).map(|p| &**p)
    }

    fn slot(&self, key: &ObjectKey, container: &str) -> Option<(&PodState, Slot)> {
        let pod = self.pod(key)?;
        let slot = pod.names.iter().position(|n| &**n == container)?;
        Some((pod, slot))
    }

    /// The runtime's id of a container's newest run, or (with `previous`) of the one before it.
    pub(crate) fn container(&self, key: &ObjectKey, container: &str, previous: bool) -> Option<ContainerId> {
        let (pod, slot) = self.slot(key, container)?;
        let runs = pod.actual.runs.get(slot)?;
        if previous { &runs.before } else { &runs.now }.as_ref()?.id
    }

    /// Whether a container's newest run is running.
    pub(crate) fn running(&self, key: &ObjectKey, container: &str) -> bool {
        self.slot(key, container).is_some_and(|(pod, slot)| pod.actual.running(slot))
    }

    /// The sandbox of a Pod.
    pub(crate) fn sandbox(&self, key: &ObjectKey) -> Option<SandboxId> {
        self.pod(key)?.actual.sandbox.as_ref().map(|s| s.id)
    }

    /// The volumes of a Pod by name.
    pub(crate) fn volumes(&self, key: &ObjectKey) -> Vec<(String, VolumeId)> {
        self.pod(key).map(|p| p.volumes.iter().filter_map(|v| Some((v.name.clone(), v.id?))).collect()).unwrap_or_default()
    }

    /// What the running containers of a Pod ask for together.
    pub(crate) fn running_requests(&self, key: &ObjectKey) -> resources::Amounts {
        self.pod(key).map(PodState::running_requests).unwrap_or_default()
    }
}

impl PodState {
    /// The end of a container's log, where the manifest wants it as termination message.
    fn last_log(&self, cx: &Cx<'_>, slot: Slot, container: ContainerId) -> String {
        let wanted = pod_of(&self.object).and_then(|(_, c)| c.get(slot)).and_then(|c| c.termination_message_policy.as_deref()) == Some("FallbackToLogsOnError");
        if !wanted {
            return String::new();
        }
        let lines = cx.runtime.logs(container);
        let mut text = String::new();
        for line in lines.iter().skip(lines.len().saturating_sub(80)) {
            text.push_str(&line.text);
            if line.ended {
                text.push('\n');
            }
        }
        let from = (text.len().saturating_sub(2048)..=text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        text.split_off(from)
    }
}

/// Whether a kubelet cares about the difference: anything but its own status.
fn differs(before: &Object, after: &Object) -> bool {
    let (old, new) = (before.metadata(), after.metadata());
    if old.generation != new.generation
        || old.labels != new.labels
        || old.annotations != new.annotations
        || old.deletion_timestamp != new.deletion_timestamp
        || old.deletion_grace_period_seconds != new.deletion_grace_period_seconds
    {
        return true;
    }
    match (before, after) {
        (Object::Pod(a), Object::Pod(b)) => {
            a.spec.as_ref().and_then(|s| s.node_name.as_ref()) != b.spec.as_ref().and_then(|s| s.node_name.as_ref())
                || (b.spec.as_ref().is_some_and(|s| s.readiness_gates.is_some())
                    && a.status.as_ref().map(|s| &s.conditions) != b.status.as_ref().map(|s| &s.conditions))
        }
        _ => true,
    }
}
