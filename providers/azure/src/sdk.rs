//! What a failure of Microsoft's clients means, by the service's codes or by how far a request has come.

use std::time::Duration;

use azure_core::error::ErrorKind as Cause;
use azure_core::http::headers::{HeaderName, Headers};
use isobar::driver::{Effect, Failure};
use isobar::{Error, ErrorKind};

use crate::entra::no_token;
use crate::error::{Answer, CODE, REQUEST_ID, RETRY_AFTER, Service};

/// What the codes of one service mean that other services do not have.
pub(crate) type Codes = fn(&str) -> Option<(ErrorKind, Effect)>;

/// Classifies the failure of a call of the client, and keeps it as the cause.
pub(crate) fn failure(error: azure_core::Error, service: &Service, own: Codes) -> Failure {
    let mut failure = match error.kind() {
        Cause::HttpResponse {
            status,
            raw_response,
            ..
        } => {
            let raw = raw_response.as_deref();
            let headers = raw.map(azure_core::http::RawResponse::headers);
            let body = raw.map(|raw| raw.body().as_ref()).unwrap_or_default();
            answered((u16::from(*status), body), headers, (service, own))
        }
        Cause::Connection => Failure {
            error: Error::new(ErrorKind::Unavailable, service.unreachable()),
            effect: Effect::None,
        },
        Cause::Io => Failure {
            error: Error::new(ErrorKind::Unavailable, service.broken()),
            effect: Effect::Unknown,
        },
        Cause::Credential => {
            return Failure {
                error: no_token(error),
                effect: Effect::None,
            };
        }
        Cause::DataConversion => Failure {
            error: Error::new(ErrorKind::Internal, "the answer cannot be read"),
            effect: Effect::Unknown,
        },
        Cause::Other => Failure {
            error: Error::new(ErrorKind::Internal, "the request could not be built"),
            effect: Effect::None,
        },
    };
    failure.error = failure.error.with_source(error);
    failure
}

/// The failure of an attempt whose time is up.
pub(crate) fn too_slow(service: &Service, span: Duration) -> Failure {
    let name = service.name;
    let message = format!("{name} did not answer within {} ms", span.as_millis());
    Failure {
        error: Error::new(ErrorKind::Unavailable, message),
        effect: Effect::Unknown,
    }
}

pub(crate) fn answered(
    (status, body): (u16, &[u8]),
    headers: Option<&Headers>,
    (service, own): (&Service, Codes),
) -> Failure {
    let header = |name| headers?.get_optional_str(&HeaderName::from_static(name));
    let text = std::str::from_utf8(body).unwrap_or_default();
    let answer = Answer {
        status,
        code: header(CODE).or_else(|| element(text, "Code")),
        // The lines after the first repeat the request's id and time.
        message: element(text, "Message")
            .and_then(|message| message.lines().next())
            .unwrap_or_default(),
        request: header(REQUEST_ID),
        retry_after: header(RETRY_AFTER),
    };
    answer.failure(service, own)
}

/// The text of an element without elements in it.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}
