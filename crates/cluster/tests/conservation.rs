//! What must hold in every scenario, whatever it is: Pods are drawn at random (always the same ones), with init containers,
//! sidecars, probes, hooks, volumes, restart policies, and deletes and kills at random instants.

mod random;

use podglass_cluster::journal::{ProbeKind, Step};
use podglass_cluster::{Cluster, Fact, Progress, Record, SimTime};
use podglass_manifest::Object;
use podglass_runtime::Happening;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use random::{Scenario, scenarios};
use std::collections::BTreeMap;

/// The same scenarios in every run.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(20_260_105), failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn what_happens_keeps_the_rules(scenario in scenarios()) {
        let cluster = scenario.play(&[]);
        time_and_causes(&cluster)?;
        let mut watch = Watch { scenario: &scenario, pods: BTreeMap::new(), newest: String::new() };
        for record in cluster.api().journal().records() {
            watch.see(record)?;
        }
    }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn any_slicing_of_time_gives_the_same_journal(scenario in scenarios(), slices in prop::collection::vec(1_u64..9_000, 1..40)) {
        let whole = scenario.play(&[]);
        let sliced = scenario.play(&slices);
        same(&whole, &sliced)?;
    }

    #[test]
    fn a_prefix_of_a_run_is_the_run_of_a_prefix(scenario in scenarios(), cut in 1_u64..60_000) {
        let whole = scenario.play(&[]);
        let prefix = scenario.play_until(SimTime(cut));
        let records = prefix.api().journal().records();
        prop_assert!(whole.api().journal().records().get(..records.len()) == Some(records), "the prefix differs");
        // And a checkpoint that runs on comes to the same end.
        let mut on = prefix.clone();
        scenario.go_on(&mut on, SimTime(cut));
        same(&whole, &on)?;
    }

    #[test]
    fn a_budget_interrupts_without_a_trace(scenario in scenarios(), budget in 1_u64..50) {
        let whole = scenario.play(&[]);
        let mut broken = scenario.begin();
        scenario.each_step(|at, action| {
            while broken.advance_to(at, budget) == Progress::OutOfBudget {}
            if let Some(action) = action {
                let _refused = broken.act(action);
            }
        });
        same(&whole, &broken)?;
    }
}

/// Two journals are equal.
fn same(a: &Cluster, b: &Cluster) -> Result<(), TestCaseError> {
    let (a, b) = (a.api().journal().records(), b.api().journal().records());
    if let Some((x, y)) = a.iter().zip(b).find(|(x, y)| x != y) {
        return Err(TestCaseError::fail(format!("the journals differ:\n{x:?}\n{y:?}")));
    }
    prop_assert_eq!(a.len(), b.len());
    Ok(())
}

/// Time never goes back, and every record's cause exists before it; only actions and the cluster's birth have none.
fn time_and_causes(cluster: &Cluster) -> Result<(), TestCaseError> {
    let records = cluster.api().journal().records();
    let born = records.iter().position(|r| matches!(r.fact, Fact::ActionTaken(_))).unwrap_or(records.len());
    for (n, pair) in records.windows(2).enumerate() {
        prop_assert!(pair[0].at <= pair[1].at, "time goes back after record {n}");
    }
    for (n, record) in records.iter().enumerate() {
        prop_assert_eq!(record.id.0 as usize, n);
        match record.cause {
            Some(cause) => prop_assert!((cause.0 as usize) < n, "record {n} has a later cause"),
            None => prop_assert!(n < born || matches!(record.fact, Fact::ActionTaken(_)), "record {n} has no cause: {record:?}"),
        }
    }
    Ok(())
}

/// What was seen of a Pod (by its uid).
#[derive(Default)]
struct Seen {
    /// How the last run of each container ended.
    exits: BTreeMap<String, i32>,
    running: BTreeMap<String, bool>,
    started_up: BTreeMap<String, bool>,
    hooks: BTreeMap<String, bool>,
    restarts: BTreeMap<String, i32>,
    phase: String,
    sockets: BTreeMap<u16, String>,
}

struct Watch<'a> {
    scenario: &'a Scenario,
    pods: BTreeMap<String, Seen>,
    /// The uid of the Pod that was made last: there is one at a time.
    newest: String,
}

impl Watch<'_> {
    fn see(&mut self, record: &Record) -> Result<(), TestCaseError> {
        match &record.fact {
            Fact::Created(o) | Fact::Updated { after: o, .. } => match &**o {
                Object::Event(e) if e.reason.as_deref() == Some("Started") => {
                    let path = e.involved_object.field_path.clone().unwrap_or_default();
                    let name = path.split(['{', '}']).nth(1).unwrap_or_default().to_owned();
                    let uid = e.involved_object.uid.clone().unwrap_or_default();
                    self.started(&uid, &name)?;
                }
                Object::Pod(pod) => {
                    o.uid().clone_into(&mut self.newest);
                    let seen = self.pods.entry(o.uid().to_owned()).or_default();
                    let status = pod.status.clone().unwrap_or_default();
                    let phase = status.phase.unwrap_or_default();
                    let terminal = matches!(seen.phase.as_str(), "Succeeded" | "Failed");
                    prop_assert!(!terminal || seen.phase == phase, "the phase left {} for {phase}", seen.phase);
                    seen.phase = phase;
                    for s in status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten()) {
                        let before = seen.restarts.insert(s.name.clone(), s.restart_count).unwrap_or(0);
                        prop_assert!(before <= s.restart_count, "the restart count of {} fell from {before} to {}", s.name, s.restart_count);
                    }
                }
                _ => {}
            },
            Fact::Inside(inside) => {
                let seen = self.pods.entry(inside.run.uid.to_string()).or_default();
                let who = inside.run.container.to_string();
                match &inside.what {
                    Happening::Exited { code, .. } => {
                        seen.exits.insert(who.clone(), *code);
                        seen.running.insert(who.clone(), false);
                        seen.started_up.remove(&who);
                        seen.sockets.retain(|_, owner| *owner != who);
                    }
                    Happening::PortBound { port, .. } => {
                        let before = seen.sockets.insert(*port, who.clone());
                        prop_assert!(before.is_none(), "{before:?} and {who} both listen on {port}");
                    }
                    Happening::PortReleased { port } => {
                        prop_assert!(seen.sockets.get(port) == Some(&who), "{who} released {port}, which it did not have");
                        seen.sockets.remove(port);
                    }
                    Happening::PortInUse { port, .. } => {
                        prop_assert!(seen.sockets.contains_key(port), "{port} is said to be in use, but nobody has it");
                    }
                    _ => {}
                }
            }
            Fact::Probed(p) if p.probe == ProbeKind::Startup && p.success => {
                self.pods.entry(p.run.uid.to_string()).or_default().started_up.insert(p.run.container.to_string(), true);
            }
            Fact::Kubelet(k) => {
                if let Some(c) = &k.container {
                    let seen = self.pods.entry(self.newest.clone()).or_default();
                    match k.step {
                        Step::HookStarted { hook: "PostStart" } => {
                            seen.hooks.insert(c.to_string(), true);
                        }
                        Step::HookEnded { hook: "PostStart", .. } => {
                            seen.hooks.insert(c.to_string(), false);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A container started: everything that gates it must be so.
    fn started(&mut self, uid: &str, name: &str) -> Result<(), TestCaseError> {
        let seen = self.pods.entry(uid.to_owned()).or_default();
        let place = self.scenario.containers.iter().position(|c| c.name == name).unwrap_or_default();
        let me = &self.scenario.containers[place];
        prop_assert!(seen.running.get(name) != Some(&true), "{name} started while it runs");
        for earlier in &self.scenario.containers[..place] {
            let running = seen.running.get(&earlier.name) == Some(&true);
            match earlier.kind {
                'i' => prop_assert_eq!(seen.exits.get(&earlier.name), Some(&0), "{} started before {} had exited 0", name, earlier.name),
                's' if seen.restarts.get(name).is_none_or(|r| *r <= 0) && !seen.exits.contains_key(name) => {
                    let up = !earlier.startup || seen.started_up.get(&earlier.name) == Some(&true);
                    // A sidecar that was up once may have ended since; then it has an exit.
                    prop_assert!(running && up || seen.exits.contains_key(&earlier.name), "{name} started before sidecar {} was up", earlier.name);
                }
                _ => {}
            }
        }
        for other in self.scenario.containers.iter().filter(|c| c.name != me.name) {
            prop_assert!(seen.hooks.get(&other.name) != Some(&true), "{name} started while the postStart hook of {} ran", other.name);
        }
        seen.running.insert(name.to_owned(), true);
        Ok(())
    }
}
