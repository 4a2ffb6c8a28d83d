//! Sockets, lookups and requests.

use crate::bus::use_bus;
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
                <h3 class="cap">{ "Listening " }<span>{ format!("in {} {}", network.pod, network.ip) }</span></h3>
                if network.sockets.is_empty() { <p class="mute">{ "No process listens yet." }</p> }
                else {
                    <table class="table" data-testid="sockets"><thead><tr><th>{ "Address" }</th><th>{ "Container" }</th><th>{ "Program" }</th><th>{ "Since" }</th></tr></thead>
                    <tbody>{ for network.sockets.iter().map(|s| html! {
                        <tr key={format!("{}{}", s.address, s.container)}><td><button type="button" class="link mono" onclick={bus.select(&s.target)}>{ s.address.clone() }</button></td><td>{ s.container.clone() }</td>
                        <td class="mono">{ s.program.clone() }if s.assumed { <span class="chip" data-kind="assumed">{ "assumed" }</span> }</td><td class="num">{ s.since.clone() }</td></tr>
                    }) }</tbody></table>
                }
            </section>
            <section>
                <h3 class="cap">{ "Traffic" }</h3>
                if network.traffic.is_empty() { <p class="mute">{ "Nothing was asked yet." }</p> }
                else {
                    <table class="table" data-testid="traffic"><thead><tr><th>{ "At" }</th><th>{ "From" }</th><th>{ "What" }</th><th>{ "Result" }</th></tr></thead>
                    <tbody>{ for network.traffic.iter().enumerate().map(|(i, t)| html! {
                        <tr key={i} data-kind={t.failed.then_some("Warning")}><td class="num"><button type="button" class="link num" onclick={bus.seek(t.at)}>{ format!("{:.1} s", t.at.secs()) }</button></td><td>{ t.container.clone() }</td>
                        <td class="mono wide">{ t.what.clone() }</td><td class="mono">{ t.result.clone() }</td></tr>
                    }) }</tbody></table>
                }
            </section>
        </div>
    }
}
