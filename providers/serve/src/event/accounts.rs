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

    /// The same of a function that is of this account.
    #[must_use]
    pub fn of(mut self, own: Option<&str>) -> Self {
        self.own = own.filter(|own| !own.is_empty()).map(str::to_owned);
        self
    }

    /// `PermissionDenied` where a resource is of an account that is neither the function's nor named.
    ///
    /// Names alone say nothing of whose a resource is. What is not told, by the platform or by the event, cannot be compared,
    /// and passes.
    pub fn admit(&self, account: &str, resource: &str) -> Result<()> {
        let Some(own) = &self.own else {
            return Ok(());
        };
        if account.is_empty() || account == own || self.named.iter().any(|named| named == account) {
            return Ok(());
        }
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
        // A platform that tells no account cannot compare any.
        named("").unwrap().of(None).admit("2", "photos").unwrap();
        assert!(named("own").unwrap_err().to_string().contains("own"));
    }
}
