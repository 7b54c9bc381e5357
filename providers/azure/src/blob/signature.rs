//! Shared access signatures of one blob by the account key ("Create a service SAS").

use std::time::Duration;

use azure_core::http::Url;
use isobar::document::Timestamp;
use isobar::driver::blob::{BlobAddress, key};
use isobar::{Capability, Error, Result};
use jiff::{SignedDuration, Unit};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::BlobStore;

/// The version of the form of the signature.
const VERSION: &str = "2022-11-02";

/// What a signature allows.
#[derive(Debug, Default)]
pub(super) struct Grant<'g> {
    /// Letters, in the service's order: `r` read, `c` create, `w` write, `d` delete, `x` delete a
    /// version.
    pub(super) permissions: &'static str,
    pub(super) expires_in: Duration,
    /// What is answered in place of the blob's own.
    pub(super) content_disposition: Option<&'g str>,
    pub(super) content_type: Option<&'g str>,
    /// What the request must have in its query besides; the signature is not over it.
    pub(super) parameters: Vec<(&'static str, String)>,
}

impl BlobStore {
    /// The URL of a blob with a signature, and when that ends.
    pub(super) fn signed(
        &self,
        bucket: &str,
        at: &BlobAddress,
        grant: Grant<'_>,
    ) -> Result<(Url, Timestamp)> {
        let mut url = self.blob(bucket, &at.key)?.url().clone();
        let name = key::store(&at.key)?;
        let version = at.version_id.as_ref().map(|id| id.as_str().to_owned());
        let version = version.unwrap_or_default();
        let resource = if version.is_empty() { "b" } else { "bv" };
        let (expiry, expires) = expiry(grant.expires_in)?;
        let protocol = match url.scheme() {
            "https" => "https",
            _ => "https,http",
        };
        let canonical = format!("/blob/{}/{bucket}/{name}", self.account);
        let (disposition, content_type) = (
            grant.content_disposition.unwrap_or_default(),
            grant.content_type.unwrap_or_default(),
        );
        let text = [
            grant.permissions,
            "",
            &expiry,
            &canonical,
            "",
            "",
            protocol,
            VERSION,
            resource,
            &version,
            "",
            "",
            disposition,
            "",
            "",
            content_type,
        ];
        let signature = self.credential.sign(&text.join("\n")).ok_or_else(no_key)?;
        let mut parameters = grant.parameters;
        parameters.extend([
            ("versionid", version),
            ("sv", VERSION.to_owned()),
            ("spr", protocol.to_owned()),
            ("se", expiry),
            ("sr", resource.to_owned()),
            ("sp", grant.permissions.to_owned()),
            ("rscd", disposition.to_owned()),
            ("rsct", content_type.to_owned()),
            ("sig", signature),
        ]);
        let query = parameters
            .into_iter()
            .filter(|(_, value)| !value.is_empty());
        url.set_query(Some(&query_of(query)));
        Ok((url, expires))
    }

    /// A blob as the source of a copy, which the service reads for us.
    pub(super) fn source(&self, bucket: &str, at: &BlobAddress) -> Result<Url> {
        if let Some(token) = self.credential.parameters() {
            let mut url = self.blob(bucket, &at.key)?.url().clone();
            let version = at.version_id.as_ref();
            let version = version.map(|id| query_of([("versionid", id.as_str().to_owned())]));
            let query = version.map_or_else(String::new, |query| format!("{query}&"));
            url.set_query(Some(&format!("{query}{token}")));
            return Ok(url);
        }
        let grant = Grant {
            permissions: "r",
            expires_in: Duration::from_hours(1),
            ..Grant::default()
        };
        Ok(self.signed(bucket, at, grant)?.0)
    }
}

/// Names and values, escaped so that nobody reads a `+` as a space.
pub(super) fn query_of<'n>(parameters: impl IntoIterator<Item = (&'n str, String)>) -> String {
    let pairs = parameters.into_iter().map(|(name, value)| {
        let value = utf8_percent_encode(&value, NON_ALPHANUMERIC);
        format!("{name}={value}")
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// When a signature ends: to the second, and never earlier than asked for.
fn expiry(span: Duration) -> Result<(String, Timestamp)> {
    let ends = || {
        let span = SignedDuration::try_from(span).ok()?;
        let end = jiff::Timestamp::now().checked_add(span).ok()?;
        let second = jiff::TimestampRound::new().smallest(Unit::Second);
        end.round(second.mode(jiff::RoundMode::Ceil)).ok()
    };
    let end = ends().ok_or_else(|| Error::invalid("the signature would end beyond all time"))?;
    let text = end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    Ok((text, Timestamp::from_micros(end.as_microsecond())))
}

/// A shared access signature cannot sign another one.
fn no_key() -> Error {
    Error::unsupported(Capability::PresignedRequests)
}
