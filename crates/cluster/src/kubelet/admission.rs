//! Whether a kubelet takes a Pod that is bound to its node (follows pkg/kubelet/lifecycle/predicate.go and `rejectPod` in
//! pkg/kubelet/kubelet.go). The scheduler has looked before; a Pod with a `nodeName` of its own comes past it.

use super::pod::{Cx, PodState, pod_of};
use crate::ApiServer;
use crate::scheduler::Obstacle;
use k8s_openapi::api::core::v1::PodStatus;
use podglass_manifest::Object;

/// Why a node refuses a Pod: `status.reason` and the text of the event.
pub(crate) fn refusal(api: &ApiServer, object: &Object, node: &str) -> Option<(String, String)> {
    let (pod, _) = pod_of(object)?;
    Some(match crate::scheduler::obstacle(api, pod, node)? {
        Obstacle::Resource { name, requested, used, capacity } => {
            (format!("OutOf{name}"), format!("Node didn't have enough resource: {name}, requested: {requested}, used: {used}, capacity: {capacity}"))
        }
        Obstacle::Predicate { name, reason } => (name.to_owned(), format!("Predicate {name} failed: {reason}")),
    })
}

impl PodState {
    /// The Pod failed before anything of it ran.
    pub(crate) fn reject(&mut self, cx: &mut Cx<'_>, reason: &str, message: &str) {
        cx.event(self, None, true, reason, message);
        let object = self.object.clone();
        let qos = pod_of(&object).and_then(|(p, _)| p.status.as_ref()?.qos_class.clone());
        self.stopped = true;
        self.over = true;
        let status = PodStatus {
            phase: Some("Failed".into()),
            reason: Some(reason.to_owned()),
            message: Some(format!("Pod was rejected: {message}")),
            qos_class: qos,
            observed_generation: object.metadata().generation,
            start_time: Some(cx.api.timestamp()),
            ..PodStatus::default()
        };
        self.publish(cx, status, true);
    }
}
