//! The staircase of a Pod's requests over time, as its status tells it.

use podglass_cluster::{Action, Cluster, Settings, SimTime};
use podglass_manifest::{Kind, ObjectKey};

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  initContainers:
  - {name: setup, image: 'busybox:1.36', command: [sleep, '2'], resources: {requests: {cpu: 500m}}}
  - {name: side, image: 'busybox:1.36', restartPolicy: Always, command: [sh, -c, 'trap \"exit 0\" TERM; while true; do sleep 1; done'], resources: {requests: {cpu: 100m}}}
  - {name: migrate, image: 'busybox:1.36', command: [sleep, '2'], resources: {requests: {cpu: 300m}}}
  containers:
  - {name: app, image: 'busybox:1.36', command: [sleep, '5'], resources: {requests: {cpu: 200m}}}
";

#[test]
fn the_requests_follow_the_containers_that_run() {
    let mut cluster = Cluster::new(Settings::reference_node(1));
    for object in podglass_manifest::read(POD).objects() {
        cluster.act(Action::Apply(object.clone())).expect("the Pod is valid");
    }
    cluster.advance_to(SimTime(60_000), 100_000);
    let turns = cluster.requests_over_time(&ObjectKey { kind: Kind::Pod, namespace: "default".into(), name: "p".into() });
    let told: Vec<String> = turns.iter().map(|t| format!("{} {}", t.running.join("+"), t.sum.get("cpu").copied().unwrap_or(0))).collect();
    assert_eq!(told, ["setup 500", " 0", "side 100", "side+migrate 400", "side 100", "side+app 300", "side 100", " 0"]);
    assert!(turns.windows(2).all(|w| w[0].at <= w[1].at));
}
