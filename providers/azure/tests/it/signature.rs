//! Shared access signatures of the emulators' account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;

/// An account signature for a service, `t` or `b` ("Create an account SAS"), with these permissions.
pub(crate) fn signature(service: char, permissions: &str) -> String {
    let key =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    let end = "2099-01-01T00:00:00Z";
    let signed =
        format!("devstoreaccount1\n{permissions}\n{service}\nsco\n\n{end}\n\n\n2019-02-02\n");
    let key = STANDARD.decode(key).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length");
    mac.update(signed.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let signature = utf8_percent_encode(&signature, NON_ALPHANUMERIC);
    format!("?sv=2019-02-02&ss={service}&srt=sco&sp={permissions}&se={end}&sig={signature}")
}
