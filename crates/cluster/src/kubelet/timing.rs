//! How long a node takes for things, and the two grids on which a kubelet notices them.
//!
//! The delays are medians measured on a real node; with `Settings::jitter` they are drawn from the measured ranges.

use crate::{ApiServer, SimTime};

/// Binding of a Pod → its first status.
pub(crate) const FIRST_STATUS: u64 = 20;
/// The wait for volumes looks every 300 ms, the first time after that.
pub(crate) const MOUNT_POLL: u64 = 300;
/// Creating a sandbox.
pub(crate) const SANDBOX: u64 = 210;
/// `Pulled` → `Created`.
pub(crate) const CREATE: u64 = 20;
/// `Created` → `Started`.
pub(crate) const START: u64 = 90;
/// End of a sync → look at the Pod's containers again.
pub(crate) const REINSPECT: u64 = 10;
/// Last container dead → sandbox stopped.
pub(crate) const SANDBOX_STOP: u64 = 100;
/// A container killed within a sync is dead → the sync goes on.
pub(crate) const AFTER_KILL: u64 = 35;
/// Other resources for a running container.
pub(crate) const RESIZE: u64 = 20;
/// Change in the API → the kubelet has it.
pub(crate) const WATCH: u64 = 10;
/// A pull of an image that is there already (policy Always), and the answer that there is none.
pub(crate) const PULL_AGAIN: u64 = 90;
/// Period of the relist (pod lifecycle event generator).
pub(crate) const RELIST: u64 = 1005;
/// Period of the work queue's tick.
pub(crate) const TICK: u64 = 1000;
/// `syncFrequency`: a sync that has nothing to do comes back after a minute.
pub(crate) const SYNC_FREQUENCY: u64 = 60_000;
/// `backOffPeriod`: a sync that failed comes back after ten seconds.
pub(crate) const RETRY: u64 = 10_000;

/// The grid point strictly after `at`.
fn after(at: SimTime, phase: u64, period: u64) -> SimTime {
    let phase = phase % period;
    if at.0 < phase { SimTime(phase) } else { SimTime(phase + ((at.0 - phase) / period + 1) * period) }
}

/// The next relist strictly after `at`.
pub(crate) fn next_relist(api: &ApiServer, at: SimTime) -> SimTime {
    after(at, api.settings().relist_phase, RELIST)
}

/// Milliseconds from a relist to a Pod's turn, where several Pods changed.
pub(crate) fn turn(pod: u32) -> u64 {
    u64::from(pod % 8) * 20
}

/// Whether a relist happened after `since` and before or at `now`.
pub(crate) fn relisted_since(api: &ApiServer, since: SimTime, now: SimTime) -> bool {
    next_relist(api, since) <= now
}

/// The first tick of the work queue at or after `due`.
pub(crate) fn next_tick(api: &ApiServer, due: SimTime) -> SimTime {
    after(due - 1, api.settings().tick_phase, TICK)
}

/// A re-queue time: `delay` × (1 … 1.5), or its middle.
pub(crate) fn requeue(api: &mut ApiServer, delay: u64) -> u64 {
    if api.settings().jitter { delay + delay * api.rng().u64(0..=500) / 1000 } else { delay * api.settings().requeue_percent / 100 }
}

/// A measured delay: the median, or (with jitter) something between half of it and twice of it.
pub(crate) fn delay(api: &mut ApiServer, median: u64) -> u64 {
    if api.settings().jitter { median / 2 + median * api.rng().u64(0..=1500) / 1000 } else { median }
}
