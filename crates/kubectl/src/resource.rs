//! What resources the API server has: names, short names, groups, categories (discovery).

use crate::json::Look;
use serde_json::Value;
use std::rc::Rc;

/// One resource of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// `pods`.
    pub plural: String,
    /// `pod`.
    pub singular: String,
    /// `po`.
    pub short: Vec<String>,
    /// Empty for the core group.
    pub group: String,
    /// `v1`.
    pub version: String,
    /// `Pod`.
    pub kind: String,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// `all`.
    pub categories: Vec<String>,
    /// What can be done: `create`, `delete`, …
    pub verbs: &'static [&'static str],
    /// Whether a CustomResourceDefinition defines it.
    pub custom: bool,
}

impl Resource {
    /// `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
    /// `pods`, `deployments.apps`.
    pub fn plural_group(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }
    /// `pod`, `deployment.apps`: how messages name an object's kind.
    pub fn kind_group(&self) -> String {
        let kind = self.kind.to_lowercase();
        if self.group.is_empty() { kind } else { format!("{kind}.{}", self.group) }
    }
    /// `Pod`, `Deployment.apps`: the object's kind in other messages.
    pub fn group_kind(&self) -> String {
        if self.group.is_empty() { self.kind.clone() } else { format!("{}.{}", self.kind, self.group) }
    }
    /// Whether the resource can be scaled.
    pub fn scalable(&self) -> bool {
        matches!(self.plural.as_str(), "deployments" | "replicasets" | "statefulsets" | "replicationcontrollers")
    }
    /// Whether an object's `apiVersion` and `kind` are of this resource (any version).
    pub fn holds(&self, object: &Value) -> bool {
        let group = object.text("apiVersion").rsplit_once('/').map_or("", |(g, _)| g);
        self.kind == object.text("kind") && self.group == group
    }
}

/// What every stored kind can do.
pub const ALL_VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const CREATE: &[&str] = &["create"];
const GET_LIST: &[&str] = &["get", "list"];
/// Custom resources name their verbs in another order.
pub const CUSTOM_VERBS: &[&str] = &["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/// plural, singular, short names, group, version, kind, namespaced, categories; in discovery order.
const TABLE: &str = "\
bindings binding - - v1 Binding n - c
componentstatuses componentstatus cs - v1 ComponentStatus - - g
configmaps configmap cm - v1 ConfigMap n -
endpoints endpoints ep - v1 Endpoints n -
events event ev - v1 Event n -
limitranges limitrange limits - v1 LimitRange n -
namespaces namespace ns - v1 Namespace - - d
nodes node no - v1 Node - -
persistentvolumeclaims persistentvolumeclaim pvc - v1 PersistentVolumeClaim n -
persistentvolumes persistentvolume pv - v1 PersistentVolume - -
pods pod po - v1 Pod n all
podtemplates podtemplate - - v1 PodTemplate n -
replicationcontrollers replicationcontroller rc - v1 ReplicationController n all
resourcequotas resourcequota quota - v1 ResourceQuota n -
secrets secret - - v1 Secret n -
serviceaccounts serviceaccount sa - v1 ServiceAccount n -
services service svc - v1 Service n all
mutatingadmissionpolicies mutatingadmissionpolicy - admissionregistration.k8s.io v1 MutatingAdmissionPolicy - api-extensions
mutatingadmissionpolicybindings mutatingadmissionpolicybinding - admissionregistration.k8s.io v1 MutatingAdmissionPolicyBinding - api-extensions
mutatingwebhookconfigurations mutatingwebhookconfiguration - admissionregistration.k8s.io v1 MutatingWebhookConfiguration - api-extensions
validatingadmissionpolicies validatingadmissionpolicy - admissionregistration.k8s.io v1 ValidatingAdmissionPolicy - api-extensions
validatingadmissionpolicybindings validatingadmissionpolicybinding - admissionregistration.k8s.io v1 ValidatingAdmissionPolicyBinding - api-extensions
validatingwebhookconfigurations validatingwebhookconfiguration - admissionregistration.k8s.io v1 ValidatingWebhookConfiguration - api-extensions
customresourcedefinitions customresourcedefinition crd,crds apiextensions.k8s.io v1 CustomResourceDefinition - api-extensions
apiservices apiservice - apiregistration.k8s.io v1 APIService - api-extensions
controllerrevisions controllerrevision - apps v1 ControllerRevision n -
daemonsets daemonset ds apps v1 DaemonSet n all
deployments deployment deploy apps v1 Deployment n all
replicasets replicaset rs apps v1 ReplicaSet n all
statefulsets statefulset sts apps v1 StatefulSet n all
selfsubjectreviews selfsubjectreview - authentication.k8s.io v1 SelfSubjectReview - - c
tokenreviews tokenreview - authentication.k8s.io v1 TokenReview - - c
localsubjectaccessreviews localsubjectaccessreview - authorization.k8s.io v1 LocalSubjectAccessReview n - c
selfsubjectaccessreviews selfsubjectaccessreview - authorization.k8s.io v1 SelfSubjectAccessReview - - c
selfsubjectrulesreviews selfsubjectrulesreview - authorization.k8s.io v1 SelfSubjectRulesReview - - c
subjectaccessreviews subjectaccessreview - authorization.k8s.io v1 SubjectAccessReview - - c
horizontalpodautoscalers horizontalpodautoscaler hpa autoscaling v2 HorizontalPodAutoscaler n all
cronjobs cronjob cj batch v1 CronJob n all
jobs job - batch v1 Job n all
certificatesigningrequests certificatesigningrequest csr certificates.k8s.io v1 CertificateSigningRequest - -
clustertrustbundles clustertrustbundle - certificates.k8s.io v1 ClusterTrustBundle - -
podcertificaterequests podcertificaterequest - certificates.k8s.io v1 PodCertificateRequest n -
leases lease - coordination.k8s.io v1 Lease n -
endpointslices endpointslice - discovery.k8s.io v1 EndpointSlice n -
events event ev events.k8s.io v1 Event n -
flowschemas flowschema - flowcontrol.apiserver.k8s.io v1 FlowSchema - -
prioritylevelconfigurations prioritylevelconfiguration - flowcontrol.apiserver.k8s.io v1 PriorityLevelConfiguration - -
ingressclasses ingressclass - networking.k8s.io v1 IngressClass - -
ingresses ingress ing networking.k8s.io v1 Ingress n -
ipaddresses ipaddress ip networking.k8s.io v1 IPAddress - -
networkpolicies networkpolicy netpol networking.k8s.io v1 NetworkPolicy n -
servicecidrs servicecidr - networking.k8s.io v1 ServiceCIDR - -
runtimeclasses runtimeclass - node.k8s.io v1 RuntimeClass - -
poddisruptionbudgets poddisruptionbudget pdb policy v1 PodDisruptionBudget n -
clusterrolebindings clusterrolebinding - rbac.authorization.k8s.io v1 ClusterRoleBinding - -
clusterroles clusterrole - rbac.authorization.k8s.io v1 ClusterRole - -
rolebindings rolebinding - rbac.authorization.k8s.io v1 RoleBinding n -
roles role - rbac.authorization.k8s.io v1 Role n -
deviceclasses deviceclass - resource.k8s.io v1 DeviceClass - -
devicetaintrules devicetaintrule - resource.k8s.io v1 DeviceTaintRule - -
resourceclaims resourceclaim - resource.k8s.io v1 ResourceClaim n -
resourceclaimtemplates resourceclaimtemplate - resource.k8s.io v1 ResourceClaimTemplate n -
resourceslices resourceslice - resource.k8s.io v1 ResourceSlice - -
priorityclasses priorityclass pc scheduling.k8s.io v1 PriorityClass - -
csidrivers csidriver - storage.k8s.io v1 CSIDriver - -
csinodes csinode - storage.k8s.io v1 CSINode - -
csistoragecapacities csistoragecapacity - storage.k8s.io v1 CSIStorageCapacity n -
storageclasses storageclass sc storage.k8s.io v1 StorageClass - -
volumeattachments volumeattachment - storage.k8s.io v1 VolumeAttachment - -
volumeattributesclasses volumeattributesclass vac storage.k8s.io v1 VolumeAttributesClass - -
storageversionmigrations storageversionmigration - storagemigration.k8s.io v1 StorageVersionMigration - -
";

/// The resources a server has, built-in ones first, then those of CustomResourceDefinitions.
pub fn discover<'a>(definitions: impl IntoIterator<Item = &'a Value>) -> Vec<Rc<Resource>> {
    let list = |s: &str| if s == "-" { Vec::new() } else { s.split(',').map(str::to_owned).collect() };
    let mut all: Vec<Rc<Resource>> = Vec::new();
    for line in TABLE.lines() {
        let f: Vec<&str> = line.split(' ').collect();
        let [plural, singular, short, group, version, kind, namespaced, categories, rest @ ..] = f.as_slice() else { continue };
        all.push(Rc::new(Resource {
            plural: (*plural).to_owned(),
            singular: (*singular).to_owned(),
            short: list(short),
            group: if *group == "-" { String::new() } else { (*group).to_owned() },
            version: (*version).to_owned(),
            kind: (*kind).to_owned(),
            namespaced: *namespaced == "n",
            categories: list(categories),
            verbs: match rest {
                ["c"] => CREATE,
                ["g"] => GET_LIST,
                ["d"] => &["create", "delete", "get", "list", "patch", "update", "watch"],
                _ => ALL_VERBS,
            },
            custom: false,
        }));
    }
    for crd in definitions {
        let names = crd.at("spec.names");
        let texts = |v: &Value| v.as_array().map(|l| l.iter().filter_map(|x| x.as_str().map(str::to_owned)).collect()).unwrap_or_default();
        let versions = crd.list("spec.versions");
        let Some(version) = versions.iter().find(|v| v.truth("storage")).or_else(|| versions.first()) else { continue };
        let kind = names.text("kind").to_owned();
        let singular = if names.text("singular").is_empty() { kind.to_lowercase() } else { names.text("singular").to_owned() };
        all.push(Rc::new(Resource {
            plural: names.text("plural").to_owned(),
            singular,
            short: texts(names.at("shortNames")),
            group: crd.text("spec.group").to_owned(),
            version: version.text("name").to_owned(),
            kind,
            namespaced: crd.text("spec.scope") != "Cluster",
            categories: texts(names.at("categories")),
            verbs: CUSTOM_VERBS,
            custom: true,
        }));
    }
    all.sort_by(|a, b| a.group.cmp(&b.group));
    all
}

/// The resource a word on the command line means: plural, singular, short name, kind in any case,
/// optionally with `.group` or `.version.group`.
pub fn lookup(all: &[Rc<Resource>], word: &str) -> Option<Rc<Resource>> {
    let lower = word.to_lowercase();
    let (name, qualifier) = lower.split_once('.').map_or((lower.as_str(), None), |(n, q)| (n, Some(q)));
    let named = |r: &Resource| r.plural == name || r.singular == name || r.kind.to_lowercase() == name;
    let fits = |r: &Resource| match qualifier {
        None => true,
        Some(q) => {
            q.strip_suffix('.').unwrap_or(q) == r.group
                || r.group == "autoscaling" && q == "v1.autoscaling"
                || q == format!("{}.{}", r.version, r.group)
                || q == r.version && r.group.is_empty()
        }
    };
    all.iter().find(|r| named(r) && fits(r)).or_else(|| all.iter().find(|r| r.short.iter().any(|s| s == name) && fits(r))).cloned()
}

/// The resource of an `apiVersion` and `kind`.
pub fn of_kind(all: &[Rc<Resource>], api_version: &str, kind: &str) -> Option<Rc<Resource>> {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    all.iter().find(|r| r.kind == kind && r.group == group && (r.version == version || group == "autoscaling" && version == "v1")).cloned()
}
