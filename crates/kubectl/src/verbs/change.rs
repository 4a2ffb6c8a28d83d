//! What all changing verbs share: dry runs, output, the way to the server.

use crate::admission::{self, Strictness};
use crate::arguments::Found;
use crate::flags::Flags;
use crate::json::Look;
use crate::output::{self, Format};
use crate::session::{Failure, Session};
use serde_json::Value;
use std::rc::Rc;

/// `--dry-run`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dry {
    /// Everything happens.
    No,
    /// Nothing is sent.
    Client,
    /// The server answers, but stores nothing.
    Server,
}

impl Dry {
    pub(super) fn read(flags: &Flags) -> Result<Dry, Failure> {
        match flags.get("dry-run") {
            None | Some("none" | "false") => Ok(Dry::No),
            Some("client" | "unchanged" | "true") => Ok(Dry::Client),
            Some("server") => Ok(Dry::Server),
            Some(other) => Err(Failure::error(format!("Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."))),
        }
    }
    /// What stands after the sentence.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Dry::No => "",
            Dry::Client => " (dry run)",
            Dry::Server => " (server dry run)",
        }
    }
}

/// Says what was done, or prints the object with `-o`.
pub(super) fn report(session: &mut Session<'_>, format: &Format, found: &Found, done: &str, dry: Dry) -> Result<(), Failure> {
    let text = match format {
        Format::Default | Format::Wide => format!("{} {done}{}\n", output::id(&found.resource, found.object.name()), dry.suffix()),
        Format::Name => output::id(&found.resource, found.object.name()) + "\n",
        _ => format.print(&output::visible(&found.object))?,
    };
    session.print(text);
    Ok(())
}

/// The format of `-o` for verbs that change something.
pub(super) fn format(session: &Session<'_>, flags: &Flags) -> Result<Format, Failure> {
    Format::read(session, flags.get("output"), flags.get("template"), false)
}

/// Sends a changed object; returns it as stored.
pub(super) fn send(session: &mut Session<'_>, found: &Found, new: Value, dry: Dry) -> Result<Rc<Value>, Failure> {
    if dry == Dry::Client {
        return Ok(Rc::new(new));
    }
    let (stored, warnings) = admission::update(session.world, &found.resource, &new, Strictness::Ignore, dry == Dry::Server)?;
    warn(session, &warnings);
    session.rediscover();
    Ok(stored)
}

/// Prints the server's warnings.
pub(super) fn warn(session: &mut Session<'_>, warnings: &[String]) {
    for w in warnings {
        session.complain(format!("Warning: {w}\n"));
    }
}

/// The Pod template inside an object: its path, or why there is none.
pub(super) fn template_path(object: &Value) -> Option<&'static [&'static str]> {
    match object.text("kind") {
        "Pod" => Some(&[]),
        "CronJob" => Some(&["spec", "jobTemplate", "spec", "template"]),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicationController" => Some(&["spec", "template"]),
        _ => None,
    }
}

/// The value along a path of keys.
pub(super) fn dig<'v>(value: &'v mut Value, path: &[&str]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |v, k| v.get_mut(*k))
}
