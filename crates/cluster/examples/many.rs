//! Runs copies of one Pod until all of them run, and prints how long that took: `many COUNT FILE`.

use podglass_cluster::{Action, Cluster, Settings, SimTime};
use podglass_manifest::Object;

fn main() {
    let mut args = std::env::args().skip(1);
    let count: u32 = args.next().and_then(|s| s.parse().ok()).unwrap_or(100);
    let text = args.next().and_then(|f| std::fs::read_to_string(f).ok()).unwrap_or_default();
    let reading = podglass_manifest::read(&text);
    let Some(Object::Pod(pod)) = reading.objects().next() else { return };
    let mut cluster = Cluster::new(Settings { images_present: true, node_pods: 100_000, node_milli_cpu: 100_000_000, ..Settings::default() });
    for n in 0..count {
        let mut one = pod.clone();
        one.metadata.name = Some(format!("pod-{n}"));
        if let Err(e) = cluster.act(Action::Create(Object::Pod(one))) {
            println!("refused: {}", e.message);
        }
    }
    println!("created at {} records", cluster.api().journal().records().len());
    let _ = cluster.advance_to(SimTime::from_secs_f64(30.0), u64::MAX);
    let running = cluster
        .api()
        .list(podglass_manifest::Kind::Pod)
        .filter(|o| matches!(&***o, Object::Pod(p) if p.status.as_ref().is_some_and(|s| s.phase.as_deref() == Some("Running"))))
        .count();
    println!("{running} of {count} run, {} records", cluster.api().journal().records().len());
}
