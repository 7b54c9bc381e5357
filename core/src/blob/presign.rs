//! Requests that somebody without credentials can send (rule K10).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::binding::{Binding, Operation, checked};
use super::{Attributes, BlobCondition, BlobKey, Bucket, IntoBlobKey, VersionId};
use crate::capability::Capability;
use crate::document::Timestamp;
use crate::driver::blob::{BlobAddress, Presign, PresignAction};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Effect;

/// A request that is good until it expires, for whoever has it.
///
/// All of `headers` must be sent as they are, besides what HTTP itself needs (`Host`,
/// `Content-Length`). Serialized it is `{method, url, headers, expires}`, with `expires` in
/// milliseconds since 1970, as `fetch` and `Date` of a browser take them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedRequest {
    /// The method.
    pub method: http::Method,
    /// The URL, signature included.
    pub url: String,
    /// The headers that must be sent, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// When it stops to be good.
    pub expires: Timestamp,
}

impl Serialize for PresignedRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut request = serializer.serialize_struct("PresignedRequest", 4)?;
        request.serialize_field("method", self.method.as_str())?;
        request.serialize_field("url", &self.url)?;
        request.serialize_field("headers", &self.headers)?;
        request.serialize_field("expires", &(self.expires.as_micros() / 1_000))?;
        request.end()
    }
}

/// How a request to read or remove a blob is signed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PresignOptions {
    expires_in: Duration,
    version_id: Option<VersionId>,
    content_disposition: Option<String>,
    content_type: Option<String>,
}

/// How long a signed request is good unless told otherwise.
const EXPIRES_IN: Duration = Duration::from_mins(15);

impl Default for PresignOptions {
    fn default() -> Self {
        Self {
            expires_in: EXPIRES_IN,
            version_id: None,
            content_disposition: None,
            content_type: None,
        }
    }
}

impl PresignOptions {
    /// How long the request is good, from 1 second to 7 days; 15 minutes unless told otherwise.
    #[must_use]
    pub fn with_expires_in(mut self, span: Duration) -> Self {
        self.expires_in = span;
        self
    }

    /// Which of the versions that the bucket keeps.
    #[must_use]
    pub fn with_version_id(mut self, id: VersionId) -> Self {
        self.version_id = Some(id);
        self
    }

    /// The `Content-Disposition` of the answer, in place of the blob's own; only to read a blob.
    #[must_use]
    pub fn with_content_disposition(mut self, value: impl Into<String>) -> Self {
        self.content_disposition = Some(value.into());
        self
    }

    /// The `Content-Type` of the answer, in place of the blob's own; only to read a blob.
    #[must_use]
    pub fn with_content_type(mut self, value: impl Into<String>) -> Self {
        self.content_type = Some(value.into());
        self
    }
}

/// How a request to store a blob is signed; all of it holds for whoever sends it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PresignPutOptions {
    expires_in: Duration,
    attributes: Attributes,
    condition: BlobCondition,
    size: Option<u64>,
    crc32c: Option<u32>,
}

impl Default for PresignPutOptions {
    fn default() -> Self {
        Self {
            expires_in: EXPIRES_IN,
            attributes: Attributes::default(),
            condition: BlobCondition::None,
            size: None,
            crc32c: None,
        }
    }
}

impl PresignPutOptions {
    /// How long the request is good, from 1 second to 7 days; 15 minutes unless told otherwise.
    #[must_use]
    pub fn with_expires_in(mut self, span: Duration) -> Self {
        self.expires_in = span;
        self
    }

    /// Headers and metadata of the blob.
    #[must_use]
    pub fn with_attributes(mut self, attributes: Attributes) -> Self {
        self.attributes = attributes;
        self
    }

    /// What must hold of a blob that is there, when the request arrives.
    #[must_use]
    pub fn with_condition(mut self, condition: BlobCondition) -> Self {
        self.condition = condition;
        self
    }

    /// How many bytes there must be.
    #[must_use]
    pub fn with_size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// The CRC32C that the content must have.
    #[must_use]
    pub fn with_crc32c(mut self, checksum: u32) -> Self {
        self.crc32c = Some(checksum);
        self
    }
}

/// Nothing is sent, but a store may have to ask for a key to sign with.
const PRESIGN: Operation = Operation("blob.presign", Effect::Read);

/// The shortest and the longest that a request is good: S3, GCS and OSS have 7 days.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(7 * 24);

impl Bucket {
    /// Signs a request to read a blob, whole or by a `Range`; whether there is one shows when it is
    /// sent.
    ///
    /// For stores with [`PresignedRequests`](crate::Capability::PresignedRequests), as are all of
    /// these.
    pub async fn presign_get(
        &self,
        key: impl IntoBlobKey,
        options: PresignOptions,
    ) -> Result<PresignedRequest> {
        let key = key.into_blob_key();
        let work = async {
            for value in [&options.content_disposition, &options.content_type] {
                check_header(value.as_deref())?;
            }
            let action = PresignAction::Get {
                at: self.binding.address(&key, options.version_id)?,
                content_disposition: options.content_disposition,
                content_type: options.content_type,
            };
            self.binding.presign(action, options.expires_in).await
        };
        self.binding.run_at(PRESIGN, &key, work).await
    }

    /// Signs a request to ask about a blob.
    pub async fn presign_head(
        &self,
        key: impl IntoBlobKey,
        options: PresignOptions,
    ) -> Result<PresignedRequest> {
        let action = |at| PresignAction::Head { at };
        self.presign_plain(key.into_blob_key(), options, action)
            .await
    }

    /// Signs a request to store a blob.
    ///
    /// Attributes, a size, a checksum and a version to replace need
    /// [`SignedHeaders`](crate::Capability::SignedHeaders).
    pub async fn presign_put(
        &self,
        key: impl IntoBlobKey,
        options: PresignPutOptions,
    ) -> Result<PresignedRequest> {
        let key = key.into_blob_key();
        let work = async {
            options.attributes.check()?;
            self.binding.check(&options.condition, &[])?;
            if options.has_headers() {
                let needed = [Capability::PresignedRequests, Capability::SignedHeaders];
                self.binding.capabilities().require(&needed)?;
            }
            let limits = self.binding.description.transfer;
            limits.check_size(options.size.unwrap_or(0))?;
            let action = PresignAction::Put {
                key: checked(&key)?.clone(),
                attributes: options.attributes,
                condition: options.condition,
                size: options.size,
                crc32c: options.crc32c,
            };
            self.binding.presign(action, options.expires_in).await
        };
        self.binding.run_at(PRESIGN, &key, work).await
    }

    /// Signs a request to remove a blob.
    pub async fn presign_delete(
        &self,
        key: impl IntoBlobKey,
        options: PresignOptions,
    ) -> Result<PresignedRequest> {
        let action = |at| PresignAction::Delete { at };
        self.presign_plain(key.into_blob_key(), options, action)
            .await
    }

    /// Signs a request about one blob whose answer nobody shapes.
    async fn presign_plain(
        &self,
        key: Result<BlobKey>,
        options: PresignOptions,
        action: impl FnOnce(BlobAddress) -> PresignAction + Send,
    ) -> Result<PresignedRequest> {
        let work = async {
            options.check_plain()?;
            let at = self.binding.address(&key, options.version_id)?;
            self.binding.presign(action(at), options.expires_in).await
        };
        self.binding.run_at(PRESIGN, &key, work).await
    }
}

impl PresignPutOptions {
    /// Whether there is anything that its sender must be held to by headers.
    fn has_headers(&self) -> bool {
        let versioned = matches!(self.condition, BlobCondition::IfVersion(_));
        let attributes = self.attributes != Attributes::default();
        versioned || attributes || self.size.is_some() || self.crc32c.is_some()
    }
}

impl PresignOptions {
    fn check_plain(&self) -> Result<()> {
        if self.content_disposition.is_some() || self.content_type.is_some() {
            let message = "only a request to read a blob can ask for headers of its answer";
            return Err(Error::invalid(message));
        }
        Ok(())
    }
}

impl Binding {
    pub(super) async fn presign(
        &self,
        action: PresignAction,
        expires_in: Duration,
    ) -> Result<PresignedRequest> {
        self.capabilities()
            .require(&[Capability::PresignedRequests])?;
        check_expiry(expires_in)?;
        let presign = Presign { action, expires_in };
        self.driver.presign(&self.name, &presign).await
    }

    /// Signs one part of an upload.
    pub(super) async fn presign_part(
        &self,
        (key, token): (&BlobKey, &str),
        (number, size): (u32, u64),
        expires_in: Duration,
    ) -> Result<PresignedRequest> {
        let action = PresignAction::Part {
            key: key.clone(),
            token: token.to_owned(),
            number,
            size,
        };
        self.presign(action, expires_in).await
    }
}

pub(super) fn check_expiry(expires_in: Duration) -> Result<()> {
    if expires_in < SHORTEST {
        let message = "a signed request is good for at least 1 second";
        return Err(Error::invalid(message));
    }
    if expires_in > LONGEST {
        let what = "the time in seconds for which a signed request is good";
        let (limit, measured) = (LONGEST.as_secs(), expires_in.as_secs_f64().ceil());
        let measured = Duration::from_secs_f64(measured.min(1e15)).as_secs();
        let kind = ErrorKind::InvalidArgument;
        return Err(Error::over_limit(kind, what, limit, measured));
    }
    Ok(())
}

fn check_header(value: Option<&str>) -> Result<()> {
    match value {
        Some(value) if http::HeaderValue::from_str(value).is_err() => {
            let message = format!("{value:?} cannot be the value of a header");
            Err(Error::invalid(message))
        }
        _ => Ok(()),
    }
}
