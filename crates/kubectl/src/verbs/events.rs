//! `kubectl events`

use crate::describe;
use crate::flags::Flags;
use crate::json::{Look, or};
use crate::moment::Moment;
use crate::output::{self, Format};
use crate::session::{Failure, Session, no_such_type};
use crate::{resource, sort, tabs, yaml};
use serde_json::{Value, json};
use std::rc::Rc;

pub(super) const FLAGS: &str =
    "all-namespaces,A? allow-missing-template-keys? chunk-size:l for: no-headers? output,o: show-managed-fields? template: types:, watch,w?";

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let everywhere = flags.truth("all-namespaces");
    for kind in flags.list("types") {
        if !kind.eq_ignore_ascii_case("normal") && !kind.eq_ignore_ascii_case("warning") {
            return Err(Failure::error("valid --types are Normal or Warning"));
        }
    }
    let format = Format::read(session, flags.get("output"), flags.get("template"), false)?;
    let target = match flags.get("for") {
        None => None,
        Some(words) => {
            let (kind, name) = words
                .split_once('/')
                .filter(|(k, n)| !k.is_empty() && !n.is_empty() && !n.contains('/'))
                .ok_or_else(|| Failure::error("--for must be in resource/name form"))?;
            let found = resource::lookup(session.resources(), kind).ok_or_else(|| Failure::plain(format!("{}\n", no_such_type(kind))))?;
            Some((found, name.to_owned()))
        }
    };
    let namespace = if everywhere { String::new() } else { session.namespace.clone() };
    let mut all = session.objects("events", &namespace);
    if let Some((resource, name)) = &target {
        all.retain(|e| {
            e.text("involvedObject.kind") == resource.kind
                && e.text("involvedObject.name") == name
                && (e.text("involvedObject.apiVersion").is_empty() || e.text("involvedObject.apiVersion") == resource.api_version())
        });
    }
    if !flags.list("types").is_empty() {
        all.retain(|e| flags.list("types").iter().any(|t| t.eq_ignore_ascii_case(e.text("type"))));
    }
    if all.is_empty() && !format.prints_objects() {
        let text = if everywhere { "No events found.\n".to_owned() } else { format!("No events found in {} namespace.\n", session.namespace) };
        session.complain(text);
        return Ok(());
    }
    let at = |e: &Value| {
        let time = or(e.text("series.lastObservedTime"), or(e.text("lastTimestamp"), e.text("eventTime")));
        Moment::parse(time).map_or(i64::MIN, |m| m.0)
    };
    sort::go_sort(&mut all, &mut |a: &Rc<Value>, b: &Rc<Value>| at(a) < at(b));
    match format {
        Format::Default => {}
        Format::Json | Format::Yaml | Format::Kyaml => {
            let items: Vec<Value> = all.iter().map(|e| output::visible(e)).collect();
            let list = json!({"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": items});
            let text = match format {
                Format::Json => output::typed_json(&list, 4) + "\n",
                Format::Yaml => yaml::write(&list),
                _ => yaml::write_kyaml(&list),
            };
            session.print(text);
            return Ok(());
        }
        Format::Name => return Ok(()),
        other => {
            let items: Vec<Value> = all.iter().map(|e| output::visible(e)).collect();
            let text = other.print(&output::list_of(items))?;
            session.print(text);
            return Ok(());
        }
    }
    let now = session.world.now();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |cells: [&str; 5], namespace: &str| {
        let mut r: Vec<String> = cells.iter().map(|c| (*c).to_owned()).collect();
        if everywhere {
            r.insert(0, namespace.to_owned());
        }
        rows.push(r);
    };
    if !flags.truth("no-headers") {
        row(["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"], "NAMESPACE");
    }
    for e in &all {
        let object = format!("{}/{}", e.text("involvedObject.kind"), e.text("involvedObject.name"));
        row([&describe::interval(e, now), e.text("type"), e.text("reason"), &object, e.text("message").trim()], e.namespace());
    }
    session.print(tabs::rows(&rows, &mut Vec::new()));
    Ok(())
}
