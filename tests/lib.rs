//! Tests over the whole of Podglass: transcripts, conformance with a real cluster, determinism,
//! architecture. Each file beside this one is a test of its own; this library plays stories for them
//! ([`story`]), tells a journal as lines of text ([`facts`]) and compares those with what a file expects ([`expect`]).

#[path = "stories/expect.rs"]
pub mod expect;
#[path = "stories/facts.rs"]
pub mod facts;
#[path = "stories/story.rs"]
pub mod story;
