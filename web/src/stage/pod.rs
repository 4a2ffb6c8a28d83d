//! A Pod in full: one frame; what is inside shares its address, ports and volumes.

use super::{board::NetworkBoard, card::Card, gate::GateBar, icon::StateIcon, travel::TravelDot, volume::Cylinder, wire::WireLine};
use crate::bus::use_bus;
use crate::ui::px;
use podglass_playground::scene::{Icon, Role, Target, geometry::text_width, stage::PodPart};
use yew::prelude::*;

/// Properties of [`PodFrame`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The Pod.
    pub part: PodPart,
    /// What is selected.
    pub selected: Option<Target>,
    /// What the pointer is on.
    pub hovered: Option<Target>,
}

/// The frame with everything in it.
#[component]
pub fn PodFrame(props: &Props) -> Html {
    let bus = use_bus();
    let part = &props.part;
    let r = part.rect;
    let is = |target: &Target| props.selected.as_ref() == Some(target);
    let on = |target: &Target| props.hovered.as_ref() == Some(target);
    html! {
        <g class="pod" data-role={part.role.name()} data-status={part.status.clone()} data-ready={part.ready.clone()} data-restarts={part.restarts.clone()} data-target={part.target.id()} data-selected={is(&part.target).then_some("")} role="group" aria-label={part.title.clone()}>
            <rect class="frame" x={px(r.x)} y={px(r.y)} width={px(r.w)} height={px(r.h)} rx="14" />
            <g class="pod-head" tabindex="0" role="button" aria-label={part.title.clone()} aria-pressed={is(&part.target).to_string()} onclick={bus.select(&part.target)} onkeydown={bus.select_by_key(&part.target)}>
                <title>{ part.title.clone() }</title>
                <rect class="hit" x={px(r.x)} y={px(r.y)} width={px(r.w)} height={px(part.header)} rx="14" />
                <text class="t-title" x={px(r.x + 22.0)} y={px(r.y + 34.0)}>{ part.name.clone() }</text>
                <text class="t-mono" x={px(part.subtitle_at.x)} y={px(part.subtitle_at.y)}>{ part.subtitle.clone() }</text>
                { pill(part) }
                { counts(part) }
            </g>
            <line class="rule" x1={px(r.x)} x2={px(r.right())} y1={px(r.y + part.header)} y2={px(r.y + part.header)} />
            { for part.rails.iter().map(|rail| html! {
                <g key={rail.target.id()} class="rail" data-role={rail.role.name()}>
                    { for rail.bands.iter().enumerate().map(|(i, b)| html! { <rect key={i} x={px(b.x)} y={px(b.y)} width={px(b.w)} height={px(b.h)} rx="10" /> }) }
                </g>
            }) }
            { for part.captions.iter().map(|(at, text)| html! { <text key={text.clone()} class="t-cap" x={px(at.x)} y={px(at.y)}>{ text.clone() }</text> }) }
            <NetworkBoard board={part.board.clone()} selected={props.selected.clone()} />
            { for part.mounts.iter().enumerate().map(|(i, wire)| html! { <WireLine key={i} wire={wire.clone()} /> }) }
            { for part.chain.iter().enumerate().map(|(i, wire)| html! { <WireLine key={i} wire={wire.clone()} /> }) }
            if let Some(gate) = part.gate.clone() { <GateBar {gate} /> }
            { for part.volumes.iter().map(|v| html! { <Cylinder key={v.target.id()} part={v.clone()} selected={is(&v.target)} hovered={on(&v.target)} /> }) }
            { for part.containers.iter().map(|c| html! { <Card key={c.target.id()} part={c.clone()} selected={is(&c.target)} hovered={on(&c.target)} /> }) }
            { for part.travels.iter().map(|t| html! { <TravelDot key={t.record.0.to_string()} travel={t.clone()} /> }) }
            { for part.recent.iter().map(|line| html! {
                <g key={line.record.0.to_string()} class="recent" data-strong={line.strong.then_some("")} onclick={bus.seek(line.at)}>
                    <text class="t-mono" x={px(line.point.x)} y={px(line.point.y)}>{ line.time.clone() }</text>
                    <text class="t-line" x={px(line.point.x + 50.0)} y={px(line.point.y)}>{ line.text.clone() }</text>
                </g>
            }) }
        </g>
    }
}

/// STATUS as `kubectl get` shows it.
fn pill(part: &PodPart) -> Html {
    let r = part.status_rect;
    let icon = match part.role {
        Role::Starting => Icon::Spinner,
        other => other.icon(),
    };
    html! {
        <g class="pill" data-role={part.role.name()} transform={format!("translate({:.1} {:.1})", r.x, r.y)}>
            <rect width={px(r.w)} height={px(r.h)} rx={px(r.h / 2.0)} />
            <StateIcon {icon} x={17.0} y={r.h / 2.0} size={16.0} />
            <text x="31" y={px(r.h / 2.0 + 4.5)} data-testid="pod-status">{ part.status.clone() }</text>
        </g>
    }
}

/// READY and RESTARTS.
fn counts(part: &PodPart) -> Html {
    let (right, y) = if part.wide { (part.rect.right() - 20.0, part.rect.y + 33.0) } else { (part.rect.right() - 20.0, part.subtitle_at.y) };
    let restarts = right - text_width(&part.restarts, 14.0, true);
    // A narrow frame has room for the badge's sign only.
    let (word, width) = if part.wide { ("RESTARTS", 70.0) } else { ("↻", 20.0) };
    let restarts_label = restarts - width;
    let ready = restarts_label - 16.0 - text_width(&part.ready, 14.0, true);
    html! {
        <>
            <text class="t-small" x={px(ready - 8.0)} y={px(y - 0.5)} text-anchor="end">{ "READY" }</text>
            <text class="t-count" x={px(ready)} y={px(y)}>{ part.ready.clone() }</text>
            <text class="t-small" x={px(restarts - 8.0)} y={px(y - 0.5)} text-anchor="end">{ word }</text>
            <text class="t-count" x={px(restarts)} y={px(y)}>{ part.restarts.clone() }</text>
        </>
    }
}
