//! Lanes in pixels.

use super::history::{History, Point, Stretch, title};
use super::{Break, Lane, Mark, Marker, OVERVIEW, Scale, Segment, Strip, Tick, Timeline, arrows, lanes};
use crate::compare::Difference;
use crate::geometry::text_width;
use crate::words;
use podglass_cluster::manifest::ObjectKey;
use podglass_cluster::{Journal, RecordId, SimTime};

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
    /// Owners whose Pods are folded although there are few, or open although there are many.
    pub toggled: Vec<ObjectKey>,
    /// The record whose causes are shown.
    pub record: Option<RecordId>,
}

/// The run underneath: before a change, of the other manifest, or of a real cluster.
#[derive(Clone, Copy, Debug)]
pub struct Beneath<'a> {
    /// Its lanes.
    pub history: &'a History,
    /// Its journal, where it still is there.
    pub journal: Option<&'a Journal>,
    /// Where the two differ.
    pub differences: &'a [Difference],
}

impl Default for Wishes {
    fn default() -> Wishes {
        Wishes { width: 850.0, squeeze: true, window: (0.0, 1.0), focus: None, toggled: Vec::new(), record: None }
    }
}

/// Projects a history to pixels. `end` is how far it was recorded.
pub fn project(history: &History, journal: &Journal, end: SimTime, quiet: bool, wishes: &Wishes, beneath: Option<Beneath<'_>>) -> (Timeline, Scale) {
    let scale = match beneath {
        _ if !wishes.squeeze => Scale::even(end),
        Some(b) => Scale::squeezed(&merged(&history.instants, &b.history.instants), end),
        None => Scale::squeezed(&history.instants, end),
    };
    let ruler = Projection { scale: &scale, wishes, end, journal: Some(journal), below: beneath.and_then(|b| b.journal) };
    let (from, to) = (scale.time(wishes.window.0), scale.time(wishes.window.1));
    let lanes = lanes::lanes(history, beneath.map(|b| b.history), &ruler, wishes);
    let breaks = scale
        .breaks
        .iter()
        .map(|(a, b)| {
            let (x, right) = (ruler.x(*a), ruler.x(*b));
            Break { from: *a, to: *b, x, w: right - x, label: format!("{} quiet, squeezed", words::duration(b.since(*a))) }
        })
        .filter(|b| b.x + b.w >= 0.0 && b.x <= wishes.width)
        .collect();
    let arrows = wishes.record.map(|id| arrows::arrows(&lanes, journal, id, &|r| ruler.x(r.at), wishes.width)).unwrap_or_default();
    let marks = beneath.map(|b| marks(&lanes, b.differences, &ruler)).unwrap_or_default();
    let (a, b) = wishes.window;
    let whole = a <= 0.0 && b >= 1.0;
    let timeline = Timeline {
        width: wishes.width,
        from,
        to,
        end,
        quiet,
        height: lanes.last().map_or(0.0, |l| l.y + l.h),
        ticks: ruler.ticks(from, to),
        breaks,
        end_x: ruler.x(end),
        overview: if whole { Vec::new() } else { overview(history, &scale, &lanes, wishes, end) },
        shown: (a as f32 * wishes.width, (b - a) as f32 * wishes.width),
        corners: scale.corners().map(|(ms, place)| (((place - a) / (b - a).max(1e-9)) as f32 * wishes.width, ms as f32)).collect(),
        arrows,
        marks,
        lanes,
    };
    (timeline, scale)
}

/// Two ascending lists as one.
fn merged(a: &[SimTime], b: &[SimTime]) -> Vec<SimTime> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let mut rest = b;
    for at in a {
        let before = rest.partition_point(|t| t < at);
        let (now, later) = rest.split_at(before);
        out.extend_from_slice(now);
        rest = later;
        out.push(*at);
    }
    out.extend_from_slice(rest);
    out
}

/// The lanes that are shown, over the whole run, thin.
fn overview(history: &History, scale: &Scale, lanes: &[Lane], wishes: &Wishes, end: SimTime) -> Vec<Strip> {
    let rows: Vec<&[Stretch]> = lanes.iter().take(40).filter_map(|l| history.stretches(&l.target)).collect();
    let h = (OVERVIEW - 4.0) / rows.len().max(1) as f32;
    let mut out: Vec<Strip> = Vec::new();
    for (row, stretches) in rows.iter().enumerate() {
        for (i, s) in stretches.iter().enumerate() {
            let stop = s.to.or(stretches.get(i + 1).map(|n| n.from)).unwrap_or(end).min(end);
            let (x, right) = (scale.place(s.from) as f32 * wishes.width, scale.place(stop) as f32 * wishes.width);
            if right - x >= 0.5 {
                out.push(Strip { x, y: 2.0 + row as f32 * h, w: right - x, h: (h - 0.5).max(0.6), role: s.role });
            }
        }
    }
    out
}

/// Differences at their places.
fn marks(lanes: &[Lane], differences: &[Difference], ruler: &Projection<'_>) -> Vec<Mark> {
    let mut out: Vec<Mark> = Vec::new();
    for d in differences {
        let (Some(a), Some(b)) = d.at else { continue };
        let Some(lane) = lanes.iter().find(|l| l.target == d.target && l.under.is_some()) else { continue };
        let (x, under_x) = (ruler.x(a), ruler.x(b));
        let inside = |x: f32| (-4.0..=ruler.wishes.width + 4.0).contains(&x);
        if (inside(x) || inside(under_x)) && (x - under_x).abs() >= 3.0 {
            let sign = if a > b { '+' } else { '−' };
            out.push(Mark { x, under_x, y: lane.y, label: format!("{sign}{}", words::duration(a.0.abs_diff(b.0))), title: d.words.clone() });
        }
    }
    out
}

/// Time to pixels, with what titles are made from.
pub(super) struct Projection<'a> {
    scale: &'a Scale,
    wishes: &'a Wishes,
    end: SimTime,
    journal: Option<&'a Journal>,
    below: Option<&'a Journal>,
}

impl Projection<'_> {
    pub(super) fn x(&self, at: SimTime) -> f32 {
        let (a, b) = self.wishes.window;
        ((self.scale.place(at) - a) / (b - a).max(1e-9)) as f32 * self.wishes.width
    }

    pub(super) fn segments(&self, stretches: &[Stretch], ended: Option<SimTime>) -> Vec<Segment> {
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
            // The bar of a run that was stopped from outside has no end of its own.
            let grip = s.grip.clone().filter(|_| open || s.to == Some(stop));
            out.push(Segment { from: s.from, to: stop, x, w, role: s.role, label, open, record: s.record, title, grip });
        }
        out
    }

    /// Segments of the run underneath: nothing in them can be dragged.
    pub(super) fn below(&self, stretches: &[Stretch], ended: Option<SimTime>) -> Vec<Segment> {
        let mut out = self.segments(stretches, ended);
        for s in &mut out {
            s.grip = None;
        }
        out
    }

    pub(super) fn markers(&self, points: &[Point]) -> Vec<Marker> {
        self.placed(points, self.journal)
    }

    /// Markers of the run underneath: how things ended, and what was told.
    pub(super) fn markers_below(&self, points: &[Point]) -> Vec<Marker> {
        self.placed(points, self.below)
    }

    fn placed(&self, points: &[Point], journal: Option<&Journal>) -> Vec<Marker> {
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
            out.push(Marker { at: p.at, x, shape: p.shape, role: p.role, record: p.record, title: title(journal, p) });
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
