//! Time to pixels, with quiet stretches squeezed.

use podglass_cluster::SimTime;

/// Quiet time above this many milliseconds can be squeezed.
const QUIET: u64 = 4_000;
/// A squeezed stretch is as wide as this share of the whole.
const SHARE: f64 = 0.045;

/// A monotonous map from time to a place between 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// Corners of the map: time in milliseconds and place.
    corners: Vec<(f64, f64)>,
    /// Squeezed stretches.
    pub breaks: Vec<(SimTime, SimTime)>,
}

impl Scale {
    /// An even scale up to `end`.
    pub fn even(end: SimTime) -> Scale {
        Scale { corners: vec![(0.0, 0.0), (end.0.max(1) as f64, 1.0)], breaks: Vec::new() }
    }

    /// A scale up to `end` on which long stretches without any of `instants` (ascending) are squeezed.
    pub fn squeezed(instants: &[SimTime], end: SimTime) -> Scale {
        let mut gaps: Vec<(u64, u64)> = Vec::new();
        let mut last = 0;
        for at in instants.iter().map(|t| t.0).chain([end.0]).filter(|t| *t <= end.0) {
            let margin = 600;
            if at.saturating_sub(last) > QUIET {
                gaps.push((last + margin, at - margin.min(at - last)));
            }
            last = at;
        }
        let quiet: u64 = gaps.iter().map(|(a, b)| b - a).sum();
        let busy = end.0.saturating_sub(quiet).max(1);
        if gaps.is_empty() || quiet < busy / 3 {
            return Scale::even(end);
        }
        // A squeezed stretch never becomes wider than it would be on the even scale.
        let width = |length: u64| (busy as f64 * SHARE).max(length as f64 * 0.02).min(length as f64);
        let mut corners = vec![(0.0, 0.0)];
        let mut breaks = Vec::new();
        let (mut time, mut place) = (0_u64, 0.0);
        for (from, to) in gaps {
            place += (from - time) as f64;
            corners.push((from as f64, place));
            place += width(to - from);
            corners.push((to as f64, place));
            time = to;
            breaks.push((SimTime(from), SimTime(to)));
        }
        place += end.0.saturating_sub(time) as f64;
        corners.push((end.0.max(1) as f64, place));
        let total = place.max(1.0);
        for (_, p) in &mut corners {
            *p /= total;
        }
        corners.dedup_by(|b, a| b.0 <= a.0);
        Scale { corners, breaks }
    }

    /// Its corners: milliseconds and place.
    pub(super) fn corners(&self) -> impl Iterator<Item = (f64, f64)> {
        self.corners.iter().copied()
    }

    /// Place of a moment; beyond the end it goes on evenly.
    pub fn place(&self, at: SimTime) -> f64 {
        map(&self.corners, at.0 as f64, |c| c.0, |c| c.1)
    }
    /// Moment at a place.
    pub fn time(&self, place: f64) -> SimTime {
        SimTime(map(&self.corners, place, |c| c.1, |c| c.0).max(0.0).round() as u64)
    }
}

fn map(corners: &[(f64, f64)], value: f64, from: impl Fn(&(f64, f64)) -> f64, to: impl Fn(&(f64, f64)) -> f64) -> f64 {
    let i = corners.partition_point(|c| from(c) <= value).clamp(1, corners.len().saturating_sub(1).max(1));
    let (Some(a), Some(b)) = (corners.get(i - 1), corners.get(i)) else { return 0.0 };
    let length = (from(b) - from(a)).max(f64::EPSILON);
    to(a) + (to(b) - to(a)) * (value - from(a)) / length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_squeezed_scale_is_monotonous_and_can_be_inverted() {
        let instants: Vec<SimTime> = [0, 500, 5500, 6100, 47_000, 47_300].map(SimTime).to_vec();
        let scale = Scale::squeezed(&instants, SimTime(60_000));
        assert!(!scale.breaks.is_empty());
        let mut last = -1.0;
        for t in (0..60_000).step_by(250) {
            let p = scale.place(SimTime(t));
            assert!(p > last, "{t}");
            assert!(scale.time(p).0.abs_diff(t) <= 1, "{t}");
            last = p;
        }
        assert!((scale.place(SimTime(60_000)) - 1.0).abs() < 1e-9);
        // The quiet stretch has less than half the width it would have on the even scale.
        let even = (47_000.0 - 6_100.0) / 60_000.0;
        assert!(scale.place(SimTime(47_000)) - scale.place(SimTime(6_100)) < even / 2.0);
    }

    #[test]
    fn a_busy_run_is_not_squeezed() {
        let instants: Vec<SimTime> = (0..60).map(|s| SimTime(s * 1000)).collect();
        assert!(Scale::squeezed(&instants, SimTime(60_000)).breaks.is_empty());
    }
}
