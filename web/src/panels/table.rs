//! Stage and timeline as tables: the page for those who cannot see it, and for those who want to copy it.

use crate::words::tr;
use podglass_playground::view::TableView;
use yew::prelude::*;

/// What there is now, and the whole run.
pub fn table(view: &TableView) -> Html {
    let head = |names: [&'static str; 4]| html! { <thead><tr>{ for names.map(|n| html! { <th scope="col">{ tr(n) }</th> }) }</tr></thead> };
    html! {
        <div class="tables" data-testid="tables">
            <table class="table">
                <caption>{ tr("Now") }</caption>
                { head(["Name", "State", "What it does", "More"]) }
                <tbody>{ for view.now.iter().enumerate().map(|(i, row)| html! { <tr key={i}><th scope="row">{ row[0].clone() }</th>{ for row.iter().skip(1).map(|c| html! { <td>{ c.clone() }</td> }) }</tr> }) }</tbody>
            </table>
            <table class="table" data-testid="run-table">
                <caption>{ tr("The whole run") }</caption>
                { head(["Lane", "State", "From", "To"]) }
                <tbody>{ for view.run.iter().enumerate().map(|(i, row)| html! {
                    <tr key={i} aria-current={row.now.then_some("true")}><th scope="row">{ row.cells[0].clone() }</th>{ for row.cells.iter().skip(1).map(|c| html! { <td>{ c.clone() }</td> }) }</tr>
                }) }</tbody>
            </table>
        </div>
    }
}
