//! A button.

use super::Icon;
use yew::prelude::*;

/// Properties of [`Button`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Its words, also for screen readers where only an icon shows.
    pub label: AttrValue,
    /// Tooltip; the words where there is none.
    #[prop_or_default]
    pub title: Option<AttrValue>,
    /// Icon.
    #[prop_or_default]
    pub icon: Option<AttrValue>,
    /// `primary`, `quiet`, `icon` (no words), `play`.
    #[prop_or_default]
    pub kind: AttrValue,
    /// `hide`: not on narrow screens.
    #[prop_or_default]
    pub narrow: Option<AttrValue>,
    /// Whether it is held down.
    #[prop_or_default]
    pub pressed: Option<bool>,
    /// Whether it does nothing now.
    #[prop_or_default]
    pub disabled: bool,
    /// What it does.
    pub onclick: Callback<MouseEvent>,
    /// Further content, after the words.
    #[prop_or_default]
    pub children: Html,
}

/// A button.
#[component]
pub fn Button(props: &Props) -> Html {
    let bare = matches!(props.kind.as_str(), "icon" | "play");
    html! {
        <button type="button" class="button" data-kind={props.kind.clone()} data-narrow={props.narrow.clone()} disabled={props.disabled}
            aria-label={bare.then(|| props.label.clone())} aria-pressed={props.pressed.map(|p| p.to_string())}
            title={props.title.clone().or_else(|| bare.then(|| props.label.clone()))} onclick={props.onclick.clone()}>
            if let Some(name) = props.icon.clone() { <Icon {name} /> }
            if !bare { <span class={props.icon.is_some().then_some("wide")}>{ props.label.clone() }</span> }
            { props.children.clone() }
        </button>
    }
}
