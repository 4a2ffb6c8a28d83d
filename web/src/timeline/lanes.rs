//! What stands still while it plays: ruler, lanes with what lies underneath, arrows, marks, breaks.

use super::NARROW_LABELS;
use crate::bus::{Bus, use_bus};
use crate::ui::{Icon, Same, px};
use crate::words::tr;
use podglass_playground::scene::timeline::{Arrow, Break, LANE, Lane, LaneKind, Mark, Marker, Segment, Shape, UNDER};
use podglass_playground::scene::words::duration;
use podglass_playground::scene::{Target, Timeline};
use podglass_playground::{Event, SimTime};
use web_sys::Element;
use yew::prelude::*;

/// Properties of [`Lanes`].
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Lanes, ruler, breaks.
    pub timeline: Same<Timeline>,
    /// What is selected.
    pub selected: Option<Target>,
    /// What the pointer is on.
    pub hovered: Option<Target>,
}

/// A bar whose end is being dragged: lane, segment, where the end is now.
type Drag = Option<(usize, usize, f32)>;

/// All lanes; drawn again only when one of them changes.
#[component]
pub(crate) fn Lanes(props: &Props) -> Html {
    let bus = use_bus();
    let drag = use_state(|| Drag::None);
    let t = &props.timeline;
    html! {
        <>
        <svg class="grid" width={px(t.width)} height="100%" aria-hidden="true">
            { for t.ticks.iter().map(|tick| html! { <line key={tick.at.0.to_string()} x1={px(tick.x)} x2={px(tick.x)} y1="0" y2="100%" /> }) }
        </svg>
        { for t.lanes.iter().enumerate().map(|(i, lane)| row(t, i, lane, props, &drag, &bus)) }
        { for t.breaks.iter().enumerate().map(|(i, b)| html! {
            <div key={b.from.0.to_string()} class="break" data-side={(b.x + 80.0 > t.width).then_some("end")} style={format!("left:calc(var(--labels) + {:.1}px);width:{:.1}px", b.x, b.w)} title={tr(b.label.clone())}><span>{ break_words(t, i) }</span></div>
        }) }
        <svg class="arrows" width={px(t.width)} height={px(t.height)}>
            { for t.marks.iter().enumerate().map(|(i, m)| mark(i, m)) }
            { for t.arrows.iter().enumerate().map(|(i, a)| arrow(i, a, &bus)) }
        </svg>
        </>
    }
}

/// A lane: label, segments, markers, and the lane underneath.
fn row(t: &Same<Timeline>, index: usize, lane: &Lane, props: &Props, drag: &UseStateHandle<Drag>, bus: &Bus) -> Html {
    let kind = match lane.kind {
        LaneKind::Pod => "pod",
        LaneKind::Init => "init",
        LaneKind::Sidecar => "sidecar",
        LaneKind::App => "app",
        LaneKind::Folded => "folded",
        LaneKind::Actions => "actions",
    };
    let selected = props.selected.as_ref() == Some(&lane.target);
    let hovered = props.hovered.as_ref() == Some(&lane.target);
    let start = lane.segments.first().map_or(0.0, |s| s.x);
    let narrow = super::labels() <= NARROW_LABELS;
    let fold = lane.open.zip(lane.target.object()).map(|(open, owner)| {
        let (bus, owner) = (bus.clone(), owner.clone());
        let onclick = Callback::from(move |e: MouseEvent| {
            e.stop_propagation();
            bus.event(Event::Fold(owner.clone()));
        });
        html! {
            <button type="button" class="fold" aria-expanded={open.to_string()} aria-label={format!("{} {}", tr(if open { "Fold" } else { "Open" }), lane.label)} {onclick}><Icon name="caret" /></button>
        }
    });
    let now = drag.filter(|d| d.0 == index);
    let onpointermove = {
        let drag = drag.clone();
        Callback::from(move |e: PointerEvent| {
            if let Some((lane, segment, _)) = *drag
                && lane == index
                && let Some(x) = super::within(&e)
            {
                drag.set(Some((lane, segment, x)));
            }
        })
    };
    let onpointerup = {
        let (drag, bus, t) = (drag.clone(), bus.clone(), t.clone());
        Callback::from(move |_: PointerEvent| {
            if let Some((lane, segment, x)) = drag.filter(|d| d.0 == index) {
                drag.set(None);
                let found = t.lanes.get(lane).and_then(|l| Some((l, l.segments.get(segment)?)));
                if let Some((l, s)) = found.filter(|(_, s)| (s.x + s.w - x).abs() > 2.0) {
                    end(&bus, l, s, x);
                }
            }
        })
    };
    let cancel = {
        let drag = drag.clone();
        Callback::from(move |_: PointerEvent| drag.set(None))
    };
    let under = lane.under.as_ref().map(|u| {
        html! {
            <g class="under" transform={format!("translate(0 {})", px(LANE - 2.0))}>
                { for u.segments.iter().enumerate().map(|(i, s)| lower(i, s, bus)) }
                { for u.markers.iter().enumerate().map(|(i, m)| marker(i, m, UNDER / 2.0 - 1.0, bus)) }
            </g>
        }
    });
    html! {
        <div key={index} class="lane" data-kind={kind} data-depth={lane.depth.to_string()} data-lane={lane.target.id()} data-selected={selected.then_some("")} data-hovered={hovered.then_some("")}
            data-only={lane.only_under.then_some("under")} style={format!("height:{}px", px(lane.h))} onpointerenter={bus.hover(Some(&lane.target))} onpointerleave={bus.hover(None)}>
            <span class="lane-label">
                { fold }
                <button type="button" title={lane.label.clone()} aria-pressed={selected.to_string()} onclick={bus.select(&lane.target)}><span class="clip">{ name_of(lane, if narrow { 12 } else { 19 }) }</span></button>
            </span>
            <svg width={px(t.width)} height={px(lane.h)} role="group" aria-label={words(lane)} {onpointermove} {onpointerup} onpointercancel={cancel}>
                if start > 1.0 { <line class="before" x1="0" x2={px(start)} y1={px(LANE / 2.0)} y2={px(LANE / 2.0)} /> }
                { under }
                { for lane.segments.iter().enumerate().map(|(i, s)| segment(i, s, lane.kind, bus)) }
                { for lane.markers.iter().enumerate().map(|(i, m)| marker(i, m, LANE / 2.0, bus)) }
                { for lane.segments.iter().enumerate().filter(|(_, s)| s.grip.is_some() && s.x + s.w < t.width + 2.0).map(|(i, s)| grip(t, index, i, lane, s, drag, bus)) }
                if let Some((_, i, x)) = now { { ghost(t, lane, i, x.min(t.width)) } }
            </svg>
        </div>
    }
}

/// Tells where the end of a bar was put.
fn end(bus: &Bus, lane: &Lane, s: &Segment, x: f32) {
    if let Some(grip) = s.grip.clone() {
        bus.event(Event::DragEnd { target: lane.target.clone(), grip, from: s.from, x });
    }
}

/// The handle at the end of a bar: dragged, or moved with the arrow keys.
fn grip(t: &Same<Timeline>, lane_index: usize, index: usize, lane: &Lane, s: &Segment, drag: &UseStateHandle<Drag>, bus: &Bus) -> Html {
    let right = s.x + s.w;
    let onpointerdown = {
        let drag = drag.clone();
        Callback::from(move |e: PointerEvent| {
            if e.button() != 0 {
                return;
            }
            e.prevent_default();
            e.stop_propagation();
            if let Some(svg) = e.target_dyn_into::<Element>().and_then(|t| t.closest("svg").ok().flatten()) {
                // Without capture the drag ends at the lane's edge.
                let _ = svg.set_pointer_capture(e.pointer_id());
            }
            drag.set(Some((lane_index, index, right)));
        })
    };
    let onkeydown = {
        let (bus, t) = (bus.clone(), t.clone());
        Callback::from(move |e: KeyboardEvent| {
            let step: f32 = match e.key().as_str() {
                "ArrowRight" | "ArrowUp" => 1000.0,
                "ArrowLeft" | "ArrowDown" => -1000.0,
                _ => return,
            };
            e.prevent_default();
            e.stop_propagation();
            if let Some((l, s)) = t.lanes.get(lane_index).and_then(|l| Some((l, l.segments.get(index)?))) {
                end(&bus, l, s, t.place(SimTime((s.to.0 as f32 + step).max(s.from.0 as f32 + 100.0) as u64)));
            }
        })
    };
    let length = duration(s.to.since(s.from));
    html! {
        <g key={format!("g{index}")} class="grip" tabindex="0" role="slider" aria-label={format!("{} {}", tr("How long it lasts:"), lane.label)} aria-valuenow={(s.to.since(s.from) / 1000).to_string()} aria-valuetext={length.clone()}
            data-grip={lane.target.id()} {onpointerdown} {onkeydown}>
            <title>{ format!("{} ({length})", tr("Drag to change how long it lasts: what if?")) }</title>
            <rect class="hit" x={px(right - 7.0)} y="0" width="12" height={px(LANE)} />
            <rect class="bar" x={px(right - 4.0)} y="7" width="3" height="14" rx="1.5" />
        </g>
    }
}

/// The bar as it would be.
fn ghost(t: &Timeline, lane: &Lane, index: usize, x: f32) -> Html {
    let Some(s) = lane.segments.get(index) else { return html! {} };
    let to = t.time(x).max(s.from + 100);
    let w = (x - s.x).max(4.0);
    html! {
        <g class="drag">
            <rect x={px(s.x)} y="3" width={px(w)} height="22" rx="4" />
            <text x={px(if s.x + w + 60.0 > t.width { s.x + w - 50.0 } else { s.x + w + 6.0 })} y="18">{ duration((to.since(s.from) + 50) / 100 * 100) }</text>
        </g>
    }
}

/// A Pod under its owner's lane shows what tells it from the others; a folded lane loses its middle.
fn name_of(lane: &Lane, room: usize) -> String {
    match (lane.kind, lane.depth) {
        (LaneKind::Pod, 1..) if lane.label.chars().count() + 2 > room => {
            lane.label.rsplit_once('-').map_or_else(|| lane.label.clone(), |(_, end)| format!("…-{end}"))
        }
        (LaneKind::Folded, 0) => {
            let (name, count) = lane.label.rsplit_once(' ').unwrap_or((&lane.label, ""));
            let left = room.saturating_sub(count.chars().count() + 3);
            if name.chars().count() > left { format!("{}… {count}", name.chars().take(left).collect::<String>()) } else { lane.label.clone() }
        }
        _ => shortened(&lane.label, room.saturating_sub(usize::from(lane.depth) * 2)),
    }
}

/// The end of a generated name tells Pods apart, so a long one loses its start.
fn shortened(label: &str, room: usize) -> String {
    let count = label.chars().count();
    if count > room { format!("…{}", label.chars().skip(count - room + 2).collect::<String>()) } else { label.to_owned() }
}

fn segment(index: usize, s: &Segment, kind: LaneKind, bus: &Bus) -> Html {
    let (y, h) = if kind == LaneKind::Pod { (6.0, 16.0) } else { (4.0, 20.0) };
    let record = Target::Record(s.record);
    html! {
        <g key={format!("s{index}")} class="segment" data-role={s.role.name()} data-record={s.record.0.to_string()} data-open={s.open.then_some("")} onclick={bus.select(&record)}>
            <title>{ s.title.clone() }</title>
            <rect x={px(s.x)} y={px(y)} width={px((s.w - 1.0).max(1.5))} height={px(h)} rx={px((s.w / 2.0).min(4.0))} />
            if !s.label.is_empty() { <text x={px(s.x + 7.0)} y="18">{ s.label.clone() }</text> }
        </g>
    }
}

/// A segment of the run underneath.
fn lower(index: usize, s: &Segment, bus: &Bus) -> Html {
    html! {
        <g key={format!("u{index}")} class="segment" data-role={s.role.name()} data-under="" onclick={bus.seek(s.from)}>
            <title>{ format!("{}: {}", tr("underneath"), s.title) }</title>
            <rect x={px(s.x)} y="2" width={px((s.w - 1.0).max(1.5))} height={px(UNDER - 6.0)} rx={px((s.w / 2.0).min(3.0))} />
            if !s.label.is_empty() { <text x={px(s.x + 6.0)} y="10.2">{ s.label.clone() }</text> }
        </g>
    }
}

fn marker(index: usize, m: &Marker, y: f32, bus: &Bus) -> Html {
    let x = m.x;
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
        Shape::Event => ("event", html! { <path d={format!("M{x:.1} {:.1}l3 3-3 3-3-3z", y - 3.0)} /> }),
    };
    let (seek, select) = (bus.seek(m.at), bus.select(&Target::Record(m.record)));
    // What lies underneath is not in this run's journal: it only has a time.
    let below = m.shape == Shape::Event || m.record.0 == 0;
    let onclick = Callback::from(move |e: MouseEvent| {
        seek.emit(e.clone());
        if !below {
            select.emit(e);
        }
    });
    html! {
        <g key={format!("m{index}")} class="marker" data-shape={name} data-role={m.role.name()} data-record={m.record.0.to_string()} {onclick}>
            <title>{ m.title.clone() }</title>
            <rect class="hit" x={px(x - 7.0)} y={px(y - 12.0)} width="14" height="24" />
            { form }
        </g>
    }
}

/// From a cause to what it led to.
fn arrow(index: usize, a: &Arrow, bus: &Bus) -> Html {
    let path: String = a.points.iter().enumerate().map(|(i, p)| format!("{}{:.1} {:.1}", if i == 0 { "M" } else { "L" }, p.x, p.y)).collect();
    html! {
        <g key={format!("a{index}")} class="arrow" data-onward={a.onward.then_some("")} onclick={bus.select(&Target::Record(a.record))}>
            <title>{ a.title.clone() }</title>
            <path class="hit" d={path.clone()} />
            <path class="line" d={path} marker-end="url(#head-act)" />
        </g>
    }
}

/// Where the run underneath differs: from one place to the other.
fn mark(index: usize, m: &Mark) -> Html {
    let (top, low) = (m.y + LANE - 5.0, m.y + LANE + 1.0);
    html! {
        <g key={format!("d{index}")} class="mark">
            <title>{ m.title.clone() }</title>
            <path d={format!("M{:.1} {:.1}V{top:.1}L{:.1} {low:.1}V{:.1}", m.x, m.y + 3.0, m.under_x, m.y + LANE + UNDER - 4.0)} />
            <text x={px(m.x.midpoint(m.under_x))} y={px(top + 1.0)} text-anchor="middle">{ if (m.x - m.under_x).abs() > 52.0 { m.label.clone() } else { String::new() } }</text>
        </g>
    }
}

/// A squeezed stretch in as many words as there is room for between its neighbours.
fn break_words(timeline: &Timeline, index: usize) -> String {
    let middle = |b: &Break| b.x + b.w / 2.0;
    let Some(b) = timeline.breaks.get(index) else { return String::new() };
    let before = index.checked_sub(1).and_then(|i| timeline.breaks.get(i)).map_or(f32::MAX, |o| middle(b) - middle(o));
    let after = timeline.breaks.get(index + 1).map_or(f32::MAX, |o| middle(o) - middle(b));
    match before.min(after) {
        room if room > 124.0 => b.label.clone(),
        room if room > 46.0 => b.label.split(' ').take(2).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

/// The lane in words, for those who cannot see it.
fn words(lane: &Lane) -> String {
    let parts: Vec<&str> = lane.segments.iter().map(|s| s.title.as_str()).collect();
    format!("{}: {}", lane.label, parts.join("; "))
}
