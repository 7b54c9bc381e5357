//! An upload in blocks, which are seen when the list of them is committed.
//!
//! A block is one of the blob, not of an upload: all that is written at a key shares its uncommitted
//! blocks, and every commit or put at the key discards those that it does not take.

use std::fmt::Write as _;

use async_trait::async_trait;
use azure_core::http::headers::Headers;
use azure_storage_blob::models::{
    BlockBlobClientCommitBlockListOptions, BlockListType, BlockLookupList,
};
use isobar::blob::{BlobCondition, ObjectMeta};
use isobar::document::Version;
use isobar::driver::Failure;
use isobar::driver::blob::{Finish, Part, PartTag, Upload, UploadDriver};
use isobar::{Error, ErrorKind, Result};

use super::BlobStore;
use super::client::attempt;
use super::failure::failure;
use super::meta::metadata;
use super::put::refused;
use super::write::{Expected, Sending, headers};

/// The number of the block that says that the upload was aborted: no part has it.
const ABORTED: u32 = u32::MAX;

/// The name of an upload: its blocks begin so. With the number that follows they are as long as
/// those of the vendor's client, because all blocks of a blob must be of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UploadId([u8; 12]);

impl UploadId {
    pub(super) fn generate() -> Self {
        let random = Version::generate();
        Self::parse(random.as_str().get(..24).unwrap_or_default()).unwrap_or(Self([0; 12]))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 12];
        if text.len() != 24 || !text.is_ascii() {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    pub(super) fn text(self) -> String {
        self.0.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The id of a block.
    pub(super) fn block(self, number: u32) -> Vec<u8> {
        [self.0.as_slice(), &number.to_be_bytes()].concat()
    }

    /// The number of a block of this upload.
    fn number(self, block: &[u8]) -> Option<u32> {
        let number = block.strip_prefix(self.0.as_slice())?;
        Some(u32::from_be_bytes(number.try_into().ok()?))
    }
}

/// An upload under way.
#[derive(Debug)]
pub(super) struct BlockUpload {
    store: BlobStore,
    bucket: String,
    upload: Upload,
    id: UploadId,
}

/// The blocks that a blob has of an upload.
struct Blocks {
    /// Bytes of each part, in their order.
    sizes: Vec<(u32, u64)>,
    aborted: bool,
}

impl BlobStore {
    pub(super) fn open_upload(&self, bucket: &str, upload: &Upload) -> Result<BlockUpload> {
        if upload.planned && upload.size == Some(0) {
            let message = "Azure Blob Storage has no parts without content: sign a put instead";
            return Err(Error::invalid(message));
        }
        let id = match upload.token.as_deref() {
            None => UploadId::generate(),
            Some(token) => UploadId::parse(token)
                .ok_or_else(|| Error::invalid("the token is not one of this store"))?,
        };
        self.blob(bucket, &upload.key)?;
        Ok(BlockUpload {
            store: self.clone(),
            bucket: bucket.to_owned(),
            upload: upload.clone(),
            id,
        })
    }
}

#[async_trait]
impl UploadDriver for BlockUpload {
    fn token(&self) -> Option<String> {
        Some(self.id.text())
    }

    async fn part(&self, part: &Part) -> Result<PartTag> {
        // The service has no blocks without content.
        if !part.content.is_empty() {
            self.stage(part.number, &part.content).await?;
        }
        Ok(PartTag::default())
    }

    async fn finish(&self, finish: &Finish) -> Result<ObjectMeta> {
        let numbers = match &finish.parts {
            _ if finish.size == 0 => Vec::new(),
            Some(tags) => (1..).take(tags.len()).collect(),
            None => self.check(finish.size).await?,
        };
        let expected = Expected {
            key: self.upload.key.clone(),
            size: finish.size,
            crc32c: finish.crc32c,
            attributes: self.upload.attributes.clone(),
            condition: self.upload.condition.clone(),
            mark: Some(self.id.text()),
        };
        let commit = Commit {
            store: &self.store,
            bucket: &self.bucket,
            expected: &expected,
            blocks: numbers
                .iter()
                .map(|number| self.id.block(*number))
                .collect(),
        };
        match self.store.write(&self.bucket, &expected, commit).await {
            Err(error) if is_discarded(&error) => Err(self.judged(error).await),
            finished => finished,
        }
    }

    /// Nothing of the service's removes blocks, which it discards after a week: the upload is marked
    /// so that it cannot be finished.
    async fn abort(&self) -> Result<()> {
        if self.upload.token.is_none() {
            return Ok(());
        }
        let found = self.found().await?;
        if found.aborted {
            return Err(ended("aborted"));
        }
        if found.sizes.is_empty() && self.is_finished().await? {
            return Err(ended("finished"));
        }
        self.stage(ABORTED, &bytes::Bytes::from_static(b"x")).await
    }

    fn leave(&self) {}
}

impl BlockUpload {
    /// Sends a block, which replaces one of the same name.
    async fn stage(&self, number: u32, content: &bytes::Bytes) -> Result<()> {
        let client = self.store.blob(&self.bucket, &self.upload.key)?;
        let (client, id) = (client.block_blob_client(), self.id.block(number));
        let size = content.len() as u64;
        let staged = self.store.reading(|| {
            let request = client.stage_block(&id, size, content.clone().into(), None);
            attempt(size, request)
        });
        staged.await.map(drop)
    }

    /// The numbers of the parts that others have sent, if they are all there.
    async fn check(&self, size: u64) -> Result<Vec<u32>> {
        let found = self.found().await?;
        if found.aborted {
            return Err(ended("aborted"));
        }
        if found.sizes.is_empty() && self.is_finished().await? {
            return Err(ended("finished"));
        }
        let sizes: Vec<u64> = found.sizes.iter().map(|(_, size)| *size).collect();
        self.upload.check_parts(size, &sizes)?;
        Ok(found.sizes.into_iter().map(|(number, _)| number).collect())
    }

    async fn found(&self) -> Result<Blocks> {
        let client = self.store.blob(&self.bucket, &self.upload.key)?;
        let client = client.block_blob_client();
        let listed = self.store.reading(|| {
            let list = client.get_block_list(BlockListType::Uncommitted, None);
            attempt(0, async { list.await?.into_model() })
        });
        let blocks = match listed.await {
            Ok(list) => list.uncommitted_blocks.unwrap_or_default(),
            // There is neither a blob nor a block.
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let own = blocks.into_iter().filter_map(|block| {
            let number = self.id.number(&block.name?)?;
            Some((number, u64::try_from(block.size?).ok()?))
        });
        let mut sizes: Vec<(u32, u64)> = own.collect();
        sizes.sort_unstable();
        let aborted = sizes.pop_if(|(number, _)| *number == ABORTED).is_some();
        Ok(Blocks { sizes, aborted })
    }

    /// What it means that parts were discarded: by the blob that is there now, that the condition does
    /// not hold of it.
    async fn judged(&self, discarded: Error) -> Error {
        let at = self.upload.key.clone().into();
        let found = match self.store.look(&self.bucket, &at).await {
            Ok(stored) => Some(stored.meta.version),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(_) => return discarded,
        };
        match (&self.upload.condition, found) {
            (BlobCondition::IfAbsent, Some(_)) => {
                let message = "there is a blob at this key";
                Error::new(ErrorKind::AlreadyExists, message)
            }
            (BlobCondition::IfVersion(version), found) if found.as_ref() != Some(version) => {
                let message = "the blob has another version";
                Error::new(ErrorKind::PreconditionFailed, message)
            }
            _ => discarded,
        }
    }

    async fn is_finished(&self) -> Result<bool> {
        let at = self.upload.key.clone().into();
        match self.store.look(&self.bucket, &at).await {
            Ok(stored) => Ok(stored.mark == Some(self.id.text())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn ended(how: &str) -> Error {
    let message = format!("the upload was {how} before");
    Error::new(ErrorKind::NotFound, message)
}

/// A list of blocks, committed once.
pub(super) struct Commit<'c> {
    pub(super) store: &'c BlobStore,
    pub(super) bucket: &'c str,
    pub(super) expected: &'c Expected,
    pub(super) blocks: Vec<Vec<u8>>,
}

impl Sending for Commit<'_> {
    async fn send(
        &self,
        condition: &BlobCondition,
        mark: Option<&str>,
    ) -> Result<Headers, Failure> {
        let Expected {
            key,
            crc32c,
            attributes,
            ..
        } = self.expected;
        let client = self.store.blob(self.bucket, key).map_err(refused)?;
        let (if_match, if_none_match) = headers(condition);
        let metadata = metadata(attributes, *crc32c, mark).map_err(refused)?;
        let options = BlockBlobClientCommitBlockListOptions {
            blob_content_type: attributes.content_type.clone(),
            blob_content_disposition: attributes.content_disposition.clone(),
            blob_content_encoding: attributes.content_encoding.clone(),
            blob_content_language: attributes.content_language.clone(),
            blob_cache_control: attributes.cache_control.clone(),
            metadata: Some(metadata),
            if_match,
            if_none_match,
            ..BlockBlobClientCommitBlockListOptions::default()
        };
        // A commit whose answer was lost finds its blocks committed, and takes them again.
        let list = BlockLookupList {
            latest: Some(self.blocks.clone()),
            ..BlockLookupList::default()
        };
        let list = list.try_into().map_err(failure)?;
        let client = client.block_blob_client();
        let answer = attempt(0, client.commit_block_list(list, Some(options))).await;
        answer
            .map(|answer| answer.headers().clone())
            .map_err(discarded)
    }
}

/// What it means that blocks are missing which were there.
fn discarded(failure: Failure) -> Failure {
    let error = &failure.error;
    if !is_discarded(error) {
        return failure;
    }
    let message = "another write of the same blob discarded parts of this upload: upload it again";
    let told = (error.provider_code(), error.request_id());
    let error = Error::new(ErrorKind::Contention, message).with_provider_code(told.0, told.1);
    Failure {
        error: error.with_retryable(false),
        effect: failure.effect,
    }
}

fn is_discarded(error: &Error) -> bool {
    matches!(
        error.provider_code(),
        Some("InvalidBlockList" | "InvalidBlobOrBlock")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_known_by_the_name_of_their_upload() {
        let id = UploadId::generate();
        assert_eq!(UploadId::parse(&id.text()), Some(id));
        let block = id.block(7);
        assert_eq!((block.len(), id.number(&block)), (16, Some(7)));
        assert_ne!(UploadId::generate(), id);
        assert_eq!(UploadId::generate().number(&block), None);
        for other in ["", "0123456789abcdef0123456x", "0123456789abcdef01234567ü"] {
            assert_eq!(UploadId::parse(other), None, "{other}");
        }
    }
}
