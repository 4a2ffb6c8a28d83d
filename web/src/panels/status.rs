//! What `kubectl get` and `kubectl get -o yaml` show at this time.

use crate::bus::use_bus;
use crate::words::tr;
use podglass_playground::view::{RequestStep, StatusView};
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
            if !status.requests.is_empty() { { staircase(&status.requests) } }
            if !status.yaml.is_empty() {
                <pre class="yaml" tabindex="0" aria-label={tr(format!("YAML of {}", status.name))} data-testid="yaml">{ for status.yaml.lines().enumerate().map(|(i, line)| html! {
                    <span key={i} data-changed={status.changed.contains(&i).then_some("")}>{ line.to_owned() }{ "\n" }</span>
                }) }</pre>
            }
        </div>
    }
}

/// What is requested together, step by step of the start.
fn staircase(steps: &[RequestStep]) -> Html {
    html! {
        <table class="table requests" data-testid="requests">
            <caption>{ tr("What the containers that run together request; the highest amounts are what the scheduler reserves.") }</caption>
            <thead><tr><th>{ tr("Containers") }</th><th>{ "cpu" }</th><th>{ "memory" }</th></tr></thead>
            <tbody>{ for steps.iter().enumerate().map(|(i, step)| html! {
                <tr key={i} data-now={step.now.then_some("")}>
                    <td>{ step.running.clone() }</td>
                    { for step.amounts.iter().map(|a| html! {
                        <td class="mono" data-highest={a.highest.then_some("")}>
                            <span class="bar" style={format!("inline-size: {:.0}%", a.share * 100.0)}></span>
                            <span>{ a.text.clone() }</span>
                        </td>
                    }) }
                </tr>
            }) }</tbody>
        </table>
    }
}
