//! The versions that a bucket keeps.

use isobar::Capability;
use isobar::blob::{GetBlobOptions, List, VersionState};

use super::sample::holds;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[Case::blob(
    "B-282",
    "each present blob is listed as its present version, which can be read, whatever the bucket keeps",
    "K3",
    |ctx| Box::pin(present_versions(ctx)),
)
.needs(&[Capability::BlobVersions])];

async fn present_versions(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    for key in ["a", "b/1", "b/2", "c +☺"] {
        bucket.put(key, format!("the first of {key}")).await?;
        bucket.put(key, format!("the last of {key}")).await?;
    }
    let (mut found, mut list) = (Vec::new(), List::new().limit(2));
    loop {
        let page = bucket.list_versions(&list).await?;
        found.extend(page.versions);
        match page.next {
            Some(next) => list = list.resume(next),
            None => break,
        }
    }
    found.retain(|version| version.state == VersionState::Present);
    let keys: Vec<_> = found
        .iter()
        .map(|version| version.meta.key.as_str())
        .collect();
    expect::equal("the keys", &keys, &vec!["a", "b/1", "b/2", "c +☺"])?;
    for version in found {
        let key = &version.meta.key;
        let options = GetBlobOptions::default().with_version_id(version.id.clone());
        let read = bucket.get_with(key, options).await?.bytes().await?;
        expect::equal(
            "the content",
            &*read,
            format!("the last of {key}").as_bytes(),
        )?;
        let head = bucket.head_version(key, version.id).await?;
        expect::equal("the size", &head.size, &version.meta.size)?;
    }
    holds(&bucket, "a", b"the last of a").await
}
