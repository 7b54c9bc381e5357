//! The states of a route on its way from one application to the other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the two applications behind the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The application that is being left.
    Legacy,
    /// The application that takes over.
    Ported,
}

/// Where a route stands. As text: `legacy`, `shadow`, `canary 10%`, `ported`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RouteState {
    /// The legacy application answers.
    #[default]
    Legacy,
    /// The legacy application answers; the ported one gets a copy, and the answers are compared.
    Shadow,
    /// The ported application answers a share of the clients.
    Canary(Percent),
    /// The ported application answers.
    Ported,
}

/// A share of clients, from 1 to 99 percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Percent(u8);

/// A text that names no state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownState(String);

impl Side {
    /// The name in messages and in the `failed` field of refusals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Ported => "ported",
        }
    }
}

impl Percent {
    /// A share from 1 to 99; none and all are other states.
    pub fn new(percent: u8) -> Option<Self> {
        (1..=99).contains(&percent).then_some(Self(percent))
    }

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl RouteState {
    /// The side that answers all clients; `None` where clients are divided.
    pub fn answering(self) -> Option<Side> {
        match self {
            Self::Legacy | Self::Shadow => Some(Side::Legacy),
            Self::Canary(_) => None,
            Self::Ported => Some(Side::Ported),
        }
    }

    /// Whether requests reach the ported application.
    pub fn needs_ported(self) -> bool {
        self != Self::Legacy
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for RouteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Legacy => f.write_str("legacy"),
            Self::Shadow => f.write_str("shadow"),
            Self::Canary(percent) => write!(f, "canary {}%", percent.0),
            Self::Ported => f.write_str("ported"),
        }
    }
}

impl FromStr for RouteState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let unknown = || UnknownState(text.to_owned());
        match text {
            "legacy" => Ok(Self::Legacy),
            "shadow" => Ok(Self::Shadow),
            "ported" => Ok(Self::Ported),
            _ => {
                let number = text
                    .strip_prefix("canary ")
                    .and_then(|rest| rest.strip_suffix('%'));
                let percent = number
                    .ok_or_else(unknown)?
                    .trim()
                    .parse()
                    .map_err(|_| unknown())?;
                Percent::new(percent).map(Self::Canary).ok_or_else(unknown)
            }
        }
    }
}

impl TryFrom<String> for RouteState {
    type Error = UnknownState;

    fn try_from(text: String) -> Result<Self, UnknownState> {
        text.parse()
    }
}

impl From<RouteState> for String {
    fn from(state: RouteState) -> Self {
        state.to_string()
    }
}

impl fmt::Display for UnknownState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no state is called {:?}; write legacy, shadow, ported, or canary with 1% to 99%, for example \"canary 10%\"",
            self.0
        )
    }
}

impl std::error::Error for UnknownState {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_reads_back_as_it_is_written() {
        for text in ["legacy", "shadow", "canary 1%", "canary 99%", "ported"] {
            assert_eq!(text.parse::<RouteState>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_four_names() {
        for text in [
            "",
            "Legacy",
            "canary",
            "canary 0%",
            "canary 100%",
            "canary ten%",
            "canary 300%",
        ] {
            let error = text.parse::<RouteState>().unwrap_err().to_string();
            assert!(
                error.contains("legacy, shadow, ported, or canary"),
                "{error}"
            );
        }
    }
}
