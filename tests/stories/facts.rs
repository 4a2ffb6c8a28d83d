//! A journal as lines of text, so that a file can say what must be in it.
//!
//! Pods and other objects of namespace `default` are named by their names, containers as `pod/container`:
//!
//! | line | means |
//! |---|---|
//! | `start p/c`, `end p/c CODE` | a container started, its process ended |
//! | `row p 1/2 Running 0` | what `kubectl get pods` shows changed: READY STATUS RESTARTS |
//! | `phase p Running`, `condition p Ready=True` | the status changed; a reason follows in brackets |
//! | `waiting p/c REASON: message`, `terminated p/c CODE REASON`, `last p/c CODE REASON` | a container's state changed |
//! | `event p/c REASON: message`, ` (x3)` at the end | an event came, or was counted again |
//! | `probe p/c Liveness ok`, `… failed: output` | a probe ran |
//! | `hook p/c PreStop`, `hook-end p/c PreStop ok` | a hook began, ended |
//! | `signal p/c SIGTERM`, `sigkill p/c` | a container was told to stop, killed |
//! | `sandbox p`, `no-sandbox p`, `mounted p` | the sandbox is up, gone; the volumes are there |
//! | `pull p/c IMAGE`, `pulled p/c IMAGE`, `backoff p/c SECONDS` | a pull began, ended; a back-off began |
//! | `print p/c text`, `write p/c PATH`, `read p/c PATH` | what its processes did; writes outside a volume end in ` (own)` |
//! | `bind p/c PORT`, `release p/c PORT`, `clash p/c PORT` | sockets; a bind to localhost ends in ` (localhost)` |
//! | `lookup p/c NAME -> ADDRESSES`, `request p/c TARGET -> RESULT` | what it asked for |
//! | `assumed p/c text`, `burning p/c` | an assumption; it uses all the CPU |
//! | `endpoints SERVICE: p q`, in brackets those not ready | the Pods behind a Service changed |
//! | `new KIND NAME`, `changed KIND NAME`, `gone KIND NAME` | other objects |
//! | `do …`, `refused …` | what the user did |

use podglass_playground::cluster::journal::{Record, Step};
use podglass_playground::cluster::manifest::{Object, ObjectKey};
use podglass_playground::cluster::runtime::Happening;
use podglass_playground::cluster::{Cluster, Fact, RecordId};
use podglass_playground::scene::narration::action_words;
use serde_json::Value;

/// A line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Seconds since the beginning of the story.
    pub at: f64,
    /// The record.
    pub record: RecordId,
    /// Its text.
    pub text: String,
}

/// All lines of a cluster's journal; times count from `start` (milliseconds), and what happened before it is left out.
pub fn lines(cluster: &Cluster, start: u64) -> Vec<Line> {
    let records = cluster.api().journal().records();
    let mut all = Vec::new();
    for record in records.iter().skip_while(|r| !matches!(r.fact, Fact::ActionTaken(_))) {
        let mut texts = Vec::new();
        tell(record, &mut texts);
        let at = (record.at.0 as f64 - start as f64) / 1000.0;
        all.extend(texts.into_iter().map(|text| Line { at, record: record.id, text }));
    }
    all
}

fn key(k: &ObjectKey) -> String {
    if k.namespace == "default" || k.namespace.is_empty() { k.name.clone() } else { format!("{}:{}", k.namespace, k.name) }
}

fn tell(record: &Record, out: &mut Vec<String>) {
    match &record.fact {
        Fact::ActionTaken(action) => out.push(format!("do {}", action_words(action))),
        Fact::ActionRefused { message } => out.push(format!("refused {message}")),
        Fact::Created(o) => object(None, o, out),
        Fact::Updated { before, after } => object(Some(before), after, out),
        Fact::Deleted(o) => out.push(format!("gone {} {}", o.kind().name(), key(&o.key()))),
        Fact::Inside(i) => {
            let who = format!("{}/{}", key(&i.run.pod), i.run.container);
            out.push(inside(&who, &i.what));
        }
        Fact::Probed(p) => {
            let verdict = if p.success { "ok".to_owned() } else { format!("failed: {}", p.output.trim()) };
            out.push(format!("probe {}/{} {:?} {verdict}", key(&p.run.pod), p.run.container, p.probe));
        }
        Fact::Kubelet(k) => {
            let who = match &k.container {
                Some(c) => format!("{}/{c}", key(&k.pod)),
                None => key(&k.pod),
            };
            out.push(step(&who, &k.step));
        }
    }
}

fn inside(who: &str, what: &Happening) -> String {
    match what {
        Happening::Exited { code, .. } => format!("end {who} {code}"),
        Happening::Printed { text, .. } => format!("print {who} {text}"),
        Happening::FileWritten { path, volume, .. } => format!("write {who} {path}{}", if volume.is_some() { "" } else { " (own)" }),
        Happening::FileRead { path, .. } => format!("read {who} {path}"),
        Happening::PortBound { address, port } => format!("bind {who} {port}{}", if address.is_loopback() { " (localhost)" } else { "" }),
        Happening::PortReleased { port } => format!("release {who} {port}"),
        Happening::PortInUse { port, .. } => format!("clash {who} {port}"),
        Happening::NameLookedUp { name, addresses } => format!("lookup {who} {name} -> {addresses:?}"),
        Happening::Requested { target, result, .. } => format!("request {who} {target} -> {result}"),
        Happening::BurningCpu => format!("burning {who}"),
        Happening::Assumed { text } => format!("assumed {who} {text}"),
        Happening::TaskEnded { .. } => format!("task {who}"),
    }
}

fn step(who: &str, step: &Step) -> String {
    match step {
        Step::SandboxCreated { .. } => format!("sandbox {who}"),
        Step::SandboxRemoved => format!("no-sandbox {who}"),
        Step::VolumesMounted => format!("mounted {who}"),
        Step::PullStarted { image, .. } => format!("pull {who} {image}"),
        Step::PullEnded { image, ok } => format!("pulled {who} {image}{}", if *ok { "" } else { " (failed)" }),
        Step::BackOffStarted { length, .. } => format!("backoff {who} {}", length / 1000),
        Step::HookStarted { hook } => format!("hook {who} {hook}"),
        Step::HookEnded { hook, ok } => format!("hook-end {who} {hook} {}", if *ok { "ok" } else { "failed" }),
        Step::StopSignalSent { signal, .. } => format!("signal {who} {signal}"),
        Step::Killed => format!("sigkill {who}"),
    }
}

fn json(o: &Object) -> Value {
    o.to_json().unwrap_or_default()
}

fn object(before: Option<&std::rc::Rc<Object>>, after: &Object, out: &mut Vec<String>) {
    let name = key(&after.key());
    match after {
        Object::Event(e) => {
            let path = e.involved_object.field_path.clone().unwrap_or_default();
            let container = path.split(['{', '}']).nth(1).map(|c| format!("/{c}")).unwrap_or_default();
            let about = format!("{}{container}", e.involved_object.name.clone().unwrap_or_default());
            let reason = e.reason.clone().unwrap_or_default();
            if reason == "Started" && !container.is_empty() {
                out.push(format!("start {about}"));
            }
            let count = e.count.filter(|c| *c > 1).map(|c| format!(" (x{c})")).unwrap_or_default();
            out.push(format!("event {about} {reason}: {}{count}", e.message.clone().unwrap_or_default()));
        }
        Object::Pod(_) => {
            let old = before.map(|b| json(b)).unwrap_or_default();
            pod(&name, &old, &json(after), before.is_none(), out);
        }
        Object::EndpointSlice(_) => {
            let words = |v: &Value| {
                let mut list: Vec<String> = Vec::new();
                for e in v["endpoints"].as_array().into_iter().flatten() {
                    let pod = e["targetRef"]["name"].as_str().unwrap_or("?");
                    list.push(if e["conditions"]["ready"] == true { pod.to_owned() } else { format!("({pod})") });
                }
                list.sort();
                list.join(" ")
            };
            let now = json(after);
            let service = now["metadata"]["labels"]["kubernetes.io/service-name"].as_str().unwrap_or_default().to_owned();
            let text = words(&now);
            if before.is_none_or(|b| words(&json(b)) != text) {
                out.push(format!("endpoints {service}: {text}"));
            }
        }
        _ => out.push(format!("{} {} {name}", if before.is_none() { "new" } else { "changed" }, after.kind().name())),
    }
}

fn pod(name: &str, old: &Value, new: &Value, created: bool, out: &mut Vec<String>) {
    let row = |v: &Value| {
        let Some(o) = (!v.is_null()).then_some(v) else { return String::new() };
        let text = podglass_playground::kubectl::watch::summary(o);
        match text.rsplit_once(", ") {
            Some((head, n)) if n.contains("restart") => format!("{head} {}", n.split(' ').next().unwrap_or_default()),
            _ => format!("{text} 0"),
        }
    };
    if created {
        out.push(format!("new Pod {name}"));
    }
    for list in ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"] {
        for s in new["status"][list].as_array().into_iter().flatten() {
            let container = s["name"].as_str().unwrap_or_default();
            let before = old["status"][list].as_array().and_then(|l| l.iter().find(|o| o["name"] == s["name"])).cloned().unwrap_or_default();
            let state = |v: &Value, which: &str| {
                let w = &v[which]["waiting"];
                let t = &v[which]["terminated"];
                let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
                if w.is_object() {
                    let message = text(&w["message"]);
                    format!("waiting {name}/{container} {}{}", text(&w["reason"]), if message.is_empty() { String::new() } else { format!(": {message}") })
                } else if t.is_object() {
                    let word = if which == "state" { "terminated" } else { "last" };
                    format!("{word} {name}/{container} {} {}", t["exitCode"], text(&t["reason"]))
                } else {
                    String::new()
                }
            };
            for which in ["state", "lastState"] {
                let text = state(s, which);
                if !text.is_empty() && text != state(&before, which) {
                    out.push(text);
                }
            }
        }
    }
    for c in new["status"]["conditions"].as_array().into_iter().flatten() {
        let before = old["status"]["conditions"].as_array().and_then(|l| l.iter().find(|o| o["type"] == c["type"]));
        if before.is_none_or(|b| b["status"] != c["status"] || b["reason"] != c["reason"]) {
            let reason = c["reason"].as_str().map(|r| format!(" ({r})")).unwrap_or_default();
            out.push(format!("condition {name} {}={}{reason}", c["type"].as_str().unwrap_or_default(), c["status"].as_str().unwrap_or_default()));
        }
    }
    if new["status"]["phase"] != old["status"]["phase"] {
        out.push(format!("phase {name} {}", new["status"]["phase"].as_str().unwrap_or_default()));
    }
    if row(new) != row(old) {
        out.push(format!("row {name} {}", row(new)));
    }
}
