//! The code that puts this moment into another page.

use crate::browser;
use crate::bus::{Theme, Ui, use_bus};
use crate::ui::{Button, Dialog, Same};
use crate::words::tr;
use podglass_playground::SimTime;
use podglass_playground::view::EditorView;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Properties of [`EmbedDialog`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The link to this moment.
    pub link: Option<String>,
    /// Manifests.
    pub editor: Same<EditorView>,
    /// The instant.
    pub at: SimTime,
    /// Number of changes to this run: only the plain frame carries them.
    pub changes: usize,
    /// The tour that is being taken.
    pub tour: Option<String>,
    /// Closes the dialog.
    pub onclose: Callback<()>,
}

/// Two ways in: an element with readable YAML, a frame with the link.
#[component]
pub fn EmbedDialog(props: &Props) -> Html {
    let bus = use_bus();
    let autoplay = use_state(|| false);
    let theme = use_state(Theme::default);
    let text = props.editor.tabs.iter().map(|t| t.text.trim_end()).collect::<Vec<_>>().join("\n---\n");
    let base = browser::base();
    let directory = base.rsplit_once('/').map_or(base.as_str(), |(d, _)| d);
    let mut attributes = format!(" t=\"{:.1}s\"", props.at.secs());
    let mut query = "?embed".to_owned();
    if *autoplay {
        attributes.push_str(" autoplay");
        query.push_str("&autoplay");
    }
    if *theme != Theme::Auto {
        attributes = format!("{attributes} theme=\"{}\"", theme.name());
        query = format!("{query}&theme={}", theme.name());
    }
    let element = match &props.tour {
        Some(id) => format!("<script src=\"{directory}/embed.js\" async></script>\n<pod-glass tour=\"{id}\"></pod-glass>"),
        None => format!(
            "<script src=\"{directory}/embed.js\" async></script>\n<pod-glass{attributes}>\n<script type=\"text/yaml\">\n{text}\n</script>\n</pod-glass>"
        ),
    };
    let fragment = props
        .tour
        .as_ref()
        .map(|id| format!("tour={id}"))
        .or_else(|| props.link.as_deref().and_then(|l| l.split_once('#')).map(|(_, f)| f.to_owned()))
        .unwrap_or_default();
    let frame = format!("<iframe src=\"{base}{query}#{fragment}\" title=\"Podglass\" style=\"width:100%;height:560px;border:0\" loading=\"lazy\"></iframe>");
    let on_autoplay = {
        let autoplay = autoplay.clone();
        Callback::from(move |e: Event| autoplay.set(e.target_dyn_into::<HtmlInputElement>().is_some_and(|i| i.checked())))
    };
    let on_theme = {
        let theme = theme.clone();
        Callback::from(move |e: Event| theme.set(e.target_dyn_into::<HtmlSelectElement>().map(|s| Theme::from_name(&s.value())).unwrap_or_default()))
    };
    html! {
        <Dialog title={tr("Embed this moment")} size="wide" onclose={props.onclose.clone()}>
            <div class="row">
                <label class="check"><input type="checkbox" checked={*autoplay} onchange={on_autoplay} />{ tr("plays by itself") }</label>
                <label class="check">{ tr("theme") }<select class="input" onchange={on_theme}>{ for Theme::ALL.into_iter().map(|t| html! { <option key={t.name()} value={t.name()} selected={t == *theme}>{ tr(t.title()) }</option> }) }</select></label>
            </div>
            <label class="field"><span>{ tr("Element: the manifest stays readable in your page, the height follows the content") }</span><textarea class="input" rows="9" readonly=true value={element.clone()} data-testid="embed-element" /></label>
            <div class="row"><Button kind="primary" icon="copy" label={tr("Copy element")} onclick={bus.on_ui(Ui::Copy(element.clone()))} />
                if props.changes > 0 { <span class="mute">{ tr("The changes to this run are only in the frame below.") }</span> }</div>
            <label class="field"><span>{ tr("Plain frame: where scripts are not allowed") }</span><textarea class="input" rows="4" readonly=true value={frame.clone()} data-testid="embed-frame" /></label>
            <div class="row"><Button icon="copy" label={tr("Copy frame")} onclick={bus.on_ui(Ui::Copy(frame.clone()))} /></div>
        </Dialog>
    }
}
