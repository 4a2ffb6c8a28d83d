//! Starting a container: image, options, create, start, postStart
//! (follows `startContainer` in pkg/kubelet/kuberuntime/kuberuntime_container.go and pkg/kubelet/images).

use super::actions::KillReason;
use super::backoff::{self, go_millis, go_seconds};
use super::containers::{Containers, Role, RunRecord, RunState, Slot};
use super::environment::{Facts, environment};
use super::expand::expand;
use super::hooks::{Handler, handler, not_started};
use super::images::{unparsable, usual_duration};
use super::pod::{Cx, PodState, Waits, pod_of};
use super::sync::{Op, Work};
use super::timing::{self, CREATE, PULL_AGAIN, START};
use super::{What, resources};
use crate::SimTime;
use crate::journal::Step;
use k8s_openapi::api::core::v1::{Container, EphemeralContainer, SecurityContext};
use podglass_runtime::{ContainerConfig, Mount, TaskId, TaskOutcome};
use std::borrow::Cow;
use std::rc::Rc;

/// What the present step of a sync waits for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// Nothing: the next step can begin.
    Next,
    /// The sandbox is being made.
    Sandbox { attempt: u32 },
    /// One container is being killed.
    Killing,
    /// One container is being killed, to be forgotten.
    Resetting(Slot),
    /// A running container gets other resources.
    ResizingContainer(Slot),
    /// All containers are being killed.
    KillingPod { recreate: bool },
    /// A killed container is being cleaned up.
    AfterKill,
    /// The sandbox is being stopped.
    AfterPodKill { recreate: bool },
    /// The image is being pulled.
    Pulling { slot: Slot, asked: SimTime, began: SimTime, size: u64, error: Option<String> },
    /// The container is being created.
    Creating(Slot),
    /// The container was created, its process is being started.
    Starting { slot: Slot, made: Box<Made> },
    /// The postStart hook runs.
    PostStart { slot: Slot, task: Option<TaskId>, command: String },
    /// The container whose postStart hook failed is being killed.
    KillingFailedStart(Slot),
}

/// A container that was created.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Made {
    config: Config,
    name: Rc<str>,
    restart: u32,
    resolved: Rc<(String, String)>,
    user: (i64, i64),
}

/// A configuration that never equals another one; stages are compared only by kind.
#[derive(Clone, Debug)]
struct Config(ContainerConfig);

impl PartialEq for Config {
    fn eq(&self, other: &Config) -> bool {
        self.0.name == other.0.name && self.0.image == other.0.image
    }
}

/// An ephemeral container as an ordinary one.
fn plain(e: &EphemeralContainer) -> Container {
    Container {
        name: e.name.clone(),
        image: e.image.clone(),
        command: e.command.clone(),
        args: e.args.clone(),
        env: e.env.clone(),
        env_from: e.env_from.clone(),
        working_dir: e.working_dir.clone(),
        image_pull_policy: e.image_pull_policy.clone(),
        volume_mounts: e.volume_mounts.clone(),
        stdin: e.stdin,
        tty: e.tty,
        security_context: e.security_context.clone(),
        termination_message_path: e.termination_message_path.clone(),
        termination_message_policy: e.termination_message_policy.clone(),
        ..Container::default()
    }
}

fn container_at(containers: Containers<'_>, slot: Slot) -> Option<Cow<'_, Container>> {
    containers.get(slot).map(Cow::Borrowed).or_else(|| containers.ephemeral_at(slot).map(|e| Cow::Owned(plain(e))))
}

/// What a crash back-off is for: FNV-1a of the image and the resources.
fn backoff_key(containers: Containers<'_>, slot: Slot) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |text: &str| {
        for b in text.bytes() {
            hash = (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    eat(containers.image(slot));
    for (k, v) in containers.get(slot).and_then(|c| c.resources.as_ref()).into_iter().flat_map(|r| r.limits.iter().flatten().chain(r.requests.iter().flatten()))
    {
        eat(k);
        eat(&v.0);
    }
    hash
}

impl PodState {
    /// Begins to start a container.
    pub(crate) fn start(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let now = cx.now();
        let runs = self.cached.runs.get(slot);
        let ended = runs.and_then(|r| {
            [&r.now, &r.before].into_iter().flatten().find_map(|run| match run.state {
                RunState::Exited { finished, .. } => Some(finished),
                _ => None,
            })
        });
        if let Some(finished) = ended {
            let key = backoff_key(containers, slot);
            let entry = self.backoffs.get(&slot);
            if let Some(e) = entry.filter(|e| e.alive(key, finished) && now < e.until(finished)) {
                let (until, length) = (e.until(finished), e.length);
                let name = containers.name(slot);
                let text = format!("Back-off restarting failed container {name} in pod {}", self.full_name());
                let reason = format!("back-off {} restarting failed container={name} pod={}", go_seconds(length), self.full_name());
                cx.event(self, Some(slot), true, "BackOff", &text);
                cx.step(self, Some(slot), Step::BackOffStarted { until, length });
                self.fail(cx, slot, "CrashLoopBackOff", reason, None);
                if let Work::Acting(acting) = &mut self.work {
                    acting.backoff_until = Some(acting.backoff_until.map_or(until, |u| u.min(until)));
                }
                return;
            }
            let next = backoff::next(entry, key, finished, now);
            self.backoffs.insert(slot, next);
        }
        self.ensure_image(cx, containers, slot);
    }

    /// A start failed: remembered for the next status; `event` is what stands after `Error: `.
    fn fail(&mut self, cx: &mut Cx<'_>, slot: Slot, reason: &str, message: String, event: Option<&str>) {
        if let Some(text) = event {
            cx.event(self, Some(slot), true, "Failed", &format!("Error: {text}"));
        }
        self.reasons.insert(slot, (reason.to_owned(), message));
        let regular_init = self.role(slot) == Role::Init;
        if let Work::Acting(acting) = &mut self.work {
            acting.failed = true;
            acting.stage = Stage::Next;
            if regular_init {
                acting.ops.retain(|op| !matches!(op, Op::Start(_)));
            }
        }
    }

    fn ensure_image(&mut self, cx: &mut Cx<'_>, containers: Containers<'_>, slot: Slot) {
        let image = containers.image(slot);
        if let Some(why) = unparsable(image) {
            let text = format!("Failed to apply default image tag {image:?}: couldn't parse image name {image:?}: {why}");
            cx.event(self, Some(slot), true, "InspectFailed", &text);
            self.fail(cx, slot, "InvalidImageName", text, Some("InvalidImageName"));
            return;
        }
        let facts = cx.runtime.image(image);
        let settings = cx.api.settings();
        let listed = settings.registry.is_empty() || settings.registry.contains(&facts.canonical);
        let known = facts.exists && !(settings.only_known_images && (facts.assumed || !listed));
        let store = cx.shared.images.entry(self.node).or_default();
        let present = store.has(&facts.canonical) || (settings.images_present && known);
        let policy = containers
            .get(slot)
            .and_then(|c| c.image_pull_policy.as_deref())
            .or_else(|| containers.ephemeral_at(slot).and_then(|c| c.image_pull_policy.as_deref()));
        let policy = policy.unwrap_or("IfNotPresent");
        if present && policy != "Always" {
            let text = format!("Container image {image:?} already present on machine and can be accessed by the pod");
            cx.event(self, Some(slot), false, "Pulled", &text);
            self.create(cx, slot);
            return;
        }
        if policy == "Never" {
            let text = format!("Container image {image:?} is not present with pull policy of Never");
            cx.event(self, Some(slot), true, "ErrImageNeverPull", &text);
            self.fail(cx, slot, "ErrImageNeverPull", text, Some("ErrImageNeverPull"));
            return;
        }
        let now = cx.now();
        if let Some((entry, error)) = self.image_backoffs.get(image)
            && now.since(entry.updated) < entry.length
        {
            let text = format!("Back-off pulling image {image:?}");
            let message = format!("{text}: ErrImagePull: {error}");
            cx.event(self, Some(slot), false, "BackOff", &text);
            self.fail(cx, slot, "ImagePullBackOff", message, Some("ImagePullBackOff"));
            return;
        }
        cx.event(self, Some(slot), false, "Pulling", &format!("Pulling image {image:?}"));
        let missing = !known;
        let not_found = || {
            let c = &facts.canonical;
            format!("rpc error: code = NotFound desc = failed to pull and unpack image {c:?}: failed to resolve reference {c:?}: {c}: not found")
        };
        let error = match cx.shared.arranged.fails.get(image) {
            Some(words) => Some(words.clone().unwrap_or_else(not_found)),
            None => missing.then(not_found),
        };
        let present = present || (error.is_none() && cx.shared.images.entry(self.node).or_default().expect(&facts.canonical));
        let takes =
            cx.shared.arranged.takes.get(image).copied().unwrap_or_else(|| if present || error.is_some() { PULL_AGAIN } else { usual_duration(facts.size) });
        let (began, until) = cx.shared.images.entry(self.node).or_default().enqueue(now, takes);
        cx.step(self, Some(slot), Step::PullStarted { image: image.into(), until, size: facts.size });
        self.stage(Stage::Pulling { slot, asked: now, began, size: facts.size, error });
        self.later(cx, until.since(now));
    }

    /// A wait within the start of a container is over.
    pub(crate) fn start_stage(&mut self, cx: &mut Cx<'_>, stage: Stage) {
        match stage {
            Stage::Pulling { slot, asked, began, size, error } => self.pulled(cx, slot, (asked, began, size), error),
            Stage::Creating(slot) => self.created(cx, slot),
            Stage::Starting { slot, made } => self.started(cx, slot, *made),
            Stage::PostStart { slot, task: None, .. } => {
                cx.step(self, Some(slot), Step::HookEnded { hook: "PostStart", ok: true });
            }
            // These are woken by what they wait for, not by the clock.
            other @ (Stage::Next
            | Stage::Sandbox { .. }
            | Stage::Killing
            | Stage::Resetting(_)
            | Stage::ResizingContainer(_)
            | Stage::KillingPod { .. }
            | Stage::AfterKill
            | Stage::AfterPodKill { .. }
            | Stage::PostStart { .. }
            | Stage::KillingFailedStart(_)) => self.stage(other),
        }
    }

    fn pulled(&mut self, cx: &mut Cx<'_>, slot: Slot, (asked, began, size): (SimTime, SimTime, u64), error: Option<String>) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let image = containers.image(slot);
        let now = cx.now();
        cx.step(self, Some(slot), Step::PullEnded { image: image.into(), ok: error.is_none() });
        if let Some(error) = error {
            cx.event(self, Some(slot), true, "Failed", &format!("Failed to pull image {image:?}: {error}"));
            let next = backoff::next(self.image_backoffs.get(image).map(|(b, _)| b), 0, now, now);
            self.image_backoffs.insert(image.to_owned(), (next, error.clone()));
            self.fail(cx, slot, "ErrImagePull", error, Some("ErrImagePull"));
            return;
        }
        self.image_backoffs.remove(image);
        let facts = cx.runtime.image(image);
        cx.shared.images.entry(self.node).or_default().add(facts.canonical);
        let text = format!(
            "Successfully pulled image {image:?} in {} ({} including waiting). Image size: {size} bytes.",
            go_millis(now.since(began)),
            go_millis(now.since(asked))
        );
        cx.event(self, Some(slot), false, "Pulled", &text);
        self.create(cx, slot);
    }

    /// The image is there: the container is being created.
    fn create(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        match self.config(cx, slot) {
            Ok(made) => {
                self.stage(Stage::Starting { slot, made: Box::new(made) });
                // The stage "created" comes first; `Made` is kept for the one after it.
                if let Work::Acting(acting) = &mut self.work
                    && let Stage::Starting { made, .. } = std::mem::replace(&mut acting.stage, Stage::Creating(slot))
                {
                    self.creating = Some(made);
                }
                let delay = timing::delay(cx.api, CREATE);
                self.later(cx, delay);
            }
            Err(message) => {
                let text = message.clone();
                self.fail(cx, slot, "CreateContainerConfigError", message, Some(&text));
            }
        }
    }

    fn created(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        let Some(made) = self.creating.take() else { return };
        cx.event(self, Some(slot), false, "Created", "Container created");
        self.stage(Stage::Starting { slot, made });
        let delay = timing::delay(cx.api, START);
        self.later(cx, delay);
    }

    /// Everything the runtime has to know, or the message of `CreateContainerConfigError`.
    fn config(&mut self, cx: &mut Cx<'_>, slot: Slot) -> Result<Made, String> {
        let object = self.object.clone();
        let Some((pod, containers)) = pod_of(&object) else { return Err("the pod has no spec".into()) };
        let Some(container) = container_at(containers, slot) else { return Err("the container is gone".into()) };
        let pod_ip = self.actual.sandbox.as_ref().map_or(self.node_ip, |s| s.ip);
        let facts = Facts { pod, pod_ip, node_ip: self.node_ip };
        let runtime = &*cx.runtime;
        let files = |name: &str, path: &str| {
            let volume = self.volumes.iter().find(|v| v.name == name)?;
            let place = format!("/var/lib/kubelet/pods/{}/volumes/kubernetes.io~empty-dir/{name}/{path}", self.uid);
            Some((place, runtime.read_volume_file(volume.id?, path)))
        };
        let vars = environment(cx.api, facts, &container, &files)?;
        let lookup = |name: &str| vars.get(name).map(str::to_owned);
        let expanded = |list: &Option<Vec<String>>| list.iter().flatten().map(|t| expand(t, &lookup, &mut Vec::new())).collect::<Vec<_>>();
        let (command, args) = (expanded(&container.command), expanded(&container.args));
        let mut mounts = Vec::new();
        for m in container.volume_mounts.iter().flatten() {
            let Some(volume) = self.volumes.iter().find(|v| v.name == m.name) else { continue };
            let Some(id) = volume.id else { continue };
            let mut sub_path = m.sub_path.clone().unwrap_or_default();
            if let Some(e) = m.sub_path_expr.as_deref().filter(|e| !e.is_empty()) {
                let mut missing = Vec::new();
                sub_path = expand(e, &lookup, &mut missing);
                if let Some(name) = missing.first() {
                    return Err(format!("missing value for {name}"));
                }
            }
            if let Some(file) = &volume.file {
                sub_path.clone_from(file);
            }
            mounts.push(Mount { volume: id, path: m.mount_path.clone(), sub_path, read_only: m.read_only == Some(true) || volume.projected });
        }
        let image = container.image.as_deref().unwrap_or_default();
        let known = cx.runtime.image(image);
        let (own, all) = (container.security_context.as_ref(), pod.spec.as_ref().and_then(|s| s.security_context.as_ref()));
        let user = own.and_then(|c| c.run_as_user).or_else(|| all.and_then(|c| c.run_as_user));
        let group = own.and_then(|c| c.run_as_group).or_else(|| all.and_then(|c| c.run_as_group));
        let non_root = own.and_then(|c| c.run_as_non_root).or_else(|| all.and_then(|c| c.run_as_non_root)) == Some(true);
        if non_root {
            let place = format!("(pod: \"{}\", container: {})", self.full_name(), container.name);
            let image_user = known.user.split(':').next().unwrap_or_default();
            let image_root = image_user.is_empty() || image_user == "0" || image_user == "root";
            match user {
                Some(0) => return Err(format!("container's runAsUser breaks non-root policy {place}")),
                None if image_root => return Err(format!("container has runAsNonRoot and image will run as root {place}")),
                None if image_user.parse::<i64>().is_err() => {
                    return Err(format!("container has runAsNonRoot and image has non-numeric user ({image_user}), cannot verify user is non-root {place}"));
                }
                Some(_) | None => {}
            }
        }
        let restart = match self.actual.now(slot) {
            Some(run) => run.restart + 1,
            None => self.restart_floor.get(slot).copied().unwrap_or(0),
        };
        let granted = self.granted(containers, slot).or(container.resources.as_ref());
        let limit = granted.and_then(|r| r.limits.as_ref()).and_then(|l| l.get("memory")).and_then(resources::value);
        let pinned = known.canonical.split_once('@');
        let repository = pinned.or_else(|| known.canonical.rsplit_once(':')).map_or(known.canonical.as_str(), |(r, _)| r);
        let image_id = format!("{repository}@{}", pinned.map_or(known.digest.as_str(), |(_, d)| d));
        let rng = cx.api.rng();
        let name: Rc<str> = format!("{:016x}{:016x}{:016x}{:016x}", rng.u64(..), rng.u64(..), rng.u64(..), rng.u64(..)).into();
        let numeric = |t: Option<&str>| t.and_then(|t| t.parse::<i64>().ok());
        let mut image_user = known.user.split(':');
        let shown = (user.or(numeric(image_user.next())).unwrap_or(0), group.or(if user.is_some() { None } else { numeric(image_user.next()) }).unwrap_or(0));
        let mut env = vars.into_list();
        if !env.iter().any(|(k, _)| k == "HOSTNAME") {
            env.insert(0, ("HOSTNAME".into(), self.hostname(containers)));
        }
        let config = ContainerConfig {
            name: container.name.clone(),
            image: image.to_owned(),
            command,
            args,
            env,
            working_dir: container.working_dir.clone().filter(|w| !w.is_empty()),
            user,
            group,
            fs_group: all.and_then(|c| c.fs_group),
            mounts,
            read_only_root: own.and_then(|c: &SecurityContext| c.read_only_root_filesystem) == Some(true),
            memory_limit: limit.and_then(|l| u64::try_from(l).ok()),
            termination_message_path: container.termination_message_path.clone().unwrap_or_else(|| "/dev/termination-log".into()),
            declared_ports: container.ports.iter().flatten().filter_map(|p| u16::try_from(p.container_port).ok()).collect(),
            init: containers.role(slot) == Role::Init,
            stdin: container.stdin == Some(true),
            tty: container.tty == Some(true),
            stop_signal: container.lifecycle.as_ref().and_then(|l| l.stop_signal.clone()),
        };
        Ok(Made { config: Config(config), name, restart, resolved: Rc::new((known.canonical, image_id)), user: shown })
    }

    /// The Pod's host name.
    pub(crate) fn hostname(&self, containers: Containers<'_>) -> String {
        let spec = containers.0;
        if let Some(own) = spec.hostname.clone().filter(|h| !h.is_empty()) {
            own
        } else if spec.host_network == Some(true) {
            self.node_name.to_string()
        } else {
            let name: String = self.key.name.chars().take(63).collect();
            name.trim_end_matches(['-', '.']).to_owned()
        }
    }

    fn started(&mut self, cx: &mut Cx<'_>, slot: Slot, made: Made) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let Some(sandbox) = self.actual.sandbox.as_ref().map(|s| s.id) else { return };
        let now = cx.now();
        let image: Rc<str> = made.config.0.image.as_str().into();
        let mut run = RunRecord {
            id: None,
            name: made.name,
            restart: made.restart,
            image,
            resolved: made.resolved,
            user: made.user,
            state: RunState::Running { started: now },
        };
        self.reset.remove(&slot);
        // Only one dead run is kept beside the newest.
        if let Some(old) = self.actual.runs.get(slot).and_then(|r| r.before.as_ref()).and_then(|r| r.id) {
            cx.shared.containers.remove(&old);
            cx.runtime.remove_container(now, old);
        }
        match cx.runtime.start(now, sandbox, made.config.0) {
            Err(error) => {
                let message: Rc<str> = error.message.as_str().into();
                run.state = RunState::Exited { started: None, finished: now, code: 128, reason: "StartError", message };
                self.actual.push(slot, run);
                self.relist_soon(cx);
                self.fail(cx, slot, "RunContainerError", error.message.clone(), Some(&error.message));
            }
            Ok(id) => {
                run.id = Some(id);
                let restart = run.restart;
                self.actual.push(slot, run);
                self.relist_soon(cx);
                cx.event(self, Some(slot), false, "Started", "Container started");
                cx.shared.containers.insert(id, (self.id, slot, cx.cause));
                self.reasons.remove(&slot);
                self.resized(cx, slot);
                let key = &self.key;
                let arranged =
                    cx.shared.ending_runs.iter().rev().find(|(p, c, nth, _, _)| p == key && c == containers.name(slot) && nth.is_none_or(|n| n == restart));
                if let Some((_, _, _, after, code)) = arranged {
                    let (after, code) = (*after, *code);
                    cx.runtime.interfere(now, id, podglass_runtime::Interference::Stay);
                    cx.wake(now + after, self.id, What::RunEnds(id, code));
                }
                self.post_start(cx, containers, slot);
            }
        }
    }

    fn post_start(&mut self, cx: &mut Cx<'_>, containers: Containers<'_>, slot: Slot) {
        let hook = containers.get(slot).and_then(|c| c.lifecycle.as_ref()).and_then(|l| l.post_start.as_ref());
        let ip = self.actual.sandbox.as_ref().map_or(self.node_ip, |s| s.ip);
        let Some(hook) = hook.and_then(|h| handler(h, containers, slot, ip)) else {
            self.stage(Stage::Next);
            return;
        };
        let Some(run) = self.actual.now(slot).and_then(|r| r.id) else { return };
        cx.step(self, Some(slot), Step::HookStarted { hook: "PostStart" });
        let now = cx.now();
        let mut command = String::new();
        let task = match hook {
            Handler::Exec(argv) => {
                command = argv.join(" ");
                cx.runtime.exec(now, run, argv, String::new())
            }
            Handler::Request(request) => cx.runtime.request(now, self.node, request),
            Handler::Sleep(secs) => {
                self.stage(Stage::PostStart { slot, task: None, command });
                self.later(cx, secs * 1000);
                return;
            }
            Handler::Nothing => {
                self.stage(Stage::Next);
                return;
            }
        };
        cx.shared.tasks.insert(task, (self.id, Waits::PostStart, cx.cause));
        self.stage(Stage::PostStart { slot, task: Some(task), command });
    }

    /// The postStart hook ended.
    pub(crate) fn post_start_done(&mut self, cx: &mut Cx<'_>, outcome: &TaskOutcome) {
        let Work::Acting(acting) = &self.work else { return };
        let Stage::PostStart { slot, command, .. } = acting.stage.clone() else { return };
        let ok = super::hooks::succeeded(outcome);
        cx.step(self, Some(slot), Step::HookEnded { hook: "PostStart", ok });
        if ok {
            self.stage(Stage::Next);
            self.proceed(cx);
            return;
        }
        let name = self.names.get(slot).map(ToString::to_string).unwrap_or_default();
        let pod = self.full_name();
        let object = self.object.clone();
        let hook = pod_of(&object).and_then(|(_, c)| c.get(slot)?.lifecycle.as_ref()?.post_start.as_ref()?.http_get.as_ref());
        let path = hook.and_then(|g| g.path.as_deref()).unwrap_or_default();
        let place = format!("for Container {name:?} in Pod {pod:?} failed - error:");
        let message = match outcome {
            TaskOutcome::Exited { code, output, stderr, .. } => {
                format!("Exec lifecycle hook ([{command}]) {place} command '{command}' exited with {code}: {stderr}, message: {output:?}")
            }
            TaskOutcome::NotStarted(words) => {
                let run = self.actual.now(slot).map(|r| r.name.clone()).unwrap_or_default();
                format!("Exec lifecycle hook ([{command}]) {place} {}, message: \"\"", not_started(&run, words.clone()))
            }
            TaskOutcome::Failed(words) => format!("HTTP lifecycle hook ({path}) {place} {words}"),
            TaskOutcome::Http { .. } | TaskOutcome::Connected => String::new(),
        };
        self.reasons.insert(slot, ("PostStartHookError".into(), message));
        cx.event(self, Some(slot), true, "FailedPostStartHook", "PostStartHook failed");
        if self.actual.running(slot) {
            self.stage(Stage::KillingFailedStart(slot));
            self.kill(cx, slot, KillReason::Other, "FailedPostStartHook", None, false);
        } else {
            self.stage(Stage::Next);
            self.hook_failed(cx, slot);
            self.proceed(cx);
        }
    }

    /// A container whose postStart hook failed is dead.
    pub(crate) fn hook_failed(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        let (reason, message) = self.reasons.get(&slot).cloned().unwrap_or_default();
        self.fail(cx, slot, &reason, message, None);
    }
}
