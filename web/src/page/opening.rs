//! What the page begins with: address, draft, theme, pane sizes, dropped files.

use super::{Message, Page};
use crate::browser::{self, storage};
use crate::bus::Theme;
use podglass_playground::view::Panel;
use podglass_playground::{App, Effect, Event, SimTime};
use yew::prelude::*;

/// Opens what the address says, or the draft of the last visit, or the first example, which plays.
/// A tour that the address asks for comes back beside the effects.
pub(super) fn open(app: &mut App, embed: bool) -> (Vec<Effect>, Option<(String, usize)>) {
    let mut effects = Vec::new();
    let fragment = browser::fragment();
    let mut opened = true;
    let mut tour = None;
    if let Some(text) = fragment.strip_prefix("yaml=") {
        let text = js_sys::decode_uri_component(text).map(String::from).unwrap_or_default();
        effects.extend(app.update(Event::OpenFile { name: "manifest.yaml".to_owned(), text }));
        effects.extend(app.update(Event::RunFromStart));
    } else if let Some(id) = fragment.strip_prefix("tour=") {
        let (id, step) = id.split_once(':').unwrap_or((id, "1"));
        tour = Some((id.to_owned(), step.parse::<usize>().unwrap_or(1).saturating_sub(1)));
    } else if let Some(id) = fragment.strip_prefix("example=") {
        effects.extend(app.update(Event::OpenExample(id.to_owned())));
    } else if !fragment.is_empty() {
        effects.extend(app.update(Event::OpenLink(fragment)));
    } else if let Some(draft) = storage::kept(storage::DRAFT).filter(|_| !embed) {
        effects.extend(app.update(Event::OpenDraft(draft)));
    } else {
        opened = false;
    }
    if let Some(t) = browser::query("t").and_then(|t| podglass_playground::tour::seconds(&t)) {
        effects.extend(app.update(Event::Seek(SimTime::from_secs_f64(t))));
        opened = true;
    }
    if embed {
        let play = browser::query("autoplay").is_some();
        effects.extend(app.update(if play { Event::Play } else { Event::Pause }));
    } else if !opened {
        effects.extend(app.update(Event::Play));
    }
    (effects, tour)
}

/// The theme of the address or of the last visit.
pub(super) fn theme() -> Theme {
    browser::query("theme").or_else(|| storage::kept(storage::THEME)).map_or(Theme::Auto, |name| Theme::from_name(&name))
}

/// Editor width and dock height of the last visit.
pub(super) fn pane_sizes() -> (f64, f64) {
    let fallback = (400.0, if browser::height() < 800.0 { 222.0 } else { 256.0 });
    let kept = storage::kept(storage::PANES);
    kept.as_deref().and_then(|s| s.split_once(',')).and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?))).unwrap_or(fallback)
}

/// Keeps the sizes.
pub(super) fn keep_pane_sizes(editor: f64, dock: f64) {
    storage::keep(storage::PANES, &format!("{editor:.0},{dock:.0}"));
}

/// The open panel of the last visit (none: the timeline), and whether the dock had all the room.
pub(super) fn session() -> (Option<Panel>, bool) {
    let kept = storage::kept(storage::SESSION).unwrap_or_default();
    let (panel, large) = kept.split_once(',').unwrap_or((&kept, ""));
    (Panel::ALL.into_iter().find(|p| p.title() == panel), large == "large")
}

/// Keeps them.
pub(super) fn keep_session(panel: Option<Panel>, large: bool) {
    storage::keep(storage::SESSION, &format!("{},{}", panel.map_or("", Panel::title), if large { "large" } else { "" }));
}

/// Opens a file that is dropped on the page.
pub(super) fn drop_listener(ctx: &Context<Page>) -> Callback<DragEvent> {
    let link = ctx.link().clone();
    Callback::from(move |e: DragEvent| {
        let Some(file) = e.data_transfer().and_then(|d| d.files()).and_then(|f| f.get(0)) else { return };
        e.prevent_default();
        link.send_future(async move {
            match wasm_bindgen_futures::JsFuture::from(file.text()).await {
                Ok(text) => Message::Dropped(file.name(), text.as_string().unwrap_or_default()),
                Err(_) => Message::Toast(Some(crate::words::tr(format!("{} could not be read.", file.name())).to_string())),
            }
        });
    })
}
