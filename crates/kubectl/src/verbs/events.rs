//! `kubectl events`
use crate::{Failure, Session, flags::Flags};
pub(super) const FLAGS: &str = "all-namespaces,A? allow-missing-template-keys? chunk-size:l for: no-headers? output,o: show-managed-fields? template: types:, watch,w?";
pub(super) fn run(_session: &mut Session<'_>, _flags: &Flags) -> Result<(), Failure> { Err(Failure::error("events: not yet")) }
