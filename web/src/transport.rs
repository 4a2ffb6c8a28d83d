//! The clock in the hand: play, step, seek, speed, squeeze.

use crate::bus::use_bus;
use crate::ui::Button;
use crate::words::tr;
use podglass_playground::view::Transport;
use podglass_playground::{Event, SimTime};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Speeds of the keys 1 to 9.
pub const SPEEDS: [f64; 9] = [0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0];

/// Properties of [`TransportBar`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Its state.
    pub transport: Transport,
}

/// Buttons, speed and time.
#[component]
pub fn TransportBar(props: &Props) -> Html {
    let bus = use_bus();
    let t = &props.transport;
    let (icon, label) = if t.playing { ("pause", tr("Pause (Space)")) } else { ("play", tr("Play (Space)")) };
    let onspeed = {
        let bus = bus.clone();
        Callback::from(move |e: yew::Event| {
            if let Some(speed) = e.target_dyn_into::<HtmlSelectElement>().and_then(|s| s.value().parse().ok()) {
                bus.event(Event::SetSpeed(speed));
            }
        })
    };
    html! {
        <div class="transport" role="toolbar" aria-label={tr("Time")} data-playing={t.playing.to_string()}>
            <Button kind="icon" icon="start" narrow="hide" label={tr("To the start (Home)")} disabled={t.at == SimTime::ZERO} onclick={bus.on(Event::SeekStart)} />
            <Button kind="icon" icon="step-back" label={tr("Step back (,)")} disabled={!t.can_step_back} onclick={bus.on(Event::StepBack)} />
            <Button kind="play" {icon} {label} onclick={bus.on(Event::TogglePlay)} />
            <Button kind="icon" icon="step-forward" label={tr("Step forward (.)")} disabled={!t.can_step_forward} onclick={bus.on(Event::StepForward)} />
            <Button kind="icon" icon="end" narrow="hide" label={tr("To the end (End)")} onclick={bus.on(Event::SeekEnd)} />
            <select class="button speed" aria-label={tr("Speed")} onchange={onspeed}>
                { for SPEEDS.iter().map(|s| html! { <option key={s.to_string()} value={s.to_string()} selected={(s - t.speed).abs() < 1e-9}>{ format!("{s}×") }</option> }) }
            </select>
            <Button icon="squeeze" label={tr("squeeze idle")} title={tr("Long quiet stretches pass quickly")} narrow="hide" pressed={t.squeeze} onclick={bus.on(Event::SetSqueeze(!t.squeeze))} />
            <output class="time" data-testid="time" data-ms={t.at.0.to_string()}>{ t.time.clone() }</output>
            <span class="end">{ tr(format!("of {}", t.end_text)) }</span>
            if t.quiet && t.at >= t.end {
                <Button kind="quiet" label={tr("run on")} title={tr("Nothing more happens by itself. Record another stretch.")} onclick={bus.on(Event::RunOn)} />
            }
        </div>
    }
}

/// The whole run as one slider: reachable with every panel open, by thumb and by keyboard.
#[component]
pub fn Scrubber(props: &Props) -> Html {
    let bus = use_bus();
    let t = &props.transport;
    let oninput = Callback::from(move |e: InputEvent| {
        if let Some(ms) = e.target_dyn_into::<HtmlInputElement>().and_then(|i| i.value().parse().ok()) {
            bus.event(Event::Seek(SimTime(ms)));
        }
    });
    let share = if t.end.0 == 0 { 0.0 } else { t.at.0 as f64 * 100.0 / t.end.0 as f64 };
    html! {
        <input type="range" class="scrubber" aria-label={tr("Time of the run")} min="0" max={t.end.0.max(1).to_string()} step="1" value={t.at.0.to_string()}
            aria-valuetext={tr(format!("{} of {}", t.time, t.end_text))} style={format!("--share:{share:.2}%")} {oninput} />
    }
}
