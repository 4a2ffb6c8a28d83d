//! What the container runtime is told about a container: command, environment, mounts, user
//! (follows `generateContainerConfig` in pkg/kubelet/kuberuntime/kuberuntime_container.go and `GenerateRunContainerOptions`
//! in pkg/kubelet/kubelet_pods.go).

use super::containers::{Containers, Role, Slot};
use super::environment::{Facts, environment};
use super::expand::expand;
use super::pod::{Cx, PodState, pod_of};
use super::resources;
use k8s_openapi::api::core::v1::{Container, EphemeralContainer, SecurityContext};
use podglass_runtime::{ContainerConfig, Mount};
use std::borrow::Cow;
use std::rc::Rc;

/// A container that was created.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Made {
    pub(super) config: Config,
    pub(super) name: Rc<str>,
    pub(super) restart: u32,
    pub(super) resolved: Rc<(String, String)>,
    pub(super) user: (i64, i64),
}

/// A configuration that never equals another one; stages are compared only by kind.
#[derive(Clone, Debug)]
pub(crate) struct Config(pub(super) ContainerConfig);

impl PartialEq for Config {
    fn eq(&self, other: &Config) -> bool {
        self.0.name == other.0.name && self.0.image == other.0.image
    }
}

/// An ephemeral container as an ordinary one.
fn plain(e: &EphemeralContainer) -> Container {
    Container {
        name: e.name.clone(),
        image: e.image.clone(),
        command: e.command.clone(),
        args: e.args.clone(),
        env: e.env.clone(),
        env_from: e.env_from.clone(),
        working_dir: e.working_dir.clone(),
        image_pull_policy: e.image_pull_policy.clone(),
        volume_mounts: e.volume_mounts.clone(),
        stdin: e.stdin,
        tty: e.tty,
        security_context: e.security_context.clone(),
        termination_message_path: e.termination_message_path.clone(),
        termination_message_policy: e.termination_message_policy.clone(),
        ..Container::default()
    }
}

fn container_at(containers: Containers<'_>, slot: Slot) -> Option<Cow<'_, Container>> {
    containers.get(slot).map(Cow::Borrowed).or_else(|| containers.ephemeral_at(slot).map(|e| Cow::Owned(plain(e))))
}

impl PodState {
    /// Everything the runtime has to know, or the message of `CreateContainerConfigError`.
    pub(super) fn config(&mut self, cx: &mut Cx<'_>, slot: Slot) -> Result<Made, String> {
        let object = self.object.clone();
        let Some((pod, containers)) = pod_of(&object) else { return Err("the pod has no spec".into()) };
        let Some(container) = container_at(containers, slot) else { return Err("the container is gone".into()) };
        let pod_ip = self.actual.sandbox.as_ref().map_or(self.node_ip, |s| s.ip);
        let facts = Facts { pod, pod_ip, node_ip: self.node_ip };
        let runtime = &*cx.runtime;
        let files = |name: &str, path: &str| {
            let volume = self.volumes.iter().find(|v| v.name == name)?;
            let place = format!("/var/lib/kubelet/pods/{}/volumes/kubernetes.io~empty-dir/{name}/{path}", self.uid);
            Some((place, runtime.read_volume_file(volume.id?, path)))
        };
        let vars = environment(cx.api, facts, &container, &files)?;
        let lookup = |name: &str| vars.get(name).map(str::to_owned);
        let expanded = |list: &Option<Vec<String>>| list.iter().flatten().map(|t| expand(t, &lookup, &mut Vec::new())).collect::<Vec<_>>();
        let (command, args) = (expanded(&container.command), expanded(&container.args));
        let mut mounts = Vec::new();
        for m in container.volume_mounts.iter().flatten() {
            let Some(volume) = self.volumes.iter().find(|v| v.name == m.name) else { continue };
            let Some(id) = volume.id else { continue };
            let mut sub_path = m.sub_path.clone().unwrap_or_default();
            if let Some(e) = m.sub_path_expr.as_deref().filter(|e| !e.is_empty()) {
                let mut missing = Vec::new();
                sub_path = expand(e, &lookup, &mut missing);
                if let Some(name) = missing.first() {
                    return Err(format!("missing value for {name}"));
                }
            }
            if let Some(file) = &volume.file {
                sub_path.clone_from(file);
            }
            mounts.push(Mount { volume: id, path: m.mount_path.clone(), sub_path, read_only: m.read_only == Some(true) || volume.projected });
        }
        let image = container.image.as_deref().unwrap_or_default();
        let known = cx.runtime.image(image);
        let (own, all) = (container.security_context.as_ref(), pod.spec.as_ref().and_then(|s| s.security_context.as_ref()));
        let user = own.and_then(|c| c.run_as_user).or_else(|| all.and_then(|c| c.run_as_user));
        let group = own.and_then(|c| c.run_as_group).or_else(|| all.and_then(|c| c.run_as_group));
        let non_root = own.and_then(|c| c.run_as_non_root).or_else(|| all.and_then(|c| c.run_as_non_root)) == Some(true);
        if non_root {
            let place = format!("(pod: \"{}\", container: {})", self.full_name(), container.name);
            let image_user = known.user.split(':').next().unwrap_or_default();
            let image_root = image_user.is_empty() || image_user == "0" || image_user == "root";
            match user {
                Some(0) => return Err(format!("container's runAsUser breaks non-root policy {place}")),
                None if image_root => return Err(format!("container has runAsNonRoot and image will run as root {place}")),
                None if image_user.parse::<i64>().is_err() => {
                    return Err(format!("container has runAsNonRoot and image has non-numeric user ({image_user}), cannot verify user is non-root {place}"));
                }
                Some(_) | None => {}
            }
        }
        let restart = match self.actual.now(slot) {
            Some(run) => run.restart + 1,
            None => self.restart_floor.get(slot).copied().unwrap_or(0),
        };
        let granted = self.granted(containers, slot).or(container.resources.as_ref());
        let limit = granted.and_then(|r| r.limits.as_ref()).and_then(|l| l.get("memory")).and_then(resources::value);
        let pinned = known.canonical.split_once('@');
        let repository = pinned.or_else(|| known.canonical.rsplit_once(':')).map_or(known.canonical.as_str(), |(r, _)| r);
        let image_id = format!("{repository}@{}", pinned.map_or(known.digest.as_str(), |(_, d)| d));
        let rng = cx.api.rng();
        let name: Rc<str> = format!("{:016x}{:016x}{:016x}{:016x}", rng.u64(..), rng.u64(..), rng.u64(..), rng.u64(..)).into();
        let numeric = |t: Option<&str>| t.and_then(|t| t.parse::<i64>().ok());
        let mut image_user = known.user.split(':');
        let shown = (user.or(numeric(image_user.next())).unwrap_or(0), group.or(if user.is_some() { None } else { numeric(image_user.next()) }).unwrap_or(0));
        let mut env = vars.into_list();
        if !env.iter().any(|(k, _)| k == "HOSTNAME") {
            env.insert(0, ("HOSTNAME".into(), self.hostname(containers)));
        }
        let config = ContainerConfig {
            name: container.name.clone(),
            image: image.to_owned(),
            command,
            args,
            env,
            working_dir: container.working_dir.clone().filter(|w| !w.is_empty()),
            user,
            group,
            fs_group: all.and_then(|c| c.fs_group),
            mounts,
            read_only_root: own.and_then(|c: &SecurityContext| c.read_only_root_filesystem) == Some(true),
            memory_limit: limit.and_then(|l| u64::try_from(l).ok()),
            termination_message_path: container.termination_message_path.clone().unwrap_or_else(|| "/dev/termination-log".into()),
            declared_ports: container.ports.iter().flatten().filter_map(|p| u16::try_from(p.container_port).ok()).collect(),
            init: containers.role(slot) == Role::Init,
            stdin: container.stdin == Some(true),
            tty: container.tty == Some(true),
            stop_signal: container.lifecycle.as_ref().and_then(|l| l.stop_signal.clone()),
        };
        Ok(Made { config: Config(config), name, restart, resolved: Rc::new((known.canonical, image_id)), user: shown })
    }

    /// The Pod's host name.
    pub(crate) fn hostname(&self, containers: Containers<'_>) -> String {
        let spec = containers.0;
        if let Some(own) = spec.hostname.clone().filter(|h| !h.is_empty()) {
            own
        } else if spec.host_network == Some(true) {
            self.node_name.to_string()
        } else {
            let name: String = self.key.name.chars().take(63).collect();
            name.trim_end_matches(['-', '.']).to_owned()
        }
    }
}
