//! Where a client has reached an application: scheme, host, port and what stands before its paths.

use std::fmt;
use std::net::IpAddr;

use axum::extract::OriginalUri;
use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

use super::{BasePath, ClientHost, Origin};
use crate::error::{Error, ErrorKind, Result};
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
    /// Nothing where the request has none, or more than one, and where the platform does not tell it.
    host: Option<HeaderValue>,
    /// The target as the client sent it, as far as the platform tells it.
    original: Uri,
    /// Nothing where the platform does not tell it.
    base: Option<String>,
}

impl Location {
    /// That of a request, with what is taken of its origin.
    pub(super) fn of(request: &Request, origin: &mut Origin) -> Self {
        let own = request.uri();
        let host = match std::mem::take(&mut origin.host) {
            ClientHost::OfRequest => host_of(request),
            ClientHost::Told(host) => Some(host),
            ClientHost::Untold => None,
        };
        let original = request.extensions().get::<OriginalUri>();
        let original = original.map_or(own, |original| &original.0);
        let base = match std::mem::take(&mut origin.base_path) {
            BasePath::InTarget => base_of(original.path(), own.path()).map(str::to_owned),
            BasePath::Told(base) => Some(base),
            BasePath::Untold => None,
        };
        Self {
            scheme: origin.scheme.take().unwrap_or(Scheme::HTTP),
            host,
            base,
            original: original.clone(),
        }
    }

    /// `https` or `http`: as the platform tells it, or a proxy that is trusted, and `http` where neither does.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The host without its port, as the client wrote it; nothing where it wrote none, or where the platform puts another in its
    /// place and does not tell it.
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

    /// What the platform has taken from before the path, such as the stage of an API: empty, or `/` and a name; nothing where
    /// the platform does not tell it.
    pub fn base_path(&self) -> Option<&str> {
        self.base.as_deref()
    }

    /// The target as the client sent it, with the base path, where the platform tells that in whole, else that of the request.
    pub fn original_uri(&self) -> &Uri {
        &self.original
    }

    /// The whole URL of a path of the application, as this client would reach it: for links and redirects.
    ///
    /// `InvalidArgument` where it is no path with a slash at its start, or no host is told that can be read; `Unsupported` where
    /// the platform does not tell what it has taken from before the path.
    pub fn url(&self, path: &str) -> Result<Uri> {
        let unusable = || Error::invalid("no host is told by which a URL could be made");
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
        let base = self.base_path().ok_or_else(|| {
            let message =
                "the platform does not tell what stands before the paths of the application";
            Error::new(ErrorKind::Unsupported, message)
        })?;
        let path: PathAndQuery = format!("{base}{path}")
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

/// What stands in `Host`, which HTTP/2 has in the target.
fn host_of(request: &Request) -> Option<HeaderValue> {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(only), None) => Some(only.clone()),
        (Some(_), Some(_)) => None,
        (None, _) => {
            let authority = request.uri().authority()?;
            HeaderValue::from_str(authority.as_str()).ok()
        }
    }
}

/// What stands in `original` before `own`; of a stage alone the slash is not there.
fn base_of<'o>(original: &'o str, own: &str) -> Option<&'o str> {
    let base = match original.strip_suffix(own) {
        Some(base) => base,
        None if own == "/" => original,
        None => return None,
    };
    Some(base.trim_end_matches('/'))
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
        Location::of(&request, &mut Origin::default().with_scheme(scheme))
    }

    #[track_caller]
    fn check_base<'e>(paths: [&str; 2], expected: impl Into<Option<&'e str>>) {
        let found = location("h", paths, None);
        assert_eq!(found.base_path(), expected.into(), "{paths:?}");
    }

    #[test]
    fn the_base_path_is_what_was_taken_away() {
        check_base(["/prod/a%20b?q=/a%20b", "/a%20b?q=/a%20b"], "/prod");
        check_base(["/prod", "/"], "/prod");
        check_base(["/prod/", "/"], "/prod");
        check_base(["/prod/prod", "/prod"], "/prod");
        check_base(["/a", "/a"], "");
        check_base(["/", "/"], "");
        check_base(["/other", "/a"], None);
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
        let mut https = Origin::default().with_scheme(Some(Scheme::HTTPS));
        let told = Location::of(&request, &mut https);
        assert_eq!(told.url("/a").unwrap(), "https://shop.example/a");
        assert_eq!(told.base_path(), Some(""));
        for host in ["one.example", "two.example"] {
            request.headers_mut().append(HOST, host.parse().unwrap());
        }
        let told = Location::of(&request, &mut Origin::default());
        assert_eq!(told.host(), None);
    }

    #[test]
    fn what_the_platform_tells_of_host_and_base_path_counts() {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = "/a".parse().unwrap();
        let own = "10.244.0.17:8888".parse().unwrap();
        request.headers_mut().insert(HOST, own);
        let mut origin = Origin::default()
            .with_host(ClientHost::Told(HeaderValue::from_static("shop.example")))
            .with_base_path(BasePath::Told("/prod".to_owned()));
        let told = Location::of(&request, &mut origin);
        assert_eq!(told.url("/cart").unwrap(), "http://shop.example/prod/cart");
    }

    #[test]
    fn what_the_platform_does_not_tell_makes_no_url() {
        let mut request = Request::new(Body::empty());
        let own = "172.17.0.1".parse().unwrap();
        request.headers_mut().insert(HOST, own);
        let mut origin = Origin::default().with_host(ClientHost::Untold);
        let told = Location::of(&request, &mut origin);
        assert_eq!((told.host(), told.port()), (None, 80));
        let refused = told.url("/").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
        let mut origin = Origin::default().with_base_path(BasePath::Untold);
        let told = Location::of(&request, &mut origin);
        assert_eq!(told.base_path(), None);
        let refused = told.url("/").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
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
