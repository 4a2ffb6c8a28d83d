//! `kubectl logs`

use crate::arguments::{self, Words};
use crate::flags::Flags;
use crate::json::Look;
use crate::moment::Moment;
use crate::selector;
use crate::session::{Failure, Session};
use crate::world::{LogLine, not_found};
use serde_json::Value;
use std::rc::Rc;

pub(super) const FLAGS: &str = "all-containers? all-pods? container,c: follow,f? ignore-errors? insecure-skip-tls-verify-backend? limit-bytes:l max-log-requests:i pod-running-timeout:d prefix? previous,p? selector,l: since:d since-time: tail:l timestamps?";

/// One source: a container of a Pod.
struct Source {
    pod: Rc<Value>,
    container: String,
}

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let chosen = flags.text("selector").to_owned();
    let mut container = flags.text("container").to_owned();
    let args = &flags.args;
    if !chosen.is_empty() && !args.is_empty() {
        return Err(flags.usage("only a selector (-l) or a POD name is allowed"));
    }
    if chosen.is_empty() && (args.is_empty() || args.len() > 2) {
        return Err(flags.usage("expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command"));
    }
    if let [_, inline] = args.as_slice() {
        if !container.is_empty() {
            return Err(flags.usage("only one of -c or an inline [CONTAINER] arg is allowed").plain_only());
        }
        container.clone_from(inline);
    }
    if flags.given("since") && flags.given("since-time") {
        return Err(Failure::error("at most one of `sinceTime` or `sinceSeconds` may be specified"));
    }
    if flags.truth("all-containers") && !container.is_empty() {
        return Err(Failure::error(format!("--all-containers=true should not be specified with container name {container}")));
    }
    if flags.int("tail").is_some_and(|t| t < -1) {
        return Err(Failure::error("--tail must be greater than or equal to -1"));
    }
    let all_pods = flags.truth("all-pods");
    let pods = pods(session, flags, &chosen, all_pods)?;
    if pods.is_empty() {
        if !chosen.is_empty() {
            session.complain(format!("No resources found in {} namespace.\n", session.namespace));
        }
        return Ok(());
    }
    let mut sources: Vec<Source> = Vec::new();
    for pod in pods {
        if flags.truth("all-containers") {
            for key in ["spec.initContainers", "spec.containers", "spec.ephemeralContainers"] {
                sources.extend(pod.list(key).iter().map(|c| Source { pod: pod.clone(), container: c.text("name").to_owned() }));
            }
            continue;
        }
        let name = pick_container(session, &pod, &container, chosen.is_empty() && !all_pods)?;
        sources.push(Source { pod, container: name });
    }
    if flags.truth("follow") && sources.len() > 1 {
        let most = flags.int("max-log-requests").unwrap_or(5);
        if sources.len() as i64 > most {
            return Err(Failure::error(format!(
                "you are attempting to follow {} log streams, but maximum allowed concurrency is {most}, use --max-log-requests to increase the limit",
                sources.len()
            )));
        }
    }
    let prefix = flags.truth("prefix") || all_pods;
    let tail = flags.int("tail").unwrap_or(if chosen.is_empty() { -1 } else { 10 });
    for source in &sources {
        if let Err(failure) = print(session, flags, source, prefix, tail) {
            if flags.truth("ignore-errors") {
                session.complain(failure.text);
                continue;
            }
            return Err(failure);
        }
    }
    Ok(())
}

impl Failure {
    /// The first line only: some usage errors have no hint.
    fn plain_only(mut self) -> Failure {
        if let Some(at) = self.text.find('\n') {
            self.text.truncate(at + 1);
        }
        self
    }
}

/// The Pods whose logs are asked for.
fn pods(session: &mut Session<'_>, flags: &Flags, chosen: &str, all_pods: bool) -> Result<Vec<Rc<Value>>, Failure> {
    let resource = session.builtin("pods");
    if !chosen.is_empty() {
        return Ok(arguments::list(session, &resource, chosen, "", false)?.into_iter().map(|f| f.object).collect());
    }
    let Some(target) = flags.args.first() else { return Ok(Vec::new()) };
    let (kind, name) = match target.split_once('/') {
        None => (resource.clone(), target.clone()),
        Some(_) => match arguments::words(session, std::slice::from_ref(target))? {
            Words::Names(mut names) => names.pop().map_or((resource.clone(), target.clone()), |n| n),
            Words::Types(_) => (resource.clone(), target.clone()),
        },
    };
    let namespace = session.namespace.clone();
    let Some(object) = session.world.find(&kind, &namespace, &name) else {
        return Err(Failure::error(format!("error from server (NotFound): {} in namespace {namespace:?}", not_found(&kind, &name).message)));
    };
    if kind.plural == "pods" {
        return Ok(vec![object]);
    }
    let mut all = behind(session, &object).map_err(|why| Failure::error(format!("cannot get the logs from {why}")))?;
    if all.is_empty() {
        return Err(Failure::error("timed out waiting for the condition"));
    }
    if all_pods {
        return Ok(all);
    }
    by_activity(&mut all);
    let first = all.first().cloned();
    if all.len() > 1
        && let Some(first) = &first
    {
        session.complain(format!("Found {} pods, using pod/{}\n", all.len(), first.name()));
    }
    Ok(first.into_iter().collect())
}

/// The Pods a workload or a Service selects.
pub(super) fn behind(session: &mut Session<'_>, object: &Value) -> Result<Vec<Rc<Value>>, String> {
    let all = session.objects("pods", object.namespace());
    let kind = object.text("kind");
    let version = object.text("apiVersion").rsplit('/').next().unwrap_or("v1").to_owned();
    let fits: Box<dyn Fn(&Value) -> bool> = match kind {
        "Service" | "ReplicationController" => {
            let map = object.at("spec.selector").clone();
            if kind == "Service" && map.as_object().is_none_or(serde_json::Map::is_empty) {
                return Err(format!("*{version}.Service: invalid service '{}': Service is defined without a selector", object.name()));
            }
            Box::new(move |labels| selector::map_fits(&map, labels))
        }
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" => {
            let chosen = object.at("spec.selector").clone();
            Box::new(move |labels| selector::object_fits(&chosen, labels))
        }
        _ => return Err(format!("*{version}.{kind}: selector for *{version}.{kind} not implemented")),
    };
    Ok(all.into_iter().filter(|p| fits(p.at("metadata.labels"))).collect())
}

/// The Pod one wants first: scheduled, running, ready, ready for long, with few restarts, old
/// (`controller.ActivePods` of client-go's helpers, reversed as `logs` uses it).
pub(super) fn by_activity(pods: &mut [Rc<Value>]) {
    let phase = |p: &Value| match p.text("status.phase") {
        "Running" => 0,
        "Unknown" => 1,
        "Pending" => 2,
        _ => 3,
    };
    let ready_since = |p: &Value| {
        p.list("status.conditions").iter().find(|c| c.text("type") == "Ready" && c.text("status") == "True").map(|c| c.text("lastTransitionTime").to_owned())
    };
    let restarts = |p: &Value| p.list("status.containerStatuses").iter().map(|s| s.int("restartCount")).max().unwrap_or(0);
    pods.sort_by(|a, b| {
        let key = |p: &Value| (p.text("spec.nodeName").is_empty(), phase(p), ready_since(p).is_none(), ready_since(p).unwrap_or_default());
        key(a).cmp(&key(b)).then(restarts(b).cmp(&restarts(a))).then(a.text("metadata.creationTimestamp").cmp(b.text("metadata.creationTimestamp")))
    });
}

/// `alpha, beta (init), …`: the names as notices list them.
pub(super) fn names(pod: &Value) -> String {
    let of = |key: &str, suffix: &str| pod.list(key).iter().map(|c| format!("{}{suffix}", c.text("name"))).collect::<Vec<_>>();
    [of("spec.containers", ""), of("spec.ephemeralContainers", " (ephem)"), of("spec.initContainers", " (init)")].concat().join(", ")
}

/// The container that is meant; says so where it had to choose.
pub(super) fn pick_container(session: &mut Session<'_>, pod: &Value, asked: &str, notice: bool) -> Result<String, Failure> {
    let all: Vec<&Value> = ["spec.containers", "spec.initContainers", "spec.ephemeralContainers"].iter().flat_map(|k| pod.list(k)).collect();
    if !asked.is_empty() {
        if all.iter().any(|c| c.text("name") == asked) {
            return Ok(asked.to_owned());
        }
        return Err(Failure::error(format!("container {asked} is not valid for pod {} out of: {}", pod.name(), names(pod))));
    }
    if let Some(name) = pod.at("metadata.annotations").get("kubectl.kubernetes.io/default-container").and_then(Value::as_str)
        && all.iter().any(|c| c.text("name") == name)
    {
        return Ok(name.to_owned());
    }
    let first = pod.list("spec.containers").first().map(|c| c.text("name").to_owned()).unwrap_or_default();
    if notice && all.len() > 1 {
        session.complain(format!("Defaulted container {first:?} out of: {}\n", names(pod)));
    }
    Ok(first)
}

/// The status of a container, whatever its sort.
pub(crate) fn status_of<'v>(pod: &'v Value, container: &str) -> Option<&'v Value> {
    ["status.containerStatuses", "status.initContainerStatuses", "status.ephemeralContainerStatuses"]
        .iter()
        .flat_map(|k| pod.list(k))
        .find(|s| s.text("name") == container)
}

/// Which run's log the kubelet gives: `Some(previous)`, or `None` where there is none and nobody
/// complains (`validateContainerLogStatus`).
fn which(pod: &Value, container: &str, previous: bool) -> Result<Option<bool>, Failure> {
    let name = pod.name();
    if pod.text("spec.nodeName").is_empty() {
        return Ok(None);
    }
    let bad = |text: String| Failure::plain(format!("Error from server (BadRequest): {text}\n"));
    let Some(s) = status_of(pod, container) else { return Err(bad(format!("container {container:?} in pod {name:?} is not available"))) };
    let last = s.at("lastState.terminated");
    let last_id = last.text("containerID");
    let waiting = s.at("state.waiting");
    let terminated = s.at("state.terminated");
    if previous {
        if last.is_null() || last_id.is_empty() {
            return Err(bad(format!("previous terminated container {container:?} in pod {name:?} not found")));
        }
        return Ok(Some(true));
    }
    if s.has("state.running") {
        return Ok(Some(false));
    }
    if terminated.is_object() {
        if !terminated.text("containerID").is_empty() {
            return Ok(Some(false));
        }
        if last.is_object() {
            return Ok(Some(true));
        }
        return Err(bad(format!("container {container:?} in pod {name:?} is terminated")));
    }
    if last.is_object() {
        if last_id.is_empty() {
            return Err(bad(format!("container {container:?} in pod {name:?} is terminated")));
        }
        return Ok(Some(true));
    }
    if waiting.is_object() {
        return Err(bad(match waiting.text("reason") {
            "ErrImagePull" => format!("container {container:?} in pod {name:?} is waiting to start: image can't be pulled"),
            "ImagePullBackOff" => format!("container {container:?} in pod {name:?} is waiting to start: trying and failing to pull image"),
            reason => format!("container {container:?} in pod {name:?} is waiting to start: {reason}"),
        }));
    }
    Err(bad(format!("container {container:?} in pod {name:?} is waiting to start - no logs yet")))
}

fn print(session: &mut Session<'_>, flags: &Flags, source: &Source, prefix: bool, tail: i64) -> Result<(), Failure> {
    let asked_previous = flags.truth("previous");
    let Some(run) = which(&source.pod, &source.container, asked_previous)? else { return Ok(()) };
    let head = if prefix { format!("[pod/{}/{}] ", source.pod.name(), source.container) } else { String::new() };
    let since = match (flags.duration("since"), flags.get("since-time")) {
        (Some(n), _) => Some(Moment(session.world.now().0 - n)),
        (None, Some(t)) => Moment::parse(t),
        _ => None,
    };
    // A frozen state keeps the log of the last run under "current" too.
    let lines = session.world.logs(&source.pod, &source.container, run && (asked_previous || session.world.keeps_runs_apart())).unwrap_or_default();
    let mut shown: Vec<&LogLine> = lines.iter().filter(|l| since.is_none_or(|s| l.at >= s)).collect();
    if tail >= 0 {
        let skip = shown.len().saturating_sub(usize::try_from(tail).unwrap_or(usize::MAX));
        shown.drain(..skip);
    }
    let stamps = flags.truth("timestamps");
    let mut text = String::new();
    for line in shown {
        text.push_str(&head);
        if stamps {
            text.push_str(&line.at.rfc3339_nano());
            text.push(' ');
        }
        text.push_str(&line.text);
    }
    if let Some(limit) = flags.int("limit-bytes").filter(|l| *l > 0) {
        let mut end = usize::try_from(limit).unwrap_or(usize::MAX).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    session.print(text);
    if flags.truth("follow") {
        follow(session, source, lines.len(), &head, stamps);
    }
    Ok(())
}

/// Prints what comes until the run ends, or the world stands still.
fn follow(session: &mut Session<'_>, source: &Source, mut seen: usize, head: &str, stamps: bool) {
    let pods = session.builtin("pods");
    let id = |pod: &Value| status_of(pod, &source.container).map(|s| s.text("containerID").to_owned());
    let first = id(&source.pod);
    let deadline = Moment(session.world.now().0 + 3600 * 1_000_000_000);
    loop {
        let Some(pod) = session.world.find(&pods, source.pod.namespace(), source.pod.name()) else { return };
        let running = status_of(&pod, &source.container).is_some_and(|s| s.has("state.running")) && id(&pod) == first;
        if !running || !session.world.pass(deadline) {
            return;
        }
        let lines = session.world.logs(&pod, &source.container, false).unwrap_or_default();
        let mut text = String::new();
        for line in lines.iter().skip(seen) {
            text.push_str(head);
            if stamps {
                text.push_str(&format!("{} ", line.at.rfc3339_nano()));
            }
            text.push_str(&line.text);
        }
        seen = lines.len().max(seen);
        session.print(text);
    }
}
