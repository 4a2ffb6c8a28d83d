//! A container's card.

use super::{icon::StateIcon, probe::ProbeDots};
use crate::bus::use_bus;
use crate::ui::px;
use crate::words::tr;
use podglass_playground::scene::{
    Icon,
    stage::{ContainerPart, Place},
};
use yew::prelude::*;

/// Properties of [`Card`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The container.
    pub part: ContainerPart,
    /// Whether it is selected.
    pub selected: bool,
    /// Whether the pointer is on it, here or in another pane.
    pub hovered: bool,
}

/// Shape, icon, word and colour of one container; a click selects it everywhere.
#[component]
pub fn Card(props: &Props) -> Html {
    let bus = use_bus();
    let part = &props.part;
    let r = part.rect;
    let (place, step) = match part.place {
        Place::Init(n) => ("init", n.to_string()),
        Place::Sidecar(n) => ("sidecar", n.to_string()),
        Place::App(_) => ("app", String::new()),
        Place::Ephemeral => ("ephemeral", String::new()),
    };
    let badge = part.restarts > 0;
    html! {
        <g class="card" transform={format!("translate({:.1} {:.1})", r.x, r.y)} tabindex="0" role="button"
            aria-label={part.title.clone()} aria-pressed={props.selected.to_string()}
            data-target={part.target.id()} data-role={part.role.name()} data-icon={part.icon.name()} data-place={place}
            data-selected={props.selected.then_some("")} data-hovered={props.hovered.then_some("")}
            onclick={bus.select(&part.target)} onkeydown={bus.select_by_key(&part.target)} oncontextmenu={bus.what_if_at(&part.target)}
            onpointerenter={bus.hover(Some(&part.target))} onpointerleave={bus.hover(None)}>
            <title>{ part.title.clone() }</title>
            <rect class="face" width={px(r.w)} height={px(r.h)} rx="10" />
            <StateIcon icon={part.icon} x={22.0} y={24.0} />
            <text class="t-name" x="40" y="21">{ part.name.clone() }</text>
            <text class="t-mono" x="40" y="38">{ part.image.clone() }</text>
            <text class="t-line" x="14" y="64">{ part.line.clone() }</text>
            <text class={if part.detail_mono { "t-mono" } else { "t-small" }} x="14" y="81">{ part.detail.clone() }</text>
            if badge {
                <g transform={format!("translate({:.1} 8)", r.w - 38.0)} class="badge">
                    <rect width="30" height="18" rx="9" /><text x="15" y="13" text-anchor="middle">{ format!("↻{}", part.restarts) }</text>
                </g>
            } else if !step.is_empty() {
                <text class="t-small" x={px(r.w - 14.0)} y="21" text-anchor="end">{ step }</text>
            }
            if part.assumed {
                <g transform={format!("translate({:.1} {})", r.w - 68.0, if part.probes.is_empty() { 53 } else { 28 })} class="assumed">
                    <rect width="58" height="16" rx="8" /><text x="29" y="11.5" text-anchor="middle">{ tr("assumed") }</text>
                </g>
            }
            { for part.probes.iter().map(|p| html! { <ProbeDots key={p.label} part={p.clone()} card={(r.x, r.y)} /> }) }
            if let Some(share) = part.progress {
                <rect class="bar-track" x="14" y={px(r.h - 6.0)} width={px(r.w - 28.0)} height="3" rx="1.5" />
                <rect class="bar" x="14" y={px(r.h - 6.0)} width={px((r.w - 28.0) * share.clamp(0.0, 1.0))} height="3" rx="1.5" data-kind={matches!(part.icon, Icon::Filling(_)).then_some("pull")} />
            }
            <g class="card-more" aria-hidden="true" data-menu={part.target.id()}
                transform={format!("translate({:.1} {:.1})", r.w - 32.0, r.h - 32.0)} onclick={bus.what_if(&part.target)}>
                <title>{ tr(format!("What if… ({})", part.name)) }</title>
                <rect width="26" height="26" rx="6" />
                <use href="#i-bolt" x="5" y="5" width="16" height="16" />
            </g>
        </g>
    }
}
