//! Volumes of a Pod: making them, retrying what cannot be made, filling and refreshing what the cluster gives
//! (follows pkg/volume/{configmap,secret,projected,downwardapi,hostpath} and the volume manager's retries).

use super::environment::{Facts, field, resource_field};
use crate::{ApiServer, SimTime};
use k8s_openapi::api::core::v1::{ConfigMap, DownwardAPIVolumeFile, KeyToPath, Secret, Volume};
use podglass_manifest::{Kind, Object};
use podglass_runtime::{ProjectedFile, VolumeId, VolumeKind};

/// First pause after a failed mount, and the longest one.
pub(crate) const FIRST_RETRY: u64 = 500;
pub(crate) const LAST_RETRY: u64 = 122_000;
/// From the Pod's first sync to the first attempt.
pub(crate) const FIRST_ATTEMPT: u64 = 100;

/// One volume of a Pod.
#[derive(Clone, Debug)]
pub(crate) struct PodVolume {
    pub(crate) name: String,
    /// `None` until it is mounted.
    pub(crate) id: Option<VolumeId>,
    /// Pause before the next attempt.
    pub(crate) pause: u64,
    /// Whether its content comes from the cluster.
    pub(crate) projected: bool,
    /// What was projected last.
    pub(crate) files: Vec<ProjectedFile>,
    /// When the next attempt is due.
    pub(crate) due: SimTime,
    /// The name of the only file, where the volume is a file.
    pub(crate) file: Option<String>,
    /// `sizeLimit` of an emptyDir: the text and the bytes.
    pub(crate) limit: Option<(String, u64)>,
}

/// What a volume of a spec needs.
pub(crate) enum Source {
    /// Files of the cluster.
    Files(Vec<ProjectedFile>),
    /// A store of its own.
    Own(VolumeKind),
    /// A store that outlives the Pod, by name.
    Kept(String),
    /// A file of the node: a store that outlives the Pod, the file's name in it and what is in the file at first.
    File(String, String, &'static str),
}

/// Finds out what a volume is made of.
///
/// # Errors
/// With what stands after `MountVolume.SetUp failed for volume "v" : `.
pub(crate) fn source(api: &ApiServer, facts: Facts<'_>, node: &str, volume: &Volume) -> Result<Source, String> {
    let namespace = facts.pod.metadata.namespace.as_deref().unwrap_or_default();
    if let Some(e) = &volume.empty_dir {
        return Ok(Source::Own(if e.medium.as_deref() == Some("Memory") { VolumeKind::Memory } else { VolumeKind::EmptyDir }));
    }
    if let Some(c) = &volume.config_map {
        let files = config_map(api, namespace, &c.name, c.items.as_deref(), c.default_mode, c.optional == Some(true))?;
        return Ok(Source::Files(files));
    }
    if let Some(s) = &volume.secret {
        let files = secret(api, namespace, s.secret_name.as_deref().unwrap_or_default(), s.items.as_deref(), s.default_mode, s.optional == Some(true))?;
        return Ok(Source::Files(files));
    }
    if let Some(d) = &volume.downward_api {
        return downward(api, facts, d.items.as_deref().unwrap_or_default(), d.default_mode).map(Source::Files);
    }
    if let Some(p) = &volume.projected {
        return projected(api, facts, p, namespace).map(Source::Files);
    }
    if let Some(h) = &volume.host_path {
        let wanted = h.type_.as_deref().unwrap_or_default();
        check_host_path(&h.path, wanted)?;
        if wanted == "FileOrCreate" || on_node(&h.path).is_some_and(|is| is != "Directory") {
            let file = h.path.rsplit('/').next().unwrap_or_default().to_owned();
            return Ok(Source::File(format!("{node}:{}", h.path), file, node_file(&h.path)));
        }
        return Ok(Source::Kept(format!("{node}:{}", h.path)));
    }
    if let Some(claim) = &volume.persistent_volume_claim {
        let name = match api.get(Kind::PersistentVolumeClaim, namespace, &claim.claim_name).map(|o| &**o) {
            Some(Object::PersistentVolumeClaim(c)) => {
                c.spec.as_ref().and_then(|s| s.volume_name.clone()).unwrap_or_else(|| format!("{namespace}/{}", claim.claim_name))
            }
            _ => return Err(format!("persistentvolumeclaim {:?} not found", claim.claim_name)),
        };
        return Ok(Source::Kept(format!("pv:{name}")));
    }
    if volume.ephemeral.is_some() {
        let pod = facts.pod.metadata.name.as_deref().unwrap_or_default();
        return Ok(Source::Kept(format!("pvc:{namespace}/{pod}-{}", volume.name)));
    }
    if let Some(n) = &volume.nfs {
        return Ok(Source::Kept(format!("nfs:{}:{}", n.server, n.path)));
    }
    // Everything else comes from a driver that is not modelled: an empty store stands for it.
    Ok(Source::Own(VolumeKind::EmptyDir))
}

fn projected(api: &ApiServer, facts: Facts<'_>, p: &k8s_openapi::api::core::v1::ProjectedVolumeSource, namespace: &str) -> Result<Vec<ProjectedFile>, String> {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for s in p.sources.iter().flatten() {
        let part = if let Some(c) = &s.config_map {
            config_map(api, namespace, &c.name, c.items.as_deref(), p.default_mode, c.optional == Some(true))
        } else if let Some(c) = &s.secret {
            secret(api, namespace, &c.name, c.items.as_deref(), p.default_mode, c.optional == Some(true))
        } else if let Some(d) = &s.downward_api {
            downward(api, facts, d.items.as_deref().unwrap_or_default(), p.default_mode)
        } else if let Some(t) = &s.service_account_token {
            let account = facts.pod.spec.as_ref().and_then(|s| s.service_account_name.as_deref()).unwrap_or("default");
            let content = format!("token-of.{namespace}.{account}").into_bytes();
            Ok(vec![ProjectedFile { path: t.path.clone(), content, mode: mode(None, p.default_mode) }])
        } else {
            Ok(Vec::new())
        };
        match part {
            Ok(part) => {
                for f in part {
                    files.retain(|g: &ProjectedFile| g.path != f.path);
                    files.push(f);
                }
            }
            Err(e) if !errors.contains(&e) => errors.push(e),
            Err(_) => {}
        }
    }
    match errors.as_slice() {
        [] => Ok(files),
        [one] => Err(one.clone()),
        many => Err(format!("[{}]", many.join(", "))),
    }
}

fn mode(own: Option<i32>, default: Option<i32>) -> u32 {
    own.or(default).unwrap_or(0o644) as u32
}

fn pick(
    data: impl Fn(&str) -> Option<Vec<u8>>,
    all: Vec<String>,
    items: Option<&[KeyToPath]>,
    default: Option<i32>,
    optional: bool,
    missing: &str,
) -> Result<Vec<ProjectedFile>, String> {
    let Some(items) = items.filter(|i| !i.is_empty()) else {
        return Ok(all.into_iter().map(|k| ProjectedFile { content: data(&k).unwrap_or_default(), path: k, mode: mode(None, default) }).collect());
    };
    let mut files = Vec::new();
    for item in items {
        match data(&item.key) {
            Some(content) => files.push(ProjectedFile { path: item.path.clone(), content, mode: mode(item.mode, default) }),
            None if optional => {}
            None => return Err(format!("{missing}{}", item.key)),
        }
    }
    Ok(files)
}

fn config_map(
    api: &ApiServer,
    namespace: &str,
    name: &str,
    items: Option<&[KeyToPath]>,
    default: Option<i32>,
    optional: bool,
) -> Result<Vec<ProjectedFile>, String> {
    let empty = ConfigMap::default();
    let map = match api.get(Kind::ConfigMap, namespace, name).map(|o| &**o) {
        Some(Object::ConfigMap(m)) => m,
        _ if optional => &empty,
        _ => return Err(format!("configmap {name:?} not found")),
    };
    let data = |k: &str| {
        let text = map.data.as_ref().and_then(|d| d.get(k)).map(|v| v.clone().into_bytes());
        text.or_else(|| map.binary_data.as_ref().and_then(|d| d.get(k)).map(|v| v.0.clone()))
    };
    let all = map.data.iter().flatten().map(|(k, _)| k.clone()).chain(map.binary_data.iter().flatten().map(|(k, _)| k.clone())).collect();
    pick(data, all, items, default, optional, "configmap references non-existent config key: ")
}

fn secret(
    api: &ApiServer,
    namespace: &str,
    name: &str,
    items: Option<&[KeyToPath]>,
    default: Option<i32>,
    optional: bool,
) -> Result<Vec<ProjectedFile>, String> {
    let empty = Secret::default();
    let found = match api.get(Kind::Secret, namespace, name).map(|o| &**o) {
        Some(Object::Secret(s)) => s,
        _ if optional => &empty,
        _ => return Err(format!("secret {name:?} not found")),
    };
    let data = |k: &str| found.data.as_ref().and_then(|d| d.get(k)).map(|v| v.0.clone());
    let all = found.data.iter().flatten().map(|(k, _)| k.clone()).collect();
    pick(data, all, items, default, optional, "references non-existent secret key: ")
}

fn downward(api: &ApiServer, facts: Facts<'_>, items: &[DownwardAPIVolumeFile], default: Option<i32>) -> Result<Vec<ProjectedFile>, String> {
    let mut files = Vec::new();
    for item in items {
        let content = if let Some(f) = &item.field_ref {
            field(facts, &f.field_path).ok_or_else(|| format!("unsupported fieldPath: {}", f.field_path))?
        } else if let Some(r) = &item.resource_field_ref {
            resource_field(api, facts.pod, "", r)?
        } else {
            String::new()
        };
        files.push(ProjectedFile { path: item.path.clone(), content: content.into_bytes(), mode: mode(item.mode, default) });
    }
    Ok(files)
}

/// What a path of the node is. The node's files are an assumption: those that every Linux machine has.
fn on_node(path: &str) -> Option<&'static str> {
    const DIRECTORIES: [&str; 26] = [
        "/",
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/etc/kubernetes",
        "/etc/ssl",
        "/etc/ssl/certs",
        "/home",
        "/lib",
        "/lib/modules",
        "/mnt",
        "/opt",
        "/proc",
        "/root",
        "/run",
        "/srv",
        "/sys",
        "/tmp",
        "/usr",
        "/var",
        "/var/lib",
        "/var/lib/kubelet",
        "/var/log",
        "/var/log/pods",
        "/var/run",
    ];
    const FILES: [&str; 7] = ["/etc/hosts", "/etc/hostname", "/etc/localtime", "/etc/os-release", "/etc/passwd", "/etc/group", "/etc/resolv.conf"];
    const SOCKETS: [&str; 2] = ["/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock"];
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    if DIRECTORIES.contains(&path) {
        Some("Directory")
    } else if FILES.contains(&path) {
        Some("File")
    } else if SOCKETS.contains(&path) {
        Some("Socket")
    } else if path == "/dev/null" {
        Some("CharDevice")
    } else {
        None
    }
}

/// What is in a file of the node.
fn node_file(path: &str) -> &'static str {
    match path {
        "/etc/hosts" => "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
        "/etc/os-release" => "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n",
        "/etc/passwd" => "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
        "/etc/group" => "root:x:0:\nnogroup:x:65534:\n",
        "/etc/resolv.conf" => "nameserver 192.168.77.1\n",
        _ => "",
    }
}

/// The type check of a hostPath (pkg/volume/hostpath/host_path.go).
fn check_host_path(path: &str, wanted: &str) -> Result<(), String> {
    let is = on_node(path);
    let (kind, words) = match wanted {
        "DirectoryOrCreate" if is.is_some() => ("Directory", "directory"),
        "FileOrCreate" if is.is_some() => ("File", "file"),
        "Directory" => ("Directory", "directory"),
        "File" => ("File", "file"),
        "Socket" => ("Socket", "socket file"),
        "CharDevice" => ("CharDevice", "character device"),
        "BlockDevice" => ("BlockDevice", "block device"),
        _ => return Ok(()),
    };
    match is {
        Some(k) if k == kind => Ok(()),
        Some(k) => Err(format!("hostPath type check failed: {path} is not a {words}, it's a {k}")),
        None => Err(format!("hostPath type check failed: {path} is not a {words}")),
    }
}

/// The ConfigMaps and Secrets whose change changes the volume's files.
pub(crate) fn references(volume: &Volume) -> Vec<(Kind, String)> {
    let mut all = Vec::new();
    if let Some(c) = &volume.config_map {
        all.push((Kind::ConfigMap, c.name.clone()));
    }
    if let Some(s) = &volume.secret {
        all.push((Kind::Secret, s.secret_name.clone().unwrap_or_default()));
    }
    for s in volume.projected.iter().flat_map(|p| p.sources.iter().flatten()) {
        if let Some(c) = s.config_map.as_ref().filter(|c| c.name != "kube-root-ca.crt") {
            all.push((Kind::ConfigMap, c.name.clone()));
        }
        if let Some(c) = &s.secret {
            all.push((Kind::Secret, c.name.clone()));
        }
    }
    all
}
