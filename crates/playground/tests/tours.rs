//! Every tour can be taken: its instants come, exactly one prediction holds, and the engine says why.

use podglass_playground::tour::Tour;
use podglass_playground::{App, Event, examples};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../static/tours")
}

/// The lines of the list of tours as cells.
fn list() -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(folder().join("index.txt")).expect("the list of tours");
    text.lines().filter(|l| !l.starts_with('#')).map(|l| l.split('|').map(|c| c.trim().to_owned()).collect()).collect()
}

#[test]
fn the_list_names_every_file_with_its_titles_and_one_tour_for_each_course_page() {
    let mut files: Vec<String> =
        std::fs::read_dir(folder()).expect("the tours").filter_map(|f| Some(f.ok()?.file_name().to_str()?.strip_suffix(".tour")?.to_owned())).collect();
    let mut listed: Vec<String> = list().iter().map(|l| l[0].clone()).collect();
    (1..=5).for_each(|n| assert!(listed.contains(&format!("course-{n}")), "course page {n}"));
    files.sort();
    listed.sort();
    assert_eq!(files, listed);
    assert!(files.len() >= 10);
    for cells in list() {
        let text = std::fs::read_to_string(folder().join(format!("{}.tour", cells[0]))).expect("a tour");
        for (language, title) in [("en", &cells[1]), ("de", &cells[2])] {
            let tour = Tour::read(&text, language).unwrap_or_else(|e| panic!("{}: {e}", cells[0]));
            assert_eq!(&tour.title, title);
            assert!(tour.page || tour.example.as_ref().is_some_and(|id| examples::scenario(id).is_some()), "{}", cells[0]);
        }
    }
}

#[test]
fn every_prediction_is_answered_by_the_run_and_by_its_causes() {
    for cells in list() {
        let id = &cells[0];
        let text = std::fs::read_to_string(folder().join(format!("{id}.tour"))).expect("a tour");
        let tour = Tour::read(&text, "en").expect("a tour");
        let mut app = App::new();
        app.update(Event::OpenTour { tour: tour.clone(), step: 0 });
        let mut before = None;
        for step in 0..tour.steps.len() {
            if step > 0 {
                app.update(Event::GoToStep { step, glide: false });
            }
            let view = app.view();
            let shown = view.tour.clone().unwrap_or_else(|| panic!("{id}: step {step} is not shown"));
            assert_eq!((shown.step, shown.moving), (step, false), "{id}");
            if !tour.page {
                assert!(before <= Some(view.transport.at), "{id}: step {step} goes back in time");
                assert!(view.notice.is_none(), "{id}: step {step}: {:?}", view.notice);
                if tour.steps[step].when.condition.is_some() && tour.steps[step].act.is_none() {
                    assert!(view.transport.at < view.transport.end, "{id}: the instant of step {step} never comes");
                }
            }
            before = Some(view.transport.at);
            let Some(ask) = &tour.steps[step].ask else { continue };
            for choice in 0..ask.choices.len() {
                app.update(Event::Predict { choice, glide: false });
                let answered = app.view().tour.and_then(|t| t.ask.clone()).expect("a question");
                let held: Vec<bool> = answered.choices.iter().map(|c| c.held == Some(true)).collect();
                assert_eq!(held.iter().filter(|h| **h).count(), 1, "{id}: step {step} at {:?}: {held:?}", app.run().at());
                let why = answered.why.expect("a reason");
                assert!(!why.answer.is_empty() && !why.links.is_empty(), "{id}: step {step}: {}", why.answer.plain());
            }
        }
        app.update(Event::GoToStep { step: tour.steps.len(), glide: false });
        assert!(app.view().tour.is_none(), "{id} does not end");
    }
}

#[test]
fn a_prediction_is_played_to_its_answer() {
    let text = std::fs::read_to_string(folder().join("course-2.tour")).expect("a tour");
    let mut app = App::new();
    app.update(Event::OpenTour { tour: Tour::read(&text, "en").expect("a tour"), step: 1 });
    app.update(Event::Predict { choice: 0, glide: true });
    assert!(app.view().tour.is_some_and(|t| t.moving));
    for _ in 0..600 {
        app.update(Event::Frame { elapsed_ms: 16.0, budget: 2_000 });
    }
    let shown = app.view().tour.expect("a tour");
    let ask = shown.ask.clone().expect("a question");
    assert!(!shown.moving && !app.view().transport.playing);
    assert_eq!(ask.choices.iter().map(|c| (c.chosen, c.held)).collect::<Vec<_>>(), [(true, Some(false)), (false, Some(true)), (false, Some(false))]);
}

#[test]
fn going_back_takes_a_tours_changes_back() {
    let text = std::fs::read_to_string(folder().join("what-if.tour")).expect("a tour");
    let mut app = App::new();
    app.update(Event::OpenTour { tour: Tour::read(&text, "en").expect("a tour"), step: 2 });
    assert_eq!(app.view().changes.len(), 1);
    app.update(Event::GoToStep { step: 1, glide: false });
    assert_eq!(app.view().changes.len(), 1);
    app.update(Event::GoToStep { step: 0, glide: false });
    assert_eq!(app.view().changes.len(), 0);
}
