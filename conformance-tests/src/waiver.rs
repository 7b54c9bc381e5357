//! Cases whose result on a provider says nothing of the real service, and what comes of them there all the same.

use crate::Outcome;

/// A case that is not verified on a provider, and why.
///
/// It is run like any other, and its result is compared with what is expected: a regression cannot hide behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiver {
    /// The case's id.
    pub case: &'static str,
    /// How what stands behind the provider is known to differ from the real service.
    pub reason: &'static str,
    /// What the case comes to.
    pub expected: Expected,
}

/// What a waived case comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It fails, for the reason that is given.
    Fails,
    /// It passes here, where the real service may do otherwise.
    Passes,
    /// It fails now and then: a race in what stands behind the provider, as seen.
    Varies,
}

impl Waiver {
    /// A case that fails here.
    pub const fn fails(case: &'static str, reason: &'static str) -> Self {
        Self::new(case, reason, Expected::Fails)
    }

    /// A case that passes here, of which the real service may think otherwise.
    pub const fn passes(case: &'static str, reason: &'static str) -> Self {
        Self::new(case, reason, Expected::Passes)
    }

    /// A case that fails here now and then.
    pub const fn varies(case: &'static str, reason: &'static str) -> Self {
        Self::new(case, reason, Expected::Varies)
    }

    const fn new(case: &'static str, reason: &'static str, expected: Expected) -> Self {
        Self {
            case,
            reason,
            expected,
        }
    }

    /// What is reported of a case that ended like this.
    pub(crate) fn judge(&self, outcome: Outcome, detail: String) -> (Outcome, String) {
        let reason = self.reason;
        let as_expected = match outcome {
            Outcome::Supported => self.expected != Expected::Fails,
            Outcome::Failed => self.expected != Expected::Passes,
            Outcome::RefusedAsDeclared => false,
            Outcome::NotVerified | Outcome::NotRun => return (outcome, detail),
        };
        if as_expected {
            let detail = format!("{reason} (here it was {outcome})");
            return (Outcome::NotVerified, detail);
        }
        let what = match self.expected {
            Expected::Fails => "its waiver is out of date, which says that it fails",
            Expected::Passes => "it must pass, whatever else its waiver says",
            Expected::Varies => "its waiver is out of date, which says that it fails now and then",
        };
        let ended = match (outcome, detail.as_str()) {
            (Outcome::Supported, _) => String::new(),
            (_, "") => format!(": {outcome}"),
            (_, detail) => format!(": {outcome}: {detail}"),
        };
        (Outcome::Failed, format!("{what} ({reason}){ended}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_holds_only_while_the_case_ends_as_it_says() {
        use Outcome::{Failed, NotRun, NotVerified, RefusedAsDeclared, Supported};
        let table = [
            (Waiver::fails("G-1", "a"), Failed, NotVerified),
            (Waiver::fails("G-1", "a"), Supported, Failed),
            (Waiver::fails("G-1", "a"), RefusedAsDeclared, Failed),
            (Waiver::passes("G-1", "a"), Supported, NotVerified),
            (Waiver::passes("G-1", "a"), Failed, Failed),
            (Waiver::passes("G-1", "a"), RefusedAsDeclared, Failed),
            (Waiver::varies("G-1", "a"), Supported, NotVerified),
            (Waiver::varies("G-1", "a"), Failed, NotVerified),
            (Waiver::varies("G-1", "a"), RefusedAsDeclared, Failed),
            (Waiver::fails("G-1", "a"), NotRun, NotRun),
            (Waiver::passes("G-1", "a"), NotVerified, NotVerified),
        ];
        for (waiver, ended, reported) in table {
            let (outcome, _) = waiver.judge(ended, String::new());
            assert_eq!(outcome, reported, "{waiver:?} of {ended}");
        }
    }

    #[test]
    fn a_surprise_says_what_is_out_of_date_and_what_went_wrong() {
        let waiver = Waiver::passes("G-1", "the router writes paths anew");
        let (_, detail) = waiver.judge(Outcome::Failed, "the path is /b".to_owned());
        assert_eq!(
            detail,
            "it must pass, whatever else its waiver says (the router writes paths anew): failed: the path is /b"
        );
    }
}
