//! Starting a container: image, options, create, start, postStart
//! (follows `startContainer` in pkg/kubelet/kuberuntime/kuberuntime_container.go and pkg/kubelet/images).

use super::What;
use super::backoff::{self, go_seconds};
use super::config::Made;
use super::containers::{Containers, Role, RunRecord, RunState, Slot};
use super::pod::{Cx, PodState, pod_of};
use super::sync::{Op, Work};
use super::timing::{self, CREATE, START};
use crate::SimTime;
use crate::journal::Step;
use podglass_runtime::TaskId;
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
    pub(super) fn fail(&mut self, cx: &mut Cx<'_>, slot: Slot, reason: &str, message: String, event: Option<&str>) {
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

    /// The image is there: the container is being created.
    pub(super) fn create(&mut self, cx: &mut Cx<'_>, slot: Slot) {
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

    pub(super) fn created(&mut self, cx: &mut Cx<'_>, slot: Slot) {
        let Some(made) = self.creating.take() else { return };
        cx.event(self, Some(slot), false, "Created", "Container created");
        self.stage(Stage::Starting { slot, made });
        let delay = timing::delay(cx.api, START);
        self.later(cx, delay);
    }

    pub(super) fn started(&mut self, cx: &mut Cx<'_>, slot: Slot, made: Made) {
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
}
