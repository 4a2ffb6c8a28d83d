//! The card of a guided tour: what to see now, and questions that the run answers.

use crate::browser;
use crate::bus::{Bus, Ui};
use crate::ui::{Button, Words};
use crate::words::tr;
use podglass_playground::Event;
use podglass_playground::view::{AskView, TourView};
use yew::prelude::*;

/// The card; it stands above the narration and covers nothing.
pub fn card(tour: &TourView, bus: &Bus) -> Html {
    let (glide, step) = (glides(), tour.step);
    let last = step + 1 == tour.of;
    let open = tour.ask.as_ref().is_some_and(|a| a.why.is_none());
    html! {
        <section class="tour" aria-label={tour.title.clone()} data-testid="tour" data-step={step.to_string()} data-moving={tour.moving.then_some("")}>
            <div class="tour-text">
                <h2 class="cap">{ tour.title.clone() }<span>{ format!(" · {} / {}", step + 1, tour.of) }</span></h2>
                if tour.ask.as_ref().is_none_or(|a| a.question != tour.text) { <p aria-live="polite">{ marked(&tour.text) }</p> }
                if let Some(a) = &tour.ask { { ask(a, bus) } }
            </div>
            <div class="tour-steps">
                <progress max={tour.of.to_string()} value={(step + 1).to_string()} aria-label={tr("Steps of the tour")}></progress>
                <div class="row">
                    <Button label={tr("Back")} title={tr("Previous step (P)")} disabled={step == 0} onclick={bus.on(Event::GoToStep { step: step.saturating_sub(1), glide: false })} />
                    <Button kind={if open { "" } else { "primary" }} label={tr(if last { "Done" } else { "Next" })} title={tr("Next step (N)")} onclick={next(bus, step, glide, last)} />
                </div>
                <Button kind="quiet" label={tr("Leave the tour")} onclick={bus.on_ui(Ui::LeaveTour)} />
            </div>
        </section>
    }
}

fn next(bus: &Bus, step: usize, glide: bool, last: bool) -> Callback<MouseEvent> {
    if last { bus.on_ui(Ui::LeaveTour) } else { bus.on(Event::GoToStep { step: step + 1, glide }) }
}

/// A question: its choices, then what came of it and why, in the engine's own words.
fn ask(ask: &AskView, bus: &Bus) -> Html {
    let right = ask.choices.iter().any(|c| c.chosen && c.held == Some(true));
    html! {
        <>
        <p class="tour-question">{ marked(&ask.question) }</p>
        <ol class="tour-choices">{ for ask.choices.iter().enumerate().map(|(i, c)| html! {
            <li key={i}><button type="button" class="tour-choice" aria-pressed={c.chosen.to_string()} data-held={c.held.map(|h| h.to_string())} onclick={bus.on(Event::Predict { choice: i, glide: glides() })}>
                <kbd>{ letter(i) }</kbd><span>{ marked(&c.text) }</span>
                if c.held == Some(true) { <em>{ tr("this happened") }</em> }
            </button></li>
        }) }</ol>
        if let Some(why) = &ask.why {
            <div class="tour-answer" data-testid="tour-answer" data-right={right.to_string()}>
                <p><b>{ tr(if right { "Right." } else { "Not what happened." }) }</b>{ " " }<Words sentence={why.answer.clone()} /></p>
                <ul>{ for why.links.iter().take(3).enumerate().map(|(i, link)| html! { <li key={i}><Words sentence={link.head.clone()} /></li> }) }</ul>
            </div>
        }
        </>
    }
}

/// A, B, C, …
pub fn letter(index: usize) -> String {
    char::from(b'A' + (index % 26) as u8).to_string()
}

/// Whether the way to a step is played: not for those who asked for less motion.
pub fn glides() -> bool {
    !browser::matches("(prefers-reduced-motion: reduce)")
}

/// `**bold**` and `` `code` `` in a text.
fn marked(text: &str) -> Html {
    let pieces = text.split('`').enumerate().map(|(i, piece)| {
        if i % 2 == 1 {
            return html! { <code>{ piece }</code> };
        }
        html! { <>{ for piece.split("**").enumerate().map(|(j, p)| if j % 2 == 1 { html! { <b>{ p }</b> } } else { html! { <>{ p }</> } }) }</> }
    });
    html! { <>{ for pieces }</> }
}
