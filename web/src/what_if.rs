//! What could be otherwise with a container or a Pod.

use crate::browser;
use crate::bus::use_bus;
use crate::ui::Same;
use crate::words::tr;
use gloo::events::EventListener;
use podglass_playground::manifest::Kind;
use podglass_playground::scene::stage::{ContainerPart, Stage};
use podglass_playground::scene::{Role, Target};
use podglass_playground::view::Panel;
use podglass_playground::{Deed, Event};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// Properties of [`WhatIfMenu`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The thing.
    pub target: Target,
    /// Where the pointer was.
    pub x: i32,
    /// Where the pointer was.
    pub y: i32,
    /// The stage, which knows what state the thing is in.
    pub stage: Same<Stage>,
    /// Closes the menu.
    pub onclose: Callback<()>,
}

/// A menu beside the pointer. Each choice changes the run at the playhead and can be undone.
#[component]
pub fn WhatIfMenu(props: &Props) -> Html {
    let bus = use_bus();
    let node = use_node_ref();
    let (after, code) = (use_node_ref(), use_node_ref());
    {
        let onclose = props.onclose.clone();
        use_effect_with(node.clone(), move |node| {
            if let Some(first) =
                node.cast::<Element>().and_then(|n| n.query_selector(".menu-item").ok().flatten()).and_then(|e| e.dyn_into::<HtmlElement>().ok())
            {
                // A menu item can always have the focus.
                let _ = first.focus();
            }
            let (node, document) = (node.clone(), browser::document());
            let closing = onclose.clone();
            let pointer = EventListener::new(&document, "pointerdown", move |e| {
                let inside = node.cast::<Element>().zip(e.target().and_then(|t| t.dyn_into::<Element>().ok())).is_some_and(|(n, t)| n.contains(Some(&t)));
                if !inside {
                    closing.emit(());
                }
            });
            let keys = EventListener::new(&document, "keydown", move |e| {
                if e.dyn_ref::<KeyboardEvent>().is_some_and(|e| e.key() == "Escape") {
                    onclose.emit(());
                }
            });
            move || drop((pointer, keys))
        });
    }
    let Some(key) = props.target.object().cloned() else { return html! {} };
    let act = |deed: Deed| {
        let (bus, onclose) = (bus.clone(), props.onclose.clone());
        Callback::from(move |_: MouseEvent| {
            onclose.emit(());
            bus.event(Event::Do(deed.clone()));
        })
    };
    let item = |words: &str, note: &str, deed: Deed| {
        html! {
            <button type="button" key={words.to_owned()} class="menu-item" onclick={act(deed)}><b>{ tr(words.to_owned()) }</b>if !note.is_empty() { <small>{ tr(note.to_owned()) }</small> }</button>
        }
    };
    // Kept inside the window.
    let (w, h) = (browser::width() as i32, browser::height() as i32);
    let style = format!("left:{}px;top:{}px", props.x.clamp(8, (w - 320).max(8)), props.y.clamp(8, (h - 470).max(8)));
    let body = match &props.target {
        Target::Container { pod, container } => {
            let (pod, container) = (pod.clone(), container.clone());
            let part = find(&props.stage, &props.target);
            let alive = part.is_none_or(|p| matches!(p.role, Role::Running | Role::NotReady | Role::Terminating));
            let on_form = {
                let (bus, onclose, pod, container, after, code) =
                    (bus.clone(), props.onclose.clone(), pod.clone(), container.clone(), after.clone(), code.clone());
                Callback::from(move |e: SubmitEvent| {
                    e.prevent_default();
                    let number = |node: &NodeRef| node.cast::<HtmlInputElement>().and_then(|i| i.value().parse::<f64>().ok());
                    let (seconds, code) = (number(&after).unwrap_or(1.0).max(0.0), number(&code).unwrap_or(1.0) as i32);
                    onclose.emit(());
                    bus.event(Event::Do(Deed::RunEnds { pod: pod.clone(), container: container.clone(), run: None, after: (seconds * 1000.0) as u64, code }));
                })
            };
            html! {
                <>
                <h3 class="cap">{ tr("What if ") }<span>{ container.clone() }</span></h3>
                if alive {
                    { item("exits with 1 now", "PID 1 ends; restartPolicy decides what follows", Deed::Exit { pod: pod.clone(), container: container.clone(), code: 1 }) }
                    { item("exits with 0 now", "", Deed::Exit { pod: pod.clone(), container: container.clone(), code: 0 }) }
                    { item("is killed for memory", "OOMKilled, exit 137", Deed::KillForMemory { pod: pod.clone(), container: container.clone() }) }
                    { item("hangs", "stays, but does nothing any more", Deed::Hang { pod: pod.clone(), container: container.clone() }) }
                    { item("ignores SIGTERM", "the grace period runs out", Deed::IgnoreTerm { pod: pod.clone(), container: container.clone() }) }
                } else {
                    <p class="menu-note">{ tr("It does not run now. What is set here counts for its next runs.") }</p>
                }
                <form class="menu-form" onsubmit={on_form}>
                    <span>{ tr("every run ends after") }</span><input ref={after} class="input" type="number" min="0" step="0.1" value="2" aria-label={tr("Seconds")} />
                    <span>{ tr("s with code") }</span><input ref={code} class="input" type="number" min="0" max="255" value="1" aria-label={tr("Exit code")} />
                    <button type="submit" class="button">{ tr("Set") }</button>
                </form>
                if let Some(part) = part {
                    { for part.probes.iter().map(|p| item(&format!("its {} probe fails for 60 s", p.label), "", Deed::ProbeFails { pod: pod.clone(), container: container.clone(), probe: p.probe, ms: 60_000 })) }
                    if !part.image.contains('…') {
                        { item("its image is missing", "counts from the next pull", Deed::PullFails { image: part.image.clone() }) }
                        { item("its image takes 20 s to pull", "", Deed::PullTakes { image: part.image.clone(), ms: 20_000 }) }
                    }
                }
                </>
            }
        }
        _ => html! { <h3 class="cap">{ tr("What if ") }<span>{ key.name.clone() }</span></h3> },
    };
    html! {
        <div class="menu-list what-if" ref={node} {style} role="dialog" aria-label={tr("What if")} data-testid="what-if">
            { body }
            if key.kind == Kind::Pod {
                { item("loses its sandbox", "as after a restart of its node: everything starts anew", Deed::LoseSandbox { pod: key.clone() }) }
            }
            { item("delete it", "kubectl delete, with the grace period of the manifest", Deed::Delete { key, grace_period: None }) }
            <button type="button" class="menu-item" onclick={let (b, c) = (bus.clone(), props.onclose.clone()); Callback::from(move |_: MouseEvent| { c.emit(()); b.event(Event::OpenPanel(Panel::Changes)); })}><small>{ tr("Changes to this run …") }</small></button>
        </div>
    }
}

fn find<'a>(stage: &'a Stage, target: &Target) -> Option<&'a ContainerPart> {
    stage.pods.iter().flat_map(|p| &p.containers).find(|c| c.target == *target)
}
