//! Pulls are serial, and an image is pulled once: who waited for the same one finds its layers there.

use podglass_cluster::{Action, Cluster, Settings, SimTime};
use podglass_manifest::{Kind, Object};

#[test]
fn eight_pods_with_one_image_do_not_wait_eight_pulls() {
    let mut cluster = Cluster::new(Settings::default());
    for i in 0..8 {
        let text = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p{i}}}, spec: {{containers: [{{name: c, image: 'nginx:1.25'}}]}}}}");
        for object in podglass_manifest::read(&text).objects() {
            cluster.act(Action::Apply(object.clone())).expect("the Pod is valid");
        }
    }
    cluster.advance_to(SimTime(10_000), 100_000);
    let running = cluster
        .api()
        .list(Kind::Pod)
        .filter(|o| matches!(&***o, Object::Pod(p) if p.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Running")))
        .count();
    assert_eq!(running, 8);
}
