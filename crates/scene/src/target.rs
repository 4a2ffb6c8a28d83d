//! What can be selected, hovered and asked about, the same in every pane.

use podglass_cluster::{RecordId, manifest::ObjectKey};

/// A thing that a click selects everywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// An object: Pod, Service, Deployment, …
    Object(ObjectKey),
    /// A container of a Pod.
    Container {
        /// The Pod.
        pod: ObjectKey,
        /// The container's name.
        container: String,
    },
    /// A volume of a Pod.
    Volume {
        /// The Pod.
        pod: ObjectKey,
        /// The volume's name.
        volume: String,
    },
    /// A port of a Pod.
    Port {
        /// The Pod.
        pod: ObjectKey,
        /// The number.
        port: u16,
    },
    /// A record of the journal.
    Record(RecordId),
}

impl Target {
    /// The object it belongs to; records have none here.
    pub fn object(&self) -> Option<&ObjectKey> {
        match self {
            Target::Object(key) => Some(key),
            Target::Container { pod, .. } | Target::Volume { pod, .. } | Target::Port { pod, .. } => Some(pod),
            Target::Record(_) => None,
        }
    }

    /// A stable key for lists and for `data-target`: `Pod/default/web/c/nginx`.
    pub fn id(&self) -> String {
        let object = |k: &ObjectKey| format!("{}/{}/{}", k.kind.name(), k.namespace, k.name);
        match self {
            Target::Object(key) => object(key),
            Target::Container { pod, container } => format!("{}/c/{container}", object(pod)),
            Target::Volume { pod, volume } => format!("{}/v/{volume}", object(pod)),
            Target::Port { pod, port } => format!("{}/p/{port}", object(pod)),
            Target::Record(id) => format!("r/{}", id.0),
        }
    }
}
