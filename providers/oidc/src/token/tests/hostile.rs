//! Tokens and sets of keys as an attacker might send them, damaged by chance: never a panic, and never taken for signed.

use std::time::{Duration, Instant};

use isobar_mutation::{mutate, random, rounds};

use super::*;
use crate::key_set::KeySet;

/// For one of them, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// Keys of RFC 7517 (appendix A.1) and RFC 8037 (appendix A.2).
const PUBLISHED: &str = r#"{"keys":[
    {"kty":"RSA","alg":"RS256","kid":"2011-04-29","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"},
    {"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

fn is_signed(keys: &KeySet, jws: &Jws<'_>) -> bool {
    let wanted = Wanted {
        algorithm: jws.algorithm,
        id: jws.key_id.as_deref(),
    };
    keys.fitting(wanted).any(|key| key.has_signed(jws))
}

#[test]
fn no_damaged_token_is_taken_for_signed() {
    let signer = Signer::new();
    let set = json!({ "keys": [signer.jwk("a")] }).to_string();
    let keys = KeySet::parse(set.as_bytes()).unwrap();
    let header = json!({ "alg": "ES256", "kid": "a" });
    let token = signer.token(&header);
    assert!(is_signed(&keys, &Jws::parse(&token).unwrap()));
    let other = Signer::new().token(&json!({ "alg": "ES256" }));
    let (mut random, mut read) = (random(), 0);
    for round in 0..rounds(10_000) {
        let damaged = if round % 2 == 0 {
            mutate(&mut random, token.as_bytes(), other.as_bytes())
        } else {
            // The header, below its Base64.
            let header = mutate(&mut random, header.to_string().as_bytes(), b"\"crit\":[]");
            let rest = token.split_once('.').unwrap().1;
            format!("{}.{rest}", encoded(header)).into_bytes()
        };
        let damaged = String::from_utf8_lossy(&damaged);
        let Some(jws) = Jws::parse(&damaged) else {
            continue;
        };
        read += 1;
        assert!(!is_signed(&keys, &jws) || damaged == token, "{damaged}");
    }
    // Otherwise they are too damaged to show anything.
    assert!(read > 300, "{read}");
}

#[test]
fn any_set_of_keys_is_read_or_refused() {
    let signer = Signer::new();
    let own = json!({ "keys": [signer.jwk("a")] }).to_string();
    let tokens = ["ES256", "RS256", "EdDSA"].map(|algorithm| {
        let header = json!({ "alg": algorithm });
        signer.token(&header)
    });
    let (mut random, mut read) = (random(), 0);
    for _ in 0..rounds(10_000) {
        let set = mutate(&mut random, PUBLISHED.as_bytes(), own.as_bytes());
        let begin = Instant::now();
        if let Ok(keys) = KeySet::parse(&set) {
            read += 1;
            for token in &tokens {
                is_signed(&keys, &Jws::parse(token).unwrap());
            }
        }
        let shown = String::from_utf8_lossy(&set);
        assert!(begin.elapsed() < PATIENCE, "{shown}");
    }
    assert!(read > 300, "{read}");
}
