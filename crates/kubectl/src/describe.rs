//! `kubectl describe`
pub(crate) fn placeholder() {}
