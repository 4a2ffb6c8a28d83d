//! The page's head, and the switcher at the foot of narrow screens.

use crate::browser::storage;
use crate::bus::{Bus, Overlay, Pane, Theme, Ui, use_bus};
use crate::ui::{Button, Icon, Menu};
use crate::words::{LANGUAGES, tr};
use podglass_playground::Event;
use yew::prelude::*;

/// Properties of [`Header`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The chosen theme.
    pub theme: Theme,
    /// The chosen language.
    pub language: &'static str,
    /// The introduction was taken or left, or a tour is open.
    pub introduced: bool,
    /// Two manifests stand side by side.
    pub comparing: bool,
    /// The recording of a real cluster that belongs to the open example.
    pub recording: Option<&'static str>,
}

/// Name, examples, share, embed, theme, help.
#[component]
pub fn Header(props: &Props) -> Html {
    let bus = use_bus();
    html! {
        <header class="header">
            <h1 class="brand"><svg aria-hidden="true"><use href="#i-logo" /></svg><span>{ "Podglass" }</span></h1>
            <Button label={tr("Examples")} onclick={bus.on_ui(Ui::Overlay(Overlay::Gallery))} />
            <Button label={tr("New")} narrow="hide" title={tr("Start with an empty manifest")} onclick={bus.on(Event::NewScenario)} />
            <Menu label={tr("Compare")}>{ compare_items(props, &bus) }</Menu>
            <span class="grow"></span>
            if storage::works() {
                <span class="hint">{ tr("Runs in this page. Nothing you type leaves it.") }</span>
            } else {
                <span class="hint" data-testid="no-storage">{ tr("This browser keeps nothing for the page: a draft is gone when you leave.") }</span>
            }
            if !props.introduced {
                <Button kind="quiet" icon="help" label={tr("One-minute introduction")} onclick={bus.on_ui(Ui::Tour("intro".into(), 0))} />
            }
            <Button icon="embed" label={tr("Embed")} onclick={bus.on_ui(Ui::Overlay(Overlay::Embed))} />
            <Button kind="primary" icon="share" label={tr("Share this moment")} onclick={bus.on_ui(Ui::Overlay(Overlay::Share))} />
            <Menu label={tr("Theme and language")} icon="theme" end=true>
                { for Theme::ALL.into_iter().map(|theme| html! {
                    <button type="button" key={theme.name()} class="menu-item" data-row="" role="menuitemradio" aria-checked={(theme == props.theme).to_string()} onclick={bus.on_ui(Ui::Theme(theme))}>{ tr(theme.title()) }</button>
                }) }
                <h3 class="cap">{ tr("Language") }</h3>
                { for LANGUAGES.into_iter().map(|(code, name)| html! {
                    <button type="button" key={code} class="menu-item" data-row="" lang={code} role="menuitemradio" aria-checked={(code == props.language).to_string()} onclick={bus.on_ui(Ui::Language(code))}>{ name }</button>
                }) }
            </Menu>
            <Button kind="icon" icon="help" label={tr("Help and keys (?)")} onclick={bus.on_ui(Ui::Overlay(Overlay::Help))} />
        </header>
    }
}

/// With an edited copy, or with what a real cluster did.
fn compare_items(props: &Props, bus: &Bus) -> Html {
    let item = |head: &'static str, more: &'static str, onclick: Callback<MouseEvent>| {
        html! { <button type="button" key={head} class="menu-item" {onclick}><b>{ tr(head) }</b><small>{ tr(more) }</small></button> }
    };
    html! {
        <>
        if props.comparing {
            { item("End the comparison", "The left side stays.", bus.on(Event::Compare(false))) }
        } else {
            { item("With an edited copy", "Two manifests side by side on one clock.", bus.on(Event::Compare(true))) }
        }
        if let Some(name) = props.recording {
            { item("With a real cluster", "This example as Kubernetes 1.37.1 played it, underneath.", bus.on_ui(Ui::Recording(name.to_owned()))) }
        }
        { item("All recordings of a real cluster", "86 scenarios, each with how much agrees.", bus.on_ui(Ui::Recordings)) }
        </>
    }
}

/// Properties of [`Switcher`].
#[derive(PartialEq, Properties)]
pub struct SwitcherProps {
    /// The pane that shows.
    pub pane: Pane,
    /// Number of problems.
    pub problems: usize,
}

/// Chooses the pane of a narrow screen.
#[component]
pub fn Switcher(props: &SwitcherProps) -> Html {
    let bus = use_bus();
    let item = |pane: Pane, icon: &'static str, words: AttrValue| {
        html! {
            <button type="button" aria-current={(pane == props.pane).to_string()} onclick={bus.on_ui(Ui::Pane(pane))}><Icon name={icon} />{ words }</button>
        }
    };
    let manifest = tr(if props.problems == 0 { "Manifest".to_owned() } else { format!("Manifest ({})", props.problems) });
    html! {
        <nav class="switcher" aria-label={tr("Panes")}>
            { item(Pane::Manifest, "lines", manifest) }
            { item(Pane::Stage, "stage", tr("Stage")) }
            { item(Pane::Details, "list", tr("Details")) }
        </nav>
    }
}
