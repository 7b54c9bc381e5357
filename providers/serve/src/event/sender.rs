//! Who may send events, beside knowing their path.

use isobar::authorization::ExpectedSender;
use isobar::driver::token::TokenIssuer;
use isobar::{Error, Result};

use crate::config::Variables;

/// What the tokens of senders must be for; with it every event needs one.
pub const AUDIENCE_VARIABLE: &str = "ISOBAR_EVENTS_AUDIENCE";
/// Who sends: the `sub` of its tokens, or their verified `email`.
pub const SENDER_VARIABLE: &str = "ISOBAR_EVENTS_SENDER";
/// Who signs the tokens, in place of the platform's own issuer.
pub const ISSUER_VARIABLE: &str = "ISOBAR_EVENTS_ISSUER";

/// The sender that the variables tell; nothing where none is set, `InvalidArgument` where one is missing.
pub(crate) fn expected(
    variables: &Variables<'_>,
    of_platform: Option<&str>,
) -> Result<Option<ExpectedSender>> {
    let variable = |name| variables(name).filter(|value| !value.is_empty());
    let issuer = variable(ISSUER_VARIABLE);
    let (audience, sender) = match (variable(AUDIENCE_VARIABLE), variable(SENDER_VARIABLE)) {
        (None, None) if issuer.is_none() => return Ok(None),
        (Some(audience), Some(sender)) => (audience, sender),
        _ => {
            return Err(Error::invalid(format!(
                "{AUDIENCE_VARIABLE} and {SENDER_VARIABLE} go together: whoever has an account with the issuer can have \
                 tokens for any audience"
            )));
        }
    };
    let issuer = issuer.or_else(|| of_platform.map(str::to_owned)).ok_or_else(|| {
        Error::invalid(format!(
            "{AUDIENCE_VARIABLE} is set, and the platform has no issuer of its own: set {ISSUER_VARIABLE}"
        ))
    })?;
    let safe = issuer.parse().is_ok_and(|uri| TokenIssuer::is_safe(&uri));
    if !safe {
        return Err(Error::invalid(format!(
            "{ISSUER_VARIABLE} is {issuer:?}, which must be https: or http: to this machine"
        )));
    }
    let issuer = TokenIssuer::new(issuer, None);
    Ok(Some(ExpectedSender::new(issuer, audience, sender)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(set: &[(&str, &str)], of_platform: Option<&str>) -> String {
        let variables = |name: &str| {
            let found = set.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match expected(&|name| variables(name), of_platform) {
            Ok(Some(sender)) => format!("{sender:?}"),
            Ok(None) => "anybody".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_sender_is_named_whole_or_not_at_all() {
        let (audience, sender) = ((AUDIENCE_VARIABLE, "notes"), (SENDER_VARIABLE, "a@b"));
        let google = Some("https://accounts.google.com");
        assert_eq!(check(&[], google), "anybody");
        assert!(check(&[audience, sender], google).contains("accounts.google.com"));
        for half in [audience, sender, (ISSUER_VARIABLE, "https://a.example")] {
            assert!(check(&[half], google).contains("go together"));
        }
        assert!(check(&[audience, sender], None).contains(ISSUER_VARIABLE));
        let open = (ISSUER_VARIABLE, "http://a.example");
        assert!(check(&[audience, sender, open], google).contains("https:"));
    }
}
