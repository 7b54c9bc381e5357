//! What the variables of the process say of its invocations.

use std::time::{Duration, SystemTime};

use isobar::Result;
use isobar::driver::{AUTHORIZER_VARIABLE, front_door};
use isobar_serve::event::Accounts;
use isobar_serve::{DeadlineRule, Unit, Variables, told_time, trusted_hops};

use super::mode::InvokeMode;
use super::{accounts, extension};
use crate::gateway::{Checker, FrontDoor};

/// The variable that says how long API Gateway waits for the function, where its integration was given another time than the
/// usual one: a number of seconds, or a duration as Go writes it.
///
/// A REST API may be given more than 29 s by a quota, an HTTP API never more than 30 s; both may be given less ("Quotas for
/// configuring and running a REST API in API Gateway", "Quotas for configuring and running an HTTP API in API Gateway").
pub const API_GATEWAY_TIMEOUT: &str = "ISOBAR_API_GATEWAY_TIMEOUT";

/// The names in `ISOBAR_AUTHORIZER` of those whose word of a caller may count: API Gateway itself, which has checked a token,
/// a Lambda authorizer of the deployment's own, or IAM.
pub const FRONT_DOORS: [&str; Checker::ALL.len()] = {
    let [first, second, third] = Checker::ALL;
    [first.name(), second.name(), third.name()]
};

/// The field of an invocation that says when Lambda ends it, in milliseconds since 1970.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next>
pub(super) const DEADLINE: DeadlineRule = DeadlineRule {
    variable: None,
    fixed: None,
    header: Some(("lambda-runtime-deadline-ms", Unit::Instant)),
};

/// What they say.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) mode: InvokeMode,
    pub(super) accounts: Accounts,
    /// The time that every invocation has.
    pub(super) limit: Option<Duration>,
    /// How long API Gateway waits, where that is not as usual.
    api_gateway: Option<Duration>,
    /// How many proxies are trusted to append to `X-Forwarded-For`; unless it is told, the door's word of the client's address
    /// counts.
    pub(super) trusted_hops: Option<usize>,
    /// Whose word of a caller counts, where the application does not check callers itself.
    pub(super) checker: Option<Checker>,
    /// Whether Lambda is asked for SIGTERM, where that is said.
    pub(super) sigterm: Option<bool>,
}

impl Settings {
    /// `InvalidArgument` where a variable is wrong, naming it.
    pub(super) fn from_variables(variables: &Variables<'_>) -> Result<Self> {
        let named = variables(AUTHORIZER_VARIABLE);
        let named = front_door(named.as_deref(), &FRONT_DOORS)?;
        let mut checkers = Checker::ALL.into_iter();
        Ok(Self {
            mode: InvokeMode::from_variables(variables)?,
            accounts: accounts::named(variables)?,
            limit: DEADLINE.limit(variables)?,
            api_gateway: integration_time(variables)?,
            trusted_hops: trusted_hops(variables)?,
            checker: checkers.find(|checker| named == Some(checker.name())),
            sigterm: extension::wanted(variables)?,
        })
    }

    /// When a request that has just arrived through a door must have been answered: before its invocation ends, and before the
    /// door gives up.
    pub(super) fn deadline(
        &self,
        door: FrontDoor,
        invocation: Option<SystemTime>,
    ) -> Option<SystemTime> {
        let own = SystemTime::now().checked_add(door.time(self.api_gateway));
        match (own, invocation) {
            (Some(own), Some(invocation)) => Some(own.min(invocation)),
            (one, other) => one.or(other),
        }
    }
}

/// How long a request through this door has: as long as the door waits, and no longer than `ISOBAR_TIMEOUT` says;
/// `InvalidArgument` where a variable is wrong, naming it.
pub fn request_time(door: FrontDoor, variables: &Variables<'_>) -> Result<Duration> {
    let own = door.time(integration_time(variables)?);
    Ok(DEADLINE
        .limit(variables)?
        .map_or(own, |limit| limit.min(own)))
}

fn integration_time(variables: &Variables<'_>) -> Result<Option<Duration>> {
    let told = told_time(variables, (API_GATEWAY_TIMEOUT, Unit::GoDuration))?;
    Ok(told.filter(|time| !time.is_zero()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds that a request has through a door, where Lambda ends the invocation in five minutes.
    #[track_caller]
    fn check(door: FrontDoor, set: &[(&str, &str)], expected: u64) {
        let set: Vec<(String, String)> = set
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let settings = Settings::from_variables(&move |name| {
            let found = set.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| value.clone())
        });
        let invocation = SystemTime::now() + Duration::from_mins(5);
        let deadline = settings.unwrap().deadline(door, Some(invocation)).unwrap();
        let left = deadline.duration_since(SystemTime::now()).unwrap();
        let left = Duration::from_secs_f64(left.as_secs_f64().round());
        assert_eq!(left, Duration::from_secs(expected), "{door:?}");
    }

    #[test]
    fn a_request_has_the_time_that_its_door_waits() {
        check(FrontDoor::RestApi, &[], 29);
        check(FrontDoor::HttpApi, &[], 30);
        check(FrontDoor::HttpApiV1, &[], 30);
        check(FrontDoor::FunctionUrl, &[], 300);
        check(FrontDoor::LoadBalancer, &[], 300);
    }

    #[test]
    fn the_integration_may_have_another_time() {
        let longer = [(API_GATEWAY_TIMEOUT, "1m30s")];
        check(FrontDoor::RestApi, &longer, 90);
        check(FrontDoor::HttpApi, &longer, 30);
        check(FrontDoor::FunctionUrl, &longer, 300);
        check(FrontDoor::RestApi, &[(API_GATEWAY_TIMEOUT, "600")], 300);
        check(FrontDoor::HttpApiV1, &[(API_GATEWAY_TIMEOUT, "10")], 10);
        let error = Settings::from_variables(&|name| {
            (name == API_GATEWAY_TIMEOUT).then(|| "soon".to_owned())
        });
        let error = error.unwrap_err().to_string();
        assert!(error.contains(API_GATEWAY_TIMEOUT), "{error}");
    }

    #[test]
    fn the_mode_and_the_accounts_are_those_of_the_variables() {
        let told = |name: &str| match name {
            "ISOBAR_LAMBDA_INVOKE_MODE" => Some("RESPONSE_STREAM".to_owned()),
            "ISOBAR_EVENT_ACCOUNTS" => Some("999999999999".to_owned()),
            _ => None,
        };
        let settings = Settings::from_variables(&told).unwrap();
        assert_eq!(settings.mode, InvokeMode::ResponseStream);
        settings.accounts.admit("999999999999", "notes").unwrap();
        settings
            .accounts
            .admit("111111111111", "notes")
            .unwrap_err();
        let wrong = |name: &str| (name == "ISOBAR_EVENT_ACCOUNTS").then(|| "1".to_owned());
        Settings::from_variables(&wrong).unwrap_err();
    }

    #[test]
    fn whoever_checks_callers_is_named() {
        let named = |name: &'static str| {
            let settings = Settings::from_variables(&|variable| {
                (variable == AUTHORIZER_VARIABLE).then(|| name.to_owned())
            });
            settings.map(|settings| settings.checker)
        };
        assert_eq!(named("application").unwrap(), None);
        assert_eq!(named("api-gateway").unwrap(), Some(Checker::ApiGateway));
        assert_eq!(named("iam").unwrap(), Some(Checker::Iam));
        let error = named("gateway").unwrap_err().to_string();
        assert!(error.contains("lambda-authorizer"), "{error}");
    }
}
