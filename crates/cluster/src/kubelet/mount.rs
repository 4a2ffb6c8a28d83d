//! Mounting the volumes of a Pod, with retries; refreshing what the cluster gives; unmounting
//! (follows pkg/kubelet/volumemanager: the reconciler's retries and `WaitForAttachAndMount`).

use super::What;
use super::environment::Facts;
use super::pod::{Cx, PodState, pod_of};
use super::sync::Work;
use super::timing::{self, MOUNT_POLL, SYNC_FREQUENCY};
use super::volumes::{FIRST_ATTEMPT, FIRST_RETRY, LAST_RETRY, PodVolume, Source, references, source};
use crate::SimTime;
use crate::journal::Step;
use k8s_openapi::api::core::v1::Volume;
use podglass_manifest::ObjectKey;
use podglass_runtime::{VolumeId, VolumeKind};
use std::net::Ipv4Addr;

/// A sync asks for volumes to be mounted anew → the populator and the reconciler, of 100 ms each, have done it.
const RECONCILE: u64 = 200;
/// Period of the eviction manager.
const EVICTION_TURN: u64 = 10_000;

/// The size limit of an emptyDir on disk. One in memory cannot outgrow it.
fn limit(volume: &Volume) -> Option<(String, u64)> {
    let dir = volume.empty_dir.as_ref().filter(|d| d.medium.as_deref() != Some("Memory"))?;
    let limit = dir.size_limit.as_ref()?;
    let bytes = super::resources::value(limit).and_then(|b| u64::try_from(b).ok()).filter(|b| *b > 0)?;
    Some((limit.0.clone(), bytes))
}

impl PodState {
    /// Begins to wait for the volumes.
    pub(crate) fn mount(&mut self, cx: &mut Cx<'_>) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let now = cx.now();
        if self.mounts_begun.is_none() {
            for v in containers.0.volumes.iter().flatten() {
                let due = now + FIRST_ATTEMPT;
                self.volumes.push(PodVolume {
                    name: v.name.clone(),
                    id: None,
                    pause: FIRST_RETRY,
                    projected: false,
                    files: Vec::new(),
                    due,
                    file: None,
                    limit: limit(v),
                });
                for (kind, name) in references(v) {
                    let key = ObjectKey { kind, namespace: self.key.namespace.clone(), name };
                    cx.shared.mounted.entry(key).or_default().insert(self.id);
                }
            }
            if self.volumes.is_empty() {
                self.mounts_begun = Some(now);
                cx.wake(now + MOUNT_POLL, self.id, What::MountPoll);
                return;
            }
            cx.wake(now + FIRST_ATTEMPT, self.id, What::MountTry);
        }
        self.mounts_begun = Some(now);
        cx.wake(now + MOUNT_POLL, self.id, What::MountPoll);
    }

    /// Tries the volumes that are due.
    pub(crate) fn mount_try(&mut self, cx: &mut Cx<'_>) {
        if self.ending || self.over {
            return;
        }
        let object = self.object.clone();
        let Some((pod, containers)) = pod_of(&object) else { return };
        let now = cx.now();
        let facts = Facts { pod, pod_ip: Ipv4Addr::UNSPECIFIED, node_ip: self.node_ip };
        let cause = cx.cause;
        let mut next: Option<SimTime> = None;
        for i in 0..self.volumes.len() {
            let Some(slot) = self.volumes.get(i).filter(|v| v.id.is_none()) else { continue };
            if slot.due > now {
                next = Some(next.map_or(slot.due, |n: SimTime| n.min(slot.due)));
                continue;
            }
            let Some(volume) = containers.0.volumes.iter().flatten().find(|v| v.name == slot.name) else { continue };
            match source(cx.api, facts, &self.node_name, volume) {
                Ok(found) => {
                    let mut files = Vec::new();
                    let mut projected = false;
                    let mut file = None;
                    let id = match found {
                        Source::Files(list) => {
                            projected = true;
                            let id = cx.runtime.create_volume(now, VolumeKind::Projected, &volume.name);
                            cx.runtime.project(now, id, list.clone());
                            files = list;
                            id
                        }
                        Source::Own(kind) => cx.runtime.create_volume(now, kind, &volume.name),
                        Source::File(name, own, content) => {
                            let runtime = &mut *cx.runtime;
                            let id = *cx.shared.kept.entry(name).or_insert_with_key(|name| runtime.create_volume(now, VolumeKind::Persistent, name));
                            runtime.put_volume_file(now, id, &own, content.as_bytes().to_vec());
                            file = Some(own);
                            id
                        }
                        Source::Kept(name) => {
                            let runtime = &mut *cx.runtime;
                            *cx.shared.kept.entry(name).or_insert_with_key(|name| runtime.create_volume(now, VolumeKind::Persistent, name))
                        }
                    };
                    if let Some(slot) = self.volumes.get_mut(i) {
                        slot.id = Some(id);
                        slot.projected = projected;
                        slot.file = file;
                        slot.files = files;
                    }
                }
                Err(message) => {
                    cx.cause = cause;
                    let text = format!("MountVolume.SetUp failed for volume {:?} : {message}", volume.name);
                    cx.event(self, None, true, "FailedMount", &text);
                    if let Some(slot) = self.volumes.get_mut(i) {
                        slot.due = now + slot.pause;
                        slot.pause = (slot.pause * 2).min(LAST_RETRY);
                        next = Some(next.map_or(slot.due, |n: SimTime| n.min(slot.due)));
                    }
                }
            }
        }
        match next {
            Some(at) => cx.wake(at, self.id, What::MountTry),
            None => self.all_mounted(cx),
        }
    }

    /// Every volume is there: the wait ends at its next look.
    fn all_mounted(&mut self, cx: &mut Cx<'_>) {
        let (Some(begun), now) = (self.mounts_begun, cx.now()) else { return };
        if now.since(begun) > MOUNT_POLL {
            let polls = now.since(begun).div_ceil(MOUNT_POLL);
            cx.wake(begun + polls * MOUNT_POLL, self.id, What::MountPoll);
        }
    }

    /// The wait for volumes looks whether they are there.
    pub(crate) fn mount_poll(&mut self, cx: &mut Cx<'_>) {
        if self.work != Work::Mounting || self.volumes.iter().any(|v| v.id.is_none()) {
            return;
        }
        self.mounted = true;
        cx.step(self, None, Step::VolumesMounted);
        self.work = Work::Idle;
        self.act(cx);
    }

    /// A ConfigMap or Secret in a volume changed: the files follow at the Pod's next regular sync.
    pub(crate) fn source_changed(&mut self, cx: &mut Cx<'_>) {
        if !self.mounted || self.over {
            return;
        }
        let now = cx.now();
        let period = timing::requeue(cx.api, SYNC_FREQUENCY);
        let last = self.last_sync_end.unwrap_or(now);
        let due = last + (now.since(last) / period + 1) * period;
        let at = timing::next_tick(cx.api, due) + RECONCILE;
        cx.wake(at, self.id, What::Project);
    }

    /// Brings projected volumes up to date.
    pub(crate) fn project(&mut self, cx: &mut Cx<'_>) {
        if self.over {
            return;
        }
        let object = self.object.clone();
        let Some((pod, containers)) = pod_of(&object) else { return };
        let pod_ip = self.actual.sandbox.as_ref().map_or(self.node_ip, |s| s.ip);
        let facts = Facts { pod, pod_ip, node_ip: self.node_ip };
        let now = cx.now();
        for slot in self.volumes.iter_mut().filter(|v| v.projected) {
            let Some(volume) = containers.0.volumes.iter().flatten().find(|v| v.name == slot.name) else { continue };
            let Some(id) = slot.id else { continue };
            // A source that is gone leaves the files as they were.
            if let Ok(Source::Files(files)) = source(cx.api, facts, &self.node_name, volume)
                && files != slot.files
            {
                cx.runtime.project(now, id, files.clone());
                slot.files = files;
            }
        }
    }

    /// Labels or annotations changed: downward API volumes follow at once.
    pub(crate) fn project_downward(&mut self, cx: &mut Cx<'_>) {
        if self.mounted && !self.over {
            cx.wake(cx.now() + FIRST_ATTEMPT, self.id, What::Project);
        }
    }

    /// The volumes of the Pod are taken down.
    pub(crate) fn unmount(&mut self, cx: &mut Cx<'_>) {
        let kept: Vec<_> = cx.shared.kept.values().copied().collect();
        for v in &self.volumes {
            if let Some(id) = v.id.filter(|id| !kept.contains(id)) {
                cx.runtime.remove_volume(cx.api.now(), id);
            }
        }
        let id = self.id;
        let object = self.object.clone();
        if let Some((_, containers)) = pod_of(&object) {
            for (kind, name) in containers.0.volumes.iter().flatten().flat_map(references) {
                let key = ObjectKey { kind, namespace: self.key.namespace.clone(), name };
                if let Some(set) = cx.shared.mounted.get_mut(&key) {
                    set.remove(&id);
                }
            }
        }
    }

    /// A file on a volume grew: where the volume has a limit, the eviction manager looks at its next turn.
    pub(crate) fn written(&mut self, cx: &mut Cx<'_>, volume: VolumeId) {
        if self.usage_due || self.ending || !self.volumes.iter().any(|v| v.id == Some(volume) && v.limit.is_some()) {
            return;
        }
        self.usage_due = true;
        let at = SimTime((cx.now().0 / EVICTION_TURN + 1) * EVICTION_TURN);
        cx.wake(at, self.id, What::Usage);
    }

    /// The eviction manager compares usage and limits (pkg/kubelet/eviction/eviction_manager.go, `emptyDirLimitEviction`).
    pub(crate) fn check_usage(&mut self, cx: &mut Cx<'_>) {
        self.usage_due = false;
        if self.ending || self.over {
            return;
        }
        let used = |id: VolumeId| cx.runtime.volume_files(id).iter().map(|f| f.size).sum::<u64>();
        let full = self.volumes.iter().find_map(|v| {
            let (text, bytes) = v.limit.as_ref()?;
            (used(v.id?) > *bytes).then(|| format!("Usage of EmptyDir volume {:?} exceeds the limit {text:?}. ", v.name))
        });
        if let Some(message) = full {
            cx.event(self, None, true, "Evicted", &message);
            self.evicted = Some(("Evicted".into(), message));
            self.grace = Some(self.grace.map_or(1, |g| g.min(1)));
            self.end(cx);
        }
    }
}
