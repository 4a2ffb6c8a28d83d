//! Why for containers that ended.

use super::{Ask, LinkKind, Why, container_target, named, phrase_at, rules};
use crate::Target;
use crate::memory::{ContainerMemory, End, PodMemory};
use crate::narration::phrase;
use crate::words::{Sentence, duration};
use k8s_openapi::api::core::v1::{Container, Pod};
use podglass_cluster::Fact;
use podglass_cluster::action::Action;
use podglass_cluster::manifest::ObjectKey;

impl Ask<'_> {
    pub(super) fn ended(self, key: &ObjectKey, pod: &Pod, memory: &PodMemory, container: &Container, known: &ContainerMemory, end: &End) -> Why {
        let name = container.name.as_str();
        let who = || named(key, name);
        let target = || container_target(key, name);
        let at = Some((end.record, end.at));
        let journal = self.cluster.api().journal();
        let action = journal
            .chain(end.record)
            .find(|r| matches!(&r.fact, Fact::ActionTaken(a) if matches!(&**a, Action::Interfere { .. } | Action::LoseSandbox { .. } | Action::Arrange(_))));
        if let Some(action) = action {
            let why = Why::say(who().and(format!(" exited {} because you wanted it to.", end.code)));
            return why.link(LinkKind::Action, phrase(action).capital().and("."), duration(action.at.0)).at(Some((action.id, action.at)));
        }
        if end.code == 0 {
            let init = pod.spec.as_ref().is_some_and(|s| s.init_containers.iter().flatten().any(|c| c.name == name));
            let why = Why::say(who().and(" exited 0: it did its work.")).link(LinkKind::Record, phrase_at(self, end.record), duration(end.at.0)).at(at);
            return self.down_to_action(
                if init { why.rule(rules::INIT_ORDER) } else { why.rule(rules::RESTART).field(Target::Object(key.clone()), "spec.restartPolicy") },
                known.run.as_ref().map(|r| r.record),
            );
        }
        if end.oom {
            return Why::say(who().and(" was killed for memory (exit 137): it wanted more than its limit."))
                .rule(rules::OOM)
                .at(at)
                .field(target(), "resources");
        }
        if let Some(clash) = memory.clashes.iter().rev().find(|c| &*c.loser == name && end.at.since(c.at) < 60_000) {
            let owner = clash.owner.as_deref().unwrap_or("another container");
            let mut answer = who().and(format!(" exited {}: it cannot listen on port {}, ", end.code, clash.port));
            answer = match &clash.owner {
                Some(o) => answer.name(&**o, container_target(key, o)),
                None => answer.and(owner),
            };
            return Why::say(answer.and(" has it."))
                .link(LinkKind::Record, phrase_at(self, clash.record), duration(clash.at.0))
                .at(Some((clash.record, clash.at)))
                .rule(rules::ONE_NETWORK)
                .field(target(), "ports")
                .advice("Give it another port, or another Pod.", "");
        }
        let killed = self.latest_event(key, Some(name), &["Killing"]).filter(|(_, (_, t))| end.at.since(*t) < 120_000 && end.at >= *t);
        if let Some((text, record)) = killed {
            let why = Why::say(who().and(format!(" exited {}: the kubelet stopped it.", end.code)))
                .link(LinkKind::Record, Sentence::text(text.clone()), "the kubelet's event")
                .at(Some(record));
            let why = if text.contains("liveness") {
                why.rule(rules::LIVENESS).field(target(), "livenessProbe")
            } else if text.contains("startup") {
                why.rule(rules::STARTUP).field(target(), "startupProbe")
            } else {
                why.rule(rules::GRACE)
            };
            return self.down_to_action(why, Some(record.0));
        }
        let mut why = Why::say(who().and(format!(" exited {}.", end.code)));
        if let Some(line) = known.run.as_ref().and_then(|r| r.last_line.as_deref()) {
            why = why.link(LinkKind::Record, Sentence::text(format!("It last printed “{line}”.")), "see its log");
        }
        if let Some(text) = &known.assumed {
            why = why.link(LinkKind::Assumption, Sentence::text("What it does is assumed."), text.to_string());
        }
        if let Some(rule) = rules::exit_code(end.code) {
            why = why.rule(rule);
        }
        let field = super::what_it_runs(container);
        why = why
            .link(LinkKind::Manifest, Sentence::text(format!("Its program ended with code {}.", end.code)), "this is what it runs")
            .at(at)
            .field(target(), field);
        let policy = pod.spec.as_ref().and_then(|s| s.restart_policy.as_deref()).unwrap_or("Always");
        let init = pod.spec.as_ref().is_some_and(|s| s.init_containers.iter().flatten().any(|c| c.name == name));
        let rule = match (policy, init) {
            ("Never", true) => rules::INIT_NEVER,
            (_, true) => rules::INIT_RETRY,
            _ => rules::RESTART,
        };
        why.rule(rule).field(Target::Object(key.clone()), "spec.restartPolicy")
    }
}
