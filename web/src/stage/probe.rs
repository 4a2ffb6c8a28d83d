//! A probe's last results as dots at a container's edge.

use crate::ui::px;
use podglass_playground::scene::stage::{Dot, ProbePart};
use yew::prelude::*;

/// Properties of [`ProbeDots`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The probe.
    pub part: ProbePart,
    /// Where the card stands.
    pub card: (f32, f32),
}

/// Filled success, crossed failure, hollow pending.
#[component]
pub fn ProbeDots(props: &Props) -> Html {
    let part = &props.part;
    let (x, y) = (part.at.x - props.card.0, part.at.y - props.card.1);
    html! {
        <g class="probe">
            <title>{ part.title.clone() }</title>
            { for part.dots.iter().enumerate().map(|(i, dot)| {
                let cx = x + i as f32 * 9.0 + 3.2;
                match dot {
                    Dot::Pending => html! { <circle key={i} class="dot" data-dot="pending" cx={px(cx)} cy={px(y)} r="3" /> },
                    Dot::Success => html! { <circle key={i} class="dot" data-dot="success" cx={px(cx)} cy={px(y)} r="3.2" /> },
                    Dot::Failure => html! { <path key={i} class="dot" data-dot="failure" d={format!("M{:.1} {:.1}l5 5m0 -5l-5 5", cx - 2.5, y - 2.5)} /> },
                }
            }) }
            <text class="t-small" x={px(x + part.dots.len() as f32 * 9.0 + 4.0)} y={px(y + 4.0)}>{ part.label }</text>
        </g>
    }
}
