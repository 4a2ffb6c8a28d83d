//! A Pod that needs a ConfigMap, Secret or claim that does not exist waits: `CreateContainerConfigError`,
//! `ContainerCreating` or `Pending`. The API server does not look.

use std::rc::Rc;

use super::{Advice, PodView, Scene};
use crate::Kind;
use crate::yaml::{Content, Node};

pub(super) fn check(scene: &Scene<'_>, advice: &mut Advice<'_>) {
    for pod in scene.pods() {
        let mut seen: Vec<(Kind, String)> = Vec::new();
        for (kind, name) in references(&pod) {
            let Some(text) = name.as_str().filter(|t| !t.is_empty()) else { continue };
            if scene.has(kind, text) || (kind == Kind::ConfigMap && text == "kube-root-ca.crt") || seen.contains(&(kind, text.to_owned())) {
                continue;
            }
            seen.push((kind, text.to_owned()));
            let what = kind.name();
            advice.say(
                pod.document,
                name.span,
                format!("no {what} {text:?} in this text: the Pod waits until there is one"),
                "Add it, or mark the reference as optional.",
                Vec::new(),
            );
        }
    }
}

fn optional(n: &Node) -> bool {
    matches!(n.get("optional").map(|o| &o.content), Some(Content::Bool(true)))
}

/// What a Pod cannot start without: the kind, and the node that has the name.
fn references<'a>(pod: &PodView<'a>) -> Vec<(Kind, &'a Rc<Node>)> {
    let mut found = Vec::new();
    let mut add = |kind: Kind, holder: Option<&'a Rc<Node>>, key: &str| {
        if let Some(name) = holder.filter(|h| !optional(h)).and_then(|h| h.get(key)) {
            found.push((kind, name));
        }
    };
    for v in pod.spec.items("volumes") {
        add(Kind::ConfigMap, v.get("configMap"), "name");
        add(Kind::Secret, v.get("secret"), "secretName");
        add(Kind::PersistentVolumeClaim, v.get("persistentVolumeClaim"), "claimName");
        for s in v.get("projected").map(|p| p.items("sources")).unwrap_or_default() {
            add(Kind::ConfigMap, s.get("configMap"), "name");
            add(Kind::Secret, s.get("secret"), "name");
        }
    }
    for c in pod.inits().iter().chain(pod.apps()) {
        for e in c.items("env") {
            let from = e.get("valueFrom");
            add(Kind::ConfigMap, from.and_then(|f| f.get("configMapKeyRef")), "name");
            add(Kind::Secret, from.and_then(|f| f.get("secretKeyRef")), "name");
        }
        for e in c.items("envFrom") {
            add(Kind::ConfigMap, e.get("configMapRef"), "name");
            add(Kind::Secret, e.get("secretRef"), "name");
        }
    }
    found
}
