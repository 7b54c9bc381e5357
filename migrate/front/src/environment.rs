//! The environment variables that this program reads.

use std::path::PathBuf;

use isobar_serve::{Variables, process_variable, trusted_hops};

/// Where the states of routes and their journal are kept; else in a new temporary folder.
pub(crate) const STATES: &str = "ISOBAR_GATEWAY_STATES";

/// What names the stores of the ported application.
pub(crate) const STORES: [&str; 3] = ["ISOBAR_DOCUMENTS", "ISOBAR_BLOBS", "ISOBAR_TOPICS"];

pub(crate) fn states() -> Option<PathBuf> {
    std::env::var_os(STATES).map(PathBuf::from)
}

pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

/// Whether a front door that is trusted tells the scheme of requests. Without one a client could.
pub(crate) fn scheme_is_told() -> isobar::Result<bool> {
    tells_scheme(&process_variable)
}

/// Lambda's front doors and Cloud Run's always write it; of other platforms `ISOBAR_TRUSTED_HOPS` says that there is a proxy.
fn tells_scheme(variables: &Variables<'_>) -> isobar::Result<bool> {
    if let Some(hops) = trusted_hops(variables)? {
        return Ok(hops > 0);
    }
    let is_set = |name| variables(name).is_some();
    let cloud_run = is_set("K_SERVICE") && !is_set("KUBERNETES_SERVICE_HOST");
    Ok(is_set("AWS_LAMBDA_RUNTIME_API") || cloud_run)
}

#[cfg(test)]
mod tests {
    use isobar_serve::TRUSTED_HOPS_VARIABLE as TRUSTED_HOPS;

    use super::*;

    #[test]
    fn the_scheme_is_that_of_a_trusted_door_alone() {
        for (variables, expected) in [
            (&[][..], false),
            (&[("AWS_LAMBDA_RUNTIME_API", "a:1")], true),
            (&[("K_SERVICE", "notes")], true),
            (
                &[
                    ("K_SERVICE", "notes"),
                    ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
                ],
                false,
            ),
            (&[("K_SERVICE", "notes"), (TRUSTED_HOPS, "0")], false),
            (&[("K_SERVICE", "notes"), (TRUSTED_HOPS, "")], true),
            (&[(TRUSTED_HOPS, "1")], true),
        ] {
            let get = |name: &str| {
                let mut found = variables.iter().filter(|(known, _)| *known == name);
                found.next().map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(tells_scheme(&get).unwrap(), expected, "{variables:?}");
        }
        assert!(tells_scheme(&|_| Some("one".to_owned())).is_err());
    }
}
