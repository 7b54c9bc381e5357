//! What a failure of a PostgreSQL call means: one table of SQLSTATE codes.

use std::error::Error as _;
use std::io;

use deadpool_postgres::{PoolError, TimeoutType};
use isobar::driver::{Effect, Failure};
use isobar::{Error, ErrorKind};
use tokio_postgres::error::{DbError, Severity};

/// "Sorry, too many clients already": the server has no connection to spare.
pub(crate) const TOO_MANY_CONNECTIONS: &str = "53300";
/// The server is starting, stopping, or recovering.
pub(crate) const CANNOT_CONNECT_NOW: &str = "57P03";
/// A key is there already: somebody else has just inserted it.
pub(crate) const UNIQUE_VIOLATION: &str = "23505";
pub(crate) const DUPLICATE_TABLE: &str = "42P07";

/// Classifies the failure of a statement, and keeps it as the cause.
pub(crate) fn failure(error: tokio_postgres::Error) -> Failure {
    let Some(answer) = error.as_db_error() else {
        return broken(error);
    };
    let code = answer.code().code().to_owned();
    let kind = code_kind(&code);
    let effect = code_effect(&code, answer);
    let classified = Error::new(kind, told(&code, answer))
        .with_provider_code(Some(&code), None)
        .with_retryable(is_retryable(kind, &code));
    Failure {
        error: classified.with_source(error),
        effect,
    }
}

/// A failure that no server told: of the connection, or of what was sent or read.
fn broken(error: tokio_postgres::Error) -> Failure {
    let cause = error.source();
    let of_socket = cause.is_none_or(<dyn std::error::Error>::is::<io::Error>);
    let (kind, message, effect) = if of_socket {
        let message = "the connection to the PostgreSQL server broke";
        (ErrorKind::Unavailable, message, Effect::Unknown)
    } else {
        let message = "a value could not be sent to or read from PostgreSQL";
        (ErrorKind::Internal, message, Effect::Unknown)
    };
    Failure {
        error: Error::new(kind, message).with_source(error),
        effect,
    }
}

/// Classifies why there is no connection; nothing has been sent on it.
pub(crate) fn unconnected(error: PoolError) -> Error {
    match error {
        PoolError::Backend(error) => unreachable(error),
        PoolError::Timeout(TimeoutType::Wait) => Error::new(
            ErrorKind::Throttled,
            "all connections that this process may have are in use: allow more with the \
             parameter `connections` of the store's URL, or do less at once",
        ),
        PoolError::Timeout(_) => {
            let message = "the PostgreSQL server does not answer";
            Error::new(ErrorKind::Unavailable, message)
        }
        error => {
            let message = "there is no connection to PostgreSQL";
            Error::new(ErrorKind::Internal, message).with_source(error)
        }
    }
}

fn unreachable(error: tokio_postgres::Error) -> Error {
    if error.as_db_error().is_some() {
        let failure = failure(error);
        if failure.error.provider_code() != Some(TOO_MANY_CONNECTIONS) {
            return failure.error;
        }
        let message = "the PostgreSQL server has no connection to spare (too many clients): give \
                       processes fewer with the parameter `connections` of their URLs, put a \
                       pooler before the server, or raise its max_connections";
        return Error::new(ErrorKind::Throttled, message)
            .with_provider_code(Some(TOO_MANY_CONNECTIONS), None)
            .with_source(failure.error);
    }
    // The client tells the step that failed by its text alone.
    let text = error.to_string();
    let no_password = error
        .source()
        .is_some_and(|cause| cause.to_string() == "password missing");
    let (kind, message) = match text.as_str() {
        "error performing TLS handshake" => (
            ErrorKind::Unavailable,
            "no TLS with the PostgreSQL server: where it has none, say sslmode=disable; where its \
             certificate is not the platform's to trust, name the file of its authority as \
             sslrootcert",
        ),
        _ if no_password || text == "authentication error" => (
            ErrorKind::Unauthenticated,
            "the PostgreSQL server asks for an authentication that was not given: set a password \
             in the store's URL or in PGPASSWORD",
        ),
        "invalid configuration" => (
            ErrorKind::InvalidArgument,
            "the URL of the PostgreSQL store leaves out what is needed to connect",
        ),
        _ => {
            let message = "the PostgreSQL server cannot be reached";
            (ErrorKind::Unavailable, message)
        }
    };
    let retryable = text == "error connecting to server" || text == "connection closed";
    Error::new(kind, message)
        .with_retryable(kind == ErrorKind::Unavailable && retryable)
        .with_source(error)
}

fn told(code: &str, answer: &DbError) -> String {
    let message = answer.message();
    match code {
        "42P01" | "42703" | "3F000" => format!(
            "the table is missing or is not as it should be ({code}: {message}): create it with \
             the printed definition, or check its name, schema and database"
        ),
        "42P10" => format!(
            "the table has no unique index over exactly the key columns ({code}: {message}): \
             create one"
        ),
        _ if code.starts_with("28") => format!(
            "PostgreSQL does not let this role in ({code}: {message}): check the role and the \
             password in the store's URL or in PGPASSWORD"
        ),
        "3D000" => format!(
            "the database is missing ({code}: {message}): create it, or check its name in the \
             store's URL"
        ),
        "42501" => format!(
            "PostgreSQL does not allow it ({code}: {message}): grant the role what the printed \
             definition grants"
        ),
        _ => format!("PostgreSQL answered {code}: {message}"),
    }
}

/// Codes as listed in PostgreSQL's manual under "PostgreSQL Error Codes"; where a code has no line
/// of its own, its class (the first two characters) has.
fn code_kind(code: &str) -> ErrorKind {
    match code {
        "40001" | "40P01" | "55P03" => ErrorKind::Contention,
        TOO_MANY_CONNECTIONS | "53400" => ErrorKind::Throttled,
        "57014" => ErrorKind::DeadlineExceeded,
        "42501" => ErrorKind::PermissionDenied,
        "25006" => ErrorKind::Unavailable,
        "54000" => ErrorKind::TooLarge,
        "XX001" | "XX002" => ErrorKind::Corrupt,
        _ => match code.get(..2).unwrap_or_default() {
            "08" | "53" | "57" | "58" => ErrorKind::Unavailable,
            "0A" => ErrorKind::Unsupported,
            "22" => ErrorKind::InvalidArgument,
            "23" | "44" => ErrorKind::PreconditionFailed,
            "28" => ErrorKind::Unauthenticated,
            "40" => ErrorKind::Contention,
            "54" => ErrorKind::LimitExceeded,
            _ => ErrorKind::Internal,
        },
    }
}

/// A cancelled statement may do better later, a full disk will not soon.
fn is_retryable(kind: ErrorKind, code: &str) -> bool {
    match kind {
        ErrorKind::Unavailable => code != "53100",
        ErrorKind::DeadlineExceeded | ErrorKind::Contention | ErrorKind::Throttled => true,
        _ => false,
    }
}

/// An answer to a statement says that its transaction was undone, unless the server itself went
/// down: it may do so between a commit and its answer.
fn code_effect(code: &str, answer: &DbError) -> Effect {
    let fatal = !matches!(answer.parsed_severity(), Some(Severity::Error));
    let unknown = matches!(code.get(..2), Some("08" | "57" | "58" | "XX"));
    if fatal && unknown {
        Effect::Unknown
    } else {
        Effect::None
    }
}

/// Whether the connection is of no use any more: it broke, the server goes down, or another server
/// writes now (25006).
pub(crate) fn is_lost(error: &Error) -> bool {
    let Some(code) = error.provider_code() else {
        return true;
    };
    let class = code.get(..2).unwrap_or_default();
    code == "25006" || (matches!(class, "08" | "57" | "58" | "XX") && code != "57014")
}

#[cfg(test)]
mod tests;
