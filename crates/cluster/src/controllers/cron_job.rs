//! CronJobs: a Job at every full minute that the schedule names (follows pkg/controller/cronjob/cronjob_controllerv2.go).
//! Schedules are read in UTC; the tables of other time zones are not on board.

use super::Context;
use super::cron::Schedule;
use super::job::finished;
use crate::SimTime;
use crate::action::Propagation;
use crate::api_server::{controller_reference, object_reference};
use crate::labels::Labels;
use crate::typed::Typed;
use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, CronJobStatus, Job};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use k8s_openapi::jiff::Timestamp;
use podglass_manifest::{Kind, Object, ObjectKey};
use std::rc::Rc;

const COMPONENT: &str = "cronjob-controller";
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/// Milliseconds after the full minute (measured).
const DELAY: u64 = 100;
/// More missed times than this are not caught up with.
const MOST_MISSED: usize = 100;

fn outcome(job: &Object) -> Option<&str> {
    Job::of(job)?.status.as_ref().and_then(finished).map(|c| c.type_.as_str())
}

/// Looks at a CronJob.
pub(super) fn sync(cx: &mut Context<'_>, key: &ObjectKey) {
    let Some(object) = cx.api.find(key).cloned() else { return };
    let Some(cron) = CronJob::of(&object).cloned() else { return };
    let mut status = cron.status.clone().unwrap_or_default();
    let mut jobs: Vec<Rc<Object>> = cx.index.controlled(object.uid(), Kind::Job).cloned().collect();
    jobs.sort_by(|a, b| (&a.metadata().creation_timestamp, a.name()).cmp(&(&b.metadata().creation_timestamp, b.name())));
    trim(cx, &object, &cron.spec, &mut jobs);
    settle(cx, &object, &jobs, &mut status);
    if object.metadata().deletion_timestamp.is_none() && cron.spec.suspend != Some(true) {
        match Schedule::parse(&cron.spec.schedule) {
            Ok(schedule) => run(cx, &object, &cron.spec, &schedule, &jobs, &mut status),
            Err(error) => {
                let message = format!("unparseable schedule: {:?} : {error}", cron.spec.schedule);
                cx.warning(&object, COMPONENT, "UnparseableSchedule", &message);
            }
        }
    }
    status.active = status.active.filter(|a| !a.is_empty());
    let _ = cx.api.change(key, cx.cause, |c: &mut CronJob| c.status = Some(status));
}

/// Takes finished Jobs off the list of active ones.
fn settle(cx: &mut Context<'_>, object: &Rc<Object>, jobs: &[Rc<Object>], status: &mut CronJobStatus) {
    let mut events = Vec::new();
    if let Some(active) = &mut status.active {
        active.retain(|r| {
            let name = r.name.as_deref().unwrap_or_default();
            let Some(job) = jobs.iter().find(|j| Some(j.uid()) == r.uid.as_deref()) else {
                events.push(("MissingJob", format!("Active job went missing: {name}")));
                return false;
            };
            let Some(how) = outcome(job) else { return true };
            events.push(("SawCompletedJob", format!("Saw completed job: {name}, condition: {how}")));
            if how == "Complete" {
                let ended = Job::of(job).and_then(|j| j.status.as_ref()).and_then(|s| s.completion_time.clone());
                if ended > status.last_successful_time {
                    status.last_successful_time = ended;
                }
            }
            false
        });
    }
    for (reason, message) in events {
        cx.normal(object, COMPONENT, reason, &message);
    }
}

/// Deletes finished Jobs beyond the limits, oldest first.
fn trim(cx: &mut Context<'_>, object: &Rc<Object>, spec: &CronJobSpec, jobs: &mut Vec<Rc<Object>>) {
    for (how, limit) in [("Complete", spec.successful_jobs_history_limit.unwrap_or(3)), ("Failed", spec.failed_jobs_history_limit.unwrap_or(1))] {
        let done: Vec<Rc<Object>> = jobs.iter().filter(|j| outcome(j) == Some(how) && j.metadata().deletion_timestamp.is_none()).cloned().collect();
        for job in done.iter().take(done.len().saturating_sub(limit.max(0) as usize)) {
            delete(cx, object, job);
            jobs.retain(|j| j.uid() != job.uid() || limit == 0);
        }
    }
}

fn delete(cx: &mut Context<'_>, object: &Rc<Object>, job: &Rc<Object>) {
    if cx.api.delete(&job.key(), None, Propagation::Background, cx.cause).is_ok() {
        cx.normal(object, COMPONENT, "SuccessfulDelete", &format!("Deleted job {}", job.name()));
    }
}

/// Makes the Job that is due, and looks again at the next time.
fn run(cx: &mut Context<'_>, object: &Rc<Object>, spec: &CronJobSpec, schedule: &Schedule, jobs: &[Rc<Object>], status: &mut CronJobStatus) {
    let key = object.key();
    let now = (cx.api.settings().epoch + cx.api.now().0 as i64).div_euclid(1000);
    let seconds = |t: &Option<Time>| t.as_ref().map(|t| t.0.as_second());
    let created = seconds(&object.metadata().creation_timestamp).unwrap_or(now);
    let mut earliest = seconds(&status.last_schedule_time).unwrap_or(created);
    if let Some(deadline) = spec.starting_deadline_seconds {
        earliest = earliest.max(now - deadline);
    }
    let (mut due, mut missed, mut next) = (None, 0usize, schedule.next(earliest));
    while let Some(t) = next.filter(|t| *t <= now) {
        due = Some(t);
        missed += 1;
        next = schedule.next(t);
        if missed > 100_000 {
            break;
        }
    }
    if let Some(t) = next {
        let at = SimTime((t * 1000 - cx.api.settings().epoch).max(0) as u64) + DELAY;
        cx.again_at(&key, at);
    }
    let Some(due) = due else { return };
    if missed > MOST_MISSED {
        cx.warning(object, COMPONENT, "TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew");
    }
    let name = format!("{}-{}", key.name, due / 60);
    if seconds(&status.last_schedule_time) == Some(due) || jobs.iter().any(|j| j.name() == name) {
        return;
    }
    let running: Vec<Rc<Object>> = jobs.iter().filter(|j| outcome(j).is_none()).cloned().collect();
    match spec.concurrency_policy.as_deref() {
        Some("Forbid") if !running.is_empty() => {
            return cx.normal(object, COMPONENT, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid");
        }
        Some("Replace") => {
            for job in &running {
                delete(cx, object, job);
                if let Some(active) = &mut status.active {
                    active.retain(|r| r.uid.as_deref() != Some(job.uid()));
                }
            }
        }
        _ => {}
    }
    let scheduled = Time(Timestamp::from_second(due).unwrap_or_default());
    let template = spec.job_template.metadata.clone().unwrap_or_default();
    let mut annotations: Labels = template.annotations.unwrap_or_default();
    annotations.insert(SCHEDULED.into(), k8s_openapi::jiff::fmt::strtime::format("%Y-%m-%dT%H:%M:%SZ", scheduled.0).unwrap_or_default());
    let job = Job {
        metadata: ObjectMeta {
            name: Some(name),
            namespace: Some(key.namespace.clone()),
            labels: template.labels,
            annotations: Some(annotations),
            owner_references: Some(vec![controller_reference(object)]),
            ..ObjectMeta::default()
        },
        spec: spec.job_template.spec.clone(),
        status: None,
    };
    match cx.create(job) {
        Ok(job) => {
            cx.normal(object, COMPONENT, "SuccessfulCreate", &format!("Created job {}", job.name()));
            status.active.get_or_insert_default().push(object_reference(&job));
            status.last_schedule_time = Some(scheduled);
        }
        Err(refusal) => {
            cx.warning(object, COMPONENT, "FailedCreate", &format!("Error creating job: {}", refusal.message));
        }
    }
}
