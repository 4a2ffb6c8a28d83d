//! The gate at the end of the init chain.

use crate::ui::px;
use podglass_playground::scene::stage::Gate;
use yew::prelude::*;

/// Properties of [`GateBar`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The gate.
    pub gate: Gate,
}

/// A bar with a lock; it parts when the last init container lets it.
#[component]
pub fn GateBar(props: &Props) -> Html {
    let gate = &props.gate;
    let r = gate.rect;
    let middle = r.y + r.h / 2.0;
    let gap = if gate.open { 22.0 } else { 0.0 };
    html! {
        <g class="gate" data-open={gate.open.to_string()}>
            <title>{ format!("{} {}", gate.line, gate.strong) }</title>
            <rect class="gate-bar" x={px(r.x)} y={px(r.y)} width={px(r.w)} height={px(r.h / 2.0 - gap)} rx={px(r.w / 2.0)} />
            <rect class="gate-bar" x={px(r.x)} y={px(middle + gap)} width={px(r.w)} height={px(r.h / 2.0 - gap)} rx={px(r.w / 2.0)} />
            <rect class="gate-lock" x={px(r.x + r.w / 2.0 - 16.0)} y={px(middle - 14.0)} width="32" height="28" rx="8" />
            <use href={if gate.open { "#i-unlock" } else { "#i-lock" }} x={px(r.x + r.w / 2.0 - 10.0)} y={px(middle - 10.5)} width="20" height="20" class="gate-sign" />
            <text class="t-line" x={px(gate.text_at.x)} y={px(gate.text_at.y)}>{ gate.line.clone() }</text>
            <text class="t-line strong" x={px(gate.text_at.x)} y={px(gate.text_at.y + 17.0)}>{ gate.strong.clone() }</text>
        </g>
    }
}
