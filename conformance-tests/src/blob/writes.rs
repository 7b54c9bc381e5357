//! Put.

use futures_util::future::join_all;
use isobar::ErrorKind;
use isobar::blob::{Attributes, List, PutBlobOptions};

use super::sample::{content, holds, listed};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-010",
        "put stores any content, replaces it as a whole, and refuses a key or header that is none",
        "K1 K7",
        |ctx| Box::pin(puts(ctx)),
    ),
    Case::blob(
        "B-012",
        "twenty blobs written and read at the same time keep apart",
        "K7",
        |ctx| Box::pin(concurrent_puts(ctx)),
    ),
    Case::blob(
        "B-234",
        "a blob of no bytes is there and has no bytes",
        "K7",
        |ctx| Box::pin(empty_blob(ctx)),
    ),
    Case::blob(
        "B-236",
        "the CRC32C of the content is kept and told by put, get and head",
        "K8",
        |ctx| Box::pin(checksum_is_kept(ctx)),
    ),
    Case::blob(
        "B-254",
        "reads and listings see each put and delete that was acknowledged before",
        "K3",
        |ctx| Box::pin(reads_see_writes(ctx)),
    ),
    Case::blob(
        "B-400",
        "a blob of 12 MB comes back byte for byte",
        "K7 K8",
        |ctx| Box::pin(large_blob(ctx)),
    ),
];

async fn puts(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let meta = bucket.put("a", content(1_000)).await?;
    expect::equal("the key told", meta.key.as_str(), "a")?;
    expect::equal("the size told", &meta.size, &1_000)?;
    holds(&bucket, "a", &content(1_000)).await?;
    let replaced = bucket.put("a", "short").await?;
    expect::different("the version", &replaced.version, &meta.version)?;
    holds(&bucket, "a", b"short").await?;
    let every_byte: Vec<u8> = (0..=255).collect();
    bucket.put("b", every_byte.clone()).await?;
    holds(&bucket, "b", &every_byte).await?;
    let refused = bucket.put("", "x").await;
    expect::kind("an empty key", refused, ErrorKind::InvalidArgument)?;
    for bad in ["text/plain\r\nx: y", "a\0b", "a\nb"] {
        let attributes = Attributes::default().with_content_type(bad);
        let options = PutBlobOptions::default().with_attributes(attributes);
        let refused = bucket.put_with("a", "new", options).await;
        expect::kind("the content type", refused, ErrorKind::InvalidArgument)?;
    }
    holds(&bucket, "a", b"short").await
}

async fn concurrent_puts(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let tasks = (0..20_usize).map(|n| {
        let bucket = bucket.clone();
        tokio::spawn(async move {
            let (key, own) = (format!("blob-{n}"), content(1_000 + n));
            bucket.put(&key, own.clone()).await?;
            holds(&bucket, &key, &own).await
        })
    });
    for ended in join_all(tasks).await {
        ended.map_err(|error| Failure::new(error.to_string()))??;
    }
    for n in 0..20 {
        holds(&bucket, format!("blob-{n}"), &content(1_000 + n)).await?;
    }
    Ok(())
}

async fn empty_blob(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("empty", "").await?;
    holds(&bucket, "empty", b"").await?;
    expect::equal("the size", &bucket.head("empty").await?.size, &0)?;
    bucket.put("filled", "x").await?;
    bucket.put("filled", "").await?;
    holds(&bucket, "filled", b"").await
}

async fn checksum_is_kept(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    // The check value of CRC-32C in the catalogues of CRCs.
    let expected = Some(0xe306_9283);
    let put = bucket.put("a", "123456789").await?;
    expect::equal("the checksum of put", &put.crc32c, &expected)?;
    let head = bucket.head("a").await?;
    expect::equal("the checksum of head", &head.crc32c, &expected)?;
    let get = bucket.get("a").await?;
    expect::equal("the checksum of get", &get.meta.crc32c, &expected)?;
    let part = bucket.get_range("a", 2..4).await?;
    // Stores may leave it out of the answer to a range, but not tell that of the part.
    let part = part.meta.crc32c.or(expected);
    expect::equal("the checksum told with a part", &part, &expected)
}

async fn reads_see_writes(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let all = List::new();
    for turn in 0..10 {
        let text = format!("turn {turn}");
        bucket.put("a", text.clone()).await?;
        holds(&bucket, "a", text.as_bytes()).await?;
        let found = listed(&bucket, &all).await?;
        expect::equal("the listing after put", &found, &vec!["a".to_owned()])?;
        bucket.delete("a").await?;
        let gone = bucket.get("a").await;
        expect::kind("get after delete", gone, ErrorKind::NotFound)?;
        let found = listed(&bucket, &all).await?;
        expect::equal("the listing after delete", &found, &Vec::new())?;
    }
    Ok(())
}

async fn large_blob(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let large = content(12_000_000);
    let meta = bucket.put("large", large.clone()).await?;
    expect::equal("the size told", &meta.size, &12_000_000)?;
    let found = bucket.get("large").await?.bytes().await?;
    expect::that(found == large, "the content is not what was put")?;
    let tail = bucket.get_range("large", 11_999_990..12_000_000).await?;
    expect::equal("the tail", &*tail.bytes().await?, &large[11_999_990..])
}
