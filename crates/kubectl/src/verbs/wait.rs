//! `kubectl wait`

use crate::arguments::{self, Wants, Words};
use crate::flags::Flags;
use crate::json::{Look, plain};
use crate::jsonpath::Template;
use crate::moment::Moment;
use crate::output;
use crate::session::{Failure, Session};
use serde_json::Value;

pub(super) const FLAGS: &str = "all? all-namespaces,A? allow-missing-template-keys? field-selector: filename,f:, for:[] local? output,o: recursive,R? selector,l: show-managed-fields? template: timeout:d";

/// What is waited for.
enum Goal {
    Delete,
    Create,
    Condition(String, String),
    Path(Template, Option<String>),
}

fn goal(text: &str) -> Result<Goal, Failure> {
    let unknown = || Failure::error(format!("unrecognized condition: {text:?}"));
    match text.split_once('=') {
        None if text.eq_ignore_ascii_case("delete") => Ok(Goal::Delete),
        None if text.eq_ignore_ascii_case("create") => Ok(Goal::Create),
        Some(("condition", rest)) => {
            let (name, value) = rest.split_once('=').unwrap_or((rest, "true"));
            Ok(Goal::Condition(name.to_owned(), value.to_owned()))
        }
        Some(("jsonpath", rest)) => {
            let (path, value) = match rest.rfind("}=").map(|i| rest.split_at(i + 1)) {
                Some((p, v)) => (p, v.strip_prefix('=')),
                None if rest.contains('}') => (rest.trim_matches('\''), None),
                None => rest.split_once('=').map_or((rest, None), |(p, v)| (p, Some(v))),
            };
            let template = Template::parse_relaxed(path.trim_matches('\'')).map_err(Failure::error)?;
            Ok(Goal::Path(template, value.map(|v| v.trim_matches(['"', '\'']).to_owned())))
        }
        _ => Err(unknown()),
    }
}

impl Goal {
    fn met(&self, object: Option<&Value>) -> bool {
        match (self, object) {
            (Goal::Delete, o) => o.is_none(),
            (_, None) => false,
            (Goal::Create, Some(_)) => true,
            (Goal::Condition(name, value), Some(o)) => {
                o.list("status.conditions").iter().any(|c| c.text("type").eq_ignore_ascii_case(name) && c.text("status").eq_ignore_ascii_case(value))
            }
            (Goal::Path(template, value), Some(o)) => {
                let found: Vec<Value> = template.find(o).unwrap_or_default().into_iter().flatten().collect();
                match (found.as_slice(), value) {
                    ([one], Some(v)) => plain(one) == *v,
                    ([_], None) => true,
                    _ => false,
                }
            }
        }
    }
}

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let Some(text) = flags.list("for").last() else { return Err(Failure::error("unrecognized condition: []")) };
    let goal = goal(text)?;
    let deadline = Moment(session.world.now().0 + flags.duration("timeout").unwrap_or(30_000_000_000));
    if let Goal::Create = goal
        && let Words::Names(names) = arguments::words(session, &flags.args)?
    {
        for (resource, name) in &names {
            let namespace = if resource.namespaced { session.namespace.clone() } else { String::new() };
            while session.world.find(resource, &namespace, name).is_none() {
                if !session.world.pass(deadline) {
                    return Err(Failure::error("timed out waiting for the condition"));
                }
            }
        }
    }
    let wants = Wants { ignore_missing: matches!(goal, Goal::Delete), ..Wants::default() };
    let selection = arguments::select(session, flags, &flags.args, wants)?;
    selection.complain(session)?;
    if selection.found.is_empty() {
        return if matches!(goal, Goal::Delete) { Ok(()) } else { Err(Failure::error("no matching resources found")) };
    }
    let mut late: Vec<String> = Vec::new();
    let mut used_up = false;
    for found in &selection.found {
        let id = output::id(&found.resource, found.object.name());
        let timed_out = format!("timed out waiting for the condition on {}/{}", found.resource.plural, found.object.name());
        if used_up {
            late.push(timed_out);
            continue;
        }
        loop {
            let now = session.world.find(&found.resource, found.object.namespace(), found.object.name());
            if goal.met(now.as_deref()) {
                session.print(format!("{id} condition met\n"));
                break;
            }
            if now.is_none() {
                return Err(Failure::plain(crate::session::server_words(&crate::world::not_found(&found.resource, found.object.name()), "")));
            }
            if !session.world.pass(deadline) {
                late.push(timed_out);
                used_up = true;
                break;
            }
        }
    }
    match late.as_slice() {
        [] => Ok(()),
        [one] => Err(Failure::error(one)),
        many => Err(Failure::plain(many.iter().map(|l| format!("{l}\n")).collect::<String>())),
    }
}
