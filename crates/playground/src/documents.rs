//! The editor's tabs, what is read from them, and the way between a place in a text and a thing.

use crate::scenario::Text;
use podglass_cluster::Cluster;
use podglass_cluster::manifest::{self, Diagnostic, Document, Kind, Object, ObjectKey, Reading, Severity};
use podglass_scene::Target;
use std::rc::Rc;

/// A tab with what was read from it.
#[derive(Clone, Debug)]
pub struct Tab {
    /// File name.
    pub name: String,
    /// Its text.
    pub text: Rc<str>,
    /// What the text says.
    pub reading: Rc<Reading>,
    /// Grows when the text was replaced by something else than typing.
    pub revision: u64,
    /// It belongs to the right side of a comparison. Such tabs stand after all others.
    pub right: bool,
}

impl Tab {
    /// Reads a text.
    pub fn new(name: &str, text: &str) -> Tab {
        Tab { name: name.to_owned(), text: text.into(), reading: reading(name, text), revision: 0, right: false }
    }
    /// Number of errors.
    pub fn errors(&self) -> usize {
        self.reading.diagnostics.iter().filter(|d| d.severity == Severity::Error).count()
    }
}

/// Bytes of one document of the editor that are read: what a real cluster stores of one object at most (etcd's
/// `--max-request-bytes`). More would hold the page while it is read.
pub(crate) const MOST: usize = 3 << 19;

/// What a text says: a Dockerfile's mistakes, or a manifest.
pub fn reading(name: &str, text: &str) -> Rc<Reading> {
    if text.len() > MOST {
        let first_line = text.find('\n').unwrap_or(text.len()).min(80);
        let end = (0..=first_line).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        let message = format!("this text has {:.1} MB; up to {:.1} MB are read at once", text.len() as f64 / 1e6, MOST as f64 / 1e6);
        let diagnostic = Diagnostic {
            code: "too-large",
            severity: Severity::Error,
            message,
            span: manifest::Span { start: 0, end },
            path: String::new(),
            related: Vec::new(),
            help: Some("Keep the documents you want to watch and remove the others. Nothing of the text is lost.".to_owned()),
            fix: None,
        };
        return Rc::new(Reading { documents: Vec::new(), diagnostics: vec![diagnostic] });
    }
    Rc::new(if crate::dockerfiles::is_dockerfile(name, text) { crate::dockerfiles::reading(name, text) } else { manifest::read(text) })
}

/// The key an object has in the cluster: with the default namespace where it has none.
pub fn stored_key(object: &Object) -> ObjectKey {
    let mut key = object.key();
    if object.namespaced() && key.namespace.is_empty() {
        "default".clone_into(&mut key.namespace);
    }
    key
}

/// Every object of the tabs, in order.
pub fn objects(tabs: &[Tab]) -> Vec<Rc<Object>> {
    tabs.iter().flat_map(|t| t.reading.objects()).map(|o| Rc::new(o.clone())).collect()
}

/// The tabs' texts.
pub fn texts(tabs: &[Tab]) -> Vec<Text> {
    tabs.iter().map(|t| Text { name: t.name.clone(), text: t.text.to_string() }).collect()
}

/// Where a Pod's spec stands in a manifest of this kind.
fn pod_spec(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Pod => Some("spec"),
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::Job | Kind::ReplicationController => Some("spec.template.spec"),
        Kind::CronJob => Some("spec.jobTemplate.spec.template.spec"),
        _ => None,
    }
}

/// The owners of an object, itself first, up to the one nobody owns.
pub fn owners(cluster: &Cluster, key: &ObjectKey) -> Vec<ObjectKey> {
    let mut out = vec![key.clone()];
    let mut at = key.clone();
    for _ in 0..6 {
        let Some(object) = cluster.api().find(&at) else { break };
        let owner = object.metadata().owner_references.iter().flatten().find(|o| o.controller == Some(true));
        let Some((owner, kind)) = owner.and_then(|o| Some((o, Kind::ALL.iter().copied().find(|k| k.name() == o.kind)?))) else { break };
        at = ObjectKey { kind, namespace: at.namespace.clone(), name: owner.name.clone() };
        out.push(at.clone());
    }
    out
}

/// A place: which tab, first byte, one past the last byte.
pub type Place = (usize, usize, usize);

/// The document a thing comes from.
fn document<'a>(tabs: &'a [Tab], cluster: &Cluster, key: &ObjectKey) -> Option<(usize, &'a Document)> {
    owners(cluster, key).iter().rev().find_map(|k| {
        tabs.iter().enumerate().find_map(|(i, t)| t.reading.documents.iter().find(|d| d.object.as_ref().is_some_and(|o| stored_key(o) == *k)).map(|d| (i, d)))
    })
}

/// The path of a thing in its document.
fn path(cluster: &Cluster, document: &Document, target: &Target) -> Option<String> {
    let spec_path = pod_spec(document.object.as_ref()?.kind());
    let pod = |key: &ObjectKey| match cluster.api().find(key).map(Rc::as_ref) {
        Some(Object::Pod(pod)) => pod.spec.clone(),
        _ => None,
    };
    match target {
        Target::Object(_) => Some("metadata.name".to_owned()),
        Target::Container { pod: key, container } => {
            let (spec, base) = (pod(key)?, spec_path?);
            let find = |list: &[k8s_openapi::api::core::v1::Container]| list.iter().position(|c| c.name == *container);
            if let Some(i) = find(&spec.containers) {
                return Some(format!("{base}.containers[{i}]"));
            }
            find(spec.init_containers.as_deref().unwrap_or_default()).map(|i| format!("{base}.initContainers[{i}]"))
        }
        Target::Volume { pod: key, volume } => {
            let (spec, base) = (pod(key)?, spec_path?);
            spec.volumes?.iter().position(|v| v.name == *volume).map(|i| format!("{base}.volumes[{i}]"))
        }
        Target::Port { pod: key, port } => {
            let (spec, base) = (pod(key)?, spec_path?);
            for (field, list) in [("containers", spec.containers.as_slice()), ("initContainers", spec.init_containers.as_deref().unwrap_or_default())] {
                for (i, c) in list.iter().enumerate() {
                    if let Some(j) = c.ports.iter().flatten().position(|p| p.container_port == i32::from(*port)) {
                        return Some(format!("{base}.{field}[{i}].ports[{j}]"));
                    }
                }
            }
            None
        }
        Target::Record(_) => None,
    }
}

/// Where a thing stands in the texts.
pub fn place(tabs: &[Tab], cluster: &Cluster, target: &Target) -> Option<Place> {
    let (tab, document) = document(tabs, cluster, target.object()?)?;
    if let Target::Object(key) = target
        && document.object.as_ref().is_some_and(|o| stored_key(o) == *key)
    {
        return Some((tab, document.span.start, document.span.end));
    }
    let span = path(cluster, document, target).and_then(|p| document.whole(&p).or_else(|| document.span(&p)))?;
    Some((tab, span.start, span.end))
}

/// Where a field of the object behind a thing stands.
pub fn field(tabs: &[Tab], cluster: &Cluster, target: &Target, field: &str) -> Option<Place> {
    let (tab, document) = document(tabs, cluster, target.object()?)?;
    let base = match target {
        Target::Object(_) => {
            pod_spec(document.object.as_ref()?.kind()).filter(|_| field.starts_with("spec.")).map(|p| format!("{p}{}", field.trim_start_matches("spec")))
        }
        _ => path(cluster, document, target).map(|p| format!("{p}.{field}")),
    };
    let span = document.span(&base.unwrap_or_else(|| field.to_owned()))?;
    Some((tab, span.start, span.end))
}

/// The thing at a byte of a tab: the smallest one around it.
pub fn thing_at(tabs: &[Tab], cluster: &Cluster, tab: usize, byte: usize) -> Option<Target> {
    let document = tabs.get(tab)?.reading.documents.iter().find(|d| d.span.start <= byte && byte <= d.span.end)?;
    let key = stored_key(document.object.as_ref()?);
    let mut candidates = vec![Target::Object(key.clone())];
    let pods = cluster.api().list(Kind::Pod).filter(|p| owners(cluster, &p.key()).contains(&key));
    if let Some(Object::Pod(pod)) = pods.map(Rc::as_ref).next()
        && let Some(spec) = &pod.spec
    {
        let key =
            ObjectKey { kind: Kind::Pod, namespace: pod.metadata.namespace.clone().unwrap_or_default(), name: pod.metadata.name.clone().unwrap_or_default() };
        for c in spec.init_containers.iter().flatten().chain(&spec.containers) {
            candidates.push(Target::Container { pod: key.clone(), container: c.name.clone() });
            candidates.extend(c.ports.iter().flatten().map(|p| Target::Port { pod: key.clone(), port: p.container_port.clamp(0, 65535) as u16 }));
        }
        candidates.extend(spec.volumes.iter().flatten().map(|v| Target::Volume { pod: key.clone(), volume: v.name.clone() }));
    }
    let spans = candidates.into_iter().filter_map(|t| {
        let (at, start, end) = place(tabs, cluster, &t)?;
        (at == tab && start <= byte && byte <= end).then_some((end - start, t))
    });
    spans.min_by_key(|(length, _)| *length).map(|(_, t)| t)
}

/// Line (from 1) and column in characters (from 1) of a byte.
pub fn line_column(text: &str, byte: usize) -> (usize, usize) {
    manifest::Span { start: byte, end: byte }.line_column(text)
}
