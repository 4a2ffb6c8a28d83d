//! Tests over the whole of Podglass: transcripts, conformance with a real cluster, determinism,
//! architecture. Each file beside this one is a test of its own; this library holds nothing.
