//! What just happened, in one sentence and in one line.

use crate::kube_event::KubeEvent;
use crate::memory::weight;
use crate::row::PodRow;
use crate::words::{Sentence, countdown, duration, size};
use crate::{Memory, Target};
use podglass_cluster::action::{Action, Arrangement};
use podglass_cluster::journal::{ProbeKind, Run, Step};
use podglass_cluster::manifest::{Kind, Object, ObjectKey};
use podglass_cluster::runtime::{Happening, Interference};
use podglass_cluster::{Cluster, Fact, Record};

/// One sentence about the latest thing that mattered: its cause first, then what came of it.
pub fn narrate(cluster: &Cluster, memory: &Memory) -> Sentence {
    let journal = cluster.api().journal();
    let Some(record) = memory.headline.and_then(|id| journal.get(id)) else {
        return Sentence::text("Nothing has happened yet.");
    };
    let what = phrase(record);
    let before = predecessor(cluster, memory, record).and_then(|id| journal.get(id));
    let cause = before
        .or_else(|| journal.chain(record.id).skip(1).find(|c| weight(c) >= 5))
        .filter(|c| !matches!(c.fact, Fact::ActionTaken(_)) && phrase(c).plain() != what.plain())
        // That a container was started is not why its process ended.
        .filter(|c| !(matches!(record.fact, Fact::Inside(_)) && KubeEvent::of(c).is_some_and(|e| e.reason() == "Started")));
    let mut sentence = match cause {
        Some(c) if cluster.now().since(c.at) < 3_600_000 => phrase(c).and(", so ").then(what),
        _ => what,
    };
    sentence = sentence.and(".").capital();
    match waiters(cluster, memory, record) {
        Some(more) => sentence.and(" ").then(more),
        None => sentence,
    }
}

/// The end of the init container that let a container begin: by the rule of the chain, the one right
/// before it; for the first app container, the last one.
fn predecessor(cluster: &Cluster, memory: &Memory, record: &Record) -> Option<podglass_cluster::RecordId> {
    let event = KubeEvent::of(record).filter(|e| e.reason() == "Started").and_then(|e| Some((e.about()?, e.container()?)));
    let (key, name) = match &record.fact {
        Fact::Kubelet(step) if matches!(step.step, Step::PullStarted { .. }) => (step.pod.clone(), step.container.as_deref()?),
        _ => event?,
    };
    let Some(Object::Pod(pod)) = cluster.api().find(&key).map(std::rc::Rc::as_ref) else { return None };
    let spec = pod.spec.as_ref()?;
    let inits = spec.init_containers.as_deref().unwrap_or_default();
    let known = &memory.pod(&key)?.containers;
    if known.get(name).and_then(|k| k.run.as_ref()).is_some_and(|r| r.restart > 0) {
        return None;
    }
    let place = match inits.iter().position(|c| c.name == name) {
        Some(i) => i,
        None if spec.containers.first().is_some_and(|c| c.name == name) => inits.len(),
        None => return None,
    };
    let before = inits.get(place.checked_sub(1)?)?;
    known.get(before.name.as_str())?.end().filter(|e| e.code == 0).map(|e| e.record)
}

/// Who waits for the init container that a record is about.
fn waiters(cluster: &Cluster, memory: &Memory, record: &Record) -> Option<Sentence> {
    let event = KubeEvent::of(record).filter(|e| e.reason() == "Started")?;
    let (key, name) = (event.about()?, event.container()?);
    let Some(Object::Pod(pod)) = cluster.api().find(&key).map(std::rc::Rc::as_ref) else { return None };
    memory.pod(&key)?;
    let spec = pod.spec.as_ref()?;
    let init = spec.init_containers.iter().flatten().find(|c| c.name == name && !crate::row::is_sidecar(c))?;
    let names: Vec<&str> = spec.containers.iter().map(|c| c.name.as_str()).collect();
    let mut s = Sentence::default();
    let shown = names.len().min(3);
    for (i, n) in names.iter().take(shown).enumerate() {
        if i > 0 {
            s = s.and(if i + 1 == shown && names.len() == shown { " and " } else { ", " });
        }
        s = s.name(*n, Target::Container { pod: key.clone(), container: (*n).to_owned() });
    }
    if names.len() > shown {
        s = s.and(format!(" and {} more", names.len() - shown));
    }
    let _ = init;
    Some(s.and(if names.len() == 1 { " waits for it." } else { " wait for it." }))
}

fn object(key: &ObjectKey) -> Sentence {
    let s = if key.kind == Kind::Pod { Sentence::default() } else { Sentence::text(format!("{} ", key.kind.name())) };
    s.name(&*key.name, Target::Object(key.clone()))
}

fn container(pod: &ObjectKey, name: &str) -> Sentence {
    Sentence::default().name(name, Target::Container { pod: pod.clone(), container: name.to_owned() })
}

fn of_run(run: &Run) -> Sentence {
    container(&run.pod, &run.container)
}

/// The word for a probe.
pub fn probe_word(kind: ProbeKind) -> &'static str {
    match kind {
        ProbeKind::Startup => "startup",
        ProbeKind::Readiness => "readiness",
        ProbeKind::Liveness => "liveness",
    }
}

/// A record as a clause in the past tense, without a full stop.
pub fn phrase(record: &Record) -> Sentence {
    match &record.fact {
        Fact::ActionTaken(action) => Sentence::text("you ").and(action_words(action)),
        Fact::ActionRefused { message } => Sentence::text(format!("the API server refused: {message}")),
        Fact::Created(o) => match KubeEvent::of_object(o) {
            Some(e) => event(e),
            None => object(&o.key()).and(" was created"),
        },
        Fact::Deleted(o) => object(&o.key()).and(" is gone"),
        Fact::Updated { before, after } => match (&**before, &**after) {
            (Object::Pod(b), Object::Pod(a)) => {
                let (b, a) = (PodRow::of(b), PodRow::of(a));
                let key = after.key();
                if b.status == a.status {
                    object(&key).and(format!(" is {} ready", a.ready_text()))
                } else {
                    object(&key).and(format!(" went from {} to {}", b.status, a.status))
                }
            }
            (_, Object::Event(_)) => KubeEvent::of_object(after).map(event).unwrap_or_default(),
            _ => object(&after.key()).and(" changed"),
        },
        Fact::Inside(inside) => {
            let who = of_run(&inside.run);
            match &inside.what {
                Happening::Exited { oom: true, .. } => who.and(" was killed for memory (exit 137)"),
                Happening::Exited { code, .. } => who.and(format!(" exited {code}")),
                Happening::Printed { text, .. } => who.and(format!(" printed “{text}”")),
                Happening::FileWritten { path, size: bytes, .. } => who.and(format!(" wrote {path} ({})", size(*bytes))),
                Happening::FileRead { path, .. } => who.and(format!(" read {path}")),
                Happening::PortBound { address, port } => {
                    who.and(if address.is_loopback() { format!(" listens on port {port}, for localhost only") } else { format!(" listens on port {port}") })
                }
                Happening::PortReleased { port } => who.and(format!(" closed port {port}")),
                Happening::PortInUse { port, .. } => who.and(format!(" could not listen on port {port}: it is taken")),
                Happening::NameLookedUp { name, addresses } if addresses.is_empty() => who.and(format!(" looked up {name}: there is no such name")),
                Happening::NameLookedUp { name, .. } => who.and(format!(" looked up {name}")),
                Happening::Requested { target, result, .. } => who.and(format!(" asked {target}: {result}")),
                Happening::BurningCpu => who.and(" uses all the CPU it can get"),
                Happening::Assumed { text } => who.and(format!(": {text} (assumed)")),
                Happening::TaskEnded { .. } => who.and(": a command ended"),
            }
        }
        Fact::Probed(p) => {
            let result = if p.success { "succeeded" } else { "failed" };
            Sentence::text(format!("the {} probe of ", probe_word(p.probe))).then(of_run(&p.run)).and(format!(
                " {result} ({} of {})",
                p.in_row.min(p.threshold),
                p.threshold
            ))
        }
        Fact::Kubelet(step) => {
            let who = || step.container.as_ref().map_or_else(|| object(&step.pod), |c| container(&step.pod, c));
            match &step.step {
                Step::SandboxCreated { ip } => object(&step.pod).and(format!(" got its sandbox and the address {ip}")),
                Step::SandboxRemoved => Sentence::text("the sandbox of ").then(object(&step.pod)).and(" was removed"),
                Step::VolumesMounted => Sentence::text("the volumes of ").then(object(&step.pod)).and(" were mounted"),
                Step::PullStarted { image, .. } => Sentence::text(format!("the node pulls {image} for ")).then(who()),
                Step::PullEnded { image, ok: true } => Sentence::text(format!("the node has pulled {image} for ")).then(who()),
                Step::PullEnded { image, ok: false } => Sentence::text(format!("the node could not pull {image} for ")).then(who()),
                Step::BackOffStarted { length, .. } => Sentence::text(format!("the kubelet waits {} before the next try of ", countdown(*length))).then(who()),
                Step::HookStarted { hook } => Sentence::text(format!("the {hook} hook of ")).then(who()).and(" began"),
                Step::HookEnded { hook, ok } => Sentence::text(format!("the {hook} hook of ")).then(who()).and(if *ok { " ended" } else { " failed" }),
                Step::StopSignalSent { signal, kill_at } => {
                    Sentence::text(format!("the kubelet sent {signal} to ")).then(who()).and(format!(" and gives it {}", countdown(kill_at.since(record.at))))
                }
                Step::Killed => Sentence::text("the kubelet killed ").then(who()).and(" (SIGKILL)"),
            }
        }
    }
}

fn event(e: KubeEvent<'_>) -> Sentence {
    let about = e.about();
    let who = match (&about, e.container()) {
        (Some(key), Some(name)) => container(key, name),
        (Some(key), None) => object(key),
        (None, _) => Sentence::default(),
    };
    match e.reason() {
        "Scheduled" => {
            let node = e.message().rsplit(' ').next().unwrap_or_default();
            Sentence::text("the scheduler placed ").then(who).and(format!(" on {node}"))
        }
        "Started" if e.container().is_some() => Sentence::text("the kubelet started ").then(who),
        "Created" if e.container().is_some() => Sentence::text("the kubelet created ").then(who),
        "Pulled" if e.message().contains("already present") => Sentence::text("the image of ").then(who).and(" is on the node"),
        "Pulled" => Sentence::text("the image of ").then(who).and(" was pulled"),
        "Pulling" => Sentence::text("the node pulls the image of ").then(who),
        "FailedScheduling" => who.and(" does not fit on any node"),
        "BackOff" => Sentence::text("the kubelet backs off from ").then(who),
        "Unhealthy" => who.and(format!(": {}", e.message().trim_end().trim_end_matches(':'))),
        _ => who.and(format!(": {} ({})", e.message(), e.reason())),
    }
}

/// What a user did, as a clause without subject: `applied Pod web`.
pub fn action_words(action: &Action) -> String {
    match action {
        Action::Apply(o) => format!("applied {} {}", o.kind().name(), o.name()),
        Action::Create(o) => format!("created {} {}", o.kind().name(), o.name()),
        Action::Replace(o) => format!("changed {} {}", o.kind().name(), o.name()),
        Action::ReplacePart { object: o, part } => format!("changed the {part} of {} {}", o.kind().name(), o.name()),
        Action::Delete { key, grace_period, .. } => match grace_period {
            Some(s) => format!("deleted {key} with a grace period of {s} s"),
            None => format!("deleted {key}"),
        },
        Action::Interfere { container, how, .. } => match how {
            Interference::Exit(code) => format!("made {container} exit {code}"),
            Interference::Oom => format!("had {container} killed for memory"),
            Interference::Hang => format!("made {container} hang"),
            Interference::Stay => format!("kept {container} from ending"),
            Interference::IgnoreTerm => format!("made {container} ignore SIGTERM"),
        },
        Action::LoseSandbox { pod } => format!("took the sandbox of {} away", pod.name),
        Action::Arrange(a) => match a {
            Arrangement::PullTakes { image, ms } => format!("made pulls of {image} take {}", duration(*ms)),
            Arrangement::PullFails { image, .. } => format!("took {image} out of the registry"),
            Arrangement::ExternalHost { host, reachable } => format!("made {host} {}", if *reachable { "reachable" } else { "unreachable" }),
            Arrangement::RunEnds { container, run, after, code, .. } => {
                let which = run.map_or_else(|| format!("every run of {container}"), |r| format!("run {} of {container}", r + 1));
                format!("made {which} exit {code} after {}", duration(*after))
            }
            Arrangement::ProbeFails { container, probe, from, until, .. } => {
                format!("made the {} probe of {container} fail for {}", probe_word(*probe), duration(until.since(*from)))
            }
        },
        #[allow(unreachable_patterns)]
        _ => "did something".to_owned(),
    }
}

/// A record as a short line of "what just happened".
pub fn line(record: &Record) -> Option<String> {
    match &record.fact {
        Fact::Updated { before, after } => match (&**before, &**after) {
            (Object::Pod(b), Object::Pod(a)) => {
                let (b, a) = (PodRow::of(b), PodRow::of(a));
                Some(format!("Status: {} → {}", b.status, a.status))
            }
            (_, Object::Event(_)) => KubeEvent::of_object(after).map(event_line),
            _ => None,
        },
        Fact::Created(o) => match KubeEvent::of_object(o) {
            Some(e) => Some(event_line(e)),
            None => Some(format!("{} created", o.key())),
        },
        _ => Some(phrase(record).capital().plain()),
    }
}

fn event_line(e: KubeEvent<'_>) -> String {
    match (e.reason(), e.container()) {
        (reason @ ("Created" | "Started" | "Pulled" | "Pulling" | "Killing" | "BackOff"), Some(c)) => format!("{reason} {c}"),
        ("Scheduled", _) => format!("Scheduled to {}", e.message().rsplit(' ').next().unwrap_or_default()),
        (reason, _) => format!("{reason}: {}", e.message()),
    }
}

/// Whether a record changed a Pod's STATUS.
pub fn is_status(record: &Record) -> bool {
    matches!(&record.fact, Fact::Updated { after, .. } if matches!(**after, Object::Pod(_)))
}
