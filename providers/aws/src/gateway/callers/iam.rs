//! Who a caller is that IAM has let in, by a name that the caller has not chosen.

use isobar::authorization::Claims;
use serde_json::Value;

use super::super::FrontDoor;
use super::super::event::RequestContext;
use super::{Checked, Checker};

/// The session that Cognito names for every user of an identity pool.
const COGNITO_SESSION: &str = "CognitoIdentityCredentials";

/// The caller of a REST API, or of an HTTP API by payload format 1.0: `identity`, of which IAM fills `userArn` and, for users of
/// an identity pool, `cognitoIdentityId`.
///
/// That an HTTP API fills them as a REST API does is not told by AWS, whose example of format 1.0 has both as `null`.
pub(super) fn of_identity(door: FrontDoor, context: &RequestContext<'_>) -> Option<Checked> {
    if !matches!(door, FrontDoor::RestApi | FrontDoor::HttpApiV1) {
        return None;
    }
    let identity = context.identity.as_ref()?;
    let arn = identity.user_arn.as_ref()?;
    let pooled = identity.cognito_identity_id.as_ref();
    checked(&arn.0, pooled.map(|id| &*id.0))
}

/// The caller of an HTTP API or of a function URL: `authorizer.iam`.
pub(super) fn of_authorizer(door: FrontDoor, told: &Value) -> Option<Checked> {
    if !matches!(door, FrontDoor::HttpApi | FrontDoor::FunctionUrl) {
        return None;
    }
    let pooled = told.pointer("/cognitoIdentity/identityId");
    checked(
        told.get("userArn")?.as_str()?,
        pooled.and_then(Value::as_str),
    )
}

fn checked(arn: &str, pooled: Option<&str>) -> Option<Checked> {
    let subject = match pooled {
        Some(id) if !id.is_empty() => id.to_owned(),
        _ => of_arn(arn)?,
    };
    Some(Checked {
        by: Checker::Iam,
        claims: Claims::from_iter([("sub".to_owned(), subject.into())]),
    })
}

/// A user or the root of an account by its ARN, an assumed role by its ARN without the session, whose name whoever assumes the
/// role has chosen.
///
/// Nobody else: a federated user is named by whoever asks for the credentials, and users of an identity pool have one ARN
/// together, by which a function URL tells them (`cognitoIdentity` is `null` there).
///
/// - <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
/// - <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
/// - <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>
fn of_arn(arn: &str) -> Option<String> {
    let (head, resource) = arn.rsplit_once(':')?;
    let service = head.strip_prefix("arn:")?.split(':').nth(1)?;
    match (service, resource.split_once('/')) {
        ("iam", None) if resource == "root" => Some(arn.to_owned()),
        ("iam", Some(("user", name))) if !name.is_empty() => Some(arn.to_owned()),
        ("sts", Some(("assumed-role", assumed))) => {
            let (role, session) = assumed.rsplit_once('/')?;
            let is_told = !role.is_empty() && session != COGNITO_SESSION;
            is_told.then(|| format!("{head}:assumed-role/{role}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(arn: &str, expected: Option<&str>) {
        assert_eq!(of_arn(arn).as_deref(), expected, "{arn}");
    }

    #[test]
    fn a_name_that_the_caller_has_chosen_is_not_part_of_the_subject() {
        let user = "arn:aws:iam::123456789012:user/team/ann";
        check(user, Some(user));
        let root = "arn:aws-cn:iam::123456789012:root";
        check(root, Some(root));
        let role = "arn:aws:sts::123456789012:assumed-role/notes";
        for session in ["ann", "bob", "arn", "a=b,c@d.e-f"] {
            check(&format!("{role}/{session}"), Some(role));
        }
    }

    #[test]
    fn whoever_has_no_name_of_their_own_is_nobody() {
        for other in [
            "arn:aws:sts::123456789012:federated-user/ann",
            "arn:aws:sts::123456789012:assumed-role/pool/CognitoIdentityCredentials",
            "arn:aws:sts::123456789012:assumed-role/notes",
            "arn:aws:sts::123456789012:assumed-role//ann",
            "arn:aws:iam::123456789012:user/",
            "arn:aws:s3:::user/ann",
            "ann",
            "",
        ] {
            check(other, None);
        }
    }
}
