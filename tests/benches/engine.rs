//! `cargo bench -p podglass-tests`: figures of the reader and the engine, natively. Nothing passes or fails here.
#![allow(clippy::disallowed_methods, reason = "a bench reads the wall clock")]

use podglass_playground::cluster::{Action, Cluster, Progress, Settings, SimTime};
use podglass_playground::manifest::{self, Object};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

const KUBIA_INIT: &str = "
apiVersion: v1
kind: Pod
metadata:
  name: kubia-init
spec:
  initContainers:
  - name: init-demo
    image: luksa/init-demo:1.0
  - name: network-check
    image: luksa/network-connectivity-checker:1.0
  containers:
  - name: kubia
    image: luksa/kubia:1.0
    ports:
    - name: http
      containerPort: 8080
  - name: envoy
    image: luksa/kubia-ssl-proxy:1.0
    ports:
    - name: https
      containerPort: 8443
    - name: admin
      containerPort: 9901
";

fn main() {
    reading();
    growth();
    one_pod();
    copies();
    logging();
}

/// How long it takes to do something often enough to be measured; the best of three.
fn best(mut work: impl FnMut()) -> Duration {
    (0..3)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// Manifests of the recordings, read, defaulted and validated.
fn reading() {
    let mut texts = Vec::new();
    collect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/traces")), &mut texts);
    let resources: usize = texts.iter().map(|t| manifest::read(t).documents.len()).sum();
    let took = best(|| {
        for text in &texts {
            black_box(manifest::read(text));
        }
    });
    println!("read, default and validate: {:.0} resources/s ({resources} resources)", resources as f64 / took.as_secs_f64());
}

/// Ten times the text, with mistakes in it: how many times as long it takes, and how long an edit of 100 lines does.
fn growth() {
    let pod =
        |i: usize| format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: p{i}\nspec:\n  containers:\n  - name: a\n    image: nginx\n    imagee: x\n---\n");
    let time = |n: usize| {
        let text: String = (0..n).map(pod).collect();
        best(|| drop(black_box(manifest::read(&text))))
    };
    let (hundred_lines, small, large) = (time(10), time(100), time(1000));
    println!("100 lines are read in {:.2} ms; ten times the text takes {:.1} times as long", ms(hundred_lines), large.as_secs_f64() / small.as_secs_f64());
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn collect(dir: &Path, into: &mut Vec<String>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|e| e == "yaml") {
            into.extend(std::fs::read_to_string(&path));
        }
    }
}

fn objects(text: &str) -> Vec<Object> {
    manifest::read(text).documents.into_iter().filter_map(|d| d.object).collect()
}

fn cluster_with(objects: Vec<Object>, settings: Settings) -> Cluster {
    let mut cluster = Cluster::new(settings);
    for object in objects {
        if let Err(refusal) = cluster.act(Action::Apply(object)) {
            println!("refused: {}", refusal.message);
        }
    }
    cluster
}

/// One Pod's ten virtual minutes.
fn one_pod() {
    let pod = objects(KUBIA_INIT);
    let mut records = 0;
    let took = best(|| {
        let mut cluster = cluster_with(pod.clone(), Settings::default());
        while cluster.advance_to(SimTime(600_000), 1_000_000) == Progress::OutOfBudget {}
        records = cluster.api().journal().records().len();
    });
    println!("kubia-init, ten virtual minutes: {:.2} ms, {records} records, {:.0} records/s", ms(took), records as f64 / took.as_secs_f64());
}

/// Until N copies of kubia-init run, each on as many nodes as it takes.
fn copies() {
    println!("Podglass: N copies of kubia-init until all run");
    for copies in [1_u32, 100, 1000, 10_000] {
        let pod = objects(KUBIA_INIT);
        let many: Vec<Object> = (0..copies)
            .flat_map(|i| {
                pod.iter().cloned().map(move |mut o| {
                    o.metadata_mut().name = Some(format!("kubia-init-{i}"));
                    o
                })
            })
            .collect();
        let settings = Settings { nodes: copies.div_ceil(100), ..Settings::default() };
        let start = Instant::now();
        let mut cluster = cluster_with(many, settings);
        let mut running = 0;
        for second in 1..=600 {
            while cluster.advance_to(SimTime(second * 1000), 1_000_000) == Progress::OutOfBudget {}
            running = running_pods(&cluster);
            if running == copies as usize {
                break;
            }
        }
        let took = start.elapsed();
        println!("  {copies:>5}  {:.1} ms ({running} run at {:.0} virtual seconds)", ms(took), cluster.now().secs());
    }
}

fn running_pods(cluster: &Cluster) -> usize {
    cluster
        .api()
        .list(manifest::Kind::Pod)
        .filter(|o| matches!(&***o, Object::Pod(p) if p.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Running")))
        .count()
}

/// 1,000 containers that append a line a second for ten virtual minutes.
fn logging() {
    let text = "
apiVersion: v1
kind: Pod
metadata:
  name: writer
spec:
  containers:
  - name: app
    image: busybox:1.36
    command: [sh, -c, 'while true; do date >> /tmp/f; sleep 1; done']
";
    let pod = objects(text);
    let many: Vec<Object> = (0..1000)
        .flat_map(|i| {
            pod.iter().cloned().map(move |mut o| {
                o.metadata_mut().name = Some(format!("writer-{i}"));
                o
            })
        })
        .collect();
    let mut cluster = cluster_with(many, Settings { nodes: 10, ..Settings::default() });
    let start = Instant::now();
    while cluster.advance_to(SimTime(600_000), 1_000_000) == Progress::OutOfBudget {}
    println!("1,000 containers, `while true; do date >> f; sleep 1; done`, ten virtual minutes: {:.0} ms", ms(start.elapsed()));
}
