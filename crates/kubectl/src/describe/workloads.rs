//! Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs in words.

use super::{Text, pod, time, value_or, yes};
use crate::json::{Look, or, pairs, plain};
use crate::moment::{self, Moment};
use crate::selector;
use crate::session::Session;
use crate::template_hash;
use serde_json::Value;
use std::rc::Rc;

fn created(t: &mut Text, o: &Value) {
    t.line(0, format_args!("CreationTimestamp:\t{}", time(o.at("metadata.creationTimestamp"))));
}

/// Objects of a resource that the owner controls.
pub(crate) fn owned(session: &mut Session<'_>, plural: &str, owner: &Value) -> Vec<Rc<Value>> {
    let mut all = session.objects(plural, owner.namespace());
    all.retain(|o| o.list("metadata.ownerReferences").iter().any(|r| r.truth("controller") && r.text("uid") == owner.text("metadata.uid")));
    all
}

fn conditions(t: &mut Text, o: &Value) {
    let all = o.list("status.conditions");
    if !all.is_empty() {
        t.line(0, "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------");
        for c in all {
            t.line(1, format_args!("{} \t{}\t{}", c.text("type"), c.text("status"), c.text("reason")));
        }
    }
}

pub(super) fn deployment(session: &mut Session<'_>, t: &mut Text, o: &Value) {
    t.head(o);
    created(t, o);
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, format_args!("Selector:\t{}", selector::format(o.at("spec.selector"))));
    let n = |key: &str| o.int(&format!("status.{key}"));
    t.line(
        0,
        format_args!(
            "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable",
            o.int("spec.replicas"),
            n("updatedReplicas"),
            n("replicas"),
            n("availableReplicas"),
            n("unavailableReplicas")
        ),
    );
    t.line(0, format_args!("StrategyType:\t{}", o.text("spec.strategy.type")));
    t.line(0, format_args!("MinReadySeconds:\t{}", o.int("spec.minReadySeconds")));
    let rolling = o.at("spec.strategy.rollingUpdate");
    if rolling.is_object() {
        t.line(0, format_args!("RollingUpdateStrategy:\t{} max unavailable, {} max surge", plain(rolling.at("maxUnavailable")), plain(rolling.at("maxSurge"))));
    }
    pod::template(t, o.at("spec.template"));
    conditions(t, o);
    let sets = owned(session, "replicasets.apps", o);
    if !sets.is_empty() {
        let newest = new_replica_set(o, &sets);
        let mut sets = sets.clone();
        sets.sort_by(|a, b| a.text("metadata.creationTimestamp").cmp(b.text("metadata.creationTimestamp")).then(a.name().cmp(b.name())));
        let show = |rs: &Value| format!("{} ({}/{} replicas created)", rs.name(), rs.int("status.replicas"), rs.int("spec.replicas"));
        let old: Vec<String> = sets.iter().filter(|s| newest.is_none_or(|n| n.name() != s.name())).map(|s| show(s)).collect();
        t.line(0, format_args!("OldReplicaSets:\t{}", or(&old.join(", "), "<none>")));
        t.line(0, format_args!("NewReplicaSet:\t{}", newest.map_or_else(|| "<none>".to_owned(), show)));
    }
}

/// The ReplicaSet whose template is the Deployment's (`FindNewReplicaSet`).
pub(crate) fn new_replica_set<'v>(deployment: &Value, sets: &'v [Rc<Value>]) -> Option<&'v Value> {
    let mut sorted: Vec<&Value> = sets.iter().map(|s| &**s).collect();
    sorted.sort_by(|a, b| a.text("metadata.creationTimestamp").cmp(b.text("metadata.creationTimestamp")).then(a.name().cmp(b.name())));
    sorted.into_iter().find(|s| template_hash::same(s.at("spec.template"), deployment.at("spec.template")))
}

/// Running, waiting, succeeded, failed.
fn phases(pods: &[Rc<Value>]) -> String {
    let count = |phase: &str| pods.iter().filter(|p| p.text("status.phase") == phase).count();
    format!("{} Running / {} Waiting / {} Succeeded / {} Failed", count("Running"), count("Pending"), count("Succeeded"), count("Failed"))
}

pub(super) fn replica_set(session: &mut Session<'_>, t: &mut Text, o: &Value) {
    t.head(o);
    let chosen = if o.text("kind") == "ReplicationController" {
        or(&pairs(o.at("spec.selector")), "<none>").to_owned()
    } else {
        selector::format(o.at("spec.selector"))
    };
    t.line(0, format_args!("Selector:\t{chosen}"));
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.controller(o);
    t.line(0, format_args!("Replicas:\t{} current / {} desired", o.int("status.replicas"), o.int("spec.replicas")));
    let pods = owned(session, "pods", o);
    t.line(0, format_args!("Pods Status:\t{}", phases(&pods)));
    pod::template(t, o.at("spec.template"));
    conditions(t, o);
}

pub(super) fn stateful_set(session: &mut Session<'_>, t: &mut Text, o: &Value) {
    t.head(o);
    created(t, o);
    t.line(0, format_args!("Selector:\t{}", selector::format(o.at("spec.selector"))));
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.line(0, format_args!("Service Name:\t{}", o.text("spec.serviceName")));
    t.line(0, format_args!("Pod Management Policy:\t{}", o.text("spec.podManagementPolicy")));
    t.line(0, format_args!("Replicas:\t{} desired | {} total", o.int("spec.replicas"), o.int("status.replicas")));
    t.line(0, format_args!("Update Strategy:\t{}", o.text("spec.updateStrategy.type")));
    let rolling = o.at("spec.updateStrategy.rollingUpdate");
    if rolling.is_object() {
        if rolling.has("partition") {
            t.line(1, format_args!("Partition:\t{}", rolling.int("partition")));
        }
        if rolling.has("maxUnavailable") {
            t.line(1, format_args!("MaxUnavailable:\t{}", plain(rolling.at("maxUnavailable"))));
        }
    }
    if o.has("spec.persistentVolumeClaimRetentionPolicy") {
        t.line(0, "Persistent Volume Claim Retention Policy:");
        t.line(1, format_args!("WhenDeleted:\t{}", o.text("spec.persistentVolumeClaimRetentionPolicy.whenDeleted")));
        t.line(1, format_args!("WhenScaled:\t{}", o.text("spec.persistentVolumeClaimRetentionPolicy.whenScaled")));
    }
    let pods = owned(session, "pods", o);
    t.line(0, format_args!("Pods Status:\t{}", phases(&pods)));
    pod::template(t, o.at("spec.template"));
    let claims = o.list("spec.volumeClaimTemplates");
    if claims.is_empty() {
        t.line(0, "Volume Claims:\t<none>");
        return;
    }
    t.line(0, "Volume Claims:");
    for c in claims {
        t.line(1, format_args!("Name:\t{}", c.name()));
        t.line(1, format_args!("StorageClass:\t{}", crate::printers::class(c)));
        for (title, key) in [("Labels", "metadata.labels"), ("Annotations", "metadata.annotations")] {
            t.labels_within("  ", title, "\t", c.at(key));
        }
        let capacity = c.at("spec.resources.requests.storage");
        t.line(1, format_args!("Capacity:\t{}", value_or(capacity, "<default>")));
        t.line(1, format_args!("Access Modes:\t{}", super::bracketed(c.list("spec.accessModes"))));
    }
}

pub(super) fn daemon_set(session: &mut Session<'_>, t: &mut Text, o: &Value) {
    t.head(o);
    t.line(0, format_args!("Selector:\t{}", selector::format(o.at("spec.selector"))));
    t.line(0, format_args!("Node-Selector:\t{}", or(&pairs(o.at("spec.template.spec.nodeSelector")), "<none>")));
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    for (title, key) in [
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ] {
        t.line(0, format_args!("{title}: {}", o.int(&format!("status.{key}"))));
    }
    let pods = owned(session, "pods", o);
    t.line(0, format_args!("Pods Status:\t{}", phases(&pods)));
    pod::template(t, o.at("spec.template"));
}

pub(super) fn job(t: &mut Text, o: &Value) {
    t.head(o);
    if o.has("spec.selector") {
        t.line(0, format_args!("Selector:\t{}", selector::format(o.at("spec.selector"))));
    }
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    t.controller(o);
    let value = |key: &str| value_or(o.at(key), "<unset>");
    t.line(0, format_args!("Parallelism:\t{}", value("spec.parallelism")));
    t.line(0, format_args!("Completions:\t{}", value("spec.completions")));
    if o.has("spec.completionMode") {
        t.line(0, format_args!("Completion Mode:\t{}", o.text("spec.completionMode")));
    }
    if o.has("spec.suspend") {
        t.line(0, format_args!("Suspend:\t{}", o.truth("spec.suspend")));
    }
    if o.has("spec.backoffLimit") {
        t.line(0, format_args!("Backoff Limit:\t{}", o.int("spec.backoffLimit")));
    }
    if o.has("spec.ttlSecondsAfterFinished") {
        t.line(0, format_args!("TTL Seconds After Finished:\t{}", o.int("spec.ttlSecondsAfterFinished")));
    }
    let at = |key: &str| o.at(key).as_str().and_then(Moment::parse);
    if o.has("status.startTime") {
        t.line(0, format_args!("Start Time:\t{}", time(o.at("status.startTime"))));
    }
    if o.has("status.completionTime") {
        t.line(0, format_args!("Completed At:\t{}", time(o.at("status.completionTime"))));
    }
    if let (Some(start), Some(end)) = (at("status.startTime"), at("status.completionTime")) {
        t.line(0, format_args!("Duration:\t{}", moment::human(end.0 - start.0)));
    }
    if o.has("spec.activeDeadlineSeconds") {
        t.line(0, format_args!("Active Deadline Seconds:\t{}s", o.int("spec.activeDeadlineSeconds")));
    }
    let n = |key: &str| o.int(&format!("status.{key}"));
    if o.has("status.ready") {
        t.line(0, format_args!("Pods Statuses:\t{} Active ({} Ready) / {} Succeeded / {} Failed", n("active"), n("ready"), n("succeeded"), n("failed")));
    } else {
        t.line(0, format_args!("Pods Statuses:\t{} Active / {} Succeeded / {} Failed", n("active"), n("succeeded"), n("failed")));
    }
    if o.text("spec.completionMode") == "Indexed" {
        t.line(0, format_args!("Completed Indexes:\t{}", capped(o.text("status.completedIndexes"))));
    }
    pod::template(t, o.at("spec.template"));
}

/// At most fifty characters of a list of indexes (`capIndexesListOrNone`).
fn capped(list: &str) -> String {
    if list.is_empty() {
        return "<none>".to_owned();
    }
    if list.len() <= 50 {
        return list.to_owned();
    }
    let cut = list.get(..50).and_then(|l| l.rfind(',').and_then(|i| l.get(..i))).unwrap_or_default();
    format!("{cut},...")
}

pub(super) fn cron_job(t: &mut Text, o: &Value) {
    t.head(o);
    t.labels("Labels", o.at("metadata.labels"));
    t.annotations(o);
    let value = |key: &str| value_or(o.at(key), "<unset>");
    t.line(0, format_args!("Schedule:\t{}", o.text("spec.schedule")));
    t.line(0, format_args!("Concurrency Policy:\t{}", o.text("spec.concurrencyPolicy")));
    t.line(0, format_args!("Suspend:\t{}", if o.has("spec.suspend") { yes(o.truth("spec.suspend")) } else { "<unset>" }));
    t.line(0, format_args!("Time Zone:\t{}", value("spec.timeZone")));
    t.line(0, format_args!("Successful Job History Limit:\t{}", value("spec.successfulJobsHistoryLimit")));
    t.line(0, format_args!("Failed Job History Limit:\t{}", value("spec.failedJobsHistoryLimit")));
    t.line(
        0,
        format_args!(
            "Starting Deadline Seconds:\t{}",
            if o.has("spec.startingDeadlineSeconds") { format!("{}s", o.int("spec.startingDeadlineSeconds")) } else { "<unset>".to_owned() }
        ),
    );
    let job = o.at("spec.jobTemplate.spec");
    t.line(0, format_args!("Selector:\t{}", if job.has("selector") { selector::format(job.at("selector")) } else { "<unset>".to_owned() }));
    t.line(0, format_args!("Parallelism:\t{}", value("spec.jobTemplate.spec.parallelism")));
    t.line(0, format_args!("Completions:\t{}", value("spec.jobTemplate.spec.completions")));
    if job.has("activeDeadlineSeconds") {
        t.line(0, format_args!("Active Deadline Seconds:\t{}s", job.int("activeDeadlineSeconds")));
    }
    pod::template(t, job.at("template"));
    t.line(
        0,
        format_args!("Last Schedule Time:\t{}", if o.has("status.lastScheduleTime") { time(o.at("status.lastScheduleTime")) } else { "<unset>".to_owned() }),
    );
    let active: Vec<&str> = o.list("status.active").iter().map(|a| a.text("name")).collect();
    t.line(0, format_args!("Active Jobs:\t{}", or(&active.join(", "), "<none>")));
}
