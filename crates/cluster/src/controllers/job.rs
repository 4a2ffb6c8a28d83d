//! Jobs: Pods that run to completion (follows pkg/controller/job/job_controller.go).
//!
//! A sync counts what finished (first as uncounted, then, once the finalizer is off the Pod, in the counters),
//! decides whether the Job is over, and otherwise brings the number of active Pods to what is wanted.

mod indexes;
mod make;
mod policy;

use super::Context;
use super::pods::{is_active, is_ready, is_terminal, is_terminating, moment, phase, unless_zero};
use super::ranking::{Ranked, compare};
use crate::SimTime;
use crate::action::Propagation;
use crate::typed::Typed;
use indexes::Indexes;
use k8s_openapi::api::batch::v1::{Job, JobCondition, JobSpec, JobStatus, UncountedTerminatedPods};
use k8s_openapi::api::core::v1::Pod;
use podglass_manifest::{Kind, Object, ObjectKey};
use policy::Verdict;
use std::collections::BTreeMap;
use std::rc::Rc;

pub(crate) use make::label;

const COMPONENT: &str = "job-controller";
const TRACKING: &str = "batch.kubernetes.io/job-tracking";
/// Back-off after failures: doubles from here to there.
const FIRST_BACK_OFF: u64 = 10_000;
const LAST_BACK_OFF: u64 = 600_000;
/// Pods made in one sync.
const BURST: usize = 500;

/// What is remembered between syncs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jobs {
    back_off: BTreeMap<String, BackOff>,
}

/// Failures since the last success.
#[derive(Clone, Debug, Default)]
struct BackOff {
    failures: u32,
    last: SimTime,
    /// Failures by index, for `backoffLimitPerIndex`.
    by_index: BTreeMap<i32, i32>,
}

/// Why a Job is over.
#[derive(Clone, Debug)]
struct Finish {
    success: bool,
    reason: &'static str,
    message: String,
}

/// One sync.
struct Sync<'c, 'a> {
    cx: &'c mut Context<'a>,
    key: ObjectKey,
    object: Rc<Object>,
    spec: JobSpec,
    status: JobStatus,
    pods: Vec<Rc<Object>>,
}

fn has_condition(status: &JobStatus, kind: &str) -> bool {
    find(status, kind).is_some_and(|c| c.status == "True")
}

fn find<'a>(status: &'a JobStatus, kind: &str) -> Option<&'a JobCondition> {
    status.conditions.as_ref()?.iter().find(|c| c.type_ == kind)
}

/// Whether the Job is Complete or Failed.
pub(super) fn finished(status: &JobStatus) -> Option<&JobCondition> {
    status.conditions.as_ref()?.iter().find(|c| matches!(c.type_.as_str(), "Complete" | "Failed") && c.status == "True")
}

fn tracked(pod: &Object) -> bool {
    pod.metadata().finalizers.iter().flatten().any(|f| f == TRACKING)
}

/// When a Pod's last container ended, as its status says; else when it was marked or made.
fn finish_time(cx: &Context<'_>, pod: &Pod) -> SimTime {
    let statuses = pod.status.iter().flat_map(|s| s.container_statuses.iter().flatten());
    let ended = statuses.filter_map(|c| c.state.as_ref()?.terminated.as_ref()?.finished_at.as_ref()).max();
    let fallback = pod.metadata.deletion_timestamp.as_ref().or(pod.metadata.creation_timestamp.as_ref());
    ended.or(fallback).map_or(cx.api.now(), |t| moment(cx.api, t))
}

/// Deletes a finished Job after its time to live.
pub(super) fn expire(cx: &mut Context<'_>, key: &ObjectKey) {
    let Some(object) = cx.api.find(key).cloned() else { return };
    let Some(job) = Job::of(&object).filter(|j| j.metadata.deletion_timestamp.is_none()) else { return };
    let Some(ttl) = job.spec.as_ref().and_then(|s| s.ttl_seconds_after_finished) else { return };
    let Some(condition) = job.status.as_ref().and_then(finished) else { return };
    let Some(since) = &condition.last_transition_time else { return };
    let at = moment(cx.api, since) + ttl.max(0) as u64 * 1000;
    if at > cx.api.now() {
        return cx.again_at(key, at);
    }
    let _ = cx.api.delete(key, None, Propagation::Foreground, cx.cause);
}

impl Jobs {
    /// Looks at a Job.
    pub(super) fn sync(&mut self, cx: &mut Context<'_>, key: &ObjectKey) {
        let Some(object) = cx.api.find(key).cloned() else { return };
        let Some(job) = Job::of(&object).cloned() else { return };
        let Some(spec) = job.spec else { return };
        let status = job.status.unwrap_or_default();
        let pods: Vec<Rc<Object>> = cx.index.controlled(object.uid(), Kind::Pod).cloned().collect();
        let mut sync = Sync { cx, key: key.clone(), object, spec, status, pods };
        if finished(&sync.status).is_some() || sync.object.metadata().deletion_timestamp.is_some() {
            for pod in sync.pods.clone().iter().filter(|p| tracked(p)) {
                sync.untrack(pod);
            }
            self.back_off.remove(sync.object.uid());
            return;
        }
        sync.run(self.back_off.entry(sync.object.uid().to_owned()).or_default());
    }
}

impl Sync<'_, '_> {
    fn indexed(&self) -> bool {
        self.spec.completion_mode.as_deref() == Some("Indexed")
    }
    fn only_failed_are_replaced(&self) -> bool {
        self.spec.pod_replacement_policy.as_deref() == Some("Failed") || (self.spec.pod_replacement_policy.is_none() && self.spec.pod_failure_policy.is_some())
    }
    fn is_failed(&self, pod: &Pod) -> bool {
        phase(pod) == "Failed" || (is_terminating(pod) && phase(pod) != "Succeeded" && !self.only_failed_are_replaced())
    }
    fn index(pod: &Object) -> Option<i32> {
        pod.metadata().annotations.as_ref()?.get("batch.kubernetes.io/job-completion-index")?.parse().ok()
    }
    fn untrack(&mut self, pod: &Rc<Object>) {
        super::garbage::strip(self.cx, &pod.key(), TRACKING);
    }

    fn run(&mut self, back_off: &mut BackOff) {
        let suspended = self.spec.suspend == Some(true);
        let mut status = self.status.clone();
        let now = self.cx.api.timestamp();
        if status.start_time.is_none() && !suspended {
            status.start_time = Some(now.clone());
        }
        let mut active: Vec<Rc<Object>> = self.pods.iter().filter(|o| Pod::of(o).is_some_and(is_active)).cloned().collect();
        // What finished since the last sync, in the order in which it did.
        let mut fresh: Vec<Rc<Object>> =
            self.pods.iter().filter(|o| tracked(o) && Pod::of(o).is_some_and(|p| phase(p) == "Succeeded" || self.is_failed(p))).cloned().collect();
        fresh.sort_by_key(|o| Pod::of(o).map(|p| finish_time(self.cx, p)));
        let mut indexes = Indexes::read(&status, self.spec.completions.unwrap_or(0));
        let mut counted = Counted::default();
        let mut verdict_of_policy = None;
        for o in &fresh {
            let Some(pod) = Pod::of(o) else { continue };
            if phase(pod) == "Succeeded" {
                back_off.failures = 0;
                if self.indexed() {
                    if let Some(i) = Self::index(o) {
                        indexes.complete(i);
                    }
                } else {
                    counted.succeeded.push(o.uid().to_owned());
                }
                continue;
            }
            match policy::judge(&self.spec, pod) {
                Verdict::Ignore => continue,
                Verdict::FailJob(message) => {
                    verdict_of_policy.get_or_insert(message);
                }
                Verdict::FailIndex => {
                    if let Some(i) = Self::index(o) {
                        indexes.fail(i);
                    }
                }
                Verdict::Count => {}
            }
            counted.failed.push(o.uid().to_owned());
            back_off.failures += 1;
            back_off.last = finish_time(self.cx, pod);
            if let Some(i) = Self::index(o) {
                let n = back_off.by_index.entry(i).or_default();
                *n += 1;
                if self.spec.backoff_limit_per_index.is_some_and(|limit| *n > limit) {
                    indexes.fail(i);
                }
            }
        }
        let succeeded = if self.indexed() { indexes.completed_count() } else { status.succeeded.unwrap_or(0) + counted.succeeded.len() as i32 };
        let failed = status.failed.unwrap_or(0) + counted.failed.len() as i32;
        let mut finish = self.decide(&status, &active, &indexes, succeeded, failed, verdict_of_policy);
        let mut ready = active.iter().filter(|o| Pod::of(o).is_some_and(is_ready)).count() as i32;
        let mut terminating = self.pods.iter().filter(|o| Pod::of(o).is_some_and(|p| is_terminating(p) && !is_terminal(p))).count() as i32;
        let mut deleted = Vec::new();
        if finish.is_some() {
            // Everything that still runs goes, and counts as failed.
            for o in std::mem::take(&mut active) {
                self.delete(&o);
                counted.failed.push(o.uid().to_owned());
                deleted.push(o);
                terminating += 1;
            }
            ready = 0;
        } else if suspended {
            terminating += active.len() as i32;
            for o in std::mem::take(&mut active) {
                self.untrack(&o);
                self.delete(&o);
            }
            ready = 0;
            status.start_time = None;
        } else if self.object.metadata().deletion_timestamp.is_none() {
            let (made, gone) = self.fill(&active, &indexes, succeeded, terminating, back_off);
            terminating += gone as i32;
            let left = active.len() + made - gone.min(active.len() + made);
            active.truncate(left.min(active.len()));
            status.active = unless_zero(left as i32);
            let wanted = self.spec.completions;
            let complete = match wanted {
                None => succeeded > 0 && left == 0 && made == 0,
                Some(n) => succeeded >= n && left == 0,
            };
            if complete {
                finish = Some(Finish { success: true, reason: "CompletionsReached", message: "Reached expected number of succeeded pods".into() });
            }
        }
        if finish.is_some() || suspended {
            status.active = None;
        }
        self.suspension(&mut status, suspended);
        status.ready = Some(ready);
        status.terminating = Some(terminating);
        if self.indexed() {
            indexes.write(&mut status);
            status.succeeded = unless_zero(succeeded);
        }
        if let Some(finish) = &finish {
            let kind = if finish.success { "SuccessCriteriaMet" } else { "FailureTarget" };
            self.add_condition(&mut status, kind, finish.reason, &finish.message);
        }
        // First write: what finished is uncounted.
        status.uncounted_terminated_pods = Some(UncountedTerminatedPods {
            succeeded: Some(counted.succeeded.clone()).filter(|v| !v.is_empty()),
            failed: Some(counted.failed.clone()).filter(|v| !v.is_empty()),
        });
        self.write(status.clone());
        for o in fresh.iter().chain(&deleted) {
            self.untrack(o);
        }
        // Second write: it is counted, and the Job is over once nothing is left that stops.
        status.uncounted_terminated_pods = Some(UncountedTerminatedPods::default());
        if !self.indexed() {
            status.succeeded = unless_zero(succeeded);
        }
        status.failed = unless_zero(self.status.failed.unwrap_or(0) + counted.failed.len() as i32);
        let over = finish.filter(|_| terminating == 0);
        if let Some(finish) = &over {
            if finish.success {
                status.completion_time = Some(now);
            }
            let kind = if finish.success { "Complete" } else { "Failed" };
            self.add_condition(&mut status, kind, finish.reason, &finish.message);
        }
        self.write(status);
        if let Some(finish) = over {
            let object = self.object.clone();
            if finish.success {
                self.cx.normal(&object, COMPONENT, "Completed", "Job completed");
            } else {
                self.cx.warning(&object, COMPONENT, finish.reason, &finish.message);
            }
        }
        self.watch_deadline();
    }

    /// Whether the Job is over, and why.
    fn decide(&self, status: &JobStatus, active: &[Rc<Object>], indexes: &Indexes, succeeded: i32, failed: i32, by_policy: Option<String>) -> Option<Finish> {
        let failure = |reason, message: &str| Some(Finish { success: false, reason, message: message.to_owned() });
        for (kind, success) in [("SuccessCriteriaMet", true), ("FailureTarget", false)] {
            if let Some(c) = find(status, kind).filter(|c| c.status == "True") {
                let reason = policy::known_reason(c.reason.as_deref().unwrap_or_default());
                return Some(Finish { success, reason, message: c.message.clone().unwrap_or_default() });
            }
        }
        if let Some(message) = by_policy {
            return failure("PodFailurePolicy", &message);
        }
        let limit = self.spec.backoff_limit.unwrap_or(6);
        if failed > limit || self.restarts_exceed(active, limit) {
            return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
        }
        if self.deadline().is_some_and(|at| at <= self.cx.api.now()) {
            return failure("DeadlineExceeded", "Job was active longer than specified deadline");
        }
        if self.spec.max_failed_indexes.is_some_and(|most| indexes.failed_count() > most) {
            return failure("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
        }
        if self.indexed() && indexes.failed_count() > 0 && indexes.failed_count() + succeeded >= self.spec.completions.unwrap_or(0) && active.is_empty() {
            return failure("FailedIndexes", "Job has failed indexes");
        }
        let rule = policy::success(&self.spec, indexes)?;
        Some(Finish { success: true, reason: "SuccessPolicy", message: format!("Matched rules at index {rule}") })
    }

    /// OnFailure: the restarts of all Pods together reach the limit.
    fn restarts_exceed(&self, active: &[Rc<Object>], limit: i32) -> bool {
        if self.spec.template.spec.as_ref().and_then(|s| s.restart_policy.as_deref()) != Some("OnFailure") {
            return false;
        }
        let statuses = |p: &Pod| -> i32 {
            p.status.iter().flat_map(|s| s.init_container_statuses.iter().flatten().chain(s.container_statuses.iter().flatten())).map(|c| c.restart_count).sum()
        };
        let sum: i32 = active.iter().filter_map(|o| Pod::of(o)).filter(|p| matches!(phase(p), "Running" | "Pending")).map(statuses).sum();
        if limit == 0 { sum > 0 } else { sum >= limit }
    }

    /// When `activeDeadlineSeconds` is over.
    fn deadline(&self) -> Option<SimTime> {
        if self.spec.suspend == Some(true) {
            return None;
        }
        let start = self.status.start_time.as_ref()?;
        Some(moment(self.cx.api, start) + self.spec.active_deadline_seconds?.max(0) as u64 * 1000)
    }

    fn watch_deadline(&mut self) {
        let Some(seconds) = self.spec.active_deadline_seconds else { return };
        if self.spec.suspend == Some(true) {
            return;
        }
        let start = Job::of(self.cx.api.find(&self.key).unwrap_or(&self.object)).and_then(|j| j.status.clone()).and_then(|s| s.start_time);
        let Some(start) = start else { return };
        let at = moment(self.cx.api, &start) + seconds.max(0) as u64 * 1000;
        if at > self.cx.api.now() {
            let key = self.key.clone();
            self.cx.again_at(&key, at);
        }
    }

    fn delete(&mut self, pod: &Rc<Object>) {
        if self.cx.api.delete(&pod.key(), None, Propagation::Background, self.cx.cause).is_ok() {
            let object = self.object.clone();
            self.cx.normal(&object, COMPONENT, "SuccessfulDelete", &format!("Deleted pod: {}", pod.name()));
        }
    }

    /// Brings the number of active Pods to what is wanted: how many were made and how many deleted.
    fn fill(&mut self, active: &[Rc<Object>], indexes: &Indexes, succeeded: i32, terminating: i32, back_off: &BackOff) -> (usize, usize) {
        let parallelism = self.spec.parallelism.unwrap_or(1).max(0);
        let has = active.len() as i32;
        let mut want = match self.spec.completions {
            None => {
                if succeeded > 0 {
                    has.min(parallelism)
                } else {
                    parallelism
                }
            }
            Some(n) => (n - succeeded - if self.spec.backoff_limit_per_index.is_some() { indexes.failed_count() } else { 0 }).clamp(0, parallelism),
        };
        if self.only_failed_are_replaced() {
            want = (want - terminating).max(0);
        }
        if has > want {
            let surplus = (has - want) as usize;
            let mut order: Vec<&Rc<Object>> = active.iter().collect();
            let now = super::ranking::unix(self.cx.api);
            let index = self.cx.index;
            let born = |pod: &Pod| index.born(pod.metadata.uid.as_deref().unwrap_or_default());
            order.sort_by(|a, b| match (Pod::of(a), Pod::of(b)) {
                (Some(p), Some(q)) => compare(Ranked { pod: p, rank: 0, born: born(p) }, Ranked { pod: q, rank: 0, born: born(q) }, now),
                _ => std::cmp::Ordering::Equal,
            });
            let doomed: Vec<Rc<Object>> = order.into_iter().take(surplus).cloned().collect();
            for o in &doomed {
                self.untrack(o);
                self.delete(o);
            }
            return (0, doomed.len());
        }
        let missing = ((want - has) as usize).min(BURST);
        if missing == 0 {
            return (0, 0);
        }
        if back_off.failures > 0 && self.spec.backoff_limit_per_index.is_none() {
            let wait = (FIRST_BACK_OFF << (back_off.failures - 1).min(10)).min(LAST_BACK_OFF);
            let at = back_off.last + wait;
            if at > self.cx.api.now() {
                let key = self.key.clone();
                self.cx.again_at(&key, at);
                return (0, 0);
            }
        }
        let taken: Vec<i32> = active.iter().filter_map(|o| Self::index(o)).collect();
        let numbers: Vec<Option<i32>> = if self.indexed() { indexes.free(&taken, missing).into_iter().map(Some).collect() } else { vec![None; missing] };
        let mut made = 0;
        for index in numbers {
            let pod = make::pod(&self.object, &self.spec, index, TRACKING);
            let object = self.object.clone();
            match self.cx.create(pod) {
                Ok(pod) => {
                    made += 1;
                    self.cx.normal(&object, COMPONENT, "SuccessfulCreate", &format!("Created pod: {}", pod.name()));
                }
                Err(refusal) => {
                    self.cx.warning(&object, COMPONENT, "FailedCreate", &format!("Error creating: {}", refusal.message));
                    let key = self.key.clone();
                    self.cx.again(&key, 10_000);
                    break;
                }
            }
        }
        (made, 0)
    }

    /// The condition Suspended, with its events.
    fn suspension(&mut self, status: &mut JobStatus, suspended: bool) {
        let was = has_condition(status, "Suspended");
        if suspended == was {
            return;
        }
        let (state, reason, message, event) =
            if suspended { ("True", "JobSuspended", "Job suspended", "Suspended") } else { ("False", "JobResumed", "Job resumed", "Resumed") };
        let now = self.cx.api.timestamp();
        let condition = JobCondition {
            type_: "Suspended".into(),
            status: state.into(),
            reason: Some(reason.into()),
            message: Some(message.into()),
            last_probe_time: Some(now.clone()),
            last_transition_time: Some(now.clone()),
        };
        let all = status.conditions.get_or_insert_default();
        match all.iter_mut().find(|c| c.type_ == "Suspended") {
            Some(old) => *old = condition,
            None => all.push(condition),
        }
        if !suspended {
            status.start_time = Some(now);
        }
        let object = self.object.clone();
        self.cx.normal(&object, COMPONENT, event, message);
    }

    fn add_condition(&self, status: &mut JobStatus, kind: &str, reason: &str, message: &str) {
        if has_condition(status, kind) {
            return;
        }
        let now = self.cx.api.timestamp();
        status.conditions.get_or_insert_default().push(JobCondition {
            type_: kind.into(),
            status: "True".into(),
            reason: Some(reason.into()),
            message: Some(message.into()),
            last_probe_time: Some(now.clone()),
            last_transition_time: Some(now),
        });
    }

    fn write(&mut self, status: JobStatus) {
        let _ = self.cx.api.change(&self.key, self.cx.cause, |j: &mut Job| j.status = Some(status));
    }
}

/// Pods that finished since the last sync, by uid.
#[derive(Clone, Debug, Default)]
struct Counted {
    succeeded: Vec<String>,
    failed: Vec<String>,
}
