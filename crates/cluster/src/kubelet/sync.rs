//! The worker of a Pod: when it syncs, what it publishes, and the steps that a sync performs one after the other
//! (follows pkg/kubelet/pod_workers.go, `SyncPod`, `SyncTerminatingPod`, `SyncTerminatedPod` in pkg/kubelet/kubelet.go and
//! `SyncPod` in pkg/kubelet/kuberuntime/kuberuntime_manager.go).

use super::actions::{KillOrder, KillReason, Situation, compute};
use super::containers::{Role, Slot};
use super::pod::{Cx, PodState, pod_of};
use super::resize::Resize;
use super::start::Stage;
use super::status::is_terminal;
use super::timing::{self, FIRST_STATUS, REINSPECT, RETRY, SYNC_FREQUENCY};
use super::{What, resources};
use crate::SimTime;
use std::collections::VecDeque;

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
    pub(super) fn begin(&mut self, cx: &mut Cx<'_>) {
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
    pub(super) fn sync(&mut self, cx: &mut Cx<'_>) {
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
    pub(super) fn turn_over(&mut self, cx: &mut Cx<'_>) {
        self.work = Work::Idle;
        self.last_sync_end = Some(cx.now());
        self.requeue(cx, 0);
        self.begin(cx);
    }

    pub(super) fn requeue(&mut self, cx: &mut Cx<'_>, delay: u64) {
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

    /// The steps of a sync are done.
    pub(super) fn end_sync(&mut self, cx: &mut Cx<'_>) {
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
