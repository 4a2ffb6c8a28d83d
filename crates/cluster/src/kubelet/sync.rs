//! The worker of a Pod: when it syncs, what it publishes, and the steps that a sync performs one after the other
//! (follows pkg/kubelet/pod_workers.go, `SyncPod`, `SyncTerminatingPod`, `SyncTerminatedPod` in pkg/kubelet/kubelet.go and
//! `SyncPod` in pkg/kubelet/kuberuntime/kuberuntime_manager.go).

use super::actions::{KillOrder, KillReason, Situation, compute};
use super::containers::{Role, Runs, Sandbox, Slot};
use super::pod::{Cx, PodState, pod_of};
use super::resize::Resize;
use super::start::Stage;
use super::status::is_terminal;
use super::timing::{self, AFTER_KILL, FIRST_STATUS, REINSPECT, RESIZE, RETRY, SANDBOX, SANDBOX_STOP, SYNC_FREQUENCY};
use super::{What, resources};
use crate::SimTime;
use crate::action::Propagation;
use crate::journal::Step;
use podglass_runtime::SandboxConfig;
use std::collections::VecDeque;
use std::net::Ipv4Addr;

/// What the worker is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Work {
    /// Nothing.
    #[default]
    Idle,
    /// It waits for volumes.
    Mounting,
    /// It performs the steps of a sync.
    Acting(Box<Acting>),
    /// It ends the Pod: containers are being killed.
    Stopping,
    /// The containers are dead, the sandbox is being stopped.
    StoppingSandbox,
}

/// A step of a sync.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    /// Kill one container.
    Kill(KillOrder),
    /// Kill all containers, then the sandbox; with `recreate` the records of init containers go too.
    KillPod { recreate: bool },
    /// Kill a container without grace and forget it.
    Reset(Slot),
    /// Make a sandbox.
    Sandbox { attempt: u32 },
    /// Give a running container other resources.
    Resize(Slot),
    /// Start a container.
    Start(Slot),
}

/// A sync under way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Acting {
    pub(crate) ops: VecDeque<Op>,
    pub(crate) stage: Stage,
    /// Whether anything was done.
    pub(crate) acted: bool,
    /// Whether anything failed.
    pub(crate) failed: bool,
    /// The earliest end of a crash back-off that stood in the way.
    pub(crate) backoff_until: Option<SimTime>,
    /// All containers are being removed to start anew.
    pub(crate) resetting: bool,
}

impl PodState {
    /// Begins with a Pod that was bound.
    pub(crate) fn admit(&mut self, cx: &mut Cx<'_>) {
        if self.object.metadata().deletion_timestamp.is_none()
            && let Some((reason, message)) = super::admission::refusal(cx.api, &self.object, &self.node_name)
        {
            self.reject(cx, &reason, &message);
            return;
        }
        let delay = timing::delay(cx.api, FIRST_STATUS);
        self.requeue_at = Some(cx.now() + delay);
        cx.wake(cx.now() + delay, self.id, What::Requeued);
    }

    /// Wants a sync; it begins as soon as the worker is free and its cache new enough.
    pub(crate) fn want(&mut self, cx: &mut Cx<'_>) {
        if self.over {
            return;
        }
        // Of several reasons the newest one counts.
        self.wanted = Some(self.wanted.flatten().max(cx.cause));
        self.begin(cx);
    }

    /// The work queue brings the Pod back.
    pub(crate) fn requeued(&mut self, cx: &mut Cx<'_>) {
        if self.requeue_at.is_some_and(|at| at <= cx.now()) {
            self.requeue_at = None;
            self.want(cx);
        }
    }

    /// A relist looks at the Pod.
    pub(crate) fn relist(&mut self, cx: &mut Cx<'_>) {
        if self.relist_at.is_none_or(|at| at > cx.now()) {
            return;
        }
        self.relist_at = None;
        self.inspected = cx.now();
        let changed = self.listed != self.actual;
        if changed {
            self.clean_up(cx);
            self.listed.clone_from(&self.actual);
        }
        if self.cached != self.actual {
            self.cached.clone_from(&self.actual);
        }
        // A worker that waits for a newer cache goes on with it; the event of the change comes on top, and
        // waits for the relist after this one.
        let waiting = self.wanted.is_some() && self.work == Work::Idle;
        if waiting {
            self.begin(cx);
        }
        if changed {
            self.want(cx);
        }
    }

    /// The Pod's containers are looked at apart from the relist, after a sync that did something.
    pub(crate) fn inspect(&mut self, cx: &mut Cx<'_>) {
        if self.over {
            return;
        }
        self.inspected = cx.now();
        if self.listed != self.actual {
            self.clean_up(cx);
            self.listed.clone_from(&self.actual);
        }
        if self.cached == self.actual {
            self.begin(cx);
        } else {
            self.cached.clone_from(&self.actual);
            self.want(cx);
        }
    }

    /// Something about the Pod's containers changed: the next relist will see it.
    pub(crate) fn relist_soon(&mut self, cx: &mut Cx<'_>) {
        // The sync loop takes the Pods of one relist one after the other.
        let at = timing::next_relist(cx.api, cx.now()) + timing::turn(self.id);
        if self.relist_at.is_none_or(|r| r > at) {
            self.relist_at = Some(at);
            cx.wake(at, self.id, What::Relist);
        }
    }

    /// Begins the wanted sync where that is possible.
    fn begin(&mut self, cx: &mut Cx<'_>) {
        let Some(cause) = self.wanted else { return };
        if self.work != Work::Idle || self.over {
            return;
        }
        if let Some(end) = self.last_sync_end
            && self.inspected <= end
            && !timing::relisted_since(cx.api, end, cx.now() - 1)
        {
            self.relist_soon(cx);
            return;
        }
        self.wanted = None;
        if cause.is_some() {
            cx.cause = cause;
        }
        if self.stopped {
            self.finish_pod(cx);
        } else if self.ending {
            self.stop_pod(cx);
        } else {
            self.sync(cx);
        }
    }

    /// One turn of the worker for a living Pod.
    fn sync(&mut self, cx: &mut Cx<'_>) {
        let object = self.object.clone();
        let Some((pod, containers)) = pod_of(&object) else { return };
        self.restarting_all = self.wants_restart_of_all(containers);
        self.begin_resize(cx, containers);
        let first = self.status.is_none();
        let status = self.generate(cx, false);
        let over = is_terminal(status.phase.as_deref());
        self.publish(cx, status, false);
        if first && let Some(deadline) = self.deadline(cx, pod) {
            let at = timing::next_tick(cx.api, deadline);
            cx.wake(at, self.id, What::Deadline);
        }
        if over {
            self.ending = true;
            self.turn_over(cx);
            return;
        }
        if self.mounted {
            self.act(cx);
        } else {
            self.work = Work::Mounting;
            self.mount(cx);
        }
    }

    /// Ends a turn that leads to the next phase of the worker: the work queue brings the Pod back at its next tick.
    fn turn_over(&mut self, cx: &mut Cx<'_>) {
        self.work = Work::Idle;
        self.last_sync_end = Some(cx.now());
        self.requeue(cx, 0);
        self.begin(cx);
    }

    fn requeue(&mut self, cx: &mut Cx<'_>, delay: u64) {
        let at = timing::next_tick(cx.api, cx.now() + delay);
        self.requeue_at = Some(at);
        cx.wake(at, self.id, What::Requeued);
    }

    /// All volumes are there: decide and do.
    pub(crate) fn act(&mut self, cx: &mut Cx<'_>) {
        let object = self.object.clone();
        let Some((pod, containers)) = pod_of(&object) else { return };
        if !self.probes_started {
            self.probes_started = true;
            self.start_probes(cx, containers);
        }
        let mut ops = VecDeque::new();
        let mut resetting = false;
        if self.restarting_all {
            resetting = true;
            let source = |slot: &Slot| {
                self.cached.now(*slot).and_then(|r| r.exit_code()).is_some_and(|c| containers.get(*slot).is_some_and(|k| super::restart::restarts_all(k, c)))
            };
            let known = |slot: &Slot| self.actual.now(*slot).is_some();
            let (apps, inits) = (containers.apps(), 0..containers.first_app());
            let order = [
                apps.clone().filter(|s| !source(s)).collect::<Vec<_>>(),
                inits.clone().filter(|s| !source(s)).collect(),
                apps.filter(source).collect(),
                inits.filter(source).collect(),
            ];
            ops.extend(order.into_iter().flatten().filter(known).map(Op::Reset));
        } else {
            let verdict = |slot: Slot, kind| self.cached.now(slot).and_then(|r| r.id).and_then(|id| self.probes.verdict(slot, kind, id));
            let actions = compute(Situation { pod, containers, runtime: &self.cached, verdict: &verdict });
            if actions.kill_pod {
                let sandbox = self.actual.sandbox.is_some();
                if sandbox && actions.create_sandbox {
                    cx.event(self, None, false, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
                }
                if sandbox {
                    ops.push_back(Op::KillPod { recreate: actions.create_sandbox });
                }
            } else {
                ops.extend(actions.kill.into_iter().map(Op::Kill));
            }
            if actions.create_sandbox {
                ops.push_back(Op::Sandbox { attempt: actions.attempt });
            }
            let mut restarts = Vec::new();
            for resize in self.resizes(containers) {
                match resize {
                    Resize::Restart(slot) if !actions.apps.contains(&slot) => {
                        let message = format!("Container {} resize requires restart", containers.name(slot));
                        ops.push_back(Op::Kill(KillOrder { slot, reason: KillReason::Other, message }));
                        restarts.push(slot);
                    }
                    Resize::Restart(_) => {}
                    Resize::InPlace(slot) => ops.push_back(Op::Resize(slot)),
                }
            }
            for slot in actions.inits.iter().filter(|_| !containers.inits().is_empty()) {
                // Before init containers are started, older runs of theirs go.
                self.collect(cx, *slot);
            }
            ops.extend(actions.ephemeral.into_iter().chain(actions.inits).chain(restarts).chain(actions.apps).map(Op::Start));
        }
        let acted = !ops.is_empty();
        self.work = Work::Acting(Box::new(Acting { ops, stage: Stage::Next, acted, failed: false, backoff_until: None, resetting }));
        self.proceed(cx);
    }

    /// Goes on with the steps of a sync until one of them has to wait.
    pub(crate) fn proceed(&mut self, cx: &mut Cx<'_>) {
        loop {
            let Work::Acting(acting) = &mut self.work else { return };
            if acting.stage != Stage::Next {
                return;
            }
            let Some(op) = acting.ops.pop_front() else {
                self.end_sync(cx);
                return;
            };
            match op {
                Op::Kill(order) => {
                    if self.actual.running(order.slot) {
                        self.stage(Stage::Killing);
                        self.kill(cx, order.slot, order.reason, &order.message, None, false);
                    }
                }
                Op::Reset(slot) => {
                    if self.actual.running(slot) {
                        self.stage(Stage::Resetting(slot));
                        self.kill(cx, slot, KillReason::Other, "killing", Some(0), false);
                    } else {
                        self.forget(slot);
                    }
                }
                Op::KillPod { recreate } => {
                    self.stage(Stage::KillingPod { recreate });
                    if !self.kill_all(cx) {
                        self.killed(cx);
                    }
                }
                Op::Sandbox { attempt } => {
                    self.stage(Stage::Sandbox { attempt });
                    let delay = timing::delay(cx.api, SANDBOX);
                    self.later(cx, delay);
                }
                Op::Resize(slot) => {
                    self.stage(Stage::ResizingContainer(slot));
                    self.later(cx, RESIZE);
                }
                Op::Start(slot) => self.start(cx, slot),
            }
        }
    }

    /// Sets the stage of the present step.
    pub(crate) fn stage(&mut self, stage: Stage) {
        if let Work::Acting(acting) = &mut self.work {
            acting.stage = stage;
        }
    }

    /// Comes back to the present step after a while.
    pub(crate) fn later(&mut self, cx: &mut Cx<'_>, ms: u64) {
        self.turn += 1;
        cx.wake(cx.now() + ms, self.id, What::Step(self.turn));
    }

    /// The wait of the present step is over.
    pub(crate) fn step(&mut self, cx: &mut Cx<'_>, turn: u32) {
        if turn != self.turn {
            return;
        }
        match &self.work {
            Work::Acting(acting) => {
                let stage = acting.stage.clone();
                self.stage(Stage::Next);
                match stage {
                    Stage::Sandbox { attempt } => self.sandbox_up(cx, attempt),
                    Stage::AfterKill => {}
                    Stage::ResizingContainer(slot) => self.resized(cx, slot),
                    Stage::AfterPodKill { recreate } => self.sandbox_down(cx, recreate),
                    other => self.start_stage(cx, other),
                }
                self.proceed(cx);
            }
            Work::StoppingSandbox => self.pod_stopped(cx),
            Work::Idle | Work::Mounting | Work::Stopping => {}
        }
    }

    fn sandbox_up(&mut self, cx: &mut Cx<'_>, attempt: u32) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let spec = containers.0;
        let host_network = spec.host_network == Some(true);
        let ip = if host_network {
            self.node_ip
        } else {
            let n = cx.shared.next_ip.entry(self.node).or_insert(1);
            *n += 1;
            Ipv4Addr::new(10, 244, (self.node + (*n >> 8)) as u8, (*n & 0xff) as u8)
        };
        let config = SandboxConfig {
            hostname: self.hostname(containers),
            ip,
            namespace: self.key.namespace.clone(),
            node: self.node,
            node_ip: self.node_ip,
            host_network,
            share_process_namespace: spec.share_process_namespace == Some(true),
            host_aliases: spec.host_aliases.iter().flatten().map(|a| (a.ip.clone(), a.hostnames.clone().unwrap_or_default())).collect(),
        };
        let id = cx.runtime.create_sandbox(cx.api.now(), config);
        self.actual.sandbox = Some(Sandbox { id, ip, ready: true, attempt });
        cx.step(self, None, Step::SandboxCreated { ip });
        self.relist_soon(cx);
        // PodReadyToStartContainers is published at once, without the address.
        if let Some(mut status) = self.status.as_deref().cloned() {
            let now = cx.api.timestamp();
            for c in status.conditions.iter_mut().flatten().filter(|c| c.type_ == "PodReadyToStartContainers" && c.status != "True") {
                c.status = "True".into();
                c.reason = None;
                c.message = None;
                c.last_transition_time = Some(now.clone());
            }
            self.publish(cx, status, false);
        }
    }

    /// All containers of the Pod are dead within a sync: the sandbox goes.
    fn sandbox_down(&mut self, cx: &mut Cx<'_>, recreate: bool) {
        self.drop_sandbox(cx);
        if recreate {
            let object = self.object.clone();
            if let Some((_, containers)) = pod_of(&object) {
                for slot in 0..containers.first_app() {
                    self.forget_quietly(slot);
                }
            }
        }
    }

    /// Stops the sandbox, where there is one that is ready.
    pub(crate) fn drop_sandbox(&mut self, cx: &mut Cx<'_>) -> bool {
        let Some(sandbox) = self.actual.sandbox.as_mut().filter(|s| s.ready) else { return false };
        sandbox.ready = false;
        let id = sandbox.id;
        cx.runtime.stop_sandbox(cx.api.now(), id);
        cx.step(self, None, Step::SandboxRemoved);
        self.relist_soon(cx);
        true
    }

    /// Removes a container's records; its restart count goes on.
    fn forget_quietly(&mut self, slot: Slot) {
        if let Some(runs) = self.actual.runs.get_mut(slot)
            && let Some(now) = runs.now.take()
        {
            *runs = Runs::default();
            if self.restart_floor.len() <= slot {
                self.restart_floor.resize(slot + 1, 0);
            }
            if let Some(floor) = self.restart_floor.get_mut(slot) {
                *floor = now.restart + 1;
            }
        }
    }

    fn forget(&mut self, slot: Slot) {
        self.forget_quietly(slot);
        self.reset.insert(slot);
    }

    /// Every kill that was under way is done.
    pub(crate) fn killed(&mut self, cx: &mut Cx<'_>) {
        match &self.work {
            Work::Acting(acting) => match acting.stage.clone() {
                Stage::Killing => {
                    self.stage(Stage::AfterKill);
                    self.later(cx, AFTER_KILL);
                }
                Stage::Resetting(slot) => {
                    self.forget(slot);
                    self.stage(Stage::AfterKill);
                    self.later(cx, AFTER_KILL);
                }
                Stage::KillingPod { recreate } => {
                    self.stage(Stage::AfterPodKill { recreate });
                    let delay = timing::delay(cx.api, SANDBOX_STOP);
                    self.later(cx, delay);
                }
                Stage::KillingFailedStart(slot) => {
                    self.stage(Stage::Next);
                    self.hook_failed(cx, slot);
                    self.proceed(cx);
                }
                _ => {}
            },
            Work::Stopping => {
                self.work = Work::StoppingSandbox;
                let delay = timing::delay(cx.api, SANDBOX_STOP);
                self.later(cx, delay);
            }
            Work::Idle | Work::Mounting | Work::StoppingSandbox => {}
        }
    }

    /// The steps of a sync are done.
    fn end_sync(&mut self, cx: &mut Cx<'_>) {
        let Work::Acting(acting) = std::mem::take(&mut self.work) else { return };
        let now = cx.now();
        self.last_sync_end = Some(now);
        if acting.failed {
            let delay = match acting.backoff_until {
                Some(until) => until.since(now).min(SYNC_FREQUENCY),
                None => RETRY,
            };
            let delay = timing::requeue(cx.api, delay);
            self.requeue(cx, delay);
        } else if self.probes.unready() {
            // A sync without news costs nothing to leave out, unless it makes a readiness probe run.
            let delay = timing::requeue(cx.api, SYNC_FREQUENCY);
            self.requeue(cx, delay);
        } else {
            self.requeue_at = None;
        }
        if acting.acted && !acting.failed {
            cx.wake(now + REINSPECT, self.id, What::Inspect);
        }
        if acting.resetting {
            self.wanted.get_or_insert(cx.cause);
        }
        self.begin(cx);
    }

    /// The Pod is to be ended: whatever the worker waits for is given up.
    pub(crate) fn end(&mut self, cx: &mut Cx<'_>) {
        let again = self.ending;
        self.ending = true;
        match &self.work {
            Work::Mounting => {
                self.work = Work::Idle;
                self.last_sync_end = Some(cx.now());
            }
            Work::Acting(acting) => {
                let cut = matches!(
                    acting.stage,
                    Stage::Pulling { .. } | Stage::Killing | Stage::KillingPod { .. } | Stage::PostStart { .. } | Stage::KillingFailedStart(_)
                );
                if cut {
                    self.turn += 1;
                    self.give_up_kills(cx);
                    self.work = Work::Idle;
                    self.last_sync_end = Some(cx.now());
                } else if let Work::Acting(acting) = &mut self.work {
                    // The step under way is finished, nothing after it is begun.
                    acting.ops.clear();
                    acting.failed = true;
                }
            }
            Work::Stopping if again => {
                self.turn += 1;
                self.give_up_kills(cx);
                self.work = Work::Idle;
                self.last_sync_end = Some(cx.now());
            }
            Work::Idle | Work::Stopping | Work::StoppingSandbox => {}
        }
        self.want(cx);
    }

    /// `SyncTerminatingPod`: kill everything.
    fn stop_pod(&mut self, cx: &mut Cx<'_>) {
        let status = self.generate(cx, false);
        self.probes.stop_for_termination();
        self.work = Work::Stopping;
        let kills = self.kill_all(cx);
        if !self.removed {
            self.publish(cx, status, false);
        }
        if !kills {
            self.killed(cx);
        }
    }

    /// All containers are dead and the sandbox is stopped.
    fn pod_stopped(&mut self, cx: &mut Cx<'_>) {
        self.drop_sandbox(cx);
        self.probes.stop();
        self.cached.clone_from(&self.actual);
        self.stopped = true;
        let status = self.generate(cx, true);
        if !self.removed {
            self.publish(cx, status, false);
        }
        self.turn_over(cx);
    }

    /// `SyncTerminatedPod`: the final status; a deleted Pod leaves the API.
    fn finish_pod(&mut self, cx: &mut Cx<'_>) {
        self.over = true;
        self.requeue_at = None;
        if !self.removed {
            let status = self.final_status(cx);
            self.publish(cx, status, true);
        }
        self.unmount(cx);
        let deleted = cx.api.find(&self.key).is_some_and(|o| o.uid() == &*self.uid && o.metadata().deletion_timestamp.is_some());
        if deleted {
            let cause = cx.cause;
            // Another finalizer may still hold the object; then it stays, without grace.
            let _ = cx.api.delete(&self.key, Some(0), Propagation::Background, cause);
        }
    }

    /// A container's process ended.
    pub(crate) fn exited(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        self.relist_soon(cx);
        self.kill_progress(cx, slot);
    }

    /// A relist that sees a container dead leaves one dead run of it (`cleanUpContainersInPod` in pkg/kubelet/kubelet.go).
    fn clean_up(&mut self, cx: &mut Cx<'_>) {
        for slot in 0..self.actual.runs.len() {
            self.collect(cx, slot);
        }
    }

    /// Leaves one dead run of a container: the files and logs of the one before are gone
    /// (pkg/kubelet/pod_container_deletor.go, one container by name and Pod).
    pub(crate) fn collect(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        let Some(runs) = self.actual.runs.get(slot) else { return };
        if runs.now.as_ref().is_none_or(|r| r.exit_code().is_none()) {
            return;
        }
        let Some(id) = runs.before.as_ref().and_then(|r| r.id) else { return };
        cx.shared.containers.remove(&id);
        cx.runtime.remove_container(cx.api.now(), id);
        // The kubelet's lists are of states, and those did not change.
        for list in [&mut self.actual, &mut self.listed, &mut self.cached] {
            if let Some(runs) = list.runs.get_mut(slot) {
                for run in [&mut runs.now, &mut runs.before].into_iter().flatten().filter(|r| r.id == Some(id)) {
                    std::rc::Rc::make_mut(run).id = None;
                }
            }
        }
    }

    /// The Pod's deadline passed.
    pub(crate) fn deadline_passed(&mut self, cx: &mut Cx<'_>) {
        self.want(cx);
    }

    /// Whether a container is a sidecar.
    pub(crate) fn role(&self, slot: Slot) -> Role {
        pod_of(&self.object).map_or(Role::App, |(_, c)| c.role(slot))
    }

    /// The effective requests while only some containers run: what the staircase shows.
    pub(crate) fn running_requests(&self) -> resources::Amounts {
        let mut sum = resources::Amounts::new();
        if let Some((_, containers)) = pod_of(&self.object) {
            for c in (0..containers.first_ephemeral()).filter(|s| self.actual.running(*s)).filter_map(|s| containers.get(s)) {
                for (k, v) in resources::requests(c) {
                    *sum.entry(k).or_default() += v;
                }
            }
        }
        sum
    }
}
