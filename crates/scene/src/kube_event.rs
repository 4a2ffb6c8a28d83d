//! Events of the cluster (`kubectl get events`), read from a record.

use k8s_openapi::api::core::v1::Event;
use podglass_cluster::manifest::{Kind, Object, ObjectKey};
use podglass_cluster::{Fact, Record};

/// What an event says.
#[derive(Clone, Copy, Debug)]
pub struct KubeEvent<'a> {
    /// The whole event.
    pub event: &'a Event,
    /// How often it was seen.
    pub count: i32,
}

impl<'a> KubeEvent<'a> {
    /// Reads an event that was made, or seen once more, by a record.
    pub fn of(record: &'a Record) -> Option<KubeEvent<'a>> {
        match &record.fact {
            Fact::Created(o) | Fact::Updated { after: o, .. } => KubeEvent::of_object(o),
            _ => None,
        }
    }
    /// Reads an event object.
    pub fn of_object(object: &'a Object) -> Option<KubeEvent<'a>> {
        let Object::Event(event) = object else { return None };
        let count = event.count.or_else(|| event.series.as_ref().and_then(|s| s.count)).unwrap_or(1);
        Some(KubeEvent { event, count })
    }
    /// Reason.
    pub fn reason(self) -> &'a str {
        self.event.reason.as_deref().unwrap_or_default()
    }
    /// Message.
    pub fn message(self) -> &'a str {
        self.event.message.as_deref().unwrap_or_default()
    }
    /// Whether it is a warning.
    pub fn warning(self) -> bool {
        self.event.type_.as_deref() == Some("Warning")
    }
    /// Kind of the object it is about.
    pub fn kind(self) -> Option<Kind> {
        let name = self.event.involved_object.kind.as_deref()?;
        Kind::ALL.iter().copied().find(|k| k.name() == name)
    }
    /// The object it is about, where its kind is known.
    pub fn about(self) -> Option<ObjectKey> {
        let o = &self.event.involved_object;
        Some(ObjectKey { kind: self.kind()?, namespace: o.namespace.clone().unwrap_or_default(), name: o.name.clone().unwrap_or_default() })
    }
    /// The container it is about: `spec.containers{web}`.
    pub fn container(self) -> Option<&'a str> {
        self.event.involved_object.field_path.as_deref()?.split_once('{')?.1.strip_suffix('}')
    }
    /// Who wrote it.
    pub fn from(self) -> &'a str {
        let source = self.event.source.as_ref().and_then(|s| s.component.as_deref()).filter(|s| !s.is_empty());
        source.or(self.event.reporting_component.as_deref()).unwrap_or_default()
    }
}
