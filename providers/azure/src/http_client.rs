//! The HTTP client below the vendor's clients.

use std::time::Duration;

use isobar::{Error, ErrorKind, Result};

const CONNECT: Duration = Duration::from_secs(3);
const IDLE: Duration = Duration::from_secs(30);

/// HTTP/1.1, with TLS that trusts the platform's certificates; content is never unpacked.
pub(crate) fn http_client() -> Result<reqwest::Client> {
    // The client cannot be built where none is installed; whoever has installed another one keeps
    // it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .build();
    client.map_err(|error| {
        Error::new(ErrorKind::Internal, "there is no HTTP client").with_source(error)
    })
}
