//! Why for containers that run: what they are doing, and what is still missing.

use super::{Ask, LinkKind, Why, container_target, named, phrase_at, rules, status, unexpanded, what_it_runs};
use crate::Target;
use crate::memory::ContainerMemory;
use crate::narration::probe_word;
use crate::row::is_sidecar;
use crate::words::{Sentence, countdown, duration};
use k8s_openapi::api::core::v1::{Container, Pod};
use podglass_cluster::journal::ProbeKind;
use podglass_cluster::manifest::{Kind, ObjectKey};

impl Ask<'_> {
    pub(super) fn running(self, key: &ObjectKey, pod: &Pod, container: &Container, known: &ContainerMemory) -> Why {
        let name = container.name.as_str();
        let who = || named(key, name);
        let target = || container_target(key, name);
        let started = known.run.as_ref().and_then(|r| r.started).unwrap_or(self.now);
        let record = known.run.as_ref().map(|r| r.record);
        if let Some(stop) = &known.stop {
            let why = Why::say(who().and(format!(
                " is being stopped: {} was sent, and {} of its grace period are left.",
                stop.signal,
                countdown(stop.kill_at.since(self.now))
            )))
            .rule(rules::GRACE)
            .field(Target::Object(key.clone()), "spec.terminationGracePeriodSeconds");
            return self.down_to_action(why, Some(stop.record));
        }
        if let Some((hook, since)) = known.hook.filter(|(h, _)| *h == "PostStart") {
            let why =
                Why::say(who().and(format!(" runs; its {hook} hook has been running for {}, and the kubelet waits for it.", duration(self.now.since(since)))));
            return why.rule(rules::POST_START).field(target(), "lifecycle");
        }
        for kind in [ProbeKind::Startup, ProbeKind::Readiness] {
            let Some(spec) = crate::stage::state::probe_spec(container, kind) else { continue };
            let s = status(pod, name);
            let open = if kind == ProbeKind::Startup { s.is_none_or(|s| s.started != Some(true)) } else { s.is_none_or(|s| !s.ready) };
            if !open {
                continue;
            }
            let (field, rule) = if kind == ProbeKind::Startup { ("startupProbe", rules::STARTUP) } else { ("readinessProbe", rules::READINESS) };
            let delay = spec.initial_delay_seconds.unwrap_or(0);
            return match known.probes.get(&kind).filter(|p| !p.success) {
                Some(p) => Why::say(who().and(format!(" runs, but its {} probe fails{}.", probe_word(kind), said(&p.output))))
                    .link(LinkKind::Record, Sentence::text(format!("{} failures in a row; {} change the verdict.", p.in_row, p.threshold)), p.output.clone())
                    .at(Some((p.record, p.at)))
                    .rule(rule)
                    .field(target(), field),
                None => Why::say(who().and(format!(
                    " runs; its {} probe has no result yet{}.",
                    probe_word(kind),
                    if delay > 0 { format!(" (it starts {delay} s after the container)") } else { String::new() }
                )))
                .rule(rule)
                .field(target(), field),
            };
        }
        let init = pod.spec.as_ref().is_some_and(|s| s.init_containers.iter().flatten().any(|c| c.name == name && !is_sidecar(c)));
        let mut why = Why::say(who().and(format!(
            " has been running for {}{}.",
            duration(self.now.since(started)),
            if init { ", and the others wait for it to exit 0" } else { "" }
        )));
        if let Some(a) = known.attempt.as_ref().filter(|a| a.failed) {
            let host = a.what.split(['/', ':']).find(|s| !s.is_empty() && !s.starts_with("http")).unwrap_or(&a.what);
            let short = host.split('.').next().unwrap_or(host);
            let tries = if a.in_row > 1 { format!(", {} times in a row", a.in_row) } else { String::new() };
            why = Why::say(who().and(if a.lookup {
                format!(" keeps asking for {}: there is no such name{tries}.", a.what)
            } else {
                format!(" asks {}: {}{tries}.", a.what, a.result)
            }));
            why = why.link(LinkKind::Record, phrase_at(self, a.record), "what it did last").at(Some((a.record, a.at))).field(target(), what_it_runs(container));
            let namespace = &key.namespace;
            if let Some(service) = unexpanded(&a.what) {
                why = why.rule(rules::SERVICE_VARIABLES).field(target(), "env");
                if self.cluster.api().get(Kind::Service, namespace, &service).is_none() {
                    why = why.link(LinkKind::Rule, Sentence::text(format!("{service} has no Service in namespace {namespace}.")), "");
                    why = why.advice(
                        &format!("Add a Service named {service}."),
                        "Put it into the editor and press “Apply now”: the next run of the container sees its variables.",
                    );
                }
                return why;
            }
            if self.cluster.api().get(Kind::Service, namespace, short).is_none() && a.lookup {
                why = why.link(
                    LinkKind::Rule,
                    Sentence::text(format!("{short} has no Service in namespace {namespace}.")),
                    "The cluster's DNS knows Services by name, and only those of the same namespace by their short name.",
                );
                why = why
                    .advice(&format!("Add a Service named {short}."), "Put it into the editor and press “Apply now”: the container sees it at its next try.");
                return why;
            }
            let words = a.result.to_lowercase();
            return why.rule(if a.lookup {
                rules::NAMES
            } else if words.contains("timed out") || words.contains("unreachable") {
                rules::UNANSWERED
            } else {
                rules::REFUSED
            });
        }
        if known.burning {
            why = why.link(LinkKind::Record, Sentence::text("It uses all the CPU it can get: its program never waits for anything."), "");
        }
        if let Some(text) = &known.assumed {
            why = why.link(LinkKind::Assumption, Sentence::text("What it does is assumed."), text.to_string()).field(target(), "image");
        }
        if let Some(line) = known.run.as_ref().and_then(|r| r.last_line.as_deref()) {
            why = why.link(LinkKind::Record, Sentence::text(format!("It last printed “{line}”.")), "");
        }
        self.down_to_action(why, record)
    }
}

/// What a probe said, after a colon.
fn said(output: &str) -> String {
    match output.trim() {
        "" => String::new(),
        text => format!(": {}", text.trim_end_matches('.')),
    }
}
