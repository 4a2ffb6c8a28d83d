//! A write or a read on its way.

use super::wire::{along, path};
use crate::ui::px;
use podglass_playground::scene::stage::Travel;
use yew::prelude::*;

/// Properties of [`TravelDot`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// What travels.
    pub travel: Travel,
}

/// A dot on its path with the file's name beside it.
#[component]
pub fn TravelDot(props: &Props) -> Html {
    let travel = &props.travel;
    let Some(at) = along(&travel.points, travel.progress) else { return html! {} };
    html! {
        <g class="travel" data-kind={if travel.write { "write" } else { "read" }}>
            <path d={path(&travel.points, 8.0)} />
            <circle cx={px(at.x)} cy={px(at.y)} r="5" />
            <text class="t-small" x={px(at.x + 9.0)} y={px(at.y - 7.0)}>{ travel.file.clone() }</text>
        </g>
    }
}
