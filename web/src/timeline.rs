//! The timeline: draws [`podglass_playground::scene::Timeline`] and turns pointer and wheel into time.

mod lane;

use crate::browser;
use crate::bus::{Bus, use_bus};
use crate::ui::{Button, Same, px};
use crate::words::tr;
use gloo::events::{EventListener, EventListenerOptions};
use lane::LaneRow;
use podglass_playground::Event;
use podglass_playground::scene::timeline::Break;
use podglass_playground::scene::{Target, Timeline};
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
    /// The playhead's place.
    pub playhead: f32,
    /// What is selected.
    pub selected: Option<Target>,
    /// What the pointer is on.
    pub hovered: Option<Target>,
}

/// Ruler, lanes, playhead.
#[component]
pub fn TimelinePane(props: &Props) -> Html {
    let bus = use_bus();
    let timeline = &props.timeline;
    let area = use_node_ref();
    let dragging = use_state(|| false);
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
        let (dragging, seek, area) = (dragging.clone(), seek.clone(), area.clone());
        Callback::from(move |e: PointerEvent| {
            let on_part = e.target_dyn_into::<Element>().is_some_and(|t| t.closest("[data-record], .lane-label").ok().flatten().is_some());
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
        let (dragging, seek) = (dragging.clone(), seek.clone());
        Callback::from(move |e: PointerEvent| {
            if *dragging {
                seek(&e);
            }
        })
    };
    let onpointerup = {
        let dragging = dragging.clone();
        Callback::from(move |_: PointerEvent| dragging.set(false))
    };
    let zoom = |factor: f32| bus.on(Event::Zoom { factor, x: props.playhead });
    let future = (timeline.width - props.playhead).max(0.0);
    html! {
        <div class="timeline" ref={area} data-dragging={dragging.then_some("")} {onpointerdown} {onpointermove} onpointercancel={onpointerup.clone()} onpointerup={onpointerup}>
            <div class="ruler">
                <div class="lane-label tools">
                    <Button kind="icon" icon="zoom-out" label={tr("Zoom out (-)")} onclick={zoom(0.5)} />
                    <Button kind="icon" icon="fit" label={tr("Show the whole run (0)")} onclick={bus.on(Event::Fit)} />
                    <Button kind="icon" icon="zoom-in" label={tr("Zoom in (+)")} onclick={zoom(2.0)} />
                </div>
                <svg class="ticks" width={px(timeline.width)} height="24" aria-hidden="true">
                    { for timeline.ticks.iter().map(|tick| html! { <text key={tick.at.0.to_string()} x={px(tick.x)} y="16" text-anchor={anchor(tick.x, timeline.width)}>{ tick.label.clone() }</text> }) }
                </svg>
            </div>
            <div class="lanes">
                <svg class="grid" width={px(timeline.width)} height="100%" aria-hidden="true">
                    { for timeline.ticks.iter().map(|tick| html! { <line key={tick.at.0.to_string()} x1={px(tick.x)} x2={px(tick.x)} y1="0" y2="100%" /> }) }
                </svg>
                { for timeline.lanes.iter().map(|lane| html! {
                    <LaneRow key={lane.target.id()} lane={lane.clone()} width={timeline.width} selected={props.selected.clone()} hovered={props.hovered.as_ref() == Some(&lane.target)} />
                }) }
                { for timeline.breaks.iter().enumerate().map(|(i, b)| html! {
                    <div key={b.from.0.to_string()} class="break" data-side={(b.x + 80.0 > timeline.width).then_some("end")} style={format!("left:calc(var(--labels) + {:.1}px);width:{:.1}px", b.x, b.w)} title={b.label.clone()}><span>{ break_words(timeline, i) }</span></div>
                }) }
                <div class="future" style={format!("left:calc(var(--labels) + {:.1}px);width:{future:.1}px", props.playhead)}></div>
            </div>
            <div class="playhead" style={format!("transform:translateX({:.1}px)", props.playhead)} data-testid="playhead"><svg width="16" height="14" viewBox="0 0 16 14" aria-hidden="true"><path d="M1 0h14v7l-7 6-7-6z" /></svg></div>
        </div>
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
    let labels = area.query_selector(".lane-label").ok().flatten().map_or(f64::from(LABELS), |l| l.get_bounding_client_rect().width());
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
