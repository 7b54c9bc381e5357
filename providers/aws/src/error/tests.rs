//! What the codes of the services mean.

use super::*;

fn check(code: &str, status: u16, kind: ErrorKind, effect: Effect) {
    let found = service_kind(Some(code), None, status);
    assert_eq!(found, kind, "{code}");
    assert_eq!(service_effect(Some(code), found, status), effect, "{code}");
}

#[test]
fn a_missing_table_or_bucket_is_no_missing_document_and_is_not_waited_for() {
    for code in ["ResourceNotFoundException", "NoSuchBucket"] {
        check(code, 404, ErrorKind::Internal, Effect::None);
        let kind = service_kind(Some(code), None, 404);
        assert!(!Error::new(kind, "").retryable());
        assert!(kind.http_status().is_server_error());
        let message = answer(Some(code), Some("Requested resource not found"), 404);
        assert!(message.contains("create it"), "{message}");
    }
    check("NoSuchKey", 404, ErrorKind::NotFound, Effect::None);
}

#[test]
fn a_transaction_in_progress_may_have_had_its_effect() {
    let code = "TransactionInProgressException";
    check(code, 400, ErrorKind::Unavailable, Effect::Unknown);
    let code = "TransactionConflictException";
    check(code, 400, ErrorKind::Contention, Effect::None);
}

#[test]
fn a_failure_of_the_service_may_have_had_its_effect_but_a_request_to_slow_down_has_not() {
    check(
        "InternalServerError",
        500,
        ErrorKind::Unavailable,
        Effect::Unknown,
    );
    check("SlowDown", 503, ErrorKind::Throttled, Effect::None);
    check(
        "ThrottlingException",
        400,
        ErrorKind::Throttled,
        Effect::None,
    );
    check(
        "LimitExceededException",
        400,
        ErrorKind::Throttled,
        Effect::None,
    );
}

#[test]
fn a_clock_that_is_wrong_is_told_from_a_wrong_secret() {
    let code = "InvalidSignatureException";
    check(code, 403, ErrorKind::Unauthenticated, Effect::None);
    check(
        "RequestTimeTooSkewed",
        403,
        ErrorKind::Unauthenticated,
        Effect::None,
    );
    let expired = "Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z";
    assert!(is_skewed(Some(code), Some(expired)));
    assert!(is_skewed(Some("RequestTimeTooSkewed"), None));
    let wrong = "The request signature we calculated does not match";
    assert!(!is_skewed(Some(code), Some(wrong)));
    assert!(answer(Some(code), Some(expired), 403).contains("the clock of this machine"));
}

/// SQS and SNS have codes of their own for what KMS says of the key.
#[test]
fn a_key_that_cannot_be_used_is_told_from_one_that_is_asked_too_often() {
    for code in ["KMS.ThrottlingException", "KMSThrottling"] {
        check(code, 400, ErrorKind::Throttled, Effect::None);
    }
    for code in ["KMS.AccessDeniedException", "KMSAccessDenied"] {
        check(code, 400, ErrorKind::PermissionDenied, Effect::None);
    }
    for code in ["KMS.DisabledException", "KMSNotFound", "InvalidSecurity"] {
        check(code, 400, ErrorKind::Internal, Effect::None);
    }
}
