//! What is due: wake-ups of components by time, then by the order in which they were asked for.

use crate::{Cause, SimTime, controllers, kubelet, scheduler};
use std::collections::BTreeMap;

/// A component that wants to act, with what it wants to remember about it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wakeup {
    /// A kubelet.
    Kubelet(kubelet::Due),
    /// A controller of the controller manager.
    Controllers(controllers::Due),
    /// The scheduler.
    Scheduler(scheduler::Due),
}

/// Wake-ups by time; equal times keep their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    due: BTreeMap<(SimTime, u64), (Wakeup, Cause)>,
    number: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, at: SimTime, wakeup: Wakeup, cause: Cause) {
        self.due.insert((at, self.number), (wakeup, cause));
        self.number += 1;
    }
    pub(crate) fn next(&self) -> Option<SimTime> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }
    pub(crate) fn pop(&mut self, until: SimTime) -> Option<(SimTime, Wakeup, Cause)> {
        let first = self.due.first_entry().filter(|e| e.key().0 <= until)?;
        let ((at, _), (wakeup, cause)) = first.remove_entry();
        Some((at, wakeup, cause))
    }
}
