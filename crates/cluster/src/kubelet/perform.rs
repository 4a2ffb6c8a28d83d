//! The steps of a sync, one after the other, each when the one before it is done; the sandbox
//! (follows `SyncPod` in pkg/kubelet/kuberuntime/kuberuntime_manager.go).

use super::What;
use super::actions::KillReason;
use super::containers::Sandbox;
use super::pod::{Cx, PodState, pod_of};
use super::start::Stage;
use super::sync::{Op, Work};
use super::timing::{self, AFTER_KILL, RESIZE, SANDBOX, SANDBOX_STOP};
use crate::journal::Step;
use podglass_runtime::SandboxConfig;
use std::net::Ipv4Addr;

impl PodState {
    /// Goes on with the steps of a sync until one of them has to wait.
    pub(crate) fn proceed(&mut self, cx: &mut Cx<'_>) {
        loop {
            let Work::Acting(acting) = &mut self.work else { return };
            if acting.stage != Stage::Next {
                return;
            }
            let Some(op) = acting.ops.pop_front() else {
                self.end_sync(cx);
                return;
            };
            match op {
                Op::Kill(order) => {
                    if self.actual.running(order.slot) {
                        self.stage(Stage::Killing);
                        self.kill(cx, order.slot, order.reason, &order.message, None, false);
                    }
                }
                Op::Reset(slot) => {
                    if self.actual.running(slot) {
                        self.stage(Stage::Resetting(slot));
                        self.kill(cx, slot, KillReason::Other, "killing", Some(0), false);
                    } else {
                        self.forget(slot);
                    }
                }
                Op::KillPod { recreate } => {
                    self.stage(Stage::KillingPod { recreate });
                    if !self.kill_all(cx) {
                        self.killed(cx);
                    }
                }
                Op::Sandbox { attempt } => {
                    self.stage(Stage::Sandbox { attempt });
                    let delay = timing::delay(cx.api, SANDBOX);
                    self.later(cx, delay);
                }
                Op::Resize(slot) => {
                    self.stage(Stage::ResizingContainer(slot));
                    self.later(cx, RESIZE);
                }
                Op::Start(slot) => self.start(cx, slot),
            }
        }
    }

    /// Sets the stage of the present step.
    pub(crate) fn stage(&mut self, stage: Stage) {
        if let Work::Acting(acting) = &mut self.work {
            acting.stage = stage;
        }
    }

    /// Comes back to the present step after a while.
    pub(crate) fn later(&mut self, cx: &mut Cx<'_>, ms: u64) {
        self.turn += 1;
        cx.wake(cx.now() + ms, self.id, What::Step(self.turn));
    }

    /// The wait of the present step is over.
    pub(crate) fn step(&mut self, cx: &mut Cx<'_>, turn: u32) {
        if turn != self.turn {
            return;
        }
        match &mut self.work {
            Work::Acting(acting) => {
                match std::mem::replace(&mut acting.stage, Stage::Next) {
                    Stage::Sandbox { attempt } => self.sandbox_up(cx, attempt),
                    Stage::AfterKill => {}
                    Stage::ResizingContainer(slot) => self.resized(cx, slot),
                    Stage::AfterPodKill { recreate } => self.sandbox_down(cx, recreate),
                    other => self.start_stage(cx, other),
                }
                self.proceed(cx);
            }
            Work::StoppingSandbox => self.pod_stopped(cx),
            Work::Idle | Work::Mounting | Work::Stopping => {}
        }
    }

    pub(super) fn sandbox_up(&mut self, cx: &mut Cx<'_>, attempt: u32) {
        let object = self.object.clone();
        let Some((_, containers)) = pod_of(&object) else { return };
        let spec = containers.0;
        let host_network = spec.host_network == Some(true);
        let ip = if host_network {
            self.node_ip
        } else {
            let n = cx.shared.next_ip.entry(self.node).or_insert(1);
            *n += 1;
            Ipv4Addr::new(10, 244, (self.node + (*n >> 8)) as u8, (*n & 0xff) as u8)
        };
        let config = SandboxConfig {
            hostname: self.hostname(containers),
            ip,
            namespace: self.key.namespace.clone(),
            node: self.node,
            node_ip: self.node_ip,
            host_network,
            share_process_namespace: spec.share_process_namespace == Some(true),
            host_aliases: spec.host_aliases.iter().flatten().map(|a| (a.ip.clone(), a.hostnames.clone().unwrap_or_default())).collect(),
            domain: spec.subdomain.as_deref().filter(|s| !s.is_empty()).map_or_else(String::new, |s| format!("{s}.{}.svc.cluster.local", self.key.namespace)),
            resolv_conf: super::dns::resolv_conf(containers, &self.key.namespace),
        };
        let id = cx.runtime.create_sandbox(cx.api.now(), config);
        self.actual.sandbox = Some(Sandbox { id, ip, ready: true, attempt });
        cx.step(self, None, Step::SandboxCreated { ip });
        self.relist_soon(cx);
        // PodReadyToStartContainers is published at once, without the address.
        if let Some(mut status) = self.status.as_deref().cloned() {
            let now = cx.api.timestamp();
            for c in status.conditions.iter_mut().flatten().filter(|c| c.type_ == "PodReadyToStartContainers" && c.status != "True") {
                c.status = "True".into();
                c.reason = None;
                c.message = None;
                c.last_transition_time = Some(now.clone());
            }
            self.publish(cx, status, false);
        }
    }

    /// All containers of the Pod are dead within a sync: the sandbox goes.
    pub(super) fn sandbox_down(&mut self, cx: &mut Cx<'_>, recreate: bool) {
        self.drop_sandbox(cx);
        if recreate {
            let object = self.object.clone();
            if let Some((_, containers)) = pod_of(&object) {
                for slot in 0..containers.first_app() {
                    self.forget_quietly(slot);
                }
            }
        }
    }

    /// Stops the sandbox, where there is one that is ready.
    pub(crate) fn drop_sandbox(&mut self, cx: &mut Cx<'_>) -> bool {
        let Some(sandbox) = self.actual.sandbox.as_mut().filter(|s| s.ready) else { return false };
        sandbox.ready = false;
        let id = sandbox.id;
        cx.runtime.stop_sandbox(cx.api.now(), id);
        cx.step(self, None, Step::SandboxRemoved);
        self.relist_soon(cx);
        true
    }

    /// Every kill that was under way is done.
    pub(crate) fn killed(&mut self, cx: &mut Cx<'_>) {
        match &self.work {
            Work::Acting(acting) => match acting.stage.clone() {
                Stage::Killing => {
                    self.stage(Stage::AfterKill);
                    self.later(cx, AFTER_KILL);
                }
                Stage::Resetting(slot) => {
                    self.forget(slot);
                    self.stage(Stage::AfterKill);
                    self.later(cx, AFTER_KILL);
                }
                Stage::KillingPod { recreate } => {
                    self.stage(Stage::AfterPodKill { recreate });
                    let delay = timing::delay(cx.api, SANDBOX_STOP);
                    self.later(cx, delay);
                }
                Stage::KillingFailedStart(slot) => {
                    self.stage(Stage::Next);
                    self.hook_failed(cx, slot);
                    self.proceed(cx);
                }
                _ => {}
            },
            Work::Stopping => {
                self.work = Work::StoppingSandbox;
                let delay = timing::delay(cx.api, SANDBOX_STOP);
                self.later(cx, delay);
            }
            Work::Idle | Work::Mounting | Work::StoppingSandbox => {}
        }
    }
}
