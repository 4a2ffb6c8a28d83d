//! `kubectl describe`: one object in words (k8s.io/kubectl/pkg/describe).

mod access;
mod config;
mod container;
mod events;
mod generic;
mod network;
mod node;
mod pod;
mod scaling;
mod storage;
mod workloads;

pub(crate) use container::raw_template;
pub(crate) use events::interval;

use crate::json::{Look, or, plain};
use crate::moment::Moment;
use crate::resource::Resource;
use crate::session::Session;
use crate::tabs;
pub(crate) use access::apart;
use serde_json::Value;
use std::fmt::Write;

/// The longest annotation that stays on one line.
const LONGEST_ANNOTATION: usize = 140;

/// A text in the making; columns are aligned by [`Text::flush`] and at the end.
#[derive(Default)]
pub(crate) struct Text {
    done: String,
    open: String,
}

impl Text {
    /// Appends a piece.
    pub(crate) fn put(&mut self, text: impl std::fmt::Display) {
        let _ = write!(self.open, "{text}");
    }
    /// Appends a line indented by so many levels of two blanks.
    pub(crate) fn line(&mut self, level: usize, text: impl std::fmt::Display) {
        let _ = writeln!(self.open, "{}{text}", "  ".repeat(level));
    }
    /// Aligns what is there: later lines don't share its columns.
    pub(crate) fn flush(&mut self) {
        if !self.open.is_empty() {
            self.done.push_str(&tabs::align(&self.open, 0, 2));
            self.open.clear();
        }
    }
    /// The aligned text.
    pub(crate) fn finish(mut self) -> String {
        self.flush();
        self.done
    }
    /// The text with its tabs.
    pub(crate) fn raw(self) -> String {
        self.done + &self.open
    }

    /// `Name:` and, where there is one, `Namespace:`.
    fn head(&mut self, object: &Value) {
        self.line(0, format_args!("Name:\t{}", object.name()));
        self.line(0, format_args!("Namespace:\t{}", object.namespace()));
    }
    /// A map, an entry a line: `k=v`.
    fn labels(&mut self, title: &str, map: &Value) {
        self.labels_within("", title, "\t", map);
    }
    fn labels_within(&mut self, indent: &str, title: &str, inner: &str, map: &Value) {
        self.put(format_args!("{indent}{title}:{inner}"));
        let all: Vec<(String, String)> = map.as_object().map(|m| m.iter().map(|(k, v)| (k.clone(), plain(v))).collect()).unwrap_or_default();
        if all.is_empty() {
            self.put("<none>\n");
            return;
        }
        let mut all = all;
        all.sort();
        for (i, (k, v)) in all.iter().enumerate() {
            if i > 0 {
                self.put(format_args!("{indent}{inner}"));
            }
            self.put(format_args!("{k}={v}\n"));
        }
    }
    /// Annotations, an entry a line, without what `apply` wrote.
    fn annotations(&mut self, object: &Value) {
        self.annotations_titled("Annotations", object.at("metadata.annotations"));
    }
    fn annotations_titled(&mut self, title: &str, map: &Value) {
        self.put(format_args!("{title}:\t"));
        let mut all: Vec<(&String, &str)> = map
            .as_object()
            .map(|m| {
                m.iter().filter(|(k, _)| *k != "kubectl.kubernetes.io/last-applied-configuration").map(|(k, v)| (k, v.as_str().unwrap_or_default())).collect()
            })
            .unwrap_or_default();
        if all.is_empty() {
            self.put("<none>\n");
            return;
        }
        all.sort();
        for (i, (key, value)) in all.iter().enumerate() {
            if i > 0 {
                self.put("\t");
            }
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 > LONGEST_ANNOTATION || value.contains('\n') {
                self.put(format_args!("{key}:\n"));
                for line in value.split('\n') {
                    let shown = if line.len() > LONGEST_ANNOTATION - 2 {
                        line.chars().take(LONGEST_ANNOTATION - 2).collect::<String>() + "..."
                    } else {
                        line.to_owned()
                    };
                    self.put(format_args!("\t  {shown}\n"));
                }
            } else {
                self.put(format_args!("{key}: {value}\n"));
            }
        }
    }
    /// `Controlled By:  ReplicaSet/x`
    fn controller(&mut self, object: &Value) {
        if let Some(owner) = object.list("metadata.ownerReferences").iter().find(|r| r.truth("controller")) {
            self.line(0, format_args!("Controlled By:\t{}/{}", owner.text("kind"), owner.text("name")));
        }
    }
}

/// A time as RFC 1123; Go's zero time where there is none.
fn time(value: &Value) -> String {
    value.as_str().and_then(Moment::parse).map_or_else(|| "Mon, 01 Jan 0001 00:00:00 +0000".to_owned(), Moment::rfc1123)
}

/// `True`, `False`
fn yes(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// The text of a value, or another where it is missing or empty.
fn value_or(value: &Value, otherwise: &str) -> String {
    or(&plain(value), otherwise).to_owned()
}

/// `[a b]`
fn bracketed(list: &[Value]) -> String {
    format!("[{}]", list.iter().map(plain).collect::<Vec<_>>().join(" "))
}

/// One object in words.
pub(crate) fn describe(session: &mut Session<'_>, resource: &Resource, object: &Value, show_events: bool) -> String {
    let mut text = Text::default();
    let now = session.world.now();
    let mut with_events = true;
    let t = &mut text;
    match resource.plural_group().as_str() {
        "pods" => pod::pod(t, object, now),
        "deployments.apps" => workloads::deployment(session, t, object),
        "replicasets.apps" | "replicationcontrollers" => workloads::replica_set(session, t, object),
        "statefulsets.apps" => workloads::stateful_set(session, t, object),
        "daemonsets.apps" => workloads::daemon_set(session, t, object),
        "jobs.batch" => workloads::job(t, object),
        "cronjobs.batch" => workloads::cron_job(t, object),
        "services" => network::service(session, t, object),
        "endpoints" => network::endpoints(t, object),
        "endpointslices.discovery.k8s.io" => network::endpoint_slice(t, object),
        "ingresses.networking.k8s.io" => network::ingress(session, t, object),
        "ingressclasses.networking.k8s.io" => network::ingress_class(t, object),
        "networkpolicies.networking.k8s.io" => {
            network::policy(t, object);
            with_events = false;
        }
        "configmaps" => config::config_map(t, object),
        "secrets" => {
            config::secret(t, object);
            with_events = false;
        }
        "serviceaccounts" => config::service_account(t, object),
        "namespaces" => {
            config::namespace(session, t, object);
            with_events = false;
        }
        "resourcequotas" => {
            config::quota(t, object);
            with_events = false;
        }
        "limitranges" => {
            config::limit_range(t, object);
            with_events = false;
        }
        "priorityclasses.scheduling.k8s.io" => config::priority_class(t, object),
        "horizontalpodautoscalers.autoscaling" => scaling::autoscaler(t, object),
        "poddisruptionbudgets.policy" => scaling::budget(t, object),
        "persistentvolumeclaims" => storage::claim(session, t, object),
        "persistentvolumes" => storage::volume(t, object),
        "storageclasses.storage.k8s.io" => storage::class(t, object),
        "roles.rbac.authorization.k8s.io" | "clusterroles.rbac.authorization.k8s.io" => {
            access::role(t, object);
            with_events = false;
        }
        "rolebindings.rbac.authorization.k8s.io" | "clusterrolebindings.rbac.authorization.k8s.io" => {
            access::binding(t, object);
            with_events = false;
        }
        "nodes" => node::node(session, t, object),
        _ => {
            generic::object(t, object);
            with_events = resource.kind != "Event";
        }
    }
    if show_events && with_events {
        events::events(session, t, object);
    }
    text.finish()
}
