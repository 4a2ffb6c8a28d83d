//! Tables: which columns a resource has, and what stands in them
//! (pkg/printers/internalversion/printers.go).

mod cluster;
mod network;
pub(crate) mod pod;
mod workloads;

pub(crate) use cluster::{access_modes as modes, class, is_default_class, roles};

use crate::json::{Look, or, pairs, plain};
use crate::jsonpath::Template;
use crate::moment::{self, Moment};
use crate::resource::Resource;
use crate::session::Session;
use serde_json::Value;

/// What a table shows besides the resource's own columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// `-o wide`
    pub wide: bool,
    /// A NAMESPACE column.
    pub namespace: bool,
    /// The kind before the name.
    pub kind: bool,
    /// A LABELS column.
    pub labels: bool,
    /// `-L`
    pub label_columns: Vec<String>,
    /// A line of headers.
    pub headers: bool,
}

/// The cells of one object; `wide` may change their content.
type Cells = fn(&Value, Moment, bool) -> Vec<String>;

/// Resource, its columns (`*` before those of `-o wide`), its cells.
const TABLE: &[(&str, &str, Cells)] = &[
    ("pods", "NAME|READY|STATUS|RESTARTS|AGE|*IP|*NODE|*NOMINATED NODE|*READINESS GATES", pod::cells),
    ("deployments.apps", "NAME|READY|UP-TO-DATE|AVAILABLE|AGE|*CONTAINERS|*IMAGES|*SELECTOR", workloads::deployment),
    ("replicasets.apps", "NAME|DESIRED|CURRENT|READY|AGE|*CONTAINERS|*IMAGES|*SELECTOR", workloads::replica_set),
    ("replicationcontrollers", "NAME|DESIRED|CURRENT|READY|AGE|*CONTAINERS|*IMAGES|*SELECTOR", workloads::replica_set),
    ("statefulsets.apps", "NAME|READY|AGE|*CONTAINERS|*IMAGES", workloads::stateful_set),
    ("daemonsets.apps", "NAME|DESIRED|CURRENT|READY|UP-TO-DATE|AVAILABLE|NODE SELECTOR|AGE|*CONTAINERS|*IMAGES|*SELECTOR", workloads::daemon_set),
    ("jobs.batch", "NAME|STATUS|COMPLETIONS|DURATION|AGE|*CONTAINERS|*IMAGES|*SELECTOR", workloads::job),
    ("cronjobs.batch", "NAME|SCHEDULE|TIMEZONE|SUSPEND|ACTIVE|LAST SCHEDULE|AGE|*CONTAINERS|*IMAGES|*SELECTOR", workloads::cron_job),
    ("controllerrevisions.apps", "NAME|CONTROLLER|REVISION|AGE", workloads::controller_revision),
    ("podtemplates", "NAME|CONTAINERS|IMAGES|POD LABELS", workloads::pod_template),
    ("horizontalpodautoscalers.autoscaling", "NAME|REFERENCE|TARGETS|MINPODS|MAXPODS|REPLICAS|AGE", workloads::autoscaler),
    ("poddisruptionbudgets.policy", "NAME|MIN AVAILABLE|MAX UNAVAILABLE|ALLOWED DISRUPTIONS|AGE", workloads::disruption_budget),
    ("scales.autoscaling", "NAME|DESIRED|AVAILABLE|AGE", workloads::scale),
    ("services", "NAME|TYPE|CLUSTER-IP|EXTERNAL-IP|PORT(S)|AGE|*SELECTOR", network::service),
    ("endpoints", "NAME|ENDPOINTS|AGE", network::endpoints),
    ("endpointslices.discovery.k8s.io", "NAME|ADDRESSTYPE|PORTS|ENDPOINTS|AGE", network::endpoint_slice),
    ("ingresses.networking.k8s.io", "NAME|CLASS|HOSTS|ADDRESS|PORTS|AGE", network::ingress),
    ("ingressclasses.networking.k8s.io", "NAME|CONTROLLER|PARAMETERS|AGE", network::ingress_class),
    ("networkpolicies.networking.k8s.io", "NAME|POD-SELECTOR|AGE", network::policy),
    ("configmaps", "NAME|DATA|AGE", cluster::config_map),
    ("secrets", "NAME|TYPE|DATA|AGE", cluster::secret),
    ("namespaces", "NAME|STATUS|AGE", cluster::namespace),
    ("nodes", "NAME|STATUS|ROLES|AGE|VERSION|*INTERNAL-IP|*EXTERNAL-IP|*OS-IMAGE|*KERNEL-VERSION|*CONTAINER-RUNTIME", cluster::node),
    ("events", "LAST SEEN|TYPE|REASON|OBJECT|*SUBOBJECT|*SOURCE|MESSAGE|*FIRST SEEN|*COUNT|*NAME", cluster::event),
    ("events.events.k8s.io", "LAST SEEN|TYPE|REASON|OBJECT|*SUBOBJECT|*SOURCE|MESSAGE|*FIRST SEEN|*COUNT|*NAME", cluster::event),
    ("persistentvolumeclaims", "NAME|STATUS|VOLUME|CAPACITY|ACCESS MODES|STORAGECLASS|VOLUMEATTRIBUTESCLASS|AGE|*VOLUMEMODE", cluster::claim),
    ("persistentvolumes", "NAME|CAPACITY|ACCESS MODES|RECLAIM POLICY|STATUS|CLAIM|STORAGECLASS|VOLUMEATTRIBUTESCLASS|REASON|AGE|*VOLUMEMODE", cluster::volume),
    ("storageclasses.storage.k8s.io", "NAME|PROVISIONER|RECLAIMPOLICY|VOLUMEBINDINGMODE|ALLOWVOLUMEEXPANSION|AGE", cluster::storage_class),
    ("resourcequotas", "NAME|REQUEST|LIMIT|AGE", cluster::quota),
    ("limitranges", "NAME|CREATED AT", cluster::created_at),
    ("roles.rbac.authorization.k8s.io", "NAME|CREATED AT", cluster::created_at),
    ("clusterroles.rbac.authorization.k8s.io", "NAME|CREATED AT", cluster::created_at),
    ("rolebindings.rbac.authorization.k8s.io", "NAME|ROLE|AGE|*USERS|*GROUPS|*SERVICEACCOUNTS", cluster::binding),
    ("clusterrolebindings.rbac.authorization.k8s.io", "NAME|ROLE|AGE|*USERS|*GROUPS|*SERVICEACCOUNTS", cluster::binding),
    ("leases.coordination.k8s.io", "NAME|HOLDER|AGE", cluster::lease),
    ("priorityclasses.scheduling.k8s.io", "NAME|VALUE|GLOBAL-DEFAULT|AGE|PREEMPTIONPOLICY", cluster::priority_class),
    ("customresourcedefinitions.apiextensions.k8s.io", "NAME|SCOPE|VERSIONS|CREATED AT", cluster::definition),
];

/// A custom resource's columns: heading, path, type, whether only `-o wide` shows it.
fn custom_columns(session: &mut Session<'_>, resource: &Resource) -> Vec<(String, String, String, bool)> {
    let definitions = session.objects("customresourcedefinitions", "");
    let definition = definitions.iter().find(|d| d.text("spec.group") == resource.group && d.text("spec.names.plural") == resource.plural);
    let columns = definition
        .and_then(|d| d.list("spec.versions").iter().find(|v| v.text("name") == resource.version))
        .map(|v| v.list("additionalPrinterColumns").to_vec())
        .unwrap_or_default();
    if columns.is_empty() {
        return vec![("AGE".to_owned(), ".metadata.creationTimestamp".to_owned(), "date".to_owned(), false)];
    }
    columns.iter().map(|c| (c.text("name").to_uppercase(), c.text("jsonPath").to_owned(), c.text("type").to_owned(), c.int("priority") > 0)).collect()
}

/// The line of headers.
pub(crate) fn head(session: &mut Session<'_>, resource: &Resource, _object: &Value, options: &Options) -> Vec<String> {
    let mut out = Vec::new();
    if options.namespace && resource.namespaced {
        out.push("NAMESPACE".to_owned());
    }
    if let Some((_, columns, _)) = TABLE.iter().find(|t| t.0 == resource.plural_group()) {
        out.extend(columns.split('|').filter_map(|c| match c.strip_prefix('*') {
            Some(wide) => options.wide.then(|| wide.to_owned()),
            None => Some(c.to_owned()),
        }));
    } else {
        out.push("NAME".to_owned());
        if resource.custom {
            out.extend(custom_columns(session, resource).into_iter().filter(|c| options.wide || !c.3).map(|c| c.0));
        } else {
            out.push("AGE".to_owned());
        }
    }
    out.extend(options.label_columns.iter().map(|l| l.rsplit('/').next().unwrap_or_default().to_uppercase()));
    if options.labels {
        out.push("LABELS".to_owned());
    }
    out
}

/// The line of one object.
pub(crate) fn row(session: &mut Session<'_>, resource: &Resource, object: &Value, options: &Options) -> Vec<String> {
    let now = session.world.now();
    let mut out = Vec::new();
    let mut name_at = 0;
    if let Some((_, columns, cells)) = TABLE.iter().find(|t| t.0 == resource.plural_group()) {
        let all = cells(object, now, options.wide);
        name_at = usize::MAX;
        for (column, cell) in columns.split('|').zip(all) {
            if column.starts_with('*') && !options.wide {
                continue;
            }
            if column == "NAME" {
                name_at = out.len();
            }
            out.push(cell);
        }
    } else {
        out.push(object.name().to_owned());
        if resource.custom {
            for (_, path, kind, wide) in custom_columns(session, resource) {
                if wide && !options.wide {
                    continue;
                }
                out.push(custom_cell(object, &path, &kind, now));
            }
        } else {
            out.push(age(object, now));
        }
    }
    if options.kind
        && let Some(cell) = out.get_mut(name_at)
    {
        *cell = format!("{}/{cell}", resource.kind_group());
    }
    if options.namespace && resource.namespaced {
        out.insert(0, object.namespace().to_owned());
    }
    for label in &options.label_columns {
        out.push(object.at("metadata.labels").get(label).map(plain).unwrap_or_default());
    }
    if options.labels {
        out.push(or(&pairs(object.at("metadata.labels")), "<none>").to_owned());
    }
    for cell in &mut out {
        if let Some(at) = cell.find(['\n', '\r', '\u{c}']) {
            cell.truncate(at);
            cell.push_str("...");
        }
    }
    out
}

fn custom_cell(object: &Value, path: &str, kind: &str, now: Moment) -> String {
    let found: Vec<Value> = Template::parse_relaxed(path).ok().and_then(|t| t.find(object).ok()).unwrap_or_default().into_iter().flatten().collect();
    match found.as_slice() {
        [] => String::new(),
        [one] if kind == "date" => moment::age(now, one.as_str()),
        [one] => match one {
            Value::Array(_) | Value::Object(_) => crate::output::compact(one),
            other => plain(other),
        },
        many => crate::output::compact(&Value::Array(many.to_vec())),
    }
}

/// AGE
fn age(object: &Value, now: Moment) -> String {
    moment::age(now, object.at("metadata.creationTimestamp").as_str())
}

/// `a,b`, `a,b,c + 2 more...`
fn at_most(items: &[String], most: usize) -> String {
    if items.len() > most {
        format!("{} + {} more...", items.iter().take(most).cloned().collect::<Vec<_>>().join(","), items.len() - most)
    } else {
        items.join(",")
    }
}
