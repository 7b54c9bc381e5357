//! Who checks the callers of an application: itself, or the front door of its platform.

use crate::error::{Error, Result};

/// Who checks callers: the application where it is not set, else the front door with this name.
pub const AUTHORIZER_VARIABLE: &str = "ISOBAR_AUTHORIZER";
const APPLICATION: &str = "application";

/// The front door that [`AUTHORIZER_VARIABLE`] names, of those that the platform has; nothing where the application
/// checks callers itself, and `InvalidArgument` where it names another.
pub fn front_door(told: Option<&str>, known: &[&'static str]) -> Result<Option<&'static str>> {
    let Some(name) = told.filter(|name| !name.is_empty() && *name != APPLICATION) else {
        return Ok(None);
    };
    if let Some(found) = known.iter().find(|known| **known == name) {
        return Ok(Some(found));
    }
    let known: Vec<&str> = [APPLICATION]
        .into_iter()
        .chain(known.iter().copied())
        .collect();
    let known = known.join(", ");
    Err(Error::invalid(format!(
        "{AUTHORIZER_VARIABLE} is {name:?}, it must be one of {known} on this platform"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_front_door_that_the_platform_does_not_have_is_an_error() {
        for own in [None, Some(""), Some("application")] {
            assert_eq!(front_door(own, &["gate"]).unwrap(), None, "{own:?}");
        }
        assert_eq!(front_door(Some("gate"), &["gate"]).unwrap(), Some("gate"));
        let error = front_door(Some("door"), &["gate"]).unwrap_err().to_string();
        assert!(
            error.contains("\"door\"") && error.contains("application, gate"),
            "{error}"
        );
    }
}
