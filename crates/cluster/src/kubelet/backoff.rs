//! Crash-loop and image back-off: exponential, per key, reset after a quiet time
//! (follows client-go/util/flowcontrol/backoff.go as the kubelet uses it).

use crate::SimTime;

/// First step and cap in milliseconds; an entry that was not touched for twice the cap is forgotten.
pub(crate) const FIRST: u64 = 10_000;
pub(crate) const CAP: u64 = 300_000;
const FORGET: u64 = 2 * CAP;

/// One key's state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Backoff {
    /// What it was for: a changed image or changed resources start anew.
    pub(crate) key: u64,
    /// Present length in milliseconds.
    pub(crate) length: u64,
    /// Last attempt.
    pub(crate) updated: SimTime,
}

impl Backoff {
    /// Whether the entry counts at `event`.
    pub(crate) fn alive(&self, key: u64, event: SimTime) -> bool {
        self.key == key && event.since(self.updated) <= FORGET
    }
    /// When the back-off after `event` ends.
    pub(crate) fn until(&self, event: SimTime) -> SimTime {
        event + self.length
    }
}

/// Notes an attempt at `now` whose reason happened at `event`.
pub(crate) fn next(entry: Option<&Backoff>, key: u64, event: SimTime, now: SimTime) -> Backoff {
    let length = match entry.filter(|e| e.alive(key, event)) {
        Some(e) => (e.length * 2).min(CAP),
        None => FIRST,
    };
    Backoff { key, length, updated: now }
}

/// A length as Go prints durations: `10s`, `1m20s`, `5m0s`.
pub(crate) fn go_seconds(ms: u64) -> String {
    let secs = ms / 1000;
    if secs < 60 { format!("{secs}s") } else { format!("{}m{}s", secs / 60, secs % 60) }
}

/// Milliseconds as Go prints durations: `87ms`, `1.234s`, `1m2.5s`.
pub(crate) fn go_millis(ms: u64) -> String {
    if ms < 1000 {
        return format!("{ms}ms");
    }
    let trim = |ms: u64| {
        let text = format!("{}.{:03}", ms / 1000, ms % 1000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if ms < 60_000 { format!("{}s", trim(ms)) } else { format!("{}m{}s", ms / 60_000, trim(ms % 60_000)) }
}
