//! The event recorder: writes Event objects, counts repetitions, merges and drops floods
//! (follows client-go/tools/record/events_cache.go, and client-go/tools/events for the newer form).

use crate::api_server::object_reference;
use crate::{ApiServer, Cause, SimTime};
use k8s_openapi::api::core::v1::{Event, EventSeries, EventSource};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use podglass_manifest::{Kind, Object, ObjectKey};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The two forms in which components write events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style<'a> {
    /// `source`, `firstTimestamp`, `lastTimestamp`, `count` (kubelet, controllers).
    Counted {
        /// `kubelet`, `deployment-controller`.
        component: &'a str,
        /// The node's name, empty for controllers.
        host: &'a str,
    },
    /// `eventTime`, `series`, `action` (scheduler, newer controllers).
    New {
        /// `default-scheduler`.
        component: &'a str,
        /// `Binding`, `Scheduling`.
        action: &'a str,
    },
}

/// An event to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emit<'a> {
    /// The object it is about.
    pub(crate) about: &'a Object,
    /// `spec.containers{app}`.
    pub(crate) field_path: Option<&'a str>,
    /// `Warning` or `Normal`.
    pub(crate) warning: bool,
    /// `Started`.
    pub(crate) reason: &'a str,
    /// The text.
    pub(crate) message: &'a str,
    /// The form.
    pub(crate) style: Style<'a>,
}

/// What makes two events about one object equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Same {
    component: String,
    field_path: String,
    reason: String,
    message: String,
}

/// What makes two events about one object similar: component and reason.
type Similar = (String, String);

#[derive(Clone, Debug)]
struct Seen {
    key: ObjectKey,
    count: i32,
    first: SimTime,
}

/// Texts of one object and reason within the window of the aggregator.
#[derive(Clone, Debug, Default)]
struct Group {
    texts: std::collections::BTreeSet<String>,
    last: SimTime,
}

/// A token bucket of 25 events, refilled by one every five minutes.
#[derive(Clone, Debug)]
struct Bucket {
    tokens: f64,
    at: SimTime,
}

/// What the recorders remember about one object.
#[derive(Clone, Debug, Default)]
struct Memory {
    seen: BTreeMap<Same, Seen>,
    groups: BTreeMap<Similar, Group>,
    buckets: BTreeMap<Similar, Bucket>,
}

/// The memory of all recorders, by the uid of the object. Shared between checkpoints until it changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    objects: BTreeMap<Rc<str>, Rc<Memory>>,
    number: u64,
}

impl Recorder {
    /// An object is gone: nothing more is said about it.
    pub(crate) fn forget(&mut self, uid: &str) {
        self.objects.remove(uid);
    }
}

/// Different texts of one object and reason before they are merged, and for how long they are remembered.
const MERGE_AFTER: usize = 10;
const MERGE_WINDOW: u64 = 600_000;
/// The spam filter's burst, and milliseconds until one more is let through.
const BURST: f64 = 25.0;
const REFILL: f64 = 300_000.0;
/// A series of the newer form ends after six minutes of silence.
const SERIES_WINDOW: u64 = 360_000;

impl ApiServer {
    /// Writes an event, or raises the count of an equal one.
    pub(crate) fn emit(&mut self, e: Emit<'_>, cause: Cause) {
        let uid: Rc<str> = e.about.uid().into();
        let now = self.now();
        let memory = Rc::make_mut(self.recorder.objects.entry(uid.clone()).or_default());
        let (component, counted) = match e.style {
            Style::Counted { component, .. } => (component, true),
            Style::New { component, .. } => (component, false),
        };
        let mut message = e.message.to_owned();
        let similar = (component.to_owned(), e.reason.to_owned());
        let mut merged = false;
        if counted {
            let group = memory.groups.entry(similar.clone()).or_default();
            if now.since(group.last) > MERGE_WINDOW {
                group.texts.clear();
            }
            group.last = now;
            group.texts.insert(message.clone());
            if group.texts.len() >= MERGE_AFTER {
                let extra = message.clone();
                group.texts.remove(&extra);
                merged = true;
                message = format!("(combined from similar events): {message}");
            }
        }
        let same = Same {
            component: component.to_owned(),
            field_path: if merged { String::new() } else { e.field_path.unwrap_or_default().to_owned() },
            reason: e.reason.to_owned(),
            message: if merged { String::new() } else { message.clone() },
        };
        let passes = !counted || {
            let bucket = memory.buckets.entry(similar).or_insert(Bucket { tokens: BURST, at: now });
            bucket.tokens = (bucket.tokens + now.since(bucket.at) as f64 / REFILL).min(BURST);
            bucket.at = now;
            let ok = bucket.tokens >= 1.0;
            if ok {
                bucket.tokens -= 1.0;
            }
            ok
        };
        let seen = memory.seen.get_mut(&same).filter(|s| counted || now.since(s.first) < SERIES_WINDOW);
        if let Some(seen) = seen {
            seen.count += 1;
            let (count, key) = (seen.count, seen.key.clone());
            if !counted {
                seen.first = now;
            }
            if !passes {
                return;
            }
            let (stamp, micro) = (self.timestamp(), self.micro());
            let known = self.update(&key, cause, |o| {
                let Object::Event(event) = o else { return };
                if counted {
                    event.count = Some(count);
                    event.last_timestamp = Some(stamp);
                    if merged {
                        event.message = Some(message.clone());
                    }
                } else {
                    event.series = Some(EventSeries { count: Some(count), last_observed_time: Some(micro.clone()) });
                }
            });
            if known.is_ok() {
                return;
            }
        } else if !passes {
            return;
        }
        self.recorder.number += 1;
        let nanos = (self.settings().epoch as u64 + now.0) * 1_000_000 + self.recorder.number % 1_000_000;
        let mut involved = object_reference(e.about);
        involved.field_path = e.field_path.map(str::to_owned);
        let mut event = Event {
            involved_object: involved,
            type_: Some(if e.warning { "Warning" } else { "Normal" }.into()),
            reason: Some(e.reason.into()),
            message: Some(message),
            ..Event::default()
        };
        let namespace = if e.about.namespace().is_empty() { "default" } else { e.about.namespace() };
        event.metadata.name = Some(format!("{}.{nanos:x}", e.about.name()));
        event.metadata.namespace = Some(namespace.to_owned());
        match e.style {
            Style::Counted { component, host } => {
                event.source = Some(EventSource { component: Some(component.into()), host: (!host.is_empty()).then(|| host.into()) });
                event.first_timestamp = Some(self.timestamp());
                event.last_timestamp = Some(self.timestamp());
                event.count = Some(1);
                event.reporting_component = Some(component.into());
                event.reporting_instance = Some(host.into());
            }
            Style::New { component, action } => {
                event.source = Some(EventSource::default());
                event.event_time = Some(self.micro());
                event.action = Some(action.into());
                event.reporting_component = Some(component.into());
                event.reporting_instance = Some(format!("{component}-control-plane"));
            }
        }
        let key = ObjectKey { kind: Kind::Event, namespace: namespace.to_owned(), name: event.metadata.name.clone().unwrap_or_default() };
        if self.create(event.into(), cause).is_ok() {
            Rc::make_mut(self.recorder.objects.entry(uid).or_default()).seen.insert(same, Seen { key, count: 1, first: now });
        }
    }

    fn micro(&self) -> MicroTime {
        let ms = self.settings().epoch + self.now().0 as i64;
        MicroTime(k8s_openapi::jiff::Timestamp::from_millisecond(ms).unwrap_or_default())
    }
}
