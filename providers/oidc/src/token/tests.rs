//! Tokens of an issuer on this machine that answers what the test wants.

mod hostile;
mod issuer;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use isobar::driver::SystemClock;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::*;
use issuer::{Answer, Issuer};

fn tokens() -> OidcTokens {
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    OidcTokens::new(Arc::new(clock))
}

/// The clock of this machine, so many seconds later.
#[derive(Debug, Default)]
struct Later(AtomicU64);

#[async_trait]
impl Clock for Later {
    fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key of the issuer, and its public half as the issuer shows it.
struct Signer {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        Self { pair, random }
    }

    fn jwk(&self, id: &str) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "kid": id, "alg": "ES256", "use": "sig",
            "x": encoded(&point[1..33]), "y": encoded(&point[33..]),
        })
    }

    fn token(&self, header: &Value) -> String {
        let signed = unsigned(header);
        let signature = self.pair.sign(&self.random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", encoded(signature))
    }
}

fn unsigned(header: &Value) -> String {
    let claims = json!({"sub": "ann"}).to_string();
    format!("{}.{}", encoded(header.to_string()), encoded(claims))
}

fn key_set(keys: &[Value]) -> Answer {
    Answer::Json(json!({ "keys": keys }).to_string())
}

async fn kind(tokens: &OidcTokens, issuer: &Issuer, token: &str) -> Option<ErrorKind> {
    let claims = tokens.claims(&issuer.named(), token).await;
    claims.err().map(|error| {
        assert!(!format!("{error:?} {error}").contains(token), "{error:?}");
        error.kind()
    })
}

const REFUSED: Option<ErrorKind> = Some(ErrorKind::Unauthenticated);
const OUT_OF_REACH: Option<ErrorKind> = Some(ErrorKind::Unavailable);

/// The examples of RFC 7515 (A.2, A.3) and RFC 8037 (A.4), with the keys that stand there.
#[tokio::test]
async fn the_examples_of_the_standards_are_signed_and_no_other_key_has_signed_them() {
    let text = include_str!("tests/published.json");
    let published: Vec<Value> = serde_json::from_str(text).unwrap();
    assert_eq!(published.len(), 3);
    let jws = |example: &Value| example["jws"].as_str().unwrap().to_owned();
    for example in &published {
        let text = jws(example);
        let parsed = Jws::parse(&text).unwrap();
        for other in &published {
            let keys = json!({"keys": [other["jwk"]]}).to_string();
            let keys = crate::key_set::KeySet::parse(keys.as_bytes()).unwrap();
            let wanted = Wanted {
                algorithm: parsed.algorithm,
                id: None,
            };
            let signed = keys.fitting(wanted).any(|key| key.has_signed(&parsed));
            assert_eq!(signed, example == other, "{text}");
        }
        // Each bit of it counts.
        let mut tampered = text.clone().into_bytes();
        let last = tampered.len() - 20;
        tampered[last] = if tampered[last] == b'A' { b'B' } else { b'A' };
        let tampered = String::from_utf8(tampered).unwrap();
        let keys = json!({"keys": [example["jwk"]]}).to_string();
        let keys = crate::key_set::KeySet::parse(keys.as_bytes()).unwrap();
        let wanted = Wanted {
            algorithm: parsed.algorithm,
            id: None,
        };
        let tampered = Jws::parse(&tampered).unwrap();
        assert!(!keys.fitting(wanted).any(|key| key.has_signed(&tampered)));
    }
}

#[tokio::test]
async fn a_token_of_the_issuer_is_read_and_its_keys_are_fetched_once() {
    let (signer, tokens) = (Signer::new(), tokens());
    let issuer = Issuer::start(key_set(&[json!({"kty": "secret"}), signer.jwk("one")])).await;
    for header in [
        json!({"alg": "ES256", "kid": "one", "typ": "JWT"}),
        json!({"alg": "ES256"}),
    ] {
        let claims = tokens.claims(&issuer.named(), &signer.token(&header)).await;
        assert_eq!(claims.unwrap()["sub"], "ann");
    }
    assert_eq!(issuer.requests(), 2, "discovery and keys");
}

#[tokio::test]
async fn what_the_issuer_has_not_signed_is_refused() {
    let (signer, tokens) = (Signer::new(), tokens());
    let issuer = Issuer::start(key_set(&[signer.jwk("one")])).await;
    let header = json!({"alg": "ES256", "kid": "one"});
    let good = signer.token(&header);
    assert_eq!(kind(&tokens, &issuer, &good).await, None);
    let (before, signature) = good.rsplit_once('.').unwrap();
    let (head, _) = before.split_once('.').unwrap();
    let other = encoded(json!({"sub": "bob"}).to_string());
    let nothing = json!({"alg": "none", "kid": "one"});
    // The public key as a shared secret, which confuses those that take the algorithm from the token.
    let symmetric = unsigned(&json!({"alg": "HS256", "kid": "one"}));
    let secret = hmac::Key::new(hmac::HMAC_SHA256, signer.pair.public_key().as_ref());
    let mac = hmac::sign(&secret, symmetric.as_bytes());
    let forged = [
        format!("{head}.{other}.{signature}"),
        format!("{before}."),
        format!("{}.", unsigned(&nothing)),
        format!("{}.{signature}", unsigned(&nothing)),
        format!("{symmetric}.{}", encoded(mac)),
        Signer::new().token(&header),
        signer.token(&json!({"alg": "ES256", "kid": "two"})),
        signer.token(&json!({"alg": "RS256", "kid": "one"})),
        signer.token(&json!({"alg": "ES256", "kid": "one", "crit": ["b64"], "b64": false})),
        signer.token(&json!({"alg": "ES256", "kid": 1})),
        signer.token(&json!({"kid": "one"})),
        format!("{good}="),
        format!("{good}.{signature}"),
        String::new(),
        "..".to_owned(),
        "a.b".to_owned(),
        ".".repeat(10_000),
        "e".repeat(10_000),
    ];
    for token in forged.iter().filter(|token| !token.is_empty()) {
        assert_eq!(kind(&tokens, &issuer, token).await, REFUSED, "{token}");
    }
    // The unknown key was asked for once at most.
    assert!(issuer.requests() <= 4, "{}", issuer.requests());
}

#[tokio::test]
async fn another_key_without_another_id_is_found_by_one_fetch_in_a_while() {
    for (member, id) in [("kid", "one"), ("no kid", "one")] {
        let clock = Arc::<Later>::default();
        let tokens = OidcTokens::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let header = json!({"alg": "ES256", member: id});
        let [first, second, stranger] = [(); 3].map(|()| Signer::new());
        let shown = |signer: &Signer| {
            let mut jwk = signer.jwk(id);
            jwk.as_object_mut()
                .unwrap()
                .retain(|name, _| name != "kid" || member == "kid");
            key_set(&[jwk])
        };
        let issuer = Issuer::start(shown(&first)).await;
        assert_eq!(kind(&tokens, &issuer, &first.token(&header)).await, None);
        issuer.change_keys(shown(&second));
        for (seconds, fetches) in [(20, 1), (60, 2), (75, 2), (100, 3)] {
            clock.0.store(seconds, Ordering::SeqCst);
            let forged = stranger.token(&header);
            assert_eq!(kind(&tokens, &issuer, &forged).await, REFUSED, "{seconds}");
            assert_eq!(issuer.requests(), 2 * fetches, "{member} {seconds}");
        }
        assert_eq!(kind(&tokens, &issuer, &second.token(&header)).await, None);
        assert_eq!(kind(&tokens, &issuer, &first.token(&header)).await, REFUSED);
        assert_eq!(issuer.requests(), 6);
    }
}

#[tokio::test]
async fn keys_are_used_for_nothing_but_what_they_are_for() {
    let header = json!({"alg": "ES256", "kid": "one"});
    for (member, value) in [
        ("use", json!("enc")),
        ("alg", json!("ES384")),
        ("alg", json!("HS256")),
        ("key_ops", json!(["encrypt"])),
        ("crv", json!("P-384")),
        ("crv", json!("secp256k1")),
        ("kty", json!("oct")),
        ("x", json!("AA")),
        ("y", json!("not base64!")),
    ] {
        let signer = Signer::new();
        let mut jwk = signer.jwk("one");
        jwk[member] = value.clone();
        let issuer = Issuer::start(key_set(&[jwk])).await;
        let found = kind(&tokens(), &issuer, &signer.token(&header)).await;
        assert_eq!(found, REFUSED, "{member} {value}");
    }
}

#[tokio::test]
async fn an_issuer_that_lies_or_sends_elsewhere_is_out_of_reach() {
    let signer = Signer::new();
    let token = signer.token(&json!({"alg": "ES256", "kid": "one"}));
    let good = key_set(&[signer.jwk("one")]);
    let huge = json!({"keys": [signer.jwk("one")], "more": "x".repeat(300_000)}).to_string();
    for bad in [
        Answer::Json(String::new()),
        Answer::Json("[]".to_owned()),
        Answer::Json(r#"{"keys": {}}"#.to_owned()),
        Answer::Json("{\"keys\":".repeat(20_000)),
        Answer::Json(huge),
        Answer::Redirect,
        Answer::Status(500),
        Answer::Closed,
    ] {
        let shown = format!("{bad:.60?}");
        let issuer = Issuer::start(bad).await;
        let tokens = tokens();
        assert_eq!(
            kind(&tokens, &issuer, &token).await,
            OUT_OF_REACH,
            "{shown}"
        );
        let asked = issuer.requests();
        assert_eq!(
            kind(&tokens, &issuer, &token).await,
            OUT_OF_REACH,
            "{shown}"
        );
        assert_eq!(issuer.requests(), asked, "{shown}: asked again at once");
    }
    let issuer = Issuer::start(good.clone()).await;
    for configuration in [
        json!({"issuer": "http://127.0.0.1:1", "jwks_uri": issuer.keys_url()}),
        json!({"issuer": issuer.url(), "jwks_uri": "http://192.0.2.1/keys"}),
        json!({"issuer": issuer.url(), "jwks_uri": "file:///etc/passwd"}),
        json!({"issuer": issuer.url()}),
    ] {
        issuer.configure(configuration.to_string());
        assert_eq!(kind(&tokens(), &issuer, &token).await, OUT_OF_REACH);
    }
}

#[tokio::test]
async fn an_issuer_that_hangs_is_given_up_within_the_budget() {
    let issuer = Issuer::start(Answer::Hangs).await;
    let token = Signer::new().token(&json!({"alg": "ES256", "kid": "one"}));
    let begin = Instant::now();
    assert_eq!(kind(&tokens(), &issuer, &token).await, OUT_OF_REACH);
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(9), "{took:?}");
}

#[tokio::test]
async fn keys_that_the_configuration_tells_need_no_discovery() {
    let (signer, tokens) = (Signer::new(), tokens());
    let issuer = Issuer::start(key_set(&[signer.jwk("one")])).await;
    issuer.configure(String::new());
    let named = TokenIssuer::new("https://login.example", Some(issuer.keys_url()));
    let token = signer.token(&json!({"alg": "ES256", "kid": "one"}));
    assert!(tokens.claims(&named, &token).await.is_ok());
    assert_eq!(issuer.requests(), 1);
}

#[test]
fn weak_keys_sign_nothing() {
    // 1,024 bits.
    let n = encoded([0xc5_u8; 128]);
    let jwk = json!({"keys": [{"kty": "RSA", "n": n, "e": "AQAB"}]}).to_string();
    let keys = crate::key_set::KeySet::parse(jwk.as_bytes()).unwrap();
    let token = format!(
        "{}.{}",
        unsigned(&json!({"alg": "RS256"})),
        encoded([1_u8; 128])
    );
    let jws = Jws::parse(&token).unwrap();
    let wanted = Wanted {
        algorithm: jws.algorithm,
        id: None,
    };
    assert_eq!(keys.fitting(wanted).count(), 1);
    assert!(!keys.fitting(wanted).any(|key| key.has_signed(&jws)));
}
