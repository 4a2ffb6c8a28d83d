//! The Pod's one network namespace: a board of ports.

use super::wire::WireLine;
use crate::bus::use_bus;
use crate::ui::px;
use podglass_playground::scene::{
    Target,
    geometry::text_width,
    stage::{Board, PortPart, PortState},
};
use yew::prelude::*;

/// Properties of [`NetworkBoard`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The board.
    pub board: Board,
    /// What is selected.
    pub selected: Option<Target>,
}

/// Board, interfaces, wires, ports and a remark.
#[component]
pub fn NetworkBoard(props: &Props) -> Html {
    let board = &props.board;
    let r = board.rect;
    html! {
        <g class="board">
            <rect class="face" x={px(r.x)} y={px(r.y)} width={px(r.w)} height={px(r.h)} rx="10" />
            { for board.interfaces.iter().map(|(at, text)| html! { <text key={text.clone()} class="t-mono" x={px(at.x)} y={px(at.y)}>{ text.clone() }</text> }) }
            { for board.wires.iter().enumerate().map(|(i, wire)| html! { <WireLine key={i} wire={wire.clone()} /> }) }
            { for board.ports.iter().map(|part| html! { <Port key={part.target.id()} part={part.clone()} selected={props.selected.as_ref() == Some(&part.target)} /> }) }
            { for wrapped(&board.remark.plain(), r.right() - board.remark_at.x - 12.0).into_iter().enumerate().map(|(i, line)| html! {
                <text key={i} class="t-small" x={px(board.remark_at.x)} y={px(board.remark_at.y + i as f32 * 15.0)}>{ line }</text>
            }) }
        </g>
    }
}

/// A text in lines of at most a width.
fn wrapped(text: &str, width: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { continue };
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if line.is_empty() || text_width(&longer, 11.0, false) <= width.max(80.0) {
            *line = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Properties of [`Port`].
#[derive(PartialEq, Properties)]
pub struct PortProps {
    /// The port.
    pub part: PortPart,
    /// Whether it is selected.
    pub selected: bool,
}

/// One port: dashed while only declared, solid when a process listens, red when two want it.
#[component]
pub fn Port(props: &PortProps) -> Html {
    let bus = use_bus();
    let part = &props.part;
    let (w, h) = (part.rect.w, part.rect.h);
    let state = match part.state {
        PortState::Declared => "declared",
        PortState::Bound => "bound",
        PortState::Clash => "clash",
    };
    html! {
        <g class="port" transform={format!("translate({:.1} {:.1})", part.rect.x, part.rect.y)} tabindex="0" role="button" aria-label={part.title.clone()}
            aria-pressed={props.selected.to_string()} data-target={part.target.id()} data-state={state} data-flash={part.flash.then_some("")} data-selected={props.selected.then_some("")}
            onclick={bus.select(&part.target)} onkeydown={bus.select_by_key(&part.target)}>
            <title>{ part.title.clone() }</title>
            <rect class="face" width={px(w)} height={px(h)} rx="9" />
            <text class="port-number" x={px(w / 2.0)} y="21" text-anchor="middle">{ part.port }</text>
            <text class="t-small" x={px(w / 2.0)} y="37" text-anchor="middle">{ part.label.clone() }</text>
        </g>
    }
}
