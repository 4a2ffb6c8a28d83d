//! Plays manifests and prints the journal: `play SECONDS FILE…`. `ENDS="pod:container:run:ms:code …"` ends runs.

use podglass_cluster::{Action, Cluster, Fact, Settings, SimTime};
use podglass_manifest::Object;

fn main() {
    let mut args = std::env::args().skip(1);
    let seconds: f64 = args.next().and_then(|s| s.parse().ok()).unwrap_or(60.0);
    let mut cluster = Cluster::new(Settings { images_present: true, ..Settings::default() });
    for file in args {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        for object in podglass_manifest::read(&text).objects() {
            if let Err(e) = cluster.act(Action::Apply(object.clone())) {
                println!("refused: {}", e.message);
            }
        }
    }
    for end in std::env::var("ENDS").unwrap_or_default().split_whitespace() {
        let f: Vec<&str> = end.split(':').collect();
        if let [pod, container, run, after, code] = f.as_slice() {
            let pod = podglass_manifest::ObjectKey { kind: podglass_manifest::Kind::Pod, namespace: "default".into(), name: (*pod).to_owned() };
            let run = Some(run.parse().unwrap_or(0));
            let arrangement = podglass_cluster::action::Arrangement::RunEnds {
                pod,
                container: (*container).to_owned(),
                run,
                after: after.parse().unwrap_or(0),
                code: code.parse().unwrap_or(0),
            };
            let _ = cluster.act(Action::Arrange(arrangement));
        }
    }
    let _ = cluster.advance_to(SimTime::from_secs_f64(seconds), 1_000_000);
    for r in cluster.api().journal().records() {
        let text = match &r.fact {
            Fact::Created(o) | Fact::Updated { after: o, .. } => match &**o {
                Object::Event(e) => {
                    format!("EVENT {} {} x{}", e.reason.clone().unwrap_or_default(), e.message.clone().unwrap_or_default(), e.count.unwrap_or(0))
                }
                Object::Pod(p) => {
                    let s = p.status.clone().unwrap_or_default();
                    let conditions: Vec<_> = s.conditions.iter().flatten().map(|c| format!("{:.5}={:.1}", c.type_, c.status)).collect();
                    let states: Vec<_> = s
                        .init_container_statuses
                        .iter()
                        .flatten()
                        .chain(s.container_statuses.iter().flatten())
                        .map(|c| {
                            let st = c.state.clone().unwrap_or_default();
                            let state = if let Some(w) = st.waiting {
                                format!("W:{}", w.reason.unwrap_or_default())
                            } else if let Some(t) = st.terminated {
                                format!("T{}:{}", t.exit_code, t.reason.unwrap_or_default())
                            } else {
                                "R".to_owned()
                            };
                            format!("{}={state} rc{} {}", c.name, c.restart_count, if c.ready { "rdy" } else { "" })
                        })
                        .collect();
                    format!("POD {} {} [{}] {}", o.name(), s.phase.unwrap_or_default(), conditions.join(" "), states.join(" | "))
                }
                _ => format!("OBJECT {}", o.key()),
            },
            other => format!("{other:?}").chars().take(200).collect(),
        };
        println!("{:8.3} {:4} <-{:?} {text}", r.at.secs(), r.id.0, r.cause.map(|c| c.0));
    }
}
