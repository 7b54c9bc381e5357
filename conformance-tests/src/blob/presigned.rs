//! Requests that somebody without credentials sends, and uploads of such requests.

use std::time::Duration;

use isobar::blob::{
    Attributes, BlobCondition, PresignOptions, PresignPutOptions, PutBlobOptions, UploadPlan,
    UploadToken,
};
use isobar::{Bucket, Capability, ErrorKind};

use super::sample::{content, holds};
use crate::web::send;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-260",
        "signed requests get, ask about, put and delete a blob, whatever its key",
        "K10",
        |ctx| Box::pin(signed_requests(ctx)),
    )
    .needs(&[Capability::PresignedRequests]),
    Case::blob(
        "B-261",
        "a signed put stores the attributes in its headers, and is refused with other headers",
        "K2 K10",
        |ctx| Box::pin(headers_are_signed(ctx)),
    )
    .needs(&[Capability::PresignedRequests, Capability::SignedHeaders]),
    Case::blob(
        "B-262",
        "a request is signed for 1 second to 7 days, for nothing less or more",
        "K10",
        |ctx| Box::pin(expiries(ctx)),
    )
    .needs(&[Capability::PresignedRequests]),
    Case::blob(
        "B-267",
        "a signed get answers with the disposition and type it was signed with",
        "K10",
        |ctx| Box::pin(answers_with(ctx)),
    )
    .needs(&[Capability::PresignedRequests]),
    Case::blob(
        "B-408",
        "a signed request is refused with another method, key or signature",
        "K10",
        |ctx| Box::pin(only_what_was_signed(ctx)),
    )
    .needs(&[Capability::PresignedRequests]),
    Case::blob(
        "B-409",
        "a signed put if absent stores once",
        "K3 K10",
        |ctx| Box::pin(signed_if_absent(ctx)),
    )
    .needs(&[Capability::PresignedRequests, Capability::BlobIfAbsent]),
    Case::blob(
        "B-410",
        "an upload whose parts others send in any order is visible once it is finished, whole",
        "K7 K10",
        |ctx| Box::pin(planned_upload(ctx)),
    )
    .needs(&[Capability::PresignedUploads]),
    Case::blob(
        "B-411",
        "a planned upload that was aborted cannot be finished and leaves what was there",
        "K7 K10",
        |ctx| Box::pin(aborted_plan(ctx)),
    )
    .needs(&[Capability::PresignedUploads]),
    Case::blob(
        "B-430",
        "a planned upload of no bytes gives a blob of none, or is InvalidArgument before it begins",
        "K7 K10",
        |ctx| Box::pin(empty_plan(ctx)),
    )
    .needs(&[Capability::PresignedUploads]),
];

fn put() -> PresignPutOptions {
    PresignPutOptions::default()
}

fn read() -> PresignOptions {
    PresignOptions::default()
}

async fn signed_requests(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let keys = [
        "plain.txt",
        "a b+c%20d",
        "?query=1&x#fragment",
        "ü/☺/",
        "it's \"quoted\"",
    ];
    for key in keys {
        let request = bucket.presign_put(key, put()).await?;
        let answer = send(&request, content(1_000)).await?;
        expect::that(answer.status / 100 == 2, "the put was refused")?;
        holds(&bucket, key, &content(1_000)).await?;
        let answer = send(&bucket.presign_get(key, read()).await?, "").await?;
        expect::equal("the status of the get", &answer.status, &200)?;
        expect::equal("the content", &*answer.body, &*content(1_000))?;
        let answer = send(&bucket.presign_head(key, read()).await?, "").await?;
        expect::equal("the status of the head", &answer.status, &200)?;
        let length = answer.joined("content-length");
        expect::equal("the length told", length.as_str(), "1000")?;
        let answer = send(&bucket.presign_delete(key, read()).await?, "").await?;
        expect::that(answer.status / 100 == 2, "the delete was refused")?;
        let gone = bucket.head(key).await;
        expect::kind("head", gone, ErrorKind::NotFound)?;
        let answer = send(&bucket.presign_get(key, read()).await?, "").await?;
        expect::equal("the status of a get of nothing", &answer.status, &404)?;
    }
    Ok(())
}

async fn headers_are_signed(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let attributes = Attributes::default()
        .with_content_type("image/png")
        .with_content_disposition("attachment")
        .with_metadata("uploaded-by", "Ümit");
    let options = || put().with_attributes(attributes.clone());
    let request = bucket.presign_put("a", options()).await?;
    let answer = send(&request, "hello").await?;
    expect::that(answer.status / 100 == 2, "the put was refused")?;
    let head = bucket.head("a").await?;
    expect::equal("the attributes", &head.attributes, &attributes)?;
    let mut other = bucket.presign_put("b", options()).await?;
    let typed = ("content-type".to_owned(), "text/html".to_owned());
    expect::that(
        other.headers.contains_key(&typed.0),
        "no content type is to be sent",
    )?;
    other.headers.extend([typed]);
    let answer = send(&other, "hello").await?;
    expect::that(answer.status / 100 == 4, "another content type was taken")?;
    let mut bare = bucket.presign_put("b", options()).await?;
    bare.headers.clear();
    let answer = send(&bare, "hello").await?;
    expect::that(
        answer.status / 100 == 4,
        "a put without its headers was taken",
    )?;
    let none = bucket.head("b").await;
    expect::kind("head", none, ErrorKind::NotFound)?;
    Ok(())
}

async fn expiries(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", "hello").await?;
    let day = Duration::from_hours(24);
    for span in [Duration::from_secs(1), 7 * day] {
        let before = std::time::SystemTime::now();
        let signed = bucket
            .presign_get("a", read().with_expires_in(span))
            .await?;
        let expires = std::time::SystemTime::from(signed.expires);
        let told = expires.duration_since(before).unwrap_or_default();
        let apart = told.abs_diff(span);
        expect::that(
            apart < Duration::from_secs(30),
            "the expiry told is another",
        )?;
    }
    let refused = [
        Duration::ZERO,
        Duration::from_millis(999),
        7 * day + Duration::from_secs(1),
    ];
    for span in refused {
        let signed = bucket.presign_get("a", read().with_expires_in(span)).await;
        expect::kind("a get", signed, ErrorKind::InvalidArgument)?;
        let signed = bucket.presign_put("a", put().with_expires_in(span)).await;
        expect::kind("a put", signed, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

async fn answers_with(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", "hello").await?;
    let disposition = "attachment; filename=\"a \\\"b\\\".txt\"; filename*=UTF-8''%C3%BC.txt";
    let options = read()
        .with_content_disposition(disposition)
        .with_content_type("text/x-special");
    let answer = send(&bucket.presign_get("a", options).await?, "").await?;
    expect::equal("the status", &answer.status, &200)?;
    let told = answer.joined("content-disposition");
    expect::equal("the disposition", told.as_str(), disposition)?;
    let told = answer.joined("content-type");
    expect::equal("the type", told.as_str(), "text/x-special")
}

async fn only_what_was_signed(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", "hello").await?;
    bucket.put("b", "other").await?;
    let get = bucket.presign_get("a", read()).await?;
    let mut forged = Vec::new();
    for method in [http::Method::PUT, http::Method::DELETE] {
        let mut other = get.clone();
        other.method = method;
        forged.push(other);
    }
    let mut another_key = get.clone();
    another_key.url = get.url.replacen("/a?", "/b?", 1);
    expect::different("the URL", &another_key.url, &get.url)?;
    let mut unsigned = get.clone();
    unsigned.url = get.url.split('?').next().unwrap_or_default().to_owned();
    let mut tampered = get.clone();
    let last = tampered.url.pop();
    tampered.url.push(if last == Some('0') { '1' } else { '0' });
    forged.extend([another_key, unsigned, tampered]);
    for request in forged {
        let answer = send(&request, "").await?;
        let what = format!("{} {} was allowed", request.method, request.url);
        expect::that(answer.status / 100 == 4, &what)?;
    }
    holds(&bucket, "a", b"hello").await
}

async fn signed_if_absent(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let options = put().with_condition(BlobCondition::IfAbsent);
    let request = bucket.presign_put("a", options).await?;
    let first = send(&request, "first").await?;
    expect::that(first.status / 100 == 2, "the first put was refused")?;
    let second = send(&request, "second").await?;
    expect::that(second.status / 100 == 4, "the second put was taken")?;
    holds(&bucket, "a", b"first").await
}

const LARGE: usize = 20_000_000;

async fn plan(bucket: &Bucket, key: &str, size: usize) -> Result<UploadPlan, Failure> {
    let attributes = Attributes::default()
        .with_content_type("video/mp4")
        .with_metadata("uploaded-by", "alice");
    let options = PutBlobOptions::default().with_attributes(attributes);
    let hour = Duration::from_hours(1);
    let plan = bucket.plan_upload(key, size as u64, hour, options).await?;
    let planned: u64 = plan.parts.iter().map(|part| part.size).sum();
    expect::equal("the bytes of all parts", &planned, &(size as u64))?;
    Ok(plan)
}

async fn planned_upload(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", "old").await?;
    for size in [5, LARGE] {
        let whole = content(size);
        let plan = plan(&bucket, "a", size).await?;
        let token = UploadToken::parse(plan.token.as_str())?;
        expect::equal("the key of the token", token.key().as_str(), "a")?;
        for part in plan.parts.iter().rev() {
            let missing = bucket.finish_upload(&token).await;
            expect::kind(
                "finish with parts missing",
                missing,
                ErrorKind::PreconditionFailed,
            )?;
            let start = usize::try_from(part.offset).unwrap_or(usize::MAX);
            let end = start.saturating_add(usize::try_from(part.size).unwrap_or(usize::MAX));
            let answer = send(&part.request, &whole[start..end]).await?;
            expect::that(answer.status / 100 == 2, "a part was refused")?;
        }
        let told = bucket.finish_upload(&token).await?;
        expect::equal("the size told", &told.size, &(size as u64))?;
        holds(&bucket, "a", &whole).await?;
        let head = bucket.head("a").await?;
        let content_type = head.attributes.content_type.as_deref();
        expect::equal("the content type", &content_type, &Some("video/mp4"))?;
        expect::equal("the metadata", &head.attributes.metadata.len(), &1)?;
        let again = bucket.finish_upload(&token).await;
        expect::kind("finish again", again, ErrorKind::NotFound)?;
    }
    Ok(())
}

/// A store may have no parts without content.
async fn empty_plan(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", "old").await?;
    let hour = Duration::from_hours(1);
    let planned = bucket.plan_upload("a", 0, hour, PutBlobOptions::default());
    let plan = match planned.await {
        Err(refused) if refused.kind() == ErrorKind::InvalidArgument => {
            return holds(&bucket, "a", b"old").await;
        }
        planned => planned?,
    };
    for part in &plan.parts {
        let answer = send(&part.request, "").await?;
        expect::that(answer.status / 100 == 2, "a part was refused")?;
    }
    bucket.finish_upload(&plan.token).await?;
    holds(&bucket, "a", b"").await
}

async fn aborted_plan(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", "old").await?;
    let plan = plan(&bucket, "a", 5).await?;
    for part in &plan.parts {
        send(&part.request, "hello").await?;
    }
    bucket.abort_upload(&plan.token).await?;
    bucket.abort_upload(&plan.token).await?;
    let finished = bucket.finish_upload(&plan.token).await;
    expect::kind("finish", finished, ErrorKind::NotFound)?;
    holds(&bucket, "a", b"old").await
}
