//! `podglass render`: a moment of a scenario as an SVG.

mod timeline;

use anyhow::{Context, bail};
use podglass_playground::kubectl::moment::parse_duration;
use podglass_playground::scenario::Text;
use podglass_playground::scene::svg::svg;
use podglass_playground::{App, Event, Scenario, Severity, SimTime};
use std::path::PathBuf;

/// What `podglass render` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Manifests (and Dockerfiles).
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The moment, counted from the manifests' being applied (`6.8s`, `2m`); the end of what happens where it is not given.
    #[arg(long)]
    at: Option<String>,
    /// Draws the timeline below the stage.
    #[arg(long)]
    timeline: bool,
    /// `light`, `dark`, or `auto`: as whoever looks at it has it.
    #[arg(long, default_value = "auto", value_parser = ["auto", "light", "dark"])]
    theme: String,
    /// Width in pixels.
    #[arg(long, default_value_t = 1200.0)]
    width: f32,
    /// Seed of every random choice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write; stdout where it is not given.
    #[arg(long, value_name = "FILE.svg")]
    out: Option<PathBuf>,
}

/// Width of the column of names beside the lanes.
const LABELS: f32 = 150.0;

/// Runs the manifests up to the moment and draws it.
pub(crate) fn run(a: &Arguments) -> anyhow::Result<u8> {
    let at = match &a.at {
        Some(text) => {
            let nanos = parse_duration(text).map_err(|e| anyhow::anyhow!(e)).with_context(|| format!("--at {text}: a time is written like 6.8s or 2m"))?;
            Some(SimTime((nanos.max(0) / 1_000_000) as u64))
        }
        None => None,
    };
    if !(200.0..=8000.0).contains(&a.width) {
        bail!("--width {}: between 200 and 8000", a.width);
    }
    let mut scenario = Scenario { at: at.unwrap_or_default(), ..Scenario::default() };
    scenario.settings.seed = a.seed;
    for file in &a.files {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        scenario.documents.push(Text { name: file.display().to_string(), text });
    }
    let mut app = App::new();
    app.open(scenario);
    app.update(Event::Resized { stage: a.width - 2.0 * MARGIN, timeline: a.width - LABELS - 2.0 * MARGIN });
    app.settle();
    if at.is_none() {
        app.update(Event::SeekEnd);
    }
    app.update(Event::Fit);
    app.settle();
    let view = app.view();
    let errors: Vec<_> = view.editor.problems.iter().filter(|p| p.severity() == Severity::Error).collect();
    for problem in &errors {
        let tab = view.editor.tabs.get(problem.tab);
        let line = tab.map_or(0, |t| t.text.get(..problem.diagnostic.span.start).unwrap_or_default().matches('\n').count() + 1);
        eprintln!("{}:{line}: {}", tab.map_or("", |t| &*t.name), problem.diagnostic.message);
    }
    if !errors.is_empty() {
        return Ok(1);
    }
    if at.is_some_and(|at| app.run().at() < at) {
        eprintln!("podglass: nothing happens after {}: that is what is drawn", view.transport.time);
    }
    let stage = svg(&view.stage);
    let picture = page(&stage, a.width, a.timeline.then(|| timeline::draw(&view.timeline, view.playhead_x, LABELS)));
    let picture = themed(&picture, &a.theme);
    match &a.out {
        Some(path) => std::fs::write(path, picture).with_context(|| path.display().to_string())?,
        None => println!("{picture}"),
    }
    Ok(0)
}

/// Space around the parts.
const MARGIN: f32 = 12.0;

/// Stage and timeline in one picture.
fn page(stage: &str, width: f32, timeline: Option<(String, f32)>) -> String {
    let stage_height = attribute(stage, "height");
    let (lanes, lanes_height) = timeline.unwrap_or_default();
    let height = stage_height + lanes_height + 2.0 * MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\
         <rect width=\"{width}\" height=\"{height}\" fill=\"var(--bg)\"/>\
         <g transform=\"translate({MARGIN} {MARGIN})\">{stage}</g><g transform=\"translate({MARGIN} {:.1})\">{lanes}</g></svg>",
        stage_height + MARGIN
    )
}

/// A number among the attributes of the first element.
fn attribute(svg: &str, name: &str) -> f32 {
    svg.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split('"').next()).and_then(|v| v.parse().ok()).unwrap_or_default()
}

/// The picture in one theme: its style carries both, the dark one for those whose system is dark.
fn themed(svg: &str, theme: &str) -> String {
    const DARK: &str = "@media(prefers-color-scheme:dark){";
    if theme == "auto" {
        return svg.to_owned();
    }
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some((before, after)) = rest.split_once(DARK) {
        out.push_str(before);
        let end = after.find("}}").map_or(after.len(), |at| at + 1);
        let (block, tail) = after.split_at(end);
        if theme == "dark" {
            out.push_str(block);
        }
        rest = tail.strip_prefix('}').unwrap_or(tail);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::themed;

    #[test]
    fn a_theme_leaves_one_palette() {
        let both = "<style>:root{--a:1}@media(prefers-color-scheme:dark){:root{--a:2}}text{x:y}</style>";
        assert_eq!(themed(both, "auto"), both);
        assert_eq!(themed(both, "light"), "<style>:root{--a:1}text{x:y}</style>");
        assert_eq!(themed(both, "dark"), "<style>:root{--a:1}:root{--a:2}text{x:y}</style>");
    }
}
