//! A volume as a cylinder with its files.

use crate::bus::use_bus;
use crate::ui::px;
use podglass_playground::scene::stage::VolumePart;
use yew::prelude::*;

/// Properties of [`Cylinder`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The volume.
    pub part: VolumePart,
    /// Whether it is selected.
    pub selected: bool,
    /// Whether the pointer is on it.
    pub hovered: bool,
}

/// One volume.
#[component]
pub fn Cylinder(props: &Props) -> Html {
    let bus = use_bus();
    let part = &props.part;
    let (w, h) = (part.rect.w, part.rect.h);
    let (rx, ry) = (w / 2.0, 13.0);
    html! {
        <g class="volume" transform={format!("translate({:.1} {:.1})", part.rect.x, part.rect.y)} tabindex="0" role="button"
            aria-label={part.title.clone()} aria-pressed={props.selected.to_string()} data-target={part.target.id()} data-missing={part.missing.then_some("")}
            data-selected={props.selected.then_some("")} data-hovered={props.hovered.then_some("")}
            onclick={bus.select(&part.target)} onkeydown={bus.select_by_key(&part.target)}
            onpointerenter={bus.hover(Some(&part.target))} onpointerleave={bus.hover(None)}>
            <title>{ part.title.clone() }</title>
            <path class="face" d={format!("M0.5 {ry}V{:.1}C0.5 {:.1} {w:.1} {:.1} {w:.1} {:.1}V{ry}", h - ry, h + 2.0, h + 2.0, h - ry)} />
            <ellipse class="lid" cx={px(rx + 0.25)} cy={px(ry + 0.5)} rx={px(rx - 0.25)} ry={px(ry)} />
            <text class="vol-name" x={px(rx)} y="17.5" text-anchor="middle">{ part.label.clone() }</text>
            { for part.files.iter().map(|file| html! {
                <text key={file.name.clone()} class="t-mono file" data-fresh={file.fresh.then_some("")} x={px(file.at.x - part.rect.x)} y={px(file.at.y - part.rect.y)}>
                    { file.name.clone() }
                    if !file.note.is_empty() { <tspan class="note" dx="8">{ file.note.clone() }</tspan> }
                </text>
            }) }
            <text class="t-small" x="16" y={px(h - 14.0)}>{ part.mounted.clone() }</text>
        </g>
    }
}
