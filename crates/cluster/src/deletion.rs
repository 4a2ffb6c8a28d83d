//! Deletion as the API server does it: grace, finalizers, propagation (follows apiserver/pkg/registry/rest/delete.go,
//! registry/generic/registry/store.go and registry/core/pod/strategy.go).

use crate::action::Propagation;
use crate::api_server::bump_generation;
use crate::{ApiServer, Cause, Refusal};
use k8s_openapi::api::core::v1::Pod;
use podglass_manifest::{Kind, Object, ObjectKey};
use std::rc::Rc;

/// Whether an object that is being deleted has nothing left to wait for.
pub(crate) fn is_over(object: &Object) -> bool {
    let m = object.metadata();
    m.deletion_timestamp.is_some()
        && m.deletion_grace_period_seconds.unwrap_or(0) == 0
        && m.finalizers.as_ref().is_none_or(Vec::is_empty)
        && !matches!(object, Object::Namespace(n) if n.spec.as_ref().and_then(|s| s.finalizers.as_ref()).is_some_and(|f| !f.is_empty()))
}

/// The grace a Pod's deletion gets: `None` for removal at once.
fn pod_grace(pod: &Pod, asked: Option<i64>) -> i64 {
    let spec = pod.spec.as_ref();
    let unbound = spec.and_then(|s| s.node_name.as_deref()).unwrap_or_default().is_empty();
    let over = matches!(pod.status.as_ref().and_then(|s| s.phase.as_deref()), Some("Succeeded" | "Failed"));
    if unbound || over {
        return 0;
    }
    let grace = asked.unwrap_or_else(|| spec.and_then(|s| s.termination_grace_period_seconds).unwrap_or(30));
    if grace < 0 { 1 } else { grace }
}

impl ApiServer {
    /// Deletes an object: marks it when it has grace or finalizers, removes it otherwise. Its dependants are the
    /// garbage collector's.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn delete(&mut self, key: &ObjectKey, grace_period: Option<i64>, propagation: Propagation, cause: Cause) -> Result<Rc<Object>, Refusal> {
        let before = self.find(key).cloned().ok_or_else(|| Refusal::not_found(key))?;
        let grace = if let Object::Pod(pod) = &*before { pod_grace(pod, grace_period) } else { 0 };
        if let (Some(_), Some(left)) = (&before.metadata().deletion_timestamp, before.metadata().deletion_grace_period_seconds)
            && grace >= left
            && (left > 0 || before.metadata().finalizers.is_some())
        {
            return Ok(before); // Grace can be shortened, never extended.
        }
        let finalizer = match propagation {
            Propagation::Foreground => Some("foregroundDeletion"),
            Propagation::Orphan => Some("orphan"),
            Propagation::Background => None,
        };
        let finalizer = finalizer.filter(|_| !matches!(key.kind, Kind::Namespace | Kind::Pod));
        let waits = matches!(&*before, Object::Namespace(_)) || finalizer.is_some() || before.metadata().finalizers.as_ref().is_some_and(|f| !f.is_empty());
        if !waits && key.kind != Kind::Pod {
            return self.remove(key, cause);
        }
        let at = self.timestamp_at(self.now() + (grace.max(0) as u64) * 1000);
        self.update(key, cause, |o| {
            if o.metadata().deletion_timestamp.is_none() && (grace > 0 || waits) {
                bump_generation(o);
            }
            let m = o.metadata_mut();
            if m.deletion_timestamp.is_none() || m.deletion_grace_period_seconds != Some(grace) {
                m.deletion_timestamp = Some(at);
            }
            m.deletion_grace_period_seconds = Some(grace);
            if let Some(f) = finalizer {
                let all = m.finalizers.get_or_insert_default();
                if !all.iter().any(|x| x == f) {
                    all.push(f.to_owned());
                }
            }
            if let Object::Namespace(n) = o {
                n.status.get_or_insert_default().phase = Some("Terminating".into());
            }
        })
    }
}
