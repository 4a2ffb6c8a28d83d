//! Kubernetes manifests: text on one side, typed API objects and diagnostics on the other.
//!
//! This crate reads YAML the way `kubectl` does, decodes it into [`k8s_openapi`] types, sets the
//! API server's defaults and checks the API server's rules. Every message and every field can be
//! turned back into a place in the text.
//!
//! It knows nothing of time or of a running cluster. Start at [`object`] and [`diagnostic`].

mod compact;
pub mod diagnostic;
pub mod object;

pub use diagnostic::{Diagnostic, Fix, Severity, Span};
pub use object::{Kind, Object, ObjectKey};
