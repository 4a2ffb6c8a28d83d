//! The controllers of the controller manager. (Their rooms are built next door; here are the hooks.)
//!
//! `observe` sees every journal record, in order, and only enqueues wake-ups through
//! [`ApiServer::schedule`]; `wake` acts.

use crate::{ApiServer, Cause, Record, Refusal};
use podglass_manifest::Object;
use podglass_runtime::NetworkTable;

/// What a controller remembers about a wake-up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Due {}

/// All controllers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Controllers {}

impl Controllers {
    /// Sees a record and enqueues what has to be done because of it.
    #[expect(clippy::unused_self, reason = "the controllers are not plugged in yet")]
    pub(crate) fn observe(&mut self, _api: &mut ApiServer, _record: &Record) {}

    /// Does what is due.
    #[expect(clippy::unused_self, reason = "the controllers are not plugged in yet")]
    pub(crate) fn wake(&mut self, _api: &mut ApiServer, due: Due, _cause: Cause) {
        match due {}
    }

    /// The network as Services and their endpoints make it, where it changed since the last call.
    #[expect(clippy::unused_self, reason = "the controllers are not plugged in yet")]
    pub(crate) fn take_network(&mut self, _api: &ApiServer) -> Option<NetworkTable> {
        None
    }
}

/// What the API server itself fills in or refuses for kinds of the controllers when an object is written:
/// cluster addresses and node ports of Services, quotas. Called after defaults, before validation.
///
/// # Errors
/// With the API server's words.
pub(crate) fn admit(_api: &mut ApiServer, _object: &mut Object, _before: Option<&Object>) -> Result<(), Refusal> {
    Ok(())
}
