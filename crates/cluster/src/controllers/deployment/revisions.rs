//! Which ReplicaSet is the new one, revision numbers, and the history (follows sync.go and deployment_util.go).

use super::{COMPONENT, Conflict, DESIRED, MAX, REVISION, REVISION_HISTORY, Sync, running, set, size};
use crate::action::Propagation;
use crate::api_server::controller_reference;
use crate::controllers::{hash, rollout};
use crate::labels::Labels;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, ReplicaSetSpec, ReplicaSetStatus};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use podglass_manifest::{Object, ObjectKey};

const HASH: &str = "pod-template-hash";
/// The longest `revision-history`.
const HISTORY_CHARS: usize = 2000;
/// Annotations that are not copied to ReplicaSets.
const OWN: [&str; 6] = ["kubectl.kubernetes.io/last-applied-configuration", REVISION, REVISION_HISTORY, DESIRED, MAX, "deprecated.deployment.rollback.to"];

/// The revision of a ReplicaSet; 0 where it has none.
pub(super) fn revision(object: &Object) -> i64 {
    object.metadata().annotations.as_ref().and_then(|a| a.get(REVISION)).and_then(|r| r.parse().ok()).unwrap_or(0)
}

/// Whether two templates are equal but for the hash label.
fn same_template(a: &PodTemplateSpec, b: &PodTemplateSpec) -> bool {
    let bare = |t: &PodTemplateSpec| {
        let mut labels = t.metadata.as_ref().and_then(|m| m.labels.clone()).unwrap_or_default();
        labels.remove(HASH);
        labels
    };
    let annotations = |t: &PodTemplateSpec| t.metadata.as_ref().and_then(|m| m.annotations.clone()).unwrap_or_default();
    a.spec == b.spec && bare(a) == bare(b) && annotations(a) == annotations(b)
}

impl Sync<'_, '_> {
    /// The ReplicaSet whose template is the Deployment's: the oldest where there are several.
    pub(super) fn find_new(&self) -> Option<usize> {
        let wanted = &self.spec().template;
        self.sets.iter().position(|s| set(s).and_then(|s| s.spec.template.as_ref()).is_some_and(|t| same_template(t, wanted)))
    }

    /// The new ReplicaSet, made where it is missing and `create` is set, with its revision
    /// (`getAllReplicaSetsAndSyncRevision`).
    pub(super) fn new_set(&mut self, create: bool) -> Result<Option<usize>, Conflict> {
        let new = self.find_new();
        let last = (0..self.sets.len()).filter(|i| Some(*i) != new).map(|i| revision(&self.sets[i])).max().unwrap_or(0);
        match new {
            Some(index) => self.take_over(index, last + 1).map(Some),
            None if create => self.make(last + 1),
            None => Ok(None),
        }
    }

    /// Makes an existing ReplicaSet the new one: annotations and revision.
    fn take_over(&mut self, index: usize, revision: i64) -> Result<usize, Conflict> {
        let min_ready = self.spec().min_ready_seconds;
        let copied = self.copied_annotations();
        let before = self.sets[index].clone();
        let Ok(after) = self.cx.api.change(&before.key(), self.cx.cause, |rs: &mut ReplicaSet| {
            annotate(rs.metadata.annotations.get_or_insert_default(), copied, revision);
            if rs.spec.min_ready_seconds.unwrap_or(0) != min_ready.unwrap_or(0) {
                rs.spec.min_ready_seconds = min_ready;
                rs.metadata.generation = Some(rs.metadata.generation.unwrap_or(0) + 1);
            }
        }) else {
            return Err(Conflict);
        };
        let changed = after != before;
        self.sets[index] = after;
        if changed {
            return Ok(index);
        }
        let number = self.sets[index].metadata().annotations.as_ref().and_then(|a| a.get(REVISION)).cloned().unwrap_or_default();
        let mut wanted = self.deployment.clone();
        let mut differs = set_revision(&mut wanted, &number);
        if self.has_deadline() && self.condition("Progressing").is_none() {
            let message = format!("Found new replica set {:?}", self.sets[index].name());
            self.set_condition(&mut wanted, "Progressing", "True", "FoundNewReplicaSet", message);
            differs = true;
        }
        if differs {
            self.write_deployment(wanted)?;
        }
        Ok(index)
    }

    /// Makes the new ReplicaSet, already at the size the surge allows.
    fn make(&mut self, revision: i64) -> Result<Option<usize>, Conflict> {
        let spec = self.spec().clone();
        let collisions = self.deployment.status.as_ref().and_then(|s| s.collision_count);
        let hash = hash::template(&spec.template, collisions);
        let mut template = spec.template.clone();
        let meta = template.metadata.get_or_insert_default();
        meta.labels.get_or_insert_default().insert(HASH.into(), hash.clone());
        let labels = meta.labels.clone();
        let mut selector = spec.selector.clone();
        selector.match_labels.get_or_insert_default().insert(HASH.into(), hash.clone());
        let surge = self.limits().0;
        let replicas = self.replicas();
        let size = if self.rolling() { rollout::new_size(replicas, surge, self.total(), 0) } else { replicas };
        let mut annotations = Labels::new();
        annotate(&mut annotations, self.copied_annotations(), revision);
        annotations.insert(DESIRED.into(), replicas.to_string());
        annotations.insert(MAX.into(), (replicas + surge).to_string());
        let base: String = self.key.name.chars().take(252 - hash.len()).collect();
        let name = format!("{base}-{hash}");
        let made = ReplicaSet {
            metadata: ObjectMeta {
                name: Some(name.clone()),
                namespace: Some(self.key.namespace.clone()),
                labels,
                annotations: Some(annotations),
                owner_references: Some(vec![controller_reference(&self.object)]),
                ..ObjectMeta::default()
            },
            spec: ReplicaSetSpec { replicas: Some(size), min_ready_seconds: spec.min_ready_seconds, selector, template: Some(template) },
            status: Some(ReplicaSetStatus::default()),
        };
        let created = match self.cx.create(made) {
            Ok(created) => created,
            Err(refusal) if refusal.reason == "AlreadyExists" => {
                let key = self.key.clone();
                let _ = self.cx.api.change(&key, self.cx.cause, |d: &mut Deployment| {
                    let count = &mut d.status.get_or_insert_default().collision_count;
                    *count = Some(count.unwrap_or(0) + 1);
                });
                return Err(Conflict);
            }
            Err(refusal) => {
                let message = format!("Failed to create new replica set {name:?}: {}", refusal.message);
                if self.has_deadline() {
                    let mut wanted = self.deployment.clone();
                    self.set_condition(&mut wanted, "Progressing", "False", "ReplicaSetCreateError", message.clone());
                    self.write_deployment(wanted)?;
                }
                let object = self.object.clone();
                self.cx.warning(&object, COMPONENT, "ReplicaSetCreateError", &message);
                return Ok(None);
            }
        };
        self.sets.push(created);
        if size > 0 {
            self.scaled(&name, "up", 0, size);
        }
        let mut wanted = self.deployment.clone();
        let mut differs = set_revision(&mut wanted, &revision.to_string());
        if self.has_deadline() {
            self.set_condition(&mut wanted, "Progressing", "True", "NewReplicaSetCreated", format!("Created new replica set {name:?}"));
            differs = true;
        }
        if differs {
            self.write_deployment(wanted)?;
        }
        Ok(Some(self.sets.len() - 1))
    }

    fn copied_annotations(&self) -> Vec<(String, String)> {
        self.deployment.metadata.annotations.iter().flatten().filter(|(k, _)| !OWN.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// Deletes ReplicaSets beyond `revisionHistoryLimit` (`cleanupDeployment`).
    pub(super) fn clean_up(&mut self, new: Option<usize>) {
        let Some(limit) = self.spec().revision_history_limit.filter(|l| *l != i32::MAX) else { return };
        let mut old: Vec<usize> = (0..self.sets.len()).filter(|i| Some(*i) != new && self.sets[*i].metadata().deletion_timestamp.is_none()).collect();
        let excess = old.len().saturating_sub(limit.max(0) as usize);
        old.sort_by_key(|i| revision(&self.sets[*i]));
        let doomed: Vec<ObjectKey> = old
            .into_iter()
            .take(excess)
            .map(|i| &self.sets[i])
            .filter(|o| {
                let observed = set(o).and_then(|s| s.status.as_ref()).and_then(|s| s.observed_generation).unwrap_or(0);
                size(o) == 0 && running(o) == 0 && o.metadata().generation.unwrap_or(0) <= observed
            })
            .map(|o| o.key())
            .collect();
        for key in doomed {
            let _ = self.cx.api.delete(&key, None, Propagation::Background, self.cx.cause);
        }
    }
}

/// Writes copied annotations, and the revision where it rises; the number it had goes into the history.
fn annotate(annotations: &mut Labels, copied: Vec<(String, String)>, revision: i64) {
    annotations.extend(copied);
    let before = annotations.get(REVISION).cloned();
    let number = before.as_deref().and_then(|b| b.parse::<i64>().ok()).unwrap_or(0);
    if number >= revision {
        return;
    }
    annotations.insert(REVISION.into(), revision.to_string());
    let Some(before) = before else { return };
    let mut history: Vec<String> =
        annotations.get(REVISION_HISTORY).filter(|h| !h.is_empty()).map(|h| h.split(',').map(str::to_owned).collect()).unwrap_or_default();
    history.push(before);
    while history.len() > 1 && history.iter().map(|h| h.len() + 1).sum::<usize>() > HISTORY_CHARS + 1 {
        history.remove(0);
    }
    annotations.insert(REVISION_HISTORY.into(), history.join(","));
}

/// Mirrors the revision on the Deployment; whether it differed.
fn set_revision(deployment: &mut Deployment, revision: &str) -> bool {
    let annotations = deployment.metadata.annotations.get_or_insert_default();
    if annotations.get(REVISION).is_some_and(|r| r == revision) {
        return false;
    }
    annotations.insert(REVISION.into(), revision.to_owned());
    true
}
