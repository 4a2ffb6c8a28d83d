//! Whatever the width, nothing on the stage overlaps and nothing leaves its frame.

use podglass_playground::{App, Event, SimTime, examples};
use podglass_scene::Rect;
use podglass_scene::stage::{PodPart, Stage};

#[track_caller]
fn disjoint(what: &str, rects: &[(String, Rect)]) {
    for (i, (a, ra)) in rects.iter().enumerate() {
        for (b, rb) in rects.iter().skip(i + 1) {
            assert!(!ra.overlaps(*rb), "{what}: {a} {ra:?} overlaps {b} {rb:?}");
        }
    }
}

fn parts(pod: &PodPart) -> Vec<(String, Rect)> {
    let mut all: Vec<(String, Rect)> = pod.containers.iter().map(|c| (c.name.clone(), c.rect)).collect();
    all.extend(pod.volumes.iter().map(|v| (v.label.clone(), v.rect)));
    all.extend(pod.gate.iter().map(|g| ("gate".to_owned(), g.rect)));
    all.push(("board".to_owned(), pod.board.rect));
    all
}

#[track_caller]
fn check(what: &str, stage: &Stage) {
    let outside = stage.outside.iter().map(|o| (o.name.clone(), o.rect));
    let pods = stage.pods.iter().map(|p| (p.name.clone(), p.rect));
    let tiles = stage.tiles.iter().map(|t| (t.title.clone(), t.rect));
    let top: Vec<(String, Rect)> = outside.chain(pods).chain(tiles).collect();
    disjoint(what, &top);
    for (name, rect) in &top {
        assert!(
            rect.x >= -0.5 && rect.right() <= stage.width + 0.5 && rect.bottom() <= stage.height + 0.5,
            "{what}: {name} {rect:?} leaves the stage {}×{}",
            stage.width,
            stage.height
        );
    }
    for pod in &stage.pods {
        let inside = parts(pod);
        disjoint(what, &inside);
        for (name, rect) in &inside {
            assert!(pod.rect.contains(*rect), "{what}: {name} {rect:?} leaves its Pod {:?}", pod.rect);
        }
        let ports: Vec<(String, Rect)> = pod.board.ports.iter().map(|p| (p.label.clone(), p.rect)).collect();
        disjoint(what, &ports);
        for (name, rect) in &ports {
            assert!(pod.board.rect.contains(*rect), "{what}: port {name} {rect:?} leaves the board {:?}", pod.board.rect);
        }
        for recent in &pod.recent {
            assert!(recent.point.y < pod.rect.bottom(), "{what}: {recent:?}");
        }
        for travel in &pod.travels {
            assert!((0.0..=1.0).contains(&travel.progress), "{travel:?}");
        }
    }
}

#[test]
fn nothing_overlaps_at_any_width() {
    for example in examples::ALL.iter().filter(|e| !e.entry.mistake) {
        let mut app = App::new();
        app.update(Event::OpenExample(example.entry.id.to_owned()));
        app.update(Event::Pause);
        app.settle();
        for width in [280.0, 360.0, 500.0, 640.0, 760.0, 1000.0, 1280.0, 1900.0] {
            app.update(Event::Resized { stage: width, timeline: width });
            for at in [0, 2_000, 9_000, 40_000] {
                app.update(Event::Seek(SimTime(at)));
                let view = app.view();
                check(&format!("{} at {at} in {width}", example.entry.id), &view.stage);
                for lane in &view.timeline.lanes {
                    for pair in lane.segments.windows(2) {
                        assert!(pair[0].x + pair[0].w <= pair[1].x + 0.01, "{}: {:?}", example.entry.id, pair);
                    }
                }
                for pair in view.timeline.ticks.windows(2) {
                    assert!(pair[1].x - pair[0].x >= 50.0, "{pair:?}");
                }
            }
        }
    }
}

#[test]
fn a_pod_of_thirty_containers_and_a_thousand_pods_find_their_places() {
    let container = |i: u16| {
        format!(
            "  - name: container-with-a-long-name-{i}\n    image: nginx:1.27\n    command: ['sleep', '1000']\n    ports:\n    - containerPort: {}\n",
            8000 + i
        )
    };
    let containers = (0..30).map(container).collect::<Vec<_>>().concat();
    let text = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: big\nspec:\n  containers:\n{containers}");
    let many = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: many\nspec:\n  replicas: 150\n  selector:\n    matchLabels: {a: b}\n  template:\n    metadata:\n      labels: {a: b}\n    spec:\n      containers:\n      - name: a\n        image: nginx:1.27\n";
    for text in [text.as_str(), many] {
        let mut app = App::new();
        app.update(Event::OpenFile { name: "t.yaml".into(), text: text.to_owned() });
        app.update(Event::RunFromStart);
        app.update(Event::Pause);
        app.settle();
        app.update(Event::Seek(SimTime(30_000)));
        for width in [300.0, 900.0, 1500.0] {
            app.update(Event::Resized { stage: width, timeline: width });
            check(&format!("{width}"), &app.view().stage);
        }
    }
}
