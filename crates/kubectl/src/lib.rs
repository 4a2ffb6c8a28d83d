//! The kubectl command line over a simulated cluster, byte for byte as kubectl 1.37 prints.
//!
//! Start at [`run`]: a [`Session`] (a [`world::World`], files, a context) and the words typed after
//! `kubectl` give an [`Output`]. Objects are JSON here, whatever they are in the world, so that kinds
//! nobody has modelled survive. It knows nothing of pixels and nothing of how a cluster works.

#![allow(clippy::format_push_string, reason = "a failing write to a String would have to be ignored at every line")]
#![allow(clippy::unnecessary_wraps, reason = "every verb has the same signature")]
#![allow(clippy::format_collect, reason = "the texts are a few lines long")]
#![allow(clippy::result_large_err, reason = "a refusal is made once a command")]
#![allow(clippy::many_single_char_names, reason = "t is the text, o the object, k and v a pair, throughout the descriptions")]

mod access;
mod admission;
mod arguments;
mod describe;
mod flags;
mod gotemplate;
pub mod json;
mod jsonpath;
pub mod manifests;
mod merge;
pub mod moment;
mod openapi;
mod output;
mod printers;
mod quantity;
pub mod resource;
mod selector;
mod session;
mod sha256;
mod sort;
pub mod tabs;
mod template_hash;
mod verbs;
pub mod watch;
pub mod world;
mod yaml;

pub use session::{Chunk, Context, Failure, Files, NoFiles, Output, Session, Stream};
pub use verbs::{run, verbs};
