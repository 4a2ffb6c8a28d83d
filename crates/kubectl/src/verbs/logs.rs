//! `kubectl logs`
use crate::{Failure, Session, flags::Flags};
pub(super) const FLAGS: &str = "all-containers? all-pods? container,c: follow,f? ignore-errors? insecure-skip-tls-verify-backend? limit-bytes:l max-log-requests:i pod-running-timeout:d prefix? previous,p? selector,l: since:d since-time: tail:l timestamps?";
pub(super) fn run(_session: &mut Session<'_>, _flags: &Flags) -> Result<(), Failure> { Err(Failure::error("logs: not yet")) }
