//! Logs.

use crate::bus::use_bus;
use crate::ui::Button;
use crate::words::tr;
use podglass_playground::Event;
use podglass_playground::view::{LogRow, LogView};
use web_sys::HtmlElement;
use yew::prelude::*;

/// Properties of [`LogsPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The log.
    pub log: LogView,
}

/// A container's log, or all of the Pod merged; it follows the newest line as long as that is wanted.
#[component]
pub fn LogsPanel(props: &Props) -> Html {
    let bus = use_bus();
    let log = &props.log;
    let node = use_node_ref();
    let (words, follow) = (use_state(String::new), use_state(|| true));
    use_effect_with((node.clone(), log.lines.len(), *follow), |(node, _, follow)| {
        if let Some(list) = node.cast::<HtmlElement>().filter(|_| *follow) {
            list.set_scroll_top(list.scroll_height());
        }
    });
    let oninput = {
        let words = words.clone();
        Callback::from(move |e: InputEvent| words.set(crate::ui::typed(&e).to_lowercase()))
    };
    let onfollow = {
        let follow = follow.clone();
        Callback::from(move |_: MouseEvent| follow.set(!*follow))
    };
    let choose = |container: Option<String>, label: String| {
        let pressed = log.chosen == container;
        html! { <button type="button" key={label.clone()} class="choice" aria-pressed={pressed.to_string()} onclick={bus.on(Event::ShowLog { container, previous: false })}>{ label }</button> }
    };
    let shown: Vec<(usize, &LogRow)> =
        log.lines.iter().enumerate().filter(|(_, l)| words.is_empty() || l.text.to_lowercase().contains(words.as_str())).collect();
    html! {
        <div class="split">
            <div class="choices" role="group" aria-label={tr("Container")}>
                { choose(None, tr("all").to_string()) }
                { for log.containers.iter().map(|c| choose(Some(c.clone()), c.clone())) }
                if log.has_previous {
                    <button type="button" class="choice" aria-pressed={log.previous.to_string()} onclick={bus.on(Event::ShowLog { container: log.chosen.clone(), previous: !log.previous })}>{ tr("previous run") }</button>
                }
            </div>
            <div class="log-pane">
                <div class="log-tools">
                    <input class="input" type="search" placeholder={tr("Search in the log")} aria-label={tr("Search in the log")} {oninput} />
                    if !words.is_empty() { <span class="mute" role="status">{ tr(format!("{} of {} lines", shown.len(), log.lines.len())) }</span> }
                    <span class="grow"></span>
                    <Button label={tr("follow")} title={tr("Keep the newest line in view")} pressed={*follow} onclick={onfollow} />
                </div>
                <div class="log mono" ref={node} data-testid="log" tabindex="0" role="log" aria-live="off" aria-label={tr(format!("Log of {}", log.chosen.as_deref().unwrap_or(&log.pod)))}>
                    if log.lines.is_empty() { <p class="empty">{ log.empty.clone() }</p> }
                    { for shown.into_iter().map(|(i, line)| html! {
                        <div key={i} class="log-line" data-stderr={line.stderr.then_some("")}>
                            <button type="button" class="at link" onclick={bus.seek(line.at)}>{ format!("{:.1} s", line.at.secs()) }</button>
                            if log.chosen.is_none() { <span class="from">{ line.container.to_string() }</span> }
                            <span class="text">{ line.text.to_string() }</span>
                        </div>
                    }) }
                </div>
            </div>
        </div>
    }
}
