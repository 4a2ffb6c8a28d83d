//! The sign of a state: shape first, colour second.

use crate::ui::px;
use podglass_playground::scene::Icon;
use yew::prelude::*;

/// Properties of [`StateIcon`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// What it says.
    pub icon: Icon,
    /// Centre, from the left.
    #[prop_or(10.0)]
    pub x: f32,
    /// Centre, from the top.
    #[prop_or(10.0)]
    pub y: f32,
    /// Width and height.
    #[prop_or(20.0)]
    pub size: f32,
}

/// A state's sign, to be used inside an SVG.
#[component]
pub fn StateIcon(props: &Props) -> Html {
    let (x, y, half) = (props.x, props.y, props.size / 2.0);
    match props.icon {
        Icon::Filling(share) => ring(x, y, half, share, "pull"),
        Icon::Fading(share) => ring(x, y, half, share, "term"),
        other => html! {
            <use href={format!("#s-{}", other.name())} x={px(x - half)} y={px(y - half)} width={px(props.size)} height={px(props.size)} class="sign" data-icon={other.name()} />
        },
    }
}

/// A ring of which a share is drawn, clockwise from the top.
fn ring(x: f32, y: f32, half: f32, share: f32, kind: &'static str) -> Html {
    let r = half - 2.0;
    let round = std::f32::consts::TAU * r;
    let drawn = share.clamp(0.0, 1.0) * round;
    html! {
        <g class="ring" data-kind={kind}>
            <circle class="track" cx={px(x)} cy={px(y)} r={px(r)} />
            <circle class="arc" cx={px(x)} cy={px(y)} r={px(r)} stroke-dasharray={format!("{drawn:.1} {round:.1}")}
                transform={format!("rotate(-90 {x:.1} {y:.1})")} />
        </g>
    }
}
