//! Everything by name.

use super::TourEntry;
use crate::bus::{Overlay, Theme, Ui, use_bus};
use crate::keys::{Act, SHORTCUTS};
use crate::ui::{Dialog, Same};
use crate::words::{LANGUAGES, tr};
use podglass_playground::Event;
use podglass_playground::view::{ExampleEntry, Panel};
use yew::prelude::*;

/// Properties of [`Palette`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Examples.
    pub examples: Same<[ExampleEntry]>,
    /// Tours.
    pub tours: Same<[TourEntry]>,
    /// Closes the palette.
    pub onclose: Callback<()>,
}

/// A field and what matches it.
#[component]
pub fn Palette(props: &Props) -> Html {
    let bus = use_bus();
    let words = use_state(String::new);
    let chosen = use_state(|| 0_usize);
    let found: Vec<(String, Act)> = entries(&props.examples, &props.tours).into_iter().filter(|(name, _)| matches(name, &words)).take(12).collect();
    let at = (*chosen).min(found.len().saturating_sub(1));
    let go = {
        let (bus, onclose) = (bus.clone(), props.onclose.clone());
        move |act: Act| {
            onclose.emit(());
            bus.0.emit(act.into());
        }
    };
    let oninput = {
        let (words, chosen) = (words.clone(), chosen.clone());
        Callback::from(move |e: InputEvent| {
            words.set(crate::ui::typed(&e));
            chosen.set(0);
        })
    };
    let onkeydown = {
        let (found, go, chosen) = (found.clone(), go.clone(), chosen.clone());
        Callback::from(move |e: KeyboardEvent| {
            match e.key().as_str() {
                "ArrowDown" => chosen.set((at + 1).min(found.len().saturating_sub(1))),
                "ArrowUp" => chosen.set(at.saturating_sub(1)),
                "Enter" => {
                    if let Some((_, act)) = found.get(at) {
                        go(act.clone());
                    }
                }
                _ => return,
            }
            e.prevent_default();
        })
    };
    html! {
        <Dialog title={tr("Commands")} onclose={props.onclose.clone()}>
            <input class="input" type="search" placeholder={tr("Type what you want to do")} aria-label={tr("Command")} autofocus=true {oninput} {onkeydown} />
            <ul class="palette" role="listbox" aria-label={tr("Commands")}>{ for found.iter().enumerate().map(|(i, (name, act))| {
                let (go, act) = (go.clone(), act.clone());
                html! { <li key={name.clone()} class="menu-item" role="option" aria-selected={(i == at).to_string()} data-chosen={(i == at).then_some("")} onclick={Callback::from(move |_: MouseEvent| go(act.clone()))}>{ name.clone() }</li> }
            }) }</ul>
        </Dialog>
    }
}

fn entries(examples: &[ExampleEntry], tours: &[TourEntry]) -> Vec<(String, Act)> {
    let mut all: Vec<(String, Act)> =
        SHORTCUTS.iter().filter_map(|s| Some((tr(s.words).to_string(), s.act?()))).filter(|(_, act)| *act != Act::Ui(Ui::Overlay(Overlay::Palette))).collect();
    all.push((tr("Embed this moment").to_string(), Act::Ui(Ui::Overlay(Overlay::Embed))));
    all.push((tr("Empty manifest").to_string(), Act::App(Event::NewScenario)));
    all.extend(Panel::ALL.into_iter().map(|p| (format!("{}: {}", tr("Panel"), tr(p.title())), Act::App(Event::OpenPanel(p)))));
    all.extend(Theme::ALL.into_iter().map(|t| (format!("{}: {}", tr("Theme"), tr(t.title())), Act::Ui(Ui::Theme(t)))));
    all.extend(LANGUAGES.into_iter().map(|(code, name)| (format!("{}: {name}", tr("Language")), Act::Ui(Ui::Language(code)))));
    all.extend(tours.iter().map(|t| (format!("{}: {}", tr("Tour"), t.title), Act::Ui(Ui::Tour(t.id.clone(), 0)))));
    all.extend(examples.iter().map(|e| (format!("{}: {}", tr("Example"), tr(e.title)), Act::App(Event::OpenExample(e.id.to_owned())))));
    all
}

/// Every word must be in the name.
fn matches(name: &str, words: &str) -> bool {
    let name = name.to_lowercase();
    words.to_lowercase().split_whitespace().all(|w| name.contains(w))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn words_match_in_any_order() {
        assert!(matches("Example: Two init containers", "init two"));
        assert!(!matches("Example: Two init containers", "init three"));
        assert!(matches("anything", ""));
    }
}
