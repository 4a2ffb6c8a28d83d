//! The page: yew components over [`podglass_playground::View`], and the browser's side effects.
//!
//! It holds no rule about Kubernetes: what a Pod does is decided by the cluster, what it looks
//! like by the scene, what a click means by the playground. Start at [`page`]; the only door to
//! JavaScript is [`browser`].

#![allow(clippy::needless_pass_by_value, reason = "yew components and callbacks take their arguments by value")]

pub mod browser;
pub mod bus;
pub mod dialogs;
pub mod editor;
pub mod header;
pub mod keys;
pub mod page;
pub mod panels;
pub mod stage;
pub mod style;
pub mod timeline;
pub mod tour;
pub mod transport;
pub mod ui;
pub mod what_if;
pub mod words;

/// Sets the panic overlay and mounts the page.
pub fn start() {
    browser::panic::install();
    if let Some(root) = browser::element("app") {
        // The skeleton was only there while the wasm was on its way.
        let mount = move || {
            root.set_inner_html("");
            if browser::fragment() == "style" {
                yew::Renderer::<style::StylePage>::with_root(root).render();
            } else {
                yew::Renderer::<page::Page>::with_root(root).render();
            }
        };
        let language = words::language();
        if language == "en" {
            return mount();
        }
        // The words were asked for while the wasm was on its way.
        wasm_bindgen_futures::spawn_local(async move {
            words::speak(language, &words::fetch(language).await);
            mount();
        });
    }
}
