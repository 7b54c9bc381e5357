//! What a failure of a request to Cosmos DB means: one table of its statuses.

use std::time::Duration;

use azure_data_cosmos::CosmosError;
use http::StatusCode;
use isobar::driver::{Effect, Failure, status};
use isobar::{Error, ErrorKind};

use super::charge;

/// Classifies the failure of a request, and keeps it as the cause.
pub(super) fn failure(error: CosmosError) -> Failure {
    charge::consumed_by_failure(&error);
    let status = error.status();
    let sub_status = status.sub_status().map(|code| code.value());
    let code = u16::from(status.status_code());
    let mut failure = by_status(code, sub_status);
    if let Some(effect) = effect_of_sending(&error) {
        failure.effect = effect;
    }
    let (mut wait, mut request) = (None, None);
    if let Some(response) = error.response() {
        let headers = response.headers();
        wait = headers.retry_after_ms;
        request = headers
            .activity_id
            .as_ref()
            .map(|id| id.as_str().to_owned());
    }
    failure.error = failure
        .error
        .with_provider_code(Some(&code.to_string()), request.as_deref());
    if let Some(wait) = wait {
        failure.error = failure.error.with_retry_after(Duration::from_millis(wait));
    }
    failure.error = failure.error.with_source(error);
    failure
}

/// What is known of the effect by how often the request was sent. The driver sends a request again
/// by itself, whatever may have become of it: the answer to the last one may be about what an
/// earlier one has done.
fn effect_of_sending(error: &CosmosError) -> Option<Effect> {
    let diagnostics = error.diagnostics()?;
    let requests = diagnostics.requests();
    let sent = requests.iter().filter(|request| {
        request.pipeline_type().is_data_plane() && request.request_sent().may_have_been_sent()
    });
    match sent.count() {
        0 => Some(Effect::None),
        1 if error.is_from_wire() => None,
        _ => Some(Effect::Unknown),
    }
}

/// The failure of one write of a transactional batch.
pub(super) fn of_batch(status: u16) -> Failure {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut failure = by_status(status.as_u16(), None);
    failure.error = failure
        .error
        .with_provider_code(Some(status.as_str()), None);
    failure
}

/// Statuses as "HTTP status codes for Azure Cosmos DB" describes them.
fn by_status(code: u16, sub_status: Option<u16>) -> Failure {
    let kind = match code {
        404 | 409 => ErrorKind::Internal,
        410 => ErrorKind::Unavailable,
        412 => ErrorKind::PreconditionFailed,
        // "Retry with": another write of the same item was under way.
        449 => ErrorKind::Contention,
        _ => StatusCode::from_u16(code).map_or(ErrorKind::Internal, status::kind),
    };
    let effect = match code {
        408 | 410 | 500.. => Effect::Unknown,
        _ => Effect::None,
    };
    let told = match sub_status {
        None | Some(0) => format!("Cosmos DB answered {code}"),
        Some(more) => format!("Cosmos DB answered {code}/{more}"),
    };
    let told = match code {
        404 => format!(
            "{told}: the container or the database is missing: create it, or call ensure in development"
        ),
        401 => format!(
            "{told}: check the account and its key, and that the clock of this machine is right"
        ),
        403 => format!("{told}: the key, role or firewall of the account does not allow it"),
        413 => format!("{told}: the item or the set is too large"),
        _ => told,
    };
    let retryable = matches!(
        kind,
        ErrorKind::Contention
            | ErrorKind::Throttled
            | ErrorKind::Unavailable
            | ErrorKind::DeadlineExceeded
    );
    let error = Error::new(kind, told).with_retryable(retryable);
    Failure { error, effect }
}

/// The error of an account that could not be opened.
pub(crate) fn unreachable(error: CosmosError) -> Error {
    failure(error).error
}

/// Whether an item was not as a write has asked: missing, there, or in another state.
pub(super) fn is_conflict(error: &Error) -> bool {
    matches!(error.provider_code(), Some("404" | "409" | "412" | "449"))
}

/// Whether there is nothing at this place.
pub(super) fn is_missing(error: &CosmosError) -> bool {
    error.status().is_not_found()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_decides_the_kind_whether_to_retry_and_what_is_known() {
        for (code, kind, retryable, effect) in [
            (400, ErrorKind::InvalidArgument, false, Effect::None),
            (401, ErrorKind::Unauthenticated, false, Effect::None),
            (403, ErrorKind::PermissionDenied, false, Effect::None),
            (408, ErrorKind::DeadlineExceeded, true, Effect::Unknown),
            (412, ErrorKind::PreconditionFailed, false, Effect::None),
            (413, ErrorKind::TooLarge, false, Effect::None),
            (429, ErrorKind::Throttled, true, Effect::None),
            (449, ErrorKind::Contention, true, Effect::None),
            (503, ErrorKind::Unavailable, true, Effect::Unknown),
        ] {
            let failure = by_status(code, None);
            assert_eq!(failure.error.kind(), kind, "{code}");
            assert_eq!(failure.error.retryable(), retryable, "{code}");
            assert_eq!(failure.effect, effect, "{code}");
        }
    }

    #[test]
    fn who_is_not_let_in_hears_what_to_check() {
        for (code, what) in [(401, "check the account and its key"), (403, "firewall")] {
            let told = by_status(code, None).error.to_string();
            assert!(told.contains(what), "{told}");
        }
    }
}
