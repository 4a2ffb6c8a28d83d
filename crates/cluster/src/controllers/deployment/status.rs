//! Status and conditions of Deployments (follows progress.go, and `calculateStatus` in sync.go).

use super::{Conflict, Sync, available, running, set, size};
use crate::controllers::pods::{moment, unless_zero};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition, DeploymentStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

impl Sync<'_, '_> {
    /// A condition as it is stored.
    pub(super) fn condition(&self, kind: &str) -> Option<&DeploymentCondition> {
        find(self.deployment.status.as_ref()?, kind)
    }

    /// Sets a condition of a Deployment that is about to be written.
    pub(super) fn set_condition(&self, deployment: &mut Deployment, kind: &str, status: &str, reason: &str, message: String) {
        set_condition(deployment.status.get_or_insert_default(), kind, status, reason, message, &self.cx.api.timestamp());
    }

    /// Writes annotations and status, as a client that read the object at the sync's start.
    pub(super) fn write_deployment(&mut self, wanted: Deployment) -> Result<(), Conflict> {
        if self.stale {
            return Err(Conflict);
        }
        let Deployment { metadata, status, .. } = wanted;
        let written = self.cx.api.change(&self.key, self.cx.cause, |d: &mut Deployment| {
            d.metadata.annotations = metadata.annotations;
            d.status = status;
        });
        let Ok(written) = written else { return Err(Conflict) };
        if let podglass_manifest::Object::Deployment(d) = &*written {
            self.deployment = (**d).clone();
        }
        self.object = written;
        Ok(())
    }

    /// Marks the pause, and its end (`checkPausedConditions`).
    pub(super) fn check_paused(&mut self) {
        if !self.has_deadline() || self.condition("Progressing").is_some_and(|c| c.reason.as_deref() == Some("ProgressDeadlineExceeded")) {
            return;
        }
        let marked = self.condition("Progressing").is_some_and(|c| c.reason.as_deref() == Some("DeploymentPaused"));
        let (reason, message) = match (self.spec().paused == Some(true), marked) {
            (true, false) => ("DeploymentPaused", "Deployment is paused"),
            (false, true) => ("DeploymentResumed", "Deployment is resumed"),
            _ => return,
        };
        let mut wanted = self.deployment.clone();
        self.set_condition(&mut wanted, "Progressing", "Unknown", reason, message.into());
        if self.write_deployment(wanted).is_ok() {
            self.stale = true;
        }
    }

    /// The status by the ReplicaSets (`calculateStatus`).
    fn calculate(&self, new: Option<usize>) -> DeploymentStatus {
        let old = self.deployment.status.clone().unwrap_or_default();
        let sum = |f: &dyn Fn(&podglass_manifest::Object) -> i32| self.sets.iter().map(|s| f(s)).sum::<i32>();
        let status_of = |o: &podglass_manifest::Object| set(o).and_then(|s| s.status.clone()).unwrap_or_default();
        let available = sum(&|o| available(o));
        let terminating: Option<i32> = self.sets.iter().map(|s| status_of(s).terminating_replicas).try_fold(0, |a, n| Some(a + n?));
        // A ReplicaSet that was made a moment ago has no count yet; it has no Pods either.
        let terminating = terminating.or_else(|| Some(self.sets.iter().filter_map(|s| status_of(s).terminating_replicas).sum()));
        let mut status = DeploymentStatus {
            observed_generation: self.deployment.metadata.generation,
            replicas: unless_zero(sum(&running)),
            updated_replicas: unless_zero(new.map_or(0, |n| running(&self.sets[n]))),
            ready_replicas: unless_zero(sum(&|o| status_of(o).ready_replicas.unwrap_or(0))),
            available_replicas: unless_zero(available),
            unavailable_replicas: unless_zero((sum(&size) - available).max(0)),
            terminating_replicas: terminating,
            collision_count: old.collision_count,
            conditions: old.conditions,
        };
        let now = self.cx.api.timestamp();
        if available >= self.replicas() - self.limits().1 {
            set_condition(&mut status, "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.".into(), &now);
        } else {
            set_condition(&mut status, "Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.".into(), &now);
        }
        status
    }

    fn complete(&self, status: &DeploymentStatus) -> bool {
        let n = self.replicas();
        let is = |v: Option<i32>| v.unwrap_or(0) == n;
        is(status.updated_replicas) && is(status.replicas) && is(status.available_replicas) && status.observed_generation >= self.deployment.metadata.generation
    }

    /// Whether the stored status is that of a finished rollout.
    pub(super) fn is_complete(&self) -> bool {
        self.deployment.status.as_ref().is_some_and(|s| self.complete(s))
    }

    /// Writes the counts (`syncDeploymentStatus`).
    pub(super) fn sync_status(&mut self, new: Option<usize>) -> Result<(), Conflict> {
        let status = self.calculate(new);
        self.write_status(status)
    }

    fn write_status(&mut self, status: DeploymentStatus) -> Result<(), Conflict> {
        if self.deployment.status.as_ref() == Some(&status) {
            return Ok(());
        }
        let mut wanted = self.deployment.clone();
        wanted.status = Some(status);
        self.write_deployment(wanted)
    }

    /// Writes counts and progress (`syncRolloutStatus`).
    pub(super) fn rollout_status(&mut self, new: Option<usize>) -> Result<(), Conflict> {
        let mut status = self.calculate(new);
        let now = self.cx.api.timestamp();
        if !self.has_deadline() {
            remove(&mut status, "Progressing");
        }
        let current = self.condition("Progressing").cloned();
        let finished = status.replicas == status.updated_replicas && current.as_ref().is_some_and(|c| c.reason.as_deref() == Some("NewReplicaSetAvailable"));
        if self.has_deadline() && !finished {
            let name = new.map_or_else(|| format!("Deployment {:?}", self.key.name), |n| format!("ReplicaSet {:?}", self.sets[n].name()));
            if self.complete(&status) {
                set_condition(&mut status, "Progressing", "True", "NewReplicaSetAvailable", format!("{name} has successfully progressed."), &now);
            } else if self.progressing(&status) {
                let since = current.filter(|c| c.status.as_deref() == Some("True")).and_then(|c| c.last_transition_time);
                remove(&mut status, "Progressing");
                let condition = DeploymentCondition {
                    last_transition_time: Some(since.unwrap_or_else(|| now.clone())),
                    ..make("Progressing", "True", "ReplicaSetUpdated", format!("{name} is progressing."), &now)
                };
                status.conditions.get_or_insert_default().push(condition);
            } else if self.timed_out(&status) {
                set_condition(&mut status, "Progressing", "False", "ProgressDeadlineExceeded", format!("{name} has timed out progressing."), &now);
            }
        }
        self.copy_failure(&mut status, new);
        let written = self.write_status(status);
        self.check_deadline();
        written
    }

    fn progressing(&self, status: &DeploymentStatus) -> bool {
        let old = self.deployment.status.clone().unwrap_or_default();
        let n = |v: Option<i32>| v.unwrap_or(0);
        n(status.updated_replicas) > n(old.updated_replicas)
            || n(status.replicas) - n(status.updated_replicas) < n(old.replicas) - n(old.updated_replicas)
            || n(status.ready_replicas) > n(old.ready_replicas)
            || n(status.available_replicas) > n(old.available_replicas)
    }

    fn timed_out(&self, status: &DeploymentStatus) -> bool {
        let Some(condition) = find(status, "Progressing") else { return false };
        match condition.reason.as_deref() {
            Some("NewReplicaSetAvailable") => return false,
            Some("ProgressDeadlineExceeded") => return true,
            _ => {}
        }
        let deadline = self.spec().progress_deadline_seconds.unwrap_or(600);
        let Some(from) = &condition.last_update_time else { return false };
        moment(self.cx.api, from) + deadline.max(0) as u64 * 1000 < self.cx.api.now()
    }

    /// Looks again one second after the deadline (`requeueStuckDeployment`).
    fn check_deadline(&mut self) {
        let Some(condition) = self.condition("Progressing") else { return };
        if !self.has_deadline() || self.is_complete() || condition.reason.as_deref() == Some("ProgressDeadlineExceeded") {
            return;
        }
        let Some(from) = &condition.last_update_time else { return };
        let at = moment(self.cx.api, from) + self.spec().progress_deadline_seconds.unwrap_or(600).max(0) as u64 * 1000 + 1000;
        if at > self.cx.api.now() {
            let key = self.key.clone();
            self.cx.again_at(&key, at);
        }
    }

    /// Copies ReplicaFailure of the new ReplicaSet, or else of any.
    fn copy_failure(&self, status: &mut DeploymentStatus, new: Option<usize>) {
        let failure = |i: usize| {
            set(&self.sets[i])
                .and_then(|s| s.status.as_ref())
                .and_then(|s| s.conditions.as_ref())
                .and_then(|c| c.iter().find(|c| c.type_.as_deref() == Some("ReplicaFailure")))
                .cloned()
        };
        let found = new.into_iter().chain(0..self.sets.len()).find_map(failure);
        match found {
            None => remove(status, "ReplicaFailure"),
            Some(c) => {
                let time = c.last_transition_time.clone().unwrap_or_else(|| self.cx.api.timestamp());
                set_condition(
                    status,
                    "ReplicaFailure",
                    c.status.as_deref().unwrap_or_default(),
                    c.reason.as_deref().unwrap_or_default(),
                    c.message.clone().unwrap_or_default(),
                    &time,
                );
            }
        }
    }
}

fn find<'a>(status: &'a DeploymentStatus, kind: &str) -> Option<&'a DeploymentCondition> {
    status.conditions.as_ref()?.iter().find(|c| c.type_.as_deref() == Some(kind))
}

fn remove(status: &mut DeploymentStatus, kind: &str) {
    if let Some(all) = &mut status.conditions {
        all.retain(|c| c.type_.as_deref() != Some(kind));
    }
}

fn make(kind: &str, status: &str, reason: &str, message: String, now: &Time) -> DeploymentCondition {
    DeploymentCondition {
        type_: Some(kind.into()),
        status: Some(status.into()),
        reason: Some(reason.into()),
        message: Some(message),
        last_update_time: Some(now.clone()),
        last_transition_time: Some(now.clone()),
    }
}

/// Sets a condition: nothing changes where status and reason are the same; else it moves to the end of the list.
fn set_condition(all: &mut DeploymentStatus, kind: &str, status: &str, reason: &str, message: String, now: &Time) {
    let mut condition = make(kind, status, reason, message, now);
    if let Some(old) = find(all, kind) {
        if old.status == condition.status && old.reason == condition.reason {
            return;
        }
        if old.status == condition.status {
            condition.last_transition_time.clone_from(&old.last_transition_time);
        }
    }
    remove(all, kind);
    all.conditions.get_or_insert_default().push(condition);
}
