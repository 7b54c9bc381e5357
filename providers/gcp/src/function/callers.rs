//! What Google's front doors say of the callers that they have checked.

use isobar::authorization::Claims;
use isobar_serve::{FrontDoorClaims, base64_claims};

/// API Gateway, and Cloud Run itself where only those with a role of IAM may call the service.
///
/// - API Gateway puts the claims of the token that it has checked into a field of its own, and the token of its service
///   account into `Authorization`. The service must let in nobody but that account:
///   <https://cloud.google.com/api-gateway/docs/authenticating-users-jwt>
/// - Cloud Run passes the caller's token on with its signature taken away. Where a request has
///   `X-Serverless-Authorization` that is the one token which it has checked; `Authorization` is what the client wants then:
///   <https://cloud.google.com/run/docs/authenticating/service-to-service>
///
/// Both need a service that is not public. Cloud Run then takes the signatures of senders of events away, too.
pub(super) const FRONT_DOORS: &[FrontDoorClaims] = &[
    FrontDoorClaims {
        name: "api-gateway",
        fields: &["x-apigateway-api-userinfo"],
        read: base64_claims,
        reserved: &["x-apigateway-api-userinfo"],
        removes_signatures: true,
    },
    FrontDoorClaims {
        name: "iam",
        fields: &["x-serverless-authorization", "authorization"],
        read: without_signature,
        reserved: &[],
        removes_signatures: true,
    },
];

/// The claims of a token of which Cloud Run has checked the signature and taken it away; whoever brings a signature has not
/// come through there.
fn without_signature(text: &str) -> Option<Claims> {
    let (scheme, token) = text.split_once(' ')?;
    let (before, signature) = token.rsplit_once('.')?;
    let (_, payload) = before.split_once('.')?;
    let is_removed = signature == "SIGNATURE_REMOVED_BY_GOOGLE";
    let fits = scheme.eq_ignore_ascii_case("bearer") && is_removed;
    fits.then(|| base64_claims(payload)).flatten()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    /// `{"sub":"10"}`, and `{"sub":"me"}`
    const FORGED: &str = "Bearer e30.eyJzdWIiOiIxMCJ9.SIGNATURE_REMOVED_BY_GOOGLE";
    const OWN: &str = "Bearer e30.eyJzdWIiOiJtZSJ9.SIGNATURE_REMOVED_BY_GOOGLE";

    #[test]
    fn beside_the_token_that_cloud_run_has_checked_no_other_counts() {
        let iam = FRONT_DOORS.iter().find(|door| door.name == "iam").unwrap();
        for (checked, expected) in [(OWN, Some("me")), ("Bearer e30.e30.c2ln", None), ("", None)] {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", FORGED.parse().unwrap());
            headers.insert("x-serverless-authorization", checked.parse().unwrap());
            let claims = iam.of(&headers);
            let subject = claims
                .as_ref()
                .map(|claims| claims["sub"].as_str().unwrap());
            assert_eq!(subject, expected, "{checked}");
        }
    }

    #[test]
    fn only_a_token_whose_signature_was_taken_away_counts() {
        let claims = without_signature("Bearer e30.eyJzdWIiOiIxMCJ9.SIGNATURE_REMOVED_BY_GOOGLE");
        assert_eq!(claims.unwrap()["sub"], "10");
        for text in [
            "Bearer e30.eyJzdWIiOiIxMCJ9.c2lnbmVk",
            "Basic e30.eyJzdWIiOiIxMCJ9.SIGNATURE_REMOVED_BY_GOOGLE",
            "Bearer e30.SIGNATURE_REMOVED_BY_GOOGLE",
            "Bearer",
            "",
        ] {
            assert_eq!(without_signature(text), None, "{text}");
        }
    }
}
