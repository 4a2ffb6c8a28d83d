//! Why for containers that do not run: what they wait for.

use super::{Ask, LinkKind, Why, container_target, named, rules, spec, status};
use crate::Target;
use crate::memory::{ContainerMemory, PodMemory};
use crate::row::is_sidecar;
use crate::words::{Sentence, countdown};
use k8s_openapi::api::core::v1::{Container, Pod};
use podglass_cluster::manifest::ObjectKey;

impl Ask<'_> {
    pub(super) fn passed(pod: &Pod, memory: &PodMemory, c: &Container) -> bool {
        let known = memory.containers.get(c.name.as_str());
        if is_sidecar(c) {
            return status(pod, &c.name).is_some_and(|s| s.started == Some(true)) || (c.startup_probe.is_none() && known.is_some_and(ContainerMemory::running));
        }
        known.and_then(ContainerMemory::end).is_some_and(|e| e.code == 0)
    }

    pub(super) fn container(self, key: &ObjectKey, name: &str) -> Why {
        let (Some(pod), Some(memory)) = (self.pod_object(key), self.memory.pod(key)) else {
            return Why::say(Sentence::text(format!("Pod {} is not there at this time.", key.name))).rule(rules::GONE);
        };
        let added = pod.spec.iter().flat_map(|s| s.ephemeral_containers.iter().flatten()).find(|c| c.name == name);
        let added = added.map(|c| Container { name: c.name.clone(), image: c.image.clone(), command: c.command.clone(), ..Container::default() });
        let Some(container) = spec(pod, name).or(added.as_ref()) else {
            return Why::say(Sentence::text(format!("Pod {} has no container {name}.", key.name))).rule(rules::GONE);
        };
        let who = || named(key, name);
        let target = || container_target(key, name);
        let known = memory.containers.get(name);
        let waiting = status(pod, name).and_then(|s| s.state.as_ref()?.waiting.as_ref());
        let reason = waiting.and_then(|w| w.reason.as_deref()).unwrap_or_default();
        if let Some(known) = known.filter(|k| k.running()) {
            return self.running(key, pod, container, known);
        }
        if let Some(known) = known {
            if let Some(pull) = &known.pull {
                return Why::say(who().and(format!(
                    " waits for its image: {} of {} left.",
                    countdown(pull.until.since(self.now)),
                    countdown(pull.until.since(pull.from))
                )))
                .rule(rules::PULL)
                .field(target(), "image");
            }
            if known.pull_failed || matches!(reason, "ErrImagePull" | "ImagePullBackOff") {
                let event = self.latest_event(key, Some(name), &["Failed"]);
                let mut why = Why::say(who().and(format!(" cannot start: its image {} could not be pulled.", container.image.as_deref().unwrap_or_default())));
                if let Some((text, record)) = event {
                    why = why.link(LinkKind::Record, Sentence::text(text), "the kubelet's event").at(Some(record));
                }
                return why
                    .rule(rules::IMAGE_BACK_OFF)
                    .field(target(), "image")
                    .advice("Look at the image's name and tag.", "The kubelet goes on trying; a corrected image is pulled at once.");
            }
            if let Some(back_off) = known.back_off.filter(|b| b.until > self.now) {
                let end = known.end().cloned();
                let left = countdown(back_off.until.since(self.now));
                let why = Why::say(
                    who().and(format!(" starts again in {left}: it ended, and the kubelet waits {} before the next try.", countdown(back_off.length))),
                );
                let why = why.rule(rules::BACK_OFF).at(Some((back_off.record, back_off.from)));
                return match end {
                    Some(end) => why.then(self.ended(key, pod, memory, container, known, &end)),
                    None => why.then(self.told(key, pod, container).unwrap_or_default()),
                };
            }
            if let Some(end) = known.end() {
                return self.ended(key, pod, memory, container, known, end);
            }
        }
        if let Some(why) = self.told(key, pod, container) {
            return why;
        }
        if let Some(why) = self.before_containers(key, pod, memory) {
            let mut out = Why::say(who().and(" has not started. ").then(why.answer.clone()));
            out.links = why.links;
            return out;
        }
        self.not_started(key, pod, memory, container)
    }

    /// What a container's status itself says of a start that failed.
    fn told(self, key: &ObjectKey, pod: &Pod, container: &Container) -> Option<Why> {
        let status = status(pod, &container.name)?;
        let (state, last) = (status.state.as_ref()?, status.last_state.as_ref());
        let waiting = state.waiting.as_ref();
        let reason = waiting.and_then(|w| w.reason.as_deref()).unwrap_or_default();
        let message = waiting.and_then(|w| w.message.as_deref()).unwrap_or_default().trim_end_matches('.');
        let who = named(key, &container.name);
        let target = container_target(key, &container.name);
        let over = state.terminated.as_ref().or_else(|| last.and_then(|l| l.terminated.as_ref()).filter(|_| reason == "CrashLoopBackOff"));
        let ended = over.and_then(|t| t.reason.as_deref()).unwrap_or_default();
        Some(match (reason, ended) {
            ("ErrImageNeverPull" | "InvalidImageName" | "ImageInspectError", _) => {
                Why::say(who.and(format!(" cannot start: {message}."))).rule(rules::PULL).field(target, "image")
            }
            (_, "StartError") => {
                let text = over.and_then(|t| t.message.as_deref()).unwrap_or_default().trim_end_matches('.');
                Why::say(who.and(format!(" could not be started: {text}."))).rule(rules::START_ERROR).field(target, "command")
            }
            (_, "ContainerStatusUnknown") => Why::say(who.and(" never ran, or nobody knows how it ended: its Pod was ended before.")).rule(rules::STATUS_LOST),
            ("RunContainerError", _) => Why::say(who.and(format!(" could not be started: {message}."))).rule(rules::START_ERROR).field(target, "command"),
            (r, _) if r.ends_with("Error") => Why::say(who.and(format!(" cannot be created: {message}.")))
                .rule(rules::CONFIG_ERROR)
                .field(target, if message.contains("configmap") || message.contains("secret") { "env" } else { "command" })
                .advice("Create what is missing, or mark it optional.", "The kubelet tries again by itself."),
            ("CrashLoopBackOff", _) => Why::say(who.and(" starts again when the kubelet looks at the Pod next.")).rule(rules::BACK_OFF),
            _ => return None,
        })
    }

    pub(super) fn not_started(self, key: &ObjectKey, pod: &Pod, memory: &PodMemory, container: &Container) -> Why {
        let who = || named(key, &container.name);
        let spec = pod.spec.as_ref();
        let inits = spec.and_then(|s| s.init_containers.as_deref()).unwrap_or_default();
        let before = inits.iter().position(|c| c.name == container.name).unwrap_or(inits.len());
        let blocker = inits.iter().take(before).find(|c| !Self::passed(pod, memory, c));
        let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or_default();
        if phase == "Failed" {
            let mut why =
                Why::say(who().and(" never starts: the Pod has failed.")).rule(rules::INIT_NEVER).field(Target::Object(key.clone()), "spec.restartPolicy");
            if let Some(b) = blocker {
                why = why.then(self.container(key, &b.name));
            }
            return why;
        }
        if let Some(b) = blocker {
            let how = if is_sidecar(b) { "to have started" } else { "to exit 0" };
            let kind = if is_sidecar(b) { "sidecar" } else { "init container" };
            let why =
                Why::say(who().and(format!(" has not started. It waits for {kind} ")).name(&*b.name, container_target(key, &b.name)).and(format!(" {how}.")));
            let rule = if is_sidecar(b) { rules::SIDECAR } else { rules::INIT_ORDER };
            return why.rule(rule).field(container_target(key, &b.name), "name").then(self.container(key, &b.name));
        }
        let apps = spec.map(|s| s.containers.as_slice()).unwrap_or_default();
        let app = before == inits.len();
        let earlier = apps
            .iter()
            .filter(|_| app)
            .take_while(|c| c.name != container.name)
            .find(|c| !memory.containers.get(c.name.as_str()).is_some_and(|k| k.running() || k.end().is_some()));
        match earlier {
            // The worker of the Pod is busy with the hook of a container that runs.
            None if app && let Some(hooked) = apps.iter().find(|c| memory.containers.get(c.name.as_str()).is_some_and(|k| k.running() && k.hook.is_some())) => {
                Why::say(
                    who()
                        .and(" has not started: the kubelet waits for the postStart hook of ")
                        .name(&*hooked.name, container_target(key, &hooked.name))
                        .and("."),
                )
                .rule(rules::POST_START)
                .field(container_target(key, &hooked.name), "lifecycle")
            }
            Some(e) => Why::say(
                who()
                    .and(" has not started: the kubelet starts containers one after another, and ")
                    .name(&*e.name, container_target(key, &e.name))
                    .and(" is before it."),
            )
            .rule(rules::APP_ORDER)
            .then(self.container(key, &e.name)),
            None => Why::say(who().and(" is about to start: nothing is before it.")).rule(if app { rules::APP_ORDER } else { rules::INIT_ORDER }),
        }
    }
}
