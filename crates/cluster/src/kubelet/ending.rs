//! How a Pod ends: its containers are killed, its sandbox is stopped, its last status is written
//! (follows `SyncTerminatingPod` and `SyncTerminatedPod` in pkg/kubelet/kubelet.go).

use super::pod::{Cx, PodState};
use super::start::Stage;
use super::sync::Work;
use crate::action::Propagation;

impl PodState {
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
    pub(super) fn stop_pod(&mut self, cx: &mut Cx<'_>) {
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
    pub(super) fn pod_stopped(&mut self, cx: &mut Cx<'_>) {
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
    pub(super) fn finish_pod(&mut self, cx: &mut Cx<'_>) {
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

    /// The Pod's deadline passed.
    pub(crate) fn deadline_passed(&mut self, cx: &mut Cx<'_>) {
        self.want(cx);
    }
}
