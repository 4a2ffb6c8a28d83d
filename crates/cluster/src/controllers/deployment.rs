//! Deployments: ReplicaSets by template, rolled out (follows pkg/controller/deployment/deployment_controller.go,
//! rolling.go and recreate.go).

mod revisions;
mod scaling;
mod status;

use super::pods::{self, controller_of};
use super::{Context, rollout};
use crate::api_server::controller_reference;
use crate::labels;
use crate::typed::Typed;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use podglass_manifest::{Kind, Object, ObjectKey};
use std::rc::Rc;

/// The controller's name in events.
const COMPONENT: &str = "deployment-controller";
/// Annotations of ReplicaSets and Deployments.
const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAX: &str = "deployment.kubernetes.io/max-replicas";

/// The sync stops here and is repeated.
#[derive(Debug)]
struct Conflict;

/// One sync: the Deployment as it was read, and its ReplicaSets as they are now.
struct Sync<'c, 'a> {
    cx: &'c mut Context<'a>,
    key: ObjectKey,
    object: Rc<Object>,
    deployment: Deployment,
    sets: Vec<Rc<Object>>,
    /// The object was written since it was read: the next write of its status is refused.
    stale: bool,
}

/// Looks at a Deployment.
pub(super) fn sync(cx: &mut Context<'_>, key: &ObjectKey) {
    let Some(object) = cx.api.find(key).cloned() else { return };
    let Some(deployment) = Deployment::of(&object).cloned() else { return };
    let spec = &deployment.spec;
    if labels::is_empty(&spec.selector) {
        cx.warning(&object, COMPONENT, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.");
        let generation = deployment.metadata.generation;
        let _ = cx.api.change(key, cx.cause, |d: &mut Deployment| d.status.get_or_insert_default().observed_generation = generation);
        return;
    }
    let sets = claim(cx, &object, spec);
    let mut sync = Sync { cx, key: key.clone(), object, deployment, sets, stale: false };
    if sync.run().is_err() {
        let key = sync.key.clone();
        sync.cx.again(&key, 5);
    }
}

/// The Deployment's ReplicaSets, after adopting those that match and letting go those that do not; oldest first.
fn claim(cx: &mut Context<'_>, deployment: &Rc<Object>, spec: &DeploymentSpec) -> Vec<Rc<Object>> {
    let uid = deployment.uid().to_owned();
    let (mut mine, strangers): (Vec<_>, Vec<_>) =
        cx.index.controlled(&uid, Kind::ReplicaSet).cloned().partition(|o| labels::matches(&spec.selector, o.metadata().labels.as_ref()));
    if deployment.metadata().deletion_timestamp.is_none() {
        let free: Vec<_> = cx
            .index
            .free(Kind::ReplicaSet, deployment.namespace())
            .filter(|o| labels::matches(&spec.selector, o.metadata().labels.as_ref()))
            .cloned()
            .collect();
        for o in free.into_iter().filter(|o| o.metadata().deletion_timestamp.is_none() && controller_of(o.metadata()).is_none()) {
            if let Ok(adopted) =
                cx.api.update(&o.key(), cx.cause, |s| s.metadata_mut().owner_references.get_or_insert_default().push(controller_reference(deployment)))
            {
                mine.push(adopted);
            }
        }
    }
    for o in strangers {
        let _ = cx.api.update(&o.key(), cx.cause, |s| {
            let m = s.metadata_mut();
            m.owner_references = m.owner_references.take().map(|r| r.into_iter().filter(|r| r.uid != uid).collect::<Vec<_>>()).filter(|r| !r.is_empty());
        });
    }
    mine.sort_by(|a, b| (&a.metadata().creation_timestamp, a.name()).cmp(&(&b.metadata().creation_timestamp, b.name())));
    mine
}

/// The ReplicaSet inside an object.
fn set(object: &Object) -> Option<&ReplicaSet> {
    ReplicaSet::of(object)
}

/// `spec.replicas` of a ReplicaSet.
fn size(object: &Object) -> i32 {
    set(object).and_then(|s| s.spec.replicas).unwrap_or(1)
}

/// `status.availableReplicas` of a ReplicaSet.
fn available(object: &Object) -> i32 {
    set(object).and_then(|s| s.status.as_ref()).and_then(|s| s.available_replicas).unwrap_or(0)
}

/// `status.replicas` of a ReplicaSet.
fn running(object: &Object) -> i32 {
    set(object).and_then(|s| s.status.as_ref()).map_or(0, |s| s.replicas)
}

impl Sync<'_, '_> {
    fn spec(&self) -> &DeploymentSpec {
        &self.deployment.spec
    }
    /// `spec.replicas`.
    fn replicas(&self) -> i32 {
        self.spec().replicas.unwrap_or(1)
    }
    fn rolling(&self) -> bool {
        self.spec().strategy.as_ref().and_then(|s| s.type_.as_deref()) != Some("Recreate")
    }
    /// `maxSurge` and `maxUnavailable` in Pods.
    fn limits(&self) -> (i32, i32) {
        if !self.rolling() {
            return (0, 0);
        }
        let update = self.spec().strategy.as_ref().and_then(|s| s.rolling_update.as_ref());
        let (surge, unavailable) =
            rollout::fenceposts(update.and_then(|u| u.max_surge.as_ref()), update.and_then(|u| u.max_unavailable.as_ref()), self.replicas()).unwrap_or((0, 1));
        (surge, if self.replicas() == 0 { 0 } else { unavailable.min(self.replicas()) })
    }
    fn has_deadline(&self) -> bool {
        self.spec().progress_deadline_seconds.is_some_and(|s| s != i32::MAX)
    }

    /// One pass (`syncDeployment`).
    fn run(&mut self) -> Result<(), Conflict> {
        if self.deployment.metadata.deletion_timestamp.is_some() {
            let new = self.find_new();
            return self.sync_status(new);
        }
        self.check_paused();
        if self.spec().paused == Some(true) || self.is_scaling() {
            let new = self.new_set(false)?;
            self.scale(new);
            if self.spec().paused == Some(true) {
                self.clean_up(new);
            }
            return self.sync_status(new);
        }
        if self.rolling() { self.roll() } else { self.recreate() }
    }

    /// Whether the Deployment's size differs from the one its active ReplicaSets were made for.
    fn is_scaling(&self) -> bool {
        self.sets.iter().filter(|s| size(s) > 0).any(|s| {
            let desired = s.metadata().annotations.as_ref().and_then(|a| a.get(DESIRED)).and_then(|d| d.parse::<i32>().ok());
            desired.is_some_and(|d| d >= 0 && d != self.replicas())
        })
    }

    /// RollingUpdate: the first step that changes something ends the sync.
    fn roll(&mut self) -> Result<(), Conflict> {
        let new = self.new_set(true)?;
        if self.grow_new(new) || self.shrink_old(new) {
            return self.rollout_status(new);
        }
        if self.is_complete() {
            self.clean_up(new);
        }
        self.rollout_status(new)
    }

    /// Brings the new ReplicaSet to its size (`reconcileNewReplicaSet`).
    fn grow_new(&mut self, new: Option<usize>) -> bool {
        let Some(new) = new else { return false };
        let (replicas, now) = (self.replicas(), size(&self.sets[new]));
        if now == replicas {
            return false;
        }
        if now > replicas {
            return self.resize(new, replicas);
        }
        let total = self.total();
        let to = rollout::new_size(replicas, self.limits().0, total, now);
        self.resize(new, to)
    }

    fn total(&self) -> i32 {
        self.sets.iter().map(|s| size(s)).sum()
    }

    fn total_available(&self) -> i32 {
        self.sets.iter().map(|s| available(s)).sum()
    }

    /// Takes from the old ReplicaSets what availability allows (`reconcileOldReplicaSets`).
    fn shrink_old(&mut self, new: Option<usize>) -> bool {
        let old: Vec<usize> = (0..self.sets.len()).filter(|i| Some(*i) != new && size(&self.sets[*i]) > 0).collect();
        if old.is_empty() {
            return false;
        }
        let min_available = self.replicas() - self.limits().1;
        let unavailable = new.map_or(0, |n| size(&self.sets[n]) - available(&self.sets[n]));
        let budget = self.total() - min_available - unavailable;
        if budget <= 0 {
            return false;
        }
        let mut cleaned = 0;
        for &i in &old {
            if cleaned >= budget {
                break;
            }
            let (has, good) = (size(&self.sets[i]), available(&self.sets[i]));
            if has == 0 || has == good {
                continue;
            }
            let by = (budget - cleaned).min(has - good);
            if by > 0 && self.resize(i, has - by) {
                cleaned += by;
            }
        }
        let spare = self.total_available() - min_available;
        let mut taken = 0;
        for &i in &old {
            if taken >= spare {
                break;
            }
            let has = size(&self.sets[i]);
            let by = has.min(spare - taken);
            if by > 0 && self.resize(i, has - by) {
                taken += by;
            }
        }
        cleaned + taken > 0
    }

    /// Recreate: all old ones away, wait, then the new ones.
    fn recreate(&mut self) -> Result<(), Conflict> {
        let new = self.new_set(false)?;
        let old: Vec<usize> = (0..self.sets.len()).filter(|i| Some(*i) != new).collect();
        let mut changed = false;
        for i in old.iter().copied() {
            if size(&self.sets[i]) > 0 {
                changed |= self.resize(i, 0);
            }
        }
        if changed || self.old_pods_run(&old) {
            return self.rollout_status(new);
        }
        let new = self.new_set(true)?;
        if let Some(new) = new {
            let replicas = self.replicas();
            self.resize(new, replicas);
        }
        if self.is_complete() {
            self.clean_up(new);
        }
        self.rollout_status(new)
    }

    fn old_pods_run(&self, old: &[usize]) -> bool {
        old.iter().any(|i| {
            let set = &self.sets[*i];
            running(set) > 0 || self.cx.index.controlled(set.uid(), Kind::Pod).filter_map(|o| Pod::of(o)).any(|p| !pods::is_terminal(p))
        })
    }

    /// Gives a ReplicaSet another size, with its event; `false` where it has it already.
    fn resize(&mut self, index: usize, to: i32) -> bool {
        if size(&self.sets[index]) == to {
            return false;
        }
        self.write_size(index, to)
    }

    /// Writes size and annotations of a ReplicaSet (`scaleReplicaSet`).
    fn write_size(&mut self, index: usize, to: i32) -> bool {
        let (replicas, surge) = (self.replicas(), self.limits().0);
        let key = self.sets[index].key();
        let from = size(&self.sets[index]);
        let Ok(after) = self.cx.api.change(&key, self.cx.cause, |rs: &mut ReplicaSet| {
            let annotations = rs.metadata.annotations.get_or_insert_default();
            annotations.insert(DESIRED.into(), replicas.to_string());
            annotations.insert(MAX.into(), (replicas + surge).to_string());
            if from != to {
                rs.spec.replicas = Some(to);
                rs.metadata.generation = Some(rs.metadata.generation.unwrap_or(0) + 1);
            }
        }) else {
            return false;
        };
        self.sets[index] = after;
        if from != to {
            let direction = if from < to { "up" } else { "down" };
            self.scaled(&key.name, direction, from, to);
        }
        from != to
    }

    fn scaled(&mut self, name: &str, direction: &str, from: i32, to: i32) {
        let object = self.object.clone();
        self.cx.normal(&object, COMPONENT, "ScalingReplicaSet", &format!("Scaled {direction} replica set {name} from {from} to {to}"));
    }
}
