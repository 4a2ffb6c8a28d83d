//! What a run had to assume, where it comes from, and how to say otherwise: with an image of one's own.
#![expect(clippy::format_push_string, reason = "once an assumption")]

use crate::documents::{self, Tab};
use crate::scenario::Text;
use podglass_cluster::manifest::Object;
use podglass_cluster::runtime::Happening;
use podglass_cluster::{Cluster, Fact, SimTime};
use podglass_scene::Target;
use std::rc::Rc;

/// Something nobody knows, which had to be assumed.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumption {
    /// When it was first assumed.
    pub at: SimTime,
    /// The container it is about.
    pub target: Target,
    /// Its Pod's and its own name.
    pub who: String,
    /// Its image.
    pub image: String,
    /// What was assumed.
    pub text: Rc<str>,
    /// Where the image stands: tab, and line from 1.
    pub place: Option<(usize, usize)>,
    /// A Dockerfile that says otherwise: output, duration, exit code and ports can be written there.
    pub instead: Option<String>,
}

/// Everything a run had to assume, each thing once for an image.
pub fn list(cluster: &Cluster, tabs: &[Tab]) -> Vec<Assumption> {
    let mut out: Vec<Assumption> = Vec::new();
    for record in cluster.api().journal().records() {
        let Fact::Inside(inside) = &record.fact else { continue };
        let Happening::Assumed { text } = &inside.what else { continue };
        let (pod, name) = (&inside.run.pod, inside.run.container.to_string());
        let Some(Object::Pod(found)) = cluster.api().find(pod).map(Rc::as_ref) else { continue };
        let Some(spec) = &found.spec else { continue };
        let init = spec.init_containers.iter().flatten().find(|c| c.name == name);
        let Some(container) = init.or_else(|| spec.containers.iter().find(|c| c.name == name)) else { continue };
        let image = container.image.clone().unwrap_or_default();
        if out.iter().any(|a| a.image == image && a.text == *text) {
            continue;
        }
        let target = Target::Container { pod: pod.clone(), container: name.clone() };
        let place = documents::field(tabs, cluster, &target, "image").or_else(|| documents::place(tabs, cluster, &target));
        let place = place.and_then(|(tab, start, _)| Some((tab, documents::line_column(&tabs.get(tab)?.text, start).0)));
        let ports: Vec<i32> = container.ports.iter().flatten().map(|p| p.container_port).collect();
        let command = container.command.as_ref().and_then(|c| c.first()).cloned();
        let instead = dockerfile(&image, text, command, init.is_some(), &ports);
        out.push(Assumption { at: record.at, target, who: format!("{}/{name}", pod.name), image, text: text.clone(), place, instead });
    }
    out
}

/// A Dockerfile to begin with: it does what was assumed, in words that can be changed.
fn dockerfile(image: &str, text: &str, command: Option<String>, init: bool, ports: &[i32]) -> Option<String> {
    let program = text.strip_prefix("What `").and_then(|t| t.split_once('`')).map(|(p, _)| p.to_owned());
    if program.is_none() && !text.starts_with("What this") {
        return None;
    }
    // A program of a known image is put into it; an unknown image is made anew.
    let path = |name: String| if name.starts_with('/') { name } else { format!("/usr/local/bin/{name}") };
    let (from, place, start) = match (&program, command) {
        (Some(p), _) if !p.contains(' ') => (image, path(p.clone()), false),
        (_, Some(command)) => ("busybox", path(command), false),
        _ => ("busybox", "/program".to_owned(), true),
    };
    let mut out = format!(
        "# image: {image}\n# Instead of what is assumed of it: what it prints, how long it works, how it ends. Change it and run again.\nFROM {from}\n"
    );
    for port in ports {
        out.push_str(&format!("EXPOSE {port}\n"));
    }
    out.push_str(&format!("COPY program {place}\n"));
    if start {
        out.push_str(&format!("CMD [\"{place}\"]\n"));
    }
    out.push_str("\n# file: program\n#!/bin/sh\n");
    match ports.first() {
        Some(port) if program.is_none() && !init => {
            out.push_str(&format!("mkdir -p /www\necho OK > /www/index.html\necho \"listening on {port}\"\nexec httpd -f -p {port} -h /www\n"));
        }
        _ if program.is_some() => out.push_str("echo \"done\"\nexit 0\n"),
        _ if init => out.push_str("echo \"working\"\nsleep 3\nexit 0\n"),
        _ => out.push_str("echo \"started\"\nexec sleep infinity\n"),
    }
    Some(out)
}

/// The document that says otherwise.
pub fn document(tabs: &[Tab], text: &str) -> Text {
    Text { name: crate::dockerfiles::free_name(tabs), text: text.to_owned() }
}
