//! The kubelets: what happens to a Pod once it has a node.

pub mod resources;

use crate::{ApiServer, Cause, Record};

/// What a kubelet remembers about a wake-up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Due {}

/// The kubelets of all nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kubelets {}

impl Kubelets {
    /// Sees a record and enqueues what has to be done because of it.
    #[expect(clippy::unused_self, reason = "the kubelet comes with the runtime")]
    pub(crate) fn observe(&mut self, _api: &mut ApiServer, _record: &Record) {}

    /// Does what is due.
    #[expect(clippy::unused_self, reason = "the kubelet comes with the runtime")]
    pub(crate) fn wake(&mut self, _api: &mut ApiServer, due: Due, _cause: Cause) {
        match due {}
    }
}
