//! Volumes of a Pod in the runtime.

use podglass_cluster::Cluster;
use podglass_cluster::runtime::{FileView, VolumeId};

/// The runtime's volume for a volume of a Pod.
pub fn id(cluster: &Cluster, uid: &str, volume: &str) -> Option<VolumeId> {
    let _ = (cluster, uid, volume);
    None
}

/// The name of a Pod's volume.
pub fn name(cluster: &Cluster, uid: &str, id: VolumeId) -> Option<String> {
    let _ = (cluster, uid, id);
    None
}

/// Files of a volume: no directories, no links of the atomic writer.
pub fn files(cluster: &Cluster, id: VolumeId) -> Vec<FileView> {
    let _ = (cluster, id);
    Vec::new()
}
