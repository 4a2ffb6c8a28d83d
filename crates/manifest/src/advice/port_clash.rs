//! The containers of a Pod share one IP address. Two programs cannot listen on one port: the second
//! one fails to bind and crash-loops. The API server accepts it with at most a warning.

use std::collections::BTreeMap;

use super::{Advice, Scene, known_port, place};
use crate::Span;

pub(super) fn check(scene: &Scene<'_>, advice: &mut Advice<'_>) {
    for pod in scene.pods() {
        let mut owners: BTreeMap<(i64, String), (String, Span)> = BTreeMap::new();
        for c in pod.together() {
            let who = c.text("name").to_owned();
            let mut own: Vec<(i64, String, Span)> = c
                .items("ports")
                .iter()
                .filter_map(|p| {
                    let protocol = match p.text("protocol") {
                        "" => "TCP",
                        other => other,
                    };
                    Some((p.number("containerPort")?, protocol.to_owned(), p.get("containerPort")?.span))
                })
                .collect();
            if let Some(port) = known_port(c).filter(|p| !own.iter().any(|o| o.0 == *p)) {
                own.push((port, "TCP".to_owned(), place(c)));
            }
            for (port, protocol, span) in own {
                match owners.get(&(port, protocol.clone())) {
                    Some((first, at)) if *first != who => {
                        let related = vec![(*at, format!("{first:?} has it first"))];
                        advice.say(
                            pod.document,
                            span,
                            format!("{first:?} and {who:?} both use port {port}: the second one cannot bind it"),
                            "Let one of them listen on another port.",
                            related,
                        );
                    }
                    Some(_) => {}
                    None => {
                        owners.insert((port, protocol), (who.clone(), span));
                    }
                }
            }
        }
    }
}
