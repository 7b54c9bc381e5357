//! Requests of clients as platforms wrap them: OpenWhisk's arguments, Tencent's integration requests, Azure's invocations.

#![no_main]

use bytes::Bytes;
use http::Request;
use isobar::Result;
use isobar::driver::gateway::GatewayDriver as _;
use isobar_azure::function::Invocation;
use isobar_openwhisk::WebAction;
use isobar_serve::Envelope as _;
use isobar_tencent::ApiGateway;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|event: &[u8]| {
    check(WebAction.decode(event));
    check(ApiGateway.decode(event));
    let call = Request::post("/notes").body(()).expect("a request");
    let (parts, ()) = call.into_parts();
    check(Invocation.open(&parts, Bytes::copy_from_slice(event)));
});

fn check(request: Result<isobar::http::Request>) {
    let Ok(request) = request else {
        return;
    };
    let path = request.uri().path();
    // `OPTIONS *` is the only other form that a server takes.
    assert!(path.starts_with('/') || path == "*", "{path:?}");
}
