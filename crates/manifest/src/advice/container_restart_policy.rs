//! `restartPolicy` under a container is that container's own policy, an addition of recent releases;
//! the Pod's stands beside `containers`. Who meant the Pod's has indented it too deep.

use super::{Advice, Scene};

pub(super) fn check(scene: &Scene<'_>, advice: &mut Advice<'_>) {
    for pod in scene.pods() {
        for c in pod.apps() {
            if let Some(entry) = c.entry("restartPolicy").filter(|_| c.get("restartPolicyRules").is_none()) {
                let who = c.text("name");
                advice.say(
                    pod.document,
                    entry.key_span,
                    format!("this restartPolicy is for {who:?} alone; the Pod's own stands beside containers"),
                    "Move it out to the level of containers if the whole Pod is meant.",
                    Vec::new(),
                );
            }
        }
    }
}
