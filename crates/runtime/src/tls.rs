//! TLS as far as it is told: "encrypted, with this certificate".
//!
//! A client that wants TLS first sends [`hello`]; a server that speaks TLS first answers [`certificate`]. What
//! follows is plain text on the simulated wire. A plain server sees a hello that is no HTTP, a TLS server sees a
//! request that is no hello: both answer as real ones do.

/// The first byte of a TLS record.
pub const MARK: u8 = 0x16;

/// What a client sends first.
pub fn hello(server_name: &str) -> Vec<u8> {
    format!("\u{16}client-hello {server_name}\n").into_bytes()
}

/// What a server answers: the certificate's subject, and whether a public authority has signed it.
pub fn certificate(subject: &str, trusted: bool) -> Vec<u8> {
    format!("\u{16}certificate {} {subject}\n", if trusted { "trusted" } else { "self-signed" }).into_bytes()
}
