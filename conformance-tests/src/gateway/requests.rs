//! What the handler sees is what the client sent.

use percent_encoding::percent_decode_str;

use crate::door::{Door, Doors, WireRequest};
use crate::probe::{Seen, SeenLocation, seen};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::gateway(
        "G-100",
        "cookies that come apart from the headers reach the Cookie header",
        "N4",
        |ctx| Box::pin(cookies_reach_the_header(ctx)),
    ),
    Case::gateway(
        "G-201",
        "of headers that come twice every value is seen, in order",
        "N3",
        |ctx| Box::pin(duplicate_headers(ctx)),
    ),
    Case::gateway(
        "G-202",
        "the raw query is what the client sent, byte for byte",
        "N2",
        |ctx| Box::pin(queries(ctx)),
    ),
    Case::gateway(
        "G-402",
        "the keys and values of a query are what the client sent, those of one key in their order",
        "N2",
        |ctx| Box::pin(parameters(ctx)),
    ),
    Case::gateway(
        "G-203",
        "header names have no case, and values may be UTF-8",
        "N1",
        |ctx| Box::pin(header_values(ctx)),
    ),
    Case::gateway(
        "G-455",
        "a header value of 8,000 bytes arrives whole",
        "N1",
        |ctx| Box::pin(long_header_values(ctx)),
    ),
    Case::gateway(
        "G-204",
        "0, 1, 2 and 50 cookies, with = and quotes, are seen as they were sent",
        "N4",
        |ctx| Box::pin(cookies(ctx)),
    ),
    Case::gateway(
        "G-205",
        "the host is seen as it was sent, with its port, and the scheme as the platform knows it, whatever the client claims; what the platform does not tell makes no URL",
        "N1",
        |ctx| Box::pin(host(ctx)),
    ),
    Case::gateway(
        "G-206",
        "a stage before the path is taken away once, and the original is kept, with the stage as its base path",
        "N7",
        |ctx| Box::pin(stages(ctx)),
    ),
    Case::gateway("G-207", "methods are seen as they were sent", "N1", |ctx| {
        Box::pin(methods(ctx))
    }),
    Case::gateway(
        "G-453",
        "unusual methods are seen as they were sent",
        "N1",
        |ctx| Box::pin(unusual_methods(ctx)),
    ),
    Case::gateway(
        "G-454",
        "OPTIONS reaches the handler, with an origin or without",
        "N1",
        |ctx| Box::pin(options(ctx)),
    ),
    Case::gateway(
        "G-208",
        "content of any bytes and type arrives whole: none, every byte, text, 4 MB or what the way takes",
        "N5",
        |ctx| Box::pin(bodies(ctx)),
    ),
    Case::gateway(
        "G-461",
        "content for which a client waits to be asked is asked for with 100, or refused before it is sent",
        "N5",
        |ctx| Box::pin(expected_bodies(ctx)),
    ),
    Case::gateway(
        "G-210",
        "a request to go over to WebSocket is answered as HTTP by a handler that has no other protocol",
        "N1",
        |ctx| Box::pin(upgrades(ctx)),
    ),
];

fn get(target: impl Into<String>) -> WireRequest {
    WireRequest::new("GET", target)
}

async fn duplicate_headers(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let request = get("/")
        .header("x-list", "a")
        .header("x-other", "o")
        .header("x-list", "b")
        .header("x-list", "c, d")
        .header("x-forwarded-for", "192.0.2.7")
        .header("via", "1.1 first")
        .header("via", "1.1 second")
        .header("x-forwarded-for", "198.51.100.9");
    let seen = seen(&*door, &request).await?;
    let expected: [(&str, &[&str]); 4] = [
        ("x-list", &["a", "b", "c", "d"]),
        ("x-other", &["o"]),
        ("x-forwarded-for", &["192.0.2.7", "198.51.100.9"]),
        ("via", &["1.1 first", "1.1 second"]),
    ];
    for (name, values) in expected {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let mut found = seen.list(name);
        if name == "x-forwarded-for" {
            // Proxies append to it.
            found.truncate(values.len());
        }
        expect::equal(&format!("the values of {name}"), &found, &values)?;
    }
    Ok(())
}

const QUERIES: [&str; 22] = [
    "a=1",
    "a=1&a=2",
    "b=2&a=1&b=1",
    "a=",
    "a",
    "=",
    "a[]=1&a[]=2",
    "a%5B%5D=1",
    "a=b=c",
    "a=%20+%2B",
    "q=%26%3D",
    "&&a=1&",
    "a=%zz",
    "a;b",
    "?a=1",
    "a=1?b=2",
    "a=/b//c",
    "a=,b,,c",
    "caf%C3%A9=%F0%9F%98%80",
    "a='b'",
    "a=%25",
    "a=1&A=2",
];

async fn queries(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    for query in QUERIES {
        let seen = seen(&*door, &get(format!("/path?{query}"))).await?;
        expect::equal("the query", seen.query.as_str(), query)?;
        expect::equal("the path", seen.path.as_str(), "/path")?;
    }
    Ok(())
}

async fn parameters(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    for query in QUERIES.into_iter().filter(|query| !query.contains("%zz")) {
        let seen = seen(&*door, &get(format!("/path?{query}"))).await?;
        let found = pairs(&seen.query);
        expect::equal(&format!("the parameters of {query}"), &found, &pairs(query))?;
        let told = seen.query == query || seen.query_rebuilt;
        expect::that(told, &format!("{query} became {} in silence", seen.query))?;
    }
    Ok(())
}

/// Keys in the order of the alphabet, each with its values in that of the query.
fn pairs(query: &str) -> Vec<(String, String)> {
    let decoded = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut pairs: Vec<_> = pairs
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect();
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    pairs
}

fn value<'s>(seen: &'s Seen, name: &str) -> Result<&'s [u8], Failure> {
    expect::some(&format!("the one value of {name}"), seen.only(name))
}

async fn header_values(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let values = [
        ("X-Mixed-Case", "Kept As It Is"),
        ("x-utf8", "naïve 日本 😀"),
        ("X-PUNCTUATION", "\"quoted\"; a=b, (c) <d>"),
        ("x-empty", ""),
        ("x-inner-spaces", "a  b\tc"),
        ("x-underscore_name", "1"),
        ("x-1.2", "dotted"),
    ];
    let request = values.iter().fold(get("/"), |request, (name, value)| {
        request.header(name, value)
    });
    let seen = seen(&*door, &request).await?;
    for (name, sent) in values {
        let found = value(&seen, &name.to_ascii_lowercase())?;
        let found = String::from_utf8_lossy(found);
        expect::equal(&format!("the value of {name}"), &*found, sent)?;
    }
    Ok(())
}

async fn long_header_values(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let long = "v".repeat(8_000);
    let seen = seen(&*door, &get("/").header("X-Long", &long)).await?;
    let found = String::from_utf8_lossy(value(&seen, "x-long")?);
    expect::equal("the long value", &*found, long.as_str())
}

/// The cookies, which a handler finds in one field however they came.
async fn cookies_seen(door: &dyn Door, lines: &[String]) -> Result<String, Failure> {
    let request = lines
        .iter()
        .fold(get("/"), |request, line| request.header("cookie", line));
    let seen = seen(door, &request).await?;
    let values = seen.headers.iter().filter(|(name, _)| name == "cookie");
    let values = values.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
    let values: Vec<String> = values.collect();
    expect::that(values.len() < 2, "the cookies came in several fields")?;
    Ok(values.join("; "))
}

async fn cookies(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let many: Vec<String> = (0..50).map(|n| format!("cookie{n}=value-{n}")).collect();
    let lines = [
        "a=1".to_owned(),
        "a=1; b=2".to_owned(),
        "a=1; a=2".to_owned(),
        "a=b=c; d=\"quoted\"; e=".to_owned(),
        "a=x,y; b=%20".to_owned(),
        many.join("; "),
    ];
    for line in lines {
        let found = cookies_seen(&*door, std::slice::from_ref(&line)).await?;
        expect::equal("the cookies", &found, &line)?;
    }
    let none = seen(&*door, &get("/")).await?;
    let has_cookies = none.headers.iter().any(|(name, _)| name == "cookie");
    expect::that(
        !has_cookies,
        "a request without cookies has a Cookie header",
    )
}

async fn cookies_reach_the_header(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let lines = ["a=1; b=2".to_owned(), "c=3".to_owned()];
    let found = cookies_seen(&*door, &lines).await?;
    expect::equal(
        "the cookies of two headers",
        found.as_str(),
        "a=1; b=2; c=3",
    )
}

async fn host(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let doors = ctx.doors()?;
    for (host, name, port) in [
        ("example.com", "example.com", None),
        ("example.com:8080", "example.com", Some(8_080)),
        ("[2001:db8::1]:3000", "[2001:db8::1]", Some(3_000)),
    ] {
        // Nobody is trusted but the platform itself.
        let claiming = ["gopher", "http", "https"].map(|scheme| {
            get("/a%20b")
                .header("host", host)
                .header("x-forwarded-proto", scheme)
                .header("x-forwarded-host", "other.example")
                .header("x-forwarded-port", "4711")
                .header("forwarded", format!("proto={scheme};host=other.example"))
        });
        let plain = get("/a%20b").header("host", host);
        for request in claiming.into_iter().chain([plain]) {
            let seen = seen(&*door, &request).await?;
            location_is_told(&seen, (host, name, port), doors)?;
        }
    }
    Ok(())
}

fn location_is_told(
    seen: &Seen,
    (host, name, port): (&str, &str, Option<u16>),
    doors: &dyn Doors,
) -> Result<(), Failure> {
    let location = &seen.location;
    let scheme = location.scheme.as_str();
    expect::that(["http", "https"].contains(&scheme), "the scheme is neither")?;
    if let Some(known) = doors.scheme() {
        expect::equal("the scheme", scheme, known)?;
    }
    let told = doors.tells_host();
    expect::equal("the host", &location.host.as_deref(), &told.then_some(name))?;
    if told {
        let found = String::from_utf8_lossy(value(seen, "host")?).into_owned();
        expect::equal("the Host header", found.as_str(), host)?;
        let usual = if scheme == "https" { 443 } else { 80 };
        expect::equal("the port", &location.port, &port.unwrap_or(usual))?;
    }
    url_is_told(location, (host, "/a%20b"), doors)
}

/// Where the platform tells host and base path the URL is made of them, else there is none.
fn url_is_told(
    location: &SeenLocation,
    (host, path): (&str, &str),
    doors: &dyn Doors,
) -> Result<(), Failure> {
    let base = location.base_path.as_deref();
    let told = doors.tells_base_path();
    expect::equal("whether the base path is told", &base.is_some(), &told)?;
    let url = &location.url;
    match base.filter(|_| doors.tells_host()) {
        Some(base) => {
            let whole = format!("{}://{host}{base}{path}", location.scheme);
            expect::equal("the URL", url, &whole)
        }
        None => expect::that(!url.contains("://"), &format!("a URL is told: {url}")),
    }
}

async fn stages(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let has_stages = ctx.doors()?.has_stages();
    for path in ["/prod/a%20b", "/", "/prod", "/production"] {
        let staged = WireRequest {
            stage: has_stages.then(|| "prod".to_owned()),
            ..get(path)
        };
        let seen = seen(&*door, &staged).await?;
        expect::equal("the path", seen.path.as_str(), path)?;
        let kept = seen.original.ends_with(path);
        let original = &seen.original;
        expect::that(kept, &format!("the original path is {original:?}"))?;
        let base = seen.location.base_path.as_deref().unwrap_or_default();
        let known = if has_stages { "/prod" } else { base };
        expect::equal("what stood before the path", base, known)?;
        let whole = format!("{base}{path}");
        expect::equal("the original path", original.as_str(), whole.as_str())?;
    }
    if has_stages {
        return Ok(());
    }
    Err(Failure::unverified("the platform has no stages"))
}

async fn are_seen(door: &dyn Door, methods: &[&str]) -> Result<(), Failure> {
    for method in methods {
        let seen = seen(door, &WireRequest::new(method, "/")).await?;
        expect::equal("the method", seen.method.as_str(), method)?;
    }
    Ok(())
}

async fn methods(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    are_seen(&*door, &["GET", "POST", "PUT", "PATCH", "DELETE"]).await?;
    let head = door.send(&WireRequest::new("HEAD", "/")).await?;
    expect::equal("the status of HEAD", &head.status, &200)?;
    expect::equal("the content of HEAD", &head.body.len(), &0)
}

async fn unusual_methods(ctx: Context) -> Result<(), Failure> {
    are_seen(&*ctx.door().await?, &["TRACE", "PURGE", "M-SEARCH"]).await
}

async fn options(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    are_seen(&*door, &["OPTIONS"]).await?;
    let preflight = WireRequest::new("OPTIONS", "/")
        .header("origin", "https://pages.example")
        .header("access-control-request-method", "PUT");
    let seen = seen(&*door, &preflight).await?;
    expect::equal("the method", seen.method.as_str(), "OPTIONS")
}

async fn bodies(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let every_byte: Vec<u8> = (0..=255).collect();
    let utf16: Vec<u8> = "{\"a\":1}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let large: Vec<u8> = every_byte.repeat(ctx.doors()?.most_content().min(4_000_000) / 256);
    let table: [(&str, &[u8]); 9] = [
        ("text/plain", b""),
        (
            "text/plain; charset=utf-8",
            "naïve \u{feff}text\0".as_bytes(),
        ),
        ("text/plain", "\u{feff}with a byte order mark".as_bytes()),
        ("application/json", b"{\"a\": [1, 2.50]}\n"),
        ("application/json; charset=utf-16", &utf16),
        ("application/octet-stream", &every_byte),
        ("application/x-www-form-urlencoded", b"a=1&b=%20+"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\n\r\n\xff\r\n--x--\r\n",
        ),
        ("image/png", &large),
    ];
    for (content_type, content) in table {
        let request = WireRequest::new("POST", "/").header("content-type", content_type);
        let seen = seen(&*door, &request.body(content)).await?;
        let what = format!("the length of {content_type}");
        expect::equal(&what, &seen.length, &content.len())?;
        let what = format!("the checksum of {content_type}");
        expect::equal(&what, &seen.crc32c, &crc32c::crc32c(content))?;
        let found = String::from_utf8_lossy(value(&seen, "content-type")?).into_owned();
        expect::equal("the content type", found.as_str(), content_type)?;
    }
    Ok(())
}

async fn expected_bodies(ctx: Context) -> Result<(), Failure> {
    let doors = ctx.doors()?;
    if !doors.is_server() {
        let reason = "what stands before the application answers expectations itself";
        return Err(Failure::unverified(reason));
    }
    let door = ctx.door().await?;
    let expecting = |content: Vec<u8>| {
        let request = WireRequest::new("POST", "/").header("expect", "100-continue");
        request.body(content)
    };
    let content = vec![b'x'; 100_000];
    let sent = seen(&*door, &expecting(content.clone())).await?;
    expect::equal("the length", &sent.length, &content.len())?;
    let large = vec![b'x'; doors.content_limit().refused];
    let refused = door.send(&expecting(large)).await?;
    expect::equal("the status of a refusal", &refused.status, &413)
}

/// A server may ignore the field (RFC 9110, section 7.8); the client sees that no other protocol begins.
async fn upgrades(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let request = get("/chat")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let response = door.send(&request).await?;
    expect::equal("the status", &response.status, &200)?;
    for field in ["upgrade", "sec-websocket-accept"] {
        let found = response.values(field);
        expect::equal(&format!("what is answered as {field}"), &found, &Vec::new())?;
    }
    seen(&*door, &get("/after")).await?;
    Ok(())
}
