//! API objects of every kind Podglass knows, stored whole as [`k8s_openapi`] types.

use crate::compact::De;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

/// What identifies an object in a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ObjectKey {
    /// The kind.
    pub kind: Kind,
    /// The namespace; empty for kinds that stand outside namespaces.
    pub namespace: String,
    /// The name. For [`Kind::Other`], which stands for many kinds, `Kind.group/name`.
    pub name: String,
}

impl ObjectKey {
    /// The key of an object that has no kind of its own here.
    pub fn other(group: &str, kind: &str, namespace: &str, name: &str) -> ObjectKey {
        ObjectKey { kind: Kind::Other, namespace: namespace.to_owned(), name: [kind, ".", group, "/", name].concat() }
    }
    /// The object's own name.
    pub fn object_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }
}

impl std::fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name.split_once('/').and_then(|(kind, name)| Some((kind.split_once('.')?.0, name))) {
            Some((kind, name)) => write!(f, "{kind} {name}"),
            None => write!(f, "{} {}", self.kind.name(), self.name),
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $ty:ty, $group:literal, $version:literal, $plural:literal, $short:expr, $namespaced:literal;)*) => {
        /// A kind of the Kubernetes API, in its storage version.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
            /// An instance of a CustomResourceDefinition, or a kind that is accepted but not modelled.
            Other,
        }

        /// An API object. The [`k8s_openapi`] type is boxed, so that the enum stays small.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object {
            $($(#[$doc])* $kind(Box<$ty>),)*
            /// Any other kind, as its JSON.
            Other(Box<OtherObject>),
        }

        impl Kind {
            /// Every modelled kind, in the order of this table.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// The kind's name: `Pod`.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$kind => stringify!($kind),)* Kind::Other => "Other" }
            }
            /// The API group: empty for the core group, `apps`.
            pub fn group(self) -> &'static str {
                match self { $(Kind::$kind => $group,)* Kind::Other => "" }
            }
            /// The version within the group: `v1`.
            pub fn version(self) -> &'static str {
                match self { $(Kind::$kind => $version,)* Kind::Other => "" }
            }
            /// The resource's plural name: `pods`.
            pub fn plural(self) -> &'static str {
                match self { $(Kind::$kind => $plural,)* Kind::Other => "" }
            }
            /// The short names kubectl knows: `["po"]`.
            pub fn short_names(self) -> &'static [&'static str] {
                match self { $(Kind::$kind => $short,)* Kind::Other => &[] }
            }
            /// Whether objects of the kind live in a namespace.
            pub fn namespaced(self) -> bool {
                match self { $(Kind::$kind => $namespaced,)* Kind::Other => true }
            }
        }

        impl Object {
            /// The kind.
            pub fn kind(&self) -> Kind {
                match self { $(Object::$kind(_) => Kind::$kind,)* Object::Other(_) => Kind::Other }
            }
            /// The metadata.
            pub fn metadata(&self) -> &ObjectMeta {
                match self { $(Object::$kind(o) => &o.metadata,)* Object::Other(o) => &o.metadata }
            }
            /// The metadata, to be changed.
            pub fn metadata_mut(&mut self) -> &mut ObjectMeta {
                match self { $(Object::$kind(o) => &mut o.metadata,)* Object::Other(o) => &mut o.metadata }
            }
            /// The object as JSON with `apiVersion` and `kind`, keys sorted.
            ///
            /// # Errors
            /// Never for objects of this crate; the type is serde's.
            pub fn to_json(&self) -> Result<Value, serde_json::Error> {
                match self { $(Object::$kind(o) => o.to_value(),)* Object::Other(o) => o.to_value() }
            }
            /// Decodes JSON of a known kind, ignoring what the type does not know.
            /// Strict decoding, with every mistake at its place, is [`crate`]'s reader.
            ///
            /// # Errors
            /// When a field has the wrong type.
            pub fn from_json(kind: Kind, json: Value) -> Result<Object, serde_json::Error> {
                Object::of_json(kind, &json)
            }
            /// [`Object::from_json`] of JSON that is needed further on.
            ///
            /// # Errors
            /// When a field has the wrong type.
            pub fn of_json(kind: Kind, json: &Value) -> Result<Object, serde_json::Error> {
                match kind {
                    $(Kind::$kind => Json::from_value(json).map(|o| Object::$kind(Box::new(o))),)*
                    Kind::Other => Json::from_value(json).map(|o| Object::Other(Box::new(o))),
                }
            }
        }
    };
}

macro_rules! from_types {
    ($($kind:ident: $ty:ty),* $(,)?) => {
        $(impl From<$ty> for Object {
            fn from(o: $ty) -> Object { Object::$kind(Box::new(o)) }
        })*
    };
}
from_types! {
    Pod: core::Pod, Deployment: apps::Deployment, ReplicaSet: apps::ReplicaSet, StatefulSet: apps::StatefulSet, DaemonSet: apps::DaemonSet, ControllerRevision: apps::ControllerRevision, Job: batch::Job, CronJob: batch::CronJob, ReplicationController: core::ReplicationController, Service: core::Service, Endpoints: core::Endpoints, EndpointSlice: discovery::EndpointSlice, ConfigMap: core::ConfigMap, Secret: core::Secret, PersistentVolume: core::PersistentVolume, PersistentVolumeClaim: core::PersistentVolumeClaim, ResourceQuota: core::ResourceQuota, Namespace: core::Namespace, Node: core::Node, Event: core::Event,
}

use k8s_openapi::api::{apps::v1 as apps, batch::v1 as batch, core::v1 as core, discovery::v1 as discovery};

kinds! {
    /// A Pod.
    Pod: core::Pod, "", "v1", "pods", &["po"], true;
    /// A Deployment.
    Deployment: apps::Deployment, "apps", "v1", "deployments", &["deploy"], true;
    /// A ReplicaSet.
    ReplicaSet: apps::ReplicaSet, "apps", "v1", "replicasets", &["rs"], true;
    /// A StatefulSet.
    StatefulSet: apps::StatefulSet, "apps", "v1", "statefulsets", &["sts"], true;
    /// A DaemonSet.
    DaemonSet: apps::DaemonSet, "apps", "v1", "daemonsets", &["ds"], true;
    /// The history of a StatefulSet or DaemonSet.
    ControllerRevision: apps::ControllerRevision, "apps", "v1", "controllerrevisions", &[], true;
    /// A Job.
    Job: batch::Job, "batch", "v1", "jobs", &[], true;
    /// A CronJob.
    CronJob: batch::CronJob, "batch", "v1", "cronjobs", &["cj"], true;
    /// A ReplicationController.
    ReplicationController: core::ReplicationController, "", "v1", "replicationcontrollers", &["rc"], true;
    /// A PodTemplate.
    PodTemplate: OtherObject, "", "v1", "podtemplates", &[], true;
    /// A Service.
    Service: core::Service, "", "v1", "services", &["svc"], true;
    /// The addresses behind a Service, in the old form.
    Endpoints: core::Endpoints, "", "v1", "endpoints", &["ep"], true;
    /// The addresses behind a Service.
    EndpointSlice: discovery::EndpointSlice, "discovery.k8s.io", "v1", "endpointslices", &[], true;
    /// A ConfigMap.
    ConfigMap: core::ConfigMap, "", "v1", "configmaps", &["cm"], true;
    /// A Secret.
    Secret: core::Secret, "", "v1", "secrets", &[], true;
    /// A ServiceAccount.
    ServiceAccount: OtherObject, "", "v1", "serviceaccounts", &["sa"], true;
    /// A PersistentVolume.
    PersistentVolume: core::PersistentVolume, "", "v1", "persistentvolumes", &["pv"], false;
    /// A PersistentVolumeClaim.
    PersistentVolumeClaim: core::PersistentVolumeClaim, "", "v1", "persistentvolumeclaims", &["pvc"], true;
    /// A StorageClass.
    StorageClass: OtherObject, "storage.k8s.io", "v1", "storageclasses", &["sc"], false;
    /// An Ingress.
    Ingress: OtherObject, "networking.k8s.io", "v1", "ingresses", &["ing"], true;
    /// An IngressClass.
    IngressClass: OtherObject, "networking.k8s.io", "v1", "ingressclasses", &[], false;
    /// A NetworkPolicy.
    NetworkPolicy: OtherObject, "networking.k8s.io", "v1", "networkpolicies", &["netpol"], true;
    /// A HorizontalPodAutoscaler.
    HorizontalPodAutoscaler: OtherObject, "autoscaling", "v2", "horizontalpodautoscalers", &["hpa"], true;
    /// A PodDisruptionBudget.
    PodDisruptionBudget: OtherObject, "policy", "v1", "poddisruptionbudgets", &["pdb"], true;
    /// A ResourceQuota.
    ResourceQuota: core::ResourceQuota, "", "v1", "resourcequotas", &["quota"], true;
    /// A LimitRange.
    LimitRange: OtherObject, "", "v1", "limitranges", &["limits"], true;
    /// A PriorityClass.
    PriorityClass: OtherObject, "scheduling.k8s.io", "v1", "priorityclasses", &["pc"], false;
    /// A Namespace.
    Namespace: core::Namespace, "", "v1", "namespaces", &["ns"], false;
    /// A Node.
    Node: core::Node, "", "v1", "nodes", &["no"], false;
    /// A Role.
    Role: OtherObject, "rbac.authorization.k8s.io", "v1", "roles", &[], true;
    /// A RoleBinding.
    RoleBinding: OtherObject, "rbac.authorization.k8s.io", "v1", "rolebindings", &[], true;
    /// A ClusterRole.
    ClusterRole: OtherObject, "rbac.authorization.k8s.io", "v1", "clusterroles", &[], false;
    /// A ClusterRoleBinding.
    ClusterRoleBinding: OtherObject, "rbac.authorization.k8s.io", "v1", "clusterrolebindings", &[], false;
    /// A CustomResourceDefinition.
    CustomResourceDefinition: OtherObject, "apiextensions.k8s.io", "v1", "customresourcedefinitions", &["crd", "crds"], false;
    /// An event. The `events.k8s.io` form of the scheduler and newer controllers is stored as this one too.
    Event: core::Event, "", "v1", "events", &["ev"], true;
}

impl Kind {
    /// `v1`, `apps/v1`.
    pub fn api_version(self) -> String {
        if self.group().is_empty() { self.version().to_owned() } else { format!("{}/{}", self.group(), self.version()) }
    }
}

impl Object {
    /// What identifies the object. The namespace is empty where the metadata has none.
    pub fn key(&self) -> ObjectKey {
        if let Object::Other(o) = self {
            return ObjectKey::other(o.group(), &o.kind, self.namespace(), self.name());
        }
        ObjectKey { kind: self.kind(), namespace: self.namespace().to_owned(), name: self.name().to_owned() }
    }
    /// Whether it stands in a namespace. A custom resource is taken to, unless its definition says otherwise,
    /// which only the cluster knows.
    pub fn namespaced(&self) -> bool {
        match self {
            Object::Other(o) => {
                let version = o.api_version.rsplit('/').next().unwrap_or_default();
                crate::Resource::find(o.group(), version, &o.kind).is_none_or(|r| r.namespaced)
            }
            _ => self.kind().namespaced(),
        }
    }
    /// The name, empty where there is none.
    pub fn name(&self) -> &str {
        self.metadata().name.as_deref().unwrap_or_default()
    }
    /// The namespace, empty where there is none.
    pub fn namespace(&self) -> &str {
        self.metadata().namespace.as_deref().unwrap_or_default()
    }
    /// The uid, empty before the API server gave one.
    pub fn uid(&self) -> &str {
        self.metadata().uid.as_deref().unwrap_or_default()
    }
}

/// Decodes JSON into one of the API's types, ignoring what the type does not know. All decoding of API
/// types goes through here: another deserializer would stamp out all their code once more.
///
/// # Errors
/// When a field has the wrong type.
pub fn decode<T: serde::de::DeserializeOwned>(json: &Value) -> Result<T, serde_json::Error> {
    T::deserialize(De(json)).map_err(serde::de::Error::custom)
}

/// What stands inside an [`Object`].
trait Json: Sized {
    fn from_value(json: &Value) -> Result<Self, serde_json::Error>;
    fn to_value(&self) -> Result<Value, serde_json::Error>;
}

impl<T: Serialize + serde::de::DeserializeOwned> Json for T {
    fn from_value(json: &Value) -> Result<Self, serde_json::Error> {
        decode(json)
    }
    fn to_value(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }
}

impl Json for OtherObject {
    fn from_value(json: &Value) -> Result<Self, serde_json::Error> {
        OtherObject::from_json(json.clone())
    }
    fn to_value(&self) -> Result<Value, serde_json::Error> {
        Ok(self.to_json())
    }
}

/// An object as its JSON: of a kind that no part of the cluster looks into often enough to be worth the
/// weight of its type, a custom resource, or a kind that is not modelled.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherObject {
    /// `example.com/v1`.
    pub api_version: String,
    /// `Backup`.
    pub kind: String,
    /// The metadata.
    pub metadata: ObjectMeta,
    /// Everything but `apiVersion`, `kind` and `metadata`.
    pub rest: serde_json::Map<String, Value>,
}

impl OtherObject {
    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(g, _)| g)
    }

    /// Splits JSON into identity and rest.
    ///
    /// # Errors
    /// When it is not a map, or its metadata has a wrong type.
    pub fn from_json(json: Value) -> Result<OtherObject, serde_json::Error> {
        let Value::Object(mut rest) = json else { return Err(serde::de::Error::custom("an object is a map")) };
        let metadata = decode(&rest.remove("metadata").unwrap_or_else(|| Value::Object(serde_json::Map::new())))?;
        let mut take = |key| rest.remove(key).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        Ok(OtherObject { api_version: take("apiVersion"), kind: take("kind"), metadata, rest })
    }

    /// What stands at a path of field names; `Null` where nothing does.
    pub fn at(&self, path: &[&str]) -> &Value {
        let mut at = path.first().and_then(|f| self.rest.get(*f));
        for field in path.iter().skip(1) {
            at = at.and_then(|v| v.get(*field));
        }
        at.unwrap_or(&Value::Null)
    }

    /// The text at a path of field names.
    pub fn text(&self, path: &[&str]) -> Option<String> {
        self.at(path).as_str().map(str::to_owned)
    }

    /// The whole object as JSON.
    pub fn to_json(&self) -> Value {
        let mut all = self.rest.clone();
        all.insert("apiVersion".into(), self.api_version.clone().into());
        all.insert("kind".into(), self.kind.clone().into());
        all.insert("metadata".into(), serde_json::to_value(&self.metadata).unwrap_or_default());
        Value::Object(all)
    }
}
