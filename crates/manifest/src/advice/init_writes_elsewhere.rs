//! Each container has a file system of its own. What an init container writes outside its mounts goes
//! away with it; the app sees only what lies in a volume that both mount.

use super::{Advice, Scene, is_sidecar, place, script};

pub(super) fn check(scene: &Scene<'_>, advice: &mut Advice<'_>) {
    for pod in scene.pods() {
        for c in pod.inits().iter().filter(|c| !is_sidecar(c)) {
            let script = script(c);
            let mounts: Vec<&str> = c.items("volumeMounts").iter().map(|m| m.text("mountPath")).collect();
            let inside = |file: &str| mounts.iter().any(|m| file == *m || file.strip_prefix(m.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/')));
            if let Some(file) = written(&script).into_iter().find(|f| !inside(f) && !f.starts_with("/dev/") && !f.starts_with("/proc/")) {
                let who = c.text("name");
                advice.say(
                    pod.document,
                    place(c),
                    format!("{who:?} writes {file}, which is in no volume: no other container will see it"),
                    "Mount a volume there in both containers, or write into one that is mounted.",
                    Vec::new(),
                );
            }
        }
    }
}

/// Absolute paths that a script writes to.
fn written(script: &str) -> Vec<String> {
    let spaced = script.replace(">>", " > ").replace('>', " > ").replace([';', '&', '|', '(', ')'], " ; ");
    let words: Vec<&str> = spaced.split_whitespace().map(|w| w.trim_matches(['"', '\''])).collect();
    let mut found = Vec::new();
    for pair in words.windows(2) {
        if let [before, file] = pair {
            let writes = matches!(*before, ">" | "-O" | "touch" | "tee") || *before == "--output";
            // `2> file` is a message, not a hand-over.
            if writes && file.starts_with('/') {
                found.push((*file).to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn redirections_and_downloads_are_writes() {
        assert_eq!(super::written("echo hi > /work/x; wget -O /y http://z && cat /etc/q"), ["/work/x", "/y"]);
    }
}
