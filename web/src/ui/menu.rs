//! A button that opens a list.

use super::Icon;
use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Properties of [`Menu`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Words on the button, also for screen readers.
    pub label: AttrValue,
    /// Icon in place of the words.
    #[prop_or_default]
    pub icon: Option<AttrValue>,
    /// The list hangs from the button's right edge.
    #[prop_or_default]
    pub end: bool,
    /// The list is wide.
    #[prop_or_default]
    pub wide: bool,
    /// The items: `.menu-item` buttons.
    pub children: Html,
}

/// A menu button. A choice, Escape or a click elsewhere closes it; arrows move in it.
#[component]
pub fn Menu(props: &Props) -> Html {
    let open = use_state(|| false);
    let node = use_node_ref();
    {
        let open = open.clone();
        let node = node.clone();
        use_effect_with(*open, move |is_open| {
            let listener = is_open.then(|| {
                if let Some(first) = node.cast::<Element>().and_then(|n| n.query_selector(".menu-list [aria-current=true], .menu-item").ok().flatten()) {
                    focus(&first);
                }
                let document = gloo_document();
                EventListener::new(&document, "pointerdown", move |e| {
                    let inside = node.cast::<Element>().zip(e.target().and_then(|t| t.dyn_into::<Element>().ok())).is_some_and(|(n, t)| n.contains(Some(&t)));
                    if !inside {
                        open.set(false);
                    }
                })
            });
            move || drop(listener)
        });
    }
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let chosen = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(false))
    };
    let onkeydown = {
        let (open, node) = (open.clone(), node.clone());
        Callback::from(move |e: KeyboardEvent| {
            let Some(root) = node.cast::<Element>().filter(|_| *open) else { return };
            match e.key().as_str() {
                "Escape" => {
                    e.stop_propagation();
                    open.set(false);
                    if let Ok(Some(button)) = root.query_selector("button") {
                        focus(&button);
                    }
                }
                "ArrowDown" => step(&root, 1, &e),
                "ArrowUp" => step(&root, -1, &e),
                _ => {}
            }
        })
    };
    let bare = props.icon.is_some();
    html! {
        <div class="menu" ref={node} {onkeydown}>
            <button type="button" class="button" data-kind={bare.then_some("icon")} aria-haspopup="true" aria-expanded={open.to_string()}
                aria-label={bare.then(|| props.label.clone())} title={bare.then(|| props.label.clone())} onclick={toggle}>
                if let Some(name) = props.icon.clone() { <Icon {name} /> } else { { props.label.clone() } <svg class="icon caret" aria-hidden="true"><use href="#i-caret" /></svg> }
            </button>
            if *open {
                <div class="menu-list" data-end={props.end.then_some("")} data-wide={props.wide.then_some("")} onclick={chosen}>{ props.children.clone() }</div>
            }
        </div>
    }
}

fn gloo_document() -> web_sys::EventTarget {
    crate::browser::document().into()
}

fn focus(element: &Element) {
    if let Some(e) = element.dyn_ref::<HtmlElement>() {
        // An element that cannot have the focus keeps it where it is.
        let _ = e.focus();
    }
}

/// Moves the focus among the items.
fn step(root: &Element, by: i32, event: &KeyboardEvent) {
    event.prevent_default();
    event.stop_propagation();
    let Ok(items) = root.query_selector_all(".menu-item") else { return };
    let active = crate::browser::document().active_element();
    let count = items.length() as i32;
    let at = (0..count).find(|i| items.item(*i as u32).and_then(|n| n.dyn_into::<Element>().ok()) == active);
    let next = at.map_or(0, |i| (i + by).rem_euclid(count.max(1)));
    if let Some(element) = items.item(next as u32).and_then(|n| n.dyn_into::<Element>().ok()) {
        focus(&element);
    }
}
