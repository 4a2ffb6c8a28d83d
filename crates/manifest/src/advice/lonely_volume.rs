//! An `emptyDir` lives as long as the Pod and is shared by the containers that mount it. One that a
//! single container of several mounts is shared with nobody: often the mount in the other container
//! was forgotten, or has another name.

use super::{Advice, Scene};

pub(super) fn check(scene: &Scene<'_>, advice: &mut Advice<'_>) {
    for pod in scene.pods() {
        let all: Vec<_> = pod.inits().iter().chain(pod.apps()).collect();
        if all.len() < 2 {
            continue;
        }
        for volume in pod.spec.items("volumes").iter().filter(|v| v.get("emptyDir").is_some()) {
            let name = volume.text("name");
            let users: Vec<_> = all.iter().filter(|c| c.items("volumeMounts").iter().any(|m| m.text("name") == name)).collect();
            let span = volume.get("name").map_or(volume.span, |n| n.span);
            match users.as_slice() {
                [] => advice.say(
                    pod.document,
                    span,
                    format!("no container mounts the volume {name:?}"),
                    "Mount it where its files are needed, or leave it out.",
                    Vec::new(),
                ),
                // Scratch space is nobody's business.
                [only] if only.items("volumeMounts").iter().any(|m| m.text("name") == name && is_scratch(m.text("mountPath"))) => {}
                [only] => {
                    let who = only.text("name");
                    let related = vec![(super::place(only), "mounted here only".to_owned())];
                    advice.say(
                        pod.document,
                        span,
                        format!("only {who:?} mounts the volume {name:?}: the other containers do not see its files"),
                        "Mount it in each container that should see the files.",
                        related,
                    );
                }
                _ => {}
            }
        }
    }
}

/// Whether a path is where programs keep what nobody else needs.
fn is_scratch(path: &str) -> bool {
    ["/tmp", "/var/tmp", "/var/cache", "/var/run", "/run", "/dev/shm"].iter().any(|p| path == *p || path.starts_with(&format!("{p}/")))
        || path.contains("cache")
}
