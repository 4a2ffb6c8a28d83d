//! Why for things outside the Pods.

use super::{Ask, LinkKind, Why, rules};
use crate::row::PodRow;
use crate::words::Sentence;
use crate::{Role, Target};
use podglass_cluster::manifest::{Kind, Object, ObjectKey};
use std::rc::Rc;

impl Ask<'_> {
    /// A Service, a controller, or anything else.
    pub(super) fn object(self, key: &ObjectKey) -> Why {
        let who = || Sentence::text(format!("{} ", key.kind.name())).name(&*key.name, Target::Object(key.clone()));
        let Some(object) = self.cluster.api().find(key) else {
            return Why::say(who().and(" is not there at this time.")).rule(rules::GONE);
        };
        match &**object {
            Object::Service(service) if service.spec.as_ref().is_none_or(|s| s.selector.as_ref().is_none_or(std::collections::BTreeMap::is_empty)) => {
                Why::say(who().and(" has no selector: it chooses no Pods.")).rule(rules::NO_SELECTOR).field(Target::Object(key.clone()), "spec")
            }
            Object::Service(service) => {
                let selector = service.spec.as_ref().and_then(|s| s.selector.clone()).unwrap_or_default();
                let pods =
                    self.pods(&key.namespace, |labels| !selector.is_empty() && selector.iter().all(|(k, v)| labels.is_some_and(|l| l.get(k) == Some(v))));
                let text = selector.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(", ");
                let ready = pods.iter().filter(|(_, row)| row.role() == Role::Running).count();
                let target = Target::Object(key.clone());
                match (pods.len(), ready) {
                    (0, _) => Why::say(who().and(" has nobody to send traffic to: no Pod has its labels."))
                        .link(LinkKind::Manifest, Sentence::text(format!("selector: {text}")), "all of these labels must be on the Pod")
                        .field(target, "spec.selector")
                        .rule(rules::SELECTOR),
                    (n, 0) => {
                        let why = Why::say(who().and(format!(" has nobody to send traffic to: none of its {n} Pods is ready.")))
                            .rule(rules::SELECTOR)
                            .field(target, "spec.selector");
                        match pods.first() {
                            Some((pod, _)) => why.then(self.pod(pod)),
                            None => why,
                        }
                    }
                    (n, r) => Why::say(who().and(format!(" sends traffic to {r} of {n} Pods."))).rule(rules::SELECTOR).field(target, "spec.selector"),
                }
            }
            Object::Deployment(_) | Object::ReplicaSet(_) | Object::StatefulSet(_) | Object::DaemonSet(_) => {
                let owned: Vec<(ObjectKey, PodRow)> = self.owned(key);
                let unwell = owned.iter().find(|(_, row)| !matches!(row.role(), Role::Running | Role::Completed));
                let why = match unwell {
                    Some(_) => Why::say(who().and(format!(
                        " is not done: {} of its {} Pods are up.",
                        owned.iter().filter(|(_, r)| matches!(r.role(), Role::Running | Role::Completed)).count(),
                        owned.len()
                    ))),
                    None => Why::say(who().and(format!(" has {} Pods, all of them up.", owned.len()))),
                };
                let why = why.rule(rules::REPLICAS).field(Target::Object(key.clone()), "metadata.name");
                match unwell {
                    Some((pod, _)) => why.then(self.pod(pod)),
                    None => why,
                }
            }
            Object::Job(job) => {
                let owned = self.owned(key);
                let open = owned.iter().find(|(_, row)| row.phase != "Succeeded");
                let target = Target::Object(key.clone());
                let conditions = job.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
                let condition = |kind: &str| conditions.iter().find(|c| c.type_ == kind && c.status == "True");
                if condition("Complete").is_some() {
                    return Why::say(who().and(" is complete.")).rule(rules::JOB).field(target, "spec");
                }
                if let Some(c) = condition("Failed") {
                    let reason = c.message.as_deref().unwrap_or_default().trim_end_matches('.');
                    return Why::say(who().and(format!(" has failed: {reason}."))).rule(rules::JOB_FAILED).field(target, "spec.backoffLimit");
                }
                if condition("Suspended").is_some() {
                    return Why::say(who().and(" is suspended.")).rule(rules::SUSPENDED).field(target, "spec.suspend");
                }
                match open {
                    Some((pod, _)) => Why::say(who().and(" goes on: ").name(&*pod.name, Target::Object(pod.clone())).and(" has not succeeded."))
                        .rule(rules::JOB)
                        .field(target, "spec")
                        .then(self.pod(pod)),
                    None => Why::say(who().and(format!(" has {} Pods, all of them done.", owned.len()))).rule(rules::JOB).field(target, "spec"),
                }
            }
            Object::CronJob(_) => Why::say(who().and(" waits for its next time.")).rule(rules::SCHEDULE).field(Target::Object(key.clone()), "spec.schedule"),
            _ => self.record_chain(key),
        }
    }

    fn pods(self, namespace: &str, chosen: impl Fn(Option<&std::collections::BTreeMap<String, String>>) -> bool) -> Vec<(ObjectKey, PodRow)> {
        let all = self.cluster.api().list_in(Kind::Pod, namespace);
        all.filter(|o| chosen(o.metadata().labels.as_ref())).filter_map(row).collect()
    }

    fn owned(self, key: &ObjectKey) -> Vec<(ObjectKey, PodRow)> {
        let mut owners = vec![self.cluster.api().find(key).map(|o| o.uid().to_owned()).unwrap_or_default()];
        for rs in self.cluster.api().list_in(Kind::ReplicaSet, &key.namespace) {
            if rs.metadata().owner_references.iter().flatten().any(|o| Some(&o.uid) == owners.first()) {
                owners.push(rs.uid().to_owned());
            }
        }
        let all = self.cluster.api().list_in(Kind::Pod, &key.namespace);
        all.filter(|o| o.metadata().owner_references.iter().flatten().any(|r| owners.contains(&r.uid))).filter_map(row).collect()
    }
}

fn row(object: &Rc<Object>) -> Option<(ObjectKey, PodRow)> {
    match &**object {
        Object::Pod(pod) => Some((object.key(), PodRow::of(pod))),
        _ => None,
    }
}
