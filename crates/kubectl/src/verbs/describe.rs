//! `kubectl describe`

use crate::arguments::{self, Selection, Wants, Words};
use crate::flags::Flags;
use crate::json::Look;
use crate::session::{Failure, Session};

pub(super) const FLAGS: &str = "all-namespaces,A? chunk-size:l filename,f:, kustomize,k: recursive,R? selector,l: show-events?";

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if flags.args.is_empty() && flags.list("filename").is_empty() {
        return Err(Failure::error(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.",
        ));
    }
    let selection = arguments::select(session, flags, &flags.args, Wants { all_by_default: true, ..Wants::default() })?;
    if selection.found.is_empty() {
        if selection.by_name && flags.list("filename").is_empty() && prefixed(session, flags)? {
            return Ok(());
        }
        if selection.missing.is_empty() {
            let text = if flags.truth("all-namespaces") || !selection.types.iter().any(|t| t.namespaced) {
                "No resources found\n".to_owned()
            } else {
                format!("No resources found in {} namespace.\n", session.namespace)
            };
            session.complain(text);
        }
        return selection.complain(session);
    }
    let show_events = flags.truth_or("show-events", selection.found.len() + selection.missing.len() == 1);
    print(session, &selection, show_events);
    selection.complain(session)
}

fn print(session: &mut Session<'_>, selection: &Selection, show_events: bool) {
    let mut out = String::new();
    for (i, found) in selection.found.iter().enumerate() {
        if i > 0 {
            out.push_str("\n\n");
        }
        out.push_str(&crate::describe::describe(session, &found.resource, &found.object, show_events));
    }
    session.print(out);
}

/// Describes what begins with the name, where nothing has it.
fn prefixed(session: &mut Session<'_>, flags: &Flags) -> Result<bool, Failure> {
    let Words::Names(names) = arguments::words(session, &flags.args)? else { return Ok(false) };
    let [(resource, prefix)] = names.as_slice() else { return Ok(false) };
    let all = arguments::list(session, resource, "", "", false)?;
    let show_events = flags.truth("show-events");
    let mut any = false;
    for found in all.into_iter().filter(|f| f.object.name().starts_with(prefix.as_str())) {
        let text = crate::describe::describe(session, &found.resource, &found.object, show_events);
        session.print(text + "\n");
        any = true;
    }
    Ok(any)
}
