//! Events that come in requests or by a loop, for every platform that has readers of its own.
//!
//! The first line is the trigger that the path names, then come fields, an empty line and the content; where JSON comes at once,
//! it is a structured CloudEvent of no trigger.

#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use isobar::function::AppService;
use isobar_alibaba::function::FUNCTION_COMPUTE;
use isobar_azure::function::FUNCTIONS;
use isobar_fuzz::app;
use isobar_gcp::function::CLOUD_RUN;
use isobar_http::function::{KNATIVE, OPENFAAS};
use isobar_serve::PlatformFacts;
use isobar_serve::event::{Delivery, read_each};
use isobar_tencent::function::EVENT_FUNCTION;
use libfuzzer_sys::fuzz_target;

static PLATFORMS: LazyLock<Vec<(&PlatformFacts, AppService)>> = LazyLock::new(|| {
    let all = [
        &CLOUD_RUN,
        &FUNCTIONS,
        &FUNCTION_COMPUTE,
        &EVENT_FUNCTION,
        &KNATIVE,
        &OPENFAAS,
    ];
    let with_app = all.map(|facts| (facts, app(facts.name, facts.capabilities)));
    with_app.into()
});

fuzz_target!(|bytes: &[u8]| {
    let delivery = delivery(bytes);
    for (facts, app) in &*PLATFORMS {
        let delivery = delivery.clone().with_app(app);
        let Ok(arrived) = read_each(&delivery, &facts.events) else {
            continue;
        };
        for one in arrived.into_iter().flatten() {
            assert!(one.id.is_none_or(|id| !id.is_empty()), "an empty id");
        }
    }
});

fn delivery(bytes: &[u8]) -> Delivery {
    if let [b'{' | b'[', ..] = bytes {
        let structured = HeaderValue::from_static("application/cloudevents+json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, structured)]);
        return Delivery::new(headers, Bytes::copy_from_slice(bytes));
    }
    let (head, content) = match bytes.windows(2).position(|two| two == b"\n\n") {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes, &b""[..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let name = lines.next().unwrap_or_default();
    let name = String::from_utf8_lossy(name).into_owned();
    let fields = lines.take(100).filter_map(|line| {
        let at = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..at]).ok()?;
        let value = HeaderValue::from_bytes(line[at + 1..].trim_ascii()).ok()?;
        Some((name, value))
    });
    let headers: HeaderMap = fields.collect();
    let content = Bytes::copy_from_slice(content);
    Delivery::new(headers, content).with_name((!name.is_empty()).then_some(name))
}
