//! The postStart hook: it holds the sync up until it ends, and takes the container with it when it fails
//! (follows `startContainer` in pkg/kubelet/kuberuntime/kuberuntime_container.go).

use super::actions::KillReason;
use super::containers::{Containers, Slot};
use super::hooks::{Handler, handler, not_started};
use super::pod::{Cx, PodState, Waits, pod_of};
use super::start::Stage;
use super::sync::Work;
use crate::journal::Step;
use podglass_runtime::TaskOutcome;

impl PodState {
    pub(super) fn post_start(&mut self, cx: &mut Cx<'_>, containers: Containers<'_>, slot: Slot) {
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
