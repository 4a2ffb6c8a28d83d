//! The staircase of requests: what runs together asks for, and which step the scheduler reserves.

use podglass_playground::cluster::SimTime;
use podglass_playground::scenario::{Scenario, Text};
use podglass_playground::view::{Panel, PanelView, RequestStep};
use podglass_playground::{App, Event};

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: stairs}
spec:
  initContainers:
  - {name: setup, image: busybox, command: [sleep, '5'], resources: {requests: {cpu: '1', memory: 64Mi}}}
  - {name: log, image: busybox, restartPolicy: Always, command: [sleep, 1d], resources: {requests: {cpu: 100m, memory: 32Mi}}}
  containers:
  - {name: app, image: busybox, command: [sleep, 1d], resources: {requests: {cpu: 250m, memory: 128Mi}}}
";

fn steps(at: u64) -> Vec<RequestStep> {
    let mut app = App::new();
    app.open(Scenario { documents: vec![Text { name: "pod.yaml".into(), text: POD.into() }], at: SimTime(at), ..Scenario::default() });
    app.settle();
    app.update(Event::OpenPanel(Panel::Status));
    match &*app.view().panel {
        PanelView::Status(status) => status.requests.clone(),
        _ => Vec::new(),
    }
}

#[test]
fn each_step_says_what_runs_together_and_what_it_requests() {
    let told: Vec<String> = steps(0)
        .iter()
        .map(|s| {
            let amounts: Vec<String> = s.amounts.iter().map(|a| format!("{}{}", a.text, if a.highest { " highest" } else { "" })).collect();
            format!("{}: {}", s.running, amounts.join(", "))
        })
        .collect();
    assert_eq!(told, ["setup: 1 highest, 64Mi", "log: 100m, 32Mi", "log + app: 350m, 160Mi highest"]);
}

#[test]
fn the_step_of_the_moment_is_marked() {
    let now = |at| steps(at).iter().filter(|s| s.now).map(|s| s.running.clone()).collect::<Vec<_>>();
    assert_eq!(now(4_000), ["setup"]);
    assert_eq!(now(30_000), ["log + app"]);
}
