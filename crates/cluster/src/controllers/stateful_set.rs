//! StatefulSets: named Pods in order (follows pkg/controller/statefulset/stateful_set_control.go).

use super::history::{self, Revision};
use super::pods::{controller_of, from_template, is_available, is_ready, is_terminal, is_terminating, phase, unless_zero};
use super::{Context, rollout};
use crate::action::Propagation;
use crate::api_server::controller_reference;
use crate::labels;
use crate::typed::Typed;
use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec, StatefulSetStatus};
use k8s_openapi::api::core::v1::{PersistentVolumeClaimVolumeSource, Pod, Volume};
use podglass_manifest::{Kind, Object, ObjectKey};
use std::collections::BTreeMap;
use std::rc::Rc;

const COMPONENT: &str = "statefulset-controller";
const REVISION: &str = "controller-revision-hash";
const HASH: &str = "controller.kubernetes.io/hash";

/// What one sync knows.
struct Sync<'c, 'a> {
    cx: &'c mut Context<'a>,
    key: ObjectKey,
    object: Rc<Object>,
    spec: StatefulSetSpec,
    current: Revision,
    update: Revision,
    start: i32,
    /// Pods by ordinal.
    pods: BTreeMap<i32, Rc<Object>>,
}

fn ordinal(set: &str, pod: &str) -> Option<i32> {
    pod.strip_prefix(set)?.strip_prefix('-')?.parse().ok().filter(|n| *n >= 0)
}

fn revision(pod: &Object) -> &str {
    pod.metadata().labels.as_ref().and_then(|l| l.get(REVISION)).map_or("", String::as_str)
}

fn running_and_ready(pod: &Pod) -> bool {
    phase(pod) == "Running" && is_ready(pod)
}

/// Looks at a StatefulSet.
pub(super) fn sync(cx: &mut Context<'_>, key: &ObjectKey) {
    let Some(object) = cx.api.find(key).cloned() else { return };
    let Some(set) = StatefulSet::of(&object).cloned() else { return };
    let pods = claim(cx, &object, &set.spec);
    let mut revisions = history::list(cx, &object, HASH);
    let Some(update) = history::current(cx, &object, &set.spec.template, HASH, &mut revisions) else { return };
    let named = set.status.as_ref().and_then(|s| s.current_revision.as_deref());
    let current = revisions.iter().find(|r| Some(r.name()) == named).unwrap_or(&update).clone();
    let start = set.spec.ordinals.as_ref().and_then(|o| o.start).unwrap_or(0);
    let mut sync = Sync { cx, key: key.clone(), object, spec: set.spec, current, update, start, pods };
    if sync.object.metadata().deletion_timestamp.is_none() {
        sync.manage();
    }
    sync.write_status();
    let live: Vec<String> = sync.pods.values().map(|o| revision(o).to_owned()).chain([sync.current.name().to_owned(), sync.update.name().to_owned()]).collect();
    let live: Vec<&str> = live.iter().map(String::as_str).collect();
    let limit = sync.spec.revision_history_limit;
    history::truncate(sync.cx, &revisions, limit, &live);
}

/// The Pods of the set, by ordinal; those without a controller are adopted where name and labels fit.
fn claim(cx: &mut Context<'_>, object: &Rc<Object>, spec: &StatefulSetSpec) -> BTreeMap<i32, Rc<Object>> {
    let mut pods: BTreeMap<i32, Rc<Object>> =
        cx.index.controlled(object.uid(), Kind::Pod).filter_map(|o| Some((ordinal(object.name(), o.name())?, o.clone()))).collect();
    if object.metadata().deletion_timestamp.is_none() {
        let free: Vec<(i32, ObjectKey)> = cx
            .index
            .free(Kind::Pod, object.namespace())
            .filter(|o| {
                controller_of(o.metadata()).is_none()
                    && labels::matches(&spec.selector, o.metadata().labels.as_ref())
                    && o.metadata().deletion_timestamp.is_none()
            })
            .filter_map(|o| Some((ordinal(object.name(), o.name())?, o.key())))
            .collect();
        for (n, key) in free {
            if let Ok(adopted) = cx.api.update(&key, cx.cause, |p| p.metadata_mut().owner_references.get_or_insert_default().push(controller_reference(object)))
            {
                pods.insert(n, adopted);
            }
        }
    }
    pods
}

impl Sync<'_, '_> {
    fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }
    fn parallel(&self) -> bool {
        self.spec.pod_management_policy.as_deref() == Some("Parallel")
    }
    fn min_ready(&self) -> i32 {
        self.spec.min_ready_seconds.unwrap_or(0)
    }
    fn partition(&self) -> i32 {
        self.spec.update_strategy.as_ref().and_then(|s| s.rolling_update.as_ref()).and_then(|r| r.partition).unwrap_or(0)
    }
    fn wanted(&self) -> std::ops::Range<i32> {
        self.start..self.start.saturating_add(self.replicas())
    }

    /// Replicas in order, then the surplus, then the update.
    fn manage(&mut self) {
        let parallel = self.parallel();
        // Where there are a thousand ordinals to fill at once, as many as one sync may.
        let mut budget = 500;
        for n in self.wanted() {
            let Some(object) = self.pods.get(&n).cloned() else {
                self.create(n);
                budget -= 1;
                if !parallel || budget == 0 {
                    return;
                }
                continue;
            };
            let Some(pod) = Pod::of(&object) else { continue };
            if is_terminal(pod) {
                if !is_terminating(pod) {
                    let _ = self.cx.api.delete(&object.key(), None, Propagation::Background, self.cx.cause);
                }
                if !parallel {
                    return;
                }
                continue;
            }
            if parallel {
                continue;
            }
            if is_terminating(pod) || !running_and_ready(pod) {
                return;
            }
            if !is_available(self.cx.api, pod, self.min_ready()) {
                return self.look_again(pod);
            }
        }
        if self.condemn() {
            return;
        }
        self.roll();
    }

    /// Looks again when a Pod becomes available.
    fn look_again(&mut self, pod: &Pod) {
        if let Some(at) = super::pods::available_at(self.cx.api, pod, self.min_ready()).filter(|at| *at > self.cx.api.now()) {
            let key = self.key.clone();
            self.cx.again_at(&key, at);
        }
    }

    /// Deletes the surplus, highest first; whether the sync ends here.
    fn condemn(&mut self) -> bool {
        let range = self.wanted();
        let surplus: Vec<Rc<Object>> = self.pods.iter().rev().filter(|(n, _)| !range.contains(n)).map(|(_, o)| o.clone()).collect();
        let healthy = |o: &Rc<Object>| Pod::of(o).is_some_and(|p| running_and_ready(p) && !is_terminating(p));
        let first_unhealthy = self
            .pods
            .iter()
            .filter(|(n, _)| range.contains(n))
            .chain(self.pods.iter().filter(|(n, _)| !range.contains(n)))
            .map(|(_, o)| o)
            .find(|o| !healthy(o))
            .map(|o| o.key());
        for o in surplus {
            let Some(pod) = Pod::of(&o) else { continue };
            if is_terminating(pod) {
                if self.parallel() {
                    continue;
                }
                return true;
            }
            if !self.parallel() && !running_and_ready(pod) && first_unhealthy.as_ref() != Some(&o.key()) {
                return true;
            }
            self.delete(&o);
            if !self.parallel() {
                return true;
            }
        }
        false
    }

    /// Replaces Pods of an old revision, highest first, down to the partition.
    fn roll(&mut self) {
        let strategy = self.spec.update_strategy.as_ref();
        if strategy.and_then(|s| s.type_.as_deref()) == Some("OnDelete") {
            return;
        }
        let limit = strategy.and_then(|s| s.rolling_update.as_ref()).and_then(|r| r.max_unavailable.as_ref());
        let most = rollout::resolve(limit, self.replicas(), false).filter(|_| limit.is_some()).unwrap_or(1).max(1);
        let lowest = self.partition().max(self.start);
        let targets: Vec<Rc<Object>> = self.wanted().rev().take_while(|n| *n >= lowest).filter_map(|n| self.pods.get(&n).cloned()).collect();
        let unavailable = |sync: &Self, o: &Rc<Object>| {
            Pod::of(o).is_none_or(|p| is_terminating(p) || !running_and_ready(p) || !is_available(sync.cx.api, p, sync.min_ready()))
        };
        let mut down = if most == 1 { 0 } else { targets.iter().filter(|o| unavailable(self, o)).count() as i32 };
        for o in targets {
            let Some(pod) = Pod::of(&o) else { continue };
            if revision(&o) != self.update.name() && !is_terminating(pod) {
                if down >= most {
                    return;
                }
                let counted = most > 1 && unavailable(self, &o);
                self.delete(&o);
                down += i32::from(!counted);
                if most == 1 {
                    return;
                }
            } else if most == 1 && unavailable(self, &o) {
                return self.look_again(pod);
            }
        }
    }

    fn delete(&mut self, pod: &Rc<Object>) {
        let message = match self.cx.api.delete(&pod.key(), None, Propagation::Background, self.cx.cause) {
            Ok(_) => format!("Delete Pod {} in StatefulSet {} successful", pod.name(), self.key.name),
            Err(refusal) => {
                let message = format!("Delete Pod {} in StatefulSet {} failed error: {}", pod.name(), self.key.name, refusal.message);
                return self.cx.warning(&self.object, COMPONENT, "FailedDelete", &message);
            }
        };
        self.cx.normal(&self.object, COMPONENT, "SuccessfulDelete", &message);
    }

    /// Creates the Pod of an ordinal, with its claims before it.
    fn create(&mut self, n: i32) {
        let rolling = self.spec.update_strategy.as_ref().and_then(|s| s.rolling_update.as_ref()).is_some();
        let status = StatefulSet::of(&self.object).and_then(|s| s.status.as_ref());
        let protected = if rolling { n < self.partition() } else { n < self.start + status.and_then(|s| s.current_replicas).unwrap_or(0) };
        let chosen = if protected { &self.current } else { &self.update };
        let revision = chosen.name().to_owned();
        let template = if revision == self.update.name() { Some(self.spec.template.clone()) } else { chosen.template() };
        let Some(template) = template else { return };
        let name = format!("{}-{n}", self.key.name);
        let mut pod = from_template(&template, &self.object, controller_reference(&self.object), Some(name.clone()));
        pod.metadata.generate_name = Some(format!("{}-", self.key.name));
        let labels = pod.metadata.labels.get_or_insert_default();
        labels.insert(REVISION.into(), revision);
        labels.insert("statefulset.kubernetes.io/pod-name".into(), name.clone());
        labels.insert("apps.kubernetes.io/pod-index".into(), n.to_string());
        let claims = self.claims(n);
        if let Some(spec) = &mut pod.spec {
            spec.hostname = Some(name.clone());
            spec.subdomain.clone_from(&self.spec.service_name);
            for (template, claim) in &claims {
                let all = spec.volumes.get_or_insert_default();
                all.retain(|v| v.name != *template);
                let source = PersistentVolumeClaimVolumeSource { claim_name: claim.clone(), read_only: None };
                all.push(Volume { name: template.clone(), persistent_volume_claim: Some(source), ..Volume::default() });
            }
        }
        match self.cx.create(pod) {
            Ok(_) => {
                let message = format!("Create Pod {name} in StatefulSet {} successful", self.key.name);
                self.cx.normal(&self.object, COMPONENT, "SuccessfulCreate", &message);
            }
            Err(refusal) => {
                let message = format!("Create Pod {name} in StatefulSet {} failed error: {}", self.key.name, refusal.message);
                self.cx.warning(&self.object, COMPONENT, "FailedCreate", &message);
                let key = self.key.clone();
                self.cx.again(&key, 1000);
            }
        }
    }

    /// Makes sure that the claims of an ordinal are there: template name and claim name of each.
    fn claims(&mut self, n: i32) -> Vec<(String, String)> {
        let templates = self.spec.volume_claim_templates.clone().unwrap_or_default();
        let mut all = Vec::new();
        for mut claim in templates {
            let template = claim.metadata.name.clone().unwrap_or_default();
            let name = format!("{template}-{}-{n}", self.key.name);
            all.push((template, name.clone()));
            if self.cx.api.get(Kind::PersistentVolumeClaim, &self.key.namespace, &name).is_some() {
                continue;
            }
            claim.metadata.name = Some(name.clone());
            claim.metadata.namespace = Some(self.key.namespace.clone());
            claim.metadata.labels.get_or_insert_default().extend(self.spec.selector.match_labels.clone().unwrap_or_default());
            claim.status = None;
            let retention = self.spec.persistent_volume_claim_retention_policy.as_ref();
            if retention.and_then(|r| r.when_deleted.as_deref()) == Some("Delete") {
                claim.metadata.owner_references = Some(vec![controller_reference(&self.object)]);
            }
            let pod = format!("{}-{n}", self.key.name);
            match self.cx.create(claim) {
                Ok(_) => {
                    let message = format!("create Claim {name} Pod {pod} in StatefulSet {} success", self.key.name);
                    self.cx.normal(&self.object, COMPONENT, "SuccessfulCreate", &message);
                }
                Err(refusal) => {
                    let message = format!("create Claim {name} for Pod {pod} in StatefulSet {} failed error: {}", self.key.name, refusal.message);
                    self.cx.warning(&self.object, COMPONENT, "FailedCreate", &message);
                }
            }
        }
        all
    }

    /// Writes the counts; the update revision becomes the current one when all Pods have it.
    fn write_status(&mut self) {
        let (mut replicas, mut ready, mut available, mut current, mut updated) = (0, 0, 0, 0, 0);
        for o in self.pods.values() {
            let Some(pod) = Pod::of(o) else { continue };
            replicas += 1;
            if running_and_ready(pod) {
                ready += 1;
                available += i32::from(is_available(self.cx.api, pod, self.min_ready()));
            }
            if !is_terminating(pod) {
                current += i32::from(revision(o) == self.current.name());
                updated += i32::from(revision(o) == self.update.name());
            }
        }
        let mut name = self.current.name().to_owned();
        let rolling = self.spec.update_strategy.as_ref().and_then(|s| s.type_.as_deref()) != Some("OnDelete");
        if rolling && updated == replicas && ready == replicas && replicas == self.replicas() {
            current = updated;
            self.update.name().clone_into(&mut name);
        }
        let update = self.update.name().to_owned();
        let generation = self.object.metadata().generation;
        let _ = self.cx.api.change(&self.key, self.cx.cause, |s: &mut StatefulSet| {
            let old = s.status.take().unwrap_or_default();
            s.status = Some(StatefulSetStatus {
                observed_generation: generation,
                replicas,
                ready_replicas: unless_zero(ready),
                available_replicas: Some(available),
                current_replicas: unless_zero(current),
                updated_replicas: unless_zero(updated),
                current_revision: Some(name),
                update_revision: Some(update),
                collision_count: Some(old.collision_count.unwrap_or(0)),
                conditions: old.conditions,
            });
        });
    }
}
