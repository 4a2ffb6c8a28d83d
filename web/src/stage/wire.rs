//! Lines between things.

use podglass_playground::scene::{
    Point,
    stage::{Wire, WireKind},
};
use yew::prelude::*;

/// Properties of [`WireLine`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The line.
    pub wire: Wire,
}

/// One line; its kind decides dash, colour and head in the style sheet.
#[component]
pub fn WireLine(props: &Props) -> Html {
    let wire = &props.wire;
    let head = match wire.kind {
        WireKind::Chain if wire.lit => Some("url(#head-act)"),
        WireKind::Chain | WireKind::Owner | WireKind::Route | WireKind::Uses => Some("url(#head)"),
        WireKind::Clash => Some("url(#head-fail)"),
        _ => None,
    };
    html! {
        <path class="wire" data-kind={wire.kind.name()} data-lit={wire.lit.to_string()} d={path(&wire.points, 8.0)} marker-end={head}>
            <title>{ wire.title.clone() }</title>
        </path>
    }
}

/// An SVG path through points, its corners rounded with a radius.
pub fn path(points: &[Point], radius: f32) -> String {
    use std::fmt::Write as _;
    let mut d = String::new();
    for (i, point) in points.iter().enumerate() {
        let around = i.checked_sub(1).and_then(|b| points.get(b)).zip(points.get(i + 1));
        // Writing into a string cannot fail.
        let _ = match around {
            None => write!(d, "{}{:.1} {:.1}", if i == 0 { "M" } else { "L" }, point.x, point.y),
            Some((before, after)) => {
                let (a, b) = (towards(*point, *before, radius), towards(*point, *after, radius));
                write!(d, "L{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}", a.x, a.y, point.x, point.y, b.x, b.y)
            }
        };
    }
    d
}

/// The point `distance` away from `from` on the way to `to`, at most half of the way.
fn towards(from: Point, to: Point, distance: f32) -> Point {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx.hypot(dy);
    if length < 0.1 {
        return from;
    }
    let share = (distance / length).min(0.5);
    Point { x: from.x + dx * share, y: from.y + dy * share }
}

/// The point of a path of straight lines at a share of its length.
pub fn along(points: &[Point], share: f32) -> Option<Point> {
    let lengths: Vec<f32> = points
        .windows(2)
        .map(|w| match w {
            [a, b] => (b.x - a.x).hypot(b.y - a.y),
            _ => 0.0,
        })
        .collect();
    let mut left = lengths.iter().sum::<f32>() * share.clamp(0.0, 1.0);
    for (w, length) in points.windows(2).zip(&lengths) {
        if let [a, b] = w {
            if left <= *length && *length > 0.0 {
                let s = left / length;
                return Some(Point { x: a.x + (b.x - a.x) * s, y: a.y + (b.y - a.y) * s });
            }
            left -= length;
        }
    }
    points.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_travels_evenly_along_its_path() {
        let points = [Point { x: 0.0, y: 0.0 }, Point { x: 10.0, y: 0.0 }, Point { x: 10.0, y: 30.0 }];
        assert_eq!(along(&points, 0.0), Some(points[0]));
        assert_eq!(along(&points, 0.25), Some(points[1]));
        assert_eq!(along(&points, 1.0), Some(points[2]));
        assert_eq!(along(&[], 0.5), None);
    }

    #[test]
    fn corners_are_rounded_and_short_lines_survive() {
        let points = [Point { x: 0.0, y: 0.0 }, Point { x: 4.0, y: 0.0 }, Point { x: 4.0, y: 40.0 }];
        assert_eq!(path(&points, 8.0), "M0.0 0.0L2.0 0.0Q4.0 0.0 4.0 8.0L4.0 40.0");
    }
}
