//! The timeline: draws [`podglass_playground::scene::Timeline`] and turns pointer and wheel into time.

mod lanes;

use crate::browser;
use crate::bus::{Bus, use_bus};
use crate::ui::{Button, Same, px};
use crate::words::tr;
use gloo::events::{EventListener, EventListenerOptions};
use lanes::Lanes;
use podglass_playground::Event;
use podglass_playground::scene::timeline::OVERVIEW;
use podglass_playground::scene::{Target, Timeline};
use podglass_playground::view::{Panel, UnderKind, UnderView};
use wasm_bindgen::JsCast;
use web_sys::{Element, WheelEvent};
use yew::prelude::*;

/// Width of the column of labels.
pub const LABELS: f32 = 148.0;
/// The same on a narrow screen.
pub const NARROW_LABELS: f32 = 92.0;

/// Properties of [`TimelinePane`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Lanes, ruler, breaks.
    pub timeline: Same<Timeline>,
    /// The run underneath.
    pub under: Option<Same<UnderView>>,
    /// The playhead's place.
    pub playhead: f32,
    /// What is selected.
    pub selected: Option<Target>,
    /// What the pointer is on.
    pub hovered: Option<Target>,
}

/// Where the fingers are that lie on the timeline.
type Fingers = Vec<(i32, f64)>;

/// Ruler, lanes, playhead.
#[component]
pub fn TimelinePane(props: &Props) -> Html {
    let bus = use_bus();
    let timeline = &props.timeline;
    let area = use_node_ref();
    let dragging = use_state(|| false);
    let fingers = use_mut_ref(Fingers::new);
    use_wheel(&area, &bus);
    let seek = {
        let (bus, area) = (bus.clone(), area.clone());
        move |e: &PointerEvent| {
            if let Some(area) = area.cast::<Element>() {
                bus.event(Event::SeekX(place(&area, f64::from(e.client_x()))));
            }
        }
    };
    let onpointerdown = {
        let (dragging, seek, area, fingers) = (dragging.clone(), seek.clone(), area.clone(), fingers.clone());
        Callback::from(move |e: PointerEvent| {
            if e.pointer_type() == "touch" {
                fingers.borrow_mut().push((e.pointer_id(), f64::from(e.client_x())));
                if fingers.borrow().len() > 1 {
                    // The second finger begins a pinch: the first one no longer moves the playhead.
                    dragging.set(false);
                    return;
                }
            }
            let on_part = e
                .target_dyn_into::<Element>()
                .is_some_and(|t| t.closest("[data-record], .lane-label, .under-bar, .overview, .grip, [data-under], .arrow").ok().flatten().is_some());
            if e.button() != 0 || on_part {
                return;
            }
            e.prevent_default();
            if let Some(area) = area.cast::<Element>() {
                // Without capture the drag ends at the timeline's edge.
                let _ = area.set_pointer_capture(e.pointer_id());
            }
            dragging.set(true);
            seek(&e);
        })
    };
    let onpointermove = {
        let (dragging, seek, fingers, bus, area) = (dragging.clone(), seek.clone(), fingers.clone(), bus.clone(), area.clone());
        Callback::from(move |e: PointerEvent| {
            let mut fingers = fingers.borrow_mut();
            if let [first, second] = fingers.as_slice()
                && let Some(area) = area.cast::<Element>()
            {
                let (before, middle) = ((first.1 - second.1).abs(), f64::midpoint(first.1, second.1));
                if let Some(f) = fingers.iter_mut().find(|f| f.0 == e.pointer_id()) {
                    f.1 = f64::from(e.client_x());
                }
                if let [first, second] = fingers.as_slice() {
                    let (after, now) = ((first.1 - second.1).abs(), f64::midpoint(first.1, second.1));
                    bus.event(Event::Zoom { factor: (after.max(8.0) / before.max(8.0)) as f32, x: place(&area, middle) });
                    bus.event(Event::Pan((middle - now) as f32));
                }
            } else if *dragging {
                drop(fingers);
                seek(&e);
            }
        })
    };
    let onpointerup = {
        let (dragging, fingers) = (dragging.clone(), fingers.clone());
        Callback::from(move |e: PointerEvent| {
            fingers.borrow_mut().retain(|f| f.0 != e.pointer_id());
            dragging.set(false);
        })
    };
    let zoom = |factor: f32| bus.on(Event::Zoom { factor, x: props.playhead });
    let future = (timeline.width - props.playhead).max(0.0);
    html! {
        <div class="timeline" ref={area} data-dragging={dragging.then_some("")} {onpointerdown} {onpointermove} onpointercancel={onpointerup.clone()} onpointerup={onpointerup}>
            <div class="timeline-head">
                if let Some(under) = &props.under { { under_bar(under, &bus) } }
                if !timeline.overview.is_empty() { { overview(timeline, &bus) } }
                <div class="ruler">
                    <div class="lane-label tools">
                        <Button kind="icon" icon="zoom-out" label={tr("Zoom out (-)")} onclick={zoom(0.5)} />
                        <Button kind="icon" icon="fit" label={tr("Show the whole run (0)")} onclick={bus.on(Event::Fit)} />
                        <Button kind="icon" icon="zoom-in" label={tr("Zoom in (+)")} onclick={zoom(2.0)} />
                    </div>
                    <svg class="ticks" width={px(timeline.width)} height="24" aria-hidden="true">
                        { for timeline.ticks.iter().map(|tick| html! { <text key={tick.at.0.to_string()} x={px(tick.x)} y="16" text-anchor={anchor(tick.x, timeline.width)}>{ tick.label.clone() }</text> }) }
                    </svg>
                    <svg class="head" style={format!("transform:translateX({:.1}px)", props.playhead)} width="16" height="14" viewBox="0 0 16 14" aria-hidden="true"><path d="M1 0h14v7l-7 6-7-6z" /></svg>
                </div>
            </div>
            <div class="lanes">
                <Lanes timeline={timeline.clone()} selected={props.selected.clone()} hovered={props.hovered.clone()} />
                <div class="future" style={format!("left:calc(var(--labels) + {:.1}px);width:{future:.1}px", props.playhead)}></div>
                <div class="playhead" style={format!("transform:translateX({:.1}px)", props.playhead)} data-testid="playhead"></div>
            </div>
        </div>
    }
}

/// Where the pointer is in the drawing it is over, from its left edge.
fn within(e: &PointerEvent) -> Option<f32> {
    let svg = e.target_dyn_into::<Element>()?.closest("svg").ok()??;
    Some((f64::from(e.client_x()) - svg.get_bounding_client_rect().left()) as f32)
}

/// What lies underneath, and what came of comparing.
fn under_bar(under: &UnderView, bus: &Bus) -> Html {
    let kind = match under.kind {
        UnderKind::Ghost => "ghost",
        UnderKind::Right => "right",
        UnderKind::Recording => "recording",
    };
    let (agree, total) = under.agree;
    let words = if under.pending { tr("Both runs are still being computed …") } else { tr(under.headline.clone()) };
    html! {
        <div class="under-bar" data-kind={kind} data-testid="under">
            <span class="swatch" aria-hidden="true"></span>
            <b title={tr(under.title.clone())}>{ tr(under.title.clone()) }</b>
            <span class="clip" data-testid="under-words" title={words.clone()}>{ words }</span>
            if total > 0 { <span class="count" data-kind={(agree < total).then_some("errors")}>{ format!("{agree}/{total}") }</span> }
            <button type="button" class="link" onclick={bus.on(Event::OpenPanel(Panel::Compare))}>{ format!("{} ({})", tr("Differences"), under.rows.len()) }</button>
            <Button kind="icon" icon="close" label={tr("Take what lies underneath away")} onclick={bus.on(Event::DismissUnder)} />
        </div>
    }
}

/// The whole run in small; the part that is shown can be dragged.
fn overview(t: &Same<Timeline>, bus: &Bus) -> Html {
    let (from, w) = t.shown;
    let go = {
        let (bus, width) = (bus.clone(), t.width);
        Callback::from(move |e: PointerEvent| {
            if e.buttons() & 1 == 0 {
                return;
            }
            e.stop_propagation();
            if let Some(target) = e.target_dyn_into::<Element>() {
                // Without capture the drag ends at the strip's edge.
                let _ = target.closest("svg").ok().flatten().map(|svg| svg.set_pointer_capture(e.pointer_id()));
            }
            if let Some(x) = within(&e) {
                bus.event(Event::ShowFrom(f64::from(x - w / 2.0) / f64::from(width.max(1.0))));
            }
        })
    };
    html! {
        <div class="overview" data-testid="overview">
            <svg width={px(t.width)} height={px(OVERVIEW)} onpointerdown={go.clone()} onpointermove={go}>
                <title>{ tr("The whole run. Drag to move the part that is shown.") }</title>
                <rect class="face" width={px(t.width)} height={px(OVERVIEW)} rx="3" />
                { for t.overview.iter().enumerate().map(|(i, s)| html! { <rect key={i} class="strip" data-role={s.role.name()} x={px(s.x)} y={px(s.y)} width={px(s.w)} height={px(s.h)} /> }) }
                <rect class="shown" x={px(from)} y="0.5" width={px(w.max(6.0))} height={px(OVERVIEW - 1.0)} rx="3" />
            </svg>
        </div>
    }
}

/// Labels at the edges stay inside.
fn anchor(x: f32, width: f32) -> &'static str {
    if x < 12.0 {
        "start"
    } else if x > width - 16.0 {
        "end"
    } else {
        "middle"
    }
}

/// A place in the window as a place on the lanes.
fn place(area: &Element, client_x: f64) -> f32 {
    let labels = area.query_selector(".ruler .lane-label").ok().flatten().map_or(f64::from(LABELS), |l| l.get_bounding_client_rect().width());
    (client_x - area.get_bounding_client_rect().left() - labels) as f32
}

/// Ctrl and wheel (or pinch) zooms around the pointer; shift and wheel, or a sideways wheel, moves.
#[hook]
fn use_wheel(area: &NodeRef, bus: &Bus) {
    let bus = bus.clone();
    use_effect_with(area.clone(), move |node| {
        let listener = node.cast::<Element>().map(|element| {
            let area = element.clone();
            EventListener::new_with_options(&element, "wheel", EventListenerOptions::enable_prevent_default(), move |e| {
                let Some(e) = e.dyn_ref::<WheelEvent>() else { return };
                let lines = if e.delta_mode() == WheelEvent::DOM_DELTA_LINE { 16.0 } else { 1.0 };
                let (dx, dy) = (e.delta_x() * lines, e.delta_y() * lines);
                if e.ctrl_key() || e.meta_key() {
                    e.prevent_default();
                    bus.event(Event::Zoom { factor: (-dy / 240.0).exp() as f32, x: place(&area, f64::from(e.client_x())) });
                } else if e.shift_key() || dx.abs() > dy.abs() {
                    e.prevent_default();
                    bus.event(Event::Pan((if dx == 0.0 { dy } else { dx }) as f32));
                }
            })
        });
        move || drop(listener)
    });
}

/// Width of the column of labels in this window.
pub fn labels() -> f32 {
    if browser::width() < 640.0 { NARROW_LABELS } else { LABELS }
}
