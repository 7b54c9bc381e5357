//! An upload whose parts somebody without credentials sends (rule K10).

use std::time::Duration;

use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use serde::Serialize;

use super::UploadToken;
use super::binding::{Binding, Operation, checked};
use super::presign::check_expiry;
use super::{BlobKey, Bucket, IntoBlobKey, ObjectMeta, PresignedRequest, PutBlobOptions};
use crate::capability::Capability;
use crate::driver::blob::{Finish, TransferLimits, Upload};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Effect;

/// An upload under way that others carry out: each sends its request for each part, in any order,
/// and then whoever has the token [finishes](Bucket::finish_upload) it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UploadPlan {
    /// The parts, in their order.
    pub parts: Vec<PlannedPart>,
    /// What finishes or aborts the upload.
    pub token: UploadToken,
}

/// One part of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedPart {
    /// Where it starts in the content, in bytes.
    pub offset: u64,
    /// How many bytes it has.
    pub size: u64,
    /// What to send, with these bytes as its body.
    pub request: PresignedRequest,
}

const PLAN: Operation = Operation("blob.plan_upload", Effect::Write);
const FINISH: Operation = Operation("blob.finish_upload", Effect::Write);
const ABORT: Operation = Operation("blob.abort_upload", Effect::Write);

/// How many parts are signed at the same time, where that asks the cloud for a signature.
const CONCURRENT: usize = 16;

impl Bucket {
    /// Begins an upload of `size` bytes whose parts others send, with requests that are good for
    /// `expires_in`, from 1 second to 7 days.
    ///
    /// The blob becomes visible when the upload is finished. For stores with
    /// [`PresignedUploads`](crate::Capability::PresignedUploads); a condition needs
    /// [`BlobUploadConditions`](crate::Capability::BlobUploadConditions).
    pub async fn plan_upload(
        &self,
        key: impl IntoBlobKey,
        size: u64,
        expires_in: Duration,
        options: PutBlobOptions,
    ) -> Result<UploadPlan> {
        let key = key.into_blob_key();
        let work = self.binding.plan(&key, size, (expires_in, options));
        self.binding.run_at(PLAN, &key, work).await
    }

    /// Makes the blob of a planned upload visible, whole, if its condition holds.
    ///
    /// `PreconditionFailed` where a part is missing or of another size, which leaves the upload
    /// open; `NotFound` where the upload was finished or aborted before.
    pub async fn finish_upload(&self, token: &UploadToken) -> Result<ObjectMeta> {
        let key = Ok(token.key().clone());
        let work = async {
            self.binding.require_plans()?;
            let upload = self.binding.reopen(token).await?;
            let finish = Finish {
                parts: None,
                size: token.size(),
                crc32c: None,
            };
            upload.finish(&finish).await
        };
        self.binding.run_at(FINISH, &key, work).await
    }

    /// Removes what was sent of a planned upload, which can then not be finished; succeeds where
    /// there is nothing.
    pub async fn abort_upload(&self, token: &UploadToken) -> Result<()> {
        let key = Ok(token.key().clone());
        let work = async {
            self.binding.require_plans()?;
            self.binding.reopen(token).await?.abort().await
        };
        match self.binding.run_at(ABORT, &key, work).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            ended => ended,
        }
    }
}

impl Binding {
    fn require_plans(&self) -> Result<()> {
        self.capabilities().require(&[Capability::PresignedUploads])
    }

    async fn plan(
        &self,
        key: &Result<BlobKey>,
        size: u64,
        (expires_in, options): (Duration, PutBlobOptions),
    ) -> Result<UploadPlan> {
        self.require_plans()?;
        options.attributes.check()?;
        self.check(&options.condition, &[Capability::BlobUploadConditions])?;
        check_expiry(expires_in)?;
        if options.crc32c.is_some() || options.size.is_some_and(|declared| declared != size) {
            let message = "others send the content of a planned upload: its size is told once, \
                           and its checksum is not known";
            return Err(Error::invalid(message));
        }
        let upload = Upload {
            key: checked(key)?.clone(),
            attributes: options.attributes,
            condition: options.condition,
            size: Some(size),
            part_bytes: self.description.transfer.part_bytes(Some(size))?,
            planned: true,
            token: None,
        };
        let begun = self.driver.upload(&self.name, &upload).await?;
        let token = begun.token().ok_or_else(|| {
            let message = "the store did not name the upload";
            Error::new(ErrorKind::Internal, message)
        })?;
        let signed = self.sign_parts(&upload, &token, expires_in).await;
        let parts = match signed {
            Ok(parts) => parts,
            Err(error) => {
                begun.abort().await?;
                return Err(error);
            }
        };
        begun.leave();
        let token = Some(token);
        Ok(UploadPlan {
            parts,
            token: UploadToken::new(Upload { token, ..upload }),
        })
    }

    async fn sign_parts(
        &self,
        upload: &Upload,
        token: &str,
        expires_in: Duration,
    ) -> Result<Vec<PlannedPart>> {
        let size = upload.size.unwrap_or(0);
        let parts = TransferLimits::parts_of(size, upload.part_bytes).zip(1..);
        let signed = parts.map(|(part, number)| async move {
            let size = part.end - part.start;
            let named = (&upload.key, token);
            let request = self.presign_part(named, (number, size), expires_in);
            Ok(PlannedPart {
                offset: part.start,
                size,
                request: request.await?,
            })
        });
        iter(signed).buffered(CONCURRENT).try_collect().await
    }

    async fn reopen(
        &self,
        token: &UploadToken,
    ) -> Result<std::sync::Arc<dyn crate::driver::blob::UploadDriver>> {
        self.driver.upload(&self.name, &token.upload).await
    }
}
