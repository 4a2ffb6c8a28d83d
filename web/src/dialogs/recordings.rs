//! What was recorded on a real cluster, to be laid under its simulation.

use crate::bus::{Bus, Overlay, Ui};
use crate::ui::Dialog;
use crate::words::tr;
use yew::prelude::*;

/// All recordings, each with how much of it the simulation reproduces.
pub fn recordings(list: &[(String, String, u64, u64)], onclose: Callback<()>, bus: &Bus) -> Html {
    let (agree, total) = list.iter().fold((0, 0), |(a, t), r| (a + r.2, t + r.3));
    html! {
        <Dialog title={tr("Compare with a real cluster")} size="wide" {onclose}>
            <p>{ tr("Each scenario was played on a real Kubernetes 1.37.1. Opening one runs the same manifests and commands here, and lays what the real cluster did underneath.") }</p>
            <p class="mute">{ tr(format!("{agree} of {total} recorded facts agree.")) }</p>
            <ul class="recordings" data-testid="recordings">{ for list.iter().map(|(name, about, agree, total)| {
                let (bus, chosen) = (bus.clone(), name.clone());
                let onclick = Callback::from(move |_: MouseEvent| {
                    bus.ui(Ui::Overlay(Overlay::None));
                    bus.ui(Ui::Recording(chosen.clone()));
                });
                html! {
                    <li key={name.clone()}><button type="button" class="menu-item" {onclick}><b>{ name.clone() }</b><small>{ about.clone() }</small></button><span class="count">{ format!("{agree}/{total}") }</span></li>
                }
            }) }</ul>
        </Dialog>
    }
}
