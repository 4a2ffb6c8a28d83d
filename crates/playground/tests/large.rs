//! A text that is too large to be read says so, and stays.

use podglass_playground::{App, Event};

#[test]
fn five_megabytes_are_refused_in_words_and_kept() {
    let mut app = App::new();
    app.settle();
    let text = "kind: ConfigMap\n---\n".repeat(5_000_000 / 20);
    app.update(Event::EditText { tab: 0, text: text.clone() });
    app.settle();
    let view = app.view();
    let problem = view.editor.problems.first().expect("a problem");
    assert_eq!(problem.diagnostic.message, "this text has 5.0 MB; up to 1.6 MB are read at once");
    assert_eq!(view.editor.problems.len(), 1);
    assert_eq!(*view.editor.tabs[0].text, *text, "nothing typed is lost");
}
