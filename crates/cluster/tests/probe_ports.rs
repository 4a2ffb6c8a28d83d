//! A probe whose named port no container port has (course page 4): an error, whose result counts for nothing.

use podglass_cluster::{Action, Cluster, Settings, SimTime};
use podglass_manifest::{Kind, Object};

#[test]
fn an_unknown_port_name_is_an_error_that_never_restarts() {
    let text = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80}],
        livenessProbe: {httpGet: {port: web}}, readinessProbe: {httpGet: {port: web}}}]}}";
    let mut cluster = Cluster::new(Settings::default());
    for object in podglass_manifest::read(text).objects() {
        cluster.act(Action::Apply(object.clone())).expect("the Pod is valid");
    }
    cluster.advance_to(SimTime(120_000), 100_000);
    let Some(Object::Pod(pod)) = cluster.api().get(Kind::Pod, "default", "p").map(|o| &**o) else { panic!("the Pod is gone") };
    let status = pod.status.as_ref().and_then(|s| s.container_statuses.as_ref()?.first()).expect("a status");
    assert_eq!((status.ready, status.restart_count), (false, 0));
    let said = cluster.api().list(Kind::Event).any(|o| {
        matches!(&**o, Object::Event(e) if e.message.as_deref() == Some("Liveness probe errored and resulted in unknown state: strconv.Atoi: parsing \"web\": invalid syntax"))
    });
    assert!(said);
}
