//! Requests that somebody without credentials can send (rule K10).

use std::collections::BTreeMap;

use http::header::{CONTENT_LENGTH, HOST};
use isobar::blob::{BlobKey, PresignedRequest};
use isobar::document::Timestamp;
use isobar::driver::blob::{Presign, PresignAction};
use isobar::{Capability, Error, ErrorKind, Result};
use opendal::options::{DeleteOptions, ReadOptions};
use opendal::raw::{OpDelete, OpPresign, OpRead, OpReader, OpStat, OpWrite};

use super::meta::{self, Content};
use super::{OpendalStore, Place};
use crate::Service;
use crate::error::call;
use crate::transport::Answer;

impl OpendalStore {
    pub(super) async fn sign(&self, bucket: &str, presign: &Presign) -> Result<PresignedRequest> {
        let place = self.place(bucket)?;
        let (key, operation) = self.operation(&place, presign)?;
        let path = self.service.keys().path(key)?;
        let expires = meta::now().plus(presign.expires_in);
        let signed = place.service.presign_dyn(&place.context, &path, operation);
        let (signed, _) = call(signed).await.map_err(|failed| failed.error)?;
        described(&signed.into_presigned_request(), expires)
    }

    fn operation<'p>(
        &self,
        place: &Place,
        presign: &'p Presign,
    ) -> Result<(&'p BlobKey, OpPresign)> {
        let span = presign.expires_in;
        let refused = |error| crate::error::failure(error, &Answer::default()).error;
        Ok(match &presign.action {
            PresignAction::Head { at } => (&at.key, OpPresign::new(OpStat::new(), span)),
            PresignAction::Get {
                at,
                content_disposition,
                content_type,
            } => {
                let asks = content_disposition.is_some() || content_type.is_some();
                if asks && self.service != Service::S3 {
                    return Err(unsigned("other headers of the answer"));
                }
                let options = ReadOptions {
                    override_content_disposition: content_disposition.clone(),
                    override_content_type: content_type.clone(),
                    ..ReadOptions::default()
                };
                let (_, read, _): (_, OpRead, OpReader) = options.into();
                (&at.key, OpPresign::new(read, span))
            }
            PresignAction::Put {
                key,
                attributes,
                condition,
                size,
                crc32c,
            } => {
                if size.is_some() || crc32c.is_some() {
                    return Err(unsigned("the size or the checksum of the content"));
                }
                let content = Content {
                    attributes,
                    crc32c: None,
                    mark: None,
                };
                let can = place.service.capability_dyn();
                let mut options = content.options(&can, self.service.notes())?;
                meta::conditional(condition, &mut options);
                let (write, _) = OpWrite::from_options(&can, options).map_err(refused)?;
                (key, OpPresign::new(write, span))
            }
            PresignAction::Delete { at } if self.service == Service::S3 => {
                let can = place.service.capability_dyn();
                let delete = OpDelete::from_options(&can, DeleteOptions::default());
                (&at.key, OpPresign::new(delete.map_err(refused)?, span))
            }
            PresignAction::Delete { .. } => return Err(unsigned("a delete")),
            PresignAction::Part { .. } => {
                return Err(Error::unsupported(Capability::PresignedUploads));
            }
        })
    }
}

fn unsigned(what: &str) -> Error {
    let message = format!("OpenDAL cannot sign {what} for this service");
    Error::new(ErrorKind::Unsupported, message)
}

fn described(
    signed: &opendal::raw::PresignedRequest,
    expires: Timestamp,
) -> Result<PresignedRequest> {
    let mut headers = BTreeMap::new();
    for (name, value) in signed.header() {
        // HTTP itself needs these.
        if name == HOST || name == CONTENT_LENGTH {
            continue;
        }
        let value = value.to_str().map_err(|error| {
            let message = "a header of the signed request is not text";
            Error::new(ErrorKind::Internal, message).with_source(error)
        })?;
        headers.insert(name.as_str().to_owned(), value.to_owned());
    }
    Ok(PresignedRequest {
        method: signed.method().clone(),
        url: signed.uri().to_string(),
        headers,
        expires,
    })
}
