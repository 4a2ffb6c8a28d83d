//! Kubernetes manifests: text on one side, typed API objects and diagnostics on the other.
//!
//! This crate reads YAML the way `kubectl` does, decodes it into [`k8s_openapi`] types, sets the
//! API server's defaults and checks the API server's rules. Every message and every field can be
//! turned back into a place in the text.
//!
//! It knows nothing of time or of a running cluster. Two ways lead in: [`read`] for a page that
//! shows every mistake at its place, and [`client::documents`] followed by the functions of
//! [`server`] for a command line that says what `kubectl` and the API server say.

mod admission;
pub mod advice;
pub mod client;
mod compact;
mod custom;
pub mod decode;
pub mod defaults;
pub mod diagnostic;
pub mod field;
pub mod fixes;
pub mod go;
pub mod internal;
pub mod locate;
pub mod object;
pub mod quantity;
pub mod read;
pub mod resource;
pub mod schema;
pub mod server;
mod time;
pub mod validate;
pub mod value;
pub mod warnings;
pub mod yaml;

pub use diagnostic::{Diagnostic, Fix, Lines, Severity, Span};
pub use object::{Kind, Object, ObjectKey, OtherObject, decode as decode_json};
pub use quantity::Quantity;
pub use read::{Document, Reading, read};
pub use resource::Resource;
