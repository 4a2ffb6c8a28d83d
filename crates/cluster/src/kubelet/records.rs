//! The kubelet's lists of a Pod's runs: what ended, what is removed, what is forgotten
//! (follows pkg/kubelet/pod_container_deletor.go).

use super::containers::{Runs, Slot};
use super::pod::{Cx, PodState};

impl PodState {
    /// Removes a container's records; its restart count goes on.
    pub(super) fn forget_quietly(&mut self, slot: Slot) {
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

    pub(super) fn forget(&mut self, slot: Slot) {
        self.forget_quietly(slot);
        self.reset.insert(slot);
    }

    /// A container's process ended.
    pub(crate) fn exited(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        self.relist_soon(cx);
        self.kill_progress(cx, slot);
    }

    /// A relist that sees a container dead leaves one dead run of it (`cleanUpContainersInPod` in pkg/kubelet/kubelet.go).
    pub(super) fn clean_up(&mut self, cx: &mut Cx<'_>) {
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
}
