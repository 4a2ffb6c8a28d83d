//! What is inside the containers of a Pod: the runtime's views, by the names of the manifest.

use podglass_cluster::Cluster;
use podglass_cluster::manifest::ObjectKey;
use podglass_cluster::runtime::{ContainerId, FileKind, FileView, LogLine, Socket, VolumeId};

/// The runtime's volume for a volume of a Pod.
pub fn volume(cluster: &Cluster, pod: &ObjectKey, volume: &str) -> Option<VolumeId> {
    cluster.pod_volumes(pod).into_iter().find(|(n, _)| n == volume).map(|(_, id)| id)
}

/// The name of a Pod's volume.
pub fn volume_name(cluster: &Cluster, pod: &ObjectKey, id: VolumeId) -> Option<String> {
    cluster.pod_volumes(pod).into_iter().find(|(_, v)| *v == id).map(|(n, _)| n)
}

/// Files of a volume by path: no directories, nothing of the atomic writer's (`..data`).
pub fn volume_files(cluster: &Cluster, id: VolumeId) -> Vec<FileView> {
    let mut files = cluster.runtime().volume_files(id);
    files.retain(|f| f.kind != FileKind::Directory && !f.path.trim_start_matches('/').starts_with(".."));
    files
}

/// The present or last run of a container.
pub fn run(cluster: &Cluster, pod: &ObjectKey, container: &str) -> Option<ContainerId> {
    cluster.container_id(pod, container)
}

/// The run before it.
pub fn previous_run(cluster: &Cluster, pod: &ObjectKey, container: &str) -> Option<ContainerId> {
    cluster.previous_container_id(pod, container)
}

/// The log of a run.
pub fn log(cluster: &Cluster, run: ContainerId) -> &[LogLine] {
    cluster.runtime().logs(run)
}

/// All files a run sees.
pub fn files(cluster: &Cluster, run: ContainerId) -> Vec<FileView> {
    cluster.runtime().files(run)
}

/// The content of a file.
pub fn read_file(cluster: &Cluster, run: ContainerId, path: &str) -> Option<Vec<u8>> {
    cluster.runtime().read_file(run, path)
}

/// The environment of a run.
pub fn env(cluster: &Cluster, run: ContainerId) -> Vec<(String, String)> {
    cluster.runtime().env(run)
}

/// Listening sockets of a Pod.
pub fn sockets(cluster: &Cluster, pod: &ObjectKey) -> Vec<Socket> {
    cluster.pod_sandbox(pod).map(|s| cluster.runtime().sockets(s)).unwrap_or_default()
}
