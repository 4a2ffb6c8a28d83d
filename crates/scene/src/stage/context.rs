//! What the stage is made from: a cluster, the memory of its journal, and wishes.

use crate::Memory;
use podglass_cluster::manifest::{Object, ObjectKey};
use podglass_cluster::runtime::{FileView, VolumeId};
use podglass_cluster::{Cluster, SimTime};

/// Wishes of whoever draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Width in pixels.
    pub width: f32,
    /// The Pod that is shown in full although there is only room for tiles.
    pub focus: Option<ObjectKey>,
    /// How many virtual milliseconds a travelling dot takes: more at higher speeds.
    pub travel_ms: u64,
    /// Only what is in these namespaces; all but the cluster's own where empty.
    pub namespace: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options { width: 1000.0, focus: None, travel_ms: 700, namespace: None }
    }
}

/// Everything the parts are made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) memory: &'a Memory,
    pub(super) at: SimTime,
    pub(super) options: &'a Options,
}

impl<'a> Context<'a> {
    /// The volumes of a Pod by name.
    pub(super) fn volume_id(self, pod: &ObjectKey, volume: &str) -> Option<VolumeId> {
        crate::inside::volume(self.cluster, pod, volume)
    }
    /// The files of a volume.
    pub(super) fn volume_files(self, id: VolumeId) -> Vec<FileView> {
        crate::inside::volume_files(self.cluster, id)
    }
    /// An object, if it is there.
    pub(super) fn object(self, key: &ObjectKey) -> Option<&'a Object> {
        self.cluster.api().find(key).map(std::rc::Rc::as_ref)
    }
}
