//! Responses for platforms that take them in one piece.

use axum::response::IntoResponse as _;
use bytes::Bytes;
use http::{Response as Head, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::{Problem, content_failure, within};
use crate::error::{Error, ErrorKind, Result};
use crate::function::{Context, REQUEST_ID};
use crate::http::Response;

/// Whether a response of this status has no content (RFC 9110, sections 15.2, 15.3.5 and 15.4.5).
pub fn forbids_content(status: StatusCode) -> bool {
    status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED
}

/// Whether a response of this status must not tell a length (RFC 9110, section 8.6); one that has no content because nothing
/// has changed may.
pub fn forbids_length(status: StatusCode) -> bool {
    status.is_informational() || status == StatusCode::NO_CONTENT
}

/// The response with all its content; for platforms.
///
/// In its place stands a refusal where the content has more than `most` bytes, fails, or is not there within the time of
/// the invocation.
pub async fn whole_response(response: Response, most: u64, context: &Context) -> Head<Bytes> {
    match collect(response, most, context).await {
        Ok(whole) => whole,
        Err(error) if error.kind() == ErrorKind::TooLarge => refused_response(most, context),
        Err(error) => of_failure(error, context).await,
    }
}

/// What a platform takes that wants responses in one piece: `seal` of this response, without content where it answers HEAD,
/// or of a refusal where more than `most` bytes come of it; for platforms.
pub async fn sealed_response<T>(
    (response, is_head): (Response, bool),
    most: u64,
    context: &Context,
    seal: impl Fn(Head<Bytes>) -> Result<T>,
) -> Result<T> {
    let mut whole = whole_response(response, most, context).await;
    if is_head {
        whole.body_mut().clear();
    }
    match seal(whole) {
        Err(error) if error.kind() == ErrorKind::TooLarge => seal(refused_response(most, context)),
        answer => answer,
    }
}

/// The refusal of a response that has more than the `most` bytes that a platform passes on; for platforms.
pub fn refused_response(most: u64, context: &Context) -> Head<Bytes> {
    let detail =
        format!("the response has more than the {most} bytes that this platform passes on");
    let status = StatusCode::BAD_GATEWAY;
    Problem::new(status, "response_too_large", "server", detail).into_response(context.id())
}

async fn collect(response: Response, most: u64, context: &Context) -> Result<Head<Bytes>> {
    let (parts, body) = response.into_parts();
    let whole = async {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let collected = Limited::new(body, most).collect().await;
        collected.map_err(not_collected)
    };
    let collected = match context.remaining() {
        Some(time) => within(&*context.clock(), time, whole).await?,
        None => whole.await?,
    };
    Ok(Head::from_parts(parts, collected.to_bytes()))
}

fn not_collected(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    if error.is::<LengthLimitError>() {
        return Error::new(ErrorKind::TooLarge, "the response is too large");
    }
    content_failure(error)
}

async fn of_failure(error: Error, context: &Context) -> Head<Bytes> {
    let (mut parts, body) = error.into_response().into_parts();
    let id = context.id().header_value();
    parts.headers.insert(REQUEST_ID, id);
    parts.headers.remove(header::CONTENT_LENGTH);
    // It is in memory, so that it cannot fail.
    let whole = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    Head::from_parts(parts, whole.unwrap_or_default())
}
