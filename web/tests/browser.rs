//! The browser layer in a real browser: storage, clipboard fallback, the panic overlay, furniture.
#![cfg(target_arch = "wasm32")]

use podglass_web::browser::{self, panic, storage};
use podglass_web::bus::Theme;
use podglass_web::ui::{Dialog, Menu, Splitter};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement, HtmlTextAreaElement};
use yew::prelude::*;

wasm_bindgen_test_configure!(run_in_browser);

/// A place of its own for one test.
fn place(id: &str) -> Element {
    let document = browser::document();
    let element = document.create_element("div").expect("a div can be made");
    element.set_id(id);
    document.document_element().expect("a root").append_child(&element).expect("can be appended");
    element
}

fn find(root: &Element, selector: &str) -> Option<HtmlElement> {
    root.query_selector(selector).ok().flatten().and_then(|e| e.dyn_into().ok())
}

/// Lets yew draw.
async fn drawn() {
    yew::platform::time::sleep(std::time::Duration::ZERO).await;
}

#[wasm_bindgen_test]
fn what_is_kept_comes_back() {
    assert_eq!(storage::kept("podglass.nothing"), None);
    storage::keep("podglass.test", "kind: Pod\nname: é😀");
    assert_eq!(storage::kept("podglass.test").as_deref(), Some("kind: Pod\nname: é😀"));
}

#[wasm_bindgen_test]
fn a_theme_reaches_the_style_sheet() {
    browser::set_root_data("theme", Theme::Contrast.name());
    let root = browser::document().document_element().expect("a root");
    assert_eq!(root.get_attribute("data-theme").as_deref(), Some("contrast"));
    assert_eq!(Theme::from_name("nonsense"), Theme::Auto);
}

#[wasm_bindgen_test]
fn a_fragment_becomes_a_link_without_leaving_the_page() {
    let link = browser::set_fragment("a1=xyz");
    assert!(link.ends_with("#a1=xyz"), "{link}");
    assert_eq!(browser::fragment(), "a1=xyz");
}

#[wasm_bindgen_test]
fn the_panic_overlay_shows_the_message_and_the_text() {
    let editor = place("panic-editor");
    editor.set_class_name("editor");
    editor.set_inner_html("<textarea></textarea>");
    find(&editor, "textarea").and_then(|e| e.dyn_into::<HtmlTextAreaElement>().ok()).expect("a text area").set_value("kind: Pod # precious");
    panic::show_panic("index out of bounds");
    let overlay = browser::document().query_selector(".panic").ok().flatten().expect("the overlay");
    assert!(overlay.text_content().unwrap_or_default().contains("index out of bounds"));
    let kept = find(&overlay, "textarea").and_then(|e| e.dyn_into::<HtmlTextAreaElement>().ok()).expect("a text area");
    assert_eq!(kept.value(), "kind: Pod # precious");
    overlay.remove();
}

#[derive(PartialEq, Properties)]
struct MenuProps {
    onchoice: Callback<MouseEvent>,
}

#[component]
fn OneMenu(props: &MenuProps) -> Html {
    html! { <Menu label="Examples"><button class="menu-item" onclick={props.onchoice.clone()}>{ "first" }</button></Menu> }
}

#[wasm_bindgen_test]
async fn a_menu_opens_gives_its_choice_and_closes() {
    let root = place("menu");
    let chosen = Rc::new(Cell::new(0));
    let seen = chosen.clone();
    yew::Renderer::<OneMenu>::with_root_and_props(root.clone(), MenuProps { onchoice: Callback::from(move |_| seen.set(seen.get() + 1)) }).render();
    drawn().await;
    assert!(find(&root, ".menu-item").is_none());
    find(&root, "button").expect("the button").click();
    drawn().await;
    let item = find(&root, ".menu-item").expect("an item");
    assert_eq!(browser::document().active_element().as_ref(), Some(item.as_ref()), "the first item has the focus");
    item.click();
    drawn().await;
    assert_eq!(chosen.get(), 1);
    assert!(find(&root, ".menu-item").is_none());
}

#[derive(PartialEq, Properties)]
struct DialogProps {
    onclose: Callback<()>,
}

#[component]
fn OneDialog(props: &DialogProps) -> Html {
    html! { <Dialog title="Share" onclose={props.onclose.clone()}>{ "link" }</Dialog> }
}

#[wasm_bindgen_test]
async fn a_dialog_is_modal_and_says_when_it_closes() {
    let root = place("dialog");
    let closed = Rc::new(Cell::new(false));
    let seen = closed.clone();
    yew::Renderer::<OneDialog>::with_root_and_props(root.clone(), DialogProps { onclose: Callback::from(move |()| seen.set(true)) }).render();
    drawn().await;
    assert!(find(&root, "dialog:modal").is_some());
    find(&root, "dialog header button").expect("the close button").click();
    drawn().await;
    assert!(closed.get());
    root.remove();
}

#[derive(PartialEq, Properties)]
struct SplitterProps {
    onresize: Callback<f64>,
}

#[component]
fn OneSplitter(props: &SplitterProps) -> Html {
    html! { <Splitter axis="x" label="Width" value={300.0} min={200.0} max={310.0} onresize={props.onresize.clone()} /> }
}

#[wasm_bindgen_test]
async fn a_splitter_moves_with_the_keys_and_stays_in_its_bounds() {
    let root = place("splitter");
    let size = Rc::new(Cell::new(0.0));
    let seen = size.clone();
    yew::Renderer::<OneSplitter>::with_root_and_props(root.clone(), SplitterProps { onresize: Callback::from(move |s| seen.set(s)) }).render();
    drawn().await;
    let border = find(&root, "[role=separator]").expect("the border");
    for (key, expected) in [("ArrowRight", 310.0), ("ArrowLeft", 284.0)] {
        let init = web_sys::KeyboardEventInit::new();
        init.set_key(key);
        init.set_bubbles(true);
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).expect("an event can be made");
        border.dispatch_event(&event).expect("can be dispatched");
        assert!((size.get() - expected).abs() < f64::EPSILON, "{key}: {}", size.get());
    }
}
