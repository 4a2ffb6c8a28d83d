//! The table of verbs, and how the first words find theirs.

mod apply;
mod auth;
mod change;
mod config;
mod connect;
mod create;
mod debug;
mod delete;
mod describe;
mod diff;
mod events;
mod exec;
mod explain;
mod expose;
mod get;
mod help;
mod info;
mod label;
mod logs;
mod node;
mod patch;
mod replace;
mod rollout;
mod run;
mod scale;
mod set;
mod suggest;
mod wait;

use crate::flags::Flags;
use crate::session::{Failure, Output, Session};

pub(crate) use logs::status_of as container_status;

/// What a verb does.
type Run = fn(&mut Session<'_>, &Flags) -> Result<(), Failure>;

/// One command.
pub(crate) struct Verb {
    /// Its words: `get`, `create deployment`.
    pub(crate) path: &'static str,
    /// Other names of the last word.
    pub(crate) aliases: &'static [&'static str],
    /// Its flags, see [`Flags::parse`].
    pub(crate) flags: &'static str,
    /// What it does.
    pub(crate) run: Run,
}

/// The API server's `/version`.
pub(crate) const VERSION_BODY: &str = r#"{
  "major": "1",
  "minor": "37",
  "emulationMajor": "1",
  "emulationMinor": "37",
  "minCompatibilityMajor": "1",
  "minCompatibilityMinor": "36",
  "gitVersion": "v1.37.1",
  "gitCommit": "0000000000000000000000000000000000000000",
  "gitTreeState": "clean",
  "buildDate": "2026-10-01T00:00:00Z",
  "goVersion": "go1.26.8",
  "compiler": "gc",
  "platform": "linux/amd64"
}"#;

/// Every command there is.
pub(crate) const VERBS: &[Verb] = &[
    Verb { path: "get", aliases: &[], flags: get::FLAGS, run: get::run },
    Verb { path: "apply", aliases: &[], flags: apply::FLAGS, run: apply::run },
    Verb {
        path: "apply view-last-applied",
        aliases: &[],
        flags: "all? filename,f:, kustomize,k: output,o: recursive,R? selector,l:",
        run: apply::view_last_applied,
    },
    Verb { path: "create", aliases: &[], flags: create::FLAGS, run: create::run },
    Verb { path: "create deployment", aliases: &["deploy"], flags: create::generator!("image:[] port:i replicas,r:i"), run: create::workload::deployment },
    Verb { path: "create job", aliases: &[], flags: create::generator!("from: image:"), run: create::workload::job },
    Verb { path: "create cronjob", aliases: &["cj"], flags: create::generator!("image: restart: schedule:"), run: create::workload::cron_job },
    Verb {
        path: "create configmap",
        aliases: &["cm"],
        flags: create::generator!("append-hash? from-env-file:, from-file:, from-literal:[]"),
        run: create::config::config_map,
    },
    Verb {
        path: "create secret generic",
        aliases: &[],
        flags: create::generator!("append-hash? from-env-file:, from-file:, from-literal:[] type:"),
        run: create::config::secret_generic,
    },
    Verb { path: "create secret tls", aliases: &[], flags: create::generator!("append-hash? cert: key:"), run: create::config::secret_tls },
    Verb {
        path: "create secret docker-registry",
        aliases: &[],
        flags: create::generator!("append-hash? docker-email: docker-password: docker-server: docker-username: from-file:,"),
        run: create::config::secret_registry,
    },
    Verb { path: "create namespace", aliases: &["ns"], flags: create::generator!(""), run: create::config::namespace },
    Verb { path: "create serviceaccount", aliases: &["sa"], flags: create::generator!(""), run: create::config::service_account },
    Verb {
        path: "create token",
        aliases: &[],
        flags: create::generator!("audience:, bound-object-kind: bound-object-name: bound-object-uid: duration:d"),
        run: create::config::token,
    },
    Verb { path: "create quota", aliases: &["resourcequota"], flags: create::generator!("hard: scopes:"), run: create::config::quota },
    Verb {
        path: "create priorityclass",
        aliases: &["pc"],
        flags: create::generator!("description: global-default? preemption-policy: value:i"),
        run: create::config::priority_class,
    },
    Verb {
        path: "create poddisruptionbudget",
        aliases: &["pdb"],
        flags: create::generator!("max-unavailable: min-available: selector:"),
        run: create::config::budget,
    },
    Verb { path: "create service clusterip", aliases: &[], flags: create::generator!("clusterip: tcp:,"), run: create::network::cluster_ip },
    Verb { path: "create service nodeport", aliases: &[], flags: create::generator!("node-port:i tcp:,"), run: create::network::node_port },
    Verb { path: "create service loadbalancer", aliases: &[], flags: create::generator!("tcp:,"), run: create::network::load_balancer },
    Verb { path: "create service externalname", aliases: &[], flags: create::generator!("external-name: tcp:,"), run: create::network::external_name },
    Verb {
        path: "create ingress",
        aliases: &["ing"],
        flags: create::generator!("annotation:[] class: default-backend: rule:[]"),
        run: create::network::ingress,
    },
    Verb { path: "create role", aliases: &[], flags: create::generator!("resource:, resource-name:[] verb:,"), run: create::access::role },
    Verb {
        path: "create clusterrole",
        aliases: &[],
        flags: create::generator!("aggregation-rule: non-resource-url:, resource:, resource-name:[] verb:,"),
        run: create::access::cluster_role,
    },
    Verb {
        path: "create rolebinding",
        aliases: &[],
        flags: create::generator!("clusterrole: group:[] role: serviceaccount:[] user:[]"),
        run: create::access::role_binding,
    },
    Verb {
        path: "create clusterrolebinding",
        aliases: &[],
        flags: create::generator!("clusterrole: group:[] serviceaccount:[] user:[]"),
        run: create::access::cluster_role_binding,
    },
    Verb { path: "delete", aliases: &[], flags: delete::FLAGS, run: delete::run },
    Verb { path: "patch", aliases: &[], flags: patch::FLAGS, run: patch::run },
    Verb { path: "label", aliases: &[], flags: label::FLAGS, run: label::label },
    Verb { path: "annotate", aliases: &[], flags: label::FLAGS, run: label::annotate },
    Verb { path: "scale", aliases: &[], flags: scale::FLAGS, run: scale::run },
    Verb { path: "set image", aliases: &[], flags: set::FLAGS, run: set::image },
    Verb { path: "set env", aliases: &[], flags: set::ENV_FLAGS, run: set::env },
    Verb { path: "set resources", aliases: &[], flags: set::RESOURCE_FLAGS, run: set::resources },
    Verb { path: "set selector", aliases: &[], flags: set::FLAGS, run: set::selector },
    Verb { path: "set serviceaccount", aliases: &["sa"], flags: set::FLAGS, run: set::service_account },
    Verb { path: "set subject", aliases: &[], flags: set::SUBJECT_FLAGS, run: set::subject },
    Verb { path: "rollout status", aliases: &[], flags: rollout::STATUS_FLAGS, run: rollout::status },
    Verb { path: "rollout history", aliases: &[], flags: rollout::FLAGS, run: rollout::history },
    Verb { path: "rollout undo", aliases: &[], flags: rollout::FLAGS, run: rollout::undo },
    Verb { path: "rollout restart", aliases: &[], flags: rollout::FLAGS, run: rollout::restart },
    Verb { path: "rollout pause", aliases: &[], flags: rollout::FLAGS, run: rollout::pause },
    Verb { path: "rollout resume", aliases: &[], flags: rollout::FLAGS, run: rollout::resume },
    Verb { path: "exec", aliases: &[], flags: exec::FLAGS, run: exec::run },
    Verb { path: "debug", aliases: &[], flags: debug::FLAGS, run: debug::run },
    Verb { path: "run", aliases: &[], flags: run::FLAGS, run: run::run },
    Verb { path: "expose", aliases: &[], flags: expose::FLAGS, run: expose::expose },
    Verb { path: "autoscale", aliases: &[], flags: expose::AUTOSCALE_FLAGS, run: expose::autoscale },
    Verb { path: "wait", aliases: &[], flags: wait::FLAGS, run: wait::run },
    Verb { path: "replace", aliases: &[], flags: replace::FLAGS, run: replace::run },
    Verb { path: "diff", aliases: &[], flags: diff::FLAGS, run: diff::run },
    Verb { path: "explain", aliases: &[], flags: explain::FLAGS, run: explain::run },
    Verb { path: "version", aliases: &[], flags: info::VERSION_FLAGS, run: info::version },
    Verb { path: "api-resources", aliases: &[], flags: info::RESOURCES_FLAGS, run: info::api_resources },
    Verb { path: "api-versions", aliases: &[], flags: "", run: info::api_versions },
    Verb { path: "cluster-info", aliases: &[], flags: "", run: info::cluster_info },
    Verb { path: "config view", aliases: &[], flags: config::VIEW_FLAGS, run: config::view },
    Verb { path: "config current-context", aliases: &[], flags: "", run: config::current_context },
    Verb { path: "config get-contexts", aliases: &[], flags: config::LIST_FLAGS, run: config::get_contexts },
    Verb { path: "config get-clusters", aliases: &[], flags: "", run: config::get_clusters },
    Verb { path: "config get-users", aliases: &[], flags: "", run: config::get_users },
    Verb { path: "config use-context", aliases: &["use"], flags: "", run: config::use_context },
    Verb { path: "config set-context", aliases: &[], flags: config::SET_FLAGS, run: config::set_context },
    Verb { path: "config rename-context", aliases: &[], flags: "", run: config::rename_context },
    Verb { path: "config unset", aliases: &[], flags: "", run: config::unset },
    Verb { path: "auth can-i", aliases: &[], flags: auth::CAN_FLAGS, run: auth::can_i },
    Verb { path: "auth whoami", aliases: &[], flags: auth::WHO_FLAGS, run: auth::whoami },
    Verb { path: "cordon", aliases: &[], flags: node::FLAGS, run: node::cordon },
    Verb { path: "uncordon", aliases: &[], flags: node::FLAGS, run: node::uncordon },
    Verb { path: "drain", aliases: &[], flags: node::FLAGS, run: node::drain },
    Verb { path: "taint", aliases: &[], flags: node::TAINT_FLAGS, run: node::taint },
    Verb { path: "attach", aliases: &[], flags: connect::ATTACH_FLAGS, run: connect::attach },
    Verb { path: "cp", aliases: &[], flags: connect::CP_FLAGS, run: connect::cp },
    Verb { path: "port-forward", aliases: &[], flags: connect::FORWARD_FLAGS, run: connect::port_forward },
    Verb { path: "top pod", aliases: &["pods", "po"], flags: connect::TOP_FLAGS, run: connect::top },
    Verb { path: "top node", aliases: &["nodes", "no"], flags: connect::TOP_FLAGS, run: connect::top },
    Verb { path: "edit", aliases: &[], flags: connect::EDIT_FLAGS, run: connect::edit },
    Verb { path: "certificate approve", aliases: &[], flags: "filename,f:, force? output,o:", run: connect::certificate },
    Verb { path: "certificate deny", aliases: &[], flags: "filename,f:, force? output,o:", run: connect::certificate },
    Verb { path: "plugin list", aliases: &[], flags: "name-only?", run: connect::plugins },
    Verb { path: "describe", aliases: &[], flags: describe::FLAGS, run: describe::run },
    Verb { path: "logs", aliases: &[], flags: logs::FLAGS, run: logs::run },
    Verb { path: "events", aliases: &[], flags: events::FLAGS, run: events::run },
];

/// The words of every command, for completion: `get`, `rollout status`, …
pub fn verbs() -> impl Iterator<Item = &'static str> {
    VERBS.iter().map(|v| v.path)
}

/// Runs what was typed after `kubectl`.
pub fn run(session: &mut Session<'_>, args: &[String], stdin: &str) -> Output {
    session.out = Output::default();
    stdin.clone_into(&mut session.stdin);
    session.namespace = session.context_namespace();
    session.explicit = false;
    session.user = None;
    let result = dispatch(session, args);
    if let Err(failure) = result {
        session.complain(&failure.text);
        session.out.code = failure.code;
    }
    std::mem::take(&mut session.out)
}

fn dispatch(session: &mut Session<'_>, args: &[String]) -> Result<(), Failure> {
    if let Some(flag) =
        args.first().filter(|a| a.starts_with("--") && a.len() > 2 && !matches!(a.as_str(), "--help" | "--version") && args.len() > 1 && !is_global(a))
    {
        return Err(Failure::plain(format!("Error: flags cannot be placed before plugin name: {flag}\n")));
    }
    // Global flags may stand before the verb.
    let mut words: Vec<String> = Vec::new();
    let mut rest = args.iter().peekable();
    while let Some(word) = rest.peek() {
        if !word.starts_with('-') {
            break;
        }
        words.extend(rest.next().cloned());
        if !words.last().is_some_and(|w| w.contains('='))
            && matches!(words.last().map(String::as_str), Some("-n" | "--namespace" | "--context" | "--as" | "-s" | "-v"))
        {
            words.extend(rest.next().cloned());
        }
    }
    let first = rest.next().cloned().unwrap_or_default();
    let tail: Vec<String> = rest.cloned().collect();
    if first == "help" {
        return help::command(session, &tail);
    }
    if first == "options" || first.is_empty() && words.iter().all(|w| matches!(w.as_str(), "-h" | "--help")) {
        return help::print(session, if first.is_empty() { &[] } else { std::slice::from_ref(&first) });
    }
    let mut best: Option<(&Verb, usize)> = None;
    for verb in VERBS {
        let path: Vec<&str> = verb.path.split(' ').collect();
        let same = |want: &str, have: &str, last: bool| want == have || last && verb.aliases.contains(&have) || want == "service" && have == "svc";
        let hit = path.iter().enumerate().all(|(i, p)| {
            let have = if i == 0 { Some(&first) } else { tail.get(i - 1) };
            have.is_some_and(|h| same(p, h, i + 1 == path.len()))
        });
        if hit && best.is_none_or(|(_, n)| path.len() > n) {
            best = Some((verb, path.len()));
        }
    }
    // `create secret x`: an unknown word below a group is not an argument of the verb above it.
    if best.is_some_and(|(v, _)| v.path == "create") && tail.first().is_some_and(|t| matches!(t.as_str(), "secret" | "service" | "svc")) {
        best = None;
    }
    let Some((verb, length)) = best else {
        return suggest::unknown(session, &first, &tail, &words);
    };
    words.extend(tail.iter().skip(length - 1).cloned());
    let flags = Flags::parse(verb.path, verb.flags, &words)?;
    if flags.truth("help") {
        let whole: Vec<String> = std::iter::once(first).chain(tail).take_while(|w| w != "--").collect();
        return help::print(session, &whole);
    }
    if let Some(namespace) = flags.get("namespace") {
        namespace.clone_into(&mut session.namespace);
        session.explicit = true;
    }
    session.user = flags.get("as").map(str::to_owned);
    (verb.run)(session, &flags)
}

fn is_global(word: &str) -> bool {
    let name = word.trim_start_matches('-').split('=').next().unwrap_or_default();
    matches!(name, "namespace" | "context" | "as" | "kubeconfig" | "server" | "v" | "cluster" | "user" | "request-timeout" | "token")
}
