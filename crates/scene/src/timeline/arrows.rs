//! Arrows from causes to what they led to, for one record.

use super::history::title_of;
use super::{Arrow, LANE, Lane};
use crate::kube_event::KubeEvent;
use crate::{Point, Target};
use podglass_cluster::manifest::{Object, ObjectKey};
use podglass_cluster::{Fact, Journal, Record, RecordId};

/// Chains longer than this are history, not an explanation.
const LONGEST: usize = 24;
/// At most so many arrows lead away from the record.
const ONWARD: usize = 6;

/// What a record is about: a container, or an object.
pub fn about(record: &Record) -> Option<Target> {
    let container = |pod: &ObjectKey, name: &str| Target::Container { pod: pod.clone(), container: name.to_owned() };
    match &record.fact {
        Fact::Inside(i) => Some(container(&i.run.pod, &i.run.container)),
        Fact::Probed(p) => Some(container(&p.run.pod, &p.run.container)),
        Fact::Kubelet(s) => Some(s.container.as_ref().map_or_else(|| Target::Object(s.pod.clone()), |c| container(&s.pod, c))),
        Fact::Created(o) | Fact::Updated { after: o, .. } | Fact::Deleted(o) => match KubeEvent::of_object(o) {
            Some(e) => Some(e.container().zip(e.about()).map_or_else(|| e.about().map(Target::Object), |(c, k)| Some(container(&k, c)))?),
            None => matches!(**o, Object::Pod(_)).then(|| Target::Object(o.key())),
        },
        Fact::ActionTaken(_) | Fact::ActionRefused { .. } => None,
    }
}

/// The lane a record lies on.
fn lane(lanes: &[Lane], record: &Record, selected: RecordId) -> Option<usize> {
    // A published STATUS lies between most causes and effects: it is no step of its own.
    let published = matches!(&record.fact, Fact::Updated { after, .. } if matches!(**after, Object::Pod(_)));
    let target = about(record).filter(|_| !published || record.id == selected)?;
    let exact = lanes.iter().position(|l| l.target == target);
    exact.or_else(|| lanes.iter().position(|l| matches!(&l.target, Target::Object(k) if Some(k) == target.object())))
}

/// The arrows of a record: the chain that led to it, and what it led to at once.
pub(super) fn arrows(lanes: &[Lane], journal: &Journal, selected: RecordId, x: &dyn Fn(&Record) -> f32, width: f32) -> Vec<Arrow> {
    let mut out: Vec<Arrow> = Vec::new();
    let mut push = |from: &Record, to: &Record, onward: bool| {
        let (Some(a), Some(b)) = (lane(lanes, from, selected), lane(lanes, to, selected)) else { return false };
        let (xa, xb) = (x(from), x(to));
        if (a == b && (xb - xa).abs() < 7.0) || xb < -20.0 || xa > width + 20.0 {
            return false;
        }
        let middle = |i: usize| lanes.get(i).map_or(0.0, |l| l.y + LANE / 2.0);
        let (ya, yb) = (middle(a), middle(b));
        let points = if a == b {
            vec![Point { x: xa, y: ya + 11.0 }, Point { x: xb - 2.0, y: yb + 11.0 }]
        } else {
            let edge = if yb > ya { yb - 12.0 } else { yb + 12.0 };
            vec![Point { x: xa, y: ya }, Point { x: xb.max(xa), y: ya }, Point { x: xb.max(xa), y: edge }]
        };
        out.push(Arrow { points, record: to.id, onward, title: format!("{} → {}", title_of(from), title_of(to)) });
        true
    };
    let chain: Vec<&Record> = journal.chain(selected).take(LONGEST).collect();
    // Records without a lane, and steps on one spot, are skipped: the arrow goes on from the last that was drawn.
    let mut to = chain.first().copied();
    for from in chain.iter().skip(1) {
        if to.is_some_and(|t| push(from, t, false)) {
            to = Some(from);
        }
    }
    let Some(start) = chain.first() else { return out };
    let mut count = 0;
    let mut reached = vec![start.id];
    for record in journal.records().iter().skip(start.id.0 as usize + 1).take(400) {
        if !record.cause.is_some_and(|c| reached.contains(&c)) {
            continue;
        }
        if push(start, record, true) {
            count += 1;
            if count >= ONWARD {
                break;
            }
        } else if reached.len() < 40 {
            reached.push(record.id);
        }
    }
    out
}
