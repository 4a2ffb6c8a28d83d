//! `kubectl rollout`: status, history, undo, restart, pause, resume

use super::apply::LAST_APPLIED;
use super::change::{Dry, format, report, send};
use crate::arguments::{self, Found, Selection, Wants};
use crate::describe;
use crate::flags::Flags;
use crate::json::{Look, plain, set};
use crate::moment::Moment;
use crate::output::{self, Format};
use crate::session::{Failure, Session};
use crate::{tabs, template_hash};
use serde_json::Value;
use std::rc::Rc;

pub(super) const FLAGS: &str = "allow-missing-template-keys? dry-run:=unchanged field-manager: filename,f:, kustomize,k: output,o: recursive,R? revision:l selector,l: show-managed-fields? template: to-revision:l";
pub(super) const STATUS_FLAGS: &str = "filename,f:, kustomize,k: recursive,R? revision:l selector,l: timeout:d watch,w?";

const REVISION: &str = "deployment.kubernetes.io/revision";

fn select(session: &mut Session<'_>, flags: &Flags) -> Result<Selection, Failure> {
    if flags.args.is_empty() && flags.list("filename").is_empty() {
        return Err(Failure::error("required resource not specified"));
    }
    let selection = arguments::select(session, flags, &flags.args, Wants { all_by_default: true, ..Wants::default() })?;
    if selection.found.is_empty() && selection.missing.is_empty() {
        session.complain(format!("No resources found in {} namespace.\n", session.namespace));
    }
    Ok(selection)
}

fn revision_of(object: &Value) -> i64 {
    object.at("metadata.annotations").get(REVISION).and_then(Value::as_str).and_then(|r| r.parse().ok()).unwrap_or(0)
}

fn owned(session: &mut Session<'_>, plural: &str, owner: &Value) -> Vec<Rc<Value>> {
    let mut all = session.objects(plural, owner.namespace());
    all.retain(|o| o.list("metadata.ownerReferences").iter().any(|r| r.truth("controller") && r.text("uid") == owner.text("metadata.uid")));
    all
}

/// The past templates of a workload by revision: number, change cause, template, the object that keeps it.
struct Past {
    revision: i64,
    cause: String,
    template: Value,
    keeper: Rc<Value>,
}

fn past(session: &mut Session<'_>, object: &Value) -> Option<Vec<Past>> {
    let cause = |o: &Value| o.at("metadata.annotations").get("kubernetes.io/change-cause").map(plain).unwrap_or_default();
    let mut all: Vec<Past> = match object.text("kind") {
        "Deployment" => owned(session, "replicasets.apps", object)
            .into_iter()
            .filter(|rs| revision_of(rs) > 0)
            .map(|rs| {
                let mut template = rs.at("spec.template").clone();
                if let c @ 1.. = cause(&rs).len() {
                    let _ = c;
                    set(&mut template, &["metadata", "annotations", "kubernetes.io/change-cause"], cause(&rs).into());
                }
                Past { revision: revision_of(&rs), cause: cause(&rs), template, keeper: rs }
            })
            .collect(),
        "StatefulSet" | "DaemonSet" => owned(session, "controllerrevisions.apps", object)
            .into_iter()
            .map(|r| {
                let mut template = r.at("data.spec.template").clone();
                crate::json::remove(&mut template, &["$patch"]);
                Past { revision: r.int("revision"), cause: cause(&r), template, keeper: r }
            })
            .collect(),
        _ => return None,
    };
    all.sort_by_key(|p| p.revision);
    Some(all)
}

pub(super) fn history(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let selection = select(session, flags)?;
    let format = Format::read(session, flags.get("output"), None, false)?;
    let wanted = flags.int("revision").unwrap_or(0);
    if wanted < 0 {
        return Err(Failure::error(format!("revision must be a positive integer: {wanted}")));
    }
    for found in &selection.found {
        let id = output::id(&found.resource, found.object.name());
        let Some(all) = past(session, &found.object) else {
            return Err(Failure::error(format!("no history viewer has been implemented for {:?}", found.resource.group_kind())));
        };
        if wanted > 0 {
            let Some(p) = all.iter().find(|p| p.revision == wanted) else { return Err(Failure::error("unable to find the specified revision")) };
            if format.prints_objects() {
                let mut kept = output::visible(&p.keeper);
                if p.keeper.text("kind") == "ControllerRevision" {
                    kept = (*found.object).clone();
                    set(&mut kept, &["spec", "template"], p.template.clone());
                }
                session.print(format.print(&kept)?);
            } else {
                session.print(format!("{id} with revision #{wanted}\n{}\n", describe::raw_template(&p.template)));
            }
            continue;
        }
        if format.prints_objects() {
            for p in &all {
                session.print(format.print(&output::visible(&p.keeper))?);
            }
            continue;
        }
        if all.is_empty() {
            session.print(format!("{id} \nNo rollout history found.\n"));
            continue;
        }
        let mut text = String::from("REVISION\tCHANGE-CAUSE\n");
        for p in &all {
            text.push_str(&format!("{}\t{}\n", p.revision, crate::json::or(&p.cause, "<none>")));
        }
        session.print(format!("{id} \n{}\n", tabs::align(&text, 0, 2)));
    }
    selection.complain(session)
}

pub(super) fn undo(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let dry = Dry::read(flags)?;
    let format = format(session, flags)?;
    let selection = select(session, flags)?;
    let wanted = flags.int("to-revision").unwrap_or(0);
    for found in &selection.found {
        let object = &found.object;
        let Some(all) = past(session, object) else {
            return Err(Failure::error(format!("no rollbacker has been implemented for {:?}", found.resource.group_kind())));
        };
        if object.at("metadata.annotations").get(LAST_APPLIED).is_some() {
            session.complain(format!(
                "Warning: resource {}/{} was previously managed with 'kubectl apply'. Rolling back will not update the {LAST_APPLIED} annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n",
                found.resource.plural,
                object.name()
            ));
        }
        let deployment = object.text("kind") == "Deployment";
        let target = if wanted > 0 {
            match all.iter().find(|p| p.revision == wanted) {
                Some(p) => p,
                None if deployment && all.is_empty() => return Err(Failure::error(format!("unable to find specified revision {wanted} in history"))),
                None => return Err(Failure::error(format!("unable to find specified revision {wanted} in history"))),
            }
        } else {
            match all.as_slice() {
                [.., previous, _] => previous,
                _ if deployment => return Err(Failure::error(format!("no rollout history found for deployment {:?}", object.name()))),
                _ => return Err(Failure::error("no last revision to roll back to")),
            }
        };
        if deployment && object.truth("spec.paused") {
            return Err(Failure::error("you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again"));
        }
        let mut template = target.template.clone();
        crate::json::remove(&mut template, &["metadata", "labels", "pod-template-hash"]);
        if deployment {
            crate::json::remove(&mut template, &["metadata", "annotations", "kubernetes.io/change-cause"]);
            if template.at("metadata.annotations").as_object().is_some_and(serde_json::Map::is_empty) {
                crate::json::remove(&mut template, &["metadata", "annotations"]);
            }
        }
        if dry == Dry::Client {
            let mut shown = target.template.clone();
            crate::json::remove(&mut shown, &["metadata", "annotations", "kubernetes.io/change-cause"]);
            if shown.at("metadata.annotations").as_object().is_some_and(serde_json::Map::is_empty) {
                crate::json::remove(&mut shown, &["metadata", "annotations"]);
            }
            session.print(format!("{} {} (dry run)\n", output::id(&found.resource, object.name()), describe::raw_template(&shown)));
            continue;
        }
        if template_hash::same(&template, object.at("spec.template")) {
            let text = format!("{} skipped rollback (current template already matches revision {wanted})\n", output::id(&found.resource, object.name()));
            session.print(text);
            continue;
        }
        let mut new = (**object).clone();
        set(&mut new, &["spec", "template"], template);
        if deployment {
            // The Deployment takes over what the old ReplicaSet's annotations said (SetFromReplicaSetTemplate's caller).
            let mut annotations = object.at("metadata.annotations").as_object().cloned().unwrap_or_default();
            for (k, v) in target.keeper.entries("metadata.annotations") {
                if !matches!(
                    k.as_str(),
                    LAST_APPLIED
                        | REVISION
                        | "deployment.kubernetes.io/desired-replicas"
                        | "deployment.kubernetes.io/max-replicas"
                        | "deployment.kubernetes.io/revision-history"
                        | "deprecated.deployment.rollback.to"
                ) {
                    annotations.insert(k.clone(), v.clone());
                }
            }
            if !annotations.is_empty() {
                set(&mut new, &["metadata", "annotations"], Value::Object(annotations));
            }
        }
        let stored = send(session, found, new, dry)?;
        report(session, &format, &Found { object: stored, ..found.clone() }, "rolled back", dry)?;
    }
    selection.complain(session)
}

pub(super) fn restart(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let format = format(session, flags)?;
    let selection = select(session, flags)?;
    for found in &selection.found {
        let name = found.object.name();
        match found.object.text("kind") {
            "Deployment" if found.object.truth("spec.paused") => {
                return Err(Failure::error(format!("{} {name:?} can't restart paused deployment (run rollout resume first)", found.resource.plural_group())));
            }
            "Deployment" | "DaemonSet" | "StatefulSet" => {}
            _ => return Err(Failure::error(format!("{} {name:?} restarting is not supported", found.resource.plural_group()))),
        }
        let now = session.world.now().rfc3339();
        let key = "kubectl.kubernetes.io/restartedAt";
        if found.object.at("spec.template.metadata.annotations").get(key).and_then(Value::as_str) == Some(now.as_str()) {
            return Err(Failure::error(format!(
                "failed to create patch for {name}: if restart has already been triggered within the past second, please wait before attempting to trigger another"
            )));
        }
        let mut new = (*found.object).clone();
        set(&mut new, &["spec", "template", "metadata", "annotations", key], now.into());
        let object = send(session, found, new, Dry::No)?;
        report(session, &format, &Found { object, ..found.clone() }, "restarted", Dry::No)?;
    }
    selection.complain(session)
}

pub(super) fn pause(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    set_paused(session, flags, true)
}

pub(super) fn resume(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    set_paused(session, flags, false)
}

fn set_paused(session: &mut Session<'_>, flags: &Flags, paused: bool) -> Result<(), Failure> {
    let format = format(session, flags)?;
    let selection = select(session, flags)?;
    for found in &selection.found {
        let name = found.object.name();
        if found.object.text("kind") != "Deployment" {
            return Err(Failure::error(format!("{} {name:?} {} is not supported", found.resource.plural_group(), if paused { "pausing" } else { "resuming" })));
        }
        if found.object.truth("spec.paused") == paused {
            return Err(Failure::error(format!("{} {name:?} is {}", found.resource.plural_group(), if paused { "already paused" } else { "not paused" })));
        }
        let mut new = (*found.object).clone();
        if paused {
            set(&mut new, &["spec", "paused"], true.into());
        } else {
            crate::json::remove(&mut new, &["spec", "paused"]);
        }
        let object = send(session, found, new, Dry::No)?;
        report(session, &format, &Found { object, ..found.clone() }, if paused { "paused" } else { "resumed" }, Dry::No)?;
    }
    selection.complain(session)
}

/// Where a rollout stands: what to say, and whether it is done.
fn stage(o: &Value, revision: i64) -> Result<(String, bool), Failure> {
    let name = o.name();
    let n = |key: &str| o.int(key);
    let late = o.int("metadata.generation") > o.int("status.observedGeneration");
    match o.text("kind") {
        "Deployment" => {
            if revision > 0 && revision_of(o) != revision {
                return Err(Failure::error(format!("desired revision ({revision}) is different from the running revision ({})", revision_of(o))));
            }
            if late {
                return Ok(("Waiting for deployment spec update to be observed...".to_owned(), false));
            }
            if o.list("status.conditions").iter().any(|c| c.text("type") == "Progressing" && c.text("reason") == "ProgressDeadlineExceeded") {
                return Err(Failure::error(format!("deployment {name:?} exceeded its progress deadline")));
            }
            let (updated, wanted) = (n("status.updatedReplicas"), n("spec.replicas"));
            Ok(if updated < wanted {
                (format!("Waiting for deployment {name:?} rollout to finish: {updated} out of {wanted} new replicas have been updated..."), false)
            } else if n("status.replicas") > updated {
                (
                    format!("Waiting for deployment {name:?} rollout to finish: {} old replicas are pending termination...", n("status.replicas") - updated),
                    false,
                )
            } else if n("status.availableReplicas") < updated {
                (
                    format!(
                        "Waiting for deployment {name:?} rollout to finish: {} of {updated} updated replicas are available...",
                        n("status.availableReplicas")
                    ),
                    false,
                )
            } else {
                (format!("deployment {name:?} successfully rolled out"), true)
            })
        }
        kind @ ("StatefulSet" | "DaemonSet") => {
            if o.text("spec.updateStrategy.type") != "RollingUpdate" {
                return Err(Failure::error("rollout status is only available for RollingUpdate strategy type"));
            }
            if kind == "DaemonSet" {
                if late {
                    return Ok(("Waiting for daemon set spec update to be observed...".to_owned(), false));
                }
                let (updated, wanted, available) = (n("status.updatedNumberScheduled"), n("status.desiredNumberScheduled"), n("status.numberAvailable"));
                return Ok(if updated < wanted {
                    (format!("Waiting for daemon set {name:?} rollout to finish: {updated} out of {wanted} new pods have been updated..."), false)
                } else if available < wanted {
                    (format!("Waiting for daemon set {name:?} rollout to finish: {available} of {wanted} updated pods are available..."), false)
                } else {
                    (format!("daemon set {name:?} successfully rolled out"), true)
                });
            }
            if late || n("status.observedGeneration") == 0 {
                return Ok(("Waiting for statefulset spec update to be observed...".to_owned(), false));
            }
            let (wanted, ready, updated) = (n("spec.replicas"), n("status.readyReplicas"), n("status.updatedReplicas"));
            if ready < wanted {
                return Ok((format!("Waiting for {} pods to be ready...", wanted - ready), false));
            }
            if o.has("spec.updateStrategy.rollingUpdate") {
                let new = wanted - n("spec.updateStrategy.rollingUpdate.partition");
                return Ok(if updated < new {
                    (format!("Waiting for partitioned roll out to finish: {updated} out of {new} new pods have been updated..."), false)
                } else {
                    (format!("partitioned roll out complete: {updated} new pods have been updated..."), true)
                });
            }
            if o.text("status.updateRevision") != o.text("status.currentRevision") {
                return Ok((
                    format!("waiting for statefulset rolling update to complete {updated} pods at revision {}...", o.text("status.updateRevision")),
                    false,
                ));
            }
            Ok((format!("statefulset rolling update complete {} pods at revision {}...", n("status.currentReplicas"), o.text("status.currentRevision")), true))
        }
        _ => Err(Failure::silent(1)),
    }
}

pub(super) fn status(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let selection = select(session, flags)?;
    selection.complain(session)?;
    let revision = flags.int("revision").unwrap_or(0);
    let watch = flags.truth_or("watch", true);
    for found in &selection.found {
        if !matches!(found.object.text("kind"), "Deployment" | "StatefulSet" | "DaemonSet") {
            return Err(Failure::error(format!("no status viewer has been implemented for {}", found.resource.group_kind())));
        }
        let deadline = match flags.duration("timeout").unwrap_or(0) {
            0 => Moment(session.world.now().0 + 3600 * 1_000_000_000),
            n => Moment(session.world.now().0 + n),
        };
        let mut object = found.object.clone();
        loop {
            let (text, done) = stage(&object, revision)?;
            session.print(text + "\n");
            if done || !watch {
                break;
            }
            // The next change of the object.
            loop {
                if !session.world.pass(deadline) {
                    return Err(Failure::error("timed out waiting for the condition"));
                }
                match session.world.find(&found.resource, found.object.namespace(), found.object.name()) {
                    None => return Err(Failure::error("object has been deleted")),
                    Some(now) if now.text("metadata.resourceVersion") != object.text("metadata.resourceVersion") => {
                        object = now;
                        break;
                    }
                    Some(_) => {}
                }
            }
        }
    }
    Ok(())
}
