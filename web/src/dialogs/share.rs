//! The link to this moment.

use crate::bus::{Ui, use_bus};
use crate::ui::{Button, Dialog};
use crate::words::tr;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Properties of [`ShareDialog`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The link.
    pub link: Option<String>,
    /// The instant it opens at.
    pub time: String,
    /// Number of changes to this run.
    pub changes: usize,
    /// Closes the dialog.
    pub onclose: Callback<()>,
}

/// The link, and what is in it.
#[component]
pub fn ShareDialog(props: &Props) -> Html {
    let bus = use_bus();
    let link = props.link.clone().unwrap_or_default();
    let select = Callback::from(|e: FocusEvent| {
        if let Some(input) = e.target_dyn_into::<HtmlInputElement>() {
            input.select();
        }
    });
    let changes = match props.changes {
        0 => String::new(),
        1 => tr(", one change to the run").to_string(),
        n => tr(format!(", {n} changes to the run")).to_string(),
    };
    html! {
        <Dialog title={tr("Share this moment")} onclose={props.onclose.clone()}>
            <p>{ tr(format!("Whoever opens the link sees this at {}: the manifests{changes}, the seed. All of it stands after the #, which browsers never send to a server.", props.time)) }</p>
            <label class="field"><span>{ tr("Link") }</span><input class="input mono" readonly=true value={link.clone()} onfocus={select} data-testid="share-link" /></label>
            <div class="row"><Button kind="primary" icon="copy" label={tr("Copy link")} onclick={bus.on_ui(Ui::Copy(link.clone()))} /><span class="mute">{ tr(format!("{} characters", link.len())) }</span></div>
        </Dialog>
    }
}
