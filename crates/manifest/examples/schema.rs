//! Writes `src/schema/schema.txt`: names, types and JSON names of the fields of the API's Go types.
//!
//! The table is made from the Go modules of Kubernetes, because the OpenAPI documents lack what the
//! API server's messages are made of: Go type names, pointers, embedded structs, field order.
//!
//! ```text
//! go mod download k8s.io/api@v0.37.1 k8s.io/apimachinery@v0.37.1 k8s.io/apiextensions-apiserver@v0.37.1 k8s.io/kubernetes@v1.37.1
//! cargo run -p podglass-manifest --example schema -- "$(go env GOMODCACHE)" > crates/manifest/src/schema/schema.txt
//! ```
//!
//! One line a fact: `@package` opens a package, `=Type` a struct, `:Type underlying` names another
//! type, a field is `jsonName type[?][0][!][^key][ GoName]` (`?` omitted when empty, `0` when zero, `!`
//! required by the OpenAPI schema, `^key` the merge key of a list), `+Type` is an embedded struct. Packages that begin with `~` hold the internal
//! types, whose fields are `GoName type`.
#![allow(clippy::disallowed_types, clippy::print_stdout, missing_docs)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// (short name, import path, folder below the module cache, internal?)
const PACKAGES: &[(&str, &str, &str)] = &[
    ("meta", "k8s.io/apimachinery/pkg/apis/meta/v1", "k8s.io/apimachinery@v0.37.1/pkg/apis/meta/v1"),
    ("core", "k8s.io/api/core/v1", "k8s.io/api@v0.37.1/core/v1"),
    ("apps", "k8s.io/api/apps/v1", "k8s.io/api@v0.37.1/apps/v1"),
    ("batch", "k8s.io/api/batch/v1", "k8s.io/api@v0.37.1/batch/v1"),
    ("autoscaling", "k8s.io/api/autoscaling/v2", "k8s.io/api@v0.37.1/autoscaling/v2"),
    ("autoscaling1", "k8s.io/api/autoscaling/v1", "k8s.io/api@v0.37.1/autoscaling/v1"),
    ("networking", "k8s.io/api/networking/v1", "k8s.io/api@v0.37.1/networking/v1"),
    ("policy", "k8s.io/api/policy/v1", "k8s.io/api@v0.37.1/policy/v1"),
    ("rbac", "k8s.io/api/rbac/v1", "k8s.io/api@v0.37.1/rbac/v1"),
    ("scheduling", "k8s.io/api/scheduling/v1", "k8s.io/api@v0.37.1/scheduling/v1"),
    ("storage", "k8s.io/api/storage/v1", "k8s.io/api@v0.37.1/storage/v1"),
    ("discovery", "k8s.io/api/discovery/v1", "k8s.io/api@v0.37.1/discovery/v1"),
    ("coordination", "k8s.io/api/coordination/v1", "k8s.io/api@v0.37.1/coordination/v1"),
    ("node", "k8s.io/api/node/v1", "k8s.io/api@v0.37.1/node/v1"),
    ("admissionregistration", "k8s.io/api/admissionregistration/v1", "k8s.io/api@v0.37.1/admissionregistration/v1"),
    ("events", "k8s.io/api/events/v1", "k8s.io/api@v0.37.1/events/v1"),
    ("apiextensions", "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1", "k8s.io/apiextensions-apiserver@v0.37.1/pkg/apis/apiextensions/v1"),
    ("~core", "k8s.io/kubernetes/pkg/apis/core", "k8s.io/kubernetes@v1.37.1/pkg/apis/core"),
    ("~apps", "k8s.io/kubernetes/pkg/apis/apps", "k8s.io/kubernetes@v1.37.1/pkg/apis/apps"),
    ("~batch", "k8s.io/kubernetes/pkg/apis/batch", "k8s.io/kubernetes@v1.37.1/pkg/apis/batch"),
    ("~networking", "k8s.io/kubernetes/pkg/apis/networking", "k8s.io/kubernetes@v1.37.1/pkg/apis/networking"),
    ("~policy", "k8s.io/kubernetes/pkg/apis/policy", "k8s.io/kubernetes@v1.37.1/pkg/apis/policy"),
    ("~rbac", "k8s.io/kubernetes/pkg/apis/rbac", "k8s.io/kubernetes@v1.37.1/pkg/apis/rbac"),
];

/// Where the search for needed types begins.
const ROOTS: &[&str] = &[
    "core.Pod",
    "core.ReplicationController",
    "core.PodTemplate",
    "core.Service",
    "core.Endpoints",
    "core.ConfigMap",
    "core.Secret",
    "core.ServiceAccount",
    "core.PersistentVolume",
    "core.PersistentVolumeClaim",
    "core.ResourceQuota",
    "core.LimitRange",
    "core.Namespace",
    "core.Node",
    "core.Event",
    "core.Binding",
    "apps.Deployment",
    "apps.ReplicaSet",
    "apps.StatefulSet",
    "apps.DaemonSet",
    "apps.ControllerRevision",
    "batch.Job",
    "batch.CronJob",
    "discovery.EndpointSlice",
    "storage.StorageClass",
    "storage.CSIDriver",
    "storage.VolumeAttachment",
    "networking.Ingress",
    "networking.IngressClass",
    "networking.NetworkPolicy",
    "autoscaling.HorizontalPodAutoscaler",
    "autoscaling1.HorizontalPodAutoscaler",
    "policy.PodDisruptionBudget",
    "scheduling.PriorityClass",
    "rbac.Role",
    "rbac.RoleBinding",
    "rbac.ClusterRole",
    "rbac.ClusterRoleBinding",
    "apiextensions.CustomResourceDefinition",
    "coordination.Lease",
    "node.RuntimeClass",
    "admissionregistration.ValidatingWebhookConfiguration",
    "admissionregistration.MutatingWebhookConfiguration",
    "admissionregistration.ValidatingAdmissionPolicy",
    "admissionregistration.ValidatingAdmissionPolicyBinding",
    "meta.LabelSelector",
    "~core.PodSpec",
    "~core.PodTemplateSpec",
    "~core.ServicePort",
    "~core.PersistentVolumeClaim",
    "~core.PersistentVolumeSpec",
    "~apps.DeploymentStrategy",
    "~apps.DaemonSetUpdateStrategy",
    "~apps.StatefulSetUpdateStrategy",
    "~batch.JobSpec",
    "~policy.PodDisruptionBudgetSpec",
    "~rbac.RoleRef",
    "~networking.IngressSpec",
];

#[derive(Default)]
struct Type {
    /// The lines of the table, in order.
    lines: Vec<String>,
    /// Types that these lines mention.
    mentions: Vec<String>,
}

fn main() {
    let cache = std::env::args().nth(1).expect("the Go module cache");
    let short: BTreeMap<&str, &str> = PACKAGES.iter().map(|(s, path, _)| (*path, *s)).collect();
    let mut types: BTreeMap<String, Type> = BTreeMap::new();
    for (package, _, folder) in PACKAGES {
        let mut files: Vec<_> = std::fs::read_dir(Path::new(&cache).join(folder)).expect("the module").map(|f| f.expect("a file").path()).collect();
        files.sort();
        for file in files {
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            if Path::new(&name).extension().is_some_and(|e| e == "go") && !name.starts_with("zz_") && !name.contains("generated") && !name.ends_with("_test.go")
            {
                read(package, &std::fs::read_to_string(&file).expect("text"), &short, &mut types);
            }
        }
    }
    let mut seen = BTreeSet::new();
    let mut queue: VecDeque<String> = ROOTS.iter().map(|r| (*r).to_owned()).collect();
    while let Some(name) = queue.pop_front() {
        if let Some(t) = types.get(&name)
            && seen.insert(name)
        {
            queue.extend(t.mentions.iter().cloned());
        }
    }
    for (package, _, _) in PACKAGES {
        println!("@{package}");
        for name in seen.iter().filter(|n| n.split('.').next() == Some(package)) {
            for line in &types[name].lines {
                println!("{line}");
            }
        }
    }
}

/// Reads the type declarations of one Go file.
fn read(package: &str, text: &str, short: &BTreeMap<&str, &str>, types: &mut BTreeMap<String, Type>) {
    let internal = package.starts_with('~');
    let mut imports: BTreeMap<String, String> = BTreeMap::new();
    let lines = text.lines();
    let (mut optional, mut open): (bool, Option<(String, Type)>) = (false, None);
    for line in lines {
        let l = line.trim();
        if open.is_none() {
            if let Some(path) = l.strip_suffix('"').and_then(|p| p.rsplit_once('"')).map(|(_, p)| p)
                && let Some(s) = short.get(path)
            {
                let alias = l.split('"').next().unwrap_or_default().trim_start_matches("import").trim();
                let base = path.rsplit('/').next().unwrap_or_default();
                imports.insert(if alias.is_empty() { base.to_owned() } else { alias.to_owned() }, (*s).to_owned());
            }
            if let Some(rest) = line.strip_prefix("type ") {
                let mut words = rest.splitn(2, ' ');
                let (name, what) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default());
                if what.starts_with("struct {") {
                    let t = Type { lines: vec![format!("={name}")], mentions: vec![] };
                    if what.ends_with('}') {
                        types.insert(format!("{package}.{name}"), t);
                    } else {
                        open = Some((name, t));
                    }
                } else if !what.is_empty() && !what.starts_with("interface") && !what.starts_with("func") {
                    let mut t = Type::default();
                    let underlying = resolve(what.split("//").next().unwrap_or_default().trim(), package, &imports, &mut t.mentions);
                    t.lines.push(format!(":{name} {underlying}"));
                    types.insert(format!("{package}.{name}"), t);
                }
            }
            continue;
        }
        if l == "}" {
            if let Some((name, t)) = open.take() {
                types.insert(format!("{package}.{name}"), t);
            }
            continue;
        }
        if l.starts_with("//") {
            optional |= l.contains("+optional");
            continue;
        }
        if l.is_empty() {
            optional = false;
            continue;
        }
        let Some((_, t)) = &mut open else { continue };
        let tag = l.split("json:\"").nth(1).and_then(|t| t.split('"').next()).unwrap_or_default();
        let decl = l.split('`').next().unwrap_or_default().split("//").next().unwrap_or_default().trim();
        let mut words = decl.split_whitespace();
        let first = words.next().unwrap_or_default();
        let ty = words.collect::<Vec<_>>().join(" ");
        let json = tag.split(',').next().unwrap_or_default();
        if ty.is_empty() {
            // Embedded: TypeMeta is known to everybody.
            if !first.ends_with("TypeMeta") {
                let ty = resolve(first, package, &imports, &mut t.mentions);
                t.lines.push(if json.is_empty() { format!("+{ty}") } else { format!("{json} {ty}") });
            } else if !internal {
                t.lines.push("%".to_owned());
            }
        } else if internal {
            for name in decl.split(',').map(|n| n.split_whitespace().next().unwrap_or_default()) {
                let ty = resolve(&ty, package, &imports, &mut t.mentions);
                t.lines.push(format!("{name} {ty}"));
            }
        } else if json != "-" && !json.is_empty() {
            let ty = resolve(&ty, package, &imports, &mut t.mentions);
            let omit = tag.contains(",omitempty") || tag.contains(",omitzero");
            let mut upper = json.to_owned();
            upper[..1].make_ascii_uppercase();
            let go = if upper == first { String::new() } else { format!(" {first}") };
            let zero = if tag.contains(",omitzero") { "0" } else { "" };
            let inline = if tag.contains(",inline") { "~" } else { "" };
            let merge = l.split("patchMergeKey:\"").nth(1).and_then(|m| m.split('"').next()).map_or(String::new(), |k| format!("^{k}"));
            let merge = if merge.is_empty() && l.contains("patchStrategy:\"merge") { "^".to_owned() } else { merge };
            let flags = format!("{}{zero}{inline}{}", if omit { "?" } else { "" }, if omit || optional { "" } else { "!" });
            t.lines.push(format!("{json} {ty}{flags}{merge}{go}"));
        }
        optional = false;
    }
}

/// Makes the package names of a Go type our own.
fn resolve(ty: &str, package: &str, imports: &BTreeMap<String, String>, mentions: &mut Vec<String>) -> String {
    for prefix in ["*", "[]"] {
        if let Some(rest) = ty.strip_prefix(prefix) {
            return format!("{prefix}{}", resolve(rest, package, imports, mentions));
        }
    }
    if let Some((key, value)) = ty.strip_prefix("map[").and_then(|t| t.split_once(']')) {
        return format!("map[{}]{}", resolve(key, package, imports, mentions), resolve(value, package, imports, mentions));
    }
    let full = match ty.split_once('.') {
        Some((alias, name)) => match imports.get(alias) {
            Some(p) => format!("{p}.{name}"),
            None => return ty.to_owned(),
        },
        None if ty.starts_with(|c: char| c.is_ascii_uppercase()) => format!("{package}.{ty}"),
        None => return ty.to_owned(),
    };
    mentions.push(full.clone());
    full.strip_prefix(&format!("{package}.")).map_or(full.clone(), |own| format!(".{own}"))
}
