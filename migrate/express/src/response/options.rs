//! The automatic answer to `OPTIONS`.

use super::Response;
use crate::profile::Profile;
use crate::value::Thrown;

/// Answers with the methods that the routes of one router allow.
pub(crate) fn automatic_options(
    profile: Profile,
    res: &Response,
    mut allowed: Vec<String>,
) -> Result<(), Thrown> {
    match profile {
        Profile::V4 => {
            let allow = allowed.join(",");
            res.set("Allow", allow.clone())?;
            res.send(allow)?;
        }
        Profile::V5 => {
            allowed.sort();
            let allow = allowed.join(", ");
            res.set_header("Allow", allow.clone())?;
            res.set_header(
                "Content-Length",
                u32::try_from(allow.len()).unwrap_or(u32::MAX),
            )?;
            res.set_header("Content-Type", "text/plain")?;
            res.set_header("X-Content-Type-Options", "nosniff")?;
            res.end(allow)?;
        }
    }
    Ok(())
}
