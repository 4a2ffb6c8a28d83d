//! `kubectl describe`
use crate::{Failure, Session, flags::Flags};
pub(super) const FLAGS: &str = "all-namespaces,A? chunk-size:l filename,f:, kustomize,k: recursive,R? selector,l: show-events?";
pub(super) fn run(_session: &mut Session<'_>, _flags: &Flags) -> Result<(), Failure> { crate::describe::placeholder(); Err(Failure::error("describe: not yet")) }
