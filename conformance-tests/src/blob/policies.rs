//! What signed requests hold their senders to, and what lets pages send them.

use std::time::Duration;

use isobar::blob::{
    Attributes, PresignOptions, PresignPutOptions, PresignedRequest, PutBlobOptions,
};
use isobar::{Bucket, Capability, ErrorKind};

use super::sample::{content, holds};
use crate::web::{send, send_to};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-265",
        "a signed put of a size stores content of that size and no other",
        "K10",
        |ctx| Box::pin(held_to_its_size(ctx)),
    )
    .needs(&[Capability::PresignedRequests, Capability::SignedHeaders]),
    Case::blob(
        "B-266",
        "a page of any origin may send signed requests where the bucket allows it",
        "K10",
        |ctx| Box::pin(pages_may_send(ctx)),
    )
    .needs(&[Capability::PresignedRequests]),
    Case::blob(
        "B-437",
        "a signed put is refused with content of another checksum",
        "K8 K10",
        |ctx| Box::pin(held_to_its_checksum(ctx)),
    )
    .needs(&[Capability::PresignedRequests, Capability::SignedHeaders]),
    Case::blob(
        "B-438",
        "a signed request is refused once its time is over",
        "K10",
        |ctx| Box::pin(no_longer_good(ctx)),
    )
    .needs(&[Capability::PresignedRequests]),
    Case::blob(
        "B-439",
        "attributes that would break out of a header are InvalidArgument; metadata breaks out of nothing",
        "K2",
        |ctx| Box::pin(no_broken_headers(ctx)),
    ),
    Case::blob(
        "B-440",
        "what would break out of a header of a signed request or its answer is InvalidArgument",
        "K2 K10",
        |ctx| Box::pin(no_broken_signed_headers(ctx)),
    )
    .needs(&[Capability::PresignedRequests, Capability::SignedHeaders]),
];

fn put() -> PresignPutOptions {
    PresignPutOptions::default()
}

async fn held_to_its_size(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let request = bucket.presign_put("a", put().with_size(1_000)).await?;
    for size in [0, 999, 1_001, 20_000] {
        let answer = sent(&request, content(size)).await?;
        let what = format!("content of {size} bytes was taken");
        expect::that(answer / 100 == 4, &what)?;
        let none = bucket.head("a").await;
        expect::kind("head", none, ErrorKind::NotFound)?;
    }
    let answer = sent(&request, content(1_000)).await?;
    expect::that(answer / 100 == 2, "content of the size was refused")?;
    holds(&bucket, "a", &content(1_000)).await
}

async fn held_to_its_checksum(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let options = put().with_crc32c(crc32c::crc32c(b"hello"));
    let request = bucket.presign_put("a", options).await?;
    let answer = sent(&request, "jello").await?;
    expect::that(answer / 100 == 4, "content of another checksum was taken")?;
    let none = bucket.head("a").await;
    expect::kind("head", none, ErrorKind::NotFound)?;
    let answer = sent(&request, "hello").await?;
    expect::that(answer / 100 == 2, "content of the checksum was refused")?;
    holds(&bucket, "a", b"hello").await
}

/// The status of the answer; content in a request of another length than its headers say goes as
/// the length that it has, as any client sends it.
async fn sent(request: &PresignedRequest, body: impl Into<Vec<u8>>) -> Result<u16, Failure> {
    let mut request = request.clone();
    request.headers.remove("content-length");
    Ok(send(&request, body).await?.status)
}

const ORIGIN: &str = "https://example.com";

async fn pages_may_send(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket_for_pages().await?;
    bucket.put("a b", "hello").await?;
    let get = bucket.presign_get("a b", PresignOptions::default()).await?;
    let put = bucket.presign_put("a b", put()).await?;
    for request in [&get, &put] {
        let mut names: Vec<&str> = request.headers.keys().map(String::as_str).collect();
        names.push("content-type");
        let preflight = [
            ("Origin", ORIGIN),
            ("Access-Control-Request-Method", request.method.as_str()),
            ("Access-Control-Request-Headers", &names.join(",")),
        ];
        let answer = send_to(&request.url, "OPTIONS", &preflight, "").await?;
        let what = format!("the preflight of {}", request.method);
        expect::that(answer.status / 100 == 2, &format!("{what} was refused"))?;
        allowed(&answer.joined("access-control-allow-origin"), ORIGIN, &what)?;
        let methods = answer.joined("access-control-allow-methods");
        allowed(&methods, request.method.as_str(), &what)?;
        for name in names {
            let headers = answer.joined("access-control-allow-headers");
            allowed(&headers, name, &what)?;
        }
    }
    let mut with_origin = get.clone();
    with_origin
        .headers
        .insert("origin".to_owned(), ORIGIN.to_owned());
    let answer = send(&with_origin, "").await?;
    expect::equal("the content", &*answer.body, b"hello".as_slice())?;
    let origin = answer.joined("access-control-allow-origin");
    allowed(&origin, ORIGIN, "the answer")
}

/// Whether a list of a preflight's answer has this, or says that everything is allowed.
fn allowed(list: &str, one: &str, what: &str) -> Result<(), Failure> {
    let mut items = list.split(',').map(str::trim);
    let has = items.any(|item| item == "*" || item.eq_ignore_ascii_case(one));
    expect::that(has, &format!("{what} allows {list:?} and not {one:?}"))
}

async fn no_longer_good(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", "hello").await?;
    let second = Duration::from_secs(1);
    let get = PresignOptions::default().with_expires_in(second);
    let signed = [
        bucket.presign_get("a", get.clone()).await?,
        bucket.presign_delete("a", get).await?,
        bucket
            .presign_put("a", put().with_expires_in(second))
            .await?,
    ];
    // Some stores count whole seconds.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    for request in signed {
        let answer = send(&request, "").await?;
        let what = format!("a {} was allowed after its time", request.method);
        expect::that(answer.status / 100 == 4, &what)?;
    }
    holds(&bucket, "a", b"hello").await
}

const BROKEN: &str = "x\r\nset-cookie: a=b";

fn broken_attributes() -> [Attributes; 5] {
    [
        Attributes::default().with_content_type(BROKEN),
        Attributes::default().with_content_disposition(BROKEN),
        Attributes::default().with_content_encoding(BROKEN),
        Attributes::default().with_content_language(BROKEN),
        Attributes::default().with_cache_control(BROKEN),
    ]
}

async fn no_broken_headers(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    for attributes in broken_attributes() {
        let options = PutBlobOptions::default().with_attributes(attributes.clone());
        let refused = bucket.put_with("a", "x", options).await;
        refused_by_name(&bucket, "a put", refused)?;
        let refused = bucket.set_attributes("a", attributes).await;
        refused_by_name(&bucket, "new attributes", refused)?;
    }
    let none = bucket.head("a").await;
    expect::kind("head", none, ErrorKind::NotFound)?;
    let attributes = Attributes::default().with_metadata("a\r\nb", BROKEN);
    let options = PutBlobOptions::default().with_attributes(attributes.clone());
    bucket.put_with("a", "x", options).await?;
    let found = bucket.head("a").await?.attributes.metadata;
    expect::equal("the metadata", &found, &attributes.metadata)
}

async fn no_broken_signed_headers(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.presign_put("a", put().with_size(1)).await?;
    for attributes in broken_attributes() {
        let refused = bucket
            .presign_put("a", put().with_attributes(attributes))
            .await;
        refused_by_name(&bucket, "a signed put", refused)?;
    }
    for options in [
        PresignOptions::default().with_content_disposition(BROKEN),
        PresignOptions::default().with_content_type(BROKEN),
    ] {
        let refused = bucket.presign_get("a", options).await;
        refused_by_name(&bucket, "a signed get", refused)?;
    }
    Ok(())
}

/// A call that is wrong is refused with its bucket and key.
fn refused_by_name<T>(
    bucket: &Bucket,
    what: &str,
    refused: isobar::Result<T>,
) -> Result<(), Failure> {
    let error = expect::kind(what, refused, ErrorKind::InvalidArgument)?;
    let text = error.to_string();
    let has = text.contains(bucket.name()) && text.contains("\"a\"");
    expect::that(has, &format!("{what}: {text:?} names no bucket or key"))
}
