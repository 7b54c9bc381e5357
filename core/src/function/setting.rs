//! Settings and secrets, declared by name and read once at start.

use std::fmt;

use serde::Serialize;

/// Declares a setting; without a default it must be there when the application starts, unless it
/// is optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SettingSpec {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    optional: bool,
}

impl SettingSpec {
    /// A setting that must be given; on every platform it is the environment variable `name`.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            default: None,
            optional: false,
        }
    }

    /// The value where none is given.
    #[must_use]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    /// The application starts without a value, and reads the setting with
    /// [`Environment::optional_setting`](crate::Environment::optional_setting).
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn is_optional(&self) -> bool {
        self.optional
    }

    pub(crate) const fn default_value(&self) -> Option<&'static str> {
        self.default
    }
}

/// Declares a secret, which must be there when the application starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SecretSpec {
    name: &'static str,
}

impl SecretSpec {
    /// A secret; on every platform it is the environment variable `name`.
    pub const fn new(name: &'static str) -> Self {
        Self { name }
    }

    /// The name.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// A secret's value, which no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(value: String) -> Self {
        Self(value)
    }

    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
