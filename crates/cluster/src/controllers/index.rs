//! What the controllers look up: dependants by owner, Pods by label, objects nobody controls. Kept up to date by the journal.

use super::pods::{controller_of, is_terminal};
use crate::labels::Labels;
use crate::typed::Typed;
use crate::{ApiServer, Fact, Record};
use k8s_openapi::api::core::v1::Pod;
use podglass_manifest::{Kind, Object, ObjectKey};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The labels of a Pod that has an address and has not finished.
fn reachable(object: &Object) -> Option<&Labels> {
    let pod = Pod::of(object)?;
    let has_address = pod.status.as_ref().and_then(|s| s.pod_ip.as_ref()).is_some_and(|i| !i.is_empty());
    pod.metadata.labels.as_ref().filter(|_| has_address && !is_terminal(pod))
}

/// Objects by name.
type ByName = BTreeMap<String, Rc<Object>>;

/// The controllers' cache, as informers are in the controller manager.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    dependants: BTreeMap<String, BTreeMap<ObjectKey, Rc<Object>>>,
    free: BTreeMap<(Kind, String), ByName>,
    labelled: BTreeMap<(String, String, String), BTreeSet<String>>,
    pods: usize,
    uids: BTreeMap<String, ObjectKey>,
    /// Which of all Pods it was to come, by uid.
    births: BTreeMap<String, u64>,
    born: u64,
}

impl Index {
    /// Sees a record.
    pub(crate) fn observe(&mut self, record: &Record) {
        match &record.fact {
            Fact::Created(o) => {
                self.add(o, None);
            }
            Fact::Updated { before, after } => {
                self.add(after, Some(before));
            }
            Fact::Deleted(o) => self.forget(o),
            _ => {}
        }
    }

    fn add(&mut self, object: &Rc<Object>, before: Option<&Rc<Object>>) {
        let kind = object.kind();
        if kind == Kind::Event {
            return;
        }
        let meta = object.metadata();
        let key = object.key();
        if before.is_none() {
            self.uids.insert(object.uid().to_owned(), key.clone());
        }
        if let Some(before) = before
            && before.metadata().owner_references != meta.owner_references
        {
            for r in before.metadata().owner_references.iter().flatten() {
                self.unlink(&r.uid, &key);
            }
        }
        for r in meta.owner_references.iter().flatten() {
            self.dependants.entry(r.uid.clone()).or_default().insert(key.clone(), object.clone());
        }
        if matches!(kind, Kind::Pod | Kind::ReplicaSet | Kind::ControllerRevision | Kind::Job) {
            let shelf = self.free.entry((kind, key.namespace.clone())).or_default();
            if controller_of(meta).is_none() {
                shelf.insert(key.name.clone(), object.clone());
            } else {
                shelf.remove(&key.name);
            }
        }
        if kind == Kind::Pod {
            let old = before.and_then(|b| reachable(b));
            if before.is_none() {
                self.pods += 1;
                self.born += 1;
                self.births.insert(object.uid().to_owned(), self.born);
            }
            let new = reachable(object);
            if old != new {
                self.unlabel(&key, old);
                for (k, v) in new.into_iter().flatten() {
                    self.labelled.entry((key.namespace.clone(), k.clone(), v.clone())).or_default().insert(key.name.clone());
                }
            }
        }
    }

    fn forget(&mut self, object: &Rc<Object>) {
        let key = object.key();
        self.uids.remove(object.uid());
        for r in object.metadata().owner_references.iter().flatten() {
            self.unlink(&r.uid, &key);
        }
        if let Some(shelf) = self.free.get_mut(&(key.kind, key.namespace.clone())) {
            shelf.remove(&key.name);
        }
        if key.kind == Kind::Pod {
            self.unlabel(&key, reachable(object));
            self.pods -= 1;
            self.births.remove(object.uid());
        }
    }

    fn unlink(&mut self, uid: &str, key: &ObjectKey) {
        if let Some(all) = self.dependants.get_mut(uid) {
            all.remove(key);
            if all.is_empty() {
                self.dependants.remove(uid);
            }
        }
    }

    fn unlabel(&mut self, key: &ObjectKey, labels: Option<&Labels>) {
        for (k, v) in labels.into_iter().flatten() {
            let place = (key.namespace.clone(), k.clone(), v.clone());
            if let Some(names) = self.labelled.get_mut(&place) {
                names.remove(&key.name);
                if names.is_empty() {
                    self.labelled.remove(&place);
                }
            }
        }
    }

    /// Whether an object with this uid is there, and which.
    pub(crate) fn by_uid(&self, uid: &str) -> Option<&ObjectKey> {
        self.uids.get(uid)
    }

    /// All objects that name this uid as an owner.
    pub(crate) fn dependants(&self, uid: &str) -> impl Iterator<Item = &Rc<Object>> {
        self.dependants.get(uid).into_iter().flat_map(BTreeMap::values)
    }

    /// The objects of a kind whose controller has this uid, by name.
    pub(crate) fn controlled(&self, uid: &str, kind: Kind) -> impl Iterator<Item = &Rc<Object>> {
        self.dependants(uid).filter(move |o| o.kind() == kind && controller_of(o.metadata()).is_some_and(|r| r.uid == uid))
    }

    /// The objects of a kind in a namespace that have no controller, by name.
    pub(crate) fn free(&self, kind: Kind, namespace: &str) -> impl Iterator<Item = &Rc<Object>> {
        self.free.get(&(kind, namespace.to_owned())).into_iter().flat_map(BTreeMap::values)
    }

    /// Which of all Pods the one with this uid was to come.
    pub(crate) fn born(&self, uid: &str) -> u64 {
        self.births.get(uid).copied().unwrap_or(0)
    }

    /// How many Pods there are.
    pub(crate) fn pod_count(&self) -> usize {
        self.pods
    }

    /// The Pods of a namespace that have an address and all these labels, by name.
    pub(crate) fn reachable_with<'a>(&'a self, api: &'a ApiServer, namespace: &'a str, wanted: &'a Labels) -> impl Iterator<Item = &'a Rc<Object>> {
        let rarest =
            wanted.iter().map(|(k, v)| self.labelled.get(&(namespace.to_owned(), k.clone(), v.clone()))).min_by_key(|names| names.map_or(0, BTreeSet::len));
        rarest
            .flatten()
            .into_iter()
            .flatten()
            .filter_map(move |name| api.get(Kind::Pod, namespace, name))
            .filter(move |o| crate::labels::includes(o.metadata().labels.as_ref(), wanted))
    }
}
