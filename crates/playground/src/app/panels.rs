//! What the panels show.

use super::App;
use crate::view::{EventRow, FileRow, FilesView, LogRow, LogView, NetworkView, Panel, PanelView, SocketRow, StatusRow, StatusView, TrafficRow};
use k8s_openapi::api::core::v1::{Container, Pod};
use podglass_cluster::manifest::{Kind, Object, ObjectKey};
use podglass_cluster::runtime::{ContainerId, FileKind, Happening, Stream};
use podglass_cluster::{Fact, Record};
use podglass_scene::row::{PodRow, age};
use podglass_scene::{KubeEvent, Target, inside, words};
use std::rc::Rc;

/// Files shown at most.
const FILES: usize = 400;
/// Rows of traffic shown at most.
const TRAFFIC: usize = 60;
/// Bytes of a file shown at most.
const CONTENT: usize = 64 << 10;

/// What a record is about.
pub(super) fn about(record: &Record) -> Option<Target> {
    let container = |pod: &ObjectKey, c: &str| Target::Container { pod: pod.clone(), container: c.to_owned() };
    match &record.fact {
        Fact::Created(o) | Fact::Updated { after: o, .. } | Fact::Deleted(o) => match KubeEvent::of_object(o) {
            Some(e) => match (e.about()?, e.container()) {
                (key, Some(c)) => Some(container(&key, c)),
                (key, None) => Some(Target::Object(key)),
            },
            None => Some(Target::Object(o.key())),
        },
        Fact::Inside(i) => Some(container(&i.run.pod, &i.run.container)),
        Fact::Probed(p) => Some(container(&p.run.pod, &p.run.container)),
        Fact::Kubelet(s) => Some(s.container.as_ref().map_or_else(|| Target::Object(s.pod.clone()), |c| container(&s.pod, c))),
        Fact::ActionTaken(_) | Fact::ActionRefused { .. } => None,
    }
}

impl App {
    /// The Pod the panels are about: that of the selection, or the first one.
    fn pod(&self) -> Option<(ObjectKey, &Pod)> {
        let api = self.run.now().cluster.api();
        let chosen = self.selected.as_ref().and_then(Target::object).filter(|k| k.kind == Kind::Pod);
        let find = |key: &ObjectKey| match api.find(key).map(Rc::as_ref) {
            Some(Object::Pod(pod)) => Some((key.clone(), &**pod)),
            _ => None,
        };
        chosen.and_then(find).or_else(|| api.list(Kind::Pod).find_map(|o| find(&o.key())))
    }

    fn containers(pod: &Pod) -> impl Iterator<Item = &Container> {
        pod.spec.iter().flat_map(|s| s.init_containers.iter().flatten().chain(&s.containers))
    }

    /// The chosen container, or the first that runs, or the first.
    fn container(&self, key: &ObjectKey, pod: &Pod) -> String {
        if let Some(Target::Container { pod, container }) = &self.selected
            && pod == key
        {
            return container.clone();
        }
        let memory = self.run.now().memory.pod(key);
        let runs = |c: &&Container| memory.and_then(|m| m.containers.get(c.name.as_str())).is_some_and(podglass_scene::memory::ContainerMemory::running);
        let chosen = Self::containers(pod).find(runs).or_else(|| pod.spec.as_ref().and_then(|s| s.containers.first()));
        chosen.map(|c| c.name.clone()).unwrap_or_default()
    }

    fn run_id(&self, key: &ObjectKey, container: &str) -> Option<ContainerId> {
        let now = self.run.now();
        inside::run(&now.cluster, key, container).or_else(|| now.memory.pod(key)?.containers.get(container)?.run.as_ref()?.id)
    }

    pub(super) fn choose_container(&mut self, container: String, effects: &mut Vec<crate::Effect>) {
        if let Some((pod, _)) = self.pod() {
            self.file = None;
            self.select(Some(Target::Container { pod, container }), effects);
        }
    }

    /// The open panel's content.
    pub(super) fn panel_view(&self) -> PanelView {
        match self.panel {
            Panel::Events => PanelView::Events(self.events()),
            Panel::Why => PanelView::Why(self.why()),
            Panel::Logs => PanelView::Logs(self.logs()),
            Panel::Files => PanelView::Files(self.files()),
            Panel::Network => PanelView::Network(self.network()),
            Panel::Status => PanelView::Status(self.status()),
            Panel::Environment => {
                let (name, env) = self.environment();
                PanelView::Environment(name, env)
            }
            Panel::Terminal => PanelView::Terminal,
            Panel::Changes => PanelView::Changes(crate::assumptions::list(&self.run.ahead().cluster, &self.tabs)),
            Panel::Table => PanelView::Table(self.table()),
            Panel::Compare => PanelView::Compare,
        }
    }

    fn events(&self) -> Vec<EventRow> {
        let now = self.run.now();
        let api = now.cluster.api();
        let mut rows: Vec<(Rc<Object>, &Record)> = Vec::new();
        // The newest record of an event says when it was last seen.
        let mut seen = std::collections::BTreeSet::new();
        for record in api.journal().records().iter().rev() {
            let (Fact::Created(o) | Fact::Updated { after: o, .. }) = &record.fact else { continue };
            if o.kind() == Kind::Event && seen.insert(o.name().to_owned()) {
                rows.push((o.clone(), record));
                if rows.len() >= 500 {
                    break;
                }
            }
        }
        rows.reverse();
        let at = now.at();
        let rows = rows.into_iter().filter_map(|(o, record)| {
            let e = KubeEvent::of_object(&o)?;
            let first = e.event.first_timestamp.as_ref().map(|t| podglass_scene::row::moment(api.settings(), t));
            let since = age(at.since(record.at));
            let age = match (e.count, first) {
                (n, Some(first)) if n > 1 => format!("{since} (x{n} over {})", age(at.since(first))),
                (n, None) if n > 1 => format!("{since} (x{n})"),
                _ => since,
            };
            let about = e.about();
            let object = about.as_ref().map(|k| format!("{}/{}", k.kind.name().to_lowercase(), k.name)).unwrap_or_default();
            Some(EventRow {
                at: record.at,
                age,
                kind: e.event.type_.clone().unwrap_or_default(),
                reason: e.reason().to_owned(),
                object,
                message: e.message().to_owned(),
                target: self::about(record).unwrap_or(Target::Record(record.id)),
                record: record.id,
                now: record.at == at,
            })
        });
        rows.collect()
    }

    fn logs(&self) -> LogView {
        let Some((key, pod)) = self.pod() else {
            return LogView { empty: "There is no Pod yet.".into(), ..LogView::default() };
        };
        let now = self.run.now();
        let containers: Vec<String> = Self::containers(pod).map(|c| c.name.clone()).collect();
        let selected = match &self.selected {
            Some(Target::Container { pod, container }) if *pod == key => Some(container.clone()),
            _ => None,
        };
        let chosen = self.log.0.clone().filter(|c| containers.contains(c)).or(selected);
        let previous = self.log.1;
        let shown: Vec<&String> = containers.iter().filter(|c| chosen.as_ref().is_none_or(|x| x == *c)).collect();
        let has_previous = shown.iter().any(|c| inside::previous_run(&now.cluster, &key, c).is_some());
        let mut lines = Vec::new();
        for name in shown {
            let run = if previous { inside::previous_run(&now.cluster, &key, name) } else { self.run_id(&key, name) };
            let Some(run) = run else { continue };
            let label: Rc<str> = name.as_str().into();
            lines.extend(inside::log(&now.cluster, run).iter().map(|l| LogRow {
                at: l.at,
                container: label.clone(),
                stderr: l.stream == Stream::Stderr,
                text: l.text.clone(),
            }));
        }
        lines.sort_by_key(|l| l.at);
        let empty = match (&chosen, previous) {
            (Some(c), true) => format!("{c} has no run before this one."),
            (Some(c), false) => format!("{c} has printed nothing yet."),
            (None, _) => "No container has printed anything yet.".to_owned(),
        };
        LogView { pod: key.name, containers, chosen, previous, has_previous, lines, empty }
    }

    fn files(&self) -> FilesView {
        let Some((key, pod)) = self.pod() else {
            return FilesView { empty: "There is no Pod yet.".into(), ..FilesView::default() };
        };
        let now = self.run.now();
        let container = self.container(&key, pod);
        let containers = Self::containers(pod).map(|c| c.name.clone()).collect();
        let mut view = FilesView { pod: key.name.clone(), containers, container: container.clone(), ..FilesView::default() };
        let Some(run) = self.run_id(&key, &container) else {
            view.empty = format!("{container} has not been created yet: it has no file system.");
            return view;
        };
        let spec = Self::containers(pod).find(|c| c.name == container);
        let mounts: Vec<(&str, String)> = spec
            .iter()
            .flat_map(|c| c.volume_mounts.iter().flatten())
            .map(|m| (m.mount_path.trim_end_matches('/'), format!("{} ({})", m.name, if m.read_only == Some(true) { "ro" } else { "rw" })))
            .collect();
        let mut files = inside::files(&now.cluster, run);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        // What a user wants to see first is what volumes and containers wrote, not the image's own files.
        let near = |path: &str| mounts.iter().any(|(m, _)| path == *m || path.starts_with(&format!("{m}/")) || m.starts_with(&format!("{path}/")));
        if files.len() > FILES {
            files.retain(|f| near(&f.path) || f.written_by.is_some() || f.path.matches('/').count() < 2);
            files.truncate(FILES);
        }
        view.rows = files
            .into_iter()
            .filter(|f| f.path != "/")
            .map(|f| {
                let name = f.path.rsplit('/').next().unwrap_or_default().to_owned();
                let writer = f.written_by.map(|id| self.name_of(&key, id));
                let written = match writer {
                    Some(who) => format!("{who} wrote it at {}", words::duration(f.modified.0)),
                    None => String::new(),
                };
                FileRow {
                    depth: f.path.trim_matches('/').matches('/').count(),
                    directory: f.kind == FileKind::Directory,
                    link: match &f.kind {
                        FileKind::Link(to) => Some(to.clone()),
                        FileKind::Directory | FileKind::File => None,
                    },
                    mode: mode(f.mode),
                    size: f.size,
                    written,
                    volume: f.volume.and_then(|v| inside::volume_name(&now.cluster, &key, v)),
                    mount: mounts.iter().find(|(m, _)| *m == f.path).map(|(_, v)| v.clone()),
                    path: f.path,
                    name,
                }
            })
            .collect();
        if let Some(path) = &self.file
            && let Some(bytes) = inside::read_file(&now.cluster, run, path)
        {
            let cut = bytes.get(..CONTENT.min(bytes.len())).unwrap_or_default();
            view.open = Some((path.clone(), String::from_utf8_lossy(cut).into_owned()));
        }
        view.empty = "No files.".into();
        view
    }

    fn name_of(&self, key: &ObjectKey, id: ContainerId) -> String {
        let memory = self.run.now().memory.pod(key);
        let found = memory.and_then(|m| m.containers.iter().find(|(_, c)| c.run.as_ref().is_some_and(|r| r.id == Some(id))));
        found.map_or_else(|| "an earlier run".to_owned(), |(n, _)| n.to_string())
    }

    fn network(&self) -> NetworkView {
        let Some((key, _)) = self.pod() else { return NetworkView::default() };
        let now = self.run.now();
        let memory = now.memory.pod(&key);
        let sockets = memory.into_iter().flat_map(|m| &m.bound).map(|(port, b)| {
            let socket = inside::sockets(&now.cluster, &key).into_iter().find(|s| s.port == *port);
            SocketRow {
                address: format!("{}:{port}", b.address),
                container: b.container.to_string(),
                program: socket.as_ref().map(|s| s.program.clone()).unwrap_or_default(),
                since: words::duration(b.since.0),
                assumed: socket.is_some_and(|s| s.assumed),
                target: Target::Port { pod: key.clone(), port: *port },
            }
        });
        let mut traffic: Vec<TrafficRow> = Vec::new();
        for record in now.cluster.api().journal().records().iter().rev() {
            let Fact::Inside(i) = &record.fact else { continue };
            if i.run.pod != key {
                continue;
            }
            let row = |what: String, result: String, failed| TrafficRow {
                at: record.at,
                container: i.run.container.to_string(),
                what,
                result,
                failed,
                record: record.id,
            };
            match &i.what {
                Happening::NameLookedUp { name, addresses } if addresses.is_empty() => traffic.push(row(format!("lookup {name}"), "NXDOMAIN".into(), true)),
                Happening::NameLookedUp { name, addresses } => {
                    traffic.push(row(format!("lookup {name}"), addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "), false));
                }
                Happening::Requested { target, result, answered_by } => {
                    traffic.push(row(target.to_string(), result.to_string(), answered_by.is_none() && !result.starts_with(['2', '3'])));
                }
                Happening::PortInUse { port, .. } => traffic.push(row(format!("listen on {port}"), "address already in use".into(), true)),
                _ => {}
            }
            if traffic.len() >= TRAFFIC {
                break;
            }
        }
        traffic.reverse();
        let ip = memory.and_then(|m| m.ip).map(|ip| ip.to_string()).unwrap_or_default();
        NetworkView { pod: key.name.clone(), ip, sockets: sockets.collect(), traffic }
    }

    fn environment(&self) -> (String, Vec<(String, String)>) {
        let Some((key, pod)) = self.pod() else { return Default::default() };
        let container = self.container(&key, pod);
        let env = self.run_id(&key, &container).map(|run| inside::env(&self.run.now().cluster, run)).unwrap_or_default();
        (container, env)
    }

    fn status(&self) -> StatusView {
        let now = self.run.now();
        let api = now.cluster.api();
        let heads = ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"].map(str::to_owned).to_vec();
        let rows = api.list(Kind::Pod).filter(|o| !o.namespace().starts_with("kube-")).take(500).filter_map(|o| {
            let Object::Pod(pod) = &**o else { return None };
            let row = PodRow::of(pod);
            let born = o.metadata().creation_timestamp.as_ref().map(|t| podglass_scene::row::moment(api.settings(), t));
            let or_none = |s: &str| if s.is_empty() { "<none>".to_owned() } else { s.to_owned() };
            let cells = vec![
                o.name().to_owned(),
                row.ready_text(),
                row.status.clone(),
                row.restarts_text(api.settings(), now.at()),
                born.map(|b| age(now.at().since(b))).unwrap_or_default(),
                or_none(&row.ip),
                or_none(&row.node),
            ];
            Some(StatusRow { target: Target::Object(o.key()), role: row.role(), cells })
        });
        let rows = rows.collect();
        let chosen = self.selected.as_ref().and_then(Target::object).and_then(|k| api.find(k)).cloned();
        let object = chosen.or_else(|| self.pod().and_then(|(k, _)| api.find(&k).cloned()));
        let Some(object) = object else { return StatusView { heads, rows, ..StatusView::default() } };
        let yaml = status_yaml(&object);
        // What the last change of this object changed.
        let last = api.journal().records().iter().rev().find_map(|r| match &r.fact {
            Fact::Updated { before, after } if after.key() == object.key() => Some(status_yaml(before)),
            _ => None,
        });
        let changed = last.map(|old| changed_lines(&old, &yaml)).unwrap_or_default();
        let requests = super::requests::steps(&object);
        StatusView { heads, rows, name: object.key().to_string(), yaml: yaml.into(), changed, requests }
    }
}

/// The status of an object as YAML; the whole object where it has none.
fn status_yaml(object: &Object) -> String {
    let Ok(mut json) = object.to_json() else { return String::new() };
    let status = json.get_mut("status").map(serde_json::Value::take).filter(|s| !s.is_null());
    let shown = match status {
        Some(status) => serde_json::json!({ "status": status }),
        None => json,
    };
    serde_yaml::to_string(&shown).unwrap_or_default()
}

/// Lines (from 0) of the new text that the old one does not have at that place, by common start and end.
fn changed_lines(old: &str, new: &str) -> Vec<usize> {
    let mut left: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    old.lines().for_each(|l| *left.entry(l).or_default() += 1);
    let changed = new.lines().enumerate().filter(|(_, l)| match left.get_mut(l) {
        Some(n) if *n > 0 => {
            *n -= 1;
            false
        }
        _ => true,
    });
    changed.map(|(i, _)| i).collect()
}

fn mode(bits: u32) -> String {
    (0..9).map(|i| if bits >> (8 - i) & 1 == 1 { ['r', 'w', 'x'][i % 3] } else { '-' }).collect()
}
