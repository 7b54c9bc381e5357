//! `compression`.

use std::sync::Arc;

use super::options::{bytes, member};
use crate::compress::{Encoding, Plan};
use crate::flow::Flow;
use crate::handler::{Handler, OnRequest};
use crate::negotiate::{Aspect, Preferences};
use crate::profile::Profile;
use crate::request::Request;
use crate::value::JsValue;

/// `compression(options)`: compresses what the functions after it send, as the client prefers.
///
/// Options: `threshold` and `enforceEncoding`; those of zlib and brotli are accepted and ignored. Not supported: `filter`.
/// The compressed bytes are not those of Node's zlib; what they decompress to is the same.
pub fn compression<S: 'static>(options: impl Into<JsValue>) -> Handler<S> {
    const DEFAULT_THRESHOLD: f64 = 1024.0;
    let options = options.into();
    if member(&options, "filter").truthy() {
        return Handler::refused("option filter of compression is not supported".to_owned());
    }
    let threshold = bytes(&member(&options, "threshold")).unwrap_or(DEFAULT_THRESHOLD);
    let enforced = member(&options, "enforceEncoding");
    let enforced = enforced.as_string().map(|name| name.to_text().into_owned());
    let enforced = Arc::new(enforced.unwrap_or_else(|| "identity".to_owned()));
    let handler: OnRequest<S> = Arc::new(move |req, res, _| {
        res.0.response().compress(Plan {
            threshold,
            encoding: preferred(&req, &enforced),
        });
        Box::pin(async { Ok(Flow::Next) })
    });
    Handler::on_request(handler)
}

/// The encoding that the client prefers; the enforced one for a client that does not say.
fn preferred(req: &Request, enforced: &str) -> Option<Encoding> {
    let header = req.header_text("accept-encoding").unwrap_or_default();
    let offers = ["br", "gzip", "deflate", "identity"];
    if header.is_empty() && offers.contains(&enforced) {
        return Encoding::named(enforced);
    }
    // The package has a negotiator of its own, that of Express 4, in both.
    let preferences = Preferences::parse(Profile::V4, Aspect::Encoding, Some(&header));
    preferences
        .choose_preferred(&offers, &["br", "gzip"])
        .and_then(Encoding::named)
}
