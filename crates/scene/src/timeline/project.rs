//! Lanes in pixels.

use super::history::{History, Point, Stretch, title};
use super::{Break, Lane, LaneKind, Marker, Scale, Segment, Tick, Timeline};
use crate::geometry::text_width;
use crate::{Role, Target, words};
use podglass_cluster::manifest::ObjectKey;
use podglass_cluster::{Journal, SimTime};
use std::collections::BTreeMap;

/// Wishes of whoever draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Wishes {
    /// Width of the lanes' area in pixels.
    pub width: f32,
    /// Squeezes quiet time.
    pub squeeze: bool,
    /// The window: 0 to 1 shows everything.
    pub window: (f64, f64),
    /// A Pod whose lanes are shown although there are many Pods.
    pub focus: Option<ObjectKey>,
}

impl Default for Wishes {
    fn default() -> Wishes {
        Wishes { width: 850.0, squeeze: true, window: (0.0, 1.0), focus: None }
    }
}

/// Pods up to this number show a lane for every container.
const OPEN: usize = 6;
/// Pods up to this number show a lane each, more are folded by owner.
const LANES: usize = 40;

/// Projects a history to pixels. `end` is how far it was recorded.
pub fn project(history: &History, journal: &Journal, end: SimTime, quiet: bool, wishes: &Wishes) -> (Timeline, Scale) {
    let scale = if wishes.squeeze { Scale::squeezed(&history.instants, end) } else { Scale::even(end) };
    let ruler = Projection { scale: &scale, wishes, end, journal };
    let (from, to) = (scale.time(wishes.window.0), scale.time(wishes.window.1));
    let mut lanes = Vec::new();
    if history.actions.iter().any(|a| a.at > SimTime::ZERO) {
        let points: Vec<Point> = history.actions.iter().filter(|a| a.at > SimTime::ZERO).cloned().collect();
        let first = points.first().map_or(podglass_cluster::RecordId(0), |p| p.record);
        lanes.push(Lane {
            target: Target::Record(first),
            label: "You".into(),
            kind: LaneKind::Actions,
            depth: 0,
            segments: Vec::new(),
            markers: ruler.markers(&points),
        });
    }
    let count = history.pods.len();
    let several = count > 1;
    if count > LANES {
        folded(history, &ruler, &mut lanes);
    }
    for pod in &history.pods {
        let focused = wishes.focus.as_ref() == Some(&pod.key);
        if count > LANES && !focused {
            continue;
        }
        let label = if several { pod.key.name.clone() } else { "Pod".to_owned() };
        lanes.push(Lane {
            target: Target::Object(pod.key.clone()),
            label,
            kind: LaneKind::Pod,
            depth: 0,
            segments: ruler.segments(&pod.stretches, pod.ended),
            markers: ruler.markers(&pod.points),
        });
        if count > OPEN && !focused {
            continue;
        }
        for lane in &pod.lanes {
            lanes.push(Lane {
                target: Target::Container { pod: pod.key.clone(), container: lane.name.clone() },
                label: lane.name.clone(),
                kind: lane.kind,
                depth: u8::from(several),
                segments: ruler.segments(&lane.stretches, pod.ended),
                markers: ruler.markers(&lane.points),
            });
        }
    }
    let breaks = scale
        .breaks
        .iter()
        .map(|(a, b)| {
            let (x, right) = (ruler.x(*a), ruler.x(*b));
            Break { from: *a, to: *b, x, w: right - x, label: format!("{} quiet, squeezed", words::duration(b.since(*a))) }
        })
        .filter(|b| b.x + b.w >= 0.0 && b.x <= wishes.width)
        .collect();
    let timeline = Timeline { width: wishes.width, from, to, end, quiet, lanes, ticks: ruler.ticks(from, to), breaks, end_x: ruler.x(end) };
    (timeline, scale)
}

struct Projection<'a> {
    scale: &'a Scale,
    wishes: &'a Wishes,
    end: SimTime,
    journal: &'a Journal,
}

impl Projection<'_> {
    fn x(&self, at: SimTime) -> f32 {
        let (a, b) = self.wishes.window;
        ((self.scale.place(at) - a) / (b - a).max(1e-9)) as f32 * self.wishes.width
    }

    fn segments(&self, stretches: &[Stretch], ended: Option<SimTime>) -> Vec<Segment> {
        let mut out: Vec<Segment> = Vec::new();
        for (i, s) in stretches.iter().enumerate() {
            let next = stretches.get(i + 1).map(|n| n.from);
            let stop = [s.to, next, ended].into_iter().flatten().min().unwrap_or(self.end).min(self.end);
            let x = self.x(s.from).max(-8.0);
            let right = self.x(stop).min(self.wishes.width + 8.0);
            if right < 0.0 || x > self.wishes.width {
                continue;
            }
            // Hundreds of tiny segments in one pixel are one.
            if let Some(last) = out.last_mut()
                && right - last.x < 1.0
                && last.role == s.role
            {
                last.to = stop;
                continue;
            }
            let x = out.last().map_or(x, |l| x.max(l.x + l.w));
            let w = (right - x).max(1.5);
            let open = s.to.is_none() && next.is_none() && ended.is_none();
            let label = if text_width(&s.label, 11.0, false) + 12.0 <= w { s.label.clone() } else { String::new() };
            let title = format!(
                "{} · {} to {}",
                if s.label.is_empty() { s.role.name() } else { &s.label },
                words::duration(s.from.0),
                if open { "…".to_owned() } else { words::duration(stop.0) }
            );
            out.push(Segment { from: s.from, to: stop, x, w, role: s.role, label, open, record: s.record, title });
        }
        out
    }

    fn markers(&self, points: &[Point]) -> Vec<Marker> {
        let mut out: Vec<Marker> = Vec::new();
        for p in points {
            let x = self.x(p.at);
            if x < -8.0 || x > self.wishes.width + 8.0 {
                continue;
            }
            if let Some(last) = out.last()
                && last.shape == p.shape
                && x - last.x < 3.0
            {
                continue;
            }
            out.push(Marker { at: p.at, x, shape: p.shape, role: p.role, record: p.record, title: title(self.journal, p.record) });
        }
        out
    }

    /// Ticks at round times, at least 64 px apart, none inside a squeezed stretch.
    fn ticks(&self, from: SimTime, to: SimTime) -> Vec<Tick> {
        const STEPS: [u64; 17] = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 3_600_000];
        let mut marks: Vec<Tick> = Vec::new();
        let mut at = from;
        let density = |t: SimTime| (self.x(t + 100) - self.x(t)) / 100.0;
        while at <= to && marks.len() < 60 {
            let per_ms = density(at).max(1e-7);
            let step = STEPS.iter().copied().find(|s| *s as f32 * per_ms >= 72.0).unwrap_or(36_000_000);
            let tick = if at.0.is_multiple_of(step) { at } else { SimTime((at.0 / step + 1) * step) };
            if tick > to {
                break;
            }
            if let Some((_, b)) = self.scale.breaks.iter().find(|(a, b)| *a <= tick && tick < *b) {
                at = *b;
                continue;
            }
            let x = self.x(tick);
            if marks.last().is_none_or(|m| x - m.x >= 56.0) {
                let label = match tick.0 {
                    t if t < 60_000 && step < 1000 => {
                        format!("{}.{:0w$} s", t / 1000, t % 1000 / if step >= 100 { 100 } else { 10 }, w = if step >= 100 { 1 } else { 2 })
                    }
                    0 => "0".to_owned(),
                    t if t < 120_000 => format!("{} s", t / 1000),
                    t if t % 60_000 == 0 => format!("{} m", t / 60_000),
                    t => format!("{}:{:02}", t / 60_000, t % 60_000 / 1000),
                };
                marks.push(Tick { at: tick, x, label });
            }
            at = tick + 1;
        }
        marks
    }
}

/// One lane per owner: how many of its Pods run, as stretches.
fn folded(history: &History, ruler: &Projection<'_>, lanes: &mut Vec<Lane>) {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, pod) in history.pods.iter().enumerate() {
        groups.entry(pod.owner.clone().unwrap_or_else(|| "Pods without owner".to_owned())).or_default().push(i);
    }
    for (owner, members) in groups {
        let mut changes: Vec<(SimTime, i64, podglass_cluster::RecordId)> = Vec::new();
        let mut total = 0;
        for pod in members.iter().filter_map(|i| history.pods.get(*i)) {
            total += 1;
            for s in pod.stretches.iter().filter(|s| s.role == Role::Running) {
                changes.push((s.from, 1, s.record));
                if let Some(to) = s.to {
                    changes.push((to, -1, s.record));
                }
            }
        }
        changes.sort_unstable();
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut running = 0;
        for (at, delta, record) in changes {
            running += delta;
            let role = if running >= total {
                Role::Running
            } else if running > 0 {
                Role::NotReady
            } else {
                Role::Starting
            };
            if let Some(last) = stretches.last_mut() {
                if ruler.x(at) - ruler.x(last.from) < 2.0 {
                    last.label = format!("{running} of {total} running");
                    last.role = role;
                    continue;
                }
                last.to = Some(at);
            }
            stretches.push(Stretch { from: at, to: None, role, label: format!("{running} of {total} running"), record });
        }
        let Some(first) = members.first().and_then(|i| history.pods.get(*i)) else { continue };
        lanes.push(Lane {
            target: Target::Object(first.key.clone()),
            label: format!("{owner} ({total})"),
            kind: LaneKind::Folded,
            depth: 0,
            segments: ruler.segments(&stretches, None),
            markers: Vec::new(),
        });
    }
}
