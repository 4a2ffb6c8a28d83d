//! Keys: one table for the listener, the help and the palette.

use crate::bus::{Overlay, Ui};
use crate::page::Message;
use crate::transport::SPEEDS;
use podglass_playground::view::TourView;
use podglass_playground::{Event, View};
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// A key and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Shortcut {
    /// Keys as they are printed.
    pub keys: &'static [&'static str],
    /// In words.
    pub words: &'static str,
    /// What it does; none where the key needs more than its name (numbers).
    pub act: Option<fn() -> Act>,
}

/// What a shortcut does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// For the application.
    App(Event),
    /// For the page.
    Ui(Ui),
}

impl From<Act> for Message {
    fn from(act: Act) -> Message {
        match act {
            Act::App(event) => Message::App(event),
            Act::Ui(ui) => Message::Ui(ui),
        }
    }
}

/// All shortcuts.
pub const SHORTCUTS: &[Shortcut] = &[
    Shortcut { keys: &["Space"], words: "Play or pause", act: Some(|| Act::App(Event::TogglePlay)) },
    Shortcut { keys: &["."], words: "Step to the next event", act: Some(|| Act::App(Event::StepForward)) },
    Shortcut { keys: &[","], words: "Step to the previous event", act: Some(|| Act::App(Event::StepBack)) },
    Shortcut { keys: &["→"], words: "One second on", act: Some(|| Act::App(Event::SeekBy(1000))) },
    Shortcut { keys: &["←"], words: "One second back", act: Some(|| Act::App(Event::SeekBy(-1000))) },
    Shortcut { keys: &["Home"], words: "To the start", act: Some(|| Act::App(Event::SeekStart)) },
    Shortcut { keys: &["End"], words: "To the end", act: Some(|| Act::App(Event::SeekEnd)) },
    Shortcut { keys: &["]"], words: "Next marker", act: Some(|| Act::App(Event::NextMarker)) },
    Shortcut { keys: &["["], words: "Previous marker", act: Some(|| Act::App(Event::PreviousMarker)) },
    Shortcut { keys: &["+"], words: "Zoom in", act: None },
    Shortcut { keys: &["-"], words: "Zoom out", act: None },
    Shortcut { keys: &["Shift", "← →"], words: "Move the timeline", act: None },
    Shortcut { keys: &["0"], words: "Show the whole run", act: Some(|| Act::App(Event::Fit)) },
    Shortcut { keys: &["1", "…", "9"], words: "Speed, 0.1× to 100×", act: None },
    Shortcut { keys: &["W"], words: "Why?", act: Some(|| Act::App(Event::AskWhy)) },
    Shortcut { keys: &["X"], words: "What if the selected thing …", act: None },
    Shortcut { keys: &["T"], words: "Timeline", act: Some(|| Act::Ui(Ui::ShowTimeline(true))) },
    Shortcut { keys: &["M"], words: "All the room for the timeline or the open panel", act: Some(|| Act::Ui(Ui::Maximise)) },
    Shortcut { keys: &["E"], words: "Examples and tours", act: Some(|| Act::Ui(Ui::Overlay(Overlay::Gallery))) },
    Shortcut { keys: &["I"], words: "One-minute introduction", act: Some(|| Act::Ui(Ui::Tour("intro".into(), 0))) },
    Shortcut { keys: &["N", "P"], words: "Next and previous step of a tour", act: None },
    Shortcut { keys: &["A", "…", "D"], words: "Predict, in a tour", act: None },
    Shortcut { keys: &["S"], words: "Share this moment", act: Some(|| Act::Ui(Ui::Overlay(Overlay::Share))) },
    Shortcut { keys: &["Ctrl", "Enter"], words: "Apply and run from 0", act: Some(|| Act::App(Event::RunFromStart)) },
    Shortcut { keys: &["Ctrl", "Z"], words: "Take the last change of the run back", act: Some(|| Act::App(Event::Undo)) },
    Shortcut { keys: &["Ctrl", "K"], words: "Command palette", act: Some(|| Act::Ui(Ui::Overlay(Overlay::Palette))) },
    Shortcut { keys: &["?"], words: "Help and keys", act: Some(|| Act::Ui(Ui::Overlay(Overlay::Help))) },
    Shortcut { keys: &["Esc"], words: "Close, or select nothing", act: None },
];

/// What a key means in a tour.
fn of_tour(tour: &TourView, key: &str) -> Option<Message> {
    let glide = crate::tour::glides();
    let event = match key {
        "n" | "N" | "PageDown" if tour.step + 1 == tour.of => return Some(Message::Ui(Ui::LeaveTour)),
        "n" | "N" | "PageDown" => Event::GoToStep { step: tour.step + 1, glide },
        "p" | "P" | "PageUp" => Event::GoToStep { step: tour.step.checked_sub(1)?, glide: false },
        "Escape" => return Some(Message::Ui(Ui::LeaveTour)),
        other => {
            let choice = (0..tour.ask.as_ref()?.choices.len()).find(|i| crate::tour::letter(*i).eq_ignore_ascii_case(other))?;
            Event::Predict { choice, glide }
        }
    };
    Some(Message::App(event))
}

/// What a pressed key means here; nothing while somebody types, or a control wants the key itself.
pub fn message(event: &KeyboardEvent, free: bool, view: &View) -> Option<Message> {
    let key = event.key();
    let command = event.ctrl_key() || event.meta_key();
    if command && key.eq_ignore_ascii_case("k") {
        return Some(Message::Ui(Ui::Overlay(Overlay::Palette)));
    }
    if !free || event.default_prevented() {
        return None;
    }
    let at = event.target().and_then(|t| t.dyn_into::<Element>().ok());
    let inside = |selector: &str| at.as_ref().is_some_and(|e| e.closest(selector).ok().flatten().is_some());
    if command && key == "Enter" {
        return Some(Message::App(Event::RunFromStart));
    }
    if inside("input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=true], dialog, .menu-list") || event.alt_key() {
        return None;
    }
    if command {
        return match key.as_str() {
            "z" => Some(Message::App(Event::Undo)),
            "y" | "Z" => Some(Message::App(Event::Redo)),
            _ => None,
        };
    }
    if let Some(message) = view.tour.as_ref().and_then(|t| of_tour(t, &key)) {
        return Some(message);
    }
    let playhead = view.playhead_x;
    let event = match key.as_str() {
        " " | "Enter" if inside("button, [role=button], a, summary") => return None,
        "ArrowLeft" | "ArrowRight" | "Home" | "End" if inside("input[type=range], [role=tablist], [role=separator]") => return None,
        "+" | "=" => Event::Zoom { factor: 1.6, x: playhead },
        "-" => Event::Zoom { factor: 1.0 / 1.6, x: playhead },
        "ArrowLeft" if event.shift_key() => Event::Pan(-120.0),
        "ArrowRight" if event.shift_key() => Event::Pan(120.0),
        "Escape" => Event::Select(None),
        "x" | "X" => {
            let target = view.selected.clone().filter(|t| t.object().is_some())?;
            let (x, y) = crate::browser::middle_of(&format!("[data-target='{}']", target.id()))?;
            return Some(Message::Ui(Ui::Overlay(Overlay::WhatIf { target, x, y })));
        }
        digit @ ("1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9") => {
            let nth: usize = digit.parse().ok()?;
            Event::SetSpeed(*SPEEDS.get(nth.checked_sub(1)?)?)
        }
        _ => {
            let name = match key.as_str() {
                " " => "Space",
                "ArrowRight" => "→",
                "ArrowLeft" => "←",
                other => other,
            };
            let found = SHORTCUTS.iter().find(|s| matches!(s.keys, [one] if one.eq_ignore_ascii_case(name)))?;
            return found.act.map(|act| act().into());
        }
    };
    Some(Message::App(event))
}
