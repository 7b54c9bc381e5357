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
    /// It fails for the reason that is given, and this text stands in its failure: any other failure is a surprise.
    Fails(&'static str),
    /// It passes here, where the real service may do otherwise.
    Passes,
    /// It fails now and then, each time with one of these texts: a race in what stands behind the provider, as seen.
    Varies(&'static [&'static str]),
}

impl Waiver {
    /// A case that fails here, with a failure in which `about` stands.
    ///
    /// # Panics
    ///
    /// Where `about` is empty, which would excuse every failure; in a constant that is an error of the compiler.
    pub const fn fails(case: &'static str, about: &'static str, reason: &'static str) -> Self {
        Self::new(case, reason, Expected::Fails(named(about)))
    }

    /// A case that passes here, of which the real service may think otherwise.
    pub const fn passes(case: &'static str, reason: &'static str) -> Self {
        Self::new(case, reason, Expected::Passes)
    }

    /// A case that fails here now and then, with a failure in which one of `abouts` stands.
    ///
    /// # Panics
    ///
    /// Where one of `abouts` is empty, as [`fails`](Self::fails) does.
    pub const fn varies(
        case: &'static str,
        abouts: &'static [&'static str],
        reason: &'static str,
    ) -> Self {
        let mut rest = abouts;
        while let [first, others @ ..] = rest {
            assert!(!first.is_empty(), "a waiver names the failure it excuses");
            rest = others;
        }
        Self::new(case, reason, Expected::Varies(abouts))
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
        use Expected::{Fails, Passes, Varies};
        let reason = self.reason;
        let as_expected = match (outcome, self.expected) {
            (Outcome::NotVerified | Outcome::NotRun, _) => return (outcome, detail),
            (Outcome::Supported, Passes | Varies(_)) => true,
            (Outcome::Failed, Fails(about)) => detail.contains(about),
            (Outcome::Failed, Varies(abouts)) => abouts.iter().any(|one| detail.contains(one)),
            _ => false,
        };
        if as_expected {
            let detail = format!("{reason} (here it was {outcome})");
            return (Outcome::NotVerified, detail);
        }
        let what = match (outcome, self.expected) {
            (Outcome::Failed, Fails(about)) => {
                format!("its waiver excuses only a failure that says {about:?}")
            }
            (Outcome::Failed, Varies(abouts)) => {
                format!("its waiver excuses only failures that say one of {abouts:?}")
            }
            (_, Fails(_)) => "its waiver is out of date, which says that it fails".to_owned(),
            (_, Passes) => "it must pass, whatever else its waiver says".to_owned(),
            (_, Varies(_)) => {
                "its waiver is out of date, which says that it fails now and then".to_owned()
            }
        };
        let ended = match (outcome, detail.as_str()) {
            (Outcome::Supported, _) => String::new(),
            (_, "") => format!(": {outcome}"),
            (_, detail) => format!(": {outcome}: {detail}"),
        };
        (Outcome::Failed, format!("{what} ({reason}){ended}"))
    }
}

const fn named(about: &'static str) -> &'static str {
    assert!(!about.is_empty(), "a waiver names the failure it excuses");
    about
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_holds_only_while_the_case_ends_as_it_says() {
        use Outcome::{Failed, NotRun, NotVerified, RefusedAsDeclared, Supported};
        let fails = Waiver::fails("G-1", "the path", "a");
        let passes = Waiver::passes("G-1", "a");
        let varies = Waiver::varies("G-1", &["the path"], "a");
        let table = [
            (fails, Failed, "the path is /b", NotVerified),
            (fails, Failed, "the query is b", Failed),
            (fails, Failed, "", Failed),
            (fails, Supported, "", Failed),
            (fails, RefusedAsDeclared, "needs the path", Failed),
            (passes, Supported, "", NotVerified),
            (passes, Failed, "the path is /b", Failed),
            (passes, RefusedAsDeclared, "", Failed),
            (varies, Supported, "", NotVerified),
            (varies, Failed, "the path is /b", NotVerified),
            (varies, Failed, "the query is b", Failed),
            (varies, RefusedAsDeclared, "", Failed),
            (fails, NotRun, "", NotRun),
            (passes, NotVerified, "", NotVerified),
        ];
        for (waiver, ended, said, reported) in table {
            let (outcome, _) = waiver.judge(ended, said.to_owned());
            assert_eq!(outcome, reported, "{waiver:?} of {ended}: {said}");
        }
    }

    #[test]
    fn a_surprise_says_what_is_out_of_date_and_what_went_wrong() {
        let check = |waiver: Waiver, expected: &str| {
            let (_, detail) = waiver.judge(Outcome::Failed, "the path is /b".to_owned());
            assert_eq!(detail, expected);
        };
        let reason = "the router writes paths anew";
        check(
            Waiver::passes("G-1", reason),
            "it must pass, whatever else its waiver says (the router writes paths anew): failed: the path is /b",
        );
        check(
            Waiver::fails("G-1", "the query", reason),
            "its waiver excuses only a failure that says \"the query\" (the router writes paths anew): failed: the path is /b",
        );
    }
}
