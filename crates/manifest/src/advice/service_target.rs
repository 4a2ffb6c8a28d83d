//! A Service sends to Pods that have all labels of its selector, to the port named in `targetPort`.
//! Nothing complains when no Pod matches or when nobody listens there: connections just fail.

use super::{Advice, PodView, Scene, known_port};
use crate::Kind;
use crate::yaml::{Content, Node};

pub(super) fn check(scene: &Scene<'_>, advice: &mut Advice<'_>) {
    let pods: Vec<PodView<'_>> = scene.pods().collect();
    if pods.is_empty() {
        return;
    }
    // Label, value and Pod, sorted: a selector's first label finds the Pods that may match.
    let mut labelled: Vec<(&str, &str, usize)> = Vec::new();
    for (i, p) in pods.iter().enumerate() {
        if let Some(Content::Mapping(labels)) = p.labels.map(|l| &l.content) {
            labelled.extend(labels.iter().filter_map(|l| Some((&*l.key, l.value.as_str()?, i))));
        }
    }
    labelled.sort_unstable();
    for document in scene.of(Kind::Service).filter(|d| d.is_valid) {
        let root = &*document.root;
        let Some(Content::Mapping(selector)) = root.at(&["spec", "selector"]).map(|s| &s.content) else { continue };
        if selector.is_empty() {
            continue;
        }
        let first = selector.first().and_then(|e| Some((&*e.key, e.value.as_str()?)));
        let Some((key, value)) = first else { continue };
        let from = labelled.partition_point(|l| (l.0, l.1) < (key, value));
        let candidates = labelled.iter().skip(from).take_while(|l| (l.0, l.1) == (key, value)).filter_map(|l| pods.get(l.2));
        let matching: Vec<&PodView<'_>> = candidates.filter(|p| selector.iter().all(|e| p.label(&e.key) == e.value.as_str())).collect();
        if matching.is_empty() {
            let span = document.nearest("spec.selector");
            advice.say(
                document,
                span,
                "no Pod in this text has the labels of this selector: the Service has no endpoints".to_owned(),
                "Give the Pods these labels, or select the ones they have.",
                Vec::new(),
            );
            continue;
        }
        let Some(spec) = root.get("spec") else { continue };
        for port in spec.items("ports") {
            target(document, port, &matching, advice);
        }
    }
}

fn target(document: &crate::Document, port: &Node, pods: &[&PodView<'_>], advice: &mut Advice<'_>) {
    let target = port.get("targetPort").or_else(|| port.get("port"));
    let Some(target) = target else { return };
    let containers = || pods.iter().flat_map(|p| p.together());
    match &target.content {
        Content::String(name) if !containers().any(|c| c.items("ports").iter().any(|p| p.text("name") == &**name)) => {
            advice.say(
                document,
                target.span,
                format!("no container has a port named {name:?}: the Service sends nowhere"),
                "Name a container port so, or use its number.",
                Vec::new(),
            );
        }
        Content::Int(n) => {
            let declares = |c: &Node| c.items("ports").iter().any(|p| p.number("containerPort") == Some(*n)) || known_port(c) == Some(*n);
            // A container that declares nothing and runs its own program may listen anywhere.
            let silent = |c: &Node| c.items("ports").is_empty() && known_port(c).is_none();
            if !containers().any(|c| declares(c) || silent(c)) {
                advice.say(
                    document,
                    target.span,
                    format!("no container of the selected Pods opens port {n}"),
                    "targetPort is the port the program listens on.",
                    Vec::new(),
                );
            }
        }
        _ => {}
    }
}
