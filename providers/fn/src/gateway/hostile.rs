//! Calls with damaged fields, as far as the server lets them through: a request or an error, and never a panic.

use http::{HeaderName, HeaderValue};
use isobar_mutation::mutate;

use super::*;

const CORPUS: [&str; 2] = [
    "fn-intent: httprequest\nfn-http-method: GET\nfn-http-request-url: http://h:8080/t/shop/a%2Fb?q=1&q=2\n\
     fn-http-h-cookie: a=1; b=2\nfn-http-h-accept: */*\ncontent-type: text/plain\nfn-call-id: 01\n",
    "fn-intent: httprequest\nfn-http-method: M-SEARCH\nfn-http-request-url: https://[2001:db8::1]/t/shop\n\
     fn-http-h-host: other.example\nfn-http-h-x-list: 1\nfn-http-h-x-list: 2\nuser-agent: Go\n",
];

#[test]
fn any_call_is_read_or_refused() {
    let mut random = isobar_mutation::random();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..isobar_mutation::rounds(30_000) {
        let fields = CORPUS[random.usize(..CORPUS.len())].as_bytes();
        let other = CORPUS[random.usize(..CORPUS.len())].as_bytes();
        let fields = mutate(&mut random, fields, other);
        let mut call = http::Request::post("/call")
            .body(())
            .unwrap()
            .into_parts()
            .0;
        for line in fields.split(|byte| *byte == b'\n') {
            let mut parts = line.splitn(2, |byte| *byte == b':');
            let name = HeaderName::from_bytes(parts.next().unwrap_or_default());
            let value = parts.next().unwrap_or_default().trim_ascii();
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
                call.headers.append(name, value);
            }
        }
        match request(&call, Bytes::new(), Some("shop")) {
            Ok(request) => {
                assert!(request.uri().path().starts_with('/'), "{:?}", request.uri());
                read += 1;
            }
            Err(_) => refused += 1,
        }
    }
    // Otherwise the calls are too damaged to show anything.
    assert!(read > 1_000 && refused > 1_000, "{read}, {refused}");
}
