//! The page's head, and the switcher at the foot of narrow screens.

use crate::bus::{Overlay, Pane, Theme, Ui, use_bus};
use crate::ui::{Button, Icon, Menu, Same};
use crate::words::tr;
use podglass_playground::Event;
use podglass_playground::view::ExampleEntry;
use yew::prelude::*;

/// Properties of [`Header`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Examples.
    pub examples: Same<[ExampleEntry]>,
    /// The chosen theme.
    pub theme: Theme,
}

/// Name, examples, share, embed, theme, help.
#[component]
pub fn Header(props: &Props) -> Html {
    let bus = use_bus();
    html! {
        <header class="header">
            <h1 class="brand"><svg aria-hidden="true"><use href="#i-logo" /></svg><span>{ "Podglass" }</span></h1>
            <Menu label={tr("Examples")} wide=true><ExampleItems examples={props.examples.clone()} /></Menu>
            <Button label={tr("New")} narrow="hide" title={tr("Start with an empty manifest")} onclick={bus.on(Event::NewScenario)} />
            <span class="grow"></span>
            <span class="hint">{ tr("Runs in this page. Nothing you type leaves it.") }</span>
            <Button icon="embed" label={tr("Embed")} onclick={bus.on_ui(Ui::Overlay(Overlay::Embed))} />
            <Button kind="primary" icon="share" label={tr("Share this moment")} onclick={bus.on_ui(Ui::Overlay(Overlay::Share))} />
            <Menu label={tr("Theme")} icon="theme" end=true>
                { for Theme::ALL.into_iter().map(|theme| html! {
                    <button type="button" key={theme.name()} class="menu-item" data-row="" role="menuitemradio" aria-checked={(theme == props.theme).to_string()} onclick={bus.on_ui(Ui::Theme(theme))}>{ tr(theme.title()) }</button>
                }) }
            </Menu>
            <Button kind="icon" icon="help" label={tr("Help and keys (?)")} onclick={bus.on_ui(Ui::Overlay(Overlay::Help))} />
        </header>
    }
}

/// Properties of [`ExampleItems`].
#[derive(PartialEq, Properties)]
pub struct ExamplesProps {
    /// Examples.
    pub examples: Same<[ExampleEntry]>,
}

/// Examples by group, each with its sentence.
#[component]
pub fn ExampleItems(props: &ExamplesProps) -> Html {
    let bus = use_bus();
    let mut groups: Vec<&'static str> = Vec::new();
    for example in props.examples.iter() {
        if !groups.contains(&example.group) {
            groups.push(example.group);
        }
    }
    html! {
        <>
        { for groups.into_iter().map(|group| html! {
            <div key={group} role="group" aria-label={group}>
                <h3 class="cap">{ tr(group) }</h3>
                { for props.examples.iter().filter(|e| e.group == group).map(|e| html! {
                    <button type="button" key={e.id} class="menu-item" data-example={e.id} onclick={bus.on(Event::OpenExample(e.id.to_owned()))}>
                        <b>{ tr(e.title) }</b><small>{ tr(e.sentence) }</small>
                    </button>
                }) }
            </div>
        }) }
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
