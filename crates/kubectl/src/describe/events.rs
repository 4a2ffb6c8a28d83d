//! The Events section.

use super::Text;
use crate::json::{Look, or};
use crate::moment::{self, Moment};
use crate::session::Session;
use crate::sort;
use serde_json::Value;
use std::rc::Rc;

/// Events of an object, as `Events:  <none>` or a table.
pub(super) fn events(session: &mut Session<'_>, t: &mut Text, object: &Value) {
    let now = session.world.now();
    let uid = object.text("metadata.uid");
    let all: Vec<Rc<Value>> = session
        .objects("events", "")
        .into_iter()
        .filter(|e| e.text("involvedObject.name") == object.name() && e.text("involvedObject.kind") == object.text("kind"))
        .filter(|e| object.namespace().is_empty() || e.text("involvedObject.namespace") == object.namespace())
        .filter(|e| uid.is_empty() || e.text("involvedObject.uid") == uid || object.text("kind") == "Node")
        .collect();
    if all.is_empty() {
        t.line(0, "Events:\t<none>");
        return;
    }
    t.flush();
    t.put("Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n");
    for e in sorted_by_last_timestamp(all) {
        let from = or(e.text("source.component"), e.text("reportingComponent")).to_owned();
        t.put(format_args!("  {}\t{}\t{}\t{from}\t{}\n", e.text("type"), e.text("reason"), interval(&e, now), message_with_path(&e)));
    }
}

/// Sorted as describe sorts them: by `lastTimestamp` alone.
pub(crate) fn sorted_by_last_timestamp(mut all: Vec<Rc<Value>>) -> Vec<Rc<Value>> {
    let at = |e: &Value| e.at("lastTimestamp").as_str().and_then(Moment::parse).map_or(i64::MIN, |m| m.0);
    sort::go_sort(&mut all, &mut |a, b| at(a) < at(b));
    all
}

/// `35s (x4 over 4m30s)`
pub(crate) fn interval(e: &Value, now: Moment) -> String {
    let since = |key: &str| moment::age(now, e.at(key).as_str());
    let first = if e.has("eventTime") { since("eventTime") } else { since("firstTimestamp") };
    if e.has("series") {
        format!("{} (x{} over {first})", since("series.lastObservedTime"), e.int("series.count"))
    } else if e.int("count") > 1 {
        format!("{} (x{} over {first})", since("lastTimestamp"), e.int("count"))
    } else {
        first
    }
}

/// The message, after the part of the object it is about.
pub(crate) fn message_with_path(e: &Value) -> String {
    let message = e.text("message").trim();
    match e.text("involvedObject.fieldPath") {
        "" => message.to_owned(),
        path => format!("{path}: {message}"),
    }
}
