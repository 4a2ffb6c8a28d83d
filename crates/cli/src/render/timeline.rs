//! The timeline as a group of an SVG: ruler, lanes, playhead.

use podglass_playground::scene::timeline::{Lane, LaneKind, Marker, Segment, Shape, Timeline};

/// Height of a lane.
const LANE: f32 = 28.0;
/// Height of the ruler.
const RULER: f32 = 30.0;

/// What the lanes need beside the stage's own style: the same roles, as blocks.
const STYLE: &str = ".seg{stroke-width:1}.seg.waiting{fill:none;stroke:var(--line2)}.seg.starting,.seg.pulling{fill:var(--starting-bg)}\
.seg.terminating{fill:var(--panel)}.mark{fill:none;stroke:var(--ink);stroke-width:1.6}.mark.failed{stroke:var(--failed)}.mark.completed{stroke:var(--completed)}\
.rule{stroke:var(--line)}.head{stroke:var(--starting);stroke-width:1.6}.quiet{fill:var(--sunk)}";

/// The group and its height; `labels` is the width of the column of names.
pub(super) fn draw(timeline: &Timeline, playhead: f32, labels: f32) -> (String, f32) {
    let height = RULER + LANE * timeline.lanes.len() as f32 + 8.0;
    let mut out = format!("<style>{STYLE}</style>");
    for gap in &timeline.breaks {
        out.push_str(&format!("<rect class=\"quiet\" x=\"{:.1}\" y=\"0\" width=\"{:.1}\" height=\"{height:.1}\"/>", labels + gap.x, gap.w));
    }
    for tick in &timeline.ticks {
        let x = labels + tick.x;
        // The last label stays inside of the picture.
        let anchor = if tick.x > timeline.width - 30.0 { "end" } else { "start" };
        out.push_str(&format!(
            "<line class=\"rule\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"20\" y2=\"{height:.1}\"/><text class=\"t3\" x=\"{x:.1}\" y=\"15\" text-anchor=\"{anchor}\">{}</text>",
            escape(&tick.label)
        ));
    }
    for (row, lane) in timeline.lanes.iter().enumerate() {
        draw_lane(&mut out, lane, RULER + LANE * row as f32, labels);
    }
    let x = labels + playhead;
    out.push_str(&format!("<line class=\"head\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"0\" y2=\"{height:.1}\"/>"));
    (out, height)
}

fn draw_lane(out: &mut String, lane: &Lane, y: f32, labels: f32) {
    let count = lane.label.chars().count();
    // The end of a generated name tells Pods apart, so a long one loses its start.
    let label: String = if count > 20 { std::iter::once('…').chain(lane.label.chars().skip(count - 19)).collect() } else { lane.label.clone() };
    out.push_str(&format!(
        "<g transform=\"translate(0 {y:.1})\"><text class=\"{}\" x=\"{:.1}\" y=\"18\">{}</text>",
        if lane.depth == 0 { "t1" } else { "mono" },
        12.0 * f32::from(lane.depth),
        escape(&label)
    ));
    for segment in &lane.segments {
        draw_segment(out, segment, lane.kind, labels);
    }
    for marker in &lane.markers {
        draw_marker(out, marker, labels);
    }
    out.push_str("</g>");
}

fn draw_segment(out: &mut String, s: &Segment, kind: LaneKind, labels: f32) {
    let (top, height) = if kind == LaneKind::Pod { (6.0, 16.0) } else { (4.0, 20.0) };
    let (left, width) = (labels + s.x, (s.w - 1.0).max(1.5));
    out.push_str(&format!(
        "<g><title>{}</title><rect class=\"seg {}\" x=\"{left:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{height}\" rx=\"{:.1}\"/>",
        escape(&s.title),
        s.role.name(),
        (s.w / 2.0).min(4.0)
    ));
    if !s.label.is_empty() {
        out.push_str(&format!("<text x=\"{:.1}\" y=\"18\">{}</text>", left + 7.0, escape(&s.label)));
    }
    out.push_str("</g>");
}

fn draw_marker(out: &mut String, m: &Marker, labels: f32) {
    let (x, y) = (labels + m.x, LANE / 2.0);
    let cross = |x: f32, y: f32, s: f32| format!("M{x:.1} {y:.1}l{s} {s}m0 -{s}l-{s} {s}");
    let path = match m.shape {
        Shape::Check => format!("M{:.1} {y:.1}l3.4 3.6 6-7", x - 14.0),
        Shape::Cross => cross(x - 13.0, y - 3.5, 7.0),
        Shape::Clash => cross(x - 4.0, y - 4.0, 8.0),
        Shape::ProbeBad => cross(x - 2.5, y + 6.5, 5.0),
        Shape::Line | Shape::Port | Shape::Event => format!("M{:.1} {y:.1}h4", x - 2.0),
        Shape::Write => format!("M{x:.1} {:.1}l3.6 6.4h-7.2z", y + 4.0),
        Shape::ProbeOk => format!("M{:.1} {:.1}h4", x - 2.0, y + 9.0),
        Shape::Warning => format!("M{x:.1} {:.1}l4.4 7.8h-8.8z", y - 4.4),
        Shape::Action => format!("M{:.1} {:.1}l-4.4 7h3.4l-0.8 5.4 4.8 -7h-3.4z", x + 1.0, y - 6.0),
        Shape::Signal => format!("M{x:.1} {:.1}v14M{x:.1} {:.1}h7l-2 2.6 2 2.6h-7", y - 7.0, y - 7.0),
    };
    out.push_str(&format!("<path class=\"mark {}\" d=\"{path}\"><title>{}</title></path>", m.role.name(), escape(&m.title)));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
