//! What the page begins with: address, draft, theme, pane sizes, dropped files.

use super::{Message, Page};
use crate::browser::{self, storage};
use crate::bus::Theme;
use podglass_playground::{App, Effect, Event, SimTime};
use yew::prelude::*;

/// Opens what the address says, or the draft of the last visit, or the first example, which plays.
pub(super) fn open(app: &mut App, embed: bool) -> Vec<Effect> {
    let mut effects = Vec::new();
    let fragment = browser::fragment();
    let mut opened = true;
    if let Some(text) = fragment.strip_prefix("yaml=") {
        let text = js_sys::decode_uri_component(text).map(String::from).unwrap_or_default();
        effects.extend(app.update(Event::OpenFile { name: "manifest.yaml".to_owned(), text }));
        effects.extend(app.update(Event::RunFromStart));
    } else if !fragment.is_empty() {
        effects.extend(app.update(Event::OpenLink(fragment)));
    } else if let Some(draft) = storage::kept(storage::DRAFT).filter(|_| !embed) {
        effects.extend(app.update(Event::OpenDraft(draft)));
    } else {
        opened = false;
    }
    if let Some(t) = browser::query("t").and_then(|t| seconds(&t)) {
        effects.extend(app.update(Event::Seek(SimTime::from_secs_f64(t))));
        opened = true;
    }
    if embed {
        let play = browser::query("autoplay").is_some();
        effects.extend(app.update(if play { Event::Play } else { Event::Pause }));
    } else if !opened {
        effects.extend(app.update(Event::Play));
    }
    effects
}

/// `6.8`, `6.8s`, `1m20s`, `250ms` in seconds.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(ms) = text.strip_suffix("ms") {
        return ms.parse::<f64>().ok().map(|ms| ms / 1000.0).filter(|s| s.is_finite());
    }
    let (minutes, rest) = text.split_once('m').unwrap_or(("0", text));
    let rest = rest.strip_suffix('s').unwrap_or(rest);
    let minutes: f64 = minutes.parse().ok()?;
    let seconds: f64 = if rest.is_empty() { 0.0 } else { rest.parse().ok()? };
    Some(minutes * 60.0 + seconds).filter(|s| s.is_finite() && *s >= 0.0)
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

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(seconds("6.8"), Some(6.8));
        assert_eq!(seconds("6.8s"), Some(6.8));
        assert_eq!(seconds("1m20s"), Some(80.0));
        assert_eq!(seconds("2m"), Some(120.0));
        assert_eq!(seconds("250ms"), Some(0.25));
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds("-1"), None);
        assert_eq!(seconds("NaN"), None);
    }
}
