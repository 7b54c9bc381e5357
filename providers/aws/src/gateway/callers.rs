//! What API Gateway says of a caller that one of its authorizers has checked, in a form that no client can write.

mod iam;

use isobar::authorization::Claims;
use serde_json::Value;

use super::FrontDoor;
use super::event::HttpEvent;

/// Who has checked a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checker {
    /// API Gateway itself, by a token of an issuer that it was told: a JWT authorizer of an HTTP API, or one of Cognito.
    ApiGateway,
    /// A function of the deployment's own.
    LambdaAuthorizer,
    /// AWS, by a signature: whoever may invoke the API or the URL.
    Iam,
}

/// What the door says of a caller: an extension of requests, until it is known whose word counts.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) by: Checker,
    pub(crate) claims: Claims,
}

impl Checker {
    pub(crate) const ALL: [Self; 3] = [Self::ApiGateway, Self::LambdaAuthorizer, Self::Iam];

    /// The name in `ISOBAR_AUTHORIZER`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ApiGateway => "api-gateway",
            Self::LambdaAuthorizer => "lambda-authorizer",
            Self::Iam => "iam",
        }
    }
}

/// The caller as claims; nothing where the door has not checked any.
///
/// | authorizer | in `requestContext.authorizer` |
/// |---|---|
/// | JWT of an HTTP API | `jwt.claims`, with numbers and lists as texts, and `jwt.scopes`; in payload format 1.0 `claims` |
/// | Cognito of a REST API | `claims` |
/// | Lambda, HTTP API | `lambda` |
/// | Lambda, REST API or payload format 1.0 | members of its own, `principalId` among them |
/// | IAM, also of function URLs | `iam`, with `userArn` and, for users of an identity pool, `cognitoIdentity` |
///
/// IAM of a REST API or of payload format 1.0 tells them in `requestContext.identity` instead.
///
/// - <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
/// - <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>
/// - <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>
pub(super) fn checked(door: FrontDoor, event: &HttpEvent<'_>) -> Option<Checked> {
    let context = event.request_context.as_ref()?;
    if let Some(checked) = iam::of_identity(door, context) {
        return Some(checked);
    }
    let Ok(Value::Object(mut told)) = serde_json::from_str(context.authorizer?.get()) else {
        return None;
    };
    if let Some(told @ Value::Object(_)) = told.remove("iam") {
        return iam::of_authorizer(door, &told);
    }
    // Function URLs have no other authorizer, and load balancers tell of theirs elsewhere.
    let is_api = matches!(
        door,
        FrontDoor::HttpApi | FrontDoor::HttpApiV1 | FrontDoor::RestApi
    );
    if !is_api {
        return None;
    }
    if let Some(Value::Object(mut jwt)) = told.remove("jwt") {
        return object(jwt.remove("claims"))
            .map(with_lists)
            .and_then(of_token);
    }
    if let Some(claims) = object(told.remove("claims")) {
        return of_token(claims);
    }
    let mut own = object(told.remove("lambda")).unwrap_or(told);
    let subject = own.get("principalId").cloned();
    if let (None, Some(subject)) = (own.get("sub"), subject) {
        own.insert("sub".to_owned(), subject);
    }
    Some(Checked {
        by: Checker::LambdaAuthorizer,
        claims: own,
    })
}

/// The claims of a token that API Gateway has checked, which has an issuer and an audience then: without them it is somebody
/// else's word.
fn of_token(claims: Claims) -> Option<Checked> {
    let has = |name| claims.contains_key(name);
    let is_token = has("iss") && (has("aud") || has("client_id"));
    is_token.then_some(Checked {
        by: Checker::ApiGateway,
        claims,
    })
}

/// An HTTP API tells a list as a text, `[one two]`. Neither audiences nor scopes begin with a bracket otherwise.
fn with_lists(mut claims: Claims) -> Claims {
    for name in ["aud", "scope", "scp"] {
        if let Some(value) = claims.get_mut(name)
            && let Some(list) = value
                .as_str()
                .and_then(|text| text.strip_prefix('['))
                .and_then(|text| text.strip_suffix(']'))
        {
            *value = list.split_ascii_whitespace().map(Value::from).collect();
        }
    }
    claims
}

fn object(value: Option<Value>) -> Option<Claims> {
    match value? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::event::parse;
    use super::*;

    fn read(door: FrontDoor, authorizer: &Value) -> Option<(Checker, Value)> {
        let event = json!({"requestContext": {"authorizer": authorizer}}).to_string();
        let checked = checked(door, &parse(event.as_bytes()).unwrap())?;
        Some((checked.by, Value::Object(checked.claims)))
    }

    #[track_caller]
    fn check(authorizer: &Value, expected: Option<(Checker, &Value)>) {
        let read = read(FrontDoor::HttpApi, authorizer);
        let read = read.as_ref().map(|(by, claims)| (*by, claims));
        assert_eq!(read, expected);
    }

    #[test]
    fn a_token_that_api_gateway_has_checked_is_its_own_word() {
        let by = Checker::ApiGateway;
        let claims = json!({"iss": "i", "client_id": "c", "sub": "ann", "exp": "1700000000"});
        check(
            &json!({"jwt": {"claims": claims, "scopes": ["read"]}}),
            Some((by, &claims)),
        );
        check(&json!({"claims": claims}), Some((by, &claims)));
        check(
            &json!({"jwt": {"claims": {"iss": "i", "aud": "[notes other]"}}}),
            Some((by, &json!({"iss": "i", "aud": ["notes", "other"]}))),
        );
        check(
            &json!({"jwt": {"claims": {"iss": "i", "aud": "n", "scp": "[read list]", "scope": "[]", "team": "[a b]"}}}),
            Some((
                by,
                &json!({"iss": "i", "aud": "n", "scp": ["read", "list"], "scope": [], "team": "[a b]"}),
            )),
        );
        for unissued in [
            json!({"jwt": {"claims": {"aud": "n", "sub": "ann"}}}),
            json!({"jwt": {"claims": {"iss": "i", "sub": "ann"}}}),
            json!({"claims": {"sub": "ann"}}),
        ] {
            check(&unissued, None);
        }
    }

    #[test]
    fn other_authorizers_are_told_from_it() {
        let by = Checker::LambdaAuthorizer;
        check(
            &json!({"lambda": {"sub": "ann"}}),
            Some((by, &json!({"sub": "ann"}))),
        );
        check(
            &json!({"principalId": "ann", "team": "blue"}),
            Some((
                by,
                &json!({"principalId": "ann", "team": "blue", "sub": "ann"}),
            )),
        );
        let iam = json!({"iam": {"userArn": "arn:aws:iam::1:user/ann", "userId": "A"}});
        let arn = json!({"sub": "arn:aws:iam::1:user/ann"});
        check(&iam, Some((Checker::Iam, &arn)));
        assert_eq!(
            read(FrontDoor::FunctionUrl, &iam),
            Some((Checker::Iam, arn))
        );
        assert_eq!(read(FrontDoor::LoadBalancer, &iam), None);
        for none in [
            json!(null),
            json!("ann"),
            json!([]),
            json!({"jwt": {}}),
            json!({"jwt": {"claims": 1}}),
        ] {
            check(&none, None);
        }
    }

    const POOL: &str = "arn:aws:sts::1:assumed-role/pool/CognitoIdentityCredentials";

    #[test]
    fn users_of_an_identity_pool_are_told_from_one_another() {
        for id in ["eu-west-1:ann", "eu-west-1:bob"] {
            let pooled = json!({"iam": {"userArn": POOL, "cognitoIdentity": {"identityId": id}}});
            let subject = json!({"sub": id});
            check(&pooled, Some((Checker::Iam, &subject)));
        }
        let alike = json!({"iam": {"userArn": POOL, "cognitoIdentity": null}});
        check(&alike, None);
        assert_eq!(read(FrontDoor::FunctionUrl, &alike), None);
    }

    #[test]
    fn iam_of_a_rest_api_tells_the_caller_in_another_place() {
        let told = |door, identity: Value, authorizer: Value| {
            let context = json!({"identity": identity, "authorizer": authorizer});
            let event = json!({"requestContext": context}).to_string();
            let checked = checked(door, &parse(event.as_bytes()).unwrap())?;
            Some((
                checked.by,
                checked.claims["sub"].as_str().map(str::to_owned),
            ))
        };
        let pooled = json!({"userArn": POOL, "cognitoIdentityId": "eu-west-1:ann"});
        let role =
            json!({"userArn": "arn:aws:sts::1:assumed-role/notes/ann", "cognitoIdentityId": null});
        let nobody = json!({"userArn": null, "cognitoIdentityId": null, "sourceIp": "192.0.2.1"});
        let ann = Some("eu-west-1:ann".to_owned());
        let notes = Some("arn:aws:sts::1:assumed-role/notes".to_owned());
        let none = || json!({"claims": null, "scopes": null});
        for door in [FrontDoor::RestApi, FrontDoor::HttpApiV1] {
            let by_pool = told(door, pooled.clone(), Value::Null);
            assert_eq!(by_pool, Some((Checker::Iam, ann.clone())));
            let by_role = told(door, role.clone(), none());
            assert_eq!(by_role, Some((Checker::Iam, notes.clone())));
            assert_eq!(told(door, nobody.clone(), Value::Null), None);
            let other = told(door, nobody.clone(), json!({"principalId": "ann"}));
            assert_eq!(
                other,
                Some((Checker::LambdaAuthorizer, Some("ann".to_owned())))
            );
        }
        for door in [
            FrontDoor::HttpApi,
            FrontDoor::FunctionUrl,
            FrontDoor::LoadBalancer,
        ] {
            assert_eq!(told(door, pooled.clone(), Value::Null), None);
        }
    }

    #[test]
    fn a_door_without_authorizers_of_api_gateway_tells_none() {
        let token = json!({"jwt": {"claims": {"iss": "i", "aud": "n", "sub": "ann"}}});
        for door in [FrontDoor::FunctionUrl, FrontDoor::LoadBalancer] {
            assert_eq!(read(door, &token), None);
            assert_eq!(read(door, &json!({"lambda": {"sub": "ann"}})), None);
        }
    }
}
