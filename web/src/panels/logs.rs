//! Logs.

use crate::bus::use_bus;
use crate::words::tr;
use podglass_playground::Event;
use podglass_playground::view::LogView;
use web_sys::HtmlElement;
use yew::prelude::*;

/// Properties of [`LogsPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The log.
    pub log: LogView,
}

/// A container's log, or all of the Pod merged; it follows the newest line.
#[component]
pub fn LogsPanel(props: &Props) -> Html {
    let bus = use_bus();
    let log = &props.log;
    let node = use_node_ref();
    use_effect_with((node.clone(), log.lines.len()), |(node, _)| {
        if let Some(list) = node.cast::<HtmlElement>() {
            list.set_scroll_top(list.scroll_height());
        }
    });
    let choose = |container: Option<String>, label: String| {
        let pressed = log.chosen == container;
        html! { <button type="button" key={label.clone()} class="choice" aria-pressed={pressed.to_string()} onclick={bus.on(Event::ShowLog { container, previous: false })}>{ label }</button> }
    };
    html! {
        <div class="split">
            <div class="choices" role="group" aria-label={tr("Container")}>
                { choose(None, tr("all").to_string()) }
                { for log.containers.iter().map(|c| choose(Some(c.clone()), c.clone())) }
                if log.has_previous {
                    <button type="button" class="choice" aria-pressed={log.previous.to_string()} onclick={bus.on(Event::ShowLog { container: log.chosen.clone(), previous: !log.previous })}>{ tr("previous run") }</button>
                }
            </div>
            <div class="log mono" ref={node} data-testid="log" tabindex="0" role="log" aria-live="off" aria-label={tr(format!("Log of {}", log.chosen.as_deref().unwrap_or(&log.pod)))}>
                if log.lines.is_empty() { <p class="empty">{ log.empty.clone() }</p> }
                { for log.lines.iter().enumerate().map(|(i, line)| html! {
                    <div key={i} class="log-line" data-stderr={line.stderr.then_some("")}>
                        <span class="at">{ format!("{:.1} s", line.at.secs()) }</span>
                        if log.chosen.is_none() { <span class="from">{ line.container.to_string() }</span> }
                        <span class="text">{ line.text.to_string() }</span>
                    </div>
                }) }
            </div>
        </div>
    }
}
