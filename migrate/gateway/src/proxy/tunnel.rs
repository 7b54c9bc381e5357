//! Connections that leave HTTP (WebSocket): bytes go both ways until one end closes.

use http::{Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio::sync::OwnedSemaphorePermit;

/// Ties the two connections together once both have left HTTP; holds `permit` for as long.
pub(super) fn tie(
    client: OnUpgrade,
    response: &mut Response<Incoming>,
    permit: OwnedSemaphorePermit,
) {
    debug_assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let application = hyper::upgrade::on(response);
    tokio::spawn(async move {
        let (client, application) = match tokio::try_join!(client, application) {
            Ok(both) => both,
            Err(error) => return tracing::warn!(%error, "a connection did not change its protocol"),
        };
        let (mut client, mut application) = (TokioIo::new(client), TokioIo::new(application));
        if let Err(error) = copy_bidirectional(&mut client, &mut application).await {
            tracing::debug!(%error, "a tunnel broke");
        }
        drop(permit);
    });
}
