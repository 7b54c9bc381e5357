//! What the authentication of App Service says of the callers that it has checked.

use isobar::authorization::Claims;
use isobar_serve::{FrontDoorClaims, base64_json};
use serde_json::Value;

/// App Service puts what it knows of a caller into fields of its own, which it takes from requests of others. The one with
/// the claims is read; those with the name, the id, the provider and its tokens are left to handlers:
/// <https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities>
///
/// It must be configured to refuse requests without a caller, or to leave that to the application.
pub(super) const FRONT_DOORS: &[FrontDoorClaims] = &[FrontDoorClaims {
    name: "app-service",
    fields: &["x-ms-client-principal"],
    read: principal,
    reserved: &["x-ms-client-principal", "x-ms-token-"],
    removes_signatures: false,
}];

/// The long names that .NET gives to claims, and what tokens call them.
const NAMES: [(&str, &str); 3] = [
    (
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
        "sub",
    ),
    ("http://schemas.microsoft.com/identity/claims/scope", "scp"),
    (
        "http://schemas.microsoft.com/identity/claims/objectidentifier",
        "oid",
    ),
];

/// `{"auth_typ", "claims": [{"typ", "val"}]}`; of several claims of one name, a list.
fn principal(text: &str) -> Option<Claims> {
    let told = base64_json(text)?;
    let mut claims = Claims::new();
    for claim in told.get("claims")?.as_array()? {
        let (name, value) = (claim.get("typ")?.as_str()?, claim.get("val")?.clone());
        let short = NAMES.iter().find(|(long, _)| *long == name);
        let name = short.map_or(name, |(_, short)| *short);
        match claims.get_mut(name) {
            None => drop(claims.insert(name.to_owned(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Some(claims)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::*;

    #[test]
    fn claims_have_the_names_of_tokens() {
        let told = json!({
            "auth_typ": "aad",
            "claims": [
                {"typ": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier", "val": "ann"},
                {"typ": "http://schemas.microsoft.com/identity/claims/scope", "val": "read list"},
                {"typ": "aud", "val": "notes"},
                {"typ": "roles", "val": "a"},
                {"typ": "roles", "val": "b"},
                {"typ": "roles", "val": "c"},
            ],
            "name_typ": "name", "role_typ": "roles",
        });
        let claims = principal(&STANDARD.encode(told.to_string())).unwrap();
        assert_eq!(
            Value::Object(claims),
            json!({"sub": "ann", "scp": "read list", "aud": "notes", "roles": ["a", "b", "c"]})
        );
        for malformed in [
            json!([]),
            json!({}),
            json!({"claims": [{"typ": 1}]}),
            json!({"claims": {}}),
        ] {
            assert_eq!(
                principal(&STANDARD.encode(malformed.to_string())),
                None,
                "{malformed}"
            );
        }
    }
}
