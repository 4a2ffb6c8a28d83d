//! Draws the gallery's pictures with the exporter: `cargo run -p podglass-playground --example gallery -- FOLDER`.
//! `cargo xtask gallery` calls it; a test compares its list with the examples.

use podglass_playground::{App, Event, SimTime, examples};
use std::path::Path;

/// The most telling instant of an example, in seconds; 8 where none is named.
const INSTANTS: &[(&str, f64)] = &[
    ("course-2-kubia-init", 6.8),
    ("course-1-myapp-pod", 20.0),
    ("course-3-rollout-mistake", 1.0),
    ("course-3-rollout-1", 9.0),
    ("course-3-rollout-2", 9.0),
    ("course-3-init-containers", 20.0),
    ("course-3-tailing-sidecar", 5.0),
    ("course-4-await-redis", 12.0),
    ("course-5-init-demo", 5.0),
    ("crash-loop", 13.0),
    ("failing-init", 14.0),
    ("liveness", 30.0),
    ("memory-limit", 12.0),
    ("missing-image", 12.0),
    ("native-sidecar", 6.0),
    ("port-clash", 16.0),
    ("readiness-service", 6.0),
    ("rollout", 9.0),
    ("shared-volume", 16.0),
];
/// Width and height of a picture.
const SIZE: (f32, f32) = (640.0, 360.0);

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "static/gallery".into());
    std::fs::create_dir_all(&folder)?;
    for example in examples::ALL {
        let id = example.entry.id;
        let seconds = INSTANTS.iter().find(|(i, _)| *i == id).map_or(8.0, |(_, s)| *s);
        let mut app = App::new();
        app.update(Event::OpenExample(id.to_owned()));
        app.update(Event::Pause);
        app.settle();
        app.update(Event::Resized { stage: SIZE.0 - 24.0, timeline: 850.0 });
        app.update(Event::Seek(SimTime::from_secs_f64(seconds)));
        let view = app.view();
        let mut stage = (*view.stage).clone();
        if let Some(problem) = view.editor.problems.first().filter(|_| stage.pods.is_empty()) {
            stage.empty = Some(short(&problem.diagnostic.message));
        }
        let picture = podglass_scene::svg::svg(&stage);
        std::fs::write(Path::new(&folder).join(format!("{id}.svg")), framed(&picture))?;
    }
    Ok(())
}

/// The beginning of a message, where nothing runs because of a mistake.
fn short(message: &str) -> String {
    let words: String = message.chars().take(68).collect();
    if words.len() < message.len() { format!("✗ {words}…") } else { format!("✗ {words}") }
}

/// The picture's upper part in the gallery's proportions, with a margin; tooltips are of no use there.
fn framed(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some((before, after)) = rest.split_once("<title>") {
        out.push_str(before);
        rest = after.split_once("</title>").map_or("", |(_, a)| a);
    }
    out.push_str(rest);
    let Some((head, body)) = out.split_once('>') else { return out };
    let start = head.find(" width=").unwrap_or(head.len());
    let (x, y, w, h) = (-12.0, -12.0, SIZE.0, SIZE.1);
    let body = body.replacen("<rect width=", &format!("<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"2000\" fill=\"var(--bg)\"/><rect width="), 1);
    format!("{} width=\"{w}\" height=\"{h}\" viewBox=\"{x} {y} {w} {h}\" role=\"img\">{body}", head.get(..start).unwrap_or(head))
}
