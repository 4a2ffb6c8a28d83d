//! What a person does with a run, event by event.

mod common;

use common::of_text;
use podglass_cluster::manifest::{Kind, ObjectKey};
use podglass_playground::view::{PanelView, View};
use podglass_playground::{App, Deed, Effect, Event, SimTime, examples};
use podglass_scene::{Role, Target};

fn app(example: &str) -> App {
    let mut app = App::new();
    app.update(Event::OpenExample(example.to_owned()));
    app.update(Event::Pause);
    app.settle();
    app
}

fn pod(name: &str) -> ObjectKey {
    ObjectKey { kind: Kind::Pod, namespace: "default".into(), name: name.into() }
}

/// Everything a person sees of an instant.
fn seen(app: &mut App) -> String {
    let View { stage, narration, panel, transport, .. } = app.view();
    format!("{:?} {stage:?} {} {panel:?}", transport.at, narration.plain())
}

/// STATUS of the first Pod at every step, without repetition.
fn statuses(app: &mut App) -> Vec<String> {
    app.update(Event::SeekStart);
    let mut out: Vec<String> = Vec::new();
    for _ in 0..400 {
        let view = app.view();
        if let Some(pod) = view.stage.pods.first()
            && out.last() != Some(&pod.status)
        {
            out.push(pod.status.clone());
        }
        if !view.transport.can_step_forward {
            break;
        }
        app.update(Event::StepForward);
    }
    out
}

#[test]
fn kubia_init_goes_through_its_states() {
    let mut app = app("course-2-kubia-init");
    assert_eq!(statuses(&mut app), ["Pending", "Init:0/2", "Init:1/2", "PodInitializing", "Running"]);
}

#[test]
fn the_narration_says_what_led_to_what() {
    let mut app = app("course-2-kubia-init");
    app.update(Event::SeekStart);
    let mut said = Vec::new();
    while app.view().transport.can_step_forward {
        app.update(Event::StepForward);
        said.push(app.view().narration.plain());
    }
    assert!(said.iter().any(|s| s == "init-demo exited 0, so the kubelet started network-check. kubia and envoy wait for it."), "{said:#?}");
    assert!(said.iter().any(|s| s == "network-check exited 0, so the kubelet started kubia."), "{said:#?}");
}

#[test]
fn stepping_back_shows_exactly_what_was_shown_before() {
    for example in ["course-2-kubia-init", "failing-init", "native-sidecar", "shared-volume"] {
        let mut app = app(example);
        app.update(Event::SeekStart);
        let mut shown = vec![seen(&mut app)];
        for _ in 0..60 {
            if !app.view().transport.can_step_forward {
                break;
            }
            app.update(Event::StepForward);
            shown.push(seen(&mut app));
        }
        assert!(shown.len() > 5, "{example} has too few steps: {}", shown.len());
        shown.pop();
        for expected in shown.iter().rev() {
            app.update(Event::StepBack);
            assert_eq!(&seen(&mut app), expected, "{example}");
        }
    }
}

#[test]
fn seeking_equals_replaying() {
    for example in ["crash-loop", "native-sidecar", "rollout"] {
        let mut far = app(example);
        far.update(Event::SeekEnd);
        for at in [41_300, 7_777, 12_345, 500, 59_000] {
            far.update(Event::Seek(SimTime(at)));
            let mut fresh = app(example);
            fresh.update(Event::Seek(SimTime(at)));
            assert_eq!(seen(&mut far), seen(&mut fresh), "{example} at {at}");
        }
    }
}

#[test]
fn playing_in_frames_shows_what_seeking_shows() {
    let mut played = app("course-2-kubia-init");
    played.update(Event::SeekStart);
    played.update(Event::SetSqueeze(false));
    played.update(Event::Play);
    for _ in 0..40 {
        played.update(Event::Frame { elapsed_ms: 160.0, budget: 500 });
        played.view();
    }
    let at = played.view().transport.at;
    assert_eq!(at, SimTime(6_400));
    let mut sought = app("course-2-kubia-init");
    sought.update(Event::SetSqueeze(false));
    sought.update(Event::Seek(at));
    let stage = sought.view().stage;
    assert_eq!(played.view().stage, stage);
}

#[test]
fn a_deed_discards_the_future_and_undo_brings_it_back() {
    let mut app = app("course-2-kubia-init");
    app.update(Event::Seek(SimTime(30_000)));
    app.settle();
    let before = seen(&mut app);
    assert_eq!(app.view().stage.pods[0].status, "Running");
    app.update(Event::Seek(SimTime(20_000)));
    app.update(Event::Do(Deed::Exit { pod: pod("kubia-init"), container: "kubia".into(), code: 3 }));
    app.settle();
    app.update(Event::Seek(SimTime(30_000)));
    let after = app.view();
    assert_eq!(after.changes.len(), 1);
    assert_eq!(after.stage.pods[0].restarts, "1", "{:?}", after.stage.pods[0]);
    app.update(Event::Undo);
    app.settle();
    assert_eq!(seen(&mut app), before);
    app.update(Event::Redo);
    app.settle();
    app.update(Event::Seek(SimTime(30_000)));
    assert_eq!(app.view().stage, after.stage);
}

#[test]
fn a_link_opens_the_same_instant() {
    let mut app = app("course-2-kubia-init");
    app.update(Event::Seek(SimTime(12_000)));
    app.update(Event::Do(Deed::Exit { pod: pod("kubia-init"), container: "envoy".into(), code: 1 }));
    app.settle();
    app.update(Event::Seek(SimTime(14_200)));
    let effects = app.update(Event::Share);
    let Some(Effect::ShareLink(link)) = effects.first() else { panic!("no link: {effects:?}") };
    assert!(link.len() < 2000, "{} bytes", link.len());
    let mut other = App::new();
    other.update(Event::OpenLink(link.clone()));
    other.settle();
    assert_eq!(other.view().transport.at, SimTime(14_200));
    assert_eq!(other.view().stage, app.view().stage);
    assert_eq!(other.view().changes, app.view().changes);
}

#[test]
fn a_damaged_link_is_told_and_leaves_the_page_as_it_is() {
    let mut app = App::new();
    let before = app.view().stage;
    app.update(Event::OpenLink("p1abc".into()));
    let view = app.view();
    assert!(view.notice.is_some_and(|n| n.text.contains("damaged")));
    assert_eq!(view.stage, before);
}

#[test]
fn a_draft_comes_back() {
    let mut app = App::new();
    let effects = app.update(Event::EditText { tab: 0, text: "kind: Pod\n".into() });
    let draft = effects.into_iter().find_map(|e| match e {
        Effect::SaveDraft(d) => Some(d),
        _ => None,
    });
    let mut next = App::new();
    next.update(Event::OpenDraft(draft.expect("a draft")));
    assert_eq!(&*next.view().editor.tabs[0].text, "kind: Pod\n");
}

#[test]
fn a_manifest_with_errors_keeps_the_last_good_run() {
    let mut app = app("course-2-kubia-init");
    app.update(Event::Seek(SimTime(8_000)));
    let stage = app.view().stage;
    app.update(Event::EditText { tab: 0, text: "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers:\n  - name: a\n    imag: b\n".into() });
    app.update(Event::RunFromStart);
    let view = app.view();
    assert!(view.editor.stale);
    assert!(!view.editor.problems.is_empty());
    assert_eq!(view.stage, stage);
    assert!(view.notice.is_some());
}

#[test]
fn a_pasted_manifest_runs_at_once() {
    let mut app = app("course-2-kubia-init");
    app.update(Event::EditText { tab: 0, text: examples::scenario("crash-loop").expect("there").documents[0].text.clone() });
    app.settle();
    app.update(Event::Seek(SimTime(3_000)));
    assert_eq!(app.view().stage.pods[0].name, "crash-loop");
}

#[test]
fn adding_a_service_now_lets_the_waiting_pod_through() {
    let mut app = app("wait-for-service");
    app.update(Event::Seek(SimTime(20_000)));
    app.settle();
    assert_eq!(app.view().stage.pods[0].status, "Init:0/1");
    app.update(Event::Select(Some(Target::Container { pod: pod("patient"), container: "app".into() })));
    app.update(Event::AskWhy);
    let view = app.view();
    let PanelView::Why(why) = &*view.panel else { panic!("{:?}", view.panel) };
    assert!(why.answer.plain().contains("waits for init container wait-for-db"), "{}", why.answer.plain());
    assert!(why.links.iter().any(|l| l.head.plain().contains("db has no Service")), "{:#?}", why.links);
    app.update(Event::AddTab);
    app.update(Event::EditText { tab: 1, text: "apiVersion: v1\nkind: Service\nmetadata:\n  name: db\nspec:\n  ports:\n  - port: 5432\n".into() });
    assert!(app.view().editor.changed, "{:?}", app.view().editor);
    app.update(Event::ApplyNow);
    app.settle();
    assert!(!app.view().editor.changed);
    app.update(Event::Seek(SimTime(32_000)));
    app.settle();
    assert_eq!(app.view().stage.pods[0].status, "Running", "{:?}", app.view().changes);
}

#[test]
fn the_sidecars_file_stands_in_the_shared_volume() {
    let mut app = app("course-5-multi-container");
    app.update(Event::Seek(SimTime(30_000)));
    let view = app.view();
    let volume = view.stage.pods[0].volumes.iter().find(|v| v.label.contains("shared-data")).expect("the volume");
    assert!(volume.files.iter().any(|f| f.name == "index.html" && f.note.contains("sidecar")), "{volume:?}");
    app.update(Event::Select(Some(Target::Container { pod: pod("multi-container-demo"), container: "web".into() })));
    app.update(Event::ShowFile(Some("/usr/share/nginx/html/index.html".into())));
    let view = app.view();
    let PanelView::Files(files) = &*view.panel else { panic!() };
    assert_eq!(files.open.as_ref().map(|o| o.1.as_str()), Some("Hello from sidecar!\n"));
}

#[test]
fn the_board_shows_who_lost_the_port() {
    let mut app = app("port-clash");
    app.update(Event::Seek(SimTime(20_000)));
    let view = app.view();
    let pod_part = &view.stage.pods[0];
    assert!(pod_part.board.remark.plain().contains("second cannot listen on 80"), "{}", pod_part.board.remark.plain());
    let second = pod_part.containers.iter().find(|c| c.name == "second").expect("second");
    assert!(matches!(second.role, Role::Failed | Role::BackOff), "{second:?}");
    app.update(Event::Select(Some(Target::Container { pod: pod("port-clash"), container: "second".into() })));
    app.update(Event::AskWhy);
    let view = app.view();
    let PanelView::Why(why) = &*view.panel else { panic!() };
    assert!(why.links.iter().any(|l| l.head.plain().contains("share one network")), "{why:#?}");
}

#[test]
fn every_example_runs_two_minutes_and_has_an_answer() {
    for example in examples::ALL {
        eprintln!("{}", example.entry.id);
        let mut app = app(example.entry.id);
        app.update(Event::AskWhy);
        for at in [0, 1_000, 6_000, 30_000, 60_000, 120_000] {
            if at > 60_000 {
                app.update(Event::RunOn);
                app.settle();
            }
            app.update(Event::Seek(SimTime(at)));
            let view = app.view();
            let PanelView::Why(why) = &*view.panel else { panic!() };
            assert!(!why.answer.is_empty() && !why.links.is_empty(), "{} at {at}: {why:?}", example.entry.id);
        }
        let errors = app.view().editor.problems.iter().any(|p| p.severity() == podglass_playground::Severity::Error);
        assert_eq!(errors, example.entry.mistake, "{}: {:?}", example.entry.id, app.view().editor.problems);
    }
}

#[test]
fn nothing_is_made_anew_when_nothing_changed() {
    let mut app = app("course-2-kubia-init");
    app.update(Event::Seek(SimTime(9_000)));
    let a = app.view();
    app.update(Event::Frame { elapsed_ms: 16.0, budget: 2000 });
    let b = app.view();
    assert!(std::rc::Rc::ptr_eq(&a.stage, &b.stage));
    assert!(std::rc::Rc::ptr_eq(&a.timeline, &b.timeline));
    assert!(std::rc::Rc::ptr_eq(&a.editor, &b.editor));
    assert!(std::rc::Rc::ptr_eq(&a.panel, &b.panel));
    assert!(!b.moving);
}

#[test]
fn selecting_a_container_finds_its_lines_and_the_cursor_finds_the_container() {
    let mut app = app("course-2-kubia-init");
    app.update(Event::Seek(SimTime(9_000)));
    let target = Target::Container { pod: pod("kubia-init"), container: "network-check".into() };
    let effects = app.update(Event::Select(Some(target.clone())));
    let Some(Effect::Reveal { start, .. }) = effects.iter().find(|e| matches!(e, Effect::Reveal { .. })) else { panic!("{effects:?}") };
    let text = app.view().editor.tabs[0].text.clone();
    let line = text[..*start].lines().count();
    assert!(text[*start..].contains("network-check"), "{start}");
    app.update(Event::Select(None));
    app.update(Event::MoveCursor { line: line as u32 + 1 });
    assert_eq!(app.view().selected, Some(target));
}

fn enter(app: &mut App, line: &str) -> String {
    let effects = app.update(Event::EnterCommand(line.to_owned()));
    app.settle();
    effects
        .into_iter()
        .filter_map(|e| match e {
            Effect::Print(text) => Some(text),
            _ => None,
        })
        .collect()
}

#[test]
fn kubectl_acts_on_the_cluster_at_the_playhead() {
    let mut app = app("course-2-kubia-init");
    app.update(Event::Seek(SimTime(50_000)));
    let text = enter(&mut app, "kubectl get pods");
    assert!(text.contains("kubia-init   2/2     Running   0          50s"), "{text}");
    app.update(Event::Seek(SimTime(3_000)));
    assert!(enter(&mut app, "kubectl get pods").contains("Init:0/2"));
    assert!(app.view().changes.is_empty());
    app.update(Event::Seek(SimTime(45_000)));
    assert_eq!(enter(&mut app, "kubectl label pod kubia-init course=2"), "pod/kubia-init labeled\n");
    assert!(enter(&mut app, "kubectl get pods -l course=2").contains("kubia-init"));
    assert_eq!(app.view().changes.len(), 1);
    assert_eq!(app.view().changes[0].text, "kubectl label pod kubia-init course=2");
    assert!(enter(&mut app, "cat 2-kubia-init.yaml kubia-init.yaml").contains("network-check"), "{}", enter(&mut app, "ls"));
    app.update(Event::Undo);
    app.settle();
    assert!(enter(&mut app, "kubectl get pods -l course=2").contains("No resources found"));
}

#[test]
fn nonsense_does_no_harm() {
    for text in [
        "",
        "\0\u{1}\u{2}",
        "\t\tkind: Pod",
        "a: [",
        "&a [*a, *a]",
        "- - - -",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: busybox, command: [sh, -c, 'while true; do :; done']}]}",
    ] {
        let mut app = of_text(text);
        app.update(Event::Seek(SimTime(10_000)));
        app.view();
        for event in [
            Event::StepBack,
            Event::StepForward,
            Event::SeekX(-40.0),
            Event::SeekX(1e9),
            Event::Zoom { factor: 0.0, x: 3.0 },
            Event::Pan(1e9),
            Event::CloseTab(9),
            Event::SelectTab(9),
            Event::RemoveChange(3),
            Event::MoveCursor { line: 999 },
            Event::HoverText(Some(1 << 30)),
            Event::SetSpeed(f64::NAN),
            Event::NextMarker,
            Event::PreviousMarker,
            Event::Undo,
            Event::Redo,
        ] {
            app.update(event);
            app.view();
        }
    }
}
