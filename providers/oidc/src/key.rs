//! One public key of an issuer (RFC 7517), and what it has signed.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;

use crate::jws::{Algorithm, Jws, decoded};

/// A key, and for what its issuer means it.
#[derive(Debug)]
pub(crate) struct Key {
    id: Option<String>,
    algorithm: Option<String>,
    material: Material,
}

#[derive(Debug)]
enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point.
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A JSON Web Key, of which those members are read that a public key for signatures has.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default, rename = "use")]
    used_for: Option<String>,
    #[serde(default)]
    key_ops: Option<Vec<String>>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

impl Key {
    /// The key; nothing where it is malformed, of a kind that signs no tokens, or meant for something else.
    pub(crate) fn parse(json: &serde_json::value::RawValue) -> Option<Self> {
        let jwk: Jwk = serde_json::from_str(json.get()).ok()?;
        let signs = jwk.used_for.as_deref().is_none_or(|used| used == "sig");
        let verifies = |operations: &Vec<String>| operations.iter().any(|own| own == "verify");
        if !signs || !jwk.key_ops.as_ref().is_none_or(verifies) {
            return None;
        }
        Some(Self {
            material: Material::of(&jwk)?,
            id: jwk.kid,
            algorithm: jwk.alg,
        })
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether a token of this algorithm may be signed with it.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        let named = self.algorithm.as_deref();
        let fits_name = named.is_none_or(|name| Algorithm::named(name) == Some(algorithm));
        fits_name && self.material.verification(algorithm).is_some()
    }

    /// Whether it has signed the token.
    pub(crate) fn has_signed(&self, jws: &Jws<'_>) -> bool {
        let verified = match self.material.verification(jws.algorithm) {
            None => return false,
            Some(Verification::Rsa { parameters, n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, jws.signed, &jws.signature)
            }
            Some(Verification::Point { algorithm, key }) => {
                UnparsedPublicKey::new(algorithm, key).verify(jws.signed, &jws.signature)
            }
        };
        verified.is_ok()
    }
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        let name = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(name);
        Self::deserialize(name).ok()
    }
}

enum Verification<'k> {
    Rsa {
        parameters: &'static RsaParameters,
        n: &'k [u8],
        e: &'k [u8],
    },
    Point {
        algorithm: &'static dyn VerificationAlgorithm,
        key: &'k [u8],
    },
}

impl Material {
    fn of(jwk: &Jwk) -> Option<Self> {
        let number = |text: &Option<String>| text.as_deref().and_then(decoded);
        match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            // Some write a zero before a number, which ring refuses.
            ("RSA", _) => Some(Self::Rsa {
                n: without_zeros(number(&jwk.n)?),
                e: without_zeros(number(&jwk.e)?),
            }),
            ("EC", Some("P-256")) => point(&number(&jwk.x)?, &number(&jwk.y)?, 32).map(Self::P256),
            ("EC", Some("P-384")) => point(&number(&jwk.x)?, &number(&jwk.y)?, 48).map(Self::P384),
            ("OKP", Some("Ed25519")) => {
                let x = number(&jwk.x)?;
                (x.len() == 32).then_some(Self::Ed25519(x))
            }
            _ => None,
        }
    }

    /// How a signature of this algorithm is checked; nothing where such a key makes none.
    fn verification(&self, algorithm: Algorithm) -> Option<Verification<'_>> {
        let point = |algorithm, key| Some(Verification::Point { algorithm, key });
        let parameters = match (self, algorithm) {
            (Self::P256(key), Algorithm::Es256) => return point(&ECDSA_P256_SHA256_FIXED, key),
            (Self::P384(key), Algorithm::Es384) => return point(&ECDSA_P384_SHA384_FIXED, key),
            (Self::Ed25519(key), Algorithm::EdDsa) => return point(&ED25519, key),
            (_, Algorithm::Rs256) => &RSA_PKCS1_2048_8192_SHA256,
            (_, Algorithm::Rs384) => &RSA_PKCS1_2048_8192_SHA384,
            (_, Algorithm::Rs512) => &RSA_PKCS1_2048_8192_SHA512,
            (_, Algorithm::Ps256) => &RSA_PSS_2048_8192_SHA256,
            (_, Algorithm::Ps384) => &RSA_PSS_2048_8192_SHA384,
            (_, Algorithm::Ps512) => &RSA_PSS_2048_8192_SHA512,
            _ => return None,
        };
        let Self::Rsa { n, e } = self else {
            return None;
        };
        Some(Verification::Rsa { parameters, n, e })
    }
}

fn point(x: &[u8], y: &[u8], length: usize) -> Option<Vec<u8>> {
    let fits = x.len() == length && y.len() == length;
    fits.then(|| [&[4], x, y].concat())
}

fn without_zeros(number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.into_iter().skip(zeros).collect()
}
