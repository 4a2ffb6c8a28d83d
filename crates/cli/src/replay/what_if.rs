//! The `!` and `?` lines of a transcript: what-ifs, and questions.
//!
//! `! exit CONTAINER CODE`, `! kill CONTAINER`, `! hang CONTAINER`, `! ignore-term CONTAINER`, `! sandbox POD`,
//! `! pull-fail IMAGE`, `! pull-slow IMAGE TIME`, `! probe-fail CONTAINER startup|readiness|liveness TIME`,
//! `! ends CONTAINER CODE TIME`, `! host NAME up|down`, `! provide FILE`, `! remove KIND/NAME`; `? why [NAME]`.
//! A container is `NAME` or `POD/NAME`; a Pod's name may be left short of its generated end.

use anyhow::{Context, bail};
use podglass_playground::cluster::action::{Action, Arrangement, Propagation};
use podglass_playground::cluster::journal::ProbeKind;
use podglass_playground::cluster::manifest::{self, Kind, Object, ObjectKey};
use podglass_playground::cluster::runtime::Interference;
use podglass_playground::cluster::{Cluster, SimTime};
use podglass_playground::kubectl::Files;
use podglass_playground::kubectl::moment::parse_duration;
use podglass_playground::scene::memory::Memory;
use podglass_playground::scene::{Target, why};

/// Does what a line says, and gives what is to be printed.
///
/// # Errors
/// A line that nobody understands, and names of things that are not there.
pub(super) fn play(cluster: &mut Cluster, line: &str, files: &dyn Files) -> anyhow::Result<String> {
    let words = super::split(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["?", "why"] => Ok(answer(cluster, None)),
        ["?", "why", name] => {
            let target = target(cluster, name)?;
            Ok(answer(cluster, Some(&target)))
        }
        ["!", rest @ ..] => deed(cluster, rest, files),
        _ => bail!("{line}: a line after a time begins with `$`, `!` or `?`"),
    }
}

fn deed(cluster: &mut Cluster, words: &[&str], files: &dyn Files) -> anyhow::Result<String> {
    let interfere = |cluster: &Cluster, name: &str, how| container(cluster, name).map(|(pod, container)| Action::Interfere { pod, container, how });
    let number = |text: &str| text.parse::<i32>().with_context(|| format!("{text} is no exit code"));
    let action = match words {
        ["exit", name, code] => interfere(cluster, name, Interference::Exit(number(code)?))?,
        ["kill" | "oom", name] => interfere(cluster, name, Interference::Oom)?,
        ["hang", name] => interfere(cluster, name, Interference::Hang)?,
        ["ignore-term", name] => interfere(cluster, name, Interference::IgnoreTerm)?,
        ["sandbox", name] => Action::LoseSandbox { pod: pod(cluster, name)? },
        ["pull-fail", image] => Action::Arrange(Arrangement::PullFails { image: (*image).to_owned(), message: None }),
        ["pull-slow", image, time] => Action::Arrange(Arrangement::PullTakes { image: (*image).to_owned(), ms: span(time)? }),
        ["probe-fail", name, probe, time] => {
            let (pod, container) = container(cluster, name)?;
            let probe = match *probe {
                "startup" => ProbeKind::Startup,
                "readiness" => ProbeKind::Readiness,
                "liveness" => ProbeKind::Liveness,
                other => bail!("{other}: a probe is startup, readiness or liveness"),
            };
            let from = cluster.now();
            Action::Arrange(Arrangement::ProbeFails { pod, container, probe, from, until: SimTime(from.0 + span(time)?) })
        }
        ["ends", name, code, time] => {
            let (pod, container) = container(cluster, name)?;
            Action::Arrange(Arrangement::RunEnds { pod, container, run: None, after: span(time)?, code: number(code)? })
        }
        ["host", host, state @ ("up" | "down")] => Action::Arrange(Arrangement::ExternalHost { host: (*host).to_owned(), reachable: *state == "up" }),
        ["provide", file] => {
            let text = files.read(file).map_err(|e| anyhow::anyhow!("{file}: {e}"))?;
            let mut said = String::new();
            for object in manifest::read(&String::from_utf8_lossy(&text)).objects() {
                if let Err(refused) = cluster.act(Action::Apply(object.clone())) {
                    said.push_str(&format!("{}\n", refused.message));
                }
            }
            return Ok(said);
        }
        ["remove", name] => Action::Delete { key: object(cluster, name)?, grace_period: None, propagation: Propagation::Background },
        _ => bail!("! {}: nobody knows this action", words.join(" ")),
    };
    Ok(cluster.act(action).map_or_else(|refused| format!("{}\n", refused.message), |_| String::new()))
}

/// The answer to "why?": a sentence, and what leads to it.
fn answer(cluster: &Cluster, target: Option<&Target>) -> String {
    let mut memory = Memory::default();
    memory.observe(cluster.api().journal());
    let why = why::why(cluster, &memory, target);
    let mut text = format!("{}\n", why.answer.plain());
    for link in why.links {
        let (head, body) = (link.head.plain(), link.body.replace('\n', " "));
        text.push_str(&if body.is_empty() { format!("- {head}\n") } else { format!("- {head} ({body})\n") });
    }
    text
}

fn span(text: &str) -> anyhow::Result<u64> {
    parse_duration(text).map(|n| (n.max(0) / 1_000_000) as u64).map_err(|e| anyhow::anyhow!(e))
}

fn pods(cluster: &Cluster) -> impl Iterator<Item = (ObjectKey, &Object)> {
    cluster.api().objects().filter(|o| matches!(***o, Object::Pod(_))).map(|o| (o.key(), &**o))
}

fn pod(cluster: &Cluster, name: &str) -> anyhow::Result<ObjectKey> {
    let exact = pods(cluster).map(|(key, _)| key).find(|k| k.name == name);
    exact.or_else(|| pods(cluster).map(|(key, _)| key).find(|k| k.name.starts_with(&format!("{name}-")))).with_context(|| format!("there is no Pod {name}"))
}

fn container(cluster: &Cluster, name: &str) -> anyhow::Result<(ObjectKey, String)> {
    if let Some((of, container)) = name.split_once('/') {
        return Ok((pod(cluster, of)?, container.to_owned()));
    }
    let has = |o: &Object| match o {
        Object::Pod(p) => p.spec.as_ref().is_some_and(|s| s.init_containers.iter().flatten().chain(&s.containers).any(|c| c.name == name)),
        _ => false,
    };
    let found = pods(cluster).find(|(_, o)| has(o)).map(|(key, _)| key);
    found.map(|key| (key, name.to_owned())).with_context(|| format!("no Pod has a container {name}"))
}

fn object(cluster: &Cluster, name: &str) -> anyhow::Result<ObjectKey> {
    let (kind, name) = name.split_once('/').unwrap_or(("pod", name));
    let fits = |k: &ObjectKey| k.kind.name().eq_ignore_ascii_case(kind) && k.name == name;
    if kind == "pod" {
        return pod(cluster, name);
    }
    cluster.api().objects().map(|o| o.key()).find(fits).with_context(|| format!("there is no {kind} {name}"))
}

/// What a name means: a Pod, a container, or `kind/name`.
fn target(cluster: &Cluster, name: &str) -> anyhow::Result<Target> {
    if let Ok(key) = pod(cluster, name) {
        return Ok(Target::Object(key));
    }
    if let Some((kind, _)) = name.split_once('/')
        && Kind::ALL.iter().any(|k| k.name().eq_ignore_ascii_case(kind))
    {
        return object(cluster, name).map(Target::Object);
    }
    container(cluster, name).map(|(pod, container)| Target::Container { pod, container })
}
