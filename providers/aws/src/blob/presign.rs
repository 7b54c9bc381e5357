//! Requests that are signed for others to send.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::{PresignedRequest as Signed, PresigningConfig};
use isobar::blob::PresignedRequest;
use isobar::document::Timestamp;
use isobar::driver::blob::{Presign, PresignAction};
use isobar::driver::metadata;
use isobar::{Error, ErrorKind, Result};

use super::S3Store;
use super::meta::{encode_crc32c, with_attributes};
use super::put::headers;
use super::read::id_of;
use crate::error::failure;

impl S3Store {
    pub(super) async fn sign(&self, bucket: &str, presign: &Presign) -> Result<PresignedRequest> {
        let now = SystemTime::now();
        let config = PresigningConfig::builder()
            .start_time(now)
            .expires_in(presign.expires_in)
            .build()
            .map_err(|error| Error::invalid("the expiry is none of S3's").with_source(error))?;
        let signed = match &presign.action {
            PresignAction::Put { .. } => self.sign_put(bucket, &presign.action, config).await?,
            other => self.sign_plain(bucket, other, config).await?,
        };
        described(&signed, now, presign.expires_in)
    }

    async fn sign_plain(
        &self,
        bucket: &str,
        action: &PresignAction,
        config: PresigningConfig,
    ) -> Result<Signed> {
        let client = &self.client;
        match action {
            PresignAction::Get {
                at,
                content_disposition,
                content_type,
            } => {
                let request = client.get_object().bucket(bucket).key(at.key.as_str());
                let request = request
                    .set_version_id(id_of(at))
                    .set_response_content_disposition(content_disposition.clone())
                    .set_response_content_type(content_type.clone());
                signed(request.presigned(config).await)
            }
            PresignAction::Head { at } => {
                let request = client.head_object().bucket(bucket).key(at.key.as_str());
                let request = request.set_version_id(id_of(at));
                signed(request.presigned(config).await)
            }
            PresignAction::Delete { at } => {
                let request = client.delete_object().bucket(bucket).key(at.key.as_str());
                let request = request.set_version_id(id_of(at));
                signed(request.presigned(config).await)
            }
            PresignAction::Part {
                key,
                token,
                number,
                size,
            } => {
                let request = client.upload_part().bucket(bucket).key(key.as_str());
                let request = request
                    .upload_id(token)
                    .part_number(number.cast_signed())
                    .set_content_length(i64::try_from(*size).ok());
                signed(request.presigned(config).await)
            }
            PresignAction::Put { .. } => Err(unsigned()),
        }
    }

    async fn sign_put(
        &self,
        bucket: &str,
        action: &PresignAction,
        config: PresigningConfig,
    ) -> Result<Signed> {
        let PresignAction::Put {
            key,
            attributes,
            condition,
            size,
            crc32c,
        } = action
        else {
            return Err(unsigned());
        };
        let (if_match, if_none_match) = headers(condition);
        let stored = metadata::encode(&attributes.metadata)?;
        let stored = (!stored.is_empty()).then(|| stored.into_iter().collect());
        let request = self.client.put_object().bucket(bucket).key(key.as_str());
        let request = with_attributes!(request, attributes)
            .set_metadata(stored)
            .set_content_length(size.and_then(|size| i64::try_from(size).ok()))
            .set_checksum_crc32_c(crc32c.map(encode_crc32c))
            .set_if_match(if_match)
            .set_if_none_match(if_none_match);
        signed(request.presigned(config).await)
    }
}

fn signed<E>(
    result: std::result::Result<Signed, crate::blob::presign::SdkError<E>>,
) -> Result<Signed>
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata
        + std::error::Error
        + Send
        + Sync
        + 'static,
{
    result.map_err(|error| failure(error).error)
}

type SdkError<E> = aws_smithy_runtime_api::client::result::SdkError<
    E,
    aws_smithy_runtime_api::client::orchestrator::HttpResponse,
>;

/// What HTTP clients send by themselves is not asked for.
const BY_ITSELF: [&str; 2] = ["host", "content-length"];

fn described(signed: &Signed, now: SystemTime, expires_in: Duration) -> Result<PresignedRequest> {
    let headers = signed.headers();
    let headers: BTreeMap<String, String> = headers
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .filter(|(name, _)| !BY_ITSELF.contains(&name.as_str()))
        .collect();
    let method = http::Method::from_bytes(signed.method().as_bytes()).map_err(|error| {
        let message = "the SDK signed a request with an unknown method";
        Error::new(ErrorKind::Internal, message).with_source(error)
    })?;
    Ok(PresignedRequest {
        method,
        url: signed.uri().to_owned(),
        headers,
        expires: Timestamp::from(now).plus(expires_in),
    })
}

fn unsigned() -> Error {
    let message = "the request is signed elsewhere";
    Error::new(ErrorKind::Internal, message)
}
