//! The declared authorizers with their values, and who checks tokens for them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};

use super::claims::{CheckedClaims, Claims, Expected};
use super::principal::Principal;
use super::refusal::Refusal;
use super::spec::{AuthorizerSpec, Given, Requirement};
use crate::driver::token::{TokenDriver, TokenIssuer};
use crate::driver::{Clock, within};
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Request, Route};

/// More than any token that a header field of a front end holds.
const MOST_BYTES: usize = 16 * 1024;
/// How long a caller waits for the keys of an issuer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who checks callers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checks {
    /// What checks tokens, with the keys of their issuers.
    pub(crate) tokens: Option<Arc<dyn TokenDriver>>,
    /// The front door checks callers in place of the application, and tells it.
    pub(crate) by_front_door: bool,
}

/// The authorizers of an application that runs.
#[derive(Debug)]
pub(crate) struct Authority {
    bound: Vec<Bound>,
    checks: Checks,
}

#[derive(Debug)]
struct Bound {
    name: &'static str,
    issuer: TokenIssuer,
    audience: String,
}

/// What a request brings to be let in.
#[derive(Clone, PartialEq)]
pub(super) struct Credentials {
    token: Option<Result<String, &'static str>>,
    checked: Option<Claims>,
}

impl Authority {
    /// Binds what is declared; `InvalidArgument` where a value is missing or unfit, or a route asks for an authorizer
    /// that is not declared.
    pub(crate) fn bind(
        declared: &[AuthorizerSpec],
        routes: &[Route],
        environment: &Environment,
    ) -> Result<Self> {
        let bound: Result<Vec<Bound>> = declared
            .iter()
            .map(|spec| Bound::bind(spec, environment))
            .collect();
        let (bound, checks) = (bound?, environment.checks());
        check_names(&bound)?;
        let asked = routes.iter().flat_map(|route| &route.requires);
        let mut undeclared =
            asked.filter(|asked| bound.iter().all(|own| own.name != asked.authorizer));
        if let Some(Requirement { authorizer, .. }) = undeclared.next() {
            return Err(Error::invalid(format!(
                "a route requires the authorizer {authorizer:?}, which is not declared: add it to the application with \
                 .authorizer(..)"
            )));
        }
        if !bound.is_empty() && !checks.by_front_door && checks.tokens.is_none() {
            let message = "the application has an authorizer, and this build nothing that checks tokens: enable the \
                           feature \"oidc\" of isobar-connect";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        Ok(Self { bound, checks })
    }

    /// Whether no authorizer is declared.
    pub(crate) fn is_empty(&self) -> bool {
        self.bound.is_empty()
    }

    /// The caller with these credentials, whatever it may do.
    pub(super) async fn identify(
        &self,
        authorizer: &str,
        credentials: &Credentials,
        clock: &dyn Clock,
    ) -> Result<Principal, Refusal> {
        let bound = self.bound.iter().find(|own| own.name == authorizer);
        let Some(bound) = bound else {
            let message = "the route's authorizer is not that of this application";
            return Err(Refusal::Unknown(Error::new(ErrorKind::Internal, message)));
        };
        let claims = if self.checks.by_front_door {
            self.told(bound, credentials)?
        } else {
            let token = credentials.token.as_ref().ok_or(Refusal::Missing)?;
            let token = token.as_ref().map_err(|why| Refusal::Invalid(why))?;
            self.signed(&bound.issuer, &bound.audience, token, clock)
                .await?
        };
        let principal = Principal::of(bound.name, claims);
        principal.ok_or(Refusal::Invalid("the token names nobody"))
    }

    /// Whether tokens can be checked at all.
    pub(crate) fn can_check(&self) -> bool {
        self.checks.tokens.is_some()
    }

    /// The claims of a token that its issuer has signed for this audience and this time.
    pub(super) async fn signed(
        &self,
        issuer: &TokenIssuer,
        audience: &str,
        token: &str,
        clock: &dyn Clock,
    ) -> Result<Claims, Refusal> {
        let Some(driver) = &self.checks.tokens else {
            let error = Error::new(ErrorKind::Unsupported, "nothing here checks tokens");
            return Err(Refusal::Unknown(error));
        };
        let claims = within(clock, PATIENCE, driver.claims(issuer, token)).await;
        let claims = claims.map_err(|error| match error.kind() {
            ErrorKind::Unauthenticated => Refusal::Invalid("the token is not one of its issuer"),
            _ => Refusal::Unknown(error),
        })?;
        let issuer = issuer.url();
        let expected = Expected { issuer, audience };
        expected
            .check(&claims, clock.now())
            .map_err(Refusal::Invalid)?;
        Ok(claims)
    }

    /// What the front door says; of issuer and audience it may say nothing, but nothing else either.
    fn told(&self, bound: &Bound, credentials: &Credentials) -> Result<Claims, Refusal> {
        let claims = credentials.checked.clone().ok_or(Refusal::Missing)?;
        let expected = bound.expected();
        if claims.contains_key("iss") || self.bound.len() > 1 {
            expected.check_issuer(&claims).map_err(Refusal::Invalid)?;
        }
        if claims.contains_key("aud") || claims.contains_key("client_id") {
            expected.check_audience(&claims).map_err(Refusal::Invalid)?;
        }
        Ok(claims)
    }
}

impl Credentials {
    pub(super) fn of(request: &Request) -> Self {
        let checked = request.extensions().get::<CheckedClaims>();
        Self {
            token: bearer(request.headers()),
            checked: checked.map(|CheckedClaims(claims)| claims.clone()),
        }
    }
}

/// The token of `Authorization: Bearer`; nothing where there is none, or another scheme.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Result<String, &'static str>> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let field = fields.next()?;
    if fields.next().is_some() {
        return Some(Err("there is more than one `Authorization`"));
    }
    let Ok(text) = field.to_str() else {
        return Some(Err("the token has characters that no token has"));
    };
    let (scheme, token) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let token = token.trim_matches(' ');
    if token.len() > MOST_BYTES {
        return Some(Err("the token is too long"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.is_empty() || !token.bytes().all(plain) {
        return Some(Err("the token has characters that no token has"));
    }
    Some(Ok(token.to_owned()))
}

impl Bound {
    fn bind(spec: &AuthorizerSpec, environment: &Environment) -> Result<Self> {
        let name = spec.name();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(Error::invalid(format!(
                "the authorizer {name:?} needs a name of letters, digits, `-` and `_`"
            )));
        }
        let value = |given| match given {
            Given::Value(value) => Ok(value.to_owned()),
            Given::Setting(setting) => environment.setting(&setting),
        };
        let (issuer, audience, keys) = spec.parts();
        let audience = audience.map(value).transpose()?.unwrap_or_default();
        if audience.is_empty() {
            return Err(Error::invalid(format!(
                "the authorizer {name:?} has no audience: a token for another service would do"
            )));
        }
        let (issuer, keys) = (value(issuer)?, keys.map(value).transpose()?);
        for url in [Some(&issuer), keys.as_ref()].into_iter().flatten() {
            check_url(name, url)?;
        }
        Ok(Self {
            name,
            issuer: TokenIssuer::new(issuer, keys),
            audience,
        })
    }

    fn expected(&self) -> Expected<'_> {
        Expected {
            issuer: self.issuer.url(),
            audience: &self.audience,
        }
    }
}

fn check_names(bound: &[Bound]) -> Result<()> {
    let mut seen = HashSet::new();
    match bound.iter().find(|own| !seen.insert(own.name)) {
        None => Ok(()),
        Some(Bound { name, .. }) => Err(Error::invalid(format!(
            "the application has a second authorizer {name:?}: give one of the two another name"
        ))),
    }
}

fn check_url(name: &str, url: &str) -> Result<()> {
    let parsed: Option<Uri> = url.parse().ok();
    if parsed.is_some_and(|uri| TokenIssuer::is_safe(&uri)) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the authorizer {name:?} has the URL {url:?}, which must be https: or http: to this machine, so that nobody \
         between can change keys"
    )))
}
