//! Dockerfiles among the documents: their images run, travel in links, can be changed while the run goes on, and say
//! otherwise where something was assumed.

use podglass_playground::cluster::SimTime;
use podglass_playground::scenario::{Scenario, Text};
use podglass_playground::{App, Effect, Event, share};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: c, image: 'my/app:1'}\n";
const DOCKERFILE: &str = "# image: my/app:1\nFROM busybox\nCMD [\"sh\", \"-c\", \"echo one; sleep 1d\"]\n";

fn app(documents: &[(&str, &str)]) -> App {
    let mut app = App::new();
    let documents = documents.iter().map(|(name, text)| Text { name: (*name).into(), text: (*text).into() }).collect();
    app.open(Scenario { documents, at: SimTime(20_000), ..Scenario::default() });
    app.settle();
    app
}

fn command(app: &mut App, line: &str) -> String {
    let effects = app.update(Event::EnterCommand(line.into()));
    app.settle();
    effects.into_iter().filter_map(|e| if let Effect::Print(text) = e { Some(text) } else { None }).collect()
}

#[test]
fn a_dockerfile_of_the_documents_defines_an_image() {
    let mut app = app(&[("pod.yaml", POD), ("Dockerfile", DOCKERFILE)]);
    assert_eq!(command(&mut app, "kubectl logs p"), "one\n");
}

#[test]
fn a_link_carries_the_dockerfile_and_gives_the_same_run() {
    let mut first = app(&[("pod.yaml", POD), ("Dockerfile", DOCKERFILE)]);
    let mut second = App::new();
    second.update(Event::OpenLink(share::encode(&first.scenario())));
    second.settle();
    assert_eq!(second.scenario(), first.scenario());
    assert_eq!(command(&mut second, "kubectl logs p"), command(&mut first, "kubectl logs p"));
}

#[test]
fn a_changed_dockerfile_counts_for_containers_that_start_after_it_was_applied() {
    let mut app = app(&[("pod.yaml", POD), ("Dockerfile", DOCKERFILE)]);
    assert!(!app.view().editor.changed);
    app.update(Event::EditText { tab: 1, text: DOCKERFILE.replace("one", "two") });
    assert!(app.view().editor.changed);
    app.update(Event::ApplyNow);
    assert!(!app.view().editor.changed);
    assert_eq!(command(&mut app, "kubectl logs p"), "one\n");
    command(&mut app, "kubectl exec p -- kill -9 1");
    command(&mut app, "kubectl delete pod p --now");
    app.update(Event::RunFromStart);
    app.update(Event::Seek(SimTime(20_000)));
    app.settle();
    assert_eq!(command(&mut app, "kubectl logs p"), "two\n");
}

#[test]
fn a_wrong_dockerfile_is_a_problem_at_its_place_and_keeps_the_documents_from_running() {
    let mut app = app(&[("pod.yaml", POD), ("Dockerfile", "FROM busybox\nRUN cat /nothing\n")]);
    let view = app.view();
    let problem = view.editor.problems.first().expect("a problem");
    assert_eq!((problem.tab, problem.line, problem.column), (1, 2, 1));
    assert!(problem.diagnostic.message.contains("did not complete successfully: exit code: 1"), "{}", problem.diagnostic.message);
    assert!(view.editor.stale);
}

#[test]
fn docker_in_the_terminal_keeps_its_containers_and_goes_back_in_time_with_the_run() {
    let mut app = app(&[("pod.yaml", POD), ("Dockerfile", DOCKERFILE)]);
    assert!(command(&mut app, "docker run ubuntu").contains("Downloaded newer image for ubuntu:latest"));
    let listed = command(&mut app, "docker ps -a");
    assert!(listed.contains("\"/bin/bash\"") && listed.contains("Exited (0)"), "{listed}");
    assert!(command(&mut app, "docker build -t again .").contains("naming to docker.io/library/again"));
    assert!(command(&mut app, "docker run -d --name x again").contains('\n'));
    assert_eq!(command(&mut app, "docker logs x"), "one\n");
    app.update(Event::Seek(SimTime(19_000)));
    app.settle();
    assert_eq!(command(&mut app, "docker ps -aq"), "");
}

#[test]
fn an_assumption_is_listed_with_its_place_and_can_be_replaced() {
    let mut app = app(&[("pod.yaml", POD)]);
    let found = podglass_playground::assumptions::list(&app.run().ahead().cluster, &[]);
    let first = found.first().expect("an assumption");
    assert!(first.text.starts_with("What this container does is not known"), "{}", first.text);
    app.update(Event::ReplaceAssumption(0));
    app.update(Event::RunFromStart);
    app.update(Event::Seek(SimTime(20_000)));
    app.settle();
    assert_eq!(command(&mut app, "kubectl logs p"), "started\n");
    assert_eq!(podglass_playground::assumptions::list(&app.run().ahead().cluster, &[]), []);
}

#[test]
fn a_host_outside_can_be_made_unreachable() {
    let pod = POD.replace("'my/app:1'", "nicolaka/netshoot");
    let mut app = app(&[("pod.yaml", &pod)]);
    assert!(command(&mut app, "kubectl exec p -- curl -s http://example.com").contains("example.com is outside the cluster"));
    command(&mut app, "host example.com unreachable");
    // The name server hears of it a moment later.
    app.update(Event::SeekBy(5_000));
    app.settle();
    assert!(command(&mut app, "kubectl exec p -- curl -sS -m 2 http://example.com").contains("Timeout was reached"));
}
