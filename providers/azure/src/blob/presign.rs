//! Requests that others send, each with a signature for one blob (rule K10).
//!
//! Azure signs what may be done with which blob until when, and no header: what its sender must be
//! held to is refused, unless a permission says it (create only).

use std::collections::BTreeMap;

use azure_core::base64;
use http::Method;
use isobar::blob::{BlobCondition, PresignedRequest};
use isobar::driver::blob::{BlobAddress, Presign, PresignAction};
use isobar::{Error, Result};

use super::BlobStore;
use super::multipart::UploadId;
use super::signature::Grant;

impl BlobStore {
    pub(super) fn sign(&self, bucket: &str, presign: &Presign) -> Result<PresignedRequest> {
        let mut headers = BTreeMap::new();
        let mut grant = Grant {
            expires_in: presign.expires_in,
            ..Grant::default()
        };
        let (method, at) = match &presign.action {
            PresignAction::Get {
                at,
                content_disposition,
                content_type,
            } => {
                grant.permissions = "r";
                grant.content_disposition = content_disposition.as_deref();
                grant.content_type = content_type.as_deref();
                (Method::GET, at.clone())
            }
            PresignAction::Head { at } => {
                grant.permissions = "r";
                (Method::HEAD, at.clone())
            }
            PresignAction::Delete { at } => {
                grant.permissions = if at.version_id.is_some() { "x" } else { "d" };
                (Method::DELETE, at.clone())
            }
            PresignAction::Put { key, condition, .. } => {
                // Core asks for nothing that needs signed headers.
                grant.permissions = match condition {
                    BlobCondition::IfAbsent => "c",
                    _ => "w",
                };
                let kind = ("x-ms-blob-type", "BlockBlob");
                headers.insert(kind.0.to_owned(), kind.1.to_owned());
                (Method::PUT, BlobAddress::from(key.clone()))
            }
            PresignAction::Part {
                key, token, number, ..
            } => {
                grant.permissions = "w";
                grant.parameters = block(token, *number)?;
                (Method::PUT, BlobAddress::from(key.clone()))
            }
        };
        let (url, expires) = self.signed(bucket, &at, grant)?;
        Ok(PresignedRequest {
            method,
            url: url.into(),
            headers,
            expires,
        })
    }
}

/// What a request to send a block says in its query.
fn block(token: &str, number: u32) -> Result<Vec<(&'static str, String)>> {
    let id = UploadId::parse(token);
    let id = id.ok_or_else(|| Error::invalid("the token is not one of this store"))?;
    let name = base64::encode(id.block(number));
    Ok(vec![("comp", "block".to_owned()), ("blockid", name)])
}
