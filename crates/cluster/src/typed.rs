//! From [`Object`] to the type inside, and back.

use crate::{ApiServer, Cause, Refusal};
use k8s_openapi::api::{apps::v1 as apps, batch::v1 as batch, core::v1 as core, discovery::v1 as discovery};
use podglass_manifest::{Kind, Object, ObjectKey};
use std::rc::Rc;

/// A type that stands inside one kind of [`Object`].
pub trait Typed: Sized {
    /// Its kind.
    const KIND: Kind;
    /// Looks into an object.
    fn of(object: &Object) -> Option<&Self>;
    /// Looks into an object, to change it.
    fn of_mut(object: &mut Object) -> Option<&mut Self>;
}

macro_rules! typed {
    ($($kind:ident: $ty:ty),* $(,)?) => {
        $(impl Typed for $ty {
            const KIND: Kind = Kind::$kind;
            fn of(object: &Object) -> Option<&Self> {
                if let Object::$kind(o) = object { Some(o) } else { None }
            }
            fn of_mut(object: &mut Object) -> Option<&mut Self> {
                if let Object::$kind(o) = object { Some(o) } else { None }
            }
        })*
    };
}

typed! {
    Pod: core::Pod, Node: core::Node, Service: core::Service, Endpoints: core::Endpoints, Namespace: core::Namespace,
    ReplicationController: core::ReplicationController, PersistentVolume: core::PersistentVolume,
    PersistentVolumeClaim: core::PersistentVolumeClaim, ResourceQuota: core::ResourceQuota,
    Deployment: apps::Deployment, ReplicaSet: apps::ReplicaSet, StatefulSet: apps::StatefulSet, DaemonSet: apps::DaemonSet,
    ControllerRevision: apps::ControllerRevision, Job: batch::Job, CronJob: batch::CronJob,
    EndpointSlice: discovery::EndpointSlice,
}

impl ApiServer {
    /// One object, typed.
    pub fn typed<T: Typed>(&self, namespace: &str, name: &str) -> Option<&T> {
        self.get(T::KIND, namespace, name).and_then(|o| T::of(o))
    }

    /// Changes an object in place, typed. An object of another type is left alone.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn change<T: Typed>(&mut self, key: &ObjectKey, cause: Cause, change: impl FnOnce(&mut T)) -> Result<Rc<Object>, Refusal> {
        self.update(key, cause, |o| {
            if let Some(t) = T::of_mut(o) {
                change(t);
            }
        })
    }
}
