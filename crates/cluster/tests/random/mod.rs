//! Random scenarios: one Pod, and what is done to it when.

use podglass_cluster::action::{Action, Propagation};
use podglass_cluster::{Cluster, Settings, SimTime};
use podglass_manifest::{Kind, ObjectKey};
use podglass_runtime::Interference;
use proptest::prelude::*;
use std::fmt::Write;

/// A container of the Pod.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// Its name.
    pub(crate) name: String,
    /// `i` init container, `s` sidecar, `a` app.
    pub(crate) kind: char,
    /// Whether it has a startup probe.
    pub(crate) startup: bool,
    yaml: String,
}

/// Something done to the Pod.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Delete { grace: Option<i64> },
    Exit { container: usize, code: i32 },
    Oom { container: usize },
    Hang { container: usize },
    CreateConfig,
    Again,
}

/// A scenario.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    /// Containers in the order of the manifest, init containers first.
    pub(crate) containers: Vec<Drawn>,
    manifest: String,
    deeds: Vec<(u64, Deed)>,
    seed: u64,
    jitter: bool,
}

/// When every scenario ends, in milliseconds.
const END: u64 = 75_000;

fn script() -> impl Strategy<Value = String> {
    let code = prop_oneof![5 => Just(0), 2 => Just(1), 1 => Just(42)];
    let head = prop_oneof![
        4 => Just(""),
        1 => Just("trap 'sleep 1; exit 0' TERM; "),
        1 => Just("trap '' TERM; "),
        1 => Just("echo hello > /work/file; cat /work/file; "),
        1 => Just("httpd -p 8080; "),
        1 => Just("httpd -p 9090 -h /; "),
    ];
    let body = prop_oneof![
        3 => (0_u32..6).prop_map(|s| format!("sleep {s}")),
        2 => Just("sleep 600 & wait".to_owned()),
        1 => Just("touch /tmp/up; sleep 7; rm /tmp/up; sleep 30".to_owned()),
    ];
    (head, body, code).prop_map(|(h, b, c)| format!("{h}{b}; exit {c}"))
}

fn probe() -> impl Strategy<Value = Option<String>> {
    let how = prop_oneof![
        Just("exec: {command: [cat, /tmp/up]}"),
        Just("exec: {command: ['true']}"),
        Just("httpGet: {port: 8080}"),
        Just("tcpSocket: {port: 9090}"),
    ];
    prop::option::weighted(
        0.3,
        (how, 1_u32..4, 1_u32..4, 0_u32..4)
            .prop_map(|(h, period, threshold, delay)| format!("{{{h}, periodSeconds: {period}, failureThreshold: {threshold}, initialDelaySeconds: {delay}}}")),
    )
}

fn hook() -> impl Strategy<Value = Option<String>> {
    let one = prop_oneof![
        Just("postStart: {exec: {command: [sleep, '2']}}"),
        Just("postStart: {exec: {command: ['false']}}"),
        Just("preStop: {exec: {command: [sleep, '1']}}"),
        Just("preStop: {sleep: {seconds: 1}}"),
        Just("preStop: {exec: {command: [sleep, '100']}}"),
    ];
    prop::option::weighted(0.25, one.prop_map(str::to_owned))
}

type Parts = (String, (Option<String>, Option<String>, Option<String>), Option<String>, u8);

fn parts() -> impl Strategy<Value = Parts> {
    (script(), (probe(), probe(), probe()), hook(), 0_u8..24)
}

fn container(kind: char, n: usize, (script, (startup, ready, live), hook, odd): Parts) -> Drawn {
    let name = format!("{kind}{n}");
    let image = if odd == 0 { "missing:1" } else { "busybox:1.36" };
    let mut yaml = format!("  - name: {name}\n    image: {image}\n    command: [sh, -c, {script:?}]\n    volumeMounts: [{{name: work, mountPath: /work}}]\n");
    if odd == 1 {
        yaml.push_str("    envFrom: [{configMapRef: {name: late}}]\n");
    }
    let probes = kind != 'i';
    if kind == 's' {
        yaml.push_str("    restartPolicy: Always\n");
    }
    for (field, value) in [("startupProbe", &startup), ("readinessProbe", &ready), ("livenessProbe", &live)] {
        if let Some(v) = value.as_ref().filter(|_| probes) {
            writeln!(yaml, "    {field}: {v}").expect("a String takes everything");
        }
    }
    if let Some(h) = hook.filter(|_| probes) {
        writeln!(yaml, "    lifecycle: {{{h}}}").expect("a String takes everything");
    }
    Drawn { name, kind, startup: probes && startup.is_some(), yaml }
}

fn deed() -> impl Strategy<Value = (u64, Deed)> {
    let grace = prop_oneof![3 => Just(None), 1 => Just(Some(0)), 1 => Just(Some(1)), 1 => Just(Some(10))];
    let what = prop_oneof![
        2 => grace.prop_map(|grace| Deed::Delete { grace }),
        3 => (0_usize..6, prop_oneof![Just(0), Just(1)]).prop_map(|(container, code)| Deed::Exit { container, code }),
        1 => (0_usize..6).prop_map(|container| Deed::Oom { container }),
        1 => (0_usize..6).prop_map(|container| Deed::Hang { container }),
        2 => Just(Deed::CreateConfig),
        1 => Just(Deed::Again),
    ];
    (0..END - 5_000, what)
}

/// Scenarios of one Pod.
pub(crate) fn scenarios() -> impl Strategy<Value = Scenario> {
    let inits = prop::collection::vec((any::<bool>(), parts()), 0..4);
    let apps = prop::collection::vec(parts(), 1..4);
    let policy = prop_oneof![Just("Always"), Just("OnFailure"), Just("Never")];
    let volume = prop_oneof![4 => Just("emptyDir: {}"), 1 => Just("configMap: {name: late}")];
    let rest = (policy, 1_u32..6, volume, prop::collection::vec(deed(), 0..4), 0_u64..1000, any::<bool>());
    (inits, apps, rest).prop_map(|(inits, apps, (policy, grace, volume, mut deeds, seed, jitter))| {
        let mut containers: Vec<Drawn> = inits.into_iter().enumerate().map(|(n, (side, p))| container(if side { 's' } else { 'i' }, n, p)).collect();
        let (mut first, mut second) = (String::new(), String::new());
        for c in &containers {
            first.push_str(&c.yaml);
        }
        for (n, p) in apps.into_iter().enumerate() {
            let c = container('a', n, p);
            second.push_str(&c.yaml);
            containers.push(c);
        }
        let inits = if first.is_empty() { first } else { format!("  initContainers:\n{first}") };
        let manifest = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  restartPolicy: {policy}\n  terminationGracePeriodSeconds: {grace}\n\
             {inits}  containers:\n{second}  volumes:\n  - name: work\n    {volume}\n"
        );
        deeds.sort_by_key(|d| d.0);
        Scenario { containers, manifest, deeds, seed, jitter }
    })
}

fn pod() -> ObjectKey {
    ObjectKey { kind: Kind::Pod, namespace: "default".into(), name: "p".into() }
}

fn apply(text: &str) -> Action {
    let read = podglass_manifest::read(text);
    Action::Apply(read.objects().next().unwrap_or_else(|| panic!("no object in\n{text}")).clone())
}

impl Scenario {
    /// The cluster before anything is done.
    pub(crate) fn begin(&self) -> Cluster {
        Cluster::new(Settings { jitter: self.jitter, ..Settings::reference_node(self.seed) })
    }

    fn action(&self, deed: Deed) -> Action {
        let interfere =
            |container: usize, how| Action::Interfere { pod: pod(), container: self.containers[container % self.containers.len()].name.clone(), how };
        match deed {
            Deed::Delete { grace } => Action::Delete { key: pod(), grace_period: grace, propagation: Propagation::Background },
            Deed::Exit { container, code } => interfere(container, Interference::Exit(code)),
            Deed::Oom { container } => interfere(container, Interference::Oom),
            Deed::Hang { container } => interfere(container, Interference::Hang),
            Deed::CreateConfig => apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: late}\ndata: {file: hello}\n"),
            Deed::Again => apply(&self.manifest),
        }
    }

    /// Every instant at which something is done, and the end.
    pub(crate) fn each_step(&self, mut step: impl FnMut(SimTime, Option<Action>)) {
        step(SimTime::ZERO, Some(apply(&self.manifest)));
        for (at, deed) in &self.deeds {
            step(SimTime(*at), Some(self.action(*deed)));
        }
        step(SimTime(END), None);
    }

    /// Plays it all; between its steps time goes on in slices of these lengths, over and over.
    pub(crate) fn play(&self, slices: &[u64]) -> Cluster {
        let mut cluster = self.begin();
        let mut lengths = slices.iter().cycle();
        self.each_step(|at, action| {
            while let Some(next) = lengths.next().map(|l| cluster.now() + *l).filter(|n| *n < at) {
                let _ = cluster.advance_to(next, u64::MAX);
            }
            let _ = cluster.advance_to(at, u64::MAX);
            if let Some(action) = action {
                let _refused = cluster.act(action);
            }
        });
        cluster
    }

    /// Plays up to an instant.
    pub(crate) fn play_until(&self, end: SimTime) -> Cluster {
        let mut cluster = self.begin();
        self.each_step(|at, action| {
            if at <= end && cluster.now() <= end {
                let _ = cluster.advance_to(at, u64::MAX);
                if let Some(action) = action {
                    let _refused = cluster.act(action);
                }
            }
        });
        let _ = cluster.advance_to(end, u64::MAX);
        cluster
    }

    /// Plays on from an instant.
    pub(crate) fn go_on(&self, cluster: &mut Cluster, from: SimTime) {
        self.each_step(|at, action| {
            if at > from {
                let _ = cluster.advance_to(at, u64::MAX);
                if let Some(action) = action {
                    let _refused = cluster.act(action);
                }
            }
        });
    }
}
