//! What stands outside the Pods: Services, controllers, ConfigMaps, and Pods as tiles.

use super::icon::StateIcon;
use crate::bus::use_bus;
use crate::ui::px;
use podglass_playground::scene::stage::{Band, OutsidePart, Tile};
use yew::prelude::*;

/// Properties of [`OutsideCard`].
#[derive(PartialEq, Properties)]
pub struct OutsideProps {
    /// The thing.
    pub part: OutsidePart,
    /// Whether it is selected.
    pub selected: bool,
}

/// An object outside the Pods.
#[component]
pub fn OutsideCard(props: &OutsideProps) -> Html {
    let bus = use_bus();
    let part = &props.part;
    let (w, h) = (part.rect.w, part.rect.h);
    html! {
        <g class="outside" transform={format!("translate({:.1} {:.1})", part.rect.x, part.rect.y)} tabindex="0" role="button" aria-label={part.title.clone()}
            aria-pressed={props.selected.to_string()} data-target={part.target.id()} data-role={part.role.name()} data-kind={part.kind} data-selected={props.selected.then_some("")}
            onclick={bus.select(&part.target)} onkeydown={bus.select_by_key(&part.target)}>
            <title>{ part.title.clone() }</title>
            <rect class="face" width={px(w)} height={px(h)} rx="10" />
            <text class="t-cap" x="14" y="18">{ part.kind.to_uppercase() }</text>
            <text class="t-name" x="14" y="36">{ part.name.clone() }</text>
            <text class="t-small" x="14" y="54">{ part.line.clone() }</text>
            if let Some(band) = &part.band { { rollout(band, part) } }
        </g>
    }
}

/// What a rollout may do, and what is there.
fn rollout(band: &Band, part: &OutsidePart) -> Html {
    let (x, y, h) = (band.rect.x - part.rect.x, band.rect.y - part.rect.y, band.rect.h);
    let bar = |from: u32, count: u32, kind: &'static str| {
        html! {
            <rect class="rollout" data-kind={kind} x={px(x + from as f32 * band.unit)} y={px(y)} width={px((count as f32 * band.unit - 1.0).max(0.0))} rx="3" height={px(h)} />
        }
    };
    html! {
        <g>
            <rect class="allowed" x={px(x + band.at_least as f32 * band.unit)} y={px(y - 4.0)} width={px(band.at_most.saturating_sub(band.at_least) as f32 * band.unit)} height={px(h + 8.0)} rx="4" />
            { bar(0, band.available, "available") }
            { bar(band.available, band.starting, "starting") }
            { bar(band.available + band.starting, band.stopping, "stopping") }
            <text class="t-small" x={px(x)} y={px(y + h + 16.0)}>{ band.label.clone() }</text>
        </g>
    }
}

/// Properties of [`PodTile`].
#[derive(PartialEq, Properties)]
pub struct TileProps {
    /// The Pod.
    pub tile: Tile,
    /// Whether it is selected.
    pub selected: bool,
}

/// A Pod as a tile, or as a point where it has no words.
#[component]
pub fn PodTile(props: &TileProps) -> Html {
    let bus = use_bus();
    let tile = &props.tile;
    let (w, h) = (tile.rect.w, tile.rect.h);
    let bare = tile.name.is_empty();
    html! {
        <g class="tile" transform={format!("translate({:.1} {:.1})", tile.rect.x, tile.rect.y)} tabindex={if bare { "-1" } else { "0" }} role="button" aria-label={tile.title.clone()}
            aria-pressed={props.selected.to_string()} data-target={tile.target.id()} data-role={tile.role.name()} data-status={tile.status.clone()} data-selected={props.selected.then_some("")}
            onclick={bus.select(&tile.target)} onkeydown={bus.select_by_key(&tile.target)}>
            <title>{ tile.title.clone() }</title>
            <rect class="face" width={px(w)} height={px(h)} rx={px((w.min(h) / 5.0).min(9.0))} />
            if bare {
                <StateIcon icon={tile.icon} x={w / 2.0} y={h / 2.0} size={(w.min(h) - 4.0).max(4.0)} />
            } else {
                <StateIcon icon={tile.icon} x={19.0} y={19.0} size={18.0} />
                <text class="t-name" x="34" y="18">{ tile.name.clone() }</text>
                <text class="t-small" x="34" y="33">{ format!("{} {}", tile.status, tile.ready) }</text>
            }
        </g>
    }
}
