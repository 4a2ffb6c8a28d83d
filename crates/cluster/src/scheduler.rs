//! The scheduler: gives a Pod its node. (This is the simplest one that works: the first node, at once.)

use crate::events::{Emit, Style};
use crate::{ApiServer, Cause, Fact, Record, queue::Wakeup};
use k8s_openapi::api::core::v1::PodCondition;
use podglass_manifest::{Kind, Object, ObjectKey};

/// A Pod that waits for a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Due(pub(crate) ObjectKey);

/// The scheduler's memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scheduler {}

/// Milliseconds from a Pod's creation to its binding (median of the recordings).
const LATENCY: u64 = 9;

impl Scheduler {
    /// Sees a record; a new Pod without a node is put into the queue.
    #[expect(clippy::unused_self, reason = "the scheduler has no memory yet")]
    pub(crate) fn observe(&mut self, api: &mut ApiServer, record: &Record) {
        if let Fact::Created(object) = &record.fact
            && let Object::Pod(pod) = &**object
            && pod.spec.as_ref().is_some_and(|s| s.node_name.is_none())
        {
            api.schedule(record.at + LATENCY, Wakeup::Scheduler(Due(object.key())), Some(record.id));
        }
    }

    /// Binds a Pod.
    #[expect(clippy::unused_self, reason = "the scheduler has no memory yet")]
    pub(crate) fn wake(&mut self, api: &mut ApiServer, due: Due, cause: Cause) {
        let Some(node) = api.list(Kind::Node).next().map(|n| n.name().to_owned()) else { return };
        let now = api.timestamp();
        let Ok(bound) = api.update(&due.0, cause, |o| {
            let Object::Pod(pod) = o else { return };
            if let Some(spec) = &mut pod.spec {
                spec.node_name = Some(node.clone());
            }
            pod.status.get_or_insert_default().conditions.get_or_insert_default().push(PodCondition {
                type_: "PodScheduled".into(),
                status: "True".into(),
                last_transition_time: Some(now),
                ..PodCondition::default()
            });
        }) else {
            return;
        };
        let message = format!("Successfully assigned {}/{} to {node}", due.0.namespace, due.0.name);
        let cause = api.journal().records().last().map(|r| r.id);
        api.emit(Emit { about: &bound, field_path: None, warning: false, reason: "Scheduled", message: &message, style: Style::New { component: "default-scheduler", action: "Binding" } }, cause);
    }
}
