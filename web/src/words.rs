//! The page's words: English stands in the code, any other language in `static/words/`.
//!
//! `words/de.txt` is fetched only when it is chosen, beside the wasm (`boot.mjs`). [`tr`] is what every text
//! of the page goes through; Kubernetes' own words never do.

use crate::browser::{self, storage};
use podglass_playground::words::Book;
use std::cell::RefCell;
use std::rc::Rc;
use yew::AttrValue;

/// The languages: as the browser calls them, and as they call themselves.
pub const LANGUAGES: [(&str, &str); 2] = [("en", "English"), ("de", "Deutsch")];

thread_local! {
    /// The book of the chosen language; none for English.
    static BOOK: RefCell<Option<Rc<Book>>> = const { RefCell::new(None) };
}

/// A text in the chosen language.
pub fn tr(text: impl Into<AttrValue>) -> AttrValue {
    let text = text.into();
    match BOOK.with_borrow(|book| book.as_ref().and_then(|b| b.find(&text))) {
        Some(found) => found.into(),
        None => text,
    }
}

/// The language: of the address, of the last visit, or the browser's.
pub fn language() -> &'static str {
    let wanted = browser::query("lang").or_else(|| storage::kept(storage::LANGUAGE)).or_else(|| browser::window().navigator().language()).unwrap_or_default();
    LANGUAGES.iter().find(|(code, _)| wanted.get(..2) == Some(code)).map_or("en", |(code, _)| code)
}

/// Speaks this language from now on; an empty text is English. Gives the book, for the application.
pub fn speak(language: &str, text: &str) -> Option<Rc<Book>> {
    let book = (!text.is_empty()).then(|| Rc::new(Book::read(text)));
    BOOK.set(book.clone());
    if let Some(root) = browser::document().document_element() {
        // The attribute's name is ours and always valid.
        let _ = root.set_attribute("lang", if text.is_empty() { "en" } else { language });
    }
    book
}

/// The book that is spoken from.
pub fn book() -> Option<Rc<Book>> {
    BOOK.with_borrow(Clone::clone)
}

/// Fetches a language's words; an empty text where there are none.
pub async fn fetch(language: &str) -> String {
    if language == "en" {
        return String::new();
    }
    browser::fetch::text(&format!("words/{language}.txt")).await.unwrap_or_default()
}
