//! A terminal whose `kubectl` acts on the cluster at the playhead's time.

use crate::bus::{Ui, use_bus};
use crate::page::Message;
use crate::words::tr;
use podglass_playground::Event;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// Properties of [`TerminalPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// What was printed.
    pub lines: Vec<AttrValue>,
}

/// Output above, a prompt below, a history on the arrow keys.
#[component]
pub fn TerminalPanel(props: &Props) -> Html {
    let bus = use_bus();
    let node = use_node_ref();
    let history = use_state(Vec::<String>::new);
    let place = use_state(|| 0_usize);
    use_effect_with((node.clone(), props.lines.len()), |(node, _)| {
        if let Some(list) = node.cast::<HtmlElement>() {
            list.set_scroll_top(list.scroll_height());
        }
    });
    let onkeydown = Callback::from(move |e: KeyboardEvent| {
        let Some(input) = e.target_dyn_into::<HtmlInputElement>() else { return };
        let recall = |to: usize| {
            input.set_value(history.get(to).map_or("", String::as_str));
            place.set(to);
        };
        match e.key().as_str() {
            "Enter" => {
                let line = input.value();
                input.set_value("");
                if line.trim() == "clear" {
                    bus.ui(Ui::ClearTerminal);
                } else if !line.trim().is_empty() {
                    bus.ui(Ui::Print(format!("$ {line}\n")));
                    bus.event(Event::EnterCommand(line.clone()));
                }
                let mut next = (*history).clone();
                if !line.trim().is_empty() && next.last() != Some(&line) {
                    next.push(line);
                }
                place.set(next.len());
                history.set(next);
            }
            "Tab" if !e.shift_key() && !input.value().is_empty() => bus.0.emit(Message::Complete(input)),
            "c" | "C" if e.ctrl_key() && input.selection_start().ok() == input.selection_end().ok() => {
                bus.ui(Ui::Print(format!("$ {}^C\n", input.value())));
                input.set_value("");
                place.set(history.len());
            }
            "l" if e.ctrl_key() => bus.ui(Ui::ClearTerminal),
            "ArrowUp" if *place > 0 => recall(*place - 1),
            "ArrowDown" if *place < history.len() => recall(*place + 1),
            _ => return,
        }
        e.prevent_default();
    });
    html! {
        <div class="terminal mono" ref={node} data-testid="terminal">
            <pre role="log" aria-label={tr("Output")}>{ for props.lines.iter().enumerate().map(|(i, line)| html! { <span key={i}>{ line.clone() }</span> }) }</pre>
            <label class="prompt"><span aria-hidden="true">{ "$" }</span><input type="text" aria-label={tr("Command")} placeholder="kubectl get pods" autocomplete="off" autocapitalize="off" spellcheck="false" {onkeydown} /></label>
        </div>
    }
}
