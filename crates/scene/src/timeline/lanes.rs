//! Which lanes there are: grouped by owner and Pod, folded where there are many, each with the lane of
//! the run underneath.

use super::history::{ContainerHistory, History, PodHistory, Stretch};
use super::project::{Projection, Wishes};
use super::{LANE, Lane, LaneKind, Teller, UNDER, UnderLane};
use crate::{Role, Target};
use podglass_cluster::manifest::{Kind, ObjectKey};
use podglass_cluster::{RecordId, SimTime};
use std::collections::BTreeMap;

/// Pods up to this number show a lane for every container.
const OPEN: usize = 6;
/// Pods up to this number show a lane each, more are folded by owner.
const LANES: usize = 40;

/// Pods of two histories that play the same part: by name, or by owner and order of creation where
/// names are made up. Then those of `under` that play none.
pub fn pairs(upper: &History, under: &History) -> (BTreeMap<usize, usize>, Vec<usize>) {
    let roles = |h: &History| h.pods.iter().map(|p| (p.key.clone(), p.owner.clone())).collect::<Vec<_>>();
    paired(&roles(upper), &roles(under))
}

/// The same for two tellings.
pub fn pairs_of(upper: &Teller, under: &Teller) -> BTreeMap<usize, usize> {
    let roles = |t: &Teller| t.cast.iter().map(|c| (c.key.clone(), c.owner.clone())).collect::<Vec<_>>();
    paired(&roles(upper), &roles(under)).0
}

type Part = (ObjectKey, Option<ObjectKey>);

fn paired(upper: &[Part], under: &[Part]) -> (BTreeMap<usize, usize>, Vec<usize>) {
    let mut out = BTreeMap::new();
    let mut free: Vec<usize> = (0..under.len()).collect();
    for exact in [true, false] {
        for (i, pod) in upper.iter().enumerate() {
            if out.contains_key(&i) {
                continue;
            }
            let same = |j: &usize| under.get(*j).is_some_and(|other| if exact { other.0 == pod.0 } else { other.1.is_some() && stem(other) == stem(pod) });
            if let Some(at) = free.iter().position(same) {
                out.insert(i, free.remove(at));
            }
        }
    }
    (out, free)
}

/// The name without what was made up: the hash of a template, a suffix.
fn stem((pod, owner): &Part) -> &str {
    let Some(owner) = owner else { return &pod.name };
    let made_up = matches!(owner.kind, Kind::ReplicaSet | Kind::Job);
    let end = if made_up { owner.name.rfind('-').unwrap_or(owner.name.len()) } else { owner.name.len() };
    owner.name.get(..end).unwrap_or(&owner.name)
}

/// All lanes with their places; `under` is the run underneath.
pub(super) fn lanes(history: &History, under: Option<&History>, ruler: &Projection<'_>, wishes: &Wishes) -> Vec<Lane> {
    let mut lanes = Vec::new();
    let acts: Vec<_> = history.actions.iter().filter(|a| a.at > SimTime::ZERO).cloned().collect();
    if let Some(first) = acts.first() {
        let mut lane = Lane::new(Target::Record(first.record), "You".into(), LaneKind::Actions, 0);
        lane.markers = ruler.markers(&acts);
        lanes.push(lane);
    }
    let (pairs, rest) = under.map(|u| pairs(history, u)).unwrap_or_default();
    let count = history.pods.len();
    let several = count > 1 || !rest.is_empty();
    for (owner, members) in groups(history) {
        let mut depth = 0;
        let mut open = count <= LANES;
        if let Some(owner) = &owner
            && several
        {
            open ^= wishes.toggled.contains(owner);
            let focused = members.iter().any(|i| history.pods.get(*i).is_some_and(|p| Some(&p.key) == wishes.focus.as_ref()));
            let stretches = running(history, &members, ruler);
            let label = format!("{} ({})", owner.name, members.len());
            let mut lane = Lane::new(Target::Object(owner.clone()), label, LaneKind::Folded, 0);
            lane.segments = ruler.segments(&stretches, None);
            lane.open = Some(open);
            lanes.push(lane);
            depth = 1;
            if !open && !focused {
                continue;
            }
        }
        let mut shown = 0;
        for i in &members {
            let Some(pod) = history.pods.get(*i) else { continue };
            let focused = wishes.focus.as_ref() == Some(&pod.key);
            if !focused && (!open || shown >= LANES) {
                continue;
            }
            shown += 1;
            let below = pairs.get(i).and_then(|j| under?.pods.get(*j));
            let inside = focused || count <= OPEN;
            pod_lanes(pod, below, ruler, &mut lanes, depth, several, inside);
        }
        if open && members.len() > shown {
            let more = format!("… and {} more", members.len() - shown);
            let target = members.last().and_then(|i| history.pods.get(*i)).map_or(Target::Record(RecordId(0)), |p| Target::Object(p.key.clone()));
            lanes.push(Lane::new(target, more, LaneKind::Folded, depth));
        }
    }
    for pod in rest.iter().filter_map(|j| under?.pods.get(*j)).take(LANES) {
        let before = lanes.len();
        let empty = PodHistory {
            key: pod.key.clone(),
            owner: pod.owner.clone(),
            stretches: Vec::new(),
            points: Vec::new(),
            lanes: pod.lanes.iter().map(|l| ContainerHistory { name: l.name.clone(), kind: l.kind, ..ContainerHistory::default() }).collect(),
            ended: None,
        };
        pod_lanes(&empty, Some(pod), ruler, &mut lanes, 0, several, rest.len() <= OPEN);
        for lane in lanes.iter_mut().skip(before) {
            lane.only_under = true;
        }
    }
    let mut y = 0.0;
    for lane in &mut lanes {
        lane.y = y;
        lane.h = if lane.under.is_some() { LANE + UNDER } else { LANE };
        y += lane.h;
    }
    lanes
}

/// Pods by owner, in the order in which the first of each came.
fn groups(history: &History) -> Vec<(Option<ObjectKey>, Vec<usize>)> {
    let mut groups: Vec<(Option<ObjectKey>, Vec<usize>)> = Vec::new();
    for (i, pod) in history.pods.iter().enumerate() {
        match groups.iter_mut().find(|g| g.0 == pod.owner) {
            Some(group) => group.1.push(i),
            None => groups.push((pod.owner.clone(), vec![i])),
        }
    }
    groups
}

fn pod_lanes(pod: &PodHistory, below: Option<&PodHistory>, ruler: &Projection<'_>, lanes: &mut Vec<Lane>, depth: u8, several: bool, inside: bool) {
    let label = if several { pod.key.name.clone() } else { "Pod".to_owned() };
    let mut lane = Lane::new(Target::Object(pod.key.clone()), label, LaneKind::Pod, depth);
    lane.segments = ruler.segments(&pod.stretches, pod.ended);
    lane.markers = ruler.markers(&pod.points);
    lane.under = below.map(|b| UnderLane { segments: ruler.below(&b.stretches, b.ended), markers: ruler.markers_below(&b.points) });
    lanes.push(lane);
    if !inside {
        return;
    }
    let deeper = depth + u8::from(several);
    let container = |l: &ContainerHistory| Target::Container { pod: pod.key.clone(), container: l.name.clone() };
    for l in &pod.lanes {
        let other = below.and_then(|b| Some((b, b.lanes.iter().find(|o| o.name == l.name)?)));
        let mut lane = Lane::new(container(l), l.name.clone(), l.kind, deeper);
        lane.segments = ruler.segments(&l.stretches, pod.ended);
        lane.markers = ruler.markers(&l.points);
        lane.under = other.map(|(b, o)| UnderLane { segments: ruler.below(&o.stretches, b.ended), markers: ruler.markers_below(&o.points) });
        lanes.push(lane);
    }
    for l in below.iter().flat_map(|b| &b.lanes).filter(|l| pod.lanes.iter().all(|o| o.name != l.name)) {
        let mut lane = Lane::new(container(l), l.name.clone(), l.kind, deeper);
        lane.under = Some(UnderLane { segments: ruler.below(&l.stretches, below.and_then(|b| b.ended)), markers: ruler.markers_below(&l.points) });
        lane.only_under = true;
        lanes.push(lane);
    }
}

/// How many of an owner's Pods run, as stretches.
fn running(history: &History, members: &[usize], ruler: &Projection<'_>) -> Vec<Stretch> {
    let mut changes: Vec<(u64, i64, u32)> = Vec::new();
    for pod in members.iter().filter_map(|i| history.pods.get(*i)) {
        for (i, s) in pod.stretches.iter().enumerate() {
            // Before its first stretch there is nothing to take away from.
            let (was, is) = (i > 0, true);
            changes.push((s.from.0, i64::from(is && !was) << 20 | i64::from(s.role == Role::Running), s.record.0));
            if let Some(to) = s.to {
                let last = i + 1 == pod.stretches.len() && pod.ended.is_some();
                changes.push((to.0, -(i64::from(last) << 20 | i64::from(s.role == Role::Running)), s.record.0));
            }
        }
    }
    changes.retain(|c| c.1 != 0);
    changes.sort_unstable();
    let mut stretches: Vec<Stretch> = Vec::new();
    let (mut run, mut all) = (0_i64, 0_i64);
    for (at, delta, record) in changes {
        let sign = delta.signum();
        run += sign * (delta.abs() & 0xfffff);
        all += sign * (delta.abs() >> 20);
        let role = if all > 0 && run >= all {
            Role::Running
        } else if run > 0 {
            Role::NotReady
        } else if all == 0 {
            Role::Terminating
        } else {
            Role::Starting
        };
        let label = if all == 0 { "none".to_owned() } else { format!("{run} of {all} running") };
        let at = SimTime(at);
        if let Some(last) = stretches.last_mut() {
            if ruler.x(at) - ruler.x(last.from) < 2.0 {
                last.label = label;
                last.role = role;
                continue;
            }
            if last.label == label {
                continue;
            }
            last.to = Some(at);
        }
        stretches.push(Stretch { from: at, to: None, role, label, record: RecordId(record), grip: None });
    }
    stretches
}

impl Lane {
    fn new(target: Target, label: String, kind: LaneKind, depth: u8) -> Lane {
        Lane { target, label, kind, depth, segments: Vec::new(), markers: Vec::new(), y: 0.0, h: LANE, open: None, under: None, only_under: false }
    }
}
