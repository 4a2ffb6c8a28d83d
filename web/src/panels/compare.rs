//! The run underneath: what came of comparing, and every difference.

use crate::bus::Bus;
use crate::words::tr;
use podglass_playground::view::{UnderKind, UnderView};
use yew::prelude::*;

/// One sentence, the count, and the list; a click goes to the moment and selects the thing.
pub fn compare(under: Option<&UnderView>, bus: &Bus) -> Html {
    let Some(under) = under else { return html! { <p class="empty">{ tr("Nothing lies underneath.") }</p> } };
    let (agree, total) = under.agree;
    html! {
        <div class="compare" data-testid="compare">
            <p class="cap">{ tr(under.title.clone()) }</p>
            <p class="verdict">{ if under.pending { tr("Both runs are still being computed …") } else { tr(under.headline.clone()) } }</p>
            if total > 0 {
                <progress max={total.to_string()} value={agree.to_string()} aria-label={tr("Facts that agree")} />
            }
            if under.kind == UnderKind::Recording {
                <p class="mute">{ tr("The upper bars are this simulation; the thin ones are what the real API server told, and its events as diamonds. Times may differ by two seconds or 12 %: as much as two recordings of one real cluster.") }</p>
            }
            <ol>{ for under.rows.iter().enumerate().map(|(i, row)| {
                let (seek, select) = (bus.seek(row.at), bus.select(&row.target));
                let onclick = Callback::from(move |e: MouseEvent| { select.emit(e.clone()); seek.emit(e); });
                html! { <li key={i}><button type="button" class="link num mono" onclick={onclick}>{ row.time.clone() }</button><span>{ tr(row.words.clone()) }</span></li> }
            }) }</ol>
            if under.rows.is_empty() && !under.pending { <p class="mute">{ tr("No difference.") }</p> }
        </div>
    }
}
