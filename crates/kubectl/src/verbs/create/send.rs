//! What every generator does with the object it made.

use crate::admission::{self, Strictness};
use crate::arguments::Found;
use crate::flags::Flags;
use crate::json::set;
use crate::output::{self, Format};
use crate::session::{Failure, Session, server_words};
use crate::verbs::change::{Dry, format, report, warn};
use serde_json::Value;
use std::rc::Rc;

/// The one NAME.
pub(in crate::verbs) fn name(flags: &Flags) -> Result<&str, Failure> {
    let names = flags.args.get(..flags.dash.unwrap_or(flags.args.len())).unwrap_or_default();
    match names {
        [one] => Ok(one),
        many => Err(flags.usage(format_args!("exactly one NAME is required, got {}", many.len()))),
    }
}

/// What stands after `--`.
pub(in crate::verbs) fn command(flags: &Flags) -> &[String] {
    flags.dash.and_then(|d| flags.args.get(d..)).unwrap_or_default()
}

/// A flag that must be there.
pub(in crate::verbs) fn required(flags: &Flags, names: &[&str]) -> Result<(), Failure> {
    let missing: Vec<String> = names.iter().filter(|n| !flags.given(n)).map(|n| format!("{n:?}")).collect();
    if missing.is_empty() { Ok(()) } else { Err(Failure::error(format!("required flag(s) {} not set", missing.join(", ")))) }
}

/// Creates a generated object and says so; `what` stands in `failed to create WHAT: …`, empty where
/// the server's words stand alone.
pub(in crate::verbs) fn send(session: &mut Session<'_>, flags: &Flags, plural: &str, mut object: Value, what: &str, done: &str) -> Result<(), Failure> {
    let dry = Dry::read(flags)?;
    let format = format(session, flags)?;
    let resource = session.builtin(plural);
    let namespace = if resource.namespaced { session.namespace.clone() } else { String::new() };
    let refuse = |message: String| Failure::error(format!("failed to create {what}{} {message}", if what == "secret" { "" } else { ":" }));
    if flags.truth("save-config") {
        object = crate::verbs::apply::with_last_applied(&object);
    }
    let stored = if dry == Dry::Client {
        if session.explicit && resource.namespaced {
            set(&mut object, &["metadata", "namespace"], namespace.clone().into());
        }
        Rc::new(object)
    } else {
        if let Some(user) = session.user.clone()
            && !crate::access::allowed(session, &user, "create", &resource, None, &namespace)
        {
            return Err(refuse(format!(
                "{} is forbidden: User {user:?} cannot create resource {:?} in API group {:?} in the namespace {namespace:?}",
                resource.plural_group(),
                resource.plural,
                resource.group
            )));
        }
        let (stored, warnings) =
            admission::create(session.world, &resource, &object, &namespace, Strictness::Strict, dry == Dry::Server).map_err(|status| {
                if what.is_empty() {
                    return Failure::plain(server_words(&status, ""));
                }
                refuse(status.message)
            })?;
        warn(session, &warnings);
        session.rediscover();
        stored
    };
    if dry == Dry::Client && format == Format::Json {
        session.print(output::typed_json(&stored, 4) + "\n");
        return Ok(());
    }
    report(session, &format, &Found { resource, object: stored, source: None }, done, dry)
}
