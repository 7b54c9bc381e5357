//! What API Gateway says of a caller that one of its authorizers has checked, in a form that no client can write.

use isobar::authorization::Claims;
use serde_json::Value;

use super::event::HttpEvent;

/// The caller as claims; nothing where the door has not checked any.
///
/// | authorizer | in `requestContext.authorizer` |
/// |---|---|
/// | JWT of an HTTP API | `jwt.claims`, with numbers and lists as texts, and `jwt.scopes` |
/// | Cognito of a REST API | `claims` |
/// | Lambda, HTTP API | `lambda` |
/// | Lambda, REST API or payload format 1.0 | members of its own, `principalId` among them |
/// | IAM | `iam`, with `userArn` |
///
/// - <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
/// - <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>
pub(super) fn claims(event: &HttpEvent<'_>) -> Option<Claims> {
    let told = event.request_context.as_ref()?.authorizer?;
    let Ok(Value::Object(mut told)) = serde_json::from_str(told.get()) else {
        return None;
    };
    if let Some(Value::Object(mut jwt)) = told.remove("jwt") {
        return object(jwt.remove("claims")).map(with_lists);
    }
    if let Some(claims) = object(told.remove("claims")) {
        return Some(claims);
    }
    if let Some(Value::Object(mut iam)) = told.remove("iam") {
        let arn = iam.remove("userArn")?;
        return Some(Claims::from_iter([("sub".to_owned(), arn)]));
    }
    let mut own = object(told.remove("lambda")).unwrap_or(told);
    let subject = own.get("principalId").cloned();
    if let (None, Some(subject)) = (own.get("sub"), subject) {
        own.insert("sub".to_owned(), subject);
    }
    Some(own)
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

    #[track_caller]
    fn check(authorizer: &Value, expected: Option<&Value>) {
        let event = json!({"requestContext": {"authorizer": authorizer}}).to_string();
        let claims = claims(&parse(event.as_bytes()).unwrap());
        assert_eq!(claims.map(Value::Object).as_ref(), expected);
    }

    #[test]
    fn each_authorizer_of_api_gateway_is_read() {
        let claims = json!({"sub": "ann", "scope": "read", "exp": "1700000000"});
        check(
            &json!({"jwt": {"claims": claims, "scopes": ["read"]}}),
            Some(&claims),
        );
        check(&json!({"claims": claims}), Some(&claims));
        check(
            &json!({"jwt": {"claims": {"sub": "ann", "aud": "[notes other]"}}}),
            Some(&json!({"sub": "ann", "aud": ["notes", "other"]})),
        );
        check(
            &json!({"jwt": {"claims": {"scp": "[read list]", "scope": "[]", "team": "[a b]"}}}),
            Some(&json!({"scp": ["read", "list"], "scope": [], "team": "[a b]"})),
        );
        check(
            &json!({"lambda": {"sub": "ann"}}),
            Some(&json!({"sub": "ann"})),
        );
        check(
            &json!({"principalId": "ann", "team": "blue"}),
            Some(&json!({"principalId": "ann", "team": "blue", "sub": "ann"})),
        );
        check(
            &json!({"iam": {"userArn": "arn:aws:iam::1:user/ann", "userId": "A"}}),
            Some(&json!({"sub": "arn:aws:iam::1:user/ann"})),
        );
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
}
