//! The path that the handler sees is the one that the client sent.

use crate::door::{Door, WireRequest};
use crate::probe::seen;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::gateway(
        "G-200",
        "the raw path is what the client sent, byte for byte, and is decoded exactly once",
        "N1",
        |ctx| Box::pin(escapes(ctx)),
    ),
    Case::gateway(
        "G-450",
        "dot segments and doubled slashes stay in the path",
        "N1",
        |ctx| Box::pin(dots_and_slashes(ctx)),
    ),
    Case::gateway(
        "G-451",
        "a path of 8,000 bytes arrives whole",
        "N1",
        |ctx| Box::pin(long_paths(ctx)),
    ),
    Case::gateway(
        "G-452",
        "escapes that are none, and characters that belong into no path, are seen as they were sent",
        "N1",
        |ctx| Box::pin(odd_bytes(ctx)),
    ),
];

const ESCAPES: [&str; 16] = [
    "/",
    "/a",
    "/a/",
    "/a%2Fb",
    "/a%2fb",
    "/a%25b",
    "/a%252Fb",
    "/a+b",
    "/a%2Bb",
    "/a%20b",
    "/a;b=c",
    "/caf%C3%A9",
    "/%F0%9F%98%80",
    "/a:b@c",
    "/!$&'()*,=~-._",
    "/%00",
];
const DOTS_AND_SLASHES: [&str; 7] = ["//", "//a", "/a//b", "/./a", "/a/../b", "/a/.", "/.."];
const ODD_BYTES: [&str; 3] = ["/%zz", "/a%", "/a|b"];

async fn are_seen(door: &dyn Door, paths: &[&str]) -> Result<(), Failure> {
    for path in paths {
        let seen = seen(door, &WireRequest::new("GET", *path)).await?;
        expect::equal("the path", seen.path.as_str(), path)?;
        expect::equal("the query", seen.query.as_str(), "")?;
    }
    Ok(())
}

async fn escapes(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    are_seen(&*door, &ESCAPES).await?;
    let decoded = [
        ("a%20b", "a b"),
        ("a%2Fb", "a/b"),
        ("a%252Fb", "a%2Fb"),
        ("a+b", "a+b"),
        ("caf%C3%A9", "café"),
        ("%2525", "%25"),
    ];
    for (raw, expected) in decoded {
        let request = WireRequest::new("GET", format!("/decoded/{raw}"));
        let response = door.send(&request).await?;
        let found = String::from_utf8_lossy(&response.body);
        expect::equal(&format!("the segment {raw}"), &*found, expected)?;
    }
    Ok(())
}

async fn dots_and_slashes(ctx: Context) -> Result<(), Failure> {
    are_seen(&*ctx.door().await?, &DOTS_AND_SLASHES).await
}

async fn long_paths(ctx: Context) -> Result<(), Failure> {
    let long = format!("/{}", "p".repeat(8_000));
    are_seen(&*ctx.door().await?, &[&long]).await
}

async fn odd_bytes(ctx: Context) -> Result<(), Failure> {
    are_seen(&*ctx.door().await?, &ODD_BYTES).await
}
