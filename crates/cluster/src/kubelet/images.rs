//! The image store of a node and its pulls (follows pkg/kubelet/images/image_manager.go; pulls are serial).

use crate::SimTime;
use std::collections::{BTreeMap, BTreeSet};

/// The images of one node.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImageStore {
    /// Pulled images by their full reference.
    present: BTreeSet<String>,
    /// Images whose pull waits or runs: who asks for one of them later finds its layers there when the turn comes.
    coming: BTreeSet<String>,
    /// The registry connection is taken until then.
    busy: SimTime,
}

impl ImageStore {
    pub(crate) fn has(&self, canonical: &str) -> bool {
        self.present.contains(canonical)
    }
    /// Whether a pull that comes now finds the layers there when its turn comes; from now on, the next ones do.
    pub(crate) fn expect(&mut self, canonical: &str) -> bool {
        self.has(canonical) || !self.coming.insert(canonical.to_owned())
    }
    pub(crate) fn add(&mut self, canonical: String) {
        self.coming.remove(&canonical);
        self.present.insert(canonical);
    }
    /// Puts a pull behind those that wait: when it begins and when it ends.
    pub(crate) fn enqueue(&mut self, now: SimTime, takes: u64) -> (SimTime, SimTime) {
        let begin = self.busy.max(now);
        self.busy = begin + takes;
        (begin, self.busy)
    }
}

/// What a user arranged about images.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arranged {
    /// Duration by reference.
    pub(crate) takes: BTreeMap<String, u64>,
    /// Failure by reference: the registry's words.
    pub(crate) fails: BTreeMap<String, Option<String>>,
}

/// Milliseconds a pull takes: connection, then 40 MB a second (an assumption about the network).
pub(crate) fn usual_duration(size: u64) -> u64 {
    700 + size / 40_000
}

/// Why a reference cannot be parsed (distribution/reference): what stands after `couldn't parse image name "X": `.
pub(crate) fn unparsable(reference: &str) -> Option<String> {
    const FORMAT: &str = "invalid reference format";
    let (name, digest) = reference.split_once('@').map_or((reference, None), |(n, d)| (n, Some(d)));
    let (path, tag) = match name.rfind(':') {
        Some(i) if !name.get(i..).unwrap_or_default().contains('/') => (name.get(..i).unwrap_or_default(), name.get(i + 1..)),
        _ => (name, None),
    };
    let tag_ok =
        |t: &str| !t.is_empty() && t.len() <= 128 && !t.starts_with(['.', '-']) && t.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if path.is_empty() || tag.is_some_and(|t| !tag_ok(t)) || digest.is_some_and(|d| !d.contains(':')) {
        return Some(FORMAT.into());
    }
    let (domain, repository) = match path.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" || first.chars().any(char::is_uppercase) => (Some(first), rest.to_owned()),
        Some(_) => (None, path.to_owned()),
        None => (None, format!("library/{path}")),
    };
    let domain_ok = domain.is_none_or(|d| d.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']')));
    if repository.chars().any(|c| c.is_ascii_uppercase()) && domain_ok {
        return Some(format!("{FORMAT}: repository name ({repository}) must be lowercase"));
    }
    let part_ok = |p: &str| {
        p.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && p.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && p.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))
    };
    (!domain_ok || !repository.split('/').all(part_ok)).then(|| FORMAT.into())
}
