//! Every "why" has an answer that ends in something a person can act on or look up: a line of the manifest, a rule, an
//! assumption, the user's own action. Asked of every Pod, container, volume, object and record, again and again while all
//! examples that answer a question and all recorded scenarios are played.

use podglass_playground::cluster::manifest::{Kind, Object};
use podglass_playground::cluster::{Cluster, RecordId, SimTime};
use podglass_playground::scene::why::{LinkKind, Why, why};
use podglass_playground::scene::{Memory, Target};
use podglass_playground::{App, Event, Scenario, examples};
use podglass_tests::story;
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with answers, by the answer with its numbers left out; one example each.
#[derive(Default)]
struct Judge {
    wrong: BTreeMap<String, String>,
    /// All answers, to be read by whoever changes the words (`WHYS=1 cargo test --test whys -- --nocapture`).
    seen: BTreeSet<String>,
    asked: usize,
    /// How often in a row a thing was said to be about to start.
    soon: BTreeMap<String, u32>,
}

fn told(w: &Why) -> String {
    let links: Vec<String> = w.links.iter().map(|l| format!("{:?}: {}", l.kind, l.head.plain())).collect();
    format!("{} | {}", w.answer.plain(), links.join(" | "))
}

impl Judge {
    fn hear(&mut self, scenario: &str, at: SimTime, target: &Target, w: &Why) {
        self.asked += 1;
        let text = told(w);
        let mut fault = fault(w);
        let soon = self.soon.entry(format!("{scenario} {}", target.id())).or_default();
        *soon = if text.contains("is about to start") { *soon + 1 } else { 0 };
        if *soon > 3 && !matches!(target, Target::Record(_)) {
            fault = Some("about to start for seconds");
        }
        let shape: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
        if let Some(fault) = fault {
            self.wrong.entry(format!("{fault}: {shape}")).or_insert_with(|| format!("{fault}\n  {scenario} at {:.3} s, {}\n  {text}", at.secs(), target.id()));
        }
        if std::env::var_os("WHYS").is_some() && !matches!(target, Target::Record(_)) {
            self.seen.insert(shape);
        }
    }

    /// Asks about everything there is.
    fn look(&mut self, scenario: &str, cluster: &Cluster, memory: &mut Memory) {
        memory.observe(cluster.api().journal());
        let mut targets = Vec::new();
        for kind in [Kind::Pod, Kind::Service, Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob] {
            for object in cluster.api().list(kind) {
                let key = object.key();
                if let Object::Pod(pod) = &**object {
                    let spec = pod.spec.clone().unwrap_or_default();
                    for c in spec.init_containers.iter().flatten().chain(&spec.containers) {
                        targets.push(Target::Container { pod: key.clone(), container: c.name.clone() });
                        targets.extend(c.ports.iter().flatten().map(|p| Target::Port { pod: key.clone(), port: p.container_port as u16 }));
                    }
                    targets.extend(spec.ephemeral_containers.iter().flatten().map(|c| Target::Container { pod: key.clone(), container: c.name.clone() }));
                    for v in spec.volumes.iter().flatten() {
                        targets.push(Target::Volume { pod: key.clone(), volume: v.name.clone() });
                    }
                }
                targets.push(Target::Object(key));
            }
        }
        for target in targets {
            let w = why(cluster, memory, Some(&target));
            self.hear(scenario, cluster.now(), &target, &w);
        }
    }

    /// Asks about every record.
    fn records(&mut self, scenario: &str, cluster: &Cluster, memory: &mut Memory) {
        memory.observe(cluster.api().journal());
        for n in 0..cluster.api().journal().records().len() {
            let target = Target::Record(RecordId(n as u32));
            let w = why(cluster, memory, Some(&target));
            self.hear(scenario, cluster.now(), &target, &w);
        }
    }

    #[track_caller]
    fn verdict(self) {
        for text in &self.seen {
            println!("{text}");
        }
        let shown: Vec<&str> = self.wrong.values().map(String::as_str).take(40).collect();
        assert!(self.wrong.is_empty(), "{} sorts of answers of {} end in nothing:\n{}", self.wrong.len(), self.asked, shown.join("\n"));
        assert!(self.asked > 1_000);
    }
}

/// What is wrong with an answer.
fn fault(w: &Why) -> Option<&'static str> {
    if w.answer.is_empty() {
        return Some("no answer");
    }
    let Some(last) = w.links.last() else { return Some("no chain") };
    if w.links.iter().any(|l| matches!(l.head.plain().as_str(), "Nothing has happened yet." | "Nothing of that name is there at this time.")) {
        return Some("unknown");
    }
    if last.kind == LinkKind::Record {
        return Some("the chain ends in a record");
    }
    // What programs print is theirs.
    let all: String = told(w).split('“').map(|part| part.split_once('”').map_or(part, |(_, rest)| rest)).collect::<String>().to_lowercase();
    ["is unknown", "did something", "  ", "“”", ": .", ": ,", "selector: |"].into_iter().find(|bad| all.contains(bad)).map(|_| "empty words")
}

#[test]
fn every_why_in_the_examples_ends_in_a_ground() {
    let mut judge = Judge::default();
    for name in story::names("questions") {
        let mut app = App::new();
        app.open(Scenario { at: SimTime(60_000), ..examples::scenario(&name).expect("an example") });
        app.settle();
        for at in (0..60_000).step_by(1_700) {
            app.update(Event::Seek(SimTime(at)));
            app.settle();
            let moment = app.run().now();
            judge.look(&name, &moment.cluster, &mut moment.memory.clone());
        }
        let moment = app.run().ahead();
        judge.records(&name, &moment.cluster, &mut moment.memory.clone());
    }
    judge.verdict();
}

#[test]
fn every_why_in_the_recorded_scenarios_ends_in_a_ground() {
    let mut judge = Judge::default();
    let mut names: Vec<String> =
        std::fs::read_dir(story::beside("golden/traces")).expect("recordings").filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    for name in names {
        let mut memory = Memory::default();
        let cluster = story::play_recording(&name, &mut |cluster| judge.look(&name, cluster, &mut memory));
        judge.records(&name, &cluster, &mut memory);
    }
    judge.verdict();
}
