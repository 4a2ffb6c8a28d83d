//! Small furniture that knows only its props.

pub mod button;
pub mod dialog;
pub mod icon;
pub mod menu;
pub mod same;
pub mod sentence;
pub mod splitter;

pub use button::Button;
pub use dialog::Dialog;
pub use icon::Icon;
pub use menu::Menu;
pub use same::Same;
pub use sentence::Words;
pub use splitter::Splitter;

/// A length as an SVG attribute: a tenth of a pixel is enough, and keeps the DOM still.
pub fn px(value: f32) -> yew::AttrValue {
    let tenths = (value * 10.0).round() / 10.0;
    if tenths.fract() == 0.0 { yew::AttrValue::from(format!("{tenths:.0}")) } else { yew::AttrValue::from(format!("{tenths:.1}")) }
}

/// What stands in the field that somebody types in.
pub fn typed(e: &yew::InputEvent) -> String {
    use yew::TargetCast as _;
    e.target_dyn_into::<web_sys::HtmlInputElement>().map(|i| i.value()).unwrap_or_default()
}
