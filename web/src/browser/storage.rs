//! What survives a reload. Where storage is blocked nothing does, and nothing breaks.

use gloo::storage::{LocalStorage, Storage};

/// The draft of the last visit.
pub const DRAFT: &str = "podglass.draft";
/// The chosen theme.
pub const THEME: &str = "podglass.theme";
/// The chosen language.
pub const LANGUAGE: &str = "podglass.language";
/// Which panes and panels were open.
pub const SESSION: &str = "podglass.session";
/// Sizes of the panes: editor width, dock height.
pub const PANES: &str = "podglass.panes";

/// Set once the introduction was taken or left.
pub const INTRODUCED: &str = "podglass.introduced";

/// Whether anything can be kept at all.
pub fn works() -> bool {
    LocalStorage::raw().set_item("podglass.try", "").is_ok()
}

/// Keeps a text.
pub fn keep(key: &str, value: &str) {
    // Blocked or full storage: the page works without.
    let _ = LocalStorage::raw().set_item(key, value);
}

/// Gives a text back.
pub fn kept(key: &str) -> Option<String> {
    LocalStorage::raw().get_item(key).ok().flatten()
}
