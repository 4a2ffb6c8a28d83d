//! Events as `kubectl events` prints them.

use crate::bus::use_bus;
use crate::words::tr;
use podglass_playground::Event;
use podglass_playground::scene::Target;
use podglass_playground::view::EventRow;
use yew::prelude::*;

/// Properties of [`EventsPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Oldest first.
    pub rows: Vec<EventRow>,
}

/// A table; a click selects the record and goes to its time.
#[component]
pub fn EventsPanel(props: &Props) -> Html {
    let bus = use_bus();
    if props.rows.is_empty() {
        return html! { <p class="empty">{ tr("No events yet.") }</p> };
    }
    html! {
        <table class="table" data-testid="events">
            <thead><tr><th>{ tr("Last seen") }</th><th>{ tr("Type") }</th><th>{ tr("Reason") }</th><th>{ tr("Object") }</th><th>{ tr("Message") }</th></tr></thead>
            <tbody>
            { for props.rows.iter().enumerate().map(|(i, row)| {
                let (select, seek) = (bus.on::<MouseEvent>(Event::Select(Some(Target::Record(row.record)))), bus.on::<MouseEvent>(Event::Seek(row.at)));
                let onclick = Callback::from(move |e: MouseEvent| { seek.emit(e.clone()); select.emit(e); });
                html! {
                    <tr key={i} data-kind={row.kind.clone()} data-reason={row.reason.clone()} data-now={row.now.then_some("")}>
                        <td class="num mono">{ row.age.clone() }</td><td>{ row.kind.clone() }</td>
                        <td><button type="button" class="link" {onclick}>{ row.reason.clone() }</button></td>
                        <td class="mono">{ row.object.clone() }</td><td class="wide">{ row.message.clone() }</td>
                    </tr>
                }
            }) }
            </tbody>
        </table>
    }
}
