//! What the client receives is what the handler answered.

use crate::door::Door;
use crate::probe::{Told, told};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::gateway(
        "G-101",
        "two Set-Cookie headers arrive as two, each once",
        "N6",
        |ctx| Box::pin(two_cookies(ctx)),
    ),
    Case::gateway(
        "G-103",
        "text that is said to be packed arrives byte for byte",
        "N5",
        |ctx| Box::pin(packed_text(ctx)),
    ),
    Case::gateway("G-104", "204 and 304 carry no content", "N5", |ctx| {
        Box::pin(no_content(ctx))
    }),
    Case::gateway(
        "G-220",
        "every status from 200 to 599 arrives as it is",
        "N1",
        |ctx| Box::pin(statuses(ctx)),
    ),
    Case::gateway(
        "G-221",
        "Set-Cookie headers are never joined, whatever commas they contain",
        "N6",
        |ctx| Box::pin(cookies_are_not_joined(ctx)),
    ),
    Case::gateway(
        "G-222",
        "of headers that are answered twice every value arrives, in order",
        "N3",
        |ctx| Box::pin(duplicate_headers(ctx)),
    ),
    Case::gateway(
        "G-223",
        "headers that belong to one connection are not passed on",
        "N1",
        |ctx| Box::pin(connection_headers(ctx)),
    ),
    Case::gateway(
        "G-224",
        "content of any bytes under any type arrives byte for byte",
        "N5",
        |ctx| Box::pin(contents(ctx)),
    ),
    Case::gateway(
        "G-225",
        "HEAD has the headers of GET and no content",
        "N1",
        |ctx| Box::pin(head(ctx)),
    ),
    Case::gateway(
        "G-227",
        "a response of 7 MB arrives whole or is refused with 413 or 502, never cut",
        "N10",
        |ctx| Box::pin(large_responses(ctx)),
    ),
];

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Told {
    let headers = headers.iter();
    Told {
        status,
        headers: headers
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.to_vec(),
        fill: 0,
    }
}

async fn two_cookies(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let headers = [
        ("set-cookie", "a=1; Path=/"),
        ("set-cookie", "b=2; HttpOnly"),
    ];
    let response = told(&*door, "GET", &answer(200, &headers, b"x")).await?;
    let expected = ["a=1; Path=/", "b=2; HttpOnly"].map(str::to_owned);
    expect::equal(
        "the cookies",
        &response.values("set-cookie"),
        &expected.into(),
    )
}

async fn cookies_are_not_joined(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let cookies = [
        "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
        "b=x,y",
        "c=\"quoted; not\"; Secure",
    ];
    let headers = cookies.map(|cookie| ("set-cookie", cookie));
    for status in [200, 302, 404] {
        let response = told(&*door, "GET", &answer(status, &headers, b"")).await?;
        let expected = cookies.map(str::to_owned).into();
        expect::equal("the cookies", &response.values("set-cookie"), &expected)?;
    }
    Ok(())
}

async fn packed_text(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let packed = [0x1f, 0x8b, 0x08, 0x00, 0xff, 0xfe, b'a', 0x80];
    for encoding in ["gzip", "br", "deflate"] {
        let headers = [
            ("content-type", "text/html"),
            ("content-encoding", encoding),
        ];
        let response = told(&*door, "GET", &answer(200, &headers, &packed)).await?;
        expect::equal("the content", response.body.as_slice(), &packed)?;
        let found = response.joined("content-encoding");
        expect::equal("the encoding", found.as_str(), encoding)?;
    }
    // Text all through, and still not to be touched.
    let headers = [
        ("content-type", "text/html"),
        ("content-encoding", "identity"),
    ];
    let response = told(&*door, "GET", &answer(200, &headers, b"plain")).await?;
    expect::equal("the content", response.body.as_slice(), b"plain")
}

async fn no_content(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    for status in [204, 304] {
        let headers = [("etag", "\"x\""), ("x-kept", "yes")];
        // The handler has some, which goes no further.
        let response = told(&*door, "GET", &answer(status, &headers, b"none")).await?;
        expect::equal("the status", &response.status, &status)?;
        expect::equal("the content", &response.body.len(), &0)?;
        expect::equal("the etag", response.joined("etag").as_str(), "\"x\"")?;
        expect::equal("another header", response.joined("x-kept").as_str(), "yes")?;
    }
    Ok(())
}

const STATUSES: [u16; 37] = [
    200, 201, 202, 203, 204, 206, 207, 226, 299, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402,
    403, 404, 405, 406, 409, 410, 412, 413, 418, 422, 429, 451, 499, 500, 501, 502, 503, 599,
];

async fn statuses(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    for status in STATUSES {
        let headers = [("x-status", "told"), ("location", "/elsewhere?a=%20")];
        let response = told(&*door, "GET", &answer(status, &headers, b"")).await?;
        expect::equal("the status", &response.status, &status)?;
        expect::equal("a header", response.joined("x-status").as_str(), "told")?;
        let location = response.joined("location");
        expect::equal("the location", location.as_str(), "/elsewhere?a=%20")?;
    }
    Ok(())
}

async fn duplicate_headers(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let headers = [
        ("vary", "origin"),
        ("link", "</a>; rel=preload"),
        ("vary", "accept-encoding"),
        ("link", "</b>; rel=preload"),
        ("x-list", "1"),
        ("x-list", "2"),
        ("x-list", "3"),
    ];
    let response = told(&*door, "GET", &answer(200, &headers, b"")).await?;
    let expected = [
        ("vary", "origin, accept-encoding"),
        ("link", "</a>; rel=preload, </b>; rel=preload"),
        ("x-list", "1, 2, 3"),
    ];
    for (name, values) in expected {
        expect::equal(
            &format!("the values of {name}"),
            response.joined(name).as_str(),
            values,
        )?;
    }
    Ok(())
}

async fn connection_headers(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let headers = [
        ("connection", "x-hop"),
        ("keep-alive", "timeout=5"),
        ("proxy-authenticate", "Basic"),
        ("proxy-connection", "keep-alive"),
        ("te", "trailers"),
        ("trailer", "x-late"),
        ("upgrade", "h2c"),
        ("x-hop", "of the connection"),
        ("x-end", "to the end"),
    ];
    let response = told(&*door, "GET", &answer(200, &headers, b"x")).await?;
    for (name, _) in &headers[1..8] {
        let found = response.values(name);
        expect::equal(&format!("what is passed on of {name}"), &found, &Vec::new())?;
    }
    expect::equal(
        "another header",
        response.joined("x-end").as_str(),
        "to the end",
    )
}

async fn contents(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let every_byte: Vec<u8> = (0..=255).collect();
    let contents: [&[u8]; 6] = [
        b"",
        b"plain text",
        "naïve 😀 \u{feff}\u{2028}".as_bytes(),
        b"a\0b",
        b"\xff\xfe cut \xc3",
        &every_byte,
    ];
    let types = [
        "text/plain",
        "text/plain; charset=iso-8859-1",
        "application/json",
        "application/vnd.api+json",
        "image/svg+xml",
        "application/octet-stream",
        "image/png",
        "made/up",
        "",
    ];
    for content_type in types {
        for content in contents {
            let headers = [("content-type", content_type)];
            let headers = if content_type.is_empty() {
                &[][..]
            } else {
                &headers
            };
            let response = told(&*door, "POST", &answer(200, headers, content)).await?;
            let what = format!("the content as {content_type:?}");
            expect::equal(&what, response.body.as_slice(), content)?;
            let found = response.joined("content-type");
            expect::equal("the content type", found.as_str(), content_type)?;
        }
    }
    random_contents(&ctx, &*door).await
}

async fn random_contents(ctx: &Context, door: &dyn Door) -> Result<(), Failure> {
    let mut random = ctx.random();
    for _ in 0..20 {
        let content: Vec<u8> = (0..random.usize(..200)).map(|_| random.u8(..)).collect();
        let content_type = ["text/css", "application/xml", "font/woff2"][random.usize(..3)];
        let headers = [("content-type", content_type)];
        let response = told(door, "GET", &answer(200, &headers, &content)).await?;
        expect::equal("the content", response.body.as_slice(), &content)?;
    }
    Ok(())
}

async fn head(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let headers = [
        ("content-type", "text/plain"),
        ("etag", "\"1\""),
        ("x-kept", "yes"),
    ];
    let told_both = answer(200, &headers, b"twelve bytes");
    let get = told(&*door, "GET", &told_both).await?;
    expect::equal("the content of GET", get.body.as_slice(), b"twelve bytes")?;
    let head = told(&*door, "HEAD", &told_both).await?;
    expect::equal("the status of HEAD", &head.status, &200)?;
    expect::equal("the content of HEAD", &head.body.len(), &0)?;
    for (name, value) in headers {
        expect::equal(
            &format!("{name} of HEAD"),
            head.joined(name).as_str(),
            value,
        )?;
    }
    let length = head.joined("content-length");
    let fits = length.is_empty() || length == "12";
    expect::that(fits, &format!("the length told by HEAD is {length}"))
}

async fn large_responses(ctx: Context) -> Result<(), Failure> {
    const LENGTH: usize = 7_000_000;
    let door = ctx.door().await?;
    let large = Told {
        fill: LENGTH,
        ..answer(200, &[("content-type", "text/plain")], b"")
    };
    let response = told(&*door, "GET", &large).await?;
    match response.status {
        200 => expect::equal("the length", &response.body.len(), &LENGTH)?,
        413 | 502 => {
            let kind = response.joined("content-type");
            expect::equal(
                "the refusal's type",
                kind.as_str(),
                "application/problem+json",
            )?;
        }
        status => return Err(Failure::new(format!("the status is {status}"))),
    }
    let after = told(&*door, "GET", &answer(200, &[], b"still here")).await?;
    expect::equal("the next answer", after.body.as_slice(), b"still here")
}
