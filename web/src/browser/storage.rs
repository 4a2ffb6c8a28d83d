//! What survives a reload. Where storage is blocked nothing does, and nothing breaks.

use web_sys::Storage;

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

/// The storage; none where the browser keeps it from the page (strict privacy, a frame in somebody else's page).
fn local() -> Option<Storage> {
    super::window().local_storage().ok().flatten()
}

/// Whether anything can be kept at all.
pub fn works() -> bool {
    local().is_some_and(|s| s.set_item("podglass.try", "").is_ok())
}

/// Keeps a text.
pub fn keep(key: &str, value: &str) {
    // Blocked or full storage: the page works without.
    let _ = local().map(|s| s.set_item(key, value));
}

/// Gives a text back.
pub fn kept(key: &str) -> Option<String> {
    local()?.get_item(key).ok().flatten()
}
