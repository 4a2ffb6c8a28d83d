//! The gallery: a picture and a question for every example, and the guided tours.

use crate::bus::{Ui, use_bus};
use crate::ui::{Dialog, Same};
use crate::words::tr;
use podglass_playground::Event;
use podglass_playground::view::ExampleEntry;
use yew::prelude::*;

/// A tour in the list of tours (`tours/index.txt`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TourEntry {
    /// Its id: the file's name.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// Reads the list of tours: `id | title | title in German`, one a line.
pub fn tours(index: &str, language: &str) -> Vec<TourEntry> {
    let entry = |line: &str| {
        let mut cells = line.split('|').map(str::trim);
        let (id, en, de) = (cells.next()?, cells.next()?, cells.next());
        Some(TourEntry { id: id.to_owned(), title: if language == "de" { de.unwrap_or(en) } else { en }.to_owned() })
    };
    index.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')).filter_map(entry).collect()
}

/// Properties of [`Gallery`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Examples.
    pub examples: Same<[ExampleEntry]>,
    /// Tours.
    pub tours: Same<[TourEntry]>,
    /// Closes the gallery.
    pub onclose: Callback<()>,
}

/// Search, tours, examples by group.
#[component]
pub fn Gallery(props: &Props) -> Html {
    let bus = use_bus();
    let words = use_state(String::new);
    let oninput = {
        let words = words.clone();
        Callback::from(move |e: InputEvent| words.set(crate::ui::typed(&e).to_lowercase()))
    };
    let close = |then: Callback<MouseEvent>| {
        let onclose = props.onclose.clone();
        Callback::from(move |e: MouseEvent| {
            onclose.emit(());
            then.emit(e);
        })
    };
    let found = |texts: [&str; 4]| {
        let text = texts.join(" ").to_lowercase();
        words.split_whitespace().all(|w| text.contains(w))
    };
    let examples: Vec<&ExampleEntry> = props.examples.iter().filter(|e| found([&tr(e.title), &tr(e.sentence), e.id, &tr(e.group)])).collect();
    let tours: Vec<&TourEntry> = props.tours.iter().filter(|t| found([&t.title, &t.id, &tr("Guided tours"), ""])).collect();
    let mut groups: Vec<&'static str> = Vec::new();
    for e in &examples {
        if !groups.contains(&e.group) {
            groups.push(e.group);
        }
    }
    html! {
        <Dialog title={tr("Examples")} size="full" onclose={props.onclose.clone()}>
            <input class="input" type="search" autofocus=true placeholder={tr("Search: port, sidecar, exit 137 …")} aria-label={tr("Search examples")} {oninput} />
            <div class="gallery" data-testid="gallery">
                if !tours.is_empty() {
                    <section aria-label={tr("Guided tours")}><h3 class="cap">{ tr("Guided tours") }<span>{ tr(" · predict what happens, then watch") }</span></h3>
                    <div class="gallery-tours">{ for tours.iter().map(|t| html! {
                        <button type="button" key={t.id.clone()} class="button" data-tour={t.id.clone()} onclick={close(bus.on_ui(Ui::Tour(t.id.clone(), 0)))}>{ t.title.clone() }</button>
                    }) }</div></section>
                }
                { for groups.into_iter().map(|group| html! {
                    <section key={group} aria-label={tr(group)}><h3 class="cap">{ tr(group) }</h3>
                    <div class="gallery-grid">{ for examples.iter().filter(|e| e.group == group).map(|e| html! {
                        <button type="button" key={e.id} class="gallery-card menu-item" data-example={e.id} onclick={close(bus.on(Event::OpenExample(e.id.to_owned())))}>
                            <img src={format!("gallery/{}.svg", e.id)} alt="" loading="lazy" width="320" height="180" />
                            <b>{ tr(e.title) }</b><small>{ tr(e.sentence) }</small>
                        </button>
                    }) }</div></section>
                }) }
                if examples.is_empty() && tours.is_empty() { <p class="empty">{ tr("No example has all of these words.") }</p> }
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::tours;

    #[test]
    fn the_list_of_tours_is_read_in_a_language() {
        let list = "# tours\nintro | Introduction | Einführung\nx | Only English\n";
        let titles = |l| tours(list, l).into_iter().map(|t| t.title).collect::<Vec<_>>();
        assert_eq!(titles("en"), ["Introduction", "Only English"]);
        assert_eq!(titles("de"), ["Einführung", "Only English"]);
    }
}
