//! The questions learners ask (order, volumes, network, status, stopping): each is answered by an example of the menu, by
//! what happens when it runs. A file of `questions/` names the example, the questions it answers, and the facts that must be
//! in its journal.

use podglass_playground::cluster::SimTime;
use podglass_playground::kubectl::world::live::Live;
use podglass_playground::kubectl::{self, NoFiles, Session};
use podglass_playground::{App, Scenario, examples, manifest};
use podglass_tests::expect::{Expected, matches};
use podglass_tests::{facts, story};
use serde_yaml::Value;
use std::collections::BTreeSet;

#[track_caller]
fn check(name: &str) {
    let id = name.replace('_', "-");
    let file = story::read(&format!("questions/{id}.yaml"));
    let scenario = examples::scenario(&id).unwrap_or_else(|| panic!("no example {id}"));
    let until = SimTime::from_secs_f64(file.get("until").and_then(Value::as_f64).unwrap_or(60.0));
    let mut app = App::new();
    let text = scenario.documents.iter().map(|d| d.text.as_str()).collect::<Vec<_>>().join("");
    app.open(Scenario { at: until, ..scenario });
    app.settle();
    let mut cluster = app.run().now().cluster.clone();
    let lines = facts::lines(&cluster, 0);
    let expected = Expected::of(&file);
    let mut wrong = expected.missing(&lines);
    let mut asked = false;
    for (line, pattern) in file.get("kubectl").and_then(Value::as_mapping).into_iter().flatten() {
        asked = true;
        let words: Vec<String> = line.as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        let mut world = Live::new(&mut cluster);
        let out = kubectl::run(&mut Session::new(&mut world, &NoFiles, "default"), &words, "").all();
        if !matches(pattern.as_str().unwrap_or_default(), &out) {
            wrong.push(format!("kubectl {} prints {out}", words.join(" ")));
        }
    }
    for pattern in file.get("diagnostics").and_then(Value::as_sequence).into_iter().flatten().filter_map(Value::as_str) {
        asked = true;
        let read = manifest::read(&text);
        if !read.diagnostics.iter().any(|d| matches(pattern, &format!("{}: {}", d.path, d.message))) {
            wrong.push(format!("nothing says {pattern}: {:?}", read.diagnostics));
        }
    }
    assert!(asked || !expected.is_empty(), "{id} expects nothing");
    if !wrong.is_empty() {
        let journal: Vec<String> = lines.iter().map(|l| format!("{:9.3} {}", l.at, l.text)).collect();
        panic!("{id}:\n{}\n\nThe journal:\n{}", wrong.join("\n"), journal.join("\n"));
    }
}

macro_rules! examples {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*
        #[test]
        fn every_file_is_a_test() {
            let names: Vec<String> = story::names("questions").iter().map(|n| n.replace('-', "_")).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

/// All questions are answered, but for those that no run of a cluster shows.
#[test]
fn every_question_has_an_example() {
    let mut answered = BTreeSet::new();
    for name in story::names("questions") {
        let file = story::read(&format!("questions/{name}.yaml"));
        let numbers = file.get("questions").and_then(Value::as_sequence).unwrap_or_else(|| panic!("{name} answers no question"));
        answered.extend(numbers.iter().filter_map(Value::as_u64));
    }
    let open: Vec<u64> = (1..=46).filter(|n| !answered.contains(n)).collect();
    // 21: where on the node an emptyDir lies; a simulated node has no directories.
    assert_eq!(open, [21]);
}

examples! {
    course_2_kubia_init
    crash_after_init
    crash_loop
    empty_dir_life
    exit_zero
    failing_init
    failing_init_never
    host_port
    init_before_proxy
    init_image_never
    init_probe_mistake
    init_retries
    job_sidecar
    liveness
    localhost_only
    lost_file
    lost_sandbox
    mount_hides
    native_sidecar
    one_grace
    own_files
    port_clash
    port_names
    post_start_blocks
    processes
    readiness_gate
    readiness_service
    reserved
    service_ports
    shared_volume
    sidecar_not_ready
    slow_image
    start_order
    stop_order
    sub_path
    volume_owner
    wait_for_service
}
