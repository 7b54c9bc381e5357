//! Ways in which a gateway may be wrong, each of them shipped by some adapter once.

use std::sync::Arc;

use super::Sabotage;
use super::door::DoorFault;
use crate::door::contract::{CONTRACTS, ContractDoors};
use crate::door::{Doors, WireRequest, WireResponse};
use crate::harness::aws_doors::FUNCTION_URL;

const NONE: DoorFault = DoorFault::NONE;

const fn request(
    name: &'static str,
    case: &'static str,
    request: fn(&mut WireRequest),
) -> Sabotage {
    Sabotage::door(name, case, DoorFault { request, ..NONE })
}

const fn response(
    name: &'static str,
    case: &'static str,
    response: fn(&WireRequest, &mut WireResponse),
) -> Sabotage {
    Sabotage::door(name, case, DoorFault { response, ..NONE })
}

const fn logs(name: &'static str, case: &'static str, logs: fn(&mut Vec<String>)) -> Sabotage {
    Sabotage::door(name, case, DoorFault { logs, ..NONE })
}

/// The doors to Knative, where proxies are counted, and events may be answered.
pub(super) fn knative() -> Option<Arc<dyn Doors>> {
    let mut contracts = CONTRACTS.iter();
    let contract = contracts.find(|contract| contract.name() == "knative")?;
    Some(Arc::new(ContractDoors(contract)))
}

/// All of them.
pub(super) const ALL: &[Sabotage] = &[
    request("paths are decoded on the way", "G-200", |request| {
        request.target = request.target.replacen("%2F", "/", 1).replace("%25", "%");
    }),
    request("doubled slashes are folded", "G-450", |request| {
        let (path, query) = split(&request.target);
        request.target = format!("{}{query}", path.replace("//", "/"));
    }),
    request("dot segments are resolved", "G-450", |request| {
        request.target = request.target.replace("/./", "/");
    }),
    request("long paths are cut", "G-451", |request| {
        request.target.truncate(4_096);
    }),
    request("a stray percent sign is escaped", "G-452", |request| {
        request.target = request.target.replace("%zz", "%25zz");
    }),
    request("escapes are written in capitals", "G-200", |request| {
        request.target = request.target.replace("%2f", "%2F");
    }),
    request("queries are written anew", "G-202", |request| {
        let (path, query) = split(&request.target);
        request.target = format!("{path}{}", query.replace('+', "%20"));
    }),
    request(
        "of a query's doubled key the last counts",
        "G-202",
        |request| {
            request.target = request.target.replace("a=1&a=2", "a=2");
        },
    ),
    request(
        "a key without a value gets an equals sign",
        "G-202",
        |request| {
            if request.target.ends_with("?a") {
                request.target.push('=');
            }
        },
    ),
    request("of a doubled header the last counts", "G-201", |request| {
        let headers = std::mem::take(&mut request.headers);
        for (name, value) in headers {
            request.headers.retain(|(earlier, _)| *earlier != name);
            request.headers.push((name, value));
        }
    }),
    request("keys of a query are told once", "G-402", |request| {
        request.target = request.target.replace("b=2&a=1&b=1", "b=1&a=1");
    }),
    response(
        "a caller's scopes are lost",
        "G-252",
        |request, response| {
            if request.target.starts_with("/callers") {
                let body = String::from_utf8_lossy(&response.body).replace("probe:read", "");
                response.body = body.into_bytes();
            }
        },
    ),
    response("forged tokens are let in", "G-427", |request, response| {
        if request.target == "/callers/any" && response.status == 401 {
            response.status = 200;
        }
    }),
    response("scopes are not looked at", "G-428", |request, response| {
        if request.target == "/callers/readers" && response.status == 403 {
            response.status = 200;
        }
    }),
    request(
        "every request goes to a route without limits",
        "G-429",
        |request| {
            request.target = request.target.replace("/held", "/free");
        },
    ),
    request("rates are never reached", "G-430", |request| {
        request.target = request.target.replace("/limited", "/free");
    }),
    request("traces are begun anew", "G-251", |request| {
        request.headers.retain(|(name, _)| name != "traceparent");
    }),
    request("traces of B3 are begun anew", "G-432", |request| {
        request.headers.retain(|(name, _)| name != "b3");
    }),
    response(
        "the caller is not told its trace",
        "G-251",
        |_, response| {
            response.headers.retain(|(name, _)| name != "traceresponse");
        },
    ),
    request("a broken trace is mended", "G-433", |request| {
        for (name, value) in &mut request.headers {
            if name == "traceparent" {
                value.make_ascii_lowercase();
            }
        }
    }),
    logs("lines lose the id of their request", "G-253", |lines| {
        for line in lines {
            *line = line.replace("request", "other").replace("label", "other");
            let ids = line.split('"').filter(|part| part.len() >= 32);
            for id in ids.map(str::to_owned).collect::<Vec<_>>() {
                *line = line.replace(&id, "");
            }
        }
    }),
    logs("a line for each line of the message", "G-253", |lines| {
        let broken = lines.iter().flat_map(|line| line.split("\\n"));
        *lines = broken.map(str::to_owned).collect();
    }),
    response(
        "heads that are too large are an error",
        "G-403",
        |request, response| {
            if request.headers.len() > 10 && response.status == 431 {
                response.status = 500;
            }
        },
    ),
    request("long header values are cut", "G-455", |request| {
        for (_, value) in &mut request.headers {
            value.truncate(4_096);
        }
    }),
    request("DELETE becomes POST", "G-207", |request| {
        if request.method == "DELETE" {
            "POST".clone_into(&mut request.method);
        }
    }),
    response(
        "preflights are answered on the way",
        "G-454",
        |request, response| {
            let asks = |(name, _): &(String, Vec<u8>)| name == "access-control-request-method";
            if request.headers.iter().any(asks) {
                response.status = 204;
                response.body.clear();
            }
        },
    ),
    request("header values are ASCII", "G-203", |request| {
        for (_, value) in &mut request.headers {
            value.retain(u8::is_ascii);
        }
    }),
    request("cookies are dropped", "G-204", |request| {
        request.headers.retain(|(name, _)| name != "cookie");
    }),
    request("cookies are joined with commas", "G-204", |request| {
        for (name, value) in &mut request.headers {
            if name == "cookie" {
                *value = String::from_utf8_lossy(value)
                    .replace("; ", ", ")
                    .into_bytes();
            }
        }
    }),
    request("the host is the server's own", "G-205", |request| {
        request.headers.retain(|(name, _)| name != "host");
    }),
    response(
        "the scheme is what the client claims",
        "G-205",
        |request, response| {
            let mut claims = request.headers.iter();
            // What is no scheme of HTTP would be noticed whoever had claimed it.
            if claims.any(|(name, scheme)| name == "x-forwarded-proto" && scheme == b"https") {
                let text = String::from_utf8_lossy(&response.body);
                let claimed = text.replace("\"scheme\":\"http\"", "\"scheme\":\"https\"");
                response.body = claimed.into_bytes();
            }
        },
    )
    .because("the scheme is \"https\""),
    response("the port is the server's own", "G-205", |_, response| {
        let text = String::from_utf8_lossy(&response.body);
        response.body = text.replace("\"port\":8080", "\"port\":80").into_bytes();
    }),
    response("nobody tells of the stage", "G-206", |_, response| {
        let text = String::from_utf8_lossy(&response.body);
        let untold = text.replace("\"base_path\":\"/prod\"", "\"base_path\":\"\"");
        response.body = untold.into_bytes();
    })
    .behind(|| Some(Arc::new(FUNCTION_URL))),
    response(
        "the innermost proxy tells the scheme",
        "G-459",
        |_, response| {
            let text = String::from_utf8_lossy(&response.body);
            let inner = text.replace("\"scheme\":\"http\"", "\"scheme\":\"https\"");
            response.body = inner.into_bytes();
        },
    )
    .behind(knative),
    request("the stage stays in the path", "G-206", |request| {
        if let Some(stage) = request.stage.take() {
            request.target = format!("/{stage}{}", request.target);
        }
    })
    .behind(|| Some(Arc::new(FUNCTION_URL))),
    response(
        "the innermost proxy is taken for the client",
        "G-459",
        |_, response| {
            let text = String::from_utf8_lossy(&response.body);
            let inner = text.replace("\"remote\":\"203.0.113.9\"", "\"remote\":\"198.51.100.7\"");
            response.body = inner.into_bytes();
        },
    )
    .behind(knative),
    request("unusual methods become POST", "G-453", |request| {
        if request.method == "PURGE" {
            "POST".clone_into(&mut request.method);
        }
    }),
    request("content is text", "G-208", |request| {
        request.body = String::from_utf8_lossy(&request.body)
            .into_owned()
            .into_bytes();
    }),
    request("a byte order mark is dropped", "G-208", |request| {
        if let Some(rest) = request.body.strip_prefix("\u{feff}".as_bytes()) {
            request.body = rest.to_vec();
        }
    }),
    response("answers are text", "G-224", |_, response| {
        let text = String::from_utf8_lossy(&response.body).into_owned();
        response.body = text.into_bytes();
    }),
    response(
        "packed answers are unpacked by name",
        "G-103",
        |_, response| {
            response
                .headers
                .retain(|(name, _)| name != "content-encoding");
        },
    ),
    response("cookies are joined", "G-101", |_, response| {
        join(response, "set-cookie");
    }),
    response(
        "of doubled cookies the last counts",
        "G-221",
        |_, response| {
            let last = response
                .headers
                .iter()
                .rposition(|(name, _)| name == "set-cookie");
            let mut at = 0;
            response.headers.retain(|(name, _)| {
                let kept = name != "set-cookie" || Some(at) == last;
                at += 1;
                kept
            });
        },
    ),
    response(
        "of a doubled answer header the first counts",
        "G-222",
        |_, response| {
            let mut seen = Vec::new();
            response.headers.retain(|(name, _)| {
                let kept = name == "set-cookie" || !seen.contains(name);
                seen.push(name.clone());
                kept
            });
        },
    ),
    response("unusual statuses become 500", "G-220", |_, response| {
        if response.status == 599 {
            response.status = 500;
        }
    }),
    response("redirects are followed", "G-220", |_, response| {
        if response.status == 302 {
            response.status = 200;
        }
    }),
    response(
        "headers of the connection are passed on",
        "G-223",
        |_, response| {
            let field = ("keep-alive".to_owned(), b"timeout=5".to_vec());
            response.headers.push(field);
        },
    ),
    response(
        "an answer to HEAD has content",
        "G-225",
        |request, response| {
            if request.method == "HEAD" {
                response.body = b"twelve bytes".to_vec();
            }
        },
    ),
    request("large content is cut", "G-209", |request| {
        request.body.truncate(9_000_000);
    }),
    response("refusals tell no code", "G-209", |_, response| {
        if response.status == 413 {
            response.body = b"{}".to_vec();
        }
    }),
    request("header fields beyond a size are lost", "G-403", |request| {
        request.headers.truncate(12);
    }),
    response(
        "targets that are too long are malformed",
        "G-458",
        |_, response| {
            if response.status == 414 {
                response.status = 400;
            }
        },
    ),
    response(
        "a path for health checks is kept from the application",
        "G-246",
        |request, response| {
            if request.target == "/healthz" {
                response.body = b"ok".to_vec();
            }
        },
    ),
    response(
        "the address of a client is what it says itself",
        "G-400",
        |_, response| {
            let text = String::from_utf8_lossy(&response.body).into_owned();
            let claimed = text.replace("\"remote\":\"127.0.0.1\"", "\"remote\":\"192.0.2.66\"");
            response.body = claimed.into_bytes();
        },
    ),
    response("large answers are cut", "G-227", |_, response| {
        response.body.truncate(6_000_000);
    }),
    response(
        "ticks come under another name",
        "G-260",
        |request, response| {
            if request.target == "/ticks" {
                let body = String::from_utf8_lossy(&response.body).replace("nightly", "hourly");
                response.body = body.into_bytes();
            }
        },
    ),
    response(
        "a tick that comes again has another id",
        "G-260",
        |request, response| {
            if request.target == "/ticks" {
                let body = String::from_utf8_lossy(&response.body);
                response.body = body.replacen("nightly@", "again@", 1).into_bytes();
            }
        },
    ),
    response(
        "the deadline is the platform's own",
        "G-460",
        |_, response| {
            let text = String::from_utf8_lossy(&response.body);
            let late = text.replace("\"remaining\":", "\"remaining\":9");
            response.body = late.into_bytes();
        },
    )
    .behind(|| Some(Arc::new(FUNCTION_URL))),
    response(
        "a request is lost when its instance ends",
        "G-242",
        |request, response| {
            if request.target.starts_with("/waiting") {
                response.status = 503;
            }
        },
    ),
    response(
        "content is never asked for",
        "G-461",
        |request, response| {
            if request.headers.iter().any(|(name, _)| name == "expect") {
                response.status = 417;
                response.body.clear();
            }
        },
    ),
    response(
        "every protocol is agreed to",
        "G-210",
        |request, response| {
            if request.target == "/chat" {
                response.status = 101;
            }
        },
    ),
    Sabotage::door(
        "nobody hears why a start failed",
        "G-241",
        DoorFault {
            heard: |_| String::new(),
            ..NONE
        },
    ),
    Sabotage::door(
        "nobody hears why content was refused",
        "G-419",
        DoorFault {
            heard: |_| String::new(),
            ..NONE
        },
    )
    .behind(|| Some(Arc::new(FUNCTION_URL))),
    response("304 has content", "G-104", |_, response| {
        if response.status == 304 {
            response.body = b"unchanged".to_vec();
        }
    }),
];

fn split(target: &str) -> (&str, &str) {
    target.split_at(target.find('?').unwrap_or(target.len()))
}

fn join(response: &mut WireResponse, joined: &str) {
    let value = response.joined(joined);
    response.headers.retain(|(name, _)| name != joined);
    if !value.is_empty() {
        response
            .headers
            .push((joined.to_owned(), value.into_bytes()));
    }
}
