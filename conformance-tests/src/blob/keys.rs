//! Keys: 1 to 768 bytes of any text, kept exactly.

use isobar::blob::List;
use isobar::{Bucket, Capability, ErrorKind, Limits};

use super::sample::{expected_listing, holds, listed};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-005",
        "keys of any characters are listed exactly as they were written",
        "K1",
        |ctx| Box::pin(odd_keys_are_listed(ctx)),
    ),
    Case::blob(
        "B-017",
        "keys of any characters are written, read, copied and deleted as they are",
        "K1",
        |ctx| Box::pin(odd_keys_work(ctx)),
    ),
    Case::blob(
        "B-200",
        "leading slashes, dot segments and trailing dots are part of the key, nothing more",
        "K1",
        |ctx| Box::pin(paths_are_not_resolved(ctx)),
    ),
    Case::blob(
        "B-201",
        "keys of 768 bytes are kept, longer or blank ones are InvalidArgument",
        "K1",
        |ctx| Box::pin(key_lengths(ctx)),
    ),
    Case::blob(
        "B-202",
        "keys that differ only in case, composition or the last plane stay apart",
        "K1",
        |ctx| Box::pin(near_twins(ctx)),
    ),
    Case::blob(
        "B-203",
        "keys below .well-known/acme-challenge are ordinary keys",
        "K1",
        |ctx| Box::pin(acme_challenge(ctx)),
    ),
    Case::blob(
        "B-204",
        "keys that end in a delimiter stay apart from those that do not, whatever comes before",
        "K1",
        |ctx| Box::pin(trailing_delimiters(ctx)),
    ),
    Case::blob(
        "B-206",
        "prefixes of any characters, whole or cut, select by the unescaped key",
        "K1",
        |ctx| Box::pin(odd_prefixes(ctx)),
    ),
];

/// The weird strings of Go CDK's suite, what others found later, and ASCII in chunks.
fn odd_keys() -> Vec<String> {
    let mut keys: Vec<String> = [
        "foo/bar/baz",
        "foo//bar///baz",
        "../foo/../bar/../../baz../",
        "foo\\bar\\baz",
        "\\\\foo\\\\",
        "..\\foo\\..\\bar\\..\\..\\baz..\\",
        "\"foo\"",
        "foo bar baz",
        "    foo    bar",
        "0foo",
        "☺☺☺",
        "日本/語",
        "%2F%2f%",
        "a+b c%20d",
        "?query=1&x#fragment",
        "<key>&amp;</key>",
        "it's 'quoted'",
        "*:|<>\"",
    ]
    .map(str::to_owned)
    .into();
    // Without NUL, CR and LF, which some stores cannot hold (rule K1).
    let ascii: Vec<char> = ('\u{1}'..='\u{7f}')
        .filter(|c| !"\r\n".contains(*c))
        .collect();
    keys.extend(
        ascii
            .chunks(16)
            .map(|chunk| chunk.iter().collect::<String>()),
    );
    keys
}

async fn odd_keys_are_listed(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let mut keys = odd_keys();
    for key in &keys {
        bucket.put(key, key.clone()).await?;
    }
    keys.sort();
    for limit in [1_000, 1] {
        let found = listed(&bucket, &List::new().limit(limit)).await?;
        expect::equal(&format!("the listing by {limit}"), &found, &keys)?;
    }
    Ok(())
}

async fn odd_keys_work(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    for key in odd_keys() {
        let meta = bucket.put(&key, key.clone()).await?;
        expect::equal("the key told by put", meta.key.as_str(), key.as_str())?;
        let head = bucket.head(&key).await?;
        expect::equal("the key told by head", head.key.as_str(), key.as_str())?;
    }
    for key in odd_keys() {
        holds(&bucket, &key, key.as_bytes()).await?;
        let copy = format!("copy of {key}");
        bucket.copy(&key, &copy).await?;
        bucket.delete(&key).await?;
        let gone = bucket.head(&key).await;
        expect::kind("head", gone, ErrorKind::NotFound)?;
        holds(&bucket, &copy, key.as_bytes()).await?;
    }
    Ok(())
}

/// Writes the keys, reads them back and lists them.
async fn all_stay_apart(bucket: &Bucket, keys: &[&str]) -> Result<(), Failure> {
    for key in keys {
        bucket.put(*key, format!("of {key:?}")).await?;
    }
    for key in keys {
        holds(bucket, *key, format!("of {key:?}").as_bytes()).await?;
    }
    let mut sorted: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    sorted.sort();
    let found = in_order(bucket, listed(bucket, &List::new()).await?);
    expect::equal("the listing", &found, &sorted)
}

/// What was listed, sorted where the store promises no order.
fn in_order(bucket: &Bucket, mut found: Vec<String>) -> Vec<String> {
    if !bucket.capabilities().has(Capability::OrderedListing) {
        found.sort();
    }
    found
}

async fn paths_are_not_resolved(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let keys = [
        "/a",
        "a",
        "//a",
        "/",
        "\\a",
        "./a",
        "a/.",
        "a/..",
        "a/./b",
        "a/b",
        "a/../b",
        "b",
        "../b",
        "a.",
        "a/b.",
        ".a",
        "...",
        "a//b",
        "~",
        "CON",
        "nul",
        "COM1.txt",
        "a:b",
        "C:\\a",
        ".git/x",
        "/etc/passwd",
        "../../etc/passwd",
    ];
    all_stay_apart(&bucket, &keys).await
}

async fn acme_challenge(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let keys = [
        ".well-known/acme-challenge/token",
        ".well-known/acme-challenge/",
        ".well-known/security.txt",
    ];
    all_stay_apart(&bucket, &keys).await
}

async fn key_lengths(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let limit = usize::try_from(Limits::PORTABLE.blob_key_bytes).unwrap_or(0);
    let segments = "s/".repeat(limit / 2);
    let (plain, wide) = ("k".repeat(limit), "é".repeat(limit / 2));
    let (slashes, nearly) = ("/".repeat(limit), "k".repeat(limit - 1));
    all_stay_apart(&bucket, &[&plain, &wide, &segments, &slashes, &nearly, "k"]).await?;
    let longer = "k".repeat(limit + 1);
    let refused = bucket.put(&longer, "x").await;
    let error = expect::kind("one byte more", refused, ErrorKind::InvalidArgument)?;
    expect::equal("the limit told", &error.limit(), &Some(limit as u64))?;
    expect::equal("the size told", &error.measured(), &Some(limit as u64 + 1))?;
    for key in ["", " ", "\t\n\u{3000}", longer.as_str()] {
        expect::kind("get", bucket.get(key).await, ErrorKind::InvalidArgument)?;
        expect::kind("head", bucket.head(key).await, ErrorKind::InvalidArgument)?;
        expect::kind(
            "delete",
            bucket.delete(key).await,
            ErrorKind::InvalidArgument,
        )?;
        let copy = bucket.copy("k", key).await;
        expect::kind("copy", copy, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

async fn near_twins(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let keys = [
        "photo.jpg",
        "Photo.jpg",
        "PHOTO.JPG",
        "caf\u{e9}",
        "cafe\u{301}",
        "\u{ffff}",
        "\u{10ffff}",
        "\u{10000}",
        "\u{212b}",
        "\u{c5}",
        "A\u{30a}",
        "ß",
        "ss",
        "ſ",
        "s",
        "ı",
        "i",
    ];
    all_stay_apart(&bucket, &keys).await
}

async fn trailing_delimiters(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let keys = [
        "a", "a/", "a//", "a/b", "é", "é/", "é/é/", "日本/", "日本", "a b/", "a b",
    ];
    all_stay_apart(&bucket, &keys).await?;
    let folded = in_order(&bucket, listed(&bucket, &List::new().delimiter("/")).await?);
    let all = keys.map(str::to_owned);
    expect::equal(
        "the folders",
        &folded,
        &expected_listing(&all, "", Some("/")),
    )
}

async fn odd_prefixes(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let keys = [
        "%2F", "%2", "%", "/x", "/", "a b", "a", "a+b", "..", "../x", "é", "e\u{301}", "日本",
        "日", "x/%2F", "x/", "x//y", "x/y",
    ];
    all_stay_apart(&bucket, &keys).await?;
    let all = keys.map(str::to_owned);
    for prefix in [
        "%", "%2", "/", "a ", "a+", ".", "..", "é", "e", "日", "x/", "x//", "x/%", "no",
    ] {
        for delimiter in [None, Some("/"), Some("%")] {
            let mut list = List::new().prefix(prefix);
            if let Some(delimiter) = delimiter {
                list = list.delimiter(delimiter);
            }
            let expected = expected_listing(&all, prefix, delimiter);
            let what = format!("the listing of {prefix:?} by {delimiter:?}");
            let found = in_order(&bucket, listed(&bucket, &list).await?);
            expect::equal(&what, &found, &expected)?;
        }
    }
    Ok(())
}
