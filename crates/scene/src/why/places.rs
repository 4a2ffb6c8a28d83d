//! Why for volumes and ports.

use super::{Ask, LinkKind, Why, container_target, named, phrase_at, rules};
use crate::Target;
use crate::words::{Sentence, duration};
use podglass_cluster::manifest::ObjectKey;

impl Ask<'_> {
    pub(super) fn volume(self, key: &ObjectKey, volume: &str) -> Why {
        let Some((pod, memory)) = self.pod_object(key).zip(self.memory.pod(key)) else { return self.record_chain(key) };
        let target = Target::Volume { pod: key.clone(), volume: volume.to_owned() };
        let who = Sentence::default().name(volume, target.clone());
        let id = crate::inside::volume(self.cluster, key, volume);
        let write = memory.traffic.iter().rev().find(|t| t.write && Some(t.volume) == id);
        let source = pod.spec.iter().flat_map(|s| s.volumes.iter().flatten()).find(|v| v.name == volume).map(crate::stage::volume_source);
        if memory.mounted.is_none()
            && let Some(why) = self.before_containers(key, pod, memory)
        {
            return why;
        }
        match (write, source) {
            (Some(t), _) => {
                let why = Why::say(who.and(": ").name(&*t.container, container_target(key, &t.container)).and(format!(
                    " wrote {} at {}.",
                    t.path.trim_start_matches('/'),
                    duration(t.at.0)
                )))
                .rule(rules::SHARED_VOLUME)
                .field(target, "name");
                self.down_to_action(why, Some(t.record))
            }
            (None, Some((kind, true))) => {
                Why::say(who.and(format!(" holds what its {kind} gives it: the kubelet put the files there before any container started.")))
                    .rule(rules::MOUNT)
                    .field(target, "name")
            }
            _ => Why::say(who.and(" is empty: no container has written into it yet.")).rule(rules::SHARED_VOLUME).field(target, "name"),
        }
    }

    pub(super) fn port(self, key: &ObjectKey, port: u16) -> Why {
        let Some(memory) = self.memory.pod(key) else { return self.record_chain(key) };
        let target = Target::Port { pod: key.clone(), port };
        if let Some(clash) = memory.clashes.iter().rev().find(|c| c.port == port) {
            let owner = clash.owner.clone().unwrap_or_else(|| "another container".into());
            return Why::say(named(key, &clash.loser).and(format!(" cannot listen on {port}: {owner} has it.")))
                .link(LinkKind::Record, phrase_at(self, clash.record), duration(clash.at.0))
                .at(Some((clash.record, clash.at)))
                .rule(rules::ONE_NETWORK)
                .field(target, "containerPort");
        }
        match memory.bound.get(&port) {
            Some(b) => {
                let whom = if b.address.is_loopback() { ", for localhost only: Services and other Pods cannot reach it" } else { "" };
                let why = Why::say(named(key, &b.container).and(format!(" listens on {port} since {}{whom}.", duration(b.since.0))))
                    .link(LinkKind::Record, phrase_at(self, b.record), duration(b.since.0))
                    .at(Some((b.record, b.since)));
                self.down_to_action(why.rule(rules::CONTAINER_PORT), Some(b.record))
            }
            None => Why::say(Sentence::text(format!("Port {port} is declared, but no process listens on it now.")))
                .rule(rules::CONTAINER_PORT)
                .field(target, "containerPort"),
        }
    }
}
