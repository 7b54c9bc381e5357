//! The TLS of Google's libraries, which bring none.

/// They take what the process has chosen, or else ring.
pub(crate) fn use_ring() {
    // Whoever has chosen before keeps the choice.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
