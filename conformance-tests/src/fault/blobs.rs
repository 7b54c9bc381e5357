//! The operations on blobs that meet faults.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use isobar::blob::{
    Attributes, BlobCondition, BlobKey, CopyOptions, DeleteBlobOptions, List, PutBlobOptions,
};
use isobar::document::Version;
use isobar::driver::blob::{BlobDriver, Finish, Part, Upload};
use isobar::driver::{SystemClock, within};
use isobar::{Bucket, Capabilities, Capability, Error, ErrorKind};
use isobar_fault_proxy::Proxy;

use super::operation::{Nature, Operation};
use super::verdict::{Stored, Told};
use crate::blob::sample::content;
use crate::{Context, Failure, expect};

/// One operation on blobs below a prefix of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnBlobs {
    Put,
    Overwrite,
    Create,
    Replace,
    Upload,
    CreateByUpload,
    Copy,
    CopyIfAbsent,
    SetAttributes,
    Delete,
    DeleteVersion,
    DeleteMany,
    Get,
    GetRange,
    Head,
    List,
}

/// A store of blobs, as handlers see it and as core does.
#[derive(Clone)]
pub(super) struct Files {
    bucket: Bucket,
    driver: Arc<dyn BlobDriver>,
    budget: Duration,
}

/// Larger than what a connection holds on its way, so that a body is cut while it is read.
const BLOB: usize = 100_000;
const RANGE: std::ops::Range<usize> = 1_000..90_000;
/// The metadata that an operation leaves which changes nothing but that.
const CHANGED: (&str, &str) = ("state", "changed");

static BEFORE: LazyLock<Bytes> = LazyLock::new(|| content(BLOB).into());
static AFTER: LazyLock<Bytes> = LazyLock::new(|| {
    let mut content = content(BLOB);
    content.reverse();
    content.into()
});

impl Operation for OnBlobs {
    type Prepared = Version;
    type Store = Files;

    fn all(capabilities: Capabilities) -> Vec<Self> {
        let has = |needed: &[Capability]| needed.iter().all(|needed| capabilities.has(*needed));
        let mut all = vec![
            Self::Put,
            Self::Overwrite,
            Self::Upload,
            Self::Copy,
            Self::SetAttributes,
            Self::Delete,
            Self::DeleteMany,
            Self::Get,
            Self::GetRange,
            Self::Head,
            Self::List,
        ];
        for (operation, needed) in [
            (Self::Create, &[Capability::BlobIfAbsent][..]),
            (Self::Replace, &[Capability::BlobIfVersion]),
            (
                Self::CreateByUpload,
                &[Capability::BlobIfAbsent, Capability::BlobUploadConditions],
            ),
            (
                Self::CopyIfAbsent,
                &[Capability::BlobIfAbsent, Capability::BlobCopyConditions],
            ),
            (Self::DeleteVersion, &[Capability::BlobDeleteIfVersion]),
        ] {
            if has(needed) {
                all.push(operation);
            }
        }
        all
    }

    async fn store(ctx: &Context) -> Result<(Files, Capabilities), Failure> {
        let bucket = ctx.bucket().await?;
        let capabilities = bucket.capabilities();
        let files = Files {
            bucket,
            driver: ctx.blobs()?,
            budget: Duration::MAX,
        };
        Ok((files, capabilities))
    }

    async fn behind_a_proxy(
        ctx: &Context,
        direct: &Files,
        budget: Duration,
    ) -> Result<(Files, Proxy), Failure> {
        let (driver, proxy) = ctx.blobs_behind_a_proxy().await?;
        let bucket = ctx.bucket_over(Arc::clone(&driver), direct.bucket.name());
        let files = Files {
            bucket: bucket.with_budget(budget),
            driver,
            budget,
        };
        Ok((files, proxy))
    }

    fn nature(self) -> Nature {
        Nature {
            recovers: matches!(
                self,
                Self::Put
                    | Self::Create
                    | Self::Replace
                    | Self::Upload
                    | Self::CreateByUpload
                    | Self::Get
                    | Self::GetRange
                    | Self::Head
                    | Self::List
            ),
            is_divided: self == Self::DeleteMany,
            is_checked: self != Self::GetRange,
        }
    }

    async fn prepare(self, files: &Files, name: &str) -> Result<Version, Failure> {
        let bucket = &files.bucket;
        let mut version = Version::absent();
        for at in self.blobs() {
            version = bucket.put(key(name, at), BEFORE.clone()).await?.version;
        }
        Ok(version)
    }

    async fn run(
        self,
        files: &Files,
        name: &str,
        version: &Version,
    ) -> Result<Vec<Result<(), Told>>, Failure> {
        let bucket = &files.bucket;
        let ended = match self {
            Self::Get | Self::GetRange | Self::Head | Self::List => {
                return self.read(bucket, name).await;
            }
            Self::DeleteMany => {
                let keys = self.blobs().iter().map(|at| key(name, at));
                let ended = bucket.delete_many(keys).await;
                return Ok(ended
                    .into_iter()
                    .map(|ended| told(ended.map(drop)))
                    .collect());
            }
            Self::Upload | Self::CreateByUpload => self.upload(files, name).await,
            _ => self.write(bucket, name, version).await,
        };
        Ok(vec![told(ended)])
    }

    async fn look(self, files: &Files, name: &str) -> Result<Vec<Stored>, Failure> {
        let bucket = &files.bucket;
        let mut all = Vec::new();
        let looked = match self {
            Self::DeleteMany => self.blobs(),
            _ => &["1"],
        };
        for at in looked {
            let found = found(bucket, &key(name, at)).await?;
            all.push(self.stored(found));
        }
        Ok(all)
    }
}

impl OnBlobs {
    /// An upload of a single part, which may be small: larger ones go the same way, and are cases of
    /// blobs.
    async fn upload(self, files: &Files, name: &str) -> isobar::Result<()> {
        let condition = match self {
            Self::CreateByUpload => BlobCondition::IfAbsent,
            _ => BlobCondition::None,
        };
        let size = AFTER.len() as u64;
        let upload = Upload {
            key: BlobKey::new(key(name, "1"))?,
            attributes: Attributes::default(),
            condition,
            size: Some(size),
            part_bytes: size,
            planned: false,
            token: None,
        };
        let crc32c = crc32c::crc32c(&AFTER);
        let part = Part {
            number: 1,
            offset: 0,
            content: AFTER.clone(),
            crc32c,
        };
        let work = async {
            let upload = files.driver.upload(files.bucket.name(), &upload).await?;
            let finish = Finish {
                parts: Some(vec![upload.part(&part).await?]),
                size,
                crc32c: Some(crc32c),
            };
            upload.finish(&finish).await.map(drop)
        };
        let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
        let ended = within(&clock, files.budget, work).await;
        // As a bucket says it of each write.
        ended.map_err(|error| match error.kind() {
            ErrorKind::DeadlineExceeded => error.with_outcome_unknown(),
            _ => error,
        })
    }

    /// The blobs that are there before.
    fn blobs(self) -> &'static [&'static str] {
        match self {
            Self::Put | Self::Create | Self::Upload | Self::CreateByUpload => &[],
            Self::Copy | Self::CopyIfAbsent => &["source"],
            Self::DeleteMany | Self::List => &["1", "2", "3"],
            _ => &["1"],
        }
    }

    async fn write(self, bucket: &Bucket, name: &str, version: &Version) -> isobar::Result<()> {
        let (to, from) = (key(name, "1"), key(name, "source"));
        let condition = match self {
            Self::Create | Self::CopyIfAbsent => BlobCondition::IfAbsent,
            Self::Replace | Self::DeleteVersion => BlobCondition::IfVersion(version.clone()),
            _ => BlobCondition::None,
        };
        let put = PutBlobOptions::default().with_condition(condition.clone());
        match self {
            Self::Copy | Self::CopyIfAbsent => {
                let options = CopyOptions::default().with_condition(condition);
                bucket.copy_with(from, to, options).await.map(drop)
            }
            Self::SetAttributes => {
                let changed = Attributes::default().with_metadata(CHANGED.0, CHANGED.1);
                bucket.set_attributes(to, changed).await.map(drop)
            }
            Self::Delete | Self::DeleteVersion => {
                let options = DeleteBlobOptions::default().with_condition(condition);
                bucket.delete_with(to, options).await.map(drop)
            }
            _ => bucket.put_with(to, AFTER.clone(), put).await.map(drop),
        }
    }

    async fn read(self, bucket: &Bucket, name: &str) -> Result<Vec<Result<(), Told>>, Failure> {
        let key = key(name, "1");
        let (what, read) = match self {
            Self::Get => ("the blob", whole(bucket, &key).await),
            Self::GetRange => ("the range", part(bucket, &key).await),
            Self::Head => {
                let meta = bucket.head(&key).await;
                ("the size", meta.map(|meta| meta.size == BLOB as u64))
            }
            _ => {
                let page = bucket.list(&List::new().prefix(format!("{name}/"))).await;
                let there = self.blobs().len();
                ("the listing", page.map(|page| page.entries.len() == there))
            }
        };
        if let Ok(right) = read {
            expect::that(right, &format!("{what} that was read is another"))?;
        }
        Ok(vec![told(read.map(drop))])
    }

    fn stored(self, found: Option<(Bytes, Attributes)>) -> Stored {
        let there = found.as_ref().map(|(content, attributes)| {
            let (name, value) = CHANGED;
            let changed = attributes
                .metadata
                .get(name)
                .is_some_and(|found| found == value);
            (content, changed)
        });
        let is = |content: &Bytes, changed| there == Some((content, changed));
        let (undone, done) = match self {
            Self::Get | Self::GetRange | Self::Head | Self::List => return Stored::Nothing,
            Self::Put | Self::Create | Self::Upload | Self::CreateByUpload => {
                (there.is_none(), is(&AFTER, false))
            }
            Self::Copy | Self::CopyIfAbsent => (there.is_none(), is(&BEFORE, false)),
            Self::Overwrite | Self::Replace => (is(&BEFORE, false), is(&AFTER, false)),
            Self::SetAttributes => (is(&BEFORE, false), is(&BEFORE, true)),
            Self::Delete | Self::DeleteVersion | Self::DeleteMany => {
                (is(&BEFORE, false), there.is_none())
            }
        };
        match (undone, done) {
            (true, _) => Stored::Before,
            (_, true) => Stored::Once,
            _ => Stored::Other(match found {
                Some((content, _)) => format!("a blob of {} bytes", content.len()),
                None => "no blob".to_owned(),
            }),
        }
    }
}

fn key(name: &str, at: &str) -> String {
    format!("{name}/{at}")
}

fn told(ended: isobar::Result<()>) -> Result<(), Told> {
    ended.map_err(|error: Error| Told::from(&error))
}

async fn whole(bucket: &Bucket, key: &str) -> isobar::Result<bool> {
    Ok(bucket.get(key).await?.bytes().await? == *BEFORE)
}

async fn part(bucket: &Bucket, key: &str) -> isobar::Result<bool> {
    let range = RANGE.start as u64..RANGE.end as u64;
    let part = bucket.get_range(key, range).await?.bytes().await?;
    Ok(Some(&*part) == BEFORE.get(RANGE))
}

async fn found(bucket: &Bucket, key: &str) -> Result<Option<(Bytes, Attributes)>, Failure> {
    match bucket.get(key).await {
        Ok(blob) => {
            let attributes = blob.meta.attributes.clone();
            Ok(Some((blob.bytes().await?, attributes)))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
