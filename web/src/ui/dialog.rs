//! A modal dialog: the browser's own, so that focus, Escape and inertness come for free.

use super::Button;
use crate::words::tr;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

/// Properties of [`Dialog`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Its heading.
    pub title: AttrValue,
    /// `wide` or nothing.
    #[prop_or_default]
    pub size: Option<AttrValue>,
    /// Called when it closes.
    pub onclose: Callback<()>,
    /// Its content.
    pub children: Html,
}

/// A dialog that is open as long as it is there.
#[component]
pub fn Dialog(props: &Props) -> Html {
    let node = use_node_ref();
    use_effect_with(node.clone(), |node| {
        if let Some(dialog) = node.cast::<HtmlDialogElement>().filter(|d| !d.open()) {
            // It can only fail where it is open already.
            let _ = dialog.show_modal();
        }
    });
    let close = props.onclose.reform(|_: MouseEvent| ());
    let onclose = props.onclose.reform(|_: Event| ());
    let backdrop = {
        let (node, onclose) = (node.clone(), props.onclose.clone());
        Callback::from(move |e: MouseEvent| {
            if e.target() == node.cast::<HtmlDialogElement>().map(Into::into) {
                onclose.emit(());
            }
        })
    };
    html! {
        <dialog ref={node} class="dialog" data-size={props.size.clone()} aria-label={props.title.clone()} {onclose} onclick={backdrop}>
            <header><h2>{ props.title.clone() }</h2><Button kind="icon" icon="close" label={tr("Close")} onclick={close} /></header>
            <div class="dialog-body">{ props.children.clone() }</div>
        </dialog>
    }
}
