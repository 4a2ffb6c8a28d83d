//! Changes to this run.

use crate::bus::{Bus, Ui, use_bus};
use crate::ui::{Button, Same};
use crate::words::tr;
use podglass_playground::assumptions::Assumption;
use podglass_playground::view::Change;
use podglass_playground::{Deed, Event, SimTime};
use std::rc::Rc;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Properties of [`ChangesPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Oldest first.
    pub changes: Same<[Change]>,
    /// What the run had to assume.
    pub assumed: Vec<Assumption>,
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
                    <span>{ tr(change.text.clone()) }if let Some(words) = change.refused.clone() { <small>{ words }</small> }</span>
                    { numbers(i, change, &bus) }
                    <Button kind="icon" icon="close" label={tr(format!("Take back: {}", change.text))} onclick={bus.on(Event::RemoveChange(i))} />
                </li>
            }) }</ol>
            { assumptions(&props.assumed, &bus) }
        </div>
    }
}

/// What was assumed, where it stands, and a button to say otherwise.
fn assumptions(assumed: &[Assumption], bus: &Bus) -> Html {
    if assumed.is_empty() {
        return html! {};
    }
    html! {
        <>
        <h3 class="cap">{ tr("Assumed in this run") }</h3>
        <ol data-testid="assumptions">{ for assumed.iter().enumerate().map(|(i, a)| html! {
            <li key={i}>
                <button type="button" class="link" onclick={bus.select(&a.target)}>{ a.who.clone() }</button>
                <span>{ a.text.to_string() }</span>
                if let Some((tab, line)) = a.place { <button type="button" class="link" onclick={bus.on_ui(Ui::GoTo { tab, line, column: 1 })}>{ format!("{} {line}", tr("line")) }</button> }
                if a.instead.is_some() { <Button label={tr("say otherwise")} onclick={bus.on(Event::ReplaceAssumption(i))} /> }
            </li>
        }) }</ol>
        </>
    }
}

/// What of a change can be edited: when it happens, how long something takes, an exit code.
fn numbers(index: usize, change: &Change, bus: &Bus) -> Html {
    let Some(deed) = &change.deed else { return html! {} };
    let field = |label: &'static str, value: String, set: Rc<dyn Fn(f64) -> (SimTime, Deed)>| {
        let bus = bus.clone();
        let onchange = Callback::from(move |e: yew::Event| {
            let number = e.target_dyn_into::<HtmlInputElement>().and_then(|i| i.value().parse::<f64>().ok()).filter(|n| *n >= 0.0 && *n < 1e7);
            if let Some((at, deed)) = number.map(|n| set(n)) {
                bus.event(Event::EditChange { index, at, deed });
            }
        });
        html! { <label key={label}>{ tr(label) }<input class="input" type="number" min="0" step="any" {value} {onchange} /></label> }
    };
    let (at, seconds) = (change.at, |ms: u64| (ms as f64 / 1000.0).to_string());
    let ms = |s: f64| (s * 1000.0).round() as u64;
    let when = {
        let deed = deed.clone();
        field("at (s)", seconds(at.0), Rc::new(move |s| (SimTime(ms(s)), deed.clone())))
    };
    let more = match deed.clone() {
        Deed::RunEnds { pod, container, run, after, code } => {
            let (p, c) = (pod.clone(), container.clone());
            let lasts =
                field("lasts (s)", seconds(after), Rc::new(move |s| (at, Deed::RunEnds { pod: p.clone(), container: c.clone(), run, after: ms(s), code })));
            let code = field(
                "exit code",
                code.to_string(),
                Rc::new(move |n| (at, Deed::RunEnds { pod: pod.clone(), container: container.clone(), run, after, code: (n as i32).min(255) })),
            );
            html! { <>{ lasts }{ code }</> }
        }
        Deed::Exit { pod, container, code } => field(
            "exit code",
            code.to_string(),
            Rc::new(move |n| (at, Deed::Exit { pod: pod.clone(), container: container.clone(), code: (n as i32).min(255) })),
        ),
        Deed::PullTakes { image, ms: took } => field("takes (s)", seconds(took), Rc::new(move |s| (at, Deed::PullTakes { image: image.clone(), ms: ms(s) }))),
        Deed::ProbeFails { pod, container, probe, ms: length } => {
            field("for (s)", seconds(length), Rc::new(move |s| (at, Deed::ProbeFails { pod: pod.clone(), container: container.clone(), probe, ms: ms(s) })))
        }
        _ => html! {},
    };
    html! { <span class="numbers">{ when }{ more }</span> }
}
