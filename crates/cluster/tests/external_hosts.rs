//! Hosts outside the cluster: they answer unless the user says otherwise.

use podglass_cluster::action::{Action, Arrangement};
use podglass_cluster::{Cluster, Settings, SimTime};
use podglass_manifest::{Kind, Object};

/// The exit code of a container that pings a host once, the host being reachable or not.
fn ping(reachable: Option<bool>) -> Option<i32> {
    let text = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [ping, -c, '1', -W, '1', 9.9.9.9]}]}}";
    let mut cluster = Cluster::new(Settings::default());
    if let Some(reachable) = reachable {
        cluster.act(Action::Arrange(Arrangement::ExternalHost { host: "9.9.9.9".into(), reachable })).expect("an arrangement is never refused");
    }
    for object in podglass_manifest::read(text).objects() {
        cluster.act(Action::Apply(object.clone())).expect("the Pod is valid");
    }
    cluster.advance_to(SimTime(60_000), 100_000);
    let Some(Object::Pod(pod)) = cluster.api().get(Kind::Pod, "default", "p").map(|o| &**o) else { return None };
    let status = pod.status.as_ref()?.container_statuses.as_ref()?.first()?;
    Some(status.state.as_ref()?.terminated.as_ref()?.exit_code)
}

#[test]
fn public_addresses_answer_unless_the_user_says_otherwise() {
    assert_eq!(ping(None), Some(0));
    assert_eq!(ping(Some(true)), Some(0));
    assert_eq!(ping(Some(false)), Some(1));
}
