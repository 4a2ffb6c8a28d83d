//! What several tests begin with.

use podglass_playground::{App, Event};

/// A manifest that runs, paused, as far as it was worked out.
pub(crate) fn of_text(text: &str) -> App {
    let mut app = App::new();
    app.update(Event::OpenFile { name: "t.yaml".into(), text: text.to_owned() });
    app.update(Event::RunFromStart);
    app.update(Event::Pause);
    app.settle();
    app
}
