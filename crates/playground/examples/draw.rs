//! Draws the stage of an example at a time: `cargo run --example draw -- ID SECONDS WIDTH > picture.svg`.

use podglass_playground::{App, Event, SimTime};
use std::io::Write;

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let arg = |i: usize| args.get(i).map(String::as_str).unwrap_or_default();
    let mut app = App::new();
    app.update(Event::OpenExample(arg(1).to_owned()));
    app.update(Event::Pause);
    app.settle();
    app.update(Event::Resized { stage: arg(3).parse().unwrap_or(1000.0), timeline: 850.0 });
    app.update(Event::Seek(SimTime::from_secs_f64(arg(2).parse().unwrap_or(8.0))));
    let picture = podglass_scene::svg::svg(&app.view().stage);
    std::io::stdout().write_all(picture.as_bytes())
}
