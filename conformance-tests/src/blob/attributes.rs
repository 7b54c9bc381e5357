//! Headers and metadata beside the bytes.

use isobar::blob::{Attributes, PutBlobOptions};
use isobar::{Bucket, ErrorKind, Limits};

use super::sample::holds;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-009",
        "content type, disposition, encoding, language and cache control come back with get and head",
        "K2",
        |ctx| Box::pin(headers_survive(ctx)),
    ),
    Case::blob(
        "B-013",
        "metadata comes back name by name, and a put without it removes it",
        "K2",
        |ctx| Box::pin(metadata_survives(ctx)),
    ),
    Case::blob(
        "B-210",
        "metadata names may have dashes, underscores, capitals, digits and any letters",
        "K2",
        |ctx| Box::pin(odd_names(ctx)),
    ),
    Case::blob(
        "B-211",
        "metadata values keep spaces, commas, line ends, any letters, and may be empty",
        "K2",
        |ctx| Box::pin(odd_values(ctx)),
    ),
    Case::blob(
        "B-212",
        "metadata above 2,000 bytes as stored is TooLarge with both figures, and nothing is put",
        "K2",
        |ctx| Box::pin(metadata_is_limited(ctx)),
    ),
    Case::blob(
        "B-214",
        "a put of the same bytes with other metadata replaces the metadata",
        "K2",
        |ctx| Box::pin(metadata_is_replaced(ctx)),
    ),
    Case::blob(
        "B-222",
        "a blob said to be gzip is given back as it is, never unpacked",
        "K11",
        |ctx| Box::pin(encoding_is_opaque(ctx)),
    ),
];

fn with(attributes: &Attributes) -> PutBlobOptions {
    PutBlobOptions::default().with_attributes(attributes.clone())
}

/// A store that needs a content type would otherwise tell the one it chose.
fn typed() -> Attributes {
    Attributes::default().with_content_type("text/plain")
}

/// Puts a blob with the attributes and reads them back, by head and by get.
async fn round_trip(bucket: &Bucket, key: &str, attributes: &Attributes) -> Result<(), Failure> {
    bucket.put_with(key, "content", with(attributes)).await?;
    let head = bucket.head(key).await?.attributes;
    expect::equal("the attributes of head", &head, attributes)?;
    let get = bucket.get(key).await?.meta.attributes;
    expect::equal("the attributes of get", &get, attributes)
}

async fn headers_survive(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let attributes = Attributes::default()
        .with_content_type("text/html; charset=utf-8")
        .with_content_disposition("attachment; filename=\"a b.html\"")
        .with_content_encoding("identity")
        .with_content_language("de-AT")
        .with_cache_control("public, max-age=60");
    round_trip(&bucket, "a", &attributes).await?;
    let before = bucket.head("a").await?;
    expect::equal("the size", &before.size, &7)?;
    let year_2020 = 1_577_836_800;
    let recent = before.modified.as_seconds() > year_2020;
    expect::that(recent, "the blob was modified before 2020")?;
    let after = bucket.put_with("a", "content", with(&attributes)).await?;
    let monotone = after.modified.as_seconds() >= before.modified.as_seconds();
    expect::that(monotone, "a later put is modified earlier")?;
    let typed = Attributes::default().with_content_type("image/png");
    round_trip(&bucket, "b", &typed).await
}

async fn metadata_survives(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let attributes = typed()
        .with_metadata("author", "alice")
        .with_metadata("stage", "draft");
    round_trip(&bucket, "a", &attributes).await?;
    let empty_body = bucket.put_with("b", "", with(&attributes)).await?;
    expect::equal("the size", &empty_body.size, &0)?;
    let head = bucket.head("b").await?.attributes;
    expect::equal("the attributes of an empty blob", &head, &attributes)?;
    round_trip(&bucket, "a", &typed()).await?;
    let unnamed = Attributes::default().with_metadata("", "x");
    let refused = bucket.put_with("c", "x", with(&unnamed)).await;
    expect::kind("an empty name", refused, ErrorKind::InvalidArgument)?;
    let gone = bucket.head("c").await;
    expect::kind("head", gone, ErrorKind::NotFound)?;
    Ok(())
}

async fn odd_names(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let long = "n".repeat(200);
    let names = [
        "a",
        "with-dash",
        "with_underscore",
        "both-_",
        "9digits",
        "Capital",
        "capital",
        "CAPITAL",
        "dotted.name",
        "two words",
        "naïve",
        "日本",
        "a:b",
        "a\nb",
        "x-amz-meta-a",
        "content-type",
        long.as_str(),
    ];
    for (n, name) in names.into_iter().enumerate() {
        let attributes = typed().with_metadata(name, format!("value {n}"));
        round_trip(&bucket, "a", &attributes).await?;
    }
    let together = ["a", "A", "a-b", "a_b", "é"]
        .into_iter()
        .fold(typed(), |all, name| all.with_metadata(name, name));
    round_trip(&bucket, "b", &together).await
}

async fn odd_values(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let values = [
        "",
        " ",
        " edges ",
        "two  spaces",
        "a, b",
        "100%",
        "%41",
        "=?UTF-8?Q?x?=",
        "\"quoted\"",
        "a\r\nset-cookie: b=c",
        "tab\tbed",
        "naïve",
        "日本 😀",
        "\u{7f}\u{1}",
    ];
    for value in values {
        let attributes = typed().with_metadata("name", value);
        round_trip(&bucket, "a", &attributes).await?;
    }
    Ok(())
}

async fn metadata_is_limited(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let limit = Limits::PORTABLE.blob_metadata_bytes;
    let length = usize::try_from(limit).unwrap_or(0) - "name".len();
    let sized = |extra: usize| typed().with_metadata("name", "v".repeat(length + extra));
    round_trip(&bucket, "a", &sized(0)).await?;
    let refused = bucket.put_with("b", "x", with(&sized(1))).await;
    let error = expect::kind("one byte more", refused, ErrorKind::TooLarge)?;
    expect::equal("the limit told", &error.limit(), &Some(limit))?;
    expect::equal("the size told", &error.measured(), &Some(limit + 1))?;
    // 1,000 bytes of UTF-8, and 3,000 where a header has to hold them: `%C3%A9` for each letter.
    let wide = typed().with_metadata("name", "é".repeat(500));
    let refused = bucket.put_with("b", "x", with(&wide)).await;
    expect::kind("wide letters", refused, ErrorKind::TooLarge)?;
    let gone = bucket.head("b").await;
    expect::kind("head", gone, ErrorKind::NotFound)?;
    Ok(())
}

async fn metadata_is_replaced(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let first = typed().with_metadata("stage", "draft");
    round_trip(&bucket, "a", &first).await?;
    let second = typed().with_metadata("stage", "final");
    round_trip(&bucket, "a", &second).await?;
    holds(&bucket, "a", b"content").await
}

async fn encoding_is_opaque(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    // What `gzip -n` makes of "hello".
    let packed: [u8; 25] = [
        0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0x86,
        0xa6, 0x10, 0x36, 0x05, 0, 0, 0,
    ];
    for encoding in ["gzip", "br", "made-up"] {
        let attributes = typed().with_content_encoding(encoding);
        bucket
            .put_with("a", packed.to_vec(), with(&attributes))
            .await?;
        holds(&bucket, "a", &packed).await?;
        let head = bucket.head("a").await?;
        expect::equal("the attributes", &head.attributes, &attributes)?;
        let part = bucket.get_range("a", 0..2).await?.bytes().await?;
        expect::equal("the first two bytes", &*part, &packed[..2])?;
    }
    Ok(())
}
