//! Requests that somebody without credentials can send (rule K10), signed by the V4 scheme.

use std::collections::BTreeMap;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use google_cloud_storage::builder::storage::SignedUrlBuilder;
use http::Method;
use isobar::blob::{Attributes, BlobCondition, PresignedRequest};
use isobar::document::Timestamp;
use isobar::driver::blob::{BlobAddress, Presign, PresignAction};
use isobar::driver::metadata;
use isobar::{Capability, Error, ErrorKind, Result};

use super::{GcsStore, key, meta, named};

/// A request before it is signed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Unsigned {
    headers: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
}

impl GcsStore {
    pub(super) async fn sign(&self, bucket: &str, presign: &Presign) -> Result<PresignedRequest> {
        let signer = self.clients.signer.as_ref();
        let signer = signer.ok_or_else(|| Error::unsupported(Capability::PresignedRequests))?;
        let (method, key, unsigned) = unsigned(&presign.action)?;
        let key = key::checked(key)?;
        let mut builder = SignedUrlBuilder::for_object(named(bucket), key)
            .with_method(method.clone())
            .with_expiration(presign.expires_in);
        for (name, value) in &unsigned.headers {
            builder = builder.with_header(name, value);
        }
        for (name, value) in &unsigned.query {
            builder = builder.with_query_param(name, value);
        }
        if let Some(endpoint) = &self.clients.signed_endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let expires = Timestamp::from(SystemTime::now()).plus(presign.expires_in);
        let url = builder.sign_with(signer).await.map_err(|error| {
            let message = "the request cannot be signed: the credentials have no key, or the IAM \
                           service did not sign for them";
            Error::new(ErrorKind::Unauthenticated, message).with_source(error)
        })?;
        Ok(PresignedRequest {
            method,
            url,
            headers: unsigned.headers,
            expires,
        })
    }
}

fn unsigned(action: &PresignAction) -> Result<(Method, &isobar::blob::BlobKey, Unsigned)> {
    let mut unsigned = Unsigned::default();
    let mut query = |name: &str, value: &Option<String>| {
        let value = value.iter().map(|value| (name.to_owned(), value.clone()));
        unsigned.query.extend(value);
    };
    let version = |at: &BlobAddress| at.version_id.as_ref().map(ToString::to_string);
    Ok(match action {
        PresignAction::Head { at } => {
            query("generation", &version(at));
            (Method::HEAD, &at.key, unsigned)
        }
        PresignAction::Delete { at } => {
            query("generation", &version(at));
            (Method::DELETE, &at.key, unsigned)
        }
        PresignAction::Get {
            at,
            content_disposition,
            content_type,
        } => {
            query("generation", &version(at));
            query("response-content-disposition", content_disposition);
            query("response-content-type", content_type);
            (Method::GET, &at.key, unsigned)
        }
        PresignAction::Put {
            key,
            attributes,
            condition,
            size,
            crc32c,
        } => {
            unsigned.headers = headers(attributes, condition)?;
            let mut header = |name: &str, value: Option<String>| {
                let value = value.map(|value| (name.to_owned(), value));
                unsigned.headers.extend(value);
            };
            let range = size.map(|size| format!("{size},{size}"));
            header("x-goog-content-length-range", range);
            let sum = crc32c.map(|sum| format!("crc32c={}", STANDARD.encode(sum.to_be_bytes())));
            header("x-goog-hash", sum);
            (Method::PUT, key, unsigned)
        }
        PresignAction::Part { .. } => {
            return Err(Error::unsupported(Capability::PresignedUploads));
        }
    })
}

fn headers(attributes: &Attributes, condition: &BlobCondition) -> Result<BTreeMap<String, String>> {
    let generation = meta::condition(condition)?.map(|generation| generation.to_string());
    let named = [
        ("content-type", attributes.content_type.clone()),
        (
            "content-disposition",
            attributes.content_disposition.clone(),
        ),
        ("content-encoding", attributes.content_encoding.clone()),
        ("content-language", attributes.content_language.clone()),
        ("cache-control", attributes.cache_control.clone()),
        ("x-goog-if-generation-match", generation),
    ];
    let mut headers: BTreeMap<String, String> = named
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    for (name, value) in metadata::encode(&attributes.metadata)? {
        headers.insert(format!("x-goog-meta-{name}"), value);
    }
    Ok(headers)
}
