//! A sentence whose names can be clicked.

use crate::bus::use_bus;
use podglass_playground::scene::{Piece, Sentence};
use yew::prelude::*;

/// Properties of [`Words`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The sentence.
    pub sentence: Sentence,
}

/// Words, with names in bold that select what they name.
#[component]
pub fn Words(props: &Props) -> Html {
    let bus = use_bus();
    html! {
        <>
        { for props.sentence.0.iter().map(|piece| match piece {
            Piece::Text(text) => html! { <>{ text.clone() }</> },
            Piece::Name { text, target } => html! {
                <button type="button" class="name" onclick={bus.select(target)} onpointerenter={bus.hover(Some(target))} onpointerleave={bus.hover(None)}>{ text.clone() }</button>
            },
        }) }
        </>
    }
}
