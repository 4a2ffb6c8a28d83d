//! What a panic leaves: an overlay that keeps the text.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/browser/panic.js")]
extern "C" {
    /// Shows what happened, and the text that was being edited.
    #[wasm_bindgen(js_name = showPanic)]
    pub fn show_panic(message: &str);
}

/// Sets the hook; to be called before anything is rendered.
pub fn install() {
    yew::set_custom_panic_hook(Box::new(|info| show_panic(&info.to_string())));
}
