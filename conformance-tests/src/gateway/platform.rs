//! What platforms differ in stays theirs: addresses, sizes, paths for health checks.

use crate::door::WireRequest;
use crate::probe::seen;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::gateway(
        "G-209",
        "content of 12 MB arrives whole or is refused with 413, never cut",
        "N10",
        |ctx| Box::pin(large_contents(ctx)),
    ),
    Case::gateway(
        "G-246",
        "paths of health checks and hooks are the application's but where its platform needs them",
        "N1",
        |ctx| Box::pin(paths_of_platforms(ctx)),
    ),
    Case::gateway(
        "G-403",
        "header fields of 100 KB arrive whole or are refused with 431",
        "N10",
        |ctx| Box::pin(large_heads(ctx)),
    ),
    Case::gateway(
        "G-400",
        "the client's address is what the trusted proxy saw, whatever the client says itself",
        "N1",
        |ctx| Box::pin(client_addresses(ctx)),
    ),
];

async fn large_contents(ctx: Context) -> Result<(), Failure> {
    const LENGTH: usize = 12_000_000;
    let door = ctx.door().await?;
    let content = vec![b'x'; LENGTH];
    let large = WireRequest::new("POST", "/large").body(content);
    let response = door.send(&large).await?;
    match response.status {
        200 => {
            let seen = seen(&*door, &large).await?;
            expect::equal("the length", &seen.length, &LENGTH)?;
        }
        413 => {
            let kind = response.joined("content-type");
            let problem = "application/problem+json";
            expect::equal("the refusal's type", kind.as_str(), problem)?;
        }
        status => return Err(Failure::new(format!("the status is {status}"))),
    }
    let after = WireRequest::new("POST", "/after").body("still here");
    let seen = seen(&*door, &after).await?;
    expect::equal("the next length", &seen.length, &10)
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

async fn large_heads(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let large = (0..50).fold(WireRequest::new("GET", "/"), |request, nth| {
        request.header(&format!("x-large-{nth}"), "v".repeat(2_000))
    });
    let response = door.send(&large).await?;
    match response.status {
        200 => {
            let seen = seen(&*door, &large).await?;
            let found = seen.headers.iter();
            let found =
                found.filter(|(name, value)| name.starts_with("x-large-") && value.len() == 2_000);
            expect::equal("the large fields", &found.count(), &50)?;
        }
        431 => {}
        status => return Err(Failure::new(format!("the status is {status}"))),
    }
    let after = seen(&*door, &WireRequest::new("GET", "/after")).await?;
    expect::equal("the next path", after.path.as_str(), "/after")
}
