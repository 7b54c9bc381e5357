//! What the codes of the server mean.

use super::*;

fn check(code: &str, kind: ErrorKind) {
    assert_eq!(code_kind(code), kind, "{code}");
}

#[test]
fn codes_have_a_kind_and_others_that_of_their_class() {
    check("40001", ErrorKind::Contention);
    check("40P01", ErrorKind::Contention);
    check("53300", ErrorKind::Throttled);
    check("57014", ErrorKind::DeadlineExceeded);
    check("57P01", ErrorKind::Unavailable);
    check("08006", ErrorKind::Unavailable);
    check("28P01", ErrorKind::Unauthenticated);
    check("42501", ErrorKind::PermissionDenied);
    check("23505", ErrorKind::PreconditionFailed);
    check("22021", ErrorKind::InvalidArgument);
    check("54000", ErrorKind::TooLarge);
    check("XX001", ErrorKind::Corrupt);
    check("42P01", ErrorKind::Internal);
    check("", ErrorKind::Internal);
}

#[test]
fn a_full_disk_is_not_waited_for_and_a_busy_server_is() {
    assert!(!is_retryable(ErrorKind::Unavailable, "53100"));
    assert!(is_retryable(ErrorKind::Unavailable, "57P03"));
    assert!(is_retryable(ErrorKind::DeadlineExceeded, "57014"));
    assert!(!is_retryable(ErrorKind::PreconditionFailed, "23505"));
}
