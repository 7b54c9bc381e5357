//! Copying and moving blobs, within a bucket and between buckets, at any size.

use std::sync::Arc;

use super::binding::{Binding, Operation, checked};
use super::deletes::DELETE;
use super::{Attributes, BlobCondition, BlobKey, Bucket, CopyOptions, GetBlobOptions};
use super::{IntoBlobKey, ObjectMeta, PutBlobOptions};
use crate::capability::Capability;
use crate::driver::blob::{BlobAddress, Copy, Delete};
use crate::error::{Error, Result};
use crate::operation::Effect;

const COPY: Operation = Operation("blob.copy", Effect::Write);

impl Bucket {
    /// Copies a blob with its attributes, in place of what was there.
    pub async fn copy(&self, from: impl IntoBlobKey, to: impl IntoBlobKey) -> Result<ObjectMeta> {
        self.copy_with(from, to, CopyOptions::default()).await
    }

    /// Copies a blob, with options.
    pub async fn copy_with(
        &self,
        from: impl IntoBlobKey,
        to: impl IntoBlobKey,
        options: CopyOptions,
    ) -> Result<ObjectMeta> {
        self.copy_to(from, self, to, options).await
    }

    /// Copies a blob into another bucket, with its attributes unless others are given.
    ///
    /// Within one store the bytes stay there; the time budget is that of the whole copy. To another
    /// store they are streamed, checked against the checksum of the source, and visible only when
    /// all have arrived.
    pub async fn copy_to(
        &self,
        from: impl IntoBlobKey,
        target: &Bucket,
        to: impl IntoBlobKey,
        options: CopyOptions,
    ) -> Result<ObjectMeta> {
        let (from, to) = (from.into_blob_key(), to.into_blob_key());
        if Arc::ptr_eq(&self.binding.driver, &target.binding.driver) {
            let work = target
                .binding
                .copy(&self.binding.name, &from, (&to, options));
            return target.binding.run_at(COPY, &to, work).await;
        }
        self.stream_to(checked(&from)?, target, checked(&to)?, options)
            .await
    }

    /// Gives a blob other attributes, all of them; the content stays and the version changes.
    pub async fn set_attributes(
        &self,
        key: impl IntoBlobKey,
        attributes: Attributes,
    ) -> Result<ObjectMeta> {
        let key = key.into_blob_key();
        let key = checked(&key)?;
        let options = CopyOptions::default().with_attributes(attributes);
        self.copy_with(key, key, options).await
    }

    /// Moves a blob within the bucket, in place of what was there.
    pub async fn rename(&self, from: impl IntoBlobKey, to: impl IntoBlobKey) -> Result<ObjectMeta> {
        self.move_to(from, self, to, CopyOptions::default()).await
    }

    /// Moves a blob into another bucket, with its attributes unless others are given: a copy, and
    /// then the removal of exactly what was copied.
    ///
    /// A failure in between leaves both, never neither; where somebody has replaced the source
    /// meanwhile, `PreconditionFailed` leaves the copy and what they stored. For sources in stores
    /// with [`BlobDeleteIfVersion`](crate::Capability::BlobDeleteIfVersion) and
    /// [`PinnedReads`](crate::Capability::PinnedReads).
    pub async fn move_to(
        &self,
        from: impl IntoBlobKey,
        target: &Bucket,
        to: impl IntoBlobKey,
        options: CopyOptions,
    ) -> Result<ObjectMeta> {
        let (from, to) = (from.into_blob_key(), to.into_blob_key());
        let operation = Operation("blob.move", Effect::Read);
        let prepared = async {
            let needed = [Capability::BlobDeleteIfVersion, Capability::PinnedReads];
            self.capabilities().require(&needed)?;
            if options.from_version_id.is_some() {
                return Err(Error::invalid("only the present version can be moved"));
            }
            let (from, to) = (checked(&from)?, checked(&to)?);
            if from == to && self.binding.name == target.binding.name {
                return Err(Error::invalid("a blob cannot be moved to where it is"));
            }
            Ok((from.clone(), to.clone()))
        };
        let (from, to) = self.binding.run(operation, prepared).await?;
        let source = self.head(&from).await?;
        let version = options.from_version.clone().unwrap_or(source.version);
        let options = options.with_source_version(version.clone());
        let moved = self.copy_to(&from, target, &to, options).await?;
        let delete = Delete {
            at: BlobAddress::from(from.clone()),
            condition: BlobCondition::IfVersion(version),
        };
        let work = self.binding.driver.delete(&self.binding.name, &delete);
        self.binding.run_at(DELETE, &Ok(from), work).await?;
        Ok(moved)
    }

    async fn stream_to(
        &self,
        from: &BlobKey,
        target: &Bucket,
        to: &BlobKey,
        options: CopyOptions,
    ) -> Result<ObjectMeta> {
        let get = GetBlobOptions {
            if_version: options.from_version,
            version_id: options.from_version_id,
            ..GetBlobOptions::default()
        };
        let source = self.get_with(from, get).await?;
        let mut put = PutBlobOptions::default()
            .with_attributes(options.attributes.unwrap_or(source.meta.attributes))
            .with_condition(options.condition)
            .with_size(source.meta.size);
        put.crc32c = source.meta.crc32c;
        target.put_stream(to, source.body, put).await
    }
}

impl Binding {
    async fn copy(
        &self,
        from_bucket: &str,
        from: &Result<BlobKey>,
        (to, options): (&Result<BlobKey>, CopyOptions),
    ) -> Result<ObjectMeta> {
        self.check(&options.condition, &[Capability::BlobCopyConditions])?;
        if let Some(attributes) = &options.attributes {
            attributes.check()?;
        }
        if options.from_version.is_some() {
            self.capabilities().require(&[Capability::PinnedReads])?;
        }
        let copy = Copy {
            from_bucket: from_bucket.to_owned(),
            from: self.address(from, options.from_version_id)?,
            from_version: options.from_version,
            to: checked(to)?.clone(),
            attributes: options.attributes,
            condition: options.condition,
        };
        self.driver.copy(&self.name, &copy).await
    }
}
