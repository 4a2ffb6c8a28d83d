//! What `kubectl get` and `kubectl get -o yaml` show at this time.

use crate::bus::use_bus;
use crate::words::tr;
use podglass_playground::view::StatusView;
use yew::prelude::*;

/// Properties of [`StatusPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Rows and YAML.
    pub status: StatusView,
}

/// The table, then the YAML with what the last step changed.
#[component]
pub fn StatusPanel(props: &Props) -> Html {
    let bus = use_bus();
    let status = &props.status;
    html! {
        <div class="status">
            <table class="table mono" data-testid="get-pods">
                <thead><tr>{ for status.heads.iter().map(|h| html! { <th key={h.clone()}>{ h.clone() }</th> }) }</tr></thead>
                <tbody>{ for status.rows.iter().map(|row| html! {
                    <tr key={row.target.id()} data-role={row.role.name()}>{ for row.cells.iter().enumerate().map(|(i, cell)| html! {
                        <td key={i}>if i == 0 { <button type="button" class="link" onclick={bus.select(&row.target)}>{ cell.clone() }</button> } else { { cell.clone() } }</td>
                    }) }</tr>
                }) }</tbody>
            </table>
            if !status.yaml.is_empty() {
                <pre class="yaml" tabindex="0" aria-label={tr(format!("YAML of {}", status.name))} data-testid="yaml">{ for status.yaml.lines().enumerate().map(|(i, line)| html! {
                    <span key={i} data-changed={status.changed.contains(&i).then_some("")}>{ line.to_owned() }{ "\n" }</span>
                }) }</pre>
            }
        </div>
    }
}
