//! The border between two panes: dragged, or moved with the arrow keys.

use web_sys::Element;
use yew::prelude::*;

/// Properties of [`Splitter`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// `x`: moves left and right; `y`: up and down.
    pub axis: &'static str,
    /// Words for screen readers.
    pub label: AttrValue,
    /// Size of the pane it resizes.
    pub value: f64,
    /// Smallest size.
    pub min: f64,
    /// Largest size.
    pub max: f64,
    /// The pane lies after the border: moving on makes it smaller.
    #[prop_or_default]
    pub after: bool,
    /// New size.
    pub onresize: Callback<f64>,
}

/// A border.
#[component]
pub fn Splitter(props: &Props) -> Html {
    // Where the drag began: pointer and size.
    let start = use_state(|| None::<(f64, f64)>);
    let horizontal = props.axis == "x";
    let sign = if props.after { -1.0 } else { 1.0 };
    let (min, max) = (props.min, props.max.max(props.min));
    let place = move |e: &PointerEvent| f64::from(if horizontal { e.client_x() } else { e.client_y() });
    let onpointerdown = {
        let (start, value) = (start.clone(), props.value);
        Callback::from(move |e: PointerEvent| {
            e.prevent_default();
            if let Some(element) = e.target_dyn_into::<Element>() {
                // Without capture the drag merely ends at the border's edge.
                let _ = element.set_pointer_capture(e.pointer_id());
            }
            start.set(Some((place(&e), value)));
        })
    };
    let onpointermove = {
        let (start, onresize) = (start.clone(), props.onresize.clone());
        Callback::from(move |e: PointerEvent| {
            if let Some((from, size)) = *start {
                onresize.emit((size + sign * (place(&e) - from)).clamp(min, max));
            }
        })
    };
    let onpointerup = {
        let start = start.clone();
        Callback::from(move |_: PointerEvent| start.set(None))
    };
    let onkeydown = {
        let (onresize, value) = (props.onresize.clone(), props.value);
        Callback::from(move |e: KeyboardEvent| {
            let by = match (e.key().as_str(), horizontal) {
                ("ArrowRight", true) | ("ArrowDown", false) => 16.0,
                ("ArrowLeft", true) | ("ArrowUp", false) => -16.0,
                _ => return,
            };
            e.prevent_default();
            e.stop_propagation();
            onresize.emit((value + sign * by).clamp(min, max));
        })
    };
    html! {
        <div class="splitter" role="separator" tabindex="0" data-axis={props.axis} data-dragging={start.is_some().then_some("")}
            aria-label={props.label.clone()} aria-orientation={if horizontal { "vertical" } else { "horizontal" }}
            aria-valuenow={format!("{:.0}", props.value)} aria-valuemin={format!("{min:.0}")} aria-valuemax={format!("{max:.0}")}
            {onpointerdown} {onpointermove} onpointercancel={onpointerup.clone()} {onpointerup} {onkeydown} />
    }
}
