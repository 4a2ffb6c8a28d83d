//! The garbage collector: what has lost its owner goes; owners wait for what they own
//! (follows pkg/controller/garbagecollector/garbagecollector.go).

use super::Context;
use crate::action::Propagation;
use podglass_manifest::{Kind, Object, ObjectKey};
use std::rc::Rc;

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

fn has(object: &Object, finalizer: &str) -> bool {
    object.metadata().finalizers.iter().flatten().any(|f| f == finalizer)
}

/// Looks at an object: as an owner that is being deleted, and as a dependant.
pub(super) fn sync(cx: &mut Context<'_>, key: &ObjectKey) {
    let Some(object) = cx.api.find(key).cloned() else { return };
    if object.metadata().deletion_timestamp.is_some() {
        if has(&object, ORPHAN) {
            return orphan(cx, &object);
        }
        if has(&object, FOREGROUND) {
            return wait(cx, &object);
        }
        if key.kind == Kind::PersistentVolumeClaim || key.kind == Kind::PersistentVolume {
            super::volumes::release(cx, &object);
        }
        return;
    }
    let references = object.metadata().owner_references.clone().unwrap_or_default();
    if references.is_empty() {
        return;
    }
    let owner = |uid: &str| {
        cx.index.by_uid(uid).filter(|o| o.namespace.is_empty() || o.namespace == key.namespace).and_then(|o| cx.api.find(o)).filter(|o| o.uid() == uid)
    };
    let (mut solid, mut waiting, mut dangling) = (0, 0, Vec::new());
    for r in &references {
        match owner(&r.uid) {
            None => dangling.push(r.uid.clone()),
            Some(o) if o.metadata().deletion_timestamp.is_some() && has(o, FOREGROUND) => waiting += 1,
            Some(_) => solid += 1,
        }
    }
    if solid > 0 {
        if !dangling.is_empty() {
            let _ = cx.api.update(key, cx.cause, |o| {
                if let Some(all) = &mut o.metadata_mut().owner_references {
                    all.retain(|r| !dangling.contains(&r.uid));
                }
            });
        }
        return;
    }
    let owns = cx.index.dependants(object.uid()).next().is_some();
    let how = if waiting > 0 && owns { Propagation::Foreground } else { Propagation::Background };
    let _ = cx.api.delete(key, None, how, cx.cause);
}

/// Foreground: the owner goes when nothing it owns blocks it any more.
fn wait(cx: &mut Context<'_>, owner: &Rc<Object>) {
    let uid = owner.uid();
    let all: Vec<Rc<Object>> = cx.index.dependants(uid).cloned().collect();
    let blocking = all.iter().filter(|o| o.metadata().owner_references.iter().flatten().any(|r| r.uid == uid && r.block_owner_deletion == Some(true))).count();
    if blocking == 0 {
        return strip(cx, &owner.key(), FOREGROUND);
    }
    for o in all.iter().filter(|o| o.metadata().deletion_timestamp.is_none()) {
        let shared = o.metadata().owner_references.iter().flatten().any(|r| r.uid != uid && cx.index.by_uid(&r.uid).is_some());
        if shared {
            continue;
        }
        let owns = cx.index.dependants(o.uid()).next().is_some();
        let how = if owns { Propagation::Foreground } else { Propagation::Background };
        let _ = cx.api.delete(&o.key(), None, how, cx.cause);
    }
}

/// Orphan: everything it owns forgets it.
fn orphan(cx: &mut Context<'_>, owner: &Rc<Object>) {
    let uid = owner.uid().to_owned();
    let all: Vec<ObjectKey> = cx.index.dependants(&uid).map(|o| o.key()).collect();
    for key in all {
        let _ = cx.api.update(&key, cx.cause, |o| {
            let m = o.metadata_mut();
            m.owner_references = m.owner_references.take().map(|r| r.into_iter().filter(|r| r.uid != uid).collect::<Vec<_>>()).filter(|r| !r.is_empty());
        });
    }
    strip(cx, &owner.key(), ORPHAN);
}

/// Takes a finalizer off.
pub(super) fn strip(cx: &mut Context<'_>, key: &ObjectKey, finalizer: &str) {
    let _ = cx.api.update(key, cx.cause, |o| {
        let m = o.metadata_mut();
        m.finalizers = m.finalizers.take().map(|f| f.into_iter().filter(|f| f != finalizer).collect::<Vec<_>>()).filter(|f| !f.is_empty());
    });
}
