//! Virtual time.

use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};

/// Milliseconds since the cluster was born.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SimTime(pub u64);

impl SimTime {
    /// The birth of the cluster.
    pub const ZERO: SimTime = SimTime(0);

    /// A moment so many seconds after the birth.
    pub fn from_secs_f64(secs: f64) -> SimTime {
        SimTime((secs.max(0.0) * 1000.0).round() as u64)
    }
    /// Seconds since the birth.
    pub fn secs(self) -> f64 {
        self.0 as f64 / 1000.0
    }
    /// Milliseconds from `earlier` to here; 0 when `earlier` is later.
    pub fn since(self, earlier: SimTime) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<u64> for SimTime {
    type Output = SimTime;
    /// So many milliseconds later.
    fn add(self, ms: u64) -> SimTime {
        SimTime(self.0.saturating_add(ms))
    }
}

impl Sub<u64> for SimTime {
    type Output = SimTime;
    /// So many milliseconds earlier, not before the birth.
    fn sub(self, ms: u64) -> SimTime {
        SimTime(self.0.saturating_sub(ms))
    }
}
