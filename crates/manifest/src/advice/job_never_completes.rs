//! A Job is complete when all app containers of its Pod have ended. A helper that runs for ever beside
//! the work keeps the Job running. A native sidecar (an init container with `restartPolicy: Always`)
//! is stopped when the work is done.

use super::{Advice, Scene, never_ends, place};

pub(super) fn check(scene: &Scene<'_>, advice: &mut Advice<'_>) {
    for pod in scene.pods().filter(|p| p.in_job) {
        for c in pod.apps().iter().filter(|c| never_ends(c)) {
            let who = c.text("name");
            advice.say(
                pod.document,
                place(c),
                format!("{who:?} never ends by itself, so this Job never completes"),
                "Make it a native sidecar: move it to initContainers with restartPolicy: Always.",
                Vec::new(),
            );
        }
    }
}
