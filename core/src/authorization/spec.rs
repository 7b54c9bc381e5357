//! An issuer of tokens, and what a route asks of one, declared as data.

use serde::Serialize;

use crate::function::SettingSpec;

/// Declares an issuer whose tokens let callers in: its URL and the audience that its tokens must be for.
///
/// The URL must be `https:`, or `http:` to this machine. Its keys are found by OpenID Connect Discovery unless
/// [`keys_at`](Self::keys_at) tells where they are. Tokens are JWTs signed with RS256, RS384, RS512, PS256, PS384,
/// PS512, ES256, ES384 or EdDSA; those with a shared secret and those without a signature are refused.
///
/// ```
/// use isobar::authorization::AuthorizerSpec;
/// use isobar::function::SettingSpec;
///
/// const LOGIN: AuthorizerSpec = AuthorizerSpec::new("login", "https://login.example").audience("notes");
///
/// /// Another issuer in each deployment.
/// const ISSUER: SettingSpec = SettingSpec::new("LOGIN_ISSUER");
/// const STAGED: AuthorizerSpec = AuthorizerSpec::from_setting("login", ISSUER).audience("notes");
/// # assert_eq!(LOGIN.name(), STAGED.name());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AuthorizerSpec {
    name: &'static str,
    issuer: Given,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<Given>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Given>,
}

/// A value that the code has, or a setting of the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Given {
    Value(&'static str),
    #[serde(serialize_with = "name")]
    Setting(SettingSpec),
}

fn name<S: serde::Serializer>(spec: &SettingSpec, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(spec.name())
}

impl AuthorizerSpec {
    /// The issuer with this URL, as the `iss` of its tokens has it to the byte.
    pub const fn new(name: &'static str, issuer: &'static str) -> Self {
        Self::given(name, Given::Value(issuer))
    }

    /// The issuer whose URL a setting tells, which is declared with it.
    pub const fn from_setting(name: &'static str, issuer: SettingSpec) -> Self {
        Self::given(name, Given::Setting(issuer))
    }

    const fn given(name: &'static str, issuer: Given) -> Self {
        Self {
            name,
            issuer,
            audience: None,
            keys: None,
        }
    }

    /// What tokens must be for: one of the values of `aud`, or `client_id` in a token that has no `aud`.
    ///
    /// An application whose issuer has no audience does not start: a token for another service would do.
    #[must_use]
    pub const fn audience(mut self, audience: &'static str) -> Self {
        self.audience = Some(Given::Value(audience));
        self
    }

    /// The same, told by a setting.
    #[must_use]
    pub const fn audience_from_setting(mut self, audience: SettingSpec) -> Self {
        self.audience = Some(Given::Setting(audience));
        self
    }

    /// Where the issuer's keys are (a JSON Web Key Set), where it has no document of discovery.
    #[must_use]
    pub const fn keys_at(mut self, url: &'static str) -> Self {
        self.keys = Some(Given::Value(url));
        self
    }

    /// The same, told by a setting.
    #[must_use]
    pub const fn keys_from_setting(mut self, url: SettingSpec) -> Self {
        self.keys = Some(Given::Setting(url));
        self
    }

    /// What a route asks for: a token of this issuer with all of these scopes.
    ///
    /// Scopes are those of `scope`, separated by spaces, and of `scp`, which Microsoft Entra has.
    pub const fn scopes(&self, scopes: &'static [&'static str]) -> Requirement {
        Requirement {
            authorizer: self.name,
            scopes,
        }
    }

    /// The name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) const fn parts(&self) -> (Given, Option<Given>, Option<Given>) {
        (self.issuer, self.audience, self.keys)
    }

    /// The settings that tell its values.
    pub(crate) fn settings(&self) -> impl Iterator<Item = SettingSpec> {
        let given = [Some(self.issuer), self.audience, self.keys];
        given.into_iter().flatten().filter_map(|given| match given {
            Given::Value(_) => None,
            Given::Setting(setting) => Some(setting),
        })
    }
}

/// What a route asks of its callers: a token of one declared issuer, with these scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Requirement {
    /// The name of the authorizer.
    pub authorizer: &'static str,
    /// All of these must be in the token.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub scopes: &'static [&'static str],
}

/// Any token of the issuer.
impl From<AuthorizerSpec> for Requirement {
    fn from(spec: AuthorizerSpec) -> Self {
        spec.scopes(&[])
    }
}
