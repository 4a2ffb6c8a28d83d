//! Init containers run one after the other, each to its end. One that never ends holds everything
//! after it in `Init:0/1` for ever.

use super::{Advice, Scene, is_sidecar, never_ends, place};

pub(super) fn check(scene: &Scene<'_>, advice: &mut Advice<'_>) {
    for pod in scene.pods() {
        for c in pod.inits().iter().filter(|c| !is_sidecar(c) && never_ends(c)) {
            let who = c.text("name");
            advice.say(
                pod.document,
                place(c),
                format!("the init container {who:?} never ends: nothing after it will start"),
                "Let it end when its work is done, or make it a sidecar with restartPolicy: Always.",
                Vec::new(),
            );
        }
    }
}
