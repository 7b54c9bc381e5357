//! Requests at the edge: what no route is for, and what Express answers by itself.

use http::header::{ACCEPT, IF_NONE_MATCH, ORIGIN};
use http::{HeaderName, HeaderValue, Method};

use super::{Deriver, Route, Trial};
use crate::verify::request::Request;

const UNKNOWN_PATH: &str = "/isobar-verify/no-such-route";

/// What a client may ask for; the last is a type that hardly any route has.
const ACCEPTED: [&str; 5] = [
    "application/json",
    "text/html",
    "text/plain",
    "text/html;q=0.5, application/json",
    "image/png",
];

impl Deriver<'_> {
    pub(super) fn edges(&self) -> Vec<Trial> {
        let mut requests = Vec::new();
        for route in &self.routes {
            let spec = self.table.route(route.id);
            let paths = self.paths.of(&spec.pattern, &self.knowledge);
            if let Some(path) = paths.known.first() {
                self.at_route(route, path, &mut requests);
            }
        }
        requests.push(Request::new(Method::GET, UNKNOWN_PATH));
        requests.push(Request::new(Method::POST, UNKNOWN_PATH));
        requests.into_iter().map(Trial::plain).collect()
    }

    fn at_route(&self, route: &Route, path: &str, requests: &mut Vec<Request>) {
        requests.push(Request::new(Method::OPTIONS, path));
        if route.method != Method::GET {
            return;
        }
        requests.push(Request::new(Method::HEAD, path));
        requests.push(Request::new(Method::GET, format!("{path}/")));
        requests.push(Request::new(Method::GET, path.to_ascii_uppercase()));
        let usual = self
            .passes
            .put_on(Request::new(Method::GET, path), &route.contract);
        let with = |name: HeaderName, value: &str| {
            let value = HeaderValue::from_str(value).ok()?;
            let mut request = usual.clone();
            request.headers.push((name, value));
            Some(request)
        };
        requests.extend(ACCEPTED.iter().filter_map(|types| with(ACCEPT, types)));
        requests.extend(with(ORIGIN, "http://example.com"));
        let known = self.knowledge.entity_tag(&usual.target);
        requests.extend(known.and_then(|tag| with(IF_NONE_MATCH, tag)));
    }
}
