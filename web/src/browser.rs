//! The only door to the browser: document, address, storage, clipboard, editor.
//! Everything that can fail here (storage blocked, clipboard denied) fails softly.

pub mod clipboard;
pub mod editor;
pub mod fetch;
pub mod panic;
pub mod storage;

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, UrlSearchParams, Window};

/// The window. Without one there is no page at all.
pub fn window() -> Window {
    js_sys::global().unchecked_into()
}

/// The document.
pub fn document() -> Document {
    js_sys::Reflect::get(&window(), &"document".into()).unwrap_or_default().unchecked_into()
}

/// An element by its id.
pub fn element(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

/// A parameter of the address (`?theme=dark`); an empty one counts as there.
pub fn query(name: &str) -> Option<String> {
    let search = window().location().search().ok()?;
    UrlSearchParams::new_with_str(&search).ok()?.get(name)
}

/// The address's fragment without `#`.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

/// Puts a fragment into the address without a new entry in the history, and gives the whole link.
pub fn set_fragment(fragment: &str) -> String {
    if let Ok(history) = window().history() {
        // A page opened from a file cannot change its address; the link below is right anyway.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&format!("#{fragment}")));
    }
    format!("{}#{fragment}", base())
}

/// The page's address without query and fragment.
pub fn base() -> String {
    let location = window().location();
    format!("{}{}", location.origin().unwrap_or_default(), location.pathname().unwrap_or_default())
}

/// Sets an attribute of the root element, which the style sheet reads.
pub fn set_root_data(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        // An attribute's name is ours and always valid.
        let _ = root.set_attribute(&format!("data-{name}"), value);
    }
}

/// Whether a media query holds.
pub fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|m| m.matches())
}

/// Width of the window.
pub fn width() -> f64 {
    window().inner_width().ok().and_then(|w| w.as_f64()).unwrap_or(1280.0)
}

/// Height of the window.
pub fn height() -> f64 {
    window().inner_height().ok().and_then(|w| w.as_f64()).unwrap_or(800.0)
}

/// The middle of the first element that a selector finds, in the window's coordinates.
pub fn middle_of(selector: &str) -> Option<(i32, i32)> {
    let place = document().query_selector(selector).ok()??.get_bounding_client_rect();
    Some(((place.left() + place.width() / 2.0) as i32, (place.top() + place.height() / 2.0) as i32))
}

/// Tells the page around an embedded view how high this view would like to be.
pub fn post_height(height: f64) {
    if let Ok(Some(parent)) = window().parent() {
        let message = js_sys::Object::new();
        // Setting a property of a fresh object cannot fail, and a parent that is gone needs no height.
        let _ = js_sys::Reflect::set(&message, &"podglass".into(), &"height".into());
        let _ = js_sys::Reflect::set(&message, &"height".into(), &height.into());
        let _ = parent.post_message(&message, "*");
    }
}
