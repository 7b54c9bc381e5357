//! `cookie-signature`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The value, a dot, and its HMAC-SHA256 in base64.
pub(crate) fn sign(value: &str, secret: &str) -> String {
    let mac = mac(value, secret).finalize().into_bytes();
    format!("{value}.{}", STANDARD_NO_PAD.encode(mac))
}

/// The value, when its signature is right.
pub(crate) fn unsign<'v>(signed: &'v str, secret: &str) -> Option<&'v str> {
    let (value, signature) = signed.rsplit_once('.')?;
    let signature = STANDARD_NO_PAD.decode(signature).ok()?;
    mac(value, secret)
        .verify_slice(&signature)
        .ok()
        .map(|()| value)
}

fn mac(value: &str, secret: &str) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(value.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_original() {
        let signed = "hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI";
        assert_eq!(sign("hello", "tobiiscool"), signed);
        assert_eq!(unsign(signed, "tobiiscool"), Some("hello"));
        assert_eq!(unsign(signed, "luna"), None);
        assert_eq!(unsign("hello.", "luna"), None);
    }
}
