//! A simulated run beside a recording of a real cluster: facts counted one by one.

use super::{Comparison, Difference, Target, Teller};
use crate::timeline::Told;
use crate::words::duration;
use podglass_cluster::SimTime;
use std::collections::BTreeMap;

/// Times may differ by two seconds or 12 %, whichever is more: two recordings of one real cluster
/// differ by as much.
fn near(a: SimTime, b: SimTime) -> bool {
    a.0.abs_diff(b.0) <= 2_000.max(b.0 * 12 / 100)
}

/// A Pod's part, a container, what sort of fact, its words, and the how-manieth of that kind.
type Key = (usize, String, &'static str, String, usize);

/// Every fact of a telling up to `until`, with its time. `parts` says which part a Pod plays.
fn facts(teller: &Teller, parts: &BTreeMap<usize, usize>, until: SimTime) -> BTreeMap<Key, SimTime> {
    let mut out: BTreeMap<Key, SimTime> = BTreeMap::new();
    for told in teller.told.iter().filter(|t| t.at <= until) {
        let Some(part) = parts.get(&told.pod) else { continue };
        let lane = lane_name(teller, told);
        let mut key = (*part, lane, told.what.sort(), told.what.word().to_owned(), 0);
        while out.contains_key(&key) {
            key.4 += 1;
        }
        out.insert(key, told.at);
    }
    out
}

fn lane_name(teller: &Teller, told: &Told) -> String {
    let lane = told.lane.and_then(|l| teller.cast.get(told.pod)?.lanes.get(l));
    lane.map(|l| l.0.clone()).unwrap_or_default()
}

/// Compares a run with a recording, up to where both are known.
pub fn compare_with_recording(run: &Teller, recording: &Teller, until: SimTime) -> Comparison {
    let pairs = crate::timeline::pairs_of(run, recording);
    let mine: BTreeMap<usize, usize> = (0..run.cast.len()).map(|i| (i, i)).collect();
    let mut theirs: BTreeMap<usize, usize> = pairs.iter().map(|(mine, theirs)| (*theirs, *mine)).collect();
    for j in 0..recording.cast.len() {
        let next = run.cast.len() + j;
        theirs.entry(j).or_insert(next);
    }
    let (left, right) = (facts(run, &mine, until), facts(recording, &theirs, until));
    let mut out = Comparison::default();
    // What happens at the very end may have been seen by one of the two only.
    let edge = |at: SimTime| at.0 + 2_000.max(at.0 * 12 / 100) > until.0;
    let target = |key: &Key| {
        let cast = run.cast.get(key.0).or_else(|| recording.cast.get(key.0.checked_sub(run.cast.len())?));
        cast.map(|c| if key.1.is_empty() { Target::Object(c.key.clone()) } else { Target::Container { pod: c.key.clone(), container: key.1.clone() } })
    };
    let words = |key: &Key| {
        let who = target(key).map(|t| t.object().map(|k| k.name.clone()).unwrap_or_default()).unwrap_or_default();
        let who = if key.1.is_empty() { who } else { key.1.clone() };
        let nth = if key.4 == 0 { String::new() } else { format!(" ({}×)", key.4 + 1) };
        [who.as_str(), key.2, key.3.as_str()].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ") + &nth
    };
    for (key, there) in &right {
        let Some(target) = target(key) else { continue };
        match left.get(key) {
            Some(here) => {
                out.total += 1;
                if near(*here, *there) {
                    out.agree += 1;
                } else {
                    let words = format!("{}: after {} here, after {} on the real cluster", words(key), duration(here.0), duration(there.0));
                    out.differences.push(Difference { target, words, at: (Some(*here), Some(*there)) });
                }
            }
            None if edge(*there) => {}
            None => {
                out.total += 1;
                let words = format!("{}: on the real cluster only, after {}", words(key), duration(there.0));
                out.differences.push(Difference { target, words, at: (None, Some(*there)) });
            }
        }
    }
    for (key, here) in left.iter().filter(|(k, at)| !right.contains_key(*k) && !edge(**at)) {
        let Some(target) = target(key) else { continue };
        out.total += 1;
        let words = format!("{}: here only, after {}", words(key), duration(here.0));
        out.differences.push(Difference { target, words, at: (Some(*here), None) });
    }
    out.differences.sort_by_key(Difference::first);
    out.headline = match out.total - out.agree {
        0 => format!("All {} recorded facts agree: STATUS, states of containers and events, each within 2 s or 12 %.", out.total),
        n => format!("{} of {} recorded facts agree; {n} {}.", out.agree, out.total, if n == 1 { "differs" } else { "differ" }),
    };
    out
}
