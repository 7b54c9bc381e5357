//! What a failure of an AWS call means: one table of codes for all services.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use http::StatusCode;
use isobar::driver::{Effect, Failure, status};
use isobar::{Error, ErrorKind};

/// Classifies the failure of a call of the SDK, and keeps it as the cause.
pub(crate) fn failure<E>(error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let (kind, message, effect) = classify(&error);
    let code = error.code().map(str::to_owned);
    let is_skewed = is_skewed(error.code(), error.message());
    let (request_id, retry_after) = error
        .raw_response()
        .map_or((None, None), |raw| (request_id(raw), retry_after(raw)));
    let mut classified = Error::new(kind, message)
        .with_provider_code(code.as_deref(), request_id.as_deref())
        .with_source(error);
    if is_skewed {
        classified = classified.with_retryable(true);
    }
    if let Some(wait) = retry_after {
        classified = classified.with_retry_after(wait);
    }
    Failure {
        error: classified,
        effect,
    }
}

fn classify<E>(error: &SdkError<E, HttpResponse>) -> (ErrorKind, String, Effect)
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let (code, message) = (service.err().code(), service.err().message());
            if status < 300 {
                let message = format!("the answer with status {status} means nothing");
                return (ErrorKind::Internal, message, Effect::Unknown);
            }
            let kind = service_kind(code, message, status);
            let effect = service_effect(code, kind, status);
            (kind, answer(code, message, status), effect)
        }
        SdkError::ResponseError(response) => {
            let status = response.raw().status().as_u16();
            let message = format!("the answer with status {status} broke off or cannot be read");
            (ErrorKind::Unavailable, message, Effect::Unknown)
        }
        SdkError::TimeoutError(_) => {
            let message = "the service did not answer in time".to_owned();
            (ErrorKind::Unavailable, message, Effect::Unknown)
        }
        SdkError::DispatchFailure(_) => dispatch(error),
        _ => {
            let message = "the request could not be built".to_owned();
            (ErrorKind::Internal, message, Effect::None)
        }
    }
}

fn dispatch(error: &(dyn StdError + 'static)) -> (ErrorKind, String, Effect) {
    if in_chain::<CredentialsError>(error).is_some() {
        let message = "no AWS credentials were found: set AWS_ACCESS_KEY_ID and \
                       AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give the machine a role";
        return (ErrorKind::Unauthenticated, message.to_owned(), Effect::None);
    }
    let refused = in_chain::<io::Error>(error)
        .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    if refused {
        let message = "the endpoint refused the connection".to_owned();
        return (ErrorKind::Unavailable, message, Effect::None);
    }
    let message = "the connection failed".to_owned();
    (ErrorKind::Unavailable, message, Effect::Unknown)
}

fn in_chain<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

/// What an answer that is no success says of the effect of its request.
///
/// A transaction in progress is the one of an earlier attempt, which bears the same token.
fn service_effect(code: Option<&str>, kind: ErrorKind, status: u16) -> Effect {
    let failed = status >= 500 && kind != ErrorKind::Throttled;
    if failed || code == Some("TransactionInProgressException") {
        Effect::Unknown
    } else {
        Effect::None
    }
}

fn answer(code: Option<&str>, message: Option<&str>, status: u16) -> String {
    match (code, message) {
        (Some(code), _) if is_missing_resource(code) => format!(
            "the table or bucket does not exist ({code}): create it, or check its name, region \
             and account"
        ),
        (Some(code @ "PermanentRedirect"), _) => {
            format!("the bucket is in another region ({code}): name its region, or its endpoint")
        }
        (Some(code @ "InvalidObjectState"), _) => format!(
            "the blob is archived ({code}): it can be read once the vendor's client has restored it"
        ),
        (Some(code), message) if code_kind(code) == Some(ErrorKind::Unauthenticated) => format!(
            "the service does not know who asks ({code}: {}): check the access key with its secret \
             and session token, the region, and that the clock of this machine is right",
            message.unwrap_or("no message")
        ),
        (Some(code), message) if code_kind(code) == Some(ErrorKind::PermissionDenied) => format!(
            "the service does not allow it ({code}: {}): give the role of this program the \
             permission",
            message.unwrap_or("no message")
        ),
        (Some(code), Some(message)) => format!("the service answered {code}: {message}"),
        (Some(code), None) => format!("the service answered {code}"),
        // An answer without a body, as HEAD has it, has no code.
        (None, _) if status == 403 => format!(
            "the service does not allow it (status {status}): give the role of this program the \
             permission, also to list, without which nobody is told that something is missing"
        ),
        (None, _) => format!("the service answered with status {status}"),
    }
}

/// Whether the clock of this machine is to blame. The SDK then knows by how much, and signs what it
/// sends next by the clock of the service.
fn is_skewed(code: Option<&str>, message: Option<&str>) -> bool {
    let message = message.unwrap_or_default();
    match code {
        Some("RequestTimeTooSkewed" | "RequestExpired") => true,
        Some("InvalidSignatureException" | "SignatureDoesNotMatch") => {
            message.contains("Signature expired") || message.contains("Signature not yet current")
        }
        _ => false,
    }
}

/// Whether the table or bucket itself is missing, which is a fault of the deployment: nothing that
/// a caller asked for is "not found", and waiting does not help.
pub(crate) fn is_missing_resource(code: &str) -> bool {
    matches!(code, "ResourceNotFoundException" | "NoSuchBucket")
}

/// The same failure as a fault of the deployment, where what was asked for a caller is there.
#[cfg(any(feature = "sns", feature = "sqs"))]
pub(crate) fn deployment_fault(error: Error, message: String) -> Error {
    let told = (
        error.provider_code().map(str::to_owned),
        error.request_id().map(str::to_owned),
    );
    Error::new(ErrorKind::Internal, message)
        .with_provider_code(told.0.as_deref(), told.1.as_deref())
        .with_source(error)
}

/// The kind of an answer: by its code, and where that says nothing by its status.
pub(crate) fn service_kind(code: Option<&str>, message: Option<&str>, status: u16) -> ErrorKind {
    let message = message.unwrap_or_default();
    let too_large = match code {
        Some("ValidationException") => message.contains("size") && message.contains("exceed"),
        // What a queue takes may be set lower than what SQS does; SNS says "too long".
        Some("InvalidParameterValue" | "InvalidParameter") => {
            message.contains("must be shorter than") || message.contains("too long")
        }
        _ => false,
    };
    if too_large {
        return ErrorKind::TooLarge;
    }
    code.and_then(code_kind)
        .unwrap_or_else(|| StatusCode::from_u16(status).map_or(ErrorKind::Internal, status::kind))
}

/// What a code means, of whichever service.
pub(crate) fn code_kind(code: &str) -> Option<ErrorKind> {
    code_kind_of_stores(code).or_else(|| code_kind_of_topics(code))
}

/// Codes as listed in the API references of DynamoDB and S3 under "Common errors" and "Error codes".
fn code_kind_of_stores(code: &str) -> Option<ErrorKind> {
    Some(match code {
        missing if is_missing_resource(missing) => ErrorKind::Internal,
        "PermanentRedirect" => ErrorKind::Internal,
        "InvalidObjectState" => ErrorKind::Unsupported,
        "NoSuchKey" | "NotFound" => ErrorKind::NotFound,
        "ConditionalCheckFailedException" | "PreconditionFailed" => ErrorKind::PreconditionFailed,
        "TransactionConflictException"
        | "ReplicatedWriteConflictException"
        | "ResourceInUseException"
        | "ConditionalRequestConflict"
        | "OperationAborted" => ErrorKind::Contention,
        "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "LimitExceededException"
        | "ThrottlingException"
        | "Throttling"
        | "SlowDown"
        | "TooManyRequestsException" => ErrorKind::Throttled,
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "MissingAuthenticationToken"
        | "IncompleteSignatureException"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "InvalidToken"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "AuthorizationHeaderMalformed"
        | "RequestTimeTooSkewed"
        | "RequestExpired"
        | "SignatureDoesNotMatch" => ErrorKind::Unauthenticated,
        "AccessDeniedException" | "AccessDenied" | "AllAccessDisabled" => {
            ErrorKind::PermissionDenied
        }
        "ValidationException"
        | "InvalidArgument"
        | "InvalidRange"
        | "InvalidBucketName"
        | "KeyTooLongError"
        | "SerializationException" => ErrorKind::InvalidArgument,
        "EntityTooLarge" | "MetadataTooLarge" => ErrorKind::TooLarge,
        "ItemCollectionSizeLimitExceededException" => ErrorKind::LimitExceeded,
        "BadDigest" | "InvalidDigest" | "XAmzContentChecksumMismatch" => ErrorKind::Corrupt,
        "InternalServerError"
        | "InternalFailure"
        | "InternalError"
        | "ServiceUnavailable"
        | "TransactionInProgressException"
        | "RequestTimeout" => ErrorKind::Unavailable,
        _ => return None,
    })
}

/// The same of SQS and SNS, where others have none.
fn code_kind_of_topics(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "RequestThrottled" | "KMS.ThrottlingException" | "KMSThrottling" => ErrorKind::Throttled,
        "AuthorizationError" | "KMS.AccessDeniedException" | "KMSAccessDenied" => {
            ErrorKind::PermissionDenied
        }
        // The key of the queue or topic is at fault, or how it is reached.
        "KMS.DisabledException"
        | "KMS.InvalidStateException"
        | "KMS.InvalidKeyUsageException"
        | "KMS.NotFoundException"
        | "KMS.OptInRequired"
        | "KMSDisabled"
        | "KMSInvalidState"
        | "KMSNotFound"
        | "KMSOptInRequired"
        | "InvalidSecurity" => ErrorKind::Internal,
        "BatchRequestTooLong" | "AWS.SimpleQueueService.BatchRequestTooLong" => ErrorKind::TooLarge,
        "InvalidMessageContents" | "InvalidParameter" | "InvalidParameterValue" => {
            ErrorKind::InvalidArgument
        }
        _ => return None,
    })
}

fn request_id(raw: &HttpResponse) -> Option<String> {
    let headers = raw.headers();
    headers
        .get("x-amzn-requestid")
        .or_else(|| headers.get("x-amz-request-id"))
        .map(str::to_owned)
}

/// `Retry-After` in seconds (RFC 9110), as far as AWS sends it.
fn retry_after(raw: &HttpResponse) -> Option<Duration> {
    let seconds = raw.headers().get("retry-after")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests;
