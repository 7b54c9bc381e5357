//! Who is let in, and who it is for a handler: tokens of an issuer that others wrote.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::door::{Door, WireRequest, WireResponse};
use crate::probe::callers::{AUDIENCE, SCOPE, SeenCaller};
use crate::{Case, Context, Failure, expect, issuer};

pub(crate) const CASES: &[Case] = &[
    Case::gateway(
        "G-252",
        "whoever brings a token of the issuer is the same caller to a handler on every platform",
        "N1",
        |ctx| Box::pin(callers(ctx)),
    ),
    Case::gateway(
        "G-427",
        "a token that is missing, expired, another's or forged is answered 401, and its bearer hears why",
        "N1",
        |ctx| Box::pin(refused_tokens(ctx)),
    ),
    Case::gateway(
        "G-428",
        "a token without the scope of a route is answered 403",
        "N1",
        |ctx| Box::pin(scopes(ctx)),
    ),
];

/// What the issuer signs with in turn.
const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "RS256"];
/// In so many tokens each of them occurs, though other cases take tokens at the same time.
const ENOUGH: usize = 60;

fn claims(change: &Value) -> Value {
    let mut claims =
        json!({"sub": "ann", "aud": AUDIENCE, "scope": format!("other {SCOPE}"), "team": "blue"});
    for (name, value) in change.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    claims
}

async fn bring(door: &dyn Door, path: &str, token: &str) -> Result<WireResponse, Failure> {
    let request = WireRequest::new("GET", path).header("authorization", format!("Bearer {token}"));
    door.send(&request).await
}

async fn callers(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let expected = SeenCaller {
        subject: "ann".to_owned(),
        issuer: Some(issuer::url()),
        scopes: vec!["other".to_owned(), SCOPE.to_owned()],
        team: Some("blue".to_owned()),
    };
    let mut seen = BTreeSet::new();
    for _ in 0..ENOUGH {
        let token = issuer::token(&claims(&json!({}))).await?;
        if !seen.insert(algorithm(&token)) {
            continue;
        }
        for path in ["/callers/any", "/callers/readers"] {
            let response = bring(&*door, path, &token).await?;
            expect::equal("the status", &response.status, &200)?;
            let caller: Option<SeenCaller> = serde_json::from_slice(&response.body).ok();
            expect::equal("the caller", &caller.as_ref(), &Some(&expected))?;
        }
        if seen.len() == ALGORITHMS.len() {
            break;
        }
    }
    let expected = ALGORITHMS.map(str::to_owned);
    expect::equal("the algorithms", &seen, &BTreeSet::from(expected))
}

/// What a token says that it is signed with.
fn algorithm(token: &str) -> String {
    let header = token.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).unwrap_or_default();
    let header: Value = serde_json::from_slice(&header).unwrap_or_default();
    header["alg"].as_str().unwrap_or_default().to_owned()
}

async fn refused_tokens(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let now = jiff::Timestamp::now().as_second();
    for (what, change) in [
        ("expired", json!({"exp": now - 3_600})),
        ("not valid yet", json!({"nbf": now + 3_600})),
        ("issued in the future", json!({"iat": now + 3_600})),
        ("without an end", json!({"exp": null})),
        ("for another audience", json!({"aud": "others"})),
        ("for nobody", json!({"aud": null})),
        ("of another issuer", json!({"iss": "https://login.example"})),
        ("of nobody", json!({"sub": null})),
    ] {
        let token = issuer::token(&claims(&change)).await?;
        refused(&*door, what, &token).await?;
    }
    let good = issuer::token(&claims(&json!({}))).await?;
    for (what, token) in forged(&good, &issuer::keys().await?)? {
        refused(&*door, what, &token).await?;
    }
    let missing = door.send(&WireRequest::new("GET", "/callers/any")).await?;
    expect::equal("the status without a token", &missing.status, &401)?;
    let challenge = missing.joined("www-authenticate");
    expect::equal(
        "the challenge",
        challenge.as_str(),
        "Bearer realm=\"login\"",
    )?;
    let after = bring(&*door, "/callers/any", &good).await?;
    expect::equal("the status with a good token", &after.status, &200)
}

async fn refused(door: &dyn Door, what: &str, token: &str) -> Result<(), Failure> {
    let response = bring(door, "/callers/any", token).await?;
    expect::equal(
        &format!("the status of a token {what}"),
        &response.status,
        &401,
    )?;
    let challenge = response.joined("www-authenticate");
    let told = challenge.starts_with("Bearer realm=\"login\", error=\"invalid_token\"");
    expect::that(told, &format!("a token {what} is answered {challenge:?}"))?;
    let kind = response.joined("content-type");
    expect::equal("the type", kind.as_str(), "application/problem+json")?;
    let body = String::from_utf8_lossy(&response.body);
    let signature = token.rsplit('.').next().unwrap_or_default();
    let repeats = !signature.is_empty() && body.contains(signature);
    expect::that(!repeats, "the response repeats the token")
}

/// Tokens that whoever has a good one, and the public keys, can make of it.
fn forged(good: &str, keys: &Value) -> Result<Vec<(&'static str, String)>, Failure> {
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(Failure::new("the issuer's token has not three parts"));
    };
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let root = encoded(&claims(
        &json!({"sub": "root", "iss": issuer::url(), "exp": 4_102_444_800_u64}),
    ));
    let none = encoded(&json!({"alg": "none", "typ": "JWT"}));
    let mut forged = vec![
        (
            "that was tampered with",
            format!("{header}.{root}.{signature}"),
        ),
        (
            "whose signature was cut off",
            format!("{header}.{payload}."),
        ),
        ("without a signature", format!("{none}.{root}.")),
        ("without an algorithm", format!("{none}.{root}.{signature}")),
        ("that is none", "eyJ".repeat(1_000)),
        ("of dots", "...".to_owned()),
    ];
    for kid in ["unknown", "ES256"] {
        forged.push(("with a key of its own", with_own_key(kid, &root)?));
    }
    for token in with_public_secret(keys, &root)? {
        forged.push(("with a public key as its secret", token));
    }
    Ok(forged)
}

/// Tokens signed symmetrically with what anybody knows of the issuer's RSA key.
fn with_public_secret(keys: &Value, payload: &str) -> Result<[String; 2], Failure> {
    let mut all = keys["keys"].as_array().into_iter().flatten();
    let key = all.find(|key| key["kid"] == "RS256");
    let key = key.ok_or_else(|| Failure::new("the issuer shows no key RS256"))?;
    let modulus = key["n"].as_str();
    let modulus = modulus.ok_or_else(|| Failure::new("the key RS256 has no modulus"))?;
    let header = json!({"alg": "HS256", "typ": "JWT", "kid": "RS256"}).to_string();
    let signed = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
    let token = |secret: &[u8]| {
        let mac = Hmac::<Sha256>::new_from_slice(secret);
        let mut mac = mac.map_err(|error| Failure::new(error.to_string()))?;
        mac.update(signed.as_bytes());
        let mac = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        Ok::<_, Failure>(format!("{signed}.{mac}"))
    };
    Ok([
        token(modulus.as_bytes())?,
        token(key.to_string().as_bytes())?,
    ])
}

/// A token whose signature fits the key that its header brings along.
fn with_own_key(kid: &str, payload: &str) -> Result<String, Failure> {
    let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let failed = |_| Failure::new("ring makes no key");
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(failed)?;
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random)
        .map_err(|error| Failure::new(error.to_string()))?;
    // An uncompressed point: a byte, and two coordinates.
    let (_, point) = pair.public_key().as_ref().split_at(1);
    let (x, y) = point.split_at(32);
    let coordinates = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    let [x, y] = coordinates;
    let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": kid, "x": x, "y": y});
    let header = json!({"alg": "ES256", "typ": "JWT", "kid": kid, "jwk": jwk}).to_string();
    let signed = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
    let signature = pair.sign(&random, signed.as_bytes()).map_err(failed)?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

async fn scopes(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    for scope in [
        json!("other"),
        json!(""),
        Value::Null,
        json!(format!("{SCOPE}s")),
    ] {
        let token = issuer::token(&claims(&json!({ "scope": scope }))).await?;
        let open = bring(&*door, "/callers/any", &token).await?;
        expect::equal("the status where any scope will do", &open.status, &200)?;
        let response = bring(&*door, "/callers/readers", &token).await?;
        expect::equal("the status", &response.status, &403)?;
        let challenge = response.joined("www-authenticate");
        let expected =
            format!("Bearer realm=\"login\", error=\"insufficient_scope\", scope=\"{SCOPE}\"");
        expect::equal("the challenge", challenge.as_str(), expected.as_str())?;
    }
    Ok(())
}
