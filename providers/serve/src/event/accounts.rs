//! Whose events wake the application: those of its own account, and of accounts that the deployment names.

use std::sync::Arc;

use isobar::{Error, ErrorKind, Result};

use crate::config::Variables;

/// The accounts, beside the function's own, whose resources may wake it: their numbers with commas between them.
pub const ACCOUNTS_VARIABLE: &str = "ISOBAR_EVENT_ACCOUNTS";

/// The account that a function is of, where its platform tells it, and those that are named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    own: Option<String>,
    named: Arc<[String]>,
}

impl Accounts {
    /// Those that the variable names; `InvalidArgument` where one is no number.
    pub fn from_variables(variables: &Variables<'_>) -> Result<Self> {
        let list = variables(ACCOUNTS_VARIABLE).unwrap_or_default();
        let names = list.split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty());
        let names: Vec<String> = names.map(str::to_owned).collect();
        let is_number = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(wrong) = names.iter().find(|name| !is_number(name)) {
            return Err(Error::invalid(format!(
                "{ACCOUNTS_VARIABLE} has {wrong:?}: it lists the numbers of accounts, with commas between them"
            )));
        }
        Ok(Self {
            own: None,
            named: names.into(),
        })
    }

    /// The same; `InvalidArgument` where one that is named has not as many digits as all accounts of the vendor have.
    pub fn with_digits(self, digits: usize) -> Result<Self> {
        if let Some(wrong) = self.named.iter().find(|name| name.len() != digits) {
            return Err(Error::invalid(format!(
                "{ACCOUNTS_VARIABLE} has {wrong:?}, which is no account here: those are {digits} digits, with commas between \
                 them"
            )));
        }
        Ok(self)
    }

    /// `InvalidArgument` where any is named for a platform on which no account can be compared.
    pub fn none_named(self, platform: &str) -> Result<Self> {
        if self.named.is_empty() {
            return Ok(self);
        }
        Err(Error::invalid(format!(
            "{ACCOUNTS_VARIABLE} is set, and {platform} tells a process no account that those of events could be compared \
             with: remove it, and let whoever may send events be checked otherwise"
        )))
    }

    /// The same of a function that is of this account.
    #[must_use]
    pub fn of(mut self, own: Option<&str>) -> Self {
        self.own = own.filter(|own| !own.is_empty()).map(str::to_owned);
        self
    }

    /// `PermissionDenied` where a resource is of an account that is neither the function's nor named.
    ///
    /// Names alone say nothing of whose a resource is: any account may have a queue of that name, and may be let invoke the
    /// function by a permission that is too wide
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>). What the event does not tell cannot be
    /// compared, and passes. Where the platform does not tell the function's account, those that are named are all that are
    /// taken, and everything passes where none is.
    pub fn admit(&self, account: &str, resource: &str) -> Result<()> {
        let is_known = self.own.is_some() || !self.named.is_empty();
        let is_own = self.own.as_deref() == Some(account);
        let is_named = || self.named.iter().any(|named| named == account);
        if !is_known || account.is_empty() || is_own || is_named() {
            return Ok(());
        }
        let own = self.own.as_deref().unwrap_or("one that is not told");
        let message = format!(
            "the event is of {resource:?} of the account {account}, and the function of {own}: {ACCOUNTS_VARIABLE} names \
             others whose events are taken"
        );
        Err(Error::new(ErrorKind::PermissionDenied, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(list: &str) -> Result<Accounts> {
        Accounts::from_variables(&|name| (name == ACCOUNTS_VARIABLE).then(|| list.to_owned()))
    }

    #[test]
    fn events_of_other_accounts_are_refused_unless_they_are_named() {
        let accounts = named("").unwrap().of(Some("1"));
        accounts.admit("1", "photos").unwrap();
        accounts.admit("", "photos").unwrap();
        let error = accounts.admit("2", "photos").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().contains(ACCOUNTS_VARIABLE), "{error}");
        let accounts = named(" 3, 2 ,").unwrap().of(Some("1"));
        accounts.admit("2", "photos").unwrap();
    }

    #[test]
    fn without_the_own_account_only_those_that_are_named_are_taken() {
        for own in [None, Some("")] {
            let accounts = named("2").unwrap().of(own);
            accounts.admit("2", "photos").unwrap();
            accounts.admit("", "photos").unwrap();
            let error = accounts.admit("1", "photos").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            named("").unwrap().of(own).admit("2", "photos").unwrap();
        }
    }

    #[test]
    fn what_is_no_account_is_refused() {
        let checks = [
            named("own"),
            named("123456789012,12345678901").and_then(|accounts| accounts.with_digits(12)),
            named("1234567890123").and_then(|accounts| accounts.with_digits(12)),
            named("1").and_then(|accounts| accounts.none_named("Cloud Run")),
        ];
        for (check, told) in
            checks
                .into_iter()
                .zip(["own", "\"12345678901\"", "12 digits", "Cloud Run"])
        {
            let error = check.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.to_string().contains(told), "{error}");
        }
        named("123456789012").unwrap().with_digits(12).unwrap();
        named(" , ").unwrap().none_named("Cloud Run").unwrap();
    }
}
