//! Where a client has reached an application: scheme, host, port and what stands before its paths.

use std::fmt;
use std::net::IpAddr;

use axum::extract::OriginalUri;
use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

use crate::error::{Error, Result};
use crate::http::Request;

/// Where the client of a request has reached the application (rule N1).
///
/// ```
/// use isobar::Error;
/// use isobar::function::Context;
///
/// async fn signed_in(context: Context) -> Result<String, Error> {
///     // https://shop.example/prod/cart, whatever the platform has made of the request.
///     let location = context.location().expect("a handler of requests has one");
///     Ok(location.url("/cart")?.to_string())
/// }
/// # let _ = signed_in;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Location {
    scheme: Scheme,
    /// Nothing where the request has none, or more than one.
    host: Option<HeaderValue>,
    /// The target as the client sent it; it begins with the base path.
    original: Uri,
    /// Bytes of the base path.
    base: usize,
}

impl Location {
    /// That of a request which came by this scheme: its `Host`, which HTTP/2 has in the target, and what its platform has taken
    /// from before its path.
    pub(super) fn of(request: &Request, scheme: Option<Scheme>) -> Self {
        let own = request.uri();
        let mut hosts = request.headers().get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(only), None) => Some(only.clone()),
            (Some(_), Some(_)) => None,
            (None, _) => own
                .authority()
                .and_then(|authority| HeaderValue::from_str(authority.as_str()).ok()),
        };
        let original = request.extensions().get::<OriginalUri>();
        let original = original.map_or(own, |original| &original.0);
        Self {
            scheme: scheme.unwrap_or(Scheme::HTTP),
            host,
            base: base_length(original.path(), own.path()),
            original: original.clone(),
        }
    }

    /// `https` or `http`: as the platform tells it, or a proxy that is trusted, and `http` where neither does.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The host without its port, as the client wrote it; nothing where it wrote none.
    ///
    /// It is the client's word: whoever builds links for others by it should know the names that the application goes by,
    /// or have a front end that lets no others through.
    pub fn host(&self) -> Option<&str> {
        let authority = self.host.as_ref()?.to_str().ok()?;
        Some(parts(authority)?.0)
    }

    /// The port that the client wrote, else that of the scheme.
    pub fn port(&self) -> u16 {
        let usual = if self.scheme == Scheme::HTTPS {
            443
        } else {
            80
        };
        let authority = self.host.as_ref().and_then(|host| host.to_str().ok());
        let told = authority.and_then(parts).and_then(|(_, port)| port);
        told.unwrap_or(usual)
    }

    /// What the platform has taken from before the path, such as the stage of an API: empty, or `/` and a name.
    pub fn base_path(&self) -> &str {
        self.original.path().get(..self.base).unwrap_or_default()
    }

    /// The target as the client sent it, with the base path.
    pub fn original_uri(&self) -> &Uri {
        &self.original
    }

    /// The whole URL of a path of the application, as this client would reach it: for links and redirects.
    ///
    /// `InvalidArgument` where it is no path with a slash at its start, or the request has no host that can be read.
    pub fn url(&self, path: &str) -> Result<Uri> {
        let unusable = || Error::invalid("the request tells no host by which a URL could be made");
        let host = self.host.as_ref().ok_or_else(unusable)?;
        let authority =
            Authority::try_from(host.as_bytes()).map_err(|error| unusable().with_source(error))?;
        if parts(authority.as_str()).is_none() {
            return Err(unusable());
        }
        let no_path = || Error::invalid(format!("{path:?} is not the path of a URL"));
        if !path.starts_with('/') {
            return Err(no_path());
        }
        let path: PathAndQuery = format!("{}{path}", self.base_path())
            .parse()
            .map_err(|error: http::uri::InvalidUri| no_path().with_source(error))?;
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(authority)
            .path_and_query(path)
            .build()
            .map_err(|error| no_path().with_source(error))
    }
}

/// Without the path and the query, which may be personal.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Location")
            .field("scheme", &self.scheme)
            .field("host", &self.host)
            .field("base_path", &self.base_path())
            .finish_non_exhaustive()
    }
}

/// The length of what stands in `original` before `own`; of a stage alone the slash is not there.
fn base_length(original: &str, own: &str) -> usize {
    let base = match original.strip_suffix(own) {
        Some(base) => base,
        None if own == "/" => original,
        None => "",
    };
    base.trim_end_matches('/').len()
}

/// Host and port of what stands in `Host`; nothing where it has a user, or is not one of these.
fn parts(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_host = match bare {
        Some(address) => address.parse::<IpAddr>().is_ok(),
        None => !host.is_empty() && !host.contains([':', '@', '[', ']', '/']),
    };
    let port = port.map(str::parse).transpose().ok()?;
    is_host.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Body;

    fn location(host: &str, [original, own]: [&str; 2], scheme: Option<Scheme>) -> Location {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = own.parse().unwrap();
        request.headers_mut().insert(HOST, host.parse().unwrap());
        let original = OriginalUri(original.parse().unwrap());
        request.extensions_mut().insert(original);
        Location::of(&request, scheme)
    }

    #[track_caller]
    fn check_base(paths: [&str; 2], expected: &str) {
        let found = location("h", paths, None);
        assert_eq!(found.base_path(), expected, "{paths:?}");
    }

    #[test]
    fn the_base_path_is_what_was_taken_away() {
        check_base(["/prod/a%20b?q=/a%20b", "/a%20b?q=/a%20b"], "/prod");
        check_base(["/prod", "/"], "/prod");
        check_base(["/prod/", "/"], "/prod");
        check_base(["/prod/prod", "/prod"], "/prod");
        check_base(["/a", "/a"], "");
        check_base(["/", "/"], "");
        check_base(["/other", "/a"], "");
    }

    #[test]
    fn urls_are_those_by_which_the_client_came() {
        let paths = ["/prod/a", "/a"];
        let told = location("shop.example:8443", paths, Some(Scheme::HTTPS));
        let url = told.url("/cart?n=1").unwrap();
        assert_eq!(url, "https://shop.example:8443/prod/cart?n=1");
        assert_eq!((told.host(), told.port()), (Some("shop.example"), 8443));
        let plain = location("[2001:db8::7]", paths, None);
        assert_eq!(plain.url("/").unwrap(), "http://[2001:db8::7]/prod/");
        assert_eq!((plain.host(), plain.port()), (Some("[2001:db8::7]"), 80));
        assert_eq!(location("h", paths, Some(Scheme::HTTPS)).port(), 443);
        for path in ["", "cart", "//evil\r\n", "https://evil.example/"] {
            assert!(told.url(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn http_2_tells_the_host_in_the_target() {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = "http://shop.example/a".parse().unwrap();
        let told = Location::of(&request, Some(Scheme::HTTPS));
        assert_eq!(told.url("/a").unwrap(), "https://shop.example/a");
        assert_eq!(told.base_path(), "");
        for host in ["one.example", "two.example"] {
            request.headers_mut().append(HOST, host.parse().unwrap());
        }
        assert_eq!(Location::of(&request, None).host(), None);
    }

    #[test]
    fn a_host_that_is_none_makes_no_url() {
        for host in ["", "user@evil.example", "a:b:c", "[x]", "h:99999", "h/evil"] {
            let found = location(host, ["/a", "/a"], None);
            assert_eq!(found.host(), None, "{host}");
            assert!(found.url("/").is_err(), "{host}");
        }
    }
}
