//! The accounts in ARNs, by which events of others are told from those of the function's own.

use isobar::Result;
use isobar_serve::Variables;
use isobar_serve::event::Accounts;

/// How many digits an account of AWS has.
///
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html>
const DIGITS: usize = 12;

/// Those that the process is configured with; `InvalidArgument` where one is no number of an account.
pub(super) fn named(variables: &Variables<'_>) -> Result<Accounts> {
    Accounts::from_variables(variables)?.with_digits(DIGITS)
}

/// `PermissionDenied` where a resource is of an account that is neither the function's nor named.
///
/// An ARN without an account, as those of buckets, passes: the permission must name the bucket's owner, as `isobar export aws`
/// does.
pub(super) fn admit(accounts: &Accounts, resource: &str) -> Result<()> {
    accounts.admit(account_of(resource).unwrap_or_default(), resource)
}

/// The account in `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, where it has one.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
pub(super) fn account_of(arn: &str) -> Option<&str> {
    let account = arn.strip_prefix("arn:")?.split(':').nth(3)?;
    (!account.is_empty()).then_some(account)
}

#[cfg(test)]
mod tests {
    use isobar::ErrorKind;

    use super::*;

    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:notes:live";

    fn listed(list: &str) -> Result<Accounts> {
        named(&|name| (name == "ISOBAR_EVENT_ACCOUNTS").then(|| list.to_owned()))
    }

    #[test]
    fn events_of_other_accounts_are_refused_unless_they_are_named() {
        let others = "arn:aws:sqs:eu-west-1:999999999999:notes";
        let accounts = listed("").unwrap().of(account_of(FUNCTION));
        let error = admit(&accounts, others).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        let accounts = listed(" 111111111111 , 999999999999,").unwrap();
        admit(&accounts.of(account_of(FUNCTION)), others).unwrap();
    }

    #[test]
    fn own_resources_and_those_without_an_account_pass() {
        let accounts = Accounts::default().of(account_of(FUNCTION));
        for resource in [
            "arn:aws:sns:us-east-1:123456789012:notes",
            "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/notes/stream/1",
            "arn:aws:s3:::photos",
            "photos",
            "arn:",
            "",
        ] {
            admit(&accounts, resource).unwrap();
        }
    }

    #[test]
    fn what_is_no_account_is_refused() {
        for wrong in ["12345678901", "1234567890123", "12345678901a", "own"] {
            let error = listed(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.to_string().contains(wrong), "{error}");
        }
    }
}
