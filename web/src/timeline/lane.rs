//! One lane: label, segments, markers.

use crate::bus::use_bus;
use crate::ui::px;
use podglass_playground::scene::{
    Target,
    timeline::{Lane, LaneKind, Marker, Segment, Shape},
};
use yew::prelude::*;

/// Height of a lane.
const HEIGHT: f32 = 28.0;

/// Properties of [`LaneRow`].
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// The lane.
    pub lane: Lane,
    /// Width of the lanes' area.
    pub width: f32,
    /// What is selected.
    pub selected: Option<Target>,
    /// Whether the pointer is on it.
    pub hovered: bool,
}

/// A lane.
#[component]
pub(crate) fn LaneRow(props: &Props) -> Html {
    let bus = use_bus();
    let lane = &props.lane;
    let kind = match lane.kind {
        LaneKind::Pod => "pod",
        LaneKind::Init => "init",
        LaneKind::Sidecar => "sidecar",
        LaneKind::App => "app",
        LaneKind::Folded => "folded",
        LaneKind::Actions => "actions",
    };
    let selected = props.selected.as_ref() == Some(&lane.target);
    let start = lane.segments.first().map_or(0.0, |s| s.x);
    html! {
        <div class="lane" data-kind={kind} data-depth={lane.depth.to_string()} data-lane={lane.target.id()} data-selected={selected.then_some("")} data-hovered={props.hovered.then_some("")}
            onpointerenter={bus.hover(Some(&lane.target))} onpointerleave={bus.hover(None)}>
            <button type="button" class="lane-label" title={lane.label.clone()} aria-pressed={selected.to_string()} onclick={bus.select(&lane.target)}><span class="clip">{ shortened(&lane.label) }</span></button>
            <svg width={px(props.width)} height={px(HEIGHT)} role="img" aria-label={words(lane)}>
                if start > 1.0 { <line class="before" x1="0" x2={px(start)} y1={px(HEIGHT / 2.0)} y2={px(HEIGHT / 2.0)} /> }
                { for lane.segments.iter().map(|s| segment(s, lane.kind, &bus)) }
                { for lane.markers.iter().enumerate().map(|(i, m)| marker(i, m, &bus)) }
            </svg>
        </div>
    }
}

/// The end of a generated name tells Pods apart, so a long one loses its start.
fn shortened(label: &str) -> String {
    let count = label.chars().count();
    if count > 17 { format!("…{}", label.chars().skip(count - 15).collect::<String>()) } else { label.to_owned() }
}

fn segment(s: &Segment, kind: LaneKind, bus: &crate::bus::Bus) -> Html {
    let (y, h) = if kind == LaneKind::Pod { (6.0, 16.0) } else { (4.0, 20.0) };
    let record = Target::Record(s.record);
    html! {
        <g key={s.from.0.to_string()} class="segment" data-role={s.role.name()} data-record={s.record.0.to_string()} data-open={s.open.then_some("")} onclick={bus.select(&record)}>
            <title>{ s.title.clone() }</title>
            <rect x={px(s.x)} y={px(y)} width={px((s.w - 1.0).max(1.5))} height={px(h)} rx={px((s.w / 2.0).min(4.0))} />
            if !s.label.is_empty() { <text x={px(s.x + 7.0)} y="18">{ s.label.clone() }</text> }
        </g>
    }
}

fn marker(index: usize, m: &Marker, bus: &crate::bus::Bus) -> Html {
    let (x, y) = (m.x, HEIGHT / 2.0);
    let (name, form) = match m.shape {
        Shape::Check => ("check", html! { <path d={format!("M{:.1} {:.1}l3.4 3.6 6-7", x - 14.0, y)} /> }),
        Shape::Cross => ("cross", html! { <path d={format!("M{:.1} {:.1}l7 7m0 -7l-7 7", x - 13.0, y - 3.5)} /> }),
        Shape::Line => ("line", html! { <circle cx={px(x)} cy={px(y)} r="2" /> }),
        Shape::Write => ("write", html! { <path d={format!("M{x:.1} {:.1}l3.6 6.4h-7.2z", y + 4.0)} /> }),
        Shape::Port => ("port", html! { <rect x={px(x - 3.0)} y={px(y - 3.0)} width="6" height="6" rx="1" /> }),
        Shape::Clash => ("clash", html! { <path d={format!("M{:.1} {:.1}l8 8m0 -8l-8 8", x - 4.0, y - 4.0)} /> }),
        Shape::ProbeOk => ("probe-ok", html! { <circle cx={px(x)} cy={px(y + 9.0)} r="2.6" /> }),
        Shape::ProbeBad => ("probe-bad", html! { <path d={format!("M{:.1} {:.1}l5 5m0 -5l-5 5", x - 2.5, y + 6.5)} /> }),
        Shape::Warning => ("warning", html! { <path d={format!("M{x:.1} {:.1}l4.4 7.8h-8.8z", y - 4.4)} /> }),
        Shape::Action => ("action", html! { <path d={format!("M{:.1} {:.1}l-4.4 7h3.4l-0.8 5.4 4.8 -7h-3.4z", x + 1.0, y - 6.0)} /> }),
        Shape::Signal => ("signal", html! { <path d={format!("M{x:.1} {:.1}v14M{x:.1} {:.1}h7l-2 2.6 2 2.6h-7", y - 7.0, y - 7.0)} /> }),
    };
    let (seek, select) = (bus.seek(m.at), bus.select(&Target::Record(m.record)));
    let onclick = Callback::from(move |e: MouseEvent| {
        seek.emit(e.clone());
        select.emit(e);
    });
    html! {
        <g key={format!("m{index}")} class="marker" data-shape={name} data-role={m.role.name()} data-record={m.record.0.to_string()} {onclick}>
            <title>{ m.title.clone() }</title>
            <rect class="hit" x={px(x - 7.0)} y="0" width="14" height={px(HEIGHT)} />
            { form }
        </g>
    }
}

/// The lane in words, for those who cannot see it.
fn words(lane: &Lane) -> String {
    let parts: Vec<&str> = lane.segments.iter().map(|s| s.title.as_str()).collect();
    format!("{}: {}", lane.label, parts.join("; "))
}
