//! Which kinds the API knows: group, version, kind, resource name.

use std::rc::Rc;

use serde_json::Value;

use crate::Kind;

/// A kind in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// `apps`; empty for the core group.
    pub group: String,
    /// `v1`.
    pub version: String,
    /// `Deployment`, as written (`deployment` is accepted by the client).
    pub kind: String,
    /// `deployments`.
    pub plural: String,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// The modelled kind; [`Kind::Other`] where there is none.
    pub modelled: Kind,
    /// For a custom resource: the `openAPIV3Schema` of its version.
    pub schema: Option<Rc<Value>>,
}

/// Kinds that are known but not modelled, and versions that are converted: group, version, kind,
/// plural, namespaced.
const OTHERS: &[(&str, &str, &str, &str, bool)] = &[
    ("autoscaling", "v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true),
    ("events.k8s.io", "v1", "Event", "events", true),
    ("coordination.k8s.io", "v1", "Lease", "leases", true),
    ("node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", false),
    ("storage.k8s.io", "v1", "CSIDriver", "csidrivers", false),
    ("storage.k8s.io", "v1", "CSINode", "csinodes", false),
    ("storage.k8s.io", "v1", "CSIStorageCapacity", "csistoragecapacities", true),
    ("storage.k8s.io", "v1", "VolumeAttachment", "volumeattachments", false),
    ("storage.k8s.io", "v1", "VolumeAttributesClass", "volumeattributesclasses", false),
    ("networking.k8s.io", "v1", "IPAddress", "ipaddresses", false),
    ("networking.k8s.io", "v1", "ServiceCIDR", "servicecidrs", false),
    ("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", false),
    ("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false),
    ("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", false),
    ("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", false),
    ("admissionregistration.k8s.io", "v1", "MutatingAdmissionPolicy", "mutatingadmissionpolicies", false),
    ("admissionregistration.k8s.io", "v1", "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", false),
    ("apiregistration.k8s.io", "v1", "APIService", "apiservices", false),
    ("certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", false),
    ("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema", "flowschemas", false),
    ("flowcontrol.apiserver.k8s.io", "v1", "PriorityLevelConfiguration", "prioritylevelconfigurations", false),
    ("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", false),
    ("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", false),
    ("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", false),
    ("authorization.k8s.io", "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", true),
    ("resource.k8s.io", "v1", "ResourceClaim", "resourceclaims", true),
    ("resource.k8s.io", "v1", "ResourceClaimTemplate", "resourceclaimtemplates", true),
    ("resource.k8s.io", "v1", "DeviceClass", "deviceclasses", false),
    ("resource.k8s.io", "v1", "ResourceSlice", "resourceslices", false),
    ("", "v1", "Binding", "bindings", true),
    ("", "v1", "ComponentStatus", "componentstatuses", false),
];

impl Resource {
    /// The resource of a kind in a version, if the API has it. A kind written in lower case is
    /// found too, as the client finds it; the server then refuses it.
    pub fn find(group: &str, version: &str, kind: &str) -> Option<Resource> {
        let lower = kind.bytes().all(|b| !b.is_ascii_uppercase());
        let same = |k: &str| k == kind || (lower && k.eq_ignore_ascii_case(kind));
        let modelled = Kind::ALL.iter().find(|k| k.group() == group && k.version() == version && same(k.name()));
        if let Some(k) = modelled {
            return Some(Resource {
                group: group.into(),
                version: version.into(),
                kind: kind.into(),
                plural: k.plural().into(),
                namespaced: k.namespaced(),
                modelled: *k,
                schema: None,
            });
        }
        let (_, _, name, plural, namespaced) = OTHERS.iter().find(|o| o.0 == group && o.1 == version && same(o.2))?;
        let modelled = match *name {
            "HorizontalPodAutoscaler" => Kind::HorizontalPodAutoscaler,
            "Event" => Kind::Event,
            _ => Kind::Other,
        };
        Some(Resource {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
            plural: (*plural).into(),
            namespaced: *namespaced,
            modelled,
            schema: None,
        })
    }

    /// Names of all known kinds, for suggestions.
    pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        Kind::ALL.iter().map(|k| (k.group(), k.version(), k.name())).chain(OTHERS.iter().map(|o| (o.0, o.1, o.2)))
    }

    /// `deployment.apps`, `pod`: how the client names an object's kind in its lines.
    pub fn singular(&self) -> String {
        let kind = self.kind.to_ascii_lowercase();
        if self.group.is_empty() { kind } else { format!("{kind}.{}", self.group) }
    }

    /// `Deployment.apps`, `Pod`: how the server names a kind in "is invalid".
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.kind.clone() } else { format!("{}.{}", self.kind, self.group) }
    }

    /// `deployments.apps`, `pods`: how the server names a resource.
    pub fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `apps/v1`, `v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}
