//! The run underneath: ghosts, two manifests, recordings of a real cluster.

mod common;

use common::of_text;
use podglass_cluster::manifest::{Kind, ObjectKey};
use podglass_playground::view::UnderKind;
use podglass_playground::{App, Deed, Effect, Event, SimTime, share};
use podglass_scene::Target;
use podglass_scene::timeline::Grip;

const TWO: &str = include_str!("compare/two-inits.yaml");

fn container(name: &str) -> Target {
    Target::Container { pod: ObjectKey { kind: Kind::Pod, namespace: "default".into(), name: "web".into() }, container: name.into() }
}

/// The first bar of a lane that can be dragged: where it begins, its handle, its end in pixels.
fn bar(app: &mut App, name: &str) -> (SimTime, Grip, f32) {
    let timeline = app.view().timeline;
    let lane = timeline.lanes.iter().find(|l| l.target == container(name)).expect("the lane");
    let s = lane.segments.iter().find(|s| matches!(s.grip, Some(Grip::Run { .. }))).expect("a bar with a handle");
    (s.from, s.grip.clone().expect("a handle"), s.x + s.w)
}

fn drag(app: &mut App, name: &str, by: f32) {
    let (from, grip, x) = bar(app, name);
    app.update(Event::DragEnd { target: container(name), grip, from, x: x + by });
    app.settle();
}

fn compared(right: &str) -> App {
    let mut app = of_text(TWO);
    app.update(Event::Compare(true));
    app.update(Event::EditText { tab: 1, text: right.to_owned() });
    app.update(Event::RunFromStart);
    app.update(Event::Pause);
    app.settle();
    app
}

#[test]
fn dragging_a_bars_end_makes_the_run_longer_or_shorter_and_leaves_a_ghost() {
    for (by, words) in [(150.0, "later because init container first runs"), (-110.0, "earlier: in the run before init container first runs")] {
        let mut app = of_text(TWO);
        app.update(Event::Resized { stage: 1000.0, timeline: 1000.0 });
        let before = app.view().timeline;
        drag(&mut app, "first", by);
        let view = app.view();
        let under = view.under.expect("a ghost");
        assert_eq!(under.kind, UnderKind::Ghost);
        assert!(under.headline.contains(words), "{}", under.headline);
        assert_ne!(view.timeline.lanes, before.lanes);
        assert!(view.timeline.lanes.iter().any(|l| l.under.as_ref().is_some_and(|u| !u.segments.is_empty())));
        assert!(!view.timeline.marks.is_empty());
        app.update(Event::Undo);
        app.update(Event::DismissUnder);
        app.settle();
        assert_eq!(app.view().timeline.lanes, before.lanes, "undo brings the run back");
    }
}

#[test]
fn dragging_the_same_bar_again_edits_the_change_and_keeps_the_first_ghost() {
    let mut app = of_text(TWO);
    app.update(Event::Resized { stage: 1000.0, timeline: 1000.0 });
    drag(&mut app, "first", 60.0);
    let first = app.view().under.expect("a ghost").headline.clone();
    drag(&mut app, "first", 60.0);
    let view = app.view();
    assert_eq!(view.changes.len(), 1);
    assert_ne!(view.under.expect("a ghost").headline, first);
    app.update(Event::Undo);
    app.settle();
    assert_eq!(app.view().changes.len(), 1, "the edit is undone, not the change");
    app.update(Event::Undo);
    app.settle();
    assert_eq!(app.view().changes.len(), 0);
}

#[test]
fn undo_takes_back_what_was_done_last_not_what_comes_last_in_time() {
    let mut app = of_text(TWO);
    app.update(Event::Seek(SimTime(20_000)));
    let Target::Container { pod, container: name } = container("app") else { unreachable!() };
    app.update(Event::Do(Deed::Exit { pod, container: name, code: 3 }));
    app.settle();
    drag(&mut app, "first", 30.0);
    assert_eq!(app.view().changes.len(), 2);
    app.update(Event::Undo);
    app.settle();
    let view = app.view();
    assert_eq!(view.changes.len(), 1);
    assert!(view.changes[0].text.contains("exit 3"), "{:?}", view.changes);
}

#[test]
fn the_words_of_a_comparison_come_from_what_the_two_runs_did() {
    let cases = [
        (TWO.replace("sleep 3", "sleep 9"), "The right one is ready 6.", "because init container first runs 9."),
        (
            TWO.replace(
                "    image: busybox:1.36\n    command: [sh, -c, sleep 2]",
                "    image: busybox:1.36\n    restartPolicy: Always\n    command: [sh, -c, sleep 2000]",
            ),
            "earlier",
            "second is an init container there",
        ),
        (TWO.replace("sleep 3", "exit 1"), "The right one is not ready within", "first exited 1"),
        (TWO.to_owned(), "Both are ready at the same time", ""),
    ];
    for (right, words, more) in cases {
        let mut app = compared(&right);
        let under = app.view().under.expect("the right side");
        assert!(under.headline.contains(words) && under.headline.contains(more), "{}", under.headline);
        assert_eq!(under.rows.is_empty(), right == TWO, "{:?}", under.rows);
    }
}

#[test]
fn both_sides_stand_at_one_instant_and_come_back_from_a_link() {
    let mut app = compared(&TWO.replace("sleep 3", "sleep 9"));
    app.update(Event::Seek(SimTime(8_000)));
    app.settle();
    let view = app.view();
    let right = view.right.expect("a right stage");
    assert_ne!(view.stage.pods[0].status, right.pods[0].status);
    let Some(Effect::ShareLink(link)) = app.update(Event::Share).pop() else { panic!("no link") };
    assert!(share::decode(&link).expect("a link").right.is_some());
    let mut other = App::new();
    other.update(Event::OpenLink(link));
    other.settle();
    let there = other.view();
    assert_eq!(there.right.expect("a right stage").pods, right.pods);
    assert_eq!(there.under.expect("a comparison").headline, view.under.expect("a comparison").headline);
    other.update(Event::Compare(false));
    other.settle();
    assert!(other.view().right.is_none() && other.view().under.is_none());
    assert_eq!(other.view().editor.tabs.len(), 1);
}

#[test]
fn a_recording_lies_under_its_simulation_with_every_fact_counted() {
    let text = include_str!("../../../static/recordings/course2-kubia-init.json");
    let mut app = App::new();
    app.update(Event::OpenRecording(text.to_owned()));
    app.settle();
    let view = app.view();
    let under = view.under.expect("a recording");
    assert_eq!(under.kind, UnderKind::Recording);
    assert!(under.agree.1 > 20 && under.agree.0 * 10 >= under.agree.1 * 9, "{:?} {:?}", under.agree, under.rows);
    assert_eq!(under.rows.len(), under.agree.1 - under.agree.0);
    let events = view.timeline.lanes.iter().filter_map(|l| l.under.as_ref()).flat_map(|u| &u.markers).count();
    assert!(events > 8, "{events} events of the recording");
    // What a recording never said is found.
    let mut wrong = App::new();
    wrong.update(Event::OpenRecording(text.replace("\"0 Completed\"", "\"7 Error\"")));
    wrong.settle();
    let rows = wrong.view().under.expect("a recording").rows.clone();
    assert!(rows.iter().any(|r| r.words.contains("ended with 7 Error: on the real cluster only")), "{rows:?}");
    wrong.update(Event::OpenRecording("{}".into()));
    assert!(wrong.view().notice.is_some());
}

#[test]
fn every_recording_of_an_example_is_there() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../static/recordings");
    for example in podglass_playground::examples::ALL {
        if let Some(name) = podglass_playground::examples::recording(example.entry.id) {
            assert!(folder.join(format!("{name}.json")).exists(), "{name}");
        }
    }
    let index = std::fs::read_to_string(folder.join("index.json")).expect("the index");
    let list = podglass_playground::recording::index(&index);
    assert!(list.len() > 80);
    assert!(list.iter().all(|r| folder.join(format!("{}.json", r.0)).exists()));
}

#[test]
fn an_owners_pods_are_folded_and_opened() {
    let deployment = include_str!("compare/three.yaml");
    let mut app = of_text(deployment);
    let lanes = app.view().timeline.lanes.len();
    let owner = app.view().timeline.lanes.iter().find(|l| l.open == Some(true)).and_then(|l| l.target.object().cloned()).expect("an owner's lane");
    assert_eq!(owner.kind, Kind::ReplicaSet);
    app.update(Event::Fold(owner.clone()));
    assert_eq!(app.view().timeline.lanes.len(), 1);
    app.update(Event::Fold(owner));
    assert_eq!(app.view().timeline.lanes.len(), lanes);
    assert_eq!(lanes, 1 + 3 * 2);
}

#[test]
fn the_overview_shows_the_part_that_is_zoomed_to_and_moves_it() {
    let mut app = of_text(TWO);
    assert!(app.view().timeline.overview.is_empty());
    app.update(Event::Zoom { factor: 4.0, x: 0.0 });
    let shown = app.view().timeline.shown;
    assert!(!app.view().timeline.overview.is_empty() && shown.0 < 1.0);
    app.update(Event::ShowFrom(0.5));
    let moved = app.view().timeline.shown;
    assert!((moved.0 - 0.5 * app.view().timeline.width).abs() < 1.0 && (moved.1 - shown.1).abs() < 0.5, "{moved:?}");
    app.update(Event::ShowFrom(f64::NAN));
    assert!(app.view().timeline.shown.0.is_finite());
}

#[test]
fn the_table_holds_stage_and_timeline() {
    let mut app = of_text(TWO);
    app.update(Event::Seek(SimTime(20_000)));
    app.settle();
    app.view();
    app.update(Event::OpenPanel(podglass_playground::view::Panel::Table));
    let panel = app.view().panel;
    let podglass_playground::view::PanelView::Table(table) = &*panel else { panic!("{panel:?}") };
    assert!(table.now.iter().any(|r| r[0] == "app" && r[1] == "running"), "{:?}", table.now);
    assert!(table.run.iter().any(|r| r.cells[0] == "first" && r.cells[1] == "exit 0"), "{:?}", table.run);
}
