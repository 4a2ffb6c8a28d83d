//! Keys and signs.

use crate::bus::{Overlay, Ui, use_bus};
use crate::keys::SHORTCUTS;
use crate::stage::{icon::StateIcon, role_words, sign};
use crate::ui::{Button, Dialog};
use crate::words::tr;
use podglass_playground::scene::Role;
use yew::prelude::*;

/// Properties of [`HelpDialog`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Closes the dialog.
    pub onclose: Callback<()>,
}

/// What the signs mean, which keys there are, and what is true.
#[component]
pub fn HelpDialog(props: &Props) -> Html {
    let bus = use_bus();
    html! {
        <Dialog title={tr("Help")} size="wide" onclose={props.onclose.clone()}>
            <p>{ tr("Paste a manifest on the left; a cluster in this page runs it. One frame is one Pod: one address, shared ports and volumes. Init containers are a chain that ends at a gate; app containers are peers behind it. Dashed is declared, solid is real. Click anything to select it everywhere, press W to ask why.") }</p>
            <div class="row"><Button kind="primary" label={tr("One-minute introduction")} onclick={bus.on_ui(Ui::Tour("intro".into(), 0))} /><Button label={tr("Examples and tours")} onclick={bus.on_ui(Ui::Overlay(Overlay::Gallery))} /><a class="link" href="#style" target="_blank">{ tr("Every sign and part") }</a></div>
            <section><h3 class="cap">{ tr("Signs") }</h3>
                <ul class="legend">{ for Role::ALL.into_iter().map(|role| html! {
                    <li key={role.name()} data-role={role.name()}><svg width="16" height="16" viewBox="0 0 20 20" aria-hidden="true"><StateIcon icon={sign(role)} /></svg>{ tr(role_words(role)) }</li>
                }) }</ul>
            </section>
            <section><h3 class="cap">{ tr("Keys") }</h3>
                <div class="keys">{ for SHORTCUTS.iter().map(|s| html! {
                    <div key={s.words}><span>{ tr(s.words) }</span><span>{ for s.keys.iter().map(|k| html! { <kbd key={*k}>{ *k }</kbd> }) }</span></div>
                }) }</div>
            </section>
            <section><h3 class="cap">{ tr("How true is this?") }</h3>
                <p>{ tr("What Kubernetes decides follows its rules and is measured against recordings of a real 1.37 cluster; the figures stand in the README. What an image does is a catalogue entry, an interpreted script, or an assumption: whatever is assumed says so.") }</p>
            </section>
        </Dialog>
    }
}
