//! Changes to this run.

use crate::bus::use_bus;
use crate::ui::{Button, Same};
use crate::words::tr;
use podglass_playground::Event;
use podglass_playground::view::Change;
use yew::prelude::*;

/// Properties of [`ChangesPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Oldest first.
    pub changes: Same<[Change]>,
    /// Whether the last one can be taken back.
    pub can_undo: bool,
    /// Whether one can be done again.
    pub can_redo: bool,
}

/// The list; each change can be taken back on its own.
#[component]
pub fn ChangesPanel(props: &Props) -> Html {
    let bus = use_bus();
    html! {
        <div class="changes" data-testid="changes">
            <div class="row">
                <Button icon="undo" label={tr("Undo")} disabled={!props.can_undo} onclick={bus.on(Event::Undo)} />
                <Button label={tr("Redo")} disabled={!props.can_redo} onclick={bus.on(Event::Redo)} />
            </div>
            if props.changes.is_empty() {
                <p class="empty">{ tr("Nothing was changed. Point at a container and press the bolt, or use the right mouse button: let it exit, kill it, make its image fail …") }</p>
            }
            <ol>{ for props.changes.iter().enumerate().map(|(i, change)| html! {
                <li key={i} data-refused={change.refused.is_some().then_some("")}>
                    <button type="button" class="link num mono" onclick={bus.seek(change.at)}>{ change.time.clone() }</button>
                    <span>{ change.text.clone() }if let Some(words) = change.refused.clone() { <small>{ words }</small> }</span>
                    <Button kind="icon" icon="close" label={tr(format!("Take back: {}", change.text))} onclick={bus.on(Event::RemoveChange(i))} />
                </li>
            }) }</ol>
        </div>
    }
}
