//! An icon of the sprite.

use yew::prelude::*;

/// Properties of [`Icon`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Name without `i-`.
    pub name: AttrValue,
    /// Further classes.
    #[prop_or_default]
    pub class: Classes,
}

/// An icon; decoration only, so the words beside it carry the meaning.
#[component]
pub fn Icon(props: &Props) -> Html {
    html! { <svg class={classes!("icon", props.class.clone())} aria-hidden="true"><use href={format!("#i-{}", props.name)} /></svg> }
}
