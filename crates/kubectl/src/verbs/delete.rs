//! `kubectl delete`

use super::change::Dry;
use crate::arguments::{self, Wants};
use crate::flags::Flags;
use crate::json::Look;
use crate::output;
use crate::session::{Failure, Session, server_words};
use crate::world::{Deletion, Propagation};

pub(super) const FLAGS: &str = "all? all-namespaces,A? cascade:=background dry-run:=unchanged field-selector: filename,f:, force? grace-period:l ignore-not-found? interactive,i? kustomize,k: now? output,o: raw: recursive,R? selector,l: timeout:d wait?";

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if flags.args.is_empty() && flags.list("filename").is_empty() {
        return Err(Failure::error(arguments::NOTHING_GIVEN));
    }
    let dry = Dry::read(flags)?;
    let force = flags.truth("force");
    let mut grace = flags.int("grace-period").filter(|g| *g >= 0);
    if flags.truth("now") {
        if grace.is_some() {
            return Err(Failure::error("--now and --grace-period cannot be specified together"));
        }
        grace = Some(1);
    }
    let propagation = match flags.get("cascade") {
        None | Some("true" | "background") => Propagation::Background,
        Some("false" | "orphan") => Propagation::Orphan,
        Some("foreground") => Propagation::Foreground,
        Some(other) => return Err(Failure::error(format!("invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""))),
    };
    if grace == Some(0) && !force {
        grace = Some(1);
    }
    if force && grace.is_none() {
        grace = Some(0);
    }
    if !matches!(flags.text("output"), "" | "name") {
        return Err(flags.usage(format_args!("Unexpected -o output mode: {}. We only support '-o name'", flags.text("output"))));
    }
    let many = flags.truth("all") || !flags.text("selector").is_empty() || !flags.text("field-selector").is_empty();
    let wants = Wants { ignore_missing: flags.truth("ignore-not-found") || many, local: !flags.list("filename").is_empty(), ..Wants::default() };
    let selection = arguments::select(session, flags, &flags.args, wants)?;
    if force {
        session.complain("Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n");
    }
    let mut missing = selection.missing.clone();
    let mut count = 0;
    for found in &selection.found {
        let (name, resource) = (found.object.name(), &found.resource);
        let namespace = if resource.namespaced { found.object.namespace() } else { "" };
        if let Some(user) = session.user.clone()
            && !crate::access::allowed(session, &user, "delete", resource, Some(name), namespace)
        {
            missing.push(format!("Error from server (Forbidden): {} {name:?} is forbidden: User {user:?} cannot delete resource {:?} in API group {:?} in the namespace {namespace:?}\n", resource.plural_group(), resource.plural, resource.group));
            continue;
        }
        if dry == Dry::No {
            match session.world.delete(resource, namespace, name, Deletion { grace, propagation }) {
                Ok(()) => {}
                Err(status) if status.reason == "NotFound" && flags.truth("ignore-not-found") => continue,
                Err(status) => {
                    let doing = found.source.as_ref().map(|s| format!("error when deleting {s:?}: ")).unwrap_or_default();
                    missing.push(server_words(&status, &doing));
                    continue;
                }
            }
            session.rediscover();
        }
        count += 1;
        let text = if flags.text("output") == "name" {
            output::id(resource, name) + "\n"
        } else {
            let done = if force { "force deleted" } else { "deleted" };
            let place = if resource.namespaced { format!(" from {namespace} namespace") } else { String::new() };
            format!("{} {name:?} {done}{place}{}\n", resource.kind_group(), dry.suffix())
        };
        session.print(text);
    }
    if count == 0 && missing.is_empty() && !flags.truth("ignore-not-found") {
        session.print("No resources found\n");
    }
    for line in &missing {
        session.complain(line);
    }
    if missing.is_empty() { Ok(()) } else { Err(Failure::silent(1)) }
}
