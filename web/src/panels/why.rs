//! One sentence, then the chain of causes.

use crate::bus::{Ui, use_bus};
use crate::ui::Words;
use crate::words::tr;
use podglass_playground::Event;
use podglass_playground::scene::why::LinkKind;
use podglass_playground::view::{WhyLink, WhyView};
use yew::prelude::*;

/// Properties of [`WhyPanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The answer.
    pub why: WhyView,
}

/// The answer and what leads to it, nearest cause first.
#[component]
pub fn WhyPanel(props: &Props) -> Html {
    if props.why.answer.is_empty() && props.why.links.is_empty() {
        return html! { <p class="empty">{ tr("Select a container, a volume, a port or an event, and this says why it is as it is.") }</p> };
    }
    html! {
        <div class="why" data-testid="why">
            <p class="answer"><Words sentence={props.why.answer.clone()} /></p>
            <ol class="chain">{ for props.why.links.iter().enumerate().map(|(i, link)| html! { <Link key={i} link={link.clone()} /> }) }</ol>
        </div>
    }
}

/// Properties of [`Link`].
#[derive(PartialEq, Properties)]
pub struct LinkProps {
    /// The link.
    pub link: WhyLink,
}

/// A link of the chain, with the places it leads to.
#[component]
pub fn Link(props: &LinkProps) -> Html {
    let bus = use_bus();
    let link = &props.link;
    let (kind, word) = match link.kind {
        LinkKind::Record => ("record", "happened"),
        LinkKind::Manifest => ("manifest", "manifest"),
        LinkKind::Rule => ("rule", "rule"),
        LinkKind::Assumption => ("assumption", "assumed"),
        LinkKind::Action => ("action", "your change"),
        LinkKind::Advice => ("advice", "try this"),
    };
    html! {
        <li data-kind={kind}>
            <div><b><Words sentence={link.head.clone()} /></b>if !link.body.is_empty() { <p>{ link.body.clone() }</p> }</div>
            <div class="places">
                <span class="chip">{ tr(word) }</span>
                if let Some((tab, line)) = link.line { <button type="button" class="link" onclick={bus.on_ui(Ui::GoTo { tab, line, column: 1 })}>{ tr(format!("line {line}")) }</button> }
                if let Some(at) = link.at { <button type="button" class="link" onclick={bus.on(Event::Seek(at))}>{ format!("{:.1} s", at.secs()) }</button> }
                if let Some(target) = &link.target { <button type="button" class="link" onclick={bus.select(target)}>{ tr("show") }</button> }
            </div>
        </li>
    }
}
