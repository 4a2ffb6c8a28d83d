//! Sockets, lookups and requests.

use crate::bus::use_bus;
use crate::words::tr;
use podglass_playground::view::NetworkView;
use yew::prelude::*;

/// Properties of [`NetworkPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The network.
    pub network: NetworkView,
}

/// Who listens, and what was asked and answered.
#[component]
pub fn NetworkPanel(props: &Props) -> Html {
    let bus = use_bus();
    let network = &props.network;
    html! {
        <div class="network">
            <section>
                <h3 class="cap">{ tr("Listening ") }<span>{ tr(format!("in {} {}", network.pod, network.ip)) }</span></h3>
                if network.sockets.is_empty() { <p class="mute">{ tr("No process listens yet.") }</p> }
                else {
                    <table class="table" data-testid="sockets"><thead><tr><th>{ tr("Address") }</th><th>{ tr("Container") }</th><th>{ tr("Program") }</th><th>{ tr("Since") }</th></tr></thead>
                    <tbody>{ for network.sockets.iter().map(|s| html! {
                        <tr key={format!("{}{}", s.address, s.container)}><td><button type="button" class="link mono" onclick={bus.select(&s.target)}>{ s.address.clone() }</button></td><td>{ s.container.clone() }</td>
                        <td class="mono">{ s.program.clone() }if s.assumed { <span class="chip" data-kind="assumed">{ tr("assumed") }</span> }</td><td class="num">{ s.since.clone() }</td></tr>
                    }) }</tbody></table>
                }
            </section>
            <section>
                <h3 class="cap">{ tr("Traffic") }</h3>
                if network.traffic.is_empty() { <p class="mute">{ tr("Nothing was asked yet.") }</p> }
                else {
                    <table class="table" data-testid="traffic"><thead><tr><th>{ tr("At") }</th><th>{ tr("From") }</th><th>{ tr("What") }</th><th>{ tr("Result") }</th></tr></thead>
                    <tbody>{ for network.traffic.iter().enumerate().map(|(i, t)| html! {
                        <tr key={i} data-kind={t.failed.then_some("Warning")}><td class="num"><button type="button" class="link num" onclick={bus.seek(t.at)}>{ format!("{:.1} s", t.at.secs()) }</button></td><td>{ t.container.clone() }</td>
                        <td class="mono wide">{ t.what.clone() }</td><td class="mono">{ t.result.clone() }</td></tr>
                    }) }</tbody></table>
                }
            </section>
        </div>
    }
}
