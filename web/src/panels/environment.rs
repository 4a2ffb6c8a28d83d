//! Environment variables of a container.

use crate::words::tr;
use yew::prelude::*;

/// Properties of [`EnvironmentPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The container.
    pub container: String,
    /// Name and value.
    pub rows: Vec<(String, String)>,
}

/// A table.
#[component]
pub fn EnvironmentPanel(props: &Props) -> Html {
    if props.rows.is_empty() {
        return html! { <p class="empty">{ tr("Select a container that has started, and its environment shows here.") }</p> };
    }
    html! {
        <table class="table mono">
            <caption class="visually-hidden">{ tr(format!("Environment of {}", props.container)) }</caption>
            <thead><tr><th>{ tr("Name") }</th><th>{ tr("Value") }</th></tr></thead>
            <tbody>{ for props.rows.iter().map(|(name, value)| html! { <tr key={name.clone()}><td>{ name.clone() }</td><td class="wide">{ value.clone() }</td></tr> }) }</tbody>
        </table>
    }
}
