//! What platforms differ in stays theirs: addresses, sizes, paths for health checks.

use isobar_serve::TRUSTED_HOPS_VARIABLE;
use serde_json::Value;

use crate::door::{Door, WireRequest, WireResponse};
use crate::probe::seen;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::gateway(
        "G-209",
        "as much content as the way takes arrives whole, and more is refused with 413 and the same code",
        "N10",
        |ctx| Box::pin(large_contents(ctx)),
    )
    .alone(),
    Case::gateway(
        "G-458",
        "a path and query as long as the way takes arrives whole, and a longer one is refused with 414 and the same code",
        "N10",
        |ctx| Box::pin(long_targets(ctx)),
    ),
    Case::gateway(
        "G-246",
        "paths of health checks and hooks are the application's but where its platform needs them",
        "N1",
        |ctx| Box::pin(paths_of_platforms(ctx)),
    ),
    Case::gateway(
        "G-403",
        "as many bytes of header fields as the way takes arrive whole, and more are refused with 431",
        "N10",
        |ctx| Box::pin(large_heads(ctx)),
    ),
    Case::gateway(
        "G-400",
        "the client's address is what the trusted proxy saw, whatever the client says itself",
        "N1",
        |ctx| Box::pin(client_addresses(ctx)),
    ),
    Case::gateway(
        "G-459",
        "where proxies are counted, the client's address and scheme are what the outermost of them saw, and the host where the platform has its own in Host",
        "N1",
        |ctx| Box::pin(behind_proxies(ctx)),
    ),
];

/// The refusal with which every platform tells that something is too large.
fn is_refused(
    (what, size): (&str, usize),
    response: &WireResponse,
    (status, code): (u16, &str),
) -> Result<(), Failure> {
    let what = format!("of {size} bytes of {what}");
    expect::equal(&format!("the status {what}"), &response.status, &status)?;
    // A server cannot answer a head that it has not read with more than a status.
    if status == 431 && response.body.is_empty() {
        return Ok(());
    }
    let kind = response.joined("content-type");
    let problem = "application/problem+json";
    expect::equal(&format!("the type {what}"), kind.as_str(), problem)?;
    let problem: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let found = problem["code"].as_str().unwrap_or_default();
    expect::equal(&format!("the code {what}"), found, code)
}

async fn still_there(door: &dyn Door) -> Result<(), Failure> {
    let after = WireRequest::new("POST", "/after").body("still here");
    let seen = seen(door, &after).await?;
    expect::equal("the next length", &seen.length, &10)
}

async fn large_contents(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let limit = ctx.doors()?.content_limit();
    let content = vec![b'x'; limit.passed];
    let checksum = crc32c::crc32c(&content);
    let fitting = WireRequest::new("POST", "/large").body(content);
    let fitting = seen(&*door, &fitting).await?;
    expect::equal("the length", &fitting.length, &limit.passed)?;
    expect::equal("the checksum", &fitting.crc32c, &checksum)?;
    let larger = WireRequest::new("POST", "/large").body(vec![b'x'; limit.refused]);
    let response = door.send(&larger).await?;
    let what = ("content", limit.refused);
    is_refused(what, &response, (413, "body_too_large"))?;
    still_there(&*door).await
}

async fn long_targets(ctx: Context) -> Result<(), Failure> {
    /// More than the servers of other platforms take.
    const UNLIMITED: usize = 9_000;
    let door = ctx.door().await?;
    let limit = ctx.doors()?.target_limit();
    let long = |size: usize| format!("/{}?{}", "p".repeat(4_000), "q".repeat(size - 4_002));
    let fitting = long(limit.map_or(UNLIMITED, |limit| limit.passed));
    let seen = seen(&*door, &WireRequest::new("GET", &fitting)).await?;
    let length = 1 + seen.path.len() + seen.query.trim_end_matches('=').len();
    expect::equal("the length", &length, &fitting.len())?;
    if let Some(limit) = limit {
        let longer = WireRequest::new("GET", long(limit.refused));
        let response = door.send(&longer).await?;
        let what = ("path and query", limit.refused);
        is_refused(what, &response, (414, "target_too_long"))?;
    }
    still_there(&*door).await
}

const PATHS: [(&str, &str); 18] = [
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/_/health"),
    ("GET", "/_/ready"),
    ("GET", "/pre-freeze"),
    ("GET", "/pre-stop"),
    ("GET", "/favicon.ico"),
    ("GET", "/robots.txt"),
    ("POST", "/specialize"),
    ("POST", "/v2/specialize"),
    ("POST", "/initialize"),
    ("POST", "/invoke"),
    ("POST", "/init"),
    ("POST", "/run"),
    ("POST", "/call"),
    ("POST", "/events"),
];

async fn paths_of_platforms(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let reserved = ctx.doors()?.reserved();
    let unknown = reserved.iter().find(|call| !PATHS.contains(call));
    expect::that(
        unknown.is_none(),
        &format!("the case does not know the platform's {unknown:?}"),
    )?;
    for (method, path) in PATHS {
        let request = WireRequest::new(method, path);
        if reserved.contains(&(method, path)) {
            let response = door.send(&request).await?;
            let what = format!("the platform's own answer to {method} {path}");
            expect::equal(&what, &response.status, &200)?;
            expect::equal(&what, response.body.as_slice(), b"")?;
        } else {
            let seen = seen(&*door, &request).await?;
            expect::equal("the path", seen.path.as_str(), path)?;
        }
    }
    Ok(())
}

async fn client_addresses(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let claimed = "192.0.2.66";
    let request = WireRequest::new("GET", "/")
        .header("x-forwarded-for", claimed)
        .header("forwarded", format!("for={claimed}"))
        .header("x-real-ip", claimed);
    for request in [WireRequest::new("GET", "/"), request] {
        let seen = seen(&*door, &request).await?;
        let found = seen.remote.map(|address| address.to_string());
        let spoofed = found.as_deref() == Some(claimed);
        expect::that(!spoofed, "the client chose its address itself")?;
        if let Some(known) = ctx.doors()?.client() {
            expect::equal("the client's address", &seen.remote, &Some(known))?;
        }
    }
    Ok(())
}

async fn behind_proxies(ctx: Context) -> Result<(), Failure> {
    if !ctx.doors()?.counts_hops() {
        let reason =
            "the platform tells the client's address, or was told of no proxy that is trusted";
        return Err(Failure::unverified(reason));
    }
    // The front end is the last proxy, and appends the address that it saw.
    let (claimed, proxied) = ("192.0.2.66", "203.0.113.9");
    let request = WireRequest::new("GET", "/")
        .header("x-forwarded-for", format!("{claimed}, {proxied}"))
        .header("x-forwarded-proto", "gopher, http")
        .header("forwarded", format!("for={claimed};proto=gopher"));
    let seen_by_front_end = "198.51.100.7";
    for (hops, expected, scheme) in [(1, seen_by_front_end, "https"), (2, proxied, "http")] {
        let variables = [(TRUSTED_HOPS_VARIABLE, hops.to_string())];
        let door = ctx.door_with(&variables).await?;
        let host = WireRequest::new("GET", "/").header("host", "shop.example:8443");
        let location = seen(&*door, &host).await?.location;
        let told = (location.host.as_deref(), location.port);
        expect::equal("the host", &told, &(Some("shop.example"), 8_443))?;
        let seen = seen(&*door, &request).await?;
        let found = seen.remote.map(|address| address.to_string());
        let what = format!("the client's address behind {hops} proxies");
        expect::equal(&what, &found.as_deref(), &Some(expected))?;
        let what = format!("the scheme behind {hops} proxies");
        expect::equal(&what, seen.location.scheme.as_str(), scheme)?;
    }
    Ok(())
}

/// A request whose header fields have so many bytes beside what every request has.
fn with_fields(size: usize) -> WireRequest {
    const FIELD: usize = 2_000;
    let fields = (0..size.div_ceil(FIELD)).map(|nth| {
        let name = format!("x-large-{nth:02}");
        let value = "v".repeat(FIELD.min(size - nth * FIELD).max(11) - name.len());
        (name, value)
    });
    fields.fold(WireRequest::new("GET", "/"), |request, (name, value)| {
        request.header(&name, value)
    })
}

async fn large_heads(ctx: Context) -> Result<(), Failure> {
    /// More than any of the limits.
    const UNLIMITED: usize = 100_000;
    let door = ctx.door().await?;
    let limit = ctx.doors()?.head_limit();
    let fitting = with_fields(limit.map_or(UNLIMITED, |limit| limit.passed));
    let seen = seen(&*door, &fitting).await?;
    for (name, value) in &fitting.headers {
        let found = seen.only(name).map(<[u8]>::len);
        expect::equal(&format!("the length of {name}"), &found, &Some(value.len()))?;
    }
    if let Some(limit) = limit {
        let response = door.send(&with_fields(limit.refused)).await?;
        let what = ("header fields", limit.refused);
        is_refused(what, &response, (431, "head_too_large"))?;
    }
    still_there(&*door).await
}
