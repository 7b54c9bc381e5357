//! Whose events wake the function: those of its own account, and of accounts that the deployment names.

use isobar::{Error, ErrorKind, Result};

use crate::config::variable;

/// The variable with the accounts, beside the function's own, whose queues, topics, tables and schedules may wake it: their
/// numbers with commas between them.
pub(super) const EVENT_ACCOUNTS: &str = "ISOBAR_EVENT_ACCOUNTS";

/// The accounts that are named.
#[derive(Debug, Clone, Default)]
pub(super) struct Accounts(Vec<String>);

impl Accounts {
    /// Those that the process is configured with; `InvalidArgument` where one is no number of an account.
    pub(super) fn from_environment() -> Result<Self> {
        Self::listed(&variable(EVENT_ACCOUNTS).unwrap_or_default())
    }

    fn listed(list: &str) -> Result<Self> {
        let names = list.split(',').map(str::trim);
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        if let Some(wrong) = names.iter().find(|name| !is_account(name)) {
            return Err(Error::invalid(format!(
                "{EVENT_ACCOUNTS} has {wrong:?}, which is no account of AWS: those are 12 digits, with commas between them"
            )));
        }
        Ok(Self(names.into_iter().map(str::to_owned).collect()))
    }

    /// `PermissionDenied` where a resource belongs to an account that is neither the function's nor named.
    ///
    /// Names alone say nothing of whose a resource is: any account may have a queue of that name, and may be let invoke the
    /// function by a permission that is too wide
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>). An ARN without an account, as those of
    /// buckets, passes: the permission must name the bucket's owner, as `isobar export aws` does.
    pub(super) fn admit(&self, function: &str, resource: &str) -> Result<()> {
        let (Some(own), Some(account)) = (account_of(function), account_of(resource)) else {
            return Ok(());
        };
        if account == own || self.0.iter().any(|named| named == account) {
            return Ok(());
        }
        let message = format!(
            "the event is of {resource:?}, which is not of this function's account {own}: {EVENT_ACCOUNTS} names others \
             whose events are taken"
        );
        Err(Error::new(ErrorKind::PermissionDenied, message))
    }
}

/// The account in `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, where it has one.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
fn account_of(arn: &str) -> Option<&str> {
    let account = arn.strip_prefix("arn:")?.split(':').nth(3)?;
    (!account.is_empty()).then_some(account)
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:notes:live";

    #[test]
    fn events_of_other_accounts_are_refused_unless_they_are_named() {
        let others = "arn:aws:sqs:eu-west-1:999999999999:notes";
        let accounts = Accounts::listed("").unwrap();
        let error = accounts.admit(FUNCTION, others).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().contains(EVENT_ACCOUNTS), "{error}");
        let accounts = Accounts::listed(" 111111111111 , 999999999999,").unwrap();
        accounts.admit(FUNCTION, others).unwrap();
    }

    #[test]
    fn own_resources_and_those_without_an_account_pass() {
        let accounts = Accounts::default();
        for resource in [
            "arn:aws:sns:us-east-1:123456789012:notes",
            "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/notes/stream/1",
            "arn:aws:s3:::photos",
            "photos",
            "arn:",
            "",
        ] {
            accounts.admit(FUNCTION, resource).unwrap();
        }
        // What is not told cannot be compared.
        accounts.admit("", "arn:aws:sqs:eu-west-1:1:a").unwrap();
    }

    #[test]
    fn what_is_no_account_is_refused() {
        for wrong in ["12345678901", "1234567890123", "12345678901a", "own"] {
            let error = Accounts::listed(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.to_string().contains(wrong), "{error}");
        }
    }
}
