//! The stage: draws [`podglass_playground::scene::Stage`] as it is laid out there.

pub mod board;
pub mod card;
pub mod gate;
pub mod icon;
pub mod outside;
pub mod pod;
pub mod probe;
pub mod travel;
pub mod volume;
pub mod wire;

use crate::bus::{Bus, Overlay, Ui, use_bus};
use crate::ui::{Button, Same, Words, px};
use crate::words::tr;
use outside::{OutsideCard, PodTile};
use podglass_playground::Event;
use podglass_playground::scene::{Icon as Sign, Role, Sentence, Stage, Target};
use podglass_playground::view::Notice;
use yew::prelude::*;

/// Properties of [`StagePane`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// What stands on it.
    pub stage: Same<Stage>,
    /// What is selected.
    pub selected: Option<Target>,
    /// What the pointer is on.
    pub hovered: Option<Target>,
    /// The text has errors: this is the last good run.
    pub stale: bool,
    /// Something that must be told.
    pub notice: Option<Notice>,
    /// Which side of a comparison it is.
    #[prop_or_default]
    pub caption: Option<AttrValue>,
}

/// The stage with its notices and its legend.
#[component]
pub fn StagePane(props: &Props) -> Html {
    let bus = use_bus();
    let stage = &props.stage;
    let is = |target: &Target| props.selected.as_ref() == Some(target);
    let (width, height) = (stage.width.max(1.0), stage.height.max(1.0));
    html! {
        <div class="stage" data-stale={props.stale.then_some("")} onclick={bus.on(Event::Select(None))}>
            if let Some(caption) = &props.caption { <h2 class="cap">{ caption.clone() }</h2> } else { <h2 class="visually-hidden">{ tr("Stage") }</h2> }
            if let Some(notice) = &props.notice {
                <div class="notice" role="alert">
                    <div><b>{ notice.text.clone() }</b><p>{ notice.help.clone() }</p></div>
                    <Button kind="icon" icon="close" label={tr("Dismiss")} onclick={bus.on(Event::DismissNotice)} />
                </div>
            }
            if props.stale { <p class="stale">{ if stage.empty.is_some() { tr("The manifest has errors, so nothing runs. They are listed beside it.") } else { tr("The manifest has errors. This is the last run without them.") } }</p> }
            if let Some(text) = stage.empty.as_ref().filter(|_| !props.stale) { { blank(text, &bus) } }
            <svg class="stage-svg" width={px(width)} height={px(height)} viewBox={format!("0 0 {width:.1} {height:.1}")} role="group" aria-label={tr("What the cluster does now")}>
                { heads() }
                { for stage.arrows.iter().enumerate().map(|(i, wire)| html! { <wire::WireLine key={i} wire={wire.clone()} /> }) }
                { for stage.outside.iter().map(|part| html! { <OutsideCard key={part.target.id()} part={part.clone()} selected={is(&part.target)} /> }) }
                { for stage.pods.iter().map(|part| html! { <pod::PodFrame key={part.target.id()} part={part.clone()} selected={props.selected.clone()} hovered={props.hovered.clone()} /> }) }
                { for stage.tiles.iter().map(|tile| html! { <PodTile key={tile.target.id()} tile={tile.clone()} selected={is(&tile.target)} /> }) }
            </svg>
            <ul class="legend" aria-label={tr("Signs on the stage")}>
                { for stage.legend.iter().map(|role| html! {
                    <li key={role.name()} data-role={role.name()}><svg width="14" height="14" viewBox="0 0 20 20" aria-hidden="true"><icon::StateIcon icon={sign(*role)} /></svg>{ tr(role_words(*role)) }</li>
                }) }
            </ul>
        </div>
    }
}

/// Nothing runs: what can be done about it.
fn blank(text: &str, bus: &Bus) -> Html {
    html! {
        <div class="blank" data-testid="blank">
            <svg viewBox="0 0 132 84" aria-hidden="true"><rect x="1" y="1" width="130" height="82" rx="12" stroke-dasharray="5 4" /><rect x="14" y="18" width="40" height="24" rx="5" stroke-dasharray="4 3" /><path d="M58 30h12" /><rect x="78" y="18" width="40" height="24" rx="5" stroke-dasharray="4 3" /><path d="M14 60h104" /></svg>
            <h2>{ text.to_owned() }</h2>
            <p>{ tr("A manifest runs as soon as it is valid. A file can be dropped anywhere on the page.") }</p>
            <div class="row">
                <Button kind="primary" label={tr("Open an example")} onclick={bus.on_ui(Ui::Overlay(Overlay::Gallery))} />
                <Button label={tr("One-minute introduction")} onclick={bus.on_ui(Ui::Tour("intro".into(), 0))} />
            </div>
        </div>
    }
}

/// The sign of a role in a legend.
pub fn sign(role: Role) -> Sign {
    match role {
        Role::Pulling => Sign::Filling(0.55),
        Role::Terminating => Sign::Fading(0.6),
        other => other.icon(),
    }
}

/// A role in words.
pub fn role_words(role: Role) -> &'static str {
    match role {
        Role::Waiting => "waiting",
        Role::Starting => "starting",
        Role::Pulling => "pulling the image",
        Role::Running => "running",
        Role::NotReady => "running, not ready",
        Role::Completed => "ended with 0",
        Role::Failed => "failed",
        Role::BackOff => "back-off: waits to try again",
        Role::Terminating => "terminating",
    }
}

/// Arrow heads.
fn heads() -> Html {
    let head = |id: &'static str, class: &'static str| {
        html! {
            <marker {id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class={class} d="M0,0L8,4L0,8z" /></marker>
        }
    };
    html! { <defs>{ head("head", "head") }{ head("head-act", "head-act") }{ head("head-fail", "head-fail") }</defs> }
}

/// Properties of [`Narration`].
#[derive(PartialEq, Properties)]
pub struct NarrationProps {
    /// What just happened.
    pub sentence: Same<Sentence>,
    /// How far the computing has come.
    pub computing: Option<f32>,
}

/// One sentence about what just happened and who waits for it.
#[component]
pub fn Narration(props: &NarrationProps) -> Html {
    let bus = use_bus();
    html! {
        <div class="say">
            <svg class="say-sign" width="18" height="18" viewBox="0 0 20 20" aria-hidden="true"><use href="#s-clock" /></svg>
            <p class="say-text" data-testid="narration" title={props.sentence.plain()}><Words sentence={(*props.sentence).clone()} /></p>
            if let Some(share) = props.computing { <progress class="computing" max="1" value={share.to_string()} aria-label={tr("Computing the run")} /> }
            <Button icon="why" label={tr("Why?")} title={tr("Why? (W)")} onclick={bus.on(Event::AskWhy)} />
        </div>
    }
}
