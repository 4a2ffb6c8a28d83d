//! A probe connects to a port of the container. A name must be the name of one of its ports, and a
//! number should be one that it opens; the API server checks neither.

use super::{Advice, Scene, known_port};
use crate::yaml::Content;

pub(super) fn check(scene: &Scene<'_>, advice: &mut Advice<'_>) {
    for pod in scene.pods() {
        for c in pod.together() {
            let ports = c.items("ports");
            for kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
                let Some(probe) = c.get(kind) else { continue };
                let Some(port) = ["httpGet", "tcpSocket", "grpc"].iter().find_map(|h| probe.get(h)?.get("port")) else { continue };
                let who = c.text("name");
                match &port.content {
                    Content::String(name) if !ports.iter().any(|p| p.text("name") == &**name) => {
                        advice.say(
                            pod.document,
                            port.span,
                            format!("{who:?} has no port named {name:?}: the probe cannot succeed"),
                            "Use the name of one of the container's ports, or a number.",
                            Vec::new(),
                        );
                    }
                    Content::Int(n) => {
                        let open = ports.iter().any(|p| p.number("containerPort") == Some(*n)) || known_port(c) == Some(*n);
                        let known = !ports.is_empty() || known_port(c).is_some();
                        // Another container of the Pod may answer: they share the address.
                        let elsewhere =
                            pod.together().any(|o| o.items("ports").iter().any(|p| p.number("containerPort") == Some(*n)) || known_port(o) == Some(*n));
                        if known && !open && !elsewhere {
                            advice.say(
                                pod.document,
                                port.span,
                                format!("{who:?} says nothing of port {n}, which this probe asks"),
                                "Probe the port that the program listens on.",
                                Vec::new(),
                            );
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}
