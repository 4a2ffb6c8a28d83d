//! The orderings that Kubernetes' own node tests assert (test/e2e_node/container_lifecycle_test.go), played with containers
//! whose end is arranged.

use podglass_cluster::action::{Action, Arrangement, Propagation};
use podglass_cluster::journal::Fact;
use podglass_cluster::{Cluster, Settings, SimTime};
use podglass_manifest::{Kind, Object, ObjectKey};
use podglass_runtime::Happening;

/// What was played.
struct Played {
    cluster: Cluster,
    /// `+app` for a start, `-app` for an end, in order.
    order: Vec<String>,
}

fn key() -> ObjectKey {
    ObjectKey { kind: Kind::Pod, namespace: "default".into(), name: "p".into() }
}

/// A manifest from short words: `i:` init, `s:` sidecar, `a:` app; policy first. An `ends` word is `container:run:ms:code`.
fn start(policy: &str, containers: &str, ends: &str) -> Cluster {
    let (mut inits, mut apps) = (String::new(), String::new());
    for word in containers.split_whitespace() {
        let (kind, name) = word.split_once(':').expect("kind:name");
        let entry = format!("  - name: {name}\n    image: example.com/{name}:1\n");
        match kind {
            "i" => inits += &entry,
            "s" => inits += &(entry + "    restartPolicy: Always\n"),
            _ => apps += &entry,
        }
    }
    let inits = if inits.is_empty() { inits } else { format!("  initContainers:\n{inits}") };
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  restartPolicy: {policy}\n  terminationGracePeriodSeconds: 3\n{inits}  containers:\n{apps}"
    );
    let mut cluster = Cluster::new(Settings { images_present: true, ..Settings::default() });
    for word in ends.split_whitespace() {
        let f: Vec<&str> = word.split(':').collect();
        let run = f[1].parse().ok(); // `*`: every run
        let arrangement = Arrangement::RunEnds { pod: key(), container: f[0].into(), run, after: f[2].parse().expect("ms"), code: f[3].parse().expect("code") };
        cluster.act(Action::Arrange(arrangement)).expect("arranged");
    }
    for object in podglass_manifest::read(&text).objects() {
        cluster.act(Action::Apply(object.clone())).expect("applied");
    }
    cluster
}

fn finish(mut cluster: Cluster, seconds: f64) -> Played {
    let _ = cluster.advance_to(SimTime::from_secs_f64(seconds), u64::MAX);
    let mut order = Vec::new();
    for record in cluster.api().journal().records() {
        match &record.fact {
            Fact::Created(o) | Fact::Updated { after: o, .. } => {
                if let Object::Event(e) = &**o
                    && e.reason.as_deref() == Some("Started")
                {
                    let path = e.involved_object.field_path.clone().unwrap_or_default();
                    order.push(format!("+{}", path.split(['{', '}']).nth(1).unwrap_or_default()));
                }
            }
            Fact::Inside(i) => {
                if let Happening::Exited { .. } = i.what {
                    order.push(format!("-{}", i.run.container));
                }
            }
            _ => {}
        }
    }
    Played { cluster, order }
}

fn phase(played: &Played) -> String {
    match played.cluster.api().find(&key()).map(|o| &**o) {
        Some(Object::Pod(p)) => p.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default(),
        _ => "gone".into(),
    }
}

#[track_caller]
fn check(policy: &str, containers: &str, ends: &str, seconds: f64, order: &str, ends_in: &str) {
    let played = finish(start(policy, containers, ends), seconds);
    assert_eq!((played.order.join(" "), phase(&played)), (order.to_owned(), ends_in.to_owned()));
}

#[test]
fn init_containers_run_strictly_in_order() {
    check("Never", "i:i1 i:i2 i:i3 a:app", "i1:0:500:0 i2:0:500:0 i3:0:500:0 app:0:1000:0", 30.0, "+i1 -i1 +i2 -i2 +i3 -i3 +app -app", "Succeeded");
}

#[test]
fn a_failed_init_container_with_never_fails_the_pod() {
    check("Never", "i:i1 i:i2 a:app", "i1:0:500:1", 30.0, "+i1 -i1", "Failed");
}

#[test]
fn a_failing_init_container_is_retried_and_nothing_starts_after_it() {
    let played = finish(start("Always", "i:i1 s:side a:app", "i1:*:200:1"), 70.0);
    assert_eq!(played.order.join(" "), "+i1 -i1 +i1 -i1 +i1 -i1 +i1 -i1");
    assert_eq!(phase(&played), "Pending");
}

#[test]
fn inits_and_sidecars_start_in_the_order_of_the_manifest() {
    check(
        "Never",
        "i:i1 s:s1 i:i2 s:s2 i:i3 a:app",
        "i1:0:500:0 i2:0:500:0 i3:0:500:0 app:0:2000:0",
        40.0,
        "+i1 -i1 +s1 +i2 -i2 +s2 +i3 -i3 +app -app -s2 -s1",
        "Succeeded",
    );
}

#[test]
fn sidecars_end_in_reverse_order_after_the_last_app_container() {
    check("Never", "s:s1 s:s2 s:s3 a:app", "app:0:2000:0", 40.0, "+s1 +s2 +s3 +app -app -s3 -s2 -s1", "Succeeded");
}

#[test]
fn a_sidecar_restarts_before_and_after_initialization_whatever_the_policy() {
    let played = finish(start("Never", "s:side i:init a:app", "side:*:1000:0 init:0:2500:0 app:0:60000:0"), 40.0);
    assert!(played.order.join(" ").starts_with("+side +init -side +side"), "{:?}", played.order);
    assert!(played.order.iter().filter(|o| *o == "+side").count() >= 3);
    assert_eq!(phase(&played), "Running");
}

#[test]
fn an_app_container_crash_loops_and_its_init_containers_stay_done() {
    let played = finish(start("Always", "i:init a:app", "init:0:200:0 app:*:200:1"), 120.0);
    assert_eq!(played.order.iter().filter(|o| *o == "+init").count(), 1);
    assert!(played.order.iter().filter(|o| *o == "+app").count() >= 4);
}

#[test]
fn a_pod_deleted_while_initializing_never_starts_the_rest() {
    let mut cluster = start("Always", "i:slow s:side a:app", "slow:0:60000:0");
    let _ = cluster.advance_to(SimTime::from_secs_f64(3.0), u64::MAX);
    cluster.act(Action::Delete { key: key(), grace_period: None, propagation: Propagation::Background }).expect("deleted");
    let played = finish(cluster, 12.0);
    assert_eq!(played.order.join(" "), "+slow -slow");
    assert_eq!(phase(&played), "gone");
}

#[test]
fn back_off_grows_from_ten_seconds_to_five_minutes() {
    let played = finish(start("Always", "a:app", "app:*:100:1"), 1500.0);
    let starts: Vec<f64> = played
        .cluster
        .api()
        .journal()
        .records()
        .iter()
        .filter(|r| matches!(&r.fact, Fact::Created(o) | Fact::Updated { after: o, .. } if matches!(&**o, Object::Event(e) if e.reason.as_deref() == Some("Started"))))
        .map(|r| r.at.secs())
        .collect();
    let gaps: Vec<f64> = starts.windows(2).map(|w| w[1] - w[0]).collect();
    for (gap, least) in gaps.iter().zip([0.1, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]) {
        assert!(*gap >= least && *gap <= least.max(1.0) * 1.5 + 75.0, "{gaps:?}");
    }
    assert!(gaps.len() >= 6, "{gaps:?}");
}

#[test]
fn advancing_in_slices_equals_advancing_at_once() {
    let whole = finish(start("Always", "i:i1 s:side a:app", "i1:0:700:0 app:*:1500:1 side:*:20000:3"), 90.0);
    let mut sliced = start("Always", "i:i1 s:side a:app", "i1:0:700:0 app:*:1500:1 side:*:20000:3");
    for n in 0..900 {
        let _ = sliced.advance_to(SimTime(n * 97), u64::MAX);
    }
    let sliced = finish(sliced, 90.0);
    assert_eq!(whole.cluster.api().journal().records(), sliced.cluster.api().journal().records());
}

#[test]
fn a_checkpoint_runs_on_as_the_original_does() {
    let mut original = start("Always", "i:i1 a:app", "app:*:1500:1");
    let _ = original.advance_to(SimTime::from_secs_f64(7.3), u64::MAX);
    let copy = finish(original.clone(), 60.0);
    let original = finish(original, 60.0);
    assert_eq!(original.cluster.api().journal().records(), copy.cluster.api().journal().records());
}

#[test]
fn a_finished_phase_never_changes() {
    let played = finish(start("OnFailure", "a:one a:two", "one:0:1000:0 two:0:500:3 two:1:500:0"), 60.0);
    let mut over = None;
    for record in played.cluster.api().journal().records() {
        let (Fact::Created(o) | Fact::Updated { after: o, .. }) = &record.fact else { continue };
        let Object::Pod(p) = &**o else { continue };
        let phase = p.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default();
        assert!(over.is_none() || over.as_deref() == Some(phase.as_str()));
        if phase == "Succeeded" || phase == "Failed" {
            over = Some(phase);
        }
    }
    assert_eq!(over.as_deref(), Some("Succeeded"));
}
